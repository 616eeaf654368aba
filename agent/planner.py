"""Which planner plans a turn, the repair of a bad plan, and the fall-back to the built-in planner."""

import asyncio
import re
import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from segue.agent.check import check
from segue.agent.dialogue import Known, State
from segue.agent.events import ToolResult
from segue.agent.llm import Llm
from segue.agent.plan import Plan, StateOp, Step
from segue.agent.planner_allow import disallowed, without_rejected
from segue.agent.planner_words import (
    MEASURING,
    facts_of,
    plan_messages,
    repair_message,
    reply_messages,
    tells_the_truth,
)
from segue.agent.session import Turn
from segue.tools.core.errors import Cancelled, ConfigError, PlanError, SegueError
from segue.tools.core.settings import Settings

Trace = Callable[[str, dict[str, Any]], None]
_CERTAIN = 0.9  # from here on the built-in plan is taken without asking the LLM


class Plans(Protocol):
    """A synchronous planner: the built-in one, or any other object with this method."""

    def plan(self, message: str, state: State) -> Plan:
        """Return a plan for a message."""


class _Written(BaseModel):
    """A plan as an LLM writes it: what the schema allows, and nothing of what is ours to say."""

    model_config = ConfigDict(extra="forbid")

    steps: list[Step]
    state: list[StateOp] = []
    question: str | None = None
    reply: str | None = None


class Planner:
    """Plans turns and words replies as the settings say.

    Parameters
    ----------
    settings : ``planner``, ``certain`` and the LLM's address.
    known : tells whether an id exists for this owner.
    chosen : "builtin", "llm" or a planner object that takes the built-in one's place.
    """

    def __init__(self, settings: Settings, known: Callable[[str], bool], chosen: str | Plans | None = None) -> None:
        self.settings, self.known = settings, known
        self._own = None if isinstance(chosen, str) or chosen is None else chosen
        self._which = chosen if isinstance(chosen, str) else settings.planner
        if self._which not in ("auto", "builtin", "llm"):
            raise ConfigError(f"There is no planner '{self._which}'.", "There are: auto, builtin, llm.")
        if self._which == "llm" and not settings.llm_base_url:
            raise ConfigError("The planner 'llm' needs a server.", "Set OPENAI_BASE_URL or llm_base_url.")
        self._llm = Llm(settings) if settings.llm_base_url and self._which != "builtin" else None

    async def plan(self, message: str, state: State, *, trace: Trace, stop: asyncio.Event) -> Plan:
        """Return a checked plan; what could not be planned is said in its ``reply`` or ``notes``."""
        reading = await asyncio.to_thread(self._builtin, message, state, trace)
        if self._llm is None:
            return reading
        if self._which == "auto" and self.settings.certain and reading.certain >= _CERTAIN:
            trace("certain", {"certain": reading.certain})
            return reading
        try:
            return await self._by_llm(self._llm, message, state, reading, trace, stop)
        except Cancelled:
            return Plan(planner="llm")
        except SegueError as error:
            note = _why_not(error)
            trace("fallback", {"note": note, "error": str(error)})
            return reading.model_copy(update={"notes": [note, *reading.notes]})

    async def word(
        self,
        turn: Turn,
        plan: Plan,
        results: Sequence[ToolResult],
        draft: str,
        *,
        trace: Trace,
        stop: asyncio.Event,
        write: Callable[[str], None],
    ) -> str:
        """Return the reply's wording: the LLM's where it planned and keeps to the facts, else the draft.

        It is written out piece by piece only when every step succeeded and nothing was listened to: otherwise it
        must first be read for claims of what failed, or of what nobody heard.
        """
        if self._llm is None or plan.planner != "llm":
            return draft
        open_words = all(result.status == "done" and result.tool not in MEASURING for result in results)
        heard = write if open_words else _unheard
        messages = reply_messages(turn.message, facts_of(draft, results))
        trace("prompt", {"for": "reply", "messages": messages})
        try:
            answer = await self._llm.stream(messages, heard, trace=trace, stop=stop)
        except SegueError as error:
            trace("fallback", {"for": "reply", "error": str(error)})
            return draft
        trace("answer", {"for": "reply", "text": answer.text, "finish": answer.finish})
        wrong = "it was cut off" if answer.finish == "length" else tells_the_truth(answer.text, draft, turn.message, results)  # fmt: skip
        if wrong:
            trace("fallback", {"for": "reply", "error": wrong})
            return draft
        return answer.text.strip()

    async def _by_llm(self, llm: Llm, message: str, state: State, reading: Plan, trace: Trace, stop: asyncio.Event) -> Plan:  # fmt: skip
        """Return the LLM's plan, repaired once if need be.

        Raises
        ------
        PlanError : the repaired plan is not right either.
        SegueError : as ``Llm.answer``.
        """
        messages, schema = plan_messages(message, state, self._names(message))
        problems: list[str] = []
        for attempt in ("plan", "repair"):
            trace("prompt", {"for": attempt, "messages": messages})
            answer = await llm.answer(messages, schema, trace=trace, stop=stop)
            trace("answer", {"for": attempt, "text": answer.text, "finish": answer.finish, "usage": answer.usage})
            try:
                plan = self._read(answer.text, answer.finish, message, state, reading)
            except PlanError as error:
                problems = error.problems
                trace("check", {"for": attempt, "problems": problems})
                messages = [*messages, {"role": "assistant", "content": answer.text or "(nothing)"}, repair_message(problems)]  # fmt: skip
            else:
                return plan
        raise PlanError(problems)

    def _read(self, text: str, finish: str, message: str, state: State, reading: Plan) -> Plan:
        """Return the plan in an answer, checked; raises ``PlanError`` in words for the repair."""
        if finish == "length":
            raise PlanError(["the answer was cut off at the length limit; write a shorter plan"])
        try:
            written = _Written.model_validate_json(_unfenced(text))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise PlanError(
                [f"the answer is not a plan in JSON ({where + ': ' if where else ''}{first['msg']})"]
            ) from error
        plan = Plan(planner="llm", **_without_nulls(written.model_dump()))
        plan = check(plan, state, self.known)
        plan = without_rejected(plan, state)
        unasked = disallowed(plan, message, reading)
        if unasked:
            raise PlanError(unasked)
        if not (plan.steps or plan.state or plan.question or plan.reply):
            raise PlanError(["the plan is empty; give steps, or a reply or question where there is nothing to run"])
        return plan

    def _builtin(self, message: str, state: State, trace: Trace) -> Plan:
        try:
            plan = (self._own or _builtin_planner(self.settings)).plan(message, state)
            plan = plan if plan.planner else plan.model_copy(update={"planner": "builtin"})
        except SegueError:
            raise
        except Exception as error:  # a fault of ours must not end the conversation
            trace("fault", {"planner": "builtin", "error": "".join(traceback.format_exception(error))})
            return Plan(
                planner="builtin",
                reply=f"Something in me failed while reading that ({type(error).__name__}). Say it in other words; `segue trace` has the details.",
                certain=0.0,
            )
        try:
            return check(plan, state, self.known)
        except PlanError as error:
            trace("check", {"for": plan.planner, "plan": plan.model_dump(mode="json"), "problems": error.problems})
            why = "; ".join(map(_for_people, error.problems))
            return Plan(
                planner=plan.planner,
                reply=f"I understood that only in part, so I did nothing: {why}.",
                notes=plan.notes,
                certain=0.0,
            )

    def _names(self, message: str) -> list[Known]:
        return _library_names(self.settings)(message) if self._own is None else []


