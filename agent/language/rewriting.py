"""Requests to write a piece anew, whole or in places: other takes, bars, chords, modes, meters, beats, endings, words.

Each reader takes its words out of the clause, so that nothing is read twice: "half-time, and louder".
"""

import re
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language import cues
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.locking import LOCKABLE, is_everything_else, locks
from segue.agent.language.parts import parts, present
from segue.agent.language.places import Place, bars_counted, place
from segue.tools.core.theory import parse_chord
from segue.tools.core.vocabulary import Found, chords_in, numbers_in

Operation = dict[str, Any]
Reading = tuple[list[Operation], Clause]

_MODES = r"(?P<mode>major|minor|dorian|phrygian|lydian|mixolydian|dur|moll)"
_TO_MODE = re.compile(rf"(?:\b(?:in|into|to|as)\s+(?:a\s+|the\s+)?|\b(?:make|turn|put|play|bring|set|get)\s+(?:it|this|that|everything|the\s+(?:whole\s+)?\w+)\s+(?:more\s+)?|^\W*(?:a\s+|the\s+|more\s+)?){_MODES}(?:[ -](?:key|mode|tonality|scale))?(?=\s*(?:$|[,.;!?]|please\b|instead\b|and\b|but\b|with\b|in\b|for\b))", re.IGNORECASE)  # fmt: skip
_SHADE = re.compile(r"\b(?P<shade>darker|sadder|gloomier|brighter|happier|sunnier|more (?:dark|sad|bright|happy))\s+(?:in\s+)?(?:the\s+)?(?:harmonically|harmony|harmonies|chords?|key|mode|tonality|changes)\b|\b(?:harmony|harmonies|chords?|changes|mode|tonality)\s+(?:should\s+be\s+|to\s+be\s+|be\s+|a\s+(?:bit|little)\s+|much\s+)*(?P<after>darker|sadder|gloomier|brighter|happier|sunnier)\b|\bharmonically\s+(?:\w+\s+)?(?P<last>darker|sadder|brighter|happier)\b", re.IGNORECASE)  # fmt: skip
_CHORD_WORDS = (
    r" (?:chords?|changes|progression|harmony|harmoni[sz]e|reharmoni[sz]e|harmonies|akkorde|accordi|accords|acordes) "
)
_INSTEAD = (
    r" (?:new|change|other|different|use|replace|swap|put|set|try|instead|reharmoni[sz]e|with|over|under|to|into|play) "
)
_METER_TO = r" (?:make|put|turn|change|switch|move|convert|play|rewrite|set|get|do|try|recast|have|into|to|in|as) "
_SWING = re.compile(r"\b(?P<how>(?:(?:a\s+)?(?:lot|bit|little|touch|much|some|way|slightly)\s+)*(?:more|less|no|without(?:\s+(?:any|the))?|remove\s+the|take\s+(?:out\s+)?the|take\s+away\s+the|add(?:\s+(?:some|a))?|with(?:\s+(?:a|some))?|give\s+(?:it|this|that)\s+(?:a|some)|make\s+(?:it|this|that)|let\s+(?:it|this)|(?P<share>\d{2})\s?%)\s+)?(?:(?:a\s+)?(?P<degree>bit|little|lot|touch|hard|light|heavy|gentle|slight|triplet|strong)\s+(?:of\s+)?(?:more\s+)?)?(?P<word>swing(?:ing|ed)?|shuffled?|swung)\b(?P<tail>\s+(?:feel|it|this|that|the\s+\w+|eighths?|notes?|out|harder|more|less|a\s+(?:bit|little)|to\s+it|in\s+it))*", re.IGNORECASE)  # fmt: skip
_STRAIGHT = re.compile(r"\b(?:straight(?:en(?:ed)?)?(?:\s+(?:it|the\s+\w+|feel|eighths?|notes?|time|out|beat|groove|no\s+swing))*)\b", re.IGNORECASE)  # fmt: skip
_HALF = re.compile(r"\bhalf[ -]?time\b(?:\s+(?:feel|beat|groove|drums?))?", re.IGNORECASE)
_DOUBLE = re.compile(r"\bdouble[ -]?time\b(?:\s+(?:feel|beat|groove|drums?))?", re.IGNORECASE)
_LOOSE = re.compile(r"\b(?:looser|loosen(?:\s+up)?|humani[sz]ed?|more\s+(?:human|humani[sz]ed|loose|relaxed\s+timing|live\s+feel|laid[ -]back\s+timing)|less\s+(?:robotic|stiff|mechanical|rigid|quanti[sz]ed|tight|machine[ -]like)|not\s+so\s+(?:robotic|stiff|mechanical|rigid|tight)|(?:too|so)\s+(?:robotic|stiff|mechanical|rigid|quanti[sz]ed))\b", re.IGNORECASE)  # fmt: skip
_TIGHT = re.compile(r"\b(?:quanti[sz]e[ds]?|tighter|tighten(?:\s+up)?|more\s+(?:tight|quanti[sz]ed|precise)|less\s+(?:loose|sloppy)|(?:snap\w*\s+\w*\s*|lock\w*\s+\w*\s*)?(?:on\s?to|to|on)\s+the\s+grid|(?:too|so)\s+(?:sloppy|loose))\b(?:\s+timing)?", re.IGNORECASE)  # fmt: skip
_END = r"(?:ending|end|finish|close|finale|outro|ende|schluss|finale|fin)"
_ENDINGS: tuple[tuple[str, re.Pattern[str]], ...] = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in (
    ("slowing", rf"\b(?:slow(?:s|ing|er)?(?:\s+(?:it|this|things|everything))?(?:\s+down)?|rit(?:ardando|enuto|ard)?\.?|rall(?:entando)?\.?)\s+(?:\w+\s+)?(?:at|towards?|into|in|on|over|for|near|before)\s+(?:the\s+)?(?:very\s+)?(?:{_END}|last\s+(?:\w+\s+)?bars?)\b|\b(?:slowing|ritardando|rallentando|slow(?:er)?)\s+{_END}\b|\b(?:end|finish|close)\s+(?:it\s+)?(?:with|on)\s+a\s+(?:rit\w*|rall\w*|slow[ -]?down|slowing)"),
    ("held", rf"\b(?:end|ends|finish|close|stop)\s+(?:it\s+)?(?:on|with)\s+(?:a|the|one)?\s*(?:long|held|sustained|ringing|last|final|big)?\s*(?:held|long|sustained)?\s*(?:chord|note|fermata)\b(?:\s+(?:held|ringing)(?:\s+out)?)?|\b(?:held|sustained|fermata|ringing)(?:[ -]chord)?\s+(?:{_END})\b|\b(?:hold|sustain|let)\s+the\s+(?:last|final)\s+(?:chord|note)(?:\s+(?:ring|sustain)(?:\s+out)?)?\b"),
    ("cold", rf"\b(?:cold|abrupt|sudden|hard|short|sharp|dead|tight|clipped)\s+(?:{_END}|stop|cut[ -]?off)\b|\b(?:end|ends|stop|finish|close|stops)\s+(?:it\s+)?(?:more\s+)?(?:abruptly|suddenly|cold|dead|hard|sharply|(?:with|on)\s+a\s+(?:bang|hit|stab|short\s+\w+|sting(?:er)?|single\s+hit|button))\b"),
    ("new", rf"\b(?:new|different|another|other|better|proper|real|fresh|alternat\w+|stronger|clear(?:er)?|bigger|big|grand)\s+(?:{_END})\b|\ban\s+(?:ending|end)\b|\b(?:rewrite|redo|change|rework|replace|recompose|regenerate)\s+the\s+(?:{_END})\b"),
))  # fmt: skip
_ENDING_WORD = re.compile(rf"\b(?:{_END})\b", re.IGNORECASE)
_SET_WORDS = re.compile(r"\b(?:new\s+|these\s+|my\s+|the\s+|following\s+|other\s+)*(?:lyrics?|words|text)\b[^:\"“”]{0,40}?(?::|(?=[\"“]))\s*(?P<text>.+)$", re.IGNORECASE | re.DOTALL)  # fmt: skip
_CHANGE_WORDS = re.compile(r"\b(?:change|replace|swap|set|rewrite)\s+(?:the\s+)?(?:lyrics?|words)\s+(?:to|with|by|for)\s+(?P<text>.{8,})$", re.IGNORECASE | re.DOTALL)  # fmt: skip
_SEAMLESS = r" (?:seamless(?:ly)?|endless(?:ly)?|infinite(?:ly)?|perfect(?:ly)?|for ?ever|round and round|gapless(?:ly)?|loopable) "


