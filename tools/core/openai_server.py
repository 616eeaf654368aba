"""The client of OpenAI-compatible servers (vLLM first) that engines use: words, sound as ``input_audio``, transcriptions.

Where a server stands is a setting, ``servers = {whisper = "http://localhost:8004/v1#openai/whisper-large-v3"}``; after ``#``
comes the model where the server has several. Sound travels as bytes in the request, never as a path or a URL. Every call
ends when the step must: by the wall clock, whatever the server does between two bytes.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import httpx

from segue.tools.core.errors import BackendUnavailable, CannotDo, Transient
from segue.tools.core.exchange import Check, exchange
from segue.tools.core.licences import licence_of
from segue.tools.core.settings import Settings


class Said(NamedTuple):
    """A span of speech or song: start and end in seconds, the words, and what the recogniser thought of them.

    ``silent`` : it took the span for silence; ``unsure`` : it did not trust the words.
    """

    start: float
    end: float
    words: str
    silent: bool = False
    unsure: bool = False


class Heard(NamedTuple):
    """A transcription: its words, the language as the server calls it ("" unknown), and its spans where it gave times."""

    words: str
    language: str
    spans: list[Said] | None


class Model(NamedTuple):
    """A model on a server: the name it answers to, and the name of its weights, which says more."""

    id: str
    root: str


class OpenAiServer:
    """One server, by its name in the settings.

    Raises
    ------
    KeyError : the settings name no such server.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        address, _, self._wanted = settings.servers[name].partition("#")
        root = address.rstrip("/")
        self.url = root if root.endswith("/v1") else f"{root}/v1"
        self._settings = settings

    # -- what engines ask for ----------------------------------------------------------------------

    def models(self, check: Check) -> list[Model]:
        """Return the models it serves.

        Raises
        ------
        BackendUnavailable, Transient, CannotDo, and what ``check`` raises.
        """
        try:
            listed = self._ask("GET", "models", check).json()["data"]
            return [Model(str(one["id"]), str(one.get("root") or one["id"])) for one in listed]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._torn() from error

    def model(self, check: Check) -> Model:
        """Return the model to use: the one that the setting names, or else the server's first.

        Raises
        ------
        BackendUnavailable : it is not there, or its licence forbids the use that the settings want. Also as ``models``.
        """
        served = self.models(check)
        found = next((one for one in served if self._wanted in ("", one.id)), None)
        if found is None:
            names = ", ".join(one.id for one in served) or "none"
            raise BackendUnavailable(f"{self.url} serves no '{self._wanted}'.", f"It serves: {names}.")
        licence = licence_of(f"{found.root} {found.id}")
        if self._settings.commercial and licence.commercial is False:
            raise BackendUnavailable(
                f"{found.root} may not be used here: {licence.name}, and commercial use is set.",
                "Serve a model whose weights allow it, or unset SEGUE_COMMERCIAL.",
            )
        return found

    def chat(self, model: Model, content: Sequence[dict[str, Any]], check: Check, *, system: str = "", most: int = 800) -> str:  # fmt: skip
        """Return what a model answers to one message of text and sound, at temperature 0.

        Parameters
        ----------
        content : parts of the message; ``text_part`` and ``sound_part`` make them.
        most : tokens after which the answer is cut off.

        Raises
        ------
        CannotDo : the server refused the request, or the answer was cut off. Also as ``models``.
        """
        before = [{"role": "system", "content": system}] if system else []
        body = {"messages": [*before, {"role": "user", "content": list(content)}]}
        return self._written("chat/completions", model, body, most, check, lambda choice: choice["message"]["content"])

    def complete(self, model: Model, prompt: str, check: Check, *, most: int, seed: int, stop: Sequence[str] = ()) -> str:  # fmt: skip
        """Return how a model goes on from a prompt; the same seed asks for the same words. Raises as ``chat``."""
        body = {"prompt": prompt, "temperature": 0.8, "top_p": 0.95, "seed": seed, "stop": list(stop)}
        return self._written("completions", model, body, most, check, lambda choice: choice["text"])

    def transcribe(self, model: Model, wav: bytes, check: Check) -> Heard:
        """Return the words in a sound, with times where the server gives them.

        Raises
        ------
        CannotDo : the server cannot transcribe this. Also as ``models``.
        """
        wishes: list[dict[str, Any]] = [
            {"response_format": "verbose_json", "timestamp_granularities[]": "segment"}, {"response_format": "json"},
        ]  # fmt: skip
        for number, wish in enumerate(wishes):
            form = {"model": model.id, "temperature": "0", **wish}
            try:
                answer = self._ask("POST", "audio/transcriptions", check, data=form, files={"file": ("sound.wav", wav, "audio/wav")})  # fmt: skip
                heard = _heard(answer.json())
                # vLLM joins its words from spans: a model that writes no times seems to hear nothing.
                if heard.words or number + 1 == len(wishes):
                    return heard
            except CannotDo:  # older servers know no times
                if number + 1 == len(wishes):
                    raise
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise self._torn() from error
        raise self._torn()

    # -- over the wire -----------------------------------------------------------------------------

    def _written(
        self, path: str, model: Model, body: dict[str, Any], most: int, check: Check, text: Callable[[Any], Any]
    ) -> str:
        answer = self._ask("POST", path, check, json={"model": model.id, "temperature": 0.0, "max_tokens": most, **body})  # fmt: skip
        try:
            choice = answer.json()["choices"][0]
            said, finish = text(choice), choice.get("finish_reason")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise self._torn() from error
        if finish == "length":
            raise CannotDo(f"{model.id} did not come to an end within {most} tokens.", "Ask for something shorter.")
        if not isinstance(said, str):
            raise self._torn()
        return said.strip()

    def _ask(self, method: str, path: str, check: Check, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        limit = self._settings.step_timeout_s
        return exchange(method, f"{self.url}/{path}", check, limit, key=self._settings.server_key, **more)

    def _torn(self) -> Transient:
        return Transient(f"The answer of {self.url} was none.")


def text_part(text: str) -> dict[str, Any]:
    """Return text as a part of a message."""
    return {"type": "text", "text": text}


def sound_part(wav: bytes) -> dict[str, Any]:
    """Return a WAV file as a part of a message."""
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav).decode(), "format": "wav"}}


def _heard(answer: Any) -> Heard:  # noqa: ANN401 - JSON
    spans = [_said(one) for one in answer.get("segments") or []]
    return Heard(str(answer["text"]).strip(), str(answer.get("language") or ""), spans or None)


def _said(segment: dict[str, Any]) -> Said:
    """Return a span; the limits of doubt are those of Radford et al. 2022, section 4.5. vLLM tells no ``no_speech_prob``."""
    silence, surety = segment.get("no_speech_prob"), segment.get("avg_logprob")
    unsure = isinstance(surety, int | float) and surety < -1.0
    silent = isinstance(silence, int | float) and silence > 0.6 and (unsure or surety is None)
    return Said(float(segment["start"]), float(segment["end"]), str(segment["text"]).strip(), silent, unsure)
