"""Departure from normality: closed forms, both sides of every bound, and the cases where double precision is wrong."""

from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm
from linmem.balls.departure import enclose_henrici_departure
from linmem.nonnormality.commutator import commutator_norm, departure_bounds, normal_distance
from linmem.nonnormality.departure import henrici_departure
from linmem.nonnormality.eigenvalue_conditions import eigenvalue_conditions, eigenvector_condition
from linmem.nonnormality.normality import normality_test

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


def moved_to_integer_axes(J, seed):
    """P J P^-1 with integer P of determinant 1: exact in doubles, and all of it on common cycles."""
    rng, n = np.random.default_rng(seed), len(J)
    left, right = (
        np.tril(rng.integers(-1, 2, (n, n)), -1) + np.eye(n),
        np.triu(rng.integers(-1, 2, (n, n)), 1) + np.eye(n),
    )
    P = left @ right
    inverse = np.round(np.linalg.inv(P))
    assert np.array_equal(P @ inverse, np.eye(n))
    return P @ J @ inverse


def by_eigenvalues_of_many_bits(W, bits=1000):
    """By QR iterations, not by the characteristic polynomial."""
    with flint.ctx.workprec(bits):
        matrix = flint.acb_mat([[flint.acb(complex(x)) for x in row] for row in np.asarray(W)])
        entries, spectrum = (
            sum((z.real * z.real + z.imag * z.imag).mid() for z in values)
            for values in (matrix.entries(), matrix.eig(algorithm="approx"))
        )
        return float((entries - spectrum).mid().sqrt())


@pytest.mark.parametrize(
    ("a", "b"), [(0.95, 0.2), (0.9, 0.2), (0.99, 0.05), (1.02, 0.0), (0.4, 0.4), (0.9, -0.2), (0.3, -0.3)]
)
@pytest.mark.parametrize("n", [2, 10, 100, 300])
def test_chains_by_their_closed_form(a, b, n):
    """G5: d = sqrt(N - 1) |a - b|, ||[W, W']|| = sqrt(2) |a^2 - b^2|: one grows with N, the other does not. Where a b <
    0 the eigenvalues are imaginary, and d = sqrt(N - 1) |a + b|.
    """
    net = lm.feedback_chain(n, feedforward=a, feedback=b)
    expected = np.sqrt(n - 1) * abs(abs(a) - abs(b))
    assert henrici_departure(net) == pytest.approx(expected, rel=1e-13, abs=1e-14)
    norm = np.sqrt((n - 1) * (a**2 + b**2))
    assert henrici_departure(net, relative=True) == pytest.approx(expected / norm, rel=1e-13)
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
        lm.in_random_basis(lm.chain(20, gain=1.05), rng=0),
        lm.lmu(16),
        lm.grcar(20),
        lm.in_random_basis(lm.jordan(12, eigenvalue=0.5), rng=1),
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


@pytest.mark.parametrize("diagonal", ["zero", "equal", "any"])
@pytest.mark.parametrize("signs", ["positive", "negative", "mixed"])
def test_trees_of_links(signs, diagonal):
    """Real eigenvalues, imaginary ones, or neither, for which there is no closed form."""
    rng, n = np.random.default_rng(0), 12
    W = np.diag({"zero": np.zeros(n), "equal": np.full(n, 0.3), "any": rng.uniform(-1, 1, n)}[diagonal])
    for unit in range(1, n):
        parent = rng.integers(unit)
        W[unit, parent], W[parent, unit] = rng.uniform(0.5, 1), rng.uniform(0.1, 0.5)
        W[parent, unit] *= {"positive": 1, "negative": -1, "mixed": rng.choice([-1, 1])}[signs]
    assert henrici_departure(W) == pytest.approx(by_eigenvalues_of_many_bits(W), rel=1e-13)


@pytest.mark.parametrize(
    "net",
    [
        lm.in_random_basis(lm.chain(60, gain=1.05), rng=0),
        lm.lmu(32),
        lm.in_random_basis(lm.feedback_chain(60, feedback=0.05), rng=1),
    ],
    ids=lambda net: net.name,
)
def test_double_precision_is_wrong_on_hidden_chains_and_the_departure_is_not(net):
    """P17: to 1e-9 of ||W||_F, where the formula in doubles is off by 1e-6 and more."""
    exact, norm = by_eigenvalues_of_many_bits(net.dense()), np.linalg.norm(net.dense())
    assert abs(in_double(net.dense()) - exact) > 1e-6 * norm
    assert henrici_departure(net) == pytest.approx(exact, abs=1e-9 * norm)


