"""Words into musical wishes: what a prompt says about the piece that is wanted.

This module reads who plays what, how fast and how long; form, keys and playing have modules of their own.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from segue.tools.core import vocabulary
from segue.tools.core.instruments import find_ensemble
from segue.tools.core.vocabulary import Found
from segue.tools.music import compose_words_feel as feel
from segue.tools.music.compose_wishes import Say, Wishes
from segue.tools.music.compose_words_form import ending_in, energy_in, fades_in, form_in, section_bars_in
from segue.tools.music.compose_words_keys import keys_in, mode_in
from segue.tools.music.compose_words_players import filled_up, size_in

_NEGATION = re.compile(
    r"(?:\bno|\bwithout(?: any| the)?|\bexcept(?: for)?|\bminus|\bnot? any|\bleave out(?: the)?|\bomit(?: the)?|\bexcluding|\bbut no"
    r"|\binstead of(?: the)?|\bnever|\bdrop the|\bohne|\bzero|\b(?:do not|don['’]t|doesn['’]t) (?:use|include|have|want|add)(?: any| the)?|\bavoid(?:ing)?|\bfree of)"
    r"\s+(?:[\w-]+\s+){0,2}$",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\b(solo|nothing but|unaccompanied|duet|duo|trio|quartet|quintet|a cappella|alone)\b"
    r"|(?<!not )\b(only|just)\b(?= (?:an? |the )?(?:[\w-]+ )?(?:[\w-]+ )?INSTRUMENT)|INSTRUMENT(?:s| and INSTRUMENT)? only\b"
    r"|\bINSTRUMENT (piece|etude|sonata|nocturne|prelude|miniature|lullaby|waltz|minuet|mazurka|rag|invention|impromptu|toccata)\b",
    re.IGNORECASE,
)
_SOLO_SECTION = re.compile(r"\bsolo section|(?:\b(?:an?|the|with|and|long|short)\s+)(?:[\w-]+ )?INSTRUMENT solo\b|\bsolos\b", re.IGNORECASE)  # fmt: skip
_KINDS = frozenset({"dance", "waltz", "march"})
_LOOP = re.compile(
    r"(?<!chord )\b(loops?|looping|loopable|seamless)\b(?! (?:of chords|progression|chords?)\b)", re.IGNORECASE
)
# Tempi, meters and keys that nobody can play are wishes all the same: the composer offers what is nearest.
_ANY_BPM = re.compile(
    r"(?<![\w.])(-?\d+(?:\.\d+)?)\s?-?(?:bpm|beats per minute)\b|\bbpm\s*(?:of|:|=)?\s*(\d+)\b", re.IGNORECASE
)
_ANY_METER = re.compile(r"(?<![\d/])(\d{1,3}/\d{1,3})(?![\d/])")
_ANY_KEY = re.compile(
    r"\b(?:key(?: of)?:?|in)\s+(?:the key of )?([H-Z])[ -]?(sharp|flat|#|b)?\b[ -]?(major|minor)?", re.IGNORECASE
)

_VOCALS = re.compile(
    r"(\bwith|\bfeaturing|\band|\bfor|\bplus|,|\bno|\bwithout|\bor|\bnor)\s+(?:any\s+|an?\s+|some\s+|the\s+)?"
    r"(?:(?:male|female|human|lead|soft|ethereal|soulful|wordless|catchy|powerful)\s+)?(?:vocals?|voices?|singers?|singing)\b(?![- ]leading)",
    re.IGNORECASE,
)
_SINGERS = "voice oohs"  # nobody sings words here

GENERAL = frozenset({"drums", "beat", "bass", "guitar", "guitars"})  # what each genre has a kind of its own of


def wishes_in(prompt: str, say: Say | None = None) -> Wishes:
    """Read a prompt; ``say`` is told where nothing in it could be read.

    >>> wishes_in("90 bpm lo-fi in D minor, 40 seconds, Rhodes, no bass").exclude
    ('bass',)
    """
    if not prompt.strip():
        return Wishes()
    instruments, exclude = _instruments(prompt)
    taken = [(f.start, f.end) for f in vocabulary.instruments_in(prompt) if not find_ensemble(f.value)]
    genres = [
        f
        for f in vocabulary.genres_in(prompt)
        if (not _inside(f, taken) or (f.start, f.end) in taken) and not _is_feel(prompt, f)
    ]
    genres = [f for f in genres if not _is_kind_of_tune(prompt, f, genres)]
    styled = [(f.start, f.end) for f in genres]
    wanted = [f.value for f in genres if not _negated(prompt, f.start)]
    players = filled_up(prompt, wanted[0] if wanted else None, instruments, exclude)
    bpm, tempo_range = _tempo(prompt)
    section_bars, counted = section_bars_in(prompt)
    form = form_in(prompt)
    if not any(":" in name for name in form):
        form = tuple(f"{name}:{dict(section_bars)[name]}" if name in dict(section_bars) else name for name in form)
    home, keys = keys_in(prompt)
    key_spans = [(f.start, f.end) for f in vocabulary.key_in(prompt)]
    mode = mode_in(prompt, key_spans)
    meter = _meter(prompt)
    moods = [f.value for f in vocabulary.moods_in(prompt) if _is_mood(prompt, f, styled)]
    faces, signs = feel.emoji_in(prompt)
    quadrants = feel.quadrants_in(prompt)
    found = Wishes(
        genre=wanted[0] if wanted else None,
        genres=tuple(dict.fromkeys(wanted)),
        moods=tuple(dict.fromkeys([*quadrants, *moods, *faces])),
        bpm=bpm,
        tempo_range=tempo_range,
        key=home if home or keys else _impossible_key(prompt),
        mode=mode if home is None or _is_bare(prompt) else None,
        keys=keys,
        meter=meter,
        grouping=feel.grouping_in(prompt, meter),
        duration_s=_duration(prompt),
        bars=_bars(_blanked(prompt, counted)),
        chords=_chords(prompt),
        form=form,
        section_bars=() if form else section_bars,
        instruments=tuple(dict.fromkeys([*players, *signs])),
        exclude=tuple(exclude),
        only=bool(players) and (_is_alone(prompt) or size_in(prompt) == len(players) or _is_band(players)),
        energy=energy_in(prompt),
        fades=fades_in(prompt),
        ending=ending_in(prompt),
        loop=bool(_LOOP.search(prompt)),
        swing=feel.swing_in(prompt),
        feel=feel.feel_in(prompt),
        density=feel.density_in(prompt),
        register=feel.register_in(prompt),
        registers=feel.registers_in(prompt),
        dynamics=feel.dynamics_in(prompt, styled),
        onsets=feel.onsets_in(prompt),
        octaves=feel.octaves_in(prompt),
        articulation=feel.articulation_in(prompt),
        notes=feel.notes_in(prompt),
        voices=feel.voices_in(prompt),
        roles=feel.roles_in(prompt),
        dance=feel.dance_in(prompt),
    )
    if mode and home and found.mode:  # "in G, dorian": the letter is the tonic only
        found = replace(found, key=f"{home.split()[0]} {mode}", mode=None)
    if say is not None:
        _say_contradictions(prompt, found, say)
    if say is not None and found == Wishes():
        say("Nothing in these words was read as a musical wish, so genre, key, tempo and players were chosen freely.")
    return found


def _say_contradictions(text: str, found: Wishes, say: Say) -> None:
    """Tell where words contradict each other, and which of them were used; a famous name is no style here."""
    tempi = list(dict.fromkeys(f.value.bpm for f in vocabulary.tempo_in(text) if f.value.kind in ("exact", "about")))
    if len(tempi) > 1 and found.bpm is not None:
        say(f"The words name {' and '.join(f'{bpm:g}' for bpm in tempi)} bpm: {found.bpm:g} was used.")
    both = re.search(r"(?<!between )\b(\d+) bpm and (?:at )?(\d+) bpm", text, re.IGNORECASE)
    if both and found.bpm is None:
        say(f"The words name {both[1]} and {both[2]} bpm: a tempo from the one to the other was used.")
    if _SINGERS in found.instruments and _VOCALS.search(text):
        say("No words are sung here: wordless voices take part instead.")
    if (
        re.search(r"\b(?:without|no) (?:any )?(?:instruments?|players?)\b", text, re.IGNORECASE)
        and not found.instruments
    ):
        say("Nobody would be left to play without instruments, so they were chosen freely.")
    lengths = list(dict.fromkeys(f.value for f in vocabulary.duration_in(text)))
    if len(lengths) > 1 and found.duration_s is not None:
        say(f"The words name {' and '.join(f'{s:g}' for s in lengths)} seconds: {found.duration_s:g} was used.")
    meters = list(dict.fromkeys(f.value for f in vocabulary.meter_in(text)))
    if len(meters) > 1:
        say(f"The words name {' and '.join(meters)}: {found.meter} was used, as the meter stays the same throughout.")
    if found.meter and found.meter != "3/4" and re.search(r"\b(?:waltz|minuet)", text, re.IGNORECASE):
        say(f"A waltz is in 3/4; {found.meter} was asked for and used.")
    for one, other in (("slow", "fast"), ("happy", "sad"), ("calm", "aggressive"), ("dark", "bright")):
        if {one, other} <= set(found.moods):
            say(f"{one.capitalize()} and {other} contradict each other: the piece lies between them.")
    artist = re.search(
        r"\b(?:in the style of|sounds? like|like|à la|a la) ((?:[A-Z][\w'’.-]+)(?: (?:[A-Z&][\w'’.-]*|and|the|of))*)",
        text,
    )
    if artist and not vocabulary.genres_in(artist[1]) and not vocabulary.moods_in(artist[1]):
        say(f"Artists and titles such as {artist[1]} are not imitated: name a genre, instruments or a mood instead.")


def _is_kind_of_tune(text: str, found: Found[str], genres: Sequence[Found[str]]) -> bool:
    """Return whether a genre's word only says what kind of tune another genre is to be: "a folk dance", "jazz waltz"."""
    word = text[found.start : found.end].lower()
    return word in _KINDS and any(g is not found and text[g.start : g.end].lower() not in _KINDS for g in genres)


