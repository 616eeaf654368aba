"""Requests to find music: searches, seeds, refinements of the list that is shown, orders."""

import copy
import re
from typing import Any

from segue.agent.dialogue import Known
from segue.agent.language import criteria, cues
from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import group, mentions, names_in
from segue.agent.plan import Ref
from segue.tools.core.vocabulary import numbers_in

_SEEDS = 3  # tracks of an artist that stand for the artist
_LIKENESS = re.compile(
    r"\b(?:more (?:songs |tracks |music |stuff )?like|like|similar(?: ones| songs| tracks| stuff| music| things)?(?: to| as)?|sounds? like|sounding like|resembl\w+|reminiscent of|"
    r"(?:a )?(?:mix|blend|cross|combination|fusion) (?:of|between)|(?:crossed|mixed|blended) with|(?:some\w+ )?between|in the (?:style|vein|spirit) of|along the lines of|meets?|neighbou?rs of|related to|remind\w* (?:me )?of|close to|matching|simile|ähnlich|wie|comme|parecid\w+)\b",
    re.IGNORECASE,
)  # fmt: skip
_LEAD = re.compile(
    r"^(?:(?:find|search|search for|look for|looking for|look up|show|show me|play|hear|listen to|recommend|suggest|give|get|bring|fetch|discover|dig up|"
    r"put on|queue(?: up)?|(?:i )?(?:want|need)|i d like|like to have|make|create|build|generate|fancy|love|list|browse|pull up|have|got|like|is there|are there|do you have|do i have|id like|add|throw in)\b\s*(?:me\b|us\b)?\s*)+",
    re.IGNORECASE,
)  # fmt: skip
_FILLER = re.compile(
    r"\b(?:me|us|i|you|some|a few|a couple of|any|a bit of|of|songs?|tracks?|tunes?|music|playlists?|something|anything|stuff|from my library|in my library|my library|that i own|i own|my collection|"
    r"from my collection|to listen to|please|want|need|would like|to|for|loved?|liked?|rest|enjoyed?|keep|them|these|those|all|make|sure|leave out|gave|ive|feel|now|then|we|has|get|hear|should|otherwise|great|good|nice|fine|perfect|cool|ok|okay|with|that|which|is|are|and|but|the|a|an|my|in|on|by|about|mostly|really|kind of|sort of|it|one|ones|more|list|lists|only|just|too|also|thats|be|album|artist|artists)\b",
    re.IGNORECASE,
)  # fmt: skip
_MORE = r" (?:(?:give|show|get|find|play) (?:me |us )?(?:some |a few |\d+ |a lot |lots )?more(?: of (?:these|those|this|that|them))?|more(?: please| of (?:these|those|this|that|them|the same)| songs| tracks| results| like (?:this|that|these|those))?|(?:some|a few|even|any) more|next page|keep going|more of the same|(?:the )?next (?:\d+|one|two|three|five|ten|few|batch|lot|please|songs|tracks)|(?:what|anything|something) else|others|another (?:one|few|five|ten|batch)|next ones|ancora|encore|weitere|mas) $"  # fmt: skip
_OTHER = r" (?:someone|somebody|something|anyone|others?|another|a different|different|new) (?:else|artist|artists|singer|band|one|now|people|bands)? ?"
_BAD = r" (?:(?:is|are|was|were|isnt|arent|its) (?:not |really not |just |so |a bit |too )*(?:for me|my thing|my taste|my cup|good|great|bad|boring|terrible|awful|horrible|annoying|rubbish|meh|weak|wrong)|sucks?|not my (?:thing|taste|cup)|no good|not good|has to go|can go) "  # fmt: skip
_SHARED = r" same (key|tempo|bpm|speed|mood|energy|genre|style|artist|vibe)(?: (?:and|or|plus) (?:the )?(?:same )?(key|tempo|bpm|speed|mood|energy|genre|style|artist|vibe))? (?:as|like)? ?"


