"""Words on notes: blocks of words to sections, lines to phrases, syllables to notes by stress."""

import bisect
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from segue.tools.core.score import Note, Part, Score, Section
from segue.tools.music.compose_write import tune_of
from segue.tools.music.form import kind_of, section_name
from segue.tools.music.rhythm import Meter, meter_of

_VOWELS = "aeiouyäöüáéíóúàèìòùâêîôûæøåœ"
_LIGHT = frozenset(
    ["a", "an", "the", "of", "to", "and", "or", "but", "in", "on", "at", "by", "for", "from", "with", "as", "is", "are", "was", "were", "be", "been", "am", "i", "me", "my", "you", "your", "he", "she", "it", "its", "we", "us", "our", "they", "them", "their", "his", "her", "this", "that", "these", "those", "so", "if", "than", "then", "not", "no", "oh", "do", "did", "does", "have", "has", "had", "will", "would", "can", "could", "der", "die", "das", "ein", "eine", "und", "zu", "im", "am", "ist", "le", "la", "les", "un", "une", "et", "de", "du", "des", "el", "los", "las", "y", "en", "il", "di", "e", "che"]
)  # fmt: skip
_UNSTRESSED_HEADS = (
    "a",
    "be",
    "de",
    "re",
    "un",
    "in",
    "ex",
    "con",
    "com",
    "pre",
    "pro",
    "for",
    "to",
    "dis",
    "mis",
    "sur",
    "per",
)
_PULLING_TAILS = ("tion", "sion", "cian", "ic", "ics", "ity", "ical", "ious", "ial")
_TOGETHER = frozenset(["th", "sh", "ch", "ph", "ck", "br", "tr", "dr", "gr", "pr", "cr", "fr", "bl", "pl", "cl", "gl"])
_SILENT = frozenset({"intro", "outro", "solo", "break", "interlude", "ending", "build", "dub"})


@dataclass(frozen=True)
class Syllable:
    """A syllable as it is printed (with a hyphen where the word goes on), and whether it is stressed."""

    text: str
    stressed: bool


def syllables(word: str) -> list[str]:
    """Split a word into syllables by its vowel groups, all but the last with a hyphen.

    A rule of thumb for English and most European languages, not a dictionary.

    >>> syllables("beautiful")
    ['beau-', 'ti-', 'ful']
    """
    groups = [m.span() for m in re.finditer(f"[{_VOWELS}]+", word.lower())]
    if groups and groups[0][0] == 0 and re.match(r"y[aeiou]", word.lower()):
        groups[0] = (1, groups[0][1])  # a y before a vowel is a consonant
    if len(groups) > 1 and re.search(r"[^aeiouyl]e\W*$|[^aeiouyscxzgh]es\W*$|[^aeioutdy]ed\W*$", word.lower()):
        groups = groups[:-1]  # a silent final e
    if len(groups) < 2:
        return [word]
    cuts = []
    for (_, end), (start, _) in itertools.pairwise(groups):
        cuts.append(end + _before(word[end:start].lower(), word[start:].lower()))
    bounds = [0, *cuts, len(word)]
    parts = [word[a:b] for a, b in itertools.pairwise(bounds)]
    return [*(part.rstrip("-") + "-" for part in parts[:-1]), parts[-1]]


def _before(between: str, after: str) -> int:
    """Return how many of the consonants between two vowels close the first syllable."""
    size = len(between)
    if size < 2:
        return 0
    if between[0] == between[1]:  # hap-py, lit-tle
        return 1
    if between == "ng" and after.startswith("ing"):  # ring-ing
        return 2
    if after == "e" and between.endswith("l"):  # can-dle
        return size - 2
    return size - (2 if between[-2:] in _TOGETHER else 1)


