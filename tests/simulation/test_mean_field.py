"""Mean field: gains by closed forms and by other quadrature, and what it predicts of simulated memory, and what not."""

from dataclasses import replace
from itertools import pairwise

import numba
import numpy as np
import pytest
import scipy.integrate
import scipy.linalg as sl
import scipy.optimize

import linmem as lm
from linmem.simulation.decoders import decode_curve
from linmem.simulation.mean_field import mean_field
from linmem.simulation.trajectories import simulate_moments

GAUSSIAN = lm.ginibre(40, gain=0.9, rng=1)
QUIET = replace(GAUSSIAN, noise=0.01)


def unit(noise=1.0):
    """One unit without recurrence: u is Gaussian exactly, of variance noise (1 + snr)."""
    return lm.LinearNetwork([[0.0]], [1.0], noise=noise)


@pytest.mark.parametrize("snr", [1e-4, 0.3, 20.0, 1e4])
def test_gain_and_residual_of_erf_have_closed_forms(snr):
    """E erf'(u) = 2 / sqrt(pi (1 + 2 q)), Var erf(u) = 2 / pi arcsin(2 q / (1 + 2 q)) (Williams 1998)."""
    found, q = mean_field(unit(), "erf", snr=snr), 1 + snr
    gain = 2 / np.sqrt(np.pi * (1 + 2 * q))
    assert found.variances[0] == pytest.approx(q, rel=1e-14) and found.means[0] == pytest.approx(0, abs=1e-14)
    # the residual is a difference of two terms of order one
    assert found.gains[0] == pytest.approx(gain, rel=1e-9)
    assert found.residual[0, 0] == pytest.approx(2 / np.pi * np.arcsin(2 * q / (1 + 2 * q)) - gain**2 * q, abs=1e-9)


@pytest.mark.parametrize("snr", [0.3, 20.0])
def test_gain_and_residual_of_relu_have_closed_forms(snr):
    """Of a symmetric u: E f = sqrt(q / (2 pi)), G = 1/2, Var f = q (1/2 - 1 / (2 pi))."""
    found, q = mean_field(unit(), "relu", snr=snr), 1 + snr
    assert found.means[0] == pytest.approx(np.sqrt(q / (2 * np.pi)), rel=1e-12)
    assert found.gains[0] == pytest.approx(0.5, rel=1e-12)
    assert found.residual[0, 0] == pytest.approx(q * (0.5 - 1 / (2 * np.pi) - 0.25), rel=1e-11)


@numba.njit
def bent(u):
    return u / (1 + abs(u))


SLOPES = {
    "tanh": (np.tanh, lambda u: 1 / np.cosh(u) ** 2),
    "elu": (lambda u: u if u > 0 else np.expm1(u), lambda u: 1.0 if u > 0 else np.exp(u)),
    "softplus": (lambda u: np.logaddexp(0, u), lambda u: 1 / (1 + np.exp(-u))),
    bent: (bent, lambda u: 1 / (1 + abs(u)) ** 2),
}


