"""The client of ACE-Step 1.5's own REST server: a task is released, asked about until it ends, and its sounds are fetched.

The protocol is that of the project's ``docs/en/API.md``: ``POST /release_task`` (JSON, or a form with files), ``POST
/query_result``, ``GET /v1/audio?path=…``, ``GET /v1/models``; answers are wrapped as ``{"data", "code", "error"}``. It knows no
cancelling and no idempotency key: a task that was given up runs on there, and a step that is tried again asks about the task
that it has released already.
"""

import json
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from segue.tools.core.audio import Waveform, decode
from segue.tools.core.base import Context
from segue.tools.core.errors import BackendUnavailable, CannotDo, DeadlineExceeded, Transient
from segue.tools.core.exchange import exchange
from segue.tools.core.licences import licence_of
from segue.tools.core.settings import Settings

SETTING = "acestep"
LICENCE = "code and weights MIT"
LONGEST_S, SHORTEST_S = 600.0, 10.0
_ASK_S = 0.4  # between two questions about a task
_UNKNOWN_S = 10.0  # how long a task may be unknown to the server that took it
_RUNNING, _DONE, _FAILED = 0, 1, 2
_INSTALL = (
    "no server is set: in ACE-Step 1.5's folder `uv run acestep-api` (port 8001), "
    "then SEGUE_SERVERS=acestep=http://127.0.0.1:8001"
)


def unavailable(settings: Settings) -> str | None:
    """Return why no ACE-Step can be used."""
    return None if SETTING in settings.servers else _INSTALL


class Take(NamedTuple):
    """A sound that the server made, with its seed where it told one."""

    wave: Waveform
    seed: int | None
    model: str


