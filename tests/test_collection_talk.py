"""A dialogue ranks what is found: from the turns of a conversation, through the retrieve tool."""

import pytest

from segue.agent.events import ToolResult
from segue.agent.fold import Dialogue
from segue.agent.plan import Plan, Ref, StateOp, Step
from segue.agent.session import Turn
from segue.tools import retrieve
from segue.tools.backends.retrieve_catalogue import BACKEND
from segue.tools.collection.catalogue import Track
from tests.collection_support import fill, known_tracks, make_context, make_home

PEOPLE = ["Metallica", "Enya", "Nina Harrow", "Nina Harrow", "Snoop Dogg, Dr. Dre", "Marlo Quint & Ada Bell"]


@pytest.fixture
def house(tmp_path):
    settings, store, catalogue = make_home(tmp_path)
    bare = [Track(id=f"t_{n}", title=f"Song {'abcdefghijkl'[n]}", artist=PEOPLE[n % 6]) for n in range(12)]
    fill(store, catalogue, bare)
    return BACKEND.load(settings), *make_context(settings, store)


def ask(house, said, liked=(), disliked=(), **args):
    run, context, _ = house
    talk = retrieve.Talk(said=list(said), liked=list(liked), disliked=list(disliked))
    return run(retrieve.Args(query=said[-1], talk=talk, **args), context)


def test_an_artist_who_was_liked_is_gone_on_with(house):
    found = ask(house, ["something by Nina Harrow", "great, more of that"], [["t_2"]], filters={"exclude": ["t_2"]})
    assert found.items[0].artist == "Nina Harrow"
    assert "by Nina Harrow, of whom you liked something" in found.items[0].reasons
    assert "t_2" not in [item.id for item in found.items]


def test_untagged_music_is_found_by_what_its_artists_are_known_for(house):
    found = ask(house, ["some heavy metal please"])
    assert found.items[0].artist == "Metallica"
    assert any("Metallica is known for" in reason for reason in found.items[0].reasons)
    assert any("generally known for" in note for note in house[2])


def test_one_of_two_credited_artists_is_found(house):
    assert "Ada Bell" in ask(house, ["something by Ada Bell"]).items[0].artist
    assert "Dre" in house[0](retrieve.Args(query="Dr. Dre"), house[1]).items[0].artist


def test_an_artist_liked_by_name_counts_too(house):
    found = ask(house, ["hello", "thanks, go on"], [["artist:Enya"]], k=2)
    assert {item.artist for item in found.items} & {"Enya"}


def test_filters_stay_hard_and_tags_lead(tmp_path):
    settings, store, catalogue = make_home(tmp_path)
    fill(store, catalogue, known_tracks(60))
    run, (context, _) = BACKEND.load(settings), make_context(settings, store)
    talk = retrieve.Talk(said=["some jazz", "calmer ones, jazz again"], liked=[["t_000"]])
    found = run(retrieve.Args(query="jazz", talk=talk, filters={"year_min": 1990}, k=20), context)
    assert {item.genre for item in found.items} == {"Jazz"}
    assert min(item.year for item in found.items) >= 1990
    assert found.total == len(found.items)


def test_nothing_known_is_said_as_ever(house):
    assert ask(house, ["zzyzx"]).items == []
    assert any("Nothing in the library" in note for note in house[2])


def step(turn, items, **args):
    call = {"query": f"turn {turn}", **args}
    out = {"items": [{"id": id, "title": id} for id in items], "total": len(items)}
    result = ToolResult(step="s1", tool="retrieve", args=call, status="done", out=out)
    return Plan(steps=[Step(id="s1", tool="retrieve", args=call)]), {"s1": result}


def test_the_fold_hands_the_talk_to_searches():
    dialogue = Dialogue()
    plan, results = step(1, ["a", "b"])
    dialogue.advance(Turn(id="1", session="s", number=1, message="calm piano", plan=plan), results)
    liking = Plan(state=[StateOp(op="like", target=Ref(id="a")), StateOp(op="reject", target=Ref(id="b"))])
    dialogue.advance(Turn(id="2", session="s", number=2, message="a is good, b is not", plan=liking), {})
    plan, _ = step(3, [])
    [now] = dialogue.with_talk(plan, "more like that").steps
    assert now.args["talk"] == {"said": ["calm piano", "more like that"], "liked": [["a"]], "disliked": [["b"]]}
    assert "talk" not in dialogue.state.search
    retrieve.Args(**now.args)


