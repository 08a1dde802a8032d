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
from dataclasses import dataclass
from functools import partial

import numpy as np

from linmem.files.readers.stored import StoredArray, unreadable_entry


def _are_lengths(lengths: StoredArray, directions: StoredArray) -> bool:
    rows, axes = directions.shape[:1], len(directions.shape)
    return axes > 1 and lengths.shape == rows + (1,) * (axes - 1)


def _normalised(lengths: StoredArray, directions: StoredArray) -> np.ndarray:
    g = np.asarray(lengths.read(), dtype=float)
    v = np.asarray(directions.read(), dtype=float)
    axes = tuple(range(1, v.ndim))
    # rows of tiny or huge numbers have squares outside the doubles
    largest = np.max(np.abs(v), axis=axes, keepdims=True)
    unit = v / largest
    return g * unit / np.sqrt(np.sum(unit**2, axis=axes, keepdims=True))


def _are_alike(weights: StoredArray, mask: StoredArray) -> bool:
    return weights.shape == mask.shape


def _pruned(weights: StoredArray, mask: StoredArray) -> np.ndarray:
    numbers = np.asarray(weights.read())
    return np.where(np.asarray(mask.read()) != 0, numbers, np.zeros((), numbers.dtype))


@dataclass(frozen=True)
class _Rule:
    """How a matrix is computed from two arrays: the endings of their names, their shapes, and the formula in words."""

    first: str
    second: str
    fits: Callable[[StoredArray, StoredArray], bool]
    compute: Callable[[StoredArray, StoredArray], np.ndarray]
    words: str


WEIGHT_NORM = _are_lengths, _normalised, "weight_norm computed"  # its names have a new and an old form
COMPUTED = (
    _Rule(r"(.*?)parametrizations\.([^.]+)\.original0", r"\1parametrizations.\2.original1", *WEIGHT_NORM),
    _Rule(r"(.*?)(weight[^.]*)_g", r"\1\2_v", *WEIGHT_NORM),
    _Rule(r"(.*?)([^.]+)_orig", r"\1\2_mask", _are_alike, _pruned, "pruned entries set to 0"),
)
# computed in ways that the file does not tell, the second if it has the vector of the old form of spectral_norm
RAW = ((r"(.*?)parametrizations\.([^.]+)\..*", ""), (r"(.*?)([^.]+)_orig", r"\1\2_u"))


def arrays_in_use(stored: dict[str, StoredArray]) -> dict[str, StoredArray]:
    """The arrays by name; what a matrix is computed from is replaced by that matrix."""
    if not any("parametrizations." in name or name.endswith(("_g", "_orig")) for name in stored):
        return stored
    arrays = dict(stored)
    for rule in COMPUTED:
        for name in list(arrays):
            match = re.fullmatch(rule.first, name)
            second = match.expand(rule.second) if match else ""
            if match and second in arrays and rule.fits(arrays[name], arrays[second]):
                parts = arrays.pop(name), arrays.pop(second)
                matrix = match[1] + match[2]
                read = partial(rule.compute, *parts)
                settings = {"computed": rule.words}
                arrays[matrix] = StoredArray(matrix, parts[1].shape, parts[0].dtype, read, settings=settings)
    for pattern, beside in RAW:
        for name in list(arrays):
            match = re.fullmatch(pattern, name)
            if match and (not beside or match.expand(beside) in arrays):
                del arrays[name]
                arrays[match[1] + match[2]] = _unknown(match[1], match[2], name)
    return arrays


def _unknown(place: str, parameter: str, name: str) -> StoredArray:
    """The matrix in use, which the code of a model computes from the array of the given name."""
    reason = (
        f"is computed by the code of the model, of which the file holds {name}; save the matrix in use: "
        f"numpy.save('W.npy', model.{place}{parameter}.detach())"
    )
    return unreadable_entry(place + parameter, reason)
