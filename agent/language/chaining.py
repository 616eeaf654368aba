"""Chains said in one breath whose steps pass something on: found and given an intro, described and ordered, grown and matched, worded and set.

Each is a small grammar over the whole message; the other chains come out of the clauses one by one.
"""

import re
from typing import Any

from segue.agent.dialogue import State
from segue.agent.language import clauses, finding, making
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.hearing import subjects
from segue.agent.language.reference import mentions
from segue.tools.core.vocabulary import Found, duration_in

# -- "find X, make an intro in its key and tempo and put it in front" ---------------------------------------
_HEAD = r"intro(?:s|duction)?|opening|opener|prelude|lead[- ]?in|run[- ]?up|overture|vorspiel|introduzione|introduccion"
_TAIL = r"outro|ending|coda|postlude|finale|tag|closing(?: section)?|schluss|abspann"
_ADDED = re.compile(rf"(?:^|[,.;:–—]\s*|\b(?:and|then|plus|with|&|\+|n)\s+)(?P<what>(?:(?!\b(?:then|plus)\b)[^,.;:]){{0,70}}?\b(?:(?P<head>{_HEAD})|(?P<tail>{_TAIL}))\b(?! (?:track|credits|scene|riff)))", re.IGNORECASE)  # fmt: skip
_FITS = re.compile(r"\b(?:key|tempo|bpm|speed|pace|tonart|match(?:es|ing)?|fit(?:s|ting)?|suit(?:s|ing)?|same)\b", re.IGNORECASE)  # fmt: skip
_FRONT = re.compile(r"\b(?:(?:in ?|on the |to the |at the )front|before|ahead|start|beginning|top|head|prepend\w*|prefix\w*|precede\w*|lead(?:s|ing)? (?:into|in)|open(?:s|ing)? (?:it|the \w+) with|kick(?:s|ing)? (?:it )?off|first)\b", re.IGNORECASE)  # fmt: skip
_BEHIND = re.compile(r"\b(?:behind|after|(?:at|on|onto|to) (?:the|its) (?:very )?(?:end|back|tail|close)|append\w*|suffix\w*|end(?:s|ing)? (?:it|the \w+) with|close (?:it|the \w+) with|round(?:s|ing)? (?:it )?off|last)\b", re.IGNORECASE)  # fmt: skip
_JOINED = re.compile(r"\b(?:join\w*|glue\w*|stick\w*|stuck|attach\w*|splic\w*|put\w*|tack\w*|paste\w*|add\w*|place\w*|stitch\w*|append\w*|prepend\w*|prefix\w*|combine\w*|set|bolt\w*|hang\w*|slap\w*|merge\w*|connect\w*|drop\w*|concat\w*|lead(?:s|ing)? (?:into|in)|precede\w*|go(?:es)? (?:in front|before|at the)|graft\w*|lay)\b", re.IGNORECASE)  # fmt: skip
_SEEKS = re.compile(r"^\W*(?:(?:please|can you|could you|i(?:'d| would)? (?:love|like|want|need)(?: to (?:hear|have))?|i want|i need|want|need|go and|let'?s|first|so)\s+)*(?:(?:hunt|dig|track|pull|look|search|seek|choose|pick|select|get|grab|give|fetch|find|source|locate|scout|show|bring|take)(?: (?:me|us))?(?: (?:down|up|out|for|around for))*(?: (?:me|us))?\s+)?", re.IGNORECASE)  # fmt: skip
_HERE = re.compile(
    r"\b(?:in|from|out of) (?:my|the|our) (?:library|collection|records|shelf|tracks|music)\b", re.IGNORECASE
)
_OLD = r"\b(?:this|that|it|these|them|take \w+|track \w+|number \w+|\w+\.(?:wav|mp3|flac|m4a|ogg))\b"


def puts_together(text: str) -> bool:
    """Tell whether something is to be joined, or stand in front of or behind something."""
    return any(words.search(text) for words in (_JOINED, _FRONT, _BEHIND))


