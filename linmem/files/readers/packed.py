"""Files inside of compressed files and archives, and the connectivities of The Virtual Brain.

Conventions
-----------
A file is unpacked into a temporary folder that lives as long as its arrays. What it unpacks to is limited by its own
size before it is written: a small file that claims to hold a large one is refused.

Contents
--------
PACKED
    The endings of compressed files, and what opens each.
unpacked
    The one readable file inside of a file, in a temporary folder.
members_of_tvb, read_tvb
    The members of a connectivity of The Virtual Brain, and its matrices.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np

from linmem.files.readers.stored import DamagedFileError, StoredArray, stored_zip

PACKED: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream),
    ".bz2": bz2.BZ2File,
    ".xz": lambda stream: _Xz(stream),
}
PIECE = 2**20
XZ_MEMORY = 2**28  # bytes for the dictionary of an .xz file, which may claim 4 GB; xz -9 needs 2**26
SMALL, LARGEST_RATIO, LARGEST = 2**26, 300, 2**32  # bytes that a file unpacks to: at least, by its own bytes, at most
WEIGHTS = "weights.txt"
CENTRES = ("centres.txt", "centers.txt")


class _Xz:
    """An .xz file, whose memory is limited, other than that of lzma.LZMAFile."""

    def __init__(self, stream: IO[bytes]):
        self.stream = stream
        self.decompressor = lzma.LZMADecompressor(memlimit=XZ_MEMORY)

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        while not self.decompressor.eof:
            content = self.stream.read(2**16) if self.decompressor.needs_input else b""
            if self.decompressor.needs_input and not content:
                raise DamagedFileError("it ends early")
            if piece := self.decompressor.decompress(content, size):
                return piece
        return b""


class Folder:
    """A temporary folder, removed with the last array that is read from it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="linmem-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def unpacked(path: Path, is_readable: Callable[[str], bool]) -> tuple[Folder, Path]:
    """A temporary folder, and in it the one readable file of a compressed file or archive.

    Raises
    ------
    DamagedFileError
        If there is no such file, there are several, or it is too large.
    """
    ending = path.suffix.lower()
    if ending == ".zip":
        with stored_zip(path) as archive:
            members = [name for name in _files(archive) if is_readable(PurePosixPath(name).name)]
            if len(members) != 1:
                shown = ", ".join((members or _files(archive))[:6])
                raise DamagedFileError(f"it holds {len(members)} readable files, and one is read; it holds: {shown}")
            limit = _limit(archive.getinfo(members[0]).compress_size)
            with _opened(archive, members[0]) as stream:
                return _written(stream, PurePosixPath(members[0]).name, limit)
    if not is_readable(path.stem):
        raise DamagedFileError(f"its name does not say what is inside; name it as net.csv{ending}")
    with open(path, "rb") as stream:
        return _written(PACKED[ending](stream), path.stem, _limit(path.stat().st_size))


def _files(archive: zipfile.ZipFile) -> list[str]:
    """The members of an archive, without folders and what systems add."""
    names = [name for name in archive.namelist() if not name.endswith("/")]
    return [name for name in names if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")]


def _opened(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A member of an archive; zipfile unpacks others than deflated ones in one piece, of any size."""
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DamagedFileError(f"its member {name!r:.60} is compressed otherwise than zip files usually are; unpack it")
    return archive.open(name)


def _limit(size: int) -> int:
    return min(SMALL + LARGEST_RATIO * size, LARGEST)


def _pieces(stream: Any, limit: int) -> Iterator[bytes]:
    """What a stream unpacks to, piece by piece, up to a limit."""
    total = 0
    while piece := stream.read(PIECE):
        total += len(piece)
        if total > limit:
            raise DamagedFileError(f"it unpacks to more than {limit} bytes; unpack it first, if that is right")
        yield piece


def _written(stream: Any, name: str, limit: int) -> tuple[Folder, Path]:
    folder = Folder()
    inner = folder.path / name
    with open(inner, "wb") as target:
        for piece in _pieces(stream, limit):
            target.write(piece)
    return folder, inner


def members_of_tvb(path: Path) -> dict[str, str]:
    """The members of a connectivity of The Virtual Brain by their names without folder and .bz2; else none."""
    with stored_zip(path) as archive:
        names = {PurePosixPath(name).name.removesuffix(".bz2"): name for name in _files(archive)}
    return names if WEIGHTS in names and any(name in names for name in CENTRES) else {}


def read_tvb(path: Path, members: dict[str, str]) -> list[StoredArray]:
    """The weights and lengths of tracts, [to, from], with the names of the regions in the file of their centres."""
    texts = {}
    with stored_zip(path) as archive:
        for name in (WEIGHTS, "tract_lengths.txt", *CENTRES):
            if name in members:
                texts[name] = _text(archive, members[name])
    centres = next(texts[name] for name in CENTRES if name in texts)
    labels = tuple(line.split()[0] for line in centres.splitlines() if line.strip())
    arrays = []
    for name in (WEIGHTS, "tract_lengths.txt"):
        if name in texts:
            matrix = np.loadtxt(texts[name].splitlines(), ndmin=2)
            if matrix.shape != (len(labels), len(labels)):
                raise DamagedFileError(f"its {name} has shape {matrix.shape}, but it names {len(labels)} regions")
            arrays.append(_array(name.removesuffix(".txt"), matrix, labels))
    return arrays


def _array(name: str, matrix: np.ndarray, labels: tuple[str, ...]) -> StoredArray:
    return StoredArray(name, matrix.shape, str(matrix.dtype), lambda: matrix, labels, orientation="column")


def _text(archive: zipfile.ZipFile, name: str) -> str:
    """A member as text, compressed once more or not."""
    limit = _limit(archive.getinfo(name).compress_size)
    with _opened(archive, name) as stream:
        content = bz2.BZ2File(stream) if name.endswith(".bz2") else stream
        return b"".join(_pieces(content, limit)).decode("utf-8-sig")
