r"""J^s in powers of the gain, for matrices of every size.

Contents
--------
small_gain_series, small_gain_flow_series
    J^s of W = g M, and of the drift A = -c + g M in continuous time.
"""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.words import letters, reduced
from linmem.validation import whole_number


def small_gain_series(order: int = 4) -> sp.Expr:
    r"""J^s of W = g M in powers of g, up to g^order: a polynomial in g, M and M', for matrices of every size.

    Examples
    --------
    >>> small_gain_series(2)
    -g**2*M*M' + g**2*M'*M + 1
    """
    g = sp.Symbol("g", positive=True)
    M, Ms = letters("M")
    order = whole_number("order", order, at_least=0)
    lags = range(order // 2 + 1)
    C = sum((g ** (2 * k) * M**k * Ms**k for k in lags), sp.S.Zero)
    precision = _geometric(1 - C, g, order)
    memory = sum(g ** (2 * k) * Ms**k * precision * M**k for k in lags)
    return _truncated(memory, g, order)


def small_gain_flow_series(order: int = 2) -> sp.Expr:
    r"""J^s of the drift A = -c + g M in powers of g, up to g^order; in continuous time.

    Examples
    --------
    >>> small_gain_flow_series(1)
    1
    """
    g, c = sp.symbols("g c", positive=True)
    M, Ms = letters("M")
    order = whole_number("order", order, at_least=0)
    C = _lyapunov_solution(M, Ms, sp.S.One, g, c, order)
    precision = sp.expand(2 * c * _geometric(1 - 2 * c * C, g, order))
    return _lyapunov_solution(Ms, M, precision, g, c, order)


def _lyapunov_solution(M: sp.Symbol, Ms: sp.Symbol, Q: sp.Expr, g: sp.Symbol, c: sp.Symbol, order: int) -> sp.Expr:
    """The solution X of A X + X A* = -Q, A = -c + g M, in powers of g; each pass adds one order."""
    X = sp.S.Zero
    for _ in range(order + 1):
        X = _truncated((g * (M * X + X * Ms) + Q) / (2 * c), g, order)
    return X


def _geometric(small: sp.Expr, g: sp.Symbol, order: int) -> sp.Expr:
    """1 / (1 - small) in powers of g, where small has no term of order 0."""
    total = sp.S.One
    for _ in range(order):
        total = _truncated(1 + total * small, g, order)
    return total


def _truncated(expression: sp.Expr, g: sp.Symbol, order: int) -> sp.Expr:
    """The terms up to g^order."""
    terms = sp.Add.make_args(reduced(expression))
    return sp.Add(*(term for term in terms if _order_of(term, g) <= order))


def _order_of(term: sp.Expr, g: sp.Symbol) -> int:
    """The exponent of g in a product of numbers and letters."""
    commuting, _ = term.args_cnc()
    return sp.degree(sp.Mul(*commuting), g) if commuting else 0
