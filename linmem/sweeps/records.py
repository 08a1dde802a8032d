"""Records: what a sweep has measured, in a chunked store that is whole at every moment.

A batch of networks is a chunk of each array. Its numbers are written first and the mark that they are there last, each
file under another name before its own: whatever kills the writer leaves a store in which every marked batch is right.

Contents
--------
Records
    Numbers, errors and marks of all batches.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from linmem.errors import InvalidNetworkError

ERRORS, DONE = "error", "batch_done"


class Records:
    """Numbers of `size` networks, in batches."""

    def __init__(self, root):
        self.root = root
        self.identity = dict(root.attrs["identity"])
        self.size, self.batch = int(root.attrs["size"]), int(root.attrs["batch"])

    @classmethod
    def create(cls, store, identity: dict, size: int, batch: int, shapes: dict[str, tuple[int, ...]]) -> Records:
        """A new store, on disk or in memory (None)."""
        zarr = _zarr()
        root = zarr.create_group(zarr.storage.MemoryStore() if store is None else str(store), overwrite=False)
        for name, shape in shapes.items():
            root.create_array(
                name, shape=(size, *shape), chunks=(batch, *(max(n, 1) for n in shape)), dtype="f8", fill_value=np.nan
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the way that text is stored is not yet part of the format's standard
            root.create_array(ERRORS, shape=(size,), chunks=(batch,), dtype=str)
        root.create_array(DONE, shape=(-(-size // batch),), chunks=(1,), dtype="u1", fill_value=0)
        root.attrs.update({"identity": identity, "size": size, "batch": batch})  # last: without it there is no sweep
        return cls(root)

    @classmethod
    def open(cls, store, identity: dict) -> Records | None:
        """The store of that sweep; None where there is none, or one that was killed before it began."""
        if store is None or not Path(store).exists():
            return None
        zarr = _zarr()
        try:
            root = zarr.open_group(str(store), mode="r+")
        except (FileNotFoundError, ValueError):
            raise InvalidNetworkError(f"store is {str(store)!r}, which is there and holds no sweep") from None
        if "identity" not in root.attrs:
            _clear(Path(store))
            return None
        found = cls(root)
        wanted = json.loads(json.dumps(identity))
        differs = [key for key in wanted if found.identity.get(key) != wanted[key]]
        if differs:
            raise InvalidNetworkError(
                f"store is {str(store)!r}, which holds another sweep: it differs in {', '.join(differs)} "
                f"({found.identity.get(differs[0])!r:.80}, not {wanted[differs[0]]!r:.80}); name another store"
            )
        return found

    @property
    def missing(self) -> list[int]:
        """The batches that are not there yet."""
        return np.flatnonzero(self.root[DONE][:] == 0).tolist()

    def numbers(self, batch: int) -> range:
        """The networks of a batch."""
        return range(batch * self.batch, min(self.size, (batch + 1) * self.batch))

    def write(self, batch: int, rows: Iterable[tuple[dict[str, Any], str]]) -> None:
        """Numbers by name, or an error, for each network of a batch."""
        rows, place = list(rows), self.numbers(batch)
        where = slice(place.start, place.stop)
        for name in self.names:
            array = self.root[name]
            values = np.full((len(rows), *array.shape[1:]), np.nan)
            for i, (numbers, _) in enumerate(rows):
                if name in numbers:
                    values[i] = numbers[name]
            array[where] = values
        self.root[ERRORS][where] = np.array([error for _, error in rows], dtype=object)
        self.root[DONE][batch] = 1

    @property
    def names(self) -> list[str]:
        return sorted(set(self.root.array_keys()) - {ERRORS, DONE})

    def read(self, name: str) -> np.ndarray:
        return self.root[name][:]

    @property
    def errors(self) -> np.ndarray:
        return self.root[ERRORS][:].astype(object)


def _clear(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)


def _zarr():
    try:
        import zarr
    except ImportError:
        raise InvalidNetworkError("a sweep needs zarr and xarray: pip install 'linmem[sweep]'") from None
    return zarr
