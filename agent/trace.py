"""The trace of a turn: prompt, raw answer, plan, check errors, timings, faults. No secret is in it."""

import json
import os
import re
from collections.abc import Callable
from typing import Any

from segue.tools.core.settings import Settings

_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$")
_SECRET_LOOK = re.compile(
    r"\b(sk-[A-Za-z0-9_-]{8,}|hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|Bearer\s+[A-Za-z0-9._~+/-]{8,}=*)"
)
_HIDDEN = "[secret]"


class Redactor:
    """Takes secrets out of text: the settings' key, and values of variables named like one."""

    def __init__(self, settings: Settings) -> None:
        values = {settings.llm_api_key} | {v for k, v in os.environ.items() if _SECRET_NAME.search(k.upper())}
        self._values = sorted((v for v in values if len(v) >= 6), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        for value in self._values:
            text = text.replace(value, _HIDDEN)
            escaped = json.dumps(value)[1:-1]
            if escaped != value:
                text = text.replace(escaped, _HIDDEN)
        return _SECRET_LOOK.sub(_HIDDEN, text)


class Tracer:
    """Writes the trace of one turn; ``keep(kind, json)`` stores a line."""

    def __init__(self, redact: Redactor, keep: Callable[[str, str], None]) -> None:
        self._redact, self._keep = redact, keep

    def __call__(self, kind: str, body: dict[str, Any]) -> None:
        """Add a line."""
        self._keep(kind, self._redact(json.dumps(body, ensure_ascii=False, default=str)))
