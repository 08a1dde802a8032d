r"""Decoding of the input, enclosed: the memory function, the memory capacity, and the mutual information.

For a signal of variance x (`snr` times the mean variance of the noise, trace Q / N) and readout noise of variance r
(`readout_noise` times the same),

    m(k) = x z_k* M^-1 z_k,    M = C + r I + x S,    I = (log det M - log det (C + r I)) / 2,

S the covariance that a signal of variance one has in the state, and z_k its covariance with the signal k steps ago. For
a white signal S = P = sum_k W^k V V* W*^k and z_k = w_k = W^k V. What is proved rests on three bounds relative to M:

* P~ has a residual E in its Stein equation, so that |P~ - P| <= (||E|| / q) C in the Loewner order, q I <= Q. With eta
  of C (`linmem.balls.covariance`), M~ is between (1 - delta) M and (1 + delta) M for delta = eta + x ||E|| / q.
* The columns w~_k drift by rho_k in the norm of C^-1 (`linmem.balls.states`), and by no more in that of M^-1, M >= C.
* |log det M - log det M~| <= N delta / (1 - delta), as each of the N eigenvalues of M^-1 M~ is within delta of one. A
  factor with ||L^-1 M~ L^-* - I|| <= a leaves as much with a in the place of delta.

A signal with autocorrelation r_0 = 1, r_1, ..., r_{m-1}, zero beyond, has

    S = H P + P H*,    H = r_0 / 2 + sum_{0 < j < m} r_j W^j,    z_k = sum_l r_|k-l| w_l.

From k = m - 1 on z_{k+1} = W z_k. The sum of these m(k) is x z* Y z, Y = sum_k W*^k M^-1 W^k, z = z_{m-1}.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
from flint import arb

from linmem.balls.bounded import (
    Bounded,
    Enclosed,
    InconclusiveError,
    Matrix,
    Rounded,
    adjoint,
    as_double,
    blocks_of,
    exact,
    frobenius,
    shifted,
    side_by_side,
    trace,
)
from linmem.balls.covariance import ProvedCovariance, adjoint_series, mean_variance, prove_covariance
from linmem.balls.fisher import stacked
from linmem.balls.forms import forms_of_lags
from linmem.balls.positive import factored
from linmem.balls.precision import escalated, first_bits
from linmem.balls.states import States, states_at
from linmem.balls.stein import geometric_sum, series_by_residual


def enclose_memory_function(
    W: np.ndarray,
    V: np.ndarray,
    Q: np.ndarray,
    lags: int,
    snr: float,
    readout_noise: float = 0.0,
    horizon: int | None = None,
    *,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """m(k), (lags, d, d), of a white signal, the memory capacity and the mutual information, enclosed."""

    def proof(W: Matrix, V: Matrix, Q: Matrix) -> list[Rounded]:
        C = prove_covariance(W, Q, horizon)
        P, distance = _white_signal(C, V)
        channel = _channel(C, P, distance, Q, snr, readout_noise)
        states = states_at(W, V, lags, C.q)
        curve = channel.memory_function(states)
        capacity = channel.sum_from(V, arb(0))
        return [stacked(curve), as_double(capacity), channel.information()]

    return escalated(proof, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, False, rtol, snr))


def enclose_memory_function_of_correlated_signal(
    W: np.ndarray,
    V: np.ndarray,
    Q: np.ndarray,
    lags: int,
    snr: float,
    readout_noise: float,
    autocovariance: np.ndarray,
    *,
    rtol: float = 1e-13,
    limit: int | None = None,
) -> Enclosed:
    """m(k), (lags, d, d), of a signal with autocorrelation `autocovariance`, its sum and the information, enclosed."""
    reach = len(autocovariance)

    def proof(W: Matrix, V: Matrix, Q: Matrix) -> list[Rounded]:
        C = prove_covariance(W, Q)
        later = _later_states(C.step, autocovariance)
        S = _correlated_signal(C, V, later, autocovariance)
        channel = _channel(C, S.mid, S.error, Q, snr, readout_noise)
        states = states_at(W, V, max(lags, reach), C.q)
        z = _signal_covariances(states, later, autocovariance, C.q)
        curve = channel.memory_function(z)
        last = reach - 1
        capacity = channel.sum_from(z.columns[last], z.drift[last])
        for form in curve[:last]:
            capacity += trace(form)
        return [stacked(curve[:lags]), as_double(capacity), channel.information()]

    return escalated(proof, (W, V, Q), rtol, limit, first_bits(W, Q, None, False, rtol, snr))


@dataclass(frozen=True, eq=False)
class _Channel:
    """Noise and signal in the state: M~ near M = C + r I + x S, (1 - delta) M <= M~ <= (1 + delta) M."""

    C: ProvedCovariance
    noise: Matrix  # C~ + r I
    M: Matrix
    delta: arb
    x: arb

    def memory_function(self, z: States) -> list[Matrix]:
        """m(k) = x z_k* M^-1 z_k, one enclosed (d, d) form a lag."""
        return forms_of_lags(self.M, z, self.delta, self.x)

    def sum_from(self, z: Matrix, drift: arb) -> arb:
        """The sum of x tr z_k* M^-1 z_k over k >= 0 for z_k = W^k z, where z is known to `drift` in the norm of C^-1.

        It is x tr z* Y z with Y = sum_k W*^k M^-1 W^k. An error e of z is at most `drift` sqrt(||C||) long, and

            |(z + e)* Y (z + e) - z* Y z| <= ||Y|| (2 ||z|| + ||e||) ||e||.
        """
        Y = adjoint_series(self.C, self.M, self.delta)
        form = Y.form(z)
        z_length = frobenius(z)
        e_length = drift * self.C.largest.sqrt()
        of_drift = Y.norm * (2 * z_length + e_length) * e_length
        # each of the d diagonal entries is within the error
        error = (form.error + of_drift) * z.ncols()
        total = trace(form.mid) + error * arb(0, 1)
        return self.x * total

    def information(self) -> Rounded:
        """(log det M - log det (C + r I)) / 2 and its error."""
        # C + r I is known at least as well as M
        error = self.M.nrows() * self.delta / (1 - self.delta)
        gain = _log_determinant(self.M) - _log_determinant(self.noise)
        gain += 2 * error * arb(0, 1)
        return as_double(gain / 2)


def _channel(C: ProvedCovariance, S: Matrix, distance: arb, Q: Matrix, snr: float, readout_noise: float) -> _Channel:
    """Signal and noise in the state, from S~ with |S~ - S| <= (distance / q) C, which a norm `distance` implies."""
    variance = mean_variance(Q)
    x = variance * arb(snr)
    r = variance * arb(readout_noise)
    delta = (C.eta + x.upper() * distance / C.q).upper()
    if not delta < 0.5:
        raise InconclusiveError("C + x P is not known well enough")
    noise = shifted(C.near, r)
    M = (noise + S * x).mid()
    return _Channel(C, noise, M, delta, x)


def _white_signal(C: ProvedCovariance, V: Matrix) -> tuple[Matrix, arb]:
    """P~ near P = sum_k W^k V V* W*^k, and e with |P~ - P| <= (e / q) C."""
    injected = Bounded(V * adjoint(V))
    if C.horizon is None:
        return series_by_residual(C.step, injected)
    P = geometric_sum(C.step, injected, C.horizon)
    return P.mid, P.error


def _later_states(W: Bounded, autocovariance: np.ndarray) -> Bounded:
    """sum_{0 < j < m} r_j W^j, by Horner's rule."""
    total = Bounded(W.mid * 0)
    for correlation in reversed(autocovariance[1:]):
        r = arb(float(correlation))
        total = W @ Bounded(shifted(total.mid, r), total.error)
    return total


