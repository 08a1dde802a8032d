"""What measures of a network along its steps return.

Contents
--------
CurveAlongPath
    J_t(k) after one step, or after all.
MemoryFunctionAlongPath
    m(k) after one step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from linmem.measured import Measured, MeasuredArray


@dataclass(frozen=True, eq=False)
class CurveAlongPath:
    """J_t(k), what the state after step t tells about the input k steps before.

    Attributes
    ----------
    network
        The network.
    lags
        0, 1, ..., K - 1; lag 0 is the input of the step itself.
    values
        J(k), (K,), or (K, d, d) for d inputs; after all steps (T, K) or (T, K, d, d), nan for lags before the first
        step. Infinite for an input that moves units without any noise.
    error
        An upper estimate of the error of each value; nan where the value is.
    total
        The sum over all lags, where the lags reach back to the first step; else None. At every end: None.
    relative_error
        The largest error over the largest value, of the worst end.
    method
        "cholesky" or "square-root".
    at
        The step after which the state is read, 0, ..., T - 1, or "all".
    """

    network: Any
    lags: np.ndarray
    values: np.ndarray
    error: np.ndarray
    total: Measured | MeasuredArray | None
    relative_error: float
    method: str
    at: int | str
    AXES: ClassVar[dict[str, str]] = {"lag": "lags", "lag input other_input": "values error"}


@dataclass(frozen=True, eq=False)
class MemoryFunctionAlongPath:
    """m(k), the share of the input k steps before that the best linear readout of the state explains.

    All inputs since the first step, other than the one that is read, are in its way, and so is the noise.

    Attributes
    ----------
    network, lags, at
        The network, 0, ..., K - 1, and the step after which the state is read.
    values, error
        m(k), (K,), between 0 and 1, of all inputs of a step together, weighted by their variance; and its error.
    information
        Between the state and all inputs since the first step, nats, of Gaussian ones.
    snr
        The mean variance of the inputs over that of the noise.
    relative_error, method
        As of `CurveAlongPath`.
    """

    network: Any
    lags: np.ndarray
    values: np.ndarray
    error: np.ndarray
    information: Measured
    snr: float
    relative_error: float
    method: str
    at: int
    AXES: ClassVar[dict[str, str]] = {"lag": "lags values error"}
