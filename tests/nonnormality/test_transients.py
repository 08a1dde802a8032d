"""Transient growth: against closed forms, exact arithmetic, and the theorems that bound it."""

from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
import scipy.linalg as sl
import scipy.sparse

import linmem as lm
from linmem.balls.powers import first_step, powers
from linmem.errors import (
    AccuracyError,
    ArgumentError,
    InvalidNetworkError,
    UndecidedStabilityError,
    UnstableNetworkError,
)
from linmem.nonnormality import growth_bounds, matrix_powers
from linmem.nonnormality.growth_bounds import growth_lower_bound, growth_upper_bound
from linmem.nonnormality.transients import transient_growth

ROUNDING = 1e-12  # products of up to a hundred well-scaled matrices of up to a hundred units lose three digits at most


def generator(seed):
    return np.random.default_rng(seed)


def random_matrix(n, radius, seed, dtype=float):
    W = generator(seed).standard_normal((n, n))
    if dtype is complex:
        W = W + 1j * generator(seed + 1000).standard_normal((n, n))
    return W * (radius / np.abs(np.linalg.eigvals(W)).max())


def norms_in_extended_precision(W, steps, time=None, bits=1000):
    """By flint: 1000 bits leave nothing of the rounding of any network here."""
    first, _ = first_step(W, time, bits)
    return np.array([1.0, *(np.ldexp(np.linalg.norm(P, 2), e) for P, e in powers(first, steps, bits))])


# --- closed forms ---


@pytest.mark.parametrize("a", [0.5, 1.0, 1.02, 3.0])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_chain_grows_by_its_weight_until_its_end(a, sparse):
    n, steps = 12, 15
    growth = transient_growth(lm.chain(n, gain=a, sparse=sparse), steps)
    expected = [a**k if k < n else 0.0 for k in range(steps + 1)]
    np.testing.assert_allclose(growth.norms, expected, rtol=1e-15 * n)
    assert growth.peak_step == (n - 1 if a > 1 else 0)
    assert growth.peak == growth.norms[growth.peak_step]


def test_lines_and_dense_arithmetic_agree():
    """The same delay line with weights of its own, walked along, and multiplied out: a stack has no lines."""
    weights = generator(0).uniform(0.5, 2, 15)
    line = lm.inhomogeneous_chain(weights)
    by_walk = transient_growth(line, 20)
    by_products = transient_growth(line.recurrent[None], 20)
    windows = [max(np.prod(weights[i : i + k]) for i in range(16 - k)) if k < 16 else 0.0 for k in range(21)]
    np.testing.assert_allclose(by_walk.norms, windows, rtol=1e-14)
    np.testing.assert_allclose(by_products.norms[0], windows, rtol=1e-14)
    assert by_walk.peak_step == by_products.peak_step[0]
    np.testing.assert_allclose(by_walk.initial_condition, by_products.initial_condition[0], atol=1e-14)


def test_a_long_chain_is_walked():
    growth = transient_growth(lm.chain(10**5, gain=1.02, sparse=True), 300)
    np.testing.assert_allclose(growth.norms, 1.02 ** np.arange(301), rtol=1e-13)


@pytest.mark.parametrize(
    "net",
    [
        lm.random_orthogonal(20, gain=0.97, rng=1),
        lm.ring(9, gain=1.1),
        lm.LinearNetwork(np.diag([0.9, -0.95, 0.3j])),
        lm.symmetric_wigner(15, gain=0.8, rng=2),
    ],
    ids=lambda net: net.name or "diagonal",
)
def test_a_normal_matrix_never_exceeds_its_radius(net):
    rho = np.abs(np.linalg.eigvals(net.recurrent)).max()
    np.testing.assert_allclose(transient_growth(net, 60).norms, rho ** np.arange(61.0), rtol=ROUNDING)


def test_a_non_normal_matrix_does():
    """Negative control."""
    growth = transient_growth(lm.feedback_chain(30), 60)
    assert growth.peak > 1.5
    assert growth.norms[-1] < growth.peak


def test_two_units_by_hand():
    """W = [[a, c], [0, a]]: W^k = a^(k-1) [[a, k c], [0, a]], of norm x/2 + sqrt(x^2/4 + a^2) times it, x = k c."""
    a, c = 0.9, 5.0
    k = np.arange(1, 41)
    expected = a ** (k - 1) * (k * c / 2 + np.sqrt((k * c / 2) ** 2 + a**2))
    growth = transient_growth([[a, c], [0, a]], 40)
    np.testing.assert_allclose(growth.norms[1:], expected, rtol=ROUNDING)
    assert growth.peak_step == 1 + np.argmax(expected)


