"""The tempo a track is felt at: a tracker's half, double or triplet readings put right by the genre.

After Hörschläger, Vogl, Böck and Knees 2015, who choose among a tempo's octaves by style. Only a genre whose usual
tempi span less than an octave tells anything.
"""

from functools import lru_cache

from segue.tools.collection.catalogue import Track
from segue.tools.core.vocabulary import genres_in

_SLACK = 1.08  # how far beyond a genre's usual tempi a piece of it may lie
_UNSURE = 0.5  # a tempo less sure than this may also be two thirds or three halves of the felt one
_OCTAVES, _TRIPLETS = (2.0, 0.5), (1.5, 2 / 3)


def felt_bpm(track: Track) -> float | None:
    """Return the tempo that a track is felt at; the measured one where its genre does not say otherwise.

    >>> felt_bpm(Track(id="t", title="", bpm=84.0, bpm_confidence=1.0, genres=["Metal"]))
    168.0
    """
    if not track.bpm:
        return None
    spans = _spans(tuple(track.genres))
    bpm = float(track.bpm)
    if not spans or _within(bpm, spans):
        return bpm
    factors = (*_OCTAVES, *(_TRIPLETS if track.bpm_confidence < _UNSURE else ()))
    return next((bpm * factor for factor in factors if _within(bpm * factor, spans)), bpm)


def _within(bpm: float, spans: tuple[tuple[float, float], ...]) -> bool:
    return any(low / _SLACK <= bpm <= high * _SLACK for low, high in spans)


@lru_cache(maxsize=4096)
def _spans(genres: tuple[str, ...]) -> tuple[tuple[float, float], ...]:
    """The usual tempi of the genres that are known here; none where one of them spans an octave."""
    from segue.tools.music.genres import all_genres

    names = {found.value for genre in genres for found in genres_in(genre)} & set(all_genres())
    spans = tuple((all_genres()[name].bpm[0], all_genres()[name].bpm[2]) for name in sorted(names))
    return spans if all(high < 2 * low for low, high in spans) else ()
