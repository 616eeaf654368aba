"""Measuring the library: what listening adds to the tags, with fingerprints and vectors, track by track."""

import hashlib
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np

from segue.tools.collection.abreast import Pace, cores
from segue.tools.collection.catalogue import Catalogue, Track
from segue.tools.collection.embed import SPACE, embed
from segue.tools.collection.fingerprint import Marks, landmarks
from segue.tools.collection.hearing import Listeners, Sound, heard
from segue.tools.collection.scan import with_content
from segue.tools.core.base import Apart, Context
from segue.tools.core.errors import BadInput, Cancelled, DeadlineExceeded
from segue.tools.core.minilm import Floats
from segue.tools.core.piece import Piece
from segue.tools.core.store import SHARED, Store
from segue.tools.listen.analyse import Analysis, analyse, remember

AUDIO_SPACE = "audio:musicnn"
DESCRIPTOR_SPACE = "audio:descriptor"
_APART_S = 300.0  # of music, beyond which processes of their own are worth starting
_EMBED = 64  # texts embedded before they are kept
_SURE = 0.35  # least confidence with which a measured genre is written beside a track
Progress = Callable[[float, float, str], None]
Check = Callable[[], None]


def waiting(catalogue: Catalogue) -> list[Track]:
    """Return the tracks that can be measured and were not yet."""
    return catalogue.find("state = 'ok' AND analysed = 0 AND path IS NOT NULL")


def measure(
    catalogue: Catalogue,
    store: Store,
    tracks: Sequence[Track],
    *,
    progress: Progress | None = None,
    check: Check | None = None,
    apart: bool = False,
) -> int:
    """Measure tracks, each committed by itself, on all cores; return how many.

    A few are measured here and now; more in processes of their own, at a low priority. What somebody asks for
    meanwhile is measured beside them and not again when its turn comes. A file that turns out to be broken
    is marked so and does not stop the others; nor does one that cannot be measured, which is tried again next time.

    Parameters
    ----------
    progress : called with (tracks done, tracks, title and the time left).
    check : called often, also while one track is measured; raises to stop.
    apart : measure even a few in processes of their own: where others must not be held up (a server).
    """
    done = good = 0
    queue = deque(tracks)
    running: dict[Future[bool], Track] = {}
    places = min(cores(), max(1, len(tracks)))
    apart = apart or sum(track.duration_s or 240.0 for track in tracks) > _APART_S
    work = _Work(catalogue, store, check, apart)
    pace = Pace(len(tracks))
    with ThreadPoolExecutor(places, "measure") as pool:
        try:
            while queue or running:
                while queue and len(running) < places:
                    track = queue.popleft()
                    running[pool.submit(work.one, track)] = track
                finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    track = running.pop(future)
                    good += future.result()
                    done += 1
                    if progress:
                        progress(done, len(tracks), pace.label(done, track.title))
                work.still()
        finally:
            work.end()
    return good


class _Work:
    """Measures one track after another, on any thread; each thread has a listener of its own where ``apart`` says so."""

    def __init__(self, catalogue: Catalogue, store: Store, check: Check | None, apart: bool) -> None:
        self._catalogue, self._store, self._check, self._apart = catalogue, store, check, apart
        self._stopped = False
        self._listeners = Listeners()

    def still(self) -> None:
        """Raise where the work is to stop."""
        if self._stopped:
            raise Cancelled("Stopped.")
        if self._check:
            self._check()

    def end(self) -> None:
        """Stop what is under way."""
        self._stopped = True
        self._listeners.end()

    def one(self, track: Track) -> bool:
        """Measure a track and keep what was found; tell whether it could be measured."""
        track = self._catalogue.track(track.id)
        if track.analysed:  # somebody asked for it meanwhile
            return True
        try:
            track = with_content(self._catalogue, self._store, track)
            piece = _sounding(self._store, self._store.piece(track.id, SHARED), self.still)
            found, marks = self._heard(piece)
        except (Cancelled, DeadlineExceeded):
            raise
        except BadInput as error:
            self._catalogue.save([track.model_copy(update={"state": "broken", "error": str(error)})])
            return False
        except RuntimeError as error:
            self._catalogue.save([track.model_copy(update={"error": f"It could not be measured ({error})."[:500]})])
            return False
        track = with_analysis(track.model_copy(update={"error": ""}), found)
        vectors = {AUDIO_SPACE: found.audio_vector, DESCRIPTOR_SPACE: found.descriptor}
        for space, vector in vectors.items():
            if vector:
                self._catalogue.put_vectors(space, {track.id: (np.array(vector, np.float32), track.content or "")})
        if marks is not None:
            self._catalogue.put_fingerprint(track.id, marks)
        self._catalogue.save([track])
        return True

    def _heard(self, piece: Piece) -> "tuple[Analysis, Marks | None]":
        clip = piece.clip
        if clip is None or piece.score is not None:
            return analyse(self._store, piece, self.still), landmarks(self._store.wave(clip)) if clip else None
        limits = self._store.settings
        sound = Sound(self._store.path(clip.id), clip.sample_rate, clip.channels, clip.frames, limits.max_input_s, limits.max_input_bytes)  # fmt: skip
        if not self._apart:
            found, marks = heard(sound, self.still)
        else:
            found, marks = self._listeners.mine().hear(sound, self.still)
        remember(self._store, clip, found)
        return found, marks


