"""How good Segue is: suites that print one table each. The folder is the list: a module with ``SUITE`` is one."""

import importlib
import pkgutil
from types import ModuleType


def suites() -> dict[str, ModuleType]:
    """Return every suite by name: a module with ``SUITE``, ``DESCRIPTION``, ``run`` and ``table``."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.SUITE: module for module in modules if hasattr(module, "SUITE")}
