"""Messages that turn the search around as a whole: corrections, "now someone else", a path from one music to another."""

import copy
import re
from typing import Any

from segue.agent.dialogue import Known
from segue.agent.language import criteria
from segue.agent.language.clause import Clause
from segue.agent.language.curve import curve
from segue.agent.language.draft import Draft, Target
from segue.agent.language.query import how_many
from segue.agent.language.reference import group, mentions, names_in
from segue.tools.core.vocabulary import genres_in, numbers_in, years_in

_SEEDS = 3  # tracks of an artist that stand for the artist

# -- "it's Celine Dion I wanted", "70s, not 90s" ---------------------------------------------------------
_SLIP = r"(?:sorry|oops|whoops|ah|oh|no|nope|wait|hang on|hold on|correction|erratum|typo|my (?:bad|mistake|error|fault)|i misspoke|i mistyped|slip of the (?:tongue|finger|keyboard)|wrong (?:one|artist|decade|genre|name|singer|band|style)|that'?s wrong|that'?s not (?:it|right|what i meant|who i meant))"  # fmt: skip
_WANTED = r"(?:wanted|meant|was after|asked for|had in mind|was looking for|was thinking of|intended|was going for)"
_INSTEAD = r"(?:,?\s*(?:and )?(?:not|instead of|rather than|in place of)\s+(?:the |that |any )?(?P<wrong>[^,;.!?]+))?"
_CORRECTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:{_SLIP}[\s,:;.!-]+)*(?:(?:it|that)(?:'?s| is| was) )?(?P<right>[^,;.!?]+?) (?:that |who |which )?(?:is |was )?(?:what |who )?(?:i|we) {_WANTED}\b{_INSTEAD}(?P<rest>.*)$",
        rf"^(?:{_SLIP}[\s,:;.!-]+)*(?:i|we) (?:actually |really |obviously )?(?:meant|mean|said|wanted|was thinking of|was after) (?:to say |to type )?(?P<right>[^,;.!?]+?){_INSTEAD}(?P<rest>(?:[,;.!?]|\band\b).*)?$",
        rf"^(?:{_SLIP}[\s,:;.!-]+)*(?:it|that|this)? ?(?:should (?:be|have been|read)|was supposed to be|was meant to be|ought to be|ought to have been) (?P<right>[^,;.!?]+?){_INSTEAD}(?P<rest>(?:[,;.!?]|\band\b).*)?$",
        rf"^(?:{_SLIP}[\s,:;.!-]+)*not (?:that |the |this |any )?(?P<wrong>[^,;.!?]+?)(?:,? (?:but|it'?s|rather)(?: rather)?|,) (?:the )?(?P<right>[^,;.!?]+?)(?P<rest>(?:[,;.!?]|\band\b).*)?$",
        rf"^(?:{_SLIP}[\s,:;.!-]+)*(?:it'?s |that'?s |the )?(?P<right>[^,;.!?]+?),? (?:not|instead of|rather than) (?:the |that )?(?P<wrong>[^,;.!?]+?)(?P<rest>(?:[,;.!?]|\band\b).*)?$",
        rf"^(?:{_SLIP}[\s,:;.!-]+)+(?:i'?m|i am|we'?re|i was) (?:after|looking for|asking for) (?P<right>[^,;.!?]+?){_INSTEAD}(?P<rest>(?:[,;.!?]|\band\b).*)?$",
        rf"^(?:{_SLIP}\s*[,:;.!-]+\s*|(?:sorry|oops|whoops|correction|typo)\s+)(?:it'?s |that'?s )?(?P<right>[^,;.!?]+?)(?P<rest>[,;.!?].*)?$",
    )
)
_SLIPPED = re.compile(rf"{_SLIP}\s*(?:[,:;.!-]|(?<=sorry)|(?<=oops)|(?<=correction)|(?<=typo))", re.IGNORECASE)
_BY_THE_WAY = frozenset(["the", "some", "music", "songs", "song", "tracks", "by", "from", "that", "singer", "band", "of", "actually", "really", "one", "stuff", "a", "an", "rather", "and", "artist", "in", "ones"])  # fmt: skip
_GIVE = re.compile(r"\b(?:give|show|get|play|find|make it|want|need)(?: me| us)? (\d{1,2}|\w+?)(?: of (?:them|those|these)| songs| tracks| ones| results)?\s*[.!]*$", re.IGNORECASE)  # fmt: skip


