"""Wishes for one song: what a clip is, the song of a line, a song by its title and who made it."""

import re
from typing import Any

from segue.agent.language import criteria, cues
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.query import leftover
from segue.agent.language.reference import mentions, names_in
from segue.agent.language.wish_words import QUOTED, audible, is_order
from segue.tools.core.vocabulary import words_of

# -- what is this? -----------------------------------------------------------------------------------
NAMING = re.compile(
    r"\b(?:shazam|soundhound|identif\w+|recogni[sz]\w*|name (?:this|that|the|it|me)|(?:the |its |a )?(?:name|title) (?:of|for|to|on|is)|put a (?:name|title) (?:to|on)|pin (?:this|that|it|\w+ \w+)? ?down|track (?:this|that|it) down|ring(?:s)? (?:a|any) bells?|(?:what|which)(?:'?s| is| are| was)? ?(?:the )?(?:song|track|tune|piece|record|recording|number|title|name|artist|band|one)\b(?! (?:has|have|is (?:in|at|the \w+est)|goes|says|sounds))|what(?:'?s| is| was|ever)? (?:it|this|that)(?: (?:is|called|from|again|then|one|thing|song|track|tune|piece|here|was|might be|could be))*(?=\W*$|,)|waht (?:is )?(?:it|this|that)|who(?:'?s| is| was| are)? (?:this|it|that|these)(?: (?:by|from))|who (?:made|makes|plays|played|sings?|sang|wrote|recorded|performs?|did|does|'?s (?:singing|playing)) (?:this|that|it)|(?:am i|i'?m) (?:listening to|humming|hearing|singing|whistling|playing)|know (?:this|that|the|what|which|who|it)|called|any (?:idea|clue|guess) (?:what|which|who)|(?:already )?(?:own|have) (?:this|that|it)|(?:in|part of|from|anywhere in) my (?:library|collection|files|shelf|shelves)|one of mine|(?:i |we )already (?:own|have)|guess (?:the|this|that|what|which)|(?:the )?original (?:of|song|version|recording)|original\b(?=\W*$)|match (?:it|this|that|my \w+) (?:to|with|against)|what i(?:'?m| am| was) (?:humming|whistling|singing)|find (?:it|this|that)(?= *$|,)|what'?s (?:playing|on)|heard (?:this|that|it) (?:before|somewhere))\b",
    re.IGNORECASE,
)  # fmt: skip
_HEARD_AS = r" (?:like|similar|sounds?|resembl\w+|tempo|bpm|chords?|notes?|mood|genre|instruments?|lyrics|style|kind|sort|loud\w*|drums?|bass|vocals?|about|sections?|chorus|verse|wrong|describe|sound|long|fast|slow|happens?|version|stems?|cut|mode|meter|metre|scale|recorded|made (?:on|with|in)|ai|human|format|title the|call it|name it|it something|same) "  # fmt: skip


_VAGUELY = r" (?:(?:listening to|hearing)|(?:what|whats|waht)(?: is| s)? (?:it|this|that)) "


def identified(clause: Clause, draft: Draft) -> bool:
    """Take "what's this?", "ring a bell?", "do I own this?" about a clip of the user's own; key and tempo are measured where they are asked for too."""
    if not audible(draft) or "“" in clause.text or is_order(clause) or not NAMING.search(clause.text):
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


# -- a line of its words -----------------------------------------------------------------------------
_SAID = re.compile(r"\b(?:text|title|titled|call it|name it|rename|tag|write|sing|set|make|generate|create|compose|add|with (?:the|these) (?:words|lyrics)|export|save|folder|playlist called)\b", re.IGNORECASE)  # fmt: skip
_SONG_GOES = re.compile(r"^\W*(?:what'?s|what is|which is|who (?:does|sings|sang|did)|name|find(?: me)?|you know|it'?s|play(?: me)?)?\s*(?:that|the|this) (?:song|one|track|tune|number|record|thing)(?: (?:that |which )?(?:goes|going|went|with|says|saying|is like|like))?\s*[,:…-]+\s*(?P<line>(?:[\w'’]+[\s,]*){4,}?)(?:\s*(?:you know the one|do you know it|what is it|please))?\W*$", re.IGNORECASE)  # fmt: skip
_KNOWN_LINE = re.compile(r"^(?P<line>.{12,}?)\W+(?:you know the one|you know it|what(?:'s| is) that(?: (?:one|song))?|how does (?:it|that) go(?: again)?|what(?:'s| is) it called|(?:can you )?find (?:that|it)(?: song| one)?|that one|remember(?: it| that)?|where'?s that(?: from)?)\W*$", re.IGNORECASE)  # fmt: skip


