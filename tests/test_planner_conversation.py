"""The planner and the fold together: one conversation, each turn planned on what the earlier ones left."""

from typing import Any

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.check import check
from segue.agent.dialogue import Known, Thing
from segue.agent.events import ToolResult
from segue.agent.fold import Dialogue
from segue.agent.plan import Plan
from segue.agent.session import Turn
from segue.evals.planning_contexts import names, state_for
from segue.tools.core.piece import Clip, Piece
from segue.tools.core.score import ScoreInfo


def clip(seconds: float, id: str) -> Clip:
    return Clip(id=id * 8, sample_rate=44100, channels=2, frames=int(seconds * 44100))


def score(**fields: Any) -> ScoreInfo:
    known = {"id": "score", "title": "", "bpm": 118.0, "key": "A minor", "meter": "4/4", "parts": ["drums", "bass"], "bars": 8, "genre": "rock", "duration_s": 20.0}  # fmt: skip
    return ScoreInfo.model_validate({k: v for k, v in {**known, **fields}.items() if k in ScoreInfo.model_fields})


TITLES = ["Blue Harbor", "Night Ferry", "Corner Table", "Slow Rain", "Paper Lanterns"]


def tracks(start: int) -> list[dict[str, Any]]:
    return [
        {"id": f"t{start + n}", "title": title, "artist": "Oscar Vale", "score": 1.0} for n, title in enumerate(TITLES)
    ]


class Talk:
    """Plans a turn, pretends that its steps ran, and folds it in."""

    def __init__(self) -> None:
        self.dialogue = Dialogue()
        self.planner = BuiltinPlanner(self.names)
        self.number = 0
        self.found = 0

    def names(self, text: str) -> list[Known]:
        return []

    def say(self, message: str, *attached: Thing) -> Plan:
        self.number += 1
        state = self.dialogue.begin(self.number, list(attached))
        plan = check(self.planner.plan(message, state), state, lambda id: id.startswith("t"))
        results: dict[str, ToolResult] = {}
        for step in plan.steps:
            results[step.id] = self.result(step.id, step.tool, self.resolved(step.args, results))
        turn = Turn(
            id=f"s.{self.number}", session="s", number=self.number, message=message, attached=list(attached), plan=plan
        )
        self.dialogue.advance(turn, results)
        return plan

    def resolved(self, args: Any, results: dict[str, ToolResult]) -> Any:
        if isinstance(args, list):
            return [self.resolved(item, results) for item in args]
        if not isinstance(args, dict):
            return args
        if "step" in args:
            out = results[args["step"]].out or {}
            value = out[args["field"]]
            value = value[args["index"]] if args.get("index") is not None else value
            return {"id": value["id"]} if isinstance(value, dict) and "id" in value else value
        return {name: self.resolved(item, results) for name, item in args.items()}

    def result(self, id: str, tool: str, args: dict[str, Any]) -> ToolResult:
        out: dict[str, Any] = {}
        name = f"{tool}{self.number}{id}"
        if tool == "edit":
            operation = args["operations"][0]
            what = f"without {operation['stems'][0]}" if operation["op"] == "remove" else "joined"
            source = self.dialogue.state.thing(args["clip"]["id"])
            notes = score(parts=["piano"]) if source is not None and source.has_score else None
            out["piece"] = Piece(
                id=name, title=f"evening_train – {what}", clip=clip(95, "e"), score=notes, parents=[args["clip"]["id"]]
            )
        elif tool == "generate":
            out["pieces"] = [Piece(id=name, title="Intro in A minor", clip=clip(20, "g"), score=score())]
        elif tool == "transcribe":
            out["piece"] = Piece(id=name, title="bass", score=score(parts=["bass"]), parents=[args["clip"]["id"]])
        elif tool == "tag":
            out = {"bpm": {"value": 118.0, "confidence": 0.9}, "key": {"value": "A minor", "confidence": 0.9}}
        elif tool == "retrieve":
            self.found += 1
            out["items"] = tracks(10 * self.found)
        elif tool == "caption":
            out["texts"] = ["a text"]
        dumped = {
            key: value.model_dump(mode="json") if isinstance(value, Piece) else
            [v.model_dump(mode="json") if isinstance(v, Piece) else v for v in value] if isinstance(value, list) else value
            for key, value in out.items()
        }  # fmt: skip
        return ToolResult(step=id, tool=tool, status="done", args=args, out=dumped)


@pytest.fixture
def talk() -> Talk:
    return Talk()


RECORDING = Thing(id="r1", title="evening_train.flac", origin="attached", turn=1, duration_s=95.0)


