"""Memory in a stream. After Ganguli, Huh & Sompolinsky (2008), Fig 6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import scipy.linalg as sl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_most, close_to, rounds_to
from analysis.layout import Layout, arrange

CAPTION = """
Memory in a stream. After Ganguli, Huh & Sompolinsky (2008), Fig 6.

u drifts to the right and diffuses, du/dt = h^2 u_xx - h u_x + (1/4 - x^2) u + v(x) s(t) + noise, white in x and t; all
quantities are without dimension. (a) The input v of unit norm that is remembered best at h = {shown}: it enters just
before u grows. Shaded: where the rate of growth, 1/4 - x^2, is positive. (b) The state after this input without noise,
relative to the highest value of the input: it grows to {highest:.2f}, and decays where growth ends. (c) Its total of
Fisher memory. Line: {modes} Hermite functions, on all of the x axis; circles: finite differences, extrapolated from
steps of {step} and half that. Squares: without growth, |x| < {box}, u = 0 at both ends; they depend on h over the
length of this box, which the paper does not give. Its figure has about 7.1 at 1/h = 50 and a height of 0.32 in a. Our
differences of step {step} have the same values, {coarse_total:.2f} and v step^1/2 = {coarse_height:.2f}; the limit of
small steps is {limit:.2f}.
"""


@dataclass(frozen=True)
class Settings:
    """`line` and `boxed` are the best totals at those values of 1/h, with growth and without."""

    shown: float = 0.1
    modes: int = 40
    box: float = 1.5
    step: float = 0.05
    inverse: tuple = (2, 5, 10, 20, 30, 40, 50)
    line: tuple = ("1.333", "1.695", "2.343", "3.60", "4.75", "5.82", "6.81")
    boxed: tuple = ("1.36", "1.62", "1.84", "2.08", "2.23", "2.34", "2.43")


@dataclass(frozen=True)
class Results:
    """Best totals by 1/h; the best input at the h that is shown, and the state after it."""

    line: np.ndarray  # by Hermite functions
    circles: np.ndarray  # by finite differences, extrapolated
    boxed: np.ndarray  # in a box without growth, extrapolated
    coarse_total: float  # by differences of the given step, at the largest 1/h
    coarse_height: float  # of the best input on that grid
    x: np.ndarray
    v: np.ndarray
    total: float  # J_tot of this input
    t: np.ndarray
    u: np.ndarray  # over the highest value of the input, (times, positions)


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb\nc", two="abc", heights=(5.2, 2.3))
DRAWN = 1e-6  # the tolerance of the input that is drawn, on the finest grid; no line is that thin


def on_the_line(h: float, modes: int) -> lm.ContinuousNetwork:
    """In orthonormal Hermite functions of x / h^1/2: diffusion and growth on the diagonal, the drift beside it."""
    n = np.arange(modes)
    diagonal = 0.25 - h * (2 * n + 1)
    drift = (h * n[1:] / 2) ** 0.5
    return lm.ContinuousNetwork(np.diag(diagonal) - np.diag(drift, 1) + np.diag(drift, -1))


def on_a_grid(h: float, step: float, box: float | None = None) -> tuple[lm.ContinuousNetwork, np.ndarray]:
    """Central differences, and x; units are u step^1/2, of the same norm and noise. In a box without growth."""
    half = box or np.ceil(10 + 40 * h**0.5) / 10  # a multiple of the step
    x = np.linspace(-half, half, round(2 * half / step) + 1)[1:-1]
    diffusion, drift = (h / step) ** 2, h / (2 * step)
    growth = np.zeros(len(x)) if box else 0.25 - x**2
    A = np.diag(growth - 2 * diffusion)
    for side in (-1, 1):
        neighbours = np.full(len(x) - 1, diffusion - side * drift)
        A += np.diag(neighbours, side)
    return lm.ContinuousNetwork(A), x


def best_total(net: lm.ContinuousNetwork) -> float:
    """J_tot of the best input, the largest eigenvalue of J^s."""
    return sl.eigvalsh(lm.spatial_fisher_memory(net))[-1]


def totals_on_grids(settings: Settings, step: float, box: float | None) -> np.ndarray:
    """Best totals by 1/h, by finite differences of a step."""
    return np.array([best_total(on_a_grid(1 / inverse, step, box)[0]) for inverse in settings.inverse])


def extrapolated(settings: Settings, box: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Best totals in the limit of small steps, from the step and half of it; those of the step."""
    coarse = totals_on_grids(settings, settings.step, box)
    fine = totals_on_grids(settings, settings.step / 2, box)
    return (4 * fine - coarse) / 3, coarse  # the error goes as the square of the step


