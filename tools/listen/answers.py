"""Answers to questions about what was heard: from facts only, and an honest "I cannot hear that" otherwise."""

import math
import re
from collections.abc import Callable, Sequence

from segue.tools.listen import words
from segue.tools.listen.facts import Analysis
from segue.tools.listen.labels import chord_line, clock
from segue.tools.listen.words import LIKELY, SURE, Subject, listing

_CANNOT = "I cannot hear that."


def answer(question: str, subject: Subject) -> str:
    """Answer a question about one piece."""
    text = " ".join(question.lower().split())
    if subject.facts.silent and not re.search(r"\b(title|artist|album|who)\b", text):
        return f"There is nothing to hear in {subject.name}: it is silent."
    said: list[str] = []
    for pattern, reply in _TOPICS:
        if re.search(pattern, text) and (sentence := reply(subject, text)) and sentence not in said:
            said.append(sentence)
            if reply in _ALONE:
                break
    if said:
        return " ".join(said)
    return f"{_CANNOT} What I can tell: {words.full(subject)}"


def answerable(question: str) -> bool:
    """Tell whether a question is about something that is measured, whatever the piece; "what is it about?" is not."""
    text = " ".join(question.lower().split())
    topics = any(re.search(pattern, text) for pattern, reply in _TOPICS if reply is not _meaning)
    return topics or any(re.search(rf"\b({row[0]})\b", text) for row in _COMPARED)


# -- one topic each: (subject, question) → sentence or "" -----------------------------------------


def _tempo(subject: Subject, text: str) -> str:
    facts = subject.facts
    said = words.tempo_words(facts)
    if not said or facts.bpm is None:
        return "I hear no steady tempo."
    octaves = [bpm for bpm in facts.bpm_alternatives if abs(abs(math.log2(bpm / facts.bpm)) - 1) < 0.06]
    felt = f"; it could be felt as {octaves[0]:.0f}" if octaves and facts.bpm_confidence < SURE else ""
    out = f"The tempo is {said} ({words.pace(facts.bpm)}){felt}."
    if facts.tempo_stability < 0.85 and facts.source == "sound":
        out += " It does not stay even."
    elif re.search(r"steady|constant|change|speed up|slow down|stable", text):
        out += " It stays even throughout."
    return out


def _key_change(subject: Subject, text: str) -> str:
    facts = subject.facts
    if not words.key_words(facts):
        return "I hear no clear key, so I cannot tell whether it changes."
    if len(facts.keys) > 1:
        moves = listing([f"{key} from {clock(start)}" for start, key in facts.keys])
        return f"Yes, the key seems to change: {moves}."
    if facts.source == "score":
        return f"No: the score stays in {facts.key}."
    return f"I hear no key change: it seems to stay in {facts.key}."


def _key(subject: Subject, text: str) -> str:
    facts = subject.facts
    said = words.key_words(facts)
    if not said:
        return "I hear no clear key."
    return f"The key is {said}."


def _chords(subject: Subject, text: str) -> str:
    facts = subject.facts
    if not words.main_chords(facts):
        return "I hear no chords."
    shown = facts.chords[:32]
    more = f" … and so on, {len(facts.chords) - 32} more" if len(facts.chords) > 32 else ""
    hedge = "" if facts.chords_confidence >= 0.4 else " I am not sure of them."
    loop = words.chord_loop(facts)
    head = f"The chords go round {' – '.join(loop)}. " if loop else "The chords: "
    return f"{head}{chord_line(shown)}{more}.{hedge}"


def _meter(subject: Subject, text: str) -> str:
    facts = subject.facts
    if not facts.meter or facts.meter_confidence < LIKELY:
        return "I hear no clear meter."
    return f"The meter is {'' if facts.meter_confidence >= SURE else 'probably '}{facts.meter}."


def _instruments(subject: Subject, text: str) -> str:
    from segue.tools.core.instruments import find_instrument

    facts = subject.facts
    asked = [
        i for word in re.findall(r"[a-z\-]+", text) if word not in _NOT_INSTRUMENTS and (i := find_instrument(word))
    ]
    if asked and re.search(r"\b(is|are|does|do|has|have|any|hear)\b", text):
        name = asked[0].name
        there = name in facts.instruments or any(asked[0].family == getattr(find_instrument(x), "family", "") for x in facts.instruments)  # fmt: skip
        if facts.source == "score":
            return f"Yes, {name} plays." if name in facts.instruments else f"No: the score has {listing(facts.instruments) or 'no parts'}."  # fmt: skip
        return f"I seem to hear {name}." if there else f"I do not hear {name} clearly; I cannot rule it out."
    if not facts.instruments:
        return "I cannot name the instruments with any certainty."
    return f"I hear {words.instrument_words(facts)}." if facts.source == "sound" else f"The instruments are {words.instrument_words(facts)}."  # fmt: skip


