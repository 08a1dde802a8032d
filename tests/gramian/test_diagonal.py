"""Diagonal networks: closed forms against 300 digits, the dense methods, and identities."""

import mpmath as mp
import numpy as np
import pytest

import linmem as lm
from linmem.linalg.modes import inside_circle

LAGS = 12


def modes(n, d=1, seed=0, radius=(0.6, 0.99)):
    """Eigenvalues of which the first is real, and input weights."""
    rng = np.random.default_rng(seed)
    eigenvalues = rng.uniform(*radius, n) * np.exp(1j * rng.uniform(0, np.pi, n))
    B = rng.standard_normal((n, d)) + 1j * rng.standard_normal((n, d))
    eigenvalues[0], B[0] = eigenvalues[0].real, B[0].real
    return eigenvalues, B[:, 0] if d == 1 else B


def in_many_digits(network, lags, digits=300):
    """J(k) by a solve with C, of the listed eigenvalues: the coordinates are others, and J is the same."""
    own, B = network.eigenvalues, network.feedforward.reshape(len(network.eigenvalues), -1)
    pairs = network.modes.imaginary
    scale = np.sqrt(0.5) if network.noise_enters == "state" else 1.0  # (x, x*) / sqrt 2 is a rotation of (Re, Im)
    eigenvalues, rows = np.concatenate([own, own[pairs].conj()]), np.concatenate([B, B[pairs].conj()])
    rows = rows * np.where(np.isin(np.arange(len(rows)), np.r_[pairs, len(own) : len(rows)]), scale, 1.0)[:, None]
    with mp.workdps(digits):
        n, d = rows.shape
        l, b = [mp.mpmathify(complex(z)) for z in eigenvalues], mp.matrix(rows.tolist())  # noqa: E741
        Q = b * b.H if network.noise_enters == "input" else mp.eye(n)
        C = mp.matrix(n, n)
        for i in range(n):
            for j in range(n):
                C[i, j] = Q[i, j] / (1 - l[i] * mp.conj(l[j]))
        found = []
        for k in lags:
            signal = mp.diag([z**k for z in l]) * b
            J = signal.H * mp.lu_solve(C, signal) if d == 1 else signal.H * (C**-1 * signal)
            found.append([[complex(J[i, j]) for j in range(d)] for i in range(d)])
    return np.array(found)


@pytest.mark.parametrize("conjugates", ["implied", "listed"])
@pytest.mark.parametrize("enters", ["state", "input"])
@pytest.mark.parametrize("d", [1, 2])
def test_the_curve_is_that_of_many_digits(conjugates, enters, d):
    eigenvalues, B = modes(5, d)
    network = lm.DiagonalNetwork(eigenvalues, B, noise_enters=enters, conjugates=conjugates)
    curve = lm.fisher_memory_curve(network, LAGS)
    exact = in_many_digits(network, range(LAGS))
    missed = np.abs(curve.values.reshape(exact.shape) - exact)
    assert curve.method == "structured"
    # the stated error holds entry by entry, and is small: a few ulps for each of 12 steps of 9 sections
    assert (missed <= curve.error.reshape(exact.shape)).all()
    assert curve.relative_error < 1e-12


@pytest.mark.parametrize("horizon", [None, 7, 40])
@pytest.mark.parametrize("d", [1, 3])
def test_noise_in_the_state_is_that_of_the_matrix(horizon, d):
    eigenvalues, B = modes(6, d, seed=1)
    network = lm.DiagonalNetwork(eigenvalues, B, 0.3, noise_enters="state", conjugates="implied")
    dense = lm.LinearNetwork(network.recurrent.toarray(), network.columns() if d > 1 else network.columns()[:, 0], 0.3)
    count = min(LAGS, horizon or LAGS)
    for measure, arguments in (
        (lm.fisher_memory_curve, {"lags": count}),
        (lm.fisher_memory_matrix, {"lags": count}),
        (lm.total_fisher_memory, {}),
        (lm.spatial_fisher_memory, {}),
        (lm.noise_covariance, {}),
        (lm.noise_covariance_factor, {}),
    ):
        structured = measure(network, **arguments, horizon=horizon)
        other = measure(dense, **arguments, horizon=horizon)
        own, theirs = (np.asarray(getattr(result, "values", result)) for result in (structured, other))
        bound = np.asarray(structured.error) + np.asarray(other.error)
        assert structured.method == "structured" and other.method != "structured"
        assert own.dtype == float
        assert (np.abs(own - theirs) <= bound).all(), measure.__name__


