"""Initialisations of state-space layers: their spectra by a second route, and the memory that is published of them."""

import mpmath as mp
import numpy as np
import pytest
import scipy.linalg as sl
from scipy.signal import cont2discrete

import linmem as lm

HELD = {"discretisation": "zero-order hold", "noise_enters": "input"}
NARROW = {"ring": (0.9, 0.999), "noise_enters": "input", "rng": 0}
# states, the lags by which half and 90 % of J are reached, and J(1000)
TABLE = {
    "S4D-Lin .001": (lambda: lm.s4d_lin(64, step=0.001, **HELD), 63, 1136, 2584, 2.7e-2),
    "S4D-Lin .01": (lambda: lm.s4d_lin(64, step=0.01, **HELD), 63, 113, 258, 2.1e-5),
    "S4D-Lin .1": (lambda: lm.s4d_lin(64, step=0.1, **HELD), 63, 32, 90, 5.9e-34),
    "S4D-Inv .001": (lambda: lm.s4d_inv(64, step=0.001, **HELD), 64, 1385, 4634, 2.0e-2),
    "S4D-Inv .01": (lambda: lm.s4d_inv(64, step=0.01, **HELD), 64, 146, 465, 1.0e-4),
    "S4D-Inv .1": (lambda: lm.s4d_inv(64, step=0.1, **HELD), 64, 32, 74, 1.9e-40),
    "S4D-LegS .001": (lambda: lm.s4d_legs(64, step=0.001, **HELD), 64, 1236, 3957, 2.1e-2),
    "S4D-LegS .01": (lambda: lm.s4d_legs(64, step=0.01, **HELD), 64, 128, 398, 2.3e-4),
    "LRU": (lambda: lm.lru(64, **NARROW), 64, 35, 106, 5.5e-4),
    "LRU, small phases": (lambda: lm.lru(64, phase=np.pi / 10, **NARROW), 64, 223, 567, 2.8e-3),
    "LRU, whole disk": (lambda: lm.lru(64, noise_enters="input", rng=0), 64, 32, 66, 4.0e-4),
    "Mamba .001": (lambda: lm.mamba_channel(step=0.001, noise_enters="input"), 16, 647, 3256, 4.1e-3),
    "Mamba .01": (lambda: lm.mamba_channel(step=0.01, noise_enters="input"), 16, 64, 325, 7.5e-7),
    "Mamba .1": (lambda: lm.mamba_channel(step=0.1, noise_enters="input"), 16, 8, 34, 7.2e-84),
}
LAGS = (0, 1, 7, 50, 333, 999)


@pytest.mark.parametrize("name", TABLE)
def test_the_memory_of_published_initialisations(name):
    build, states, half, most, late = TABLE[name]
    net = build()
    curve = lm.fisher_memory_curve(net, 6000)
    assert net.size == curve.total == states
    assert (curve.lag_of_share(0.5), curve.lag_of_share(0.9)) == (half, most)
    assert curve.values[1000] == pytest.approx(late, rel=0.05)  # two digits are stated
    assert (curve.values <= 1 + curve.error).all()


def by_lagrange(eigenvalues, lags):
    """J(k) in 400 digits by the inverse of the Cauchy matrix 1 / (1 - l_i l_j*), which is known entry by entry.

    C^-1_ij = g_i* g_j / (1 - l_i* l_j) with g_j = (1 - |l_j|^2) prod_{m != j} (1 - l_j l_m*) / (l_j - l_m).
    """
    l = [mp.mpmathify(complex(z)) for z in eigenvalues]  # noqa: E741
    g = []
    for j, own in enumerate(l):
        product = 1 - own * mp.conj(own)
        for m, other in enumerate(l):
            if m != j:
                product *= (1 - own * mp.conj(other)) / (own - other)
        g.append(product)
    inverse = [[mp.conj(g[i]) * g[j] / (1 - mp.conj(l[i]) * l[j]) for j in range(len(l))] for i in range(len(l))]
    values = []
    for k in lags:
        powers = [own**k for own in l]
        sums = [mp.fdot(row, powers) for row in inverse]
        values.append(float(mp.re(mp.fdot([mp.conj(power) for power in powers], sums))))
    return np.array(values)


