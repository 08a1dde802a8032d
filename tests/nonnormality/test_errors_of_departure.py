"""Departure, its bounds, and the commutator against arithmetic of 600 bits: no error is smaller than it should be."""

import flint
import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm
from linmem.balls.roots import Spectrum
from tests.nonnormality.hard_matrices import adjoint, balls, distance, hard_matrices, root, squared_norm

BITS = 600
NAMES = list(hard_matrices(3))
EXACT = ("symmetric", "skew", "ring", "zero")  # normal, exactly


def departure_of_many_bits(W):
    """sqrt(||W||_F^2 - sum |lambda|^2), where the eigenvalues are roots of the exact characteristic polynomial."""
    copies = 2 if np.iscomplexobj(W) else 1
    moduli = [(z.real * z.real + z.imag * z.imag) * count for z, count in Spectrum(W).at(BITS)]
    square = squared_norm(balls(W)) - sum(moduli, flint.arb(0)) / copies
    return root(square)


@pytest.mark.parametrize("scale", [1e-150, 1, 1e130])
@pytest.mark.parametrize("n", [2, 3, 6, 17])
@pytest.mark.parametrize("name", NAMES)
def test_no_error_is_too_small_and_no_bound_on_the_wrong_side(name, n, scale):
    W = hard_matrices(n, seed=n)[name] * scale
    with flint.ctx.workprec(BITS):
        A = balls(W)
        d, f2 = departure_of_many_bits(W), squared_norm(A)
        c = root(squared_norm(A * adjoint(A) - adjoint(A) * A))
        commutator, departure = lm.commutator_norm(W), lm.henrici_departure(W)
        assert distance(commutator, c) <= commutator.error <= 1e-5 * commutator + 5e-324
        assert distance(departure, d) <= departure.error
        share = lm.henrici_departure(W, relative=True)
        assert distance(share, d / root(f2) if W.any() else flint.arb(0)) <= share.error
        bounds = lm.departure_bounds(W)
        assert not flint.arb(bounds.lower) > d
        for bound in bounds[1:]:
            assert not flint.arb(bound) < d
        of_commutator = (flint.arb(n**3 - n) / 12).sqrt().sqrt() * root(c)
        assert distance(bounds.commutator_upper, of_commutator) <= bounds.commutator_upper.error
        lower, upper = lm.normal_distance(W)
        assert not flint.arb(lower) > d
        assert lower <= upper
        if name in EXACT:
            assert lower == bounds.lower == commutator == 0


def test_bounds_stay_sharp_where_doubles_cancel():
    """A weak link above distinct eigenvalues: doubles leave no digit of either bound, integers all of them."""
    for weak in (1e-8, 3e-9, 1e-11):
        W = np.diag([1.0, -2, 4, 7]) + weak * np.eye(4, k=2)
        d = np.sqrt(2) * weak
        bounds = lm.departure_bounds(W)
        assert bounds.lower <= d <= bounds.upper
        assert bounds.upper == pytest.approx(d, rel=1e-12)
        assert bounds.upper.error < 1e-12 * d


def test_a_small_block_decides_whether_a_matrix_is_normal():
    """The commutator of [[a, b], [0, a]] is b^2 whatever a is, and whatever weights other units have."""
    for large in (1.0, 1e4, 1e8, 1e100):
        for b in (1e-9, 1e-3):
            W = sl.block_diag(large, [[0.5, b], [0, 0.5]])
            found = lm.normality_test(W)
            assert found.verdict == "not normal"
            assert found.margin - found.margin.error > 1
            commutator = lm.commutator_norm(W)
            assert abs(commutator - np.sqrt(2) * b**2) <= commutator.error + 1e-15 * b**2
            assert commutator.relative_error < 1e-6
    with_rotation = sl.block_diag(1e8, [[0.3, -0.4], [0.4, 0.3]])
    assert lm.normality_test(with_rotation) == lm.nonnormality.normality.NormalityTest("normal", 0.0)


def test_what_lies_within_rounding_stays_undecided():
    for W in (0.5 * np.eye(3) + 1e-17 * np.eye(3, k=1), sl.block_diag(1e-9, lm.random_orthogonal(9, rng=3).recurrent)):
        found = lm.normality_test(W)
        assert found.verdict == "undecided"
        assert found.margin <= 1


@pytest.mark.parametrize("given", ["x", 1, None, 0.0])
def test_relative_is_true_or_false(given):
    with pytest.raises(lm.ArgumentError, match=f"^relative is {given!r}; it must be True or False"):
        lm.henrici_departure(np.eye(2), relative=given)


def test_a_stack_has_an_error_beside_each_number():
    W = np.stack([hard_matrices(5)[name] for name in ("Ginibre", "graded", "symmetric")])
    for measure in (lm.henrici_departure, lm.commutator_norm):
        found = measure(W)
        for member, alone in zip(found, map(measure, W), strict=True):
            assert member == alone and member.error == alone.error


def test_a_number_too_small_for_a_double_has_an_error():
    tiny = lm.commutator_norm(1e-170 * lm.chain(3).recurrent)
    assert tiny == 0 and tiny.error > 0
    assert lm.commutator_norm(np.eye(3)).error == 0