def framed(clause: Clause, draft: Draft) -> bool:
    """Take a search whose first find gets an intro or outro of its own key and tempo, joined to it."""
    text = clause.text
    added = next(iter(_ADDED.finditer(text, 6)), None)
    if added is None or not _FITS.search(text[added.start() :]) or draft.state.attached:
        return False
    sought, rest = text[: added.start()].strip(" ,.;:-–—"), text[added.start() :]
    if re.search(_OLD, sought, re.IGNORECASE) or not puts_together(rest):
        return False
    opening = clauses.strip_polite(sought)
    wish = Clause("find " + _HERE.sub("", _SEEKS.sub("", opening)).strip())
    seeks = _SEEKS.match(opening)
    if (not (seeks and seeks[0].strip()) and len(wish.words) > 9) or mentions(wish, draft) or len(wish.words) < 2:
        return False
    if (
        Clause(opening).head in ("make", "write", "remove", "replace", "transcribe", "extend")
        or len(clauses.split(sought)) > 1
    ):
        return False
    finding.search(wish, draft)
    found: Target = {"step": draft.steps[-1].id, "field": "items", "index": 0}
    measured = draft.add("tag", {"clip": found})
    args: dict[str, Any] = {"prompt": _phrase(added["what"])}
    describe(Clause(added["what"]), Clause(rest), args)
    matched = rest.lower()
    every = not re.search(r"\b(?:key|tempo|bpm|speed|pace|tonart)\b", matched)
    if every or re.search(r"\b(?:tempo|bpm|speed|pace)\b", matched):
        args.setdefault("bpm", {"step": measured, "field": "bpm"})
    if every or re.search(r"\b(?:key|tonart)\b", matched):
        args.setdefault("key", {"step": measured, "field": "key"})
    made: Target = {"step": draft.add("generate", args), "field": "pieces", "index": 0}
    behind = bool(added["tail"]) if not _FRONT.search(rest) else bool(_BEHIND.search(rest)) and bool(added["tail"])
    first, second = (found, made) if behind else (made, found)
    draft.add("edit", {"clip": first, "operations": [{"op": "concat", "clips": [second]}]})
    return True


def _phrase(words: str) -> str:
    """Return what is to be made without the verb and what leads up to it."""
    return (
        re.sub(r"^.*?\b(?=(?:an?|the|some|one|new|\d+)\b)", "", words.strip(), count=1, flags=re.IGNORECASE)
        or words.strip()
    )


def describe(what: Clause, rest: Clause, args: dict[str, Any]) -> None:
    """Read the length, the players, the style and the mood of what is to be made."""
    length = rest.durations
    if length:
        args["duration_s"] = length[0].value
    elif rest.bars and rest.bars[0].value.count:
        args["bars"] = rest.bars[0].value.count
    read: dict[str, Any] = {"prompt": what.text}
    making.describe_further(what, read, Draft("", State(), []))
    args |= {
        name: read[name] for name in ("genre", "mood", "instruments", "exclude", "chords", "meter") if name in read
    }


# -- "describe these and sort them by energy" ----------------------------------------------------------------
_ORDERED = r" (?:sort\w*|order\w*|rank\w*|arrang\w+|line (?:them|these|those|it|all) up|listed|list them|sequence\w*|put (?:them|these|those|all|everything|the \w+) in(?:to)? (?:\w+ )?order|(?:\w+est|most \w+|least \w+)(?: \w+){0,3} (?:first|on top|at the top|up front|to the front|last)|from (?:the )?\w+(?: \w+){0,2} to (?:the )?\w+|\w+est to \w+est|ascending|descending|(?:building|build|builds) up|(?:winding|calming|cooling) down) "  # fmt: skip
_DESCRIBED = r" (?:describ\w+|caption\w*|descriptions?|summar\w+|blurbs?|captions?(?: of)?|characteri[sz]e|sum up|(?:a |one |two )?(?:short |brief )?(?:sentences?|lines?|words|remarks?|notes?) (?:on|about|for|each)|what(?: is|s| s)? (?:in|on) (?:each|every|all|these|those|them)|say (?:something|what|a word)|tell me (?:something |a bit )?about) "  # fmt: skip
_CALM = "calm|soft|quiet|gentl|mellow|laid back|laidback|sleep|peaceful|chill|tame|low|relax|slow|mild|hush|weak|drows|least"  # fmt: skip
_WILD = "energ|lively|liveli|loud|wild|hard|punch|intens|high|fierc|power|strong|pump|hot|big|heav|bounc|frantic|driving|most"  # fmt: skip
_SHORT = r" (?:short|brief\w*|one line|one sentence|a sentence|a line|quick\w*|few words|in a word|tiny|concise\w*) "


