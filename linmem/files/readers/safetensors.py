"""Tensors in .safetensors files.

Contents
--------
read_safetensors
    The tensors of a file.
bfloat16
    Numbers of the type bfloat16, which numpy does not have.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np

from linmem.files.readers.stored import StoredArray, library

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    **{f"{kind}{bits}": f"{name}{bits}" for kind, name in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)},
    "BOOL": "bool",
    "C64": "complex64",
}


def read_safetensors(path: Path) -> list[StoredArray]:
    """The tensors of the file, by name."""
    tensors = []
    with library("safetensors").safe_open(path, framework="np") as file:
        for name in file.keys():  # noqa: SIM118 - it is not a dictionary
            stored = file.get_slice(name)
            shape = tuple(stored.get_shape())
            dtype = DTYPES.get(stored.get_dtype(), stored.get_dtype())
            tensors.append(StoredArray(name, shape, dtype, partial(_tensor, path, name, dtype)))
    return tensors


def _tensor(path: Path, name: str, dtype: str) -> np.ndarray:
    if dtype != "bfloat16":
        with library("safetensors").safe_open(path, framework="np") as file:
            return file.get_tensor(name)
    # the library has no numpy array for bfloat16: the file is a header in JSON, with its length before it, and data
    with open(path, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        entry = json.loads(stream.read(length))[name]
        begin, end = entry["data_offsets"]
        stream.seek(8 + length + begin)
        return bfloat16(stream.read(end - begin)).reshape(entry["shape"])


def bfloat16(data: bytes, order: str = "<") -> np.ndarray:
    """Single precision numbers from their upper halves, which is what bfloat16 stores."""
    upper = np.frombuffer(data, dtype=f"{order}u2").astype(np.uint32)
    return (upper << 16).view(np.float32)
