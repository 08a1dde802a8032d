"""A feedforward chain that integrates, and its memory. After Goldman (2009), Fig 1, and Ganguli et al. (2008)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import gammaincc, gammaln, xlogy

import linmem as lm
from analysis.claims import Claim, at_least, at_most, rounds_to
from analysis.layout import Layout, arrange
from linmem.linalg.expm import exponential

CAPTION = """
A feedforward chain that integrates, and what it remembers. After Goldman (2009), Fig 1, and Ganguli et al. (2008).

dx = (-x + w S x + V s) dt + dB, S the shift to the next of N stages, input to the first. (a) After a pulse, with w =
1, stage n follows t^(n-1) e^-t / (n-1)!; every fifth of {stages} stages. (b) Their sum (solid) is Gamma(N, t) /
Gamma(N) (dots): it holds its value until the pulse has passed the last stage, N decay times, where a single unit
(dashed) decays in one. (c) Total Fisher memory, the integral of J(t), against N, for noise of variance 1 in every
stage: it grows with N for weights above 1, and stays near 1 below. Times in units of the decay time of a unit.
"""


@dataclass(frozen=True)
class Settings:
    """Totals are of the weights, for the number of stages given."""

    stages: int = 50
    until: float = 80.0
    points: int = 321
    sizes: tuple = (1, 2, 3, 5, 7, 10, 14, 20, 28, 40)
    weights: tuple = (0.5, 1.0, 2.0, 5.0)
    totals: tuple = ((5, 1.0, "1.352"), (10, 1.0, "1.432"), (20, 1.0, "1.491"), (5, 2.0, "2.515"), (20, 2.0, "7.238"))


@dataclass(frozen=True)
class Results:
    """Activity after a pulse, and total memory by weight and number of stages."""

    times: np.ndarray
    activity: np.ndarray  # of every stage, (stages, times)
    totals: dict[float, np.ndarray]  # J_tot by weight, one for each of the sizes


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb\nc", two="abc", heights=(5.4, 2.2))


def leaky_chain(stages: int, weight: float) -> lm.ContinuousNetwork:
    """A = -I + w S."""
    shift = np.eye(stages, k=-1)
    first_stage = np.eye(stages)[0]
    return lm.ContinuousNetwork(weight * shift - np.eye(stages), first_stage, known_abscissa=-1)


def compute(settings: Settings) -> Results:
    """Activity by one matrix exponential for the step between two times, and totals of all chains."""
    times = np.linspace(0, settings.until, settings.points)
    step = exponential(leaky_chain(settings.stages, 1.0).drift * times[1])
    states = [np.eye(settings.stages)[0]]
    for _ in times[1:]:
        states.append(step @ states[-1])
    totals = {}
    for weight in settings.weights:
        chains = [leaky_chain(stages, weight) for stages in settings.sizes]
        totals[weight] = np.array([lm.total_fisher_memory(chain) for chain in chains])
    return Results(times, np.array(states).T, totals)


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: closed forms of the activity, then the totals."""
    times = results.times
    earlier_stages = np.arange(settings.stages)[:, None]
    logarithm = xlogy(earlier_stages, times) - times - gammaln(earlier_stages + 1)
    error = abs(results.activity - np.exp(logarithm))
    yield at_most("largest error of a stage, against its closed form", error.max(), 1e-12)
    total = results.activity.sum(axis=0)
    error = abs(total - gammaincc(settings.stages, times))
    yield at_most("largest error of the sum", error.max(), 1e-12)
    yield at_least("the sum at half of N decay times", np.interp(settings.stages / 2, times, total), 0.95)

    for stages, weight, printed in settings.totals:
        place = settings.sizes.index(stages)
        yield rounds_to(f"J_tot of {stages} stages of weight {weight:g}", results.totals[weight][place], printed)
    smallest = results.totals[min(settings.weights)]
    largest = results.totals[max(settings.weights)]
    middle = len(settings.sizes) // 2
    yield at_most("growth of J_tot for the smallest weight", smallest[-1] - smallest[middle], 0.01)
    yield at_least("growth of J_tot for the largest weight", largest[-1] - largest[middle], 1.0)


def draw(settings: Settings, results: Results) -> Figure:
    """Panel a: stages; b: their sum; c: memory against the number of stages."""
    figure, (stages, total, memory) = arrange(LAYOUT)
    times = results.times
    every_fifth = results.activity[4::5]
    stages.plot(times, every_fifth.T, color="C0", linestyle="-", linewidth=0.8)
    stages.set_ylabel("Activity of a stage (pulse units)")
    stages.set_ylim(0, 0.25)

    total.plot(times, results.activity.sum(axis=0), label="sum of stages")
    dotted = times[::16]
    total.plot(dotted, gammaincc(settings.stages, dotted), "k.", markersize=3, label="closed form")
    total.plot(times, np.exp(-times), "C1--", label="one stage")
    total.legend()
    total.set_ylabel("Sum of stages (pulse units)")
    for ax in (stages, total):
        ax.set_xlabel("Time $t$ (decay times)")
        ax.set_xlim(0, settings.until)

    draw_totals(settings, results, memory)
    return figure


def draw_totals(settings: Settings, results: Results, ax: Axes) -> None:
    """Total memory against the number of stages, a line for each weight."""
    for (weight, totals), marker in zip(results.totals.items(), "os^D", strict=False):
        ax.plot(settings.sizes, totals, marker=marker, markersize=3, label=f"$w = {weight:g}$")
    ax.set_xlabel("Stages $N$")
    ax.set_ylabel(r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)")
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.8)
    ax.set_yticks([1, 3, 10, 30], ["1", "3", "10", "30"])
    ax.minorticks_off()
    ax.legend()


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """The sum of the stages against time, and totals against the number of stages."""
    rows = {"t": results.times, "sum of stages": results.activity.sum(axis=0), "N": np.array(settings.sizes)}
    for weight, totals in results.totals.items():
        rows[f"J_tot, w = {weight:g}"] = totals
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names."""
    return vars(settings)
