r"""Functions in which closed forms can be computed without cancelling or overflowing, and what numpy makes of them.

Contents
--------
GeometricSum
    1 + x + ... + x^(n - 1).
MiddleBinomial
    binomial(2 k, k) / 4^k, the share of the closed walks among all of 2 k steps.
RegularisedGamma
    Gamma(n, t) / Gamma(n).
FUNCTIONS
    Their numbers, by name.
"""

from __future__ import annotations

import numpy as np
import scipy.special
import sympy as sp
from sympy.codegen.cfunctions import log1p as log1p


class GeometricSum(sp.Function):
    """1 + x + ... + x^(n - 1)."""

    nargs = 2

    def doit(self, **hints):
        """As a fraction, and n at x = 1."""
        ratio, terms = self.args
        return sp.Piecewise((terms, sp.Eq(ratio, 1)), ((ratio**terms - 1) / (ratio - 1), True))


class MiddleBinomial(sp.Function):
    """binomial(2 k, k) / 4^k."""

    nargs = 1

    def doit(self, **hints):
        """As a binomial."""
        return sp.binomial(2 * self.args[0], self.args[0]) / 4 ** self.args[0]


class RegularisedGamma(sp.Function):
    """Gamma(n, t) / Gamma(n)."""

    nargs = 2

    def doit(self, **hints):
        """As gamma functions."""
        return sp.uppergamma(*self.args) / sp.gamma(self.args[0])


def _geometric_sum(x, n):
    logarithm = np.log(np.asarray(x, dtype=float))
    with np.errstate(all="ignore"):
        ratio = np.expm1(n * logarithm) / np.expm1(logarithm)
    return np.where(logarithm == 0, n, np.where(np.equal(n, 1), 1.0, ratio))[()]


def _middle_binomial(k):
    """The Pochhammer symbol keeps its digits at large k, where powers of 4 overflow."""
    return scipy.special.poch(np.asarray(k) + 1.0, -0.5) / np.sqrt(np.pi)


FUNCTIONS = {
    "GeometricSum": _geometric_sum,
    "MiddleBinomial": _middle_binomial,
    "RegularisedGamma": scipy.special.gammaincc,
    "log1p": np.log1p,
}
