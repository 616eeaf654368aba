"""Changes of style, mood and sound: "make it jazz", "happier", "warmer, a bit of room"."""

import re
from typing import Any

from segue.agent.dialogue import Thing
from segue.agent.language.clause import Clause
from segue.agent.language.draft import Draft
from segue.agent.language.parts import parts, present
from segue.tools.core.vocabulary import Found

_STYLES = r" (?:make it|make this|make that|make the \w+|turn it into|turn this into|turn that into|into|as|like|in the style of|in a|style|restyle|more|less|feel|vibe|version|rendition|do it|arrange|rather|instead|reharmonise|remix|rework|give it a|sound|bit|a little|much) "  # fmt: skip
# A telephone is an instrument of General MIDI, and a way for everything to sound.
_AS_HEARD = r" (?:sounds?|sounding|through|over|as if|like it) "
_TONES = frozenset(
    [
        "warm",
        "bright",
        "dark",
        "smooth",
        "soft",
        "rough",
        "heavy",
        "dense",
        "punchy",
        "cold",
        "loud",
        "quiet",
        "atmospheric",
    ]
)


def restyle(clause: Clause, thing: Thing | None, draft: Draft) -> list[dict[str, Any]]:
    """Read a change of style or mood; words for tone colours are effects."""
    genres = [g for g in clause.genres if not clause.negated(g.start) and not _is_treatment(clause, g)]
    moods = [m for m in clause.moods if m.value not in _TONES and m.value not in ("fast", "slow") and not _in_effect(clause, m.start, m.end)]  # fmt: skip
    less = clause.has("less", "not so", "not as", "too")
    if clause.songs and clause.verb("find", "play"):
        return []
    asks = clause.match(_STYLES) or clause.verb("restyle", "turn", "make") or _is_bare(clause)
    if not asks or not (genres or moods or clause.verb("restyle")) or clause.verb("add", "effect"):
        return []
    if clause.verb("restyle") and not (genres or moods):
        return [{"op": "restyle", "prompt": _wish(clause) or clause.text}]
    words = [clause.text[f.start : f.end] for f in sorted([*genres, *moods], key=lambda f: f.start)]
    return [{"op": "restyle", "prompt": ("less " if less else "") + _joined(clause, words)}]


def _is_treatment(clause: Clause, genre: Found[str]) -> bool:
    """Tell whether a genre's word is meant as a sound: "lo-fi it a bit, like an old tape"."""
    if not _in_effect(clause, genre.start, genre.end):
        return False
    as_verb = clause.after(genre.end, 1)[:1] in (["it"], ["this"], ["that"], ["them"])
    others = [e for e in clause.effects if not (e.start <= genre.start and genre.end <= e.end)]
    return as_verb or bool(others)


def _joined(clause: Clause, words: list[str]) -> str:
    amount = {0.5: "a bit ", 2.0: "much "}.get(clause.amount, "")
    more = "more " if clause.has("more") else ""
    return f"{amount}{more}{' '.join(words)}"


def _wish(clause: Clause) -> str:
    return re.sub(r"^\W*(?:restyle|remix|rearrange|reharmoni[sz]e|reimagine)\b\s*(?:it|this|that)?\s*(?:as|into|in)?\s*", "", clause.text, flags=re.IGNORECASE).strip()  # fmt: skip


def _is_bare(clause: Clause) -> bool:
    """Tell whether hardly more than style words were said."""
    return len(clause.words) <= 4 and not clause.is_question


def _in_effect(clause: Clause, start: int, end: int) -> bool:
    return any(e.start <= start and end <= e.end for e in clause.effects)


def effect(clause: Clause, thing: Thing | None, draft: Draft) -> list[dict[str, Any]]:
    """Read a wish about the sound: an effect by its name, or a tone colour."""
    tones = [m for m in clause.moods if m.value in _TONES and m.value not in ("loud", "quiet")]
    found = [*clause.effects, *tones]
    if not found or clause.is_question or clause.verb("find", "transcribe", "export"):
        return []
    if (
        any(g.start <= e.start and e.end <= g.end for e in found for g in [*clause.genres, *clause.instruments])
        and len(found) == 1
        and not clause.match(_AS_HEARD)
    ):
        return []
    text = re.sub(
        r"^(?:(?:make|give|add|apply|put|use|turn|want|need|get|process|throw|do|it|this|that|them|the (?:whole )?(?:thing|track|song|piece|mix)|on|in|sound|sounds|to|with|some|should|be|i|a)\b\s*)+",
        "",
        clause.text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"\s+(?:to|on|onto|for|in)\s+(?:it|this|that|them|the (?:whole )?(?:thing|track|song|piece|mix)|everything)\s*$", "", text, flags=re.IGNORECASE)  # fmt: skip
    heard = [part for part in re.split(r"[,;]?\s+(?:and )?then\s+|;\s+", text) if Clause(part).effects or any(clause.text[tone.start : tone.end] in part for tone in tones)]  # fmt: skip
    text = ", ".join(heard) or text
    lead = re.search(r"\b(?:some|a bit of|a little|a touch of|more|less|much|slightly|lots of|a lot of|a bit)\s+$", clause.text[: found[0].start], re.IGNORECASE)  # fmt: skip
    description = text.strip(" ,.!") or clause.text[(lead.start() if lead else found[0].start) :]
    operation = {"op": "effect", "description": description}
    named = [part for part in parts(clause, thing) if not clause.negated(part.start) and not any(e.start < part.end and part.start < e.end for e in found)]  # fmt: skip
    treated = [part for part in named if _TREATED.search(clause.text[: part.start])]
    if len(named) == 1 and treated and (kept := present([treated[0].value], thing, draft)):
        operation["stem"] = kept[0]
    return [operation]


_TREATED = re.compile(r"\b(?:on|to|onto|for|of|through|under|with|distort|compress|saturate|warm|brighten|darken|filter|eq|gate|chorus|flange|phase|drown|fuzz|soften|put|give|make|run|drench|wash|widen)\s+(?:just |only )?(?:the|my|its|their|her|his|that|this|those)?\s*(?:lead |main |whole )?$", re.IGNORECASE)  # fmt: skip
