"""Wishes to write a piece anew, in words: takes, places, locks, chords, modes, meters, beats, endings, lyrics, loops."""

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.op_words import op_words
from segue.evals.planning_contexts import names, state_for
from segue.tools.core import registry

PLANNER = BuiltinPlanner(names)
CASES = [
    ("keep the drums, redo the rest", {"op": "regenerate", "keep": ["drums"]}),
    ("rewrite everything except the bass", {"op": "regenerate", "keep": ["bass"]}),
    ("another take of this", {"op": "regenerate"}),
    ("try again", {"op": "regenerate"}),
    ("new take, same drums", {"op": "regenerate", "keep": ["drums"]}),
    ("new bass in the second chorus", {"op": "regenerate", "section": "second chorus", "parts": ["bass"]}),
    ("rewrite the second verse, sparser", {"op": "regenerate", "section": "second verse", "prompt": "sparser"}),
    ("more tension in bars 5 to 8", {"op": "regenerate", "start_bar": 5, "end_bar": 8, "prompt": "more tension"}),
    ("regenerate bar 4", {"op": "regenerate", "start_bar": 4, "end_bar": 4}),
    ("make the bass line busier", {"op": "regenerate", "parts": ["bass"], "prompt": "busier"}),
    ("variation of the melody", {"op": "regenerate", "parts": ["melody"], "prompt": "variation"}),
    ("a different drum pattern, something reggaeton", {"op": "regenerate", "parts": ["drums"], "prompt": "something reggaeton"}),
    ("the drums are boring, do something else", {"op": "regenerate", "parts": ["drums"], "prompt": "more interesting"}),
    ("new chords in bars 5–8: Em7 A7", {"op": "chords", "start_bar": 5, "end_bar": 8, "chords": ["Em7", "A7"]}),
    ("change the chords to Am F C G", {"op": "chords", "chords": ["Am", "F", "C", "G"]}),
    ("new chords: Dm7 | G7 Db7 | Cmaj7", {"op": "chords", "chords": ["Dm7", "G7 Db7", "Cmaj7"]}),
    ("darker harmonically", {"op": "mode", "mode": "darker"}),
    ("brighter harmony in the chorus", {"op": "mode", "mode": "brighter", "section": "chorus"}),
    ("in minor", {"op": "mode", "mode": "minor"}),
    ("put it into dorian", {"op": "mode", "mode": "dorian"}),
    ("put it in 3/4", {"op": "meter", "meter": "3/4"}),
    ("change the time signature to 6/8", {"op": "meter", "meter": "6/8"}),
    ("half-time feel", {"op": "feel", "beat": "half_time"}),
    ("double-time feel in the chorus", {"op": "feel", "beat": "double_time", "section": "chorus"}),
    ("more swing", {"op": "feel", "swing_by": 0.08}),
    ("a bit less swing", {"op": "feel", "swing_by": -0.04}),
    ("straight, no swing", {"op": "feel", "swing": 0.5}),
    ("looser", {"op": "feel", "humanise": 0.5}),
    ("quantise the drums", {"op": "feel", "quantise": 1.0, "parts": ["drums"]}),
    ("give it a new ending", {"op": "ending", "kind": "new"}),
    ("cold ending", {"op": "ending", "kind": "cold"}),
    ("end on a held chord", {"op": "ending", "kind": "held"}),
    ("slow down at the end", {"op": "ending", "kind": "slowing"}),
    ("make the intro longer, 8 bars", {"op": "extend", "section": "intro", "bars": 8}),
    ("extend it to 64 bars", {"op": "extend", "bars": 64}),
    ("new lyrics: the sea is wide / and I am small", {"op": "lyrics", "text": "the sea is wide / and I am small"}),
    ("bossa nova, but lock the bass", {"op": "restyle", "prompt": "bossa nova", "keep": ["bass"]}),
    ("keep the melody but make it techno", {"op": "restyle", "prompt": "techno", "keep": ["melody"]}),
    ("loop bars 5 to 8 seamlessly", {"op": "loop", "start_bar": 5, "end_bar": 8, "seamless": True}),
    ("loop the chorus four times", {"op": "loop", "section": "chorus", "times": 4}),
]  # fmt: skip


