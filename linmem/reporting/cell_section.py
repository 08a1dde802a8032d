"""The section of a report on a network whose file holds a whole cell: where that rests without an input.

Contents
--------
CellOfFile
    A cell, or the reason why it cannot run, with the command that follows a path of it.
cell_section
    Fixed points at zero input, and the linear memory there.
searches
    How many searches for fixed points are made.
point_in_words, stationary_memory
    A fixed point in words; the total memory of a linear network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import linmem as lm
from linmem.network import LinearNetwork
from linmem.reasons import Reason, derived, value_or_reason
from linmem.reporting.parts import Row, Section

if TYPE_CHECKING:
    from linmem.cells.cell import Cell
    from linmem.running.fixed_points import FixedPoint

WORK, FEWEST, MOST = 4e7, 4, 60  # n^3 for each search; the numbers of searches
LARGEST = 300  # numbers in a state
LISTED = 6  # points


@dataclass(frozen=True, eq=False)
class CellOfFile:
    """A cell of a file.

    Attributes
    ----------
    cell
        The cell, or the `Reason` why it cannot run.
    command
        The command that follows a path of it.
    """

    cell: Any
    command: str = "linmem run WEIGHTS --inputs x.npy"


def cell_section(found: CellOfFile) -> Section:
    """Fixed points of a cell at zero input, each with the linear memory there."""
    title, cell = "The cell as it runs", found.cell
    text = (
        "The file holds a whole cell, with biases, nonlinearity or gates, of which all else on this page knows "
        f"nothing. What it remembers depends on its inputs; this command follows a path of it: {found.command}"
    )
    if isinstance(cell, Reason):
        return Section(title, f"{text}. Its fixed points are not known ({cell}).")
    fixed = derived(searches(cell), lambda count: value_or_reason(lm.fixed_points, cell, starts=_starts(cell, count)))
    if isinstance(fixed, Reason):
        return Section(title, f"{text}. Its fixed points are not known ({fixed}).")
    rows = [Row("cell", type(cell).__name__, (), f"state of {cell.state_size} numbers, {cell.n_inputs} inputs")]
    for number, point in enumerate(fixed.points[:LISTED], 1):
        rows.append(Row(f"point {number}: radius", float(np.abs(point.eigenvalues[0])), (), point_in_words(point)))
        rows.append(
            Row(f"point {number}: memory", stationary_memory(point.network), (), "of the linear network beside it")
        )
    ended = (
        f"Without an input, {fixed.starts - fixed.lost} of {fixed.starts} searches from small random states and 0 "
        f"ended, at {len(fixed.points)} points; nothing says that these are all"
    )
    return Section(title, f"{text}. {ended}.", tuple(rows))


def searches(cell: Cell) -> Any:
    """How many searches for fixed points of a cell take seconds; the reason why none is made where they do not."""
    n = cell.state_size
    if n > LARGEST:
        return Reason(
            f"none: the search takes minutes for a state of {n} numbers; linmem.fixed_points(cell, starts=...) does it"
        )
    return int(np.clip(WORK / n**3, FEWEST, MOST))


def _starts(cell: Cell, count: int) -> np.ndarray:
    """The state of zeros, and random ones."""
    states = np.random.default_rng(0).normal(size=(count, cell.state_size))
    states[0] = 0
    return states


def point_in_words(point: FixedPoint) -> str:
    """Kind and stability of a point, and how many searches led there."""
    stable = {True: "stable", False: "unstable", None: "neither stable nor unstable"}[point.stable]
    speed = f", which moves by {point.speed:.2g} a step" if point.kind == "slow" else ""
    return f"a {point.kind} point{speed}, {stable}; {point.starts} searches ended there"


def stationary_memory(network: LinearNetwork) -> Any:
    """The total Fisher memory of a linear network over all steps and inputs, or the reason why there is none."""
    if value_or_reason(lambda: network.radius.stable) is False:
        return Reason(f"none: the spectral radius is {network.radius.value:.6g}, and noise adds up without end")
    total = value_or_reason(lm.total_fisher_memory, network)
    return derived(total, lambda total: total if np.ndim(total) == 0 else float(np.trace(total).real))
