r"""Closed forms: memory as a formula in gains, lags and sizes.

Conventions
-----------
a, b, g are amplitude gains, positive; k is a lag, N a number of units, n a horizon. A formula that is 0/0 at some gain
is piecewise, so that it holds in all of its domain; numbers are computed from an equal formula that does not cancel
near such gains. The proofs start from these formulas.

Contents
--------
closed_form, closed_forms
    A formula by its name; the names of all formulas.
feedback_weights
    The matrix of a chain with feedback, in symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy as sp

from linmem.errors import ArgumentError
from linmem.symbolic.exact import fisher_memory_at_lag, total_fisher_memory
from linmem.symbolic.expressions import ClosedForm
from linmem.symbolic.special import GeometricSum, MiddleBinomial, RegularisedGamma, log1p
from linmem.validation import near_miss, whole_number

a, b, f, g = sp.symbols("a b f g", positive=True)
p, q, r = sp.symbols("p q r", real=True)
x, t = sp.symbols("x t", nonnegative=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
i, j, m = sp.symbols("i j m", integer=True, positive=True)
N, n = sp.symbols("N n", integer=True, positive=True)

Formula = Any  # an expression of sympy, or a pair: an expression, and an equal one that loses no digits


_BUILDERS: dict[str, Callable[..., ClosedForm]] = {}


def _formula(
    claim: str, *parameters: sp.Symbol, domain: tuple[sp.Basic, ...] = ()
) -> Callable[[Callable[..., Formula]], Callable[..., Formula]]:
    """Register a function that gives an expression, or an expression and an equal one that is stable."""

    def register(build: Callable[..., Formula]) -> Callable[..., Formula]:
        @cache
        def make(**sizes: int) -> ClosedForm:
            built = build(**sizes)
            expression, stable = built if isinstance(built, tuple) else (built, None)
            return ClosedForm(
                name=build.__name__,
                claim=claim,
                statement=" ".join((build.__doc__ or "").split()),
                expression=expression,
                parameters=parameters or tuple(sorted(expression.free_symbols, key=str)),
                domain=domain,
                stable=stable,
            )

        _BUILDERS[build.__name__] = make
        return build

    return register


def closed_forms() -> tuple[str, ...]:
    """The names of all closed forms."""
    return tuple(_BUILDERS)


def closed_form(name: str, **sizes: int) -> ClosedForm:
    """A formula by its name in `closed_forms()`; some exist for each number of units, lag or dimension.

    Raises
    ------
    ArgumentError
        There is none of that name, or of that size.

    Examples
    --------
    >>> closed_form("chain_curve").at(k=1)
    Piecewise((1/2, Eq(a, 1)), (a**2*(1 - a**2)/(1 - a**4), True))
    >>> closed_form("feedback_chain_total", units=2).at(b=0)
    (2*a**2 + 1)/(a**2 + 1)
    """
    if name not in _BUILDERS:
        hint = near_miss(name, _BUILDERS) or f"; there are {', '.join(_BUILDERS)}"
        raise ArgumentError(f"there is no closed form {name!r}{hint}")
    try:
        return _BUILDERS[name](**sizes)
    except TypeError:
        raise ArgumentError(f"{name} does not exist in sizes {sizes}") from None


# two units


@_formula("A13", p, r, q, domain=(sp.Abs(p) < 1, sp.Abs(q) < 1))
def two_units_spatial_memory() -> Formula:
    """J^s of W = [[p, r], [0, q]]."""
    D = (1 - p * q) ** 2 + r**2
    return sp.ImmutableMatrix([[1 - r**2 / D, r * (p - q) / D], [r * (p - q) / D, 1 + r**2 / D]])


@_formula("A13", p, r, q, domain=(sp.Abs(p) < 1, sp.Abs(q) < 1))
def two_units_largest_total() -> Formula:
    """The total of the best input to W = [[p, r], [0, q]]."""
    return 1 + sp.Abs(r) * sp.sqrt(r**2 + (p - q) ** 2) / ((1 - p * q) ** 2 + r**2)


# normal networks


@_formula("B6", g, k, domain=(g < 1,))
def orthogonal_curve() -> Formula:
    """J(k) of an orthogonal matrix times g < 1, whatever the input."""
    return g ** (2 * k) * (1 - g**2)


@_formula("B6", g, k, n, domain=(k < n,))
def orthogonal_curve_of_horizon() -> Formula:
    """J(k) of an orthogonal matrix times g, over a horizon of n steps."""
    small, large = g ** (2 * k) / GeometricSum(g**2, n), g ** (2 * (k + 1 - n)) / GeometricSum(g**-2, n)
    return _at_one(g, 1 / n, g ** (2 * k) * (g**2 - 1) / (g ** (2 * n) - 1)), sp.Piecewise(
        (large, g > 1), (small, True)
    )


@_formula("B7", a, k, domain=(a < 1,))
def ring_curve() -> Formula:
    """J(k) of a ring of gain a < 1, of any length, one unit receiving the input."""
    return a ** (2 * k) * (1 - a**2)


@_formula("B8", x, k)
def edge_curve() -> Formula:
    """J(k) of eigenvalues with moduli of density (x + 1) (1 - s)^x on [0, 1], all of them equally driven."""
    general = (x + 1) * (sp.beta(2 * k + 1, x + 1) - sp.beta(2 * k + 3, x + 1))
    stable = (x + 1) * (x + 1) * (4 * k + x + 4) / ((2 * k + x + 2) * (2 * k + x + 3)) * sp.beta(2 * k + 1, x + 1)
    return general, stable


@_formula("B9", g, k, domain=(g <= 1,))
def semicircle_curve() -> Formula:
    """J(k) of a large symmetric Gaussian matrix whose spectrum ends at g <= 1: the semicircle law."""
    general = g ** (2 * k) * sp.catalan(k) / 4**k - g ** (2 * k + 2) * sp.catalan(k + 1) / 4 ** (k + 1)
    return general, g ** (2 * k) * MiddleBinomial(k) / (k + 1) * ((1 - g**2) * (2 * k + 1) + 3) / (2 * k + 4)


@_formula("B10", g, k, domain=(g <= 1,))
def lattice_curve(*, dimension: int = 1) -> Formula:
    """J(k) of a large lattice of gain g <= 1, each unit joined to its neighbours, one of them receiving the input."""
    power = whole_number("dimension", dimension)
    if power > 2:
        raise ArgumentError(f"dimension is {power}; there are closed forms for 1 and 2")
    returned = (sp.binomial(2 * k, k) / 4**k) ** power
    later = returned.subs(k, k + 1)
    step = ((2 * k + 1) / (2 * k + 2)) ** power
    lost = {1: ((1 - g**2) * (2 * k + 1) + 1) / (2 * k + 2), 2: 1 - step + (1 - g**2) * step}[power]
    return g ** (2 * k) * returned - g ** (2 * k + 2) * later, g ** (2 * k) * MiddleBinomial(k) ** power * lost


@_formula("B11", k)
def disc_curve() -> Formula:
    """J(k) of a normal matrix whose eigenvalues fill the unit disc evenly, all of them equally driven."""
    return 1 / ((k + 1) * (k + 2))


@_formula("B12", k)
def normal_envelope() -> Formula:
    """The largest J(k) of any normal network."""
    general = sp.Piecewise((1, sp.Eq(k, 0)), (k**k / (k + 1) ** (k + 1), True))
    return general, sp.Piecewise((1, sp.Eq(k, 0)), (sp.exp(-k * log1p(1 / k)) / (k + 1), True))


# delay lines


@_formula("C1", a, k)
def chain_curve() -> Formula:
    """J(k) of a chain of gain a, for k < N; 0 after."""
    general = a ** (2 * k) * (1 - a**2) / (1 - a ** (2 * k + 2))
    return _at_one(a, 1 / (k + 1), general), 1 / GeometricSum(a**-2, k + 1)


@_formula("C2", a, N)
def chain_total() -> Formula:
    """J_tot of a chain of N units of gain a."""
    return sp.Sum(chain_curve()[0], (k, 0, N - 1)), sp.Sum(1 / GeometricSum(a**-2, m), (m, 1, N))


@_formula("C3", a, j, N, domain=(j <= N,))
def chain_spatial_memory() -> Formula:
    """Entry j of J^s, which is diagonal, of a chain of N units of gain a."""
    general = a ** (2 * (i - j)) * (a**2 - 1) / (a ** (2 * i) - 1)
    stable = a ** (2 - 2 * j) / GeometricSum(a**-2, i)
    return sp.Sum(_at_one(a, 1 / i, general), (i, j, N)), sp.Sum(stable, (i, j, N))


@_formula("C5")
def delay_line_curve(*, lag: int = 3) -> Formula:
    """J(lag) of a delay line of weights a_1, a_2, ...: 1 / sum_l 1 / A_l, A_l = (a_1 ... a_l)^2."""
    weights = sp.symbols(f"a_1:{whole_number('lag', lag, at_least=0) + 1}", positive=True)
    return 1 / sp.Add(*(sp.Mul(*weights[:l]) ** -2 for l in range(lag + 1)))  # noqa: E741


@_formula("C10", k)
def fan_out_curve() -> Formula:
    """J(k) of a fan-out tree, for k below its number of layers; 0 after."""
    return 1 / sp.harmonic(k + 1), 1 / (sp.digamma(k + 2) + sp.EulerGamma)


@_formula("C10", N)
def fan_out_total() -> Formula:
    """J_tot of a fan-out tree of N layers."""
    return sp.Sum(1 / sp.harmonic(m), (m, 1, N)), sp.Sum(1 / (sp.digamma(m + 1) + sp.EulerGamma), (m, 1, N))


# feedback chains


@_formula("D1", a, b, j, N, domain=(j <= N,))
def feedback_chain_eigenvalue() -> Formula:
    """Eigenvalue j of a chain of N units, a forwards and b back."""
    return 2 * sp.sqrt(a * b) * sp.cos(j * sp.pi / (N + 1))


@_formula("D2", a, b)
def feedback_chain_curve(*, units: int = 2, lag: int = 1) -> Formula:
    """J(lag) of a chain of `units` units, a forwards and b back."""
    return fisher_memory_at_lag(feedback_weights(_few(units)), [1] + [0] * (units - 1), lag)


@_formula("D2", a, b)
def feedback_chain_total(*, units: int = 2) -> Formula:
    """J_tot of a chain of `units` units, a forwards and b back."""
    return total_fisher_memory(feedback_weights(_few(units)), [1] + [0] * (units - 1))


@_formula("G5", a, b, N)
def feedback_chain_departure() -> Formula:
    """Departure from normality (Henrici) of a chain of N units, a forwards and b back."""
    return sp.sqrt(N - 1) * sp.Abs(a - b)


def feedback_weights(units: int) -> sp.Matrix:
    """W[i + 1, i] = a, W[i, i + 1] = b."""
    return sp.Matrix(units, units, lambda row, column: {1: a, -1: b}.get(row - column, 0))


def _few(units: Any) -> int:
    if whole_number("units", units) > 6:
        raise ArgumentError(f"units is {units}; the fractions of more than 6 units are too long to be of use")
    return units


# decoding and continuous time


@_formula("E7", a, k, N, x, domain=(a < 1,))
def ring_memory_function() -> Formula:
    """m(k) of a ring of N units of gain a < 1, signal of variance x in noise of variance 1."""
    return a ** (2 * k) * x / (x * a ** (2 * sp.Mod(k, N)) / (1 - a ** (2 * N)) + 1 / (1 - a**2))


@_formula("F5", x, f)
def two_modes_total() -> Formula:
    """J_tot of the mode that drives another with weight f; their decay rates are 1 and x."""
    return 1 + f**2 / (f**2 + (x + 1) ** 2)


@_formula("F5", f, b, domain=(f * (1 - b) < 1,))
def balanced_amplification_total() -> Formula:
    """J_tot of the difference of an excitatory and an inhibitory population: weight f, inhibition b times as strong."""
    driven, rate = f * (1 + b), 1 + f * (b - 1)
    return 1 + driven**2 / (driven**2 + (rate + 1) ** 2)


@_formula("F7", N, t)
def integrator_response() -> Formula:
    """The sum of N stages of a feedforward integrator, a time t after a pulse."""
    return sp.uppergamma(N, t) / sp.gamma(N), RegularisedGamma(N, t)


def _at_one(gain: sp.Symbol, value: sp.Expr, general: sp.Expr) -> sp.Expr:
    return sp.Piecewise((value, sp.Eq(gain, 1)), (general, True))
