"""An array in a file that has not been read yet.

Contents
--------
StoredArray
    Name, shape and type of an array, and how to read it.
DamagedFileError
    The reason why a file cannot be read.
library
    A library that only some formats need.
stored_zip
    A zip archive that is not encrypted.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from linmem.errors import MissingLibraryError, errors_of_other_libraries


class DamagedFileError(Exception):
    """The reason why a file cannot be read: its content is not what its extension says, or incomplete.

    `linmem.files.opening` turns it into a `FileError` that names the file.
    """


@dataclass(frozen=True)
class StoredArray:
    """An array in a file.

    Attributes
    ----------
    name, shape
        As in the file.
    dtype
        The name that numpy has for the type, or that of the file if numpy has none.
    read
        Reads the array and returns it as it is stored.
    labels
        The names of the units, if the file has them.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], Any]
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.shape}"


def library(name: str) -> ModuleType:
    """The module of that name.

    Raises
    ------
    MissingLibraryError
        If it is not installed.
    """
    package = name.partition(".")[0]
    message = f"reading this type of file needs {package}: pip install 'linmem[files]'"
    with errors_of_other_libraries(MissingLibraryError, message, (ImportError,)):
        return import_module(name)


def stored_zip(path: Path) -> zipfile.ZipFile:
    """An open archive, none of whose members is encrypted."""
    archive = zipfile.ZipFile(path)
    if any(member.flag_bits & 1 for member in archive.infolist()):
        archive.close()
        raise DamagedFileError("it is encrypted; decrypt it first")
    return archive
