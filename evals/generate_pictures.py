"""Ten composed pieces as pictures: piano roll, loudness and spectrogram over one time axis, sections marked.

``python -m segue.evals.generate_pictures docs/images/generate`` composes, renders and draws them again; the
requests and seeds are below, so that everybody gets the same pictures.
"""

import base64
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from segue.tools.backends.generate_composer import request_from
from segue.tools.core.audio import Waveform
from segue.tools.core.score import Score
from segue.tools.core.settings import load_settings
from segue.tools.generate import Args
from segue.tools.music.compose import compose
from segue.tools.music.pictures import svg_png
from segue.tools.music.render import render
from segue.tools.sound.loudness import integrated_lufs, k_weighted_energy

COLOURS = ("#3f6fb5", "#d1603d", "#3d9b70", "#8e5ea8", "#c79a2a", "#4ba3b5", "#b54a72", "#7a7a7a", "#5a7d2a", "#a0522d")
WIDTH, LEFT, RIGHT = 1100, 46, 12
_PLOT = WIDTH - LEFT - RIGHT
_LOW_HZ, _HIGH_HZ, _ROWS = 30.0, 16_000.0, 190
_WINDOW_S, _HOP_S = 3.0, 0.1  # short-term loudness: EBU Tech 3341
_INK = "#333"


@dataclass(frozen=True)
class Shown:
    """A request that is drawn: the file's name, the words, the seed."""

    name: str
    words: str
    seed: int


SHOWN: tuple[Shown, ...] = (
    Shown("pop", "an upbeat pop song in E major at 116 bpm, one minute, verse and chorus", 1),
    Shown("jazz", "a jazz swing trio in Bb major at 160 bpm, 50 seconds", 2),
    Shown("techno", "dark techno at 132 bpm, one minute", 3),
    Shown("bossa", "a calm bossa nova in D minor with nylon guitar and flute, 45 seconds", 4),
    Shown("drum_and_bass", "drum and bass at 174 bpm in A minor, one minute", 5),
    Shown("waltz", "a classical piano waltz in G major, 3/4, 50 seconds", 6),
    Shown("trap", "trap at 140 bpm in F# minor, 45 seconds", 7),
    Shown("salsa", "salsa in C minor at 180 bpm, 50 seconds", 8),
    Shown("cinematic", "an epic cinematic piece for orchestra in D minor that grows, one minute", 9),
    Shown("seven_eight", "a folk tune in 7/8, E dorian, with violin and acoustic guitar, 45 seconds", 10),
)


def made(shown: Shown) -> tuple[Score, Waveform, list[str]]:
    """Compose and render one request; return score, mix and what was said."""
    said: list[str] = []
    request = request_from(Args(prompt=shown.words, seed=shown.seed), said.append)
    score = compose(request, said.append)
    return score, render(score, load_settings(), duration_s=request.duration_s).mix, said


