"""Builders: each closed form of a docstring against a second computation; one seed always gives the same network."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
import scipy.linalg as sl
from scipy.special import beta

import linmem as lm
from linmem.errors import ArgumentError
from linmem.files.sources import BUILDERS, builder, network_from_source

HELD = {"n": 4, "step": 0.1, "discretisation": "zero-order hold", "noise_enters": "state"}
RANDOM = {
    "random_orthogonal": {"n": 6},
    "ginibre": {"n": 6},
    "symmetric_wigner": {"n": 6},
    "sparse_random": {"n": 20, "density": 0.3},
    "low_rank": {"n": 6, "rank": 2},
    "echo_state": {"n": 20, "connectivity": 0.4, "leak": 0.5},
    "random_normal": {"n": 6},
    "random_upper_triangular": {"n": 6},
    "dale_balanced": {"n": 6},
    "s5_legs": HELD,
    "lru": {"n": 6, "noise_enters": "state"},
    "rg_lru": {"n": 6, "gate": 0.5, "noise_enters": "state"},
}
FIXED = {
    "chain": {"n": 5},
    "inhomogeneous_chain": {"weights": [1, 2]},
    "feedback_chain": {"n": 5},
    "fan_out_tree": {"layers": 3},
    "identity": {"n": 3},
    "ring": {"n": 4},
    "lattice": {"side": 4},
    "jordan": {"n": 4},
    "toeplitz_band": {"n": 5},
    "grcar": {"n": 6},
    "from_schur": {"eigenvalues": [0.5, 0.1]},
    "balanced_amplification": {},
    "leaky_chain": {"n": 4},
    "lmu": {"n": 4},
    "hippo_legt": {"n": 4},
    "hippo_legs": {"n": 4},
    "s4d_lin": HELD,
    "s4d_inv": HELD,
    "s4d_legs": HELD,
    "mamba_channel": {"step": 0.1, "noise_enters": "state"},
    "connectome": {"name": "celegans-cook"},
}


def test_every_builder_is_in_the_tables_below_and_public():
    assert set(BUILDERS) == set(RANDOM) | set(FIXED)
    assert all(hasattr(lm, name) for name in BUILDERS)


@pytest.mark.parametrize("name", BUILDERS)
def test_every_builder_says_what_it_builds_in_one_line_and_builds_a_stable_named_network(name):
    one = builder(name)
    assert one.summary.endswith(".")
    assert len(one.summary) <= 118
    net = one.build(**FIXED[name]) if name in FIXED else one.build(**RANDOM[name], rng=0)
    assert net.stability.stable
    assert net.name
    assert net.feedforward is not None


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_bits_and_a_generator_moves_on(name):
    build = builder(name).build

    def numbers(rng):
        net = build(**RANDOM[name], rng=rng)
        return np.concatenate([net.dense().ravel(), net.columns().ravel()])

    first, second, other = (numbers(seed) for seed in (7, 7, 8))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    rng = np.random.default_rng(7)
    assert np.array_equal(numbers(rng), first)
    assert not np.array_equal(numbers(rng), first)
    with pytest.raises(ArgumentError, match="rng is None"):
        build(**RANDOM[name], rng=None)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("lattice", {"side": 5, "dimensions": 2}),
        ("jordan", {"n": 6, "eigenvalue": 0.3}),
        ("toeplitz_band", {"n": 7, "below": (1, 2), "above": ()}),
        ("grcar", {"n": 8}),
        ("leaky_chain", {"n": 6, "weight": 2}),
    ],
)
def test_sparse_and_dense_are_the_same(name, arguments):
    build = builder(name).build
    sparse, dense = build(**arguments, sparse=True), build(**arguments)
    assert sparse.is_sparse
    assert np.array_equal(sparse.dense(), dense.dense())
    assert np.array_equal(sparse.feedforward, dense.feedforward)


# --- normal networks (B8-B11) ---


def is_normal(W):
    return np.abs(W @ W.conj().T - W.conj().T @ W).max() < 1e-13 * max(1, np.abs(W).max() ** 2) * len(W)


@pytest.mark.parametrize(
    "net",
    [
        lm.lattice(6),
        lm.lattice(4, dimensions=2),
        lm.lattice(3, dimensions=3),
        lm.symmetric_wigner(20, rng=0),
        lm.random_normal(9, rng=0),
        lm.random_normal(8, law="ring", gain=0.9, rng=1),
        lm.random_normal(8, law="edge", exponent=0.5, real=False, rng=2),
    ],
    ids=lambda net: net.name,
)
def test_normal_networks_are_normal_and_hold_one_unit(net):
    assert is_normal(net.dense())
    assert np.linalg.norm(net.feedforward) == pytest.approx(1, abs=1e-12)
    assert lm.total_fisher_memory(net) == pytest.approx(1, abs=1e-10)
    assert net.radius.value == pytest.approx(np.abs(np.linalg.eigvals(net.dense())).max(), rel=1e-12)


def returns(k, dimensions):
    """c_k, the probability that a random walk on the infinite lattice is back after 2 k steps."""
    return (comb(2 * k, k) / 4**k) ** dimensions


@pytest.mark.parametrize(("side", "dimensions"), [(40, 1), (32, 2)])
def test_a_lattice_follows_the_random_walk_until_the_signal_has_gone_around(side, dimensions):
    """B10, for 15 lags of the 32 x 32 torus: later walks may have gone around the torus, which c_k does not count."""
    gain = 0.99
    curve = lm.fisher_memory_curve(lm.lattice(side, dimensions=dimensions, gain=gain), side)
    c = np.array([gain ** (2 * k) * returns(k, dimensions) for k in range(side + 1)])
    before = (side - 2) // 2
    assert np.abs(curve.values - (c[:-1] - c[1:]))[:before].max() < 5e-14  # eigenvalues of 1024 units, ulp each
    assert abs(curve.values - (c[:-1] - c[1:]))[side - 1] > 1e-10


@pytest.mark.parametrize(("dimensions", "prefactor"), [(1, 1 / (2 * np.sqrt(np.pi))), (2, 1 / np.pi)])
def test_at_the_edge_a_lattice_decays_as_a_power(dimensions, prefactor):
    """B10: J ~ prefactor k^-(d+2)/2; the next order of the expansion is smaller by 1 / k."""
    for k in (200, 400):
        lost = returns(k, dimensions) - returns(k + 1, dimensions)
        assert lost == pytest.approx(prefactor * k ** (-(dimensions + 2) / 2), rel=3 / k)


def semicircle(k, gain):
    """B9: moments of the semicircle, Catalan numbers."""
    moment = [gain ** (2 * j) * comb(2 * j, j) / (j + 1) / 4**j for j in (k, k + 1)]
    return moment[0] - moment[1]


def test_wigner_networks_follow_the_semicircle():
    """B9: one draw of 1000 units, which varies by 1 % at lag 1 and 5 % at lag 20; 3 / (2 sqrt(pi)) k^-5/2 at gain 1."""
    curve = lm.fisher_memory_curve(lm.symmetric_wigner(1000, gain=0.95, recipe="as drawn", rng=3), 30)
    expected = np.array([semicircle(k, 0.95) for k in range(30)])
    assert np.abs(curve.values[:4] / expected[:4] - 1).max() < 0.06
    assert semicircle(400, 1) == pytest.approx(3 / (2 * np.sqrt(np.pi)) * 400**-2.5, rel=0.01)
    for k in (1, 5):
        x = np.cos((np.arange(20000) + 0.5) * np.pi / 20000)  # Gauss-Chebyshev of the second kind, by the first
        density = 2 / 20000 * (1 - x**2)
        assert semicircle(k, 1) == pytest.approx(np.sum(density * x ** (2 * k) * (1 - x**2)), rel=1e-9)
    gaussian = lm.fisher_memory_curve(lm.ginibre(300, gain=0.95, rng=0), 10)
    assert abs(gaussian.values[3] / expected[3] - 1) > 0.3  # the control: not symmetric


@pytest.mark.parametrize(
    ("law", "exponent", "density"),
    [
        ("disc", None, lambda x: 2 * x),
        ("edge", 1.0, lambda x: 2 * (1 - x)),
        ("edge", 0.5, lambda x: 1.5 * (1 - x) ** 0.5),
    ],
)
@pytest.mark.parametrize("real", [True, False])
def test_random_normal_networks_follow_their_law(law, exponent, density, real):
    """B8, B11: the integral of the law by quadrature; a network of quantiles agrees with it to 1 % at early lags."""
    from scipy.integrate import quad

    gain = 0.95
    options = {} if exponent is None else {"exponent": exponent}
    curve = lm.fisher_memory_curve(lm.random_normal(400, law=law, gain=gain, real=real, rng=0, **options), 6)
    for k in range(6):
        expected = quad(lambda x, k=k: density(x) * (gain * x) ** (2 * k) * (1 - (gain * x) ** 2), 0, 1)[0]
        assert curve.values[k] == pytest.approx(expected, rel=1e-2)


def test_the_disc_at_the_edge_and_its_control():
    """B11: 1 / ((k + 1) (k + 2)) at gain 1; a Gaussian network has the same eigenvalues but a different memory."""
    k = np.arange(8)
    gain = 0.999
    disc = lm.fisher_memory_curve(lm.random_normal(600, gain=gain, rng=0), 8).values
    assert np.allclose(disc, 1 / ((k + 1) * (k + 2)), rtol=0.03)  # 2 (k + 2) (1 - gain)
    gaussian = lm.fisher_memory_curve(lm.ginibre(200, gain=gain, rng=0), 8).values
    assert np.abs(gaussian * (k + 1) * (k + 2) - 1).max() > 0.2


@pytest.mark.parametrize("nu", [0.5, 1.0, 2.0])
def test_an_edge_gives_a_power_law(nu):
    """B8: slope -(nu + 2) for k in 50 ... 500 at gain 1, by beta functions; at gain 0.7 the decay is exponential."""
    k = np.arange(50, 501)

    def closed(gain):
        power = gain ** (2.0 * k)
        return (nu + 1) * power * (beta(2 * k + 1, nu + 1) - gain**2 * beta(2 * k + 3, nu + 1))

    slope = np.polyfit(np.log(k), np.log(closed(1.0)), 1)[0]
    assert slope == pytest.approx(-(nu + 2), abs=0.05)
    assert np.polyfit(np.log(k), np.log(closed(np.sqrt(0.5))), 1)[0] < -50
    few = lm.fisher_memory_curve(lm.random_normal(300, law="edge", exponent=nu, gain=0.98, rng=0), 4).values
    early = np.arange(4)
    expected = (nu + 1) * 0.98 ** (2 * early) * (beta(2 * early + 1, nu + 1) - 0.98**2 * beta(2 * early + 3, nu + 1))
    assert np.allclose(few, expected, rtol=5e-3)


# --- triangular and banded ---


def test_a_jordan_block_amplifies_by_binomials():
    n, eigenvalue, weight = 6, 0.7, 1.3
    amplitude = lm.transient_amplification(lm.jordan(n, eigenvalue=eigenvalue, weight=weight), 12)
    for k in range(12):
        square = sum((comb(k, j) * eigenvalue ** (k - j) * weight**j) ** 2 for j in range(min(k, n - 1) + 1))
        assert amplitude[k] ** 2 == pytest.approx(square, rel=1e-13)
    two = lm.total_fisher_memory(lm.jordan(2, eigenvalue=eigenvalue, weight=weight))
    assert two == pytest.approx(1 + weight**2 / ((1 - eigenvalue**2) ** 2 + weight**2), rel=1e-12)
    line = lm.fisher_memory_curve(lm.jordan(5, eigenvalue=0.0), 6).values
    assert np.allclose(line, [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 0], rtol=1e-14)


def test_a_corner_moves_the_eigenvalues_of_a_jordan_block_by_its_root():
    W = np.array(lm.jordan(10, eigenvalue=0.0, weight=2.0).recurrent)
    W[-1, 0] = 1e-10
    assert np.allclose(np.abs(np.linalg.eigvals(W)), (1e-10 * 2.0**9) ** 0.1, rtol=1e-6)


def test_a_toeplitz_band_is_its_symbol():
    net = lm.toeplitz_band(300, below=(0.6, 0.1), diagonal=0.2, above=(0.3,))
    z = np.exp(2j * np.pi * np.arange(2000) / 2000)
    symbol = np.abs(0.6 * z + 0.1 * z**2 + 0.2 + 0.3 / z).max()
    assert sl.norm(net.recurrent, 2) == pytest.approx(symbol, rel=1e-3)
    assert sl.norm(net.recurrent, 2) < symbol
    one = lm.toeplitz_band(12, below=(0.5,), diagonal=0.1, above=(0.2,))
    expected = 0.1 + 2 * np.sqrt(0.1) * np.cos(np.arange(1, 13) * np.pi / 13)
    assert np.allclose(np.sort(np.linalg.eigvals(one.recurrent)), np.sort(expected), atol=1e-10)
    forward = lm.toeplitz_band(8, below=(1, 2), diagonal=0.5, above=())
    cube = np.polynomial.polynomial.polypow([0.5, 1, 2], 3)
    assert np.allclose(np.linalg.matrix_power(forward.recurrent, 3)[:, 0], np.pad(cube, (0, 1)), rtol=1e-14)


def test_grcar_by_its_published_numbers():
    """Trefethen & Embree: moduli up to 2.27, norm 3.24, for long matrices."""
    W = lm.grcar(100, gain=1).recurrent
    assert sl.norm(W, 2) == pytest.approx(3.24, abs=0.01)
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(2.27, abs=0.01)
    z = np.exp(2j * np.pi * np.arange(4000) / 4000)
    assert np.abs(-z + 1 + 1 / z + z**-2 + z**-3).max() == pytest.approx(3.24, abs=0.01)


def test_a_schur_form_has_its_eigenvalues_and_its_departure():
    F = np.triu(np.arange(16.0).reshape(4, 4), 1)
    net = lm.from_schur([0.5, 0.3j, -0.3j, 0.9], F)
    assert np.array_equal(np.diag(net.recurrent), [0.5, 0.3j, -0.3j, 0.9])
    square = np.sum(np.abs(net.recurrent) ** 2) - np.sum(np.abs(np.diag(net.recurrent)) ** 2)
    assert np.sqrt(square) == pytest.approx(np.linalg.norm(F), rel=1e-14)
    assert is_normal(lm.from_schur([0.5, -0.2]).recurrent)


def test_the_dial_of_non_normality():
    """The memory of the best input grows with it from 1; the eigenvalues are the same; the departure has its mean."""
    nets = [lm.random_upper_triangular(40, feedforward=f, rng=3) for f in (0, 0.3, 1, 3)]
    best = [np.linalg.eigvalsh(lm.spatial_fisher_memory(net))[-1] for net in nets]
    assert best[0] == pytest.approx(1, abs=1e-12)
    assert np.all(np.diff(best) > 0.05)
    assert all(np.array_equal(np.diag(net.recurrent), np.diag(nets[0].recurrent)) for net in nets)
    squares = [np.sum(np.triu(lm.random_upper_triangular(40, rng=seed).recurrent, 1) ** 2) for seed in range(200)]
    assert np.mean(squares) == pytest.approx(39 / 2, rel=4 * np.sqrt(2 / 780 / 200))  # four standard errors


# --- ensembles ---


def test_weights_of_a_sparse_network_have_their_density_and_variance():
    n, p = 400, 0.05
    W = lm.sparse_random(n, density=p, gain=0.8, recipe="as drawn", sparse=True, rng=0).recurrent
    assert W.nnz == pytest.approx(p * n**2, abs=4 * np.sqrt(p * n**2))
    assert np.sum(W.data**2) == pytest.approx(0.8**2 * n, rel=4 * np.sqrt(3 / (p * n**2)))
    rows = np.bincount(W.tocoo().coords[0], minlength=n)
    assert rows.var() == pytest.approx(p * (1 - p) * n, rel=0.3)  # binomial: connections do not cluster
    full = lm.sparse_random(30, density=1.0, rng=0)
    assert np.count_nonzero(full.recurrent) == 900
    assert full.radius.value == pytest.approx(0.95, rel=1e-12)


def test_wigner_is_symmetric_with_its_variances():
    n = 300
    W = lm.symmetric_wigner(n, gain=0.9, recipe="as drawn", rng=0).recurrent
    assert np.array_equal(W, W.T)
    off = W[np.triu_indices(n, 1)]
    assert off.var() == pytest.approx(0.81 / (4 * n), rel=4 * np.sqrt(2 / len(off)))
    assert np.diag(W).var() == pytest.approx(0.81 / (2 * n), rel=4 * np.sqrt(2 / n))
    assert np.abs(np.linalg.eigvalsh(W)).max() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("rank", [1, 3])
def test_low_rank_networks_by_their_closed_form(rank):
    g, f = 0.8, 1.7
    net = lm.low_rank(12, rank=rank, gain=g, feedforward=f, rng=0)
    k = np.arange(1, 9)
    expected = np.concatenate([[1], g ** (2 * k - 2) * (1 - g**2) * f**2 / (1 + f**2)])
    assert np.allclose(lm.fisher_memory_curve(net, 9).values, expected, rtol=1e-11)
    singular = sl.svdvals(net.recurrent)
    assert np.allclose(singular[:rank], np.hypot(g, f), rtol=1e-13)
    assert singular[rank:].max() < 1e-14
    assert np.allclose(np.sort(np.abs(np.linalg.eigvals(net.recurrent)))[-rank:], g, rtol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_no_network_of_low_rank_exceeds_its_rank_by_more_than_one(seed):
    rng = np.random.default_rng(seed)
    W = 20 * rng.standard_normal((10, 2)) @ rng.standard_normal((2, 10))
    W *= 0.9 / np.abs(np.linalg.eigvals(W)).max()
    assert np.linalg.eigvalsh(lm.spatial_fisher_memory(W))[-1] <= 3 + 1e-9


# --- excitation and inhibition ---


def test_dale_networks_have_signed_columns_balanced_rows_and_a_hidden_link():
    n, f, g = 400, 0.8, 0.9
    net = lm.dale_balanced(n, excitatory=f, gain=g, rng=0)
    W = net.recurrent
    assert np.all(W[:, :320] >= 0)
    assert np.all(W[:, 320:] <= 0)
    assert np.abs(W.sum(axis=1)).max() < 1e-12
    assert net.radius.value == pytest.approx(g, rel=1e-10)
    expected = 2 * g * np.sqrt(2 * n * f * (1 - f) / (np.pi - 2))
    assert np.linalg.norm(W @ net.feedforward) == pytest.approx(expected, rel=0.1)
    assert np.all(W @ net.feedforward > 0)
    assert lm.dale_balanced(2, excitatory=0.999, rng=0).size == 2


def test_balanced_amplification_is_a_link_from_difference_to_sum():
    w, k = 30 / 7, 1.1
    net = lm.balanced_amplification()
    axes = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    forward, decay = w * (1 + k), 1 + w * (k - 1)
    assert np.allclose(axes @ net.drift @ axes.T, [[-decay, forward], [0, -1]], atol=1e-14)
    assert lm.total_fisher_memory(net) == pytest.approx(1 + forward**2 / (forward**2 + (decay + 1) ** 2), rel=1e-12)


# --- state-space models (F6, F8, F9) ---


@pytest.mark.parametrize(
    ("weight", "totals"),
    [(0.5, [1.067, 1.067, 1.067]), (1, [1.352, 1.432, 1.491]), (2, [2.515, 4.102, 7.238]), (5, [4.05, 7.51, 14.3814])],
)
def test_leaky_chains_hold_more_the_longer_they_are_where_links_beat_leaks(weight, totals):
    """F6, as printed; the last of these is proved in rational numbers elsewhere."""
    for n, total in zip([5, 10, 20], totals, strict=True):
        found = lm.total_fisher_memory(lm.leaky_chain(n, weight=weight))
        assert found == pytest.approx(total, abs=0.006)


def pade_of_delay(q):
    """Coefficients of numerator (q - 1) and denominator (q) of e^-s, from the lowest, in rationals."""
    p = q - 1
    numerator = [Fraction(comb(p, j) * (-1) ** j, 1) / _falling(p + q, j) for j in range(p + 1)]
    denominator = [Fraction(comb(q, j), 1) / _falling(p + q, j) for j in range(q + 1)]
    return numerator, denominator


def _falling(n, j):
    result = 1
    for i in range(j):
        result *= n - i
    return result


@pytest.mark.parametrize("q", [2, 3, 6])
@pytest.mark.parametrize("window", [1, 2.5])
def test_the_sum_of_a_legendre_memory_unit_is_the_pade_approximant_of_a_delay(q, window):
    """F8: exact at rational s for window 1, whose entries are integers; in double precision at complex s otherwise."""
    net = lm.lmu(q, window=window)
    numerator, denominator = pade_of_delay(q)
    for s in (0.3, 1.0 + 2j, -0.4j, 5.0):
        transfer = np.ones(q) @ np.linalg.solve(s / window * np.eye(q) - net.drift, net.feedforward)
        pade = sum(float(c) * s**j for j, c in enumerate(numerator)) / sum(
            float(c) * s**j for j, c in enumerate(denominator)
        )
        assert abs(transfer - pade) < 1e-12
    if window == 1:
        s = Fraction(3, 7)
        rows = [[(s if i == j else 0) - Fraction(int(net.drift[i, j])) for j in range(q)] for i in range(q)]
        states = _solved(rows, [Fraction(int(one)) for one in net.feedforward])
        pade = sum(c * s**j for j, c in enumerate(numerator)) / sum(c * s**j for j, c in enumerate(denominator))
        assert sum(states) == pade
        assert abs(float(pade) - np.exp(-float(s))) < 0.01


def _solved(A, b):
    """The solution of a linear system by elimination without pivoting, in rational numbers."""
    rows = [[*row, value] for row, value in zip(A, b, strict=True)]
    for i, pivot in enumerate(rows):
        for other in rows[i + 1 :]:
            factor = other[i] / pivot[i]
            other[:] = [x - factor * y for x, y in zip(other, pivot, strict=True)]
    x = [Fraction(0)] * len(b)
    for i in reversed(range(len(b))):
        x[i] = (rows[i][-1] - sum(rows[i][j] * x[j] for j in range(i + 1, len(b)))) / rows[i][i]
    return x


@pytest.mark.parametrize("q", [1, 4, 9])
def test_what_enters_and_what_leaves_a_polynomial_memory(q):
    """F9: A + A' of both memories, and the eigenvalues of LegS."""
    p = np.sqrt(2 * np.arange(q) + 1)
    legs, legt = lm.hippo_legs(q), lm.hippo_legt(q, window=2.0)
    assert np.array_equal(legs.feedforward, p)
    assert np.allclose(legs.drift + legs.drift.T, -np.eye(q) - np.outer(p, p), rtol=1e-14)
    v = legt.feedforward
    assert np.allclose(
        legt.drift + legt.drift.T, -(2.0 * np.outer(v, v) + np.outer(p, p) / 2.0), rtol=1e-14, atol=1e-14
    )
    assert np.allclose(np.sort(np.linalg.eigvals(legs.drift).real), -np.arange(q, 0, -1), rtol=1e-9)


