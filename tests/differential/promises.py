"""What each public function promises, and whether an answer keeps it.

A `Measure` says how a public function is asked about a `Case`, what the truth is, and what is promised of every part of
the answer. A part that carries its error is held to it; another one to the tolerance of the docstring.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import acb, arb

from tests.differential.balls import Threshold, UndecidedError
from tests.differential.truth import ContinuousMemory, Memory
from tests.differential.truth_of_matrices import Matrix

TINY = 2.3e-308  # the smallest normal double: below it doubles have no digits to promise
UNSTATED = 1e-8  # relative to the largest entry, where neither the answer nor the docstring says anything
EQUAL = 2.0**-200  # relative radius of a ball at which a bound that it touches is taken to be equal


@dataclass(frozen=True)
class Promise:
    """Of one part of an answer: what its error is, and the largest error that the docstring promises.

    `error` says "proved", "estimated", "exact", "bound" (an inequality) or "stated" (only the tolerance is promised).
    The tolerance is relative to the largest entry, or to what `relative_to` says.
    """

    rtol: float | None = None
    error: str = "estimated"
    relative_to: str = "the largest entry"
    floor: float = 0.0  # the tolerance is never relative to less


@dataclass(frozen=True)
class AtMost:
    """The answer is at most this number, a ball or a threshold."""

    number: Any


@dataclass(frozen=True)
class AtLeast:
    """The answer is at least this number."""

    number: Any


@dataclass(frozen=True)
class Measure:
    """A public function, and its promises by part; the part "" is the answer itself.

    `truth(case, truths, answer)` gives the truth of every part. `scale(case, truths)` is what a tolerance is relative
    to, where that is not the largest entry.
    """

    function: str
    ask: Callable
    truth: Callable
    parts: dict[str, Promise]
    of: str = "memory"  # "memory", "matrix" or "continuous"
    variant: str = ""
    scale: Callable | None = None
    applies: Callable = field(default=lambda case: True)
    read: Callable = field(default=lambda answer, part: getattr(answer, part) if part else answer)
    takes_stacks: bool = True
    share: float = 1.0  # of the networks on which it is tried: less for what takes seconds

    @property
    def name(self):
        return f"{self.function} ({self.variant})" if self.variant else self.function


class Truths:
    """The truths about a case at the current precision; what functions share is computed once."""

    def __init__(self, case):
        self.case, self._kept = case, {}

    def _once(self, key, make):
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def memory(self, member=0, stationary=False):
        horizon = None if stationary else self.case.steps
        net = self.case.alone(member)

        def make():
            return Memory(net.recurrent, net.feedforward, net.covariance, horizon)

        return self._once(("memory", member, horizon), make)

    def matrix(self, member=0):
        return self._once(("matrix", member), lambda: Matrix(self.case.alone(member).recurrent))

    def continuous(self):
        net = self.case.continuous()
        return self._once("continuous", lambda: ContinuousMemory(net.drift, net.feedforward, net.covariance))

    def drift(self):
        return self._once("drift", lambda: Matrix(self.case.continuous().drift))


@dataclass
class Check:
    """Of one part: kept True, False or None (open), and the worst error over the promised one."""

    part: str
    kept: bool | None
    ratio: float = 0.0
    detail: str = ""


def checks(measure, case, truths, answer):
    """A check of every part of an answer."""
    truth = measure.truth(case, truths, answer)
    return [_check(measure, part, promise, answer, truth[part], case, truths) for part, promise in
            measure.parts.items() if part in truth]  # fmt: skip


def stated_error(answer, part, value):
    """The error that the answer states of a part, as an array of the part's shape; None where it states none."""
    error = getattr(value, "error", None)
    if error is None and part:
        error = getattr(answer, f"{part}_error", None)
        beside = getattr(answer, "error", None)
        if error is None and beside is not None and np.shape(beside) == np.shape(value):
            error = beside
    if error is not None:
        return np.broadcast_to(np.asarray(error, float), np.shape(value))
    relative = getattr(answer, "relative_error", None) if part else None
    if relative is None or np.ndim(value) < np.ndim(relative):
        return None
    axes = tuple(range(np.ndim(relative), np.ndim(value)))
    largest = np.max(np.abs(value), axis=axes, keepdims=True) if axes else np.abs(value)
    relative = np.reshape(relative, np.shape(relative) + (1,) * len(axes))
    return np.broadcast_to(relative * largest, np.shape(value))


