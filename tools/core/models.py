"""What a model is to the model server: ``load_model`` of ``tools/backends/model_<name>.py`` returns a ``Model``.

::

    EXTRA = "audiocraft"                      the extra of the package that brings what it imports; None: nothing
    def load_model(settings, options) -> Model: …

A model either runs jobs one by one (``run``), or rows side by side (``batching``). A row is one take of
one job: one seed. Rows of different jobs share a batch where the model's key says that they can, so
whatever a row needs stands in the row, its randomness comes from its own seed only, and a batch is
computed at its full ``size`` however few rows it holds: then a seed gives the same sound alone and in
company.
"""

import gc
import importlib
import pkgutil
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segue.tools.core.errors import BackendUnavailable, Cancelled, NotFound, SegueError
from segue.tools.core.jobs import Honoured, JobRequest, JobStatus, ModelInfo, State
from segue.tools.core.settings import Settings

ENDED = ("done", "failed", "cancelled")
BUCKETS_S = (5.0, 10.0, 15.0, 20.0, 30.0)


@dataclass(frozen=True)
class Output:
    """One file that a job made.

    By task: ``mix``, ``stems/<name>``, ``midi``, ``abc``; embed makes ``vector`` (a JSON list of numbers),
    caption ``text`` (plain text), tag ``tags`` (a JSON object).
    """

    data: bytes
    media_type: str


@dataclass
class Job:
    """A job in the server: its request, where it stands, what it made."""

    request: JobRequest
    status: JobStatus
    blobs: Mapping[str, bytes]
    outputs: dict[str, Output] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    created: float = field(default_factory=time.monotonic)
    started: float = 0.0
    ended: float = 0.0
    rows: "list[Row]" = field(default_factory=list)
    fetched: set[str] = field(default_factory=set)
    on_end: "Callable[[Job], None]" = lambda job: None
    _ending: threading.Lock = field(default_factory=threading.Lock)

    def say(self, note: str) -> None:
        """Tell the caller something about what was made (an approximation, an ignored wish), once."""
        if note not in self.status.notes:
            self.status.notes.append(note)

    def effective(self, **values: Any) -> None:  # noqa: ANN401 - any JSON
        """Tell the caller which parameters were really used."""
        self.status.effective |= values

    def progress(self, done: float, total: float, stage: str) -> None:
        """Report progress, which only ever grows, and stop here when the job was cancelled."""
        if self.stop.is_set():
            raise Cancelled("Stopped.")
        self.moved(done, total, stage)

    def moved(self, done: float, total: float, stage: str) -> None:
        """Keep how far the job has come; what would lead back is left out."""
        if self.status.state in ENDED or total <= 0:
            return
        if done / total >= self.status.done / self.status.total:
            self.status.done, self.status.total = round(done, 6), total
        self.status.stage = stage

    def end(self, state: State) -> None:
        """Put the job into its last state, unless it is in one already."""
        with self._ending:
            if self.status.state in ENDED:
                return
            self.ended = time.monotonic()
            self.status.seconds = round(self.ended - self.started, 3) if self.started else 0.0
            if state == "done":
                self.status.done = self.status.total
            self.status.state = state  # the last of all: who reads it sees the rest
        self.on_end(self)


@dataclass(eq=False)
class Row:
    """One take of one job: what it wishes for, and the one seed that its randomness comes from.

    Attributes
    ----------
    number : which take of its job, from 0; its outputs are named after it (``0/mix``).
    """

    job: Job
    number: int
    seed: int
    key: Hashable = None
    share: float = 0.0
    made: bool = False
    batch: "Batch | None" = None

    @property
    def request(self) -> JobRequest:
        """What its job wishes for."""
        return self.job.request

    @property
    def blobs(self) -> Mapping[str, bytes]:
        """The uploaded sound that its job refers to, by id."""
        return self.job.blobs

    @property
    def stop(self) -> threading.Event:
        """Set once nobody waits for this row any more."""
        return self.job.stop

    def say(self, note: str) -> None:
        """Tell the caller something about what was made, once a job."""
        self.job.say(note)

    def effective(self, **values: Any) -> None:  # noqa: ANN401 - any JSON
        """Tell the caller which parameters were really used."""
        self.job.effective(**values)

    def moved(self, done: float, total: float, stage: str) -> None:
        """Keep how far this row has come; its job has come as far as its rows on the average."""
        self.share = max(self.share, min(1.0, done / total) if total > 0 else 0.0)
        mean = sum(row.share for row in self.job.rows) / max(1, len(self.job.rows))
        steps = total if total > 1 else self.job.status.total
        self.job.moved(mean * steps, steps, stage)

    def progress(self, done: float, total: float, stage: str) -> None:
        """Report this row's progress alone (rows that are computed one after another).

        Raises
        ------
        Cancelled : nobody waits for any row of the batch any more.
        """
        self.moved(done, total, stage)
        if self.batch is not None:
            self.batch.check()

    def finish(self) -> None:
        """Note that this row is made; with its last row the job is done."""
        self.made = True
        self.moved(1, 1, self.job.status.stage)
        if all(row.made for row in self.job.rows):
            self.job.end("done")


