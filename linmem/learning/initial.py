r"""Initial parameters: the weights before training.

Conventions
-----------
The starts "chain", "feedback_chain" and "mixed" feed the inputs into the first units, V = 0.9 I; the others into all
units, V with entries N(0, (0.9 / sqrt N)^2). Biases are 0, except that of the forget gate, 1. The readout is uniform
within sqrt(6 / (N + outputs)) (Glorot & Bengio 2010). `gain` is an amplitude gain. The starts are those of Orhan &
Pitkow (2020), sections 2.3 and 2.5. Their code for PyTorch has its chains above the diagonal, where, W multiplying
columns, they run towards the inputs; here they run away from the inputs, as in their code for Keras.

Contents
--------
STARTS, GATED_STARTS
    Names of the starts, for a plain cell and for an LSTM.
initial_parameters
    The parameters of a cell before training, flat.
"""

from __future__ import annotations

import numpy as np

from linmem.connectivity.chains import chain, feedback_chain
from linmem.connectivity.normal import identity, random_orthogonal
from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError
from linmem.learning.parameters import FORGET, UPDATE, ParameterLayout
from linmem.validation import near_miss, number

INPUT_GAIN = 0.9
STARTS = ("identity", "orthogonal", "chain", "feedback_chain", "plain")
GATED_STARTS = ("orthogonal", "chain", "feedback_chain", "plain", "mixed")
FROM_A_SOURCE = ("chain", "feedback_chain", "mixed")  # starts whose first units receive the inputs
RAMP = 0.01  # the largest weight of a ramp


def initial_parameters(
    layout: ParameterLayout, start: str, *, gain: float = 1.0, feedback: float = 0.04, rng: RandomSource
) -> np.ndarray:
    r"""All parameters of a cell before training, flat, in double precision.

    Parameters
    ----------
    start
        "identity": W = g I. "orthogonal": g times a random orthogonal matrix. "chain": W[i+1, i] = g. "feedback_chain":
        besides W[i, i+1] = `feedback`. "plain": entries N(0, g^2 / N). The four gates of an LSTM have the same start,
        or with "mixed" a chain for the update, and a ramp W_ij = 0.01 (i - j) / (N - 1) for the sigmoid gates.
    rng
        A seed or a Generator.

    Raises
    ------
    ArgumentError
        For a start that the cell does not have, and for a gain or feedback that is no number.
    """
    known = GATED_STARTS if layout.gated else STARTS
    if start not in known:
        raise ArgumentError(
            f"start is {start!r}; of {layout.kind} it must be one of {', '.join(known)}{near_miss(start, known)}"
        )
    gain, feedback, rng = number("gain", gain), number("feedback", feedback), generator(rng)
    flat = np.zeros(layout.size)
    parts, n = layout.views(flat), layout.units
    for gate in range(layout.gates):
        rows = slice(gate * n, (gate + 1) * n)
        parts["recurrent"][rows] = _recurrent(_start_of_gate(start, gate), n, gain, feedback, rng)
        parts["feedforward"][rows] = _feedforward(start, n, layout.n_inputs, rng)
    if layout.gated:
        # a forget gate that is open from the start keeps the state, and lets the gradient through
        parts["bias"][FORGET * n : (FORGET + 1) * n] = 1
    limit = np.sqrt(6 / (n + layout.n_outputs))
    parts["readout"][:] = rng.uniform(-limit, limit, parts["readout"].shape)
    return flat


def _start_of_gate(start: str, gate: int) -> str:
    """The start of one gate: that of the cell, but for a mixed start."""
    if start != "mixed":
        return start
    return "chain" if gate == UPDATE else "ramp"


def _recurrent(start: str, n: int, gain: float, feedback: float, rng: np.random.Generator) -> np.ndarray:
    """W of one gate, (N, N)."""
    match start:
        case "identity":
            return identity(n, gain=gain).dense()
        case "orthogonal":
            return random_orthogonal(n, gain=gain, rng=rng).dense()
        case "chain":
            return chain(n, gain=gain).dense()
        case "feedback_chain":
            return feedback_chain(n, feedforward=gain, feedback=feedback).dense()
        case "ramp":
            units = np.arange(n)
            return RAMP * np.subtract.outer(units, units) / max(n - 1, 1)
        case _:  # "plain"
            return rng.normal(0, gain / np.sqrt(n), (n, n))


def _feedforward(start: str, n: int, n_inputs: int, rng: np.random.Generator) -> np.ndarray:
    """V of one gate, (N, d)."""
    if start in FROM_A_SOURCE:
        return INPUT_GAIN * np.eye(n, n_inputs)
    return rng.normal(0, INPUT_GAIN / np.sqrt(n), (n, n_inputs))
