"""Shift registers, random orthogonal networks and delay lines. After White, Lee & Sompolinsky (2004), PRL 92:148102."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, rounds_to
from analysis.layout import Layout, arrange
from linmem import plotting

CAPTION = """
Shift registers, random orthogonal networks and delay lines. After White, Lee & Sompolinsky (2004), PRL 92:148102.

Memory function m(k) of a white signal: the share of its variance, r^2, that a linear readout explains. Noise of
variance 1 in every unit, signal of variance x = {snr:.0f}; gains are of power. (a) {size} units, gain {shown}: in a
ring, whose states are a distributed shift register, m(k) steps down where the signal comes round again; in random
orthogonal networks ({draws} draws, standard errors below 0.5 in b) it decreases gradually; a delay line confuses no two
lags. (b) Capacity, the sum of m(k); thin lines, its part in the first {size} lags: near a gain of 1 they are confused
with the lags of one round before. (c) Capacity per unit against size, orthogonal networks at a gain of 1 - 2/N. A
normal network, whose Fisher memory adds up to 1, holds at most N x / (N + x) numbers (dotted); a delay line holds about
x ln(1 + N/x) at a gain of 1, and 0.989 N at a gain of {growing}.
"""


@dataclass(frozen=True)
class Settings:
    """`printed`: power gain, capacity of the ring, mean of the orthogonal draws."""

    size: int = 100
    snr: float = 1000.0
    shown: float = 0.98
    gains: tuple = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998)
    draws: int = 20
    growing: float = 1.1
    sizes: tuple = (10, 20, 50, 100, 200, 400, 1000, 2000, 5000, 10000)
    dense: int = 6  # so many of the sizes are of orthogonal networks too
    printed: tuple = ((0.9, "44.3", "39.5"), (0.98, "88.2", "74.7"), (0.995, "90.8", "79.5"))
    first: str = "80.4"  # the largest capacity of the ring in the first N lags


@dataclass(frozen=True)
class Results:
    """Memory of the ring, of random orthogonal networks and of delay lines, by name."""

    ring: lm.MemoryFunction  # a stack, (gains, 1)
    orthogonal: lm.MemoryFunction  # a stack, (gains, draws)
    curves: dict[str, np.ndarray]  # m(k) at the gain that is shown
    per_unit: dict[str, np.ndarray]  # capacity per unit, by size

    @property
    def normal(self) -> dict[str, lm.MemoryFunction]:
        """The two kinds of normal networks, by name."""
        return {"ring": self.ring, "orthogonal": self.orthogonal}


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb\nc", two="abc", heights=(5.4, 2.3))
LINE = "delay line, gain {}"
KINDS = {"ring": "other", "orthogonal": "orthogonal", LINE.format(1): "chain"}


def capacities(memory: lm.MemoryFunction) -> np.ndarray:
    """Mean capacity over the draws, by gain."""
    return memory.capacity.mean(axis=1)


def early_capacities(settings: Settings, memory: lm.MemoryFunction) -> np.ndarray:
    """The part of the capacity in the first N lags, mean over the draws, by gain."""
    early = memory.values[:, :, : settings.size].sum(axis=2)
    return early.mean(axis=1)


def memory_by_gain(settings: Settings, networks: list[lm.LinearNetwork]) -> lm.MemoryFunction:
    """m(k) of the networks at every gain, as a stack (gains, networks)."""
    weights = np.array([network.recurrent for network in networks])
    amplitudes = np.sqrt(settings.gains)
    stack = lm.LinearNetwork(np.multiply.outer(amplitudes, weights), np.eye(settings.size)[0])
    return lm.memory_function(stack, 3 * settings.size, snr=settings.snr)


def compute(settings: Settings) -> Results:
    """Memory of the normal networks by gain, and of delay lines; capacities per unit by size."""
    size, seeds = settings.size, range(settings.draws)
    ring = memory_by_gain(settings, [lm.ring(size, gain=1)])
    orthogonal = memory_by_gain(settings, [lm.random_orthogonal(size, gain=1, rng=seed) for seed in seeds])
    shown = settings.gains.index(settings.shown)
    line = lm.memory_function(lm.chain(size), 3 * size, snr=settings.snr)
    curves = {
        "ring": ring.values[shown].mean(axis=0),
        "orthogonal": orthogonal.values[shown].mean(axis=0),
        LINE.format(1): line.values,
    }
    per_unit = {"orthogonal": orthogonal_per_unit(settings)}
    for power in (1, settings.growing):
        per_unit[LINE.format(power)] = line_per_unit(settings, power)
    return Results(ring, orthogonal, curves, per_unit)


def orthogonal_per_unit(settings: Settings) -> np.ndarray:
    """Capacity per unit of orthogonal networks of power gain 1 - 2/N, mean over draws, for the smaller sizes."""
    means = []
    for size in settings.sizes[: settings.dense]:
        gain = (1 - 2 / size) ** 0.5
        draws = [lm.random_orthogonal(size, gain=gain, rng=seed) for seed in range(settings.draws)]
        capacity = np.mean([lm.memory_capacity(network, settings.snr) for network in draws])
        means.append(capacity / size)
    return np.array(means)


def line_per_unit(settings: Settings, power: float) -> np.ndarray:
    """Capacity per unit of delay lines of a power gain, by size."""
    values = []
    for size in settings.sizes:
        line = lm.chain(size, gain=power**0.5, sparse=True)
        values.append(lm.memory_capacity(line, settings.snr) / size)
    return np.array(values)


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: closed forms, printed capacities, and bounds."""
    size, snr = settings.size, settings.snr
    lag = np.arange(3 * size)
    error = abs(results.ring.values[:, 0] / memory_of_ring(settings, lag) - 1)
    yield at_most("relative error of m(k) of the ring", error.max(), 1e-9)
    closed_form = np.where(lag < size, snr / (snr + lag + 1), 0)
    error = abs(results.curves[LINE.format(1)] - closed_form)
    yield at_most("error of m(k) of the delay line, x / (x + k + 1)", error.max(), 1e-9)
    yield from capacity_claims(settings, results)

    line = results.per_unit[LINE.format(1)]
    growing = results.per_unit[LINE.format(settings.growing)]
    yield at_least("capacity of the longest line of gain 1 over x", line[-1] * settings.sizes[-1] / snr, 2)
    yield rounds_to("share of N in the growing one", growing[-1], "0.989")


