"""``/artifacts``: the one way by which files leave the store, with an owner check, types and ranges.

``/artifacts/{id}`` is a piece's or track's sound, or a stored file; ``/artifacts/{id}/{name}`` the same
in the form that the name's suffix says: wav, flac, mp3, ogg, m4a, mid, musicxml, ``roll.svg``, ``score.svg``.
"""

import asyncio
import tempfile
from pathlib import Path
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from segue.tools.core.audio import encode
from segue.tools.core.errors import CannotDo, InvalidArgument, NotFound, SegueError
from segue.tools.core.piece import Piece
from segue.tools.core.piece_marks import marks_of
from segue.tools.core.store import Store
from segue.ui.api_errors import refusal

MEDIA_TYPES = {
    ".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".oga": "audio/ogg",
    ".opus": "audio/ogg", ".m4a": "audio/mp4", ".mp4": "audio/mp4", ".aac": "audio/aac", ".webm": "audio/webm",
    ".aif": "audio/aiff", ".aiff": "audio/aiff", ".mid": "audio/midi", ".midi": "audio/midi",
    ".musicxml": "application/vnd.recordare.musicxml+xml", ".svg": "image/svg+xml", ".png": "image/png",
    ".pdf": "application/pdf", ".m3u8": "audio/x-mpegurl", ".xspf": "application/xspf+xml", ".zip": "application/zip",
    ".json": "application/json", ".txt": "text/plain; charset=utf-8", ".lrc": "text/plain; charset=utf-8",
}  # fmt: skip
# What browsers play as it is; everything else is turned into wav for them.
PLAYABLE = {".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".webm"}
ENCODED = {".wav", ".flac", ".mp3", ".ogg", ".m4a"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; sandbox"


def routes(store: Store) -> list[Route]:
    """Return the routes over one store."""

    async def artifact(request: Request) -> Response:
        id, name = request.path_params["id"], request.path_params.get("name", "")
        try:
            if not request.state.owner:
                raise NotFound("There is nothing here.", "Open Segue's page first.")
            return await asyncio.to_thread(respond, store, request.state.owner, id, name)
        except SegueError as error:
            return refusal(error)

    return [Route("/artifacts/{id}", artifact), Route("/artifacts/{id}/{name}", artifact)]


def respond(store: Store, owner: str, id: str, name: str) -> Response:
    """Return an artifact of an owner's, in the form that the name says; as it is without one.

    Raises
    ------
    NotFound : unknown, or somebody else's.
    CannotDo, InvalidArgument : it does not have that form.
    """
    if len(id) == 64:
        if not store.may_read(id, owner):
            raise NotFound("There is nothing here.", "It may belong to another browser.")
        path = store.path(id)
        return _file(path, path.suffix, name)
    piece = store.piece(id, owner)
    if name in ("roll.svg", "score.svg"):
        return _picture(store, piece, name)
    suffix = Path(name).suffix.lower()
    if suffix in (".mid", ".musicxml"):
        return _notes(store, piece, suffix, name)
    if piece.clip is None:
        raise CannotDo(f"'{piece.title}' has no sound.", "Ask for it to be rendered.")
    path = store.path(piece.clip.id)
    kept = path.suffix.lower()
    if suffix in ("", kept) and (suffix or kept in PLAYABLE):
        return _file(path, kept, name)
    if suffix and suffix not in ENCODED:
        raise InvalidArgument(f"'{suffix}' is no form that is offered.", f"Choose one of {', '.join(sorted(ENCODED))}.")
    return _encoded(store, piece, suffix or ".wav", name)


def _headers(name: str) -> dict[str, str]:
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "private, max-age=3600"}
    if name:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return headers


def _file(path: Path, suffix: str, name: str) -> Response:
    media_type = MEDIA_TYPES.get(suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=media_type, headers=_headers(name))


def encoded(store: Store, piece: Piece, suffix: str) -> Path:
    """Write a piece's sound in another form to a temporary file, which the caller removes."""
    assert piece.clip is not None
    with tempfile.NamedTemporaryFile(prefix="segue-", suffix=suffix, delete=False) as handle:
        path = Path(handle.name)
    try:
        score = store.score(piece.score) if piece.score else None
        encode(store.wave(piece.clip), path, marks=marks_of(piece, score, piece.clip.frames))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _encoded(store: Store, piece: Piece, suffix: str, name: str) -> Response:
    path = encoded(store, piece, suffix)
    headers = _headers(name)
    return FileResponse(
        path, media_type=MEDIA_TYPES[suffix], headers=headers, background=BackgroundTask(path.unlink, missing_ok=True)
    )


def _notes(store: Store, piece: Piece, suffix: str, name: str) -> Response:
    from segue.tools.music import notation

    if piece.score is None:
        raise CannotDo(f"'{piece.title}' has no notes yet.", "Ask: transcribe it as MIDI.")
    score = store.score(piece.score)
    data = notation.midi_bytes(score) if suffix == ".mid" else notation.musicxml(score).encode()
    return Response(data, media_type=MEDIA_TYPES[suffix], headers=_headers(name))


def _picture(store: Store, piece: Piece, name: str) -> Response:
    from segue.tools.music import notation

    if piece.score is None:
        raise CannotDo(f"'{piece.title}' has no notes yet.", "Ask: transcribe it.")
    score = store.score(piece.score)
    svg = notation.piano_roll_svg(score) if name == "roll.svg" else notation.score_svg(score)
    return Response(svg, media_type=MEDIA_TYPES[".svg"], headers=_headers(""))
