"""Requests to make music: prompt, genre, tempo, key, chords, form, instruments and what it grows from."""

import re
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language import cues
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft, Target
from segue.agent.language.reference import mentions
from segue.tools.core.vocabulary import duration_in, genres, numbers_in, tempo_in

_ITS = r" (?:its|that|the same|same|matching|their|his|whose|the songs?|the tracks?|the pieces?|the recordings?|this|sein\w*|suo|sua|su|son|sa) (?:own |exact )?(?:(?:key|tempo|bpm|speed)(?: and | or | as well as | plus )(?:the |its |same |the same )?)?(?:key|tempo|bpm|speed) | (?:match\w*|fit\w*|suit\w*) (?:its|the|their|it|this|that)(?: \w+)?(?: (?:key|tempo|bpm|and|in))* | in the same key | at the same (?:tempo|speed) "  # fmt: skip
_MANY = r"(?:\d|two|three|four|five|six|seven|eight|nine|ten|a couple(?: of)?|a few|several|a handful of|a pair of)"
_TRIES = r"(?:takes?|takez|versions?|variations?|options?|alternatives?|ideas?|attempts?|candidates?|sketches|goes|stabs|shots|cracks|drafts|renditions|interpretations|tries|demos|variants?|readings|treatments|proposals|choices)"
_TAKES = re.compile(rf"\b(?P<n>{_MANY})\s+(?:of (?:them|em|those|these)\b|(?:(?:different|new|more|short|fresh|quick|rough|other|distinct|separate|alternative|contrasting)\s+)*(?:{_TRIES}\b|(?:different|new|fresh)\s+(?:ones|pieces|tracks|loops|beats|tunes|songs)\b))|^\W*(?:make|write|do|generate|compose|create|give me|produce|cook up)\s+(?:me\s+)?(?P<bare>{_MANY})\b(?=\s*(?:$|[,.;]|and\b|pieces\b|tracks\b|songs\b|loops\b|beats\b|tunes\b|new\b))|\b{_TRIES}\b[^.;]{{0,60}}?(?:\((?P<late>{_MANY})\)|,\s*(?P<of>{_MANY})\b(?!\s*(?:bars?|minutes?|seconds?|bpm|s\b)))", re.IGNORECASE)  # fmt: skip
_SHORT_S, _LONGEST_S = 90.0, 600.0
# Words of the library: with one of them a length is that of tracks to be found.
_FOUND = frozenset(["songs", "tracks", "tunes", "artist", "artists", "album", "albums", "playlist", "band", "bands", "library", "collection", "stuff", "anything", "albums", "hits", "each", "total"])  # fmt: skip
_NOT_A_LENGTH = re.compile(r"\b(?:under|over|below|above|than|most|least|max|maximum|minimum|within|first|last|opening|final|after|until|till|to|from|between|by|another|at|extra|more|the)\s+$", re.IGNORECASE)  # fmt: skip
_NO_LENGTH = re.compile(r"\s*(?:in\b(?! \w+ (?:major|minor))|from|or|longer|shorter|later|earlier|max|each|apart|ago|tops)\b", re.IGNORECASE)  # fmt: skip
# What a song is about says nothing about how it sounds ("about the sea", "about the World Cup").
_ABOUT = re.compile(r"\babout\s+(?:(?!\b(?:with|in|at|for|using|lasting|and (?:set|sing))\b)[^,.;])+", re.IGNORECASE)
LYRICS = r" (?:lyrics?|(?:with|own|funny|real|silly|new|and) words|words and all|song (?:about|for|against)|(?:sing|rap|croon) (?:me|us|about|something)|sing|lyric|songtext|words to sing|sing it|sing this|sung|a text|testo|paroles|letra|poem|rap about|verses? (?:about|on)|(?:text|words) (?:about|on|and (?:tune|music|melody)|for a song)|lyrics? (?:about|on|for|of)) "


def _unless_quantity(match: re.Match[str]) -> str:
    """Keep "about a minute" and take out "about the sea"."""
    return match[0] if duration_in(match[0]) or tempo_in(match[0]) or numbers_in(match[0]) else " "


