"""Memory of four linear networks h_t = W h_(t-1) + v s_t + z_t. After Orhan & Pitkow (2020), Fig 1.

(a) The networks, drawn with {drawn} units: units and weights (red positive, blue negative; grey, the input) above their
matrices; colours follow sign(W) sqrt|W|. Identity: W = {normal_gain} I, input to all units alike; orthogonal:
{normal_gain} times a random orthogonal matrix (seed {seed}); chain: weights {gain}; chain with feedback: {feedforward}
forward, {feedback} back; input to the first unit. (b) Fisher memory J(k) of the input k steps ago; N = {size} units,
noise of variance 1 in every unit, unit input. Totals over all lags: {sums}. The identity and the orthogonal network are
normal: one curve, and a total of 1 whatever their gain. The chain forgets everything at k = N. (c) Amplification
||W^k v|| of the input; lines as in b. It ends abruptly at k = N in the chain, later and less so in the chain with
feedback. The gains are not given in the paper: those of the chains are the defaults of its authors' code, that of the
normal networks is our choice, below 1 because at 1 their noise would grow for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


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


SETTINGS = Settings()
NORMAL, CHAINS = ("identity", "orthogonal"), ("chain", "chain with feedback")


def networks(settings: Settings, size: int) -> dict[str, lm.LinearNetwork]:
    """The four of them, by name."""
    return {
        "identity": lm.identity(size, gain=settings.normal_gain),
        "orthogonal": lm.random_orthogonal(size, gain=settings.normal_gain, rng=settings.seed),
        "chain": lm.chain(size, gain=settings.gain),
        "chain with feedback": lm.feedback_chain(size, feedforward=settings.feedforward, feedback=settings.feedback),
    }


def claims(settings: Settings, curves, amplitudes):
    """What the figure says, one claim after the other."""
    n, power, lag = settings.size, settings.gain**2, np.arange(settings.size)
    for name in NORMAL:
        yield at_most(f"|J_tot - 1| of the {name}", abs(curves[name].total - 1), 1e-12)
    chain, closed = curves["chain"].values, power**lag * (power - 1) / (power ** (lag + 1) - 1)
    yield at_most("error of J of the chain, relative to its closed form", abs(chain[:n] / closed - 1).max(), 1e-10)
    yield at_most("J of the chain from k = N on", chain[n:].max(), 0)
    yield at_most("||W^k v|| of the chain from k = N on", amplitudes["chain"][n:].max(), 0)
    feedback, height = curves["chain with feedback"].values, amplitudes["chain with feedback"]
    yield at_least("||W^k v|| of the chain with feedback at k = N, over its largest", height[n] / height.max(), 0.25)
    # Ganguli, Huh & Sompolinsky (2008), eq. 11: of all networks, the delay line makes most of an amplification
    bound = 1 / np.cumsum(1 / np.maximum(height, 1e-150) ** 2)
    yield at_most("J of the chain with feedback over its bound by amplification", (feedback / bound).max(), 1 + 1e-9)
    for name, values, total, (peak, height) in zip(
        CHAINS, settings.memory, settings.totals, settings.peaks, strict=True
    ):
        for k, value in values:
            yield rounds_to(f"J({k}) of the {name}", curves[name].values[k], value)
        yield rounds_to(f"J_tot of the {name}", curves[name].total, total)
        yield close_to(f"lag of the largest ||W^k v|| of the {name} = {peak}", amplitudes[name].argmax(), peak, 0)
        yield rounds_to(f"largest ||W^k v||^2 of the {name}", amplitudes[name].max() ** 2, height)


def draw(settings: Settings, nets, curves):
    """Panel a: schematics over matrices; b: memory; c: amplification."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.6)
    above, below = figure.subfigures(2, 1, height_ratios=(1.3, 1))
    panels, small = above.subplots(2, 4, height_ratios=(1.15, 1.4)), networks(settings, settings.drawn)
    limit = max(np.abs(net.recurrent).max() for net in small.values())
    for (name, net), schematic, matrix in zip(small.items(), *panels, strict=True):
        layout = "ring" if name == "orthogonal" else "line"
        plotting.plot_network_schematic(net, schematic, layout=layout).set_title(name.capitalize())
        plotting.plot_matrix(net, matrix, limit=limit, exponent=0.5, colour_bar=False)
    bar = above.colorbar(matrix.images[0], ax=panels[1], aspect=12, pad=0.01, panchor=False)
    bar.set_label("Weight $W_{ij}$ (no unit)")
    memory, amplification = below.subplots(1, 2)
    plotting.plot_fisher_memory_curve(curves.values(), memory, labels=nets)
    plotting.plot_amplification(nets.values(), settings.lags, amplification)
    amplification.set(yscale="linear", ylim=(0, 8))
    amplification.get_legend().remove()
    plotting.letter_panels(panels[0, 0], memory, amplification)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    nets = networks(settings, settings.size)
    curves = {name: lm.fisher_memory_curve(net, settings.lags) for name, net in nets.items()}
    amplitudes = {name: lm.transient_amplification(net, settings.lags) for name, net in nets.items()}
    held = require(*claims(settings, curves, amplitudes))
    with plotting.style():
        figure = draw(settings, nets, curves)
    sums = ", ".join(f"{name} {curve.total:.3g}" for name, curve in curves.items())
    numbers = {f"J, {name}": curve.values for name, curve in curves.items()}
    numbers |= {f"||W^k v||, {name}": amplitude for name, amplitude in amplitudes.items()}
    save(figure, __file__, folder, settings, numbers, __doc__.format(sums=sums, **vars(settings)))
    return held
