"""What a plan may do to the user's own world: only what the user's own message asks for.

An LLM reads titles, tags and captions that others wrote, and may obey them. So steps that write into
the library or name a folder are allowed only when the built-in planner, which never follows such
text, reads the same in the message, or when the message itself has the verb and the path.
"""

import re

from segue.agent.dialogue import State
from segue.agent.plan import Plan, Ref, Step

_VERBS = {
    "remove": r"\b(remove|delete|drop|forget|take|throw|kick)\b.*\b(library|collection|catalogue|catalog)\b",
    "retag": r"\b(re-?tag\w*|tag (them|it|these|my|the|this|all)|(write|save|store|put) .*\b(tags?|bpm|key|mood|genre|tempo|metadata)|(undo|revert|restore|take|put|roll) .*\b(re-?tag\w*|tags|metadata))\b",
    "add": r"\b(add|scan|index|import|include|read)\b",
    "import": r"\b(import|load|read|take over)\b",
    "save": r"\b(save|keep|make|store)\b",
}  # fmt: skip
_READING = ("status", "stats", "duplicates", "playlists", "refresh")


def disallowed(plan: Plan, message: str, reading: Plan) -> list[str]:
    """Return what is wrong with steps that write to the user's world unasked, in words for a planner.

    Parameters
    ----------
    plan : the LLM's.
    message : the user's own words.
    reading : the built-in planner's plan of the same message.
    """
    problems: list[str] = []
    for step in plan.steps:
        action = str(step.args.get("action", ""))
        if step.tool == "library" and action not in _READING:
            asked = any(s.tool == "library" and s.args.get("action") == action for s in reading.steps)
            if not asked and not re.search(_VERBS.get(action, r"(?!)"), message, re.IGNORECASE | re.DOTALL):
                problems.append(f"step {step.id} (library): the person did not ask to {action} anything in the library; leave it out")  # fmt: skip
        folder = step.args.get("folder")
        if folder and not _names(message, str(folder)) and not _in(reading, step):
            problems.append(f"step {step.id} ({step.tool}): the person did not name the folder {folder!r}; leave it out")  # fmt: skip
    return problems


def _names(message: str, folder: str) -> bool:
    return folder.rstrip("/\\") in message


def _in(reading: Plan, step: Step) -> bool:
    return any(s.tool == step.tool and s.args.get("folder") == step.args.get("folder") for s in reading.steps)


def without_rejected(plan: Plan, state: State) -> Plan:
    """Return the plan with what the user rejected kept out of its searches, whether the LLM thought of it or not."""
    rejected = {name for name, role in state.roles.items() if role == "REJECTED"}
    for op in plan.state:
        if op.op == "reject" and op.target:
            rejected.add(op.target.id or "" if isinstance(op.target, Ref) else f"artist:{op.target}")
    artists = sorted(name.removeprefix("artist:") for name in rejected if name.startswith("artist:"))
    ids = sorted(name for name in rejected if not name.startswith("artist:"))
    return plan.model_copy(update={"steps": [_keeping_out(step, ids, artists) for step in plan.steps]})


def _keeping_out(step: Step, ids: list[str], artists: list[str]) -> Step:
    if step.tool != "retrieve" or step.args.get("among") or step.args.get("action") == "identify":
        return step
    filters = dict(step.args.get("filters") or {})
    for name, more in (("exclude", ids), ("exclude_artists", artists)):
        if more:
            filters[name] = list(dict.fromkeys([*(filters.get(name) or []), *more]))
    return step.model_copy(update={"args": {**step.args, "filters": filters}}) if filters else step
