"""A request said again in the plainest words that the rules know.

The reader (``reader.py``) sees what is asked for, in whatever words; the values of it (parts, figures, names, years)
are found by the vocabulary. Both together make a sentence that the rules cannot misread: "those drums are killing me,
any chance of less?" → "remove the drums" or "turn the drums down", whichever the reader sees.
"""

import re
from collections.abc import Callable

from segue.agent.language import evidence
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.hearing import subjects
from segue.agent.language.labels import TOOLS, main_of
from segue.agent.language.parts import parts
from segue.agent.language.reference import group, mentions, names_in
from segue.agent.plan import Plan
from segue.tools.core.vocabulary import Found, languages_in

_Wording = Callable[[Clause, Draft], tuple[int, str] | None]
"""Where a request stands in a clause, and its plain words; None where a value is missing."""

_UNNAMED = "it"
_TIMED = re.compile(r"\b(?:lrc|tim(?:e|ed|es|ing|ings|estamps?)|sync\w*|karaoke|line by line)\b", re.IGNORECASE)
_SEVERAL = 2


def plainest(asked: frozenset[str], message: str, draft: Draft) -> str | None:
    """Return a message in plain words; None where a label has none or its value is not said.

    Parameters
    ----------
    asked : labels, as the reader sees them.
    """
    clause = Clause(message)
    tools = asked & TOOLS
    if tools == {"retrieve"} and draft.arena == "list":
        return _list(asked, clause, draft)
    if tools and tools <= {"edit", "transcribe", "export"}:
        return _work(asked, clause, draft)
    return None


_WHOLE = {"tag": "what genre and mood is it?", "caption": "describe it", "sections": "describe the sections of it"}


def further(asked: frozenset[str], clause: Clause, draft: Draft) -> str | None:
    """Return a later clause of a message in plain words: what it speaks of is what the earlier ones made."""
    main = main_of(asked) - {"caption"} or asked & {"caption"}
    if len(main) == 1 and (whole := _WHOLE.get(next(iter(main)))):
        return whole
    return plainest(asked, clause.text, draft)


def direct(asked: frozenset[str], message: str, draft: Draft) -> Plan | None:
    """Return the plan for requests that need no words of the rules: a question, a mix or a join of all there is."""
    main = main_of(asked)
    clause = Clause(message)
    if main == {"caption", "question"}:
        clips = subjects(clause, draft)
        if clips and all(clips):
            draft.add("caption", {"clips": clips, "question": message})
            return draft.plan()
    if main in ({"edit", "edit.mix"}, {"edit", "edit.concat"}) and not (
        clause.durations or clause.bars or clause.stems
    ):
        named = [m.target for m in mentions(clause, draft)]
        clips = [t for n, t in enumerate(named) if t not in named[:n]]
        clips = clips if len(clips) >= _SEVERAL else group(clause, draft) or draft.reach()
        if len(clips) >= _SEVERAL:
            op = "mix" if "edit.mix" in main else "concat"
            draft.edit(clips[0], [{"op": op, "clips": clips[1:]}])
            return draft.plan()
    return None


# -- a list that is refined ------------------------------------------------------------------------------


def _list(asked: frozenset[str], clause: Clause, draft: Draft) -> str | None:
    said: list[str] = []
    wished = asked - {"retrieve", "f.exclude", "state.reject"}
    if any(label.endswith("+") and f"{label[:-1]}-" in wished for label in wished):
        return None  # both ways at once: nothing was read
    for label in sorted(wished):
        if label.startswith("adjust."):
            words = _MOVED.get(label)
        else:
            wording = _LIMITS.get(label)
            words = wording(clause, draft) if wording else None
        if words is None:
            return None
        said.append(words)
    return ", ".join(said) or None


_MOVED = {
    "adjust.energy+": "more energetic", "adjust.energy-": "calmer", "adjust.tempo+": "faster", "adjust.tempo-": "slower",
    "adjust.mood+": "happier", "adjust.mood-": "sadder", "adjust.density+": "busier", "adjust.density-": "sparser",
    "adjust.distortion+": "more distorted", "adjust.distortion-": "less distorted", "adjust.acousticness+": "more acoustic",
    "adjust.acousticness-": "less acoustic", "adjust.brightness+": "brighter", "adjust.brightness-": "darker",
    "adjust.danceability+": "more danceable", "adjust.danceability-": "less danceable", "adjust.melody+": "more melodic",
    "adjust.melody-": "less melodic", "adjust.vocals+": "more vocals", "adjust.vocals-": "fewer vocals",
    "adjust.loudness+": "louder", "adjust.loudness-": "quieter", "adjust.familiarity+": "more familiar",
    "adjust.familiarity-": "less familiar", "adjust.complexity+": "more complex", "adjust.complexity-": "less complex",
}  # fmt: skip
_WITHOUT = re.compile(r"\b(?:no|not|without|drop|leave|less|minus|instrumental\w*|out|off|never|skip|nobody|none|remove|ditch|lose|distract\w*|hate|wordless|free|bin)\b|n't\b", re.IGNORECASE)  # fmt: skip
_OPEN_LOW = re.compile(r"\b(?:under|below|less than|shorter than|at most|up to|max\w*|no longer|fit|within|slower than|before|until|older|earlier)\b", re.IGNORECASE)  # fmt: skip


