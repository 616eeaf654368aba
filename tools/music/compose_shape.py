"""How it is played, put on a piece that is written: articulation, dynamics, fades, voices, density, range."""

import itertools
from collections.abc import Sequence

from segue.tools.core.score import Note, Part
from segue.tools.music.compose_plan import Plan
from segue.tools.music.compose_wishes import Say, Wishes

# Whose notes stay first where only so many voices may sound.
_RANK = {"melody": 0, "lead": 0, "bass": 1, "counter": 2, "arpeggio": 3, "chords": 4, "pad": 5}


def shaped(parts: Sequence[Part], plan: Plan, wishes: Wishes, say: Say) -> list[Part]:
    """Return the parts as the wishes want them played."""
    out = list(parts)
    if wishes.onsets is not None:
        out = _with_onsets(out, plan, wishes.onsets, say)
    if wishes.articulation is not None:
        out = [p if p.is_drum else _with(p, _articulated(p.notes, plan, wishes.articulation)) for p in out]
    if wishes.voices is not None:
        out = _with_voices(out, wishes.voices)
    if wishes.octaves is not None:
        out = _within(out, wishes.octaves, say)
    if wishes.dynamics or plan.fades or wishes.ending == "big":
        out = [_with(p, [_louder(n, plan, wishes, p.is_drum) for n in p.notes]) for p in out]
    return [p for p in out if p.notes]


def _with(part: Part, notes: Sequence[Note]) -> Part:
    return part.model_copy(update={"notes": list(notes)})


# -- note lengths and loudness ---------------------------------------------------------------------


def _articulated(notes: Sequence[Note], plan: Plan, share: float) -> list[Note]:
    """Return notes cut to a share of their length (at most half a beat), or held to the next where the share is 1."""
    starts = sorted({n.start for n in notes})
    following = dict(itertools.pairwise(starts))
    last = plan.start_of(plan.final_bar) if plan.final_bar is not None else plan.start_of(plan.bars)
    out = []
    for note in notes:
        length = note.duration
        if note.start < last - 1e-6:
            if share < 1:
                length = max(0.08, min(note.duration * share, 0.5))
            else:
                length = max(
                    note.duration, min(following.get(note.start, last) - note.start, note.duration + plan.meter.bar / 2)
                )
        out.append(note.model_copy(update={"duration": round(length, 4)}))
    return out


def _louder(note: Note, plan: Plan, wishes: Wishes, is_drum: bool) -> Note:
    velocity = note.velocity + 26.0 * (wishes.dynamics or 0.0)
    if wishes.ending == "big" and plan.final_bar is not None and note.start >= plan.start_of(plan.final_bar) - 0.3:
        velocity += 14
    total = plan.start_of(plan.bars)
    reach = min(0.3 * total, 8 * plan.meter.bar)
    if "in" in plan.fades and note.start < reach:
        velocity *= 0.3 + 0.7 * note.start / reach
    if "out" in plan.fades and note.start > total - reach:
        velocity *= max(0.16, (total - note.start) / reach)
    return note.model_copy(update={"velocity": int(min(127, max(8, round(velocity))))})


# -- how many notes --------------------------------------------------------------------------------


def onsets_a_beat(parts: Sequence[Part], beats: float) -> float:
    """Return distinct onsets a beat over all parts."""
    return len({round(n.start * 12) for p in parts for n in p.notes}) / max(1.0, beats)


def _with_onsets(parts: list[Part], plan: Plan, band: str, say: Say) -> list[Part]:
    """Return the parts with the onsets a beat that were asked for: at most 1 ("low"), 1–2 ("medium"), 2 and more ("high")."""
    beats = plan.start_of(plan.bars)
    most = {"low": 1.0, "medium": 1.95}.get(band)
    if most is not None and onsets_a_beat(parts, beats) > most:
        parts = _thinned(parts, plan, most)
    least = {"medium": 1.0, "high": 2.0}.get(band, 0.0)
    if onsets_a_beat(parts, beats) <= least:
        parts = _filled(parts, plan, least)
    found = onsets_a_beat(parts, beats)
    if (most is not None and found > most + 0.05) or found < least:
        say(f"The piece has {found:.2f} onsets a beat, which is not quite the density that was asked for.")
    return parts


def _thinned(parts: list[Part], plan: Plan, most: float) -> list[Part]:
    """Return the parts without the weakest onsets of each bar."""
    by_bar: dict[int, dict[int, float]] = {}
    for part in parts:
        for note in part.notes:
            places = by_bar.setdefault(plan.bar_at(note.start), {})
            at = round(note.start * 12)
            weight = 0.12 if part.role in ("melody", "lead", "bass") else 0.03
            places[at] = places.get(at, 3.0 * plan.meter.strength(note.start)) + weight
    kept: set[int] = set()
    room = 0.0
    for bar in range(plan.bars):
        room += most * plan.meter.bar  # what a bar does not use the next may
        count = int(room + 1e-6)
        places = by_bar.get(bar, {})
        chosen = sorted(places, key=lambda at: (-places[at], at))[:count]
        kept.update(chosen)
        room -= len(chosen)
        room = min(room, plan.meter.bar)
    out = []
    for part in parts:
        notes = [n for n in part.notes if round(n.start * 12) in kept]
        if not part.is_drum:
            notes = _reaching(notes, part.notes)
        out.append(_with(part, notes))
    return out


