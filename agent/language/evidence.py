"""The value of a constraint that is known to be meant, however it is said.

:mod:`narrowing` has to tell from the words that a number is a tempo at all. Where the reader has seen already that
tempo is what matters ("anything over 150?"), the number nearest to make sense is enough.
"""

import re
from collections.abc import Callable
from typing import Any

from segue.agent.language import finding, narrowing
from segue.agent.language.bounds import bound
from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import mentions
from segue.tools.core.vocabulary import genres, languages_in, numbers_in

KEYS: dict[str, tuple[str, ...]] = {
    "f.year": ("year_min", "year_max"), "f.bpm": ("bpm_min", "bpm_max"), "f.duration": ("duration_min_s", "duration_max_s"),
    "f.unplayed": ("unplayed", "plays_max", "not_since"), "f.vocals": ("vocals",), "f.language": ("language",), "f.rating_min": ("rating_min",),
    "f.artist": ("artist",), "f.genre": ("genre",), "f.key": ("key",), "f.exclude_artists": ("exclude_artists",), "f.exclude_genres": ("exclude_genres",),
}  # fmt: skip
"""The filters behind each label."""

_OFTEN_MISREAD = frozenset({"f.unplayed", "f.vocals", "f.genre"})
"""Constraints of which the words say something else as often: "not hear it again", "the singer"."""

_ARGUMENTS = {"r.total_s": "total_s", "r.max_per_artist": "max_per_artist"}
_MOVED = re.compile(r"adjust\.(\w+)([+-])")
_MOST_MOVES = 2  # a reader that sees more of them has seen none


def settle(asked: frozenset[str], found: Criteria, clause: Clause, draft: Draft) -> None:
    """Leave of what was read only what the reader sees as well, and read what it sees besides."""
    for label, names in KEYS.items():
        if label not in asked:
            for name in names if label in _OFTEN_MISREAD else ():
                found.filters.pop(name, None)
        elif label in _READ and not any(name in found.filters for name in names):
            found.filters |= _READ[label](clause, draft)
    if "f.year" in asked and "f.bpm" not in asked and (years := _years(clause, draft)):
        found.filters = {name: value for name, value in found.filters.items() if not name.startswith("bpm")} | years
    if "f.bpm" in asked and len(read := _tempo(clause, draft)) > sum(name.startswith("bpm") for name in found.filters):
        found.filters |= read  # "min 100bpm, max 115"
    for label, name in _ARGUMENTS.items():
        if label not in asked:
            found.args.pop(name, None)
        elif name not in found.args and not (
            label == "r.total_s" and "f.duration" in asked and len(clause.durations) < 2
        ):
            found.args |= _READ[label](clause, draft)
    order = found.args.get("order")
    if f"order.{order}" not in asked and order in (None, "energy_up", "energy_down", "path"):  # it sees no others
        found.args.pop("order", None)
        orders = [label.removeprefix("order.") for label in asked if label.startswith("order.")]
        found.args |= {"order": orders[0]} if len(orders) == 1 else {}
    if (
        not found.adjust
        and len(moves := [moved for label in asked if (moved := _MOVED.fullmatch(label))]) <= _MOST_MOVES
    ):
        found.adjust = {moved[1]: 1.0 if moved[2] == "+" else -1.0 for moved in moves}
    if "r.hold" not in asked:
        found.hold.clear()
    elif not found.hold:
        found.hold = list(dict.fromkeys(axis.value.name for axis in clause.axes if axis.value.name not in found.adjust))


# -- numbers -----------------------------------------------------------------------------------------


def _measures(clause: Clause, *kinds: str) -> list[tuple[int, int]]:
    return [(found.start, found.end) for kind in kinds for found in getattr(clause, kind)]


def _tempo(clause: Clause, draft: Draft) -> dict[str, Any]:
    return narrowing.pulse(clause.text, _measures(clause, "durations", "years", "percents"), bare=True).values


_LATEST = re.compile(r"\b(?:nothing|not|no|none|never)\b[^,;.]*\b(?:after|later|newer|past|beyond|since)\b|\b(?:up to|until|till|before|older|earlier|at the latest|or before|and before)\b", re.IGNORECASE)  # fmt: skip
_EARLIEST = re.compile(r"\b(?:onwards?|and (?:later|after|newer|up)|or (?:later|newer|after|up)|n up|since|after|from then on|and on|upwards?|newer than|at the earliest)\b|\+", re.IGNORECASE)  # fmt: skip
_SHORT_YEARS = re.compile(r"(?<![\d:.])['’]?(\d\d)\s*(?:to|till|until|through|and|-|–)\s*['’]?(\d\d)(?![\d:%])")
_DECADES = {"twent": 1920, "thirt": 1930, "fort": 1940, "fift": 1950, "sixt": 1960, "sevent": 1970, "eight": 1980, "ninet": 1990}  # fmt: skip
_DECADE = re.compile(rf"\b({'|'.join(_DECADES)})(?:ies|ys|y's|ie's|is)\b", re.IGNORECASE)
_THIS_CENTURY = 30  # two figures below it are years after 2000


