"""A feedforward chain that integrates, and what it remembers. After Goldman (2009), Fig 1, and Ganguli et al. (2008).

dx = (-x + w S x + V s) dt + dB, S the shift to the next of N stages, input to the first. (a) After a pulse, with w =
1, stage n follows t^(n-1) e^-t / (n-1)!; every fifth of {stages} stages. (b) Their sum (solid) is Gamma(N, t) /
Gamma(N) (dots): it holds its value until the pulse has passed the last stage, N decay times, where a single unit
(dashed) decays in one. (c) Total Fisher memory, the integral of J(t), against N, for noise of variance 1 in every
stage: it grows with N for weights above 1, and stays near 1 below. Times in units of the decay time of a unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc, gammaln, xlogy

import linmem as lm
from analysis.claims import Claim, at_least, at_most, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting
from linmem.linalg.expm import exponential


@dataclass(frozen=True)
class Settings:
    """Totals are of the weights, for the number of stages given."""

    stages: int = 50
    until: float = 80.0
    points: int = 321
    sizes: tuple = (1, 2, 3, 5, 7, 10, 14, 20, 28, 40)
    weights: tuple = (0.5, 1.0, 2.0, 5.0)
    totals: tuple = ((5, 1.0, "1.352"), (10, 1.0, "1.432"), (20, 1.0, "1.491"), (5, 2.0, "2.515"), (20, 2.0, "7.238"))


SETTINGS = Settings()


def leaky_chain(stages: int, weight: float) -> lm.ContinuousNetwork:
    """A = -I + w S."""
    drift = -np.eye(stages) + weight * np.eye(stages, k=-1)
    return lm.ContinuousNetwork(drift, np.eye(stages)[0], known_abscissa=-1)


def claims(settings: Settings, times, activity, totals):
    """What the figure says, one claim after the other."""
    before = np.arange(settings.stages)[:, None]  # stages before this one
    closed = np.exp(xlogy(before, times) - times - gammaln(before + 1))
    yield at_most("largest error of a stage, against its closed form", abs(activity - closed).max(), 1e-12)
    total = activity.sum(axis=0)
    yield at_most("largest error of the sum", abs(total - gammaincc(settings.stages, times)).max(), 1e-12)
    yield at_least("the sum at half of N decay times", np.interp(settings.stages / 2, times, total), 0.95)
    for n, weight, printed in settings.totals:
        yield rounds_to(f"J_tot of {n} stages of weight {weight:g}", totals[weight][settings.sizes.index(n)], printed)
    growth = {weight: values[-1] - values[len(values) // 2] for weight, values in totals.items()}
    yield at_most("growth of J_tot for the smallest weight", growth[min(growth)], 0.01)
    yield at_least("growth of J_tot for the largest weight", growth[max(growth)], 1.0)


def draw(settings: Settings, times, activity, totals):
    """Panel a: stages; b: their sum; c: memory against the number of stages."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.2)
    stages, total, memory = figure.subplots(1, 3)
    stages.plot(times, activity[4::5].T, color="C0", ls="-", lw=0.8)
    stages.set(xlabel="Time $t$ (decay times)", ylabel="Activity of a stage (pulse units)", xlim=(0, times[-1]))
    stages.set(ylim=(0, 0.25))
    total.plot(times, activity.sum(axis=0))
    total.plot(times[::16], gammaincc(settings.stages, times[::16]), "k.", ms=3)
    total.plot(times, np.exp(-times), "C1--")
    total.set(xlabel="Time $t$ (decay times)", ylabel="Sum of stages (pulse units)", xlim=(0, times[-1]))
    for (weight, values), marker in zip(totals.items(), "os^D", strict=False):
        memory.plot(settings.sizes, values, marker=marker, ms=3, label=f"$w = {weight:g}$")
    memory.set(xlabel="Stages $N$", ylabel=r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)", ylim=(0.8, None))
    memory.set_yscale("log")
    memory.set_yticks([1, 3, 10, 30], ["1", "3", "10", "30"])
    memory.minorticks_off()
    memory.legend()
    plotting.letter_panels(stages, total, memory)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    times = np.linspace(0, settings.until, settings.points)
    step = exponential(leaky_chain(settings.stages, 1.0).drift * times[1])
    states = [np.eye(settings.stages)[0]]
    for _ in times[1:]:
        states.append(step @ states[-1])
    activity = np.array(states).T
    totals = {
        weight: np.array([lm.total_fisher_memory(leaky_chain(n, weight)) for n in settings.sizes])
        for weight in settings.weights
    }
    held = require(*claims(settings, times, activity, totals))
    with plotting.style():
        figure = draw(settings, times, activity, totals)
    numbers = {"t": times, "sum of stages": activity.sum(axis=0), "N": np.array(settings.sizes)}
    numbers |= {f"J_tot, w = {weight:g}": values for weight, values in totals.items()}
    save(figure, __file__, folder, settings, numbers, __doc__.format(**vars(settings)))
    return held
