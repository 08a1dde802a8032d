"""How far a result may be trusted: estimates against enclosures, paths against each other, stacks against members."""

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import scipy.linalg as sl
from flint import acb, acb_mat, arb, ctx

import linmem as lm
from linmem.balls.bounded import Bounded, adjoint, exact, side_by_side
from linmem.balls.decoding import enclose_memory_function_of_correlated_signal
from linmem.balls.fisher import (
    enclose_fisher_memory_curve,
    enclose_fisher_memory_matrix,
    enclose_noise_covariance,
    enclose_nuisance_information,
    enclose_snr_curve,
    enclose_spatial_fisher_memory,
)
from linmem.balls.stein import geometric_sum
from linmem.gramian.doubling import gramian_by_doubling
from linmem.gramian.enclosure import EnclosedGramian
from linmem.gramian.request import Request
from linmem.gramian.square_root import gramian_by_square_root
from tests.conftest import ZOO, zoo_network

ULP = np.finfo(float).eps
HARD = [  # where textbook numerics lose most or all of their digits, or eigenvalues are not to be believed
    "two units, strong",
    "rank one",
    "feedback chain (.9, .2)",
    "oscillating feedback chain",
    "orthogonal .9999",
    "near-normal",
    "Ginibre .9999",
    "hidden chain",
    "hidden amplifying chain",
    "hidden feedback chain",
    "Jordan block .5",
    "Jordan block .9",
    "Grcar",
    "triangular",
    "triangular, strong",
    "hidden triangular",
    "badly scaled",
    "complex Ginibre",
    "complex feedback chain",
]


def covariance_of_noise(net):
    return net.noise if net.noise_is_matrix else net.noise * np.eye(net.size)


@cache
def enclosed(net, horizon=None):
    """J(k) and J_tot with proved errors of at most 1e-13."""
    lags = 2 * net.size if horizon is None else min(2 * net.size, horizon)
    return enclose_fisher_memory_curve(net.dense(), net.columns(), covariance_of_noise(net), lags, horizon, rtol=1e-13)


@cache
def enclosed_matrix(enclose, net):
    """A matrix of a network with noise of variance 1, with proved errors of at most 1e-13."""
    return enclose(net.dense(), np.eye(net.size), rtol=1e-13).values[0]


def true_error(found, truth):
    """Of a curve, as `relative_error` counts it: the largest of the curve and of the total."""
    d = found.network.n_inputs
    pairs = zip((found.values, found.total), truth.values, strict=True)
    return max(np.abs(np.reshape(ours, (-1, d, d)) - proved).max() / np.abs(proved).max() for ours, proved in pairs)


def best_effort(net, rtol, horizon=None):
    """The curve, also where the library would rather raise than return it."""
    try:
        return lm.fisher_memory_curve(net, rtol=rtol, horizon=horizon)
    except lm.AccuracyError as error:
        return error.result


def assert_bounded(found, truth):
    # the enclosure is known to 1e-13 at worst, and the rounding of a result to a double is nobody's error
    assert true_error(found, truth) <= found.relative_error + truth.relative_error + 2 * ULP


@pytest.mark.parametrize("rtol", [0.5, 1e-8, 1e-12])  # each asks for another path
@pytest.mark.parametrize("net", HARD, indirect=True)
def test_estimate_bounds_the_error(net, rtol):
    found = lm.fisher_memory_curve(net, rtol=rtol)
    assert found.relative_error <= rtol
    assert_bounded(found, enclosed(net))


@pytest.mark.slow
@pytest.mark.parametrize("rtol", [0.5, 1e-8, 1e-12])
@pytest.mark.parametrize("net", [name for name in ZOO if zoo_network(name).size <= 128], indirect=True)
def test_estimate_bounds_the_error_over_the_zoo(net, rtol):
    """Over all networks of which an enclosure takes seconds."""
    assert_bounded(lm.fisher_memory_curve(net, rtol=rtol), enclosed(net))


