"""Wishes for music that is there: anything at all, one song, a line of its words, its like, its neighbours, more of it.

What a wish is about is told by classes of words (likeness, people, naming, owning, chance) together with what it
names (tracks, artists, a clip that came attached, a quotation), in whatever order they are said.
"""

import re
from collections.abc import Callable
from typing import Any

from segue.agent.dialogue import Known
from segue.agent.language import clauses, criteria, finding, refining
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.query import how_many, leftover
from segue.agent.language.reference import group, mentions, names_in
from segue.tools.core.lexicon import one_slip
from segue.tools.core.vocabulary import numbers_in, words_of

_SEEDS = 3  # tracks of an artist that stand for the artist
_ORDERS = frozenset({"remove", "isolate", "up", "down", "replace", "add", "transpose", "faster", "slower", "trim", "concat", "regenerate", "restyle", "effect", "master", "fade", "loop", "reverse", "export", "caption", "compare", "tag", "transcribe", "sort", "make", "write", "score", "scan", "continue", "extend", "turn"})  # fmt: skip


def heard(text: str, draft: Draft) -> str | None:
    """Take a message that opens with a wish for music that is there; what it asks beyond that is returned.

    None where it opens with something else, and nothing is changed.
    """
    text = _FRESH.sub("", text) or text
    if _whole_line(text, draft) or _remembered(text, draft) or _for_what(text, draft):
        return ""
    parts = clauses.split(text, [(name.start, name.end) for name in draft.names])
    acts = any(clause.head in _ORDERS and not _NAMING.search(clause.text) for clause in parts)
    at = 0
    for number, clause in enumerate(parts[:3]):
        found = text.find(clause.text, at)
        at = (found if found >= 0 else at) + len(clause.text)
        last = number == len(parts) - 1
        for rule in _WISHES:
            if rule(clause, draft):
                following = parts[number + 1 :] if rule in (_line, _identified) else []
                while following and _only_names(following[0].text):
                    found = text.find(following[0].text, at)
                    at = (found if found >= 0 else at) + len(following[0].text)
                    following = following[1:]
                return text[at:].lstrip(" ,;.!?)") if following or rule not in (_line, _identified) else ""
        if last or not (_is_aside(clause, draft) or (not acts and _audible(draft) and not clause.is_question)):
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
    if not cue or draft.arena == "piece" or "“" in text or _QUOTED.search(text) or draft.names:
        return False
    clause = Clause(_MEMORY_LEAD.sub("", text) or text)
    if _MADE.search(clause.text) or mentions(clause, draft) or _is_order(clause) or re.search(r"\b(?:undo|go back|that list|this list)\b", text, re.IGNORECASE):  # fmt: skip
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


def _is_order(clause: Clause) -> bool:
    return clause.head in _ORDERS


def _audible(draft: Draft) -> bool:
    """Tell whether a clip of the user's own is in reach, about which nobody knows yet what it is."""
    thing = draft.thing(draft.it)
    return draft.arena == "piece" and thing is not None and thing.origin == "attached"


# -- anything at all ---------------------------------------------------------------------------------
_CHANCE = re.compile(
    r"\b(?:random\w*|randomi[sz]e|shuffl\w+|surpris\w+|wild ?cards?|curve ?balls?|lucky dip|pot ?luck|roulette|blind(?:ly|fold\w*)?(?= |$|\W)|myster(?:y|ious) (?:track|song|tune|pick|mix)|serendipit\w+|dealer'?s choice|any old (?:\w+)|(?:roll|throw) (?:of )?the dice|spin the (?:wheel|bottle)|you (?:choose|pick|decide|surprise)|(?:your|ur) (?:choice|pick|call|shout|turn)|up to you|whatever(?= you| comes| goes|\W*$)|(?:don'?t|do not|dont) (?:care|mind) (?:what|which)|(?:no|any) preference|i'?d never (?:think of|pick|choose|play)|out of the blue|left ?field|unexpected|(?:mix|shake) (?:it|things) up|(?:blow my mind|wow me|amaze me|astonish me|dazzle me)|feeling lucky|anything(?:'s| is|s)? (?:goes|fine|will do|ok|okay|good|at all|really|works)|(?:pick|choose|play|give me|show me|get me|gimme) (?:me )?(?:anything|whatever|something|somthing)(?= (?:for me|please|pls|you like|you want|you fancy|at all|really|then|now|will do|goes)|\W*$)|(?:a |some )?luck of the draw|eeny meeny|be my dj|you(?:'?re| are) the dj|take a chance|gamble|something else entirely|not fussed|not picky|i'?m easy)\b",
    re.IGNORECASE,
)  # fmt: skip
_CHANCY = ("shuffle", "random", "surprise", "whatever", "randomly")


