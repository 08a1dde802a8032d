"""Coordinates found with more bits: no entry is further from its enclosure than its bound, and stability is proved."""

from dataclasses import replace

import numpy as np
import pytest

import linmem as lm
from linmem.gramian.enclosure import EnclosedGramian
from linmem.gramian.extended import LARGEST, extended_gramian
from linmem.gramian.methods import gramians
from linmem.gramian.request import Request

SIZE = 16
GENERATOR = np.random.default_rng(5)


def triangular(is_complex=False):
    """A strongly non-normal matrix with eigenvalues between 0.3 and 0.9."""
    parts = GENERATOR.standard_normal((2, SIZE, SIZE))
    eigenvalues = GENERATOR.uniform(0.3, 0.9, SIZE)
    strict = np.triu(parts[0] + 1j * parts[1] if is_complex else parts[0], 1)
    return strict + np.diag(eigenvalues * np.exp(2j * np.arange(SIZE)) if is_complex else eigenvalues)


def coloured(decades, is_complex=False):
    """A covariance whose eigenvalues span so many decades."""
    parts = GENERATOR.standard_normal((2, SIZE, SIZE))
    basis = np.linalg.qr(parts[0] + 1j * parts[1] if is_complex else parts[0])[0]
    Q = (basis * np.logspace(0, -decades, SIZE)) @ basis.conj().T
    return (Q + Q.conj().T) / 2


V = GENERATOR.standard_normal((SIZE, 2))
JORDAN = lm.jordan(SIZE, eigenvalue=0.9)
FLOW = 4 * np.eye(SIZE, k=1) - np.eye(SIZE)
DISCRETE = {
    "Jordan": JORDAN,
    "feedback": lm.feedback_chain(24, feedforward=0.95, feedback=0.2),
    "chain in a random basis": lm.in_random_basis(lm.chain(20, gain=1.3), rng=0),
    "triangular, two inputs": lm.LinearNetwork(triangular(), V),
    "complex": lm.LinearNetwork(triangular(True), V[:, 0]),
    "coloured noise": lm.LinearNetwork(JORDAN.recurrent, V[:, 0], coloured(10)),
    "complex noise": lm.LinearNetwork(triangular(True), V, coloured(4, True)),
    "unequal units": lm.LinearNetwork(JORDAN.recurrent, V[:, 0], np.diag(np.logspace(-6, 6, SIZE))),
    "nearly unstable": lm.LinearNetwork(triangular() + np.diag([0.09] + [0] * (SIZE - 1)), V[:, 0]),
}
CONTINUOUS = {
    "flow along a line": lm.ContinuousNetwork(FLOW, V),
    "complex flow": lm.ContinuousNetwork(triangular(True) - 1.2 * np.eye(SIZE), V[:, 0]),
    "flow with coloured noise": lm.ContinuousNetwork(FLOW, V[:, 0], coloured(4)),
}


def assert_within_errors(answer, enclosed):
    """Every entry lies within its own error of the enclosure, and no error is idle."""
    for values, errors, true, width in zip(
        answer.numbers, answer.errors, enclosed.numbers, enclosed.errors, strict=True
    ):
        assert (np.abs(values - true) <= errors + width).all()
        assert np.max(errors) < 1e-7 * np.abs(true).max()


@pytest.mark.parametrize("net", DISCRETE.values(), ids=DISCRETE)
def test_no_entry_is_further_from_its_enclosure_than_its_bound(net):
    gramian, enclosed = extended_gramian(net), EnclosedGramian()
    of_input = Request.of_input(net, 2 * net.size, None, 1e-8)
    of_network = Request.of_network(net, None, 1e-8)
    of_signal = Request.of_signal(net, net.size, None, 1e-8, 0.5, 0.0)
    for name in ("fisher_memory_curve", "fisher_memory_matrix"):
        assert_within_errors(getattr(gramian, name)(of_input), getattr(enclosed, name)(of_input))
    for name in ("spatial_fisher_memory", "noise_covariance"):
        assert_within_errors(getattr(gramian, name)(of_network), getattr(enclosed, name)(of_network))
    white, correlated = of_signal, replace(of_signal, autocovariance=np.array([1.0, 0.5, 0.25]))
    for request in (white, correlated):
        answer = gramian.memory_function(request)
        if answer is not None and answer.relative_error < 1e-8:
            assert_within_errors(answer, enclosed.memory_function(request))


