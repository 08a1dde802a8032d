"""Departure from normality: closed forms, both sides of every bound, and the cases where double precision is wrong."""

import mpmath
import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm
from linmem.nonnormality.departure import (
    commutator_norm,
    departure_bounds,
    eigenvalue_conditions,
    eigenvector_condition,
    henrici_departure,
    normal_distance,
    normality_test,
)

RNG = np.random.default_rng(0)
RANDOM = [
    RNG.standard_normal((n, n)) + 1j * c * RNG.standard_normal((n, n))
    for n in range(2, 9)
    for c in (0, 1)
    for _ in range(6)
]


def in_double(W):
    """The formula as everybody writes it."""
    return np.sqrt(max(np.sum(np.abs(W) ** 2) - np.sum(np.abs(np.linalg.eigvals(W)) ** 2), 0))


@pytest.mark.parametrize(("a", "b"), [(0.95, 0.2), (0.9, 0.2), (0.99, 0.05), (1.02, 0.0), (0.4, 0.4)])
@pytest.mark.parametrize("n", [2, 10, 100])
def test_chains_by_their_closed_form(a, b, n):
    """G5: d = sqrt(N - 1) |a - b|, ||[W, W']|| = sqrt(2) |a^2 - b^2|: one grows with N, the other does not."""
    net = lm.feedback_chain(n, feedforward=a, feedback=b)
    assert henrici_departure(net) == pytest.approx(np.sqrt(n - 1) * abs(a - b), rel=1e-13, abs=1e-14)
    norm = np.sqrt((n - 1) * (a**2 + b**2))
    assert henrici_departure(net, relative=True) == pytest.approx(np.sqrt(n - 1) * abs(a - b) / norm, rel=1e-13)
    assert commutator_norm(net) == pytest.approx(np.sqrt(2) * abs(a**2 - b**2), rel=1e-12, abs=1e-14)


def test_double_precision_is_wrong_on_chains_with_feedback():
    """P17, the control: (.99, .05), N = 100."""
    net = lm.feedback_chain(100, feedforward=0.99, feedback=0.05)
    exact = np.sqrt(99) * 0.94
    assert abs(in_double(net.recurrent) - exact) > 1e-3 * np.linalg.norm(net.recurrent)
    assert henrici_departure(net) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    "net",
    [
        lm.hidden(lm.chain(30, gain=1.05), rng=0),
        lm.lmu(16),
        lm.grcar(30),
        lm.hidden(lm.jordan(12, eigenvalue=0.5), rng=1),
    ],
    ids=lambda net: net.name,
)
def test_hard_matrices_by_eigenvalues_of_many_digits(net):
    """P17: of the stored numbers, by another library."""
    with mpmath.workdps(80):
        W = mpmath.matrix(net.dense().tolist())
        spectrum = mpmath.eig(W, left=False, right=False)
        square = sum(abs(x) ** 2 for x in W) - sum(abs(x) ** 2 for x in spectrum)
        exact = float(mpmath.sqrt(square))
    assert henrici_departure(net) == pytest.approx(exact, abs=1e-9 * np.linalg.norm(net.dense()))
    assert henrici_departure(net, rtol=1e-13) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("W", RANDOM[::5], ids=len)
def test_ordinary_matrices_by_the_ordinary_formula(W):
    assert henrici_departure(W) == pytest.approx(in_double(W), rel=1e-9)


def test_groups_of_units_that_are_on_no_common_cycle_do_not_share_eigenvalues():
    """Two Gaussian groups, one feeding the other through a strong link, units shuffled."""
    blocks = [lm.ginibre(6, rng=seed).recurrent for seed in (0, 1)]
    W = sl.block_diag(*blocks)
    W[6:, :6] = 1e6
    order = np.random.default_rng(0).permutation(12)
    inside = [henrici_departure(block) for block in blocks]
    expected = np.sqrt(36e12 + inside[0] ** 2 + inside[1] ** 2)
    assert henrici_departure(W[np.ix_(order, order)]) == pytest.approx(expected, rel=1e-13)
    across = lm.from_schur([0.5, 0.5, 0.5], 1e-9)
    assert henrici_departure(across) == pytest.approx(np.sqrt(3) * 1e-9, rel=1e-12)


@pytest.mark.parametrize(
    "net",
    [
        lm.random_orthogonal(30, rng=0),
        lm.ring(20),
        lm.symmetric_wigner(20, rng=0),
        lm.random_normal(15, rng=0),
        lm.lattice(9),
    ],
    ids=lambda net: net.name,
)
def test_normal_networks_have_none(net):
    assert henrici_departure(net) < 1e-13
    assert normality_test(net).normal
    assert eigenvector_condition(net) == 1
    assert np.array_equal(eigenvalue_conditions(net)[1], np.ones(net.size))
    assert normal_distance(net)[1] < 1e-13