def correct(clause: Clause, draft: Draft) -> bool:
    """Take "it's Celine Dion I wanted", "correction: folk instead of jazz", "70s, not 90s"."""
    search = draft.state.search
    if draft.arena != "list" or not search or clause.formats:
        return False
    for at, pattern in enumerate(_CORRECTIONS):
        match = pattern.search(clause.text)
        if match is None:
            continue
        wrong = match.groupdict().get("wrong") or ""
        if at >= 3 and not (wrong and _in_force(wrong, draft)) and not _SLIPPED.match(clause.text):
            continue
        if _put_right(match["right"].strip(" ,"), search, draft):
            rest = _GIVE.search(match["rest"] or "")
            if rest and (count := numbers_in(rest[1])) and draft.refined is not None:
                draft.refined["k"] = int(count[0].value)
            return True
    return False


def _in_force(words: str, draft: Draft) -> bool:
    """Tell whether words say something that the search in force asks for."""
    search, shown = draft.state.search, draft.state.shown
    filters = search.get("filters") or {}
    said = words.strip().lower()
    held = " ".join([str(search.get("query", "")), str(filters.get("artist", "")), str(filters.get("genre", "")), shown.label if shown else ""]).lower()  # fmt: skip
    if any(word in held.split() for word in re.findall(r"\w{3,}", said)):
        return True
    return bool(years_in(words)) and ("year_min" in filters or "year_max" in filters)


def _put_right(right: str, search: dict[str, Any], draft: Draft) -> bool:
    """Put the right name, genre or years into the search in force, where that is all that was said."""
    said = Clause(right)
    names = [name for name in names_in(said, draft) if name.ids or name.kind == "artist"]
    found = criteria.read(said, draft)
    args = copy.deepcopy({key: value for key, value in search.items() if key not in ("among", "k")})
    filters: dict[str, Any] = args.setdefault("filters", {})
    spans = [(f.start, f.end) for f in said.genres] + [(f.start, f.end) for f in said.years]
    left = {word.plain for word in said.words if not any(low <= word.start < high for low, high in spans)}
    for name in names:
        left -= set(re.findall(r"\w+", name.name.lower())) | set(re.findall(r"\w+", draft.message[name.start : name.end].lower()))  # fmt: skip
    if left - _BY_THE_WAY or not (names or spans):
        return False
    target = right
    if names:
        target = names[0].name
        if names[0].kind == "title":
            args = {"query": target, "k": 1}
        elif filters.get("artist") or not args.get("query"):
            filters["artist"] = target
        else:
            args = {"filters": {"artist": target}}
    elif said.years:
        for gone in ("year_min", "year_max"):
            filters.pop(gone, None)
        filters |= {key: value for key, value in found.filters.items() if key.startswith("year")}
    else:
        target = right[said.genres[0].start : said.genres[0].end]
        query = str(args.get("query", ""))
        for genre in reversed(genres_in(query)):
            query = f"{query[: genre.start]}{query[genre.end :]}"
        if "genre" in filters:
            filters["genre"] = target
        args["query"] = " ".join(f"{query} {target}".split())
    if not args.get("filters"):
        args.pop("filters", None)
    draft.say("correct", target)
    draft.refined = args
    draft.add("retrieve", args)
    return True


