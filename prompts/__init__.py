"""What the LLM is told, as Markdown files beside this one."""

import re
from functools import cache
from importlib.resources import files


@cache
def prompt(name: str) -> str:
    """Return the text of ``<name>.md``.

    >>> prompt("plan").startswith("# ")
    True
    """
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")


def filled(name: str, **values: str) -> str:
    """Return the text of ``<name>.md`` with every ``{{word}}`` replaced, in one pass: values are never searched.

    >>> "{{message}}" in filled("plan_turn", state='{"title": "{{message}}"}', message="hello")
    True
    """
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], prompt(name))
