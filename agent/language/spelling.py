"""Slips of the finger in the words that hold a request together: "somthing", "plyalist", "simular".

Music words are forgiven where they are looked up; these are words of plain English that the reading of a
clause depends on. Names of the library, quotations and capitalised words are left as they are.
"""

import re
from functools import lru_cache

from segue.agent.dialogue import Known
from segue.agent.language import cues
from segue.tools.core.lexicon import one_slip
from segue.tools.core.vocabulary import genres_in, instruments_in, is_word, moods_in, plain_words, singular, stems_in

_FIRM = (
    "something", "anything", "everything", "someone", "somebody", "playlist", "playlists", "similar", "library", "without",
    "seconds", "minutes", "instead", "please", "quieter", "slower", "artist", "artists", "shorter", "between", "different",
    "another", "describe", "recommend", "generate", "transcribe", "remove", "replace", "lyrics", "version", "instruments",
    "background", "studying", "relaxing", "identify", "recognise", "recognize", "vocals", "before", "instrumental", "library", "longer", "faster", "songs", "tracks", "under", "minute", "rated", "tempo", "decade",
    "include", "sorry", "earlier", "previous", "results", "records", "duplicates", "restriction", "unplugged",
)  # fmt: skip
# How people type in a hurry, and what a dictated sentence has between its words.
_HASTY = {"w/o": "without", "smth": "something", "sth": "something", "sumthing": "something", "u": "you", "ur": "your", "pls": "please", "plz": "please", "gimme": "give me", "lemme": "let me", "wanna": "want to", "gonna": "going to", "tho": "though", "cuz": "because"}  # fmt: skip
_HASTY_WORD = re.compile(rf"(?<![\w'’.-])(?:{'|'.join(_HASTY)})(?![\w'’-]|\.\w)", re.IGNORECASE)
_HESITATION = re.compile(
    r"(?:^|(?<=[\s,]))(?:u+h+m*|u+m+|e+r+m*|hm+|lol|haha+|omg|bro|bruh|yo)(?=[\s,.!?]|$),?\s*", re.IGNORECASE
)
# "the bass drum, sorry, I mean the bass": only what was meant counts.
_MEANT = re.compile(r"\b(the|a|an|number|at|in|to)\s+(?:[\w#-]+\s+){0,3}?[\w#-]+[,\s]+(?:(?:sorry|no|oops|wait|er|ah)[,\s]+)+(?:i\s+mean(?:t)?|make\s+that)[,\s]+(?:the\s+|a\s+|an\s+|number\s+|at\s+|in\s+|to\s+)?", re.IGNORECASE)  # fmt: skip
# The words of music and of plain English that a request turns on: a slip in one of six letters or more is forgiven, and
# two swapped letters in any.
_CORE = frozenset(
    [
        "commonest",
        "library",
        "collection",
        "histogram",
        "duplicates",
        "genres",
        "overview",
        "transition",
        "transitions",
        "smooth",
        "smoothly",
        "gradually",
        "description",
        "descriptions",
        "arrangement",
        "structure",
        "notation",
        "drummer",
        "guitar",
        "guitars",
        "guitarist",
        "trumpet",
        "trumpets",
        "piano",
        "pianos",
        "violin",
        "violins",
        "saxophone",
        "clarinet",
        "accordion",
        "keyboard",
        "keyboards",
        "synth",
        "strings",
        "cello",
        "flute",
        "organ",
        "semitone",
        "semitones",
        "octave",
        "octaves",
        "third",
        "fourth",
        "minor",
        "major",
        "decibels",
        "percent",
        "tempo",
        "speed",
        "whole",
        "quarter",
        "minute",
        "minutes",
        "second",
        "seconds",
        "through",
        "together",
        "between",
        "before",
        "after",
        "around",
        "again",
        "without",
        "instead",
        "slightly",
        "little",
        "lower",
        "louder",
        "quieter",
        "softer",
        "slower",
        "faster",
        "higher",
        "longer",
        "shorter",
        "brighter",
        "darker",
        "warmer",
        "remove",
        "replace",
        "isolate",
        "extract",
        "separate",
        "transpose",
        "normalise",
        "normalize",
        "reverse",
        "backwards",
        "export",
        "render",
        "bounce",
        "download",
        "loudness",
        "volume",
        "blend",
        "merge",
        "stack",
        "overlay",
        "combine",
        "layer",
        "splice",
        "trim",
        "extend",
        "shorten",
        "lengthen",
        "repeat",
        "chorus",
        "verse",
        "bridge",
        "bars",
        "section",
        "sections",
        "ending",
        "beginning",
        "drums",
        "vocals",
        "vocal",
        "melody",
        "chords",
        "bassline",
        "rhythm",
        "harmony",
        "lyrics",
        "singer",
        "voice",
        "instrumental",
        "acapella",
        "karaoke",
        "loop",
        "style",
        "version",
        "variation",
        "variations",
        "variant",
        "original",
        "song",
        "songs",
        "track",
        "tracks",
        "music",
        "tune",
        "generate",
        "compose",
        "create",
        "write",
        "produce",
        "rewrite",
        "regenerate",
        "imitate",
        "emulate",
        "continue",
        "reverb",
        "echo",
        "delay",
        "distortion",
        "compress",
        "effect",
        "warmth",
        "fade",
        "quiet",
        "gentle",
        "gentler",
        "simple",
        "simpler",
        "busier",
        "different",
        "happy",
        "calm",
        "dark",
        "bright",
        "background",
        "seamless",
        "glockenspiel",
        "vibraphone",
        "xylophone",
        "marimba",
        "harpsichord",
        "ukulele",
        "mandolin",
        "trombone",
        "orchestra",
        "quartet",
        "cinematic",
        "ambient",
        "electronic",
        "acoustic",
        "electric",
        "synthwave",
        "reggae",
        "waltz",
        "ballad",
        "sketch",
        "candidates",
        "alternatives",
        "coming",
        "give",
        "make",
        "keep",
        "want",
        "wants",
        "need",
        "take",
        "makes",
        "takes",
        "please",
        "what",
        "that",
        "this",
        "with",
        "have",
        "from",
        "just",
        "then",
        "them",
        "some",
        "only",
        "like",
        "when",
        "where",
        "which",
        "would",
        "could",
        "should",
        "about",
        "into",
        "over",
        "under",
        "stretch",
        "speeding",
        "sheet",
        "recording",
        "clip",
        "piece",
        "the",
        "and",
        "you",
        "generated",
        "whistle",
    ]
)
# Words of their own that stand one slip away from one of those.
_OTHERS = frozenset(
    [
        "form",
        "bras",
        "clam",
        "slice",
        "spline",
        "spring",
        "springs",
        "remote",
        "reader",
        "though",
        "thorough",
        "sample",
        "sampler",
        "simply",
        "simile",
        "trick",
        "tricks",
        "trucks",
        "traces",
        "extent",
        "expend",
        "forth",
        "expert",
        "overlap",
        "overly",
        "revert",
        "loader",
        "quite",
        "logger",
        "baseline",
        "foster",
        "spending",
        "seeding",
        "sorter",
        "soften",
        "buster",
        "sinner",
        "singe",
        "warner",
        "abound",
        "quitter",
        "coords",
        "bride",
        "crate",
        "stings",
        "shower",
        "sifter",
        "hither",
        "linger",
        "lounger",
        "fester",
        "repeal",
        "reheat",
        "revere",
        "litter",
        "shooter",
        "product",
        "gentile",
        "gently",
        "rewrote",
        "octet",
        "octavo",
        "fro",
        "mellow",
        "collage",
        "elector",
        "generator",
        "harmonic",
        "cords",
        "waits",
        "whit",
        "thou",
        "sinful",
        "quieten",
        "swings",
        "comping",
        "camping",
        "combing",
        "coring",
        "ballet",
        "ballad",
        "ballads",
        "skate",
        "cells",
        "flue",
        "organs",
        "stile",
        "style",
        "bright",
        "slower",
        "clips",
        "claim",
        "flower",
        "glower",
        "lover",
        "hater",
        "master",
        "matter",
        "marries",
        "spree",
        "write",
        "white",
        "wants",
        "warns",
        "ants",
        "tenor",
        "timber",
    ]
) | frozenset(["minuet", "minuets", "slow", "sever", "plaice", "shower", "sings", "sung", "sing", "swings"])
_WORD = re.compile(r"(?<![\w.'’@#/-])[a-z]{3,}(?![\w'’@/-]|\.\w)")
_QUOTED = re.compile(r"[\"“«][^\"”»]*[\"”»]")