def _correlated_signal(C: ProvedCovariance, V: Matrix, later: Bounded, autocovariance: np.ndarray) -> Bounded:
    """S = H P + P H*, H = r_0 / 2 + sum_{0 < j < m} r_j W^j."""
    P, residual = _white_signal(C, V)
    r_0 = arb(float(autocovariance[0]))
    H = Bounded(shifted(later.mid, r_0 / 2), later.error)
    # |P~ - P| <= (residual / q) C
    error = residual / C.q * C.largest
    product = H @ Bounded(P, error)
    return product + product.adjoint


def _signal_covariances(states: States, later: Bounded, autocovariance: np.ndarray, q: arb) -> States:
    """z_k = (r_0 + sum_{0 < j < m} r_j W^j) w_k + sum_{l < k} r_{k-l} w_l, and their drift in the norm of C^-1.

    No W^j enlarges an error of w_l in that norm, so that it is at most sum_l |r_|k-l|| <= 2 sum_j |r_j| times as large
    in z_k; what the product rounds away is divided by sqrt(q), as in `linmem.balls.states`.
    """
    count, width = len(states.columns), states.columns[0].ncols()
    w = side_by_side(states.columns)
    r = [arb(float(correlation)) for correlation in autocovariance]
    of_later = shifted(later.mid, r[0]) * w
    of_earlier = w * exact(_earlier_weights(autocovariance, count, width))
    balls = of_later + of_earlier
    z = balls.mid()
    rounding = frobenius(balls - z) + later.error * frobenius(w)
    enlarged = 2 * sum(map(abs, r), arb(0))
    drift = enlarged * states.drift[-1]
    drift = (drift + rounding / q.sqrt()).upper()
    columns = list(blocks_of(z, width))
    return States(columns, [drift] * count)


def _earlier_weights(autocovariance: np.ndarray, count: int, width: int) -> np.ndarray:
    """r_{k-l} in row l and column k > l, zero elsewhere, for every input by itself."""
    below_diagonal = np.zeros(count)
    first_row = np.zeros(count)
    reach = min(len(autocovariance), count)
    first_row[1:reach] = autocovariance[1:reach]
    weights = sl.toeplitz(below_diagonal, first_row)
    return np.kron(weights, np.eye(width))


def _log_determinant(matrix: Matrix) -> arb:
    """log det of a matrix that is proved positive: from its factor L, L^-1 M L^-* = I + F, |log det(I + F)| <= N f /
    (1 - f) for ||F|| <= f < 1.
    """
    proof = factored(matrix)
    if proof is None:
        raise InconclusiveError("C + x P is not proved positive")
    lower, distance = proof
    size = lower.nrows()
    logarithm = arb(0)
    for i in range(size):
        logarithm += 2 * abs(lower[i, i]).log()
    error = size * distance / (1 - distance)
    return logarithm + error * arb(0, 1)