@pytest.mark.parametrize("build", [lm.hippo_legt, lm.hippo_legs])
def test_scalings_are_similar(build):
    normalised, raw = build(5), build(5, scaling="raw")
    D = np.diag(np.sqrt(2 * np.arange(5) + 1))
    assert np.allclose(raw.drift, D @ normalised.drift @ np.linalg.inv(D), rtol=1e-13, atol=1e-13)
    assert np.allclose(raw.feedforward, D @ normalised.feedforward, rtol=1e-14)
    if build is lm.hippo_legt:
        assert np.array_equal(raw.drift, lm.lmu(5).drift)


@pytest.mark.parametrize(("net", "total", "largest"), [(lm.lmu(6), 0.851, 2.88), (lm.hippo_legt(6), 1.271, 2.22)])
def test_memory_depends_on_where_the_noise_is_independent(net, total, largest):
    """F9 with A9: the total memory of a unit input, and of the best one."""
    found = lm.total_fisher_memory(net) / np.sum(net.feedforward**2)
    assert round(float(found), 3) == total
    assert round(float(np.linalg.eigvalsh(lm.spatial_fisher_memory(net))[-1]), 2) == largest


@pytest.mark.parametrize("q", [1, 3, 8])
def test_a_scaled_legendre_memory_is_as_good_as_a_normal_network(q):
    """p p' = -(1 + A + A'), so p' J^s p = -2 trace A - q = q^2 = ||p||^2."""
    net = lm.hippo_legs(q)
    assert lm.total_fisher_memory(net) == pytest.approx(q**2, rel=1e-10)


