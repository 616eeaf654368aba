"""What the library remembers of each of its users: what they like, and searches that are kept as playlists.

A liking is of a track (its id) or of an artist (``artist:Name``). It outlives the conversation in which it was told, can
be seen, changed and forgotten by its user, and is nobody else's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segue.tools.collection.catalogue import Catalogue, now
from segue.tools.collection.words import normal
from segue.tools.core.errors import NotFound

ARTIST = "artist:"


@dataclass(frozen=True, slots=True)
class Taste:
    """What one user likes and rejects: track ids, and artists in normal form."""

    liked: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()
    liked_artists: frozenset[str] = frozenset()
    rejected_artists: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.liked or self.rejected or self.liked_artists or self.rejected_artists)


def taste_of(catalogue: Catalogue, owner: str) -> Taste:
    """Return what is known of a user's taste."""
    sides: dict[tuple[bool, bool], set[str]] = {(liked, artist): set() for liked in (True, False) for artist in (True, False)}  # fmt: skip
    for row in catalogue.database.rows("SELECT item, liked FROM taste WHERE owner = ?", (owner,)):
        artist = row["item"].startswith(ARTIST)
        sides[bool(row["liked"]), artist].add(normal(row["item"].removeprefix(ARTIST)) if artist else row["item"])
    found = {key: frozenset(items) for key, items in sides.items()}
    return Taste(found[True, False], found[False, False], found[True, True], found[False, True])


def learn(catalogue: Catalogue, owner: str, liked: Mapping[str, bool | None]) -> None:
    """Remember of each item whether it is liked; None forgets it."""
    with catalogue.database.write() as db:
        for item, good in liked.items():
            if good is None:
                db.execute("DELETE FROM taste WHERE owner = ? AND item = ?", (owner, item))
            else:
                db.execute("INSERT OR REPLACE INTO taste VALUES (?, ?, ?, ?)", (owner, item, int(good), now()))


def taste_rows(catalogue: Catalogue, owner: str) -> list[dict[str, Any]]:
    """Return a user's taste to show: what, liked or not, since when; the newest first."""
    rows = []
    for row in catalogue.database.rows("SELECT * FROM taste WHERE owner = ? ORDER BY at DESC, item", (owner,)):
        artist = row["item"].startswith(ARTIST)
        found = [] if artist else catalogue.find("id = ?", (row["item"],))
        name = row["item"].removeprefix(ARTIST) if artist else found[0].name if found else "a track that is gone"
        rows.append(
            {"what": "liked" if row["liked"] else "not liked", "name": name, "since": row["at"][:10], "id": row["item"]}
        )
    return rows


def forget(catalogue: Catalogue, owner: str, items: Sequence[str] = (), name: str = "") -> int:
    """Forget what was told of some items, or of what goes by a name; everything where nothing is named.

    Raises
    ------
    NotFound : nothing is remembered of what was named.
    """
    rows = taste_rows(catalogue, owner)
    wanted = normal(name)
    gone = [
        row["id"] for row in rows
        if not (items or name) or row["id"] in items or (wanted and wanted in normal(row["name"]))
    ]  # fmt: skip
    if (items or name) and not gone:
        raise NotFound(f"Nothing is remembered of {name or 'that'}.", "Ask what I know of your taste to see it all.")
    learn(catalogue, owner, dict.fromkeys(gone))
    return len(gone)


# -- smart playlists -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SmartPlaylist:
    """A search that is kept by name: its arguments, the ids that it last found, and when that was."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    refreshed: str = ""


def playlists(catalogue: Catalogue, owner: str) -> list[SmartPlaylist]:
    """Return a user's smart playlists by name."""
    rows = catalogue.database.rows("SELECT * FROM playlists WHERE owner = ? ORDER BY name", (owner,))
    return [SmartPlaylist(r["name"], json.loads(r["args"]), json.loads(r["items"]), r["refreshed"]) for r in rows]


def playlist(catalogue: Catalogue, owner: str, name: str) -> SmartPlaylist:
    """Return the smart playlist of a name, or the only one that has the name in its own.

    Raises
    ------
    NotFound : none is called so; the message lists those that there are.
    """
    kept = playlists(catalogue, owner)
    wanted = normal(name)
    same = [one for one in kept if normal(one.name) == wanted] or [one for one in kept if wanted and wanted in normal(one.name)]  # fmt: skip
    if len(same) == 1:
        return same[0]
    names = ", ".join(one.name for one in kept[:20]) or "none yet"
    raise NotFound(f"There is no smart playlist '{name}'.", f"There are: {names}. “Save this as a smart playlist called X” keeps a search.")  # fmt: skip


def keep(catalogue: Catalogue, owner: str, kept: SmartPlaylist) -> None:
    """Keep a smart playlist; one of the same name is replaced."""
    catalogue.database.execute(
        "INSERT OR REPLACE INTO playlists VALUES (?, ?, ?, ?, ?)",
        (owner, kept.name, json.dumps(kept.args), json.dumps(kept.ids), now()),
    )
