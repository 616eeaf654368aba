"""The chat page in a real Chromium, on a real ``segue serve``, as a person uses it.

Every journey ends with: no error on the console, no refused request, nothing asked of another host.
"""

import functools
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from segue.tools.core.audio import encode
from segue.tools.core.settings import load_settings
from segue.tools.music.compose import Request, compose
from segue.tools.music.render import render
from tests.browser_support import TURN_MS, Visit, chromium
from tests.ui_support import server, tone

pytestmark = [
    pytest.mark.served,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt-get install chromium"),
]
LIBRARY = [("rock", 140.0), ("ambient", 70.0), ("house", 124.0), ("folk", 100.0)]


@functools.cache
def bounce(name: str, **wish: Any) -> bytes:
    """Compose a piece and return its sound alone, so that nothing of its score is known."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        encode(render(compose(Request(**wish)), load_settings(home=Path(folder))).mix, path)
        return path.read_bytes()


def small_library(folder: Path) -> Path:
    """Fill a folder with short recordings."""
    for number, (genre, bpm) in enumerate(LIBRARY):
        name = f"{genre} no {number}.ogg"
        (folder / name).write_bytes(bounce(name, genre=genre, bpm=bpm, duration_s=7.0, seed=number))
    return folder


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "street song.ogg"
    path.write_bytes(bounce(path.name, genre="pop", bpm=112.0, key="G major", duration_s=17.0, seed=11))
    return path


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("music"))


def sounds(answer: Locator) -> list[str]:
    """Addresses of the players in an answer."""
    return [audio.get_attribute("src") or "" for audio in answer.locator("audio").all()]


def download(visit: Visit, answer: Locator, suffix: str) -> tuple[str, bytes]:
    """Type and bytes of the answer's first link to a file of that kind."""
    return visit.fetched(answer.locator(f'a[download$="{suffix}"]').first.get_attribute("href") or "")


def heard(visit: Visit, answer: Locator) -> None:
    """Every player in the answer has sound behind it."""
    addresses = sounds(answer)
    assert addresses
    for address in addresses:
        kind, data = visit.fetched(address)
        assert kind.startswith("audio/"), f"{address} is {kind}"
        assert len(data) > 10_000


def add_folder(visit: Visit, folder: Path) -> None:
    """Add a folder to the library by the box at the side."""
    visit.page.evaluate("window.segueOpenLibrary()")
    visit.page.get_by_label("A folder with music on this machine").fill(str(folder))
    visit.page.get_by_role("button", name="Add the folder").click()
    expect(visit.page.locator(".sg-right")).to_contain_text("The folder is in the library", timeout=TURN_MS)


def test_first_start_offers_and_examples_work(browser: Browser, tmp_path: Path) -> None:
    """An empty home: three pieces appear while one looks on, and the first example makes music."""
    with server(tmp_path / "home", "--opening") as lock:
        visit = Visit(browser, lock["url"])
        expect(visit.page.get_by_role("button", name="demo library")).to_be_visible(timeout=30_000)
        visit.page.get_by_role("button", name="folder of mine").click()
        expect(visit.page.get_by_label("A folder with music on this machine")).to_be_focused()
        expect(visit.page.locator(".sg-hello figure audio")).to_have_count(3)
        visit.page.get_by_role("button", name="make me a lo-fi beat").click()
        expect(visit.page.locator("[aria-busy=true] .sg-steps li").first).to_contain_text("generate")
        answer = visit.answer(0)
        expect(answer).to_contain_text("Here is")
        heard(visit, answer)
        expect(answer.locator(".sg-plan")).to_contain_text("1 step")
        expect(visit.page.locator(".sg-hello")).to_be_hidden()
        visit.page.get_by_role("button", name="New conversation").click()
        visit.shot("first-start")
        visit.page.get_by_role("button", name="demo library").click()
        making = visit.page.locator(".sg-hello", has_text="Composing the demo library")
        expect(making.locator("progress")).to_have_attribute("max", "24")
        expect(making.locator("p").first).not_to_be_empty()
        visit.done()


