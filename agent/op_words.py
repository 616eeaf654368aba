"""Operations of the edit tool in words, for replies: "bars 5 to 8 written anew (more tension)"."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Operation = Mapping[str, Any]

_ENDINGS = {"new": "a new ending", "held": "an ending on a held chord", "cold": "a short, cold ending", "slowing": "an ending that slows down"}  # fmt: skip
_BEATS = {"half_time": "in half time", "double_time": "in double time"}


def clock(seconds: float) -> str:
    """Write seconds as minutes and seconds: 1:05."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def listing(words: Sequence[str]) -> str:
    """Join with commas and an "and"."""
    words = [word for word in words if word]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def op_words(op: Operation) -> str:
    """Name an edit operation in words."""
    try:
        return _WORDS[str(op.get("op"))](op) + _span(op)
    except (KeyError, TypeError, ValueError):
        # an argument that is still a reference, or an operation of a later version
        return str(op.get("op"))


def done_words(operations: Sequence[Any], details: Sequence[Any]) -> list[str]:
    """Name the operations of an edit in words, with the parameters that were chosen where the result shows them."""
    out = []
    for number, op in enumerate(operations):
        if not isinstance(op, Mapping):
            continue
        shown = details[number] if number < len(details) and isinstance(details[number], Mapping) else {}
        chosen = _chosen(op, shown)
        out.append((_short_of(op, shown) or op_words(op)) + (f" ({chosen})" if chosen else ""))
    return out


_NEAR = 0.15  # LU that a loudness may miss without a word


def _short_of(op: Operation, shown: Mapping[str, Any]) -> str:
    """Name a loudness that was not reached; nothing where it was."""
    wanted, reached = op.get("lufs"), shown.get("lufs_after")
    if op.get("op") != "loudness" or not isinstance(wanted, int | float) or not isinstance(reached, int | float):
        return ""
    return f"brought as near to {wanted:g} LUFS as it goes" if abs(wanted - reached) > _NEAR else ""


# What a result measured that says how an operation was done, and its unit.
_CHOSEN = {"ratio": "× {:g}", "semitones": "{:+g} semitones", "gain_db": "{:+g} dB", "bleed_db": "preview, bleed about {:+g} dB",
           "limited_db": "limited by {:g} dB", "lufs_before": "from {:g} LUFS", "lufs_after": "to {:g} LUFS", "blend_ms": "seams of {:g} ms"}  # fmt: skip


def _chosen(op: Operation, shown: Mapping[str, Any]) -> str:
    stages = [stage_words(stage) for stage in shown.get("stages") or [] if isinstance(stage, Mapping)]
    found = [text.format(shown[name]) for name, text in _CHOSEN.items()
             if isinstance(shown.get(name), int | float) and shown[name] not in (op.get(name), op.get(name.removeprefix("gain_")))]  # fmt: skip
    formants = ["formants kept"] if shown.get("formants") == "kept" else []
    return "; ".join([*stages, *found, *formants]).replace(" -", " −")


def stage_words(stage: Operation) -> str:
    """Name a stage of an effect with its parameters: "reverb: decay 0.8 s, wet −12 dB"."""
    values = []
    for name, value in stage.items():
        if name == "stage" or not isinstance(value, int | float):
            continue
        word, _, unit = name.rpartition("_")
        known = {"hz": "Hz", "db": "dB", "s": "s", "ms": "ms", "lu": "LU"}.get(unit if word else name, "")
        label = (word if known else name).replace("_", " ")
        values.append(" ".join(part for part in (label, f"{value:g}", known) if part))
    return f"{str(stage.get('stage')).replace('_', ' ')}: {', '.join(values)}"


def _span(op: Operation) -> str:
    """Return the stretch that an operation keeps to, behind its words: " from 0:10 to 0:20"; empty for the whole."""
    start, end = op.get("start_s"), op.get("end_s")
    if op.get("op") == "trim" or (start is None and end is None):
        return ""
    first = f" from {_moment(start)}" if start is not None else ""
    return f"{first} to {_moment(end)}" if end is not None else f"{first} on"


def _moment(seconds: float) -> str:
    return clock(seconds) if seconds >= 0 else f"{clock(-seconds)} before the end"


def _place(op: Operation) -> str:
    """Return where an operation works: "bars 5 to 8", "bar 4", "the second chorus"; empty for the whole piece."""
    if op.get("section"):
        return f"the {str(op['section']).removeprefix('the ')}"
    start, end = op.get("start_bar"), op.get("end_bar")
    if start is None and end is None:
        return ""
    start = 1 if start is None else start
    return f"bar {start}" if end is None or end == start else f"bars {start} to {end}"


