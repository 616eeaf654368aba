"""How quick the page and its server are: part of ``make bench``. Usage: .ci/bench_page.py [--page | --people]

Two tables. The page, measured inside a real Chromium (skipped where there is none): until it can be
used, from a key press to the first visible sign, and how a 3-minute piece plays while it is still being
rendered. People: 50 at once on one process over HTTP, each an owner, with the embedded engines; they
search with a pause between two messages, some have music made, and every one of them tries to read
what belongs to another.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402

PEOPLE, SEARCHES, MAKERS, GREEDY = 50, 4, 8, 6
PAUSE_S = (4.0, 12.0)  # between two messages of one person
GENRES = ("jazz", "rock", "ambient", "house", "folk", "soul", "techno", "classical", "blues", "reggae")
MOODS = ("calm", "dark", "happy", "dreamy", "energetic")
ASKS = (
    "find something calm", "something like that but happier", "only jazz", "not the second one", "show more",
    "find dark techno at 128 bpm", "what is in my library?", "find folk in D minor",
)  # fmt: skip
Row = tuple[str, str, str]


def main() -> int:
    """Measure, print, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="the page only")
    parser.add_argument("--people", action="store_true", help="the 50 people only")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        from tests.ui_support import server

        home = Path(folder) / "home"
        library(home, Path(folder) / "library.csv", 200)
        with server(home) as lock:
            rows: list[Row] = []
            if not asked.people:
                rows += page(lock["url"])
            if not asked.page:
                rows += asyncio.run(people(lock["url"]))
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    print(f"| on {os.cpu_count()} cores{load} | measured | wanted |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return 0


def library(home: Path, table: Path, tracks: int) -> None:
    """Make a library of titles without files."""
    drawn = random.Random(1)
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "artist", "genre", "mood", "bpm", "key", "year", "duration"])
        for n in range(tracks):
            key = f"{drawn.choice('CDEFGAB')} {drawn.choice(['major', 'minor'])}"
            writer.writerow([f"Song {n}", f"Artist {n % 211}", drawn.choice(GENRES), drawn.choice(MOODS), drawn.randint(60, 180), key, drawn.randint(1960, 2025), drawn.randint(90, 400)])  # fmt: skip
    command = [sys.executable, "-m", "segue.ui.cli", "library", "import", str(table)]
    subprocess.run(command, env={**os.environ, "SEGUE_HOME": str(home)}, check=True, capture_output=True)


# -- the page --------------------------------------------------------------------------------------

_WATCH = """() => {
  window.signs = [];
  const box = document.querySelector(".sg-input textarea");
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const pressed = performance.now(), before = document.querySelectorAll(".sg-said").length;
    const watching = new MutationObserver(() => {
      if (document.querySelectorAll(".sg-said").length <= before && !document.querySelector(".sg-pending")) return;
      watching.disconnect();
      requestAnimationFrame(() => window.signs.push(performance.now() - pressed));
    });
    watching.observe(document.body, { childList: true, subtree: true });
  }, true);
}"""


def page(url: str) -> list[Row]:
    """Return what was measured of the page."""
    from playwright.sync_api import expect

    from tests.browser_support import Visit, browsing, chromium

    if chromium() is None:
        return [("the page", "not measured: no Chromium here", "")]
    rows: list[Row] = []
    with browsing() as browser:
        visit = Visit(browser, url)
        ready = []
        for _ in range(7):
            began = time.perf_counter()
            visit.page.goto("/")
            expect(visit.box).to_be_editable()
            expect(visit.page.locator(".sg-example").first).to_be_visible()
            ready.append(time.perf_counter() - began)
        rows.append(("page ready, warm", f"{statistics.median(ready):.2f} s (worst of 7: {max(ready):.2f})", "2 s"))

        visit.page.evaluate(_WATCH)
        took = []
        for n in range(20):
            began = time.perf_counter()
            visit.say(ASKS[n % len(ASKS)])
            took.append(time.perf_counter() - began)
        signs = visit.page.evaluate("window.signs")
        for label, part in (("messages 1-5", slice(0, 5)), ("messages 16-20", slice(15, 20))):
            value = f"{statistics.median(signs[part]):.0f} ms (worst: {max(signs[part]):.0f})"
            rows.append((f"from Enter to the first visible sign, {label}", value, "200 ms"))
            rows.append(
                (f"from Enter to the whole answer of a search, {label}", f"{statistics.median(took[part]):.2f} s", "")
            )
        rows += long_piece(visit)
        visit.context.close()
        rows.append(("errors on the console, requests to other hosts", str(len(visit.wrong)), "0"))
    return rows


def long_piece(visit: Any) -> list[Row]:  # noqa: ANN401 - a Visit
    """Return when a 3-minute piece can be heard, and when it is whole."""
    visit.page.get_by_role("button", name="New conversation").click()
    began = time.perf_counter()
    visit.box.fill("make a 3 minute lo-fi track")
    visit.box.press("Enter")
    early = visit.page.locator(".sg-turn figure .sg-play").first
    early.wait_for(timeout=300_000)
    early.click()
    visit.page.wait_for_function("() => [...document.querySelectorAll('audio')].some((one) => one.currentTime > 0.3)", timeout=60_000)  # fmt: skip
    heard = time.perf_counter() - began
    still = visit.page.locator("[aria-busy=true] .sg-steps").count() > 0
    visit.answer(visit.answers.count() if not still else 1)
    whole = time.perf_counter() - began
    return [
        ("a 3-minute piece: first sound", f"{heard:.1f} s" + ("" if still else " (when it was whole)"), "before it is whole"),
        ("a 3-minute piece: whole, with its stems", f"{whole:.1f} s", ""),
    ]  # fmt: skip


