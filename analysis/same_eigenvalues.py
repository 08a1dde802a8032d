"""Two matrices with the same eigenvalues, two memories. After Ganguli, Huh & Sompolinsky (2008), Orhan & Pitkow (2020).

Chains of {s.size} units with links a forward, b back have eigenvalues 2 (ab)^1/2 cos(pi j / (N + 1)), whatever a / b.
(a) a = b = {f.middle:.3f}: a normal matrix. (b) a = {s.forward}, b = {s.back}. Pseudospectra: lines of sigma_min(z - W)
= eps, with log10 eps. Dots: eigenvalues. Dashed: numerical range. Grey: unit circle. (c) Norms of powers. (d) Fisher
memory of an input to the first unit, noise of variance 1 in every unit. (e) Total memory of an input to each unit, of
mean 1 in both. (f) All chains of these eigenvalues, input to the first unit. W and its transpose lie symmetrically
about the normal one, and share pseudospectra, norms of powers, departure from normality and Kreiss constant (dashed;
{s.kreiss} for b). b has a memory of {s.total}, its transpose of {s.reversed}: what they share does not tell memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from analysis.claims import Claim, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


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


SETTINGS = Settings()


def compute(settings: Settings) -> SimpleNamespace:
    """Of the normal chain and of the other what a-e show; of all chains, by their links forward, what f shows."""
    n, product, box = settings.size, settings.forward * settings.back, (-1.5, 1.5, -1.5, 1.5)
    found = SimpleNamespace(middle=product**0.5, cosines=np.cos(np.pi * np.arange(1, n + 1) / (n + 1)))
    found.weights = np.append(product / np.array(settings.weights[::-1]), settings.weights)
    pair = [lm.feedback_chain(n, feedforward=a, feedback=product / a) for a in (found.middle, settings.forward)]
    found.grids = [lm.pseudospectrum(net, box) for net in pair]
    found.ranges = [lm.numerical_range(net).boundary for net in pair]
    found.growth = [lm.transient_growth(net, settings.lags - 1) for net in pair]
    found.curves = [lm.fisher_memory_curve(net, settings.lags) for net in pair]
    found.units = [np.diag(lm.spatial_fisher_memory(net)) for net in pair]
    chains = [lm.feedback_chain(n, feedforward=a, feedback=product / a) for a in found.weights]
    found.totals = np.array([lm.total_fisher_memory(net) for net in chains])
    kreiss = np.array([lm.kreiss_constant(net).value for net in chains[len(chains) // 2 :]])
    found.kreiss = np.append(kreiss[::-1], kreiss)  # the same for the transposes
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    n, k, (normal, other) = settings.size, np.arange(settings.lags), found.curves
    scale, eigenvalues = (settings.forward / settings.back) ** (0.5 * np.arange(n)), 2 * found.middle * found.cosines
    similar = other.network.dense() * scale / scale[:, None] - normal.network.dense()
    yield at_most("b in other units, minus a", abs(similar).max(), 1e-14)
    for grid, boundary in zip(found.grids, found.ranges, strict=True):
        W, z, sigma = grid.network.dense(), (grid.x + 1j * grid.y)[::15], grid.sigma_min.diagonal()[::15]
        error = sigma - [sl.svdvals(point * np.eye(n) - W)[-1] for point in z]
        yield at_most("sigma_min, against singular values", abs(error).max(), 1e-8)
        yield close_to("numerical radius / (a + b)", boundary.real.max() / (W[0, 1] + W[1, 0]), found.cosines[0], 1e-3)
    yield at_most("||W^k|| of a, minus radius^k", abs(found.growth[0].norms - eigenvalues[0] ** k).max(), 1e-12)
    modes = 2 / (n + 1) * (1 - found.cosines**2) * (1 - eigenvalues**2)
    error = normal.values - eigenvalues ** (2 * k[:, None]) @ modes
    yield at_most("J of a, minus that of its modes", abs(error).max(), 1e-12)
    for lag, value in settings.memory:
        yield rounds_to(f"J({lag}) of b", other.values[lag], value)
    yield at_most("|J_tot - 1|, any unit of a", abs(found.units[0] - 1).max(), 1e-10)
    yield close_to("mean J_tot of the units of b", found.units[1].mean(), 1, 1e-10)
    for total in (other.total, found.units[1][0], np.interp(settings.forward, found.weights, found.totals)):
        yield rounds_to("J_tot of b, input to its first unit", total, settings.total)
    for total in (found.units[1][-1], np.interp(settings.back, found.weights, found.totals)):
        yield rounds_to("J_tot of its transpose, the same as that of its last unit", total, settings.reversed)
    yield rounds_to("K of b", np.interp(settings.forward, found.weights, found.kreiss), settings.kreiss)


def draw(settings: Settings, found):
    """a, b: pseudospectra; c: growth; d: memory by lag; e: by unit; f: of all chains."""
    figure, place = plotting.new_figure(plotting.TWO_COLUMNS, 4.2), np.arange(1, settings.size + 1)
    (*planes, growth), (curves, units, chains) = panels = figure.subplots(2, 3)
    for ax, grid, boundary in zip(planes, found.grids, found.ranges, strict=True):
        grid = replace(grid, eigenvalues=2 * found.middle * found.cosines)
        plotting.plot_pseudospectrum(grid, ax, levels=(1e-8, 1e-4, 0.1, 0.1**0.5), numerical_range=boundary)
    plotting.plot_transient_growth(found.growth, growth, labels="ab")
    plotting.plot_fisher_memory_curve(found.curves, curves, labels="ab")
    units.plot(place, found.units[0], "C0-", place, found.units[1], "C1--")
    units.set(xlabel="Unit $i$ that hears the input", ylabel=r"Total memory $J^s_{ii}$ (signal units$^{-2}$)")
    units.legend("ab")
    chains.plot(found.weights, found.totals, "k.-", label=r"memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)")
    chains.plot(found.weights, found.kreiss, "--", color="0.5", label="Kreiss constant $K$ (no unit)")
    for name, a in (("a", found.middle), ("b", settings.forward), ("transpose of b", settings.back)):
        chains.annotate(name, (a, np.interp(a, found.weights, found.totals)), (4, -8), textcoords="offset points")
    chains.set(xscale="log", yscale="log", xlabel="Link forward $a$ (no unit)", ylabel="Memory, Kreiss constant")
    chains.legend(loc="upper center")
    plotting.letter_panels(*panels.flat)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {"link forward": found.weights, "J_tot": found.totals, "K": found.kreiss}
    for name, growth, curve, units in zip("ab", found.growth, found.curves, found.units, strict=True):
        numbers |= {f"||W^k||, {name}": growth.norms, f"J, {name}": curve.values, f"J_tot by unit, {name}": units}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
