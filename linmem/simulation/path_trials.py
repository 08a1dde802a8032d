r"""Discrimination along the path of a cell: trials of the cell itself, with its noise where that enters.

Contents
--------
PathTrials
    The states of many trials, with a pulse or without.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from linmem.cells.lstm import LSTMCell
from linmem.cells.plain import RNNCell
from linmem.errors import InvalidNetworkError
from linmem.running.linearised_path import LinearisedPath, Noise


class PathTrials:
    """Trials of a cell about its path, by its steps and not by their Jacobians; the noise of a step is a function of
    the seed and the step.
    """

    def __init__(self, network: LinearisedPath, trials: int, seed: int) -> None:
        self.path, self.noise, self.input = network.trajectory, network.given_noise, network.input
        self.batch, self.seed = trials, seed
        self.size = self.path.cell.state_size

    @property
    def deviation(self) -> float:
        """The largest standard deviation of the noise."""
        return float(np.sqrt(max(self.noise.hidden, self.noise.cell) if isinstance(self.noise, Noise) else self.noise))

    def start(self) -> np.ndarray:
        """The state before the first step in every trial."""
        return np.repeat(self.path.states[:1], self.batch, axis=0)

    def advance(self, states: np.ndarray, first: int, last: int, pulse: float = 0.0) -> np.ndarray:
        """The states after the steps first + 1 to last, with a pulse in the input of the first of them."""
        for step in range(first, last):
            inputs = self.path.inputs[step].copy()
            inputs[self.input or 0] += pulse if step == first else 0.0
            with np.errstate(all="ignore"):
                states = self._step(states, np.broadcast_to(inputs, (self.batch, len(inputs))), step)
            if not np.isfinite(states).all():
                raise InvalidNetworkError(
                    f"the trials leave the range of doubles at step {step}: noise or pulse drive the cell from its "
                    "path; take less noise, a smaller pulse, or fewer steps"
                )
        return states

    def _step(self, x: np.ndarray, s: np.ndarray, step: int) -> np.ndarray:
        cell, noise = self.path.cell, self.noise
        z = np.random.default_rng([self.seed, step]).standard_normal(x.shape)
        if not isinstance(noise, Noise):
            return cell.step(x, s) + np.sqrt(noise) * z
        of_hidden, of_cell = np.sqrt([noise.hidden, noise.cell])
        if isinstance(cell, LSTMCell):
            in_h, in_c = of_hidden * z[:, : cell.outputs], of_cell * z[:, cell.outputs :]
            if noise.where == "after":
                return cell.step(x, s) + np.hstack([in_h, in_c])
            return cell.step(x, s, in_c) + np.hstack([in_h, np.zeros_like(in_c)])
        if noise.where == "before":
            return cast(RNNCell, cell).step(x, s, of_hidden * z)
        return cell.step(x, s) + of_hidden * z
