"""Wishes for the like of something: of tracks, of artists (others than they), of a key and a tempo."""

import re
from typing import Any

from segue.agent.dialogue import Known
from segue.agent.language import criteria, finding, notating
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.query import how_many
from segue.agent.language.reference import group, mentions, names_in
from segue.agent.language.wish_words import MADE, how_many_more, is_order
from segue.tools.core.vocabulary import numbers_in

_SEEDS = 3  # tracks of an artist that stand for the artist
# -- its like ----------------------------------------------------------------------------------------
_LIKE = re.compile(
    r"\b(?:like|likes|loves|enjoys|digs|alike|likes? of|similar\w*|simular|simmilar|resembl\w+|reminiscent|remind\w*|akin|comparable|equivalents?|in (?:that|the|this|a similar|the same|his|her|their) (?:vein|spirit|style|mou?ld|mode|manner|direction|ballpark|corner|league|school|family|tradition|neighbou?rhood|orbit|territory|lane|world)|in [\w .'’]{1,30}(?:'s|’s|') (?:vein|spirit|style|mou?ld|corner|league|neighbou?rhood|orbit|territory|lane)|along (?:the|those|these|similar) lines|neighbou?rs?|neighbou?rhood|cousins?|siblings?|relatives?|twins?|kin|family of|close(?:r|st)? to|near(?:er|est)?(?: to)?|next to|adjacent|related|matching|fits?|goes with|go with|sits? (?:between|beside|next to)|radio|seeds?|from there|same (?:vibe|feel|mood|itch|spirit|vein|sound|ilk|kind|sort|style|school)|sounds? (?:of|like)|sounding|a la|à la|ish|esque|type of thing|type beat|fans? of|inspired by|influenced by|descend\w+ (?:of|from)|play(?:s|ing)? like|doing what|what [\w ]{2,25} do(?:es)?\b|would (?:love|like|enjoy)|if i(?:'?m| am|) (?:like|love|into|a fan)|into)\b",
    re.IGNORECASE,
)  # fmt: skip
_BLENDS = re.compile(r"\b(?:between|halfway|half ?way|midway|midpoint|middle (?:ground|of)|cross(?:ed|ing|over)?|mix(?:ture|es|ed|ing)?|blend\w*|mash(?:es|ed|ing)?(?:[- ]?up)?|combin\w+|fus(?:e|ion|es|ed|ing)|meets?|meeting|marr(?:y|ied|iage)|hybrid|half|part|plus|x|vs|versus|both|together|at once|as well as|collab\w*|backing|produced by|playing with|jamming with|fronting|covering|if [\w ]+ (?:had|played|made)|child of|lovechild|love child|overlap|feat\w*)\b|[+/&×]", re.IGNORECASE)  # fmt: skip
_PEOPLE = re.compile(r"\b(?:artists?|artsts?|bands?|acts?|singers?|groups?|musicians?|performers?|rappers?|producers?|djs?|composers?|songwriters?|outfits?|ensembles?|trios?|quartets?|guitarists?|pianists?|drummers?|vocalists?|players?|people|folks?|names|someone|somebody|anyone|anybody|everyone|who(?:'?s|'?ll|ever)?|whom|others|peers|contemporaries|disciples|crooners?|mcs?|beatmakers?|duos?|orchestras?|else)\b", re.IGNORECASE)  # fmt: skip
_TRY = re.compile(r"\b(?:try|check out|listen to|hear|recommend\w*|suggest\w*|next|enjoy|like|love|into|explore|discover|itch|worn out|played out|fix|tired of|had enough of|besides|apart from|other than|instead of|similar|scratch\w*)\b", re.IGNORECASE)  # fmt: skip


def _named_artists(clause: Clause, draft: Draft) -> list[Known]:
    return [name for name in names_in(clause, draft) if name.kind == "artist" and name.ids]


def told_artists(draft: Draft) -> list[Known]:
    """Return the artists named anywhere in the message."""
    return [name for name in draft.names if name.kind == "artist" and name.ids]


