"""The dialogues, the world that they are held in, and their judge."""

import re

import pytest

from segue.agent.dialogue import State
from segue.agent.plan import Plan, StateOp, Step
from segue.evals import dialogues, suites
from segue.evals.dialogues_judge import checks
from segue.evals.dialogues_library import RECORDINGS
from segue.evals.dialogues_world import World, names
from segue.tools.core.errors import InvalidArgument


def steps(*calls: tuple[str, dict]) -> list[Step]:
    """Return steps s1, s2, … that call tools."""
    return [Step(id=f"s{n}", tool=tool, args=args) for n, (tool, args) in enumerate(calls, 1)]


def edit(clip: str, *operations: dict) -> tuple[str, dict]:
    """Return a call of edit."""
    return "edit", {"clip": {"id": clip}, "operations": list(operations)}


def done(world: World, *calls: tuple[str, dict]) -> dict:
    """Return the output of the last call."""
    result = list(world.run(Plan(steps=steps(*calls))).values())[-1]
    assert result.status == "done", result.error
    return result.out


class Scripted:
    """Plans turn after turn what a function of the state says."""

    def __init__(self, *turns):
        self.turns = list(turns)

    def plan(self, message: str, state: State) -> Plan:
        made = self.turns.pop(0)(state)
        return made if isinstance(made, Plan) else Plan(steps=steps(*made))


class Idle:
    """Does nothing."""

    def plan(self, message: str, state: State) -> Plan:
        return Plan(reply="I see.")


def ends(case: dict, *turns) -> list[str]:
    """Return what is wrong at the end of a dialogue held by a script."""
    talk = dialogues.hold(case["turns"], Scripted(*turns))
    return [check.words for check in checks(talk, case["end"]) if not check.ok]


def case(id: str) -> dict:
    """Return a dialogue."""
    return next(one for one in dialogues.dialogues() if one["id"] == id)


# -- the file --------------------------------------------------------------------------------------


def test_the_dialogues_are_the_frozen_ones():
    assert dialogues.fingerprint() == dialogues.FROZEN


def test_there_are_sixty_of_six_to_nine_turns_that_name_what_is_there():
    found = dialogues.dialogues()
    assert len(found) == len({one["id"] for one in found}) == 60
    recordings = {recording.id for recording in RECORDINGS}
    for one in found:
        assert 6 <= len(one["turns"]) <= 9, one["id"]
        attached = {id for turn in one["turns"] if isinstance(turn, dict) for id in turn["attach"]}
        assert attached <= recordings, one["id"]
        assert all(int(turn) <= len(one["turns"]) for turn in re.findall(r"@(\d+)\.\d", str(one["end"]))), one["id"]


def test_no_message_is_said_twice_to_begin_with():
    first = [
        one["turns"][0] if isinstance(one["turns"][0], str) else one["turns"][0]["say"] for one in dialogues.dialogues()
    ]
    assert len(first) == len(set(first))


# -- the world -------------------------------------------------------------------------------------


def test_a_piece_is_made_as_asked():
    world = World()
    args = {
        "genre": "lo-fi",
        "bpm": 82,
        "key": "E minor",
        "duration_s": 40,
        "instruments": ["rhodes"],
        "exclude": ["bass"],
    }
    piece = done(world, ("generate", args))["pieces"][0]
    assert (piece["score"]["bpm"], piece["score"]["key"], piece["score"]["genre"]) == (82, "E minor", "lo-fi")
    assert piece["clip"]["frames"] / piece["clip"]["sample_rate"] == 40
    assert piece["score"]["parts"] == ["rhodes", "drums"]


def test_takes_are_different_pieces():
    world = World()
    takes = done(world, ("generate", {"genre": "techno", "takes": 3}))["pieces"]
    assert len({take["id"] for take in takes}) == 3 == len(world.made)


