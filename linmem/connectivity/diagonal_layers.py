r"""Diagonal state-space layers as they are initialised: S4D, S5, LRU, and one channel of Mamba and of the RG-LRU.

Conventions
-----------
n is the number of real numbers in the state. Complex modes are half of conjugate pairs, as the layers store them. The
models are in continuous time, dx/dt = a x + b s; `step` is dt, and the discretisation has no default, as both are in
use: "zero-order hold", l = e^{a dt}, b (l - 1) / a, and "bilinear", l = (1 + a dt / 2) / (1 - a dt / 2),
b dt / (1 - a dt / 2). Under the zero-order hold modes that turn by more than half a circle in a step, dt |Im a| > pi,
look like slower ones: the name of the network says how many are aliased so. `noise_enters` is that of
`DiagonalNetwork`.

Contents
--------
s4d_lin, s4d_inv, s4d_legs
    S4D, with the three spectra of its paper.
s5_legs
    S5: the spectrum of S4D-LegS, shared by several inputs.
lru
    The linear recurrent unit.
mamba_channel
    One channel of Mamba, with a step that does not change.
rg_lru
    The real-gated linear recurrent unit, with a gate that does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from linmem.connectivity.construction import number_sequence
from linmem.connectivity.randomness import RandomSource, generator
from linmem.diagonal_network import DiagonalNetwork
from linmem.errors import ArgumentError
from linmem.linalg.discretisation import METHODS, is_aliased, modes_in_steps
from linmem.validation import number, option, whole_number

SHARPNESS = 8.0  # c of the RG-LRU


def s4d_lin(n: int, *, step: float, discretisation: str, noise_enters: str) -> DiagonalNetwork:
    r"""S4D-Lin: one channel with the eigenvalues a_k = -1/2 + i pi k, k = 0 ... n/2 - 1, and b = 1.

    Gu, Gupta, Goel & Re (2022), NeurIPS 35, eq. 9. The first mode is real and its own conjugate, so that there are n -
    1 different modes.

    Parameters
    ----------
    n
        Even; twice the number of stored modes.
    step
        dt > 0.
    discretisation
        "zero-order hold" or "bilinear".
    noise_enters
        "state" or "input".

    Examples
    --------
    >>> net = s4d_lin(4, step=0.1, discretisation="zero-order hold", noise_enters="input")
    >>> net.size, net.name
    (3, 'S4D-Lin, n = 4, step 0.1, zero-order hold')
    """
    k = np.arange(_pairs(n))
    return _layer("S4D-Lin", n, -0.5 + 1j * np.pi * k, np.ones(len(k)), step, discretisation, noise_enters)


def s4d_inv(n: int, *, step: float, discretisation: str, noise_enters: str) -> DiagonalNetwork:
    r"""S4D-Inv: one channel with the eigenvalues a_k = -1/2 + i (n / pi) (n / (2 k + 1) - 1), k < n/2, and b = 1.

    Gu, Gupta, Goel & Re (2022), NeurIPS 35, eq. 8: near the spectrum of S4D-LegS. Parameters as of `s4d_lin`.

    Examples
    --------
    >>> net = s4d_inv(64, step=0.1, discretisation="zero-order hold", noise_enters="input")
    >>> net.name
    'S4D-Inv, n = 64, step 0.1, zero-order hold, 26 of 64 modes aliased'
    """
    k = np.arange(_pairs(n))
    a = -0.5 + 1j * n / np.pi * (n / (2 * k + 1) - 1)
    return _layer("S4D-Inv", n, a, np.ones(len(k)), step, discretisation, noise_enters)


def s4d_legs(n: int, *, step: float, discretisation: str, noise_enters: str) -> DiagonalNetwork:
    r"""S4D-LegS: one channel with the eigenvalues of the normal part of HiPPO-LegS, and b = 1.

    A + p p' of `hippo_legs`, p_i = sqrt(i + 1/2), is -1/2 + a skew-symmetric matrix: its eigenvectors are
    orthogonal, where those of A itself are of no use. Gu, Gupta, Goel & Re (2022), NeurIPS 35, eq. 7 and
    section 3.3. Parameters as of `s4d_lin`.

    Examples
    --------
    >>> s4d_legs(2, step=0.1, discretisation="bilinear", noise_enters="state").eigenvalues.round(6)
    array([0.947743+0.082283j])
    """
    a, _ = _normal_part_of_legs(n)
    return _layer("S4D-LegS", n, a, np.ones(len(a)), step, discretisation, noise_enters)


def s5_legs(
    n: int, *, step: float, discretisation: str, noise_enters: str, inputs: int = 1, rng: RandomSource
) -> DiagonalNetwork:
    r"""S5: the spectrum of `s4d_legs`, shared by all inputs, with random input weights in those coordinates.

    B = V* G before it is held, V the unit eigenvectors of the normal part of HiPPO-LegS and G Gaussian, (n, inputs), of
    variance 1 / n, as `lecun_normal` draws it in the published code (there cut off at two standard deviations). Smith,
    Warrington & Linderman (2023), ICLR, sections 3.2 and 4.3, with one block and one step for all modes.

    Parameters
    ----------
    n, step, discretisation, noise_enters
        As of `s4d_lin`.
    inputs
        The number of inputs; one is a vector.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> net = s5_legs(8, step=0.01, discretisation="zero-order hold", noise_enters="state", inputs=2, rng=0)
    >>> net.size, net.feedforward.shape
    (8, (4, 2))
    """
    a, vectors = _normal_part_of_legs(n)
    inputs = whole_number("inputs", inputs)
    G = generator(rng).standard_normal((n, inputs)) / np.sqrt(n)
    B = vectors.conj().T @ G
    return _layer("S5", n, a, B[:, 0] if inputs == 1 else B, step, discretisation, noise_enters)


def lru(
    n: int,
    *,
    ring: Sequence[float] = (0.0, 1.0),
    phase: float = 2 * np.pi,
    inputs: int = 1,
    noise_enters: str,
    rng: RandomSource,
) -> DiagonalNetwork:
    r"""Linear recurrent unit: eigenvalues uniform in a ring, and B = sqrt(1 - |l|^2) G. In discrete time.

    |l|^2 is uniform between r_min^2 and r_max^2, the phase between 0 and `phase`; the parts of G are Gaussian of
    variance 1 / (2 inputs). Orvieto et al. (2023), ICML, lemma 3.2 and section 3.4.

    Parameters
    ----------
    n
        Even; twice the number of stored modes.
    ring
        (r_min, r_max), from 0 to 1.
    phase
        The largest phase, above 0 and up to 2 pi.
    inputs
        The number of inputs; one is a vector.
    noise_enters
        "state" or "input".
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> net = lru(64, ring=(0.9, 0.999), noise_enters="state", rng=0)
    >>> net.size, bool(0.9 <= net.radius.value <= 0.999)
    (64, True)
    """
    half, inputs = _pairs(n), whole_number("inputs", inputs)
    inner, outer = _ring(ring)
    phase = number("phase", phase, above=0)
    if phase > 2 * np.pi:
        raise ArgumentError(f"phase is {phase!r}; it must be at most 2 pi, a whole circle")
    draw = generator(rng)
    squares = draw.uniform(inner**2, outer**2, half)
    eigenvalues = np.sqrt(squares) * np.exp(1j * draw.uniform(0, phase, half))
    parts = draw.standard_normal((2, half, inputs)) / np.sqrt(2 * inputs)
    B = np.sqrt(1 - squares)[:, None] * (parts[0] + 1j * parts[1])
    name = f"LRU, n = {n}, ring {inner:g} to {outer:g}, phase up to {phase:.3g}"
    return _network(eigenvalues, B[:, 0] if inputs == 1 else B, noise_enters, name)


def mamba_channel(n: int = 16, *, step: float, noise_enters: str) -> DiagonalNetwork:
    r"""One channel of Mamba with a step that does not change: a = -1, -2, ..., -n; l = e^{a dt}, b = dt.

    In Mamba dt and b are made of the input at every step (see `SelectiveSSM`). A is discretised by the zero-order hold
    and b by Euler's method, as its code does. Gu & Dao (2023), section 3.5.2: S4D-Real, n = 16, dt from .001 to .1.

    Parameters
    ----------
    n
        The number of modes.
    step
        dt > 0.
    noise_enters
        "state" or "input".

    Examples
    --------
    >>> mamba_channel(2, step=0.1, noise_enters="state").eigenvalues.round(3)
    array([0.905, 0.819])
    """
    n, step = whole_number("n", n), number("step", step, above=0)
    eigenvalues = np.exp(-step * np.arange(1, n + 1))
    return _network(eigenvalues, np.full(n, step), noise_enters, f"Mamba, one channel, n = {n}, step {step:g}")


def rg_lru(
    n: int, *, gate: float, ring: Sequence[float] = (0.9, 0.999), noise_enters: str, rng: RandomSource
) -> DiagonalNetwork:
    r"""Real-gated linear recurrent units whose gate does not change: l = a^(8 gate), b = sqrt(1 - l^2).

    n units side by side, with one input to all of them. The published code draws a^2 uniform between the squares of
    the ring (`rnn_param_init` of RecurrentGemma), where its paper says this of a^8. In the layer the gate is that of
    the input at every step (see `RGLRUCell`), and 1/2 before training. De et al. (2024), Griffin, eqs 1-4 and
    section 2.4.

    Parameters
    ----------
    n
        The number of units.
    gate
        The recurrence gate r, above 0 and up to 1: without a default, as the input makes it.
    ring
        The smallest and the largest a.
    noise_enters
        "state" or "input".
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> net = rg_lru(100, gate=0.5, noise_enters="state", rng=0)
    >>> bool(0.9**4 <= net.eigenvalues.min() <= net.radius.value <= 0.999**4)
    True
    """
    n, gate = whole_number("n", n), number("gate", gate, above=0)
    if gate > 1:
        raise ArgumentError(f"gate is {gate!r}; it must be at most 1, the largest value of a logistic function")
    inner, outer = _ring(ring)
    logarithms = np.log(generator(rng).uniform(inner**2, outer**2, n)) / 2
    exponents = SHARPNESS * gate * logarithms
    b = np.sqrt(-np.expm1(2 * exponents))
    return _network(np.exp(exponents), b, noise_enters, f"RG-LRU, n = {n}, gate {gate:g}")


def _pairs(n: Any) -> int:
    """n / 2 of an even n."""
    n = whole_number("n", n, at_least=2)
    if n % 2:
        raise ArgumentError(f"n is {n}; it must be even: the state holds conjugate pairs")
    return n // 2


def _ring(ring: Any) -> tuple[float, float]:
    radii = number_sequence("ring", ring)
    if len(radii) != 2 or np.iscomplexobj(radii) or not 0 <= radii[0] < radii[1] <= 1:
        raise ArgumentError(f"ring is {ring!r}; it must hold two radii, 0 <= r_min < r_max <= 1")
    return float(radii[0]), float(radii[1])


def _normal_part_of_legs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues above the real axis of the normal part of HiPPO-LegS, (n/2,), and the eigenvectors, (n, n/2)."""
    half = _pairs(n)
    i = np.arange(n)
    p = np.sqrt(i + 0.5)
    below = np.tril(np.outer(p, p), -1)
    # i (skew-symmetric) is Hermitian, with eigenvalues in pairs of both signs
    frequencies, vectors = np.linalg.eigh(1j * (below - below.T))
    return -0.5 + 1j * frequencies[half:], vectors[:, half:]


def _layer(
    kind: str, n: int, a: np.ndarray, b: np.ndarray, step: Any, discretisation: Any, noise_enters: str
) -> DiagonalNetwork:
    """The network of a model in continuous time."""
    dt = number("step", step, above=0)
    method = option("discretisation", discretisation, METHODS)
    column = a if b.ndim == 1 else a[:, None]
    eigenvalues, weights = modes_in_steps(column, b, dt, method)
    name = f"{kind}, n = {n}, step {dt:g}, {method}"
    aliased = int(np.sum(1 + (a.imag > 0), where=is_aliased(a, dt, method)))  # with their conjugates
    name += f", {aliased} of {len(a) + np.count_nonzero(a.imag)} modes aliased" if aliased else ""
    return _network(eigenvalues.reshape(len(a)), weights, noise_enters, name)


def _network(eigenvalues: np.ndarray, b: np.ndarray, noise_enters: str, name: str) -> DiagonalNetwork:
    return DiagonalNetwork(eigenvalues, b, noise_enters=noise_enters, conjugates="implied", name=name)
