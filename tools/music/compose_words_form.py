"""Words about form: sections and their bars, letters, named forms, how the energy goes, how it ends."""

import re
from itertools import pairwise

from segue.tools.core import vocabulary
from segue.tools.music.form import section_name

SECTION = (
    r"(?:pre-?chorus(?:es)?|chorus(?:es)?|verses?|bridge|intro(?:duction)?|outro|hook|refrain|drop|breakdown|break|build-?up"
    r"|build|solos?|head|middle (?:8|eight)|coda|interlude|ending|[A-E](?= section| part)(?: section| part))"
)
_FORM = re.compile(
    rf"\b{SECTION}(?:(?:[\s,;>/→–+-]|\bthen\b|\band\b|\ban?\b|\bthe\b|\binto\b|\bback to\b|\bfollowed by\b|\banother\b|\bfinal\b)+{SECTION})+\b",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\b(?:an?|the)?\s*(?:[\w.-]+[\s-]+){0,3}(intro|introduction|outro)\b(?! with)", re.IGNORECASE)
_NO_ALONE = re.compile(
    r"\b(song|with an? (?:[\w-]+ ){0,3}intro|after the intro|no intro|skip the intro|and an? (?:\w+ )?(?:intro|outro))\b",
    re.IGNORECASE,
)
_COUNT = r"(?:\d{1,3}|two|three|four|five|six|seven|eight|twelve|sixteen|twenty-four|thirty-two)"
_BAR = r"(?:bars?|measures?)"
_COUNTED = re.compile(
    rf"\b(?:(?P<before>{_COUNT})[\s-]*{_BAR}(?: long)?(?: of)?(?: an?| the)?[\s-]+)?(?:(?:final|last|first|second|third|short|long)\s+)?"
    rf"(?P<name>{SECTION})\b(?:\s*[(:,]?\s*(?:(?:of|is|lasts?|with|for)\s+)?(?P<after>{_COUNT})[\s-]*{_BAR}\b\)?(?![\s-]*(?:of |an? )?{SECTION}))?",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"(?<![\w/#-])([A-E](?:[ \-–]?[A-E]){2,11})(?![\w/#♯♭'])")
_NAMED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\brondo\b", ("A", "B", "A", "C", "A")),
    (r"\bthrough[- ]composed\b", ("A", "B", "C", "D")),
    (r"\bternary\b|\bda capo form\b", ("A", "B", "A")),
    (r"\bbinary form\b", ("A", "B")),
    (r"\bstrophic\b", ("verse", "verse", "verse")),
    (r"\bhead[\s,–-]+(?:then )?solos?[\s,–-]+(?:and |then )?(?:head|back)", ("head", "solo", "solo", "head")),
    (r"\bverse[\s/–-]+chorus (?:form|structure|song|pop song)\b",
     ("verse", "chorus", "verse", "chorus", "bridge", "chorus")),
    (r"\b(?:32[- ]bar|thirty-two[- ]bar) (?:song )?form\b", ("A", "A", "B", "A")),
    (r"\bbuilds? (?:up )?(?:in)?to (?:a |the )?(?:\w+ )?drop\b", ("intro", "build", "drop", "break", "build", "drop", "outro")),
)  # fmt: skip


def form_in(text: str) -> tuple[str, ...]:
    """Return the sections that a text lists, with their bars where it says them.

    >>> form_in("8 bar intro, 16 bar verse, 8 bar chorus"), form_in("an AABA tune")
    (('intro:8', 'verse:16', 'chorus:8'), ('A', 'A', 'B', 'A'))
    """
    counted = _counted(text)
    listed = [run for run in _runs(text, counted) if len(run) > 1 and any(bars for _, bars, _, _ in run)]
    if listed:
        return _repeated(text, max(listed, key=len))
    for pattern, form in _NAMED:
        if re.search(pattern, text, re.IGNORECASE):
            return form
    letters = _letters(text)
    if letters:
        return letters
    match = _FORM.search(text)
    if match:
        names = [section_name(_bare(name)) for name in re.findall(SECTION, match[0], re.IGNORECASE)]
        return tuple(names)
    alone = _ALONE.search(text)
    return (section_name(alone[1]),) if alone and not _NO_ALONE.search(text) else ()


def _repeated(text: str, run: list[tuple[str, int, int, int]]) -> tuple[str, ...]:
    """Return a run of counted sections; verses and choruses in the plural come twice, in turn."""
    names = [f"{name}:{bars}" if bars else name for name, bars, _, _ in run]
    many = [
        i for i, (_, _, start, end) in enumerate(run) if re.search(r"verses|choruses", text[start:end], re.IGNORECASE)
    ]
    if len(many) > 1 and many == list(range(many[0], many[-1] + 1)):
        block = names[many[0] : many[-1] + 1]
        return (*names[: many[0]], *block, *block, *names[many[-1] + 1 :])
    return tuple(names)