@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), [(0.9, 0.2), (0.95, 0.2), (0.99, 0.05)])
def test_estimate_bounds_the_error_of_a_hundred_units(a, b):
    net = lm.feedback_chain(100, feedforward=a, feedback=b)
    for rtol in (0.5, 1e-8, 1e-12):
        assert_bounded(lm.fisher_memory_curve(net, rtol=rtol), enclosed(net))


@pytest.mark.parametrize("horizon", [1, 2, 17])
@pytest.mark.parametrize("net", HARD, indirect=True)
def test_estimate_bounds_the_error_over_a_horizon(net, horizon):
    found = lm.fisher_memory_curve(net, horizon=horizon, rtol=0.5)
    assert_bounded(found, enclosed(net, horizon))


def test_estimate_bounds_the_error_in_coloured_noise(coloured):
    for horizon in (None, 12):
        for rtol in (0.5, 1e-12):
            found = lm.fisher_memory_curve(coloured, rtol=rtol, horizon=horizon)
            assert_bounded(found, enclosed(coloured, horizon))


@pytest.mark.parametrize("horizon", [None, 1, 3])
@pytest.mark.parametrize("gain", [0.0, 0.5])
@pytest.mark.parametrize("n", [3, 6, 8, 10])
def test_estimate_bounds_the_error_in_ill_conditioned_noise(n, gain, horizon):
    """Hilbert's matrix as noise: cond(Q) = 5e2, 1e7, 2e10, 2e13, which rounding Q may cost where W adds little."""
    net = lm.LinearNetwork(lm.ginibre(n, gain=gain, rng=n).recurrent, np.ones(n), noise=sl.hilbert(n))
    assert_bounded(best_effort(net, 1e-8, horizon), enclosed(net, horizon))


def random_network(rng):
    """A small network of any kind: random, banded, triangular, defective, badly scaled, sparse; turned, or complex."""
    n = int(rng.integers(1, 12))
    W = rng.standard_normal((n, n))
    kind = rng.integers(6)
    if kind == 1:
        W = np.eye(n, k=-1) * rng.uniform(0.5, 2) + np.eye(n, k=1) * rng.uniform(-0.3, 0.3)
    elif kind == 2:
        W = np.triu(W * 10 ** rng.uniform(-1, 1), 1) + np.diag(rng.uniform(-0.99, 0.99, n))
    elif kind == 3:
        W = np.eye(n) * rng.uniform(-0.9, 0.9) + np.eye(n, k=1) * 10 ** rng.uniform(-1, 0.5)
    elif kind == 4:
        units = 10.0 ** rng.uniform(-3, 3, n)
        W = units[:, None] * W / units
    elif kind == 5:
        W = W * (rng.random((n, n)) < 0.3)
    radius = np.abs(np.linalg.eigvals(W)).max()
    if radius >= 0.999:
        W *= (1 - 10 ** rng.uniform(-4, -0.3)) / radius
    if rng.random() < 0.3:
        W = W * np.exp(1j * rng.uniform(0, 6))
    return lm.LinearNetwork(W, rng.standard_normal((n, 2) if rng.random() < 0.3 else n))


@pytest.mark.parametrize("seed", range(60))
def test_estimate_bounds_the_error_of_random_networks(seed):
    rng = np.random.default_rng(seed)
    net, horizon = random_network(rng), int(rng.integers(1, 40)) if rng.random() < 0.3 else None
    for rtol in (0.5, 1e-6, 1e-12):
        assert_bounded(best_effort(net, rtol, horizon), enclosed(net, horizon))


@pytest.mark.parametrize("rtol", [1e-4, 1e-8, 1e-12])
@pytest.mark.parametrize("net", HARD, indirect=True)
def test_spatial_matrix_and_covariance_are_as_good_as_promised(net, rtol):
    for ask, enclose in (
        (lm.spatial_fisher_memory, enclose_spatial_fisher_memory),
        (lm.noise_covariance, enclose_noise_covariance),
    ):
        found, truth = ask(net, rtol=rtol), enclosed_matrix(enclose, net)
        assert np.abs(found - truth).max() <= (rtol + 1e-13) * np.abs(truth).max()