@pytest.mark.parametrize("gamma", [0.5, 4.0])
def test_two_modes_in_continuous_time_by_hand(gamma):
    """A = [[-1, g], [0, -1]]: e^{At} = e^-t [[1, g t], [0, 1]]."""
    net = lm.ContinuousNetwork([[-1, gamma], [0, -1]])
    growth = transient_growth(net, 100, duration=5)
    x = gamma * growth.times / 2
    np.testing.assert_allclose(growth.norms, np.exp(-growth.times) * (x + np.sqrt(x**2 + 1)), rtol=ROUNDING)


def test_jordan_block_in_higher_precision():
    n, a, steps = 8, 0.7, 30
    W = np.eye(n) * a + np.eye(n, k=1)
    with mpmath.workdps(40):
        exact, power = [], mpmath.eye(n)
        for _ in range(steps + 1):
            exact.append(float(mpmath.sqrt(max(mpmath.eigsy(power.T * power, eigvals_only=True)))))
            power = mpmath.matrix(W.tolist()) * power
    np.testing.assert_allclose(transient_growth(W, steps).norms, exact, rtol=ROUNDING)


# --- the defining equations, on the zoo ---


def test_norms_peak_and_initial_condition_fit_each_other(net):
    growth = transient_growth(net, 40)
    x = growth.initial_condition
    assert np.linalg.norm(x) == pytest.approx(1, abs=1e-12)
    assert growth.norms[0] == 1
    assert growth.peak == growth.norms[growth.peak_step] >= growth.norms.max() * (1 - 1e-10)
    for _ in range(growth.peak_step):
        x = net.recurrent @ x
    # a singular vector is right to about the square root of what its norm is right to: the error enters squared
    assert np.linalg.norm(x) == pytest.approx(growth.peak, rel=1e-9)


def test_norms_are_those_of_the_powers(net):
    steps = 40 if net.size <= 62 else 3  # exact powers take long
    growth = transient_growth(net, steps)
    exact = norms_in_extended_precision(net.dense(), steps)
    assert (np.abs(growth.norms - exact) <= growth.error + 1e-300).all()
    assert growth.relative_error < 1e-6


def test_powers_that_double_precision_loses_are_taken_in_more():
    """A hidden chain of weight 3: what follows its end is lost in double precision, by half the peak."""
    W = lm.in_random_basis(lm.chain(25, gain=3), rng=1).recurrent
    growth = transient_growth(W, 80)
    exact = norms_in_extended_precision(W, 80)
    np.testing.assert_allclose(growth.norms, exact, rtol=1e-13)
    in_doubles = matrix_powers.growth_in_doubles(W[None], 80, None)[0]
    assert np.abs(in_doubles.norms - exact).max() > 1e-6 * growth.peak
    assert in_doubles.relative_error > 1e-6


def test_the_exponential_is_taken_in_more_bits_where_needed():
    A = lm.in_random_basis(lm.leaky_chain(15, weight=4), rng=2)
    growth = transient_growth(A, 10, duration=40)
    exact = norms_in_extended_precision(A.drift, 10, float(growth.times[1]))
    np.testing.assert_allclose(growth.norms, exact, rtol=1e-10)
    in_doubles = matrix_powers.growth_in_doubles(A.drift[None], 10, float(growth.times[1]))[0]
    # how far doubles are off depends on the kernel of BLAS: measured 3e-5 (SkylakeX), 2e-5 (Haswell), 7e-7 (Nehalem)
    assert np.abs(in_doubles.norms - exact).max() > 1e-7 * growth.peak


@pytest.mark.parametrize("dtype", [float, complex])
def test_a_stack_is_its_members(dtype):
    stack = np.array([[random_matrix(6, radius, seed + 7, dtype) for seed in range(3)] for radius in (0.5, 1.2)])
    growth = transient_growth(stack, 25)
    assert growth.norms.shape == growth.error.shape == (2, 3, 26)
    assert growth.peak.shape == growth.peak_step.shape == growth.relative_error.shape == (2, 3)
    assert growth.initial_condition.shape == (2, 3, 6)
    for index in np.ndindex(2, 3):
        one = transient_growth(stack[index], 25)
        np.testing.assert_allclose(growth.norms[index], one.norms, rtol=ROUNDING)
        assert growth.peak_step[index] == one.peak_step
        np.testing.assert_allclose(growth.initial_condition[index], one.initial_condition, atol=1e-9)