@pytest.mark.parametrize(("message", "operation"), CASES, ids=[message for message, _ in CASES])
def test_a_piece_is_written_anew(message, operation):
    plan = PLANNER.plan(message, state_for("piece"))
    assert [(step.tool, step.args["clip"]) for step in plan.steps] == [("edit", {"id": "p1"})]
    assert plan.steps[0].args["operations"] == [operation]
    registry.tool("edit").Args.model_validate(plan.steps[0].args)


@pytest.mark.parametrize(
    "message",
    [
        "is it in 3/4?",
        "is there any swing in it?",
        "which key is it in, major or minor?",
        "what chords are in the bridge?",
    ],
)
def test_questions_change_nothing(message):
    assert "edit" not in [step.tool for step in PLANNER.plan(message, state_for("piece")).steps]


def test_chords_that_are_not_named_are_asked_for():
    plan = PLANNER.plan("different chords in the bridge", state_for("piece"))
    assert not plan.steps
    assert "Which chords" in (plan.question or "")


def test_one_wish_for_several_pieces_is_an_edit_of_each():
    plan = PLANNER.plan("all three down a tone", state_for("takes"))
    assert [step.args["clip"]["id"] for step in plan.steps] == ["k1", "k2", "k3"]
    assert all(step.args["operations"] == [{"op": "transpose", "semitones": -2.0}] for step in plan.steps)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ({"op": "regenerate"}, "written anew as another take"),
        ({"op": "regenerate", "start_bar": 4}, "bar 4 written anew"),
        ({"op": "regenerate", "start_bar": 5, "end_bar": 8, "prompt": "busier", "keep": ["drums"]}, "bars 5 to 8 written anew (busier), drums kept"),
        ({"op": "regenerate", "section": "second chorus", "parts": ["bass"]}, "bass written anew in the second chorus"),
        ({"op": "chords", "chords": ["Em7", "A7"], "start_bar": 5, "end_bar": 6}, "chords Em7 | A7 in bars 5 to 6"),
        ({"op": "mode", "mode": "darker"}, "harmony made darker"),
        ({"op": "mode", "mode": "dorian", "section": "bridge"}, "harmony in dorian in the bridge"),
        ({"op": "meter", "meter": "3/4"}, "put into 3/4"),
        ({"op": "feel", "beat": "half_time", "section": "bridge"}, "in half time in the bridge"),
        ({"op": "feel", "swing": 0.5}, "played straight"),
        ({"op": "feel", "swing_by": -0.08}, "less swing"),
        ({"op": "feel", "quantise": 1.0, "parts": ["drums"]}, "drums brought closer to the beat"),
        ({"op": "ending"}, "a new ending"),
        ({"op": "lyrics", "text": "la"}, "words set to the tune in the score"),
        ({"op": "extend", "section": "intro", "bars": 8}, "the intro now 8 bars long"),
        ({"op": "loop", "start_bar": 5, "end_bar": 8, "seamless": True}, "bars 5 to 8 as a loop without a seam"),
        ({"op": "restyle", "prompt": "bossa nova", "keep": ["bass"]}, "restyled: bossa nova, bass kept"),
    ],
)  # fmt: skip
def test_every_operation_has_words(operation, words):
    assert op_words(operation) == words


def test_no_operation_of_the_tool_is_without_words():
    from segue.agent.op_words import _WORDS
    from segue.tools.edit import Operation

    members = Operation.__args__[0].__args__  # type: ignore[attr-defined]
    assert {member.model_fields["op"].annotation.__args__[0] for member in members} == set(_WORDS)
