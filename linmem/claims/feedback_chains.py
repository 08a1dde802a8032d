"""Claims D: the chain with feedback, where memory outlives the units and textbook numerics end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims.claim import claim, measured
from linmem.claims.conditions import (
    AT_THE_SOURCE,
    DISCRETE,
    FEEDBACK_CHAIN,
    NETWORK,
    SINGLE,
    WHITE_NOISE,
    Condition,
    chain_weights,
    lacking,
)
from linmem.claims.evidence import at_least, at_most, equal
from linmem.linalg.stein import ULP

STATIONARY = (*NETWORK, WHITE_NOISE, FEEDBACK_CHAIN)
NEAR = 0.019  # a + b so near one needs chains of hundreds of units to tell


def chains(*kinds):
    """Chains with feedback of (units, forward, back)."""
    return [lm.feedback_chain(n, feedforward=a, feedback=b) for n, a, b in kinds]


def of_every_strength():
    """Weak and strong, short and long."""
    return chains((3, 0.9, 0.2), (10, 0.5, 0.3), (30, 0.9, 0.2), (40, 0.95, 0.2), (50, 0.99, 0.04), (20, 1.2, 0.15))


def without_feedback():
    """Delay lines."""
    return [lm.chain(n, gain=gain) for n, gain in [(5, 0.9), (30, 0.9), (20, 1.1)]]


def swapped():
    """Feedback is the stronger: the input is at the sink."""
    return chains((20, 0.2, 0.9), (20, 0.2, 0.95), (10, 0.05, 3.0))


def about_the_edge():
    """The longest chains that are stable, and the next ones, which are not."""
    for b in (0.2505, 0.3):
        longest = int(np.pi / np.arccos(1 / (2 * np.sqrt(b))) - 1)  # cos(pi / (N + 1)) < 1 / (2 sqrt(a b)), a = 1
        yield from chains((longest, 1.0, b), (longest + 1, 1.0, b))


@claim(
    "D1",
    source="GHS, p. 18973; the spectrum of a tridiagonal Toeplitz matrix",
    conditions=(SINGLE, DISCRETE, FEEDBACK_CHAIN),
    family=lambda: [
        *chains((2, 0.9, 0.2), (3, 0.99, 0.04), (30, 0.9, 0.2), (100, 0.95, 0.2), (100, 3.0, 0.05), (9, -0.7, -0.2)),
        *about_the_edge(),
    ],
    figures=("same_eigenvalues",),
)
def eigenvalues_of_a_chain_with_feedback_are_cosines(net):
    """The eigenvalues of a chain with feedback depend on the product of its weights alone, and decide its stability.

    lambda_j = 2 sqrt(a b) cos(j pi / (N + 1)), j = 1 ... N: stable if and only if 2 sqrt(a b) cos(pi / (N + 1)) < 1,
    of any length if a b <= 1/4

    The matrix is to be symmetrised first, by D = diag((a / b)^(i / 2)): as it stands, its eigenvalues in double
    precision are wrong by percents at a hundred units.
    """
    n, (a, b) = net.size, chain_weights(net)
    expected = 2 * np.sqrt(abs(a * b)) * np.cos(np.arange(1, n + 1) * np.pi / (n + 1))
    yield equal("the eigenvalues", _spectrum(_balanced(net)), expected, tolerance=1e-12)
    yield equal("the radius", net.radius.value, expected[0], tolerance=1e-12)
    yield equal("it is stable below one, and only there", float(net.radius.stable is True), float(expected[0] < 1))


def _balanced(net):
    """D^-1 W D, in which a and b are of one size."""
    a, b = chain_weights(net)
    order = np.arange(net.size)
    step = np.clip(np.subtract.outer(order, order), -1, 1)  # beyond one there are no weights
    return net.dense() * np.sqrt(abs(b / a)) ** step


def _spectrum(W):
    values = sl.eigvals(W)
    return values[np.argsort(-values.real)]


eigenvalues_of_a_chain_with_feedback_are_cosines.without(
    "weights of one sign: the eigenvalues are imaginary",
    lambda: chains((2, 0.9, -0.2), (9, 0.9, -0.2), (30, 0.9, -0.2)),
)


@eigenvalues_of_a_chain_with_feedback_are_cosines.control(
    "the matrix is taken as it stands", lambda: chains((100, 0.95, 0.2), (100, 3.0, 0.05))
)
def _(net):
    a, b = chain_weights(net)
    expected = 2 * np.sqrt(a * b) * np.cos(np.pi / (net.size + 1))
    yield equal("the radius", np.abs(sl.eigvals(net.dense())).max(), expected, tolerance=1e-2)


def _weights_that_decide(net):
    a, b = map(abs, chain_weights(net) or (0.0, 0.0))
    if b >= a:
        return "with feedback as strong as what it sends forward"
    if a * b >= 0.25:
        return "not stable at every length"
    return f"too near a + b = 1 to tell ({a + b:.4g})" if abs(a + b - 1) < NEAR else None


@claim(
    "D2",
    source="GHS, p. 18973: 1 - sqrt(alpha) < sqrt(beta) < 1 / (4 sqrt(alpha)), alpha = a^2, beta = b^2",
    conditions=(*STATIONARY, AT_THE_SOURCE, Condition("weights that decide", _weights_that_decide)),
    family=lambda: chains(
        (20, 0.9, 0.2), (20, 0.95, 0.2), (20, 0.9, 0.12), (20, 0.99, 0.05), (20, 1.2, 0.15), (9, 3.0, 0.05),
        (20, 0.9, 0.08), (20, 0.5, 0.3), (20, 0.6, 0.1),
    ),
    open="that a + b > 1 suffices, for a > b and a b < 1/4, is seen in numbers and not proved; that it is needed is",
    figures=("memory_of_four_networks",),
)  # fmt: skip
def memory_of_a_chain_with_feedback_grows_with_its_length(net):
    """Memory of a chain with feedback grows with its length if its weights add up to more than one, and only then.

    a + b < 1: J_tot <= 1 / (1 - (a + b)^2) at every length; a + b > 1 with a > b, a b < 1/4: J_tot ~ N

    Asked of three lengths in a row, of which the last adds about as much as the one before. ||W|| < a + b gives the
    bound. At a + b = 1 growth is slow: 2.60, 2.71, 2.78, 2.83 of 25, 50, 100, 200 units for weights .9 and .1. Each
    unit adds .053 for .9 and .2, .096 for .95 and .2, .024 for .99 and .05. A symmetric chain, a = b, is normal: its
    total is one.
    """
    a, b = map(abs, chain_weights(net))
    totals = _totals(net, *((20, 40, 80) if a + b < 1 else _lengths(a + b)))
    if a + b < 1:
        yield at_most("it is bounded at every length", totals, 1 / (1 - (a + b) ** 2))
    else:
        yield from _growth(totals)


def _lengths(reach):
    """Beyond the transient of a chain, which is longer the nearer a + b is to one."""
    shortest = max(10, int(np.ceil(1 / (reach - 1))))
    return shortest, 2 * shortest, 3 * shortest


def _totals(net, *lengths):
    """Of chains with its weights, in units of its noise."""
    a, b = chain_weights(net)
    return np.array([measured(lm.total_fisher_memory, one) for one in chains(*((n, a, b) for n in lengths))])


def _growth(totals):
    first, second = np.diff(totals)
    yield at_least("a longer chain remembers more", first, 0.01 * totals[0])
    yield at_least("a still longer one adds about as much", second, 0.7 * first)


memory_of_a_chain_with_feedback_grows_with_its_length.without("a > b", swapped)


@memory_of_a_chain_with_feedback_grows_with_its_length.control(
    "a + b < 1 is said to suffice", lambda: chains((20, 0.9, 0.08), (20, 0.5, 0.3), (20, 0.6, 0.1))
)
def _(net):
    yield from _growth(_totals(net, 20, 40, 60))


def _three_units(net):
    return None if net.size > 2 else "of two units only"


@claim(
    "D3",
    source="re-derived; against OP, section 2.1",
    conditions=(*STATIONARY, Condition("three units", _three_units)),
    family=of_every_strength,
)
def the_best_input_of_a_chain_with_feedback_is_on_every_other_unit(net):
    """The input that a chain with feedback remembers best is not its source, but a pattern on every other unit.

    P W P = -W, P = diag((-1)^i): J^s P = P J^s, and J_tot(e_1) < lambda_max(J^s) for b != 0

    Of 100 units with weights .9 and .2 the source holds 7.44, the best input 14.33. The source is best without
    feedback only, and of two units.
    """
    J = net.noise_variance * measured(lm.spatial_fisher_memory, net)
    P = (-1.0) ** np.arange(net.size)
    yield equal("the spatial matrix keeps even and odd units apart", P[:, None] * J * P, J, tolerance=1e-9)
    yield at_most("the source holds less than the best input", J[0, 0], (1 - 1e-5) * sl.eigvalsh(J)[-1])


the_best_input_of_a_chain_with_feedback_is_on_every_other_unit.without("feedback", without_feedback)
the_best_input_of_a_chain_with_feedback_is_on_every_other_unit.without(
    "a third unit", lambda: chains((2, 0.9, 0.2), (2, 0.5, 0.3))
)


@the_best_input_of_a_chain_with_feedback_is_on_every_other_unit.control("every unit drives itself, too")
def _(net):
    J = lm.spatial_fisher_memory(0.8 * net.recurrent + 0.1 * np.eye(net.size))
    P = (-1.0) ** np.arange(net.size)
    yield equal("the spatial matrix keeps even and odd units apart", P[:, None] * J * P, J, tolerance=1e-9)


@claim(
    "D4",
    source="GHS, Fig. 4D",
    conditions=(*STATIONARY, AT_THE_SOURCE),
    family=of_every_strength,
    figures=("delay_lines", "memory_of_four_networks"),
)
def memory_of_a_chain_with_feedback_outlives_its_units(net):
    """With feedback a chain remembers inputs that came more than N steps ago.

    sum_{k >= N} J(k) = w' J^s w > 0, w = W^N v

    A third of all it holds, of 100 units with weights .9 and .2 (.34) or .95 and .2 (.39).
    """
    curve, total = measured(lm.fisher_memory_curve, net, net.size), measured(lm.total_fisher_memory, net)
    w = np.linalg.matrix_power(net.dense(), net.size) @ net.feedforward
    later = measured(lm.total_fisher_memory, replace(net, feedforward=w))
    yield equal("what is left after N lags is the memory of W^N v", total - curve.sum(), later, scale=total)
    yield at_least("it is a share of all", later / total, 1e-6)


memory_of_a_chain_with_feedback_outlives_its_units.without("feedback", without_feedback)


def _hopeless(net):
    """Whether cond C, which is at least the largest eigenvalue over the smallest variance, is beyond any double."""
    if lacking(net, STATIONARY):
        return None  # which is said already
    C = lm.noise_covariance(net)
    condition = sl.norm(C, 2) / np.diagonal(C).min()
    return None if condition > 100 / ULP else f"of a noise covariance that doubles can invert (cond = {condition:.2g})"


@claim(
    "D5",
    source="re-derived",
    conditions=(*STATIONARY, AT_THE_SOURCE, Condition("ill-conditioned noise", _hopeless)),
    family=lambda: chains((50, 1.2, 0.15), (40, 1.5, 0.1), (90, 0.95, 0.2)),
)
def textbook_numerics_lose_the_memory_of_strong_feedback(net):
    """Where no double inverts the covariance of the noise, memory itself is well-conditioned all the same.

    cond C >> 1e16: C^-1 of a solved Stein equation gives no digit of J_tot, which an ulp in every weight does not move

    Weights .9 and .2: cond C = 5e6 for 50 units, 4e13 for 100; .95 and .2: 1.4e20 for 100, where J_tot is 11.70 and
    the textbook has found -1.4e10.
    """
    total = measured(lm.total_fisher_memory, net)
    moved = 1 + ULP * np.random.default_rng(0).choice([-1, 1], net.dense().shape)
    neighbour = replace(net, recurrent=net.dense() * moved)
    yield equal("the memory of a neighbour", measured(lm.total_fisher_memory, neighbour), total, tolerance=1e-8)
    C = sl.solve_discrete_lyapunov(net.dense(), net.noise * np.eye(net.size))
    J = sl.solve_discrete_lyapunov(net.dense().T, np.linalg.inv(C))
    textbook = net.feedforward @ J @ net.feedforward
    yield at_least("the textbook is wrong by", abs(textbook / total - 1), 0.01)


textbook_numerics_lose_the_memory_of_strong_feedback.without(
    "ill-conditioned noise", lambda: chains((10, 0.9, 0.2), (30, 0.9, 0.2), (50, 0.99, 0.05))
)
