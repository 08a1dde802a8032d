"""Networks from files.

Contents
--------
load_network
    The network in a .npy, .npz or .csv file.
READERS
    What reads which ending: a function from a path to the arrays in it, by name.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.network import LinearNetwork

RECURRENT_NAMES = ("recurrent", "W", "weights", "connectivity")
FEEDFORWARD_NAMES = ("feedforward", "V", "v")


def load_network(
    path, *, recurrent: str | None = None, feedforward: str | None = None, noise=1.0, name: str | None = None
) -> LinearNetwork:
    """The network stored in a file: .npy and .csv hold one array, W; .npz holds several, by name.

    Orientation is that of the package: W[i, j] is the weight from unit j to unit i. Nothing in a file is executed:
    pickled objects are refused.

    Parameters
    ----------
    recurrent, feedforward
        Names of the arrays in a file that has several. Where None, W is the array called "recurrent", "W", "weights"
        or "connectivity", or the only square one, and V the one called "feedforward", "V" or "v", if there is one.
    noise, name
        As for `LinearNetwork`; the file's stem where `name` is None.

    Raises
    ------
    InvalidNetworkError
        For a file that is not there, of unknown type, damaged, without the array asked for (the message lists those
        there are), or whose arrays are no network.

    Examples
    --------
    >>> import numpy, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> numpy.savez(folder / "pair.npz", W=[[0, 0], [1, 0]], v=[1, 0])
    >>> load_network(folder / "pair.npz").feedforward
    array([1., 0.])
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InvalidNetworkError(
            f"path is {str(path)!r}, of unknown type {path.suffix!r}; files of type {', '.join(READERS)} can be read"
        )
    if not path.is_file():
        raise InvalidNetworkError(f"path is {str(path)!r}, but there is no such file")
    try:
        arrays = reader(path)
    except (
        ValueError,
        OSError,
        EOFError,
        MemoryError,
        KeyError,
        OverflowError,
        SyntaxError,
        zipfile.BadZipFile,
    ) as error:
        raise InvalidNetworkError(
            f"path is {str(path)!r}, which cannot be read as {path.suffix}: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from None
    W = _chosen(arrays, "recurrent", recurrent, RECURRENT_NAMES, path)
    V = _chosen(arrays, "feedforward", feedforward, FEEDFORWARD_NAMES, path)
    return LinearNetwork(W, V, noise, name=path.stem if name is None else name)


def _read_npy(path):
    return {"recurrent": np.load(path, allow_pickle=False)}


def _read_npz(path):
    with np.load(path, allow_pickle=False) as archive:
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("it holds a single array: call it .npy")
        return {key: archive[key] for key in archive.files}


def _read_csv(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        table = np.genfromtxt(
            lines,
            delimiter=",",
            dtype=complex if "j" in path.read_text(encoding="utf-8", errors="replace")[:4096] else float,
            ndmin=2,
        )
    return {"recurrent": table}


READERS: dict[str, Callable[[Path], dict[str, np.ndarray]]] = {".npy": _read_npy, ".npz": _read_npz, ".csv": _read_csv}


def _chosen(arrays, argument, wanted, usual, path):
    """The array asked for by name, else one of the usual names, else (for W) the only square one."""
    listed = ", ".join(f"{key} {array.shape}" for key, array in arrays.items()) or "none"
    if wanted is not None:
        if wanted not in arrays:
            raise InvalidNetworkError(
                f"{argument} is {wanted!r}, but {path.name} has no such array; it holds: {listed}"
            )
        return arrays[wanted]
    for key in usual:
        if key in arrays:
            return arrays[key]
    if argument == "feedforward":
        return None
    square = [key for key, array in arrays.items() if array.ndim >= 2 and array.shape[-1] == array.shape[-2]]
    if len(square) != 1:
        raise InvalidNetworkError(
            f"{argument} is None, but {path.name} holds {len(square)} square arrays; choose one by name, "
            f"recurrent=...; it holds: {listed}"
        )
    return arrays[square[0]]