# -- "great, now someone else" ---------------------------------------------------------------------------
_PEOPLE = r"(?:someone|somebody|people|artists?|bands?|acts?|singers?|musicians?|groups?|performers?|songwriters?|composers?|rappers?|names?|faces?|voices)"  # fmt: skip
_NEXT = (
    rf" (?:(?:some|an|any|a few|the) )?(?:other|others|another|different|new|similar|related|fresh|comparable|kindred) (?:but \w+ )?{_PEOPLE} "
    rf"| {_PEOPLE} (?:else|new|different|other|similar|comparable|like (?:him|her|them|that|this|it)) | whos (?:next|similar|comparable) | who is (?:next|similar|comparable) $| who else(?: (?:is there|sounds|does|have you|do you|plays|makes|sings)| $)| (?:next|another) {_PEOPLE} | (?:move|moving) on to (?:someone|somebody|another|other|some other|others) "
)  # fmt: skip
_PRAISED = r" (?:perfect|great|lovely|brilliant|love|loved|adored?|adore|happy with|nice|wonderful|awesome|excellent|fantastic|a real find|thanks|cheers|good|enjoyed|amazing|superb|top|cool|liked) "  # fmt: skip
_LIKE_THEM = (
    r" (?:others?|more|something|music) (?:like|similar to|close to|in the style of) (?:them|him|her|those|these) "
)


_PERSONS = frozenset(["someone", "somebody", "anyone", "anybody", "people", "artist", "artists", "band", "bands", "act", "acts", "singer", "singers", "musician", "musicians", "group", "groups", "performer", "performers", "songwriter", "songwriters", "composer", "composers", "rapper", "rappers", "name", "names", "face", "faces", "voice", "voices", "folks", "players", "somebody"])  # fmt: skip
_OTHERS = frozenset(["else", "other", "others", "another", "different", "new", "similar", "fresh", "comparable", "related", "kindred", "next", "alike", "unfamiliar"])  # fmt: skip
_KINDRED = re.compile(r" (?:(?:in|along|of|with|has|have) (?:the |a )?(?:same|similar|that|this|those|these) (?:\w+ )?(?:vein|lines?|style|spirit|mould|kind|sort|vibe|feel|feeling|mood|mode|school|ilk|sound|league)|like (?:her|him|them|that|this|it|these|those)|might as well be|could (?:almost )?be (?:her|him|them)|could pass for|reminiscent|sounds? (?:like|similar|alike)|similar|comparable|along the lines|same (?:spirit|vibe|feel|mood|style|sound|vein|energy)) ")  # fmt: skip
_RATIONED = re.compile(r",?\s*\b(?:(?:just |only |max(?:imum)? |at most )?(?:one|two|three|1|2|3) (?:songs?|tracks?|tunes?)?\s*(?:each|per|from each|by each)(?: \w+)?)\b", re.IGNORECASE)  # fmt: skip


def heard(text: str, draft: Draft) -> bool:
    """Take a message that asks for other people like those who were heard, praise and all."""
    if draft.arena != "list" or draft.state.attached:
        return False
    clause = Clause(text)
    if clause.verb("make", "export", "sort", "caption", "transcribe", "remove", "tag") or clause.starts("why", "who is", "whos", "what is"):  # fmt: skip
        return False
    held = (draft.state.search.get("filters") or {}).get("artist")
    return bool(held or playing(draft)) and _elsewhere(Clause(_RATIONED.sub("", text)), draft) and pivot(clause, draft)


def _elsewhere(clause: Clause, draft: Draft) -> bool:
    """Tell whether people are asked for who are others, or kindred to those who were heard."""
    words = {word.plain for word in clause.words}
    if not words & _PERSONS and not ("who" in words and words & {"else", "others"}):
        return False
    foreign = clause.match(r" (?:not|isnt|arent|other than|but not|except|no more) ") is not None and bool(names_in(clause, draft))  # fmt: skip
    return bool(words & _OTHERS) or (bool(_KINDRED.search(clause.plain)) and (foreign or not names_in(clause, draft)))


def playing(draft: Draft) -> Target | None:
    """Return the track of the list that was gone to; None where it is just the first one shown."""
    shown, focus = draft.state.shown, draft.state.focus
    return {"id": focus[0]} if shown and focus and focus[0] in shown.ids and focus[0] != shown.ids[0] else None


