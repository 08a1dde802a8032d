"""Tensors in .safetensors files.

Contents
--------
read_safetensors
    Tensors by name.
bfloat16
    Numbers of a type that numpy does not have.
"""

from __future__ import annotations

import json
from functools import partial

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


def read_safetensors(path) -> list[StoredArray]:
    """The library checks the file and reads it; what numpy has no type for is read here."""
    found = []
    with library("safetensors").safe_open(path, framework="np") as file:
        for name in file.keys():  # noqa: SIM118 - it is no dictionary
            stored = file.get_slice(name)
            dtype = DTYPES.get(stored.get_dtype(), stored.get_dtype())
            found.append(StoredArray(name, tuple(stored.get_shape()), dtype, partial(_tensor, path, name, dtype)))
    return found


def _tensor(path, name, dtype):
    if dtype != "bfloat16":
        with library("safetensors").safe_open(path, framework="np") as file:
            return file.get_tensor(name)
    with open(path, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        entry = json.loads(stream.read(length))[name]
        begin, end = entry["data_offsets"]
        stream.seek(8 + length + begin)
        return bfloat16(stream.read(end - begin)).reshape(entry["shape"])


def bfloat16(data: bytes, order: str = "<") -> np.ndarray:
    """The upper halves of single precision numbers."""
    upper = np.frombuffer(data, dtype=f"{order}u2").astype(np.uint32)
    return (upper << 16).view(np.float32)