def refine(clause: Clause, draft: Draft, *, praised: bool = False) -> bool:
    """Take a clause that changes the search in force: a filter, a direction, a rejection, "more"."""
    state = draft.state
    if (
        draft.arena != "list"
        or (not state.search and not state.lists)
        or "step" in (draft.group[0] if draft.group else {})
    ):
        return False
    if clause.match(_MORE) and not clause.genres:
        _search_again(draft, exclude=_shown(draft))
        return True
    if clause.has("someone else", "somebody else", "other artist", "other artists", "another artist", "different artist", "different artists", "another band", "someone different", "another singer", "someone new") :  # fmt: skip
        return _someone_else(draft, praised)
    if _rejects(clause, draft) | _praises(clause, draft):
        rest = criteria.read(clause, draft)
        if not rest.is_empty:
            _apply(rest, _search(draft), draft)
        return True
    found = criteria.read(clause, draft)
    if clause.match(
        r" (?:include|allow|also|with) .*\b(?:live|covers?|remix\w*|remasters?|demos?|acoustic versions?)\b"
    ):
        _search_again(draft)
        draft.note("Live versions, covers and remixes were never left out; only repeats of one recording are folded together.")  # fmt: skip
        return True
    left = leftover(clause, found)
    if _is_new_topic(clause, found, left):
        return False
    if found.is_empty and not (left and _describes(clause)):
        return False
    args = _search(draft)
    wished = (
        _wishes(clause)
        if not (found.adjust or found.hold) and clause.has("same", "but", "now", "instead", "make it", "make them")
        else {}
    )
    for name, value in wished.items():
        found.adjust.setdefault(name, value)
    if found.adjust:
        _exclude(args, _shown(draft))
    _apply(found, args, draft)
    return not found.is_empty


def more(clause: Clause, draft: Draft) -> bool:
    """Take "more", "keep going", "next five" where a list is in reach."""
    return draft.arena == "list" and bool(clause.match(_MORE)) and refine(clause, draft)


def _wishes(clause: Clause) -> dict[str, float]:
    """Read what "same list, but acoustic" asks for: a describing word as a direction."""
    return {axis.value.name: float(axis.value.way) for axis in clause.axes}


def branch(clause: Clause, draft: Draft) -> None:
    """Take "same list, but acoustic"."""
    draft.say("branch")
    found = criteria.read(clause, draft)
    for name, value in _wishes(clause).items():
        found.adjust.setdefault(name, value)
    args = _search(draft)
    for genre in clause.genres:
        title = clause.text[genre.start : genre.end]
        if not found.adjust and not found.filters:
            args["query"] = f"{args.get('query', '')} {title}".strip()
    _apply(found, args, draft)


def _is_new_topic(clause: Clause, found: Criteria, left: str) -> bool:
    """Tell whether a clause asks for something new, and not for a change of the list."""
    if clause.head in ("find", "play", "give", "make") and left and not clause.has("them", "these", "those", "same"):
        return True
    if found.is_empty:
        return bool(left)
    substance = [w for w in left.split() if len(w) > 2]
    return bool(substance) and not (found.adjust or found.hold or found.refused) and (bool(clause.genres) or len(substance) > 1) and not clause.starts("only", "but", "no", "not", "without", "just")  # fmt: skip


def _describes(clause: Clause) -> bool:
    return clause.starts("only", "just", "but", "make them", "make it") and bool(clause.moods or clause.genres)


# -- the search in force -----------------------------------------------------------------------------


def _search(draft: Draft) -> dict[str, Any]:
    """Return the arguments of this turn's refined search, the step being added when there is none yet."""
    if draft.refined is None:
        base = copy.deepcopy(draft.state.search or (draft.state.shown.args if draft.state.shown else {}))
        for gone in ("among", "k"):
            base.pop(gone, None)
        if base.get("action") == "identify":
            base.pop("action")
        filters = base.setdefault("filters", {})
        rejected = [id for id, role in draft.state.roles.items() if role == "REJECTED" and not id.startswith("artist:")]
        if rejected:
            filters["exclude"] = list(dict.fromkeys([*filters.get("exclude", []), *rejected]))
        draft.refined = base
        draft.add("retrieve", base)
    return draft.refined


def _search_again(draft: Draft, exclude: list[str] | None = None) -> None:
    args = _search(draft)
    if exclude:
        _exclude(args, exclude)


def _exclude(args: dict[str, Any], ids: list[str]) -> None:
    filters = args.setdefault("filters", {})
    filters["exclude"] = list(dict.fromkeys([*filters.get("exclude", []), *ids]))