def _anything(clause: Clause, draft: Draft) -> bool:
    """Take "surprise me", "any old tune", "throw me a curveball": a diverse sample."""
    slipped = any(len(w.plain) > 5 and w.plain not in _CHANCY and any(one_slip(c, w.plain) for c in _CHANCY) for w in clause.words)  # fmt: skip
    chance = _CHANCE.search(clause.text)
    if not (chance or slipped) or clause.head in _ORDERS - {"sort"} or names_in(clause, draft) or mentions(clause, draft):  # fmt: skip
        return False
    low, high = (chance.start(), chance.end()) if chance else (0, len(clause.text))
    if draft.state.attached or clause.starts("why", "how come", "how did", "did") or any(not low <= f.start < high for f in [*clause.genres, *clause.moods, *clause.instruments, *clause.axes, *clause.stems]):  # fmt: skip
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


# -- what is this? -----------------------------------------------------------------------------------
_NAMING = re.compile(
    r"\b(?:shazam|soundhound|identif\w+|recogni[sz]\w*|name (?:this|that|the|it|me)|(?:the |its |a )?(?:name|title) (?:of|for|to|on|is)|put a (?:name|title) (?:to|on)|pin (?:this|that|it|\w+ \w+)? ?down|track (?:this|that|it) down|ring(?:s)? (?:a|any) bells?|(?:what|which)(?:'?s| is| are| was)? ?(?:the )?(?:song|track|tune|piece|record|recording|number|title|name|artist|band|one)\b(?! (?:has|have|is (?:in|at|the \w+est)|goes|says|sounds))|what(?:'?s| is| was|ever)? (?:it|this|that)(?: (?:is|called|from|again|then|one|thing|song|track|tune|piece|here|was|might be|could be))*(?=\W*$|,)|waht (?:is )?(?:it|this|that)|who(?:'?s| is| was| are)? (?:this|it|that|these)(?: (?:by|from))|who (?:made|makes|plays|played|sings?|sang|wrote|recorded|performs?|did|does|'?s (?:singing|playing)) (?:this|that|it)|(?:am i|i'?m) (?:listening to|humming|hearing|singing|whistling|playing)|know (?:this|that|the|what|which|who|it)|called|any (?:idea|clue|guess) (?:what|which|who)|(?:already )?(?:own|have) (?:this|that|it)|(?:in|part of|from|anywhere in) my (?:library|collection|files|shelf|shelves)|one of mine|(?:i |we )already (?:own|have)|guess (?:the|this|that|what|which)|(?:the )?original (?:of|song|version|recording)|original\b(?=\W*$)|match (?:it|this|that|my \w+) (?:to|with|against)|what i(?:'?m| am| was) (?:humming|whistling|singing)|find (?:it|this|that)(?= *$|,)|what'?s (?:playing|on)|heard (?:this|that|it) (?:before|somewhere))\b",
    re.IGNORECASE,
)  # fmt: skip
_HEARD_AS = r" (?:like|similar|sounds?|resembl\w+|tempo|bpm|chords?|notes?|mood|genre|instruments?|lyrics|style|kind|sort|loud\w*|drums?|bass|vocals?|about|sections?|chorus|verse|wrong|describe|sound|long|fast|slow|happens?|version|stems?|cut|mode|meter|metre|scale|recorded|made (?:on|with|in)|ai|human|format|title the|call it|name it|it something|same) "  # fmt: skip


_VAGUELY = r" (?:(?:listening to|hearing)|(?:what|whats|waht)(?: is| s)? (?:it|this|that)) "


def _identified(clause: Clause, draft: Draft) -> bool:
    """Take "what's this?", "ring a bell?", "do I own this?" about a clip of the user's own; key and tempo are measured where they are asked for too."""
    if not _audible(draft) or "“" in clause.text or _is_order(clause) or not _NAMING.search(clause.text):
        return False
    measures = clause.match(
        r" and (?:what |its |the |also |which |how )*(?:is |s )?(?:the )?(?:key|tempo|bpm|fast|speed)\b"
    )
    if not measures and (clause.match(_HEARD_AS) or clause.match(r" (?:key|tempo|bpm) ")) and not clause.match(r" (?:notes|words|sounds?) already "):  # fmt: skip
        return False
    if not (clause.is_question or clause.match(r" (?:shazam|identif\w+|recogni\w+|name|pin|track|find|tell|know|wonder\w*|what|waht|which|who|whos|whats|ring|put|work|figure|guess|match|original) ")):  # fmt: skip
        return False
    target = mentions(clause, draft)[0].target if mentions(clause, draft) else draft.it
    if target is None or (len(mentions(clause, draft)) > 1):
        return False
    last = draft.steps[-1] if draft.steps else None
    if not (last and last.args.get("action") == "identify"):
        draft.add("retrieve", {"action": "identify", "like": [target]})
        draft.look_at(target)
        if not measures and clause.match(_VAGUELY) and not clause.match(r" (?:song|track|tune|called|name|title|who|whos|which|artist|band|humm\w*|head|know|shazam|identify) "):  # fmt: skip
            draft.add("caption", {"clips": [target]})
    if measures:
        draft.add("tag", {"clip": target})
    return True


