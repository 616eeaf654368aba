"""Messages that turn the search around as a whole: corrections, "now someone else", a path from one music to another."""

import copy
import re
from typing import Any

from segue.agent.dialogue import Known
from segue.agent.language import criteria
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import mentions, names_in
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
    if draft.arena != "list" or not search:
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


def pivot(clause: Clause, draft: Draft) -> bool:
    """Take "adored number five; same spirit, other musicians": neighbours of what was liked, by others."""
    shown = draft.state.shown
    if draft.arena != "list" or shown is None or shown.kind != "tracks" or clause.verb("make", "export"):
        return False
    nexts = clause.match(_NEXT)
    if not nexts and not (clause.match(_PRAISED) and clause.match(_LIKE_THEM)):
        return False
    if clause.match(rf" (?:(?:no|not|without|dont|skip) (?:\w+ )?|(?:per|each|same|by) ){_PEOPLE} ") or clause.starts(
        "why"
    ):
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
    for target in seeds:
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
    return [draft.it] if pointed and draft.it and "id" in draft.it else []


# -- "slide from Oasis to bossa nova" --------------------------------------------------------------------
_SLOWLY = r"(?:slowly|gradually|gently|smoothly|bit by bit|step by step|little by little|over time|by degrees|in small steps|gradual|smooth|piece by piece|one step at a time)"  # fmt: skip
_STEP = r"(?:slid(?:e|ing)|drift(?:ing)?|glid(?:e|ing)|segue(?:ing)?|eas(?:e|ing)|mov(?:e|es|ing)|go(?:es|ing)?|travel(?:s|ling|ing)?|wander(?:ing)?|morph(?:s|ing)?|trip|journey|path|road|bridge|walk|evolv(?:e|es|ing)|transition(?:ing)?|shift(?:s|ing)?|flow(?:s|ing)?|lead(?:s|ing)?|way|route|tour|ride|voyage|arc|progress(?:es|ing|ion)?|take (?:me|us)|get (?:me|us)|guide (?:me|us)|playlist|mix|set)"  # fmt: skip
_FROM_TO = re.compile(rf"\bfrom (?P<a>[^,;.!?]+?),? (?:{_SLOWLY} |over |across |through |all the way |on |up |down )*(?:in)?to (?P<b>[^,;.!?]+)", re.IGNORECASE)  # fmt: skip
_TURNS = re.compile(rf"\b(?:begin|start|open|set out|kick off)(?:s|ning|ing)?(?: off| out)? (?:with|at|from|in|on|as) (?P<a>[^,;.!?]+?),? (?:and |then |and then |but |before )+(?:it )?(?:{_SLOWLY} )?(?:turn|end|becom|mov|drift|go|arriv|finish|lead|land|slid|morph|work)\w*(?: up| over| its way)?(?: {_SLOWLY})? (?:into|to|at|with|in|towards|as|on)? ?(?P<b>[^,;.!?]+)", re.IGNORECASE)  # fmt: skip
_GOES = re.compile(rf"\b(?:{_STEP}|{_SLOWLY})\b", re.IGNORECASE)


def path(clause: Clause, draft: Draft) -> bool:
    """Take "a gradual trip from folk to trance", "half an hour that begins with The Beatles and turns into punk"."""
    if (
        clause.sections
        or clause.bars
        or (draft.arena == "piece" and clause.stems)
        or clause.verb("make", "transpose", "trim", "fade", "write")
    ):
        return False
    match = _TURNS.search(clause.text) or (_FROM_TO.search(clause.text) if _GOES.search(clause.text) else None)
    if match is None or (draft.arena == "piece" and not clause.songs):
        return False
    ends = [_music(match[name], draft) for name in ("a", "b")]
    if not all(seeds or words for seeds, words in ends):
        return False
    args: dict[str, Any] = {"order": "path"}
    if like := [target for seeds, _ in ends for target in seeds]:
        args["like"] = like
    words = [said for seeds, said in ends if not seeds]
    if words:
        args["query"] = " to ".join(words)
    found = criteria.read(clause, draft)
    for name in ("artist", "genre", "exclude_artists"):
        found.filters.pop(name, None)
    found.args["order"] = "path"
    found.adjust.clear()
    criteria.apply(found, args, draft)
    draft.add("retrieve", args)
    return True


def _music(words: str, draft: Draft) -> tuple[list[Target], str]:
    """Return what one end of a path stands for: tracks, or words that describe music."""
    end = Clause(re.sub(rf",?\s*\b{_SLOWLY}\b\s*", " ", words, flags=re.IGNORECASE).strip())
    named = [m.target for m in mentions(end, draft)]
    if named:
        return named[:1], ""
    artists = [name for name in names_in(end, draft) if name.kind == "artist" and name.ids]
    if artists:
        return [{"id": id} for id in artists[0].ids[:_SEEDS]], ""
    if end.match(r"^ (?:this|it|that|here|this (?:one|song|track)|that (?:one|song|track)|what is playing) $"):
        return ([draft.it] if draft.it else []), ""
    if not (end.genres or end.years) or len(end.words) > 5:
        return [], ""
    return [], end.text