def _shown(draft: Draft) -> list[str]:
    """Return what was shown for the search in force."""
    known = draft.state.things
    ids = [
        id
        for id, role in draft.state.roles.items()
        if role in ("SHOWN", "REJECTED", "SATISFIED", "LIKED") and id in known
    ]
    return list(dict.fromkeys([*(draft.state.shown.ids if draft.state.shown else []), *ids]))


def _apply(found: Criteria, args: dict[str, Any], draft: Draft) -> None:
    filters = args.setdefault("filters", {})
    for name, value in found.filters.items():
        if name.startswith("exclude"):
            filters[name] = list(dict.fromkeys([*filters.get(name, []), *value]))
            if name == "exclude_artists":
                for artist in value:
                    draft.say("reject", artist)
        else:
            filters[name] = value
    if found.filters.get("exclude_artists") and filters.get("artist") in found.filters["exclude_artists"]:
        filters.pop("artist")
    adjust = args.setdefault("adjust", {})
    for name, value in found.adjust.items():
        adjust[name] = max(-2.0, min(2.0, float(value)))
    hold = [*args.get("hold", []), *found.hold]
    args["hold"] = [name for name in dict.fromkeys(hold) if name not in found.adjust]
    args.update(found.args)
    if "total_s" in found.args or ("order" in found.args and args.get("action", "search") == "search" and "among" not in args):  # fmt: skip
        args["action"] = "playlist"
    for name in ("filters", "adjust", "hold"):
        if not args.get(name):
            args.pop(name, None)
    for what in found.refused:
        draft.note(f"I have no way to check {what}, so that part of the wish is not honoured.")


def forget(clause: Clause, draft: Draft) -> bool:
    """Take "forget the year", "any tempo is fine": a filter is dropped."""
    match = clause.match(r" (?P<how>forget|drop|ignore|remove|lose|lift|relax|disregard|never mind|nevermind|without|scrap|clear|reset|dont care about|any) (?:about )?(?:the |that |my |all )*(year|years|decade|tempo|bpm|duration|length|rating|ratings|stars|plays|artists?|genre|genres|key|vocals|language|mood|filters?|limit|constraints?|restrictions?)(?: filters?| limits?| restrictions?| constraints?| range)?(?: is fine| is ok| will do| goes| works)? $")  # fmt: skip
    if not match or draft.arena != "list":
        return False
    word = match[2].rstrip("s") if match[2] not in ("vocals", "plays", "artists") else match[2]
    name = {
        "star": "rating",
        "filter": "filters",
        "constraint": "filters",
        "restriction": "filters",
        "limit": "length",
    }.get(word, word)
    filters = dict((draft.state.search or {}).get("filters") or {})
    gone = {
        "year": ("year_min", "year_max"), "decade": ("year_min", "year_max"), "tempo": ("bpm_min", "bpm_max"),
        "bpm": ("bpm_min", "bpm_max"), "duration": ("duration_min_s", "duration_max_s"), "length": ("duration_min_s", "duration_max_s"),
        "rating": ("rating_min",), "plays": ("plays_max", "unplayed"), "artist": ("artist", "exclude_artists"),
        "artists": ("artist", "exclude_artists"), "genre": ("genre", "exclude_genres"),
    }.get(name, (name,))  # fmt: skip
    if not set(gone) & set(filters) and match["how"] not in (
        "forget",
        "ignore",
        "any",
        "never mind",
        "nevermind",
        "dont care about",
        "disregard",
    ):
        return False  # "remove the vocals" is no filter unless one on vocals is in force
    draft.say("drop", name)
    args = _search(draft)
    kept = {} if name == "filters" else {k: v for k, v in filters.items() if k not in gone}
    args["filters"] = kept
    if name == "mood":
        args.pop("adjust", None)
    if not kept:
        args.pop("filters")
    return True


def rejects(clause: Clause, draft: Draft, praised: bool) -> bool:
    """Take a clause that begins with what is not wanted, or wants somebody else."""
    return clause.match(r" (?:not|didnt like|dont like|hate|skip|except|someone else|somebody else) ") is not None and refine(clause, draft, praised=praised)  # fmt: skip


