"""What is known about a piece after listening: ``Analysis``."""

import math

from pydantic import BaseModel, Field

AXES = ("energy", "tempo", "brightness", "density", "acousticness", "loudness", "danceability", "distortion", "melody",
        "vocals", "mood")  # fmt: skip


class Analysis(BaseModel):
    """Everything measured of a piece; None and empty mean that nothing sure was found. JSON-safe.

    Times are seconds, tempi quarter notes a minute, confidences 0..1, ``axes`` 0..1. ``source`` tells
    whether tempo, key, meter, chords, sections and instruments were heard ("sound") or read ("score").
    """

    source: str = "sound"
    duration_s: float = 0.0
    silent: bool = False

    bpm: float | None = None
    bpm_confidence: float = 0.0
    bpm_alternatives: list[float] = []
    tempo_stability: float = Field(0.0, description="1 where all beats are equally long")
    beats: list[float] = []
    downbeats: list[float] = []
    meter: str | None = None
    meter_confidence: float = 0.0

    key: str | None = None
    key_confidence: float = 0.0
    keys: list[tuple[float, str]] = Field([], description="(start, key): more than one where the key changes")
    tuning_cents: float = Field(0.0, description="how far from A = 440 Hz")
    chords: list[tuple[float, float, str]] = Field([], description="(start, end, symbol); N where there is none")
    chords_confidence: float = 0.0

    sections: list[tuple[str, float, float]] = Field([], description="(label, start, end)")
    sections_confidence: float = 0.0
    section_parts: list[list[str]] = Field([], description="who plays in each section, where a score says so")
    levels: list[float] = Field([], description="mean level of each second, dBFS")

    loudness_lufs: float = -70.0
    loudness_range_lu: float = 0.0
    true_peak_db: float = -120.0

    axes: dict[str, float] = {}
    tags: dict[str, float] = {}
    audio_vector: list[float] = []

    genre: str | None = None
    genre_confidence: float = 0.0
    moods: list[str] = []
    moods_confidence: float = 0.0
    instruments: list[str] = []
    instruments_confidence: float = 0.0
    vocals: bool | None = None
    vocals_confidence: float = 0.0
    drums: bool | None = Field(None, description="whether drums play; None where unsure")
    valence: float | None = Field(None, description="1 (sad) to 9 (happy); by rules, unvalidated")
    arousal: float | None = Field(None, description="1 (calm) to 9 (excited); by rules, unvalidated")

    notes: list[str] = Field([], description="what the listener should know about these values")

    def level(self, start: float, end: float) -> float | None:
        """Return the mean level in dBFS between two times; None where there is no sound."""
        part = self.levels[int(start) : max(int(start) + 1, round(end))]
        if not part:
            return None
        return 10 * math.log10(sum(10 ** (db / 10) for db in part) / len(part))