@pytest.mark.parametrize("net", CONTINUOUS.values(), ids=CONTINUOUS)
def test_the_same_in_continuous_time(net):
    gramian, enclosed = extended_gramian(net), EnclosedGramian()
    of_input = Request.of_input(net, np.linspace(0, 20, 15), None, 1e-8)
    of_network = Request.of_network(net, None, 1e-8)
    for name in ("fisher_memory_curve", "fisher_memory_matrix"):
        assert_within_errors(getattr(gramian, name)(of_input), getattr(enclosed, name)(of_input))
    for name in ("spatial_fisher_memory", "noise_covariance"):
        assert_within_errors(getattr(gramian, name)(of_network), getattr(enclosed, name)(of_network))


def test_the_factor_is_that_of_the_covariance():
    """S* S = C and a triangle with a positive diagonal: there is one such matrix. C by balls, to its own error."""
    net = DISCRETE["complex noise"]
    S = lm.noise_covariance_factor(net, rtol=1e-11)
    C = EnclosedGramian().noise_covariance(Request.of_network(net, None, 1e-8)).numbers[0] * net.noise_variance
    deviation = np.sqrt(np.diag(C).real)
    assert not np.tril(S, -1).any() and (np.diag(S).real > 0).all()
    assert np.abs(S.conj().T @ S - C).max() <= 1e-12 * np.outer(deviation, deviation).max()


@pytest.mark.parametrize("rounded_to", [np.float32, np.float16])
def test_bounds_hold_for_coordinates_that_are_spoilt(rounded_to):
    """B in lower precision, with the distance stated: the bounds rest on what is measured, not on a good B."""
    net = DISCRETE["triangular, two inputs"]
    gramian = extended_gramian(net)
    B = gramian.contraction.astype(rounded_to).astype(float)
    distance = float(np.linalg.norm(B - gramian.contraction)) + gramian.step_error
    spoilt = replace(gramian, contraction=B, step_error=distance)
    request = Request.of_input(net, 40, None, 1e-8)
    answer, truth = spoilt.fisher_memory_curve(request), EnclosedGramian().fisher_memory_curve(request)
    for values, errors, true in zip(answer.numbers, answer.errors, truth.numbers, strict=True):
        assert (np.abs(values - true) <= errors).all()
        assert np.abs(values - true).max() > 1e-9 * np.abs(true).max()  # it is spoilt


@pytest.mark.parametrize(("corner", "is_stable"), [(1e-21, True), (2e-20, False)])
def test_stability_is_proved_or_left_open(corner, is_stable):
    """A Jordan block of 20 units with a tiny entry in its corner: the radius is 0.9 + corner^(1/20), so 0.989 or 1.004.

    LAPACK's eigenvalues are 0.9 in both cases, as the matrix is triangular to within rounding.
    """
    W = 0.9 * np.eye(20) + np.eye(20, k=-1)
    W[0, -1] = corner
    gramian = extended_gramian(lm.LinearNetwork(W, np.eye(20)[0]))
    assert (gramian is not None) == is_stable


def test_more_units_than_balls_take():
    """trace J^s = N, whatever the network, and the total is v' J^s v: a number and an identity for 210 units.

    The trace may be off by the sum of the errors of the diagonal.
    """
    net = replace(lm.feedback_chain(210, feedforward=0.9, feedback=0.2), feedforward=GENERATOR.standard_normal(210))
    gramian = extended_gramian(net)
    spatial = gramian.spatial_fisher_memory(Request.of_network(net, None, 1e-8))
    curve = gramian.fisher_memory_curve(Request.of_input(net, 100, None, 1e-8))
    J, errors = spatial.numbers[0], spatial.errors[0]
    assert abs(np.trace(J) - 210) <= np.trace(errors)
    assert np.trace(errors) < 1e-6
    v = net.columns()
    form = (v.T @ J @ v).item()
    room = (np.abs(v).T @ errors @ np.abs(v)).item() + curve.errors[1].item()
    assert abs(form - curve.numbers[1].item()) <= room


def test_it_is_tried_before_orthogonal_transformations_where_it_can_be():
    """Up to 400 units, stationary, and not behind a noisy readout, which it leaves to others."""
    net = lm.feedback_chain(12, feedforward=0.95, feedback=0.2)
    methods = [form.method for form in gramians(Request.of_input(net, 4, None, 1e-8))]
    assert methods == ["fast", "extended", "square-root", "balls"]
    assert "extended" not in [form.method for form in gramians(Request.of_input(net, 4, 20, 1e-8))]
    behind_noise = Request.of_signal(net, 4, None, 1e-8, 1.0, 0.5)
    assert extended_gramian(net).snr_curve(behind_noise) is None
    assert LARGEST == 400
