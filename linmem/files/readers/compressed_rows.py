"""Sparse matrices from the arrays in which files keep them.

scipy trusts such arrays: an index outside of the matrix ends the process, or reads other memory. They are checked
before.

Contents
--------
from_compressed
    From values, indices, and where each row or column begins.
from_entries
    From values, and the row and column of each.
from_diagonals
    From values along diagonals.
from_blocks
    From dense blocks, compressed by rows.
shape_of_matrix
    The shape that a file states, if it may be true.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.stored import DamagedFileError

EMPTY_ROWS = 10**6  # a sparse matrix may have so many rows and columns more than entries


def shape_of_matrix(shape: Any, entries: int) -> tuple[int, int]:
    """The shape that a file states.

    Raises
    ------
    DamagedFileError
        If it is not two numbers, or has far more rows or columns than there are entries.
    """
    sizes = np.asarray(shape)
    if sizes.shape != (2,) or sizes.dtype.kind not in "iu":
        raise DamagedFileError(f"the shape of its sparse matrix is {sizes.tolist()!r:.60}; it must be two numbers")
    rows, columns = map(int, sizes)
    if min(rows, columns) < 0 or max(rows, columns) > entries + EMPTY_ROWS:
        raise DamagedFileError(f"it claims shape ({rows}, {columns}) for a sparse matrix of {entries} entries")
    return rows, columns


def from_compressed(values: Any, indices: Any, starts: Any, shape: Any, *, by: str = "row") -> sparse.csr_array:
    """The matrix whose row k, or column k, has the values from starts[k] to starts[k + 1] at those indices.

    Raises
    ------
    DamagedFileError
        If an index lies outside of the matrix, or the arrays do not fit together.
    """
    values = _values(values, 1)
    rows, columns = shape_of_matrix(shape, len(values))
    lines, length = (rows, columns) if by == "row" else (columns, rows)
    indices, starts = _checked(indices, starts, lines, length, len(values))
    kind = sparse.csr_array if by == "row" else sparse.csc_array
    count = int(starts[-1])
    return sparse.csr_array(kind((values[:count], indices[:count], starts), shape=(rows, columns)))


def _checked(indices: Any, starts: Any, lines: int, length: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    indices, starts = _places(indices), _places(starts)
    if len(starts) != lines + 1 or starts[0] != 0 or (np.diff(starts) < 0).any() or starts[-1] > count:
        raise DamagedFileError(f"the beginnings of the {lines} lines of its sparse matrix do not fit {count} values")
    if len(indices) != count:
        raise DamagedFileError(f"its sparse matrix has {count} values, but {len(indices)} indices")
    _require_inside(indices, length)
    return indices, starts


def from_entries(values: Any, rows: Any, columns: Any, shape: Any) -> sparse.csr_array:
    """The matrix with the values in those rows and columns; entries that are given twice add up.

    Raises
    ------
    DamagedFileError
        If an entry lies outside of the matrix, or the arrays do not fit together.
    """
    values, rows, columns = _values(values, 1), _places(rows), _places(columns)
    sizes = shape_of_matrix(shape, len(values))
    if not len(values) == len(rows) == len(columns):
        raise DamagedFileError(
            f"its sparse matrix has {len(values)} values in {len(rows)} rows, {len(columns)} columns"
        )
    _require_inside(rows, sizes[0])
    _require_inside(columns, sizes[1])
    return sparse.csr_array((values, (rows, columns)), shape=sizes)


def from_diagonals(values: Any, offsets: Any, shape: Any) -> sparse.csr_array:
    """The matrix with one row of values, placed by columns, for each diagonal.

    Raises
    ------
    DamagedFileError
        If there are not as many diagonals as rows of values.
    """
    values, offsets = _values(values, 2), _places(offsets)
    sizes = shape_of_matrix(shape, values.size)
    if len(offsets) != len(values) or len(set(offsets.tolist())) < len(offsets):
        raise DamagedFileError(f"its sparse matrix has {len(values)} diagonals at {len(offsets)} places")
    _require_inside(np.abs(offsets), max(sizes))
    return sparse.csr_array(sparse.dia_array((values, offsets), shape=sizes))


def from_blocks(values: Any, indices: Any, starts: Any, shape: Any) -> sparse.csr_array:
    """The matrix of dense blocks (count, rows, columns), compressed by rows of blocks.

    Raises
    ------
    DamagedFileError
        If a block lies outside of the matrix, or the arrays do not fit together.
    """
    values = _values(values, 3)
    sizes = shape_of_matrix(shape, values.size)
    height, width = values.shape[1:]
    if not height or not width or sizes[0] % height or sizes[1] % width:
        raise DamagedFileError(f"blocks of shape ({height}, {width}) do not fill its sparse matrix of shape {sizes}")
    indices, starts = _checked(indices, starts, sizes[0] // height, sizes[1] // width, len(values))
    count = int(starts[-1])
    return sparse.csr_array(sparse.bsr_array((values[:count], indices[:count], starts), shape=sizes))


def _values(values: Any, axes: int) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != axes or array.dtype.kind not in "biufc":
        raise DamagedFileError(f"the values of its sparse matrix have shape {array.shape} and type {array.dtype}")
    if array.dtype == np.float16 or not array.dtype.isnative:  # types that scipy's sparse matrices do not have
        array = array.astype(complex if array.dtype.kind == "c" else float)
    return array


def _places(numbers: Any) -> np.ndarray:
    array = np.asarray(numbers)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise DamagedFileError(f"the indices of its sparse matrix have shape {array.shape} and type {array.dtype}")
    return array.astype(np.int64)


def _require_inside(places: np.ndarray, length: int) -> None:
    outside = (places < 0) | (places >= length)
    if outside.any():
        raise DamagedFileError(f"an entry of its sparse matrix is at {places[outside][0]}, but there are {length}")
