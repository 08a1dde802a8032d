r"""Delay lines and their kin: networks that pass the signal on.

Conventions
-----------
`W[i, j]` is the weight from unit j to unit i, so a chain 1 -> 2 -> ... lives on the *sub*diagonal and its source is
the first unit, v = e_1. (Codes that multiply row vectors put it above the diagonal; read here, that chain runs
backwards and forgets at once.) Gains are amplitude gains, alpha in Orhan & Pitkow (2020); the power gain of Ganguli,
Huh & Sompolinsky (2008) is the square.

Contents
--------
chain
    The delay line.
inhomogeneous_chain
    A delay line with weights of its own.
feedback_chain
    A chain with connections back.
fan_out_tree
    A delay line of growing layers: extensive memory at constant activity.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from linmem.errors import InvalidNetworkError
from linmem.network import LinearNetwork, number, whole_number


def chain(n: int, *, gain: float = 1.0, sparse: bool = False) -> LinearNetwork:
    r"""Delay line of n units: W[i+1, i] = a, v = e_1.

    J(k) = a^2k (a^2 - 1) / (a^{2k+2} - 1) for k < n, 1 / (k + 1) at a = 1, and 0 after: above a = 1 a plateau of 1 -
    1 / a^2, so that the total grows with n. The memory matrix is diagonal. ||W^k v|| = a^k. Ganguli, Huh &
    Sompolinsky (2008), p. 18972 (alpha there is a^2).

    Examples
    --------
    >>> chain(3, gain=2).recurrent
    array([[0., 0., 0.],
           [2., 0., 0.],
           [0., 2., 0.]])
    """
    n, gain = whole_number("n", n), number("gain", gain)
    return _banded(n, {-1: np.full(n - 1, gain)}, sparse, f"chain, n = {n}, gain {gain:g}")


def inhomogeneous_chain(weights, *, sparse: bool = False) -> LinearNetwork:
    r"""Delay line with weights a_1, ..., a_{n-1}: W[i+1, i] = a_i, v = e_1.

    J(k) = 1 / sum_{m <= k} 1 / A_m with A_m = (a_1 ... a_m)^2 = ||W^m v||^2. No network with that amplification
    remembers more at any lag. Ganguli, Huh & Sompolinsky (2008), eqs 10-11.

    Examples
    --------
    >>> inhomogeneous_chain([2, 3]).recurrent
    array([[0., 0., 0.],
           [2., 0., 0.],
           [0., 3., 0.]])
    """
    try:
        values = np.asarray(weights, dtype=complex if np.iscomplexobj(weights) else float)
    except (TypeError, ValueError):
        raise InvalidNetworkError(f"weights is {weights!r:.60}; it must be a sequence of numbers") from None
    if not np.isfinite(values).all():
        raise InvalidNetworkError(f"weights is {weights!r:.60}; every weight must be a finite number")
    if values.ndim != 1:
        raise InvalidNetworkError(
            f"weights has shape {values.shape}; it must be one-dimensional, one weight for each link"
        )
    return _banded(len(values) + 1, {-1: values}, sparse, f"delay line, n = {len(values) + 1}")


def feedback_chain(n: int, *, feedforward: float = 0.99, feedback: float = 0.04, sparse: bool = False) -> LinearNetwork:
    r"""Chain with feedback: W[i+1, i] = a (`feedforward`), W[i, i+1] = b (`feedback`), v = e_1.

    Eigenvalues 2 sqrt(a b) cos(j pi / (n + 1)), j = 1 ... n: stable for every n if a b < 1/4. Memory is extensive
    only if a + b > 1, and outlives n. Departure from normality sqrt(n - 1) |a - b|. The source e_1 is not the optimal
    input. Ganguli, Huh & Sompolinsky (2008), p. 18973; Orhan & Pitkow (2020), section 2.1, whose defaults these are.

    Examples
    --------
    >>> feedback_chain(2, feedforward=0.9, feedback=0.2).recurrent
    array([[0. , 0.2],
           [0.9, 0. ]])
    """
    n, a, b = whole_number("n", n), number("feedforward", feedforward), number("feedback", feedback)
    return _banded(
        n,
        {-1: np.full(n - 1, a), 1: np.full(n - 1, b)},
        sparse,
        f"chain with feedback, n = {n}, {a:g} forward, {b:g} back",
    )


def fan_out_tree(layers: int, *, sparse: bool = False) -> LinearNetwork:
    r"""Divergent delay line: layer k has k units, each of which reaches all of layer k + 1 with weight 1 / k.

    v = e_1, the one unit of the first layer. The signal has the same size in every unit, and ||W^k v||^2 = k + 1:
    J(k) = 1 / H_{k+1} for k < layers, H the harmonic numbers, and 0 after. N = layers (layers + 1) / 2. The total is
    about layers / ln(layers): just below sqrt(N), at bounded activity. Ganguli, Huh & Sompolinsky (2008), Fig 5.

    Examples
    --------
    >>> fan_out_tree(2).recurrent
    array([[0., 0., 0.],
           [1., 0., 0.],
           [1., 0., 0.]])
    """
    layers = whole_number("layers", layers)
    first = np.concatenate([[0], np.cumsum(np.arange(1, layers + 1))])
    target = [np.repeat(np.arange(first[k], first[k + 1]), k) for k in range(1, layers)]
    source = [np.tile(np.arange(first[k - 1], first[k]), k + 1) for k in range(1, layers)]
    weight = [np.full(k * (k + 1), 1 / k) for k in range(1, layers)]
    empty = [np.empty(0, int)]
    size = int(first[-1])
    W = sp.csr_array(
        (
            np.concatenate([*weight, np.empty(0)]),
            (np.concatenate([*target, *empty]), np.concatenate([*source, *empty])),
        ),
        shape=(size, size),
    )
    return LinearNetwork(W if sparse else W.toarray(), _first_unit(size), name=f"fan-out tree, {layers} layers")


def _banded(n, bands, sparse, name) -> LinearNetwork:
    bands = {offset: values for offset, values in bands.items() if len(values)}
    if bands:
        W = sp.diags_array(list(bands.values()), offsets=list(bands), shape=(n, n), format="csr")
    else:
        W = sp.csr_array((n, n))
    return LinearNetwork(W if sparse else W.toarray(), _first_unit(n), name=name)


def _first_unit(n):
    v = np.zeros(n)
    v[0] = 1
    return v