def stressed_syllables(word: str) -> list[Syllable]:
    """Return a word's syllables with the one that carries its stress (a rule of thumb for English)."""
    found = syllables(word)
    plain = re.sub(r"\W", "", word.lower())
    if len(found) == 1:
        return [Syllable(found[0], plain not in _LIGHT)]
    heads = [re.sub(r"\W", "", part.lower()) for part in found]
    at = 0
    if heads[-1].endswith(_PULLING_TAILS) or plain.endswith(_PULLING_TAILS):
        at = max(0, len(found) - (3 if plain.endswith(("ity", "ical")) else 2))
    elif heads[0] in _UNSTRESSED_HEADS or (heads[0] in ("a", "o") and len(found) == 2):
        at = 1
    return [Syllable(part, i == at) for i, part in enumerate(found)]


def lyric_blocks(text: str) -> list[tuple[str, list[str]]]:
    """Return the blocks of a text as (label, lines): "[Chorus]" starts one, so does a blank line; remarks in brackets go."""
    blocks: list[tuple[str, list[str]]] = []
    label, open_block = "", False
    for raw in text.splitlines():
        line = raw.strip()
        if found := re.fullmatch(r"[\[(]([^\])]*)[\])]:?", line) or re.fullmatch(
            r"((?:verse|chorus|bridge|pre-chorus|refrain|hook|outro|intro)\s*\d*):", line, flags=re.IGNORECASE
        ):
            label, open_block = found[1].strip(), False
            if section_name(label) in ("chorus", "verse", "bridge", "pre-chorus"):
                blocks.append((label, []))
                open_block = True
        elif not line:
            open_block = False
            label = ""
        else:
            if not open_block:
                blocks.append((label, []))
                open_block = True
            blocks[-1][1].append(line)
    return _with_repeats(blocks)


