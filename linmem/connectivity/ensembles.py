r"""Random networks, and networks seen through a random rotation.

Contents
--------
ginibre
    Independent Gaussian weights.
hidden
    Any network in coordinates in which its structure cannot be seen.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from linmem.connectivity.chains import _first_unit
from linmem.connectivity.normal import haar
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.network import LinearNetwork, as_network, number, whole_number

RECIPES = ("rescaled", "as drawn")


def ginibre(n: int, *, gain: float = 0.95, recipe: str = "rescaled", rng) -> LinearNetwork:
    r"""Independent weights W_ij ~ N(0, g^2 / n), v = e_1.

    Eigenvalues fill the disc of radius g as n grows, but at finite n the radius scatters: of draws at g^2 = 0.99, n =
    100 only about one in seven is stable. `recipe` says what is done: "rescaled" scales each draw to radius g
    exactly, "as drawn" leaves it. The total memory of a random unit input is 1 on average (trace(J^s) / n = 1); that
    of the optimal input is about 3.5 at g^2 = 0.99, n = 100, rescaled. Ganguli, Huh & Sompolinsky (2008), Fig 3, who
    do not say which.

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
    if recipe not in RECIPES:
        raise InvalidNetworkError(f"recipe is {recipe!r}; it must be one of {', '.join(map(repr, RECIPES))}")
    W = generator(rng).standard_normal((n, n)) / np.sqrt(n)
    scale = 1.0 if recipe == "as drawn" else 1 / np.abs(np.linalg.eigvals(W)).max()
    return LinearNetwork(W * (gain * scale), _first_unit(n), name=f"Ginibre, n = {n}, gain {gain:g}, {recipe}")


def hidden(network, *, rng) -> LinearNetwork:
    r"""The same network in other coordinates: (R W R', R v, R Q R') with R a random rotation.

    J, J_tot, ||W^k||, singular values, departure from normality are all unchanged in exact arithmetic, and J^s turns
    with R. Rounding is not: the product is another matrix in the last bit, and where the network is strongly
    non-normal, another network. Hence a radius that was known by proof is known no more.

    Parameters
    ----------
    network
        A network, or a matrix; dense or sparse, not a stack.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> import linmem as lm
    >>> round(lm.total_fisher_memory(hidden(lm.chain(4), rng=0)), 10) == round(25 / 12, 10)
    True
    """
    network = as_network(network)
    if network.stack_shape:
        raise InvalidNetworkError(
            f"network is a stack of shape {network.stack_shape}; hide one member at a time: hidden(net.member(0), "
            "rng=0)"
        )
    R = haar(network.size, generator(rng))
    V = network.feedforward
    return replace(
        network,
        recurrent=R @ network.dense() @ R.T,
        feedforward=None if V is None else R @ V,
        noise=_symmetric(R @ network.noise @ R.T) if network.noise_is_matrix else network.noise,
        name=f"hidden {network.name}".strip(),
        labels=(),
        known_radius=None,
    )


def _symmetric(Q):
    return (Q + Q.conj().T) / 2
