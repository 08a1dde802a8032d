r"""How much rounding the weights moves Fisher memory, enclosed.

Conventions
-----------
dJ = Re tr G* dW. With C, P the covariances of noise and signal, X = sum_k W*^k C^-1 W^k and Y = sum_k W*^k C^-1 P C^-1
W^k the gradient of J_tot = tr C^-1 P is

    G = 2 (X W P - Y W C),          in continuous time  G = 2 (X P - Y C),

and of J(k) = w_k* C^-1 w_k, w_k = W^k V, a_k = C^-1 w_k,

    G = 2 sum_{j < k} W*^{k-1-j} a_k w_j* - 2 Y_k W C,      Y_k = sum_m W*^m a_k a_k* W^m.

Errors are norms: of P at most (residual / q) ||C||, of Y at most residual ||C|| ||X||, since sum_k W*^k W^k <= ||C|| X;
everything else is a product of matrices that come with a bound.
"""

from __future__ import annotations

import numpy as np
from flint import acb, arb, ctx

from linmem.balls.bounded import (
    Bounded,
    Enclosed,
    cayley,
    frobenius,
    series_by_residual,
)
from linmem.balls.fisher import LIMIT_BITS, covariance_of, escalated, first_bits, propagated, spatial_of


def enclose_rounding_sensitivity(W, V, Q, lags=0, continuous=False, *, rtol=1e-3, limit=LIMIT_BITS) -> Enclosed:
    """sum_ij |G_ij W_ij| over J_tot, and for each lag over J(0), (lags,): what a relative perturbation of every weight
    (of real and imaginary parts) is amplified by, to first order. To `rtol`, or to that absolutely where it is below 1.

    Traces, for several inputs.
    """

    def at_working_precision(A, V, source):
        step, injected, kick = cayley(A, source) if continuous else (A, source, None)
        C, q, eta = covariance_of(step, injected, None)
        largest = (2 * frobenius(C.mid)).upper()  # of C, as eta < 1/2
        known = Bounded(C.mid, eta * largest)
        inverse = C.mid.inv()
        precision = Bounded(inverse, eta / (1 - eta) * frobenius(inverse))
        unkicked = spatial_of(step, C, eta, None, None)

        def accumulated(seen: Bounded) -> Bounded:
            Y, residual = series_by_residual(step.adjoint, seen)
            found = Bounded(Y, residual * largest * unkicked.norm)
            return found if kick is None else kick.adjoint @ found @ kick

        entering = Bounded(V) if kick is None else kick @ Bounded(V)
        covered, residual = series_by_residual(step, entering @ entering.adjoint)
        P = Bounded(covered, residual / q * largest)
        X = unkicked if kick is None else kick.adjoint @ unkicked @ kick
        Y = accumulated(precision @ P @ precision)
        G = _less(X @ P, Y @ known) if continuous else _less(X @ A @ P, Y @ A @ known)
        found = [_condition(G, A, _trace(Bounded(V).adjoint @ X @ Bounded(V)))]
        columns, drift = ([], []) if continuous else propagated(A.mid, V, lags, q)
        states = [Bounded(w, rho * largest.sqrt()) for w, rho in zip(columns, drift, strict=True)]
        for k, state in enumerate(states):
            back = precision @ state
            G = accumulated(back @ back.adjoint) @ A @ known
            G = Bounded(G.mid * -1, G.error)
            for j in reversed(range(k)):
                G = G + back @ states[j].adjoint
                back = A.adjoint @ back
            found.append(_condition(G, A, _trace(states[0].adjoint @ precision @ states[0])))
        values, errors = zip(*map(_double, found), strict=True)
        one = [1.0], [0.0]  # beside each, so that its width is relative to that at least
        return (
            (np.array([values[0], *one[0]]), np.array([*values[1:], *one[0]])),
            (np.array([errors[0], *one[1]]), np.array([*errors[1:], *one[1]])),
        )

    return escalated(at_working_precision, (W, V, Q), rtol, limit, first_bits(W, Q, None, continuous, rtol))


def _less(first: Bounded, second: Bounded) -> Bounded:
    return Bounded(first.mid - second.mid, first.error + second.error)


def _condition(half: Bounded, W: Bounded, memory: arb) -> arb:
    """sum |G_ij W_ij| / J of G = 2 `half`, real and imaginary parts apart."""
    total, around = arb(0), arb(0, 1)
    for g, w in zip(half.mid.entries(), W.mid.entries(), strict=True):
        total += abs(acb(g).real * acb(w).real) + abs(acb(g).imag * acb(w).imag)
    return 2 * (total + half.error * frobenius(W.mid) * around) / memory


def _trace(form: Bounded) -> arb:
    total = sum((acb(form.mid[i, i]).real for i in range(form.mid.nrows())), arb(0))
    return total + form.error * form.mid.nrows() * arb(0, 1)


def _double(ball: arb) -> tuple[float, float]:
    value = float(ball.mid())
    return value, float(np.nextafter(float(abs(ball - value).upper()), np.inf)) if ctx.prec else np.inf
