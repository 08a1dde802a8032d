"""What training does to memory, pseudospectra and Schur forms, in the networks of figure learning_curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import linmem as lm
from analysis.claims import Claim, at_most
from analysis.labels import beyond
from analysis.layout import Layout, arrange, key_above, label_left
from analysis.trainings import (
    HORIZON,
    STARTS,
    Run,
    associations,
    by_task,
    collected,
    enclosed_memory,
    memory,
    networks,
    said,
    stored_curves,
)
from linmem import plotting

CAPTION = """
What training does to memory, pseudospectra and Schur forms, in the networks of figure learning_curves.

(a, b) Fisher memory of the linear network W, after training (thick) and before (thin), seed {seed}, for inputs of unit
norm. Noise enters all units during {horizon} steps, not for ever, since trained networks often have radii above 1. (c,
d) Does W after training predict how much was learned? Lowest validation loss, divided by that without input, against
the departure from normality over N^1/2, and against the total of J; small markers: runs of the grid; an arrow stands
for the run whose loss is {highest:.2f}. Rank correlation with the loss within tasks: departure {departure}; total of J
{memory}. Within tasks and starts: departure {departure_alone}; total of J {memory_alone}. p is from {shuffles} shuffles
of the losses. (e, f) Moduli of the entries of Schur forms after training and (g-j) pseudospectra, log10 eps, of
networks trained to {pictured}, seed {seed}; dots are eigenvalues. All this is of the linear network W: in the trained
network the non-linearity bounds what would grow for ever. The runs: {runs}.
"""


@dataclass(frozen=True)
class Settings:
    """Pictures are of two starts of `pictured`; `seed` is that of the networks shown."""

    pictured: str = "copy"
    starts: tuple = ("chain", "orthogonal")
    seed: int = 1
    box: tuple = (-1.5, 1.5, -1.5, 1.5)
    points: int = 121
    levels: tuple = (1e-4, 1e-3, 1e-2, 0.03162, 0.1, 0.3162)
    shuffles: int = 9999


@dataclass(frozen=True, eq=False)
class Trained:
    """A run, with its networks before and after training, and their curves J(k)."""

    run: Run
    networks: list[lm.LinearNetwork]
    curves: list[np.ndarray]


@dataclass(frozen=True, eq=False)
class Results:
    """What is drawn.

    Attributes
    ----------
    runs, grid
        The runs at the paper's sizes, and those of the grid.
    trained
        Networks of the seed that is shown, and their curves, which take long and are stored.
    pseudospectra, schur_forms
        Of the networks in the pictures, before and after training, start by start.
    associations
        What the caption says of the rank correlations.
    """

    runs: list[Run]
    grid: list[Run]
    trained: list[Trained]
    pseudospectra: list[lm.Pseudospectrum]
    schur_forms: list[lm.SchurForm]
    associations: dict[str, str]


SETTINGS = Settings()
LAYOUT = Layout(one="ab\ncd\nef\ngh\nij", two="aabb\ncdef\nghij", heights=(8.3, 5.4))
STATES = ("before", "after")
BEFORE, AFTER = 0, 1
PROVED_LAGS = 20
QUICKLY_PROVED = 50  # units; of larger networks a proof takes seconds, and those of two starts are proved
FILLS = {"copy": "full", "addition": "left", "digits": "none"}
HIGHEST = 1.4  # of the axes of losses
SMALL, LARGE = {"markersize": 1.5, "alpha": 0.5}, {"markersize": 4}
LABELS = {"departure": "Departure / $N^{1/2}$ (no unit)", "memory": "Total of $J$ (no unit)"}


def compute(settings: Settings) -> Results:
    """Networks and curves of the seed that is shown; what was collected of all runs."""
    runs, grid = collected("full"), collected("grid")
    trained = []
    for run in runs:
        if run.seed == settings.seed:
            trained.append(Trained(run, networks(run), stored_curves(run)))
    by_name = {(each.run.task, each.run.start): each for each in trained}
    pictured = [network for start in settings.starts for network in by_name[settings.pictured, start].networks]
    return Results(
        runs=runs,
        grid=grid,
        trained=trained,
        pseudospectra=[lm.pseudospectrum(network, settings.box, settings.points) for network in pictured],
        schur_forms=[lm.schur_form(network) for network in pictured],
        associations=associations(runs + grid, settings.shuffles),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one claim after the other."""
    for trained in results.trained:
        yield from memory_claims(settings, trained)
    draw = np.random.default_rng(0)
    for form, grid in zip(results.schur_forms, results.pseudospectra, strict=True):
        product = form.Z @ form.T @ form.Z.conj().T
        error = np.abs(product - grid.network.dense())
        yield at_most("Z T Z*, against W", error.max(), 1e-12)
        points = draw.integers(settings.points, size=(10, 2))
        yield at_most("sigma_min, against singular values", resolvent_error(grid, points), 1e-8)


def resolvent_error(grid: lm.Pseudospectrum, points: np.ndarray) -> float:
    """Largest difference between sigma_min and the least singular value of z - W, at these rows and columns."""
    W = grid.network.dense()
    errors = []
    for i, j in points:
        z = grid.x[j] + 1j * grid.y[i]
        singular_value = np.linalg.norm(z * np.eye(len(W)) - W, -2)
        errors.append(abs(grid.sigma_min[i, j] - singular_value))
    return max(errors)


