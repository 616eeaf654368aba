"""Planners to set beside the built-in one, for whoever has a model: ours by LLM, a ReAct loop, and one in MusicAgent's manner.

All three get the same docs of the tools, the same dialogue state and the same message from one OpenAI-compatible
server. ReAct (Yao et al. 2023) calls tools round by round and sees what comes back, here made-up results; what
it called is then read as a plan. MusicAgent (Yu et al. 2023, after HuggingGPT, Shen et al. 2023) writes one list of
tasks with their dependencies and is neither bound to a schema nor repaired.
"""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, Protocol

from segue.agent.dialogue import Known, State
from segue.agent.llm_schema import tool_docs
from segue.agent.plan import Plan, Step
from segue.agent.planner import Planner as Ours
from segue.agent.planner_words import plan_messages
from segue.evals.planning_contexts import known, names
from segue.tools.core import registry
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.settings import Settings, load_settings

_ROUNDS = 8
_MEASURED = {"bpm": 97.3, "key": "Eb minor", "meter": "4/4", "duration_s": 43.7}  # told from any wish by their oddness
_REACT = "You plan and run tools for a music agent. Call the tools that the person's message asks for, then answer.\n\n{docs}"  # fmt: skip
_TASKS = (
    "You divide a request to a music agent into tasks. Answer with a JSON list only: "
    '[{{"task": tool, "id": 0, "dep": [ids of tasks whose output is needed, or -1], "args": {{…}}}}]. '
    'Where a piece, an item or a measured value that an earlier task gives is wanted, write "<GENERATED>-id" or, for a '
    'named output, "<GENERATED>-id.field". Refer to things of the dialogue as {{"id": "…"}}. An empty list if nothing is to be run.'
    "\n\n{docs}"
)


class Peer(Protocol):
    """What the suite runs."""

    def plan(self, message: str, state: State) -> Plan:
        """Return the plan for a message."""
        ...


def peer(name: str, model: str | None, url: str | None) -> Peer:
    """Return a planner by its name.

    Raises
    ------
    InvalidArgument : another name, or no server.
    """
    made: dict[str, Callable[[Settings], Peer]] = {"llm": ByLlm, "react": React, "musicagent": Tasks}
    if name not in made:
        raise InvalidArgument(f"There is no planner '{name}'.", f"There are: builtin, {', '.join(made)}.")
    settings = load_settings()
    more = {key: value for key, value in (("llm_model", model), ("llm_base_url", url)) if value}
    settings = settings.model_copy(update={**more, "certain": False})
    if not settings.llm_base_url or not (settings.llm_model or name == "llm"):
        raise InvalidArgument(f"The planner '{name}' needs a server and a model.", "Give --base-url and --model.")
    return made[name](settings)


class ByLlm:
    """Ours: a typed plan bound to a schema, checked, repaired once. Without a plan that holds: an empty one."""

    def __init__(self, settings: Settings) -> None:
        class Measured(Ours):
            def _names(self, message: str) -> list[Known]:
                return names(message)

        self._runner = asyncio.Runner()
        self._planner = Measured(settings, known, "llm")

    def plan(self, message: str, state: State) -> Plan:
        """Return the LLM's plan."""

        plan = self._runner.run(self._planner.plan(message, state, trace=_untraced, stop=asyncio.Event()))
        return plan if plan.planner == "llm" else Plan()


def _untraced(kind: str, body: dict[str, Any]) -> None:
    """Keep no trace."""


class React:
    """A loop of model and tools; the results of the tools are made up, and told apart by where they came from."""

    def __init__(self, settings: Settings) -> None:
        self.model, self.client = settings.llm_model, _client(settings)
        self.tools = [
            {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.Args.model_json_schema()}}
            for tool in registry.tools().values()
        ]  # fmt: skip

    def plan(self, message: str, state: State) -> Plan:
        """Return what the loop called, as a plan."""
        said = _messages(_REACT, message, state)
        steps: list[Step] = []
        for _ in range(_ROUNDS):
            answer = self.client.chat.completions.create(
                model=self.model, messages=said, tools=self.tools, temperature=0
            )
            choice = answer.choices[0].message
            if not choice.tool_calls:
                return Plan(planner="react", steps=steps, reply=None if steps else choice.content or None)
            said.append({"role": "assistant", "content": choice.content or "", "tool_calls": [call.model_dump() for call in choice.tool_calls]})  # fmt: skip
            for call in choice.tool_calls:
                step = Step(id=f"s{len(steps) + 1}", tool=call.function.name, args=_given(_json(call.function.arguments, {}), steps))  # fmt: skip
                steps.append(step)
                said.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(_made_up(step))})
        return Plan(planner="react", steps=steps)


