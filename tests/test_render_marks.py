"""Tempo, key and loop points inside WAV and FLAC files."""

import struct

import numpy as np
import pytest
import soundfile

from segue.tools.core.audio import Waveform, decode, encode, quantised
from segue.tools.core.audio_marks import Marks

RATE = 44_100
MARKS = Marks(120.0, "D minor", 2, "3/4", (0, RATE))


def sound(frames=RATE, channels=1):
    random = np.random.default_rng(1)
    return Waveform(quantised(random.uniform(-0.5, 0.5, (channels, frames)).astype(np.float32)), RATE)


def chunks(data):
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    at, out = 12, {}
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        out[data[at : at + 4]] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return out


@pytest.mark.parametrize("frames", [RATE, RATE - 1])  # 24 bit mono: an odd number of bytes
def test_a_loop_in_wav_has_tempo_and_loop_points(tmp_path, frames):
    wave = sound(frames)
    encode(wave, tmp_path / "a.wav", marks=Marks(120.0, "D minor", 2, "3/4", (0, frames)))
    found = chunks((tmp_path / "a.wav").read_bytes())
    flags, root, _, _, beats, lower, upper, bpm = struct.unpack("<IHHfIHHf", found[b"acid"])
    assert (root, beats, upper, lower, bpm) == (62, 2, 3, 4, 120.0)
    assert flags == 2 | 4  # root key known, stretched, not a one-shot
    assert len(found[b"smpl"]) == 60
    assert struct.unpack_from("<2I", found[b"smpl"], 44) == (0, frames - 1)
    assert np.array_equal(decode(tmp_path / "a.wav").samples, wave.samples)


def test_what_does_not_loop_is_a_one_shot(tmp_path):
    encode(sound(), tmp_path / "a.wav", marks=Marks(90.0))
    found = chunks((tmp_path / "a.wav").read_bytes())
    assert struct.unpack_from("<I", found[b"acid"])[0] & 1
    assert b"smpl" not in found


def test_flac_says_the_same_in_comments(tmp_path):
    wave = sound(channels=2)
    encode(wave, tmp_path / "a.flac", marks=MARKS)
    data = (tmp_path / "a.flac").read_bytes()
    for comment in (b"BPM=120", b"KEY=D minor", b"LOOPSTART=0", b"LOOPLENGTH=44100"):
        assert comment in data[:2000]
    back, rate = soundfile.read(tmp_path / "a.flac", dtype="float32", always_2d=True)
    assert rate == RATE
    assert np.array_equal(back.T, wave.samples)


def test_no_marks_no_change_and_other_formats_are_left_alone(tmp_path):
    encode(sound(), tmp_path / "a.wav")
    encode(sound(), tmp_path / "b.wav", marks=Marks())
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    encode(sound(), tmp_path / "a.ogg", marks=MARKS)
    assert decode(tmp_path / "a.ogg").frames == pytest.approx(RATE, abs=64)
