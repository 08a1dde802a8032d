"""Claims: what a figure says, in numbers. They are checked before the figure is drawn.

Contents
--------
Claim
    A statement about a measured number, and the bounds between which the number must lie.
close_to, rounds_to, at_most, at_least
    Claims by the kind of their bounds.
ClaimError, require
    The error that names the claims that do not hold; the claims where all hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import SupportsFloat


@dataclass(frozen=True)
class Claim:
    """A statement about a measured number. It holds where lower <= measured <= upper, so that it never holds of nan."""

    statement: str
    measured: float
    lower: float = float("-inf")
    upper: float = float("inf")

    @property
    def holds(self) -> bool:
        """Whether the measured number lies between the bounds."""
        return bool(self.lower <= self.measured <= self.upper)

    def __str__(self) -> str:
        return f"{self.statement}: measured {self.measured:.6g}"


class ClaimError(Exception):
    """Some claims of a figure do not hold: `.broken`."""

    def __init__(self, broken: tuple[Claim, ...]) -> None:
        self.broken = broken
        sentences = [f"{claim}, not in [{claim.lower:.6g}, {claim.upper:.6g}]" for claim in broken]
        super().__init__("; ".join(sentences))


def close_to(statement: str, measured: SupportsFloat, expected: float, tolerance: float) -> Claim:
    """The claim that |measured - expected| <= tolerance."""
    return Claim(statement, float(measured), expected - tolerance, expected + tolerance)


def rounds_to(statement: str, measured: SupportsFloat, printed: str) -> Claim:
    """The claim that `measured` is within half a unit in the last digit of the printed number."""
    value = Decimal(printed)
    last_digit = value.as_tuple().exponent  # a power of ten
    half_unit = float(Decimal(5).scaleb(last_digit - 1))
    return close_to(f"{statement} = {printed}", measured, float(value), half_unit)


def at_most(statement: str, measured: SupportsFloat, bound: float) -> Claim:
    """The claim that measured <= bound."""
    return Claim(statement, float(measured), upper=bound)


def at_least(statement: str, measured: SupportsFloat, bound: float) -> Claim:
    """The claim that measured >= bound."""
    return Claim(statement, float(measured), lower=bound)


def require(*claims: Claim) -> tuple[Claim, ...]:
    """The claims, where all of them hold. Raises ClaimError where some do not."""
    broken = tuple(claim for claim in claims if not claim.holds)
    if broken:
        raise ClaimError(broken)
    return claims
