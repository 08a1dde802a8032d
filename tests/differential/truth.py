"""The truth about a network: every quantity from its definition, in ball arithmetic at the current precision.

It imports nothing of the package. Results are arrays of balls (`flint.acb`), or of `Threshold`s for numbers that are
known by comparisons. Equations are those of the public docstrings.
"""

from functools import cached_property

import numpy as np
from flint import acb, acb_mat, arb, fmpz_mat

from tests.differential import balls
from tests.differential.balls import entries, exact, identity, inverse, power_sum, powers, star, trace

ROUNDING = arb(2) ** -53


class Memory:
    """The quantities of h = W h + V s + z over a horizon (None: all steps); W, V, Q are arrays of doubles.

    `transformed` replaces W, V, Q by balls, for a network that is not one of doubles.
    """

    def __init__(self, W, V, Q, horizon=None, transformed=None):
        self.doubles = W, V, Q
        self.W, self.V, self.Q = transformed or (exact(W), None if V is None else exact(V), exact(Q))
        self.horizon = horizon
        self.n = self.W.nrows()

    @cached_property
    def eps(self):
        return trace(self.Q) / self.n

    @cached_property
    def C(self):
        return power_sum(self.W, self.Q, self.horizon)

    @cached_property
    def P(self):
        """The covariance of the state for a white signal of variance one."""
        return power_sum(self.W, self.V * star(self.V), self.horizon)

    @cached_property
    def precision(self):
        return inverse(self.C)

    def precision_with(self, readout_noise):
        """(C + r eps)^-1."""
        return inverse(self.C + identity(self.n) * (self.eps * arb(readout_noise))) if readout_noise else self.precision

    def responses(self, lags):
        """W^k V."""
        return powers(self.W, self.V, lags)

    # Fisher memory

    def curve(self, lags):
        return np.array([entries(star(w) * self.precision * w) for w in self.responses(lags)])

    def matrix(self, lags):
        w = self.responses(lags)
        half = [self.precision * x for x in w]
        return np.array([[entries(star(x) * y) for y in half] for x in w])

    @cached_property
    def spatial_balls(self):
        return power_sum(star(self.W), self.precision, self.horizon)

    def spatial(self):
        return entries(self.spatial_balls)

    def total(self):
        return entries(star(self.V) * self.spatial_balls * self.V)

    def covariance(self):
        return entries(self.C)

    def factor(self):
        """S with C = S* S, upper triangular."""
        L = [[acb(0)] * self.n for _ in range(self.n)]
        rows = self.C.tolist()
        for k in range(self.n):
            pivot = rows[k][k].real
            if not pivot > 0:
                raise balls.UndecidedError
            L[k][k] = acb(pivot.sqrt())
            for i in range(k + 1, self.n):
                L[i][k] = rows[i][k] / L[k][k]
                for j in range(k + 1, i + 1):
                    rows[i][j] -= L[i][k] * L[j][k].conjugate()
        return entries(star(acb_mat(L)))

    def amplification(self, lags):
        return np.array([[norm_of_column(w, j) for j in range(w.ncols())] for w in self.responses(lags)])

    # decoding

    def memory_function(self, lags, snr, readout_noise=0.0, autocovariance=None):
        """m(k), (K, d, d), the capacity and the information, from x = snr eps and the autocovariance r_j / r_0."""
        x = self.eps * arb(snr)
        if autocovariance is None:
            signal, seen, rest = self.P, self.responses(lags), None
        else:
            signal, seen, rest = self._correlated(lags, autocovariance)
        noise = inverse(self.precision_with(readout_noise)) if readout_noise else self.C
        whole = inverse(noise + signal * x)
        values = np.array([entries(star(c) * whole * c * x) for c in seen])
        if rest is None:
            capacity = trace(whole * signal * x)
        else:  # the lags of `rest` and those before
            known, last = rest
            tail = power_sum(star(self.W), whole)
            capacity = sum((trace(star(c) * whole * c) for c in known), acb(0)) + trace(star(last) * tail * last)
            capacity *= x
        information = (identity(self.n) + self.precision_with(readout_noise) * signal * x).det().real.log() / 2
        return values, np.array(capacity), np.array(information)

    def _correlated(self, lags, autocovariance):
        """The covariance of the state, cov(h, s_{t-k}) for the lags asked, and what the sum over all lags needs."""
        r = [arb(float(x)) / arb(float(autocovariance[0])) for x in autocovariance]
        reach = len(r) - 1
        w = self.responses(max(lags, reach + 1) + reach)

        def seen(k):
            return sum((w[lag] * r[abs(lag - k)] for lag in range(max(0, k - reach), k + reach + 1)), self.V * 0)

        # E h h* = sum_j r_j (W^j P + (W^j P)*)
        shifted = powers(self.W, self.P, reach + 1)
        signal = sum((M * x + star(M * x) for M, x in zip(shifted[1:], r[1:], strict=True)), self.P)
        return signal, [seen(k) for k in range(lags)], ([seen(k) for k in range(reach)], seen(reach))

    def snr_curve(self, lags, snr, readout_noise=0.0):
        precision, x = self.precision_with(readout_noise), self.eps * arb(snr)
        return np.array([trace(star(w) * precision * w) * x for w in self.responses(lags)])

    def nuisance_information(self, lags, readout_noise=0.0):
        """(K, d): what is left of each w_k beside those of all other lags and inputs; exactly 0 where it is in their
        span.
        """
        precision = self.precision_with(readout_noise)
        columns = self._exact_responses(lags)
        d = self.V.ncols()
        vectors = [column_of(w, j) for w in self.responses(lags) for j in range(d)]
        result = [self._beside_others(i, columns, vectors, precision) for i in range(len(vectors))]
        return np.array(result).reshape(lags, d)

    def _beside_others(self, i, columns, vectors, precision):
        def rank(places):
            # a complex column stands as two real ones
            return balls.exact_rank([columns[m] for m in places]) // columns[0].ncols()

        others = [j for j in range(len(vectors)) if j != i]
        kept = []
        for j in others:
            if rank([*kept, j]) > len(kept):
                kept.append(j)
            if len(kept) == self.n:
                return acb(0)
        if rank([*kept, i]) == len(kept):
            return acb(0)
        w = vectors[i]
        information = star(w) * precision * w
        if kept:
            B = side_by_side([vectors[j] for j in kept])
            cross = star(B) * precision * w
            information = information - star(cross) * inverse(star(B) * precision * B) * cross
        return information[0, 0]

    def _exact_responses(self, lags):
        """W^k V, a column of integers for every lag and input, each but for a factor."""
        W, V, _ = self.doubles
        A, _ = balls.integer_matrix(W)
        if np.iscomplexobj(V) and not np.iscomplexobj(W):
            A, _ = balls.integer_matrix(np.asarray(W, complex))
        V = np.asarray(V).reshape(self.n, -1)
        both = np.iscomplexobj(W) or np.iscomplexobj(V)
        result = []
        first, _ = balls.integer_matrix(V.astype(complex) if both else V)
        for w in powers_of_integers(A, first, lags):
            table = w.tolist()
            half = w.ncols() // 2
            for j in range(half if both else w.ncols()):
                picked = [[row[j], row[half + j]] if both else [row[j]] for row in table]
                result.append(fmpz_mat(picked))
        return result

    def noiseless(self, lags):
        """m(k) without noise, w_k* P^-1 w_k on what the input reaches, and its dimension, which is exact."""
        columns = self._exact_responses(self.n + 1)
        per_vector = columns[0].ncols()
        rank = balls.exact_rank(columns) // per_vector
        if rank == 0:
            return np.array([acb(0)] * lags), np.array(acb(0))
        K = side_by_side(self.responses(rank))  # a basis of what is reached
        last = self.W * column_of(K, rank - 1)
        gram = star(K) * K
        coefficients = inverse(gram) * (star(K) * last)
        companion = [[acb(int(i == j + 1)) for j in range(rank)] for i in range(rank)]
        for i in range(rank):
            companion[i][rank - 1] = coefficients[i, 0]
        reached = Memory(None, None, None, None, (acb_mat(companion), unit(rank), identity(rank)))
        precision = inverse(reached.P)
        values = [(star(w) * precision * w)[0, 0] for w in reached.responses(lags)]
        return np.array(values), np.array(acb(rank))

    def best_input(self):
        """The eigenvector of the largest eigenvalue of J^s, approximate; None where that is a multiple one."""
        values, vectors = self.spatial_balls.eig(right=True, algorithm="approx")
        order = sorted(range(self.n), key=lambda i: float(values[i].real.mid()))
        top = order[-1]
        if self.n > 1 and abs(values[top] - values[order[-2]]).mid() < abs(values[top]).mid() * arb(1e-30):
            return None
        v = column_of(vectors, top)
        v = (v * (1 / balls.frobenius(v))).mid()
        if not balls.frobenius(self.spatial_balls * v - v * values[top]) < abs(values[top]) * arb(1e-60):
            raise balls.UndecidedError
        return v

    # non-linear units

    def mean_field_of_erf(self, snr):
        """Fixed point of S = W E[h h'] W' + x V V' + Q with h = erf(u), u of covariance S: gains and covariances."""
        drive = self.Q + self.V * star(self.V) * (self.eps * arb(snr))
        S = drive
        for _ in range(2000):
            after = (self.W * covariance_of_erf(S) * star(self.W) + drive).mid()
            # by entry, as the inputs to units may be of very different sizes
            change, size = after - S, [abs(after[i, i]).sqrt() * arb(1e-20) for i in range(self.n)]
            settled = all(abs(change[i, j]) < size[i] * size[j] for i in range(self.n) for j in range(self.n))
            S = after
            if settled:
                break
        else:
            raise balls.UndecidedError
        gains = [2 / (arb.pi() * (1 + 2 * S[i, i].real)).sqrt() for i in range(self.n)]
        G = acb_mat([[gains[i] if i == j else 0 for j in range(self.n)] for i in range(self.n)])
        residual = covariance_of_erf(S) - G * S * G
        noise = trace(G * self.Q * G + residual).real / self.n
        return {
            "gains": np.array([acb(gain) for gain in gains]),
            "means": np.array([acb(0)] * self.n),
            "variances": np.array([S[i, i] for i in range(self.n)]),
            "residual": entries(residual),
            "snr": acb(self.eps.real * arb(snr) / noise),
        }

    # sensitivity

    def rounding_sensitivity(self, lags):
        """Of the total, relative to it, and of J(k), relative to J(0)."""
        precision, W = self.precision, self.W
        X = self.spatial_balls  # X = W* X W + C^-1
        Y = power_sum(star(W), precision * self.P * precision)
        gradient = (X * W * self.P - Y * W * self.C) * 2
        total = trace(star(self.V) * X * self.V).real
        curve = [trace(star(w) * precision * w).real for w in self.responses(max(lags, 1))]
        each = [self._moved(self._gradient_of_lag(k)) / curve[0] for k in range(lags)]
        return np.array([acb(self._moved(gradient) / total)]), np.array([acb(x) for x in each], object)

    def _gradient_of_lag(self, k):
        """dJ(k)/dW = 2 (sum_j W*^(k-1-j) y w_j* - Y W C), y = C^-1 w_k, Y = W* Y W + y y*."""
        w = self.responses(k + 1)
        y = self.precision * w[k]
        back = powers(star(self.W), y, k + 1)
        Y = power_sum(star(self.W), y * star(y))
        gradient = Y * self.W * self.C * (-2)
        for j in range(k):
            gradient = gradient + back[k - 1 - j] * star(w[j]) * 2
        return gradient

    def _moved(self, gradient):
        """2^-53 sum |G_ij W_ij|, real and imaginary parts each for itself."""
        moved = arb(0)
        for G, W in zip(gradient.entries(), self.W.entries(), strict=True):
            moved += abs(G.real * W.real) + abs(G.imag * W.imag)
        return moved * ROUNDING