_NOT_INSTRUMENTS = frozenset({"is", "are", "there", "a", "an", "the", "in", "it", "this", "any", "does", "have", "has", "hear", "you", "can", "do", "what", "which", "instrument", "instruments", "play", "plays", "playing", "or", "and", "of", "voice", "solo", "lead", "section", "band", "that"})  # fmt: skip


def _drums(subject: Subject, text: str) -> str:
    drums = subject.facts.drums
    if drums is None:
        return "I cannot tell for sure whether there are drums."
    sure = subject.facts.source == "score"
    if drums:
        return "Yes, there are drums." if sure else "I hear drums or percussion."
    return "No, there are no drums." if sure else "I hear no drums."


def _sections(subject: Subject, text: str) -> str:
    facts = subject.facts
    if len(facts.sections) < 2:
        return "I hear one stretch without clear sections."
    asked = re.search(r"\b(intro|verse|chorus|bridge|outro|solo|drop|breakdown|hook|ending)\b", text)
    if asked and re.search(r"\b(when|where|is there|does|at what)\b", text):
        found = [f"{clock(a)}–{clock(b)}" for label, a, b in facts.sections if label.lower().startswith(asked[1])]
        if found and facts.source == "score":
            return f"The {asked[1]} is at {listing(found)}."
        if found:
            return f"What sounds like the {asked[1]} is at {listing(found)}."
        if facts.source == "score":
            return f"There is no {asked[1]}: the sections are {listing([s[0] for s in facts.sections])}."
        return f"I cannot tell which section is the {asked[1]}. " + words.form_sentence(facts)
    return words.sections(subject)


def _loudness(subject: Subject, text: str) -> str:
    facts = subject.facts
    if not facts.axes:
        return "I cannot tell how loud it is: the score has no sound yet."
    out = f"It is {words.number(facts.loudness_lufs)} LUFS loud, true peak {words.number(facts.true_peak_db)} dBTP, loudness range {facts.loudness_range_lu:.1f} LU."
    if re.search(r"\b(loudest|quietest|softest|where|when)\b", text) and facts.levels:
        loud, quiet = _extreme(facts, max), _extreme(facts, min)
        out += f" It is loudest around {clock(loud)} and quietest around {clock(quiet)}."
    if facts.replaygain_db is not None and re.search(r"\bgain\b|replay ?gain", text):
        out += f" ReplayGain: {words.number(facts.replaygain_db)} dB to −18 LUFS."
    if facts.true_peak_db > 0:
        out += " The peaks go above 0 dB: it may distort after encoding."
    return out


def _extreme(facts: Analysis, pick: Callable[..., int]) -> float:
    """Return the middle of the loudest or quietest five seconds, fades at either end left out."""
    levels = facts.levels[1:-2] or facts.levels
    size = min(5, len(levels))
    starts = range(len(levels) - size + 1)
    best: int = pick(starts, key=lambda i: sum(levels[i : i + size]))
    return best + 1 + size / 2


def _vocals(subject: Subject, text: str) -> str:
    facts = subject.facts
    if re.search(r"\b(man|woman|male|female|boy|girl)\b", text) and facts.vocals:
        tags = facts.tags
        male = max((tags.get(t, 0.0) for t in ("male", "male vocal", "male voice", "man")), default=0.0)
        female = max((tags.get(t, 0.0) for t in ("female", "female vocal", "female voice", "woman")), default=0.0)
        if abs(male - female) > 0.12:
            return f"It sounds like a {'male' if male > female else 'female'} voice."
        return "I cannot tell whose kind of voice it is."
    said = words.voice_sentence(facts)
    return said or "I cannot tell whether anybody sings."


def _who(subject: Subject, text: str) -> str:
    if subject.made_here:
        return f"Nobody: {subject.name} was {subject.made_here}."
    if subject.artist:
        album = f", from the album “{subject.album}”" if subject.album else ""
        year = f" ({subject.year})" if subject.year else ""
        return f"The file's own tags say: {subject.name} by {subject.artist}{album}{year}. I cannot tell voices apart."
    return "I cannot tell: I do not recognise voices or players, and nothing is written in the file."


