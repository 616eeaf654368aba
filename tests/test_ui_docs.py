"""What docs/api.md says is true: its examples run against a server, its routes are there."""

import re
from pathlib import Path

import httpx

from tests.ui_support import service

TEXT = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_examples_run_and_the_routes_exist(tmp_path: Path, capsys) -> None:
    with service(tmp_path / "home") as (url, _):
        blocks = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
        program = "\n".join(blocks).replace("http://127.0.0.1:7860", url)
        assert url in program
        exec(compile(program, "docs/api.md", "exec"), {})
        assert "done" in capsys.readouterr().out
        paths = httpx.get(f"{url}/api/openapi.json", timeout=60).json()["paths"]
    known = {re.sub(r"\{\w+\}", "{}", path) for path in paths}
    for path in re.findall(r"`(?:GET|POST|PATCH|DELETE) (/api/[^`?]*)", TEXT):
        path = path.replace("/tools/{name}", "/tools/edit")  # each tool has a route of its own
        assert re.sub(r"\{\w+\}", "{}", path.strip()) in known, path
