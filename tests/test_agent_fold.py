"""The dialogue state as a fold of turns, on results as the real tools give them."""

from typing import Any

import pytest

from segue.agent.check_types import gives
from segue.agent.dialogue import Thing
from segue.agent.events import ToolResult
from segue.agent.fold import Dialogue
from segue.agent.plan import Plan, Ref, StateOp, Step
from segue.agent.session import Turn
from segue.tools.core import registry
from segue.tools.core.piece import MadeBy, Piece


class Talk:
    """A conversation of made-up results, folded as it goes."""

    def __init__(self) -> None:
        self.dialogue = Dialogue()
        self.number = 0

    def turn(self, message: str, *calls: tuple[str, dict[str, Any], Any], ops: tuple[StateOp, ...] = (), attach: tuple[str, ...] = ()) -> None:  # fmt: skip
        self.number += 1
        steps = [Step(id=f"s{n}", tool=tool, args=args) for n, (tool, args, _) in enumerate(calls, 1)]
        results = {
            f"s{n}": ToolResult(step=f"s{n}", tool=tool, args=args, status="done" if out is not None else "failed", out=out)
            for n, (tool, args, out) in enumerate(calls, 1)
        }  # fmt: skip
        things = [Thing(id=id, title=id, origin="attached") for id in attach]
        plan = Plan(steps=steps, state=list(ops))
        self.dialogue.advance(Turn(id=f"s.{self.number}", session="s", number=self.number, message=message, attached=things, plan=plan, status="done"), results)  # fmt: skip

    @property
    def state(self):
        return self.dialogue.state


def piece(id: str, tool: str, *parents: str) -> dict[str, Any]:
    return Piece(id=id, title=id, parents=list(parents), made_by=MadeBy(tool=tool)).model_dump(mode="json")


def edited(clip: str, new: str) -> tuple[str, dict[str, Any], Any]:
    return ("edit", {"clip": {"id": clip}, "operations": [{"op": "reverse"}]}, {"piece": piece(new, "edit", clip), "details": []})  # fmt: skip


def found(*ids: str, **args: Any) -> tuple[str, dict[str, Any], Any]:
    items = [{"id": id, "title": f"title {id}", "artist": "A", "reasons": []} for id in ids]
    return ("retrieve", {"action": "search", **args}, {"items": items, "total": len(ids)})


def test_the_conversation_of_a_whole_afternoon():
    talk = Talk()
    song = {"id": "p_song"}
    measured = {name: {"value": None, "confidence": 0.0} for name in registry.tool("tag").Out.model_fields}
    measured |= {"bpm": {"value": 96.0, "confidence": 0.9}, "key": {"value": "A minor", "confidence": 0.3}}
    talk.turn("describe this", ("caption", {"clips": [song]}, {"texts": ["calm"]}), ("tag", {"clip": song}, measured), attach=("p_song",))  # fmt: skip
    assert talk.state.latest.bpm == 96.0
    assert talk.state.latest.key is None
    talk.turn("remove the drums", edited("p_song", "p_nodrums"))
    talk.turn("transcribe the bass", ("transcribe", {"clip": {"id": "p_nodrums"}}, {"piece": piece("p_bass", "transcribe", "p_nodrums"), "files": [{"id": "b1", "kind": "midi", "name": "bass.mid"}], "text": ""}))  # fmt: skip
    assert talk.state.focus[:2] == ["p_nodrums", "p_bass"]
    assert talk.state.things["b1"].kind == "file"
    talk.turn("an intro in its key", ("tag", {"clip": song}, measured), ("generate", {"prompt": "intro", "key": {"step": "s1", "field": "key"}}, {"pieces": [piece("p_intro", "generate")]}))  # fmt: skip
    assert talk.state.focus[:2] == ["p_intro", "p_nodrums"]
    talk.turn("put it in front", edited("p_intro", "p_whole"))
    assert talk.state.focus[0] == "p_whole"
    talk.turn("something similar", found("t_1", "t_2", "t_3", like=[{"id": "p_whole"}]))
    assert talk.state.shown.ids == ["t_1", "t_2", "t_3"]
    assert talk.state.focus[0] == "p_whole"
    assert talk.state.roles["p_whole"] == "SEED"
    talk.turn("not the second one", found("t_1", "t_4", adjust={"energy": 1}), ops=(StateOp(op="reject", target=Ref(id="t_2")),))  # fmt: skip
    assert talk.state.roles["t_2"] == "REJECTED"
    assert talk.state.search["adjust"] == {"energy": 1}
    talk.turn("save these", ("export", {"items": [{"id": "t_1"}]}, {"files": [{"id": "b2", "kind": "playlist", "name": "mix.m3u8", "path": "/x/mix.m3u8"}]}))  # fmt: skip
    assert talk.state.things["b2"].kind == "playlist"
    words = talk.dialogue.words([StateOp(op="undo")], talk.state)
    assert words == ["Undone: “save these”. We are back at “p_whole”. The file /x/mix.m3u8 that it wrote stays where it is."]  # fmt: skip
    talk.turn("undo that", ops=(StateOp(op="undo"),))
    assert "b2" not in talk.state.things
    assert talk.state.undone == 1
    talk.turn("undo that too", ops=(StateOp(op="undo"),))
    assert talk.state.shown.ids == ["t_1", "t_2", "t_3"]
    assert "t_2" in talk.state.roles
    assert talk.state.roles["t_2"] == "SHOWN"