def _ai(subject: Subject, text: str) -> str:
    if subject.made_here:
        return f"Yes: {subject.name} was {subject.made_here}."
    return "I cannot tell: I have no detector for machine-made music, and guessing by ear would not be honest."


def _title(subject: Subject, text: str) -> str:
    parts = [f"The title I have is {subject.name}" if subject.title else ""]
    parts += [f"by {subject.artist}" if subject.artist else "", f"on “{subject.album}”" if subject.album else "", f"({subject.year})" if subject.year else ""]  # fmt: skip
    said = " ".join(p for p in parts if p)
    return said + "." if said else "It carries no title, and I do not recognise it by ear."


def _length(subject: Subject, text: str) -> str:
    facts = subject.facts
    if not facts.duration_s:
        return "I do not know how long it is."
    bars = f", {len(facts.downbeats)} bars" if facts.downbeats and facts.bpm_confidence >= SURE else ""
    return f"It is {words.length_words(facts.duration_s)} long{bars}."


def _mood(subject: Subject, text: str) -> str:
    facts = subject.facts
    if facts.valence is None or facts.arousal is None:
        return "I cannot judge its mood: there is no sound yet."
    mood = listing(facts.moods) if facts.moods else "neither clearly happy nor sad, neither calm nor excited"
    return (
        f"The mood seems {mood} (valence {facts.valence:.1f} and arousal {facts.arousal:.1f} of 9, by rule of thumb)."
    )


def _genre(subject: Subject, text: str) -> str:
    if genre := words.genre_words(subject):
        if subject.genres:
            return f"It is tagged as {genre}."
        return f"It is {genre}." if subject.facts.genre_confidence >= 1 else f"It sounds like {genre}."
    return "I am not sure enough of the genre to name one."


def _tuning(subject: Subject, text: str) -> str:
    if subject.facts.source == "score":
        return "It is rendered at A = 440 Hz."
    cents = subject.facts.tuning_cents
    return f"It is tuned about {abs(cents):.0f} cents {'above' if cents > 0 else 'below'} A = 440 Hz (A = {440 * 2 ** (cents / 1200):.1f} Hz)."  # fmt: skip


def _meaning(subject: Subject, text: str) -> str:
    if subject.lyrics:
        return f"The file carries these words: “{subject.lyrics[:300].strip()}”"
    return "I cannot understand sung words: that needs a speech recogniser."


def _dance(subject: Subject, text: str) -> str:
    value = subject.facts.axes.get("danceability")
    if value is None:
        return ""
    return f"{'Yes, it' if value > 0.6 else 'Somewhat: it' if value > 0.4 else 'Not very: it'} measures {value:.2f} of 1 for danceability."  # fmt: skip


Reply = Callable[[Subject, str], str]
# The order is the order of speaking; topics of _ALONE answer the whole question.
_TOPICS: tuple[tuple[str, Reply], ...] = (
    (r"\b(ai|a\.i\.|artificial|machine)[- ]?(made|generated|music|written|composed)?\b.*|\b(suno|udio|by a (computer|machine|robot))\b", _ai),
    (r"\bwho\b|\bwhich (artist|singer|band)\b|\b(artist|singer|performer)\b", _who),
    (r"key changes?|modulat|chang\w* (of )?(the )?key|same key|keys? .*chang", _key_change),
    (r"\b(tun(ing|ed)|440|432|in tune)\b", _tuning),
    (
        r"\b(lyrics|words|language|meaning)\b|\bwhat\b.*\b(about|sing(ing)?|say(ing|s)?)\b",
        _meaning,
    ),
    (r"\b(title|called|name of)\b|what (song|track|piece) is", _title),
    (r"\b(tempo|bpm|how fast|how slow|speed|pace|fast|slow)\b", _tempo),
    (r"\bkey\b|\bscale\b|\bmajor\b|\bminor\b|\btonality\b", _key),
    (r"\b(meter|metre|time signature|beats (in|per) (a |the )?bar|waltz|[2-9]/[48])\b", _meter),
    (r"\bchords?\b|\bharmon|\bprogression\b", _chords),
    (r"\b(section|sections|structure|form|what happens|happens when|intro|verse|chorus|bridge|outro|breakdown|drop|hook)\b", _sections),
    (r"\b(drums?|percussion|drummer|beat\b(?!s per))", _drums),
    (r"\b(vocals?|sing(s|ing)?|sung|voices?|instrumental|acapella)\b", _vocals),
    (r"\binstruments?\b|\b(is|are|any|hear)\b.*\b(piano|guitars?|bass|strings|violins?|flute|sax(ophone)?|trumpet|organ|synth(esizer)?|cello|harp|brass|choir|clarinet|rhodes|banjo|accordion)\b|what('s| is) playing", _instruments),
    (r"\b(replay ?gain|loud|loudness|lufs|volume|loudest|quietest|softest|peak|clip(s|ping)|dynamics?)\b", _loudness),
    (r"\b(mood|feel(ing|s)?|emotion\w*|vibe|happy|sad|atmosphere)\b", _mood),
    (r"\b(genre|style|kind of music|type of music)\b", _genre),
    (r"\b(danc\w+)\b", _dance),
    (r"\bhow long\b|\bduration\b|\blength\b|\bminutes\b|\bhow many bars\b", _length),
)  # fmt: skip
_ALONE = (_ai, _who, _key_change, _meaning)