def _for_what_came(clause: Clause, draft: Draft) -> bool:
    """Tell whether a style is named for an attached film, or for a tune that was hummed."""
    if not draft.state.attached or clause.is_question or clause.verb("remove", "transcribe", "find", "caption"):
        return False
    if is_film(draft.thing({"id": draft.state.attached[0]})):
        return bool(clause.genres or clause.moods or clause.instruments or clause.match(r" (?:soundtrack|score|scores|music|picture|shots?|cuts?|scene) "))  # fmt: skip
    hummed = clause.match(r" (?:my (?:humming|hum|tune|melody|whistling)|what i (?:hummed|sang|whistled)|this (?:hum|melody|tune)) ")  # fmt: skip
    return bool(hummed and (clause.genres or clause.instruments))


_FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi")


def is_film(thing: Thing | None) -> bool:
    """Tell whether a thing is a film, by its name."""
    return thing is not None and thing.title.lower().endswith(_FILMS)


_AS_A_LIST = re.compile(r"\b(?:m3u8?|xspf|playlists?|mixtape|setlist)\b", re.IGNORECASE)


def is_generation(clause: Clause, draft: Draft) -> bool:
    """Tell whether a clause asks for new music."""
    if _for_what_came(clause, draft):
        return True
    if draft.arena == "piece" and clause.match(r"^ (?:as|into|in the style|more like|less) "):
        return False  # "as a waltz": what is there is changed
    if clause.genres and not clause.instruments and _AS_A_LIST.search(draft.message):
        return False  # "make an hour of klezmer and save it as xspf"
    if clause.head in ("find", "play", "export", "transcribe", "caption", "tag", "sort") and not _arranges(clause):
        return False
    if draft.it is not None and clause.match(
        r" (?:write|give|make) (?:me |us )?(?:down |out |up )?(?:the|its|all the) (?:\w+ )?(?:chords?|accords|notes|lyrics|words|score|tabs?|melody|harmony|beats|sections|structure) "
    ):
        return False
    if draft.it is not None and clause.bars and clause.bars[0].value.start is not None:
        return False  # bars of a piece that is there
    if draft.arena == "piece" and clause.match(r" (?:make|do|create|give) (?:me |us )?(?:a|an) (?:bit |little |much )?(?:more \w+|less \w+|\w+er) version ") and not clause.match(r" (?:clip|recording|sample|file|attachment) "):  # fmt: skip
        return False
    made = clause.verb("make", "write") and not is_list(clause)
    nouns = {word.plain for word in clause.words}
    named = mentions(clause, draft)
    if made and named and clause.verbs and named[0].start <= clause.verbs[0].end + 6:
        return False  # "make take 2 longer"
    if made and not clause.match(r" (?:make|making|write|do|build|get|create) (?:it|this|that|them|these|those|the|its|everything|my|all|both|tracks? \d+|number \d+) ") and not _version(clause, draft):  # fmt: skip
        return True
    if clause.match(r" do (?:me )?(?:a|an|another|some) (?!.*(?:of|to) (?:it|this|that) )"):
        return True
    if (
        clause.match(r"^ (?:do|try) (?:me |us )?(?:something|anything) ")
        and (clause.genres or clause.instruments)
        and not named
    ):
        return True
    if _arranges(clause) and draft.it is not None:
        return True
    if is_of_a_length(clause, draft):
        return True
    if clause.head == "take" and (clause.genres or clause.instruments) and "melody" in _from(clause, draft):
        return True
    if clause.verb("score") and clause.match(r" (?:score|soundtrack) (?:this|that|the|my|a|it) "):
        return True
    if clause.verb("turn") and _from(clause, draft) and (clause.has("hum", "melody", "tune", "humming", "whistling") or "melody" in (_from(clause, draft) or {})):  # fmt: skip
        return True
    if clause.head == "continue" or clause.has(
        "continuation", "what comes next", "accompany", "accompaniment", "backing track", "backing for"
    ):
        return draft.it is not None or made
    if (
        clause.match(
            r" (?:like|in the style of) (?:this|that|the|my) (?:clip|recording|sample|file|audio|attachment|one|upload) "
        )
        and draft.state.attached
    ):
        return True
    if draft.state.attached and clause.starts("like this", "in this style", "in the style of this", "like that"):
        return True
    if (
        takes_wanted(clause)
        and not (clause.songs and clause.verb("find", "play"))
        and clause.head in ("", "make", "write", "give", "take")
    ):
        return True
    if len(clause.sections) >= 3 or (
        re.search(r"\bwith (?:the )?lyrics:", clause.text, re.IGNORECASE) and clause.genres
    ):
        return True
    if draft.arena == "empty" and len(clause.sections) >= 2 and (clause.genres or clause.tempi):
        return True
    if clause.chords and not clause.is_question and not clause.has("songs", "tracks"):
        return True
    return _technical(clause, nouns, draft)


