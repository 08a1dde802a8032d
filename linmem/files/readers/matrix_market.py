"""Matrix Market files.

The numbers are read by numpy: scipy's reader ends the process on numbers of many digits (its issue 19949) and on many
damaged files.

Contents
--------
read_mtx
    The matrix of a .mtx file; a coordinate file stays sparse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.stored import DamagedFileError, StoredArray

FIELDS = {"real": float, "double": float, "integer": float, "complex": complex, "pattern": float}
MIRRORED: dict[str, Callable[[np.ndarray], np.ndarray] | None] = {  # the entry at (j, i) from that at (i, j)
    "general": None,
    "symmetric": np.positive,
    "skew-symmetric": np.negative,
    "hermitian": np.conj,
}
EMPTY_ROWS = 10**6  # a coordinate file may have so many rows and columns more than bytes


def read_mtx(path: Path) -> list[StoredArray]:
    """The matrix of the file; entries that are given twice add up, and symmetric ones are given on one side only."""
    header = _header(path)
    read = partial(_sparse if header.coordinate else _dense, path, header)
    shape = header.rows, header.columns
    dtype = "sparse" if header.coordinate else np.dtype(FIELDS[header.field]).name
    return [StoredArray("recurrent", shape, dtype, read)]


@dataclass(frozen=True)
class _Header:
    """The first lines of a file: kind of the entries and shape of the matrix."""

    coordinate: bool
    field: str
    symmetry: str
    rows: int
    columns: int
    entries: int  # that the file gives
    lines: int  # before the entries

    @property
    def numbers(self) -> int:
        """How many numbers the value of an entry consists of."""
        if self.field == "pattern":
            return 0
        return 2 if self.field == "complex" else 1


def _header(path: Path) -> _Header:
    banner, line, lines = _first_lines(path)
    if len(banner) != 5 or banner[:2] != ["%%matrixmarket", "matrix"]:
        raise DamagedFileError("its first line is not that of a Matrix Market matrix")
    form, field, symmetry = banner[2:]
    if form not in ("coordinate", "array") or field not in FIELDS or symmetry not in MIRRORED:
        raise DamagedFileError(f"its first line says {' '.join(banner[2:])!r}, which is not a kind of Matrix Market")
    coordinate = form == "coordinate"
    size = [int(word) for word in line.split()]
    if len(size) != (3 if coordinate else 2) or min(size) < 0:
        raise DamagedFileError(f"its size is given as {line.strip()!r:.60}")
    rows, columns = size[:2]
    if symmetry != "general" and rows != columns:
        raise DamagedFileError(f"it is {symmetry}, but of shape ({rows}, {columns})")
    length = path.stat().st_size
    if coordinate and max(rows, columns) > length + EMPTY_ROWS:
        raise DamagedFileError(f"it claims shape ({rows}, {columns}), which its {length} bytes do not hold")
    entries = size[2] if coordinate else _entries_of_array(rows, columns, symmetry)
    return _Header(coordinate, field, symmetry, rows, columns, entries, lines)


def _first_lines(path: Path) -> tuple[list[str], str, int]:
    """The words of the banner, the line with the size, and how many lines there are up to it."""
    with open(path, encoding="utf-8") as stream:
        banner = stream.readline().lower().split()
        for lines, line in enumerate(stream, 2):
            if line.strip() and not line.startswith("%"):
                return banner, line, lines
    raise DamagedFileError("it has no line that gives its size")


def _entries_of_array(rows: int, columns: int, symmetry: str) -> int:
    """How many entries a full matrix gives; a symmetric one those on and below the diagonal, or only below it."""
    if symmetry == "general":
        return rows * columns
    if symmetry == "skew-symmetric":
        return rows * (rows - 1) // 2
    return rows * (rows + 1) // 2


def _table(path: Path, header: _Header) -> np.ndarray:
    """The numbers after the header, one row for each entry."""
    places = 2 if header.coordinate else 0
    shape = header.entries, places + header.numbers
    table = np.empty((0, shape[1]))
    if header.entries:  # numpy warns of a file without numbers
        with open(path, encoding="utf-8") as stream:
            body = (line for line in islice(stream, header.lines, None) if line.strip())
            table = np.loadtxt(body, ndmin=2, comments="%")
    if table.shape != shape:
        raise DamagedFileError(f"it claims {shape[0]} entries of {shape[1]} numbers, but holds {table.shape}")
    return table


def _values(table: np.ndarray, field: str) -> np.ndarray:
    """The values of entries from their numbers."""
    if field == "pattern":
        return np.ones(len(table))
    if field == "complex":
        return table[:, 0] + 1j * table[:, 1]
    return table[:, 0]


def _sparse(path: Path, header: _Header) -> sparse.csr_array:
    """The matrix of a coordinate file, whose entries are lines: row, column, value."""
    table = _table(path, header)
    i = _indices(table[:, 0], header.rows)
    j = _indices(table[:, 1], header.columns)
    values = _values(table[:, 2:], header.field)
    mirrored = MIRRORED[header.symmetry]
    if mirrored is not None:
        off_diagonal = i != j
        _require_one_triangle(header, i, j)
        above_i, above_j = j[off_diagonal], i[off_diagonal]
        values = np.concatenate([values, mirrored(values[off_diagonal])])
        i = np.concatenate([i, above_i])
        j = np.concatenate([j, above_j])
    entries = sparse.coo_array((values, (i, j)), shape=(header.rows, header.columns))
    return sparse.csr_array(entries)


def _require_one_triangle(header: _Header, i: np.ndarray, j: np.ndarray) -> None:
    """Refuse entries on both sides of the diagonal: the format has those below it only, and they would be doubled."""
    below, above = i > j, i < j
    if below.any() and above.any():
        row, column = i[above][0] + 1, j[above][0] + 1
        raise DamagedFileError(
            f"it is {header.symmetry}, but has entries on both sides of the diagonal, as at ({row}, {column}); write "
            "those below it only, or say general"
        )
    if header.symmetry == "skew-symmetric" and (i == j).any():
        raise DamagedFileError("it is skew-symmetric, but has entries on the diagonal")


def _indices(numbers: np.ndarray, length: int) -> np.ndarray:
    """Row or column numbers, which are counted from 1 in the file, counted from 0."""
    places = numbers - 1
    inside = (places >= 0) & (places < length)
    inside &= places == np.floor(places)
    if not inside.all():
        raise DamagedFileError(f"an entry is at {numbers[~inside][0]:g}, but there are {length}")
    return places.astype(np.int64)


def _dense(path: Path, header: _Header) -> np.ndarray:
    """The matrix of an array file, which gives one column after the other."""
    values = _values(_table(path, header), header.field)
    mirrored = MIRRORED[header.symmetry]
    if mirrored is None:
        return values.reshape(header.columns, header.rows).T
    matrix = np.zeros((header.rows, header.rows), values.dtype)
    # columns from the diagonal down are the rows of the transpose from the diagonal on
    column, row = np.triu_indices(header.rows, 1 if header.symmetry == "skew-symmetric" else 0)
    matrix[row, column] = values
    off_diagonal = row != column
    matrix[column[off_diagonal], row[off_diagonal]] = mirrored(values[off_diagonal])
    return matrix