# -- its like ----------------------------------------------------------------------------------------
_LIKE = re.compile(
    r"\b(?:like|likes|loves|enjoys|digs|alike|likes? of|similar\w*|simular|simmilar|resembl\w+|reminiscent|remind\w*|akin|comparable|equivalents?|in (?:that|the|this|a similar|the same|his|her|their) (?:vein|spirit|style|mou?ld|mode|manner|direction|ballpark|corner|league|school|family|tradition|neighbou?rhood|orbit|territory|lane|world)|in [\w .'’]{1,30}(?:'s|’s|') (?:vein|spirit|style|mou?ld|corner|league|neighbou?rhood|orbit|territory|lane)|along (?:the|those|these|similar) lines|neighbou?rs?|neighbou?rhood|cousins?|siblings?|relatives?|twins?|kin|family of|close(?:r|st)? to|near(?:er|est)?(?: to)?|next to|adjacent|related|matching|fits?|goes with|go with|sits? (?:between|beside|next to)|radio|seeds?|from there|same (?:vibe|feel|mood|itch|spirit|vein|sound|ilk|kind|sort|style|school)|sounds? (?:of|like)|sounding|a la|à la|ish|esque|type of thing|type beat|fans? of|inspired by|influenced by|descend\w+ (?:of|from)|play(?:s|ing)? like|doing what|what [\w ]{2,25} do(?:es)?\b|would (?:love|like|enjoy)|if i(?:'?m| am|) (?:like|love|into|a fan)|into)\b",
    re.IGNORECASE,
)  # fmt: skip
_BLENDS = re.compile(r"\b(?:between|halfway|half ?way|midway|midpoint|middle (?:ground|of)|cross(?:ed|ing|over)?|mix(?:ture|es|ed|ing)?|blend\w*|mash(?:es|ed|ing)?(?:[- ]?up)?|combin\w+|fus(?:e|ion|es|ed|ing)|meets?|meeting|marr(?:y|ied|iage)|hybrid|half|part|plus|x|vs|versus|both|together|at once|as well as|collab\w*|backing|produced by|playing with|jamming with|fronting|covering|if [\w ]+ (?:had|played|made)|child of|lovechild|love child|overlap|feat\w*)\b|[+/&×]", re.IGNORECASE)  # fmt: skip
_PEOPLE = re.compile(r"\b(?:artists?|artsts?|bands?|acts?|singers?|groups?|musicians?|performers?|rappers?|producers?|djs?|composers?|songwriters?|outfits?|ensembles?|trios?|quartets?|guitarists?|pianists?|drummers?|vocalists?|players?|people|folks?|names|someone|somebody|anyone|anybody|everyone|who(?:'?s|'?ll|ever)?|whom|others|peers|contemporaries|disciples|crooners?|mcs?|beatmakers?|duos?|orchestras?|else)\b", re.IGNORECASE)  # fmt: skip
_TRY = re.compile(r"\b(?:try|check out|listen to|hear|recommend\w*|suggest\w*|next|enjoy|like|love|into|explore|discover|itch|worn out|played out|fix|tired of|had enough of|besides|apart from|other than|instead of|similar|scratch\w*)\b", re.IGNORECASE)  # fmt: skip
_MADE = re.compile(r"\b(?:make|making|made|write|compose|generate|create|record|produce|sing|remix|cover|turn|convert|set) (?:me |us |a |an |it |this |that |the |some |something)", re.IGNORECASE)  # fmt: skip


def _named_artists(clause: Clause, draft: Draft) -> list[Known]:
    return [name for name in names_in(clause, draft) if name.kind == "artist" and name.ids]


def _told_artists(draft: Draft) -> list[Known]:
    """Return the artists named anywhere in the message."""
    return [name for name in draft.names if name.kind == "artist" and name.ids]


def _of_artists(artists: list[Known]) -> list[Target]:
    ids = [id for artist in artists for id in artist.ids[:_SEEDS]]
    return [{"id": id} for id in dict.fromkeys(ids)]


