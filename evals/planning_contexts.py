"""The situations in which planning is tested: small dialogue states, and a library of known names.

Each state is what the conversation would hold after the turns that its name tells of.
"""

import re
from collections.abc import Callable
from typing import Any

from segue.agent.dialogue import Known, ShownList, State, Thing

_TRACKS = [
    ("t1", "Blue Harbor", "Ida Lund Trio", 132.0, "F major", 214.0),
    ("t2", "Night Ferry", "Mazzy Star", 96.0, "A minor", 251.0),
    ("t3", "Corner Table", "Oscar Vale", 118.0, "Bb major", 189.0),
    ("t4", "Slow Rain", "Nujabes", 74.0, "D minor", 305.0),
    ("t5", "Paper Lanterns", "Hana Mori", 108.0, "C major", 176.0),
]
_PIANO = [
    ("n1", "First Snow", "Clara Voss", 62.0, "E minor", 201.0),
    ("n2", "Attic Light", "Jun Arai", 70.0, "G major", 188.0),
    ("n3", "Letters Home", "Clara Voss", 58.0, "A minor", 233.0),
]
LIBRARY: dict[tuple[str, str], list[str]] = {
    ("title", "The River"): ["t_river"], ("artist", "Bruce Springsteen"): ["t_river", "t_fire"],
    ("title", "Wonderwall"): ["t_wonderwall"], ("artist", "Oasis"): ["t_wonderwall"],
    ("artist", "Nujabes"): ["t4", "t_nuj2"], ("artist", "BadBadNotGood"): ["t_bbng1", "t_bbng2"],
    ("artist", "Mazzy Star"): ["t2", "m1", "m2", "m3"], ("artist", "50 Cent"): ["t_50"],
    ("artist", "Celine Dion"): ["t_celine"], ("artist", "The Beatles"): ["t_beatles1", "t_beatles2"],
    ("title", "Dancing in the Moonlight"): ["t_moonlight"], ("artist", "King Harvest"): ["t_moonlight"],
}  # fmt: skip
_SHORT = {"springsteen": ("artist", "Bruce Springsteen"), "beatles": ("artist", "The Beatles")}


def names(text: str) -> list[Known]:
    """Return the names of the test library in a message, as ``Catalogue.names`` would."""
    found: list[Known] = []
    written = {name.lower(): (kind, name) for kind, name in LIBRARY} | _SHORT
    for words in sorted(written, key=len, reverse=True):
        for match in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE):
            if not any(f.start < match.end() and match.start() < f.end for f in found):
                kind, name = written[words]
                found.append(Known(kind=kind, name=name, ids=LIBRARY[kind, name], start=match.start(), end=match.end()))
    return sorted(found, key=lambda known: known.start)


def known(id: str) -> bool:
    """Tell whether the test library has a track of that id."""
    return any(id in ids for ids in LIBRARY.values())


def _tracks(rows: list[tuple[str, str, str, float, str, float]], turn: int = 1) -> dict[str, Thing]:
    return {
        id: Thing(id=id, kind="track", title=title, artist=artist, origin="retrieve", turn=turn, bpm=bpm, key=key, duration_s=s)
        for id, title, artist, bpm, key, s in rows
    }  # fmt: skip


def _recording(id: str = "r1", title: str = "evening_train.flac", **more: Any) -> Thing:  # noqa: ANN401 - fields of Thing
    return Thing(id=id, title=title, origin="attached", turn=1, **{"duration_s": 95.0, **more})


def _in_focus(*things: Thing, attached: bool = False, **more: Any) -> State:  # noqa: ANN401 - fields of State
    ids = [thing.id for thing in things]
    lists = [ShownList(kind="attachments", label="attached", ids=ids, turn=1)] if len(ids) > 1 else []
    return State(
        turn=1 if attached else 2,
        things={thing.id: thing for thing in things},
        focus=ids,
        attached=ids if attached else [],
        lists=lists,
        **more,
    )


