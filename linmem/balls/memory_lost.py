r"""The Fisher memory that is lost from each lag to the next, enclosed.

What is proved, for the stored doubles of W (N, N), V (N, d) and Q (N, N) taken as exact:

* By the push-through identity J(k) - J(k + 1) = w_k* M^-1 w_k, w_k = W^k V, M = C + C W* Q^-1 W C.
* C lies within eta / (1 - eta) ||C~|| (Frobenius) of the matrix C~ of `linmem.balls.covariance`, and M is computed from
  C~ with a bound e of its error. As M >= C >= q I, (1 - delta) M <= M~ <= (1 + delta) M with delta = e / q.
* The drift of w_k is known in the norm of C^-1, and is no larger in that of M^-1.

This is another route to the differences of a Fisher memory curve than the curve itself.
"""

from __future__ import annotations

import numpy as np
from flint import arb

from linmem.balls.bounded import Bounded, Enclosed, InconclusiveError, Matrix, Rounded, frobenius
from linmem.balls.covariance import ProvedCovariance, prove_covariance
from linmem.balls.fisher import stacked
from linmem.balls.forms import forms_of_lags
from linmem.balls.precision import escalated, first_bits
from linmem.balls.states import states_at


def enclose_memory_lost(
    W: np.ndarray,
    V: np.ndarray,
    Q: np.ndarray,
    lags: int,
    *,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """V* W*^k M^-1 W^k V, (K, d, d), M = C + C W* Q^-1 W C, enclosed: J(k) - J(k + 1) of a stationary curve."""

    def proof(W: Matrix, V: Matrix, Q: Matrix) -> list[Rounded]:
        C = prove_covariance(W, Q)
        M, delta = _noise_and_what_it_hides(C, Q)
        states = states_at(W, V, lags, C.q)
        return [stacked(forms_of_lags(M, states, delta))]

    return escalated(proof, (W, V, Q), rtol, limit, first_bits(W, Q, None, False, rtol))


def _noise_and_what_it_hides(C: ProvedCovariance, Q: Matrix) -> tuple[Matrix, arb]:
    """M~ near M = C + C W* Q^-1 W C, and delta."""
    covariance = Bounded(C.near, C.eta / (1 - C.eta) * frobenius(C.near))
    later = C.step @ covariance
    M = covariance + later.adjoint @ Bounded(Q.inv()) @ later
    delta = (M.error / C.q).upper()
    if not delta < 0.5:
        raise InconclusiveError("C + C W* Q^-1 W C is not known well enough")
    return M.mid, delta
