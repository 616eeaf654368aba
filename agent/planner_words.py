"""What is put before the LLM, and the reading of its reply for claims that the facts do not bear out.

The prompt's beginning never changes between turns, so that the server's prefix cache holds. What
others wrote (titles, tags, names) stands in it as JSON strings, as data.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from segue.agent.dialogue import Known, State, Thing
from segue.agent.events import ToolResult
from segue.agent.llm_schema import schema_and_docs
from segue.prompts import filled, prompt
from segue.tools.listen.claims import added

MEASURING = frozenset({"caption", "tag", "transcribe"})  # whose words are facts about music: none may be added
_THINGS = 40  # most things of the dialogue that a prompt carries
_LISTS = 4
_ITEMS = 20
_DENIES = re.compile(r"\b(not|no|none|nothing|unable|fail\w*|skip\w*|stopp?\w*|cancel\w*|without|unfortunately|sorry|cannot|error)\b|n[’']t\b", re.IGNORECASE)  # fmt: skip
_PLACES = re.compile(r"https?://\S+|(?<!\w)/[\w.-]+/[\w./-]+|\b[\w-]+\.(?:wav|flac|mp3|ogg|m4a|midi?|musicxml|svg|pdf|lrc|m3u8|xspf)\b", re.IGNORECASE)  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:[.,]\d+)?")


def plan_messages(message: str, state: State, names: Sequence[Known]) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """Return the messages that ask for a plan, and the schema that binds the answer."""
    schema, docs = schema_and_docs()
    system = filled("plan", tools=docs)
    compact = json.dumps(state_for_llm(state, names), ensure_ascii=False, separators=(",", ":"))
    turn = filled("plan_turn", state=_fenced(compact), message=message)
    return [{"role": "system", "content": system}, {"role": "user", "content": turn}], schema


def repair_message(problems: Sequence[str]) -> dict[str, str]:
    """Return the message that asks for one correction."""
    words = "\n".join(f"- {problem}" for problem in problems)
    return {"role": "user", "content": filled("repair", problems=words)}


def state_for_llm(state: State, names: Sequence[Known] = ()) -> dict[str, Any]:
    """Return the dialogue state as the LLM sees it: compact, typed, empty parts left out."""
    listed = [id for shown in state.lists[-_LISTS:] for id in shown.ids[:_ITEMS]]
    wanted = list(dict.fromkeys([*state.attached, *state.focus, *listed]))[:_THINGS]
    view: dict[str, Any] = {
        "things": [_thing(thing) for id in wanted if (thing := state.thing(id))],
        "attached": state.attached,
        "focus": state.focus,
        "lists": [{"kind": s.kind, "label": s.label, "ids": s.ids[:_ITEMS]} for s in state.lists[-_LISTS:]],
        "search": state.search,
        "roles": {id: role for id, role in state.roles.items() if role != "SHOWN"},
        "waits_for_yes": state.pending["steps"] if state.pending else None,
        "last": {"tool": state.last_tool, "args": state.last_args} if state.last_tool else None,
        "can_undo": True if state.turn > 1 else None,
        "can_redo": state.undone or None,
        "in_the_library": [{"kind": k.kind, "name": k.name, "ids": k.ids[:5]} for k in names],
    }
    return {name: value for name, value in view.items() if value}


def _thing(thing: Thing) -> dict[str, Any]:
    facts = thing.model_dump(exclude={"parents", "turn"})
    return {name: value for name, value in facts.items() if value not in (None, "", [], False)}


def _fenced(data: str) -> str:
    """Keep data from closing its own fence."""
    return data.replace("```", "'''")


def reply_messages(message: str, facts: dict[str, Any]) -> list[dict[str, str]]:
    """Return the messages that ask for the reply's wording."""
    compact = json.dumps(facts, ensure_ascii=False)
    turn = filled("reply_turn", facts=_fenced(compact), message=message)
    return [{"role": "system", "content": prompt("reply")}, {"role": "user", "content": turn}]


def facts_of(draft: str, results: Sequence[ToolResult]) -> dict[str, Any]:
    """Return what the reply may say: the built-in wording, which has every fact, and what became of each step."""
    steps = [
        {"step": result.step, "tool": result.tool, "status": result.status} | ({"error": str(result.error)} if result.error else {})
        for result in results
    ]  # fmt: skip
    return {"what_happened": draft, "steps": steps}


def tells_the_truth(text: str, draft: str, message: str, results: Sequence[ToolResult]) -> str:
    """Return what a worded reply claims that the facts do not say, or nothing.

    It must own up where a step failed, and name no file, address or figure that neither the facts nor
    the user's message have. Figures may be rounded. Where music was listened to, it may claim no key, instrument, voice,
    section, genre or mood either that was not found.
    """
    if not text.strip():
        return "it is empty"
    if any(result.status != "done" for result in results) and not _DENIES.search(text):
        return "a step failed, and it does not say so"
    for place in _PLACES.findall(text):
        if place.rstrip(".,") not in draft and place.rstrip(".,") not in message:
            return f"it names {place}, which is not there"
    given = [_value(number) for number in _NUMBER.findall(f"{draft} {message}")]
    for number in _NUMBER.findall(text):
        value = _value(number)
        if abs(value) >= 10 and not any(abs(value - g) <= max(0.5, 0.005 * abs(g)) for g in given):
            return f"it says {number}, which no result says"
    if any(result.tool in MEASURING for result in results) and (claim := added(text, draft)):
        return f"it says {claim}, which was not measured"
    return ""


def _value(number: str) -> float:
    return float(number.replace(",", "."))
