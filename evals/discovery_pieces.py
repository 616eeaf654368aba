"""A real, analysed library whose truth is known: short pieces composed and rendered here, then scanned like any folder.

What is judged is how each piece was made (its tempo, length, genre, key and how much happens in its score), never what
the library measured of it. Made once, then kept in the user's cache folder; some minutes on two cores.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.evals.discovery_house import cache_folder
from segue.tools import library
from segue.tools.collection.catalogue import Track, open_catalogue
from segue.tools.collection.demo import WISHES
from segue.tools.core import registry
from segue.tools.core.base import Context
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store
from segue.tools.core.vocabulary import genres

_SEED, _OTHER_SEED = 4000, 9000
COUNT = 16
_PLACE = "discovery-pieces-1"


@dataclass(frozen=True, slots=True)
class Made:
    """How a piece was made: what the axes are judged by."""

    title: str
    artist: str
    genre: str
    year: int
    tempo: float
    length: float
    density: float
    """Notes a second in its score."""
    sung: bool
    path: Path


def pieces(settings: Settings, say: Callable[[str], None] = lambda text: None) -> list[Made]:
    """Return the library's pieces, rendered where they are not there yet."""
    return [_piece(n, _SEED, cache_folder() / _PLACE / "music", settings, say) for n in range(COUNT)]


def strangers(settings: Settings, count: int = 8, say: Callable[[str], None] = lambda text: None) -> list[Made]:
    """Return pieces that are in no library: other tunes of the same genres, every second one."""
    folder = cache_folder() / _PLACE / "outside"
    return [_piece(2 * n % COUNT, _OTHER_SEED, folder, settings, say) for n in range(count)]


def home() -> Settings:
    """Return the settings of the library's own data folder."""
    return Settings(home=cache_folder() / _PLACE / "home")


def analysed(made: Sequence[Made], settings: Settings) -> dict[str, Made]:
    """Scan and measure the folder as `segue library add` does; return the pieces by track id."""
    catalogue, store = open_catalogue(settings), Store(settings)
    if catalogue.count("state = 'ok' AND analysed = 1") != len(made):
        backend = registry.backends("library")[0]  # embedded
        run = registry.load(backend, settings)
        context = Context(store, settings, tool="library")
        run(library.Args(action="add", folder=str(made[0].path.parent), fields=["analyse"]), context)
    tracks: list[Track] = catalogue.find()
    by_path = {str(one.path.resolve()): one for one in made}
    return {track.id: by_path[track.path] for track in tracks if track.path in by_path}


def _piece(n: int, seed: int, folder: Path, settings: Settings, say: Callable[[str], None]) -> Made:
    from segue.tools.music.compose import Request, compose

    wish = WISHES[n]
    seconds = 14.0 + 4 * (n * 7 % 5)
    request = Request(
        genre=wish.genre, moods=wish.moods, bpm=wish.bpm, key=wish.key, duration_s=seconds, title=wish.title, seed=seed + n
    )  # fmt: skip
    score = compose(request)
    year = 1962 + (n * 17) % 60
    path = folder / f"{n + 1:02d} - {wish.title}.flac"
    if not path.is_file():
        say(f"rendering {wish.title}")
        _write(score, path, settings, title=wish.title, artist=wish.artist, genre=genres()[wish.genre].title, date=str(year))  # fmt: skip
    notes = [note for part in score.parts for note in part.notes]
    length = _seconds(path)
    sung = any(note.lyric for note in notes)
    return Made(wish.title, wish.artist, wish.genre, year, score.bpm, length, len(notes) / length, sung, path)


def _write(score: Score, path: Path, settings: Settings, **tags: str) -> None:
    import soundfile

    from segue.tools.music.render import render

    mix = render(score, settings).mix
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".writing")
    with soundfile.SoundFile(str(temporary), "w", mix.sample_rate, mix.channels, format="FLAC", subtype="PCM_16") as out:  # fmt: skip
        for name, text in tags.items():
            setattr(out, name, text)
        out.write(mix.samples.T)
    temporary.replace(path)


def _seconds(path: Path) -> float:
    import soundfile

    return float(soundfile.info(str(path)).duration)
