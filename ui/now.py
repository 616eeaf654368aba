"""What is known of one piece, for the page's right side and for programs: measures, parts, versions, its outline."""

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel

from segue.tools.core.audio import decode
from segue.tools.core.errors import NotFound
from segue.tools.core.piece import Piece
from segue.tools.core.store import Store

if TYPE_CHECKING:
    from segue.agent import Agent

_POINTS = 480  # of an outline: two a pixel of a small player
_MOST_VERSIONS = 60


class Span(BaseModel):
    """A chord or a section: its name and where it stands, seconds."""

    name: str
    start_s: float
    end_s: float


class StemOut(BaseModel):
    """A part of the mix: its name and the id of its sound."""

    name: str
    id: str


class Version(BaseModel):
    """A piece in the tree of what came of what; ``parents`` are ids in the same tree."""

    id: str
    title: str
    parents: list[str]
    how: str
    created: str


class About(BaseModel):
    """What is known of a piece. ``loudness`` is in LUFS; empty and None mean that nothing sure is known."""

    id: str
    title: str
    duration_s: float | None = None
    bpm: float | None = None
    key: str | None = None
    meter: str | None = None
    genre: str | None = None
    loudness: float | None = None
    has_score: bool = False
    chords: list[Span] = []
    sections: list[Span] = []
    stems: list[StemOut] = []
    versions: list[Version] = []


def about(agent: "Agent", id: str) -> About:
    """Return what is known of a piece of this owner's; a recording is measured the first time.

    Raises
    ------
    NotFound : unknown, or somebody else's.
    """
    from segue.tools.listen.analyse import analyse, analyse_score

    store, piece = agent.store, agent.store.piece(id, agent.owner)
    shown = About(
        id=piece.id, title=piece.title, duration_s=piece.duration_s, has_score=piece.score is not None,
        stems=[StemOut(name=name, id=clip.id) for name, clip in piece.stems.items()], versions=versions(store, piece, agent.owner),
    )  # fmt: skip
    if piece.score is not None:
        found = analyse_score(store.score(piece.score))
        shown.loudness = _loudness(store, piece)
    else:
        agent.run_tool("tag", {"clip": {"id": id}})  # waits for its place as every step does, and is remembered
        found = analyse(store, piece)
        shown.loudness = round(found.loudness_lufs, 1)
    shown.bpm, shown.key, shown.meter, shown.genre = found.bpm, found.key, found.meter, found.genre
    shown.chords = [Span(name=name, start_s=start, end_s=end) for start, end, name in found.chords if name != "N"]
    shown.sections = [Span(name=name, start_s=start, end_s=end) for name, start, end in found.sections]
    return shown


def _loudness(store: Store, piece: Piece) -> float | None:
    if piece.clip is None:
        return None
    key = f"lufs:1:{piece.clip.id}"
    known = store.recall(key)
    if known is None:
        from segue.tools.sound.loudness import integrated_lufs

        known = round(integrated_lufs(store.wave(piece.clip)), 1)
        store.remember(key, known if np.isfinite(known) else -70.0)
    return float(known)


def versions(store: Store, piece: Piece, owner: str) -> list[Version]:
    """Return the pieces that this one came of and that came of them, the oldest first."""
    seen: dict[str, Piece] = {piece.id: piece}
    queue = [piece]
    while queue and len(seen) < _MOST_VERSIONS:
        one = queue.pop(0)
        near = [*one.parents, *(row["child"] for row in store.database.rows("SELECT child FROM parents WHERE parent = ?", (one.id,)))]  # fmt: skip
        for id in near:
            if id in seen:
                continue
            try:
                seen[id] = store.piece(id, owner)
            except NotFound:  # another owner's child of a shared track, or one that was removed
                continue
            queue.append(seen[id])
    made = sorted(seen.values(), key=lambda one: (one.created, one.id))
    return [
        Version(id=one.id, title=one.title, parents=[p for p in one.parents if p in seen], how=_how(one), created=one.created)
        for one in made
    ]  # fmt: skip


def _how(piece: Piece) -> str:
    """Return in a word or two how a piece was made: the operations of an edit, else its tool."""
    if piece.made_by is None:
        return "added" if piece.kind == "track" else "attached"
    operations: list[Any] = piece.made_by.args.get("operations") or []
    named = [str(one["op"]).replace("_", " ") for one in operations if isinstance(one, dict) and one.get("op")]
    return ", ".join(dict.fromkeys(named)) or piece.made_by.tool


def peaks(store: Store, owner: str, id: str, points: int = _POINTS) -> list[int]:
    """Return a sound's outline: for each of ``points`` equal spans its level (RMS), 0 to 100 of the loudest.

    ``id`` is a piece's, or that of a stored sound (a stem).
    """
    if len(id) == 64:
        if not store.may_read(id, owner):
            raise NotFound("There is nothing here.", "It may belong to another browser.")
        clip = id
    else:
        piece = store.piece(id, owner)
        if piece.clip is None:
            raise NotFound(f"“{piece.title}” has no sound.", "Ask for it to be rendered.")
        clip = piece.clip.id
    key = f"outline:2:{points}:{clip}"
    known: list[int] | None = store.recall(key)
    if known is None:
        known = _outline(store, clip, points)
        store.remember(key, known)
    return known


def _outline(store: Store, clip: str, points: int) -> list[int]:
    wave = decode(store.path(clip), store.settings.max_input_s, store.settings.max_input_bytes)
    power = np.square(wave.samples, dtype=np.float64).mean(axis=0)
    edges = np.linspace(0, len(power), min(points, len(power)) + 1).astype(int)
    if len(edges) < 2:
        return []
    level = np.sqrt(np.add.reduceat(power, edges[:-1]) / np.diff(edges))
    top = float(level.max())
    return [round(100 * float(value) / top) if top > 0 else 0 for value in level]
