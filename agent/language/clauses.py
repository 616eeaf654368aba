"""From a message to its clauses: where one request ends and the next begins."""

import re
from functools import lru_cache
from itertools import islice

from segue.agent.language import cues
from segue.agent.language.clause import Clause
from segue.agent.language.cues import is_question_word
from segue.tools.core.vocabulary import instruments_in, stems_in, words_of

# A break, with what may stand between two requests.
_BREAK = re.compile(
    r"(?P<hard>[;\n]+|[.!?]+(?=\s|$))|(?P<then>,?\s*\b(?:and\s+then|then|after\s+that|afterwards|and\s+after\s+that|and\s+finally|"
    r"followed\s+by|und\s+dann|et\s+puis|e\s+poi|y\s+luego)\b,?)|(?P<soft>,|\s+&\s+|\s\+\s|\band\b|\bund\b|\bplus\b|\bbut\b| - | – | — )",
    re.IGNORECASE,
)
# "start mellow and build up": how a list is to unfold, and no request of its own.
_CURVE = r"^ (?:(?:build|building|ramp|ramping) (?:slowly |gradually )?(?:up|to)|(?:wind|calm|cool|slow|ease) (?:slowly |gradually )?(?:down|off)(?: (?:at|towards) the end)?) (?!by|the)"
# "keep the drums and make it slower": verbs that open a request only with an object of their own.
_LIGHT = frozenset({"put", "give", "take", "loop", "play", "score", "turn", "start", "sort", "fade", "slower", "label", "concat", "mix", "trim"})  # fmt: skip


_MOST_BREAKS = 64  # a message with more is no message, and costs its square
_SEEN = 300  # characters on each side that tell whether a request ends


def split(message: str, protected: list[tuple[int, int]] | None = None) -> list[Clause]:
    """Return the requests of a message, politeness taken off.

    Parameters
    ----------
    message : what the user said.
    protected : character spans in which nothing is split (names, quotations, file names).
    """
    clauses = [Clause(piece) for piece in _pieces(message, tuple(protected or ()))]
    return [clause for clause in clauses if clause.words]


@lru_cache(maxsize=256)
def _pieces(message: str, protected: tuple[tuple[int, int], ...]) -> tuple[str, ...]:
    """Return the words of each request; several rules ask for the same message."""
    held = [*protected, *quoted(message)]
    pieces: list[str] = []
    again: set[int] = set()  # pieces that leave out the verb of the one before: "make a beat, then a bass line"
    start = 0
    for match in islice(_BREAK.finditer(message), _MOST_BREAKS):
        if any(low <= match.start() < high for low, high in held) or match.start() < start:
            continue
        before, after = message[start : match.start()][-_SEEN:], message[match.end() :][:_SEEN]
        if match.lastgroup == "hard":
            end = match.end() if match[0].startswith("?") else match.start()
        elif (
            match.lastgroup == "then"
            and _makes(before)
            and re.match(r"\s*(?:a|an|another|some)\s", after, re.IGNORECASE)
        ):
            pieces.append(message[start : match.start()])
            again.add(len(pieces))
            start = match.end()
            continue
        elif (
            (match.lastgroup == "then" and _names_a_form(after))
            or _wants_a_file(before, after)
            or _another_file(before, after)
            or _moves_a_part(before, after)
            or (
                _opens(after)
                and not _is_topic(before, after, match.lastgroup or "")
                and not _counts_on(before, after)
                and _stands(before, match.lastgroup or "")
            )
        ):
            end = match.start()
        else:
            continue
        pieces.append(message[start:end])
        start = match.end()
    pieces.append(message[start:])
    return tuple(f"make {piece.strip()}" if n in again else strip_polite(piece) for n, piece in enumerate(pieces))


def quoted(text: str) -> list[tuple[int, int]]:
    """Return the spans of quotations, file names and abbreviations, in which nothing is split."""
    found = [(m.start(), m.end()) for m in re.finditer(r"[\"“«][^\"”»]*[\"”»]|(?<!\w)['‘][^'’]+['’](?!\w)", text)]
    found += [(m.start(), m.end()) for m in re.finditer(r"\b[\w-]+\.(?:wav|mp3|flac|ogg|m4a|mid|midi|aif+|xml|musicxml|mxl|m3u8?|mp4|mov)\b", text, re.IGNORECASE)]  # fmt: skip
    found += [(m.start(), m.end()) for m in re.finditer(r"\b\w+\.\w+\b", text)]
    return found


def _is_topic(before: str, after: str, kind: str) -> bool:
    """Tell whether only things are named before a question about them: "b.wav versus c.wav, who wins on groove"."""
    lead = Clause(before)
    if kind != "soft" or lead.verbs or len(lead.words) > 7 or lead.is_question or _FORMS.match(before):
        return False
    return is_question_word((words_of(after) or words_of("x"))[0].plain)