def test_an_unstable_network_has_memory_over_a_horizon():
    network = lm.DiagonalNetwork([1.0, 1.1, -0.5], [1.0, 2.0, 1.0], noise_enters="state")
    lower = np.diag([1.0, 1.1, -0.5]) + np.diag([1e-30, 0.0], -1)  # the same to rounding, and no delay lines
    dense = lm.LinearNetwork(lower, network.feedforward)
    curves = [lm.fisher_memory_curve(net, 20, horizon=20) for net in (network, dense)]
    assert (np.abs(curves[0].values - curves[1].values) <= curves[0].error + curves[1].error).all()
    with pytest.raises(lm.UnstableNetworkError):
        lm.fisher_memory_curve(network, 3)


@pytest.mark.parametrize("conjugates", ["implied", "listed"])
def test_noise_in_the_input_has_its_identities(conjugates):
    eigenvalues, b = modes(9, seed=2)
    network = lm.DiagonalNetwork(eigenvalues, b, 4.0, noise_enters="input", conjugates=conjugates)
    curve = lm.fisher_memory_curve(network, 4000)
    factors = np.prod(np.abs(eigenvalues)) * (np.prod(np.abs(eigenvalues[1:])) if conjugates == "implied" else 1)
    # memory is per variance of the noise, 4
    assert curve.total == network.size / 4
    # what is left after 4000 steps at a radius of .99 is below 1e-15
    assert curve.values.sum() * 4 == pytest.approx(network.size, abs=4000 * float(curve.error.max()) * 4)
    assert curve.values[0] * 4 == pytest.approx(1 - factors**2, abs=1e-14)  # a few ulps of 1
    assert (curve.values <= 1 / 4).all() and (np.diff(curve.values) <= 0).all()
    other = lm.DiagonalNetwork(eigenvalues, 10 * b[::-1].real + 1, 4.0, noise_enters="input", conjugates="implied")
    if conjugates == "implied":  # b does not count
        assert np.array_equal(lm.fisher_memory_curve(other, 50).values, curve.values[:50])


@pytest.mark.parametrize("d", [1, 2, 4])
def test_coordinates_of_noise_in_the_input(d):
    eigenvalues, B = modes(5, d, seed=3, radius=(0.3, 0.9))
    network = lm.DiagonalNetwork(eigenvalues, B, 2.0, noise_enters="input", conjugates="implied")
    W, V = network.recurrent.toarray(), network.columns()
    C, S = lm.noise_covariance(network), lm.noise_covariance_factor(network)
    # the Stein equation, whose terms are of the size of C; both sides lose a few ulps for each of 9 numbers
    assert np.abs(W @ C @ W.T + 2 * V @ V.T - C).max() < 1e-13 * np.abs(C).max()
    assert np.abs(S.T @ S - C).max() <= (C.error + 1e-14 * np.abs(C)).max()
    assert np.array_equal(S, np.triu(S)) and (np.diag(S) > 0).all()
    spatial = lm.spatial_fisher_memory(network)
    # trace(Q J^s) = N
    assert np.trace(2 * V @ V.T @ spatial) == pytest.approx(network.size, rel=float(spatial.error.max()) * d)
    total = np.trace(np.atleast_2d(lm.total_fisher_memory(network)))
    assert 2 * total == pytest.approx(network.size, abs=1e-11)
    function = lm.memory_function(network, 6, snr=3.0)
    curve = lm.fisher_memory_curve(network, 6)
    # a signal of variance 6 in noise of variance 2
    assert np.abs(function.values - 2 * curve.values * 3 / 4).max() < 1e-14
    assert function.capacity == pytest.approx(network.size * 3 / 4)
    assert function.information == pytest.approx(network.size * np.log(4) / 2)


