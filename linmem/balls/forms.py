r"""Hermitian forms x* M^-1 y, enclosed from those of an approximation M~ and of approximate columns.

Two errors are bounded, each relative to the form itself, so that no condition number enters.

* If (1 - eta) M <= M~ <= (1 + eta) M, then M^-1 lies between (1 - eta) M~^-1 and (1 + eta) M~^-1, hence

      |x* (M^-1 - M~^-1) y| <= eta sqrt(J~_x J~_y),    J~_x = x* M~^-1 x.

* If x~ is within rho of x in the norm of M^-1, and y~ of y, then by the triangle inequality

      |x* M^-1 y - x~* M^-1 y~| <= rho (||x~|| + ||y~|| + rho),    ||x~||^2 <= (1 + eta) J~_x.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from linmem.balls.bounded import Matrix, adjoint, around_zero, blocks_of, side_by_side
from linmem.balls.states import States


def loosened(form: Matrix, eta: arb, rho: arb) -> Matrix:
    """A Hermitian form x~* M~^-1 y~ with room for both errors in every entry."""
    norms = [(abs(form[i, i]) * (1 + eta)).upper().sqrt().upper() for i in range(form.nrows())]
    unit = around_zero(form)
    table = form.tolist()
    for x_norm, row in zip(norms, table, strict=True):
        for j, y_norm in enumerate(norms):
            of_matrix = eta * x_norm * y_norm
            of_columns = rho * (x_norm + y_norm + rho)
            row[j] += (of_matrix + of_columns) * unit
    return type(form)(table)


def forms_of_lags(M: Matrix, states: States, eta: arb, factor: Any = 1) -> list[Matrix]:
    """factor w_k* M^-1 w_k, one enclosed (d, d) form a lag, by one solve. M >= C, in whose norm the drift is known."""
    width = states.columns[0].ncols()
    solved = blocks_of(M.solve(side_by_side(states.columns)), width)
    root = arb(factor).sqrt()  # the columns of the form are sqrt(factor) w_k
    return [
        loosened(adjoint(w) * precise * factor, eta, rho * root)
        for w, precise, rho in zip(states.columns, solved, states.drift, strict=True)
    ]


def form_across_lags(M: Matrix, states: States, eta: arb) -> Matrix:
    """w_k* M^-1 w_l for all pairs of lags, one enclosed (K d, K d) form."""
    joined = side_by_side(states.columns)
    return loosened(adjoint(joined) * M.solve(joined), eta, states.drift[-1])
