"""An OpenAI-compatible server over real HTTP on loopback that plays a script, and remembers what it was sent.

Each call of ``/v1/chat/completions`` takes the next ``Move``; when the script is over it answers 500.
"""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Move:
    """One answer.

    text : what the model says. finish : its reason to end, None for none.
    status : an HTTP error instead. html : a web page with status 200. empty : no choices. raw : this body as it is.
    hang_s : wait before answering. drip_s : wait between the pieces. die_after : close the connection
    after so many pieces of a stream.
    """

    text: str = ""
    finish: str | None = "stop"
    status: int = 200
    html: bool = False
    empty: bool = False
    raw: str | None = None
    hang_s: float = 0.0
    drip_s: float = 0.0
    die_after: int | None = None


def plan(*steps: tuple[str, dict[str, Any]], **more: Any) -> Move:
    """Return a move that says a plan: (tool, arguments) for s1, s2, …"""
    listed = [{"id": f"s{n}", "tool": tool, "args": args} for n, (tool, args) in enumerate(steps, 1)]
    return Move(json.dumps({"steps": listed, **more}))


class ScriptedLlm:
    """The server: a context manager; ``url`` is its base URL, ``requests`` the bodies it was sent."""

    def __init__(self, *moves: Move) -> None:
        self.moves = list(moves)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                """Stay quiet."""

            def do_GET(self) -> None:
                self._json({"object": "list", "data": [{"id": "scripted-1", "object": "model"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer._lock:
                    outer.requests.append(body)
                    outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                    move = outer.moves.pop(0) if outer.moves else Move(status=500)
                outer._stop.wait(move.hang_s)
                try:
                    self._play(move, body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def _play(self, move: Move, body: dict[str, Any]) -> None:
                if move.status != 200:
                    self._json({"error": {"message": f"scripted {move.status}", "type": "scripted"}}, move.status)
                elif move.html or move.raw is not None:
                    text = "<html><body>Welcome to nginx!</body></html>" if move.html else str(move.raw)
                    self._send(text.encode(), 200, "text/html" if move.html else "application/json")
                elif body.get("stream"):
                    self._stream(move)
                else:
                    message = {"role": "assistant", "content": move.text}
                    choice = {"index": 0, "message": message, "finish_reason": move.finish}
                    self._json({**_head("chat.completion"), "choices": [] if move.empty else [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}})  # fmt: skip

            def _stream(self, move: Move) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                pieces = [move.text[i : i + 8] for i in range(0, len(move.text), 8)]
                for n, piece in enumerate(pieces):
                    if n == move.die_after:
                        self.wfile.flush()
                        return
                    self._event({"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None})
                    time.sleep(move.drip_s)
                self._event({"index": 0, "delta": {}, "finish_reason": move.finish})
                self.wfile.write(b"data: [DONE]\n\n")

            def _event(self, choice: dict[str, Any]) -> None:
                body = {**_head("chat.completion.chunk"), "choices": [choice]}
                self.wfile.write(f"data: {json.dumps(body)}\n\n".encode())
                self.wfile.flush()

            def _json(self, body: Any, status: int = 200) -> None:
                self._send(json.dumps(body).encode(), status, "application/json")

            def _send(self, data: bytes, status: int, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> "ScriptedLlm":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()


def _head(kind: str) -> dict[str, Any]:
    return {"id": "scripted", "object": kind, "created": 0, "model": "scripted-1"}
