"""The conversation: text → plan → results → reply.

>>> from segue.agent import Agent  # doctest: +SKIP
>>> Agent().chat("make a calm piano loop").reply  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segue.agent.agent import Agent
    from segue.agent.events import Event, Reply

__all__ = ["Agent", "Event", "Reply"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whichever of the three
    """Import what is asked for when it is asked for: the package itself stays cheap."""
    if name == "Agent":
        from segue.agent.agent import Agent

        return Agent
    if name in ("Event", "Reply"):
        from segue.agent import events

        return getattr(events, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
