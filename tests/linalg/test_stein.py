"""The sums of the Stein equation against sums term by term."""

import numpy as np
import pytest

from linmem.linalg.stein import accumulate, accumulate_factor


def added_up(A, Q, terms):
    """sum_{k < terms} A^k Q A^k*, one term after the other."""
    total, term = np.zeros_like(Q @ A), Q
    for _ in range(terms):
        total = total + term
        term = A @ term @ A.conj().T
    return total


@pytest.mark.parametrize("terms", [1, 2, 3, 7, 64, 100, 1023])
@pytest.mark.parametrize("kind", ["real", "complex", "nilpotent"])
def test_a_number_of_terms_is_their_sum(kind, terms):
    rng = np.random.default_rng(terms)
    A = {
        "real": rng.standard_normal((5, 5)) / 3,
        "complex": (rng.standard_normal((5, 5)) + 1j * rng.standard_normal((5, 5))) / 5,
        "nilpotent": np.diag(np.full(4, 1.5), -1),
    }[kind]
    factor = rng.standard_normal(A.shape)
    for Q in (None, factor @ factor.T):
        expected = added_up(A, np.eye(len(A)) if Q is None else Q, terms)
        computed = accumulate(A, Q, terms)[0]
        # products of positive terms: an ulp of the largest entry for each unit and each doubling
        assert np.abs(computed - expected).max() <= 1e-13 * len(A) * np.abs(expected).max()
        S = accumulate_factor(A, np.eye(len(A)) if Q is None else factor, terms)[0]
        assert np.abs(S.conj().T @ S - expected).max() <= 1e-13 * len(A) * np.abs(expected).max()


def test_a_long_sum_ends_where_nothing_can_be_added():
    """1 / (1 - a^2), to an ulp, whatever the number of terms."""
    for terms in (10**4, 10**9, 10**300):
        total, taken = accumulate(np.array([[0.9]]), None, terms)
        assert total[0, 0] == pytest.approx(1 / (1 - 0.9**2), rel=1e-14)
        assert taken == terms


def test_a_sum_that_overflows_is_not_cut_short():
    """2^2^10 is beyond any double: what is returned is not finite, for few units and for many."""
    for size in (3, 80, 300):
        total, _ = accumulate(2 * np.eye(size), None, 2048)
        assert not np.isfinite(total.diagonal()).any()


@pytest.mark.parametrize("size", [210, 450])
@pytest.mark.parametrize("kind", [float, complex])
def test_half_products_are_whole_products(kind, size):
    """Sums of large networks come from lower triangles: the Stein equation holds to ulps, and both triangles agree."""
    rng = np.random.default_rng(size)
    A = rng.standard_normal((size, size)) / size**0.5
    if kind is complex:
        A = (A + 1j * rng.standard_normal((size, size)) / size**0.5) / 2**0.5
    A *= 0.8
    factor = rng.standard_normal((size, 3))
    for Q in (None, factor @ factor.T + np.eye(size), factor @ factor.T):  # the last has no Cholesky factor
        noise = np.eye(size) if Q is None else Q
        for terms in (None, 50):
            S = accumulate(A, Q, terms)[0]
            assert np.array_equal(np.tril(S, -1), np.triu(S, 1).conj().T)
            ahead = np.linalg.matrix_power(A, terms) if terms else np.zeros_like(A)
            residual = S - A @ S @ A.conj().T - noise + ahead @ noise @ ahead.conj().T
            assert np.abs(residual).max() <= 1e-14 * size * np.abs(S).max()