def _sounding(store: Store, piece: Piece, check: Check) -> Piece:
    """Return a piece with sound: a score is rendered once, as one that is attached would be."""
    if piece.clip is not None or piece.score is None:
        return piece
    from segue.tools.music.render import render

    made = render(store.score(piece.score), store.settings, progress=lambda done, total, label: check())
    piece.clip = store.add_wave(made.mix)
    piece.stems = {name: store.add_wave(stem) for name, stem in made.stems.items()}
    piece.mix = made.meta
    return store.save(piece)


def with_analysis(track: Track, found: Analysis) -> Track:
    """Return a track with what was measured; what its tags say about tempo, key, genre and mood stays."""
    facts: dict[str, object] = {
        "analysed": True,
        "duration_s": found.duration_s or track.duration_s,
        "lufs": None if found.silent else found.loudness_lufs,
        "loudness_range_lu": None if found.silent else found.loudness_range_lu,
        "axes": found.axes,
        "tags": found.tags,
        "valence": found.valence,
        "arousal": found.arousal,
        "meter": found.meter or track.meter,
        "instruments": found.instruments or track.instruments,
    }
    measured = set(track.measured)

    def fill(name: str, value: object, confidence: float | None = None) -> None:
        if value and (not getattr(track, name) or name in track.measured):
            facts[name] = value
            if confidence is not None:
                facts[f"{name}_confidence"] = confidence
            measured.add(name)

    fill("bpm", found.bpm, found.bpm_confidence)
    fill("key", found.key, found.key_confidence)
    fill("moods", found.moods)
    fill("replaygain_db", found.replaygain_db)
    fill("replaygain_peak", found.replaygain_peak)
    if found.genre and found.genre_confidence >= _SURE:
        fill("genres", [found.genre])
    if found.vocals is not None:
        facts["vocals"] = 0.5 + (0.5 if found.vocals else -0.5) * found.vocals_confidence
    if "key" in facts:
        facts["camelot"] = None
    facts["measured"] = sorted(measured)
    track = track.model_copy(update=facts)
    return track.model_copy(update={"caption": track.caption or describe(track)})


def describe(track: Track) -> str:
    """Say a track in one plain line, for search by words.

    >>> describe(Track(id="t", genres=["Jazz"], moods=["calm"], bpm=92, key="D minor", instruments=["piano"]))
    'calm jazz, slow, in D minor, with piano'
    """
    head = " ".join([*track.moods[:2], *[genre.lower() for genre in track.genres[:1]]]) or "music"
    parts = [head, pace(track.bpm)] if track.bpm else [head]
    if track.key:
        parts.append(f"in {track.key}")
    if track.instruments:
        parts.append("with " + " and ".join(track.instruments[:3]))
    if track.vocals is not None and (track.vocals < 0.25 or track.vocals > 0.75):
        parts.append("sung" if track.vocals > 0.5 else "instrumental")
    return ", ".join(parts)


def pace(bpm: float) -> str:
    """Return a tempo in words: slow below 95 bpm, fast from 135."""
    return "slow" if bpm < 95 else "fast" if bpm >= 135 else "mid-tempo"


def words_basis(track: Track) -> str:
    """Return the mark of the words that a track's text vector stands for."""
    return hashlib.sha256(track.words.encode("utf-8", "replace")).hexdigest()[:16]


def embed_words(
    catalogue: Catalogue,
    check: Check | None = None,
    progress: Progress | None = None,
    most_s: float = math.inf,
    apart: Apart | None = None,
) -> int | None:
    """Give every track whose words changed a text vector; return how many still wait, None where the weights are missing.

    Parameters
    ----------
    most_s : begin no further batch after so long, s.
    apart : calls a function where it holds up nobody (``Context.apart``); here where it is not given.
    """
    began = time.monotonic()
    bases = catalogue.bases(SPACE)
    pending = []
    for track in catalogue.find():
        basis = words_basis(track)
        if bases.get(track.id) != basis:
            pending.append((track.id, track.words, basis))
    for start in range(0, len(pending), _EMBED):
        if check:
            check()
        if time.monotonic() - began > most_s:
            return len(pending) - start
        if progress:
            progress(start, len(pending), "reading the words")
        part = pending[start : start + _EMBED]
        words = [words for _, words, _ in part]
        vectors = apart(_embedded, words) if apart else embed(words)
        if vectors is None:
            return None
        catalogue.put_vectors(SPACE, {id: (v, basis) for (id, _, basis), v in zip(part, vectors, strict=True)})
    return 0


def _embedded(context: Context, texts: list[str]) -> Floats | None:
    """Return the vectors of texts, in whatever process this is called."""
    return embed(texts)
