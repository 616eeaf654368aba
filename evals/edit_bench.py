"""A workbench for measuring edits: a store of its own, the embedded editor on it, and what it told the user."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.tools import edit
from segue.tools.backends import edit_dsp
from segue.tools.core.audio import Samples, Waveform
from segue.tools.core.base import Context, Runner
from segue.tools.core.piece import Piece
from segue.tools.core.settings import load_settings
from segue.tools.core.store import Store, new_id


@dataclass
class Bench:
    """``notes`` holds what the last edit said."""

    store: Store
    run: Runner
    notes: list[str] = field(default_factory=list)

    def add(self, wave: Waveform, title: str = "recording") -> Piece:
        """Keep a sound as a recording."""
        return self.store.save(Piece(id=new_id(), title=title, clip=self.store.add_wave(wave)))

    def edit(self, piece: Piece, *operations: dict[str, Any]) -> edit.Out:
        """Do operations; errors come as the tools raise them."""
        self.notes.clear()
        args = edit.Args.model_validate({"clip": {"id": piece.id}, "operations": list(operations)})
        context = Context(self.store, self.store.settings, tool="edit", backend="dsp", say=self.notes.append)
        out = self.run(args, context)
        assert isinstance(out, edit.Out)
        return out

    def wave(self, piece: Piece) -> Waveform:
        """Return a piece's sound."""
        assert piece.clip is not None
        return self.store.wave(piece.clip)

    def samples(self, piece: Piece) -> Samples:
        """Return a piece's samples, ``[channels, frames]``."""
        return self.wave(piece).samples


@contextmanager
def bench() -> Iterator[Bench]:
    """Open a workbench in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="segue-eval-") as folder:
        settings = load_settings(home=Path(folder))
        store = Store(settings)
        try:
            yield Bench(store, edit_dsp.BACKEND.load(settings))
        finally:
            store.close()
