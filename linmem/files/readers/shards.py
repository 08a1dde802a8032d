"""Models in several files: an index says in which of them, the shards, each tensor is.

Contents
--------
read_index
    The tensors of a model.safetensors.index.json or pytorch_model.bin.index.json, from the shards beside it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from linmem.files.readers.safetensors import read_safetensors
from linmem.files.readers.stored import DamagedFileError, StoredArray, unreadable_entry
from linmem.files.readers.torch_checkpoint import read_torch

LARGEST_INDEX = 2**26  # bytes
READERS = {".safetensors": read_safetensors, ".bin": read_torch, ".pt": read_torch, ".pth": read_torch}


def read_index(path: Path) -> list[StoredArray]:
    """The tensors that the index names, each from its shard; those of a shard that is missing say so."""
    shards = _shards(path)
    entries = []
    for shard, names in shards.items():
        if not (path.parent / shard).is_file():
            reason = f"is in the shard {shard!r}, which is not beside the index; add that file"
            entries += [unreadable_entry(name, reason) for name in names]
            continue
        present = {entry.name: entry for entry in READERS[Path(shard).suffix](path.parent / shard)}
        missing = [name for name in names if name not in present]
        entries += [present[name] for name in names if name in present]
        entries += [
            unreadable_entry(name, f"is not in the shard {shard!r}, where the index has it") for name in missing
        ]
    if all(entry.unreadable for entry in entries):
        raise DamagedFileError(f"none of its tensors is in its shards, {', '.join(shards)}; they must be beside it")
    return entries


def _shards(path: Path) -> dict[str, list[str]]:
    """The names of the tensors in each shard."""
    if path.stat().st_size > LARGEST_INDEX:
        raise DamagedFileError(f"it is larger than {LARGEST_INDEX} bytes, and an index of tensors is not")
    index: Any = json.loads(path.read_text(encoding="utf-8"))
    places = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(places, dict) or not places:
        raise DamagedFileError("it has no 'weight_map', which an index of tensors has")
    shards: dict[str, list[str]] = {}
    for name, shard in places.items():
        # an index cannot lead out of its folder
        if not isinstance(shard, str) or Path(shard).name != shard or Path(shard).suffix not in READERS:
            raise DamagedFileError(f"its tensor {name!r} is in {shard!r}, which is not the name of a shard beside it")
        shards.setdefault(shard, []).append(name)
    return shards
