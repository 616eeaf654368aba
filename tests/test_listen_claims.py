"""An LLM words what was heard and may add nothing: each planted fact is found out, each faithful wording passes."""

import pytest

from segue.agent.events import ToolResult
from segue.agent.planner_words import tells_the_truth
from segue.tools.backends.caption_words import told
from segue.tools.caption import Args
from segue.tools.core.base import PieceRef
from segue.tools.listen.claims import added
from segue.tools.listen.facts import Analysis
from segue.tools.listen.words import Subject

FACTS = Analysis(
    duration_s=61.0, bpm=96.0, bpm_confidence=0.9, tempo_stability=0.99, key="D minor", key_confidence=0.9, keys=[(0.0, "D minor")],
    meter="3/4", meter_confidence=0.8, instruments=["piano", "upright bass"], instruments_confidence=0.8, vocals=False, vocals_confidence=0.8,
    drums=False, drums_confidence=0.7, genre="jazz", genre_confidence=0.7, moods=["calm"], moods_confidence=0.6, valence=4.0, arousal=3.0,
    chords=[(0.0, 30.0, "Dm"), (30.0, 61.0, "A7")], chords_confidence=0.8, sections=[("A", 0.0, 30.0), ("B", 30.0, 61.0)], sections_confidence=0.5,
    axes=dict.fromkeys(("energy", "brightness", "density", "danceability"), 0.3), loudness_lufs=-16.0, loudness_range_lu=4.0, true_peak_db=-1.0,
)  # fmt: skip
DRAFT = told(Args(clips=[PieceRef(id="p_1")]), [Subject("Take 1", FACTS)])[0]

PLANTED = [
    "A calm jazz piece in E major at 96 bpm.",
    "A calm jazz waltz in D minor with a saxophone and piano.",
    "Calm jazz in D minor. A woman sings softly over the piano.",
    "Calm jazz in D minor at 96 bpm with brushed drums.",
    "Calm blues in D minor at 96 bpm.",
    "Calm jazz in D minor at 128 bpm.",
    "A happy jazz piece in D minor.",
    "Calm jazz in D minor, in 7/8.",
    "Calm jazz in D minor; it modulates halfway.",
    "Calm jazz in D minor; the chorus comes at 0:30.",
    "Calm jazz in D minor with no piano at all.",
    "Calm jazz in D minor that slows down at the end.",
    "Calm jazz in D minor, it lasts 180 s.",
]
FAITHFUL = [
    "It's a calm jazz piece in D minor, about 96 bpm and in 3/4, with piano and upright bass. No drums, and nobody sings.",
    "A calm jazz waltz for piano; I hear no saxophone in it.",
    "At 96 bpm in D minor, this jazz stays calm.",
    "You get a minute of jazz. It is in D minor.",
]


def verdict(text: str, tool: str = "caption") -> str:
    result = ToolResult(step="s1", tool=tool, backend="words", status="done", seconds=1.0, out={"texts": [DRAFT]})
    return tells_the_truth(text, DRAFT, "what is this? is there a saxophone?", [result])


def test_the_facts_are_there():
    for word in ("96 bpm", "D minor", "3/4", "piano", "upright bass", "jazz"):
        assert word in DRAFT


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_fact_is_found_out(text):
    assert verdict(text)


@pytest.mark.parametrize("text", FAITHFUL)
def test_faithful_words_pass(text):
    assert verdict(text) == ""
    assert verdict(DRAFT) == ""


def test_other_replies_may_speak_of_music():
    assert verdict("Here it is, with a saxophone on top.", tool="generate") == ""


def test_claims_of_what_is_denied_and_the_other_way_round():
    assert added("There are drums.", "I hear no drums.") == "drums"
    assert added("There are no drums.", "I hear drums.") == "drums"
    assert added("It has no trumpet.", "I hear drums.") == ""
    assert added("In E-flat minor.", "The key is D# minor.") == ""
    assert added("In Bb major.", "It is in B flat major.") == ""
