"""``caption`` by a model server that listens: set ``servers = {caption = "http://…"}``.

What a model hears is told as its impression, beside what was measured; where the two differ, the measurement holds.
"""

from segue.tools.backends.caption_audio_llm import disagreements
from segue.tools.backends.caption_words import described, told
from segue.tools.backends.served_models import Served, Wish, output, unavailable
from segue.tools.caption import Args, Out
from segue.tools.core.base import Backend, Context
from segue.tools.core.errors import CannotDo
from segue.tools.core.jobs import AudioWish, JobRequest, ModelInfo, Task, TextWish
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings

_TASKS: tuple[Task, ...] = ("caption",)
_MOST_LETTERS = 2000


def _load(settings: Settings) -> "_Remote":
    return _Remote(Served("caption", settings))


class _Remote:
    """Asks for every clip, and measures it as well."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def __call__(self, args: Args, context: Context) -> Out:
        if args.question and len(args.clips) > 1:
            raise CannotDo("A served model hears one clip at a time.", "Ask about one.")
        subjects = described(args, context)
        texts = []
        for number, (ref, subject, measured) in enumerate(zip(args.clips, subjects, told(args, subjects), strict=True)):
            if subject.facts.silent:
                texts.append(measured)
                continue
            name, said = self._heard(context.piece(ref), args, number, context)
            wrong = disagreements(said, subject.facts)
            texts.append("\n".join([f"{name} hears: {said}", f"Measured: {measured}", *wrong]))
        return Out(texts=texts)

    def _heard(self, piece: Piece, args: Args, number: int, context: Context) -> tuple[str, str]:
        """Return which model heard a clip, and its words."""

        def asking(model: ModelInfo) -> Wish:
            extra = {"detail": args.detail} if not args.question and args.detail != "full" else {}
            request = JobRequest(
                task="caption", model=model.name, text=TextWish(prompt=args.question or ""),
                audio=AudioWish(src=piece.id), extra=extra,
            )  # fmt: skip
            return Wish(request, {piece.id: piece})

        job, offer = self._served.run(_TASKS, asking, context, part=f"clip {number}")
        said = output(job, "0/text", offer.model).decode("utf-8", "replace")
        words = " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())[:_MOST_LETTERS]
        if not words:
            raise CannotDo(f"{offer.model.name} said nothing.", "Ask something else.")
        context.note(f"What {offer.model.name} hears is a model's impression, not a measurement.")
        return offer.model.name, words


BACKEND = Backend(
    "caption",
    "remote",
    _load,
    kind="served",
    server="caption",
    licence="as the server says of each model",
    unavailable=unavailable("caption", "musicflamingo"),
    says_so=True,
    heavy=True,
)
