r"""Time-varying linear networks, x_t = A_t x_{t-1} + B_t s_t + z_t: the one solver of C_t = A_t C_{t-1} A_t* + Q_t.

What every measure is made of are whitened pulses, y_k = C^-1/2 Phi_k B_{t-k} with Phi_k = A_t ... A_{t-k+1}, in any
orthonormal coordinates: J_kl = y_k* y_l. They come by one of three methods, of which "products" has a file of its own,
`summed`.

"cholesky": C = L L* is formed and factorised, and Y <- Y A takes Y = L^-1 backwards in time. As sum_k Y_k Q Y_k* is the
identity for the exact C, its distance E from the identity shows what L has lost, and (1 + E)^-1 takes it back: L may be
any matrix near a factor of C.

"square-root": [A S, G] = S' [K, R] by orthogonal transformations, Q = G G*. K = S'^-1 A S is a contraction to the last
bit, b = R G^-1 B is a new pulse, and X <- [b, K X]. Nothing is solved with the ill-conditioned S. A second run with the
units in reversed order and all weights moved by ulps shows what rounding does.

Contents
--------
Path
    The steps A, B, G of a network, a chunk at a time.
Readout
    What is seen of the state at the end, y = O x + noise.
covariances
    C of every step.
Pulses
    The whitened pulses that arrive at one end, with those of other roundings.
pulses_by_cholesky, pulses_by_square_root
    The two methods for one end.
moved_pulses
    Pulses as rounding may have moved them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from linmem.gramian.step_factors import (
    inverse_factor,
    orthonormal_and_triangle,
    squared_rows,
    triangle,
    well_conditioned,
)
from linmem.linalg.blas import cholesky_lower, product, product_adjoint, solve_lower, squared_norm
from linmem.linalg.stein import ULP

CHUNK, STORED = 64, 2**18  # the most steps, and numbers, that are asked for at a time: they stay in the cache
PROBES = 8  # rows that follow the same products otherwise rounded
COPY = 1.3729  # a factor of copies, with which they round otherwise
TRUSTED = 0.1  # ||E|| up to which the correction is taken
LARGEST = 1e150  # a larger covariance overflows when it is squared

Step = tuple[np.ndarray, np.ndarray, np.ndarray | None]


@dataclass(frozen=True, eq=False)
class Path:
    """The steps of a network, whose noise has variance 1 where it is independent and equal.

    Attributes
    ----------
    chunk
        `chunk(start, stop)` is A (n, N, N), B (n, N, d) and G, (n, N, r) or (N, r), with Q = G G*; None for Q = 1.
    length, size, inputs
        T, N and d.
    dtype
        The type of whatever is computed from the steps.
    initial
        A factor of C_0, (N, r); None for a known start.
    is_regular
        Whether every Q is known to be positive definite.
    full_columns
        m where the columns of A after the first m are diagonal, in blocks of N - m rows; None: all are full.
    rounding
        How far the factors may be from the covariances that were given: Q and G G* differ by at most that times Q, and
        so do what they make of C, and J.
    """

    chunk: Callable[[int, int], tuple[np.ndarray, np.ndarray, np.ndarray | None]]
    length: int
    size: int
    inputs: int
    dtype: Any
    initial: np.ndarray | None = None
    is_regular: bool = True
    rounding: float = 0.0
    full_columns: int | None = None
    _bounded: tuple[Any, float] = (None, 0.0)  # the last G, and the bound of its least eigenvalue

    @property
    def _steps_in_chunk(self) -> int:
        return int(np.clip(STORED // self.size**2, 1, CHUNK))

    def forwards(self, stop: int) -> Iterator[Step]:
        """A_t, B_t and G_t of the first `stop` steps."""
        for start in range(0, stop, self._steps_in_chunk):
            A, B, G = self.chunk(start, min(start + self._steps_in_chunk, stop))
            for t in range(len(A)):
                yield A[t], B[t], G if G is None or G.ndim == 2 else G[t]

    def backwards(self, stop: int) -> Iterator[Step]:
        """The same from the last to the first."""
        for A, B, G in self.chunks_backwards(stop):
            for t in range(len(A)):
                yield A[t], B[t], G if G is None or G.ndim == 2 else G[t]

    def chunks_backwards(self, stop: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
        """A, B and G of some steps at a time, the latest first; G of one step where it is that of all."""
        while stop > 0:
            start = max(stop - self._steps_in_chunk, 0)
            A, B, G = self.chunk(start, stop)
            yield A[::-1], B[::-1], G if G is None or G.ndim == 2 else G[::-1]
            stop = start

    def least_noise(self, G: np.ndarray | None) -> float:
        """A lower bound of the least eigenvalue of Q = G G*; 0 where there is none."""
        if G is None:
            return 1.0
        if self._bounded[0] is not G:
            inverse = inverse_factor(G, self.size)
            object.__setattr__(self, "_bounded", (G, 0.0 if inverse is None else 1 / squared_norm(inverse)))
        return self._bounded[1]

    def units_with_noise(self, stop: int) -> np.ndarray:
        """Whether a path of weights leads to each unit from one that has noise, by the zeros of the arrays, (N,)."""
        reached = (self.start() != 0).any(axis=1)
        for A, _, G in self.forwards(stop):
            reached = (A[:, reached] != 0).any(axis=1)
            reached |= True if G is None else (G != 0).any(axis=1)
        return reached

    def start(self) -> np.ndarray:
        """The factor of C_0, (N, r); r = 0 for a known start."""
        return np.zeros((self.size, 0), self.dtype) if self.initial is None else self.initial.astype(self.dtype)

    def with_other_rounding(self, seed: int = 1) -> Path:
        """The units in reversed order, every weight of A, B and G moved by up to two ulps.

        G too: what G^-1 B loses where noise mixes units whose inputs differ by many digits is lost in any order.
        """
        rng = np.random.default_rng(seed)
        turn = slice(None, None, -1)

        def moved(array: np.ndarray) -> np.ndarray:
            return array * (1 + ULP * rng.integers(-2, 3, array.shape))

        def chunk(start: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
            A, B, G = self.chunk(start, stop)
            return moved(A)[:, turn, turn], moved(B)[:, turn], None if G is None else moved(G)[..., turn, :]

        return replace(
            self, chunk=chunk, full_columns=None, initial=None if self.initial is None else self.initial[turn]
        )


@dataclass(frozen=True, eq=False)
class Readout:
    """y = O x + noise of covariance R: O (p, N), None for the whole state; a factor of R, (p, r), None for no noise."""

    matrix: np.ndarray | None = None
    noise_factor: np.ndarray | None = None

    def of(self, columns: np.ndarray) -> np.ndarray:
        """O X."""
        return columns if self.matrix is None else product(self.matrix, columns)

    def covariance(self, C: np.ndarray) -> np.ndarray:
        """O C O* + R."""
        seen = C if self.matrix is None else product_adjoint(product(self.matrix, C), self.matrix)
        return seen if self.noise_factor is None else plus_noise(seen.copy(), self.noise_factor)

    def reversed(self) -> Readout:
        """The same of the units in reversed order."""
        return self if self.matrix is None else replace(self, matrix=self.matrix[:, ::-1])

    @property
    def is_regular(self) -> bool:
        """Whether noise of every direction of the state, or that of the readout, is in every direction of y."""
        return self.matrix is None or self.noise_factor is not None or well_conditioned(self.matrix)

    @property
    def is_whole_state(self) -> bool:
        """Whether the state itself is seen, without noise."""
        return self.matrix is None and self.noise_factor is None


@dataclass(frozen=True, eq=False)
class Pulses:
    """The whitened pulses y_k that arrive at one end, (p, K, d).

    `perturbed` are those of other roundings: how much a measure differs among them is what rounding can do to it.
    `relative_error` adds to that, relative to |y_k| |y_l| in a product.
    """

    columns: np.ndarray
    perturbed: tuple[np.ndarray, ...]
    relative_error: float
    method: str


def pulses_by_cholesky(path: Path, stop: int, lags: int, readout: Readout) -> Pulses | None:
    """The pulses of the last `lags` of `stop` steps by L of C and E; None where C has lost too many digits."""
    covariance = _covariance(path, stop)
    if covariance is None:
        return None
    C, traces = covariance
    L = cholesky_lower(np.asfortranarray(readout.covariance(C)))
    if L is None:
        return None
    return _corrected(path, stop, lags, readout, L, traces, "cholesky")


def _covariance(path: Path, stop: int) -> tuple[np.ndarray, np.ndarray] | None:
    """C after `stop` steps, and the traces of C_0, C_1, ... until then; None where it overflows."""
    traces = []
    for C in covariances(path, stop):
        traces.append(float(np.trace(C).real))
        if not traces[-1] < LARGEST:
            return None
    return C, np.array(traces)


def covariances(path: Path, stop: int) -> Iterator[np.ndarray]:
    """C_0, C_1, ..., C after `stop` steps, by their recursion: what is lost of them has no bound here."""
    initial = path.start()
    C = product_adjoint(initial, initial)
    yield C
    for A, _, G in path.forwards(stop):
        C = plus_noise(product_adjoint(product(A, C), A), G)
        yield C


def plus_noise(C: np.ndarray, G: np.ndarray | None) -> np.ndarray:
    """C + Q, in place where Q is the identity."""
    if G is None:
        C.ravel()[:: len(C) + 1] += 1
        return C
    return C + product_adjoint(G, G)


def _corrected(
    path: Path, stop: int, lags: int, readout: Readout, L: np.ndarray, traces: np.ndarray, method: str
) -> Pulses | None:
    """The pulses by Y <- Y A from Y = L^-1 O on, corrected by E; None where ||E|| is above TRUSTED.

    What is left of the sum of E before the first step that is looked at is at most ||Y||_F^2 trace C of that step.
    """
    rows = len(L)
    Y = np.ascontiguousarray(solve_lower(L, readout.of(np.eye(path.size, dtype=path.dtype))))
    sign = np.random.default_rng(0).choice([-COPY, COPY], (PROBES, rows))
    probe = product(sign, Y)  # the same rows, combined before the products and not after
    columns = np.zeros((rows, lags, path.inputs), np.result_type(Y, path.dtype))
    drift = np.zeros((lags, path.inputs))
    total, by_probe = _noise_of_readout(L, readout, sign)
    for lag, (A, B, G) in enumerate(path.backwards(stop)):
        if lag < lags:
            columns[:, lag] = Y @ B
            difference = sign @ columns[:, lag] - probe @ B
            drift[lag] = np.sqrt(np.mean(np.abs(difference) ** 2, axis=0))
        elif squared_norm(Y) * traces[stop - lag] < ULP / 4:
            break
        noisy, noisy_probe = (Y, probe) if G is None else (product(Y, G), product(probe, G))
        total += product_adjoint(noisy, noisy)
        by_probe += squared_rows(noisy_probe)
        Y, probe = product(Y, A), product(probe, A)
    else:
        noisy, noisy_probe = Y @ path.start(), probe @ path.start()
        total += noisy @ noisy.conj().T
        by_probe += squared_rows(noisy_probe)
    return _with_correction(columns, drift, total, by_probe - np.sum((sign @ total) * sign, axis=1).real, method)


def _noise_of_readout(L: np.ndarray, readout: Readout, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the noise of the readout adds to 1 + E, (p, p), and to its quadratic form in the probes."""
    if readout.noise_factor is None:
        return np.zeros((len(L), len(L)), L.dtype), np.zeros(len(sign))
    noisy = np.ascontiguousarray(solve_lower(L, readout.noise_factor.astype(L.dtype)))
    return product_adjoint(noisy, noisy), squared_rows(sign @ noisy)


