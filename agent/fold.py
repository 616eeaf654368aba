"""The dialogue state as a fold of the turns: ``Dialogue`` takes turn after turn and gives ``State``.

Undo, redo, back and branch are operations on this fold and touch no piece: what was made stays in
the store, and an undone version can be brought back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segue.agent import constraints
from segue.agent.asides import aside
from segue.agent.check import dependencies
from segue.agent.check_types import gives, ref_of
from segue.agent.dialogue import ShownList, State, Thing
from segue.agent.events import ToolResult
from segue.agent.op_words import done_words
from segue.agent.plan import Plan, Ref, StateOp, Step
from segue.agent.session import Turn
from segue.tools.collection.talk import searched_for
from segue.tools.core import registry
from segue.tools.core.piece import Piece

_MOST_UNDO = 50
_FOCUS = 12  # how far back "it" and "the one before" reach
_SURE = 0.5
_SKIP_S = 20.0  # who listened longer did not turn it down
_BESIDE = {"transcribe"}  # what these make stands beside its source and does not become "it"
_LOOKING = {"tag", "caption"}
_READING = {"status", "stats", "duplicates", "playlists", "taste"}  # library actions that change nothing here
_FILTERS = {
    "year": ("year_min", "year_max"), "decade": ("year_min", "year_max"),
    "tempo": ("bpm_min", "bpm_max"), "bpm": ("bpm_min", "bpm_max"),
    "duration": ("duration_min_s", "duration_max_s"), "length": ("duration_min_s", "duration_max_s"),
    "rating": ("rating_min",), "plays": ("plays_max", "unplayed"), "artists": ("artist", "exclude_artists"),
    "artist": ("artist", "exclude_artists"), "genre": ("genre", "exclude_genres"),
}  # fmt: skip
_LEARNING = {
    "learning": "I learn nothing from this conversation: what you like here stays here.",
    "not learning": "I learn from this conversation again.",
}
_SEARCH = {"words": ("query",), "diversity": ("max_per_artist",), "total": ("total_s",), "mood": ("adjust",)}


@dataclass
class _Past:
    """A state to go back to, and what was done from it."""

    state: State
    message: str
    files: list[str]


def thing_of(piece: Piece | Mapping[str, Any], origin: str = "", turn: int = 0) -> Thing:
    """Return what a planner may know of a piece or library track."""
    if not isinstance(piece, Piece):
        piece = Piece.model_validate(piece)
    score, analysis = piece.score, piece.analysis or {}
    made = origin or (piece.made_by.tool if piece.made_by else "")
    return Thing(
        id=piece.id,
        kind="track" if piece.kind == "track" else "piece",
        title=piece.title,
        artist=str(analysis.get("artist") or ""),
        origin=made,
        turn=turn,
        duration_s=piece.duration_s,
        bpm=score.bpm if score else analysis.get("bpm"),
        meter=score.meter if score else analysis.get("meter") or None,
        key=score.key if score else analysis.get("key"),
        genre=score.genre if score else analysis.get("genre"),
        parts=list(piece.stems) or (list(score.parts) if score else []),
        has_score=score is not None,
        parents=list(piece.parents),
    )


class Dialogue:
    """The fold. ``advance`` takes finished turns in order; ``begin`` gives the state for the next one."""

    def __init__(self) -> None:
        self.state = State()
        self.number = 0
        self._past: list[_Past] = []
        self._future: list[tuple[State, _Past]] = []

    def begin(self, number: int, attached: Sequence[Thing]) -> State:
        """Return the state for planning turn ``number`` with what came attached to it."""
        state = _copied(self.state)
        state.turn = number
        state.attached = [thing.id for thing in attached]
        for thing in attached:
            state.things[thing.id] = thing
        _front(state, state.attached)
        if len(attached) > 1:
            state.lists.append(ShownList(kind="attachments", label="attached", ids=state.attached, turn=number))
        return state

    def advance(self, turn: Turn, results: Mapping[str, ToolResult]) -> None:
        """Take a finished turn into the fold."""
        before = self.begin(turn.number, turn.attached)
        before.pending = None
        for thing in turn.named:
            before.things.setdefault(thing.id, thing)
        plan = turn.plan or Plan()
        after = self._time_travel(plan, before)
        state = _copied(after)
        for op in plan.state:
            _apply(state, op)
        for id, after_s in turn.heard.skipped.items():
            if after_s < _SKIP_S:  # counts against what was looked for just then, and nowhere else
                _judged(state, id, False)
        files: list[str] = []
        if _finds(plan) and any(result.status == "done" for result in results.values()):
            state.said, state.liked, state.disliked = [*state.said, _asked(plan, turn.message)], [*state.liked, []], [*state.disliked, []]  # fmt: skip
        effective = any(op.op not in ("undo", "redo", "confirm", "cancel") for op in plan.state)
        means = {needed for step in plan.steps for needed in dependencies(step)}
        for step in plan.steps:
            result = results.get(step.id)
            if result is not None and result.status == "done":
                files += _absorb(state, result, turn.number, step.id in means)
                effective = _changes(result) or effective
        state.pending = turn.pending
        if plan.question or aside(plan, [results[s.id] for s in plan.steps if s.id in results], before):
            state.asked = turn.number
        if effective:
            self._past.append(_Past(after, turn.message, files))
            del self._past[:-_MOST_UNDO]
            self._future.clear()
        state.undone = len(self._future)
        self.state, self.number = state, turn.number

    def _time_travel(self, plan: Plan, before: State) -> State:
        """Carry out undo and redo; what was attached to this turn stays known."""
        state = before
        for op in plan.state:
            if op.op == "undo" and self._past:
                past = self._past.pop()
                self._future.append((state, past))
                state = _with_attached(past.state, before)
            elif op.op == "redo" and self._future:
                state_after, past = self._future.pop()
                self._past.append(past)
                state = _with_attached(state_after, before)
        return state

    def with_talk(self, plan: Plan, message: str) -> Plan:
        """Return a plan whose searches know what was said and liked in this dialogue, the message included."""
        if not _finds(plan):
            return plan
        state = _copied(self.state)
        for op in plan.state:
            if op.op not in ("undo", "redo"):
                _apply(state, op)
        searches = [step for step in plan.steps if step.tool == "retrieve"]
        whole = len(searches) == 1 == len(plan.steps)
        steps = []
        for step in plan.steps:
            if step.tool == "retrieve" and step.args.get("action", "search") in ("search", "playlist"):
                now = _asked(plan, message) if whole else str(step.args.get("query") or "")
                talk = {"said": [*state.said, now], "liked": state.liked, "disliked": state.disliked}
                step = step.model_copy(update={"args": {**_unseen(step.args, state), "talk": talk}})
            steps.append(_without_rejected(step, state))
        return plan.model_copy(update={"steps": steps})

    def words(self, ops: Sequence[StateOp], state: State) -> list[str]:
        """Say, before the turn is folded in, what its state operations do, one sentence each."""
        said: list[str] = []
        past, future = list(self._past), list(self._future)
        for op in ops:
            if op.op == "undo":
                said.append(_undo_words(past.pop()) if past else "There is nothing to undo.")
            elif op.op == "redo":
                said.append(f"Done again: “{future.pop()[1].message}”." if future else "There is nothing to redo.")
            else:
                said += [words] if (words := _op_words(op, state)) else []
        return said


def _without_rejected(step: Step, state: State) -> Step:
    """Keep what was rejected out of a search, whoever planned it; what is sorted or identified was named by the user."""
    rejected = sorted(id for id, role in state.roles.items() if role == "REJECTED")
    if not rejected or step.tool != "retrieve" or step.args.get("among") or step.args.get("action") == "identify":
        return step
    filters = dict(step.args.get("filters") or {})
    asked = f"{filters.get('artist') or ''} {step.args.get('query') or ''}".lower()
    artists = [name for id in rejected if id.startswith("artist:") and (name := id[7:]) and name.lower() not in asked]
    tracks = [id for id in rejected if not id.startswith("artist:")]
    for field, out in (("exclude", tracks), ("exclude_artists", artists)):
        if out:
            known = filters.get(field) or []
            same = {str(one).lower() for one in known}
            filters[field] = [*known, *(one for one in out if one.lower() not in same)]
    return step.model_copy(update={"args": {**step.args, "filters": filters}})


def _unseen(args: dict[str, Any], state: State) -> dict[str, Any]:
    """Leave out what was shown, where a search wishes for nothing: a second surprise is another one."""
    if not set(args) <= {"max_per_artist", "k", "action"}:
        return args
    shown = list(dict.fromkeys(id for one in state.lists if one.kind == "tracks" for id in one.ids))
    return {**args, "filters": {"exclude": shown}} if shown else args


def _copied(state: State) -> State:
    """Return a state whose containers are its own; things and lists in them are replaced, never changed."""
    return state.model_copy(
        update={
            "things": dict(state.things),
            "focus": list(state.focus),
            "attached": list(state.attached),
            "lists": list(state.lists),
            "search": dict(state.search),
            "roles": dict(state.roles),
            "said": list(state.said),
            "liked": [list(ids) for ids in state.liked],
            "disliked": [list(ids) for ids in state.disliked],
        }
    )


def _undo_words(past: _Past) -> str:
    state = past.state
    now = f" We are back at “{state.latest.title}”." if state.latest and state.latest.title else ""
    kept = f" The {'files' if len(past.files) > 1 else 'file'} {', '.join(past.files)} that it wrote stay{'' if len(past.files) > 1 else 's'} where {'they are' if len(past.files) > 1 else 'it is'}." if past.files else ""  # fmt: skip
    return f"Undone: “{past.message}”.{now}{kept}"


def _op_words(op: StateOp, state: State) -> str:
    name = _target_name(op.target, state)
    if op.op == "drop" and name in _LEARNING:
        return _LEARNING[name]
    if op.op == "drop" and constraints.named(state, name):
        return f"No longer kept to: {name}."
    if op.op in ("back", "branch"):
        found = _list_of(state, op)
        if found is None:
            return f"I find no list that goes by “{name}”." if name else "There is no list to go back to."
        label = f" “{found.label}”" if found.label else ""
        again = "".join(f"\n{n}. {_line(state.things[id])}" for n, id in enumerate(found.ids, 1) if id in state.things)
        return (
            f"Back to the list{label}:{again}"
            if op.op == "back"
            else f"A new branch of the list{label}; the old one stays."
        )
    return {
        "like": f"Noted: you like {name}.",
        "reject": f"Noted: not {name}.",
        "drop": f"I forget about the {name}.",
        "correct": f"Understood: {name}.",
        "cancel": "All right, I leave it.",
    }.get(op.op, "")


def _line(thing: Thing) -> str:
    return f"{thing.title or thing.id} by {thing.artist}" if thing.artist else thing.title or thing.id


def _target_name(target: Ref | str | None, state: State) -> str:
    if isinstance(target, Ref):
        thing = state.thing(target.id or "")
        return f"“{thing.title}”" if thing and thing.title else "that one"
    return target or ""


def _with_attached(state: State, now: State) -> State:
    state = _copied(state)
    state.turn, state.attached = now.turn, now.attached
    for id in now.attached:
        state.things[id] = now.things[id]
    _front(state, now.attached)
    return state


def _apply(state: State, op: StateOp) -> None:
    """Carry out an operation other than undo and redo."""
    key = (op.target.id or "") if isinstance(op.target, Ref) else f"artist:{op.target}"
    if op.op in ("back", "branch"):
        found = _list_of(state, op)
        if found is not None:
            if op.op == "back":
                state.lists.remove(found)
                state.lists.append(found)
            state.search = dict(found.args) or state.search
            if found.kind == "takes":
                _front(state, found.ids[:1])
    elif op.op in ("like", "reject") and op.target:
        state.roles[key] = "LIKED" if op.op == "like" else "REJECTED"
        _judged(state, key, op.op == "like")
    elif op.op == "drop":
        held = _barred(state)
        _drop(state, str(op.target or ""))
        for name in held - _barred(state):  # who may be heard again is rejected no more
            if state.roles.get(f"artist:{name}") == "REJECTED":
                del state.roles[f"artist:{name}"]
    elif op.op == "correct" and isinstance(op.target, str) and state.search:
        filters = dict(state.search.get("filters") or {})
        if filters.get("artist"):
            state.search = {**state.search, "filters": {**filters, "artist": op.target}}
        else:
            state.search = {**state.search, "query": op.target}


def _judged(state: State, id: str, good: bool) -> None:
    """Note what the last turn that looked for music met with; the latest word about an item counts."""
    if not state.said:
        return
    for ids in (*state.liked, *state.disliked):
        if id in ids:
            ids.remove(id)
    (state.liked if good else state.disliked)[-1].append(id)


def _finds(plan: Plan) -> bool:
    return any(step.tool == "retrieve" for step in plan.steps)


def _asked(plan: Plan, message: str) -> str:
    """Return the words of a turn by which music is looked for: the message, or the query of a search that was handed in."""
    query = next((str(step.args.get("query") or "") for step in plan.steps if step.tool == "retrieve"), "")
    if plan.planner == "llm":
        return searched_for(message, query)
    return query if any(op.op == "drop" for op in plan.state) and plan.planner == "direct" else message


def _barred(state: State) -> set[str]:
    return set((state.search.get("filters") or {}).get("exclude_artists") or [])


def _drop(state: State, name: str) -> None:
    if one := constraints.named(state, name):
        if state.search.get("query") and "query" not in one.rest:  # the words themselves: they rank nothing any more
            state.said, state.liked, state.disliked = [], [], []
        state.search = one.rest
        return
    name = name.strip().lower().removeprefix("the ")
    if name in _LEARNING:
        state.learns = name == "not learning"
        return
    if name in ("", "all", "everything", "filters"):
        state.search, state.said, state.liked, state.disliked = {}, [], [], []
        return
    gone = {name, *_FILTERS.get(name, ())}
    filters = {k: v for k, v in (state.search.get("filters") or {}).items() if k not in gone}
    search = {k: v for k, v in state.search.items() if k not in {name, *_SEARCH.get(name, ())}}
    state.search = {**search, "filters": filters} if "filters" in search else search


def _list_of(state: State, op: StateOp) -> ShownList | None:
    """Return the list that is meant: by its number (from 1) or words of its label; else, to go back, the last but one."""
    target = op.target
    if not state.lists:
        return None
    if isinstance(target, str) and target.strip():
        word = target.strip().lower()
        if word.isdigit():
            return state.lists[int(word) - 1] if 1 <= int(word) <= len(state.lists) else None
        return next((shown for shown in reversed(state.lists) if word in shown.label.lower()), None)
    if isinstance(target, Ref):
        return next((shown for shown in reversed(state.lists) if target.id in shown.ids), None)
    return state.lists[-2] if op.op == "back" and len(state.lists) > 1 else state.lists[-1]


def _front(state: State, ids: Sequence[str]) -> None:
    """Bring ids into focus, the first of them first."""
    fresh = list(dict.fromkeys(ids))
    state.focus = (fresh + [id for id in state.focus if id not in fresh])[:_FOCUS]


def _changes(result: ToolResult) -> bool:
    """Tell whether there is something of this result to undo: it made, showed or wrote something."""
    if result.tool == "library":
        return result.args.get("action") not in _READING
    tool, out = registry.tools().get(result.tool), result.out or {}
    if tool is None:
        return False
    kinds = [gives(tool.Out, name) for name in tool.Out.model_fields if out.get(name)]
    return any(given is not None and given.kind in ("piece", "item", "file") for given in kinds)


def _absorb(state: State, result: ToolResult, turn: int, means: bool) -> list[str]:
    """Take what a step did into the state; return the names of files that it wrote for the user.

    What was only looked at as a ``means`` to a later step does not become "it".
    """
    tool, out, files = registry.tools().get(result.tool), result.out or {}, list[str]()
    clips = [result.args.get("clip"), *(result.args.get("clips") or [])]
    if not means or result.tool not in _LOOKING:
        _front(state, [ref.id for clip in clips if (ref := ref_of(clip)) and ref.id])
    for name in tool.Out.model_fields if tool else []:
        given, raw = gives(tool.Out, name) if tool else None, out.get(name)
        if given is None or not raw:
            continue
        entries: list[dict[str, Any]] = raw if given.many else [raw]
        if given.kind == "piece":
            _made(state, result, [thing_of(entry, result.tool, turn) for entry in entries], turn)
        elif given.kind == "item":
            _found(state, result, entries, turn)
        elif given.kind == "file":
            for entry in entries:
                kind = "playlist" if entry.get("kind") == "playlist" else "file"
                state.things[entry["id"]] = Thing(id=entry["id"], kind=kind, title=entry["name"], origin=result.tool, turn=turn)  # fmt: skip
                files += [entry["path"]] if entry.get("path") else []
    if result.tool == "tag":
        _measured(state, result)
    state.last_tool = result.tool
    state.last_args = {name: value for name, value in result.args.items() if name != "talk"}
    return files


def _made(state: State, result: ToolResult, things: list[Thing], turn: int) -> None:
    changed = [str(op["op"]) for op in result.args.get("operations") or [] if isinstance(op, Mapping) and "op" in op]
    for thing in things:
        if thing.id not in state.things:
            how = done_words(result.args.get("operations") or [], (result.out or {}).get("details") or [])
            state.things[thing.id] = thing.model_copy(update={"changed": changed, "how": how}) if changed else thing
    ids = [thing.id for thing in things]
    if result.tool in _BESIDE and state.focus:
        state.focus[1:1] = [id for id in ids if id not in state.focus]
    else:
        _front(state, ids)
    if len(ids) > 1:
        label = str(result.args.get("genre") or result.args.get("prompt") or "takes")
        state.lists.append(ShownList(kind="takes", label=label, ids=ids, turn=turn))


def _found(state: State, result: ToolResult, items: list[dict[str, Any]], turn: int) -> None:
    for item in items:
        known = {name: item[name] for name in ("title", "artist", "duration_s", "bpm", "key", "genre", "sound", "reasons") if item.get(name)}  # fmt: skip
        old = state.things.get(item["id"])
        fresh = Thing(id=item["id"], kind="track", origin=result.tool, turn=turn, **known)
        state.things[item["id"]] = old.model_copy(update=known) if old else fresh
        state.roles.setdefault(item["id"], "SHOWN")
    for name, role in (("like", "SEED"), ("unlike", "CONTRAST")):
        for entry in result.args.get(name) or []:
            ref = ref_of(entry)
            if ref and ref.id and state.roles.get(ref.id) in (None, "SHOWN"):
                state.roles[ref.id] = "SEED" if role == "SEED" else "CONTRAST"
    ids = [item["id"] for item in items]
    kept = result.args.get("search") or {} if result.tool == "library" else result.args  # a smart playlist's search
    args = {name: value for name, value in kept.items() if name != "talk"}
    filters = args.get("filters") or {}
    words = [args.get("query"), filters.get("genre"), filters.get("artist")]
    words = [result.args["name"]] if result.tool == "library" and result.args.get("name") else words
    state.lists.append(ShownList(label=" ".join(str(w) for w in words if w), ids=ids, turn=turn, args=args))
    if args and args.get("action") != "identify" and not args.get("among"):
        state.search = args
    if len(ids) == 1 or not state.focus:
        _front(state, ids[:1])


def _measured(state: State, result: ToolResult) -> None:
    ref = ref_of(result.args.get("clip"))
    thing = state.things.get(ref.id) if ref and ref.id else None
    if thing is None:
        return
    known: dict[str, Any] = {}
    for name in ("bpm", "key", "genre"):
        value = (result.out or {}).get(name) or {}
        if value.get("value") is not None and value.get("confidence", 0) >= _SURE:
            known[name] = value["value"]
    state.things[thing.id] = thing.model_copy(update=known)
