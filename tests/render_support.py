"""A small score and settings that the tests of rendering and notation share."""

from pathlib import Path

from segue.tools.core.score import ChordSpan, Note, Part, Score, Section, TempoMark
from segue.tools.core.settings import Settings


def make_score(bars: int = 4, bpm: float = 120.0) -> Score:
    """Drums, bass, piano and flute over Am F C G, four beats a bar."""
    roots, symbols = (45, 41, 48, 43), ("Am", "F", "C", "G")
    thirds = (3, 4, 4, 4)
    drums, bass, piano, flute, chords = [], [], [], [], []
    for bar in range(bars):
        root, third = roots[bar % 4], thirds[bar % 4]
        chords.append(ChordSpan(start=bar * 4, duration=4, symbol=symbols[bar % 4]))
        for beat in range(4):
            at = float(bar * 4 + beat)
            drums.append(Note(start=at, duration=0.25, pitch=36 if beat % 2 == 0 else 38, velocity=105))
            drums += [Note(start=at + half, duration=0.25, pitch=42, velocity=70) for half in (0.0, 0.5)]
            bass.append(Note(start=at, duration=0.9, pitch=root - 12, velocity=95))
            piano += [Note(start=at, duration=0.9, pitch=root + 12 + step, velocity=75) for step in (0, third, 7)]
            flute.append(Note(start=at, duration=0.9, pitch=root + 24 + (0, third, 7, 12)[beat], velocity=90))
    return Score(
        title="Four chords",
        tempo=[TempoMark(bpm=bpm)],
        key="A minor",
        bars=bars,
        genre="pop",
        chords=chords,
        sections=[
            Section(name="verse", start_bar=1, bars=max(1, bars // 2)),
            Section(name="chorus", start_bar=bars // 2 + 1, bars=max(1, bars - bars // 2)),
        ],
        parts=[
            Part(name="drums", role="drums", stem="drums", is_drum=True, notes=drums),
            Part(name="bass", role="bass", stem="bass", program=33, reverb=0.05, notes=bass),
            Part(name="piano", role="chords", stem="piano", program=0, pan=-0.3, notes=piano),
            Part(name="flute", role="melody", program=73, pan=0.1, notes=flute),
        ],
    )


def make_settings(home: Path, synthesiser: str = "auto") -> Settings:
    """Settings that look at nothing outside ``home``."""
    return Settings(home=home, synthesiser=synthesiser)
