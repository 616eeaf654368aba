"""What the doctor finds: one line each."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

Level = Literal["ok", "note", "missing", "fault"]


class Finding(BaseModel):
    """One line of the doctor: ``missing`` takes something away, ``fault`` stops Segue from working."""

    what: str
    level: Level
    says: str
    do: str = ""


_SIGNS: dict[Level, str] = {"ok": "✓", "note": "·", "missing": "–", "fault": "✗"}
_HERE = "embedded, "


def screen(findings: Sequence[Finding]) -> list[str]:
    """Return the lines of one screen: a finding a line and what to do below it; the engines of this process in one."""
    here: dict[str, list[str]] = {}
    for finding in findings:
        if finding.level == "ok" and finding.says.startswith(_HERE):
            here.setdefault(finding.says.removeprefix(_HERE), []).append(finding.what)
    rows: list[Finding] = []
    for finding in findings:
        if not (finding.level == "ok" and finding.says.startswith(_HERE)):
            rows.append(finding)
        elif here:
            says = "; ".join(f"{', '.join(names)} ({licence.replace('; ', ', ')})" for licence, names in here.items())
            rows.append(Finding(what="engines here", level="ok", says=says))
            here = {}
    width = max(len(row.what) for row in rows)
    lines = []
    for row in rows:
        lines.append(f"{_SIGNS[row.level]} {row.what:<{width}}  {row.says}")
        if row.do:
            lines.append(f"    → {row.do}")
    return lines
