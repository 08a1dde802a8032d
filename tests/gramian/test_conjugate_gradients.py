"""Curves of sparse networks without a dense matrix, against the dense methods and closed forms."""

import io
import json
import logging
import re
from dataclasses import replace
from functools import cache
from threading import Barrier

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sparse
from scipy.special import digamma

import linmem as lm
from linmem.cli import main
from linmem.errors import AccuracyError, InvalidNetworkError, UndecidedStabilityError, UnstableNetworkError
from linmem.gramian.conjugate_gradients import conjugate_gradients
from linmem.gramian.matrix_free import MatrixFreeGramian
from linmem.gramian.refined_solver import RefinedSolver
from linmem.gramian.request import Request
from linmem.gramian.sparse_cost import estimated_cost
from linmem.gramian.sparse_operator import Operator, find_contraction
from linmem.gramian.sparse_radius import radius_by_arpack, radius_by_powers
from linmem.gramian.sparse_series import Series
from linmem.kernels.threads import hold_threads, in_threads

LAGS = 40
RTOL = 1e-8


def random_sparse(n, per_row, radius, seed, *, kind="real"):
    """Independent Gaussian weights; by the circular law the radius is near the one given."""
    rng = np.random.default_rng(seed)
    entries = n * per_row
    weights = rng.standard_normal(entries)
    if kind == "complex":
        weights = (weights + 1j * rng.standard_normal(entries)) / np.sqrt(2)
    if kind == "positive":
        weights = np.abs(weights) * np.sqrt(np.pi / 2 / per_row)  # rows sum to about sqrt(per_row)
    W = sparse.csr_array((weights, (rng.integers(0, n, entries), rng.integers(0, n, entries))), (n, n))
    v = rng.standard_normal(n)
    return lm.LinearNetwork(W * (radius / np.sqrt(per_row)), v / np.linalg.norm(v))


def ring_lattice(n, reach, gain):
    """Each unit has equal weights from its neighbours, up to `reach` steps away on either side: W is normal."""
    offsets = [k for k in range(-n + 1, n) if min(abs(k), n - abs(k)) in range(1, reach + 1)]
    W = sparse.diags_array([np.full(n - abs(k), gain / (2 * reach)) for k in offsets], offsets=offsets, format="csr")
    return lm.LinearNetwork(W, np.eye(n)[0])


def amplifying(layers, width, gain, seed):
    """Layers that feed the next by random weights of norm above one, and themselves by weak ones."""
    rng = np.random.default_rng(seed)
    W = sparse.lil_array((layers * width, layers * width))
    W.setdiag(0.3)
    for start in range(0, (layers - 1) * width, width):
        W[start + width : start + 2 * width, start : start + width] = (
            gain * rng.standard_normal((width, width)) / np.sqrt(width)
        )
    v = np.zeros(layers * width)
    v[:width] = width**-0.5
    return lm.LinearNetwork(W, v)


def two_inputs(net):
    V = np.column_stack([net.feedforward, np.roll(net.feedforward, 3)])
    return replace(net, feedforward=V)


def uneven_noise(net):
    return replace(net, noise=np.diag(np.linspace(0.2, 3, net.size)))


NETWORKS = {
    "sparse, Gaussian": lambda: random_sparse(800, 10, 0.75, 0),
    "sparse, complex": lambda: random_sparse(300, 6, 0.7, 1, kind="complex"),
    "sparse, positive": lambda: random_sparse(400, 4, 0.4, 2, kind="positive"),
    "ring lattice": lambda: ring_lattice(500, 3, 0.85),
    "fan-out tree": lambda: lm.fan_out_tree(20, sparse=True),
    "amplifying layers": lambda: amplifying(6, 20, 1.2, 3),
    "chain with feedback": lambda: lm.feedback_chain(100, sparse=True),
    "chain with gain and feedback": lambda: lm.feedback_chain(60, feedforward=1.05, feedback=0.1, sparse=True),
    "two inputs": lambda: two_inputs(random_sparse(300, 8, 0.8, 4)),
    "uneven noise": lambda: uneven_noise(random_sparse(300, 8, 0.8, 5)),
}


@cache
def network(name):
    return NETWORKS[name]()


