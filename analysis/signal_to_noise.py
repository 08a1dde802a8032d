"""Orthogonal networks are suboptimal for the signal-to-noise ratio. After Orhan & Pitkow (2020), Fig 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_most, rounds_to
from analysis.layout import Layout, arrange
from linmem import plotting

CAPTION = """
Orthogonal networks are suboptimal for the signal-to-noise ratio. After Orhan & Pitkow (2020), Fig 2.

A white signal of variance 1 enters for {size} steps; decoders, fitted to {trials} trials, read it from the last state
of {size} units. (a) to (c): the first signal and its estimate in 150 other trials, for a chain of gain {chain_gain} and
a random orthogonal network of gain {orthogonal_gain:g}. (a) Linear units without noise: both networks keep the whole
signal. (b) With noise of variance {noise:g}: r^2 = {chain_noise:.2f} and {orthogonal_noise:.2f}. (c) Without noise, but
with the non-linearity elu: {chain_elu:.2f} and {orthogonal_elu:.2f}. Gains and noise are ours; the paper gives none.
(d) r^2 in b by gain, in theory (orthogonal: mean of {draws} draws); symbols show the decoders of a (at 1) and of b. The
dashed lines add up to {chain_sum:.1f} and {orthogonal_sum:.1f}. At gains above 1 orthogonal networks have no stationary
state, and forget recent signals. (e) r^2 in c, by the standard deviation of the signal. In a chain each signal has a
unit of its own and loses its part below 0 once (the line is exact); in an orthogonal network old signals are mixed and
passed through the non-linearity in every step, and are lost.
"""


@dataclass(frozen=True)
class Settings:
    """Gains of chain and orthogonal; a to c are of the middle ones. `printed`: r^2 in b, its sum, r^2 in c; of each."""

    size: int = 100
    snr: float = 100.0
    gains: tuple = ((1.0, 1.02, 1.05), (0.95, 1.0, 1.02))
    draws: int = 10
    deviations: tuple = (0.3, 1.0, 3.0)
    trials: int = 8000
    printed: tuple = ("0.798", "83.9", "0.736", "0.350", "37.1", "0.00")


@dataclass(frozen=True)
class Decoder:
    """A fitted decoder of all lags; the first signal and its estimate in trials that it was not fitted to."""

    fitted: lm.FittedDecoder
    signal: np.ndarray
    estimate: np.ndarray


@dataclass(frozen=True)
class Results:
    """r^2 by lag. Networks are "chain" and "orthogonal"; cases are those of panels a to c."""

    linear: dict[tuple[str, float], np.ndarray]  # with noise, in theory, by network and gain
    elu: dict[tuple[str, float], np.ndarray]  # without noise, by network and standard deviation of the signal
    decoders: dict[tuple[str, str], Decoder]  # by network and case
    theory: dict[tuple[str, str], np.ndarray]  # r^2 of these decoders in theory
    first_signal: dict[tuple[str, str], float]  # r^2 of the first of the signals
    sums: dict[str, float]  # of r^2 with noise over all lags, by network


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb\nc\nd\ne", two="aabbcc\ndddeee", heights=(8.4, 4.7))
NETWORKS = ("chain", "orthogonal")
NO_NOISE, NOISE, ELU = "linear, no noise", "linear, noise", "elu, no noise"
CASES = {NO_NOISE: ("identity", False), NOISE: ("identity", True), ELU: ("elu", False)}  # non-linearity, noise or not
PENALTIES = (1e-10, 1e-8, 1e-6, 1e-4, 1e-2)
DASHES = ("-", "--", ":")  # of the gains or deviations of a network


def decode(net: lm.LinearNetwork, trials: int, nonlinearity: str, noise: bool, *, deviation: float = 1.0) -> Decoder:
    """The decoder of all lags, fitted to simulated trials; 150 further trials test it."""
    rng = np.random.default_rng(0)
    signal = deviation * rng.standard_normal((trials + 150, net.size))
    simulation = lm.simulate(net, signal, rng=1, nonlinearity=nonlinearity, noise=noise)
    newest_first = signal[:, ::-1]
    fitted = lm.fit_decoder(simulation.final[:trials], newest_first[:trials], penalties=PENALTIES)
    estimates = fitted.decode(simulation.final[trials:])
    return Decoder(fitted, signal[trials:, 0], estimates[:, -1])


def chain_of_elu(gain: float, deviation: float, size: int) -> np.ndarray:
    """r^2 in a chain of elu units: of s and f(g f(g ... f(s))), all that the network keeps of a signal s."""
    s = np.linspace(-9, 9, 3601)
    density = np.exp(-(s**2) / 2)  # of the signal, up to a factor
    state = deviation * s / gain
    states = []
    for _ in range(size):
        driven = gain * state
        below = np.expm1(np.minimum(driven, 0))
        state = np.where(driven > 0, driven, below)
        states.append(state)
    covariance = np.cov([s, *states], aweights=density)
    variance = np.diag(covariance)
    return covariance[0, 1:] ** 2 / (variance[0] * variance[1:])


def recurrent_weights(settings: Settings) -> dict[str, np.ndarray]:
    """W at a gain of 1, (draws, N, N), by network: one chain, and several orthogonal matrices."""
    draws = []
    for seed in range(settings.draws):
        orthogonal = lm.random_orthogonal(settings.size, gain=1, rng=seed)
        draws.append(orthogonal.recurrent)
    chain = lm.chain(settings.size)
    return {"chain": chain.recurrent[None], "orthogonal": np.array(draws)}


def compute(settings: Settings) -> Results:
    """r^2 with noise by gain and of elu units by deviation; decoders with their theory."""
    results = Results({}, {}, {}, {}, {}, {})
    weights = recurrent_weights(settings)
    first_unit = np.eye(settings.size)[0]
    for network, gains in zip(NETWORKS, settings.gains, strict=True):
        scaled = np.multiply.outer(gains, weights[network])
        stack = lm.LinearNetwork(scaled, first_unit, noise=1 / settings.snr)
        add_linear(settings, results, network, gains, stack)
        net = stack.member(1, 0)
        if network == "chain":  # few weights: simulations skip those that are zero
            net = replace(net, recurrent=sp.csr_array(net.recurrent))
        for case, (nonlinearity, noisy) in CASES.items():
            results.decoders[network, case] = decode(net, settings.trials, nonlinearity, noisy)
        add_elu(settings, results, network, gains[1], net)
    return results


def add_linear(settings: Settings, results: Results, network: str, gains: tuple, stack: lm.LinearNetwork) -> None:
    """r^2 of linear units with noise, in theory; the stack holds draws of each gain."""
    size = settings.size
    r2 = lm.memory_function(stack, size, snr=settings.snr, horizon=size).values  # (gains, draws, lags)
    for gain, draws in zip(gains, r2, strict=True):
        results.linear[network, gain] = draws.mean(axis=0)
    middle = r2[1]
    results.theory[network, NO_NOISE] = np.ones(size)
    results.theory[network, NOISE] = middle[0]
    results.first_signal[network, NOISE] = middle[:, -1].mean()
    results.sums[network] = middle.mean(axis=0).sum()


def add_elu(settings: Settings, results: Results, network: str, gain: float, net: lm.LinearNetwork) -> None:
    """r^2 without noise by standard deviation of the signal: exact in the chain, else of a fitted decoder."""
    for deviation in settings.deviations:
        if network == "chain":
            results.elu[network, deviation] = chain_of_elu(gain, deviation, settings.size)
        elif deviation == 1.0:
            results.elu[network, deviation] = results.decoders[network, ELU].fitted.adjusted
        else:
            decoder = decode(net, settings.trials, "elu", False, deviation=deviation)
            results.elu[network, deviation] = decoder.fitted.adjusted
    unit_variance = results.elu[network, 1.0]
    results.theory[network, ELU] = unit_variance
    results.first_signal[network, ELU] = unit_variance[-1]


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: closed forms, decoders against theory, and the printed numbers."""
    size, snr = settings.size, settings.snr
    lag = np.arange(size)
    largest_error = 0.0
    for gain in settings.gains[0]:
        memory = 1 / np.cumsum(gain ** (-2.0 * lag))  # J(k) of a chain, in units of the noise
        error = abs(results.linear["chain", gain] - snr * memory / (1 + snr * memory))
        largest_error = max(largest_error, error.max())
    yield at_most("error of r^2, chain, against x J / (1 + x J)", largest_error, 1e-9)
    orthogonal = results.linear["orthogonal", settings.gains[1][1]]
    yield at_most("r^2, orthogonal, over x / (N + x)", orthogonal.max() * (size + snr) / snr, 1)

    for key, decoder in results.decoders.items():
        standard_error = np.maximum(decoder.fitted.adjusted_standard_error, 1e-6)
        deviation = abs(decoder.fitted.adjusted - results.theory[key]) / standard_error
        yield at_most(f"decoders from theory, standard errors; {', '.join(key)}", deviation.max(), 5)
    yield from printed_claims(settings, results)


