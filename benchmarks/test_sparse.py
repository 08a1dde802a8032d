"""Fisher memory curves of sparse networks without a dense matrix: cost against N, against non-zeros, and threads.

The dense computation is timed beside them where it fits into memory. Nothing here passes or fails by its time.
"""

import numpy as np
import pytest
import scipy.sparse as sparse

import linmem as lm
from linmem.gramian.matrix_free import MatrixFreeGramian
from linmem.gramian.request import Request
from linmem.gramian.sparse_operator import Operator
from linmem.kernels.threads import hold_threads

LAGS = 50
RTOL = 1e-6


def random_sparse(n, per_row, radius=0.9, seed=0):
    """Independent Gaussian weights at random places; the radius is that of the circular law, or slightly more."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, n, (2, n * per_row))
    W = sparse.csr_array((rng.standard_normal(n * per_row) * radius / per_row**0.5, tuple(places)), (n, n))
    v = rng.standard_normal(n)
    return W, v / np.linalg.norm(v)


def curve(W, v):
    request = Request(lm.LinearNetwork(W, v), v[:, None], LAGS, rtol=RTOL)
    answer = MatrixFreeGramian.of(request).fisher_memory_curve(request)
    assert answer.relative_error <= RTOL
    return answer.numbers[0][:, 0, 0]


def timed(benchmark, group, function, rounds=1):
    benchmark.group = group
    return benchmark.pedantic(function, rounds=rounds, warmup_rounds=0)


@pytest.mark.parametrize("peer", ["linmem", "linmem, dense"])
@pytest.mark.parametrize("n", [1000, 2000, 4000])
def test_against_dense(benchmark, n, peer):
    W, v = random_sparse(n, 10, 0.7)
    net = lm.LinearNetwork(W.toarray(), v)
    run = {
        "linmem": lambda: curve(W, v),
        "linmem, dense": lambda: lm.fisher_memory_curve(net, LAGS, rtol=RTOL).values,
    }[peer]
    timed(benchmark, f"sparse, N = {n}, 10 N weights, {LAGS} lags", run)


@pytest.mark.parametrize(("n", "per_row"), [(10_000, 10), (10_000, 40), (40_000, 10), (100_000, 10)])
def test_large(benchmark, n, per_row):
    W, v = random_sparse(n, per_row)
    benchmark.extra_info["nonzeros"] = W.nnz
    timed(benchmark, f"sparse, N = {n}, {per_row} N weights, {LAGS} lags", lambda: curve(W, v))


@pytest.mark.parametrize("radius", [0.5, 0.7, 0.9])
def test_radius(benchmark, radius):
    """The series, the lags and the steps of conjugate gradients all grow as the radius nears one."""
    W, v = random_sparse(10_000, 10, radius)
    timed(benchmark, f"sparse, N = 10000, radius {radius}, {LAGS} lags", lambda: curve(W, v))


@pytest.mark.parametrize("peer", ["linmem", "scipy.sparse"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product(benchmark, peer, dtype):
    W = random_sparse(100_000, 10)[0].astype(dtype)
    X = np.random.default_rng(1).standard_normal((W.shape[0], 64)).astype(dtype)
    operator = Operator.of(W)
    run = {"scipy.sparse": lambda: W @ X, "linmem": lambda: operator.forward(X)}[peer]
    found = timed(benchmark, f"10^6 weights times 64 columns, {np.dtype(dtype).name}", run, rounds=10)
    assert np.abs(found - W @ X).max() < 1e4 * np.finfo(dtype).eps


@pytest.mark.parametrize("peer", ["linmem", "linmem, one thread"])
def test_threads(benchmark, peer):
    """Ten terms of the covariance of 96 columns, in blocks of columns that run side by side."""
    operator = Operator.of(random_sparse(10_000, 10)[0])
    X = np.random.default_rng(1).standard_normal((10_000, 96))
    before = hold_threads(1)
    hold_threads(1 if peer.endswith("one thread") else before)
    timed(benchmark, "ten terms of C times 96 columns, N = 10000", lambda: operator.covariance(X, 10), rounds=5)
    hold_threads(before)