def section_bars_in(text: str) -> tuple[tuple[tuple[str, int], ...], list[tuple[int, int]]]:
    """Return the bars of sections that a text mentions one by one, and where all such bars stand in it."""
    counted = [one for one in _counted(text) if one[1]]
    alone = _ALONE.search(text) and not _NO_ALONE.search(text)
    if alone and len(counted) == 1:
        return (), []
    return tuple((name, bars) for name, bars, _, _ in counted), [(start, end) for _, _, start, end in counted]


def _bare(name: str) -> str:
    """Return a section's name in the singular, a letter without its noun."""
    clean = re.sub(r"\s+(section|part)$", "", name.strip(), flags=re.IGNORECASE)
    return re.sub(r"(?<=us)es$|(?<=verse|solos)s$|(?<=solo)s$", "", clean, flags=re.IGNORECASE)


def _counted(text: str) -> list[tuple[str, int, int, int]]:
    """Return (name, bars or 0, start, end) of every section that is mentioned."""
    out = []
    for match in _COUNTED.finditer(text):
        many = match["before"] or match["after"]
        found = vocabulary.numbers_in(many) if many else []
        out.append(
            (section_name(_bare(match["name"])), int(found[0].value) if found else 0, match.start(), match.end())
        )
    return out


def _runs(text: str, counted: list[tuple[str, int, int, int]]) -> list[list[tuple[str, int, int, int]]]:
    """Return the sections in groups that follow each other with nothing but joining words between."""
    runs: list[list[tuple[str, int, int, int]]] = [counted[:1]] if counted else []
    for before, here in pairwise(counted):
        between = text[before[3] : here[2]]
        joined = re.fullmatch(
            r"(?:[\s,;>/→–+.()-]|then|and|an?|the|into|followed by|another|final|last)*", between, re.IGNORECASE
        )
        if joined:
            runs[-1].append(here)
        else:
            runs.append([here])
    return runs


def _letters(text: str) -> tuple[str, ...]:
    """Return a form in letters: it begins with A, each new letter is the next one, and some letter returns or "form" stands by."""
    for match in _LETTERS.finditer(text):
        letters = re.sub(r"[^A-E]", "", match[1])
        seen = "".join(dict.fromkeys(letters))
        near = re.search(
            r"\b(form|structure|tune|song|sections?)\b", text[match.end() : match.end() + 14], re.I
        ) or re.search(r"\b(form|structure)\s*:?\s*(?:is |of |in )?$", text[: match.start()], re.I)
        solid = not re.search(r"[ \-–]", match[1])
        if not "ABCDE".startswith(seen) or len(seen) < 2:
            continue
        if near or (solid and len(letters) > len(seen) and letters != "ABBA") or _blocks(match[1]):
            return tuple(letters)
    return ()


def _blocks(text: str) -> bool:
    """Tell whether letters stand in groups ("ABAB CB"), which chords do not."""
    return any(len(group) > 1 for group in text.split()) and len(text.split()) > 1


# -- energy ----------------------------------------------------------------------------------------