@pytest.mark.parametrize("method", ["zero-order hold", "bilinear"])
def test_a_discretised_memory_needs_the_noise_that_belongs_to_it(method):
    """P13: with its own noise a discretised network has the covariance of continuous time; not so with white noise."""
    net = lm.lmu(6)
    seen = net.discretised(0.05, method)
    C = sl.solve_continuous_lyapunov(net.drift, -np.eye(6))
    assert np.allclose(lm.noise_covariance(seen), C, rtol=1e-9, atol=1e-11)
    white = lm.LinearNetwork(seen.recurrent, seen.feedforward, 0.05)
    assert np.abs(lm.noise_covariance(white) / C - 1).max() > 0.05
    if method == "zero-order hold":
        times = lm.fisher_memory_curve(net, [0, 0.05, 0.1]).values
        assert np.allclose(lm.fisher_memory_curve(seen, 3).values, times, rtol=1e-9)


def test_a_network_in_continuous_time_can_be_hidden():
    net = lm.leaky_chain(8, weight=2)
    turned = lm.in_random_basis(net, rng=0)
    assert turned.known_abscissa is None
    assert lm.total_fisher_memory(turned) == pytest.approx(lm.total_fisher_memory(net), rel=1e-9)


# --- bad input ---

BAD = [
    (lambda: lm.lattice(0), ["side is 0"]),
    (lambda: lm.lattice(4, dimensions=0), ["dimensions is 0"]),
    (lambda: lm.lattice(4, gain=np.nan), ["gain is nan"]),
    (lambda: lm.random_normal(4, law="square", rng=0), ["law is 'square'", "'disc', 'ring', 'edge'"]),
    (lambda: lm.random_normal(4, law="edge", rng=0), ["exponent is None"]),
    (lambda: lm.random_normal(4, law="edge", exponent=-1, rng=0), ["exponent is -1", "> -1"]),
    (lambda: lm.random_normal(4, exponent=1, rng=0), ["exponent is 1", "'disc' has none"]),
    (lambda: lm.random_normal(4, gain=-1, rng=0), ["gain is -1"]),
    (lambda: lm.jordan(-1), ["n is -1"]),
    (lambda: lm.jordan(3, eigenvalue="x"), ["eigenvalue is 'x'"]),
    (lambda: lm.toeplitz_band(3, below=(1, 2, 3)), ["below holds 3 weights", "n = 3"]),
    (lambda: lm.toeplitz_band(3, above=np.ones((2, 2))), ["above is", "sequence"]),
    (lambda: lm.toeplitz_band(3, below="ab"), ["below is 'ab'"]),
    (lambda: lm.grcar(4, superdiagonals=-1), ["superdiagonals is -1"]),
    (lambda: lm.from_schur([]), ["eigenvalues is empty"]),
    (lambda: lm.from_schur([0.5, np.inf]), ["eigenvalues is", "finite"]),
    (lambda: lm.from_schur([0.5, 0.1], np.eye(2)), ["feedforward has 1 at (0, 0)", "numpy.triu"]),
    (lambda: lm.from_schur([0.5, 0.1], np.zeros((3, 3))), ["feedforward has shape (3, 3)", "2 eigenvalues"]),
    (lambda: lm.random_upper_triangular(3, feedforward=-1, rng=0), ["feedforward is -1"]),
    (lambda: lm.symmetric_wigner(3, recipe="scaled", rng=0), ["recipe is 'scaled'"]),
    (lambda: lm.sparse_random(3, density=0, rng=0), ["density is 0"]),
    (lambda: lm.sparse_random(3, density=1.1, rng=0), ["density is 1.1", "at most 1"]),
    (lambda: lm.sparse_random(10**4, density=1e-4, rng=0), ["n is 10000", "as drawn"]),
    (lambda: lm.sparse_random(5, density=1e-6, rng=0), ["radius is 0"]),
    (lambda: lm.low_rank(5, rank=3, rng=0), ["rank is 3", "at most 2"]),
    (lambda: lm.dale_balanced(1, rng=0), ["n is 1"]),
    (lambda: lm.dale_balanced(5, excitatory=1, rng=0), ["excitatory is 1", "below 1"]),
    (lambda: lm.balanced_amplification(weight=-1), ["weight is -1"]),
    (lambda: lm.leaky_chain(2.5), ["n is 2.5"]),
    (lambda: lm.lmu(3, window=0), ["window is 0"]),
    (lambda: lm.hippo_legt(3, scaling="half"), ["scaling is 'half'", "'normalised', 'raw'"]),
    (lambda: lm.hippo_legs(0), ["n is 0"]),
    (lambda: network_from_source("hippo_legt:n=3,scale=raw"), ["argument 'scale'", "scaling='normalised'"]),
]


@pytest.mark.parametrize(("build", "words"), BAD, ids=range(len(BAD)))
def test_bad_arguments_are_refused(build, words):
    with pytest.raises(ArgumentError) as caught:
        build()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
