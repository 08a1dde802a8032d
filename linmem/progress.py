"""Progress of long computations: in the log at the level INFO; on a terminal where nobody listens to the log.

Contents
--------
Progress
    The share of a computation that is done, and the time that remains.
running
    A block that says how long it has run, for computations that do not know their share.
hidden
    A block without any of that on the terminal.
duration
    A time in words.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import perf_counter, sleep

LOGGER = logging.getLogger(__name__)
PAUSE = 1.0  # seconds between two lines
PATIENCE = 2.0  # seconds of a computation before which nothing is said


@dataclass
class Progress:
    """The share of a computation that is done, told about once a second with the time that remains at that pace."""

    work: str
    started: float = field(default_factory=perf_counter)
    told: float = field(default_factory=perf_counter)
    share: float = 0.0

    def report(self, share: float) -> None:
        """Tell the share, unless less than a second has passed."""
        now = perf_counter()
        self.share = max(self.share, share)
        if now - self.told < PAUSE or not self.share > 0:
            return
        self.told = now
        taken = now - self.started
        remaining = taken * (1 / self.share - 1)
        percent = 100 * self.share
        _line.tell(f"{self.work}: {percent:.0f} % in {duration(taken)}, about {duration(remaining)} left", taken)

    def part(self, before: float, size: float) -> Callable[[float], None]:
        """A function that reports the share of a part of that size, where `before` is done."""
        return lambda share: self.report(before + size * share)


@contextmanager
def running(work: str) -> Iterator[None]:
    """A block whose time is told about once a second, unless it tells its share; a line on a terminal goes at its end.

    One thread watches all blocks of the process, and ends when there is none.
    """
    if not _line.is_watched():
        yield
        return
    entry = (work, perf_counter())
    _watch.begin(entry)
    try:
        yield
    finally:
        _watch.end(entry)


@contextmanager
def hidden() -> Iterator[None]:
    """A block in which nothing is shown on a terminal, as something else is shown there; the log is as it was."""
    before, _line.is_hidden = _line.is_hidden, True
    try:
        yield
    finally:
        _line.is_hidden = before


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


class _Line:
    """The log, or else a line of the terminal."""

    def __init__(self) -> None:
        self.is_hidden = False
        self.told = -float("inf")
        self._is_shown = False

    def is_watched(self) -> bool:
        return LOGGER.isEnabledFor(logging.INFO) or self._is_on_terminal()

    def tell(self, message: str, taken: float) -> None:
        if LOGGER.isEnabledFor(logging.INFO):
            self.told = perf_counter()
            LOGGER.info("%s", message)
        elif taken >= PATIENCE and self._is_on_terminal():
            self.told = perf_counter()
            self._write(f"\r\033[K{message}")
            self._is_shown = True

    def wipe(self) -> None:
        if self._is_shown:
            self._write("\r\033[K")
            self._is_shown = False

    def _is_on_terminal(self) -> bool:
        try:
            return not self.is_hidden and sys.stderr.isatty()
        except (AttributeError, ValueError):  # there is no standard error, or it is closed
            return False

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


class _Watch:
    """The blocks that run, and the thread that tells how long the last of them has run."""

    def __init__(self) -> None:
        self._entries: list[tuple[str, float]] = []
        self._is_awake = False
        self._lock = Lock()

    def begin(self, entry: tuple[str, float]) -> None:
        with self._lock:
            self._entries.append(entry)
            if not self._is_awake:
                self._is_awake = True
                Thread(target=self._tell, daemon=True).start()

    def end(self, entry: tuple[str, float]) -> None:
        with self._lock:
            self._entries.remove(entry)
            if not self._entries:
                _line.wipe()

    def _tell(self) -> None:
        while True:
            sleep(PAUSE)
            with self._lock:
                if not self._entries:
                    self._is_awake = False
                    return
                work, started = self._entries[-1]
                taken = perf_counter() - started
                if taken >= PATIENCE and perf_counter() - _line.told > 1.5 * PAUSE:
                    _line.tell(f"{work}: {duration(taken)} so far", taken)


_line = _Line()
_watch = _Watch()
