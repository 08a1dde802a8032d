"""Networks from files.

Conventions
-----------
A file is opened without reading its arrays, one is chosen, and that one is read. Nothing in a file is executed.

Contents
--------
load_network
    The network in a file: W, and V where the file has it.
load_matrix
    One matrix of a file.
describe_file
    What a file holds, and what `load_network` would take.
READERS
    What reads which ending.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.errors import InvalidNetworkError, LinmemError
from linmem.files.layouts import gates_in, layout_of
from linmem.files.readers import arrays, graphs, hdf5, matlab, matrix_market, safetensors, text, torch_pickle
from linmem.files.readers.stored import StoredArray
from linmem.network import LinearNetwork

READERS: dict[str, Callable[[Path], list[StoredArray]]] = {
    ".npy": arrays.read_npy,
    ".npz": arrays.read_npz,
    ".mat": matlab.read_mat,
    ".csv": text.read_csv,
    ".tsv": text.read_tsv,
    ".txt": text.read_txt,
    ".mtx": matrix_market.read_mtx,
    ".safetensors": safetensors.read_safetensors,
    ".h5": hdf5.read_hdf5,
    ".hdf5": hdf5.read_hdf5,
    ".keras": hdf5.read_keras,
    ".graphml": graphs.read_graphml,
    ".edgelist": graphs.read_edgelist,
    ".pt": torch_pickle.read_torch,
    ".pth": torch_pickle.read_torch,
    ".pth.tar": torch_pickle.read_torch,
}
BEGINNINGS = {  # how files of a kind begin, whatever they are called
    b"\x93NUMPY": ".npy",
    b"PK\x03\x04": ".npz, .pt or .keras",
    b"\x89HDF\r\n": ".h5",
    b"MATLAB ": ".mat",
    b"%%MatrixMarket": ".mtx",
    b"<?xml": ".graphml",
    torch_pickle.OLD_MAGIC: ".pt",
}
CONVENTIONS = ("column", "row")
PLAIN = ("float64", "float32", "complex128", "complex64")  # types that need no word
LARGEST_UNITS = 20_000  # a dense matrix of 3.2 GB
SHOWN = 12  # arrays that an error lists


@dataclass(frozen=True)
class FileDescription:
    """What a file holds.

    Attributes
    ----------
    path
        The file.
    arrays
        Each with its `.name`, `.shape`, `.dtype` and `.labels`; `.read()` reads it as it is stored.
    recurrent, feedforward
        The names of what `load_network` takes for W and V by itself; None where it takes nothing or cannot decide.
    """

    path: Path
    arrays: tuple[StoredArray, ...]
    recurrent: str | None
    feedforward: str | None

    def __str__(self) -> str:
        marks = {self.recurrent: "  <- W", self.feedforward: "  <- V"}
        lines = [f"{one} {one.dtype}{marks.get(one.name, '')}" for one in self.arrays]
        return "\n".join([f"{self.path}: {len(lines)} arrays", *lines])


def load_network(
    path,
    *,
    recurrent: str | None = None,
    feedforward: str | None = None,
    convention: str | None = None,
    gate: str | None = None,
    noise=1.0,
    name: str | None = None,
) -> LinearNetwork:
    """The network stored in a file.

    .npy, .npz, .mat (also 7.3), .csv, .tsv, .txt, .mtx, .safetensors, .h5, .hdf5, .keras, .graphml, .edgelist, and
    PyTorch's .pt, .pth, .pth.tar, for which PyTorch is not needed. Only the arrays that are taken are read.

    Parameters
    ----------
    recurrent, feedforward
        Names of the arrays for W and V; the last part of a name is enough where no other ends so. Where None, W is
        the array that a framework names so (`weight_hh_l0`, `recurrent_kernel`), or that is called "recurrent", "W",
        "weights", "connectivity" or "W_rec", or the only square one, and V its partner (`weight_ih_l0`, `kernel`,
        "feedforward", "V", "v", "W_in"), if there is one. The name of the network says what was taken.
    convention
        "column" for arrays that multiply columns, W h, where W[i, j] is from unit j to unit i: the convention here,
        of PyTorch, and of graphs, whose edges say themselves where they lead. "row" for those that multiply rows, h
        W: they are transposed. Where None, "row" for arrays that Keras names, "column" for all others.
    gate
        The gate whose weights are wanted, for LSTMs and GRUs: "input", "forget", "cell", "output"; "reset", "update",
        "new". The block is found in the framework's order, which differs between PyTorch and Keras.
    noise
        As for `LinearNetwork`.
    name
        What to call the network: where None, the file's stem, and what was chosen or converted.

    Raises
    ------
    InvalidNetworkError
        For a file that is not there, of unknown type, damaged, encrypted, without the array asked for or with several
        that could be meant (the message lists those there are), or whose arrays are no network.

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
    path, stored = _opened(path)
    W = _recurrent(path, stored, recurrent)
    V = _feedforward(path, stored, feedforward, W)
    weights, said = _read(path, W, "recurrent", convention, gate, W)
    chosen = [f"W = {W.name}{said}"] if len(stored) > 1 or said else []
    inputs = None
    if V is not None:
        inputs, said = _read(path, V, "feedforward", convention, gate, W)
        inputs = inputs.toarray() if sparse.issparse(inputs) else inputs
        if inputs.ndim == 2 and weights.ndim == 2 and 1 in inputs.shape and inputs.size == weights.shape[0]:
            inputs = inputs.ravel()  # a column, or MATLAB's row, is one input
        chosen.append(f"V = {V.name}{said}")
    found = ", ".join([path.name[: -len(_ending(path))], *chosen]) if name is None else name
    try:
        return LinearNetwork(weights, inputs, noise, name=found, labels=W.labels)
    except InvalidNetworkError as error:
        raise InvalidNetworkError(f"{path.name}: {error}") from None


