"""How fast normal networks forget. After Ganguli, Huh & Sompolinsky (2008), Fig 2C."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_most, close_to, rounds_to
from analysis.layout import Layout, arrange

CAPTION = """
How fast normal networks forget. After Ganguli, Huh & Sompolinsky (2008), Fig 2C.

Fisher memory of normal networks of power gain {power} (amplitude gain {power}^1/2), input to one
unit, noise of variance 1 in every unit. Each has a total of 1 over all lags; they spread it differently. Solid: a ring
of {size} units, {ring} at lag 1, decays as {power}^k. Dashed: a lattice of {side} x
{side} units, ends joined, each of which hears its four neighbours. Dash-dotted: symmetric Gaussian (Wigner)
matrices of {size} units, variance {power}/4N, mean of {draws} draws (in grey) with a radius
below 1, without which noise is not stationary; {drawn} were drawn for them. Dots: the limit for large N, from the
moments of the semicircle, the Catalan numbers. Thin lines: the slopes at a gain of 1, -2 and -5/2; those of the curves,
fitted to lags {first_fitted} to {last_fitted}, are {lattice_slope:.2f} and
{limit_slope:.2f} (draws {wigner_slope:.2f}).
"""


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


@dataclass(frozen=True)
class Results:
    """Curves, closed forms, totals and slopes by network; "Wigner" is the mean of the draws, "limit" is for large N."""

    curves: dict[str, np.ndarray]
    closed_forms: dict[str, np.ndarray]
    totals: dict[str, np.ndarray]
    slopes: dict[str, float]
    draws: np.ndarray  # J(k) of every Wigner draw, (draws, lags)
    drawn: int  # Wigner matrices that were drawn until enough of them were stable


SETTINGS = Settings()
LAYOUT = Layout(one="a", two="a", heights=(2.6, 3.2), columns=1)


def closed_form(power: float, ratios: np.ndarray) -> np.ndarray:
    """J(k) = a^k c_k - a^(k+1) c_(k+1), c_k the 2k-th moment of the eigenvalues at a = 1, from c_(k+1) / c_k."""
    moments = np.concatenate([[1.0], np.cumprod(power * ratios)])
    return moments[:-1] - moments[1:]


def closed_forms(settings: Settings) -> dict[str, np.ndarray]:
    """J(k) of the ring, of an infinite lattice, and of Wigner matrices for large N."""
    lag = np.arange(settings.lags)
    returns = (lag + 0.5) / (lag + 1)  # ratios of binom(2k, k) / 4^k, the probability that a walk on a line returns
    catalan = (lag + 0.5) / (lag + 2)  # ratios of Catalan_k / 4^k, the moments of the semicircle
    return {
        "ring": closed_form(settings.power, np.ones(settings.lags)),
        "lattice": closed_form(settings.power, returns**2),
        "Wigner": closed_form(settings.power, catalan),
    }


def stable_wigner_networks(settings: Settings, gain: float) -> tuple[list[lm.LinearNetwork], int]:
    """Wigner networks with a radius below 1, and how many were drawn for them."""
    rng = np.random.default_rng(settings.seed)
    stable, drawn = [], 0
    while len(stable) < settings.draws:
        network = lm.symmetric_wigner(settings.size, gain=gain, recipe="as drawn", rng=rng)
        drawn += 1
        if network.radius.stable:
            stable.append(network)
    return stable, drawn


def slope(settings: Settings, curve: np.ndarray) -> float:
    """Slope of log J against log k over the fitted lags."""
    first, last = settings.fitted
    lags = np.arange(first, last + 1)
    return np.polyfit(np.log(lags), np.log(curve[lags]), 1)[0]


def compute(settings: Settings) -> Results:
    """Curves, totals and closed forms, by network."""
    gain = settings.power**0.5
    ring = lm.fisher_memory_curve(lm.ring(settings.size, gain=gain), settings.lags)
    lattice = lm.fisher_memory_curve(lm.lattice(settings.side, dimensions=2, gain=gain), settings.lags)
    stable, drawn = stable_wigner_networks(settings, gain)
    wigner = [lm.fisher_memory_curve(network, settings.lags) for network in stable]
    draws = np.array([curve.values for curve in wigner])
    closed = closed_forms(settings)
    curves = {
        "ring": ring.values,
        "lattice": lattice.values,
        "Wigner": draws.mean(axis=0),
        "limit": closed["Wigner"],
    }
    return Results(
        curves=curves,
        closed_forms=closed,
        totals={"ring": ring.total, "lattice": lattice.total, "Wigner": np.array([curve.total for curve in wigner])},
        slopes={name: slope(settings, curve) for name, curve in curves.items()},
        draws=draws,
        drawn=drawn,
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: totals of 1, closed forms, and slopes."""
    for name, totals in results.totals.items():
        yield at_most(f"|J_tot - 1|, {name}", np.max(abs(totals - 1)), 1e-10)

    error = {}
    for name, closed in results.closed_forms.items():
        error[name] = abs(results.curves[name] / closed - 1)
    yield at_most("relative error of the ring, against (1 - a) a^k", error["ring"].max(), 1e-10)
    # A walk of fewer steps than half the side cannot tell the lattice from an infinite one.
    unwrapped = error["lattice"][: (settings.side - 1) // 2]
    yield at_most("relative error of the lattice, against walks that return, until it wraps", unwrapped.max(), 1e-10)
    until = settings.fitted[0]
    yield at_most(f"Wigner over its limit - 1, to lag {until}", error["Wigner"][: until + 1].max(), settings.early)
    yield at_most("Wigner over its limit - 1, at all lags", error["Wigner"].max(), settings.late)

    yield rounds_to("J(1) of the ring", results.curves["ring"][1], settings.ring)
    for name, printed in settings.slopes:
        yield rounds_to(f"slope of log J, {name}", results.slopes[name], printed)
    yield close_to("slope of log J, Wigner", results.slopes["Wigner"], results.slopes["limit"], settings.apart)


def draw(settings: Settings, results: Results) -> Figure:
    """Memory against the lag, both logarithmic."""
    figure, (ax,) = arrange(LAYOUT)
    lags = np.arange(1, settings.lags)
    draws = ax.plot(lags, results.draws[:, 1:].T, color="0.8", linewidth=0.5, linestyle="-")
    draws[0].set_label("Wigner, each draw")
    for name, line in (("ring", "C0-"), ("lattice", "C1--"), ("Wigner", "C2-.")):
        ax.plot(lags, results.curves[name][1:], line)
    ax.plot(lags, results.curves["limit"][1:], "k:", linewidth=1, label="Wigner, large $N$")
    draw_slopes(results, ax)
    ax.set(xscale="log", yscale="log", xlim=(1, lags[-1]), ylim=(1e-6, 0.3))
    ax.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
    ax.set(xlabel="Lag $k$ (steps)", ylabel=r"Fisher memory $J(k)$ (signal units$^{-2}$)")
    ax.legend(loc="lower left")
    return figure


def draw_slopes(results: Results, ax: Axes) -> None:
    """The names of the lines, and thin lines of the slopes at a gain of 1."""
    ring, lattice, wigner = (results.curves[name] for name in ("ring", "lattice", "Wigner"))
    ends = np.array([11.0, 36.0])
    for curve, exponent, height in ((lattice, -2, 2.5), (wigner, -2.5, 0.3)):
        ax.plot(ends, height * curve[20] * (ends / 20) ** exponent, "-", color="0.4", linewidth=0.5)
    ax.text(12, 1.3 * ring[12], "ring", color="C0", va="bottom")
    ax.text(20, 2.5 * lattice[20], "lattice\nslope \u22122", color="C1", va="bottom")
    ax.text(19, 0.3 * wigner[20], "Wigner\nslope \u22125/2", color="C2", ha="right", va="top")


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """J(k) of every curve, and of every Wigner draw."""
    rows = {}
    for name, values in results.curves.items():
        rows[f"J, {name}"] = values
    for i, values in enumerate(results.draws):
        rows[f"J, Wigner, draw {i}"] = values
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the fitted lags and slopes, and how many Wigner matrices were drawn."""
    first, last = settings.fitted
    return vars(settings) | {
        "drawn": results.drawn,
        "first_fitted": first,
        "last_fitted": last,
        "lattice_slope": results.slopes["lattice"],
        "limit_slope": results.slopes["limit"],
        "wigner_slope": results.slopes["Wigner"],
    }