def test_the_error_of_the_exponential_doubles_with_every_squaring():
    """A rotation by 10^6: of the angle, and so of the exponential, no more than ten digits are known."""
    angle = 1e6
    E, error = matrix_powers._exponential(angle * np.array([[0, -1], [1, 0]]))
    with mpmath.workdps(40):
        cos, sin = float(mpmath.cos(angle)), float(mpmath.sin(angle))
    off = np.linalg.norm(E - [[cos, -sin], [sin, cos]], 2)
    assert 1e-13 < off < error < 1e-7


@pytest.mark.parametrize("seed", range(4))
def test_of_equal_norms_the_first_is_the_peak(seed):
    """All powers of a rotation have norm 1, as far as rounding allows."""
    assert transient_growth(lm.random_orthogonal(15, gain=1, rng=seed), 50).peak_step == 0


def test_a_stack_in_continuous_time():
    A = np.array([random_matrix(5, 0.9, seed) - np.eye(5) for seed in range(3)])
    growth = transient_growth(lm.ContinuousNetwork(A), 20, duration=4)
    for m in range(3):
        expected = [np.linalg.norm(sl.expm(A[m] * t), 2) for t in growth.times]
        np.testing.assert_allclose(growth.norms[m], expected, rtol=1e-11)


def test_growth_is_the_same_in_other_coordinates_and_transposed():
    """G12: it cannot tell a chain from its transpose, which remembers nothing."""
    W = random_matrix(12, 0.95, 3)
    expected = transient_growth(W, 50).norms
    np.testing.assert_allclose(transient_growth(W.T, 50).norms, expected, rtol=ROUNDING)
    np.testing.assert_allclose(transient_growth(lm.in_random_basis(W, rng=0), 50).norms, expected, rtol=1e-10)
    chain = lm.chain(20, gain=1.1)
    transposed = lm.LinearNetwork(chain.recurrent.T, chain.feedforward)
    np.testing.assert_array_equal(transient_growth(transposed).norms, transient_growth(chain).norms)
    assert lm.total_fisher_memory(chain) > 2 * lm.total_fisher_memory(transposed)


# --- theorems ---


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", [float, complex])
def test_the_initial_slope_is_the_numerical_abscissa(seed, dtype):
    """G6, by Richardson's extrapolation: the error is of third order in the step."""
    A = random_matrix(8, 1.0, seed, dtype) - np.eye(8)
    abscissa = np.linalg.eigvalsh((A + A.conj().T) / 2)[-1]
    h = 1e-3
    near, far = (np.log(transient_growth(lm.ContinuousNetwork(A), 1, duration=t).norms[1]) / t for t in (h, 2 * h))
    assert 2 * near - far == pytest.approx(abscissa, abs=1e-4)
    spectral = np.linalg.eigvals(A).real.max()
    assert abs(spectral - abscissa) > 1e-2, "negative control: it is not the spectral abscissa"


@pytest.mark.parametrize("seed", range(5))
def test_berger_bounds_powers_by_the_numerical_radius(seed):
    """G7, with the radius by dense maximisation over angles, which is below the true one by 1e-6."""
    W = random_matrix(8, 0.9, seed)
    angles = np.exp(1j * np.linspace(0, 2 * np.pi, 2000))
    radius = max(np.linalg.eigvalsh((z * W + (z * W).conj().T) / 2)[-1] for z in angles) * (1 + 1e-5)
    norms = transient_growth(W, 30).norms
    assert (norms <= 2 * radius ** np.arange(31)).all()
    spectral = np.abs(np.linalg.eigvals(W)).max()
    assert (norms > 2 * spectral ** np.arange(31)).any() or norms[1] > spectral


def kreiss_on_a_grid(W):
    """From below: sup over a grid of (|z| - 1) ||(z - W)^-1||."""
    radii, angles = 1 + np.geomspace(1e-3, 1e2, 60), np.exp(2j * np.pi * np.arange(40) / 40)
    identity = np.eye(len(W))
    return max((r - 1) / np.linalg.svd(r * z * identity - W, compute_uv=False)[-1] for r in radii for z in angles)


