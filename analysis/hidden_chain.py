"""A chain among shuffled units, and how to find it. After Orhan & Pitkow (2020), Fig 5.

(a) A chain with feedback ({s.size} units, {s.feedforward} forward, {s.feedback} back) among Gaussian weights of
variance {s.random}^2 / N, which move its radius from {f.radii[0]:.2f} to {f.radii[1]:.2f}; units in random order. (b)
Sorted by the time of the largest |h| in 100 steps after a pulse. (c) Along the heaviest path through all units. (d)
Mean weights in the order of b, links at 1, feedback at -1. Dashed, of a chain of gain {s.gain} alone: one point. Band:
two standard deviations of {s.samples} networks without a chain (random orthogonal, same norm), sorted alike; none is as
asymmetric, p = {f.noisy.p_value:.4f}. Logarithmic beyond 0.1. (e) The mean of these. Sorted by the largest h, as in the
paper, they show a bump all the same: a unit is highest just after its strongest positive input was. Sorted by |h| they
do not: flipping the signs of units changes no |h|. A bump is real where it leaves a band sorted by its own rule. (f)
Links found in networks as in a, mean of {s.trials}: by response they drown soon, by path among weights of their size.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """`random` and `gains` are those of the random weights; `bump` is what these draws show at a distance of 1."""

    size: int = 100
    gain: float = 1.02
    feedforward: float = 0.99
    feedback: float = 0.04
    random: float = 0.07
    samples: int = 400
    gains: tuple = (0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.3, 0.5, 0.7, 1, 1.4, 2, 3, 5, 7)
    trials: int = 20
    seed: int = 0
    bump: str = "0.017"


SETTINGS = Settings()


def shuffled(net, gain: float, draw) -> tuple[lm.LinearNetwork, np.ndarray]:
    """The network among Gaussian weights, its units in random order, and that order."""
    W, order = net.recurrent + gain * draw.standard_normal((net.size,) * 2) / net.size**0.5, draw.permutation(net.size)
    return lm.LinearNetwork(W[np.ix_(order, order)], net.feedforward[order], name="network a"), order


def compute(settings: Settings) -> SimpleNamespace:
    """Profiles of the chains and of networks without one; links found, a row for each gain, by both orders."""
    draw, n = np.random.default_rng(settings.seed), settings.size
    chain, _ = shuffled(lm.chain(n, gain=settings.gain), 0, draw)
    feedback = lm.feedback_chain(n, feedforward=settings.feedforward, feedback=settings.feedback)
    net, _ = shuffled(feedback, settings.random, draw)
    found, asked = SimpleNamespace(chain=lm.link_profile(chain, rng=draw)), {"samples": settings.samples, "rng": draw}
    found.noisy, found.signed = lm.link_profile(net, **asked), lm.link_profile(net, order="signed", **asked)
    found.orders = {"as it comes": np.arange(n), "response": found.noisy.order, "heaviest path": lm.chain_order(net)}
    found.radii = feedback.radius.value, np.abs(np.linalg.eigvals(net.recurrent)).max()
    shares = []
    for gain in np.repeat(settings.gains, settings.trials):
        net, units = shuffled(feedback, gain, draw)
        orders = lm.link_profile(net, samples=1, rng=draw).order, lm.chain_order(net)
        shares.append([np.mean(np.diff(units[order]) == 1) for order in orders])
    found.shares = np.reshape(shares, (len(settings.gains), -1, 2)).mean(axis=1)
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    n, at, noisy = settings.size, settings.gains.index, found.noisy
    yield close_to("mean weight of the chain at 1", found.chain.mean[n], settings.gain, 1e-12)
    yield at_most("the largest elsewhere", np.abs(np.delete(found.chain.mean, n)).max(), 0)
    yield at_least("mean weight of network a at 1, over its forward weight", noisy.mean[n] / settings.feedforward, 0.8)
    yield at_least("at -1, in standard deviations", noisy.mean[n - 2] / noisy.null_standard_deviation[n - 2], 2)
    yield at_most("p-value of its asymmetry", noisy.p_value, 1 / (1 + settings.samples))
    yield rounds_to("mean weight at 1 without a chain, by largest h", found.signed.null_mean[n], settings.bump)
    for by, profile, least, most in (("h", found.signed, 10, np.inf), ("|h|", noisy, -4, 4)):
        z = profile.null_asymmetry.mean() / profile.null_asymmetry.std() * settings.samples**0.5
        yield Claim(f"asymmetry without a chain, by largest {by}, in standard errors", z, least, most)
    yield at_most("links found by the response at a gain of 0.3", found.shares[at(0.3), 0], 0.1)
    yield at_least("links found by the path up to a gain of 2", found.shares[: at(2) + 1, 1].min(), 0.95)


def draw(settings: Settings, found):
    """a, b, c: a network as it comes, and in order; d: mean weights; e: where there is no chain; f: links found."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.2)
    matrices, (along, bare, share) = panels = figure.subplots(2, 3)
    near, distance, W = settings.size // 5, found.noisy.distance, found.noisy.network.recurrent
    for ax, (name, order) in zip(matrices, found.orders.items(), strict=True):
        plotting.plot_matrix(W[np.ix_(order, order)], ax, limit=1, exponent=0.5, colour_bar=ax is matrices[-1])
        ax.set_title(name)
    plotting.plot_link_profile(found.noisy, along, reach=near)
    along.plot(distance, found.chain.mean, "C1--", linewidth=0.8, label="chain alone")
    along.set_yscale("symlog", linthresh=0.1, linscale=2)
    along.set(ylim=(-0.05, 1.5), yticks=(0, 0.1, 1), yticklabels=("0", "0.1", "1"))
    along.legend(loc="upper left")
    bare.plot(distance, found.signed.null_mean, "C0-", distance, found.noisy.null_mean, "C1--")
    bare.set(xlim=(-near, near), ylim=(-0.005, 0.03), xlabel=along.get_xlabel(), ylabel="Mean weight (no unit)")
    bare.legend(("by largest $h$", "by largest $|h|$"), loc="upper left")
    share.plot(settings.gains, found.shares[:, 0], "C0o--", settings.gains, found.shares[:, 1], "C2^-")
    share.set(xscale="log", ylim=(0, 1.05), xlabel="Gain of the random weights (no unit)", ylabel="Links found (share)")
    share.legend(("response", "heaviest path"), loc="center", bbox_to_anchor=(0.55, 0.55))
    plotting.letter_panels(*panels.flat)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    means = {"chain": found.chain.mean, "network a": found.noisy.mean, "no chain, by |h|": found.noisy.null_mean}
    numbers = {f"mean weight, {name}": mean for name, mean in means.items()} | {"links found": found.shares}
    numbers |= {"mean weight, no chain, by h": found.signed.null_mean, "distance": found.noisy.distance}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
