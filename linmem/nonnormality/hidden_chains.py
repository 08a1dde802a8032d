r"""The chain hidden in the weights: put the units in the order of a chain, and look at the weights along it.

Conventions
-----------
W[i, j] is the weight from unit j to unit i, so that in the order of a chain weights of positive distance i - j lead
forwards. An order is a permutation: `W[np.ix_(order, order)]` has the units in that order.

Contents
--------
LinkProfile, link_profile
    The mean weight against the distance along the order in which units respond, beside networks without a chain.
chain_order
    The order of the chain that is closest to W.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.optimize as so

from linmem.connectivity.normal import haar
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.network import LinearNetwork, as_network, whole_number

ORDERS = ("modulus", "signed")
NULLS = ("orthogonal", "permuted")
NEAR = 5  # distances up to N / 5 make up the asymmetry


@dataclass(frozen=True, eq=False)
class LinkProfile:
    """Mean weights along the order of a network's response, beside those of networks without a chain.

    Attributes
    ----------
    network
        Whose weights they are.
    order
        The units in the order in which they respond, (N,).
    distance
        i - j along that order, -(N - 1) ... N - 1; positive is forwards.
    mean
        The mean weight at each distance, (2 N - 1,).
    standard_error
        Of that mean, from the scatter of the weights; infinite where there is one weight only.
    asymmetry
        The mean of `mean` over distances 1 ... m minus that over -m ... -1, m = N / 5.
    p_value
        How often a network without a chain has at least that asymmetry, (1 + count) / (1 + samples).
    null_mean, null_standard_deviation
        Of the profiles of the networks without a chain, (2 N - 1,).
    null_asymmetry
        Their asymmetries, (samples,).
    """

    network: LinearNetwork
    order: np.ndarray
    distance: np.ndarray
    mean: np.ndarray
    standard_error: np.ndarray
    asymmetry: float
    p_value: float
    null_mean: np.ndarray
    null_standard_deviation: np.ndarray
    null_asymmetry: np.ndarray
    AXES: ClassVar[dict[str, str]] = {
        "position": "order",
        "distance": "distance mean standard_error null_mean null_standard_deviation",
        "sample": "null_asymmetry",
    }


def link_profile(
    network: LinearNetwork,
    steps: int = 100,
    *,
    order: str = "modulus",
    null: str = "orthogonal",
    samples: int = 99,
    rng: Any,
) -> LinkProfile:
    r"""The mean weight W_ij against i - j, units in the order in which they respond most to a pulse, h_t = W^t V.

    A chain has its weight at i - j = 1 and nothing elsewhere. What a bump means is told by networks without a chain,
    sorted by the same rule: it is real where it leaves the band null_mean +- 2 null_standard_deviation.

    Parameters
    ----------
    network
        In discrete time, real, with a feedforward; not a stack. Several inputs are pulsed at once.
    steps
        How many, from t = 0 on, of the response without noise. Units that do not respond come last.
    order
        "modulus": a unit's time is that of the largest |h|. "signed": of the largest h, as in the paper. **That makes a
        bump out of nothing**: a unit is at its highest just after its strongest positive input was, and untrained
        orthogonal networks of 100 units show mean weights of 0.017 at i - j = 1 and 0.005 over 1-20, where "modulus"
        shows none. Look at the null beside it.
    null
        Networks without a chain: "orthogonal", random orthogonal ones of the same Frobenius norm; "permuted", the
        weights between units of this one in random places.
    samples
        How many of them.
    rng
        A seed or a `numpy.random.Generator`: it breaks ties between units, and draws the null.

    Raises
    ------
    InvalidNetworkError
        A network in continuous time, complex, a stack, or without a feedforward; any other argument beyond its rule.

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
    network = _request(network, order, null)
    steps, samples, draw = whole_number("steps", steps), whole_number("samples", samples), generator(rng)
    W, pulse = network.dense(), network.columns().sum(axis=1)
    distance = np.arange(1 - network.size, network.size)
    found = _response_order(W, pulse, steps, order, draw)
    mean, error = _profile(W[np.ix_(found, found)])
    null_means = np.empty((samples, len(mean)))
    for sample in range(samples):
        other = _without_chain(W, null, draw)
        units = _response_order(other, pulse, steps, order, draw)
        null_means[sample] = _profile(other[np.ix_(units, units)])[0]
    asymmetry, null_asymmetry = float(_asymmetry(mean)), _asymmetry(null_means)
    return LinkProfile(
        network=network,
        order=found,
        distance=distance,
        mean=mean,
        standard_error=error,
        asymmetry=asymmetry,
        p_value=float((1 + np.count_nonzero(null_asymmetry >= asymmetry)) / (1 + samples)),
        null_mean=null_means.mean(axis=0),
        null_standard_deviation=null_means.std(axis=0),
        null_asymmetry=null_asymmetry,
    )


