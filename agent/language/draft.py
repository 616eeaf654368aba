"""The plan while it is being read out of a message: steps so far, and what "it" means by now."""

from typing import Any

from segue.agent.dialogue import Known, State, Thing
from segue.agent.plan import Plan, Ref, StateOp, Step

Target = dict[str, Any]
"""A reference as it stands in arguments: ``{"id": …}`` or ``{"step": …, "field": …, "index": …}``."""

_LISTS = {"retrieve": "items", "generate": "pieces"}
# What leaves tempo and key as they are in what was changed.
_KEPT = frozenset({"remove", "isolate", "gain", "fade", "loudness", "effect"})


class Draft:
    """A plan in the making.

    Attributes
    ----------
    state : the dialogue; never changed.
    names : names of the library found in the message.
    focus : what the requests so far have made or pointed at, the newest first.
    arena : "list" while tracks are being searched, "piece" while one piece is worked on, else "empty".
    group : the list that "them" means once a step has made one.
    """

    def __init__(self, message: str, state: State, names: list[Known]) -> None:
        self.message, self.state, self.names = message, state, names
        self.steps: list[Step] = []
        self.ops: list[StateOp] = []
        self.notes: list[str] = []
        self.question: str | None = None
        self.reply: str | None = None
        self.certain = 1.0
        self.focus: list[Target] = []
        self.group: list[Target] = []
        self.arena = arena(state)
        self.blocked = False
        """Whether the rest of the message makes no sense without an answer to the question."""
        self.part = ""
        """A part that was just spoken of, for "turn it up"."""
        self.refined: dict[str, Any] | None = None
        """Arguments of the search that is being refined in this turn, shared by its clauses."""

    # -- writing ---------------------------------------------------------------------------------

    def add(self, tool: str, args: dict[str, Any]) -> str:
        """Add a step and bring what it makes into focus; its id is returned."""
        for known in self.steps:
            if known.tool == tool and known.args == args and tool in ("caption", "tag", "transcribe", "library"):
                return known.id
        step = Step(id=f"s{len(self.steps) + 1}", tool=tool, args=args)
        step.args = args  # the same object, so that a search can still be refined by a later clause
        self.steps.append(step)
        if tool in ("caption", "tag", "transcribe"):
            clips = args.get("clips") or [args.get("clip")]
            self.look_at(clips[0])
        elif tool == "edit":
            self.look_at({"step": step.id, "field": "piece"})
            self.arena = "piece"
        elif tool in _LISTS:
            field = _LISTS[tool]
            self.look_at({"step": step.id, "field": field, "index": 0})
            many = tool == "retrieve" or int(args.get("takes") or 1) > 1
            self.group = [{"step": step.id, "field": field}] if many else []
            self.arena = "list" if tool == "retrieve" else "piece"
        return step.id

    def go_on_from(self, plan: Plan) -> None:
        """Take over what a plan does, so that what follows speaks of what it makes."""
        for step in plan.steps:
            self.add(step.tool, step.args)
        self.ops += plan.state
        self.notes += plan.notes
        self.doubt(plan.certain)

    def edit(self, clip: Target, operations: list[dict[str, Any]]) -> None:
        """Add operations: to the last step where they go on with what it makes, else as a new step."""
        last = self.steps[-1] if self.steps else None
        if (
            last
            and last.tool == "edit"
            and operations == last.args["operations"][-1:]
            and operations[0]["op"] == "isolate"
        ):
            return  # "remove the music and keep only the speech" says one thing twice
        if last and last.tool == "edit" and clip == {"step": last.id, "field": "piece"}:
            said = last.args["operations"][-1]
            again = operations[0]["op"] == said["op"] and said["op"] in ("gain", "tempo")
            if again and operations[0].get("stem") == said.get("stem") and len(last.args["operations"]) > 0:
                last.args["operations"] = last.args["operations"][:-1]  # "I can't hear the bass, turn it up 4 dB"
            last.args["operations"] = [*last.args["operations"], *operations]
        else:
            self.add("edit", {"clip": clip, "operations": operations})

    def say(self, op: str, target: Ref | str | None = None) -> None:
        """Add an operation on the conversation."""
        self.ops.append(StateOp.model_validate({"op": op, "target": target}))

    def note(self, text: str) -> None:
        """Add a note that the user will read."""
        if text not in self.notes:
            self.notes.append(text)

    def ask(self, question: str) -> None:
        """Ask, if nothing has been asked yet."""
        self.question = self.question or question
        self.certain = min(self.certain, 0.4)

    def doubt(self, certain: float) -> None:
        """Lower the certainty."""
        self.certain = min(self.certain, certain)

    def look_at(self, target: Target) -> None:
        """Bring something into focus."""
        self.focus = [target, *(t for t in self.focus if t != target)]

    def plan(self) -> Plan:
        """Return the plan."""
        return Plan(
            planner="builtin", steps=self.steps, state=self.ops, question=self.question, reply=self.reply,
            notes=self.notes, certain=self.certain,
        )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether nothing was understood so far."""
        return not (self.steps or self.ops or self.reply or self.question or self.notes)

    # -- reading ---------------------------------------------------------------------------------

    def thing(self, target: Target | None) -> Thing | None:
        """Return the known thing behind a target: for a planned edit, the thing that is edited."""
        while target is not None and "step" in target:
            step = next((s for s in self.steps if s.id == target["step"]), None)
            target = step.args.get("clip") if step and step.tool == "edit" else None
        return self.state.thing(target["id"]) if target else None

    @property
    def it(self) -> Target | None:
        """What "it" means now: the newest of this plan, else what came attached, else the focus."""
        if self.focus:
            return self.focus[0]
        if self.state.attached:
            return {"id": self.state.attached[0]}
        return {"id": self.state.focus[0]} if self.state.focus else None

    def reach(self) -> list[Target]:
        """Return everything in reach, the nearest first."""
        found = [*self.focus, *({"id": id} for id in [*self.state.attached, *self.state.focus])]
        return [target for n, target in enumerate(found) if target not in found[:n]]

    def newest(self, target: Target) -> Target:
        """Return what this plan has made of a piece by editing it, else the piece itself."""
        for step in reversed(self.steps):
            if step.tool == "edit" and step.args.get("clip") == target:
                return {"step": step.id, "field": "piece"}
        return target

    def other_than(self, target: Target) -> Target | None:
        """Return the piece worked on before ``target``: no ancestor of it, and no mere transcription."""
        own = self._lineage(target)
        for other in self.reach():
            thing = self.thing(other)
            if other == target or (thing and (thing.id in own or thing.origin == "transcribe")):
                continue
            return other
        return None

    def _lineage(self, target: Target) -> set[str]:
        found: set[str] = set()
        thing = self.thing(target)
        todo = [thing.id] if thing else []
        while todo:
            id = todo.pop()
            if id not in found:
                found.add(id)
                known = self.state.thing(id)
                todo += known.parents if known else []
        return found

    def measured(self, target: Target) -> Target:
        """Return what to measure for a piece's tempo and key.

        A version that was only thinned out has the tempo of what it came from, and that is heard
        better there (with drums) and has mostly been measured and told already.
        """
        if "step" in target:
            return target
        thing = self.thing(target)
        while thing and not thing.bpm and thing.changed and set(thing.changed) <= _KEPT and thing.parents:
            thing = self.state.thing(thing.parents[0])
        return {"id": thing.id} if thing and thing.bpm else target


def arena(state: State) -> str:
    """Return what is being talked about: "list", "piece" or, with nothing in reach, "empty"."""
    if state.attached:
        return "piece"
    latest = state.latest
    if state.last_tool == "retrieve" and state.lists:
        return "list"
    if latest and latest.kind == "piece" and not (state.last_tool in ("export", "library") and _list_last(state)):
        return "piece"
    if any(shown.kind == "tracks" for shown in state.lists):
        return "list"
    return "piece" if latest else "empty"


def _list_last(state: State) -> bool:
    """Tell whether a list of tracks was shown after the piece in focus was made."""
    shown, latest = state.shown, state.latest
    return bool(shown and shown.kind == "tracks" and latest and shown.turn >= latest.turn)