def _with_correction(
    columns: np.ndarray, drift: np.ndarray, total: np.ndarray, difference: np.ndarray, method: str
) -> Pulses | None:
    """The pulses M^-1 Y B, where 1 + E = M M*; None where ||E|| is above TRUSTED."""
    E = total - np.eye(len(total))
    if not np.sqrt(squared_norm(E)) <= TRUSTED:
        return None
    M = cholesky_lower(np.asfortranarray(total))
    if M is None:
        return None
    rows, lags, inputs = columns.shape
    corrected = np.ascontiguousarray(solve_lower(M, columns.reshape(rows, lags * inputs))).reshape(columns.shape)
    # the quadratic forms of E in the probes, summed in two ways, differ by what rounding did to E
    relative = float(np.abs(difference).max()) + ULP * (8 + np.sqrt(rows))
    return Pulses(corrected, moved_pulses(corrected, drift), relative, method)


def moved_pulses(columns: np.ndarray, drift: np.ndarray) -> tuple[np.ndarray, ...]:
    """Pulses moved by their drift: along themselves, which changes their lengths, and in a random direction.

    The first are also rounded, with the units in reversed order, so that they show what rounding does to a measure.
    """
    rng = np.random.default_rng(2)
    lengths = np.sqrt(np.einsum("pki,pki->ki", columns, columns.conj()).real)
    stretch = np.divide(drift, lengths, out=np.zeros_like(drift), where=lengths > 0)
    signs = rng.choice([-1.0, 1.0], drift.shape)
    direction = rng.standard_normal(columns.shape) / np.sqrt(len(columns))
    rounded = (columns * (1 + ULP * rng.integers(-1, 2, columns.shape)))[::-1]
    return rounded * (1 + signs * stretch), columns + drift * direction


