"""The web application: our routes first, then Gradio at / (routes added after mounting would answer 404)."""

from fastapi import FastAPI

from segue.ui import api, artifacts, page
from segue.ui.room import Room


def application(room: Room) -> FastAPI:
    """Return the application over a room of conversations."""
    import gradio as gr

    app = FastAPI(title="Segue", docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes.extend([*api.routes(room), *artifacts.routes(room.store)])
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
    return mounted
