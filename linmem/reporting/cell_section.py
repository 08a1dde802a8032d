"""The section of a report on a network whose file holds a whole cell: where that rests without an input.

Contents
--------
CellOfFile
    A cell, or the reason why it cannot run, with the command that follows a path of it.
cell_section
    Fixed points at zero input, and the linear memory there.
searches
    How many searches for fixed points are made.
equal_steps, RTOL_BESIDE
    A network whose steps are alike; the error that is accepted of its memory.
points_in_words, point_in_words
    How many points were found; one of them in words.
stationary_memory
    The total memory of a linear network over all steps.
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
    from linmem.running.fixed_points import FixedPoint, FixedPoints
    from linmem.running.time_varying_network import TimeVaryingNetwork

WORK, FEWEST, MOST = 4e7, 4, 60  # n^3 for each search; the numbers of searches
RTOL_BESIDE = 1e-6  # of memory that only stands beside other numbers
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
        rows.append(Row(f"point {number}: memory", *_memory_at(point)))
        rows.append(Row(f"point {number}: memory over all steps", stationary_memory(point.network)))
    ended = (
        f"Without an input, {fixed.starts - fixed.lost} of {fixed.starts} searches from small random states and 0 "
        f"ended, at {points_in_words(fixed)}"
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


def _memory_at(point: FixedPoint) -> tuple[Any, tuple[Any, ...], str]:
    """The total memory beside a point over 2 N steps, which it has whether it is stable or not, as a row has it."""
    network = point.network
    steps = 2 * network.size
    arrays = network.dense()[None], network.feedforward[None]
    curve = value_or_reason(lambda: lm.fisher_memory_curve(equal_steps(arrays, steps, noise=1.0), rtol=RTOL_BESIDE))
    said = f"of the linear network beside it, signal and noise of the last {steps} steps"
    total = derived(curve, lambda curve: curve.total)
    return derived(total, lambda total: total if np.ndim(total) == 0 else float(np.trace(total).real)), (), said


def equal_steps(arrays: tuple[np.ndarray, ...], steps: int, **noise: Any) -> TimeVaryingNetwork:
    """The network in which every step has the arrays A, B and perhaps G of one, (1, ...) each.

    Over so many steps its memory is that of constant weights with this horizon; its solver needs no stable weights.
    """

    def repeated(start: int, stop: int) -> tuple[np.ndarray, ...]:
        return tuple(np.repeat(array, stop - start, axis=0) for array in arrays)

    return lm.TimeVaryingNetwork(repeated, steps=steps, **noise)


def points_in_words(fixed: FixedPoints) -> str:
    """How many points were found."""
    count = len(fixed.points)
    return f"{count} point{'' if count == 1 else 's'}; nothing says that there are no others"


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
