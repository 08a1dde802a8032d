"""Conditions: the hypotheses of a claim, as code that says which of them a network lacks.

Contents
--------
Condition
    A word, and the question behind it.
DISCRETE, CONTINUOUS, STABLE, NORMAL, CONTRACTION, ONE_INPUT, UNIT_INPUT, WHITE_NOISE, REAL
    Those of the theory.
NETWORK, ANY_INPUT, FLOW, THEORY
    Those that come together.
lacking
    What a network lacks, in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl

from linmem.network import ContinuousNetwork, LinearNetwork, Network
from linmem.nonnormality.departure import normality_test

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
    bound = network.bound
    if bound.stable:
        return None
    return "not stable" if bound.stable is False else "not known to be stable"


def _normal(network) -> str | None:
    return None if normality_test(network).normal else "not normal"


def _contraction(network) -> str | None:
    norm = float(sl.norm(network.dense(), 2))
    return None if norm < 1 else f"no contraction (||W|| = {norm:.4g})"


def _one_input(network) -> str | None:
    if network.feedforward is None:
        return "without an input"
    return None if network.inputs is None else f"with {network.inputs} inputs, not one"


def _unit_input(network) -> str | None:
    phrase = _one_input(network)
    if phrase:
        return phrase
    norm = float(np.linalg.norm(network.feedforward))
    return None if abs(norm - 1) < UNIT else f"with an input of norm {norm:.4g}, not 1"


def _real(network) -> str | None:
    parts = [network.dense()] + ([] if network.feedforward is None else [network.feedforward])
    return "complex" if any(np.iscomplexobj(part) for part in parts) else None


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

NETWORK = (SINGLE, DISCRETE, STABLE)
ANY_INPUT = (*NETWORK, ONE_INPUT)
FLOW = (SINGLE, CONTINUOUS, STABLE)
THEORY = (*NETWORK, WHITE_NOISE, UNIT_INPUT)  # of Ganguli, Huh & Sompolinsky: ||v|| = 1, noise eps I
