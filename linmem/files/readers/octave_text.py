"""The text format of Octave, which `save x.mat` writes.

Contents
--------
BEGINNING
    The first characters of such a file.
read_octave_text
    The variables of a file, with the values inside of structs and cells.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.compressed_rows import from_entries
from linmem.files.readers.matlab_names import TEXT, element_name, require_modest
from linmem.files.readers.stored import DamagedFileError, StoredArray, unreadable_entry
from linmem.files.readers.text_lines import decoded

BEGINNING = b"# Created by Octave"
COMPLEX = str.maketrans("(,)", "   ")  # a complex number is written (1,2)


def read_octave_text(path: Path) -> list[StoredArray]:
    """The variables, with the values inside of structs and cells by their path, `net.W` and `C{2}`."""
    reading = _Reading(decoded(path).split("\n"))
    while reading.next_variable():
        reading.variable(reading.field("name"), 0)
    return reading.found


class _Reading:
    """The lines of a file, and what was found in them."""

    def __init__(self, lines: list[str]):
        self.lines = lines
        self.position = 0
        self.found: list[StoredArray] = []

    def line(self) -> str:
        """The next line that is not empty."""
        while self.position < len(self.lines):
            self.position += 1
            text = self.lines[self.position - 1].strip()
            if text:
                return text
        raise DamagedFileError("it ends within a variable")

    def next_variable(self) -> bool:
        """Go on to where the next variable begins."""
        while self.position < len(self.lines):
            if self.lines[self.position].startswith("# name: "):
                return True
            self.position += 1
        return False

    def field(self, name: str) -> str:
        """What a line `# name: value` says, which must come next."""
        text = self.line()
        if not text.startswith(f"# {name}:"):
            raise DamagedFileError(f"it has {text!r:.40} where {name!r} must be given")
        return text.partition(":")[2].strip()

    def shape(self) -> tuple[int, ...]:
        """Rows and columns, or the lengths of all axes."""
        if self.lines[self.position].startswith("# ndims:"):
            self.field("ndims")
            sizes = tuple(int(word) for word in self.line().split())
        else:
            sizes = int(self.field("rows")), int(self.field("columns"))
        if min(sizes, default=-1) < 0:
            raise DamagedFileError(f"it claims shape {sizes}")
        return sizes

    def numbers(self, count: int) -> np.ndarray:
        """So many numbers, in as many lines as they take."""
        words: list[str] = []
        while len(words) < count:
            words += self.line().translate(COMPLEX).split()
        if len(words) != count:
            raise DamagedFileError(f"it has {len(words)} numbers where {count} must be")
        return np.array([float("nan") if word == "NA" else float(word) for word in words])

    def values(self, count: int, is_complex: bool) -> np.ndarray:
        """So many values, real or complex."""
        if not is_complex:
            return self.numbers(count)
        numbers = self.numbers(2 * count)
        return numbers[::2] + 1j * numbers[1::2]

    def variable(self, name: str, depth: int) -> None:
        """The variable whose name was read, and the values inside of it."""
        require_modest(depth, len(self.found))
        kind = self.field("type").removeprefix("global ")
        if kind == "cell":
            for element in self.elements(name):
                self.field("name")
                self.variable(element, depth + 1)
        elif kind in ("scalar struct", "struct"):
            self.struct(name, kind == "struct", depth)
        elif kind in TEXT:
            self.skip_text()
        else:
            array = self.array(kind)
            if array is None:
                self.found.append(unreadable_entry(name, f"is of Octave's type {kind!r:.40}"))
                self.next_variable()
            else:
                shown = f"sparse {array.dtype}" if sparse.issparse(array) else str(array.dtype)
                self.found.append(StoredArray(name, array.shape, shown, lambda: array))

    def elements(self, name: str, brackets: str = "{}") -> list[str]:
        """The names of the elements of a cell, whose shape comes next."""
        shape = self.shape()
        require_modest(0, math.prod(shape))
        return [element_name(name, place, shape, brackets) for place in range(math.prod(shape))]

    def struct(self, name: str, several: bool, depth: int) -> None:
        """The fields of a struct; those of a struct array are cells."""
        if self.lines[self.position].startswith("# ndims:"):
            self.shape()
        for _ in range(int(self.field("length"))):
            field = self.field("name")
            if not several:
                self.variable(f"{name}.{field}", depth + 1)
                continue
            if self.field("type") != "cell":
                raise DamagedFileError(f"the field {field!r:.40} of its struct array {name!r:.40} is no cell")
            for element in self.elements(name, "()"):
                self.field("name")
                self.variable(f"{element}.{field}", depth + 1)

    def skip_text(self) -> None:
        """Go on behind a text, which may have lines of its own."""
        for _ in range(int(self.field("elements"))):
            left = int(self.field("length"))
            while left >= 0 and self.position < len(self.lines):
                left -= len(self.lines[self.position].encode()) + 1
                self.position += 1

    def array(self, kind: str) -> Any:
        """The array of a type of numbers; None for a type that is none."""
        words = kind.split()
        is_complex = "complex" in words
        if "sparse" in words:
            return self.sparse_matrix(is_complex)
        if kind == "diagonal matrix":
            rows, columns = self.shape()
            values = self.values(min(rows, columns), is_complex)
            places = np.arange(len(values))
            return from_entries(values, places, places, (rows, columns))
        if words[-1] == "matrix" and words[0] != "permutation":
            rows_first = not self.lines[self.position].startswith("# ndims:")
            shape = self.shape()
            values = self.values(math.prod(shape), is_complex)
            return _typed(values.reshape(shape, order="C" if rows_first else "F"), words[0])
        if words[-1] == "scalar" or kind == "bool":
            return _typed(self.values(1, is_complex).reshape(1, 1), words[0])
        return None

    def sparse_matrix(self, is_complex: bool) -> sparse.csr_array:
        """A sparse matrix, each of whose entries is a line: row, column, value."""
        count = int(self.field("nnz"))
        shape = int(self.field("rows")), int(self.field("columns"))
        entries = self.numbers(count * (4 if is_complex else 3)).reshape(count, -1) if count else np.empty((0, 4))
        values = entries[:, 2] + 1j * entries[:, 3] if is_complex else entries[:, 2]
        places = entries[:, :2]
        if (places != np.floor(places)).any() or not (np.abs(places) < 2**53).all():
            raise DamagedFileError("the places of its sparse matrix are no whole numbers")
        rows, columns = places.T.astype(np.int64) - 1
        return from_entries(values, rows, columns, shape)


def _typed(values: np.ndarray, word: str) -> np.ndarray:
    """Numbers in the type that the file names."""
    if word == "bool":
        return values != 0
    if word == "float":
        return values.astype(np.complex64 if np.iscomplexobj(values) else np.float32)
    return values.astype(word) if word.startswith(("int", "uint")) else values
