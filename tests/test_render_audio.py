"""core.audio and intake on real files: every format both ways, and what cannot be used."""

import contextlib
import shutil
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from segue.tools.core.audio import Waveform, decode, encode, probe, quantised, stream
from segue.tools.core.errors import DiskFull, InvalidArgument, NotFound, UnreadableMedia
from segue.tools.core.store import Store
from segue.tools.music.intake import import_file, sniff
from segue.tools.music.notation import midi_bytes, musicxml
from tests.render_support import make_score, make_settings

RATE = 44_100


def chirp(seconds=2.0, rate=RATE, channels=2):
    time_s = np.arange(int(seconds * rate)) / rate
    tones = [0.4 * np.sin(2 * np.pi * (220 + 30 * c + 40 * time_s) * time_s) for c in range(channels)]
    return Waveform(np.stack(tones).astype(np.float32), rate)


def best_match(a, b):
    """Correlation of two sounds at their best alignment (codecs delay)."""
    size = min(a.shape[1], b.shape[1])
    x, y = a[0, :size], b[0, :size]
    cross = np.fft.irfft(np.fft.rfft(x, 2 * size) * np.conj(np.fft.rfft(y, 2 * size)))
    return cross.max() / np.sqrt(np.square(x).sum() * np.square(y).sum())


@pytest.mark.parametrize(("name", "bits", "step"), [("a.wav", 16, 2**-15), ("a.wav", 24, 2**-23), ("a.flac", 16, 2**-15),
                                                    ("a.flac", 24, 2**-23), ("a.aiff", 24, 2**-23)])  # fmt: skip
def test_lossless_formats(tmp_path, name, bits, step):
    wave = chirp()
    encode(wave, tmp_path / name, bits=bits)
    back = decode(tmp_path / name)
    assert back.samples.shape == wave.samples.shape
    assert np.abs(back.samples - wave.samples).max() <= step
    exact = Waveform(quantised(wave.samples, bits), RATE)
    encode(exact, tmp_path / name, bits=bits)
    assert np.array_equal(decode(tmp_path / name).samples, exact.samples)


def test_float_wav_is_exact(tmp_path):
    wave = Waveform(chirp().samples * 3, RATE)
    encode(wave, tmp_path / "a.wav", bits=32)
    assert np.array_equal(decode(tmp_path / "a.wav").samples, wave.samples)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.opus", "a.m4a"])
def test_lossy_formats(tmp_path, name, channels):
    wave = chirp(channels=channels)
    encode(wave, tmp_path / name)
    back = decode(tmp_path / name)
    assert back.channels == channels
    assert back.duration_s == pytest.approx(wave.duration_s, abs=0.12)
    assert best_match(back.resampled(RATE).samples, wave.samples) > 0.97
    assert probe(tmp_path / name).channels == channels


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 96_000])
@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.opus", "a.m4a", "a.flac"])
def test_other_rates(tmp_path, name, rate):
    wave = chirp(1.0, rate)
    encode(wave, tmp_path / name)
    assert decode(tmp_path / name).duration_s == pytest.approx(1.0, abs=0.15)


def test_a_minute_of_ogg(tmp_path):
    wave = chirp(60.0)
    encode(wave, tmp_path / "a.ogg")
    assert decode(tmp_path / "a.ogg").duration_s == pytest.approx(60, abs=0.01)


def test_nan_and_infinite_samples(tmp_path):
    samples = chirp().samples.copy()
    samples[0, 100], samples[1, 200], samples[0, 300] = np.nan, np.inf, -np.inf
    soundfile.write(tmp_path / "a.wav", samples.T, RATE, subtype="FLOAT")
    back = decode(tmp_path / "a.wav").samples
    assert np.all(np.isfinite(back))
    assert np.abs(back).max() <= 1.0
    for name in ("b.flac", "b.mp3", "b.m4a", "b.ogg"):
        encode(Waveform(samples, RATE), tmp_path / name)
        assert np.abs(decode(tmp_path / name).samples).max() < 2


def test_flac_that_claims_398_hours(tmp_path):
    path = tmp_path / "bomb.flac"
    encode(chirp(0.1), path)
    data = bytearray(path.read_bytes())
    # STREAMINFO: 20 bits rate, 3 channels, 5 bits, 36 bits total samples, from byte 18 on.
    packed = int.from_bytes(data[18:26], "big")
    packed = packed >> 36 << 36 | (398 * 3600 * RATE & (1 << 36) - 1)
    data[18:26] = packed.to_bytes(8, "big")
    path.write_bytes(data)
    with pytest.raises(UnreadableMedia, match="minutes"):
        decode(path)


def test_long_silence_in_a_small_file_is_cut_off_by_the_limit(tmp_path):
    encode(Waveform(np.zeros((1, RATE * 120), np.float32), RATE), tmp_path / "a.flac", bits=16)
    with pytest.raises(UnreadableMedia):
        decode(tmp_path / "a.flac", max_s=60)
    with pytest.raises(UnreadableMedia, match="says it is 2 minutes"):  # before the first block
        next(stream(tmp_path / "a.flac", max_s=60))


