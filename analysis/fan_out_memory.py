"""A network that remembers at bounded activity. After Ganguli, Huh & Sompolinsky (2008), Fig 5 B and C.

Fan-out tree of {s.layers} layers, {f.units} units: layer k has k units, each of which reaches all of the next with
weight 1/k, so that the signal keeps its size in every unit. Averages over layers, at unit norm, follow a delay line of
weights ((k + 1) / k)^1/2, which nothing else enters or leaves (checked): the curves are those of this line, exactly.
Gaussian: independent weights of {s.size} units, a tenth of the paper's, scaled to a radius of {s.power}^1/2; mean of
{s.draws} draws, range in grey; half the size changes m(k) by {f.apart:.2f} at most. Unit inputs, noise of variance 1.
(a) Fisher memory; totals {f.tree[2]:.1f} (tree; about N^1/2, but for a logarithm), {f.totals[0]:.2f} (random input) and
{f.totals[1]:.1f} (best). (b) Memory of a white signal of variance {s.snr:.0f}: the share of it that a linear readout
explains, r^2. That of {s.memory[1]} in the last layer is a correlation of {f.correlation:.2f}.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import scipy.sparse as sp

import linmem as lm
from analysis.claims import Claim, at_least, at_most, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """`power` is a gain of power, as in the paper; the printed numbers are those of the tree."""

    layers: int = 118
    small: int = 40  # layers of a tree that is computed as it is
    size: int = 700
    power: float = 0.95
    draws: int = 5
    snr: float = 20.0
    lags: int = 151
    fisher: tuple = ("28.9", "0.187")  # the total, and J(k) in the last layer
    memory: tuple = ("0.952", "0.789")  # m(k) in the first and in the last layer


SETTINGS = Settings()


def averages(layers: int) -> tuple[lm.LinearNetwork, float]:
    """The line of a tree's averages over layers; the largest weight into or out of them that it does not have."""
    k = np.arange(1, layers + 1)
    line = lm.inhomogeneous_chain((k[1:] / k[:-1]) ** 0.5, sparse=True)
    W, B = lm.fan_out_tree(layers, sparse=True).recurrent, line.recurrent
    Q = sp.block_diag([np.full((size, 1), size**-0.5) for size in k], format="csr")
    return line, max(abs(W @ Q - Q @ B).max(), abs(W.T @ Q - Q @ B.T).max())


def remembered(network, settings: Settings) -> tuple:
    """J(k), m(k) and J_tot."""
    curve = lm.fisher_memory_curve(network, settings.lags)
    return curve.values, lm.memory_function(network, settings.lags, snr=settings.snr).values, curve.total


def gaussian(size: int, settings: Settings) -> tuple:
    """The same of Gaussian networks, (draws, 2, lags) and (draws, 2): of a random input, and of the best."""
    nets = [lm.ginibre(size, gain=settings.power**0.5, rng=seed) for seed in range(settings.draws)]
    draws = [[remembered(one, settings) for one in (g, replace(g, feedforward=lm.optimal_input(g)))] for g in nets]
    return tuple(np.array([[found[i] for found in pair] for pair in draws]) for i in range(3))


def compute(settings: Settings) -> SimpleNamespace:
    """Memory of the tree, by its line; of a smaller one, as it is; of Gaussian networks."""
    line, leak = averages(settings.layers)
    found = SimpleNamespace(tree=remembered(line, settings), leak=leak, units=sum(range(settings.layers + 1)))
    found.small = remembered(lm.fan_out_tree(settings.small), settings)[1]
    found.J, found.m, totals = gaussian(settings.size, settings)
    found.totals, found.correlation = totals.mean(axis=0), found.tree[1][settings.layers - 1] ** 0.5
    found.apart = abs(gaussian(settings.size // 2, settings)[1].mean(axis=0) - found.m.mean(axis=0)).max()
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    small, last, (J, m, total) = settings.small, settings.layers - 1, found.tree
    yield at_most("weight between the averages over layers and the rest", found.leak, 1e-14)
    yield at_most("|J H_(k+1) - 1|, tree", abs(J[: last + 1] * np.cumsum(1 / np.arange(1, last + 2)) - 1).max(), 1e-10)
    yield at_most("error of m, tree, against x J / (1 + x J)", abs(m - J / (1 / settings.snr + J)).max(), 1e-10)
    yield at_most("J and m of the tree beyond its last layer", max(J[last + 1 :].max(), m[last + 1 :].max()), 0)
    yield at_most(f"error of m of a tree of {small} layers, as it is", abs(found.small - m)[:small].max(), 1e-10)
    yield rounds_to("J_tot, tree", total, settings.fisher[0])
    yield rounds_to("J, tree, last layer", J[last], settings.fisher[1])
    for k, printed in zip((0, last), settings.memory, strict=True):
        yield rounds_to(f"m({k}), tree", m[k], printed)
    yield at_most("J(50), m(100), Gaussian", max(found.J[:, :, 50].max(), found.m[:, :, 100].max()), 0.02)
    yield at_least("J_tot of the tree over the best of the Gaussian networks", total / found.totals[1], 5)


def draw(settings: Settings, found):
    """a: Fisher memory; b: memory of a white signal."""
    figure = plotting.new_figure(plotting.ONE_COLUMN, 3.6)
    fisher, memory = figure.subplots(2, 1, sharex=True)
    for ax, tree, draws in ((fisher, found.tree[0], found.J), (memory, found.tree[1], found.m)):
        ax.plot(tree, "C0-", label="fan-out tree")
        for i, (line, label) in enumerate((("C1--", "Gaussian, random input"), ("C2-.", "Gaussian, best input"))):
            ax.fill_between(np.arange(settings.lags), draws[:, i].min(axis=0), draws[:, i].max(axis=0), color="0.8")
            ax.plot(draws[:, i].mean(axis=0), line, label=label)
        ax.set(xlim=(-2, settings.lags - 1), ylim=(0, 1.02))
    fisher.set(ylabel="Fisher memory $J(k)$\n(signal units$^{-2}$)")
    memory.set(xlabel="Lag $k$ (steps)", ylabel="Memory function $m(k)$")
    fisher.legend(loc="upper right")
    plotting.letter_panels(fisher, memory)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {"J, tree": found.tree[0], "J, Gaussian, random and best input": found.J.mean(axis=0)}
    numbers |= {"m, tree": found.tree[1], "m, Gaussian, random and best input": found.m.mean(axis=0)}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
