"""A small library to talk about in the first minute: short pieces composed by Segue, clearly labelled.

Made only when asked for. Titles and artists are invented; tempo, key, genre and instruments come
from the scores that the pieces were rendered from, so they are known and not measured.
"""

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from segue.tools.collection.catalogue import Catalogue, Track, open_catalogue
from segue.tools.collection.measure import embed_words, measure
from segue.tools.collection.scan import scan
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Apart, Context
from segue.tools.core.errors import Cancelled, DiskFull
from segue.tools.core.score import Score
from segue.tools.core.settings import Settings
from segue.tools.core.store import SHARED, Store
from segue.tools.core.vocabulary import genres

ALBUM = "Segue demo"
_BLOCK = 65_536  # frames written at once


@dataclass(frozen=True, slots=True)
class Wish:
    """One piece of the demo library."""

    title: str
    artist: str
    genre: str
    moods: tuple[str, ...]
    bpm: float
    key: str
    seconds: float


WISHES = (
    Wish("Paper Lanterns", "The Harbour Lights", "pop", ("happy",), 112, "G major", 15),
    Wish("Wire and Weather", "Slow Freight", "rock", ("energetic",), 132, "A major", 15),
    Wish("Cold Furnace", "Ironmoth", "metal", ("aggressive",), 168, "E minor", 14),
    Wish("Elbow Grease", "Mister Tangent", "funk", ("groovy",), 104, "E minor", 14),
    Wish("Mirror Tiles", "Mister Tangent", "disco", ("party",), 120, "B minor", 15),
    Wish("Second Staircase", "Odalys Verne", "house", ("hypnotic",), 124, "F minor", 15),
    Wish("Switchyard", "Odalys Verne", "techno", ("dark",), 134, "C minor", 14),
    Wish("Above the Clouds Again", "Lumen Park", "trance", ("epic",), 138, "A minor", 14),
    Wish("Fold the Map", "Lumen Park", "drum_and_bass", ("driving",), 174, "D minor", 14),
    Wish("Undertow Unit", "Grey Kestrel", "dubstep", ("heavy",), 140, "F minor", 14),
    Wish("Nine Lives Left", "Grey Kestrel", "trap", ("dark",), 144, "C# minor", 14),
    Wish("Corner Store Sermon", "Dusty Almanac", "hiphop_boombap", ("relaxed",), 90, "A minor", 16),
    Wish("Rain on the Skylight", "Dusty Almanac", "lofi", ("calm",), 76, "D minor", 16),
    Wish("Half Past Midnight", "The Lena Brook Quartet", "jazz_swing", ("relaxed",), 148, "Bb major", 16),
    Wish("Railway Arches", "Old Tom Perrin", "blues", ("sad",), 84, "E minor", 17),
    Wish("Praia Vazia", "The Lena Brook Quartet", "bossa_nova", ("warm",), 126, "F major", 15),
    Wish("Slow Ferry", "Sunday Breakwater", "reggae", ("happy",), 74, "G major", 16),
    Wish("Callejón", "Sunday Breakwater", "latin_salsa", ("energetic",), 184, "D minor", 14),
    Wish("Gravel and Clover", "Marigold Finch", "country", ("happy",), 108, "D major", 15),
    Wish("The Ferryman's Daughter", "Marigold Finch", "folk", ("melancholic",), 92, "E minor", 16),
    Wish("Close the Blinds", "Cass Delacroix", "rnb", ("romantic",), 72, "Eb major", 17),
    Wish("Tidal Glass", "Cass Delacroix", "ambient", ("peaceful",), 62, "C major", 18),
    Wish("The Long Ascent", "Aurel Stern", "cinematic", ("epic",), 90, "D minor", 16),
    Wish("Minuet for an Empty Room", "Aurel Stern", "classical", ("hopeful",), 104, "G major", 16),
)
Progress = Callable[[float, float, str], None]