def pulses_by_square_root(path: Path, stop: int, lags: int, readout: Readout) -> Pulses | None:
    """The same by contractions, where every direction has noise at every step; else by a triangular factor of C.

    None where the state overflows, or C is singular to rounding.
    """
    columns = _contracted(path, stop, lags, readout)
    if columns is None:
        factored = factor_of_covariance(path, stop)
        if factored is None:
            return None
        S, traces = factored
        L = triangle(stacked(readout.of(S), readout.noise_factor)).conj().T
        if not well_conditioned(L):
            return None
        return _corrected(path, stop, lags, readout, np.asfortranarray(L), traces, "square-root")
    # two, since one may by chance lose what `columns` lose
    runs = [_contracted(path.with_other_rounding(seed), stop, lags, readout.reversed()) for seed in (1, 2)]
    others = tuple(run for run in runs if run is not None)
    if len(others) < len(runs):
        return None
    return Pulses(columns, others, ULP * (8 + np.sqrt(path.size)), "square-root")


def _contracted(path: Path, stop: int, lags: int, readout: Readout) -> np.ndarray | None:
    """The whitened pulses, (p, K, d), without a solve by S; None where a noise is singular, or S overflows."""
    d = path.inputs
    X: Any = None
    for S, K, b in contractions(path, stop):
        if S is None:
            return None
        X = b if X is None else np.concatenate([b, product(K, X[:, : (lags - 1) * d])], axis=1)
    if not readout.is_whole_state:
        if not readout.is_regular:
            return None
        Z, _ = orthonormal_and_triangle(stacked(readout.of(S.conj().T), readout.noise_factor))
        X = product(Z[: path.size].conj().T, X)
    return X.reshape(len(X), lags, d)


