"""Norms of matrices of balls, and the total over a short horizon, each against another route to it."""

import numpy as np
import pytest
from flint import acb, arb, ctx

import linmem as lm
from linmem.balls import fisher
from linmem.balls.bounded import Bounded, adjoint, exact, frobenius, squared_modulus


def norm_by_entries(matrix):
    """The largest Frobenius norm of all matrices in the balls, by a sum over the entries in balls."""
    return sum((squared_modulus(acb(entry)) for entry in matrix.entries()), arb(0)).upper().sqrt()


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e-310, 1e305])
@pytest.mark.parametrize("shape", [(3, 3), (40, 40), (40, 2), (2, 40), (40, 1)])
@pytest.mark.parametrize("kind", [float, complex])
def test_norms_of_balls_are_bounds_and_no_larger_than_they_must_be(kind, shape, scale):
    """Products reach from 1e-620 to 1e610, beyond doubles. Radii: sums over rows are up to N^1/2 times too large."""
    rng = np.random.default_rng(1)
    draw = rng.standard_normal(shape)
    if kind is complex:
        draw = draw + 1j * rng.standard_normal(shape)
    with ctx.workprec(200):
        square = exact(np.eye(shape[0], dtype=kind) * scale)
        balls = square * (exact(draw * scale) * (1 / arb(3)))
        of_middle = norm_by_entries(balls.mid())
        assert of_middle * (1 - arb(1e-30)) <= frobenius(balls.mid()) <= of_middle * (1 + arb(2e-9))
        radii = balls - balls.mid()
        of_radii = norm_by_entries(radii)
        assert of_radii * (1 - arb(1e-6)) <= frobenius(radii) <= of_radii * (shape[1] ** 0.5 + 1e-6)
        bounded = Bounded(balls)
        assert bounded.error >= of_radii * (1 - arb(1e-6))
        assert bounded.adjoint.norm == bounded.norm
        assert abs(bounded.adjoint.norm - Bounded(adjoint(balls)).norm) <= bounded.norm * arb(1e-8)


def test_the_norm_of_zeros_is_zero():
    assert frobenius(exact(np.zeros((30, 30)))) == 0


@pytest.mark.parametrize("inputs", [1, 2])
def test_the_total_over_a_short_horizon_is_that_of_all_its_steps(inputs, monkeypatch):
    """As a sum of the curve, and as a form in the geometric sum J^s: both are enclosed to 1e-13."""
    net = lm.ginibre(8, gain=1.1, rng=3)
    V = np.random.default_rng(4).standard_normal((8, inputs))
    arguments = net.recurrent, V, np.eye(8), 5, 12
    by_curve = fisher.enclose_fisher_memory_curve(*arguments)
    monkeypatch.setattr(fisher, "FORMS_A_UNIT", 0)
    by_sum = fisher.enclose_fisher_memory_curve(*arguments)
    for one, other, error, other_error in zip(
        by_curve.values, by_sum.values, by_curve.errors, by_sum.errors, strict=True
    ):
        assert one.shape == other.shape
        assert (np.abs(one - other) <= error + other_error).all()
    every_step = fisher.enclose_fisher_memory_curve(net.recurrent, V, np.eye(8), 12, 12)
    np.testing.assert_allclose(by_curve.values[1], every_step.values[0].sum(axis=0), rtol=1e-12)
