"""The talks once more, each turn's query rewritten by the LLM planner, and by whom its answers were given.

The planner is the product's own: prompt, schema, check and repair, over HTTP to an OpenAI-compatible server. That is a
real one (``server``), or one on loopback that answers from a file of recorded answers (``recorded``) or by a script
(``scripted``): a fixed rule that stands in for a model, so that the whole way is measured without one. What the script
earns says nothing about any LLM.
"""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from segue.agent.dialogue import ShownList, State, Thing
from segue.agent.plan import Plan
from segue.agent.planner import Planner
from segue.evals.discovery_cpcd import Talks, View
from segue.evals.discovery_house import House
from segue.tools.collection.talk import told
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.settings import Settings, load_settings

_PROMPTED = re.compile(r"```json\n(?P<state>.*)\n```.*?:\n(?P<message>.*)\Z", re.DOTALL)
_MODEL = "script"
Rewrites = dict[tuple[str, ...], str]
"""What the planner made of a turn, by the words said up to and with it."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The queries, whose answers they are (``server NAME``, ``recorded``, ``scripted``), and how many turns have one."""

    queries: Rewrites
    by: str
    turns: int

    @property
    def planned(self) -> int:
        """Of the turns those whose query the planner wrote; the others were searched as they were said."""
        return len(self.queries)


def rewritten(
    talks: Talks, ids: Sequence[str], house: House, answers: Path | None = None, url: str | None = None, model: str | None = None
) -> Rewritten:  # fmt: skip
    """Have the LLM planner plan every turn; return what it would search for.

    Parameters
    ----------
    answers : recorded answers, a JSON object a line with ``dialogue``, ``turn`` and ``answer``. With a server the file is
        written; without one it is read.
    url, model : a real server, and its model.

    Raises
    ------
    InvalidArgument : the file of answers cannot be read.
    """
    turns = [(id, case.view) for id in ids for case in talks.cases[id]]
    if url:
        planning = _Planning(house, url, model)
        queries = planning.all(turns)
        if answers is not None:
            answers.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in planning.heard), "utf-8")
        return Rewritten(queries, f"server {model or planning.settings.llm_model or url}", len(turns))
    known = _recorded(answers) if answers is not None else None
    at: list[tuple[str, int]] = [("", 0)]
    with _double(lambda prompt: scripted(prompt) if known is None else known.get(at[0], "")) as local:
        queries = _Planning(house, local, _MODEL).all(turns, at)
    return Rewritten(queries, "scripted" if known is None else "recorded", len(turns))


def scripted(prompt: str) -> str:
    """Answer a planning prompt by rule: search for the words of the message that tell of music.

    A message with none goes on with what was searched before and who was liked; one that names nobody is added to it.
    """
    found = _PROMPTED.search(prompt)
    if found is None:
        return "{}"
    state, message = json.loads(found["state"]), found["message"].strip()
    before = str(state.get("search", {}).get("query", ""))
    words = told(message)
    liked = {id for id, role in state.get("roles", {}).items() if role == "LIKED"}
    artists = dict.fromkeys(
        thing["artist"] for thing in state.get("things", []) if thing["id"] in liked and thing.get("artist")
    )
    if any(name["kind"] == "artist" for name in state.get("in_the_library", [])):
        query = words
    elif words:
        query = " ".join(dict.fromkeys(f"{words} {before}".split()))
    else:
        query = " ".join([before, *list(artists)[:2]])
    step = {"id": "s1", "tool": "retrieve", "args": {"query": query.strip()[:400] or message}}
    return json.dumps({"steps": [step]})


class _Planning:
    """The product's planner, asked for turn after turn of recorded talks."""

    def __init__(self, house: House, url: str, model: str | None) -> None:
        given = load_settings() if model != _MODEL else Settings()
        more: dict[str, Any] = {"home": house.settings.home, "planner": "llm", "llm_base_url": url, "certain": False}
        self.settings = given.model_copy(update={**more, **({"llm_model": model} if model else {})})
        self.house, self.heard = house, list[dict[str, Any]]()
        self._planner = Planner(self.settings, lambda id: True, "llm")

    def all(self, turns: Sequence[tuple[str, View]], at: list[tuple[str, int]] | None = None) -> Rewrites:
        """Return the query of every turn that was planned as one search; ``at`` is told which turn is asked for."""
        queries: Rewrites = {}
        before: dict[str, str] = {}
        with asyncio.Runner() as runner:
            for id, view in turns:
                if at is not None:
                    at[0] = (id, len(view.said))
                answers: list[str] = []
                state = _state(view, self.house, before.get(id, ""))
                plan = runner.run(self._plan(view.said[-1], state, answers))
                query = _query(plan)
                if query:
                    queries[view.said] = before[id] = query
                if answers:
                    self.heard.append({"dialogue": id, "turn": len(view.said), "answer": answers[-1]})
        return queries

    async def _plan(self, message: str, state: State, answers: list[str]) -> Plan:
        def trace(kind: str, data: dict[str, Any]) -> None:
            if kind == "answer":
                answers.append(str(data["text"]))

        return await self._planner.plan(message, state, trace=trace, stop=asyncio.Event())


def _query(plan: Plan) -> str:
    """Return what an LLM's plan searches for; nothing where the plan is not the LLM's or has no words."""
    searches = [step for step in plan.steps if step.tool == "retrieve"]
    return str(searches[-1].args.get("query") or "").strip() if plan.planner == "llm" and searches else ""


def _state(view: View, house: House, before: str) -> State:
    """Return the dialogue state of a turn: each earlier turn's list is what was liked and not liked of it."""
    state = State(turn=len(view.said), said=list(view.said[:-1]))
    for number, (liked, disliked) in enumerate(zip(view.liked, view.disliked, strict=True), 1):
        ids = [house.ids[row] for row in (*liked, *disliked)]
        for id, row in zip(ids, (*liked, *disliked), strict=True):
            track = house.tracks[row]
            state.things[id] = Thing(id=id, kind="track", title=track.title, artist=track.artist, origin="retrieve", turn=number)  # fmt: skip
        for id in ids:
            state.roles[id] = "LIKED" if ids.index(id) < len(liked) else "REJECTED"
        if ids:
            state.lists.append(ShownList(label=view.said[number - 1][:60], ids=ids, turn=number))
    if before:
        state.search, state.last_tool = {"query": before}, "retrieve"
    return state


def _recorded(path: Path) -> dict[tuple[str, int], str]:
    """Read answers by dialogue and turn."""
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        return {(str(line["dialogue"]), int(line["turn"])): str(line["answer"]) for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidArgument(
            f"{path} holds no recorded answers ({error}).",
            "One JSON object a line, with dialogue, turn and answer; a run with --base-url URL --answers FILE writes it.",
        ) from error


@contextmanager
def _double(answer: Callable[[str], str]) -> Iterator[str]:
    """Serve the two paths of an OpenAI-compatible server on loopback while the block runs; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({"object": "list", "data": [{"id": _MODEL, "object": "model"}]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            prompt = next(m["content"] for m in body["messages"] if m["role"] == "user")
            message = {"role": "assistant", "content": answer(prompt)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
            self._send({"id": "c", "object": "chat.completion", "created": 0, "model": _MODEL, "choices": [choice], "usage": usage})  # fmt: skip

        def _send(self, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