_LOW = r"(?:very |really |so )?(?:quiet\w*|soft\w*|calm\w*|gentl[ey]|slow\w*|small|sparse\w*|minimal\w*|intimate\w*|low\w*|mellow\w*|simpl[ey]|empty|subdued|peaceful\w*|delicate\w*)"
_HIGH = r"(?:very |really |so )?(?:big\w*|loud\w*|strong\w*|energetic\w*|intens\w+|explosive\w*|with a bang|full\w*|powerful\w*|high\w*|hard|huge|on a high|massive\w*|triumphant\w*)"
_START = r"\b(?:starts?|starting|begins?|beginning|opens?|opening)(?: off| out)?(?: with)?(?: an?| the)? "
_END = r"\b(?:ends?|ending|finish(?:es|ing)?|closes?|closing|concludes?)(?: off| up)?(?: with| on)?(?: an?| the)? "
_BUILD = re.compile(
    r"\b(?:builds?|building|grows?|growing|rises?|swells?|intensif\w+|gathers? (?:momentum|energy|pace))(?: up| in intensity| in energy| louder| bigger)?"
    r"(?=\s*(?:$|[,.;!]|gradually|slowly|steadily|throughout|over time|towards?|to (?:an? |the )|into (?:an? )|and |until|from there|as it))"
    r"|\b(?:gradual(?:ly)?|slow(?:ly)?|steady|steadily|long) (?:builds?|build[- ]?up|building|crescendo|ris\w+)\b|\bcrescendo\b|\bget(?:s|ting) (?:bigger|louder|more intense)\b",
    re.IGNORECASE,
)
_FALL = re.compile(r"\b(?:winds? down|calms? down|dies? (?:down|away)|decrescendo|diminuendo|gets? quieter|fall(?:s|ing) away)\b", re.I)  # fmt: skip
_WHOLE: tuple[tuple[str, tuple[float, ...]], ...] = (
    (r"\b(?:ebbs? and flows?|rises? and falls?|waves? of (?:energy|intensity))\b", (0.35, 0.8, 0.4, 0.9, 0.35)),
    (r"\bpeaks? in the middle\b|\barch[- ](?:shaped|form)\b", (0.35, 0.65, 1.0, 0.65, 0.35)),
    (r"\b(?:drops|dips|breaks) (?:out |down )?in the middle\b", (0.6, 0.8, 0.25, 0.85, 0.9)),
    (r"\bhigh[- ]energy (?:throughout|all the way|from start to (?:end|finish))\b", (0.9,)),
    (r"\blow[- ]energy (?:throughout|all the way)\b", (0.3,)),
    (r"\b(?:constant|steady|even|flat|unchanging) (?:energy|dynamics|intensity|level)\b|\bno (?:build|dynamics|climax)\b", (0.6,)),
)  # fmt: skip


def energy_in(text: str) -> tuple[float, ...]:
    """Return how the energy goes, each 0–1: "starts quiet and builds" rises from end to end."""
    for pattern, curve in _WHOLE:
        if re.search(pattern, text, re.IGNORECASE):
            return curve
    low, high = (bool(re.search(_START + what, text, re.IGNORECASE)) for what in (_LOW, _HIGH))
    to_low, to_high = (bool(re.search(_END + what, text, re.IGNORECASE)) for what in (_LOW, _HIGH))
    builds, falls = bool(_BUILD.search(text)), bool(_FALL.search(text)) or "out" in fades_in(text)
    if re.search(r"\bbuilds? (?:up )?(?:in)?to (?:a |the )?(?:\w+ )?drop\b", text, re.IGNORECASE) and not low:
        return ()
    start = 0.2 if low else 0.9 if high else 0.3 if builds else None
    end = 0.25 if to_low or (falls and not builds) else 1.0 if to_high or builds else None
    if start is None and end is None:
        return ()
    if "out" in fades_in(text) and start is None:
        return ()
    start = 0.45 if start is None else start
    if end is None:
        return (start, 0.45, 0.65, 0.85) if low else (start, 0.7, 0.75, 0.8)
    if end < 0.5:
        return (start, 0.9 if builds else max(start, 0.65), 0.8, 0.55, end)
    return tuple(round(start + (end - start) * share, 3) for share in (0.0, 0.3, 0.6, 0.85, 1.0))


def fades_in(text: str) -> tuple[str, ...]:
    """Return "in" and "out" where the text fades the music in or out."""
    found = []
    if re.search(r"\bfad(?:e|es|ing|ed)[- ](?:\w+ )?in\b(?! and out of)", text, re.IGNORECASE):
        found.append("in")
    if re.search(r"\bfad(?:e|es|ing|ed)[- ](?:\w+ )?(?:out|away)\b|\bfade[- ]?out\b|\b(?:ends?|finish(?:es)?) (?:with|on|in) a (?:long |slow )?fade\b", text, re.IGNORECASE):  # fmt: skip
        found.append("out")
    return tuple(found)


def ending_in(text: str) -> str | None:
    """Return how it ends: "big", "slowing" or "cold"."""
    if re.search(r"\b(?:big|grand|huge|epic|climactic|explosive|massive|triumphant) (?:finish|finale|ending|end)\b|" + _END + _HIGH, text, re.I):  # fmt: skip
        return "big"
    if re.search(r"\britardando|\brit\.|\brallentando|\bslow(?:s|ing)? down (?:at|towards?|before|near|for) the (?:end|close)|\bslow(?:ing|s)? (?:to an? )?(?:end|finish|stop)", text, re.I):  # fmt: skip
        return "slowing"
    if re.search(r"\b(?:abrupt|sudden|cold|hard) (?:ending|end|stop|finish)\b|\b(?:ends?|stops?) (?:abruptly|suddenly|cold|dead)\b", text, re.I):  # fmt: skip
        return "cold"
    return None