def readings(clause: Clause, thing: Thing | None, draft: Draft) -> Reading:
    """Return the operations that write a piece anew, and what of the clause is left to be read by others."""
    operations: list[Operation] = []
    if clause.verb("trim") or clause.match(_NEW_PIECE):
        return [], clause
    spared = locks(clause, thing)
    rest = spared.rest if spared else clause
    where = place(rest, thing, draft)
    for read in (_lyrics, _section_length, _loop, _ending, _chords, _mode, _meter, _feel):
        found, rest = read(rest, where, thing, draft)
        operations += found
    if not operations:
        operations, rest = _regenerate(rest, where, thing, draft, told=spared is not None)
    if not spared:
        return operations, rest
    for operation in operations:
        if operation["op"] in LOCKABLE and spared.parts:
            operation["keep"] = present(spared.parts, thing, draft)
    return operations, rest if operations else clause


_NEW_PIECE = r" (?:make|write|compose|create|generate) (?:me |us )?(?:an?|another) (?:\w+ ){0,2}?(?:piece|track|song|tune|beat|jingle|composition)(?! of (?:it|this|that)) "


def is_rewriting(clause: Clause, draft: Draft, thing: Thing | None) -> bool:
    """Tell whether a clause asks for something of this module; the draft is left as it is."""
    if clause.words and cues.is_question_word(clause.words[0].plain):
        return False
    trial = Draft(draft.message, draft.state, draft.names)
    trial.focus, trial.steps = list(draft.focus), list(draft.steps)
    return bool(readings(clause, thing, trial)[0]) or trial.question is not None


