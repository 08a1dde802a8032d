"""What a figure says, in numbers: checked before the figure is drawn.

Contents
--------
Claim
    A statement about a measured number, and the bounds between which the number must lie.
close_to, rounds_to, at_most, at_least
    Claims by the kind of their bounds.
require
    The claims, or `ClaimError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Claim:
    """A statement about `measured`: it holds where lower <= measured <= upper, and never of a nan."""

    statement: str
    measured: float
    lower: float = float("-inf")
    upper: float = float("inf")

    @property
    def holds(self) -> bool:
        return bool(self.lower <= self.measured <= self.upper)

    def __str__(self) -> str:
        return f"{self.statement}: measured {self.measured:.6g}"


class ClaimError(Exception):
    """A claim of a figure does not hold. Carries `.broken`, the claims that do not."""

    def __init__(self, broken: tuple[Claim, ...]):
        self.broken = broken
        super().__init__("; ".join(f"{claim}, not in [{claim.lower:.6g}, {claim.upper:.6g}]" for claim in broken))


def close_to(statement: str, measured, expected: float, tolerance: float) -> Claim:
    """|measured - expected| <= tolerance."""
    return Claim(statement, float(measured), expected - tolerance, expected + tolerance)


def rounds_to(statement: str, measured, printed: str) -> Claim:
    """`measured` rounds to the printed number: half a unit in the last digit printed, either way."""
    value = Decimal(printed)
    half = float(Decimal(5).scaleb(value.as_tuple().exponent - 1))
    return close_to(f"{statement} = {printed}", measured, float(value), half)


def at_most(statement: str, measured, bound: float) -> Claim:
    """Measured <= bound."""
    return Claim(statement, float(measured), upper=bound)


def at_least(statement: str, measured, bound: float) -> Claim:
    """Measured >= bound."""
    return Claim(statement, float(measured), lower=bound)


def require(*claims: Claim) -> tuple[Claim, ...]:
    """The claims, where all of them hold."""
    broken = tuple(claim for claim in claims if not claim.holds)
    if broken:
        raise ClaimError(broken)
    return claims
