"""What amplification buys. After Ganguli, Huh & Sompolinsky (2008), Fig 4 B-D.

(a) Fisher memory of delay lines of {size} units against the lag, for three amplifications A_k = ||W^k v||^2: growing
as {growing}^k (weights {growing}^1/2), where it reaches a plateau of 1 - 1/{growing}; decaying as {decaying}^k;
growing as k^2, plateau 1/(1 + pi^2/6). (b) The amplifications. (c) A chain with feedback, {units} units,
{feedforward} forward, {feedback} back, with its best input (left axis): it remembers for longer than it has units.
Dotted: the delay line of the same amplification up to lag {cut}, which no network with that amplification exceeds
(eq. 11); right axis, dashed: the amplification. Noise of variance 1 in every unit. The paper's caption for c leaves
out the forward weight, and no weight that we tried gives its curve in every detail: ours is the nearest in shape,
with a larger amplification ({peak} here).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_least, at_most, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """`growing` and `decaying` are gains of power, as in the paper; the chain with feedback has gains of amplitude."""

    size: int = 1000
    growing: float = 1.1
    decaying: float = 0.9
    units: int = 100
    feedforward: float = 0.9
    feedback: float = 0.2
    lags: int = 301
    cut: int = 99
    plateaus: tuple = ("0.0909", "0.378")  # of the growing lines at the last lag
    memory: tuple = ((50, "0.067"), (100, "0.065"), (200, "0.036"), (240, "0.012"))  # lag and J of the chain


SETTINGS = Settings()


def delay_lines(settings: Settings) -> dict[str, lm.LinearNetwork]:
    """The three lines, by how their amplification grows."""
    step = np.arange(1, settings.size, dtype=float)
    quadratic = np.concatenate([[1.0], step[1:] / step[:-1]])[: settings.size - 1]
    return {
        f"${settings.growing}^k$": lm.chain(settings.size, gain=settings.growing**0.5),
        f"${settings.decaying}^k$": lm.chain(settings.size, gain=settings.decaying**0.5),
        "$k^2$": lm.inhomogeneous_chain(quadratic),
    }


def claims(settings: Settings, curves, amplitudes, feedback, bound):
    """What the figure says, one claim after the other."""
    for (name, curve), amplitude in zip(curves.items(), amplitudes.values(), strict=True):
        closed = 1 / np.cumsum(amplitude**-2.0)
        error = abs(curve.values / closed - 1).max()
        yield at_most(f"error of J of the line {name}, relative to 1 / sum of 1 / A_m", error, 1e-10)
    growing, _, quadratic = (curve.values for curve in curves.values())
    yield rounds_to("plateau of the line that grows by a factor", growing[-1], settings.plateaus[0])
    yield rounds_to("plateau of the line that grows as k^2", quadratic[-1], settings.plateaus[1])
    yield at_most("J of the chain with feedback over its bound", (feedback.values / bound).max(), 1 + 1e-6)
    for k, value in settings.memory:
        yield rounds_to(f"J({k}) of the chain with feedback", feedback.values[k], value)
    later = 1 - feedback.values[: settings.units].sum() / feedback.total
    yield at_least("share of the chain's memory beyond lag N", later, 0.3)


def draw(settings: Settings, curves, amplitudes, feedback, amplitude, bound):
    """Panel a: memory of the lines; b: their amplification; c: the chain with feedback."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.4)
    memory, growth, chain = figure.subplots(1, 3)
    plotting.plot_fisher_memory_curve(list(curves.values()), memory, labels=list(curves))
    memory.set(xscale="log", xlim=(1, settings.size), ylim=(1e-4, 1.5))
    memory.get_legend().set_title("$A_k$")
    for values in amplitudes.values():
        growth.plot(np.arange(len(values)), values**2)
    growth.set(xscale="log", yscale="log", xlim=(1, settings.size), ylim=(1e-8, 1e8))
    growth.set(xlabel="Lag $k$ (steps)", ylabel=r"Amplification $A_k = \Vert W^k v\Vert^2$")
    chain.plot(feedback.lags, feedback.values)
    shown = bound[: settings.cut + 1]
    chain.plot(np.arange(len(shown)), shown, "k:")
    chain.set(xlabel="Lag $k$ (steps)", ylabel=r"Fisher memory $J(k)$ (signal units$^{-2}$)")
    chain.set(xlim=(0, settings.lags - 1), ylim=(0, 0.25))
    right = chain.twinx()
    right.plot(feedback.lags, amplitude**2, "C1--")
    right.set(yscale="log", ylim=(1, None), ylabel="Amplification $A_k$")
    right.spines["right"].set_visible(True)
    plotting.letter_panels(memory, growth, chain)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    lines = delay_lines(settings)
    curves = {name: lm.fisher_memory_curve(net, settings.size) for name, net in lines.items()}
    amplitudes = {name: lm.transient_amplification(net, settings.size) for name, net in lines.items()}
    chain = lm.feedback_chain(settings.units, feedforward=settings.feedforward, feedback=settings.feedback)
    chain = replace(chain, feedforward=lm.optimal_input(chain))
    feedback = lm.fisher_memory_curve(chain, settings.lags)
    amplitude = lm.transient_amplification(chain, settings.lags)
    bound = 1 / np.cumsum(amplitude**-2.0)
    held = require(*claims(settings, curves, amplitudes, feedback, bound))
    with plotting.style():
        figure = draw(settings, curves, amplitudes, feedback, amplitude, bound)
    numbers = {f"J, {name}": curve.values for name, curve in curves.items()}
    numbers |= {"J, chain with feedback": feedback.values, "A, chain with feedback": amplitude**2, "bound": bound}
    peak = f"{(amplitude**2).max():.0e}"
    save(figure, __file__, folder, settings, numbers, __doc__.format(peak=peak, **vars(settings)))
    return held