def _negated(text: str, at: int) -> bool:
    return bool(_NEGATION.search(text[max(0, at - 40) : at]))


def _is_mood(text: str, found: Found[str], styled: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a mood is one of the whole piece: not denied, no part of a genre's name, no start or end of a curve."""
    before = text[max(0, found.start - 24) : found.start]
    if _negated(text, found.start) or _inside(found, styled):
        return False
    return not re.search(
        r"\b(?:not|never|isn['’]t|hardly)(?: too| so| very| at all)?\s+$|\b(?:starts?|begins?|opens?|ends?|finish(?:es)?)(?: out| off)?(?: very| really)?\s+$",
        before,
        re.IGNORECASE,
    )


def _is_feel(text: str, found: Found[str]) -> bool:
    """Tell whether "swing" says how eighths are played rather than a style."""
    if text[found.start : found.end].lower() != "swing":
        return False
    after, before = text[found.end : found.end + 16], text[max(0, found.start - 12) : found.start]
    return bool(
        re.match(r"\s*(?:of|at|:|=)?\s*\d|\s*(?:feel|ratio|percentage|timing)\b", after, re.IGNORECASE)
        or re.search(
            r"(?:%|\bwith|\ba little|\blight|\bhard|\bheavy|\bslight|\bno|\bsome|\bwithout)(?: an?)?\s+$",
            before,
            re.IGNORECASE,
        )
    )


def _inside(found: Found[str], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= found.start and found.end <= end for start, end in spans)


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _instruments(text: str) -> tuple[list[str], list[str]]:
    """Return the instruments that are wanted, and those that are not: "no drums or bass", "without guitar"."""
    wanted: list[str] = []
    unwanted: list[str] = []
    before: tuple[int, bool] | None = None
    styles = [(f.start, f.end) for f in vocabulary.genres_in(text)]
    for found in vocabulary.instruments_in(text):
        if _inside(found, styles) and not find_ensemble(found.value):
            continue
        if re.search(r"\b(?:per|each|every|on|off|the|behind the) $", text[: found.start], re.I) and text[
            found.start : found.end
        ].lower() in ("beat", "beats"):
            continue  # "two notes per beat"
        negated = _negated(text, found.start)
        if before is not None and not negated:
            between = text[before[0] : found.start].lower()
            negated = before[1] and bool(re.fullmatch(r"\s*(,|or|and|nor|,\s*or|,\s*and|/|&)\s*(any\s+)?", between))
        word = text[found.start : found.end].lower()
        word = word if negated or word in GENERAL else found.value
        (unwanted if negated else wanted).append(word)
        before = (found.end, negated)
    if sung := _VOCALS.search(text):
        (unwanted if sung[1].lower() in ("no", "without", "or", "nor") else wanted).append(_SINGERS)
    if re.search(r"\b(no|without)\s+(?:any\s+)?percussion\b", text, re.IGNORECASE):
        unwanted.append("percussion")
    return list(dict.fromkeys(wanted)), list(dict.fromkeys(unwanted))


def _is_band(players: Sequence[str]) -> bool:
    """Tell whether a band is named that says how many play."""
    return any(re.search("quartet|trio|quintet|sextet", name) for name in players)


def _is_alone(text: str) -> bool:
    """Tell whether nobody plays but the instruments that are named."""
    spans = [(f.start, f.end) for f in vocabulary.instruments_in(text)]
    marked = text
    for start, end in reversed(spans):
        marked = marked[:start] + "INSTRUMENT" + marked[end:]
    return bool(_ALONE.search(_SOLO_SECTION.sub(" ", marked)))


def _tempo(text: str) -> tuple[float | None, tuple[float, float] | None]:
    for found in vocabulary.tempo_in(text):
        tempo = found.value
        if tempo.kind in ("exact", "about"):
            return tempo.bpm, None
        if tempo.kind == "range":
            low = tempo.low if tempo.low is not None else (tempo.high or 120.0) * 0.75
            high = tempo.high if tempo.high is not None else low * 1.3
            return None, (low, high)
        if (
            tempo.low is not None
            and tempo.high is not None
            and text[found.start : found.end].lower() not in ("slow", "fast")
        ):
            return None, (tempo.low, tempo.high)
    # In a wish for music a bare "at 140" is a tempo.
    bare = re.search(r"\bat (\d{2,3})\b(?!\s*(?:%|s\b|sec|hz|khz|db|lufs|bars?\b|:|\.\d))", text, re.IGNORECASE)
    if bare and 30 <= int(bare[1]) <= 300:
        return float(bare[1]), None
    impossible = _ANY_BPM.search(text)
    return (float(impossible[1] or impossible[2]), None) if impossible else (None, None)


def _meter(text: str) -> str | None:
    chords = [(f.start, f.end) for f in vocabulary.chords_in(text)]
    found = [f for f in vocabulary.meter_in(text) if not _inside(f, chords)]
    if found:
        return found[0].value
    if re.search(r"\b(waltz|minuet)", text, re.IGNORECASE):
        return "3/4"
    impossible = _ANY_METER.search(_blanked(text, chords))
    return impossible[1] if impossible and not re.match(r"24/7|50/50|9/11", impossible[1]) else None


def _impossible_key(text: str) -> str | None:
    """Return what stands where a key should and is none ("H sharp")."""
    match = _ANY_KEY.search(text)
    if not match or not (match[2] or match[3]):
        return None
    return " ".join(part for part in (match[1].upper(), match[2], match[3]) if part)


def _is_bare(text: str) -> bool:
    """Tell whether the key is only a letter ("in G")."""
    first = vocabulary.key_in(text)
    return bool(first) and not re.search(
        r"[a-z]{3,}|\dA|\dB|m$", text[first[0].start : first[0].end].lower().replace("key of", "")
    )


def _duration(text: str) -> float | None:
    found = vocabulary.duration_in(text)
    return found[0].value if found else None


def _bars(text: str) -> int | None:
    """Return how many bars; "at bar 17" and "the last 8 bars" are places, "a 4-bar loop of chords" a length."""
    for found in vocabulary.bars_in(text):
        if found.value.start is None and not re.match(r"\s*(?:phrases?|blues)\b", text[found.end :]):
            return found.value.count
    return None


def _chords(text: str) -> tuple[str, ...]:
    """Return the progression, one entry a bar; bar lines put several chords into one ("Dm7 G7 | Cmaj7")."""
    found = vocabulary.chords_in(text)
    if not found:
        return ()
    best = max(found, key=lambda f: (len(f.value) > 2, -f.start))
    said = text[best.start : best.end]
    if "|" not in said:
        return tuple(best.value)
    entries, at = [], 0
    for bar in said.split("|"):
        count = len([part for part in re.split(r"[\s,–—>→-]+", bar) if part])
        if count:
            entries.append(" ".join(best.value[at : at + count]))
            at += count
    return tuple(entries)
