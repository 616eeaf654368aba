"""A lane of the model server: one model, its waiting rows, and how they are dealt into batches and run.

What a model raises stays with the job that it concerns: a batch that ran out of memory is tried again in
halves, one that failed is tried again job by job, so that nobody fails for somebody else's request.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterable, Sequence

from segue.tools.core.errors import Cancelled, OutOfMemory, SegueError, ToolError
from segue.tools.core.jobs import ModelInfo
from segue.tools.core.metrics import Metrics
from segue.tools.core.models import Batch, Batching, Job, Model, Result, Row


class Lane:
    """A model and its waiting rows; ``changed`` guards them.

    Attributes
    ----------
    rows : what waits, the oldest first.
    sizes : by key, to how many rows a batch had to shrink for want of memory.
    batch_s : running mean of a batch's seconds.
    """

    def __init__(self, model: Model, changed: threading.Condition, metrics: Metrics) -> None:
        self.model = model
        self.batching = model.batching or one_by_one(model)
        self.rows: deque[Row] = deque()
        self.sizes: dict[Hashable, int] = {}
        self.batch_s = 1.0
        self.closed = False
        self._changed = changed
        self._metrics = metrics
        self._running: dict[int, float] = {}

    def size(self, key: Hashable) -> int:
        """Return how many rows of this key fit side by side."""
        return self.sizes.get(key, self.batching.size)

    def wait_s(self, ahead: int) -> float:
        """Return the seconds until as many rows are made, at the pace of the last batches."""
        begun = time.monotonic() - min(self._running.values()) if self._running else 0.0
        return max(0.0, math.ceil(ahead / self.batching.size) * self.batch_s - begun)

    def before(self, job: Job) -> list[Row]:
        """Return the rows that wait before a job's."""
        found = []
        for row in self.rows:
            if row.job is job:
                break
            found.append(row)
        return found

    def take_out(self, job: Job) -> int:
        """Take a job's waiting rows out, and return how many there were."""
        with self._changed:
            count = len(self.rows)
            self.rows = deque(row for row in self.rows if row.job is not job)
            self._changed.notify_all()
            return count - len(self.rows)

    def next(self) -> Batch | None:
        """Wait for rows and return a batch of them, or None once the lane is closed."""
        with self._changed:
            while not self.closed:
                if not self.rows:
                    self._changed.wait()
                elif taken := self._taken(self.rows[0].key):
                    batch = Batch(taken, self.size(taken[0].key))
                    self._running[id(batch)] = time.monotonic()
                    return batch
        return None

    def _taken(self, key: Hashable) -> list[Row]:
        """Take rows of this key, after a short wait for as many as fit; none where all were cancelled meanwhile."""

        def alike() -> list[Row]:
            return [row for row in self.rows if row.key == key]

        size = self.size(key)
        self._changed.wait_for(lambda: self.closed or len(alike()) >= size, self.batching.wait_s)
        taken = alike()[:size]
        self.rows = deque(row for row in self.rows if row not in taken)
        return taken

    def run(self, batch: Batch) -> list[Result]:
        """Run a batch and return a result for every row, whatever the model raises."""
        results = self._results(batch)
        with self._changed:
            self.batch_s = 0.7 * self.batch_s + 0.3 * (time.monotonic() - self._running.pop(id(batch)))
        return results

    def _results(self, batch: Batch) -> list[Result]:
        try:
            return _complete(self.batching.run(batch), batch)
        except Exception as error:  # a model may raise anything; the thread must live on and the caller be told
            fault = typed(error, self.model.info)
        # Only here are the error and with it the model's frames and their memory gone.
        if isinstance(fault, OutOfMemory):
            self._metrics.count("segue_out_of_memory_total", model=self.model.info.name)
        if isinstance(fault, OutOfMemory) and batch.size > 1:
            return self._in_halves(batch)
        jobs = [job for job in batch.jobs if not (isinstance(fault, Cancelled) and job.stop.is_set())]
        if len(jobs) > 1 or len(jobs) < len(batch.jobs):
            return self._job_by_job(batch, jobs, fault)
        return [fault] * len(batch)

    def _in_halves(self, batch: Batch) -> list[Result]:
        half = batch.size // 2
        self.sizes[batch[0].key] = half
        self.batching.free()
        for job in batch.jobs:
            job.say(f"Memory ran short: {self.model.info.name} now makes {half} at once, not {batch.size}.")
        return self._dealt(batch.rows)

    def _job_by_job(self, batch: Batch, jobs: Iterable[Job], fault: SegueError) -> list[Result]:
        """Run the rows of these jobs again, a job a batch; the others keep the fault."""
        found: dict[int, Result] = {}
        for job in jobs:
            rows = [row for row in batch.rows if row.job is job]
            found |= zip(map(id, rows), self._dealt(rows), strict=True)
        return [found.get(id(row), fault) for row in batch.rows]

    def _dealt(self, rows: Sequence[Row]) -> list[Result]:
        """Run rows of one key in batches that fit, as is known by now."""
        results: list[Result] = []
        while left := rows[len(results) :]:
            size = self.size(rows[0].key)
            results += self._results(Batch(left[:size], size))
        return results


def one_by_one(model: Model) -> Batching:
    """Return how a model runs that takes whole jobs."""
    assert model.run is not None
    run = model.run
    return Batching(1, lambda batch: [run(batch[0].job)], key=lambda request: None, wait_s=0.0)


def _complete(results: Sequence[Result], batch: Batch) -> list[Result]:
    if len(results) != len(batch):
        raise ToolError(f"The model made {len(results)} of {len(batch)} rows.", "This is a fault of the model's file.")
    return list(results)


def typed(error: Exception, info: ModelInfo) -> SegueError:
    """Return what the caller is told about an exception of a model."""
    if isinstance(error, SegueError):
        return error.with_traceback(None)
    text = str(error)
    short = isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
    if short or isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return OutOfMemory(f"{info.name} ran out of memory.", "Ask for something shorter, or serve a smaller model.")
    return ToolError(f"{info.name} failed: {type(error).__name__}: {text}"[:2000])
