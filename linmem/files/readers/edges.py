"""Edges between named units, as sparse matrices.

Conventions
-----------
An edge from j to i with weight w is W[i, j] = w. Edges that come several times add up, and edges without direction
count both ways; the type of the array says so. Units are in the order of the file, or in the order of their numbers if
all names are whole numbers. A number that edges have is an array with its name. Where none has a name that weights
have, the array "adjacency", which counts edges, is there too.

Contents
--------
Numbering
    Names of units, numbered in the order in which they are met.
Edges
    Which units edges connect, and the matrices of their numbers.
is_name_of_weights
    Whether a number of an edge is called as weights are.
is_number
    Whether what is said of an edge is a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.files.readers.stored import DamagedFileError, StoredArray, unreadable_entry
from linmem.files.readers.text_lines import is_missing

WEIGHTS = re.compile(
    r"weight|strength|count|synap|streamline|conductance|efficacy|coupling|connectivity|correlation"
    r"|^(w|n|nbr|value|gain|nsyn|nsyns|number)$"
)


class Numbering(dict[str, int]):
    """The number of each name, from 0 in the order in which names are looked up for the first time."""

    def __missing__(self, name: str) -> int:
        self[name] = place = len(self)
        return place


@dataclass(frozen=True)
class Edges:
    """Which units edges connect.

    Attributes
    ----------
    labels
        The names of the units.
    rows, columns
        For each edge, the places of its units in the matrix: of an edge with a direction, target and source.
    both
        For each edge, whether it counts in both directions.
    orientation
        That of the matrices: "column", or "" where the file does not say which unit is the source.
    """

    labels: tuple[str, ...]
    rows: np.ndarray
    columns: np.ndarray
    both: np.ndarray
    orientation: str = "column"

    @classmethod
    def between(
        cls,
        numbering: Numbering,
        rows: Sequence[int],
        columns: Sequence[int],
        both: Sequence[bool] | bool = False,
        orientation: str = "column",
    ) -> Edges:
        """The edges between numbered units; whole numbers as names put the units in their order."""
        labels = list(numbering)
        whole = [_whole(label) for label in labels]
        order = list(range(len(labels)))
        if None not in whole:
            order.sort(key=lambda place: (whole[place], labels[place]))
        places = np.empty(len(labels), dtype=np.int64)
        places[order] = np.arange(len(labels))
        directions = np.broadcast_to(np.array(both, dtype=bool), len(rows))
        first, second = (places[np.array(ends, dtype=np.int64)] for ends in (rows, columns))
        return cls(tuple(labels[place] for place in order), first, second, directions, orientation)

    def matrix(self, values: np.ndarray | None, chosen: np.ndarray | None = None) -> sparse.csr_array:
        """The matrix of one number of each edge, or of ones; of the `chosen` edges only."""
        keep = np.ones(len(self.rows), dtype=bool) if chosen is None else chosen
        numbers = np.ones(len(self.rows)) if values is None else values
        rows, columns, numbers = self.rows[keep], self.columns[keep], numbers[keep]
        mirrored = self.both[keep] & (rows != columns)  # a loop has one direction only
        i = np.concatenate([rows, columns[mirrored]])
        j = np.concatenate([columns, rows[mirrored]])
        n = len(self.labels)
        return sparse.csr_array((np.concatenate([numbers, numbers[mirrored]]), (i, j)), shape=(n, n))

    def stored(self, attributes: Mapping[str, Sequence[Any]]) -> list[StoredArray]:
        """The matrices of what is said of every edge, by name; None stands for what is missing."""
        arrays = []
        for name, values in attributes.items():
            found = self.numbers(name, values)
            if isinstance(found, np.ndarray):
                found = self.array(name, partial(self.matrix, found))
            if found is not None:
                arrays.append(found)
        if not any(is_name_of_weights(array.name) for array in arrays):
            name = "adjacency" if "adjacency" not in attributes else "adjacency of edges"
            arrays.append(self.array(name, partial(self.matrix, None), "edges without weight"))
        return arrays

    def numbers(self, name: str, values: Sequence[Any]) -> np.ndarray | StoredArray | None:
        """What is said of each edge as numbers; an entry with the reason why it is none; None for text."""
        try:
            # for numpy None is nan
            if isinstance(values, np.ndarray) or None not in values:
                return np.array(values, dtype=float)
        except (TypeError, ValueError, OverflowError):
            pass
        place = next(place for place, value in enumerate(values) if not is_number(value))
        source, target = self.labels[self.columns[place]], self.labels[self.rows[place]]
        value = values[place]
        said = "nothing" if value is None else f"{value!r:.40}, which is not a number,"
        reason = f"has {said} for the edge from {source} to {target}"
        has_numbers = any(map(is_number, values))
        # `synapse_location` may be text, `weight` may not
        is_required = name.lower() in ("w", "weight", "weights") or has_numbers or all(map(_is_missing, values))
        if is_name_of_weights(name) and is_required:
            # it stands among the arrays, so that no other is taken for the weights
            return self.array(name, partial(_refuse, f"its {name!r} {reason}"))
        return unreadable_entry(name, reason) if has_numbers else None

    def array(self, name: str, read: Any, kind: str = "edge attribute") -> StoredArray:
        """One matrix of the edges, whose type says what was done with edges."""
        said = [kind]
        if self.both.any():
            said.append("without direction" if self.both.all() else "some without direction")
        if self.repeated():
            said.append("repeated edges added up")
        shape = len(self.labels), len(self.labels)
        return StoredArray(name, shape, ", ".join(said), read, self.labels, orientation=self.orientation)

    def repeated(self) -> bool:
        """Whether an edge comes several times."""
        first, second = self.rows, self.columns
        low, high = np.minimum(first, second), np.maximum(first, second)
        first, second = np.where(self.both, low, first), np.where(self.both, high, second)
        return len(np.unique(first * len(self.labels) + second)) < len(first)

    def listed_both_ways(self) -> tuple[str, str] | None:
        """Two units between which an edge without direction is listed from either side; None if there are none."""
        n = len(self.labels)
        apart = self.both & (self.rows != self.columns)
        forward = self.rows[apart] * n + self.columns[apart]
        backward = self.columns[apart] * n + self.rows[apart]
        twice = np.intersect1d(forward, backward)
        return (self.labels[twice[0] // n], self.labels[twice[0] % n]) if len(twice) else None


def is_name_of_weights(name: str) -> bool:
    """Whether a number of an edge is called as weights are: "weight", "syn_count", "Nbr"."""
    return WEIGHTS.search(re.sub(r"[^a-z0-9]", "", name.lower())) is not None


def is_number(value: Any) -> bool:
    """Whether what is said of an edge is a number, or the text of one."""
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and is_missing(value))


def _refuse(reason: str) -> None:
    raise DamagedFileError(reason)


def _whole(label: str) -> int | None:
    """The whole number that a name is; None if it is none."""
    return int(label) if re.fullmatch(r"\s*-?[0-9]{1,4000}\s*", label) else None
