"""A limit of the time that a computation may take, where Python can interrupt one.

Time is that of the processor, so that what is reached within it does not depend on what else the machine does.

Contents
--------
OutOfTime, time_limit
    What ends a computation that takes too long; a block in which it does.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

AGAIN = 0.2  # seconds, after which a computation is interrupted once more if it did not end


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

    running = True

    def interrupt(signum: int, frame: Any) -> None:
        if running:
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


def _timer_is_free() -> bool:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