def make_demo(
    store: Store,
    settings: Settings,
    progress: Progress | None = None,
    check: Callable[[], None] | None = None,
    apart: Apart | None = None,
) -> list[Track]:
    """Compose, render, scan and measure the demo library; what was made before is not made again.

    Parameters
    ----------
    progress : called with (pieces done, pieces, title); a minute or so passes in all on two cores.
    check : called often; raises to stop. A stopped demo goes on where it was.
    apart : calls functions in other processes (``Context.apart``): the pieces are then composed and rendered in those.

    Raises
    ------
    BackendUnavailable : no soundfont to play with; the hint says how to get one.
    DiskFull : about 40 MB are needed.
    """
    catalogue = open_catalogue(settings)
    _folder(settings).mkdir(parents=True, exist_ok=True)
    missing = [wish for wish in WISHES if not _made(catalogue, wish)]
    done = len(WISHES) - len(missing)
    stopped = False

    def still() -> None:
        if stopped:
            raise Cancelled("Stopped.")
        if check:
            check()

    if progress:
        progress(done, len(WISHES), "composing")
    queue = list(missing)
    running: dict[Future[tuple[Path, Score]], Wish] = {}
    with ThreadPoolExecutor(2, "demo") as pool:
        try:
            while queue or running:
                while queue and len(running) < 2:
                    wish = queue.pop(0)
                    number = WISHES.index(wish)
                    made = (
                        pool.submit(apart, _render_apart, number)
                        if apart
                        else pool.submit(_render, wish, settings, still)
                    )
                    running[made] = wish
                finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                still()
                for future in finished:
                    wish = running.pop(future)
                    path, score = future.result()
                    _keep(catalogue, store, wish, path, score, still)
                    done += 1
                    if progress:
                        progress(done, len(WISHES), wish.title)
        except BaseException:
            stopped = True
            raise
    embed_words(catalogue, check, apart=apart)
    return catalogue.find("state = 'ok' AND album = ?", (ALBUM,))


def _folder(settings: Settings) -> Path:
    return settings.home / "demo"


def _made(catalogue: Catalogue, wish: Wish) -> bool:
    found = catalogue.find("title = ? AND album = ? AND state = 'ok' AND analysed = 1", (wish.title, ALBUM))
    return any(track.path and Path(track.path).is_file() for track in found)


def _render(wish: Wish, settings: Settings, check: Callable[[], None]) -> tuple[Path, Score]:
    """Compose a piece (always the same) and write it, if it is not there yet."""
    from segue.tools.music.compose import Request, compose
    from segue.tools.music.render import render

    number = WISHES.index(wish) + 1
    path = _folder(settings) / f"{number:02d} - {wish.artist} - {wish.title}.flac"
    request = Request(
        genre=wish.genre,
        moods=wish.moods,
        bpm=wish.bpm,
        key=wish.key,
        duration_s=wish.seconds,
        title=wish.title,
        seed=1000 + number,
    )
    score = compose(request)
    check()
    if not path.is_file():
        made = render(score, settings, progress=lambda done, total, label: check())
        _write(made.mix, path, wish, number)
    return path, score


def _render_apart(context: Context, number: int) -> tuple[Path, Score]:
    return _render(WISHES[number], context.settings, context.check)


def _write(wave: Waveform, path: Path, wish: Wish, number: int) -> None:
    """Write a 16-bit FLAC with its tags, whole or not at all."""
    import soundfile

    handle, name = tempfile.mkstemp(prefix=".writing-", suffix=".flac", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with soundfile.SoundFile(
            name, "w", wave.sample_rate, wave.channels, format="FLAC", subtype="PCM_16"
        ) as out:  # fmt: skip
            out.title, out.artist, out.album = wish.title, wish.artist, ALBUM
            out.genre = genres()[wish.genre].title
            out.date, out.tracknumber = str(datetime.now(UTC).year), str(number)
            out.comment = "Composed by Segue for its demo library; title and artist are invented."
            for start in range(0, wave.frames, _BLOCK):
                out.write(wave.samples[:, start : start + _BLOCK].T)
        os.replace(temporary, path)
    except soundfile.LibsndfileError as error:
        raise DiskFull(
            f"{path.name} could not be written ({error}).", "Free 40 MB and ask for the demo again."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _keep(catalogue: Catalogue, store: Store, wish: Wish, path: Path, score: Score, check: Callable[[], None]) -> None:
    """Scan the file, put its score beside it, and measure what only sound tells."""
    scan(catalogue, store, path.parent, check=check)
    [track] = catalogue.find("path = ?", (str(path.resolve()),))
    piece = store.piece(track.id, SHARED)
    piece.score = store.add_score(score)
    store.save(piece)
    track = track.model_copy(
        update={
            "bpm": score.bpm,
            "bpm_confidence": 1.0,
            "key": score.key,
            "key_confidence": 1.0,
            "meter": score.meter,
            "moods": list(wish.moods),
            "genres": [genres()[wish.genre].title],
            "instruments": list(dict.fromkeys(part.instrument or part.name for part in score.parts)),
        }
    )
    catalogue.save([track])
    measure(catalogue, store, [track], check=check)
    sung = any(note.lyric for part in score.parts for note in part.notes)
    if not sung:  # the ear may take a saxophone for a voice; the score knows
        catalogue.save([catalogue.track(track.id).model_copy(update={"vocals": 0.0})])