def _counts_on(before: str, after: str) -> bool:
    """Tell whether "take 3" behind "take 1 and" is a noun: the list of takes goes on."""
    return bool(re.match(r"\s*takes? (?:\d|one|two|three|four|five)\b", after, re.IGNORECASE) and re.search(r"\b(?:takes?|numbers?|tracks?) (?:\d|one|two|three|four|five)\s*$", before, re.IGNORECASE))  # fmt: skip


_FORMS = re.compile(r"\s*(?:also\s+)?(?:i(?:'d| would)? (?:need|want|like)\s+)?(?:the\s+|its\s+|a\s+|some\s+)?(?:chords?|lyrics|words|sheet music|score|lead ?sheet|tempo|key|bpm|genre|mood|midi|notes|beats|sections|tabs?|description|summary|stems|stats|statistics|numbers|figures|counts|breakdown|duplicates|dupes|distribution)\b", re.IGNORECASE)  # fmt: skip


def _names_a_form(after: str) -> bool:
    """Tell whether what follows "then" is only named: "mute the vocals, then the chords please"."""
    return bool(_FORMS.match(after)) and len(after.split()) <= 7


_AS_FILE = re.compile(r"\s*(?:and\s+|then\s+|finally\s+|all\s+)*(?:(?:as|to|in|into)\s+)?(?:an?\s+|the\s+|some\s+|my\s+)?", re.IGNORECASE)  # fmt: skip


def _wants_a_file(before: str, after: str) -> bool:
    """Tell whether a break is followed by a file format, and nothing before it is saved: "…, then as ogg", "…, xspf when done"."""
    lead = _AS_FILE.match(after)
    rest = after[lead.end() if lead else 0 :]
    formats = Clause(rest[:40]).formats
    if not formats or formats[0].start > 0 or formats[0].value in ("stems", "daw", "lrc"):
        return False
    earlier = Clause(before)
    return not (earlier.formats or earlier.verb("export", "transcribe", "give"))


_ANOTHER = re.compile(r"\s*(?:and\s+)?(?:the|my|number|track|take|its|only|just|this|that|\S+\.\w{2,4})\s[^,;.!?]{0,40}?\s?(?:as|to|in|into)\s+(?:an?\s+)?(?=\w)", re.IGNORECASE)  # fmt: skip


def _another_file(before: str, after: str) -> bool:
    """Tell whether something else follows with a format of its own: "the jazz list as xspf, the piano one as m3u8"."""
    lead = _ANOTHER.match(after)
    formats = Clause(after[lead.end() : lead.end() + 20]).formats if lead else []
    return bool(formats) and formats[0].start == 0 and bool(Clause(before).formats)


_PARTICLE = re.compile(r"\s*(?:line|part|track|stem)?\s*(?:a (?:bit|little|touch|lot) |much |way |slightly )?(?:off|out|gone|muted|away|written (?:out|down)|transcribed|notated|on paper|louder|quieter|softer|solo|alone|only|backwards|reversed|(?:up|down)(?: (?:by )?(?:an? )?\w+)*|(?:to|as|into|in) (?:midi|notes|musicxml|sheet music|notation|a score))\b", re.IGNORECASE)  # fmt: skip


def _moves_a_part(before: str, after: str) -> bool:
    """Tell whether a part and what is to become of it follow, without a verb: "vocals off, bassline to MIDI"."""
    rest = re.sub(r"^\s*(?:and\s+|then\s+)?(?:the|its|my|all)?\s*", "", after[:60], flags=re.IGNORECASE)
    found = [f for f in (*stems_in(rest), *instruments_in(rest)) if f.start == 0]
    if not found or not _PARTICLE.match(rest[max(f.end for f in found) :]):
        return False
    return bool(Clause(before).verbs or _PARTICLE.search(before) or re.search(r"[,:]", before) or before[:1].isupper())


def _makes(before: str) -> bool:
    """Tell whether a request orders new music."""
    return Clause(strip_polite(before)).head == "make"


def _stands(before: str, kind: str) -> bool:
    """Tell whether what stands before a break can be a request of its own."""
    return bool(words_of(strip_polite(before))) or kind == "then"


def _opens(after: str) -> bool:
    """Tell whether the words behind a break begin a request: a verb of command, or a question."""
    rest = strip_polite(after)
    clause = Clause(rest[:80])
    if not clause.words:
        return False
    first = clause.words[0].plain
    if re.match(r"keep (?:only )?(?:the )?(?:\w+est|best|most|least)\b", rest, re.IGNORECASE):
        return True
    if first in _ASKING or (first in _BE and len(clause.words) > 2 and clause.words[1].plain in _POINTING):
        return True
    if not clause.verbs or clause.verbs[0].start != clause.words[0].start:
        return False
    found = clause.verbs[0]
    if found.value not in cues.openers() or clause.match(_CURVE):
        return False
    following = clause.after(found.end, 1)
    if found.value == "slower" and rest[: found.end].lower() == "slow" and following[:1] not in (["it"], ["this"], ["that"], ["them"], ["the"], ["everything"], ["my"]):  # fmt: skip
        return False  # "smoky and slow, with a trumpet"
    if found.value in _LIGHT:
        return bool(following) and following[0] not in ("and", "or", "rock", "music", "songs")
    # "fast and loose", "dance and play": a verb without anything behind it is part of a list of nouns.
    return bool(following) or found.value in ("reverse", "export", "transcribe", "caption")


