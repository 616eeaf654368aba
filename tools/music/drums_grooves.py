"""Drum grooves as text: what each genre plays in each kind of section, and how each feel goes in other meters.

The data is ``grooves.json``. A lane is a letter (``LANES``), written for a kind of section ("a" verse, "c" chorus,
"b" bridge, "s" solo); what a section does not write it takes from the verse. Variants stand between ``|``, the
likeliest first, ``-`` is silence. A pattern has one mark a sixteenth for one bar or for two: ``x`` hit, ``X`` accent,
``o`` ghost, ``O`` open, ``r`` two thirty-seconds, ``t`` three in an eighth, 1–4 toms from high to low. A lane with
``+`` lists the places where a drummer may add a stroke. A genre's lanes are for its own meter; in another meter its
"feel" plays.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from segue.tools.music.genres import Genre
from segue.tools.music.rhythm import Meter

KICK, SNARE, RIM, CLAP, HAT, PEDAL, OPEN, RIDE, CRASH = 36, 38, 37, 39, 42, 44, 46, 51, 49
TOMS = {"1": 50, "2": 48, "3": 45, "4": 43}
LANES = {"k": KICK, "s": SNARE, "c": CLAP, "i": RIM, "h": HAT, "p": PEDAL, "r": RIDE, "t": 45, "b": 56, "m": 54,
         "w": 76, "l": 65, "v": 75}  # fmt: skip
# What a lane's optional strokes are.
_MAYBE = {"k": "x", "s": "o", "h": "O", "i": "o", "c": "o", "r": "x"}
# How the bars of four follow each other: 0 the groove, 1 its variant.
_CYCLES = ((0, 0, 0, 1), (0, 1, 0, 1), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 0))

Hits = tuple[tuple[float, str], ...]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("grooves.json").read_text("utf-8"))
    return loaded


def fill_texts(family: str) -> tuple[str, ...]:
    """Return the fills of a family as text (see ``drums_fills``)."""
    return tuple(_data()["fills"].get(family) or _data()["fills"]["rock"])


@lru_cache(maxsize=4096)
def marks(pattern: str, half: int, steps: int) -> Hits:
    """Return the hits of a pattern as (beat in the bar, mark); ``half`` is the bar's place in a pattern of two."""
    own = pattern[half * steps : (half + 1) * steps] if len(pattern) == 2 * steps else pattern
    out: list[tuple[float, str]] = []
    for index, mark in enumerate(own):
        at = index * 0.25
        if mark == "r":
            out += [(at, "x"), (at + 0.125, "r")]
        elif mark == "t":
            out += [(at, "x"), (round(at + 1 / 6, 4), "r"), (round(at + 1 / 3, 4), "r")]
        elif mark != ".":
            out.append((at, mark))
    return tuple(out)


@lru_cache(maxsize=1024)
def _variants(text: str) -> tuple[str, ...]:
    return tuple("" if part.strip() == "-" else part.strip() for part in text.split("|"))


@dataclass(frozen=True)
class Style:
    """What a genre's drummer knows: lanes by kind of section, the family of fills, how often hats roll.

    ``loose`` names the lanes that are improvised: another variant in every bar.
    """

    lanes: Mapping[str, Mapping[str, tuple[str, ...]]]
    fills: str
    rolls: float
    feel: str
    loose: str = ""

    def lane(self, name: str, kind: str) -> tuple[str, ...]:
        """Return the variants of a lane in a kind of section."""
        return self.lanes.get(kind, {}).get(name) or self.lanes["a"].get(name, ())


@lru_cache(maxsize=256)
def _style(genre: str, own_meter: str, meter: Meter, edm: bool) -> Style:
    entry: dict[str, Any] = _data()["genres"].get(genre) or {}
    feel = str(entry.get("feel", "floor" if edm else "straight"))
    fills, rolls = str(entry.get("fills", "rock")), float(entry.get("rolls", 0.0))
    loose = str(entry.get("loose", "s" if feel == "swing" else ""))
    written = [(key.split(), _variants(text)) for key, text in entry.items() if " " in key]
    lanes: dict[str, dict[str, tuple[str, ...]]] = {"a": {}}
    if written and own_meter == meter.name:
        for (kind, lane), found in written:
            lanes.setdefault(kind, {})[lane] = found
        return Style(lanes, fills, rolls, feel, loose)
    feels: dict[str, dict[str, dict[str, str]]] = _data()["feels"]
    table = feels.get(_IN_OTHER_METERS.get(feel, feel), feels["straight"])
    common = table.get(meter.name) or (table["4/4"] if meter.is_common else None)
    lanes["a"] = {name: _variants(text) for name, text in common.items()} if common else _counted(meter)
    own = {lane[0] for (_, lane), _ in written}
    for here, there in (("s", "c"), ("c", "s"), ("i", "s"), ("s", "i")):
        if here in lanes["a"] and here not in own and there in own:  # the genre's own backbeat: a clap, a rim, a snare
            lanes["a"][there] = lanes["a"].pop(here)
    return Style(lanes, "compound" if meter.compound else fills, rolls, feel, loose)


