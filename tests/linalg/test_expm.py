"""The matrix exponential against mpmath's, which sums a series in higher precision."""

import mpmath
import numpy as np
import pytest

from linmem.linalg.expm import exponential


def balanced_leaky_chain(n, weight):
    """The generator on which SciPy 1.17 is wrong in the fourth digit: lower triangular, in input-normal coordinates."""
    import scipy.linalg as sl

    A = -np.eye(n) + weight * np.diag(np.ones(n - 1), -1)
    L = np.linalg.cholesky(sl.solve_continuous_lyapunov(A, -np.eye(n)))
    return sl.solve_triangular(L, A @ L, lower=True)


@pytest.mark.parametrize("time", [0.01, 0.6, 6.0, 40.0])
@pytest.mark.parametrize("A", [balanced_leaky_chain(8, 0.5), np.array([[-1.0]]), np.diag([-1 + 3j, -2.0, 0.0])])
def test_against_higher_precision(A, time):
    with mpmath.workdps(40):
        truth = mpmath.expm(mpmath.matrix((A * time).tolist()), method="taylor")
        expected = np.array(truth.tolist(), dtype=complex)
    # a contraction: each squaring rounds by a few ulps of norms of at most one
    assert abs(exponential(A * time) - expected).max() < 2e-15 * (8 + 4 * np.log2(1 + time))