_ASKING = frozenset({"what", "whats", "which", "who", "why", "tell", "see", "check", "count", "say"})
_BE = frozenset({"is", "are", "does", "do", "did", "has", "have", "was", "were"})
_POINTING = frozenset({"it", "this", "that", "these", "those", "they", "there", "the", "my", "any", "anything", "i"})


_TELLS = frozenset(["i", "im", "ive", "we", "were", "weve", "my", "our", "the", "its", "it", "this", "that", "these", "there", "theres", "he", "she", "hes", "shes", "they", "theyre", "someone", "somebody", "everyone", "everybody", "half", "some", "most", "his", "her", "their"])  # fmt: skip
_STATES = r" (?:am|im|is|its|are|were|was|isnt|arent|have|ive|has|had|got|hasnt|havent|theres|theyre|hes|shes|says?|said|thinks?|keeps?|plays?|reads?|works?|lives?|been|sounds?|looks?|goes|went|came|comes|cant|cannot|swears?|reckons?|hates?|needs a) "  # fmt: skip
_WANTS = r" (?:want|wants|need|like|love|loved|wish|would|id|looking|after|fancy|prefer|should|must|please|mood|feel|feeling|craving|dying|hate|sick|tired|enough|bored|could|can|may|might|lets|too|louder|quieter|missing|not|dont|doesnt|isnt|arent) "  # fmt: skip


def tells(clause: Clause) -> bool:
    """Tell whether a clause only tells how things stand ("my hard disk is full"): no wish, no order, nothing of music."""
    if not clause.words or clause.words[0].plain not in _TELLS or clause.is_question or clause.head:
        return False
    if clause.match(_WANTS) or not clause.match(_STATES) or clause.text.rstrip().endswith("?"):
        return False
    return not (clause.genres or clause.moods or clause.instruments or clause.stems or clause.axes or clause.keys or clause.tempi or clause.durations or clause.effects or clause.formats or clause.intervals or clause.years)  # fmt: skip


_COURTEOUS = frozenset(
    ["can", "could", "would", "will", "may", "might", "shall", "do", "are", "what", "how", "is", "any"]
)
# Behind these a courteous question is one: "can you hear a flute?", "could you tell me the key?".
_PERCEIVES = frozenset(["hear", "tell", "see", "say", "spot", "find", "identify", "detect", "guess", "recognise", "recognize", "notice", "check", "know", "remember", "explain", "describe", "show", "count", "name", "work", "figure"])  # fmt: skip


# "say what key that is in", "I'd like to know how long it is": the question is what counts.
_ANSWERED = re.compile(r"^\s*(?:say|state|report|let (?:me|us) know|(?:i|we)(?:'d| would) (?:like|love) to know|(?:i|we) (?:want|need) to know|find out|work out|mention|note)\s+(?:for me\s+)?(?=(?:what|which|who|whose|how|whether|why|when|where|if)\b)", re.IGNORECASE)  # fmt: skip


@lru_cache(maxsize=512)
def strip_polite(text: str) -> str:
    """Return a request without the words that only lead up to it or close it."""
    asked = False
    while True:
        words = words_of(text)
        count = _lead([word.plain for word in words])
        if not count:
            break
        asked = asked or (words[0].plain in _COURTEOUS and count > 1)
        text = text[words[count].start :] if count < len(words) else ""
    text = _ANSWERED.sub("", text)
    rest = words_of(text)
    if asked and rest and rest[0].plain not in _PERCEIVES:
        text = text.rstrip(" ?")  # "could you take it down a tone?" asks for no answer
    return re.sub(
        r"[\s,]*\b(?:please|pls|plz|thanks|thank you|thx|cheers|(?<!not )for me|would you|if you can|if possible|bitte|grazie|merci|gracias|per favore|por favor)\b[\s.!?,]*$",
        "",
        text,
        flags=re.IGNORECASE,
    ).strip(" ,;")


def _lead(plain: list[str]) -> int:
    """Return how many words of politeness a list of words begins with; one word always stays."""
    for phrase in _phrases():
        size = len(phrase)
        if size < len(plain) and tuple(plain[:size]) == phrase:
            rest = plain[size:]
            if phrase == ("just",) and rest[0] in ("the", "a", "drums", "bass", "vocals", "piano"):
                return 0  # "just the bass" is a request
            if phrase in (("can", "you"), ("could", "you")) and rest[0] in ("tell", "hear"):
                return size
            if phrase in (("first",), ("next",), ("right",)) and rest[0] not in (
                "find",
                "make",
                "take",
                "remove",
                "add",
                "then",
            ):
                return 0
            return size
    return 0


@lru_cache(maxsize=1)
def _phrases() -> tuple[tuple[str, ...], ...]:
    return tuple(sorted((tuple(p.split()) for p in cues.polite()), key=len, reverse=True))
