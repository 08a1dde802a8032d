"""HDF5 files, whatever program wrote them, and whatever the ending of their name is.

Contents
--------
read_any_hdf5
    The variables of MATLAB or Octave, the edges of SONATA, or else the datasets.
"""

from __future__ import annotations

from pathlib import Path

from linmem.files.readers.hdf5 import members, read_hdf5
from linmem.files.readers.matlab_hdf5 import is_of_matlab, is_of_octave, matlab_variables, octave_variables
from linmem.files.readers.sonata import edges_of, populations
from linmem.files.readers.stored import StoredArray, library


def read_any_hdf5(path: Path) -> list[StoredArray]:
    """The arrays in the file by their full name, `group/dataset`; `net.W` in files of MATLAB and Octave."""
    with library("h5py").File(path, "r") as file:
        items = [item for _, item in members(file)]
        if any(map(is_of_octave, items)):
            return octave_variables(path, file)
        if (file.userblock_size and path.suffix.lower() == ".mat") or any(map(is_of_matlab, items)):
            return matlab_variables(path, file)
        if populations(file):
            return edges_of(path, file)
    return read_hdf5(path)