def _written(clause: Clause, found: list[Found]) -> str:  # type: ignore[type-arg]
    return " and ".join(clause.text[f.start : f.end] for f in found)


def _years(clause: Clause, _draft: Draft) -> str | None:
    return f"only from {_written(clause, clause.years[:1])}" if clause.years else None


def _lasting(clause: Clause, _draft: Draft) -> str | None:
    if not clause.durations:
        return None
    side = "under" if _OPEN_LOW.search(clause.text) else "over"
    return f"only songs {side} {_written(clause, clause.durations[:1])}"


def _in_all(clause: Clause, _draft: Draft) -> str | None:
    return f"{clause.durations[0].value / 60:g} minutes in total" if clause.durations else None


def _each_artist(clause: Clause, _draft: Draft) -> str:
    most = next((int(n.value) for n in clause.numbers if n.value in (1, 2, 3, 4, 5)), 1)
    return f"at most {most} per artist"


def _rated(clause: Clause, _draft: Draft) -> str:
    stars = next((n.value for n in clause.numbers if 0 < n.value <= 5), 5.0 if re.search(r"\b(?:top|best|full|favou?rites?)\b", clause.text, re.IGNORECASE) else 4.0)  # fmt: skip
    return f"only those rated {stars:g} stars or more"


def _sung(clause: Clause, _draft: Draft) -> str | None:
    if not evidence.VOICED.search(clause.text):
        return None  # "only ones with saxophone" says nothing of voices
    return "no vocals" if _WITHOUT.search(clause.text) else "only with vocals"


def _language(clause: Clause, _draft: Draft) -> str | None:
    found = languages_in(clause.text)
    return f"only in {_written(clause, found[:1])}" if found else None


def _no_artist(clause: Clause, draft: Draft) -> str | None:
    artists = [name.name for name in names_in(clause, draft) if name.kind == "artist"]
    return f"nothing by {artists[0]}" if artists else None


def _no_genre(clause: Clause, _draft: Draft) -> str | None:
    return f"no {_written(clause, clause.genres)}" if len(clause.genres) == 1 else None


def _beats(clause: Clause, _draft: Draft) -> str | None:
    return f"only {_written(clause, clause.tempi[:1])}" if clause.tempi else None


_LIMITS: dict[str, Callable[[Clause, Draft], str | None]] = {
    "f.year": _years, "f.duration": _lasting, "r.total_s": _in_all, "r.max_per_artist": _each_artist,
    "f.rating_min": _rated, "f.vocals": _sung, "f.language": _language, "f.exclude_artists": _no_artist,
    "f.exclude_genres": _no_genre, "f.bpm": _beats, "f.unplayed": lambda _clause, _draft: "only ones I never played",
    "order.energy_up": lambda _clause, _draft: "sort them by energy, rising",
    "order.energy_down": lambda _clause, _draft: "sort them by energy, falling",
}  # fmt: skip


# -- work on pieces ----------------------------------------------------------------------------------------


_OPPOSITE = tuple(
    frozenset(f"edit.{name}" for name in pair)
    for pair in (("remove", "isolate"), ("gain+", "gain-"), ("tempo+", "tempo-"))
)
"""Requests of which one is misread where both are seen, as nothing tells which words each of them is about."""


def _work(asked: frozenset[str], clause: Clause, draft: Draft) -> str | None:
    if any(pair <= asked for pair in _OPPOSITE):
        return None
    about = _subject(clause, draft)
    said: list[tuple[int, str]] = []
    for label in asked - TOOLS:
        if label == "to.lrc" and "to.lyrics" in asked and not _TIMED.search(clause.text):
            continue
        wording = _WORK.get(label)
        words = wording(clause, draft) if wording else None
        if words is None:
            return None
        said.append(words)
    if "export" in asked:
        formats = _written(clause, clause.formats)
        said.append((len(clause.text), f"export it as {formats}" if formats else "export it"))
    ordered = [words for _, words in sorted(said)]
    if not ordered:
        return None
    return f"take {about} and " * (about != _UNNAMED) + ", then ".join(ordered)


