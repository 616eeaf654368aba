"""How quick the chat page is: part of ``make bench``. Usage: .ci/bench_page.py

Measured inside a real Chromium (nothing is measured where there is none) on a real ``segue serve``: until the
page can be used, from a key press to the first visible sign at the beginning and at the end of a long
conversation, and how a 3-minute piece plays while its stems are still being rendered.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ASKS = (
    "find something calm", "something like that but happier", "only jazz", "not the second one", "show more",
    "find dark techno at 128 bpm", "what is in my library?", "find folk in D minor",
)  # fmt: skip
READY_S, SIGN_S, WHOLE_S = 2.0, 0.2, 100
Row = tuple[str, str, str, str]  # what, measured, limit, ratio


def row(what: str, seconds: float, limit_s: float, more: str = "") -> Row:
    """Return a row of something that has a limit."""
    shown = f"{seconds * 1000:.0f} ms" if limit_s < 1 else f"{seconds:.2f} s"
    limit = f"{limit_s * 1000:.0f} ms" if limit_s < 1 else f"{limit_s:.1f} s"
    return what, f"{shown} ({more})" if more else shown, limit, f"{seconds / limit_s:.2f}"


def main() -> int:
    """Measure, print, return the exit status."""
    from bench_people import library  # beside this file

    from tests.browser_support import browsing, chromium
    from tests.ui_support import server

    if chromium() is None:
        print("The page is not measured: no Chromium here (Debian: apt-get install chromium).")
        return 0
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    print(f"| on {os.cpu_count()} cores{load} | measured | limit | of the limit |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        home = Path(folder) / "home"
        library(home, Path(folder) / "library.csv", 60)
        with server(home) as lock, browsing() as browser:
            for one in page(browser, lock["url"]):
                print(f"| {' | '.join(one)} |", flush=True)
    return 0


_WATCH = """() => {
  window.signs = [];
  window.addEventListener("keydown", (event) => {
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
_PLAYS = "(than) => [...document.querySelectorAll('audio')].some((one) => !one.paused && one.currentTime > than)"
_HEARD_S = 0.3  # a player that has come so far is heard


def page(browser: Any, url: str) -> Iterator[Row]:  # noqa: ANN401 - a Playwright browser
    """Yield what was measured of the page."""
    from playwright.sync_api import expect

    from tests.browser_support import Visit

    visit = Visit(browser, url)
    ready = []
    for _ in range(5):
        began = time.perf_counter()
        visit.page.goto("/")
        expect(visit.box).to_be_editable()
        expect(visit.page.locator(".sg-example").first).to_be_visible()
        ready.append(time.perf_counter() - began)
    yield row("page ready, warm: median of 5", statistics.median(ready), READY_S, f"worst {max(ready):.2f} s")
    yield from first_signs(visit)
    yield from long_piece(visit)
    visit.context.close()
    yield "errors on the console, requests to other hosts", str(len(visit.wrong)), "0", ""


def first_signs(visit: Any) -> Iterator[Row]:  # noqa: ANN401 - a Visit
    """Yield how soon something is seen of what was sent, at the beginning and at the end of 20 messages."""
    for first, last in ((1, 4), (17, 20)):
        visit.page.evaluate(_WATCH)
        took = []
        for n in range(first, last + 1):
            began = time.perf_counter()
            visit.say(ASKS[n % len(ASKS)])
            took.append(time.perf_counter() - began)
        signs = [seconds / 1000 for seconds in visit.page.evaluate("window.signs")]
        label = f"messages {first} to {last}"
        yield row(f"Enter to the first visible sign, worst of {label}", max(signs), SIGN_S)
        yield f"Enter to the whole answer of a search, median of {label}", f"{statistics.median(took):.2f} s", "", ""
        if last < 20:  # those between are said past the page, which then has them all
            between(visit, last + 1, 16)


def between(visit: Any, first: int, last: int) -> None:  # noqa: ANN401 - a Visit
    """Say so many messages over HTTP as the page's visitor, in the page's conversation."""
    session = visit.page.evaluate("sessionStorage.getItem('segue-session')")
    for n in range(first, last + 1):
        body = {"message": ASKS[n % len(ASKS)], "session": session}
        answer = visit.context.request.post("/api/chat", data=body, headers={"Origin": visit.url})
        if not answer.ok:
            sys.exit(f"a message was refused: {answer.status} {answer.text()[:200]}")
    visit.reload()
    visit.page.wait_for_function(f"() => document.querySelectorAll('.sg-said').length === {last}")


def long_piece(visit: Any) -> Iterator[Row]:  # noqa: ANN401 - a Visit
    """Yield when a 3-minute piece can be heard, when it is whole, and whether who listens then hears on."""
    from playwright.sync_api import TimeoutError as Late

    visit.page.get_by_role("button", name="New conversation").click()
    began = time.perf_counter()
    visit.box.fill("make a 3 minute lo-fi track")
    visit.box.press("Enter")
    early = visit.page.locator(".sg-turn figure .sg-play").first
    early.wait_for(timeout=WHOLE_S * 1000)
    early.click()
    visit.page.wait_for_function(_PLAYS, arg=_HEARD_S, timeout=30_000)
    heard = time.perf_counter() - began
    still = visit.page.locator("[aria-busy=true] .sg-steps").count() > 0
    try:
        visit.page.locator(".sg-turn:not([aria-busy]) figure[data-piece]").wait_for(timeout=WHOLE_S * 1000)
    except Late:
        yield "a 3-minute piece", f"not whole after {WHOLE_S} s; first sound {heard:.1f} s", "", ""
        return
    whole = time.perf_counter() - began
    what = "a 3-minute piece: Enter to the first sound" + (", stems still rendering" if still else "")
    yield row(what, heard, whole, "limit: the whole")
    try:
        visit.page.wait_for_function(_PLAYS, arg=1.0, timeout=5_000)
        on = "plays on"
    except Late:
        on = "stops"
    yield (
        "a 3-minute piece: whole, with its stems; for who listens already",
        f"{whole:.1f} s; it {on}",
        "it plays on",
        "",
    )


if __name__ == "__main__":
    sys.exit(main())
