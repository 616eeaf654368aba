"""Mixtures whose stems are known, and recordings whose stems are not: what editing is measured on.

Half of the mixtures are pieces as the composer renders them; the other half are played otherwise: another soundfont
where one is at hand (``DATA_HOME/soundfonts/*.sf2`` or a system folder), drums from its General MIDI kit and not from our
synthesis, other places, levels and rooms, now and then a choir's voice as the singer. Where ``DATA_HOME/songs`` holds
folders with ``drums.wav``, ``bass.wav``, ``other.wav`` and ``vocals.wav`` (MUSDB18-HQ as published), those come too.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segue.tools.core.audio import AUDIO_SUFFIXES, Samples, Waveform, decode
from segue.tools.core.errors import SegueError
from segue.tools.core.score import Part, Score
from segue.tools.core.settings import Settings, load_settings
from segue.tools.music.compose import compose
from segue.tools.music.compose_request import Request
from segue.tools.music.genres import all_genres
from segue.tools.music.render import render

SECONDS = 8.0  # of each mixture that is judged
_COMPOSED_S, _FROM_S = 8.0, 5.0  # what is composed beyond that, and where it begins
_VOICE = 53  # General MIDI program "Voice Oohs", counted from 0
_SYSTEM_FONTS = ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts")
_LONGEST_S = 20.0  # of a recording that is measured, from its middle


@dataclass(frozen=True)
class Mixture:
    """A mix and its true stems, ``[channels, frames]`` at ``rate`` Hz, by group: drums, bass, vocals, other."""

    title: str
    family: str
    rate: int
    stems: Mapping[str, Samples]

    @property
    def mix(self) -> Waveform:
        """The sum of the stems."""
        return Waveform(np.sum(list(self.stems.values()), axis=0, dtype=np.float32), self.rate)

    def truth(self, stem: str) -> Samples | None:
        """Return what a stem should hold; percussive is all drums, harmonic all else; None where nobody plays it."""
        drums = self.stems.get("drums")
        if stem == "percussive":
            return drums
        if stem == "harmonic":
            return self.mix.samples - drums if drums is not None else None
        return self.stems.get(stem)


def mixtures(count: int, data_home: Path | None = None) -> Iterator[Mixture]:
    """Yield ``count`` rendered mixtures, the same on every run, then the songs of ``data_home``."""
    for number in range(count):
        yield rendered(number, data_home)
    if data_home is not None and (data_home / "songs").is_dir():
        for folder in sorted((data_home / "songs").iterdir()):
            if (folder / "drums.wav").is_file():
                yield _song(folder)


def rendered(number: int, data_home: Path | None = None, seconds: float = SECONDS) -> Mixture:
    """Return the mixture of a number: even ones as the composer renders them, odd ones played otherwise."""
    genres = [name for name in all_genres() if name not in ("ambient", "classical")]
    genre = genres[(number * 7) % len(genres)]
    score = compose(Request(genre=genre, seed=7000 + number, duration_s=seconds + _COMPOSED_S), lambda text: None)
    settings, family = load_settings(), "as composed"
    if number % 2:
        font = other_soundfont(data_home)
        score, family = _otherwise(score, number), "played otherwise"
        settings = settings.model_copy(update={"soundfont": font} if font else {"synthesiser": "sampler"})
    return _excerpt(f"{number} {genre}", family, score, settings, seconds)


def other_soundfont(data_home: Path | None) -> Path | None:
    """Return a soundfont that is not the one that Segue plays, None where there is none."""
    folders = [*([data_home / "soundfonts"] if data_home else []), *map(Path, _SYSTEM_FONTS)]
    found = [path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*.sf[23]"))]
    return next((path for path in found if "TimGM6mb" not in path.name), None)


def _otherwise(score: Score, number: int) -> Score:
    """The same notes without our synthesis and mixing: what a stranger's arrangement could sound like."""
    chance = random.Random(number)
    parts = []
    for part in score.parts:
        sings = part.role in ("melody", "lead") and number % 3 == 0
        changes: dict[str, Any] = {
            "synth": None,
            "pan": 0.0 if sings or part.role in ("drums", "bass") else chance.uniform(-0.8, 0.8),
            "gain_db": part.gain_db + chance.uniform(-3, 3),
            "reverb": chance.uniform(0.0, 0.4),
        }
        if sings:
            changes |= {"program": _VOICE, "instrument": "voice oohs", "stem": "vocals", "gain_db": part.gain_db + 3}
        parts.append(part.model_copy(update=changes))
    return score.model_copy(update={"parts": parts, "genre": None})


def _excerpt(title: str, family: str, score: Score, settings: Settings, seconds: float) -> Mixture:
    made = render(score, settings)
    start = round(_FROM_S * made.mix.sample_rate)
    stop = start + round(seconds * made.mix.sample_rate)
    groups: dict[str, Samples] = {}
    for part in score.parts:
        sound = made.stems[part.name].samples[:, start:stop]
        name = _group(part)
        groups[name] = groups[name] + sound if name in groups else sound.copy()
    return Mixture(title, family, made.mix.sample_rate, groups)


def _group(part: Part) -> str:
    if part.is_drum or part.role in ("drums", "percussion"):
        return "drums"
    return part.stem if part.stem in ("bass", "vocals") else "other"


def _song(folder: Path) -> Mixture:
    """A song of a data set: thirty seconds from its middle."""
    stems: dict[str, Samples] = {}
    rate = 44_100
    for name in ("drums", "bass", "other", "vocals"):
        wave = decode(folder / f"{name}.wav")
        start = max(0, wave.frames // 2 - 15 * wave.sample_rate)
        stems[name], rate = wave.samples[:, start : start + 30 * wave.sample_rate], wave.sample_rate
    return Mixture(folder.name, "songs", rate, stems)


def recordings(count: int, data_home: Path | None = None) -> list[tuple[str, Waveform]]:
    """Return real recordings, at most ``count``, each with its file's name, at most 20 s from its middle.

    They are those of ``DATA_HOME/music``, then those that ship inside installed Python packages (gradio, pygame,
    music21, scipy bring some), whatever their rates, widths and lengths are.
    """
    folders = [*([data_home / "music"] if data_home else []), *_package_folders()]
    found: list[tuple[str, Waveform]] = []
    seen: set[str] = set()
    for folder in folders:
        paths = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in AUDIO_SUFFIXES)
        for path in paths:
            if len(found) >= count:
                return found
            if path.name in seen:
                continue
            try:
                wave = decode(path)
            except SegueError:
                continue  # scipy ships broken files as well, for its own tests
            seen.add(path.name)
            if wave.samples.any() and wave.channels <= 2 and wave.duration_s >= 0.5:
                found.append((path.name, _middle(wave)))
    return found


def _package_folders() -> list[Path]:
    """Where installed packages keep sounds, without importing them."""
    site = Path(np.__file__).parents[1]
    inside = ("gradio/media_assets/audio", "gradio/test_data", "pygame/examples/data", "music21/audioSearch")
    return [site / name for name in inside if (site / name).is_dir()]


def _middle(wave: Waveform) -> Waveform:
    frames = min(wave.frames, round(_LONGEST_S * wave.sample_rate))
    start = (wave.frames - frames) // 2
    return Waveform(np.ascontiguousarray(wave.samples[:, start : start + frames]), wave.sample_rate)
