r"""The chain hidden in the weights: the order of the units along it, and the mean weight against the distance.

Conventions
-----------
W[i, j] is the weight from unit j to unit i, so that in the order of a chain weights of positive distance i - j lead
forwards. An order is a permutation: `W[np.ix_(order, order)]` has the units in that order.

Contents
--------
LinkProfile, link_profile
    The mean weight against the distance along the order in which units respond, beside networks without a chain.
chain_order
    The order of the chain that is closest to W, without a response.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.optimize as so

from linmem.connectivity.normal import haar
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.linalg.stein import ULP
from linmem.linalg.structure import binary_exponent, scaled, times_power_of_two
from linmem.measured import Measured, MeasuredArray, measured_array
from linmem.network import LinearNetwork, Network, NetworkOrMatrix, as_network
from linmem.plotted import Plotted
from linmem.validation import option, whole_number

ORDERS = ("modulus", "signed")
NULLS = ("orthogonal", "permuted")
NEAR = 5  # distances up to N / 5 make up the asymmetry
ROUNDED = 1e-12  # share of the squared weight that rounding explains
SUMS = "sums in double precision"
ORDINARY = 1e-290  # products of doubles above it are held to an ulp
SILENT = np.iinfo(np.int32).min // 2  # what stands for the exponent of a response of 0


@dataclass(frozen=True, eq=False)
class LinkProfile(Plotted):
    """Mean weight against the distance, along the order in which units respond, beside networks without a chain.

    Errors are those of the sums, for the orders as found and the networks as drawn: a unit whose response is largest at
    two times, to rounding, may stand at either.

    Attributes
    ----------
    network
        The network whose weights they are.
    order
        The units in the order in which they respond, (N,).
    distance
        i - j along that order, -(N - 1) ... N - 1, (2 N - 1,); positive is forwards.
    mean
        The mean weight at each distance, (2 N - 1,).
    standard_error
        The standard error of that mean, from the scatter of the weights; infinite where there is one weight only.
    asymmetry
        The mean of `mean` over distances 1 ... m minus that over -m ... -1, m = N / 5.
    p_value
        How often a network without a chain has at least that asymmetry, (1 + count) / (1 + samples).
    null_mean, null_standard_deviation
        Mean and standard deviation of the profiles of the networks without a chain, (2 N - 1,).
    null_asymmetry
        Their asymmetries, (samples,).
    """

    PICTURE: ClassVar[str] = "plot_link_profile"
    network: LinearNetwork
    order: MeasuredArray
    distance: np.ndarray
    mean: MeasuredArray
    standard_error: MeasuredArray
    asymmetry: Measured
    p_value: Measured
    null_mean: MeasuredArray
    null_standard_deviation: MeasuredArray
    null_asymmetry: MeasuredArray
    AXES: ClassVar[dict[str, str]] = {
        "position": "order",
        "distance": "distance mean standard_error null_mean null_standard_deviation",
        "sample": "null_asymmetry",
    }


def link_profile(
    network: Network,
    steps: int = 100,
    *,
    order: str = "modulus",
    null: str = "orthogonal",
    samples: int = 99,
    rng: Any,
) -> LinkProfile:
    r"""Link profile: mean weight W_ij against i - j, with the units in the order of their response to a pulse.

    The response is h_t = W^t V, and a unit's place is the time at which it responds most. A chain has its weight at
    i - j = 1 and nothing elsewhere. The same is done with networks without a chain: a bump is real where it leaves the
    band null_mean +- 2 null_standard_deviation.

    Parameters
    ----------
    network
        A network in discrete time, real, with a feedforward; not a stack. Several inputs are pulsed at once.
    steps
        The number of time steps of the response without noise, from t = 0 on. Units that do not respond come last.
    order
        "modulus": a unit's time is that of the largest |h|. "signed": that of the largest h, as in the paper. **The
        signed order makes a bump without a chain**: a unit is at its highest just after its strongest positive input
        was, and untrained orthogonal networks of 100 units show mean weights of 0.017 at i - j = 1 and 0.005 over 1-20,
        where "modulus" shows none. The null shows the same bump.
    null
        Networks without a chain: "orthogonal", random orthogonal ones of the same Frobenius norm; "permuted", the
        weights between units of this network in random places.
    samples
        The number of networks without a chain.
    rng
        A seed or a `numpy.random.Generator`: it breaks ties between units, and draws the null.

    Raises
    ------
    InvalidNetworkError
        The network is one in continuous time, complex, a stack, or without a feedforward.
    ArgumentError
        Any other argument breaks its rule.

    Notes
    -----
    Orhan & Pitkow (2020), Fig 5, where trained networks show such chains.

    Examples
    --------
    >>> import linmem as lm
    >>> profile = link_profile(lm.chain(10, gain=1.02), rng=0)
    >>> profile.distance[profile.mean != 0], profile.mean.max().round(12), profile.p_value
    (array([1]), np.float64(1.02), 0.01)
    """
    network = _real_network(network)
    order = option("order", order, ORDERS)
    null = option("null", null, NULLS)
    steps = whole_number("steps", steps)
    samples = whole_number("samples", samples)
    random = generator(rng)
    W = network.dense()
    pulse = network.columns().sum(axis=1)
    units = _response_order(W, pulse, steps, order, random)
    mean, standard_error = _profile(W[np.ix_(units, units)])
    null_means = np.empty((samples, len(mean)))
    for sample in range(samples):
        without_chain = _without_chain(W, null, random)
        null_units = _response_order(without_chain, pulse, steps, order, random)
        null_means[sample], _ = _profile(without_chain[np.ix_(null_units, null_units)])
    asymmetry = float(_asymmetry(mean))
    null_asymmetry = _asymmetry(null_means)
    as_asymmetric = np.count_nonzero(null_asymmetry >= asymmetry)
    # Sums round by an ulp of their largest term, times their number of terms; deviations as the means they are from.
    largest = np.abs(W).max()
    rounding = 2 * (network.size + 4) * ULP * largest
    of_null = 2 * (network.size + samples + 4) * ULP * max(largest, float(np.linalg.norm(W / (largest or 1))) * largest)
    is_near = np.abs(null_asymmetry - asymmetry) <= rounding + of_null
    spread = np.where(np.isfinite(standard_error), rounding, 0.0)
    return LinkProfile(
        network=network,
        order=measured_array(units, 0, "times of the largest response"),
        distance=np.arange(1 - network.size, network.size),
        mean=measured_array(mean, rounding, SUMS),
        standard_error=measured_array(standard_error, spread, SUMS),
        asymmetry=Measured(asymmetry, 2 * rounding, SUMS),
        p_value=Measured((1 + as_asymmetric) / (1 + samples), np.count_nonzero(is_near) / (1 + samples), "counted"),
        null_mean=measured_array(null_means.mean(axis=0), of_null, SUMS),
        null_standard_deviation=measured_array(null_means.std(axis=0), 2 * of_null, SUMS),
        null_asymmetry=measured_array(null_asymmetry, 2 * of_null, SUMS),
    )


def chain_order(W: NetworkOrMatrix) -> MeasuredArray:
    r"""Order of the chain that is closest to W: a permutation of the units, (N,), from the source on.

    Closest means in the Frobenius norm, min ||W - C|| over all delay lines C through all units, with any weights: the
    order maximises sum_i |W[order[i+1], order[i]]|^2, the squared weight along the path. It is a permutation, exact;
    its `.method` says whether it is the best one, to rounding of the weights, or which share of the squared weight it
    has at least.

    Parameters
    ----------
    W
        A matrix or a network, in discrete or in continuous time, real or complex; not a stack. Weights of units to
        themselves play no part.

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Notes
    -----
    The heaviest path through all units is a travelling salesman problem. The assignment problem, which allows several
    loops, is solved exactly, in O(N^3). A further unit stands for both ends of the path. Where the solution is one
    loop, it is the best order, as for any chain, feedback chain or chain among weaker weights. Otherwise the loops are
    joined where least weight is lost (Karp 1979, SIAM J. Comput. 8:561). That gives a good order, not always the best:
    for five in six random matrices of six units it is the best, and it misses at most 13 % of the weight.

    Examples
    --------
    >>> import linmem as lm
    >>> units = [3, 0, 4, 1, 2]
    >>> W = np.zeros((5, 5))
    >>> W[units[1:], units[:-1]] = [1.0, -2.0, 1.5, 0.5]
    >>> chain_order(W)
    array([3, 0, 4, 1, 2])
    """
    network = as_network(W)
    network.require_single("chain_order")
    weight = _squared_weights(network.dense())
    _, after = so.linear_sum_assignment(weight, maximize=True)  # after[j]: the unit that follows unit j
    best = weight[np.arange(len(weight)), after].sum()
    after = _joined(after, weight)
    share = weight[np.arange(len(weight)), after].sum() / best if best > 0 else 1.0
    ends = network.size
    path = [after[ends]]
    while after[path[-1]] != ends:
        path.append(after[path[-1]])
    is_best = share >= 1 - ROUNDED
    method = "assignment, the best" if is_best else f"loops joined, at least {share:.6f} of the best squared weight"
    return measured_array(np.array(path), 0, method)


def _squared_weights(W: np.ndarray) -> np.ndarray:
    """|w|^2 of the link from j to i at [j, i], (N + 1, N + 1); the last unit stands for both ends of the path."""
    n = len(W)
    moduli = np.abs(W).T
    weight = np.zeros((n + 1, n + 1))
    weight[:n, :n] = (moduli / (moduli.max() or 1.0)) ** 2
    np.fill_diagonal(weight, -n - 1.0)  # a unit never follows itself: all other weights together are less
    return weight


def _real_network(network: NetworkOrMatrix) -> LinearNetwork:
    """The network, if a link profile is defined for it."""
    network = as_network(network).in_steps()
    network.require_single("link_profile")
    if np.iscomplexobj(network.columns()) or np.iscomplexobj(network.dense()):
        raise InvalidNetworkError("network is complex; a link profile is of real weights and a real feedforward")
    return network


def _response_order(
    W: np.ndarray, pulse: np.ndarray, steps: int, order: str, random: np.random.Generator
) -> np.ndarray:
    """The units by the time of their peak; ties in random order, silent units last."""
    response = _response(W, pulse, steps)
    is_silent = ~response.any(axis=0)
    if order == "modulus":
        response = np.abs(response)
    peak = np.where(is_silent, steps, response.argmax(axis=0))
    tie_breaker = random.random(len(W))
    return np.lexsort((tie_breaker, peak))


def _response(W: np.ndarray, pulse: np.ndarray, steps: int) -> np.ndarray:
    """h_t = W^t pulse, (steps, N), each unit scaled by a power of two of its own: nothing overflows."""
    plain = np.empty((steps, len(W)))
    state = pulse
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            plain[t] = state
            state = W @ state
    sizes = np.abs(plain)
    # no product of a weight and a state was too small for a double, and nothing was too large
    least = sizes.min(where=sizes > 0, initial=np.inf) * min(1.0, np.abs(W).min(where=W != 0, initial=np.inf))
    if np.isfinite(sizes).all() and least > ORDINARY:
        return plain
    return _scaled_response(W, pulse, steps)


def _scaled_response(W: np.ndarray, pulse: np.ndarray, steps: int) -> np.ndarray:
    """The same where numbers leave the range of doubles: scaled by the power of two near the maximum of each unit."""
    W, exponent_of_step = scaled(W)
    state = pulse
    exponent = 0
    mantissas = np.empty((steps, len(W)))
    exponents = np.empty((steps, len(W)), int)
    for t in range(steps):
        mantissas[t], exponents[t] = np.frexp(state)
        exponents[t] += exponent
        exponent_of_state = binary_exponent(state)
        state = W @ times_power_of_two(state, -exponent_of_state)
        exponent += exponent_of_state + exponent_of_step
    exponents[mantissas == 0] = SILENT
    return np.ldexp(mantissas, exponents - exponents.max(axis=0))


def _profile(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of every diagonal and its standard error, from the top right to the bottom left, (2 N - 1,) each."""
    n = len(W)
    position = np.arange(n)
    distance = np.subtract.outer(position, position)
    diagonal = distance.ravel() + n - 1
    count = np.bincount(diagonal)
    scale = np.abs(W).max() or 1.0
    weights = W.ravel() / scale
    mean = np.bincount(diagonal, weights) / count
    deviations = weights - mean[diagonal]
    squared_deviations = np.bincount(diagonal, deviations**2)
    variance = squared_deviations / np.maximum(count - 1, 1)
    standard_error = np.where(count > 1, np.sqrt(variance / count), np.inf)
    return mean * scale, standard_error * scale