G8 = {
    "chain": lm.chain(8, gain=1.3).recurrent,
    "feedback chain": lm.feedback_chain(10).recurrent,
    "random": random_matrix(8, 0.9, 5),
    "complex": random_matrix(6, 0.8, 6, complex),
}


@pytest.mark.parametrize("name", G8)
def test_the_kreiss_constant_brackets_the_peak(name):
    W = G8[name]
    peak, K = transient_growth(W, 300).peak, kreiss_on_a_grid(W)
    assert peak >= K * (1 - 1e-10)
    assert peak <= np.e * len(W) * K


def test_the_published_bracket_of_a_chain():
    """claims G8: 1.267 <= 6.27 <= 27.5."""
    W = lm.chain(8, gain=1.3).recurrent
    assert transient_growth(W).peak == pytest.approx(6.27, abs=0.005)
    assert kreiss_on_a_grid(W) == pytest.approx(1.267, abs=0.002)


def test_the_factor_n_of_the_upper_bound_is_needed():
    """Negative control: without it the bound fails on a chain, more so the longer it is."""
    ratios = [transient_growth(W).peak / (np.e * kreiss_on_a_grid(W)) for W in map(long_chain, (8, 16))]
    assert 1 < ratios[0] < ratios[1]


def long_chain(n):
    return lm.chain(n, gain=1.5).recurrent


def test_the_upper_bound_is_e_n_times_the_bound_of_the_constant(monkeypatch):
    """With the constant by a dense grid, and one per cent for what the grid misses."""

    def by_grid(network):
        bound = 1.01 * kreiss_on_a_grid(network.dense())
        return SimpleNamespace(lower=bound, upper=bound, point=2.0)

    monkeypatch.setattr(growth_bounds, "kreiss_constant", by_grid)
    for W in G8.values():
        assert growth_upper_bound(W) == pytest.approx(np.e * len(W) * 1.01 * kreiss_on_a_grid(W), rel=1e-14)
        assert growth_upper_bound(W) >= transient_growth(W, 300).peak


def test_the_upper_bound_by_the_constant_itself():
    for W in G8.values():
        assert growth_upper_bound(W) >= transient_growth(W, 300).peak
        assert growth_upper_bound(W) == pytest.approx(np.e * len(W) * kreiss_on_a_grid(W), rel=0.02)
    assert growth_upper_bound(lm.random_orthogonal(5, gain=0.9, rng=0)) == pytest.approx(np.e * 5, rel=1e-3)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("tau", [1, 3, 20, np.inf])
def test_the_lower_bound_lies_below_the_growth(seed, tau):
    rng = generator(seed)
    W = random_matrix(7, rng.uniform(0.3, 0.99), seed) if seed % 2 else lm.feedback_chain(7 + seed).recurrent * 1.2
    highest = transient_growth(W, 400 if tau == np.inf else tau).norms[1:].max()
    for r in (1.001, 1.05, 1.5, 4.0, 50.0):
        z = r * np.exp(2j * np.pi * rng.uniform())
        assert growth_lower_bound(W, z, tau) <= highest * (1 + 1e-10)


def test_the_bound_by_the_kreiss_product_fails_far_out():
    """Negative control: kappa is not (r - 1) ||(z - W)^-1||, which tends to 1 for large r, whatever W."""
    W = 0.1 * np.eye(2)
    r, tau = 50.0, 1
    product = (r - 1) / (r - 0.1)
    assert r / (1 + (r - 1) / product) > transient_growth(W, tau).norms[1]
    assert growth_lower_bound(W, r, tau) <= 0.1


def test_the_lower_bound_is_its_formula():
    W, z, tau = random_matrix(6, 0.9, 1), 1.1 + 0.2j, 9
    r = abs(z)
    kappa = r * (r - 1) * np.linalg.norm(np.linalg.inv(z * np.eye(6) - W), 2) - r + 1
    assert growth_lower_bound(W, z, tau) == pytest.approx(r**tau / (1 + (r**tau - 1) / kappa), rel=1e-10)
    assert growth_lower_bound(W, z) == pytest.approx(kappa, rel=1e-10)
    points = [1.5, z, 2j]
    assert growth_lower_bound(W, points, tau) == max(growth_lower_bound(W, point, tau) for point in points)


