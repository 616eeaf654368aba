"""Requests about files and the library: exports, playlists, tags, duplicates, statistics, folders."""

import re
from typing import Any

from segue.agent.language import knowing
from segue.agent.language.clause import Clause
from segue.agent.language.curve import curve
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import all_but, group, mentions, of_lists
from segue.tools.core.vocabulary import numbers_in

_LISTS = frozenset({"m3u8", "xspf"})
_SCORES = frozenset({"midi", "musicxml", "svg", "pdf", "lrc"})
_PATH = re.compile(r"(?<!\w)((?:~|\.{1,2})?/[^\s,;\"']+|[A-Za-z]:\\[^\s\"']+|[\w-]+/[\w./-]*)")


# The list as a thing to keep, and where it is to go.
_A_LIST = r" (?:playlists?|setlists?|mixtapes?|running order|track ?lists?|play ?lists?|queue|lists?|selection|lot) "
_TAKEN = r" (?:(?:on|onto|to|for|in|into|with) (?:my |the |our |a |an )?(?:\w+ )?(?:phone|car|walkman|ipod|player|app|usb|stick|sd card|mp3 player|laptop|computer|disk|disc|tablet|hi ?fi|vlc|winamp|foobar\w*|plex|sonos|desktop|folder|drive|device)|take (?:\w+ ){1,3}with (?:me|us)|with me|offline|for later|for keeps|to go|to keep|hang on to|hold on to) "  # fmt: skip
_NAMES_IT = r"^ (?:please )?(?:call|name|title|label|dub|christen|entitle) (?:it|this|that|them|these|the (?:list|playlist|mix|set|file)) "


def called(clause: Clause, draft: Draft) -> bool:
    """Take "call it Sunday Roast": what is saved is named by itself, which is said."""
    if not clause.match(_NAMES_IT) or clause.is_question or clause.fields:
        return False
    draft.note("Files are named after what is in them: the name you gave is not kept.")
    return True


def _saves(clause: Clause, draft: Draft, formats: list[str]) -> bool:
    """Tell whether something is to be kept as a file: by a verb, a format of lists, or where it is to go."""
    if clause.verb("export") or (clause.has("file", "files") and clause.verb("give")):
        return True
    if clause.verb("write") and clause.has("file", "disk", "to disk") and not clause.fields:
        return True
    sought = clause.genres or clause.moods or clause.head in ("find", "play") or clause.fields
    if set(formats) & _LISTS:
        return not sought or bool(of_lists(clause, draft))
    if draft.arena != "list" or sought:
        return False
    whole = clause.match(_A_LIST) or clause.match(r" (?:these|them|em|those|all|everything|this|it) ")
    placed = _PATH.search(clause.text) or clause.match(_TAKEN) or clause.match(r" as (?:a |an |one )?(?:\w+ )?(?:playlist|setlist|mixtape|file)s? ")  # fmt: skip
    return bool(whole and placed and not clause.verb("scan"))


def export(clause: Clause, draft: Draft) -> bool:
    """Take "export as M3U8", "stems as 24-bit WAV", "MIDI", "save these as mp3"."""
    formats = list(dict.fromkeys(found.value for found in clause.formats))
    asks = _saves(clause, draft, formats)
    if asks and clause.match(r" (?:playlists?|setlist|mixtape) ") and not (set(formats) & _LISTS) and not clause.genres and not clause.moods:  # fmt: skip
        formats.append("m3u8")
    opens = bool(formats) and clause.match(rf"^ (?:(?:then|and|as|to|a|an|the|in) )*{re.escape(clause.text[clause.formats[0].start : clause.formats[0].end].lower()) if clause.formats else 'x'} ")  # fmt: skip
    if not asks and not (
        formats and (len(clause.words) <= 4 or opens or clause.verb("give", "make", "take") or clause.has("as"))
    ):
        return False
    if clause.verb("transcribe") or (clause.verb("write") and not asks) or (clause.verb("make") and clause.genres):
        return False
    if "lrc" in formats and clause.match(r" (?:lyrics?|words) "):
        return False
    items = _items(clause, draft, formats)
    if not items:
        if asks or formats:
            draft.ask("What shall I save? There is no piece or list yet.")
        return bool(asks or formats)
    if not formats:
        shown = draft.state.shown
        whole = len(items) > 1 or (draft.group and items == draft.group)
        formats = ["m3u8"] if whole and draft.arena == "list" and shown else ["wav"]
    if _is_recording(items, draft) and set(formats) <= {"midi", "musicxml"} and formats:
        to = ["notes" if name == "midi" else "score" for name in formats]
        stem = knowing.stem_in(clause, draft, items[0])
        draft.add("transcribe", {"clip": items[0], "to": to} | ({"stem": stem} if stem else {}))
        return True
    if (
        "stems" in formats
        and "wav" in formats
        and clause.has("stems")
        and not clause.match(r" (?:mix|master|mixdown|stereo|full|whole) ")
    ):
        formats = [name for name in formats if name != "wav"]
    _best(clause, draft, items)
    args: dict[str, Any] = {"items": items, "formats": formats}
    if (
        clause.match(r" (?:24 bit|32 bit|16 bit|48 khz|96 khz|48k|44 1|320 ?k\w*|192 ?k\w*) ")
        and "24 bit" not in clause.plain
    ):
        draft.note("Bit depth and rate are fixed: 24-bit WAV and FLAC at the piece's own rate.")
    if path := _PATH.search(clause.text):
        args["folder"] = path[1]
    last = draft.steps[-1] if draft.steps else None
    if last and last.tool == "export" and clause.formats and not clause.verb("export") and items == last.args["items"]:
        last.args["formats"] = formats  # "I'd like to take these with me, so both m3u8 and xspf"
        return True
    draft.add("export", args)
    return True