def test_readouts_of_noise_in_the_input():
    """Noise in the readout makes the covariance regular: then the dense formula is right to its condition."""
    eigenvalues, b = modes(5, seed=4, radius=(0.3, 0.9))
    network = lm.DiagonalNetwork(eigenvalues, b, noise_enters="input", conjugates="implied")
    W, v = network.recurrent.toarray(), network.columns()[:, 0]
    C = np.asarray(lm.noise_covariance(network))
    signal = np.array([np.linalg.matrix_power(W, k) @ v for k in range(300)]).T
    noisy = C + 0.1 * np.eye(len(C))
    curve = lm.snr_curve(network, 5, snr=2.0, readout_noise=0.1)
    plain = 2 * np.einsum("nk,nk->k", signal[:, :5], np.linalg.solve(noisy, signal[:, :5]))
    assert curve == pytest.approx(plain, rel=1e-10)  # the condition of C + .1 is below 1e4
    P = 2 * signal @ signal.T
    for readout_noise in (0.1,):
        function = lm.memory_function(network, 5, snr=2.0, readout_noise=readout_noise)
        m = 2 * np.einsum("nk,nk->k", signal[:, :5], np.linalg.solve(noisy + P, signal[:, :5]))
        assert function.values == pytest.approx(m, rel=1e-10)
    F = np.asarray(lm.fisher_memory_matrix(network, 4))
    assert lm.nuisance_information(network, 4) == pytest.approx(1 / np.diag(np.linalg.inv(F)), rel=1e-9)


def test_powers_below_the_smallest_double_are_in_the_error():
    network = lm.DiagonalNetwork([1e-20, 1e-170, 0.5], [1e120, 1e120, 1.0], noise_enters="state")
    curve = lm.fisher_memory_curve(network, 4)
    with mp.workdps(50):
        terms = [(mp.mpf(own), mp.mpf(b)) for own, b in zip([1e-20, 1e-170, 0.5], [1e120, 1e120, 1.0], strict=True)]
        exact = [sum(b**2 * (1 - own**2) * own ** (2 * k) for own, b in terms) for k in range(4)]
        missed = [float(abs(mp.mpf(float(value)) - other)) for value, other in zip(curve.values, exact, strict=True)]
    assert (np.array(missed) <= curve.error).all()


def test_equal_eigenvalues_count_once():
    twice = lm.DiagonalNetwork([0.5, 0.5, 0.9, -0.3], [1.0, 2.0, 1.0, 0.0], noise_enters="input")
    once = lm.DiagonalNetwork([0.5, 0.9], [3.0, 1.0], noise_enters="input")
    curves = [lm.fisher_memory_curve(net, 20) for net in (twice, once)]
    assert np.array_equal(curves[0].values, curves[1].values)
    assert curves[0].total == 2 == lm.memory_capacity(twice)
    with pytest.raises(lm.InvalidNetworkError, match="may leave a direction of the state without noise"):
        lm.noise_covariance(twice)


def test_no_input_has_no_memory():
    network = lm.DiagonalNetwork([0.5, 0.2], [0.0, 0.0], noise_enters="input")
    curve = lm.fisher_memory_curve(network, 3)
    assert not curve.values.any() and curve.total == 0


def test_memory_without_noise_is_that_of_an_input_as_noisy():
    eigenvalues, b = modes(6, seed=5)
    network = lm.DiagonalNetwork(eigenvalues, b, noise_enters="state", conjugates="implied")
    noisy = lm.DiagonalNetwork(eigenvalues, b, noise_enters="input", conjugates="implied")
    dense = lm.LinearNetwork(network.recurrent.toarray(), network.columns()[:, 0])
    m = lm.memory_function(network, 30, snr=np.inf)
    assert np.array_equal(m.values, lm.fisher_memory_curve(noisy, 30).values)
    other = lm.memory_function(dense, 30, snr=np.inf)
    assert (np.abs(m.values - other.values) <= m.error + other.error).all()
    assert m.capacity == other.capacity == 11