def _rejects(clause: Clause, draft: Draft) -> bool:
    """Take "not the third one", "I didn't like number 2 and 5", "skip that one"."""
    bad = clause.match(_BAD)
    negative = bad or clause.match(
        r" (?:not|no|dont|didnt|hate|skip|reject|remove|drop|without|dislike|doesnt|lose|delete|except|isnt|never|cant stand) "
    )
    if not negative:
        return False
    rejected = [
        m.target
        for m in mentions(clause, draft)
        if "id" in m.target and (bad or _behind(clause, m.start, negative[0].strip()))
    ]
    if not rejected and clause.match(
        r" (?:not|dont like|didnt like|hate|skip|reject|dislike) (?:this|that|it|that one|this one)(?: one| song| track)? "
    ):
        rejected = [draft.it] if draft.it and "id" in draft.it else []
    if not rejected:
        return False
    liked = (
        [m.target for m in mentions(clause, draft) if m.target not in rejected]
        if clause.has("like", "love", "liked", "loved")
        else []
    )
    for target in liked:
        draft.say("like", Ref(id=target["id"]))
    for target in rejected:
        draft.say("reject", Ref(id=target["id"]))
    _search_again(draft, exclude=[target["id"] for target in rejected])
    return True


def _behind(clause: Clause, position: int, word: str) -> bool:
    return any(w.plain == word.split()[0] and w.start < position for w in clause.words)


def _praises(clause: Clause, draft: Draft) -> bool:
    """Take "I love number 2": it is liked; nothing is searched."""
    if clause.starts("like") or not clause.match(r" (?:love|loved|like|liked|enjoy|great|perfect) ") or clause.verb("find", "play") or clause.match(r" (?:more|something|sounds?) like | like to "):  # fmt: skip
        return False
    liked = [m.target for m in mentions(clause, draft) if "id" in m.target]
    if not liked or clause.match(r" (?:dont|didnt|not) "):
        return False
    for target in liked:
        draft.say("like", Ref(id=target["id"]))
    return True


def _someone_else(draft: Draft, praised: bool) -> bool:
    """Take "great, now someone else": neighbours of what was shown, by other artists."""
    shown = draft.state.shown
    ids = shown.ids if shown else []
    artists = [thing.artist for id in ids if (thing := draft.state.thing(id)) and thing.artist]
    focus = draft.state.latest
    wanted = (draft.state.search.get("filters") or {}).get("artist")
    gone = [wanted] if wanted else list(dict.fromkeys(artists)) or ([focus.artist] if focus and focus.artist else [])
    args = _search(draft)
    filters = args.setdefault("filters", {})
    filters.pop("artist", None)
    filters["exclude_artists"] = list(dict.fromkeys([*filters.get("exclude_artists", []), *gone]))
    if not args.get("query") and ids:
        args["like"] = [{"id": id} for id in ids[:_SEEDS]]
        args["action"] = "similar"
    if praised:
        for artist in gone[:1]:
            draft.say("like", artist)
    return True


# -- order, seeds, new searches ----------------------------------------------------------------------


def sort(clause: Clause, draft: Draft) -> bool:
    """Take "sort them by energy", "start mellow, build up": the things in reach in another order."""
    sorts = clause.verb("sort") or clause.has("sorted")
    found = criteria.read(clause, draft)
    picks = clause.verb("take", "keep") and clause.match(r" (?:pick|choose|select|take|keep|use) (?:only |just )?(?:the |me the )?(\w+(?:est)|most \w+|least \w+|best)(?: one| of them)? ")  # fmt: skip
    if picks:
        items = group(clause, draft) or list(draft.group) or _list_items(draft)
        if not items:
            return False
        draft.add("retrieve", {"among": items, "order": _pick_order(clause), "k": 1})
        return True
    if "order" not in found.args or found.args["order"] == "path":
        return False
    if not sorts and (draft.arena != "list" or clause.head in ("find", "make", "give", "play") or clause.genres):
        return False
    items = group(clause, draft) or list(draft.group) or _list_items(draft)
    if not items:
        return False
    if draft.refined is None:
        args: dict[str, Any] = {"among": items, "order": found.args["order"], "k": max(len(items), 5)}
        if len(items) == 1 and "step" in items[0]:
            args["k"] = 100
        if not sorts:
            args["action"] = "playlist"
        draft.add("retrieve", args)
    else:
        draft.refined["order"] = found.args["order"]
    for what in found.refused:
        draft.note(f"I cannot do {what}.")
    return True


def _pick_order(clause: Clause) -> str:
    axis = clause.axes[0].value if clause.axes else None
    high = axis is not None and ((axis.way > 0) != clause.has("least"))
    return "energy_down" if high else "energy_up" if axis else "best"