def _with_repeats(blocks: Sequence[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Give a label without words ("[Chorus]" alone) the words that this label had before."""
    known: dict[str, list[str]] = {}
    out = []
    for label, lines in blocks:
        name = section_name(label) if label else ""
        if lines and name:
            known.setdefault(name, lines)
        if words := lines or known.get(name, []):
            out.append((label, list(words)))
    return out


def set_lyrics(score: Score, text: str, say: Callable[[str], None], *, fixed: bool = False) -> Score:
    """Return the score with syllables on its tune, a line of text to a phrase.

    Labelled blocks go to the sections of their name, and the words of a chorus come back with it; blocks
    without a label go to the sung sections in order. Notes that are left over at the end of a line carry on its last
    syllable; a line with too many syllables divides the longest notes of its phrase.

    Parameters
    ----------
    fixed : the tune is given: no note is divided.
    """
    blocks = lyric_blocks(text)
    tune = tune_of(score)
    if tune is None or not blocks:
        say("There is no tune to set the words to, so they were left out.")
        return score
    meter = meter_of(score.meter)
    places = _places(score, tune)
    chosen, unused = _chosen(blocks, places)
    notes: list[Note] = []
    crowded: list[str] = []
    for section, sung in places:
        lines = chosen.get(section.start_bar)
        notes += _set(sung, lines, meter, fixed, crowded) if lines else sung
    kept = {id(n) for _, sung in places for n in sung}
    notes += [n for n in tune.notes if id(n) not in kept]
    if unused:
        say(f"The tune has no room for {_count(unused)} of the words, from '{unused[0]}' on: a longer piece has.")
    if crowded:
        line = crowded[0] if len(crowded[0]) <= 60 else crowded[0][:59].rstrip() + "…"
        say(f"'{line}' has more syllables than its phrase has notes: some notes carry several.")
    say("The words are set to the notes of the tune; they are not sung, for there is no singing voice here.")
    notes.sort(key=lambda n: (n.start, n.pitch))
    parts: list[Part] = [p.model_copy(update={"notes": notes}) if p is tune else p for p in score.parts]
    return score.model_copy(update={"parts": parts})


def _count(lines: Sequence[str]) -> str:
    return "the last line" if len(lines) == 1 else f"the last {len(lines)} lines"


def _places(score: Score, tune: Part) -> list[tuple[Section, list[Note]]]:
    """Return the sections that are sung, with their notes: those with words usually, or all that have a tune."""
    bar = score.beats_per_bar
    sections = sorted(score.sections, key=lambda s: s.start_bar) or [Section(name="A", start_bar=1, bars=score.bars)]
    starts = [(s.start_bar - 1) * bar for s in sections]
    notes: list[list[Note]] = [[] for _ in sections]
    for phrase in phrases(tune.notes):  # an upbeat belongs to the section it leads into
        homes = [max(0, bisect.bisect_right(starts, n.start + 1e-6) - 1) for n in phrase]
        notes[max(homes, key=homes.count)] += phrase
    found = [(section, inside) for section, inside in zip(sections, notes, strict=True) if inside]
    sung = [(s, notes) for s, notes in found if section_name(s.name) not in _SILENT]
    return sung or found


def _chosen(
    blocks: Sequence[tuple[str, list[str]]], places: Sequence[tuple[Section, list[Note]]]
) -> tuple[dict[int, list[str]], list[str]]:
    """Return the lines of each sung section by its first bar, and the lines for which there was none."""
    chosen: dict[int, list[str]] = {}
    waiting: dict[str, list[list[str]]] = {}
    for label, lines in blocks:
        name = section_name(label) if label else ""
        waiting.setdefault(
            name if name in {section_name(s.name) for s, _ in places} or not name else kind_of(name), []
        ).append(lines)
    first_of: dict[str, list[str]] = {}
    for section, _ in places:
        name, kind = section_name(section.name), kind_of(section.name)
        key = next((k for k in (name, kind, "") if waiting.get(k)), None)
        if key is not None and not (key == "" and kind == "c" and kind in first_of):
            chosen[section.start_bar] = waiting[key].pop(0)
        elif kind == "c" and kind in first_of:
            chosen[section.start_bar] = first_of[kind]
        if section.start_bar in chosen:
            first_of.setdefault(kind, chosen[section.start_bar])
    rest = [lines for queue in waiting.values() for lines in queue if lines not in chosen.values()]
    left = [line for lines in rest for line in lines]
    if left and places and len(chosen) < len(places):  # words without a section of their name go where none are
        for section, _ in places:
            if section.start_bar not in chosen and rest:
                chosen[section.start_bar] = rest.pop(0)
        left = [line for lines in rest for line in lines]
    return chosen, left


def phrases(notes: Sequence[Note]) -> list[list[Note]]:
    """Return the phrases of a line: stretches between rests of half a beat or more."""
    out: list[list[Note]] = []
    for note in sorted(notes, key=lambda n: n.start):
        if out and note.start - out[-1][-1].end < 0.45 and len(out[-1]) < 24:
            out[-1].append(note)
        else:
            out.append([note])
    return out


def _set(notes: Sequence[Note], lines: Sequence[str], meter: Meter, fixed: bool, crowded: list[str]) -> list[Note]:
    """Set lines to the phrases of a section so that syllables and notes are as equal in number as they can be."""
    spoken = [[s for word in line.split() for s in stressed_syllables(word)] for line in lines]
    groups = phrases(notes)
    out: list[Note] = []
    room = [len(g) if fixed else sum(max(1, int(n.duration / 0.45)) for n in g) for g in groups]
    for (a, b), (c, d) in _matched([len(s) for s in spoken], [len(g) for g in groups], room):
        words = [s for line in spoken[a:b] for s in line]
        here = [n for group in groups[c:d] for n in group]
        if len(words) > len(here) and not fixed:
            here = _divided(here, len(words), meter)
        if len(words) > len(here):
            crowded.append(" ".join(lines[a:b]))
        out += _sung(here, words, meter)
    return out


def _matched(
    words: Sequence[int], notes: Sequence[int], room: Sequence[int]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return ranges of lines with ranges of phrases, one line or one phrase in each, by least difference.

    ``room`` is how many notes each phrase can be divided into.
    """
    lines, groups = len(words), len(notes)
    best: dict[tuple[int, int], tuple[float, tuple[int, int] | None]] = {(0, 0): (0.0, None)}
    for i, j in itertools.product(range(lines + 1), range(groups + 1)):
        if (i, j) not in best:
            continue
        cost = best[i, j][0]
        steps = [(1, n) for n in range(1, 5)] + [(n, 1) for n in range(2, 5)] + [(0, 1)]
        for down, right in steps:
            x, y = i + down, j + right
            if x > lines or y > groups:
                continue
            syllable_count, note_count = sum(words[i:x]), sum(notes[j:y])
            over = max(0, syllable_count - note_count)
            spare = max(0, note_count - syllable_count)
            # A phrase without words is possible (an answer of the band), but dear where lines wait.
            crowd = max(0, syllable_count - sum(room[j:y]))
            own = (
                cost
                + over
                + crowd * 6.0
                + (0.35 * spare if down else 1.0 + 0.35 * note_count * (i < lines))
                + 0.3 * (down + right > 2)
            )
            if (x, y) not in best or own < best[x, y][0]:
                best[x, y] = (own, (i, j))
    at = (lines, groups)
    if at not in best:  # more than four lines to every phrase
        cut = [round(k * lines / max(1, groups)) for k in range(groups + 1)]
        return [((cut[k], cut[k + 1]), (k, k + 1)) for k in range(groups)]
    out = []
    while (before := best[at][1]) is not None:
        out.append(((before[0], at[0]), (before[1], at[1])))
        at = before
    return out[::-1]


def _divided(notes: Sequence[Note], count: int, meter: Meter) -> list[Note]:
    """Return notes of which the longest are divided until there are ``count``, none under a quarter of a beat."""
    out = list(notes)
    while len(out) < count:
        longest = max(range(len(out)), key=lambda i: out[i].duration - 0.2 * (i == len(out) - 1), default=-1)
        if longest < 0 or out[longest].duration < 0.45:
            break
        note = out[longest]
        half = note.duration / 2
        half = round(half * 2) / 2 if note.duration >= 1.4 and round(half * 2) > 0 else half
        out[longest : longest + 1] = [
            note.model_copy(update={"duration": round(half, 4)}),
            note.model_copy(update={"start": round(note.start + half, 4), "duration": round(note.duration - half, 4)}),
        ]
    return out


def _sung(notes: Sequence[Note], words: Sequence[Syllable], meter: Meter) -> list[Note]:
    """Put syllables on notes: stress on strong beats, spare notes at the end of the line carry the last syllable on."""
    if not words:
        return list(notes)
    if len(words) >= len(notes):
        texts = [w.text for w in words[: len(notes) - 1]]
        texts.append(" ".join(w.text for w in words[len(notes) - 1 :]).replace("- ", ""))
        return [n.model_copy(update={"lyric": t}) for n, t in zip(notes, texts, strict=True)]
    strength = [meter.strength(n.start) for n in notes]

    def cost(word: Syllable, j: int) -> float:
        if word.stressed:
            return 0.0 if strength[j] >= 0.5 or notes[j].duration >= 1.4 else 0.8
        return 0.4 if strength[j] >= 0.8 else 0.0

    spare = len(notes) - len(words)
    # best[k]: least cost of the words so far with k notes passed over inside the line
    best: list[tuple[float, list[int]]] = [(cost(words[0], 0), [0])]
    for i in range(1, len(words)):
        grown: list[tuple[float, list[int]]] = []
        for k in range(min(spare, 3) + 1):
            options = [
                (best[m][0] + 1.7 * (k - m) + cost(words[i], i + k), [*best[m][1], i + k])
                for m in range(max(0, k - 1), min(k, len(best) - 1) + 1)
            ]
            if options:
                grown.append(min(options, key=lambda option: option[0]))
        best = grown
    places = dict(zip(min(best, key=lambda option: option[0])[1], words, strict=True))
    return [n.model_copy(update={"lyric": places[j].text}) if j in places else n for j, n in enumerate(notes)]
