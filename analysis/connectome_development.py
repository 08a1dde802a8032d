"""Fisher memory of the brain of C. elegans from birth to adulthood, at one spectral radius.

Wiring diagrams of eight animals (Witvliet et al. 2021; chemical synapses only, without signs) as linear networks,
numbers of synapses for weights, each scaled to spectral radius {settings.radius}; noise of variance 1 in every neuron,
inputs of unit norm. (a) Fisher memory J(k) of each brain's best input; grey, of any normal network of that radius.
(b) Totals of the best input and of one that reaches all sensory neurons alike; thin line, normal networks. Bars: best
input after the weights were put in random places off the diagonal, then scaled to that radius (range and mean of
{settings.shuffles} shuffles, seed {settings.seed}). Square: one more adult (Cook et al. 2019), the neurons of animal 8,
serial sections for weights. (c) Total of the best input against the Frobenius norm of W; correlation
{found.correlation:.3f}. The newborn's memory is the largest; it falls through L1, {found.best[0]:.3g} to
{found.best[3]:.3g}. Then there is no trend: adults (A; {found.best[6]:.3g}, {found.best[7]:.3g}, {found.cook:.3g})
differ more than L2 and L3 do. Animals {settings.exceeding} exceed all their shuffles, no other does. The number of
neurons is no cause: on the {found.common} that all eight have, totals are the same within {found.change:.1%}. With
age brains become more feedforward (Witvliet et al.); memory at one radius does not grow. Eight animals: a description.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from matplotlib import colormaps

import linmem as lm
from analysis.claims import Claim, at_least, at_most, require, rounds_to
from analysis.output import FIGURES, save
from analysis.wiring import among, best_total, shuffled
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """The printed totals are those of the data at this radius."""

    radius: float = 0.95
    lags: int = 31
    shuffles: int = 50
    seed: int = 0
    best: tuple = ("2.42", "2.18", "1.96", "1.76", "1.92", "1.86", "2.12", "1.77")
    sensory: tuple = ("1.39", "1.31", "1.23", "1.15", "1.22", "1.20", "1.32", "1.19")
    cook: str = "2.35"
    exceeding: tuple = (1, 7)  # animals with more memory than all their shuffles


SETTINGS = Settings()
TOTAL = r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)"
AGE, STAGES = np.arange(1, 9), ("1, L1", "2, L1", "3, L1", "4, L1", "5, L2", "6, L3", "7, A", "8, A")


def compute(settings: Settings) -> SimpleNamespace:
    """Everything that is claimed, drawn or said: an entry for each animal."""
    radius, rng = settings.radius, np.random.default_rng(settings.seed)
    nets = [lm.connectome(f"celegans-witvliet-{age}", radius=radius) for age in AGE]
    driven = [lm.LinearNetwork(net.recurrent, lm.optimal_input(net), known_radius=radius) for net in nets]
    curves = [lm.fisher_memory_curve(net, settings.lags) for net in driven]
    best, norm = np.array([curve.total for curve in curves]), np.array([np.linalg.norm(net.recurrent) for net in nets])
    moved = [[best_total(shuffled(n.recurrent, rng), radius) for _ in range(settings.shuffles)] for n in nets]
    common = set.intersection(*(set(net.labels) for net in nets))
    change = max(abs(best_total(among(net, common), radius) / total - 1) for net, total in zip(nets, best, strict=True))
    cook = best_total(among(lm.connectome("celegans-cook"), nets[-1].labels), radius)
    return SimpleNamespace(
        curves=curves, best=best, sensory=np.array([lm.total_fisher_memory(net) for net in nets]), common=len(common),
        shuffled=np.array(moved), change=change, cook=cook, norm=norm, correlation=np.corrcoef(best, norm)[0, 1],
    )  # fmt: skip


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    best, wrong = found.best, set(AGE[found.best > found.shuffled.max(axis=1)].tolist()) ^ set(settings.exceeding)
    yield from map(rounds_to, [f"J_tot, best input of animal {age}" for age in AGE], best, settings.best)
    yield from map(rounds_to, [f"J_tot, sensory input of animal {age}" for age in AGE], found.sensory, settings.sensory)
    yield rounds_to("J_tot, best input of Cook's adult", found.cook, settings.cook)
    yield at_least("J_tot of the newborn over the largest later one", best[0] / best[1:].max(), 1)
    yield at_most("largest step of J_tot upwards during L1", np.diff(best[:4]).max(), 0)
    yield at_least("difference of two adults over that of L2 and L3", abs(np.diff(best[6:]) / np.diff(best[4:6]))[0], 1)
    yield at_least("J_tot of the sensory input, least", found.sensory.min(), 1)
    yield at_most(f"animals beyond all shuffles but not in {settings.exceeding}, or the reverse", len(wrong), 0)
    yield at_most("change of J_tot on the neurons that all have, largest", found.change, 0.01)
    yield at_least("correlation of J_tot with the norm of W", found.correlation, 0.98)


def draw(settings: Settings, found):
    """a: memory; b: totals by animal; c: totals by norm."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.4)
    memory, totals, norms = figure.subplots(1, 3, width_ratios=(1.1, 1.3, 0.8))
    shades, lag = colormaps["cividis"](np.linspace(0, 0.92, 8)), np.arange(settings.lags)
    memory.set_prop_cycle(color=shades)
    plotting.plot_fisher_memory_curve(found.curves, memory, labels=STAGES)
    memory.plot(settings.radius ** (2 * lag) * (1 - settings.radius**2), color="0.6", linestyle=":", label="normal")
    memory.legend(ncols=2, title="Animal, stage", title_fontsize=6)
    spread = found.shuffled.min(axis=1), found.shuffled.max(axis=1)
    totals.vlines(AGE, *spread, color="0.85", linewidth=8, label="best input, shuffled")
    totals.plot(AGE, found.shuffled.mean(axis=1), "_", color="0.5", markersize=8)
    totals.axhline(1, color="0.6", linewidth=0.5, linestyle="-")
    totals.plot(AGE, found.best, "o-", label="best input")
    totals.plot(AGE, found.sensory, "^--", label="all sensory neurons")
    totals.plot(9, found.cook, "s", color="C0", fillstyle="none", label="best input, Cook et al.")
    totals.set(xlabel="Animal, stage (A: adult)", ylabel=TOTAL)
    totals.set_xticks(range(1, 10), [stage.replace(", ", "\n") for stage in (*STAGES, "Cook, A")])
    totals.legend(ncols=2, columnspacing=1, handlelength=1.6)
    norms.scatter(found.norm, found.best, color=shades, s=14, edgecolor="black", linewidth=0.4)
    for age, x, y in zip(AGE, found.norm, found.best, strict=True):
        norms.annotate(age, (x, y), (-4, 4) if age == 8 else (3, -6), textcoords="offset points", fontsize=6)
    norms.set(xlabel=r"Norm $\Vert W\Vert_F$ (no unit)", ylabel=TOTAL, xlim=(2.8, 4.9), ylim=(0.9, 3.2))
    totals.sharey(norms)
    plotting.letter_panels(memory, totals, norms)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"J, animal {age}": curve.values for age, curve in zip(AGE, found.curves, strict=True)}
    numbers |= {"animals": STAGES} | {key: vars(found)[key] for key in ("best", "sensory", "cook", "shuffled", "norm")}
    save(figure, __file__, folder, settings, numbers, __doc__.format(settings=settings, found=found))
    return held
