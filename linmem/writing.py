"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from linmem.errors import InvalidNetworkError


def write_whole(out: Path, write: Callable[[str], object]) -> None:
    """Let `write` fill a file of another name, which then takes the place of `out`; what was there stays otherwise.

    Raises
    ------
    InvalidNetworkError
        Where the folder cannot be written to, or the disk is full.
    """
    name = None
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=".linmem-", suffix=out.suffix.lower())
        os.close(handle)
        write(name)
        os.chmod(name, 0o644)
        os.replace(name, out)
    except Exception as error:
        failure = _of_the_system(error)
        if failure is None:
            raise
        raise InvalidNetworkError(f"out is {str(out)!r}, which cannot be written: {failure.strerror}") from None
    finally:
        if name is not None:
            Path(name).unlink(missing_ok=True)


def _of_the_system(error: BaseException | None) -> OSError | None:
    """The error of the system that is at the root: libraries fail again while they clean up after one."""
    while error is not None and not isinstance(error, OSError):
        error = error.__context__
    return error