def printed_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """The numbers of both networks, as they are printed."""
    printed = iter(settings.printed)
    for network in NETWORKS:
        yield rounds_to("r^2, noise", results.first_signal[network, NOISE], next(printed))
        yield rounds_to("sum, noise", results.sums[network], next(printed))
        yield rounds_to("r^2, elu", results.first_signal[network, ELU], next(printed))


def draw(settings: Settings, results: Results) -> Figure:
    """a to c: what is decoded; d, e: r^2 against the lag."""
    figure, (*estimates, linear, elu) = arrange(LAYOUT)
    for ax, case in zip(estimates, CASES, strict=True):
        draw_estimates(results, case, ax)
    estimates[0].legend(handlelength=1)
    draw_curves(settings, results.linear, "gain", linear)
    draw_curves(settings, results.elu, "s.d.", elu)
    for case, ax in ((NO_NOISE, linear), (NOISE, linear), (ELU, elu)):
        draw_decoders(results, case, ax)
    return figure


def mark_of(network: str) -> dict[str, object]:
    """Colour and marker of a network, without a line."""
    color = plotting.kind_style(network)["color"]
    return {"color": color, "marker": plotting.kind_marker(network), "linestyle": ""}


def draw_estimates(results: Results, case: str, ax: Axes) -> None:
    """The first signal and its estimate, a symbol for each trial."""
    ax.plot((-4, 4), (-4, 4), color="0.4", linewidth=0.5, linestyle="-")
    hollow = {"markersize": 2.2, "markerfacecolor": "none", "markeredgewidth": 0.5}
    for network in NETWORKS:
        decoder = results.decoders[network, case]
        ax.plot(decoder.signal, decoder.estimate, **mark_of(network), label=network, **hollow)
    ax.set(title=case, aspect=1, xlabel="Signal $s_1$", ylabel=r"Estimate $\hat{s}_1$")


