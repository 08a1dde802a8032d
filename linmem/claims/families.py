"""Families: the networks on which claims are checked where no others are given.

Every family is small and reproducible, and made of different kinds: normal and not, weak and strong, random and
regular. Networks that lack a hypothesis serve in controls. All networks that are random have a seed.

Contents
--------
real, stable, normal, symmetric, contractions
    Networks that meet a condition.
sharp
    Networks of two units on which inequalities are equalities.
non_normal, amplifying
    Networks that are far from normal; networks whose transients grow.
coloured, loud, several_inputs, unstable
    Networks that lack a hypothesis.
continuous, continuous_normal
    Networks in continuous time.
of_steps, several_steps, with_uncertain_start
    Networks whose weights and noise change from step to step; those whose start is uncertain.
chains_of_steps, with_a_unit_without_noise
    Chains whose links change; networks with a unit that no noise reaches.
amplifying_then_contracting, of_equal_halves, with_a_silent_last_step
    Networks of steps that lack a hypothesis.
hurwitz, complex_gaussian, correlated
    A Gaussian drift; a complex network; a covariance of correlated noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

import linmem as lm
from linmem.connectivity.normal import haar
from linmem.network import ContinuousNetwork, LinearNetwork
from linmem.running.time_varying_network import TimeVaryingNetwork


def real() -> Iterator[LinearNetwork]:
    """Stable real networks with one unit input and white noise of variance 1."""
    yield from non_normal()
    yield from sharp()
    yield lm.chain(30, gain=0.9)
    yield lm.fan_out_tree(4)
    yield lm.random_orthogonal(10, gain=0.95, rng=2)
    yield lm.symmetric_wigner(12, gain=0.9, rng=3)


def sharp() -> Iterator[LinearNetwork]:
    """Two units: chains attain bounds of memory, where they are strong all of N; both attain those of the departure."""
    yield lm.chain(2)
    yield lm.chain(2, gain=100)
    yield LinearNetwork([[0.6, 0.5], [0, -0.6]], [0, 1], name="[[.6, .5], [0, -.6]]")


def stable() -> Iterator[LinearNetwork]:
    """The real networks, and a complex one."""
    yield from real()
    yield complex_gaussian(7, 0.9, seed=4)


def non_normal() -> Iterator[LinearNetwork]:
    """Networks far from normal: Gaussian, sequential, sequential in a random basis, defective."""
    for n, gain in [(2, 0.6), (5, 0.9), (20, 0.99), (60, 0.9)]:
        yield lm.ginibre(n, gain=gain, rng=n)
    yield lm.in_random_basis(lm.chain(12, gain=1.2), rng=1)
    yield lm.jordan(6, eigenvalue=0.5)
    yield from amplifying()


def amplifying() -> Iterator[LinearNetwork]:
    """Networks that amplify their input before it fades."""
    yield lm.chain(8, gain=1.3)
    yield lm.feedback_chain(30, feedforward=0.9, feedback=0.2)


def normal() -> Iterator[LinearNetwork]:
    """Normal networks, exactly or up to a few roundings; real and complex."""
    yield lm.identity(5, gain=0.8)
    yield lm.ring(24, gain=0.98)
    yield lm.lattice(5, dimensions=2, gain=0.95)
    yield lm.random_orthogonal(10, gain=0.95, rng=2)
    yield from symmetric()
    for n, seed in [(9, 5), (40, 6)]:
        yield lm.random_normal(n, gain=0.97, rng=seed)
    yield lm.random_normal(8, gain=0.9, real=False, rng=7)


def symmetric() -> Iterator[LinearNetwork]:
    """Symmetric networks."""
    for n, gain, seed in [(3, 0.5, 8), (12, 0.9, 3), (40, 0.99, 9)]:
        yield lm.symmetric_wigner(n, gain=gain, rng=seed)


def contractions() -> Iterator[LinearNetwork]:
    """Networks with a spectral norm below 1; a weak chain is near the bound of its memory."""
    yield lm.chain(2, gain=0.05)
    for net in real():
        norm = np.linalg.norm(net.dense(), 2)
        yield replace(net, recurrent=net.recurrent * min(1, 0.9 / norm))


def coloured() -> Iterator[LinearNetwork]:
    """Real networks whose noise is correlated and of unequal variance."""
    for net in (lm.chain(8, gain=1.3), lm.ginibre(12, gain=0.9, rng=11), lm.random_orthogonal(6, gain=0.9, rng=12)):
        yield replace(net, noise=correlated(net.size, seed=net.size), name=f"{net.name}, coloured noise")


def correlated(n: int, *, seed: int) -> np.ndarray:
    """A covariance with variances from .1 to 4 along random axes, (n, n)."""
    axes = haar(n, np.random.default_rng(seed))
    Q = axes * np.geomspace(0.1, 4, n) @ axes.T
    return (Q + Q.T) / 2


def loud() -> Iterator[LinearNetwork]:
    """Networks with inputs of norm 10."""
    for net in amplifying():
        yield replace(net, feedforward=10 * net.feedforward, name=f"{net.name}, loud input")


def several_inputs(*, orthonormal: bool = True) -> Iterator[LinearNetwork]:
    """Networks with three inputs, in orthogonal directions or three times in the same one."""
    for net in (lm.ginibre(12, gain=0.9, rng=11), lm.chain(9, gain=1.2), lm.symmetric_wigner(12, gain=0.9, rng=3)):
        columns = np.eye(net.size)[:, :3] if orthonormal else np.full((net.size, 3), 3 / np.sqrt(net.size))
        yield replace(net, feedforward=columns, name=f"{net.name}, three inputs")


def unstable() -> Iterator[LinearNetwork]:
    """Networks without a stationary state."""
    yield lm.random_orthogonal(6, gain=1.0, rng=2)
    yield lm.ginibre(8, gain=1.2, rng=13)


def continuous() -> Iterator[ContinuousNetwork]:
    """Networks in continuous time: stable, real, with one unit input and white noise of variance 1."""
    for n, seed in [(1, 0), (3, 1), (6, 2), (12, 3)]:
        yield hurwitz(n, seed=seed)
    yield lm.leaky_chain(8, weight=2.0)
    for net in (lm.balanced_amplification(), lm.lmu(6), lm.hippo_legt(6)):
        yield replace(net, feedforward=net.feedforward / np.linalg.norm(net.feedforward))


def continuous_normal() -> Iterator[ContinuousNetwork]:
    """Normal drifts: symmetric ones, and one with rotations."""
    for net in (*symmetric(), lm.random_normal(9, gain=0.97, rng=5)):
        yield ContinuousNetwork(
            net.recurrent - np.eye(net.size),
            net.feedforward / np.linalg.norm(net.feedforward),
            name=f"{net.name}, leaky",
        )


def of_steps() -> Iterator[TimeVaryingNetwork]:
    """Several steps, and one step that attains bounds."""
    yield lm.TimeVaryingNetwork(np.zeros((1, 2, 2)), [[1.0, 0.0]], np.diag([0.5, 2.0]), name="one step")
    yield from several_steps()


def several_steps() -> Iterator[TimeVaryingNetwork]:
    """Steps with weights and noise of their own, and steps along the path of a cell."""
    yield gaussian_steps(4, 12, gain=0.9, seed=0)
    yield gaussian_steps(7, 20, gain=1.3, seed=1, inputs=3)
    yield _path_of_a_cell(8, 15)
    yield from with_uncertain_start()
    yield from amplifying_then_contracting()


def with_uncertain_start() -> Iterator[TimeVaryingNetwork]:
    """Networks of steps that begin in a random state."""
    for net in (gaussian_steps(3, 6, gain=1.0, seed=2), gaussian_steps(6, 9, gain=1.1, seed=3)):
        yield replace(net, initial_covariance=correlated(net.size, seed=9), name=f"{net.name}, uncertain start")


def gaussian_steps(n: int, steps: int, *, gain: float, seed: int, inputs: int | None = None) -> TimeVaryingNetwork:
    """Gaussian weights, correlated noise and Gaussian inputs, others at every step."""
    rng = np.random.default_rng(seed)
    A = gain * rng.standard_normal((steps, n, n)) / np.sqrt(n)
    B = rng.standard_normal((steps, n) if inputs is None else (steps, n, inputs))
    Q = np.array([correlated(n, seed=seed + t) for t in range(steps)])
    return lm.TimeVaryingNetwork(A, B, Q, name=f"{steps} Gaussian steps, N = {n}")


def _path_of_a_cell(n: int, steps: int) -> TimeVaryingNetwork:
    """The Jacobians of a tanh cell along a random input."""
    rng = np.random.default_rng(4)
    cell = lm.RNNCell(1.5 * rng.standard_normal((n, n)) / np.sqrt(n), rng.standard_normal((n, 1)))
    A, B = lm.trajectory(cell, rng.standard_normal(steps)).jacobians()
    return lm.TimeVaryingNetwork(A, B[..., 0], name=f"path of a tanh cell, N = {n}")


def amplifying_then_contracting() -> Iterator[TimeVaryingNetwork]:
    """Steps that amplify, then steps that contract: the inputs before them outgrow the noise of the later ones."""
    for n, factor, seed in [(3, 3.0, 0), (5, 10.0, 1)]:
        rng = np.random.default_rng(seed)
        A = np.array([haar(n, rng) * scale for scale in [factor] * 3 + [1 / factor] * 3])
        yield lm.TimeVaryingNetwork(A, np.tile(np.eye(n)[0], (6, 1)), name=f"amplify by {factor:g}, then contract")


def of_equal_halves() -> Iterator[TimeVaryingNetwork]:
    """Networks whose two halves have nearly the same state: what they know is nearly the same."""
    for n in (1, 3):
        net = gaussian_steps(n, 8, gain=0.9, seed=n)
        A, B = np.kron(np.eye(2), net.recurrent), np.tile(net.feedforward, 2)
        Q = np.kron([[1.0, 0.99], [0.99, 1.0]], net.noise)
        yield lm.TimeVaryingNetwork(A, B, Q, name=f"equal halves of {n} units")


def with_a_silent_last_step() -> Iterator[TimeVaryingNetwork]:
    """Networks of steps whose last one contracts the state and adds no noise, so that only gradients vanish."""
    for n in (2, 5):
        net = gaussian_steps(n, 8, gain=1.0, seed=n)
        A, Q = net.recurrent.copy(), net.noise.copy()
        A[-1], Q[-1] = 1e-6 * np.eye(n), 0.0
        yield replace(net, recurrent=A, noise=Q, name=f"silent last step, N = {n}")


def chains_of_steps() -> Iterator[TimeVaryingNetwork]:
    """Chains driven at their first unit: links of 1, links of 1/2 before links of 2 and after them, changing links."""
    rng = np.random.default_rng(6)
    half = np.repeat([0.5, 2.0], 6)
    links = {
        "1": np.ones((12, 7)),
        "1/2, then 2": np.tile(half, (13, 1)),
        "2, then 1/2": np.tile(half[::-1], (13, 1)),
        "random links": rng.uniform(0.3, 1.8, (9, 9)),
    }
    for name, weights in links.items():
        steps, n = len(weights), weights.shape[1] + 1
        A = np.array([np.diag(row, -1) for row in weights])
        yield lm.TimeVaryingNetwork(A, np.tile(np.eye(n)[0], (steps, 1)), name=f"chain of steps, {name}")


def with_a_unit_without_noise() -> Iterator[TimeVaryingNetwork]:
    """Networks of steps whose first unit has no noise, and no other unit leads to it."""
    for n in (2, 6):
        net = gaussian_steps(n, 7, gain=0.9, seed=n)
        A, Q = net.recurrent.copy(), np.eye(n)
        A[:, 0], Q[0, 0] = 0.0, 0.0
        yield replace(net, recurrent=A, noise=Q, name=f"a unit without noise, N = {n}")


def hurwitz(n: int, *, seed: int, abscissa: float = -0.3) -> ContinuousNetwork:
    """A Gaussian drift, shifted so that its spectral abscissa is `abscissa`."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n)) / np.sqrt(n)
    v = rng.standard_normal(n)
    shift = abscissa - np.linalg.eigvals(A).real.max()
    return ContinuousNetwork(A + shift * np.eye(n), v / np.linalg.norm(v), name=f"Gaussian drift, n = {n}")


def complex_gaussian(n: int, radius: float, *, seed: int) -> LinearNetwork:
    """A complex Gaussian network with a complex unit input."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n))
    v = rng.standard_normal(n) + 1j * rng.standard_normal(n)
    largest = np.abs(np.linalg.eigvals(W)).max()
    return LinearNetwork(W * (radius / largest), v / np.linalg.norm(v), name=f"complex Gaussian, N = {n}")
