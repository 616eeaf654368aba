"""An OpenAI-compatible server that knows the answers beforehand, for ``bench_agent.py``: what is timed is what stands round it.

The model's name says how it behaves: ``serial-800`` calls one tool a round and thinks for 800 ms, ``parallel-0``
calls all at once and thinks for none. Answers are looked up by the person's message in the file of plans.
``GET /stats`` gives calls and characters since the last time.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

REPLY = "Here it is: everything that you asked for is done."
_counted = {"calls": 0, "in": 0, "out": 0}


def main() -> None:
    """Serve: port, file of plans (message → plan)."""
    plans: dict[str, dict[str, Any]] = json.loads(Path(sys.argv[2]).read_text("utf-8"))

    async def complete(request: Request) -> Response:
        body = await request.json()
        manner, _, thinks = str(body["model"]).partition("-")
        message = _message(body, plans)
        answer = _answer(body, plans[message], manner)
        said = json.dumps(answer["tool_calls"]) if answer.get("tool_calls") else answer["content"]
        _counted["calls"] += 1
        _counted["in"] += len(json.dumps([body["messages"], body.get("tools"), body.get("response_format")]))
        _counted["out"] += len(said)
        await asyncio.sleep(float(thinks or 0) / 1000)
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        head = {"id": "c1", "created": 0, "model": body["model"]}
        if not body.get("stream"):
            finish = "tool_calls" if answer.get("tool_calls") else "stop"
            choice = {"index": 0, "message": answer, "finish_reason": finish}
            return JSONResponse({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
        chunk = {**head, "object": "chat.completion.chunk"}
        deltas = [({"role": "assistant", "content": answer["content"]}, None), ({}, "stop")]
        lines = [
            f"data: {json.dumps({**chunk, 'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish}]})}\n\n"
            for delta, finish in deltas
        ]
        return StreamingResponse(iter([*lines, "data: [DONE]\n\n"]), media_type="text/event-stream")

    async def stats(request: Request) -> JSONResponse:
        counted = dict(_counted)
        _counted.update(dict.fromkeys(_counted, 0))
        return JSONResponse(counted)

    routes = [Route("/v1/chat/completions", complete, methods=["POST"]), Route("/stats", stats)]
    uvicorn.run(Starlette(routes=routes), port=int(sys.argv[1]), log_level="error")


def _message(body: dict[str, Any], plans: dict[str, Any]) -> str:
    """Return which of the known requests this is about: the last one that the conversation holds."""
    text = " ".join(str(m.get("content") or "") for m in body["messages"] if m["role"] == "user")
    return max(plans, key=text.rfind)


def _answer(body: dict[str, Any], plan: dict[str, Any], manner: str) -> dict[str, Any]:
    if body.get("response_format"):
        return {"role": "assistant", "content": json.dumps(plan)}
    if not body.get("tools"):
        return {"role": "assistant", "content": REPLY}
    since = next(i for i in range(len(body["messages"]) - 1, -1, -1) if body["messages"][i]["role"] == "user")
    done = sum(m["role"] == "tool" for m in body["messages"][since:])
    steps = plan["steps"][done : None if manner == "parallel" else done + 1]
    if not steps:
        return {"role": "assistant", "content": REPLY}
    calls = [
        {"id": f"c{done + n}", "type": "function", "function": {"name": s["tool"], "arguments": json.dumps({"wishes": s["args"]})}}
        for n, s in enumerate(steps)
    ]  # fmt: skip
    return {"role": "assistant", "content": "", "tool_calls": calls}


if __name__ == "__main__":
    main()