def ordered(clause: Clause, draft: Draft) -> bool:
    """Take descriptions of several things together with their order by energy."""
    said, order = clause.match(_DESCRIBED), clause.match(_ORDERED)
    if not said or not order or draft.it is None or clause.verb("find", "make", "remove", "generate"):
        return False
    way = energy_way(clause)
    if way is None:
        return False
    items = subjects(clause, draft)
    if len(items) < 2:
        items = subjects(Clause("each of them"), draft)
    if len(items) < 2:
        return False
    tell_in_order(items, way, draft, short=clause.match(_SHORT) is not None)
    return True


def tell_in_order(items: list[Target], way: str, draft: Draft, *, short: bool) -> None:
    """Describe things, and put them in an order of energy."""
    draft.add("caption", {"clips": items, **({"detail": "short"} if short else {})})
    draft.add("retrieve", {"among": items, "order": way, "k": max(5, len(items))})


def energy_of(text: str) -> str | None:
    """Return the order that brings what is called calm, or wild, to the top; None where neither is."""
    if re.search(rf"\b(?:least|less)\s+(?:{_CALM}|busy|dense|{_WILD})", text, re.IGNORECASE):
        return "energy_down" if re.search(rf"\b(?:least|less)\s+(?:{_CALM})", text, re.IGNORECASE) else "energy_up"
    calm, wild = (re.search(rf"\b(?:{words})\w*", text, re.IGNORECASE) for words in (_CALM, _WILD.replace("|most", "")))
    return None if bool(calm) == bool(wild) else "energy_up" if calm else "energy_down"


def energy_way(clause: Clause) -> str | None:
    """Return how energy is to run down the list, or None where another order is asked for."""
    plain = clause.plain
    path = None
    for match in re.finditer(r" from (?:the )?((?:most |least )?\w+(?: back)?) to (?:the )?((?:most |least )?\w+)| (\w+est) to (\w+est) ", plain):  # fmt: skip
        path = match
    if path:
        low, high = [group for group in path.groups() if group][:2]
        if re.match(_CALM, low) or re.match(_WILD, high):
            return "energy_up"
        if re.match(_WILD, low) or re.match(_CALM, high):
            return "energy_down"
    first = re.search(r" (?:the )?(most \w+|least \w+|\w+est|high|low)(?: \w+){0,3} (first|on top|at the top|up front|to the front|last|at the bottom|at the end) ", plain)  # fmt: skip
    if first and (re.search(_CALM, first[1]) or re.search(_WILD, first[1])):
        up = bool(re.search(_CALM, first[1])) and "most energ" not in first[1]
        last = first[2] in ("last", "at the bottom", "at the end")
        return "energy_up" if up != last else "energy_down"
    if bend := re.search(r" (?:(building|build|builds) up|(?:winding|calming|cooling) down) ", plain):
        return "energy_up" if bend[1] else "energy_down"
    if not re.search(r" (?:energ\w*|intensity|power|drive|oomph|liveliness) ", plain):
        return None
    if re.search(r" (?:down|downwards?|descend\w*|fall\w*|drop\w*|decreas\w*|declin\w*|highest|fad\w+|wan\w+|high to low|reverse) ", plain):  # fmt: skip
        return "energy_down"
    return "energy_up" if re.search(r" (?:up|upwards?|ascend\w*|climb\w*|ris\w+|increas\w*|grow\w*|build\w*|lowest|low to high|mount\w*) ", plain) else None  # fmt: skip