def test_the_whole_conversation(visit: Visit, recording: Path, music: Path, tmp_path: Path) -> None:
    add_folder(visit, music)
    expect(visit.page.locator(".sg-right")).to_contain_text("4 tracks")

    answer = visit.say("describe this and give me its tempo and chords", shutil.copy(recording, tmp_path))
    expect(answer).to_contain_text("112 bpm")
    expect(answer).to_contain_text(re.compile(r"Chords|chords"))
    heard(visit, visit.page.locator(".sg-said").first)
    kind, data = download(visit, answer, ".txt")
    assert kind.startswith("text/plain")
    assert re.search(rb"\bG\b", data)

    answer = visit.say("remove the drums")
    expect(answer).to_contain_text("drums removed")
    expect(answer).to_contain_text(re.compile("preview|estimate"))
    heard(visit, answer)
    kind, data = download(visit, answer, ".wav")
    assert kind == "audio/wav"
    assert data[:4] == b"RIFF"

    visit.shot("remove-drums")

    answer = visit.say("transcribe the bass as MIDI")
    kind, data = download(visit, answer, ".mid")
    assert kind == "audio/midi"
    assert data[:4] == b"MThd"

    answer = visit.say("make a 10 second intro in its key and tempo")
    expect(answer).to_contain_text("0:10")
    expect(answer).to_contain_text("112 bpm")
    heard(visit, answer)
    assert download(visit, answer, ".mid")[1][:4] == b"MThd"
    assert b"score-partwise" in download(visit, answer, ".musicxml")[1]
    for picture in answer.locator("details img").all():
        kind, data = visit.fetched(picture.get_attribute("src") or "")
        assert kind == "image/svg+xml"
        assert b"<svg" in data

    answer = visit.say("put it in front")
    expect(answer).to_contain_text(re.compile("0:2[6-8]"))
    heard(visit, answer)

    answer = visit.say("find something similar in my library")
    found = answer.locator(".sg-tracks li")
    expect(found.first).to_be_visible()
    heard(visit, answer)
    names = found.locator("b").all_inner_texts()
    assert len(names) >= 2
    assert {name.split(" no ")[0] for name in names} <= {genre for genre, _ in LIBRARY}

    answer = visit.say("not the second one, more upbeat")
    left = answer.locator(".sg-tracks b").all_inner_texts()
    assert left
    assert names[1] not in left

    answer = visit.say("save these as m3u8")
    kind, data = download(visit, answer, ".m3u8")
    assert kind == "audio/x-mpegurl"
    assert data.startswith(b"#EXTM3U")
    assert data.count(b".ogg") == len(left)

    answer = visit.say("undo that")
    expect(answer).to_contain_text("Undone")
    assert visit.page.locator(".sg-error").count() == 0


def test_a_hostile_file_name_is_only_text(visit: Visit, tmp_path: Path) -> None:
    """Attached (where Gradio itself takes away the brackets), and in the library, where the name is whole."""
    evil = "<img src=x onerror=alert(1)>"
    file = tone(tmp_path / f"{evil}.ogg", seconds=3)
    (tmp_path / "library").mkdir()
    tone(tmp_path / "library" / f"{evil} again.ogg", seconds=4, hz=330)
    add_folder(visit, tmp_path / "library")
    answer = visit.say("describe this", file)
    expect(visit.page.locator(".sg-said").first).to_contain_text("onerror=alert(1)")
    expect(answer).to_be_visible()
    visit.say("find something similar in my library")
    expect(visit.page.locator(".sg-tracks b", has_text=f"{evil} again")).to_be_visible()
    assert visit.page.locator("img[src=x], [onerror]").count() == 0


def test_reload_in_the_middle(visit: Visit) -> None:
    """The turn goes on without its page, and the conversation is where it was left."""
    visit.say("make me a 6 second lo-fi loop")
    visit.box.fill("make a 10 second rock riff")
    visit.box.press("Enter")
    expect(visit.page.locator("[aria-busy=true] .sg-steps li").first).to_be_visible()
    visit.reload()
    listed = visit.page.locator(".sg-sessions label")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("make me a 6 second")
    # Without a click: what was talked about last is there again.
    expect(visit.answers).to_have_count(2, timeout=180_000)  # a busy machine composes slowly
    expect(visit.page.locator(".sg-said").nth(1)).to_contain_text("rock riff")
    heard(visit, visit.answers.nth(1))
    answer = visit.say("make it slower")
    expect(answer).to_contain_text("bpm")


