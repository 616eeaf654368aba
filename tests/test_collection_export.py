"""Exports, each read back: audio, stems, notation, playlists, DAW folders; names, owners, refusals."""

import os
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import mido
import numpy as np
import pytest
import soundfile

from segue.tools import export
from segue.tools.collection.files import place, safe_name
from segue.tools.collection.scan import scan
from segue.tools.core.audio import Waveform, decode, quantised
from segue.tools.core.base import ItemRef
from segue.tools.core.errors import CannotDo, InvalidArgument, NotFound
from segue.tools.core.registry import backends, load
from segue.tools.core.score import ChordSpan, Note, Part, Score, Section, TempoMark
from tests.collection_support import RATE, make_context, make_folder, make_home, tone


def small_score() -> Score:
    """Four bars for two parts, with words to the tune."""
    words = ["The", "tide", "comes", "in-"]
    tune = [Note(start=4.0 * bar, duration=1.5, pitch=62 + bar, lyric=words[bar]) for bar in range(4)]
    bass = [Note(start=float(b), duration=0.9, pitch=38) for b in range(16)]
    return Score(
        title="Low/Tide?", tempo=[TempoMark(bpm=92)], key="D minor", bars=4,
        chords=[ChordSpan(start=0, duration=16, symbol="Dm")],
        sections=[Section(name="verse", start_bar=1, bars=2), Section(name="chorus", start_bar=3, bars=2)],
        parts=[Part(name="melody", role="melody", program=40, notes=tune), Part(name="bass", role="bass", stem="bass", program=33, notes=bass)],
    )  # fmt: skip


class Desk:
    """The export tool with a piece that has score and stems, a recording, and library tracks."""

    def __init__(self, home, folder):
        self.settings, self.store, self.catalogue = make_home(home)
        self.context, self.notes = make_context(self.settings, self.store)
        self.run = load(backends("export")[0], self.settings)
        scan(self.catalogue, self.store, make_folder(folder, 3))
        self.tracks = self.catalogue.find()
        stems = {name: quantised(0.3 * tone(2.0, 92, n).T) for n, name in enumerate(("melody", "bass"))}
        score = small_score()
        self.context.add_piece(score.title, score=score)
        self.piece = self.context.add_piece(
            score.title,
            wave=Waveform(quantised(sum(stems.values())), RATE),
            score=score,
            stems={name: Waveform(samples, RATE) for name, samples in stems.items()},
        )
        self.recording = self.context.add_piece("hum", wave=Waveform(tone(1.0, 80, 9).T.copy(), RATE))

    def save(self, ids, *formats, folder=None, owner="local") -> list:
        self.notes.clear()
        self.context.owner = owner
        args = export.Args(items=[ItemRef(id=id) for id in ids], formats=list(formats), folder=folder)
        return self.run(args, self.context).files


@pytest.fixture
def desk(home, tmp_path):
    desk = Desk(home, tmp_path / "music é#")
    yield desk
    desk.catalogue.close()


def test_audio_in_every_format_reads_back(desk):
    files = desk.save([desk.piece.id], "wav", "flac", "mp3", "ogg", "m4a")
    assert [Path(file.path).suffix for file in files] == [".wav", ".flac", ".mp3", ".ogg", ".m4a"]
    original = desk.store.wave(desk.piece.clip)
    for file in files:
        assert Path(file.path).parent == desk.settings.home / "exports"
        assert file.kind == "audio"
        wave = decode(Path(file.path))
        assert wave.duration_s == pytest.approx(original.duration_s, abs=0.1)
        assert desk.store.may_read(file.id, "local")
        assert desk.store.path(file.id).is_file()
    assert np.array_equal(decode(Path(files[0].path)).samples, original.samples)
    assert np.array_equal(decode(Path(files[1].path)).samples, original.samples)


def test_stems_are_24_bit_equal_and_sum_to_the_mix(desk):
    files = desk.save([desk.piece.id], "stems")
    assert [file.name for file in files] == ["Low-Tide_092bpm_Dm_melody.wav", "Low-Tide_092bpm_Dm_bass.wav"]
    assert {soundfile.info(file.path).subtype for file in files} == {"PCM_24"}
    waves = [decode(Path(file.path)) for file in files]
    assert len({wave.frames for wave in waves}) == 1
    mix = desk.store.wave(desk.piece.clip).samples
    assert np.array_equal(np.sum([wave.samples for wave in waves], axis=0, dtype=np.float32), mix)


def test_notation_reads_back(desk):
    midi, xml, svg, pdf = desk.save([desk.piece.id], "midi", "musicxml", "svg", "pdf")
    played = mido.MidiFile(midi.path)
    assert sum(message.type == "note_on" and message.velocity > 0 for track in played.tracks for message in track) == 20
    assert "score-partwise" in Path(xml.path).read_text()
    assert ElementTree.parse(svg.path).getroot().tag.endswith("svg")
    assert Path(pdf.path).read_bytes().startswith(b"%PDF")
    assert [file.kind for file in (midi, xml, svg, pdf)] == ["midi", "score", "picture", "picture"]