def contractions(path: Path, stop: int) -> Iterator[tuple[Any, Any, Any]]:
    """S, K and b of each step, with C = S* S, K = S^-* A S_before* and b = S^-* B; (None, None, None) at the last.

    It is the last where G has no inverse or S overflows.
    """
    S = triangle(path.start().conj().T)
    known: tuple[Any, Any] = (None, None)
    for A, B, G in path.forwards(stop):
        if G is not known[0] or known[1] is None:
            known = G, inverse_factor(G, path.size)
        inverse = known[1]
        rows = np.vstack([product_adjoint(S, A), np.eye(path.size) if G is None else G.conj().T])
        if inverse is None or not np.isfinite(rows).all():
            yield None, None, None
            return
        before = len(S)
        Z, S = orthonormal_and_triangle(rows)
        b = product(Z[before:].conj().T, B if G is None else product(inverse, B))
        yield S, Z[:before].conj().T, b.astype(path.dtype, copy=False)


def factor_of_covariance(path: Path, stop: int) -> tuple[np.ndarray, np.ndarray] | None:
    """S, (N, N), with C = S S*, and the traces of C_0, C_1, ...; None where S overflows. Noise may be singular."""
    S = path.start()
    traces = [squared_norm(S)]
    for A, _, G in path.forwards(stop):
        rows = np.vstack([product(A, S).conj().T, np.eye(path.size) if G is None else G.conj().T])
        if not np.isfinite(rows).all():
            return None
        S = triangle(rows).conj().T
        traces.append(squared_norm(S))
    return S, np.array(traces)


def stacked(S: np.ndarray, noise_factor: np.ndarray | None) -> np.ndarray:
    """Rows whose Gram matrix is the covariance of what is read, [(O S)*; R^1/2*]."""
    rows = S.conj().T
    return rows if noise_factor is None else np.vstack([rows, noise_factor.conj().T])
