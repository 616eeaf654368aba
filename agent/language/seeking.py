"""Is something sought, though nothing says so? "Late nineties trance, six minutes at most" is a search."""

import re

from segue.agent.language import criteria, cues, making
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.reference import mentions

# "while I write" tells what the music is for.
_ASIDE = re.compile(r"\b(?:while|when|whenever|as|before|after|because|so that) (?:i|we|they|people|he|she|my)\b[^,;]*", re.IGNORECASE)  # fmt: skip
# Verbs that stand in a wish about tracks: all others order something to be done to a piece.
_LIGHT = frozenset({"find", "play", "give", "keep", "take", "try", "start", "unfold"})
# Nouns for what is made to order; a song, a tune or "instrumental hip hop" may as well be found.
_MADE = cues.PIECES - {"song", "track", "music", "piece", "tune", "instrumental", "ballad", "score", "waltz", "version", "versions", "anthem", "groove", "remix"}  # fmt: skip
_LIBRARY = frozenset({"unplayed", "plays_max", "rating_min", "exclude_artists", "exclude_genres", "language"})
_FINDABLE = _LIBRARY | {"year_min", "year_max", "bpm_min", "bpm_max", "duration_min_s", "duration_max_s", "vocals"}


def _names_one(clause: Clause, draft: Draft) -> bool:
    """Tell whether a thing is named; the figures of a length or a tempo name none."""
    spans = [(length.start, length.end) for length in clause.durations] + [(tempo.start, tempo.end) for tempo in clause.tempi]  # fmt: skip
    return any(not any(low <= m.start <= high for low, high in spans) for m in mentions(clause, draft))


def seeks(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause without an order says what tracks must be like.

    While a piece is worked on only what no piece can have counts: plays, ratings, languages.
    """
    if draft.steps and clause.stems and clause.match(r" (?:out|off|away|up|down|louder|quieter|gone|muted) "):
        return False  # "find a soul song, take the singer out"
    main = Clause(_ASIDE.sub(" ", clause.text))
    if not main.words or main.is_question or (draft.steps and draft.steps[-1].tool != "retrieve"):
        return False
    verbs = main.verb_classes - _LIGHT
    if verbs or {word.plain for word in main.words} & _MADE or _names_one(clause, draft) or "“" in clause.text:
        return False
    if clause.bars or clause.chords or clause.meters or clause.intervals or clause.decibels or clause.loudnesses:
        return False
    found = criteria.read(main, draft)
    limits = set(found.filters) & _FINDABLE
    if limits >= {"duration_min_s", "duration_max_s"} and making.is_of_a_length(clause, draft):
        return False
    if draft.arena == "piece" or draft.state.attached:
        return bool(limits & _LIBRARY) and not clause.stems
    if draft.arena == "empty" and (
        clause.keys or ({"duration_min_s", "duration_max_s"} <= limits and not clause.songs)
    ):
        return False
    if draft.arena == "empty" and limits and not limits - {"bpm_min", "bpm_max"} and not clause.songs:
        return False
    return bool(limits or {"total_s", "max_per_artist"} & set(found.args) or (found.refused and draft.arena == "list"))