def _neighbours(clause: Clause, draft: Draft) -> bool:
    """Take "who sounds like Mazzy Star?", "acts near Clara Voss, but not her": others than those that are named."""
    if _is_order(clause) or "“" in clause.text:
        return False
    people = _PEOPLE.search(clause.text)
    if _MADE.search(clause.text) and not clause.match(
        r"^ (?:who|whos|who is|which|what|other|others|any|someone|somebody|people|anyone) "
    ):
        return False
    if not people or clause.match(r" (?:per|each|every|same|by|no|one) (?:\w+ )?(?:artists?|bands?|singers?|acts?|musicians?) "):  # fmt: skip
        return False
    artists = _named_artists(clause, draft)
    cue = _LIKE.search(clause.text)
    told = False
    if not artists and not mentions(clause, draft) and not clause.songs and (cue or _TRY.search(clause.text)):
        artists = _told_artists(draft)  # "I've worn out my Oasis records. Who scratches the same itch?"
        told = bool(artists)
    elif not artists and cue and clause.match(r" (?:this|that|the) (?:artist|band|singer|group|act|musician|guy|woman|man|lady|rapper|composer|performer|duo|trio) ") and not mentions(clause, draft):  # fmt: skip
        thing = draft.thing(draft.it)
        if not thing or not thing.artist or draft.it is None:
            return False
        return _add_neighbours(clause, draft, [draft.it], [thing.artist])
    elif not artists and (named := mentions(clause, draft)):
        thing = draft.thing(named[0].target)
        if not (thing and thing.artist and clause.match(r" (?:made|makes|played|plays|sang|sings|wrote|artist|band|singer|whoever|behind|by) ")) or not cue:  # fmt: skip
            return False
        return _add_neighbours(clause, draft, [named[0].target], [thing.artist])
    if not artists or not (cue or told or (_TRY.search(clause.text) and clause.is_question)):
        return False
    if clause.match(r" (?:who (?:is|are|was|were|s) (?!like|similar|comparable|close|near|akin|making|making music|else|doing|next|playing|related)|whos (?!like|similar|comparable|close|near|akin|making|else|doing|next|playing|related|within))"):  # fmt: skip
        return False
    listed = draft.state.shown
    if (
        (
            told
            or clause.match(r" (?:great|loved|love|perfect|lovely|nice|good|brilliant|enjoyed|liked|awesome|amazing) ")
        )
        and draft.arena == "list"
        and listed
        and any(id in listed.ids for artist in artists for id in artist.ids)
    ):
        return False  # "Nujabes was great, now somebody else" turns the list around
    found = re.search(
        r"\b(?:songs?|tracks?|tunes?|music|stuff|something|albums?|radio|playlist|mix)\b", clause.text, re.IGNORECASE
    )
    if found and found.start() < people.start():
        return False  # "songs by bands like Oasis"
    return _add_neighbours(clause, draft, _of_artists(artists), [artist.name for artist in artists])


def _add_neighbours(clause: Clause, draft: Draft, seeds: list[Target], gone: list[str]) -> bool:
    args: dict[str, Any] = {"like": seeds, "action": "similar"}
    found = criteria.read(clause, draft)
    for name in ("artist", "exclude_artists"):
        found.filters.pop(name, None)
    found.filters["exclude_artists"] = list(dict.fromkeys(gone))
    found.args.setdefault("max_per_artist", 1)
    found.hold.clear()
    found.adjust.clear()
    before = list(draft.ops)
    criteria.apply(found, args, draft)
    draft.ops = before
    if count := how_many(clause):
        args["k"] = count
    draft.add("retrieve", args)
    return True


def _alike(clause: Clause, draft: Draft) -> bool:
    """Take "got anything in that vein?", "use A and B as seeds", "nujabes vibes plus badbadnotgood drums"."""
    if "“" in clause.text or _MADE.search(clause.text) or (_is_order(clause) and not clause.verb("mix")):
        return False
    if clause.is_question and clause.match(r" (?:sounds?|is|are|does|do) (?:it|this|that|these|they|he|she) (?:sounds? )?(?:like|similar|close) "):  # fmt: skip
        return False
    named = [m.target for m in mentions(clause, draft) if not clause.negated(m.start)]
    ids = {target.get("id") for target in named}
    artists = [a for a in _named_artists(clause, draft) if not ids & set(a.ids) and not clause.negated(_place(clause, draft, a))]  # fmt: skip
    cue = _LIKE.search(clause.text)
    if not named and not artists:
        named = _counted(clause, draft) or (
            group(clause, draft)
            if cue and _seeks_alike(clause) and clause.has("both", "these", "those", "these two", "the two")
            else []
        )
    if not named and not artists and clause.match(_POINTED) and draft.it:
        named = [draft.it]
    several = len(named) + len(artists) > 1
    if not several and not cue:
        return False
    if several and not cue and not _BLENDS.search(clause.text):
        return False
    if several and not cue and (clause.is_question or clause.match(r" (?:by|from|not|compare|join|lay|put|concat|join|then|play|versus|differ\w*|queue|faster|slower|over|under) ")):  # fmt: skip
        return False
    if clause.verb("concat", "mix") and not clause.match(r" (?:vibes?|sounds?|styles?|feels?|moods?|spirit|flavou?rs?|aesthetics?|worlds?|songs|something|anything|like|between|playlist|meets?) "):  # fmt: skip
        return False
    if clause.verb("put", "compare", "caption", "replace", "trim") or (draft.arena == "piece" and not several and not (clause.songs or clause.verb("find"))):  # fmt: skip
        return False
    if not several and clause.match(r" (?:i|we|really|would|dont|didnt) (?:like|love|liked|loved) ") and not _seeks_alike(clause):  # fmt: skip
        return False  # "I like number two" is praise
    if not several and not artists and not named:
        return False
    if not several and not _seeks_alike(clause):
        return False
    args: dict[str, Any] = {"like": [*named, *(t for t in _of_artists(artists) if t not in named)], "action": "similar"}
    found = criteria.read(clause, draft)
    found.filters.pop("artist", None)
    found.hold.clear()
    found.args.pop("order", None)
    shown = draft.state.shown
    held = finding.held(args["like"], draft)
    if held:
        args["filters"] = held
    if shown and shown.kind == "tracks" and any(t.get("id") in shown.ids for t in args["like"]):
        found.filters["exclude"] = list(dict.fromkeys([*(held or {}).get("exclude", []), *(id for id in shown.ids if {"id": id} not in args["like"])]))  # fmt: skip
    if count := how_many(clause) or _how_many_more(clause):
        args["k"] = count
    before = list(draft.ops)
    criteria.apply(found, args, draft)
    draft.ops = before
    draft.add("retrieve", args)
    return True


