"""Requests about files and the library: exports, playlists, tags, duplicates, statistics, folders."""

import re
from typing import Any

from segue.agent.language import knowing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import group, mentions
from segue.tools.core.vocabulary import numbers_in

_LISTS = frozenset({"m3u8", "xspf"})
_SCORES = frozenset({"midi", "musicxml", "svg", "pdf", "lrc"})
_PATH = re.compile(r"(?<!\w)((?:~|\.{1,2})?/[^\s,;\"']+|[A-Za-z]:\\[^\s\"']+|[\w-]+/[\w./-]*)")


def export(clause: Clause, draft: Draft) -> bool:
    """Take "export as M3U8", "stems as 24-bit WAV", "MIDI", "save these as mp3"."""
    formats = list(dict.fromkeys(found.value for found in clause.formats))
    words = {word.plain for word in clause.words}
    asks = clause.verb("export") or (clause.has("file", "files") and clause.verb("give"))
    asks = asks or (clause.verb("write") and clause.has("file", "disk", "to disk") and not clause.fields)
    playlist = bool(words & {"playlist", "setlist"}) and (asks or bool(formats))
    if playlist and not (set(formats) & _LISTS) and not clause.genres and not clause.moods:
        formats.append("m3u8")
    if not asks and not (
        formats and (len(clause.words) <= 4 or clause.verb("give", "make", "take") or clause.has("as"))
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
    if "stems" in formats and "wav" in formats and clause.has("stems"):
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
    draft.add("export", args)
    return True


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
            and (set(formats) & _LISTS or not clause.has("it", "this", "that"))
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
    """Take requests to look after the library."""
    if clause.match(
        r" (?:duplicates?|duplicated|dupes?|same song twice|songs? twice|tracks? twice|twice in my library|copies of the same|doppelte|doppioni|doublons) "
    ):
        draft.add("library", {"action": "duplicates"})
        return True
    if _retag(clause, draft) or _stats(clause, draft):
        return True
    path = _PATH.search(clause.text)
    if clause.verb("scan", "add", "take") and (
        path or clause.match(r" (?:folder|directory|my music|ordner|cartella|dossier) ")
    ):
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


def _retag(clause: Clause, draft: Draft) -> bool:
    fields = list(dict.fromkeys(found.value for found in clause.fields))
    files = clause.match(r" (?:tags?|my files|the files|files|id3|metadata|file tags|into the tracks) ")
    writes = clause.verb("write") or clause.match(
        r" (?:update|retag|set|fill in|embed|put|store|save|add|schreib\w*|scrivi|ecris|escribe) "
    )
    bare = clause.head == "write" and fields and not clause.match(r" (?:write (?:down|out|me|a|an|the|some|new)) ")
    if not (clause.has("retag") or (writes and fields and files) or bare):
        return False
    if clause.match(r" (?:song|melody|lyric|lyrics|chords) "):
        return False
    items = [m.target for m in mentions(clause, draft)] or group(clause, draft)
    shown = draft.state.shown
    if not items and draft.group:
        items = list(draft.group)
    if not items and draft.it and clause.has("its", "it", "this", "this song", "this track") and (thing := draft.thing(draft.it)) and thing.kind == "track" and not clause.has("this list"):  # fmt: skip
        items = [draft.it]
    if (
        not items
        and shown
        and shown.kind == "tracks"
        and not clause.match(r" (?:my|the whole|entire) (?:library|collection) ")
    ):
        items = [{"id": id} for id in shown.ids]
    if not items and draft.it and (thing := draft.thing(draft.it)) and thing.kind == "track":
        items = [draft.it]
    args: dict[str, Any] = {"action": "retag", "fields": fields or ["bpm", "key", "mood", "genre"]}
    if items:
        args["items"] = items
    draft.add("library", args)
    return True


def _stats(clause: Clause, draft: Draft) -> bool:
    mine = clause.match(
        r" how many (?:songs|tracks|albums|files) (?:have|has|are|lack|miss\w*) (?!there|in )"
    ) or clause.match(r" (?:my|i|library|collection|do i|have i|across|overall) ")
    asks = clause.match(r" (?:most common|commonest|most frequent|average|mean|median|statistics|stats|how many|distribution|breakdown|percentage|share|longest|shortest|fastest|slowest|typical|top|favou?rite|most played|usual|how much|most of|(?:have|own|got) (?:the )?(?:most|least)|(?:the )?most (?:songs|tracks|music|albums)) ")  # fmt: skip
    fields = list(dict.fromkeys(found.value for found in clause.fields))
    if asks and clause.starts("who") and "artist" not in fields:
        fields.append("artist")
    if not asks or not (mine or clause.has("statistics", "stats")) or (clause.verb("find", "play", "make") and not clause.match(r" (?:in|of|across) (?:my|the) (?:library|collection) | which ")) or not (fields or clause.match(r" (?:statistics|stats) ")):  # fmt: skip
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
