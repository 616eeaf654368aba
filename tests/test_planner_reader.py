"""The reader: labels of plans, what it is shown of a message, what it sees in words that no rule knows."""

import pytest

from segue.agent.builtin import BuiltinPlanner
from segue.agent.language import following, plainly, reader
from segue.agent.language.draft import Draft
from segue.agent.language.labels import labels
from segue.agent.language.reader import Reading, masked, read, situation
from segue.agent.language.weighing import weighed
from segue.agent.plan import Plan, StateOp, Step
from segue.evals.planning_contexts import names, state_for
from segue.tools.core import minilm

QUIETER = Plan(steps=[Step(id="s1", tool="edit", args={"clip": {"id": "p1"}, "operations": [{"op": "gain", "stem": "drums", "db": -3}]})])  # fmt: skip
SEARCH = Plan(steps=[Step(id="s1", tool="retrieve", args={"query": "x", "filters": {"year_min": 1990, "year_max": 1999}, "adjust": {"energy": -1}, "order": "path", "like": [{"id": "t1"}]})])  # fmt: skip


def test_labels_say_what_a_plan_asks_for():
    assert labels(QUIETER) == {"edit", "edit.gain-"}
    assert labels(SEARCH) == {"retrieve", "f.year", "adjust.energy-", "order.path", "r.like"}
    assert labels(Plan(state=[StateOp(op="undo")], question="Which?")) == {"state.undo", "ask"}
    asked = Plan(
        steps=[Step(id="s1", tool="caption", args={"clips": [{"id": "a"}, {"id": "b"}], "question": "which?"})]
    )
    assert labels(asked) == {"caption", "question", "several"}


def test_names_are_masked_by_what_they_name():
    state = state_for("list")
    message = "like Paper Lanterns but by Oasis, from beat.WAV"
    assert masked(message, state, names(message)) == "like some song but by some artist, from some file"


@pytest.mark.parametrize(("context", "expected"), [("empty", "empty"), ("list", "list"), ("piece", "piece"), ("takes", "files"), ("recording", "recording")])  # fmt: skip
def test_the_situation_is_one_word(context, expected):
    assert situation(state_for(context)) == expected


def test_a_plan_that_asks_the_same_fits_best():
    reading = Reading({"edit": 0.97, "edit.gain-": 0.9, "edit.remove": 0.2, "retrieve": 0.02, "f.year": 0.01})
    assert reading.best == {"edit", "edit.gain-"}
    assert reading.fit(labels(QUIETER)) > reading.fit({"edit", "edit.remove"}) > reading.fit({"retrieve"})
    assert reading.fit({"edit", "edit.gain-", "f.year"}) < reading.fit({"edit", "edit.gain-"})


@pytest.mark.parametrize(
    ("message", "context", "label"),
    [
        ("those drums are killing me, out with them", "piece", "edit.remove"),
        ("hmm the whole thing drags, pick the pace up a notch", "piece", "edit.tempo+"),
        ("got any more where those came from", "list", "retrieve"),
        ("scratch what you just did", "piece", "state.undo"),
        ("put the notes on paper for my pianist", "recording", "transcribe"),
    ],
)
def test_it_sees_requests_in_words_of_all_sorts(message, context, label):
    reading = read(message, state_for(context), names(message))
    assert reading is not None
    assert label in reading.best


def test_the_likelier_plan_is_taken_and_doubt_is_told():
    reading = Reading({"edit": 0.98, "edit.remove": 0.95, "retrieve": 0.02, "reply": 0.02})
    removal = Plan(steps=[Step(id="s1", tool="edit", args={"clip": {"id": "p1"}, "operations": [{"op": "remove", "stems": ["drums"]}]})])  # fmt: skip
    heard: list[str] = []

    def again(said: str) -> Plan:
        heard.append(said)
        return removal

    def draft(message: str = "those drums are killing me") -> Draft:
        return Draft(message, state_for("piece"), [])

    guessed = SEARCH.model_copy(update={"certain": 0.5})
    taken = weighed(guessed, "those drums are killing me", reading, again, draft, lambda: iter(()))
    assert taken.steps == removal.steps
    assert taken.certain < 0.9
    assert heard[0] == "remove drums"
    assert weighed(removal, "no drums", reading, again, draft, lambda: iter(())) is removal
    mild = Reading({"edit": 0.7, "edit.remove": 0.6, "retrieve": 0.4, "reply": 0.02})
    kept = weighed(SEARCH, "what the rules are sure of", mild, again, draft, lambda: iter(()))
    assert kept.steps == SEARCH.steps
    assert kept.certain < SEARCH.certain


def test_without_the_encoder_the_rules_stand_alone(monkeypatch):
    monkeypatch.setattr(minilm, "weights", lambda: None)
    reader._network.cache_clear()
    try:
        assert read("drop the drums", state_for("piece")) is None
        assert labels(BuiltinPlanner(names).plan("drop the drums", state_for("piece"))) == {"edit", "edit.remove"}
    finally:
        reader._network.cache_clear()


@pytest.mark.parametrize(
    ("message", "context", "seen", "said"),
    [
        ("voices distract me", "list", {"retrieve", "f.vocals"}, "no vocals"),
        ("the party is three hours long, fill it", "list", {"retrieve", "r.total_s"}, "180 minutes in total"),
        ("the rhodes is gorgeous but a touch shy", "piece", {"edit", "edit.gain+"}, "turn rhodes up a lot"),
        ("my step class goes at 128 bpm, wav please", "piece", {"edit", "edit.tempo", "export"}, "set the tempo to 128 bpm, then export it as wav"),
        ("a touch up and a touch down at once", "list", {"retrieve", "adjust.energy+", "adjust.energy-"}, None),
        ("take something out", "piece", {"edit", "edit.remove"}, None),
    ],
)  # fmt: skip
def test_what_is_seen_is_said_in_plain_words(message, context, seen, said):
    state = state_for(context)
    found = plainly.plainest(frozenset(seen), message, Draft(message, state, names(message)))
    assert (found or "").replace(" a bit", " a lot") == (said or "")


@pytest.mark.parametrize(
    ("message", "tail"),
    [
        ("60s rock except the Beatles, plus the key of the first result", "the key of the first one"),
        ("get house at 124 bpm and loop your top hit eight times", "loop the first one eight times"),
        ("the ambient with a rating of 5, exported as playlist", "save it as playlist"),
        ("calm and slow, with strings", None),
        ("mute the voice on this and get me the guitar line as midi", None),
    ],
)
def test_what_is_done_with_what_is_found_stands_alone(message, tail):
    both = following.halves(message)
    assert (both[1] if both else None) == tail
