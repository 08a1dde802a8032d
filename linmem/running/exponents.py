r"""Lyapunov exponents: how fast neighbouring states separate, along a path and its inputs.

Contents
--------
LyapunovExponents, lyapunov_exponents
    The leading exponents, with the error of their mean over the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linmem.cells.trajectory import Trajectory
from linmem.errors import ArgumentError
from linmem.gramian.time_varying import Path
from linmem.linalg.blas import blas_threads_for
from linmem.plotted import Plotted
from linmem.running.linearised_path import linearise
from linmem.running.time_varying_network import TimeVaryingNetwork
from linmem.validation import whole_number

BLOCKS = 10  # of steps, whose means tell the error of the mean of all


@dataclass(frozen=True, eq=False)
class LyapunovExponents(Plotted):
    """The leading exponents of a path, per step.

    Attributes
    ----------
    values
        (K,), the largest first; -inf for a direction that a step sets to 0.
    standard_error
        Of each, from the means over blocks of steps; nan where there are too few steps, or the exponent is -inf.
    steps
        The number of steps that counted.
    """

    PICTURE: ClassVar[str] = "plot_lyapunov_exponents"
    values: np.ndarray
    standard_error: np.ndarray
    steps: int


def lyapunov_exponents(
    path: Trajectory | TimeVaryingNetwork, k: int | None = None, *, burn_in: int = 0
) -> LyapunovExponents:
    r"""The k largest Lyapunov exponents, lambda_i = lim 1/T sum_t log |R_t,ii| with A_t U_{t-1} = U_t R_t (QR).

    They belong to the path with its inputs (Engelken, Wolf & Abbott 2023, Physical Review Research 5:043044). With all
    of them, their sum is the mean of log |det A_t|.

    Parameters
    ----------
    path
        A trajectory, or a time-varying network.
    k
        How many; all n where None.
    burn_in
        The number of first steps that turn the directions but do not count.

    Raises
    ------
    ArgumentError
        If k is not between 1 and n, or no step is left after `burn_in`.

    Examples
    --------
    >>> import linmem as lm
    >>> path = lm.trajectory(lm.RNNCell([[0.5]], [[1.0]], nonlinearity="linear"), np.zeros(20))
    >>> float(np.exp(lm.lyapunov_exponents(path).values[0]).round(12))
    0.5
    """
    network = linearise(path, noise=1.0) if isinstance(path, Trajectory) else path
    if not isinstance(network, TimeVaryingNetwork):
        raise ArgumentError(f"path is a {type(path).__name__}; it must be a trajectory or a TimeVaryingNetwork")
    n = network.size
    k = n if k is None else whole_number("k", k)
    if k > n:
        raise ArgumentError(f"k is {k}, but the state has {n} numbers")
    total = int(network.steps or 0)
    first = whole_number("burn_in", burn_in, at_least=0)
    if first >= total:
        raise ArgumentError(f"burn_in is {first}, but the path has {total} steps")
    with blas_threads_for(n):
        growth = _growth(network.path, total, n, k)[first:]
    with np.errstate(invalid="ignore"):
        values = growth.mean(axis=0)
        order = np.argsort(-values, kind="stable")
        error = np.full(k, np.nan)
        if len(growth) > BLOCKS:
            means = np.array([block.mean(axis=0) for block in np.array_split(growth, BLOCKS)])
            error = means.std(axis=0, ddof=1) / np.sqrt(BLOCKS)
    return LyapunovExponents(values[order], error[order], len(growth))


def _growth(path: Path, total: int, n: int, k: int) -> np.ndarray:
    """log |R_t,ii| of every step, (T, k)."""
    # random directions: an unlucky choice, such as the axes, may lie in a space that the steps keep
    U, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(n, k)))
    growth = np.empty((total, k))
    with np.errstate(divide="ignore"):
        for t, (A, *_) in enumerate(path.forwards(total)):
            U, R = np.linalg.qr(A @ U)
            growth[t] = np.log(np.abs(np.diagonal(R)))
    return growth