def _years(clause: Clause, draft: Draft) -> dict[str, Any]:
    text = clause.text
    if short := _SHORT_YEARS.search(text):
        first, last = ((1900 if int(year) >= _THIS_CENTURY else 2000) + int(year) for year in short.groups())
        return {"year_min": min(first, last), "year_max": max(first, last)}
    if decade := _DECADE.search(text):
        start = _DECADES[decade[1].lower()]
        return {"year_min": start, "year_max": start + 9}
    return {}


def one_sided(found: Criteria, clause: Clause) -> None:
    """Let a year that bounds bound on one side only: "set in 1962, so nothing after that", "2010s and up"."""
    first, last = found.filters.get("year_min"), found.filters.get("year_max")
    if first is None or last is None or len(clause.years) > 1:
        return
    if _LATEST.search(clause.text):
        found.filters.pop("year_min")
    elif _EARLIEST.search(clause.text):
        found.filters.pop("year_max")


def _lasting(clause: Clause, draft: Draft) -> dict[str, Any]:
    if not clause.durations:
        return {}
    length = clause.durations[0]
    kind = bound(clause.text, length.start, length.end)[0]
    return {f"duration_{'min' if kind == 'min' else 'max'}_s": float(length.value)}


_MINUTES = re.compile(r"\b(?P<n>[\w-]+?)[ -]?(?:minu?[a-z]{0,4}|mins?)\b", re.IGNORECASE)


def _total(clause: Clause, draft: Draft) -> dict[str, Any]:
    if clause.durations:
        return {"total_s": max(float(length.value) for length in clause.durations)}
    minutes = _MINUTES.search(clause.text)
    count = numbers_in(minutes["n"]) if minutes else []
    return {"total_s": 60.0 * count[0].value} if count else {}


_MOST_STARS = 5


def _rating(clause: Clause, draft: Draft) -> dict[str, Any]:
    stars = [number.value for number in numbers_in(clause.text) if 0 < number.value <= _MOST_STARS]
    return {"rating_min": float(stars[0])} if stars else {}


_STRICTLY = re.compile(r"\b(?:under|below|less|fewer)\b", re.IGNORECASE)
_SEVERAL_TIMES = re.compile(r"\b(?:times|plays?|spins?|listens?|more than|less than|fewer|over|under|or fewer|count)\b", re.IGNORECASE)  # fmt: skip


def _plays(clause: Clause, draft: Draft) -> dict[str, Any]:
    counts = [n.value for n in numbers_in(clause.text) if n.value == int(n.value) and n.value > 0]
    if counts and _SEVERAL_TIMES.search(clause.text):
        return {"plays_max": int(counts[0]) - (1 if _STRICTLY.search(clause.text) else 0)}
    return {"unplayed": True}


def _of_one_artist(clause: Clause, draft: Draft) -> dict[str, Any]:
    few = [n.value for n in numbers_in(clause.text) if 1 <= n.value <= 5 and n.value == int(n.value)]
    return {"max_per_artist": int(few[0]) if few and _BY_SOMEBODY.search(clause.text) else 1}


_BY_SOMEBODY = re.compile(r"\b(?:artists?|bands?|singers?|acts?|groups?|guys?|persons?|people|musicians?|composers?|each|per|somebody|someone|anybody|anyone|name|names|rappers?|djs?|producers?)\b", re.IGNORECASE)  # fmt: skip


def speaks_of_artists(clause: Clause) -> bool:
    """Tell whether words for those who made the music are said."""
    return _BY_SOMEBODY.search(clause.text) is not None


# -- words -------------------------------------------------------------------------------------------

VOICED = re.compile(r"\b(?:vo(?:c|x|ic)\w*|s[aiu]ng\w*|instrum\w*|words?|lyrics?|wordless|choirs?|rap\w*|talk\w*|spoken|a cappella|acapella|croon\w*)\b", re.IGNORECASE)  # fmt: skip
_NO_VOICE = re.compile(r"\b(?:no|not|without|never|minus|zero|sans|nobody|none|absent|absence|instrumentals?|wordless|free|out of the question|less|nothing|out|drown\w*|lose|drop|cut|skip|ditch|over it)\b|n['’]?t\b", re.IGNORECASE)  # fmt: skip


