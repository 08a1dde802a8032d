"""Memory systems in continuous time: exact transfer functions, the meaning of the states, discrete time."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
import scipy.linalg as sl
from scipy.special import eval_legendre

import linmem as lm
from linmem.errors import ArgumentError
from linmem.files.sources import network_from_source


def transfer_function(A, v):
    """Coefficients of numerator and denominator of 1' (s - A)^-1 v, from the highest, in whole numbers.

    Faddeev and Leverrier: adj(s - A) = sum_k M_k s^(n-k), det(s - A) = sum_k c_k s^(n-k).
    """
    n = len(A)
    A, v = [[int(entry) for entry in row] for row in A], [int(entry) for entry in v]
    M, c, numerator, denominator = [[0] * n for _ in range(n)], 1, [], [1]
    for k in range(1, n + 1):
        product = [[sum(A[i][m] * M[m][j] for m in range(n)) for j in range(n)] for i in range(n)]
        M = [[product[i][j] + (c if i == j else 0) for j in range(n)] for i in range(n)]
        numerator.append(sum(M[i][j] * v[j] for i in range(n) for j in range(n)))
        trace = sum(A[i][m] * M[m][i] for i in range(n) for m in range(n))
        assert trace % k == 0
        c = -trace // k
        denominator.append(c)
    return numerator, denominator


def test_transfer_functions_are_computed_right():
    """x' = -2 x + 3 s; then x_1' = x_2, x_2' = -7 x_1 - 5 x_2 + s, so that x_1 + x_2 is (1 + z) / (z^2 + 5 z + 7)."""
    assert transfer_function([[-2]], [3]) == ([3], [1, 2])
    assert transfer_function([[0, 1], [-7, -5]], [0, 1]) == ([1, 1], [1, 5, 7])


@pytest.mark.parametrize("q", [1, 2, 3, 6, 12])
def test_the_sum_of_a_legendre_memory_unit_is_the_pade_approximant_of_a_delay(q):
    """F8 by the definition: degrees q - 1 and q, and N - D e^-s = O(s^2q). Only one fraction has these properties."""
    net = lm.lmu(q)
    numerator, denominator = (side[::-1] for side in transfer_function(net.drift, net.feedforward))
    assert (len(numerator), len(denominator)) == (q, q + 1)
    delay = [Fraction((-1) ** k, factorial(k)) for k in range(2 * q + 1)]
    series = [sum(d * delay[k - j] for j, d in enumerate(denominator[: k + 1])) for k in range(2 * q + 1)]
    left = [(numerator[k] if k < q else 0) - series[k] for k in range(2 * q + 1)]
    assert left[: 2 * q] == [0] * (2 * q)
    assert left[2 * q] != 0


@pytest.mark.parametrize("window", [1.0, 2.5])
@pytest.mark.parametrize("build", [lm.lmu, lm.hippo_legt])
def test_the_state_of_a_legendre_memory_holds_the_window(build, window):
    """Of a wave e^(i w now), sum_i x_i P_i(2 t / theta - 1) is e^(-i w t): 12 polynomials know 2 radians to 1e-10.

    The other scaling counts sqrt(2 i + 1) P_i."""
    q = 12
    net = build(q, window=window)
    frequency = 2.0 / window
    state = np.linalg.solve(1j * frequency * np.eye(q) - net.drift, net.feedforward)
    scale = np.ones(q) if build is lm.lmu else np.sqrt(2 * np.arange(q) + 1)
    for back in np.linspace(0, 1, 6) * window:
        seen = np.sum(state * scale * eval_legendre(np.arange(q), 2 * back / window - 1))
        assert abs(seen - np.exp(-1j * frequency * back)) < 1e-10


@pytest.mark.parametrize("n", [1, 4, 10])
def test_a_pulse_into_a_scaled_legendre_memory(n):
    """x_i = p_i P_i(2 e^-t - 1) e^-t against the matrix exponential; and the totals of the two scalings."""
    p = np.sqrt(2 * np.arange(n) + 1)
    net = lm.hippo_legs(n)
    for t in (0.0, 0.3, 1.0, 5.0):
        expected = p * eval_legendre(np.arange(n), 2 * np.exp(-t) - 1) * np.exp(-t)
        assert np.allclose(sl.expm(net.drift * t) @ net.feedforward, expected, atol=1e-12)
        assert np.allclose(sl.expm(lm.hippo_legs(n, scaling="raw").drift * t) @ p**2, p * expected, atol=1e-11)
    total = lm.total_fisher_memory(lm.hippo_legs(n, scaling="raw"))
    assert (total == pytest.approx(n**2, rel=1e-3)) is (n == 1)
    assert net.abscissa.value == -1
    assert net.abscissa.lower <= np.diag(net.drift).max() <= net.abscissa.upper


