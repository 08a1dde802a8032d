"""Gradients along steps, and the growth of products, against closed forms and against products of longer numbers."""

import numpy as np
import pytest

import linmem as lm
from linmem.errors import ArgumentError, InvalidNetworkError
from tests.running import truth
from tests.running.test_time_varying import steps_of


def pulses(A, B):
    """Phi_k B, k = 0, ..., T - 1."""
    ahead, result = np.eye(A.shape[1]), []
    for t in reversed(range(len(A))):
        result.append(ahead @ B[t])
        ahead = ahead @ A[t]
    return result


def test_norms_are_those_of_the_pulses():
    A, B = steps_of(6, 15, 0, inputs=2)
    net = lm.TimeVaryingNetwork(A, B)
    g, O = np.arange(6.0), np.eye(6)[[1, 4]]  # noqa: E741
    expected = pulses(A, B)
    for options, norm in (
        ({}, np.linalg.norm),
        ({"norm": 2}, lambda pulse: np.linalg.norm(pulse, 2)),
        ({"norm": g}, lambda pulse: np.linalg.norm(g @ pulse)),
        ({"observe": [1, 4]}, lambda pulse: np.linalg.norm(O @ pulse)),
    ):
        found = lm.gradient_norms(net, **options)
        np.testing.assert_allclose(found.values, [norm(pulse) for pulse in expected], rtol=1e-12)
        np.testing.assert_allclose(np.exp(found.logarithms), found.values, rtol=1e-12)
        assert found.relative_error < 1e-10
    np.testing.assert_array_equal(lm.gradient_norms(net, 3, at=7).values, lm.gradient_norms(net, at=7).values[:3])


@pytest.mark.parametrize(
    "steps", [truth.chaotic(20, 80), truth.turned_chain(20, 2.5, 24), steps_of(10, 60, 1, gain=0.4)]
)
def test_each_norm_is_within_its_error(steps):
    """sum_k of an information matrix for C = 1: the truth of J with no recurrence of noise is |Phi_k B|^2."""
    A, B = steps
    exact = np.sqrt(squares(A, B))
    found = lm.gradient_norms(lm.TimeVaryingNetwork(A, B))
    assert (np.abs(found.values - exact) <= found.error + 1e-15 * exact).all()
    assert found.error[0] < 1e-10 * exact[0]


def squares(A, B):
    """|Phi_k B|^2 in 600 bits: J of a state that is forgotten before noise of variance 1 enters once, at the end."""
    size = A.shape[1]
    silent = np.zeros((len(A), size, size))
    silent[-1] = np.eye(size)
    return truth.memory(A, B, silent)[:, 0, 0]


def test_gradients_beyond_the_range_of_doubles_have_a_logarithm():
    for factor in (1e-3, 1e3):
        A = np.full((300, 1, 1), factor)
        found = lm.gradient_norms(lm.TimeVaryingNetwork(A, np.full((300, 1), 2.0)))
        np.testing.assert_allclose(found.logarithms, np.arange(300) * np.log(factor) + np.log(2), rtol=1e-13)
        assert found.values[-1] == (0 if factor < 1 else np.inf)
    left = lm.gradient_norms(lm.TimeVaryingNetwork(np.zeros((3, 2, 2)), np.ones((3, 2))))
    assert left.logarithms[1] == -np.inf
    assert (left.values[1:] == 0).all()
    assert (left.error[1:] == 0).all()


def test_growth_of_constant_weights_is_that_of_their_powers():
    net = lm.ginibre(12, gain=0.9, rng=0)
    A = np.repeat(net.recurrent[None], 20, axis=0)
    along = lm.transient_growth(lm.TimeVaryingNetwork(A, np.ones((20, 12))))
    stationary = lm.transient_growth(net, 20)
    np.testing.assert_allclose(along.norms, stationary.norms, rtol=1e-12)
    assert along.peak_step == stationary.peak_step
    np.testing.assert_allclose(along.initial_condition, stationary.initial_condition, atol=1e-10)
    assert (along.error < 1e-11).all()


def test_growth_is_the_norm_of_the_product_and_the_state_attains_it():
    A, B = steps_of(7, 25, 3, gain=1.1)
    growth = lm.transient_growth(lm.TimeVaryingNetwork(A, B), 15)
    ahead, norms = np.eye(7), [1.0]
    for step in A[:15]:
        ahead = step @ ahead
        norms.append(np.linalg.norm(ahead, 2))
    np.testing.assert_allclose(growth.norms, norms, rtol=1e-11)
    state = growth.initial_condition
    for step in A[: growth.peak_step]:
        state = step @ state
    assert abs(np.linalg.norm(state) - growth.peak) < 1e-11 * growth.peak


def test_wrong_questions_are_refused():
    net = lm.TimeVaryingNetwork(np.full((400, 1, 1), 1e3), np.ones((400, 1)))
    for norm in ("nuclear", 3, True, [1.0, 2.0], [np.nan]):
        with pytest.raises(ArgumentError, match="norm is"):
            lm.gradient_norms(net, norm=norm)
    with pytest.raises(ArgumentError, match="transient_amplification"):
        lm.gradient_norms(lm.chain(3))
    with pytest.raises(ArgumentError, match="more than the 400 steps"):
        lm.transient_growth(net, 401)
    with pytest.raises(InvalidNetworkError, match="exceeds the largest double from step 103"):
        lm.transient_growth(net)
    with pytest.raises(ArgumentError, match="duration is 1"):
        lm.transient_growth(net, duration=1.0)
