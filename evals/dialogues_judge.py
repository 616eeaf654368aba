"""What a user would notice at the end of a dialogue: the checks of ``dialogues.json``, and whether they hold.

``end`` has any of these; every property of the first three and every entry of the lists is one check. Values are
compared as in ``planning_match`` (matchers ``in``, ``any``, ``~``; keys, genres and numbers by meaning).

- ``focus``: the thing that "it" means: title ``is``, ``artist``, ``bpm``, ``key``, ``genre``, ``duration_s``, ``root`` (the
  title or reference of what it came from in the first place), ``parts_has``, ``parts_lacks``, ``ops_has`` and
  ``ops_lacks`` (operations of all edits behind it, by name or by fields), ``made_by``, ``made_with`` (the kind of
  source), ``as_after`` (the very thing that was in focus after turn n)
- ``search``: what is in force: filters, axes of critiques and other arguments of a search by name, ``about`` (its words,
  genre and artist); null: must not be in force
- ``shown``: the list shown last: ``kind``, ``all`` and ``none`` (properties of its tracks), ``lacks``, ``as_after`` (the
  very list of turn n), ``fresh`` (shares nothing with the list of turn n), ``order``
- ``out``, ``not_out``: artists, titles or references that are kept out, by role or by filter; ``liked``; ``seeds`` (what
  the search is for things like)
- ``got``: the kinds of files written, these and no others; ``got_of``: of what, by kind or "*": properties as of
  ``focus``, or ``list`` (the list of turn n)
- ``told``: "measures", "words", "chords", "lyrics", "stats", …; ``told_of``: about what; ``written_stems``
- ``retagged``: the tags written into files; ``pending``: whether a yes is waited for; ``quiet``: turns at which nothing
  may happen; ``pieces``: how many were made; ``lists``: how many lists were shown

A reference is "@3.2" (number 2 of the list shown after turn 3) or "#1" (the first piece made).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segue.agent.dialogue import ShownList, State
from segue.agent.events import ToolResult
from segue.agent.plan import Plan
from segue.evals.dialogues_facts import Fact, kin_genre, part_of
from segue.evals.dialogues_world import Noticed, World
from segue.evals.planning_match import same
from segue.tools.core.vocabulary import fold

_HARMLESS = {"like", "cancel"}


@dataclass(frozen=True)
class Moment:
    """A turn of a dialogue: what was said and planned, what came of it, the state after it."""

    said: str
    plan: Plan
    results: Mapping[str, ToolResult]
    state: State
    trouble: str = ""


@dataclass(frozen=True)
class Check:
    """One thing that a user would notice, in words, and whether it is so."""

    words: str
    ok: bool


@dataclass
class Talk:
    """A dialogue that was held, in the world that it left."""

    world: World
    moments: list[Moment] = field(default_factory=list)

    @property
    def state(self) -> State:
        """The state at the end."""
        return self.moments[-1].state

    def list_after(self, turn: int) -> ShownList | None:
        """Return the list shown last after a turn (from 1)."""
        return self.moments[turn - 1].state.shown

    def id_of(self, name: str) -> str | None:
        """Return the id that a reference or a title means."""
        if name.startswith("@"):
            turn, _, number = name[1:].partition(".")
            shown = self.list_after(int(turn))
            return shown.ids[int(number) - 1] if shown and len(shown.ids) >= int(number) else None
        if name.startswith("#"):
            return self.world.made[int(name[1:]) - 1] if len(self.world.made) >= int(name[1:]) else None
        return next((fact.id for fact in self.world.facts.values() if fold(fact.title) == fold(name)), None)


def checks(talk: Talk, end: Mapping[str, Any]) -> list[Check]:
    """Return every check of a dialogue's end."""
    return [check for name, wanted in end.items() for check in _CHECKS[name](talk, wanted)]


def _focus(talk: Talk, wanted: dict[str, Any]) -> Iterator[Check]:
    id = talk.state.focus[0] if talk.state.focus else None
    for name, value in wanted.items():
        if name == "as_after":
            before = talk.moments[value - 1].state.focus[:1]
            yield Check(f"in focus is what was after turn {value}", id is not None and before == [id])
            continue
        fact = talk.world.facts.get(id or "")
        yield Check(f"in focus: {_said(name, value)}{_is(fact, name)}", fact is not None and _has(talk, fact, name, value))  # fmt: skip


