"""The share of a long computation that is done, in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

LOGGER = logging.getLogger(__name__)
PAUSE = 1.0  # seconds between two lines


@dataclass
class Progress:
    """The share of a computation that is done, logged about once a second with the time that remains at that pace."""

    work: str
    started: float = field(default_factory=perf_counter)
    logged: float = field(default_factory=perf_counter)
    share: float = 0.0

    def report(self, share: float) -> None:
        """Log the share, at the level INFO, unless less than a second has passed."""
        now = perf_counter()
        self.share = max(self.share, share)
        if now - self.logged < PAUSE or not self.share > 0:
            return
        self.logged = now
        taken = now - self.started
        remaining = taken * (1 / self.share - 1)
        percent = 100 * self.share
        LOGGER.info("%s: %.0f %% in %s, about %s left", self.work, percent, _duration(taken), _duration(remaining))

    def part(self, before: float, size: float) -> Callable[[float], None]:
        """A function that reports the share of a part of that size, where `before` is done."""
        return lambda share: self.report(before + size * share)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
