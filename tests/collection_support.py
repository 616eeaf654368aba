"""A tiny library of generated sound files with tags, and what the collection's tests share."""

from pathlib import Path

import numpy as np
import soundfile

from segue.tools.collection.catalogue import Catalogue, open_catalogue
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

RATE = 22050
SONGS = [
    # title, artist, album, genre, year, bpm, key, seconds
    ("Low Tide", "Nina Harrow", "Harbour", "Jazz", "1994", 92, "Dm", 4.0),
    ("Café Noir", "Nina Harrow", "Harbour", "Jazz", "1996", 110, "Gm", 3.0),
    ("Iron Gate", "The Anvils", "Forge", "Metal", "2003", 168, "Em", 3.0),
    ("Glass Rain", "Óscar Lune", "Windows", "Ambient", "2011", 70, "C", 5.0),
    ("Sunday Bus", "Marigold Five", "Small Hours", "Lo-Fi Hip Hop", "2018", 84, "Am", 3.0),
    ("Neon Arcade", "Pixel Harbor", "Insert Coin", "Synthwave", "2019", 120, "Fm", 3.0),
]


def tone(seconds: float, bpm: float, seed: int, channels: int = 1) -> np.ndarray:
    """A pulsed chord: something with a tempo and a pitch, different for each seed. float32 [frames, channels]."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    pulse = np.exp(-8 * np.mod(t, 60 / bpm))
    notes = 220 * 2 ** (rng.integers(0, 24, 3) / 12)
    sound = sum(np.sin(2 * np.pi * f * t) for f in notes) * pulse / 5 + rng.normal(0, 0.01, t.size)
    return np.repeat(sound[:, None], channels, axis=1).astype(np.float32)


def write_song(path: Path, title: str, artist: str, album: str = "", genre: str = "", year: str = "", bpm: float = 100,
               seconds: float = 2.0, seed: int = 0) -> Path:  # fmt: skip
    """Write a sound file with the tags that libsndfile can set."""
    with soundfile.SoundFile(str(path), "w", RATE, 1) as out:
        for name, value in (("title", title), ("artist", artist), ("album", album), ("genre", genre), ("date", year)):
            if value:
                setattr(out, name, value)
        out.write(tone(seconds, bpm, seed))
    return path


def make_folder(folder: Path) -> Path:
    """Write the songs as flac and ogg files."""
    folder.mkdir(parents=True)
    for i, (title, artist, album, genre, year, bpm, _, seconds) in enumerate(SONGS):
        suffix = "flac" if i % 2 else "ogg"
        write_song(folder / f"{i:02d}.{suffix}", title, artist, album, genre, year, bpm, seconds, i)
    return folder


def make_home(home: Path) -> tuple[Settings, Store, Catalogue]:
    """An empty data folder."""
    settings = Settings(home=home)
    return settings, Store(settings), open_catalogue(settings)
