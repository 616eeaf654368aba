"""``/api/pieces`` and ``/api/library``: what an owner has, what came of what, and the shared library."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, UploadFile
from pydantic import BaseModel

from segue.tools.core.errors import InvalidArgument
from segue.tools.core.piece import Piece
from segue.tools.retrieve import Item
from segue.ui.artifacts import respond
from segue.ui.caller import Caller
from segue.ui.now import About, about, peaks

if TYPE_CHECKING:
    from segue.agent import Agent


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}, "audio/*": {}}, "description": "the file"},
    206: {"content": {"application/octet-stream": {}, "audio/*": {}}, "description": "the range that was asked for"},
    416: {"description": "no such range"},
}


class PieceOut(Piece):
    """A piece, with the address of its sound."""

    url: str | None = None


class LibraryOut(BaseModel):
    """The library: how many tracks, which folders (told to this machine's user only), statistics."""

    tracks: int
    folders: list[str] = []
    statistics: list[dict[str, Any]] = []


class Found(BaseModel):
    """Tracks that were found, and how many there are in all."""

    items: list[Item]
    total: int


def routes(call: Callable[[Request], Caller]) -> APIRouter:
    """Return the routes; ``call`` gives who calls."""
    router = APIRouter()
    Who = Annotated[Caller, Depends(call)]

    def shown(caller: Caller, piece: Piece) -> PieceOut:
        url = caller.link(piece.id) if piece.clip else None
        return PieceOut(**piece.model_dump(), url=url)

    @router.post("/api/pieces", status_code=201, tags=["pieces"])
    async def upload(caller: Who, file: UploadFile) -> PieceOut:
        """Take a file in (audio, video's sound, MIDI, MusicXML) as a piece; its id is what messages attach."""
        agent = await caller.agent()
        return shown(caller, await asyncio.to_thread(_keep, agent, file))

    @router.get("/api/pieces", tags=["pieces"])
    async def pieces(caller: Who, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[PieceOut]:
        """List the caller's pieces, the newest first."""
        agent = await caller.agent()
        found = await asyncio.to_thread(agent.store.pieces, caller.owner, "piece", limit)
        return [shown(caller, piece) for piece in found]

    @router.get("/api/pieces/{id}", tags=["pieces"])
    async def piece(caller: Who, id: str) -> PieceOut:
        """Return a piece, or a track of the library."""
        agent = await caller.agent()
        return shown(caller, await asyncio.to_thread(agent.store.piece, id, caller.owner))

    @router.get("/api/pieces/{id}/about", tags=["pieces"])
    async def about_piece(caller: Who, id: str) -> About:
        """Return what is known of a piece: tempo, key, loudness, chords and sections in time, stems, its versions."""
        agent = await caller.agent()
        return await asyncio.to_thread(about, agent, id)

    @router.get("/api/artifacts/{id}", tags=["artifacts"], responses=_FILE, response_class=Response)
    async def artifact(caller: Who, id: str) -> Response:
        """Return a piece's sound, or a file that was made. Ranges are answered."""
        return await asyncio.to_thread(respond, caller.room.store, caller.owner, id, "")

    @router.get("/api/artifacts/{id}/peaks", tags=["artifacts"])
    async def outline(caller: Who, id: str) -> list[int]:
        """Return the outline of a sound, to draw it: peaks from 0 to 100."""
        return await asyncio.to_thread(peaks, caller.room.store, caller.owner, id)

    @router.get("/api/artifacts/{id}/{name}", tags=["artifacts"], responses=_FILE, response_class=Response)
    async def named(caller: Who, id: str, name: str) -> Response:
        """Return it in the form that the name's suffix says: wav, flac, mp3, ogg, m4a, mid, musicxml; roll.svg, score.svg."""
        return await asyncio.to_thread(respond, caller.room.store, caller.owner, id, name)

    @router.get("/api/library", tags=["library"])
    async def library(caller: Who) -> LibraryOut:
        """Return how large the library is, and of what it consists."""
        agent = await caller.agent()
        status = await agent.arun_tool("library", {"action": "status"})
        stats = await agent.arun_tool("library", {"action": "stats"})
        rows = (status.out or {}).get("rows", [])
        return _library(rows, (stats.out or {}).get("rows", []), caller.owner == "local")

    @router.get("/api/library/tracks", tags=["library"])
    async def tracks(
        caller: Who, query: Annotated[str, Query(max_length=500)] = "", k: Annotated[int, Query(ge=1, le=500)] = 20
    ) -> Found:
        """Search the library by words; `POST /api/tools/retrieve` takes filters and likeness, too."""
        agent = await caller.agent()
        result = await agent.arun_tool("retrieve", {"query": query, "k": k})
        if result.error:
            return Found(items=[], total=0)
        return Found.model_validate(result.out)

    return router


def _keep(agent: "Agent", file: UploadFile) -> Piece:
    name = Path(file.filename or "").name
    if not Path(name).suffix:
        raise InvalidArgument("The file's name has no suffix.", "For example song.wav or tune.mid.")
    with tempfile.TemporaryDirectory(prefix="segue-upload-") as folder:
        path = Path(folder) / f"upload{Path(name).suffix.lower()}"
        with path.open("wb") as out:
            while block := file.file.read(1 << 20):
                out.write(block)
        return agent.import_file(path, title=Path(name).stem)


def _library(rows: list[dict[str, Any]], statistics: list[dict[str, Any]], local: bool) -> LibraryOut:
    status = rows[0] if rows else {}
    folders = status.get("folders") or []
    return LibraryOut(tracks=int(status.get("tracks") or 0), folders=folders if local else [], statistics=statistics)