_SEEKS_ALIKE = re.compile(r"\b(?:anything|something|stuff|songs?|tracks?|tunes?|music|things?|more|others?|ones|got|any|find|show|give me|recommend|suggest|search|look for|round up|dig|start|radio|dozen|else|neighbou?rs?|cousins?|siblings?|relatives?|playlist|mix|numbers|pieces|cuts|records|in the|along)\b", re.IGNORECASE)  # fmt: skip


def _seeks_alike(clause: Clause) -> bool:
    return _SEEKS_ALIKE.search(clause.text) is not None


_POINTED = r" (?:(?:this|that|my|the|our|its) (?:\w+ )?(?:recording|song|track|clip|piece|one|upload|file|version|tune|demo|sketch|take|beat|loop|hum|melody|attachment|music)|it|this|that|these|those|them) "


def _counted(clause: Clause, draft: Draft) -> list[Target]:
    """Return tracks of the list named by bare numbers: "I liked two and three, what else fits both?"."""
    shown = draft.state.shown
    match = re.search(r"\b(?:i |we )?(?:liked?|loved?|enjoyed|dug|between|of|like|from) (?P<a>one|two|three|four|five|\d) (?:and|&|with|to|plus) (?P<b>one|two|three|four|five|\d)\b", clause.text, re.IGNORECASE)  # fmt: skip
    if not match or draft.arena != "list" or not shown:
        return []
    numbers = [int(numbers_in(match[name])[0].value) for name in ("a", "b")]
    return [{"id": shown.ids[n - 1]} for n in numbers] if all(1 <= n <= len(shown.ids) for n in numbers) else []


def _place(clause: Clause, draft: Draft, name: Known) -> int:
    return max(0, clause.text.find(draft.message[name.start : name.end]))


# -- its key, its tempo ------------------------------------------------------------------------------
_KEY = re.compile(r"\b(?:key|tonality|keys|scale|camelot)\b", re.IGNORECASE)
_PACE = re.compile(r"\b(?:tempos?|bpm|speed|pace|as fast|as slow|fast as|slow as|pulse|beats per minute)\b", re.IGNORECASE)  # fmt: skip
_SHARES = re.compile(r"\b(?:same|equal(?:ly)?|identical|shar(?:e|es|ing)|match(?:es|ing)?|line[sd]? up|lining up|compatible|agree\w*|fit(?:s|ting)?|about as|just as|as (?:fast|slow)|within|at (?:this|that|its|the)|in (?:this|that|its|the)|'s|’s|its|whose|running at|mix (?:with|into|out)|go(?:es)? with|of (?:this|that|the|my|it|our))\b|(?<=[’'])s\b", re.IGNORECASE)  # fmt: skip
_LOOKED_FOR = re.compile(r"\b(?:songs?|tracks?|tunes?|music|records?|recrods|stuff|something|anything|everything|ones|what else|which|who'?s|find|search|look for|grab|pull|get me|show|play|got|my (?:library|collection|files)|numbers)\b", re.IGNORECASE)  # fmt: skip