def _reaching(kept: list[Note], before: Sequence[Note]) -> list[Note]:
    """Return notes that also sound through what was taken out after them."""
    starts = sorted({n.start for n in kept})
    following = dict(itertools.pairwise(starts))
    ends: dict[float, float] = {}
    for note in before:
        ends[note.start] = max(ends.get(note.start, 0.0), note.end)
    out = []
    for note in kept:
        stop = following.get(note.start)
        gone = [end for start, end in ends.items() if note.end - 0.3 <= start < (stop or note.end)]
        end = min(max([note.end, *gone]), stop if stop is not None else note.end)
        out.append(note.model_copy(update={"duration": round(max(note.duration, end - note.start), 4)}))
    return out


def _filled(parts: list[Part], plan: Plan, least: float) -> list[Part]:
    """Return the parts with notes struck again: an accompanying part first, then whoever else plays."""
    beats = plan.start_of(plan.bars)
    last = plan.start_of(plan.final_bar) if plan.final_bar is not None else beats
    order = sorted(range(len(parts)), key=lambda i: -_RANK.get(parts[i].role, 2 if parts[i].is_drum else 3))
    out = list(parts)
    for unit in (0.5, 0.25):
        for index in order:
            if onsets_a_beat(out, beats) > least + 0.1:
                return out
            notes: list[Note] = []
            for note in out[index].notes:
                count = int(note.duration / unit + 1e-6) if note.start < last - 1e-6 and not out[index].is_drum else 1
                if count < 2:
                    notes.append(note)
                    continue
                for i in range(count):
                    soft = note.velocity - (8 if i % 2 else 3) * (i > 0)
                    update = {
                        "start": round(note.start + i * unit, 4),
                        "duration": unit * 0.92,
                        "velocity": max(20, soft),
                    }
                    notes.append(note.model_copy(update=update))
            out[index] = _with(out[index], notes)
    return out


def _with_voices(parts: list[Part], count: int) -> list[Part]:
    """Return the parts with at most so many pitched notes at once: the tune stays before the bass and what is between."""
    notes = [
        (note, index, _RANK.get(part.role, 3))
        for index, part in enumerate(parts)
        if not part.is_drum
        for note in part.notes
    ]
    notes.sort(key=lambda item: (item[0].start, item[2], -item[0].pitch))
    kept: list[list[tuple[Note, int, int]]] = []  # one list a voice
    for note, index, rank in notes:
        free = next((voice for voice in kept if voice[-1][0].end <= note.start + 0.02), None)
        if free is not None:
            free.append((note, index, rank))
        elif len(kept) < count:
            kept.append([(note, index, rank)])
        else:
            weakest = max(kept, key=lambda voice: voice[-1][2])
            before, other, its_rank = weakest[-1]
            if its_rank > rank and note.start - before.start > 0.1:
                weakest[-1] = (
                    before.model_copy(update={"duration": round(note.start - before.start, 4)}),
                    other,
                    its_rank,
                )
                weakest.append((note, index, rank))
    by_part: dict[int, list[Note]] = {}
    for voice in kept:
        for note, index, _ in voice:
            by_part.setdefault(index, []).append(note)
    return [
        p if p.is_drum else _with(p, sorted(by_part.get(i, []), key=lambda n: (n.start, n.pitch)))
        for i, p in enumerate(parts)
    ]


def _within(parts: list[Part], octaves: int, say: Say) -> list[Part]:
    """Return the parts inside a range of so many octaves, and wider than one octave less: notes fold by octaves."""
    pitched = [p for p in parts if not p.is_drum and p.notes]
    pitches = [n.pitch for p in pitched for n in p.notes]
    if not pitches:
        return parts
    span = 12 * octaves
    low, high = min(pitches), max(pitches)
    if high - low > span:
        tune = sorted(n.pitch for p in pitched if p.role in ("melody", "lead") for n in p.notes) or sorted(pitches)
        bottom = min(max(low, tune[len(tune) // 2] + 8 - span), high - span)
        bottom = max(bottom, tune[-1] - span) if tune[-1] - tune[0] <= span else bottom
        return [p if p.is_drum else _with(p, [_folded(n, bottom, bottom + span) for n in p.notes]) for p in parts]
    if high - low <= span - 12:
        down = min(pitched, key=lambda p: min(n.pitch for n in p.notes))
        lift = [n.model_copy(update={"pitch": n.pitch - 12}) if n.pitch >= 24 else n for n in down.notes]
        wider = high - min(n.pitch for n in lift)
        if wider <= span:
            parts = [_with(p, lift) if p.name == down.name else p for p in parts]
        if wider <= span - 12:
            say(f"The players here reach over {wider / 12:.1f} octaves, not {octaves}.")
    return parts


def _folded(note: Note, low: int, high: int) -> Note:
    pitch = note.pitch
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return note.model_copy(update={"pitch": max(pitch, 0)})
