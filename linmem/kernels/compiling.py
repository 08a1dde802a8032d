"""Compilation of the kernels, which are kept on disk where there is a folder that can be written.

Contents
--------
compiled
    The decorator of every kernel that is kept.
"""

import logging
from functools import cache
from multiprocessing import parent_process

from numba import njit

LOGGER = logging.getLogger(__name__)


def compiled(**options):
    """`numba.njit` with these options and a cache on disk, without which the kernel is compiled in every process."""

    def decorate(function):
        try:
            kernel = njit(cache=True, **options)(function)
        except RuntimeError:  # what numba raises where it finds no folder for its files
            _say_once("neither the folder of the package nor the home folder can be written")
            return njit(**options)(function)
        if hasattr(kernel, "_cache"):  # not where numba is told to compile nothing
            kernel._cache = _OptionalCache(kernel._cache)
        return kernel

    return decorate


class _OptionalCache:
    """numba's cache of one kernel: a file that cannot be read or written costs a compilation, and no result."""

    def __init__(self, on_disk):
        self._on_disk = on_disk

    def __getattr__(self, name):
        return getattr(self._on_disk, name)

    def load_overload(self, *arguments):
        try:
            compiled_before = self._on_disk.load_overload(*arguments)
        except Exception:  # whatever a damaged file leads to: it is emptied, and written again after the compilation
            self._forget()
            compiled_before = None
        if compiled_before is None:
            _announce_compilation()
        return compiled_before

    def save_overload(self, *arguments):
        try:
            self._on_disk.save_overload(*arguments)
        except OSError as error:
            _say_once(error.strerror)

    def _forget(self):
        try:
            self._on_disk.flush()
        except OSError as error:
            _say_once(error.strerror)


@cache
def _announce_compilation():
    """Log the first compilation of the process at a level that only a program which asks for it shows."""
    if parent_process() is None:
        LOGGER.info("compiling, once: this takes seconds now, and none at the next start")


@cache
def _say_once(reason):
    if parent_process() is None:  # what this process has started need not say it again
        LOGGER.warning(
            "compiled kernels are not kept (%s): every start compiles them anew, which takes seconds; set "
            "NUMBA_CACHE_DIR to a folder that can be written",
            reason,
        )
