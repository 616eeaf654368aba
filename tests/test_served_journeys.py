"""More journeys through the page: discovery, mixing, stopping, two tabs, the keyboard alone, a tool that fails.

As in ``test_served_page``, each ends with a look behind the page: no error, nothing asked of another host.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser_support import TURN_MS, Visit, chromium
from tests.test_served_page import add_folder, download, small_library
from tests.ui_support import tone

pytestmark = [
    pytest.mark.served,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium"),
]
WIDE = {"width": 1400, "height": 900}


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("music"))


@pytest.fixture
def visit(browser: Browser, running: dict[str, Any]):
    guest = Visit(browser, running["url"], viewport=WIDE)
    yield guest
    guest.done()


def names(answer: Locator) -> list[str]:
    return answer.locator(".sg-tracks b").all_inner_texts()


def side(visit: Visit) -> Locator:
    """The right side, open."""
    toggle = visit.page.get_by_role("button", name="Now, library and taste")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    return visit.page.locator("#sg-now")


def test_discovery_over_nine_turns(visit: Visit, music: Path) -> None:
    add_folder(visit, music)
    found = visit.say("find something energetic in my library")
    first = names(found)
    assert first
    found.get_by_role("button", name=f"I like {first[0]}").click()
    visit.answer(1)
    more = visit.say("more like that, but calmer")
    assert names(more)
    more.get_by_role("button", name=f"Not {names(more)[-1]}").click()
    rejected = names(more)[-1]
    again = visit.answer(3)
    assert rejected not in names(again)
    for text in ("only under 120 bpm", "show me the slowest first", "why the first one?"):
        answer = visit.say(text)
        expect(answer.locator("p").first).not_to_be_empty()
        assert rejected not in names(answer)
    # What searches keep to stands above the box, and goes away by a key press; it comes back by being undone.
    chip = visit.page.locator(".sg-keeping .sg-kept button").last
    words = chip.get_attribute("data-drop") or ""
    expect(chip).to_have_accessible_name(f"No longer keep to {words}")
    chip.focus()
    visit.page.keyboard.press("Enter")
    expect(visit.answer(7)).to_contain_text(f"No longer kept to: {words}")
    expect(visit.page.locator(".sg-keeping .sg-kept button").last).not_to_have_attribute("data-drop", words)
    kept = visit.say("make a playlist of these")
    expect(kept).to_be_visible()
    assert visit.answers.count() == 9
    side(visit)
    visit.page.locator(".sg-right button.label-wrap", has_text="Taste").click()
    expect(visit.page.locator(".sg-taste")).to_contain_text(rejected)
    expect(visit.page.locator(".sg-taste")).to_contain_text(first[0])
    visit.shot("discovery")
    assert visit.page.locator(".sg-error").count() == 0


def test_a_piece_is_seen_mixed_and_taken_along(visit: Visit) -> None:
    answer = visit.say("make a 2 bar lo-fi loop with drums, bass and piano")
    now = side(visit)
    expect(now.locator("h3")).to_contain_text(answer.locator("figcaption b").inner_text())
    expect(now.locator(".sg-wave svg")).to_have_count(2)
    expect(now).to_contain_text("LUFS")
    expect(now.get_by_role("list", name="Chords").locator("li").first).to_be_visible()
    expect(now.get_by_role("list", name="Sections").locator("li").first).to_be_visible()
    assert visit.faults() == []

    answer.locator("summary", has_text="Piano roll").click()
    picture = answer.locator(".sg-picture img").first
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0

    # The first touch loads the stems; what is heard is what the mixer says.
    now.get_by_role("button", name="Mute drums").click()
    now.get_by_role("slider", name="Level of bass").fill("-6")
    expect(now.get_by_role("button", name="Make this mix")).to_be_visible()
    expect(now.locator(".sg-mixing")).to_be_empty()
    play = now.locator(".sg-stage .sg-play")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    wave = now.locator(".sg-stage .sg-wave")
    expect(wave).not_to_have_attribute("aria-valuenow", "0.0")
    visit.shot("mixer")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")
    now.get_by_role("button", name="Solo piano").click()
    expect(now.get_by_role("button", name="Solo piano")).to_have_attribute("aria-pressed", "true")
    now.get_by_role("button", name="Solo piano").click()

    now.get_by_role("button", name="Make this mix").click()
    mixed = visit.answer(1)
    expect(mixed).to_contain_text("drums removed")
    expect(now.locator("summary", has_text="2 versions")).to_be_visible()
    assert now.locator("[data-stem=drums]").count() == 0
    now.locator(".sg-version").first.click()
    expect(now.locator("[data-stem=drums]")).to_have_count(1)

    assert download(visit, mixed, ".wav")[1][:4] == b"RIFF"
    link = now.get_by_role("link", name=re.compile("as MIDI")).get_attribute("href") or ""
    assert visit.fetched(link)[1][:4] == b"MThd"


def test_a_piece_goes_with_the_next_message(visit: Visit) -> None:
    first = visit.say("make a 2 bar folk loop")
    title = first.locator("figcaption b").inner_text()
    visit.say("compose a new 4 second techno riff")
    first.get_by_role("button", name=f"Use {title}").click()
    expect(visit.page.locator(".sg-chip")).to_contain_text(title)
    answer = visit.say("reverse it")
    expect(answer.locator("figcaption b")).to_contain_text(title)
    expect(visit.page.locator(".sg-chip")).to_have_count(0)
    # Dropped anywhere on the page, a file stands beside the message.
    visit.page.evaluate(
        """() => {
          const bag = new DataTransfer();
          bag.items.add(new File([new Uint8Array(2000)], "dropped.wav", { type: "audio/wav" }));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: bag, bubbles: true, cancelable: true }));
        }"""
    )
    expect(visit.page.locator(".sg-input .thumbnail-item")).to_have_count(1)


def test_the_player_is_heard_with_the_next_message(visit: Visit, music: Path) -> None:
    """A track that was left at once counts against it here; "this bit" is where the player stands."""
    add_folder(visit, music)
    found = visit.say("find something energetic in my library")
    plays = found.locator(".sg-play")
    sounds = found.locator("audio")
    plays.nth(0).click()
    expect(sounds.nth(0)).to_have_js_property("paused", False)
    visit.page.wait_for_function("() => document.querySelector('.sg-tracks audio').currentTime > 0.2")
    plays.nth(1).click()
    visit.page.wait_for_function("() => document.querySelectorAll('.sg-tracks audio')[1].currentTime > 0.2")
    plays.nth(1).click()
    left, stands = (str(sounds.nth(n).get_attribute("src")).split("/")[-1] for n in (0, 1))
    answer = visit.say("keep only this bit")
    expect(answer).to_contain_text("around where the player stands")
    session = visit.page.evaluate("sessionStorage.getItem('segue-session')")
    [_, turn] = visit.context.request.get(f"/api/sessions/{session}/messages").json()
    assert list(turn["heard"]["skipped"]) == [left]
    assert turn["heard"]["playing"]["id"] == stands
    visit.say("thanks")
    [*_, turn] = visit.context.request.get(f"/api/sessions/{session}/messages").json()
    assert turn["heard"]["skipped"] == {}, "told once"


def test_what_runs_is_stopped(visit: Visit) -> None:
    visit.box.fill("make a 4 minute orchestral film score")
    visit.box.press("Enter")
    running = visit.page.locator("[aria-busy=true] .sg-steps li").first
    expect(running).to_contain_text("generate")
    expect(running).to_contain_text("composer")
    expect(running.locator("progress")).to_be_visible()
    expect(running.locator(".sg-time")).to_have_text(re.compile(r"\d s"))
    visit.shot("running")
    visit.page.locator("[data-stop]").click()
    answer = visit.answer(0)
    expect(answer).to_contain_text("Stopped")
    expect(answer.get_by_role("button", name=re.compile("Try again"))).to_be_visible()


# A slow browser: what ends an event, and what ends its window's stream, are each read a second and a half late.
_LATE = """(() => {
  const asked = window.fetch;
  window.fetch = async (...given) => {
    const answer = await asked(...given);
    if (!String(given[0]?.url || given[0]).includes("queue/data")) return answer;
    const ends = /"msg":"(process_completed|close_stream)"/;
    const late = new TransformStream({ async transform(chunk, out) {
      if (ends.test(new TextDecoder().decode(chunk))) await new Promise((go) => setTimeout(go, 1500));
      out.enqueue(chunk);
    } });
    return new Response(answer.body.pipeThrough(late), { headers: answer.headers, status: answer.status });
  };
})()"""


def test_nothing_that_is_sent_is_lost_in_a_slow_browser(browser: Browser, running: dict[str, Any]) -> None:
    """Not the first message while the page still settles, nor one that is sent before the last answer is quite over."""
    visit = Visit(browser, running["url"], locale="en-GB")  # a profile of its own
    visit.page.add_init_script(_LATE)
    visit.page.goto("/")
    expect(visit.box).to_be_editable()
    for number in range(3):
        visit.box.fill("what is in my library?")
        visit.box.press("Enter")
        expect(visit.answers).to_have_count(number + 1, timeout=TURN_MS)
        expect(visit.box).to_be_editable()
    visit.done()


def test_two_tabs_share_what_was_said(browser: Browser, running: dict[str, Any]) -> None:
    visit = Visit(browser, running["url"])
    visit.say("make a 2 bar funk loop")
    other = visit.context.new_page()
    visit.watch(other)
    other.goto("/")
    listed = other.locator(".sg-sessions label")
    expect(listed).to_have_count(1)
    listed.click()
    expect(other.locator(".sg-turn:not([aria-busy]) figure")).to_have_count(1)
    _write(other, "make it slower")
    _write(visit.page, "transpose it up a tone")
    expect(visit.answers).to_have_count(3, timeout=TURN_MS)  # one after the other, and nothing is lost
    other.reload()
    other.locator(".sg-sessions label").click()
    expect(other.locator(".sg-turn:not([aria-busy])")).to_have_count(3, timeout=TURN_MS)
    visit.done()


def _write(page: Page, text: str) -> None:
    page.locator(".sg-input textarea").fill(text)
    page.locator(".sg-input textarea").press("Enter")


def test_by_keyboard_alone(visit: Visit) -> None:
    keys = visit.page.keyboard
    visit.page.evaluate("document.activeElement.blur()")
    keys.press("/")
    expect(visit.box).to_be_focused()
    keys.type("make a 2 bar house loop")
    keys.press("Enter")
    answer = visit.answer(0)
    wave = answer.get_by_role("slider").first
    _tab_to(visit, wave)
    keys.press("Space")
    expect(answer.locator(".sg-play").first).to_have_attribute("aria-pressed", "true")
    keys.press("Space")
    expect(answer.locator(".sg-play").first).to_have_attribute("aria-pressed", "false")
    keys.press("ArrowRight")
    expect(wave).not_to_have_attribute("aria-valuenow", "0")
    keys.press("Home")
    expect(wave).to_have_attribute("aria-valuenow", "0.0")
    ring = wave.evaluate("one => getComputedStyle(one).outlineStyle")
    assert ring == "solid", "where one is can be seen"
    keys.press(".")
    expect(visit.page.locator("#sg-now h3")).to_be_visible()
    keys.press("Alt+n")
    expect(visit.page.locator(".sg-hello")).to_be_visible()
    expect(visit.page.locator(".sg-turn")).to_have_count(0)


def _tab_to(visit: Visit, one: Locator) -> None:
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        if one.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError("the keyboard does not reach it")


def test_a_tool_that_fails_says_what_to_do(visit: Visit, tmp_path: Path) -> None:
    answer = visit.say("remove the guitar", tone(tmp_path / "tone.wav", seconds=3))
    expect(answer.locator(".sg-plan")).to_have_attribute("open", "")
    expect(answer.locator(".sg-error")).to_contain_text("guitar")
    expect(answer.locator(".sg-error")).to_contain_text("pip install")
    answer.locator(".sg-args summary").click()
    expect(answer.locator(".sg-args dl")).to_contain_text("remove")
    answer.get_by_role("button", name=re.compile("Try again")).click()
    visit.answer(1)
    visit.shot("failing")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_roles_and_contrast(browser: Browser, running: dict[str, Any], scheme: Any) -> None:
    visit = Visit(browser, running["url"], viewport=WIDE, color_scheme=scheme)
    expect(visit.page.locator(".sg-example").first).to_be_visible()
    assert visit.faults() == []
    visit.say("make a 2 bar lo-fi loop")
    side(visit)
    for head in visit.page.locator(".sg-right button.label-wrap").all():
        head.click()
    expect(visit.page.locator("#sg-now .sg-mixer")).to_be_visible()
    assert visit.faults() == []
    visit.shot(f"page-{scheme}")
    visit.done()


def test_who_listens_early_hears_on(visit: Visit) -> None:
    """The first seconds of a long piece play while the rest is rendered, and go over into the whole."""
    visit.box.fill("make a 40 second lo-fi track")
    visit.box.press("Enter")
    expect(visit.page.locator(".sg-pending, .sg-said")).not_to_have_count(0)
    visit.page.locator("[data-sketch] .sg-play").click()
    whole = visit.page.locator(".sg-turn:not([aria-busy]) figure[data-piece]")
    expect(whole).to_be_visible(timeout=TURN_MS)
    expect(whole.locator(".sg-play").first).to_have_attribute("aria-pressed", "true")
    assert whole.locator("audio").first.evaluate("one => one.currentTime") > 0
    expect(visit.page.locator("[data-sketch]")).to_have_count(0)
