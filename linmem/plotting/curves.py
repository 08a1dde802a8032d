r"""Quantities against the lag.

Contents
--------
plot_fisher_memory_curve
    J(k).
plot_memory_function
    m(k).
plot_amplification
    ||W^k v||.
line_names
    The names of the lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from linmem.errors import InvalidNetworkError
from linmem.memory.decoding import MemoryFunction
from linmem.memory.fisher import FisherMemoryCurve
from linmem.network import ContinuousNetwork, LinearNetwork
from linmem.nonnormality.amplification import transient_amplification
from linmem.plotting.appearance import axes_or_new

DECADES = 4  # shown below the largest value; J falls for ever, and a scale down to 1e-300 shows nothing


def plot_fisher_memory_curve(
    curves: FisherMemoryCurve | Sequence[FisherMemoryCurve],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
) -> Axes:
    r"""J(k) against k, on a logarithmic scale of four decades; a line for each curve.

    A curve that reaches zero drops to the bottom of the axes. In units of 1 / (signal units)^2; in continuous time J(t)
    against t, in these units per unit of time.

    Parameters
    ----------
    curves
        One curve or several, of one input each, all in discrete or all in continuous time; not of a stack.
    labels
        For the legend; the names of the networks where None. A legend is drawn where there is more than one curve.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_fisher_memory_curve(lm.fisher_memory_curve(lm.chain(10)))
    >>> ax.get_xlabel()
    'Lag $k$ (steps)'
    """
    curves = [curves] if isinstance(curves, FisherMemoryCurve) else list(curves)
    continuous = {isinstance(curve.network, ContinuousNetwork) for curve in curves}
    if len(continuous) > 1:
        raise InvalidNetworkError("curves holds some in discrete and some in continuous time; draw them in axes apart")
    values = [_one_line("curves", curve.values) for curve in curves]
    names = line_names([curve.network for curve in curves], labels)
    ax = _lines([curve.lags for curve in curves], values, axes_or_new(ax), names)
    if continuous == {True}:
        ax.set_xlabel("Time $t$ (units of time)")
        ax.set_ylabel(r"Fisher memory $J(t)$ (signal units$^{-2}$ / time)")
    else:
        _count_steps(ax)
        ax.set_ylabel(r"Fisher memory $J(k)$ (signal units$^{-2}$)")
    return ax


def plot_memory_function(
    functions: MemoryFunction | Sequence[MemoryFunction],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
) -> Axes:
    r"""m(k), the r^2 of the best linear readout, against k, on a scale from 0 to 1; a line for each memory function.

    Parameters
    ----------
    functions
        One or several, of one input each; not of a stack.
    labels
        For the legend; the names of the networks where None. A legend is drawn where there is more than one.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_memory_function(lm.memory_function(lm.chain(10), snr=2.0))
    >>> ax.get_xlabel(), float(max(ax.get_ylim()))
    ('Lag $k$ (steps)', 1.0)
    """
    functions = [functions] if isinstance(functions, MemoryFunction) else list(functions)
    values = [_one_line("functions", one.values) for one in functions]
    names = line_names([one.network for one in functions], labels)
    ax = axes_or_new(ax)
    for one, line, name in zip(functions, values, names, strict=True):
        ax.plot(one.lags, line, label=name or None)
    _finish([one.lags for one in functions], ax)
    _count_steps(ax)
    ax.set_ylim(0, 1)
    ax.set_ylabel("Memory function $m(k)$ ($r^2$)")
    return ax


def plot_amplification(
    networks: LinearNetwork | Iterable[LinearNetwork],
    lags: int | None = None,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
) -> Axes:
    r"""||W^k v|| against k, on a logarithmic scale of four decades; a line for each network.

    In units of the state per unit of the signal.

    Parameters
    ----------
    networks
        One network or several, of one input each; not a stack.
    lags
        How many, from 0 on; 2 N where None.
    labels
        For the legend; the names of the networks where None. A legend is drawn where there is more than one.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_amplification([lm.chain(10), lm.ring(10)], lags=20)
    >>> len(ax.lines)
    2
    """
    networks = [networks] if isinstance(networks, LinearNetwork) else list(networks)
    values = [_one_line("networks", transient_amplification(network, lags)) for network in networks]
    steps = [np.arange(len(line)) for line in values]
    ax = _lines(steps, values, axes_or_new(ax), line_names(networks, labels))
    _count_steps(ax)
    ax.set_ylabel(r"Amplification $\Vert W^k v\Vert$ (state / signal)")
    return ax


def _one_line(argument, values):
    if np.ndim(values) != 1:
        raise InvalidNetworkError(
            f"{argument} holds values of shape {np.shape(values)}; a line is of one network and one input: "
            f"take net.member(...) of a stack, or one column of V"
        )
    return values


def line_names(networks, labels) -> list[str]:
    """What the legend calls the lines, one name each."""
    names = [network.name for network in networks] if labels is None else list(labels)
    if len(names) != len(networks):
        raise InvalidNetworkError(f"labels holds {len(names)} names; there are {len(networks)} lines to name")
    return names


def _lines(lags, values, ax, names):
    for lag, line, name in zip(lags, values, names, strict=True):
        ax.plot(lag, line, label=name or None)
    top = max((line.max() for line in values), default=0.0)
    if top > 0:
        ax.set_yscale("log", nonpositive="clip")
        lowest = min(line[line > 0].min() for line in values if line.max() > 0)
        ax.set_ylim(max(lowest, top * 10.0**-DECADES) / 1.5, top * 1.5)
    _finish(lags, ax)
    return ax


def _finish(lags, ax):
    ax.set_xlim(0, max((lag[-1] for lag in lags), default=0) or 1)
    if len(lags) > 1:
        ax.legend()


def _count_steps(ax):
    ax.set_xlabel("Lag $k$ (steps)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, steps=(1, 2, 2.5, 5, 10)))
