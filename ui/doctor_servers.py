"""What ``segue doctor`` says of model servers: which answer, with what, under which licence; and how to start the others."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from segue.tools.core.base import Backend
from segue.tools.core.errors import ToolError
from segue.tools.core.exchange import exchange
from segue.tools.core.licences import licence_of
from segue.tools.core.models import model_names
from segue.tools.core.registry import backends
from segue.tools.core.settings import Settings
from segue.ui.doctor_findings import Finding

_PATIENCE_S = 4.0
# What a server brings, in the user's words; of others the tools are named.
_BRINGS = {
    "generate": "music by trained models",
    "edit": "stems of recordings by a trained separator, spans painted anew",
    "caption": "descriptions by a trained listener",
    "tag": "tempo and meter by a trained tracker",
    "retrieve": "searching by a space that words and sound share",
    "transcribe": "notes heard by another machine or a trained model",
    "whisper": "sung words, with times",
    "audio_llm": "questions about what is heard",
    "abc_llm": "tunes by a language model",
    "acestep": "songs with singing; other styles",
}


class Served(NamedTuple):
    """A model on a server: its name, what it does, its licence, and whether that allows commercial use (None: unknown)."""

    name: str
    does: str
    licence: str
    commercial: bool | None


def servers(settings: Settings) -> Iterator[Finding]:
    """Look at every server that an engine can use, all at once."""
    engines: dict[str, list[Backend]] = {}
    for backend in backends():
        if backend.server:
            engines.setdefault(backend.server, []).append(backend)
    asked = [(name, url) for name, urls in settings.servers.items() for url in urls.split()]
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        answers = list(pool.map(lambda one: _answer(one[1], settings), asked))
    for (name, url), answer in zip(asked, answers, strict=True):
        if name not in engines:
            says = f"no engine uses a server of this name; there are: {', '.join(sorted(engines))}"
            yield Finding(what=f"server {name}", level="note", says=says, do="Correct SEGUE_SERVERS.")
        elif isinstance(answer, str):
            yield Finding(
                what=f"server {name}", level="missing", says=answer, do=f"{_start(engines[name])}; or unset it"
            )
        else:
            yield _row(name, url, answer, settings.commercial)
    for name, users in sorted(engines.items(), key=lambda one: [*_BRINGS, one[0]].index(one[0])):
        if name not in settings.servers:
            brings = _BRINGS.get(name) or ", ".join(f"{user.tool} by {user.name}" for user in users)
            yield Finding(what=f"server {name}", level="missing", says=f"not set: without {brings}", do=_start(users))


def _start(users: list[Backend]) -> str:
    """Return the command that starts a server of this kind, and the setting; without any server set it is the reason."""
    reason = (users[0].unavailable(Settings()) or "").removeprefix("no server is set: ")
    command, _, setting = reason.partition(", then ")
    model = command.removeprefix("segue serve-tools ")
    if model != command and model not in model_names():
        return f"serve a model of your own (docs/serving.md), then {setting}"
    return reason


def _row(name: str, url: str, models: list[Served], commercial: bool) -> Finding:
    refused = [model for model in models if commercial and model.commercial is False]
    used = [model for model in models if model not in refused]
    listed = "; ".join(f"{m.name} ({m.licence}{': ' + m.does if m.does else ''})" for m in used)
    says = f"{listed or 'nothing that may be used'} at {url}"
    if refused:
        says += f"; refused for commercial use: {', '.join(f'{m.name} ({m.licence})' for m in refused)}"
    unknown = any(model.commercial is None for model in used)
    level = "missing" if not used else "note" if refused or (commercial and unknown) else "ok"
    if not used:
        do = "Serve a model whose weights allow it, or unset SEGUE_COMMERCIAL."
    else:
        do = (
            "Read the model's card: commercial use is set, and its licence is not known here."
            if commercial and unknown
            else ""
        )
    return Finding(what=f"server {name}", level=level, says=says, do=do)


def _answer(url: str, settings: Settings) -> list[Served] | str:
    """Return the models of a server, or why there are none; the three kinds of servers list them differently."""
    address, _, wanted = url.partition("#")
    root = address.rstrip("/").removesuffix("/v1")
    try:
        answer = exchange("GET", f"{root}/v1/models", lambda: None, _PATIENCE_S, key=settings.server_key)
        data = answer.json()["data"]
        found = _acestep(data) if isinstance(data, dict) else [_served(one) for one in data]
    except ToolError as error:
        return f"{root}: {error.message}" if root not in error.message else error.message
    except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return f"{root} answers, but not as a model server does"
    if wanted and wanted not in {model.name for model in found}:
        return f"{root} serves no '{wanted}', but {', '.join(model.name for model in found) or 'nothing'}"
    return [model for model in found if wanted in ("", model.name)] or f"{root} serves nothing"


def _served(one: dict[str, Any]) -> Served:
    """Return a model of the job protocol, which tells its licence, or of an OpenAI-compatible server, which does not."""
    if "tasks" in one:
        return Served(str(one["name"]), ", ".join(one["tasks"]), str(one["licence"]), bool(one.get("commercial", True)))
    known = licence_of(f"{one.get('root') or ''} {one['id']}")
    return Served(str(one["id"]), "", known.name, known.commercial)


def _acestep(data: dict[str, Any]) -> list[Served]:
    names = [str(one["name"]) for one in sorted(data["models"], key=lambda one: not one.get("is_default"))]
    return [Served(name, "", *licence_of(f"ace-step {name}")) for name in names[:1]]
