"""Tables of numbers as text, and of edges.

Conventions
-----------
What separates the cells is known by the content, not by the file name. A header and a first column may name the units;
where one of them only counts them (1 to N, 0 to N - 1, V1 to VN), the other names them. A table whose header names a
source and a target is one of edges (`linmem.files.readers.edge_tables`).

Contents
--------
read_table
    The matrix, or the matrices of edges, of a .csv, .tsv or .txt file.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from linmem.files.readers.edge_tables import ends_of, read_edges
from linmem.files.readers.octave_text import BEGINNING as OCTAVE_TEXT
from linmem.files.readers.octave_text import read_octave_text
from linmem.files.readers.stored import DamagedFileError, StoredArray
from linmem.files.readers.text_lines import (
    cells_of,
    content_lines,
    decimal_points,
    decoded,
    delimiter_of,
    is_missing,
    is_number,
)


def read_table(path: Path) -> list[StoredArray]:
    """Numbers row by row, with the names of the units if there are any; or the numbers of edges."""
    text = decoded(path)
    if text.startswith(OCTAVE_TEXT.decode()):
        return read_octave_text(path)
    lines = content_lines(text)
    if not lines:
        raise DamagedFileError("it is empty")
    stated = lines[0].strip().strip('"').lower()
    if stated.startswith("sep=") and len(stated) == len("sep=;") and len(lines) > 1:
        delimiter: str | None = stated[-1]
        lines = lines[1:]
    else:
        delimiter = delimiter_of(lines)
    lines = decimal_points(lines, delimiter)
    header = _header(lines, delimiter)
    body = lines[1:] if header else lines
    ends = ends_of(header)
    if ends and _name_units(body, delimiter, (ends.source, ends.target)):
        return read_edges(header, (cells_of(line, delimiter) for line in body), ends)
    return [_matrix(header, body, delimiter)]


def _header(lines: Sequence[str], delimiter: str | None) -> list[str]:
    """The cells of the header; none if the first line is one of values."""
    first = cells_of(lines[0], delimiter)
    second = cells_of(lines[1], delimiter) if len(lines) > 1 else []
    text = [cell for cell in first if not is_number(cell) and not is_missing(cell)]
    if len(text) == len(first) and not second:
        raise DamagedFileError(f"it begins with {first[0]!r}, which is not a number, and no row of numbers follows")
    # a row of the table with a word in it is no header, but a table without it must then not be square
    if text and (len(text) >= len(first) - 1 or len(lines) - 1 == len(first)):
        return first
    names_of_rows = first[0] == "" or (first[0] in text and len(lines) == len(first))
    has_corner = names_of_rows and len(first) > 2 and all(map(is_number, first[1:]))
    is_quoted = _all_quoted(lines[0], delimiter) and len(lines) > 1 and not _all_quoted(lines[1], delimiter)
    has_no_corner = len(first) == len(second) - 1 and len(lines) - 1 == len(first)
    return first if has_corner or is_quoted or has_no_corner else []


def _all_quoted(line: str, delimiter: str | None) -> bool:
    """Whether each cell stands in quotation marks, which numbers do not."""
    return line.count('"') == 2 * len(cells_of(line, delimiter))


def _name_units(body: Sequence[str], delimiter: str | None, places: tuple[int, int]) -> bool:
    """Whether the cells in two columns name units: fractions do not, as in the matrix of units `pre` and `post`."""
    for line in body:
        cells = cells_of(line, delimiter)
        for cell in (cells[place] for place in places if place < len(cells)):
            if is_number(cell) and complex(cell) != round(abs(complex(cell))):
                return False
    return True


def _matrix(header: list[str], body: Sequence[str], delimiter: str | None) -> StoredArray:
    width = len(cells_of(body[0], delimiter))
    names = _names_of_rows(header, body, delimiter, width)
    numbers = _numbers(body, delimiter, range(1, width) if names else range(width))
    labels: tuple[str, ...] = ()
    if header:
        if len(header) not in (width, width - 1) or numbers.shape[1] == 0:
            raise DamagedFileError(f"its header has {len(header)} cells, but the first row {width}")
        labels = tuple(header[len(header) - numbers.shape[1] :])
        labels = _one_name_each(names, labels) if len(names) == len(labels) else labels
    else:
        _require_no_codes(numbers)
    return StoredArray("recurrent", numbers.shape, str(numbers.dtype), lambda: numbers, labels)


def _names_of_rows(header: list[str], body: Sequence[str], delimiter: str | None, width: int) -> list[str]:
    """The first column, if it names the rows: the header has an empty cell or none for it, or it is no number."""
    if not header:
        return []
    column = [cells_of(line, delimiter)[0] for line in body]
    if header[0] == "" or len(header) == width - 1:
        return column
    if len(body) == width - 1 and (column == header[1:] or _counts(column)):
        return column
    is_text = not any(is_number(cell) or is_missing(cell) for cell in column)
    return column if is_text or (len(body) == width - 1 and not is_number(column[0])) else []


def _numbers(body: Sequence[str], delimiter: str | None, columns: range) -> np.ndarray:
    """The numbers in some columns.

    Raises
    ------
    DamagedFileError
        If a cell is no number, or a row has another length than the first; it says which.
    """
    options: dict[str, Any] = {"delimiter": delimiter, "comments": None, "quotechar": '"', "ndmin": 2}
    for dtype in (float, complex):
        try:
            numbers = np.loadtxt(body, dtype=dtype, usecols=columns if columns.start else None, **options)
        except ValueError:
            continue
        # of chosen columns numpy does not say that a row has more
        if not columns.start or {len(cells_of(line, delimiter)) for line in body} == {columns.stop}:
            return numbers
    for row, line in enumerate(body):
        cells = cells_of(line, delimiter)
        if len(cells) != columns.stop:
            raise DamagedFileError(f"row {row} has {len(cells)} cells, and row 0 has {columns.stop}")
        for column, place in enumerate(columns):
            if not is_number(cells[place]):
                kind = "a missing value; replace it" if is_missing(cells[place]) else "not a number"
                raise DamagedFileError(f"row {row}, column {column} holds {cells[place]!r:.40}, which is {kind}")
    raise DamagedFileError("it is not a table of numbers")


def _counts(names: Sequence[str]) -> bool:
    """Whether names only count: from 0 or from 1, or as R names columns."""
    n = len(names)
    return list(names) in (
        [f"{prefix}{i}" for i in range(first, first + n)] for prefix, first in (("", 0), ("", 1), ("V", 1), ("X", 1))
    )


def _one_name_each(rows: Sequence[str], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the units of a square matrix; rows and columns with different names are refused."""
    if tuple(rows) == columns or _counts(rows):
        return columns
    if _counts(columns):
        return tuple(rows)
    number, row, column = next(
        (number, row, column) for number, (row, column) in enumerate(zip(rows, columns, strict=True)) if row != column
    )
    raise DamagedFileError(
        f"row {number} is called {row!r}, but column {number} {column!r}; rows and columns must be the same units in "
        "the same order"
    )


def _require_no_codes(numbers: np.ndarray) -> None:
    """Refuse a square table whose first row and first column may be the codes of regions."""
    if numbers.ndim != 2 or len(numbers) != numbers.shape[1] or len(numbers) < 3 or numbers[0, 0] != 0:
        return
    codes, rest = numbers[0, 1:], numbers[1:, 1:]
    if np.iscomplexobj(numbers) or not np.array_equal(codes, numbers[1:, 0]):
        return
    are_codes = bool((codes == np.floor(codes)).all() and codes.min() > 0 and len(set(codes)) == len(codes))
    rise = all(first < second for first, second in pairwise(codes))
    distances = np.abs(codes[:, None] - codes)
    if are_codes and (rise or (rest != np.floor(rest)).any()) and not np.array_equal(rest, distances):
        raise DamagedFileError(
            f"its first row and first column are {codes[0]:g}, {codes[1]:g}, ...: codes of units, or weights; for "
            "codes leave the first cell empty instead of 0, for weights save the table as .npy"
        )
