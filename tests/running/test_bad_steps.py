"""Wrong steps, and wrong questions about them: one sentence each that names the step, the unit, and the rule."""

import numpy as np
import pytest

import linmem as lm
from linmem.errors import ArgumentError, InvalidNetworkError
from tests.running import truth

A, B = np.full((5, 3, 3), 0.2), np.ones((5, 3))


def with_entry(array, place, value):
    array = array.copy()
    array[place] = value
    return array


WRONG = {
    "one matrix": ((A[0], B), {}, r"shape \(3, 3\); it must hold a square matrix for each step"),
    "not square": ((A[:, :2], B), {}, "square matrix for each step"),
    "no step": ((A[:0], B[:0]), {}, "square matrix for each step"),
    "no input": ((A,), {}, "feedforward is None"),
    "inputs of other steps": ((A, B[:4]), {}, r"it must be \(5, 3\) for one input"),
    "nan": ((with_entry(A, (2, 1, 0), np.nan), B), {}, "recurrent holds nan at step 2, unit 1"),
    "infinite input": ((A, with_entry(B, (4, 2), np.inf)), {}, "feedforward holds inf at step 4, unit 2"),
    "text": ((np.array([["a"]]), B), {}, "must hold real or complex numbers"),
    "huge": ((A * 1e200, B), {}, "overflow"),
    "noise of a wrong shape": ((A, B, np.eye(2)), {}, r"covariance of shape \(3, 3\), or one for each step"),
    "negative variance": ((A, B, -1.0), {}, "noise is -1.0"),
    "no noise": ((A, B, np.zeros((3, 3))), {}, "noise is 0 at every step"),
    "no covariance": ((A, B, np.stack([np.eye(3)] * 4 + [np.diag([1, 1, -1.0])])), {}, "noise of step 4 has the eigen"),
    "asymmetric": ((A, B, np.triu(np.ones((3, 3)))), {}, "differs from its"),
    "start": ((A, B, 1.0, np.eye(2)), {}, r"initial_covariance has shape \(2, 2\)"),
    "negative start": ((A, B, 1.0, -np.eye(3)), {}, "initial_covariance has the eigenvalue -1"),
    "negative covariance": ((A, B, -np.eye(3)), {}, "noise has the eigenvalue -1"),
    "steps beside arrays": ((A, B), {"steps": 4}, "steps is 4, but recurrent has 5"),
    "labels": ((A, B), {"labels": ("a",)}, "labels holds 1 entries"),
    "function without steps": ((lambda start, stop: (A, B),), {}, "say how many steps"),
    "function and inputs": ((lambda start, stop: (A, B), B), {"steps": 5}, "recurrent is a function"),
    "function of nothing": ((lambda start, stop: None,), {"steps": 5}, "returned NoneType"),
    "function of wrong shapes": ((lambda start, stop: (A[0], B[0]),), {"steps": 5}, r"must be \(1, N, N\)"),
}


@pytest.mark.parametrize(("arguments", "options", "message"), WRONG.values(), ids=WRONG)
def test_wrong_steps_are_refused(arguments, options, message):
    with pytest.raises(InvalidNetworkError, match=message):
        lm.TimeVaryingNetwork(*arguments, **options)


QUESTIONS = {
    "step": ({"at": 5}, "at is 5; it must be a step, from -5 to 4"),
    "word": ({"at": "every"}, "at is 'every'"),
    "lags": ({"lags": 4, "at": 2}, "lags=4 is more than the 3 steps"),
    "no lags": ({"lags": 0}, "lags is 0"),
    "horizon": ({"horizon": 3}, "horizon is 3"),
    "unit": ({"observe": [0, 3]}, "numbers from 0 to 2"),
    "unit twice": ({"observe": [1, 1]}, "different numbers"),
    "readout": ({"observe": np.ones((2, 2))}, r"observe has shape \(2, 2\)"),
    "readout noise": ({"readout_noise": -1}, "readout_noise is -1"),
    "rtol": ({"rtol": 0}, "rtol is 0"),
}


@pytest.mark.parametrize(("options", "message"), QUESTIONS.values(), ids=QUESTIONS)
def test_wrong_questions_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        lm.fisher_memory_curve(lm.TimeVaryingNetwork(A, B), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"snr": 0}, "snr is 0"),
        ({"snr": np.inf}, "snr is inf"),
        ({"snr": 1.0, "autocovariance": [1]}, "autocovariance is"),
        ({"snr": 1.0, "input_covariance": np.eye(2)}, r"input_covariance has shape \(2, 2\)"),
        ({"snr": 1.0, "input_covariance": [[-1.0]]}, "input_covariance has the eigenvalue -1"),
        ({"snr": 1.0, "input_covariance": [[0.0]]}, "input_covariance is 0"),
        ({"snr": 1.0, "input_covariance": [["a"]]}, "must hold real or complex numbers"),
    ],
)
def test_wrong_signals_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        lm.memory_function(lm.TimeVaryingNetwork(A, B), **options)


@pytest.mark.parametrize("argument", [{"at": 0}, {"observe": [0]}, {"readout_noise": 1.0}])
def test_networks_of_constant_weights_have_no_steps(argument):
    with pytest.raises(ArgumentError, match="same weights at every step"):
        lm.fisher_memory_curve(lm.chain(3), **argument)