def _empty() -> State:
    return State(turn=1)


def _piece() -> State:
    piece = Thing(
        id="p1", title="Vinyl Dusk", origin="generate", turn=1, duration_s=40.0, bpm=92.0, key="D minor", genre="lofi",
        parts=["drums", "bass", "rhodes", "melody"], has_score=True,
    )  # fmt: skip
    return _in_focus(piece, last_tool="generate", last_args={"prompt": "lo-fi in D minor", "genre": "lo-fi"})


def _piece_without_drums() -> State:
    state = _piece()
    quiet = state.things["p1"].model_copy(
        update={"id": "p2", "title": "Vinyl Dusk without drums", "origin": "edit", "parts": ["bass", "rhodes", "melody"], "parents": ["p1"]}
    )  # fmt: skip
    state.things["p2"] = quiet
    state.focus = ["p2", "p1"]
    state.last_tool = "edit"
    state.last_args = {"clip": {"id": "p1"}, "operations": [{"op": "remove", "stems": ["drums"]}]}
    return state


def _list(label: str = "jazz", **search: Any) -> State:  # noqa: ANN401 - arguments of retrieve
    args = {"query": label, **search}
    things = _tracks(_TRACKS)
    shown = ShownList(label=label, ids=list(things), turn=1, args=args)
    return State(
        turn=2, things=things, focus=["t1"], lists=[shown], search=args, last_tool="retrieve", last_args=args,
        roles=dict.fromkeys(things, "SHOWN"),
    )  # fmt: skip


def _two_lists() -> State:
    state = _list()
    things = _tracks(_PIANO, 2)
    args = {"query": "calm piano"}
    state.things |= things
    state.lists.append(ShownList(label="calm piano", ids=list(things), turn=2, args=args))
    state.search, state.turn = args, 3
    state.roles |= dict.fromkeys(things, "SHOWN")
    return state


def _artist_list() -> State:
    rows = [("m1", "Halah"), ("m2", "Fade Into You"), ("m3", "Blue Flower")]
    things = {id: Thing(id=id, kind="track", title=title, artist="Mazzy Star", origin="retrieve", turn=1) for id, title in rows}  # fmt: skip
    args = {"filters": {"artist": "Mazzy Star"}}
    return State(
        turn=2, things=things, focus=["m1"], lists=[ShownList(label="Mazzy Star", ids=list(things), turn=1, args=args)],
        search=args, last_tool="retrieve", last_args=args, roles=dict.fromkeys(things, "SHOWN"),
    )  # fmt: skip


def _wrong_artist() -> State:
    state = _artist_list()
    args = {"filters": {"artist": "Dion"}}
    state.search = state.last_args = state.lists[0].args = args
    state.lists[0].label = "Dion"
    return state


def _track_playing() -> State:
    state = _list()
    state.focus = ["t2", "t1"]
    return state


def _takes() -> State:
    things = [
        Thing(id=f"k{n}", title=f"Take {n}", origin="generate", turn=1, duration_s=40.0, bpm=92.0, key="D minor", has_score=True,
              parts=["drums", "bass", "rhodes", "melody"]) for n in (1, 2, 3)
    ]  # fmt: skip
    state = _in_focus(*things, last_tool="generate", last_args={"prompt": "lo-fi", "takes": 3})
    state.lists = [ShownList(kind="takes", label="lo-fi", ids=["k1", "k2", "k3"], turn=1)]
    return state


def _clips(*titles: str, attached: bool = False) -> State:
    return _in_focus(
        *(_recording(f"c{n}", title) for n, title in enumerate(titles, 1)), attached=attached
    )  # fmt: skip


def _pending() -> State:
    state = _list()
    step = {"id": "s1", "tool": "library", "args": {"action": "retag", "items": [{"id": "t1"}], "fields": ["bpm"]}}
    state.pending = {"planner": "builtin", "steps": [step]}
    return state


