"""What an answer adds of its own accord: the one question that helps most, what rejections have in common, what was kept.

At most one question in three turns, and always beside results. All of it is worked out from the dialogue and the results
alone, so that the fold finds the same as the reply did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segue.agent.dialogue import State, Thing
from segue.agent.events import ToolResult
from segue.agent.plan import Plan, Step

EVERY = 3  # turns from one question to the next, at least
_MOST_OTHERS = 0.34  # share of what was not turned down that may have what all rejected tracks have
_LEAST = 2  # rejected tracks that make a pattern
_KEPT = {
    "year_min": "year", "year_max": "year", "bpm_min": "tempo", "bpm_max": "tempo", "duration_min_s": "length",
    "duration_max_s": "length", "key": "key", "vocals": "vocals", "language": "language", "rating_min": "rating",
    "exclude_genres": "genre", "unplayed": "plays", "plays_max": "plays", "not_since": "plays", "artist": "artist",
    "exclude_artists": "artists",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Aside:
    """A question to put beside the results; ``offer`` is what a yes to it would do."""

    question: str
    offer: Plan | None = None


def aside(plan: Plan, results: Sequence[ToolResult], state: State) -> Aside | None:
    """Return what may be asked after a turn, or None.

    Parameters
    ----------
    plan, results : the turn.
    state : the dialogue before it.
    """
    if plan.question or state.turn - state.asked < EVERY or any(result.status != "done" for result in results):
        return None
    if found := _in_common(plan, state):
        return found
    searches = [result for result in results if result.tool == "retrieve"]
    question = (searches[-1].out or {}).get("question") if searches and results[-1] is searches[-1] else None
    return Aside(str(question)) if question else None


def kept(results: Sequence[ToolResult], state: State) -> str:
    """Say which limits a search on another subject has carried over or let go; empty where it has not changed, or had none."""
    search = next((result for result in results if result.tool == "retrieve" and result.status == "done"), None)
    if search is None or search.args.get("among"):
        return ""
    if not _turned(state.search, search.args) and not _other_model(search.args, state):
        return ""
    before, after = (args.get("filters") or {} for args in (state.search, search.args))
    same = {name: after[name] for name in _KEPT if after.get(name) not in (None, []) and after.get(name) == before.get(name)}  # fmt: skip
    gone = {name: before[name] for name in _KEPT if before.get(name) not in (None, []) and after.get(name) in (None, [])}  # fmt: skip
    said = []
    if same:
        said.append(f"Kept from before: {', '.join(_said(same))}. “Forget the {_KEPT[next(iter(same))]}” drops that.")
    if gone:
        said.append(f"No longer asked for: {', '.join(_said(gone))}.")
    return " ".join(said)


def _other_model(after: Mapping[str, Any], state: State) -> bool:
    """Tell whether a search goes by the likeness of something else than what was shown or gone by before."""
    models = _models(after)
    known = _models(state.search) | {id for one in state.lists for id in one.ids}
    return bool(models) and bool(state.search) and not models & known


def _models(search: Mapping[str, Any]) -> set[str]:
    return {str(entry["id"]) for entry in search.get("like") or [] if isinstance(entry, Mapping) and "id" in entry}


def _turned(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether a search is about something else than the one before."""
    subjects = [
        {word for text in (args.get("query"), (args.get("filters") or {}).get("genre")) for word in str(text or "").lower().split()}
        for args in (before, after)
    ]  # fmt: skip
    return bool(subjects[0] and subjects[1]) and not subjects[0] & subjects[1]


def _said(filters: Mapping[str, Any]) -> list[str]:
    words = []
    for low, high, form in (
        ("year_min", "year_max", "{}"), ("bpm_min", "bpm_max", "{} bpm"), ("duration_min_s", "duration_max_s", "{} minutes long"),
    ):  # fmt: skip
        one, other = filters.get(low), filters.get(high)
        if low == "duration_min_s":
            one, other = (None if value is None else value / 60 for value in (one, other))
        if one is not None and other is not None:
            words.append(form.format(f"{one:g} to {other:g}"))
        elif one is not None or other is not None:
            words.append(form.format(f"{one:g} or more" if one is not None else f"up to {other:g}"))
    plain = {
        "key": "in {}", "language": "language {}", "rating_min": "rated {} or more", "not_since": "not played since {}",
        "plays_max": "played at most {} times", "artist": "by {}",
    }  # fmt: skip
    words += [form.format(f"{value:g}" if isinstance(value := filters[name], float) else value) for name, form in plain.items() if name in filters]  # fmt: skip
    if "vocals" in filters:
        words.append("with vocals" if filters["vocals"] else "without vocals")
    if "unplayed" in filters:
        words.append("never played" if filters["unplayed"] else "played before")
    words += [f"no {', '.join(filters[name])}" for name in ("exclude_genres", "exclude_artists") if name in filters]
    return words


def _in_common(plan: Plan, state: State) -> Aside | None:
    """Return what the tracks turned down have and the others have not, once there are two of them."""
    now = [
        op.target.id or "" for op in plan.state if op.op == "reject" and op.target and not isinstance(op.target, str)
    ]
    if not now or not state.search:
        return None
    ids = list(dict.fromkeys([*(id for id, role in state.roles.items() if role == "REJECTED"), *now]))
    rejected = [state.things[id] for id in ids if id in state.things]
    shown = {id for one in state.lists for id in one.ids} - set(ids)
    others = [state.things[id] for id in sorted(shown) if id in state.things]
    if len(rejected) < _LEAST or not others:
        return None
    held = [_traits(thing) for thing in rejected]
    around = [_traits(thing) for thing in others]
    common = [
        (sum(trait in one for one in around) / len(around), trait) for trait in held[0] if all(trait in one for one in held)
    ]  # fmt: skip
    common = [found for found in common if found[0] <= _MOST_OTHERS]
    if not common:
        return None
    kind, name = min(common)[1]
    hidden = [*ids, *sorted(shown)]
    filters = dict(state.search.get("filters") or {})
    args = {name: value for name, value in state.search.items() if name not in ("among", "talk")}
    filters["exclude"] = list(dict.fromkeys([*(filters.get("exclude") or []), *hidden]))
    if kind == "genre":
        filters["exclude_genres"] = [*(filters.get("exclude_genres") or []), name]
    else:
        args["unlike"] = [{"id": thing.id} for thing in rejected]
    offer = Plan(planner="builtin", steps=[Step(id="s1", tool="retrieve", args={**args, "filters": filters})])
    count = "Both" if len(rejected) == 2 else f"All {len(rejected)}"
    what = f"are {name}" if kind == "genre" else f"have {name} in them" if kind == "sound" else f"are by {name}"
    if kind == "artist":
        filters["exclude_artists"] = [*(filters.get("exclude_artists") or []), name]
        args.pop("unlike", None)
        offer = Plan(planner="builtin", steps=[Step(id="s1", tool="retrieve", args={**args, "filters": filters})])
    less = {"genre": f"No {name}, then?", "sound": f"Less {name}, then?", "artist": f"Nothing by {name}, then?"}[kind]
    return Aside(f"{count} that you turned down {what}. {less}", offer)


def _traits(thing: Thing) -> set[tuple[str, str]]:
    """What can be said of a track: its artist, its genres, what is heard in it."""
    genres = [name.strip() for name in (thing.genre or "").split(",") if name.strip()]
    found = {("genre", name) for name in genres} | {("sound", name) for name in thing.sound}
    return found | ({("artist", thing.artist)} if thing.artist else set())
