"""The lines of a text file, and the cells of each, whatever separates them.

Conventions
-----------
`#` begins a comment. A line `sep=;`, as spreadsheets write it, states the separator.

Contents
--------
decoded
    The text of a file: UTF-8 or UTF-16, with or without a byte-order mark.
content_lines
    The lines that are not empty, without comments.
delimiter_of
    What separates the cells of lines.
cells_of
    The cells of a line.
decimal_points
    The lines with a point where they have a decimal comma.
is_number, is_missing
    Whether a cell is a number, or stands for a value that is missing.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from pathlib import Path

from linmem.files.readers.stored import DamagedFileError

MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing", "-", "?", "."}
SAMPLE = 20  # lines by which the separator is found
QUOTED_OR_WORD = re.compile(r'"((?:[^"]|"")*)"|(\S+)')
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def decoded(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    DamagedFileError
        If it is neither UTF-8 nor UTF-16 with its mark.
    """
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedFileError(
            f"byte {error.start} does not belong to text in {'UTF-16' if marked else 'UTF-8'}; save the text as UTF-8"
        ) from None
    if "\0" in text:
        raise DamagedFileError("it holds the character 0, which no text does")
    return text


def content_lines(text: str) -> list[str]:
    """The lines that are not empty, without comments and line ends."""
    lines = (line.partition("#")[0] if "#" in line else line for line in text.splitlines())
    return [line for line in lines if line.strip()]


def delimiter_of(lines: Sequence[str]) -> str | None:
    """A tab, a semicolon or a comma, whichever gives all lines equally many cells; None for spaces."""
    sample = lines[:SAMPLE]
    candidates = [mark for mark in "\t;," if mark in sample[0]]
    for mark in candidates:
        counts = [len(cells_of(line, mark)) for line in sample]
        # a header may have no cell for the names of the rows
        if len(set(counts[1:])) <= 1 and counts[0] in (counts[-1], counts[-1] - 1):
            return mark
    return candidates[0] if candidates else None


def cells_of(line: str, delimiter: str | None) -> list[str]:
    """The cells of a line, without spaces and quotation marks around them."""
    if delimiter is None:
        return [quoted.replace('""', '"') or word for quoted, word in QUOTED_OR_WORD.findall(line)]
    stripped = line if delimiter == "\t" else line.strip()
    return [cell.strip() for cell in next(csv.reader([stripped], delimiter=delimiter, skipinitialspace=True))]


def decimal_points(lines: list[str], delimiter: str | None) -> list[str]:
    """The lines with a point where numbers have a decimal comma, which is known by another separator between them.

    Raises
    ------
    DamagedFileError
        If each comma may as well separate thousands, or some numbers have a point.
    """
    if delimiter not in (";", "\t") or not any("," in line for line in lines):
        return lines
    cells = [cell for line in lines for cell in cells_of(line, delimiter)]
    with_comma = [cell for cell in cells if DECIMAL_COMMA.fullmatch(cell)]
    if not with_comma:
        return lines
    if any("." in cell and is_number(cell) for cell in cells):
        raise DamagedFileError(
            f"it has commas and points in its numbers, as in {with_comma[0]!r}; save it with a point for decimals only"
        )
    if all(THOUSANDS.fullmatch(cell) for cell in with_comma):
        raise DamagedFileError(
            f"the comma in {with_comma[0]!r} may be a decimal mark or separate thousands; save it with points for "
            "decimals, and nothing between thousands"
        )
    return [
        delimiter.join(
            cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else '"' + cell.replace('"', '""') + '"'
            for cell in cells_of(line, delimiter)
        )
        for line in lines
    ]


def is_number(cell: str) -> bool:
    """Whether a cell is a number, real or complex."""
    try:
        complex(cell)
    except ValueError:
        return False
    return True


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a value that is missing: empty, NA, nan."""
    return cell.lower() in MISSING
