"""What a conversation's searches keep to, one constraint at a time: said in words, and taken away by them."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from segue.agent.dialogue import State
from segue.agent.plan import Plan, StateOp, Step
from segue.tools.collection.filters import span_words
from segue.tools.core.errors import NotFound

_ORDERS = {
    "energy_up": "calm first", "energy_down": "lively first", "path": "from one to the other", "tempo_up": "slowest first",
    "tempo_down": "fastest first", "year_up": "oldest first", "year_down": "newest first", "length_up": "shortest first",
    "length_down": "longest first", "rating_down": "best rated first",
    "plays_up": "least played first", "plays_down": "most played first", "title": "by title", "artist": "by artist", "key": "by key",
}  # fmt: skip
_SPANS: dict[tuple[str, str], Callable[[float | None, float | None], str]] = {
    ("year_min", "year_max"): lambda low, high: span_words(low, high) if low and high else f"from {low:g} on" if low else f"until {high:g}",
    ("bpm_min", "bpm_max"): lambda low, high: f"{span_words(low, high)} bpm",
    ("duration_min_s", "duration_max_s"): lambda low, high: f"{span_words(low and low / 60, high and high / 60)} minutes",
}  # fmt: skip
_SINGLE: dict[str, Callable[[Any], str]] = {
    "artist": "by {}".format,
    "genre": str,
    "key": "in {}".format,
    "vocals": lambda on: "with vocals" if on else "without vocals",
    "language": "in the language {}".format,
    "rating_min": "{:g} stars or more".format,
    "plays_max": "played {} times at most".format,
    "unplayed": lambda on: "not played yet" if on else "played before",
    "not_since": "not played since {}".format,
}
_MANY = {"exclude_artists": "not by {}", "exclude_genres": "no {}"}
_BESIDE = {"k", "action", "talk", "among", "order", "max_per_artist", "hold"}  # these alone look for nothing


class Kept(BaseModel):
    """One thing that searches keep to: its words, and what is left of the search without it."""

    words: str
    rest: dict[str, Any]


def kept(state: State) -> list[Kept]:
    """Return what the searches of a conversation keep to; what was merely shown before is not told."""
    search = state.search
    filters = search.get("filters") or {}
    found = [Kept(words=f"“{search['query']}”", rest=_less(search, "query"))] if search.get("query") else []
    for name, label in (("like", "like {}"), ("unlike", "unlike {}")):
        for ref in search.get(name) or []:
            found.append(Kept(words=label.format(_title(ref, state)), rest=_one_less(search, name, ref)))
    for names, span in _SPANS.items():
        low, high = (filters.get(name) for name in names)
        if low is not None or high is not None:
            found.append(Kept(words=span(low, high), rest=_filtered(search, *names)))
    for name, said in _SINGLE.items():
        if filters.get(name) is not None:
            found.append(Kept(words=said(filters[name]), rest=_filtered(search, name)))
    for name, label in _MANY.items():
        for value in filters.get(name) or []:
            rest = {**search, "filters": _one_less(filters, name, value)}
            found.append(Kept(words=label.format(value), rest=rest))
    for axis, step in (search.get("adjust") or {}).items():
        fewer = {**search, "adjust": _less(search["adjust"], axis)}
        found.append(Kept(words=f"{'more' if step > 0 else 'less'} {axis}", rest=_bare(fewer)))
    for axis in search.get("hold") or []:
        found.append(Kept(words=f"{axis} as it is", rest=_one_less(search, "hold", axis)))
    if search.get("max_per_artist"):
        few = search["max_per_artist"]
        words = "one per artist" if few == 1 else f"at most {few} per artist"
        found.append(Kept(words=words, rest=_less(search, "max_per_artist")))
    if search.get("total_s"):
        found.append(Kept(words=f"{search['total_s'] / 60:g} minutes in all", rest=_less(search, "total_s")))
    if search.get("order") in _ORDERS:
        found.append(Kept(words=_ORDERS[search["order"]], rest=_less(search, "order")))
    return [one.model_copy(update={"rest": _bare(one.rest)}) for one in found]


def named(state: State, words: str) -> Kept | None:
    """Return the constraint of those words, or None where there is none such."""
    return next((one for one in kept(state) if one.words == words), None)


def without(state: State, words: str) -> Plan:
    """Return the plan of a search that no longer keeps to the constraint of those words.

    Raises
    ------
    NotFound : the searches do not keep to it.
    """
    one = named(state, words)
    if one is None:
        raise NotFound(f"The searches here do not keep to “{words}”.", "It may have been taken away already.")
    drop = StateOp(op="drop", target=words)
    if set(one.rest) <= _BESIDE:
        return Plan(planner="direct", state=[drop], reply="Nothing is looked for any more: what shall I find?")
    return Plan(planner="direct", state=[drop], steps=[Step(id="s1", tool="retrieve", args=one.rest)])


def _title(ref: Any, state: State) -> str:  # noqa: ANN401 - any JSON
    thing = state.thing(ref.get("id") or "") if isinstance(ref, Mapping) else None
    return f"“{thing.title}”" if thing and thing.title else "that one"


def _less(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _one_less(values: Mapping[str, Any], name: str, gone: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {**values, name: [one for one in values[name] if one != gone]}


def _filtered(search: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**search, "filters": _less(search["filters"], *names)}


def _bare(search: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is empty, and the filters where they only say what was shown before."""
    filters = {name: value for name, value in (search.get("filters") or {}).items() if value not in (None, [], "")}
    left = {name: value for name, value in search.items() if name != "filters" and value not in (None, [], {}, "")}
    if left.get("action") == "similar" and not left.get("like"):
        del left["action"]
    return {**left, "filters": filters} if set(filters) - {"exclude"} else left
