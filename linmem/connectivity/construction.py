"""What several builders need: input vectors, banded matrices, sparse or dense storage, sequences of numbers.

Contents
--------
first_unit, last_unit
    Input weights of one unit only.
banded
    A sparse matrix from its diagonals.
stored
    A matrix as a sparse or a dense array.
number_sequence
    An argument that holds numbers in a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from linmem.errors import ArgumentError


def first_unit(n: int) -> np.ndarray:
    """The unit vector e_1, (n,): the input enters at the first unit."""
    v = np.zeros(n)
    v[0] = 1
    return v


def last_unit(n: int) -> np.ndarray:
    """The unit vector e_n, (n,): the input enters at the last unit."""
    v = np.zeros(n)
    v[-1] = 1
    return v


def banded(n: int, diagonals: dict[int, np.ndarray]) -> sp.csr_array:
    """The sparse (n, n) matrix whose diagonal number d, with column - row = d, holds `diagonals[d]`."""
    # scipy refuses a list without diagonals, and diagonals without entries
    present = {offset: values for offset, values in diagonals.items() if len(values)}
    if not present:
        return sp.csr_array((n, n))
    offsets = list(present)
    return sp.diags_array(list(present.values()), offsets=offsets, shape=(n, n), format="csr")


def stored(W: sp.csr_array, sparse: bool) -> sp.csr_array | np.ndarray:
    """The matrix as it is if `sparse`, else as a dense array."""
    return W if sparse else W.toarray()


def number_sequence(argument: str, value: Any) -> np.ndarray:
    """The numbers of a sequence, (m,), real or complex.

    Raises
    ------
    ArgumentError
        If the value of `argument` has another number of axes than one, or entries that are not finite numbers.
    """
    shape = ""
    try:
        row = np.asarray(value)
    except ValueError:  # rows of unequal length
        row = None
    if row is not None and row.ndim == 1 and row.dtype.kind in "iufc" and np.isfinite(row).all():
        return row.astype(complex if row.dtype.kind == "c" else float)
    if row is not None and row.ndim > 1:
        shape = f", of shape {row.shape}"
    raise ArgumentError(f"{argument} is {value!r:.60}{shape}; it must be a one-dimensional sequence of finite numbers")
