"""The typed graph of a turn: ``Ref``, ``Step``, ``StateOp``, ``Plan``."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from segue.tools.core.base import Ref

__all__ = ["Plan", "Ref", "StateOp", "Step"]


class Step(BaseModel):
    """One call of a tool. A reference in ``args`` is ``{"step": "s1", "field": "piece"}`` or ``{"id": "…"}``."""

    model_config = ConfigDict(extra="forbid")

    id: str
    tool: str
    args: dict[str, Any] = {}


class StateOp(BaseModel):
    """What changes the conversation and not the music.

    ``target`` is a reference for like and reject ({"id": …}), a constraint's name for drop ("year",
    "genre"), a list's label or number for back ("jazz"), the right name for correct.
    """

    model_config = ConfigDict(extra="forbid")

    op: Literal["undo", "redo", "branch", "back", "like", "reject", "drop", "correct", "confirm", "cancel"]
    target: Ref | str | None = None


class Plan(BaseModel):
    """What will be done in one turn.

    ``question`` is asked of the user (beside results where there are any); ``reply`` is said when
    nothing has to be run (a greeting, help, off topic); ``notes`` say what could not be understood
    or honoured. ``certain`` tells how sure the built-in planner is, 0–1.
    """

    model_config = ConfigDict(extra="forbid")

    planner: str = ""
    steps: list[Step] = []
    state: list[StateOp] = []
    question: str | None = None
    reply: str | None = None
    notes: list[str] = []
    certain: float = Field(1.0, ge=0, le=1)
