"""HDF5 files, among them those of Keras.

Contents
--------
read_hdf5
    The datasets of a file.
read_keras
    The weights in a .keras archive.
datasets, is_numeric
    The datasets of an open file, and whether an item is one of numbers.
numbers_of
    The numbers of a dataset, if the file has so many.
members
    The items of a group.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from linmem.files.readers.hdf5_texts import Texts
from linmem.files.readers.keras_configuration import described
from linmem.files.readers.number_types import TYPES_OF_WIDTH, retyped, stored_numbers
from linmem.files.readers.stored import DamagedFileError, StoredArray, library, stored_zip

WEIGHTS, CONFIGURATION = "model.weights.h5", "config.json"  # members of a Keras archive
LARGEST_CONFIGURATION = 2**26  # bytes
LARGEST_RATIO = 1100  # of a dataset to its compressed bytes: gzip reaches 1032


def _opened(path: Any) -> Any:
    return library("h5py").File(path, "r")


def read_hdf5(path: Path) -> list[StoredArray]:
    """The datasets by their full name, `group/dataset`."""
    texts = Texts(lambda: open(path, "rb"))  # noqa: SIM115 - it is closed there
    with _opened(path) as file:
        stored = datasets(path, file, texts=texts)
        configuration = texts.of(file, "model_config")
        return described(stored, file, texts, json.loads(configuration) if configuration else None)


def read_keras(path: Path) -> list[StoredArray]:
    """The weights of a Keras model, with what its configuration says about recurrent layers."""
    with stored_zip(path) as archive:
        configuration = None
        if CONFIGURATION in archive.namelist():
            if archive.getinfo(CONFIGURATION).file_size > LARGEST_CONFIGURATION:
                raise DamagedFileError(f"its {CONFIGURATION} is larger than {LARGEST_CONFIGURATION} bytes")
            configuration = json.loads(archive.read(CONFIGURATION))
    with stored_zip(path) as archive, _weights_of_keras(path) as file:
        texts = Texts(partial(archive.open, WEIGHTS))
        return described(datasets(path, file, _weights_of_keras, texts), file, texts, configuration)


def datasets(
    path: Path, file: Any, opened: Callable[[Path], Any] = _opened, texts: Texts | None = None
) -> list[StoredArray]:
    """The numeric datasets of an open file, which are read by opening it again.

    Links, and datasets with values in other files, are not followed. `texts` are those of the file.
    """
    arrays = []

    def visit(name: str | bytes, item: Any) -> None:
        if is_numeric(item):
            text = name if isinstance(name, str) else name.decode("utf-8", "replace")
            arrays.append(_entry(text, item, partial(_dataset, path, name, opened), texts))

    file.visititems(visit)
    return arrays


def members(group: Any) -> Iterator[tuple[str, Any]]:
    """The items of a group by name, without those of other files, and those whose name is no text."""
    h5py = library("h5py")
    for name in group:
        try:
            link = group.get(name, getlink=True)
        except UnicodeError:
            continue
        if isinstance(link, h5py.HardLink):
            yield name, group[name]


def is_numeric(item: Any) -> bool:
    """Whether an item is a dataset of numbers, or of records (kind V), as complex numbers are stored, in this file."""
    if not hasattr(item, "dtype") or item.shape is None or item.dtype.kind not in "biufcV":
        return False
    return not item.is_virtual and not item.external


def numbers_of(item: Any) -> np.ndarray:
    """The numbers of a dataset.

    Raises
    ------
    DamagedFileError
        If it claims more numbers than its bytes hold, or its numbers are in another file.
    """
    if not is_numeric(item):
        raise DamagedFileError(f"its {item.name!r:.60} is no dataset of numbers")
    if item.nbytes > LARGEST_RATIO * item.id.get_storage_size() + 1000:
        raise DamagedFileError(f"its {item.name!r:.60} claims shape {item.shape}, which its bytes do not hold")
    return np.asarray(item[()])


def _entry(name: str, item: Any, read: Callable[[], Any], texts: Texts | None) -> StoredArray:
    """The entry for a dataset; of records without a type, Keras writes the type as an attribute."""
    entry = stored_numbers(name, item.shape, item.dtype, read)
    dtype = texts.of(item, "dtype") if texts and entry.unreadable else ""
    return retyped(entry, dtype) if dtype in TYPES_OF_WIDTH.get(item.dtype.itemsize, ()) else entry


def _dataset(path: Path, name: str | bytes, opened: Callable[[Path], Any]) -> np.ndarray:
    with opened(path) as file:
        return numbers_of(file[name])


@contextmanager
def _weights_of_keras(path: Path) -> Iterator[Any]:
    """The HDF5 file inside a Keras archive, open."""
    with stored_zip(path) as archive, archive.open(WEIGHTS) as stream, _opened(stream) as file:
        yield file