def matrix_free(net, lags, horizon=None, rtol=RTOL):
    """J(k), its sum, and the error, as the package presents them."""
    request = Request(net, net.columns(), lags, horizon, rtol)
    answer = MatrixFreeGramian.of(request).fisher_memory_curve(request)
    (values, total), error = (array / net.noise_variance for array in answer.numbers), answer.relative_error
    return (values, total, error) if net.feedforward_is_matrix else (values[:, 0, 0].real, total[0, 0].real, error)


def contraction_of(W, horizon=None, known_radius=None):
    """The power of W that contracts, which is found where it is needed first."""
    request = Request(lm.LinearNetwork(W, known_radius=known_radius), horizon=horizon, rtol=RTOL)
    return MatrixFreeGramian.of(request).contraction


def dense(net, lags, horizon=None):
    return lm.fisher_memory_curve(replace(net, recurrent=net.recurrent.toarray()), lags, horizon=horizon, rtol=1e-10)


@pytest.mark.parametrize("rtol", [1e-3, 1e-8])
@pytest.mark.parametrize("name", NETWORKS)
def test_curve_and_total_are_those_of_the_dense_paths_within_an_error_that_is_no_larger_than_asked(name, rtol):
    net = network(name)
    values, total, error = matrix_free(net, LAGS, rtol=rtol)
    exact = dense(net, LAGS)
    slack = 2 * exact.relative_error  # of the reference
    assert np.abs(values - exact.values).max() <= (error + slack) * np.abs(exact.values).max()
    assert np.abs(total - exact.total).max() <= (error + slack) * np.abs(exact.total).max()
    assert error <= rtol


@pytest.mark.parametrize("horizon", [1, 5, 40, 400])
@pytest.mark.parametrize("name", ["sparse, Gaussian", "ring lattice", "amplifying layers", "two inputs"])
def test_a_horizon_counts_its_terms_and_no_more(name, horizon):
    net, lags = network(name), min(LAGS, horizon)
    values, total, error = matrix_free(net, lags, horizon)
    exact = dense(net, lags, horizon)
    slack = 2 * exact.relative_error
    assert np.abs(values - exact.values).max() <= (error + slack) * np.abs(exact.values).max()
    assert np.abs(total - exact.total).max() <= (error + slack) * np.abs(exact.total).max()
    assert error <= RTOL


def test_an_unstable_network_has_the_memory_of_a_horizon():
    net = random_sparse(200, 8, 1.2, 6)
    values, total, error = matrix_free(net, 12, 12)
    exact = dense(net, 12, 12)
    assert np.abs(values - exact.values).max() <= error * exact.values[0] <= RTOL
    assert abs(total - exact.total) <= error * exact.total


@pytest.mark.parametrize("name", ["sparse, Gaussian", "sparse, complex", "two inputs", "uneven noise"])
def test_the_public_curve_beyond_a_limit_is_that_below_it(monkeypatch, name):
    net = network(name)
    below = lm.fisher_memory_curve(net, LAGS)
    monkeypatch.setattr("linmem.gramian.methods.LARGEST_DENSE", 100)
    beyond = lm.fisher_memory_curve(net, LAGS)
    assert beyond.method == "matrix-free" != below.method
    slack = beyond.relative_error + 2 * below.relative_error
    assert np.abs(beyond.values - below.values).max() <= slack * np.abs(below.values).max()
    assert np.abs(beyond.total - below.total).max() <= slack * np.abs(below.total).max()


def test_unconnected_networks_remember_side_by_side():
    """120 small networks, their units shuffled into one: J is the sum, each by the dense methods."""
    sizes = np.random.default_rng(12).integers(20, 120, 120)
    parts = [random_sparse(int(n), 4, 0.5, seed) for seed, n in enumerate(sizes)]
    order = np.random.default_rng(13).permutation(sizes.sum())
    W = sparse.block_diag([part.recurrent for part in parts], format="csr")[order][:, order]
    v = np.concatenate([part.feedforward for part in parts])[order]
    curve = lm.fisher_memory_curve(lm.LinearNetwork(W, v), LAGS, rtol=1e-6)
    small = [dense(part, LAGS) for part in parts]
    slack = curve.relative_error + 2 * max(each.relative_error for each in small)
    exact, total = sum(each.values for each in small), sum(each.total for each in small)
    assert curve.method == "matrix-free" and curve.relative_error <= 1e-6
    assert np.abs(curve.values - exact).max() <= slack * exact[0]
    assert abs(curve.total - total) <= slack * total


