"""Sequences of inputs from files: one step a row.

Contents
--------
load_sequence
    The inputs of T steps, (T, M).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.errors import FileError
from linmem.files.choose import PathLike, arrays_of, listed, load_matrix
from linmem.validation import file_path


def load_sequence(path: PathLike, width: int, array: str | None = None) -> np.ndarray:
    """A sequence of inputs in a file, (T, M), in double precision.

    Parameters
    ----------
    path
        A file of a type that `load_network` reads, with one step in each row: .npy, .npz, .csv, ...
    width
        M, the number of inputs at each step. With one, (T,) will do.
    array
        The name of the array, or the end of its name; None for the one that the file holds.

    Raises
    ------
    FileError
        If the file cannot be read, holds another number of inputs, or a number that is not real and finite; the
        message names the step and the input, both from 0.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "x.csv"
    >>> _ = path.write_text("0,1\\n1,0\\n0,0\\n")
    >>> load_sequence(path, 2).shape
    (3, 2)
    """
    path = file_path("inputs", path)
    stored_arrays = arrays_of(path)
    if array is None and len(stored_arrays) > 1:
        raise FileError(
            f"array is None, but {path.name} holds {len(stored_arrays)} arrays; choose one by name, array=...; it "
            f"holds: {listed(stored_arrays.values())}"
        )
    stored: Any = load_matrix(path, array, convention="column")
    x = stored.toarray() if sparse.issparse(stored) else np.asarray(stored)
    if x.ndim == 1 and width == 1:
        x = x[:, None]
    if x.ndim != 2 or x.shape[1] != width or not len(x):
        raise FileError(
            f"{path.name} has shape {x.shape}, but the cell takes {width} inputs at each step: give (T, {width}), one "
            f"step in each row{_what_else(x, width)}"
        )
    if np.iscomplexobj(x):
        raise FileError(f"{path.name} holds complex numbers; the inputs of a cell are real")
    if not np.isfinite(x).all():
        step, unit = np.argwhere(~np.isfinite(x))[0]
        raise FileError(f"{path.name} has {x[step, unit]} at step {step} in input {unit}; every input must be finite")
    return x


def _what_else(x: np.ndarray, width: int) -> str:
    """What the array may be instead."""
    if x.ndim == 2 and x.shape[0] == width:
        return "; it may be turned: save x.T"
    if x.ndim == 3 and x.shape[-1] == width:
        return "; it may hold several sequences: save one of them, x[0]"
    return ""
