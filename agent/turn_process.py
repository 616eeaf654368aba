"""Which process runs a turn, and whether it still lives: to tell a killed turn from one at work."""

import os
from pathlib import Path


def here() -> str:
    """Name this process: its id, and when it started where the system tells, since ids come again."""
    return f"{os.getpid()}:{_started(os.getpid())}"


def alive(name: str) -> bool:
    """Tell whether the process of that name still runs."""
    pid, _, started = name.partition(":")
    if not pid.isdigit() or not _exists(int(pid)):
        return False
    return not started or _started(int(pid)) == started


def _started(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]  # field 22 of proc(5), counted from the state; a zombie has ended


def _exists(pid: int) -> bool:
    if os.name == "nt":
        import ctypes

        query = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION; os.kill would end the process on Windows
        handle = ctypes.windll.kernel32.OpenProcess(query, False, pid)  # type: ignore[attr-defined, unused-ignore]
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)  # type: ignore[attr-defined, unused-ignore]
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