class AceStep:
    """One server."""

    def __init__(self, settings: Settings) -> None:
        address, _, self._model = settings.servers[SETTING].partition("#")
        self.url = address.rstrip("/")
        self._settings = settings
        self._tasks: OrderedDict[str, str] = OrderedDict()  # of steps that may be tried again

    def run(
        self, fields: Mapping[str, Any], context: Context, sounds: Mapping[str, bytes] | None = None, label: str = ""
    ) -> list[Take]:
        """Do a task and return its takes.

        Parameters
        ----------
        fields : of ``/release_task``.
        sounds : files that go with it as WAV, ``src_audio`` and ``reference_audio``.

        Raises
        ------
        BackendUnavailable, Transient, CannotDo, DeadlineExceeded, and what ``context.check`` raises.
        """
        self._allowed(context)
        key = f"{context.attempt_key}:{label}" if context.attempt_key else ""
        task = self._tasks.get(key) if key else None
        if task is None:
            task = self._release(fields, sounds or {}, context)
            if key:
                self._tasks[key] = task
                while len(self._tasks) > 256:
                    self._tasks.popitem(last=False)
        try:
            made = self._wait(task, context)
        except (CannotDo, BackendUnavailable):
            self._tasks.pop(key, None)
            raise
        takes = [self._fetch(one, number, context) for number, one in enumerate(made)]
        self._tasks.pop(key, None)
        return takes

    def models(self, check: Callable[[], None]) -> list[str]:
        """Return the models that it serves, its default first."""
        data = self._ask("GET", "/v1/models", check)
        try:
            listed = sorted(data["models"], key=lambda one: not one.get("is_default"))
            return [str(one["name"]) for one in listed]
        except (KeyError, TypeError, AttributeError) as error:
            raise self._torn() from error

    # -- the parts of a task -----------------------------------------------------------------------

    def _allowed(self, context: Context) -> None:
        if not self._settings.commercial:
            return
        model = self._model or next(iter(self.models(context.check)), "")
        licence = licence_of(model)
        if licence.commercial is False:
            raise BackendUnavailable(f"{model} may not be used here: {licence.name}, and commercial use is set.")

    def _release(self, fields: Mapping[str, Any], sounds: Mapping[str, bytes], context: Context) -> str:
        body = {**fields, **({"model": self._model} if self._model else {})}
        try:
            if sounds:
                form = {name: _as_form(value) for name, value in body.items()}
                files = {name: (f"{name}.wav", data, "audio/wav") for name, data in sounds.items()}
                data = self._ask("POST", "/release_task", context.check, data=form, files=files)
            else:
                data = self._ask("POST", "/release_task", context.check, json=body)
        except Transient as error:
            if error.__cause__ is None:
                raise
            # The connection was lost: asking again could have it made twice.
            raise BackendUnavailable(f"{error.message.rstrip('.')} while taking a task.", "Look whether it still runs.") from error  # fmt: skip
        try:
            return str(data["task_id"])
        except (KeyError, TypeError) as error:
            raise self._torn() from error

    def _wait(self, task: str, context: Context) -> list[dict[str, Any]]:
        """Return what the server says of a task's sounds once it has ended."""
        began = known = time.monotonic()
        while True:
            status, made, said = self._state(task, context)
            if status == _FAILED:
                raise CannotDo(f"ACE-Step failed{f' ({said})' if said else ''}.", "Ask for something else, or look at its log.")  # fmt: skip
            if status == _DONE:
                if not made:
                    raise CannotDo("ACE-Step ended without a sound.", "Look at its log.")
                return made
            now = time.monotonic()
            if made:
                known = now
            elif now - known > _UNKNOWN_S:
                raise CannotDo("ACE-Step does not know the task any more.", "Was it started anew? Ask again.")
            if now - began > self._settings.step_timeout_s:
                raise DeadlineExceeded("ACE-Step took longer than it may.", "Raise step_timeout_s.")
            done = made[0].get("progress") if made else None
            share = float(done) if isinstance(done, int | float) and 0 <= done <= 1 else 0.0
            context.progress(0.02 + 0.9 * share, 1.0, said or "ACE-Step is working")
            time.sleep(_ASK_S)

    def _state(self, task: str, context: Context) -> tuple[int, list[dict[str, Any]], str]:
        data = self._ask("POST", "/query_result", context.check, json={"task_id_list": [task]})
        try:
            row = next(one for one in data if one["task_id"] == task)
            made = json.loads(row.get("result") or "[]")
            status, made = int(row["status"]), made if isinstance(made, list) else [made]
        except (StopIteration, KeyError, TypeError, ValueError) as error:
            raise self._torn() from error
        errors = [str(one.get("error")) for one in made if isinstance(one, dict) and one.get("error")]
        said = errors[0] if status == _FAILED and errors else str(row.get("progress_text") or "")
        return status, [one for one in made if isinstance(one, dict)], " ".join(said.split())[:120]

    def _fetch(self, made: Mapping[str, Any], number: int, context: Context) -> Take:
        """Return one sound. Only the server's own route is followed, whatever address it names."""
        place = urlsplit(str(made.get("file") or ""))
        if place.path != "/v1/audio" or not place.query:
            raise self._torn()
        answer = exchange("GET", f"{self.url}/v1/audio?{place.query}", context.check, self._settings.step_timeout_s, key=self._settings.server_key)  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="segue-acestep-") as folder:
            path = Path(folder) / "take.flac"
            path.write_bytes(answer.content)
            return Take(decode(path, LONGEST_S + 60), _seed(made, number), str(made.get("dit_model") or "ACE-Step"))

    # -- over the wire -----------------------------------------------------------------------------

    def _ask(self, method: str, path: str, check: Callable[[], None], **more: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what is inside the wrapper of an answer."""
        answer = exchange(method, f"{self.url}{path}", check, self._settings.step_timeout_s, key=self._settings.server_key, **more)  # fmt: skip
        try:
            body = answer.json()
            data, code, error = body["data"], int(body.get("code") or 200), body.get("error")
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise self._torn() from fault
        if code == 429 or code >= 500:
            raise Transient(f"ACE-Step is busy or in trouble ({error or code}).")
        if error or code != 200:
            raise CannotDo(f"ACE-Step refused the request ({str(error or code)[:200]}).")
        return data

    def _torn(self) -> Transient:
        return Transient(f"The answer of {self.url} was none.")


def _as_form(value: Any) -> str:  # noqa: ANN401 - a JSON scalar
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seed(made: Mapping[str, Any], number: int) -> int | None:
    """Return a take's seed; the server lists those of all takes with each."""
    listed = [text.strip() for text in str(made.get("seed_value") or "").split(",")]
    return int(listed[number]) if number < len(listed) and listed[number].isdigit() else None
