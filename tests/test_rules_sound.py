"""The measures of the rules that need sound: a sound that meets each, and one made to break it."""

import numpy as np

from segue.tools.core.audio import Waveform
from segue.tools.core.score import Note, Part, Score, Section
from segue.tools.music.compose_request import Request
from segue.tools.music.rules_sound import check_sound
from segue.tools.music.rules_view import Finding

RATE = 22_050
PIECE = Score(
    bars=16, genre="pop", sections=[Section(name="verse", start_bar=1, bars=8), Section(name="chorus", start_bar=9, bars=8)],
    parts=[
        Part(name="lead", role="melody", instrument="vibraphone", notes=[Note(start=4.0 * b, duration=3, pitch=76) for b in range(15)]),
        Part(name="comp", role="chords", instrument="piano", notes=[Note(start=4.0 * b, duration=3, pitch=64) for b in range(15)]),
    ],
)  # fmt: skip
SECONDS = 32.0


def noise(seed: int, seconds: float = SECONDS) -> np.ndarray:
    """Pink-like noise: its power falls by 3 dB an octave."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[: int(30 * seconds)] = 0
    out = np.fft.irfft(spectrum, count)
    return 0.1 * out / out.std()


def mixed(left: np.ndarray, right: np.ndarray) -> Waveform:
    return Waveform(np.stack([left, right]).astype(np.float32), RATE)


def wide(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A middle with a smaller side that has nothing below 300 Hz."""
    middle, side = noise(seed), noise(seed + 1)
    spectrum = np.fft.rfft(side)
    spectrum[: int(300 * SECONDS)] = 0
    side = 0.6 * np.fft.irfft(spectrum, len(side))
    return middle + side, middle - side


def find(name: str, mix: Waveform, score: Score = PIECE, request: Request | None = None) -> Finding:
    stems = {part.name: mix for part in score.parts}
    return next(f for f in check_sound(score, mix, stems, request) if f.name == name)


def assert_mutation(name: str, good: Waveform, bad: Waveform) -> None:
    kept, broken = find(name, good), find(name, bad)
    assert kept.met is True, kept
    assert broken.met is False, broken


def shaped(*levels: float) -> Waveform:
    """Noise whose level changes from one stretch to the next."""
    left, right = wide()
    curve = np.repeat(levels, -(-len(left) // len(levels)))[: len(left)]
    return mixed(left * curve, right * curve)


def test_chorus_is_louder() -> None:
    assert_mutation("chorus_loudness", shaped(0.7, 1.0), shaped(1.0, 1.0))


def test_loudest_place() -> None:
    assert_mutation("loudest_place", shaped(0.5, 0.6, 1.0, 0.5), shaped(1.0, 0.6, 0.6, 0.5))


def test_lead_is_clear() -> None:
    low = PIECE.model_copy(deep=True)
    low.parts[0].notes = [n.model_copy(update={"pitch": 65}) for n in low.parts[0].notes]
    mix = mixed(*wide())
    assert find("lead_clear", mix).value == 1.0
    assert find("lead_clear", mix, low).met is True  # the comping ducks
    apart = low.model_copy(deep=True)  # no comping stem is there that could duck
    found = next(f for f in check_sound(apart, mix, {"lead": mix}) if f.name == "lead_clear")
    assert found.met is False


def test_bass_is_mono() -> None:
    assert_mutation("bass_side", mixed(*wide()), mixed(noise(1), noise(2)))


def test_balance() -> None:
    left, right = wide()
    assert_mutation("balance_db", mixed(left, right), mixed(left, 0.6 * right))


def test_correlation() -> None:
    left, right = wide()
    assert_mutation("correlation", mixed(left, right), mixed(left, left))
    assert find("correlation", mixed(left, -left)).met is False


def test_low_mids() -> None:
    left, right = wide()
    spectrum = np.fft.rfft(left)
    spectrum[int(200 * SECONDS) : int(400 * SECONDS)] *= 2.5
    boomy = np.fft.irfft(spectrum, len(left))
    assert_mutation("low_mids_db", mixed(left, right), mixed(boomy, boomy))


def test_crest() -> None:
    left, right = wide()
    assert_mutation("crest_db", mixed(left, right), mixed(np.clip(left, -0.05, 0.05), np.clip(right, -0.05, 0.05)))


def test_room_of_the_genre() -> None:
    mix = mixed(*wide())
    for name in ("room_low_db", "pre_delay_ms", "room_s"):
        assert find(name, mix).met is True
    dry = find("room_s", mix, PIECE.model_copy(update={"genre": "trap"})).value or 0.0
    assert (find("room_s", mix, PIECE.model_copy(update={"genre": "ambient"})).value or 0.0) > dry + 1.0


def test_room_of_no_pre_delay_is_found(monkeypatch) -> None:
    from segue.tools.music import rules_sound
    from segue.tools.music.mixdown_spaces import Space

    monkeypatch.setattr(rules_sound, "space_of", lambda genre: Space(room_s=5.0, pre_delay_s=0.0))
    monkeypatch.setattr(
        rules_sound, "room_response", lambda rate, seconds, delay: np.random.default_rng(1).standard_normal((2, rate * 5))
        * np.exp(-1.3 * np.arange(rate * 5) / rate)
    )  # fmt: skip
    mix = mixed(*wide())
    assert [find(name, mix).met for name in ("room_low_db", "pre_delay_ms", "room_s")] == [False, False, False]


def ending(fade_s: float) -> Waveform:
    """Sound to 30 s, two seconds past the last onset, then a fall of 60 dB in ``fade_s`` and nothing."""
    left, right = wide()
    time = np.arange(len(left)) / RATE
    curve = np.where(
        time < 30.0, 1.0, np.where(time < 30.0 + fade_s, 10 ** (-3 * (time - 30.0) / max(fade_s, 1e-3)), 0.0)
    )
    return mixed(left * curve, right * curve)


def test_rings_and_is_not_cut_off() -> None:
    assert find("ring_s", ending(1.0)).met is True
    left, right = wide()
    short = np.where(np.arange(len(left)) < 28.6 * RATE, 1.0, 0.0)
    assert find("ring_s", mixed(left * short, right * short)).met is False
    assert_mutation("cut_off_db", ending(1.0), mixed(left, right))
    assert find("cut_off_db", mixed(left, right), request=Request(loop=True)).met is None
