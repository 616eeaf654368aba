"""``segue serve``: the chat page at /, the API at /api, files at /artifacts, on one port."""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
from pathlib import Path

from segue.tools.core.errors import ConfigError, StoreError
from segue.tools.core.settings import Settings, load_settings
from segue.ui import home
from segue.ui.guard import LOOPBACK, Guard
from segue.ui.keys import Keys
from segue.ui.limits import BodyLimit
from segue.ui.terminal import log


def serve(host: str, port: int, opening: bool = True) -> None:
    """Serve until interrupted.

    Raises
    ------
    ConfigError : beyond loopback without a key, or the port is taken.
    HomeInUse : another process owns the data folder.
    """
    settings = load_settings()
    key = os.environ.get("SEGUE_API_KEY") or None
    closed = bool(key) or host not in LOOPBACK
    if closed and not key and not Keys(settings.home).all():
        raise ConfigError(
            f"{host} can be reached by others, and no key is set.",
            "Set SEGUE_API_KEY, make one with `segue keys add NAME`, or serve on 127.0.0.1.",
        )
    gone = home.left_behind(settings.home)
    if gone:
        log(f"`segue {gone.command}` (process {gone.pid}) had ended without giving the data folder back; all is well")
    listening = listen(host, port)
    port = listening.getsockname()[1]
    reach = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    with listening, home.owned(settings.home, "serve", host=reach, port=port, wait_s=1.0) as me:
        _run(settings, listening, me, key, closed, opening)


def listen(host: str, port: int) -> socket.socket:
    """Take a port, or raise ``ConfigError`` with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    if os.name != "nt":  # there it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"Port {port} on {host} cannot be used ({error.strerror}).",
            f"End what uses it, or choose another: --port {port + 1 if port < 65535 else 0}",
        ) from error
    return listening


def _run(
    settings: Settings, listening: socket.socket, me: home.Holder, key: str | None, closed: bool, opening: bool
) -> None:
    # Gradio reads these when it is imported.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    uploads = tempfile.mkdtemp(prefix="segue-uploads-")
    os.environ["GRADIO_TEMP_DIR"] = uploads
    try:
        import uvicorn

        from segue.ui.room import Room
        from segue.ui.web import application

        log("starting …")
        if settings.processes is None:
            settings = settings.model_copy(update={"processes": max(1, (os.cpu_count() or 2) - 1)})
        room = Room(settings, folders=not closed)
        try:
            inner = BodyLimit(application(room), settings.max_input_bytes)
            guard = Guard(inner, me.token, key, Keys(settings.home), room.links, closed)
            config = uvicorn.Config(guard, log_level="warning", timeout_graceful_shutdown=3, lifespan="on")
            server = uvicorn.Server(config)
            threading.Thread(target=room.host.warm, name="workers", daemon=True).start()
            if opening:
                room.opening.compose(room.host, log)
            log(f"Segue is at {me.url}  (Ctrl-C ends it)")
            # Uvicorn raises the signal again after it has shut down; to end is what was asked for.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with contextlib.suppress(KeyboardInterrupt):
                server.run(sockets=[listening])
            log("ended")
        finally:
            room.close()
    except OSError as error:
        raise StoreError(
            f"The server stopped ({error.strerror or error}).", "Look at the message, then try again."
        ) from error
    finally:
        shutil.rmtree(Path(uploads), ignore_errors=True)
