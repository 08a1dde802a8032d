"""Records: what a sweep has measured, in memory and in its store, which is right at every moment or says where not.

Conventions
-----------
A store is a Zarr group in a folder. The networks of the family are divided into batches, and each batch is a chunk of
every array. The arrays are

- one of doubles for each number that the measures give, (networks, ...), NaN for what is missing;
- `error`, (networks,), why a network has no numbers, or "";
- `checksum`, (batches,), of all of these for the batch, 0 where it has not been written.

The description of the sweep is an attribute of the group, and again of the array `checksum`: the number of networks,
the size of a batch, the shapes of the numbers, and the identity, which is the measures, the family and the version of
the package. Only the same sweep can continue a store.

A store takes its name when all its descriptions are there. The numbers of a batch are written first and its checksum
last, and Zarr writes each file under another name before it gets its own: whatever stops the process, every batch with
a checksum is right. When a store is opened, each batch is read and compared with its checksum, and each description
with what it must be. What is lost or damaged is computed again, and the log says so.

Contents
--------
Records
    The numbers and errors of all batches.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable
from functools import partial
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from linmem.errors import FileError, MissingLibraryError, errors_of_other_libraries
from linmem.writing import errors_of_writing, write_whole

LOGGER = logging.getLogger(__name__)
ERRORS, CHECKSUMS = "error", "checksum"
DESCRIPTION = "zarr.json"  # of the group, and of each array in its folder
SWEEP, DIGEST = "sweep", "digest"  # attributes

Shapes = dict[str, tuple[int, ...]]


class Records:
    """The numbers of `size` networks, in batches of `batch` networks.

    Attributes
    ----------
    values
        The numbers by name, (networks, ...), NaN for what is missing.
    errors
        Why networks have no numbers, or "", (networks,).
    missing
        The batches that are not there.
    """

    def __init__(self, sweep: dict[str, Any], store: str | Path | None):
        self.identity: dict[str, Any] = sweep["identity"]
        self.size, self.batch = int(sweep["size"]), int(sweep["batch"])
        shapes = sorted(sweep["shapes"].items())
        self.values = {name: np.full((self.size, *shape), np.nan) for name, shape in shapes}
        self.errors = np.full(self.size, "", dtype=object)
        self.missing = list(range(-(-self.size // self.batch)))
        self.store = store
        self.arrays: dict[str, Any] = {} if store is None else _arrays(store, [*self.values, ERRORS, CHECKSUMS])

    @classmethod
    def create(
        cls, store: str | Path | None, identity: dict[str, Any], size: int, batch: int, shapes: Shapes
    ) -> Records:
        """New records, with a new store in a folder, or in memory only (None), for numbers of these names and shapes.

        Raises
        ------
        FileError
            If the folder cannot be written.
        """
        sweep = _as_stored({"identity": identity, "size": size, "batch": batch, "shapes": shapes})
        if store is not None:
            folder = Path(store)
            with errors_of_writing("store", store):
                folder.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".linmem-") as temporary:
                    _describe(Path(temporary) / "store", sweep)
                    os.replace(Path(temporary) / "store", folder)
        return cls(sweep, store)

    @classmethod
    def open(cls, store: str | Path | None, identity: dict[str, Any]) -> Records | None:
        """The records in the store of the sweep with the given identity; None if there is no such folder.

        Raises
        ------
        FileError
            If the folder holds something else, or another sweep.
        """
        if store is None or not Path(store).exists():
            return None
        sweep = _stored(Path(store))
        if sweep is None:
            raise FileError(
                f"store is {str(store)!r}, which exists but holds no sweep; name another, or remove it if its "
                "descriptions were damaged"
            )
        _require_same(store, sweep["identity"], _as_stored(identity))
        _restore_descriptions(Path(store), sweep)
        records = cls(sweep, store)
        records._read()
        return records

    def numbers(self, batch: int) -> range:
        """The numbers of the networks in a batch."""
        first = batch * self.batch
        return range(first, min(self.size, first + self.batch))

    def write(self, batch: int, rows: Iterable[tuple[dict[str, Any], str]]) -> None:
        """Keep the numbers by name, and the error or "", of each network of a batch.

        Raises
        ------
        FileError
            If the store cannot be written.
        """
        for network, (numbers, error) in zip(self.numbers(batch), rows, strict=True):
            for name, number in numbers.items():
                if name in self.values:
                    self.values[name][network] = number
            self.errors[network] = error.encode("utf-8", "replace").decode()
        self.missing.remove(batch)
        if self.store is None:
            return
        where = self._where(batch)
        with errors_of_writing("store", self.store):
            for name, values in self.values.items():
                self.arrays[name][where] = values[where]
            self.arrays[ERRORS][where] = self.errors[where]
            # last: it says that all of the above is there
            self.arrays[CHECKSUMS][batch] = self._checksum(where)

    def _read(self) -> None:
        """Read the batches that are there as they were written, and say how many others have been begun."""
        self.missing = [batch for batch in self.missing if not self._is_read(batch)]
        begun = sum(self._is_begun(batch) for batch in self.missing)
        if begun:
            LOGGER.warning(
                "store %r: %d of %d batches are damaged or not whole, and are computed again",
                str(self.store),
                begun,
                -(-self.size // self.batch),
            )

    def _is_read(self, batch: int) -> bool:
        """Read a batch, and return whether it has the checksum with which it was written."""
        where = self._where(batch)
        try:
            for name, values in self.values.items():
                values[where] = self.arrays[name][where]
            self.errors[where] = self.arrays[ERRORS][where].astype(object)
            if int(self.arrays[CHECKSUMS][batch]) == self._checksum(where):
                return True
        except Exception:  # whatever Zarr makes of a damaged file
            pass
        for values in self.values.values():
            values[where] = np.nan
        self.errors[where] = ""
        return False

    def _is_begun(self, batch: int) -> bool:
        """Whether there is a file of the batch."""
        return any((Path(self.store or "") / name / "c" / str(batch)).exists() for name in self.arrays)

    def _where(self, batch: int) -> slice:
        numbers = self.numbers(batch)
        return slice(numbers.start, numbers.stop)

    def _checksum(self, where: slice) -> int:
        """64 bits of a hash of the numbers and errors of these networks; never 0."""
        parts = [values[where].tobytes() for values in self.values.values()]
        parts.append(json.dumps(self.errors[where].tolist()).encode())
        digest = blake2b(b"".join(parts), digest_size=8).digest()
        return int.from_bytes(digest, "little") or 1


def _as_stored(described: dict[str, Any]) -> dict[str, Any]:
    """A description as it is after being stored: tuples are lists then."""
    stored: dict[str, Any] = json.loads(json.dumps(described))
    return stored


def _digest(sweep: dict[str, Any]) -> str:
    return blake2b(json.dumps(sweep, sort_keys=True).encode(), digest_size=8).hexdigest()


def _stored(folder: Path) -> dict[str, Any] | None:
    """The description of the sweep, from whichever of its two places is undamaged; None where neither is."""
    for path in (folder / DESCRIPTION, folder / CHECKSUMS / DESCRIPTION):
        try:
            attributes = json.loads(path.read_text(encoding="utf-8"))["attributes"]
            sweep: dict[str, Any] = attributes[SWEEP]
            if attributes[DIGEST] == _digest(sweep):
                return sweep
        except (OSError, ValueError, KeyError, TypeError):  # lost, no JSON, or another one
            continue
    return None


def _describe(folder: Path, sweep: dict[str, Any]) -> None:
    """Make a store without a number: the descriptions of the group and of its arrays."""
    zarr = _zarr()
    size, batch, attributes = sweep["size"], sweep["batch"], {SWEEP: sweep, DIGEST: _digest(sweep)}
    options: dict[str, Any] = {"config": {"write_empty_chunks": True}}  # a chunk that is not there is lost
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # neither text nor joint descriptions are part of the format's standard yet
        root = zarr.create_group(str(folder), attributes=attributes)
        for name, shape in sweep["shapes"].items():
            chunk = (batch, *(max(length, 1) for length in shape))
            axes = ("network", *(f"{name}_{i}" for i in range(len(shape))))
            root.create_array(
                name, shape=(size, *shape), chunks=chunk, dtype="f8", fill_value=np.nan, dimension_names=axes, **options
            )
        root.create_array(ERRORS, shape=(size,), chunks=(batch,), dtype=str, dimension_names=("network",), **options)
        root.create_array(
            CHECKSUMS, shape=(-(-size // batch),), chunks=(1,), dtype="u8", fill_value=0, dimension_names=("batch",),
            attributes=attributes,
        )  # fmt: skip
        zarr.consolidate_metadata(str(folder))  # xarray warns of a group without


def _restore_descriptions(folder: Path, sweep: dict[str, Any]) -> None:
    """Write each description that is not as this sweep makes it, and say so."""
    message = "store %r: %s is damaged, lost or of another version of zarr, and is restored"
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "store"
        _describe(made, sweep)
        for path in sorted(made.rglob(DESCRIPTION)):
            name = path.relative_to(made)
            if (folder / name).is_file() and (folder / name).read_bytes() == path.read_bytes():
                continue
            LOGGER.warning(message, str(folder), name)
            with errors_of_writing("store", folder):
                (folder / name).parent.mkdir(exist_ok=True)
            write_whole(folder / name, partial(shutil.copyfile, path))


def _arrays(store: str | Path, names: list[str]) -> dict[str, Any]:
    """The arrays of a store by name."""
    zarr = _zarr()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        root = zarr.open_group(str(store), mode="r+", use_consolidated=False)
        return {name: root[name].with_config({"write_empty_chunks": True}) for name in names}


def _require_same(store: str | Path, stored: dict[str, Any], identity: dict[str, Any]) -> None:
    """Refuse a store whose identity is not the given one."""
    different = [key for key in identity if stored.get(key) != identity[key]]
    if different:
        key = different[0]
        raise FileError(
            f"store is {str(store)!r}, which holds another sweep: it differs in {', '.join(different)} "
            f"({stored.get(key)!r:.80}, not {identity[key]!r:.80}); name another store"
        )


def _zarr() -> ModuleType:
    message = "a sweep with a store needs zarr: pip install 'linmem[sweep]'"
    with errors_of_other_libraries(MissingLibraryError, message, (ImportError,)):
        import zarr
    return zarr