def _list_items(draft: Draft) -> list[Target]:
    if len(draft.state.attached) > 1:
        return [{"id": id} for id in draft.state.attached]
    return [{"id": id} for id in draft.state.shown.ids] if draft.state.shown else []


def seeds(clause: Clause, draft: Draft) -> tuple[list[Target], list[Known], int]:
    """Return what likeness is asked for: targets, the artists among them, and where the phrase begins."""
    match = _LIKENESS.search(clause.text)
    if not match:
        return [], [], -1
    targets = [m.target for m in mentions(clause, draft)]
    artists = [
        name for name in names_in(clause, draft)
        if name.kind == "artist" and name.ids and not clause.negated(clause.text.find(draft.message[name.start : name.end]))
        and not any(m.target.get("id") in name.ids for m in mentions(clause, draft))
    ]  # fmt: skip
    for artist in artists:
        targets += [{"id": id} for id in artist.ids[:_SEEDS]]
    start = match.start()
    if not targets and re.search(
        r"\b(?:like|to|as|of)\s+(?:all |both )?(?:of )?(?:these|those|them|the (?:list|playlist))\b",
        clause.text,
        re.IGNORECASE,
    ):
        targets = group(clause, draft)
    pronoun = re.search(r"\b(?:it|this|that|this one|that one|these|those|them|the (?:song|track|piece|clip|recording|result|original)|what (?:i|we) (?:just )?(?:made|have)|dies\w*|questo|questa|celui)\b", clause.text[match.start() :], re.IGNORECASE)  # fmt: skip
    bare = re.search(r"\bsimilar(?:\s+(?:ones?|songs?|tracks?|stuff|music|things?|tunes?|in\b.*|from\b.*))?\s*[?.!]*$|\bsimilar\s+(?:ones?|songs?|tracks?|stuff|music|things?|tunes?)\b(?! to)|\bneighbou?rs\b", clause.text, re.IGNORECASE)  # fmt: skip
    if not targets and (pronoun or bare) and draft.it:
        targets = [draft.it]
    return targets, artists, start


def similar(clause: Clause, draft: Draft) -> bool:
    """Take "something like Wonderwall", "who sounds like Mazzy Star?", "find similar ones"."""
    targets, artists, _ = seeds(clause, draft)
    if not targets:
        return False
    args: dict[str, Any] = {"like": targets, "action": "similar"}
    found = criteria.read(clause, draft)
    found.filters.pop("artist", None)
    if clause.starts("who", "which artist", "which artists", "which bands", "what artists", "what bands") or clause.has("artists like", "bands like", "similar artists", "artists similar", "singers like", "bands similar", "similar bands"):  # fmt: skip
        found.filters["exclude_artists"] = [artist.name for artist in artists]
        found.args.setdefault("max_per_artist", 1)
    shown = draft.state.shown
    if shown and shown.kind == "tracks" and any(t.get("id") in shown.ids for t in targets):
        found.filters["exclude"] = [id for id in shown.ids if {"id": id} not in targets]
    negated = found.filters.get("exclude_artists")
    _apply(found, args, draft)
    if negated:
        draft.ops = [op for op in draft.ops if not (op.op == "reject" and op.target in [a.name for a in artists])]
    draft.add("retrieve", args)
    return True


def shared(clause: Clause, draft: Draft) -> bool:
    """Take "same key and tempo as this": what is known is filtered by, what is not is measured first."""
    match = clause.match(_SHARED)
    if not match or clause.verb("make", "write") or clause.has("same list", "same search"):
        return False
    wanted = {"bpm" if name in ("tempo", "speed") else name for name in match.groups() if name}
    target = (mentions(clause, draft) or [None])[0]  # type: ignore[list-item]
    source = target.target if target else draft.it
    if source is None:
        draft.ask("The same as what? Attach a clip or name a track.")
        return True
    thing = draft.thing(source) if "id" in source else None
    filters: dict[str, Any] = {}
    args: dict[str, Any] = {"filters": filters}
    needs_tag = ("bpm" in wanted and not (thing and thing.bpm)) or ("key" in wanted and not (thing and thing.key))
    if needs_tag:
        measured = draft.add("tag", {"clip": source})
        args["like"] = [source]
        if "key" in wanted:
            filters["key"] = {"step": measured, "field": "key"}
        if "bpm" in wanted:
            args["hold"] = ["tempo"]
    elif thing:
        if "bpm" in wanted and thing.bpm:
            filters["bpm_min"], filters["bpm_max"] = round(thing.bpm * 0.95, 1), round(thing.bpm * 1.05, 1)
        if "key" in wanted:
            filters["key"] = thing.key
        if "artist" in wanted and thing.artist:
            filters["artist"] = thing.artist
        if "genre" in wanted and thing.genre:
            filters["genre"] = thing.genre
    others = sorted(wanted & {"mood", "energy"})
    if others or not (filters or args.get("hold")):
        args["like"], args["action"] = [source], "similar"
        args["hold"] = [*args.get("hold", []), *others]
    if thing and thing.kind == "track":
        filters["exclude"] = [thing.id]
    draft.add("retrieve", {name: value for name, value in args.items() if value})
    return True


