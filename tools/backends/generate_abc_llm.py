"""generate by an LLM that writes ABC (ChatMusician, MuPT, or any) on vLLM: ``servers = {abc_llm = "http://…/v1"}``.

Its ABC becomes a score, and the score is played like the composer's, with stems. Models that go on from a beginning are given
the header, so that key, meter and tempo are those asked for. What cannot be read is asked for once more, then refused.
"""

import re
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.errors import CannotDo, UnreadableMedia
from segue.tools.core.instruments import find_instrument
from segue.tools.core.openai_server import Model, OpenAiServer, text_part
from segue.tools.core.settings import Settings
from segue.tools.core.theory import parse_key
from segue.tools.generate import Args, Out

if TYPE_CHECKING:
    from segue.tools.core.score import Score

_SETTING = "abc_llm"
_MOST_TOKENS = 1800  # with the prompt within the 2,048 that ChatMusician reads; 32 bars of two voices need about 1,200
_BARS = 16  # where neither bars nor seconds are asked for
_OTHER_TAKE = 1_000_003  # between the seeds of a take and of its second try
_SYSTEM = (
    "You write music in ABC notation, standard 2.1. Answer with one tune and nothing else: X:, T:, M:, L:, Q:, K:, then the bars. "
    "Every bar is full. Voices, where there are several, are V:1, V:2 with name=."
)


def _unavailable(settings: Settings) -> str | None:
    if _SETTING in settings.servers:
        return None
    return "no server is set: vllm serve m-a-p/ChatMusician --port 8003, then SEGUE_SERVERS=abc_llm=http://127.0.0.1:8003/v1"


def _ignores(args: Args) -> list[str]:
    given = {
        "the instruments to leave out": args.exclude, "the form": args.form, "the lyrics": args.lyrics, "the given melody": args.melody,
        "the given style": args.style, "the piece to go on from": args.continue_from, "the piece to accompany": args.accompany,
        "the video": args.video, "the energy curve": args.energy, "looping without a seam": args.loop,
    }  # fmt: skip
    return [what for what, value in given.items() if value]


def _load(settings: Settings) -> Runner:
    server = OpenAiServer(_SETTING, settings)

    def run(args: Args, context: Context) -> Out:
        from segue.tools.music.render import render

        model = server.model(context.check)
        first = args.seed if args.seed is not None else secrets.randbelow(2**31 - _OTHER_TAKE)
        pieces = []
        for number in range(args.takes):
            context.progress(number / args.takes, 1.0, f"{model.id} is writing")
            score = _Writer(server, model, args, context).score(first + number)

            def progress(done: float, total: float, label: str, number: int = number) -> None:
                context.progress((number + 0.4 + 0.6 * done / max(total, 1e-9)) / args.takes, 1.0, label)

            made = render(score, context.settings, progress=progress)
            pieces.append(context.add_piece(score.title, wave=made.mix, score=score, stems=made.stems, seed=first + number, mix=made.meta))  # fmt: skip
        return Out(pieces=pieces)

    return run


