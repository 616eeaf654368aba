"""Words for sounds ("a bit warmer, small room") read as stages with parameters.

The figures follow the textbooks (Izhaki, "Mixing Audio"; Owsinski, "The Mixing Engineer's Handbook");
every reading is shown with its result, so that a user can say what they want otherwise.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from segue.tools.sound.effects import ORDER, Stage

Recipe = tuple[Stage, ...]


def _eq(kind: str, hz: float, db: float, q: float = 0.707) -> Stage:
    return Stage(kind, {"hz": hz, "db": db, "q": q})


def _cut(kind: str, hz: float, order: int = 2) -> Stage:
    return Stage(kind, {"hz": hz, "order": order})


def _room(decay_s: float, wet_db: float, predelay_ms: float, damping_hz: float, size_ms: float) -> Stage:
    return Stage(
        "reverb",
        {
            "decay_s": decay_s,
            "wet_db": wet_db,
            "predelay_ms": predelay_ms,
            "damping_hz": damping_hz,
            "size_ms": size_ms,
        },
    )


def _echo(time_s: float, feedback: float, wet_db: float) -> Stage:
    return Stage("delay", {"time_s": time_s, "feedback": feedback, "wet_db": wet_db})


def _squeeze(below_db: float, ratio: float, attack_ms: float, release_ms: float) -> Stage:
    return Stage("compress", {"below_db": below_db, "ratio": ratio, "attack_ms": attack_ms, "release_ms": release_ms})


def _drive(db: float) -> Stage:
    return Stage("saturate", {"drive_db": db})


_CHORUS = Stage("chorus", {"depth_ms": 4.0, "rate_hz": 0.7, "wet_db": -5.0})

# One entry a sound; its names are separated by "|". The first is what a reading calls it.
_RECIPES: dict[str, Recipe] = {
    "warm|warmer|warmth|cosy|cozy|cosier|rounder": (_eq("low_shelf", 220, 2.5), _eq("high_shelf", 5000, -3)),
    "bright|brighter|brightness|crisp|crisper|sparkle|sparkly|shiny|shinier|sharper|treble|highs|top end": (
        _eq("high_shelf", 5000, 4),),
    "airy|air|airier|open|breathy|silky": (_eq("high_shelf", 10000, 4.5),),
    "dark|darker|mellow|mellower|dull|duller|softer tone": (_eq("high_shelf", 3000, -5),),
    "muffled|behind a wall|next door|under a blanket": (_cut("lowpass", 700, 4),),
    "underwater|submerged|drowned": (_cut("lowpass", 500, 4), _CHORUS),
    "harsh|harsher|edgy|edgier|piercing|shrill|strident|sibilant|sibilance|brittle": (
        _eq("peak", 3600, 4.5, 0.8), _eq("high_shelf", 8000, 1.5)),
    "smooth|smoother|gentler|gentle|silken": (_eq("peak", 3600, -3.5, 0.8), _eq("high_shelf", 8000, -1.5)),
    "muddy|muddier|mud|boomy|boomier|boxy|boxier|woolly": (_eq("peak", 280, 4, 0.9),),
    "clear|clearer|clarity|cleaner|clean|defined|definition|transparent|intelligible": (
        _eq("peak", 280, -3, 0.9), _eq("peak", 3200, 1.5, 0.8), _eq("high_shelf", 9000, 1.5)),
    "bass|bassier|lows|low end|fuller|full|fatter|fat|thicker|thick|heavier|heavy|deeper|deep|bottom|beefier|beefy|boom": (
        _eq("low_shelf", 130, 4.5),),
    "sub|subby|sub bass": (_eq("low_shelf", 60, 6),),
    "thin|thinner|lean|leaner|lighter": (_eq("low_shelf", 250, -5),),
    "tinny|tinnier|small speaker|laptop|transistor": (_cut("highpass", 450, 4), _cut("lowpass", 7000, 2)),
    "present|presence|forward|upfront|up front|in front|closer|close|intimate|in your face": (
        _eq("peak", 3000, 3, 0.7), _squeeze(2, 1.8, 15, 150)),
    "mids|midrange|mid|nasal|honky|middle": (_eq("peak", 1000, 4, 0.8),),
    "scooped|scooped mids|less mids|hollow|smiley": (_eq("peak", 800, -4.5, 0.6),),
    "punchy|punchier|punch|snappy|snappier|attack|tight|tighter|impact|kick|hit harder|hits harder": (
        Stage("punch", {"db": 6.0}), _eq("peak", 90, 1.5, 1.0)),
    "compressed|compression|compress|glued|glue|even|evener|consistent|denser|dense|controlled": (
        _squeeze(4, 2.5, 12, 120),),
    "squashed|crushed dynamics|pumping|slammed": (_squeeze(14, 10, 1, 50),),
    "loud|louder|volume|turn it up|turned up|boosted|boost": (Stage("loudness", {"lu": 4.0}),),
    "quiet|quieter|softer|soft|turn it down|turned down": (Stage("gain", {"db": -4.0}),),
    "telephone|phone|phone call|over the phone|walkie talkie|intercom": (
        _cut("highpass", 320, 4), _cut("lowpass", 3300, 6), _drive(8), Stage("width", {"factor": 0.0})),
    "radio|old radio|am radio|megaphone|gramophone|1920s|1930s": (
        _cut("highpass", 250, 4), _cut("lowpass", 4500, 4), _drive(6), Stage("width", {"factor": 0.0})),
    "small room|room|roomy|bedroom|living room|tiny room|studio": (_room(0.4, -9, 4, 5000, 9),),
    "bathroom|tiled|shower": (_room(0.9, -6, 2, 9000, 6),),
    "chamber|medium room|club|jazz club|bar": (_room(0.8, -9, 12, 5000, 16),),
    "plate|plate reverb": (_room(1.6, -9, 15, 9000, 5),),
    "reverb|reverby|reverberant|reverberation|wet|wetter|space|spacious|spacier|ambience|ambient|roominess|depth": (
        _room(1.6, -9, 20, 5000, 20),),
    "hall|big hall|large hall|concert hall|big room|huge|big|bigger|arena|stadium|epic": (
        _room(2.6, -8, 28, 4500, 32),),
    "church|cathedral|cavern|cave|vast|infinite": (_room(4.5, -6, 38, 3800, 45),),
    "distant|far away|far|further|farther|background|from afar": (
        _cut("lowpass", 5000, 2), _eq("low_shelf", 200, -3), _room(1.8, -1, 2, 4000, 22)),
    "dreamy|dreamier|ethereal|lush|heavenly|spacey|floating": (
        _CHORUS, _eq("high_shelf", 9000, 2), _room(3.2, -7, 30, 6000, 30)),
    "echo|echoes|echoey|delay|delayed": (_echo(0.375, 0.4, -8),),
    "slapback|slap": (_echo(0.11, 0.15, -6),),
    "dub|dubby|dub echo": (_echo(0.5, 0.6, -6),),
    "wide|wider|width|stereo|broader|broad|spread": (Stage("width", {"factor": 1.5}),),
    "narrow|narrower": (Stage("width", {"factor": 0.5}),),
    "mono|monaural": (Stage("width", {"factor": 0.0}),),
    "chorus|chorused|detuned|shimmer|shimmery|thickened": (_CHORUS,),
    "tremolo|trembling|pulsing": (Stage("tremolo", {"rate_hz": 5.0, "depth": 0.6}),),
    "wobbly|wow|warped|wobble|wow and flutter": (Stage("wow", {"depth_ms": 2.0, "rate_hz": 0.8}),),
    "saturated|saturation|tape|analog|analogue|valve|tube|vintage|retro|colour|color": (
        _drive(5), _eq("high_shelf", 10000, -2)),
    "distorted|distortion|overdriven|overdrive|crunchy|crunch|dirty|dirtier|gritty|grittier|grit|fuzzy|fuzz|drive|rough|rougher|grungy": (
        _drive(16),),
    "aggressive|aggression|angry|angrier|harder|hard": (
        _drive(7), _eq("peak", 2800, 2.5, 0.8), Stage("punch", {"db": 2.0})),
    "lo-fi|lofi|lo fi|low fidelity|vinyl|cassette|worn|dusty": (
        _cut("highpass", 90, 2), _cut("lowpass", 5500, 2), _drive(5), Stage("wow", {"depth_ms": 1.2, "rate_hz": 0.6}),
        Stage("bits", {"bits": 11, "rate_hz": 22050})),
    "8-bit|8 bit|bitcrushed|bitcrush|crushed|bit crushed|chiptune|digital": (Stage("bits", {"bits": 7, "rate_hz": 11025}),),
    "polished|polish|mastered|master|mastering|professional|produced|finished": (
        _eq("low_shelf", 90, 1), _eq("peak", 300, -1.5, 0.9), _eq("high_shelf", 9000, 1.5), _squeeze(3, 1.8, 20, 150)),
}  # fmt: skip

_LESS = frozenset(
    [
        "less",
        "reduce",
        "reduced",
        "lower",
        "tame",
        "remove",
        "without",
        "no",
        "not",
        "cut",
        "fewer",
        "minus",
        "unharsh",
        "take",
    ]
)
_SCALES = {"bit": 0.5, "little": 0.5, "slightly": 0.5, "touch": 0.5, "subtle": 0.5, "subtly": 0.5, "gently": 0.5,
           "hint": 0.4, "tad": 0.4, "somewhat": 0.7, "slight": 0.5, "lightly": 0.5, "tiny": 0.4,
           "much": 1.6, "very": 1.6, "lot": 1.6, "really": 1.6, "way": 1.8, "heavily": 1.7, "extremely": 2.0,
           "super": 1.7, "strongly": 1.7, "massively": 2.0, "lots": 1.6, "totally": 1.7}  # fmt: skip
_FILLERS = frozenset(
    [
        "a",
        "an",
        "and",
        "the",
        "it",
        "its",
        "is",
        "be",
        "as",
        "in",
        "on",
        "of",
        "to",
        "for",
        "with",
        "from",
        "by",
        "at",
        "so",
        "too",
        "more",
        "add",
        "added",
        "give",
        "make",
        "made",
        "put",
        "bring",
        "let",
        "this",
        "that",
        "like",
        "through",
        "sound",
        "sounds",
        "sounding",
        "sounded",
        "effect",
        "effects",
        "feel",
        "feeling",
        "some",
        "please",
        "than",
        "i",
        "want",
        "would",
        "could",
        "can",
        "you",
        "me",
        "my",
        "whole",
        "track",
        "song",
        "piece",
        "mix",
        "recording",
        "music",
        "everything",
        "all",
        "one",
        "just",
        "bit",
        "touch",
        "but",
        "also",
        "then",
        "while",
        "keep",
        "tone",
        "quality",
        "kind",
        "sort",
        "style",
        "apply",
        "use",
        "get",
        "have",
        "has",
        "been",
        "little",
        "now",
        "general",
        "overall",
        "into",
        "were",
        "was",
        "if",
        "playing",
        "played",
        "up",
        "down",
        "quite",
        "rather",
        "pls",
        "thanks",
        "thank",
    ]
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a description was read as.

    ``stages`` in processing order; ``heard`` the names of the sounds understood, with amount;
    ``guessed`` maps unknown words to the nearest known one that was taken instead; ``unknown`` are
    words that were left out.
    """

    stages: list[Stage] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    guessed: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


