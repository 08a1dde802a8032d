"""Two matrices with the same eigenvalues and different memories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg as sl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_most, close_to, rounds_to
from analysis.looks import show_kinds
from linmem import plotting

CAPTION = """
Two matrices with the same eigenvalues, two memories. After Ganguli, Huh & Sompolinsky (2008), Orhan & Pitkow (2020).

Chains of {size} units with weights a forward, b back have eigenvalues 2 (ab)^1/2 cos(pi j / (N + 1)), whatever a / b
is. (a) a = b = {middle:.3f}: a normal matrix. (b) a = {forward}, b = {back}. Pseudospectra: lines of sigma_min(z - W) =
eps, with log10 eps. Dots: eigenvalues. Dashed: numerical range. Grey: unit circle. (c) Norms of powers. (d) Fisher
memory of an input to the first unit, noise of variance 1 in every unit. (e) Total memory of an input to each unit; its
mean is 1 in both. (f) All chains with these eigenvalues, input to the first unit. W and its transpose lie symmetrically
about the normal matrix, and share pseudospectra, norms of powers, departure from normality and Kreiss constant (dashed;
{kreiss} for b). b has a memory of {total}, its transpose of {reversed}: the properties that they share do not determine
the memory.
"""


@dataclass(frozen=True)
class Settings:
    """`weights` are links forward in f, and links back in as many chains more; the printed numbers are those of b."""

    size: int = 100
    forward: float = 0.99
    back: float = 0.04
    lags: int = 141
    weights: tuple = (0.22, 0.3, 0.4, 0.55, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.99, 1.02, 1.05)
    memory: tuple = ((0, "0.999"), (1, "0.494"), (10, "0.083"), (50, "0.0205"), (99, "0.0156"))
    total: str = "5.35"
    reversed: str = "0.0085"
    kreiss: str = "2.21"


@dataclass(frozen=True)
class Chains:
    """The normal chain and the other one, in this order: what panels a to e show."""

    grids: list[lm.Pseudospectrum]
    ranges: list[np.ndarray]  # boundaries of the numerical ranges
    growth: list[lm.TransientGrowth]
    curves: list[lm.FisherMemoryCurve]
    units: list[np.ndarray]  # J_tot of an input to each unit


@dataclass(frozen=True)
class Results:
    """The pair of chains, and all chains by their weights forward."""

    middle: float  # weight of the normal chain
    cosines: np.ndarray  # the eigenvalues over twice this weight
    pair: Chains
    weights: np.ndarray  # forward, of all chains
    totals: np.ndarray  # J_tot of these
    kreiss: np.ndarray  # Kreiss constants of these

    @property
    def eigenvalues(self) -> np.ndarray:
        """In closed form, the largest first."""
        return 2 * self.middle * self.cosines

    def at(self, weight: float, values: np.ndarray) -> float:
        """The value of the chain with this weight forward."""
        return np.interp(weight, self.weights, values)


SETTINGS = Settings()
KINDS = {"a": "other", "b": "chain with feedback"}  # of the pair
BOX = (-1.5, 1.5, -1.5, 1.5)


def chain(settings: Settings, forward: float) -> lm.LinearNetwork:
    """The chain with these eigenvalues and a weight forward."""
    product = settings.forward * settings.back
    return lm.feedback_chain(settings.size, feedforward=forward, feedback=product / forward)


def compute(settings: Settings) -> Results:
    """Panels a to e from the pair of chains; panel f from all chains."""
    product = settings.forward * settings.back
    middle = product**0.5
    mirrored = product / np.array(settings.weights[::-1])
    weights = np.append(mirrored, settings.weights)
    chains = [chain(settings, forward) for forward in weights]
    half = len(chains) // 2
    kreiss = np.array([lm.kreiss_constant(net).value for net in chains[half:]])
    return Results(
        middle=middle,
        cosines=np.cos(np.pi * np.arange(1, settings.size + 1) / (settings.size + 1)),
        pair=measured(settings, [chain(settings, middle), chain(settings, settings.forward)]),
        weights=weights,
        totals=np.array([lm.total_fisher_memory(net) for net in chains]),
        kreiss=np.append(kreiss[::-1], kreiss),  # the transposes have the same
    )


def measured(settings: Settings, pair: list[lm.LinearNetwork]) -> Chains:
    """What panels a to e show of the pair."""
    return Chains(
        grids=[lm.pseudospectrum(net, BOX) for net in pair],
        ranges=[lm.numerical_range(net).boundary for net in pair],
        growth=[lm.transient_growth(net, settings.lags - 1) for net in pair],
        curves=[lm.fisher_memory_curve(net, settings.lags) for net in pair],
        units=[np.diag(lm.spatial_fisher_memory(net)) for net in pair],
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one claim after the other."""
    normal, other = results.pair.curves
    unit = np.arange(settings.size)
    scale = (settings.forward / settings.back) ** (unit / 2)
    rescaled = other.network.dense() * scale / scale[:, None]
    difference = rescaled - normal.network.dense()
    yield at_most("b in other units, minus a", abs(difference).max(), 1e-14)
    for grid, boundary in zip(results.pair.grids, results.pair.ranges, strict=True):
        yield from plane_claims(results, grid, boundary)
    yield from normal_claims(settings, results)
    yield from memory_claims(settings, results)
    yield rounds_to("K of b", results.at(settings.forward, results.kreiss), settings.kreiss)


