"""Opening a file: the reader for its type, and the arrays that it holds, none of which is read yet.

Contents
--------
READERS
    The reader for each file name extension.
is_file_name
    Whether a text is meant as the path of a file.
opened
    The arrays in a file, by name.
errors_of_reading
    The one place where errors of readers, and of the libraries that they use, become FileError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from linmem.errors import FileError, errors_of_other_libraries
from linmem.files.readers import (
    arrays,
    flax_msgpack,
    graphs,
    hdf5,
    hdf5_files,
    matlab,
    matrix_market,
    onnx,
    packed,
    safetensors,
    shards,
    tables,
    torch_checkpoint,
)
from linmem.files.readers.refused import REFUSED, refusal
from linmem.files.readers.stored import StoredArray


def _read_packed(path: Path) -> list[StoredArray]:
    """The arrays of the one file inside of a compressed file or archive, or of a connectivity of The Virtual Brain."""
    if path.suffix.lower() == ".zip" and (members := packed.members_of_tvb(path)):
        return packed.read_tvb(path, members)
    folder, inner = packed.unpacked(path, lambda name: extension(Path(name)) in READERS)
    return [
        replace(array, read=partial(_from_folder, folder, array.read)) for array in READERS[extension(inner)](inner)
    ]


def _from_folder(folder: packed.Folder, read: Callable[[], Any]) -> Any:
    """An array from a temporary folder, which exists as long as this call may come."""
    return read()


READERS: dict[str, Callable[[Path], list[StoredArray]]] = {
    ".npy": arrays.read_npy,
    ".npz": arrays.read_npz,
    ".mat": matlab.read_mat,
    ".csv": tables.read_table,
    ".tsv": tables.read_table,
    ".txt": tables.read_table,
    ".mtx": matrix_market.read_mtx,
    ".safetensors": safetensors.read_safetensors,
    ".h5": hdf5_files.read_any_hdf5,
    ".hdf5": hdf5_files.read_any_hdf5,
    ".keras": hdf5.read_keras,
    ".graphml": graphs.read_graphml,
    ".edgelist": graphs.read_edgelist,
    ".gml": graphs.read_gml,
    ".json": graphs.read_json,
    ".pt": torch_checkpoint.read_torch,
    ".pth": torch_checkpoint.read_torch,
    ".pth.tar": torch_checkpoint.read_torch,
    ".ckpt": torch_checkpoint.read_torch,
    ".bin": torch_checkpoint.read_torch,
    ".pkl": torch_checkpoint.read_torch,
    ".index.json": shards.read_index,
    ".onnx": onnx.read_onnx,
    ".msgpack": flax_msgpack.read_msgpack,
}
READERS |= dict.fromkeys((*packed.PACKED, ".zip"), _read_packed)
TWO_PARTS = [extension for extension in READERS if extension.count(".") == 2]
SIGNATURES = {  # the first bytes of a file, whatever its name is
    b"\x93NUMPY": ".npy",
    b"PK\x03\x04": ".npz, .pt, .keras or .zip",
    b"\x89HDF\r\n": ".h5",
    b"MATLAB ": ".mat",
    b"%%MatrixMarket": ".mtx",
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ\x00": ".xz",
    b"<?xml": ".graphml",
    torch_checkpoint.OLD_MAGIC: ".pt",
}
LONGEST_SIGNATURE = max(map(len, SIGNATURES))


def is_file_name(source: str) -> bool:
    """Whether a text is meant as the path of a file: it has an extension of a type of file, or the file exists."""
    path = Path(source)
    return extension(path) in READERS or path.suffix.lower() in REFUSED or path.is_file()


def extension(path: Path) -> str:
    """The extension of a file name, in lower case: ".npz", or ".pth.tar"."""
    name = path.name.lower()
    return next((ending for ending in TWO_PARTS if name.endswith(ending)), path.suffix.lower())


def opened(path: Path) -> dict[str, StoredArray]:
    """The arrays in a file, by name; none is read.

    Raises
    ------
    FileError
        If the file does not exist, is of unknown type or damaged, or holds two arrays of the same name.
    MissingLibraryError
        If the type of file needs a library that is not installed.
    """
    reader = READERS.get(extension(path))
    if reason := refusal(path):
        raise FileError(f"path is {str(path)!r}, which {reason}")
    if reader is None:
        raise FileError(
            f"path is {str(path)!r}, of unknown type {path.suffix!r}; files of type {', '.join(READERS)} can be read"
        )
    if not path.is_file():
        raise FileError(f"path is {str(path)!r}, but there is no such file")
    with errors_of_reading(path):
        stored = reader(path)
    by_name = {array.name: array for array in stored}
    if len(by_name) < len(stored):
        raise FileError(f"path is {str(path)!r}, which holds several arrays of the same name")
    return by_name


@contextmanager
def errors_of_reading(path: Path) -> Iterator[None]:
    """Raise FileError for any error inside the block: a file can be damaged in ways that no list covers."""
    message = f"path is {str(path)!r}, which cannot be read as {extension(path)}{_other_type(path)}"
    with errors_of_other_libraries(FileError, message), np.errstate(all="ignore"):
        yield


def _other_type(path: Path) -> str:
    """ "; it begins like a file of type .npy" if the first bytes belong to another type than the name, else ""."""
    try:
        with open(path, "rb") as stream:
            beginning = stream.read(LONGEST_SIGNATURE)
    except OSError:
        return ""
    for signature, extensions in SIGNATURES.items():
        if beginning.startswith(signature) and extension(path) not in extensions:
            return f"; it begins like a file of type {extensions}"
    return ""
