"""Shift registers, random orthogonal networks and delay lines. After White, Lee & Sompolinsky (2004), PRL 92:148102."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_least, at_most, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting

CAPTION = """
Shift registers, random orthogonal networks and delay lines. After White, Lee & Sompolinsky (2004), PRL 92:148102.

Memory m(k) of a white signal: the share of its variance, r^2, that a linear readout explains. Noise of variance 1 in
every unit, signal of variance x = {s.snr:.0f}; gains are of power. (a) {s.size} units, gain {s.shown}: a ring, whose
states are a distributed shift register, steps down where the signal comes round again; random orthogonal networks
({s.draws} draws, standard errors below 0.5 in b) forget gradually; a delay line confuses no two lags. (b) Capacity, the
sum of m(k); thin, its part in the first {s.size} lags: near a gain of 1 they are confused with those a round before.
(c) Capacity per unit against size, orthogonal at a gain of 1 - 2/N. A normal network, whose Fisher memory adds up to 1,
holds at most N x / (N + x) numbers (dotted); a delay line about x ln(1 + N/x) at a gain of 1, 0.989 N at {s.growing}.
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


SETTINGS = Settings()


def compute(settings: Settings) -> SimpleNamespace:
    """Memory of the normal networks, gains x draws, and of delay lines; capacities per unit by size."""
    n, snr, draws = settings.size, settings.snr, range(settings.draws)
    nets = {"ring": [lm.ring(n, gain=1)], "orthogonal": [lm.random_orthogonal(n, gain=1, rng=seed) for seed in draws]}
    stacks = {name: np.multiply.outer(np.sqrt(settings.gains), [net.recurrent for net in nets[name]]) for name in nets}
    normal = {name: lm.memory_function(lm.LinearNetwork(W, np.eye(n)[0]), 3 * n, snr=snr) for name, W in stacks.items()}
    found = SimpleNamespace(normal=normal, per_unit={"orthogonal": []})
    found.capacity = {name: one.capacity.mean(axis=1) for name, one in normal.items()}
    found.first = {name: one.values[:, :, :n].sum(axis=2).mean(axis=1) for name, one in normal.items()}
    found.shown = {name: one.values[settings.gains.index(settings.shown)].mean(axis=0) for name, one in normal.items()}
    found.shown["delay line, gain 1"] = lm.memory_function(lm.chain(n), 3 * n, snr=snr).values
    for size in settings.sizes[: settings.dense]:
        nets = [lm.random_orthogonal(size, gain=(1 - 2 / size) ** 0.5, rng=seed) for seed in draws]
        found.per_unit["orthogonal"].append(np.mean([lm.memory_capacity(net, snr) for net in nets]) / size)
    for power in (1, settings.growing):
        nets = [lm.chain(size, gain=power**0.5, sparse=True) for size in settings.sizes]
        found.per_unit[f"delay line, gain {power}"] = [lm.memory_capacity(net, snr) / net.size for net in nets]
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    n, snr, k, a = settings.size, settings.snr, np.arange(3 * settings.size), np.array(settings.gains)[:, None]
    ring, draws, first = found.normal["ring"], found.normal["orthogonal"].capacity, found.first["ring"]
    closed = a**k / (a ** (k % n) / (1 - a**n) + 1 / ((1 - a) * snr))  # a unit holds its part of every round
    yield at_most("relative error of m(k) of the ring", abs(ring.values[:, 0] / closed - 1).max(), 1e-9)
    error = abs(found.shown["delay line, gain 1"] - (k < n) * snr / (snr + k + 1)).max()
    yield at_most("error of m(k) of the delay line, x / (x + k + 1)", error, 1e-9)
    for gain, one, mean in settings.printed:
        yield rounds_to(f"capacity of the ring at {gain}", ring.capacity[settings.gains.index(gain), 0], one)
        yield rounds_to(f"mean capacity, orthogonal, at {gain}", draws[settings.gains.index(gain)].mean(), mean)
    yield at_most("largest standard error", draws.std(axis=1, ddof=1).max() / settings.draws**0.5, 0.5)
    yield at_most("best orthogonal draw over the ring, at any gain", (draws / ring.capacity).max(), 1)
    yield at_most("the ring over N x / (N + x)", ring.capacity.max() * (n + snr) / (n * snr), 1)
    yield rounds_to("largest capacity of the ring in the first N lags", first.max(), settings.first)
    line, growing = (found.per_unit[f"delay line, gain {power}"][-1] for power in (1, settings.growing))
    yield at_least("capacity of the longest line of gain 1 over x", line * settings.sizes[-1] / snr, 2)
    yield rounds_to("share of N in the growing one", growing, "0.989")


def draw(settings: Settings, found):
    """a: memory functions; b: capacity against the gain; c: capacity per unit against the size."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.3)
    memory, capacity, sized = figure.subplots(1, 3)
    n, snr, units, time = settings.size, settings.snr, np.array(settings.sizes), 1 / (1 - np.array(settings.gains))
    for (name, values), line in zip(found.shown.items(), ("C0-", "C1--", "C2-."), strict=True):
        memory.plot(values, line, label=name)
        if name in found.first:
            capacity.plot(time, found.capacity[name], line)
            capacity.plot(time, found.first[name], line, linewidth=0.5)
    capacity.axhline(n * snr / (n + snr), color="k", linestyle=":", linewidth=0.8)
    sized.plot(units, snr / (units + snr), "k:", linewidth=0.8, label="normal, at most")
    for (name, values), line in zip(found.per_unit.items(), ("C1s--", "C2-.", "C3-"), strict=True):
        sized.plot(units[: len(values)], values, line, label=name)
    memory.set(xlim=(0, 3 * n), ylim=(0, 1.02), xlabel="Lag $k$ (steps)", ylabel="Memory function $m(k)$")
    capacity.set(xscale="log", xlim=(2, 500), ylim=(0, 100), xlabel="Power gain", ylabel="Capacity (numbers)")
    capacity.set_xticks([2, 5, 10, 20, 50, 100, 500], [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.998])
    sized.set(xscale="log", xlim=(9, 1e4), ylim=(0, 1.02), xlabel="Units $N$", ylabel="Capacity per unit (numbers)")
    capacity.minorticks_off()
    capacity.text(480, 84, "all lags", ha="right")
    capacity.text(120, 25, f"first {n}", ha="right")
    memory.legend()
    sized.legend()
    plotting.letter_panels(memory, capacity, sized)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    curves = {"m": found.shown, "capacity": found.capacity, "first N": found.first, "per unit": found.per_unit}
    numbers = {f"{what}, {name}": values for what, rows in curves.items() for name, values in rows.items()}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
