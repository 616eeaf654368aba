"""The dialogue state: what the conversation knows, as a fold of its turns.

``State`` is what planners read: the things in reach, what is in focus, the lists that were shown,
the constraints in force, who is liked and rejected, and a plan that waits for a yes.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field

Role = Literal["SEED", "SATISFIED", "CONTRAST", "LIKED", "REJECTED", "SHOWN"]


class Thing(BaseModel):
    """Something a user can point at: a piece, a library track, a playlist or a file.

    ``number`` is the count by which people name it in this session ("track 2", "take 1"), if any.
    """

    id: str
    kind: Literal["piece", "track", "playlist", "file"] = "piece"
    title: str = ""
    artist: str = ""
    origin: str = ""
    """How it came here: attached, generate, edit, retrieve, transcribe, export."""
    turn: int = 0
    duration_s: float | None = None
    bpm: float | None = None
    meter: str | None = None
    key: str | None = None
    genre: str | None = None
    parts: list[str] = []
    """Names of its stems or score parts, where known."""
    sound: list[str] = []
    """Moods and instruments that it is tagged with or that were heard in it, of a track that was found."""
    reasons: list[str] = []
    """Why it was found, where a search showed it."""
    has_score: bool = False
    parents: list[str] = []
    changed: list[str] = []
    """The operations of the edit that made it from its parent (``remove``, ``tempo``, …)."""
    how: list[str] = []
    """The same in words, with the parameters that were chosen."""

    @property
    def bar_s(self) -> float | None:
        """How long a bar lasts, s, where the tempo is known; in 4/4 where the meter is not."""
        upper, lower = (self.meter or "4/4").split("/")
        return 240 / self.bpm * int(upper) / int(lower) if self.bpm else None


class Place(BaseModel):
    """Where a player stands: which piece or track, and at which second."""

    id: str
    at_s: float = Field(0.0, ge=0)


class Heard(BaseModel):
    """What a player tells with a message: tracks that were skipped, each after how many seconds, and where it stands."""

    skipped: dict[str, float] = {}
    playing: Place | None = None


class ShownList(BaseModel):
    """A list the user was shown: tracks found, takes made, clips attached. ``ids`` in shown order."""

    kind: Literal["tracks", "takes", "attachments", "files"] = "tracks"
    label: str = ""
    """Words by which people may call it ("jazz", "calm piano"): the query and genre behind it."""
    ids: list[str] = []
    turn: int = 0
    args: dict[str, Any] = {}
    """The retrieve arguments that made it, for "more", "same but …", "forget the year"."""


class State(BaseModel):
    """All that a planner may know besides the message itself."""

    turn: int = 0
    things: dict[str, Thing] = {}
    focus: list[str] = []
    """Ids of pieces and tracks in focus, the most recent first: "it" is ``focus[0]``."""
    attached: list[str] = []
    """Ids attached with the message that is being planned, in order."""
    lists: list[ShownList] = []
    """Lists in the order shown; "the second one" means ``lists[-1].ids[1]``."""
    search: dict[str, Any] = {}
    """The retrieve arguments in force (query, filters, adjust, …); empty before the first search."""
    roles: dict[str, Role] = {}
    """The role of items and of artists ("artist:Name")."""
    said: list[str] = []
    """The user's words of every turn that looked for music."""
    liked: list[list[str]] = []
    """Of each of these turns the ids (and "artist:Name") that were liked, or taken for a model."""
    disliked: list[list[str]] = []
    """Of each of these turns what was rejected."""
    pending: dict[str, Any] | None = None
    """A plan (as JSON) that waits for the user's yes."""
    asked: int = -3
    """The turn in which something was last asked: not at every turn."""
    learns: bool = True
    """Whether likings told here are remembered beyond this conversation."""
    playing: Place | None = None
    """Where the player stands while the message is planned: "this bit"."""
    undone: int = 0
    """How many turns "redo" could bring back."""
    last_tool: str = ""
    """The tool of the last finished step: ellipsis ("and the bass too") repeats it."""
    last_args: dict[str, Any] = {}
    """Its arguments, with references resolved to ids."""

    def thing(self, id: str) -> Thing | None:
        """Return a known thing."""
        return self.things.get(id)

    @property
    def latest(self) -> Thing | None:
        """The thing in focus."""
        return self.things.get(self.focus[0]) if self.focus else None

    @property
    def shown(self) -> ShownList | None:
        """The list shown last."""
        return self.lists[-1] if self.lists else None


class Known(BaseModel):
    """A name found in a message that the library knows: an artist, a title, an album or a genre.

    ``start`` and ``end`` are character offsets in the message; ``exact`` is False for a misspelling.
    """

    kind: Literal["artist", "title", "album", "genre"]
    name: str
    ids: list[str] = []
    start: int = Field(0, ge=0)
    end: int = Field(0, ge=0)
    exact: bool = True