def memory_claims(settings: Settings, trained: Trained) -> Iterator[Claim]:
    """Of one run: its curves by ball arithmetic, in closed form and anew; its measures as they were stored."""
    run = trained.run
    name = f"{run.task}, {run.start}"
    for state, network, stored in zip(STATES, trained.networks, trained.curves, strict=True):
        if network.size <= QUICKLY_PROVED or state == "before":
            # each curve is known to 1e-6 of its largest value
            error = np.abs(memory(network) - stored).max() / stored.max()
            yield at_most(f"{name}: J(k) over {HORIZON} steps {state} training, against that stored", error, 2e-6)
        if network.size <= QUICKLY_PROVED or (state == "after" and run.start in settings.starts):
            ratio = memory(network, PROVED_LAGS) / enclosed_memory(network, PROVED_LAGS)
            error = np.abs(ratio - 1).max()
            yield at_most(f"{name}: J(k) over {PROVED_LAGS} steps {state} training, by ball arithmetic", error, 1e-7)
    if run.start in ("orthogonal", "identity"):
        error = np.abs(HORIZON * trained.curves[BEFORE] - 1).max()
        yield at_most(f"{name}: |{HORIZON} J(k) - 1| before training", error, 1e-3)
    totals = np.sum(trained.curves, axis=1)
    departures = [lm.henrici_departure(network) for network in trained.networks]
    error = np.subtract([totals, departures], [run.memory, run.departure])
    yield at_most(f"{name}: total of J and departure, against those of runs.json", np.abs(error).max(), 1e-4)


def draw(settings: Settings, results: Results) -> Figure:
    """Curves; losses and Schur forms; pseudospectra."""
    figure, panels = arrange(LAYOUT)
    for ax, task in zip(panels[:2], ("copy", "digits"), strict=True):
        draw_curves([trained for trained in results.trained if trained.run.task == task], ax)
        ax.set_title(task)
    label_left(panels[:2], "Fisher memory $J(k)$")
    for ax, measure in zip(panels[2:4], LABELS, strict=True):
        draw_losses(results.grid + results.runs, measure, ax)
    label_left(panels[2:4], "Lowest loss\n(of that without input)")
    names = [STARTS[start].name for start in settings.starts]
    for ax, form, name in zip(panels[4:6], results.schur_forms[AFTER::2], names, strict=True):
        plotting.plot_schur(form, ax, colour_bar=False)
        ax.set_title(f"{name}, after", loc="right", fontsize="small")
    figure.colorbar(panels[5].images[0], cax=panels[5].inset_axes((1.03, 0, 0.05, 1)), label="Modulus $|T_{ij}|$")
    draw_pseudospectra(settings, results, panels[6:])
    key_above(figure, key(panels[0]))
    return figure


def key(ax: Axes) -> list[Line2D]:
    """A line with its marker for each start, lines before and after training, and a marker for each task."""
    lines = []
    for state, width in zip(STATES, (0.5, None), strict=True):
        lines += ax.plot([], [], "k-", linewidth=width, label=f"{state} training")
    for start in ("chain", "feedback_chain", "orthogonal", "identity"):
        look = STARTS[start]
        lines += ax.plot([], [], **look.style, marker=look.marker, label=look.name)
    for task, fill in FILLS.items():
        lines += ax.plot([], [], "o", color="0.4", fillstyle=fill, label=task)
    return lines


def draw_pseudospectra(settings: Settings, results: Results, panels: list[Axes]) -> None:
    """The networks in the pictures, with one scale for all."""
    titles = [f"{STARTS[start].name}, {state}" for start in settings.starts for state in STATES]
    for ax, grid, title in zip(panels, results.pseudospectra, titles, strict=True):
        plotting.plot_pseudospectrum(grid, ax, levels=settings.levels)
        ax.set_title(title, loc="right", fontsize="small")
        ax.set(ylabel="", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    label_left(panels, "Im $z$ (no unit)")
    for ax in panels[:-1]:
        ax.child_axes[0].remove()  # the scale, which stands beside the last panel


def draw_curves(networks: list[Trained], ax: Axes) -> None:
    """J(k) before training (thin) and after it, a pair of lines for each network."""
    for trained in networks:
        look = STARTS[trained.run.start]
        ax.plot(trained.curves[BEFORE], **look.style, linewidth=0.5)
        ax.plot(trained.curves[AFTER], **look.style)
    ax.set(yscale="log", ylim=(1e-4, 1.5), xlim=(0, HORIZON), xlabel="Lag $k$ (steps)")


def draw_losses(runs: list[Run], measure: str, ax: Axes) -> None:
    """The lowest loss of each run against a measure of W after training; an arrow where it is above the axis."""
    for run in runs:
        look = STARTS[run.start]
        size = SMALL if run.group == "grid" else LARGE
        fill = {"color": look.style["color"], "fillstyle": FILLS[run.task]}
        if run.lowest <= HIGHEST:
            ax.plot(run.measures[measure], run.lowest, look.marker, **fill, **size)
        else:
            beyond(ax, run.measures[measure], f"{run.lowest:.2f}", fill["color"])
    ax.set_ylim(0, HIGHEST)
    ax.set_xlabel(LABELS[measure])


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """Curves of the networks shown, before and after training; measures and lowest loss of every run."""
    rows: dict[str, object] = {}
    for trained in results.trained:
        for state, curve in zip(STATES, trained.curves, strict=True):
            rows[f"J {state}, {trained.run.name}"] = np.round(curve, 9)
    measures = ", ".join(LABELS)
    for run in results.runs + results.grid:
        rows[f"{measures}, loss: {run.name}"] = [*run.measures.values(), run.lowest]
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the rank correlations, and the runs in words."""
    runs = said(by_task(results.runs))
    return (
        vars(settings)
        | results.associations
        | {
            "runs": runs,
            "horizon": HORIZON,
            "highest": max(run.lowest for run in results.runs),
        }
    )
