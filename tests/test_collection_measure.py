"""Measuring many files: processes that listen, files that break them, sounds too long to hold, what is asked for meanwhile."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from segue.tools.collection import hearing, measure
from segue.tools.collection.fingerprint import landmarks, landmarks_of_blocks
from segue.tools.collection.hearing import Listener, Sound, heard
from segue.tools.collection.scan import scan
from segue.tools.core.audio import Waveform, encode
from segue.tools.core.errors import Cancelled, UnreadableMedia
from segue.tools.listen import analyse
from tests.collection_support import RATE, SONGS, make_folder, make_home, tone


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.end()


def sound(path, seconds=3.0):
    return Sound(path, RATE, 1, round(seconds * RATE), 7200, 10**9)


def test_a_process_hears_what_this_one_hears_and_outlives_bad_files(tmp_path, listener):
    folder = make_folder(tmp_path / "music", 2)
    (tmp_path / "text.wav").write_text("no sound at all")
    with pytest.raises(UnreadableMedia, match=r"text\.wav"):
        listener.hear(sound(tmp_path / "text.wav"), lambda: None)
    found, marks = listener.hear(sound(folder / "01.flac"), lambda: None)
    here, ours = heard(sound(folder / "01.flac"))
    assert found == here
    assert np.array_equal(marks, ours)


def test_a_process_that_dies_or_is_stopped_says_so(tmp_path):
    folder = make_folder(tmp_path / "music", 1)
    listener = Listener()
    os.kill(listener._process.pid, signal.SIGKILL)
    with pytest.raises(UnreadableMedia, match="decoder crash"):
        listener.hear(sound(folder / "00.ogg"), lambda: None)
    assert not listener.alive
    listener.end()

    def stop():
        raise Cancelled("Stopped.")

    listener = Listener()
    with pytest.raises(Cancelled):
        listener.hear(sound(folder / "00.ogg"), stop)
    listener.end()
    assert not listener.alive


def test_a_listener_ends_with_the_one_who_listens(listener):
    listener._pipe.close()
    listener._process.join(20)
    assert not listener.alive
    listener._pipe = hearing.multiprocessing.Pipe()[0]


_THREADS = """
import multiprocessing, numpy, threadpoolctl
from segue.tools.collection import hearing
ours, theirs = multiprocessing.Pipe()
ours.close()
hearing.main(theirs)
print(max(pool["num_threads"] for pool in threadpoolctl.threadpool_info()))
"""


def test_a_process_keeps_to_one_thread_whatever_its_program_loaded_before():
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", _THREADS], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_a_folder_is_measured_by_processes(tmp_path, home, monkeypatch):
    monkeypatch.setattr(measure, "_APART_S", 0.0)
    folder = make_folder(tmp_path / "music", 3)
    _, store, catalogue = make_home(home)
    scan(catalogue, store, folder)
    pending = measure.waiting(catalogue)
    catalogue.save([pending[0].model_copy(update={"analysed": True, "caption": "asked for meanwhile"})])
    (folder / "01.flac").write_bytes((folder / "01.flac").read_bytes()[:60])
    seen = []
    good = measure.measure(catalogue, store, pending, progress=lambda done, total, label: seen.append((done, total)))
    assert good == 2
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert catalogue.track(pending[0].id).caption == "asked for meanwhile"
    assert catalogue.track(pending[1].id).state == "broken"
    assert set(catalogue.vectors(measure.DESCRIPTOR_SPACE)) == {pending[2].id}
    assert len(catalogue.vectors(measure.DESCRIPTOR_SPACE)[pending[2].id]) == 23
    catalogue.close()


def test_what_nobody_foresaw_stops_no_scan(tmp_path, home, monkeypatch):
    folder = make_folder(tmp_path / "music", 2)
    _, store, catalogue = make_home(home)
    scan(catalogue, store, folder)
    real = measure.heard

    def heard_or_not(asked, check):
        if asked.path.suffix == ".flac":
            raise RuntimeError("a fault of ours")
        return real(asked, check)

    monkeypatch.setattr(measure, "heard", heard_or_not)
    assert measure.measure(catalogue, store, measure.waiting(catalogue)) == 1
    [left] = measure.waiting(catalogue)
    assert (left.state, left.title) == ("ok", SONGS[1][0])
    assert "a fault of ours" in left.error
    catalogue.close()


def test_a_long_file_is_heard_block_by_block_as_the_whole_is(tmp_path, monkeypatch):
    wave = Waveform(np.concatenate([tone(20.0, 100, seed=n).T for n in range(2)], axis=1), RATE)
    encode(wave, tmp_path / "mix.flac")
    asked = sound(tmp_path / "mix.flac", wave.duration_s)
    whole, marks = heard(asked)
    monkeypatch.setattr(analyse, "LONG_S", 10.0)
    monkeypatch.setattr("segue.tools.core.audio.decode", None)  # nothing may hold it all
    blocks, theirs = heard(asked)
    assert (blocks.bpm, blocks.key, blocks.loudness_lufs) == (whole.bpm, whole.key, whole.loudness_lufs)
    same = {tuple(mark) for mark in marks.tolist()} & {tuple(mark) for mark in theirs.tolist()}
    assert len(same) > 0.9 * len(marks)


def test_landmarks_of_parts_lie_where_they_lie_in_the_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("segue.tools.collection.fingerprint._PART_S", 8.0)
    wave = Waveform(tone(24.0, 100, seed=3).T.copy(), RATE)
    whole = {tuple(mark) for mark in landmarks(wave).tolist()}
    blocks = [wave.samples[:, at : at + 50_000] for at in range(0, wave.frames, 50_000)]
    parts = {tuple(mark) for mark in landmarks_of_blocks(blocks, RATE).tolist()}
    assert len(whole & parts) > 0.6 * len(whole)
    assert max(frame for _, frame in parts) == pytest.approx(max(frame for _, frame in whole), abs=40)
