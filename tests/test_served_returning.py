"""Leaving a conversation while it works, and coming back to it: whatever the page missed meanwhile is there."""

import contextlib
import time

import pytest
from playwright.sync_api import Route, expect

from tests.browser_support import TURN_MS, Visit, chromium

pytestmark = [
    pytest.mark.served,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium"),
]
LONG = "make a 45 second orchestral film score"


def begin(visit: Visit, text: str) -> None:
    """Send a message and look on until its first step runs."""
    visit.box.fill(text)
    visit.box.press("Enter")
    expect(visit.page.locator("[aria-busy=true] .sg-steps li").first).to_be_visible()


def turn_to(visit: Visit, words: str, said: str | list[str]) -> None:
    """Click on a conversation until it is in view: a click is lost where the list is just being drawn anew."""
    for _ in range(10):
        visit.page.locator(".sg-sessions label").filter(has_text=words).click()
        with contextlib.suppress(AssertionError):
            expect(visit.page.locator(".sg-said")).to_have_text(said, timeout=6_000)
            return
    expect(visit.page.locator(".sg-said")).to_have_text(said)


def until_answered(visit: Visit) -> None:
    """Wait, past the page, until the server has an answer to whatever was said."""
    api, ended = visit.context.request, time.monotonic() + TURN_MS / 1000
    while time.monotonic() < ended:
        sessions = [session["id"] for session in api.get("/api/sessions").json()]
        turns = [turn for id in sessions for turn in api.get(f"/api/sessions/{id}/messages").json()]
        if all(turn["status"] != "open" for turn in turns):
            return
        time.sleep(0.2)
    raise AssertionError("no answer")


def test_an_answer_that_comes_while_the_page_loads_is_shown(visit: Visit) -> None:
    """The page is drawn with the turn open, and the turn ends before the page asks how it stands."""
    begin(visit, "make a 6 second lo-fi loop")
    held: list[Route] = []
    asked = 0

    def hold(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:  # the first draws the conversation
            held.append(route)
        else:
            route.continue_()

    visit.page.route("**/gradio_api/run/predict*", hold)
    visit.reload()
    expect(visit.page.locator(".sg-said")).to_have_count(1)
    while not held:
        visit.page.wait_for_timeout(50)
    until_answered(visit)
    expect(visit.answers).to_have_count(0)
    held[0].continue_()
    expect(visit.answers).to_have_count(1)
    expect(visit.answers.locator("audio").first).to_be_attached()
    expect(visit.page.locator(".sg-stop")).to_be_hidden()


@pytest.mark.timeout(900)  # four answers, one of them of a film score, on a busy machine
def test_another_conversation_stays_in_view_while_one_works(visit: Visit) -> None:
    visit.say("what is in my library?")
    listed = visit.page.locator(".sg-sessions label")
    new = visit.page.get_by_role("button", name="New conversation")
    new.click()
    expect(visit.page.locator(".sg-turn")).to_have_count(0)
    begin(visit, LONG)
    # To an older one, where one can talk on while the film score is being made.
    turn_to(visit, "library", "what is in my library?")
    expect(visit.page.locator(".sg-stop")).to_be_hidden()
    expect(listed).to_have_count(2)
    visit.say("hello there")
    expect(visit.page.locator(".sg-said")).to_have_text(["what is in my library?", "hello there"])
    # Back: it still works, or has its answer; and to a new one.
    turn_to(visit, "film", LONG)
    new.click()
    expect(visit.page.locator(".sg-said")).to_have_count(0)
    visit.say("hello again")
    expect(visit.page.locator(".sg-said")).to_have_text("hello again")
    until_answered(visit)
    expect(visit.page.locator(".sg-said")).to_have_text("hello again")
    turn_to(visit, "film", LONG)
    expect(visit.answers.locator("audio").first).to_be_attached(timeout=TURN_MS)
    expect(visit.page.locator(".sg-said")).to_have_text(LONG)


def test_a_conversation_is_deleted_while_it_works(visit: Visit) -> None:
    begin(visit, LONG)
    asked: list[str] = []
    visit.answer_dialogs(asked, [True])
    visit.page.get_by_role("button", name="Delete").click()
    expect(visit.page.locator(".sg-hello")).to_be_visible()
    expect(visit.page.locator(".sg-sessions label")).to_have_count(0)
    expect(visit.page.locator(".sg-said")).to_have_count(0)
    visit.say("hello there")
    expect(visit.page.locator(".sg-said")).to_have_text("hello there")
