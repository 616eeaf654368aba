"""``tag`` with a model server's tags: set ``servers = {tag = "http://…"}``.

What a server tags takes the place of what is heard here; tempo, key, loudness and whatever else it does not tag is measured here.
"""

import json
from typing import Any

from pydantic import ValidationError

from segue.tools.backends.served_models import Served, Wish, known_models, output, unavailable
from segue.tools.core import registry
from segue.tools.core.base import Backend, Context
from segue.tools.core.errors import CannotDo
from segue.tools.core.jobs import AudioWish, JobRequest, ModelInfo, Task
from segue.tools.core.settings import Settings
from segue.tools.tag import Args, Out

_TASKS: tuple[Task, ...] = ("tag",)
_MEASURED = ("loudness", "duration_s")  # what is exact here


def _load(settings: Settings) -> "_Remote":
    return _Remote(Served("tag", settings), settings)


class _Remote:
    """Measures, and puts a served model's tags in the place of those heard here."""

    def __init__(self, served: Served, settings: Settings) -> None:
        self._served, self._settings = served, settings

    def __call__(self, args: Args, context: Context) -> Out:
        (engine,) = [backend for backend in registry.backends("tag") if backend.name == "listen"]
        here = registry.load(engine, self._settings)(args, context)
        assert isinstance(here, Out)
        piece = context.piece(args.clip)

        def asking(model: ModelInfo) -> Wish:
            request = JobRequest(task="tag", model=model.name, audio=AudioWish(src=piece.id))
            return Wish(request, {piece.id: piece})

        job, offer = self._served.run(_TASKS, asking, context)
        return _together(here, output(job, "0/tags", offer.model), offer.model, context)


def _together(here: Out, data: bytes, model: ModelInfo, context: Context) -> Out:
    """Return the tags of both, the server's first.

    Raises
    ------
    CannotDo : what it sent is not tags.
    """
    try:
        tags: dict[str, Any] = json.loads(data)
        taken = {name: tags[name] for name in tags if name in Out.model_fields and name not in _MEASURED}
        out = Out.model_validate(here.model_dump() | taken)
    except (ValueError, TypeError, ValidationError) as error:
        raise CannotDo(f"{model.name} sent no proper tags.", "Serve another model.") from error
    context.note(f"{', '.join(taken) or 'Nothing'} as {model.name} hears it; the rest was measured here.")
    return out


def _cost(args: Args, settings: Settings) -> float:
    """Return less than the embedded engine's nothing where a server tags: what it does not is measured here anyway."""
    return -0.5 if known_models("tag", settings, _TASKS) else 0.0


BACKEND = Backend(
    "tag",
    "remote",
    _load,
    kind="served",
    server="tag",
    licence="as the server says of each model",
    unavailable=unavailable("tag", "beat_this"),
    cost=_cost,
    says_so=True,
    heavy=True,
)
