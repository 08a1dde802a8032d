"""A network that remembers at bounded activity. After Ganguli, Huh & Sompolinsky (2008), Fig 5 B and C."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, rounds_to
from analysis.layout import Layout, arrange
from linmem import plotting

CAPTION = """
A network that remembers at bounded activity. After Ganguli, Huh & Sompolinsky (2008), Fig 5 B and C.

Fan-out tree of {layers} layers, {units} units: layer k has k units, each of which is connected to all units of the next
layer with weight 1/k, so that the signal has the same size in every unit. The averages over layers, at unit norm,
follow a delay line of weights ((k + 1) / k)^1/2, which is isolated from all other directions (checked): the curves are
those of this line, exactly. Gaussian: independent weights of {size} units, a tenth of the paper's, scaled to a radius
of {power}^1/2; mean of {draws} draws, range shaded; half the size changes m(k) by {half_size_change:.2f} at most. Unit
inputs, noise of variance 1. (a) Fisher memory; totals {tree_total:.1f} (tree; about N^1/2, up to a logarithm),
{random_total:.2f} (random input) and {best_total:.1f} (best). (b) Memory of a white signal of variance {snr:.0f}: the
share of its variance that a linear readout explains, r^2. The {last_memory} of the last layer is a correlation of
{correlation:.2f}.
"""


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


@dataclass(frozen=True)
class Memory:
    """J(k), m(k) and J_tot; of several networks with leading axes (draws, inputs)."""

    fisher: np.ndarray
    function: np.ndarray
    total: float | np.ndarray


@dataclass(frozen=True)
class Results:
    """Memory of the tree by its line, of a smaller tree as it is, and of Gaussian networks."""

    units: int
    tree: Memory
    leak: float  # the largest weight between the averages over layers and the rest
    small_tree: Memory
    gaussian: Memory  # (draws, 2): of a random input, and of the best
    half_size: Memory  # the same of networks of half the size


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb", two="ab", heights=(3.6, 2.2), columns=1)


def averages(layers: int) -> tuple[lm.LinearNetwork, float]:
    """The line of a tree's averages over layers; the largest weight into or out of them that it does not have."""
    k = np.arange(1, layers + 1)
    line = lm.inhomogeneous_chain((k[1:] / k[:-1]) ** 0.5, sparse=True)
    W, B = lm.fan_out_tree(layers, sparse=True).recurrent, line.recurrent
    layer_means = [np.full((size, 1), size**-0.5) for size in k]
    Q = sp.block_diag(layer_means, format="csr")
    into, out = abs(W @ Q - Q @ B), abs(W.T @ Q - Q @ B.T)
    return line, max(into.max(), out.max())


def memory(settings: Settings, net: lm.LinearNetwork) -> Memory:
    """J(k), m(k) and J_tot of a network."""
    curve = lm.fisher_memory_curve(net, settings.lags)
    function = lm.memory_function(net, settings.lags, snr=settings.snr)
    return Memory(curve.values, function.values, curve.total)


def gaussian_memory(settings: Settings, size: int) -> Memory:
    """The same of Gaussian networks, of a random input and of the best."""
    rows = []
    for seed in range(settings.draws):
        net = lm.ginibre(size, gain=settings.power**0.5, rng=seed)
        best = replace(net, feedforward=lm.optimal_input(net))
        rows.append([memory(settings, net), memory(settings, best)])
    return Memory(
        fisher=np.array([[one_input.fisher for one_input in draw] for draw in rows]),
        function=np.array([[one_input.function for one_input in draw] for draw in rows]),
        total=np.array([[one_input.total for one_input in draw] for draw in rows]),
    )


