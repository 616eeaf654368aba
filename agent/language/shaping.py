"""Changes of a whole piece that a figure or a plain word tells: loudness, gain, tempo, pitch, fades, loops, backwards.

A number counts for what it can be: −14 beside a word of loudness is LUFS, 128 beside a tempo is bpm, a quarter
beside "faster" is a share; its place in the sentence does not matter.
"""

import re
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language import timing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.parts import parts
from segue.agent.language.places import place
from segue.agent.language.reference import keys_in, mentions
from segue.tools.core.vocabulary import numbers_in

Operation = dict[str, Any]
_ASKS = re.compile(r"^ (?:what|whats|which|who|why|how|is|are|does|do|did|was|where|when|tell|has)(?= )")
_ELSE = frozenset({"find", "transcribe", "caption", "compare", "sort", "tag", "concat", "mix", "make", "write", "remove", "replace", "isolate", "add", "regenerate"})  # fmt: skip
_LOUD = re.compile(r" (?:loudness|lufs|lkfs|normali[sz]\w*|master\w*|integrated|broadcast\w*|streaming|spec|specs|specification|conform|podcasts?|spotify|youtube|apple|tidal|deezer|amazon|netflix|ebu|r128|target|delivery|level|levels|sit|sits|hit|standard)(?= )")  # fmt: skip
_PLATFORMS = (("netflix", -27.0), ("broadcast", -23.0), ("ebu", -23.0), ("r128", -23.0), ("apple", -16.0), ("podcast", -16.0), ("podcasts", -16.0),
              ("spotify", -14.0), ("youtube", -14.0), ("tidal", -14.0), ("amazon", -14.0), ("deezer", -15.0), ("streaming", -14.0))  # fmt: skip
