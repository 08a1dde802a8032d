"""The matrix in use where a file of PyTorch stores what it is computed from.

Conventions
-----------
`torch.nn.utils` replaces a parameter by those from which it is computed before every step. Where the names say how, the
matrix is computed here, when it is read: W = g v / ||v||, row by row, for weight_norm, and W = W_orig * mask for
pruning. Everything else that is called a parametrisation is code that is not in the file: its array is listed under the
name of the matrix in use, and never read.

Contents
--------
arrays_in_use
    The arrays of a file with the matrices in use in place of what they are computed from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np

from linmem.files.readers.stored import StoredArray, unreadable_entry

WEIGHT_NORM = "weight_norm computed"
PRUNED = "pruned entries set to 0"
# the parts from which a matrix is computed, by the endings of their names; weight_norm has a new and an old form
COMPUTED: tuple[tuple[str, str, str], ...] = (
    (r"(.*?)parametrizations\.([^.]+)\.original0", r"\1parametrizations.\2.original1", WEIGHT_NORM),
    (r"(.*?)(weight[^.]*)_g", r"\1\2_v", WEIGHT_NORM),
    (r"(.*?)([^.]+)_orig", r"\1\2_mask", PRUNED),
)
# computed in ways that the file does not tell, the second if it has the vector of the old form of spectral_norm
RAW = ((r"(.*?)parametrizations\.([^.]+)\..*", ""), (r"(.*?)([^.]+)_orig", r"\1\2_u"))


def arrays_in_use(stored: dict[str, StoredArray]) -> dict[str, StoredArray]:
    """The arrays by name; what a matrix is computed from is replaced by that matrix."""
    if not any("parametrizations." in name or name.endswith(("_g", "_orig")) for name in stored):
        return stored
    arrays = dict(stored)
    for first_pattern, second_pattern, how in COMPUTED:
        for name in list(arrays):
            found = re.fullmatch(first_pattern, name)
            second = found.expand(second_pattern) if found else ""
            if found is None or second not in arrays or not _fit(arrays[name], arrays[second], how):
                continue
            first_array, second_array = arrays.pop(name), arrays.pop(second)
            matrix = found[1] + found[2]
            arrays[matrix] = _computed(matrix, first_array, second_array, how)
    for pattern, beside in RAW:
        for name in list(arrays):
            found = re.fullmatch(pattern, name)
            if found and (not beside or found.expand(beside) in arrays):
                del arrays[name]
                matrix = found[1] + found[2]
                arrays[matrix] = _unknown(found[1], found[2], name)
    return arrays


def _fit(first: StoredArray, second: StoredArray, how: str) -> bool:
    """Whether the shapes are those of lengths and directions, or of a matrix and its mask."""
    if how == PRUNED:
        return first.shape == second.shape
    rows = second.shape[:1]
    return len(second.shape) > 1 and first.shape == rows + (1,) * (len(second.shape) - 1)


def _computed(name: str, first: StoredArray, second: StoredArray, how: str) -> StoredArray:
    rule: Callable[[StoredArray, StoredArray], np.ndarray] = _pruned if how == PRUNED else _normalised
    dtype = first.dtype
    return StoredArray(name, second.shape, dtype, partial(rule, first, second), settings={"computed": how})


def _normalised(lengths: StoredArray, directions: StoredArray) -> np.ndarray:
    g = np.asarray(lengths.read(), dtype=float)
    v = np.asarray(directions.read(), dtype=float)
    axes = tuple(range(1, v.ndim))
    # rows of tiny or huge numbers have squares outside the doubles
    largest = np.max(np.abs(v), axis=axes, keepdims=True)
    unit = v / largest
    return g * unit / np.sqrt(np.sum(unit**2, axis=axes, keepdims=True))


def _pruned(weights: StoredArray, mask: StoredArray) -> np.ndarray:
    numbers = np.asarray(weights.read())
    return np.where(np.asarray(mask.read()) != 0, numbers, np.zeros((), numbers.dtype))


def _unknown(place: str, parameter: str, name: str) -> StoredArray:
    """The matrix in use, which the code of a model computes from the array of the given name."""
    reason = (
        f"is computed by the code of the model, of which the file holds {name}; save the matrix in use: "
        f"numpy.save('W.npy', model.{place}{parameter}.detach())"
    )
    return unreadable_entry(place + parameter, reason)