_IN_OTHER_METERS = {"dembow": "latin", "afro": "latin", "train": "brush", "march": "orch"}


def _counted(meter: Meter) -> dict[str, tuple[str, ...]]:
    """Return a plain groove for a meter that no table knows: kick on its strong pulses, snare on its backbeats."""

    def row(places: Mapping[float, str]) -> str:
        cells = ["."] * meter.steps
        for at, mark in places.items():
            if round(at * 4) < len(cells):
                cells[round(at * 4)] = mark
        return "".join(cells)

    strong = {pulse: "x" for pulse in meter.pulses if pulse not in meter.backbeats} or {0.0: "x"}
    eighths = {i * 0.5: "x" for i in range(max(1, int(meter.bar * 2)))}
    return {"k": (row(strong), row({0.0: "x"})), "s": (row(dict.fromkeys(meter.backbeats, "X")),), "h": (row(eighths),)}


def style_of(genre: Genre, meter: Meter) -> Style:
    """Return a genre's drumming in a meter."""
    return _style(genre.name, genre.meter, meter, genre.form == "edm")


@dataclass
class Groove:
    """One reading of a style for a piece: which variant every lane plays, and where strokes are added.

    ``rng_of`` gives the generator of a kind of section: the same one gives the same reading.
    """

    style: Style
    steps: int
    rng_of: Callable[[str], random.Random]
    density: float = 0.0
    _chosen: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    _cycle: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def bar(self, kind: str, place: int, turn: bool, rng: random.Random) -> dict[str, Hits]:
        """Return the hits of every lane in the bar at ``place`` of its section; ``turn``: the variant is wanted."""
        if kind not in self._chosen:
            self._choose(kind)
        second = 1 if turn else self._cycle[kind][place % 4]
        out = {}
        for lane, both in self._chosen[kind].items():
            text = both[second]
            if lane in self.style.loose and text and rng.random() < 0.7:
                text = rng.choice(self.style.lane(lane, kind))
            if found := marks(text, place % 2, self.steps):
                out[lane] = found
        return out

    def _choose(self, kind: str) -> None:
        style, rng = self.style, self.rng_of(kind)
        names = dict.fromkeys([*style.lanes["a"], *style.lanes.get(kind, {})])
        texts: dict[str, tuple[str, str]] = {}
        clave = self.rng_of("clave").randrange(
            2
        )  # patterns of two bars go the same way round in every lane, and never turn
        for name in names:
            if name.endswith("+"):
                continue
            variants = style.lane(name, kind)
            first = rng.choices(range(len(variants)), [3.0 if i == 0 else 2.0 for i in range(len(variants))])[0]
            if variants and all(len(text) == 2 * self.steps for text in variants):
                first = clave % len(variants)
                texts[name] = (variants[first], variants[first])
                continue
            others = [i for i in range(len(variants)) if i != first]
            # Hands keep their cymbal; feet and backbeat vary.
            varied = others and (name not in "hr" or rng.random() < 0.3) and variants[first]
            second = rng.choice(others) if varied else first
            texts[name] = (variants[first], variants[second] or variants[first])
        texts = _one_cymbal(texts, style, kind)
        for name, (main, other) in texts.items():
            mask = (style.lane(name + "+", kind) or ("",))[0]
            if mask and main:
                wish = 0.16 + 0.12 * self.density
                texts[name] = (_added(rng, name, main, mask, wish), _added(rng, name, other, mask, wish + 0.14))
        self._chosen[kind] = texts
        self._cycle[kind] = rng.choice(_CYCLES)


def _added(rng: random.Random, lane: str, text: str, mask: str, chance: float) -> str:
    """Return a pattern with some of its optional strokes."""
    mark = _MAYBE.get(lane, "x")
    cells = list(text)
    for index in range(len(cells)):
        wanted = mask[index % len(mask)] == "+" and rng.random() < chance
        if wanted and (cells[index] == "." or (lane == "h" and cells[index] == "x")):
            cells[index] = mark
    return "".join(cells)


def _one_cymbal(texts: dict[str, tuple[str, str]], style: Style, kind: str) -> dict[str, tuple[str, str]]:
    """Return lanes in which one hand plays either the hi-hat or the ride, and never neither where both are known."""
    hat, ride = texts.get("h", ("", "")), texts.get("r", ("", ""))
    if "r" not in texts or "h" not in texts:
        return texts
    out = dict(texts)
    if hat[0] and ride[0]:
        out["r"] = ("", "")
    elif not hat[0] and not ride[0]:
        name = next((n for n in "rh" if any(style.lane(n, kind))), "h")
        found = next((v for v in style.lane(name, kind) if v), "")
        out[name] = (found, found)
    return out
