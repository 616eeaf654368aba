"""What OpenAI's clients send, as far as it means something here; the rest is taken and remarked on."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from segue.tools.core.errors import InvalidArgument, NotFound
from segue.ui.json_types import WHOLE

MODEL = "segue"
# Names of formats and the ends of data URLs, to file suffixes that the intake knows.
_SUFFIXES = {
    "wav": ".wav", "x-wav": ".wav", "wave": ".wav", "mp3": ".mp3", "mpeg": ".mp3", "flac": ".flac", "x-flac": ".flac",
    "ogg": ".ogg", "opus": ".ogg", "m4a": ".m4a", "mp4": ".m4a", "aac": ".aac", "webm": ".webm", "aiff": ".aiff",
    "mid": ".mid", "midi": ".mid", "x-midi": ".mid", "musicxml": ".musicxml", "mxl": ".mxl",
}  # fmt: skip
_DATA_URL = re.compile(r"data:[\w.+-]+/(?:vnd\.recordare\.)?([\w.-]+)(?:\+\w+)?(?:;[\w=.-]+)*;base64,(.*)", re.DOTALL)
_IGNORED = {
    "tools": "tools of the caller's (Segue plans with its own)", "functions": "functions of the caller's",
    "response_format": "response_format", "stop": "stop", "logprobs": "logprobs", "prediction": "prediction",
}  # fmt: skip


class AudioWish(BaseModel):
    """The form of sound in an answer; ``voice`` is taken and means nothing."""

    model_config = ConfigDict(extra="allow")

    format: Literal["wav", "mp3", "flac", "opus", "aac", "pcm16"] = "mp3"
    voice: Any = None


class StreamOptions(BaseModel):
    """What a stream ends with."""

    model_config = ConfigDict(extra="allow")

    include_usage: StrictBool = False


class ChatMessage(BaseModel):
    """A message: text, or a list of parts."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None


class ChatRequest(BaseModel):
    """What ``POST /v1/chat/completions`` takes. Other fields are taken and do nothing."""

    model_config = ConfigDict(extra="allow")

    model: str = MODEL
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=2000)]
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    audio: AudioWish | None = None
    n: Annotated[int, Field(ge=1, le=1, strict=True), WHOLE] | None = None
    metadata: dict[str, Any] | None = None

    @property
    def wants_audio(self) -> bool:
        """Whether sound itself is asked for, not only links."""
        return "audio" in (self.modalities or [])

    def ignored(self) -> list[str]:
        """Return what was asked for and is not done, in words."""
        extra = self.model_extra or {}
        return [words for name, words in _IGNORED.items() if extra.get(name)]


def check_model(name: str) -> None:
    """Raise ``NotFound`` for any model but ours."""
    if name.removeprefix("models/").split(":")[0] != MODEL:
        raise NotFound(f"There is no model '{name}'.", f"The model is '{MODEL}'.")


@dataclass
class Heard:
    """A message's words and files (suffix with bytes), and what of it could not be used."""

    text: str = ""
    files: list[tuple[str, bytes]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def heard(content: str | list[dict[str, Any]] | None, with_files: bool = True) -> Heard:
    """Return what a message says.

    Parameters
    ----------
    with_files : decode its files, too; without it only the words are looked at.

    Raises
    ------
    InvalidArgument : sound that is not base64, or of no known form; an address instead of data.
    """
    found = Heard()
    if content is None or isinstance(content, str):
        found.text = (content or "").strip()
        return found
    words: list[str] = []
    for part in content:
        kind = str(part.get("type", ""))
        if kind in ("text", "input_text", "output_text"):
            words.append(str(part.get("text", "")))
        elif kind in ("input_audio", "audio_url", "file", "input_file"):
            if with_files:
                found.files.append(_file(kind, part))
        elif kind in ("image_url", "input_image", "image"):
            found.notes.append("Pictures cannot be heard; the one that was sent is left out.")
    found.text = "\n".join(word for word in words if word).strip()
    return found


def _file(kind: str, part: dict[str, Any]) -> tuple[str, bytes]:
    inner = part.get(kind)
    body: dict[str, Any] = inner if isinstance(inner, dict) else part
    if kind == "input_audio":
        return _suffix(str(body.get("format", ""))), _bytes(str(body.get("data", "")))
    address = str(body.get("url") or body.get("file_data") or inner or "")
    match = _DATA_URL.fullmatch(address)
    if match is None:
        raise InvalidArgument(
            "Files come as data, not as addresses.", 'Send input_audio, or "data:audio/wav;base64,…".'
        )
    name = str(body.get("filename", ""))
    return _suffix(name.rsplit(".", 1)[-1] if "." in name else match[1]), _bytes(match[2])


def _suffix(form: str) -> str:
    suffix = _SUFFIXES.get(form.lower().strip())
    if suffix is None:
        raise InvalidArgument(
            f"'{form}' is no form that is read.", "Send wav, mp3, flac, ogg, m4a, webm, mid or musicxml."
        )
    return suffix


def _bytes(text: str) -> bytes:
    match = _DATA_URL.fullmatch(text)
    try:
        data = base64.b64decode(match[2] if match else text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidArgument("The sound is not base64.", "Send the file's bytes, encoded as base64.") from None
    if not data:
        raise InvalidArgument("The sound is empty.", "Send the file's bytes, encoded as base64.")
    return data
