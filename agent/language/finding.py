"""Requests to find music: searches in words, seeds, technical matches."""

import copy
import re
from typing import Any

from segue.agent.dialogue import Known
from segue.agent.language import asking, contrast, criteria, cues
from segue.agent.language.clause import Clause
from segue.agent.language.criteria import Criteria
from segue.agent.language.draft import Draft, Target
from segue.agent.language.query import how_many, leftover
from segue.agent.language.reference import group, mentions, names_in
from segue.tools.core.vocabulary import words_of

_SEEDS = 3  # tracks of an artist that stand for the artist
# "I like these" is praise, "something like these" a seed.
_LIKERS = frozenset(
    [
        "i",
        "we",
        "really",
        "also",
        "they",
        "you",
        "would",
        "dont",
        "didnt",
        "id",
        "always",
        "mostly",
        "just",
        "do",
        "did",
        "not",
    ]
)
_LIKENESS = re.compile(
    r"\b(?:closer to|nearer to|more in the direction of|more (?:songs |tracks |music |stuff )?like|like|similar(?: ones| songs| tracks| stuff| music| things)?(?: to| as)?|sounds? like|sounding like|resembl\w+|reminiscent of|"
    r"(?:in|along|of|with) (?:that|this|the same|those|these|a similar|similar|much the same) (?:\w+ )?(?:veins?|lines?|styles?|spirit|mou?ld|direction|kind|sort|type|ilk|feel|vibe|nature|fashion)|"
    r"(?:a )?(?:mix|blend|cross|combination|fusion) (?:of|between)|(?:crossed|mixed|blended) with|(?:some\w+ )?between|in the (?:style|vein|spirit) of|along the lines of|meets?|neighbou?rs of|related to|remind\w* (?:me )?of|close to|matching|(?:mix(?:es)?|go(?:es)?|fits?|blends?|works?|pairs?) (?:well |nicely |good |great )?(?:with|alongside)|simile|ähnlich|wie|comme|parecid\w+)\b",
    re.IGNORECASE,
)  # fmt: skip
_SHARED = r" same (key|tempo|bpm|speed|mood|energy|genre|style|artist|vibe)(?: (?:and|or|plus) (?:the )?(?:same )?(key|tempo|bpm|speed|mood|energy|genre|style|artist|vibe))? (?:as|like)? ?"


def seeds(clause: Clause, draft: Draft) -> tuple[list[Target], list[Known], int]:
    """Return what likeness is asked for: targets, the artists among them, and where the phrase begins."""
    likely = [
        m
        for m in _LIKENESS.finditer(clause.text)
        if not (m[0].lower() == "like" and set(clause.before(m.start(), 1)) & _LIKERS)
    ]
    match = likely[0] if likely else _LIKENESS.search(clause.text)
    if clause.match(r" (?:make|have|get|let|want) (?:it|this|that|them|the \w+)(?: all)? (?:to )?(?:sound|feel) "):
        return [], [], -1  # "make it sound like an old radio" asks for a sound
    if not match or (match[0].lower() == "like" and set(clause.before(match.start(), 1)) & _LIKERS):
        return _blended(clause, draft)
    targets = [m.target for m in mentions(clause, draft)]
    artists = [
        name for name in names_in(clause, draft)
        if name.kind == "artist" and name.ids and not clause.negated(clause.text.find(draft.message[name.start : name.end]))
        and not any(m.target.get("id") in name.ids for m in mentions(clause, draft))
    ]  # fmt: skip
    for artist in artists:
        targets += [{"id": id} for id in artist.ids[:_SEEDS]]
    start = match.start()
    if not targets:
        targets = group(Clause(clause.text[match.end() :]), draft)[:_SEEDS]  # "along the lines of the last two"
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


_BLEND = re.compile(r"\bhalf\b.*\bhalf\b|\btwist\b|\b(?:plus|meets|with|x|crossed|vs|and|mixed|blended|over)\b", re.IGNORECASE)  # fmt: skip