def test_an_edit_makes_a_new_piece_and_leaves_the_old_one():
    world = World()
    old = done(world, ("generate", {"genre": "jazz", "bpm": 120, "key": "F major", "duration_s": 60}))["pieces"][0]
    new = done(
        world,
        edit(
            old["id"],
            {"op": "remove", "stems": ["drums"]},
            {"op": "tempo", "ratio": 0.5},
            {"op": "transpose", "semitones": -1},
        ),
    )["piece"]
    assert new["parents"] == [old["id"]]
    assert "drums" not in new["score"]["parts"]
    assert (new["score"]["bpm"], new["score"]["key"], new["clip"]["frames"]) == (60, "E major", 120_000)
    assert "drums" in world.facts[old["id"]].parts


def test_what_is_not_there_cannot_be_taken_out():
    world = World()
    result = world.run(Plan(steps=steps(edit("r9", {"op": "remove", "stems": ["drums"]}))))["s1"]
    assert result.status == "failed"
    assert "drums" in result.error.message
    assert not world.made


def test_joins_and_mixes_have_the_parts_and_lengths_of_all():
    world = World()
    joined = done(world, edit("r5", {"op": "concat", "clips": [{"id": "r6"}]}))["piece"]["id"]
    mixed = done(world, edit("r5", {"op": "mix", "clips": [{"id": "r6"}]}))["piece"]["id"]
    assert set(world.facts[joined].parts) == set(world.facts[mixed].parts) == {"vocals", "drums", "bass"}
    assert (world.facts[joined].duration_s, world.facts[mixed].duration_s) == (128, 64)


def test_a_search_obeys_its_filters():
    limits = {"genre": "rap", "exclude_artists": ["50 Cent"], "year_min": 2000, "language": "en", "exclude": ["t84"]}
    items = done(World(), ("retrieve", {"filters": limits, "k": 50}))["items"]
    assert items
    for item in items:
        assert item["genre"] == "hip hop"
        assert item["artist"] != "50 Cent"
        assert item["year"] >= 2000
        assert item["id"] != "t84"


def test_a_search_follows_likes_critiques_and_order():
    world = World()
    plain = done(world, ("retrieve", {"like": [{"id": "t16"}]}))["items"]
    upbeat = done(world, ("retrieve", {"like": [{"id": "t16"}], "adjust": {"energy": 2}}))["items"]
    assert "t16" not in [item["id"] for item in plain]

    def level(items):
        return sum(world.facts[item["id"]].energy for item in items)

    assert level(upbeat) > level(plain)
    rising = done(world, ("retrieve", {"among": [{"id": item["id"]} for item in upbeat], "order": "energy_up"}))[
        "items"
    ]
    levels = [world.facts[item["id"]].energy for item in rising]
    assert levels == sorted(levels)
    assert len(rising) == 5
    assert [
        item["id"] for item in done(world, ("retrieve", {"like": [{"id": "r4"}], "action": "identify"}))["items"]
    ] == ["t06"]


def test_steps_hand_on_what_they_found():
    world = World()
    chain = [
        ("tag", {"clip": {"id": "r1"}}),
        ("generate", {"duration_s": 10, "bpm": {"step": "s1", "field": "bpm"}, "key": {"step": "s1", "field": "key"}}),
        ("edit", {"clip": {"step": "s2", "field": "pieces", "index": 0}, "operations": [{"op": "concat", "clips": [{"id": "r1"}]}]}),
    ]  # fmt: skip
    joined = world.facts[done(world, *chain)["piece"]["id"]]
    assert (joined.bpm, joined.key, joined.duration_s) == (118, "A minor", 220)


def test_a_step_without_what_it_needs_is_skipped():
    results = World().run(Plan(steps=steps(
        edit("r9", {"op": "remove", "stems": ["drums"]}),
        ("tag", {"clip": {"step": "s1", "field": "piece"}}),
    )))  # fmt: skip
    assert [result.status for result in results.values()] == ["failed", "skipped"]


