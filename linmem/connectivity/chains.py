r"""Delay lines and related networks, which pass a signal on from unit to unit.

Conventions
-----------
`W[i, j]` is the weight from unit j to unit i. A chain 1 -> 2 -> ... therefore has its weights *below* the diagonal, and
its input enters at the first unit, v = e_1. (Programs that multiply row vectors have these weights above the diagonal.
Without transposition such a matrix is a chain in the opposite direction here, in which e_1 is the end.) Gains are
amplitude gains, alpha in Orhan & Pitkow (2020); the power gain of Ganguli, Huh & Sompolinsky (2008) is their square.

Contents
--------
chain
    The delay line.
inhomogeneous_chain
    A delay line with a weight of its own for each link.
feedback_chain
    A chain with connections back.
fan_out_tree
    A delay line of growing layers: extensive memory at constant activity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.construction import banded, first_unit, number_sequence, stored
from linmem.network import LinearNetwork
from linmem.validation import number, whole_number


def chain(n: int, *, gain: float = 1.0, sparse: bool = False) -> LinearNetwork:
    r"""Delay line (chain, shift register) of n units: W[i+1, i] = a, v = e_1.

    J(k) = a^2k (a^2 - 1) / (a^{2k+2} - 1) for k < n, which is 1 / (k + 1) at a = 1, and J(k) = 0 for k >= n. For a > 1
    it approaches the plateau 1 - 1 / a^2, so that the total grows in proportion to n. The Fisher memory matrix is
    diagonal, and ||W^k v|| = a^k. Ganguli, Huh & Sompolinsky (2008), p. 18972 (alpha there is a^2).

    Parameters
    ----------
    n
        Number of units.
    gain
        The amplitude gain a of each link.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> chain(3, gain=2).recurrent
    array([[0., 0., 0.],
           [2., 0., 0.],
           [0., 2., 0.]])
    """
    n = whole_number("n", n)
    gain = number("gain", gain)
    links = np.full(n - 1, gain)
    W = banded(n, {-1: links})
    name = f"chain, n = {n}, gain {gain:g}"
    return LinearNetwork(stored(W, sparse), first_unit(n), name=name)


def inhomogeneous_chain(weights: Sequence[complex] | np.ndarray, *, sparse: bool = False) -> LinearNetwork:
    r"""Delay line with weights a_1, ..., a_{n-1}: W[i+1, i] = a_i, v = e_1.

    J(k) = 1 / sum_{m <= k} 1 / A_m with A_m = (a_1 ... a_m)^2 = ||W^m v||^2. No network with the same amplification
    has a larger J(k) at any lag. Ganguli, Huh & Sompolinsky (2008), eqs 10-11.

    Parameters
    ----------
    weights
        The n - 1 weights, real or complex; an empty sequence gives one unit without connections.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> inhomogeneous_chain([2, 3]).recurrent
    array([[0., 0., 0.],
           [2., 0., 0.],
           [0., 3., 0.]])
    """
    links = number_sequence("weights", weights)
    n = len(links) + 1
    W = banded(n, {-1: links})
    name = f"delay line, n = {n}"
    return LinearNetwork(stored(W, sparse), first_unit(n), name=name)


def feedback_chain(n: int, *, feedforward: float = 0.99, feedback: float = 0.04, sparse: bool = False) -> LinearNetwork:
    r"""Chain with feedback: W[i+1, i] = a (`feedforward`), W[i, i+1] = b (`feedback`), v = e_1.

    The eigenvalues are 2 sqrt(a b) cos(j pi / (n + 1)), j = 1 ... n: the network is stable for every n if a b < 1/4.
    The total memory grows in proportion to n only if a + b > 1; the memory then lasts for more than n steps. The
    departure from normality is sqrt(n - 1) |a - b|. The input v = e_1 is not the optimal one. Ganguli, Huh &
    Sompolinsky (2008), p. 18973; Orhan & Pitkow (2020), section 2.1, whose values are the defaults.

    Parameters
    ----------
    n
        Number of units.
    feedforward, feedback
        The weights a, to the next unit, and b, to the previous one.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> feedback_chain(2, feedforward=0.9, feedback=0.2).recurrent
    array([[0. , 0.2],
           [0.9, 0. ]])
    """
    n = whole_number("n", n)
    forward = number("feedforward", feedforward)
    back = number("feedback", feedback)
    links = np.full(n - 1, forward)
    links_back = np.full(n - 1, back)
    W = banded(n, {-1: links, 1: links_back})
    name = f"chain with feedback, n = {n}, {forward:g} forward, {back:g} back"
    return LinearNetwork(stored(W, sparse), first_unit(n), name=name)


def fan_out_tree(layers: int, *, sparse: bool = False) -> LinearNetwork:
    r"""Divergent delay line: layer k has k units, each of which reaches all of layer k + 1 with weight 1 / k.

    The input enters at the only unit of the first layer, v = e_1. The signal has the same size in every unit, and
    ||W^k v||^2 = k + 1, so that J(k) = 1 / H_{k+1} for k < layers, with the harmonic numbers H, and J(k) = 0 for larger
    k. N = layers (layers + 1) / 2. The total is about layers / ln(layers), slightly less than sqrt(N), while the
    activity stays bounded. Ganguli, Huh & Sompolinsky (2008), Fig 5.

    Parameters
    ----------
    layers
        Number of layers.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> fan_out_tree(2).recurrent
    array([[0., 0., 0.],
           [1., 0., 0.],
           [1., 0., 0.]])
    """
    layers = whole_number("layers", layers)
    size = layers * (layers + 1) // 2
    W = _layered(layers, size)
    return LinearNetwork(stored(W, sparse), first_unit(size), name=f"fan-out tree, {layers} layers")


def _layered(layers: int, size: int) -> sp.csr_array:
    """W of the divergent delay line: each unit of layer k reaches all k + 1 units of the next layer."""
    targets = [np.empty(0, int)]  # so that one layer, without connections, has arrays as well
    sources = [np.empty(0, int)]
    weights = [np.empty(0)]
    first = 0
    for k in range(1, layers):
        layer = np.arange(first, first + k)
        next_layer = np.arange(first + k, first + 2 * k + 1)
        # all pairs of a unit of this layer and one of the next
        targets.append(np.repeat(next_layer, k))
        sources.append(np.tile(layer, k + 1))
        weights.append(np.full(k * (k + 1), 1 / k))
        first += k
    places = np.concatenate(targets), np.concatenate(sources)
    return sp.csr_array((np.concatenate(weights), places), shape=(size, size))
