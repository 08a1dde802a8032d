r"""Where training starts.

Conventions
-----------
Chains, and the mixed start, take their inputs into their first units, V = 0.9 I; the others into all, V with entries
N(0, (0.9 / sqrt N)^2). Biases are 0, but for the forget gate's, 1; the readout is uniform within sqrt(6 / (N +
outputs)) (Glorot & Bengio 2010). `gain` is an amplitude gain. Orhan & Pitkow (2020), sections 2.3 and 2.5. Their code
for PyTorch has its chains above the diagonal, where, W multiplying columns, they run towards the inputs; here they run
away from them, as their code for Keras has it.

Contents
--------
STARTS, GATED_STARTS
    Names, for a plain cell and for an LSTM.
initial_parameters
    The parameters of a cell before training, flat.
"""

from __future__ import annotations

import numpy as np

from linmem.connectivity.chains import chain, feedback_chain
from linmem.connectivity.normal import identity, random_orthogonal
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.learning.cells import Cell
from linmem.validation import number

INPUT_GAIN = 0.9
STARTS = ("identity", "orthogonal", "chain", "feedback_chain", "plain")
GATED_STARTS = ("orthogonal", "chain", "feedback_chain", "plain", "mixed")
FROM_A_SOURCE = ("chain", "feedback_chain", "mixed")
RAMP = 0.01  # its largest weight
UPDATE = 2  # the gate of an LSTM that is not a sigmoid


def initial_parameters(cell: Cell, start: str, *, gain: float = 1.0, feedback: float = 0.04, rng) -> np.ndarray:
    r"""All parameters of a cell, flat, in double precision.

    Parameters
    ----------
    start
        "identity": W = g I. "orthogonal": g times a random orthogonal matrix. "chain": W[i+1, i] = g. "feedback_chain":
        besides W[i, i+1] = `feedback`. "plain": entries N(0, g^2 / N). Of an LSTM all four gates alike, or "mixed": a
        chain for the update, and a ramp W_ij = 0.01 (i - j) / (N - 1) for the sigmoid gates.
    rng
        A seed or a Generator.

    Raises
    ------
    InvalidNetworkError
        For a start that the cell does not have.
    """
    known = GATED_STARTS if cell.gated else STARTS
    if start not in known:
        raise InvalidNetworkError(f"start is {start!r}; of {cell.kind} it must be one of {', '.join(known)}")
    gain, feedback, rng = number("gain", gain), number("feedback", feedback), generator(rng)
    flat = np.zeros(cell.size)
    part, n = cell.views(flat), cell.units
    for gate in range(cell.gates):
        rows = slice(gate * n, (gate + 1) * n)
        kind = start if start != "mixed" else "chain" if gate == UPDATE else "ramp"
        part["recurrent"][rows] = _recurrent(kind, n, gain, feedback, rng)
        part["feedforward"][rows] = _feedforward(start, n, cell.inputs, rng)
    if cell.gated:
        part["bias"][n : 2 * n] = 1
    limit = np.sqrt(6 / (n + cell.outputs))
    part["readout"][:] = rng.uniform(-limit, limit, part["readout"].shape)
    return flat


def _recurrent(kind, n, gain, feedback, rng):
    if kind == "ramp":
        return RAMP * np.subtract.outer(np.arange(n), np.arange(n)) / max(n - 1, 1)
    if kind == "plain":
        return rng.normal(0, gain / np.sqrt(n), (n, n))
    built = {
        "identity": lambda: identity(n, gain=gain),
        "orthogonal": lambda: random_orthogonal(n, gain=gain, rng=rng),
        "chain": lambda: chain(n, gain=gain),
        "feedback_chain": lambda: feedback_chain(n, feedforward=gain, feedback=feedback),
    }
    return built[kind]().recurrent


def _feedforward(start, n, inputs, rng):
    if start in FROM_A_SOURCE:
        return INPUT_GAIN * np.eye(n, inputs)
    return rng.normal(0, INPUT_GAIN / np.sqrt(n), (n, inputs))
