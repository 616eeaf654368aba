"""caption by an audio LLM behind an OpenAI-compatible server (vLLM): ``servers = {audio_llm = "http://…/v1"}``.

What a model hears is said to be that, beside what was measured. On tempo, key, meter and loudness the measurement holds, and
where the model says otherwise the text tells both.
"""

import re
from collections.abc import Sequence

from segue.tools.backends import sound_sent
from segue.tools.backends.caption_words import described, told
from segue.tools.caption import Args, Out
from segue.tools.core.audio import Waveform
from segue.tools.core.base import Backend, Context, Runner
from segue.tools.core.errors import CannotDo
from segue.tools.core.openai_server import Model, OpenAiServer, sound_part, text_part
from segue.tools.core.settings import Settings
from segue.tools.core.theory import parse_key
from segue.tools.listen import words
from segue.tools.listen.answers import answerable
from segue.tools.listen.facts import Analysis
from segue.tools.listen.labels import clock
from segue.tools.listen.words import LIKELY, Subject

_SETTING = "audio_llm"
_HEARS_S = 30.0  # Qwen2-Audio hears no more at once; what others hear beyond it is not needed for a description
_MOST_CLIPS = 4  # of one question: as many as docker/compose.yaml lets the server take
_MOST_SECTIONS = 8
_MOST_LETTERS = 2000
_SYSTEM = (
    "You describe music that you hear, for somebody who wants to know what it is like. Say only what is in the sound: who plays and "
    "how, voices, style, mood, the sound of the recording. Tempo, key, meter and loudness were measured and are given to you: "
    "do not contradict them. Answer in plain sentences without lists. If you cannot hear something, say so."
)
_WISH = {
    "short": "Describe this music in one sentence.",
    "full": "Describe this music in four or five sentences.",
    "sections": "Describe this part of a piece in one sentence.",
}


def _unavailable(settings: Settings) -> str | None:
    if _SETTING in settings.servers:
        return None
    return (
        "no server is set: vllm serve Qwen/Qwen2-Audio-7B-Instruct --port 8002, "
        "then SEGUE_SERVERS=audio_llm=http://127.0.0.1:8002/v1"
    )


def _load(settings: Settings) -> Runner:
    server = OpenAiServer(_SETTING, settings)

    def run(args: Args, context: Context) -> Out:
        if args.question and len(args.clips) > _MOST_CLIPS:
            raise CannotDo(f"At most {_MOST_CLIPS} clips can be heard for one question.", "Ask about fewer.")
        subjects = described(args, context)
        sounds = [sound_sent.listening(context.wave(context.piece(ref))) for ref in args.clips]
        context.progress(0.7, 1.0, "asking for a listener")
        listener = _Listener(server, server.model(context.check), context)
        measured = told(args, subjects)
        if args.question:
            return Out(texts=[listener.answered(args.question, subjects, sounds, measured[0])])
        texts = []
        for number, (subject, sound) in enumerate(zip(subjects, sounds, strict=True)):
            texts.append(listener.described(args.detail, subject, sound, measured[number]))
            context.progress(0.7 + 0.3 * (number + 1) / len(subjects), 1.0, "listening")
        return Out(texts=texts)

    return run