def search(clause: Clause, draft: Draft) -> None:
    """Take a clause as a new search: its words, less what became filters."""
    found = criteria.read(clause, draft)
    args: dict[str, Any] = {}
    titles = [name for name in names_in(clause, draft) if name.kind == "title" and _means_title(name, clause, draft)]
    artists = [name for name in names_in(clause, draft) if name.kind == "artist"]
    quoted = re.search(r"[\"“«]([^\"”»]+)[\"”»]|(?<!\w)['‘]([^'’]{3,})['’](?!\w)", clause.text)
    if found.args.get("order") == "path" and (
        path := clause.match(r" from (.+) to (.+?)(?: gradual\w*| step by step| slowly)? $")
    ):
        args = {
            "query": " ".join(re.sub(r"^.*?\bfrom\b", "from", clause.text, count=1, flags=re.IGNORECASE).split()),
            "order": "path",
        }
        args["query"] = re.sub(r",?\s*\b(?:gradual(?:ly)?|step by step)\b", "", args["query"]).strip(" ,.")
        starts = [n for n in artists if n.name.lower().removeprefix("the ") in path[1]]
        if starts:
            args["like"] = [{"id": id} for id in starts[0].ids[:_SEEDS]]
        found.filters.pop("artist", None)
    elif titles and not quoted:
        args = {"query": titles[0].name, "k": 1}
        if artists:
            found.filters["artist"] = artists[0].name
        for name in ("year_min", "year_max"):
            found.filters.pop(name, None)
    elif quoted:
        args = {"query": (quoted[1] or quoted[2]).strip()}
    else:
        _describe(clause, draft, found, args, artists)
    if clause.has("playlist", "mixtape", "setlist", "a set"):
        args["action"] = "playlist"
    if (count := _how_many(clause)) and "k" not in args:
        args["k"] = count
    for instrument in clause.instruments:
        if clause.negated(instrument.start):
            draft.note(f"Tracks without {instrument.value} cannot be filtered for; I left the word out of the search.")
    _apply(found, args, draft)
    draft.ops = [op for op in draft.ops if op.op != "reject"]
    draft.add("retrieve", args)
    if not args.get("query") and not args.get("filters") and not args.get("like") and not args.get("order"):
        args.setdefault("max_per_artist", 1)


def _describe(clause: Clause, draft: Draft, found: Criteria, args: dict[str, Any], artists: list[Known]) -> None:
    """Fill the query of a search that describes what is wanted."""
    plain_mood = {name: value for name, value in found.adjust.items() if value < 0 or clause.has("more", "less")}
    if (
        artists
        and not clause.has("like", "similar")
        and "artist" not in found.filters
        and not found.filters.get("exclude_artists")
    ):
        found.filters["artist"] = artists[0].name
        at = clause.text.find(draft.message[artists[0].start : artists[0].end])
        found.spans.append((at, at + artists[0].end - artists[0].start))
    query = leftover(clause, found, keep_words=True)
    if found.adjust:
        kept = {name: value for name, value in found.adjust.items() if _is_negated(clause, name)}
        removed = set(found.adjust) - set(kept)
        found.adjust = kept
        if removed:
            words = [clause.text[a.start : a.end] for a in clause.axes if a.value.name in removed]
            query = " ".join([query, *(word for word in words if word.lower() not in query.lower())]).strip()
    if plain_mood or found.adjust:
        for name in list(found.adjust):
            found.adjust[name] = max(-1.0, min(1.0, found.adjust[name]))
    if query:
        args["query"] = query


