"""A message as one search, whatever its words: the constraints that the reader sees, put into a new search or the one in force."""

import re
from typing import Any

from segue.agent.language import criteria, evidence, finding, guessing, refining
from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.agent.language.draft import Draft, Target
from segue.agent.language.pivoting import playing
from segue.agent.language.reference import group
from segue.agent.plan import Ref

_MOST_SEEDS = 3
_EXCLUDED = frozenset({"f.exclude", "f.exclude_artists", "f.exclude_genres", "r.hold", "state.reject"})
_VALUES = frozenset({"f.year", "f.bpm", "f.duration", "f.unplayed", "f.vocals", "f.language", "f.rating_min", "f.key"})


def identified(_asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Take a message that wants to know what a piece is."""
    named = evidence.pointed(clause, draft)
    it = named[0] if len(named) == 1 else draft.it
    if it is None:
        return False
    draft.add("retrieve", {"action": "identify", "like": [it]})
    return True


def searched(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Take a message that is one search, new or a change of the one in force."""
    if asked == {"retrieve", "r.max_per_artist", "ask"} and draft.arena == "empty":
        guessing.vague(draft)
        return True
    found = criteria.read(clause, draft)
    asked -= {"ask"}
    evidence.settle(asked, found, clause, draft)
    evidence.one_sided(found, clause)
    if evidence.matched(asked, found, clause, draft):
        return True
    asked -= _unsaid(found)
    if "r.among" in asked:
        return _among(asked, found, clause, draft)
    if "r.total_s" in asked and "total_s" not in found.args:
        return False
    listed = draft.arena == "list"
    if "r.like" in asked and not (listed and _holds_likes(asked, clause, draft)):
        return _likened(asked, found, clause, draft)
    if listed and not _is_new(asked, clause, draft):
        return _refined(asked, found, clause, draft)
    return _fresh(asked, found, clause, draft)


def branched(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Take "same list, but …": the search in force, changed, beside it."""
    if draft.arena != "list" or ("r.like" in asked and clause.starts("like", "similar", "something", "more")):
        return False  # "like TITLE but faster, about the same length": a search of its own, and nothing of it is the list's
    draft.say("branch")
    if not searched(asked - {"state.branch", "r.among"}, clause, draft):
        return False
    draft.ops = [op for op in draft.ops if op.op == "branch" or isinstance(op.target, Ref)]
    return True


def _unsaid(found: Criteria) -> frozenset[str]:
    """Return the labels of constraints of which the message says nothing: they hold already, or were seen in error."""
    filters = set(found.filters)
    return frozenset(label for label, names in evidence.KEYS.items() if not filters & set(names) and "exclude" not in label)  # fmt: skip


# -- new searches ------------------------------------------------------------------------------------


def _is_new(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Tell whether something else is searched than what the list in reach holds."""
    if asked & _EXCLUDED or any(label.startswith("adjust.") for label in asked):
        return False
    if "order.path" in asked:
        return True
    wanted = evidence.named_artists(draft)
    held = (draft.state.search.get("filters") or {}).get("artist")
    if "f.artist" in asked and wanted and held not in wanted:
        return True
    if asked == {"retrieve", "r.max_per_artist"}:
        return not (evidence.speaks_of_artists(clause) or clause.head == "find")
    if asked == {"retrieve", "f.unplayed"}:
        return not re.search(r"\b(?:these|those|them|of (?:these|those|them)|times|plays|spins)\b", clause.text, re.IGNORECASE)  # fmt: skip
    if asked == {"retrieve"}:
        return not _only_narrows(clause)
    query = str(draft.state.search.get("query") or "").lower()
    named = [clause.text[f.start : f.end].lower() for f in [*clause.genres, *clause.instruments]]
    return clause.head in ("find", "play") and (clause.songs or any(name not in query for name in named))


_ONLY = re.compile(r"\b(?:only|just|restrict\w*|limit\w*|ones|these|those|them|keep (?:it )?to|narrow\w*|filter\w*|strictly|of them)\b", re.IGNORECASE)  # fmt: skip


def _only_narrows(clause: Clause) -> bool:
    return _ONLY.search(clause.text) is not None or _KIND.search(clause.text) is not None


def _fresh(asked: frozenset[str], found: Criteria, clause: Clause, draft: Draft) -> bool:
    told = bool(clause.genres or clause.moods or clause.instruments or clause.axes or re.search(r"[\"“«]", clause.text))
    if asked == {"retrieve", "r.max_per_artist"} and not (clause.genres or clause.moods):
        draft.add("retrieve", {"max_per_artist": 1})
        return True
    known = len(draft.steps)
    finding.search(clause, draft)
    if len(draft.steps) == known:
        return False
    args = draft.steps[-1].args
    args["filters"] = found.filters
    args["adjust"] = {axis: amount for axis, amount in (args.get("adjust") or {}).items() if axis in found.adjust}
    for name in ("order", "total_s", "max_per_artist", "hold"):
        args.pop(name, None)
    args |= found.args
    if args.get("action") == "playlist" and not {"order", "total_s"} & set(args) and not clause.has("playlist", "mixtape", "setlist", "a set"):  # fmt: skip
        args.pop("action")
    if {"order", "total_s"} & set(args):
        args["action"] = "playlist"
    if args.get("order") == "path" and (said := _words_of_sound(clause)):
        args["query"] = said
    if asked & _VALUES and found.filters and not told and asked <= _VALUES | {"retrieve", "r.max_per_artist"}:
        args.pop("query", None)  # "dig out what I bought and never put on" describes nothing else
    for name in ("filters", "adjust"):
        if not args[name]:
            args.pop(name)
    return True


# -- likeness ----------------------------------------------------------------------------------------


def _holds_likes(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Tell whether the search in force is one for likeness, and the message brings nothing else to be like."""
    if evidence.pointed(clause, draft):
        return bool(draft.state.search.get("like")) and bool(asked & {"f.exclude", "state.reject"})
    if "f.exclude_artists" in asked:
        return bool(draft.state.search.get("like") and evidence.named_artists(draft))
    return bool(draft.state.search.get("like")) or not (draft.names or _LIKE.search(clause.text))


_LIKE = re.compile(r"\b(?:like|similar\w*|sounds?|vein|style|kind|vibe|spirit|same|closest?|resembl\w*|reminiscent|neighbours?|more of|along|follow\w*|goes? with|match\w*|cousins?|alike|this|that)\b", re.IGNORECASE)  # fmt: skip


_PLAYS = re.compile(r"^\W*(?:(?:can|could) (?:i|we|you) )?(?:play|hear|put on|listen to|start)\b", re.IGNORECASE)


def _likened(asked: frozenset[str], found: Criteria, clause: Clause, draft: Draft) -> bool:
    seeds, artists, is_named = _seeds(asked, clause, draft)
    if not seeds or (_PLAYS.search(clause.text) and not _LIKE.search(clause.text)):
        return False  # "play the second one"
    args: dict[str, Any] = {"like": seeds, "action": "similar"}
    found.filters.pop("artist", None)
    if "f.exclude_artists" in asked:
        found.filters["exclude_artists"] = artists
    if not found.filters.get("exclude_artists"):
        found.filters.pop("exclude_artists", None)
    if "order.path" in asked:
        args = {"like": seeds, "order": "path"}
    if {"order.path"} & asked or "f.exclude_artists" in asked:
        words = [clause.text[genre.start : genre.end] for genre in clause.genres]
        args |= {"query": " ".join(words)} if words else {}
    rejected = [target for target in evidence.pointed(clause, draft) if target not in seeds]
    if asked & {"f.exclude", "state.reject"} and rejected:
        found.filters["exclude"] = [target["id"] for target in rejected]
        for target in rejected:
            draft.say("reject", Ref(id=target["id"]))
    held = {} if is_named else finding.held(seeds, draft)
    filters = {**{name: value for name, value in held.items() if name != "exclude"}, **found.filters}
    args |= {name: value for name, value in (("filters", filters), ("adjust", found.adjust), ("hold", found.hold)) if value}  # fmt: skip
    args |= found.args
    draft.add("retrieve", args)
    return True


_BAD = re.compile(r"\b(?:sucks?|not|no|nah|hate|dislike|boring|awful|bad|too|dull|worst|terrible|skip|except|didn['’]?t|don['’]?t|isn['’]?t)\b", re.IGNORECASE)  # fmt: skip
_PART = re.compile(r"[,.;!?]+\s+|\b(?:but|and then|so)\b", re.IGNORECASE)


_THIS = re.compile(r"\b(?:this|that) (?:song|track|one|piece|tune)\b", re.IGNORECASE)


def _seeds(asked: frozenset[str], clause: Clause, draft: Draft) -> tuple[list[Target], list[str], bool]:
    """Return what is the model, the artists who made it, and whether it was named: tracks, artists, what was shown."""
    named = evidence.pointed(clause, draft)
    if asked & {"f.exclude", "state.reject"} and len(named) > 1:
        parts = [part for part in _PART.split(clause.text) if part and not _BAD.search(part)]
        good = [target for part in parts for target in evidence.pointed(Clause(part), draft)]
        named = good or named
    if named and all("id" in target for target in named):
        things = [draft.thing(target) for target in named]
        return named, list(dict.fromkeys(thing.artist for thing in things if thing and thing.artist)), True
    shown = draft.state.shown
    if shown and (heard := [{"id": id} for name in draft.names if name.kind == "artist" for id in name.ids if id in shown.ids]):  # fmt: skip
        return heard[:_MOST_SEEDS], evidence.named_artists(draft), True
    held = (draft.state.search.get("filters") or {}).get("artist")
    if held and shown and draft.arena == "list" and evidence.named_artists(draft) == [held]:
        return [{"id": id} for id in shown.ids[:_MOST_SEEDS]], [held], True
    artists = [name for name in draft.names if name.kind == "artist" and name.ids]
    titles = [name for name in draft.names if name.kind == "title" and name.ids]
    seeds: list[Target] = [
        *named,
        *({"id": id} for name in titles for id in name.ids[:1]),
        *({"id": id} for name in artists for id in name.ids[:_MOST_SEEDS]),
    ]
    if seeds and draft.it and _THIS.search(clause.text):
        seeds.insert(0, playing(draft) or draft.it)
    if seeds:
        return [seed for n, seed in enumerate(seeds) if seed not in seeds[:n]], evidence.named_artists(draft), True
    shown = shown if draft.arena == "list" and not playing(draft) else None
    seeds = group(clause, draft) or ([{"id": id} for id in shown.ids] if shown and "f.exclude_artists" in asked else [])
    it = playing(draft) or draft.it
    seeds = seeds or ([it] if it else [])
    names = [thing.artist for seed in seeds if (thing := draft.thing(seed)) and thing.artist]
    return seeds[:_MOST_SEEDS], list(dict.fromkeys(names)), False


# -- the search in force -----------------------------------------------------------------------------

_KIND = re.compile(r"\b(live(?= )|live$|remix\w*|covers?(?: versions?)?|demos?|acoustic versions?|radio edits?|edits|alternate takes|outtakes|sessions?|bootlegs?|arrangements?|instrumental versions?|remasters?|concert)\b", re.IGNORECASE)  # fmt: skip


_OTHERS = re.compile(r"\b(?:artists?|singers?|bands?|musicians?|acts?|groups?|people|persons?|someone|somebody|anyone|anybody|who|other|others|else|new|different|another|fresh|her|him|them|they|guys?|next)\b", re.IGNORECASE)  # fmt: skip


def _refined(asked: frozenset[str], found: Criteria, clause: Clause, draft: Draft) -> bool:
    """Put what the reader sees into the search in force."""
    named = evidence.pointed(clause, draft) if "state.reject" in asked else []
    if "state.reject" in asked and not named and not draft.names and (one := playing(draft)):
        named = [one]
    rejected = [str(target["id"]) for target in named if "id" in target]
    kinds = [kind[1] for kind in _KIND.finditer(clause.text)] if asked <= {"retrieve", "f.exclude", "state.reject"} else []  # fmt: skip
    query = str(draft.state.search.get("query") or "").lower()
    played = [clause.text[f.start : f.end] for f in clause.instruments if asked == {"retrieve"} and not clause.negated(f.start)]  # fmt: skip
    kinds += [word for word in played if word.lower() not in query]
    refining.wish(
        draft,
        found,
        rejected=rejected,
        seeds=[],
        added=list(dict.fromkeys(kinds)),
        widened=[],
        gone=[],
    )
    for id in rejected:
        draft.say("reject", Ref(id=id))
    if "f.exclude" in asked and not rejected:
        refining.search_again(draft)
    if "f.exclude_artists" in asked and not found.filters.get("exclude_artists") and _OTHERS.search(clause.text):
        refining.someone_else(draft)
    if asked == {"retrieve"} and not (kinds or played):
        draft.note("I have no way to check what you ask for, so the list is as it was.")
    return True


def dropped(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Take "any year will do": a constraint or a word of the search in force falls."""
    if draft.arena != "list":
        return False
    search = draft.state.search or (draft.state.shown.args if draft.state.shown else {})
    filters, query = search.get("filters") or {}, str(search.get("query") or "")
    gone = [name for name, (keys, cue) in _FALLS.items() if set(keys) & set(filters) and cue.search(clause.text)]
    if filters.get("artist") and filters["artist"].lower() in clause.text.lower() and "artist" not in gone:
        gone.append("artist")
    words = [word for word in query.split() if re.search(rf"\b{re.escape(word)}\b", clause.text, re.IGNORECASE)]
    if not gone and not words and len(filters) != 1:
        return False
    gone = gone or ([] if words else [name for name, (keys, _) in _FALLS.items() if set(keys) & set(filters)])
    found = criteria.read(clause, draft)
    evidence.settle(asked - {label for name in gone for label in (f"f.{name}",)}, found, clause, draft)
    args = refining.search_of(draft)
    refining.wish(draft, found, rejected=[], seeds=[], added=[], widened=[], gone=[key for name in gone for key in _FALLS[name][0]])  # fmt: skip
    told = [said for said in _PART.split(clause.text) if said and _ASKS.search(said) and not _LETS_GO.search(said)]
    wanted = [Clause(said.strip()) for said in told]
    fresh = " ".join(_words_of_sound(said) for said in wanted).strip()
    if fresh:
        args["query"] = fresh
    elif words and not gone:
        left = [word for word in query.split() if word not in words]
        if not left:
            return False
        args["query"] = " ".join(left)
    for name in gone or words:
        draft.say("drop", name)
    if not args.get("filters"):
        args.pop("filters", None)
    return True


_LETS_GO = re.compile(r"\b(?:forget|drop|ignore|lose|lift|ditch|scrap|remove|never ?mind|nvm|no longer|any ?more|not|isnt|doesnt|dont|screw|relax|loosen|off|whatever|regardless|go of)\b|n['’]t\b", re.IGNORECASE)  # fmt: skip
_ASKS = re.compile(r"\b(?:just|only|any\w*|all|find|get|give|show|want|need|take|enough|will do|good for|whoever|whenever|by|from|matters)\b", re.IGNORECASE)  # fmt: skip
_FALLS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "year": (("year_min", "year_max"), re.compile(r"\b(?:years?|decades?|eras?|ages?|old|dates?|when(?:ever)?|any ?time|period|[\w']*\d0'?s|(?:nine|eight|seven|six)t\w*s|19\d\d|20\d\d|recorded|released|came out)\b", re.IGNORECASE)),
    "artist": (("artist",), re.compile(r"\b(?:artists?|singers?|bands?|whoever|anybody|anyone|who|people|names?|by any\w*)\b", re.IGNORECASE)),
    "bpm": (("bpm_min", "bpm_max"), re.compile(r"\b(?:tempo|bpm|speed|fast|slow|pace)\b", re.IGNORECASE)),
    "duration": (("duration_min_s", "duration_max_s"), re.compile(r"\b(?:length|long|short|minutes?|duration)\b", re.IGNORECASE)),
    "vocals": (("vocals",), re.compile(r"\b(?:vocals?|sing\w*|instrumental|voices?|words)\b", re.IGNORECASE)),
    "rating": (("rating_min",), re.compile(r"\b(?:ratings?|stars?|rated)\b", re.IGNORECASE)),
    "plays": (("plays_max", "unplayed"), re.compile(r"\b(?:plays?|played|heard|unplayed)\b", re.IGNORECASE)),
    "language": (("language",), re.compile(r"\b(?:languages?|sung in|english|french|spanish|german|italian|portuguese)\b", re.IGNORECASE)),
}  # fmt: skip


_SOUNDING = ("genres", "moods", "instruments", "axes")


def _words_of_sound(clause: Clause) -> str:
    """Return the words of a clause that say how music is, in their order."""
    spans = sorted(
        {
            (f.start, f.end)
            for kind in _SOUNDING
            for f in getattr(clause, kind)
            if clause.text[f.start : f.end].lower() != "folks"
        }
    )
    return clause.text[spans[0][0] : spans[-1][1]] if spans else ""


# -- of what is there --------------------------------------------------------------------------------

_SUPERLATIVE = re.compile(r"\b(?:(?:most|least) (?P<what>\w+)|(?P<est>\w{2,}?)(?:i)?est)\b", re.IGNORECASE)


def _among(asked: frozenset[str], found: Criteria, clause: Clause, draft: Draft) -> bool:
    """Take an order of what is there, or the one of it that is most."""
    named = evidence.pointed(clause, draft) if asked & {"state.reject", "f.exclude"} else []
    shown = draft.state.shown
    things = group(clause, draft) or ([{"id": id} for id in shown.ids] if shown else draft.reach())
    among = [thing for thing in things if thing not in named]
    if len(among) < 2:
        return False
    args: dict[str, Any] = {"among": among, **found.args}
    most = _SUPERLATIVE.search(clause.text)
    if "order" not in args:
        if most is None:
            return False
        args["query"] = (most["what"] or most["est"]).lower()
    if most and most[0].lower() not in ("best", "rest") and not re.search(r"\b(?:first|last|down|up|to)\b", clause.text, re.IGNORECASE):  # fmt: skip
        args["k"] = 1
    for target in named:
        draft.say("reject", Ref(id=target["id"]))
    draft.add("retrieve", args)
    return True
