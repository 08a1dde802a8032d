"""Memory and amplification of four linear networks: identity, orthogonal, chain, and chain with feedback.

After Orhan & Pitkow (2020), Fig 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure, SubFigure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, rounds_to
from analysis.looks import show_kinds
from linmem import plotting

CAPTION = """
Memory of four linear networks h_t = W h_(t-1) + v s_t + z_t. After Orhan & Pitkow (2020), Fig 1.

(a) The networks, drawn with {drawn} units: units and weights (red positive, blue negative; grey, the input) above their
matrices; colours follow sign(W) sqrt|W|. Identity: W = {normal_gain} I, input to all units alike; orthogonal:
{normal_gain} times a random orthogonal matrix (seed {seed}); chain: weights {gain}; chain with feedback: {feedforward}
forward, {feedback} back; input to the first unit. (b) Fisher memory J(k) of the input k steps ago; N = {size} units,
noise of variance 1 in every unit, unit input. Totals over all lags: {totals_drawn}. The identity and the orthogonal
network are normal: one curve, and a total of 1 whatever their gain. The chain forgets everything at k = N. (c)
Amplification ||W^k v|| of the input; lines as in b. It ends abruptly at k = N in the chain, later and less so in the
chain with feedback. The gains are not given in the paper: those of the chains are the defaults of its authors' code,
that of the normal networks is our choice, below 1 because at 1 their noise would grow for ever.
"""


@dataclass(frozen=True)
class Settings:
    """Gains are of amplitude. The printed numbers are those of these gains, and totals and peaks of this size."""

    size: int = 100
    drawn: int = 5  # units in panel a
    lags: int = 151
    gain: float = 1.02
    feedforward: float = 0.99
    feedback: float = 0.04
    normal_gain: float = 0.99
    seed: int = 1
    memory: tuple = (  # lag and J of the chain, then of the chain with feedback
        ((0, "1.000"), (1, "0.510"), (10, "0.110"), (50, "0.0448"), (99, "0.0396")),
        ((0, "0.999"), (1, "0.494"), (10, "0.083"), (50, "0.0205"), (99, "0.0156")),
    )
    totals: tuple = ("7.61", "5.35")  # of the same
    peaks: tuple = ((99, "50.4"), (103, "57"))  # lag and height of the largest ||W^k v||^2


@dataclass(frozen=True)
class Results:
    """Networks, their curves J(k), and ||W^k v||, each by the name of the network."""

    networks: dict[str, lm.LinearNetwork]
    curves: dict[str, lm.FisherMemoryCurve]
    amplifications: dict[str, np.ndarray]


SETTINGS = Settings()
NORMAL, CHAINS = ("identity", "orthogonal"), ("chain", "chain with feedback")


def four_networks(settings: Settings, size: int) -> dict[str, lm.LinearNetwork]:
    """The four networks of the given size, by name."""
    return {
        "identity": lm.identity(size, gain=settings.normal_gain),
        "orthogonal": lm.random_orthogonal(size, gain=settings.normal_gain, rng=settings.seed),
        "chain": lm.chain(size, gain=settings.gain),
        "chain with feedback": lm.feedback_chain(size, feedforward=settings.feedforward, feedback=settings.feedback),
    }


def compute(settings: Settings) -> Results:
    """Memory and amplification of each network."""
    networks = four_networks(settings, settings.size)
    curves, amplifications = {}, {}
    for name, network in networks.items():
        curves[name] = lm.fisher_memory_curve(network, settings.lags)
        amplifications[name] = lm.transient_amplification(network, settings.lags)
    return Results(networks, curves, amplifications)


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: closed forms and bounds first, then the printed numbers."""
    size = settings.size
    for name in NORMAL:
        yield at_most(f"|J_tot - 1| of the {name}", abs(results.curves[name].total - 1), 1e-12)

    chain = results.curves["chain"].values
    power, lag = settings.gain**2, np.arange(size)
    closed_form = power**lag * (power - 1) / (power ** (lag + 1) - 1)
    error = abs(chain[:size] / closed_form - 1).max()
    yield at_most("error of J of the chain, relative to its closed form", error, 1e-10)
    yield at_most("J of the chain from k = N on", chain[size:].max(), 0)
    yield at_most("||W^k v|| of the chain from k = N on", results.amplifications["chain"][size:].max(), 0)

    amplification = results.amplifications["chain with feedback"]
    share = amplification[size] / amplification.max()
    yield at_least("||W^k v|| of the chain with feedback at k = N, over its largest", share, 0.25)
    # Ganguli, Huh & Sompolinsky (2008), eq. 11: no network of this amplification remembers more than a delay line.
    bound = 1 / np.cumsum(1 / np.maximum(amplification, 1e-150) ** 2)
    excess = (results.curves["chain with feedback"].values / bound).max()
    yield at_most("J of the chain with feedback over its bound by amplification", excess, 1 + 1e-9)
    yield from printed_claims(settings, results)


