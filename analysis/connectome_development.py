"""Fisher memory of the brain of C. elegans from birth to adulthood, at one spectral radius."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, rounds_to
from analysis.layout import Layout, arrange, key_above
from analysis.wiring import among, best_total, shuffled
from linmem import plotting

CAPTION = """
Fisher memory of the brain of C. elegans from birth to adulthood, at one spectral radius.

Wiring diagrams of eight animals (Witvliet et al. 2021; chemical synapses only, without signs) as linear networks,
numbers of synapses for weights, each scaled to spectral radius {radius}; noise of variance 1 in every neuron, inputs of
unit norm. (a) Fisher memory J(k) of the best input of each brain; grey, of any normal network of that radius. (b)
Totals of the best input and of an input that reaches all sensory neurons alike; thin line, normal networks. Bars: best
input after the weights were put in random places off the diagonal, then scaled to that radius (range and mean of
{shuffles} shuffles, seed {seed}). Square: one more adult (Cook et al. 2019), the neurons of animal 8, serial sections
for weights. (c) Total of the best input against the Frobenius norm of W; correlation {correlation:.3f}. The memory of
the newborn is the largest; it decreases through L1, from {newborn:.3g} to {end_of_l1:.3g}. Then there is no trend:
adults (A; {adult_7:.3g}, {adult_8:.3g}, {cook_total:.3g}) differ more than L2 and L3 do. Animals {exceeding} exceed all
their shuffles, no other does. The number of neurons is no cause: on the {common} neurons that all eight have, totals
are the same within {change:.1%}. With age brains become more feedforward (Witvliet et al.); memory at one radius does
not grow. Eight animals are a description, not a test.
"""


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


@dataclass(frozen=True)
class Results:
    """An entry for each animal."""

    curves: list[lm.FisherMemoryCurve]  # of the best inputs
    best: np.ndarray  # J_tot of the best input
    sensory: np.ndarray  # J_tot of the sensory input
    shuffled: np.ndarray  # J_tot of the best input after shuffles, (animals, shuffles)
    norm: np.ndarray  # ||W||_F
    cook_total: float  # J_tot of the best input of Cook's adult
    common: int  # neurons that all animals have
    change: float  # the largest relative change of J_tot on these neurons

    @property
    def correlation(self) -> float:
        """Of J_tot of the best input with ||W||_F."""
        return np.corrcoef(self.best, self.norm)[0, 1]


SETTINGS = Settings()
LAYOUT = Layout(one="aa\nbb\ncc", two="aaabbbbcc", heights=(6.6, 2.9))
TOTAL = r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)"
AGE, STAGES = np.arange(1, 9), ("1, L1", "2, L1", "3, L1", "4, L1", "5, L2", "6, L3", "7, A", "8, A")


def compute(settings: Settings) -> Results:
    """Memory of every animal, of its shuffles, and on the neurons that all animals have."""
    radius, rng = settings.radius, np.random.default_rng(settings.seed)
    networks = [lm.connectome(f"celegans-witvliet-{age}", radius=radius) for age in AGE]
    curves = []
    for network in networks:
        driven = lm.LinearNetwork(network.recurrent, lm.optimal_input(network), known_radius=radius)
        curves.append(lm.fisher_memory_curve(driven, settings.lags))
    best = np.array([curve.total for curve in curves])
    common = set.intersection(*(set(network.labels) for network in networks))
    on_common = np.array([best_total(among(network, common), radius) for network in networks])
    cook = among(lm.connectome("celegans-cook"), networks[-1].labels)
    return Results(
        curves=curves,
        best=best,
        sensory=np.array([lm.total_fisher_memory(network) for network in networks]),
        shuffled=np.array([totals_of_shuffles(settings, network, rng) for network in networks]),
        norm=np.array([np.linalg.norm(network.recurrent) for network in networks]),
        cook_total=best_total(cook, radius),
        common=len(common),
        change=abs(on_common / best - 1).max(),
    )


def totals_of_shuffles(settings: Settings, network: lm.LinearNetwork, rng: np.random.Generator) -> list[float]:
    """J_tot of the best input after each shuffle of the weights."""
    shuffles = (shuffled(network.recurrent, rng) for _ in range(settings.shuffles))
    return [best_total(W, settings.radius) for W in shuffles]


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: printed totals, then trends."""
    best = results.best
    for age, total, printed in zip(AGE, best, settings.best, strict=True):
        yield rounds_to(f"J_tot, best input of animal {age}", total, printed)
    for age, total, printed in zip(AGE, results.sensory, settings.sensory, strict=True):
        yield rounds_to(f"J_tot, sensory input of animal {age}", total, printed)
    yield rounds_to("J_tot, best input of Cook's adult", results.cook_total, settings.cook)
    yield at_least("J_tot of the newborn over the largest later one", best[0] / best[1:].max(), 1)
    yield at_most("largest step of J_tot upwards during L1", np.diff(best[:4]).max(), 0)
    larvae, adults = abs(best[5] - best[4]), abs(best[7] - best[6])
    yield at_least("difference of two adults over that of L2 and L3", adults / larvae, 1)
    yield at_least("J_tot of the sensory input, least", results.sensory.min(), 1)
    exceeding = AGE[best > results.shuffled.max(axis=1)]
    wrong = set(exceeding.tolist()) ^ set(settings.exceeding)
    yield at_most(f"animals beyond all shuffles but not in {settings.exceeding}, or the reverse", len(wrong), 0)
    yield at_most("change of J_tot on the neurons that all have, largest", results.change, 0.01)
    yield at_least("correlation of J_tot with the norm of W", results.correlation, 0.98)