@lru_cache(maxsize=1)
def _vocabulary() -> Mapping[str, tuple[str, Recipe]]:
    return {word: (names.split("|")[0], recipe) for names, recipe in _RECIPES.items() for word in names.split("|")}


def known_sounds() -> list[str]:
    """Return the first name of every sound that can be asked for."""
    return [names.split("|")[0] for names in _RECIPES]


def read(description: str) -> Reading:
    """Read a description of a sound.

    "less" turns equaliser, width and attack the other way round; rooms, echoes and distortion cannot be
    taken out again and count as unknown then.
    """
    reading = Reading()
    for clause in re.split(
        r"[,;.!?]|\band\b|\bbut\b|\bplus\b|\bwith\b|\bthen\b", description.lower().replace("’", "'")
    ):
        _read_clause(re.findall(r"[a-z0-9'-]+", clause), reading)
    reading.stages.sort(key=lambda stage: ORDER.index(stage.kind))
    return reading


def _read_clause(words: list[str], reading: Reading) -> None:
    vocabulary = _vocabulary()
    amount, less = 1.0, False
    at = 0
    while at < len(words):
        size = next((n for n in (4, 3, 2, 1) if " ".join(words[at : at + n]) in vocabulary and at + n <= len(words)), 0)
        word = words[at]
        # "big", "hard" and the like are amounts or fillers in front of a longer name, sounds alone.
        if size:
            _take(" ".join(words[at : at + size]), amount, less, reading)
            at, amount, less = at + size, 1.0, False
            continue
        if word in _LESS:
            less = True
        elif word in _SCALES:
            amount *= _SCALES[word]
        elif word not in _FILLERS:
            near = difflib.get_close_matches(word, vocabulary, 1, 0.78)
            if near:
                reading.guessed[word] = near[0]
                _take(near[0], amount, less, reading)
                amount, less = 1.0, False
            else:
                reading.unknown.append(word)
        at += 1


