"""The tables of ``segue eval edit``: for the terminal, and as Markdown between markers of a text file."""

from collections.abc import Mapping, Sequence
from typing import Any

_FOLDED = 12  # rows from which on a table is folded away


def markers(part: str) -> tuple[str, str]:
    """Return the lines between which a part's table stands in a text."""
    return f"<!-- eval edit: {part} -->", f"<!-- /eval edit: {part} -->"


def terminal(tables: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: first the goals, then every table, a line a row."""
    rows = [
        ["goal", goal["goal"], goal["found"], "met" if goal["met"] else "MISSED"] for t in tables for goal in t["goals"]
    ]
    for one in tables:
        names = one["header"][2:]
        for line in one["rows"]:
            found = "; ".join(f"{name}: {cell}" for name, cell in zip(names, line[2:], strict=True) if cell)
            rows.append([one["title"], line[0], line[1], found[:150]])
    return ["table", "what", "", "found"], rows


def markdown(tables: Sequence[Mapping[str, Any]]) -> str:
    """Return the goals and all tables as Markdown."""
    goals = [[goal["goal"], goal["found"], "yes" if goal["met"] else "**no**"] for t in tables for goal in t["goals"]]
    parts = [lines(["goal", "found", "met"], goals)]
    for one in tables:
        body = lines(one["header"], one["rows"])
        if len(one["rows"]) > _FOLDED:
            body = f"<details><summary>{one['title']}: {len(one['rows'])} rows</summary>\n\n{body}\n\n</details>"
        parts.append(f"**{one['title']}.** {one['note']}\n\n{body}")
    return "\n\n".join(parts)


def lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    clean = [[cell.replace("|", "/").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *clean))
