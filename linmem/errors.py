"""What can go wrong, by name. Each message gives the argument, the value met, the rule, and what to do next.

Conventions
-----------
Every error of the package is a `LinmemError`, and each kind carries its number (or its result) as an attribute, so
that a program can act on it without reading the text.

Contents
--------
InvalidNetworkError
    The input is not a network, or not a sensible request of one. Also a `ValueError`.
UnstableNetworkError
    The spectral radius is at least one, so that stationary noise is infinite. Carries `.radius`.
UndecidedStabilityError
    Double precision cannot tell on which side of one the radius lies. Carries `.lower` and `.upper`.
AccuracyError
    The answer is known less well than was asked. Carries `.relative_error` and `.result`.
"""

from __future__ import annotations

from typing import Any


class LinmemError(Exception):
    """The root of every error raised on purpose."""


class InvalidNetworkError(LinmemError, ValueError):
    """An argument does not describe a network, or asks of it what it does not have."""


class UnstableNetworkError(LinmemError):
    """A stationary quantity was asked of a network whose spectral radius is at least one."""

    def __init__(self, radius: float):
        self.radius = radius
        shown = f"{radius:.4f}" if abs(radius - 1) > 1e-4 else f"{radius:.17g}"
        super().__init__(
            f"recurrent has spectral radius {shown}, but stationary noise needs a radius below 1; "
            f"pass horizon=n to count the last n steps only, or scale it down: net.rescaled(radius=0.95)"
        )


class UndecidedStabilityError(LinmemError):
    """Within rounding of the matrix there are stable and unstable networks."""

    def __init__(self, lower: float, upper: float):
        self.lower, self.upper = lower, upper
        super().__init__(
            f"recurrent has a spectral radius between {lower:.4f} and {upper:.4f}, as far as double precision can "
            "tell: it is so "
            "non-normal that networks within rounding of it lie on both sides of 1; pass horizon=n, which needs no "
            "stability, "
            f"or state a radius that you can prove: LinearNetwork(..., known_radius=r)"
        )


class AccuracyError(LinmemError):
    """No path reached the accuracy asked for. `.result` is the best there is, and knows its own error."""

    def __init__(self, relative_error: float, rtol: float, result: Any = None, *, reason: str = ""):
        self.relative_error, self.rtol, self.result = relative_error, rtol, result
        advice = (
            f"pass rtol={2 * relative_error:.0e} to accept it"
            if relative_error < 0.1
            else "no digit of it can be trusted"
        )
        super().__init__(
            f"the relative error is estimated at {relative_error:.1e}, more than rtol={rtol:.1e}"
            f"{': ' + reason if reason else ''}; {advice} (the result is the error's .result)"
        )