def pivot(clause: Clause, draft: Draft) -> bool:
    """Take "adored number five; same spirit, other musicians": neighbours of what was liked, by others."""
    shown = draft.state.shown
    if draft.arena != "list" or shown is None or shown.kind != "tracks" or clause.verb("make", "export"):
        return False
    rationed = Clause(_RATIONED.sub("", clause.text))
    nexts = clause.match(_NEXT) or _elsewhere(rationed, draft)
    if not nexts and not (clause.match(_PRAISED) and clause.match(_LIKE_THEM)):
        return False
    if (
        clause.match(rf" (?:(?:no|not|without|dont|skip) (?:\w+ )?|(?:per|each|same|by) ){_PEOPLE} ")
        and rationed.match(rf" (?:(?:no|without|dont|skip) (?:\w+ )?|(?:per|each|same) ){_PEOPLE} ")
    ) or clause.starts("why"):
        return False
    artists = [name for name in names_in(clause, draft) if name.kind == "artist"]
    if artists and not any(draft.state.thing(id) for name in artists for id in name.ids):
        return False  # "other bands like Oasis" while no Oasis is shown
    seeds = _liked(clause, draft, artists)
    if not seeds and draft.state.search.get("query"):
        return False  # all that was shown stays out: the rules of the list do that
    chosen = seeds or [{"id": id} for id in shown.ids[:_SEEDS]]
    gone = [thing.artist for target in chosen if (thing := draft.thing(target)) and thing.artist]
    wanted = (draft.state.search.get("filters") or {}).get("artist")
    filters = copy.deepcopy(draft.state.search.get("filters") or {})
    filters.pop("artist", None)
    others = [wanted] if wanted and (not seeds or not gone) else gone
    filters["exclude_artists"] = list(dict.fromkeys([*filters.get("exclude_artists", []), *others]))
    args: dict[str, Any] = {"like": chosen, "action": "similar", "filters": filters}
    found = criteria.read(clause, draft)
    for name in ("artist", "exclude_artists", "exclude"):
        found.filters.pop(name, None)
    found.hold.clear()
    criteria.apply(found, args, draft)
    for target in seeds if clause.match(_PRAISED) or not playing(draft) else []:
        draft.say("like", _ref(target))
    draft.refined = args
    draft.add("retrieve", args)
    return True


def _ref(target: Target) -> Any:  # noqa: ANN401 - a Ref, made by the model
    from segue.agent.plan import Ref

    return Ref(id=target["id"])


def _liked(clause: Clause, draft: Draft, artists: list[Known]) -> list[Target]:
    """Return the tracks that a clause speaks well of: by number, by title, by artist, or "this one"."""
    named = [m.target for m in mentions(clause, draft) if "id" in m.target]
    if named:
        return named
    shown = draft.state.shown
    ids = [id for name in artists for id in name.ids if shown and id in shown.ids]
    if ids:
        return [{"id": id} for id in ids[:_SEEDS]]
    pointed = clause.match(
        r" (?:this one|that one|this (?:song|track|artist|band|singer)|like it|happy with (?:this|it)) "
    )
    return [draft.it] if (pointed or playing(draft)) and draft.it and "id" in draft.it else []