def short_term(wave: Waveform) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return short-term loudness: the middles of three-second windows in s ``[n]`` and LUFS ``[n]`` (EBU Tech 3341)."""
    hop = round(_HOP_S * wave.sample_rate)
    total = np.concatenate([[0.0], np.cumsum(k_weighted_energy(wave.samples, wave.sample_rate, hop))])
    size = min(round(_WINDOW_S / _HOP_S), len(total) - 1)
    power = (total[size:] - total[:-size]) / (size * hop)
    middles: npt.NDArray[np.float64] = (np.arange(len(power), dtype=np.float64) + size / 2) * _HOP_S
    return middles, -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def spectrogram(wave: Waveform, columns: int = _PLOT, rows: int = _ROWS) -> npt.NDArray[np.float64]:
    """Return levels in dB under the loudest ``[rows, columns]``, highest frequency first, logarithmic from 30 Hz to 16 kHz."""
    mono = wave.samples.mean(axis=0)
    size = 4096
    window = np.hanning(size).astype(np.float32)
    padded = np.pad(mono, (size // 2, size))
    starts = np.linspace(0, len(mono) - 1, columns).astype(int)
    edges = np.geomspace(_LOW_HZ, _HIGH_HZ, rows + 1) * size / wave.sample_rate
    power = np.empty((rows, columns))
    for column, start in enumerate(starts):
        bins = np.abs(np.fft.rfft(padded[start : start + size] * window)) ** 2
        smooth = np.concatenate([[0.0], np.cumsum(bins)])
        # Where a row is narrower than a bin it takes the share of that bin that it covers.
        upto = np.interp(edges, np.arange(len(smooth)), smooth)
        power[:, column] = np.diff(upto)
    level: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-9) / power.max())
    return level[::-1]


def _raster(level: npt.NDArray[np.float64], floor: float = -70.0) -> str:
    """Return levels as a PNG data address: dark is soft."""
    from PIL import Image

    stops = np.array([[12, 12, 32], [60, 30, 110], [170, 50, 100], [240, 130, 50], [255, 240, 170]], dtype=float)
    place = np.clip((level - floor) / -floor, 0, 1) * (len(stops) - 1)
    place = np.round(place * 5) / 5  # few colours: a small file
    low = np.minimum(place.astype(int), len(stops) - 2)
    colours = stops[low] + (stops[low + 1] - stops[low]) * (place - low)[..., None]
    out = io.BytesIO()
    Image.fromarray(colours.astype(np.uint8)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def draw(score: Score, wave: Waveform, title: str) -> bytes:
    """Return the picture of a piece as PNG: piano roll by part, short-term loudness, spectrogram."""
    from PIL import Image

    svg = _svg(score, wave, title)
    image = Image.open(io.BytesIO(svg_png(svg, WIDTH))).convert("RGB")
    out = io.BytesIO()
    image.quantize(48, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _svg(score: Score, wave: Waveform, title: str) -> str:
    seconds = wave.frames / wave.sample_rate
    scale = _PLOT / seconds
    roll, bottom = _roll(score, 58, scale)
    curve, lower = _loudness(wave, bottom + 44, scale)
    image_top = lower + 40
    foot = image_top + _ROWS
    marks = _sections(score, scale, foot)
    ticks = "".join(
        f'<text x="{LEFT + s * scale:.0f}" y="{foot + 14}" text-anchor="middle">{s} s</text>' for s in range(0, int(seconds) + 1, 10)
    )  # fmt: skip
    rows = [
        (hz, image_top + _ROWS * (1 - np.log(hz / _LOW_HZ) / np.log(_HIGH_HZ / _LOW_HZ))) for hz in (100, 1000, 10_000)
    ]
    named = "".join(f'<text x="{LEFT - 5}" y="{y + 4:.0f}" text-anchor="end">{hz // 1000 or hz}{" kHz" if hz >= 1000 else ""}</text>' for hz, y in rows)  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{foot + 24}" font-family="DejaVu Sans, Arial, sans-serif" '
        f'font-size="10" fill="{_INK}"><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{LEFT}" y="18" font-size="13">{escape(title)}</text>{roll}{curve}'
        f'<text x="{LEFT}" y="{image_top - 6}">spectrogram, dB under the loudest, 70 dB</text>'
        f'<image x="{LEFT}" y="{image_top}" width="{_PLOT}" height="{_ROWS}" href="{_raster(spectrogram(wave))}"/>'
        f"{named}{marks}{ticks}</svg>"
    )


def _sections(score: Score, scale: float, foot: float) -> str:
    clock = score.clock()
    out = []
    for section in score.sections:
        x = LEFT + clock.seconds(score.bar_beat(section.start_bar)) * scale
        out.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="40" y2="{foot}" stroke="#555" stroke-dasharray="3 3" stroke-width="0.8"/>'
            f'<text x="{x + 3:.1f}" y="48" font-weight="bold">{escape(section.name)}</text>'
        )
    return "".join(out)


def _roll(score: Score, top: float, scale: float) -> tuple[str, float]:
    """Draw every note in its part's colour, drums in lanes under the rest; return the drawing and where it ends."""
    clock = score.clock()
    pitches = [note.pitch for part in score.parts if not part.is_drum for note in part.notes] or [60]
    low, high, row = min(pitches), max(pitches), 3.0
    keys = sorted({note.pitch for part in score.parts if part.is_drum for note in part.notes}, reverse=True)
    lanes = top + (high - low + 1) * row + (8 if keys else 0)
    out = [
        f'<text x="{LEFT - 5}" y="{top + (high - c) * row + 4:.0f}" text-anchor="end">C{c // 12 - 1}</text>'
        for c in range(low, high + 1) if c % 12 == 0
    ]  # fmt: skip
    x_name = float(LEFT)
    for number, part in enumerate(score.parts):
        colour = COLOURS[number % len(COLOURS)]
        out.append(f'<g fill="{colour}"><rect x="{x_name:.0f}" y="26" width="8" height="8"/><text x="{x_name + 11:.0f}" y="34">{escape(part.name)}</text>')  # fmt: skip
        x_name += 24 + 6.2 * len(part.name)
        for note in part.notes:
            start, end = clock.seconds(note.start) + note.shift_s, clock.seconds(note.end) + note.shift_s
            y = lanes + keys.index(note.pitch) * row if part.is_drum else top + (high - note.pitch) * row
            wide = 1.5 if part.is_drum else max(1.2, (end - start) * scale - 0.4)
            out.append(f'<rect x="{LEFT + max(0.0, start) * scale:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{row - 0.4}"/>')  # fmt: skip
        out.append("</g>")
    return "".join(out), lanes + len(keys) * row


