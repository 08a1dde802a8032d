"""The error of each entry, and memory where squares of amplitudes leave the range of doubles."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import linmem as lm
from linmem.gramian.enclosure import EnclosedGramian
from linmem.gramian.methods import gramians
from linmem.gramian.request import Request

ULP = np.finfo(float).eps
HARD = {
    "feedback chain": lm.feedback_chain(12, feedforward=0.95, feedback=0.2),
    "chain in a random basis": lm.in_random_basis(lm.chain(9, gain=1.3), rng=0),
    "Gaussian": lm.ginibre(10, gain=0.95, rng=1),
    "Jordan": lm.jordan(6, eigenvalue=0.9),
    "decaying": lm.LinearNetwork(0.05 * lm.ginibre(5, gain=1, rng=2).recurrent, np.ones(5)),
}
GRADES = 10.0 ** np.linspace(3, -3, 10)
HARD["in units of six decades"] = lm.LinearNetwork(
    GRADES[:, None] * HARD["Gaussian"].recurrent / GRADES, GRADES, np.diag(GRADES**2)
)
QUANTITIES = ("fisher_memory_curve", "fisher_memory_matrix", "memory_function", "snr_curve", "nuisance_information")


@pytest.mark.parametrize("horizon", [None, 40])
@pytest.mark.parametrize("net", HARD.values(), ids=HARD)
def test_no_entry_of_any_method_is_further_from_its_enclosure_than_its_error(net, horizon):
    """Not the largest entry alone: each lag, far down the tail, and each pair of lags.

    An error above the largest value says that no digit is right, and promises nothing.
    """
    lags = 5  # at most N, so that information among nuisances has an enclosure
    request = Request.of_signal(net, lags, horizon, 1e-8, 2.0, 0.1)
    for name in QUANTITIES:
        truth = getattr(EnclosedGramian(), name)(request)
        for form in list(gramians(request))[:-1]:
            answer = getattr(form, name)(request)
            if answer is None:
                assert form.method == "extended"  # it leaves noisy readouts to the others
                continue
            for value, error, exact, width in zip(
                answer.numbers, answer.errors, truth.numbers, truth.errors, strict=True
            ):
                if form.perturbed:  # the difference of these is in the error of `best` alone
                    continue
                assert (np.abs(value - exact) <= error + width + ULP * np.abs(exact)).all(), (name, form.method)


@pytest.mark.parametrize("horizon", [None, 60])
@pytest.mark.parametrize("net", HARD.values(), ids=HARD)
def test_the_error_of_a_curve_falls_with_its_value(net, horizon):
    """By 1e-8 the value may fall before the error is as large: the error is not one of the largest value."""
    curve = lm.fisher_memory_curve(net, 60, horizon=horizon)
    known = curve.values > 1e-6 * curve.values[0]
    assert (curve.error[known] < 1e-2 * curve.values[known]).all()
    assert curve.total.error <= curve.relative_error * curve.total * (1 + 4 * ULP)
    assert np.max(curve.error) <= curve.relative_error * np.max(curve.values) * (1 + 4 * ULP)


@pytest.mark.parametrize(("gain", "horizon"), [(1.4, 1100), (2.0, 600), (3.0, 400)])
def test_a_growing_normal_network_holds_one_unit_over_horizons_beyond_the_squares_of_doubles(gain, horizon):
    """The noise has a deviation of 1e161 to 1e190, and J(k) = (g^2 - 1) g^2k / (g^2n - 1) grows from below all doubles.

    In closed form by integers; by the rotation, the ring and the dense form. The error is that of n steps.
    """
    g = Fraction(gain)
    last = float((g**2 - 1) * g ** (2 * horizon - 2) / (g ** (2 * horizon) - 1))
    rotation = lm.random_orthogonal(5, gain=gain, rng=0)
    for net in (lm.LinearNetwork([[gain]], [1.0]), lm.ring(7, gain=gain), rotation):
        curve = lm.fisher_memory_curve(net, horizon, horizon=horizon)
        assert abs(curve.total - 1) <= curve.total.error + 4 * ULP
        assert abs(curve.values[-1] - last) <= curve.error[-1] + 4 * ULP
        assert curve.values[0] < 1e-300


def test_memory_that_the_noise_of_a_growing_network_hides_is_no_zero():
    """One unit grows by 1e300 and one decays, in a common basis: the factor of C has lost the noise of the other."""
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    net = lm.LinearNetwork(turn @ np.diag([2.0, 0.5]) @ turn.T, turn[:, 1])
    for measure in (lm.fisher_memory_curve, lm.fisher_memory_matrix):
        try:
            result = measure(net, 2, horizon=1000)
        except lm.AccuracyError:
            continue
        first = np.ravel(getattr(result, "values", result))[0]
        assert first > 0.1  # one unit with a gain of 1/2 remembers 3/4; its enclosure has the rounding of the turn


@pytest.mark.parametrize("exponent", [-140, 140])
def test_the_size_of_the_input_scales_memory_and_nothing_else(exponent):
    """By a power of two that is exact, although squares of it are near the ends of the range."""
    net = replace(HARD["Gaussian"], noise=np.diag(np.linspace(1, 2, 10)))
    scale = 2.0**exponent
    scaled = replace(net, feedforward=net.feedforward * scale)
    curve, of_scaled = lm.fisher_memory_curve(net, 9), lm.fisher_memory_curve(scaled, 9)
    assert (of_scaled.values == curve.values * scale**2).all()
    assert (of_scaled.error == curve.error * scale**2).all()
    assert of_scaled.total == curve.total * scale**2


def test_memory_beyond_the_largest_double_is_refused_with_the_input():
    net = lm.LinearNetwork([[0.5]], [1e150], noise=1e-20)
    with pytest.raises(lm.InvalidNetworkError, match=r"feedforward has entries up to .* exceeds the largest double"):
        lm.total_fisher_memory(net)


@pytest.mark.parametrize("measure", [lm.fisher_memory_curve, lm.fisher_memory_matrix], ids=lambda f: f.__name__)
def test_more_numbers_than_fit_into_memory_are_refused(measure):
    with pytest.raises(lm.ArgumentError, match="more numbers than fit into memory"):
        measure(HARD["Gaussian"], 10**12)
