"""A chain among shuffled units, and how to find it. After Orhan & Pitkow (2020), Fig 5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, rounds_to
from linmem import plotting

CAPTION = """
A chain among shuffled units, and how to find it. After Orhan & Pitkow (2020), Fig 5.

(a) A chain with feedback ({size} units, {feedforward} forward, {feedback} back) among Gaussian weights of variance
{random}^2 / N, which change its radius from {radius_before:.2f} to {radius_after:.2f}; units in random order. (b)
Sorted by the time of the largest |h| in 100 steps after a pulse. (c) Along the heaviest path through all units. (d)
Mean weights in the order of b, forward weights at 1, feedback at -1. Dashed, the same of a chain of gain {gain} alone:
one point. Band: two standard deviations of {samples} networks without a chain (random orthogonal, same norm), sorted in
the same way; none is as asymmetric, p = {p_value:.4f}. Logarithmic beyond 0.1. (e) The mean of these networks. Sorted
by the largest h, as in the paper, they show a bump although they have no chain: a unit has its largest h just after its
strongest positive input had its own. Sorted by |h| they do not: changing the signs of units changes no |h|. A bump is
real where it leaves a band that was sorted by its own rule. (f) Share of the forward weights that is found in networks
as in a, mean of {trials}: the order of the response loses them soon, the heaviest path only among random weights of
their size.
"""


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


@dataclass(frozen=True)
class Results:
    """Profiles of the chains and of networks without one; shares of the links that are found."""

    chain: lm.LinkProfile  # of a chain alone
    noisy: lm.LinkProfile  # of network a, by the largest |h|
    signed: lm.LinkProfile  # of network a, by the largest h
    orders: dict[str, np.ndarray]  # of the units of network a, by how they were sorted
    radius_before: float
    radius_after: float
    shares: np.ndarray  # of the links found, a row for each gain: by the response, by the heaviest path


SETTINGS = Settings()


def shuffled(net: lm.LinearNetwork, gain: float, rng: np.random.Generator) -> tuple[lm.LinearNetwork, np.ndarray]:
    """The network among Gaussian weights, its units in random order, and that order."""
    size = net.size
    W = net.recurrent + gain * rng.standard_normal((size, size)) / size**0.5
    order = rng.permutation(size)
    return lm.LinearNetwork(W[np.ix_(order, order)], net.feedforward[order], name="network a"), order


def compute(settings: Settings) -> Results:
    """Profiles, orders and shares of the links found; all random numbers from one generator."""
    rng, size, samples = np.random.default_rng(settings.seed), settings.size, settings.samples
    chain, _ = shuffled(lm.chain(size, gain=settings.gain), 0, rng)
    feedback = lm.feedback_chain(size, feedforward=settings.feedforward, feedback=settings.feedback)
    net, _ = shuffled(feedback, settings.random, rng)
    chain_profile = lm.link_profile(chain, rng=rng)
    noisy = lm.link_profile(net, samples=samples, rng=rng)
    signed = lm.link_profile(net, order="signed", samples=samples, rng=rng)
    return Results(
        chain=chain_profile,
        noisy=noisy,
        signed=signed,
        orders={"as it comes": np.arange(size), "response": noisy.order, "heaviest path": lm.chain_order(net)},
        radius_before=feedback.radius.value,
        radius_after=np.abs(np.linalg.eigvals(net.recurrent)).max(),
        shares=shares_found(settings, feedback, rng),
    )


def shares_found(settings: Settings, feedback: lm.LinearNetwork, rng: np.random.Generator) -> np.ndarray:
    """The share of the links found by the response and by the heaviest path, mean of the trials, by gain."""
    rows = []
    for gain in settings.gains:
        trials = [links_found(feedback, gain, rng) for _ in range(settings.trials)]
        rows.append(np.mean(trials, axis=0))
    return np.array(rows)


def links_found(feedback: lm.LinearNetwork, gain: float, rng: np.random.Generator) -> list[float]:
    """The share of neighbours in the chain that are neighbours in each order."""
    net, units = shuffled(feedback, gain, rng)
    response = lm.link_profile(net, samples=1, rng=rng).order
    path = lm.chain_order(net)
    return [np.mean(np.diff(units[order]) == 1) for order in (response, path)]


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one claim after the other."""
    size, noisy = settings.size, results.noisy
    forward, back = size, size - 2  # places of the distances 1 and -1
    elsewhere = np.delete(results.chain.mean, forward)
    yield close_to("mean weight of the chain at 1", results.chain.mean[forward], settings.gain, 1e-12)
    yield at_most("the largest elsewhere", np.abs(elsewhere).max(), 0)
    share = noisy.mean[forward] / settings.feedforward
    yield at_least("mean weight of network a at 1, over its forward weight", share, 0.8)
    deviations = noisy.mean[back] / noisy.null_standard_deviation[back]
    yield at_least("at -1, in standard deviations", deviations, 2)
    yield at_most("p-value of its asymmetry", noisy.p_value, 1 / (1 + settings.samples))
    bump = results.signed.null_mean[forward]
    yield rounds_to("mean weight at 1 without a chain, by largest h", bump, settings.bump)
    yield at_least(
        "asymmetry without a chain, by largest h, in standard errors", asymmetry(settings, results.signed), 10
    )
    unsigned = abs(asymmetry(settings, noisy))
    yield at_most("asymmetry without a chain, by largest |h|, in standard errors, either way", unsigned, 4)
    by_response, by_path = results.shares.T
    yield at_most("links found by the response at a gain of 0.3", by_response[settings.gains.index(0.3)], 0.1)
    up_to_two = by_path[: settings.gains.index(2) + 1]
    yield at_least("links found by the path up to a gain of 2", up_to_two.min(), 0.95)