def whole_line(text: str, draft: Draft) -> bool:
    """Take a line that is only sung on: "what's that song, na na na hey hey goodbye", "… you know the one"."""
    line = _SONG_GOES.match(text) or (_KNOWN_LINE.match(text) if not audible(draft) else None)
    if not line or QUOTED.search(text) or draft.state.attached or Clause(text).genres or Clause(text).instruments:
        return False
    names = [name for name in draft.names if name.kind == "title"]
    draft.add("retrieve", {"query": names[0].name if names else line["line"].strip(" ,.…")})
    return True


def line(clause: Clause, draft: Draft) -> bool:
    """Take a quoted line of a song: "who sings 'x'?", "which of these says 'x'?", "got 'x' stuck in my head"."""
    quote = QUOTED.search(clause.text)
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


_ANY = frozenset(["music", "stuff", "something", "anything", "some", "any", "more", "the", "a", "all", "everything", "what", "whatever"])  # fmt: skip


_COUNTRIES = frozenset(["Africa", "America", "Argentina", "Asia", "Australia", "Austria", "Belgium", "Brazil", "Britain", "Canada", "Chile", "China", "Colombia", "Cuba", "Denmark", "Egypt", "England", "Ethiopia", "Europe", "Finland", "France", "Germany", "Ghana", "Greece", "Hungary", "Iceland", "India", "Indonesia", "Iran", "Ireland", "Israel", "Italy", "Jamaica", "Japan", "Kenya", "Korea", "Lebanon", "Mali", "Mexico", "Mongolia", "Morocco", "Nigeria", "Norway", "Pakistan", "Peru", "Poland", "Portugal", "Romania", "Russia", "Scandinavia", "Scotland", "Senegal", "Serbia", "Spain", "Sweden", "Switzerland", "Syria", "Thailand", "the USA", "Tunisia", "Turkey", "Ukraine", "the UK", "the US", "Vietnam", "Wales"])  # fmt: skip
_CUE = frozenset(["play", "put", "hear", "listen", "to", "on", "cue", "spin", "start", "stick", "can", "could", "i", "we", "you", "me", "us", "for", "the", "one", "song", "track", "number", "take", "please", "now", "it", "this", "that", "again", "let", "lets", "just", "of", "them", "up", "would", "want", "like", "no", "tune", "and", "ok", "out", "loud", "then"])  # fmt: skip


def _pointed(clause: Clause, draft: Draft) -> Target | None:
    """Return the one thing in reach that "play the second one" or "play it" points at; None where more is said."""
    named = mentions(clause, draft)
    if len(named) > 1 or names_in(clause, draft) or clause.has("similar", "like this", "like that", "like it"):
        return None
    spans = [(m.start, m.end) for m in named]
    said = {word.plain for word in clause.words if not any(low <= word.start < high for low, high in spans)}
    pronoun = draft.arena == "list" and bool(said & {"it", "this", "that"})
    target = named[0].target if named else draft.it if pronoun else None
    return target if target and "id" in target and said <= _CUE and clause.verb("play") else None


def one_song(clause: Clause, draft: Draft) -> bool:
    """Take "do I have Teardrop by Massive Attack?", "stick on that Kate Bush number, Cloudbusting"."""
    owned = _OWNED.match(clause.text)
    asked = owned or _CUED.match(clause.text)
    bare = None if asked else _bare_name(clause, draft)
    if bare:
        draft.add("retrieve", bare)
        return True
    if asked and not owned and (pointed := _pointed(clause, draft)):
        draft.add("retrieve", {"among": [pointed], "k": 1})
        return True
    if not asked or clause.genres or clause.durations or clause.tempi or "“" in clause.text:
        return False
    if draft.arena == "piece" and not owned:
        return False
    what = asked["what"].strip(" ,.;!?")
    titles = [n for n in names_in(clause, draft) if n.kind == "title"]
    artists = [n for n in names_in(clause, draft) if n.kind == "artist"]
    if (mentions(clause, draft) and not titles) or criteria.read(clause, draft).filters.get("exclude_artists"):
        return False
    args: dict[str, Any] = {}
    by = _BY.match(what) or _NUMBER_BY.match(what)
    if by and not artists and (clause.years or not re.search(r"[^\W\d_]", _capitals(by["artist"]))):
        return False  # "music from the 1970s", "from 2000 or later"
    if by and not artists and _capitals(by["artist"]) in _COUNTRIES:
        return False
    if by:
        args = {"query": titles[0].name if titles else (by["title"] or "").strip(" ,'\"‘’“”")}
        if not titles and {word.plain for word in words_of(args["query"])} <= cues.SONGS | cues.PIECES | _ANY:
            args["query"] = ""
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
