"""What training makes of memory, pseudospectra and Schur forms, in the networks of figure learning_curves.

(a, b) Fisher memory of W alone, after training (thick) and before (thin), seed {s.seed}: inputs of unit norm, noise in
all units for {horizon} steps, not for ever, since trained radii are often above 1. (c, d) Does W after training tell
how much was learned? Lowest validation loss, over that without input, against the departure from normality over N^1/2,
and the total of J; filled: copy, half: addition, open: digits; small: runs of the grid. Rank correlation within tasks:
departure {departure}; total of J {memory}. Within tasks and starts: departure {departure_alone}; total of J
{memory_alone}. p: of {s.shuffles} shuffles of the losses. (e-l) Pseudospectra, log10 eps, and below them moduli of
Schur forms, for copying, seed {s.seed}. In all of this W is linear: what would grow for ever is bounded in the network.
Run: {run}.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis import trainings
from analysis.claims import Claim, at_most, require
from analysis.output import FIGURES, save
from analysis.trainings import HORIZON, STARTS, by_task, collected, memory, networks, said
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """Pictures are of two starts of `pictured`; `seed` is that of the networks shown."""

    pictured: str = "copy"
    starts: tuple = ("chain", "orthogonal")
    seed: int = 1
    box: tuple = (-1.5, 1.5, -1.5, 1.5)
    points: int = 121
    levels: tuple = (1e-4, 1e-3, 1e-2, 1e-1, 0.3162)
    shuffles: int = 9999


SETTINGS = Settings()
STATES = ("before", "after")
FILLS = {"copy": "full", "addition": "left", "digits": "none"}
LABELS = {"departure": "Departure / $N^{1/2}$ (no unit)", "memory": "Total of $J$ (no unit)"}


def compute(settings: Settings) -> SimpleNamespace:
    """Networks and curves of the seed shown; what was collected of all runs."""
    runs, grid = collected("full"), collected("grid")
    shown = [run for run in runs if run.seed == settings.seed]
    for run in shown:
        run.nets = networks(run)
        run.curves = [memory(net) for net in run.nets]
    found = SimpleNamespace(runs=runs, grid=grid, shown={(run.task, run.start): run for run in shown})
    pictured = [net for start in settings.starts for net in found.shown[settings.pictured, start].nets]
    found.grids = [lm.pseudospectrum(net, settings.box, settings.points) for net in pictured]
    found.forms = [lm.schur_form(net) for net in pictured]
    found.telling = trainings.associations(runs + grid, settings.shuffles)
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    for name, run in found.shown.items():
        off = [np.abs(memory(net, 20) / trainings.by_inverse(net, 20) - 1).max() for net in run.nets]
        yield at_most(f"{name}: J(k) over 20 steps, against the inverse of the covariance", max(off), 1e-6)
        if run.start in ("orthogonal", "identity"):
            off = np.abs(HORIZON * run.curves[0] - 1).max()
            yield at_most(f"{name}: |{HORIZON} J(k) - 1| before training", off, 1e-3)
        departures = [lm.henrici_departure(net) for net in run.nets]
        off = np.subtract([run.memory, run.departure], [np.sum(run.curves, axis=1), departures])
        yield at_most(f"{name}: total of J and departure, against those of runs.json", np.abs(off).max(), 1e-4)
    draw = np.random.default_rng(0)
    for form, grid in zip(found.forms, found.grids, strict=True):
        W, points = grid.network.dense(), draw.integers(settings.points, size=(10, 2))
        yield at_most("Z T Z*, against W", np.abs(form.Z @ form.T @ form.Z.conj().T - W).max(), 1e-12)
        exact = [np.linalg.norm((grid.x[j] + 1j * grid.y[i]) * np.eye(len(W)) - W, -2) for i, j in points]
        yield at_most("sigma_min, against singular values", np.abs(grid.sigma_min[*points.T] - exact).max(), 1e-8)


def draw(settings: Settings, found):
    """Curves and scatter; pseudospectra; Schur forms."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 5.6)
    panels = figure.subplots(3, 4)
    for ax, task in zip(panels[0], ("copy", "digits"), strict=False):
        for run in [run for run in found.shown.values() if run.task == task]:
            name, colour, line, _ = STARTS[run.start]
            for curve, look in zip(run.curves, ({"linewidth": 0.5}, {"label": name}), strict=True):
                ax.plot(curve, line, color=colour, **look)
        ax.set(yscale="log", ylim=(1e-4, 1.5), xlim=(0, HORIZON), xlabel="Lag $k$ (steps)", title=task)
    panels[0, 0].set_ylabel("Fisher memory $J(k)$")
    panels[0, 0].legend()
    for ax, (measure, label) in zip(panels[0, 2:], LABELS.items(), strict=True):
        for run in found.grid + found.runs:
            _, colour, _, mark = STARTS[run.start]
            look = {"markersize": 1.5, "alpha": 0.5} if run.group == "grid" else {"markersize": 4}
            ax.plot(run.measures[measure], min(run.lowest, 1.1), mark, color=colour, fillstyle=FILLS[run.task], **look)
        ax.set(ylim=(0, 1.15), xlabel=label, ylabel="Lowest loss (of that without input)")
    titles = [f"{STARTS[start][0]}, {state}" for start in settings.starts for state in STATES]
    for column, grid, form, title in zip(panels.T, found.grids, found.forms, titles, strict=True):
        plotting.plot_pseudospectrum(grid, column[1], levels=settings.levels)
        plotting.plot_schur(form, column[2], colour_bar=column[2] is panels[2, -1])
        column[1].set_title(title)
    plotting.letter_panels(*panels.flat)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found, numbers = compute(settings), {}
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    for run in found.shown.values():
        numbers |= {f"J {state}, {run.name}": np.round(run.curves[i], 9) for i, state in enumerate(STATES)}
    for run in found.runs + found.grid:
        numbers[f"{', '.join(LABELS)}, loss: {run.name}"] = [*run.measures.values(), run.lowest]
    texts = found.telling | {"run": said(by_task(found.runs)), "horizon": HORIZON}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, **texts))
    return held
