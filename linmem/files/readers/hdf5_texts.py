"""Attributes of HDF5 files that are texts of variable length, read only where the library can be trusted with them.

Conventions
-----------
Such texts are in collections of a "global heap". The library of HDF5 (1.14) goes through the objects of a collection by
their sizes, and never ends where a damaged size leads back to its own beginning. So the collections of a file are gone
through here before; if one is damaged, no text of the file is read.

Contents
--------
Texts
    The texts of one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import IO, Any

from linmem.files.readers.stored import library

SIGNATURE = b"GCOL\x01\0\0\0"  # of a collection, whose length follows in 8 bytes
HEADER = 16  # bytes, of a collection and of each object in it
LARGEST = 2**27  # bytes of a collection
PIECE = 2**20  # bytes of the file that are searched at a time


class Texts:
    """The texts of the file that `opened` opens as a stream."""

    def __init__(self, opened: Callable[[], IO[bytes]]):
        self.opened = opened

    def of(self, item: Any, name: str) -> str:
        """The attribute of an item, or "" if it has none that is a text, or none that can be read."""
        if name not in item.attrs or not self.are_whole:
            return ""
        attribute = item.attrs.get_id(name)
        # of another type, or several: the library may leave its memory when the type is a damaged one
        if attribute.shape != () or attribute.get_type().get_class() != library("h5py").h5t.STRING:
            return ""
        value = item.attrs[name]
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if isinstance(value, str) else ""

    @cached_property
    def are_whole(self) -> bool:
        """Whether the library comes to the end of every collection of the file."""
        with self.opened() as stream:
            return all(_is_whole(stream, place) for place in _collections(stream))


def _collections(stream: IO[bytes]) -> Iterator[int]:
    """Where collections begin."""
    position, kept = 0, b""
    while True:
        stream.seek(position)
        piece = kept + stream.read(PIECE)
        if len(piece) == len(kept):
            return
        start = piece.find(SIGNATURE)
        while start >= 0:
            yield position - len(kept) + start
            start = piece.find(SIGNATURE, start + 1)
        position += len(piece) - len(kept)
        # a signature may lie across two pieces
        kept = piece[-len(SIGNATURE) + 1 :]


def _is_whole(stream: IO[bytes], place: int) -> bool:
    """Whether every object of a collection ends after it begins, and inside the collection."""
    stream.seek(place + len(SIGNATURE))
    length = int.from_bytes(stream.read(8), "little")
    if not HEADER <= length <= LARGEST:
        return False
    content = stream.read(length - HEADER)
    position = 0
    while position + HEADER <= len(content):
        number = int.from_bytes(content[position : position + 2], "little")
        size = int.from_bytes(content[position + 8 : position + HEADER], "little")
        # free space, which has the number 0, counts its header; all others are padded to whole words
        step = size if number == 0 else HEADER + -(-size // 8) * 8
        if step < HEADER or position + step > len(content):
            return False
        position += step
    return len(content) == length - HEADER