_SORT = re.compile(
    r"\b(?<!you )(?<!please )sort(?=s? of\b)|(?<=\ball )sort(?=s\b)", re.IGNORECASE
)  # a noun, and no order to sort
_AND_A_HALF = re.compile(r"\b(?:(?P<one>an?|one)|(?P<n>\d+)) (?P<unit>decibel|db|semitone|tone|second|minute|hour)s? and a half\b", re.IGNORECASE)  # fmt: skip


def spoken(text: str) -> str:
    """Return a message without hesitations, with hasty spellings written out and slips of the tongue put right.

    >>> spoken("um, take out the bass drum sorry I mean the bass pls")
    'take out the bass please'
    """
    said = _SORT.sub("kind", _HESITATION.sub("", text))
    said = _AND_A_HALF.sub(lambda match: f"{'1' if match['one'] else match['n']}.5 {match['unit']}", said)
    said = _HASTY_WORD.sub(lambda match: _HASTY[match[0].lower()], said if said.strip(" ,.!?") else text)
    return _MEANT.sub(r"\1 ", said)


def corrected(text: str, names: list[Known]) -> str:
    """Return a message with misspelt words of plain English put right.

    >>> corrected("somthing simular, withuot drums", [])
    'something similar, without drums'
    """
    held = [(m.start(), m.end()) for m in _QUOTED.finditer(text)] + [(name.start, name.end) for name in names]

    def right(match: re.Match[str]) -> str:
        if any(low < match.end() and match.start() < high for low, high in held):
            return match[0]
        return _right(match[0]) or match[0]

    return _WORD.sub(right, text)


