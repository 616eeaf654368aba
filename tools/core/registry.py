"""The registry: the folders are it. A new file in ``tools/`` is a tool, one in ``backends/`` an engine."""

import importlib
import pkgutil
import threading
from functools import lru_cache
from types import ModuleType

import segue.tools
from segue.tools.core.base import Args, Backend, Runner, Tool
from segue.tools.core.errors import BackendUnavailable, ConfigError, InvalidArgument
from segue.tools.core.settings import Settings


def _modules(package: ModuleType) -> list[ModuleType]:
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.ispkg)
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


@lru_cache(maxsize=1)
def tools() -> dict[str, Tool]:
    """Return every tool by name."""
    found = [module.TOOL for module in _modules(segue.tools) if hasattr(module, "TOOL")]
    return {tool.name: tool for tool in found}


def tool(name: str) -> Tool:
    """Return one tool.

    Raises
    ------
    InvalidArgument : there is no such tool; the message lists those there are.
    """
    try:
        return tools()[name]
    except KeyError:
        raise InvalidArgument(f"There is no tool '{name}'.", f"Tools: {', '.join(tools())}.") from None


@lru_cache(maxsize=1)
def _all_backends() -> tuple[Backend, ...]:
    package = importlib.import_module("segue.tools.backends")
    return tuple(module.BACKEND for module in _modules(package) if hasattr(module, "BACKEND"))


def backends(tool_name: str | None = None) -> list[Backend]:
    """Return every engine, or those of one tool; embedded ones first."""
    found = [b for b in _all_backends() if tool_name is None or b.tool == tool_name]
    return sorted(found, key=lambda b: (b.tool, b.kind != "embedded", b.name))


def ranked(tool_name: str, args: Args, settings: Settings, only: str | None = None) -> list[Backend]:
    """Return the engines to try for these arguments, the best first.

    First the one that the settings prefer, then those that ignore least; of equals the embedded one,
    which costs nothing. With ``commercial`` set, engines whose licence forbids it are left out.

    Raises
    ------
    ConfigError : an engine is asked for by name that does not exist.
    BackendUnavailable : none is left; the message says why for each.
    """
    candidates = backends(tool_name)
    wanted = only or settings.prefer.get(tool_name)
    if wanted and wanted not in {b.name for b in candidates}:
        names = ", ".join(b.name for b in candidates)
        raise ConfigError(f"There is no engine '{wanted}' for {tool_name}.", f"There are: {names}.")
    usable: list[Backend] = []
    reasons: list[str] = []
    for backend in candidates:
        reason = backend.unavailable(settings)
        if only and backend.name != only:
            continue
        if settings.commercial and not backend.commercial:
            reason = f"its licence ({backend.licence}) forbids commercial use"
        if reason:
            reasons.append(f"{backend.name}: {reason}")
        else:
            usable.append(backend)
    if not usable:
        raise BackendUnavailable(f"No engine for {tool_name} can be used ({'; '.join(reasons) or 'none known'}).")
    return sorted(usable, key=lambda b: (b.name != wanted, _cost(b, args, settings), b.kind != "embedded"))


def _cost(backend: Backend, args: Args, settings: Settings) -> float:
    return len(backend.ignores(args)) if backend.cost is None else backend.cost(args, settings)


_loaded: dict[tuple[str, str, str], Runner] = {}
_loading = threading.Lock()


def load(backend: Backend, settings: Settings) -> Runner:
    """Return a backend's callable, loaded once per process and settings.

    Raises
    ------
    BackendUnavailable : a package that it needs is not installed; the message has the command.
    """
    key = (backend.tool, backend.name, settings.model_dump_json())
    with _loading:
        if key not in _loaded:
            try:
                _loaded[key] = backend.load(settings)
            except ImportError as error:
                hint = (
                    f"Run: pip install 'segue-music[{backend.extra}]'." if backend.extra else "Run: segue doctor --fix."
                )
                raise BackendUnavailable(
                    f"{backend.tool} by {backend.name} needs the package '{error.name}'.", hint
                ) from error
        return _loaded[key]