@pytest.mark.parametrize("name", TABLE)
def test_every_initialisation_is_right_to_all_digits(name):
    """At every lag tried 1e-12 of the largest J: sections lose an ulp or two each, and none is enlarged."""
    net = TABLE[name][0]()
    own, pairs = net.eigenvalues, net.modes.imaginary
    with mp.workdps(400):
        exact = by_lagrange(np.concatenate([own, own[pairs].conj()]), LAGS)
    curve = lm.fisher_memory_curve(net, 1000)
    missed = np.abs(curve.values[list(LAGS)] - exact)
    assert (missed <= curve.error[list(LAGS)]).all()
    assert missed.max() < 1e-12 * curve.values.max()


@pytest.mark.parametrize("method", ["zero-order hold", "bilinear"])
@pytest.mark.parametrize("build", [lm.s4d_lin, lm.s4d_inv, lm.s4d_legs])
def test_discretisations_are_those_of_scipy(build, method):
    dt = 0.02
    net = build(8, step=dt, discretisation=method, noise_enters="state")
    # of the slowest mode backwards: log l for the hold, Tustin's inverse for the other
    own = net.eigenvalues
    a = np.log(own) / dt if method == "zero-order hold" else 2 / dt * (own - 1) / (own + 1)
    system = np.diag(a), np.ones((4, 1)), np.eye(4), np.zeros((4, 1))
    W, V, *_ = cont2discrete(system, dt, method="zoh" if method == "zero-order hold" else "bilinear")
    # scipy returns the bilinear input weights of another output matrix
    assert np.diag(W) == pytest.approx(own, rel=1e-12)
    assert V[:, 0] == pytest.approx(net.feedforward, rel=1e-10)
    assert a.real == pytest.approx(-0.5 * np.ones(4), abs=1e-10)


def test_the_spectrum_of_legs_is_that_of_its_normal_part():
    n, dt = 16, 0.01
    p = np.sqrt(np.arange(n) + 0.5)
    normal = lm.hippo_legs(n).drift + np.outer(p, p)
    assert normal @ normal.T == pytest.approx(normal.T @ normal, abs=1e-10)
    a = sl.eigvals(normal)
    net = lm.s4d_legs(n, step=dt, discretisation="zero-order hold", noise_enters="state")
    above = np.sort_complex(np.exp(dt * a[a.imag > 0]))
    assert np.sort_complex(net.eigenvalues) == pytest.approx(above, rel=1e-12)
    shared = lm.s5_legs(n, step=dt, discretisation="zero-order hold", noise_enters="state", inputs=3, rng=0)
    assert np.array_equal(shared.eigenvalues, net.eigenvalues)
    # the stored halves of unitary coordinates have half of the squared length
    held = (shared.eigenvalues - 1) / (np.log(shared.eigenvalues) / dt)
    draw = np.random.default_rng(0).standard_normal((n, 3)) / np.sqrt(n)
    of_halves = (np.abs(shared.feedforward / held[:, None]) ** 2).sum(axis=0)
    assert 2 * of_halves == pytest.approx((draw**2).sum(axis=0), rel=1e-10)


def test_the_ring_of_an_lru():
    net = lm.lru(20000, ring=(0.5, 0.9), phase=1.0, inputs=2, noise_enters="state", rng=1)
    squares, phases = np.abs(net.eigenvalues) ** 2, np.angle(net.eigenvalues)
    # means and variances of uniform numbers, of 10^4 draws: within five standard errors
    assert squares.mean() == pytest.approx((0.25 + 0.81) / 2, abs=5 * 0.56 / np.sqrt(12e4))
    assert phases.mean() == pytest.approx(0.5, abs=5 / np.sqrt(12e4))
    gains = np.abs(net.feedforward) ** 2 / (1 - squares)[:, None]
    assert gains.mean(axis=0) == pytest.approx([0.5, 0.5], abs=5 * 0.5 / 100)