_MINUS = re.compile(r"(?:(?<![\w.])[-−–]\s?|\bminus )(\w+(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?(?:\.\d+)?)(?!\s*(?:db|decibels?|%|per|semi|tones?|steps?|bpm|octaves?|seconds?|s\b|bars?))", re.IGNORECASE)  # fmt: skip
_GAIN = re.compile(r" (?:gain|louder|quieter|softer|volume|turn \w+ (?:up|down)|trim)(?= )")
_FAST = re.compile(r" (?:faster|quicker|speedier|brisker|accelerat\w+|speed(?:ed|ing)?(?: \w+){0,3} up|sped(?: \w+)? up|speed|quicken\w*|hurry|hurried|hasten|pick up the (?:pace|tempo)|pick (?:it|this|that) up|drag(?:s|ging)|sluggish|too slow|plod\w*|more (?:quickly|briskly|urgent)|brisk\w*|rev \w+ up|as fast|the (?:speed|tempo)|up tempo|bump\w*)(?= )")  # fmt: skip
_SLOW = re.compile(r" (?:slower|slow(?:ed|ing)?(?: \w+){0,3} down|slow (?:it|this|that|things)|decelerat\w+|as slow|too (?:fast|quick|hasty|rushed|hectic|hurried)|rush(?:ed|es|ing)|more slowly|slowly|relax\w* the (?:pace|tempo)|ease\w* (?:off )?the (?:pace|tempo)|more relaxed tempo|leisurely|unhurried|knock|shave|lose|off|down|back|lower|reduce|drop|minus|less)(?= )")  # fmt: skip
_TEMPO = re.compile(r" (?:tempo|speed|pace|bpm|beats|faster|slower|quicker|fast|slow|sped|accelerat\w+|decelerat\w+|clip|times|go(?:es)? at|run(?:s)?|brisk\w*|quicken\w*|stretch\w*)(?= )")  # fmt: skip
_PARTS_OF_ONE = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "tenth": 0.1, "thirds": 1 / 3, "quarters": 0.25, "fifths": 0.2, "tenths": 0.1, "eighth": 0.125}  # fmt: skip
_FRACTION = re.compile(r"\b(a|an|one|two|three|four|by a|by)\s+(half|thirds?|quarters?|fifths?|tenths?|eighth)\b(?!\s*(?:step|tone|note|bar))", re.IGNORECASE)  # fmt: skip
_TIMES = re.compile(r"\b(one and a half|one and a quarter|\d+(?:\.\d+)?|two|three|one point \w+)\s*(?:times|x)\s*(?:as fast|faster|the (?:speed|tempo)|its (?:speed|tempo)|speed|tempo|as quick)", re.IGNORECASE)  # fmt: skip
# A change by a step: words that say which way, without a figure.
_QUICKER = re.compile(
    r" (?:drags|dragging|sluggish|plod\w*|too slow|more (?:quickly|briskly)|(?:quicken|raise|lift|push|increase|pick up|up|boost) the (?:pace|tempo|speed)|pick (?:it|this|that) up)(?= )"
)
_CALMER = re.compile(
    r" (?:too (?:fast|quick|hasty|rushed|hectic|hurried)|rush(?:ed|es|ing)|more slowly|not so fast|(?:relax|ease|slow|lower|drop|reduce|calm|bring down|ease off|slacken) the (?:pace|tempo|speed))(?= )"
)
_OF_SPEED = re.compile(
    r"\s*(?:of )?(?:the |its )?(?:original |normal |full |usual )?(?:speed|tempo|pace)\b", re.IGNORECASE
)
_FADES = re.compile(r" (?:fade\w*|fadeouts?|fadeins?|taper\w*|(?:die|dies|dying|trail|trails|ebb|ebbs|drift|drifts|melt|peter|fizzle|dwindle|dissolve|vanish)(?: (?:away|off|out|slowly|gradually|gently|into (?:silence|nothing)))+|swell\w* (?:in|up|from)|(?:rise|come|creep|ease|sneak|glide)\w* (?:in|up)? ?(?:slowly |gradually |gently )?from (?:nothing|silence)|(?:ease|creep|glide|swell)\w* in)(?= )")  # fmt: skip
_INWARD = re.compile(
    r" (?:in|fadein|fade ?ins?|from (?:nothing|silence|zero)|opening|start|beginning|intro|first|swell\w*|rise\w*|up)(?= )"
)
_OUTWARD = re.compile(r" (?:out|fadeouts?|fade ?outs?|away|off|end|ending|last|final|closing|to (?:silence|nothing|zero)|into (?:silence|nothing)|taper\w*|down)(?= )")  # fmt: skip
_LOOPS = re.compile(r" (?:loop\w*|on (?:a )?(?:loop|repeat)|repeat\w*|go(?:es)? (?:round|around)|round and round|over and over|in a row|back to back|again and again|cycle\w*|play \w+ \w+ times)(?= )")  # fmt: skip
_COUNT = re.compile(r"\b(\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen|a dozen)\s*(?:times|x\b|×|goes|rounds|passes|repeats|repetitions|cycles|loops)|x\s?(\d+)\b|\b(twice|thrice)\b", re.IGNORECASE)  # fmt: skip
_BACKWARDS = re.compile(r" (?:backwards?|back to front|in reverse|reversed?|retrograde|end to start|from the end to the (?:start|beginning)|rewind|rewound|wrong way round|tail to head)(?= )")  # fmt: skip


def read(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation] | None:
    """Return the changes of a whole piece that a clause tells, or None where it tells none for certain."""
    if _ASKS.match(clause.plain) or (clause.songs and clause.verb("find", "play")) or clause.chords:
        return None
    named = [(m.start, m.end) for m in mentions(clause, draft)]
    for decide in (_loudness, _faded, _looped, _reversed, _tempo, _pitch, _gain):
        operations = decide(clause, thing, draft, named)
        if operations:
            return operations
    return None


Spans = list[tuple[int, int]]


