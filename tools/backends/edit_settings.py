"""Effects by their parameters: what an operation states in numbers, in words or as stages, and an effect set anew."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from segue.tools import edit as ops
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.piece import Piece
from segue.tools.music import exact_effects
from segue.tools.sound import effects_numbers
from segue.tools.sound.effects import Stage


def stated(op: ops.Effect) -> tuple[str, list[Stage]]:
    """Return an effect's words without the numbers in them, and the stages that numbers and settings state.

    Raises
    ------
    InvalidArgument : a number is beyond what the parameter goes to.
    """
    numbers, rest = effects_numbers.read(op.description)
    for stage in numbers:
        try:
            ops.Setting.model_validate({"stage": stage.kind, **stage.values})
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            raise InvalidArgument(f"{stage.kind}: {name} of {first['input']:g}.", f"{first['msg']}.") from error
    settings = [Stage(one.stage, one.model_dump(exclude={"stage"}, exclude_none=True)) for one in op.stages]
    return rest, _merged([*numbers, *settings])


def _merged(stages: Sequence[Stage]) -> list[Stage]:
    """Return stages with what is set of one kind put together, the later number counting; peaks are many."""
    out: list[Stage] = []
    for stage in stages:
        at = next((n for n, one in enumerate(out) if one.kind == stage.kind and stage.kind != "peak"), None)
        if at is None:
            out.append(stage)
        else:
            out[at] = Stage(stage.kind, {**out[at].values, **stage.values})
    return out


def set_anew(op: ops.Effect, source: Piece, operations: Sequence[Any]) -> ops.Effect | None:
    """Return the effect that made a piece with new numbers, where an operation gives nothing else and the stages are its own.

    It is to be done to what the piece was made from.
    """
    words, stages = stated(op)
    before = source.made_by.args.get("operations") if source.made_by and source.made_by.tool == "edit" else None
    if words or not stages or len(operations) > 1 or not source.parents or not before or len(before) != 1:
        return None
    if before[0].get("op") != "effect":
        return None
    earlier = ops.Effect.model_validate(before[0])
    had, _ = exact_effects.chosen(*stated(earlier), lambda text: None)
    if not {one.kind for one in stages} <= {one.kind for one in had} or op.stem not in (None, earlier.stem):
        return None
    both = ", ".join(text for text in (earlier.description, op.description) if text)
    return earlier.model_copy(update={"description": both, "stages": [*earlier.stages, *op.stages]})