def only(plan: Plan) -> dict[str, Any]:
    assert len(plan.steps) == 1, plan.steps
    return plan.steps[0].args


def test_the_conversation_of_the_readme(talk: Talk):
    first = talk.say("describe this and give me its tempo and chords", RECORDING)
    assert [step.tool for step in first.steps] == ["caption", "tag", "transcribe"]
    assert first.steps[2].args["to"] == ["chords"]

    drumless = only(talk.say("remove the drums"))
    assert drumless == {"clip": {"id": "r1"}, "operations": [{"op": "remove", "stems": ["drums"]}]}

    bass = only(talk.say("transcribe the bass as MIDI"))
    assert bass == {"clip": {"id": "edit2s1"}, "to": ["notes"], "stem": "bass"}

    intro = talk.say("make a 20 second intro in its key and tempo")
    assert [step.tool for step in intro.steps] == ["tag", "generate"]
    assert intro.steps[0].args == {"clip": {"id": "r1"}}, "the tempo that was told is that of the recording"
    assert intro.steps[1].args["duration_s"] == 20
    assert intro.steps[1].args["key"] == {"step": "s1", "field": "key"}

    joined = only(talk.say("put it in front"))
    assert joined == {"clip": {"id": "generate4s2"}, "operations": [{"op": "concat", "clips": [{"id": "edit2s1"}]}]}

    similar = only(talk.say("find something similar in my library"))
    assert (similar["action"], similar["like"]) == ("similar", [{"id": "edit5s1"}])

    better = talk.say("not the second one, more upbeat")
    assert [(op.op, getattr(op.target, "id", None)) for op in better.state] == [("reject", "t11")]
    args = only(better)
    assert args["adjust"] == {"energy": 1.0}
    assert "t11" in args["filters"]["exclude"]
    assert args["like"] == [{"id": "edit5s1"}]

    saved = only(talk.say("save these as m3u8"))
    assert saved == {"items": [{"id": f"t{20 + n}"} for n in range(5)], "formats": ["m3u8"]}

    undone = talk.say("undo that")
    assert not undone.steps
    assert [op.op for op in undone.state] == ["undo"]


def test_a_search_is_narrowed_widened_and_gone_back_to(talk: Talk):
    assert only(talk.say("find some jazz"))["query"] == "jazz"
    assert only(talk.say("only from the 60s"))["filters"]["year_max"] == 1969
    narrowed = only(talk.say("no vocals, and under four minutes"))
    assert narrowed["query"] == "jazz"
    assert narrowed["filters"]["vocals"] is False
    assert narrowed["filters"]["duration_max_s"] == 240
    assert narrowed["filters"]["year_min"] == 1960
    widened = talk.say("forget the year")
    assert "year_min" not in only(widened).get("filters", {})
    assert only(talk.say("now some calm piano"))["query"] == "calm piano"
    back = talk.say("back to the jazz list")
    assert [(op.op, op.target) for op in back.state] == [("back", "jazz")]
    assert only(talk.say("give me more"))["query"] == "jazz"


def test_takes_are_told_apart_and_worked_on(talk: Talk):
    made = only(talk.say("make a sad piano piece, 30 seconds, in E minor"))
    assert (made["key"], made["duration_s"], made["mood"]) == ("E minor", 30, ["sad"])
    assert only(talk.say("a bit slower"))["clip"] == {"id": "generate1s1"}
    assert only(talk.say("add a cello"))["clip"] == {"id": "edit2s1"}
    assert talk.say("undo").state[0].op == "undo"
    assert only(talk.say("export it as midi"))["items"] == [{"id": "edit2s1"}]


def test_what_an_edit_changed_is_known(talk: Talk):
    talk.say("give me the tempo", RECORDING)
    talk.say("remove the drums and make it quieter")
    assert talk.dialogue.state.things["edit2s1"].changed == ["remove", "gain"]
    plan = talk.say("make an intro in its key")
    assert plan.steps[0].args == {"clip": {"id": "r1"}}, "only thinned out: the recording's tempo and key hold"


def test_the_tempo_of_a_changed_version_is_its_own(talk: Talk):
    talk.say("give me the tempo", RECORDING)
    talk.say("up a whole tone")
    plan = talk.say("make an intro in its key")
    assert plan.steps[0].args == {"clip": {"id": "edit2s1"}}, "it was transposed: its key is no longer the recording's"


@pytest.mark.parametrize("message", ["undo the retag", "undo writing the tags", "put the old tags back"])
def test_written_tags_are_taken_back_by_the_library(message):
    plan = BuiltinPlanner(names).plan(message, state_for("list"))
    assert [step.args for step in plan.steps] == [{"action": "retag", "fields": ["undo"]}]
    assert not plan.state
