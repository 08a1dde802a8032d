"""The loss of trained networks against the share of the past that their states do not explain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis import paths
from analysis.claims import Claim, at_least, at_most
from analysis.labels import beyond
from analysis.layout import Layout, arrange, key_above, label_left
from analysis.trainings import STARTS, Run, association, by_task, collected, said

CAPTION = """
The loss of trained networks against the share of the past that their states do not explain; {count} runs.

(a) Lowest validation loss, over that without input, against the unexplained share 1 - m along the path: m is the memory
function with noise of standard deviation {deviation} in every unit and step, and with all inputs that vary in each
other's way. It is that of three symbols, each at the step at which it is asked for (copy, filled), of the two numbers
to add (addition, half filled), and of all pixels (digits, open); mean of {copy} to {digits} sequences. An arrow stands
for a loss above the axis. (b) The same against the total Fisher memory of the linear W after training (figure
memory_after_training). Rank correlation with the loss within tasks: unexplained share {unexplained}; total of J of W
{memory}. Within tasks and starts: {unexplained_alone} and {memory_alone}. p is from {shuffles} shuffles of the losses.
It is of one measure, but some forty measures were tried on these runs before, and p is not corrected for that. Within
tasks and starts neither tells the loss. Rank correlations do not favour Fisher memory along the path over that of W:
for the memory of what is wanted, within tasks, {path}; in the networks that failed to copy from the orthogonal start it
is smaller by many orders of magnitude, which a rank does not show (figure memory_along_paths). All measures are of
networks after training, and nothing is claimed about prediction. The noise is within the limit of linear theory along
all paths, {limit}. The runs: {runs}.
"""


@dataclass(frozen=True)
class Settings:
    """The number of shuffles, and of runs whose share is computed anew: one of each task that is named."""

    shuffles: int = 9999
    checked: tuple = (("addition", "chain", 1), ("copy", "orthogonal", 1))


@dataclass(frozen=True, eq=False)
class RunAlongItsPath(Run):
    """A run with what was measured along its paths."""

    path: paths.PathRun | None = None

    @property
    def measures(self) -> dict[str, float]:
        """Those of W after training, and the unexplained share."""
        assert self.path is not None
        of_path = {"unexplained": float(np.mean(self.path.unexplained)), "path": self.path.memory}
        return super().measures | of_path


@dataclass(frozen=True, eq=False)
class Results:
    """The runs; the correlations in words; name, stored and new share of those that are computed anew."""

    runs: list[RunAlongItsPath]
    associations: dict[str, str]
    again: list[tuple[str, float, float]]


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb", two="ab", heights=(5.0, 2.8))
HIGHEST = 1.4  # of the axis of losses
FILLS = {"copy": "full", "addition": "left", "digits": "none"}
MEASURES = ("unexplained", "memory", "path")  # the last one is in the caption alone
LABELS = {"unexplained": "Unexplained share $1 - m$", "memory": "Total of $J$ of $W$ (no unit)"}


def compute(settings: Settings) -> Results:
    """The runs with their measures, and rank correlations."""
    stored = paths.collected_paths()
    runs = [RunAlongItsPath(**vars(run), path=stored[run.name]) for run in collected("full")]
    texts = {}
    for measure in MEASURES:
        texts[measure] = association(runs, measure, ("task",), settings.shuffles)
        texts[f"{measure}_alone"] = association(runs, measure, ("task", "start"), settings.shuffles)
    again = [anew(run) for run in runs if (run.task, run.start, run.seed) in settings.checked]
    return Results(runs, texts, again)


def anew(run: RunAlongItsPath) -> tuple[str, float, float]:
    """The name, the stored share of the first sequence, and the same computed anew."""
    assert run.path is not None
    sequence = paths.sequences_of(run, paths.SEQUENCES[run.task])[0]
    share = paths.unexplained(run, lm.trajectory(paths.cell_of(run), sequence), paths.DEVIATION)
    return run.name, run.path.unexplained[0], share


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """That what is stored is what comes out, and what the figure says about failed runs."""
    for name, stored, share in results.again:
        yield at_most(f"{name}: stored share, against that computed anew", abs(stored - share), 1e-4)
    for run in results.runs:
        assert run.path is not None
        shares = run.path.unexplained
        yield at_most(f"{run.name}: the largest share", max(shares), 1)
        yield at_least(f"{run.name}: the smallest share", min(shares), 0)
        if run.path.noise_limit is not None:
            yield at_least(f"{run.name}: limit of the noise over the noise", run.path.noise_limit / paths.DEVIATION, 1)
    yield from correlation_claims(results)


def correlation_claims(results: Results) -> Iterator[Claim]:
    """The signs within tasks; that no sign is told within tasks and starts."""
    value = {name: float(text.split()[0]) for name, text in results.associations.items()}
    p = {name: float(text.split("p = ")[1].split(",")[0]) for name, text in results.associations.items()}
    yield at_least("rank correlation of the unexplained share, within tasks", value["unexplained"], 0.6)
    yield at_most("rank correlation of the total of J of W, within tasks", value["memory"], -0.6)
    difference = abs(abs(value["unexplained"]) - abs(value["memory"]))
    yield at_most("difference of the two in size", difference, 0.2)
    yield at_most("rank correlation of J along the path over that of W", value["path"] / value["memory"], 1)
    for measure in LABELS:
        yield at_least(f"p within tasks and starts, {measure}", p[f"{measure}_alone"], 0.05)


def draw(settings: Settings, results: Results) -> Figure:
    """The loss against both measures."""
    figure, panels = arrange(LAYOUT)
    for ax, (measure, label) in zip(panels, LABELS.items(), strict=True):
        for run in results.runs:
            draw_run(run, measure, ax)
        ax.set_xlabel(label)
    label_left(panels, "Lowest loss (of that without input)")
    for look in (STARTS[start] for start in {run.start: None for run in results.runs}):
        panels[1].plot([], [], look.marker, color=look.style["color"], label=look.name)
    for task, fill in FILLS.items():
        panels[1].plot([], [], "o", color="0.4", fillstyle=fill, label=task)
    key_above(figure, panels[1].get_legend_handles_labels()[0])
    return figure


def draw_run(run: RunAlongItsPath, measure: str, ax: Axes) -> None:
    """One marker: its shape and colour say the start, its filling the task."""
    look = STARTS[run.start]
    fill = {"color": look.style["color"], "fillstyle": FILLS[run.task], "markersize": 4}
    if run.lowest <= HIGHEST:
        ax.plot(run.measures[measure], run.lowest, look.marker, **fill)
    else:
        beyond(ax, run.measures[measure], f"{run.lowest:.2f}", fill["color"])
    ax.set_ylim(0, HIGHEST)


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """Both measures and the loss of every run; the shares of every sequence."""
    rows: dict[str, object] = {}
    for run in results.runs:
        assert run.path is not None
        measures = run.measures
        rows[f"unexplained, J of W, J of path, loss: {run.name}"] = [*map(measures.get, MEASURES), run.lowest]
        rows[f"unexplained, by sequence: {run.name}"] = run.path.unexplained
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, correlations, and the runs in words."""
    limits = [run.path.noise_limit for run in results.runs if run.path and run.path.noise_limit is not None]
    return (
        vars(settings)
        | results.associations
        | {
            "count": len(results.runs),
            "deviation": paths.DEVIATION,
            "limit": min(limits),
            "runs": said(by_task(results.runs)),
            **paths.SEQUENCES,
        }
    )
