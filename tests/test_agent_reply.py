"""The built-in wording: from results only, plain about what failed, and the files that a turn made."""

from pathlib import Path
from typing import Any

import pytest

from segue.agent.dialogue import State, Thing
from segue.agent.events import Fault, ToolResult
from segue.agent.op_words import clock, listing, op_words
from segue.agent.plan import Plan
from segue.agent.reply import artifacts_of, worded
from segue.tools.core import registry
from segue.tools.core.piece import FileOut, MadeBy, Piece
from segue.tools.core.score import Note, Part, Score
from segue.tools.core.store import Store
from tests.agent_support import settings_at, steps, tone

STATE = State(things={"p_1": Thing(id="p_1", title="River")})
SCORE = {"id": "x", "bpm": 90.0, "key": "D minor", "meter": "4/4", "bars": 8, "genre": "lo-fi", "parts": ["drums", "bass"], "sections": []}  # fmt: skip


def done(tool: str, args: dict[str, Any], out: dict[str, Any], **more: Any) -> ToolResult:
    return ToolResult(step="s1", tool=tool, status="done", args=args, out=out, **more)


def measured(**values: tuple[Any, float]) -> dict[str, Any]:
    out = {name: {"value": None, "confidence": 0.0} for name in registry.tool("tag").Out.model_fields}
    return out | {name: {"value": value, "confidence": sure} for name, (value, sure) in values.items()}


def piece(title: str, **more: Any) -> dict[str, Any]:
    clip = {"id": "c", "sample_rate": 44100, "channels": 2, "frames": 44100 * 65}
    return Piece(id=title, title=title, clip=clip, **more).model_dump(mode="json")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (done("generate", {}, {"pieces": [piece("Rain", score=SCORE)]}), "Here is “Rain” (1:05, lo-fi, 90 bpm, D minor, 4/4, with drums and bass)."),
        (done("generate", {}, {"pieces": [piece("A"), piece("B")]}), "Here are 2 takes:\n1. “A” (1:05)\n2. “B” (1:05)"),
        (done("edit", {"clip": {"id": "p_1"}, "operations": [{"op": "remove", "stems": ["drums", "bass"]}, {"op": "gain", "stem": "vocals", "db": 3}]}, {"piece": piece("River II"), "details": []}), "“River II” (1:05) is ready: drums and bass removed and vocals +3 dB."),
        (done("caption", {"clips": [{"id": "p_1"}]}, {"texts": ["A long and calm text."]}), "A long and calm text."),
        (done("caption", {"clips": [{"id": "p_1"}, {"id": "p_2"}]}, {"texts": ["Calm.", "Loud."]}), "1. “River”: Calm.\n2. it: Loud."),
        (done("tag", {"clip": {"id": "p_1"}}, measured(bpm=(96.0, 0.9), key=("A minor", 0.3))), "“River” – tempo: 96 bpm; key: A minor (a guess)."),
        (done("retrieve", {}, {"items": [{"id": "t_1", "title": "So What", "artist": "Miles", "reasons": ["calm", "9 bpm slower"]}, {"id": "t_2", "title": "Blue"}], "total": 214}), "214 match; here are 2:\n1. So What by Miles – calm; 9 bpm slower\n2. Blue"),
        (done("retrieve", {}, {"items": [], "total": 0}), "Nothing in your library matches that."),
        (done("transcribe", {"clip": {"id": "p_1"}, "stem": "bass"}, {"piece": piece("x"), "files": [{"id": "b", "kind": "midi", "name": "bass.mid"}], "text": ""}), "I wrote down the bass of “River”: bass.mid."),
        (done("transcribe", {"clip": {"id": "p_1"}}, {"piece": piece("x"), "files": [], "text": "C | G | Am"}), "C | G | Am"),
        (done("export", {}, {"files": [{"id": "b", "kind": "audio", "name": "a.wav", "path": "/x/a.wav"}]}), "Written: /x/a.wav"),
        (done("library", {"action": "status"}, {"rows": [{"tracks": 24, "hours": 1.5}]}), "Your library has 24 tracks, 90 minutes in all."),
    ],
    ids=lambda value: value.tool if isinstance(value, ToolResult) else "",
)  # fmt: skip
def test_what_each_tool_did(result, words):
    assert worded(Plan(), [result], STATE).startswith(words)


def test_what_could_not_be_measured_is_said():
    text = worded(Plan(), [done("tag", {"clip": {"id": "p_1"}}, measured(bpm=(96.0, 0.9)))], STATE)
    assert "I am not sure enough about the key, meter, genre" in text


def test_a_measurement_for_a_later_step_is_told_in_brief():
    plan = Plan(steps=steps(("tag", {"clip": {"id": "p_1"}}), ("generate", {"key": {"step": "s1", "field": "key"}})))
    result = done("tag", {"clip": {"id": "p_1"}}, measured(bpm=(96.0, 0.9), key=("A minor", 0.8)))
    assert worded(plan, [result], STATE).startswith("“River” – key: A minor.\n")


def test_failures_are_plain_and_nothing_is_suggested_after_them():
    results = [
        ToolResult(step="s1", tool="edit", status="failed", args={"operations": [{"op": "remove", "stems": ["guitar"]}]}, error=Fault(code="CannotDo", message="There is no guitar.", hint="Name another part.")),
        ToolResult(step="s2", tool="transcribe", status="skipped", error=Fault(code="Skipped", message="It needs step s1 (edit), which did not succeed.")),
    ]  # fmt: skip
    text = worded(Plan(), results, STATE)
    assert text == (
        "I could not make the change (guitar removed). There is no guitar. Name another part.\n\n"
        "So I did not write it down. It needs step s1 (edit), which did not succeed."
    )