@pytest.mark.parametrize("n", [4, 8, 10])
@pytest.mark.parametrize("eigenvalue", [0, 2])
def test_defective_matrices_are_no_exception(eigenvalue, n):
    """One Jordan block in integer axes: d^2 = ||W||_F^2 - N lambda^2, to every digit, which doubles do not have."""
    W = moved_to_integer_axes(eigenvalue * np.eye(n) + np.eye(n, k=1), seed=n)
    square = int(np.sum(W * W) - n * eigenvalue**2)  # of integers
    assert henrici_departure(W) == pytest.approx(np.sqrt(square), rel=1e-9)
    assert henrici_departure(W, rtol=1e-13) == pytest.approx(np.sqrt(square), rel=1e-13)
    found = enclose_henrici_departure(W, 1e-15 * np.linalg.norm(W))
    with mpmath.workdps(40):  # a root rounded to a double may lie outside of an enclosure that is right
        assert abs(float(found.values[0]) - mpmath.sqrt(square)) <= float(found.errors[0])


def test_a_weak_link_that_closes_a_cycle_counts_at_any_scale():
    """A ring of N weights 1 and one of 1e-450: |eigenvalue|^N = 1e-450, no small number for N = 100. In doubles the
    ratio does not exist, nor do the eigenvalues.
    """
    n = 100
    W = np.roll(np.diag(np.full(n, 1e150)), 1, axis=0)
    W[0, -1] = 1e-300
    exact = np.sqrt(n - 1 - n * 10 ** (-2 * 450 / n))
    assert henrici_departure(W, rtol=1e-12) / 1e150 == pytest.approx(exact, rel=1e-12)
    assert abs(exact - np.sqrt(n - 1)) > 1e-10 * exact


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_an_enclosure_holds_the_departure_of_a_matrix_of_rationals(n):
    """Real eigenvalues 1 ... n: everything but the last root is exact, by fractions. Real and complex alike."""
    W = moved_to_integer_axes(np.diag(np.arange(1.0, n + 1)) + 3 * np.eye(n, k=1), seed=n)
    square = sum(Fraction(x) ** 2 for x in W.ravel()) - sum(Fraction(i) ** 2 for i in range(1, n + 1))
    with mpmath.workdps(40):
        exact = mpmath.sqrt(mpmath.mpf(square.numerator) / square.denominator)
        for member, factor in ((W, 1), (1j * W, 1), ((3 + 4j) * W, 5)):
            found = enclose_henrici_departure(member, 1e-12)
            assert abs(mpmath.mpf(float(found.values[0])) - factor * exact) <= float(found.errors[0]) <= 1e-12


def test_enclosures_of_complex_and_of_normal_matrices():
    a, b, n = 0.75, 0.25, 40  # a unitary factor of 3/5 + 4i/5 does not fit a double, and 1 + i over a root does not
    chain = (1 + 1j) * lm.feedback_chain(n, feedforward=a, feedback=b).recurrent
    found = enclose_henrici_departure(chain, 1e-12)
    with mpmath.workdps(40):  # a root rounded to a double may lie outside of an enclosure that is right
        assert abs(float(found.values[0]) - mpmath.sqrt(2 * (n - 1)) * (a - b)) <= float(found.errors[0])
    for W in (np.zeros((3, 3)), lm.ring(9).recurrent, np.diag([1j, 2, 3])):
        found = enclose_henrici_departure(W, 1e-12)
        assert found.values[0] <= found.errors[0] <= 1e-12


@pytest.mark.parametrize(("n", "gain", "eigenvalue"), [(128, 1.0, 0.0), (128, 1.5, 0.25), (32, 1.0, 0.5j)])
def test_a_hidden_chain_that_is_exact_in_doubles(n, gain, eigenvalue):
    """Hadamard axes: a chain hidden without rounding, nilpotent (but for its eigenvalue) and dense. In doubles some
    hundredths of the departure are lost.
    """
    H = sl.hadamard(n).astype(float)
    W = H @ (gain * np.eye(n, k=-1)) @ H / n + eigenvalue * np.eye(n)
    exact, norm = np.sqrt(n - 1) * gain, np.linalg.norm(W)
    assert abs(in_double(W) - exact) > 0.01 * norm
    assert henrici_departure(W, rtol=1e-12) == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("n", [10, 30])