# Read word by word and not looked up, so that a music word's forgiveness does not help them.
_READ = ("vocals", "instrumental", "identify", "recognise", "recognize", "before")


@lru_cache(maxsize=2048)
def _right(word: str) -> str | None:
    """Return the word that was meant, or None where nothing is misspelt."""
    if meant := _core(word):
        return meant
    if len(word) < 5:
        return None
    known = plain_words()
    if word not in known and singular(word) not in known and f"{word}s" not in _READ and not word.startswith(_READ):
        for firm in _READ:
            if firm[0] == word[0] and one_slip(firm, word):
                return firm
    if (
        word in known
        or word in _OTHERS
        or singular(word) in known
        or f"{word}s" in _FIRM
        or word in cues.verbs()
        or word in cues.PIECES
    ):
        return None
    # Where only the ending differs ("generated", "pleased") nothing is misspelt.
    near = [
        firm
        for firm in _FIRM
        if firm[0] == word[0]
        and (firm[:-1] != word[: len(firm) - 1] or word in (firm[:-1] if firm[-1] in "ge" else "",))
        and one_slip(firm, word)
    ]
    if word in _FIRM or not near or any(find(word) for find in (genres_in, moods_in, instruments_in, stems_in)):
        return None
    return near[0]


def _core(word: str) -> str | None:
    """Return the word of the core list that a word was meant to be, or None where it is a word of its own."""
    if word in _CORE or word in _OTHERS or word in plain_words() or singular(word) in plain_words():
        return None
    if (
        is_word(word)
        or is_word(singular(word))
        or cues.verbs().holds(word)
        or word in cues.PIECES
        or word in cues.SONGS
    ):
        return None
    for at in range(len(word) - 1):
        swapped = f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"
        if swapped in _CORE and swapped != word:
            return swapped
    near = [core for core in _CORE if _may_be(core, word) and one_slip(core, word)]
    return min(near) if near else None


def _may_be(core: str, word: str) -> bool:
    """Tell whether a word is long enough to be taken for another: a wrong letter needs more than a missing one."""
    ending_only = core[:-1] == word[: len(core) - 1]
    return core[0] == word[0] and not ending_only and len(core) >= (8 if len(core) == len(word) else 6)
