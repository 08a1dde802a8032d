"""Conditions: the hypotheses of a claim, as code that says which of them a network lacks.

Contents
--------
Condition
    A word, and the question behind it.
DISCRETE, CONTINUOUS, STABLE, NORMAL, CONTRACTION, ONE_INPUT, UNIT_INPUT, WHITE_NOISE, REAL
    Those of the theory.
NETWORK, ANY_INPUT, FLOW, THEORY
    Those that come together.
FEEDBACK_CHAIN, AT_THE_SOURCE, chain_weights
    Chains with feedback, and their weights.
lacking
    What a network lacks, in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl

from linmem.network import ContinuousNetwork, LinearNetwork, Network
from linmem.nonnormality.commutator import normality_test

UNIT = 1e-9  # how far from 1 the norm of an input may be


@dataclass(frozen=True)
class Condition:
    """`missing(network)` is a phrase where the network does not meet it, None where it does."""

    name: str
    missing: Callable[[Network], str | None]

    def __str__(self) -> str:
        return self.name


def lacking(network: Network, conditions: Iterable[Condition]) -> tuple[str, ...]:
    """A phrase for each condition that the network does not meet."""
    found = []
    for condition in conditions:
        phrase = condition.missing(network)
        if phrase is not None:
            found.append(phrase)
            if condition in (DISCRETE, CONTINUOUS, SINGLE):
                break  # the others ask about another kind of network
    return tuple(found)


def _stable(network) -> str | None:
    stability = network.stability
    if stability.stable:
        return None
    return "not stable" if stability.stable is False else "not known to be stable"


def _normal(network) -> str | None:
    return None if normality_test(network).normal else "not normal"


def _contraction(network) -> str | None:
    norm = float(sl.norm(network.dense(), 2))
    return None if norm < 1 else f"no contraction (||W|| = {norm:.4g})"


def _one_input(network) -> str | None:
    if network.feedforward is None:
        return "without an input"
    return None if not network.feedforward_is_matrix else f"with {network.n_inputs} inputs, not one"


def _unit_input(network) -> str | None:
    phrase = _one_input(network)
    if phrase:
        return phrase
    norm = float(np.linalg.norm(network.feedforward))
    return None if abs(norm - 1) < UNIT else f"with an input of norm {norm:.4g}, not 1"


def _real(network) -> str | None:
    parts = [network.dense()] + ([] if network.feedforward is None else [network.feedforward])
    return "complex" if any(np.iscomplexobj(part) for part in parts) else None


def chain_weights(network):
    """a and b of a uniform chain, W[i+1, i] = a and W[i, i+1] = b; None of any other network."""
    W, n = network.dense(), network.size
    if n < 2:
        return None
    a, b = W[1, 0], W[0, 1]
    return (a, b) if np.array_equal(W, a * np.eye(n, k=-1) + b * np.eye(n, k=1)) else None


def _feedback_chain(network) -> str | None:
    a, b = chain_weights(network) or (0.0, 0.0)
    return None if np.isrealobj(a * b) and a * b > 0 else "no uniform chain with feedback of the same sign"


def _at_the_source(network) -> str | None:
    v = network.feedforward
    return None if v is not None and v.ndim == 1 and abs(v[0]) == 1 and not v[1:].any() else "not driven at unit 1"


SINGLE = Condition("one network", lambda network: f"a stack {network.stack_shape}" if network.stack_shape else None)
DISCRETE = Condition("discrete time", lambda net: None if isinstance(net, LinearNetwork) else "in continuous time")
CONTINUOUS = Condition(
    "continuous time", lambda net: None if isinstance(net, ContinuousNetwork) else "in discrete time"
)
STABLE = Condition("stable", _stable)
NORMAL = Condition("normal", _normal)
CONTRACTION = Condition("contraction", _contraction)
ONE_INPUT = Condition("one input", _one_input)
UNIT_INPUT = Condition("unit input", _unit_input)
WHITE_NOISE = Condition("white noise", lambda net: "with coloured noise" if net.noise_is_matrix else None)
REAL = Condition("real", _real)
FEEDBACK_CHAIN = Condition("chain with feedback", _feedback_chain)
AT_THE_SOURCE = Condition("driven at the source", _at_the_source)

NETWORK = (SINGLE, DISCRETE, STABLE)
ANY_INPUT = (*NETWORK, ONE_INPUT)
FLOW = (SINGLE, CONTINUOUS, STABLE)
THEORY = (*NETWORK, WHITE_NOISE, UNIT_INPUT)  # of Ganguli, Huh & Sompolinsky: ||v|| = 1, noise eps I
