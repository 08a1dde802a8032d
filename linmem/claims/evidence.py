"""Evidence: a number that was measured, and how far it is from speaking against a claim.

Conventions
-----------
A margin is a share. Of an identity it is 1 - error / tolerance: 1 where both sides are the same double, 0 at the
tolerance. Of an inequality it is the distance between its sides over the larger: 0 where it is sharp. Evidence holds
where the margin is at least -slack, slack being what rounding may cost; a nan never holds.

Contents
--------
Evidence
    What was measured.
equal, at_most, at_least
    Evidence for an identity, and for an inequality.
refused
    Evidence that an answer was refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.errors import LinmemError

ROUNDING = 1e-9  # of an inequality that may be sharp: ten times what the measures promise


@dataclass(frozen=True)
class Evidence:
    """A sentence about two numbers, `measured` and `expected`, with its margin and the slack that rounding is given."""

    sentence: str
    measured: float
    expected: float
    margin: float
    slack: float = 0.0

    @property
    def holds(self) -> bool:
        return bool(self.margin >= -self.slack)

    def __str__(self) -> str:
        return f"{self.sentence}: {self.measured:.6g} against {self.expected:.6g}"


def equal(sentence: str, measured, expected, *, tolerance: float = 1e-8, scale: Any = None) -> Evidence:
    """measured = expected, to `tolerance` relative to the largest of `expected`, or to `scale`."""
    measured, expected = np.broadcast_arrays(np.atleast_1d(np.asarray(measured)), np.asarray(expected))
    largest = np.abs(expected).max() if scale is None else np.asarray(scale)
    share = np.abs(measured - expected) / (tolerance * np.where(largest > 0, largest, 1.0))
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(share), np.inf, share))), share.shape)
    return Evidence(sentence, _shown(measured[worst]), _shown(expected[worst]), float(1 - share[worst]))


def at_most(sentence: str, measured, bound, *, slack: float = ROUNDING) -> Evidence:
    """measured <= bound: numbers or arrays, of which entries below ROUNDING times the largest are not judged."""
    measured, bound = np.broadcast_arrays(np.atleast_1d(np.asarray(measured, float)), np.asarray(bound, float))
    larger = np.maximum(np.abs(measured), np.abs(bound))
    judged = larger > ROUNDING * larger.max() if larger.max() > 0 else larger == 0
    margins = np.where(judged | np.isnan(larger), (bound - measured) / np.where(judged, larger, 1), 1.0)
    worst = np.unravel_index(int(np.argmin(np.where(np.isnan(margins), -np.inf, margins))), margins.shape)
    return Evidence(sentence, float(measured[worst]), float(bound[worst]), float(margins[worst]), slack)


def at_least(sentence: str, measured, bound, *, slack: float = ROUNDING) -> Evidence:
    """measured >= bound: numbers or arrays."""
    found = at_most(sentence, -np.asarray(measured, float), -np.asarray(bound, float), slack=slack)
    return Evidence(sentence, -found.measured, -found.expected, found.margin, slack)


def refused(sentence: str, call: Callable, error: type[LinmemError]) -> Evidence:
    """The call ends in this error."""
    try:
        value = call()
    except error:
        return Evidence(sentence, np.nan, np.nan, 1.0)
    return Evidence(sentence, float(np.max(np.real(value))), np.nan, -1.0)


def _shown(value) -> float:
    return float(value.real) if np.isrealobj(value) or value.imag == 0 else float(abs(value))
