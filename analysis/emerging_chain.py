"""A chain emerges where memory is maximised under a limit on the norm of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, rounds_to
from linmem import plotting

CAPTION = """
A chain emerges where memory is maximised under a limit on the norm of the weights.

From a random rotation of {size} units, W and a unit input v climb in total Fisher memory over {horizon} steps, at
||W||_F = {budget}; noise of variance 1. (a) W in the coordinates v, W v, W^2 v, ..., orthonormalised in turn; below the
first subdiagonal no W has weights there. The weights to earlier units fall to {back_ratio:.2f} of their norm, the
weights to later units decrease along a chain of {used} units, and the signal does not reach the others. (b) Memory (of
all lags {total:.3f} at the end) and departure from normality; dotted, the memory of delay lines with the same norm: of
equal weights ({uniform_total:.3f}) and the best ({line_total:.5f}). (c) Weights in the last picture: they decrease
along the chain like those of the best line, but each unit inhibits itself. (d) Fisher memory. It lasts for more lags
than there are units, up to the number of steps of the climb; over {longer_horizon} steps the total is
{longer_total:.3f}. Three random starts end alike.
"""


@dataclass(frozen=True)
class Settings:
    """`totals` are of the uniform and of the best delay line, and of the climbs over 16 and 32 steps."""

    size: int = 16
    budget: float = 3.2
    climbs: tuple = ((16, 0), (32, 0), (16, 1), (16, 2))  # horizon and seed
    frames: tuple = (0, 5, 15, 60)  # steps of the climb
    totals: tuple = ("1.988", "5.58145", "6.547", "7.861")


@dataclass(frozen=True)
class Results:
    """The first climb in frames, the ends of all climbs, and the delay lines of the same norm."""

    networks: list[lm.LinearNetwork]  # at the end of each climb
    totals: list[float]  # J_tot of these
    climb: np.ndarray  # J_tot along the first climb
    departure: np.ndarray  # from normality, along the first climb
    frames: list[np.ndarray]  # W along the signal, at the steps of the settings
    uniform_total: float
    line_total: float
    curves: dict[str, lm.FisherMemoryCurve]  # of the first two climbs and of the best delay line
    weights: dict[str, np.ndarray]  # along the chain, at the end of the first climb, and of the best delay line
    used: int  # units that the signal reaches

    @property
    def back_ratio(self) -> float:
        """The norm of the weights to earlier units, the last frame over the first."""
        first, last = (np.linalg.norm(np.triu(W, 1)) for W in (self.frames[0], self.frames[-1]))
        return last / first


SETTINGS = Settings()
NEXT, ITSELF, LINE = "to the next", "to itself", "best line"
REACHED = 0.01  # a weight to the next unit below this ends the chain


def along_the_signal(W: np.ndarray, v: np.ndarray) -> np.ndarray:
    """W in the coordinates of v, W v, W^2 v, ..., orthonormalised in turn: Hessenberg's form, positive ahead."""
    Q = sl.qr(v[:, None])[0]
    H = sl.hessenberg(Q.T @ W @ Q)
    signs = np.cumprod([1, *np.where(np.diag(H, -1) < 0, -1, 1)])
    return signs[:, None] * H * signs


