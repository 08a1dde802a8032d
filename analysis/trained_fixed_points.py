"""Eigenvalues of W, and those of the Jacobian where a trained network rests: which of them decide what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis import paths
from analysis.claims import Claim, at_least, at_most, rounds_to
from analysis.layout import Layout, arrange, key_above, label_left
from analysis.trainings import STARTS, Run, collected
from linmem.cells.cell import Cell
from linmem.running.fixed_points import FixedPoint

CAPTION = """
Eigenvalues of W, and those of the Jacobian at a fixed point, in networks trained to copy over 500 steps; seed {seed}.

Open: eigenvalues of W after training; filled: of A = dh'/dh at the point to which searches from {starts} states on the
path lead while the input is blank. The circle has radius 1. The non-linearity is elu, whose slope is below 1 for
negative arguments, so that A is not W. Radii of W and of A: {radii}. From the orthogonal start W amplifies, but the
network rests at a stable point, and between the symbols and the answer its state falls into it: it has learned nothing
(loss {orthogonal} of that without input; chain {chain}). The point of the chain is not stable, though nearly: its state
leaves it slowly, and keeps moving for 500 steps. From the identity the searches find no fixed point; the filled
eigenvalues are those at the slowest point found, where the state still moves by {speed:.3f} a step. No search finds all
points.
"""


@dataclass(frozen=True)
class Settings:
    """`radii`: of W and of A at the fixed point, by start; `every` so many steps a state on the path is a start."""

    seed: int = 1
    every: int = 60
    radii: tuple = (("chain", "1.057", "1.008"), ("feedback_chain", "1.178", "1.002"), ("orthogonal", "1.106", "0.955"))


@dataclass(frozen=True, eq=False)
class Rest:
    """A trained network: its run, cell and states under blanks, and the slowest point that was found."""

    run: Run
    cell: Cell
    states: np.ndarray
    point: FixedPoint
    of_weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Results:
    """The networks, one for each start; and the radii at the fixed points of the orthogonal starts of other seeds."""

    networks: list[Rest]
    orthogonal: list[float]


SETTINGS = Settings()
LAYOUT = Layout(one="ab\ncd", two="abcd", heights=(4.0, 2.25))
BLANK = np.eye(paths.INPUTS["copy"])[0]
FIRST_BLANK, CUE = 10, 489  # steps: symbols come before, the answer after


def compute(settings: Settings) -> Results:
    """Fixed points of the networks that are shown, and of all from the orthogonal start."""
    found = [rest_of(run, settings) for run in collected("full", ["copy"])]
    shown = [rest for rest in found if rest.run.seed == settings.seed]
    orthogonal = [abs(rest.point.eigenvalues[0]) for rest in found if rest.run.start == "orthogonal"]
    return Results(shown, orthogonal)


def rest_of(run: Run, settings: Settings) -> Rest:
    """The slowest point under blanks, from states on the path."""
    cell = paths.cell_of(run)
    path = lm.trajectory(cell, paths.sequences_of(run, 1)[0])
    states = path.states[FIRST_BLANK:CUE]
    points = lm.fixed_points(cell, BLANK, starts=states[settings.every - FIRST_BLANK :: settings.every]).points
    slowest = min(points, key=lambda point: point.speed)
    return Rest(
        run,
        cell,
        states,
        slowest,
        np.linalg.eigvals(cell.weight_hh),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one network after the other."""
    by_start = {rest.run.start: rest for rest in results.networks}
    for start, of_weights, of_jacobian in settings.radii:
        rest = by_start[start]
        yield from claims_of_point(start, rest)
        yield rounds_to(f"{start}: radius of W", np.abs(rest.of_weights).max(), of_weights)
        radius = np.abs(rest.point.eigenvalues).max()
        yield rounds_to(f"{start}: radius of A at the fixed point", radius, of_jacobian)
    yield at_most("orthogonal, every seed: radius at the fixed point", max(results.orthogonal), 0.99)
    resting = by_start["orthogonal"]
    yield at_most("orthogonal: distance from the point before the cue", distance(resting), 1e-6)
    yield at_most("orthogonal: stable", float(resting.point.stable is not True), 0)
    chain = by_start["chain"]
    yield at_least("chain: distance from the point before the cue", distance(chain), 1)
    speed = by_start["identity"].point.speed
    yield at_least("identity: speed at the slowest point", speed, 1e-3)


