"""Tensors in .safetensors files.

Contents
--------
read_safetensors
    The tensors of a file.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np

from linmem.files.readers.number_types import numbers
from linmem.files.readers.stored import StoredArray, library, unreadable_entry

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    **{f"{kind}{bits}": f"{name}{bits}" for kind, name in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)},
    "BOOL": "bool",
    "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
}


def read_safetensors(path: Path) -> list[StoredArray]:
    """The tensors of the file, by name."""
    entries = []
    with library("safetensors").safe_open(path, framework="np") as file:
        for name in file.keys():  # noqa: SIM118 - it is not a dictionary
            stored = file.get_slice(name)
            kind = stored.get_dtype()
            if kind in DTYPES:
                shape = tuple(stored.get_shape())
                entries.append(StoredArray(name, shape, DTYPES[kind], partial(_tensor, path, name, DTYPES[kind])))
            else:
                entries.append(unreadable_entry(name, f"is of type {kind}, which is not read; save tensor.float()"))
    return entries


def _tensor(path: Path, name: str, dtype: str) -> np.ndarray:
    # the file is a header in JSON, with its length before it, and data; the library, which has checked that they fit
    # together when the file was opened, has no arrays of numpy for some types
    with open(path, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        entry = json.loads(stream.read(length))[name]
        begin, end = entry["data_offsets"]
        stream.seek(8 + length + begin)
        return numbers(stream.read(end - begin), dtype).reshape(entry["shape"])
