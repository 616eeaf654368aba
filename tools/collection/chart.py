"""Statistics as a picture: one panel of horizontal bars a statistic, as SVG."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

_WIDTH, _BAR, _GAP, _HEAD, _PAD = 640, 18, 6, 34, 16
_LABEL, _COUNT = 190, 90
_CLEAN = str.maketrans({chr(code): "" for code in range(32)})


def chart(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the rows of ``overview.statistics`` (what, value, tracks, share) as an SVG picture."""
    panels = {what: [row for row in rows if row["what"] == what] for what in dict.fromkeys(row["what"] for row in rows)}
    parts: list[str] = []
    top = _PAD
    for what, bars in panels.items():
        parts.append(f'<text x="{_PAD}" y="{top + 18}" font-size="16" font-weight="bold">{_text(what.capitalize())}</text>')  # fmt: skip
        top += _HEAD
        most = max(int(row["tracks"]) for row in bars) or 1
        for row in bars:
            length = max(1.0, (_WIDTH - 2 * _PAD - _LABEL - _COUNT) * int(row["tracks"]) / most)
            middle = top + _BAR * 0.72
            parts += [
                f'<text x="{_PAD + _LABEL - 8}" y="{middle:.1f}" text-anchor="end">{_text(str(row["value"])[:28])}</text>',
                f'<rect x="{_PAD + _LABEL}" y="{top}" width="{length:.1f}" height="{_BAR}" rx="3" fill="#4f6d9a"/>',
                f'<text x="{_PAD + _LABEL + length + 6:.1f}" y="{middle:.1f}" fill="#555">{int(row["tracks"])} ({_text(str(row.get("share", "")))})</text>',
            ]
            top += _BAR + _GAP
        top += _PAD
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}" '
        'font-family="sans-serif" font-size="12" fill="#222">'
    )
    return "\n".join(
        [head, f'<rect width="{_WIDTH}" height="{top}" fill="#fff"/>', *parts, "</svg>"]
    ).encode("utf-8", "replace")  # fmt: skip


def _text(text: str) -> str:
    return escape(text.translate(_CLEAN))
