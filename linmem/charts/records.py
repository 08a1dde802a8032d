"""What the pictures of a report show: numbers with their names and units, whatever library draws them.

Conventions
-----------
Every chart has a table of its numbers, which a reader of the page can save; the JSON file beside a page holds the same
tables. `key` names a chart in addresses, files and JSON; it is a word of small letters, unique on a page.

Contents
--------
Line, LineChart
    Values against lags, steps or places, with their errors.
BarChart
    A value, or several, for each of some named things.
MatrixChart
    A matrix as colours.
PlaneChart
    Points, outlines and levels in the complex plane.
LOOKS, look_of
    Colour and dash of a line, by the name of what it shows.
joined
    Columns of a table of several lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import numpy as np

Table: TypeAlias = dict[str, Any]  # of columns

# Colours of Okabe and Ito; those of kinds of networks are the colours of `linmem.plotting.kind_style`.
LOOKS = {
    "this network": ("#000000", "solid"),
    "given input": ("#000000", "solid"),
    "best input": ("#009E73", "solid"),
    "mean over inputs": ("#808080", "dotted"),
    "chain": ("#0072B2", "solid"),
    "orthogonal": ("#D55E00", "dashed"),
    "gaussian": ("#E69F00", "dashdot"),
    "symmetric": ("#56B4E9", "dotted"),
    "given inputs, median": ("#000000", "solid"),
    "given inputs, quartiles": ("#808080", "solid"),
    "given inputs, largest": ("#000000", "dotted"),
    "no chain": ("#808080", "solid"),
    "whole state": ("#000000", "solid"),
    "gradient, squared": ("#808080", "dashed"),
    "memory, times noise": ("#000000", "solid"),
    "along the path": ("#000000", "solid"),
    "linear W": ("#D55E00", "dashed"),
    "at point 1": ("#009E73", "dashdot"),
}
OTHERS = ("#D55E00", "#0072B2", "#CC79A7", "#E69F00", "#56B4E9", "#882255")  # of lines without a look of their own
DECADES = 24  # of a logarithmic axis
MOST_CELLS = 320  # on a side of a matrix that is drawn: more than the pixels of a picture in a page
LARGEST_TABLE = 2**16  # entries of a matrix that a page holds as a table


def look_of(name: str, place: int) -> tuple[str, str]:
    """Colour and dash of a line; those of the place where the name has none."""
    return LOOKS.get(name, (OTHERS[place % len(OTHERS)], "solid"))


@dataclass(frozen=True, eq=False)
class Line:
    """Values y, (n,), at x, (n,), with the error of each, (n,) or None.

    `style` is "line", "points" (with whiskers of the length of the error), "steps" (constant until the next x), or
    "band" (y and `upper`, the two edges of an area).
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    error: np.ndarray | None = None
    style: str = "line"
    upper: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Chart:
    """What every chart has: its key and its title, a text for readers who do not see it, and the names of its axes."""

    key: str
    title: str
    text: str
    x_label: str
    y_label: str
    kind: ClassVar[str]

    def table(self) -> Table:
        """The numbers of the chart in columns, (n,) each."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class LineChart(Chart):
    """Lines against a common axis.

    `levels` are horizontal lines and `verticals` vertical ones, by name. `scale` is "log", "linear", or "either", which
    a reader can switch and which begins with "log"; there, what is 0 or far below the largest value is not drawn.
    `first` is the part of the x axis that is shown first.
    """

    lines: tuple[Line, ...] = ()
    levels: Mapping[str, float] = field(default_factory=dict)
    verticals: Mapping[str, float] = field(default_factory=dict)
    scale: str = "linear"
    first: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    kind: ClassVar[str] = "lines"

    @property
    def has_log_scale(self) -> bool:
        """Whether a logarithmic scale is possible and asked for."""
        return self.scale != "linear" and self.log_range is not None

    @property
    def log_range(self) -> tuple[float, float] | None:
        """The edges of a logarithmic y axis, for what is shown first; None where nothing is above 0."""
        seen = [_finite(line.y[self._shown(line)]) for line in self.lines]
        seen += [_finite(line.upper[self._shown(line)]) for line in self.lines if line.upper is not None]
        every = np.concatenate([*seen, list(self.levels.values())])
        every = every[every > 0]
        if not every.size:
            return None
        return max(every.min(), every.max() * 10.0**-DECADES) / 1.5, every.max() * 1.6

    @property
    def linear_range(self) -> tuple[float, float]:
        """The edges of a linear y axis."""
        if self.y_range is not None:
            return self.y_range
        parts = [_finite(line.y[self._shown(line)]) for line in self.lines]
        for line in self.lines:
            if line.upper is not None:
                parts.append(_finite(line.upper[self._shown(line)]))
            elif line.style == "points" and line.error is not None:
                parts += [_finite(line.y - line.error), _finite(line.y + line.error)]
        every = np.concatenate([*parts, list(self.levels.values())])
        low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        return (0.0 if 0 <= low < 0.5 * high else low - margin), high + margin

    def _shown(self, line: Line) -> np.ndarray:
        if self.first is None:
            return np.ones(len(line.x), dtype=bool)
        return (line.x >= self.first[0]) & (line.x <= self.first[1])

    def table(self) -> Table:
        return joined(self.x_label, self.lines)


def _finite(values: Any) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    return array[np.isfinite(array)]


def joined(x_label: str, lines: Sequence[Line]) -> Table:
    """Columns of several lines: one of x where the lines have it in common, else one for each line."""
    longest = max((line.x for line in lines), key=len, default=np.empty(0))
    shared = all(np.array_equal(line.x, longest[: len(line.x)]) for line in lines)
    columns: Table = {x_label: longest} if shared and lines else {}
    for line in lines:
        if not shared:
            columns[f"{line.name}: {x_label}"] = line.x
        columns[line.name if line.upper is None else f"{line.name}, lower"] = line.y
        if line.upper is not None:
            columns[f"{line.name}, upper"] = line.upper
        if line.error is not None:
            columns[f"{line.name}, error"] = np.broadcast_to(line.error, np.shape(line.y))
    return columns


@dataclass(frozen=True, eq=False)
class BarChart(Chart):
    """One bar, or one for each of `values`, (n,) by name, for each of `names`; `level` is a horizontal line."""

    names: Sequence[str] = ()
    values: Mapping[str, np.ndarray] = field(default_factory=dict)
    level: tuple[str, float] | None = None
    kind: ClassVar[str] = "bars"

    def table(self) -> Table:
        return {self.x_label: list(self.names), **self.values}


@dataclass(frozen=True, eq=False)
class MatrixChart(Chart):
    """A real matrix (R, C) as colours; its first row is at the top.

    `scale` is "signed" (white at 0), "log" (six decades below the largest, 0 without a colour) or "phase" (radians, a
    circle of colours). Names of rows and columns are words, or whole numbers from `start` where there are none.
    """

    values: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    value_label: str = ""
    row_names: Sequence[str] = ()
    column_names: Sequence[str] = ()
    scale: str = "signed"
    start: int = 1
    kind: ClassVar[str] = "matrix"

    def table(self) -> Table:
        """The entries that are not 0, row by row; nothing where they are too many for a page."""
        rows, columns = np.nonzero(self.values)
        if len(rows) > LARGEST_TABLE:
            return {}
        names = {self.y_label: self._named(rows, self.row_names), self.x_label: self._named(columns, self.column_names)}
        return {**names, self.value_label: self.values[rows, columns]}

    def _named(self, places: np.ndarray, names: Sequence[str]) -> Any:
        return [names[place] for place in places] if names else places + self.start

    @property
    def block(self) -> int:
        """The side of the blocks of entries of which an interactive picture shows the largest; 1 where it shows all."""
        return -(-max(self.values.shape) // MOST_CELLS)

    @property
    def limit(self) -> float:
        """The value of the deepest colour: of 98 in 100 entries that are not 0 none is larger."""
        sizes = np.abs(self.values[self.values != 0])
        if self.scale == "phase":
            return float(np.pi)
        return float(np.quantile(sizes, 1.0 if self.scale == "log" else 0.98)) if sizes.size else 1.0


@dataclass(frozen=True, eq=False)
class PlaneChart(Chart):
    """Points and outlines in the complex plane, by name, over the levels of log10 sigma_min(z - W).

    `grid` is (x, y, sigma_min) with sigma_min (len(y), len(x)), or None. `edge` is the edge of stability: "circle" for
    the unit circle, "axis" for the imaginary axis.
    """

    points: Mapping[str, np.ndarray] = field(default_factory=dict)
    outlines: Mapping[str, np.ndarray] = field(default_factory=dict)
    grid: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    edge: str = "circle"
    kind: ClassVar[str] = "plane"

    def table(self) -> Table:
        """Re z, Im z and sigma_min at the grid points; without a grid, the points."""
        if self.grid is not None:
            x, y, sigma_min = self.grid
            grid_x, grid_y = np.meshgrid(x, y)
            return {"Re z": grid_x.ravel(), "Im z": grid_y.ravel(), "sigma_min(z - W)": np.ravel(sigma_min)}
        every = np.concatenate([np.asarray(points) for points in self.points.values()] or [np.empty(0)])
        names = [name for name, points in self.points.items() for _ in range(len(points))]
        return {"which": names, "Re z": every.real, "Im z": every.imag}