class Tasks:
    """One list of tasks with dependencies, as MusicAgent's planner writes it."""

    def __init__(self, settings: Settings) -> None:
        self.model, self.client = settings.llm_model, _client(settings)

    def plan(self, message: str, state: State) -> Plan:
        """Return the list as a plan; what cannot be read gives an empty one."""
        answer = self.client.chat.completions.create(model=self.model, messages=_messages(_TASKS, message, state), temperature=0)  # fmt: skip
        return read_tasks(answer.choices[0].message.content or "")


def read_tasks(text: str) -> Plan:
    """Return the plan behind a list of tasks in MusicAgent's notation."""
    match = re.search(r"\[.*\]", text, re.DOTALL)
    listed = _json(match[0], []) if match else []
    tasks = [task for task in listed if isinstance(task, dict) and isinstance(task.get("task"), str)]
    of = {str(task.get("id")): (f"s{n}", task["task"]) for n, task in enumerate(tasks, 1)}

    def linked(value: Any, argument: str = "") -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            if set(value) == {"id"} and str(value["id"]).startswith("<GENERATED>"):
                return linked(value["id"], argument)
            return {name: linked(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [linked(item, argument) for item in value]
        found = re.fullmatch(r"<GENERATED>-(\w+)(?:\.(\w+))?", value) if isinstance(value, str) else None
        if not found or found[1] not in of:
            return value
        step, tool = of[found[1]]
        return _reference(step, found[2] or (argument if tool == "tag" else _first_output(tool)))

    steps = [Step(id=of[str(task.get("id"))][0], tool=task["task"], args=linked(task.get("args") or {})) for task in tasks]  # fmt: skip
    return Plan(planner="musicagent", steps=steps)


def _client(settings: Settings) -> Any:  # noqa: ANN401 - an OpenAI client
    import openai

    return openai.OpenAI(base_url=settings.llm_base_url, api_key=settings.llm_api_key, timeout=settings.llm_timeout_s)


def _messages(system: str, message: str, state: State) -> list[dict[str, Any]]:
    ours, _ = plan_messages(message, state, names(message))
    return [{"role": "system", "content": system.format(docs=tool_docs())}, {"role": "user", "content": ours[-1]["content"]}]  # fmt: skip


def _json(text: str, otherwise: Any) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return otherwise


def _first_output(tool: str) -> str:
    known_tool = registry.tools().get(tool)
    return next(iter(known_tool.Out.model_fields)) if known_tool else "piece"


def _reference(step: str, field: str) -> dict[str, Any]:
    lists = field in ("pieces", "items")
    return {"step": step, "field": field, **({"index": 0} if lists else {})}


def _made_up(step: Step) -> dict[str, Any]:
    """Return a result whose ids and values say which step gave them."""
    tool = registry.tools().get(step.tool)
    if tool is None:
        return {"error": f"there is no tool {step.tool}"}
    out: dict[str, Any] = {}
    for name in tool.Out.model_fields:
        if name in ("piece", "preview"):
            out[name] = {"id": f"{step.id}:{name}:"}
        elif name in ("pieces", "items"):
            out[name] = [{"id": f"{step.id}:{name}:{n}", "title": f"Result {n + 1}"} for n in range(5 if name == "items" else int(step.args.get("takes") or 1))]  # fmt: skip
        elif name in _MEASURED:
            out[name] = _MEASURED[name]
    return out or {"done": True}


def _given(args: Any, steps: list[Step]) -> Any:  # noqa: ANN401 - any JSON
    """Return arguments in which made-up ids and values are references to the steps that gave them."""
    if isinstance(args, dict):
        found = re.fullmatch(r"(s\d+):(\w+):(\d*)", str(args.get("id", "")))
        if found:
            index = {"index": int(found[3])} if found[3] else {}
            return {"step": found[1], "field": found[2], **index}
        return {name: _value(name, item, steps) for name, item in args.items()}
    return [_given(item, steps) for item in args] if isinstance(args, list) else args


def _value(name: str, value: Any, steps: list[Step]) -> Any:  # noqa: ANN401 - any JSON
    measured = next((step.id for step in reversed(steps) if step.tool == "tag"), None)
    if measured and name in _MEASURED and value == _MEASURED[name]:
        return {"step": measured, "field": name}
    return _given(value, steps)
