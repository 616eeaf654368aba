"""Take the pictures of the chat page in docs/images. Usage: .ci/page_pictures.py [FOLDER]

A newcomer's path, from the start of ``segue serve`` on an empty data folder to the first beat that is heard, with
a picture of each step and the time it took; then a piece at the side, with its notes.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PLAYS = "() => [...document.querySelectorAll('audio')].some((one) => !one.paused && one.currentTime > 0.3)"
DRAWN = "() => [...document.querySelectorAll('.sg-wave')].every((one) => one.querySelector('svg'))"


def main() -> int:
    """Take the pictures; return the exit status."""
    from playwright.sync_api import expect

    from tests.browser_support import TURN_MS, Visit, browsing, chromium
    from tests.ui_support import server

    if chromium() is None:
        sys.exit("no Chromium here (Debian: apt-get install chromium)")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    with tempfile.TemporaryDirectory(prefix="segue-pictures-") as home, browsing() as browser:
        began = time.perf_counter()
        with server(Path(home) / "home", "--opening") as lock:
            visit = Visit(browser, lock["url"], viewport={"width": 1200, "height": 760})

            def keep(name: str) -> None:
                visit.page.screenshot(path=folder / f"{name}.png")
                print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)

            keep("first-1-page")
            visit.box.fill("make me a lo-fi beat")
            keep("first-2-asked")
            asked = time.perf_counter()
            visit.box.press("Enter")
            expect(visit.page.locator("[aria-busy=true] progress")).to_be_visible(timeout=TURN_MS)
            visit.page.wait_for_timeout(1500)  # so that it has come some way
            keep("first-3-made")
            whole = visit.page.locator(".sg-turn:not([aria-busy]) figure[data-piece]")
            expect(visit.page.locator(".sg-turn:not([aria-busy]) .sg-play").first).to_be_visible(timeout=TURN_MS)
            visit.page.locator(".sg-turn:not([aria-busy]) .sg-play").first.click()
            visit.page.wait_for_function(PLAYS, timeout=TURN_MS)
            print(f"| from Enter to the sound | {time.perf_counter() - asked:.0f} s |")
            print(f"| from the start of the server to the sound | {time.perf_counter() - began:.0f} s | limit 60 s |")
            expect(whole).to_be_visible(timeout=TURN_MS)
            visit.page.wait_for_function(DRAWN, timeout=TURN_MS)
            keep("first-4-heard")
            visit.page.locator(".sg-turn audio").first.evaluate("one => one.pause()")

            answer = visit.say("make the drums quieter")
            visit.page.set_viewport_size({"width": 1360, "height": 900})
            answer.get_by_role("button", name="Open").click()
            expect(visit.page.locator("#sg-now .sg-mixer")).to_be_visible()
            visit.page.wait_for_function(DRAWN)
            keep("page-edit")
            answer.locator("summary", has_text="Piano roll").click()
            answer.locator("summary", has_text="Score").click()
            expect(answer.locator("img").nth(1)).to_have_js_property("complete", True)
            answer.locator(".sg-more").scroll_into_view_if_needed()
            visit.page.set_viewport_size({"width": 1360, "height": 1300})
            keep("page-notes")
            visit.done()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"on {os.cpu_count()} cores{load}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