def _matched(clause: Clause, draft: Draft) -> bool:
    """Take "tracks in this one's key and about as fast", "who's within a few bpm of Blue Harbor and in its key"."""
    key, pace = bool(_KEY.search(clause.text)) and not clause.keys, bool(_PACE.search(clause.text))
    if not (key or pace) or clause.tempi or not _SHARES.search(clause.text) or not _LOOKED_FOR.search(clause.text):
        return False
    if _is_order(clause) or _MADE.search(clause.text) or (clause.match(r" (?:keep|change|transpose|same list|what key|which key|what tempo|whats|what is|how fast|key of [a-g]|intro|outro|beat|melody|loop|bass ?line|stay\w*) ") and not clause.match(r" (?:tempo|key|speed) of (?:my|our|this|the) (?:beat|loop|melody) ")):  # fmt: skip
        return False
    if clause.is_question and clause.match(r" (?:is|are|does|do) (?:it|this|that|they|these|the \w+) (?!any)(?:\w+ )*(?:same|in|at|share) "):  # fmt: skip
        return False
    named = mentions(clause, draft)
    source = named[0].target if named else None
    if source is None and draft.arena == "list" and not clause.match(r" (?:this|that|its|it|as|playing) "):
        return False
    source = source or (draft.it if draft.it and not _told_artists(draft) else None)
    if source is None:
        return False
    finding.match_with(clause, draft, source, {name for name, wanted in (("key", key), ("bpm", pace)) if wanted})
    return True


# -- a line of its words -----------------------------------------------------------------------------
_QUOTED = re.compile(r"[\"“«]([^\"”»]{3,})[\"”»]|(?<!\w)['‘](.{3,}?)['’](?!\w)")
_SAID = re.compile(r"\b(?:text|title|titled|call it|name it|rename|tag|write|sing|set|make|generate|create|compose|add|with (?:the|these) (?:words|lyrics)|export|save|folder|playlist called)\b", re.IGNORECASE)  # fmt: skip
_SONG_GOES = re.compile(r"^\W*(?:what'?s|what is|which is|who (?:does|sings|sang|did)|name|find(?: me)?|you know|it'?s|play(?: me)?)?\s*(?:that|the|this) (?:song|one|track|tune|number|record|thing)(?: (?:that |which )?(?:goes|going|went|with|says|saying|is like|like))?\s*[,:…-]+\s*(?P<line>(?:[\w'’]+[\s,]*){4,}?)(?:\s*(?:you know the one|do you know it|what is it|please))?\W*$", re.IGNORECASE)  # fmt: skip
_KNOWN_LINE = re.compile(r"^(?P<line>.{12,}?)\W+(?:you know the one|you know it|what(?:'s| is) that(?: (?:one|song))?|how does (?:it|that) go(?: again)?|what(?:'s| is) it called|(?:can you )?find (?:that|it)(?: song| one)?|that one|remember(?: it| that)?|where'?s that(?: from)?)\W*$", re.IGNORECASE)  # fmt: skip


def _whole_line(text: str, draft: Draft) -> bool:
    """Take a line that is only sung on: "what's that song, na na na hey hey goodbye", "… you know the one"."""
    line = _SONG_GOES.match(text) or (_KNOWN_LINE.match(text) if not _audible(draft) else None)
    if not line or _QUOTED.search(text) or draft.state.attached or Clause(text).genres or Clause(text).instruments:
        return False
    names = [name for name in draft.names if name.kind == "title"]
    draft.add("retrieve", {"query": names[0].name if names else line["line"].strip(" ,.…")})
    return True


def _line(clause: Clause, draft: Draft) -> bool:
    """Take a quoted line of a song: "who sings 'x'?", "which of these says 'x'?", "got 'x' stuck in my head"."""
    quote = _QUOTED.search(clause.text)
    if quote is None:
        return False
    said = (quote[1] or quote[2]).strip(" ,.")
    around = f"{clause.text[: quote.start()]} {clause.text[quote.end() :]}"
    if _SAID.search(around) or (len(said.split()) < 2 and not re.search(r"\b(?:look up|play|find|put on|hear)\b", around, re.IGNORECASE)):  # fmt: skip
        return False
    if any(
        (thing := draft.thing(m.target)) and thing.title and thing.title.lower() in said.lower()
        for m in mentions(clause, draft)
    ):
        return False  # a title of the list in quotation marks
    if draft.arena == "piece" and draft.steps:
        return False
    args: dict[str, Any] = {"query": said}
    artists = [n for n in names_in(clause, draft) if n.kind == "artist"]
    by = re.search(r"\bby\s+((?:[A-Z][\w.&'’-]*\s*)+)|\(([A-Z][^)]{1,40})\)", clause.text[quote.end() :])
    artist = artists[0].name if artists else (by[1] or by[2]).strip() if by else ""
    if artist:
        args["filters"] = {"artist": artist}
    draft.add("retrieve", args)
    return True


