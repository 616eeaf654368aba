"""What a user reads who asks the composer for what cannot be, as sentences and as typed arguments.

Every request takes the real way: sentences through a turn of ``Agent.chat``, arguments through ``Agent.run_tool``,
with a data folder of their own. A case is right where the outcome is one that was written down, where what the
user reads has the words that were (the limit, the nearest reading), and where it has no jargon of programs.
"""

import math
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from segue.agent import Agent
from segue.tools.core.errors import SegueError
from segue.tools.core.instruments import all_instruments
from segue.tools.core.settings import load_settings

SUITE = "bad"
DESCRIPTION = "requests that cannot be played: a clear error with the nearest reading, or a piece with a note"
_LONGEST = 1000  # characters that anybody reads
ERROR, PIECE, EITHER = "error", "piece", "error or piece"
# What no user should have to read.
JARGON = re.compile(
    r"Traceback|pydantic|Input should|validation error|NoneType|KeyError|ValueError|step s\d|\bnan\b|field required"
    r"|_s'|\bfloat\b|\bint\b|string_type|at most \d+ items after validation",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Case:
    """One bad request: a sentence or arguments of ``generate``, the outcome wanted, and words that must be read."""

    name: str
    asked: str | dict[str, Any]
    outcome: str
    reads: str = ""


_EVERYBODY = tuple(one.name for one in all_instruments()[:60])
_LONG = "sing " * 10_000
CASES: tuple[Case, ...] = (
    Case("no tempo", {"bpm": 0}, ERROR, r"20"),
    Case("no tempo, said", "make a song at 0 bpm", ERROR, r"20 bpm"),
    Case("impossible tempo", {"bpm": 5000}, ERROR, r"400"),
    Case("impossible tempo, said", "make a techno piece at 5000 bpm", ERROR, r"400|312|156"),
    Case("no such key", {"key": "H sharp"}, ERROR, r"D minor|C"),
    Case("no such key, said", "write a piano piece in H sharp", ERROR, r"D minor|C"),
    Case("ten hours", {"duration_s": 36000}, ERROR, r"3600|60 minutes|an hour|one hour"),
    Case("ten hours, said", "make me a 10 hour ambient piece", ERROR, r"3600|60 minutes|an hour|one hour"),
    Case("13/17", {"bars": 400, "meter": "13/17"}, ERROR, r"13/16"),
    Case("13/17, said", "compose 400 bars of 13/17", ERROR, r"13/16"),
    Case("unknown instrument", {"instruments": ["flurbophone"], "duration_s": 8}, ERROR, r"flurbophone.*\b(piano|vibraphone|saxophone|xylophone|sax)"),
    Case("chords against the key", {"chords": ["F#", "C#", "G#m", "B"], "key": "C major", "duration_s": 8}, PIECE, r"outside C major"),
    Case("chords against the key, said", "make 8 seconds of pop in C major with the chords F# C# G#m B", PIECE, r"outside C major"),
    Case("nothing", {"prompt": "", "duration_s": 8}, PIECE),
    Case("nothing, said", "", ERROR, r"would like to hear|For example"),
    Case("an emoji", {"prompt": "🎸", "duration_s": 8}, PIECE),
    Case("an emoji, said", "🎸", ERROR, r"would like to hear|For example"),
    Case("negative seed", {"seed": -1, "duration_s": 8}, PIECE),
    Case("tempo as a word", {"bpm": "fast", "duration_s": 8}, ERROR, r"bpm|tempo"),
    Case("tempo that is no number", {"bpm": math.nan, "duration_s": 8}, ERROR, r"number"),
    Case("no such chord", {"chords": ["H7"], "duration_s": 8}, ERROR, r"C, Am7|B7"),
    Case("no such section", {"form": ["banana"], "duration_s": 8}, EITHER, r"banana.*(verse|chorus|intro)"),
    Case("a fifth of a second", {"duration_s": 0.2}, ERROR, r"second"),
    Case("asked for and excluded", {"instruments": ["piano"], "exclude": ["piano"], "duration_s": 8}, EITHER, r"piano"),
    Case("nobody left", "make 8 seconds of music without any instruments", EITHER, r"nobody|instruments? (?!.*seconds)|silence"),
    Case("a loop of 2000 bars", {"loop": True, "bars": 2000}, ERROR, r"bars|seconds|minutes|hour"),
    Case("lyrics of ten thousand words", {"lyrics": _LONG, "duration_s": 8}, PIECE, r"lyric|words|syllable"),
    Case("a living artist", "make 8 seconds in the style of Taylor Swift", PIECE, r"Taylor Swift|artist"),
    Case("slow and fast", "make a slow fast piece of 8 seconds", PIECE, r"slow|fast"),
    Case("two tempos", "make 8 seconds of house at 90 bpm and 120 bpm", PIECE, r"90|120"),
    Case("right-to-left", {"prompt": "שיר שמח בפסנתר", "duration_s": 8}, PIECE),
    Case("right-to-left, said", "اصنع لي أغنية", ERROR, r"For example"),
    Case("markup", {"prompt": "<script>alert(1)</script> piano", "duration_s": 8}, PIECE),
    Case("no takes", {"takes": 0}, ERROR, r"1"),
    Case("a hundred takes", {"takes": 100}, ERROR, r"8"),
    Case("energy beyond", {"energy": [2.0, -1.0], "duration_s": 8}, ERROR, r"0.*1"),
    Case("meter without a unit", {"meter": "4", "duration_s": 8}, ERROR, r"4/4"),
    Case("no bars", {"bars": 0}, ERROR, r"1"),
    Case("negative length", {"duration_s": -5}, ERROR, r"second|0|length"),
    Case("unknown genre", {"genre": "gorpwave", "duration_s": 8}, ERROR, r"synthwave"),
    Case("a waltz in four", "make 8 seconds of waltz in 4/4", PIECE, r"4/4|3/4|waltz"),
    Case("eight sections in two bars", {"form": ["verse"] * 8, "bars": 2}, PIECE, r"no room"),
    Case("bars, tempo and length disagree", {"bars": 4, "bpm": 120, "duration_s": 60}, PIECE, r"60|bars|8 s"),
    Case("sixty players", {"instruments": list(_EVERYBODY), "duration_s": 8}, EITHER, r"player|instrument|part"),
    Case("a zero byte", {"prompt": "piano\x00 solo", "duration_s": 8}, PIECE),
)  # fmt: skip


def run(cases: Sequence[Case] = CASES) -> dict[str, Any]:
    """Ask for each and read the answer.

    Returns
    -------
    dict with ``rows`` (name, asked, outcome, reply, ok, wrong), ``passed`` and ``total``.
    """
    with tempfile.TemporaryDirectory(prefix="segue-bad-") as folder, Agent(load_settings(home=folder)) as agent:
        rows = [_row(agent, case) for case in cases]
    return {"suite": SUITE, "rows": rows, "passed": sum(row["ok"] for row in rows), "total": len(rows)}


def _row(agent: Agent, case: Case) -> dict[str, Any]:
    outcome, reply = _said(agent, case.asked) if isinstance(case.asked, str) else _typed(agent, case.asked)
    wrong = [f"wanted: {case.outcome}"] if outcome not in case.outcome else []
    if not re.search(case.reads, reply, re.IGNORECASE | re.DOTALL):
        wrong.append(f"does not say {case.reads}")
    wrong += [f"jargon: {found[0]}" for found in [JARGON.search(reply)] if found]
    if outcome == ERROR and not reply:
        wrong.append("nothing is said")
    if len(reply) > _LONGEST:
        wrong.append(f"{len(reply)} characters to read")
    return {
        "name": case.name, "asked": _short(case.asked), "outcome": outcome, "reply": reply, "ok": not wrong,
        "wrong": "; ".join(wrong),
    }  # fmt: skip


def _said(agent: Agent, sentence: str) -> tuple[str, str]:
    reply = agent.chat(sentence)
    made = any(result.tool == "generate" and result.status == "done" for result in reply.results)
    return PIECE if made else ERROR, " ".join([reply.reply, *(n for n in reply.notes if n not in reply.reply)])


def _typed(agent: Agent, args: dict[str, Any]) -> tuple[str, str]:
    try:
        result = agent.run_tool("generate", args)
    except SegueError as error:
        return ERROR, str(error)
    if result.error is not None:
        return ERROR, f"{result.error.message} {result.error.hint}".strip()
    return PIECE, " ".join(result.notes)


def _short(asked: str | dict[str, Any]) -> str:
    text = repr(asked) if isinstance(asked, str) else ", ".join(f"{name}={value!r}" for name, value in asked.items())
    return text if len(text) <= 90 else text[:87] + "…"


def table(result: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows for printing: what was asked and what the user reads."""
    rows = [
        [
            row["asked"],
            row["outcome"],
            row["reply"] or "(nothing to say)",
            "yes" if row["ok"] else f"NO: {row['wrong']}",
        ]
        for row in result["rows"]
    ]
    return ["asked", "outcome", "what the user reads", "right"], rows