def test_what_is_forgotten_or_undone_is_no_more_part_of_the_talk():
    dialogue = Dialogue()
    for number in (1, 2):
        plan, results = step(number, ["a"])
        dialogue.advance(Turn(id=str(number), session="s", number=number, message=f"turn {number}", plan=plan), results)
    assert dialogue.state.said == ["turn 1", "turn 2"]
    dialogue.advance(Turn(id="3", session="s", number=3, message="undo", plan=Plan(state=[StateOp(op="undo")])), {})
    assert dialogue.state.said == ["turn 1"]
    forget = Plan(state=[StateOp(op="drop", target="everything")])
    dialogue.advance(Turn(id="4", session="s", number=4, message="start over", plan=forget), {})
    assert (dialogue.state.said, dialogue.state.liked) == ([], [])


def test_a_search_in_a_chain_is_ranked_by_its_own_words():
    plan, _ = step(1, [])
    more = Step(id="s2", tool="generate", args={"prompt": "intro"})
    chain = plan.model_copy(update={"steps": [*plan.steps, more]})
    found = Dialogue().with_talk(chain, "find something calm, then make an intro")
    assert found.steps[0].args["talk"]["said"] == ["turn 1"]
    assert "talk" not in found.steps[1].args


def test_the_llm_is_not_told_of_the_talk():
    from segue.agent.llm_schema import plan_schema

    assert '"talk"' not in str(plan_schema()).replace("'", '"')


def test_what_was_rejected_is_kept_out_whatever_the_plan_forgot():
    dialogue = Dialogue()
    plan, results = step(1, ["a", "b"])
    dialogue.advance(Turn(id="1", session="s", number=1, message="calm piano", plan=plan), results)
    rejecting = Plan(state=[StateOp(op="reject", target=Ref(id="b"))])
    dialogue.advance(Turn(id="2", session="s", number=2, message="not b", plan=rejecting), {})
    args = {"like": [{"id": "a"}], "action": "similar", "filters": {"year_min": 1990, "exclude": ["c"]}}
    [now] = dialogue.with_talk(Plan(steps=[Step(id="s1", tool="retrieve", args=args)]), "like a, but newer").steps
    assert now.args["filters"] == {"year_min": 1990, "exclude": ["c", "b"]}
    sorting = Plan(steps=[Step(id="s1", tool="retrieve", args={"among": [{"id": "a"}, {"id": "b"}]})])
    assert "filters" not in dialogue.with_talk(sorting, "sort a and b").steps[0].args


def test_an_artist_turned_down_stays_out_after_a_change_of_topic_until_asked_for_or_let_in_again():
    dialogue = Dialogue()
    plan, results = step(1, ["a", "b"])
    dialogue.advance(Turn(id="1", session="s", number=1, message="party", plan=plan), results)
    out = {"query": "party", "filters": {"exclude_artists": ["ABBA"]}}
    rejecting = Plan(state=[StateOp(op="reject", target="ABBA")], steps=[Step(id="s1", tool="retrieve", args=out)])
    found = {"s1": results["s1"].model_copy(update={"args": out})}
    dialogue.advance(Turn(id="2", session="s", number=2, message="no ABBA", plan=rejecting), found)

    def searched(message: str, *ops: StateOp, **args: object) -> dict[str, object]:
        plan = Plan(state=list(ops), steps=[Step(id="s1", tool="retrieve", args=args)])
        return dict(dialogue.with_talk(plan, message).steps[0].args.get("filters") or {})

    assert searched("winding down", query="winding down") == {"exclude_artists": ["ABBA"]}
    assert searched("no abba", query="calm", filters={"exclude_artists": ["abba"]}) == {"exclude_artists": ["abba"]}
    assert "exclude_artists" not in searched("play ABBA", filters={"artist": "ABBA"})
    assert "exclude_artists" not in searched("any artist", StateOp(op="drop", target="artists"), query="calm")


def test_a_turn_is_ranked_by_what_an_llm_adds_to_its_words():
    dialogue = Dialogue()
    search = Step(id="s1", tool="retrieve", args={"query": "calm piano, Bill Evans"})
    plan = Plan(planner="llm", steps=[search])
    [now] = dialogue.with_talk(plan, "some calm piano please").steps
    assert now.args["talk"]["said"] == ["some calm piano please (Bill Evans)"]
    builtin = plan.model_copy(update={"planner": "builtin"})
    assert dialogue.with_talk(builtin, "some calm piano").steps[0].args["talk"]["said"] == ["some calm piano"]