def kept(clause: Clause, draft: Draft) -> bool:
    """Take a list that is to be kept, before words like "take" or "order" are read as a wish about its tracks."""
    formats = list(dict.fromkeys(found.value for found in clause.formats))
    if draft.arena != "list" or (clause.verb("sort") and not clause.verb("export")) or curve(clause):
        return False
    return (bool(set(formats) & _LISTS) or not formats) and _saves(clause, draft, formats) and export(clause, draft)


def _best(clause: Clause, draft: Draft, items: list[Target]) -> None:
    """Take "save the ten best": the search of this turn brings so many."""
    match = clause.match(r" (?:the |my )?(?:(?:best|top) (\w+)|(\w+) best) ")
    last = draft.steps[-1] if draft.steps else None
    if (
        match
        and last
        and last.tool == "retrieve"
        and items == draft.group
        and (count := numbers_in(match[1] or match[2]))
    ):
        last.args["k"] = int(count[0].value)


def _items(clause: Clause, draft: Draft, formats: list[str]) -> list[Target]:
    if rest := all_but(clause, draft):
        return rest
    if len(formats) > 1 and clause.has("both"):
        clause = Clause(re.sub(r"\bboth\b", "", clause.text, flags=re.IGNORECASE))  # both formats
    named = [m.target for m in mentions(clause, draft)]
    if named:
        return named
    many = group(clause, draft)
    if many:
        return many
    if set(formats) & _LISTS or (draft.arena == "list" and not draft.focus):
        if draft.group:
            return list(draft.group)
        shown = draft.state.shown
        if (
            shown
            and (draft.arena == "list" or set(formats) & _LISTS)
            and (set(formats) & _LISTS or not formats or not clause.has("it", "this", "that"))
        ):
            return [{"id": id} for id in shown.ids]
    return [draft.it] if draft.it else []


def _is_recording(items: list[Target], draft: Draft) -> bool:
    """Tell whether there is no score to export: a recording, or a library track."""
    if len(items) != 1:
        return False
    thing = draft.thing(items[0])
    if "step" in items[0]:
        step = next((s for s in draft.steps if s.id == items[0]["step"]), None)
        if step and step.tool == "generate":
            return False
    return thing is not None and not thing.has_score


def library(clause: Clause, draft: Draft) -> bool:
    """Take requests to look after the library: by what they speak of (copies, tags, figures, folders), not by how."""
    if _doubles(clause):
        args = {"action": "duplicates"}
        if path := _PATH.search(clause.text):
            args["folder"] = _to_its_end(clause.text, path)
        draft.add("library", args)
        return True
    if _retag(clause, draft) or _stats(clause, draft):
        return True
    path = _PATH.search(clause.text)
    folder = clause.match(r" (?:folders?|directory|directories|ordner|cartella|dossier) ")
    if (clause.verb("scan", "add", "take") and (path or folder)) or (clause.verb("scan") and clause.has("my music")):
        if clause.instruments and not path:
            return False
        if path is None:
            draft.ask("Which folder? Give me its path.")
        else:
            table = path[1].lower().endswith((".csv", ".tsv", ".json", ".xml"))
            draft.add("library", {"action": "import" if table else "add", "folder": path[1]})
        return True
    if clause.match(r" import .*\b(?:csv|tsv|json|xml|table|spreadsheet)\b") and path:
        draft.add("library", {"action": "import", "folder": path[1]})
        return True
    if clause.match(r" (?:from|out of) (?:my|the) library ") and clause.verb("remove"):
        items = [m.target for m in mentions(clause, draft)] or group(clause, draft)
        if items:
            draft.add("library", {"action": "remove", "items": items})
            return True
    if clause.match(r" (?:library status|status of (?:my|the) library|how (?:big|large) is (?:my|the) (?:library|collection)|how many (?:songs|tracks|files|titles|albums) (?:do i|have i|are there|are in|i)|(?:total|whole|entire) (?:length|duration|playing time|size) of (?:my|the) (?:library|collection)|how long is my (?:library|collection)|(?:whats|what is) in my library|is (?:my|the) library) "):  # fmt: skip
        draft.add("library", {"action": "status"})
        return True
    return False