@pytest.mark.parametrize(
    "net", ["feedback chain (.9, .2)", "triangular", "hidden chain", "Ginibre .9999"], indirect=True
)
def test_memory_matrix_is_as_good_as_promised(net):
    """Of two inputs, the second of which is the first one step on: J_01 of the matrix is J_0 between them."""
    V = np.column_stack([net.feedforward, net.dense() @ net.feedforward])
    truth = enclose_fisher_memory_curve(net.dense(), V, np.eye(net.size), 10).values[0]
    F = lm.fisher_memory_matrix(net, 11)
    k = np.arange(10)
    found = np.array([[F[k, k], F[k, k + 1]], [F[k + 1, k], F[k + 1, k + 1]]]).transpose(2, 0, 1)
    assert np.abs(found - truth).max() <= 2e-8  # rtol, and J <= 1; W v is rounded


def test_no_path_is_good_enough_for_more_digits_than_there_are():
    with pytest.raises(lm.AccuracyError, match=r"more than rtol=1\.0e-17") as caught:
        lm.fisher_memory_curve(lm.ginibre(5, gain=0.9, rng=0), 4, rtol=1e-17)
    assert caught.value.relative_error == caught.value.result.relative_error > 1e-17
    assert caught.value.result.values.shape == (4,)


def test_rings_near_the_circle_are_passed_on_to_better_paths():
    """The walk around a ring loses 1 / (1 - a) ulps; what it cannot promise, the later paths can."""
    net = lm.ring(3, gain=1 - 1e-6)
    assert_bounded(lm.fisher_memory_curve(net, rtol=1e-12), enclosed(net))


def test_p3_scipy_answers_for_an_unstable_network():
    """Negative control: its C solves the equation and is no covariance. Here, there is an error instead."""
    W = np.array([[1.2, 0.5], [0, 0.3]])
    assert np.linalg.eigvalsh(sl.solve_discrete_lyapunov(W, np.eye(2)))[0] < 0
    with pytest.raises(lm.UnstableNetworkError, match=r"1\.2000"):
        lm.noise_covariance(W)


FORMS = {
    "real": (lm.ginibre(12, gain=0.9, rng=1).recurrent, None),
    "complex": (np.exp(0.3j) * lm.ginibre(12, gain=0.9, rng=2).recurrent, None),
    "coloured": (lm.ginibre(12, gain=0.9, rng=3).recurrent, sl.toeplitz(0.7 ** np.arange(12))),
    "non-normal": (lm.feedback_chain(12).recurrent, None),
}


@pytest.mark.parametrize("horizon", [None, 1, 2, 13, 100, 1501])  # 1501: beyond the single steps of the square roots
@pytest.mark.parametrize("inputs", [1, 3])
@pytest.mark.parametrize("name", FORMS)
def test_all_paths_agree(name, inputs, horizon):
    W, Q = FORMS[name]
    V = np.random.default_rng(5).standard_normal((12, inputs))
    lags = min(20, horizon or 20)
    network = lm.LinearNetwork(W, V, noise=1.0 if Q is None else Q)
    request = Request(network, V, lags, horizon)
    scale = network.noise_variance  # enclosures divide by it, as the other forms expect of their caller
    for gramian in (gramian_by_doubling(W, Q, horizon), gramian_by_square_root(W, Q, horizon)):
        for quantity in ("fisher_memory_curve", "spatial_fisher_memory", "noise_covariance"):
            computed, proved = (getattr(form, quantity)(request).numbers for form in (gramian, EnclosedGramian()))
            for ours, truth in zip(computed, proved, strict=True):
                truth = truth * scale if quantity == "noise_covariance" else truth / scale
                assert np.abs(ours - truth).max() <= 1e-11 * np.abs(truth).max()  # cond(C) is about 1e3