# -- "slide from Oasis to bossa nova" --------------------------------------------------------------------
_SLOWLY = r"(?:slowly|gradually|gently|smoothly|naturally|seamlessly|bit by bit|step by step|little by little|over time|by degrees|in small steps|gradual|smooth|seamless|gentle|piece by piece|one step at a time|in that order)"  # fmt: skip
_STEP = re.compile(rf"\b(?:{_SLOWLY}|slid(?:e|es|ing)|drift(?:s|ing)?|glid(?:e|es|ing)|segue(?:s|ing)?|eas(?:e|es|ing)|mov(?:e|es|ing)|go(?:es|ing)?|travel(?:s|ling|ing)?|wander(?:s|ing)?|morph(?:s|ing)?|trip|journey|path|road|bridge|walk(?:s|ing)?|evolv(?:e|es|ing)|transition(?:s|ing)?|shift(?:s|ing)?|flow(?:s|ing)?|lead(?:s|ing)?|way|route|tour|ride|voyage|arc|progress(?:es|ing|ion)?|take (?:me|us)|get (?:me|us)|guide (?:me|us)|playlist|mix|set|blend(?:s|ing)?|merg(?:e|es|ing)|melt(?:s|ing)?|cross ?fad(?:e|es|ing)|steer(?:s|ing)?|sail(?:s|ing)?|float(?:s|ing)?|bring (?:me|us)|connect(?:s|ing)?|link(?:s|ing)?|turn(?:s|ing)? into|becom(?:e|es|ing)|transform(?:s|ing)?|mutat(?:e|es|ing)|work(?:s|ing)? (?:my|our|its|your) way|crawl|dissolv(?:e|es|ing)|in between|middle|halfway|stepping stones?)\b", re.IGNORECASE)  # fmt: skip
# Between the two ends of a path: an arrow, or a word that leads on.
_ARROW = re.compile(r"\s*(?:→|-+>|=+>|>+|»)\s*")
_ONWARD = re.compile(r"[,;]?\s*\b(?:(?:all the way |through |over |across |on |up |down |and )*(?:into|to|towards?|until|till)|via|through|and then|then|before|and (?:we |it |they |i )?(?=(?:end|finish|clos|arriv|land|turn|becom|drift|mov|slid|lead|work|go)))\b\s*", re.IGNORECASE)  # fmt: skip
_OPENS = re.compile(r"\b(?:begin|start|open|set out|kick off|depart|leave|from|first|opener|opening)(?:s|ning|ing)?\b", re.IGNORECASE)  # fmt: skip
_ENDS = re.compile(r"\b(?:end|finish|clos|arriv|land|last|final|destination|closer|at the end|turn|becom|wind|lead|drift|slid|morph|evolv|work)\w*\b", re.IGNORECASE)  # fmt: skip
# What goes from each track to the next: the order of what is there already.
_FLOWS = r" (?:(?:smooth|seamless|natural|gentle|good|nice|clean|soft|better|invisible|no jarring|without jarring|flowing) (?:transitions?|segues?|flow|changes|crossings?|handovers?|progression|order|sequence|jumps?)|(?:each|every|one) (?:one |song |track |tune )?(?:\w+ ){0,3}?(?:into|to|onto|with) (?:the )?(?:next|following|other|another)|flows?(?: (?:well|nicely|naturally|smoothly|better|together))?|no (?:hard|jarring|abrupt|sudden|rough) (?:jumps?|cuts?|changes?|breaks?|transitions?)|(?:neighbou?rs|next to each other) (?:\w+ ){0,3}?(?:similar|alike|match\w*|fit)|fit(?:s)? (?:the )?(?:next|one before)|like a dj|dj ?(?:style|friendly|order|set)|harmonic(?:ally)? (?:mix\w*|order\w*)|segues? (?:well|nicely|smoothly|into)) "  # fmt: skip


