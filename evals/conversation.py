"""One conversation from end to end, on a real recording, with every answer checked by reading it back.

``segue eval conversation --recording FILE`` runs the nine turns below in one session of a fresh data
folder and prints one row a turn. Nothing is taken on trust: audio is decoded, MIDI parsed, playlists
followed to files that exist, and the facts in the replies compared with the tools' own results.
"""

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from segue.agent import Agent
from segue.tools.core.audio import Waveform, decode
from segue.tools.core.errors import InvalidArgument
from segue.tools.core.settings import load_settings

SUITE = "conversation"
DESCRIPTION = "nine turns on a recording of yours, every artifact read back (--recording FILE)"
HALF_SECOND = 0.5


@dataclass
class Journey:
    """What the conversation has made so far, for later turns to compare with."""

    recording: Waveform
    replies: list[dict[str, Any]] = field(default_factory=list)
    waves: dict[str, Waveform] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def out(self, tool: str) -> dict[str, Any]:
        """Return the output of the latest turn's step of that tool."""
        for result in self.replies[-1]["results"]:
            if result["tool"] == tool and result["status"] == "done":
                out: dict[str, Any] = result["out"]
                return out
        raise AssertionError(f"no finished {tool} step: {self.replies[-1]['results']}")

    def files(self, kind: str) -> list[Path]:
        """Return the latest turn's artifacts of that kind."""
        return [Path(a["path"]) for a in self.replies[-1]["artifacts"] if a["kind"] == kind and a["path"]]

    def wave(self) -> Waveform:
        """Decode the latest turn's first audio artifact."""
        paths = self.files("audio")
        assert paths, "no audio came back"
        return decode(paths[0])


def _described(journey: Journey) -> str:
    tag, text = journey.out("tag"), " ".join(journey.out("caption")["texts"])
    bpm, key = tag["bpm"]["value"], tag["key"]["value"]
    assert bpm, "no tempo was measured"
    assert key, "no key was measured"
    chords = journey.out("transcribe")["text"]
    assert re.search(r"\b[A-G][#b]?m?\b", chords), "no chords were written"
    reply = journey.replies[-1]["reply"]
    assert f"{bpm:.0f}" in reply, f"the reply does not give the tempo it measured ({bpm})"
    assert len(text) > 40, "the description is empty"
    journey.facts.update(bpm=bpm, key=key)
    return f"{bpm:.1f} bpm, {key}"


def _without_drums(journey: Journey) -> str:
    wave = journey.wave()
    assert wave.samples.shape == journey.recording.samples.shape, "length, rate or channels changed"
    assert wave.sample_rate == journey.recording.sample_rate
    difference = float(np.sqrt(np.mean((wave.samples - journey.recording.samples) ** 2)))
    assert difference > 1e-4, "nothing was removed"
    assert re.search(r"preview|estimate|bleed", _said(journey), re.IGNORECASE), "not labelled as a preview"
    journey.waves["drumless"] = wave
    return f"changed by {20 * np.log10(difference):.0f} dBFS"


def _bass_as_midi(journey: Journey) -> str:
    import mido

    files = journey.files("midi")
    assert files, "no MIDI came back"
    notes = [m.note for track in mido.MidiFile(files[0]).tracks for m in track if m.type == "note_on" and m.velocity]
    assert notes, "the MIDI holds no note"
    assert np.median(notes) <= 55, f"the middle note is {np.median(notes)}: that is no bass"
    return f"{len(notes)} notes, middle {int(np.median(notes))}"


def _intro(journey: Journey) -> str:
    wave, piece = journey.wave(), journey.out("generate")["pieces"][0]
    assert abs(wave.duration_s - 20) <= HALF_SECOND, f"{wave.duration_s:.2f} s is not 20 s"
    assert abs(piece["score"]["bpm"] - journey.facts["bpm"]) < 0.5, "not in its tempo"
    assert piece["score"]["key"] == journey.facts["key"], "not in its key"
    journey.waves["intro"] = wave
    return f"{wave.duration_s:.2f} s, {piece['score']['bpm']:.1f} bpm, {piece['score']['key']}"


def _in_front(journey: Journey) -> str:
    wave, intro, rest = journey.wave(), journey.waves["intro"], journey.waves["drumless"]
    expected = intro.duration_s + rest.duration_s
    assert abs(wave.duration_s - expected) < 1.0, f"{wave.duration_s:.1f} s is not intro + song ({expected:.1f} s)"
    tail = rest.resampled(wave.sample_rate).with_channels(wave.channels)
    length = min(10 * wave.sample_rate, tail.frames)
    likeness = np.corrcoef(wave.samples[:, -length:].ravel(), tail.samples[:, -length:].ravel())[0, 1]
    assert likeness > 0.99, f"its end is not the song's end (correlation {likeness:.2f})"
    return f"{wave.duration_s:.1f} s, its end correlates {likeness:.4f}"