@pytest.mark.parametrize("enters", ["state", "input"])
def test_a_million_modes(enters):
    rng = np.random.default_rng(0)
    n = 10**6
    eigenvalues = rng.uniform(0.5, 0.999, n) * np.exp(1j * rng.uniform(0, np.pi, n))
    network = lm.DiagonalNetwork(eigenvalues, np.ones(n), noise_enters=enters, conjugates="implied")
    curve = lm.fisher_memory_curve(network, 10)
    assert curve.total == (n if enters == "state" else 2 * n)
    assert curve.relative_error < 1e-9
    assert 0 < curve.values[-1] <= curve.values[0] + curve.error[0]
    with pytest.raises(lm.InvalidNetworkError, match="N x N"):
        lm.spatial_fisher_memory(network)


def test_what_is_left_of_one():
    near = [0.6 + 0.8j, 1 - 2.0**-53, np.nextafter(1, 2), 0.0, 0.3 - 0.4j, complex(0.8, np.nextafter(0.6, 0))]
    with mp.workdps(60):
        exact = [float(1 - mp.mpf(z.real) ** 2 - mp.mpf(z.imag) ** 2) for z in map(complex, near)]
    # one rounding of the sum of parts that are known to twice the digits
    assert inside_circle(np.array(near)) == pytest.approx(exact, rel=4e-16)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"eigenvalues": [0.5j]}, "conjugates is None, but mode 0 is complex"),
        ({"eigenvalues": np.eye(2)}, "a matrix W is that of a LinearNetwork"),
        ({"eigenvalues": [0.5, np.nan]}, "not finite"),
        ({"eigenvalues": [0.5], "feedforward": [1.0, 2.0]}, "there are 1 eigenvalues"),
        ({"eigenvalues": [0.5], "noise_enters": "both"}, "noise_enters is 'both'"),
        ({"eigenvalues": [0.5], "noise_enters": "input"}, "feedforward is None"),
        ({"eigenvalues": [0.5], "feedforward": [1.0], "noise_enters": "input", "noise": [[1.0]]}, "noise has shape"),
        ({"eigenvalues": [0.5], "noise": -1.0}, "noise is -1.0"),
        ({"eigenvalues": [0.5j], "conjugates": "half"}, "conjugates is 'half'"),
    ],
)
def test_what_is_no_diagonal_network(arguments, words):
    with pytest.raises(lm.LinmemError, match=words):
        lm.DiagonalNetwork(**({"noise_enters": "state"} | arguments))


def test_a_horizon_needs_noise_in_the_state():
    network = lm.DiagonalNetwork([0.5], [1.0], noise_enters="input")
    with pytest.raises(lm.ArgumentError, match="horizon is 3, but noise enters with the input"):
        lm.fisher_memory_curve(network, 2, horizon=3)
    with pytest.raises(lm.InvalidNetworkError, match="is singular"):
        lm.simulate(network, 5, rng=0)


def test_a_certificate_would_be_of_another_network():
    """b b* rounded to doubles is the covariance of other noise."""
    network = lm.lru(4, noise_enters="input", rng=0)
    with pytest.raises(lm.InvalidNetworkError, match="doubles do not hold exactly"):
        lm.certify(lm.fisher_memory_curve(network, 3))
    assert lm.certify(network).stable
    held = lm.lru(4, noise_enters="state", rng=0)
    curve = lm.fisher_memory_curve(held, 3)
    enclosed = lm.certify(curve)
    assert (np.abs(curve.values - enclosed.value) <= curve.error + enclosed.error).all()


def test_noise_can_be_prepared_and_weights_are_those_of_a_matrix():
    network = lm.lru(4, noise_enters="input", rng=0)
    louder = lm.prepared(network, noise=3.0)
    assert louder.noise == 3.0 and louder.enters_with_input
    assert lm.fisher_memory_curve(louder, 3).values * 3 == pytest.approx(lm.fisher_memory_curve(network, 3).values)
    smaller = lm.prepared(lm.lru(4, noise_enters="state", rng=0), radius=0.5)
    assert smaller.radius.value == pytest.approx(0.5)
    with pytest.raises(lm.InvalidNetworkError, match="noise_enters is 'input'"):
        lm.prepared(network, radius=0.5)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_noisy_inputs_have_no_units(d):
    """Squares of these inputs are no doubles; a power of two changes no digit."""
    eigenvalues, B = modes(5, d, seed=6)
    networks = [
        lm.DiagonalNetwork(eigenvalues, unit * B, noise_enters="input", conjugates="implied") for unit in (1, 2.0**-535)
    ]
    for measure in (lm.fisher_memory_curve, lm.nuisance_information):
        usual, small = (np.asarray(getattr(result, "values", result)) for result in (measure(n, 4) for n in networks))
        assert np.array_equal(small, usual)