def _for_people(problem: str) -> str:
    """Say a problem without the step's name and the argument's spelling, which only planners know."""
    words = re.sub(r"^step \S+ \(\w+\): ", "", problem)
    words = re.sub(r"'(\w+)_s'", r"\1 in seconds", words)
    return re.sub(r"(\d)\.0\b", r"\1", words)


def _unheard(piece: str) -> None:
    """Take a piece of an answer that nobody hears before it was read as a whole."""


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON without the nulls that some models write for what they leave out."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _unfenced(text: str) -> str:
    """Return JSON without the Markdown fence that some models put around it."""
    text = text.strip()
    if text.startswith("```"):
        text = text.partition("\n")[2].rpartition("```")[0]
    return text


def _why_not(error: SegueError) -> str:
    """Say in one sentence why the built-in planner planned this turn."""
    reason = "The LLM gave no plan that holds" if isinstance(error, PlanError) else error.message.rstrip(".")
    return f"{reason}, so the built-in planner planned this turn."


@lru_cache(maxsize=8)
def _library_names_at(settings_json: str) -> Callable[[str], list[Known]]:
    from segue.tools.collection.catalogue import open_catalogue

    settings = Settings.model_validate_json(settings_json)

    def names(text: str) -> list[Known]:
        found = open_catalogue(settings).names(text)
        return [Known(kind=m.kind, name=m.name, ids=m.ids, start=m.start, end=m.end, exact=m.exact) for m in found]

    return names


def _library_names(settings: Settings) -> Callable[[str], list[Known]]:
    return _library_names_at(settings.model_dump_json())


@lru_cache(maxsize=8)
def _builtin_at(settings_json: str) -> Plans:
    from segue.agent.builtin import BuiltinPlanner

    planner: Plans = BuiltinPlanner(_library_names_at(settings_json))
    return planner


def _builtin_planner(settings: Settings) -> Plans:
    return _builtin_at(settings.model_dump_json())
