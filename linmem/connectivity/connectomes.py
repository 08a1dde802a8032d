r"""Networks from published wiring diagrams of the nervous system of *Caenorhabditis elegans*.

Conventions
-----------
`W[i, j]` is proportional to the weight of the chemical synapses from cell j onto cell i: the published matrices,
which have the presynaptic cell in the row, are transposed. No sign is known from electron microscopy, so every weight
is >= 0, and gap junctions are left out. The data, their sources and their limits are described in `data/README.md`
beside this file.

Contents
--------
CONNECTOMES
    The names there are.
connectome
    One of them as a network, at a chosen spectral radius.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import resources

import numpy as np
from scipy.sparse.csgraph import connected_components

from linmem.errors import InvalidNetworkError
from linmem.network import LinearNetwork, number

CONNECTOMES = ("celegans-varshney", "celegans-cook", *(f"celegans-witvliet-{age}" for age in range(1, 9)))

SQUARINGS = 11  # 2048 power steps: the bounds on the ten Perron roots then agree to 4e-15, where rounding stops them


def connectome(name: str, *, radius: float = 0.95) -> LinearNetwork:
    r"""Wiring diagram of an animal, W = (radius / rho(A)) A, A[i, j] the chemical synapses from cell j onto cell i.

    rho is the spectral radius of A. The input reaches all sensory neurons alike: v = 1 / sqrt(n) on each of the n
    sensory neurons [4]_, 0 elsewhere. Units are labelled with the names of their cells, in alphabetical order.

    Parameters
    ----------
    name
        One of `CONNECTOMES`.

        - "celegans-varshney" [1]_: 281 cells, 2309 connections; A counts synapses. The last cell, BWM, is no neuron:
          it stands for all body wall muscles. It only
          listens, so that the radius does not depend on it, but 115 neurons converge on it: at radius 0.95
          the largest ||W^k|| is 8.49, without it 2.98.
        - "celegans-cook" [2]_: all 302 neurons of the adult hermaphrodite, 3709 connections; A counts the serial
          sections that synapses span.
        - "celegans-witvliet-1" to "celegans-witvliet-8" [3]_: the neurons of the brain (161 to 181) of eight animals,
          birth to adulthood; A counts synapses.
    radius
        The spectral radius of W, > 0. At 1 or above, finite horizons only. It is known by proof: for a non-negative
        matrix and any x > 0, min (A x)_i / x_i <= rho(A) <= max (A x)_i / x_i [5]_, and both bounds are met to a few
        roundings.

    Returns
    -------
    LinearNetwork
        `recurrent` (N, N), dense; `feedforward` (N,), of unit norm; independent noise of variance 1; `labels`, N
        names.

    Raises
    ------
    InvalidNetworkError
        For a name that there is not, or a radius that is not a finite number > 0.

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
    >>> bool(net.recurrent[command, touch] > 0)  # AVM feels touch and synapses onto AVBL
    True
    """
    if not isinstance(name, str) or name not in CONNECTOMES:
        raise InvalidNetworkError(f"name is {name!r}; it must be one of {', '.join(CONNECTOMES)}{_nearest(name)}")
    radius = number("radius", radius, above=0)
    weights, cells, sensory = _wiring(name)
    feedforward = sensory / np.sqrt(np.count_nonzero(sensory))
    return LinearNetwork(
        weights * (radius / _perron_root(weights)), feedforward, name=name, labels=cells, known_radius=radius
    )


def _nearest(name) -> str:
    nearest = get_close_matches(str(name), CONNECTOMES, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def _wiring(name: str) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """A, (N, N); the names of its cells; which of them are sensory neurons, (N,)."""
    with (
        (resources.files("linmem.connectivity") / "data" / "celegans.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):
        cells, sensory, post, pre, weight = (
            stored[f"{name}/{key}"] for key in ("cells", "sensory", "post", "pre", "weight")
        )
    weights = np.zeros((len(cells), len(cells)))
    weights[post, pre] = weight
    return weights, tuple(cells.tolist()), sensory


def _perron_root(weights) -> float:
    """The spectral radius of a matrix of counts: an upper bound, attained to a few roundings.

    The cells are sorted into strongly connected components first: inside one, the eigenvector is positive, which
    makes the bounds close. Cells without a way back to themselves are components of their own.
    """
    count, component = connected_components(weights, connection="strong")
    members = (np.flatnonzero(component == label) for label in range(count))
    return max(_upper_bound(weights[np.ix_(part, part)]) for part in members)


def _upper_bound(weights) -> float:
    """max (A x)_i / x_i for x = (I + A / s)^m 1, m a large power of two. Without the I, the powers of a cycle would
    not converge.
    """
    power = np.eye(len(weights)) + weights / max(weights.sum(axis=0).max(), 1.0)
    for _ in range(SQUARINGS):
        power = power @ power
        power /= power.max()
    x = power.sum(axis=1)
    return float((weights @ x / x).max())