def draw_curves(settings: Settings, curves: dict, varied: str, ax: Axes) -> None:
    """r^2 against the lag, a line for each network and each gain or deviation."""
    for ((network, value), r2), dash in zip(curves.items(), DASHES + DASHES, strict=True):
        color = plotting.kind_style(network)["color"]
        width = 1.5 if network == "chain" else 0.8
        ax.plot(r2, dash, color=color, linewidth=width, label=f"{network}, {varied} {value:g}")
    ax.set(xlabel="Lag $k$ (steps)", xlim=(0, settings.size))
    ax.set(ylabel="Memory function $m(k)$", ylim=(0, 1.03))
    ax.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))


def draw_decoders(results: Results, case: str, ax: Axes) -> None:
    """r^2 of the fitted decoders, every tenth lag."""
    for network in NETWORKS:
        fitted = results.decoders[network, case].fitted
        ax.plot(fitted.adjusted, **mark_of(network), markerfacecolor="white", markevery=(4, 10))


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """r^2 by lag of all curves; signals and estimates of all decoders."""
    rows = {}
    for (network, gain), r2 in results.linear.items():
        rows[f"m, {network}, gain {gain:g}"] = r2
    for (network, deviation), r2 in results.elu.items():
        rows[f"m, {network}, s.d. {deviation:g}"] = r2
    for key, decoder in results.decoders.items():
        rows[f"s and s^, {', '.join(key)}"] = [decoder.signal, decoder.estimate]
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the gains of panels a to c, and r^2 of the first signal."""
    first = results.first_signal
    return vars(settings) | {
        "chain_gain": settings.gains[0][1],
        "orthogonal_gain": settings.gains[1][1],
        "noise": 1 / settings.snr,
        "chain_noise": first["chain", NOISE],
        "chain_elu": first["chain", ELU],
        "chain_sum": results.sums["chain"],
        "orthogonal_noise": first["orthogonal", NOISE],
        "orthogonal_elu": first["orthogonal", ELU],
        "orthogonal_sum": results.sums["orthogonal"],
    }
