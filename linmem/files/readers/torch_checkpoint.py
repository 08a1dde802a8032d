"""PyTorch's checkpoints, without PyTorch and without executing anything.

Conventions
-----------
A checkpoint is a pickle that describes tensors, and storages that hold their numbers. Since 2020 both are members of a
zip archive. In the older format the storages follow several pickles in one stream.

Contents
--------
read_torch
    The tensors of a .pt, .pth or .pth.tar file, by the keys that lead to them, joined by dots.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from linmem.files.readers.safetensors import bfloat16
from linmem.files.readers.stored import DamagedFileError, StoredArray, stored_zip
from linmem.files.readers.torch_pickle import Machine, Storage, Tensor

OLD_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")  # the first pickle of the older format, a number
OLD_VERSION = 1001
LARGEST_PICKLE = 2**26  # bytes, for a description of tensors without their numbers
PIECE = 2**18  # bytes of an archive that are skipped at a time

Source: TypeAlias = Callable[[Storage, int, int], bytes]  # reads so many bytes of a storage from a position on
ByteOrder: TypeAlias = Literal["<", ">"]  # little and big endian


def read_torch(path: Path) -> list[StoredArray]:
    """The tensors, in whatever they are nested."""
    with open(path, "rb") as stream:
        beginning = stream.read(len(OLD_MAGIC))
    if beginning == OLD_MAGIC:
        tensors, source, order = _open_stream(path)
    elif zipfile.is_zipfile(path):
        tensors, source, order = _open_archive(path)
    else:
        raise DamagedFileError("it is not an archive of torch.save, neither of the present nor of the older kind")
    return [
        StoredArray(name, tensor.size, tensor.storage.dtype, partial(_read, tensor, source, order))
        for name, tensor in tensors
    ]


def _open_archive(path: Path) -> tuple[list[tuple[str, Tensor]], Source, ByteOrder]:
    """The tensors of a zip archive by name, how to read its storages, and the order of bytes."""
    with stored_zip(path) as archive:
        pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise DamagedFileError(f"it is an archive with {len(pickles)} files data.pkl, where torch.save writes one")
        folder = pickles[0].removesuffix("data.pkl")
        if archive.getinfo(pickles[0]).file_size > LARGEST_PICKLE:
            raise DamagedFileError(f"its data.pkl is larger than {LARGEST_PICKLE} bytes")
        order = f"{folder}byteorder"
        is_big_endian = order in archive.namelist() and archive.read(order) == b"big"
        with archive.open(pickles[0]) as stream:
            tensors = list(_named(Machine(stream).run()))
        for _, tensor in tensors:
            present = archive.getinfo(f"{folder}data/{tensor.storage.key}").file_size
            _require_whole(tensor.storage, present)

    def source(storage: Storage, start: int, length: int) -> bytes:
        with stored_zip(path) as archive, archive.open(f"{folder}data/{storage.key}") as stream:
            _skip(stream, start)
            return stream.read(length)

    return tensors, source, ">" if is_big_endian else "<"


def _skip(stream: Any, count: int) -> None:
    """Read on by so many bytes, or to the end; in small pieces, as `seek` would take 16 MB of memory."""
    while count > 0:
        piece = stream.read(min(count, PIECE))
        if not piece:
            return
        count -= len(piece)


def _open_stream(path: Path) -> tuple[list[tuple[str, Tensor]], Source, ByteOrder]:
    """The tensors of the older format by name, how to read its storages, and the order of bytes.

    The file has five pickles: magic number, version, system, tensors, keys of storages; then, for each storage in the
    order of the keys, its count as 8 bytes and its numbers.
    """
    positions = {}
    with open(path, "rb") as stream:
        Machine(stream).run()  # the magic number
        version = Machine(stream).run()
        system = Machine(stream).run()
        if type(version) is not int or version != OLD_VERSION or not isinstance(system, dict):
            raise DamagedFileError(f"it has a version of the older format other than {OLD_VERSION}")
        machine = Machine(stream)
        tensors = list(_named(machine.run()))
        keys = Machine(stream).run()
        for key in keys:
            if key not in machine.storages:
                raise DamagedFileError(f"it holds the storage {key!r}, which it does not describe")
            storage = machine.storages[key]
            count = int.from_bytes(stream.read(8), "little")
            _require_whole(storage, count * storage.itemsize)
            positions[key] = stream.tell()
            stream.seek(count * storage.itemsize, 1)

    def source(storage: Storage, start: int, length: int) -> bytes:
        with open(path, "rb") as stream:
            stream.seek(positions[storage.key] + start)
            return stream.read(length)

    return tensors, source, "<" if system.get("little_endian", True) else ">"


def _require_whole(storage: Storage, present: int) -> None:
    if present < storage.count * storage.itemsize:
        raise DamagedFileError(f"the data of storage {storage.key} end early")


def _named(value: Any) -> Iterator[tuple[str, Tensor]]:
    """Every tensor with the keys that lead to it; each container is searched once, as it may contain itself."""
    searched: set[int] = set()
    waiting: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while waiting:
        keys, value = waiting.pop()
        if isinstance(value, Tensor):
            yield ".".join(keys) or "recurrent", value
        elif isinstance(value, (dict, list, tuple)) and id(value) not in searched:
            searched.add(id(value))
            items = value.items() if isinstance(value, dict) else enumerate(value)
            inner = [((*keys, str(key)), item) for key, item in items]
            waiting.extend(reversed(inner))


def _read(tensor: Tensor, source: Source, order: ByteOrder) -> np.ndarray:
    """The elements of a tensor; only the part of its storage between the first and the last is read."""
    if 0 in tensor.size:
        return np.zeros(tensor.size)
    storage = tensor.storage
    needed = max(tensor.offset + tensor.extent, tensor.count)
    if needed > storage.count:
        raise DamagedFileError(f"a tensor of shape {tensor.size} does not fit into its {storage.count} numbers")
    length = tensor.extent * storage.itemsize
    data = source(storage, tensor.offset * storage.itemsize, length)
    if len(data) < length:
        raise DamagedFileError(f"the data of storage {storage.key} end early")
    if storage.dtype == "bfloat16":
        numbers = bfloat16(data, order)
    else:
        numbers = np.frombuffer(data, np.dtype(storage.dtype).newbyteorder(order))
    strides = [step * numbers.itemsize for step in tensor.stride]
    return np.lib.stride_tricks.as_strided(numbers, tensor.size, strides, writeable=False)
