"""The spectral radius as an interval: it contains the truth, and stability is decided only where it can be."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg as sl
import scipy.sparse as sparse
from flint import acb, acb_mat, ctx, fmpq, fmpq_mat

import linmem as lm
from linmem.connectivity.normal import haar
from linmem.linalg.eigenvalue_bounds import Stability, least_eigenvalue, spectral_abscissa, spectral_radius

NARROW = 1e-30  # of a ball that holds a true radius


def true_radius(W):
    """Of the stored doubles, by eigenvalues in as many bits as it takes: a ball. They must be simple."""
    for bits in (200, 400, 600):
        with ctx.workprec(bits):
            matrix = acb_mat([[acb(z.real, z.imag) for z in row] for row in W.astype(complex).tolist()])
            try:
                radius = max((abs(z) for z in matrix.eig()), key=lambda ball: ball.mid())
            except ValueError:  # flint could not separate them
                continue
            if radius.rad() < NARROW:
                break
    return radius


def assert_contains(radius, truth):
    """The truth keeps its bits: rounded to a double it may lie outside of an interval that is right."""
    with ctx.workprec(600):
        assert truth.rad() < NARROW
        assert radius.lower <= truth.upper()
        assert radius.upper >= truth.lower()
    assert radius.lower <= radius.value <= radius.upper


@pytest.mark.parametrize(
    "net",
    [
        "two units",
        "oscillating feedback chain",
        "Ginibre .9",
        "Ginibre .9999",
        "sparse random",
        "normal",
        "near-normal",
        "hidden chain",
        "hidden amplifying chain",
        "hidden feedback chain",
        "hidden triangular",
        "Grcar",
        "badly scaled",
        "complex Ginibre",
        "complex feedback chain",
    ],
    indirect=True,
)
def test_interval_contains_the_radius(net):
    assert_contains(net.radius, true_radius(net.dense()))


@pytest.mark.parametrize("seed", range(30))
def test_interval_contains_the_radius_of_random_networks(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    T = np.triu(rng.standard_normal((n, n)), 1) * 10 ** rng.uniform(-1, 1.5) + np.diag(rng.uniform(-1, 1, n))
    R = haar(n, rng)
    assert_contains(lm.LinearNetwork(R @ T @ R.T).radius, true_radius(R @ T @ R.T))


@pytest.mark.parametrize("W", [[[2, -4], [1, -2]], [[3, 9], [-1, -3]], [[0.5, 100], [-0.01, -1.3]]])
def test_a_diagonal_entry_is_no_lower_bound(W):
    """Units that reach each other share their eigenvalues: the first two matrices are nilpotent."""
    W = np.array(W, float)
    a, b, c, d = map(Fraction, W.ravel())
    square = a * d - b * c  # of the modulus of both eigenvalues, which are conjugate, or zero
    assert (a + d) ** 2 <= 4 * square
    radius = lm.LinearNetwork(W).radius
    assert Fraction(radius.lower) ** 2 <= square <= Fraction(radius.upper) ** 2


@pytest.mark.parametrize("seed", range(5))
def test_hidden_networks_with_large_weights_are_not_refused(seed):
    """A stable triangular network seen from random axes has diagonal entries above one."""
    rng = np.random.default_rng(seed)
    T = np.triu(rng.uniform(-4, 4, (8, 8)), 1) + np.diag(np.linspace(-0.6, 0.6, 8))
    R = haar(8, rng)
    net = lm.LinearNetwork(R @ T @ R.T, R[:, -1])
    assert np.abs(np.diag(net.recurrent)).max() > 1
    assert net.radius.stable is not False
    assert net.radius.value == pytest.approx(0.6, rel=1e-4)  # eigenvalues have condition numbers up to 1e10


@pytest.mark.parametrize(
    ("build", "radius"),
    [
        (lambda: lm.chain(100, gain=50.0), 0),
        (lambda: lm.inhomogeneous_chain([1e100, -3, 1e-30]), 0),
        (lambda: lm.fan_out_tree(6), 0),
        (lambda: lm.ring(7, gain=-0.8), 0.8),
        (lambda: lm.identity(5, gain=-0.7), 0.7),
        (lambda: lm.random_orthogonal(50, gain=-1.3, rng=0), 1.3),
        (lambda: lm.connectome("celegans-witvliet-1", radius=0.7), 0.7),
        (lambda: lm.LinearNetwork(np.triu(np.full((40, 40), 100.0), 1) - 0.25 * np.eye(40)), 0.25),
        (lambda: lm.LinearNetwork(np.tril(np.full((40, 40), 1j), -1) + 0.25j * np.eye(40)), 0.25),
        (lambda: lm.LinearNetwork(np.zeros((3, 3))), 0),
        (lambda: lm.LinearNetwork([[-3.5]]), 3.5),
        (lambda: lm.LinearNetwork([[0.6, 0.8], [0.8, -0.6]]), 1.0),
        (lambda: lm.LinearNetwork(np.diag([0.1, 0.2, 0.2]) + np.diag([1e3, 0.0], 1)), 0.2),
    ],
)
def test_structure_gives_radii_to_rounding(build, radius):
    found = build().radius
    assert found.value == pytest.approx(radius, rel=4e-15)
    assert found.upper - found.lower <= 1e-14 * radius


def test_units_that_reach_each_other_are_found():
    """Blocks on the diagonal, of radii 0.3, 0.8, 0.5, under strong feedforward weights, in random order."""
    rng = np.random.default_rng(0)
    blocks = []
    for n, radius in ((4, 0.3), (6, 0.8), (1, 0.5)):
        W = rng.standard_normal((n, n))
        blocks.append(W * (radius / np.abs(np.linalg.eigvals(W)).max()))
    W = sl.block_diag(*blocks)
    W[:4, 4:] = 1e6
    W[4:10, 10:] = -1e6
    order = rng.permutation(11)
    W = W[np.ix_(order, order)]
    for stored in (W, sparse.coo_array(W)):
        radius = lm.LinearNetwork(stored).radius
        assert radius.value == pytest.approx(0.8, rel=1e-13)
        assert radius.upper - radius.lower < 1e-10  # eigenvalues of the whole would be off by 1e-4
        assert radius.stable is True


def test_large_sparse_networks_without_loops():
    """A feedforward network of 20 000 units with many paths is no eigenvalue problem."""
    n = 20_000
    W = sparse.diags_array([np.full(n - 1, 3.0), np.full(n - 2, 2.0)], offsets=[-1, -2], format="csr")
    assert lm.LinearNetwork(W).radius.value == 0


def test_large_sparse_loops_are_refused():
    n = 6001
    W = (lm.ring(n, gain=0.9, sparse=True).recurrent + sparse.eye_array(n) * 0.01).tocsr()
    with pytest.raises(lm.InvalidNetworkError, match=r"connected part of 6001 units.*known_radius=r"):
        lm.LinearNetwork(W).radius  # noqa: B018
    assert lm.LinearNetwork(W, known_radius=0.91).radius.value == 0.91


@pytest.mark.parametrize("net", ["Ginibre .9", "hidden triangular", "feedback chain", "complex Ginibre"], indirect=True)
def test_radius_knows_no_order_no_sign_and_no_direction(net):
    order = np.random.default_rng(1).permutation(net.size)
    W = net.dense()
    truth = true_radius(W)
    for other in (W.T, -W, W[np.ix_(order, order)], W.conj()):
        assert_contains(lm.LinearNetwork(other).radius, truth)


def test_a_large_hidden_chain_is_undecided_and_has_a_way_out():
    """Radius 0; LAPACK finds more than 1 (weight 2, N = 201): matrices that differ in the last bit have either."""
    net = lm.in_random_basis(lm.chain(201, gain=2), rng=0)
    assert np.abs(np.linalg.eigvals(net.recurrent)).max() > 1.2
    assert net.radius.stable is None
    assert net.radius.lower < 1 < net.radius.upper
    with pytest.raises(lm.UndecidedStabilityError, match="pass horizon=n, which needs no stability") as caught:
        lm.fisher_memory_curve(net)
    assert (caught.value.lower, caught.value.upper) == (net.radius.lower, net.radius.upper)
    # W^20 rounds by 2^20 times an ulp times N, and the noise is as large
    found = lm.fisher_memory_curve(net, 20, horizon=20)
    expected = lm.fisher_memory_curve(lm.chain(201, gain=2), 20, horizon=20)
    assert found.values == pytest.approx(expected.values, rel=1e-8)


def test_a_hidden_jordan_block_is_decided_as_it_is_stored():
    """Within rounding of it lies one of radius 0.9, and the rounded matrix has another."""
    net = lm.in_random_basis(lm.LinearNetwork(0.9 * np.eye(25) + np.eye(25, k=1)), rng=5)
    truth = true_radius(net.recurrent)
    assert truth > 1.05
    assert_contains(net.radius, truth)
    assert net.radius.proved is net.radius.stable is False
    assert_contains(spectral_radius(net.recurrent), truth)
    assert spectral_radius(net.recurrent).lower <= 0.9


# Integers whose eigenvalues doubles know to no digit; scaled by a power of two, and in a unitary basis of integers.
NILPOTENT = np.array([[5.0, -3, 2], [15, -9, 6], [10, -6, 4]])


@pytest.mark.parametrize(
    ("W", "radius", "stable"),
    [
        (2.0**20 * NILPOTENT, 0, True),
        (2.0**20 * NILPOTENT.T + 0j, 0, True),
        (np.diag([0.75] * 3) + 2.0**20 * NILPOTENT, 0.75, True),
        (np.diag([1.0] * 3) + 2.0**20 * NILPOTENT, 1, False),
        (np.diag([-1.5] * 3) + 2.0**20 * NILPOTENT, 1.5, False),
        (np.diag([0.5j] * 3) + 2.0**20 * NILPOTENT, 0.5, True),
        (np.diag([1j] * 3) + 2.0**20 * NILPOTENT, 1, False),
        (np.kron([[0, -1], [1, 1]], np.eye(3)) + 2.0**22 * np.kron(np.eye(2), NILPOTENT), 1, False),  # sixth roots of 1
    ],
)
def test_stability_that_doubles_leave_open_is_decided(W, radius, stable):
    """The eigenvalues of a I + s N, with N nilpotent, are a. Also with units of their own, which powers of two keep."""
    assert spectral_radius(W).stable is None or radius == 0
    units = 2.0 ** np.arange(len(W)) ** 2
    for matrix in (W, units[:, None] * W / units, sparse.csr_array(W)):
        found = lm.LinearNetwork(matrix).radius
        assert found.stable is stable
        if found.proved is not None:
            assert found.lower <= radius <= found.upper
            assert found.value == pytest.approx(radius, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(("shift", "stable"), [(-0.5, True), (0.0, False), (0.25, False)])
def test_the_abscissa_that_doubles_leave_open_is_decided(shift, stable):
    """Eigenvalues shift +- i, each three times: on the axis no number of bits shows it, but the polynomial does."""
    A = np.kron([[shift, -1], [1, shift]], np.eye(3)) + 2.0**22 * np.kron(np.eye(2), NILPOTENT)
    assert spectral_abscissa(A).stable is None
    for matrix in (A, A.T, shift * np.eye(6) + np.kron(np.eye(2), 2.0**22 * NILPOTENT) * 1j):
        found = lm.ContinuousNetwork(matrix).abscissa
        assert found.stable is stable
        assert found.lower <= shift <= found.upper


def test_memory_of_a_network_that_doubles_leave_open():
    """Stable by its exact polynomial only. J_tot by rational arithmetic: C, J^s from the sums, which are short."""
    W = np.diag([0.5, 0.5, 0.5]) + 2.0**20 * NILPOTENT
    v = np.array([1.0, 0, 0])
    found = lm.total_fisher_memory(lm.LinearNetwork(W, v))
    assert found == pytest.approx(total_in_fractions(W, v), rel=1e-12)


def total_in_fractions(W, v):
    """v' X v with C = W C W' + I and X = W' X W + C^-1, as linear equations over the rational numbers."""
    n = len(W)
    exact = fmpq_mat(n, n, [fmpq(*float(x).as_integer_ratio()) for x in W.ravel()])
    kron = [
        [(i == k) * (j == m) - exact[i, k] * exact[j, m] for k in range(n) for m in range(n)]
        for i in range(n)
        for j in range(n)
    ]
    system = fmpq_mat(kron)
    identity = fmpq_mat(n * n, 1, [fmpq(i == j) for i in range(n) for j in range(n)])
    inverse = fmpq_mat(n, n, system.solve(identity).entries()).inv()
    X = fmpq_mat(n, n, system.transpose().solve(fmpq_mat(n * n, 1, inverse.entries())).entries())
    first = fmpq_mat(n, 1, [fmpq(*float(x).as_integer_ratio()) for x in v])
    total = (first.transpose() * X * first)[0, 0]
    return int(total.p) / int(total.q)