@pytest.mark.parametrize("tau", [0.3, 2.0, np.inf])
def test_the_lower_bound_in_continuous_time(tau):
    for seed in range(6):
        A = random_matrix(6, 0.9, seed) * 2 - 2 * np.eye(6)
        A[0, -1] += 20
        net = lm.ContinuousNetwork(A)
        highest = transient_growth(net, 400, duration=20 if tau == np.inf else tau).peak
        for z in (0.01, 0.3 + 1j, 2 - 1j, 10.0):
            a = complex(z).real
            bound = growth_lower_bound(net, z, tau)
            K = a * np.linalg.norm(np.linalg.inv(z * np.eye(6) - A), 2)
            decay = np.exp(-a * tau)
            assert bound == pytest.approx(1 / (decay + (1 - decay) / K), rel=1e-10)
            assert bound <= highest * (1 + 1e-4), "the grid of times misses the peak by its curvature"


def test_an_eigenvalue_outside_the_circle_bounds_growth_by_itself():
    assert growth_lower_bound([[2.0]], 2.0, 5) == pytest.approx(32, rel=1e-12)
    assert growth_lower_bound(np.diag([3.0, 0.5]), 3.0, 10**6) > 1e15, "r^tau overflows, the bound does not"
    assert 0 <= growth_lower_bound(0.9 * np.eye(2), 1e140, 10**400) <= 0.9


# --- sizes and edges ---


def test_one_unit_and_the_zero_matrix():
    np.testing.assert_allclose(transient_growth([[-0.5]], 3).norms, [1, 0.5, 0.25, 0.125], rtol=1e-15)
    for zero in (np.zeros((3, 3)), np.zeros((2, 3, 3))):
        growth = transient_growth(zero, 2)
        assert (growth.norms == [1, 0, 0]).all()
        assert np.all(growth.peak == 1) and np.all(growth.peak_step == 0)
    np.testing.assert_allclose(transient_growth(lm.ContinuousNetwork(np.zeros((2, 2))), 4, duration=9).norms, 1)


@pytest.mark.parametrize("scale", [1e-200, 1e-100, 1e140])
def test_growth_scales_with_the_matrix(scale):
    W = random_matrix(5, 1.0, 8)
    np.testing.assert_allclose(
        transient_growth(scale * W, 1).norms[1], scale * transient_growth(W, 1).norms[1], rtol=ROUNDING
    )


def test_powers_of_very_small_and_very_large_parts():
    """The second power is 1e-200 of the first, whose square would vanish beside it."""
    growth = transient_growth([[0, 1, 0], [1e-200, 0, 0], [0, 0, 1e-210]], 3)
    np.testing.assert_allclose(growth.norms, [1, 1, 1e-200, 1e-200], rtol=1e-14)


def test_a_norm_beyond_the_largest_double_is_refused_with_its_step():
    with pytest.raises(InvalidNetworkError, match="steps=9: a norm exceeds the largest double from step 4 on"):
        transient_growth(1e100 * np.ones((2, 2)), 9)
    with pytest.raises(InvalidNetworkError, match="from step 4 on"):
        transient_growth(lm.chain(9, gain=1e100), 9)
    assert transient_growth(1e100 * np.ones((2, 2)), 3).peak == pytest.approx(8e300, rel=1e-14)


def test_sparse_networks_are_multiplied_out_up_to_a_size():
    net = lm.sparse_random(60, density=0.1, gain=0.9, sparse=True, rng=0)
    np.testing.assert_allclose(transient_growth(net, 9).norms, transient_growth(net.dense(), 9).norms, rtol=ROUNDING)
    with pytest.raises(
        InvalidNetworkError,
        match=r"recurrent is sparse with 10000 units, and no delay line.* 6000 units: take lm\.transient_amplification",
    ):
        transient_growth(lm.feedback_chain(10**4, sparse=True))


def test_the_default_duration_is_ten_times_the_slowest_decay():
    growth = transient_growth(lm.ContinuousNetwork([[-0.5, 3], [0, -2]]))
    assert len(growth.times) == 201
    assert growth.times[-1] == pytest.approx(20)


def test_what_is_not_known_well_enough_is_refused_and_carried():
    W = lm.in_random_basis(lm.chain(210, gain=1.3), rng=0).recurrent
    with pytest.raises(AccuracyError) as caught:
        transient_growth(W, 300)
    assert caught.value.result.norms.shape == (301,)
    assert caught.value.relative_error > 1e-6
    assert caught.value.result.norms[209] == pytest.approx(1.3**209, rel=1e-6)


