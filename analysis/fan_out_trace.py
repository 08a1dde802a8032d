"""A signal, and what is left of it in the last layer of a tree. After Ganguli, Huh & Sompolinsky (2008), Fig 5 D."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_most, close_to, rounds_to
from analysis.fan_out_memory import averages
from analysis.layout import Layout, arrange

CAPTION = """
A signal, and what is left of it in the last layer of a tree. After Ganguli, Huh & Sompolinsky (2008), Fig 5 D.

Fan-out tree of {layers} layers, {units} units tanh(u), all with noise; the signal, white, of {snr:.0f} times the
variance of the noise, enters the first. (a) {shown} steps of a signal of standard deviation {weakest}, and the best
linear guess at it from the mean of the last layer, {last} steps later: their correlation is {last_correlation:.2f}. The
paper has about 0.8; it does not print the scale of its signal, on which this depends. (b) Correlation of the signal k
steps before with the mean of layer k + 1, by standard deviation of the signal, in {steps} simulated steps; line,
m(k)^1/2, the correlation in linear units. What is small against 1 passes; what is not is bent in every layer.
"""


@dataclass(frozen=True)
class Settings:
    """`linear` and `ends`: correlations in the last layer, of linear units, and of tanh by deviation of the signal."""

    layers: int = 118
    snr: float = 20.0
    deviations: tuple = (0.1, 0.3, 1.0)
    steps: int = 4000
    shown: int = 100
    linear: str = "0.888"
    ends: tuple = (0.84, 0.65, 0.03)


@dataclass(frozen=True)
class Results:
    """Correlations of the signal with the mean of the layer that holds it, by layer."""

    units: int
    linear: np.ndarray  # of simulated linear units, (layers,)
    tanh: dict[float, np.ndarray]  # of units tanh(u), by standard deviation of the signal
    theory: np.ndarray  # m(k)^1/2, the correlation in linear units
    trace: np.ndarray  # the steps of the weakest signal that are shown
    guess: np.ndarray  # the best linear guess at them from the mean of the last layer


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb", two="ab", heights=(3.6, 2.2), columns=1)


def layer_means(net: lm.LinearNetwork, signal: np.ndarray, layers: int, nonlinearity: str) -> np.ndarray:
    """Mean of every layer in the step in which it holds the signal, (layers, steps)."""
    states = lm.simulate(net, signal, rng=1, nonlinearity=nonlinearity).states
    ends = np.cumsum(np.arange(layers + 1))  # layer k has k + 1 units
    steps = len(signal) - layers
    means = []
    for k in range(layers):
        layer = states[k : k + steps, ends[k] : ends[k + 1]]
        means.append(layer.mean(axis=1))
    return np.array(means)


def compute(settings: Settings) -> Results:
    """Correlations by layer, of linear units and of units tanh(u); the trace of the weakest signal."""
    layers, steps = settings.layers, settings.steps
    tree = lm.fan_out_tree(layers, sparse=True)
    white = np.random.default_rng(0).standard_normal(steps + layers)

    def simulated(nonlinearity: str, deviation: float) -> np.ndarray:
        net = replace(tree, noise=deviation**2 / settings.snr)
        return layer_means(net, deviation * white, layers, nonlinearity)

    def correlations(means: np.ndarray) -> np.ndarray:
        return np.corrcoef(white[:steps], means)[0, 1:]

    tanh_means = {deviation: simulated("tanh", deviation) for deviation in settings.deviations}
    weakest = settings.deviations[0]
    signal = weakest * white[:steps]
    last_layer = tanh_means[weakest][-1] - tanh_means[weakest][-1].mean()
    guess = last_layer * (signal @ last_layer) / (last_layer @ last_layer)
    theory = lm.memory_function(averages(layers)[0], layers, snr=settings.snr)
    return Results(
        units=tree.size,
        linear=correlations(simulated("identity", 1.0)),
        tanh={deviation: correlations(means) for deviation, means in tanh_means.items()},
        theory=theory.values**0.5,
        trace=signal[: settings.shown],
        guess=guess[: settings.shown],
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: linear units against theory, then units tanh(u)."""
    standard_error = (1 - results.linear**2) / settings.steps**0.5  # of a correlation (Fisher)
    deviation = abs(results.linear - results.theory) / standard_error
    yield at_most("linear units from m(k)^1/2, standard errors", deviation.max(), 5)
    yield rounds_to("m(k)^1/2, last layer", results.theory[-1], settings.linear)
    for deviation, printed in zip(settings.deviations, settings.ends, strict=True):
        yield close_to(f"correlation in the last layer, s.d. {deviation}", results.tanh[deviation][-1], printed, 0.03)
    for weaker, stronger in pairwise(settings.deviations):
        largest = (results.tanh[stronger] - results.tanh[weaker]).max()
        yield at_most(f"correlation at s.d. {stronger} over that at {weaker}, any layer", largest, 0)


def draw(settings: Settings, results: Results) -> Figure:
    """a: the trace; b: correlation by layer."""
    figure, (trace, layers) = arrange(LAYOUT)
    trace.plot(results.trace, "C0-", linewidth=0.8, label="signal $s$")
    trace.plot(results.guess, "C1--", label="guess from the last layer")
    trace.set(xlabel="Time $t$ (steps)", ylabel="Signal (no unit)", xlim=(0, settings.shown), ylim=(-0.3, 0.42))
    trace.legend(ncols=2, loc="upper right")
    draw_correlations(settings, results, layers)
    return figure


def draw_correlations(settings: Settings, results: Results, ax: Axes) -> None:
    """Correlation by layer: linear units in theory, and units tanh(u) by deviation of the signal."""
    ax.plot(results.theory, "k-", linewidth=0.8, label="linear, theory")
    for (deviation, values), mark in zip(results.tanh.items(), ("C0o", "C1^", "C2s"), strict=True):
        ax.plot(values, mark, markerfacecolor="white", markevery=9, label=f"tanh, s.d. {deviation:g}")
    ax.set(xlabel="Lag $k$ (steps)", ylabel="Correlation", xlim=(-2, settings.layers + 1), ylim=(-0.05, 1.02))
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.62))


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """Correlations by layer, and the trace that is shown."""
    rows = {"correlation, identity, 1.0": results.linear}
    for deviation, values in results.tanh.items():
        rows[f"correlation, tanh, {deviation}"] = values
    return rows | {"correlation, theory": results.theory, "signal": results.trace, "guess": results.guess}


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the number of units, and the correlation in the last layer."""
    weakest = settings.deviations[0]
    return vars(settings) | {
        "units": results.units,
        "weakest": weakest,
        "last": settings.layers - 1,
        "last_correlation": results.tanh[weakest][-1],
    }