# -- copies -------------------------------------------------------------------------------------------------
_SHELF = r" (?:(?:my|our|the|this|whole|entire) (?:\w+ )?(?:library|libary|collection|colection|archive|catalog(?:ue)?|shelf|shelves|hard ?(?:disk|drive)|disk|drive|folders?|directory|database|music|tunes|songs|tracks|stuff|files|records|albums|titles|taste|sets?)|(?:do|did|have|am|are|is|what|which|all) (?:i|we) (?:\w+ ){0,2}?(?:own|have|got|missing|play|like|listen|keep|hoard|collect)|i (?:own|have|ve got)|in here|library|collection) "  # fmt: skip
# Nouns and verbs for the same thing being there more than once; of these the second set needs a shelf beside it.
_COPIES = r" (?:duplicat\w*|de ?dup\w*|dup(?:e|es|ed|licates?)|doppelte|doppioni|doublons|doppelgangers?|same (?:song|track|file|recording|tune|album|thing)s? (?:twice|two times|more than once|again|several times)|(?:songs?|tracks?|files?|albums?|tunes?|titles?|copies|stuff|anything|everything|things?) (?:\w+ ){0,3}?(?:twice|two times|three times|double|doubled|more than once|several times|multiple times|(?:two|three|many) or (?:three|more) times)|(?:extra|second|surplus|spare|redundant|double|repeated|identical|twin|several|multiple|two|superfluous) (?:copies|copy|versions? of the same|files?|entries|entry|recordings?|titles?)|copies of the same|clones?|redundan\w+) "  # fmt: skip
_TWINS = r" (?:doubles?|doubled|doubling|twins?|twice|copies|identical|clones?|repeats?|repeated|multiples|same (?:file|song|track|recording|one)s?|both in (?:here|there)) "  # fmt: skip
_LOOKS = r" (?:check|find|look\w*|search|hunt|scan|list|show|clean\w*|tidy|weed|see|spot|detect|any|are there|is there|do i|have i|which|what|whats|where|wheres|got|brought|sniff|root|purge|remove|delete) "  # fmt: skip


def _doubles(clause: Clause) -> bool:
    """Tell whether copies in the library are spoken of."""
    if clause.match(r" (?:play|plays|playing|speed|tempo|fast|long|vocals?|drums|bass|guitar|double (?:time|bass|it|the)|(?:each|per|any|no|same|one) (?:artist|band|singer)) "):  # fmt: skip
        return False
    if clause.match(_COPIES):
        return True
    files = clause.match(
        r" (?:files?|copies|stored|imported|ripped|of (?:anything|everything|the same|some|several))(?: |$)"
    )
    return bool(clause.match(_TWINS) and (clause.match(_SHELF) or files) and (clause.match(_LOOKS) or clause.is_question or files))  # fmt: skip


def _to_its_end(text: str, path: re.Match[str]) -> str:
    """Return a path with the capitalised words of a folder's name that has blanks ("~/Music/Vinyl Rips")."""
    more = re.match(r"(?: (?:[A-Z0-9][\w&'-]*))+", text[path.end() :])
    return path[1] + (more[0] if more else "")