def _loudness(wave: Waveform, top: float, scale: float) -> tuple[str, float]:
    """Draw short-term loudness with the integrated one as a line; return the drawing and where it ends."""
    times, lufs = short_term(wave)
    whole = integrated_lufs(wave)
    highest, lowest, height = -6.0, -40.0, 90.0

    def y_of(level: float) -> float:
        return top + height * (highest - min(highest, max(lowest, level))) / (highest - lowest)

    points = " ".join(f"{LEFT + t * scale:.1f},{y_of(level):.1f}" for t, level in zip(times, lufs, strict=True))
    grid = "".join(
        f'<line x1="{LEFT}" x2="{LEFT + _PLOT}" y1="{y_of(level):.1f}" y2="{y_of(level):.1f}" stroke="#ddd"/>'
        f'<text x="{LEFT - 5}" y="{y_of(level) + 4:.1f}" text-anchor="end">{level}</text>'
        for level in (-10, -20, -30, -40)
    )
    return (
        f'<text x="{LEFT}" y="{top - 6}">short-term loudness, LUFS; whole piece {whole:.1f} LUFS (dashed)</text>{grid}'
        f'<line x1="{LEFT}" x2="{LEFT + _PLOT}" y1="{y_of(whole):.1f}" y2="{y_of(whole):.1f}" stroke="#c33" stroke-dasharray="5 4"/>'
        f'<polyline points="{points}" fill="none" stroke="#1c4f8a" stroke-width="1.6"/>'
    ), top + height


def write(folder: Path, shown: Sequence[Shown] = SHOWN) -> list[dict[str, Any]]:
    """Draw requests into a folder; return a row each: file, words, seed, what was said, bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for one in shown:
        score, wave, said = made(one)
        title = f"“{one.words}”, seed {one.seed}: {score.genre}, {score.bpm:g} bpm, {score.key}, {score.meter}"
        drawn = draw(score, wave, title)
        (folder / f"{one.name}.png").write_bytes(drawn)
        rows.append(
            {"file": f"{one.name}.png", "words": one.words, "seed": one.seed, "said": said, "bytes": len(drawn)}
        )
    return rows


if __name__ == "__main__":
    for row in write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/generate")):
        print(row)
