"""Changes of the list that is shown: filters, directions, rejections, "more", another order."""

import copy
import re
from typing import Any

from segue.agent.language import criteria, cues
from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.agent.language.draft import Draft, Target
from segue.agent.language.query import leftover
from segue.agent.language.reference import group, mentions, one_handled
from segue.agent.plan import Ref
from segue.tools.core.vocabulary import axes_in

_SEEDS = 3  # tracks of a list that stand for it
_A_BIT = 0.5  # a wish of this size only tempers what was asked for: "calm" stays calm
_MORE = r" (?:(?:give|show|get|find|play) (?:me |us )?(?:some |a few |\d+ |a lot |lots )?more(?: of (?:these|those|this|that|them))?|more(?: please| of (?:these|those|this|that|them|the same)| songs| tracks| results| like (?:this|that|these|those))?|(?:some|a few|even|any) more|next page|keep going|more of the same|(?:the )?next (?:\d+|one|two|three|five|ten|few|batch|lot|please|songs|tracks)|(?:what|anything|something) else|others|another (?:one|few|five|ten|batch)|next ones|ancora|encore|weitere|mas) $"  # fmt: skip
_BAD = r" (?:(?:is|are|was|were|isnt|arent|its) (?:not |really not |just |so |a bit |too )*(?:for me|my thing|my taste|my cup|good|great|bad|boring|terrible|awful|horrible|annoying|rubbish|meh|weak|wrong)|sucks?|not my (?:thing|taste|cup)|no good|not good|has to go|can go) "  # fmt: skip


