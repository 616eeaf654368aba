"""The HTTP API as a whole: ``/api`` and ``/v1`` with their errors, owners, and a description that is exact."""

import functools
import re
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from segue.ui import api_errors, api_local, api_talk, api_things, api_tools, openai_api, openai_responses
from segue.ui.caller import Caller

if TYPE_CHECKING:
    from segue.ui.room import Room

_ABOUT = """Conversations, tools, artifacts and the library of a Segue server.

An owner is an API key (`Authorization: Bearer …`) or the page's cookie; nobody sees what belongs to another."""


_NONE, _NAME = {"type": "null"}, {"type": "string", "minLength": 1}
_REFERENCE = [
    {"required": ["id"], "properties": {"id": {"type": "string"}, "step": _NONE, "field": _NONE, "index": _NONE}},
    {"required": ["step", "field"], "properties": {"id": _NONE, "step": {"type": "string"}, "field": _NAME}},
]


class Health(BaseModel):
    """That the server answers, and its version."""

    status: str
    version: str


def install(app: FastAPI, room: "Room") -> None:
    """Add the API to an application."""

    def call(request: Request) -> Caller:
        caller = Caller(room, request)
        caller.admit()
        return caller

    public = APIRouter(responses=api_errors.RESPONSES)

    @public.get("/api/health", tags=["health"])
    async def health() -> Health:
        """Tell that the server answers. Needs no key."""
        return Health(status="ok", version=_version())

    for router in (
        api_talk.routes(call), api_tools.routes(call, room.jobs), api_things.routes(call), openai_api.routes(call),
        openai_responses.routes(call),
    ):  # fmt: skip
        public.include_router(router)
    app.include_router(public)
    app.include_router(api_local.routes(room))

    @functools.cache
    def description() -> dict[str, Any]:
        return _described(app)

    def methods(path: str) -> str:
        # Starlette tells those of the first route that fits, but a path may have several.
        fits = [taken for known, taken in description()["paths"].items() if re.fullmatch(re.sub(r"{\w+}", "[^/]+", known), path)]  # fmt: skip
        return ", ".join(sorted({method.upper() for taken in fits for method in taken}))

    api_errors.install(app, methods)

    @app.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return JSONResponse(description())


def _version() -> str:
    from importlib.metadata import version

    return version("segue-music")


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description: with the way to sign in, and one shape of errors only."""
    said = get_openapi(title="Segue", version=_version(), description=_ABOUT, routes=app.routes)
    parts = said.setdefault("components", {})
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    said["security"] = [{"key": []}]
    said["paths"]["/api/health"]["get"]["security"] = []
    for name in ("Ref", "PieceRef", "ItemRef"):  # what their validator asks for, which types do not tell
        if name in parts.get("schemas", {}):
            parts["schemas"][name]["oneOf"] = _REFERENCE
    for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own shape, which is never sent
        parts.get("schemas", {}).pop(unused, None)
    return said
