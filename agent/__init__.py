"""The conversation: text → plan → results → reply.

>>> from segue.agent import Agent  # doctest: +SKIP
>>> Agent().chat("make a calm piano loop").reply  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segue.agent.agent import Agent
    from segue.agent.events import Event, Reply
    from segue.agent.llm_schema import plan_schema

__all__ = ["Agent", "Event", "Reply", "plan_schema"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whichever of the four
    """Import what is asked for when it is asked for: the package itself stays cheap."""
    if name == "Agent":
        from segue.agent.agent import Agent

        return Agent
    if name in ("Event", "Reply"):
        from segue.agent import events

        return getattr(events, name)
    if name == "plan_schema":
        from segue.agent.llm_schema import plan_schema

        return plan_schema
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