def test_a_square_lattice_forgets_as_its_waves_do():
    """Neighbours of a torus of 100 x 100 alike: J(k) = sum_q (1 - w_q^2) w_q^2k / N for w_q the Fourier transform."""
    side, gain = 100, 0.9
    step = sparse.csr_array(np.roll(np.eye(side), 1, axis=0) + np.roll(np.eye(side), -1, axis=0))
    same = sparse.eye_array(side)
    W = sparse.csr_array((sparse.kron(step, same) + sparse.kron(same, step)) * (gain / 4))
    wave = np.cos(2 * np.pi * np.arange(side) / side)
    squares = (gain * (wave[:, None] + wave) / 2).ravel() ** 2
    exact = np.array([((1 - squares) * squares**k).mean() for k in range(LAGS)])
    curve = lm.fisher_memory_curve(lm.LinearNetwork(W, np.eye(1, side**2)[0]), LAGS, rtol=1e-7)
    assert curve.method == "matrix-free" and curve.relative_error <= 1e-7
    assert np.abs(curve.values - exact).max() <= curve.relative_error * exact[0]
    assert abs(curve.total - 1) <= curve.relative_error


@pytest.mark.parametrize("feedforward", [0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
def test_an_ill_conditioned_covariance_is_solved_honestly_or_refused(feedforward):
    """Feedback chains, whose C has a condition up to 10^22."""
    net = lm.feedback_chain(60, feedforward=feedforward, feedback=0.2, sparse=True)
    exact = dense(net, LAGS)
    try:
        values, total, error = matrix_free(net, LAGS)
    except AccuracyError as refusal:
        assert "ill-conditioned" in str(refusal) and "horizon=n" in str(refusal)  # noqa: PT017
        return
    assert np.abs(values - exact.values).max() <= (error + 2 * exact.relative_error) * exact.values[0]
    assert abs(total - exact.total) <= (error + 2 * exact.relative_error) * exact.total


def test_powers_that_overflow_are_refused():
    net = random_sparse(300, 6, 50.0, 15)
    with pytest.raises(AccuracyError, match="overflow; take a shorter horizon=n"), np.errstate(all="ignore"):
        matrix_free(net, 250, 250)


def test_conjugate_gradients_that_do_not_arrive_are_said_to(monkeypatch):
    monkeypatch.setattr("linmem.gramian.conjugate_gradients.STEPS", 1)
    monkeypatch.setattr("linmem.gramian.matrix_free.STEPS", 1)
    net = lm.feedback_chain(60, feedforward=0.9, feedback=0.2, sparse=True)
    with pytest.raises(AccuracyError, match=r"ill-conditioned that 1 steps .*no digit of it can be trusted") as caught:
        matrix_free(net, LAGS)
    assert caught.value.relative_error > 0.1


def test_normal_networks_have_total_memory_one():
    _, total, error = matrix_free(ring_lattice(8000, 2, 0.7), 1)
    assert abs(total - 1) <= error <= RTOL


@pytest.mark.parametrize("layers", [30, pytest.param(118, marks=pytest.mark.slow)])
def test_c10_fan_out_tree(layers):
    """J(k) = 1 / H_{k+1}, of total 28.9 where there are 118 layers, 7021 units: GHS Fig 5. H by digamma."""
    values, total, error = matrix_free(lm.fan_out_tree(layers, sparse=True), 200)
    exact = 1 / (digamma(np.arange(2, layers + 2)) + np.euler_gamma)
    assert error <= RTOL
    assert np.abs(values[:layers] - exact).max() <= error
    assert not values[layers:].any()
    assert abs(total - exact.sum()) <= error * total
    if layers == 118:
        assert total == pytest.approx(28.9, abs=0.05)


def test_lags_beyond_memory_are_zero_within_the_error():
    net = network("amplifying layers")
    values, _, error = matrix_free(net, 3000, rtol=1e-4)
    assert values[-1] == 0
    assert np.abs(values - dense(net, 3000).values).max() <= error * values[0]


@pytest.mark.parametrize("size", [1e-140, 1e140])
def test_the_size_of_the_input_is_divided_out(size):
    net = network("chain with feedback")
    plain, _, _ = matrix_free(net, 10)
    scaled, _, _ = matrix_free(replace(net, feedforward=net.feedforward * size), 10)
    assert scaled / size / size == pytest.approx(plain, rel=1e-6)


def test_no_input_has_no_memory():
    net = network("chain with feedback")
    values, total, error = matrix_free(replace(net, feedforward=np.zeros(net.size)), 5)
    assert not values.any() and total == 0 and error == 0


def test_a_contraction_is_one():
    """The bound on a power against the largest singular value."""
    for name in NETWORKS:
        W = network(name).recurrent
        contraction = contraction_of(W)
        power = np.linalg.matrix_power(W.toarray(), contraction.steps)
        assert np.linalg.norm(power, 2) ** 2 <= contraction.squared <= 0.25


def test_an_unstable_network_is_refused_and_one_on_the_edge_is_undecided():
    large = sparse.eye_array(7000, format="csr")
    noisy = random_sparse(7000, 4, 1.1, 7).recurrent
    with pytest.raises(UnstableNetworkError, match="spectral radius 1"):
        contraction_of(noisy)
    with pytest.raises((UndecidedStabilityError, UnstableNetworkError)):
        contraction_of(large * (1 - 1e-9))


def test_a_radius_that_is_stated_is_not_decided_again_but_a_series_too_long_is_refused():
    slow = 0.9999 * sparse.eye_array(7000, format="csr")
    with pytest.raises(AccuracyError, match=r"no power up to 4096.*horizon=n"):
        contraction_of(slow, known_radius=0.9999)
    with pytest.raises(AccuracyError, match="no power up to 4096"):
        contraction_of(slow, 10**6)


def test_radius_of_a_sparse_matrix_is_between_its_bounds():
    net = random_sparse(400, 6, 0.9, 8)
    exact = np.abs(np.linalg.eigvals(net.recurrent.toarray())).max()
    bound = radius_by_powers(net.recurrent)
    assert bound.lower <= exact <= bound.upper < 1
    radius = radius_by_arpack(Operator.of(net.recurrent), bound.upper)
    assert radius.lower <= exact <= radius.upper
    assert radius.value == pytest.approx(exact, rel=1e-4)  # ARPACK iterates to 1e-6, times a condition


def test_horner_with_little_memory_sums_the_same_series(monkeypatch):
    net = network("sparse, complex")
    X = np.random.default_rng(0).standard_normal((net.size, 3)) + 0j
    operator = Operator.of(net.recurrent)
    W = net.dense()
    exact = sum(np.linalg.matrix_power(W, m) @ np.linalg.matrix_power(W, m).conj().T @ X for m in range(23))
    assert operator.covariance(X, 23) == pytest.approx(exact, abs=1e-12)  # C is of order ten
    monkeypatch.setattr("linmem.gramian.sparse_operator.MEMORY", 1)
    assert operator.covariance(X, 23) == pytest.approx(exact, abs=1e-12)


def test_products_by_threads_are_those_of_one_thread():
    """Blocks of columns run side by side: the sums of each column are the same, in the same order."""
    net = random_sparse(3000, 10, 0.9, 9)
    X = np.random.default_rng(1).standard_normal((net.size, 40))
    operator = Operator.of(net.recurrent)
    squares = np.empty((9, 40))
    with_threads = operator.covariance(X, 7, squares)
    before = hold_threads(1)
    try:
        assert np.array_equal(operator.covariance(X, 7), with_threads)
    finally:
        hold_threads(before)
    backward = [X]
    for _ in range(8):
        backward.append(net.recurrent.T @ backward[-1])
    assert squares == pytest.approx(np.array([(power**2).sum(axis=0) for power in backward]), rel=1e-12)
    product = sum(forwards(net.recurrent, power, m) for m, power in enumerate(backward[:7]))
    assert with_threads == pytest.approx(product, abs=1e-10)  # C is of order ten, in sums of some hundred products


def forwards(W, X, steps):
    for _ in range(steps):
        X = W @ X
    return X


def test_parts_run_side_by_side_and_one_that_fails_is_heard_of():
    """Each of two parts waits until the other has begun, which ends only if they run at the same time."""
    before = hold_threads(1)
    try:
        hold_threads(2)
        both = Barrier(2, timeout=30)
        in_threads(lambda part: both.wait(), [0, 1])
        with pytest.raises(ZeroDivisionError):
            in_threads(lambda part: 1 / part, [1, 0])
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            in_threads(lambda part: np.float64(1e308) * part, [1.0, 1e308])
    finally:
        hold_threads(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_conjugate_gradients_solve_all_columns_to_their_aim(dtype):
    """Columns that are zero, dependent, or of very different sizes."""
    A = np.diag(np.linspace(1, 50, 80)).astype(dtype)
    B = (np.random.default_rng(2).standard_normal((80, 4)) * [1, 1e-3, 0, 1e3]).astype(dtype)
    B = np.hstack([B, B[:, :1]])
    told = []
    aim = 1e-4 if dtype == np.float32 else 1e-10
    X = conjugate_gradients(lambda P, size: A @ P, B, aim, told.append)
    assert X.dtype == dtype and max(told) == told[-1] == 1
    # twice: the residual that the iteration carries along differs by rounding from the one that is computed here
    assert np.linalg.norm(B.astype(float) - A.astype(float) @ X) ** 2 <= 2 * aim
    assert not X[:, 2].any()


def test_a_rough_operator_gives_corrections_and_doubles_the_residual():
    """A solver that is given a much too short series, as its terms are said to decay fast, still reaches its aim."""
    net = random_sparse(400, 8, 0.8, 21)
    operator = Operator.of(net.recurrent)
    series = Series(operator, find_contraction(operator, 200)[0], None, 1e-8)
    B = np.random.default_rng(3).standard_normal((400, 5))
    told_wrongly = np.array([1.0, 1e-3, 1e-9])
    for left in (series.shares_left(), told_wrongly):
        solver = RefinedSolver(operator, operator.in_single_precision(), series, left)
        X, R, squares = solver.solve(B, np.zeros_like(B), 60, 1e-14, lambda share: None)
        W = net.dense()
        C = sum(np.linalg.matrix_power(W, m) @ np.linalg.matrix_power(W, m).T for m in range(60))
        assert np.abs(R - (B - C @ X)).max() <= 1e-12  # both in doubles, C of order ten
        assert np.linalg.norm(R) ** 2 <= 1e-14
        assert squares[:2] == pytest.approx(np.array([(X**2).sum(axis=0), ((W.T @ X) ** 2).sum(axis=0)]), rel=1e-10)


def test_weights_beyond_single_precision_are_solved_in_doubles():
    W = random_sparse(200, 6, 0.7, 22).recurrent
    assert Operator.of(W * 1e35).in_single_precision() is None
    operator = Operator.of(W)
    series = Series(operator, find_contraction(operator, 200)[0], None, 1e-8)
    solver = RefinedSolver(operator, None, series, series.shares_left(), in_doubles=False)
    B = np.eye(200, 3)
    _, R, _ = solver.solve(B, np.zeros_like(B), 50, 1e-20, lambda share: None)
    assert np.linalg.norm(R) ** 2 <= 1e-20  # far below what one correction in single precision reaches


def test_the_package_takes_this_path_where_a_network_is_large_and_sparse():
    net = random_sparse(6500, 3, 0.4, 11)
    net = replace(net, noise=4.0)
    curve = lm.fisher_memory_curve(net, 10)
    assert curve.method == "matrix-free" and curve.relative_error <= 1e-8
    values, total, _ = matrix_free(net, 10)
    # two runs with other units of noise, each right to 1e-8
    assert curve.values == pytest.approx(values, abs=2e-8 * values[0])
    assert lm.total_fisher_memory(net) == pytest.approx(total, rel=2e-8)
    with pytest.raises(InvalidNetworkError, match="6500 units"):
        lm.fisher_memory_matrix(net, 3)


def test_a_sparse_network_is_solved_without_a_dense_matrix_where_that_is_faster(monkeypatch):
    """From 1,500 units on; the bound on its error holds against the dense methods, which follow where it has none."""
    net = random_sparse(1500, 5, 0.6, 16)
    curve = lm.fisher_memory_curve(net, 10)
    exact = dense(net, 10)
    assert curve.method == "matrix-free" != exact.method and curve.relative_error <= 1e-8
    assert np.abs(curve.values - exact.values).max() <= (curve.relative_error + exact.relative_error) * exact.values[0]
    assert abs(curve.total - exact.total) <= (curve.relative_error + exact.relative_error) * exact.total
    few = lm.fisher_memory_curve(random_sparse(1499, 5, 0.6, 16), 10)
    assert few.method != "matrix-free"
    monkeypatch.setattr("linmem.gramian.conjugate_gradients.STEPS", 1)
    followed = lm.fisher_memory_curve(net, 10)
    assert followed.method == exact.method
    assert followed.values == pytest.approx(exact.values, abs=1e-10 * exact.values[0])  # two computations to 1e-10


def test_what_would_take_too_long_is_refused_at_once_with_its_time_and_a_way_out(monkeypatch):
    net = random_sparse(300, 10, 0.7, 17)
    monkeypatch.setattr("linmem.gramian.matrix_free.LONGEST", 1e-3)
    monkeypatch.setattr("linmem.gramian.matrix_free.RefinedSolver.solve", lambda *_: pytest.fail("it was begun"))
    with pytest.raises(AccuracyError, match=r"would take \d+ s; take a larger rtol.*horizon=n.*toarray.*GB of memory"):
        matrix_free(net, LAGS)


def test_the_estimate_of_the_cost_is_of_the_right_order():
    """The steps of an operator of known condition, within a factor of three; and the products that follow from them."""
    net = ring_lattice(500, 3, 0.95)
    operator = Operator.of(net.recurrent)
    series = Series(operator, find_contraction(operator, 1024)[0], None, 1e-8)
    gain = 0.95**2
    eigenvalue = (1 - gain**100) / (1 - gain)  # W is normal, of largest eigenvalue 0.95
    cost = estimated_cost(operator, series, series.shares_left(), 100, 7, 1e-8)
    steps = np.sqrt(eigenvalue) / 4 * np.log(2e4) + 3
    assert steps / 1.5 <= cost.steps <= 1.1 * steps  # ten steps of Lanczos see the most of the largest eigenvalue
    assert cost.multiplications >= 7 * 100 * cost.steps * net.recurrent.nnz / 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_command_line_shows_progress_and_the_time_left(monkeypatch, capsys, tmp_path):
    net = random_sparse(6500, 10, 0.8, 14)
    scipy.io.mmwrite(tmp_path / "big.mtx", sparse.coo_array(net.recurrent))
    monkeypatch.setattr("linmem.progress.PAUSE", 0.0)
    terminal = Terminal()
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", terminal)
        assert main(["curve", str(tmp_path / "big.mtx"), "--lags", "5", "--rtol", "1e-4", "--json"]) == 0
    lines = terminal.getvalue().split("\r\033[K")
    said = [re.search(r"terms of C: (\d+) % in \d+ (s|min), about \d+ (s|min) left$", line) for line in lines]
    shares = [int(found[1]) for found in said if found]
    assert len(shares) > 5 and shares == sorted(shares) and shares[-1] == 100
    assert not lines[-1]
    record = json.loads(capsys.readouterr().out)
    uniform = np.full(net.size, net.size**-0.5)
    assert record["values"] == pytest.approx(matrix_free(replace(net, feedforward=uniform), 5)[0], abs=1e-4)
    assert record["stable"] and 0.78 <= record["radius_upper"] < 1
    assert not logging.getLogger("linmem").handlers


@pytest.mark.slow
def test_twenty_thousand_units_agree_with_another_tolerance():
    net = random_sparse(20000, 10, 0.9, 10)
    coarse, coarse_total, coarse_error = matrix_free(net, 50, rtol=1e-4)
    fine, fine_total, fine_error = matrix_free(net, 50, rtol=1e-7)
    assert fine_error <= 1e-7 and coarse_error <= 1e-4
    assert np.abs(coarse - fine).max() <= (coarse_error + fine_error) * fine[0]
    assert abs(coarse_total - fine_total) <= (coarse_error + fine_error) * fine_total
