"""ACE-Step 1.5's REST server as its documentation describes it (docs/en/API.md of ace-step/ACE-Step-1.5), on loopback.

Faithful in what a client sees: the wrapper round every answer, tasks that are asked about by list, a ``result`` that is JSON in
a string, all seeds with each take, sounds behind ``/v1/audio?path=``, files that win over paths, no cancelling, no idempotency,
an unknown task that looks like a waiting one. What it "composes" is a tone whose pitch is the seed's and the prompt's.
"""

import io
import json
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np
import soundfile
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.http_support import serving

RATE = 48_000
SOUNDS = ("src_audio", "ctx_audio", "reference_audio", "ref_audio")
STATUS = {"queued": 0, "running": 0, "succeeded": 1, "failed": 2}


@dataclass
class AceStepDouble:
    """The server: ``fail`` makes tasks fail with its text, ``forget`` loses them, ``busy`` refuses so many submissions."""

    key: str | None = None
    polls: int = 2  # questions until a task has ended
    fail: str = ""
    forget: bool = False
    busy: int = 0
    torn: bool = False  # the next submission is taken, but its answer is lost
    short_s: float = 0.0  # what comes back is so much shorter than it should be
    elsewhere: str = ""  # an address that results name instead of the server's own
    model: str = "acestep-v15-turbo"
    url: str = ""
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def keyed(request: Request, forward: Any) -> Response:
            if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
                return JSONResponse({"detail": "Unauthorized"}, 401)
            return await forward(request)

        @app.get("/health")
        def health() -> Any:
            return wrapped({"status": "ok", "service": "ACE-Step API", "version": "1.0"})

        @app.get("/v1/models")
        def models() -> Any:
            return wrapped({"models": [{"name": "other", "is_default": False}, {"name": self.model, "is_default": True}], "default_model": self.model})  # fmt: skip

        @app.post("/release_task")
        async def release(request: Request) -> Any:
            if self.busy:
                self.busy -= 1
                return JSONResponse({"detail": "Server busy: queue is full"}, 429)
            if request.headers["content-type"].startswith("multipart/form-data"):
                form = await request.form()
                fields = {name: value for name, value in form.items() if isinstance(value, str)}
                sounds = {name: await value.read() for name, value in form.items() if not isinstance(value, str)}
                if unknown := set(sounds) - set(SOUNDS):
                    return JSONResponse({"detail": f"unexpected files {unknown}"}, 400)
            else:
                fields, sounds = await request.json(), {}
            if fields.get("task_type") in ("cover", "repaint") and "src_audio" not in sounds:
                return JSONResponse({"detail": "src_audio is required"}, 400)
            id = f"task-{len(self.tasks)}"
            self.tasks[id] = {"fields": fields, "sounds": sounds, "asked": 0}
            if self.torn:
                self.torn = False
                return Response(status_code=200, headers={"content-length": "999"}, content=b"{")
            return wrapped({"task_id": id, "status": "queued", "queue_position": 1})

        @app.post("/query_result")
        async def query(request: Request) -> Any:
            listed = (await request.json())["task_id_list"]
            return wrapped([self._state(id) for id in (json.loads(listed) if isinstance(listed, str) else listed)])

        @app.get("/v1/audio")
        def audio(path: str) -> Response:
            return Response(self.files[path], media_type="audio/flac") if path in self.files else Response(status_code=404)  # fmt: skip

        return app

    def _state(self, id: str) -> dict[str, Any]:
        if id not in self.tasks or self.forget:
            return {"task_id": id, "status": 0, "result": "[]"}
        task = self.tasks[id]
        task["asked"] += 1
        state = "running" if task["asked"] < self.polls else "failed" if self.fail else "succeeded"
        common = {"status": STATUS[state], "create_time": 1_700_000_000, "env": "development"}
        if state == "running":
            made = [{**common, "file": "", "progress": task["asked"] / self.polls}]
        elif state == "failed":
            made = [{**common, "file": "", "error": self.fail}]
        else:
            made = self._made(id, task, common)
        return {"task_id": id, "status": STATUS[state], "result": json.dumps(made), "progress_text": "diffusing"}

    def _made(self, id: str, task: dict[str, Any], common: dict[str, Any]) -> list[dict[str, Any]]:
        fields, sounds = task["fields"], task["sounds"]
        count = int(fields.get("batch_size") or 2)
        fixed = str(fields.get("use_random_seed", True)).lower() == "false"
        seeds = [int(s) for s in str(fields["seed"]).split(",")] if fixed else list(range(9000, 9000 + count))
        made = []
        for n, seed in enumerate(seeds[:count]):
            path = f"/tmp/api_audio/{id}-{n}.{fields.get('audio_format', 'mp3')}"
            self.files[path] = self._sound(fields, sounds, seed)
            url = f"{self.elsewhere}/v1/audio?path={quote(path, safe='')}"
            made.append({**common, "file": url, "wave": "", "prompt": fields.get("prompt", ""), "metas": {"bpm": fields.get("bpm", "N/A")}, "seed_value": ",".join(map(str, seeds)), "dit_model": self.model})  # fmt: skip
        return made

    def _sound(self, fields: dict[str, Any], sounds: dict[str, bytes], seed: int) -> bytes:
        if "src_audio" in sounds:
            source, rate = soundfile.read(io.BytesIO(sounds["src_audio"]), dtype="float32", always_2d=True)
            seconds = len(source) / rate
        else:
            seconds = float(fields.get("audio_duration") or 12)
        t = np.arange(int((seconds - self.short_s) * RATE)) / RATE
        pitch = 200 + (seed * 37 + zlib.crc32(str(fields.get("prompt")).encode())) % 400
        tone = 0.2 * np.sin(2 * np.pi * pitch * t)
        out = io.BytesIO()
        soundfile.write(out, np.stack([tone, tone], axis=1), RATE, format="FLAC")
        return out.getvalue()


def wrapped(data: Any) -> dict[str, Any]:
    """Return an answer in the wrapper that every answer has."""
    return {"data": data, "code": 200, "error": None, "timestamp": int(1000 * time.time()), "extra": None}


@contextmanager
def acestep(**what: Any) -> Iterator[AceStepDouble]:
    """Serve one while the block runs."""
    made = AceStepDouble(**what)
    with serving(made.app()) as url:
        made.url = url
        yield made
