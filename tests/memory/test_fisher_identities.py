"""Fisher memory of any stable network: claims A1 to A15, and what must fail beside them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import scipy.linalg as sl
from scipy.stats import multivariate_normal

import linmem as lm
from linmem.connectivity.normal import haar

TIGHT = 1e-10  # asked of the library, which changes its path until it can promise that much
WELL_CONDITIONED = [  # cond(C) < 1e4: textbook formulas keep eleven digits of sixteen
    "one unit",
    "two units",
    "weak chain",
    "sparse feedback chain",
    "fan-out tree",
    "identity",
    "orthogonal",
    "symmetric",
    "Ginibre .3",
    "Ginibre .9",
    "sparse random",
    "complex Ginibre",
]


@cache
def spatial(net):
    return lm.spatial_fisher_memory(net, rtol=TIGHT)


@cache
def curve(net, lags=None):
    return lm.fisher_memory_curve(net, lags, rtol=TIGHT)


def slack(found):
    """How far a value of a curve may be off by the library's own account."""
    return found.relative_error * found.values.max()


def quadratic_form(M, v):
    return (v.conj() @ M @ v).real


def textbook(net, lags):
    """C from SciPy's Stein solver, its inverse, one lag at a time; and J^s from a second Stein equation."""
    W, w = net.dense(), net.feedforward
    Q = net.noise if net.noise_is_matrix else net.noise * np.eye(net.size)
    precision = np.linalg.inv(sl.solve_discrete_lyapunov(W, Q))
    values = []
    for _ in range(lags):
        values.append(quadratic_form(precision, w))
        w = W @ w
    return np.array(values), sl.solve_discrete_lyapunov(W.conj().T, precision)


@pytest.mark.parametrize("net", WELL_CONDITIONED, indirect=True)
def test_curve_total_and_spatial_matrix_are_those_of_the_textbook(net):
    values, J = textbook(net, 2 * net.size)
    # cond(C) <= 1e4, so that the textbook formulas leave 1e-12; ten times as much for N up to 60
    assert curve(net).values == pytest.approx(values, abs=1e-11)
    assert spatial(net) == pytest.approx(J, abs=1e-11)
    assert curve(net).total == pytest.approx(quadratic_form(J, net.feedforward), rel=1e-11)


def test_total_is_the_form_of_the_spatial_matrix_and_does_not_depend_on_the_lags_asked_for(net):
    # both are promised to TIGHT; J^s relative to its largest entry, and ||v|| = 1
    largest = np.abs(spatial(net)).max() * net.size
    assert curve(net).total == pytest.approx(quadratic_form(spatial(net), net.feedforward), abs=TIGHT * largest)
    assert curve(net).total == pytest.approx(curve(net, 1).total, rel=2 * TIGHT)


def test_a1_information_is_a_kullback_leibler_divergence():
    """GHS eqs 2-3: KL(P(h | s + u) || P(h | s)) = u' J u / 2, exactly, for u of any size."""
    net, u = lm.ginibre(6, gain=0.9, rng=0), np.random.default_rng(1).standard_normal(8)
    moved = sum(u_k * np.linalg.matrix_power(net.recurrent, k) @ net.feedforward for k, u_k in enumerate(u))
    C = sl.solve_discrete_lyapunov(net.recurrent, np.eye(6))
    # the log ratio of two Gaussians of one covariance is linear in h: its mean is its value at the mean
    log_ratio = multivariate_normal(moved, C).logpdf(moved) - multivariate_normal(np.zeros(6), C).logpdf(moved)
    assert u @ lm.fisher_memory_matrix(net, 8) @ u / 2 == pytest.approx(log_ratio, rel=1e-12)


def test_a2_spatial_matrix_has_trace_n(net):
    """GHS, after eq. 8: Tr J^s = N."""
    assert np.trace(spatial(net)) == pytest.approx(net.size, rel=TIGHT)


