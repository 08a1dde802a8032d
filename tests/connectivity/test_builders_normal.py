"""Normal networks: walks on lattices in three dimensions and around odd rings, eigenvalues, power laws."""

from itertools import product
from math import comb

import numpy as np
import pytest

import linmem as lm
from linmem.errors import ArgumentError


def returns(k, d):
    """c_k: a random walk in d dimensions is back after 2 k steps; one in d + 1 splits its steps between the first d
    and the last."""
    walks = [1] + [0] * k  # closed walks of 2 j steps
    for _ in range(d):
        walks = [sum(comb(2 * m, 2 * j) * walks[m - j] * comb(2 * j, j) for j in range(m + 1)) for m in range(k + 1)]
    return walks[k] / (2 * d) ** (2 * k)


def test_walks_are_counted_right():
    assert [returns(k, 1) for k in range(9)] == [comb(2 * k, k) / 4**k for k in range(9)]
    assert [returns(k, 2) for k in range(9)] == [(comb(2 * k, k) / 4**k) ** 2 for k in range(9)]


@pytest.mark.parametrize(("side", "d"), [(8, 3), (9, 3), (6, 4), (21, 1), (15, 2)])
def test_a_lattice_is_exact_until_the_signal_has_gone_around(side, d):
    """B10. Around an odd lattice a walk of even length goes twice, or not at all; the first to do so go straight, or
    around two axes of an odd one once each."""
    around = side if side % 2 == 0 else 2 * side
    last = (around - 1) // 2 - 1  # 2 k + 2 < around
    c = np.array([0.99 ** (2 * k) * returns(k, d) for k in range(last + 3)])
    curve = lm.fisher_memory_curve(lm.lattice(side, dimensions=d), last + 2)
    difference = c[:-1] - c[1:] - curve.values
    assert np.abs(difference[: last + 1]).max() < 5e-15  # 1e-15 measured, at J(0): C is well conditioned
    first = 2 * d + (side % 2) * 4 * comb(d, 2) * comb(2 * side, side)
    assert difference[last + 1] == pytest.approx(first * (0.99 / (2 * d)) ** around, abs=5e-15)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_at_the_edge_a_lattice_decays_with_its_dimension(d):
    """J ~ d (d / 4 pi)^(d/2) k^-(d+2)/2 by the local limit theorem; the next order is smaller by 1 / k."""
    for k in (100, 200):
        lost = returns(k, d) - returns(k + 1, d)
        assert lost == pytest.approx(d * (d / (4 * np.pi)) ** (d / 2) * k ** (-(d + 2) / 2), rel=3 / k)


@pytest.mark.parametrize(("side", "d"), [(1, 1), (1, 3), (2, 1), (2, 3), (5, 2), (3, 3)])
def test_waves_are_the_eigenvectors_of_a_lattice(side, d):
    """Eigenvalues g / d (cos k_1 + ... + cos k_d), also if both neighbours are the same unit, or the unit itself."""
    W = lm.lattice(side, dimensions=d, gain=0.9).recurrent
    one = np.cos(2 * np.pi * np.arange(side) / side)
    waves = sorted(0.9 / d * sum(cosines) for cosines in product(one, repeat=d))
    assert np.allclose(np.linalg.eigvalsh(W), waves, atol=1e-14)
    assert np.array_equal(W, W.T)


@pytest.mark.parametrize("n", [1, 2, 7, 8])
@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize(
    ("options", "distribution"),
    [
        ({"law": "disc"}, lambda x: x**2),
        ({"law": "edge", "exponent": 1.5}, lambda x: 1 - (1 - x) ** 2.5),
        ({"law": "edge", "exponent": -0.5}, lambda x: 1 - (1 - x) ** 0.5),
    ],
)
def test_moduli_are_the_quantiles_of_their_law(n, real, options, distribution):
    net = lm.random_normal(n, gain=0.8, real=real, rng=n, **options)
    m = (n + 1) // 2 if real else n
    expected = (np.arange(m) + 0.5) / m
    if real:
        expected = np.repeat(expected, 2)[n % 2 :]  # pairs; at odd n the smallest is alone
    found = distribution(np.sort(np.abs(np.linalg.eigvals(net.recurrent))) / 0.8)
    assert np.allclose(found, expected, atol=1e-12)
    assert np.iscomplexobj(net.recurrent) is not real
    assert np.linalg.norm(net.feedforward) == pytest.approx(1, abs=1e-13)


def test_angles_are_uniform():
    """The mean of e^{i angle} over m angles has modulus 1 / sqrt(m), to four standard errors."""
    values = np.linalg.eigvals(lm.random_normal(400, law="ring", gain=0.5, real=False, rng=1).recurrent)
    assert np.allclose(np.abs(values), 0.5, atol=1e-12)
    assert all(abs(np.mean((values / 0.5) ** power)) < 4 / np.sqrt(400) for power in (1, 2))


def test_the_power_law_is_that_of_the_network_itself():
    """B8: at nu = -1/2 many eigenvalues are near the edge: 200 units follow k^-3/2 to lag 500, and not at gain 0.7."""
    k = np.arange(50, 501)

    def slope(gain):
        net = lm.random_normal(200, law="edge", exponent=-0.5, gain=gain, rng=0)
        return np.polyfit(np.log(k), np.log(lm.fisher_memory_curve(net, 501).values[50:]), 1)[0]

    assert slope(0.999999) == pytest.approx(-1.5, abs=0.05)
    assert slope(0.7) < -50


BAD = [
    (lambda: lm.lattice(10, dimensions=50), ["side is 10 and dimensions is 50", "2^31"]),
    (lambda: lm.lattice(10**6, dimensions=10**9), ["dimensions is 1000000000"]),
    (lambda: lm.lattice(1, dimensions=65), ["at most 31 dimensions"]),
    (lambda: lm.lattice(2.5), ["side is 2.5"]),
    (lambda: lm.lattice(4, dimensions=True), ["dimensions is True"]),
    (lambda: lm.lattice(4, gain="x"), ["gain is 'x'"]),
    (lambda: lm.random_normal(0, rng=0), ["n is 0"]),
    (lambda: lm.random_normal(4, law="edge", exponent=np.nan, rng=0), ["exponent is nan"]),
    (lambda: lm.random_normal(4, law="ring", exponent=1.0, rng=0), ["'ring' has none"]),
    (lambda: lm.random_normal(4, law=None, rng=0), ["law is None"]),
    (lambda: lm.random_normal(4, rng="0"), ["rng is '0'"]),
    (lambda: lm.random_normal(4, gain=np.inf, rng=0), ["gain is inf"]),
]


@pytest.mark.parametrize(("build", "words"), BAD, ids=range(len(BAD)))
def test_bad_arguments_are_refused(build, words):
    with pytest.raises(ArgumentError) as caught:
        build()
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