def test_the_error_of_double_precision_is_never_estimated_too_small(n, monkeypatch):
    """Without balls, and asked for more than there is: the error that is raised says how far off its result is."""
    wrong = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        triangular = np.triu(rng.standard_normal((n, n)), 1) * 4 / np.sqrt(n) + np.diag(rng.uniform(-1, 1, n))
        for W in (
            lm.in_random_basis(lm.LinearNetwork(triangular), rng=seed).recurrent,
            lm.in_random_basis(lm.chain(n, gain=0.9), rng=seed).recurrent,
            lm.in_random_basis(lm.feedback_chain(n, feedforward=0.9, feedback=0.2), rng=seed).recurrent,
            lm.ginibre(n, rng=seed).recurrent,
            lm.symmetric_wigner(n, rng=seed).recurrent + 1e-6 * rng.standard_normal((n, n)),
        ):
            norm = np.linalg.norm(W)
            exact = float(enclose_henrici_departure(W, 1e-14 * norm).values[0])
            with monkeypatch.context() as without_balls:
                without_balls.setattr("linmem.nonnormality.departure.LARGEST_ENCLOSED", 0)
                with pytest.raises(lm.AccuracyError) as caught:
                    henrici_departure(W, rtol=1e-18)
            off = abs(caught.value.result - exact) / norm
            assert off <= caught.value.relative_error
            wrong += off > 1e-9
    assert wrong >= 6


def test_a_stack_of_hard_networks_is_its_members_and_leaves_the_precision_of_balls_alone():
    W = np.stack([lm.in_random_basis(lm.chain(20, gain=1.2), rng=seed).recurrent for seed in range(6)]).reshape(
        2, 3, 20, 20
    )
    before = flint.ctx.prec
    found = henrici_departure(W)
    assert flint.ctx.prec == before
    for i, j in np.ndindex(2, 3):
        exact = by_eigenvalues_of_many_bits(W[i, j])
        assert found[i, j] == pytest.approx(exact, abs=1e-9 * np.linalg.norm(W[i, j]))
    relative = henrici_departure(W, relative=True)
    assert np.allclose(relative, found / np.linalg.norm(W, axis=(-2, -1)), rtol=1e-14)


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
    condition, (_, conditions) = eigenvector_condition(net), eigenvalue_conditions(net)
    assert abs(condition - 1) <= condition.error < 1e-11
    assert np.all(abs(conditions - 1) <= conditions.error)
    assert conditions.error.max() < 1e-11
    assert normal_distance(net)[1] < 1e-12  # rounded up by what singular values round


@pytest.mark.parametrize("departure", [1e-9, 1e-6, 1e-3])
def test_nearly_normal_networks_do_not_cancel(departure):
    """P12: a rotation and a weak link; the formula with eigenvalues has lost it at 1e-9."""
    F = np.zeros((20, 20))
    F[0, -1] = departure
    R = lm.random_orthogonal(20, gain=1, rng=0).recurrent
    W = R @ (np.diag(np.linspace(-0.9, 0.9, 20)) + F) @ R.T
    assert henrici_departure(W) == pytest.approx(departure, abs=2e-14)  # some ulp of ||W||_F, as W itself is rounded
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
    turned = lm.in_random_basis(net, rng=1)
    for measure in (henrici_departure, commutator_norm, departure_bounds, normal_distance, eigenvector_condition):
        assert np.allclose(measure(net), measure(turned), rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e140, 1e149])
def test_measures_of_the_size_of_weights_are_right_at_any_scale(scale):
    """Where squares overflow or vanish, and LAPACK's eigenvalues are off by factors (from 1e138 on)."""
    W = lm.ginibre(8, rng=0).recurrent
    assert henrici_departure(scale * W) / scale == pytest.approx(henrici_departure(W), rel=1e-12)
    assert henrici_departure(scale * W, relative=True) == pytest.approx(henrici_departure(W, relative=True), rel=1e-12)
    assert np.allclose(np.array(departure_bounds(scale * W)) / scale, departure_bounds(W), rtol=1e-12)
    assert np.allclose(np.array(normal_distance(scale * W)) / scale, normal_distance(W), rtol=1e-12)
    values, conditions = eigenvalue_conditions(scale * W)
    expected, known = eigenvalue_conditions(W)
    assert np.allclose(np.sort(np.abs(values)) / scale, np.sort(np.abs(expected)), rtol=1e-12)
    assert np.allclose(np.sort(conditions), np.sort(known), rtol=1e-9)
    power = int(np.log2(scale))  # a hidden chain is another one when it is rounded
    hidden = lm.in_random_basis(lm.chain(20, gain=1.2), rng=0).recurrent
    departure = henrici_departure(np.ldexp(hidden, power))
    assert np.ldexp(departure, -power) == pytest.approx(henrici_departure(hidden), rel=1e-12)


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
    assert np.all(eigenvalue_conditions(W)[1] == np.inf)


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