def _check(measure, part, promise, answer, truth, case, truths):
    if isinstance(truth, (bool, type(None), np.bool_)):
        return Check(part, truth if truth is None else bool(truth), detail="property")
    value = measure.read(answer, part)
    if isinstance(truth, (AtMost, AtLeast)):
        return _check_bound(part, value, truth)
    values, error = np.asarray(value), stated_error(answer, part, value)
    truth = np.asarray(truth, object) if not isinstance(truth, Threshold) else np.array([truth], object)
    if values.size != truth.size:
        return Check(part, False, np.inf, f"shape {values.shape}, and not {truth.shape}")
    members = len(values) if case.stack and measure.takes_stacks and measure.of == "memory" else 1
    found = []
    for member in range(members):
        value, true = (array.reshape(members, -1)[member] for array in (values, truth))
        bounds = _bounds(measure, promise, value, true, None if error is None else error.reshape(members, -1)[member],
                         case, truths)  # fmt: skip
        found.append(_compared(part, value, true, bounds))
    return min(found, key=lambda check: (check.kept is not False, check.kept is not None, -check.ratio))


def _bounds(measure, promise, values, truth, error, case, truths):
    """The promised error of each entry: what is stated with it, and not above the tolerance."""
    tolerance = None
    if promise.rtol is not None:
        scale = measure.scale(case, truths) if measure.scale else _largest(values, truth)
        tolerance = arb(promise.rtol) * arb(promise.floor).max(scale)
    if error is None:
        return [arb(UNSTATED) * _largest(values, truth) if tolerance is None else tolerance] * len(values)
    bounds = [arb(float(e)) for e in error]
    return bounds if tolerance is None else [bound if bound < tolerance else tolerance for bound in bounds]


def _largest(values, truth):
    """The largest modulus among true values, or among computed ones for thresholds."""
    moduli = [arb(abs(v)) if isinstance(t, Threshold) else abs(acb(t)) for v, t in zip(values, truth, strict=True)]
    return max((m.abs_upper() for m in moduli if m.is_finite()), default=arb(0))


def _compared(part, values, truth, bounds):
    kept, worst, detail = True, 0.0, ""
    for i, (value, true, bound) in enumerate(zip(values.tolist(), truth, bounds, strict=True)):
        room = bound + arb(max(TINY, float(np.spacing(abs(value))))) if np.isfinite(value) else bound
        if isinstance(true, Threshold):
            within = true.within(value, room)
            ratio = 0.1 if within and true.within(value, room / 10) else 1.0
        else:
            within, ratio = _ball_within(value, acb(true), room)
        if within is False:
            return Check(part, False, ratio, f"[{i}] is {value!r}, truth {shown(true)}, promised {room.str(3)}")
        if within is None:
            kept, detail = None, f"[{i}] is {value!r}, truth {shown(true)}, promised {room.str(3)}"
        worst = max(worst, ratio)
    return Check(part, kept, worst, detail)


def _ball_within(value, true, room):
    """Whether |value - true| <= room, and the ratio of the two."""
    real = true.real
    if real.is_nan() or not real.rad().is_finite() or not true.imag.is_finite():
        return None, 0.0
    if not real.mid().is_finite():
        return bool(value == np.inf), 0.0
    if not np.isfinite(value):
        return False, np.inf
    distance = abs(acb(value) - true)
    ratio = float((distance.mid() / room.mid()).mid()) if room > 0 else 0.0
    if distance <= room:
        return True, ratio
    return (False if distance > room else None), ratio


def _check_bound(part, value, bound):
    value, number = float(value), bound.number
    above = isinstance(bound, AtLeast)
    if isinstance(number, Threshold):
        below = number.is_below(arb(value))
        kept = below if above else (None if below is None else not below)
        return Check(part, kept, detail=f"is {value!r}, {'at least' if above else 'at most'} {shown(number)}")
    number = arb(number)
    if above:
        kept = True if number <= value else (False if number > value else None)
    else:
        kept = True if number >= value else (False if number < value else None)
    if kept is None and number.rad() <= abs(number.mid()) * EQUAL:
        kept = True
    return Check(part, kept, detail=f"is {value!r}, {'at least' if above else 'at most'} {shown(number)}")


def shown(true):
    """A truth, to 20 digits."""
    if isinstance(true, Threshold):
        try:
            return true.enclosure().str(20)
        except UndecidedError:
            return "a threshold"
    return acb(true).str(20) if not isinstance(true, arb) else true.str(20)
