"""Claims D: the chain with feedback, whose memory outlives its units, and on which textbook numerics fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims.claim import claim
from linmem.claims.conditions import (
    AT_THE_SOURCE,
    FEEDBACK_CHAIN,
    MATRIX,
    NETWORK,
    WHITE_NOISE,
    Condition,
    chain_weights,
    lacking,
)
from linmem.claims.evidence import Evidence, Findings, at_least, at_most, equal
from linmem.claims.measures import measured, spatial
from linmem.linalg.stein import ULP
from linmem.network import LinearNetwork, Network

STATIONARY = (*NETWORK, WHITE_NOISE, FEEDBACK_CHAIN)
NEAR = 0.019  # a + b as near to 1 as this needs chains of hundreds of units to tell


def chains(*kinds: tuple[int, float, float]) -> list[LinearNetwork]:
    """Chains with feedback of (units, weight forward, weight back)."""
    return [lm.feedback_chain(n, feedforward=a, feedback=b) for n, a, b in kinds]


def of_every_strength() -> list[LinearNetwork]:
    """Chains with weak and with strong feedback, short and long."""
    return chains((3, 0.9, 0.2), (10, 0.5, 0.3), (30, 0.9, 0.2), (40, 0.95, 0.2), (50, 0.99, 0.04), (20, 1.2, 0.15))


def without_feedback() -> Iterator[LinearNetwork]:
    """Delay lines."""
    for n, gain in [(5, 0.9), (30, 0.9), (20, 1.1)]:
        yield lm.chain(n, gain=gain)


def swapped() -> list[LinearNetwork]:
    """Chains whose feedback is stronger than the weight forward: the input is at the sink."""
    return chains((20, 0.2, 0.9), (20, 0.2, 0.95), (10, 0.05, 3.0))


def about_the_edge() -> Iterator[LinearNetwork]:
    """The longest chains that are stable, and the next longer ones, which are not."""
    for b in (0.2505, 0.3):
        # with a = 1, stable if and only if cos(pi / (N + 1)) < 1 / (2 sqrt(b))
        longest = int(np.pi / np.arccos(1 / (2 * np.sqrt(b))) - 1)
        yield from chains((longest, 1.0, b), (longest + 1, 1.0, b))


def _of_known_spectrum() -> Iterator[LinearNetwork]:
    yield from chains((2, 0.9, 0.2), (3, 0.99, 0.04), (30, 0.9, 0.2), (100, 0.95, 0.2), (100, 3.0, 0.05))
    yield from chains((9, -0.7, -0.2))
    yield from about_the_edge()


@claim(
    "D1",
    source="GHS, p. 18973; the spectrum of a tridiagonal Toeplitz matrix",
    conditions=(*MATRIX, FEEDBACK_CHAIN),
    family=_of_known_spectrum,
    figures=("same_eigenvalues",),
)
def eigenvalues_of_a_chain_with_feedback_are_cosines(net: LinearNetwork) -> Findings:
    """The eigenvalues of a chain with feedback depend on the product of its weights alone, and decide its stability.

    lambda_j = 2 sqrt(a b) cos(j pi / (N + 1)), j = 1 ... N: stable if and only if 2 sqrt(a b) cos(pi / (N + 1)) < 1,
    of any length if a b <= 1/4

    The matrix is first made symmetric, by D = diag((a / b)^(i / 2)). Without that step, the eigenvalues that double
    precision finds for a hundred units are wrong by percents.
    """
    n, (a, b) = net.size, _weights(net)
    angles = np.arange(1, n + 1) * np.pi / (n + 1)
    expected = 2 * np.sqrt(abs(a * b)) * np.cos(angles)
    is_stable = net.radius.stable is True
    yield equal(
        "the eigenvalues are cosines",
        _spectrum(_symmetrised(net)),
        expected,
        tolerance=1e-12,
    )
    yield equal(
        "the radius is the largest of them",
        net.radius.value,
        expected[0],
        tolerance=1e-12,
    )
    yield equal(
        "the chain is stable if and only if it is below 1",
        float(is_stable),
        float(expected[0] < 1),
    )


def _weights(net: Network) -> tuple[float, float]:
    return chain_weights(net) or (0.0, 0.0)


def _symmetrised(net: LinearNetwork) -> np.ndarray:
    """D^-1 W D, in which a and b are of one size."""
    a, b = _weights(net)
    order = np.arange(net.size)
    step = np.clip(np.subtract.outer(order, order), -1, 1)  # beyond one step there are no weights
    return net.dense() * np.sqrt(abs(b / a)) ** step


def _spectrum(W: np.ndarray) -> np.ndarray:
    values = sl.eigvals(W)
    return values[np.argsort(-values.real)]


eigenvalues_of_a_chain_with_feedback_are_cosines.without(
    "weights of one sign: the eigenvalues are imaginary",
    lambda: chains((2, 0.9, -0.2), (9, 0.9, -0.2), (30, 0.9, -0.2)),
)


@eigenvalues_of_a_chain_with_feedback_are_cosines.control(
    "the matrix is not made symmetric", lambda: chains((100, 0.95, 0.2), (100, 3.0, 0.05))
)
def _(net: LinearNetwork) -> Findings:
    a, b = _weights(net)
    expected = 2 * np.sqrt(a * b) * np.cos(np.pi / (net.size + 1))
    largest = np.abs(sl.eigvals(net.dense())).max()
    yield equal(
        "the radius is the largest of them",
        largest,
        expected,
        tolerance=1e-2,
    )


def _weights_that_decide(net: Network) -> str | None:
    a, b = map(abs, _weights(net))
    if b >= a:
        return "with feedback as strong as its weight forward"
    if a * b >= 0.25:
        return "not stable at every length"
    return f"too near a + b = 1 to tell ({a + b:.4g})" if abs(a + b - 1) < NEAR else None


def _long_enough_to_grow() -> Iterator[LinearNetwork]:
    yield from chains((20, 0.9, 0.2), (20, 0.95, 0.2), (20, 0.9, 0.12), (20, 0.99, 0.05), (20, 1.2, 0.15))
    yield from chains((9, 3.0, 0.05))
    yield from too_weak_to_grow()


def too_weak_to_grow() -> list[LinearNetwork]:
    """Chains with feedback whose weights add up to less than 1."""
    return chains((20, 0.9, 0.08), (20, 0.5, 0.3), (20, 0.6, 0.1))


@claim(
    "D2",
    source="GHS, p. 18973: 1 - sqrt(alpha) < sqrt(beta) < 1 / (4 sqrt(alpha)), alpha = a^2, beta = b^2",
    conditions=(*STATIONARY, AT_THE_SOURCE, Condition("weights that decide", _weights_that_decide)),
    family=_long_enough_to_grow,
    open="that a + b > 1 is needed is proved; that it suffices, for a > b and a b < 1/4, is only seen in numbers",
    figures=("memory_of_four_networks",),
)
def memory_of_a_chain_with_feedback_grows_with_its_length(net: LinearNetwork) -> Findings:
    """Memory of a chain with feedback grows with its length if its weights add up to more than 1, and only then.

    a + b < 1: J_tot <= 1 / (1 - (a + b)^2) at every length; a + b > 1 with a > b, a b < 1/4: J_tot ~ N

    The check takes three lengths, of which the last adds about as much as the one before. ||W|| < a + b gives the
    bound. At a + b = 1 the growth is slow: 2.60, 2.71, 2.78, 2.83 for 25, 50, 100, 200 units with weights .9 and .1.
    Each unit adds .053 for .9 and .2, .096 for .95 and .2, .024 for .99 and .05. A symmetric chain, a = b, is normal,
    and its total is 1.
    """
    a, b = map(abs, _weights(net))
    if a + b < 1:
        totals = _totals(net, 20, 40, 80)
        yield at_most(
            "the total is bounded at every length",
            totals,
            1 / (1 - (a + b) ** 2),
        )
    else:
        yield from _growth(_totals(net, *_lengths(a + b)))


def _lengths(reach: float) -> tuple[int, int, int]:
    """Lengths beyond the transient of a chain, which is longer where a + b is nearer to 1."""
    shortest = max(10, int(np.ceil(1 / (reach - 1))))
    return shortest, 2 * shortest, 3 * shortest


def _totals(net: LinearNetwork, *lengths: int) -> np.ndarray:
    """J_tot of chains with the same weights, in units of 1 / eps."""
    a, b = _weights(net)
    longer = chains(*((n, a, b) for n in lengths))
    return np.array([measured(lm.total_fisher_memory, network) for network in longer])


def _growth(totals: np.ndarray) -> Findings:
    first, second = np.diff(totals)
    yield at_least(
        "a longer chain remembers more",
        first,
        0.01 * totals[0],
    )
    yield at_least(
        "a still longer one adds about as much",
        second,
        0.7 * first,
    )


memory_of_a_chain_with_feedback_grows_with_its_length.without("a > b", swapped)


@memory_of_a_chain_with_feedback_grows_with_its_length.control("a + b < 1 is said to suffice", too_weak_to_grow)
def _(net: LinearNetwork) -> Findings:
    yield from _growth(_totals(net, 20, 40, 60))


def _three_units(net: Network) -> str | None:
    return None if net.size > 2 else "of two units only"


def _parity(net: LinearNetwork, J: np.ndarray) -> Evidence:
    """P J P = J, P = diag((-1)^i)."""
    P = (-1.0) ** np.arange(net.size)
    return equal(
        "the spatial matrix keeps even and odd units apart",
        P[:, None] * J * P,
        J,
        tolerance=1e-9,
    )


@claim(
    "D3",
    source="re-derived; against OP, section 2.1",
    conditions=(*STATIONARY, Condition("three units", _three_units)),
    family=of_every_strength,
)
def the_best_input_of_a_chain_with_feedback_is_on_every_other_unit(net: LinearNetwork) -> Findings:
    """The input that a chain with feedback remembers best is not its source, but a pattern on every other unit.

    P W P = -W, P = diag((-1)^i): J^s P = P J^s, and J_tot(e_1) < lambda_max(J^s) for b != 0

    For 100 units with weights .9 and .2 the total of the source is 7.44, that of the best input 14.33. The source is
    the best input only without feedback, or for two units.
    """
    J = spatial(net)
    yield _parity(net, J)
    yield at_most(
        "the total of the source is below the largest",
        J[0, 0],
        (1 - 1e-5) * sl.eigvalsh(J)[-1],
    )


the_best_input_of_a_chain_with_feedback_is_on_every_other_unit.without("feedback", without_feedback)
the_best_input_of_a_chain_with_feedback_is_on_every_other_unit.without(
    "a third unit", lambda: chains((2, 0.9, 0.2), (2, 0.5, 0.3))
)


@the_best_input_of_a_chain_with_feedback_is_on_every_other_unit.control("every unit drives itself, too")
def _(net: LinearNetwork) -> Findings:
    self_driven = 0.8 * net.recurrent + 0.1 * np.eye(net.size)
    yield _parity(net, lm.spatial_fisher_memory(self_driven))


@claim(
    "D4",
    source="GHS, Fig. 4D",
    conditions=(*STATIONARY, AT_THE_SOURCE),
    family=of_every_strength,
    figures=("delay_lines", "memory_of_four_networks"),
)
def memory_of_a_chain_with_feedback_outlives_its_units(net: LinearNetwork) -> Findings:
    """A chain with feedback remembers inputs that came more than N steps ago.

    sum_{k >= N} J(k) = w' J^s w > 0, w = W^N v

    For 100 units this is a third of the total: .34 with weights .9 and .2, .39 with .95 and .2.
    """
    J = measured(lm.fisher_memory_curve, net, net.size)
    total = measured(lm.total_fisher_memory, net)
    w = np.linalg.matrix_power(net.dense(), net.size) @ net.feedforward
    later = measured(lm.total_fisher_memory, replace(net, feedforward=w))
    yield equal(
        "the memory beyond N lags is the total of W^N v",
        total - J.sum(),
        later,
        scale=total,
    )
    yield at_least(
        "it is a share of the total",
        later / total,
        1e-6,
    )


memory_of_a_chain_with_feedback_outlives_its_units.without("feedback", without_feedback)


def _ill_conditioned(net: Network) -> str | None:
    """cond C is at least the largest eigenvalue over the smallest variance: beyond 100 / ulp it is hopeless."""
    if lacking(net, STATIONARY):
        return None  # these conditions report that themselves
    C = lm.noise_covariance(net)
    condition = sl.norm(C, 2) / np.diagonal(C).min()
    return None if condition > 100 / ULP else f"of a noise covariance that doubles can invert (cond = {condition:.2g})"


@claim(
    "D5",
    source="re-derived",
    conditions=(*STATIONARY, AT_THE_SOURCE, Condition("ill-conditioned noise", _ill_conditioned)),
    family=lambda: chains((50, 1.2, 0.15), (40, 1.5, 0.1), (90, 0.95, 0.2)),
)
def textbook_numerics_lose_the_memory_of_strong_feedback(net: LinearNetwork) -> Findings:
    """Where double precision cannot invert the noise covariance, memory itself is well-conditioned all the same.

    cond C >> 1e16: C^-1 of a solved Stein equation gives no digit of J_tot, which an ulp in every weight does not move

    With weights .9 and .2, cond C is 5e6 for 50 units and 4e13 for 100. With .95 and .2 it is 1.4e20 for 100 units,
    where J_tot is 11.70 and the textbook finds -1.4e10.
    """
    total = measured(lm.total_fisher_memory, net)
    ulps = np.random.default_rng(0).choice([-1, 1], net.dense().shape)
    neighbour = replace(net, recurrent=net.dense() * (1 + ULP * ulps))
    yield equal(
        "a neighbour has the same total",
        measured(lm.total_fisher_memory, neighbour),
        total,
        tolerance=1e-8,
    )
    # this route is what the claim is about: it is wrong, and nothing else uses it
    C = sl.solve_discrete_lyapunov(net.dense(), net.covariance)
    J = sl.solve_discrete_lyapunov(net.dense().T, np.linalg.inv(C))
    textbook = net.feedforward @ J @ net.feedforward
    yield at_least(
        "the textbook is wrong by one percent",
        abs(textbook / total - 1),
        0.01,
    )


textbook_numerics_lose_the_memory_of_strong_feedback.without(
    "ill-conditioned noise", lambda: chains((10, 0.9, 0.2), (30, 0.9, 0.2), (50, 0.99, 0.05))
)
