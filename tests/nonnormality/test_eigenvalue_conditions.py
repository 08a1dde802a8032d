"""Conditions of eigenvalues and eigenvectors against 800 bits with a proof, and against exact arithmetic."""

import flint
import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm
from tests.nonnormality.hard_matrices import balls, hard_matrices, squared_norm, unimodular

BITS = 800
NAMES = [name for name in hard_matrices(3) if name != "zero"]


def of_many_bits(W):
    """Eigenvalues, their conditions, and kappa(X), by a proved eigensystem; None where eigenvalues are repeated."""
    with flint.ctx.workprec(BITS):
        try:
            values, right, left = balls(W).eig(left=True, right=True)
        except ValueError:
            return None
        n = len(W)
        conditions, X, inverse = [], [], []
        for i in range(n):
            column = flint.acb_mat([[left[j, i]] for j in range(n)])
            row = flint.acb_mat([[right[i, j] for j in range(n)]])
            norm, overlap = squared_norm(column).sqrt(), (row * column)[0, 0]
            conditions.append(float(norm * squared_norm(row).sqrt() / abs(overlap)))
            X.append([complex((z / norm).mid()) for z in column.entries()])
            inverse.append([complex((z * norm / overlap).mid()) for z in row.entries()])
        kappa = np.linalg.norm(X, 2) * np.linalg.norm(inverse, 2)
        return np.array([complex(value) for value in values]), np.array(conditions), kappa


@pytest.mark.parametrize("n", [2, 3, 6, 13])
@pytest.mark.parametrize("name", NAMES)
def test_no_error_is_too_small(name, n):
    W = hard_matrices(n, seed=n)[name]
    truth = of_many_bits(W)
    if truth is None:
        minimal = flint.fmpq_mat([[flint.fmpq(*float(x).as_integer_ratio()) for x in row] for row in W]).minpoly()
        assert np.isinf(lm.eigenvector_condition(W)) == (minimal.gcd(minimal.derivative()).degree() > 0)
        return
    values, conditions, kappa = truth
    found_values, found = lm.eigenvalue_conditions(W)
    order = [int(np.argmin(abs(values - value))) for value in found_values]
    rounding = 1e-15 * n  # of the truth in doubles
    assert np.all(abs(found_values - values[order]) <= found_values.error + rounding * abs(values[order]))
    assert np.all(abs(found - conditions[order]) <= found.error + rounding * found)
    assert np.all(found.error <= 1e-6 * found)
    together = lm.eigenvector_condition(W)
    assert abs(together - kappa) <= together.error + rounding * kappa
    assert together.error <= 1e-6 * together


def blocks_of(eigenvalues, sizes):
    return sl.block_diag(*(a * np.eye(m) + np.eye(m, k=1) for a, m in zip(eigenvalues, sizes, strict=True)))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sizes", [(2, 1), (3,), (1, 1, 2), (2, 2), (4, 1, 1)])
def test_defective_is_proved_on_integer_axes(sizes, seed):
    """P J P^-1 with integer P of determinant 1: no number is rounded, and J is the Jordan form."""
    n = sum(sizes)
    P, inverse = unimodular(n, seed)
    eigenvalues = np.arange(len(sizes)) + seed
    W = P @ blocks_of(eigenvalues, sizes) @ inverse
    assert lm.eigenvector_condition(W) == np.inf
    values, conditions = lm.eigenvalue_conditions(W)
    for value, condition, error in zip(values, conditions, conditions.error, strict=True):
        block = int(np.argmin(abs(value - eigenvalues)))
        assert abs(value - eigenvalues[block]) <= 1e-14
        assert np.isinf(condition) == (sizes[block] > 1)
        assert error <= 1e-6 * condition


@pytest.mark.parametrize("large", [1e3, 1e8, 1e12])
@pytest.mark.parametrize("weight", [1e-9, 1.0])
def test_a_large_weight_elsewhere_hides_nothing(large, weight):
    small = np.array([[0.25, weight], [0, 0.25]])
    W = sl.block_diag(small, large)
    assert lm.eigenvector_condition(W) == np.inf
    values, conditions = lm.eigenvalue_conditions(W)
    assert np.array_equal(np.isinf(conditions), values.real < 1)
    apart = small + np.diag([0, weight])
    alone = lm.eigenvector_condition(apart)
    beside = lm.eigenvector_condition(sl.block_diag(apart, large))
    assert alone == pytest.approx(1 + np.sqrt(2), rel=1e-6)  # of [[0, 1], [0, 1]]: cot(pi / 8)
    assert abs(alone - beside) <= alone.error + beside.error


@pytest.mark.parametrize("seed", range(3))
def test_equal_eigenvalues_with_all_their_eigenvectors_have_the_norm_of_the_projector(seed):
    n = 6
    P, inverse = unimodular(n, seed)
    W = P @ np.diag([1.0, 1, 1, 1, 3, 3]) @ inverse
    projector = (3 * np.eye(n) - W) / 2
    values, conditions = lm.eigenvalue_conditions(W)
    expected = np.where(values.real < 2, np.linalg.norm(projector, 2), np.linalg.norm(np.eye(n) - projector, 2))
    assert np.all(abs(conditions - expected) <= conditions.error + 1e-13 * expected)
    # For two subspaces kappa(X) is cot(theta / 2), 1 / sin(theta) the norm of the projector.
    theta = np.arcsin(1 / np.linalg.norm(projector, 2))
    assert lm.eigenvector_condition(W) == pytest.approx(1 / np.tan(theta / 2), rel=1e-12)


def test_a_complex_matrix_may_have_a_real_and_a_conjugate_eigenvalue():
    """Its real form has repeated eigenvalues where it has none."""
    W = np.array([[1.0, 1 + 1j, 0], [0, 1j, 2], [0, 0, -1j]]) + 1e-9 * np.eye(3, k=1)
    values, conditions = lm.eigenvalue_conditions(W)
    assert np.isfinite(conditions).all()
    defective = np.array([[1j, 1, 0], [0, 1j, 1e-3], [0, 0, -1j]])
    values, conditions = lm.eigenvalue_conditions(defective)
    assert np.array_equal(np.isinf(conditions), values.imag > 0)


def test_beyond_the_units_that_are_decided_it_is_an_error():
    W = lm.in_random_basis(lm.chain(220, gain=1.3), rng=0)
    for measure in (lm.eigenvalue_conditions, lm.eigenvector_condition):
        with pytest.raises(lm.AccuracyError, match="too close"):
            measure(W)