def is_of_a_length(clause: Clause, draft: Draft) -> bool:
    """Tell whether a style and a length are said and no word of the library: "jazz trio, 20 seconds".

    While tracks are being searched only a length too short for a track means making.
    """
    if not clause.durations or clause.head not in ("", "make", "write", "give", "take") or clause.is_question:
        return False
    length = clause.durations[0]
    described = clause.genres or clause.moods or clause.instruments
    if not described or length.value >= (_SHORT_S if draft.arena == "list" else _LONGEST_S):
        return False
    if any(word.plain in _FOUND for word in clause.words) or is_list(clause) or mentions(clause, draft):
        return False
    if draft.arena == "piece" and ((clause.stems and clause.verbs) or clause.has("it", "this", "that", "the")):
        return False
    return not _NOT_A_LENGTH.search(clause.text[: length.start]) and not _NO_LENGTH.match(clause.text[length.end :])


def _arranges(clause: Clause) -> bool:
    """Tell whether a tune is to be harmonised, orchestrated or arranged for players."""
    tune = r"(?:this|that|my|the|it|its)(?: \w+)?"
    return bool(
        (clause.match(rf" (?:harmoni[sz]e|reharmoni[sz]e|orchestrate) {tune} ") and (clause.instruments or clause.genres))
        or clause.match(r" (?:harmoni[sz]e|orchestrate) (?:my|this|that|the) (?:melody|tune|hum|theme|motif|line) ")
        or (clause.match(rf" (?:arrange|score|set) {tune} for ") and clause.instruments)
        or (clause.match(r" (?:turn|make|change|transform) (?:it|this|that|(?:my|the|this) (?:song|piece|track|tune)) into ") and clause.instruments)
    )  # fmt: skip


def _version(clause: Clause, draft: Draft) -> bool:
    """Tell whether "a jazz version of it" is wanted, which is a change of the piece."""
    return draft.it is not None and clause.match(r" (?:version|rendition|remix|arrangement|cover) of (?:it|this|that|the|my) ") is not None  # fmt: skip


def is_list(clause: Clause) -> bool:
    """Tell whether a playlist is asked for, and not a piece of music."""
    plain = {word.plain for word in clause.words}
    return bool(plain & {"playlist", "playlists", "mixtape", "setlist"}) or clause.match(r" (?:minutes?|mins?|hours?|dj|warm ?up|club|live) (?:long )?(?:set|mix) | (?:set|mix) (?:going|moving|that goes) ") is not None or clause.has("mix of", "list of", "a list", "selection", "a set of songs", "some songs")  # fmt: skip


def _technical(clause: Clause, nouns: set[str], draft: Draft) -> bool:
    """Tell whether a clause without a verb reads like an order to a composer: a tempo, a key, a length, players."""
    if draft.arena == "list" and not clause.genres:
        return False
    exact = any(t.value.kind == "exact" for t in clause.tempi)
    marks = [exact, bool(clause.keys), bool(clause.meters), bool(clause.bars), bool(clause.durations and clause.durations[0].value < 600),
             bool(clause.instruments), bool(clause.genres), bool(nouns & cues.PIECES - {"track", "song", "music", "piece", "take", "tune"})]  # fmt: skip
    firm = sum(marks[:5])
    if clause.songs and not (nouns & {"song", "music", "track"}):
        return False
    if clause.head in ("give", "take", "") and nouns & (cues.PIECES - {"song", "track", "music", "piece", "take", "takes", "tune", "score", "verse", "chorus", "bridge", "groove", "break", "ballad", "version", "versions"}) and (firm or clause.genres or clause.moods):  # fmt: skip
        return not clause.songs
    return firm >= 2 and sum(marks) >= 3 and not clause.is_question


