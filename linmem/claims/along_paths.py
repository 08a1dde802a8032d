"""Claims H1 to H6: memory along steps whose weights and noise change from one to the next.

Conventions
-----------
Phi_k = A_T ... A_{T-k+1}, and J_T(k) = B' Phi_k' C_T^-1 Phi_k B is taken after step T, of the input of step T - k.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import ANY_INPUT, REGULAR_NOISE, SEVERAL_STEPS, STEPS
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import measured
from linmem.connectivity.normal import haar
from linmem.network import LinearNetwork
from linmem.running.time_varying_network import TimeVaryingNetwork

MOST_STEPS = 60  # of a network with constant weights: more show nothing else


def _noise_of_steps(net: TimeVaryingNetwork) -> np.ndarray:
    """Q of every step, (T, N, N)."""
    Q = net.noise * np.eye(net.size) if np.ndim(net.noise) == 0 else net.noise
    return np.broadcast_to(Q, (len(net.recurrent), net.size, net.size))


def _factor(Q: np.ndarray) -> np.ndarray:
    """G with G G* = Q, from the eigenvectors."""
    variances, axes = sl.eigh(Q)
    return axes * np.sqrt(np.maximum(variances, 0))


@claim(
    "H1",
    source="re-derived: C_T is the sum of Phi Q Phi' over all steps",
    conditions=(STEPS, REGULAR_NOISE),
    family=families.of_steps,
)
def trace_of_all_memory_along_steps_is_n(net: TimeVaryingNetwork) -> Findings:
    """What the state knows about the noise of all steps, and about the start, adds up to the number of units.

    sum_k tr(Q_{T-k} Phi_k' C_T^-1 Phi_k) + tr(C_0 Phi_T' C_T^-1 Phi_T) = N

    Inputs whose weights are a factor of the noise have these traces as their memory. The start enters as an input of
    the first step.
    """
    yield from _trace(net, net.initial_covariance)


def _trace(net: TimeVaryingNetwork, start: np.ndarray | None) -> Findings:
    B = np.array([_factor(Q) for Q in _noise_of_steps(net)])
    if start is not None:
        of_start = np.zeros_like(B)
        of_start[0] = net.recurrent[0] @ _factor(start)
        B = np.concatenate([B, of_start], axis=2)
    J = measured(lm.fisher_memory_curve, replace(net, feedforward=B))
    yield equal(
        "the traces add up to the number of units",
        np.einsum("kaa->", J).real,
        net.size,
    )


@trace_of_all_memory_along_steps_is_n.control("the uncertain start is left out", families.with_uncertain_start)
def _(net: TimeVaryingNetwork) -> Findings:
    yield from _trace(net, None)


@claim(
    "H2",
    source="re-derived: data processing",
    conditions=(STEPS, SEVERAL_STEPS),
    family=families.several_steps,
    figures=("memory_at_all_ends",),
)
def a_step_adds_nothing_to_memory(net: TimeVaryingNetwork) -> Findings:
    """No step adds to what the state knows about an input: its memory falls, in the order of positive matrices.

    J_{T+1}(k+1) <= J_T(k), since A' (A C A' + Q)^-1 A <= C^-1

    This compares one input after two steps. Of two inputs after one step, the older may be known better.
    """
    J, error = _at_all_ends(net)
    yield at_least(
        "the fall of each input has no negative eigenvalue",
        np.linalg.eigvalsh(_stack(J[t, : t + 1] - J[t + 1, 1 : t + 2] for t in range(len(J) - 1)))[:, 0],
        0,
        error=error,
    )


def _at_all_ends(net: TimeVaryingNetwork) -> tuple[np.ndarray, float]:
    """J_t(k), (T, T, d, d), nan before the first step, and its largest error."""
    J = measured(lm.fisher_memory_curve, net, len(net.recurrent), at="all")
    values = np.asarray(J)
    return (values if values.ndim == 4 else values[..., None, None]), float(np.nanmax(J.error))


def _stack(arrays: Iterator[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(arrays))


@a_step_adds_nothing_to_memory.control("an older input after the same step", families.amplifying_then_contracting)
def _(net: TimeVaryingNetwork) -> Findings:
    J, error = _at_all_ends(net)
    yield at_least(
        "the older input is known less",
        np.linalg.eigvalsh(_stack(J[t, :t] - J[t, 1 : t + 1] for t in range(1, len(J))))[:, 0],
        0,
        error=error,
    )


@claim("H3", source="re-derived", conditions=(STEPS,), family=families.of_steps)
def coordinates_of_each_step_change_nothing(net: TimeVaryingNetwork) -> Findings:
    """Memory does not depend on the coordinates of the state, though they may be others after every step.

    x~_t = R_t x_t: A~_t = R_t A_t R_{t-1}^-1, B~_t = R_t B_t, Q~_t = R_t Q_t R_t' have the same J_T(k)
    """
    yield from _in_coordinates(net, shift=1)


def _in_coordinates(net: TimeVaryingNetwork, shift: int) -> Findings:
    """The curve with A~_t = R_t A_t R_{t-shift}^-1."""
    rng = np.random.default_rng(5)
    steps, n = net.recurrent.shape[:2]
    axes = np.array([haar(n, rng) for _ in range(steps + 1)])
    sizes = rng.uniform(0.5, 2, (steps + 1, n))
    R, inverse = axes * sizes[:, None], np.swapaxes(axes, 1, 2) / sizes[..., None]
    B = net.feedforward if net.feedforward_is_matrix else net.feedforward[..., None]
    Q = R[1:] @ _noise_of_steps(net) @ np.swapaxes(R[1:], 1, 2)
    C = net.initial_covariance
    start = None if C is None else R[0] @ C @ R[0].T
    other = lm.TimeVaryingNetwork(
        R[1:] @ net.recurrent @ inverse[1 - shift : steps + 1 - shift],
        (R[1:] @ B).reshape(net.feedforward.shape),
        (Q + np.swapaxes(Q, 1, 2).conj()) / 2,
        start if start is None else (start + start.T.conj()) / 2,
    )
    yield equal(
        "the curve is the same",
        measured(lm.fisher_memory_curve, other),
        measured(lm.fisher_memory_curve, net),
        tolerance=1e-7,
    )


@coordinates_of_each_step_change_nothing.control(
    "the coordinates before a step are taken for those after it", families.several_steps
)
def _(net: TimeVaryingNetwork) -> Findings:
    yield from _in_coordinates(net, shift=0)


@claim("H4", source="re-derived", conditions=ANY_INPUT, family=families.stable)
def steps_with_constant_weights_are_a_horizon(net: LinearNetwork) -> Findings:
    """A network with the same weights at each of T steps has the memory of that network over a horizon of T steps.

    A_t = W, B_t = v, Q_t = Q and a known start: J_T(k) = v* W*^k C_T^-1 W^k v, C_T = sum_{k < T} W^k Q W*^k
    """
    yield from _repeated(net, horizon=True)


def _repeated(net: LinearNetwork, *, horizon: bool) -> Findings:
    steps = min(2 * net.size, MOST_STEPS)
    A = np.repeat(net.dense()[None], steps, axis=0)
    along = lm.TimeVaryingNetwork(A, np.repeat(net.feedforward[None], steps, axis=0), net.noise)
    yield equal(
        "the curve is that of the horizon",
        measured(lm.fisher_memory_curve, along),
        measured(lm.fisher_memory_curve, net, steps, **({"horizon": steps} if horizon else {})),
        tolerance=1e-7,
    )


@steps_with_constant_weights_are_a_horizon.control("the horizon is taken to be infinite", families.symmetric)
def _(net: LinearNetwork) -> Findings:
    yield from _repeated(net, horizon=False)


@claim("H5", source="re-derived: data processing", conditions=(STEPS,), family=families.of_steps)
def part_of_the_state_knows_less_than_all_of_it(net: TimeVaryingNetwork) -> Findings:
    """Some of the units know at most what all of them know, in the order of positive matrices.

    O' (O C O')^-1 O <= C^-1, hence J^O_T(k) <= J_T(k) for every readout y = O x; with noise in y it is less still
    """
    whole, of_half = _read(net, None), _read(net, range((net.size + 1) // 2))
    noisy = _read(net, range((net.size + 1) // 2), readout_noise=0.5)
    for sentence, more, less in (
        ("what half of the units do not know has no negative eigenvalue", whole, of_half),
        ("noise in what is read hides more", of_half, noisy),
    ):
        yield at_least(sentence, np.linalg.eigvalsh(np.asarray(more - less)), 0, error=_error(more) + _error(less))
    yield equal(
        "all units, in another order, know all of it",
        _read(net, range(net.size)[::-1]),
        whole,
    )


def _read(net: TimeVaryingNetwork, observe: range | None, **more: float) -> np.ndarray:
    """J_T(k) of what is read of the state, (T, d, d)."""
    units = None if observe is None else tuple(observe)
    J = measured(lm.fisher_memory_curve, net, observe=units, **more)
    return J if net.feedforward_is_matrix else J[:, None, None]


def _error(J: np.ndarray) -> float:
    return float(np.max(getattr(J, "error", 0.0)))


@part_of_the_state_knows_less_than_all_of_it.control(
    "two halves are said to know no more than the whole", families.of_equal_halves
)
def _(net: TimeVaryingNetwork) -> Findings:
    half = net.size // 2
    first, second = np.asarray(_read(net, range(half))), np.asarray(_read(net, range(half, net.size)))
    yield at_most("the sum of the halves", (first + second)[:, 0, 0], np.asarray(_read(net, None))[:, 0, 0])


@claim(
    "H6",
    source="re-derived: C_T >= Q_T",
    conditions=(STEPS, REGULAR_NOISE),
    family=families.of_steps,
    figures=("memory_is_not_gradients",),
)
def gradients_bound_memory(net: TimeVaryingNetwork) -> Findings:
    """Where every unit has noise, an input whose gradient has vanished is not remembered.

    J_T(k) <= ||Phi_k B||^2 / lambda_min(Q_T)

    The other way it is false: noise grows with the gradients, so that an exploding gradient is no memory.
    """
    gradients = measured(lm.gradient_norms, net).values
    J = measured(lm.fisher_memory_curve, net)
    yield at_most(
        "the memory is at most the squared gradient over the smallest variance",
        np.einsum("kaa->k", np.asarray(J)).real if net.feedforward_is_matrix else J,
        gradients**2 / np.linalg.eigvalsh(_noise_of_steps(net)[-1])[0],
    )


@gradients_bound_memory.control("without noise in the last step", families.with_a_silent_last_step)
def _(net: TimeVaryingNetwork) -> Findings:
    earlier = np.linalg.eigvalsh(_noise_of_steps(net)[0])[0]
    J = measured(lm.fisher_memory_curve, net)
    yield at_most("the squared gradient", J, lm.gradient_norms(net).values ** 2 / earlier)
