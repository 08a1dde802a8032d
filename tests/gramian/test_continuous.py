"""Continuous time: dx = (A x + V s) dt + dB. Claims F1-F7 of the theory, and the way to discrete time and back."""

import re
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg as sl
from scipy.special import gammaincc

import linmem as lm
from linmem.balls.fisher import enclose_fisher_memory_curve

SIZES = (1, 2, 5, 12)


def hurwitz(n, seed=0, complex_=False):
    """A random matrix whose eigenvalues have real parts of about -1."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n)) + (1j * rng.standard_normal((n, n)) if complex_ else 0)
    return A / np.sqrt(n) - (np.linalg.eigvals(A / np.sqrt(n)).real.max() + 0.3) * np.eye(n)


def leaky_chain(n, weight):
    return lm.ContinuousNetwork(-np.eye(n) + weight * np.diag(np.ones(n - 1), -1), np.eye(n)[0])


def textbook(A, Q):
    """C and J^s by SciPy's Lyapunov solver: good enough where C is well conditioned."""
    C = sl.solve_continuous_lyapunov(A, -Q)
    return C, sl.solve_continuous_lyapunov(A.conj().T, -np.linalg.inv(C))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("complex_", [False, True])
def test_the_curve_is_the_quadratic_form_of_the_exponential(n, complex_):
    A, rng = hurwitz(n, complex_=complex_), np.random.default_rng(1)
    v, L = rng.standard_normal(n), rng.standard_normal((n, n))
    Q = L @ L.T / n + 0.2 * np.eye(n)
    curve = lm.fisher_memory_curve(lm.ContinuousNetwork(A, v, Q), [0.0, 0.3, 1.0, 2.5])
    C, X = textbook(A, Q)
    states = [sl.expm(A * t) @ v for t in curve.lags]
    expected = np.array([(x.conj() @ np.linalg.solve(C, x)).real for x in states])
    # cond(C) is below 1e4 here, for both routes
    np.testing.assert_allclose(curve.values, expected, atol=1e-11 * expected[0])
    assert curve.total == pytest.approx((v @ X @ v).real, rel=1e-11)


@pytest.mark.parametrize("n", SIZES)
def test_the_trace_of_the_spatial_matrix_is_n(n):
    """F1: Tr J^s = N for every stable A; with coloured noise Tr Q J^s = N."""
    A = hurwitz(n, seed=n)
    assert np.trace(lm.spatial_fisher_memory(lm.ContinuousNetwork(A))) == pytest.approx(n, rel=1e-11)
    Q = np.diag(np.linspace(0.5, 2, n)) if n > 1 else np.array([[3.0]])
    X = lm.spatial_fisher_memory(lm.ContinuousNetwork(A, noise=Q))
    assert np.trace(Q @ X) == pytest.approx(n, rel=1e-11)
    if n > 1:
        assert np.trace(X) != pytest.approx(n, rel=1e-3)  # without Q the rule does not hold


def test_the_integral_of_the_curve_is_the_total():
    net = lm.ContinuousNetwork(hurwitz(6), np.eye(6)[0])
    times = np.linspace(0, 60, 6001)
    curve = lm.fisher_memory_curve(net, times)
    # the trapezoidal rule on steps of 0.01 is right to dt^2 / 12 times J'(0), about 1e-5
    assert np.trapezoid(curve.values, times) == pytest.approx(curve.total, rel=1e-4)


def test_normal_networks_hold_one_unit_and_others_differ():
    """F2: A normal <=> J^s = I; J(0) is a rate, and may exceed one."""
    R = lm.random_orthogonal(6, gain=1.0, rng=0).recurrent
    rates = np.diag([-0.1, -0.5, -1.0, -2.0, -3.0, -7.0])
    normal = lm.ContinuousNetwork(R @ rates @ R.T, np.eye(6)[0])
    np.testing.assert_allclose(lm.spatial_fisher_memory(normal), np.eye(6), atol=1e-12)
    fast = lm.fisher_memory_curve(lm.ContinuousNetwork([[-5.0]], [1.0]), [0.0, 0.1])
    np.testing.assert_allclose(fast.values, 10 * np.exp(-10 * fast.lags), rtol=1e-13)
    assert abs(lm.spatial_fisher_memory(lm.ContinuousNetwork(hurwitz(6))) - np.eye(6)).max() > 0.05


