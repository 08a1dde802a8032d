"""HDF5 files, Keras' among them.

Contents
--------
read_hdf5, read_keras
    Datasets of a .h5 or .hdf5 file, or of the weights in a .keras archive.
datasets
    Those of an open file.
"""

from __future__ import annotations

from functools import partial

from linmem.files.readers.stored import StoredArray, library, stored_zip

WEIGHTS = "model.weights.h5"  # what Keras calls the file inside its archive


def read_hdf5(path) -> list[StoredArray]:
    """The datasets by their full name, `group/dataset`."""
    with library("h5py").File(path, "r") as file:
        return datasets(path, file)


def read_keras(path) -> list[StoredArray]:
    """The weights of a Keras model; what else the archive says of it is not looked at."""
    with stored_zip(path) as archive, archive.open(WEIGHTS) as stream, library("h5py").File(stream, "r") as file:
        return [
            StoredArray(stored.name, stored.shape, stored.dtype, partial(_from_archive, path, stored.name))
            for stored in datasets(path, file)
        ]


def datasets(path, file) -> list[StoredArray]:
    """Numeric datasets. Links, and datasets whose values are in other files, are not followed."""
    found = []

    def look(name, item):
        numeric = hasattr(item, "dtype") and item.shape is not None and item.dtype.kind in "biufcV"
        if numeric and not item.is_virtual and not item.external:
            shown = name if isinstance(name, str) else name.decode("utf-8", "replace")
            found.append(StoredArray(shown, item.shape, str(item.dtype), partial(_dataset, path, name)))

    file.visititems(look)
    return found


def _dataset(path, name):
    with library("h5py").File(path, "r") as file:
        return file[name][()]


def _from_archive(path, name):
    with stored_zip(path) as archive, archive.open(WEIGHTS) as stream, library("h5py").File(stream, "r") as file:
        return file[name][()]