def memory_of_ring(settings: Settings, lag: np.ndarray) -> np.ndarray:
    """m(k) of a ring, (gains, lags): each unit holds its part of every round of the signal, and stationary noise."""
    power = np.array(settings.gains)[:, None]
    signal = power ** (lag % settings.size) / (1 - power**settings.size)
    noise = 1 / (1 - power)
    return power**lag / (signal + noise / settings.snr)


def capacity_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """Capacities of the ring and of the draws: printed numbers, standard errors, and the bound of normal networks."""
    size, snr = settings.size, settings.snr
    ring = results.ring.capacity
    draws = results.orthogonal.capacity
    for gain, printed_ring, printed_mean in settings.printed:
        place = settings.gains.index(gain)
        mean = draws[place].mean()
        yield rounds_to(f"capacity of the ring at {gain}", ring[place, 0], printed_ring)
        yield rounds_to(f"mean capacity, orthogonal, at {gain}", mean, printed_mean)
    standard_error = draws.std(axis=1, ddof=1) / settings.draws**0.5
    yield at_most("largest standard error", standard_error.max(), 0.5)
    yield at_most("best orthogonal draw over the ring, at any gain", (draws / ring).max(), 1)
    yield at_most("the ring over N x / (N + x)", ring.max() * (size + snr) / (size * snr), 1)
    early = early_capacities(settings, results.ring)
    yield rounds_to("largest capacity of the ring in the first N lags", early.max(), settings.first)


def draw(settings: Settings, results: Results) -> Figure:
    """a: memory functions; b: capacity against the gain; c: capacity per unit against the size."""
    figure, (memory, capacity, per_unit) = arrange(LAYOUT)
    for name, values in results.curves.items():
        memory.plot(values, **plotting.kind_style(KINDS[name]), label=name)
    memory.set(xlabel="Lag $k$ (steps)", xlim=(0, 3 * settings.size))
    memory.set(ylabel="Memory function $m(k)$", ylim=(0, 1.02))
    memory.legend()
    draw_capacities(settings, results, capacity)
    draw_per_unit(settings, results, per_unit)
    return figure


def draw_capacities(settings: Settings, results: Results, ax: Axes) -> None:
    """Capacity against the gain, on an axis of 1 / (1 - gain): all lags, and the first N (thin)."""
    size, snr = settings.size, settings.snr
    time = 1 / (1 - np.array(settings.gains))
    for name, memory in results.normal.items():
        look = plotting.kind_style(KINDS[name])
        ax.plot(time, capacities(memory), **look)
        ax.plot(time, early_capacities(settings, memory), **look, linewidth=0.5)
    ax.axhline(size * snr / (size + snr), color="k", linestyle=":", linewidth=0.8)
    ax.set(xscale="log", xlim=(2, 500), xlabel="Power gain")
    ax.set_xticks([2, 5, 10, 20, 50, 100, 500], [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.998])
    ax.minorticks_off()
    ax.set(ylim=(0, 104), ylabel="Capacity (numbers)")
    ax.text(2.2, 93, "normal, at most", va="bottom", color="0.3")
    ax.text(480, 70, "all lags", ha="right")
    ax.text(200, 10, f"first {size} lags", ha="right")


def draw_per_unit(settings: Settings, results: Results, ax: Axes) -> None:
    """Capacity per unit against the size, with the bound of normal networks."""
    sizes = np.array(settings.sizes)
    ax.plot(sizes, settings.snr / (sizes + settings.snr), "k:", linewidth=0.8, label="normal, at most")
    for name, values in results.per_unit.items():
        look = plotting.kind_style(KINDS.get(name, "chain"))
        if name == "orthogonal":
            look["marker"] = plotting.kind_marker(name)
        elif name == LINE.format(settings.growing):
            look["linestyle"] = ":"
        ax.plot(sizes[: len(values)], values, **look, label=name)
    ax.set(xscale="log", xlim=(9, 1e4), xlabel="Units $N$")
    ax.set(ylim=(0, 1.02), ylabel="Capacity per unit (numbers)")
    ax.legend()


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """m(k) at the gain that is shown; capacities by gain; capacities per unit by size."""
    rows = {}
    for name, values in results.curves.items():
        rows[f"m, {name}"] = values
    for name, memory in results.normal.items():
        rows[f"capacity, {name}"] = capacities(memory)
    for name, memory in results.normal.items():
        rows[f"first N, {name}"] = early_capacities(settings, memory)
    for name, values in results.per_unit.items():
        rows[f"per unit, {name}"] = values
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names."""
    return vars(settings)