def test_looking_writing_down_and_export_are_noticed():
    world = World()
    done(world, ("caption", {"clips": [{"id": "r1"}]}))
    done(world, ("transcribe", {"clip": {"id": "r1"}, "to": ["notes", "chords"], "stem": "bass"}))
    done(world, ("library", {"action": "duplicates"}))
    done(world, ("export", {"items": [{"id": "r1"}], "formats": ["mp3"]}))
    assert [told.what for told in world.told] == ["words", "chords", "duplicates"]
    assert [(file.what, file.stem) for file in world.got] == [("midi", "bass"), ("mp3", "")]
    refused = world.run(Plan(steps=steps(("export", {"items": [{"id": "r1"}], "formats": ["midi"]}))))["s1"]
    assert refused.status == "failed"


def test_tags_are_written_only_after_a_yes():
    retag = ("library", {"action": "retag", "items": [{"id": "t30"}], "fields": ["mood"]})
    confirm, cancel = (Plan(state=[StateOp(op=op)]) for op in ("confirm", "cancel"))
    said = ["write the mood", "…"]
    assert dialogues.hold(said, Scripted(lambda s: [retag], lambda s: confirm)).world.retagged == ["mood"]
    left = dialogues.hold(said, Scripted(lambda s: [retag], lambda s: cancel))
    assert left.world.retagged == []
    assert left.state.pending is None


def test_names_of_the_library_are_known_misspelt_ones_too():
    assert [(found.kind, found.name) for found in names("more by Delphin Ray")] == [("artist", "Delphine Ray")]


# -- the judge -------------------------------------------------------------------------------------


def take_it(*operations: dict):
    """Return a turn that edits what is in focus."""
    return lambda state: [edit(state.focus[0], *operations)]


def op(name: str, target=None):
    """Return a turn that only changes the state."""
    return lambda state: Plan(state=[StateOp(op=name, target=target)])


def out(*formats: str):
    """Return a turn that exports what is in focus."""
    return lambda state: [("export", {"items": [{"id": state.focus[0]}], "formats": list(formats)})]


def nothing(state):
    """Return an empty plan."""
    return Plan(reply="You are welcome.")


BEAT = [
    lambda state: [("generate", {"genre": "lo-fi", "bpm": 80})],
    take_it({"op": "tempo", "ratio": 1.05}),
    take_it({"op": "remove", "stems": ["drums"]}),
    op("undo"),
    take_it({"op": "transpose", "key": "E minor"}),
    nothing,
    out("stems"),
    out("mp3"),
]


def test_a_beat_that_was_made_and_changed_as_asked_is_right():
    assert ends(case("m01"), *BEAT) == []


@pytest.mark.parametrize(
    ("turn", "instead", "noticed"),
    [
        (1, take_it({"op": "tempo", "ratio": 0.5}), "bpm"),
        (3, nothing, "drums"),
        (4, take_it({"op": "transpose", "key": "F minor"}), "key"),
        (5, out("wav"), "nothing happens"),
        (6, nothing, "stems"),
        (7, out("mp3", "flac"), "flac"),
    ],
)
def test_a_wrong_turn_is_noticed(turn, instead, noticed):
    wrong = ends(case("m01"), *BEAT[:turn], instead, *BEAT[turn + 1 :])
    assert any(noticed in words for words in wrong), wrong


def find(**args):
    """Return a turn that searches, without what was rejected by id."""
    return lambda state: [("retrieve", args)]


def rejecting(number: int, **args):
    """Return a turn that rejects a number of the list and searches on without it."""

    def turn(state: State) -> Plan:
        id = state.shown.ids[number - 1]
        limits = {**args.get("filters", {}), "exclude": [id]}
        return Plan(
            state=[StateOp(op="reject", target={"id": id})], steps=steps(("retrieve", {**args, "filters": limits}))
        )

    return turn