def test_a_function_that_breaks_its_word_later_is_noticed():
    def chunk(start, stop):
        return with_entry(A, (3, 1, 1), np.nan)[start:stop], B[start:stop]

    with pytest.raises(InvalidNetworkError, match="A of recurrent holds nan at step 3, unit 1"):
        lm.fisher_memory_curve(lm.TimeVaryingNetwork(chunk, steps=5))
    with pytest.raises(InvalidNetworkError, match=r"returned A of shape \(4, 3, 3\)"):
        lm.fisher_memory_curve(
            lm.TimeVaryingNetwork(lambda start, stop: (A[: 4 if stop > 1 else 1], B[start:stop]), steps=5)
        )


def function_of(later, first=None):
    """A function of steps that returns `later` from the second call on."""
    return lambda start, stop: (first or (A[start:stop], B[start:stop])) if stop == 1 else later(start, stop)


I = np.eye(3)[None]  # noqa: E741
LATER = {
    "no noise any more": (function_of(lambda s, t: (A[s:t], B[s:t]), (A[:1], B[:1], I)), "returned 2 arrays, but"),
    "noise from then on": (function_of(lambda s, t: (A[s:t], B[s:t], I.repeat(t - s, 0))), "returned 3 arrays, but"),
    "more inputs": (function_of(lambda s, t: (A[s:t], np.ones((t - s, 3, 2)))), r"returned B of shape \(\d, 3, 2\)"),
    "complex": (function_of(lambda s, t: (1j * A[s:t], B[s:t])), "A of complex numbers"),
    "nothing": (function_of(lambda s, t: None), "returned NoneType"),
    "an error": (function_of(lambda s, t: 1 / 0), r"raises an error \(division by zero\)"),
    "one factor": (lambda s, t: (A[s:t], B[s:t], I[0]), r"G of shape \(3, 3\); it must be \(1, 3, r\)"),
    "an error at once": (lambda s, t: 1 / 0, r"recurrent\(0, 1\) raises an error"),
}


@pytest.mark.parametrize(("function", "message"), LATER.values(), ids=LATER)
def test_steps_of_a_function_go_with_the_first(function, message):
    with pytest.raises(InvalidNetworkError, match=message):
        lm.fisher_memory_curve(lm.TimeVaryingNetwork(function, steps=5))


def test_factors_of_noise_may_be_complex():
    G = np.eye(2) + 0.3j * np.ones((2, 2))
    a, b = np.full((4, 2, 2), 0.4), np.ones((4, 2))
    net = lm.TimeVaryingNetwork(lambda s, t: (a[s:t], b[s:t], G[None].repeat(t - s, 0)), steps=4)
    exact = truth.memory(a, b, G @ G.conj().T)[:, 0, 0].real
    np.testing.assert_allclose(lm.fisher_memory_curve(net).values, exact, rtol=1e-12)


@pytest.mark.parametrize("options", [{"observe": [[1], [2, 3]]}, {"norm": [[1], [2, 3]]}])
def test_ragged_arrays_are_refused(options):
    with pytest.raises(ArgumentError, match="is no array of numbers"):
        lm.gradient_norms(lm.TimeVaryingNetwork(A, B), **options)


def test_whole_numbers_single_precision_and_one_step_are_taken():
    whole = lm.TimeVaryingNetwork(np.ones((1, 2, 2), int), np.ones((1, 2), int))
    assert lm.fisher_memory_curve(whole).values.tolist() == [2.0]
    single = lm.TimeVaryingNetwork(A.astype(np.float32), B.astype(np.float32))
    as_double = lm.TimeVaryingNetwork(A.astype(np.float32).astype(float), B)
    np.testing.assert_array_equal(lm.fisher_memory_curve(single).values, lm.fisher_memory_curve(as_double).values)


def test_the_arrays_of_a_network_cannot_be_changed():
    mine = A.copy()
    net = lm.TimeVaryingNetwork(mine, B)
    mine[:] = 0
    assert (net.recurrent == A).all()
    with pytest.raises(ValueError, match="read-only"):
        net.recurrent[0, 0, 0] = 1
    with pytest.raises(AttributeError):
        net.recurrent = mine


CELL = lm.RNNCell(np.eye(3) / 2, np.ones((3, 1)))
PATH = lm.trajectory(CELL, np.zeros(5))


@pytest.mark.parametrize(
    "measure",
    [
        lm.fisher_memory_curve,
        lm.fisher_memory_matrix,
        lm.total_fisher_memory,
        lm.spatial_fisher_memory,
        lm.noise_covariance,
        lm.henrici_departure,
        lm.gradient_norms,
        lm.transient_growth,
    ],
    ids=lambda measure: measure.__name__,
)
@pytest.mark.parametrize(("given", "words"), [(PATH, "linmem.linearise"), (CELL, "linmem.trajectory")])
def test_what_is_not_linear_is_told_how_to_become_so(measure, given, words):
    with pytest.raises(lm.LinmemError, match=words):
        measure(given)


def test_measures_of_constant_weights_name_those_along_steps():
    with pytest.raises(InvalidNetworkError, match=r"one of constant weights\. Along steps there are"):
        lm.total_fisher_memory(lm.TimeVaryingNetwork(A, B))
