"""Calibration of the errors that linmem estimates, against ball arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least
from analysis.hard_networks import KINDS
from analysis.layout import Layout, arrange, key_above, label_left

CAPTION = """
How far the error that linmem estimates can be trusted: {networks} networks, against ball arithmetic.

Each mark is a result: the estimate of its relative error against its true error. Networks of {smallest} to {largest}
units, {draws} draws of each kind, easy and hard: {kinds}. Circles: Fisher memory curve and total; squares: the same
over a horizon of 2 N + 3 steps; triangles: memory function and capacity at a signal-to-noise ratio of 10. The true
error is the largest error of all numbers of a result, each relative to the largest of its kind, against enclosures of
width 2e-15, which is counted as error; an error below N 2^-53, the rounding of one inner product, is counted as N
2^-53. a: fast method. b: extended method (stationary), c: square-root method (over a horizon), each where its error is
at most half that of the fast one. Line: an estimate equal to the error; grey: up to a thousand times the error. d: the
share of results whose estimate is at most so many times the error. No estimate is below the error (the nearest is
{nearest:.2g} times it); {share:.0%} are within a factor of 1000.
"""

METHODS = ("fast", "extended", "square-root")
WITHIN = 1000.0  # the factor of the claim
NAMES = {"curve": "curve", "horizon": "curve over a horizon", "decoding": "memory function"}
GREYS = (("k", "-"), ("0.35", "--"), ("0.55", ":"))  # of the methods
LOOKS = {"curve": ("C0", "o"), "horizon": ("C1", "s"), "decoding": ("C2", "^")}


def curve(net: lm.LinearNetwork, rtol: float) -> lm.FisherMemoryCurve:
    """The stationary Fisher memory curve."""
    return lm.fisher_memory_curve(net, rtol=rtol)


def horizon(net: lm.LinearNetwork, rtol: float) -> lm.FisherMemoryCurve:
    """The Fisher memory curve of the last 2 N + 3 steps."""
    return lm.fisher_memory_curve(net, horizon=2 * net.size + 3, rtol=rtol)


def decoding(net: lm.LinearNetwork, rtol: float) -> lm.MemoryFunction:
    """The memory function at a signal-to-noise ratio of 10."""
    return lm.memory_function(net, snr=10.0, rtol=rtol)


Measure = Callable[[lm.LinearNetwork, float], lm.FisherMemoryCurve | lm.MemoryFunction]
MEASURES: dict[str, Measure] = {"curve": curve, "horizon": horizon, "decoding": decoding}


@dataclass(frozen=True)
class Settings:
    """`within` is the share of results whose estimate is at most a thousand times the error."""

    smallest: int = 2
    largest: int = 32
    draws: int = 20
    seed: int = 1
    kinds: str = ", ".join(KINDS)
    within: float = 0.9


@dataclass(frozen=True)
class Results:
    """Estimates and true errors by method and measure."""

    estimates: dict[tuple[str, str], np.ndarray]
    errors: dict[tuple[str, str], np.ndarray]
    networks: int

    def ratios(self, method: str, measures: list[str]) -> np.ndarray:
        """Estimate over true error of the results of a method, sorted."""
        ratios = [self.estimates[method, measure] / self.errors[method, measure] for measure in measures]
        return np.sort(np.concatenate(ratios))

    def measures_of(self, method: str) -> list[str]:
        """The measures of which the method has results: one is stationary, another for horizons."""
        return [measure for measure in MEASURES if (method, measure) in self.errors]

    @property
    def all_ratios(self) -> np.ndarray:
        """Estimate over true error of all results."""
        return np.concatenate([self.ratios(method, self.measures_of(method)) for method in METHODS])


SETTINGS = Settings()
LAYOUT = Layout(one="ab\ncd", two="abcd", heights=(4.0, 2.5))


def relative_error(values: np.ndarray, enclosure: lm.Enclosure) -> float:
    """The largest error of values, with the width of their enclosure, relative to the largest of them."""
    largest = np.max(np.abs(values - enclosure.value) + enclosure.error)
    return float(largest / np.abs(enclosure.value).max())


def true_error(result: lm.FisherMemoryCurve | lm.MemoryFunction, proof: lm.Enclosure) -> float:
    """The largest error of the numbers of a result, each relative to the largest of its kind."""
    total = result.capacity if isinstance(result, lm.MemoryFunction) else result.total
    return max(relative_error(result.values, proof), relative_error(total, proof.total))


def compute(settings: Settings) -> Results:
    """Estimates and true errors, by method and measure."""
    rng = np.random.default_rng(settings.seed)
    sizes = np.geomspace(settings.smallest, settings.largest, settings.draws)
    estimates, errors = defaultdict(list), defaultdict(list)
    for build in KINDS.values():
        for size in sizes.round().astype(int).tolist():
            net = build(size, rng)
            least_error = size * 2.0**-53
            for name, measure in MEASURES.items():
                first = measure(net, 0.5)
                proof = lm.certify(first, rtol=2e-15)
                for result in (first, measure(net, first.relative_error / 2)):
                    estimates[result.method, name].append(result.relative_error)
                    errors[result.method, name].append(max(true_error(result, proof), least_error))
    return Results(
        estimates={key: np.array(values) for key, values in estimates.items()},
        errors={key: np.array(values) for key, values in errors.items()},
        networks=len(sizes) * len(KINDS),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: no estimate below its error, and most within the factor."""
    for (method, measure), estimates in results.estimates.items():
        if method in METHODS:
            ratios = estimates / results.errors[method, measure]
            yield at_least(f"estimate over the true error, method {method}, {measure}", ratios.min(), 1)
    for method in METHODS:
        # what the extended method says of decoding is a bound that grows with the sum of all powers: it is wider
        known = ["curve"] if method == "extended" else results.measures_of(method)
        share = np.mean(results.ratios(method, known) <= WITHIN)
        yield at_least(f"share of estimates within 1000, method {method}", share, settings.within)


