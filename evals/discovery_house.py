"""A library of the talks' pool in a data folder of its own, asked through the retrieve tool as every user asks it."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segue.evals.discovery_cpcd import Floats, View
from segue.tools import retrieve
from segue.tools.collection.catalogue import Track, open_catalogue
from segue.tools.collection.embed import SPACE
from segue.tools.collection.measure import words_basis
from segue.tools.collection.table import import_table
from segue.tools.collection.talk import searched_for
from segue.tools.collection.words import normal
from segue.tools.core import registry
from segue.tools.core.base import Context
from segue.tools.core.settings import Settings
from segue.tools.core.store import Store

MOST = 100


def cache_folder() -> Path:
    """Return the user's cache folder of Segue."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "segue"


class House:
    """The pool as a catalogue without files, imported from a table, and its retrieve tool.

    Parameters
    ----------
    tracks : the pool; row *n* of every ranking is ``tracks[n]``. vectors : their text vectors, if there are any.
    """

    def __init__(self, tracks: Sequence[Track], vectors: Floats | None) -> None:
        names = [f"{track.title}\0{track.artist}\0{track.album}" for track in tracks]
        mark = hashlib.sha256("\n".join(names).encode("utf-8", "replace")).hexdigest()[:16]
        self.settings = Settings(home=cache_folder() / f"discovery-home-{mark}")
        self.store = Store(self.settings)
        catalogue = open_catalogue(self.settings)
        if catalogue.size != len(tracks):
            table = self.settings.home / "pool.json"
            rows = [{"id": t.id, "title": t.title, "artist": t.artist, "album": t.album} for t in tracks]
            table.write_text(json.dumps(rows), "utf-8")
            import_table(catalogue, self.store, table)
        self.tracks = tracks
        row_of = {_name(track): n for n, track in enumerate(tracks)}
        kept = catalogue.find()
        self.rows = {track.id: row_of[_name(track)] for track in kept}
        self.ids = {row: id for id, row in self.rows.items()}
        if vectors is not None and len(catalogue.bases(SPACE)) != len(tracks):
            found = {track.id: (vectors[self.rows[track.id]], words_basis(track)) for track in kept}
            catalogue.put_vectors(SPACE, found)
        [backend] = [one for one in registry.backends("retrieve") if one.name == "catalogue"]
        self._run = registry.load(backend, self.settings)

    def scores(self, view: View, query: str = "") -> Floats:
        """Ask the tool as the dialogue does; the rows found get falling scores, the others none (−inf).

        ``query`` is what an LLM planner searches for at this turn, if one planned it.
        """
        now = searched_for(view.said[-1], query)
        talk = retrieve.Talk(
            said=[*view.said[:-1], now],
            liked=[[self.ids[row] for row in turn] for turn in view.liked],
            disliked=[[self.ids[row] for row in turn] for turn in view.disliked],
        )
        filters = retrieve.Filters(exclude=[self.ids[row] for row in sorted(view.rated)])
        args = retrieve.Args(query=query or view.said[-1], talk=talk, filters=filters, k=MOST)
        found = self._run(args, Context(self.store, self.settings, tool="retrieve"))
        assert isinstance(found, retrieve.Out)
        scores = np.full(len(self.rows), -np.inf, dtype=np.float32)
        for place, item in enumerate(found.items):
            scores[self.rows[item.id]] = -place
        return scores


def _name(track: Track) -> tuple[str, str]:
    return normal(track.title), normal(track.artist)
