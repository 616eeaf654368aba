"""Many people at once on one `segue serve`: part of ``make bench``. Usage: .ci/bench_people.py [--people N] [--seconds S]

Half of them hold keys of their own, half are browsers with a cookie. Everybody searches by talking, with
a pause before each message; one in ten also has music made, and one asks for four pieces at once. Two
rounds of S seconds: the first with searches alone. At the end everybody tries to read what is another's.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402

TRACKS = 200
PAUSE_S = (4.0, 12.0)  # between an answer and the next message of one person
MAKERS, GREEDY = 10, 4  # every tenth has music made; so many pieces are asked for at once by one
WAIT_S = 60.0  # how much longer than people talk a piece may take
LIMIT_S = 1.0  # for the 99th percentile of a search turn
GENRES = ("jazz", "rock", "ambient", "house", "folk", "soul", "techno", "classical", "blues", "reggae")
MOODS = ("calm", "dark", "happy", "dreamy", "energetic")
ASKS = (
    "find something calm", "something like that but happier", "only jazz", "not the second one", "show more",
    "find dark techno at 128 bpm", "what is in my library?", "find folk in D minor",
)  # fmt: skip
WISH = "make a 2 bar lo-fi loop"
Row = tuple[str, str, str]


def main() -> int:
    """Measure, print, return the exit status: 1 where somebody saw what is another's, or a turn failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50, help="how many at once")
    parser.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        help="how long people talk in each round",
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="segue-people-") as folder:
        from tests.ui_support import server

        home = Path(folder) / "home"
        library(home, Path(folder) / "library.csv", TRACKS)
        secrets = keys(home, asked.people)
        with server(home) as lock:
            calm, busy = asyncio.run(rounds(lock["url"], secrets, asked.people, asked.seconds))
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    print(f"| {asked.people} people on {os.cpu_count()} cores{load} | measured | wanted |\n|---|---|---|")
    for row in table(calm, busy):
        print(f"| {' | '.join(row)} |")
    return 1 if calm.wrong or busy.wrong else 0


# -- what they find ----------------------------------------------------------------------------------


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


