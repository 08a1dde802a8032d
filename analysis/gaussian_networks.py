"""Hidden feedforward structure of Gaussian networks. After Ganguli, Huh & Sompolinsky (2008), Fig 3 A and C.

{settings.draws} networks of {settings.size} units with independent Gaussian weights, each scaled to spectral radius
{settings.power}^1/2 exactly ({settings.power} is the paper's gain, of power): of the draws as they are, of variance
{settings.power}/N, only {found.stable} have a radius below 1. Noise of variance 1 in every unit, inputs of unit norm.
(a) Total memory of a random input (mean {found.means[0]:.3f}; over all inputs it is 1) and of the best, the largest
eigenvalue of the spatial Fisher memory matrix (mean {found.means[1]:.2f}, {found.least:.2f} to {found.most:.2f}). (b)
Moduli of the Schur form of one network (shades by their square root; eigenvalues on the diagonal), last vector found by
LAPACK first: activity stays, or flows from the first position towards the last. (c) Overlap of the input with the Schur
vectors, mean and standard deviation (band) over networks: the best input enters near the source, a random one (dashed)
everywhere alike. A Schur form is not unique: with its eigenvalues in another order the curve is another.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import scipy.linalg as sl
from matplotlib.colors import PowerNorm

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """The printed numbers are those of these draws; `power` is a gain of power, as in the paper."""

    size: int = 100
    power: float = 0.99
    draws: int = 200
    seed: int = 0
    best: tuple = ("3.5", 2.6, 5.0)  # mean, and where all lie
    ends: tuple = ("0.14", "0.04")  # mean overlap of the best input with the first and with the last five positions
    stable: str = "0.14"  # share of the draws as they are


SETTINGS = Settings()


def compute(settings: Settings) -> SimpleNamespace:
    """Totals (random, best) and overlaps (random, best), a row for each network; all draws from one generator."""
    draw, gain, n = np.random.default_rng(settings.seed), settings.power**0.5, settings.size
    found = SimpleNamespace(stable=0, trace_error=0.0, totals=[], largest=[], overlaps=[])
    for _ in range(settings.draws):
        drawn = lm.ginibre(n, gain=gain, recipe="as drawn", rng=draw)
        net, random = drawn.rescaled(gain), draw.standard_normal(n)
        spatial, inputs = lm.spatial_fisher_memory(net), np.stack([random / sl.norm(random), lm.optimal_input(net)])
        found.stable += drawn.radius.value < 1
        found.trace_error = max(found.trace_error, abs(np.trace(spatial) / n - 1))
        found.totals.append(np.einsum("vi,ij,vj->v", inputs, spatial, inputs))
        found.largest.append(sl.eigvalsh(spatial, subset_by_index=[n - 1, n - 1])[0])
        T, U = sl.schur(net.recurrent, output="complex")  # T_ij leads from j to i <= j: the source is the last vector
        found.overlaps.append(np.abs(inputs @ U.conj())[:, ::-1])
    found.schur = np.abs(T)[::-1, ::-1]
    found.again = lm.total_fisher_memory(lm.LinearNetwork(net.recurrent, inputs[1]))
    found.totals, found.overlaps = np.array(found.totals), np.array(found.overlaps)
    found.means, found.least, found.most = found.totals.mean(axis=0), *np.quantile(found.totals[:, 1], (0, 1))
    found.overlap, found.spread = found.overlaps.mean(axis=0), found.overlaps[:, 1].std(axis=0)
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other; totals by two routes, J^s and the curve."""
    (mean, least, most), n, draws, best = settings.best, settings.size, settings.draws, found.totals[:, 1]
    random, along = found.overlap
    yield at_most("|trace J^s / N - 1|", found.trace_error, 1e-10)
    yield at_most("|J_tot of the best / largest eigenvalue of J^s - 1|", abs(best / found.largest - 1).max(), 1e-10)
    yield close_to("J_tot of the last best input from its curve, over that from J^s", found.again / best[-1], 1, 1e-8)
    yield close_to("mean J_tot of random inputs", found.means[0], 1, 4 * found.totals[:, 0].std() / draws**0.5)
    yield rounds_to("mean J_tot of best inputs", found.means[1], mean)
    yield at_least("least J_tot of a best input", found.least, least)
    yield at_most("largest J_tot of a best input", found.most, most)
    yield rounds_to("overlap of the best input, first five positions", along[:5].mean(), settings.ends[0])
    yield rounds_to("overlap of the best input, last five positions", along[-5:].mean(), settings.ends[1])
    apart = abs(random * (4 * n / np.pi) ** 0.5 - 1) * (draws / (4 / np.pi - 1)) ** 0.5  # Rayleigh's mean and deviation
    yield at_most("overlap of random inputs, anywhere, in standard errors from (pi / 4N)^1/2", apart.max(), 5)
    yield rounds_to("share of draws with a radius below 1", found.stable / draws, settings.stable)


def draw(settings: Settings, found):
    """a: totals; b: a Schur form; c: the best input along it."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.2)
    memory, form, flow = figure.subplots(1, 3, width_ratios=(1, 1.05, 1))
    n, place, (random, best) = settings.size, np.arange(1, settings.size + 1), found.overlap
    bins = np.arange(0, found.most + 0.15, 0.15)
    for values, colour, hatch in ((found.totals[:, 0], "0.8", "/////"), (found.totals[:, 1], "C0", None)):
        memory.hist(values, bins, color=colour, hatch=hatch, edgecolor="black", linewidth=0.3)
    top = memory.get_ylim()[1]
    memory.text(1, top, "random\ninputs", ha="center", va="bottom", color="0.3")
    memory.text(found.means[1], top / 2, "best inputs", ha="center", va="bottom", color="C0")
    memory.set(xlabel=r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)", ylabel="Networks", xlim=(0, None))
    memory.set_ylim(0, 1.15 * top)
    image = form.imshow(found.schur, cmap="Greys", norm=PowerNorm(0.5), extent=(0.5, n + 0.5, n + 0.5, 0.5))
    figure.colorbar(image, ax=form, shrink=0.8, pad=0.02, aspect=15, label="Modulus (no unit)")
    form.set(xlabel="From position", ylabel="To position")
    flow.fill_between(place, best - found.spread, best + found.spread, color="C0", alpha=0.25, linewidth=0)
    flow.plot(place, best, "C0-", place, random, "C1--")
    flow.text(n, 1.15 * random[-1], "random input", ha="right", color="C1")
    flow.text(0.43 * n, 1.25 * best[0], "best input", color="C0")
    flow.set(xlabel="Position (source first)", ylabel=r"Overlap $|u_i^* v|$ (no unit)", xlim=(1, n), ylim=(0, None))
    plotting.letter_panels(memory, form, flow)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {"J_tot, random input": found.totals[:, 0], "J_tot, best input": found.totals[:, 1]}
    numbers |= {"overlap, random input": found.overlap[0], "overlap, best input": found.overlap[1]}
    numbers |= {"spread of the overlap, best input": found.spread}
    save(figure, __file__, folder, settings, numbers, __doc__.format(settings=settings, found=found))
    return held
