"""The planner that needs no LLM: clause by clause from words to a typed plan, in milliseconds."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from segue.agent.dialogue import Known, State
from segue.agent.language import (
    asking,
    certainty,
    chaining,
    clauses,
    comparing,
    contrast,
    critique,
    directly,
    following,
    foreign,
    guessing,
    limits,
    mixed,
    phrases,
    phrasing,
    pivoting,
    reader,
    reading,
    remembering,
    responding,
    sorting,
    spelling,
    talk,
    turning,
    versions,
    voicing,
    weighing,
    wishing,
)
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, arena
from segue.agent.language.reference import mentions
from segue.agent.plan import Plan, Step

_MAKES = re.compile(r"[\"“«]|(?<!\w)['‘]\w|\b(?:make|compose|write|generate|create|produce|record|build|beat|loop|jingle|melody|riff|call|sing|set|draw|tell|explain)\b", re.IGNORECASE)  # fmt: skip
_PARTINGS = 3  # places at which a message is tried as two requests
_LONGEST_READ = 800  # characters; the reader sees the first words only


class BuiltinPlanner:
    """Plans without an LLM.

    Parameters
    ----------
    names : finds the library's artists, titles and albums in a message; None knows no library.
    """

    def __init__(self, names: Callable[[str], list[Known]] | None = None) -> None:
        self._names = names

    def plan(self, message: str, state: State) -> Plan:
        """Return the plan for a message; every step's references are ids of ``state`` or earlier steps.

        ``certain`` is low where a guess was made; a question is asked only where nothing better can be done.
        """
        if (plan := remembering.heard(message, state, self.plan)) is not None:
            return plan
        if (plan := responding.opinion(message, state)) is not None:
            return plan
        if (plan := sorting.heard(message, state, self.plan, self._right)) is not None:
            return plan
        if arena(state) == "piece":
            if (args := versions.in_turns(message, state)) is not None:
                draft = Draft(message, state, [])
                draft.add("edit", args)
                return draft.plan()
            where = versions.stretch(message)
            if where and (kept := versions.kept_to(self.plan(where.rest, state), where)):
                return kept
        return versions.tidied(self._planned(message, state))

    def _planned(self, message: str, state: State, *, whole: bool = False) -> Plan:
        """Return the plan that rules and reader find likeliest; ``whole``: the message is not divided any more."""
        plan = self._by_rules(message, state)
        if len(message) > _LONGEST_READ:
            return plan
        names = self._known(message, state)
        seen = reader.read(message, state, names)
        if seen is None:
            return plan
        return weighing.weighed(
            plan,
            message,
            seen,
            lambda said: self._by_rules(said, state),
            lambda: Draft(message, state, names),
            None if whole else lambda: self._apart(message, state),
        )

    def _by_rules(self, message: str, state: State) -> Plan:
        right = self._right(message, state)
        if (both := following.halves(right)) and (plan := self._followed(*both, right, state)):
            return plan
        held_out: list[str] = []
        if arena(state) == "empty" and not _MAKES.search(right):
            right, held_out = contrast.softened(right, self._known(right, state))
        draft = Draft(right, state, self._known(right, state))
        draft.notes += held_out
        if turn := turning.turned(right, state):
            return self._turned(turn, draft)
        answered = talk.answered(message, draft)
        if not answered and draft.arena == "empty" and not draft.names and limits.at_a_loss(Clause(clauses.strip_polite(right) or right)):  # fmt: skip
            guessing.vague(draft)
            return draft.plan()
        if not answered and (
            pivoting.heard(right, draft) or critique.heard(right, draft) or comparing.heard(right, draft)
        ):
            certainty.settle(message, draft)
            return draft.plan()
        answered = answered or mixed.works_on_a_piece(right, draft)
        if not answered and (rest := wishing.limits(right, draft)) is not None:
            return self._with_rest(message, rest, draft)
        if not answered and not comparing.asks_why(right) and (rest := wishing.heard(right, draft)) is not None:
            return self._with_rest(message, rest, draft)
        right = asking.asked(right, arena(state) == "list")
        right, left_out = phrases.settled(right, state, self._known(right, state))
        said = right
        right = phrasing.plainly(right)
        draft = Draft(right, state, self._known(right, state))
        draft.notes += [*held_out, *left_out]
        text = right
        if not (talk.answered(message, draft) or talk.whole(text, draft) or chaining.chained(said, draft)):
            reading.read(text, draft)
        certainty.settle(message, draft)
        return draft.plan()

    def _apart(self, message: str, state: State) -> Iterator[Plan]:
        """Yield plans in which a message is read as two requests, one after the other."""
        right = self._right(message, state)
        for head, tail in islice(following.parted(right), _PARTINGS):
            first = self._planned(head, state, whole=True)
            if first.question or first.reply or not first.steps:
                continue
            for read in (reading.read, _directly):
                if plan := self._further(first, tail, message, state, read):
                    yield plan

    def _right(self, message: str, state: State) -> str:
        """Return a message with hasty and misspelt words put right."""
        text = voicing.without_purpose(spelling.spoken(foreign.translated(" ".join(message.split()))))
        return spelling.corrected(text, self._known(text, state))

    def _followed(self, head: str, tail: str, message: str, state: State) -> Plan | None:
        """Return the plan for music that is found and what is then done with it; None where that is not understood."""
        first = self._by_rules(head, state)
        if first.question or first.reply or not first.steps or not _seeks(first.steps[-1]):
            return None
        draft = Draft(head, state, self._known(head, state))
        if "like" not in first.steps[-1].args and mentions(Clause(head), draft):
            return None  # what is named is there: it need not be found
        return self._further(first, tail, message, state, reading.read)

    def _further(self, first: Plan, tail: str, message: str, state: State, read: Callable[[str, Draft], None]) -> Plan | None:  # fmt: skip
        """Return a plan that goes on with the rest of its message; None where that is not understood."""
        draft = Draft(tail, state, self._known(tail, state))
        draft.go_on_from(first)
        known = (len(draft.steps), len(draft.notes))
        read(tail, draft)
        if draft.question or draft.reply or len(draft.steps) == known[0] or len(draft.notes) > known[1]:
            return None
        certainty.settle(message, draft)
        return draft.plan()

    def _turned(self, turn: turning.Turn, draft: Draft) -> Plan:
        """Return the plan for a turn of the talk: what else was said speaks of the state that it leaves."""
        for op, target in turn.ops:
            draft.say(op, target)
        if not turn.rest:
            return draft.plan()
        after = self.plan(turn.rest, turn.state)
        own = [op for op in after.state if op.op not in ("cancel", "back", "undo") or op not in draft.ops]
        return after.model_copy(update={"state": [*draft.ops, *own]})

    def _with_rest(self, message: str, rest: str, draft: Draft) -> Plan:
        """Return the plan of a draft after what else was asked behind its first wish."""
        if rest:
            reading.read(phrasing.plainly(rest), draft)
        certainty.settle(message, draft)
        return draft.plan()

    def _known(self, text: str, state: State) -> list[Known]:
        """Return the names in a text: those of the library, then artists of what was shown."""
        found = list(self._names(text)) if self._names and text else []
        artists: dict[str, list[str]] = {}
        for thing in state.things.values():
            if thing.artist:
                artists.setdefault(thing.artist, []).append(thing.id)
        for artist, ids in artists.items():
            for match in re.finditer(rf"(?<!\w){re.escape(artist)}(?!\w)", text, re.IGNORECASE):
                if not any(f.start < match.end() and match.start() < f.end for f in found):
                    found.append(Known(kind="artist", name=artist, ids=ids, start=match.start(), end=match.end()))
        return sorted(found, key=lambda name: name.start)


def _seeks(step: Step) -> bool:
    return step.tool == "retrieve" and step.args.get("action") != "identify"


def _directly(text: str, draft: Draft) -> None:
    """Add what the reader sees in a later half of a message, whatever its words."""
    seen = reader.read_further(text, draft.arena)
    if seen is not None:
        directly.add(seen.best, text, draft)
