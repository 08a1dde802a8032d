"""Memory after every step of one sequence: which inputs the state knows, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from analysis import paths
from analysis.claims import Claim, at_least, at_most
from analysis.layout import Layout, arrange
from analysis.trainings import collected

CAPTION = """
Memory after every step of one sequence: which inputs the state knows, and until when.

Fisher memory J of contrasts between symbols along the path of the network that learned to copy over 500 steps from a
chain (seed {seed}), for noise of variance 1: J after each step, against the step of the input; one in {every} of both.
Above the diagonal inputs have not come yet. The symbols are the first ten inputs, and are asked for in the last ten
steps. A horizontal line tells how the memory of one input falls, a vertical one what the state knows after one step.
The memory of an input never rises (claim H2), but an older input may be known better than a younger one: after the last
step, the input that is known least has {worst:.1e}, the first symbol {first:.1e}.
"""


@dataclass(frozen=True)
class Settings:
    """The seed of the network."""

    seed: int = 1


@dataclass(frozen=True, eq=False)
class Results:
    """log10 J by input and step, nan before the input; the number of steps between two; J at one end anew."""

    logarithm: np.ndarray
    every: int
    again: np.ndarray


SETTINGS = Settings()
LAYOUT = Layout(one="a", two="a", heights=(2.8, 3.4), columns=1)
ROUNDED = 0.003  # of a logarithm in half precision, and in its base


def compute(settings: Settings) -> Results:
    """The stored map, and one of its ends anew."""
    with np.load(paths.HEAT_MAP) as stored:
        by_lag, every, name = stored["logarithm"].astype(float), int(stored["every"]), str(stored["run"])
    run = next(run for run in collected("full", ["copy"]) if run.name == name)
    ends = len(by_lag)
    by_input = np.full((ends, ends), np.nan)
    for end in range(ends):
        by_input[: end + 1, end] = by_lag[end, end::-1]
    again = paths.path_memory(run, "after", paths.sequences_of(run, 1)[0], every * (ends - 1))
    return Results(by_input, every, np.log10(again[::every])[::-1])


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says."""
    last = results.logarithm[:, -1]
    yield at_most(
        "log10 J after the last step, against that computed anew", np.abs(last - results.again).max(), ROUNDED
    )
    rise = np.nanmax(np.diff(results.logarithm, axis=1))
    yield at_most("largest rise of the log10 of the memory of an input", rise, ROUNDED)
    yield at_least("log10 J of the first symbol over the least, after the last step", last[0] - last.min(), 0.2)
    for end in (50, 100, 200):
        known = results.logarithm[0, end] - results.logarithm[0, -1]
        yield at_least(f"fall of log10 J of the first symbol after step {results.every * end}", known, -ROUNDED)
    yield at_least("log10 J of the first symbol after the last step", last[0], -4)


def draw(settings: Settings, results: Results) -> Figure:
    """One map."""
    figure, (ax,) = arrange(LAYOUT)
    steps = results.every * np.arange(len(results.logarithm) + 1)
    image = ax.pcolormesh(steps, steps, 10**results.logarithm, norm=LogNorm(), rasterized=True)
    ax.text(0.3, 0.75, "inputs to come", transform=ax.transAxes, ha="center", color="0.4")
    ax.set(xlabel="Step $T$ (steps)", ylabel="Step of the input, $T - k$ (steps)")
    figure.colorbar(image, ax=ax, label="Fisher memory $J_T(k)$")
    return figure


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """Some columns of the map."""
    size = len(results.logarithm)
    rows: dict[str, object] = {}
    for end in range(size // 5 - 1, size, size // 5):
        known = results.logarithm[: end + 1, end]
        rows[f"log10 J after step {results.every * end}"] = known.round(2)
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and two numbers of the last step."""
    last = results.logarithm[:, -1]
    return vars(settings) | {
        "every": results.every,
        "worst": 10 ** last.min(),
        "first": 10 ** last[0],
    }
