"""Learning curves of networks that were trained from four starts. After Orhan & Pitkow (2020), Fig 3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.claims import Claim, at_least, at_most, close_to
from analysis.labels import beyond
from analysis.layout import Layout, arrange, key_above, label_left
from analysis.trainings import STARTS, TASKS, Run, by_task, collected, listed, said

CAPTION = """
Learning from four starts. After Orhan & Pitkow (2020), Fig 3.

(a-c) The lowest loss on held-out sequences up to each epoch, divided by the loss without input (grey line): median and
range of the seeds. A run that has ended keeps its lowest loss: {learned} ended when its loss was below 0.0025;
{diverged} diverged. In {exploded} of {count} runs the loss after some epoch was above {high} times that without input:
the network explodes on some sequence. The arrow gives the end of a range that is above the axis. The lowest loss of
all, seed by seed: {shares}. The runs: {runs}. Networks and sequences have the paper's sizes, but there are 5000 digits,
not 60,000, and fewer seeds and epochs; networks from normal starts were trained to copy for only 15 epochs after the
first seed. Learning rates are the best of a short search: 5e-5 to copy, 3e-4 for digits. To add, the rate is 1e-4 from
the chain; at this rate the other starts diverged, so that theirs are 3e-5 and, from the identity, 1e-6.{grid}
"""
GRID = """ (d-f) Number of runs of a grid whose lowest loss, divided by that without input, is at most x. The grey
line is the limit of success, as in the paper; the shares of runs below it: {successes}. The grid has 3 gains or
feedback weights, 3 learning rates and up to 3 seeds for each start, and small tasks: {runs}. The paper has 462 runs
from each chain and 594 from each normal start for each task, at the sizes above."""


@dataclass(frozen=True)
class Settings:
    """A run is a success where its lowest loss is below `success` times the loss without input, as in the paper."""

    tasks: tuple = ("copy", "addition", "digits")
    success: float = 0.5


@dataclass(frozen=True)
class Results:
    """The runs at the paper's sizes, and those of the grid."""

    full: list[Run]
    grid: list[Run]


SETTINGS = Settings()
LAYOUT = Layout(one="ad\nbe\ncf", two="abc\ndef", heights=(5.6, 4.2))
HIGHEST = 1.5  # of the axis of losses
EXPLODED = 2  # times the loss without input


def loss_without_input(task: str, length: int | None) -> float:
    """The loss of the best prediction that ignores the input, in closed form."""
    if task == "copy":
        return 10 * np.log(8) / length  # ten of `length` steps ask for one of eight symbols
    if task == "addition":
        return 1 / 6  # the variance of the sum of two numbers that are uniform in [0, 1]
    return np.log(10)  # ten classes of digits