def _blended(clause: Clause, draft: Draft) -> tuple[list[Target], list[Known], int]:
    """Read "50 Cent with a Beatles twist", "half A, half B", "faster than number 2"."""
    if draft.arena == "list" and (than := re.search(r"\b(?:\w+er|more \w+|less \w+) than (?=the|number|track|#|no\b)", clause.text, re.IGNORECASE)):  # fmt: skip
        named = [m.target for m in mentions(clause, draft) if m.start >= than.end() - 4]
        if named and not clause.is_question:
            return named[:1], [], than.start()
    artists = [n for n in names_in(clause, draft) if n.kind == "artist" and n.ids and not clause.negated(clause.text.find(draft.message[n.start : n.end]))]  # fmt: skip
    if len(artists) < 2 or not _BLEND.search(clause.text) or clause.match(r" (?:by|from|no|without) ") or clause.is_question:  # fmt: skip
        return [], [], -1
    return [{"id": id} for artist in artists for id in artist.ids[:_SEEDS]], artists, 0


def similar(clause: Clause, draft: Draft) -> bool:
    """Take "something like Wonderwall", "who sounds like Mazzy Star?", "find similar ones"."""
    targets, artists, _ = seeds(clause, draft)
    names = [artist.name for artist in artists]
    if targets and (thing := draft.thing(targets[0])) and thing.artist and asking.performer([word.plain for word in clause.words]):  # fmt: skip
        names.append(thing.artist)
    if not targets and draft.arena == "list":
        targets = _but(clause, draft)
    if not targets:
        return False
    args: dict[str, Any] = {"like": targets, "action": "similar"}
    if filters := held(targets, draft):
        args["filters"] = filters
    found = criteria.read(clause, draft)
    if clause.has("but") and not found.adjust:
        # "the fourth, but acoustic": a describing word behind "but" is a direction
        at = clause.text.lower().find("but")
        wished = [axis for axis in clause.axes if axis.start > at and not clause.negated(axis.start) and not (axis.value.name == "vocals" and "vocals" in found.filters)]  # fmt: skip
        found.adjust.update(
            {axis.value.name: float(axis.value.way) for axis in wished if axis.value.name not in found.hold}
        )
    if count := how_many(clause):
        args["k"] = count
    found.filters.pop("artist", None)
    if clause.starts("who", "which artist", "which artists", "which bands", "what artists", "what bands") or clause.has("artists like", "bands like", "similar artists", "artists similar", "singers like", "bands similar", "similar bands"):  # fmt: skip
        found.filters["exclude_artists"] = names
        found.args.setdefault("max_per_artist", 1)
    shown = draft.state.shown
    if shown and shown.kind == "tracks" and any(t.get("id") in shown.ids for t in targets):
        found.filters["exclude"] = list(
            dict.fromkeys([*(filters or {}).get("exclude", []), *(id for id in shown.ids if {"id": id} not in targets)])
        )
    negated = found.filters.get("exclude_artists")
    criteria.apply(found, args, draft)
    if negated:
        draft.ops = [op for op in draft.ops if not (op.op == "reject" and op.target in names)]
    draft.add("retrieve", args)
    return True


def _but(clause: Clause, draft: Draft) -> list[Target]:
    """Return the track shown that opens "number 1 but happier"."""
    named = mentions(clause, draft)
    opens = named and not words_of(clause.text[: named[0].start].lower().replace("the", "").replace("number", ""))
    if not opens or not re.match(r"\s*(?:one|song|track)?,?\s*(?:but|only|just)\b", clause.text[named[0].end :]):
        return []
    return [named[0].target] if criteria.read(clause, draft).adjust or clause.axes else []


def held(targets: list[Target], draft: Draft) -> dict[str, Any]:
    """Return the hard filters in force where the seed is one of the tracks shown: the query gives way, they do not."""
    shown = draft.state.shown
    if not shown or shown.kind != "tracks" or not all(t.get("id") in shown.ids for t in targets):
        return {}
    filters = draft.state.search.get("filters") or {}
    return {name: copy.deepcopy(value) for name, value in filters.items() if name not in ("artist", "key")}


