"""Memory of noisy Legendre memory units (Voelker et al. 2019) and of HiPPO networks (Gu et al. 2020)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg as sl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, rounds_to
from linmem import plotting

CAPTION = """
What noise leaves of a Legendre memory: LMU (Voelker et al. 2019) and HiPPO (Gu et al. 2020), of q coordinates.

LegT represents a window of the past in normalised coordinates, the LMU in raw ones, and LegS all of the past (its
slowest decay time stands for a window). The noise has variance 1 and is independent in these coordinates, hence it is
another noise in the LMU; inputs have unit norm, for which a normal network has a total of 1. (a) Fisher memory of the
published input, q = {order}. It is not flat over the window: {early_legt:.0%} (LegT), {early_lmu:.0%} (LMU) and
{early_legs:.0%} (LegS) of the total lie in its first tenth. (b) Memory m(t) of a white signal in LegT, at ratios of the
power of the input to that of the noise in a coordinate. The integrals are {integrals}: with little noise {order}
coordinates hold {order} numbers, from the whole window. (c) Totals against q, lines as in a, for the published input
(open symbols) and the best (filled symbols); thin line, the bound q. The total of the published input stays near 1, and
is exactly 1 in LegS. That of the best input is ln q + 0.41 in LegT, and grows about as q^0.6 in the LMU: memory is not
extensive. All this holds for any window theta; with the published norm, which is proportional to 1 / theta, J(t) =
theta^-3 J_1(t / theta), and the total is proportional to theta^-2.
"""


@dataclass(frozen=True)
class Settings:
    """The printed totals are those of the order given, one of the sizes; ratios come with the integrals of m(t)."""

    order: int = 6
    sizes: tuple = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
    totals: tuple = (("LegT", "1.271", "2.22"), ("LMU", "0.851", "2.88"), ("LegS", "1.000", "1.98"))
    ratios: tuple = (("1", "0.81"), ("100", "5.17"), ("1e8", "6.00"))


@dataclass(frozen=True)
class Results:
    """Curves by network and by ratio; totals by network, one for each of the sizes."""

    times: np.ndarray  # in windows
    curves: dict[str, lm.FisherMemoryCurve]  # by network, of the order in the settings; by ratio, of LegT
    published: dict[str, np.ndarray]  # J_tot of the published input, by network
    best: dict[str, np.ndarray]  # J_tot of the best input, by network
    early: dict[str, float]  # share of J_tot in the first tenth of the window, by network
    scaling_error: float  # |theta^3 J(theta t) / J_1(t) - 1| of LegT, the largest


SETTINGS = Settings()
BUILDERS = {"LegT": lm.hippo_legt, "LMU": lm.lmu, "LegS": lm.hippo_legs}
OTHER_WINDOW = 10.0  # in which LegT is compared with a window of 1


def with_unit_input(net: lm.ContinuousNetwork) -> lm.ContinuousNetwork:
    """The network with its published input at unit norm."""
    length = np.linalg.norm(net.feedforward)
    return replace(net, feedforward=net.feedforward / length)


def largest_total(net: lm.ContinuousNetwork) -> float:
    """J_tot of the best input, the largest eigenvalue of J^s."""
    return sl.eigvalsh(lm.spatial_fisher_memory(net))[-1]


def early_share(net: lm.ContinuousNetwork) -> float:
    """Share of J_tot in the first tenth of the window: what the input of a tenth ago has no more."""
    tenth_ago = sl.expm(0.1 * net.drift) @ net.feedforward
    later = lm.total_fisher_memory(replace(net, feedforward=tenth_ago))
    return 1 - later / lm.total_fisher_memory(net)


def with_white_signal(net: lm.ContinuousNetwork, ratio: float) -> lm.ContinuousNetwork:
    """A network whose J(t) is m(t) of the given one: a white signal at other times is noise to the signal of time t."""
    v = ratio**0.5 * net.feedforward
    noise = np.eye(net.size) + np.outer(v, v)
    return replace(net, feedforward=v, noise=noise)


def compute(settings: Settings) -> Results:
    """Curves, by network and by ratio; totals, by network; the change of the curve of LegT with the window."""
    times = np.linspace(0, 2, 401)
    results = Results(times, {}, {}, {}, {}, 0.0)
    for name, build in BUILDERS.items():
        networks = [with_unit_input(build(order)) for order in settings.sizes]
        results.published[name] = np.array([lm.total_fisher_memory(net) for net in networks])
        results.best[name] = np.array([largest_total(net) for net in networks])
        chosen = networks[settings.sizes.index(settings.order)]
        results.early[name] = early_share(chosen)
        results.curves[name] = lm.fisher_memory_curve(chosen, times)
    legt = with_unit_input(lm.hippo_legt(settings.order))
    for ratio, _ in settings.ratios:
        noisy = with_white_signal(legt, float(ratio))
        results.curves[ratio] = lm.fisher_memory_curve(noisy, times)
    return replace(results, scaling_error=scaling_error(settings, results))


def scaling_error(settings: Settings, results: Results) -> float:
    """The largest |theta^3 J(theta t) / J_1(t) - 1| of LegT with its published input, which has the norm q / theta."""
    theta = OTHER_WINDOW
    wide = lm.hippo_legt(settings.order, window=theta)
    curve = lm.fisher_memory_curve(wide, theta * results.times).values
    scaled = curve * theta**3 / settings.order**2
    return abs(scaled / results.curves["LegT"].values - 1).max()


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one claim after the other."""
    chosen = settings.sizes.index(settings.order)
    for name, printed_published, printed_best in settings.totals:
        published, best = results.published[name], results.best[name]
        yield rounds_to(f"J_tot of the published input, {name}", published[chosen], printed_published)
        yield rounds_to(f"J_tot of the best input, {name}", best[chosen], printed_best)
        yield at_least(f"share of J_tot in a tenth of the window, {name}", results.early[name], 0.75)
        yield at_most(f"largest J_tot of the published input, {name}", published.max(), 1.3)
    for ratio, integral in settings.ratios:
        yield rounds_to(f"integral of m(t) at a ratio of {ratio}", results.curves[ratio].total, integral)
    largest_ratio = settings.ratios[-1][0]
    curve = results.curves[largest_ratio]
    middle, end = np.interp((0.5, 1), curve.lags, curve.values)
    yield at_least(f"m(t) at the end of the window over its middle, ratio {largest_ratio}", end / middle, 0.5)
    yield from growth_claims(settings, results)
    yield at_most("|theta^3 J(theta t) / J_1(t) - 1|, published norm", results.scaling_error, 1e-9)


