"""What a notebook shows of an answer: its words, a player for each sound, the names of its files.

The sound is inside the page that the notebook keeps, as MP3, so that it plays where there is no Segue.
"""

import base64
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segue.agent.events import Artifact, Reply

_LONGEST_S = 600.0  # longer sounds are only named: a page with an hour of music cannot be opened


def reply_html(reply: "Reply") -> str:
    """Return an answer as HTML; nothing in its words or titles is markup."""
    words = "".join(f"<p>{escape(block)}</p>" for block in reply.reply.split("\n\n") if block.strip())
    return words + "".join(artifact_html(made) for made in reply.artifacts)


def artifact_html(made: "Artifact") -> str:
    """Return a player, or the name of a file that is no sound."""
    title = escape(made.title or made.kind)
    path = Path(made.path)
    if made.kind != "audio" or not path.is_file() or (made.duration_s or 0.0) > _LONGEST_S:
        return f"<p>{escape(made.kind)}: {title} <code>{escape(made.path)}</code></p>"
    sound = base64.b64encode(_mp3(path)).decode()
    return f'<p>{title}<br><audio controls src="data:audio/mpeg;base64,{sound}"></audio></p>'


def _mp3(path: Path) -> bytes:
    from segue.tools.core.audio import decode, encode

    with tempfile.TemporaryDirectory(prefix="segue-notebook-") as folder:
        target = Path(folder) / "sound.mp3"
        encode(decode(path), target)
        return target.read_bytes()