# -- several clips ----------------------------------------------------------------------------------

# Comparative words → (what is compared, whether more wins, how a value reads, the least difference that counts).
Measure = Callable[[Analysis], float | None]


def _axis(name: str) -> Measure:
    return lambda facts: facts.axes.get(name)


def _sure_bpm(facts: Analysis) -> float | None:
    return facts.bpm if facts.bpm_confidence >= LIKELY else None


_COMPARED: tuple[tuple[str, str, Measure, bool, str, float], ...] = (
    (r"fast(er|est)|quick(er|est)", "faster", _sure_bpm, True, "{:.0f} bpm", 1.0),
    (r"slow(er|est)", "slower", _sure_bpm, False, "{:.0f} bpm", 1.0),
    (r"loud(er|est)", "louder", lambda f: f.loudness_lufs if f.axes else None, True, "{:.1f} LUFS", 0.5),
    (r"quiet(er|est)|soft(er|est)", "quieter", lambda f: f.loudness_lufs if f.axes else None, False, "{:.1f} LUFS", 0.5),
    (r"long(er|est)", "longer", lambda f: f.duration_s or None, True, "{:.0f} s", 0.5),
    (r"short(er|est)", "shorter", lambda f: f.duration_s or None, False, "{:.0f} s", 0.5),
    (r"bright(er|est)", "brighter", _axis("brightness"), True, "brightness {:.2f}", 0.03),
    (r"dark(er|est)", "darker", _axis("brightness"), False, "brightness {:.2f}", 0.03),
    (r"happi(er|est)|more (cheerful|positive|upbeat)", "happier", lambda f: f.valence, True, "valence {:.1f}", 0.3),
    (r"sadd(er|est)|more melancholic", "sadder", lambda f: f.valence, False, "valence {:.1f}", 0.3),
    (r"calm(er|est)|most relaxed|more relaxed", "calmer", lambda f: f.arousal, False, "arousal {:.1f}", 0.3),
    (r"(more|most) (energetic|energy|exciting|intense)", "more energetic", _axis("energy"), True, "energy {:.2f}", 0.03),
    (r"(more|most) danceable", "more danceable", _axis("danceability"), True, "danceability {:.2f}", 0.04),
    (r"bus(ier|iest)|dens(er|est)", "denser", _axis("density"), True, "density {:.2f}", 0.03),
    (r"spars(er|est)", "sparser", _axis("density"), False, "density {:.2f}", 0.03),
)  # fmt: skip


def compare(question: str, subjects: Sequence[Subject]) -> str:
    """Answer a question about several pieces in one text."""
    text = " ".join(question.lower().split())
    said = [
        _ranked(subjects, word, measure, more, shape, least)
        for pattern, word, measure, more, shape, least in _COMPARED
        if re.search(rf"\b({pattern})\b", text)
    ]
    if found := re.search(r"\b(old|new|earli|late)(er|est)\b(?! (version|take))", text):
        said.append(_by_year(subjects, found[1] in ("old", "earli")))
    if said:
        return " ".join(said)
    if re.search(r"same key", text):
        keys = [s.facts.key or "no clear key" for s in subjects]
        return f"{'Yes' if len(set(keys)) == 1 and subjects[0].facts.key else 'No'}: " + listing([f"{s.name} is in {k}" for s, k in zip(subjects, keys, strict=True)]) + "."  # fmt: skip
    if re.search(r"differ|compar|versus|\bvs\b|alike|similar|common|between", text) or not any(
        re.search(pattern, text) for pattern, _ in _TOPICS
    ):
        return differences(subjects)
    return "\n".join(f"{s.name}: {answer(question, s)}" for s in subjects)


