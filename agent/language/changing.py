"""Requests to change a piece: what is said becomes operations of the edit tool, in the order said."""

import re
from collections.abc import Callable
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language import acting, rewriting, shaping, sounding, timing
from segue.agent.language.barring import in_bars, placed
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.locking import LOCKABLE, locks
from segue.agent.language.parts import parts, present
from segue.agent.language.reference import group, keys_in, mentions, one
from segue.tools.core.theory import Key, parse_key
from segue.tools.core.vocabulary import Found

Operation = dict[str, Any]
_REMOVES = r" (?:take|get|leave|cut|strip|pull|rip) (?:[\w ]{2,30}) (?:out|off|away)(?: of (?:it|this|that|the mix|there))? | without | minus | dont want (?:any )?| do not want (?:any )?| dont need | no | lose | off $| out $| kill | ohne | senza | sans | sin "  # fmt: skip
_ALL_BUT = r" (?:everything|all|anything|alles|tutto|tout|todo) (?:but|except|except for|apart from|besides|other than|ausser|tranne|sauf|menos) "
_ISOLATES = r" (?:just|only|nothing but|solo|isolated|a cappella|acapella|nur|solo|seulement|solamente) (?:the )?| on its own | by (?:itself|themselves) "  # fmt: skip


def change(clause: Clause, draft: Draft) -> bool:
    """Take a clause as a change of the piece that it names or that is in focus."""
    target = one(clause, draft)
    if target is None:
        return False
    if _further(clause, draft):
        return True
    if _matched(clause, draft):
        return True
    if many := _each(clause, draft):
        for each in many:
            _change_one(_unnamed(clause, draft), each, draft, apart=True)
        return True
    return _change_one(_untitled(clause, draft), target, draft)


_MATCH = re.compile(
    r"\bmatch (?:the )?(tempo|bpm|key|loudness) of (.+?) to (?:that of )?(.+?)\s*[.!?]*$", re.IGNORECASE
)


def _matched(clause: Clause, draft: Draft) -> bool:
    """Take "match the tempo of B to A": A is measured, B is brought to what was found."""
    match = _MATCH.search(clause.text)
    moved, model = (mentions(Clause(f"use {match[group]}"), draft) for group in (2, 3)) if match else ([], [])
    if match is None or not moved or not model or moved[0].target == model[0].target:
        return False
    what = match[1].lower().replace("tempo", "bpm")
    measured = {"step": draft.add("tag", {"clip": model[0].target}), "field": what}
    operation = {"bpm": "tempo", "key": "transpose", "loudness": "loudness"}[what]
    argument = {"bpm": "bpm", "key": "key", "loudness": "lufs"}[what]
    draft.edit(moved[0].target, [{"op": operation, argument: measured}])
    return True


def _untitled(clause: Clause, draft: Draft) -> Clause:
    """Return a clause with "it" for titles of several words: "Fade Into You" asks for no fade."""
    text = clause.text
    for mention in sorted(mentions(clause, draft), key=lambda m: -m.start):
        thing, said = draft.thing(mention.target), text[mention.start : mention.end]
        if (
            thing
            and " " in said
            and said.lower() == thing.title.lower()
            and not re.match(r"take \d", said, re.IGNORECASE)
        ):
            text = f"{text[: mention.start]}it{text[mention.end :]}"
    return clause if text == clause.text else Clause(text)


_TOGETHER = r" (?:mix\w*|join\w*|concat\w*|over|under|into|than|instead|then|followed|against|between|before|after|behind|front|between|compare|to match|same|as) "


def _each(clause: Clause, draft: Draft) -> list[Target]:
    """Return the pieces that are each to be changed the same way: "all three down a tone", "phaser on takes one and two"."""
    if clause.verb("concat", "mix", "compare", "put") or clause.is_question or clause.has("mixed"):
        return []
    named = [m.target for m in mentions(clause, draft)]
    named = [t for n, t in enumerate(named) if t not in named[:n]]
    if len(named) < 2 or clause.match(_TOGETHER):
        named = (
            [] if named or not clause.match(r" (?:all|both|each|every|them all|these|those) ") else group(clause, draft)
        )
    things = [draft.thing(t) for t in named]
    if len(named) < 2 or len(named) > 8 or any("id" not in t for t in named) or any(th is None for th in things):
        return []
    if any(th and th.kind != "piece" for th in things) and not clause.match(
        r" (?:all|both|each|them|takes?|tracks?|numbers?|and) "
    ):
        return []
    trial = Draft(draft.message, draft.state, draft.names)
    return named if _change_one(_unnamed(clause, draft), named[0], trial) else []


