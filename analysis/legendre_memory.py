"""What noise leaves of a Legendre memory: LMU (Voelker et al. 2019) and HiPPO (Gu et al. 2020), of q coordinates.

LegT holds a window of the past in normalised coordinates, the LMU in raw ones, LegS all of the past (its slowest decay
time for a window). Noise of variance 1, independent in these coordinates, hence another in the LMU; inputs of unit
norm, for which a normal network has a total of 1. (a) Fisher memory of the published input, q = {s.order}, not flat
over the window: {f.early[LegT]:.0%} (LegT), {f.early[LMU]:.0%} (LMU) and {f.early[LegS]:.0%} (LegS) of the total lie in
its first tenth. (b) Memory m(t) of a white signal in LegT, at ratios of the power of the input to that of the noise in
a coordinate. Integrals {s.ratios[0][1]}, {s.ratios[1][1]}, {s.ratios[2][1]}: with little noise {s.order} coordinates
hold {s.order} numbers, of all the window. (c) Totals against q, lines as in a, for the published input (open) and the
best (filled); thin line, the bound q. The published one stays near 1, exactly in LegS. The best is ln q + 0.41 in LegT,
and goes about as q^0.6 in the LMU: memory is not extensive. All this holds for any window theta; with the published
norm, which goes as 1 / theta, J(t) = theta^-3 J_1(t / theta), and the total goes as theta^-2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from analysis.claims import Claim, at_least, at_most, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """The printed totals are those of the order given, one of the sizes; ratios come with the integrals of m(t)."""

    order: int = 6
    sizes: tuple = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
    totals: tuple = (("LegT", "1.271", "2.22"), ("LMU", "0.851", "2.88"), ("LegS", "1.000", "1.98"))
    ratios: tuple = (("1", "0.81"), ("100", "5.17"), ("1e8", "6.00"))


SETTINGS = Settings()
BUILDERS = {"LegT": lm.hippo_legt, "LMU": lm.lmu, "LegS": lm.hippo_legs}


def compute(settings: Settings) -> SimpleNamespace:
    """Curves, by network and by ratio; totals, by network; how the curve of LegT changes with the window."""
    q, w, total, nets = settings.order, 10.0, lm.total_fisher_memory, {}  # w: another window
    found = SimpleNamespace(times=np.linspace(0, 2, 401), published={}, best={}, early={})
    for name, build in BUILDERS.items():
        sized = [build(n) for n in settings.sizes]
        sized = [replace(net, feedforward=net.feedforward / sl.norm(net.feedforward)) for net in sized]
        nets[name] = net = sized[settings.sizes.index(q)]
        found.published[name] = np.array([total(other) for other in sized])
        found.best[name] = np.array([sl.eigvalsh(lm.spatial_fisher_memory(other))[-1] for other in sized])
        found.early[name] = 1 - total(replace(net, feedforward=sl.expm(0.1 * net.drift) @ net.feedforward)) / total(net)
    for ratio, _ in settings.ratios:  # a white signal at other times is noise to the one of time t: J(t) is m(t) then
        v = float(ratio) ** 0.5 * nets["LegT"].feedforward
        nets[ratio] = replace(nets["LegT"], feedforward=v, noise=np.eye(q) + np.outer(v, v))
    found.curves = {name: lm.fisher_memory_curve(net, found.times) for name, net in nets.items()}
    wide = lm.fisher_memory_curve(lm.hippo_legt(q, window=w), w * found.times).values  # of an input of norm q / w
    found.scaling = abs(wide * w**3 / q**2 / found.curves["LegT"].values - 1).max()
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    at, sizes = settings.sizes.index(settings.order), np.array(settings.sizes)
    for name, published, best in settings.totals:
        yield rounds_to(f"J_tot of the published input, {name}", found.published[name][at], published)
        yield rounds_to(f"J_tot of the best input, {name}", found.best[name][at], best)
        yield at_least(f"share of J_tot in a tenth of the window, {name}", found.early[name], 0.75)
        yield at_most(f"largest J_tot of the published input, {name}", found.published[name].max(), 1.3)
    for ratio, integral in settings.ratios:
        yield rounds_to(f"integral of m(t) at a ratio of {ratio}", found.curves[ratio].total, integral)
    middle, end = np.interp((0.5, 1), found.times, found.curves[ratio].values)
    yield at_least(f"m(t) at the end of the window over its middle, ratio {ratio}", end / middle, 0.5)
    yield at_most("|J_tot - 1| of LegS at any q", abs(found.published["LegS"] - 1).max(), 1e-9)
    apart = abs(found.best["LegT"] - np.log(sizes) - 0.41)[sizes >= settings.order].max()
    yield at_most("distance of the best of LegT from ln q + 0.41", apart, 0.03)
    yield rounds_to("exponent, best of LMU", np.polyfit(*np.log([sizes[at:], found.best["LMU"][at:]]), 1)[0], "0.6")
    yield at_most("|theta^3 J(theta t) / J_1(t) - 1|, published norm", found.scaling, 1e-9)


def draw(settings: Settings, found):
    """a: Fisher memory; b: memory of a white signal; c: totals against q."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.4)
    fisher, memory, totals = figure.subplots(1, 3)
    for name, line, x, y in (("LegT", "C0o-", 0.5, 0.35), ("LMU", "C1s--", 0.5, 0.03), ("LegS", "C2^-.", 1.5, 0.01)):
        fisher.plot(found.times, found.curves[name].values, line, markersize=0)
        fisher.text(x, y, name, color=line[:2])
        totals.plot(settings.sizes, found.published[name], line, markerfacecolor="white")
        totals.plot(settings.sizes, found.best[name], line)
    for (ratio, _), dash, y in zip(settings.ratios, ("-", "--", ":"), (0.3, 1.2, 6), strict=True):
        memory.plot(found.times, found.curves[ratio].values, "C0", linestyle=dash)
        memory.text(0.5, y, f"ratio {ratio}", color="C0")
    for ax in (fisher, memory):
        ax.axvline(1, color="0.6", linewidth=0.5)
        ax.set(xlabel="Time $t$ (windows)", yscale="log", xlim=(0, 2), ylim=(1e-3, 1e2))
    fisher.set_ylabel(r"Fisher memory $J(t)$ (signal units$^{-2}$ / window)")
    memory.set_ylabel("Memory $m(t)$ (1 / window)")
    totals.plot(settings.sizes, settings.sizes, "k-", linewidth=0.5)
    totals.set(xscale="log", yscale="log", xlim=(0.9, 60), ylim=(0.5, 20), xlabel="Coordinates $q$")
    totals.set_ylabel(r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)")
    totals.set_xticks([1, 3, 10, 30], [1, 3, 10, 30])
    totals.set_yticks([0.5, 1, 2, 5, 10, 20], [0.5, 1, 2, 5, 10, 20])
    totals.text(1.1, 0.6, "published input")
    totals.text(1.1, 4.5, "best input")
    plotting.letter_panels(fisher, memory, totals)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {"t": found.times} | {f"J or m, {name}": curve.values for name, curve in found.curves.items()}
    numbers |= {f"J_tot, published input, {name}": values for name, values in found.published.items()}
    numbers |= {f"J_tot, best input, {name}": values for name, values in found.best.items()}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