def test_undo_passes_over_turns_that_changed_nothing_and_keeps_what_was_attached():
    talk = Talk()
    talk.turn("reverse it", edited("p_song", "p_rev"), attach=("p_song",))
    talk.turn("what is this", ("caption", {"clips": [{"id": "p_rev"}]}, {"texts": ["odd"]}))
    talk.turn("hello")
    talk.turn("undo", ops=(StateOp(op="undo"),))
    assert talk.state.focus == ["p_song"]
    assert "p_rev" not in talk.state.things


def test_what_failed_leaves_no_trace():
    talk = Talk()
    talk.turn("reverse it", ("edit", {"clip": {"id": "p_song"}}, None), attach=("p_song",))
    assert talk.state.focus == ["p_song"]
    assert talk.dialogue.words([StateOp(op="undo")], talk.state) == ["There is nothing to undo."]


def test_a_new_deed_ends_redo():
    talk = Talk()
    talk.turn("a", edited("p", "p_a"), attach=("p",))
    talk.turn("undo", ops=(StateOp(op="undo"),))
    talk.turn("b", edited("p", "p_b"))
    assert talk.state.undone == 0
    assert talk.dialogue.words([StateOp(op="redo")], talk.state) == ["There is nothing to redo."]


def test_back_to_an_earlier_list_by_words_number_and_from_the_last():
    talk = Talk()
    talk.turn("jazz", found("t_1", query="calm", filters={"genre": "jazz"}))
    talk.turn("rock", found("t_2", query="rock"))
    talk.turn("pop", found("t_3", query="pop"))
    assert talk.state.lists[0].label == "calm jazz"
    talk.turn("back to the jazz list", ops=(StateOp(op="back", target="jazz"),))
    assert talk.state.shown.ids == ["t_1"]
    assert talk.state.search["filters"] == {"genre": "jazz"}
    talk.turn("back", ops=(StateOp(op="back"),))
    assert talk.state.shown.ids == ["t_3"]
    talk.turn("back to list 1", ops=(StateOp(op="back", target="1"),))
    assert talk.state.shown.ids == ["t_2"]
    assert talk.dialogue.words([StateOp(op="back", target="metal")], talk.state) == ["I find no list that goes by “metal”."]  # fmt: skip


def test_a_branch_leaves_the_old_list():
    talk = Talk()
    talk.turn("jazz", found("t_1", query="jazz"))
    talk.turn("rock", found("t_2", query="rock"))
    talk.turn("same list, but acoustic", found("t_5", query="jazz acoustic"), ops=(StateOp(op="branch", target="jazz"),))  # fmt: skip
    assert [shown.ids for shown in talk.state.lists] == [["t_1"], ["t_2"], ["t_5"]]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("year", {"query": "q", "k": 5, "filters": {"bpm_min": 90, "genre": "pop"}}),
        ("the tempo", {"query": "q", "k": 5, "filters": {"year_min": 1990, "year_max": 1999, "genre": "pop"}}),
        ("genre", {"query": "q", "k": 5, "filters": {"year_min": 1990, "year_max": 1999, "bpm_min": 90}}),
        ("everything", {}),
    ],
)
def test_constraints_are_dropped_by_name(name, left):
    talk = Talk()
    filters = {"year_min": 1990, "year_max": 1999, "bpm_min": 90, "genre": "pop"}
    talk.turn("x", found("t_1", query="q", k=5, filters=filters))
    talk.turn("forget it", ops=(StateOp(op="drop", target=name),))
    assert {k: v for k, v in talk.state.search.items() if k != "action"} == left


def test_correct_puts_the_right_name_into_the_search():
    talk = Talk()
    talk.turn("x", found("t_1", filters={"artist": "Celine"}))
    talk.turn("I meant", ops=(StateOp(op="correct", target="Celine Dion"),))
    assert talk.state.search["filters"]["artist"] == "Celine Dion"


def test_several_attachments_are_a_list():
    talk = Talk()
    talk.turn("splice", attach=("p_a", "p_b"))
    assert (talk.state.shown.kind, talk.state.shown.ids) == ("attachments", ["p_a", "p_b"])
    assert talk.state.focus == ["p_a", "p_b"]


def test_every_tools_output_is_understood():
    kinds = {name: [g.kind for field in tool.Out.model_fields if (g := gives(tool.Out, field))] for name, tool in registry.tools().items()}  # fmt: skip
    assert kinds["generate"] == ["piece"]
    assert kinds["retrieve"][0] == "item"
    assert kinds["transcribe"] == ["piece", "file", "scalar"]
    assert "scalar" in kinds["tag"]