def _from(clause: Clause, draft: Draft) -> dict[str, Target]:
    """Return what the new music grows from: a melody, a style, a piece to continue or to accompany, a video."""
    named = [m.target for m in mentions(clause, draft)]
    it = named[0] if named else draft.it
    if it is None:
        return {}
    video = is_film(draft.thing(it)) or clause.has("video", "film clip", "footage", "movie", "the cuts", "my film", "this scene", "cutscene", "my scene")  # fmt: skip
    attached = bool(draft.state.attached)
    this = r"(?:this|that|it|my|the|these|\w+ \w+)"
    if video and (clause.verb("score", "make", "write") or attached):
        return {"video": it}
    if _arranges(clause):
        return {"accompany" if clause.match(r" (?:re)?harmoni[sz]e ") else "melody": it}
    if clause.match(
        rf" (?:continue|carry on|go on|keep going|continuation|continuing) (?:from |with |of )?(?:{this})? ?"
    ) or clause.has("what comes next"):
        return {"continue_from": it}
    if clause.match(r" (?:accompan\w+|backing|back up|backs) ") or clause.match(r" (?:for|to|under|over|behind|around) (?:my|this|these|that|the) (?:\w+ )?(?:chords|melody|vocals?|voice|singing|tune|riff|recording|clip|midi|guitar|piano|hum|song|track|beat|loop) "):  # fmt: skip
        return {"accompany": it}
    if clause.match(r" (?:hum|humming|hummed|whistl\w+|tune|melody|theme|motif|sang|singing) ") and (attached or named or clause.match(r" (?:this|that|my|its|the same) (?:\w+ )?(?:hum\w*|tune|melody|theme|motif|whistl\w+) ")):  # fmt: skip
        return {"melody": it}
    if clause.match(r" (?:like|in the style of|style of|sounds like|similar to|based on|inspired by|in the vein of|from) (?:this|that|it|the|my|these|track|number|take) ") or clause.match(r" variations? (?:on|of) "):  # fmt: skip
        return {"style": it}
    if (draft.steps or named or draft.arena == "piece") and clause.match(r" (?:in|of|with) (?:that|this|the same|its|his|her|their|a similar) (?:\w+ )?(?:style|vein|spirit|mood|vibe|manner|fashion|idiom|sound|feel) "):  # fmt: skip
        return {"style": it}
    if named and clause.match(r" (?:like|style of|based on|inspired by|variations? (?:on|of)) "):
        return {"style": it}
    if draft.steps and clause.match(r" (?:similar|along those lines|like (?:it|that|this|them|those)) "):
        return {"style": it}
    return {}