def claims_of_point(start: str, rest: Rest) -> Iterator[Claim]:
    """That it is a fixed point, and that A is the derivative there."""
    state = rest.point.state
    size = 1 + np.linalg.norm(state)
    moved = np.linalg.norm(rest.cell.step(state, BLANK) - state)
    yield at_most(f"{start}: a step from the fixed point, over the size of the state", moved / size, 1e-12)
    # differences of two steps know the derivative to about 1e-8
    A = rest.point.network.dense()
    error = np.abs(jacobian_by_differences(rest) - A).max()
    yield at_most(f"{start}: A, against differences of steps", error, 1e-5)


def distance(rest: Rest) -> float:
    """Of the last state before the cue from the point."""
    return float(np.linalg.norm(rest.states[-1] - rest.point.state))


def jacobian_by_differences(rest: Rest, size: float = 1e-6) -> np.ndarray:
    """dh'/dh at the point, by steps from states on both sides."""
    shifts = size * np.eye(rest.cell.state_size)
    inputs = np.tile(BLANK, (len(shifts), 1))
    above, below = (rest.cell.step(rest.point.state + sign * shifts, inputs) for sign in (1, -1))
    return (above - below).T / (2 * size)


def draw(settings: Settings, results: Results) -> Figure:
    """A panel for each start."""
    figure, panels = arrange(LAYOUT)
    for ax, rest in zip(panels, results.networks, strict=True):
        draw_eigenvalues(rest, ax)
    label_left(panels, "Imaginary part (no unit)")
    for mark, name in (("s", "of $W$"), ("o", "of the Jacobian $A$")):
        fill = "none" if mark == "s" else "full"
        panels[0].plot([], [], mark, color="0.35", fillstyle=fill, markersize=3, label=name)
    key_above(figure, panels[0].get_legend_handles_labels()[0])
    return figure


def draw_eigenvalues(rest: Rest, ax: Axes) -> None:
    """Eigenvalues of W and of A, with the unit circle."""
    look = STARTS[rest.run.start]
    angles = np.linspace(0, 2 * np.pi, 361)
    ax.plot(np.cos(angles), np.sin(angles), color="0.6", linewidth=0.5)
    of_weights, of_jacobian = rest.of_weights, rest.point.eigenvalues
    marks = {"linestyle": "", "markersize": 3, "fillstyle": "none"}
    ax.plot(of_weights.real, of_weights.imag, "s", color="0.35", **marks)
    marks = {"linestyle": "", "markersize": 2}
    ax.plot(of_jacobian.real, of_jacobian.imag, "o", color=look.style["color"], **marks)
    ax.set(title=look.name, xlabel="Real part (no unit)", aspect="equal")
    ax.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), xticks=(-1, 0, 1), yticks=(-1, 0, 1))


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """Moduli of the eigenvalues of W and of A, sorted, and the speed at the point."""
    rows: dict[str, object] = {}
    for rest in results.networks:
        name = rest.run.name
        rows[f"moduli of W, {name}"] = np.sort(np.abs(rest.of_weights))[::-1].round(8)
        rows[f"moduli of A, {name}"] = np.sort(np.abs(rest.point.eigenvalues))[::-1].round(8)
    rows["radius at the fixed point, orthogonal, by seed"] = np.round(results.orthogonal, 8)
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, radii, losses, and the speed from the identity."""
    of_start = {rest.run.start: rest for rest in results.networks}
    radii = []
    for start, W, A in settings.radii:
        radii.append(f"{STARTS[start].name}, {W} and {A}")
    chain = of_start["chain"]
    searched = chain.states[settings.every - FIRST_BLANK :: settings.every]
    return vars(settings) | {
        "radii": "; ".join(radii),
        "speed": of_start["identity"].point.speed,
        "starts": len(searched),
        "orthogonal": f"{of_start['orthogonal'].run.lowest:.2f}",
        "chain": f"{chain.run.lowest:.2f}",
    }