def _voices(clause: Clause, draft: Draft) -> dict[str, Any]:
    if not VOICED.search(clause.text):
        return {}
    return {"vocals": _NO_VOICE.search(clause.text) is None}


def _languages(clause: Clause, draft: Draft) -> dict[str, Any]:
    said = languages_in(clause.text)
    return {"language": said[0].value} if said else {}


def named_artists(draft: Draft) -> list[str]:
    """Return the artists that a message names, in its order."""
    return list(dict.fromkeys(name.name for name in draft.names if name.kind == "artist"))


def _artist(clause: Clause, draft: Draft) -> dict[str, Any]:
    return {"artist": named[0]} if (named := named_artists(draft)) else {}


def pointed(clause: Clause, draft: Draft) -> list[Target]:
    """Return what a message points at: by title, by number, or by the bare numbers of tracks that are shown."""
    found = [m.target for m in mentions(clause, draft)]
    shown = draft.state.shown
    placed = _PLACED.search(clause.text)
    if shown and placed and (not found or placed[0][:1].lower() not in "ml"):
        at = {"m": len(shown.ids) // 2, "l": -1}.get(placed[0][:1].lower(), -2)
        found = [{"id": shown.ids[at]}] if len(shown.ids) >= -at else []
    if not found and shown and not clause.durations and not clause.tempi:
        places = [int(n.value) for n in numbers_in(clause.text) if n.value == int(n.value) and _is_place(clause.text, n.start, n.end)]  # fmt: skip
        found = [{"id": shown.ids[at - 1]} for at in places if 1 <= at <= len(shown.ids)]
    return [target for n, target in enumerate(found) if target not in found[:n]]


_PLACED = re.compile(r"\b(?:(?:second|next)[ -]to[ -](?:the )?last|(?:penultimate|middle)(?= )|middle\b|last(?: one| there| track| song)\b)", re.IGNORECASE)  # fmt: skip
_COUNTED = re.compile(r"\b(?:those|these|the|last|first|another|other|that|this|if|no|any|next|only|page|a|give me|few)\s+$", re.IGNORECASE)  # fmt: skip


def _is_place(text: str, start: int, end: int) -> bool:
    """Tell whether a bare number is a place in a list, and no count: "nah not 4", "scrap one and three"."""
    if _COUNTED.search(text[:start]):
        return False
    return text[start:end].isdigit() or re.match(r"\s*(?:,|and|or|&|$)", text[end:]) is not None


def _other_artists(clause: Clause, draft: Draft) -> dict[str, Any]:
    gone = named_artists(draft)
    if not gone:
        things = [draft.thing(target) for target in pointed(clause, draft)]
        gone = [thing.artist for thing in things if thing and thing.artist]
    return {"exclude_artists": list(dict.fromkeys(gone))} if gone else {}


_UNWANTED = re.compile(r"\b(?:ban\w*|no|not|without|hate\w*|minus|less|skip|omit|avoid|enough|sick of|tired of|leave out|drop|lose|cut|remove|ditch|nothing|never|exclud\w*|block\w*|black ?list\w*)\b|n['’]t\b", re.IGNORECASE)  # fmt: skip


def _no_genres(clause: Clause, draft: Draft) -> dict[str, Any]:
    said = [found for found in clause.genres if clause.negated(found.start)]
    said = said or (clause.genres[-1:] if _UNWANTED.search(clause.text) else [])
    return {"exclude_genres": [genres()[found.value].title for found in said]} if said else {}


def matched(asked: frozenset[str], found: Criteria, clause: Clause, draft: Draft) -> bool:
    """Search what has the tempo or the key of a track that is pointed at; tell whether that is asked for."""
    wanted = {"bpm"} if "f.bpm" in asked and not {"bpm_min", "bpm_max"} & set(found.filters) else set()
    wanted |= {"key"} if "f.key" in asked and "key" not in found.filters else set()
    named = pointed(clause, draft)
    source = named[0] if named else draft.it
    if not wanted or source is None or not _THE_SAME.search(clause.text):
        return False
    finding.match_with(clause, draft, source, wanted)
    return True


_THE_SAME = re.compile(r"\b(?:same|as|like|match\w*|identical|fits?|shares?|that key|its|that tempo)\b", re.IGNORECASE)


_READ: dict[str, Callable[[Clause, Draft], dict[str, Any]]] = {
    "f.bpm": _tempo, "f.year": _years, "f.duration": _lasting, "f.unplayed": _plays, "f.rating_min": _rating, "f.vocals": _voices,
    "f.language": _languages, "f.artist": _artist, "f.exclude_artists": _other_artists, "f.exclude_genres": _no_genres,
    "r.total_s": _total, "r.max_per_artist": _of_one_artist,
}  # fmt: skip
