"""Chromium on a served page: who talks, and what went wrong behind the page."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Locator,
    Page,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.ui_support import ROOT

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",  # a microphone that beeps
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TURN_MS = 300_000  # a turn on a slow machine
SOON_MS = 60_000  # anything else on a busy one
WINDOW: ViewportSize = {"width": 1280, "height": 720}
SHOTS = ROOT / "build" / "page"  # screenshots of the journeys, kept for whoever looks


def chromium() -> str | None:
    """Return the path of a Chromium of this machine; none is ever downloaded."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Give a browser while the block runs."""
    expect.set_options(timeout=SOON_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


def _profile(browser: Browser, url: str) -> BrowserContext:
    """Return the browser's profile for a server, emptied of whoever was there; what it has cached of the page stays."""
    kept = [context for context in browser.contexts if getattr(context, "segue_url", None) == url]
    if not kept:
        kept = [browser.new_context(base_url=url)]
        kept[0].segue_url = url  # type: ignore[attr-defined]
    for page in kept[0].pages:
        page.close()
    kept[0].clear_cookies()
    return kept[0]


class Visit:
    """Somebody new on Segue's page: a window without cookies.

    Parameters
    ----------
    viewport, color_scheme : of the window.
    options : of a profile of its own; without any, one profile serves one visit after another, and the page's
        scripts are loaded once.
    """

    def __init__(
        self, browser: Browser, url: str, viewport: ViewportSize = WINDOW, color_scheme: Any = None, **options: Any
    ) -> None:
        self.url = url
        self.wrong: list[str] = []
        self._asked: list[str] = []
        self._answers: list[bool] = []
        self._own = bool(options)
        self.context = (
            browser.new_context(base_url=url, viewport=viewport, **options) if options else _profile(browser, url)
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(TURN_MS)
        self.page.set_viewport_size(viewport)
        if color_scheme:
            self.page.emulate_media(color_scheme=color_scheme)
        self.watch(self.page)
        self.page.goto("/")
        expect(self.box).to_be_visible()

    def watch(self, page: Page) -> None:
        """Note what goes wrong on a page of this window."""
        host = urlsplit(self.url).netloc
        page.on("console", lambda said: self.wrong.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("dialog", self._dialog)
        page.on("response", self._look)

        def asked(request: Any) -> None:
            address = urlsplit(request.url)
            if address.scheme in ("http", "https", "ws", "wss") and address.netloc != host:
                self.wrong.append(f"asked another host: {request.url}")

        page.on("request", asked)

    def answer_dialogs(self, asked: list[str], answers: list[bool]) -> None:
        """Expect so many questions, and answer them in that order; what they ask is put into ``asked``."""
        self._asked, self._answers = asked, list(answers)

    def _dialog(self, dialog: Dialog) -> None:
        if not self._answers:
            self.wrong.append(f"dialog: {dialog.message}")
            dialog.dismiss()
            return
        self._asked.append(dialog.message)
        if self._answers.pop(0):
            dialog.accept()
        else:
            dialog.dismiss()

    def _look(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status} {response.url}")

    @property
    def box(self) -> Locator:
        """The box where one writes."""
        return self.page.locator(".sg-input textarea")

    @property
    def answers(self) -> Locator:
        """The finished answers."""
        return self.page.locator(".sg-turn:not([aria-busy])")

    def say(self, text: str, *files: Path) -> Locator:
        """Send a message and return its finished answer."""
        before = self.answers.count()
        self.attach(*files)
        self.box.fill(text)
        self.box.press("Enter")
        return self.answer(before)

    def attach(self, *files: Path) -> None:
        """Put files beside the message."""
        if files:
            self.page.locator(".sg-input input[type=file]").set_input_files([str(file) for file in files])
            expect(self.page.locator(".sg-input .thumbnail-item")).to_have_count(len(files))

    def answer(self, before: int) -> Locator:
        """Return the answer that comes after so many."""
        expect(self.answers).to_have_count(before + 1, timeout=TURN_MS)
        expect(self.page.locator(".sg-stop")).to_be_hidden(timeout=TURN_MS)
        return self.answers.nth(before)

    def fetched(self, address: str) -> tuple[str, bytes]:
        """Return type and bytes of what a link of the page leads to, asked for with the page's cookies."""
        response = self.context.request.get(address)
        assert response.status == 200, f"{response.status} {address}: {response.text()[:200]}"
        return response.headers["content-type"], response.body()

    def reload(self) -> None:
        """Load the page anew; that requests of the old one break off is no mistake of the page."""
        before = len(self.wrong)
        self.page.reload()
        expect(self.box).to_be_visible()
        self.wrong[before:] = [line for line in self.wrong[before:] if not re.search("aborted|errored out", line)]

    def shot(self, name: str) -> None:
        """Keep a screenshot."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def faults(self) -> list[str]:
        """Return what a screen reader or weak eyes would miss on the page as it stands: by our own check, and by axe-core."""
        script = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")
        self.page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
        found = self.page.evaluate("() => axe.run({resultTypes: ['violations']})")["violations"]
        serious = [
            f"axe {one['id']} ({one['impact']}): {', '.join(str(node['target'][0]) for node in one['nodes'][:3])}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        return [*self.page.evaluate(script), *serious]

    def done(self) -> None:
        """Close the window; nothing may have gone wrong behind what was seen."""
        if self._own:
            self.context.close()
        else:
            for page in self.context.pages:
                page.close()
        assert self.wrong == [], self.wrong

    def overflow(self) -> int:
        """Return how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
