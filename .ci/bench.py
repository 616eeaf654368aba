"""How long things take on this machine: ``make bench``. ``--fresh`` also times ``make run`` in a new clone.

Prints a Markdown table; the README's figures are copied from it. Standard library only.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEGUE = ROOT / ".venv" / "bin" / "segue"


def main() -> int:
    """Measure, print, return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="set up a new clone, too (about 1.2 GB)")
    asked = parser.parse_args()
    rows: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        place = Path(folder)
        if asked.fresh:
            clone = place / "clone"
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
            rows.append(
                ("`make run` in a fresh clone, to a page that answers", page(["make", "run"], clone, place / "h0"))
            )
            rows.append(("`make run` the next time", page(["make", "run"], clone, place / "h0")))
        rows.append(("`segue --help`", min(command(["--help"], place / "h1") for _ in range(5))))
        rows.append(("`segue serve`, to a page that answers", page([str(SEGUE), "serve"], ROOT, place / "h1")))
        rows.append(
            ('`segue plan "…"`', min(command(["plan", "make a calm piano loop"], place / "h1") for _ in range(3)))
        )
        piece = place / "beat.wav"
        made = command(["generate", "a lo-fi beat", "--duration", "20", "--seed", "1", "-o", str(piece)], place / "h1")
        rows.append(("`segue generate`, 20 s of music", made))
        if piece.exists():
            rows.append(("`segue tag` of it", command(["tag", str(piece)], place / "h1")))
    cores = os.cpu_count()
    print(f"| on {cores} cores, Python {sys.version.split()[0]} | seconds |\n|---|---|")
    for what, seconds in rows:
        print(f"| {what} | {seconds:.1f} |")
    print(flush=True)
    return subprocess.run([str(ROOT / ".venv" / "bin" / "python"), str(ROOT / ".ci" / "bench_render.py")]).returncode


def command(words: list[str], home: Path) -> float:
    """Return how long a command takes; it must succeed."""
    start = time.perf_counter()
    done = subprocess.run([str(SEGUE), *words], env=environment(home), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"segue {' '.join(words)} failed: {done.stderr[-500:]}")
    return time.perf_counter() - start


def page(words: list[str], folder: Path, home: Path) -> float:
    """Return how long it takes from a command to a page that answers; the server is ended then."""
    port = free_port()
    options = [f"SERVE=--port {port} --no-opening"] if words[0] == "make" else ["--port", str(port), "--no-opening"]
    start = time.perf_counter()
    server = subprocess.Popen([*words, *options], cwd=folder, env=environment(home), start_new_session=True)
    try:
        while not answers(f"http://127.0.0.1:{port}/"):
            if server.poll() is not None or time.perf_counter() - start > 900:
                sys.exit(f"{' '.join(words)} ended without a page")
            time.sleep(0.05)
        return time.perf_counter() - start
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def answers(url: str) -> bool:
    """Tell whether a page is there."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """Return a port that nothing uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def environment(home: Path) -> dict[str, str]:
    """Return the environment with a data folder of its own and no settings from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEGUE_", "OPENAI_"))}
    return {**kept, "SEGUE_HOME": str(home)}


if __name__ == "__main__":
    sys.exit(main())
