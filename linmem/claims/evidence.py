"""Evidence for or against a claim: a measured number, an expected one, and how far they are from a contradiction.

Conventions
-----------
A margin is a share. For an identity it is 1 - distance / tolerance: 1 where both sides are the same double, 0 at the
tolerance. For an inequality it is the distance between its sides over the larger side: 0 where it is sharp. Evidence
holds where the margin is at least -slack; the slack is what rounding may cost. A margin of nan is no answer: open.

Some numbers carry their error (`linmem.measured`), of others it is given. The doubt is how much that error may move the
margin. Where the margin holds or fails only because of the doubt, the evidence is open: it speaks neither for the claim
nor against it.

Contents
--------
Evidence, Findings
    Two numbers that are compared, with the margin; what a check yields.
equal, at_most, at_least
    Evidence for an identity, and for an inequality.
refused
    Evidence that a call ends with an error.
unanswered
    Open evidence, where a measure has no answer that can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from linmem.errors import LinmemError

ROUNDING = 1e-9  # slack of an inequality that may be sharp: the measures promise ten times less


@dataclass(frozen=True)
class Evidence:
    """A sentence about two numbers.

    Attributes
    ----------
    sentence
        What the two numbers say about each other.
    measured, expected
        The numbers, where they differ most.
    margin
        How far they are from a contradiction, as a share.
    slack
        How far below 0 the margin may be, because of rounding.
    doubt
        How much the known error of the two numbers may move the margin; inf where there is no answer.
    reason
        Why there is no answer; empty where there is one.
    unit
        The size by which a difference of the two numbers is divided in the margin.
    sides, entry
        The two arrays that were compared, and the index of the two numbers in them.
    """

    sentence: str
    measured: float
    expected: float
    margin: float
    slack: float = 0.0
    doubt: float = 0.0
    reason: str = ""
    unit: float = 1.0
    sides: tuple[np.ndarray, ...] = field(default=(), repr=False, compare=False)
    entry: tuple[Any, ...] = field(default=(), repr=False, compare=False)

    def change(self, other: Evidence) -> float:
        """How far the two numbers are from those in other evidence of the same check, in units of the margin."""
        if [side.shape for side in self.sides] != [side.shape for side in other.sides]:
            return np.inf
        changes = [abs(a[self.entry] - b[self.entry]) for a, b in zip(self.sides, other.sides, strict=True)]
        total = float(sum(changes)) / self.unit
        return np.inf if np.isnan(total) else total

    @property
    def holds(self) -> bool | None:
        """True or False; None (open) where the error of the two numbers could turn the verdict."""
        if np.isinf(self.doubt) or np.isnan(self.margin):
            return None
        if self.margin - self.doubt >= -self.slack:
            return True
        return None if self.margin + self.doubt >= -self.slack else False

    @property
    def rank(self) -> tuple[int, float]:
        """A key to sort by: what fails comes first, then what is open, then what holds; the smallest margin first."""
        distance = self.margin + self.slack
        verdicts = (False, None, True)
        return verdicts.index(self.holds), -np.inf if np.isnan(distance) else distance

    def __str__(self) -> str:
        if self.reason:
            return f"{self.sentence}: {self.reason}"
        return f"{self.sentence}: {self.measured:.6g} against {self.expected:.6g}"


Findings = Iterator[Evidence]  # what a check yields


def equal(
    sentence: str, measured: Any, expected: Any, *, tolerance: float = 1e-8, scale: Any = None, error: Any = 0.0
) -> Evidence:
    """Evidence for measured = expected, to `tolerance` relative to the largest of `expected`, or to `scale`.

    `error` bounds the error of the two numbers, in their own units, beyond that which they carry themselves.
    """
    error = np.asarray(error) + _carried(measured) + _carried(expected)
    measured, expected = np.broadcast_arrays(np.atleast_1d(np.asarray(measured)), np.asarray(expected))
    largest = np.abs(expected).max() if scale is None else np.asarray(scale)
    allowed = tolerance * np.where(largest > 0, largest, 1.0)
    margins = 1 - np.abs(measured - expected) / allowed
    doubts = np.broadcast_to(error / allowed, margins.shape)
    worst = _worst_entry(margins, doubts, slack=0.0)
    return Evidence(
        sentence,
        _as_real(measured[worst]),
        _as_real(expected[worst]),
        float(margins[worst]),
        doubt=float(doubts[worst]),
        unit=float(np.broadcast_to(allowed, margins.shape)[worst]),
        sides=(measured, expected),
        entry=worst,
    )


def at_most(sentence: str, measured: Any, bound: Any, *, slack: float = ROUNDING, error: Any = 0.0) -> Evidence:
    """Evidence for measured <= bound: numbers or arrays; entries below ROUNDING times the largest are not judged.

    `error` bounds the error of the two numbers, in their own units, beyond that which they carry themselves.
    """
    error = np.asarray(error) + _carried(measured) + _carried(bound)
    measured, bound = np.broadcast_arrays(np.atleast_1d(np.asarray(measured, float)), np.asarray(bound, float))
    larger = np.maximum(np.abs(measured), np.abs(bound))
    largest = larger[np.isfinite(larger)].max(initial=0.0)
    judged = larger > ROUNDING * largest
    unit = np.where(judged, larger, 1.0)
    # zeros throughout are equal: a margin of 0; a nan is no margin, and stays one
    unjudged = np.where(np.isnan(larger), np.nan, 0.0 if largest == 0 else 1.0)
    with np.errstate(invalid="ignore"):  # infinity against infinity is no margin either
        margins = np.where(judged, (bound - measured) / unit, unjudged)
    doubts = np.where(judged, error / unit, 0.0)
    worst = _worst_entry(margins, doubts, slack)
    return Evidence(
        sentence,
        float(measured[worst]),
        float(bound[worst]),
        float(margins[worst]),
        slack,
        float(doubts[worst]),
        unit=float(unit[worst]),
        sides=(measured, bound),
        entry=worst,
    )


def at_least(sentence: str, measured: Any, bound: Any, *, slack: float = ROUNDING, error: Any = 0.0) -> Evidence:
    """Evidence for measured >= bound: numbers or arrays, as for `at_most`."""
    error = np.asarray(error) + _carried(measured) + _carried(bound)
    mirrored = at_most(sentence, -np.asarray(measured, float), -np.asarray(bound, float), slack=slack, error=error)
    return replace(mirrored, measured=-mirrored.measured, expected=-mirrored.expected)


def refused(sentence: str, call: Callable[[], Any], error: type[LinmemError]) -> Evidence:
    """Evidence that the call ends with this error."""
    try:
        value = call()
    except error:
        return Evidence(sentence, np.nan, np.nan, 1.0)
    return Evidence(sentence, float(np.max(np.real(value))), np.nan, -1.0)


def unanswered(sentence: str, reason: str) -> Evidence:
    """Open evidence, with the reason why there is no answer."""
    return Evidence(sentence, np.nan, np.nan, np.nan, doubt=np.inf, reason=reason)


def _carried(value: Any) -> Any:
    """The error that a measured number or array carries, 0 for any other."""
    error = getattr(value, "error", None)
    return 0.0 if error is None else np.asarray(error)


def _worst_entry(margins: np.ndarray, doubts: np.ndarray, slack: float) -> tuple[Any, ...]:
    """The index of the smallest margin among the entries that fail, or else are open, or else hold."""
    fails = margins + doubts < -slack  # never where the margin is nan
    is_open = ~(margins - doubts >= -slack)
    comparable = np.where(np.isnan(margins), -np.inf, margins)
    for entries in (fails, is_open):
        if entries.any():
            comparable = np.where(entries, comparable, np.inf)
            break
    return np.unravel_index(int(np.argmin(comparable)), margins.shape)


def _as_real(value: Any) -> float:
    """A real number as it is, a complex one as its modulus."""
    if np.isrealobj(value) or value.imag == 0:
        return float(value.real)
    return float(abs(value))