def test_lyrics_with_times(desk):
    [file] = desk.save([desk.piece.id], "lrc")
    lines = Path(file.path).read_text().splitlines()
    assert lines[1] == "[00:00.00]The"
    assert lines[2] == "[00:02.61]tide"


def test_playlists_hold_real_paths_in_order(desk):
    ids = [desk.tracks[2].id, desk.piece.id, desk.tracks[0].id]
    files = desk.save(ids, "m3u8", "xspf")
    playlist = next(file for file in files if file.name.endswith(".m3u8"))
    lines = Path(playlist.path).read_text("utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    paths = [Path(line) for line in lines if not line.startswith("#")]
    assert [str(paths[0]), str(paths[2])] == [desk.tracks[2].path, desk.tracks[0].path]
    assert all(path.is_absolute() and path.is_file() for path in paths)
    assert decode(paths[1]).duration_s == pytest.approx(2.0, abs=0.01)
    assert lines[1] == "#EXTINF:3,The Anvils - Iron Gate"
    root = ElementTree.parse(next(file.path for file in files if file.name.endswith(".xspf"))).getroot()
    places = [unquote(urlparse(node.text).path) for node in root.iter("{http://xspf.org/ns/0/}location")]
    assert places == [str(path) for path in paths]
    assert sum(file.kind == "audio" for file in files) == 1


def test_a_daw_folder(desk):
    files = desk.save([desk.piece.id], "daw")
    folder = Path(files[0].path).parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "Low-Tide.dawproject", "Low-Tide.mid", "Low-Tide_092bpm_Dm_bass.wav", "Low-Tide_092bpm_Dm_melody.wav", "markers.txt",
    ]  # fmt: skip
    assert "5.217 s\tbar 3\tchorus" in (folder / "markers.txt").read_text()
    again = Path(desk.save([desk.piece.id], "daw")[0].path).parent
    assert again.name == "Low-Tide DAW (2)"


def test_nothing_is_overwritten(desk, tmp_path):
    folder = tmp_path / "out"
    names = [desk.save([desk.recording.id], "wav", folder=str(folder))[0].name for _ in range(3)]
    assert names == ["hum.wav", "hum (2).wav", "hum (3).wav"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_what_cannot_be_written_is_said(desk):
    for formats, words in (
        (["midi"], "Transcribe it first"),
        (["stems"], "no stems"),
        (["lrc"], "No lyrics"),
    ):
        with pytest.raises(CannotDo, match=words):
            desk.save([desk.recording.id], *formats)
    files = desk.save([desk.recording.id, desk.piece.id], "midi")
    assert len(files) == 1
    assert "'hum' is a recording without notes" in desk.notes[0]
    with pytest.raises(NotFound):
        desk.save(["p_unknown"], "wav")


def test_files_of_the_store_are_copied_to_their_owner_only(desk):
    [midi] = desk.save([desk.piece.id], "midi")
    [copy] = desk.save([midi.id], "midi")
    assert Path(copy.path).read_bytes() == Path(midi.path).read_bytes()
    with pytest.raises(CannotDo, match="cannot be written as wav"):
        desk.save([midi.id], "wav")
    with pytest.raises(NotFound):
        desk.save([midi.id], "midi", owner="somebody else")


def test_only_the_local_user_names_folders(desk, tmp_path):
    track = desk.tracks[0].id
    [file] = desk.save([track], "wav", folder=str(tmp_path / "far"), owner="guest")
    assert Path(file.path).parent == desk.settings.home / "exports"
    assert "on the machine itself" in desk.notes[0]
    assert not (tmp_path / "far").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidArgument, match="not a folder"):
        desk.save([track], "wav", folder=str(tmp_path / "file"))


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_an_error(desk, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(CannotDo, match="cannot be written to"):
        desk.save([desk.recording.id], "wav", folder=str(tmp_path / "locked"))


def test_a_broken_write_leaves_nothing_behind(tmp_path):
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    from segue.tools.core.errors import DiskFull

    with pytest.raises(DiskFull):
        place(tmp_path, "x", ".wav", fail)
    assert list(tmp_path.iterdir()) == []


def test_names_are_safe_everywhere():
    assert safe_name("../../etc/passwd") == "etc-passwd"
    assert safe_name("CON") == "_CON"
    assert safe_name("  ...  ") == "untitled"
    assert safe_name("🎷" * 200).encode("utf-8").__len__() <= 120
    assert "\n" not in safe_name("a\nb\x00c")