def printed_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """The numbers of both chains, as they are printed."""
    for i, name in enumerate(CHAINS):
        curve = results.curves[name]
        for lag, value in settings.memory[i]:
            yield rounds_to(f"J({lag}) of the {name}", curve.values[lag], value)
        yield rounds_to(f"J_tot of the {name}", curve.total, settings.totals[i])

        amplification = results.amplifications[name]
        peak_lag, peak = settings.peaks[i]
        yield close_to(f"lag of the largest ||W^k v|| of the {name} = {peak_lag}", amplification.argmax(), peak_lag, 0)
        yield rounds_to(f"largest ||W^k v||^2 of the {name}", amplification.max() ** 2, peak)


def draw(settings: Settings, results: Results) -> Figure:
    """Panel a: schematics over matrices; b: memory; c: amplification."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.6)
    above, below = figure.subfigures(2, 1, height_ratios=(1.3, 1))
    first_schematic = draw_networks(settings, above)
    memory, amplification = below.subplots(1, 2)
    plotting.plot_fisher_memory_curve(results.curves.values(), memory, labels=results.networks)
    plotting.plot_amplification(results.networks.values(), settings.lags, amplification, labels=results.networks)
    amplification.set(yscale="linear", ylim=(0, 8))
    for ax in (memory, amplification):
        show_kinds(ax, {name: name for name in results.networks})
    amplification.get_legend().remove()
    plotting.letter_panels(first_schematic, memory, amplification)
    return figure


def draw_networks(settings: Settings, place: SubFigure):
    """The schematic of each small network above its matrix; the axes of the first schematic."""
    small = four_networks(settings, settings.drawn)
    schematics, matrices = place.subplots(2, 4, height_ratios=(1.15, 1.4))
    largest_weight = max(np.abs(net.recurrent).max() for net in small.values())
    for (name, net), schematic, matrix in zip(small.items(), schematics, matrices, strict=True):
        layout = "ring" if name == "orthogonal" else "line"
        plotting.plot_network_schematic(net, schematic, layout=layout).set_title(name.capitalize())
        plotting.plot_matrix(net, matrix, limit=largest_weight, exponent=0.5, colour_bar=False)
    bar = place.colorbar(matrices[-1].images[0], ax=matrices, aspect=12, pad=0.01, panchor=False)
    bar.set_label("Weight $W_{ij}$ (no unit)")
    return schematics[0]


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """J(k) and ||W^k v|| of each network."""
    rows = {}
    for name, curve in results.curves.items():
        rows[f"J, {name}"] = curve.values
    for name, amplification in results.amplifications.items():
        rows[f"||W^k v||, {name}"] = amplification
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and the total of each network."""
    totals = ", ".join(f"{name} {curve.total:.3g}" for name, curve in results.curves.items())
    return vars(settings) | {"totals_drawn": totals}
