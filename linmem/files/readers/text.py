"""Matrices as text.

Contents
--------
read_csv, read_tsv, read_txt
    Tables of numbers, separated by commas, tabs or spaces; a header and a first column may name the units.
"""

from __future__ import annotations

import csv
from itertools import islice

import numpy as np

from linmem.files.readers.stored import DamagedFileError, StoredArray


def read_csv(path) -> list[StoredArray]:
    """Commas between."""
    return _read_table(path, ",")


def read_tsv(path) -> list[StoredArray]:
    """Tabs between."""
    return _read_table(path, "\t")


def read_txt(path) -> list[StoredArray]:
    """Spaces between."""
    return _read_table(path, None)


def _read_table(path, delimiter) -> list[StoredArray]:
    """Numbers, row by row; `#` begins a comment."""
    with open(path, encoding="utf-8", newline="") as stream:
        lines = (line for line in stream if line.partition("#")[0].strip())
        first = list(islice((_cells(line, delimiter) for line in lines), 2))
    if not first:
        raise DamagedFileError("it is empty")
    has_header = not all(map(_is_number, first[0]))
    if has_header and len(first) == 1:
        raise DamagedFileError(f"it begins with {first[0][0]!r}, which is no number, and no row of numbers follows")
    header, row = (first[0], first[1]) if has_header else ([], first[0])
    names_rows = has_header and (header[0] == "" or not _is_number(row[0]) or len(row) == len(header) + 1)
    options = {
        "delimiter": delimiter,
        "encoding": "utf-8",
        "quotechar": '"',
        "skiprows": _lines_before(path, has_header),
    }
    numbers = np.loadtxt(
        path,
        dtype=complex if any("j" in cell for cell in row[names_rows:]) else float,
        ndmin=2,
        usecols=range(1, len(row)) if names_rows else None,
        **options,
    )
    labels = tuple(header[len(header) - numbers.shape[1] :])
    if names_rows:
        rows = tuple(np.loadtxt(path, dtype=str, ndmin=1, usecols=0, **options).tolist())
        if len(rows) == len(labels) and rows != labels:
            where = next(i for i, (a, b) in enumerate(zip(rows, labels, strict=True)) if a != b)
            raise DamagedFileError(
                f"row {where} is called {rows[where]!r}, but column {where} {labels[where]!r}; rows and columns must "
                "be the same units in the same order"
            )
    return [StoredArray("recurrent", numbers.shape, str(numbers.dtype), lambda: numbers, labels)]


def _cells(line, delimiter):
    line = line.partition("#")[0].strip("\r\n ")
    return (
        line.split() if delimiter is None else [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
    )


def _is_number(cell) -> bool:
    try:
        complex(cell)
    except ValueError:
        return False
    return True


def _lines_before(path, has_header) -> int:
    """How many lines come before the first row of numbers."""
    if not has_header:
        return 0
    with open(path, encoding="utf-8", newline="") as stream:
        return next(i for i, line in enumerate(stream, 1) if line.partition("#")[0].strip())