def compute(settings: Settings) -> Results:
    """Best totals against 1/h, the best input, and the state after it."""
    line = [best_total(on_the_line(1 / inverse, settings.modes)) for inverse in settings.inverse]
    circles, coarse = extrapolated(settings, None)
    boxed, _ = extrapolated(settings, settings.box)
    coarse_net, _ = on_a_grid(settings.shown, settings.step)

    fine_step = settings.step / 4
    net, x = on_a_grid(settings.shown, fine_step)
    v = lm.optimal_input(net, rtol=DRAWN)
    times = np.linspace(0, 20, 161)
    one_step = sl.expm(net.drift * times[1])
    states = np.array(list(accumulate(times[1:], lambda state, _: one_step @ state, initial=v)))
    return Results(
        line=np.array(line),
        circles=circles,
        boxed=boxed,
        coarse_total=coarse[-1],
        coarse_height=lm.optimal_input(coarse_net).max(),
        x=x,
        v=v / fine_step**0.5,
        total=lm.total_fisher_memory(replace(net, feedforward=v), rtol=DRAWN),
        t=times,
        u=states / v.max(),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one claim after the other."""
    for i, inverse in enumerate(settings.inverse):
        yield rounds_to(f"best J_tot at 1/h = {inverse}", results.line[i], settings.line[i])
        yield rounds_to(f"best J_tot at 1/h = {inverse}, without growth", results.boxed[i], settings.boxed[i])
    distance = abs(results.circles / results.line - 1)
    shown = settings.inverse.index(round(1 / settings.shown))
    yield at_most("relative distance of the circles from the line", distance.max(), 0.01)
    yield at_most(f"that at h = {settings.shown}", distance[shown], 1e-5)
    yield close_to("J_tot of the input drawn, over the best", results.total / results.line[shown], 1, 1e-3)
    highest = results.x[np.argmax(results.v)]
    yield rounds_to("x where the input is highest", highest, "-0.50")
    yield rounds_to(f"height of the input, step {settings.step}", results.coarse_height, "0.32")


def draw(settings: Settings, results: Results) -> Figure:
    """a: the best input; b: the state after it; c: its total memory against 1/h."""
    figure, (entering, flowing, total) = arrange(LAYOUT)
    draw_input(results, entering)
    x, t, u = results.x, results.t, results.u
    image = flowing.pcolormesh(x, t, u, vmin=0, shading="gouraud", rasterized=True)
    flowing.set(xlabel="Position $x$", xlim=(-1.5, 1.5))
    flowing.set(ylabel="Time $t$", yticks=(0, 10, 20))
    figure.colorbar(image, ax=flowing, aspect=30, ticks=(0, 1, 2), label="State $u$ / max $v$")
    draw_totals(settings, results, total)
    return figure


def draw_input(results: Results, ax: Axes) -> None:
    """The best input, and where the state grows."""
    ax.axvspan(-0.5, 0.5, color="0.9", linewidth=0, zorder=0)
    ax.plot(results.x, results.v, "C0-")
    ax.text(0, 1.5, "growth", ha="center", color="0.4")
    ax.set(xlabel="Position $x$", xlim=(-1.2, 1.2))
    ax.set(ylabel="Best input $v(x)$", ylim=(-0.2, 1.65))


def draw_totals(settings: Settings, results: Results, ax: Axes) -> None:
    """Best totals against 1/h, with growth (line and circles) and without (squares)."""
    ax.plot(settings.inverse, results.line, "C0-", label="with growth (Hermite functions)")
    ax.plot(settings.inverse, results.circles, "C0o", markerfacecolor="white", label="the same (differences)")
    ax.plot(settings.inverse, results.boxed, "C1s--", markerfacecolor="white", label="without growth")
    ax.set(xlabel="$1 / h$", xlim=(0, 52))
    ax.set(ylabel=r"Best total memory $J_{\mathrm{tot}}$", ylim=(0, 8.5))
    ax.legend(loc="upper left")


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """Best totals by 1/h; the best input, and the state at two times."""
    return {
        "J_tot, line": results.line,
        "J_tot, circles": results.circles,
        "J_tot, without growth": results.boxed,
        "x": results.x,
        "v": results.v,
        "u, t = 10": results.u[80],
        "u, t = 20": results.u[160],
    }


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the highest state, and totals of differences and of the limit."""
    return vars(settings) | {
        "highest": results.u.max(),
        "coarse_total": results.coarse_total,
        "coarse_height": results.coarse_height,
        "limit": results.line[-1],
    }