def _ranked(subjects: Sequence[Subject], word: str, measure: Measure, more: bool, shape: str, least: float) -> str:
    known = [(value, s) for s in subjects if (value := measure(s.facts)) is not None]
    if len(known) < 2:
        return f"I cannot tell which is {word}."
    known.sort(key=lambda pair: -pair[0] if more else pair[0])
    listed = listing([f"{s.name} {shape.format(value).replace('-', '−')}" for value, s in known])
    missing = len(subjects) - len(known)
    rest = f" ({missing} could not be measured.)" if missing else ""
    if abs(known[0][0] - known[1][0]) < least:
        return f"They are about equal: {listed}.{rest}"
    superlative = word if len(known) == 2 else word.replace("more ", "the most ") if word.startswith("more ") else f"the {re.sub('er$', 'est', word)}"  # fmt: skip
    return f"{known[0][1].name} is {superlative}: {listed}.{rest}"


def _by_year(subjects: Sequence[Subject], oldest: bool) -> str:
    """Say which is from the earlier or the later year; what has no year is named."""
    known = sorted((s for s in subjects if s.year), key=lambda s: s.year or 0, reverse=not oldest)
    if len(known) < 2:
        return f"I cannot tell which is {'older' if oldest else 'newer'}: their years are not known."
    listed = listing([f"{s.name}{f' by {s.artist}' if s.artist else ''} {s.year}" for s in known])
    unknown = [s.name for s in subjects if not s.year]
    rest = f" (Of {listing(unknown)} no year is known.)" if unknown else ""
    if known[0].year == known[1].year and len(known) == 2:
        return f"They are from the same year: {listed}.{rest}"
    first = [s for s in known if s.year == known[0].year]
    word = ("older" if oldest else "newer") if len(known) == 2 else ("the oldest" if oldest else "the newest")
    names = listing(
        [s.name if len({t.name for t in known}) == len(known) else f"{s.name} by {s.artist}" for s in first]
    )
    return f"{names} {'is' if len(first) == 1 else 'are'} {word}: {listed}.{rest}"


def differences(subjects: Sequence[Subject]) -> str:
    """Say what differs and what is the same."""
    unlike: list[str] = []
    alike: list[str] = []

    def weigh(label: str, values: Sequence[str]) -> None:
        if all(value == "" for value in values):
            return
        if len(set(values)) == 1:
            alike.append(f"{label} ({values[0]})")
        else:
            unlike.append(f"{label}: " + ", ".join(f"{s.name} {v or 'unclear'}" for s, v in zip(subjects, values, strict=True)))  # fmt: skip

    facts = [s.facts for s in subjects]
    weigh("tempo", [words.tempo_words(f) for f in facts])
    weigh("key", [words.key_words(f) for f in facts])
    weigh("meter", [f.meter or "" if f.meter_confidence >= LIKELY else "" for f in facts])
    weigh("length", [words.length_words(f.duration_s) if f.duration_s else "" for f in facts])
    weigh("loudness", [f"{words.number(f.loudness_lufs)} LUFS" if f.axes else "" for f in facts])
    weigh("genre", [words.genre_words(s) for s in subjects])
    weigh("mood", [listing(f.moods) for f in facts])
    weigh("instruments", [words.instrument_words(f) for f in facts])
    weigh("singing", [{True: "yes", False: "no", None: ""}[f.vocals] for f in facts])
    if all(f.axes for f in facts):
        for axis in ("energy", "brightness", "density", "distortion"):
            values = [f.axes[axis] for f in facts]
            if max(values) - min(values) >= 0.12:
                unlike.append(
                    f"{axis}: " + ", ".join(f"{s.name} {v:.2f}" for s, v in zip(subjects, values, strict=True))
                )
    out = "They differ in " + "; ".join(unlike) + "." if unlike else "I hear no difference in what I can measure."
    return out + (f" Alike are {listing(alike)}." if alike else "")