class Batch(Sequence[Row]):
    """Rows that are computed together.

    Attributes
    ----------
    rows : what is wanted, at most ``size``; all agree in the model's key.
    size : how many rows to compute, with fillers where there are fewer: always the same for one key, so
        that a row's arithmetic does not depend on its company.
    """

    def __init__(self, rows: Sequence[Row], size: int) -> None:
        self.rows = list(rows)
        self.size = size
        for row in self.rows:
            row.batch = self

    def __getitem__(self, number: Any) -> Any:  # noqa: ANN401 - an index or a slice, as of any sequence
        return self.rows[number]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def jobs(self) -> list[Job]:
        """The jobs that the rows belong to, each once."""
        return list({id(row.job): row.job for row in self.rows}.values())

    def progress(self, done: float, total: float, stage: str) -> None:
        """Report that all rows have come this far: ``done`` of ``total`` steps.

        Raises
        ------
        Cancelled : nobody waits for any row any more.
        """
        for row in self.rows:
            row.moved(done, total, stage)
        self.check()

    def check(self) -> None:
        """End the jobs that were cancelled, and stop here when none is left.

        Raises
        ------
        Cancelled : nobody waits for any row any more.
        """
        stopped = [row for row in self.rows if row.stop.is_set()]
        if len(stopped) == len(self.rows):
            raise Cancelled("Stopped.")
        for row in stopped:
            row.job.end("cancelled")


Result = dict[str, Output] | SegueError


def duration_bucket(seconds: float, buckets_s: Sequence[float] = BUCKETS_S) -> float:
    """Return the length to compute for a length that is wanted: the next bucket, or multiples of the last, seconds."""
    for bucket in buckets_s:
        if seconds <= bucket + 1e-6:
            return bucket
    return buckets_s[-1] * -(-(seconds - 1e-6) // buckets_s[-1])


def compatible(request: JobRequest, default_s: float = 10.0, buckets_s: Sequence[float] = BUCKETS_S) -> Hashable:
    """Return what requests must agree in to share a batch: task, bucket of length, sampling, kinds of condition.

    Parameters
    ----------
    default_s : the length where none is wished for, seconds.
    """
    sampling = request.sample
    conditions = tuple(
        name for name in request.asked() if name != "music.duration" and not name.startswith(("sample.", "delivery."))
    )
    return (
        request.task, duration_bucket(request.music.duration or default_s, buckets_s), conditions,
        sampling.steps, sampling.cfg, sampling.temperature, sampling.top_k, sampling.top_p,
        repr(sorted(request.extra.items())),
    )  # fmt: skip


@dataclass(frozen=True)
class Batching:
    """How a model runs rows side by side.

    Attributes
    ----------
    size : most rows at once. A batch is to be computed at ``batch.size`` rows, which is this unless memory
        ran short before.
    run : makes a batch: for every row its outputs by name (``mix``, not ``0/mix``), or the error that
        concerns that row alone. It calls ``batch.progress`` at least twice a second; a ``MemoryError`` or torch's
        OutOfMemoryError is answered with smaller batches.
    key : what requests to the model must agree in to share a batch; what it returns is compared.
    wait_s : how long a batch that is not full waits for company.
    free : gives memory back before a smaller batch is tried (``torch.cuda.empty_cache``).
    """

    size: int
    run: Callable[[Batch], Sequence[Result]]
    key: Callable[[JobRequest], Hashable] = compatible
    wait_s: float = 0.02
    free: Callable[[], Any] = gc.collect


@dataclass(frozen=True)
class Model:
    """A loaded model: what it can, and either ``run`` (a job's outputs) or ``batching``.

    Attributes
    ----------
    judge : says of a request's wishes what ``info.honours`` cannot say of all requests: ``{"music.duration":
        Honoured(status="rejected", how="10 or 30 s")}``. A rejected wish refuses the job; the other
        states are told with it.
    """

    info: ModelInfo
    run: Callable[[Job], dict[str, Output]] | None = None
    batching: Batching | None = None
    judge: Callable[[JobRequest], Mapping[str, Honoured]] = lambda request: {}

    def __post_init__(self) -> None:
        if (self.run is None) == (self.batching is None):
            raise ValueError("a model has either run or batching")


@dataclass(frozen=True)
class Options:
    """How a model is to be loaded; what is None the model decides.

    Attributes
    ----------
    weights : which weights: a name that the model knows, or a path.
    batch : most rows at once.
    device : where it computes: "cpu", "cuda", "cuda:1".
    """

    weights: str | None = None
    batch: int | None = None
    device: str | None = None


def model_names() -> list[str]:
    """Return the models that can be served, by the files ``tools/backends/model_<name>.py``."""
    package = importlib.import_module("segue.tools.backends")
    found = [info.name for info in pkgutil.iter_modules(package.__path__)]
    return sorted(name.removeprefix("model_") for name in found if name.startswith("model_"))


def load_served(name: str, settings: Settings, options: Options = Options()) -> Model:
    """Load a model to serve.

    Parameters
    ----------
    name : of a file ``tools/backends/model_<name>.py``, or, with a dot in it, of any module that has ``load_model``.

    Raises
    ------
    NotFound : there is no such model.
    BackendUnavailable : what it needs is not installed; the hint has the command.
    """
    extra = None
    try:
        module = importlib.import_module(name if "." in name else f"segue.tools.backends.model_{_known(name)}")
        extra = getattr(module, "EXTRA", None)
        model: Model = module.load_model(settings, options)
    except ImportError as error:
        raise BackendUnavailable(
            f"The model {name} needs the package '{error.name}'.",
            f"Run: pip install 'segue-music[{extra}]'." if extra else "Run: segue doctor --fix.",
        ) from error
    return model


def _known(name: str) -> str:
    if name not in model_names():
        raise NotFound(f"There is no model '{name}' to serve.", f"There is: {', '.join(model_names())}.")
    return name