def _has(talk: Talk, fact: Fact, name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON, one line a property
    if name in ("is", "root"):
        return (fact.id if name == "is" else fact.root) == talk.id_of(value)
    if name == "parts_has":
        return all(part_of(part, fact.parts) for part in value)
    if name == "parts_lacks":
        return not any(part_of(part, fact.parts) for part in value)
    if name == "ops_has":
        return all(any(_same_op(op, done) for done in fact.ops) for op in value)
    if name == "ops_lacks":
        return not any(_same_op(op, done) for op in value for done in fact.ops)
    if name == "made_with":
        return value in fact.made_with
    got = getattr(fact, name)
    if name == "genre" and isinstance(value, str):
        return got is not None and kin_genre(value, got)
    return same(value, got, name)


def _same_op(wanted: str | dict[str, Any], done: dict[str, Any]) -> bool:
    if isinstance(wanted, str):
        return bool(wanted == done["op"])
    return all(name in done and same(value, done[name], name) for name, value in wanted.items())


def _search(talk: Talk, wanted: dict[str, Any]) -> Iterator[Check]:
    force = in_force(talk.state.search)
    for name, value in wanted.items():
        got = force.get(name)
        ok = got is None if value is None else got is not None and same(value, got, name)
        yield Check(f"in force: {_said(name, value)}, not {got!r}", ok)


def in_force(search: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a search holds to, by name: filters, axes, the rest; ``about`` has its words, genre and artist."""
    filters = {name: value for name, value in (search.get("filters") or {}).items() if value not in (None, [], "")}
    axes = {name: value for name, value in (search.get("adjust") or {}).items() if name not in filters}
    others = {name: search[name] for name in ("query", "max_per_artist", "total_s", "order") if search.get(name)}
    about = " ".join(str(word) for word in (search.get("query"), filters.get("genre"), filters.get("artist")) if word)
    return {**axes, **filters, **others, **({"about": about} if about else {})}


def _shown(talk: Talk, wanted: dict[str, Any]) -> Iterator[Check]:
    shown = talk.state.shown
    ids = shown.ids if shown else []
    facts = [talk.world.facts[id] for id in ids]
    for name, value in wanted.items():
        if name == "kind":
            ok = shown is not None and shown.kind == value
        elif name == "as_after":
            before = talk.list_after(value)
            ok = before is not None and bool(ids) and ids == before.ids
        elif name == "fresh":
            before = talk.list_after(value)
            ok = before is not None and bool(ids) and not set(ids) & set(before.ids)
        elif name == "order":
            levels = [fact.energy for fact in facts]
            ok = len(levels) > 1 and levels == sorted(levels)
        elif name == "lacks":
            unwanted = [talk.id_of(one) for one in value]
            ok = bool(ids) and None not in unwanted and not set(unwanted) & set(ids)
        else:
            for prop, one in value.items():
                held = [_has(talk, fact, prop, one) for fact in facts]
                ok = bool(held) and (all(held) if name == "all" else not any(held))
                yield Check(f"of the list shown, {name} {'are' if name == 'all' else 'is'} {_said(prop, one)}", ok)
            continue
        yield Check(f"the list shown: {_said(name, value)}", ok)


def _kept_out(talk: Talk, name: str) -> bool | None:
    """Tell whether an artist or a thing is kept out; None where the reference leads nowhere."""
    filters = talk.state.search.get("filters") or {}
    rejected = {fold(key) for key, role in talk.state.roles.items() if role == "REJECTED"}
    if any(fold(name) == fold(track.artist) for track in talk.world.facts.values()):
        return fold(f"artist:{name}") in rejected or fold(name) in map(fold, filters.get("exclude_artists") or [])
    id = talk.id_of(name)
    return None if id is None else fold(id) in rejected or id in (filters.get("exclude") or [])


def _out(talk: Talk, wanted: Sequence[str]) -> Iterator[Check]:
    for name in wanted:
        yield Check(f"{name} is kept out", _kept_out(talk, name) is True)


def _not_out(talk: Talk, wanted: Sequence[str]) -> Iterator[Check]:
    for name in wanted:
        yield Check(f"{name} is not kept out", _kept_out(talk, name) is False)


def _liked(talk: Talk, wanted: Sequence[str]) -> Iterator[Check]:
    for name in wanted:
        yield Check(f"{name} is liked", talk.state.roles.get(talk.id_of(name) or "") in ("LIKED", "SATISFIED"))


def _seeds(talk: Talk, wanted: Sequence[str]) -> Iterator[Check]:
    seeds = [ref.get("id") for ref in talk.state.search.get("like") or []]
    for name in wanted:
        id = talk.id_of(name)
        yield Check(f"what is shown is like {name}", id is not None and id in seeds)


def _got(talk: Talk, wanted: Sequence[Any]) -> Iterator[Check]:
    kinds = sorted({file.what for file in talk.world.got})
    for one in wanted:
        yield Check(f"a file: {one}", any(same(one, kind, "kind") for kind in kinds))
    extra = [kind for kind in kinds if not any(same(one, kind, "kind") for one in wanted)]
    yield Check(f"no other files{': ' + ', '.join(extra) if extra else ''}", not extra)


def _got_of(talk: Talk, wanted: dict[str, dict[str, Any]]) -> Iterator[Check]:
    for kind, properties in wanted.items():
        files = [file for file in talk.world.got if kind in ("*", file.what)]
        for name, value in properties.items():
            held = [_file_has(talk, file, name, value) for file in files]
            ok = bool(held) and (all(held) if kind == "*" else any(held))
            yield Check(f"the file ({kind}) is of {_said(name, value)}", ok)


def _file_has(talk: Talk, file: Noticed, name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON
    if name == "list":
        shown = talk.list_after(value)
        return shown is not None and file.ids == shown.ids
    return all(_has(talk, talk.world.facts[id], name, value) for id in file.ids)


def _told(talk: Talk, wanted: Sequence[Any]) -> Iterator[Check]:
    for one in wanted:
        yield Check(f"told: {one}", any(same(one, told.what, "what") for told in talk.world.told))


def _told_of(talk: Talk, wanted: dict[str, dict[str, Any]]) -> Iterator[Check]:
    for what, about in wanted.items():
        id = talk.id_of(about["is"])
        yield Check(f"told: {what} of {about['is']}", any(told.what == what and id in told.ids for told in talk.world.told))  # fmt: skip


def _written_stems(talk: Talk, wanted: Sequence[str]) -> Iterator[Check]:
    stems = [noticed.stem for noticed in talk.world.got]
    ids = [id for noticed in talk.world.got for id in noticed.ids]
    for stem in wanted:
        alone = any(part_of(stem, talk.world.facts[id].parts) and len(talk.world.facts[id].parts) == 1 for id in ids)
        yield Check(f"written down: the {stem}", stem in stems or alone)


def _retagged(talk: Talk, wanted: Sequence[str]) -> Iterator[Check]:
    yield Check(f"tags written: {wanted}, not {talk.world.retagged}", sorted(wanted) == sorted(set(talk.world.retagged)))  # fmt: skip


def _pending(talk: Talk, wanted: bool) -> Iterator[Check]:
    yield Check(f"waits for a yes: {wanted}", (talk.state.pending is not None) == wanted)


def _quiet(talk: Talk, wanted: Sequence[int]) -> Iterator[Check]:
    for turn in wanted:
        moment = talk.moments[turn - 1]
        ops = {op.op for op in moment.plan.state} - _HARMLESS
        yield Check(f"nothing happens at “{moment.said}”", not (moment.plan.steps or ops or moment.state.pending))


def _pieces(talk: Talk, wanted: Any) -> Iterator[Check]:  # noqa: ANN401 - a number or a matcher
    yield Check(f"pieces made: {wanted}, not {len(talk.world.made)}", same(wanted, len(talk.world.made), "pieces"))


def _lists(talk: Talk, wanted: Any) -> Iterator[Check]:  # noqa: ANN401 - a number or a matcher
    yield Check(f"lists shown: {wanted}, not {len(talk.state.lists)}", same(wanted, len(talk.state.lists), "lists"))


def _said(name: str, value: Any) -> str:  # noqa: ANN401 - any JSON
    return f"{name} {value}"


def _is(fact: Fact | None, name: str) -> str:
    """Say what is there instead."""
    if fact is None:
        return " (there is nothing)"
    field_name = {"parts_has": "parts", "parts_lacks": "parts", "ops_has": "ops", "ops_lacks": "ops", "is": "title"}.get(name, name)  # fmt: skip
    return f", not {getattr(fact, field_name)!r} of “{fact.title}”"


_CHECKS: dict[str, Any] = {
    "focus": _focus, "search": _search, "shown": _shown, "out": _out, "not_out": _not_out, "liked": _liked,
    "seeds": _seeds, "got": _got, "got_of": _got_of, "told": _told, "told_of": _told_of, "written_stems": _written_stems,
    "retagged": _retagged, "pending": _pending, "quiet": _quiet, "pieces": _pieces, "lists": _lists,
}  # fmt: skip
