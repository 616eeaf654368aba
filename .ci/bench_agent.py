"""What the agent itself costs, beside its peers on the same server and the same tools: part of ``make bench``.

Two tables. Overhead: one turn with one tool call, an LLM that answers at once, tools that take no time. Four
steps: an LLM that thinks for 800 ms, tools that take 1.5 s. Nobody here is measured on what it plans: the server
(``bench_llm.py``) knows every answer, so only the machinery differs.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import free_port  # noqa: E402

ONE = "find something calm"
CHAIN = "Find something calm, generate an intro in its key and tempo and put it in front"
APART = "make a house loop, make a techno loop, make a trance loop and make a dub loop"
THINKS_MS, WORKS_S, TURNS = 800, 1.5, 20
Turn = Callable[[str, str], Awaitable[None]]  # message, conversation


class Server:
    """The server of ``bench_llm.py`` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        from segue.agent.builtin import BuiltinPlanner
        from segue.agent.dialogue import State

        plans = {m: BuiltinPlanner().plan(m, State()).model_dump(mode="json", include={"steps"}) for m in (ONE, CHAIN, APART)}  # fmt: skip
        if [len(plans[m]["steps"]) for m in (ONE, CHAIN, APART)] != [1, 4, 4]:
            sys.exit("the requests of this benchmark are planned otherwise than it expects")
        (folder / "plans.json").write_text(json.dumps(plans), "utf-8")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, str(ROOT / ".ci/bench_llm.py"), str(port), str(folder / "plans.json")]
        self.process = subprocess.Popen(command)
        for _ in range(200):
            try:
                self.stats()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("the scripted server did not start")

    def stats(self) -> dict[str, int]:
        """Return calls and characters since the last time."""
        with urllib.request.urlopen(f"{self.url}/stats", timeout=5) as answer:
            counted: dict[str, int] = json.load(answer)
        return counted

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()


# -- the tools: the same four, for us and for the others -------------------------------------------


def engines(seconds: float) -> list[Any]:
    """Return Segue's engines: they wait, and give what their tools give."""
    from segue.tools import edit, generate, retrieve, tag
    from segue.tools.core.audio import Waveform
    from segue.tools.core.base import Backend, Value

    sound = Waveform(np.full((1, 800), 0.1, np.float32), 8000)

    def pieces(args: Any, context: Any) -> Any:  # noqa: ANN401
        time.sleep(seconds)
        return generate.Out(pieces=[context.add_piece("piece", wave=sound)])

    def changed(args: Any, context: Any) -> Any:  # noqa: ANN401
        time.sleep(seconds)
        return edit.Out(piece=context.add_piece("edited", wave=sound))

    def found(args: Any, context: Any) -> Any:  # noqa: ANN401
        time.sleep(seconds)
        known = context.store.pieces(context.owner, limit=1)  # a search writes nothing: only the first makes the track
        track = known[0] if known else context.add_piece("calm", wave=sound)
        return retrieve.Out(items=[retrieve.Item(id=track.id, title="calm")], total=1)

    def measured(args: Any, context: Any) -> Any:  # noqa: ANN401
        time.sleep(seconds)
        nothing = {name: Value() for name in tag.Out.model_fields if name != "duration_s"}
        return tag.Out(**{**nothing, "bpm": Value(value=90.0), "key": Value(value="D minor")}, duration_s=1.0)

    runs = {"generate": pieces, "edit": changed, "retrieve": found, "tag": measured}
    return [Backend(tool=tool, name="bench", load=lambda settings, run=run: run) for tool, run in runs.items()]


def functions(seconds: float) -> list[Any]:
    """Return the same four for LangChain."""
    from langchain_core.tools import tool

    made = []
    for name in ("generate", "edit", "retrieve", "tag"):

        async def work(wishes: dict[str, Any]) -> str:
            """Work on music."""
            await asyncio.sleep(seconds)
            return '{"id": "p_1"}'

        made.append(tool(name, description=f"The tool {name}")(work))
    return made


# -- the agents ------------------------------------------------------------------------------------


