r"""How much the rounding of the weights moves Fisher memory, enclosed.

The gradient G of a memory J is defined by dJ = Re tr G* dW. With C, P the covariances of noise and signal, X = sum_k
W*^k C^-1 W^k (the spatial memory) and Y = sum_k W*^k C^-1 P C^-1 W^k, the gradient of J_tot = tr C^-1 P is

    G = 2 (X W P - Y W C),          in continuous time  G = 2 (X P - Y C),

and that of J(k) = w_k* C^-1 w_k, w_k = W^k V, a_k = C^-1 w_k,

    G = 2 sum_{j < k} W*^{k-1-j} a_k w_j* - 2 Y_k W C,      Y_k = sum_m W*^m a_k a_k* W^m.

Several inputs have the trace of J(k) and J_tot.

What is proved: errors are norms. That of P is at most (residual / q) ||C||; that of Y is at most residual ||C|| ||X||,
since sum_k W*^k W^k <= ||C|| X. Everything else is a product of matrices that come with a bound.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from flint import acb, arb

from linmem.balls.bounded import Bounded, Enclosed, Matrix, Rounded, as_double, frobenius, trace
from linmem.balls.covariance import adjoint_series, in_time_of_network, prove_covariance
from linmem.balls.precision import escalated, first_bits
from linmem.balls.states import states_at
from linmem.balls.stein import series_by_residual


def enclose_rounding_sensitivity(
    W: np.ndarray,
    V: np.ndarray,
    Q: np.ndarray,
    lags: int = 0,
    continuous: bool = False,
    *,
    rtol: float = 1e-3,
    limit: int | None = None,
) -> Enclosed:
    """sum_ij |G_ij W_ij| over J_tot, and for each lag over J(0), enclosed: two arrays, (2,) and (lags + 1,).

    It is what a relative perturbation of every weight (of real and imaginary parts) is amplified by, to first order.
    Each array ends with a one, so that its width is relative to that at least: `rtol` is absolute for smaller numbers.
    """

    def proof(W: Matrix, V: Matrix, Q: Matrix) -> list[Rounded]:
        network = _Network(W, V, Q, continuous)
        of_total = [network.amplification(network.gradient_of_total(), network.total_memory())]
        of_lags = []
        if not continuous:
            memory = network.initial_memory()
            of_lags = [network.amplification(G, memory) for G in network.gradients_of_lags(lags)]
        return [_with_one(of_total), _with_one(of_lags)]

    return escalated(proof, (W, V, Q), rtol, limit, first_bits(W, Q, None, continuous, rtol))


class _Network:
    """The matrices of a network at the working precision, of which the gradients are made; G stands for half of it."""

    def __init__(self, W: Matrix, V: Matrix, Q: Matrix, continuous: bool):
        near = prove_covariance(W, Q, None, continuous)
        inverse = near.near.inv()
        self.near = near
        self.W = Bounded(W)
        self.V = Bounded(V)
        self.continuous = continuous
        # |C - C~| <= eta C
        self.C = Bounded(near.near, near.eta * near.largest)
        # |C^-1 - C~^-1| <= eta C~^-1
        loose = near.eta / (1 - near.eta)
        self.precision = Bounded(inverse, loose * frobenius(inverse))
        self.series_of_precision = adjoint_series(near, near.near, near.eta)
        self.X = in_time_of_network(self.series_of_precision, near)

    def total_memory(self) -> arb:
        """tr V* X V."""
        return _trace(self.V.adjoint @ self.X @ self.V)

    def initial_memory(self) -> arb:
        """J(0) = tr V* C^-1 V."""
        return _trace(self.V.adjoint @ self.precision @ self.V)

    def gradient_of_total(self) -> Bounded:
        """X W P - Y W C; in continuous time X P - Y C."""
        P = self._signal()
        Y = self._adjoint_series(self.precision @ P @ self.precision)
        X, W, C = self.X, self.W, self.C
        if self.continuous:
            return X @ P - Y @ C
        return X @ W @ P - Y @ W @ C

    def gradients_of_lags(self, lags: int) -> Iterator[Bounded]:
        """sum_{j < k} W*^{k-1-j} a_k w_j* - Y_k W C for k = 0, 1, ..., lags - 1."""
        states = states_at(self.W.mid, self.V.mid, lags, self.near.q)
        # ||r|| <= sqrt(||C||) ||r||_{C^-1}
        root = self.near.largest.sqrt()
        w = [Bounded(column, rho * root) for column, rho in zip(states.columns, states.drift, strict=True)]
        for k in range(lags):
            back = self.precision @ w[k]
            Y = self._adjoint_series(back @ back.adjoint)
            G = -(Y @ self.W @ self.C)
            for j in reversed(range(k)):
                G = G + back @ w[j].adjoint
                back = self.W.adjoint @ back
            yield G

    def amplification(self, G: Bounded, memory: arb) -> Rounded:
        """sum |G_ij W_ij| / J of the gradient 2 G, real and imaginary parts apart."""
        total = arb(0)
        for gradient, weight in zip(G.mid.entries(), self.W.mid.entries(), strict=True):
            g, w = acb(gradient), acb(weight)
            total += abs(g.real * w.real)
            total += abs(g.imag * w.imag)
        # by Cauchy and Schwarz the errors of all entries add up to ||error|| ||W||
        error = G.error * frobenius(self.W.mid)
        total += error * arb(0, 1)
        return as_double(2 * total / memory)

    def _signal(self) -> Bounded:
        """P = sum_k W^k V V* W*^k; |P - P~| <= (residual / q) C."""
        near = self.near
        entering = self.V if near.kick is None else near.kick @ self.V
        P, residual = series_by_residual(near.step, entering @ entering.adjoint)
        relative = residual / near.q
        return Bounded(P, relative * near.largest)

    def _adjoint_series(self, first: Bounded) -> Bounded:
        """sum_k W*^k F W^k; |Y - Y~| <= residual sum_k W*^k W^k <= residual ||C|| X."""
        near = self.near
        Y, residual = series_by_residual(near.step.adjoint, first)
        error = residual * near.largest * self.series_of_precision.norm
        return in_time_of_network(Bounded(Y, error), near)


def _trace(form: Bounded) -> arb:
    # each of the diagonal entries is within the error
    error = form.error * form.mid.nrows()
    return trace(form.mid) + error * arb(0, 1)


def _with_one(numbers: list[Rounded]) -> Rounded:
    pairs = np.array([*numbers, (1.0, 0.0)])
    return pairs[:, 0], pairs[:, 1]