@pytest.mark.parametrize("snr", [0.1, 9.0])
@pytest.mark.parametrize("name", SLOPES, ids=lambda name: getattr(name, "__name__", name))
def test_gains_are_the_mean_slope_and_the_rest_is_the_residual(name, snr):
    """By adaptive quadrature of f', which the code never takes."""
    found, deviation = mean_field(unit(), name, snr=snr), np.sqrt(1 + snr)
    function, slope = SLOPES[name]

    def mean(g):
        pieces = (-12 * deviation, 0), (0, 12 * deviation)
        density = lambda u: np.exp(-((u / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))  # noqa: E731
        options = {"epsabs": 1e-13, "epsrel": 1e-12, "limit": 200}
        return sum(scipy.integrate.quad(lambda u: g(u) * density(u), *piece, **options)[0] for piece in pieces)

    gain, centre = mean(slope), mean(function)
    rest = mean(lambda u: (function(u) - centre - gain * u) ** 2)
    assert found.gains[0] == pytest.approx(gain, rel=1e-9)
    assert found.means[0] == pytest.approx(centre, abs=1e-11)
    assert found.residual[0, 0] == pytest.approx(rest, rel=1e-8)


def test_the_residuals_of_two_correlated_units_are_correlated_as_they_should_be():
    """erf of two Gaussians: Cov = 2 / pi arcsin(2 S_12 / sqrt((1 + 2 S_11)(1 + 2 S_22)))."""
    net = lm.LinearNetwork(np.zeros((2, 2)), [1.0, 1.5], noise=0.4)
    found = mean_field(net, "erf", snr=5.0)
    S = 0.4 * np.eye(2) + 2.0 * np.outer([1.0, 1.5], [1.0, 1.5])
    scale = np.sqrt(1 + 2 * np.diag(S))
    covariance = 2 / np.pi * np.arcsin(2 * S / np.outer(scale, scale))
    rest = covariance - found.gains[:, None] * S * found.gains
    # rho = .91: what the series leaves out is below c_21^2 rho^21
    assert np.abs(found.residual - rest).max() < 2e-4 and found.residual[0, 1] > 0.03


def test_without_a_non_linearity_nothing_changes():
    found = mean_field(GAUSSIAN, "identity", snr=3.0)
    assert np.abs(found.gains - 1).max() < 1e-12 and np.abs(found.residual).max() < 1e-20
    assert found.snr == pytest.approx(3.0, rel=1e-12)
    expected = lm.memory_function(GAUSSIAN, 20, snr=3.0).values
    assert found.memory_function(20).values == pytest.approx(expected, rel=1e-9)
    C = sl.solve_discrete_lyapunov(GAUSSIAN.recurrent, np.eye(40) + 3 * np.outer(*[GAUSSIAN.feedforward] * 2))
    assert found.variances == pytest.approx(np.diag(C), rel=1e-9)  # identity: u is h


@pytest.mark.parametrize("name", ["tanh", "elu", "softplus"])
def test_mean_and_covariance_are_those_of_a_simulation(name):
    net = replace(GAUSSIAN, recurrent=0.5 * GAUSSIAN.recurrent)
    found = mean_field(net, name, snr=2.0)
    moments = simulate_moments(net, 1, steps=20_000, snr=2.0, rng=2, nonlinearity=name)
    C = sl.solve_discrete_lyapunov(
        found.network.recurrent,
        found.network.noise + 2.0 * np.outer(found.network.feedforward, found.network.feedforward),
    )
    # 3e5 samples: 4 sqrt(2 / 3e5) = 1 % in a variance, and mean field is not exact
    assert np.diag(moments.covariance) == pytest.approx(np.diag(C), rel=0.015)
    assert np.abs(moments.mean - found.means).max() < 0.015


@pytest.mark.parametrize("name", ["tanh", "elu"])
def test_a_weakly_driven_noisy_network_remembers_as_its_mean_field(name):
    """Of variance .01 each, signal and noise: the prediction is within the standard errors of 2e5 steps."""
    found = decode_curve(QUIET, 15, snr=1.0, rng=3, nonlinearity=name, steps=24_000)
    predicted = mean_field(QUIET, name, snr=1.0).memory_function(15).values
    z = (found.adjusted - predicted) / found.adjusted_standard_error
    assert np.abs(z).max() < 4 and found.theory is None


def error_of_prediction(net, snr):
    """Of m(k) at the worst of 15 lags, for tanh without noise."""
    found = decode_curve(net, 15, snr=snr, rng=5, nonlinearity="tanh", noise=False)
    predicted = mean_field(net, "tanh", snr=snr, noise=False).memory_function(15).values
    return np.abs(found.adjusted - predicted).max()


def test_a_deterministic_network_forgets_by_its_non_linearity_alone():
    """A signal of variance .1: what tanh makes it forget is predicted to .1; a linear network would forget nothing."""
    found = decode_curve(GAUSSIAN, 25, snr=0.1, rng=4, nonlinearity="tanh", noise=False)
    predicted = mean_field(GAUSSIAN, "tanh", snr=0.1, noise=False).memory_function(25).values
    assert np.all(lm.memory_function(GAUSSIAN, 25, snr=np.inf).values > 0.99)
    assert found.adjusted[20] < 0.35 and np.abs(found.adjusted - predicted).max() < 0.1


def test_the_prediction_fails_for_a_strong_drive_and_along_a_chain():
    """The limits in numbers: .0004, .01, .1 as the variance of the signal grows, and .05 on a chain."""
    assert error_of_prediction(GAUSSIAN, 0.01) < 0.001
    assert error_of_prediction(GAUSSIAN, 0.1) < 0.02
    assert 0.05 < error_of_prediction(GAUSSIAN, 1.0) < 0.15
    assert 0.03 < error_of_prediction(lm.chain(20), 0.1) < 0.08


# --- what is returned is in balance, and says how far it may be off ---


@numba.njit
def affine(u):
    return u + 1.0


@numba.njit
def biased(u):
    return np.tanh(u + 0.7)


@numba.njit
def clipped(u):
    return min(max(u, -1.0), 1.0)


def within(measured, truth):
    return np.all(np.abs(np.asarray(measured) - truth) <= measured.error)


@pytest.mark.parametrize("radius", [0.5, 0.95, 1 - 1e-4, 1 - 1e-6])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_mean_of_affine_units_has_a_closed_form(n, radius):
    """m = (I - W)^-1 b and C of the Stein equation, however slow the slowest mode: its last steps are short."""
    rng = np.random.default_rng(n)
    W = rng.standard_normal((n, n))
    W *= radius / np.linalg.eigvals(W).real.max() if n == 1 else radius / np.abs(np.linalg.eigvals(W)).max()
    net = lm.LinearNetwork(W, rng.standard_normal(n))
    found = mean_field(net, affine, snr=1.5)
    drive = np.eye(n) + 1.5 * np.outer(net.feedforward, net.feedforward)
    rounding = 1e-15 / (1 - radius)  # of the closed forms themselves, in doubles
    mean = np.linalg.solve(np.eye(n) - W, np.ones(n))
    variances = np.diag(sl.solve_discrete_lyapunov(W, drive, method="direct"))
    assert np.all(np.abs(found.means - mean) <= found.means.error + 20 * rounding * np.abs(mean).max())
    assert np.all(np.abs(found.variances - variances) <= found.variances.error + 20 * rounding * variances.max())
    assert found.means.error.max() < 1e-13 * n / (1 - radius) ** 2 * max(1, np.abs(mean).max())
    assert within(found.gains, 1) and within(found.residual, 0)


def fixed_point(f, kinks, w, q, snr, start):
    """Mean and variance of one unit by adaptive quadrature between the kinks, from a start near the fixed point."""

    def step(moments):
        mean, variance = w * moments[0], w * w * moments[1] + q * (1 + snr)
        deviation = np.sqrt(variance)
        ends = np.unique(np.clip([-11, -4, 0, 4, 11, *((kink - mean) / deviation for kink in kinks)], -11, 11))

        def expected(g):
            density = lambda x: g(f(mean + deviation * x)) * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)  # noqa: E731
            options = {"epsabs": 1e-14, "epsrel": 1e-13}
            return sum(scipy.integrate.quad(density, *piece, **options)[0] for piece in pairwise(ends))

        centre = expected(lambda y: y)
        return np.array([centre, expected(lambda y: (y - centre) ** 2)])

    return scipy.optimize.root(lambda x: step(x) - x, start, tol=1e-13).x