def segue(home: Path, url: str, model: str, planner: str) -> Any:  # noqa: ANN401
    """Return our agent: durable sessions, plan and reply by the LLM, or the built-in planner alone."""
    from segue.agent import Agent
    from segue.tools.core.settings import Settings

    prefer = dict.fromkeys(("generate", "edit", "retrieve", "tag"), "bench")
    address = {"llm_base_url": f"{url}/v1", "llm_model": model} if planner == "llm" else {"llm_base_url": None}
    return Agent(Settings(home=home, prefer=prefer, workers=8, **address), planner=planner)


def raw_client(url: str, model: str) -> Turn:
    """Return two bare calls of the openai client, a plan and a streamed reply: the least that an LLM turn can cost."""
    import openai

    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none")

    async def turn(message: str, conversation: str) -> None:
        said: Any = [{"role": "user", "content": message}]
        form: Any = {"type": "json_schema", "json_schema": {"name": "plan", "schema": {"type": "object"}}}
        await client.chat.completions.create(model=model, messages=said, response_format=form)
        async for _ in await client.chat.completions.create(model=model, messages=said, stream=True):
            pass

    return turn


def bare_graph(url: str, model: str) -> Turn:
    """Return a LangGraph graph of three nodes without a checkpointer: plan, tool, reply."""
    from langchain_openai import ChatOpenAI
    from langgraph.graph import END, START, StateGraph
    from typing_extensions import TypedDict

    class Data(TypedDict, total=False):
        message: str
        plan: str
        result: str
        reply: str

    chat = ChatOpenAI(model=model, base_url=f"{url}/v1", api_key="none")  # type: ignore[arg-type]
    bound = chat.bind(response_format={"type": "json_object"})
    tools = {tool.name: tool for tool in functions(0.0)}

    async def plan(data: Data) -> Data:
        return {"plan": str((await bound.ainvoke(data["message"])).content)}

    async def act(data: Data) -> Data:
        step = json.loads(data["plan"])["steps"][0]
        return {"result": str(await tools[step["tool"]].ainvoke({"wishes": step["args"]}))}

    async def reply(data: Data) -> Data:
        return {"reply": str((await chat.ainvoke(data["message"])).content)}

    graph = StateGraph(Data)
    for name, node in (("planning", plan), ("acting", act), ("replying", reply)):
        graph.add_node(name, node)
    for here, there in ((START, "planning"), ("planning", "acting"), ("acting", "replying"), ("replying", END)):
        graph.add_edge(here, there)
    compiled = graph.compile()

    async def turn(message: str, conversation: str) -> None:
        await compiled.ainvoke({"message": message})

    return turn


def react(url: str, model: str, seconds: float, saver: Any) -> Turn:  # noqa: ANN401
    """Return LangChain's ``create_agent``: a loop of model and tools, durable where a checkpointer is given."""
    from langchain.agents import create_agent
    from langchain_openai import ChatOpenAI

    chat = ChatOpenAI(model=model, base_url=f"{url}/v1", api_key="none")  # type: ignore[arg-type]
    agent = create_agent(chat, functions(seconds), checkpointer=saver)

    async def turn(message: str, conversation: str) -> None:
        thread: Any = {"configurable": {"thread_id": conversation}}
        await agent.ainvoke({"messages": [{"role": "user", "content": message}]}, thread)

    return turn


# -- measuring -------------------------------------------------------------------------------------


async def timed(turn: Turn, message: str, turns: int) -> tuple[float, float]:
    """Return median and 95th percentile of a turn's seconds, five turns a conversation, after two to warm up."""
    for _ in range(2):
        await turn(message, "warm")
    taken = []
    for number in range(turns):
        start = time.perf_counter()
        await turn(message, f"c{number // 5}-{turns}")
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), sorted(taken)[int(0.95 * (len(taken) - 1))]


def ours(agent: Any) -> Turn:  # noqa: ANN401
    """Return a turn of our agent; conversations are sessions of its own."""
    sessions: dict[str, str] = {}

    async def turn(message: str, conversation: str) -> None:
        reply = await agent.achat(message, session=sessions.get(conversation))
        failed = [result.error for result in reply.results if result.status != "done"]
        if failed or not reply.results:
            sys.exit(f"a step of the benchmark failed: {failed or reply.text}")
        sessions[conversation] = reply.session

    return turn