def _asymmetry(profiles: np.ndarray) -> np.ndarray:
    """The mean over distances 1 ... m less that over -m ... -1, m = N / 5, of profiles (..., 2 N - 1)."""
    n = (profiles.shape[-1] + 1) // 2
    near = min(max(1, n // NEAR), n - 1)
    if not near:
        return np.zeros(profiles.shape[:-1])
    forwards = profiles[..., n : n + near]
    backwards = profiles[..., n - 1 - near : n - 1]
    return forwards.mean(axis=-1) - backwards.mean(axis=-1)


def _without_chain(W: np.ndarray, null: str, random: np.random.Generator) -> np.ndarray:
    """A random matrix without a chain, as large as W or with its weights."""
    n = len(W)
    if null == "orthogonal":
        scale = np.abs(W).max() or 1.0
        gain = np.linalg.norm(W / scale) / np.sqrt(n) * scale
        return haar(n, random) * gain
    is_link = ~np.eye(n, dtype=bool)
    permuted = W.copy()
    permuted[is_link] = random.permutation(W[is_link])
    return permuted


def _joined(after: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """One loop out of several: two loops a -> a', b -> b' become one by a -> b', b -> a', where least is lost."""
    while True:
        loop = _loops(after)
        if not loop.any():
            return after
        crossed = weight[:, after]  # [a, b]: of the link from a to b'
        straight = np.diag(crossed)  # [a]: of the link from a to a'
        gain = crossed + crossed.T - straight[:, None] - straight
        in_one_loop = loop[:, None] == loop
        gain[in_one_loop] = -np.inf
        a, b = np.unravel_index(gain.argmax(), gain.shape)
        after[[a, b]] = after[[b, a]]


def _loops(after: np.ndarray) -> np.ndarray:
    """The number of the loop to which each unit belongs, 0, 1, ..., (N + 1,)."""
    loop = np.full(len(after), -1)
    count = 0
    for start in range(len(after)):
        if loop[start] >= 0:
            continue
        unit = start
        while loop[unit] < 0:
            loop[unit] = count
            unit = after[unit]
        count += 1
    return loop