def covariance_of_erf(S):
    """E erf(u_i) erf(u_j) = 2 / pi asin(2 S_ij / sqrt((1 + 2 S_ii) (1 + 2 S_jj)))."""
    n = S.nrows()
    lengths = [(1 + 2 * S[i, i].real).sqrt() for i in range(n)]
    return acb_mat(
        [[2 / arb.pi() * (2 * S[i, j].real / (lengths[i] * lengths[j])).asin() for j in range(n)] for i in range(n)]
    )


def unit(n):
    return acb_mat([[int(i == 0)] for i in range(n)])


def side_by_side(matrices):
    tables = [M.tolist() for M in matrices]
    return acb_mat([[x for table in tables for x in table[i]] for i in range(len(tables[0]))])


def column_of(M, j):
    return acb_mat([[row[j]] for row in M.tolist()])


def norm_of_column(M, j):
    return acb(balls.frobenius(column_of(M, j)))


def powers_of_integers(A, first, count):
    result = [first]
    for _ in range(count - 1):
        result.append(A * result[-1])
    return result


class ContinuousMemory:
    """The quantities of dx = (A x + V s) dt + dB, by Cayley's transform to discrete time, which keeps C."""

    def __init__(self, A, V, Q):
        self.A, self.V, self.Q = exact(A), None if V is None else exact(V), exact(Q)
        self.n = self.A.nrows()

    def _lyapunov(self, A, M):
        """X with A X + X A* + M = 0, M >= 0."""
        h = 2 / balls.frobenius(A).mid() if balls.frobenius(A) > 0 else arb(1)
        resolvent = inverse(identity(self.n) - A * (h / 2))
        W = resolvent * (identity(self.n) + A * (h / 2))
        return power_sum(W, resolvent * M * star(resolvent) * h)

    @cached_property
    def C(self):
        return self._lyapunov(self.A, self.Q)

    @cached_property
    def precision(self):
        return inverse(self.C)

    @cached_property
    def spatial_balls(self):
        return self._lyapunov(star(self.A), self.precision)

    def covariance(self):
        return entries(self.C)

    def spatial(self):
        return entries(self.spatial_balls)

    def total(self):
        return entries(star(self.V) * self.spatial_balls * self.V)

    def curve(self, times):
        w = [(self.A * arb(float(t))).exp() * self.V for t in times]
        return np.array([entries(star(x) * self.precision * x) for x in w])

    def rounding_sensitivity(self):
        """2^-53 sum |G_ij A_ij| / J_tot, G = 2 (X P - Y C)."""
        P = self._lyapunov(self.A, self.V * star(self.V))
        Y = self._lyapunov(star(self.A), self.precision * P * self.precision)
        gradient = (self.spatial_balls * P - Y * self.C) * 2
        moved = arb(0)
        for G, A in zip(gradient.entries(), self.A.entries(), strict=True):
            moved += abs(G.real * A.real) + abs(G.imag * A.imag)
        return np.array([acb(moved * ROUNDING / trace(star(self.V) * self.spatial_balls * self.V).real)])

    def discretised(self, dt, method):
        """W and Q of the network that is seen at times 0, dt, 2 dt, ..."""
        dt = arb(dt)
        if method == "bilinear":
            resolvent = inverse(identity(self.n) - self.A * (dt / 2))
            W = resolvent * (identity(self.n) + self.A * (dt / 2))
            return entries(W), entries(resolvent * self.Q * star(resolvent) * dt)
        # Van Loan: exp([[-A, Q], [0, A*]] dt) = [[., F], [0, e^(A* dt)]], Q_dt = e^(A dt) F
        n = self.n
        zero = self.Q * 0
        left = side_by_side([self.A * (-dt), self.Q * dt]).tolist()
        right = side_by_side([zero, star(self.A) * dt]).tolist()
        whole = acb_mat(left + right).exp().tolist()
        F = acb_mat([row[n:] for row in whole[:n]])
        W = star(acb_mat([row[n:] for row in whole[n:]]))
        return entries(W), entries(W * F)