def test_what_is_left_of_a_row_of_inputs_may_be_tiny():
    """Eigenvalues of 0 and 1e-160, and pairs that differ by 1e-10: the third lag is hidden by a share of 1 / 64."""
    turn = np.exp(1j * np.pi / 3)
    eigenvalues = [0.5 * turn, 0.25 * turn, 0.0, (1 - 1e-10) * turn, (1 - 3e-10) * turn, 1e-160 * turn]
    network = lm.DiagonalNetwork(eigenvalues, np.ones(6), noise_enters="input", conjugates="listed")
    information = lm.nuisance_information(network, 3)
    F = np.asarray(lm.fisher_memory_matrix(network, 3))  # of the cascade, which shares nothing with the solve
    # F has a condition below 1e3, and a few ulps as its error
    assert np.asarray(information) == pytest.approx(1 / np.diag(np.linalg.inv(F)).real, rel=1e-11)


def test_rows_that_rounding_has_left_are_refused():
    """Two inputs and three modes near 0: the third row is the rounding of what two rows took off."""
    B = [[1.0, 0.3], [0.2, 1.0], [0.7, -0.4]]
    network = lm.DiagonalNetwork([1e-100, 1e-88, 1e-143], B, noise_enters="input")
    with pytest.raises(lm.InvalidNetworkError, match="may leave a direction of the state without noise"):
        lm.spatial_fisher_memory(network)


@pytest.mark.parametrize("distance", [1e-4, 1e-8, 1e-11])
def test_sums_over_all_lags_near_the_circle(distance):
    """Of one mode l, J^s = 1 / |b|^2, and of d inputs J_tot has the trace 1; C = |b|^2 / (1 - l^2)."""
    own, b = 1 - distance, 1.5
    network = lm.DiagonalNetwork([own], [b], noise_enters="input")
    spatial = lm.spatial_fisher_memory(network, rtol=1e6)
    assert abs(spatial[0, 0] - 1 / b**2) <= spatial.error[0, 0]
    several = lm.DiagonalNetwork([own], [[1.0, 2.0, 3.0]], noise_enters="input")
    total = lm.total_fisher_memory(several, rtol=1e6)
    assert abs(np.trace(total) - 1) <= 3 * np.max(total.error)
    x, r = 2.0, 1e6
    with mp.workdps(40):
        C = mp.mpf(b) ** 2 / (1 - mp.mpf(own) ** 2)
        exact = x * C / (C + r + x * C)
    capacity = lm.memory_capacity(network, x, readout_noise=r, rtol=1e6)
    assert abs(capacity - float(exact)) <= capacity.error


def test_lags_whose_squares_are_no_doubles():
    own, b, lags = 1e-100, 1e-5, (0, 2)
    network = lm.DiagonalNetwork([own], [b], noise_enters="state")
    matrix = lm.fisher_memory_matrix(network, 3)
    with mp.workdps(60):
        exact = mp.mpf(b) ** 2 * (1 - mp.mpf(own) ** 2) * mp.mpf(own) ** 2
        missed = abs(float(mp.mpf(float(matrix[lags])) - exact))
    assert missed <= matrix.error[lags] < 1e-13 * matrix[lags]  # an ulp for each product


def test_what_exceeds_the_largest_double_is_said():
    small = lm.DiagonalNetwork([0.5, 0.2], [1e-149, 1e-149], 1e-20, noise_enters="input")
    with pytest.raises(lm.InvalidNetworkError, match="memory per unit of the state exceeds the largest double"):
        lm.spatial_fisher_memory(small)
    large = lm.DiagonalNetwork([0.5, 0.2], [1e120, 1e120], noise_enters="state")
    with pytest.raises(lm.ArgumentError, match="whose ratio exceeds the largest double"):
        lm.snr_curve(large, 3, snr=1e200)
