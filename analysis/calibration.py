"""How far to trust what linmem says of its own errors: {found.networks} networks, against ball arithmetic.

Each mark is a result: what it says of its relative error, against its true one. Networks of {settings.smallest} to
{settings.largest} units, {settings.draws} draws of each kind, easy and hard: {settings.kinds}. Circles: Fisher memory
curve and total; squares: over a horizon of 2 N + 3 steps; triangles: memory function and capacity at a signal-to-noise
ratio of 10. The true error is the largest of all numbers of a result, each relative to the largest of its
kind, against enclosures of width 2e-15, which is counted as error; below N 2^-53, what one inner product may round,
that is taken in its place. a: fast path. b: square-root path, where it promises at most half the error of the fast one.
Lines: an estimate equal to the error, and a thousand times it. c: the share of results whose estimate is at most so
many times the error. No estimate is below the error (the nearest is {found.nearest:.2g} times it); {found.share:.0%}
are within a factor of 1000.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_least, require
from analysis.hard_networks import KINDS
from analysis.output import FIGURES, save
from linmem import plotting

PATHS = ("fast", "square-root")
MEASURES = {
    "curve": ("C0", "o", lambda net, rtol: lm.fisher_memory_curve(net, rtol=rtol)),
    "horizon": ("C1", "s", lambda net, rtol: lm.fisher_memory_curve(net, horizon=2 * net.size + 3, rtol=rtol)),
    "decoding": ("C2", "^", lambda net, rtol: lm.memory_function(net, snr=10.0, rtol=rtol)),
}


@dataclass(frozen=True)
class Settings:
    """`within` is the share of results whose estimate is at most a thousand times the error."""

    smallest: int = 2
    largest: int = 32
    draws: int = 20
    seed: int = 1
    kinds: str = ", ".join(KINDS)
    within: float = 0.9


SETTINGS = Settings()


def true_error(found, proof) -> float:
    """The largest error of the numbers of a result, each relative to the largest of its kind."""
    whole = found.capacity if isinstance(found, lm.MemoryFunction) else found.total
    pairs = (found.values, proof), (whole, proof.total)
    return max(float(np.max(np.abs(ours - one.value) + one.error) / np.abs(one.value).max()) for ours, one in pairs)


def compute(settings: Settings) -> SimpleNamespace:
    """Estimates and true errors, by path and measure."""
    rng, results = np.random.default_rng(settings.seed), {}
    sizes = np.geomspace(settings.smallest, settings.largest, settings.draws).round().astype(int)
    for build, size in product(KINDS.values(), sizes.tolist()):
        net = build(size, rng)
        for measure, (*_, ask) in MEASURES.items():
            first = ask(net, 0.5)
            proof = lm.certify(first, rtol=2e-15)
            for found in (first, ask(net, first.relative_error / 2)):
                if found.method in PATHS:
                    error = max(true_error(found, proof), size * 2.0**-53)
                    results.setdefault((found.method, measure), []).append((found.relative_error, error))
    results = {key: np.transpose(rows) for key, rows in results.items()}
    ratios = {key: estimate / error for key, (estimate, error) in results.items()}
    paths = {path: np.sort(np.concatenate([r for (one, _), r in ratios.items() if one == path])) for path in PATHS}
    every = np.concatenate(list(paths.values()))
    counts = {"share": np.mean(every <= 1000), "nearest": every.min(), "networks": len(sizes) * len(KINDS)}
    return SimpleNamespace(results=results, ratios=ratios, paths=paths, **counts)


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    for (path, measure), ratio in found.ratios.items():
        yield at_least(f"estimate over the true error, {path} path, {measure}", ratio.min(), 1)
    for path, ratio in found.paths.items():
        yield at_least(f"share of estimates within 1000, {path} path", np.mean(ratio <= 1000), settings.within)


def draw(settings: Settings, found):
    """Estimate against error by path, and how the factor between them is spread."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.5)
    (*scatters, spread), ends = figure.subplots(1, 3), np.array([1e-16, 1e-3])
    for path, ax, line in zip(PATHS, scatters, ("C0-", "C1--"), strict=True):
        ax.fill_between(ends, ends, 1000 * ends, color="0.92", linewidth=0)
        ax.plot(ends, ends, "k-", linewidth=0.8)
        for measure, (color, marker, _) in MEASURES.items():
            estimate, error = found.results[path, measure]
            look = {"linestyle": "", "markersize": 2, "markeredgewidth": 0.4, "markerfacecolor": "none"}
            ax.plot(error, estimate, color=color, marker=marker, label=measure, **look)
        ax.set(
            xscale="log", yscale="log", xlim=ends, ylim=(1e-16, 1), title=f"{path} path", xlabel="True relative error"
        )
        spread.ecdf(found.paths[path], color=line[:2], linestyle=line[2:], label=f"{path} path")
    spread.axvline(1000, color="0.6", linewidth=0.6, linestyle="-")
    spread.set(xscale="log", xlim=(1, None), ylim=(0, 1), xlabel="Estimate / true error", ylabel="Share of results")
    scatters[0].set_ylabel("Relative error as estimated")
    scatters[0].legend(loc="lower right")
    spread.legend(loc="lower right")
    plotting.letter_panels(*scatters, spread)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"estimate, {', '.join(key)}": estimate for key, (estimate, _) in found.results.items()}
    numbers |= {f"error, {', '.join(key)}": error for key, (_, error) in found.results.items()}
    save(figure, __file__, folder, settings, numbers, __doc__.format(settings=settings, found=found))
    return held
