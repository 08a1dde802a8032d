"""Learning from four starts. After Orhan & Pitkow (2020), Fig 3.

First row: loss on held-out sequences after each epoch, a line for each seed. Grey line: the loss without input. Dots:
where a loss below 0.0025 ended it; crosses: where it diverged in the next epoch. Lowest loss, over that without input,
seed by seed: {shares}. Run: {run}. Networks and sequences have the paper's sizes, but there are 5000 digits, not
60,000, and fewer seeds and epochs; normal starts copy for 15 after the first seed. Rates are the best of a short
search: 5e-5 to copy, 3e-4 for digits; to add 1e-4, at which all but the chain diverged, so that theirs are 3e-5 and,
from the identity, 1e-6. Lines leave the axes where a network explodes on some sequence.{grid}
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from analysis.claims import Claim, at_least, at_most, close_to, require
from analysis.output import FIGURES, save
from analysis.trainings import STARTS, TASKS, by_task, collected, listed, said
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """`success` is the share of the loss without input below which a run is one, as in the paper."""

    tasks: tuple = ("copy", "addition", "digits")
    success: float = 0.5


SETTINGS = Settings()
NO_INPUT = {"copy": lambda n: 10 * np.log(8) / n, "addition": lambda n: 1 / 6, "digits": lambda n: np.log(10)}
GRID = """ Second row: runs of a grid whose lowest loss, over that without input, is at most x. Thin line: success, as
in the paper: shares of {share}. The grid has 3 gains or feedback weights, 3 rates and up to 3 seeds a start, and small
tasks, {run}; the paper's has 462 runs from each chain and 594 from each normal start a task, at the sizes above."""


def compute(settings: Settings) -> SimpleNamespace:
    """Runs at the paper's sizes and of the grid, by task, then by start; of those there are."""
    runs = {group: collected(group, settings.tasks) for group in ("full", "grid")}
    return SimpleNamespace(runs=runs, full=by_task(runs["full"]), grid=by_task(runs["grid"]))


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    for task, starts in found.full.items():
        run = starts["chain"][0]
        without = NO_INPUT[task](run.settings.options.get("length"))
        yield close_to(f"{task}: loss without input", run.baseline, without, 1e-12)
        lowest = min(min(run.training_loss) for runs in starts.values() for run in runs)
        yield at_most(f"{task}: lowest training loss of all, over that", lowest / without, 1)
    lowest = {
        task: {start: [run.lowest for run in runs] for start, runs in each.items()} for task, each in found.full.items()
    }
    share = {start: np.mean(np.less(each, settings.success)) for start, each in lowest["copy"].items()}
    yield at_least("copy: share of chains that learn, below half of the loss without input", share["chain"], 0.4)
    yield at_most("copy: the same share of normal starts", share["orthogonal"] + share["identity"], 0)
    yield at_most(
        "addition: lowest of the chain, over the loss without", min(lowest["addition"]["chain"]), settings.success
    )
    digits = {start: np.median(each) for start, each in lowest["digits"].items()}
    yield at_most("digits: the same, chain, median of seeds", digits["chain"], settings.success)
    yield at_most("digits: chain over orthogonal", digits["chain"] / digits["orthogonal"], 1)


def draw(settings: Settings, found):
    """A column for each task: losses against the epoch and, where there is a grid, runs against the loss."""
    rows = 1 + bool(found.grid)
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.1 * rows)
    panels = figure.subplots(rows, len(found.full), squeeze=False)
    for ax, (task, starts) in zip(panels[0], found.full.items(), strict=True):
        without = starts["chain"][0].baseline
        ax.axhline(without, color="0.6", linewidth=0.8, linestyle="-", zorder=0)
        for start, runs in starts.items():
            name, colour, line, _ = STARTS[start]
            for i, run in enumerate(runs):
                epochs, losses = np.arange(1, 1 + len(run.validation_loss)), run.validation_loss
                ax.plot(epochs, losses, color=colour, linestyle=line, linewidth=0.8, label=None if i else name)
                mark = "o" if "below" in run.stopped else "x" if "diverged" in run.stopped else ""
                ax.plot(epochs[-1:], losses[-1:], mark, color=colour)
        unit = "squared error" if task == "addition" else "nats"
        ax.set(ylim=(0, 1.3 * without), xlabel="Epoch", ylabel=f"Validation loss ({unit})", title=TASKS[task])
        ax.set_xlim(left=0)
    panels[0, 2].legend(loc="lower left", ncols=2)
    for ax, task in zip(panels[-1] if found.grid else (), found.full, strict=False):
        for start, runs in found.grid.get(task, {}).items():
            lowest = np.sort([0, *(run.lowest for run in runs), 9])
            heights = np.minimum(np.arange(len(lowest)), len(runs))
            ax.step(lowest, heights, color=STARTS[start][1], linestyle=STARTS[start][2], where="post")
        ax.axvline(settings.success, color="0.6", linewidth=0.8, linestyle="-", zorder=0)
        ax.set(xlim=(0, 1.1), xlabel="Lowest loss, over that without input", ylabel="Runs (number)", title=TASKS[task])
    plotting.letter_panels(*panels.flat)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"validation loss: {run.name}": run.validation_loss for run in found.runs["full"]}
    numbers |= {f"lowest loss, over that without input: {run.name}": run.lowest for run in found.runs["grid"]}
    texts = {"run": said(found.full), "shares": listed(found.full, lambda run: run.lowest), "grid": ""}
    if found.grid:
        share = listed(found.grid, lambda run: run.lowest < settings.success, mean=True)
        texts["grid"] = GRID.format(share=share, run=said(found.grid))
    save(figure, __file__, folder, settings, numbers, __doc__.format(**texts))
    return held