# -- tags ---------------------------------------------------------------------------------------------------
_WRITES = r" (?:write|writes|writing|wrote|written|update|updating|retag\w*|set|fill|embed\w*|put|store|storing|save|saving|add|burn|stamp|label|tag|inject|insert|enter|record|note|log|commit|apply|bake|stick|print|attach|assign|redo|refresh|renew|fix|correct|repair|complete|overwrite|replace|sync|stuff|drop|get|copy|transfer|schreib\w*|scrivi|ecris|escribe) "  # fmt: skip
_FILES = r" (?:tags?|id3|id3v2|metadata|meta ?data|file ?tags?|headers?|properties|comments?|(?:my|the|these|those|this|that|every|each|all|all the|of|its|their|audio|single) (?:\w+ )?(?:files?|tracks?|songs?|ones?|titles?|recordings?)|(?:into|to|in|on|onto|for) (?:the |my |these |those |this |that |all |every |each |whole |entire |full )*(?:files?|tracks?|songs?|ones?|them|these|those|both|all|it|library|collection|list|first|second|third|last|number|numbers)) "  # fmt: skip
# For whom tags are written: other players read them.
_READERS = r" (?:traktor|serato|rekordbox|itunes|foobar\w*|plex|mixed in key|virtual ?dj|djay|engine dj|winamp|musicbee|kodi|jellyfin|sonos|my (?:player|car|phone|dj software|software)) "  # fmt: skip
_TAKEN_BACK = r" (?:undo|revert|restore|(?:take|put|roll|turn|bring) (?:[a-z ]+ )?back) "


def _retag(clause: Clause, draft: Draft) -> bool:
    """Take measures that are to stand in the files: a field, a verb of writing, and files or their tags; or take them back."""
    if clause.match(_TAKEN_BACK) and clause.match(r" (?:re ?tag\w*|tags|id3\w*|metadata|sidecars?) "):
        draft.add("library", {"action": "retag", "fields": ["undo"]})
        return True
    fields = list(dict.fromkeys(found.value for found in clause.fields if found.value != "vocals" and not _is_place(clause, found.start)))  # fmt: skip
    writes = clause.match(_WRITES)
    files = clause.match(_FILES) or clause.match(_READERS)
    bare = clause.head == "write" and fields and not clause.match(r" (?:write (?:down|out|me|a|an|the|some|new)) ")
    tags = clause.match(r" (?:tags?|id3\w*|metadata|meta ?data|headers?) ") and not clause.is_question
    if not (clause.has("retag") or ((writes or tags) and fields and files) or bare):
        return False
    if clause.match(
        r" (?:melody|lyrics?|chords|song about|to \d|same|match\w*|by|sort\w*|order\w*|faster|slower|up|down|stats|statistics) "
    ) or ((clause.keys or clause.tempi) and not clause.match(r" (?:tags?|id3|metadata|comments?) ")):
        return False
    if draft.arena == "piece" and not (clause.match(r" (?:tags?|id3\w*|metadata|meta ?data|files?|headers?|comments?|library|collection) ") or clause.match(_READERS)):  # fmt: skip
        return False
    whole = clause.match(r" (?:my|the|whole|entire|every|all|everything) (?:\w+ )?(?:library|libary|collection|colection|archive|catalog(?:ue)?|files? in (?:my|the))(?: |$)")  # fmt: skip
    items = [m.target for m in mentions(clause, draft)] or ([] if whole else group(clause, draft))
    shown = draft.state.shown
    if not items and draft.group:
        items = list(draft.group)
    if not items and draft.it and clause.match(r" (?:its|it|this|this song|this track|(?:this|that|the) (?:file|recording|clip|song|track|one)) ") and not clause.has("this list"):  # fmt: skip
        items = [draft.it]
    if not items and shown and shown.kind == "tracks" and not whole:
        items = [{"id": id} for id in shown.ids]
    if not items and not whole and draft.it and (thing := draft.thing(draft.it)) and thing.kind == "track":
        items = [draft.it]
    args: dict[str, Any] = {"action": "retag", "fields": fields or ["bpm", "key", "mood", "genre"]}
    if items:
        args["items"] = items
    draft.add("library", args)
    return True


def _is_place(clause: Clause, start: int) -> bool:
    """Tell whether "comments" is where something is written, not what."""
    return bool(clause.after(start, 1)[:1] in (["comment"], ["comments"]) and clause.before(start, 3)[-1:] not in ([], ["write"]) and len(clause.fields) > 1)  # fmt: skip


