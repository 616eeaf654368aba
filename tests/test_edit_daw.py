"""DAW folders: names that group, tempo and key inside the files, and a DAWproject file that holds together."""

import importlib.util
import os
import struct
import zipfile
from pathlib import Path
from xml.etree import ElementTree as xml

import numpy as np
import pytest
import soundfile

from segue.tools import export
from segue.tools.backends import export_daw, export_files
from segue.tools.core.base import Context
from tests.edit_support import RATE, open_bench, recording, small_score


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return open_bench(tmp_path_factory.mktemp("daw"))


def exported(bench, piece, folder):
    bench.notes.clear()
    args = export.Args(items=[{"id": piece.id}], formats=["daw"], folder=str(folder))
    context = Context(bench.store, bench.store.settings, tool="export", backend="files", say=bench.notes.append)
    return [Path(file.path) for file in export_files.BACKEND.load(bench.store.settings)(args, context).files]


@pytest.fixture(scope="module")
def files(bench, tmp_path_factory):
    return exported(bench, bench.compose(), tmp_path_factory.mktemp("out"))


def chunks(path):
    data, at, found = path.read_bytes(), 12, {}
    while at + 8 <= len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        found[data[at : at + 4]] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def test_stems_have_names_that_group_and_their_tempo_inside(files):
    stems = [path for path in files if path.suffix == ".wav"]
    assert [path.name for path in stems] == [f"Small_120bpm_Am_{part}.wav" for part in ("drums", "bass", "rhodes")]
    for path in stems:
        info = soundfile.info(path)
        assert (info.subtype, info.frames) == ("PCM_24", soundfile.info(stems[0]).frames)
        assert struct.unpack_from("<f", chunks(path)[b"acid"], 20)[0] == 120.0


def test_a_dawproject_file_holds_every_stem_where_its_tracks_say(files, bench):
    path = next(path for path in files if path.suffix == ".dawproject")
    with zipfile.ZipFile(path) as archive:
        project = xml.fromstring(archive.read("project.xml"))
        names = set(archive.namelist())
        wav = archive.read("audio/Small_120bpm_Am_bass.wav")
    assert wav == next(file for file in files if file.name.endswith("_bass.wav")).read_bytes()
    assert [track.get("name") for track in project.iterfind("Structure/Track")] == ["drums", "bass", "rhodes", "Master"]
    assert {file.get("path") for file in project.iter("File")} | {"project.xml", "metadata.xml"} == names
    assert float(project.find("Transport/Tempo").get("value")) == 120
    assert [(m.get("time"), m.get("name")) for m in project.iter("Marker")] == [("0.000000", "verse")]
    every = [element.get("id") for element in project.iter() if element.get("id")]
    assert len(every) == len(set(every))
    for name in ("track", "destination", "parameter"):
        assert {e.get(name) for e in project.iter() if e.get(name)} <= set(every)


def test_the_elements_come_in_the_schemas_order(files):
    root = export_daw.project([], export_daw.Known(100.0, "6/8", [(1.0, "verse")]), None)
    assert [child.tag for child in root] == ["Application", "Transport", "Structure", "Arrangement"]
    score = small_score().model_copy(
        update={"tempo": [*small_score().tempo, type(small_score().tempo[0])(beat=8, bpm=90)]}
    )
    arrangement = export_daw.project([], export_daw.Known(100.0, "4/4", [(1.0, "verse")]), score).find("Arrangement")
    assert [child.tag for child in arrangement] == ["Lanes", "Markers", "TempoAutomation"]


@pytest.mark.skipif(
    "DAWPROJECT_XSD" not in os.environ or not importlib.util.find_spec("lxml"),
    reason="wants lxml, and DAWproject's Project.xsd named by DAWPROJECT_XSD",
)
def test_it_is_valid_by_the_schema(files):
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(os.environ["DAWPROJECT_XSD"]))
    with zipfile.ZipFile(next(path for path in files if path.suffix == ".dawproject")) as archive:
        assert schema.validate(etree.fromstring(archive.read("project.xml"))), schema.error_log


def test_a_recording_gets_the_tempo_that_is_heard(bench, tmp_path):
    ticks = recording(12.0)
    beat = np.zeros_like(ticks.samples)
    burst = np.random.default_rng(2).normal(size=900) * np.exp(-np.arange(900) / 150)
    for k in range(24):
        at = k * RATE // 2
        beat[:, at : at + 900] += (burst * (0.5 if k % 4 == 0 else 0.25)).astype(np.float32)
    found = exported(bench, bench.add(type(ticks)(beat, RATE), "Ticks"), tmp_path)
    assert {path.suffix for path in found} == {".wav", ".dawproject"}
    assert "120bpm" in next(path.name for path in found if path.suffix == ".wav")
    assert any("heard, not written down" in note for note in bench.notes)