def _without(clause: Clause, *spans: tuple[int, int]) -> Clause:
    text = clause.text
    for low, high in sorted(spans, reverse=True):
        text = f"{text[:low]} {text[high:]}"
    return Clause(re.sub(r"^[\s,]*(?:and|but|with|then)\b\s*|[\s,]*\b(?:and|but|with|then|in|for|to|at)\s*$", "", " ".join(text.split()), flags=re.IGNORECASE))  # fmt: skip


# -- words, lengths, loops, endings --------------------------------------------------------------------


def _lyrics(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    """Read "new lyrics: …", "set these words to it: “…”"."""
    match = _SET_WORDS.search(clause.text) or _CHANGE_WORDS.search(clause.text)
    if match is None or not _has_notes(thing, draft) or clause.verb("transcribe", "find", "play"):
        return [], clause
    text = match["text"].strip().strip("\"“”„'‘’ ")
    return ([{"op": "lyrics", "text": text}], Clause("")) if len(text) > 2 else ([], clause)


def _section_length(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    """Read "make the intro longer, 8 bars", "shorten the bridge to 4 bars"."""
    if not where.section or clause.verb("fade", "loop", "find"):
        return [], clause
    counted = bars_counted(clause)
    asks = clause.verb("extend") or clause.match(r" (?:longer|shorter|shorten|lengthen|stretch|double the length|twice as long|half as long) ")  # fmt: skip
    sized = clause.match(r" (?:make|should be|must be|to be|have|last|give) ") and counted and clause.match(r" bars?(?: long)? ")  # fmt: skip
    if not (asks or sized):
        return [], clause
    if not counted:
        if clause.durations:
            return [], clause
        draft.ask(f"How many bars is the {where.section} to have in all, for example 8?")
        return [], Clause("")
    if clause.match(r" (?:by|another|more|extra) (?:\w+ )?bars? | bars? (?:longer|shorter) "):
        draft.ask(f"How many bars is the {where.section} to have in all?")
        return [], Clause("")
    return [{"op": "extend", "section": where.section, "bars": counted}], Clause("")


def _loop(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    """Read "loop bars 5 to 8 seamlessly", "make it loop without a gap", "a seamless loop of the chorus"."""
    seamless = bool(clause.match(_SEAMLESS) or clause.has("without a gap", "no gap", "without a seam"))
    made = clause.match(r" (?:make|turn|get|into|as|give) (?:[\w ]{0,25} )?(?:a |an |it )?(?:\w+ )?loop(?:able)? ") and clause.match(r" (?:it|this|that|bars?|of (?:the|bars?|it|this)) ")  # fmt: skip
    loops = clause.verb("loop") or clause.has("loop", "loopable", "looped") or (seamless and clause.has("repeat"))
    if (
        not loops
        or clause.verb("trim")
        or (clause.verb("make", "write") and not made)
        or not (seamless or where or made)
    ):
        return [], clause
    operation: Operation = {"op": "loop", **where.args}
    times = re.search(r"\b(\w+)\s*(?:times\b|x\b|×)|\b(twice|thrice)\b", clause.text, re.IGNORECASE)
    count = {"twice": 2, "thrice": 3}.get((times[2] or "").lower()) if times else None
    if times and not count and (number := numbers_in(times[1] or "")):
        count = int(number[0].value)
    if count:
        operation["times"] = max(1, min(100, count))
    elif where and not seamless and not made:
        operation["times"] = 4
        draft.note("No number was given, so it plays four times.")
    if seamless or (made and not count):
        operation["seamless"] = True
    return [operation], Clause("")


def _ending(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    """Read "a new ending", "cold ending", "slow down at the end"; an ending in other words is written anew."""
    if clause.durations or clause.verb("fade", "trim", "extend", "find") or clause.has("fade", "fade out", "fading"):
        return [], clause
    for kind, pattern in _ENDINGS:
        match = pattern.search(clause.text)
        if match is None:
            continue
        rest = _without(clause, (match.start(), match.end()))
        if kind == "new" and not (_changes(clause) or re.match(r"(?:new|different|another|other|better|proper|real|fresh|altern|stronger)", match[0], re.IGNORECASE)):  # fmt: skip
            continue
        return [{"op": "ending", "kind": kind}], Clause(re.sub(r"^\W*(?:give|make|let|have|add|write|put|do|with|it|this|that|a|an|the|us|me|please|should|want|would|like|i|on)\b(?:\s+(?:it|this|that|a|an|the|please))*\s*$", "", rest.text, flags=re.IGNORECASE))  # fmt: skip
    return [], clause


# -- harmony and metre --------------------------------------------------------------------------------


def _chords(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    """Read "new chords in bars 5–8: Em7 A7"; a bar line in the words parts the bars."""
    symbols = _symbols(clause)
    if symbols is None or clause.is_question or clause.songs or (clause.verb("make", "write") and not clause.has("it", "this", "that")):  # fmt: skip
        return [], clause
    spoken = clause.match(_CHORD_WORDS) and clause.match(_INSTEAD)
    if not (spoken or where) or not _has_notes(thing, draft) or clause.verb("find", "export", "transcribe"):
        return [], clause
    return [{"op": "chords", "chords": symbols.value, **where.args}], Clause("")


def _symbols(clause: Clause) -> Found[list[str]] | None:
    barred = re.search(r"(?<!\w)[A-G][\w#♯♭/+°øΔ()]*(?:[ ]*\|?[ ]*[A-G][\w#♯♭/+°øΔ()]*)*[ ]*\|[ ]*[A-G][\w#♯♭/+°øΔ()| ]*", clause.text)  # fmt: skip
    if barred:
        bars = [bar.split() for bar in barred[0].split("|") if bar.strip()]
        if all(_is_chord(symbol) for bar in bars for symbol in bar):
            return Found([" ".join(parse_chord(s).symbol for s in bar) for bar in bars], barred.start(), barred.end())
    if clause.chords:
        return clause.chords[0]
    alone = re.search(r"(?::|\b(?:to|into|with|on|over|use|by)\b)\s*(?:an?\s+)?(?P<chord>[A-G](?:#|b|♯|♭)?(?:m|maj|min|dim|sus|aug|add|7|6|9|11|13)+[\w/#b]*)(?=\s*(?:$|[,.;!]|chord|instead))", clause.text)  # fmt: skip
    if alone and _is_chord(alone["chord"]) and clause.match(_CHORD_WORDS):
        return Found([parse_chord(alone["chord"]).symbol], alone.start("chord"), alone.end("chord"))
    return None


def _is_chord(symbol: str) -> bool:
    return bool(chords_in(f"{symbol} – {symbol}"))


def _mode(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    """Read "in minor", "put it into dorian", "darker harmonically"."""
    if clause.keys or clause.intervals or clause.songs or clause.has("relative", "parallel"):
        return [], clause
    shade = _SHADE.search(clause.text)
    if shade:
        word = (shade["shade"] or shade["after"] or shade["last"]).lower()
        mode = "brighter" if re.search("bright|happ|sunn", word) else "darker"
        return [{"op": "mode", "mode": mode, **where.args}], Clause("")
    match = _TO_MODE.search(clause.text)
    if match is None or clause.verb("find", "add"):
        return [], clause
    mode = {"dur": "major", "moll": "minor"}.get(match["mode"].lower(), match["mode"].lower())
    rest = _without(clause, (match.start(), match.end()), *where.spans)
    return [{"op": "mode", "mode": mode, **where.args}], rest


def _meter(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    """Read "put it in 3/4", "change the time signature to 6/8"."""
    if not clause.meters or not (clause.match(_METER_TO) or len(clause.words) <= 3) or clause.songs:
        return [], clause
    if (clause.verb("make", "write") and clause.match(r" (?:make|write|create|compose|generate) (?:me )?(?:a|an|some) ")) or clause.verb("find", "add"):  # fmt: skip
        return [], clause
    if clause.durations or clause.tempi or clause.genres or (clause.instruments and not clause.has("it", "this")):
        return [], clause  # an order for new music
    meter = clause.meters[0]
    lead = re.search(r"(?:\b(?:make|put|turn|change|switch|move|convert|play|rewrite|set|get|do|try|recast|have|it|this|that|the|time|signature|meter|metre|feel|piece|song|track|into|to|in|as|a|an|more|like|of|be|should)\b[\s,]*)+$", clause.text[: meter.start], re.IGNORECASE)  # fmt: skip
    tail = re.match(r"\s*(?:time|metre|meter|feel|instead)\b", clause.text[meter.end :], re.IGNORECASE)
    span = (lead.start() if lead else meter.start, meter.end + (tail.end() if tail else 0))
    return [{"op": "meter", "meter": meter.value}], _without(clause, span)


# -- feel ---------------------------------------------------------------------------------------------


def _feel(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    """Read "half-time feel", "more swing", "looser", "quantise the drums"."""
    operations: list[Operation] = []
    rest = clause
    for read in (_beat, _swing, _timing):
        found, rest = read(rest, where, thing, draft)
        operations += found
    return operations, rest


def _beat(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    half, double = _HALF.search(clause.text), _DOUBLE.search(clause.text)
    match = half or double
    if match is None or not (_has_notes(thing, draft) or where or "feel" in match[0].lower()):
        return [], clause
    operation = {"op": "feel", "beat": "half_time" if half else "double_time", **where.args}
    return [operation], _bare(_without(clause, (match.start(), match.end()), *where.spans))


def _swing(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    straight, match = _STRAIGHT.search(clause.text), _SWING.search(clause.text)
    if straight and (match is None or re.search(r"\bno\b|\bnot\b|without", clause.text, re.IGNORECASE)):
        spans = [(m.start(), m.end()) for m in (straight, match) if m]
        return [{"op": "feel", "swing": 0.5}], _bare(_without(clause, *spans))
    if match is None or clause.is_question or not _asks_for_swing(clause, match):
        return [], clause
    rest = _bare(_without(clause, (match.start(), match.end())))
    how = f"{match['how'] or ''} {match['degree'] or ''} {match['tail'] or ''}".lower()
    step = {0.5: 0.04, 1.0: 0.08, 2.0: 0.12}[clause.amount]
    if match["share"] and 50 <= int(match["share"]) <= 80:
        return [{"op": "feel", "swing": int(match["share"]) / 100}], rest
    if re.search(r"\b(?:no|without|remove|out|away)\b", how) or (clause.verb("remove") and "the" in how):
        return [{"op": "feel", "swing": 0.5}], rest
    if re.search(r"\bless\b", how):
        return [{"op": "feel", "swing_by": -step}], rest
    if re.search(r"\b(?:more|harder)\b", how):
        return [{"op": "feel", "swing_by": step}], rest
    swing = 0.667 if re.search("triplet|hard|heavy|strong", how) else 0.57 if re.search("light|bit|little|touch|slight|gentle", how) else 0.62  # fmt: skip
    return [{"op": "feel", "swing": swing}], rest


def _asks_for_swing(clause: Clause, match: re.Match[str]) -> bool:
    """Tell the feel from the genre ("a swing tune", "make it big band swing", "swing version")."""
    if clause.songs or clause.verb("find", "restyle") or any(g.start < match.start("word") < g.end for g in clause.genres if g.start < match.start("word")):  # fmt: skip
        return False
    after = clause.after(match.end(), 1)
    if after and after[0] in ("version", "jazz", "tune", "band", "music", "style", "era", "genre", "cover"):
        return False
    opened = match.start() == 0 and match["word"].lower().startswith(("swing", "shuffle"))
    return bool(match["how"] or match["tail"] or opened)


def _timing(clause: Clause, where: Place, thing: Thing | None, draft: Draft) -> Reading:
    loose, tight = _LOOSE.search(clause.text), _TIGHT.search(clause.text)
    if loose and re.match(r"(?:too|so)\s+quanti|less\s+quanti|not\s+so|less\s+tight", loose[0], re.IGNORECASE):
        tight = None
    if tight and re.match(r"(?:too|so)\s+(?:sloppy|loose)|less\s+loose", tight[0], re.IGNORECASE):
        loose = None
    match = tight or loose
    if match is None or clause.songs or (clause.effects and tight and not clause.stems):
        return [], clause
    if tight:
        firm = bool(re.search(r"quanti|grid", match[0], re.IGNORECASE))
        amount = {0.5: 0.5, 1.0: 1.0 if firm else 0.6, 2.0: 1.0}[clause.amount]
    else:
        amount = {0.5: 0.3, 1.0: 0.5, 2.0: 0.8}[clause.amount]
    operation: Operation = {"op": "feel", "quantise" if tight else "humanise": amount}
    named = parts(clause, thing)
    if names := present([p.value for p in named], thing, draft):
        operation["parts"] = names
    elif named:
        return [], Clause("")
    return [operation], _bare(_without(clause, (match.start(), match.end()), *((p.start, p.end) for p in named)))


def _bare(clause: Clause) -> Clause:
    """Return a rest that still says something, else an empty clause."""
    said = {word.plain for word in clause.words} - _EMPTY
    return clause if said else Clause("")


_EMPTY = frozenset(["give", "make", "made", "it", "this", "that", "a", "an", "the", "with", "in", "please", "feel", "let", "have", "add", "some", "bit", "little", "more", "i", "want", "would", "like", "put", "play", "to", "on", "of", "and", "but", "lot", "much", "all", "them", "be", "is", "sound", "timing", "whole", "thing", "piece", "track", "song", "too", "take", "out", "everything", "get", "turn", "into", "go", "should", "try", "now", "change", "me", "us"])  # fmt: skip


# -- bars, parts and takes ---------------------------------------------------------------------------

_ANEW = r" (?:new|another|different|other|fresh|alternative|alternate|again|differently|anew|from scratch|else|variations?|vary|varied|variant|neu|neue|anders) "
_WISHES = r" (?:busier|sparser|simpler|simplify|wilder|denser|calmer|fuller|livelier|tenser|tension|suspense|energetic|energy|intense|intensity|dramatic|interesting|boring|complex|complicated|melodic|catchier|catchy|funkier|groovier|syncopated|varied|variety|monotonous|repetitive|bigger|stronger|less busy|more notes|fewer notes|less notes|active|exciting|sparse|busy|simple|minimal|epic|playful|lyrical|jazzier|rhythmic|driving|emptier|fewer|tighter|jumpier|smoother line|higher|lower) "
_TAKE = r" (?:another|new|different|other|fresh|one more|alternative|alternate) (?:\w+ )?(?:take|version|try|attempt|go|shot|variant|variation|one|reading)(?: of (?:it|this|that|the (?:same )?(?:thing|piece|song|track|idea)))?(?: please)? "
_AGAIN = r"^ (?:please )?(?:try (?:it |that |this )?(?:again|once more|another time)|(?:do|write|compose|make|generate|create) (?:it|this|that|the (?:whole )?(?:thing|piece)) (?:all )?(?:again|anew|over|differently|once more|from scratch)(?: (?:differently|from scratch|but different(?:ly)?|another way|please))*|again differently|(?:something|anything) different|start over|from scratch|regenerate(?: (?:it|this|that|everything|all|the (?:whole )?(?:thing|piece|song|track)))?|rewrite (?:it|this|that|everything|the (?:whole )?(?:thing|piece|song|track))|recompose (?:it|this|that|everything)|re ?roll(?: (?:it|that|this))?) "
# "I don't like the melody, write another one": what is to be another.
_DISLIKED = re.compile(r"\b(?:don'?t (?:really |quite )?(?:like|love)|hate|dislike|not (?:keen on|sure about|a fan of|happy with)|can'?t stand)\b([^,.;!?]+)", re.IGNORECASE)  # fmt: skip
# "the drums are boring": what is missing.
_DULL = re.compile(r"(?:\b(?:is|are|sounds?|feels?|gets?|getting|way|too|so|a|bit|little|really|quite|rather|kind|sort|of)\s+)*\b(?:boring|dull|monotonous|repetitive|predictable|bland|uninteresting)\b[,;.]?(?:\s*(?:do|try|give me|write|make it)\s+(?:something\s+(?:else|different|new|better)|anything else|it again|more interesting)\b)?", re.IGNORECASE)  # fmt: skip
_FILLING = r"\b(?:same|redo|redone|rewrite|rewritten|regenerate|recompose|rework|retry|re-?roll|make|made|please|again|change|changed|the|this|that|it|of|in|from|do|write|compose|create|generate|give|new|another|different|other|fresh|and|but|with|a|an|me|us|i|want|would|like|need|some|can|have|get|let|lets|be|should|is|are|try|part|parts|line|lines|section|bars?|for|to|only|just|rest|pattern|patterns|one|take|version|entire|whole|piece|track|song|keep|sound|else|everything|something|anything|during|all|others|there|up|out|instead|on|put|add|differently|anew|them|its|my)\b"


def _regenerate(clause: Clause, where: Place, thing: Thing | None, draft: Draft, told: bool) -> Reading:
    """Read another take of the piece, of bars, of a section, of parts."""
    if clause.verb("find", "transcribe", "export", "caption", "tag", "fade", "transpose", "isolate") or clause.decibels or clause.durations or clause.intervals or (clause.songs and not clause.match(r" (?:the|this|whole|something|anything) ")):  # fmt: skip
        return [], clause
    named = [p for p in parts(clause, thing) if not any(low <= p.start < high for low, high in where.spans) and not is_everything_else(Clause(clause.text[p.start - 4 if p.start > 4 else 0 : p.end]))]  # fmt: skip
    anew = clause.verb("regenerate") or clause.match(_ANEW)
    wished = clause.match(_WISHES) is not None
    removed = bool(where) and clause.verb("remove") and bool(clause.bars) and bool(named)
    other_take = clause.match(_TAKE) or clause.match(_AGAIN)
    rest_too = is_everything_else(clause)
    if clause.verb("add", "replace", "concat") and not clause.bars:
        return [], clause
    if where:
        asks = anew or wished or removed or clause.verb("turn", "make", "write", "restyle", "replace") or clause.has("more", "less") or "start_bar" in where.args  # fmt: skip
    elif named:
        asks = (
            anew
            or told
            or (clause.starts("change", "only change", "just change") and len(clause.words) <= 4)
            or (wished and _has_notes(thing, draft))
        )
    else:
        asks = bool(other_take) or (
            (told or rest_too) and bool(anew or rest_too or clause.verb("turn", "make", "write"))
        )
    styled = clause.genres and not (where or named or clause.verb("regenerate"))
    if [p.value for p in named] == ["chords"] and (anew or clause.verb("turn")) and not wished:
        draft.ask("Which chords shall stand there, one a bar? For example: Am F C G.")
        return [], Clause("")
    if not asks or styled or _orders_music(clause, draft, bool(where or named or told)) or not _is_there(thing, draft):
        return [], clause
    operation: Operation = {"op": "regenerate", **where.args}
    if named and not removed and (names := present([p.value for p in named], thing, draft)):
        operation["parts"] = names
    elif named and not removed:
        return [], Clause("")
    elif not where and (disliked := _DISLIKED.search(draft.message)):
        meant = {p.value for p in parts(Clause(disliked[1]), thing)}
        operation |= {"parts": present(sorted(meant), thing, draft)} if len(meant) == 1 else {}
    if wish := _wish(clause, where, [] if removed else named, removed):
        operation["prompt"] = wish
    return [operation], Clause("")


def _orders_music(clause: Clause, draft: Draft, placed: bool) -> bool:
    """Tell an order for new music ("another track, techno") from another take of what is there."""
    if placed:
        return bool(clause.tempi or clause.keys or clause.meters) and not clause.bars
    return bool(clause.tempi or clause.keys or clause.genres or clause.instruments or clause.moods or (clause.numbers and clause.has("takes", "versions", "variations")))  # fmt: skip


def _wish(clause: Clause, where: Place, named: list[Found[str]], removed: bool) -> str:
    """Return what of a clause describes the new notes."""
    text = clause.text
    for low, high in sorted([*where.spans, *((p.start, p.end) for p in named)], reverse=True):
        lead = re.search(r"\b(?:the|its|my|that|this|a|an)\s+$", text[:low], re.IGNORECASE)
        text = f"{text[: lead.start() if lead else low]} {text[high:]}"
    text = _DULL.sub(
        " more interesting, ", re.sub(r"\b(?:(?:and|all)\s+)?the\s+(?:rest|others?)\b", " ", text, flags=re.IGNORECASE)
    )
    if removed:
        bare = re.sub(r"^\W*(?:remove|delete|mute|drop|kill|take out|lose|get rid of|no)\b\s*", "", text.strip(), flags=re.IGNORECASE)  # fmt: skip
        text = f"without {re.sub(_FILLING, ' ', bare, flags=re.IGNORECASE)}"
    kept = " ".join(re.sub(r"[,.;:!?–-]", " ", re.sub(_FILLING, " ", text, flags=re.IGNORECASE)).split())
    if not kept:
        return ""
    opening = r"^\W*(?:(?:redo|rewrite|regenerate|recompose|rework|make|write|give|do|try|change|create|let|have|put|can|i|we|want|would|like|need|get|me|us|it|this|that|the|a|an|in|of|and|but|with|should|be|to|please|are|is|so|all|same|new|another|different|for|during)\b[\s,:]*)+"  # fmt: skip
    said: str = re.sub(opening, "", " ".join(text.split()), flags=re.IGNORECASE)
    said = re.sub(r"(?:[\s,]*\b(?:in|of|and|but|with|please|instead|the|a|to|for|during|it|lines?|parts?|again|same)\b)+[\s,.!?]*$", "", said, flags=re.IGNORECASE)  # fmt: skip
    said = re.sub(r"^(?:lines?|parts?|patterns?|sections?)\b[\s,]*(?:(?:should|is|are|to|be|and|a|with|make|it)\b[\s,]*)*", "", said, flags=re.IGNORECASE)  # fmt: skip
    return re.sub(r"\s+([,;])", r"\1", said.strip(" ,.;:!?–-")) or kept


def _changes(clause: Clause) -> bool:
    return bool(clause.verb("make", "give", "write", "add", "regenerate", "turn", "replace") or clause.match(r" (?:need|needs|want|wants|let|have|has|put|with) "))  # fmt: skip


def _has_notes(thing: Thing | None, draft: Draft) -> bool:
    """Tell whether what is in focus has a score; a piece that this plan makes has one."""
    return thing.has_score if thing is not None else any(step.tool == "generate" for step in draft.steps)


def _is_there(thing: Thing | None, draft: Draft) -> bool:
    return (thing is not None and thing.kind == "piece") or _has_notes(thing, draft)
