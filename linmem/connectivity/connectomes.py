r"""Networks from published wiring diagrams of the nervous system of *Caenorhabditis elegans*.

Conventions
-----------
`W[i, j]` is proportional to the weight of the chemical synapses from cell j onto cell i: the published matrices have
the presynaptic cell in the row, and are transposed. Electron microscopy does not show the sign of a synapse, so every
weight is >= 0; gap junctions are left out. `data/README.md` beside this file describes the data, their sources and
their limits.

Contents
--------
CONNECTOMES
    The names of the data sets.
connectome
    A wiring diagram as a network, at a chosen spectral radius.
"""

from __future__ import annotations

from importlib import resources

import numpy as np
from scipy.sparse.csgraph import connected_components

from linmem.errors import ArgumentError
from linmem.network import LinearNetwork
from linmem.validation import near_miss, number

CONNECTOMES = ("celegans-varshney", "celegans-cook", *(f"celegans-witvliet-{age}" for age in range(1, 9)))

SQUARINGS = 11  # 2048 power steps: the bounds on the ten Perron roots then agree to 4e-15, the size of rounding


def connectome(name: str, *, radius: float = 0.95) -> LinearNetwork:
    r"""Wiring diagram (connectome) of an animal, W = (radius / rho(A)) A, A[i, j] the synapses from cell j onto cell i.

    rho(A) is the spectral radius of A. The input reaches all sensory neurons with the same weight: v = 1 / sqrt(n) on
    each of the n sensory neurons [4]_, and 0 elsewhere. The labels of the units are the names of the cells, in
    alphabetical order.

    Parameters
    ----------
    name
        One of `CONNECTOMES`.

        - "celegans-varshney" [1]_: 281 cells, 2309 connections; A counts synapses. The last cell, BWM, is not a neuron:
          it stands for all body wall muscles. It has no outputs, so that the radius does not depend on it, but 115
          neurons converge on it: at radius 0.95 the largest ||W^k|| is 8.49, and 2.98 without it.
        - "celegans-cook" [2]_: all 302 neurons of the adult hermaphrodite, 3709 connections; A counts the serial
          sections that synapses span.
        - "celegans-witvliet-1" to "celegans-witvliet-8" [3]_: the neurons of the brain (161 to 181) of eight animals,
          birth to adulthood; A counts synapses.
    radius
        The spectral radius of W, > 0. From 1 on, memory exists for finite horizons only. The radius is known by proof:
        for a non-negative matrix and any x > 0, min (A x)_i / x_i <= rho(A) <= max (A x)_i / x_i [5]_, and the two
        bounds differ by a few roundings.

    Returns
    -------
    LinearNetwork
        `recurrent` (N, N), dense; `feedforward` (N,), of unit norm; independent noise of variance 1; `labels`, N
        names.

    Raises
    ------
    ArgumentError
        If there is no connectome of that name, or the radius is not a finite number > 0.

    References
    ----------
    .. [1] Varshney, Chen, Paniagua, Hall & Chklovskii (2011), PLoS Comput. Biol. 7:e1001066.
    .. [2] Cook et al. (2019), Nature 571:63, as corrected in July 2020.
    .. [3] Witvliet et al. (2021), Nature 596:257.
    .. [4] Sensory neurons as in Cook et al. (2019): 83 in the whole animal, 61 to 69 in the brain.
    .. [5] Horn & Johnson (2013), Matrix Analysis, 2nd edition, theorem 8.1.26.

    Examples
    --------
    >>> net = connectome("celegans-cook")
    >>> net.size, net.labels[:3]
    (302, ('ADAL', 'ADAR', 'ADEL'))
    >>> command, touch = net.labels.index("AVBL"), net.labels.index("AVM")
    >>> bool(net.recurrent[command, touch] > 0)  # AVM senses touch and has synapses onto AVBL
    True
    """
    if not isinstance(name, str) or name not in CONNECTOMES:
        hint = near_miss(name, CONNECTOMES) or f"; it must be one of {', '.join(CONNECTOMES)}"
        raise ArgumentError(f"name is {name!r:.60}, which is no connectome{hint}")
    radius = number("radius", radius, above=0)
    weights, cells, sensory = _wiring(name)
    W = weights * (radius / _perron_root(weights))
    v = sensory / np.sqrt(np.count_nonzero(sensory))
    return LinearNetwork(W, v, name=name, labels=cells, known_radius=radius)


def _wiring(name: str) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """A, (N, N); the names of its cells; which of them are sensory neurons, (N,)."""
    data = resources.files("linmem.connectivity") / "data" / "celegans.npz"
    with data.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        cells = archive[f"{name}/cells"]
        sensory = archive[f"{name}/sensory"]
        post = archive[f"{name}/post"]
        pre = archive[f"{name}/pre"]
        weight = archive[f"{name}/weight"]
    n = len(cells)
    weights = np.zeros((n, n))
    weights[post, pre] = weight
    return weights, tuple(cells.tolist()), sensory


def _perron_root(weights: np.ndarray) -> float:
    """The spectral radius of a matrix of counts: an upper bound that is exact to a few roundings."""
    # within a strongly connected component the Perron vector is positive, which makes the bounds below close;
    # a cell without a way back to itself is a component of its own
    count, component = connected_components(weights, connection="strong")
    largest = 0.0
    for label in range(count):
        members = np.flatnonzero(component == label)
        largest = max(largest, _upper_bound(weights[np.ix_(members, members)]))
    return largest


def _upper_bound(weights: np.ndarray) -> float:
    """An upper bound on the spectral radius of an irreducible A >= 0: max (A x)_i / x_i for a positive vector x."""
    # x = (I + A / s)^m 1 for a large power of two m; without the I, the powers of a cycle would not converge
    scale = max(weights.sum(axis=0).max(), 1.0)
    power = np.eye(len(weights)) + weights / scale
    for _ in range(SQUARINGS):
        power = power @ power
        power /= power.max()
    x = power.sum(axis=1)
    return float((weights @ x / x).max())
