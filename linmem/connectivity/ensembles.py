r"""Random networks, and networks in random coordinates.

Conventions
-----------
`recipe` says whether a draw is scaled to the radius that its law has for large n: "rescaled" scales each draw so that
its spectral radius is exactly the gain, "as drawn" leaves it as it is.

Contents
--------
ginibre
    Independent Gaussian weights.
symmetric_wigner
    Symmetric Gaussian weights.
sparse_random
    Independent Gaussian weights on few connections.
low_rank
    Weights that map all activity onto few directions.
in_random_basis
    Any network after a random rotation of its axes, which hides its structure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.construction import first_unit, stored
from linmem.connectivity.normal import haar
from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.network import ContinuousNetwork, LinearNetwork, Network, NetworkOrMatrix, as_network
from linmem.validation import number, option, whole_number

RECIPES = ("rescaled", "as drawn")


def ginibre(n: int, *, gain: float = 0.95, recipe: str = "rescaled", rng: RandomSource) -> LinearNetwork:
    r"""Gaussian (Ginibre) network: independent weights W_ij ~ N(0, g^2 / n); v = e_1.

    The eigenvalues fill the disc of radius g as n grows, but the radius of a finite network varies: of draws at g^2 =
    0.99, n = 100 only about one in ten is stable. The total memory of a random unit input is 1 on average (trace(J^s) /
    n = 1); that of the optimal input is about 3.5 at g^2 = 0.99, n = 100, rescaled. Ganguli, Huh & Sompolinsky (2008),
    Fig 3, where it is not said whether draws are rescaled.

    Parameters
    ----------
    n
        Number of units.
    gain
        g >= 0.
    recipe
        "rescaled": each draw is scaled to the spectral radius g. "as drawn": it is not.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> net = ginibre(50, gain=0.9, rng=1)
    >>> round(net.radius.value, 12)
    0.9
    """
    n = whole_number("n", n)
    gain = number("gain", gain, at_least=0)
    recipe = option("recipe", recipe, RECIPES)
    W = generator(rng).standard_normal((n, n)) / np.sqrt(n)
    scale = gain
    if recipe == "rescaled":
        radius = np.abs(np.linalg.eigvals(W)).max()
        scale = gain * (1 / radius)
    name = f"Ginibre, n = {n}, gain {gain:g}, {recipe}"
    return LinearNetwork(W * scale, first_unit(n), name=name)


def symmetric_wigner(n: int, *, gain: float = 0.95, recipe: str = "rescaled", rng: RandomSource) -> LinearNetwork:
    r"""Symmetric Gaussian (Wigner) network, W_ij = W_ji ~ N(0, g^2 / 4n), on the diagonal N(0, g^2 / 2n); v = e_1.

    The eigenvalues fill [-g, g] with the semicircle law as n grows, and J(k) tends to g^2k Cat_k / 4^k - g^(2k+2)
    Cat_(k+1) / 4^(k+1), with the Catalan numbers Cat: at g = 1 to 3 / (2 sqrt(pi)) k^-5/2 for large k. The network is
    normal: J_tot = 1. The radius of a draw differs from g by about n^-2/3. Ganguli, Huh & Sompolinsky (2008), Fig 2C.

    Parameters
    ----------
    n
        Number of units.
    gain
        g >= 0.
    recipe
        "rescaled": each draw is scaled to the spectral radius g. "as drawn": it is not.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> W = symmetric_wigner(50, gain=0.9, rng=1).recurrent
    >>> bool((W == W.T).all()), round(float(abs(np.linalg.eigvalsh(W)).max()), 12)
    (True, 0.9)
    """
    n = whole_number("n", n)
    gain = number("gain", gain, at_least=0)
    recipe = option("recipe", recipe, RECIPES)
    W = generator(rng).standard_normal((n, n))
    W = (W + W.T) / np.sqrt(8 * n)
    scale = gain
    if recipe == "rescaled":
        radius = np.abs(np.linalg.eigvalsh(W)).max()
        scale = gain * (1 / radius)
    name = f"Wigner, n = {n}, gain {gain:g}, {recipe}"
    return LinearNetwork(W * scale, first_unit(n), name=name)


def sparse_random(
    n: int,
    *,
    density: float = 0.1,
    gain: float = 0.95,
    recipe: str = "rescaled",
    sparse: bool = False,
    rng: RandomSource,
) -> LinearNetwork:
    r"""Sparse Gaussian network: each of the n^2 weights exists with probability p, and is N(0, g^2 / (p n)); v = e_1.

    The variance of a weight, whether it exists or not, is g^2 / n, as for `ginibre`; so is the disc of eigenvalues if
    units have many connections, p n >> 1. Time and memory are proportional to the p n^2 connections for a sparse
    network as drawn.

    Parameters
    ----------
    n
        Number of units.
    density
        The probability p of each connection, 0 < p <= 1.
    gain
        g >= 0.
    recipe
        "rescaled": each draw is scaled to the spectral radius g, up to 6000 units. "as drawn": it is not.
    sparse
        Store W as a `scipy.sparse` array.
    rng
        A seed or a `numpy.random.Generator`.

    Raises
    ------
    ArgumentError
        Also if a draw to be rescaled has radius 0, because its connections form no loop, or more than 6000 units.

    Examples
    --------
    >>> net = sparse_random(10**5, density=1e-5, recipe="as drawn", sparse=True, rng=0)
    >>> net
    <LinearNetwork sparse random, n = 100000, density 1e-05, gain 0.95, as drawn: sparse 100000 units>
    >>> 99_000 < net.recurrent.nnz < 101_000
    True
    """
    n = whole_number("n", n)
    gain = number("gain", gain, at_least=0)
    density = number("density", density, above=0)
    if density > 1:
        raise ArgumentError(f"density is {density!r}; it is a probability, at most 1")
    recipe = option("recipe", recipe, RECIPES)
    draw = generator(rng)
    if recipe == "rescaled" and n > LARGEST_DENSE:
        raise ArgumentError(
            f"n is {n}, and recipe is 'rescaled'; the radius of more than {LARGEST_DENSE} units is not computed: pass "
            "recipe='as drawn'"
        )
    target, source = np.divmod(_random_subset(n * n, density, draw), n)
    weight = draw.standard_normal(len(target)) / np.sqrt(density * n)
    W = sp.csr_array((weight, (target, source)), shape=(n, n))
    if recipe == "rescaled":
        W = W / _radius_of_draw(W, density)
    name = f"sparse random, n = {n}, density {density:g}, gain {gain:g}, {recipe}"
    return LinearNetwork(stored(W * gain, sparse), first_unit(n), name=name)


def _radius_of_draw(W: sp.csr_array, density: float) -> float:
    """The spectral radius of a random sparse matrix, or an error if it is 0."""
    radius = np.abs(np.linalg.eigvals(W.toarray())).max()
    if not radius > 0:
        raise ArgumentError(
            f"density is {density:g}, and this draw of {W.nnz} connections has no loop: its radius is 0, which no "
            "scaling changes; pass a larger density, another rng, or recipe='as drawn'"
        )
    return radius


def _random_subset(count: int, probability: float, rng: np.random.Generator) -> np.ndarray:
    """A random subset of 0 ... count - 1, each number with the same probability, in increasing order."""
    expected = count * probability
    batch = int(expected + 6 * np.sqrt(expected) + 6)
    position = np.array([-1])
    while position[-1] < count:
        # the distances between neighbours are geometric: the work is proportional to the subset, not to `count`
        steps = rng.geometric(probability, batch)
        # a rare event may be further away than an int64 can add up
        steps = np.minimum(steps, count + 1)
        position = np.concatenate([position, position[-1] + np.cumsum(steps)])
    return position[1 : np.searchsorted(position, count)]


def low_rank(n: int, *, rank: int = 1, gain: float = 0.9, feedforward: float = 1.0, rng: RandomSource) -> LinearNetwork:
    r"""Low-rank network W = M (g M + f U)', M and U (n, r) with 2 r random orthonormal columns; v = first column of U.

    The component of the state along column i of U is written to column i of M with weight f; there it stays with gain
    g. The eigenvalues are g, r times, and 0; the singular values sqrt(g^2 + f^2); the departure from normality is f
    sqrt(r). J(0) = 1, J(k) = g^(2k-2) (1 - g^2) f^2 / (1 + f^2) for k > 0: J_tot = 1 + f^2 / (1 + f^2). The total of
    a unit input is at most r + 1 in any network of rank r, however strong: memory grows with n only if the rank does.
    The form W = M N' is that of Mastrogiuseppe & Ostojic (2018), Neuron 99:609, with the overlap M' N = g exactly.

    Parameters
    ----------
    n
        Number of units.
    rank
        r, at most n / 2.
    gain, feedforward
        The weights g and f.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> import linmem as lm
    >>> round(lm.total_fisher_memory(low_rank(30, feedforward=2, rng=0)), 12)
    1.8
    """
    n = whole_number("n", n)
    rank = whole_number("rank", rank)
    gain = number("gain", gain)
    feedforward = number("feedforward", feedforward)
    if 2 * rank > n:
        raise ArgumentError(f"rank is {rank}; a network of n = {n} units has rank at most {n // 2}: 2 rank <= n")
    basis = haar(n, generator(rng))
    M = basis[:, :rank]
    U = basis[:, rank : 2 * rank]
    read_from = gain * M + feedforward * U
    W = M @ read_from.T
    name = f"low rank, n = {n}, rank {rank}, gain {gain:g}, {feedforward:g} forward"
    return LinearNetwork(W, U[:, 0], name=name)


def in_random_basis(network: NetworkOrMatrix, *, rng: RandomSource) -> Network:
    r"""The same network with its axes rotated by a random orthogonal matrix R: (R W R', R v, R Q R').

    R is uniformly distributed (Haar). In exact arithmetic J, J_tot, ||W^k||, the singular values and the departure from
    normality are the same, and J^s is R J^s R'. Rounding changes the last bits of R W R', and a strongly non-normal
    network is then another network; therefore a radius that was known by proof is not known afterwards.

    Parameters
    ----------
    network
        A network in discrete or in continuous time, or a matrix; dense or sparse, not a stack.
    rng
        A seed or a `numpy.random.Generator`.

    Returns
    -------
    LinearNetwork or ContinuousNetwork
        A dense network of the same kind, without labels, as its units are sums of units of `network`.

    Raises
    ------
    InvalidNetworkError
        If `network` is a stack.

    Examples
    --------
    >>> import linmem as lm
    >>> net = in_random_basis(lm.chain(4), rng=0)
    >>> net.name, round(lm.total_fisher_memory(net), 10) == round(25 / 12, 10)
    ('chain, n = 4, gain 1, in a random basis', True)
    """
    network = as_network(network)
    if network.stack_shape:
        raise InvalidNetworkError(
            f"network is a stack of shape {network.stack_shape}; rotate one member at a time: "
            "in_random_basis(net.member(0), rng=0)"
        )
    R = haar(network.size, generator(rng))
    V = network.feedforward
    known = "known_abscissa" if isinstance(network, ContinuousNetwork) else "known_radius"
    rotated: dict[str, Any] = {
        network.MATRIX: R @ network.dense() @ R.T,
        "feedforward": None if V is None else R @ V,
        "noise": _rotated_noise(network, R),
        "name": f"{network.name}, in a random basis".lstrip(", "),
        "labels": (),
        known: None,
    }
    return replace(network, **rotated)  # type: ignore[type-var]


def _rotated_noise(network: Network, R: np.ndarray) -> float | np.ndarray:
    """R Q R', or the variance, which a rotation does not change."""
    if not network.noise_is_matrix:
        return network.noise
    Q = R @ network.noise @ R.T
    return (Q + Q.conj().T) / 2