# -- one song ----------------------------------------------------------------------------------------
_HERE = r"(?:\s+(?:at all|in here|in there|on here|here|anywhere|somewhere|in (?:my|our|the|this) (?:files|library|collection|archive|catalogue|house|system)|on (?:my|our|the|this) (?:drive|shelf|shelves|disk|server|machine|computer)|by any chance|already|lying around|too|please|pls|right|knocking about|or not|to hand|handy|anymore|any more|still))*"
_OWNED = re.compile(rf"^\W*(?:(?:so |hey |and |ok |oh |also )*(?:(?:do|did) (?:i|we|you)(?: (?:still|even|actually|already|happen to))* (?:have|own|got|hold|possess|keep|buy|ever buy|include|stock)|have (?:i|we|you)(?: (?:still|even|actually|already))* got|(?:is|are) there|(?:got|own|any)\b|where(?:'s| is| are) (?:my|our|the)(?: (?:copy|copies|recording|version|album|song|track)s?)?(?: of)?|(?:is|are|isn'?t) (?=.*\b(?:in (?:my|the|our|here|there)|on (?:my|the|here)|here|there)\b))(?: (?:any|some|anything|something|stuff|a copy of|the song|the track|the tune|a song called|a track called|songs|tracks|music|records|albums)(?: (?:by|from|called|of))?)*)\s+(?P<what>.+?){_HERE}\s*[?.!]*$", re.IGNORECASE)  # fmt: skip
_CUED = re.compile(r"^\W*(?:(?:can|could|would|will) (?:you|we|i) |please |hey |now |just |and |go |let'?s |lemme |let me |i (?:want|need|would like|'d like|'d love|wanna) (?:to )?|i'?d (?:like|love) (?:to )?|i'?m after |i fancy )*(?:play|put|stick|whack|pop|chuck|throw|bung|fire|cue|queue|spin|hear|listen to|blast|bring|crank|drop|stream|start|run|look|load|get|sling|give|plya|paly|find|search|dig|pull|fetch|need|want|how about|what about|some)(?: (?:up|on|for|me|us|a|again|out|to|that|the|some|song|track|tune|album|record|number|called|named|recording|any|more of))*\s+(?P<what>.+?)(?:\s+(?:on|up|again|please|pls|plz|for me|would you|would ya|now|next|thanks|will you|mate|then|and turn it up|if you (?:can|have it)))*\s*[?.!]*$", re.IGNORECASE)  # fmt: skip
_NUMBER_BY = re.compile(r"^(?:that|the|this|some)?\s*(?P<artist>(?:[A-Z][\w.&'’-]*\s*)+?)\s+(?:number|one|song|track|tune|record|classic|hit)\s*[,:–-]*\s*(?:called |named )?(?P<title>[A-Z].*)?$")  # fmt: skip
_BY = re.compile(r"^(?P<title>.+?)\s+(?:by|from|off|de|von|di)\s+(?P<artist>(?:the\s+)?[A-Z0-9].*)$")
_PROPER = re.compile(r"^(?:(?:the|that|some|a|my)\s+)?[A-Z0-9ÁÀÂÄÅÉÈÍÓÖÚÜÑÇ][\w'’.-]*(?:[\s,]+(?:[A-Z0-9ÁÀÂÄÅÉÈÍÓÖÚÜÑÇ][\w'’.-]*|of|the|in|and|to|a|de|do|da|la|le|el|on|for|my|your|with|&))*$")  # fmt: skip


def _bare_name(clause: Clause, draft: Draft) -> dict[str, Any] | None:
    """Return the search for a title of the library that is all that was said: "wonderwall pls"."""
    titles = [name for name in names_in(clause, draft) if name.kind == "title"]
    if draft.arena == "piece" or draft.steps or len(titles) != 1:
        return None
    artists = [name for name in names_in(clause, draft) if name.kind == "artist"]
    said = clause.text
    for name in (*titles, *artists):
        said = said.replace(draft.message[name.start : name.end], " ")
    if {word.plain for word in words_of(said)} - {
        "please",
        "pls",
        "plz",
        "by",
        "from",
        "the",
        "song",
        "track",
        "s",
        "now",
        "next",
        "thanks",
    }:
        return None
    return {"query": titles[0].name, **({"filters": {"artist": artists[0].name}} if artists else {})}


def _capitals(text: str) -> str:
    """Return the name that a text begins with: words up to the first that is written small."""
    name = re.match(r"(?:(?:[A-Z0-9]\S*|of|the|and|&|de|la|van|von|y)(?:\s+|$))+", text)
    return re.sub(r"(?:\s+(?:of|the|and|&|de|la|van|von|y))+$", "", (name[0] if name else text).strip(" ,.'’!?"))


