"""Words on notes: lines to phrases, syllables to notes."""

import itertools
import re
from collections.abc import Callable, Sequence

from segue.tools.core.score import Note, Part, Score

_VOWELS = "aeiouyäöüáéíóúàèìòùâêîôûæøåœ"


def syllables(word: str) -> list[str]:
    """Split a word into syllables by its vowel groups, all but the last with a hyphen.

    A rule of thumb for English and most European languages, not a dictionary.

    >>> syllables("beautiful")
    ['beau-', 'ti-', 'ful']
    """
    groups = [m.span() for m in re.finditer(f"[{_VOWELS}]+", word.lower())]
    if len(groups) > 1 and re.search(r"[^aeiouyl]e$|[^aeiouy]es$|[^aeioutdy]ed$", word.lower()):
        groups = groups[:-1]  # a silent final e
    if len(groups) < 2:
        return [word]
    cuts = []
    for (_, end), (start, _) in itertools.pairwise(groups):
        between = start - end
        cuts.append(start - 1 if between >= 2 else end)
    bounds = [0, *cuts, len(word)]
    parts = [word[a:b] for a, b in itertools.pairwise(bounds)]
    return [*(part + "-" for part in parts[:-1]), parts[-1]]


def set_lyrics(score: Score, text: str, say: Callable[[str], None]) -> Score:
    """Return the score with syllables on its tune, a line of text to a phrase.

    A phrase with too few notes has its longest ones divided; spare notes carry on the last syllable.
    """
    lines = [
        line.strip() for line in text.splitlines() if line.strip() and not re.fullmatch(r"\[.*\]|\(.*\)", line.strip())
    ]
    tune = next((p for p in score.parts if p.role in ("melody", "lead")), None)
    if tune is None or not lines:
        say("There is no tune to set the words to, so they were left out.")
        return score
    queue = [[s for word in line.split() for s in syllables(word)] for line in lines]
    notes: list[Note] = []
    for phrase in phrases(tune.notes):
        notes += _sung(phrase, queue.pop(0), score.bars * score.beats_per_bar) if queue else phrase
    if queue:
        say(f"The tune has no room for the last {len(queue)} of {len(lines)} lines.")
    say("The words are set to the notes of the tune; they are not sung, for there is no singing voice here.")
    parts: list[Part] = [p.model_copy(update={"notes": notes}) if p is tune else p for p in score.parts]
    return score.model_copy(update={"parts": parts})


def phrases(notes: Sequence[Note]) -> list[list[Note]]:
    """Return the phrases of a line: stretches between rests of half a beat or more."""
    out: list[list[Note]] = []
    for note in sorted(notes, key=lambda n: n.start):
        if out and note.start - out[-1][-1].end < 0.45 and len(out[-1]) < 24:
            out[-1].append(note)
        else:
            out.append([note])
    return out


def _sung(phrase: Sequence[Note], words: Sequence[str], end: float) -> list[Note]:
    notes = list(phrase)
    while len(notes) < len(words):
        inside = [i for i, note in enumerate(notes) if note.end <= end + 1e-6]
        longest = max(inside, key=lambda i: notes[i].duration, default=-1)
        if longest < 0 or notes[longest].duration < 0.2:
            break
        note = notes[longest]
        half = round(note.duration / 2, 4)
        notes[longest : longest + 1] = [
            note.model_copy(update={"duration": half}),
            note.model_copy(update={"start": round(note.start + half, 4), "duration": half}),
        ]
    out = []
    for index, note in enumerate(notes):
        if index < len(words):
            word = words[index]
            if index == len(notes) - 1 and len(words) > len(notes):
                word = " ".join(w.rstrip("-") for w in words[index:])
            note = note.model_copy(update={"lyric": word})
        out.append(note)
    return out