def _subject(clause: Clause, draft: Draft) -> str:
    named = mentions(clause, draft)
    said = clause.text[named[0].start : named[0].end] if named else ""
    return f"number {said}" if said.isdigit() else said or _UNNAMED


def _of_parts(words: str) -> _Wording:
    def wording(clause: Clause, draft: Draft) -> tuple[int, str] | None:
        named = mentions(clause, draft)
        thing = draft.thing(named[0].target if named else draft.it)
        found = [part for part in parts(clause, thing) if not _is_spared(clause, part)]
        return (found[0].start, words.format(" and ".join(part.value for part in found))) if found else None

    return wording


_SPARES = frozenset(["keep", "keeping", "leave", "leaving", "except", "but", "besides", "save", "spare", "not", "dont"])


def _is_spared(clause: Clause, part: Found[str]) -> bool:
    return bool(_SPARES & set(clause.before(part.start, 3)))


def _levelled(way: str) -> _Wording:
    def wording(clause: Clause, draft: Draft) -> tuple[int, str]:
        by = f" by {_written(clause, clause.decibels[:1]).lstrip('+-−')}" if clause.decibels else ""
        some = {0.5: " a bit", 2.0: " a lot"}.get(clause.amount, "")
        thing = draft.thing(draft.it)
        found = parts(clause, thing)
        what = " and ".join(part.value for part in found) or "it"
        return (found[0].start if found else 0, f"turn {what} {way}{by or some}")

    return wording


def _with_figure(words: str, read: Callable[[Clause], list[Found]]) -> _Wording:  # type: ignore[type-arg]
    def wording(clause: Clause, _draft: Draft) -> tuple[int, str] | None:
        found = read(clause)
        return (found[0].start, words.format(_written(clause, found[:1]))) if found else None

    return wording


def _plain(words: str, pattern: str = "") -> _Wording:
    looked = re.compile(pattern, re.IGNORECASE)

    def wording(clause: Clause, _draft: Draft) -> tuple[int, str]:
        at = looked.search(clause.text) if pattern else None
        return (at.start() if at else 0, words)

    return wording


def _transposed(clause: Clause, _draft: Draft) -> tuple[int, str] | None:
    if clause.keys:
        return (clause.keys[0].start, f"transpose it to {_written(clause, clause.keys[-1:])}")
    if not clause.intervals:
        return None
    down = (
        re.search(r"\b(?:down|lower|drop|deeper|below|flat)\b", clause.text, re.IGNORECASE)
        or clause.intervals[0].value < 0
    )
    return (
        clause.intervals[0].start,
        f"transpose it {'down' if down else 'up'} {abs(clause.intervals[0].value):g} semitones",
    )


def _looped(clause: Clause, _draft: Draft) -> tuple[int, str] | None:
    if clause.durations or clause.bars or clause.sections:
        return None
    times = next((int(n.value) for n in clause.numbers if n.value >= _SEVERAL), None)
    at = re.search(r"\b(?:loop|repeat|times|round)", clause.text, re.IGNORECASE)
    return (at.start() if at else 0, f"loop it {times} times" if times else "loop it")


def _percent(words: str) -> _Wording:
    def wording(clause: Clause, _draft: Draft) -> tuple[int, str]:
        if clause.percents:
            return (clause.percents[0].start, f"make it {abs(clause.percents[0].value):g}% {words}")
        at = re.search(r"\b(?:fast|quick|slow|speed|tempo|pace)", clause.text, re.IGNORECASE)
        return (at.start() if at else 0, f"make it {'a bit ' * (clause.amount == 0.5)}{words}")

    return wording


def _restyled(clause: Clause, _draft: Draft) -> tuple[int, str] | None:
    found = clause.genres
    return (found[0].start, f"make it {_written(clause, found[-1:])}") if found else None


_NEW = re.compile(r"\b(?:an?|some|like(?: an?)?|with|use|using|try|into(?: an?)?|become|becomes?|to(?: an?)?|by|as(?: an?)?|on(?: an?)?|through(?: an?)?)\s+(?:\w+\s+)?$", re.IGNORECASE)  # fmt: skip
_OLD = re.compile(r"\b(?:the|that|this|those|these|her|his|their|my|its|whoever|old|existing|instead of(?: \w+)?|rather than(?: \w+)?|than|not|replace|swap)\s+$", re.IGNORECASE)  # fmt: skip


def _replaced(clause: Clause, draft: Draft) -> tuple[int, str] | None:
    """Tell by the words before each which part there is, and what shall play in its place."""
    found = parts(clause, draft.thing(draft.it))
    old = [part for part in found if _OLD.search(clause.text[: part.start])]
    new = [part for part in found if part not in old and _NEW.search(clause.text[: part.start])]
    if len(old) != 1 or len(new) != 1:
        return None
    return (old[0].start, f"replace the {old[0].value} with {clause.text[new[0].start : new[0].end]}")