def generate(clause: Clause, draft: Draft, source: dict[str, Target] | None = None) -> None:
    """Add the step that makes new music, and a measuring step before it where "its key" is wanted."""
    args: dict[str, Any] = {"prompt": clause.text}
    if draft.state.last_tool == "generate" and not clause.genres and clause.match(r" more (?:takes|versions|variations|options|ideas) "):  # fmt: skip
        args = {**draft.state.last_args, **args, "prompt": f"{draft.state.last_args.get('prompt', '')}, {clause.text}".strip(", ")}  # fmt: skip
        args.pop("seed", None)
    sources = _from(clause, draft) if source is None else source
    args |= sources
    _musical(Clause(_ABOUT.sub(_unless_quantity, clause.text)), args, draft)
    if clause.match(_ITS):
        _as_the_piece(clause, args, draft)
    if sources.get("style") and clause.match(r" (?:faster|slower|quicker) ") and "bpm" not in args:
        thing = draft.thing(sources["style"])
        factor = 1.15 if clause.match(r" (?:faster|quicker) ") else 0.85
        if thing and thing.bpm:
            args["bpm"] = round(thing.bpm * factor, 1)
    if count := takes_wanted(clause):
        args["takes"] = count
    if clause.has("loop", "seamless loop", "loopable", "seamless", "looping") and not clause.has("no loop"):
        args["loop"] = True
    if words := lyrics_given(clause.text):
        args["lyrics"] = words
    elif clause.match(LYRICS):
        draft.note("I cannot write lyrics or sing without a language model: this is instrumental music on your subject. Give me the words and I set them to a melody.")  # fmt: skip
        draft.doubt(0.4)
    seed = re.search(r"\bseed\s*(?:=|:|number|of|is)?\s*(\d+)\b", clause.text, re.IGNORECASE)
    if seed:
        args["seed"] = int(seed[1])
    draft.add("generate", args)


_GIVEN = (
    re.compile(r"[\"“]([^\"”]{12,})[\"”]"),
    re.compile(r"(?<!\w)['‘](\w[^\n]{12,}?\w[.,!?]?)['’](?!\w)"),
    re.compile(r"\b(?:lyrics?|words|lines|poem|verses?|text|to music)\b[^:.;!?]{0,30}:\s*(.+)$", re.IGNORECASE | re.DOTALL),
)  # fmt: skip


def lyrics_given(text: str) -> str | None:
    """Return the words to be sung that stand in a message, in quotes or behind a colon; None where there are none."""
    found = next((match for pattern in _GIVEN if (match := pattern.search(text))), None)
    return found[1].strip().strip("'\"“”‘’") if found and len(found[1].split()) > _TITLE else None


_TITLE = 3  # words; what is no longer may be a title


def takes_wanted(clause: Clause) -> int | None:
    """Return how many takes are asked for ("three goes at a samba", "sketches (3)"), or None."""
    match = _TAKES.search(clause.text)
    if match is None:
        return None
    word = next(match[name] for name in ("n", "bare", "late", "of") if match[name]).lower()
    few = {"a couple": 2, "a couple of": 2, "a pair of": 2, "a few": 3, "several": 3, "a handful of": 5}
    value = few.get(word) or int(numbers_in(word)[0].value)
    return max(1, min(8, value)) if value > 1 else None


def _times(clause: Clause, start: int) -> int:
    """Return how often a section is wanted there: "two verses", "a double chorus"."""
    lead = clause.before(start, 1)
    word = lead[0] if lead else ""
    return {"two": 2, "2": 2, "double": 2, "three": 3, "3": 3, "triple": 3, "four": 4, "4": 4}.get(word, 1)


def form_in(clause: Clause) -> list[str] | None:
    """Return a form written in letters ("ABACA", "A B A form", "V C V C B C"), or None."""
    initials = re.search(r"(?<![\w#])(?:[VCBIO][ ,/-]+){3,9}[VCBIO](?![\w#])", clause.text)
    if initials and "V" in initials[0]:
        names = {"V": "verse", "C": "chorus", "B": "bridge", "I": "intro", "O": "outro"}
        return [names[letter] for letter in re.findall(r"[VCBIO]", initials[0])]
    for match in _LETTERS.finditer(clause.text):
        letters = re.findall(r"[A-D]", match[0])
        if len(letters) < 3 or letters[0] != "A" or "B" not in letters:
            continue
        spaced = len(match[0]) > len(letters)
        chords = any(c.start <= match.start() < c.end and c.end > match.end() + 1 for c in clause.chords)
        called = clause.match(r" (?:form|shape|structure|rondo|sections?|minuet|ternary|simpler|layout|pattern) ")
        usual = letters in (["A", "B", "A"], ["A", "A", "B", "A"], ["A", "B", "A", "B"])
        if not spaced or (not chords and (called or usual)):
            return letters
    return None


_LETTERS = re.compile(r"(?<![\w#])(?:[A-D]{3,8}|(?:[A-D]'?[ ,/-]+){2,9}[A-D]'?)(?![\w#])")


