"""A limit of the time that a computation may take, where Python can interrupt one.

Time is that of the processor, so that what is reached within it does not depend on what else the machine does.

Contents
--------
OutOfTime, time_limit
    What ends a computation that takes too long; a block in which it does.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

AGAIN = 0.05  # seconds, after which it is tried once more
# modules that an exception may leave in a state that ends the process: compilers, and what they call back; imports
NOT_INTERRUPTED = {"numba", "llvmlite", "ctypes", "importlib", "_frozen_importlib", "_frozen_importlib_external"}


class OutOfTime(BaseException):
    """A computation took too long. No handler of errors inside it may catch this, as with `KeyboardInterrupt`."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """A block that is interrupted after so many seconds; infinity is no limit.

    The timer of the process does it. There is no limit where that timer does not exist (Windows), is in use, or cannot
    be asked: outside of the main thread.
    """
    if np.isinf(seconds) or not _timer_is_free():
        yield
        return

    running, outer = True, sys._getframe(2)  # of the block: the frame between is that of contextlib

    def interrupt(signum: int, frame: Any) -> None:
        if running and not _rooms_between(frame, outer) & NOT_INTERRUPTED:
            raise OutOfTime

    before = signal.signal(signal.SIGPROF, interrupt)
    try:
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.001), AGAIN)
        try:
            yield
        finally:
            running = False  # a signal that comes from here on is too late
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _rooms_between(frame: Any, outer: Any) -> set[str]:
    """The packages of all functions that are being called inside the block."""
    rooms = set()
    while frame is not None and frame is not outer:
        rooms.add(frame.f_globals.get("__name__", "").partition(".")[0])
        frame = frame.f_back
    return rooms


def _timer_is_free() -> bool:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
