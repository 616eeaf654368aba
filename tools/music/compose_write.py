"""Writing the parts of a plan in an order in which each can listen to the ones before."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from segue.tools.core.score import Note, Part, Score
from segue.tools.music.arrange import set_registers
from segue.tools.music.arrange_bars import set_bars
from segue.tools.music.arrange_comp import write_comp, write_pad
from segue.tools.music.bass import write_bass
from segue.tools.music.compose_plan import Plan, Voice, performed
from segue.tools.music.drums import pickup_fill, write_drums
from segue.tools.music.drums_percussion import write_percussion, write_timpani
from segue.tools.music.feel import swell
from segue.tools.music.genres import Mood
from segue.tools.music.melody import write_melody
from segue.tools.music.melody_counter import write_counter
from segue.tools.music.rhythm import GHOST, Event

_HAND = {"melody": 0, "chords": 1, "bass": 2}


def write_parts(
    plan: Plan,
    voices: Sequence[Voice],
    asked: Sequence[str],
    mood: Mood,
    *,
    loop: bool,
    lead: Sequence[Event] = (),
    registers: Mapping[str, float] = MappingProxyType({}),
) -> list[Part]:
    """Write every part: drums first, so that the bass can follow the kick; then the tune and what surrounds it.

    ``lead`` is a tune that exists already: counter-lines keep out of its way. ``registers`` moves single
    instruments up or down (−1..1, an octave).
    """
    set_registers(voices, plan.register)
    for voice in voices:
        if voice.instrument.name in registers:
            _move_register(voice, round(12 * registers[voice.instrument.name]))
    levels = set_bars(plan, voices, asked, loop=loop)
    made: dict[str, tuple[Voice, list[Event]]] = {}
    tune = list(lead)
    order = {"drums": 0, "percussion": 1, "bass": 2, "melody": 3}
    for voice in sorted(voices, key=lambda v: order.get(v.role, 4)):
        events = write_voice(plan, voice, levels, tune)
        if voice.role == "melody":
            tune = events
        if voice.name in made:  # another hand of the same player: the tune's hand gives the part its role
            first, before = made[voice.name]
            made[voice.name] = (min(first, voice, key=lambda v: _HAND.get(v.role, 3)), [*before, *events])
        else:
            made[voice.name] = (voice, events)
    parts = []
    for name in dict.fromkeys(voice.name for voice in voices):
        voice, events = made[name]
        voice.reverb = min(
            1.0, max(0.0, voice.reverb + 0.15 * mood.space + (0.15 if plan.genre.name == "ambient" else 0))
        )
        notes = performed(plan, voice, _shaped(plan, voice, events))
        if notes:
            parts.append(voice.part(plan, notes))
    return parts


def _move_register(voice: Voice, semitones: int) -> None:
    """Move a player's register as far as the instrument reaches, in place."""
    lowest, highest = voice.instrument.low, voice.instrument.high
    shift = max(lowest - voice.low, min(highest - voice.high, semitones))
    voice.low, voice.high = voice.low + shift, voice.high + shift


def write_voice(
    plan: Plan, voice: Voice, levels: dict[int, int], tune: Sequence[Event], variant: int = 0
) -> list[Event]:
    """Write one part, key by key; the kick's onsets are kept in the plan for the bass."""
    if voice.instrument.is_drum or voice.role in ("melody", "lead"):  # the tune remembers itself from key to key
        return _written(plan, voice, levels, tune, variant)
    keyed = plan.by_keys()
    if len(keyed) == 1:
        return _written(plan, voice, levels, tune, variant)
    out: list[Event] = []
    for bars, here in keyed:
        for event in _written(here, voice, levels, tune, variant):
            bar = plan.bar_at(event.start)
            if bar in bars:
                turn = next((b for b in range(bar, plan.bar_at(event.end - 1e-3) + 1) if b not in bars), None)
                if turn is not None and turn < plan.bars:  # nothing hangs over into another key
                    event.duration = max(0.1, plan.start_of(turn) - event.start)
                out.append(event)
    return sorted(out, key=lambda e: e.start)


def _written(plan: Plan, voice: Voice, levels: dict[int, int], tune: Sequence[Event], variant: int) -> list[Event]:
    if voice.role == "drums":
        events = write_drums(plan, voice, levels, variant)
        plan.kicks = sorted({e.start for e in events if e.pitch in (35, 36)})
        for section in plan.sections[1:]:
            bar = section.start_bar - 1
            if bar in voice.bars and bar - 1 not in voice.bars and bar - 1 != plan.final_bar:
                events += pickup_fill(plan, bar - 1)
        return events
    if voice.role == "percussion":
        if voice.instrument.name == "timpani":
            return write_timpani(plan, voice, variant)
        pattern = plan.genre.perc.get(voice.instrument.name) or "x.x.x.x.x.x.x.x."
        if not voice.instrument.is_drum:
            pattern = plan.genre.perc.get(voice.instrument.name, "x..x..x.x..x..x.")
            return [replace_pitch(e, voice) for e in write_percussion(plan, voice, pattern, variant)]
        return write_percussion(plan, voice, pattern, variant)
    if voice.role == "bass":
        return write_bass(plan, voice, variant)
    if voice.role in ("melody", "lead"):
        return write_melody(plan, voice, variant)
    if voice.role == "counter":
        return write_counter(plan, voice, tune, variant)
    if voice.role == "pad" and voice.manner in ("", "sustain"):
        return write_pad(plan, voice)
    return write_comp(plan, voice, variant, tune)


def replace_pitch(event: Event, voice: Voice) -> Event:
    """Return a stroke on a tuned drum: its usual pitch, a fourth lower on weak strokes."""
    middle = (voice.instrument.low + voice.instrument.high) // 2
    return Event(event.start, event.duration, middle if event.velocity > 70 else middle - 5, event.velocity)


def _shaped(plan: Plan, voice: Voice, events: Sequence[Event]) -> list[Event]:
    """Let the loudness follow the sections: a chorus stands over its verse, the piece over all to its peak."""
    out = []
    lift: dict[int, float] = {}
    for event in events:
        bar = plan.bar_at(event.start)
        if bar not in lift:
            section = plan.section_of(min(bar, plan.bars - 1))
            lift[bar] = swell(section.energy, bar - section.start_bar + 1, voice.role, machine=plan.machine)
        ghost = voice.instrument.is_drum and event.velocity <= GHOST
        out.append(event if ghost else Event(event.start, event.duration, event.pitch, event.velocity + lift[bar]))
    return out


def tune_of(score: Score) -> Part | None:
    """Return the part that carries the tune: the lead, or the highest pitched part with notes."""
    pitched = [p for p in score.parts if not p.is_drum and p.notes]
    for role in ("melody", "lead"):
        found = next((p for p in pitched if p.role == role), None)
        if found is not None:
            return found
    return max(pitched, key=lambda p: sum(n.pitch for n in p.notes) / len(p.notes), default=None)


def skyline(notes: Sequence[Note]) -> list[Note]:
    """Return the top line: of notes that start together the highest."""
    out: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.start, -n.pitch)):
        if not out or note.start > out[-1].start + 0.05:
            out.append(note)
    return out