def _of_artists(artists: list[Known]) -> list[Target]:
    ids = [id for artist in artists for id in artist.ids[:_SEEDS]]
    return [{"id": id} for id in dict.fromkeys(ids)]


def neighbours(clause: Clause, draft: Draft) -> bool:
    """Take "who sounds like Mazzy Star?", "acts near Clara Voss, but not her": others than those that are named."""
    if is_order(clause) or "“" in clause.text:
        return False
    people = _PEOPLE.search(clause.text)
    if MADE.search(clause.text) and not clause.match(
        r"^ (?:who|whos|who is|which|what|other|others|any|someone|somebody|people|anyone) "
    ):
        return False
    if not people or clause.match(r" (?:per|each|every|same|by|no|one) (?:\w+ )?(?:artists?|bands?|singers?|acts?|musicians?) "):  # fmt: skip
        return False
    artists = _named_artists(clause, draft)
    cue = _LIKE.search(clause.text)
    told = False
    if not artists and not mentions(clause, draft) and not clause.songs and (cue or _TRY.search(clause.text)):
        artists = told_artists(draft)  # "I've worn out my Oasis records. Who scratches the same itch?"
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


# What a wish for other music says, while a piece is worked on; and likeness that only describes the piece.
_OTHER_MUSIC = r" (?:find|search\w*|look\w*|dig\w*|recommend\w*|suggest\w*|show|play|more|others?|another|else|songs?|tracks?|tunes?|music|something|anything|things?|stuff|artists?|bands?|singers?|neighbou?rs?|who|playlist|library|similar|alike|cousins?|siblings?|relatives?|sounds?|ones) "
_ITSELF = r" (?:what|whats|how|hows) (?:\w+ ){1,6}(?:is|s|are|sounds?)? ?like | is like (?:what )?$| like an? \w+ (?:going|running|played|playing|being)(?: |$)"


def alike(clause: Clause, draft: Draft) -> bool:
    """Take "got anything in that vein?", "use A and B as seeds", "nujabes vibes plus badbadnotgood drums"."""
    if draft.arena == "piece" and (notating.forms(clause) or clause.match(_ITSELF) or not clause.match(_OTHER_MUSIC)):
        return False  # "I'd like the score of this", "what is it like?": about the piece itself
    if "“" in clause.text or MADE.search(clause.text) or (is_order(clause) and not clause.verb("mix")):
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
    if count := how_many(clause) or how_many_more(clause):
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


def matched(clause: Clause, draft: Draft) -> bool:
    """Take "tracks in this one's key and about as fast", "who's within a few bpm of Blue Harbor and in its key"."""
    key, pace = bool(_KEY.search(clause.text)) and not clause.keys, bool(_PACE.search(clause.text))
    if not (key or pace) or clause.tempi or not _SHARES.search(clause.text) or not _LOOKED_FOR.search(clause.text):
        return False
    if is_order(clause) or MADE.search(clause.text) or (clause.match(r" (?:keep|change|transpose|same list|what key|which key|what tempo|whats|what is|how fast|key of [a-g]|intro|outro|beat|melody|loop|bass ?line|stay\w*) ") and not clause.match(r" (?:tempo|key|speed) of (?:my|our|this|the) (?:beat|loop|melody) ")):  # fmt: skip
        return False
    if clause.is_question and clause.match(r" (?:is|are|does|do) (?:it|this|that|they|these|the \w+) (?!any)(?:\w+ )*(?:same|in|at|share) "):  # fmt: skip
        return False
    named = mentions(clause, draft)
    source = named[0].target if named else None
    if source is None and draft.arena == "list" and not clause.match(r" (?:this|that|its|it|as|playing) "):
        return False
    source = source or (draft.it if draft.it and not told_artists(draft) else None)
    if source is None:
        return False
    finding.match_with(clause, draft, source, {name for name, wanted in (("key", key), ("bpm", pace)) if wanted})
    return True
