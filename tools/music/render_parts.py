"""One part played: its notes as events in frames, by the soundfont's player or a synth, at a known loudness."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from segue.tools.core.audio import Samples
from segue.tools.core.errors import BackendUnavailable
from segue.tools.core.instruments import of_program
from segue.tools.core.score import Clock, Part
from segue.tools.core.settings import Settings
from segue.tools.music import fluid, mixdown, sampler, synths, synths_drums
from segue.tools.music.render_notes import Event, Manner
from segue.tools.music.synths_kits import kit_of
from segue.tools.sound.loudness import k_weighted_energy

_REFERENCE_LUFS = -23.0  # every instrument's test phrase is brought to this loudness
# Programs that are many players: two takes, left and right.
_SECTIONS = frozenset({44, 45, *range(48, 55), 61, 62, 63, *range(88, 96)})
_DOUBLED_CHORDS = frozenset({*range(24, 32), 80, 81, 90})  # guitars and saws that accompany are tracked twice
_BODIED = (0, 8, 16)  # sampled kits that get their genre's bass drum underneath
_MACHINES = (24, 25)  # kits whose strokes are all alike


def choose_engine(settings: Settings) -> str:
    """Return "fluidsynth" or "sampler" as the setting ``synthesiser`` and the machine have it.

    Raises
    ------
    BackendUnavailable : FluidSynth is demanded and not there.
    """
    if settings.synthesiser == "sampler":
        return "sampler"
    if fluid.find_library() is not None:
        return "fluidsynth"
    if settings.synthesiser == "fluidsynth":
        raise BackendUnavailable("libfluidsynth was not found.", "Install FluidSynth, or set SEGUE_SYNTHESISER=auto.")
    return "sampler"


def part_events(part: Part, clock: Clock, sample_rate: int, loop: bool = False, period: int = 0) -> list[Event]:
    """Return a part's notes as they are played, in frames, sorted; a repeated pitch ends the one before."""
    events: dict[int, list[Event]] = {}
    for note in part.notes:
        on = round((clock.seconds(note.start) + note.shift_s) * sample_rate)
        off = round((clock.seconds(note.end) + note.shift_s) * sample_rate)
        if on < 0:
            on, off = (on + period, off + period) if loop else (0, max(off, 1))
        slot = round(note.start * 4)
        event = Event(on, max(off, on + 2 * fluid.BLOCK), note.pitch, note.velocity, slot)
        events.setdefault(note.pitch, []).append(event)
    out = []
    for same in events.values():
        same.sort(key=lambda event: (event.on, -event.velocity))
        for here, after in zip(same, [*same[1:], None], strict=True):
            if after is None or here.off <= after.on:
                out.append(here)
            elif after.on - here.on >= 2 * fluid.BLOCK:
                out.append(replace(here, off=after.on))
            else:  # two at once are one: the later keeps its end, the earlier its beginning
                same[same.index(after)] = replace(
                    here, off=max(here.off, after.off), velocity=max(here.velocity, after.velocity)
                )
    return sorted(out, key=lambda event: (event.on, event.pitch))


def play_part(
    part: Part, events: list[Event], frames: int, soundfont: Path, engine: str, sample_rate: int,
    check: Callable[[], None], genre: str | None = None,
) -> Samples:  # fmt: skip
    """Play one part dry: float32 ``[2, frames]``, at the instrument's own level; drums sound like their genre's."""
    if synths.knows(part.synth):
        return synths.play(str(part.synth), events, frames, sample_rate, check, genre)
    player = fluid.play if engine == "fluidsynth" else sampler.play
    sound = player(
        soundfont, events, frames, program=part.program, is_drum=part.is_drum, sample_rate=sample_rate,
        manner=manner_of(part), check=check,
    )  # fmt: skip
    if genre and part.is_drum and part.program in _BODIED and kit_of(genre).body:
        synths_drums.add_body(sound, events, sample_rate, kit_of(genre))
    return synths.aged(sound, sample_rate) if part.synth == "vinyl" else sound


def manner_of(part: Part) -> Manner:
    """Return how a sampled part plays: sections and accompanying guitars doubled, the others in three takes.

    A small soundfont has one sample a note; machines are meant to sound like that, players are not.
    """
    if part.is_drum:
        return Manner() if part.program in _MACHINES else Manner(takes=3, cents=3.0)
    if part.program in _SECTIONS or (part.program in _DOUBLED_CHORDS and part.role in ("chords", "pad", "arpeggio")):
        return Manner(double_cents=9.0)
    return Manner(takes=3, cents=3.0)


def doubled(part: Part) -> bool:
    """Return whether a part is wide by itself."""
    return not synths.knows(part.synth) and manner_of(part).double_cents > 0


@lru_cache(maxsize=256)
def trim_db(
    soundfont: Path,
    engine: str,
    program: int,
    is_drum: bool,
    synth: str | None,
    role: str,
    sample_rate: int,
    genre: str | None = None,
) -> float:
    """Return the gain in dB that brings an instrument's test phrase to the reference loudness.

    Soundfonts differ by 15 dB from program to program; the phrase depends on the instrument only, so a
    part's level never depends on what it plays.
    """
    if is_drum:
        keys: tuple[int, ...] = (36, 42, 38, 42) if role != "percussion" else (62, 70, 63, 70)
    else:
        instrument = of_program(program)
        low, high = (28, 52) if role == "bass" else (instrument.low, instrument.high)
        keys = tuple(round(low + (high - low) * share) for share in (0.3, 0.45, 0.6))
    # Long enough for slow strings to swell; drums are struck as in a quick beat.
    step = round((0.25 if is_drum else 1.2) * sample_rate)
    events = [Event(i * step, round((i + 0.9) * step), key, 90) for i, key in enumerate(keys)]
    part = Part(name="test", role=role, program=program, is_drum=is_drum, synth=synth)
    sound = play_part(part, events, (len(keys) + 1) * step, soundfont, engine, sample_rate, lambda: None, genre)
    energy = k_weighted_energy(sound, sample_rate, mixdown.HOP)
    size = max(1, round(0.4 * sample_rate / mixdown.HOP))
    blocks = np.convolve(energy, np.ones(size), "valid")
    loudest = np.partition(blocks, -len(blocks) // 4)[-len(blocks) // 4 :].mean() / (size * mixdown.HOP)
    loudness = -0.691 + 10 * np.log10(loudest + 1e-12)
    return float(np.clip(_REFERENCE_LUFS - loudness, -30.0, 40.0)) if loudness > -69 else 0.0
