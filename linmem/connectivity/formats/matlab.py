"""MATLAB's files.

Contents
--------
read_mat
    Variables of a .mat file: versions 4, 5 and 7 through scipy, 7.3 as the HDF5 file that it is.
"""

from __future__ import annotations

from functools import partial

import scipy.io
import scipy.sparse as sparse

from linmem.connectivity.formats.hdf5 import datasets
from linmem.connectivity.formats.stored import StoredArray, library

NUMERIC = {
    "double": "float64",
    "single": "float32",
    "logical": "bool",
    "sparse": "sparse",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


def read_mat(path) -> list[StoredArray]:
    """The numeric variables; cells, structs and objects are left aside."""
    with open(path, "rb") as stream:
        is_hdf5 = b"MATLAB 7.3" in stream.read(128)
    if is_hdf5:
        return _read_hdf5(path)
    return [
        StoredArray(name, tuple(shape), NUMERIC[kind], partial(_variable, path, name))
        for name, shape, kind in scipy.io.whosmat(path)
        if kind in NUMERIC
    ]


def _variable(path, name):
    return scipy.io.loadmat(path, variable_names=[name])[name]


def _read_hdf5(path) -> list[StoredArray]:
    """MATLAB writes columns first, HDF5 counts rows first: every array is the transpose of the one in the file."""
    found = []
    with library("h5py").File(path, "r") as file:
        sparse_ones = {
            name: int(item.attrs["MATLAB_sparse"]) for name, item in file.items() if "MATLAB_sparse" in item.attrs
        }
        for name, rows in sparse_ones.items():
            columns = len(file[name]["jc"]) - 1
            found.append(StoredArray(name, (rows, columns), "sparse", partial(_sparse, path, name)))
        for stored in datasets(path, file):
            kind = file[stored.name].attrs.get("MATLAB_class", b"double").decode()
            if "/" not in stored.name and kind in NUMERIC:
                shape = stored.shape[::-1]
                found.append(StoredArray(stored.name, shape, NUMERIC[kind], partial(_transpose, stored)))
    return found


def _transpose(stored):
    return _complex(stored.read()).T


def _complex(array):
    """MATLAB's complex numbers are pairs called real and imag."""
    return array["real"] + 1j * array["imag"] if array.dtype.names == ("real", "imag") else array


def _sparse(path, name):
    """Compressed columns: values, row of each, where each column begins; without values where all is zero."""
    with library("h5py").File(path, "r") as file:
        group = file[name]
        shape = int(group.attrs["MATLAB_sparse"]), len(group["jc"]) - 1
        if "data" not in group:
            return sparse.csr_array(shape)
        return sparse.csc_array((_complex(group["data"][()]), group["ir"][()], group["jc"][()]), shape=shape).tocsr()