def _treated(clause: Clause, draft: Draft) -> tuple[int, str] | None:
    """Say an effect or a tone again with the one part that it is for."""
    found = sorted([*clause.effects, *(mood for mood in clause.moods if mood.value not in ("loud", "quiet"))], key=lambda f: f.start)  # fmt: skip
    found = [f for f in found if not clause.negated(f.start)]
    if not found or re.search(r"\b(?:harmon\w*|chords?|key|mode|changes|groove|rhythm)\b", clause.text, re.IGNORECASE):
        return None  # "darker harmonically" is no matter of sound
    treated = parts(clause, draft.thing(draft.it))
    what = f"the {treated[0].value}" if len(treated) == 1 else "it"
    said = clause.text[found[-1].start : found[-1].end]
    return (found[0].start, f"put {said} on {what}" if found[-1] in clause.effects and not _COMPARED.search(said) else f"make {what} sound {said}")  # fmt: skip


_COMPARED = re.compile(r"(?:er|y|ier|ed|ing)$", re.IGNORECASE)
_FADES_IN = re.compile(r"\b(?:in|come in|start\w*|begin\w*|opening|front|enters?|gently over the first)\b", re.IGNORECASE)  # fmt: skip


def _faded(clause: Clause, _draft: Draft) -> tuple[int, str] | None:
    if not clause.durations:
        return None
    way = "in" if _FADES_IN.search(clause.text) and not re.search(r"\b(?:out|end|last|away|final)\b", clause.text, re.IGNORECASE) else "out"  # fmt: skip
    if re.search(r"\bboth\b", clause.text, re.IGNORECASE) or len(clause.durations) > 1:
        return None  # two fades: whose length is whose is for the rules to say
    return (clause.durations[0].start, f"fade it {way} over {_written(clause, clause.durations[:1])}")


def _extended(clause: Clause, _draft: Draft) -> tuple[int, str] | None:
    if not clause.durations:
        return None
    more = re.search(r"\b(?:longer by|another|more|extra|additional|add)\b|\b(?:seconds?|secs?|minutes?|mins?) longer\b", clause.text, re.IGNORECASE)  # fmt: skip
    length = _written(clause, clause.durations[:1])
    return (clause.durations[0].start, f"make it {length} longer" if more else f"extend it to {length}")


def _loud(clause: Clause, _draft: Draft) -> tuple[int, str]:
    if clause.loudnesses:
        return (clause.loudnesses[0].start, f"master it to {clause.loudnesses[0].value:g} LUFS")
    bare = re.search(r"[-−–]\s?(\d{1,2}(?:\.\d)?)\b", clause.text)
    return (bare.start() if bare else len(clause.text), f"master it to -{bare[1] if bare else '14'} LUFS")


def _form(words: str) -> _Wording:
    def wording(clause: Clause, draft: Draft) -> tuple[int, str]:
        about = _subject(clause, draft)
        return (len(clause.text), words.format(about))

    return wording


def _notes(clause: Clause, draft: Draft) -> tuple[int, str]:
    found = parts(clause, None)
    what = f"the {found[0].value} of " if found else ""
    return (len(clause.text), f"transcribe {what}{_subject(clause, draft)} to midi")


def _instrument_in(words: str) -> _Wording:
    return _with_figure(words, lambda clause: clause.instruments)


_WORK: dict[str, _Wording] = {
    "edit.remove": _of_parts("remove {}"), "edit.isolate": _of_parts("keep only {}"), "edit.add": _instrument_in("add {}"),
    "edit.gain+": _levelled("up"), "edit.gain-": _levelled("down"), "edit.transpose": _transposed,
    "edit.tempo": _with_figure("set the tempo to {}", lambda clause: clause.tempi),
    "edit.tempo+": _percent("faster"), "edit.tempo-": _percent("slower"), "edit.reverse": _plain("reverse it", r"\b(?:revers|backward|flip)"),
    "edit.loop": _looped, "edit.restyle": _restyled, "edit.loudness": _loud,
    "edit.extend": _extended, "edit.replace": _replaced, "edit.effect": _treated, "edit.fade": _faded,
    "to.chords": _form("write out the chords of {}"), "to.lyrics": _form("write out the lyrics of {}"),
    "to.lrc": _form("lyrics of {} as lrc"), "to.score": _form("sheet music of {}"), "to.leadsheet": _form("lead sheet of {}"),
    "to.beats": _form("beats of {}"), "to.notes": _notes,
}  # fmt: skip