def test_memory_never_increases():
    """F3."""
    values = lm.fisher_memory_curve(leaky_chain(8, 3.0), np.linspace(0, 20, 400)).values
    assert np.all(np.diff(values) <= 1e-9 * values[0])  # the tolerance of the curve, 1e-8, is relative to J(0)


@pytest.mark.parametrize("leak", [0.5, 2.0])
def test_small_gain_memory_is_the_self_commutator(leak):
    """F4: A = -g I + e M: J^s = I + (e^2 / 4 g^2) (M'M - MM') + O(e^3)."""
    M = np.random.default_rng(3).standard_normal((5, 5))
    commutator = M.T @ M - M @ M.T
    for e in (1e-2, 1e-3):
        X = lm.spatial_fisher_memory(lm.ContinuousNetwork(-leak * np.eye(5) + e * M))
        found = (X - np.eye(5)) / e**2 * 4 * leak**2
        # the next order is e |M| / g, with |M| about 5
        np.testing.assert_allclose(found, commutator, atol=10 * e / leak * abs(commutator).max() + 1e-8)


@pytest.mark.parametrize(("decay", "feedforward"), [(1.0, 0.5), (3.0, 2.0), (0.2, 10.0)])
def test_two_modes(decay, feedforward):
    """F5: A = [[-l, f], [0, -1]] has J^s_22 = 1 + f^2 / (f^2 + (l + 1)^2)."""
    X = lm.spatial_fisher_memory(lm.ContinuousNetwork([[-decay, feedforward], [0, -1]]))
    assert X[1, 1] == pytest.approx(1 + feedforward**2 / (feedforward**2 + (decay + 1) ** 2), rel=1e-12)


@pytest.mark.parametrize(
    ("n", "weight", "total"),
    [(5, 1, 1.352), (10, 1, 1.432), (20, 1, 1.491), (5, 2, 2.515), (10, 2, 4.102), (20, 2, 7.238), (5, 5, 4.05)],
)
def test_leaky_chains_are_extensive_above_weight_one(n, weight, total):
    """F6, to the digits that it gives."""
    assert lm.total_fisher_memory(leaky_chain(n, weight)) == pytest.approx(total, abs=6e-3 if weight == 5 else 6e-4)


def test_a_leaky_chain_in_rational_arithmetic():
    """Weight 5, N = 20, where a double-precision Lyapunov solver is off by 6 %: C and J_tot as fractions."""
    n, w = 20, 5
    net = leaky_chain(n, w)
    # C_ij of the chain: 2 C_ij = w (C_{i-1,j} + C_{i,j-1}) + delta_ij
    C = [[Fraction(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            before = (C[i - 1][j] if i else 0) + (C[i][j - 1] if j else 0)
            C[i][j] = (w * before + (i == j)) / Fraction(2)
    P = _inverse(C)
    # X_ij: 2 X_ij = w (X_{i+1,j} + X_{i,j+1}) + P_ij, from the far corner
    X = [[Fraction(0)] * (n + 1) for _ in range(n + 1)]
    for i in reversed(range(n)):
        for j in reversed(range(n)):
            X[i][j] = (w * (X[i + 1][j] + X[i][j + 1]) + P[i][j]) / 2
    assert sum(X[i][i] for i in range(n)) == n
    curve = lm.fisher_memory_curve(net, [0.0])
    # Beside its error the total is rounded once to a double, by up to 2^-53 of itself.
    assert abs(Fraction(curve.total) / X[0][0] - 1) <= Fraction(curve.relative_error) + Fraction(2) ** -53
    assert curve.relative_error < 1e-8


def _inverse(matrix):
    """Gauss and Jordan, exactly."""
    n = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(n))] for i, row in enumerate(matrix)]
    for i in range(n):
        rows[i] = [entry / rows[i][i] for entry in rows[i]]
        for k in range(n):
            if k != i and rows[k][i]:
                factor = rows[k][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[n:] for row in rows]