async def overhead(server: Server, folder: Path) -> None:
    """Print the first table."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    rows: list[tuple[str, float, float]] = []
    async with AsyncSqliteSaver.from_conn_string(str(folder / "react.db")) as saver:
        peers = {
            "openai client, two bare calls, no tool": raw_client(server.url, "serial-0"),
            "bare StateGraph, not durable": bare_graph(server.url, "serial-0"),
            "create_agent, not durable": react(server.url, "serial-0", 0.0, None),
            "create_agent with the SQLite checkpointer": react(server.url, "serial-0", 0.0, saver),
        }
        for name, turn in peers.items():
            rows.append((name, *await timed(turn, ONE, TURNS)))
    for planner, name in (("llm", "Segue, LLM planner, durable"), ("builtin", "Segue, built-in planner, durable")):
        with closing(segue(folder / planner, server.url, "serial-0", planner)) as agent:
            rows.append((name, *await timed(ours(agent), ONE, TURNS)))
            first = [await first_event(agent) for _ in range(5)]
            rows.append((f"{name}: first event on the stream", statistics.median(first), max(first)))
    peer = rows[3][1]
    print("| one turn, one tool, an LLM that answers at once | median | p95 | ÷ create_agent with checkpointer |")
    print("|---|---|---|---|")
    for name, median, late in rows:
        print(f"| {name} | {median * 1000:.0f} ms | {late * 1000:.0f} ms | {median / peer:.2f} |")


async def first_event(agent: Any) -> float:  # noqa: ANN401
    """Return the seconds from a message to the first event of its turn."""
    start, first = time.perf_counter(), 0.0
    async for _ in agent.astream(ONE):
        first = first or time.perf_counter() - start
    return first


async def four_steps(server: Server, folder: Path) -> None:
    """Print the second table."""
    model = f"serial-{THINKS_MS}"
    rows = []
    for message, what in ((APART, "side by side"), (CHAIN, "in a chain")):
        turns: dict[str, Turn] = {"ReAct (create_agent), one call a round": react(server.url, model, WORKS_S, None)}
        if message == APART:  # a chain cannot be called at once: each call needs the one before
            turns["ReAct (create_agent), parallel calls"] = react(server.url, f"parallel-{THINKS_MS}", WORKS_S, None)
        agents = {planner: segue(folder / f"{planner}-{what[0]}{len(what)}", server.url, model, planner) for planner in ("llm", "builtin")}  # fmt: skip
        turns["Segue, LLM planner"] = ours(agents["llm"])
        turns["Segue, built-in planner certain"] = ours(agents["builtin"])
        slow = 0.0
        for name, turn in turns.items():
            if name.startswith("Segue"):
                await turn(ONE, "warm")
            server.stats()
            start = time.perf_counter()
            await turn(message, "one")
            taken = time.perf_counter() - start
            slow = slow or taken
            rows.append((what, name, taken, slow / taken, server.stats()))
        for agent in agents.values():
            agent.close()
    print(
        f"\n| four steps of {WORKS_S:g} s, an LLM of {THINKS_MS} ms | | seconds | × faster | LLM calls | characters in, out |"
    )
    print("|---|---|---|---|---|---|")
    for what, name, taken, ratio, counted in rows:
        print(
            f"| {what} | {name} | {taken:.1f} | {ratio:.2f} | {counted['calls']} | {counted['in']}, {counted['out']} |"
        )


def main() -> None:
    """Measure and print."""
    from segue.tools.core import registry

    with tempfile.TemporaryDirectory(prefix="segue-bench-") as name, closing(Server(Path(name))) as server:
        real = registry._all_backends()

        async def measured() -> None:
            for seconds, measure in ((0.0, overhead), (WORKS_S, four_steps)):
                own = tuple(engines(seconds))
                registry._all_backends = lambda own=own: (*real, *own)  # type: ignore[assignment,misc]
                registry._loaded.clear()
                await measure(server, Path(name))

        asyncio.run(measured())


if __name__ == "__main__":
    main()
