"""Claims I1 to I4: diagonal networks, with noise in the state and in the input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import DIAGONAL, EFFECTIVE_MODES, INPUT_NOISE, ONE_INPUT, STABLE, STATE_NOISE
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import curve, total
from linmem.diagonal_network import DiagonalNetwork
from linmem.network import LinearNetwork, Network

OF_INPUT_NOISE = (DIAGONAL, STABLE, INPUT_NOISE, ONE_INPUT, EFFECTIVE_MODES)
LITTLE = 1e-12  # of noise in the state, beside that of the input
ALL_LAGS = 600  # the radius of the families is at most 0.95: what is left after them is below 1e-25 of N


def with_noise_in_the_state() -> Iterator[DiagonalNetwork]:
    """Real modes, halves of conjugate pairs, and complex modes without their conjugates; a layer with aliased modes."""
    for n, conjugates in [(1, None), (3, None), (5, "implied"), (6, "listed")]:
        yield random_modes(n, conjugates, seed=n)
    layer = lm.s4d_lin(16, step=0.3, discretisation="zero-order hold", noise_enters="state")
    yield replace(layer, feedforward=np.ones(8), noise=0.25)


def with_noise_in_the_input() -> Iterator[DiagonalNetwork]:
    """The same, with noise in the input; and a mode that forgets at once, for which J(0) is 1."""
    for net in with_noise_in_the_state():
        yield replace(net, noise_enters="input")
    yield DiagonalNetwork([0.0, 0.5], [1.0, 1.0], noise_enters="input", name="eigenvalues 0 and 1/2")


def random_modes(n: int, conjugates: str | None, *, seed: int, inputs: int | None = None) -> DiagonalNetwork:
    """Eigenvalues in a ring and random input weights, of which the first are real."""
    rng = np.random.default_rng(seed)
    eigenvalues, B = rng.uniform(0.3, 0.95, n), rng.integers(8, 32, n if inputs is None else (n, inputs)) / 16
    name = f"{n} random modes"
    if conjugates is not None:
        eigenvalues = eigenvalues * np.exp(1j * np.pi * rng.uniform(0.02, 0.98, n) * (np.arange(n) > 0))
        B = B + 1j * rng.integers(-32, 32, n) / 16 * (np.arange(n) > 0)
        name = f"{name}, conjugates {conjugates}"
    return DiagonalNetwork(eigenvalues, B, noise_enters="state", conjugates=conjugates, name=name)


def _with_correlated_noise() -> Iterator[DiagonalNetwork]:
    for net in with_noise_in_the_state():
        if net.size > 1:
            yield replace(net, noise=families.correlated(net.size, seed=1))


@claim(
    "I1",
    source="re-derived; GHS, eqs 4 and 5, in the coordinates of the modes",
    conditions=(DIAGONAL, STABLE, STATE_NOISE, ONE_INPUT),
    family=with_noise_in_the_state,
)
def diagonal_memory_is_the_square_of_its_input(net: Network) -> Findings:
    """With independent noise in the numbers of the state, a diagonal network holds |b|^2, whatever its eigenvalues.

    eps J(k) = sum_i |b_i|^2 |l_i|^2k (1 - |l_i|^2), eps J_tot = |b|^2

    It is a normal network. The eigenvalues of a state-space layer only spread its memory over the lags; b is that of
    discrete time, after the discretisation, and the noise is that of the stored numbers.
    """
    squares = np.abs(net.columns()[:, 0]) ** 2
    yield equal("the total", total(net), squares.sum())
    yield equal("the sum over all lags", _sum_over_all_lags(net), squares.sum())
    if isinstance(net, DiagonalNetwork):
        moduli = np.abs(net.eigenvalues) ** 2
        yield equal(
            "the curve",
            curve(net, 20),
            (np.abs(net.feedforward) ** 2 * (1 - moduli)) @ moduli[:, None] ** np.arange(20),
        )


def _sum_over_all_lags(net: Network) -> float:
    return float(np.sum(curve(net, ALL_LAGS)))


diagonal_memory_is_the_square_of_its_input.without("independent noise", _with_correlated_noise)
diagonal_memory_is_the_square_of_its_input.without(
    "a diagonal matrix", lambda: [lm.jordan(4, eigenvalue=0.5), lm.from_schur([0.5, 0.8], [[0.0, 0.4], [0.0, 0.0]])]
)


def _with_strong_input() -> Iterator[DiagonalNetwork]:
    for net in with_noise_in_the_state():
        yield replace(net, feedforward=9 * net.feedforward)


def _with_equal_eigenvalues() -> Iterator[DiagonalNetwork]:
    for net in with_noise_in_the_input():
        if net.eigenvalues.all() and len(net.eigenvalues) > 1:  # 0 takes nothing from a product
            own = net.eigenvalues.copy()
            own[-1] = own[-2]
            yield replace(net, eigenvalues=own)


@claim(
    "I2",
    source="re-derived; C is the controllability Gramian of the input",
    conditions=OF_INPUT_NOISE,
    family=with_noise_in_the_input,
)
def noise_in_the_input_leaves_as_many_as_modes(net: DiagonalNetwork) -> Findings:
    """With noise in its one input, a network of N different modes holds N, and the input weights do not count.

    Q = eps b b*: eps J_tot = N for every b without zeros, and J(k) depends on the eigenvalues alone

    J(k) is the squared length of the projection of the input k steps back onto all that the state determines.
    """
    yield equal("the total", total(net), float(net.size))
    yield equal("the sum over all lags", _sum_over_all_lags(net), float(net.size))
    other = replace(net, feedforward=net.feedforward * np.arange(2.0, 2 + len(net.eigenvalues)))
    noisy = _with_little_noise(other)
    in_its_units = np.asarray(curve(noisy, 20)) * (net.noise_variance / noisy.noise_variance)
    yield equal("the curve of other input weights", in_its_units, curve(net, 20), tolerance=1e-4)


def _with_little_noise(net: DiagonalNetwork) -> DiagonalNetwork | LinearNetwork:
    """The network of W, with a little noise in the state beside that of the input, which makes its covariance regular.

    A network with noise in the state alone is returned as it is.
    """
    if not net.enters_with_input:
        return net
    noise = net.covariance + LITTLE * net.noise * np.eye(net.size)
    return replace(net, noise=noise, noise_enters="state").in_steps()


noise_in_the_input_leaves_as_many_as_modes.without("different eigenvalues", _with_equal_eigenvalues)
noise_in_the_input_leaves_as_many_as_modes.without("noise in the input", _with_strong_input)


@claim(
    "I3",
    source="re-derived",
    conditions=(DIAGONAL, STABLE, INPUT_NOISE, ONE_INPUT),
    family=with_noise_in_the_input,
)
def memory_of_a_noisy_input_is_a_share(net: DiagonalNetwork) -> Findings:
    """With noise in its one input, a network holds at each lag between none and all of what that input told.

    0 <= eps J(k) <= 1

    An input of signal s and noise of variance eps tells 1 / eps about s. An eigenvalue of 0 attains 1 at lag 0.
    """
    J = curve(net, 50)
    yield at_most("no lag has more than the input told", J, 1.0)
    yield at_least("none is negative", J, 0.0)


memory_of_a_noisy_input_is_a_share.without("noise in the input", _with_strong_input)


@memory_of_a_noisy_input_is_a_share.control(
    "the memories of two inputs are added",
    lambda: [replace(random_modes(n, None, seed=n, inputs=2), noise_enters="input") for n in (2, 6)],
)
def _(net: DiagonalNetwork) -> Findings:
    yield at_most("no lag has more than the input told", np.trace(curve(net, 1)[0]), 1.0)


@claim(
    "I4",
    source="re-derived",
    conditions=OF_INPUT_NOISE,
    family=with_noise_in_the_input,
)
def memory_of_the_newest_noisy_input(net: DiagonalNetwork) -> Findings:
    """With noise in its one input, what a network holds of the newest input lacks only the product of all |l|^2.

    eps J(0) = 1 - prod_i |l_i|^2

    A network of many modes inside the unit circle holds all of it but a share that falls exponentially with N: memory
    is spent on the newest inputs unless the eigenvalues are near the circle.
    """
    yield equal("the memory of the newest input", curve(net, 1)[0], 1 - np.prod(_moduli(net) ** 2))


memory_of_the_newest_noisy_input.without("different eigenvalues", _with_equal_eigenvalues)
memory_of_the_newest_noisy_input.without("noise in the input", _with_strong_input)


def _moduli(net: DiagonalNetwork) -> np.ndarray:
    """|l| of all modes, those of conjugates too."""
    own = np.abs(net.eigenvalues)
    return np.concatenate([own, own[net.modes.imaginary]])