def compute(settings: Settings) -> Results:
    """The first climb in frames, the ends of all climbs, and the delay lines of the same norm."""
    size, budget = settings.size, settings.budget
    climbs = [lm.optimal_network(size, budget, horizon=horizon, rng=seed) for horizon, seed in settings.climbs]
    networks = [climb.network for climb in climbs]
    history = climbs[0].history
    frames = [along_the_signal(history.recurrent[k], history.feedforward[k]) for k in settings.frames]
    ahead = np.diag(frames[-1], -1)
    line = lm.optimal_chain(size, budget)
    uniform = lm.chain(size, gain=budget / np.sqrt(size - 1))
    lags = 2 * size + 8
    return Results(
        networks=networks,
        totals=[lm.total_fisher_memory(network) for network in networks],
        climb=history.total,
        departure=lm.henrici_departure(history.recurrent, rtol=1e-6),
        frames=frames,
        uniform_total=lm.total_fisher_memory(uniform),
        line_total=lm.total_fisher_memory(line),
        curves={
            f"climb over {settings.climbs[0][0]} steps": lm.fisher_memory_curve(networks[0], lags),
            f"climb over {settings.climbs[1][0]} steps": lm.fisher_memory_curve(networks[1], lags),
            "best delay line": lm.fisher_memory_curve(line, lags),
        },
        weights={NEXT: ahead, ITSELF: np.diag(frames[-1]), LINE: np.diag(line.dense(), -1)},
        used=1 + np.sum(ahead > REACHED),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: totals, enclosures of the curves, and the end of the first climb."""
    uniform, line, first, second = settings.totals
    yield rounds_to("J_tot, uniform delay line", results.uniform_total, uniform)
    yield rounds_to("J_tot, best delay line", results.line_total, line)
    for total, (horizon, _), printed in zip(results.totals, settings.climbs, (first, second), strict=False):
        yield rounds_to(f"J_tot, climb over {horizon} steps", total, printed)
    for curve in results.curves.values():
        error = abs(curve.values - lm.certify(curve).lower)
        yield at_most("error of J, against its enclosure", error.max(), 1e-9)
    same_horizon = [results.totals[0], *results.totals[2:]]
    yield at_most("spread of J_tot, other starts", np.ptp(same_horizon), 1e-4)
    drawn = results.climb[settings.frames[-1]]
    yield at_least("last memory drawn over that at the end", drawn / results.climb[-1], 0.999)
    yield from normality_claims(settings, results)
    yield from weight_claims(results)


def normality_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """Departure from normality at the start and at the end."""
    yield at_most("departure from normality at the start", results.departure[0], 1e-6)
    eigenvalues = np.linalg.norm(sl.eigvals(results.networks[0].recurrent))
    norm = np.hypot(results.departure[-1], eigenvalues)
    yield close_to("norm of W at the end, of departure and eigenvalues", norm, settings.budget, 1e-3)


def weight_claims(results: Results) -> Iterator[Claim]:
    """Weights at the end of the first climb, along the chain and beside it."""
    used = results.used
    ahead, itself = results.weights[NEXT], results.weights[ITSELF]
    yield at_most("weights to earlier units, end over start", results.back_ratio, 0.4)
    yield at_most("largest rise of the weights ahead along the chain", np.diff(ahead[:used]).max(), -0.05)
    yield at_most("largest weight of a unit to itself", itself[:used].max(), -0.4)
    beyond = results.frames[-1][used:]
    yield at_most("norm of what the signal does not reach", np.linalg.norm(beyond), 0.01)
    curve = next(iter(results.curves.values()))
    yield at_least("J at 3/2 times as many lags as units", curve.values[3 * used // 2], 0.25)


def draw(settings: Settings, results: Results) -> Figure:
    """a: frames; b: the climb; c: weights; d: curves."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.0)
    above, below = figure.subfigures(2, 1)
    first_frame = draw_frames(settings, results, above)
    climb, weights, curves = below.subplots(1, 3)
    draw_climb(settings, results, climb)
    draw_weights(results, weights)
    for (name, curve), line in zip(results.curves.items(), ("C0-", "C3--", "k:"), strict=True):
        curves.plot(curve.values, line, label=name)
    curves.legend()
    curves.set(xlabel="Lag $k$ (steps)", xlim=0)
    curves.set(ylabel="Fisher memory $J(k)$\n(signal units$^{-2}$)", ylim=(0, 1.02))
    plotting.letter_panels(first_frame, climb, weights, curves)
    return figure


def draw_frames(settings: Settings, results: Results, place: SubFigure) -> Axes:
    """W along the signal at steps of the first climb; the axes of the first."""
    panels = place.subplots(1, 4, sharey=True)
    for ax, W, step in zip(panels, results.frames, settings.frames, strict=True):
        plotting.plot_matrix(W, ax, limit=2, exponent=0.6, colour_bar=False)
        ax.set(title=f"step {step}" if step else "start", ylabel="" if step else "To unit $i$")
    ticks = (-1, -0.3, 0, 0.3, 1)
    place.colorbar(panels[-1].images[0], ax=panels, label="Weight $W_{ij}$ (no unit)", ticks=ticks, aspect=15)
    return panels[0]


def draw_climb(settings: Settings, results: Results, ax: Axes) -> None:
    """Memory and departure along the first climb; dotted, the memory of both delay lines."""
    last = settings.frames[-1]
    ax.plot(results.climb[: last + 1], "C0-", label=r"memory $J_{\mathrm{tot}}$")
    ax.plot(results.departure[: last + 1], "C1--", label="departure from normality")
    ax.legend(loc="lower right")
    ax.hlines([results.uniform_total, results.line_total], 0, last, "0.4", ":", linewidth=0.7)
    ax.set(xlabel="Step of the climb", xlim=(0, last))
    ax.set(ylabel="Memory, departure (no unit)", ylim=(0, 7.5))


def draw_weights(results: Results, ax: Axes) -> None:
    """Weights along the chain at the end of the first climb, and those of the best delay line."""
    units = 1 + np.arange(results.used)
    for (name, values), line in zip(results.weights.items(), ("C0o-", "C2^-.", "ks:"), strict=True):
        ax.plot(units, values[: results.used], line, markerfacecolor="white", label=name)
    ax.set(xlabel="Unit along the chain", ylabel="Weight (no unit)")
    ax.legend()


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """The first climb, weights, curves and frames, to four digits: a climb can be repeated to no more."""
    drawn = slice(settings.frames[-1] + 1)
    rows = {"J_tot": results.climb[drawn], "departure": results.departure[drawn], **results.weights}
    for i, curve in enumerate(results.curves.values()):
        rows[f"J, {i}"] = curve.values
    for i, frame in enumerate(results.frames):
        rows[f"W, {i}"] = frame
    return {name: np.round(values, 4) for name, values in rows.items()}


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, totals, and the weights at the end of the first climb."""
    return vars(settings) | {
        "horizon": settings.climbs[0][0],
        "longer_horizon": settings.climbs[1][0],
        "total": results.totals[0],
        "longer_total": results.totals[1],
        "back_ratio": results.back_ratio,
        "used": results.used,
        "uniform_total": results.uniform_total,
        "line_total": results.line_total,
    }