def test_the_sum_over_a_leaky_feedforward_chain_holds_its_value():
    """F7 (Goldman 2009): after a pulse into the first stage, the sum of N stages is Gamma(N, t) / Gamma(N)."""
    n = 30
    A = leaky_chain(n, 1.0).drift
    for t in (0.5, 5.0, 20.0, 45.0):
        assert sl.expm(A * t)[:, 0].sum() == pytest.approx(gammaincc(n, t), rel=1e-11)


@pytest.mark.parametrize("method", ["zero-order hold", "bilinear"])
def test_discretised_networks_have_the_same_stationary_noise(method):
    Q = np.diag([0.5, 1.0, 2.0, 0.3])
    net = lm.ContinuousNetwork(hurwitz(4), np.eye(4)[0], Q)
    discrete = net.discretised(0.25, method)
    np.testing.assert_allclose(lm.noise_covariance(discrete), lm.noise_covariance(net), rtol=1e-11)


def test_the_discretised_network_has_the_same_curve_and_white_noise_would_not():
    """P13: e^{A dt} with noise eps I is another problem."""
    net = lm.ContinuousNetwork(hurwitz(5), np.eye(5)[0])
    times = 0.5 * np.arange(12)
    continuous = lm.fisher_memory_curve(net, times)
    discrete = net.discretised(0.5)
    np.testing.assert_allclose(lm.fisher_memory_curve(discrete, 12).values, continuous.values, atol=1e-12)
    naive = lm.LinearNetwork(discrete.recurrent, discrete.feedforward)
    assert abs(lm.fisher_memory_curve(naive, 12).values - continuous.values).max() > 1e-2


@pytest.mark.parametrize(("n", "weight"), [(12, 4.0), (16, 3.0), (8, 0.5)])
def test_the_estimate_bounds_the_true_error(n, weight):
    net = leaky_chain(n, weight)
    times = np.array([0.0, 0.1, 0.7, 3.0, 9.0])
    curve = lm.fisher_memory_curve(net, times)
    truth = enclose_fisher_memory_curve(net.drift, net.columns(), np.eye(n), times, None, True)
    error = abs(curve.values - truth.values[0][:, 0, 0]).max() / curve.values[0]
    assert error <= curve.relative_error
    assert abs(curve.total / truth.values[1][0, 0] - 1) <= curve.relative_error


def test_stacks_and_several_inputs():
    drifts = np.array([[hurwitz(3, seed) for seed in range(2)] for _ in range(2)])
    V = np.random.default_rng(0).standard_normal((2, 2, 3, 2))
    stack = lm.ContinuousNetwork(drifts, V)
    curve = lm.fisher_memory_curve(stack, [0.0, 1.0])
    assert curve.values.shape == (2, 2, 2, 2, 2)
    one = lm.fisher_memory_curve(lm.ContinuousNetwork(drifts[1, 0], V[1, 0]), [0.0, 1.0])
    np.testing.assert_array_equal(curve.values[1, 0], one.values)
    np.testing.assert_array_equal(lm.total_fisher_memory(stack)[1, 0], one.total)
    assert lm.spatial_fisher_memory(stack).shape == (2, 2, 3, 3)


