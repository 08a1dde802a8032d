r"""Pictures of quantities against the lag k.

Contents
--------
plot_fisher_memory_curve
    The Fisher memory curve J(k).
plot_memory_function
    The memory function m(k).
plot_amplification
    The amplification ||W^k v||.
plot_lines, draw_line, count_steps, line_names, lines_of, all_continuous
    What other pictures of lines use: lines on a logarithmic scale, an axis of whole steps, the names in the legend,
    and checks of what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.memory.decoding import MemoryFunction
from linmem.memory.fisher import FisherMemoryCurve
from linmem.network import ContinuousNetwork, LinearNetwork, Network
from linmem.nonnormality.amplification import transient_amplification
from linmem.plotting.appearance import axes_or_new
from linmem.validation import number

QUANTILES = 0.1, 0.9  # of the band of a stack
DECADES = 4  # below the largest value; J never stops decreasing, and an axis down to 1e-300 shows nothing


def plot_fisher_memory_curve(
    curves: FisherMemoryCurve | Sequence[FisherMemoryCurve],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    quantiles: tuple[float, float] = QUANTILES,
) -> Axes:
    r"""Draw Fisher memory curves J(k) against k, on a logarithmic scale of four decades.

    J is in units of 1 / (signal units)^2; in continuous time it is J(t) against t, in these units per unit of time. A
    curve that reaches zero drops to the bottom of the axes. Where the error of a curve exceeds its value the line ends,
    and the area below the error, in which the value may lie, is hatched.

    Parameters
    ----------
    curves
        One curve or several, of one input each, all in discrete or all in continuous time. Of a stack of networks the
        line is the median, and the band lies between quantiles.
    ax
        The axes to draw in; new ones where None.
    labels
        One name for each curve; the names of the networks where None. There is a legend if there are several curves.
    quantiles
        The edges of the band of a stack, as shares: 0.1 and 0.9 leave out a tenth of the networks on each side.

    Returns
    -------
    Axes
        The axes that hold the lines.

    Raises
    ------
    ArgumentError
        Some curves are in discrete and some in continuous time, or there are more or fewer labels than curves.
    InvalidNetworkError
        A curve is of several inputs.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_fisher_memory_curve(lm.fisher_memory_curve(lm.chain(10)))
    >>> ax.get_xlabel()
    'Lag $k$ (steps)'
    """
    curves = [curves] if isinstance(curves, FisherMemoryCurve) else list(curves)
    networks = [curve.network for curve in curves]
    is_continuous = all_continuous("curves", networks)
    known = [_known_lines("curves", curve) for curve in curves]
    names = line_names(networks, labels)
    ax = plot_lines([curve.lags for curve in curves], known, axes_or_new(ax), names, quantiles)
    _hatch_unknown(ax, curves)
    if is_continuous:
        ax.set_xlabel("Time $t$ (units of time)")
        ax.set_ylabel(r"Fisher memory $J(t)$ (signal units$^{-2}$ / time)")
    else:
        count_steps(ax)
        ax.set_ylabel(r"Fisher memory $J(k)$ (signal units$^{-2}$)")
    return ax


def plot_memory_function(
    functions: MemoryFunction | Sequence[MemoryFunction],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    quantiles: tuple[float, float] = QUANTILES,
) -> Axes:
    r"""Draw memory functions m(k), the r^2 of the best linear readout, against k, on a scale from 0 to 1.

    Where the error of a function exceeds its value the line ends, and the area below the error is hatched.

    Parameters
    ----------
    functions
        One memory function or several, of one input each; of a stack the median is drawn, and a band.
    ax
        The axes to draw in; new ones where None.
    labels
        One name for each function; the names of the networks where None. There is a legend if there are several.
    quantiles
        The edges of the band of a stack, as shares: 0.1 and 0.9 leave out a tenth of the networks on each side.

    Returns
    -------
    Axes
        The axes that hold the lines.

    Raises
    ------
    ArgumentError
        There are more or fewer labels than functions.
    InvalidNetworkError
        A function is of several inputs.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_memory_function(lm.memory_function(lm.chain(10), snr=2.0))
    >>> ax.get_xlabel(), float(max(ax.get_ylim()))
    ('Lag $k$ (steps)', 1.0)
    """
    functions = [functions] if isinstance(functions, MemoryFunction) else list(functions)
    known = [_known_lines("functions", function) for function in functions]
    lags = [function.lags for function in functions]
    names = line_names([function.network for function in functions], labels)
    ax = axes_or_new(ax)
    for lags_of_line, values_of_line, name in zip(lags, known, names, strict=True):
        draw_line(ax, lags_of_line, values_of_line, name, quantiles)
    _finish(lags, known, ax)
    count_steps(ax)
    ax.set_ylim(0, 1)
    _hatch_unknown(ax, functions)
    ax.set_ylabel("Memory function $m(k)$ ($r^2$)")
    return ax


def plot_amplification(
    networks: LinearNetwork | Iterable[LinearNetwork],
    lags: int | None = None,
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    quantiles: tuple[float, float] = QUANTILES,
) -> Axes:
    r"""Draw the amplification ||W^k v|| of an input pulse against k, on a logarithmic scale of four decades.

    The amplification is in units of the state per unit of the signal.

    Parameters
    ----------
    networks
        One network or several, of one input each; of a stack the median is drawn, and a band.
    lags
        Number of lags, from 0 on; 2 N where None.
    ax
        The axes to draw in; new ones where None.
    labels
        One name for each network; the networks' own names where None. There is a legend if there are several.
    quantiles
        The edges of the band of a stack, as shares: 0.1 and 0.9 leave out a tenth of the networks on each side.

    Returns
    -------
    Axes
        The axes that hold the lines.

    Raises
    ------
    ArgumentError
        There are more or fewer labels than networks.
    InvalidNetworkError
        A network has several inputs.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_amplification([lm.chain(10), lm.ring(10)], lags=20)
    >>> len(ax.lines)
    2
    """
    networks = [networks] if isinstance(networks, Network) else list(networks)
    values = [lines_of("networks", network, transient_amplification(network, lags)) for network in networks]
    steps = [np.arange(norms.shape[-1]) for norms in values]
    ax = plot_lines(steps, values, axes_or_new(ax), line_names(networks, labels), quantiles)
    count_steps(ax)
    ax.set_ylabel(r"Amplification $\Vert W^k v\Vert$ (state / signal)")
    return ax


def all_continuous(argument: str, networks: Sequence[Network]) -> bool:
    """Whether all networks are in continuous time; some in continuous and some in discrete time are an error."""
    kinds = {isinstance(network, ContinuousNetwork) for network in networks}
    if len(kinds) > 1:
        raise ArgumentError(
            f"{argument} holds some in discrete and some in continuous time; they have no common axis: draw them in "
            "two axes"
        )
    return kinds == {True}


def lines_of(argument: str, network: Network, values: Any) -> np.ndarray:
    """The values of one network, (K,), or of the members of a stack, (S, K); those of several inputs are an error."""
    values = np.asarray(values)
    if values.ndim != 1 + len(network.stack_shape):
        raise InvalidNetworkError(
            f"{argument} holds values of shape {values.shape}, of several inputs; a line is of one: take a column of V"
        )
    return values.reshape(-1, values.shape[-1]) if network.stack_shape else values


def line_names(networks: Sequence[Network], labels: Sequence[str] | None) -> list[str]:
    """The name of each line in the legend: its label, or the name of its network."""
    if labels is None:
        return [network.name for network in networks]
    if len(labels) != len(networks):
        raise ArgumentError(f"labels holds {len(labels)} names; there are {len(networks)} lines to name")
    return list(labels)


def plot_lines(
    lags: Sequence[np.ndarray],
    values: Sequence[np.ndarray],
    ax: Axes,
    names: Sequence[str],
    quantiles: tuple[float, float] = QUANTILES,
) -> Axes:
    """Draw lines on a logarithmic scale that shows at most four decades below the largest value.

    Of a stack, (S, K), the line is the median and the band lies between the quantiles.
    """
    for lags_of_line, values_of_line, name in zip(lags, values, names, strict=True):
        draw_line(ax, lags_of_line, values_of_line, name, quantiles)
    _scale_by_decades(ax, [line.ravel() for line in values])
    _finish(lags, values, ax)
    return ax


def draw_line(ax: Axes, lags: np.ndarray, values: np.ndarray, name: str, quantiles: tuple[float, float]) -> None:
    """One line, or the median of several with a band, whose label says what it is."""
    if values.ndim == 1:
        ax.plot(lags, values, label=name or None)
        return
    low, high = (number("quantiles", share, at_least=0) for share in quantiles)
    if not low < high <= 1:
        raise ArgumentError(f"quantiles is {quantiles!r:.60}; it must be two shares, the smaller one first, at most 1")
    # where some members are not known, neither is their median
    bottom, median, top = np.quantile(values, (low, 0.5, high), axis=0)
    (line,) = ax.plot(lags, median, label=f"{name or f'{len(values)} networks'}, median and quantiles {low:g}–{high:g}")
    ax.fill_between(lags, bottom, top, color=line.get_color(), alpha=0.2, linewidth=0)


def _known_lines(argument: str, result: FisherMemoryCurve | MemoryFunction) -> np.ndarray:
    """The values up to the first whose error is larger, and nan from there on: (K,), or (S, K) of a stack."""
    values = lines_of(argument, result.network, result.values)
    is_unknown = np.logical_or.accumulate(lines_of(argument, result.network, result.error) > values, axis=-1)
    return np.where(is_unknown, np.nan, values)


def _hatch_unknown(ax: Axes, results: Sequence[FisherMemoryCurve | MemoryFunction]) -> None:
    """Hatch what lies below the errors of the values that are left out of the lines of single networks."""
    for result, line in zip(results, ax.lines[-len(results) :], strict=True):
        if result.network.stack_shape:
            continue
        is_unknown = np.isnan(line.get_ydata())
        if is_unknown.any():
            bottom, top = ax.get_ylim()
            largest = np.clip(result.values + result.error, bottom, top)
            ax.fill_between(
                result.lags,
                bottom,
                largest,
                where=is_unknown,
                hatch="////",
                facecolor="none",
                edgecolor=line.get_color(),
            )


def _scale_by_decades(ax: Axes, values: Sequence[np.ndarray]) -> None:
    """A logarithmic scale; values that are all zero keep a linear one, as zero has no logarithm."""
    positive = [line[line > 0] for line in values]
    top = max((line.max() for line in positive if len(line)), default=0.0)
    if top <= 0:
        return
    ax.set_yscale("log", nonpositive="clip")
    smallest = min(line.min() for line in positive if len(line))
    bottom = max(smallest, top * 10.0**-DECADES)
    ax.set_ylim(bottom / 1.5, top * 1.5)


def count_steps(ax: Axes) -> None:
    """Name the axis of lags, and put its ticks at whole steps."""
    ax.set_xlabel("Lag $k$ (steps)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, steps=(1, 2, 2.5, 5, 10)))


def _finish(lags: Sequence[np.ndarray], values: Sequence[np.ndarray], ax: Axes) -> None:
    """The limits of the axis of lags, and a legend for several lines, or for a band, whose quantiles it names."""
    last = max((lags_of_line[-1] for lags_of_line in lags), default=0)
    ax.set_xlim(0, last or 1)  # an axis from 0 to 0 has no width
    if len(lags) > 1 or any(line.ndim > 1 for line in values):
        ax.legend()
