"""Three pieces that can be played when the page opens: from the library, else composed once and announced."""

import threading
from collections.abc import Callable
from html import escape

from segue.agent import Agent
from segue.tools.core.errors import NotFound, SegueError
from segue.tools.core.piece import Piece
from segue.tools.core.store import SHARED, Store
from segue.ui import players

_KEY = "opening pieces"
WISHES = [
    {"prompt": "a warm lo-fi beat", "genre": "lo-fi", "bpm": 76, "key": "D minor", "duration_s": 24, "seed": 11},
    {"prompt": "a light bossa nova", "genre": "bossa nova", "bpm": 128, "key": "F major", "duration_s": 24, "seed": 5},
    {
        "prompt": "a driving synthwave theme",
        "genre": "synthwave",
        "bpm": 104,
        "key": "A minor",
        "duration_s": 24,
        "seed": 8,
    },
]


class Opening:
    """The three pieces of one data folder, and how far their making is."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.done = 0
        self.label = ""
        self.error = ""
        self.thread: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether they are being composed now."""
        return self.thread is not None and self.thread.is_alive()

    def wanted(self) -> bool:
        """Whether there are fewer than there should be."""
        return len(self.pieces()) < len(WISHES)

    def stage(self) -> str:
        """Return a word that changes whenever there is something new to show."""
        return f"{self.done} {self.label} {self.busy} {self.error}"

    def pieces(self) -> list[Piece]:
        """Return up to three pieces that can be played now."""
        tracks = [piece for piece in self.store.pieces(SHARED, kind="track", limit=60) if piece.clip]
        if len(tracks) >= len(WISHES):
            return tracks[:: max(1, len(tracks) // len(WISHES))][: len(WISHES)]
        found: list[Piece] = []
        for id in self.store.recall(_KEY) or []:
            try:
                found.append(self.store.piece(id, SHARED))
            except NotFound:
                continue
        return found

    def compose(self, agent: Agent, say: Callable[[str], None]) -> None:
        """Compose what is missing in a thread of its own; ``say`` announces it."""
        if self.busy or not self.wanted():
            return
        say("composing three short pieces to open with; the page shows them as they are ready")
        self.thread = threading.Thread(target=self._work, args=(agent, say), name="opening", daemon=True)
        self.thread.start()

    def _work(self, agent: Agent, say: Callable[[str], None]) -> None:
        ids: list[str] = list(self.store.recall(_KEY) or [])
        self.done = len(ids)
        for wish in WISHES[len(ids) :]:
            if self._stop.is_set():
                return
            self.label = str(wish["prompt"])
            try:
                result = agent.run_tool("generate", wish)
            except SegueError as error:
                self.error = str(error)
            else:
                self.error = str(result.error) if result.error else ""
            if self.error:
                say(f"the opening pieces could not be composed: {self.error}")
                return
            ids += [piece["id"] for piece in (result.out or {}).get("pieces", [])]
            self.store.remember(_KEY, ids)
            self.done = len(ids)
            say(f"composed {self.label}")

    def stop(self) -> None:
        """Begin no further piece."""
        self._stop.set()

    def html(self) -> str:
        """Return the three players, with what is still being composed."""
        shown = [_card(piece) for piece in self.pieces()]
        wait = ""
        if self.busy:
            wait = (
                f'<p class="sg-quiet">Composing {len(WISHES)} short pieces to open with: {escape(self.label)} '
                f'<progress max="{len(WISHES)}" value="{self.done}"></progress></p>'
            )
        elif self.error:
            wait = f'<p class="sg-quiet">{escape(self.error)}</p>'
        return f'<div class="sg-three">{"".join(shown)}</div>{wait}'


def _card(piece: Piece) -> str:
    facts = piece.score
    words = players.about(facts.genre, facts.bpm, facts.key) if facts else ""
    return players.player(
        piece.id, piece.title, duration_s=piece.duration_s, words=words, has_score=facts is not None, brief=True
    )
