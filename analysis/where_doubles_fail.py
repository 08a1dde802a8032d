"""Where double precision fails: the total Fisher memory of long delay lines, by four methods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import linmem as lm
from analysis.claims import Claim, at_most, close_to, rounds_to
from analysis.labels import beyond
from analysis.layout import Layout, arrange, key_above, label_left

CAPTION = """
Where double precision fails: the total Fisher memory of long delay lines, by four methods.

Input to the first unit, noise of variance 1 in every unit. Left: a chain with feedback (weights {forward} forward,
{back} back) against its length; right: a chain of weight {gain} in a random basis, where no single weight shows the
chain. a, b: the total; the line is certified by ball arithmetic, for the weights as stored. Textbook: v' X v with X =
W' X W + C^-1 and C = W C W' + I, by scipy.linalg.solve_discrete_lyapunov and an inverse; an arrow with its value stands
for a total beyond the axis. c, d: errors relative to the certified total, errors below 1e-16 drawn at 1e-16, and the
estimates that the two methods of linmem give of their own errors (dotted): all estimates lie above the errors. A method
whose estimate exceeds {tolerance} returns no number. e, f: |trace J^s - N| / N, which is zero in every stable network:
for the textbook method it shows that the total is wrong, for linmem it is at most 1e-8. The textbook method is off by
more than 1 % from some {left_length} units on (left) and {right_length} (right), give or take {around} by rounding.
"""

FLOOR = 1e-16  # the smallest error that is drawn on a logarithmic axis
WRONG = 0.01  # the relative error from which on the textbook method counts as wrong
AROUND = 10  # units: with seven kernels of BLAS, errors were below 2e-3 so much earlier and above 1 so much later
METHODS = {"textbook": ("C1", "x"), "fast": ("C0", "o"), "extended": ("C2", "D"), "linmem": ("k", ".")}
TITLES = {"feedback": "chain with feedback", "hidden": "chain in a random basis"}

Rows = dict[tuple[str, str], np.ndarray]  # by network and method, along the lengths; nan for no number


@dataclass(frozen=True)
class Settings:
    """`expected`: totals at the largest length, and about where the textbook begins to be wrong (0: nowhere)."""

    forward: float = 0.95
    back: float = 0.2
    gain: float = 1.2
    lengths: tuple = tuple(range(10, 101, 5))
    tolerance: float = 0.1
    expected: tuple = (("feedback", "11.7018", 80), ("hidden", "32", 75))


@dataclass(frozen=True)
class Results:
    """Totals, their errors, what the methods estimate of these, and |trace J^s / N - 1|."""

    totals: Rows
    errors: Rows
    estimates: Rows
    traces: Rows


SETTINGS = Settings()
LAYOUT = Layout(one="aa\nbb\ncd\nef", two="ab\ncd\nef", heights=(6.8, 5.6))


def builders(settings: Settings) -> dict[str, Callable[[int], lm.LinearNetwork]]:
    """The two networks, by name, as functions of their length."""
    return {
        "feedback": lambda n: lm.feedback_chain(n, feedforward=settings.forward, feedback=settings.back),
        "hidden": lambda n: lm.in_random_basis(lm.chain(n, gain=settings.gain), rng=0),
    }


def textbook_spatial_memory(net: lm.LinearNetwork) -> np.ndarray:
    """J^s as a textbook computes it, by a solver of Lyapunov equations and an inverse: the subject of this figure."""
    W = net.recurrent
    C = sl.solve_discrete_lyapunov(W, np.eye(net.size))
    return sl.solve_discrete_lyapunov(W.T, np.linalg.inv(C))


def two_methods(net: lm.LinearNetwork, tolerance: float) -> Iterator[lm.FisherMemoryCurve]:
    """The curve by the fast method, where its estimate is acceptable, and by the next one, of half that estimate."""
    curve = lm.fisher_memory_curve(net, 1, rtol=tolerance)
    yield curve
    if curve.method == "fast":
        yield lm.fisher_memory_curve(net, 1, rtol=curve.relative_error / 2)


def no_numbers(settings: Settings) -> Rows:
    """Rows in which no method has a number yet."""
    return defaultdict(lambda: np.full(len(settings.lengths), np.nan))


def compute(settings: Settings) -> Results:
    """Totals, errors, estimates and traces, by network and method."""
    results = Results(no_numbers(settings), {}, no_numbers(settings), no_numbers(settings))
    for name, build in builders(settings).items():
        for i, length in enumerate(settings.lengths):
            net = build(length)
            add_totals(settings, results, name, i, net)
            add_traces(results, name, i, net)
    for (name, method), values in results.totals.items():
        certified = results.totals[name, "certified"]
        results.errors[name, method] = abs(values / certified - 1)
    return results


def add_totals(settings: Settings, results: Results, name: str, i: int, net: lm.LinearNetwork) -> None:
    """The certified total, and those of the methods of linmem with their estimates."""
    totals, estimates = results.totals, results.estimates
    v = net.feedforward
    totals[name, "textbook"][i] = v @ textbook_spatial_memory(net) @ v
    totals[name, "certified"][i] = lm.certify(lm.total_fisher_memory, net).value
    for curve in two_methods(net, settings.tolerance):
        totals[name, curve.method][i] = curve.total
        estimates[name, curve.method][i] = curve.relative_error


def add_traces(results: Results, name: str, i: int, net: lm.LinearNetwork) -> None:
    """|trace J^s / N - 1| of the textbook method and of linmem."""
    textbook = np.trace(textbook_spatial_memory(net))
    results.traces[name, "textbook"][i] = abs(textbook / net.size - 1)
    linmem = np.trace(lm.spatial_fisher_memory(net))
    results.traces[name, "linmem"][i] = abs(linmem / net.size - 1)


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one network after the other."""
    for name, printed, length in settings.expected:
        total = results.totals[name, "certified"][-1]
        yield rounds_to(f"certified total, {name}", total, printed)
        for method in ("fast", "extended"):
            ratio = results.errors[name, method] / results.estimates[name, method]
            yield at_most(f"error over its estimate, method {method}, {name}", np.nanmax(ratio), 1)
        yield from textbook_claims(settings, results, name, length)
        trace = results.traces[name, "linmem"].max()
        yield at_most(f"|trace J^s - N| / N of linmem, {name}", trace, 1e-8)


