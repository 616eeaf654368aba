"""What the clients of the job protocol share: which served model takes a wish best, sound sent, fields told.

A tool's servers are named by ``servers = {generate = "http://…"}``, several with spaces between them, one of a server's
models after ``#``. Of all models the one is asked that ignores least, and approximates least of those.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from segue.tools.core.audio import Waveform, decode
from segue.tools.core.base import Context
from segue.tools.core.errors import BackendUnavailable, CannotDo, Rejected, ToolError
from segue.tools.core.jobs import JobRequest, ModelInfo, Task
from segue.tools.core.piece import Piece
from segue.tools.core.remote import JobClient, RemoteJob
from segue.tools.core.settings import Settings

T = TypeVar("T")

_KNOWN_S = 10.0  # how long what a server offers is believed, where it only serves to choose an engine
_ASK_S = 3.0  # and how long is waited for it
_known: dict[str, tuple[float, list[ModelInfo]]] = {}


@dataclass(frozen=True)
class Wish:
    """What is asked of one model: the request, with pieces' ids for sounds, and what has no place in it.

    Attributes
    ----------
    sounds : what the request names by ids: pieces by theirs, or files by any.
    lost : in words, what this model is not even asked for.
    notes : what the user is told where this model is asked.
    """

    request: JobRequest
    sounds: Mapping[str, Piece | bytes] = field(default_factory=dict)
    lost: Sequence[str] = ()
    notes: Sequence[str] = ()

    def cost(self, model: ModelInfo) -> tuple[int, int]:
        """Return how many wishes the model ignores, and how many it approximates."""
        asked = self.request.asked()
        ignored = [name for name in asked if name not in model.honours]
        return len(ignored) + len(self.lost), sum(bool(model.honours.get(name)) for name in asked)


@dataclass(frozen=True)
class Offer:
    """A model and where it is served."""

    client: JobClient
    model: ModelInfo


Asking = Callable[[ModelInfo], Wish | None]


def unavailable(tool: str, example: str) -> Callable[[Settings], str | None]:
    """Return a backend's ``unavailable`` for a tool; ``example`` is a model to serve."""

    def reason(settings: Settings) -> str | None:
        if settings.servers.get(tool, "").strip():
            return None
        return f"no server is set: segue serve-tools {example}, then SEGUE_SERVERS={tool}=http://127.0.0.1:8100"

    return reason


class Served:
    """The servers of one tool."""

    def __init__(self, tool: str, settings: Settings, timeout_s: float = 30.0) -> None:
        self._tool = tool
        named = [place.partition("#") for place in settings.servers[tool].split()]
        self._places = [(JobClient(url, settings.server_key, timeout_s), model) for url, _, model in named]

    def all(self) -> list[Offer]:
        """Return every model of the servers that answer.

        Raises
        ------
        BackendUnavailable, Transient : none answers.
        """
        found, silent = [], []
        for client, only in self._places:
            try:
                found += [Offer(client, model) for model in client.models() if only in ("", model.name)]
            except ToolError as error:
                silent.append(error)
        if silent and not found:
            raise silent[0]
        return found

    def offers(self, tasks: Collection[Task], commercial: bool) -> list[Offer]:
        """Return the models that do one of these tasks and may be used.

        Raises
        ------
        BackendUnavailable : there is none; the message says why, models that a licence forbids by name.
        """
        found = self.all()
        able = [offer for offer in found if set(tasks) & set(offer.model.tasks)]
        allowed = [offer for offer in able if offer.model.commercial or not commercial]
        if not allowed:
            forbidden = ", ".join(f"{offer.model.name} ({offer.model.licence})" for offer in able)
            why = f"the licence of {forbidden} forbids commercial use" if able else f"no model there does {self._tool}"
            raise BackendUnavailable(f"The model server cannot be used: {why}.", "Serve another model.")
        return allowed

    def run(self, tasks: Collection[Task], asking: Asking, context: Context, part: str = "") -> tuple[RemoteJob, Offer]:
        """Ask the model that takes the wish best, else the next; say what became of every field.

        Parameters
        ----------
        asking : returns what to ask of a model, or None where it cannot be asked.
        part : tells jobs of one step apart.

        Raises
        ------
        BackendUnavailable, CannotDo, Transient, DeadlineExceeded, Cancelled.
        """
        offers = self.offers(tasks, context.settings.commercial)
        asked = [(offer, wish) for offer in offers if (wish := asking(offer.model)) is not None]
        asked.sort(key=lambda pair: pair[1].cost(pair[0].model))
        refused: Rejected | None = None
        for offer, wish in asked:
            try:
                job = self._sent(offer, wish, context, part)
            except Rejected as error:
                refused = error
                continue
            _tell(job, offer.model, wish, context)
            return job, offer
        raise refused or CannotDo("No served model can be asked for this.", "Ask for it in another way.")

    def _sent(self, offer: Offer, wish: Wish, context: Context, part: str) -> RemoteJob:
        blobs = {id: offer.client.upload(_bytes(sound, context)) for id, sound in wish.sounds.items()}
        audio = wish.request.audio
        placed = {name: blobs.get(id, id) for name, id in audio.model_dump(exclude={"ref"}).items() if id}
        request = wish.request.model_copy(update={"audio": audio.model_copy(update=placed)})
        content = f"{context.attempt_key or id(context)}|{part}|{request.model_dump_json()}"
        key = hashlib.sha256(content.encode()).hexdigest()
        return offer.client.run(request, key, context.progress, context.deadline)