def likeness(state: State) -> list[tuple[str, dict]]:
    """Look for more like the first one, without the one that was rejected."""
    gone = [id for id, role in state.roles.items() if role == "REJECTED"]
    return [("retrieve", {"like": [{"id": state.shown.ids[0]}], "filters": {"vocals": False, "exclude": gone}})]


OLD = {"vocals": False, "year_max": 1969}
JAZZ = [
    find(query="jazz late night"),
    find(query="jazz late night", filters={"vocals": False}),
    rejecting(2, query="jazz late night", filters={"vocals": False}),
    find(query="jazz late night", filters=OLD),
    find(query="jazz late night", filters=OLD, adjust={"energy": -0.5}),
    lambda state: [("caption", {"clips": [{"id": id} for id in state.shown.ids[:2]], "question": "what differs?"})],
    likeness,
    nothing,
]


def test_a_search_that_keeps_out_what_was_rejected_is_right():
    assert ends(case("d01"), *JAZZ) == []


def test_a_search_that_forgets_what_was_rejected_or_meant_is_wrong():
    wrong = ends(case("d01"), *JAZZ[:6], lambda state: [("retrieve", {"query": "jazz"})], nothing)
    assert any("like @5.1" in words for words in wrong), wrong
    wrong = ends(case("d01"), *JAZZ[:2], find(query="jazz late night", filters={"vocals": False}), *JAZZ[3:])
    assert any("@2.2 is kept out" in words for words in wrong), wrong


TRIO = [
    lambda state: [("generate", {"genre": "jazz", "key": "F major", "bpm": 120})],
    take_it({"op": "remove", "stems": ["drums"]}),
    take_it({"op": "remove", "stems": ["bass"]}),
    op("undo"),
    op("undo"),
    op("redo"),
    lambda state: [("tag", {"clip": {"id": state.focus[0]}})],
    out("pdf"),
]


def test_undo_and_redo_must_land_where_they_should():
    assert ends(case("c02"), *TRIO) == []
    wrong = ends(case("c02"), *TRIO[:5], nothing, *TRIO[6:])
    assert any("after turn 2" in words for words in wrong), wrong


def test_a_dialogue_about_tags_is_right_only_with_the_yes():
    hers = find(filters={"artist": "Clara Voss"})
    turns = [
        lambda state: [("library", {"action": "retag", "items": [{"id": "t30"}], "fields": ["bpm", "key"]})],
        op("cancel"), hers, find(query="calm", filters={"exclude_artists": ["Clara Voss"]}), op("back", "Clara Voss"),
        lambda state: [("library", {"action": "retag", "items": [{"id": id} for id in state.shown.ids], "fields": ["mood"]})],
        op("confirm"), nothing, nothing,
    ]  # fmt: skip
    assert ends(case("x05"), *turns) == []
    assert any("tags written" in words for words in ends(case("x05"), *turns[:1], op("confirm"), *turns[2:]))


# -- the suite -------------------------------------------------------------------------------------


def test_a_planner_that_does_nothing_gets_no_dialogue_right():
    result = dialogues.run(Idle())
    assert result["passed"] <= 1
    assert result["checks_right"] < 0.25 * result["checks"]


def test_a_planner_that_fails_ends_its_turn_and_not_the_dialogue():
    class Broken:
        def plan(self, message: str, state: State) -> Plan:
            raise RuntimeError("no")

    row = dialogues.run(Broken(), limit=1)["rows"][0]
    assert not row["ok"]
    assert all("RuntimeError" in turn["trouble"] for turn in row["turns"])


def test_the_suite_prints_a_table_and_refuses_unknown_planners():
    result = dialogues.run(limit=3)
    assert result["total"] == len(result["rows"]) == 3
    header, rows = suites()["dialogues"].table(result)
    assert all(len(row) == len(header) for row in rows)
    with pytest.raises(InvalidArgument):
        dialogues.run("oracle")
