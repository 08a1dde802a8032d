"""Fisher memory of the wiring diagram of C. elegans, taken as a linear network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, rounds_to
from linmem import plotting

CAPTION = """
Fisher memory of the wiring diagram of C. elegans, taken as a linear network.

{cells} cells, chemical synapses only, without signs (Varshney et al. 2011); numbers of synapses for weights, scaled to
spectral radius {radius}; noise of variance 1 in every cell, inputs of unit norm. (a) The weights (area of a dot), cells
ranked by the total memory of an input to one cell alone: {forward:.0%} of the weight goes from a cell of more memory to
one of less. (b) Fisher memory J(k) of the best input (total over all lags {best_total:.3g}; in any network of this size
at most {cells}), of an input that reaches all sensory neurons alike ({sensory_total:.3g}), of the worst
({worst_total:.2g}), and the mean over all inputs (1); for comparison a normal network, {radius} times a random
orthogonal matrix (seed {seed}), in which every input has this curve and a total of 1. The best input exceeds it at
every lag, the mean at lag 0 only. (c) Totals of the {cells} principal inputs (eigenvalues of the spatial Fisher memory
matrix). BWM, a cell of the data, is no neuron but all body wall muscle pooled; it has inputs but no outputs, and is
{muscle:.0%} of the worst input (in square). Without it totals range from {least_alone:.2g} to {most_alone:.3g}. (d) The
{named} largest entries of the best input; sensory neurons carry {share:.0%} of its square.
"""


@dataclass(frozen=True)
class Settings:
    """The printed numbers are those of the data at this radius."""

    radius: float = 0.95
    lags: int = 41
    named: int = 10  # in panel d
    seed: int = 0
    totals: tuple = (("best", "2.79"), ("sensory", "1.68"), ("worst", "0.0045"))
    without_muscle: tuple = ("2.56", "0.056")


@dataclass(frozen=True)
class Results:
    """Memory of the inputs that are drawn, of all inputs, and of all cells but the pooled muscle."""

    network: lm.LinearNetwork
    inputs: dict[str, np.ndarray]  # "best", "sensory" and "worst"
    curves: dict[str, lm.FisherMemoryCurve]  # of these, and of a normal network
    mean: np.ndarray  # J(k), mean over all unit inputs
    mean_total: float
    principal: np.ndarray  # eigenvalues of J^s, the largest first
    neurons: lm.LinearNetwork  # without the pooled muscle
    principal_of_neurons: np.ndarray
    rank: np.ndarray  # of the cells, by J_tot of an input to the cell alone

    @property
    def sensory(self) -> np.ndarray:
        """Which cells are sensory neurons."""
        return self.network.feedforward > 0


SETTINGS = Settings()
INPUTS = {"best": "best input", "sensory": "all sensory neurons", "normal": "normal network", "worst": "worst input"}


def compute(settings: Settings) -> Results:
    """Memory of the best, the sensory and the worst input, and the mean over all inputs."""
    network = lm.connectome("celegans-varshney", radius=settings.radius)
    W, size = network.recurrent, network.size
    spatial = lm.spatial_fisher_memory(network)
    eigenvalues, vectors = np.linalg.eigh(spatial)
    inputs = {"best": lm.optimal_input(network), "sensory": network.feedforward, "worst": vectors[:, 0]}
    neurons = lm.LinearNetwork(W[:-1, :-1], known_radius=settings.radius)  # BWM is the last cell
    all_inputs = lm.fisher_memory_curve(replace(network, feedforward=np.eye(size)), settings.lags)
    best_first = np.argsort(-np.diag(spatial), kind="stable")
    return Results(
        network=network,
        inputs=inputs,
        curves=curves(settings, network, inputs),
        # the mean of v' M v over unit vectors v is trace(M) / N
        mean=np.trace(all_inputs.values, axis1=1, axis2=2) / size,
        mean_total=np.trace(all_inputs.total) / size,
        principal=eigenvalues[::-1],
        neurons=neurons,
        principal_of_neurons=np.linalg.eigvalsh(lm.spatial_fisher_memory(neurons))[::-1],
        rank=np.argsort(best_first) + 1,
    )


def curves(settings: Settings, network: lm.LinearNetwork, inputs: dict) -> dict[str, lm.FisherMemoryCurve]:
    """J(k) of the inputs, and of a normal network of the same size and radius, in the order of the legend."""
    networks = {name: replace(network, feedforward=v) for name, v in inputs.items()}
    networks["normal"] = lm.random_orthogonal(network.size, gain=settings.radius, rng=settings.seed)
    return {name: lm.fisher_memory_curve(networks[name], settings.lags) for name in INPUTS}


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says; totals by two methods, J^s and the curves."""
    best, normal = results.curves["best"], results.curves["normal"]
    yield at_most("|trace J^s / N - 1|", abs(results.principal.mean() - 1), 1e-10)
    yield at_most("|J_tot - 1|, mean over all unit inputs", abs(results.mean_total - 1), 1e-10)
    yield at_most("|J_tot - 1| of the normal network", abs(normal.total - 1), 1e-10)
    ratio = best.total / results.principal[0]
    yield at_most("|J_tot of the best input / top eigenvalue - 1|", abs(ratio - 1), 1e-9)
    steps = [np.diff(curve.values).max() for curve in results.curves.values()]
    yield at_most("largest step of a J(k) upwards", max(steps), 0)
    yield at_least("J of the best input over J of the normal network, least", (best.values / normal.values).min(), 1)
    ratio = results.mean / normal.values
    yield at_most("mean J over J of the normal network after lag 0, largest", ratio[1:].max(), 1)
    for name, printed in settings.totals:
        yield rounds_to(f"J_tot, {INPUTS[name]}", results.curves[name].total, printed)
    most, least = settings.without_muscle
    yield rounds_to("J_tot, best input without BWM", results.principal_of_neurons[0], most)
    yield rounds_to("J_tot, worst input without BWM", results.principal_of_neurons[-1], least)