# -- fifty people ----------------------------------------------------------------------------------


class Crowd:
    """What happened to everybody."""

    def __init__(self) -> None:
        self.search: list[float] = []
        self.made: list[tuple[str, float, int]] = []  # owner, seconds, first position told
        self.leaks = 0
        self.failed = 0
        self.sessions: dict[str, str] = {}


async def people(url: str) -> list[Row]:
    """Return what was measured of 50 people at once."""
    crowd = Crowd()
    limits = httpx.Limits(max_connections=300, max_keepalive_connections=300)
    async with httpx.AsyncClient(base_url=url, timeout=900, limits=limits, trust_env=False) as client:
        await client.post("/api/chat", json={"message": ASKS[0]}, headers=bearer("warm"))
        began = time.perf_counter()
        await asyncio.gather(*(searcher(client, crowd, f"person-{n}", n) for n in range(PEOPLE)))
        alone = time.perf_counter() - began
        calm, crowd.search = sorted(crowd.search), []
        makers = [maker(client, crowd, f"maker-{n}", 1) for n in range(MAKERS)]
        greedy = maker(client, crowd, "greedy", GREEDY)
        await asyncio.gather(greedy, *makers, *(searcher(client, crowd, f"person-{n}", n) for n in range(PEOPLE)))
        await look(client, crowd)
    busy = sorted(crowd.search)
    waits = [seconds for owner, seconds, _ in crowd.made if owner != "greedy"]
    last_greedy = max(seconds for owner, seconds, _ in crowd.made if owner == "greedy")
    told = [position for _, _, position in crowd.made if position]
    return [
        (f"{PEOPLE} people, {len(calm)} search turns in {alone:.0f} s: p50, p99", spread(calm), "p99 1 s"),
        (f"the same while {MAKERS} have music made and one asks for {GREEDY} at once: p50, p99", spread(busy), "p99 1 s"),
        ("slowest of those who asked for one piece; the last of the six of one", f"{max(waits):.1f} s; {last_greedy:.1f} s", "no longer than the greedy"),
        ("positions told to those who waited", f"1 to {max(told)}" if told else "nobody waited", "told"),
        ("attempts to read what is another's that succeeded, turns that failed", f"{crowd.leaks}, {crowd.failed}", "0, 0"),
    ]  # fmt: skip


def spread(values: list[float]) -> str:
    """Return median and 99th percentile."""
    return f"{values[len(values) // 2]:.2f} s, {values[min(len(values) - 1, int(len(values) * 0.99))]:.2f} s"


def bearer(name: str) -> dict[str, str]:
    """Return the header of an owner."""
    return {"Authorization": f"Bearer {name}"}


async def searcher(client: httpx.AsyncClient, crowd: Crowd, name: str, number: int) -> None:
    """Search a few times, with a pause before each."""
    drawn = random.Random(number)
    session = None
    for n in range(SEARCHES):
        await asyncio.sleep(drawn.uniform(*PAUSE_S))
        body = {"message": ASKS[(n + number) % len(ASKS)] if n else ASKS[0], "session": session}
        began = time.perf_counter()
        answer = await client.post("/api/chat", json=body, headers=bearer(name))
        crowd.search.append(time.perf_counter() - began)
        crowd.failed += answer.status_code != 200
        session = answer.json().get("session", session)
        crowd.sessions[name] = session or ""


async def maker(client: httpx.AsyncClient, crowd: Crowd, name: str, pieces: int) -> None:
    """Have pieces made, all asked for at once, and see which position is told."""

    async def one(seed: int) -> None:
        began = time.perf_counter()
        args = {"tool": "generate", "args": {"prompt": "a lo-fi loop", "bars": 4, "seed": seed}}
        job = (await client.post("/api/jobs", json=args, headers=bearer(name))).json()
        position = 0
        events = {**bearer(name), "Accept": "text/event-stream"}
        async with client.stream("GET", f"/api/jobs/{job['id']}", headers=events) as told:
            async for line in told.aiter_lines():
                if line.startswith("data: "):
                    job = json.loads(line[6:])
                    position = position or job["position"] or 0
        crowd.failed += job["state"] != "done"
        crowd.made.append((name, time.perf_counter() - began, position))

    await asyncio.gather(*(one(seed) for seed in range(pieces)))


async def look(client: httpx.AsyncClient, crowd: Crowd) -> None:
    """Let everybody try the next one's session, messages and list."""
    names = sorted(crowd.sessions)
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        for path in (f"/api/sessions/{crowd.sessions[other]}", f"/api/sessions/{crowd.sessions[other]}/messages"):
            answer = await client.get(path, headers=bearer(name))
            crowd.leaks += answer.status_code != 404
        listed = (await client.get("/api/sessions", headers=bearer(name))).json()
        crowd.leaks += crowd.sessions[other] in {one["id"] for one in listed}


if __name__ == "__main__":
    sys.exit(main())
