"""The networks beside that of a report: of the same size and noise, with the norm and the stability that can be had.

Contents
--------
Beside
    A network of a kind, and in words what it has in common with the one of the report.
networks_beside
    The networks of several kinds.
SHUFFLED
    Words that ask for shuffled networks instead, and what those keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.errors import LinmemError
from linmem.network import ContinuousNetwork, LinearNetwork, Network
from linmem.reasons import Reason, sentence_of
from linmem.validation import option

Builders: TypeAlias = dict[str, Callable[[int, float, float], Any]]  # of size, norm and radius or abscissa
SHUFFLED = {"shuffled": "degrees", "shuffled:weights": "weights", "shuffled:strengths": "strengths"}
SAME = 1e-6  # relative difference of norms and radii that are called the same


@dataclass(frozen=True, eq=False)
class Beside:
    """A network of a kind.

    Attributes
    ----------
    name
        The kind.
    network
        The network, with the input of its builder; or the `Reason` why there is none.
    said
        What it has in common with the network of the report, and what not, in words.
    """

    name: str
    network: Any
    said: str = ""


def networks_beside(network: Network, names: tuple[str, ...], chain_gain: float | None = None) -> tuple[Beside, ...]:
    """A network of each kind with the size and noise of the given one; shuffled ones, which are many, are left out.

    In discrete time a chain has ||W||_F, an orthogonal and a symmetric network the spectral radius (the norm where that
    is 0), a Gaussian network both: its Schur form has eigenvalues of one radius and links of one norm. In continuous
    time every kind has both, the spectral abscissa and ||A||_F. In discrete time the chain can have another gain.

    Raises
    ------
    ArgumentError
        A name is none of "orthogonal", "chain", "gaussian", "symmetric" and those of `SHUFFLED`.
    """
    builders = CONTINUOUS if network.is_continuous else DISCRETE
    if chain_gain is not None and not network.is_continuous:
        builders = builders | {"chain": lambda n, norm, radius: lm.chain(n, gain=chain_gain)}
    chosen = [option("against", name, [*builders, *SHUFFLED]) for name in names]
    return tuple(_beside(network, name, builders[name]) for name in chosen if name in builders)


def _beside(network: Network, name: str, build: Callable[[int, float, float], Any]) -> Beside:
    n, norm = network.size, float(np.linalg.norm(network.dense()))
    try:
        built = replace(build(n, norm, network.stability.value), name=name, noise=network.noise)
        if not built.dense().any():
            return Beside(name, Reason("none: it would be the zero matrix"))
        return Beside(name, built, _in_common(network, built))
    except LinmemError as error:
        return Beside(name, Reason(f"none: {sentence_of(error)}"))


def _in_common(network: Network, built: Network) -> str:
    """Norm and radius of the network that was built, with "as here" where they are those of the network."""
    of_matrix, of_eigenvalues = ("‖A‖", "abscissa") if network.is_continuous else ("‖W‖", "radius")
    numbers = (
        (of_matrix, float(np.linalg.norm(network.dense())), float(np.linalg.norm(built.dense()))),
        (of_eigenvalues, network.stability.value, built.stability.value),
    )
    words = []
    for name, mine, other in numbers:
        same = abs(mine - other) <= SAME * max(abs(mine), abs(other), SAME)
        words.append(f"{name} {other:.3g}" + (" as here" if same else f" (here {mine:.3g})"))
    return ", ".join(words)


# --- discrete time ---


def _of_radius_or_norm(template: LinearNetwork, norm: float, radius: float) -> LinearNetwork:
    """The template scaled to the radius; where that would be the zero matrix, to the norm."""
    W = template.dense()
    own = template.radius.value
    if radius > 0:
        return replace(template, recurrent=W * (radius / own), known_radius=None)
    scale = norm / np.linalg.norm(W)
    if scale * own >= 1:
        raise lm.ArgumentError("with the radius of this network it is the zero matrix, with its norm it is unstable")
    return replace(template, recurrent=W * scale, known_radius=None)


def _orthogonal(n: int, norm: float, radius: float) -> LinearNetwork:
    return _of_radius_or_norm(lm.random_orthogonal(n, gain=1.0, rng=0), norm, radius)


def _chain(n: int, norm: float, radius: float) -> LinearNetwork:
    return lm.chain(n, gain=norm / np.sqrt(max(n - 1, 1)))


def _gaussian(n: int, norm: float, radius: float) -> LinearNetwork:
    """Gaussian in its directions, with eigenvalues of one radius and other entries of the Schur form of one norm."""
    ginibre = lm.ginibre(n, gain=1.0, rng=0)
    T, Z = sl.schur(ginibre.dense(), output="real")
    # real Schur form: the blocks of two rows on the diagonal hold the pairs of eigenvalues
    in_blocks = np.tril(np.ones((n, n)), 0) > 0
    pairs = np.flatnonzero(np.diagonal(T, -1))
    in_blocks[pairs, pairs + 1] = True
    blocks = np.where(in_blocks, T, 0) * (radius / ginibre.radius.value)
    links = np.where(in_blocks, 0, T)
    beyond = norm**2 - np.linalg.norm(blocks) ** 2
    size = np.linalg.norm(links)
    links = links * (np.sqrt(beyond) / size) if beyond > 0 and size > 0 else links * 0
    return replace(ginibre, recurrent=Z @ (blocks + links) @ Z.T, known_radius=None)


def _symmetric(n: int, norm: float, radius: float) -> LinearNetwork:
    return _of_radius_or_norm(lm.symmetric_wigner(n, gain=1.0, rng=0), norm, radius)


DISCRETE: Builders = {"orthogonal": _orthogonal, "chain": _chain, "gaussian": _gaussian, "symmetric": _symmetric}


# --- continuous time ---


def _of_template(template: LinearNetwork, norm: float, abscissa: float) -> ContinuousNetwork:
    """A = s B + c with the norm and the abscissa that are asked for, where there is such an s >= 0."""
    B = template.dense()
    n = len(B)
    own = ContinuousNetwork(B).abscissa.value
    B = B - own * np.eye(n)  # of abscissa 0
    # ||s B + c||^2 = s^2 ||B||^2 + 2 s c tr B + n c^2 = norm^2
    quadratic = [np.linalg.norm(B) ** 2, 2 * abscissa * np.trace(B), n * abscissa**2 - norm**2]
    roots = np.roots(quadratic)
    scale = max((float(root.real) for root in roots if abs(root.imag) < SAME), default=0.0)
    if scale <= 0:
        raise lm.ArgumentError(f"there is no such network of abscissa {abscissa:.3g} and norm {norm:.3g}")
    return ContinuousNetwork(scale * B + abscissa * np.eye(n), template.feedforward)


def _rotation(n: int, norm: float, abscissa: float) -> ContinuousNetwork:
    gaussian = lm.ginibre(n, gain=1.0, rng=0)
    return _of_template(replace(gaussian, recurrent=gaussian.dense() - gaussian.dense().T), norm, abscissa)


CONTINUOUS: Builders = {
    "orthogonal": _rotation,
    "chain": lambda n, norm, abscissa: _of_template(lm.chain(n), norm, abscissa),
    "gaussian": lambda n, norm, abscissa: _of_template(lm.ginibre(n, gain=1.0, rng=0), norm, abscissa),
    "symmetric": lambda n, norm, abscissa: _of_template(lm.symmetric_wigner(n, gain=1.0, rng=0), norm, abscissa),
}
