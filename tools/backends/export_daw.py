"""A DAWproject file: stems on tracks, with tempo, meter and markers, in the open exchange format of that name, version 1.0.

Everything lies in seconds, so that the sound stays where it is whatever a workstation does to the tempo; the tempo map is
there as automation besides. The audio is inside the file, which is a ZIP archive.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as xml

from segue.tools.core.score import Score

VERSION = "1.0"


@dataclass(frozen=True)
class Lane:
    """One stem: its name and the WAV file that holds it."""

    name: str
    file: Path
    channels: int
    sample_rate: int
    frames: int


@dataclass(frozen=True)
class Known:
    """What is known of the time in a piece: the tempo, the meter, and markers as (seconds, name)."""

    bpm: float | None
    meter: str
    markers: Sequence[tuple[float, str]]


def write_dawproject(path: Path, title: str, lanes: Sequence[Lane], known: Known, score: Score | None) -> None:
    """Write a DAWproject file with the lanes' audio in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, root in (("project.xml", project(lanes, known, score)), ("metadata.xml", _metadata(title, score))):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, xml.tostring(root, encoding="utf-8", xml_declaration=True))
        for lane in lanes:
            entry = zipfile.ZipInfo(f"audio/{lane.file.name}", (1980, 1, 1, 0, 0, 0))
            with archive.open(entry, "w", force_zip64=True) as out, lane.file.open("rb") as source:
                while block := source.read(1 << 20):
                    out.write(block)


def _metadata(title: str, score: Score | None) -> xml.Element:
    root = xml.Element("MetaData")
    xml.SubElement(root, "Title").text = title
    if score and score.genre:
        xml.SubElement(root, "Genre").text = score.genre
    return root


def project(lanes: Sequence[Lane], known: Known, score: Score | None) -> xml.Element:
    """Return ``project.xml``: one audio track a lane, all to one master."""
    root = xml.Element("Project", version=VERSION)
    xml.SubElement(root, "Application", name="Segue", version=VERSION)
    _transport(root, known)
    structure = xml.SubElement(root, "Structure")
    for number, lane in enumerate(lanes, 1):
        _track(structure, f"track{number}", lane.name, "audio", lane.channels, "regular", "master")
    _track(structure, "mastertrack", "Master", "audio notes", 2, "master", None)
    arrangement = xml.SubElement(root, "Arrangement", id="arrangement")
    every = xml.SubElement(arrangement, "Lanes", timeUnit="seconds", id="lanes")
    for number, lane in enumerate(lanes, 1):
        own = xml.SubElement(every, "Lanes", track=f"track{number}", id=f"lanes{number}")
        clips = xml.SubElement(own, "Clips", id=f"clips{number}")
        seconds = f"{lane.frames / lane.sample_rate:.9f}"
        clip = xml.SubElement(
            clips, "Clip", name=lane.name, time="0.0", duration=seconds, contentTimeUnit="seconds", playStart="0.0"
        )
        audio = xml.SubElement(
            clip,
            "Audio",
            channels=str(lane.channels),
            sampleRate=str(lane.sample_rate),
            duration=seconds,
            id=f"audio{number}",
        )
        xml.SubElement(audio, "File", path=f"audio/{lane.file.name}")
    if known.markers:
        markers = xml.SubElement(arrangement, "Markers", timeUnit="seconds", id="markers")
        for at, name in known.markers:
            xml.SubElement(markers, "Marker", time=f"{at:.6f}", name=name)
    if score and len(score.tempo) > 1:
        automation = xml.SubElement(arrangement, "TempoAutomation", timeUnit="beats", unit="bpm", id="tempomap")
        xml.SubElement(automation, "Target", parameter="tempo")
        for mark in score.tempo:
            xml.SubElement(automation, "RealPoint", time=f"{mark.beat:g}", value=f"{mark.bpm:g}", interpolation="hold")
    return root


def _transport(root: xml.Element, known: Known) -> None:
    if known.bpm is None:
        return
    upper, lower = known.meter.split("/")
    transport = xml.SubElement(root, "Transport")
    xml.SubElement(
        transport, "Tempo", max="999", min="20", unit="bpm", value=f"{known.bpm:.6g}", id="tempo", name="Tempo"
    )
    xml.SubElement(transport, "TimeSignature", numerator=upper, denominator=lower, id="meter")


def _track(
    parent: xml.Element, id: str, name: str, content: str, channels: int, role: str, destination: str | None
) -> None:  # fmt: skip
    track = xml.SubElement(parent, "Track", contentType=content, loaded="true", id=id, name=name)
    own = "master" if role == "master" else f"channel{id.removeprefix('track')}"
    channel = xml.SubElement(track, "Channel", audioChannels=str(channels), role=role, solo="false", id=own)
    if destination:
        channel.set("destination", destination)
    xml.SubElement(channel, "Mute", value="false", id=f"mute_{id}", name="Mute")
    xml.SubElement(channel, "Pan", max="1", min="0", unit="normalized", value="0.5", id=f"pan_{id}", name="Pan")
    xml.SubElement(channel, "Volume", max="2", min="0", unit="linear", value="1", id=f"volume_{id}", name="Volume")
