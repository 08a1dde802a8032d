r"""Reservoirs: the random recurrent networks of echo state networks, linearised at rest.

Contents
--------
echo_state
    A leaky echo state network with tanh units, near the state 0.
"""

from __future__ import annotations

import numpy as np

from linmem.balls.scaling import scaled_to_radius
from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE, spectral_radius
from linmem.network import LinearNetwork
from linmem.validation import number, whole_number


def echo_state(
    n: int,
    *,
    radius: float = 0.9,
    leak: float = 1.0,
    connectivity: float = 0.1,
    input_scaling: float = 1.0,
    rng: RandomSource,
) -> LinearNetwork:
    r"""Echo state network (reservoir) at rest: W = (1 - a) I + a W_res, v = a w_in, a the leak.

    The leaky echo state network h_t = (1 - a) h_{t-1} + a tanh(W_res h_{t-1} + w_in s_t) has these weights near h = 0
    (Jaeger et al. 2007, Neural Networks 20:335, eq. 1, with a = `leak`; Lukosevicius 2012, section 3.2). Its noise is
    added to the state after each step. Eigenvalues of W are 1 - a + a lambda, for the eigenvalues lambda of W_res.

    Parameters
    ----------
    n
        Number of units, at most 6000, as the radius is computed.
    radius
        The spectral radius of W_res, not of W: as `sr` of reservoirpy.
    leak
        a, 0 < a <= 1, as `lr` of reservoirpy: 1 for units without a leak.
    connectivity
        The probability with which each of the n^2 weights of W_res exists; those that do are Gaussian, then scaled.
    input_scaling
        w_in is uniform between -input_scaling and input_scaling, and dense. (reservoirpy's default is +-1, and a tenth
        of the units.)
    rng
        A seed or a `numpy.random.Generator`.

    Raises
    ------
    ArgumentError
        Also if a draw has radius 0, because its connections form no loop.

    Examples
    --------
    >>> net = echo_state(100, radius=0.9, leak=0.3, rng=0)
    >>> bool(net.radius.value <= 1 - 0.3 + 0.3 * 0.9 + 1e-12)
    True
    """
    n = whole_number("n", n)
    radius = number("radius", radius, above=0)
    leak = _share("leak", leak)
    connectivity = _share("connectivity", connectivity)
    input_scaling = number("input_scaling", input_scaling, above=0)
    if n > LARGEST_DENSE:
        raise ArgumentError(f"n is {n}; the radius of more than {LARGEST_DENSE} units is not computed")
    draw = generator(rng)
    weights = draw.normal(size=(n, n)) * (draw.random(size=(n, n)) < connectivity)
    own = spectral_radius(weights)
    if own.upper == 0:
        raise ArgumentError(
            f"connectivity is {connectivity:g}, and the weights that were drawn form no loop: their radius is 0; "
            "take more units, a larger connectivity, or another rng"
        )
    reservoir = scaled_to_radius(weights, own, radius, 1e-6)
    W = (1 - leak) * np.eye(n) + leak * reservoir
    v = leak * draw.uniform(-input_scaling, input_scaling, size=n)
    name = f"echo state, n = {n}, radius {radius:g}, leak {leak:g}, connectivity {connectivity:g}"
    return LinearNetwork(W, v, name=name)


def _share(argument: str, value: float) -> float:
    share = number(argument, value, above=0)
    if share > 1:
        raise ArgumentError(f"{argument} is {value!r}; it must be at most 1")
    return share
