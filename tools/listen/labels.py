"""Times and labels as text: for people, for Audacity, as JSON."""

import itertools
import json
from collections.abc import Sequence

from segue.tools.listen.facts import Analysis

Span = tuple[float, float, str]


def clock(seconds: float) -> str:
    """Return a time as people write it: 0:05, 3:42, 1:02:09."""
    whole = int(max(0.0, seconds) + 0.5)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def chord_line(chords: Sequence[Span]) -> str:
    """Return chords in one line: ``0:00 Dm | 0:02 Gm | …``."""
    return " | ".join(f"{clock(start)} {symbol}" for start, _, symbol in chords)


def chord_chart(facts: Analysis, per_line: int = 4) -> str:
    """Return a chord chart: bars between strokes, four to a line, each line with its time; "%" repeats."""
    head = f"{facts.key or 'key unknown'} · {facts.meter or 'meter unknown'} · " + (
        f"{facts.bpm:.0f} bpm" if facts.bpm else "no steady tempo"
    )
    if len(facts.downbeats) < 2:
        return "\n".join([head, "", *(f"{clock(start):>5}  {symbol}" for start, _, symbol in facts.chords), ""])
    first, last = facts.downbeats[0], facts.downbeats[-1]
    edges = [*facts.downbeats, max([end for _, end, _ in facts.chords], default=last)]
    if first > 0.4 * (edges[1] - edges[0]):
        edges.insert(0, 0.0)
    bars: list[str] = []
    for a, b in itertools.pairwise(edges):
        inside = [s for start, end, s in facts.chords if min(end, b) - max(start, a) > 0.12 * (edges[2] - edges[1])]
        bars.append(" ".join(inside) or "N")
    shown = ["%" if i % per_line and bar == bars[i - 1] else bar for i, bar in enumerate(bars)]
    lines = [
        f"{clock(edges[i]):>5}  | " + " | ".join(shown[i : i + per_line]) + " |" for i in range(0, len(bars), per_line)
    ]
    return "\n".join([head, "", *lines, ""])


def audacity(spans: Sequence[Span]) -> str:
    """Return spans as an Audacity label track; points have equal start and end."""
    return "".join(f"{start:.6f}\t{end:.6f}\t{label}\n" for start, end, label in spans)


def lrc(lines: Sequence[tuple[float, str]]) -> str:
    """Return lines of lyrics with their times in seconds as LRC: ``[01:02.50]words``."""
    stamps = [(divmod(max(0, round(100 * start)), 6000), words) for start, words in lines]
    return "".join(f"[{minutes:02d}:{hundredths / 100:05.2f}]{words}\n" for (minutes, hundredths), words in stamps)


def beat_spans(facts: Analysis) -> list[Span]:
    """Return beats as points labelled with bar and beat ("3.1"), or counted where there are no bars."""
    out: list[Span] = []
    bar, beat = 0, 0
    downbeats = [round(t, 3) for t in facts.downbeats]
    for number, time in enumerate(facts.beats, 1):
        if any(abs(time - d) < 0.02 for d in downbeats):
            bar, beat = bar + 1, 1
        else:
            beat += 1
        out.append((time, time, f"{bar}.{beat}" if downbeats else str(number)))
    return out


def section_line(sections: Sequence[tuple[str, float, float]]) -> str:
    """Return sections ``(label, start, end)`` in one line: ``0:00 intro | 0:12 A | …``."""
    return " | ".join(f"{clock(start)} {label}" for label, start, _ in sections)


def beats_json(facts: Analysis) -> str:
    """Return beats, downbeats, tempo and meter as JSON."""
    return json.dumps(
        {
            "bpm": facts.bpm,
            "confidence": facts.bpm_confidence,
            "meter": facts.meter,
            "beats": facts.beats,
            "downbeats": facts.downbeats,
        },
        indent=1,
    )


def spans_json(name: str, spans: Sequence[Span], confidence: float) -> str:
    """Return labelled spans as JSON under ``name``."""
    return json.dumps(
        {"confidence": confidence, name: [{"start_s": a, "end_s": b, "label": c} for a, b, c in spans]}, indent=1
    )
