"""How fast normal networks forget. After Ganguli, Huh & Sompolinsky (2008), Fig 2C.

Fisher memory of normal networks of power gain {settings.power} (amplitude gain {settings.power}^1/2), input to one
unit, noise of variance 1 in every unit. Each has a total of 1 over all lags; they spread it differently. Solid: a ring
of {settings.size} units, {settings.ring} at lag 1, decays as {settings.power}^k. Dashed: a lattice of {settings.side} x
{settings.side} units, ends joined, each of which hears its four neighbours. Dash-dotted: symmetric Gaussian (Wigner)
matrices of {settings.size} units, variance {settings.power}/4N, mean of {settings.draws} draws (in grey) with a radius
below 1, without which noise is not stationary; {found.drawn} were drawn for them. Dots: the limit for large N, from the
moments of the semicircle, the Catalan numbers. Thin lines: the slopes at a gain of 1, -2 and -5/2; those of the curves,
fitted to lags {settings.fitted[0]} to {settings.fitted[1]}, are {found.slopes[lattice]:.2f} and
{found.slopes[limit]:.2f} (draws {found.slopes[Wigner]:.2f}).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """`power` is a gain of power, as in the paper; the printed numbers and tolerances are those of these draws."""

    power: float = 0.99
    size: int = 1000
    side: int = 32
    draws: int = 10
    seed: int = 1
    lags: int = 101
    ring: str = "0.0099"  # J(1)
    fitted: tuple = (10, 50)  # the lags of the slopes
    early: float = 0.05  # the mean of the draws is as near as this to its limit up to the first of them
    late: float = 0.25  # and as near as this at all lags
    slopes: tuple = (("lattice", "-2.0"), ("limit", "-2.5"))
    apart: float = 0.1  # the slope of the mean of the draws is as near as this to that of their limit


SETTINGS = Settings()


def closed_form(power: float, ratios) -> np.ndarray:
    """J(k) = a^k c_k - a^(k+1) c_(k+1), c_k the 2k-th moment of the eigenvalues at a = 1, from c_(k+1) / c_k."""
    moments = np.concatenate([[1.0], np.cumprod(power * ratios)])
    return moments[:-1] - moments[1:]


def compute(settings: Settings) -> SimpleNamespace:
    """Curves, totals and closed forms, by network."""
    gain, k, draw = settings.power**0.5, np.arange(settings.lags), np.random.default_rng(settings.seed)
    ring, lattice = lm.ring(settings.size, gain=gain), lm.lattice(settings.side, dimensions=2, gain=gain)
    drawn, stable = 0, []
    while len(stable) < settings.draws:
        net, drawn = lm.symmetric_wigner(settings.size, gain=gain, recipe="as drawn", rng=draw), drawn + 1
        if net.radius.stable:
            stable.append(net)
    ring, lattice, *draws = (lm.fisher_memory_curve(net, settings.lags) for net in (ring, lattice, *stable))
    values = np.array([curve.values for curve in draws])
    returns = (k + 0.5) / (k + 1)  # of a walk on a line: binom(2k, k) / 4^k
    closed = {"ring": np.ones(len(k)), "lattice": returns**2, "Wigner": (k + 0.5) / (k + 2)}  # Catalan_k / 4^k
    closed = {name: closed_form(settings.power, ratios) for name, ratios in closed.items()}
    curves = {"ring": ring.values, "lattice": lattice.values, "Wigner": values.mean(axis=0), "limit": closed["Wigner"]}
    fitted = np.arange(settings.fitted[0], settings.fitted[1] + 1)
    slopes = {name: np.polyfit(np.log(fitted), np.log(curve[fitted]), 1)[0] for name, curve in curves.items()}
    totals = {"ring": [ring.total], "lattice": [lattice.total], "Wigner": [curve.total for curve in draws]}
    return SimpleNamespace(curves=curves, closed=closed, draws=values, totals=totals, slopes=slopes, drawn=drawn)


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    for name, totals in found.totals.items():
        yield at_most(f"|J_tot - 1|, {name}", abs(np.array(totals) - 1).max(), 1e-10)
    error = {name: abs(found.curves[name] / found.closed[name] - 1) for name in found.closed}
    until, alone = settings.fitted[0], error["lattice"][: (settings.side - 1) // 2]
    yield at_most("relative error of the ring, against (1 - a) a^k", error["ring"].max(), 1e-10)
    yield at_most("relative error of the lattice, against walks that return, until it wraps", alone.max(), 1e-10)
    yield at_most(f"Wigner over its limit - 1, to lag {until}", error["Wigner"][: until + 1].max(), settings.early)
    yield at_most("Wigner over its limit - 1, at all lags", error["Wigner"].max(), settings.late)
    yield rounds_to("J(1) of the ring", found.curves["ring"][1], settings.ring)
    for name, slope in settings.slopes:
        yield rounds_to(f"slope of log J, {name}", found.slopes[name], slope)
    yield close_to("slope of log J, Wigner", found.slopes["Wigner"], found.slopes["limit"], settings.apart)


def draw(settings: Settings, found):
    """Memory against the lag, both logarithmic."""
    figure = plotting.new_figure(plotting.ONE_COLUMN, 2.6)
    ax, k, curves = figure.subplots(), np.arange(1, settings.lags), found.curves
    ax.plot(k, found.draws[:, 1:].T, color="0.8", linewidth=0.5, linestyle="-")
    for name, line in (("ring", "C0-"), ("lattice", "C1--"), ("Wigner", "C2-.")):
        ax.plot(k, curves[name][1:], line)
    ax.plot(k, found.closed["Wigner"][1:], "k:", linewidth=1)
    ax.text(12, 1.3 * curves["ring"][12], "ring", color="C0", va="bottom")
    ends = np.array([11.0, 36.0])
    for name, slope, times in (("lattice", -2, 2.5), ("Wigner", -2.5, 0.3)):
        ax.plot(ends, times * curves[name][20] * (ends / 20) ** slope, "-", color="0.4", linewidth=0.5)
    ax.text(20, 2.5 * curves["lattice"][20], "lattice\nslope \u22122", color="C1", va="bottom")
    ax.text(19, 0.3 * curves["Wigner"][20], "Wigner\nslope \u22125/2", color="C2", ha="right", va="top")
    ax.set(xscale="log", yscale="log", xlim=(1, k[-1]), ylim=(1e-6, 0.3))
    ax.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
    ax.set(xlabel="Lag $k$ (steps)", ylabel=r"Fisher memory $J(k)$ (signal units$^{-2}$)")
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"J, {name}": values for name, values in found.curves.items()}
    numbers |= {f"J, Wigner, draw {i}": values for i, values in enumerate(found.draws)}
    save(figure, __file__, folder, settings, numbers, __doc__.format(settings=settings, found=found))
    return held