def plane_claims(results: Results, grid: lm.Pseudospectrum, boundary: np.ndarray) -> Iterator[Claim]:
    """sigma_min along the diagonal of the box, and the numerical radius."""
    W = grid.network.dense()
    identity = np.eye(len(W))
    errors = []
    for i in range(0, len(grid.x), 15):
        point = grid.x[i] + 1j * grid.y[i]
        exact = sl.svdvals(point * identity - W)[-1]
        errors.append(abs(grid.sigma_min[i, i] - exact))
    yield at_most("sigma_min, against singular values", max(errors), 1e-8)
    weights = W[0, 1] + W[1, 0]
    radius = boundary.real.max()
    yield close_to("numerical radius / (a + b)", radius / weights, results.cosines[0], 1e-3)


def normal_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """Powers and memory of the normal chain, by its modes."""
    eigenvalues = results.eigenvalues
    lag = np.arange(settings.lags)
    radius = eigenvalues[0]
    error = results.pair.growth[0].norms - radius**lag
    yield at_most("||W^k|| of a, minus radius^k", abs(error).max(), 1e-12)
    overlap = 2 / (settings.size + 1) * (1 - results.cosines**2)  # of the first unit with each mode, squared
    decay = eigenvalues ** (2 * lag[:, None])
    memory = decay @ (overlap * (1 - eigenvalues**2))
    error = results.pair.curves[0].values - memory
    yield at_most("J of a, minus that of its modes", abs(error).max(), 1e-12)


def memory_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """Curve and totals of b; totals by three methods."""
    curve = results.pair.curves[1]
    normal_units, units = results.pair.units
    for lag, printed in settings.memory:
        yield rounds_to(f"J({lag}) of b", curve.values[lag], printed)
    yield at_most("|J_tot - 1|, any unit of a", abs(normal_units - 1).max(), 1e-10)
    yield close_to("mean J_tot of the units of b", units.mean(), 1, 1e-10)
    of_b = results.at(settings.forward, results.totals)
    for total in (curve.total, units[0], of_b):
        yield rounds_to("J_tot of b, input to its first unit", total, settings.total)
    of_transpose = results.at(settings.back, results.totals)
    for total in (units[-1], of_transpose):
        yield rounds_to("J_tot of its transpose, the same as that of its last unit", total, settings.reversed)


def draw(settings: Settings, results: Results) -> Figure:
    """a, b: pseudospectra; c: growth; d: memory by lag; e: by unit; f: of all chains."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.2)
    panels = figure.subplots(2, 3)
    (*planes, growth), (curves, units, chains) = panels
    for ax, grid, boundary in zip(planes, results.pair.grids, results.pair.ranges, strict=True):
        exact = replace(grid, eigenvalues=results.eigenvalues)
        levels = (1e-8, 1e-4, 0.1, 0.1**0.5)
        plotting.plot_pseudospectrum(exact, ax, levels=levels, numerical_range=boundary, filled=False)
    plotting.plot_transient_growth(results.pair.growth, growth, labels="ab")
    plotting.plot_fisher_memory_curve(results.pair.curves, curves, labels="ab")
    place = np.arange(1, settings.size + 1)
    for totals, name in zip(results.pair.units, "ab", strict=True):
        units.plot(place, totals, label=name)
    units.set(xlabel="Unit $i$ with the input", ylabel=r"Total memory $J^s_{ii}$ (signal units$^{-2}$)")
    units.legend()
    for ax in (growth, curves, units):
        show_kinds(ax, KINDS)
    draw_chains(settings, results, chains)
    plotting.letter_panels(*panels.flat)
    return figure


def draw_chains(settings: Settings, results: Results, ax: Axes) -> None:
    """Totals and Kreiss constants of all chains against their weight forward."""
    ax.plot(results.weights, results.totals, "k.-", label=r"memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)")
    ax.plot(results.weights, results.kreiss, "--", color="0.5", label="Kreiss constant $K$ (no unit)")
    for name, weight in (("a", results.middle), ("b", settings.forward), ("transpose of b", settings.back)):
        point = weight, results.at(weight, results.totals)
        ax.annotate(name, point, (4, -8), textcoords="offset points")
    ax.set(xscale="log", xlabel="Weight forward $a$ (no unit)")
    ax.set(yscale="log", ylabel="Memory, Kreiss constant")
    ax.legend(loc="upper center")


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """Totals and Kreiss constants of all chains; powers, curve and totals by unit of the pair."""
    rows = {"link forward": results.weights, "J_tot": results.totals, "K": results.kreiss}
    pair = results.pair
    for i, name in enumerate("ab"):
        rows[f"||W^k||, {name}"] = pair.growth[i].norms
        rows[f"J, {name}"] = pair.curves[i].values
        rows[f"J_tot by unit, {name}"] = pair.units[i]
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and the weight of the normal chain."""
    return vars(settings) | {"middle": results.middle}