def test_the_default_grid_reaches_ten_decay_times():
    curve = lm.fisher_memory_curve(lm.ContinuousNetwork([[-2.0]], [1.0]))
    assert len(curve.lags) == 200
    assert curve.lags[-1] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: lm.total_fisher_memory(lm.ContinuousNetwork([[0.03]], [1])), lm.UnstableNetworkError, "0.0300"),
        (lambda: lm.total_fisher_memory(lm.ContinuousNetwork([[0.0]], [1])), lm.UnstableNetworkError, "abscissa 0"),
        (
            lambda: lm.fisher_memory_curve(leaky_chain(3, 1), [1.0, 0.5]),
            lm.ArgumentError,
            r"lags is \[1.0, 0.5\]",
        ),
        (lambda: lm.fisher_memory_curve(leaky_chain(3, 1), [-1.0]), lm.ArgumentError, r"lags is \[-1.0\]"),
        (lambda: lm.fisher_memory_curve(leaky_chain(3, 1), "soon"), lm.ArgumentError, "lags is 'soon'"),
        (lambda: lm.fisher_memory_curve(leaky_chain(3, 1), [0, np.nan]), lm.ArgumentError, "finite"),
        (lambda: lm.fisher_memory_curve(leaky_chain(3, 1), horizon=4), lm.ArgumentError, "horizon is 4"),
        (lambda: leaky_chain(3, 1).discretised(0), lm.ArgumentError, "dt is 0"),
        (lambda: leaky_chain(3, 1).discretised(0.1, "euler"), lm.ArgumentError, "method is 'euler'"),
        (lambda: lm.ContinuousNetwork([[1, 2]]), lm.InvalidNetworkError, r"drift has shape \(1, 2\)"),
        (lambda: lm.ContinuousNetwork([[-1]], [1, 2]), lm.InvalidNetworkError, "feedforward has shape"),
        (lambda: lm.ContinuousNetwork([[-1]], known_abscissa=np.inf), lm.InvalidNetworkError, "known_abscissa is inf"),
        (lambda: lm.transient_amplification(leaky_chain(3, 1)), lm.InvalidNetworkError, "discretised"),
    ],
)
def test_bad_requests(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


# --- discretisation: the rounding of W and its noise ---


def slow_oscillators(pairs, decay):
    """Pairs of units that turn at the rates 1, 2, ... and decay slowly, in units of different sizes."""
    rates = np.arange(1, pairs + 1)
    A = np.kron(np.diag(rates), [[0.0, 1], [-1, 0]]) - decay * np.eye(2 * pairs)
    units = 2.0 ** np.linspace(-30, 30, 2 * pairs).round()
    return lm.ContinuousNetwork(units[:, None] * A / units, units, np.diag(units**2))


@pytest.mark.parametrize("method", ["zero-order hold", "bilinear"])
@pytest.mark.parametrize("dt", [1e-10, 1e-4, 0.1, 10.0, 1e8])
@pytest.mark.parametrize("decay", [0.5, 1e-3, 1e-8])
def test_a_discretised_network_holds_the_memory_of_the_flow_or_is_refused(method, dt, decay):
    """J(0) = v* C^-1 v, and C = Q / (2 decay) as the turning is orthogonal. W near -1 or 1 is off by 1e-16, which is
    more than what decays in a step of the last ones: W is not stable there, and refused.
    """
    net = slow_oscillators(2, decay)
    step = dt * decay if method == "zero-order hold" else dt * decay / (1 + dt**2)
    try:
        found = net.discretised(dt, method)
    except lm.AccuracyError:
        found = None
    if found is None:
        assert step < 1e-14
        return
    assert lm.fisher_memory_curve(found, 1).values[0] == pytest.approx(2 * decay * net.size, rel=1e-8)


def test_long_bilinear_steps_of_slow_oscillators_keep_the_stationary_covariance():
    """W is -1 but for 1e-7, and 1 - |eigenvalue|^2 is of the size of 1e-13: rounding moved memory by a percent.

    C by its closed form Q / (2 decay), and J(k) by the exact eigenvalue, for two units and for one complex unit.
    """
    decay, dt = 3e-7, 1e7
    for net, eigenvalue in (
        (lm.ContinuousNetwork([[-decay, 2], [-2, -decay]], [0.0, 1], 2.5), -decay + 2j),
        (lm.ContinuousNetwork([[-decay + 3j]], [1.0], 2.5), -decay + 3j),
    ):
        found = net.discretised(dt, "bilinear")
        assert lm.certify(lm.noise_covariance, found).value == pytest.approx(net.covariance / (2 * decay), rel=1e-11)
        rotation = abs((1 + eigenvalue * dt / 2) / (1 - eigenvalue * dt / 2)) ** 2
        J = 2 * decay / 2.5 * rotation ** np.arange(5)
        assert lm.fisher_memory_curve(found, 5).values == pytest.approx(J, rel=1e-10)


def test_rounding_that_no_noise_makes_good_is_refused():
    """Of a hundred units, more than are rounded from more digits; and of any where the rounded W is not stable."""
    wide = slow_oscillators(30, 1e-9)
    with pytest.raises(lm.AccuracyError, match=r"dt is 1e\+07.*rounding of W"):
        wide.discretised(1e7, "bilinear")
    with pytest.raises(lm.AccuracyError, match=re.escape("dt is 1e-11, for which the rounding of W")):
        slow_oscillators(1, 1e-9).discretised(1e-11)


@pytest.mark.parametrize("method", ["zero-order hold", "bilinear"])
@pytest.mark.parametrize("is_complex", [False, True])
def test_discretisation_does_not_depend_on_the_units(method, is_complex):
    """e^(D A D^-1 t) = D e^(A t) D^-1, exactly for powers of two; squared 90 times instead of 3, it lost all digits."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((6, 6)) / 4 - np.eye(6) + 1j * is_complex * rng.standard_normal((6, 6)) / 4
    units = 2.0 ** rng.permutation(np.linspace(-45, 45, 6).round())
    net = lm.ContinuousNetwork(A, np.ones(6))
    other = lm.ContinuousNetwork(units[:, None] * A / units, units, np.diag(units**2))
    plain, scaled = net.discretised(0.3, method), other.discretised(0.3, method)
    assert scaled.recurrent / units[:, None] * units == pytest.approx(plain.recurrent, rel=1e-12, abs=1e-14)
    assert scaled.noise / units[:, None] / units == pytest.approx(plain.noise, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("A", "dt", "method", "message"),
    [
        (np.diag([-1.0, 4]), 0.5, "bilinear", "2 / dt = 4 is an eigenvalue of drift"),
        (np.array([[0, 8.0], [2, 0]]), 0.5, "bilinear", "2 / dt = 4 is an eigenvalue of drift"),
        (np.array([[0.5, 1], [0, 0.25]]), 3000.0, "zero-order hold", "dt is 3000.*overflow"),
        (np.array([[1e140 + 0j]]), 1e20, "zero-order hold", r"dt is 1e\+20.*overflow"),
        (np.array([[-1e149]]), 1e200, "bilinear", r"dt is 1e\+200.*overflow"),
    ],
)
def test_steps_that_do_not_exist_are_refused(A, dt, method, message):
    with pytest.raises(lm.InvalidNetworkError, match=message):
        lm.ContinuousNetwork(A, np.ones(len(A))).discretised(dt, method)


@pytest.mark.parametrize("method", ["zero-order hold", "bilinear"])
def test_growing_networks_are_discretised(method):
    """They have no stationary memory, and any over a horizon: the scalar W is e^(a dt) or (2 + a dt) / (2 - a dt)."""
    found = lm.ContinuousNetwork([[0.5]], [1.0]).discretised(0.25, method)
    expected = np.exp(0.125) if method == "zero-order hold" else 2.125 / 1.875
    assert found.recurrent[0, 0] == pytest.approx(expected, rel=1e-14)
    assert lm.total_fisher_memory(found, horizon=4) > 0


def test_noise_that_would_become_another_noise_is_refused():
    """Short steps in graded units: what the rounding of W makes of C is more than the noise that enters in a step."""
    rng = np.random.default_rng(7)
    units = 10.0 ** np.linspace(5, -5, 3)
    A = units[:, None] * (np.round(rng.standard_normal((3, 3)), 2) / 2 - np.eye(3)) / units
    net = lm.ContinuousNetwork(A, np.ones(3))
    with pytest.raises(lm.AccuracyError, match="rounding of W"):
        net.discretised(0.4 / np.abs(A).max())
