r"""Functions for closed forms whose numbers do not cancel or overflow, and how numpy computes them.

Contents
--------
GeometricSum
    1 + x + ... + x^(n - 1).
MiddleBinomial
    binomial(2 k, k) / 4^k, the share of the closed walks among all of 2 k steps.
RegularisedGamma
    Gamma(n, t) / Gamma(n).
FUNCTIONS
    The functions of numpy, by name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special
import sympy as sp
from sympy.codegen.cfunctions import log1p as log1p


class GeometricSum(sp.Function):
    """1 + x + ... + x^(n - 1)."""

    nargs = 2

    def doit(self, **hints: Any) -> sp.Expr:
        """The sum as a fraction, and as n at x = 1."""
        ratio, terms = self.args
        fraction = (ratio**terms - 1) / (ratio - 1)
        return sp.Piecewise((terms, sp.Eq(ratio, 1)), (fraction, True))


class MiddleBinomial(sp.Function):
    """binomial(2 k, k) / 4^k."""

    nargs = 1

    def doit(self, **hints: Any) -> sp.Expr:
        """The share as a binomial coefficient."""
        (k,) = self.args
        return sp.binomial(2 * k, k) / 4**k


class RegularisedGamma(sp.Function):
    """Gamma(n, t) / Gamma(n)."""

    nargs = 2

    def doit(self, **hints: Any) -> sp.Expr:
        """The function as a ratio of gamma functions."""
        return sp.uppergamma(*self.args) / sp.gamma(self.args[0])


def _geometric_sum(x: Any, n: Any) -> Any:
    logarithm = np.log(np.asarray(x, dtype=float))
    with np.errstate(all="ignore"):
        ratio = np.expm1(n * logarithm) / np.expm1(logarithm)
    return np.where(logarithm == 0, n, np.where(np.equal(n, 1), 1.0, ratio))[()]


def _middle_binomial(k: Any) -> Any:
    """The Pochhammer symbol keeps its digits at large k, where powers of 4 overflow."""
    return scipy.special.poch(np.asarray(k) + 1.0, -0.5) / np.sqrt(np.pi)


FUNCTIONS = {
    "GeometricSum": _geometric_sum,
    "MiddleBinomial": _middle_binomial,
    "RegularisedGamma": scipy.special.gammaincc,
    "log1p": np.log1p,
}