class _Writer:
    """One take: asks the model, reads what it wrote, and brings it to what was asked for."""

    def __init__(self, server: OpenAiServer, model: Model, args: Args, context: Context) -> None:
        self._server, self._model, self._args, self._context = server, model, args, context
        name = f"{model.root} {model.id}".lower()
        self._ask: Callable[[int, str], str] = (
            self._by_mupt if "mupt" in name else self._by_chatmusician if "chatmusician" in name else self._by_chat
        )

    def score(self, seed: int) -> "Score":
        """Return a take.

        Raises
        ------
        CannotDo : the model wrote nothing that can be read, twice.
        """
        from segue.tools.music.abc import read_abc

        title = (self._args.prompt or self._args.genre or "A tune")[:60]
        fault = ""
        for trial in (seed, seed + _OTHER_TAKE):
            try:
                score = read_abc(self._ask(trial, fault), title)
                if fault:
                    self._context.note(f"The first ABC of {self._model.id} could not be read; it wrote another.")
                return self._as_asked(score.model_copy(update={"seed": seed, "genre": self._args.genre}))
            except UnreadableMedia as error:
                fault = error.message
        raise CannotDo(f"{self._model.id} wrote no ABC that can be read ({fault.rstrip('.')}).", "Ask for something simpler.")  # fmt: skip

    # -- how each kind of model is asked -----------------------------------------------------------

    def _by_chat(self, seed: int, fault: str) -> str:
        wish = self._wish() + (f" Your last answer could not be used: {fault} Write the whole tune again." if fault else "")  # fmt: skip
        return self._server.chat(self._model, [text_part(wish)], self._context.check, system=_SYSTEM, most=_MOST_TOKENS)

    def _by_chatmusician(self, seed: int, fault: str) -> str:
        """ChatMusician was tuned on turns of this form (its model card)."""
        header = self._header("\n")
        prompt = f"Human: {self._wish()} </s> Assistant: {header}"
        return header + self._server.complete(
            self._model, prompt, self._context.check, most=_MOST_TOKENS, seed=seed, stop=["</s>", "Human:"]
        )

    def _by_mupt(self, seed: int, fault: str) -> str:
        """MuPT goes on from the beginning of a tune; its 8192 models write line ends as ``<n>`` (its model card)."""
        end = "\n" if "4096" in self._model.root else "<n>"
        header = self._header(end)
        written = self._server.complete(self._model, header, self._context.check, most=_MOST_TOKENS, seed=seed, stop=["<eos>"])  # fmt: skip
        return apart((header + written).replace("<n>", "\n"))

    def _header(self, end: str) -> str:
        args = self._args
        lines = ["X:1", "L:1/8", f"Q:1/4={args.bpm or 110:.0f}", f"M:{args.meter or '4/4'}", f"K:{_abc_key(args.key or 'C major')}"]  # fmt: skip
        return end.join([*lines, ""])

    def _wish(self) -> str:
        args = self._args
        wishes = [
            f"Write a {' '.join([*args.mood, args.genre or ''])} tune in ABC notation: {args.prompt}".replace("  ", " ").strip(" :"),
            f"key {args.key}" if args.key else "",
            f"meter {args.meter}" if args.meter else "",
            f"tempo Q:1/4={args.bpm:.0f}" if args.bpm else "",
            f"{self._bars() or _BARS} bars",
            f"chords {' '.join(args.chords)}, one a bar, repeated" if args.chords else "",
            f"voices for {', '.join(args.instruments)}" if args.instruments else "",
        ]  # fmt: skip
        return ", ".join(wish for wish in wishes if wish) + "."

    def _bars(self) -> int | None:
        """Return how many bars are asked for, by number or by seconds."""
        from segue.tools.core.score import Score

        args = self._args
        if args.bars or not args.duration_s:
            return args.bars
        beats = args.duration_s * (args.bpm or 110) / 60
        return max(1, round(beats / Score(meter=args.meter or "4/4").beats_per_bar))

    # -- bringing it to what was asked for ---------------------------------------------------------

    def _as_asked(self, score: "Score") -> "Score":
        """Set what can be set exactly; say what is otherwise."""
        from segue.tools.music.abc import playing
        from segue.tools.music.revise_time import set_tempo, transpose_to, trim_bars

        args, note = self._args, self._context.note
        if args.bpm and abs(score.bpm - args.bpm) > 0.01:
            score = set_tempo(score, args.bpm)
        if args.key:
            wanted, written = parse_key(args.key), parse_key(score.key)
            if wanted.mode != written.mode:
                note(f"{self._model.id} wrote in {score.key}, and not in {args.key}.")
            elif wanted.tonic != written.tonic:
                score = transpose_to(score, args.key)
                note(f"{self._model.id} wrote in {written}; it was moved to {args.key}.")
        if args.meter and score.meter != args.meter:
            note(f"{self._model.id} wrote in {score.meter}, and not in {args.meter}.")
        bars = self._bars()
        if bars and score.bars > bars:
            score = trim_bars(score, 1, bars)
        elif bars and score.bars < bars:
            note(f"{self._model.id} wrote {score.bars} bars, and not {bars}.")
        if args.chords:
            note(f"{self._model.id} was told the chords; it may have written others.")
        known = [instrument for name in args.instruments if (instrument := find_instrument(name))]
        parts = list(score.parts)
        for number, instrument in enumerate(known[: len(parts)]):
            if not instrument.is_drum:
                others = {part.name for n, part in enumerate(parts) if n != number}
                parts[number] = playing(parts[number], instrument, others)
        if len(known) > len(parts):
            note(f"{self._model.id} wrote {len(parts)} voices, too few for {', '.join(args.instruments)}.")
        return score.model_copy(update={"parts": parts})


def apart(text: str) -> str:
    """Return ABC in which several tracks lie bar by bar between ``<|>`` (as MuPT writes them) with a voice a track."""
    if "<|>" not in text:
        return text
    head, _, rest = text.partition("<|>")
    header = [line for line in head.strip().split("\n") if line.strip()]
    begun = header.pop() if header and not re.match(r"^[A-Za-z]:|^%", header[-1]) else ""
    tracks: list[list[str]] = []
    for group in [begun, *rest.split("<|>")]:
        bars = [bar for bar in re.findall(r"[^|]*(?:\|[:\]|]?|:\|+)", group.replace("\n", " ")) if bar.strip(" |:")]
        for number, bar in enumerate(bars):
            tracks += [[]] if number == len(tracks) else []
            tracks[number].append(bar.strip())
    voices = [f"V:{number}\n{' '.join(track)}" for number, track in enumerate(tracks, 1)]
    return "\n".join([*header, *voices])


def _abc_key(key: str) -> str:
    """Return a key as ABC names it: "Dm", "Bb", "Edor"."""
    found = parse_key(key)
    tonic = str(found).split()[0]
    mode = {"major": "", "minor": "m"}.get(found.mode)
    return tonic + (found.mode[:3] if mode is None else mode)


BACKEND = Backend(
    tool="generate",
    name="abc_llm",
    load=_load,
    kind="served",
    server=_SETTING,
    licence="vLLM Apache-2.0; ChatMusician's weights MIT, MuPT's Apache-2.0",
    unavailable=_unavailable,
    ignores=_ignores,
    heavy=True,
)
