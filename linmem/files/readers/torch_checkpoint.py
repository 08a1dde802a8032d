"""PyTorch's checkpoints, without PyTorch and without executing anything.

Conventions
-----------
A checkpoint is a pickle that describes tensors, and storages that hold their numbers. Since 2020 both are members of a
zip archive. In the older format the storages follow several pickles in one stream. Of a pickled model the parameters
and buffers are read, under the names that its `state_dict` gives them; the model itself is not made.

Contents
--------
read_torch
    The tensors of a .pt, .pth, .pth.tar, .ckpt or .bin file, by the keys that lead to them, joined by dots.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from linmem.files.readers.number_types import numbers
from linmem.files.readers.refused import NO_ARCHIVE, NOT_OF_TORCH, OTHER_ARCHIVES, of_path
from linmem.files.readers.stored import DamagedFileError, StoredArray, stored_zip, unreadable_entry
from linmem.files.readers.torch_objects import Foreign, NumpyArray, Storage, Tensor
from linmem.files.readers.torch_pickle import Machine

OLD_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")  # the first pickle of the older format, a number
OLD_VERSION = 1001
LARGEST_PICKLE = 2**26  # bytes, for a description of tensors without their numbers
PIECE = 2**18  # bytes of an archive that are skipped at a time
SAVE = "torch.save(model.state_dict(), 'weights.pt')"
FOREIGN = {  # functions of PyTorch that make what has no array here
    "torch._utils._rebuild_sparse_tensor": "is a sparse tensor; save tensor.to_dense()",
    "torch._utils._rebuild_qtensor": "is a quantised tensor; save tensor.dequantize()",
    "torch._utils._rebuild_nested_tensor": "is a nested tensor; save its parts, tensor.unbind()",
    "torch._utils._rebuild_meta_tensor_no_storage": "is a tensor of the device 'meta', which has no numbers",
}
MODES = {"RNN_TANH": ("rnn", "tanh"), "RNN_RELU": ("rnn", "relu"), "GRU": ("gru", "tanh"), "LSTM": ("lstm", "tanh")}

Source: TypeAlias = Callable[[Storage, int, int], bytes]  # reads so many bytes of a storage from a position on
ByteOrder: TypeAlias = Literal["<", ">"]  # little and big endian


def read_torch(path: Path) -> list[StoredArray]:
    """The tensors, in whatever they are nested, and the objects beside them, which are not read."""
    with open(path, "rb") as stream:
        beginning = stream.read(len(OLD_MAGIC))
    if beginning == OLD_MAGIC:
        machine, value, source, order = _open_stream(path)
    elif zipfile.is_zipfile(path):
        machine, value, source, order = _open_archive(path)
    else:
        raise DamagedFileError(f"it {of_path(NOT_OF_TORCH.get(path.suffix.lower(), NO_ARCHIVE), path.name)}")
    entries = [_entry(name, found, settings, source, order) for name, found, settings in _named(value)]
    if machine.foreign and all(entry.unreadable for entry in entries):
        raise DamagedFileError(
            f"it holds {', '.join(sorted(machine.foreign))}, but only tensors, arrays, dictionaries, lists, numbers "
            f"and strings are read, as nothing in a file is executed; with PyTorch, save its tensors alone: {SAVE}"
        )
    return entries


def _entry(name: str, found: Any, settings: dict[str, str], source: Source, order: ByteOrder) -> StoredArray:
    """The entry for a tensor, an array of numpy, or an object that is not read."""
    if isinstance(found, Tensor):
        read = partial(_read, found, source, order)
        framework = "PyTorch" if settings else ""
        return StoredArray(name, found.size, found.storage.dtype, read, framework=framework, settings=settings)
    if isinstance(found, NumpyArray):
        refusal = found.refusal()
        if refusal:
            return unreadable_entry(name, refusal)
        return StoredArray(name, found.shape, str(found.type.dtype), found.read)
    if isinstance(found, Storage):
        return unreadable_entry(name, "is a storage, numbers without a shape; save the tensor")
    described = f"is an object of Python, {found.name}, and nothing in a file is executed"
    return unreadable_entry(name, FOREIGN.get(found.name, described))


def _open_archive(path: Path) -> tuple[Machine, Any, Source, ByteOrder]:
    """What a zip archive describes, how to read its storages, and the order of bytes."""
    with stored_zip(path) as archive:
        names = archive.namelist()
        _require_checkpoint(path, names)
        pickles = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise DamagedFileError(f"it is an archive with {len(pickles)} files data.pkl, where torch.save writes one")
        folder = pickles[0].removesuffix("data.pkl")
        if archive.getinfo(pickles[0]).file_size > LARGEST_PICKLE:
            raise DamagedFileError(f"its data.pkl is larger than {LARGEST_PICKLE} bytes")
        order = f"{folder}byteorder"
        is_big_endian = False
        if order in names:
            with archive.open(order) as stream:
                is_big_endian = stream.read(len(b"little")) == b"big"
        with archive.open(pickles[0]) as stream:
            machine = Machine(stream)
            value = machine.run()
        for storage in machine.storages.values():
            _require_whole(storage, archive.getinfo(f"{folder}data/{storage.key}").file_size)

    def source(storage: Storage, start: int, length: int) -> bytes:
        with stored_zip(path) as archive, archive.open(f"{folder}data/{storage.key}") as stream:
            _skip(stream, start)
            return stream.read(length)

    return machine, value, source, ">" if is_big_endian else "<"


def _require_checkpoint(path: Path, names: list[str]) -> None:
    """Refuse an archive that PyTorch writes for something else, with the line that saves its weights."""
    for name in names:
        refusal = OTHER_ARCHIVES.get(name.rpartition("/")[2])
        if refusal:
            raise DamagedFileError(f"it {of_path(refusal, path.name)}")


def _skip(stream: Any, count: int) -> None:
    """Read on by so many bytes, or to the end; in small pieces, as `seek` would take 16 MB of memory."""
    while count > 0:
        piece = stream.read(min(count, PIECE))
        if not piece:
            return
        count -= len(piece)


def _open_stream(path: Path) -> tuple[Machine, Any, Source, ByteOrder]:
    """What a file of the older format describes, how to read its storages, and the order of bytes.

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
        value = machine.run()
        keys = Machine(stream).run()
        size = path.stat().st_size
        for key in keys:
            if key not in machine.storages:
                raise DamagedFileError(f"it holds the storage {key!r}, which it does not describe")
            storage = machine.storages[key]
            count = int.from_bytes(stream.read(8), "little")
            _require_whole(storage, min(count * storage.itemsize, size - stream.tell()))
            positions[key] = stream.tell()
            stream.seek(count * storage.itemsize, 1)

    def source(storage: Storage, start: int, length: int) -> bytes:
        with open(path, "rb") as stream:
            stream.seek(positions[storage.key] + start)
            return stream.read(length)

    return machine, value, source, "<" if system.get("little_endian", True) else ">"