def _is_negated(clause: Clause, axis: str) -> bool:
    return any(a.value.name == axis and (clause.negated(a.start) or set(clause.before(a.start, 2)) & {"too", "less", "more"}) for a in clause.axes)  # fmt: skip


def _means_title(name: Known, clause: Clause, draft: Draft) -> bool:
    """Tell whether a title of the library is meant, and not a word that happens to be one."""
    written = draft.message[name.start : name.end]
    near = clause.before(clause.text.find(written), 1)
    announced = bool(near) and near[0] in (
        "play",
        "called",
        "named",
        "titled",
        "hear",
        "song",
        "track",
        "find",
        "to",
        "on",
    )
    capital = written[:1].isupper() and name.start > 0
    return announced or (name.exact and (len(written.split()) > 1 or capital))


def leftover(clause: Clause, found: Criteria, keep_words: bool = False) -> str:
    """Return the words of a clause that no filter has used, without the verb that asks."""
    text = clause.text
    spans = [*found.spans, *_negated_spans(clause)]
    for low, high in sorted(spans, reverse=True):
        text = f"{text[:low]} {text[high:]}"
    text = re.sub(r"\s*[?.!]+\s*$", "", " ".join(text.split()))
    text = _LEAD.sub("", text.strip(" ,;"))
    bare = " ".join(re.sub(r"[,;]", " ", _FILLER.sub(" ", text)).split())
    if not keep_words or not bare:
        return bare
    count = r"^(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|a dozen)\s+(?=(?:\w+\s+){0,3}(?:songs?|tracks?|tunes?)\b)"
    text = re.sub(count, "", text, flags=re.IGNORECASE)
    edge = r"^(?:(?:me|us|some|any|a few|a couple of|a bit of|songs?|tracks?|music|tunes?|a|an|the|playlists?|something|anything|stuff|that|which|is|are|of|with|by|about|to|for|and|but|one|my|in|list|only|from)\b\s*)+"
    text = re.sub(edge, "", text, flags=re.IGNORECASE)
    text = re.sub(
        r"\b(?:some |the )?(?:songs?|tracks?|tunes?|music|playlists?|stuff)\b", " ", text, flags=re.IGNORECASE
    )
    text = re.sub(r"(?:\s*\b(?:and|but|or|with|from|in|of|by|that|which|is|are|for|to|please|the|a|from my library|in my library|in my collection|my library|i own|that i own)\b)+$", "", " ".join(text.split()), flags=re.IGNORECASE)  # fmt: skip
    return re.sub(r"\s+([,;])", r"\1", re.sub(r"\s*,(?:\s*,)+", ",", text)).strip(" ,;")


def _negated_spans(clause: Clause) -> list[tuple[int, int]]:
    """Return where unwanted things stand, their "no" or "without" included."""
    spans: list[tuple[int, int]] = []
    for found in [*clause.moods, *clause.instruments, *clause.genres]:
        if clause.negated(found.start):
            lead = re.search(r"(?:\b(?:no|not|without|any|but|and|or|too|never|so|very|minus|the|a|any|nor)\s+)+$", clause.text[: found.start], re.IGNORECASE)  # fmt: skip
            spans.append((lead.start() if lead else found.start, found.end))
    return spans


def _how_many(clause: Clause) -> int | None:
    match = re.search(r"\b(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|a dozen)\s+(?:\w+\s+){0,2}?(?:songs?|tracks?|tunes?|titles?|suggestions?|recommendations?|results?|pieces?|albums?)\b(?!\s+(?:per|by|from|of)\s+(?:each|every|artist|the same))", clause.text, re.IGNORECASE)  # fmt: skip
    if match is None or re.search(r"\b(?:per|stars?|minutes?|than)\b", match[0]):
        return None
    value = numbers_in(match[1])
    return max(1, min(500, int(value[0].value))) if value else 12


def is_search(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause describes music to find, though nothing says so outright."""
    described = bool(clause.genres or clause.moods or clause.instruments or names_in(clause, draft) or clause.years)
    return described or clause.songs or clause.head in ("find", "play") or bool(set(cues.LISTS) & {w.plain for w in clause.words})  # fmt: skip
