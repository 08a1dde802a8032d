"""Matrix Market files. SciPy's reader ends the process on numbers of many digits (its issue 19949) and on many damaged
files, so that the lines are read by numpy.

Contents
--------
read_mtx
    A coordinate file stays sparse.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.stored import DamagedFileError, StoredArray

FIELDS = {"real": float, "double": float, "integer": float, "complex": complex, "pattern": float}
MIRRORED = {
    "general": None,
    "symmetric": lambda values: values,
    "skew-symmetric": lambda values: -values,
    "hermitian": np.conj,
}
EMPTY_ROWS = 10**6  # more than the bytes of a file can name


def read_mtx(path) -> list[StoredArray]:
    """A coordinate file stays sparse; entries that are given twice add up."""
    with open(path, encoding="utf-8") as stream:
        banner = stream.readline().lower().split()
        lines = 1
        for line in stream:
            lines += 1
            if line.strip() and not line.startswith("%"):
                break
        else:
            raise DamagedFileError("it has no line that gives its size")
    if len(banner) != 5 or banner[:2] != ["%%matrixmarket", "matrix"]:
        raise DamagedFileError("its first line is not that of a Matrix Market matrix")
    form, field, symmetry = banner[2:]
    if form not in ("coordinate", "array") or field not in FIELDS or symmetry not in MIRRORED:
        raise DamagedFileError(f"its first line says {' '.join(banner[2:])!r}, which no Matrix Market file is")
    size = [int(word) for word in line.split()]
    coordinate = form == "coordinate"
    if len(size) != 2 + coordinate or min(size) < 0:
        raise DamagedFileError(f"its size is given as {line.strip()!r:.60}")
    rows, columns = size[:2]
    if symmetry != "general" and rows != columns:
        raise DamagedFileError(f"it is {symmetry}, but of shape ({rows}, {columns})")
    if coordinate and max(rows, columns) > path.stat().st_size + EMPTY_ROWS:
        raise DamagedFileError(
            f"it claims shape ({rows}, {columns}), which its {path.stat().st_size} bytes do not hold"
        )
    expected = size[2] if coordinate else (rows * columns if symmetry == "general" else _below(rows, symmetry))

    def read():
        i, j, values = _numbers(path, lines, expected, 2 * coordinate, FIELDS[field], field == "pattern")
        shape = rows, columns, symmetry
        return _sparse(i, j, values, *shape) if coordinate else _dense(values, *shape)

    return [StoredArray("recurrent", (rows, columns), np.dtype(FIELDS[field]).name, read)]


def _below(n: int, symmetry: str) -> int:
    """How many entries a symmetric matrix in full gives: those on and below the diagonal, or below."""
    return n * (n - 1) // 2 if symmetry == "skew-symmetric" else n * (n + 1) // 2


def _numbers(path, lines, expected, indices, kind, pattern):
    """Rows, columns and values of the entries; nothing is taken for granted."""
    width = indices + (0 if pattern else 2 if kind is complex else 1)
    with open(path, encoding="utf-8") as stream:
        body = (line for line in islice(stream, lines, None) if line.strip())
        table = np.loadtxt(body, ndmin=2, comments="%") if expected else np.empty((0, width))
    if table.shape != (expected, width):
        raise DamagedFileError(f"it claims {expected} entries of {width} numbers, but holds {table.shape}")
    places, values = table[:, :indices], table[:, indices:]
    values = np.ones(expected) if pattern else values[:, 0] + 1j * values[:, 1] if kind is complex else values[:, 0]
    return (*(places.T - 1), values) if indices else (None, None, values)


def _sparse(i, j, values, rows, columns, symmetry):
    for places, length in ((i, rows), (j, columns)):
        outside = ~((places >= 0) & (places < length) & (places == np.floor(places)))
        if outside.any():
            raise DamagedFileError(f"an entry is at {places[outside][0] + 1:g}, but there are {length}")
    i, j = i.astype(np.int64), j.astype(np.int64)
    mirrored = MIRRORED[symmetry]
    if mirrored is not None:
        beside = i != j
        i, j = np.concatenate([i, j[beside]]), np.concatenate([j, i[beside]])
        values = np.concatenate([values, mirrored(values[beside])])
    return sparse.csr_array(sparse.coo_array((values, (i, j)), shape=(rows, columns)))


def _dense(values, rows, columns, symmetry):
    """Column after column."""
    mirrored = MIRRORED[symmetry]
    if mirrored is None:
        return values.reshape(columns, rows).T
    matrix = np.zeros((rows, rows), values.dtype)
    i, j = np.triu_indices(rows, 1 if symmetry == "skew-symmetric" else 0)  # of the transpose: its rows, our columns
    matrix[j, i] = values
    beside = i != j
    matrix[i[beside], j[beside]] = mirrored(values[beside])
    return matrix