def refine(clause: Clause, draft: Draft, *, praised: bool = False) -> bool:
    """Take a clause that changes the search in force: a filter, a direction, a rejection, "more"."""
    state = draft.state
    if (
        draft.arena != "list"
        or (not state.search and not state.lists)
        or ("step" in (draft.group[0] if draft.group else {}) and draft.refined is None)
        or one_handled(clause, draft)
    ):
        return False
    if clause.match(_MORE) and not clause.genres:
        _search_again(draft, exclude=_shown(draft))
        return True
    if clause.has("someone else", "somebody else", "other artist", "other artists", "another artist", "different artist", "different artists", "another band", "someone different", "another singer", "someone new") :  # fmt: skip
        return someone_else(draft, praised=praised)
    if _rejects(clause, draft) | _praises(clause, draft):
        rest = criteria.read(clause, draft)
        if not rest.is_empty:
            _give_way(rest, _search(draft), draft)
            criteria.apply(rest, _search(draft), draft)
        return True
    found = criteria.read(clause, draft)
    lessened = [f for f in clause.instruments if set(clause.before(f.start, 1)) & {"less", "fewer"}]
    if lessened and found.is_empty:
        _search_again(draft)
        draft.note(f"How much {clause.text[lessened[0].start : lessened[0].end]} a track has is not measured, so that part of the wish is not honoured.")  # fmt: skip
        return True
    if clause.match(
        r" (?:include [\w ]+ versions too|(?:include|allow|also|with) .*\b(?:live|covers?|remix\w*|remasters?|demos?|acoustic versions?)\b)"
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
    _widen(clause, found, args.get("filters") or {})
    _give_way(found, args, draft)
    wished = (
        _wishes(clause)
        if not (found.adjust or found.hold or clause.durations)
        and clause.has("same", "but", "now", "instead", "make it", "make them")
        else {}
    )
    for name, value in wished.items():
        found.adjust.setdefault(name, value)
    if found.adjust:
        _exclude(args, _shown(draft))
    if played := [f for f in clause.instruments if not clause.negated(f.start)]:
        added = [clause.text[f.start : f.end] for f in played if clause.text[f.start : f.end].lower() in left.lower()]
        args["query"] = " ".join([str(args.get("query") or ""), *added]).strip()
    criteria.apply(found, args, draft)
    return not found.is_empty


def wish(
    draft: Draft,
    found: Criteria,
    *,
    rejected: list[str],
    seeds: list[str],
    added: list[str],
    widened: list[tuple[int | None, int | None]],
    gone: list[str],
    swapped: tuple[str, str] = ("", ""),
    again: bool = True,
) -> None:
    """Put wishes into the search in force.

    Parameters
    ----------
    rejected, seeds : tracks to leave out, and tracks to search the like of.
    added : words that the query gets besides its own.
    widened : spans of years that the years in force are stretched to.
    gone : filters that fall.
    swapped : a word of the query, and the one that was meant.
    again : whether another look is wanted, so that what was shown stays out.
    """
    args = _search(draft)
    filters = args.setdefault("filters", {})
    for name in gone:
        if not (widened and name.startswith("year")):
            filters.pop(name, None)
    for low, high in widened:
        if low is not None and "year_min" in filters:
            filters["year_min"] = min(filters["year_min"], low)
        if high is not None and "year_max" in filters:
            filters["year_max"] = max(filters["year_max"], high)
        elif low is not None and high is None:
            filters.pop("year_max", None)
    if seeds:
        args.pop("query", None)
        args["like"] = [{"id": id} for id in dict.fromkeys(seeds)]
        args["action"] = "similar"
    if added:
        args["query"] = " ".join(dict.fromkeys([str(args.get("query") or ""), *added])).strip()
    _give_way(found, args, draft)
    if swapped[0]:
        args["query"] = re.sub(
            rf"\b{re.escape(swapped[0])}\b", swapped[1], str(args.get("query", "")), flags=re.IGNORECASE
        )
    if found.adjust and again:
        _exclude(args, [id for id in _shown(draft) if id not in seeds])
    if rejected:
        _exclude(args, rejected)
    criteria.apply(found, args, draft)


_TOO = r" (?:too|as well|also|include|including|allow|add|open|even|extend|widen|stretch|back to|up to|down to|reach) "


def _widen(clause: Clause, found: Criteria, held: dict[str, Any]) -> None:
    """Let "1988 and 1989 are fine too" add to the years in force and not replace them."""
    if not clause.match(_TOO) or clause.has("only", "just", "instead"):
        return
    low, high = found.filters.get("year_min"), found.filters.get("year_max")
    if "year_min" in held and (low is not None or high is not None):
        found.filters["year_min"] = min(year for year in (held["year_min"], low, high) if year is not None)
    if "year_max" in held and (low is not None or high is not None):
        found.filters["year_max"] = max(year for year in (held["year_max"], low, high) if year is not None)


_OTHERS = r" (?:something|anything|some\w*|others?|ones) (?:else|other|different)(?: instead)? | (?:different|other) (?:ones|songs|tracks|stuff|results) "


def others(clause: Clause, draft: Draft) -> bool:
    """Take "find something else, a playlist that builds up": the same search without what was shown."""
    if draft.arena != "list" or not clause.match(_OTHERS) or clause.genres or "step" in (draft.group or [{}])[0]:
        return False
    found = criteria.read(clause, draft)
    if set(leftover(clause, found).lower().split()) - {
        "different",
        "other",
        "others",
        "else",
        "ones",
        "instead",
        "new",
    }:
        return False
    args = _search(draft)
    _give_way(found, args, draft)
    _exclude(args, _shown(draft))
    criteria.apply(found, args, draft)
    return True


def more(clause: Clause, draft: Draft) -> bool:
    """Take "more", "keep going", "next five" where a list is in reach."""
    return draft.arena == "list" and bool(clause.match(_MORE)) and not mentions(clause, draft) and refine(clause, draft)


def _give_way(found: Criteria, args: dict[str, Any], draft: Draft) -> None:
    """Take words out of the query that a wish goes against: "calm" gives way to "more upbeat"."""
    query = str(args.get("query") or "")
    for word in reversed(axes_in(query)):
        wish = found.adjust.get(word.value.name, 0.0)
        if wish * word.value.way < 0 and abs(wish) > _A_BIT:
            said = query[word.start : word.end]
            query = query[: word.start] + query[word.end :]
            draft.note(f"“{said}” gives way to the new wish, as nothing could be both.")
    query = re.sub(r"^(?:(?:for|in|at|on|and|but|to|with|,|-)\s*)+(?=(?:and|but|with|,)|$)|[\s,]+(?:and|but|with|,)*\s*$", "", " ".join(query.split()))  # fmt: skip
    if query != args.get("query", ""):
        args["query"] = query.strip(" ,")
        if not args["query"]:
            args.pop("query")


def _wishes(clause: Clause) -> dict[str, float]:
    """Read what "same list, but acoustic" asks for: a describing word as a direction."""
    return {
        axis.value.name: float(-axis.value.way if clause.negated(axis.start) else axis.value.way)
        for axis in clause.axes
    }


def branch(clause: Clause, draft: Draft) -> None:
    """Take "same list, but acoustic"."""
    draft.say("branch")
    found = criteria.read(clause, draft)
    for name, value in _wishes(clause).items():
        if name not in found.filters and name not in found.hold:
            found.adjust.setdefault(name, value)
    args = _search(draft)
    for genre in clause.genres:
        title = clause.text[genre.start : genre.end]
        if not found.adjust and not found.filters:
            args["query"] = f"{args.get('query', '')} {title}".strip()
    criteria.apply(found, args, draft)


def _is_new_topic(clause: Clause, found: Criteria, left: str) -> bool:
    """Tell whether a clause asks for something new, and not for a change of the list."""
    if clause.head in ("find", "play", "give", "make") and left and not clause.has("them", "these", "those", "same"):
        return True
    if found.is_empty:
        return bool(left)
    substance = [w for w in left.split() if len(w) > 2]
    if found.adjust or found.hold or found.refused or clause.starts("only", "but", "no", "not", "without", "just"):
        return False
    wanted = [f for f in [*clause.genres, *clause.moods, *clause.instruments] if not clause.negated(f.start)]
    return bool(substance) and (any(clause.text[f.start : f.end].lower() in left.lower() for f in wanted) or (clause.songs and len(substance) > 1))  # fmt: skip


def _describes(clause: Clause) -> bool:
    return clause.starts("only", "just", "but", "make them", "make it") and bool(clause.moods or clause.genres)


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


def search_of(draft: Draft) -> dict[str, Any]:
    """Return the arguments of this turn's refined search."""
    return _search(draft)


def search_again(draft: Draft) -> dict[str, Any]:
    """Return the arguments of the same search without what was shown."""
    _search_again(draft, _shown(draft))
    return _search(draft)


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
    if (
        not rejected
        and clause.match(
            r" (?:dont|didnt|do not|did not) (?:really )?(?:like|love|enjoy|want) (?:any of )?(?:these|those|them) "
        )
        and draft.state.shown
    ):
        rejected = [{"id": id} for id in draft.state.shown.ids]
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
    if clause.starts("like") or not clause.match(r" (?:love|loved|like|liked|enjoy|great|perfect|(?:is|was|sounds?|are) (?:really |so |very |quite |just )*(?:lovely|nice|good|beautiful|wonderful|amazing|gorgeous|brilliant|cool|fantastic|excellent|my favou?rite)) ") or clause.verb("find", "play") or clause.match(r" (?:more|something|anything|songs|tracks|music|stuff|ones|others?|sounds?) like | like to "):  # fmt: skip
        return False
    liked = [m.target for m in mentions(clause, draft) if "id" in m.target]
    if not liked or clause.match(r" (?:dont|didnt|not) "):
        return False
    for target in liked:
        draft.say("like", Ref(id=target["id"]))
    return True


def someone_else(draft: Draft, *, praised: bool = False) -> bool:
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


def sort(clause: Clause, draft: Draft) -> bool:
    """Take "sort them by energy", "start mellow, build up": the things in reach in another order."""
    sorts = clause.verb("sort") or clause.has("sorted") or _puts_first(clause)
    if (clause.verb("export") or clause.formats) and not clause.match(r" (?:sort\w*|arrang\w+|rank\w*|reorder\w*) "):
        return False  # "download the running order"
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
    these = group(clause, draft)
    if not sorts and (found.filters or "total_s" in found.args):
        return False  # "limit it to what I never played, from quiet to wild": another search
    if (
        not sorts
        and not these
        and (
            draft.arena != "list"
            or clause.head in ("find", "give", "play")
            or clause.genres
            or (clause.head == "make" and {word.plain for word in clause.words} & cues.PIECES)
        )
    ):
        return False
    items = these or list(draft.group) or _list_items(draft)
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


def _puts_first(clause: Clause) -> bool:
    """Tell whether some are to come before the others: "put the calmest ones first"."""
    return clause.match(r" (?:put|move|bring|place|start with|begin with|have|get) (?:the |all the )*(?:\w+est|(?:most|least|more|less) \w+|\w+er|calm|slow|quiet|loud|fast|wild)(?: \w+){0,3} (?:first|last|on top|at the (?:top|start|beginning|front|end|bottom)|to the (?:top|start|front|end|bottom)) ") is not None  # fmt: skip


def _pick_order(clause: Clause) -> str:
    axis = clause.axes[0].value if clause.axes else None
    high = axis is not None and ((axis.way > 0) != clause.has("least"))
    return "energy_down" if high else "energy_up" if axis else "best"


def _list_items(draft: Draft) -> list[Target]:
    if len(draft.state.attached) > 1:
        return [{"id": id} for id in draft.state.attached]
    return [{"id": id} for id in draft.state.shown.ids] if draft.state.shown else []