@pytest.mark.parametrize("radius", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("n", [2, 5, 20, 60])
def test_a2_trace_of_random_networks(n, radius):
    assert np.trace(spatial(lm.ginibre(n, gain=radius, rng=n))) == pytest.approx(n, rel=TIGHT)


def test_a2_trace_is_smaller_with_readout_noise():
    """Negative control: noise R in the reading instead of in the loop obeys another law, Tr((C + R)^-1 C) < N."""
    net = lm.ginibre(12, gain=0.9, rng=1)
    C = lm.noise_covariance(net)
    J = sl.solve_discrete_lyapunov(net.recurrent.T, np.linalg.inv(C + 0.3 * np.eye(12)))
    assert np.trace(J) == pytest.approx(np.trace(np.linalg.solve(C + 0.3 * np.eye(12), C)), rel=TIGHT)
    assert np.trace(J) < 11.5


def test_a2_trace_is_weighted_with_coloured_noise(coloured):
    """Tr(Q J^s) = N; the plain trace is not N."""
    Q = coloured.noise if coloured.noise_is_matrix else coloured.noise * np.eye(coloured.size)
    J = lm.spatial_fisher_memory(coloured, rtol=1e-12)
    # entries of Q J^s cancel by up to cond(Q) = 1000, which leaves nine digits of twelve
    assert np.trace(Q @ J).real == pytest.approx(coloured.size, rel=1e-9)
    assert abs(np.trace(J).real / coloured.size - 1) > 0.01


def test_a3_total_is_positive_and_below_n(net):
    """GHS eq. 9: 0 < J_tot <= N for every unit input."""
    eigenvalues = np.linalg.eigvalsh(spatial(net))
    assert eigenvalues[0] > -TIGHT * eigenvalues[-1]  # J^s >= C^-1 > 0, which may be as small as 1e-20
    assert eigenvalues[-1] < net.size or net.size == 1
    assert 0 < curve(net).total <= net.size * (1 + TIGHT)


def test_a3_needs_a_unit_input_and_a_stable_network():
    """Negative control: J_tot goes with ||v||^2, and without stability it does not exist."""
    net = lm.chain(20, gain=1.2)
    assert lm.total_fisher_memory(replace(net, feedforward=3 * net.feedforward)) > net.size
    with pytest.raises(lm.UnstableNetworkError, match=r"radius 1\.2000"):
        lm.total_fisher_memory(lm.ring(20, gain=1.2))


@pytest.mark.parametrize("net", ["Ginibre .3", "chain", "feedback chain", "triangular"], indirect=True)
def test_a4_a_random_input_is_remembered_by_one_unit_on_average(net):
    """Mean 1, variance 2 (Tr (J^s)^2 - N) / (N (N + 2)) over the sphere."""
    n, count = net.size, 20_000
    v = np.random.default_rng(0).standard_normal((count, n))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    totals = np.einsum("mi,ij,mj->m", v, spatial(net), v)
    variance = 2 * (np.trace(spatial(net) @ spatial(net)) - n) / (n * (n + 2))
    assert abs(totals.mean() - 1) < 4 * np.sqrt(variance / count)  # four standard errors
    assert totals.var() == pytest.approx(variance, rel=0.2)  # five standard errors, at a kurtosis of 20


def test_a4_inputs_of_one_sign_are_not_isotropic():
    """Negative control: inputs of non-negative weights do not average to one."""
    J = spatial(lm.connectome("celegans-witvliet-1", radius=0.9))
    v = np.abs(np.random.default_rng(0).standard_normal((2000, len(J))))
    totals = np.einsum("mi,ij,mj->m", v, J, v) / (v**2).sum(axis=1)
    assert abs(totals.mean() - 1) > 10 * totals.std() / np.sqrt(2000)


def test_a5_best_input_is_the_top_eigenvector(net):
    """GHS, after eq. 9: J_tot of the optimal input is the top eigenvalue of J^s, between 1 and N."""
    best = lm.optimal_input(net, rtol=TIGHT)
    top = np.linalg.eigvalsh(spatial(net))[-1]
    assert np.linalg.norm(best) == pytest.approx(1, rel=1e-14)  # a normalised eigenvector, to rounding
    # J^s is promised to TIGHT of its largest entry, its eigenvalues to N times that
    found = curve(replace(net, feedforward=best), 1).total
    assert found == pytest.approx(top, rel=net.size * TIGHT)
    assert 1 - net.size * TIGHT <= found <= net.size * (1 + TIGHT)
    others = np.random.default_rng(0).standard_normal((1000, net.size))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert np.einsum("mi,ij,mj->m", others, spatial(net), others).real.max() <= top * (1 + 1e-12)


def test_a5_other_distinguished_directions_are_not_optimal():
    """Negative control: the source, the top singular vector, the top eigenvector of a chain with feedback."""
    net = lm.feedback_chain(40, feedforward=0.9, feedback=0.2)
    top = np.linalg.eigvalsh(spatial(net))[-1]
    singular = np.linalg.svd(net.recurrent)[2][0]
    values, vectors = np.linalg.eig(net.recurrent)
    eigenvector = vectors[:, np.argmax(values.real)].real
    for v in (net.feedforward, singular, eigenvector / np.linalg.norm(eigenvector)):
        assert quadratic_form(spatial(net), v) < 0.9 * top


def test_a6_a_lag_is_bounded_by_one_and_by_the_amplification(net):
    """J(k) <= min(1, ||W^k v||^2), as C >= I and C >= W^k W^k*."""
    found = curve(net)
    amplification = lm.transient_amplification(net) ** 2
    assert np.all(found.values <= np.minimum(1, amplification) + 1e-12 + slack(found))


def test_a6_needs_noise_of_variance_one():
    """Negative control: J(0) = 1 / eps."""
    assert lm.fisher_memory_curve(replace(lm.chain(3), noise=0.01)).values[0] == pytest.approx(100, rel=1e-14)


def test_a7_memory_never_increases(net):
    """Data processing: J(k + 1) <= J(k), even while ||W^k v|| grows."""
    found = curve(net)
    assert np.diff(found.values).max() <= slack(found)


@pytest.mark.parametrize("net", WELL_CONDITIONED, indirect=True)
def test_a7_the_decrement_in_closed_form(net):
    """J(k) - J(k+1) = w_k* (C + C W* W C)^-1 w_k."""
    C, W, w = lm.noise_covariance(net), net.dense(), net.feedforward
    inverse = np.linalg.inv(C + C @ W.conj().T @ W @ C)
    expected = []
    for _ in range(20):
        expected.append(quadratic_form(inverse, w))
        w = W @ w
    # the matrix has the square of cond(C) <= 1e4, but acts on w_k from its own range: as C itself
    assert -np.diff(curve(net, 21).values) == pytest.approx(np.array(expected), abs=TIGHT)


@pytest.mark.parametrize("metric", [np.eye, lambda n: np.diag(np.diag(lm.noise_covariance(lm.fan_out_tree(6))))])
def test_a7_other_metrics_do_see_memory_grow(metric):
    """Negative control: with I or diag(C) in place of C."""
    net = lm.fan_out_tree(6)
    w, seen = net.feedforward, []
    for _ in range(5):
        seen.append(w @ np.linalg.solve(metric(net.size), w))
        w = net.recurrent @ w
    assert np.diff(seen).max() > 0.1


def test_a8_relabelled_units_remember_the_same(net):
    """(W, v) -> (R W R', R v): R a permutation with signs, so that not a bit is rounded."""
    rng = np.random.default_rng(3)
    order, sign = rng.permutation(net.size), rng.choice([-1.0, 1.0], net.size)
    W = (sign[:, None] * net.dense() * sign)[np.ix_(order, order)]
    moved = replace(net, recurrent=W, feedforward=(sign * net.feedforward)[order], labels=())
    assert curve(moved).values == pytest.approx(curve(net).values, abs=slack(curve(net)) + slack(curve(moved)))
    expected = (sign[:, None] * spatial(net) * sign)[np.ix_(order, order)]
    assert spatial(moved) == pytest.approx(expected, abs=2 * TIGHT * np.abs(expected).max())


@pytest.mark.parametrize("net", WELL_CONDITIONED, indirect=True)
def test_a8_rotated_networks_remember_the_same(net):
    """The same for R Haar-distributed."""
    hidden, R = lm.in_random_basis(net, rng=4), haar(net.size, np.random.default_rng(4))
    # rounding R W R' moves W by an ulp or two, and J by cond(C) <= 1e4 times as much at the very most
    assert curve(hidden).values == pytest.approx(curve(net).values, abs=1e-12)
    assert curve(hidden).total == pytest.approx(curve(net).total, rel=1e-11)
    assert spatial(hidden) == pytest.approx(R @ spatial(net) @ R.T, abs=1e-11)
    growth = lm.transient_amplification(net)
    assert lm.transient_amplification(hidden) == pytest.approx(growth, abs=1e-12 * growth.max())


def test_a8_other_similarities_change_memory():
    """Negative control: units measured in other units are in another noise."""
    net = lm.ginibre(12, gain=0.9, rng=5)
    S = np.diag(np.geomspace(1, 5, 12))
    similar = replace(net, recurrent=S @ net.recurrent @ np.linalg.inv(S))
    assert similar.radius.value == pytest.approx(0.9, rel=1e-12)  # the same eigenvalues
    assert abs(curve(similar).total - curve(net).total) > 0.01


def test_a9_coloured_noise_is_white_in_its_own_coordinates(coloured):
    """(L^-1 W L, L^-1 v) for Q = L L*, L* J^s_Q L that of the white network."""
    Q = coloured.noise if coloured.noise_is_matrix else coloured.noise * np.eye(coloured.size)
    L = np.linalg.cholesky(Q)
    white = lm.LinearNetwork(np.linalg.solve(L, coloured.dense() @ L), np.linalg.solve(L, coloured.feedforward))
    # cond(Q) <= 1000 in the change of coordinates, cond(C) <= 1e6 in the change of memory: 1e-16 becomes 1e-10
    assert curve(coloured).values == pytest.approx(curve(white).values, rel=TIGHT, abs=TIGHT * curve(white).values[0])
    assert curve(coloured).total == pytest.approx(curve(white).total, rel=TIGHT)
    assert L.conj().T @ spatial(coloured) @ L == pytest.approx(spatial(white), abs=1e-9)


def test_a9_normal_is_relative_to_the_noise():
    """W = X Lam X^-1 in noise X X* has J^s = Q^-1: no gain over a normal network in that metric."""
    rng = np.random.default_rng(6)
    X = np.eye(12) + 0.2 * rng.standard_normal((12, 12))
    Q = X @ X.T
    net = lm.LinearNetwork(X @ np.diag(rng.uniform(-0.9, 0.9, 12)) @ np.linalg.inv(X), X[:, 0], noise=(Q + Q.T) / 2)
    assert np.abs(net.recurrent @ net.recurrent.T - net.recurrent.T @ net.recurrent).max() > 0.1
    assert spatial(net) == pytest.approx(np.linalg.inv(Q), rel=TIGHT, abs=TIGHT)


def test_a9_a_symmetric_network_is_not_normal_in_other_noise():
    """Negative control: Q does not commute with W."""
    net = lm.LinearNetwork([[0.8, 0.3], [0.3, -0.2]], [1, 0], noise=[[1, 0], [0, 9]])
    assert abs(curve(net).total - 1) > 0.05


def test_a10_several_inputs_are_a_quadratic_form(net):
    """J_V(k) = V* W*^k C^-1 W^k V: c* J_V c is the memory of the one input V c; the total is V* J^s V."""
    rng = np.random.default_rng(7)
    V, c = rng.standard_normal((net.size, 3)), rng.standard_normal(3)
    several, one = curve(replace(net, feedforward=V)), curve(replace(net, feedforward=V @ c))
    scale = TIGHT * one.values.max() + 9 * TIGHT * np.abs(several.values).max()  # each entry of J_V within TIGHT
    assert np.einsum("a,kab,b->k", c, several.values, c) == pytest.approx(one.values, abs=scale)
    expected = V.T @ spatial(net) @ V
    size = net.size * np.abs(spatial(net)).max() * (V**2).sum()
    assert several.total == pytest.approx(expected, abs=2 * TIGHT * size)


@pytest.mark.parametrize("net", ["Ginibre .9", "feedback chain (.9, .2)", "triangular"], indirect=True)
def test_a10_orthonormal_inputs_share_the_trace(net):
    """The sum over p of them is at most that of the top p eigenvalues; N where p = N, for every W."""
    R = haar(net.size, np.random.default_rng(8))
    top = np.sort(np.linalg.eigvalsh(spatial(net)))[::-1]
    three = np.trace(curve(replace(net, feedforward=R[:, :3]), 1).total)
    assert three <= top[:3].sum()
    assert np.trace(curve(replace(net, feedforward=R), 1).total) == pytest.approx(net.size, rel=TIGHT)


def test_a10_orthonormal_inputs_of_a_normal_network_have_one_unit_each():
    net, R = lm.random_orthogonal(20, gain=0.9, rng=9), haar(20, np.random.default_rng(10))
    assert np.trace(curve(replace(net, feedforward=R[:, :3]), 1).total) == pytest.approx(3, rel=TIGHT)
    stretched = R[:, :3] * [1, 2, 3]  # negative control: columns that are not of unit norm
    assert np.trace(curve(replace(net, feedforward=stretched), 1).total) == pytest.approx(14, rel=TIGHT)


def test_a10_input_strength_is_not_normalised_away():
    """Negative control, OP's V = 0.9 I: every J is scaled by 0.81."""
    net = lm.ginibre(10, gain=0.9, rng=11)
    weak = curve(replace(net, feedforward=0.9 * net.feedforward))
    assert weak.values == pytest.approx(0.81 * curve(net).values, rel=1e-13)
    assert weak.total == pytest.approx(0.81 * curve(net).total, rel=1e-13)


def test_a11_complex_networks_are_real_ones_of_twice_the_size():
    """For real signals in circular noise of variance eps the information is 2 J / eps."""
    rng = np.random.default_rng(12)
    W = (rng.standard_normal((7, 7)) + 1j * rng.standard_normal((7, 7))) / 5
    v = rng.standard_normal(7) + 1j * rng.standard_normal(7)
    real = np.block([[W.real, -W.imag], [W.imag, W.real]])
    # real and imaginary part of the noise have half its variance each
    twice = curve(lm.LinearNetwork(real, np.concatenate([v.real, v.imag]), noise=0.5))
    found = curve(lm.LinearNetwork(W, v), 28)
    assert 2 * found.values == pytest.approx(twice.values, rel=1e-12, abs=1e-12)
    assert 2 * found.total == pytest.approx(twice.total, rel=1e-12)


@pytest.mark.parametrize("net", ["complex Ginibre", "complex ring", "complex feedback chain"], indirect=True)
def test_a11_conjugate_transposes_everywhere(net):
    """The trace cannot see a missing conjugate, so: C is Hermitian and solves its equation; J is real, not negative."""
    C, W = lm.noise_covariance(net), net.recurrent
    assert np.abs(C - C.conj().T).max() <= 1e-15 * np.abs(C).max()  # a few roundings of a product
    assert pytest.approx(W @ C @ W.conj().T + np.eye(net.size), abs=1e-12 * np.abs(C).max()) == C
    assert curve(net).values.dtype == float
    assert curve(net).values.min() >= 0
    assert isinstance(curve(net).total, float)


def test_a11_without_the_conjugate_the_trace_is_still_n():
    """Negative control: .T in place of .conj().T leaves the trace identity and breaks everything else."""
    rng = np.random.default_rng(13)
    W = (rng.standard_normal((7, 7)) + 1j * rng.standard_normal((7, 7))) / 5
    powers = [np.linalg.matrix_power(W, k) for k in range(400)]
    wrong = sum(P @ P.T for P in powers)
    J = sum(P.T @ np.linalg.inv(wrong) @ P for P in powers)
    assert np.trace(J) == pytest.approx(7, rel=1e-10)
    assert np.abs(wrong - wrong.conj().T).max() > 0.1


def test_a12_small_gains_see_the_self_commutator():
    """W = g M: J^s = I + (W'W - WW') + O(g^4); halving g divides the rest by 16."""
    M = np.random.default_rng(14).standard_normal((8, 8)) / np.sqrt(8)

    def rest(g, sign=1):
        W = g * M
        return np.abs(spatial(lm.LinearNetwork(W)) - np.eye(8) - sign * (W.T @ W - W @ W.T)).max()

    assert rest(0.1) / rest(0.05) == pytest.approx(16, rel=0.05)  # the next order is g^2 = 0.01 times as large
    assert rest(0.05) / rest(0.025) == pytest.approx(16, rel=0.02)
    assert rest(0.1, sign=-1) / rest(0.05, sign=-1) < 5  # negative control: the other sign leaves O(g^2)


def test_a13_two_units_exactly():
    """W = [[a, b], [0, d]], D = (1 - a d)^2 + b^2."""
    for a, b, d in np.random.default_rng(15).uniform(-0.95, 0.95, (50, 3)) * [1, 10, 1]:
        D = (1 - a * d) ** 2 + b**2
        expected = np.eye(2) + b / D * np.array([[-b, a - d], [a - d, b]])
        found = lm.spatial_fisher_memory([[a, b], [0, d]], rtol=1e-12)
        assert found == pytest.approx(expected, abs=2e-12)  # as promised; entries are at most 2
        top = 1 + abs(b) * np.hypot(b, a - d) / D
        assert np.linalg.eigvalsh(found)[-1] == pytest.approx(top, rel=2e-12)


@pytest.mark.parametrize("n", [5, 20, 60])
@pytest.mark.parametrize("norm", [0.5, 0.9, 0.99])
def test_a14_contractions_cannot_have_extensive_memory(n, norm):
    """||W|| < 1: max eig J^s <= 1 / (1 - ||W||^2), whatever N."""
    for W in (np.random.default_rng(n).standard_normal((n, n)), np.eye(n, k=-1)):
        J = spatial(lm.LinearNetwork(W * (norm / np.linalg.norm(W, 2))))
        assert np.linalg.eigvalsh(J)[-1] <= 1 / (1 - norm**2)


def test_a14_needs_a_contraction():
    """Negative control: a stable chain of gain above one."""
    assert lm.total_fisher_memory(lm.chain(100, gain=1.2)) > 20


def test_a15_unknown_inputs_cost_information():
    """The estimate of s_k beside unknown others has variance (F^-1)_kk: generalised least squares."""
    net = lm.ginibre(6, gain=0.9, rng=16)
    F = lm.fisher_memory_matrix(net, 6)
    regressors = np.column_stack([np.linalg.matrix_power(net.recurrent, k) @ net.feedforward for k in range(6)])
    # N equations in N unknowns: least squares is the inverse, and its covariance M^-1 C M^-T
    inverse = np.linalg.inv(regressors)
    variance = np.diag(inverse @ lm.noise_covariance(net) @ inverse.T)
    assert np.diag(np.linalg.inv(F)) == pytest.approx(variance, rel=1e-6)  # cond(M) up to 1e4, squared in F
    assert np.all(1 / variance < curve(net, 6).values)
    assert np.linalg.matrix_rank(lm.fisher_memory_matrix(net, 30), tol=1e-9) <= 6


def test_a15_a_delay_line_confuses_nothing():
    """Negative control: F of a chain is diagonal, and unknown others cost nothing."""
    F = lm.fisher_memory_matrix(lm.chain(8, gain=1.1), 8)
    assert 1 / np.diag(np.linalg.inv(F)) == pytest.approx(curve(lm.chain(8, gain=1.1), 8).values, rel=1e-12)


@pytest.mark.parametrize("net", WELL_CONDITIONED, indirect=True)
def test_memory_matrix_is_positive_with_the_curve_on_its_diagonal(net):
    F = lm.fisher_memory_matrix(net, 12, rtol=TIGHT)
    assert np.diag(F).real == pytest.approx(curve(net, 12).values, abs=1e-12)
    assert np.abs(F - F.conj().T).max() <= 1e-15
    assert np.linalg.eigvalsh(F)[0] >= -1e-14 * 12


def test_p7_memory_is_counted_in_units_of_one_over_the_noise(net):
    """J = J_1 / eps, C = eps C_1."""
    quiet = replace(net, noise=0.25)  # a power of two: not a bit is rounded
    assert np.array_equal(curve(quiet).values, 4 * curve(net).values)
    assert curve(quiet).total == 4 * curve(net).total
    assert np.array_equal(lm.noise_covariance(quiet), lm.noise_covariance(net) / 4)


def test_p9_gaussian_draws_near_the_edge_are_mostly_unstable():
    """GHS Fig 3A: 200 networks of N = 100 at g^2 = 0.99 cannot be plain draws; rescaled ones fit the figure."""
    gain = np.sqrt(0.99)
    drawn = [lm.ginibre(100, gain=gain, recipe="as drawn", rng=seed).radius.value for seed in range(100)]
    assert 5 <= sum(radius < 1 for radius in drawn) <= 30  # about one in seven
    tops = [np.linalg.eigvalsh(spatial(lm.ginibre(100, gain=gain, rng=seed)))[-1] for seed in range(20)]
    assert np.mean(tops) == pytest.approx(3.5, abs=0.3)
    assert 2.5 < min(tops) < max(tops) < 4.5


@pytest.mark.parametrize("net", ["symmetric", "Ginibre .9999", "orthogonal .9999"], indirect=True)
def test_p10_a_sum_of_lags_falls_short_of_the_total(net):
    """The total is that of all lags, and a truncated sum approaches it from below, slowly near radius one."""
    first, more = curve(net, 20), curve(net, 200)
    assert first.total == pytest.approx(more.total, rel=2 * TIGHT)
    assert first.values.sum() < more.values.sum() < more.total * (1 + TIGHT)
    assert first.values.sum() < 0.995 * first.total


@pytest.mark.parametrize(("share", "lag"), [(0.01, 0), (0.47, 0), (0.5, 1), (0.75, 2), (0.99, 3)])
def test_lag_of_share(share, lag):
    """1, 1/2, 1/3, 1/4 of 25/12: 48 %, 72 %, 88 %, all."""
    assert lm.fisher_memory_curve(lm.chain(4)).lag_of_share(share) == lag
    assert lm.fisher_memory_curve(lm.chain(4), 1).lag_of_share(share) == (0 if lag == 0 else None)
