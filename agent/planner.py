"""Which planner plans a turn, the repair of a bad plan, and the fall-back to the built-in planner."""

import asyncio
import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from segue.agent.check import check
from segue.agent.dialogue import Known, State
from segue.agent.events import ToolResult
from segue.agent.plan import Plan
from segue.agent.session import Turn
from segue.tools.core.errors import PlanError, SegueError
from segue.tools.core.settings import Settings

Trace = Callable[[str, dict[str, Any]], None]


class Plans(Protocol):
    """A synchronous planner: the built-in one, or any other object with this method."""

    def plan(self, message: str, state: State) -> Plan:
        """Return a plan for a message."""


class Planner:
    """Plans turns and words replies as the settings say.

    Parameters
    ----------
    settings : ``planner``, ``certain`` and the LLM's address.
    known : tells whether an id exists for this owner.
    chosen : "builtin", "llm" or a planner object, over the settings.
    """

    def __init__(self, settings: Settings, known: Callable[[str], bool], chosen: str | Plans | None = None) -> None:
        self.settings, self.known = settings, known
        self._own = None if isinstance(chosen, str) or chosen is None else chosen
        self._which = chosen if isinstance(chosen, str) else settings.planner

    async def plan(self, message: str, state: State, *, trace: Trace, stop: asyncio.Event) -> Plan:
        """Return a checked plan; what could not be planned is said in its ``reply`` or ``notes``."""
        return await asyncio.to_thread(self._builtin, message, state, trace)

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
        """Return the reply's wording."""
        return draft

    def _builtin(self, message: str, state: State, trace: Trace) -> Plan:
        try:
            plan = self._planner().plan(message, state)
            plan = plan if plan.planner else plan.model_copy(update={"planner": "builtin"})
        except SegueError:
            raise
        except Exception as error:  # a fault of ours must not end the conversation
            trace("fault", {"planner": "builtin", "error": "".join(traceback.format_exception(error))})
            return Plan(planner="builtin", reply=f"Something in me failed while reading that ({type(error).__name__}). Say it in other words; `segue trace` has the details.")  # fmt: skip
        try:
            return check(plan, state, self.known)
        except PlanError as error:
            trace("check", {"planner": plan.planner, "plan": plan.model_dump(mode="json"), "problems": error.problems})
            return _not_possible(plan, error)

    def _planner(self) -> Plans:
        return self._own or _builtin_planner(self.settings)


def _not_possible(plan: Plan, error: PlanError) -> Plan:
    """Return a plan that runs nothing and says why."""
    why = "; ".join(error.problems)
    return Plan(
        planner=plan.planner, reply=f"I understood that only in part, so I did nothing: {why}.", notes=plan.notes
    )


@lru_cache(maxsize=8)
def _builtin_planner_at(home: str, settings_json: str) -> Plans:
    from segue.agent.builtin import BuiltinPlanner
    from segue.tools.collection.catalogue import open_catalogue

    settings = Settings.model_validate_json(settings_json)

    def names(text: str) -> list[Known]:
        found = open_catalogue(settings).names(text)
        return [Known(kind=m.kind, name=m.name, ids=m.ids, start=m.start, end=m.end, exact=m.exact) for m in found]

    return BuiltinPlanner(names)


def _builtin_planner(settings: Settings) -> Plans:
    return _builtin_planner_at(str(settings.home), settings.model_dump_json())