def keys(home: Path, people: int) -> list[str]:
    """Make a key for every second of the people, and one for the greedy; return their secrets."""
    from segue.ui.keys import Allowance, Keys

    kept = Keys(home)
    return [kept.add(f"person {n}", Allowance(requests_per_minute=10_000)) for n in range(people // 2 + 1)]


# -- what they do ------------------------------------------------------------------------------------


@dataclass
class Person:
    """One of the people: a client with a key or a cookie of its own, and what only it may see."""

    name: str
    client: httpx.AsyncClient
    sessions: set[str] = field(default_factory=set)
    artifacts: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)


@dataclass
class Crowd:
    """What happened to everybody in one round."""

    searches: list[float] = field(default_factory=list)
    made: list[tuple[str, float]] = field(default_factory=list)  # who, and in how many seconds, as they ended
    positions: list[list[int]] = field(default_factory=list)  # of each piece that waited: what was told
    wrong: list[str] = field(default_factory=list)
    unmade: int = 0  # pieces that were still waited for when time was up


async def rounds(url: str, secrets: list[str], people: int, seconds: float) -> tuple[Crowd, Crowd]:
    """Let everybody search for a while, then search and make; return what happened in each round."""
    calm, busy = Crowd(), Crowd()
    everybody = [await arrive(url, n, secrets) for n in range(people)]
    greedy = await arrive(url, -1, secrets)
    await search(everybody[0], Crowd(), ASKS[0], None)  # the first turn of a server imports what turns need
    await asyncio.gather(*(searching(one, calm, n, seconds) for n, one in enumerate(everybody)))
    making = [asyncio.create_task(making_one(one, busy, n)) for n, one in enumerate(everybody) if n % MAKERS == 0]
    making += [asyncio.create_task(greedily(greedy, busy, seed)) for seed in range(GREEDY)]
    await asyncio.gather(*(searching(one, busy, n, seconds) for n, one in enumerate(everybody)))
    ended, open_ones = await asyncio.wait(making, timeout=WAIT_S + seconds)
    for task in open_ones:
        task.cancel()
    for task in ended:
        task.result()
    busy.unmade = len(open_ones)
    busy.wrong += await trespasses([*everybody, greedy])
    for one in [*everybody, greedy]:
        await one.client.aclose()
    return calm, busy


async def arrive(url: str, number: int, secrets: list[str]) -> Person:
    """Return a new person: with a key (the greedy and every second one), else with the cookie of a browser."""
    client = httpx.AsyncClient(base_url=url, timeout=900, trust_env=False)
    if number % 2:
        client.headers["Authorization"] = f"Bearer {secrets[(number + 1) // 2]}"
    else:
        await client.get("/")
        assert client.cookies, "a browser is given a cookie"
    return Person(f"person {number}" if number >= 0 else "greedy", client)


async def searching(one: Person, crowd: Crowd, number: int, seconds: float) -> None:
    """Search by talking, at least once, until the time is over."""
    drawn = random.Random(number)
    end = time.perf_counter() + seconds
    await asyncio.sleep(drawn.uniform(0, PAUSE_S[1]))
    session, n = await search(one, crowd, ASKS[0], None), 1
    while time.perf_counter() < end:
        session = await search(one, crowd, ASKS[(n + number) % len(ASKS)], session)
        n += 1
        await asyncio.sleep(drawn.uniform(*PAUSE_S))


async def search(one: Person, crowd: Crowd, words: str, session: str | None) -> str | None:
    """Take a turn that searches; return its session."""
    began = time.perf_counter()
    answer = await one.client.post("/api/chat", json={"message": words, "session": session})
    crowd.searches.append(time.perf_counter() - began)
    if answer.status_code != 200:
        crowd.wrong.append(f"{one.name}: {words!r} gave {answer.status_code}")
        return session
    found: str = answer.json()["session"]
    one.sessions.add(found)
    if session not in (None, found):
        crowd.wrong.append(f"{one.name}: asked in {session}, answered in {found}")
    return found


async def making_one(one: Person, crowd: Crowd, number: int) -> None:
    """Have a piece made in a conversation, following its events."""
    await asyncio.sleep(random.Random(number).uniform(0, PAUSE_S[0]))
    began, told, reply = time.perf_counter(), list[int](), None
    headers = {"Accept": "text/event-stream"}
    async with one.client.stream("POST", "/api/chat", json={"message": WISH}, headers=headers) as answer:
        async for event in events(answer):
            one.sessions |= {event["session"]} if event.get("session") else set()
            if event.get("type") == "queued" and event.get("done"):
                told.append(int(event["done"]))
            reply = event.get("reply") or reply
    crowd.made.append((one.name, time.perf_counter() - began))
    crowd.positions += [told] if told else []
    if reply is None or [result["status"] for result in reply["results"]] != ["done"]:
        crowd.wrong.append(f"{one.name}: {WISH!r} was not made")
        return
    one.artifacts |= {artifact["id"] for artifact in reply["artifacts"]}


async def greedily(one: Person, crowd: Crowd, seed: int) -> None:
    """Ask for one of the many pieces, as a job."""
    began, told = time.perf_counter(), list[int]()
    wanted = {"tool": "generate", "args": {"prompt": "a lo-fi loop", "bars": 2, "seed": seed}}
    job = (await one.client.post("/api/jobs", json=wanted)).json()
    one.jobs.add(job["id"])
    headers = {"Accept": "text/event-stream"}
    async with one.client.stream("GET", f"/api/jobs/{job['id']}", headers=headers) as answer:
        async for job in events(answer):
            if job["position"]:
                told.append(job["position"])
    crowd.made.append((one.name, time.perf_counter() - began))
    crowd.positions += [told] if told else []
    if job["state"] != "done":
        crowd.wrong.append(f"{one.name}: a job ended {job['state']}")
        return
    one.artifacts |= {made["id"] for made in job["result"]["out"]["pieces"]}


async def events(answer: httpx.Response) -> Any:  # noqa: ANN401 - yields JSON
    """Yield the data of server-sent events."""
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


async def trespasses(everybody: list[Person]) -> list[str]:
    """Let everybody try what is the next one's, and see whether lists hold just their own; return what was wrong."""
    wrong: list[str] = []
    for one, other in zip(everybody, everybody[1:] + everybody[:1], strict=True):
        paths = [f"/api/sessions/{id}{part}" for id in other.sessions for part in ("", "/messages")]
        paths += [f"/api/artifacts/{id}" for id in other.artifacts] + [f"/api/jobs/{id}" for id in other.jobs]
        for path in paths:
            if (await one.client.get(path)).status_code != 404:
                wrong.append(f"{one.name} could read {path} of {other.name}")
        for id in other.sessions:
            if (await one.client.post(f"/api/sessions/{id}/messages", json={"message": "hello"})).status_code != 404:
                wrong.append(f"{one.name} could speak in a session of {other.name}")
        listed = {session["id"] for session in (await one.client.get("/api/sessions?limit=200")).json()}
        if listed != one.sessions:
            wrong.append(f"{one.name} is listed {len(listed)} sessions and has {len(one.sessions)}")
        for id in one.artifacts:
            if (await one.client.get(f"/api/artifacts/{id}")).status_code != 200:
                wrong.append(f"{one.name} could not read what is their own")
    return wrong


# -- what came of it ---------------------------------------------------------------------------------


def table(calm: Crowd, busy: Crowd) -> list[Row]:
    """Return what was measured, line by line."""
    others = [seconds for name, seconds in busy.made if name != "greedy"]
    greedy = [seconds for name, seconds in busy.made if name == "greedy"]
    told = [position for positions in busy.positions for position in positions]
    rising = sum(any(b > a for a, b in pairwise(p)) for p in busy.positions)
    return [
        (f"{len(calm.searches)} search turns, nothing else: p50, p99", *spread(calm.searches)),
        (f"{len(busy.searches)} search turns while {len(others)} have a piece made and one asks for {GREEDY}: p50, p99", *spread(busy.searches)),
        (f"pieces: {len(busy.made)} made{f', {busy.unmade} not in time' if busy.unmade else ''}; slowest of those who asked for one, of the one who asked for {GREEDY}", f"{longest(others)}; {longest(greedy)}", "the latter"),
        ("positions told while waiting", f"1 to {max(told)}, to {len(busy.positions)} of {len(busy.made)}; {rising} were let wait for someone who came later" if told else "nobody waited", "told"),
        ("reads of what is another's that succeeded, turns that failed", f"{len(calm.wrong) + len(busy.wrong)}{': ' + '; '.join((calm.wrong + busy.wrong)[:3]) if calm.wrong + busy.wrong else ''}", "0"),
    ]  # fmt: skip


def spread(values: list[float]) -> tuple[str, str]:
    """Return median and 99th percentile beside the limit."""
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"{middle(values):.2f} s, {p99:.2f} s ({p99 / LIMIT_S:.2f} of the limit)", f"p99 under {LIMIT_S:g} s"


def longest(values: list[float]) -> str:
    """Return the greatest of some times."""
    return f"{max(values):.1f} s" if values else "none in time"


def middle(values: list[float]) -> float:
    """Return the median."""
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    sys.exit(main())