def _loudness(clause: Clause, thing: Thing | None, draft: Draft, named: Spans) -> list[Operation] | None:
    """Read a loudness: in LUFS, as a bare negative number, or as what a platform wants."""
    if clause.loudnesses or clause.decibels or clause.intervals or clause.percents or parts(clause, thing):
        return None
    word = _LOUD.search(clause.plain)
    value = None
    if match := _MINUS.search(clause.text):
        value = next((n.value for n in numbers_in(match[1])), None)
    elif word and (below := re.search(r"\b(\w+(?:[ -]\w+)?) (?:below|under) ?(?:zero|full scale)?\b", clause.text)):
        value = next((n.value for n in numbers_in(below[1])), None)
    bare = re.search(r"\b(?:to|at)\s+(?:around |about )?(?:[-−–]|minus )", clause.text, re.IGNORECASE)
    bare = bare or re.fullmatch(r"\W*[-−–]\s?\d+(?:\.\d+)?\W*", clause.text)
    if value is not None and 5 <= abs(value) <= 36 and (word or bare):
        return [{"op": "loudness", "lufs": -abs(value)}]
    firm = re.search(r" (?:loudness|level|levels|normali[sz]\w*|master\w*|standard|loud|spec)(?= )", clause.plain)
    if firm and value is None and not clause.numbers:
        for name, lufs in _PLATFORMS:
            if clause.has(name, f"{name}s"):
                return [{"op": "loudness", "lufs": lufs}]
    return None


def _gain(clause: Clause, thing: Thing | None, draft: Draft, named: Spans) -> list[Operation] | None:
    """Read a level for the whole ("a gain of minus two across the board")."""
    if parts(clause, thing) or clause.loudnesses or clause.verb(*_ELSE) or not _GAIN.search(clause.plain):
        return None
    free = [n for n in clause.numbers if not any(low <= n.start < high for low, high in named)]
    level = clause.decibels[0].value if clause.decibels else next((n.value for n in free if abs(n.value) <= 24), None)
    if level is None or clause.durations or clause.percents or clause.intervals or clause.tempi:
        return None
    down = re.search(r" (?:quieter|softer|down|minus|less|lower)(?= )", clause.plain) or re.search(
        r"(?<!\w)[-−]\s?\d", clause.text
    )
    return [{"op": "gain", "db": -abs(level) if down else abs(level)}]


