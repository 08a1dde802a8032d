"""An array in a file, that has not been read yet.

Contents
--------
StoredArray
    Name, shape and type of an array, and how to read it.
DamagedFileError
    Why a file cannot be read.
library
    A library that only some formats need.
stored_zip
    A zip archive without secrets.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


class DamagedFileError(Exception):
    """The file is not what its ending says, or not all of it is there."""


@dataclass(frozen=True)
class StoredArray:
    """An array by name. `dtype` is what numpy would call it, or the file's own word where numpy has none."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], Any]
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.shape}"


def library(name: str):
    """The module of that name, or how to get it."""
    try:
        return import_module(name)
    except ImportError:
        raise DamagedFileError(f"reading it needs {name.partition('.')[0]}: pip install 'linmem[files]'") from None


def stored_zip(path) -> zipfile.ZipFile:
    """An archive whose members can be read."""
    archive = zipfile.ZipFile(path)
    if any(member.flag_bits & 1 for member in archive.infolist()):
        archive.close()
        raise DamagedFileError("it is encrypted; decrypt it first")
    return archive
