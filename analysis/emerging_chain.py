"""A chain emerges where memory is maximised under a budget of weights.

From a random rotation of {s.size} units, W and a unit input v climb in total Fisher memory over {s.climbs[0][0]} steps,
at ||W||_F = {s.budget}; noise of variance 1. (a) W in coordinates that begin with v and go on with what W makes of it:
v, W v, ..., orthonormalised; below the first subdiagonal no W has weights there. Those to earlier units fall to
{f.back:.2f} of their norm, those ahead come to fall along a chain of {f.used} units, and others are not reached.
(b) Memory (of all lags {f.totals[0]:.3f} at the end) and departure from normality; dotted, the memory of delay lines in
budget, of equal weights ({f.uniform:.3f}) and the best ({f.line:.5f}). (c) Weights in the last picture: graded like
those of the best line, but each unit opposes itself. (d) Fisher memory. It lasts for more lags than there are units, as
many as the climb counted; {s.climbs[1][0]} of them give {f.totals[1]:.3f}. Three random starts end alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """`totals` are of the uniform and of the best delay line, and of the climbs over 16 and 32 steps."""

    size: int = 16
    budget: float = 3.2
    climbs: tuple = ((16, 0), (32, 0), (16, 1), (16, 2))  # horizon and seed
    frames: tuple = (0, 5, 15, 60)  # steps of the climb
    totals: tuple = ("1.988", "5.58145", "6.547", "7.861")


SETTINGS = Settings()


def along_the_signal(W: np.ndarray, v: np.ndarray) -> np.ndarray:
    """W in the coordinates of v, W v, W^2 v, ..., orthonormalised in turn: Hessenberg's form, positive ahead."""
    Q = sl.qr(v[:, None])[0]
    H = sl.hessenberg(Q.T @ W @ Q)
    signs = np.cumprod([1, *np.where(np.diag(H, -1) < 0, -1, 1)])
    return signs[:, None] * H * signs


def compute(settings: Settings) -> SimpleNamespace:
    """The way, the end, and the delay lines of the same budget."""
    n, budget = settings.size, settings.budget
    climbs = [lm.optimal_network(n, budget, horizon=horizon, rng=seed) for horizon, seed in settings.climbs]
    way, nets = climbs[0].history, [climb.network for climb in climbs]
    line, uniform = lm.optimal_chain(n, budget), lm.chain(n, gain=budget / np.sqrt(n - 1))
    found = SimpleNamespace(nets=nets, way=way.total, departure=lm.henrici_departure(way.recurrent, rtol=1e-6))
    found.frames = [along_the_signal(way.recurrent[k], way.feedforward[k]) for k in settings.frames]
    found.uniform, found.line, *found.totals = (lm.total_fisher_memory(net) for net in (uniform, line, *nets))
    found.curves = [lm.fisher_memory_curve(net, 2 * n + 8) for net in (*nets[:2], line)]
    end, back = found.frames[-1], [sl.norm(np.triu(W, 1)) for W in found.frames]
    found.used, found.back = 1 + np.sum(np.diag(end, -1) > 0.01), back[-1] / back[0]
    found.weights = {"to the next": np.diag(end, -1), "to itself": np.diag(end), "best line": np.diag(line.dense(), -1)}
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    (ahead, itself, _), curves, used = found.weights.values(), found.curves, found.used
    names = "uniform delay line", "best delay line", *(f"climb over {horizon} steps" for horizon, _ in settings.climbs)
    for name, total, printed in zip(names, (found.uniform, found.line, *found.totals), settings.totals, strict=False):
        yield rounds_to(f"J_tot, {name}", total, printed)
    for curve in curves:
        yield at_most("error of J, against its enclosure", abs(curve.values - lm.certify(curve).lower).max(), 1e-9)
    yield at_most("spread of J_tot, other starts", np.ptp(found.totals[:1] + found.totals[2:]), 1e-4)
    yield at_least("last memory drawn over that at the end", found.way[settings.frames[-1]] / found.way[-1], 0.999)
    yield at_most("departure from normality at the start", found.departure[0], 1e-6)
    norm = np.hypot(found.departure[-1], sl.norm(sl.eigvals(found.nets[0].recurrent)))
    yield close_to("norm of W at the end, of departure and eigenvalues", norm, settings.budget, 1e-3)
    yield at_most("weights to earlier units, end over start", found.back, 0.4)
    yield at_most("largest rise of the weights ahead along the chain", np.diff(ahead[:used]).max(), -0.05)
    yield at_most("largest weight of a unit to itself", itself[:used].max(), -0.4)
    yield at_most("norm of what the signal does not reach", sl.norm(found.frames[-1][used:]), 0.01)
    yield at_least("J at 3/2 times as many lags as units", curves[0].values[3 * used // 2], 0.25)


def draw(settings: Settings, found):
    """a: frames; b: the way; c: weights; d: curves."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.0)
    above, below = figure.subfigures(2, 1)
    frames, (way, weights, curves) = above.subplots(1, 4, sharey=True), below.subplots(1, 3)
    for ax, W, step in zip(frames, found.frames, settings.frames, strict=True):
        plotting.plot_matrix(W, ax, limit=2, exponent=0.6, colour_bar=False)
        ax.set(title=f"step {step}" if step else "start", ylabel="" if step else "To unit $i$")
    above.colorbar(ax.images[0], ax=frames, label="Weight $W_{ij}$ (no unit)", ticks=(-1, -0.3, 0, 0.3, 1), aspect=15)
    way.plot(found.way[: step + 1], "C0-", found.departure[: step + 1], "C1--")
    way.legend([r"memory $J_{\mathrm{tot}}$", "departure from normality"], loc="lower right")
    way.hlines([found.uniform, found.line], 0, step, "0.4", ":", linewidth=0.7)
    way.set(xlabel="Step of the climb", ylabel="Memory, departure (no unit)", xlim=(0, step), ylim=(0, 7.5))
    for (name, values), line in zip(found.weights.items(), ("C0o-", "C2^-.", "ks:"), strict=True):
        weights.plot(1 + np.arange(found.used), values[: found.used], line, markerfacecolor="white", label=name)
    weights.set(xlabel="Unit along the chain", ylabel="Weight (no unit)")
    weights.legend()
    for curve, line in zip(found.curves, ("C0-", "C3--", "k:"), strict=True):
        curves.plot(curve.values, line)
    curves.legend([*(f"climb over {horizon} steps" for horizon, _ in settings.climbs[:2]), "best delay line"])
    curves.set(xlabel="Lag $k$ (steps)", ylabel="Fisher memory $J(k)$\n(signal units$^{-2}$)", xlim=0, ylim=(0, 1.02))
    plotting.letter_panels(frames[0], way, weights, curves)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found, drawn = compute(settings), np.s_[: settings.frames[-1] + 1]
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {"J_tot": found.way[drawn], "departure": found.departure[drawn]} | found.weights
    numbers |= {f"J, {i}": found.curves[i].values for i in range(3)} | {f"W, {i}": found.frames[i] for i in range(4)}
    numbers = {name: np.round(values, 4) for name, values in numbers.items()}  # a climb can be repeated to no more
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