def compute(settings: Settings) -> Results:
    """The collected runs of the tasks."""
    return Results(full=collected("full", settings.tasks), grid=collected("grid", settings.tasks))


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one claim after the other."""
    for task in settings.tasks:
        runs = [run for run in results.full if run.task == task]
        without = loss_without_input(task, runs[0].settings.options.get("length"))
        yield close_to(f"{task}: loss without input", runs[0].baseline, without, 1e-12)
        lowest = min(min(run.training_loss) for run in runs)
        yield at_most(f"{task}: lowest training loss of all, over that", lowest / without, 1)

    success = settings.success
    chain = lowest_losses(results, "copy", "chain")
    normal = lowest_losses(results, "copy", "orthogonal", "identity")
    share = np.mean(chain < success)
    yield at_least("copy: share of chains that learn, below half of the loss without input", share, 0.4)
    yield at_most("copy: the same share of normal starts", np.mean(normal < success), 0)

    chain = lowest_losses(results, "addition", "chain")
    yield at_most("addition: lowest of the chain, over the loss without", chain.min(), success)

    chain = np.median(lowest_losses(results, "digits", "chain"))
    orthogonal = np.median(lowest_losses(results, "digits", "orthogonal"))
    yield at_most("digits: the same, chain, median of seeds", chain, success)
    yield at_most("digits: chain over orthogonal", chain / orthogonal, 1)


def lowest_losses(results: Results, task: str, *starts: str) -> np.ndarray:
    """The lowest loss, over that without input, of every run of a task from these starts."""
    return np.array([run.lowest for run in results.full if run.task == task and run.start in starts])


def draw(settings: Settings, results: Results) -> Figure:
    """A column for each task: losses by epoch and, where there is a grid, runs by loss."""
    full, grid = by_task(results.full), by_task(results.grid)
    figure, panels = arrange(LAYOUT)
    for (task, starts), losses, successes in zip(full.items(), panels[:3], panels[3:], strict=True):
        draw_losses(task, starts, losses)
        draw_grid(settings, task, grid.get(task, {}), successes)
    label_left(panels[:3], "Lowest loss so far\n(of that without input)")
    handles, _ = panels[0].get_legend_handles_labels()
    key_above(figure, handles)
    return figure


def draw_losses(task: str, starts: dict[str, list[Run]], ax: Axes) -> None:
    """The lowest loss up to each epoch, over that without input: median and range of the seeds of each start."""
    ax.axhline(1, color="0.6", linewidth=0.8, linestyle="-", zorder=0)
    for start, runs in starts.items():
        look = STARTS[start]
        lowest = lowest_so_far(runs)
        epochs = np.arange(1, 1 + lowest.shape[1])
        ax.fill_between(epochs, *np.quantile(lowest, (0, 1), axis=0), color=look.style["color"], alpha=0.2, linewidth=0)
        ax.plot(epochs, np.median(lowest, axis=0), **look.style, label=look.name)
        if lowest[:, -1].max() > HIGHEST:
            beyond(ax, 0.8 * epochs[-1], f"{lowest[:, -1].max():.2f}", look.style["color"])
    ax.set(xlim=(0, epochs[-1]), ylim=(0, HIGHEST), xlabel="Epoch", title=TASKS[task])


def lowest_so_far(runs: list[Run]) -> np.ndarray:
    """The lowest loss up to each epoch, over that without input, (runs, epochs); a run that has ended keeps its own."""
    epochs = max(run.settings.epochs for run in runs)
    rows = []
    for run in runs:
        lowest = np.minimum.accumulate(run.validation_loss) / run.baseline
        rows.append(np.pad(lowest, (0, epochs - len(lowest)), mode="edge"))
    return np.array(rows)


def draw_grid(settings: Settings, task: str, starts: dict[str, list[Run]], ax: Axes) -> None:
    """The number of runs of the grid whose lowest loss is at most x."""
    for start, runs in starts.items():
        losses = sorted(run.lowest for run in runs)
        lowest = [0, *losses, 11]  # the steps begin at 0, and end beyond the axes
        heights = np.minimum(np.arange(len(lowest)), len(runs))
        ax.step(lowest, heights, **STARTS[start].style, where="post")
    ax.axvline(settings.success, color="0.6", linewidth=0.8, linestyle="-", zorder=0)
    ax.set_xlim(0, 1.1)
    ax.set_xlabel("Lowest loss\n(of that without input)")
    ax.set_ylabel(f"Runs (number, of {len(runs)})")
    ax.set_title(TASKS[task])


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """The losses of every run, and the lowest loss of every run of the grid."""
    rows: dict[str, object] = {}
    for run in results.full:
        rows[f"validation loss: {run.name}"] = run.validation_loss
    for run in results.grid:
        rows[f"lowest loss, over that without input: {run.name}"] = run.lowest
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, str]:
    """The runs in words, their lowest losses, and what is said of the grid, where there is one."""
    full = by_task(results.full)
    exploded = [run for run in results.full if max(run.validation_loss) > EXPLODED * run.baseline]
    return {
        "learned": ended(results.full, "below"),
        "diverged": ended(results.full, "diverged"),
        "high": EXPLODED,
        "exploded": len(exploded),
        "count": len(results.full),
        "runs": said(full),
        "shares": listed(full, lambda run: run.lowest),
        "grid": about_grid(settings, results),
    }


def ended(runs: list[Run], reason: str) -> str:
    """In words, the seeds of the runs that ended before their last epoch for a reason."""
    parts = []
    for task, starts in by_task(run for run in runs if reason in run.stopped).items():
        for start, stopped in starts.items():
            seeds = ", ".join(str(run.seed) for run in stopped)
            parts.append(f"{TASKS[task]}, {STARTS[start].name} (seeds {seeds})")
    return "; ".join(parts)


def about_grid(settings: Settings, results: Results) -> str:
    """What the caption says of the grid."""
    if not results.grid:
        return ""
    grid = by_task(results.grid)
    successes = listed(grid, lambda run: run.lowest < settings.success, mean=True)
    return GRID.format(successes=successes, runs=said(grid))