def chain_order(W: Any) -> np.ndarray:
    r"""The order of the chain that is closest to W: a permutation of the units, from the source on.

    Closest in the Frobenius norm, min ||W - C|| over all delay lines C through all units with weights of their own:
    the order maximises sum_i |W[order[i+1], order[i]]|^2, the squared weight along the path.

    Parameters
    ----------
    W
        A matrix or a network, in discrete or in continuous time, real or complex; not a stack. Weights of units to
        themselves play no part.

    Notes
    -----
    The heaviest path through all units is a travelling salesman's problem. The assignment problem, which allows
    several loops, is solved exactly, O(N^3); its answer is the best order wherever it is one loop through a unit added
    as the end of the path, as it is for any chain, feedback chain or chain among weaker weights. Elsewhere loops are
    joined where least is lost (Karp 1979, SIAM J. Comput. 8:561): a good order, not always the best (of random
    matrices of six units it is the best of five in six, and misses at most 13 % of the weight).

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
    n = network.size
    weight = np.zeros((n + 1, n + 1))  # [j, i]: of the link from j to i; the last unit is both ends of the path
    size = np.abs(network.dense()).T
    weight[:n, :n] = (size / (size.max() or 1.0)) ** 2
    np.fill_diagonal(weight, -n - 1.0)  # never taken
    after = _joined(so.linear_sum_assignment(weight, maximize=True)[1], weight)
    path = [after[n]]
    while after[path[-1]] != n:
        path.append(after[path[-1]])
    return np.array(path)


def _request(network: Any, order: str, null: str) -> LinearNetwork:
    network = as_network(network)
    if not isinstance(network, LinearNetwork):
        raise InvalidNetworkError("network is one in continuous time; see it at times 0, dt, ...: net.discretised(dt)")
    network.require_single("link_profile")
    if np.iscomplexobj(network.columns()) or np.iscomplexobj(network.dense()):
        raise InvalidNetworkError("network is complex; a link profile is of real weights and a real feedforward")
    for argument, value, allowed in (("order", order, ORDERS), ("null", null, NULLS)):
        if value not in allowed:
            raise InvalidNetworkError(f"{argument} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
    return network


def _response_order(W: np.ndarray, pulse: np.ndarray, steps: int, order: str, draw: np.random.Generator) -> np.ndarray:
    """The units by the time of their peak; ties by chance, silent units last."""
    response = _response(W, pulse, steps)
    silent = ~response.any(axis=0)
    peak = (np.abs(response) if order == "modulus" else response).argmax(axis=0)
    return np.lexsort((draw.random(len(W)), np.where(silent, steps, peak)))


def _response(W: np.ndarray, pulse: np.ndarray, steps: int) -> np.ndarray:
    """h_t = W^t pulse, (steps, N), each unit in units of the power of two near its own maximum: nothing overflows."""
    shift = max(int(np.frexp(np.abs(W).max())[1]), -1000)
    W, state, total = W * 2.0**-shift, pulse, 0
    mantissas, exponents = np.empty((steps, len(W))), np.empty((steps, len(W)), int)
    for t in range(steps):
        mantissas[t], exponents[t] = np.frexp(state)
        exponents[t] += total
        moved = max(int(np.frexp(np.abs(state).max())[1]), -1000)
        state = W @ (state * 2.0**-moved)
        total += moved + shift
    exponents[mantissas == 0] = np.iinfo(np.int32).min // 2
    return np.ldexp(mantissas, exponents - exponents.max(axis=0))


def _profile(W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of every diagonal and its standard error, from above to below."""
    n = len(W)
    scale = np.abs(W).max() or 1.0
    diagonal = np.subtract.outer(np.arange(n), np.arange(n)).ravel() + n - 1
    count = np.bincount(diagonal)
    mean = np.bincount(diagonal, W.ravel() / scale) / count
    scatter = np.bincount(diagonal, (W.ravel() / scale - mean[diagonal]) ** 2)
    error = np.where(count > 1, np.sqrt(scatter / np.maximum(count - 1, 1) / count), np.inf)
    return mean * scale, error * scale


def _asymmetry(profiles: np.ndarray) -> np.ndarray:
    n = (profiles.shape[-1] + 1) // 2
    near = min(max(1, n // NEAR), n - 1)
    if not near:
        return np.zeros(profiles.shape[:-1])
    return profiles[..., n : n + near].mean(axis=-1) - profiles[..., n - 1 - near : n - 1].mean(axis=-1)


def _without_chain(W: np.ndarray, null: str, draw: np.random.Generator) -> np.ndarray:
    n = len(W)
    if null == "orthogonal":
        scale = np.abs(W).max() or 1.0
        return haar(n, draw) * (np.linalg.norm(W / scale) / np.sqrt(n) * scale)
    between = ~np.eye(n, dtype=bool)
    other = W.copy()
    other[between] = draw.permutation(W[between])
    return other


def _joined(after: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """One loop out of several: two loops a -> a', b -> b' become one by a -> b', b -> a', where least is lost."""
    while True:
        loop = _loops(after)
        if not loop.any():
            return after
        crossed = weight[:, after]  # [a, b]: of the link from a to b'
        straight = np.diag(crossed)
        gain = crossed + crossed.T - straight[:, None] - straight
        gain[loop[:, None] == loop] = -np.inf
        a, b = np.unravel_index(gain.argmax(), gain.shape)
        after[[a, b]] = after[[b, a]]


def _loops(after: np.ndarray) -> np.ndarray:
    """The loop to which each unit belongs: 0, 1, ..."""
    loop, found = np.full(len(after), -1), 0
    for start in range(len(after)):
        if loop[start] < 0:
            unit = start
            while loop[unit] < 0:
                loop[unit], unit = found, after[unit]
            found += 1
    return loop