def test_gates_that_do_not_change():
    net = lm.rg_lru(20000, gate=0.25, noise_enters="state", rng=2)
    assert net.feedforward**2 == pytest.approx(1 - net.eigenvalues**2, rel=1e-12)
    # a^2 is uniform in the ring, and l = a^(8 / 4)
    assert net.eigenvalues.mean() == pytest.approx((0.81 + 0.999**2) / 2, abs=5 * 0.19 / np.sqrt(12 * 20000))
    mamba = lm.mamba_channel(3, step=0.5, noise_enters="state")
    assert np.log(mamba.eigenvalues) == pytest.approx([-0.5, -1, -1.5]) and (mamba.feedforward == 0.5).all()


def test_aliased_modes_are_said():
    aliased = lm.s4d_lin(64, step=0.1, **HELD)
    # pi k dt > pi for k > 10: 21 pairs
    assert aliased.name.endswith("42 of 63 modes aliased")
    assert "aliased" not in lm.s4d_lin(64, step=0.1, discretisation="bilinear", noise_enters="input").name
    assert "aliased" not in lm.s4d_lin(20, step=0.1, **HELD).name


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lm.s4d_lin(5, step=0.1, **HELD), "n is 5; it must be even"),
        (lambda: lm.s4d_inv(4, step=0.0, **HELD), "step is 0.0"),
        (lambda: lm.s4d_inv(4, step=0.1, discretisation="zoh", noise_enters="input"), "discretisation is 'zoh'"),
        (lambda: lm.lru(4, ring=(0.9, 0.5), noise_enters="input", rng=0), "ring is"),
        (lambda: lm.lru(4, ring=(0.1j, 0.5), noise_enters="input", rng=0), "ring is"),
        (lambda: lm.lru(4, phase=7.0, noise_enters="input", rng=0), "phase is 7.0"),
        (lambda: lm.rg_lru(4, gate=1.5, noise_enters="input", rng=0), "gate is 1.5"),
        (lambda: lm.mamba_channel(4, step=-1.0, noise_enters="input"), "step is -1.0"),
        (lambda: lm.mamba_channel(4, step=1.0, noise_enters="both"), "noise_enters is 'both'"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(lm.ArgumentError, match=words):
        call()


def test_builders_are_sources_of_the_command_line():
    text = "s4d_lin:n=8,step=0.1,discretisation=bilinear,noise_enters=input"
    assert lm.network_from_source(text).name == "S4D-Lin, n = 8, step 0.1, bilinear"


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE)
def test_every_initialisation_is_right_at_every_lag(name):
    """The first 1000 lags, by the inverse of the Cauchy matrix in 1600 bits."""
    flint = pytest.importorskip("flint")
    net = TABLE[name][0]()
    own, pairs = net.eigenvalues, net.modes.imaginary
    listed = np.concatenate([own, own[pairs].conj()]).astype(complex)
    bits, flint.ctx.prec = flint.ctx.prec, 1600
    try:
        l = [flint.acb(z.real, z.imag) for z in listed.tolist()]  # noqa: E741
        conjugate = [flint.acb(z.real, -z.imag) for z in listed.tolist()]
        C = flint.acb_mat([[1 / (1 - a * b) for b in conjugate] for a in l])
        powers = [[flint.acb(1)] * len(l)]
        for _ in range(999):
            powers.append([power * own for power, own in zip(powers[-1], l, strict=True)])
        signal = flint.acb_mat(powers).transpose()
        adjoint = flint.acb_mat([[flint.acb(z.real, -z.imag) for z in row] for row in powers])
        solved = C.inv() * signal
        exact = np.array(
            [
                float(sum((adjoint[k, i] * solved[i, k] for i in range(len(l))), flint.acb(0)).real.mid())
                for k in range(1000)
            ]
        )
    finally:
        flint.ctx.prec = bits
    curve = lm.fisher_memory_curve(net, 1000)
    missed = np.abs(curve.values - exact)
    assert (missed <= curve.error).all()
    assert missed.max() < 1e-12 * curve.values.max()
