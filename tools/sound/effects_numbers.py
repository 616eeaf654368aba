"""Effects by numbers in words: "reverb decay 1.2 s", "cut 3 dB at 250 Hz", "high-pass at 100 Hz", "compressor ratio 4"."""

import re
from collections.abc import Callable

from segue.tools.sound.effects import PARAMETERS, Stage

_NUMBER = r"([-−+]?\d+(?:\.\d+)?)"
_STAGES = {
    "reverb": "reverb", "room": "reverb", "hall": "reverb", "delay": "delay", "echo": "delay", "chorus": "chorus",
    "compressor": "compress", "compression": "compress", "tremolo": "tremolo", "saturation": "saturate", "distortion": "saturate",
    "wow": "wow", "width": "width", "punch": "punch", "low shelf": "low_shelf", "high shelf": "high_shelf",
    "low-shelf": "low_shelf", "high-shelf": "high_shelf", "peak": "peak",
}  # fmt: skip
# What people call a parameter, and the names it may have in a stage.
_CALLED = {
    "decay": ("decay_s",), "time": ("decay_s", "time_s"), "length": ("decay_s", "time_s"), "wet": ("wet_db",), "mix": ("wet_db",), "level": ("wet_db",),
    "predelay": ("predelay_ms",), "pre-delay": ("predelay_ms",), "size": ("size_ms",), "damping": ("damping_hz",),
    "feedback": ("feedback",), "ratio": ("ratio",), "attack": ("attack_ms",), "release": ("release_ms",), "threshold": ("below_db",),
    "rate": ("rate_hz",), "speed": ("rate_hz",), "depth": ("depth_ms", "depth"), "drive": ("drive_db",), "factor": ("factor",),
    "gain": ("db",), "frequency": ("hz",), "q": ("q",),
}  # fmt: skip
_PARAMETER = re.compile(
    rf"\b({'|'.join(_STAGES)})(?:'s)? ({'|'.join(_CALLED)})(?: time)? ?(?:to|at|of|=|:|is)? ?{_NUMBER} ?(khz|hz|db|ms|s\b|sec\w*|%|:1)?"
)
_PASS = re.compile(
    rf"\b(high|low)[- ]?(pass|cut)(?:ped|ed)?(?: filter)?(?: it| this| that| everything)? (?:at|to|below|above|from) {_NUMBER} ?(k?hz)"
)
_BAND = re.compile(
    rf"(?<![\w.])(?:(cut|lower|reduce|dip|boost|raise|lift|add) )?{_NUMBER} ?db (?:more |less )?(?:at|around|near) {_NUMBER} ?(k?hz)"
)
_AROUND = re.compile(
    rf"\b(cut|lower|reduce|dip|boost|raise|lift)(?: it| everything)? (?:at |around )?{_NUMBER} ?(k?hz) by {_NUMBER} ?db"
)
_SET = re.compile(r"\b(?:set|change|make|put|turn|bring|use|with|and|the|its|instead|please|a|an|then|to)\b|[\s,.;]")


def read(description: str) -> tuple[list[Stage], str]:
    """Return the stages that a description states in numbers, and the words that are left."""
    found: list[Stage] = []
    text = description.lower().replace("−", "-").replace("’", "'")
    for pattern, make in _PATTERNS:
        for match in reversed(list(pattern.finditer(text))):
            stage = make(match)
            if stage is not None:
                found.insert(0, stage)
                text = f"{text[: match.start()]}, {text[match.end() :]}"
    if not found:
        return [], description
    return found, ", ".join(part.strip() for part in text.split(",") if not nothing_else(part))


def nothing_else(rest: str) -> bool:
    """Tell whether what is left beside the numbers says nothing more."""
    return not _SET.sub("", rest.lower())


def _hertz(number: str, unit: str) -> float:
    return float(number) * (1000 if unit == "khz" else 1)


def _parameter(match: "re.Match[str]") -> Stage | None:
    stage = _STAGES[match[1]]
    name = next((name for name in _CALLED[match[2]] if name in PARAMETERS[stage]), None)
    if name is None:
        return None
    value, unit = float(match[3]), match[4] or ""
    if name.endswith("_s") and unit == "ms":
        value /= 1000
    elif (name.endswith("_ms") and unit.startswith("s")) or unit == "khz":
        value *= 1000
    elif unit == "%":
        value /= 100
    return Stage(stage, {name: value})


def _pass(match: "re.Match[str]") -> Stage:
    # A high-pass is a low cut.
    low = (match[1] == "low") == (match[2] == "pass")
    return Stage("lowpass" if low else "highpass", {"hz": _hertz(match[3], match[4])})


def _band(match: "re.Match[str]") -> Stage:
    return _peak(match[1] or "", match[2], _hertz(match[3], match[4]))


def _around(match: "re.Match[str]") -> Stage:
    return _peak(match[1], match[4], _hertz(match[2], match[3]))


def _peak(verb: str, number: str, hertz: float) -> Stage:
    down = verb in ("cut", "lower", "reduce", "dip")
    return Stage("peak", {"hz": hertz, "db": -abs(float(number)) if down else float(number)})


_PATTERNS: tuple[tuple["re.Pattern[str]", Callable[["re.Match[str]"], Stage | None]], ...] = (
    (_PARAMETER, _parameter), (_PASS, _pass), (_BAND, _band), (_AROUND, _around),
)  # fmt: skip
