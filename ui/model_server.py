"""``segue serve-tools NAME``: one model behind the job protocol."""

from segue.tools.core.errors import ConfigError
from segue.tools.core.models import load_served
from segue.tools.core.settings import load_settings
from segue.ui.guard import LOOPBACK
from segue.ui.server import listen
from segue.ui.terminal import log


def serve_model(name: str, host: str, port: int) -> None:
    """Load a model of ``tools/backends/model_<name>.py`` and serve it until interrupted.

    Raises
    ------
    ConfigError : beyond loopback without a key, or the port is taken.
    """
    import uvicorn

    from segue.tools.core.server import create_app

    settings = load_settings()
    if host not in LOOPBACK and not settings.server_key:
        raise ConfigError(
            f"{host} can be reached by others, and no key is set.", "Set SEGUE_SERVER_KEY, or serve on 127.0.0.1."
        )
    with listen(host, port) as listening:
        model = load_served(name, settings)
        url = f"http://{host}:{listening.getsockname()[1]}"
        tasks = ", ".join(model.info.tasks)
        log(
            f"{name} ({tasks}) answers at {url}; use it with SEGUE_SERVERS={model.info.tasks[0]}={url}. Ctrl-C ends it."
        )
        app = create_app([model], key=settings.server_key)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
