"""Walking bass: a note a beat, root on the change, and a step, a half-step or an enclosure into the next chord."""

import random
from collections.abc import Callable, Iterator, Sequence

from segue.tools.core.theory import Chord
from segue.tools.music.compose_plan import Plan, Span

# How a bar goes after its root, as degrees of the scale over it counted from 0; the last beat leads on.
_SHAPES = ((1, 2), (2, 4), (4, 2), (-1, -3), (2, 1), (4, 5), (-3, -1), (7, 6), (2, 4), (-2, -3))


def walked(
    plan: Plan, spans: Sequence[Span], compass: tuple[int, int], root_of: Callable[[Chord], int], rng: random.Random
) -> Iterator[tuple[float, float, int, float]]:
    """Yield the notes of a bar as (start, duration, pitch, velocity).

    Parameters
    ----------
    spans : the chords of the bar.
    compass : lowest and highest note.
    root_of : the chord's bass note in the octave nearest to the last note played.
    """
    low, high = compass
    pulses = [p + plan.start_of(plan.bar_at(spans[0].start)) for p in plan.meter.pulses]
    for span in spans:
        beats = [p for p in pulses if span.start - 1e-6 <= p < span.end - 1e-6] or [span.start]
        if beats[0] > span.start + 1e-6:
            beats.insert(0, span.start)
        if span.chord is None:
            continue
        pitches = _line(plan, span, len(beats), root_of(span.chord), (low, high), root_of, rng)
        for index, (beat, pitch) in enumerate(zip(beats, pitches, strict=True)):
            length = (beats[index + 1] if index + 1 < len(beats) else span.end) - beat
            yield beat, length * 0.93, pitch, 90.0 if index else 94.0
            if rng.random() < 0.1 and length >= 0.9 and index:  # a skipped eighth before the next beat
                yield beat + length / 2, length * 0.4, pitch, 68.0


def _line(
    plan: Plan, span: Span, count: int, root: int, compass: tuple[int, int], root_of: Callable[[Chord], int],
    rng: random.Random,
) -> list[int]:  # fmt: skip
    """Return ``count`` pitches over one chord."""
    low, high = compass
    chord = span.chord
    if chord is None or count == 1:
        return [root] * count
    following = plan.chord_at(span.end)
    target = root_of(following) if following is not None else root
    ladder = [p for p in range(low - 4, high + 8) if p % 12 in plan.scale(chord) or p == root]
    at = ladder.index(root)
    out = [root]
    shape = rng.choice(_SHAPES)
    for step in shape[: count - 2]:
        place = at + step
        if not (0 <= place < len(ladder) and low <= ladder[place] <= high + 2):
            place = at - step if 0 <= at - step < len(ladder) and low <= ladder[at - step] <= high else at
        out.append(ladder[place])
    while len(out) < count - 1:  # longer bars: on by step, chord tones on the strong beats
        tones = [p for p in ladder if p != out[-1] and abs(p - out[-1]) <= 5 and low <= p <= high]
        out.append(rng.choice([p for p in tones if p % 12 in chord.pitch_classes] or tones or [root]))
    return _led(out, target, root, plan.scale(chord), compass, rng)


def _led(
    line: list[int], target: int, root: int, scale: Sequence[int], compass: tuple[int, int], rng: random.Random
) -> list[int]:
    """Return a line with its last beat: a half-step or scale step into ``target``, now and then from both sides."""
    low, high = compass
    if target % 12 == root % 12:
        near = [
            p for p in (root + 7, root - 5, root - 1, root + 2, root + 12) if low <= p <= high + 2 and p != line[-1]
        ]
        return [*line, min(near or [root], key=lambda p: abs(p - line[-1]) + rng.random() * 6)]
    below = (
        target - 1 if rng.random() < 0.6 else next((p for p in (target - 2, target - 1) if p % 12 in scale), target - 1)
    )
    above = (
        target + 1 if rng.random() < 0.4 else next((p for p in (target + 2, target + 1) if p % 12 in scale), target + 2)
    )
    before = line[-1]
    first = below if (before <= target and below >= low) or above > high + 2 else above
    if len(line) >= 3 and rng.random() < 0.22:  # an enclosure: above, below, home
        line = [*line[:-1], above if first == below else below]
    if first == line[-1]:
        first = above if first == below else below
    return [*line, max(low, min(high + 3, first))]
