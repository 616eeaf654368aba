"""How sure a plan may be: words that no rule knows and no argument carries are a reason for doubt.

A rule looks for the words that it knows and passes over the rest. What was passed over may have turned the meaning
round ("stack the takes", "I'd file it next to …"), so that every such word lowers the certainty; so do long
messages, which say more than one thing.
"""

import re
from functools import lru_cache
from typing import Any

from segue.agent.language import cues
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.tools.core.vocabulary import axes_in, languages_in, moods_in, numbers_in, ordinals_in, words_of

SURE, UNSURE = 1.0, 0.8
_LONG = 9  # words of a message; longer ones were misread half the time when wordings were new
_GLUE = frozenset(
    ["a", "an", "the", "it", "its", "this", "that", "these", "those", "them", "they", "my", "me", "i", "im", "id", "you", "we", "us", "please", "pls", "can", "could", "would", "like", "want", "need", "to", "of", "in", "on", "for", "and", "or", "is", "are", "be", "with", "some", "make", "by", "from", "at", "do", "just", "now", "so", "up", "down", "no", "not", "without", "only", "all", "more", "less", "much", "bit", "little", "lot", "too", "very", "really", "but", "then", "put", "give", "get", "any", "have", "has", "hear"]
)  # fmt: skip
_MUSIC = frozenset(
    ["accompaniment", "album", "albums", "arrangement", "artist", "artists", "audio", "band", "bands", "bar", "bars", "bass", "beat", "beats", "bpm", "bridge", "chord", "chords", "chorus", "clip", "clips", "collection", "db", "decibels", "drums", "ending", "feel", "file", "files", "genre", "groove", "guitar", "harmony", "hum", "intro", "instrumental", "instrument", "instruments", "key", "keys", "library", "lick", "line", "list", "lists", "louder", "lufs", "lyric", "lyrics", "major", "measure", "melody", "meter", "midi", "minor", "minute", "minutes", "mix", "mood", "motif", "music", "musical", "note", "notes", "octave", "original", "outro", "percent", "piano", "piece", "pieces", "pitch", "playlist", "playlists", "recording", "recordings", "rhythm", "riff", "score", "seconds", "section", "semitone", "semitones", "singer", "singers", "singing", "solo", "song", "songs", "sound", "sounds", "stem", "stems", "style", "tag", "tags", "tempo", "theme", "tone", "track", "tracks", "tune", "tunes", "verse", "version", "versions", "vocal", "vocals", "voice", "volume", "words", "year", "years", "quieter", "softer", "faster", "slower", "higher", "lower", "longer", "shorter", "sad", "happy", "calm", "slow", "fast", "upbeat", "darker", "brighter", "warmer", "energy", "sec", "secs", "min", "mins", "half", "twice", "double", "triple", "quarter", "times", "title", "titles", "cover", "picture", "sheet", "audio", "sample", "export", "save", "convert"]
)  # fmt: skip


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return _GLUE | _MUSIC | cues.SONGS


def settle(message: str, draft: Draft) -> None:
    """Lower a draft's certainty where its message holds more than the plan answers to."""
    if draft.certain < UNSURE or (draft.reply and not draft.steps):
        return
    if draft.certain < SURE:
        draft.doubt(UNSURE)  # a guess of the rules themselves
    talk = not draft.steps
    several = len(draft.steps) > 1 or len(words_of(message)) > _LONG
    if passed_over(message, draft) or (several and not talk):
        draft.doubt(UNSURE)


def passed_over(message: str, draft: Draft) -> list[str]:
    """Return the words of a message that no rule knows and that stand in no argument."""
    clause = Clause(message)
    outright = clause.head in ("find", "play", "make", "write")
    carried = _carried([_plainly_said(step.args, outright) for step in draft.steps])
    spans = [(found.start, found.end) for found in _found(clause)]
    spans += [(name.start, name.end) for name in draft.names]
    spans += [(m.start(), m.end()) for m in re.finditer(r"[\"“«][^\"”»]*[\"”»]|\b[\w-]+\.\w{2,8}\b", message)]
    titles = {word.plain for thing in draft.state.things.values() for word in words_of(f"{thing.title} {thing.artist}")}
    return [
        word.plain
        for word in clause.words
        if word.plain not in _known()
        and word.plain not in carried
        and word.plain not in titles
        and not any(low <= word.start < high for low, high in spans)
    ]


def _plainly_said(args: dict[str, Any], outright: bool) -> dict[str, Any]:
    """Return arguments without free text that may have been carried along by a guess."""
    return (
        args
        if outright
        else {name: value for name, value in args.items() if name not in ("query", "prompt", "question", "operations")}
    )


def _found(clause: Clause) -> list[Any]:
    text = clause.text
    return [
        *clause.verbs, *clause.genres, *clause.moods, *clause.instruments, *clause.stems, *clause.keys, *clause.chords,
        *clause.tempi, *clause.meters, *clause.durations, *clause.bars, *clause.intervals, *clause.decibels, *clause.loudnesses,
        *clause.percents, *clause.years, *clause.formats, *clause.fields, *clause.effects, *clause.sections,
        *axes_in(text), *moods_in(text), *numbers_in(text), *ordinals_in(text), *languages_in(text),
    ]  # fmt: skip


def _carried(value: Any) -> set[str]:  # noqa: ANN401 - any JSON
    """Return the words that arguments carry: queries, prompts, descriptions, names."""
    if isinstance(value, str):
        return {word.plain for word in words_of(value)}
    if isinstance(value, dict):
        return set().union(*(_carried(item) for item in value.values()), set())
    if isinstance(value, list):
        return set().union(*(_carried(item) for item in value), set())
    return set()