def draw(settings: Settings, results: Results) -> Figure:
    """a: weights; b: memory; c: principal inputs; d: the best input."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.4)
    above, below = figure.subfigures(2, 1, height_ratios=(1.15, 1))
    weights, memory = above.subplots(1, 2, width_ratios=(1, 1.5))
    totals, cells = below.subplots(1, 2)
    draw_weights(results, weights)
    draw_memory(results, memory)
    both = [results.network, results.neurons]
    plotting.plot_spatial_fisher_memory(both, totals, labels=("all cells", "without BWM"))
    totals.legend(loc="lower left")
    draw_best_input(settings, results, cells)
    plotting.letter_panels(weights, memory, totals, cells)
    return figure


def draw_weights(results: Results, ax: Axes) -> None:
    """The weights, as dots of their area, cells by rank."""
    W, rank = results.network.recurrent, results.rank
    post, pre = np.nonzero(W)
    ax.scatter(rank[pre], rank[post], s=4 * W[post, pre], color="black", linewidth=0)
    ends = (-2, results.network.size + 3)
    ax.set(xlabel="From cell (rank)", xlim=ends)
    ax.set(ylabel="To cell (rank)", ylim=ends[::-1], aspect="equal")


def draw_memory(results: Results, ax: Axes) -> None:
    """J(k): black for the connectome, by input, and the normal network in the colour of its kind."""
    plotting.plot_fisher_memory_curve(results.curves.values(), ax, labels=INPUTS.values())
    ax.plot(results.mean, label="mean over inputs")
    best, sensory, normal, worst, mean = ax.lines
    for line, dash in ((best, "-"), (sensory, "--"), (worst, "-."), (mean, ":")):
        line.set(color="black", linestyle=dash)
    normal.set(**plotting.kind_style("orthogonal"))
    ax.legend()


def draw_best_input(settings: Settings, results: Results, ax: Axes) -> None:
    """The largest entries of the best input, sensory neurons in colour."""
    best, sensory = results.inputs["best"], results.sensory
    largest = np.argsort(-np.abs(best), kind="stable")[: settings.named]
    for name, colour, chosen in (("sensory", "C0", sensory[largest]), ("other", "0.75", ~sensory[largest])):
        ax.barh(np.flatnonzero(chosen), best[largest[chosen]], color=colour, label=f"{name} neurons")
    ax.set_yticks(np.arange(len(largest)), [results.network.labels[cell] for cell in largest])
    ax.set_xlabel("Entry of the best input, $v_i$ (state / signal)")
    ax.set_ylim(len(largest) - 0.4, -0.6)
    ax.legend(loc="lower right")


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """Curves; cells with their ranks and the best input; totals of the principal inputs."""
    rows = {}
    for name, curve in results.curves.items():
        rows[f"J, {INPUTS[name]}"] = curve.values
    rows["J, mean"] = results.mean
    rows["cells"] = results.network.labels
    rows["rank"] = results.rank
    rows["best input"] = results.inputs["best"]
    rows["J_tot, all cells"] = results.principal
    rows["J_tot, without BWM"] = results.principal_of_neurons
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, totals, and shares of weights and inputs."""
    W, rank = results.network.recurrent, results.rank
    forward = W[rank[:, None] > rank].sum() / W.sum()
    return vars(settings) | {
        "cells": results.network.size,
        "forward": forward,
        "best_total": results.curves["best"].total,
        "sensory_total": results.curves["sensory"].total,
        "worst_total": results.curves["worst"].total,
        "muscle": results.inputs["worst"][-1] ** 2,
        "least_alone": results.principal_of_neurons[-1],
        "most_alone": results.principal_of_neurons[0],
        "share": (results.inputs["best"][results.sensory] ** 2).sum(),
    }
