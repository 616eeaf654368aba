"""An OpenAI-compatible server on loopback that answers as a test tells it, and remembers what it was sent.

It stands in for vLLM: the same paths, the same shapes of answers and of errors, the same limits on what is refused.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.http_support import serving

Answer = Callable[[dict[str, Any]], Any] | Any


@dataclass
class Double:
    """What it serves and says.

    chat, completion : text of the answer, or a function of the request's body; a ``Response`` is sent as it is.
    heard : a transcription as verbose_json; ``plain`` refuses verbose_json as servers without times do.
    """

    models: list[str] = field(default_factory=lambda: ["tiny"])
    root: str = ""
    key: str | None = None
    chat: Answer = "Nothing."
    completion: Answer = ""
    heard: Answer = field(default_factory=dict)
    plain: bool = False
    finish: str = "stop"
    slow_s: float = 0.0
    url: str = ""
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def sent(self, path: str) -> list[dict[str, Any]]:
        """Return the bodies that came to a path."""
        return [body for where, body in self.requests if where == path]

    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI()

        @app.middleware("http")
        async def keyed(request: Request, forward: Any) -> Response:
            if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
                return JSONResponse({"error": "Unauthorized"}, 401)
            return await forward(request)

        @app.get("/v1/models")
        def models() -> dict[str, Any]:
            return {"object": "list", "data": [{"id": m, "object": "model", "root": self.root or m} for m in self.models]}  # fmt: skip

        @app.post("/v1/chat/completions")
        async def chat(request: Request) -> Any:
            body = await request.json()
            said = self._said("chat", body, self.chat)
            message = {"role": "assistant", "content": said}
            return said if isinstance(said, Response) else self._choice({"message": message})

        @app.post("/v1/completions")
        async def complete(request: Request) -> Any:
            body = await request.json()
            said = self._said("completions", body, self.completion)
            return said if isinstance(said, Response) else self._choice({"text": said})

        @app.post("/v1/audio/transcriptions")
        async def transcribe(request: Request) -> Any:
            form = await request.form()
            body: dict[str, Any] = {name: value for name, value in form.items() if name != "file"}
            body["file"] = await form["file"].read()  # type: ignore[union-attr]
            if self.plain and body["response_format"] != "json":
                error = {"message": "Currently only support response_format: `text`, `json`", "code": 400}
                return JSONResponse({"error": error}, 400)
            heard = self._said("transcriptions", body, self.heard)
            if isinstance(heard, Response):
                return heard
            return {"text": heard["text"]} if body["response_format"] == "json" else heard

        return app

    def _said(self, path: str, body: dict[str, Any], answer: Answer) -> Any:
        self.requests.append((path, body))
        time.sleep(self.slow_s)
        return answer(body) if callable(answer) and not isinstance(answer, Response) else answer

    def _choice(self, content: dict[str, Any]) -> dict[str, Any]:
        return {"object": "x", "choices": [{"index": 0, "finish_reason": self.finish, **content}], "usage": {}}


@contextmanager
def double(**what: Any) -> Iterator[Double]:
    """Serve one while the block runs."""
    made = Double(**what)
    with serving(made.app()) as url:
        made.url = f"{url}/v1"
        yield made


def verbose(*spans: tuple[float, float, str], language: str = "en", **more: Any) -> dict[str, Any]:
    """Return a transcription as vLLM gives it in verbose_json."""
    segments = [{"id": n, "start": a, "end": b, "text": f" {text}", "avg_logprob": -0.3, **more} for n, (a, b, text) in enumerate(spans)]  # fmt: skip
    return {"text": " ".join(text for _, _, text in spans), "language": language, "duration": "1", "segments": segments}