def draw(settings: Settings, results: Results) -> Figure:
    """Estimate against error by method, and how the factor between them is spread."""
    figure, (*scatters, spread) = arrange(LAYOUT)
    for method, ax, (grey, dash) in zip(METHODS, scatters, GREYS, strict=True):
        draw_estimates(results, method, ax)
        ratios = results.ratios(method, results.measures_of(method))
        spread.ecdf(ratios, color=grey, linestyle=dash, label=method)
    spread.axvspan(1, WITHIN, color="0.92", linewidth=0, zorder=0)
    spread.set(xscale="log", xlim=(1, None), xlabel="Estimate / true error")
    spread.set(ylim=(0, 1.02), ylabel="Share of results")
    label_left(scatters, "Relative error as estimated")
    handles, _ = scatters[0].get_legend_handles_labels()
    lines, _ = spread.get_legend_handles_labels()
    key_above(figure, handles + lines)
    return figure


def draw_estimates(results: Results, method: str, ax: Axes) -> None:
    """Estimate against true error of the results of a method, with both lines."""
    ends = np.array([1e-16, 1e-3])
    ax.fill_between(ends, ends, WITHIN * ends, color="0.92", linewidth=0)
    ax.plot(ends, ends, "k-", linewidth=0.8)
    for measure in results.measures_of(method):
        color, marker = LOOKS[measure]
        look = {"linestyle": "", "markersize": 2, "markeredgewidth": 0.4, "markerfacecolor": "none"}
        error, estimate = results.errors[method, measure], results.estimates[method, measure]
        ax.plot(error, estimate, color=color, marker=marker, label=NAMES[measure], **look)
    ax.set(xscale="log", xlim=ends, xlabel="True relative error")
    ax.set(yscale="log", ylim=(1e-16, 1), title=method)


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """Estimates and errors by method and measure."""
    rows = {}
    for key, estimates in results.estimates.items():
        if key[0] in METHODS:
            rows[f"estimate, {', '.join(key)}"] = estimates
    for key, errors in results.errors.items():
        if key[0] in METHODS:
            rows[f"error, {', '.join(key)}"] = errors
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the number of networks, and the ratios of estimate to error."""
    ratios = results.all_ratios
    counts = {"networks": results.networks, "share": np.mean(ratios <= WITHIN), "nearest": ratios.min()}
    return vars(settings) | counts