def load_matrix(path, array: str | None = None, *, convention: str | None = None, gate: str | None = None) -> Any:
    """One matrix of a file in double precision, W[i, j] from unit j to unit i; sparse where the file is.

    Parameters
    ----------
    array
        Its name, or the end of it; where None, W as `load_network` chooses it.
    convention, gate
        As for `load_network`.

    Raises
    ------
    InvalidNetworkError
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
    path, stored = _opened(path)
    chosen = _recurrent(path, stored, array, "array")
    return _read(path, chosen, "array", convention, gate, chosen)[0]


def describe_file(path) -> FileDescription:
    """What a file holds: names, shapes and types of its arrays, none of which is read.

    Examples
    --------
    >>> import numpy, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pair.npz"
    >>> numpy.savez(path, W_rec=numpy.eye(2), W_in=numpy.ones(2), bias=numpy.ones(2))
    >>> [str(one) for one in describe_file(path).arrays], describe_file(path).recurrent
    (['W_rec (2, 2)', 'W_in (2,)', 'bias (2,)'], 'W_rec')
    """
    path, stored = _opened(path)
    try:
        W = _recurrent(path, stored, None)
    except InvalidNetworkError:
        return FileDescription(path, tuple(stored.values()), None, None)
    V = _feedforward(path, stored, None, W)
    return FileDescription(path, tuple(stored.values()), W.name, V.name if V else None)


def is_file_name(source: str) -> bool:
    """Whether a text means a file: by its ending, or because there is one."""
    return _ending(Path(source)) in READERS or Path(source).is_file()


def _ending(path) -> str:
    return ".pth.tar" if path.name.lower().endswith(".pth.tar") else path.suffix.lower()


def _opened(path) -> tuple[Path, dict[str, StoredArray]]:
    """The arrays in a file, by name."""
    path = Path(path)
    reader = READERS.get(_ending(path))
    if reader is None:
        raise InvalidNetworkError(
            f"path is {str(path)!r}, of unknown type {path.suffix!r}; files of type {', '.join(READERS)} can be read"
        )
    if not path.is_file():
        raise InvalidNetworkError(f"path is {str(path)!r}, but there is no such file")
    found = _tried(path, lambda: reader(path))
    stored = {one.name: one for one in found}
    if len(stored) < len(found):
        raise InvalidNetworkError(f"path is {str(path)!r}, which holds several arrays of the same name")
    return path, stored


def _tried(path, read):
    """What `read` returns; whatever it raises becomes one error, as files can be broken in ways that no list ends."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except LinmemError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise InvalidNetworkError(
            f"path is {str(path)!r}, which cannot be read as {_ending(path)}: {reason}{_called_wrongly(path)}"
        ) from error


def _called_wrongly(path) -> str:
    try:
        with open(path, "rb") as stream:
            beginning = stream.read(16)
    except OSError:
        return ""
    for known, endings in BEGINNINGS.items():
        if beginning.startswith(known) and _ending(path) not in endings:
            return f"; it begins like a file of type {endings}"
    return ""


