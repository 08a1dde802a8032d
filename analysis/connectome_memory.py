"""Fisher memory of the wiring diagram of C. elegans, taken as a linear network.

{found.net.size} cells, chemical synapses only, without signs (Varshney et al. 2011); numbers of synapses for weights,
scaled to spectral radius {settings.radius}; noise of variance 1 in every cell, inputs of unit norm. (a) The weights
(area of a dot), cells ranked by the total memory of an input to one cell alone: {found.forward:.0%} of the weight goes
from a cell of more memory to one of less. (b) Fisher memory J(k) of the best input (total over all lags
{found.curves[best].total:.3g}; in any network of this size at most {found.net.size}), of one that reaches all sensory
neurons alike ({found.curves[sensory].total:.3g}), of the worst ({found.curves[worst].total:.2g}), and mean over all
inputs (1); for comparison a normal network, {settings.radius} times a random orthogonal matrix (seed {settings.seed}),
in which every input has this curve and a total of 1. The best input exceeds it at every lag, the mean at lag 0 only.
(c) Totals of the {found.net.size} principal inputs (eigenvalues of the spatial Fisher memory matrix). BWM, a cell of
the data, is no neuron but all body wall muscle pooled; it only listens, and is {found.muscle:.0%} of the worst input
(in square). Without it totals range from {found.least_alone:.2g} to {found.alone[0]:.3g}. (d) The {settings.named}
largest entries of the best input; sensory neurons carry {found.share:.0%} of its square.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_least, at_most, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """The printed numbers are those of the data at this radius."""

    radius: float = 0.95
    lags: int = 41
    named: int = 10  # in panel d
    seed: int = 0
    totals: tuple = (("best", "2.79"), ("sensory", "1.68"), ("worst", "0.0045"))
    without_muscle: tuple = ("2.56", "0.056")


SETTINGS = Settings()
INPUTS = {"best": "best input", "sensory": "all sensory neurons", "normal": "normal network", "worst": "worst input"}


def compute(settings: Settings) -> SimpleNamespace:
    """Everything that is claimed, drawn or said."""
    net = lm.connectome("celegans-varshney", radius=settings.radius)
    W, n, spatial, sensory = net.recurrent, net.size, lm.spatial_fisher_memory(net), net.feedforward > 0
    inputs = {"best": lm.optimal_input(net), "sensory": net.feedforward, "worst": np.linalg.eigh(spatial)[1][:, 0]}
    nets = {name: lm.LinearNetwork(W, v, known_radius=settings.radius) for name, v in inputs.items()}
    nets["normal"] = lm.random_orthogonal(n, gain=settings.radius, rng=settings.seed)
    curves = {name: lm.fisher_memory_curve(nets[name], settings.lags) for name in INPUTS}
    # the mean of v' M v over unit v is trace(M) / n; here M = W'^k C^-1 W^k, and the sum of it over the lags beyond
    mean, term, beyond = [], np.linalg.inv(lm.noise_covariance(net)), spatial
    for _ in range(settings.lags):
        mean.append(np.trace(term) / n)
        term, beyond = W.T @ term @ W, W.T @ beyond @ W
    neurons = lm.LinearNetwork(W[:-1, :-1], known_radius=settings.radius)  # BWM is the last cell
    alone = np.linalg.eigvalsh(lm.spatial_fisher_memory(neurons))[::-1]
    rank = np.argsort(np.argsort(-np.diag(spatial), kind="stable")) + 1
    return SimpleNamespace(
        net=net, sensory=sensory, best=inputs["best"], curves=curves, mean=np.array(mean), beyond=np.trace(beyond) / n,
        principal=np.linalg.eigvalsh(spatial)[::-1], neurons=neurons, alone=alone, least_alone=alone[-1], rank=rank,
        forward=W[rank[:, None] > rank].sum() / W.sum(), share=(inputs["best"][sensory] ** 2).sum(),
        muscle=inputs["worst"][-1] ** 2,
    )  # fmt: skip


def claims(settings: Settings, found):
    """What the figure says, one claim after the other; totals by two routes, J^s and the curves."""
    curves, normal, best = found.curves, found.curves["normal"], found.curves["best"]
    yield at_most("|trace J^s / N - 1|", abs(found.principal.mean() - 1), 1e-10)
    yield at_most("|J_tot - 1|, mean over all unit inputs", abs(found.mean.sum() + found.beyond - 1), 1e-10)
    yield at_most("|J_tot - 1| of the normal network", abs(normal.total - 1), 1e-10)
    yield at_most("|J_tot of the best input / top eigenvalue - 1|", abs(best.total / found.principal[0] - 1), 1e-9)
    yield at_most("largest step of a J(k) upwards", max(np.diff(curve.values).max() for curve in curves.values()), 0)
    yield at_least("J of the best input over J of the normal network, least", (best.values / normal.values).min(), 1)
    yield at_most("mean J over J of the normal network after lag 0, largest", (found.mean / normal.values)[1:].max(), 1)
    for name, value in settings.totals:
        yield rounds_to(f"J_tot, {INPUTS[name]}", curves[name].total, value)
    yield rounds_to("J_tot, best input without BWM", found.alone[0], settings.without_muscle[0])
    yield rounds_to("J_tot, worst input without BWM", found.alone[-1], settings.without_muscle[1])


def draw(settings: Settings, found):
    """a: weights; b: memory; c: principal inputs; d: the best input."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.4)
    above, below = figure.subfigures(2, 1, height_ratios=(1.15, 1))
    (weights, memory), (totals, cells) = above.subplots(1, 2, width_ratios=(1, 1.5)), below.subplots(1, 2)
    post, pre = np.nonzero(found.net.recurrent)
    size, rank, ends = 4 * found.net.recurrent[post, pre], found.rank, (-2, found.net.size + 3)
    weights.scatter(rank[pre], rank[post], s=size, color="black", linewidth=0)
    weights.set(xlabel="From cell (rank)", ylabel="To cell (rank)", aspect="equal", xlim=ends, ylim=ends[::-1])
    plotting.plot_fisher_memory_curve(found.curves.values(), memory, labels=INPUTS.values())
    memory.plot(found.mean, label="mean over inputs")
    memory.legend()
    plotting.plot_spatial_fisher_memory([found.net, found.neurons], totals, labels=("all cells", "without BWM"))
    totals.legend(loc="lower left")
    top = np.argsort(-np.abs(found.best), kind="stable")[: settings.named]
    for name, colour, chosen in (("sensory", "C0", found.sensory[top]), ("other", "0.75", ~found.sensory[top])):
        cells.barh(np.flatnonzero(chosen), found.best[top[chosen]], color=colour, label=f"{name} neurons")
    cells.set_yticks(np.arange(len(top)), [found.net.labels[i] for i in top])
    cells.set(xlabel="Entry of the best input, $v_i$ (state / signal)", ylim=(len(top) - 0.4, -0.6))
    cells.legend(loc="lower right")
    plotting.letter_panels(weights, memory, totals, cells)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"J, {INPUTS[name]}": curve.values for name, curve in found.curves.items()} | {"J, mean": found.mean}
    numbers |= {"cells": found.net.labels, "rank": found.rank, "best input": found.best}
    numbers |= {"J_tot, all cells": found.principal, "J_tot, without BWM": found.alone}
    save(figure, __file__, folder, settings, numbers, __doc__.format(settings=settings, found=found))
    return held
