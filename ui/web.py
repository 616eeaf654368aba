"""The web application: our routes first, then Gradio at / (routes added after mounting would answer 404)."""

from fastapi import FastAPI

from segue.ui import api, artifacts
from segue.ui.mcp_http import McpEndpoint
from segue.ui.room import Room
from segue.ui.streams import Streams


def service(room: Room) -> FastAPI:
    """Return everything but the page: the API, files, MCP."""
    mcp = McpEndpoint(room)
    app = FastAPI(title="Segue", docs_url=None, redoc_url=None, openapi_url=None, lifespan=mcp.lifespan)
    app.router.routes.extend([mcp.route(), *artifacts.routes(room.store)])
    api.install(app, room)
    return app


def application(room: Room) -> FastAPI:
    """Return the application over a room of conversations."""
    import gradio as gr

    from segue.ui import page

    app = service(room)
    blocks = page.build(room)
    blocks.queue(default_concurrency_limit=8, max_size=200)
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        theme=page.theme(),
        css=page.css(),
        js=page.script(),
        allowed_paths=[],
        show_error=True,
        max_file_size=room.settings.max_input_bytes,
        footer_links=[],
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        ssr_mode=False,
    )
    mounted.add_middleware(Streams)
    return mounted
