"""A signal, and what is left of it in the last layer of a tree. After Ganguli, Huh & Sompolinsky (2008), Fig 5 D.

Fan-out tree of {s.layers} layers, {f.units} units tanh(u), all with noise; the signal, white, of {s.snr:.0f} times the
variance of the noise, enters the first. (a) {s.shown} steps of a signal of standard deviation {s.deviations[0]}, and
the best linear guess at it from the mean of the last layer, {f.last} steps later: their correlation is {f.low:.2f}. The
paper has about 0.8; it does not print the scale of its signal, on which this depends. (b) Correlation of the signal
k steps before with the mean of layer k + 1, by standard deviation of the signal, in {s.steps} simulated steps; line,
m(k)^1/2, the correlation in linear units. What is small against 1 passes; what is not is bent in every layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_most, close_to, require, rounds_to
from analysis.fan_out_memory import averages
from analysis.output import FIGURES, save
from linmem import plotting


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


SETTINGS = Settings()


def means(net: lm.LinearNetwork, signal: np.ndarray, layers: int, nonlinearity: str) -> np.ndarray:
    """Mean of every layer, in the step in which it holds the signal, (layers, steps)."""
    states = lm.simulate(net, signal, rng=1, nonlinearity=nonlinearity).states
    ends = np.cumsum(np.arange(layers + 1))
    steps = len(signal) - layers
    return np.array([states[k : k + steps, ends[k] : ends[k + 1]].mean(axis=1) for k in range(layers)])


def compute(settings: Settings) -> SimpleNamespace:
    """Correlations by deviation and layer, of linear units first; the trace of the weakest signal."""
    tree, layers = lm.fan_out_tree(settings.layers, sparse=True), settings.layers
    white = np.random.default_rng(0).standard_normal(settings.steps + layers)
    found = SimpleNamespace(units=tree.size, last=layers - 1, correlation={})
    for nonlinearity, deviation in (("identity", 1.0), *(("tanh", deviation) for deviation in settings.deviations)):
        net = replace(tree, noise=deviation**2 / settings.snr)
        held = means(net, deviation * white, layers, nonlinearity)
        found.correlation[nonlinearity, deviation] = np.corrcoef(white[: settings.steps], held)[0, 1:]
        if deviation == settings.deviations[0]:
            s, last = deviation * white[: settings.steps], held[-1] - held[-1].mean()
            found.trace, found.guess = s[: settings.shown], (last * (s @ last) / (last @ last))[: settings.shown]
    found.low = found.correlation["tanh", settings.deviations[0]][-1]
    found.theory = lm.memory_function(averages(layers)[0], layers, snr=settings.snr).values ** 0.5
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    linear = found.correlation["identity", 1.0]
    apart = abs(linear - found.theory) / (1 - linear**2) * settings.steps**0.5  # Fisher's standard error
    yield at_most("linear units from m(k)^1/2, standard errors", apart.max(), 5)
    yield rounds_to("m(k)^1/2, last layer", found.theory[-1], settings.linear)
    ends = [found.correlation["tanh", deviation][-1] for deviation in settings.deviations]
    for deviation, end, printed in zip(settings.deviations, ends, settings.ends, strict=True):
        yield close_to(f"correlation in the last layer, s.d. {deviation}", end, printed, 0.03)
    for weaker, stronger in zip(settings.deviations[:-1], settings.deviations[1:], strict=True):
        most = (found.correlation["tanh", stronger] - found.correlation["tanh", weaker]).max()
        yield at_most(f"correlation at s.d. {stronger} over that at {weaker}, any layer", most, 0)


def draw(settings: Settings, found):
    """a: the trace; b: correlation by layer."""
    figure = plotting.new_figure(plotting.ONE_COLUMN, 3.6)
    trace, layers = figure.subplots(2, 1)
    trace.plot(found.trace, "C0-", linewidth=0.8, label="signal")
    trace.plot(found.guess, "C1--", label="last layer")
    trace.set(xlabel="Time $t$ (steps)", ylabel="Signal $s$, guess", xlim=(0, settings.shown), ylim=(-0.3, 0.42))
    trace.legend(ncols=2, loc="upper right")
    layers.plot(found.theory, "k-", linewidth=0.8, label="linear, theory")
    for deviation, mark in zip(settings.deviations, ("C0o", "C1^", "C2s"), strict=True):
        label, values = f"tanh, s.d. {deviation:g}", found.correlation["tanh", deviation]
        layers.plot(values, mark, markerfacecolor="white", markevery=9, label=label)
    layers.set(xlabel="Lag $k$ (steps)", ylabel="Correlation", xlim=(-2, settings.layers + 1), ylim=(-0.05, 1.02))
    layers.legend(loc="upper right", bbox_to_anchor=(1, 0.62))
    plotting.letter_panels(trace, layers)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"correlation, {name}, {deviation}": values for (name, deviation), values in found.correlation.items()}
    numbers |= {"correlation, theory": found.theory, "signal": found.trace, "guess": found.guess}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