@pytest.mark.parametrize("departure", [1e-9, 1e-6, 1e-3])
def test_nearly_normal_networks_do_not_cancel(departure):
    """P12: a rotation and a weak link; the formula with eigenvalues has lost it at 1e-9."""
    F = np.zeros((20, 20))
    F[0, -1] = departure
    R = lm.random_orthogonal(20, gain=1, rng=0).recurrent
    W = R @ (np.diag(np.linspace(-0.9, 0.9, 20)) + F) @ R.T
    assert henrici_departure(W) == pytest.approx(departure, rel=1e-3 if departure < 1e-6 else 1e-6)
    if departure == 1e-9:
        assert in_double(W) != pytest.approx(departure, rel=0.5)
    assert not normality_test(W).normal


@pytest.mark.parametrize("W", RANDOM, ids=len)
def test_bounds_hold_without_eigenvalues(W):
    """G2-G4, by the ordinary formula, which random matrices do not upset."""
    d, found = in_double(W), departure_bounds(W)
    assert found.lower <= d * (1 + 1e-10)
    assert d <= found.upper * (1 + 1e-10)
    assert found.upper == min(found.commutator_upper, found.trace_upper)
    assert found.lower >= commutator_norm(W) / (2 * np.linalg.norm(W)) * (1 - 1e-12)


def test_without_the_factor_a_half_the_lower_bound_fails():
    """The control of G3: somewhere among the random matrices."""
    broken = 0
    for W in RANDOM:
        f, c = np.linalg.norm(W), commutator_norm(W)
        broken += f**2 - np.sqrt(max(f**4 - c**2, 0)) > in_double(W) ** 2 * (1 + 1e-9)
    assert broken


def test_the_trace_bound_is_sharp_where_eigenvalues_lie_on_a_line():
    """G4."""
    X = np.random.default_rng(1).standard_normal((6, 6))
    real = X @ np.diag(np.arange(6.0)) @ np.linalg.inv(X)
    assert departure_bounds(real).trace_upper == pytest.approx(in_double(real), rel=1e-10)
    turned = np.exp(0.7j) * real + 3j * np.eye(6)
    assert departure_bounds(turned).trace_upper == pytest.approx(in_double(turned), rel=1e-10)
    disc = lm.ginibre(6, rng=0).recurrent
    assert departure_bounds(disc).trace_upper > 1.01 * in_double(disc)


def test_a_chain_and_its_transpose_agree_in_every_measure_and_not_in_memory():
    """G12."""
    chain = lm.chain(30, gain=1.1)
    turned = lm.LinearNetwork(chain.recurrent.T, chain.feedforward)
    for measure in (henrici_departure, commutator_norm, departure_bounds, normal_distance):
        assert np.allclose(measure(chain), measure(turned), rtol=1e-12)
    assert lm.total_fisher_memory(turned) < 1e-2 * lm.total_fisher_memory(chain)


def test_measures_do_not_change_in_other_axes():
    net = lm.ginibre(12, rng=0)
    turned = lm.hidden(net, rng=1)
    for measure in (henrici_departure, commutator_norm, departure_bounds, normal_distance, eigenvector_condition):
        assert np.allclose(measure(net), measure(turned), rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-140, 1e-60, 1e60])
def test_measures_scale(scale):
    W = lm.ginibre(8, rng=0).recurrent
    assert henrici_departure(scale * W) == pytest.approx(scale * henrici_departure(W), rel=1e-9)
    assert commutator_norm(scale * W) == pytest.approx(scale**2 * commutator_norm(W), rel=1e-9)
    assert np.allclose(np.array(departure_bounds(scale * W)) / scale, departure_bounds(W), rtol=1e-9)
    assert np.allclose(np.array(normal_distance(scale * W)) / scale, normal_distance(W), rtol=1e-9)
    assert eigenvector_condition(scale * W) == pytest.approx(eigenvector_condition(W), rel=1e-6)
    assert normality_test(scale * W).margin == pytest.approx(normality_test(W).margin, rel=1e-6)
    values, conditions = eigenvalue_conditions(scale * W)
    assert np.allclose(np.sort(np.abs(values)) / scale, np.sort(np.abs(np.linalg.eigvals(W))), rtol=1e-9)
    assert np.all(conditions >= 1)


