"""Wiring diagrams: their best total memory, parts of them, and shuffles.

Contents
--------
best_total
    The largest total Fisher memory of a unit input.
among
    The weights among some of the cells.
shuffled
    The same weights in other places.
"""

from __future__ import annotations

import numpy as np

import linmem as lm


def best_total(weights, radius: float) -> float:
    """J_tot of the best input of a network with these weights, scaled to a spectral radius."""
    scaled = weights * (radius / np.abs(np.linalg.eigvals(weights)).max())
    return float(np.linalg.eigvalsh(lm.spatial_fisher_memory(lm.LinearNetwork(scaled, known_radius=radius)))[-1])


def among(net: lm.LinearNetwork, cells):
    """The weights among some of the cells."""
    kept = np.isin(net.labels, list(cells))
    return net.recurrent[np.ix_(kept, kept)]


def shuffled(weights, rng):
    """The weights, in random places off the diagonal."""
    moved, elsewhere = weights.copy(), ~np.eye(len(weights), dtype=bool)
    moved[elsewhere] = rng.permutation(weights[elsewhere])
    return moved
