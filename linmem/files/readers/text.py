"""Matrices as text.

Contents
--------
read_csv, read_tsv, read_txt
    Tables of numbers, separated by commas, tabs or spaces; a header and a first column may name the units.
"""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from linmem.files.readers.stored import DamagedFileError, StoredArray


def read_csv(path: Path) -> list[StoredArray]:
    """The table, with commas between numbers."""
    return _read_table(path, ",")


def read_tsv(path: Path) -> list[StoredArray]:
    """The table, with tabs between numbers."""
    return _read_table(path, "\t")


def read_txt(path: Path) -> list[StoredArray]:
    """The table, with spaces between numbers."""
    return _read_table(path, None)


def _read_table(path: Path, delimiter: str | None) -> list[StoredArray]:
    """Numbers row by row, with the names of the units if there are any; `#` begins a comment."""
    header, row = _header_and_first_row(path, delimiter)
    has_header = bool(header)
    # a first column of names: it has no name itself, or no number, or the header has no cell for it
    names_rows = has_header and (header[0] == "" or not _is_number(row[0]) or len(row) == len(header) + 1)
    cells = row[1:] if names_rows else row
    options: dict[str, Any] = {
        "delimiter": delimiter,
        "encoding": "utf-8",
        "quotechar": '"',
        "skiprows": _lines_of_header(path) if has_header else 0,
    }
    numbers = np.loadtxt(
        path,
        dtype=complex if any("j" in cell for cell in cells) else float,
        ndmin=2,
        usecols=range(1, len(row)) if names_rows else None,
        **options,
    )
    labels = tuple(header[len(header) - numbers.shape[1] :])
    if names_rows:
        names = np.loadtxt(path, dtype=str, ndmin=1, usecols=0, **options)
        _require_same_units(tuple(names.tolist()), labels)
    return [StoredArray("recurrent", numbers.shape, str(numbers.dtype), lambda: numbers, labels)]


def _header_and_first_row(path: Path, delimiter: str | None) -> tuple[list[str], list[str]]:
    """The cells of the header, none if the first line is one of numbers; and those of the first row of numbers."""
    with open(path, encoding="utf-8", newline="") as stream:
        lines = (line for line in stream if _content(line))
        first_lines = [_cells(line, delimiter) for line in islice(lines, 2)]
    if not first_lines:
        raise DamagedFileError("it is empty")
    first = first_lines[0]
    if all(map(_is_number, first)):
        return [], first
    if len(first_lines) == 1:
        raise DamagedFileError(f"it begins with {first[0]!r}, which is not a number, and no row of numbers follows")
    return first, first_lines[1]


def _content(line: str) -> str:
    """A line without its comment and without spaces around it."""
    return line.partition("#")[0].strip()


def _cells(line: str, delimiter: str | None) -> list[str]:
    line = line.partition("#")[0].strip("\r\n ")
    if delimiter is None:
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def _is_number(cell: str) -> bool:
    try:
        complex(cell)
    except ValueError:
        return False
    return True


def _lines_of_header(path: Path) -> int:
    """How many lines there are up to the header, comments and empty lines included."""
    with open(path, encoding="utf-8", newline="") as stream:
        return next(number for number, line in enumerate(stream, 1) if _content(line))


def _require_same_units(rows: tuple[str, ...], columns: tuple[str, ...]) -> None:
    """Refuse a square matrix whose rows and columns have different names."""
    if len(rows) != len(columns):
        return
    for number, (row, column) in enumerate(zip(rows, columns, strict=True)):
        if row != column:
            raise DamagedFileError(
                f"row {number} is called {row!r}, but column {number} {column!r}; rows and columns must be the same "
                "units in the same order"
            )
