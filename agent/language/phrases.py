"""The many ways of talking about a list, put into the few that the rules read.

"The fifth doesn't fit", "throw number five out" and "hide Paper Lanterns" all say "not the fifth". What a sentence is
about (a shown track, an artist, a genre) is known from the vocabulary and the conversation, so that a phrase is
only taken for what it says where it speaks of the right kind of thing.
"""

import re
from functools import lru_cache

from segue.agent.dialogue import Known, State
from segue.agent.language.draft import arena
from segue.agent.language.phrase_table import ANYWHERE, KINDS, LISTED, TRACKS
from segue.tools.core.vocabulary import axes_in, genres_in, instruments_in, moods_in, stems_in

_END = "\ue00f"
_MARKS = {"title": "\ue000", "artist": "\ue001", "genre": "\ue002"}
_HELD = re.compile(r"[\"“«][^\"”»]*[\"”»]")
_TOKEN = re.compile(f"[{''.join(_MARKS.values())}](\\d+){_END}")


def settled(text: str, state: State, names: list[Known]) -> tuple[str, list[str]]:
    """Return a message in the words that the rules know, and notes on what was left out of it.

    Parameters
    ----------
    names : names of the library, and of the artists shown, in the message.
    """
    if not text or _HELD.search(text):
        return text, []
    listing = arena(state) == "list"
    marked, written = _marked(text, state, names)
    for rules in (KINDS, TRACKS if listing else ()):
        marked = _rewritten(marked, rules)
    said = _TOKEN.sub(lambda match: written[int(match[1])], marked)
    for rules in (ANYWHERE, LISTED if listing else ()):
        said = _rewritten(said, rules)
    said, notes = (said, []) if arena(state) == "piece" or _MAKES.search(said) else _softened(said)
    return (_tidy(said), notes) if said != text else (text, notes)


def _rewritten(text: str, rules: tuple[tuple[str, str], ...]) -> str:
    for pattern, into in rules:
        text = _compiled(pattern).sub(into, text)
    return text


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _marked(text: str, state: State, names: list[Known]) -> tuple[str, list[str]]:
    """Return a message with signs in place of the tracks, artists and genres it names, and what stood there."""
    shown = state.shown
    titles = [state.things[id].title for id in (shown.ids if shown else []) if id in state.things]
    spans = [(m.start(), m.end(), "title") for title in titles if len(title) > 2 for m in _named(title, text)]
    spans += [(known.start, known.end, "artist") for known in names if known.kind == "artist"]  # fmt: skip
    spans += [(found.start, found.end, "genre") for found in genres_in(text)]
    written: list[str] = []
    taken: list[tuple[int, int]] = []
    for start, end, _ in spans:
        if any(low < end and start < high for low, high in taken):
            continue
        taken.append((start, end))
        written.append(text[start:end])
    order = sorted(range(len(taken)), key=lambda n: -taken[n][0])
    kinds = {(start, end): kind for start, end, kind in reversed(spans)}
    for n in order:
        low, high = taken[n]
        text = f"{text[:low]}{_MARKS[kinds[low, high]]}{n}{_END}{text[high:]}"
    return text, written


def _named(name: str, text: str) -> list[re.Match[str]]:
    if name.lower() not in text.lower():
        return []
    return list(re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, 0 if " " not in name else re.IGNORECASE))


_MAKES = re.compile(
    r"\b(?:make|compose|write|generate|create|produce|record|build|sing|beat|loop|jingle|piece|melody|riff|ballad|song about)\b",
    re.IGNORECASE,
)
_SOFTER = re.compile(r",?\s*\b(?:(?:but|yet|though|only|just|still|and)\s+)?(?:please\s+)?(?:not|never|nothing|without)\s+(?:(?:that|which|ever|at all|it|in any way|it's|is|are|gets?|getting|going|goes|being|becoming|turns?|turning|too|overly|so|sounding|all|quite|really|remotely|even|slightly)\s+)*(?P<what>over the top|[a-z-]{4,})(?=\s*(?:[,.;!?]|$|and\b|for\b))", re.IGNORECASE)  # fmt: skip


def _softened(text: str) -> tuple[str, list[str]]:
    """Take "but not pompous" out of a description where no measure and no tag tells what that is."""
    notes: list[str] = []

    def out(match: re.Match[str]) -> str:
        what = match["what"].lower()
        if not match.string[: match.start()].strip() or what in _NOT_QUALITIES or not _QUALITY.search(what):
            return match[0]
        if axes_in(what) or moods_in(what):
            return f" but not {what}"
        if any(find(what) for find in (genres_in, instruments_in, stems_in)):
            return match[0]
        notes.append(f"Nothing here measures “{what}”, so I could not leave such tracks out.")
        return ""

    said = _SOFTER.sub(out, text).strip()
    return (f"something {said}" if notes and " " not in said else said), notes


# Adjectives by their endings; other words behind "not" say something else ("not today").
_QUALITY = re.compile(r"^over the top$|(?:ous|able|ible|ful|less|ive|ish|ic|ical|al|ing|ent|ant|some|like|ry|ly|sy|zy|ny|ky|ey|my|py|ty|dy|ed|ine|ile|esque)$")  # fmt: skip
_NOT_QUALITIES = frozenset(["really", "only", "early", "lately", "recently", "necessarily", "exactly", "everything", "anything", "something", "nothing", "changing", "losing", "singing", "many", "played", "rated", "heard", "vocal", "instrumental", "live"])  # fmt: skip


def _tidy(text: str) -> str:
    """Return a message without the breaks that rewriting leaves behind."""
    text = re.sub(r"\s*([,;])(?:\s*(?:[,;.]|\b(?:and|but|so|then)\b(?=\s*[,;]|\s*$)))+\s*", r"\1 ", text)
    text = re.sub(r";\s*(?:and|but|so|then|only|also|,)+\s+(?=\w)", "; ", text, flags=re.IGNORECASE)
    return " ".join(re.sub(r"^[\s,;]+|[\s,;]+$", "", text).replace(" ;", ";").replace(" ,", ",").split())
