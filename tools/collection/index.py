"""Nearest vectors: exact in small libraries, FAISS's inverted lists in large ones.

A saved index carries a checksum: an altered file is refused and built again (FAISS trusts the
sizes written in its files).
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

EXACT_UP_TO = 50_000  # vectors; 50,000 x 384 floats take about 10 ms


class VectorIndex:
    """Unit vectors of some rows of a table, searched by cosine.

    Parameters
    ----------
    vectors : by id; others than the commonest length are left out (another space's left-overs).
    ids : the table's rows in order; a row without a vector is never near anything.
    keep : where a large index is kept between processes, if anywhere.
    """

    def __init__(self, vectors: Mapping[str, Floats], ids: Sequence[str], keep: Path | None = None) -> None:
        lengths = [len(vector) for vector in vectors.values() if len(vector)]
        self.dimensions = max(set(lengths), key=lengths.count) if lengths else 0
        self.rows = np.array(
            [n for n, id in enumerate(ids) if id in vectors and 0 < len(vectors[id]) == self.dimensions], dtype=np.int64
        )
        self.matrix = np.empty((len(self.rows), self.dimensions), dtype=np.float32)
        for place, n in enumerate(self.rows):
            self.matrix[place] = vectors[ids[n]]
        lengths_of = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        self.matrix /= np.where(lengths_of > 0, lengths_of, 1)  # in place: a large library's is gigabytes
        self.count = len(ids)
        self._lists = _inverted(self.matrix, keep) if len(self.rows) > EXACT_UP_TO else None

    def __len__(self) -> int:
        return len(self.rows)

    def similarities(self, vector: npt.ArrayLike, most: int = 2000, rows: npt.NDArray[np.intp] | None = None) -> Floats:
        """Return each row's cosine to ``vector``, float32 ``[rows of the table]``; NaN where unknown or far.

        In large libraries only the nearest ``most`` rows are looked at.

        Parameters
        ----------
        rows : rising; where given, only these are told, float32 ``[rows]``.
        """
        if rows is not None and self._lists is None:
            return self.similarities(vector)[rows]
        out = np.full(self.count if rows is None else len(rows), np.nan, dtype=np.float32)
        wanted = np.asarray(vector, dtype=np.float32).ravel()
        if not len(self.rows) or len(wanted) != self.dimensions:
            return out
        wanted = unit(wanted[None, :])
        if self._lists is None:
            out[self.rows] = self.matrix @ wanted[0]
            return out
        _, near = self._lists.search(wanted, most)
        near = near[0][near[0] >= 0]
        places = self.rows[near]
        if rows is not None:
            places = np.searchsorted(rows, places)
            told = np.append(rows, -1)[places] == self.rows[near]
            near, places = near[told], places[told]
        out[places] = self.matrix[near] @ wanted[0]
        return out

    def vector(self, row: int) -> Floats | None:
        """Return the unit vector of a row of the table, if it has one."""
        at = int(np.searchsorted(self.rows, row))
        return self.matrix[at] if at < len(self.rows) and self.rows[at] == row else None


def unit(matrix: Floats) -> Floats:
    """Return rows scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _inverted(matrix: Floats, keep: Path | None) -> Any:  # noqa: ANN401 - FAISS is not typed
    """Build, or load when it fits and is whole, inverted lists of 8-bit vectors (IVF, SQ8)."""
    import faiss

    basis = hashlib.sha256(np.ascontiguousarray(matrix).data).hexdigest()
    if keep is not None and (loaded := _load(keep, basis)) is not None:
        return loaded
    lists = int(min(2048, max(64, 4 * np.sqrt(len(matrix)))))
    index: Any = faiss.index_factory(matrix.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    rng = np.random.default_rng(0)
    index.train(matrix[rng.choice(len(matrix), min(len(matrix), 40 * lists), replace=False)])
    index.add(matrix)
    index.nprobe = max(4, lists // 64)
    if keep is not None:
        save(index, keep, basis)
    return index


def save(index: Any, path: Path, basis: str) -> None:  # noqa: ANN401 - FAISS is not typed
    """Write an index and, beside it, its checksum and what it was built from; both atomically."""
    import faiss

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".writing")
    faiss.write_index(index, str(temporary))
    note = {"sha256": hashlib.sha256(temporary.read_bytes()).hexdigest(), "basis": basis}
    path.with_suffix(".json").write_text(json.dumps(note), encoding="utf-8")
    os.replace(temporary, path)


def _load(path: Path, basis: str) -> Any:  # noqa: ANN401 - FAISS is not typed
    """Read an index; None where there is none, it is of other vectors, or it is not as it was written."""
    import faiss

    try:
        note = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        if note["basis"] != basis or note["sha256"] != hashlib.sha256(path.read_bytes()).hexdigest():
            return None
        index: Any = faiss.read_index(str(path))
    except (OSError, ValueError, KeyError, RuntimeError):
        return None
    index.nprobe = max(4, index.nlist // 64)
    return index