def goes_on(clause: Clause) -> bool:
    """Tell whether a fragment describes the piece that was just ordered: "20 seconds, accordion and tuba"."""
    if clause.verbs or clause.genres or clause.starts("a", "an", "another", "one"):
        return False
    return bool(clause.durations or clause.tempi or clause.keys or clause.instruments)


def describe_further(clause: Clause, args: dict[str, Any], draft: Draft) -> bool:
    """Add to the arguments of a piece that was just ordered; tell whether there was anything to add."""
    found: dict[str, Any] = {}
    _musical(clause, found, draft)
    args.update({name: value for name, value in found.items() if name not in args or name in ("genre", "mood")})
    if found:
        args["prompt"] = f"{args.get('prompt', '')}, {clause.text}".strip(", ")
    return bool(found)


def _musical(clause: Clause, args: dict[str, Any], draft: Draft) -> None:
    """Fill in what the vocabulary reads."""
    named = [
        g
        for g in clause.genres
        if not clause.negated(g.start) and clause.text[g.start : g.end].lower() != "alternatives"
    ]
    apart = [g for g in named if not _inside_instrument(clause, g.start, g.end)]
    wanted = apart or [
        g for g in named if g.value != "acoustic"
    ]  # "ambient pads" say the genre where nothing else does
    if wanted:
        args["genre"] = genres()[wanted[0].value].title
    spans = [(g.start, g.end) for g in wanted]
    moods = [
        m.value for m in clause.moods
        if not clause.negated(m.start) and m.value not in ("fast", "slow") and not any(low <= m.start < high for low, high in spans)
        and not _inside_instrument(clause, m.start, m.end) and clause.text[m.start : m.end].lower() not in cues.PIECES
    ]  # fmt: skip
    if moods:
        args["mood"] = list(dict.fromkeys(moods))
    letters = re.search(r"\bform:?\s+((?:(?:intro|outro|bridge|coda|solo|[A-E])\b'?[\s,-]*){3,})", clause.text)
    if clause.tempi:
        args["bpm"] = clause.tempi[0].value.bpm
    elif bare := bare_tempo(clause):
        args["bpm"] = bare
    spelt = form_in(clause)
    if spelt:
        args["form"] = spelt
    elif letters:
        args["form"] = [part if len(part) > 1 else part.upper() for part in re.findall(r"[A-Za-z]+", letters[1])]
    if clause.chords and not spelt and not (letters and clause.chords[0].start >= letters.start()):
        args["chords"] = clause.chords[0].value
    keys = [k for k in clause.keys if not any(c.start <= k.start < c.end for c in clause.chords)]
    if keys:
        args["key"] = keys[0].value
    elif not clause.chords and not letters and (key := bare_key(clause)):
        args["key"] = key
    if clause.meters:
        args["meter"] = clause.meters[0].value
    if clause.durations:
        args["duration_s"] = clause.durations[0].value
    elif clause.bars:
        args["bars"] = clause.bars[0].value.count
    form = [f.value for f in clause.sections for _ in range(_times(clause, f.start))]
    if letters or spelt:
        pass
    elif (len(form) >= 2 and (len(form) >= 3 or clause.match(r" (?:form|structure|with a|then|and a) "))) or form in (
        ["intro"],
        ["outro"],
    ):
        args["form"] = form
    _players(clause, args)


def bare_tempo(clause: Clause) -> float | None:
    """Return a tempo that is only a number: "at 120", "techno, 132, dark", or None."""
    match = re.search(r"(?:^|,\s*|\bat\s+|\btempo\s+)(\d{2,3})\b(?!\s*(?:bars?|s\b|secs?|mins?|minutes|seconds|%|/|[ap]m|°|st\b|th\b|hz|db|lufs|takes|songs|tracks))(?=\s*(?:,|$|[.;!]|in\b|with\b|please\b|and\b|for\b))", clause.text, re.IGNORECASE)  # fmt: skip
    return float(match[1]) if match and 40 <= int(match[1]) <= 300 else None