def test_a_phones_width(browser: Browser, running: dict[str, Any]) -> None:
    visit = Visit(browser, running["url"], viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert visit.overflow() <= 0
    answer = visit.say("make me a 6 second lo-fi loop")
    for summary in answer.locator("summary").all():
        summary.click()
    assert visit.overflow() <= 0
    for inner in [
        *answer.locator("figure, .sg-transport, .sg-wave, nav, img, .sg-stem").all(),
        *visit.page.locator(".sg-input, .sg-input button").all(),
    ]:
        edges = inner.bounding_box()
        assert edges is None or edges["x"] + edges["width"] <= 360, inner
    box = visit.page.locator(".sg-input").bounding_box()
    assert box is not None
    assert box["height"] < 140, "the box to write in leaves room for the conversation"
    visit.shot("phone")
    visit.done()


def test_conversations_are_renamed_and_deleted(visit: Visit) -> None:
    visit.say("what is in my library?")
    listed = visit.page.locator(".sg-sessions label")
    expect(listed).to_have_text(["what is in my library?"])
    visit.page.get_by_role("button", name="Rename").click()
    title = visit.page.get_by_label("New title")
    expect(title).to_have_value("what is in my library?")
    title.fill("<b>Sunday</b>")
    title.press("Enter")
    expect(listed).to_have_text(["<b>Sunday</b>"])
    expect(title).to_be_hidden()
    asked: list[str] = []
    visit.answer_dialogs(asked, [False, True])
    visit.page.get_by_role("button", name="Delete").click()
    expect(listed).to_have_count(1)
    visit.page.get_by_role("button", name="Delete").click()
    expect(listed).to_have_count(0)
    expect(visit.page.locator(".sg-hello")).to_be_visible()
    assert len(asked) == 2
    visit.reload()
    expect(visit.page.locator(".sg-hello")).to_be_visible()


def test_conversations_are_searched(visit: Visit) -> None:
    visit.say("what is in my library?")
    visit.page.get_by_role("button", name="New conversation").click()
    expect(visit.page.locator(".sg-turn")).to_have_count(0)
    visit.say("hello there")
    listed = visit.page.locator(".sg-sessions label")
    expect(listed).to_have_count(2)
    search = visit.page.get_by_label("Search conversations")
    search.fill("library")
    expect(listed).to_have_text(["what is in my library?"])
    search.fill("no such words")
    expect(listed).to_have_count(0)
    search.fill("")
    expect(listed).to_have_count(2)


def test_a_recording_and_what_is_pasted_go_with_the_message(visit: Visit) -> None:
    beside = visit.page.locator(".sg-input .thumbnail-item")
    visit.page.get_by_role("button", name="Record", exact=True).click()
    stop = visit.page.get_by_role("button", name="Stop recording")
    expect(stop).to_have_attribute("aria-pressed", "true")
    expect(stop).to_have_text("0:01")
    assert visit.faults() == []
    stop.click()
    expect(beside).to_have_count(1)
    visit.box.fill("hello")
    visit.box.press("Enter")
    visit.answer(0)
    player = visit.page.locator(".sg-said figure")
    expect(player.locator("b")).to_have_text("recording")
    kind, data = visit.fetched(player.locator("audio").get_attribute("src") or "")
    assert kind.startswith("audio/")
    assert len(data) > 1000
    expect(beside).to_have_count(0)
    visit.page.evaluate(
        """() => {
          const bag = new DataTransfer();
          bag.items.add(new File([new Uint8Array(2000)], "pasted.wav", { type: "audio/wav" }));
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: bag, bubbles: true, cancelable: true }));
        }"""
    )
    expect(beside).to_have_count(1)


def test_words_and_small_players_can_be_clicked(visit: Visit, music: Path) -> None:
    add_folder(visit, music)
    answer = visit.say("find something energetic in my library")
    play = answer.locator(".sg-play").first
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    answer.locator(".sg-play").nth(1).click()
    expect(play).to_have_attribute("aria-pressed", "false")
    rejected = answer.locator(".sg-tracks b").first.inner_text()
    before = visit.answers.count()
    answer.get_by_role("button", name=f"Not {rejected}").click()
    again = visit.answer(before)
    expect(visit.page.locator(".sg-said").last).to_have_text(f"not “{rejected}”")
    assert rejected not in again.locator(".sg-tracks b").all_inner_texts()
    again.get_by_role("button", name="I like").first.click()
    visit.answer(before + 1)
    assert visit.page.locator(".sg-error").count() == 0