def test_notes_question_and_partial_success_stand_together():
    results = [
        done("caption", {"clips": [{"id": "p_1"}]}, {"texts": ["Calm."]}, notes=["Heard from the mix"]),
        ToolResult(step="s2", tool="tag", status="failed", error=Fault(code="ToolError", message="It broke.")),
    ]
    text = worded(Plan(notes=["No filter knows the mood"], question="Which one?"), results, STATE)
    assert text.split("\n\n") == ["Calm.", "I could not measure it. It broke.", "No filter knows the mood. Heard from the mix.", "Which one?"]  # fmt: skip


def test_an_empty_plan_says_so_and_a_reply_is_said():
    assert "did not find anything to do" in worded(Plan(), [], STATE)
    assert worded(Plan(reply="Hello."), [], STATE) == "Hello."
    assert worded(Plan(), [], STATE, said=["Undone."]) == "Undone."


def test_small_words():
    assert [clock(5), clock(65), clock(3599.6)] == ["0:05", "1:05", "60:00"]
    assert [listing([]), listing(["a"]), listing(["a", "b", "c"])] == ["", "a", "a, b and c"]


_OPERATIONS = [v for v in registry.tool("edit").Args.model_json_schema()["$defs"].values() if "op" in v.get("properties", {})]  # fmt: skip


@pytest.mark.parametrize("variant", _OPERATIONS, ids=lambda v: v["properties"]["op"]["const"])
def test_every_edit_operation_has_words(variant):
    examples = {"string": "x", "number": 2.0, "integer": 2, "array": ["x"], "boolean": True}
    properties = {name: p for name, p in variant["properties"].items() if name != "op"}
    kind = variant["properties"]["op"]["const"]
    kinds = {name: p.get("type") or p.get("anyOf", [{}])[0].get("type") for name, p in properties.items()}
    assert op_words({"op": kind} | {name: examples.get(type) for name, type in kinds.items()}) != kind


def test_a_stretch_that_is_changed_is_named():
    assert (
        op_words({"op": "remove", "stems": ["drums"], "start_s": 10, "end_s": 20}) == "drums removed from 0:10 to 0:20"
    )
    assert op_words({"op": "reverse", "start_s": -5}) == "reversed from 0:05 before the end on"
    assert op_words({"op": "effect", "stages": [{"stage": "low_shelf"}], "stem": "bass"}) == "effect on bass: low shelf"


def test_artifacts_are_files_that_can_be_read(tmp_path):
    store = Store(settings_at(tmp_path))
    score = Score(bars=1, parts=[Part(name="lead", notes=[Note(start=0, duration=1, pitch=60)])])
    clip = store.add_wave(tone())
    made = MadeBy(tool="generate")
    new = store.save(Piece(id="p_new", title="new", clip=clip, score=store.add_score(score), made_by=made))
    old = store.save(Piece(id="p_old", title="old", clip=clip, made_by=MadeBy(tool="generate")))
    exported = tmp_path / "out.wav"
    exported.write_bytes(b"RIFF")
    text = store.put_bytes(b"C G", ".txt")
    results = [
        done("generate", {}, {"pieces": [new.model_dump(mode="json")]}),
        done("transcribe", {}, {"piece": old.model_dump(mode="json"), "files": [FileOut(id=text, kind="text", name="chords.txt").model_dump()], "text": ""}),
        done("export", {}, {"files": [FileOut(id=text, kind="audio", name="out.wav", path=str(exported)).model_dump(), FileOut(id="gone", kind="audio", name="gone.wav").model_dump()]}),
        ToolResult(step="s9", tool="generate", status="failed", error=Fault(code="ToolError", message="no")),
    ]  # fmt: skip
    found = artifacts_of(store, "local", results)
    assert [(a.kind, a.title) for a in found] == [("audio", "new"), ("midi", "new"), ("text", "chords.txt"), ("audio", "out.wav")]  # fmt: skip
    assert Path(found[1].path).read_bytes()[:4] == b"MThd"
    assert store.may_read(found[1].id, "local")
    assert not store.may_read(found[1].id, "bob")
    assert Path(found[3].path) == exported
    assert all(Path(a.path).is_file() for a in found)
    store.close()


def test_of_a_measurement_only_what_was_asked_is_told():
    out = {"bpm": {"value": 92.0, "confidence": 0.9}, "key": {"value": "D minor", "confidence": 0.9}}
    measured = ToolResult(step="s1", tool="tag", status="done", args={"clip": {"id": "p_1"}}, out=out)
    assert "D minor" in worded(Plan(), [measured], STATE, asked="what key is it in now?")
    assert "92" not in worded(Plan(), [measured], STATE, asked="what key is it in now?")
    assert "92" in worded(Plan(), [measured], STATE, asked="tag this")


def test_statistics_come_as_a_line_each():
    rows = [
        {"what": "key", "value": "C major", "tracks": 1, "share": "25%"},
        {"what": "key", "value": "A minor", "tracks": 3, "share": "75%"},
    ]
    counted = ToolResult(step="s1", tool="library", status="done", args={"action": "stats"}, out={"rows": rows})
    assert worded(Plan(), [counted], STATE).startswith("Key: A minor (3, 75%), C major (1, 25%).")
