"""A network as it is asked about: units chosen, weights normalised, noise and input set, and what it is in figures.

Conventions
-----------
The steps come in the order of the arguments of `prepared`, whatever order they are given in: units, self-loops,
symmetry, normalisation, spectral radius, noise, input. What was done stands in the name of the network.

Contents
--------
prepared
    The network after these steps.
with_input
    The network with the input that a word chooses, and that input in words.
largest_units
    The units with the largest weights of an input, in words.
network_facts
    Length of the input, noise, self-loops, asymmetry, disconnected parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.memory.spatial import optimal_input
from linmem.network import LinearNetwork, Network, NetworkOrMatrix, as_network
from linmem.validation import near_miss, number, option

INPUTS = ("given", "optimal", "mean", "all", "uniform", "first")
NORMALISATIONS = ("radius", "rows", "nctpy")


def prepared(
    network: NetworkOrMatrix,
    *,
    subset: Iterable[str] | None = None,
    drop_self: bool = False,
    symmetrise: bool = False,
    normalise: str | None = None,
    radius: float | None = None,
    noise: float | None = None,
    input: str | int | None = None,
    horizon: int | None = None,
) -> Network:
    """The network with some of its units, with other weights, noise and input; what was done is added to its name.

    Parameters
    ----------
    network
        A `LinearNetwork` or a matrix, not a stack; for `noise` and `input` alone also a `ContinuousNetwork`.
    subset
        Labels of the units that stay, in the order of the network. Weights of and to all others are lost.
    drop_self
        Whether to set W[i, i] = 0.
    symmetrise
        Whether to replace W by (W + W') / 2, complex conjugates included.
    normalise
        "radius": W / r with r the spectral radius. "rows": every row divided by the sum of its magnitudes, rows of
        zeros stay. "nctpy": W / (1 + r), which is what network control theory takes for discrete time (nctpy's
        matrix_normalization with c = 1, which knows r for symmetric W only).
    radius
        The spectral radius to scale to.
    noise
        The variance of the noise of each unit.
    input
        "given": V. "all": every column of a V with several. A whole number: that column of V, from 0. "mean": the mean
        of the columns of V. "optimal": the vector remembered best. "uniform": all units alike. "first": the first unit.
        The label of a unit: that unit. None: V as it is.
    horizon
        Of the memory that "optimal" makes largest; None: all steps.

    Raises
    ------
    ArgumentError
        If an argument breaks its rule, or the network has no such label or column.
    InvalidNetworkError
        If the network is a stack, or has no V although one is asked for.
    AccuracyError
        If the spectral radius is not known well enough to divide by it.

    Examples
    --------
    >>> net = prepared([[0.5, 1], [0, 2]], drop_self=True, symmetrise=True, radius=0.95)
    >>> net.dense(), net.name
    (array([[0.  , 0.95],
           [0.95, 0.  ]]), 'without self-loops, symmetrised, radius 0.5 scaled to 0.95')
    """
    network = as_network(network)
    network.require_single("prepared")
    asks_for_weights = subset is not None or drop_self or symmetrise or normalise is not None or radius is not None
    if asks_for_weights and network.is_continuous:
        raise ArgumentError("network is in continuous time; choose units and normalise its weights in discrete time")
    done = [network.name] if network.name else []
    changed: Any = network
    if not network.is_continuous and (asks_for_weights or input is not None):
        changed = network.in_steps()
    if isinstance(changed, LinearNetwork):
        changed = _with_weights(changed, subset, drop_self, symmetrise, done)
        changed = _normalised(changed, normalise, radius, done)
    if noise is not None:
        changed = replace(changed, noise=number("noise", noise, above=0))
    if input is not None:
        changed, _ = with_input(changed, input, horizon)
    return replace(changed, name=", ".join(done))


def _with_weights(
    network: LinearNetwork, subset: Iterable[str] | None, drop_self: bool, symmetrise: bool, done: list[str]
) -> LinearNetwork:
    """The network with some of its units and links; `done` says what was done."""
    if subset is not None:
        network = _of_units(network, subset)
        done.append(f"{network.size} units")
    W: Any = network.recurrent
    if drop_self:
        W = W - (sparse.diags_array(W.diagonal()) if sparse.issparse(W) else np.diag(np.diagonal(W)))
        done.append("without self-loops")
    if symmetrise:
        W = (W + W.conj().T) / 2
        done.append("symmetrised")
    return replace(network, recurrent=W, known_radius=None) if drop_self or symmetrise else network


def _of_units(network: LinearNetwork, subset: Iterable[str]) -> LinearNetwork:
    """The network of the units with the given labels."""
    wanted = [subset] if isinstance(subset, str) else list(subset)
    places = {label: place for place, label in enumerate(network.labels)}
    for label in wanted:
        if label not in places:
            hint = near_miss(label, network.labels) or ("" if places else "; the network has no labels")
            raise ArgumentError(f"subset names the unit {label!r}, which the network does not have{hint}")
    chosen = sorted({places[label] for label in wanted})
    if not chosen:
        raise ArgumentError("subset names no unit")
    W: Any = network.recurrent
    V = network.feedforward
    noise = network.noise
    if isinstance(noise, np.ndarray):
        noise = noise[np.ix_(chosen, chosen)]
    return replace(
        network,
        recurrent=W[chosen][:, chosen],
        feedforward=None if V is None else V[chosen],
        noise=noise,
        labels=tuple(network.labels[place] for place in chosen),
        known_radius=None,
    )


def _normalised(network: LinearNetwork, normalise: str | None, radius: float | None, done: list[str]) -> LinearNetwork:
    """The network with other sizes of its weights; `done` says what was done."""
    if normalise is not None and option("normalise", normalise, NORMALISATIONS) == "rows":
        W: Any = network.recurrent
        sums = np.asarray(abs(W).sum(axis=1)).ravel()
        # of sums so small that their inverse is infinite, the network refuses the result
        with np.errstate(all="ignore"):
            factors = np.where(sums > 0, 1 / sums, 0)
            normalised = sparse.diags_array(factors) @ W if sparse.issparse(W) else factors[:, None] * W
        network = replace(network, recurrent=normalised, known_radius=None)
        done.append("rows with sum 1")
    elif normalise is not None:
        before = network.radius.value
        is_divided_by_one = normalise == "nctpy" and network.radius.upper == 0
        if not is_divided_by_one:
            network = network.rescaled(1.0 if normalise == "radius" else before / (1 + before))
        done.append(f"radius {before:.4g} scaled to {network.radius.value:.4g}")
    if radius is not None:
        before = network.radius.value
        network = network.rescaled(radius)
        done.append(f"radius {before:.4g} scaled to {radius:.4g}")
    return network


def with_input(network: Any, choice: str | int, horizon: int | None = None) -> tuple[Any, str]:
    """The network with the input that `choice` names, as `input` of `prepared`, and that input in words.

    Raises
    ------
    ArgumentError
        If the network has no such column or unit.
    InvalidNetworkError
        If the network has no V although one is asked for.
    """
    if not isinstance(choice, (str, int, np.integer)) or isinstance(choice, bool):
        raise ArgumentError(
            f"input is {choice!r:.60}; it must be a word or the number of a column; weights go into the network: "
            "LinearNetwork(W, v)"
        )
    if isinstance(choice, str) and choice.isascii() and choice.isdigit():
        choice = int(choice)
    if choice in ("given", "all", "mean") or isinstance(choice, (int, np.integer)):
        return _of_given_inputs(network, choice)
    if choice == "optimal":
        return replace(network, feedforward=optimal_input(network, horizon=horizon)), "the optimal one"
    if choice == "uniform":
        return replace(network, feedforward=np.full(network.size, network.size**-0.5)), "all units alike"
    if choice == "first":
        return replace(network, feedforward=np.eye(1, network.size)[0]), "the first unit"
    if choice not in network.labels:
        hint = near_miss(choice, [*INPUTS, *network.labels])
        raise ArgumentError(
            f"input is {choice!r}; it must be the number of a column of V, one of {', '.join(INPUTS)}, or the label of "
            f"a unit{hint}"
        )
    place = network.labels.index(choice)
    return replace(network, feedforward=np.eye(1, network.size, place)[0]), f"the unit {choice}"


def _of_given_inputs(network: Any, choice: str | int) -> tuple[Any, str]:
    """The network with V, one column of it, or the mean of its columns."""
    if network.feedforward is None:
        raise InvalidNetworkError(
            f"input is {choice!r}, but the network has no feedforward weights; pass them, or input='optimal'"
        )
    V = network.columns()
    count = V.shape[-1]
    if choice in ("given", "all"):
        return network, "given by the source" if count == 1 else f"given by the source, {count} columns"
    if choice == "mean":
        mean = V.mean(axis=-1)
        if not mean.any():
            raise ArgumentError("input is 'mean', but the columns of V have the mean 0; choose one by its number")
        return replace(network, feedforward=mean), f"the mean of {count} columns"
    if not 0 <= int(choice) < count:
        raise ArgumentError(f"input is {choice}, but V has the columns 0 to {count - 1}")
    return replace(network, feedforward=V[:, int(choice)].copy()), f"column {choice} of {count}"


def default_input(network: Network) -> str:
    """ "given" where the network has V, else "optimal", or "uniform" where that would need a large dense matrix."""
    if network.feedforward is not None:
        return "given"
    becomes_dense = not network.is_sparse or network.size <= LARGEST_DENSE
    return "optimal" if becomes_dense else "uniform"


def largest_units(feedforward: np.ndarray, labels: Sequence[str], count: int = 5) -> str:
    """The units with the largest weights of one input, the largest first, with these weights: "AVAL 0.31, AVAR 0.29".

    Where more than `count` units have the largest weight, the text begins with the number of such units: "83 units of
    0.11 each: ADEL, ...".
    """
    weights = np.asarray(feedforward)
    alike = np.flatnonzero((weights != 0) & (weights == weights[np.argmax(np.abs(weights))]))
    if len(alike) > count:
        named = ", ".join(labels[unit] for unit in alike[:count])
        return f"{len(alike)} units of {weights[alike[0]]:.2g} each: {named}, ..."
    order = np.argsort(-np.abs(weights), kind="stable")[:count]
    return ", ".join(f"{labels[unit]} {weights[unit]:.2g}" for unit in order if weights[unit] != 0)


def network_facts(network: Network) -> dict[str, Any]:
    """What a network is, in figures that cost little.

    `input_length`: the norm of v, or of each column of V; None without V. `self_loops`: how many W[i, i] are not 0.
    `asymmetry`: ||W - W'|| / (2 ||W||) in the Frobenius norm, 0 for a symmetric and 1 for an antisymmetric W. `parts`:
    the sizes of the weakly connected parts, the largest first. `isolated`: units without any link.
    """
    W: Any = network.matrix
    lengths = None if network.feedforward is None else [_frobenius(column) for column in network.columns().T]
    diagonal = W.diagonal() if sparse.issparse(W) else np.diagonal(W)
    norm = _frobenius(W)
    links = sparse.csr_array(W != 0)
    count, part = sparse.csgraph.connected_components(links, directed=True, connection="weak")
    sizes = np.sort(np.bincount(part, minlength=count))[::-1]
    degrees = np.asarray(links.sum(axis=0)).ravel() + np.asarray(links.sum(axis=1)).ravel()
    return {
        "input_length": lengths,
        "self_loops": int(np.count_nonzero(diagonal)),
        "asymmetry": _frobenius(W / 2 - W.conj().T / 2) / norm if norm > 0 else 0.0,
        "parts": sizes.tolist(),
        "isolated": int(np.count_nonzero(degrees == 0)),
    }


def _frobenius(array: Any) -> float:
    """The Frobenius norm, computed of the entries over the largest of them, so that no square overflows or vanishes."""
    entries = array.data if sparse.issparse(array) else np.asarray(array)
    largest = float(np.abs(entries).max(initial=0.0))
    return largest * float(np.linalg.norm(entries / largest)) if largest > 0 else 0.0
