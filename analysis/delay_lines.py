"""What amplification buys. After Ganguli, Huh & Sompolinsky (2008), Fig 4 B-D."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, rounds_to
from analysis.layout import Layout, arrange
from linmem import plotting

CAPTION = """
What amplification buys. After Ganguli, Huh & Sompolinsky (2008), Fig 4 B-D.

(a) Fisher memory of delay lines of {size} units against the lag, for three amplifications A_k = ||W^k v||^2: growing
as {growing}^k (weights {growing}^1/2), where it reaches a plateau of 1 - 1/{growing}; decaying as {decaying}^k;
growing as k^2, plateau 1/(1 + pi^2/6). (b) The amplifications. (c) A chain with feedback, {units} units,
{feedforward} forward, {feedback} back, with its best input: it remembers for longer than it has units. Dotted: the
delay line of the same amplification up to lag {cut}, which no network with that amplification exceeds (eq. 11). (d)
Its amplification. Noise of variance 1 in every unit. The paper's caption for c leaves
out the forward weight, and no weight that we tried gives its curve in every detail: ours is the nearest in shape,
with a larger amplification ({peak} here).
"""


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


@dataclass(frozen=True)
class Results:
    """Curves and amplifications ||W^k v|| of the three lines by name, and those of the chain with feedback."""

    curves: dict[str, lm.FisherMemoryCurve]
    amplifications: dict[str, np.ndarray]
    feedback: lm.FisherMemoryCurve
    feedback_amplification: np.ndarray
    bound: np.ndarray  # J(k) of the delay line with the amplification of the chain with feedback


SETTINGS = Settings()
LAYOUT = Layout(one="ab\ncd", two="abcd", heights=(4.0, 2.2))


def delay_lines(settings: Settings) -> dict[str, lm.LinearNetwork]:
    """The three lines, by how their amplification grows."""
    step = np.arange(1, settings.size, dtype=float)
    quadratic = np.concatenate([[1.0], step[1:] / step[:-1]])[: settings.size - 1]
    return {
        f"${settings.growing}^k$": lm.chain(settings.size, gain=settings.growing**0.5),
        f"${settings.decaying}^k$": lm.chain(settings.size, gain=settings.decaying**0.5),
        "$k^2$": lm.inhomogeneous_chain(quadratic),
    }


def best_driven_chain(settings: Settings) -> lm.LinearNetwork:
    """The chain with feedback, with the input that it remembers best."""
    chain = lm.feedback_chain(settings.units, feedforward=settings.feedforward, feedback=settings.feedback)
    return replace(chain, feedforward=lm.optimal_input(chain))


def memory_of_delay_line(amplification: np.ndarray) -> np.ndarray:
    """J(k) = 1 / sum_{m <= k} 1 / A_m of the delay line with ||W^m v||^2 = A_m (eq. 10)."""
    return 1 / np.cumsum(amplification**-2.0)


def compute(settings: Settings) -> Results:
    """Memory and amplification of the lines, and of the chain with feedback."""
    curves, amplifications = {}, {}
    for name, line in delay_lines(settings).items():
        curves[name] = lm.fisher_memory_curve(line, settings.size)
        amplifications[name] = lm.transient_amplification(line, settings.size)
    chain = best_driven_chain(settings)
    amplification = lm.transient_amplification(chain, settings.lags)
    return Results(
        curves=curves,
        amplifications=amplifications,
        feedback=lm.fisher_memory_curve(chain, settings.lags),
        feedback_amplification=amplification,
        bound=memory_of_delay_line(amplification),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: the lines against their closed form, then the printed numbers."""
    for name, curve in results.curves.items():
        error = abs(curve.values / memory_of_delay_line(results.amplifications[name]) - 1).max()
        yield at_most(f"error of J of the line {name}, relative to 1 / sum of 1 / A_m", error, 1e-10)

    growing, _, quadratic = results.curves.values()
    yield rounds_to("plateau of the line that grows by a factor", growing.values[-1], settings.plateaus[0])
    yield rounds_to("plateau of the line that grows as k^2", quadratic.values[-1], settings.plateaus[1])

    memory = results.feedback.values
    yield at_most("J of the chain with feedback over its bound", (memory / results.bound).max(), 1 + 1e-6)
    for lag, value in settings.memory:
        yield rounds_to(f"J({lag}) of the chain with feedback", memory[lag], value)
    later = 1 - memory[: settings.units].sum() / results.feedback.total
    yield at_least("share of the chain's memory beyond lag N", later, 0.3)


def draw(settings: Settings, results: Results) -> Figure:
    """Panel a: memory of the lines; b: their amplification; c, d: those of the chain with feedback."""
    figure, (memory, growth, chain, of_chain) = arrange(LAYOUT)
    names = list(results.curves)
    plotting.plot_fisher_memory_curve(list(results.curves.values()), memory, labels=names)
    memory.set(xscale="log", xlim=(1, settings.size), ylim=(1e-4, 1.5))
    memory.get_legend().set_title("$A_k$")

    for values in results.amplifications.values():
        growth.plot(np.arange(len(values)), values**2)
    growth.set(xscale="log", yscale="log", xlim=(1, settings.size), ylim=(1e-8, 1e8))
    growth.set(xlabel="Lag $k$ (steps)", ylabel=r"Amplification $A_k = \Vert W^k v\Vert^2$")

    draw_feedback(settings, results, chain, of_chain)
    return figure


def draw_feedback(settings: Settings, results: Results, ax: Axes, growth: Axes) -> None:
    """Memory of the chain with feedback below its bound, and its amplification."""
    lags = results.feedback.lags
    look = plotting.kind_style("chain with feedback")
    ax.plot(lags, results.feedback.values, **look, label="chain with feedback")
    bounded = slice(settings.cut + 1)
    ax.plot(lags[bounded], results.bound[bounded], "k:", label="bound, eq. 11")
    ax.set(xlabel="Lag $k$ (steps)", ylabel=r"Fisher memory $J(k)$ (signal units$^{-2}$)")
    ax.set(xlim=(0, settings.lags - 1), ylim=(0, 0.25))
    ax.legend()
    growth.plot(lags, results.feedback_amplification**2, **look)
    growth.set(yscale="log", xlim=(0, settings.lags - 1), ylim=(1, None))
    growth.set(xlabel="Lag $k$ (steps)", ylabel=r"Amplification $A_k = \Vert W^k v\Vert^2$")


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """J(k) of the lines; J(k), amplification and bound of the chain with feedback."""
    rows = {}
    for name, curve in results.curves.items():
        rows[f"J, {name}"] = curve.values
    rows["J, chain with feedback"] = results.feedback.values
    rows["A, chain with feedback"] = results.feedback_amplification**2
    rows["bound"] = results.bound
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and the largest amplification of the chain with feedback."""
    largest = (results.feedback_amplification**2).max()
    return vars(settings) | {"peak": f"{largest:.0e}"}
