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
    norms = []
    for i in range(form.nrows()):
        square = abs(form[i, i]) * (1 + eta)
        norms.append(square.upper().sqrt().upper())
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
    solved = M.solve(side_by_side(states.columns))
    root = arb(factor).sqrt()  # the columns of the form are sqrt(factor) w_k
    forms = []
    for w, rho, a in zip(states.columns, states.drift, blocks_of(solved, width), strict=True):
        form = adjoint(w) * a * factor
        forms.append(loosened(form, eta, rho * root))
    return forms


def form_across_lags(M: Matrix, states: States, eta: arb) -> Matrix:
    """w_k* M^-1 w_l for all pairs of lags, one enclosed (K d, K d) form."""
    w = side_by_side(states.columns)
    form = adjoint(w) * M.solve(w)
    # the drift grows with the lag
    return loosened(form, eta, states.drift[-1])