def _grown(upto: int) -> State:
    """The conversation of the README: a recording, its drumless version, the bass as notes, an intro, both joined."""
    recording = _recording(bpm=118.0, key="A minor", genre="rock")
    drumless = Thing(
        id="r2", title="evening_train without drums", origin="edit", turn=2, duration_s=95.0, parents=["r1"]
    )
    bass = Thing(id="r3", title="evening_train bass", origin="transcribe", turn=3, has_score=True, parts=["bass"], parents=["r2"])  # fmt: skip
    intro = Thing(id="r4", title="Intro in A minor", origin="generate", turn=4, duration_s=20.0, bpm=118.0, key="A minor", has_score=True)  # fmt: skip
    joined = Thing(id="r5", title="Intro in A minor + evening_train without drums", origin="edit", turn=5, duration_s=115.0, parents=["r4", "r2"])  # fmt: skip
    focus = {
        1: ["r1"],
        2: ["r2", "r1"],
        3: ["r2", "r3", "r1"],
        4: ["r4", "r2", "r3", "r1"],
        5: ["r5", "r4", "r2", "r3", "r1"],
    }
    things = [recording, drumless, bass, intro, joined][:upto]
    last = {1: "transcribe", 2: "edit", 3: "transcribe", 4: "generate", 5: "edit"}[upto]
    return State(turn=upto + 1, things={t.id: t for t in things}, focus=focus[upto], last_tool=last)


def _similar_shown() -> State:
    state = _grown(5)
    args = {"action": "similar", "like": [{"id": "r5"}]}
    state.things |= _tracks(_TRACKS, 6)
    state.lists = [ShownList(label="", ids=["t1", "t2", "t3", "t4", "t5"], turn=6, args=args)]
    state.search, state.turn, state.last_tool, state.last_args = args, 7, "retrieve", args
    state.roles = {"r5": "SEED", **{f"t{n}": "SHOWN" for n in range(1, 6)}}
    return state


_MAKERS: dict[str, Callable[[], State]] = {
    "empty": _empty,
    "piece": _piece,
    "piece_without_drums": _piece_without_drums,
    "long_piece": lambda: _in_focus(_recording(duration_s=300.0)),
    "recording": lambda: _in_focus(_recording()),
    "measured_recording": lambda: _in_focus(_recording(bpm=118.0, key="A minor")),
    "attached_recording": lambda: _in_focus(_recording(), attached=True),
    "attached_hum": lambda: _in_focus(_recording("h1", "hum.m4a", duration_s=9.0), attached=True),
    "attached_video": lambda: _in_focus(_recording("v1", "scene.mp4", duration_s=62.0), attached=True),
    "attached_midi": lambda: _in_focus(_recording("d1", "chords.mid", has_score=True, parts=["piano"]), attached=True),
    "attached_five": lambda: _clips("one.wav", "two.wav", "three.wav", "four.wav", "five.wav", attached=True),
    "two_clips": lambda: _clips("A.wav", "B.wav"),
    "three_clips": lambda: _clips("a.wav", "b.wav", "c.wav"),
    "vocals_beat": lambda: _clips("vocals.wav", "beat.wav"),
    "takes": _takes,
    "list": _list,
    "piano_list": lambda: _list("calm piano"),
    "list_90s": lambda: _list(filters={"year_min": 1990, "year_max": 1999}),
    "two_lists": _two_lists,
    "artist_list": _artist_list,
    "wrong_artist": _wrong_artist,
    "track_playing": _track_playing,
    "pending": _pending,
    "journey_1": lambda: _grown(1),
    "journey_2": lambda: _grown(2),
    "journey_3": lambda: _grown(3),
    "journey_4": lambda: _grown(4),
    "journey_5": lambda: _grown(5),
    "journey_6": _similar_shown,
}


def state_for(name: str) -> State:
    """Return a fresh dialogue state by its name; KeyError where there is none of that name."""
    return _MAKERS[name]()


def contexts() -> tuple[str, ...]:
    """Return the names of all states."""
    return tuple(_MAKERS)