def test_results_cannot_be_written_to_and_the_input_is_left():
    W = random_matrix(4, 0.9, 2)
    before = W.copy()
    growth = transient_growth(W, 5)
    np.testing.assert_array_equal(W, before)
    with pytest.raises(ValueError, match="read-only"):
        growth.norms[0] = 2


# --- what is refused ---

EYE, FLOW = 0.5 * np.eye(2), lm.ContinuousNetwork(-np.eye(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transient_growth(EYE, 0), "steps is 0; it must be a whole number >= 1"),
        (lambda: transient_growth(EYE, 2.5), "steps is 2.5"),
        (lambda: transient_growth(EYE, True), "steps is True"),
        (lambda: transient_growth(EYE, rtol=0), "rtol is 0"),
        (lambda: transient_growth(EYE, duration=3), "duration is 3, but the network is one in discrete time"),
        (lambda: transient_growth(FLOW, duration=-1), "duration is -1; it must be a finite number > 0"),
        (lambda: transient_growth(FLOW, duration=np.nan), "duration is nan"),
        (lambda: transient_growth(lm.ContinuousNetwork(-np.ones((2, 1, 1)))), "duration is None, but drift is a stack"),
        (lambda: growth_lower_bound(EYE, 0.9), r"z is 0.9\+0j; the bound holds where \|z\| > 1"),
        (lambda: growth_lower_bound(EYE, [2, 1j]), r"z is 0\+1j; the bound holds where \|z\| > 1"),
        (lambda: growth_lower_bound(FLOW, 2j), r"z is 0\+2j; the bound holds where Re z > 0"),
        (lambda: growth_lower_bound(EYE, np.nan), "z is nan; it must be a complex number"),
        (lambda: growth_lower_bound(EYE, 1e308 * (1 + 1j)), "modulus below 1e\\+150"),
        (lambda: growth_lower_bound(EYE, []), r"z is \[\]; it must be"),
        (lambda: growth_lower_bound(EYE, "one"), "z is 'one'"),
        (lambda: growth_lower_bound(EYE, 2, 0), "tau is 0; it must be a whole number >= 1"),
        (lambda: growth_lower_bound(EYE, 2, 1.5), "tau is 1.5"),
        (lambda: growth_lower_bound(FLOW, 2, -1.5), "tau is -1.5"),
        (lambda: growth_lower_bound(EYE, 2, np.nan), "tau is nan"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transient_growth(lm.ContinuousNetwork([[1.0]]), duration=1e6), "duration is so long"),
        (lambda: transient_growth([[np.nan]]), "recurrent holds 1 values that are not finite"),
        (lambda: transient_growth([[np.inf]]), "recurrent holds 1 values that are not finite"),
        (lambda: transient_growth(np.ones((2, 3))), r"recurrent has shape \(2, 3\)"),
        (lambda: transient_growth(np.ones((0, 0))), "at least one unit"),
        (lambda: transient_growth("chain"), "it must hold real or complex numbers"),
        (lambda: transient_growth([[1e200]]), "rescale it"),
        (lambda: growth_lower_bound(np.zeros((2, 3, 3)), 2), "growth_lower_bound is of one network"),
    ],
)
def test_wrong_networks_are_named(call, message):
    with pytest.raises(InvalidNetworkError, match=message) as caught:
        call()
    assert type(caught.value) is InvalidNetworkError


def test_an_unstable_flow_needs_a_duration():
    net = lm.ContinuousNetwork([[0.1]])
    with pytest.raises(UnstableNetworkError):
        transient_growth(net)
    np.testing.assert_allclose(transient_growth(net, 2, duration=1).norms, np.exp([0, 0.05, 0.1]), rtol=1e-14)
    with pytest.raises((UndecidedStabilityError, UnstableNetworkError)):
        transient_growth(lm.ContinuousNetwork(np.zeros((2, 2))))


def test_matrices_of_scipy_are_networks():
    W = scipy.sparse.csr_array(random_matrix(4, 0.9, 0))
    np.testing.assert_allclose(transient_growth(W, 5).norms, transient_growth(W.toarray(), 5).norms, rtol=ROUNDING)