def _tempo(clause: Clause, thing: Thing | None, draft: Draft, named: Spans) -> list[Operation] | None:
    """Read a tempo: a number of beats, a share, a fraction, or a number that can be nothing else."""
    plain, text = clause.plain, clause.text
    if clause.decibels or clause.intervals or clause.verb(*_ELSE - {"make"}) or clause.genres or clause.instruments:
        return None
    fast, slow = _FAST.search(plain), _SLOW.search(plain)
    spoken = _TEMPO.search(plain)
    free = [n for n in clause.numbers if not any(low <= n.start < high for low, high in named)]
    beats = [n for n in free if 30 <= n.value <= 300]
    if by := re.search(r"\b(?:by\s+)?(\w+)\s*(?:bpm|beats(?: (?:per|a) minute)?|clicks)\b", text, re.IGNORECASE):
        step = next((n.value for n in numbers_in(by[1])), None)
        if step is not None and step < 30 and (fast or slow) and thing and thing.bpm:
            lower = slow and not re.search(r" (?:faster|quicker|up|add|more) ", plain)
            return [{"op": "tempo", "bpm": round(thing.bpm - step if lower else thing.bpm + step, 2)}]
    if (
        not clause.percents
        and not beats
        and (
            doubled := re.search(
                r" (?:(?P<half>halv\w+|half)|doubl\w+|twice)(?: (?:the|its|of|as|that|normal|original))* (?:speed|tempo|pace|bpm|fast|quick|slow)(?= )",
                plain,
            )
        )
    ):
        slower = bool(doubled["half"]) != bool(doubled[0].endswith("slow"))
        return [{"op": "tempo", "ratio": 0.5 if slower else 2.0}]
    if times := _TIMES.search(text):
        fixed = {"one and a half": 1.5, "one and a quarter": 1.25}.get(times[1].lower())
        value = fixed or next((n.value for n in numbers_in(times[1])), None)
        if value:
            return [{"op": "tempo", "ratio": round(value, 4)}]
    if clause.percents and (spoken or not parts(clause, thing)):
        share = clause.percents[0].value / 100
        written = clause.percents[0]
        told = re.search(r"\b(?:at|to)\s+$", text[: written.start]) or _OF_SPEED.match(text[written.end :])
        if told and share > 0 and not re.search(r"\bby\s+$", text[: written.start]):
            return [{"op": "tempo", "ratio": round(share, 4)}]
        whole = share > 1 or re.search(r" of (?:the |its )?(?:original )?(?:tempo|speed|pace) ", plain)
        if share > 1:
            return [{"op": "tempo", "ratio": round(share, 4)}]
        lower = bool((slow and not fast) or clause.match(r" slower "))
        if fast or slow or share < 0 or re.search(r"(?<!\w)\+\s*\d", text) or clause.match(r" (?:up|more|quicker) "):
            return [
                {
                    "op": "tempo",
                    "ratio": round(
                        share
                        if whole and not clause.has("by")
                        else 1 - abs(share)
                        if lower or share < 0
                        else 1 + share,
                        4,
                    ),
                }
            ]
    if spoken and (part := _FRACTION.search(text)) and (fast or slow):
        count = {"a": 1, "an": 1, "one": 1, "by a": 1, "by": 1, "two": 2, "three": 3, "four": 4}[part[1].lower()]
        share = count * _PARTS_OF_ONE[part[2].lower()]
        if re.match(
            r"\s*(?:of )?(?:the|its|that) (?:\w+ )?(?:speed|tempo|pace)|\s+(?:speed|tempo|pace)\b",
            text[part.end() :],
            re.IGNORECASE,
        ):
            return [{"op": "tempo", "ratio": round(share, 4)}]
        return [
            {
                "op": "tempo",
                "ratio": round(
                    1 - share
                    if slow and not re.search(r" (?:faster|accelerat\w+|up|quicker)(?= )", plain)
                    else 1 + share,
                    4,
                ),
            }
        ]
    target = clause.tempi[0].value.bpm if clause.tempi else None
    if re.search(r"\bfrom\s+\d", text) and len(beats) > 1:
        target = beats[-1].value
    alone = re.search(r"^\W*(?:make|put|get|set|bring|take|have|run|play|push|drop|try|warp|stretch|time ?stretch|conform|sync|lock|match|adapt|change|slow|speed|at|now)?\s*(?:it|this|that|everything|the (?:whole )?\w+)?\s*(?:to|at|be|up to|down to|go at)?\s*(\d{2,3})\s*(?:now|please|instead|for \w+(?: \w+){0,3})?\W*$", text, re.IGNORECASE)  # fmt: skip
    if (
        target is None
        and beats
        and (spoken or alone)
        and not clause.durations
        and not clause.bars
        and not clause.verb("make") | bool(clause.loudnesses) | bool(clause.percents)
    ) or (target is None and alone and beats):
        target = beats[-1].value
    orders = not clause.verb("make") or clause.match(r" make (?:it|this|that|the|take|number|track) ")
    if target is not None and orders and (clause.verbs or alone or spoken):
        return [{"op": "tempo", "bpm": target}]
    quicker, calmer = _QUICKER.search(plain), _CALMER.search(plain)
    if (quicker or calmer) and not free:
        step = {0.5: 0.05, 1.0: 0.1, 2.0: 0.25}[clause.amount]
        return [{"op": "tempo", "ratio": round(1 + step if quicker else 1 - step, 4)}]
    return None


def _pitch(clause: Clause, thing: Thing | None, draft: Draft, named: Spans) -> list[Operation] | None:
    """Read a shift in pitch: an interval with a direction, or the last of two keys."""
    if (
        clause.verb(*_ELSE - {"make"})
        or clause.percents
        or clause.tempi
        or clause.match(r" (?:doubl\w+|harmoni[sz]\w+) ")
    ):
        return None
    keys = keys_in(clause, draft)
    if len(keys) > 1 and clause.match(r" (?:from|instead of|not|rather than|out of) "):
        last = keys[-1] if clause.match(r" (?:from|out of) ") else keys[0]
        return [{"op": "transpose", "key": last.value}]
    if parts(clause, thing) and not clause.match(r" (?:everything|whole|all|pitch|voice|range|sing|singer) "):
        return None
    if capo := re.search(r"\bcapo (?:on |at |fret )*(\w+)", clause.text, re.IGNORECASE):
        fret = next((n.value for n in numbers_in(capo[1])), None)
        return [{"op": "transpose", "semitones": fret}] if fret else None
    quarter = re.search(r"\bquarter[ -]?tones?\b", clause.text, re.IGNORECASE)
    if not clause.intervals and not quarter:
        return None
    moved = re.search(
        r" (?:up|higher|raise\w*|above|sharp\w*|down|lower\w*|below|deeper|flat\w*|drop\w*|transpos\w+|shift\w*|pitch\w*|tune\w*|move\w*|bring|take|put)(?= )",
        clause.plain,
    )
    if not moved:
        return None
    down = re.search(r" (?:down|lower\w*|below|deeper|flat\w*|flatten|drop\w*|sink|under)(?= )", clause.plain)
    size = 0.5 if quarter else sum(found.value for found in clause.intervals)
    return [{"op": "transpose", "semitones": -size if down else size}]


