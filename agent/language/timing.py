"""Changes of tempo and time: faster and slower, cuts, lengths, fades, loops."""

import re
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.tools.core.vocabulary import numbers_in

Operation = dict[str, Any]
_FASTER = r" (?:faster|quicker|speed(?:ed|ing)? (?:it |this |that |things )?up|uptempo|speedier|schneller|veloce|vite|rapido|rapide|double time|doubletime|sped up|pick up the pace|hurry) "
_SLOWER = r" (?:slower|slow(?:ed|ing)? (?:it |this |that |things )?down|slow|slowed|downtempo|langsamer|lento|lenta|lentement|lent|half time|halftime|half speed|drag) "
_CUTS = r" (?:cut|trim|chop|crop|snip|remove|delete|drop|skip|lose|take|get|weg|shave) "


def tempo(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read a change of tempo: by a share, to a bpm, or just faster and slower."""
    faster = bool(clause.match(_FASTER)) or clause.verb("faster")
    slower = bool(clause.match(_SLOWER)) or clause.verb("slower")
    half = clause.match(
        r" (?:half as fast|half the (?:tempo|speed)|half speed|half time|halftime|twice as slow|halve the (?:tempo|speed)|half tempo) "
    )
    twice = clause.match(
        r" (?:twice as fast|double the (?:tempo|speed)|double time|doubletime|double speed|two times faster|2x|double tempo) "
    )
    if half or twice:
        return [{"op": "tempo", "ratio": 0.5 if half else 2.0}]
    by = re.search(r"(\d+(?:\.\d+)?)\s*(?:bpm|beats per minute)\s+(?:faster|slower|quicker|up|down|more|less)|\bby\s+(\d+(?:\.\d+)?)\s*(?:bpm|beats per minute)", clause.text, re.IGNORECASE)  # fmt: skip
    if by:
        down = slower or clause.has("down", "less", "drop", "lower", "reduce", "decrease", "bring down")
        return _by_bpm(-float(by[1] or by[2]) if down else float(by[1] or by[2]), thing, draft)
    if clause.tempi and not clause.percents:
        return [{"op": "tempo", "bpm": clause.tempi[0].value.bpm}]
    if clause.percents and (faster or slower or clause.has("tempo", "speed")):
        share = clause.percents[0].value / 100
        if clause.has("of the tempo", "of the speed", "of its tempo", "of its speed") or (
            share > 0.5 and not (faster or slower)
        ):
            return [{"op": "tempo", "ratio": round(share, 4)}]
        return [{"op": "tempo", "ratio": round(1 - abs(share) if slower or share < 0 else 1 + share, 4)}]
    if clause.match(r" (?:make|have|let|play|get) (?:it|this|that|the \w+) (?:go |be |play |move )?(?:really |very |super |so |much |way )*fast "):  # fmt: skip
        faster = True
    if not (faster or slower):
        return []
    number = next((n.value for n in clause.numbers if 30 <= n.value <= 300), None)
    if number and clause.match(r" (?:to|at|auf|a) \d"):
        return [{"op": "tempo", "bpm": number}]
    step = {0.5: 0.05, 1.0: 0.1, 2.0: 0.25}[clause.amount]
    return [{"op": "tempo", "ratio": round(1 - step if slower else 1 + step, 4)}]


def _by_bpm(change: float, thing: Thing | None, draft: Draft) -> list[Operation]:
    if thing and thing.bpm:
        return [{"op": "tempo", "bpm": round(thing.bpm + change, 2)}]
    draft.ask("Its tempo has not been measured yet: to how many bpm shall I bring it?")
    return []


_START = re.compile(r"\b(?:first|opening|initial|beginning|start|front)\b", re.IGNORECASE)
_END = re.compile(r"\b(?:last|final|closing|end|ending|back)\b", re.IGNORECASE)


def trim(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read a cut: what is kept of the piece."""
    if (
        clause.bars
        and thing
        and thing.bar_s
        and clause.match(r" (?:start|begin|starts|begins) (?:\w+ ){0,3}(?:at|from|with|on) ")
        and clause.bars[0].value.start
    ):
        return [{"op": "trim", "start_s": round((clause.bars[0].value.start - 1) * thing.bar_s, 3)}]
    if clause.bars and not clause.durations and clause.head == "trim" and thing and thing.bar_s:
        bars = clause.bars[0].value
        length = round(bars.count * thing.bar_s, 3)
        if bars.start in (None, 1):
            return [{"op": "trim", "end_s": length}]
        if bars.start is not None and bars.end is not None and bars.start > 1:
            begin = round((bars.start - 1) * thing.bar_s, 3)
            return [{"op": "trim", "start_s": begin, "end_s": round(begin + length, 3)}]
        return [{"op": "trim", "start_s": -length}] if bars.start is not None and bars.start < 0 else []
    if (
        not clause.durations
        or clause.verb("extend", "concat", "add")
        or (clause.verb("fade") and clause.head != "trim")
        or clause.has("silence", *_BACKWARDS)
        or (clause.verb("reverse") and clause.head != "trim")
    ):
        return []
    begins = clause.match(
        r" (?:start|starts|starting|begin|begins|beginning|enter|come in|jump|skip ahead|pick up) (?:\w+ ){0,4}?(?:at|from|in|with|to|\d)"
    )
    stops = clause.match(r" (?:stop|stops|end|ends|finish|until|till|through|up to|out at) ")
    if begins and len(clause.durations) == 2 and stops and clause.durations[0].value < clause.durations[1].value:
        return [{"op": "trim", "start_s": clause.durations[0].value, "end_s": clause.durations[1].value}]
    if begins and len(clause.durations) == 1 and not clause.match(r" (?:first|last|fade\w*) "):
        return [{"op": "trim", "start_s": clause.durations[0].value}]
    first = clause.match(r" (?:first|opening|initial|beginning|start|primi|premieres?|ersten|primeros) ")
    last = clause.match(
        r" (?<!to )(?<!it )(?<!should )(?<!must )(?:last|final|closing|end|ending|ultimi|dernieres?|letzten|ultimos) "
    )
    seconds = clause.durations[0].value
    spare = clause.match(
        r" (?:superfluous|unnecessary|useless|pointless|redundant|rubbish|(?:can|should|must|may|has to|have to) go|not needed|too much|spare) "
    )
    away = clause.verb("remove") or spare or (clause.match(_CUTS) and clause.has("off", "out", "away", "from the start", "from the end", "from the beginning", "weg")) or clause.starts("cut the", "trim the", "chop the", "drop the", "skip the", "lose the", "without the")  # fmt: skip
    keep = clause.has("keep", "only", "just", "cut to", "trim to", "crop to", "down to")
    if len(clause.durations) >= 2 and clause.match(r" (?:from|between|to|until|till|bis) ") and not (first or last):
        start, end = clause.durations[0].value, clause.durations[1].value
        if start < end and not clause.verb("make"):
            return [{"op": "trim", "start_s": start, "end_s": end}]
    if (
        _START.search(clause.text)
        and _END.search(clause.text)
        and (away or clause.head == "trim")
        and not keep
        and not clause.match(r" (?:from|between) ")
    ):
        return [_both_ends(clause)]
    if first and not last:
        return [{"op": "trim", "start_s": seconds}] if away and not keep else [{"op": "trim", "end_s": seconds}]
    if last:
        return [{"op": "trim", "end_s": -seconds}] if away and not keep else [{"op": "trim", "start_s": -seconds}]
    if clause.verb("trim") or clause.has("shorter", "shorten", "down to", "cut to"):
        return [{"op": "trim", "end_s": seconds}]
    return []


def _both_ends(clause: Clause) -> Operation:
    """Read how much goes from the start and from the end: "the first 10 seconds and the last 5"; one length is for both."""
    lengths = sorted([*((d.start, d.value) for d in clause.durations), *((n.start, n.value) for n in clause.numbers)])
    lengths = [pair for n, pair in enumerate(lengths) if not n or pair[0] != lengths[n - 1][0]]
    ends = sorted([(m.start(), 1) for m in _END.finditer(clause.text)] + [(m.start(), 0) for m in _START.finditer(clause.text)])  # fmt: skip
    early, late = (lengths[-1][1], lengths[0][1]) if ends[0][1] else (lengths[0][1], lengths[-1][1])
    return {"op": "trim", "start_s": float(early), "end_s": -float(late)}


def length(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read a wish for a length in all, or for more of it."""
    known = thing.duration_s if thing else None
    longer = clause.verb("extend") or clause.has(
        "longer", "long", "double the length", "twice as long", "twice the length", "last", "stretch", "to last"
    )
    makes = (
        clause.match(
            r" (?:make|get|bring|stretch|want|need|let) (?:it|this|that|them|the \w+|track \w+|number \w+|\w+) "
        )
        or longer
    )
    if clause.has("twice as long", "double the length", "twice the length", "double its length"):
        if known:
            return [{"op": "extend", "duration_s": round(2 * known, 2)}]
        draft.ask("How long is it to be in all?")
        return []
    makes = makes or (clause.verb("add", "give") and clause.has("another", "more", "extra"))
    if clause.durations and makes and not clause.verb("fade", "trim", "loop", "remove"):
        seconds = clause.durations[0].value
        if clause.match(r" (?:by|another|more|extra|add|additional) ") or clause.match(
            r" (?:seconds?|minutes?|mins?|secs?|s) longer "
        ):
            if known is None:
                draft.ask("How long is it to be in all?")
                return []
            seconds += known
        if clause.verb("extend") and known is not None and seconds < known:
            draft.note(f"It lasts {known:.0f} seconds already, which is more than {seconds:.0f}.")
        elif clause.has("short", "shorter") or (known is not None and seconds < known - 0.5):
            return [{"op": "trim", "end_s": seconds}]
        return [{"op": "extend", "duration_s": round(seconds, 2)}]
    if clause.bars and clause.bars[0].value.start is None and (clause.verb("extend") or (makes and clause.match(r" (?:make|get|bring|turn) (?:it|this|that|the \w+) (?:\w+ )?\w+ bars? "))) and not clause.match(r" (?:by|another|more|extra|add|additional) | bars? longer "):  # fmt: skip
        return [{"op": "extend", "bars": clause.bars[0].value.count}]
    if (
        clause.bars
        and clause.bars[0].value.start is None
        and (clause.verb("extend") or (clause.verb("add") and not clause.instruments))
        and thing
        and thing.bar_s
        and known
    ):
        return [{"op": "extend", "duration_s": round(known + clause.bars[0].value.count * thing.bar_s, 2)}]
    if (clause.has("longer") or clause.head == "extend") and not clause.durations and known:
        told = Clause(draft.message).durations  # "can you make it longer? like two minutes"
        if len(told) == 1 and told[0].value > known:
            return [{"op": "extend", "duration_s": round(told[0].value, 2)}]
        grown = known * {0.5: 1.25, 1.0: 1.5, 2.0: 2.0}[clause.amount]
        draft.note(f"No length was given, so I aim at {grown:.0f} seconds.")
        return [{"op": "extend", "duration_s": round(grown, 2)}]
    return []


def fade(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read a fade in or out."""
    softly = clause.match(
        r" (?:end|ends|ending|finish|finishes|stop|stops) (?:more )?(?:softly|quietly|gently|slowly|gradually|smoothly) "
    )
    silence = clause.match(r" (?:from|out of|to|into) silence ") and clause.durations
    if not softly and not silence and not clause.match(r" (?:fade\w*|fading|sfuma\w*|ausblenden|einblenden|fondu) "):
        return []
    cut = clause.head == "trim"  # "shorten it to 20 seconds with a fade": the length is that of the whole
    seconds = [] if cut and len(clause.durations) == 1 else [found.value for found in clause.durations[int(cut) :]]
    inward, outward = (
        clause.has("in", "einblenden", "intro", "from silence"),
        clause.has("out", "ausblenden", "ending", "end", "away", "to silence"),
    )
    bare = re.search(r"\b(?:over|for|of|lasting)\s+(?:the\s+(?:first|last|final)\s+)?(\d+(?:\.\d+)?)\s*$", clause.text)
    if bare and not seconds:
        seconds = [float(bare[1])]
    length = seconds[0] if seconds else 3.0
    operation: Operation = {"op": "fade"}
    if inward:
        operation["in_s"] = length
    if outward or not inward:
        operation["out_s"] = seconds[1] if inward and len(seconds) > 1 else (length if seconds else 4.0)
    return [operation]


def loop(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read how often it is to be played."""
    if (
        not clause.verb("loop")
        or clause.verb("make", "write")
        or clause.match(r" (?:into|as|to) (?:a|one) (?:\w+ )?loop ")
    ):
        return []
    times = re.search(r"(\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen)\s*(?:times|x\b|×)|x\s?(\d+)|\b(twice|thrice|once more|once)\b", clause.text, re.IGNORECASE)  # fmt: skip
    count = 4
    if times:
        word = (times[1] or times[2] or times[3]).lower()
        fixed = {"twice": 2, "thrice": 3, "once": 2, "once more": 2}
        count = fixed.get(word) or int(next((n.value for n in numbers_in(word)), 4))
    else:
        draft.note("No number was given, so it plays four times.")
    return [{"op": "loop", "times": max(1, min(100, count))}]


_STRETCH = re.compile(r"\bseconds? (\w+(?:\.\d+)?) (?:to|till|until|through|and|-|–) (\w+(?:\.\d+)?)", re.IGNORECASE)
_BACKWARDS = ("backwards", "backward", "reversed", "ruckwarts", "al contrario", "a l envers", "al reves")


def reverse(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read "backwards"."""
    return backwards(clause) if clause.verb("reverse") or clause.has(*_BACKWARDS) else []


def backwards(clause: Clause) -> list[Operation]:
    """Return the operation that plays all, or the seconds that a clause names, backwards."""
    operation: Operation = {"op": "reverse"}
    if len(clause.durations) > 1 and clause.durations[0].value < clause.durations[1].value:
        operation |= {"start_s": clause.durations[0].value, "end_s": clause.durations[1].value}
    elif (span := _STRETCH.search(clause.text)) and (start := numbers_in(span[1])) and (end := numbers_in(span[2])):
        operation |= {"start_s": float(start[0].value), "end_s": float(end[0].value)}
    elif clause.durations and clause.match(r" (?:last|final|closing) "):
        operation["start_s"] = -clause.durations[0].value
    elif clause.durations and clause.match(r" (?:first|opening|initial) "):
        operation["end_s"] = clause.durations[0].value
    return [operation]
