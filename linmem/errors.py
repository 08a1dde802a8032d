"""The errors of the package. Each message gives the argument, the value met, the rule, and what to do next.

Conventions
-----------
Every error of the package is a `LinmemError`. A loop over networks that skips those it cannot use catches
`InvalidNetworkError`, `UnstableNetworkError`, `UndecidedStabilityError` and `AccuracyError`: they are about a network.
A wrong call, a file or a missing library is another kind, and ends such a loop. Where an error has a number or a
result, it is an attribute, so that a program can use it without reading the text.

Contents
--------
ArgumentError
    An argument is wrong, whatever the network. Also a `ValueError`.
InvalidNetworkError
    What was given as a network is not one, or lacks what the quantity depends on. Also a `ValueError`.
UnstableNetworkError
    The spectral radius is at least one, so that stationary noise is infinite. Carries `.radius`.
UndecidedStabilityError
    It stays open on which side of one the radius lies: double precision cannot tell, and balls are for 200 units.
    Carries `.lower` and `.upper`.
AccuracyError
    The answer is known less well than was asked. Carries `.relative_error` and `.result`.
FileError
    A file cannot be read, or written, or holds several arrays that may be meant. Also an `OSError`.
MissingLibraryError
    A library that is not installed with the package is needed. Also an `ImportError`.
DivergenceError
    A training whose loss or gradient is no longer finite.
errors_of_other_libraries
    The one place where errors and warnings of other libraries become errors of the package.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class LinmemError(Exception):
    """The root of every error that the package raises on purpose."""


class InvalidNetworkError(LinmemError, ValueError):
    """What was given is not a network, or lacks what the quantity depends on: a square finite W, an input, noise."""


class ArgumentError(LinmemError, ValueError):
    """An argument breaks its rule: a number out of range, an unknown option, a wrong shape or type."""


class FileError(LinmemError, OSError):
    """A file cannot be read or written, or does not say which of its arrays is meant."""


class MissingLibraryError(LinmemError, ImportError):
    """An optional library is not installed; the message has the line that installs it."""


class UnstableNetworkError(LinmemError):
    """A stationary quantity was asked of a network whose spectral radius is at least one.

    Of a network in continuous time: whose spectral abscissa is at least zero; `.radius` is then the abscissa.
    """

    def __init__(self, radius: float, *, continuous: bool = False):
        self.radius = radius
        limit = 0 if continuous else 1
        shown = f"{radius:.4f}" if abs(radius - limit) > 1e-4 else f"{radius:.17g}"
        super().__init__(
            f"drift has spectral abscissa {shown}, but stationary noise needs one below 0; add a leak, "
            "A - (abscissa + 0.05) I, or count the last n steps of a discrete one: net.discretised(dt), horizon=n"
            if continuous
            else f"recurrent has spectral radius {shown}, but stationary noise needs a radius below 1; pass horizon=n "
            "to count the last n steps only, or scale it down: net.rescaled(radius=0.95)"
        )


class UndecidedStabilityError(LinmemError):
    """Within rounding of the matrix there are stable and unstable networks, and exact arithmetic is too slow for it."""

    def __init__(self, lower: float, upper: float, *, continuous: bool = False):
        self.lower, self.upper = lower, upper
        matrix, measure, limit = ("drift", "abscissa", 0) if continuous else ("recurrent", "radius", 1)
        stated = "ContinuousNetwork(..., known_abscissa=a)" if continuous else "LinearNetwork(..., known_radius=r)"
        out = "discretise it, net.discretised(dt), and " if continuous else ""
        digits = ".4f" if max(abs(lower - limit), abs(upper - limit)) > 1e-3 else ".17g"
        super().__init__(
            f"{matrix} has a spectral {measure} between {lower:{digits}} and {upper:{digits}}, as far as double "
            f"precision can tell: networks within rounding of it lie on both sides of {limit}; {out}pass "
            f"horizon=n, which needs no stability, have it decided, certify(net), up to 400 units, or state what you "
            f"can prove: {stated}"
        )


class AccuracyError(LinmemError):
    """No method reached the accuracy that was asked for. `.result` is the best result, with its own error."""

    def __init__(self, relative_error: float, rtol: float, result: Any = None, *, reason: str = ""):
        self.relative_error, self.rtol, self.result = relative_error, rtol, result
        acceptable = relative_error < 0.1
        advice = f"pass rtol={2 * relative_error:.0e} to accept it" if acceptable else "no digit of it can be trusted"
        super().__init__(
            f"the relative error is estimated at {relative_error:.1e}, more than rtol={rtol:.1e}"
            f"{': ' + reason if reason else ''}; {advice}"
            f"{' (the result is .result of the error)' if result is not None else ''}"
        )


class DivergenceError(LinmemError):
    """A training whose loss or gradient is no longer finite."""

    @classmethod
    def at(cls, place: str, rate: float) -> DivergenceError:
        """The error of a place in a training: "in epoch 2 at batch 7 of 20"."""
        return cls(
            f"training diverged {place}: loss or gradient are no longer finite; lower the rate, {rate:g}, or the gain, "
            "or clip the gradient at a smaller norm"
        )


@contextmanager
def errors_of_other_libraries(
    kind: type[LinmemError], message: str, caught: tuple[type[Exception], ...] = (Exception,)
) -> Iterator[None]:
    """Raise `kind`, with `message` and the first line of the reason, where another library raises inside the block.

    Warnings of other libraries inside the block are not shown. Errors of the package pass through unchanged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except LinmemError:
        raise
    except caught as error:
        reason = (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__
        raise kind(f"{message} ({reason})") from error