def _listed(stored) -> str:
    names = [str(one) for one in stored.values()]
    more = f", and {len(names) - SHOWN} more (describe_file lists them)" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) or "none") + more


def _named(path, stored, argument, wanted) -> StoredArray:
    """The array of that name, or the only one whose name ends so."""
    if wanted in stored:
        return stored[wanted]
    ends = [one for one in stored if isinstance(wanted, str) and wanted and one.endswith((f".{wanted}", f"/{wanted}"))]
    if len(ends) == 1:
        return stored[ends[0]]
    which = "several such arrays" if ends else "no such array"
    shown = _listed({one: stored[one] for one in ends} or stored)
    raise InvalidNetworkError(f"{argument} is {wanted!r}, but {path.name} has {which}; it holds: {shown}")


def _recurrent(path, stored, wanted, argument="recurrent") -> StoredArray:
    """The array asked for, else the one that is called like W, else the only square one."""
    if wanted is not None:
        return _named(path, stored, argument, wanted)
    called = [one for one in stored.values() if layout_of(one.name)]
    square = [one for one in stored.values() if len(one.shape) >= 2 and one.shape[-1] == one.shape[-2]]
    candidates = called or square or (list(stored.values()) if len(stored) == 1 else [])
    if len(candidates) != 1:
        what = "arrays that are called like W" if called else "square arrays"
        shown = _listed({one.name: one for one in candidates} or stored)
        raise InvalidNetworkError(
            f"{argument} is None, but {path.name} holds {len(candidates)} {what}; choose one by name, "
            f"{argument}=...; it holds: {shown}"
        )
    return candidates[0]


def _feedforward(path, stored, wanted, W) -> StoredArray | None:
    """The array asked for, else W's partner by name."""
    if wanted is not None:
        return _named(path, stored, "feedforward", wanted)
    layout = layout_of(W.name)
    partners = layout.input_names(W.name) if layout else ["feedforward", "V", "v"]
    return next((stored[one] for one in partners if one in stored and one != W.name), None)


def _read(path, stored, argument, convention, gate, W) -> tuple[Any, str]:
    """The array in double precision, in columns, of one gate; and a word on what was done. W tells the layout."""
    layout = layout_of(W.name)
    if convention not in (None, *CONVENTIONS):
        raise InvalidNetworkError(
            f"convention is {convention!r}; it must be one of {', '.join(map(repr, CONVENTIONS))}"
        )
    chosen = convention or (layout.convention if layout else "column")
    gates = gates_in(W.shape, layout, chosen) if len(W.shape) == 2 else ()
    if len(gates) > 1 and gate not in gates and (gate or argument == "recurrent"):
        raise InvalidNetworkError(
            f"gate is {gate!r}, but {W.name} in {path.name} has shape {W.shape}, {len(gates)} gates of {min(W.shape)} "
            f"units; choose one: gate={', '.join(map(repr, gates))}"
        )
    if gate is not None and len(gates) < 2:
        raise InvalidNetworkError(f"gate is {gate!r}, but {W.name} in {path.name} has shape {W.shape}, without gates")
    if math.prod(stored.shape) > LARGEST_UNITS**2 and stored.dtype not in ("sparse", "edge attribute"):
        raise InvalidNetworkError(
            f"{argument} is {stored} in {path.name}; dense matrices of more than {LARGEST_UNITS} units are not read"
        )
    array = _tried(path, stored.read)
    if not sparse.issparse(array):
        array = np.asarray(array)
        if array.dtype.kind not in "biufc":
            raise InvalidNetworkError(
                f"{argument} is {stored.name} in {path.name}, of type {array.dtype}; it must hold numbers"
            )
    with np.errstate(invalid="ignore"):  # what is no number is refused later, with its place
        array = array.astype(complex if array.dtype.kind == "c" else float)
    if chosen == "row" and array.ndim > 1:
        array = array.T if sparse.issparse(array) else np.swapaxes(array, -1, -2)
    if gate is not None:
        units = array.shape[0] // len(gates)
        array = array[gates.index(gate) * units :][:units]
    done = [stored.dtype] if stored.dtype not in PLAIN else []
    done += ["transposed"] if chosen == "row" and convention is None and array.ndim > 1 else []
    done += [f"{gate} gate"] if gate else []
    return array, f" ({', '.join(done)})" if done else ""