def compute(settings: Settings) -> Results:
    """Memory of the tree, of a smaller one, and of Gaussian networks of two sizes."""
    line, leak = averages(settings.layers)
    return Results(
        units=sum(range(settings.layers + 1)),
        tree=memory(settings, line),
        leak=leak,
        small_tree=memory(settings, lm.fan_out_tree(settings.small)),
        gaussian=gaussian_memory(settings, settings.size),
        half_size=gaussian_memory(settings, settings.size // 2),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: the tree by its closed form, then the Gaussian networks."""
    yield at_most("weight between the averages over layers and the rest", results.leak, 1e-14)
    yield from tree_claims(settings, results)
    gaussian = results.gaussian
    late = max(gaussian.fisher[:, :, 50].max(), gaussian.function[:, :, 100].max())
    yield at_most("J(50), m(100), Gaussian", late, 0.02)
    _, best_total = gaussian.total.mean(axis=0)
    yield at_least("J_tot of the tree over the best of the Gaussian networks", results.tree.total / best_total, 5)


def tree_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """J(k) = 1 / H_(k+1), m(k) = x J / (1 + x J), nothing beyond the last layer, and the printed numbers."""
    layers, small = settings.layers, settings.small
    J, m = results.tree.fisher, results.tree.function
    harmonic = np.cumsum(1 / np.arange(1, layers + 1))
    yield at_most("|J H_(k+1) - 1|, tree", abs(J[:layers] * harmonic - 1).max(), 1e-10)
    error = abs(m - J / (1 / settings.snr + J))
    yield at_most("error of m, tree, against x J / (1 + x J)", error.max(), 1e-10)
    yield at_most("J and m of the tree beyond its last layer", max(J[layers:].max(), m[layers:].max()), 0)
    error = abs(results.small_tree.function - m)
    yield at_most(f"error of m of a tree of {small} layers, as it is", error[:small].max(), 1e-10)
    total, last = settings.fisher
    yield rounds_to("J_tot, tree", results.tree.total, total)
    yield rounds_to("J, tree, last layer", J[layers - 1], last)
    for lag, printed in zip((0, layers - 1), settings.memory, strict=True):
        yield rounds_to(f"m({lag}), tree", m[lag], printed)


def draw(settings: Settings, results: Results) -> Figure:
    """a: Fisher memory; b: memory of a white signal."""
    figure, (fisher, function) = arrange(LAYOUT)
    draw_memory(settings, results.tree.fisher, results.gaussian.fisher, fisher)
    draw_memory(settings, results.tree.function, results.gaussian.function, function)
    fisher.set(xlabel="Lag $k$ (steps)", ylabel="Fisher memory $J(k)$\n(signal units$^{-2}$)")
    function.set(xlabel="Lag $k$ (steps)", ylabel="Memory function $m(k)$")
    fisher.legend(loc="upper right")
    return figure


def draw_memory(settings: Settings, tree: np.ndarray, gaussian: np.ndarray, ax: Axes) -> None:
    """The tree, and mean and range of the Gaussian draws, (draws, 2, lags)."""
    ax.plot(tree, "k-", label="fan-out tree")
    lags = np.arange(settings.lags)
    look = plotting.kind_style("Gaussian")
    for i, (which, dash) in enumerate((("random", ":"), ("best", look["linestyle"]))):
        draws = gaussian[:, i]
        ax.fill_between(lags, draws.min(axis=0), draws.max(axis=0), color=look["color"], alpha=0.3, linewidth=0)
        ax.plot(draws.mean(axis=0), linestyle=dash, color=look["color"], label=f"Gaussian, {which} input")
    ax.set(xlim=(-2, settings.lags - 1), ylim=(0, 1.02))


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """J(k) and m(k) of the tree, and means over the Gaussian draws."""
    return {
        "J, tree": results.tree.fisher,
        "J, Gaussian, random and best input": results.gaussian.fisher.mean(axis=0),
        "m, tree": results.tree.function,
        "m, Gaussian, random and best input": results.gaussian.function.mean(axis=0),
    }


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, totals, and what half the size changes."""
    random_total, best_total = results.gaussian.total.mean(axis=0)
    change = results.half_size.function.mean(axis=0) - results.gaussian.function.mean(axis=0)
    return vars(settings) | {
        "units": results.units,
        "half_size_change": abs(change).max(),
        "tree_total": results.tree.total,
        "random_total": random_total,
        "best_total": best_total,
        "last_memory": settings.memory[1],
        "correlation": results.tree.function[settings.layers - 1] ** 0.5,
    }