def _unnamed(clause: Clause, draft: Draft) -> Clause:
    """Return a clause without the things it names and the words for all of them."""
    text = clause.text
    for mention in sorted(mentions(clause, draft), key=lambda m: -m.start):
        text = f"{text[: mention.start]} {text[mention.end :]}"
    text = re.sub(r"\b(?:on|of|in|for)?\s*(?:all (?:of )?(?:them|these|those)|them all|all (?:three|two|four|five|the takes|takes|tracks|the tracks)|both(?: of them)?|each(?: of them)?)\b|\s+(?:on|of|in|and)\s*(?=$|[,.])|^\s*and\b", " ", text, flags=re.IGNORECASE)  # fmt: skip
    return Clause(re.sub(r"\b(?:on|of) +and\b|\band *(?=as\b|in\b|$)|^\s*,", " ", " ".join(text.split())).strip(" ,"))


def _change_one(clause: Clause, target: Target, draft: Draft, *, apart: bool = False) -> bool:
    """Read a clause as operations on one piece; ``apart``: as a step of its own."""
    thing = draft.thing(target)
    within = None if locks(clause, thing) else in_bars(clause, thing, draft, lambda rest: _read(rest, thing, draft))
    if within is not None:
        if within:
            draft.add("edit", {"clip": target, "operations": within}) if apart else draft.edit(target, within)
        return True
    if new := _added_there(clause, thing, draft):
        draft.add("edit", {"clip": target, "operations": new}) if apart else draft.edit(target, new)
        return True
    operations, rest = rewriting.readings(clause, thing, draft)
    if all(operation["op"] == "regenerate" for operation in operations) and acting.read(clause, thing, draft):
        operations, rest = [], clause  # "keep the melody and nothing else"
    if rest.words:
        operations += _operations(rest, thing, draft)
    if not operations:
        return False
    draft.add("edit", {"clip": target, "operations": operations}) if apart else draft.edit(target, operations)
    return True


