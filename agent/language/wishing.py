"""Wishes for music that is there: anything at all, one song, a line of its words, its like, its neighbours, more of it.

What a wish is about is told by classes of words (likeness, people, naming, owning, chance) together with what it
names (tracks, artists, a clip that came attached, a quotation), in whatever order they are said.
"""

import re
from collections.abc import Callable
from typing import Any

from segue.agent.language import clauses, criteria, likening, naming, refining
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.query import how_many, leftover
from segue.agent.language.reference import mentions, names_in
from segue.agent.language.wish_words import COUNT, MADE, ORDERS, QUOTED, audible, is_order
from segue.tools.core.lexicon import one_slip
from segue.tools.core.vocabulary import numbers_in, words_of


def heard(text: str, draft: Draft) -> str | None:
    """Take a message that opens with a wish for music that is there; what it asks beyond that is returned.

    None where it opens with something else, and nothing is changed.
    """
    text = _FRESH.sub("", text) or text
    if naming.whole_line(text, draft) or _remembered(text, draft) or _for_what(text, draft):
        return ""
    parts = clauses.split(text, [(name.start, name.end) for name in draft.names])
    acts = any(clause.head in ORDERS and not naming.NAMING.search(clause.text) for clause in parts)
    at = 0
    for number, clause in enumerate(parts[:3]):
        found = text.find(clause.text, at)
        at = (found if found >= 0 else at) + len(clause.text)
        last = number == len(parts) - 1
        for rule in _WISHES:
            if rule(clause, draft):
                following = parts[number + 1 :] if rule in (naming.line, naming.identified) else []
                while following and _only_names(following[0].text):
                    found = text.find(following[0].text, at)
                    at = (found if found >= 0 else at) + len(following[0].text)
                    following = following[1:]
                return text[at:].lstrip(" ,;.!?)") if following or rule not in (naming.line, naming.identified) else ""
        if last or not (_is_aside(clause, draft) or (not acts and audible(draft) and not clause.is_question)):
            return None
    return None


# "scrap that search and …", "enough jazz.": a new wish begins behind it.
_FRESH = re.compile(r"^\W*(?:ok(?:ay)? |so |right |hmm |well |nah |no )*(?:(?:scrap|forget|never mind|nevermind|ditch|drop|leave|stop|enough (?:of|with)?|sod|screw|bin) (?:(?:that|this|it|the|about|all|of|my|these)\b ?)*(?:search|list|stuff|lot|results|idea|one|usual \w+|recording|piece|song)?(?: alone| aside| behind| for now)?\s*(?:,|;|\.|-|–|\band\b|\bthen\b)\s*|(?:different thing|new (?:search|topic|request|thing)|change of (?:subject|plan|topic)|something else|totally different)\s*[:,.;-]\s*)", re.IGNORECASE)  # fmt: skip