def asymmetry(settings: Settings, profile: lm.LinkProfile) -> float:
    """Mean asymmetry of the networks without a chain, in standard errors."""
    null = profile.null_asymmetry
    return null.mean() / null.std() * settings.samples**0.5


def draw(settings: Settings, results: Results) -> Figure:
    """a, b, c: a network as it comes, and in order; d: mean weights; e: where there is no chain; f: links found."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.2)
    panels = figure.subplots(2, 3)
    matrices, (along, bare, share) = panels
    W = results.noisy.network.recurrent
    for ax, (name, order) in zip(matrices, results.orders.items(), strict=True):
        sorted_weights = W[np.ix_(order, order)]
        plotting.plot_matrix(sorted_weights, ax, limit=1, exponent=0.5, colour_bar=ax is matrices[-1])
        ax.set_title(name)
    draw_profile(settings, results, along)
    draw_null_means(settings, results, bare)
    bare.set_xlabel(along.get_xlabel())
    draw_shares(settings, results, share)
    plotting.letter_panels(*panels.flat)
    return figure


def draw_profile(settings: Settings, results: Results, ax: Axes) -> None:
    """Mean weights of network a along its order, beside those of a chain alone."""
    plotting.plot_link_profile(results.noisy, ax, reach=settings.size // 5)
    ax.plot(results.noisy.distance, results.chain.mean, "C1--", linewidth=0.8, label="chain alone")
    ax.set_yscale("symlog", linthresh=0.1, linscale=2)
    ax.set_ylim(-0.05, 1.5)
    ax.set_yticks((0, 0.1, 1), ("0", "0.1", "1"))
    ax.legend(loc="upper left")


def draw_null_means(settings: Settings, results: Results, ax: Axes) -> None:
    """Mean weights of networks without a chain, by both orders."""
    near, distance = settings.size // 5, results.noisy.distance
    ax.plot(distance, results.signed.null_mean, "C0-", label="by largest $h$")
    ax.plot(distance, results.noisy.null_mean, "C1--", label="by largest $|h|$")
    ax.set(xlim=(-near, near), ylim=(-0.005, 0.03))
    ax.set_ylabel("Mean weight (no unit)")
    ax.legend(loc="upper left")


def draw_shares(settings: Settings, results: Results, ax: Axes) -> None:
    """Links found against the gain of the random weights."""
    by_response, by_path = results.shares.T
    ax.plot(settings.gains, by_response, "C0o--", label="response")
    ax.plot(settings.gains, by_path, "C2^-", label="heaviest path")
    ax.set(xscale="log", xlabel="Gain of the random weights (no unit)")
    ax.set(ylim=(0, 1.05), ylabel="Links found (share)")
    ax.legend(loc="center", bbox_to_anchor=(0.55, 0.55))


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """Mean weights by distance, and shares of the links found by gain."""
    return {
        "mean weight, chain": results.chain.mean,
        "mean weight, network a": results.noisy.mean,
        "mean weight, no chain, by |h|": results.noisy.null_mean,
        "links found": results.shares,
        "mean weight, no chain, by h": results.signed.null_mean,
        "distance": results.noisy.distance,
    }


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, both radii, and the p-value."""
    return vars(settings) | {
        "radius_before": results.radius_before,
        "radius_after": results.radius_after,
        "p_value": results.noisy.p_value,
    }
