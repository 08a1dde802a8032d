"""What a certificate holds: an exact value between proved bounds.

Contents
--------
Enclosure
    Bounds, and the bits of the arithmetic that proved them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Enclosure:
    """An exact value between proved bounds, `value` +- `error`; of arrays, every entry.

    Attributes
    ----------
    value, error
        A double and an upper bound of its distance from the exact value; complex values have a real error.
    bits
        The precision of the arithmetic that proved it.
    total
        The enclosure of the total of a curve, or of the capacity of a memory function; else None.
    stable
        Whether a network is stable, where its spectral radius or abscissa was certified: True or False where that is
        proved, else None.
    within_rounding
        True where all networks within rounding of the stored one are as stable as it is, as far as the sensitivity of
        the eigenvalues tells; False where some may not be; None where `stable` is None.
    quantity
        "spectral radius" or "spectral abscissa" of a network; else "".
    """

    value: Any
    error: Any
    bits: int
    total: Enclosure | None = None
    stable: bool | None = None
    within_rounding: bool | None = None
    quantity: str = ""

    @property
    def lower(self) -> Any:
        """At most the exact value (of real ones)."""
        below = np.nextafter(self.value - self.error, -np.inf)
        return np.where(self.error, below, self.value)[()]

    @property
    def upper(self) -> Any:
        """At least the exact value (of real ones)."""
        above = np.nextafter(self.value + self.error, np.inf)
        return np.where(self.error, above, self.value)[()]

    @property
    def relative_width(self) -> float:
        """The largest error over the largest value."""
        largest, error = float(np.abs(self.value).max()), float(np.max(self.error))
        if largest:
            return error / largest
        return np.inf if error else 0.0

    def __str__(self) -> str:
        """What is proved, in one line."""
        proof = f"proved at {self.bits} bits"
        if np.ndim(self.value):
            return f"{np.shape(self.value)} values to {self.relative_width:.1e} of the largest, {proof}"
        if np.iscomplexobj(self.value):
            return f"{self.value} to {self.error:.1e}, {proof}"
        bounds = f"{self.quantity} in [{self.lower:.17g}, {self.upper:.17g}], {proof}".lstrip()
        if self.stable is None:
            return bounds
        kind = "stable" if self.stable else "unstable"
        others = "are too" if self.within_rounding else "may not be"
        return f"{kind}: {bounds}; networks within rounding of it {others}"

    def __contains__(self, value: Any) -> bool:
        """Whether the enclosure leaves room for `value`, every entry of it."""
        distance = np.abs(np.asarray(value) - self.value)
        rounding = np.spacing(np.abs(self.value))  # of the difference
        return bool(np.all(distance <= self.error + rounding))
