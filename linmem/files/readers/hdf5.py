"""HDF5 files, among them those of Keras.

Contents
--------
read_hdf5
    The datasets of a .h5 or .hdf5 file.
read_keras
    The weights in a .keras archive.
datasets
    The datasets of an open file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from linmem.files.readers.stored import StoredArray, library, stored_zip

WEIGHTS = "model.weights.h5"  # the name of the weights inside a Keras archive


def read_hdf5(path: Path) -> list[StoredArray]:
    """The datasets by their full name, `group/dataset`."""
    with library("h5py").File(path, "r") as file:
        return datasets(path, file)


def read_keras(path: Path) -> list[StoredArray]:
    """The weights of a Keras model; the other members of the archive are not read."""
    with _weights_of_keras(path) as file:
        stored = datasets(path, file)
    # the paths of the datasets are inside the archive: they are read through it
    return [
        StoredArray(array.name, array.shape, array.dtype, partial(_from_keras, path, array.name)) for array in stored
    ]


def datasets(path: Path, file: Any) -> list[StoredArray]:
    """The numeric datasets of an open file. Links, and datasets with values in other files, are not followed."""
    arrays = []

    def visit(name: str | bytes, item: Any) -> None:
        if _is_numeric(item) and not item.is_virtual and not item.external:
            text = name if isinstance(name, str) else name.decode("utf-8", "replace")
            read = partial(_dataset, path, name)
            arrays.append(StoredArray(text, item.shape, str(item.dtype), read))

    file.visititems(visit)
    return arrays


def _is_numeric(item: Any) -> bool:
    """Whether an item of a file is a dataset of numbers, or of records (kind V), as complex numbers are stored."""
    if not hasattr(item, "dtype") or item.shape is None:
        return False
    return item.dtype.kind in "biufcV"


def _dataset(path: Path, name: str | bytes) -> np.ndarray:
    with library("h5py").File(path, "r") as file:
        return file[name][()]


def _from_keras(path: Path, name: str) -> np.ndarray:
    with _weights_of_keras(path) as file:
        return file[name][()]


@contextmanager
def _weights_of_keras(path: Path) -> Iterator[Any]:
    """The HDF5 file inside a Keras archive, open."""
    with stored_zip(path) as archive, archive.open(WEIGHTS) as stream, library("h5py").File(stream, "r") as file:
        yield file
