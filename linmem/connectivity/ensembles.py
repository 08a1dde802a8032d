r"""Random networks, and networks seen through a random rotation.

Contents
--------
ginibre
    Independent Gaussian weights.
symmetric_wigner
    Gaussian weights that are the same both ways.
sparse_random
    Independent Gaussian weights on few connections.
low_rank
    A few directions that everything is mapped onto.
in_random_basis
    Any network in coordinates in which its structure cannot be seen.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.chains import _first_unit
from linmem.connectivity.normal import haar
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.network import ContinuousNetwork, LinearNetwork, as_network, number, whole_number

RECIPES = ("rescaled", "as drawn")


def ginibre(n: int, *, gain: float = 0.95, recipe: str = "rescaled", rng) -> LinearNetwork:
    r"""Independent weights W_ij ~ N(0, g^2 / n), v = e_1.

    Eigenvalues fill the disc of radius g as n grows, but at finite n the radius scatters: of draws at g^2 = 0.99, n =
    100 only about one in ten is stable. `recipe` says what is done: "rescaled" scales each draw to radius g exactly,
    "as drawn" leaves it. The total memory of a random unit input is 1 on average (trace(J^s) / n = 1); that of the
    optimal input is about 3.5 at g^2 = 0.99, n = 100, rescaled. Ganguli, Huh & Sompolinsky (2008), Fig 3, who do not
    say which.

    Parameters
    ----------
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> net = ginibre(50, gain=0.9, rng=1)
    >>> round(net.radius.value, 12)
    0.9
    """
    n, gain = whole_number("n", n), number("gain", gain, at_least=0)
    rescaled = _is_rescaled(recipe)
    W = generator(rng).standard_normal((n, n)) / np.sqrt(n)
    scale = 1 / np.abs(np.linalg.eigvals(W)).max() if rescaled else 1.0
    return LinearNetwork(W * (gain * scale), _first_unit(n), name=f"Ginibre, n = {n}, gain {gain:g}, {recipe}")


def symmetric_wigner(n: int, *, gain: float = 0.95, recipe: str = "rescaled", rng) -> LinearNetwork:
    r"""Symmetric Gaussian weights, W_ij = W_ji ~ N(0, g^2 / 4n), on the diagonal N(0, g^2 / 2n); v = e_1.

    Eigenvalues fill [-g, g] with the semicircle law as n grows, and J(k) tends to g^2k Cat_k / 4^k - g^(2k+2)
    Cat_(k+1) / 4^(k+1), Cat the Catalan numbers: at g = 1, 3 / (2 sqrt(pi)) k^-5/2. The network is normal: J_tot = 1.
    The radius of a draw is g to about n^-2/3; `recipe` as for `ginibre`. Ganguli, Huh & Sompolinsky (2008), Fig 2C.

    Parameters
    ----------
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> W = symmetric_wigner(50, gain=0.9, rng=1).recurrent
    >>> bool((W == W.T).all()), round(float(abs(np.linalg.eigvalsh(W)).max()), 12)
    (True, 0.9)
    """
    n, gain = whole_number("n", n), number("gain", gain, at_least=0)
    rescaled = _is_rescaled(recipe)
    W = generator(rng).standard_normal((n, n))
    W = (W + W.T) / np.sqrt(8 * n)
    scale = 1 / np.abs(np.linalg.eigvalsh(W)).max() if rescaled else 1.0
    return LinearNetwork(W * (gain * scale), _first_unit(n), name=f"Wigner, n = {n}, gain {gain:g}, {recipe}")


def sparse_random(
    n: int, *, density: float = 0.1, gain: float = 0.95, recipe: str = "rescaled", sparse: bool = False, rng
) -> LinearNetwork:
    r"""Each of the n^2 weights is there with probability p (`density`), and is then N(0, g^2 / (p n)); v = e_1.

    The variance of a weight, present or not, is g^2 / n, as for `ginibre`, and so is the disc of eigenvalues where
    units have many inputs, p n >> 1. `recipe` as for `ginibre`; beyond 6000 units no radius is computed, and only "as
    drawn" is possible. Time and memory are those of the p n^2 connections then, with `sparse`.

    Parameters
    ----------
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> net = sparse_random(10**5, density=1e-5, recipe="as drawn", sparse=True, rng=0)
    >>> net
    <LinearNetwork sparse random, n = 100000, density 1e-05, gain 0.95, as drawn: sparse 100000 units>
    >>> 99_000 < net.recurrent.nnz < 101_000
    True
    """
    n, gain, density = whole_number("n", n), number("gain", gain, at_least=0), number("density", density, above=0)
    if density > 1:
        raise InvalidNetworkError(f"density is {density!r}; it is a probability, at most 1")
    rescaled, draw = _is_rescaled(recipe), generator(rng)
    if rescaled and n > LARGEST_DENSE:
        raise InvalidNetworkError(
            f"n is {n}, and recipe is 'rescaled'; a radius of more than {LARGEST_DENSE} units is not computed: pass "
            "recipe='as drawn'"
        )
    target, source = np.divmod(_chosen(n * n, density, draw), n)
    weight = draw.standard_normal(len(target)) / np.sqrt(density * n)
    W = sp.csr_array((weight, (target, source)), shape=(n, n))
    if rescaled:
        radius = np.abs(np.linalg.eigvals(W.toarray())).max()
        if not radius > 0:
            raise InvalidNetworkError(
                f"density is {density:g}, and this draw of {len(weight)} connections has no loop: its radius is 0, "
                "which no scaling changes; take more connections, another rng, or recipe='as drawn'"
            )
        W = W / radius
    name = f"sparse random, n = {n}, density {density:g}, gain {gain:g}, {recipe}"
    return LinearNetwork(W * gain if sparse else W.toarray() * gain, _first_unit(n), name=name)


def low_rank(n: int, *, rank: int = 1, gain: float = 0.9, feedforward: float = 1.0, rng) -> LinearNetwork:
    r"""W = M (g M + f U)', M and U (n, r) with 2 r random orthonormal columns; v = the first column of U.

    What points along column i of U is read, and written to column i of M with weight f; there it stays with gain g.
    Eigenvalues g, r times, and 0; singular values sqrt(g^2 + f^2); departure from normality f sqrt(r). J(0) = 1, J(k)
    = g^(2k-2) (1 - g^2) f^2 / (1 + f^2): J_tot = 1 + f^2 / (1 + f^2). No network of rank r, however strong, holds more
    than r + 1 of a unit input: memory is extensive only where the rank is. The form W = M N' is that of Mastrogiuseppe
    & Ostojic (2018), Neuron 99:609, with overlap M' N = g exactly.

    Parameters
    ----------
    rank
        r, at most n / 2.
    gain, feedforward
        g and f.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> import linmem as lm
    >>> round(lm.total_fisher_memory(low_rank(30, feedforward=2, rng=0)), 12)
    1.8
    """
    n, rank = whole_number("n", n), whole_number("rank", rank)
    gain, feedforward = number("gain", gain), number("feedforward", feedforward)
    if 2 * rank > n:
        raise InvalidNetworkError(f"rank is {rank}, but n = {n} units have room for at most {n // 2}: 2 rank <= n")
    columns = haar(n, generator(rng))[:, : 2 * rank]
    M, U = columns[:, :rank], columns[:, rank:]
    name = f"low rank, n = {n}, rank {rank}, gain {gain:g}, {feedforward:g} forward"
    return LinearNetwork(M @ (gain * M + feedforward * U).T, U[:, 0], name=name)


def in_random_basis(network, *, rng) -> LinearNetwork:
    r"""The same network in other coordinates: (R W R', R v, R Q R') with R a random rotation.

    J, J_tot, ||W^k||, singular values, departure from normality are all unchanged in exact arithmetic, and J^s turns
    with R. Rounding is not: the product is another matrix in the last bit, and where the network is strongly
    non-normal, another network. Hence a radius that was known by proof is known no more.

    Parameters
    ----------
    network
        A network in discrete or in continuous time, or a matrix; dense or sparse, not a stack.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> import linmem as lm
    >>> round(lm.total_fisher_memory(in_random_basis(lm.chain(4), rng=0)), 10) == round(25 / 12, 10)
    True
    """
    network = as_network(network)
    if network.stack_shape:
        raise InvalidNetworkError(
            f"network is a stack of shape {network.stack_shape}; turn one member at a time: "
            "in_random_basis(net.member(0), rng=0)"
        )
    R = haar(network.size, generator(rng))
    V = network.feedforward
    turned = {
        network.MATRIX: R @ network.dense() @ R.T,
        "feedforward": None if V is None else R @ V,
        "noise": _symmetric(R @ network.noise @ R.T) if network.noise_is_matrix else network.noise,
        "name": f"{network.name}, random basis".lstrip(", "),
        "labels": (),
        "known_abscissa" if isinstance(network, ContinuousNetwork) else "known_radius": None,
    }
    return replace(network, **turned)


def _is_rescaled(recipe) -> bool:
    if recipe not in RECIPES:
        raise InvalidNetworkError(f"recipe is {recipe!r}; it must be one of {', '.join(map(repr, RECIPES))}")
    return recipe == "rescaled"


def _chosen(count, probability, rng) -> np.ndarray:
    """Those of 0 ... count - 1 that are chosen, each with the same probability, in increasing order.

    The distances from one to the next are geometric: the work is that of the chosen ones, not of all.
    """
    expected = count * probability
    batch = int(expected + 6 * np.sqrt(expected) + 6)
    position = np.array([-1])
    while position[-1] < count:
        steps = np.minimum(rng.geometric(probability, batch), count + 1)  # a rare event's distance may not be an int64
        position = np.concatenate([position, position[-1] + np.cumsum(steps)])
    return position[1 : np.searchsorted(position, count)]


def _symmetric(Q):
    return (Q + Q.conj().T) / 2
