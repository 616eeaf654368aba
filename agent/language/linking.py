"""Chains of steps that the reader sees, built from what they need, whatever the words between.

A part taken out and another written down; an intro or an outro in a piece's own key and tempo, joined to it; a piece
made longer and what sounds like it; clips laid over one another at told levels. The rules of the clauses know many
ways to say these, people know more: where the reader sees the chain, only its values have to be found.
"""

import re
from collections.abc import Callable
from typing import Any

from segue.agent.language import chaining, directly, following, splicing
from segue.agent.language.clause import Clause
from segue.agent.language.clauses import strip_polite
from segue.agent.language.draft import Draft, Target
from segue.agent.language.joining import by_word
from segue.agent.language.labels import main_of
from segue.agent.language.parts import parts
from segue.agent.language.reference import group, mentions
from segue.agent.plan import Plan
from segue.tools.core.vocabulary import Found


def linked(asked: frozenset[str], message: str, empty: Callable[[], Draft]) -> Plan | None:
    """Return the plan for a chain that the reader sees; None where it is none of these or lacks a value.

    Parameters
    ----------
    asked : labels, as the reader sees them.
    empty : an empty draft of the message.
    """
    build = next((build for chain, build in _CHAINS if chain <= asked), None)
    if build is None:
        return None
    clause, draft = Clause(strip_polite(message) or message), empty()
    if not build(asked, clause, draft):
        return None
    _written_out(asked, clause, draft)
    return draft.plan()


def _written_out(asked: frozenset[str], clause: Clause, draft: Draft) -> None:
    """Export what was made last, where that is asked for and not done."""
    if "export" in asked and draft.steps[-1].tool != "export" and clause.formats and draft.it:
        draft.add("export", {"items": [draft.it], "formats": [clause.formats[-1].value]})


# -- cuts joined ---------------------------------------------------------------------------------------


def _spliced(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    return main_of(asked) <= {"edit", "edit.trim", "edit.concat", "export", "several"} and splicing.spliced(clause, draft)  # fmt: skip


# -- a part taken out, another written down ----------------------------------------------------------------

_BREAK = re.compile(r"[,;.:!?]\s*|\b(?:and|then|so|but|plus|when|once|after|while|because|to)\b|&|\s[-–—]\s", re.IGNORECASE)  # fmt: skip
_OUT = re.compile(r"\b(?:without|no|not|minus|drop\w*|remov\w+|strip\w*|tak\w+|los\w+|mut\w+|kill\w*|cut\w*|out|off|away|gone|rid|ditch\w*|sans|less|silenc\w+|delet\w+|clear\w*|pull\w*|filter\w*|bin)\b", re.IGNORECASE)  # fmt: skip
_NOTED = re.compile(r"\b(?:transcri\w+|trasncri\w+|transcrbe|writ(?:e|ten|ing)|wrote|notat\w+|notes?|midi|scores?|sheet|tabs?|tablature|dots|jot\w*|on paper|work out|figure out|lead ?sheet|does|doing|plays?|playing|part|line)\b", re.IGNORECASE)  # fmt: skip
_TO: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("chords", re.compile(r"\b(?:chords?|changes)\b", re.IGNORECASE)),
    (
        "score",
        re.compile(r"\b(?:sheet|scores?|staff|staves|notation|dots|musicxml|printed?|on paper)\b", re.IGNORECASE),
    ),
    ("notes", re.compile(r"\b(?:midi|notes?|piano ?roll)\b", re.IGNORECASE)),
)