class _Listener:
    """A model that hears, asked one thing at a time."""

    def __init__(self, server: OpenAiServer, model: Model, context: Context) -> None:
        self._server, self._model, self._context = server, model, context

    def described(self, detail: str, subject: Subject, sound: Waveform, measured: str) -> str:
        """Return what the model hears in one clip, and what was measured."""
        if subject.facts.silent:
            return measured
        spans = subject.facts.sections[:_MOST_SECTIONS] if detail == "sections" else []
        if len(spans) < 2:
            return self._both(
                self._heard(_WISH[detail], [subject], [self._excerpt(subject, sound)]), measured, [subject]
            )
        lines = []
        for label, start, end in spans:
            part = _cut(sound, start, min(end, start + _HEARS_S))
            lines.append(f"{clock(start)} {label}: {self._heard(_WISH[detail], [subject], [part])}")
            self._context.check()
        if len(spans) < len(subject.facts.sections):
            self._context.note(f"The model heard the first {_MOST_SECTIONS} sections only.")
        return self._both("\n".join(lines), measured, [subject])

    def answered(self, question: str, subjects: Sequence[Subject], sounds: Sequence[Waveform], measured: str) -> str:
        """Return an answer: the measurement first where the question is about what is measured."""
        parts = [self._excerpt(subject, sound) for subject, sound in zip(subjects, sounds, strict=True)]
        said = self._heard(question, subjects, parts)
        if answerable(question):
            return self._both(said, measured, subjects, first=True)
        return self._both(said, "", subjects)

    def _heard(self, wish: str, subjects: Sequence[Subject], sounds: Sequence[Waveform]) -> str:
        """Return the model's words on one line each, no longer than a text may be."""
        content = []
        for number, (subject, sound) in enumerate(zip(subjects, sounds, strict=True), 1):
            name = f"Clip {number}" if len(subjects) > 1 else "The clip"
            content += [text_part(f"{name}: {_facts(subject.facts)}"), sound_part(sound_sent.wav_bytes(sound))]
        said = self._server.chat(self._model, [*content, text_part(wish)], self._context.check, system=_SYSTEM)
        lines = [" ".join(re.sub(r"[^\w\s!-~\u00a0-\uffff]", "", line).split()) for line in said.splitlines()]
        text = " ".join(line for line in lines if line)[:_MOST_LETTERS]
        if not text:
            raise CannotDo(f"{self._model.id} said nothing.", "Ask something else.")
        return text

    def _both(self, said: str, measured: str, subjects: Sequence[Subject], first: bool = False) -> str:
        heard = f"{self._model.id} hears: {said}"
        told = [f"Measured: {measured}"] if measured else []
        corrected = [line for subject in subjects for line in disagreements(said, subject.facts)] if len(subjects) == 1 else []  # fmt: skip
        self._context.note(f"What {self._model.id} hears is a model's impression, not a measurement.")
        if corrected:
            self._context.note("Where the model and the measurement disagree, the measurement holds.")
        return "\n".join([*told, heard, *corrected] if first else [heard, *told, *corrected])

    def _excerpt(self, subject: Subject, sound: Waveform) -> Waveform:
        """Return the loudest half minute of a long piece, and say so."""
        if sound.duration_s <= _HEARS_S + 1:
            return sound
        levels = subject.facts.levels
        size = int(_HEARS_S)
        starts = range(max(1, len(levels) - size + 1))
        start = max(starts, key=lambda at: sum(levels[at : at + size])) if levels else 0
        self._context.note(f"The model heard {clock(start)}–{clock(start + size)} of {subject.name}, the loudest half minute.")  # fmt: skip
        return _cut(sound, start, start + size)


def _cut(sound: Waveform, start: float, end: float) -> Waveform:
    rate = sound.sample_rate
    return Waveform(sound.samples[:, int(start * rate) : max(int(start * rate) + rate // 10, int(end * rate))], rate)


def _facts(facts: Analysis) -> str:
    """Return what was measured, for the model: numbers and names of our own, no words from tags or titles."""
    known = [
        f"tempo {words.tempo_words(facts)}" if words.tempo_words(facts) else "no steady tempo",
        f"key {words.key_words(facts)}" if words.key_words(facts) else "no clear key",
        f"meter {facts.meter}" if facts.meter and facts.meter_confidence >= LIKELY else "",
        f"loudness {facts.loudness_lufs:.1f} LUFS" if facts.axes else "",
        f"length {words.length_words(facts.duration_s)}",
    ]
    return "measured " + ", ".join(part for part in known if part) + "."


def disagreements(said: str, facts: Analysis) -> list[str]:
    """Return a sentence for each thing that a text says otherwise than it was measured; half and double tempo agree."""
    found = []
    if facts.bpm and facts.bpm_confidence >= LIKELY:
        for text in re.findall(r"(\d{2,3}(?:\.\d+)?) ?(?:bpm|beats per minute)", said, re.IGNORECASE):
            ratios = [float(text) / facts.bpm * octave for octave in (0.5, 1, 2)]
            if all(abs(ratio - 1) > 0.04 for ratio in ratios):
                found.append(f"(It says {text} bpm; measured: {words.tempo_words(facts)}.)")
    if facts.key and facts.key_confidence >= LIKELY:
        for tonic, sign, mode in re.findall(r"\b([A-G])(#|♯|b|♭| sharp| flat|-sharp|-flat)? (major|minor)\b", said):
            if parse_key(f"{tonic}{sign.replace('-', ' ')} {mode}") != parse_key(facts.key):
                found.append(f"(It says {tonic}{sign} {mode}; measured: {words.key_words(facts)}.)")
    if facts.meter and facts.meter_confidence >= LIKELY:
        for meter in re.findall(r"\b([2-9]/[48])\b", said):
            if meter != facts.meter:
                found.append(f"(It says {meter}; measured: {facts.meter}.)")
    if facts.axes:
        for text in re.findall(r"([-−–]?\d+(?:\.\d+)?) ?LUFS", said):
            if abs(float(re.sub("[−–]", "-", text)) - facts.loudness_lufs) > 1:
                found.append(f"(It says {text} LUFS; measured: {words.number(facts.loudness_lufs)} LUFS.)")
    return list(dict.fromkeys(found))


BACKEND = Backend(
    tool="caption",
    name="audio_llm",
    load=_load,
    kind="served",
    server=_SETTING,
    licence="vLLM Apache-2.0; weights as the model's card says",
    unavailable=_unavailable,
    heavy=True,
)