def test_unstable_networks_say_their_radius():
    with pytest.raises(lm.UnstableNetworkError, match=r"spectral radius 1\.0300.*rescaled\(radius=0\.95\)") as caught:
        lm.fisher_memory_curve(lm.LinearNetwork(1.03 * np.eye(4), np.ones(4)))
    assert caught.value.radius == pytest.approx(1.03, rel=1e-15)


@pytest.mark.parametrize("radius", [0.9, 0.99999, 1 - 1e-9, 1.0, 1 + 1e-9, 1.1])
def test_the_edge_is_seen_where_eigenvalues_are_good(radius):
    """Symmetric: every eigenvalue is right to N ulps of the norm."""
    W = np.random.default_rng(2).standard_normal((20, 20))
    W = (W + W.T) * (radius / np.abs(np.linalg.eigvalsh(W + W.T)).max())
    stable = lm.LinearNetwork(W).radius.stable
    assert stable is (radius < 1) or (radius == 1 and stable is not True)


@pytest.mark.parametrize(("value", "stable"), [(0.0, True), (1 - 1e-12, True), (1.0, False), (1.5, False)])
def test_what_is_known_decides(value, stable):
    assert Stability.exactly(value).stable is stable
    net = lm.LinearNetwork(np.random.default_rng(3).standard_normal((3, 3)), [1, 0, 0], known_radius=value)
    assert net.radius.value == value