# -- "extend it to three minutes, then find similar ones" ----------------------------------------------------
_GROWN = re.compile(r"\b(?:extend\w*|lengthen\w*|lenghten\w*|prolong\w*|stretch(?: \w+){0,4} out|draw(?: [\w ]{1,40}?)? out|spin(?: [\w ]{1,40}?)? out|go(?:es)? on|carry on|grow|(?:must|should|has to|needs to|to) (?:run|last|be)|get [\w .]{1,40}? (?:up )?to|bring [\w .]{1,40}? (?:up )?to|take [\w .]{1,40}? (?:up )?to|make [\w .]{1,40}? (?:last|run|be|longer|up to)|longer|blow [\w .]{1,40}? up|expand\w*|fill (?:it )?out|up to)\b", re.IGNORECASE)  # fmt: skip
_ALIKE = re.compile(r"\b(?:similar|sounds? (?:like|close)|like (?:it|this|that|them)|in (?:this|that|the same|its) (?:style|vein|mood)|related|resembl\w+|akin|comparable|close to (?:it|this|that)|near (?:it|this|that)|lookalikes|soundalikes|neighbou?rs|kindred|of (?:that|this|the same) (?:kind|sort|ilk)|along (?:those|the same|these) lines|go(?:es)? well with|matches|more of the same|same (?:style|vibe|feel|mood))\b", re.IGNORECASE)  # fmt: skip


def makes_longer(text: str) -> bool:
    """Tell whether something is to last longer."""
    return _GROWN.search(text) is not None


def grown(clause: Clause, draft: Draft) -> bool:
    """Take a piece that is to last longer, and then a search for what sounds like it."""
    if draft.it is None or not (grow := _GROWN.search(clause.text)):
        return False
    alike = next((m for m in _ALIKE.finditer(clause.text) if m.start() > grow.end()), None)
    if alike is None:
        return False
    breaks = [m for m in re.finditer(r"[,;.]\s|\b(?:and|then|n|plus|afterwards|when|once|after)\b|&|\+", clause.text) if grow.start() < m.start() < alike.start()]  # fmt: skip
    length = [d for d in duration_in(clause.text) if d.start < alike.start()] or _clock(clause.text)
    if not breaks or not length or any(m.start() > alike.start() for m in _GROWN.finditer(clause.text)):
        return False
    first = Clause(clause.text[: alike.start()])
    named = mentions(first, draft)
    if not named and not re.search(r"\b(?:it|this|that|the \w+|its)\b", clause.text[: alike.start()], re.IGNORECASE):
        return False
    if clause.match(r" (?:playlist|setlist|list of|songs? that (?:last|are|run)) ") or clause.chords or clause.head in ("remove", "replace"):  # fmt: skip
        return False
    by = re.search(r"\b(?:by|another|extra|further)\s+\S", clause.text[grow.start() : length[0].start + 1])
    target = named[0].target if named else draft.it
    extend_and_match(target, length[0].value, draft, more=by is not None)
    return True


def extend_and_match(target: Target, length_s: float, draft: Draft, *, more: bool) -> None:
    """Make a piece so long, or longer by so much, and look for what sounds like it."""
    thing = draft.thing(target)
    seconds = length_s + (thing.duration_s if more and thing and thing.duration_s else 0.0)
    step = draft.add("edit", {"clip": target, "operations": [{"op": "extend", "duration_s": seconds}]})
    draft.add("retrieve", {"action": "similar", "like": [{"step": step, "field": "piece"}]})


def _clock(text: str) -> list[Found[float]]:
    """Return lengths written as on a clock: "4:20"."""
    return [Found(int(m[1]) * 60.0 + int(m[2]), m.start(), m.end()) for m in re.finditer(r"(?<![\d:/])(\d{1,2}):(\d{2})(?![\d:])", text)]  # fmt: skip


