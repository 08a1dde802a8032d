"""A picture of a sweep: a measure of many networks.

Contents
--------
plot_sweep
    Mean and spread of a measure against a parameter, or of curves against the lag.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from linmem.errors import ArgumentError
from linmem.plotting.appearance import axes_or_new
from linmem.validation import option

REPEATS = ("rng", "seed")  # parameters over which networks are repetitions of each other
BAND = "mean ± standard deviation"
MOST_LINES = 8
MOST_POINTS = 2000


def plot_sweep(dataset: Any, ax: Axes | None = None, *, measure: str | None = None, over: str | None = None) -> Axes:
    r"""Draw a measure of many networks: the mean as a line, one standard deviation as a band, each network as a point.

    The horizontal axis is a parameter with numbers, or of curves the lag. Networks that differ in `rng` or `seed` alone
    are repetitions, over which mean and standard deviation are taken; each other parameter has a line for each of its
    values. Networks without an answer are left out.

    Parameters
    ----------
    dataset
        As `linmem.sweep` returns it.
    ax
        The axes to draw in; new ones where None.
    measure
        The measure; the first one where None.
    over
        The parameter of the horizontal axis; "lag" of curves, else the first one with numbers, where None.

    Returns
    -------
    Axes
        The axes that hold the picture.

    Raises
    ------
    ArgumentError
        There is no such measure or parameter, no parameter has numbers, or there would be more than 8 lines.
    """
    measures = [str(name) for name in dataset.data_vars if name != "error"]
    name = measures[0] if measure is None else option("measure", measure, measures)
    values: Any = dataset[name]
    over = _axis(values, over)
    others = [axis for axis in values.dims if axis != over and axis not in REPEATS]
    lines = _lines(values, over, others)
    ax = axes_or_new(ax)
    for label, array in lines:
        _draw(ax, np.asarray(values[over].values, dtype=float), array, label)
    unit = values.attrs.get("units", "no unit")
    ax.set_xlabel("Lag $k$ (steps)" if over == "lag" else over)
    words = name.replace("_", " ").replace("fisher", "Fisher")
    ax.set_ylabel(f"{words[0].upper()}{words[1:]}\n({unit})")
    has_band = any(len(array) > 1 for _, array in lines)
    if len(lines) > 1 or has_band:
        title = BAND if has_band and len(lines) > 1 else None
        ax.legend(title=title, title_fontsize="small", alignment="left")
    return ax


def _axis(values: Any, over: str | None) -> str:
    """The dimension of the horizontal axis."""
    numeric = [name for name in values.dims if np.issubdtype(values[name].dtype, np.number)]
    if over is not None:
        return option("over", over, numeric)
    if "lag" in numeric:
        return "lag"
    parameters = [name for name in numeric if name not in REPEATS] or numeric
    if not parameters:
        raise ArgumentError(
            f"no parameter of {', '.join(values.dims)} has numbers, so that there is no axis to draw over"
        )
    return parameters[0]


def _lines(values: Any, over: str, others: list[str]) -> list[tuple[str, np.ndarray]]:
    """The label of each line with its values, (repetitions, length of the axis)."""
    repeats = [name for name in values.dims if name not in (over, *others)]
    array = values.transpose(*others, *repeats, over).values
    counts = array.shape[: len(others)]
    if (count := int(np.prod(counts))) > MOST_LINES:
        raise ArgumentError(
            f"dataset has {count} combinations of {', '.join(others)}; at most {MOST_LINES} lines can be "
            "told apart: choose some with dataset.sel(...)"
        )
    lines = []
    for place in np.ndindex(*counts):
        label = ", ".join(f"{name} {values[name].values[i]}" for name, i in zip(others, place, strict=True))
        lines.append((label, array[place].reshape(-1, array.shape[-1])))
    return lines


def _draw(ax: Axes, x: np.ndarray, array: np.ndarray, label: str) -> None:
    known = np.ma.masked_invalid(array)
    mean, deviation = known.mean(axis=0).filled(np.nan), known.std(axis=0).filled(np.nan)
    (line,) = ax.plot(x, mean, label=label or (BAND if len(array) > 1 else None))
    if len(array) > 1:
        ax.fill_between(x, mean - deviation, mean + deviation, color=line.get_color(), alpha=0.2, linewidth=0)
        if array.size <= MOST_POINTS:
            ax.plot(np.tile(x, len(array)), array.ravel(), ".", color=line.get_color(), alpha=0.4, markersize=2)
