"""Where double precision fails: the total Fisher memory of long delay lines, by four routes.

Input to the first unit, noise of variance 1 in every unit. Left: a chain with feedback (weights {settings.forward}
forward, {settings.back} back) against its length; right: a chain of weight {settings.gain} in a random basis, so that
no weight shows it. a, b: the total; the line is certified by ball arithmetic, for the weights as stored. Textbook: v' X
v with X = W' X W + C^-1 and C = W C W' + I, by scipy.linalg.solve_discrete_lyapunov and an inverse; at an edge of the
panel it is beyond it. c, d: errors relative to the certified total, none below 1e-16 shown, and what the two paths of
linmem say of their own (dotted): all estimates lie above the errors. A path whose estimate exceeds
{settings.tolerance} returns no number. e, f: |trace J^s - N| / N, zero in every stable network: of the textbook it is
the flag that its total is wrong, of what linmem returns at most 1e-8. The textbook is off by more than 1 % from
some {settings.expected[0][2]} units on (left) and {settings.expected[1][2]} (right), give or take {around} by rounding.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from analysis.claims import Claim, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting

FLOOR = 1e-16  # of what is drawn on a logarithmic axis
AROUND = 10  # units: with seven kernels of BLAS, errors were below 2e-3 so much earlier and above 1 so much later
ROUTES = {"textbook": ("C1", "x"), "fast": ("C0", "o"), "square-root": ("C2", "D"), "linmem": ("k", ".")}
TITLES = {"feedback": "chain with feedback", "hidden": "chain in a random basis"}


@dataclass(frozen=True)
class Settings:
    """`expected`: totals at the largest length, and about where the textbook begins to be wrong (0: nowhere)."""

    forward: float = 0.95
    back: float = 0.2
    gain: float = 1.2
    lengths: tuple = tuple(range(10, 101, 5))
    tolerance: float = 0.1
    expected: tuple = (("feedback", "11.7018", 80), ("hidden", "32", 75))


SETTINGS = Settings()


def compute(settings: Settings) -> SimpleNamespace:
    """Totals, estimates of their errors, and traces, by network and route, along the lengths; nan for no number."""
    nets = {
        "feedback": lambda n: lm.feedback_chain(n, feedforward=settings.forward, feedback=settings.back),
        "hidden": lambda n: lm.in_random_basis(lm.chain(n, gain=settings.gain), rng=0),
    }
    totals, estimates, traces = (defaultdict(lambda: np.full(len(settings.lengths), np.nan)) for _ in range(3))
    for (name, build), (i, n) in product(nets.items(), enumerate(settings.lengths)):
        net, rtol = build(n), settings.tolerance
        C = sl.solve_discrete_lyapunov(net.recurrent, np.eye(n))
        usual = sl.solve_discrete_lyapunov(net.recurrent.T, np.linalg.inv(C))
        totals[name, "textbook"][i] = net.feedforward @ usual @ net.feedforward
        totals[name, "certified"][i] = lm.certify(lm.total_fisher_memory, net).value
        for _ in range(2):  # the first path whose estimate is acceptable, and the next one that promises less
            curve = lm.fisher_memory_curve(net, 1, rtol=rtol)
            totals[name, curve.method][i], estimates[name, curve.method][i] = curve.total, curve.relative_error
            rtol = curve.relative_error / 2
        traces[name, "textbook"][i] = abs(np.trace(usual) / n - 1)
        traces[name, "linmem"][i] = abs(np.trace(lm.spatial_fisher_memory(net)) / n - 1)
    errors = {(name, route): abs(one / totals[name, "certified"] - 1) for (name, route), one in totals.items()}
    wrong = {name: np.append(settings.lengths, 0)[np.append(errors[name, "textbook"], 1) > 0.01][0] for name in nets}
    return SimpleNamespace(totals=totals, errors=errors, estimates=estimates, traces=traces, wrong=wrong)


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    for name, printed, length in settings.expected:
        yield rounds_to(f"certified total, {name}", found.totals[name, "certified"][-1], printed)
        for path in ("fast", "square-root"):
            part = np.nanmax(found.errors[name, path] / found.estimates[name, path])
            yield at_most(f"error over its estimate, {path} path, {name}", part, 1)
        error = found.errors[name, "textbook"]  # below 1 % its parts may cancel in the trace, as rounding falls
        part = (error / found.traces[name, "textbook"])[error > 0.01].max(initial=0)
        yield at_most(f"error of the textbook, where above 1 %, over its flag, {name}", part, 100)
        yield close_to(f"length from which on the textbook is wrong, {name}", found.wrong[name], length, AROUND)
        yield at_most(f"|trace J^s - N| / N of linmem, {name}", found.traces[name, "linmem"].max(), 1e-8)


def draw(settings: Settings, found):
    """Totals, errors and traces, one below the other."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 5.2)
    panels, N = figure.subplots(3, 2, sharex=True, height_ratios=(1, 1.5, 1)), settings.lengths
    for name, (top, middle, bottom) in zip(("feedback", "hidden"), panels.T, strict=True):
        highest = 1.25 * found.totals[name, "certified"].max()
        top.plot(N, found.totals[name, "certified"], "k-", label="certified")
        for route, (color, marker) in ROUTES.items():
            look = {"color": color, "marker": marker, "markerfacecolor": "none", "linewidth": 0.6, "linestyle": "-"}
            if route != "linmem":
                shown = np.clip(found.totals[name, route], 0.03 * highest, 0.97 * highest)
                top.plot(N, shown, **look | {"linestyle": ""}, label=route if route == "textbook" else f"{route} path")
                middle.plot(N, np.maximum(found.errors[name, route], FLOOR), **look)
                middle.plot(N, found.estimates[name, route], ":", color=color)
            if (name, route) in found.traces:
                bottom.plot(N, np.maximum(found.traces[name, route], FLOOR), **look, label=route)
        top.set(title=TITLES[name], ylim=(0, highest), ylabel=r"Total $J_{\mathrm{tot}}$ (signal units$^{-2}$)")
        middle.set(yscale="log", ylim=(FLOOR / 3, 1e10), ylabel="Relative error of the total")
        bottom.set(yscale="log", ylim=(FLOOR / 3, 1e10), ylabel=r"$|\mathrm{tr}\,J^s / N - 1|$", xlabel="$N$ (units)")
    panels[0, 0].legend(loc="upper left")
    panels[2, 0].legend(loc="upper left")
    plotting.letter_panels(*panels.ravel())
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"{kind}, {', '.join(key)}": [None if np.isnan(one) else one for one in row]
               for kind, table in vars(found).items() if kind != "wrong" for key, row in table.items()}  # fmt: skip
    save(figure, __file__, folder, settings, numbers, __doc__.format(settings=settings, around=AROUND))
    return held
