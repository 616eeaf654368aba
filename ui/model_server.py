"""``segue serve-tools NAME …``: models behind the job protocol, loaded while the server already answers."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FrameType

import uvicorn

from segue.tools.core.errors import ConfigError, SegueError
from segue.tools.core.job_queue import JobServer
from segue.tools.core.jobs import TOOL_OF
from segue.tools.core.models import Model, Options, load_served
from segue.tools.core.server import create_app
from segue.tools.core.settings import Settings, load_settings
from segue.ui.guard import LOOPBACK
from segue.ui.server import listen
from segue.ui.terminal import log


def serve_models(
    wanted: Sequence[tuple[str, Options]],
    host: str,
    port: int,
    *,
    queue: int = 32,
    workers: int = 1,
    replicas: int = 0,
    grace_s: float = 30.0,
) -> None:
    """Load models of ``tools/backends/model_<name>.py`` and serve them until interrupted.

    Parameters
    ----------
    wanted : names, each with how it is to be loaded.
    queue : jobs that may wait.
    workers : batches of one model that run at once.
    replicas : over Ray Serve, on so many GPUs at most; 0: in this process.
    grace_s : how long jobs may go on once the server is to end, seconds; a second signal ends it at once.

    Raises
    ------
    ConfigError : beyond loopback without a key, or the port is taken.
    BackendUnavailable : a model needs a package that is not installed.
    """
    settings = load_settings()
    key = settings.server_key
    if host not in LOOPBACK and not key:
        raise ConfigError(
            f"{host} can be reached by others, and no key is set.", "Set SEGUE_SERVER_KEY, or serve on 127.0.0.1."
        )
    if replicas:
        from segue.tools.core import cluster

        cluster.enter()
    with listen(host, port) as listening:
        app = create_app((), max(workers, replicas), queue, key, hosts=() if key else LOOPBACK)
        jobs: JobServer = app.state.jobs
        jobs.loading = [name for name, _ in wanted]
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
        server = _Gentle(config, jobs, grace_s)
        url = f"http://{host}:{listening.getsockname()[1]}"
        loading = _Loading(server, partial(_load, settings, replicas), wanted, url)
        loading.start()
        server.run(sockets=[listening])
        if replicas:
            cluster.leave([name for name, _ in wanted])
    if loading.error:
        raise loading.error


class _Gentle(uvicorn.Server):
    """A server that lets jobs end and be fetched when it is told to stop; told again, it stops at once."""

    def __init__(self, config: uvicorn.Config, jobs: JobServer, grace_s: float) -> None:
        super().__init__(config)
        self.jobs, self.grace_s = jobs, grace_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Answer a signal."""
        if not self.jobs.taking:
            self.should_exit = True
            return
        self.jobs.taking = False
        threading.Thread(target=self._leave, name="leaving", daemon=True).start()

    def _leave(self) -> None:
        log("ending: what runs may end; once more ends it now")
        if not self.jobs.drain(self.grace_s):
            log(f"jobs that ran for more than {self.grace_s:g} s were stopped")
        self.should_exit = True


class _Loading(threading.Thread):
    """Loads the models one after another; what goes wrong ends the server and is kept as ``error``."""

    def __init__(
        self, server: _Gentle, load: Callable[[str, Options], Model], wanted: Sequence[tuple[str, Options]], url: str
    ) -> None:
        super().__init__(name="loading", daemon=True)
        self.error: Exception | None = None
        self._server, self._load, self._wanted, self._url = server, load, wanted, url

    def run(self) -> None:
        """Load them."""
        jobs = self._server.jobs
        log(f"loading {', '.join(jobs.loading)} …")
        try:
            for name, options in self._wanted:
                model = self._load(name, options)
                if model.info.name in jobs.lanes:
                    raise ConfigError(f"{model.info.name} is asked for twice.", "Name each model once.")
                jobs.add(model)
                jobs.loading = jobs.loading[1:]
        except Exception as error:  # whatever a library raises while it loads: told by the main thread
            self.error = error if isinstance(error, SegueError) else _failed(error, jobs.loading[0])
            jobs.taking = False
            self._server.should_exit = True
            return
        log(_greeting(jobs, self._url))


def _load(settings: Settings, replicas: int, name: str, options: Options) -> Model:
    """Load a model here, or on a cluster."""
    if not replicas:
        return load_served(name, settings, options)
    from segue.tools.core.cluster import load_replicated

    return load_replicated(name, settings, options, replicas)


def _failed(error: Exception, name: str) -> ConfigError:
    problem = ConfigError(f"{name} cannot be loaded: {type(error).__name__}: {error}"[:1000], "Check --model.")
    problem.__cause__ = error
    return problem


def _greeting(jobs: JobServer, url: str) -> str:
    tasks = {name: lane.model.info.tasks for name, lane in jobs.lanes.items()}
    shown = "; ".join(f"{name} ({', '.join(can)})" for name, can in tasks.items())
    tools: Mapping[str, None] = dict.fromkeys(TOOL_OF[task] for can in tasks.values() for task in can)
    setting = ",".join(f"{tool}={url}" for tool in tools)
    return f"{shown} at {url}; use it with SEGUE_SERVERS={setting}. Ctrl-C ends it."
