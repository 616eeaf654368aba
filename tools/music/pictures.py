"""Pictures of scores: engraved pages (verovio), a piano roll of our own, PNG (resvg)."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from segue.tools.core.errors import BackendUnavailable, CannotDo
from segue.tools.core.score import Score
from segue.tools.core.theory import FLAT_NAMES
from segue.tools.music.musicxml import musicxml

_COLOURS = ("#3f6fb5", "#d1603d", "#3d9b70", "#8e5ea8", "#c79a2a", "#4ba3b5", "#b54a72", "#7a7a7a")
_MAX_BARS = 200  # an engraving beyond this takes seconds, and nobody reads it as one picture


def score_svg(score: Score, pages: int = 3) -> str:
    """Engrave a score's first pages, one under the other, as one SVG.

    Raises
    ------
    BackendUnavailable : verovio is not installed.
    CannotDo : verovio could not read the notation.
    """
    bars = min(score.bars, _MAX_BARS)
    end = bars * score.beats_per_bar
    shown = score if score.bars <= _MAX_BARS else _first_bars(score, bars, end)
    return engrave(musicxml(shown), pages, score.title)


def _first_bars(score: Score, bars: int, end: float) -> Score:
    parts = [part.model_copy(update={"notes": [n for n in part.notes if n.end <= end]}) for part in score.parts]
    return score.model_copy(
        update={"bars": bars, "parts": parts, "sections": [s for s in score.sections if s.start_bar <= bars]}
    )


def engrave(xml: str, pages: int = 3, title: str = "") -> str:
    """Engrave MusicXML: the first ``pages`` pages as one SVG on white, with a title over them.

    Raises
    ------
    BackendUnavailable : verovio is not installed.
    CannotDo : verovio could not read the notation.
    """
    try:
        import verovio
    except ImportError as error:
        raise BackendUnavailable("verovio is not installed.", "Run `segue doctor --fix`.") from error
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit(False)  # verovio knows the path of its fonts in the thread that imported it only
    toolkit.setResourcePath(str(Path(verovio.__file__).parent / "data"))
    toolkit.setOptions(
        {"inputFrom": "xml", "pageWidth": 2100, "pageHeight": 2970, "adjustPageHeight": True, "scale": 40,
         "footer": "none", "header": "none", "breaks": "auto", "svgViewBox": True, "svgRemoveXlink": True}
    )  # fmt: skip
    # Metronome marks need a music font inside text, which most SVG readers and resvg lack.
    xml = re.sub(r"<metronome>.*?<per-minute>(.*?)</per-minute></metronome>", r"<words>tempo \1</words>", xml)
    if not toolkit.loadData(xml):
        raise CannotDo("The notation could not be engraved.", "Export MusicXML instead and open it elsewhere.")
    drawn = [toolkit.renderToSVG(number) for number in range(1, min(pages, toolkit.getPageCount()) + 1)]
    return _stacked(drawn, title)


def _stacked(pages: list[str], title: str) -> str:
    """Put SVG pages one under the other."""
    body, top, width = [], 60.0 if title else 0.0, 0.0
    for page in pages:
        page = page[page.index("<svg") :]
        box = re.search(r'<svg[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"', page)
        if box is None:
            raise CannotDo("The notation could not be engraved.", "Export MusicXML instead and open it elsewhere.")
        wide, high = float(box[1]), float(box[2])
        head, rest = page.split(">", 1)
        head = re.sub(r'\s(width|height|x|y)="[^"]*"', "", head)
        body.append(f'{head} x="0" y="{top:g}" width="{wide:g}" height="{high:g}">{rest}')
        top, width = top + high, max(width, wide)
    if title:
        body.append(f'<text x="{width / 2:g}" y="40" text-anchor="middle" font-family="Times, serif" font-size="26">'
                    f"{_text(title[:80])}</text>")  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {top:g}" width="{width:g}" height="{top:g}">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(body)}</svg>'
    )


_NAME_WIDTH, _LEAST_WIDTH = 110, 400  # of a piano roll: of a part's name below it, and of the whole for a title above


def piano_roll_svg(score: Score) -> str:
    """Draw a piano roll: a colour a part, bar lines, section names, chord names; drums in lanes below."""
    bars = max(1, score.bars, -int(-score.beats // score.beats_per_bar))
    beats = bars * score.beats_per_bar
    scale = max(4.0, min(24.0, 1400 / beats))
    left, top, row = 44, 64, 6
    pitched = [n.pitch for part in score.parts if not part.is_drum for n in part.notes] or [60]
    low, high = min(pitched) - 1, max(pitched) + 1
    keys = sorted({n.pitch for part in score.parts if part.is_drum for n in part.notes})
    drum_top = top + (high - low + 1) * row + (12 if keys else 0)
    bottom = drum_top + len(keys) * row
    width = max(left + beats * scale + 12, _LEAST_WIDTH)
    across = int((width - left) // _NAME_WIDTH)  # names of parts in a row
    height = bottom + 30 + 14 * ((max(1, len(score.parts)) - 1) // across)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="Helvetica, Arial, sans-serif" font-size="10">'
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{left}" y="16" font-size="13" fill="#222">{_text(score.title or "Untitled")} · {_text(score.key)} · '
        f"{score.bpm:g} bpm · {score.meter}</text>",
    ]
    for pitch in range(low, high + 1):
        y = top + (high - pitch) * row
        if pitch % 12 in (1, 3, 6, 8, 10):
            out.append(f'<rect x="{left}" y="{y}" width="{beats * scale:.1f}" height="{row}" fill="#f2f3f5"/>')
        if pitch % 12 == 0:
            out.append(
                f'<text x="{left - 6}" y="{y + row}" text-anchor="end" fill="#777">{FLAT_NAMES[0]}{pitch // 12 - 1}</text>'
            )
    for bar in range(bars + 1):
        x, strong = left + bar * score.beats_per_bar * scale, bar % 4 == 0
        colour = "#9aa0a8" if strong else "#dcdfe3"
        out.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="{colour}" stroke-width="1"/>')
        if strong and bar < bars:
            out.append(f'<text x="{x + 2:.1f}" y="{bottom + 10}" fill="#777">{bar + 1}</text>')
    for section in score.sections:
        x = left + score.bar_beat(section.start_bar) * scale
        out.append(f'<text x="{x + 2:.1f}" y="34" font-weight="bold" fill="#222">{_text(section.name)}</text>')
    last_x = -99.0
    for chord in score.chords:
        x = left + chord.start * scale
        if chord.start < beats and x - last_x > 26:
            out.append(f'<text x="{x + 2:.1f}" y="52" fill="#555">{_text(chord.symbol)}</text>')
            last_x = x
    for number, part in enumerate(score.parts):
        colour = _COLOURS[number % len(_COLOURS)]
        out.append(f'<g fill="{colour}">')
        for note in part.notes:
            x, wide = left + note.start * scale, max(1.5, note.duration * scale - 0.5)
            if part.is_drum:
                y, wide = drum_top + keys.index(note.pitch) * row, min(wide, 3.0)
            else:
                y = top + (high - note.pitch) * row
            out.append(
                f'<rect x="{x:.1f}" y="{y + 0.5:g}" width="{wide:.1f}" height="{row - 1}" rx="1" '
                f'opacity="{0.45 + 0.55 * note.velocity / 127:.2f}"/>'
            )
        x, y = left + number % across * _NAME_WIDTH, bottom + 16 + 14 * (number // across)
        out.append(
            f'<rect x="{x}" y="{y}" width="9" height="9"/>'
            f'<text x="{x + 13}" y="{y + 8}" fill="#333">{_text(part.name[:16])}</text></g>'
        )
    return "".join(out) + "</svg>"


def _text(text: str) -> str:
    return escape("".join(c for c in text if c >= " "))


def svg_png(svg: str, width: int = 1600) -> bytes:
    """Return an SVG as PNG, ``width`` pixels wide.

    Raises
    ------
    BackendUnavailable : resvg-py is not installed.
    """
    return bytes(_resvg().svg_to_bytes(svg_string=svg, width=width, background="white"))


@lru_cache(maxsize=1)
def _resvg() -> Any:  # noqa: ANN401 - resvg-py is not typed
    try:
        import resvg_py
    except ImportError as error:
        raise BackendUnavailable("resvg-py is not installed.", "Run `segue doctor --fix`.") from error
    return resvg_py