def _noted_without(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Take parts out and write another down: "number 3 without the singer, and what does the bass play?"."""
    if not main_of(asked) <= {"edit", "edit.remove", "transcribe", "to.notes", "to.score", "to.chords"}:
        return False
    named = mentions(clause, draft)
    target = named[0].target if named else draft.it
    if target is None:
        return False
    found = parts(clause, draft.thing(target))
    written = _written_down(clause, found)
    out = [part for part in found if part not in written and _stands_with(_OUT, clause.text, part)]
    if {part.value for part in out} & {part.value for part in written}:
        return False
    if not out or len(out) + len(written) != len(found) or (not written and "transcribe" not in asked):
        return False
    draft.edit(target, [{"op": "remove", "stems": list(dict.fromkeys(part.value for part in out))}])
    made = {"step": draft.steps[-1].id, "field": "piece"}
    to = (
        [name for name, words in _TO if words.search(clause.text)]
        or [name for name, _ in _TO if f"to.{name}" in asked]
        or ["notes"]
    )
    if to[0] == "score":
        to = ["score", "picture"]
    stems = [{"stem": part.value} for part in written] if to[0] != "chords" else []
    for stem in stems or [{}]:
        draft.add("transcribe", {"clip": made, "to": to[: 2 if to[0] == "score" else 1], **stem})
    return True


def _written_down(clause: Clause, found: list[Found[str]]) -> list[Found[str]]:
    """Return the parts of the stretch of words that speaks of writing."""
    return [part for part in found if _stands_with(_NOTED, clause.text, part) and not _opens_with_out(clause.text, part)]  # fmt: skip


def _stretch(text: str, part: Found[str]) -> tuple[int, int]:
    """Return where the stretch of words around a part begins and ends; "bass and drums" is one."""
    breaks = [m for m in _BREAK.finditer(text) if not (m[0].lower() in ("and", "&") and _between_parts(text, m))]
    low = max((m.end() for m in breaks if m.end() <= part.start), default=0)
    high = min((m.start() for m in breaks if m.start() >= part.end), default=len(text))
    return low, high


def _between_parts(text: str, match: re.Match[str]) -> bool:
    before, after = Clause(text[: match.start()]), Clause(text[match.end() :])
    ends = [p for p in parts(before, None) if p.end == len(before.text)]
    starts = [p for p in parts(after, None) if len(after.text[: p.start].split()) <= 1]
    return bool(ends and starts)


def _stands_with(words: re.Pattern[str], text: str, part: Found[str]) -> bool:
    low, high = _stretch(text, part)
    return words.search(text[low:high]) is not None


def _opens_with_out(text: str, part: Found[str]) -> bool:
    """Tell whether a part is what "without" or "no" stands before: "write it down without the vocals"."""
    return re.search(r"\b(?:without|no|minus|sans|not)(?: (?:the|any|his|her|its))?\s+$", text[: part.start], re.IGNORECASE) is not None  # fmt: skip


# -- an intro in a piece's own key and tempo -----------------------------------------------------------------

_ENDING = re.compile(r"\b(?:outros?|endings?|coda|postlude|finale|closing|end it|tail)\b|\b(?:at|on|onto|to) the (?:very )?end\b", re.IGNORECASE)  # fmt: skip
_OPENING = re.compile(r"\b(?:intro\w*|opening|opener|prelude|lead[- ]?in|run[- ]?up|overture|in front|before|start|beginning|ahead)\b", re.IGNORECASE)  # fmt: skip
_KEY, _TEMPO = re.compile(r"\bkey\b", re.IGNORECASE), re.compile(r"\b(?:tempo|bpm|speed|pace)\b", re.IGNORECASE)


def _framed(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Make an intro or outro in the key and tempo of a piece that is there, and join it: "it needs eight seconds of intro"."""
    if not main_of(asked) <= {"edit", "edit.concat", "generate", "tag", "export", "edit.transpose", "edit.tempo", "g.accompany", "g.melody"}:  # fmt: skip
        return False
    named = mentions(clause, draft)
    target = named[0].target if named else draft.it
    if target is None or (draft.arena == "list" and not named):
        return False
    ending, opening = _ENDING.search(clause.text), _OPENING.search(clause.text)
    if not (ending or opening) or not chaining.puts_together(clause.text):
        return False
    args: dict[str, Any] = {"prompt": clause.text}
    chaining.describe(clause, clause, args)
    key, tempo = _KEY.search(clause.text), _TEMPO.search(clause.text)
    if "tag" in asked or key or tempo:
        measured = draft.add("tag", {"clip": target})
        if tempo or not key:
            args["bpm"] = {"step": measured, "field": "bpm"}
        if key or not tempo:
            args["key"] = {"step": measured, "field": "key"}
    made: Target = {"step": draft.add("generate", args), "field": "pieces", "index": 0}
    behind = ending is not None and (opening is None or ending.start() < opening.start())
    first, second = (target, made) if behind else (made, target)
    draft.add("edit", {"clip": first, "operations": [{"op": "concat", "clips": [second]}]})
    return True


# -- longer, and what sounds like it ---------------------------------------------------------------------------


def _grown(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Make a piece longer and look for what sounds like it."""
    if (
        not main_of(asked) <= {"edit", "edit.extend", "retrieve", "r.like"}
        or not clause.durations
        or not chaining.makes_longer(clause.text)
    ):
        return False
    named = mentions(clause, draft)
    target = named[0].target if named else draft.it
    if target is None:
        return False
    length = clause.durations[0]
    more = re.search(r"\b(?:by|another|extra|further|more)\s+(?:\w+\s+)?$", clause.text[: length.start], re.IGNORECASE)
    chaining.extend_and_match(target, length.value, draft, more=more is not None)
    return True


# -- one over the other -----------------------------------------------------------------------------------------

_EVEN = re.compile(r"\b(?:equal\w*|even\w*|same (?:level|volume|loudness)|as loud as|balanced?|match(?:ing|ed)? (?:the )?(?:levels?|volumes?|loudness))\b", re.IGNORECASE)  # fmt: skip
_MATCHED = re.compile(r"\b(?:match\w*|same|align\w*|sync\w*|lock\w*|fit|in time|beat ?match\w*|line up)\b", re.IGNORECASE)  # fmt: skip
_LOWER = re.compile(r"\b(?:down|lower|quieter|softer|below|under|back|drop|reduce|less|quiet)\b", re.IGNORECASE)
_OVER = re.compile(r"\b(?:over|on top of|onto|on|above|sit on)\s+(?:the |my |that )?$", re.IGNORECASE)


def _laid(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Lay clips over one another, at told levels, in one tempo or key where that is asked for."""
    if (
        not main_of(asked) <= {"edit", "edit.mix", "several", "retrieve"}
        or clause.durations
        or clause.bars
        or clause.percents
    ):
        return False
    said = mentions(clause, draft)
    named = [m.target for n, m in enumerate(said) if m.target not in [k.target for k in said[:n]]]
    named = named if len(named) > 1 else [*named, *(t for t in by_word(clause, draft) if t not in named)]
    clips = named if len(named) > 1 else group(clause, draft) or draft.reach()
    if len(clips) < 2 or ("retrieve" in asked and len(named) < 2):
        return False
    if len(said) == 2 and len(named) == 2 and _OVER.search(clause.text[: said[1].start]):
        clips = [named[1], named[0]]
    operation: dict[str, Any] = {"op": "mix", "clips": clips[1:]}
    if clause.decibels and len(clips) == 2:
        level = clause.decibels[0].value
        value = -abs(level) if level < 0 or _LOWER.search(clause.text) else level
        near = max((m for m in said if m.start < clause.decibels[0].start), key=lambda m: m.start, default=None)
        whose = near.target if near else (named or clips)[0]
        operation["gains_db"] = [value if clip == whose else 0.0 for clip in clips]
    if _EVEN.search(clause.text):
        operation["even"] = True
    if _MATCHED.search(clause.text):
        matched = [name for name, words in (("tempo", _TEMPO), ("key", _KEY)) if words.search(clause.text) or (name == "tempo" and re.search(r"\btempos?|beats?\b", clause.text, re.IGNORECASE))]  # fmt: skip
        if matched:
            operation["match"] = matched
    draft.add("edit", {"clip": clips[0], "operations": [operation]})
    return True


# -- takes, of which one is picked; new music, saved ----------------------------------------------------------------

_GROWN_FROM = frozenset({"g.melody", "g.style", "g.continue_from", "g.accompany", "g.video", "g.takes"})
_PICKED = re.compile(r"\b(?:pick|choose|keep|take|play|select|hear|give|leave|use|go with|only|retain|show|want)\b", re.IGNORECASE)  # fmt: skip
_ONE_OF = re.compile(r"\b(?:\w+est|most \w+|least \w+|whichever|the (?:\w+er|more \w+|less \w+))\b", re.IGNORECASE)


def _picked(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Make takes and keep the calmest or the wildest: "a lullaby five different ways, then play me the gentlest"."""
    if not main_of(asked) <= {"generate", "retrieve"}:
        return False
    for head, tail in following.parted(clause.text):
        way = chaining.energy_of(tail)
        if way is None or not _PICKED.search(tail) or not _ONE_OF.search(tail) or not directly.add(asked & _GROWN_FROM | {"generate"}, head, draft):  # fmt: skip
            continue
        draft.add("retrieve", {"among": [{"step": draft.steps[-1].id, "field": "pieces"}], "order": way, "k": 1})
        return True
    return False


_TAKES = re.compile(r"\b(?:both|all|them|each|every|these|those|two|three|lot)\b", re.IGNORECASE)


def _made_and_saved(asked: frozenset[str], clause: Clause, draft: Draft) -> bool:
    """Make something new and save it: "half a minute of klezmer clarinet, wav and midi both"."""
    if main_of(asked) != {"generate", "export"} or not clause.formats:
        return False
    for head, tail in following.parted(clause.text):
        formats = [found.value for found in Clause(tail).formats]
        if not formats or Clause(head).formats or not directly.add(asked & _GROWN_FROM | {"generate"}, head, draft):
            continue
        made: Target = {"step": draft.steps[-1].id, "field": "pieces"}
        several = int(draft.steps[-1].args.get("takes", 1)) > 1 and _TAKES.search(tail)
        draft.add(
            "export", {"items": [made if several else {**made, "index": 0}], "formats": list(dict.fromkeys(formats))}
        )
        return True
    return False


_CHAINS: tuple[tuple[frozenset[str], Callable[[frozenset[str], Clause, Draft], bool]], ...] = (
    (frozenset({"edit.trim", "edit.concat"}), _spliced),
    (frozenset({"edit.remove"}), _noted_without),
    (frozenset({"generate", "edit.concat"}), _framed),
    (frozenset({"edit.extend", "retrieve"}), _grown),
    (frozenset({"edit.mix"}), _laid),
    (frozenset({"generate", "retrieve", "r.among"}), _picked),
    (frozenset({"generate", "export"}), _made_and_saved),
)