@pytest.mark.parametrize("name", ["zeros.mp3", "noise.mp3", "zeros.aac"])
def test_what_holds_nothing_is_refused_by_its_beginning(tmp_path, name):
    (tmp_path / name).write_bytes(bytes(3_000_000) if "zeros" in name else np.random.default_rng(4).bytes(3_000_000))
    with pytest.raises(UnreadableMedia, match="not a sound file"):
        probe(tmp_path / name)


def test_wav_with_a_huge_data_chunk(tmp_path):
    path = tmp_path / "a.wav"
    header = b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 4, 4, 16)
    path.write_bytes(header + b"data\xff\xff\xff\xff" + b"\1\2\3\4" * 1000)
    with contextlib.suppress(UnreadableMedia):
        assert decode(path).frames <= 1000


def test_formats_that_cannot_be_written(tmp_path):
    with pytest.raises(InvalidArgument):
        encode(chirp(0.1), tmp_path / "a.xyz")


# -- intake ------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    opened = Store(make_settings(tmp_path / "home"))
    yield opened
    opened.close()


def bad_files(folder: Path) -> dict[str, Path]:
    encode(chirp(0.2), folder / "secret.wav")
    contents = {
        "text.wav": b"These are words, not sound.\n" * 20,
        "empty.wav": b"",
        "list.wav": b"ffconcat version 1.0\nfile secret.wav\n",
        "list.mp3": b"#EXTM3U\nsecret.wav\n",
        "page.mp3": b"<!DOCTYPE html><html><body>404</body></html>",
        "book.wav": b"%PDF-1.7\n" + bytes(500),
        "picture.flac": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "noise.wav": np.random.default_rng(1).bytes(20_000),
        "zeros.wav": bytes(5000),
        "torn.mid": b"MThd\0\0\0\6\0\1\0\1",
        "letter.docx": b"PK\x03\x04" + bytes(100),
        "utf16.wav": "Hello, this is a text file".encode("utf-16"),
        "half.flac": b"fLaC\0\0\0\x22" + bytes(20),
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    soundfile.write(folder / "zero_seconds.wav", np.zeros((0, 2)), RATE)
    return {path.name: path for path in folder.iterdir() if path.name != "secret.wav"}


def test_what_cannot_be_used_is_refused_with_a_hint(tmp_path, store):
    folder = tmp_path / "bad"
    folder.mkdir()
    files = bad_files(folder)
    assert len(files) == 14
    for name, path in files.items():
        with pytest.raises(UnreadableMedia) as caught:
            import_file(store, store.settings, path, "me")
        assert caught.value.hint, name
    assert store.pieces("me") == []


def test_missing_files_and_folders(tmp_path, store):
    with pytest.raises(NotFound):
        import_file(store, store.settings, tmp_path / "nothing.wav", "me")
    with pytest.raises(UnreadableMedia, match="folder"):
        import_file(store, store.settings, tmp_path, "me")


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.opus", "a.m4a", "a.aiff"])
def test_recordings_come_in(tmp_path, store, name):
    encode(chirp(), tmp_path / name)
    piece = import_file(store, store.settings, tmp_path / name, "me", title="My song")
    assert piece.title == "My song"
    assert piece.score is None
    assert store.wave(piece.clip).duration_s == pytest.approx(2, abs=0.12)
    assert store.path(piece.clip.id).read_bytes() == (tmp_path / name).read_bytes()


def test_content_counts_and_not_the_name(tmp_path, store):
    encode(chirp(), tmp_path / "music.txt", "flac")
    assert import_file(store, store.settings, tmp_path / "music.txt", "me").clip.channels == 2
    (tmp_path / "song.wav").write_bytes(midi_bytes(make_score(bars=1)))
    assert sniff(tmp_path / "song.wav") == "midi"


@pytest.mark.parametrize("name", ["song.mid", "song.musicxml"])
def test_scores_come_in_with_sound_and_stems(tmp_path, store, name):
    score = make_score(bars=1)
    data = midi_bytes(score) if name.endswith("mid") else musicxml(score).encode()
    (tmp_path / name).write_bytes(data)
    piece = import_file(store, store.settings, tmp_path / name, "me")
    assert piece.title == "Four chords"
    assert list(piece.stems) == ["drums", "bass", "piano", "flute"]
    assert store.score(piece.score).bars == 1
    mix = store.wave(piece.clip).samples.astype(np.float64)
    total = sum(store.wave(clip).samples.astype(np.float64) for clip in piece.stems.values())
    assert np.array_equal(mix, total)
    assert piece.mix["curve"]


def test_a_full_disk_is_named_as_such(tmp_path, monkeypatch):
    """/dev/full takes the file's opening and refuses its bytes, as a full disk does."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full on this system")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    (tmp_path / "song.wav").symlink_to("/dev/full")
    noise = np.random.default_rng(0).uniform(-1, 1, (2, 400_000)).astype(np.float32)
    with pytest.raises(DiskFull, match="was not written"):
        encode(Waveform(noise, 44100), tmp_path / "song.wav")