def _says_only(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause wants music and says nothing about which: "what should we listen to?"."""
    wants = clause.songs or clause.head in ("find", "play", "give", "put") or clause.match(r" (?:listen|play|hear|recommend|suggest|put on) ")  # fmt: skip
    return bool(wants) and criteria.read(clause, draft).is_empty and not leftover(clause, criteria.Criteria())


def _for_what(text: str, draft: Draft) -> bool:
    """Take "I'm cooking pasta with friends tonight, what should we listen to?": a wish, and what it is for."""
    said = re.fullmatch(r"(?P<told>.{10,}?)\s*[,.;:–—]\s*(?P<wish>[^,.;:]+)", text.strip(" ?!.")) if draft.arena != "piece" else None  # fmt: skip
    return said is not None and _says_only(Clause(said["wish"]), draft) and _situation(Clause(said["told"]), draft)


def _situation(told: Clause, draft: Draft) -> bool:
    """Take what was told before a wish that says nothing more ("I'm cooking pasta with friends tonight, …") as what the music is for."""
    if draft.arena == "piece" or not told.match(
        r"^ (?:\w+ ){0,2}(?:i|im|ive|we|were|weve|its|my|our|the|theres|having) "
    ):
        return False
    query = leftover(told, criteria.Criteria(), keep_words=True)
    if len(query.split()) < 2:
        return False
    draft.add("retrieve", {"query": query})
    return True


def limits(text: str, draft: Draft) -> str | None:
    """Take a message that opens with nothing but limits while a list is in reach; the rest is returned, None where it does not."""
    if draft.arena != "list":
        return None
    parts = clauses.split(text, [(name.start, name.end) for name in draft.names])
    if not parts or criteria.read(parts[0], draft).adjust or not _narrowed(parts[0], draft):
        return None
    at = max(0, text.find(parts[0].text)) + len(parts[0].text)
    return "" if all(_is_aside(clause, draft) for clause in parts[1:]) else text[at:].lstrip(" ,;.!?)")


def _only_names(rest: str) -> bool:
    """Tell whether what is left only asks for the name once more: "whats it from", "what's it called?"."""
    words = {word.plain for word in words_of(rest)}
    return bool(rest) and words <= _NAME_ONLY


_NAME_ONLY = frozenset(["what", "whats", "s", "is", "it", "from", "called", "who", "whos", "by", "that", "this", "where", "wheres", "and", "song", "the", "name", "of", "title", "artist", "sings", "sang", "sorry", "for", "my", "voice", "please", "tell", "me", "again", "you", "know", "one", "find", "or", "whatever", "comes", "closest", "nearest", "do", "which", "waht", "band", "on", "was", "singing", "plays", "playing", "performs", "performing", "made", "makes", "wrote", "recorded", "recording", "track", "piece", "tune", "clip", "how", "about", "also", "singer", "performer", "can", "identify", "recognise", "recognize", "thanks", "cheers"])  # fmt: skip
_BY_MEMORY = re.compile(r"\b(?:(?:can'?t|cannot|can not|don'?t|couldn'?t) (?:for the life of me )?(?:remember|recall|think of|place|recollect)|(?:forget|forgot|forgotten) (?:the|what|who|its|how)|(?:all|only thing|bit|part) i (?:can )?(?:remember|recall)|i (?:vaguely |only |just |dimly |half )*(?:remember|recall)|on the tip of my tongue|it (?:was|had|went|goes|starts?|started|begins?|began|opens?|ends?|ended)\b.*\b(?:i (?:believe|think|guess|reckon)|iirc|maybe|or something)|i (?:think|believe|reckon) (?:it|there|the|she|he) (?:was|had|is|has|went|sang)|(?:my|our) (?:dad|mum|mom|gran\w*|brother|sister|uncle|aunt|teacher|ex|friend|mate|parents|boss|flatmate) (?:had|used to|always|played|plays|loved?)|heard (?:it|this|that)? ?(?:once|in a|at a|on the|years ago|somewhere)|used to (?:hear|play|be on)|there(?:'s| is| was) (?:this|that|a) (?:song|one|track|tune)|who(?:'s| is)? it was|what it(?:'s| was) called|whatsit|thingy|you know the one)\b", re.IGNORECASE)  # fmt: skip
_MEMORY_LEAD = re.compile(r"^\W*(?:(?:i |we |just |still |only |so |ok )*(?:can'?t|cannot|don'?t|forget|forgot)\b[^:,.;]{0,40}?(?:name|called|title|who|what it is|it was)\b[^:,.;]{0,12}[:,.;-]\s*(?:but )?|(?:do you know the one|you know the one)\W+)", re.IGNORECASE)  # fmt: skip


def _remembered(text: str, draft: Draft) -> bool:
    """Take what is told from memory of one recording: all of it describes what is sought."""
    cue = _BY_MEMORY.search(text)
    if not cue or draft.arena == "piece" or "“" in text or QUOTED.search(text) or draft.names:
        return False
    clause = Clause(_MEMORY_LEAD.sub("", text) or text)
    if MADE.search(clause.text) or mentions(clause, draft) or is_order(clause) or re.search(r"\b(?:undo|go back|that list|this list)\b", text, re.IGNORECASE):  # fmt: skip
        return False
    if not (clause.instruments or clause.genres or clause.moods or clause.stems or len(clause.words) > 5):
        return False
    found = criteria.read(clause, draft)
    found.adjust.clear()
    found.hold.clear()
    found.args.pop("order", None)
    query = leftover(clause, criteria.Criteria(spans=list(found.spans)), keep_words=True)
    if not query:
        return False
    args: dict[str, Any] = {"query": query}
    criteria.apply(found, args, draft)
    draft.add("retrieve", args)
    return True


_TELLS = frozenset(["i", "im", "ive", "id", "we", "weve", "were", "my", "our", "none", "nothing", "the", "its", "this", "that", "these", "it", "there", "enough", "ok", "hmm", "well", "so", "just", "ugh", "right", "oh", "hey", "dont", "no"])  # fmt: skip
_PLAINLY = frozenset({"keep", "give", "find", "play", "start", "take", "forget", "put"})


def _is_aside(clause: Clause, draft: Draft) -> bool:
    """Tell whether a sentence only tells how things stand: "I'm bored of this", "none of these grab me"."""
    if not clause.words or clause.words[0].plain not in _TELLS or clause.is_question:
        return False
    if (
        clause.verb_classes - _PLAINLY
        or (clause.head and clause.words[0].plain not in ("i", "im", "ive", "we"))
        or clause.stems
        or clause.keys
        or mentions(clause, draft)
    ):
        return False
    feelings = [f for f in clause.moods if clause.text[f.start : f.end].lower() not in ("love", "loved", "like")]
    return not (clause.genres or feelings or clause.instruments) and criteria.read(clause, draft).is_empty


# -- anything at all ---------------------------------------------------------------------------------
_CHANCE = re.compile(
    r"\b(?:random\w*|randomi[sz]e|shuffl\w+|surpris\w+|wild ?cards?|curve ?balls?|lucky dip|pot ?luck|roulette|blind(?:ly|fold\w*)?(?= |$|\W)|myster(?:y|ious) (?:track|song|tune|pick|mix)|serendipit\w+|dealer'?s choice|any old (?:\w+)|(?:roll|throw) (?:of )?the dice|spin the (?:wheel|bottle)|you (?:choose|pick|decide|surprise)|(?:your|ur) (?:choice|pick|call|shout|turn)|up to you|whatever(?= you| comes| goes|\W*$)|(?:don'?t|do not|dont) (?:care|mind) (?:what|which)|(?:no|not any|not in any) (?:particular |special |specific |real )(?:preference|mood|idea|wish)|(?:no|any) preference|i'?d never (?:think of|pick|choose|play)|out of the blue|left ?field|unexpected|(?:mix|shake) (?:it|things) up|(?:blow my mind|wow me|amaze me|astonish me|dazzle me)|feeling lucky|anything(?:'s| is|s)? (?:goes|fine|will do|ok|okay|good|at all|really|works)|(?:pick|choose|play|give me|show me|get me|gimme) (?:me )?(?:anything|whatever|something|somthing)(?= (?:for me|please|pls|you like|you want|you fancy|at all|really|then|now|will do|goes)|\W*$)|(?:a |some )?luck of the draw|eeny meeny|be my dj|you(?:'?re| are) the dj|take a chance|gamble|something else entirely|not fussed|not picky|i'?m easy)\b",
    re.IGNORECASE,
)  # fmt: skip
_CHANCY = ("shuffle", "random", "surprise", "whatever", "randomly")


def _anything(clause: Clause, draft: Draft) -> bool:
    """Take "surprise me", "any old tune", "throw me a curveball": a diverse sample."""
    slipped = any(len(w.plain) > 5 and w.plain not in _CHANCY and any(one_slip(c, w.plain) for c in _CHANCY) for w in clause.words)  # fmt: skip
    chance = _CHANCE.search(clause.text)
    if not (chance or slipped) or clause.head in ORDERS - {"sort"} or names_in(clause, draft) or mentions(clause, draft):  # fmt: skip
        return False
    low, high = (chance.start(), chance.end()) if chance else (0, len(clause.text))
    described = [f.start for words in (clause.genres, clause.moods, clause.instruments, clause.stems) for f in words]
    described += [axis.start for axis in clause.axes]
    if draft.state.attached or clause.starts("why", "how come", "how did", "did") or any(not low <= at < high for at in described):  # fmt: skip
        return False
    if draft.arena == "piece" and not (clause.songs or clause.head in ("play", "find", "give", "take") or len(clause.words) <= 3):  # fmt: skip
        return False
    found = criteria.read(clause, draft)
    if set(found.filters) - {"unplayed"} or {"total_s", "order"} & set(found.args) or clause.has("else", "about", "instead of"):  # fmt: skip
        return False
    if chance and chance[0].lower().startswith(("surpris", "whatever", "anything", "shuffl")) and len(leftover(clause, found).split()) > 4:  # fmt: skip
        return False  # "whatever suits a rainy day in Lisbon best"
    args: dict[str, Any] = {"max_per_artist": 1}
    if count := how_many(clause):
        args["k"] = count
    found.adjust.clear()
    criteria.apply(found, args, draft)
    args["max_per_artist"] = 1
    draft.add("retrieve", args)
    return True


# -- more of it --------------------------------------------------------------------------------------
_MORE = frozenset(["more", "mroe", "moar", "another", "extra", "additional", "further", "next", "others", "other", "rest", "remaining", "remainder", "else", "encore", "continue", "again", "keep", "going", "coming", "on", "go", "stop", "there", "further", "beyond", "carry", "additionally", "fresh", "new", "second", "page", "batch", "helping", "round", "hit", "dose", "load", "lot", "fill", "still"])  # fmt: skip
_MORE_OF = re.compile(r"\b(?:more|mroe|moar|another|extra|additional|further|next|others|the rest|remaining|anything else|what else|who else|others?|keep (?:going|'?em coming|them coming|it coming)|go on|carry on|don'?t stop|dont stop|continue|hit me again|again|encore|other (?:stuff|songs|tracks|ones|things|tunes))\b", re.IGNORECASE)  # fmt: skip
_SAME = frozenset(["of", "same", "the", "these", "those", "them", "theese", "that", "this", "such", "kind", "sort", "vein", "ilk", "in", "style", "like", "by", "her", "him", "his", "their", "theirs", "hers", "from", "band", "artist", "list", "search", "is", "are", "must", "be", "there", "lovely", "nice", "great", "cool", "good", "stuff", "love", "it", "dozen", "handful", "couple", "few", "some", "one", "ones", "and", "or", "dont", "not", "enough", "vibe", "mood", "spirit", "please", "pls", "thanks", "ten", "beautiful", "gorgeous", "brilliant", "excellent", "perfect", "wonderful", "awesome", "amazing", "fantastic", "superb", "singer", "group", "hit", "bring", "load", "twelve", "six"])  # fmt: skip


def _more(clause: Clause, draft: Draft) -> bool:
    """Take "ten more", "more in the same vein", "continue the list": the same search without what was shown."""
    if draft.arena != "list" or not draft.state.lists or not _MORE_OF.search(clause.text) or draft.steps:
        return False
    if clause.axes or clause.genres or clause.moods or clause.instruments or clause.stems or names_in(clause, draft) or mentions(clause, draft):  # fmt: skip
        return False
    if clause.match(r" (?:everyone|someone|somebody|anyone|no) (?:else|more) | no more | more than | more then | go back | (?:than|instead) | (?:once|play|hear|do|try) (?:it |that |this |them )?again | more or less | why | (?:other|another|next|different) (?:artists?|bands?|singers?|acts?|people|list|version|copy|one|song|track) | any ?more "):  # fmt: skip
        return False
    found = criteria.read(clause, draft)
    if found.adjust or found.hold or "order" in found.args or "total_s" in found.args:
        return False
    spans = found.spans
    left = [
        word.plain
        for word in words_of(clause.text)
        if not any(low <= word.start < high for low, high in spans)
        and word.plain not in _MORE
        and word.plain not in _SAME
    ]
    if left and leftover(Clause(" ".join(left)), criteria.Criteria()) and not all(word.isdigit() or numbers_in(word) for word in left):  # fmt: skip
        return False
    args = refining.search_again(draft)
    counted = re.search(rf"\b(\d{{1,2}}|{COUNT})\b", clause.text, re.IGNORECASE)
    if counted and not any(low <= counted.start() < high for low, high in spans):
        number = numbers_in(counted[1])
        value = int(number[0].value) if number else 12 if "dozen" in counted[1].lower() else 0
        if value > 1:
            args["k"] = value
    criteria.apply(found, args, draft)
    return True


# -- what narrows the list ---------------------------------------------------------------------------
_HARD = frozenset({"year_min", "year_max", "bpm_min", "bpm_max", "duration_min_s", "duration_max_s", "language", "vocals", "rating_min", "plays_max", "unplayed", "max_per_artist", "total_s"})  # fmt: skip


def _narrowed(clause: Clause, draft: Draft) -> bool:
    """Take a clause of nothing but limits while a list is in reach, however it is worded."""
    if draft.arena != "list" or not draft.state.lists or mentions(clause, draft) or names_in(clause, draft) or _about_parts(clause):  # fmt: skip
        return False
    found = criteria.read(clause, draft)
    if not _HARD & {*found.filters, *found.args} or leftover(clause, found):
        return False
    if clause.match(r" (?:forget|first|last|any|not only|not just|anymore|any more|too|also|include|including|back|same list|same search|another (?:list|version)) ") and not (clause.has("same") and "max_per_artist" in found.args):  # fmt: skip
        return False
    if clause.match(r" same (?:\w+ )?(?:but|again|only|with|without|except|just) | (?:track|song|number|take|clip|piece) (?:\d+|one|two|three|four|five) "):  # fmt: skip
        return False  # another list beside this one; a length that one track is to get
    if clause.verb("export", "transcribe", "tag", "caption", "compare", "write") or clause.match(r" (?:stats|statistics|how many|common|duplicates?|twice in|which (?:is|one)) "):  # fmt: skip
        return False
    found.adjust = {}
    found.hold.clear()
    args = refining.search_of(draft)
    criteria.apply(found, args, draft)
    return True


def _limited(clause: Clause, draft: Draft) -> bool:
    """Take "songs I've never listened to", "what I rated 4 or higher": limits of the library, and nothing else."""
    if draft.arena == "list" or mentions(clause, draft) or names_in(clause, draft) or is_order(clause):
        return False
    found = criteria.read(clause, draft)
    if not {"unplayed", "plays_max", "rating_min"} & set(found.filters) or leftover(clause, found):
        return False
    found.adjust.clear()
    found.hold.clear()
    args: dict[str, Any] = {}
    criteria.apply(found, args, draft)
    draft.add("retrieve", args)
    return True


def _about_parts(clause: Clause) -> bool:
    return bool(clause.bars or clause.intervals or clause.decibels or clause.loudnesses or clause.chords)


# -- what it is about --------------------------------------------------------------------------------
_THEME = re.compile(r"\b(?:about|(?:on|with) the (?:subject|topic|theme) of|on the theme of|mention(?:s|ing|ed)?|deal(?:s|ing)? with|(?:sing(?:s|ing)?|talk(?:s|ing)?|speak(?:s|ing)?|tell(?:s|ing)?) (?:of|about)|lyrics?[- ]wise|word[- ]wise|(?:the )?(?:words|lyrics) (?:matter|count|are what)|whose (?:words|lyrics)|lyrical(?:ly)?|theme[sd]?|subject)\b", re.IGNORECASE)  # fmt: skip
_OF_A_PIECE = re.compile(r"\b(?:what(?:'s| is| are)|tell me) (?:\w+ ){0,3}about\b|\bhow about\b|\bwhat about\b|\bwhat abuot\b|\babout (?:it|this|that|the (?:first|second|third|fourth|fifth|last)|number|\d|them|these|a (?:minute|third|half|quarter))\b", re.IGNORECASE)  # fmt: skip


def _theme(clause: Clause, draft: Draft) -> bool:
    """Take "ones that mention dogs", "drinking alone, lyrics-wise" while a list is in reach: a search of its own."""
    if draft.arena != "list" or mentions(clause, draft) or names_in(clause, draft) or MADE.search(clause.text):
        return False
    text = re.sub(r"^\W*(?:ok(?:ay)?|so|and|now|well|then|how about|what about|what abuot|new search:?|different (?:thing|search):?)[\s,:]+", "", clause.text, flags=re.IGNORECASE)  # fmt: skip
    said = Clause(re.sub(r"^\W*(?:what about|what abuot|how about)\s+", "", text, flags=re.IGNORECASE))
    theme = _THEME.search(said.text)
    if not theme or _OF_A_PIECE.search(said.text) or clause.tempi or (clause.verb("caption", "transcribe", "tag") and clause.head in ORDERS):  # fmt: skip
        return False
    found = criteria.read(said, draft)
    rest = f"{said.text[: theme.start()]} {said.text[theme.end() :]}"
    words = leftover(Clause(rest), criteria.Criteria(), keep_words=True)
    words = re.sub(
        r"^(?:(?:new search|ok|okay|so|ones|find|anything|anyone|here|stuff|\W)+\s*)+", "", words, flags=re.IGNORECASE
    )
    if not words or found.adjust or clause.durations:
        return False
    args: dict[str, Any] = {"query": words}
    criteria.apply(found, args, draft)
    draft.add("retrieve", args)
    return True


_WISHES: tuple[Callable[[Clause, Draft], bool], ...] = (naming.line, naming.identified, likening.neighbours, likening.matched, likening.alike, _more, _narrowed, _limited, _anything, naming.one_song, _theme)  # fmt: skip