def _take(word: str, amount: float, less: bool, reading: Reading) -> None:
    name, recipe = _vocabulary()[word]
    if any(heard.partition(" × ")[0].removeprefix("less ") == name for heard in reading.heard):
        return  # the same sound in other words: "tinny, like a small speaker"
    signed = -amount if less else amount
    stages = [_scaled(stage, signed) for stage in recipe]
    if None in stages:
        reading.unknown.append(f"less {word}")
        return
    reading.stages.extend(stage for stage in stages if stage is not None)
    reading.heard.append(f"{'less ' if less else ''}{name}" + (f" × {amount:g}" if amount != 1 else ""))


def _scaled(stage: Stage, amount: float) -> Stage | None:
    """Return the stage ``amount`` times as strong; None where less than nothing of it makes no sense."""
    values = dict(stage.values)
    kind = stage.kind
    if amount < 0 and kind not in ("low_shelf", "high_shelf", "peak", "punch", "width", "gain", "loudness", "compress"):
        return None
    if kind in ("low_shelf", "high_shelf", "peak", "punch", "gain"):
        values["db"] *= amount
    elif kind == "loudness":
        values["lu"] *= amount
    elif kind == "width":
        values["factor"] = max(0.0, min(2.5, 1 + (values["factor"] - 1) * amount))
    elif kind in ("reverb", "delay", "chorus"):
        values["wet_db"] += 6 * (amount - 1) if amount < 1 else 4 * (amount - 1)
    elif kind == "saturate":
        values["drive_db"] *= amount
    elif kind == "compress":
        if amount < 0:
            return Stage("punch", {"db": 2.0 * -amount})
        values["ratio"] = 1 + (values["ratio"] - 1) * amount
    return Stage(kind, values)