def test_bounds_that_straddle_one_decide_nothing():
    assert Stability(0.9, 0.8, 1.1).stable is None
    assert Stability(1.2, 0.8, 1.3).stable is None
    assert Stability(1.2, 1.1, 1.3).stable is False


@pytest.mark.parametrize("gain", [0.9, 1.0])
def test_a_known_radius_is_not_carried_over_to_other_matrices(gain):
    net = lm.random_orthogonal(10, gain=gain, rng=4)
    assert lm.in_random_basis(net, rng=5).known_radius is None
    assert lm.in_random_basis(net, rng=5).radius.value == pytest.approx(gain, rel=1e-13)
    assert replace(net, feedforward=np.ones(10)).known_radius == gain


@pytest.mark.parametrize("seed", range(6))
def test_the_least_eigenvalue_of_a_covariance_in_any_units(seed):
    """A lower bound, not much below it, where variances differ by 10^16; eigvalsh finds negative ones."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((6, 6)) + 1j * (seed % 2) * rng.standard_normal((6, 6))
    units = 10.0 ** rng.uniform(-8, 8, 6)
    Q = units[:, None] * (X @ X.conj().T + 0.1 * np.eye(6)) * units
    Q = (Q + Q.conj().T) / 2 if seed % 2 else ((Q + Q.conj().T) / 2).real
    with ctx.workprec(600):
        exact = acb_mat([[acb(z.real, z.imag) for z in row] for row in Q.astype(complex).tolist()])
        truth = float(min(root.real.mid() for root in exact.eig()))
    assert truth / 1e3 < least_eigenvalue(Q) <= truth * (1 + 1e-12)


@pytest.mark.parametrize("n", [2, 3, 17])
@pytest.mark.parametrize("size", [-400, -30, 0, 300, 498])
def test_rings_of_large_and_small_weights(n, size):
    """The radius is the geometric mean: its n-th power is a product of rational numbers. Logarithms round by 1e-13."""
    weights = np.random.default_rng(n).uniform(0.5, 1, n) * 2.0**size
    W = np.diag(weights[1:], -1)
    W[0, -1] = weights[0]
    radius = lm.LinearNetwork(W).radius
    product = np.prod([Fraction(weight) for weight in weights.tolist()])
    assert Fraction(radius.lower) ** n <= product <= Fraction(radius.upper) ** n
    assert radius.upper - radius.lower < 1e-11 * radius.value