def leads(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause speaks of a way from one music to another."""
    if draft.arena == "piece" or not (_STEP.search(clause.text) or (_OPENS.search(clause.text) and _ENDS.search(clause.text))):  # fmt: skip
        return False
    trial = Draft(draft.message, draft.state, draft.names)
    return path(clause, trial)


def path(clause: Clause, draft: Draft) -> bool:
    """Take "a gradual trip from folk to trance", "open with The Beatles, close with punk", "reggae → dub": ends and a way.

    Each end is a track, an artist, or words for music; what is between them says that one becomes the other.
    """
    if (
        (clause.sections and draft.arena == "piece")
        or clause.bars
        or (draft.arena == "piece" and clause.stems)
        or clause.verb("transpose", "trim", "fade", "write", "remove", "transcribe", "compare")
        or (clause.verb("make", "mix") and not clause.match(r" (?:playlist|mix|set|bridge|path|journey|transition|list|blend|route) "))
        or (clause.is_question and clause.match(r"^ (?:is|does|do|are|was) "))
    ):  # fmt: skip
        return False
    if _in_a_row(clause, draft):
        return True
    ends = _ends(clause, draft)
    typed = [Clause(words) for seeds, words in ends if not seeds]
    if ends and len(typed) == len(ends) and not any(c.genres or c.years for c in typed):
        return False  # "from hushed to roaring": an order by energy
    if len(ends) < 2 or (draft.arena == "piece" and not clause.songs and not any(seeds for seeds, _ in ends)):
        return False
    args: dict[str, Any] = {"order": "path"}
    if like := [target for seeds, _ in ends for target in seeds]:
        args["like"] = like
    if words := [said for seeds, said in ends if not seeds]:
        args["query"] = " to ".join(words)
    found = criteria.read(clause, draft)
    for name in ("artist", "genre", "year_min", "year_max"):
        found.filters.pop(name, None)
    if length := found.filters.pop("duration_min_s", None):
        found.args.setdefault("total_s", length)
    found.filters.pop("duration_max_s", None)
    found.args["order"] = "path"
    found.args.pop("max_per_artist", None) if not clause.match(r" (?:per|each|one|every) ") else None
    found.adjust.clear()
    found.refused.clear()
    criteria.apply(found, args, draft)
    draft.ops = [op for op in draft.ops if op.op != "reject"]
    if count := how_many(clause):
        args["k"] = count
    draft.add("retrieve", args)
    return True


def _in_a_row(clause: Clause, draft: Draft) -> bool:
    """Take "smooth transitions between all of these": the tracks in reach, each close to the one before."""
    if not clause.match(_FLOWS) or curve(clause) or draft.arena != "list" or clause.genres or names_in(clause, draft):
        return False
    items = group(clause, draft) or list(draft.group) or ([{"id": id} for id in draft.state.shown.ids] if draft.state.shown else [])  # fmt: skip
    if not items or len(mentions(clause, draft)) == 1:
        return False
    draft.add("retrieve", {"among": items, "order": "path", "k": max(5, len(items)), "action": "playlist"})
    return True


def _ends(clause: Clause, draft: Draft) -> list[tuple[list[Target], str]]:
    """Return the ends of a path, in the order in which they are to be heard."""
    text = clause.text
    if _ARROW.search(text):
        ends = [_music(part, draft) for part in _ARROW.split(text)]
        return ends if len(ends) >= 2 and all(seeds or words for seeds, words in ends) else []
    stepping = _STEP.search(text)
    opens, closes = _OPENS.search(text), _ENDS.search(text)
    pair = re.search(r"\b(?:between|connect\w*|bridg\w+|link\w*|join up|unite|marry) (?!from\b|to\b)(?P<a>.+?) (?:and|with|to) (?P<b>[^,;.]+)", text, re.IGNORECASE)  # fmt: skip
    if pair and stepping and stepping.start() <= pair.start():
        ends = [_music(pair["a"], draft), _music(pair["b"], draft)]
        return ends if all(seeds or words for seeds, words in ends) else []
    for gap in _ONWARD.finditer(text):
        onward = re.search(r"\b(?:into|to|towards?|until|till|via|through)\b", gap[0], re.IGNORECASE)
        if not ((stepping or opens) if onward else (opens or closes) and (stepping or (opens and closes))):
            continue
        before, after = text[: gap.start()], text[gap.end() :]
        start = re.search(r".*\b(?:from|with)\s+", before, re.IGNORECASE)
        near = [_first(before[start.end() :])] if start else re.split(r"[,;.](?!\d)", before)[::-1]
        first = next((end for part in near if any(end := _music(part, draft))), ([], ""))
        rest = [_music(part, draft, loose=bool(stepping and start)) for part in _ONWARD.split(_first(after))]
        if stepping and start and not any(first) and any(seeds or genres_in(words) for seeds, words in rest):
            first = _music(near[0], draft, loose=True)  # a name that the library does not hold
        if not all(any(end) for end in (first, *rest)):
            continue
        if stepping or not all(Clause(words).years for _, words in (first, *rest)):
            return [first, *rest]
    if opens and closes and opens.start() != closes.start():
        halves = [part for part in re.split(r"[,;]\s*|\band\b", text) if _OPENS.search(part) or _ENDS.search(part)]
        ends = [_music(part, draft) for part in halves]
        if len(ends) == 2 and all(seeds or words for seeds, words in ends):
            return ends if _OPENS.search(halves[0]) or not _OPENS.search(halves[1]) else ends[::-1]
    return []


def _first(words: str) -> str:
    """Return words up to the first comma: what follows says something else about the list."""
    return re.split(r"[,;.!?](?!\d)", words)[0]


_LEAD = frozenset(["beginning", "opening", "whose", "is", "are", "closer", "opener", "destination", "finale", "end", "later", "ultimately", "eventually", "a", "an", "the", "some", "we", "i", "it", "they", "let", "lets", "me", "us", "my", "with", "in", "at", "on", "as", "from", "of", "and", "then", "to", "into", "towards", "music", "songs", "something", "stuff", "sound", "over", "up", "please", "for", "want", "give", "make", "build", "first", "last", "end", "ends", "ending", "finally", "finish", "close", "closes", "begin", "begins", "start", "starts", "starting", "open", "opens", "list", "playlist", "that", "which", "goes", "going", "its", "way", "all", "should", "be", "real", "really", "proper", "like", "but", "somewhere", "at", "out", "off"])  # fmt: skip
_HERE = r"^ (?:this|it|that|here|(?:this|that|my|the) (?:one|song|track|recording|clip|piece|hum|tune|file|upload)|what is playing|whats playing|current (?:song|track)) $"  # fmt: skip


def _music(words: str, draft: Draft, *, loose: bool = False) -> tuple[list[Target], str]:
    """Return what one end of a path stands for: tracks, or words that describe music; ``loose``: whatever is named."""
    said = re.sub(rf"[,;]?\s*\b{_SLOWLY}\b\s*|\b(?:over|in|for|lasting|within|around|about)?\s*(?:about |around |roughly )?(?:an?|one|two|three|half an?|\d+)[ -](?:and a half )?(?:hours?|minutes?|mins?)\b.*$|\bin (?:\w+ )?(?:steps?|songs|tracks|tunes|numbers|moves)\b.*$|\b(?:for|while|when) (?:my|our|the|i|we|a)\b.*$", " ", words, flags=re.IGNORECASE)  # fmt: skip
    end = Clause(said.strip())
    named = [m.target for m in mentions(end, draft)]
    if named:
        return named[:1], ""
    names = [name for name in names_in(end, draft) if name.ids]
    if artists := [name for name in names if name.kind in ("artist", "title")]:
        return [{"id": id} for id in artists[0].ids[:_SEEDS]], ""
    kept = list(end.words)
    styles = [(genre.start, genre.end) for genre in end.genres]
    steps = [(m.start(), m.end()) for m in _STEP.finditer(end.text) if not any(low <= m.start() < high for low, high in styles)]  # fmt: skip
    while kept and (kept[0].plain in _LEAD or any(low <= kept[0].start < high for low, high in steps)):
        kept = kept[1:]
    while kept and kept[-1].plain in _LEAD:
        kept = kept[:-1]
    if re.match(_HERE, " " + " ".join(w.plain for w in end.words if w.plain not in ("from", "to", "at", "with", "starting", "start", "go")) + " "):  # fmt: skip
        return ([draft.it] if draft.it else []), ""
    if not kept:
        return [], ""
    rest = Clause(end.text[kept[0].start : kept[-1].end])
    if (loose and len(rest.words) <= 4 and not rest.durations) or rest.match(r"^ (?:now|today|nowadays|the present) $"):
        return [], rest.text
    if not (rest.genres or rest.years or rest.moods or rest.instruments) or len(rest.words) > 5:
        return [], ""
    if not (rest.genres or rest.years) and len(rest.words) > 3:
        return [], ""
    return [], rest.text
