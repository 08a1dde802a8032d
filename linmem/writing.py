"""Files that appear whole or not at all.

Contents
--------
write_whole
    Write a file through a function that fills it.
write_text
    Write a file that holds a text.
errors_of_writing
    A block in which errors of the operating system become errors of the package.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from linmem.errors import FileError, LinmemError


def write_whole(out: Path, write: Callable[[str], object]) -> None:
    """Write the file `out` through `write`, which is called with the name of an empty file and fills it.

    The filled file takes the place of `out` in one step. Where `write` fails, a file that stood there before stays as
    it was, and nothing else is left behind.

    Parameters
    ----------
    out
        The file to write, in a folder that exists.
    write
        Called once, with the name of a temporary file that has the suffix of `out`.

    Raises
    ------
    FileError
        If the folder cannot be written to, or the disk is full.
    """
    with errors_of_writing("out", out):
        _write_and_replace(out, write)


def _write_and_replace(out: Path, write: Callable[[str], object]) -> None:
    temporary = None
    try:
        # in the same folder: only within one file system is the replacement a single step
        handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=".linmem-", suffix=out.suffix.lower())
        os.close(handle)
        write(temporary)
        os.chmod(temporary, 0o644)  # mkstemp gives 0o600, which nobody else could read
        os.replace(temporary, out)
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def write_text(out: Path, text: str) -> None:
    """Write the file `out` so that it holds `text` in UTF-8, whole or not at all.

    Raises
    ------
    FileError
        If the folder cannot be written to, or the disk is full.
    """
    write_whole(out, lambda name: Path(name).write_text(text, encoding="utf-8"))


@contextmanager
def errors_of_writing(argument: str, path: str | Path) -> Iterator[None]:
    """A block that writes to the path given as `argument`: errors of the operating system are raised as a FileError."""
    try:
        yield
    except LinmemError:
        raise
    except Exception as error:
        failure = _system_error(error)
        if failure is None:
            raise
        raise FileError(f"{argument} is {str(path)!r}, which cannot be written: {failure.strerror}") from None


def _system_error(error: BaseException | None) -> OSError | None:
    """The error of the operating system from which `error` follows, or None."""
    # a library often raises a second error while it cleans up after the first
    while error is not None and not isinstance(error, OSError):
        error = error.__context__
    return error