@pytest.mark.parametrize("scaling", ["raw", "normalised"])
def test_the_window_is_a_unit_of_time(scaling):
    """A and v are proportional to 1 / theta, so C is to theta, J(theta t) to theta^-3, and J_tot to theta^-2."""
    one, wide = (lm.hippo_legt(5, window=window, scaling=scaling) for window in (1.0, 8.0))
    times = np.array([0.0, 0.1, 0.4, 1.0])
    found, expected = lm.fisher_memory_curve(wide, 8 * times), lm.fisher_memory_curve(one, times)
    assert np.allclose(found.values, expected.values / 8**3, rtol=1e-9)
    assert found.total == pytest.approx(expected.total / 8**2, rel=1e-11)


def test_a_pulse_runs_down_a_leaky_chain():
    n, w = 7, 1.7
    for t in (0.5, 3.0):
        expected = (w * t) ** np.arange(n) * np.exp(-t) / [factorial(i) for i in range(n)]
        assert np.allclose(sl.expm(lm.leaky_chain(n, weight=w).drift * t)[:, 0], expected, rtol=1e-12)
    assert lm.leaky_chain(300, weight=5).abscissa.value == -1


@pytest.mark.parametrize(
    "net", [lm.hippo_legs(5), lm.hippo_legt(5), lm.leaky_chain(6, weight=2)], ids=lambda net: net.name
)
@pytest.mark.parametrize("method", ["zero-order hold", "bilinear"])
def test_in_discrete_time_the_noise_is_that_of_continuous_time(net, method):
    """P13. Both methods keep C; the held one keeps J(k dt) as well. Taken for white, of the same mean variance, the
    noise gives another memory."""
    dt, n = 0.1, net.size
    seen = net.discretised(dt, method)
    C = sl.solve_continuous_lyapunov(net.drift, -np.eye(n))
    assert np.allclose(lm.noise_covariance(seen), C, rtol=1e-9, atol=1e-12)
    assert np.allclose(seen.recurrent @ C @ seen.recurrent.T + seen.noise, C, rtol=1e-9, atol=1e-12)
    half = net.drift * dt / 2
    held = method == "zero-order hold"
    expected = sl.expm(2 * half) if held else sl.solve(np.eye(n) - half, np.eye(n) + half)
    assert np.allclose(seen.recurrent, expected, rtol=1e-12, atol=1e-14)
    white = lm.LinearNetwork(seen.recurrent, seen.feedforward, np.trace(seen.noise) / n)
    assert abs(lm.total_fisher_memory(white) / lm.total_fisher_memory(seen) - 1) > 0.03
    if held:
        curve = lm.fisher_memory_curve(net, dt * np.arange(20))
        assert np.allclose(lm.fisher_memory_curve(seen, 20).values, curve.values, rtol=1e-8)


@pytest.mark.parametrize(
    ("source", "net"),
    [
        ("lmu:n=6", lm.lmu(6)),
        ("lmu:3,window=2.5", lm.lmu(3, window=2.5)),
        ("hippo_legt:n=4,scaling=raw", lm.hippo_legt(4, scaling="raw")),
        ("hippo_legs:n=4", lm.hippo_legs(4)),
        ("leaky_chain:n=4,weight=2", lm.leaky_chain(4, weight=2)),
    ],
)
def test_sources_in_words(source, net):
    found = network_from_source(source)
    assert isinstance(found, lm.ContinuousNetwork)
    assert found.name == net.name
    assert np.array_equal(found.matrix, net.drift)


BAD = [
    (lambda: lm.leaky_chain(0), ["n is 0"]),
    (lambda: lm.leaky_chain(3, weight=np.nan), ["weight is nan"]),
    (lambda: lm.lmu(0), ["n is 0"]),
    (lambda: lm.lmu(True), ["n is True"]),
    (lambda: lm.lmu(3, window=-1), ["window is -1"]),
    (lambda: lm.lmu(3, window=np.inf), ["window is inf"]),
    (lambda: lm.lmu(3, window=1e-320), ["window is 1e-320"]),
    (lambda: lm.hippo_legt(3, window="1"), ["window is '1'"]),
    (lambda: lm.hippo_legt(2.5), ["n is 2.5"]),
    (lambda: lm.hippo_legs(3, scaling=None), ["scaling is None", "'normalised', 'raw'"]),
    (lambda: network_from_source("lmu"), ["lmu no n"]),
    (lambda: network_from_source("lmu:n=3,scaling=raw"), ["'scaling'", "window=1.0"]),
]
BAD_NETWORKS = [
    (lambda: lm.leaky_chain(3, weight=1e200), ["drift has an entry"]),
    (lambda: lm.lmu(3, window=1e-200), ["drift has an entry"]),
]


@pytest.mark.parametrize(("build", "words"), BAD, ids=range(len(BAD)))
def test_bad_arguments_are_refused(build, words):
    with pytest.raises(ArgumentError) as caught:
        build()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


@pytest.mark.parametrize(("build", "words"), BAD_NETWORKS, ids=range(len(BAD_NETWORKS)))
def test_bad_networks_are_refused(build, words):
    with pytest.raises(lm.InvalidNetworkError) as caught:
        build()
    assert type(caught.value) is lm.InvalidNetworkError
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