@pytest.mark.parametrize("n", [2, 7, 50])
def test_a_chain_is_one_weight_from_a_ring(n):
    """The last weight is missing, so the distance is at most a, whatever the length. It is a sqrt(1 - 1/N), to a
    multiple of that ring: the bounds d / sqrt(N) from below and from the singular values above meet.
    """
    lower, upper = normal_distance(lm.chain(n, gain=1.5))
    assert lower == pytest.approx(1.5 * np.sqrt(1 - 1 / n), rel=1e-12)
    assert upper == pytest.approx(lower, rel=1e-12)
    ring = 1.5 * (1 - 1 / n) * np.roll(np.eye(n), 1, axis=0)
    assert np.linalg.norm(lm.chain(n, gain=1.5).recurrent - ring) == pytest.approx(upper, rel=1e-12)


@pytest.mark.parametrize(
    ("W", "verdict"),
    [
        (np.zeros((3, 3)), "normal"),
        (np.array([[0.5]]), "normal"),
        (lm.ring(20, gain=0.9).recurrent, "normal"),
        (np.array([[0.1, -0.7], [0.7, 0.1]]), "normal"),
        (np.array([[0, 1j], [2j, 0]]) + np.array([[0, 1], [0, 0]]) * 1j, "normal"),
        (1e-300 * np.array([[1, 2], [-2, 1]]), "normal"),
        (lm.random_orthogonal(20, rng=0).recurrent, "undecided"),
        (np.eye(3) + 1e-17 * np.eye(3, k=1), "undecided"),
        (np.eye(3) + 1e-17j * np.eye(3, k=1), "undecided"),
        (np.eye(3) + 1e-6 * np.eye(3, k=1) + np.diag([0, 1, 2]), "not normal"),
        (lm.chain(3).recurrent, "not normal"),
        (1e-300 * lm.chain(3).recurrent, "not normal"),
    ],
    ids=range(12),
)
def test_a_verdict_of_normality_is_a_proof_or_is_none(W, verdict):
    """By fractions: normal exactly, if and only if the verdict says so."""
    found = normality_test(W)
    assert found.verdict == verdict
    assert found.normal == (verdict != "not normal")
    assert (found.margin > 1) == (verdict == "not normal")
    exact = [[(Fraction(z.real), Fraction(z.imag)) for z in row] for row in np.asarray(W, complex)]
    assert (_gram(exact) == _gram([[(a, -b) for a, b in column] for column in zip(*exact, strict=True)])) == (
        verdict == "normal"
    )


def _gram(rows):
    """W W* of pairs of fractions."""
    return [
        [
            (
                sum(a * c + b * d for (a, b), (c, d) in zip(x, y, strict=True)),
                sum(b * c - a * d for (a, b), (c, d) in zip(x, y, strict=True)),
            )
            for y in rows
        ]
        for x in rows
    ]


def test_a_stack_is_its_members():
    W = np.stack([lm.ginibre(10, rng=seed).recurrent for seed in range(6)]).reshape(2, 3, 10, 10)
    for measure in (henrici_departure, commutator_norm):
        found = measure(W)
        assert found.shape == (2, 3)
        assert found[1, 2] == measure(W[1, 2])


def test_what_cannot_be_known_is_refused():
    with pytest.raises(lm.AccuracyError) as caught:
        henrici_departure(lm.in_random_basis(lm.chain(201, gain=1.5), rng=0))
    assert caught.value.result > 0


BAD = [
    (lambda: henrici_departure(np.zeros((2, 3))), ["square"]),
    (lambda: henrici_departure([[np.inf]]), ["finite"]),
    (lambda: departure_bounds(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: normal_distance(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: eigenvector_condition(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: eigenvalue_conditions(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: normality_test(np.zeros((2, 2, 2))), ["stack"]),
    (lambda: henrici_departure(lm.chain(7000, sparse=True)), ["sparse with 7000 units", "up to 6000"]),
]


@pytest.mark.parametrize(("call", "words"), BAD, ids=range(len(BAD)))
def test_bad_requests_are_refused(call, words):
    with pytest.raises(lm.InvalidNetworkError) as caught:
        call()
    assert type(caught.value) is lm.InvalidNetworkError
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


def test_a_wrong_tolerance_is_refused():
    with pytest.raises(lm.ArgumentError, match="rtol is 0"):
        henrici_departure(np.eye(2), rtol=0)
