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
    tuning_confidence: float = 0.0
    chords: list[tuple[float, float, str]] = Field([], description="(start, end, symbol); N where there is none")
    chords_confidence: float = 0.0

    sections: list[tuple[str, float, float]] = Field([], description="(label, start, end)")
    sections_confidence: float = 0.0
    sections_sure: list[float] = Field([], description="how sure each section's plain name is; 0 where it has a letter")
    section_parts: list[list[str]] = Field([], description="who plays in each section, where a score says so")
    levels: list[float] = Field([], description="mean level of each second, dBFS")

    loudness_lufs: float = -70.0
    loudness_range_lu: float = 0.0
    true_peak_db: float = -120.0
    replaygain_db: float | None = Field(None, description="gain that brings it to −18 LUFS (ReplayGain 2.0)")
    replaygain_peak: float | None = Field(None, description="true peak, 1 is full scale")
    dynamics_db: float | None = Field(None, description="true peak over integrated loudness")
    percussiveness: float | None = Field(None, description="0 nothing is struck … 1 five strokes a second and more")
    descriptor: list[float] = Field([], description="23 numbers in −1..1 for likeness, see ``descriptor``")

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
    drums_confidence: float = 0.0
    valence: float | None = Field(None, description="1 (sad) to 9 (happy); by rules, unvalidated")
    arousal: float | None = Field(None, description="1 (calm) to 9 (excited); by rules, unvalidated")

    notes: list[str] = Field([], description="what the listener should know about these values")

    def confidence(self, name: str) -> float:
        """Return how sure a value of this analysis is, 0..1: its own confidence, or that of what it follows from.

        What is computed by a standard or straight from the sound (loudness, level, descriptor) is sure where
        there is sound; mood words' plane is a rule of thumb and never surer than .4.

        Raises
        ------
        AttributeError : there is no such value.
        """
        own = f"{name}_confidence"
        if own in type(self).model_fields:
            return float(getattr(self, own))
        value = getattr(self, name)
        if value is None or value == [] or value == {} or (self.silent and name not in ("silent", "duration_s")):
            return 0.0
        follows = {"bpm_alternatives": "bpm", "tempo_stability": "bpm", "beats": "bpm", "downbeats": "meter",
                   "keys": "key", "section_parts": "sections", "sections_sure": "sections"}  # fmt: skip
        if name in follows:
            return self.confidence(follows[name])
        if name in ("valence", "arousal"):
            return 0.3 if name == "valence" else 0.4
        return 1.0 if name in ("duration_s", "silent", "source", "notes") or self.axes else 0.0

    def level(self, start: float, end: float) -> float | None:
        """Return the mean level in dBFS between two times; None where there is no sound."""
        part = self.levels[int(start) : max(int(start) + 1, round(end))]
        if not part:
            return None
        return 10 * math.log10(sum(10 ** (db / 10) for db in part) / len(part))