def known_models(tool: str, settings: Settings, tasks: Collection[Task]) -> list[ModelInfo]:
    """Return what a tool's servers offer that may be used, as of some seconds ago; nothing where none answers."""
    url = settings.servers.get(tool, "")
    when, models = _known.get(url, (0.0, []))
    if time.monotonic() - when > _KNOWN_S or not when:
        try:
            models = [offer.model for offer in Served(tool, settings, _ASK_S).all()]
        except ToolError:
            models = []
        _known[url] = (time.monotonic(), models)
    return [
        model for model in models if set(tasks) & set(model.tasks) and (model.commercial or not settings.commercial)
    ]


def _bytes(sound: Piece | bytes, context: Context) -> bytes:
    if isinstance(sound, bytes):
        return sound
    if sound.clip is None:
        raise CannotDo(f"'{sound.title}' is a score without sound.", "Ask for it to be rendered first.")
    return context.store.path(sound.clip.id).read_bytes()


def _tell(job: RemoteJob, model: ModelInfo, wish: Wish, context: Context) -> None:
    """Say every wish that was not simply used, what the server said, and a licence that forbids commercial use."""
    for name, what in job.status.fields.items():
        if what.status != "used":
            said = name.partition(".")[2].replace("_", " ")
            verb = "were" if said.endswith("s") and said != "lufs" else "was"
            context.note(f"{model.name}: {said} {verb} {what.status} ({what.how.rstrip('.')}).")
    for lost in wish.lost:
        context.note(f"{model.name} cannot take {lost} into account.")
    for note in (*wish.notes, *job.status.notes):
        context.note(note)
    if not model.commercial:
        context.note(f"The weights of {model.name} are not for commercial use ({model.licence}).")


def beats_per_bar(meter: str | None) -> float:
    """Return the quarter notes in a bar; of a meter that cannot be read, which whoever composes will say, those of 4/4."""
    upper, _, lower = (meter or "4/4").partition("/")
    return int(upper) * 4 / int(lower) if upper.isdigit() and lower.isdigit() and int(lower) else 4.0


def heard(data: bytes) -> Waveform:
    """Decode sound that a server sent."""
    return read_bytes(data, "sound.wav", decode)


def read_bytes(data: bytes, name: str, read: Callable[[Path], T]) -> T:
    """Return what a reader of files makes of bytes."""
    with tempfile.TemporaryDirectory(prefix="segue-served-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read(path)


def stems_of(job: RemoteJob, take: int = 0) -> dict[str, Waveform]:
    """Return the stems of a take by name; of a model without takes, its stems."""
    found = {name.removeprefix(f"{take}/"): data for name, data in job.outputs.items()}
    return {name.removeprefix("stems/"): heard(data) for name, data in found.items() if name.startswith("stems/")}


def output(job: RemoteJob, name: str, model: ModelInfo) -> bytes:
    """Return what a job made under this name.

    Raises
    ------
    CannotDo : it made no such thing.
    """
    if (data := job.outputs.get(name)) is None:
        raise CannotDo(f"{model.name} sent no {name.partition('/')[2]}.", "Serve another model.")
    return data
