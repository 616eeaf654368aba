"""References become ids and values: what a step's arguments are once the steps before it are done."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from segue.agent.check_types import DROP, Slot, core, gives, is_ref, substitute
from segue.agent.events import ToolResult
from segue.agent.plan import Ref
from segue.tools.core import registry
from segue.tools.core.base import PieceRef, Tool
from segue.tools.core.errors import ToolError
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

_SURE = 0.5  # a measured value below this confidence is used, and said to be unsure
_NAMES = {"bpm": "tempo"}


class NothingThere(ToolError):
    """An earlier step succeeded but gave nothing to go on with: the step that wanted it is skipped."""


class Resolver:
    """Resolves the references of steps against results by step id.

    ``note`` takes what the user should know: a value that is unsure, or could not be had.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        owner: str,
        results: Mapping[str, ToolResult],
        note: Callable[[str], None],
    ) -> None:
        self.store, self.settings, self.owner, self.results, self.note = store, settings, owner, results, note

    def resolve(self, tool: Tool, args: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments with no step's name left in them.

        Raises
        ------
        NothingThere : a list has no such entry, or a value that is needed was not found.
        """
        return substitute(tool, args, self._put)

    def _put(self, slot: Slot, ref: Ref) -> Any:  # noqa: ANN401 - any JSON
        if ref.step is None:
            return {"id": ref.id}
        source = self.results[ref.step]
        field = ref.field or ""
        given = gives(registry.tool(source.tool).Out, field)
        raw = (source.out or {}).get(field)
        name = _NAMES.get(field, field)
        if isinstance(raw, dict) and set(raw) == {"value", "confidence"}:
            raw = self._measured(raw, name)
        if given is not None and given.many and ref.index is not None and raw is not None:
            raw = self._entry(raw, ref.index, source)
        if raw is None:
            if slot.optional:
                self.note(f"The {name} could not be found out, so it was left open.")
                return DROP
            raise NothingThere(f"The {name} could not be found out, and this step needs it.", f"Say which {name} it should be.")  # fmt: skip
        wants = core(get_args(slot.wants)[0])[0] if get_origin(slot.wants) is list else slot.wants
        if not is_ref(wants):
            return [raw] if get_origin(slot.wants) is list and not isinstance(raw, list) else raw
        listed = [self._reference(entry, wants, source) for entry in (raw if isinstance(raw, list) else [raw])]
        if isinstance(raw, list) and not listed:
            raise NothingThere(f"Step {source.step} ({source.tool}) found nothing to go on with.", "Ask for something wider.")  # fmt: skip
        return listed if isinstance(raw, list) or get_origin(slot.wants) is list else listed[0]

    def _measured(self, raw: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - any JSON
        value, sure = raw["value"], float(raw["confidence"])
        if value is not None and sure < _SURE:
            shown = round(value, 1) if isinstance(value, float) else value
            self.note(f"The {name} used here, {shown}, was measured with little confidence ({sure:.0%}).")
        return value

    def _entry(self, raw: list[Any], index: int, source: ToolResult) -> Any:  # noqa: ANN401 - any JSON
        if not -len(raw) <= index < len(raw):
            had = "nothing" if not raw else f"only {len(raw)}"
            raise NothingThere(f"Step {source.step} ({source.tool}) gave {had}, so there is no number {index + 1} to go on with.")  # fmt: skip
        return raw[index]

    def _reference(self, entry: dict[str, Any], wants: type[Ref], source: ToolResult) -> dict[str, str]:
        """Return the id behind a piece, an item or a file; a file with notes becomes a piece where one is wanted."""
        if "media_type" not in entry or not issubclass(wants, PieceRef):
            return {"id": str(entry["id"])}
        piece = (source.out or {}).get("piece")
        return {"id": str(piece["id"] if isinstance(piece, dict) else self._import(entry))}

    def _import(self, entry: dict[str, Any]) -> str:
        from segue.tools.music.intake import import_file

        path: Path = self.store.path(str(entry["id"]))
        return str(import_file(self.store, self.settings, path, self.owner, title=Path(str(entry["name"])).stem).id)