def _similar(journey: Journey) -> str:
    items = journey.out("retrieve")["items"]
    assert len(items) >= 2, "fewer than two tracks were found"
    journey.facts["shown"] = [item["id"] for item in items]
    assert all(item["title"] in journey.replies[-1]["reply"] for item in items), "the reply names other tracks"
    return f"{len(items)} tracks"


def _not_the_second(journey: Journey) -> str:
    items = [item["id"] for item in journey.out("retrieve")["items"]]
    assert items, "nothing was found"
    assert journey.facts["shown"][1] not in items, "the rejected track came back"
    args = next(s["args"] for s in journey.replies[-1]["plan"]["steps"] if s["tool"] == "retrieve")
    assert args.get("adjust", {}).get("energy", 0) > 0, "'more upbeat' did not reach the search"
    journey.facts["list"] = items
    return f"{len(items)} tracks"


def _playlist(journey: Journey) -> str:
    lists = journey.files("playlist")
    assert lists, "no playlist came back"
    entries = [line for line in lists[0].read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert len(entries) == len(journey.facts["list"]), f"{len(entries)} entries for {len(journey.facts['list'])} tracks"
    missing = [entry for entry in entries if not (lists[0].parent / entry).is_file()]
    assert not missing, f"the playlist names files that do not exist: {missing[:2]}"
    return f"{len(entries)} entries"


def _undone(journey: Journey) -> str:
    last = journey.replies[-1]
    assert not last["results"], "undo ran a tool"
    assert re.search(r"undo|undid|undone|back|took", last["reply"], re.IGNORECASE), f"unclear: {last['reply']}"
    return str(last["reply"])[:60]


def _said(journey: Journey) -> str:
    last = journey.replies[-1]
    return " ".join([last["reply"], *last["notes"]])


TURNS: list[tuple[str, Callable[[Journey], str]]] = [
    ("describe this and give me its tempo and chords", _described),
    ("remove the drums", _without_drums),
    ("transcribe the bass as MIDI", _bass_as_midi),
    ("make a 20 second intro in its key and tempo", _intro),
    ("put it in front", _in_front),
    ("find something similar in my library", _similar),
    ("not the second one, more upbeat", _not_the_second),
    ("save these as m3u8", _playlist),
    ("undo that", _undone),
]


def run(recording: Path | None = None, home: Path | None = None, **llm: Any) -> dict[str, Any]:  # noqa: ANN401 - settings
    """Hold the conversation and return ``{"rows": […], "passed": n, "total": n}``.

    Parameters
    ----------
    recording : any recording of a minute or more; it is attached to the first message.
    home : data folder; a temporary one with the demo library when not given.
    llm : settings of the planner under test (planner, llm_base_url, llm_model).
    """
    if recording is None:
        raise InvalidArgument("This suite needs a recording.", "segue eval conversation --recording FILE")
    with tempfile.TemporaryDirectory(prefix="segue-conversation-") as folder:
        settings = load_settings(home=home or Path(folder), **llm)
        if home is None:
            _demo_library(settings.home)
        journey = Journey(decode(recording))
        with Agent(settings) as agent:
            rows = [take(agent, journey, i, recording) for i in range(len(TURNS))]
    return {"rows": rows, "passed": sum(row["ok"] for row in rows), "total": len(rows)}


def _demo_library(home: Path) -> None:
    from segue.tools.collection.demo import make_demo
    from segue.tools.core.store import Store

    settings = load_settings(home=home)
    store = Store(settings)
    make_demo(store, settings)
    store.close()


def take(
    agent: Agent, journey: Journey, index: int, recording: Path | str, session: str | None = None
) -> dict[str, Any]:
    """Take one of ``TURNS`` and return its row; the first attaches the recording (a path, or a piece's id)."""
    message, verify = TURNS[index]
    session = journey.replies[0]["session"] if journey.replies else session
    reply = agent.chat(message, session=session, attach=[recording] if index == 0 else [])
    journey.replies.append(reply.model_dump(mode="json"))
    seconds = sum(result["seconds"] or 0.0 for result in journey.replies[-1]["results"])
    try:
        found, ok = verify(journey), True
    except AssertionError as error:
        found, ok = str(error), False
    return {"turn": index + 1, "message": message, "ok": ok, "found": found, "seconds": round(seconds, 2)}


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing."""
    rows = [
        [str(r["turn"]), r["message"], "yes" if r["ok"] else "NO", r["found"], f"{r['seconds']:.1f}"]
        for r in result["rows"]
    ]
    return ["turn", "message", "true", "read back", "s"], rows
