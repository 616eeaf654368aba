"""transcribe lyrics by Whisper behind an OpenAI-compatible server (vLLM): ``servers = {whisper = "http://…/v1"}``.

Words come with the times that the server gives; everything else that is asked for is written down by the embedded engine, and
so are the words of a score, which are known exactly.
"""

import re
from collections.abc import Sequence

from segue.tools.backends import sound_sent
from segue.tools.core import registry
from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.errors import CannotDo
from segue.tools.core.openai_server import Heard, OpenAiServer, Said
from segue.tools.core.piece import Piece
from segue.tools.core.settings import Settings
from segue.tools.transcribe import Args, Out

_SETTING = "whisper"
_WORDS = ("lyrics", "lrc")
_LONGEST_S = 300.0  # of one request: vLLM takes no more than 600 s and 25 MB as it comes
_WINDOW_S = 28.0  # where the server gives no times, those of windows of this length stand in (Whisper's own have 30 s)


def _unavailable(settings: Settings) -> str | None:
    if _SETTING in settings.servers:
        return None
    return "no server is set: vllm serve openai/whisper-large-v3 --port 8004, then SEGUE_SERVERS=whisper=http://127.0.0.1:8004/v1"


def _load(settings: Settings) -> Runner:
    return _Lyrics(OpenAiServer(_SETTING, settings))


class _Lyrics:
    """Asks the server for words, the embedded engine for the rest."""

    def __init__(self, server: OpenAiServer) -> None:
        self._server = server

    def __call__(self, args: Args, context: Context) -> Out:
        piece = context.piece(args.clip)
        score = context.score(piece)
        words = [kind for kind in dict.fromkeys(args.to) if kind in _WORDS]
        if not words or (score and any(note.lyric for part in score.parts for note in part.notes)):
            return self._by_rest(args, context)
        spans = self._spans(piece, args.stem, "lrc" in words, context)
        others = [kind for kind in args.to if kind not in _WORDS]
        out = self._by_rest(args.model_copy(update={"to": others}), context) if others else Out(piece=piece)
        return self._written(out, spans, words, piece, context)

    def _by_rest(self, args: Args, context: Context) -> Out:
        (embedded,) = [b for b in registry.backends("transcribe") if b.kind == "embedded"]
        out = registry.load(embedded, context.settings)(args, context)
        assert isinstance(out, Out)
        return out

    def _spans(self, piece: Piece, stem: str | None, timed: bool, context: Context) -> list[Said]:
        """Return what is sung, in spans; those without a time of their own start with their window."""
        own = piece.stems.get(stem or "vocals") or piece.stems.get("vocals")
        wave = sound_sent.listening(context.store.wave(own) if own else context.wave(piece))
        context.progress(0.05, 1.0, "asking for a listener")
        model = self._server.model(context.check)
        asked, heard = sound_sent.windows(wave, _LONGEST_S), list[tuple[float, float, Heard]]()
        while asked:
            start, window = asked.pop(0)
            answer = self._server.transcribe(model, sound_sent.wav_bytes(window), context.check)
            if timed and answer.spans is None and answer.words and window.duration_s > _WINDOW_S:
                asked[:0] = [(start + at, part) for at, part in sound_sent.windows(window, _WINDOW_S)]
                continue
            heard.append((start, start + window.duration_s, answer))
            context.progress(0.05 + 0.85 * heard[-1][1] / max(wave.duration_s, 1e-9), 1.0, "listening for words")
        spans = [span for start, end, answer in heard for span in _placed(answer, start, end)]
        sung = [span for span in spans if span.words and not span.silent]
        if not sung:
            raise CannotDo(f"No words can be heard in '{piece.title}'.", "Give a recording in which somebody sings.")
        if len(sung) < len(spans):
            context.note("Where the recogniser itself heard nobody sing, its words were left out.")
        if doubtful := sum(span.unsure for span in sung):
            context.note(f"The recogniser was unsure of {doubtful} of {len(sung)} lines.")
        if timed and any(answer.spans is None for _, _, answer in heard):
            context.note(
                f"The server gave no times: a line starts with its window of at most {_WINDOW_S:.0f} s, not with its first word."
            )
        language = next((answer.language for _, _, answer in heard if answer.language), "")
        context.note(
            f"The words are what {model.id} heard{f' (language: {language})' if language else ''}: singing is often misheard, check them."
        )
        return sung

    def _written(self, out: Out, spans: list[Said], words: Sequence[str], piece: Piece, context: Context) -> Out:
        from segue.tools.listen import labels

        name = re.sub(r"[^\w\- ]+", "", piece.title).strip().replace(" ", "_")[:80] or "lyrics"
        plain = "\n".join(span.words for span in spans)
        files = list(out.files)
        if "lyrics" in words:
            files.append(context.add_file(f"{plain}\n".encode(), ".txt", "text", f"{name}.lyrics.txt", "text/plain"))
        if "lrc" in words:
            lines = labels.lrc([(span.start, span.words) for span in spans])
            files.append(context.add_file(lines.encode(), ".lrc", "text", f"{name}.lrc", "text/plain"))
        context.progress(1.0, 1.0, "written down")
        return out.model_copy(update={"files": files, "text": "\n".join(part for part in (out.text, plain) if part)})


def _placed(answer: Heard, start: float, end: float) -> list[Said]:
    """Return a window's spans on the clock of the whole."""
    if answer.spans is None:
        return [Said(start, end, answer.words)]
    return [span._replace(start=start + span.start, end=start + span.end) for span in answer.spans]


BACKEND = Backend(
    tool="transcribe",
    name="whisper",
    load=_load,
    kind="served",
    server=_SETTING,
    licence="vLLM Apache-2.0; Whisper's weights MIT",
    unavailable=_unavailable,
    heavy=True,
)