def growth_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """Totals against q: constant in LegS, logarithmic in LegT, a power in the LMU."""
    sizes = np.array(settings.sizes)
    large = sizes >= settings.order
    yield at_most("|J_tot - 1| of LegS at any q", abs(results.published["LegS"] - 1).max(), 1e-9)
    logarithm = np.log(sizes)
    distance = abs(results.best["LegT"] - logarithm - 0.41)
    yield at_most("distance of the best of LegT from ln q + 0.41", distance[large].max(), 0.03)
    growing = np.log(results.best["LMU"])
    exponent, _ = np.polyfit(logarithm[large], growing[large], 1)
    yield rounds_to("exponent, best of LMU", exponent, "0.6")


def draw(settings: Settings, results: Results) -> Figure:
    """a: Fisher memory; b: memory of a white signal; c: totals against q."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 2.4)
    fisher, memory, totals = figure.subplots(1, 3)
    for name, line, x, y in (("LegT", "C0-", 0.5, 0.35), ("LMU", "C1--", 0.5, 0.03), ("LegS", "C2-.", 1.5, 0.01)):
        fisher.plot(results.times, results.curves[name].values, line)
        fisher.text(x, y, name, color=line[:2])
    for (ratio, _), dash, y in zip(settings.ratios, ("-", "--", ":"), (0.3, 1.2, 6), strict=True):
        memory.plot(results.times, results.curves[ratio].values, "C0", linestyle=dash)
        memory.text(0.5, y, f"ratio {ratio}", color="C0")
    for ax in (fisher, memory):
        ax.axvline(1, color="0.6", linewidth=0.5)
        ax.set(xlabel="Time $t$ (windows)", xlim=(0, 2))
        ax.set(yscale="log", ylim=(1e-3, 1e2))
    fisher.set_ylabel(r"Fisher memory $J(t)$ (signal units$^{-2}$ / window)")
    memory.set_ylabel("Memory $m(t)$ (1 / window)")
    draw_totals(settings, results, totals)
    plotting.letter_panels(fisher, memory, totals)
    return figure


def draw_totals(settings: Settings, results: Results, ax: Axes) -> None:
    """Totals of the published input (open symbols) and of the best (filled), and the bound q (thin line)."""
    for name, line in (("LegT", "C0o-"), ("LMU", "C1s--"), ("LegS", "C2^-.")):
        ax.plot(settings.sizes, results.published[name], line, markerfacecolor="white")
        ax.plot(settings.sizes, results.best[name], line)
    ax.plot(settings.sizes, settings.sizes, "k-", linewidth=0.5)
    ax.set(xscale="log", xlim=(0.9, 60), xlabel="Coordinates $q$")
    ax.set(yscale="log", ylim=(0.5, 20))
    ax.set_ylabel(r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)")
    ax.set_xticks([1, 3, 10, 30], [1, 3, 10, 30])
    ax.set_yticks([0.5, 1, 2, 5, 10, 20], [0.5, 1, 2, 5, 10, 20])
    ax.text(1.1, 0.6, "published input")
    ax.text(1.1, 4.5, "best input")


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """Curves against time, and totals by size."""
    rows = {"t": results.times}
    for name, curve in results.curves.items():
        rows[f"J or m, {name}"] = curve.values
    for name, totals in results.published.items():
        rows[f"J_tot, published input, {name}"] = totals
    for name, totals in results.best.items():
        rows[f"J_tot, best input, {name}"] = totals
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the early shares of the networks, and the printed integrals."""
    return vars(settings) | {
        "early_legt": results.early["LegT"],
        "early_lmu": results.early["LMU"],
        "early_legs": results.early["LegS"],
        "integrals": ", ".join(integral for _, integral in settings.ratios),
    }
