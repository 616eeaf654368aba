"""``retrieve`` with a served space of words and sound (CLAP and the like): set ``servers = {retrieve = "http://…"}``.

The catalogue finds candidates as ever; the served model says how near each one's sound is to the words, and both
rankings are fused by reciprocal ranks (Cormack, Clarke & Büttcher 2009). A track's vector is kept, by model and revision.
"""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from segue.tools.backends.served_models import Served, Wish, known_models, output, unavailable
from segue.tools.backends.sound_sent import wav_bytes
from segue.tools.core import registry
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Backend, Context, ItemRef
from segue.tools.core.errors import CannotDo
from segue.tools.core.jobs import AudioWish, JobRequest, ModelInfo, Task, TextWish
from segue.tools.core.settings import Settings
from segue.tools.retrieve import Args, Item, Out

_TASKS: tuple[Task, ...] = ("embed",)
_POOL = 50  # candidates that are compared
_NEW = 40  # of which so many are sent in one search, where they are not known yet
_AT_ONCE = 8  # jobs side by side, so that the server can batch them
_EXCERPT_S = 10.0  # what CLAP hears
_RRF = 60.0  # the constant of the paper


def _load(settings: Settings) -> "_Remote":
    return _Remote(Served("retrieve", settings), settings)


class _Remote:
    """Searches here and sorts by what the served model hears."""

    def __init__(self, served: Served, settings: Settings) -> None:
        self._served, self._settings = served, settings

    def __call__(self, args: Args, context: Context) -> Out:
        (engine,) = [backend for backend in registry.backends("retrieve") if backend.name == "catalogue"]
        search = registry.load(engine, self._settings)
        if not _sorted_by_words(args):
            out = search(args, context)
            assert isinstance(out, Out)
            return out
        out = search(args.model_copy(update={"k": max(_POOL, args.k)}), context)
        assert isinstance(out, Out)
        if len(out.items) > 1:
            out = out.model_copy(update={"items": self._fused(args.query, out.items, context)})
        return out.model_copy(update={"items": out.items[: args.k]})

    def _fused(self, query: str, items: list[Item], context: Context) -> list[Item]:
        """Return the items by both rankings; those whose sound could not be sent keep their place in one."""
        words, model = self._vector(context, "words", text=query)
        known = self._known(items[:_POOL], model, context)
        near = {id: float(np.dot(_unit(words), _unit(vector))) for id, vector in known.items()}
        by_sound = {id: place for place, id in enumerate(sorted(near, key=lambda id: -near[id]))}
        last = len(items)

        def score(place: int, item: Item) -> float:
            return 1 / (_RRF + place) + 1 / (_RRF + by_sound.get(item.id, last))

        order = sorted(range(len(items)), key=lambda place: -score(place, items[place]))
        context.note(f"Sorted by the catalogue and by what {model.name} hears, in equal parts.")
        return [
            items[place].model_copy(
                update={
                    "score": round(score(place, items[place]), 5),
                    "reasons": [*items[place].reasons, *_heard(items[place].id, by_sound, model)],
                }
            )
            for place in order
        ]

    def _known(self, items: Sequence[Item], model: ModelInfo, context: Context) -> dict[str, list[float]]:
        """Return the vectors of tracks by id; those that are not kept yet are asked for, some at once."""
        found: dict[str, list[float]] = {}
        fresh: list[tuple[str, str]] = []
        for item in items:
            clip = context.piece(ItemRef(id=item.id)).clip
            key = f"embed:{model.name}:{model.revision}:{clip.id if clip else ''}"
            if clip and (kept := context.store.recall(key)):
                found[item.id] = kept
            elif clip:
                fresh.append((item.id, key))
        if len(fresh) > _NEW:
            context.note(f"{len(fresh) - _NEW} of the candidates have not been heard by {model.name} yet.")

        def heard(number: int) -> list[float] | None:
            id, _ = fresh[number]
            try:
                sound = wav_bytes(_excerpt(context.wave(context.piece(ItemRef(id=id)))))
                return self._vector(context, f"track {number}", sound=sound)[0]
            except CannotDo:
                return None

        with ThreadPoolExecutor(_AT_ONCE) as people:
            vectors = list(people.map(heard, range(min(_NEW, len(fresh)))))
        for (id, key), vector in zip(fresh, vectors, strict=False):  # what is beyond the limit was not asked for
            if vector is not None:
                context.store.remember(key, vector)
                found[id] = vector
        return found

    def _vector(
        self, context: Context, part: str, text: str = "", sound: bytes | None = None
    ) -> tuple[list[float], ModelInfo]:
        """Return where words or a sound lie in the model's space.

        Raises
        ------
        CannotDo : what it sent is no vector.
        """

        def asking(model: ModelInfo) -> Wish:
            name = hashlib.sha256(sound).hexdigest() if sound else None
            request = JobRequest(task="embed", model=model.name, text=TextWish(prompt=text), audio=AudioWish(src=name))
            return Wish(request, {name: sound} if name and sound else {})

        job, offer = self._served.run(_TASKS, asking, context, part=part)
        try:
            vector = [float(number) for number in json.loads(output(job, "0/vector", offer.model))]
        except (ValueError, TypeError) as error:
            raise CannotDo(f"{offer.model.name} sent no vector.", "Serve another model.") from error
        return vector, offer.model


def _sorted_by_words(args: Args) -> bool:
    """Tell whether the result is a list sorted by how well it fits words."""
    return bool(args.query) and args.action == "search" and args.order == "best" and not (args.among or args.like)


def _heard(id: str, by_sound: dict[str, int], model: ModelInfo) -> list[str]:
    return [f"number {by_sound[id] + 1} by its sound ({model.name})"] if id in by_sound else []


def _excerpt(wave: Waveform) -> Waveform:
    """Return the middle of a sound, mono."""
    frames = min(wave.frames, round(_EXCERPT_S * wave.sample_rate))
    start = (wave.frames - frames) // 2
    return Waveform(wave.mono()[None, start : start + frames], wave.sample_rate)


def _unit(vector: Sequence[float]) -> "np.typing.NDArray[np.float64]":
    found = np.asarray(vector, dtype=np.float64)
    return found / max(float(np.linalg.norm(found)), 1e-12)


def _cost(args: Args, settings: Settings) -> float:
    """Return less than the catalogue's nothing where the words are sorted by and a server hears."""
    return -0.5 if _sorted_by_words(args) and known_models("retrieve", settings, _TASKS) else 0.0


BACKEND = Backend(
    "retrieve",
    "remote",
    _load,
    kind="served",
    server="retrieve",
    licence="as the server says of each model",
    unavailable=unavailable("retrieve", "clap"),
    cost=_cost,
    says_so=True,
)