def _faded(clause: Clause, thing: Thing | None, draft: Draft, named: Spans) -> list[Operation] | None:
    """Read fades; with two lengths the first is that of whatever is said first."""
    fades = _FADES.search(clause.plain)
    if (
        not fades
        or clause.verb("trim", "concat", "mix", "make", "write")
        or (parts(clause, thing) and not clause.match(r" fade\w* "))
    ):
        return None
    lengths = [(found.start, found.value) for found in clause.durations]
    if not lengths:
        late = re.search(
            r"\b(?:last|final|first|opening|over|across|for|of)\s+(?:the\s+)?(?:last\s+|first\s+)?(\w+)\s*$",
            clause.text,
            re.IGNORECASE,
        )
        lengths = [(late.start(), n.value) for n in numbers_in(late[1])] if late else []
    inward, outward = _INWARD.search(clause.plain), _OUTWARD.search(clause.plain)
    if (
        inward
        and inward[0].strip() in ("in", "up", "first", "start")
        and outward
        and not clause.match(
            r" (?:fade ?ins?|fad\w+ (?:it |this )?in|in and out|in (?:over|for|at|\d)|from (?:nothing|silence)) "
        )
    ):
        inward = None
    both = bool(
        inward
        and outward
        and clause.match(r" (?:and|both|in|out) ")
        and clause.match(r" (?:fade ?ins?|in and|in (?:over|for|at|\d)|in \w+ (?:s|sec\w*|seconds)) ")
    )
    operation: Operation = {"op": "fade"}
    first = lengths[0][1] if lengths else None
    if both:
        second = lengths[1][1] if len(lengths) > 1 else first
        starts = inward.start() < outward.start() if inward and outward else True
        operation["in_s"] = (first if starts else second) or 3.0
        operation["out_s"] = (second if starts else first) or 4.0
    elif inward and not (outward and outward.start() < inward.start() and clause.match(r" fade\w* out ")):
        operation["in_s"] = first or 3.0
    else:
        operation["out_s"] = first or 4.0
    return [operation]


def _looped(clause: Clause, thing: Thing | None, draft: Draft, named: Spans) -> list[Operation] | None:
    """Read how often the whole or some bars are to go round."""
    if clause.durations:
        return None  # a stretch of it: cut first
    count = _COUNT.search(clause.text)
    if not _LOOPS.search(clause.plain) or not count or clause.verb("make", "write", "trim", "add", "find"):
        return None
    word = next(group for group in count.groups() if group).lower()
    times = {"twice": 2, "thrice": 3, "a dozen": 12}.get(word) or int(next(n.value for n in numbers_in(word)))
    where = place(clause, thing, draft)
    args = {} if where.section and thing and where.section in thing.title.lower() else where.args
    return [{"op": "loop", "times": max(1, min(100, times)), **args}]


def _reversed(clause: Clause, thing: Thing | None, draft: Draft, named: Spans) -> list[Operation] | None:
    """Read "retrograde", "back to front"."""
    if (
        not _BACKWARDS.search(clause.plain)
        or parts(clause, thing)
        or clause.bars
        or clause.verb("sort", "find", "add", "mix")
    ):
        return None
    if clause.match(r" (?:list|playlist|order|not|dont|undo|reverb|delay|cymbal|decision) "):
        return None
    return timing.backwards(clause)
