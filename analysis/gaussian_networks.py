"""Hidden feedforward structure of Gaussian networks. After Ganguli, Huh & Sompolinsky (2008), Fig 3 A and C."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, rounds_to
from analysis.layout import Layout, arrange

CAPTION = """
Hidden feedforward structure of Gaussian networks. After Ganguli, Huh & Sompolinsky (2008), Fig 3 A and C.

{draws} networks of {size} units with independent Gaussian weights, each scaled to spectral radius
{power}^1/2 exactly ({power} is the paper's gain, of power): of the draws as they are, of variance
{power}/N, only {stable_draws} have a radius below 1. Noise of variance 1 in every unit, inputs of unit norm.
(a) Total memory of a random input (mean {random_mean:.3f}; over all inputs it is 1) and of the best, the largest
eigenvalue of the spatial Fisher memory matrix (mean {best_mean:.2f}, {least:.2f} to {most:.2f}). (b)
Moduli of the Schur form of one network (shades by their square root; eigenvalues on the diagonal), last vector found by
LAPACK first: activity stays, or flows from the first position towards the last. (c) Overlap of the input with the Schur
vectors, mean and standard deviation (band) over networks: the best input enters near the source, a random one (dashed)
everywhere alike. A Schur form is not unique: with its eigenvalues in another order the curve is another.
"""


@dataclass(frozen=True)
class Settings:
    """The printed numbers are those of these draws; `power` is a gain of power, as in the paper."""

    size: int = 100
    power: float = 0.99
    draws: int = 200
    seed: int = 0
    best: tuple = ("3.5", 2.6, 5.0)  # mean, and where all lie
    ends: tuple = ("0.14", "0.04")  # mean overlap of the best input with the first and with the last five positions
    stable: str = "0.14"  # share of the draws as they are


@dataclass(frozen=True)
class Results:
    """A row for each network; "random" and "best" are inputs of unit norm, "last" is the network drawn last."""

    random_totals: np.ndarray  # J_tot of the random inputs, (draws,)
    best_totals: np.ndarray  # J_tot of the best inputs, (draws,)
    largest_eigenvalues: np.ndarray  # of J^s, (draws,)
    random_overlaps: np.ndarray  # |u_i* v| by position of the Schur vectors, source first, (draws, N)
    best_overlaps: np.ndarray
    trace_error: float  # the largest |trace J^s / N - 1|
    stable_draws: int  # with a radius below 1, before they were scaled
    last_schur: np.ndarray  # moduli of the Schur form of the last network, source first, (N, N)
    last_total: float  # J_tot of the best input of the last network, from its curve


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb\nc", two="abc", heights=(6.2, 2.3))


def compute(settings: Settings) -> Results:
    """Totals and overlaps of the random and the best input of each network; all draws from one generator."""
    rng, gain, size = np.random.default_rng(settings.seed), settings.power**0.5, settings.size
    totals, overlaps, largest, trace_errors, stable_draws = [], [], [], [], 0
    for _ in range(settings.draws):
        as_drawn = lm.ginibre(size, gain=gain, recipe="as drawn", rng=rng)
        stable_draws += as_drawn.radius.value < 1
        network, random = as_drawn.rescaled(gain), rng.standard_normal(size)
        inputs = np.stack([random / np.linalg.norm(random), lm.optimal_input(network)])

        spatial = lm.spatial_fisher_memory(network)
        totals.append(np.einsum("vi,ij,vj->v", inputs, spatial, inputs))
        largest.append(sl.eigvalsh(spatial, subset_by_index=[size - 1, size - 1])[0])
        trace_errors.append(abs(np.trace(spatial) / size - 1))

        # T_ij leads from j to i <= j: signals flow from the last Schur vector, which is drawn first.
        T, U = sl.schur(network.recurrent, output="complex")
        overlaps.append(np.abs(inputs @ U.conj())[:, ::-1])
    (random_totals, best_totals), overlaps = np.transpose(totals), np.array(overlaps)
    return Results(
        random_totals=random_totals,
        best_totals=best_totals,
        largest_eigenvalues=np.array(largest),
        random_overlaps=overlaps[:, 0],
        best_overlaps=overlaps[:, 1],
        trace_error=max(trace_errors),
        stable_draws=stable_draws,
        last_schur=np.abs(T)[::-1, ::-1],
        last_total=lm.total_fisher_memory(lm.LinearNetwork(network.recurrent, inputs[1])),
    )


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says; totals by two methods, J^s and the curve."""
    best, random = results.best_totals, results.random_totals
    yield at_most("|trace J^s / N - 1|", results.trace_error, 1e-10)
    error = abs(best / results.largest_eigenvalues - 1).max()
    yield at_most("|J_tot of the best / largest eigenvalue of J^s - 1|", error, 1e-10)
    ratio = results.last_total / best[-1]
    yield close_to("J_tot of the last best input from its curve, over that from J^s", ratio, 1, 1e-8)
    standard_error = random.std() / settings.draws**0.5
    yield close_to("mean J_tot of random inputs", random.mean(), 1, 4 * standard_error)

    mean, least, most = settings.best
    yield rounds_to("mean J_tot of best inputs", best.mean(), mean)
    yield at_least("least J_tot of a best input", best.min(), least)
    yield at_most("largest J_tot of a best input", best.max(), most)
    yield from overlap_claims(settings, results)
    yield rounds_to("share of draws with a radius below 1", results.stable_draws / settings.draws, settings.stable)


def overlap_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """Overlaps of the best input at both ends, and of a random one anywhere."""
    best, random = results.best_overlaps.mean(axis=0), results.random_overlaps.mean(axis=0)
    first, last = settings.ends
    yield rounds_to("overlap of the best input, first five positions", best[:5].mean(), first)
    yield rounds_to("overlap of the best input, last five positions", best[-5:].mean(), last)
    # A random overlap has the Rayleigh distribution: mean (pi / 4N)^1/2, variance (4 / pi - 1) times its square.
    deviation = abs(random * (4 * settings.size / np.pi) ** 0.5 - 1)
    deviation *= (settings.draws / (4 / np.pi - 1)) ** 0.5
    yield at_most("overlap of random inputs, anywhere, in standard errors from (pi / 4N)^1/2", deviation.max(), 5)


def draw(settings: Settings, results: Results) -> Figure:
    """a: totals; b: a Schur form; c: the best input along it."""
    figure, (memory, form, flow) = arrange(LAYOUT)
    draw_totals(results, memory)
    last = settings.size + 0.5
    image = form.imshow(results.last_schur, cmap="Greys", norm=PowerNorm(0.5), extent=(0.5, last, last, 0.5))
    figure.colorbar(image, ax=form, shrink=0.8, pad=0.02, aspect=15, label="Modulus (no unit)")
    form.set(xlabel="From position", ylabel="To position")
    draw_overlaps(settings, results, flow)
    return figure


def draw_totals(results: Results, ax: Axes) -> None:
    """Histograms of the totals of random and of best inputs."""
    bins = np.arange(0, results.best_totals.max() + 0.15, 0.15)
    ax.hist(results.random_totals, bins, color="0.8", hatch="/////", edgecolor="black", linewidth=0.3)
    ax.hist(results.best_totals, bins, color="C0", edgecolor="black", linewidth=0.3)
    top = ax.get_ylim()[1]
    ax.text(1, top, "random\ninputs", ha="center", va="bottom", color="0.3")
    ax.text(results.best_totals.mean(), top / 2, "best inputs", ha="center", va="bottom", color="C0")
    ax.set(xlabel=r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)", ylabel="Networks", xlim=(0, None))
    ax.set_ylim(0, 1.15 * top)


def draw_overlaps(settings: Settings, results: Results, ax: Axes) -> None:
    """Mean overlaps by position; a band of one standard deviation about that of the best input."""
    position = np.arange(1, settings.size + 1)
    best, random = results.best_overlaps.mean(axis=0), results.random_overlaps.mean(axis=0)
    spread = results.best_overlaps.std(axis=0)
    ax.fill_between(position, best - spread, best + spread, color="C0", alpha=0.25, linewidth=0)
    ax.plot(position, best, "C0-")
    ax.plot(position, random, "C1--")
    ax.text(settings.size, 1.15 * random[-1], "random input", ha="right", color="C1")
    ax.text(0.43 * settings.size, 1.25 * best[0], "best input", color="C0")
    ax.set(xlabel="Position (source first)", ylabel=r"Overlap $|u_i^* v|$ (no unit)")
    ax.set(xlim=(1, settings.size), ylim=(0, None))


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """Totals by network; mean overlaps by position, and the spread of that of the best input."""
    return {
        "J_tot, random input": results.random_totals,
        "J_tot, best input": results.best_totals,
        "overlap, random input": results.random_overlaps.mean(axis=0),
        "overlap, best input": results.best_overlaps.mean(axis=0),
        "spread of the overlap, best input": results.best_overlaps.std(axis=0),
    }


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and the totals."""
    return vars(settings) | {
        "stable_draws": results.stable_draws,
        "random_mean": results.random_totals.mean(),
        "best_mean": results.best_totals.mean(),
        "least": results.best_totals.min(),
        "most": results.best_totals.max(),
    }