# -- figures ------------------------------------------------------------------------------------------------
_COUNTS = r" (?:most common|commonest|most frequent\w*|frequen\w+|average|mean|median|statistics|stats|statistical|how many|how much|numbers?|figures?|counts?|count up|counted|tally|tallies|totals?|distribut\w+|break ?downs?|break\w* (?:\w+ ){0,3}?down|percent\w*|proportions?|ratios?|shares?|split|spread|range|ranges|histo?gr\w+|histogram|charts?|graph|plot|table|overview|rundown|run down|summary|profile|make ?up|made (?:up )?of|consists?|balance|longest|shortest|fastest|slowest|typical\w*|top|favou?rites?|most played|usual\w*|mostly|mainly|dominat\w+|represent\w*|prevail\w*|predominant\w*|biggest|largest|most of|rank\w*|league|leaderboard|census|inventory|(?:have|own|got|keep|hoard) (?:the )?(?:most|least|more|fewest)|(?:the )?most (?:songs|tracks|music|albums|stuff)|most often|least often|rarest|rare|more (?:\w+ ){1,3}or|lean\w*|tend\w*|divers\w+|variety|wise|in terms of) "  # fmt: skip
_ABOUT_ONE = r" (?:this|that|the|it|of (?:it|this|that)) (?:song|track|piece|recording|clip|take|file|one) | (?:playing|playlist|m3u8|xspf) "
_RELATIVE: dict[str, str] = {
    "major": "key", "minor": "key", "sad": "mood", "happy": "mood", "gloomy": "mood", "cheerful": "mood", "melancholy": "mood",
    "fast": "bpm", "slow": "bpm", "decades": "year", "eras": "year", "era": "year", "periods": "year", "styles": "genre",
    "kind": "genre", "kinds": "genre", "feelings": "mood", "bands": "artist", "band": "artist", "singers": "artist",
    "singer": "artist", "musicians": "artist", "composers": "artist", "composer": "artist", "scales": "key", "speeds": "bpm",
    "keys": "key", "vibes": "mood", "vibe": "mood", "emotions": "mood",
}  # fmt: skip


def _stats(clause: Clause, draft: Draft) -> bool:
    """Take questions about what the library holds as figures: a field, a word of counting, and the library."""
    counts = clause.match(_COUNTS)
    last = draft.steps[-1] if draft.steps else None
    if counts and last and last.tool == "library" and last.args["action"] == "stats" and not clause.fields and clause.match(r" (?:they|theyre|them|it|its|that|those) "):  # fmt: skip
        return True  # "which tempos have I got? show me how they're spread"
    if not counts or clause.match(_ABOUT_ONE):
        return False
    fields = list(dict.fromkeys(found.value for found in clause.fields if found.value != "vocals"))
    if clause.keys and "key" not in fields:
        fields.append("key")
    if not fields:
        fields = list(dict.fromkeys(_RELATIVE[word.plain] for word in clause.words if word.plain in _RELATIVE))
    if clause.starts("who", "whose") and "artist" not in fields:
        fields.append("artist")
    if not fields and clause.genres and clause.match(r" (?:more|share|percent\w*|how much|proportion) "):
        fields.append("genre")
    if fields == ["year"] and clause.years:
        return False
    lack = clause.match(r" how many (?:songs|tracks|albums|files) (?:have|has|are|lack|miss\w*) (?!there|in )")
    mine = lack or clause.match(_SHELF) or clause.match(r" (?:my|i|overall|across|own) ")
    plain = clause.match(r" (?:statistics|stats|statistical) ")
    spread = (
        clause.match(r" (?:per|by|for each|across|count|histo?gr\w+|histogram|distribut\w+|spread) ")
        and draft.arena == "empty"
    )
    if clause.verb("play", "make", "export", "transpose") and not clause.match(r" (?:play count|most played|plays|made up|made of|make ?up) "):  # fmt: skip
        return False
    if clause.verb("find") and not (clause.match(r" (?:in|of|across|in|from) (?:my|the) (?:library|collection|\w+) | which | (?:show|give|list) (?:me )?(?:a|an|the|my|how) ")):  # fmt: skip
        return False
    if not (mine or plain or spread) or not (fields or plain):
        return False
    if draft.arena == "piece" and not (clause.match(r" (?:library|collection|my (?:songs|tracks|music|tunes|artists|albums|files)|do i|have i|i (?:own|have)|stats|statistics) ")):  # fmt: skip
        return False
    earlier = next(
        (step.args for step in draft.steps if step.tool == "library" and step.args["action"] == "stats"), None
    )
    if earlier is not None:
        # One table answers both: of some fields, or of all where no field is named.
        joined = list(dict.fromkeys([*earlier["fields"], *fields])) if fields and "fields" in earlier else []
        earlier.pop("fields", None)
        earlier.update({"fields": joined} if joined else {})
        return True
    args: dict[str, Any] = {"action": "stats"}
    if fields:
        args["fields"] = fields
    draft.add("library", args)
    return True