@pytest.mark.parametrize(
    "W", [[[0.5]], [[0.0]], np.zeros((3, 3)), np.diag([1.0, 2, 3])], ids=["one", "zero", "zeros", "diagonal"]
)
def test_trivial_matrices(W):
    assert henrici_departure(W) == commutator_norm(W) == henrici_departure(W, relative=True) == 0
    assert departure_bounds(W) == (0, 0, 0, 0) or departure_bounds(W).lower == 0
    assert normal_distance(W) == (0, 0)
    assert normality_test(W).normal
    assert eigenvector_condition(W) == 1


def test_a_defective_matrix_has_infinite_conditions():
    W = lm.jordan(4, eigenvalue=0.5)
    assert eigenvector_condition(W) == np.inf
    assert eigenvalue_conditions(W)[1].max() > 1e10


def test_conditions_say_how_far_eigenvalues_move():
    W = np.array([[0.5, 10.0, 0], [0, 0.1, 1], [0, 0, -0.3]])
    values, conditions = eigenvalue_conditions(W)
    for value, condition in zip(values, conditions, strict=True):
        moved = []
        for seed in range(400):
            E = np.random.default_rng(seed).standard_normal((3, 3))
            E *= 1e-7 / np.linalg.norm(E, 2)
            moved.append(np.abs(np.linalg.eigvals(W + E) - value).min())
        assert 0.3 * condition * 1e-7 < max(moved) <= 1.001 * condition * 1e-7
    assert eigenvector_condition(W) == pytest.approx(np.linalg.cond(np.linalg.eig(W)[1]), rel=1e-10)


@pytest.mark.parametrize("W", RANDOM[:24], ids=len)
def test_the_nearest_normal_matrix_is_between_the_bounds(W):
    """By descent over unitary Z: the distance to Z diag(Z* W Z) Z* is that to the nearest normal matrix with these
    axes.
    """
    lower, upper = normal_distance(W)
    n = len(W)
    rng = np.random.default_rng(0)
    best = upper
    for _ in range(2):
        Z = sl.qr(rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n)))[0]
        for _ in range(30):  # Jacobi sweeps: each pair's best rotation from a few
            for i in range(n):
                for j in range(i + 1, n):
                    Z = _better_pair(W, Z, i, j)
        inside = Z.conj().T @ W @ Z
        best = min(best, np.linalg.norm(inside - np.diag(np.diag(inside))))
    assert lower <= best * (1 + 1e-9)
    assert lower <= upper


def _better_pair(W, Z, i, j):
    pair = Z[:, [i, j]]
    block = pair.conj().T @ W @ pair
    best, chosen = np.sum(np.abs(np.diag(block)) ** 2), None
    for angle in np.linspace(0, np.pi / 2, 7)[1:]:
        for phase in np.exp(2j * np.pi * np.arange(6) / 6):
            G = np.array([[np.cos(angle), -np.sin(angle) * phase], [np.sin(angle) / phase, np.cos(angle)]])
            kept = np.sum(np.abs(np.diag(G.conj().T @ block @ G)) ** 2)
            if kept > best * (1 + 1e-12):
                best, chosen = kept, G
    if chosen is not None:
        Z = Z.copy()
        Z[:, [i, j]] = pair @ chosen
    return Z


def test_a_chain_is_one_weight_from_a_ring():
    """The last weight is missing: distance at most a, whatever the length; and the bounds know."""
    lower, upper = normal_distance(lm.chain(50, gain=1.5))
    assert 0 < lower <= 1.5
    assert upper <= 1.5


def test_a_stack_is_its_members():
    W = np.stack([lm.ginibre(10, rng=seed).recurrent for seed in range(6)]).reshape(2, 3, 10, 10)
    for measure in (henrici_departure, commutator_norm):
        found = measure(W)
        assert found.shape == (2, 3)
        assert found[1, 2] == measure(W[1, 2])


def test_what_cannot_be_known_is_refused():
    with pytest.raises(lm.AccuracyError) as caught:
        henrici_departure(lm.hidden(lm.chain(201, gain=1.5), rng=0))
    assert caught.value.result > 0


BAD = [
    (lambda: henrici_departure(np.zeros((2, 3))), ["square"]),
    (lambda: henrici_departure([[np.inf]]), ["finite"]),
    (lambda: henrici_departure(np.eye(2), rtol=0), ["rtol is 0"]),
    (lambda: departure_bounds(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: normal_distance(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: eigenvector_condition(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: eigenvalue_conditions(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: normality_test(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: henrici_departure(lm.chain(7000, sparse=True)), ["sparse with 7000 units"]),
]


@pytest.mark.parametrize(("call", "words"), BAD, ids=range(len(BAD)))
def test_bad_requests_are_refused(call, words):
    with pytest.raises(lm.InvalidNetworkError) as caught:
        call()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