def _added_there(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read new parts that play in one place only; the place goes to the composer in words."""
    found = placed(clause)
    if found is None or thing is None or not thing.has_score:
        return []
    new = _operations(found[0], thing, Draft(draft.message, draft.state, draft.names))
    if any(operation["op"] != "add" for operation in new):
        return []
    return [{**one, "prompt": " ".join([*one.get("prompt", "").split(), found[1]])} for one in new]


def _operations(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read a clause; parts that it locks are kept by every operation that can keep some."""
    clause = _of_what_is_there(clause, thing, draft)
    spared = locks(clause, thing)
    if spared and (operations := _read(spared.rest, thing, draft)):
        able = [operation for operation in operations if operation["op"] in LOCKABLE]
        if able and (names := present(spared.parts, thing, draft)):
            for operation in able:
                operation["keep"] = names
        if able:
            return operations
    return _in_order(clause, _read(clause, thing, draft))


_SPOKEN: dict[str, str] = {
    "loudness": r"\blufs\b|\bmaster\w*|\bnormali[sz]\w*|\bloudness", "tempo": r"\bbpm\b|\btempo|\b(?:fast|slow|quick)\w*|\bspeed\w*",
    "transpose": r"\b(?:transpos|semitone|octave|pitch)\w*|\b[A-G][#b♯♭]? (?:major|minor)\b", "fade": r"\bfad(?:e|es|ed|ing)\b", "reverse": r"\brevers\w*|\bbackwards?\b",
    "loop": r"\bloop\w*|\btimes\b", "trim": r"\b(?:trim|crop|cut|chop|keep)\w*|\bseconds?\b|\bsecs?\b",
}  # fmt: skip


_INSTEAD = re.compile(r"\b(?:instead of|rather than|in place of)\b", re.IGNORECASE)


def _of_what_is_there(clause: Clause, thing: Thing | None, draft: Draft) -> Clause:
    """Return "with strings instead of the pad" without what the piece does not have; the user is told that."""
    instead = _INSTEAD.search(clause.text)
    named = [part.value for part in parts(clause, thing) if instead and part.start >= instead.end()]
    if instead is None or not named or present(named, thing, draft):
        return clause
    return Clause(clause.text[: instead.start()].strip(" ,"))


def _in_order(clause: Clause, operations: list[Operation]) -> list[Operation]:
    """Return operations on the whole in the order said: "a four second fade-out, then -20 LUFS" fades first."""
    if {"loop", "trim"} <= {operation["op"] for operation in operations}:
        return operations  # "loop the last five seconds three times" cuts first
    places = []
    for operation in operations:
        words = operation.get("prompt") if operation["op"] == "restyle" else None
        said = re.escape(words) if words else _SPOKEN.get(operation["op"])
        found = re.search(said, clause.text, re.IGNORECASE) if said else None
        if found is None:
            return operations
        places.append(found.start())
    return [operation for _, operation in sorted(zip(places, operations, strict=True), key=lambda pair: pair[0])]


def _read(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    decided = acting.read(clause, thing, draft)
    shaped = shaping.read(clause, thing, draft) if decided is None else None
    if shaped:
        return shaped + _beside(clause, shaped, thing, draft)
    operations: list[Operation] = list(decided or [])
    for read in _READERS:
        if decided is not None and (read in _OF_PARTS or (read in _COLOURS and operations)):
            continue
        made = {done["op"] for done in operations}
        if (read is _add and made & {"replace", "isolate"}) or (read in _COLOURS and made & {"add", "replace"}):
            continue
        found = read(clause, thing, draft)
        operations += found
        if found and read in _ALONE and not (read is timing.trim and clause.verb("loop", "fade")):
            break
    return operations


def _beside(clause: Clause, shaped: list[Operation], thing: Thing | None, draft: Draft) -> list[Operation]:
    """Return what else a clause asks for beside a change of the whole: "up a tone and at 120 bpm"."""
    done = {operation["op"] for operation in shaped}
    found: list[Operation] = []
    for read in (_loudness, _transpose, timing.tempo, timing.trim, timing.reverse, timing.fade):
        if read is timing.trim and done & {"fade", "tempo", "loop"}:
            continue
        found += [
            operation
            for operation in read(clause, thing, draft)
            if operation["op"] not in done and _firm(clause, operation)
        ]
        done |= {operation["op"] for operation in found}
    return found


def _firm(clause: Clause, operation: Operation) -> bool:
    """Tell whether an operation carries a figure that was said, not a step by default."""
    if operation["op"] == "tempo":
        return bool(clause.tempi or clause.percents or clause.match(r" (?:half|halv\w+|doubl\w+|twice) "))
    return operation["op"] != "loudness" or bool(clause.loudnesses)


def _further(clause: Clause, draft: Draft) -> bool:
    """Take "… and redo it sparser" behind bars that are written anew: it describes them further."""
    last = draft.steps[-1] if draft.steps else None
    if (
        not last
        or last.tool != "edit"
        or clause.bars
        or not clause.match(r"^ (?:and )?(?:redo|rewrite|make) (?:it|them|those) ")
    ):
        return False
    operation = last.args["operations"][-1]
    if operation["op"] != "regenerate":
        return False
    wish = re.sub(r"^\W*(?:and )?(?:redo|rewrite|make) (?:it|them|those)\s*", "", clause.text, flags=re.IGNORECASE)
    operation["prompt"] = ", ".join(word for word in (operation.get("prompt", ""), wish) if word)
    return True


def _remove(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    wanted = clause.verb("remove") or clause.match(_REMOVES) or clause.match(_ALL_BUT)
    if not wanted or clause.verb("replace", "isolate") or clause.has("instead of", "keep only"):
        return []
    if clause.bars or (clause.durations and not clause.stems):
        return []
    if clause.match(r" (?:the |all )?(?:background )?music ") and thing and not thing.has_score and not clause.stems:
        return [{"op": "isolate", "stems": ["vocals"]}]
    pieces = parts(clause, thing)
    if not pieces and draft.part and clause.has("it", "them", "that", "those"):
        return [{"op": "remove", "stems": [draft.part]}]
    after = [p for p in pieces if _is_removed(clause, p)]
    names = [p.value for p in after]
    kept = present(names, thing, draft)
    return [{"op": "remove", "stems": kept}] if kept else []


def _instrumental(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Take "an instrumental version of this": a recording without its vocals."""
    asked = clause.match(
        r" (?:instrumental|karaoke)(?: version| mix| track| only| backing)?(?: of (?:it|this|that|the \w+))? $"
    )
    return [{"op": "remove", "stems": ["vocals"]}] if asked and thing is not None and not thing.has_score else []


def _is_removed(clause: Clause, part: Found[str]) -> bool:
    """Tell whether a part stands behind the word that takes out, and is not spared by "but keep"."""
    spared = re.search(r"\b(?:but|and)?\s*(?:keep|leave|not)\b", clause.text[: part.start], re.IGNORECASE)
    return not (spared and clause.verb("remove", "isolate") and spared.start() > 0)


def _isolate(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    but = clause.match(_ALL_BUT) and clause.verb("remove", "trim")
    if not (but or clause.head == "isolate" or clause.verb("isolate") or clause.match(_ISOLATES)):
        return []
    if clause.verb("add", "transcribe", "export", "replace") or clause.durations or clause.bars:
        return []
    kept = present([p.value for p in parts(clause, thing)], thing, draft)
    return [{"op": "isolate", "stems": kept}] if kept else []


_UP = r" (?:up|louder|raise|boost|more|increase|higher|crank|plus|lauter|forte|alto|plus fort|mas alto|prominent|forward|hotter) "
_DOWN = r" (?:down|quieter|softer|lower|less|decrease|reduce|quiet|minus|leiser|piano piano|menos|back|behind|too loud|gentler|weaker|more soft) "


def _gain(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    loud = clause.match(
        r" (?:louder|quieter|softer|too loud|too quiet|volume|lauter|leiser|level|levels|stronger|weaker|more strong|more present|more soft|less strong) "
    )
    pieces = parts(clause, thing)
    level = clause.decibels[0].value if clause.decibels else None
    verbs = clause.verb("up", "down") or clause.match(
        r" (?:turn|bring|push|crank|pull) [\w ]{2,25} (?:up|down|forward|back|to the front|to the back) "
    )
    more = bool(pieces) and clause.match(r" (?:more|less) (?:of the |of )?\w+ ") and clause.starts("more", "less", "a bit more", "a little more", "much more", "a bit less", "much less")  # fmt: skip
    if level is None and not (loud or verbs or more):
        return []
    if level is None and (
        clause.intervals or clause.percents or clause.tempi or clause.has("pitch", "key", "tempo", "octave", "speed")
    ):
        return []
    if clause.loudnesses:
        return []
    sign = -1.0 if clause.match(_DOWN) or clause.verb("down") else 1.0
    if clause.has("too loud"):
        sign = -1.0
    if clause.has("too quiet", "too soft"):
        sign = 1.0
    if level is not None:
        amount = -abs(level) if sign < 0 else level
    else:
        amount = sign * acting.STEPS_DB[clause.amount]
    if not pieces and draft.part and clause.has("it", "them", "that"):
        return [{"op": "gain", "stem": draft.part, "db": amount}]
    if not pieces:
        return [{"op": "gain", "db": amount}]
    if len(pieces) > 1 and len(clause.decibels) > 1:
        return _each_gain(clause, pieces, thing, draft)
    return [{"op": "gain", "stem": name, "db": amount} for name in present([p.value for p in pieces], thing, draft)]


def _each_gain(clause: Clause, pieces: list[Found[str]], thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read "drums down 6 dB, bass up 2 dB": each part with the level that follows it."""
    ends = [*(piece.start for piece in pieces[1:]), len(clause.text)]
    operations: list[Operation] = []
    for piece, end in zip(pieces, ends, strict=True):
        part = Clause(clause.text[piece.start : end])
        if part.decibels and present([piece.value], thing, draft):
            level = part.decibels[0].value
            operations.append({"op": "gain", "stem": piece.value, "db": -abs(level) if part.match(_DOWN) else level})
    return operations


def _replace(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    text = clause.text
    instead = re.search(r"\b(?:instead of|rather than|in place of|than|statt|anstelle von|invece d\w*|au lieu d\w*|en vez de)\b", text, re.IGNORECASE)  # fmt: skip
    joint = re.search(r"\b(?:for|with|by|into|to|as|durch|con|avec|par|por|onto|on|in)\b", text, re.IGNORECASE)
    pieces = parts(clause, thing)
    if instead:
        before = [f for f in clause.instruments if f.end <= instead.start()]
        after = [p for p in pieces if p.start >= instead.end()]
        if before and after:
            names = present([after[0].value], thing, draft)
            return [{"op": "replace", "stem": name, "instrument": before[-1].value} for name in names]
        return []
    if not clause.verb("replace", "turn") or joint is None:
        plays = clause.match(
            r" (?:play|have|hear|put|do) (?:the )?(?:\w+ ){1,3}(?:on|with|by) (?:a|an|the) "
        ) or clause.has("instead")
        if not plays:
            return []
    for joint in re.finditer(r"\b(?:for|with|by|into|to|as|durch|con|avec|par|por|onto|on)\b", text, re.IGNORECASE):
        old = [p for p in pieces if p.end <= joint.start()]
        new = [f for f in clause.instruments if f.start >= joint.end()]
        if old and new:
            names = present([old[0].value], thing, draft)
            return [{"op": "replace", "stem": name, "instrument": new[0].value} for name in names]
    return []


def _add(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    if clause.has("instead of", "rather than", "in place of"):
        return []
    asks = clause.head == "add" or clause.verb("add") or clause.match(r" (?:needs|need|wants|could use|give (?:it|this|that)|with) (?:a|an|some|more)? ?") or clause.match(r" put (?:a|an|some|more) [\w ]+ (?:in|into|on|behind|under|over) (?:it|there|this|that|here|the (?:song|track|piece|mix)) ")  # fmt: skip
    if not asks or (clause.songs and not clause.instruments) or clause.has("reverb", "echo", "delay", "effect"):
        return []
    operations: list[Operation] = []
    for found in clause.instruments:
        if clause.negated(found.start) or any(
            e.start <= found.start < e.end and e.end - e.start > found.end - found.start for e in clause.effects
        ):
            continue
        operation: Operation = {"op": "add", "instrument": found.value}
        phrase = acting.phrase(clause, found)
        if phrase.lower() not in (found.value, f"{found.value}s"):
            operation["prompt"] = phrase
        operations.append(operation)
    return operations


def _related_key(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    """Read "to the relative minor", "to the parallel major": the key follows from the one it is in."""
    match = clause.match(r" (relative|parallel) (major|minor)(?: key)? ")
    if not match or clause.is_question:
        return []
    if thing is None or not thing.key:
        draft.ask("Its key has not been measured yet: to which key shall I bring it?")
        return []
    key = parse_key(thing.key)
    if key.is_minor == (match[2] == "minor"):
        draft.note(f"It is in {key} already, so there is no {match[1]} {match[2]} to go to.")
        return []
    shift = 0 if match[1] == "parallel" else 3 if key.is_minor else -3
    return [{"op": "transpose", "key": str(Key((key.tonic + shift) % 12, match[2]))}]


_LOWER = r" (?:down|lower|below|deeper|tiefer|runter|herunter|under|abajo|grave|flatter|drop) "


def _transpose(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    if related := _related_key(clause, thing, draft):
        return related
    verb = clause.verb("transpose")
    keys = keys_in(clause, draft)
    if keys and not clause.verb("make", "write") and (verb or clause.match(r" (?:to|into|in|nach|auf|key) ")):
        return [{"op": "transpose", "key": keys[0].value}]
    down = clause.match(_LOWER) or clause.verb("down")
    sign = -1.0 if down else 1.0
    moved = verb or down or clause.match(r" (?:up|higher|raise|above|hoher|hoch|arriba|sharper|transpose|shift|pitch) ")
    if clause.intervals and moved and not clause.is_question:
        return [{"op": "transpose", "semitones": sign * sum(found.value for found in clause.intervals)}]
    kept = clause.match(
        r" (?:without|not) (?:changing|altering|touching|affecting|moving|shifting) (?:the |its )?(?:pitch|key) "
    )
    if verb and clause.numbers and not (clause.durations or clause.tempi or clause.percents or kept):
        value = clause.numbers[0].value
        return [{"op": "transpose", "semitones": -abs(value) if down else value}] if -24 <= value <= 24 else []
    if clause.match(r" (?:an |one )?octave(?: (?:up|down|higher|lower))? ") and moved:
        return [{"op": "transpose", "semitones": sign * 12}]
    return []


def _loudness(clause: Clause, thing: Thing | None, draft: Draft) -> list[Operation]:
    if clause.loudnesses:
        return [{"op": "loudness", "lufs": max(-50.0, min(-5.0, clause.loudnesses[0].value))}]
    if (
        clause.verb("master")
        or clause.has("streaming level", "streaming loudness", "spotify loudness")
        or (clause.has("loud", "loudness", "level") and clause.has("spotify", "streaming", "youtube", "apple music"))
    ):
        return [{"op": "loudness", "lufs": -14.0}]
    return []


_READERS: tuple[Callable[[Clause, Thing | None, Draft], list[Operation]], ...] = (
    _instrumental, _loudness, _isolate, _replace, _remove, _gain, _transpose, timing.tempo, timing.trim, timing.length, timing.loop, timing.reverse, timing.fade, _add,
    sounding.restyle, sounding.effect,
)  # fmt: skip
# What acting decides for all of them at once.
_OF_PARTS = frozenset({_instrumental, _isolate, _replace, _remove, _gain, _add})
# Words of colour beside a new instrument describe it ("a soft pad").
_COLOURS = frozenset({sounding.restyle, sounding.effect})
# After one of these a clause says nothing more: their words would be read twice.
_ALONE = frozenset({_instrumental, _isolate, timing.loop, timing.trim, timing.length})


def is_change(clause: Clause) -> bool:
    """Tell whether a clause opens with a verb that changes music."""
    return clause.head in {
        "remove", "isolate", "up", "down", "replace", "add", "transpose", "faster", "slower", "trim", "extend", "restyle",
        "effect", "master", "fade", "loop", "reverse", "regenerate", "turn", "mix", "concat",
    }  # fmt: skip


def repeat(clause: Clause, draft: Draft) -> bool:
    """Take ellipsis: "and the bass too" does to the bass what was last done to another part."""
    names = {word.plain for word in clause.words}
    extra = names & {"too", "also", "well", "same", "auch", "anche", "aussi", "tambien", "likewise"} or clause.match(
        r" (?:what about|how about|now) the "
    )
    if not extra and not (
        len(clause.words) <= 3 and draft.message.lower().lstrip().startswith(("and ", "now ", "also "))
    ):
        return False
    state = draft.state
    last = next((s for s in reversed(draft.steps) if s.tool == "edit"), None)
    tool, args = (last.tool, last.args) if last else (state.last_tool, state.last_args)
    target: Target | None = one(clause, draft)
    if target is None:
        return False
    thing = draft.thing(target)
    pieces = parts(clause, thing)
    if tool == "transcribe" and pieces:
        draft.add(
            "transcribe", {**{k: v for k, v in args.items() if k != "stem"}, "clip": target, "stem": pieces[0].value}
        )
        return True
    if tool != "edit" or not args.get("operations"):
        return False
    operation = dict(args["operations"][-1])
    if operation["op"] in ("remove", "isolate") and pieces:
        operation["stems"] = present([p.value for p in pieces], thing, draft)
    elif operation["op"] in ("gain", "replace") and pieces:
        operation["stem"] = pieces[0].value
    elif mentions(clause, draft) and not pieces:
        pass  # the same operation on another piece
    else:
        return False
    if operation.get("stems", True):
        draft.edit(target, [operation])
    return True