def bare_key(clause: Clause) -> str | None:
    """Return a key that is only a letter: "bebop, F, 220", "180 bpm, em", "dorian on G", or None."""
    modal = re.search(r"\b(dorian|phrygian|lydian|mixolydian|aeolian|major|minor) (?:on|in|of|from) ([A-Ga-g](?:#|b|♯|♭)?)(?!\w)", clause.text, re.IGNORECASE)  # fmt: skip
    if modal:
        return f"{modal[2][0].upper()}{modal[2][1:]} {modal[1].lower()}"
    lone = re.search(r"(?:^|,\s*|\b(?:in|key(?: of)?|key:)\s+)([A-G](?:#|b|♯|♭)?|[a-g](?:#|b)?(?=m\b))(m)?(?=\s*(?:,|$|[.;!]|with\b|at\b|for\b|please\b|and\b))", clause.text)  # fmt: skip
    return f"{lone[1][0].upper()}{lone[1][1:]} {'minor' if lone[2] else 'major'}" if lone else None


_FEW = {"violins": "violin", "violas": "viola", "cellos": "cello"}  # "two violins" are no string section
_ENSEMBLES = frozenset({"string trio", "string quartet", "string quintet", "brass quintet", "wind quintet", "brass band", "strings", "brass", "woodwinds"})  # fmt: skip


def _players(clause: Clause, args: dict[str, Any]) -> None:
    instruments: list[str] = []
    exclude: list[str] = []
    for found in clause.instruments:
        word = clause.text[found.start : found.end].lower()
        if any(
            g.start <= found.start and found.end <= g.end and g.end - g.start >= found.end - found.start
            for g in clause.genres
        ):
            continue
        if word in ("beat", "beats", "break", "loop", "drum loop", "chip", "band", "drone", "drones", "theme", "voices", "humming", "whistling", "horn", "soundtrack", "keys", "key", "acoustic") and not clause.has(f"with {word}", f"no {word}"):  # fmt: skip
            continue
        value = _FEW.get(word, found.value) if numbers_in(" ".join(clause.before(found.start, 1))) else found.value
        (exclude if clause.negated(found.start) else instruments).append(value)
    for stem in clause.stems:
        if stem.value == "vocals" and clause.negated(stem.start):
            exclude.append("vocals")
        elif stem.value == "melody" and clause.negated(stem.start):
            exclude.append("melody")
        elif stem.value == "bass" and not any(f.start <= stem.start < f.end for f in clause.instruments):
            (exclude if clause.negated(stem.start) else instruments).append("bass")
    members = [name for name in instruments if name not in _ENSEMBLES]
    if len(members) > 1 and re.search(r":", clause.text):
        instruments = members  # "string trio: violin, viola, cello"
    if instruments:
        args["instruments"] = list(dict.fromkeys(instruments))
    if exclude:
        args["exclude"] = list(dict.fromkeys(exclude))


def _inside_instrument(clause: Clause, start: int, end: int) -> bool:
    return any(f.start <= start and end <= f.end and (f.start, f.end) != (start, end) for f in clause.instruments)


def _as_the_piece(clause: Clause, args: dict[str, Any], draft: Draft) -> None:
    """Take tempo and key from the piece that "its" means: it is measured first."""
    source = (mentions(clause, draft)[0].target if mentions(clause, draft) else None) or draft.it
    if source is None:
        draft.ask("In the key and tempo of what? Attach a clip or find a track first.")
        return
    both = clause.match(r" (?:match|matches|matching|fit|fits|fitting|suit|suits) ") and not clause.has(
        "key", "tempo", "bpm"
    )
    wants_key = clause.has("key") or both
    wants_tempo = clause.has("tempo", "bpm", "speed") or both
    focus = list(draft.focus)
    measured = draft.add("tag", {"clip": draft.measured(source)})
    draft.focus = focus
    if wants_tempo and "bpm" not in args:
        args["bpm"] = {"step": measured, "field": "bpm"}
    if wants_key and "key" not in args:
        args["key"] = {"step": measured, "field": "key"}
