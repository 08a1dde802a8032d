"""Where LSTMs that learned a text keep the past: what h and c know together, and what h knows alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import paths
from analysis.claims import Claim, at_least, at_most
from analysis.layout import Layout, arrange, key_above, label_left
from analysis.trainings import STARTS, Run, by_task, collected, said

CAPTION = """
Where LSTMs that learned a text keep the past: what h and c know together, and what h knows alone.

Fisher memory J(k) of contrasts between characters, along held-out text, for noise of variance 1 in every h and c, added
after each step; geometric mean over three ends. (a) Before, (b) after training; thick: of the whole state (h, c), thin:
of h alone, which is all that the readout sees; lines: median of the seeds of each start; bands: range of the seeds.
{count} networks. Medians at lags {lags}: of (h, c) before training {both_before}, after it {both_after}; of h before
{hidden_before}, after it {hidden_after}. After training, what is older than ten characters is in c, and h does not show
it: at lag 50 h knows less than before training. The runs: {runs}.
"""


@dataclass(frozen=True)
class Settings:
    """`shown` lags are those of the medians in the caption; the run that is computed anew, by start and seed."""

    shown: tuple = (0, 10, 50, 100)
    checked: tuple = ("plain", 1)


@dataclass(frozen=True, eq=False)
class Results:
    """The stored curves of every run, and those of one run computed anew."""

    shown: list[tuple[Run, paths.PathRun]]
    again: dict[str, np.ndarray]


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb", two="ab", heights=(4.4, 2.8))
LAGS = np.array(paths.LAGS_OF_LSTM)
PARTS = {"(h, c)": 1.2, "h": 0.5}  # widths of lines
CURVES = {"both_before": "(h, c), before", "both_after": "(h, c), after"}
CURVES |= {"hidden_before": "h, before", "hidden_after": "h, after"}


def compute(settings: Settings) -> Results:
    """The stored curves; those after training of one run anew."""
    stored = paths.collected_paths()
    runs = [run for run in collected("text") if run.settings.cell == "lstm"]
    run = next(run for run in runs if (run.start, run.seed) == settings.checked)
    again = paths.memory_of_lstm(run, "after", paths.sequences_of(run, 1)[0])
    return Results([(run, stored[run.name]) for run in runs], again)


def median(results: Results, name: str, lag: int) -> float:
    """The median over the runs of one of the curves."""
    place = paths.LAGS_OF_LSTM.index(lag)
    return float(np.median([stored.curves[name][place] for _, stored in results.shown]))


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says."""
    for run, stored in results.shown:
        if (run.start, run.seed) == settings.checked:
            for name, curve in results.again.items():
                error = np.abs(curve / stored.curves[name] - 1).max()
                yield at_most(f"{run.name}: J of {name}, against that which is stored, relative", error, 1e-3)
        for state in paths.STATES:
            both, hidden = (stored.curves[f"{part}, {state}"] for part in PARTS)
            with np.errstate(invalid="ignore"):
                yield at_most(f"{run.name}: J of h over that of (h, c), {state}", np.nanmax(hidden / both), 1 + 1e-4)
    at_fifty = median(results, "h, after", 50), median(results, "(h, c), after", 50)
    yield at_most("median J of h over that of (h, c) after training, lag 50", at_fifty[0] / at_fifty[1], 1e-3)
    before = median(results, "h, before", 50)
    yield at_most("median J of h at lag 50, after training over before", at_fifty[0] / before, 0.5)
    before = median(results, "(h, c), before", 50)
    yield at_least("median J of (h, c) at lag 50, after training over before", at_fifty[1] / before, 10)


def draw(settings: Settings, results: Results) -> Figure:
    """Before and after training."""
    figure, panels = arrange(LAYOUT)
    for ax, state in zip(panels, paths.STATES, strict=True):
        draw_state(results, state, ax)
        ax.set_title(f"{state} training")
    label_left(panels, "Fisher memory $J(k)$")
    handles, _ = panels[0].get_legend_handles_labels()
    for part, width in PARTS.items():
        handles += panels[0].plot([], [], "k-", linewidth=width, label=f"${part}$")
    key_above(figure, handles)
    return figure


def draw_state(results: Results, state: str, ax: Axes) -> None:
    """Both curves of every start."""
    for start in dict.fromkeys(run.start for run, _ in results.shown):
        for part in PARTS:
            draw_part(results, start, part, state, ax)
    ax.set_yscale("log")
    ax.set_ylim(1e-17, 20)
    ax.set_xlabel("Lag $k$ (characters)")


def draw_part(results: Results, start: str, part: str, state: str, ax: Axes) -> None:
    """J(k) of a part of the state: median and range of the seeds of a start."""
    look = STARTS[start]
    curves = []
    for run, stored in results.shown:
        if run.start == start:
            curves.append(stored.curves[f"{part}, {state}"])
    lowest, middle, highest = np.quantile(curves, (0, 0.5, 1), axis=0)
    shade = {"color": look.style["color"], "alpha": 0.15, "linewidth": 0}
    ax.fill_between(LAGS, lowest, highest, **shade)
    label = look.name if part == "(h, c)" else None
    ax.plot(LAGS, middle, **look.style, linewidth=PARTS[part], label=label)


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """All curves; None where J is infinite."""
    rows: dict[str, object] = {"lags": paths.LAGS_OF_LSTM}
    for run, stored in results.shown:
        for name, curve in stored.curves.items():
            rows[f"J of {name}, {run.name}"] = [value if np.isfinite(value) else None for value in curve]
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """Medians, and the runs in words."""
    medians = {}
    for field, name in CURVES.items():
        medians[field] = ", ".join(f"{median(results, name, lag):.1e}" for lag in settings.shown)
    runs = said(by_task([run for run, _ in results.shown]))
    lags = ", ".join(map(str, settings.shown))
    return medians | {"runs": runs, "lags": lags, "count": len(results.shown)}
