"""How far a score is what was asked for: one share, 0–1, for every kind of wish; None where it was left open."""

import math
from collections.abc import Callable

from segue.tools.core.instruments import is_meant_by
from segue.tools.core.score import Part
from segue.tools.core.theory import parse_key
from segue.tools.music.compose_request import Request, read_instruments
from segue.tools.music.form import section_name
from segue.tools.music.genres import find_genre
from segue.tools.music.harmony import asked_spans, parse_chords
from segue.tools.music.rhythm import meter_of
from segue.tools.music.rules_view import View, player_of


def shares_of_wishes(view: View, request: Request) -> dict[str, float]:
    """Return for everything that was asked for the share of it that the score has, by name."""
    found = ((name, share(view, request)) for name, share in _SHARES)
    return {name: value for name, value in found if value is not None}


def _key(view: View, request: Request) -> float | None:
    if not request.key:
        return None
    asked, found = parse_key(request.key), parse_key(view.score.key)
    if asked == found:
        return 1.0
    return 0.5 if set(asked.scale) == set(found.scale) else 0.0


def _mode(view: View, request: Request) -> float | None:
    return None if request.key or not request.mode else float(parse_key(view.score.key).mode == request.mode)


def _roles(view: View, request: Request) -> float | None:
    if not request.roles:
        return None
    here = {part.role for part in _players(view)}
    return sum(role in here for role in request.roles) / len(request.roles)


def _tempo(view: View, request: Request) -> float | None:
    return None if request.bpm is None else max(0.0, 1.0 - 10.0 * abs(view.score.bpm / request.bpm - 1.0))


def _meter(view: View, request: Request) -> float | None:
    return None if not request.meter else float(meter_of(request.meter).name == view.score.meter)


def _bars(view: View, request: Request) -> float | None:
    return None if request.bars is None else max(0.0, 1.0 - abs(view.score.bars / request.bars - 1.0))


def _length(view: View, request: Request) -> float | None:
    """A piece may end up to 3.5 s before the length of its file: its last chord rings out."""
    if request.duration_s is None:
        return None
    rest = request.duration_s - view.score.clock().seconds(view.score.bars * view.bar - view.bar)
    ring = 3.5 + view.bar * view.seconds_per_beat
    off = max(0.0, -rest, rest - ring)
    return max(0.0, 1.0 - 5.0 * off / request.duration_s)


def _chords(view: View, request: Request) -> float | None:
    """Share of the asked chords that sound where they were asked for."""
    wanted = parse_chords(request.chords)
    if not wanted:
        return None
    spans = asked_spans(wanted, view.score.bars, view.meter)
    places = [(s.start, s.chord) for s in spans if s.chord is not None and s.start < (view.score.bars - 1) * view.bar]
    right = sum(view.chord_at(at) == chord for at, chord in places)
    return right / len(places) if places else 1.0


def _form(view: View, request: Request) -> float | None:
    if not request.form:
        return None
    names = [section_name(name.partition(":")[0]) for name in request.form]
    found = [section.name for section in view.score.sections]
    return sum(a == b for a, b in zip(names, found, strict=False)) / max(len(names), len(found))


def _genre(view: View, request: Request) -> float | None:
    asked = find_genre(request.genre) if request.genre else None
    return None if asked is None else float(view.score.genre == asked.name)


def _players(view: View) -> list[Part]:
    return [part for part in view.score.parts if part.notes]


def _instruments(view: View, request: Request) -> float | None:
    asked = [one.instrument for one in read_instruments(request.instruments)]
    if not asked:
        return None
    here = [player_of(part) for part in _players(view)]
    return sum(any(one == p or is_meant_by(p, one.name) for p in here) for one in asked) / len(asked)


def _excluded(view: View, request: Request) -> float | None:
    if not request.exclude:
        return None
    here = [player_of(part) for part in _players(view)]
    return sum(not any(is_meant_by(p, word) for p in here) for word in request.exclude) / len(request.exclude)


def _density(view: View, request: Request) -> float | None:
    """The tune's notes a beat against the genre's own, made busier or sparer as the composer means it."""
    if request.density is None or view.genre is None or not view.lead:
        return None
    wanted = max(0.25, view.genre.melody[0] * (1 + 0.45 * request.density))
    bars = {int(note.start // view.bar) for note in view.lead}
    found = len(view.lead) / (len(bars) * view.bar)
    return math.exp(-abs(math.log(found / wanted)))


def _swing(view: View, request: Request) -> float | None:
    if request.swing is None or view.meter.lower >= 8:
        return None
    return max(0.0, 1.0 - 10.0 * abs(view.score.swing - request.swing))


_SHARES: tuple[tuple[str, Callable[[View, Request], float | None]], ...] = (
    ("key", _key), ("mode", _mode), ("tempo", _tempo), ("meter", _meter), ("bars", _bars), ("length", _length), ("chords", _chords),
    ("form", _form), ("genre", _genre), ("instruments", _instruments), ("instruments left out", _excluded),
    ("roles", _roles), ("density", _density), ("swing", _swing),
)  # fmt: skip
