r"""How far a path may be left before a cell is no longer linear about it.

Contents
--------
LimitsOfLinearity, limits_of_linearity
    The noise up to which, and the units near a kink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from linmem.cells.trajectory import Trajectory
from linmem.gramian.time_varying import Path, covariances
from linmem.linalg.blas import blas_threads_for

# A spread of a tenth in the argument of a tanh changes its mean slope by one per cent.
SPREAD = 0.1


@dataclass(frozen=True)
class LimitsOfLinearity:
    """What bounds the theory of small noise along a path.

    Attributes
    ----------
    noise
        The factor by which the standard deviation of the noise may be multiplied until the argument of some curved
        nonlinearity, at some step, has a standard deviation of 0.1. Below 1 the noise that was given is too large for
        small noise; infinite without curved nonlinearities. None where the cell does not say.
    near_kinks
        How many arguments of nonlinearities, over all steps, are within one standard deviation of a kink: there the
        slope that was taken holds for a part of the noise only. None where the cell does not say.
    """

    noise: float | None
    near_kinks: int | None


def limits_of_linearity(trajectory: Trajectory, path: Path, stop: int, variance: float) -> LimitsOfLinearity:
    """The limits over the first `stop` steps; `variance` is that of the noise of the path."""
    largest, near_kinks = 0.0, 0
    with blas_threads_for(path.size), np.errstate(over="ignore", invalid="ignore"):
        for t, C in zip(range(stop), covariances(path, stop), strict=False):
            bends = trajectory.cell.bends(trajectory.states[t], trajectory.inputs[t])
            if bends is None:
                return LimitsOfLinearity(None, None)
            largest = max(largest, float(_variances(bends.curved[0], C).max(initial=0.0)))
            is_near = bends.distances**2 < variance * _variances(bends.kinked[0], C)
            near_kinks += int(np.count_nonzero(is_near))
    spread = math.sqrt(variance) * math.sqrt(largest)
    return LimitsOfLinearity(SPREAD / spread if spread > 0 else math.inf, near_kinks)


def _variances(rows: np.ndarray, C: np.ndarray) -> np.ndarray:
    """The variances of U x, and infinity where the covariance overflows."""
    return np.nan_to_num(np.einsum("pi,pi->p", rows @ C, rows), nan=np.inf, posinf=np.inf)