def _one_song(clause: Clause, draft: Draft) -> bool:
    """Take "do I have Teardrop by Massive Attack?", "stick on that Kate Bush number, Cloudbusting"."""
    owned = _OWNED.match(clause.text)
    asked = owned or _CUED.match(clause.text)
    bare = None if asked else _bare_name(clause, draft)
    if bare:
        draft.add("retrieve", bare)
        return True
    if not asked or clause.genres or clause.durations or clause.tempi or "“" in clause.text:
        return False
    if draft.arena == "piece" and not owned:
        return False
    what = asked["what"].strip(" ,.;!?")
    titles = [n for n in names_in(clause, draft) if n.kind == "title"]
    artists = [n for n in names_in(clause, draft) if n.kind == "artist"]
    if mentions(clause, draft) and not titles:
        return False
    args: dict[str, Any] = {}
    if by := _BY.match(what) or _NUMBER_BY.match(what):
        args = {"query": titles[0].name if titles else (by["title"] or "").strip(" ,'\"‘’“”")}
        artist = artists[0].name if artists else _capitals(by["artist"])
        args["filters"] = {"artist": artist}
        if not args["query"]:
            args.pop("query")
    elif titles and owned:
        args = {"query": titles[0].name, **({"filters": {"artist": artists[0].name}} if artists else {})}
    elif artists and not (draft.arena == "list" and clause.match(r" (?:more|only|just|no|not|less|another|other|else) ")) and not leftover(Clause(what.replace(draft.message[artists[0].start : artists[0].end], "")), criteria.Criteria()):  # fmt: skip
        args = {"filters": {"artist": artists[0].name}}
    elif (
        owned
        and draft.arena != "piece"
        and _PROPER.match(what)
        and not (artists or titles or clause.moods or clause.instruments)
    ):
        args = {"query": what}
    if not args:
        return False
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
    counted = re.search(rf"\b(\d{{1,2}}|{_COUNT})\b", clause.text, re.IGNORECASE)
    if counted and not any(low <= counted.start() < high for low, high in spans):
        number = numbers_in(counted[1])
        value = int(number[0].value) if number else 12 if "dozen" in counted[1].lower() else 0
        if value > 1:
            args["k"] = value
    criteria.apply(found, args, draft)
    return True


_COUNT = r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|(?:a )?dozen"


def _how_many_more(clause: Clause) -> int | None:
    counted = re.search(rf"\b(\d{{1,2}}|{_COUNT})\s+(?:more|others?|extra|further|additional)\b", clause.text, re.IGNORECASE)  # fmt: skip
    number = numbers_in(counted[1]) if counted else []
    return int(number[0].value) if number else 12 if counted and "dozen" in counted[1].lower() else None


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


def _about_parts(clause: Clause) -> bool:
    return bool(clause.bars or clause.intervals or clause.decibels or clause.loudnesses or clause.chords)


# -- what it is about --------------------------------------------------------------------------------
_THEME = re.compile(r"\b(?:about|(?:on|with) the (?:subject|topic|theme) of|on the theme of|mention(?:s|ing|ed)?|deal(?:s|ing)? with|(?:sing(?:s|ing)?|talk(?:s|ing)?|speak(?:s|ing)?|tell(?:s|ing)?) (?:of|about)|lyrics?[- ]wise|word[- ]wise|(?:the )?(?:words|lyrics) (?:matter|count|are what)|whose (?:words|lyrics)|lyrical(?:ly)?|theme[sd]?|subject)\b", re.IGNORECASE)  # fmt: skip
_OF_A_PIECE = re.compile(r"\b(?:what(?:'s| is| are)|tell me) (?:\w+ ){0,3}about\b|\bhow about\b|\bwhat about\b|\bwhat abuot\b|\babout (?:it|this|that|the (?:first|second|third|fourth|fifth|last)|number|\d|them|these|a (?:minute|third|half|quarter))\b", re.IGNORECASE)  # fmt: skip


def _theme(clause: Clause, draft: Draft) -> bool:
    """Take "ones that mention dogs", "drinking alone, lyrics-wise" while a list is in reach: a search of its own."""
    if draft.arena != "list" or mentions(clause, draft) or names_in(clause, draft) or _MADE.search(clause.text):
        return False
    text = re.sub(r"^\W*(?:ok(?:ay)?|so|and|now|well|then|how about|what about|what abuot|new search:?|different (?:thing|search):?)[\s,:]+", "", clause.text, flags=re.IGNORECASE)  # fmt: skip
    said = Clause(re.sub(r"^\W*(?:what about|what abuot|how about)\s+", "", text, flags=re.IGNORECASE))
    theme = _THEME.search(said.text)
    if not theme or _OF_A_PIECE.search(said.text) or clause.tempi or (clause.verb("caption", "transcribe", "tag") and clause.head in _ORDERS):  # fmt: skip
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


_WISHES: tuple[Callable[[Clause, Draft], bool], ...] = (_line, _identified, _neighbours, _matched, _alike, _more, _narrowed, _anything, _one_song, _theme)  # fmt: skip