def _require_whole(storage: Storage, present: int) -> None:
    if present < storage.count * storage.itemsize:
        raise DamagedFileError(f"the data of storage {storage.key} end early")


def _named(value: Any) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Every tensor, array and foreign object with the keys that lead to it, and the settings of the layer around it.

    Each container is searched once, as it may contain itself.
    """
    searched: set[int] = set()
    waiting: list[tuple[tuple[str, ...], Any, dict[str, str]]] = [((), value, {})]
    while waiting:
        keys, value, settings = waiting.pop()
        name = ".".join(keys) or "recurrent"
        inner: Any = ()
        if isinstance(value, (Tensor, NumpyArray, Storage)):
            yield name, value, settings
        elif isinstance(value, (dict, list, tuple, Foreign)) and id(value) not in searched:
            searched.add(id(value))
            if isinstance(value, Foreign):
                if not _is_module(value):
                    yield name, value, {}
                    continue
                settings = _settings(value.state)
                value = _members(value.state)
            inner = value.items() if isinstance(value, dict) else enumerate(value)
        named = [((*keys, _text(key, number)), item, settings) for number, (key, item) in enumerate(inner)]
        waiting.extend(reversed(named))


def _text(key: Any, number: int) -> str:
    """A key as part of a name; keys that are tuples or objects are told apart by their number."""
    return f"({key.name} {number})" if isinstance(key, Foreign) else str(key)


def _is_module(value: Foreign) -> bool:
    """Whether an object is a model or a layer of PyTorch: its state has the dictionaries that every such one has."""
    parts = ("_parameters", "_modules")
    return isinstance(value.state, dict) and all(isinstance(value.state.get(part), dict) for part in parts)


def _members(state: dict[Any, Any]) -> dict[str, Any]:
    """The parameters, buffers and layers of a model by name, as `state_dict` lists them."""
    members: dict[str, Any] = {}
    for part in ("_parameters", "_buffers", "_modules"):
        inside = state.get(part)
        if isinstance(inside, dict):
            members |= {str(key): value for key, value in inside.items()}
    return members


def _settings(state: dict[Any, Any]) -> dict[str, str]:
    """What a recurrent layer of PyTorch says about itself; empty for every other layer."""
    mode = state.get("mode")
    if not isinstance(mode, str) or mode not in MODES:
        return {}
    cell, nonlinearity = MODES[mode]
    return {"cell": cell, "nonlinearity": nonlinearity}


def _read(tensor: Tensor, source: Source, order: ByteOrder) -> np.ndarray:
    """The elements of a tensor; only the part of its storage between the first and the last is read."""
    if 0 in tensor.size:
        return np.zeros(tensor.size)
    tensor.require_possible()
    storage = tensor.storage
    length = tensor.extent * storage.itemsize
    data = source(storage, tensor.offset * storage.itemsize, length)
    if len(data) < length:
        raise DamagedFileError(f"the data of storage {storage.key} end early")
    stored = numbers(data, storage.dtype, order)
    if tensor.conjugated:
        stored = np.conj(stored)
    if tensor.negated:
        stored = -stored
    strides = [step * stored.itemsize for step in tensor.stride]
    return np.lib.stride_tricks.as_strided(stored, tensor.size, strides, writeable=False)
