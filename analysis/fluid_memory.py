"""Memory in a stream. After Ganguli, Huh & Sompolinsky (2008), Fig 6.

u drifts to the right and diffuses, du/dt = h^2 u_xx - h u_x + (1/4 - x^2) u + v(x) s(t) + noise, white in x and t; all
quantities are without dimension. (a) The input v of unit norm that is remembered best at h = {s.shown}: it enters just
before u grows. Dashed: the rate of growth, 1/4 - x^2 (right axis). (b) What becomes of it without noise, relative to
its highest value: it grows to {highest:.2f}, and fades where growth ends. (c) Its total of Fisher memory. Line:
{s.modes} Hermite functions, on all of the x axis; circles: finite differences, extrapolated from steps of {s.step} and
half that. Squares: without growth, |x| < {s.box}, u = 0 at both ends; they depend on h over the length of this box,
which the paper does not give. Its figure has about 7.1 at 1/h = 50 and a height of 0.32 in a. So have our differences
of step {s.step}, {f.coarse[0]:.2f} and v step^1/2 = {f.coarse[1]:.2f}; the limit of small steps is {f.coarse[2]:.2f}.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from analysis.claims import Claim, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


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


SETTINGS = Settings()


def on_the_line(h: float, modes: int) -> lm.ContinuousNetwork:
    """In orthonormal Hermite functions of x / h^1/2: diffusion and growth on the diagonal, the drift beside it."""
    n = np.arange(modes)
    drift = (h * n[1:] / 2) ** 0.5
    return lm.ContinuousNetwork(np.diag(0.25 - h * (2 * n + 1)) - np.diag(drift, 1) + np.diag(drift, -1))


def on_a_grid(h: float, step: float, box: float | None = None) -> tuple[lm.ContinuousNetwork, np.ndarray]:
    """Central differences, and x; units are u step^1/2, of the same norm and noise. In a box without growth."""
    half = box or np.ceil(10 + 40 * h**0.5) / 10  # a multiple of the step
    x = np.linspace(-half, half, round(2 * half / step) + 1)[1:-1]
    diffusion, drift = (h / step) ** 2, h / (2 * step)
    A = np.diag((0 if box else 0.25 - x**2) - 2 * diffusion * np.ones(len(x)))
    for side in (-1, 1):
        A += np.diag(np.full(len(x) - 1, diffusion - side * drift), side)
    return lm.ContinuousNetwork(A), x


def compute(settings: Settings) -> SimpleNamespace:
    """Best totals against 1/h (the error of differences goes as the square of the step), the best input, its fate."""
    h, step, inverse = settings.shown, settings.step, settings.inverse
    grids = [(size, box) for box in (None, settings.box) for size in (step, step / 2)]
    nets = [[on_the_line(1 / i, settings.modes), *(on_a_grid(1 / i, *grid)[0] for grid in grids)] for i in inverse]
    line, *ours = np.array([[sl.eigvalsh(lm.spatial_fisher_memory(net))[-1] for net in row] for row in nets]).T
    found = SimpleNamespace(line=line, circles=(4 * ours[1] - ours[0]) / 3, boxed=(4 * ours[3] - ours[2]) / 3)
    found.coarse = ours[0][-1], lm.optimal_input(on_a_grid(h, step)[0]).max(), line[-1]
    net, found.x = on_a_grid(h, step / 4)
    v = lm.optimal_input(net)
    found.total, found.v = lm.total_fisher_memory(replace(net, feedforward=v)), v / (step / 4) ** 0.5
    found.t = np.linspace(0, 20, 161)
    found.u = np.array([sl.expm(net.drift * t) @ v for t in found.t]) / v.max()
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    for i, *values in zip(settings.inverse, found.line, settings.line, found.boxed, settings.boxed, strict=True):
        yield rounds_to(f"best J_tot at 1/h = {i}", *values[:2])
        yield rounds_to(f"best J_tot at 1/h = {i}, without growth", *values[2:])
    apart, shown = abs(found.circles / found.line - 1), settings.inverse.index(round(1 / settings.shown))
    yield at_most("relative distance of the circles from the line", apart.max(), 0.01)
    yield at_most(f"that at h = {settings.shown}", apart[shown], 1e-5)
    yield close_to("J_tot of the input drawn, over the best", found.total / found.line[shown], 1, 1e-3)
    yield rounds_to("x where the input is highest", found.x[np.argmax(found.v)], "-0.50")
    yield rounds_to(f"height of the input, step {settings.step}", found.coarse[1], "0.32")


def draw(settings: Settings, found):
    """a: the best input; b: what becomes of it; c: its total memory against 1/h."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.3)
    entering, flowing, total = figure.subplots(1, 3)
    entering.plot(found.x, found.v, "C0-")
    entering.set(xlim=(-1.2, 1.2), ylim=(-0.8, 1.6), xlabel="Position $x$", ylabel="Best input $v(x)$")
    rate = entering.twinx()
    rate.plot(found.x, 0.25 - found.x**2, "--", color="0.4", linewidth=0.8)
    rate.set(ylim=(-0.4, 0.8), ylabel="Rate of growth (1 / time)")
    rate.spines["right"].set_visible(True)
    image = flowing.pcolormesh(found.x, found.t, found.u, vmin=0, shading="gouraud", rasterized=True)
    flowing.set(title="$u$ / max $v$", xlim=(-1.5, 1.5), xlabel="Position $x$", ylabel="Time $t$", yticks=(0, 10, 20))
    figure.colorbar(image, ax=flowing, aspect=30, ticks=(0, 1, 2))
    total.plot(settings.inverse, found.line, "C0-", settings.inverse, found.circles, "C0o", markerfacecolor="white")
    total.plot(settings.inverse, found.boxed, "C1s--", markerfacecolor="white")
    total.set(xlim=(0, 52), ylim=(0, 7.5), xlabel="$1 / h$", ylabel=r"Best total memory $J_{\mathrm{tot}}$")
    total.legend(total.lines[::2], ["with growth", "without growth"], loc="upper left")
    plotting.letter_panels(entering, flowing, total)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {"J_tot, line": found.line, "J_tot, circles": found.circles, "J_tot, without growth": found.boxed}
    numbers |= {"x": found.x, "v": found.v, "u, t = 10": found.u[80], "u, t = 20": found.u[160]}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found, highest=found.u.max()))
    return held
