"""A tiny library of generated sound files with tags, and what the collection's tests share."""

from pathlib import Path

import numpy as np
import soundfile

from segue.tools.collection.catalogue import Catalogue, Track, open_catalogue
from segue.tools.core.base import Context
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings
from segue.tools.core.store import SHARED, Store

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
    """A tune of its own for each seed, two notes a beat, with a little hiss. float32 [frames, channels]."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    step = 30 / bpm
    sound = rng.normal(0, 0.005, t.size)
    for n in range(int(seconds / step) + 1):
        inside = (t >= n * step) & (t < (n + 1) * step)
        for pitch in rng.integers(0, 36, 2):
            f = 150 * 2 ** (pitch / 12)
            since = t[inside] - n * step
            sound[inside] += 0.2 * np.exp(-6 * since) * sum(np.sin(2 * np.pi * f * k * since) / k for k in (1, 2, 3, 4))
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


def make_folder(folder: Path, count: int = len(SONGS)) -> Path:
    """Write the first ``count`` songs as ogg and flac files."""
    folder.mkdir(parents=True)
    for i, (title, artist, album, genre, year, bpm, _, seconds) in enumerate(SONGS[:count]):
        suffix = "flac" if i % 2 else "ogg"
        write_song(folder / f"{i:02d}.{suffix}", title, artist, album, genre, year, bpm, seconds, i)
    return folder


def make_home(home: Path) -> tuple[Settings, Store, Catalogue]:
    """An empty data folder."""
    settings = Settings(home=home)
    return settings, Store(settings), open_catalogue(settings)


GENRES = ["Jazz", "Metal", "Ambient", "Lo-Fi Hip Hop", "House", "Folk"]
MOODS = {
    "Jazz": "relaxed",
    "Metal": "aggressive",
    "Ambient": "calm",
    "Lo-Fi Hip Hop": "calm",
    "House": "happy",
    "Folk": "sad",
}
ENERGY = {"Jazz": 0.4, "Metal": 0.9, "Ambient": 0.1, "Lo-Fi Hip Hop": 0.3, "House": 0.75, "Folk": 0.25}
TITLES = [
    "Lantern",
    "Paper Boats",
    "Kestrel",
    "Undertow",
    "Marmalade",
    "Quarry",
    "Velvet Hour",
    "Nightjar",
    "Saltwater",
    "Ember",
]


def known_tracks(count: int = 60) -> list[Track]:
    """Tracks without files whose every value is known: six genres in turn, energy rising within each."""
    tracks = []
    for n in range(count):
        genre, turn = GENRES[n % 6], n // 6
        tracks.append(
            Track(
                id=f"t_{n:03d}", title=f"{TITLES[turn % 10]} {n // 10 + 1}" if turn >= 10 else f"{TITLES[turn % 10]} {genre[:2]}",
                artist=f"Artist {'ABCDEFGHIJKLM'[n % 13]}", album=f"Album {n // 12}", genres=[genre], year=1970 + n % 50,
                moods=[MOODS[genre]], bpm=60.0 + 2 * n, bpm_confidence=1.0, key=["D minor", "C major", "A minor"][n % 3],
                key_confidence=0.9, duration_s=120.0 + 5 * n, vocals=float(n % 2), rating=float(1 + n % 5),
                playcount=n % 4 or None, analysed=True, lufs=-14.0 - n % 5,
                axes={"energy": min(1.0, ENERGY[genre] + turn * 0.02), "mood": (n * 7 % 60) / 60,
                      "brightness": (n * 11 % 60) / 60, "acousticness": 1 - ENERGY[genre], "density": n / count},
            )
        )  # fmt: skip
    return tracks


def fill(store: Store, catalogue: Catalogue, tracks: list[Track]) -> None:
    """Keep tracks and their pieces."""
    catalogue.save(tracks)
    for track in tracks:
        store.save(Piece(id=track.id, owner=SHARED, kind="track", title=track.title))


def make_context(settings: Settings, store: Store) -> tuple[Context, list[str]]:
    """A context, and the notes that are said through it."""
    notes: list[str] = []
    return Context(store=store, settings=settings, say=notes.append), notes
