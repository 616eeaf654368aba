"""What the LLM is told of tools and plans, generated from their types: the JSON schema and the docs.

The schema is a plain dict, small and flat: optional fields are optional, ``anyOf`` has its ``const``
first, there are no titles, defaults or discriminators. Ranges are left to ``check``, whose words the
model can act on. A field with ``json_schema_extra={"llm": False}`` is for programs, and not told.
"""

import json
from functools import lru_cache
from typing import Any, get_args

from segue.agent.check_types import core, gives, is_ref, type_words
from segue.agent.plan import StateOp
from segue.tools.core import registry
from segue.tools.core.base import PieceRef, Tool

_REF = {"$ref": "#/$defs/ref"}
_OUT = {"$ref": "#/$defs/out"}
_STEP = {"step": {"type": "string"}, "field": {"type": "string"}, "index": {"type": "integer"}}
_DEFS: dict[str, Any] = {
    "out": {"type": "object", "properties": _STEP, "required": ["step", "field"], "additionalProperties": False},
    "ref": {
        "anyOf": [
            {
                "type": "object",
                "properties": {"id": {"type": "string"}},
                "required": ["id"],
                "additionalProperties": False,
            },
            _OUT,
        ]
    },
}
_REF_MODELS = ("PieceRef", "ItemRef", "Ref")


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema of a plan over the tools that are registered now."""
    tools = registry.tools()
    measured = _measured_names(tools.values())
    ops = list(get_args(StateOp.model_fields["op"].annotation))
    op = {"op": {"enum": ops}, "target": {"anyOf": [{"type": "string"}, _DEFS["ref"]["anyOf"][0]]}}
    return {
        "type": "object",
        "properties": {
            "steps": {"type": "array", "items": {"anyOf": [_step(tool, measured) for tool in tools.values()]}},
            "state": {"type": "array", "items": _object(op, ["op"])},
            "question": {"type": "string"},
            "reply": {"type": "string"},
        },
        "required": ["steps"],
        "additionalProperties": False,
        "$defs": _DEFS,
    }


def tool_docs() -> str:
    """Return the tools in words for the prompt: what each does, takes and gives."""
    return "\n\n".join(_doc(tool) for tool in registry.tools().values())


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _step(tool: Tool, measured: frozenset[str]) -> dict[str, Any]:
    schema = tool.Args.model_json_schema()
    args = _flat(schema, schema.get("$defs", {}), measured)
    return _object({"tool": {"const": tool.name}, "id": {"type": "string"}, "args": args}, ["tool", "id", "args"])


def _measured_names(tools: Any) -> frozenset[str]:  # noqa: ANN401 - an iterable of tools
    """Return the names of fields that an earlier step can measure: there a reference may stand for the value."""
    names = {
        name
        for tool in tools
        for name, info in tool.Out.model_fields.items()
        if (given := gives(tool.Out, name)) and given.kind == "scalar" and "Value[" in str(info.annotation)
    }
    return frozenset(names)


def _flat(node: dict[str, Any], defs: dict[str, Any], measured: frozenset[str], name: str = "") -> dict[str, Any]:
    """Return a pydantic schema node without what costs tokens and says nothing."""
    if "$ref" in node:
        target = node["$ref"].rsplit("/", 1)[-1]
        return dict(_REF) if target in _REF_MODELS else _flat(defs[target], defs, measured, name)
    options = [o for o in node.get("anyOf", node.get("oneOf", [])) if o.get("type") != "null"]
    if len(options) == 1:
        return _flat(options[0], defs, measured, name)
    if options:
        return {"anyOf": [_flat(option, defs, measured, name) for option in options]}
    if "const" in node or "enum" in node:
        return {key: node[key] for key in ("const", "enum") if key in node}
    kind = node.get("type")
    if kind == "object":
        return _flat_object(node, defs, measured)
    if kind == "array":
        array: dict[str, Any] = {"type": "array", "items": _flat(node.get("items", {}), defs, measured)}
        array |= {"minItems": node["minItems"]} if node.get("minItems") else {}
        return {"anyOf": [array, _OUT]} if name in measured or array["items"] == _REF else array
    plain = {"type": kind} if kind else {}
    return {"anyOf": [plain, _OUT]} if name in measured else plain


def _flat_object(node: dict[str, Any], defs: dict[str, Any], measured: frozenset[str]) -> dict[str, Any]:
    if "properties" not in node:
        values = _flat(node.get("additionalProperties") or {}, defs, measured)
        keys = node.get("propertyNames", {})
        keys = defs[keys["$ref"].rsplit("/", 1)[-1]] if "$ref" in keys else keys
        if "enum" in keys:
            return _object(dict.fromkeys(keys["enum"], values), [])
        return {"type": "object", "additionalProperties": values}
    # A constant first: the decoder then knows at once which of several objects it writes.
    items = sorted(_told(node).items(), key=lambda item: "const" not in item[1])
    return _object({key: _flat(value, defs, measured, key) for key, value in items}, node.get("required", []))


def _told(node: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node["properties"].items() if value.get("llm", True)}


def _doc(tool: Tool) -> str:
    lines = [f"### {tool.name}", tool.description]
    schema = tool.Args.model_json_schema()
    defs = schema.get("$defs", {})
    for name, info in tool.Args.model_fields.items():
        wanted, _ = core(info.annotation)
        must = ", required" if info.is_required() else ""
        words = f": {info.description}" if info.description else ""
        lines.append(f"- {name} ({_kind(wanted)}{must}){words}")
        lines += _variants(schema["properties"][name], defs)
    given = [f"{name} ({found.words})" for name in tool.Out.model_fields if (found := gives(tool.Out, name))]
    lines.append(f"Gives: {', '.join(given)}.")
    return "\n".join(lines)


def _kind(wanted: Any) -> str:  # noqa: ANN401 - any type
    inner = get_args(wanted)
    if inner and isinstance(inner[0], type) and is_ref(inner[0]):
        return "references to pieces" if issubclass(inner[0], PieceRef) else "references to items"
    if is_ref(wanted):
        return "a reference to a piece" if issubclass(wanted, PieceRef) else "a reference to an item"
    return type_words(wanted)


def _variants(node: dict[str, Any], defs: dict[str, Any]) -> list[str]:
    """Return one line for each model that a list of several, or a nested object, may hold."""
    items = node.get("items", node)
    options = items.get("oneOf") or items.get("anyOf") or [items]
    lines: list[str] = []
    for option in options:
        target = defs.get(option.get("$ref", "").rsplit("/", 1)[-1])
        if target is None or target.get("title") in _REF_MODELS or "properties" not in target:
            continue
        required = target.get("required", [])
        fields = [_field(n, p, n in required) for n, p in _told(target).items() if "const" not in p]
        head = next((f"{n}: {json.dumps(p['const'])}" for n, p in target["properties"].items() if "const" in p), "")
        lines.append(f"  - {{{', '.join([*([head] if head else []), *fields])}}} {target.get('description', '')}".rstrip())  # fmt: skip
    return lines


def _field(name: str, node: dict[str, Any], required: bool) -> str:
    return name if required else f"{name}?"


@lru_cache(maxsize=4)
def _cached(names: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    return plan_schema(), tool_docs()


def schema_and_docs() -> tuple[dict[str, Any], str]:
    """Return both, made once for each set of tools, so that the prompt's prefix stays the same."""
    return _cached(tuple(registry.tools()))
