"""Claims B: normal networks, W W* = W* W."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg as sl
from scipy.integrate import quad
from scipy.special import gammaln

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim, measured
from linmem.claims.conditions import DISCRETE, NORMAL, SINGLE, STABLE, THEORY, WHITE_NOISE, Condition
from linmem.claims.evidence import at_least, at_most, equal

NORMAL_THEORY = (*THEORY, NORMAL)


def curve(net, lags):
    """J(k) in units of 1 / eps."""
    return net.noise_variance * measured(lm.fisher_memory_curve, net, lags)


def total(net):
    """J_tot in units of 1 / eps."""
    return net.noise_variance * measured(lm.total_fisher_memory, net)


def spatial(net, **horizon):
    """J^s in units of 1 / eps."""
    return net.noise_variance * measured(lm.spatial_fisher_memory, net, **horizon)


def modes(net):
    """Eigenvalues, and the weights of the input on orthonormal eigenvectors: a Schur form of a normal matrix."""
    T, Z = sl.schur(net.dense(), output="complex")
    return np.diagonal(T), np.abs(Z.conj().T @ net.feedforward) ** 2


def _by_modes(net, lags):
    values, weights = modes(net)
    squares = np.abs(values) ** 2
    return (squares ** np.arange(lags)[:, None] * (1 - squares)) @ weights


@claim(
    "B1",
    source="GHS, eq. 4",
    conditions=NORMAL_THEORY,
    family=families.normal,
    figures=("normal_memory",),
)
def normal_memory_is_a_sum_over_modes(net):
    """A normal network forgets as a mixture of exponentials, one for each eigenvalue.

    J(k) = sum_i |u_i* v|^2 |lambda_i|^2k (1 - |lambda_i|^2)
    """
    lags = 2 * net.size
    yield equal("the curve is that of the eigenvalues", curve(net, lags), _by_modes(net, lags))


normal_memory_is_a_sum_over_modes.without("normality", families.non_normal)


@claim(
    "B2",
    source="GHS, eq. 5",
    conditions=NORMAL_THEORY,
    family=families.normal,
    figures=("normal_memory", "memory_of_four_networks"),
)
def normal_networks_have_unit_memory(net):
    """A normal network holds one unit of memory, for every input.

    J_tot = 1 for every unit v
    """
    yield equal("the total", total(net), 1.0)
    yield equal("that of another input", total(replace(net, feedforward=np.eye(net.size)[-1])), 1.0)


normal_networks_have_unit_memory.without("normality", families.non_normal)


@claim(
    "B3",
    source="re-derived; stronger than GHS",
    conditions=(SINGLE, DISCRETE, STABLE, WHITE_NOISE),
    family=lambda: [*families.normal(), *families.non_normal()],
)
def unit_memory_implies_normality(net):
    """Networks that hold one unit for every input are normal, and no others do.

    J^s = I if and only if W W* = W* W

    J^s = I gives C^-1 = I - W* W; put into C = I + W C W* it gives (I - W* W)^-1 = (I - W W*)^-1. Both directions are
    asked: of normal networks and of others.
    """
    apart = np.linalg.norm(spatial(net) - np.eye(net.size))
    W = net.dense()
    commutator = float(np.linalg.norm(W @ W.conj().T - W.conj().T @ W))
    if lm.normality_test(net).normal:
        yield equal("the spatial matrix of a normal network is the identity", apart, 0.0, scale=1.0)
    else:
        yield at_least("that of another is not", apart, 1e-3 * min(1.0, commutator))


@unit_memory_implies_normality.control("of one input only: a total of one proves nothing", families.amplifying)
def _(net):
    values, vectors = sl.eigh(lm.spatial_fisher_memory(net))  # mix the best and the worst input to a total of one
    share = (1 - values[0]) / (values[-1] - values[0])
    v = np.sqrt(share) * vectors[:, -1] + np.sqrt(1 - share) * vectors[:, 0]
    apart = abs(lm.total_fisher_memory(replace(net, feedforward=v)) - 1)
    yield at_least("the total of another is not one", apart, 1e-3)


def _of_any_radius():
    for radius in (0.9, 1.0, 1.2):
        yield lm.random_orthogonal(6, gain=radius, rng=2)
        yield lm.ginibre(6, gain=radius, rng=6)
        yield lm.chain(6, gain=radius)


@claim(
    "B4",
    source="a manuscript on finite horizons, propositions 3.1-3.2",
    conditions=(SINGLE, DISCRETE, WHITE_NOISE),
    family=_of_any_radius,
)
def trace_is_n_over_any_horizon(net):
    """Over a finite horizon the sum rule holds for every network, stable or not.

    C_n = sum_{j<n} W^j W*^j, M_n = sum_{k<n} W*^k C_n^-1 W^k: tr M_n = N, and M_n = I where W is normal
    """
    for horizon in (1, 2, 7, 20):
        M = spatial(net, horizon=horizon)
        yield equal("the trace is the number of units", np.trace(M).real, net.size)
        if lm.normality_test(net).normal:
            yield equal("of a normal network it is the identity", M, np.eye(net.size))


@trace_is_n_over_any_horizon.control(
    "noise of the whole past, signal of the last three steps",
    lambda: [lm.ginibre(6, gain=0.9, rng=6), lm.chain(6, gain=0.9)],
)
def _(net):
    W, precision = net.dense(), np.linalg.inv(lm.noise_covariance(net))
    powers = [np.linalg.matrix_power(W, k) for k in range(3)]
    yield equal("the trace is the number of units", sum(np.trace(P.T @ precision @ P) for P in powers), net.size)


@claim(
    "B5",
    source="a manuscript on finite horizons, proposition 3.2b",
    conditions=(SINGLE, DISCRETE, WHITE_NOISE),
    family=_of_any_radius,
)
def two_steps_tell_normal_from_not(net):
    """Two steps are enough to tell a normal network from another, stable or not.

    M_2 = I + (I + W W*)^-1 - (I + W* W)^-1, which is I if and only if W is normal
    """
    yield from _told_apart(net, 2)


def _told_apart(net, horizon):
    W, one = net.dense(), np.eye(net.size)
    M = spatial(net, horizon=horizon)
    expected = one + np.linalg.inv(one + W @ W.conj().T) - np.linalg.inv(one + W.conj().T @ W)
    yield equal("the matrix of two steps", M, expected)
    if not lm.normality_test(net).normal:
        yield at_least("it is not the identity", np.linalg.norm(M - one), 1e-3)


@two_steps_tell_normal_from_not.control(
    "one step", lambda: [net for net in _of_any_radius() if "orthogonal" not in net.name]
)
def _(net):
    yield from _told_apart(net, 1)


def rotations():
    """Damped."""
    for n, gain in [(2, 0.5), (6, 0.9), (12, 0.99)]:
        yield lm.random_orthogonal(n, gain=gain, rng=n)
    yield lm.identity(4, gain=0.7)


def _gain(net):
    """g of W = g R; None of other networks."""
    W = net.dense()
    square = np.trace(W.conj().T @ W).real / net.size
    far = np.abs(W.conj().T @ W - square * np.eye(net.size)).max()
    return np.sqrt(square) if far < 1e-12 * max(square, 1e-300) else None


ROTATION = Condition("damped rotation", lambda net: None if _gain(net) else "not a multiple of an orthogonal matrix")


@claim(
    "B6",
    source="GHS, on the ring; over a horizon a manuscript on finite horizons",
    conditions=(*THEORY, ROTATION),
    family=rotations,
    figures=("memory_of_four_networks",),
)
def orthogonal_memory_is_the_same_for_every_input(net):
    """Damped rotations forget exponentially, every input alike; undamped ones hold 1/n of every step of a horizon n.

    J(k) = g^2k (1 - g^2); over n steps g^2k (g^2 - 1) / (g^2n - 1), which is 1/n for g = 1
    """
    g2, lags = _gain(net) ** 2, np.arange(20)
    yield equal("stationary", curve(net, 20), g2**lags * (1 - g2))
    found = net.noise_variance * measured(lm.fisher_memory_curve, net, 20, horizon=20)
    yield equal("over twenty steps", found, g2**lags * (g2 - 1) / (g2**20 - 1))
    undamped = replace(net, recurrent=net.recurrent / np.sqrt(g2), known_radius=None)
    found = net.noise_variance * measured(lm.fisher_memory_curve, undamped, 20, horizon=20)
    yield equal("undamped, over twenty steps", found, np.full(20, 1 / 20))


orthogonal_memory_is_the_same_for_every_input.without("damping", lambda: [lm.random_orthogonal(6, gain=1.0, rng=2)])


def _ring(net):
    W, n = net.dense(), net.size
    around = W[0, -1] * np.roll(np.eye(n), 1, axis=0)
    return None if n > 1 and np.array_equal(W, around) else "not a ring"


@claim(
    "B7",
    source="GHS, p. 18971",
    conditions=(*THEORY, Condition("ring", _ring)),
    family=lambda: [lm.ring(n, gain=g) for n, g in [(3, 0.5), (20, 0.9), (100, 0.99)]],
    figures=("normal_memory",),
)
def rings_forget_exponentially(net):
    """A ring of units remembers as any damped rotation does, for all that it delays.

    W_{i+1,i} = a, around: J(k) = a^2k (1 - a^2)
    """
    a2, lags = net.radius.value**2, np.arange(3 * net.size)
    yield equal("the curve", curve(net, len(lags)), a2**lags * (1 - a2))


rings_forget_exponentially.without(
    "white noise",
    lambda: [
        replace(net, noise=families.correlated(net.size, seed=1))
        for net in (lm.ring(3, gain=0.5), lm.ring(20, gain=0.9))
    ],
)


@claim("B8", source="GHS, eq. 6", figures=("normal_memory",))
def edge_of_the_spectrum_sets_the_power_law():
    """How thinly eigenvalues lie near the unit circle sets the power by which a normal network forgets.

    density of |lambda| ~ (1 - r)^nu: J(k) ~ k^-(nu + 2)

    Of densities (nu + 1) (1 - r)^nu, at lags 50 to 500. It holds for lags far below 1 / (1 - radius).
    """
    lags = np.array([50.0, 500.0])
    for nu in (0.0, 0.5, 1.0, 2.0):
        yield equal(
            "the exponent",
            _exponent(lambda k, nu=nu: _of_a_density(k, nu, 1.0), lags),
            -(nu + 2),
            tolerance=0.05,
            scale=1.0,
        )


def _of_a_density(k, nu, edge):
    """The integral of r^2k (1 - r^2) over (nu + 1) (1 - r)^nu, with r in units of the edge."""
    log = np.log(nu + 1) + gammaln(nu + 1)
    first = np.exp(log + gammaln(2 * k + 1) - gammaln(2 * k + nu + 2)) * edge ** (2 * k)
    second = np.exp(log + gammaln(2 * k + 3) - gammaln(2 * k + nu + 4)) * edge ** (2 * k + 2)
    return first - second


def _exponent(law, lags):
    values = np.log([law(k) for k in lags])
    return (values[1] - values[0]) / np.log(lags[1] / lags[0])


@edge_of_the_spectrum_sets_the_power_law.control("the edge is inside: gain 1/2", None)
def _():
    yield equal(
        "the exponent",
        _exponent(lambda k: _of_a_density(k, 1.0, 0.5**0.5), np.array([50.0, 500.0])),
        -3.0,
        tolerance=0.05,
        scale=1.0,
    )


def central(k):
    """(2k choose k) / 4^k, the chance that a walk of 2k steps ends where it began."""
    return np.exp(gammaln(k + 0.5) - gammaln(k + 1)) / np.sqrt(np.pi)


def _catalan(k):
    """Cat_k / 4^k."""
    return central(k) / (k + 1)


@claim(
    "B9",
    source="GHS, p. 18971; the closed form re-derived",
    figures=("normal_memory",),
)
def semicircle_memory_is_of_catalan_numbers():
    """A large symmetric Gaussian network forgets by the moments of the semicircle.

    J(k) = a^2k Cat_k / 4^k - a^2(k+1) Cat_{k+1} / 4^(k+1), Cat_k the Catalan numbers; at a = 1 as
    3 / (2 sqrt(pi)) k^-5/2

    Of the law by quadrature, and of one draw of 160 units, within six percent.
    """
    lags = np.arange(30.0)
    for a2 in (0.5, 0.99, 1.0):
        law = a2**lags * _catalan(lags) - a2 ** (lags + 1) * _catalan(lags + 1)
        found = [
            quad(lambda x, k=k, a2=a2: 2 / np.pi * np.sqrt(1 - x * x) * (a2 * x * x) ** k * (1 - a2 * x * x), -1, 1)[0]
            for k in lags
        ]
        yield equal("the moments", found, law, tolerance=1e-7)
    k = 2000.0
    yield equal("the tail", _catalan(k) - _catalan(k + 1), 1.5 / np.sqrt(np.pi) * k**-2.5, tolerance=2e-3)
    yield from _drawn(lm.symmetric_wigner(160, gain=0.95, recipe="as drawn", rng=1))


def _drawn(net):
    """The law of a gain of .95, and the mean over all units that may hear the input."""
    lags = np.arange(6.0)
    law = 0.95 ** (2 * lags) * _catalan(lags) - 0.95 ** (2 * lags + 2) * _catalan(lags + 1)
    found = curve(replace(net, feedforward=np.eye(net.size)), len(lags))
    means = np.trace(found, axis1=1, axis2=2).real / net.size
    yield equal("one draw of 160 units", means, law, tolerance=0.06, scale=law)


@semicircle_memory_is_of_catalan_numbers.control(
    "a Gaussian network that is not symmetric", lambda: [lm.ginibre(160, gain=0.95, rng=1)]
)
def _(net):
    yield from _drawn(net)


def _returns(k, dimensions):
    return central(k) ** dimensions


@claim(
    "B10",
    source="GHS, pp. 18971-18972; the closed form re-derived",
    figures=("normal_memory",),
)
def lattice_memory_is_of_return_probabilities():
    """A lattice of neighbours forgets by the chance that a random walk returns, slower in one dimension than in two.

    J(k) = a^2k c_k^d - a^2(k+1) c_{k+1}^d, c_k = (2k choose k) / 4^k, d = 1, 2; ~ k^-(d+2)/2 at a = 1

    Exact on a torus until walks go around it: for k below half its side.
    """
    for dimensions, side in ((1, 64), (2, 16)):
        lags = np.arange(side // 2 - 1.0)
        a2 = 0.97**2
        law = a2**lags * _returns(lags, dimensions) - a2 ** (lags + 1) * _returns(lags + 1, dimensions)
        net = lm.lattice(side, dimensions=dimensions, gain=0.97)
        yield equal(f"in {dimensions} dimensions", curve(net, len(lags)), law)
        k = 5000.0
        prefactor = {1: 1 / (2 * np.sqrt(np.pi)), 2: 1 / np.pi}[dimensions]
        tail = _returns(k, dimensions) - _returns(k + 1, dimensions)
        yield equal("the tail", tail, prefactor * k ** -(dimensions / 2 + 1), tolerance=1e-3)


@lattice_memory_is_of_return_probabilities.control("beyond the side of the torus", None)
def _():
    lags, a2 = np.arange(40.0), 0.97**2
    law = a2**lags * _returns(lags, 1) - a2 ** (lags + 1) * _returns(lags + 1, 1)
    yield equal("in 1 dimensions", lm.fisher_memory_curve(lm.lattice(12, gain=0.97), 40).values, law, scale=law)


def _disc(count):
    """A normal network whose |lambda|^2 are spread evenly over (0, 1)."""
    squares = (np.arange(count) + 0.5) / count
    return lm.LinearNetwork(np.diag(np.sqrt(squares)), np.full(count, count**-0.5), name=f"disc, N = {count}")


@claim("B11", source="re-derived from GHS, eq. 4")
def normal_discs_forget_as_the_square():
    """A normal network whose eigenvalues fill the unit disc forgets as the square of the lag.

    J(k) = 1 / ((k + 1) (k + 2))

    Of 500 eigenvalues that are spread evenly, where the sum is a midpoint rule: within its error, k^2 / (24 N^2) of 1.
    """
    lags = np.arange(12.0)
    yield equal("the curve", curve(_disc(500), 12), 1 / ((lags + 1) * (lags + 2)), tolerance=1e-4)


@normal_discs_forget_as_the_square.control("a Gaussian network, whose eigenvalues fill the disc as well", None)
def _():
    lags = np.arange(12.0)
    net = lm.ginibre(120, gain=0.99, rng=1)
    yield equal("the curve", lm.fisher_memory_curve(net, 12).values, 1 / ((lags + 1) * (lags + 2)), tolerance=0.02)


def envelope(lags):
    """The largest J(k) of any normal network."""
    k = np.asarray(lags, float)
    return np.exp(np.where(k > 0, k * np.log(np.maximum(k, 1)), 0) - (k + 1) * np.log(k + 1))


@claim(
    "B12",
    source="re-derived from GHS, eq. 4",
    conditions=NORMAL_THEORY,
    family=families.normal,
    inequality=True,
    figures=("normal_memory",),
)
def normal_networks_stay_below_an_envelope(net):
    """No normal network remembers one lag better than an e-th of its inverse, and its curve is completely monotone.

    J(k) <= k^k / (k + 1)^(k + 1) ~ 1 / (e k), attained where |lambda|^2 = k / (k + 1); differences alternate in sign

    So none falls as 1 / k over all decades, since its sum is one.
    """
    lags = np.arange(2 * net.size)
    found = curve(net, len(lags))
    yield at_most("below the envelope", found, envelope(lags))
    differences = found
    for order in range(1, min(4, len(found) - 1)):
        differences = differences[:-1] - differences[1:]
        yield at_least(f"differences of order {order}", differences + 1e-9 * found[0], 0.0)


@normal_networks_stay_below_an_envelope.control("a chain, which is not normal", lambda: [lm.chain(12), lm.chain(40)])
def _(net):
    lags = np.arange(net.size)
    yield at_most("below the envelope", lm.fisher_memory_curve(net, len(lags)).values, envelope(lags))


@claim(
    "B13",
    source="Tino (2018), abstract; the formulas re-derived",
    conditions=NORMAL_THEORY,
    family=lambda: [net for net in families.normal() if len(np.unique(np.abs(modes(net)[0]).round(9))) > 1],
)
def dominant_modes_hold_most_beyond_lag_zero(net):
    """Without the newest input, a normal network remembers most through its dominant mode.

    sum_{k >= 1} J(k) = sum_i |u_i* v|^2 |lambda_i|^2, at most the squared spectral radius, attained by that mode

    So an optimum can be told among inputs that all hold one unit: by leaving out lag 0.
    """
    values, weights = modes(net)
    rest = total(net) - curve(net, 1)[0]
    yield equal("memory beyond lag zero", rest, np.sum(weights * np.abs(values) ** 2))
    yield at_most("at most the squared radius", rest, np.abs(values).max() ** 2)
    top = sl.schur(net.dense(), output="complex")[1][:, np.argmax(np.abs(values))]
    best = replace(net, feedforward=top)
    yield equal("the dominant mode attains it", total(best) - curve(best, 1)[0], np.abs(values).max() ** 2)


@dominant_modes_hold_most_beyond_lag_zero.control("lag zero is counted: all inputs are alike")
def _(net):
    values, _ = modes(net)
    order = np.argsort(np.abs(values))
    Z = sl.schur(net.dense(), output="complex")[1]
    best, worst = (lm.total_fisher_memory(replace(net, feedforward=Z[:, order[i]])) for i in (-1, 0))
    yield at_least("the dominant mode holds more", best, worst * (1 + 1e-6), slack=0.0)
