"""Total memory of wiring diagrams, of parts of them, and of their shuffles.

Contents
--------
best_total
    The largest total Fisher memory of a unit input.
among
    The weights among some of the cells.
shuffled
    The same weights in random places.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

import linmem as lm


def best_total(weights: np.ndarray, radius: float) -> float:
    """J_tot of the best unit input of a network with these weights, (N, N), scaled to a spectral radius."""
    largest_modulus = np.abs(np.linalg.eigvals(weights)).max()
    network = lm.LinearNetwork(weights * (radius / largest_modulus), known_radius=radius)
    # of J^s, which is symmetric, the largest eigenvalue; eigvalsh returns it last
    return float(np.linalg.eigvalsh(lm.spatial_fisher_memory(network))[-1])


def among(net: lm.LinearNetwork, cells: Iterable[str]) -> np.ndarray:
    """The weights among the cells with these labels."""
    chosen = np.isin(net.labels, list(cells))
    return net.recurrent[np.ix_(chosen, chosen)]


def shuffled(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The weights in random places; the diagonal keeps its own."""
    off_diagonal = ~np.eye(len(weights), dtype=bool)
    result = weights.copy()
    result[off_diagonal] = rng.permutation(weights[off_diagonal])
    return result
