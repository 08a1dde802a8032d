"""Memory of trained networks along the paths that they run, and of their W alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import paths
from analysis.claims import Claim, at_least, at_most
from analysis.layout import Layout, arrange, key_above, label_left
from analysis.trainings import STARTS, Run, collected

CAPTION = """
Memory of networks along the paths that they run, and of their W alone: networks trained to copy over 500 steps, seed
{seed}.

J(k) at the step at which the first symbol is asked for, of contrasts between symbols, for noise of variance 1 in every
unit and step. Solid: along the path, before (thin) and after training (thick); dashed: of the linear network W after
training, over as many steps. The symbols lie in the shaded lags. Memory at the lag of the first symbol, path and W
alone: {first}. From the orthogonal start, path and W differ by more than twenty orders of magnitude: the path falls
into a stable fixed point (figure trained_fixed_points). Before training the chain has lost the symbols after as many
steps as it has units, {units}: their memory is exactly 0, and the line ends there; from the chain with feedback it is
{feedback_before:.1e}. Memory is in units of the noise, and larger states look better: the mean of h^2 after training is
{squares}. It is the limit of small noise: linear theory holds along these paths up to standard deviations of {limits}.
"""


@dataclass(frozen=True)
class Settings:
    """The seed of the networks that are shown."""

    seed: int = 1


@dataclass(frozen=True, eq=False)
class Results:
    """What is stored of each run that is shown; its memory along the path after training, computed anew."""

    shown: list[tuple[Run, paths.PathRun]]
    again: list[np.ndarray]


SETTINGS = Settings()
LAYOUT = Layout(one="ab\ncd", two="abcd", heights=(3.8, 2.2))
ASKED = 490  # the step at which the first symbol is asked for: the lag of that symbol
SYMBOLS = 10


def compute(settings: Settings) -> Results:
    """The stored curves; those along the paths after training anew."""
    stored = paths.collected_paths()
    runs = [run for run in collected("full", ["copy"]) if run.seed == settings.seed]
    again = []
    for run in runs:
        sequence = paths.sequences_of(run, paths.SEQUENCES["copy"])[0]
        again.append(paths.path_memory(run, "after", sequence, ASKED))
    return Results([(run, stored[run.name]) for run in runs], again)


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says."""
    for (run, stored), again in zip(results.shown, results.again, strict=True):
        error = np.abs(again / stored.curves["path, after"] - 1).max()
        yield at_most(f"{run.start}: J(k) along the path, against that which is stored, relative", error, 1e-3)
    by_start = {run.start: stored.curves for run, stored in results.shown}
    curves = by_start["orthogonal"]
    of_symbols = slice(ASKED - SYMBOLS + 1, ASKED + 1)
    path, linear = (curves[f"{name}, after"][of_symbols].max() for name in ("path", "linear"))
    yield at_most("orthogonal: J at the symbols, along the path", path, 1e-15)
    yield at_least("orthogonal: J at the symbols, of W alone", linear, 1e-4)
    for start in ("chain", "feedback_chain", "identity"):
        smallest = by_start[start]["path, after"][of_symbols].min()
        yield at_least(f"{start}: smallest J at the symbols, along the path", smallest, 1e-4)
    chain = by_start["chain"]["path, before"]
    units = results.shown[0][0].settings.units
    yield at_most("chain before training: J after its last unit", chain[units:].max(), 0)


def draw(settings: Settings, results: Results) -> Figure:
    """A panel for each start."""
    figure, panels = arrange(LAYOUT)
    for ax, (run, stored) in zip(panels, results.shown, strict=True):
        draw_curves(run, stored, ax)
    label_left(panels, "Fisher memory $J(k)$")
    panels[0].text(ASKED - SYMBOLS - 8, 1e-27, "symbols", rotation=90, ha="right", va="bottom", color="0.4")
    key = {"path, before": (0.5, "-"), "path, after": (1.3, "-"), "$W$, after": (0.8, "--")}
    for name, (width, dash) in key.items():
        panels[0].plot([], [], color="k", linewidth=width, linestyle=dash, label=name)
    key_above(figure, panels[0].get_legend_handles_labels()[0])
    return figure


def draw_curves(run: Run, stored: paths.PathRun, ax: Axes) -> None:
    """Along the path before and after training; of W after training, dashed."""
    look = STARTS[run.start]
    colour = look.style["color"]
    ax.axvspan(ASKED - SYMBOLS, ASKED, color="0.88", linewidth=0)
    with np.errstate(divide="ignore"):
        ax.plot(stored.curves["path, before"], color=colour, linestyle="-", linewidth=0.5)
        ax.plot(stored.curves["path, after"], color=colour, linestyle="-", linewidth=1.3)
        ax.plot(stored.curves["linear, after"], color="k", linestyle="--", linewidth=0.8)
    ax.set(title=look.name, yscale="log", ylim=(1e-28, 10), xlabel="Lag $k$ (steps)")


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """All curves, and the sizes of states."""
    rows: dict[str, object] = {}
    for run, stored in results.shown:
        for name, curve in stored.curves.items():
            rows[f"J, {name}, {run.name}"] = curve
        rows[f"mean of h^2, {run.name}"] = stored.mean_square
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and numbers of each start."""
    first, squares, limits = [], [], []
    for run, stored in results.shown:
        name = STARTS[run.start].name
        pair = [stored.curves[f"{which}, after"][ASKED] for which in ("path", "linear")]
        first.append(f"{name}, {pair[0]:.1e} and {pair[1]:.1e}")
        squares.append(f"{stored.mean_square:.2g} ({name})")
        limits.append(f"{stored.noise_limit:.1g} ({name})")
    by_start = {run.start: stored.curves for run, stored in results.shown}
    return vars(settings) | {
        "first": "; ".join(first),
        "squares": ", ".join(squares),
        "limits": ", ".join(limits),
        "units": results.shown[0][0].settings.units,
        "feedback_before": by_start["feedback_chain"]["path, before"][ASKED],
    }
