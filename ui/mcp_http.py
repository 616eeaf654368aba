"""MCP over HTTP: ``/mcp`` of the server, for every owner with their own key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from mcp.server.context import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from segue.tools.core.errors import SegueError
from segue.ui.api_errors import refusal
from segue.ui.caller import Caller
from segue.ui.limits import LARGEST_TEXT
from segue.ui.mcp_server import Client, create_server

if TYPE_CHECKING:
    from segue.ui.room import Room


class McpEndpoint:
    """The protocol at one address. Host, Origin and key have been checked by ``Guard`` before."""

    def __init__(self, room: "Room") -> None:
        self.room = room
        self.manager = StreamableHTTPSessionManager(
            app=create_server(self._client),
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            max_request_body_size=LARGEST_TEXT,
        )

    def _client(self, context: ServerRequestContext[Any]) -> Client:
        assert context.request is not None  # over HTTP there always is one
        caller = Caller(self.room, context.request)
        return Client(self.room.agent(caller.owner), lambda made: caller.file(made).url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the protocol."""
        try:
            Caller(self.room, Request(scope)).admit()
        except SegueError as error:
            await refusal(error)(scope, receive, send)
            return
        await self.manager.handle_request(scope, receive, send)

    def route(self) -> Route:
        """Return the route."""
        return Route("/mcp", self)

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Serve while the application runs."""
        async with self.manager.run():
            yield