# -- "write a lyric about the sea and set it to music" --------------------------------------------------------
_VERSE = r"(?:lyrics?|songtext|words|text|verses?|rhymes?|poems?|raps?|stanzas?|couplets?|(?:\w+ )?lines|ode|limerick|ballad text|libretto)"  # fmt: skip
_PEN = r"(?:write|writing|pen|author|come up with|make|make up|compose|create|invent|draft|need|want|give me|i'd like|dream up|cook up|think up|put together|craft|do|generate)"  # fmt: skip
_TOPIC = re.compile(r"\b(?:about|bout|on|of|for|concerning|dedicated to|regarding|over)\s+((?:(?!\b(?:and|then|&|with|in|at|to music)\b)[^,.;:&+])+)", re.IGNORECASE)  # fmt: skip
_SETTING = r"\b(?:(?:words|lyrics|text) (?:of your own|of yours|by you|included|as well|too)\b|set to|set (?:it|them|this|that|those|these|the \w+)(?: all)? to|into (?:a|an|some)|to music|to (?:a )?(?:tune|melody)|(?:and|then|&|plus|n|both)\b.{0,30}\b(?:music|musik|beat|tune|melody|song|sing|score|compose|accompaniment|backing|set it)|(?:text|words|lyrics?) (?:and|&|\+|plus) (?:the )?(?:tune|music|melody)|(?:tune|music|melody) (?:and|&|\+|plus) (?:the )?(?:text|words|lyrics?)|vertone|put .{0,20}music|sing (?:it|them|that))"  # fmt: skip


def worded(clause: Clause, draft: Draft) -> bool:
    """Take an order for new words with music: without a language model the music is made, and what is missing is said."""
    text = clause.text
    verse = re.search(rf"\b{_VERSE}\b", text, re.IGNORECASE)
    if not verse or not re.search(_SETTING, text, re.IGNORECASE) or re.search(r"[\"“”]|\b(?:lyrics?|words)\s*:", text):
        return False
    if not (re.search(rf"\b{_PEN}\b", text, re.IGNORECASE) or re.search(r"\b(?:about|from you|by you|yours?)\b", text, re.IGNORECASE) or re.match(rf"\W*(?:\w+ ){{0,2}}{_VERSE} (?:for|on)\b", text, re.IGNORECASE)):  # fmt: skip
        return False
    topic = _TOPIC.search(text)
    if topic is None or draft.state.attached or mentions(clause, draft) or clause.verb("transcribe", "find", "remove"):
        return False
    if re.match(r"(?:it|this|that|these|them|the song|the lyrics|me|us)\b", topic[1].strip(), re.IGNORECASE):
        return False
    args: dict[str, Any] = {"prompt": text}
    rest = Clause(text[: topic.start(1)] + " " + text[topic.end(1) :])
    making.describe_further(rest, args, draft)
    args["prompt"] = text
    args.pop("form", None)
    draft.add("generate", args)
    draft.note("I cannot write lyrics or sing without a language model: this is instrumental music on your subject. Give me the words and I set them to a melody.")  # fmt: skip
    draft.doubt(0.4)
    return True


_SUNG = re.compile(r"\b(?:set|put|turn|make|give)\b[^'\"“‘:]{0,40}\b(?:to music|music|a song|a tune|a melody|my tune|my melody)\b|\bsing (?:this|these|it|me this)\b", re.IGNORECASE)  # fmt: skip
_TO_WHAT_IS_THERE = re.compile(r"\b(?:to|over|on|onto) (?:this|it|that|the (?:tune|melody) of)\b", re.IGNORECASE)


def sung(clause: Clause, draft: Draft) -> bool:
    """Take words that are given and to be set to music: "set this to music: 'the harbour lights are out …'"."""
    words = making.lyrics_given(clause.text)
    if words is None or mentions(clause, draft):
        return False
    about = clause.text.replace(words, " ")
    if not _SUNG.search(about) or (draft.arena == "piece" and _TO_WHAT_IS_THERE.search(about)):
        return False
    tuned = draft.state.attached and re.search(
        r"\bmy (?:\w+ )?(?:tune|melody|hum\w*|song|whistling)\b", about, re.IGNORECASE
    )
    making.generate(clause, draft, {"melody": {"id": draft.state.attached[0]}} if tuned else {})
    return True


def chained(message: str, draft: Draft) -> bool:
    """Take a message that as a whole is one of these chains."""
    clause = Clause(clauses.strip_polite(message) or message)
    return any(rule(clause, draft) for rule in (sung, framed, ordered, grown, worded))