def textbook_claims(settings: Settings, results: Results, name: str, length: int) -> Iterator[Claim]:
    """Where the textbook method is wrong, and whether its trace shows it."""
    error = results.errors[name, "textbook"]
    wrong = error > WRONG  # below, rounding errors may cancel in the trace
    ratio = error / results.traces[name, "textbook"]
    yield at_most(f"error of the textbook, where above 1 %, over its flag, {name}", ratio[wrong].max(initial=0), 100)
    first = settings.lengths[wrong.argmax()] if wrong.any() else 0
    yield close_to(f"length from which on the textbook is wrong, {name}", first, length, AROUND)


def draw(settings: Settings, results: Results) -> Figure:
    """Totals, errors and traces, one below the other; a column for each network."""
    figure, panels = arrange(LAYOUT)
    for i, name in enumerate(TITLES):
        top, middle, bottom = panels[i::2]
        draw_totals(settings, results, name, top)
        draw_errors(settings, results, name, middle)
        draw_traces(settings, results, name, bottom)
    label_left(panels[:2], r"Total $J_{\mathrm{tot}}$ (signal units$^{-2}$)")
    label_left(panels[2:4], "Relative error of the total")
    label_left(panels[4:], r"$|\mathrm{tr}\,J^s / N - 1|$")
    for ax in panels:
        ax.set_xlabel("$N$ (units)")
    key_above(figure, key(panels[0]))
    return figure


def key(ax: Axes) -> list[Line2D]:
    """The certified line, the methods, and the dots of an estimate."""
    lines = ax.plot([], [], "k-", label="certified")
    for method in ("textbook", "fast", "extended", "linmem"):
        lines += ax.plot([], [], label=method, **look_of(method))
    return lines + ax.plot([], [], ":", color="0.3", label="estimate of the error")


def look_of(method: str) -> dict[str, object]:
    """Colour, marker and line of a method."""
    color, marker = METHODS[method]
    return {"color": color, "marker": marker, "markerfacecolor": "none", "linewidth": 0.6, "linestyle": "-"}


def draw_totals(settings: Settings, results: Results, name: str, ax: Axes) -> None:
    """Certified totals as a line; those of the textbook and of linmem as symbols, or as arrows beyond the panel."""
    certified = results.totals[name, "certified"]
    highest = 1.7 * certified.max()
    ax.plot(settings.lengths, certified, "k-", linewidth=0.8)
    ax.plot(settings.lengths, results.totals[name, "extended"], **look_of("extended") | {"linestyle": ""})
    textbook = results.totals[name, "textbook"]
    inside = (textbook >= 0) & (textbook <= highest)
    look = look_of("textbook") | {"linestyle": ""}
    ax.plot(np.array(settings.lengths)[inside], textbook[inside], **look)
    for length, total in zip(np.array(settings.lengths)[~inside], textbook[~inside], strict=True):
        edge = "top" if total > 0 else "bottom"
        beyond(ax, length, short(total), METHODS["textbook"][0], edge=edge, side="end")
    ax.set(title=TITLES[name], ylim=(0, highest))


def short(value: float) -> str:
    """A number of two digits, or a digit and a power of ten."""
    if abs(value) < 100:
        return f"{value:.0f}".replace("-", "\u2212")
    digit, exponent = f"{value:.0e}".split("e")
    return f"${digit}\\cdot 10^{{{int(exponent)}}}$"


def draw_errors(settings: Settings, results: Results, name: str, ax: Axes) -> None:
    """Errors of the methods, and dotted what they estimate of them."""
    for method in ("textbook", "fast", "extended"):
        error = np.maximum(results.errors[name, method], FLOOR)
        ax.plot(settings.lengths, error, **look_of(method))
        if method != "textbook":
            color, _ = METHODS[method]
            ax.plot(settings.lengths, results.estimates[name, method], ":", color=color)
    ax.set(yscale="log", ylim=(FLOOR / 3, 1e10))


def draw_traces(settings: Settings, results: Results, name: str, ax: Axes) -> None:
    """|trace J^s / N - 1| of the textbook method and of linmem."""
    for method in ("textbook", "linmem"):
        trace = np.maximum(results.traces[name, method], FLOOR)
        ax.plot(settings.lengths, trace, **look_of(method))
    ax.set(yscale="log", ylim=(FLOOR / 3, 1e10))


def numbers(settings: Settings, results: Results) -> dict[str, list]:
    """Every row of the results; None where there is no number."""
    rows = {}
    for kind, table in vars(results).items():
        for key, values in table.items():
            name = f"{kind}, {', '.join(key)}"
            rows[name] = [None if np.isnan(value) else value for value in values]
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and the lengths from which on the textbook method is wrong."""
    left, right = settings.expected
    return vars(settings) | {
        "left_length": left[2],
        "right_length": right[2],
        "around": AROUND,
    }
