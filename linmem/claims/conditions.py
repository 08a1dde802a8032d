"""Conditions: the hypotheses of a claim, as code that says which of them a network does not meet.

Contents
--------
Condition
    A hypothesis: its name, and a test of a network.
SINGLE, DISCRETE, CONTINUOUS, STABLE, NORMAL, CONTRACTION, ONE_INPUT, UNIT_INPUT, WHITE_NOISE, REAL
    The hypotheses of the theory.
MATRIX, NETWORK, ANY_INPUT, FLOW, THEORY
    Hypotheses that occur together.
STEPS, SEVERAL_STEPS, REGULAR_NOISE, CHAIN_OF_STEPS, NOT_REACHED
    Hypotheses on networks whose weights change from step to step.
DIAGONAL, STATE_NOISE, INPUT_NOISE, EFFECTIVE_MODES
    Hypotheses on diagonal networks.
FEEDBACK_CHAIN, AT_THE_SOURCE
    A chain with feedback; an input to the first unit only.
chain_weights, delay_line_weights, ring_weight
    The weights of networks of a known form.
eigenvalues_are_known
    Whether double precision knows the eigenvalues of a matrix.
lacking
    The hypotheses that a network does not meet, in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as sl

from linmem.diagonal_network import DiagonalNetwork
from linmem.memory.along_path import MeasuredAlongPath
from linmem.network import ContinuousNetwork, LinearNetwork, Network
from linmem.nonnormality.eigenvalue_conditions import is_well_conditioned
from linmem.nonnormality.normality import normality_test
from linmem.reasons import Reason, value_or_reason
from linmem.running.time_varying_network import TimeVaryingNetwork

UNIT = 1e-9  # how far from 1 the norm of an input may be
LARGEST_CONDITION = 1e6  # of eigenvectors: beyond it the eigenvalues of a rounded matrix are other ones


@dataclass(frozen=True)
class Condition:
    """A hypothesis. `missing(network)` is a phrase where the network does not meet it, and None where it does."""

    name: str
    missing: Callable[[Any], str | None]

    def __str__(self) -> str:
        return self.name


def lacking(network: Network, conditions: Iterable[Condition]) -> tuple[str, ...]:
    """A phrase for each condition that the network does not meet, or is not known to meet."""
    phrases = []
    for condition in conditions:
        phrase = value_or_reason(condition.missing, network)
        if phrase is None:
            continue
        unknown = isinstance(phrase, Reason)
        phrases.append(f"not known to meet the condition: {condition} ({phrase})" if unknown else phrase)
        if condition in (SINGLE, DISCRETE, CONTINUOUS, STEPS, DIAGONAL):
            break  # the other conditions are about another kind of network, and may not be asked
    return tuple(phrases)


def eigenvalues_are_known(network: Network) -> bool:
    """Whether the eigenvalues that double precision finds are those of the matrix, to about 1e-9.

    They are if they are well-conditioned, if W is upper triangular, or if all of them are 0 and are found to be.
    """
    W = network.dense()
    if np.array_equal(W, np.triu(W)) or is_well_conditioned(W, LARGEST_CONDITION):
        return True
    return network.stability.upper == 0 and not sl.eigvals(W).any()


def _one_network(network: Any) -> str | None:
    if isinstance(network, MeasuredAlongPath):
        return "a network whose weights change from step to step"
    return f"a stack {network.stack_shape}" if network.stack_shape else None


def _discrete(network: Network) -> str | None:
    if isinstance(network, DiagonalNetwork):
        return "a diagonal network, of which there are the claims of section I; its in_steps() is one of a matrix W"
    return None if isinstance(network, LinearNetwork) else "in continuous time"


def _continuous(network: Network) -> str | None:
    return None if isinstance(network, ContinuousNetwork) else "in discrete time"


def _diagonal(network: Any) -> str | None:
    return None if isinstance(network, DiagonalNetwork) else "no DiagonalNetwork"


def _state_noise(network: DiagonalNetwork) -> str | None:
    if network.enters_with_input:
        return "with noise in the input"
    return "with correlated noise" if network.noise_is_matrix else None


def _input_noise(network: DiagonalNetwork) -> str | None:
    return None if network.enters_with_input else "with noise in the state"


def _effective_modes(network: DiagonalNetwork) -> str | None:
    """Whether no two modes are the same, and the input reaches all of them."""
    own, rows = network.eigenvalues, network.feedforward.reshape(len(network.eigenvalues), -1)
    listed = np.concatenate([own, own[network.modes.imaginary].conj()])
    if len(np.unique(listed)) < len(listed):
        return "with equal eigenvalues"
    return None if rows.any(axis=1).all() else "with a mode that the input does not reach"


def _stable(network: Network) -> str | None:
    stable = network.stability.stable
    if stable:
        return None
    return "not stable" if stable is False else "not known to be stable"


def _normal(network: Network) -> str | None:
    return None if normality_test(network).normal else "not normal"


def _contraction(network: Network) -> str | None:
    norm = float(sl.norm(network.dense(), 2))
    return None if norm < 1 else f"no contraction (||W|| = {norm:.4g})"


def _one_input(network: Network) -> str | None:
    if network.feedforward is None:
        return "without an input"
    return f"with {network.n_inputs} inputs, not one" if network.feedforward_is_matrix else None


def _unit_input(network: Network) -> str | None:
    phrase = _one_input(network)
    if phrase:
        return phrase
    norm = float(np.linalg.norm(network.feedforward))
    return None if abs(norm - 1) < UNIT else f"with an input of norm {norm:.4g}, not 1"


def _white_noise(network: Network) -> str | None:
    return "with coloured noise" if network.noise_is_matrix else None


def _real(network: Network) -> str | None:
    if np.iscomplexobj(network.dense()) or np.iscomplexobj(network.noise):
        return "complex"
    has_complex_input = network.feedforward is not None and np.iscomplexobj(network.feedforward)
    return "complex" if has_complex_input else None


def chain_weights(network: Network) -> tuple[Any, Any] | None:
    """(a, b) of a uniform chain, W[i+1, i] = a and W[i, i+1] = b; None for any other network."""
    if network.size < 2:
        return None
    W = network.dense()
    a, b = W[1, 0], W[0, 1]
    chain = a * np.eye(network.size, k=-1) + b * np.eye(network.size, k=1)
    return (a, b) if np.array_equal(W, chain) else None


def delay_line_weights(network: Network) -> np.ndarray | None:
    """The weights W[i+1, i] of a delay line, (N - 1,); None where W has other weights."""
    W = network.dense()
    weights = np.diagonal(W, -1)
    return weights if np.array_equal(W, np.diag(weights, -1)) else None


def ring_weight(network: Network) -> Any:
    """The weight a of a ring, W[i+1, i] = W[0, N-1] = a; None for any other network."""
    W = network.dense()
    a = W[0, -1]
    ring = a * np.roll(np.eye(network.size), 1, axis=0)
    return a if np.array_equal(W, ring) else None


def _feedback_chain(network: Network) -> str | None:
    a, b = chain_weights(network) or (0.0, 0.0)
    has_feedback = np.isrealobj(a * b) and a * b > 0
    return None if has_feedback else "no uniform chain with feedback of the same sign"


def _at_the_source(network: Network) -> str | None:
    v = network.feedforward
    if v is None or v.ndim != 1 or abs(v[0]) != 1 or v[1:].any():
        return "not driven at unit 1"
    return None


def _of_steps(network: Any) -> str | None:
    if not isinstance(network, TimeVaryingNetwork):
        return "not a network whose weights change from step to step"
    return "given by a function, not as arrays of all steps" if callable(network.recurrent) else None


def _several_steps(network: TimeVaryingNetwork) -> str | None:
    return None if len(network.recurrent) > 1 else "of one step only"


def _regular_noise(network: TimeVaryingNetwork) -> str | None:
    return None if network.step_noise.is_regular else "without noise in some direction"


def _chain_of_steps(network: TimeVaryingNetwork) -> str | None:
    A, B = network.recurrent, network.feedforward
    links = np.diagonal(A, -1, axis1=1, axis2=2)
    is_chain = links.all() and np.count_nonzero(A) == links.size
    is_driven_at_the_source = B.ndim == 2 and (B[:, 0] == 1).all() and np.count_nonzero(B) == len(B)
    has_white_noise = np.ndim(network.noise) == 0 and network.noise == 1 and network.initial_covariance is None
    is_meant = is_chain and is_driven_at_the_source and has_white_noise
    return None if is_meant else "no chain driven at its first unit, with noise of variance 1 and a known start"


def _not_reached(network: TimeVaryingNetwork) -> str | None:
    is_reached = network.path.units_with_noise(len(network.recurrent))
    B = network.feedforward
    is_driven = B.ndim == 2 and B[-1][~is_reached].any()
    return None if is_driven else "without an input to a unit that no noise reaches"


SINGLE = Condition("one network", _one_network)
DISCRETE = Condition("discrete time", _discrete)
CONTINUOUS = Condition("continuous time", _continuous)
STABLE = Condition("stable", _stable)
NORMAL = Condition("normal", _normal)
CONTRACTION = Condition("contraction", _contraction)
ONE_INPUT = Condition("one input", _one_input)
UNIT_INPUT = Condition("unit input", _unit_input)
WHITE_NOISE = Condition("white noise", _white_noise)
REAL = Condition("real", _real)
DIAGONAL = Condition("diagonal network", _diagonal)
STATE_NOISE = Condition("independent noise in the state", _state_noise)
INPUT_NOISE = Condition("noise in the input", _input_noise)
EFFECTIVE_MODES = Condition("different modes, all of them driven", _effective_modes)
FEEDBACK_CHAIN = Condition("chain with feedback", _feedback_chain)
AT_THE_SOURCE = Condition("driven at the source", _at_the_source)
STEPS = Condition("weights of each step", _of_steps)
SEVERAL_STEPS = Condition("more than one step", _several_steps)
REGULAR_NOISE = Condition("noise in every direction", _regular_noise)
CHAIN_OF_STEPS = Condition("chain driven at its first unit, with white noise", _chain_of_steps)
NOT_REACHED = Condition("input to a unit that no noise reaches", _not_reached)

MATRIX = (SINGLE, DISCRETE)
NETWORK = (*MATRIX, STABLE)
ANY_INPUT = (*NETWORK, ONE_INPUT)
FLOW = (SINGLE, CONTINUOUS, STABLE)
THEORY = (*NETWORK, WHITE_NOISE, UNIT_INPUT)  # of Ganguli, Huh & Sompolinsky: ||v|| = 1, noise eps I