def _in_place(op: Operation) -> str:
    return f" in {where}" if (where := _place(op)) else ""


def _kept(op: Operation) -> str:
    return f", {listing(op['keep'])} kept" if op.get("keep") else ""


def _regenerated(op: Operation) -> str:
    parts, where = op.get("parts") or [], _place(op)
    if parts:
        head = f"{listing(parts)} written anew{_in_place(op)}"
    else:
        head = f"{where} written anew" if where else "written anew as another take"
    return head + (f" ({op['prompt']})" if op.get("prompt") else "") + _kept(op)


def _felt(op: Operation) -> str:
    parts = f"{listing(op['parts'])} " if op.get("parts") else ""
    said = [_BEATS.get(op["beat"], str(op["beat"])) + _in_place(op) if op.get("beat") else ""]
    if (swing := op.get("swing")) is not None:
        said.append("played straight" if swing == 0.5 else f"swing of {100 * swing:.3g}%")
    if op.get("swing_by") is not None:
        said.append("more swing" if op["swing_by"] > 0 else "less swing")
    said.append(f"{parts}played more loosely" if op.get("humanise") else "")
    said.append(f"{parts}brought closer to the beat" if op.get("quantise") else "")
    return listing(said)


def _looped(op: Operation) -> str:
    times = op.get("times") or 1
    head = _place(op) or ""
    words = f"played {times} times" if times > 1 else "as a loop"
    return " ".join(word for word in (head, words, "without a seam" if op.get("seamless") else "") if word)


def _extended(op: Operation) -> str:
    if op.get("bars"):
        bars = f"{op['bars']} bars long"
        return f"{_place(op)} now {bars}" if op.get("section") else f"made {bars}"
    return f"extended to {clock(op['duration_s'])}"


def _cut(op: Operation) -> str:
    end = f"{op['end_s']:g} s" if op.get("end_s") is not None else "the end"
    return f"cut from {op.get('start_s') or 0:g} s to {end}"


def _faded(op: Operation) -> str:
    inward = f"in over {op['in_s']:g} s" if op.get("in_s") else ""
    return "faded " + listing([inward, f"out over {op['out_s']:g} s" if op.get("out_s") else ""])


def _effect(op: Operation) -> str:
    said = op.get("description") or listing([str(stage["stage"]).replace("_", " ") for stage in op.get("stages", [])])
    return f"effect{' on ' + op['stem'] if op.get('stem') else ''}: {said}"


def _ended(op: Operation) -> str:
    kind = op.get("kind") or "new"
    return _ENDINGS.get(kind, f"a {kind} ending")


_WORDS: dict[str, Callable[[Operation], str]] = {
    "remove": lambda op: f"{listing(op['stems'])} removed",
    "isolate": lambda op: f"only {listing(op['stems'])} kept",
    "gain": lambda op: f"{op.get('stem') or 'everything'} {op['db']:+g} dB",
    "replace": lambda op: f"{op['stem']} played on {op['instrument']}",
    "add": lambda op: f"{op['instrument']} added",
    "transpose": lambda op: f"moved to {op['key']}" if op.get("key") else f"moved by {op['semitones']:+g} semitones",
    "tempo": lambda op: f"set to {op['bpm']:g} bpm" if op.get("bpm") else f"tempo × {op['ratio']:g}",
    "trim": _cut,
    "concat": lambda op: "joined",
    "mix": lambda op: "laid over one another",
    "fade": _faded,
    "loop": _looped,
    "reverse": lambda op: "reversed",
    "regenerate": _regenerated,
    "chords": lambda op: f"chords {' | '.join(op['chords'])}{_in_place(op)}{_kept(op)}",
    "mode": lambda op: f"harmony {'made ' if op['mode'] in ('brighter', 'darker') else 'in '}{op['mode']}{_in_place(op)}{_kept(op)}",
    "meter": lambda op: f"put into {op['meter']}",
    "feel": _felt,
    "ending": _ended,
    "lyrics": lambda op: "words set to the tune in the score",
    "extend": _extended,
    "restyle": lambda op: f"restyled: {op['prompt']}{_kept(op)}",
    "effect": _effect,
    "loudness": lambda op: f"brought to {op['lufs']:g} LUFS",
    "compare": lambda op: f"in turns with the other version, {op.get('turn_s', 5):g} s each, equally loud",
}  # fmt: skip
