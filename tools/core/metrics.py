"""What a server counts, in Prometheus' text format (version 0.0.4), so that any scraper reads it."""

import threading
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

Labels = tuple[tuple[str, str], ...]

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@dataclass(frozen=True)
class Family:
    """A metric: what it means, of which kind, and a histogram's upper bounds."""

    help: str
    kind: Literal["counter", "gauge", "histogram"] = "counter"
    bounds: tuple[float, ...] = ()


FAMILIES = {
    "segue_jobs_total": Family("Jobs that ended, by how."),
    "segue_jobs_refused_total": Family("Submissions that were refused, by the error's name."),
    "segue_out_of_memory_total": Family("Batches that did not fit into memory."),
    "segue_batch_rows": Family("Rows in a batch.", "histogram", _ROWS),
    "segue_batch_seconds": Family("Seconds that a batch took.", "histogram", _SECONDS),
    "segue_job_seconds": Family("Seconds that a job ran.", "histogram", _SECONDS),
    "segue_queue_seconds": Family("Seconds that a job waited.", "histogram", _SECONDS),
    "segue_jobs_waiting": Family("Jobs that wait.", "gauge"),
    "segue_jobs_running": Family("Jobs that run.", "gauge"),
    "segue_queue_limit": Family("Jobs that may wait.", "gauge"),
    "segue_ready": Family("Whether jobs are taken.", "gauge"),
    "segue_blob_bytes": Family("Uploaded sound that is kept, bytes.", "gauge"),
}


class Metrics:
    """Counters, gauges and histograms of one server; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, dict[Labels, float]] = defaultdict(lambda: defaultdict(float))
        self._buckets: dict[str, dict[Labels, list[int]]] = defaultdict(dict)

    def count(self, name: str, value: float = 1.0, **labels: str) -> None:
        """Add to a counter."""
        with self._lock:
            self._values[name][_key(labels)] += value

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        with self._lock:
            self._values[name][_key(labels)] = value

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add an observation to a histogram."""
        bounds = FAMILIES[name].bounds
        with self._lock:
            counts = self._buckets[name].setdefault(_key(labels), [0] * (len(bounds) + 1))
            counts[bisect_left(bounds, value)] += 1
            self._values[name][_key(labels)] += value

    def text(self) -> str:
        """Return everything in the exposition format."""
        with self._lock:
            return "".join(self._family(name, family) for name, family in FAMILIES.items())

    def _family(self, name: str, family: Family) -> str:
        lines = [f"# HELP {name} {family.help}", f"# TYPE {name} {family.kind}"]
        for labels, value in self._values[name].items():
            if family.kind != "histogram":
                lines.append(f"{name}{_shown(labels)} {value:.10g}")
                continue
            total = 0
            bounds = [f"{bound:g}" for bound in family.bounds] + ["+Inf"]
            for bound, count in zip(bounds, self._buckets[name][labels], strict=True):
                total += count
                lines.append(f"{name}_bucket{_shown((*labels, ('le', bound)))} {total}")
            lines += [f"{name}_sum{_shown(labels)} {value:.10g}", f"{name}_count{_shown(labels)} {total}"]
        return "\n".join(lines) + "\n"


def _key(labels: dict[str, str]) -> Labels:
    return tuple(sorted(labels.items()))


def _shown(labels: Labels) -> str:
    if not labels:
        return ""
    escaped = [(name, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for name, value in labels]
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"