def draw(settings: Settings, results: Results) -> Figure:
    """a: memory; b: totals by animal; c: totals by norm."""
    figure, (memory, totals, norms) = arrange(LAYOUT)
    shades = colormaps["cividis"](np.linspace(0, 0.92, 8))
    draw_memory(settings, results, shades, memory)
    draw_totals(results, totals)
    draw_norms(results, shades, norms)
    totals.sharey(norms)
    key_above(figure, [*memory.lines[:8], memory.lines[-1], *totals.get_legend_handles_labels()[0]])
    return figure


def draw_memory(settings: Settings, results: Results, shades: np.ndarray, ax: Axes) -> None:
    """J(k) of the best input of each brain, and of normal networks."""
    ax.set_prop_cycle(color=shades)
    plotting.plot_fisher_memory_curve(results.curves, ax, labels=STAGES)
    lag = np.arange(settings.lags)
    normal = settings.radius ** (2 * lag) * (1 - settings.radius**2)
    ax.plot(normal, color="0.6", linestyle=":", label="normal")
    ax.get_legend().remove()


def draw_totals(results: Results, ax: Axes) -> None:
    """Totals of the best and the sensory input by animal, and those of the shuffles."""
    shuffles = results.shuffled
    ax.vlines(AGE, shuffles.min(axis=1), shuffles.max(axis=1), color="0.85", linewidth=8, label="best input, shuffled")
    ax.plot(AGE, shuffles.mean(axis=1), "_", color="0.5", markersize=8)
    ax.axhline(1, color="0.6", linewidth=0.5, linestyle="-")
    ax.plot(AGE, results.best, "o-", label="best input")
    ax.plot(AGE, results.sensory, "^--", label="all sensory neurons")
    ax.plot(9, results.cook_total, "s", color="C0", fillstyle="none", label="best input, Cook et al.")
    ax.set(xlabel="Animal, stage (A: adult)", ylabel=TOTAL)
    ax.set_xticks(range(1, 10), [stage.replace(", ", "\n") for stage in (*STAGES, "Cook, A")])


def draw_norms(results: Results, shades: np.ndarray, ax: Axes) -> None:
    """Totals of the best input against the norm of the weights."""
    ax.scatter(results.norm, results.best, color=shades, s=14, edgecolor="black", linewidth=0.4)
    for age, norm, total in zip(AGE, results.norm, results.best, strict=True):
        offset = (-4, 4) if age == 8 else (3, -6)
        ax.annotate(age, (norm, total), offset, textcoords="offset points", fontsize=6)
    ax.set(xlabel=r"Norm $\Vert W\Vert_F$ (no unit)", xlim=(2.8, 4.9))
    ax.set(ylabel=TOTAL, ylim=(0.9, 3.2))


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """Curves and totals by animal."""
    rows = {}
    for age, curve in zip(AGE, results.curves, strict=True):
        rows[f"J, animal {age}"] = curve.values
    rows["animals"] = STAGES
    rows["best"] = results.best
    rows["sensory"] = results.sensory
    rows["cook"] = results.cook_total
    rows["shuffled"] = results.shuffled
    rows["norm"] = results.norm
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, totals of some animals, and the neurons that all have."""
    return vars(settings) | {
        "correlation": results.correlation,
        "newborn": results.best[0],
        "end_of_l1": results.best[3],
        "adult_7": results.best[6],
        "adult_8": results.best[7],
        "cook_total": results.cook_total,
        "common": results.common,
        "change": results.change,
    }
