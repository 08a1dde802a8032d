"""Records: the store of a sweep, which holds what has been measured and is consistent at every moment.

Conventions
-----------
A store is a Zarr group: a folder, or memory. The networks of the family are divided into batches, and each batch is a
chunk of every array. The arrays are

- one of doubles for each number that the measures give, (networks, ...), NaN for what is missing;
- `error`, (networks,), why a network has no numbers, or "";
- `batch_done`, (batches,), 1 for a batch that has been written.

Attributes of the group are the number of networks, the size of a batch, and the identity of the sweep: its measures,
its family and the version of the package. Only the same sweep can continue a store.

The numbers of a batch are written first and its mark last, and Zarr writes each file under another name before it gets
its own. Whatever stops the process therefore leaves a store in which every marked batch is right.

Contents
--------
Records
    The numbers, errors and marks of all batches.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from linmem.errors import FileError, MissingLibraryError, errors_of_other_libraries

ERRORS, DONE = "error", "batch_done"


class Records:
    """The numbers of `size` networks, in batches of `batch` networks."""

    def __init__(self, root: Any):
        self.root = root
        self.identity: dict[str, Any] = dict(root.attrs["identity"])
        self.size = int(root.attrs["size"])
        self.batch = int(root.attrs["batch"])

    @classmethod
    def create(
        cls,
        store: str | Path | None,
        identity: dict[str, Any],
        size: int,
        batch: int,
        shapes: dict[str, tuple[int, ...]],
    ) -> Records:
        """A new store, in a folder or in memory (None), for numbers with the given names and shapes."""
        zarr = _zarr()
        root = zarr.create_group(zarr.storage.MemoryStore() if store is None else str(store), overwrite=False)
        for name, shape in shapes.items():
            chunk = (batch, *(max(length, 1) for length in shape))
            root.create_array(name, shape=(size, *shape), chunks=chunk, dtype="f8", fill_value=np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Zarr's way to store text is not yet part of the format's standard
            root.create_array(ERRORS, shape=(size,), chunks=(batch,), dtype=str)
        batches = -(-size // batch)
        root.create_array(DONE, shape=(batches,), chunks=(1,), dtype="u1", fill_value=0)
        # last, as a store without them does not count as one
        root.attrs.update({"identity": identity, "size": size, "batch": batch})
        return cls(root)

    @classmethod
    def open(cls, store: str | Path | None, identity: dict[str, Any]) -> Records | None:
        """The store of the sweep with the given identity; None if there is none, or one that was never begun.

        Raises
        ------
        FileError
            If the folder holds something else, or another sweep.
        """
        if store is None or not Path(store).exists():
            return None
        zarr = _zarr()
        message = f"store is {str(store)!r}, which exists but holds no sweep"
        with errors_of_other_libraries(FileError, message, (FileNotFoundError, ValueError)):
            root = zarr.open_group(str(store), mode="r+")
        if "identity" not in root.attrs:
            # its creation was interrupted
            shutil.rmtree(store)
            return None
        records = cls(root)
        _require_same(store, records.identity, identity)
        return records

    @property
    def missing(self) -> list[int]:
        """The batches that have not been written yet."""
        return np.flatnonzero(self.root[DONE][:] == 0).tolist()

    def numbers(self, batch: int) -> range:
        """The numbers of the networks in a batch."""
        first = batch * self.batch
        return range(first, min(self.size, first + self.batch))

    def write(self, batch: int, rows: Iterable[tuple[dict[str, Any], str]]) -> None:
        """Write the numbers by name, and the error or "", of each network of a batch."""
        rows = list(rows)
        networks = self.numbers(batch)
        where = slice(networks.start, networks.stop)
        for name in self.names:
            array = self.root[name]
            values = np.full((len(rows), *array.shape[1:]), np.nan)
            for i, (numbers, _) in enumerate(rows):
                if name in numbers:
                    values[i] = numbers[name]
            array[where] = values
        self.root[ERRORS][where] = np.array([error for _, error in rows], dtype=object)
        # last: the mark says that all of the above is there
        self.root[DONE][batch] = 1

    @property
    def names(self) -> list[str]:
        """The names of the numbers, in alphabetical order."""
        return sorted(set(self.root.array_keys()) - {ERRORS, DONE})

    def read(self, name: str) -> np.ndarray:
        """The numbers of that name, (networks, ...)."""
        return self.root[name][:]

    @property
    def errors(self) -> np.ndarray:
        """Why networks have no numbers, (networks,)."""
        return self.root[ERRORS][:].astype(object)


def _require_same(store: str | Path, stored: dict[str, Any], identity: dict[str, Any]) -> None:
    """Refuse a store whose identity is not the given one."""
    # as it is after being stored: tuples are lists then
    expected = json.loads(json.dumps(identity))
    different = [key for key in expected if stored.get(key) != expected[key]]
    if different:
        key = different[0]
        raise FileError(
            f"store is {str(store)!r}, which holds another sweep: it differs in {', '.join(different)} "
            f"({stored.get(key)!r:.80}, not {expected[key]!r:.80}); name another store"
        )


def _zarr() -> ModuleType:
    message = "a sweep needs zarr and xarray: pip install 'linmem[sweep]'"
    with errors_of_other_libraries(MissingLibraryError, message, (ImportError,)):
        import zarr
    return zarr