@pytest.mark.parametrize("build", [gramian_by_doubling, gramian_by_square_root])
@pytest.mark.parametrize("horizon", [1023, 1501, 2048, 2047])  # beyond the single steps of the square roots, and not
def test_every_step_of_a_long_horizon_counts(build, horizon):
    """A rotation that damps nothing: J_n(k) = 1 / n, where a step more or less would show."""
    R = lm.random_orthogonal(5, gain=1, rng=6).recurrent
    request = Request(lm.LinearNetwork(R), np.eye(5)[:, :1], 3, horizon)
    values = build(R, None, horizon).fisher_memory_curve(request).numbers[0]
    assert values.ravel() == pytest.approx(np.full(3, 1 / horizon), rel=1e-11)  # R is orthogonal to n roundings


def rational_solution(A, Q):
    """X = A X A' + Q in rationals, by elimination in N^2 unknowns."""
    n = len(A)
    rows = []
    for i in range(n):
        for j in range(n):
            row = [-A[i][p] * A[j][q] for p in range(n) for q in range(n)]
            row[i * n + j] += 1
            rows.append([*row, Q[i][j]])
    for column in range(n * n):
        pivot = next(r for r in range(column, n * n) if rows[r][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [entry / rows[column][column] for entry in rows[column]]
        for r in range(n * n):
            if r != column and rows[r][column]:
                rows[r] = [a - rows[r][column] * b for a, b in zip(rows[r], rows[column], strict=True)]
    return [[rows[i * n + j][-1] for j in range(n)] for i in range(n)]


def rational_inverse(M):
    """By Cramer's rule, for one or two rows."""
    if len(M) == 1:
        return [[1 / M[0][0]]]
    determinant = M[0][0] * M[1][1] - M[0][1] * M[1][0]
    return [[M[1][1] / determinant, -M[0][1] / determinant], [-M[1][0] / determinant, M[0][0] / determinant]]


def contains(value, error, exact):
    """Whether value +- error holds the exact number: all three are rationals, and nothing is rounded."""
    return abs(Fraction(float(value)) - exact) <= Fraction(float(error))


@pytest.mark.parametrize(
    ("W", "v"),
    [
        ([[0.5]], [1.0]),
        ([[0.0, 0.0], [1.25, 0.0]], [1.0, 0.5]),
        ([[0.5, 3.0], [-0.125, 0.25]], [0.75, -1.0]),
        ([[0.1, 0.2], [0.7, -0.3]], [0.3, 0.1]),  # no dyadic rationals: the stored doubles are meant
        ([[0.999, 100.0], [0.0, 0.999]], [0.0, 1.0]),
    ],
)
@pytest.mark.parametrize(("bits", "rtol"), [(16, 0.1), (30, 1e-4), (128, 1e-13)])  # few bits: wide, and still true
def test_enclosures_contain_exact_rationals(W, v, bits, rtol, monkeypatch):
    monkeypatch.setattr("linmem.balls.precision.START_BITS", bits)
    n, lags = len(W), 6
    A, x = [[Fraction(a) for a in row] for row in W], [Fraction(a) for a in v]
    one = [[Fraction(i == j) for j in range(n)] for i in range(n)]
    C = rational_solution(A, one)
    precision = rational_inverse(C)
    J = rational_solution([list(column) for column in zip(*A, strict=True)], precision)

    def form(M, y):
        return sum(y[i] * M[i][j] * y[j] for i in range(n) for j in range(n))

    covariance = enclose_noise_covariance(np.array(W), np.eye(n), rtol=rtol)
    spatial = enclose_spatial_fisher_memory(np.array(W), np.eye(n), rtol=rtol)
    found = enclose_fisher_memory_curve(np.array(W), np.array(v), np.eye(n), lags, rtol=rtol)
    assert max(covariance.relative_error, spatial.relative_error, found.relative_error) <= rtol
    for i in range(n):
        for j in range(n):
            assert contains(covariance.values[0][i, j], covariance.errors[0][i, j], C[i][j])
            assert contains(spatial.values[0][i, j], spatial.errors[0][i, j], J[i][j])
    assert contains(found.values[1][0, 0], found.errors[1][0, 0], form(J, x))
    for k in range(lags):
        exact = form(precision, x)
        assert contains(found.values[0][k, 0, 0], found.errors[0][k, 0, 0], exact)
        x = [sum(A[i][j] * x[j] for j in range(n)) for i in range(n)]


@pytest.mark.parametrize("terms", [None, 1, 2, 3, 7, 100])
def test_geometric_sums_keep_their_proof_at_any_precision(terms):
    """sum 4^-k: doubled powers of 1/2 are exact here, so that what is cut off is the only error there is."""
    for bits in range(10, 120, 3):
        with ctx.workprec(bits):
            found = geometric_sum(Bounded(exact(np.array([[0.5]]))), Bounded(exact(np.array([[1.0]]))), terms)
        with ctx.workprec(1000):  # an exact value is compared with a ball at a higher precision than the ball's
            truth = (1 - (arb(0) if terms is None else arb(4) ** -terms)) * 4 / 3
            assert abs(found.mid[0, 0] - truth) <= found.error


def stack(shape, n, *, seed=0, inputs=None, dtype=float):
    """Ginibre networks of radii 0.3 to 0.95."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((*shape, n, n)).astype(dtype)
    V = rng.standard_normal((*shape, n, inputs) if inputs else (*shape, n)).astype(dtype)
    if dtype is complex:
        W, V = W + 1j * rng.standard_normal(W.shape), V - 1j * rng.standard_normal(V.shape)
    W *= (rng.uniform(0.3, 0.95, shape) / np.abs(np.linalg.eigvals(W)).max(axis=-1))[..., None, None]
    return lm.LinearNetwork(W, V)


STACKS = {
    "one input": lambda: stack((5,), 7),
    "two leading axes": lambda: stack((2, 3), 6, seed=1),
    "several inputs": lambda: stack((4,), 6, seed=2, inputs=3),
    "complex": lambda: stack((2, 2), 5, seed=3, dtype=complex),
    "complex, several inputs": lambda: stack((3,), 5, seed=4, inputs=2, dtype=complex),
    "complex input": lambda: replace(stack((3,), 5, seed=5), feedforward=np.array([1, 1j, 0, 0, 2])),
    "shared input": lambda: replace(stack((3,), 5, seed=6), feedforward=np.eye(5)[0]),
    "variance": lambda: replace(stack((3,), 5, seed=7), noise=0.3),
    "correlated noise": lambda: replace(stack((2, 2), 3, seed=8), noise=[[1, 0.5, 0], [0.5, 1, 0], [0, 0, 2]]),
    "one unit": lambda: lm.LinearNetwork(np.array([0.1, 0.5, -0.9]).reshape(3, 1, 1), [1.0]),
    "one member": lambda: stack((1,), 4, seed=9),
    "members for other methods": lambda: lm.LinearNetwork(
        [lm.chain(20, gain=2.0).recurrent, lm.ring(20, gain=0.5).recurrent, np.eye(20) * 0.5 + 3 * np.eye(20, k=1)],
        np.eye(20)[-1],
    ),
}


@pytest.mark.parametrize("horizon", [None, 9])
@pytest.mark.parametrize("name", STACKS)
def test_a_stack_is_its_members(name, horizon):
    net = STACKS[name]()
    found = lm.fisher_memory_curve(net, 8, horizon=horizon)
    totals = lm.total_fisher_memory(net, horizon=horizon)
    spatial = lm.spatial_fisher_memory(net, horizon=horizon)
    gram = lm.fisher_memory_matrix(net, 4, horizon=horizon)
    covariance = lm.noise_covariance(net, horizon=horizon)
    d = (net.n_inputs,) * 2 if net.feedforward_is_matrix else ()
    assert found.values.shape == (*net.stack_shape, 8, *d)
    assert found.total.shape == totals.shape == (*net.stack_shape, *d)
    assert found.relative_error.shape == net.stack_shape
    assert np.array_equal(found.lags, np.arange(8))
    for index in np.ndindex(net.stack_shape):
        one = net.member(*index)
        alone = lm.fisher_memory_curve(one, 8, horizon=horizon)
        size, total = np.abs(alone.values).max(), np.abs(alone.total).max()
        promised = found.relative_error[index] + alone.relative_error
        assert promised <= 2e-8
        assert found.values[index] == pytest.approx(alone.values, abs=promised * size)
        assert found.total[index] == pytest.approx(alone.total, abs=promised * total)
        assert totals[index] == pytest.approx(alone.total, abs=2e-8 * total)
        # these go by the same computation
        assert np.array_equal(spatial[index], lm.spatial_fisher_memory(one, horizon=horizon))
        assert np.array_equal(gram[index], lm.fisher_memory_matrix(one, 4, horizon=horizon))
        assert np.array_equal(covariance[index], lm.noise_covariance(one, horizon=horizon))
        assert np.array_equal(lm.transient_amplification(net, 8)[index], lm.transient_amplification(one, 8))


def test_members_of_a_stack_know_their_error():
    net = stack((3, 2), 6, seed=10)
    for rtol in (0.5, 1e-12):
        found = lm.fisher_memory_curve(net, 12, rtol=rtol)
        for index in np.ndindex(3, 2):
            one = replace(lm.fisher_memory_curve(net.member(*index), 12, rtol=rtol))
            member = replace(
                one,
                values=found.values[index],
                total=found.total[index],
                relative_error=found.relative_error[index],
            )
            assert_bounded(member, enclosed(member.network))


@pytest.mark.parametrize(
    "ask",
    [lm.fisher_memory_curve, lm.total_fisher_memory, lm.spatial_fisher_memory, lm.optimal_input, lm.noise_covariance],
)
def test_an_unstable_member_is_named(ask):
    net = stack((2, 3), 4, seed=11)
    W = net.recurrent.copy()
    W[1, 2] = 1.5 * np.eye(4)
    with pytest.raises(lm.UnstableNetworkError, match=r"member \[1, 2\] of the stack.*1\.5000") as caught:
        ask(replace(net, recurrent=W))
    assert caught.value.radius == 1.5


def test_order_in_a_stack_does_not_matter():
    net = stack((6,), 5, seed=12)
    turned = replace(net, recurrent=net.recurrent[::-1], feedforward=net.feedforward[::-1])
    assert np.array_equal(lm.fisher_memory_curve(turned).values[::-1], lm.fisher_memory_curve(net).values)


# --- from path to path ---

HARD_ENOUGH = lm.feedback_chain(12, feedforward=0.95, feedback=0.2)
CORRELATION = 1 - np.arange(6) / 6  # of a sum of six white ones
MEASURES = {
    "curve": lambda net: lm.fisher_memory_curve(net, 5).values,
    "curve, horizon": lambda net: lm.fisher_memory_curve(net, 5, horizon=9).values,
    "total": lm.total_fisher_memory,
    "matrix": lambda net: lm.fisher_memory_matrix(net, 5),
    "matrix, horizon": lambda net: lm.fisher_memory_matrix(net, 5, horizon=9),
    "spatial": lm.spatial_fisher_memory,
    "spatial, horizon": lambda net: lm.spatial_fisher_memory(net, horizon=9),
    "optimal input": lm.optimal_input,
    "covariance": lm.noise_covariance,
    "covariance, horizon": lambda net: lm.noise_covariance(net, horizon=9),
    "memory function": lambda net: lm.memory_function(net, 5, snr=3.0).values,
    "memory function, readout": lambda net: lm.memory_function(net, 5, snr=3.0, readout_noise=0.2).values,
    "memory function, horizon": lambda net: lm.memory_function(net, 5, snr=3.0, horizon=9).values,
    "memory function, correlated": lambda net: lm.memory_function(net, 9, snr=3.0, autocovariance=CORRELATION).values,
    "capacity": lambda net: lm.memory_capacity(net, snr=3.0),
    "capacity, correlated": lambda net: lm.memory_capacity(net, snr=3.0, autocovariance=CORRELATION),
    "information": lambda net: lm.mutual_information(net, snr=3.0),
    "information, correlated": lambda net: lm.mutual_information(net, 3.0, autocovariance=CORRELATION),
    "snr": lambda net: lm.snr_curve(net, 5, snr=3.0),
    "snr, readout": lambda net: lm.snr_curve(net, 5, snr=3.0, readout_noise=0.2),
    "nuisance": lambda net: lm.nuisance_information(net, 5),
    "nuisance, readout": lambda net: lm.nuisance_information(net, 5, readout_noise=0.2, horizon=9),
}


def beyond_it(*arguments):
    """A method that has no answer."""


@pytest.mark.parametrize("noise", [1.0, 0.01])
@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_falls_through_to_balls_and_then_to_an_error(name, noise, monkeypatch):
    net, measure = replace(HARD_ENOUGH, noise=noise), MEASURES[name]
    answers = [measure(net)]
    for path in ("gramian_by_doubling", "extended_gramian", "gramian_by_square_root"):
        monkeypatch.setattr(f"linmem.gramian.methods.{path}", beyond_it)
        answers.append(measure(net))
    for other in answers[1:]:  # cond(C) is 300: 1e-13 of each double, and balls are exact
        assert np.abs(other - answers[0]).max() <= 1e-12 * np.abs(answers[0]).max()
    monkeypatch.setattr("linmem.gramian.methods.LARGEST_ENCLOSED", 0)
    with pytest.raises(lm.AccuracyError, match="no method has an answer"):
        measure(net)


def test_continuous_measures_fall_through_as_well(monkeypatch):
    net = lm.ContinuousNetwork(HARD_ENOUGH.recurrent - 1.2 * np.eye(12), np.eye(12)[0])
    asked = {
        "curve": lambda: lm.fisher_memory_curve(net, [0.0, 0.5, 3.0]).values,
        "matrix": lambda: lm.fisher_memory_matrix(net, [0.0, 0.5, 3.0]),
        "spatial": lambda: lm.spatial_fisher_memory(net),
        "covariance": lambda: lm.noise_covariance(net),
    }
    before = {name: ask() for name, ask in asked.items()}
    for path in ("gramian_by_doubling", "extended_gramian", "gramian_by_square_root"):
        monkeypatch.setattr(f"linmem.gramian.methods.{path}", beyond_it)
    for name, ask in asked.items():
        assert np.abs(ask() - before[name]).max() <= 1e-11 * np.abs(before[name]).max(), name


def test_memory_without_noise_ends_in_an_error_that_carries_it():
    """More bits for the eigenvalues are tried first; m is rounded to doubles all the same."""
    with pytest.raises(lm.AccuracyError, match="eigenvalues are not known well enough") as caught:
        lm.memory_function(lm.ginibre(5, gain=0.9, rng=0), 5, snr=np.inf, rtol=1e-17)
    assert caught.value.result.method == "eigenvalues to 2048 bits"
    assert caught.value.result.relative_error == caught.value.relative_error < 1e-13
    assert caught.value.result.values[0] == pytest.approx(
        lm.memory_function(lm.ginibre(5, gain=0.9, rng=0), snr=1e12).values[0]
    )


def test_most_estimates_are_within_a_thousand_of_the_error():
    """Counted from N 2^-53 on, which one inner product may round."""
    ratios = []
    for seed in range(60):
        net = random_network(np.random.default_rng(seed))
        for rtol in (0.5, 1e-12):
            found = best_effort(net, rtol)
            ratios.append(found.relative_error / max(true_error(found, enclosed(net)), net.size * ULP / 2))
    assert np.mean(np.array(ratios) <= 1000) >= 0.9


# --- enclosures of the measures that two lags make ---


def by_gauss(net, lags, readout, snr, correlation):
    """F = Y* (C + r)^-1 Y of the first lags, and m, its sum and I of a correlated signal, in balls.

    By inverses and sums over 400 lags, without the inequalities of `linmem.balls`.
    """
    W, v, C = (acb_mat(one.tolist()) for one in (net.recurrent, net.columns(), covariance_of_noise(net)))
    eps = C.trace() / net.size
    states, power = [v], W
    for _ in range(399):  # 0.8^800: what comes later is below 1e-70
        states.append(W * states[-1])
    for _ in range(12):
        C, power = C + power * C * adjoint(power), power * power
    C += acb_mat(np.eye(net.size).tolist()) * (eps * readout)
    Y = side_by_side(states)
    autocovariance = sl.toeplitz(np.pad(correlation, (0, 400 - len(correlation))))
    Z = Y * acb_mat(autocovariance.tolist())
    M = C + Z * adjoint(Y) * (snr * eps)
    seen = (M.inv() * Z).tolist()
    m = []
    for k, column in enumerate(zip(*Z.tolist(), strict=True)):
        m.append(acb((snr * eps * sum(z.conjugate() * row[k] for z, row in zip(column, seen, strict=True))).real))
    information = abs(M.det() / C.det()).log() / 2
    near = side_by_side(states[:lags])
    return adjoint(near) * C.inv() * near, m, sum(m, acb(0)).real, information


@pytest.mark.parametrize("readout", [0.0, 0.3])
@pytest.mark.parametrize("kind", ["real", "complex", "coloured"])
def test_enclosures_of_lags_together_contain_what_many_digits_say(kind, readout):
    W, lags, snr = lm.ginibre(4, gain=0.8, rng=5).recurrent, 3, 7.0
    W = W * np.exp(0.4j) if kind == "complex" else W
    net = lm.LinearNetwork(W, np.ones(4), noise=np.diag([0.5, 1, 2, 0.3]) if kind == "coloured" else 1.0)
    arguments = net.dense(), net.columns(), covariance_of_noise(net), lags
    gram = enclose_fisher_memory_matrix(*arguments)
    through_readout = enclose_snr_curve(*arguments, readout_noise=readout)
    alone = enclose_nuisance_information(*arguments, readout_noise=readout)
    decoded = enclose_memory_function_of_correlated_signal(*arguments, snr, readout, CORRELATION)
    assert max(one.relative_error for one in (gram, through_readout, alone, decoded)) <= 1e-13
    with ctx.workprec(1000):  # 400 steps widen balls by some hundred bits
        F, m, capacity, information = by_gauss(net, lags, readout, snr, CORRELATION)
        noiseless, inverse = by_gauss(net, lags, 0.0, snr, CORRELATION)[0], F.inv()
        for k in range(lags):
            for j in range(lags):
                assert abs(noiseless[k, j] - gram.values[0][k, j, 0, 0].item()) <= gram.errors[0][k, j, 0, 0]
            assert abs(F[k, k] - through_readout.values[0][k, 0, 0].item()) <= through_readout.errors[0][k, 0, 0]
            assert abs(1 / inverse[k, k] - float(alone.values[0][k, 0])) <= alone.errors[0][k, 0]
            assert abs(m[k] - decoded.values[0][k, 0, 0].item()) <= decoded.errors[0][k, 0, 0]
        assert abs(capacity - float(decoded.values[1])) <= decoded.errors[1]
        assert abs(information - float(decoded.values[2])) <= decoded.errors[2]


def test_an_enclosed_form_makes_a_white_signal_of_an_autocovariance_of_one_entry():
    request = Request(HARD_ENOUGH, HARD_ENOUGH.columns(), 6, snr=3.0, readout_noise=0.1)
    white = EnclosedGramian().memory_function(request).numbers
    single = EnclosedGramian().memory_function(replace(request, autocovariance=np.ones(1))).numbers
    for one, other in zip(white, single, strict=True):
        assert np.abs(one - other).max() <= 4 * ULP * np.abs(one).max()
