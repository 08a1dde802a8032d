"""Networks from files: which arrays of a file are meant as W and V.

Conventions
-----------
A file is opened without reading its arrays, arrays are chosen by their names and shapes, and only those are read.
Nothing in a file is executed.

Contents
--------
load_network
    The network in a file: W, and V if the file has it.
load_matrix
    One matrix of a file.
describe_file
    What a file holds, and what `load_network` would choose.
FileDescription
    The description of a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sparse

from linmem.errors import ArgumentError, FileError, InvalidNetworkError
from linmem.files.conversion import converted, storage_of
from linmem.files.layouts import layout_of
from linmem.files.opening import extension, opened
from linmem.files.readers.stored import StoredArray
from linmem.network import LinearNetwork
from linmem.validation import file_path

LISTED = 12  # arrays of a file in a message

PathLike: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True)
class FileDescription:
    """What a file holds.

    Attributes
    ----------
    path
        The file.
    arrays
        The arrays, each with `.name`, `.shape`, `.dtype` and `.labels`; `.read()` returns it as it is stored.
    recurrent, feedforward
        The names of the arrays that `load_network` chooses for W and V. None: it chooses none, or cannot decide.
    """

    path: Path
    arrays: tuple[StoredArray, ...]
    recurrent: str | None
    feedforward: str | None

    def __str__(self) -> str:
        marks = {self.recurrent: "  <- W", self.feedforward: "  <- V"}
        lines = [f"{self.path}: {len(self.arrays)} arrays"]
        for array in self.arrays:
            mark = marks.get(array.name, "")
            lines.append(f"{array} {array.dtype}{mark}")
        return "\n".join(lines)


def load_network(
    path: PathLike,
    *,
    recurrent: str | None = None,
    feedforward: str | None = None,
    convention: str | None = None,
    gate: str | None = None,
    noise: Any = 1.0,
    name: str | None = None,
) -> LinearNetwork:
    """The network stored in a file: recurrent weights W, and feedforward weights V if the file has them.

    Types: .npy, .npz, .mat (also 7.3), .csv, .tsv, .txt, .mtx, .safetensors, .h5, .hdf5, .keras, .graphml, .edgelist,
    and PyTorch's .pt, .pth, .pth.tar, for which PyTorch need not be installed. Only the chosen arrays are read.

    Parameters
    ----------
    path
        The file.
    recurrent, feedforward
        Names of the arrays for W and V. The last part of a name is enough if only one name ends with it. None for
        `recurrent`: the array with the name that a framework gives to W (`weight_hh_l0`, `recurrent_kernel`), or with
        the name "recurrent", "W", "weights", "connectivity" or "W_rec", or else the only square array. None for
        `feedforward`: the partner of W by name (`weight_ih_l0`, `kernel`, "feedforward", "V", "v", "W_in"), if there
        is one. The name of the network says what was chosen.
    convention
        "column" for arrays that multiply columns, W h, so that W[i, j] is from unit j to unit i: the convention here,
        of PyTorch, and of graphs, whose edges have a direction. "row" for arrays that multiply rows, h W; they are
        transposed. None: "row" for arrays with a name of Keras, "column" for all others.
    gate
        The gate of an LSTM or GRU whose weights are read: "input", "forget", "cell", "output"; "reset", "update",
        "new". The order of the gates in the array is that of the framework, and differs between PyTorch and Keras.
    noise
        As for `LinearNetwork`.
    name
        The name of the network. None: the file name, and what was chosen or converted.

    Raises
    ------
    FileError
        If the file does not exist, is of unknown type, damaged or encrypted, does not have the array, or has several
        that may be meant (the message lists the arrays of the file).
    InvalidNetworkError
        If the arrays are not a network: not square, or not finite.
    ArgumentError
        If the convention or the gate is not one of those that there are.
    MissingLibraryError
        If the type of file needs a library that is not installed.

    Notes
    -----
    Integers, booleans and half precision are converted to double precision. A stack of networks is an array
    (..., N, N). Pickled objects are refused, in .npy as in .pt.

    Examples
    --------
    >>> import numpy, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> numpy.savez(folder / "pair.npz", W=[[0, 0], [1, 0]], v=[1, 0])
    >>> net = load_network(folder / "pair.npz")
    >>> net.feedforward, net.name
    (array([1., 0.]), 'pair, W = W (int64), V = v (int64)')
    """
    path = file_path("path", path)
    stored = opened(path)
    W = _recurrent(path, stored, recurrent)
    V = _feedforward(path, stored, feedforward, W)
    storage = storage_of(path, W, convention, gate, whole=False)
    weights, changes = converted(path, W, "recurrent", storage)
    description = [path.name[: -len(extension(path))]]
    if len(stored) > 1 or changes:
        description.append(f"W = {W.name}{changes}")
    inputs = None
    if V is not None:
        inputs, changes = converted(path, V, "feedforward", storage)
        inputs = _input_weights(inputs, weights)
        description.append(f"V = {V.name}{changes}")
    if name is None:
        name = ", ".join(description)
    try:
        return LinearNetwork(weights, inputs, noise, name=name, labels=W.labels)
    except ArgumentError:
        raise
    except InvalidNetworkError as error:
        raise InvalidNetworkError(f"{path.name}: {error}") from None


def _input_weights(inputs: Any, weights: Any) -> np.ndarray:
    """V as a dense array, (N,) for one input."""
    if sparse.issparse(inputs):
        inputs = inputs.toarray()
    one_input = inputs.ndim == 2 and 1 in inputs.shape and inputs.size == weights.shape[0]
    # MATLAB has no arrays of one axis: one input is a column, or a row
    return inputs.ravel() if one_input and weights.ndim == 2 else inputs


def load_matrix(
    path: PathLike, array: str | None = None, *, convention: str | None = None, gate: str | None = None
) -> np.ndarray | sparse.sparray:
    """One matrix of a file in double precision, W[i, j] from unit j to unit i; sparse if the file stores it so.

    Parameters
    ----------
    path
        The file.
    array
        The name of the array, or the end of its name. None: W as `load_network` chooses it.
    convention, gate
        As for `load_network`; without a gate the weights of all gates are returned.

    Raises
    ------
    FileError, ArgumentError, MissingLibraryError
        As for `load_network`; but the matrix may have any shape and any entries.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pair.csv"
    >>> _ = path.write_text("0,0\\n1,0\\n")
    >>> load_matrix(path, convention="row")
    array([[0., 1.],
           [0., 0.]])
    """
    path = file_path("path", path)
    chosen = _recurrent(path, opened(path), array, "array")
    storage = storage_of(path, chosen, convention, gate, whole=True)
    matrix, _ = converted(path, chosen, "array", storage)
    return matrix


def describe_file(path: PathLike) -> FileDescription:
    """The names, shapes and types of the arrays in a file, none of which is read.

    Raises
    ------
    FileError
        If the file does not exist, is of unknown type, damaged or encrypted.
    MissingLibraryError
        If the type of file needs a library that is not installed.

    Examples
    --------
    >>> import numpy, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pair.npz"
    >>> numpy.savez(path, W_rec=numpy.eye(2), W_in=numpy.ones(2), bias=numpy.ones(2))
    >>> description = describe_file(path)
    >>> [str(array) for array in description.arrays], description.recurrent
    (['W_rec (2, 2)', 'W_in (2,)', 'bias (2,)'], 'W_rec')
    """
    path = file_path("path", path)
    stored = opened(path)
    arrays = tuple(stored.values())
    try:
        W = _recurrent(path, stored, None)
    except FileError:  # no array, or several, can be W
        return FileDescription(path, arrays, None, None)
    V = _feedforward(path, stored, None, W)
    return FileDescription(path, arrays, W.name, V.name if V else None)


def _recurrent(
    path: Path, stored: dict[str, StoredArray], name: str | None, argument: str = "recurrent"
) -> StoredArray:
    """The array with the given name; for None the array with a name of W, or else the only square array."""
    if name is not None:
        return _named(path, stored, argument, name)
    arrays = list(stored.values())
    with_name_of_W = [array for array in arrays if layout_of(array.name)]
    square = [array for array in arrays if len(array.shape) >= 2 and array.shape[-1] == array.shape[-2]]
    candidates = with_name_of_W or square
    if not candidates and len(arrays) == 1:
        candidates = arrays
    if len(candidates) == 1:
        return candidates[0]
    kind = "arrays with a name of W" if with_name_of_W else "square arrays"
    raise FileError(
        f"{argument} is None, but {path.name} holds {len(candidates)} {kind}; choose one by name, "
        f"{argument}=...; it holds: {_listed(candidates or arrays)}"
    )


def _feedforward(path: Path, stored: dict[str, StoredArray], name: str | None, W: StoredArray) -> StoredArray | None:
    """The array with the given name; for None the partner of W by name, if there is one."""
    if name is not None:
        return _named(path, stored, "feedforward", name)
    layout = layout_of(W.name)
    partners = layout.input_names(W.name) if layout else ["feedforward", "V", "v"]
    for partner in partners:
        if partner in stored and partner != W.name:
            return stored[partner]
    return None


def _named(path: Path, stored: dict[str, StoredArray], argument: str, name: str) -> StoredArray:
    """The array with the given name, or the only one whose name ends with it."""
    if name in stored:
        return stored[name]
    matches = []
    if isinstance(name, str) and name:
        matches = [array for key, array in stored.items() if key.endswith((f".{name}", f"/{name}"))]
    if len(matches) == 1:
        return matches[0]
    which = "several such arrays" if matches else "no such array"
    listed = _listed(matches or stored.values())
    raise FileError(f"{argument} is {name!r}, but {path.name} has {which}; it holds: {listed}")


def _listed(arrays: Iterable[StoredArray]) -> str:
    """Names and shapes of the first arrays, and the number of the others."""
    descriptions = [str(array) for array in arrays]
    if not descriptions:
        return "none"
    listed = ", ".join(descriptions[:LISTED])
    others = len(descriptions) - LISTED
    return f"{listed}, and {others} more (describe_file lists them)" if others > 0 else listed
