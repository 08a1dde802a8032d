"""The one scaling is exact, and the one norm bound is above the norm."""

import numpy as np
import pytest
import scipy.sparse as sparse

from linmem.linalg.structure import binary_exponent, norm_bound, scaled, scaled_members, times_power_of_two


def random_matrix(n, seed, dtype=float):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    return W + 1j * rng.standard_normal((n, n)) if dtype is complex else W


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("size", [1e-300, 1e-150, 1.0, 1e150, 1e300])
def test_scaling_is_exact_and_leaves_entries_of_about_one(size, dtype):
    W = size * random_matrix(7, 0, dtype)
    near_one, exponent = scaled(W)
    assert 0.5 <= max(np.abs(near_one.real).max(), np.abs(near_one.imag).max()) < 1
    assert np.array_equal(times_power_of_two(near_one, exponent), W)
    assert near_one.dtype == W.dtype


def test_the_smallest_and_the_largest_doubles_and_zero_are_scaled():
    """2^1074 is no double, but 5e-324 times it is 1."""
    near_one, exponent = scaled(np.array([[5e-324, 0], [0, -5e-324]]))
    assert np.array_equal(near_one, [[0.5, 0], [0, -0.5]])
    assert np.array_equal(times_power_of_two(near_one, exponent), [[5e-324, 0], [0, -5e-324]])
    assert scaled(np.zeros((2, 2)))[1] == 0
    assert np.isfinite(scaled(np.full((2, 2), 1.7e308))[0]).all()


def test_a_common_exponent_is_that_of_the_largest_part():
    assert binary_exponent(np.array([1.0]), np.array([3.0 - 9j])) == 4
    assert binary_exponent(np.array([0.25]), np.array([0.0])) == -1


@pytest.mark.parametrize("dtype", [float, complex])
def test_members_of_a_stack_are_scaled_each_by_itself(dtype):
    stack = np.stack([size * random_matrix(4, 1, dtype) for size in (1e-200, 1.0, 1e100)] + [np.zeros((4, 4), dtype)])
    members, exponents = scaled_members(stack)
    for W, member, exponent in zip(stack, members, exponents, strict=True):
        alone, exponent_alone = scaled(W)
        assert np.array_equal(member, alone)
        assert exponent == exponent_alone


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("n", [1, 2, 10, 100])
def test_the_norm_bound_is_above_the_norm_and_not_far(n, dtype):
    for W in (random_matrix(n, n, dtype), np.eye(n, dtype=dtype), np.diag(np.ones(n - 1, dtype), -1), np.ones((n, n))):
        norm = np.linalg.norm(W, 2)
        assert norm * (1 - 1e-14) <= norm_bound(W) <= norm * np.sqrt(n) * (1 + 1e-12)
        assert norm_bound(sparse.csr_array(W)) == pytest.approx(norm_bound(W), rel=1e-13)


def test_the_norm_bound_needs_both_of_its_norms():
    """Negative control: each of the two is the smaller one for some matrix."""
    assert norm_bound(np.eye(100)) == pytest.approx(1, rel=1e-12)
    star = np.zeros((100, 100))
    star[0] = star[:, 0] = 1
    assert norm_bound(star) == pytest.approx(np.sqrt(199), rel=1e-12)