@pytest.mark.parametrize(("f", "kinks"), [(biased, [-0.7]), (clipped, [-1, 1])], ids=["biased", "clipped"])
@pytest.mark.parametrize("w", [-0.9, 0.9, 0.9999])
@pytest.mark.parametrize("noise", [0.01, 1.0])
def test_units_with_a_bias_or_with_kinks_elsewhere_are_within_their_errors(f, kinks, w, noise):
    """The quadrature of kinks away from 0 is coarse, and the errors say so."""
    found = mean_field(lm.LinearNetwork([[w]], [1.0], noise), f, snr=1.0)
    state = (found.variances[0] - 2 * noise) / w**2
    mean, variance = fixed_point(f, kinks, w, noise, 1.0, [float(found.means[0]), float(state)])
    reference = 1e-9  # adaptive quadrature, and the differences by which the root is found
    assert abs(found.means[0] - mean) <= found.means[0].error + reference
    assert abs(found.variances[0] - (w * w * variance + 2 * noise)) <= found.variances[0].error + reference
    assert found.means[0].error < 0.02 and found.variances[0].error < 0.1 * found.variances[0]


@pytest.mark.parametrize("radius", [0.9, 1.5])
def test_many_correlated_units_are_within_their_errors(radius):
    """erf: the covariance has a closed form (Williams 1998), iterated here until it stands still to the last bit."""
    W, V = radius * lm.ginibre(5, rng=3).recurrent, np.array([1.0, -0.5, 0.3, 2.0, 0.0])
    found = mean_field(lm.LinearNetwork(W, V), "erf", snr=1.0)
    C = np.zeros((5, 5))
    for _ in range(2000):
        S = W @ C @ W.T + np.eye(5) + np.outer(V, V)
        scale = np.sqrt(1 + 2 * np.diag(S))
        C = 2 / np.pi * np.arcsin(2 * S / np.outer(scale, scale))
    gains = 2 / np.sqrt(np.pi * (1 + 2 * np.diag(S)))
    rounding = 1e-14
    assert np.all(np.abs(found.variances - np.diag(S)) <= found.variances.error + rounding)
    assert np.all(np.abs(found.gains - gains) <= found.gains.error + rounding)
    assert np.all(np.abs(found.residual - (C - gains[:, None] * S * gains)) <= found.residual.error + rounding)
    assert found.gains.error.max() < 1e-3


BAD = {
    "f": (lambda: mean_field(GAUSSIAN, "gelu", snr=1.0), "nonlinearity is 'gelu'"),
    "snr": (lambda: mean_field(GAUSSIAN, "tanh", snr=0), "snr is 0"),
    "noise": (lambda: mean_field(GAUSSIAN, "tanh", snr=1, noise=0.0), "noise is 0.0"),
    "no input": (lambda: mean_field([[0.5]], "tanh", snr=1), "feedforward is None"),
    "complex": (lambda: mean_field(lm.LinearNetwork([[0.5j]], [1]), "tanh", snr=1), "network is complex"),
    "divergent": (lambda: mean_field(lm.LinearNetwork([[1.5]], [1]), "elu", snr=1), "no stationary state"),
    "no noise": (lambda: mean_field(GAUSSIAN, "identity", snr=1, noise=False), "without noise"),
}


OF_THE_NETWORK = ("no input", "complex", "divergent", "no noise")


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_sentence(case):
    call, message = BAD[case]
    kind = lm.InvalidNetworkError if case in OF_THE_NETWORK else lm.ArgumentError
    with pytest.raises(lm.LinmemError, match=message) as caught:
        call()
    assert caught.type is kind and "\n" not in str(caught.value)