def shared(clause: Clause, draft: Draft) -> bool:
    """Take "same key and tempo as this": what is known is filtered by, what is not is measured first."""
    match = clause.match(_SHARED)
    if not match or clause.verb("make", "write") or clause.has("same list", "same search"):
        return False
    held = draft.arena == "list" and not mentions(clause, draft) and not clause.has("as", "like", "it", "this", "that")
    if held and criteria.read(clause, draft).hold:
        return False  # "same energy, more melodic"
    near = re.search(r"within\s+(\d+(?:\.\d+)?)\s*bpm\b", clause.text, re.IGNORECASE)
    wanted = {"bpm" if name in ("tempo", "speed") else name for name in match.groups() if name}
    wanted |= {"bpm"} if near else set()
    target = (mentions(clause, draft) or [None])[0]  # type: ignore[list-item]
    source = target.target if target else draft.it
    if source is None:
        draft.ask("The same as what? Attach a clip or name a track.")
        return True
    match_with(clause, draft, source, wanted, float(near[1]) if near else None)
    return True


def match_with(clause: Clause, draft: Draft, source: Target, wanted: set[str], near: float | None = None) -> None:
    """Search for what has a piece's key, bpm, artist, genre, mood or energy; what is not known of it is measured first.

    Parameters
    ----------
    near : how far a tempo may be off in bpm; None is 5 per cent.
    """
    thing = draft.thing(source) if "id" in source else None
    filters: dict[str, Any] = {k: v for k, v in criteria.read(clause, draft).filters.items() if k.startswith(("year", "duration", "rating", "unplayed", "exclude_", "vocals", "language"))}  # fmt: skip
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
            spread = near if near is not None else thing.bpm * 0.05
            filters["bpm_min"], filters["bpm_max"] = round(thing.bpm - spread, 1), round(thing.bpm + spread, 1)
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


def search(clause: Clause, draft: Draft) -> None:
    """Take a clause as a new search: its words, less what became filters and what it is not to be."""
    if not names_in(clause, draft):
        said, left_out = contrast.softened(clause.text)
        clause = Clause(said) if left_out else clause
        for note in left_out:
            draft.note(note)
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
    if (count := how_many(clause)) and "k" not in args:
        args["k"] = count
    for instrument in clause.instruments:
        if clause.negated(instrument.start):
            draft.note(
                f"Tracks without {clause.text[instrument.start : instrument.end]} cannot be filtered for; I left the word out of the search."
            )
    if _goes_on(clause, draft) and "k" not in args:
        last = draft.steps[-1].args
        words = [word for word in (last.get("query"), args.pop("query", "")) if word]
        last |= {name: value for name, value in args.items() if name not in last}
        last["query"] = ", ".join(dict.fromkeys(words))
        args = last
        criteria.apply(found, args, draft)
    else:
        criteria.apply(found, args, draft)
        draft.add("retrieve", args)
    draft.ops = [op for op in draft.ops if op.op != "reject"]
    if not any(args.get(name) for name in ("query", "filters", "like", "order")):
        args.setdefault("max_per_artist", 1)


def _goes_on(clause: Clause, draft: Draft) -> bool:
    """Tell whether a sentence describes further what the one before has asked for."""
    last = draft.steps[-1] if draft.steps else None
    fresh = (
        last is not None and last.tool == "retrieve" and last.args is not draft.refined and not last.args.get("like")
    )
    return fresh and last is not None and "query" in last.args and clause.head not in ("find", "play")


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


def is_search(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause describes music to find, though nothing says so outright."""
    described = bool(clause.genres or clause.moods or clause.instruments or names_in(clause, draft) or clause.years)
    return described or clause.songs or clause.head in ("find", "play") or bool(set(cues.LISTS) & {w.plain for w in clause.words})  # fmt: skip
