"""Orthogonal networks are suboptimal for the signal-to-noise ratio. After Orhan & Pitkow (2020), Fig 2.

A white signal of variance 1 comes in for {s.size} steps; decoders, fitted to {s.trials} trials, read it from the last
state of {s.size} units. (a) to (c): the first signal and its estimate in 150 other trials, for a chain of gain
{s.gains[0][1]} and a random orthogonal network of {s.gains[1][1]:g}. (a) Linear: nothing is lost. (b) With noise of
variance {f.noise:g}: r^2 = {f.values[0]:.2f} and {f.values[3]:.2f}. (c) Without it, but elu: {f.values[2]:.2f} and
{f.values[5]:.2f}. Gains and noise are ours; the paper gives none. (d) r^2 in b by gain, in theory (orthogonal: mean of
{s.draws} draws); symbols, decoders of a (at 1) and b. Dashed lines add up to {f.values[1]:.1f} and {f.values[4]:.1f}.
Above 1 orthogonal networks have no stationary state, and lose recent signals. (e) r^2 in c, by the signal's s.d. In a
chain each signal has its own unit and loses what is below 0, once (exact); mixed and bent in turn, old ones are lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_most, require, rounds_to
from analysis.output import FIGURES, save
from linmem import plotting


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


SETTINGS = Settings()
WAYS = {"linear, no noise": ("identity", False), "linear, noise": ("identity", True), "elu, no noise": ("elu", False)}


def decode(net: lm.LinearNetwork, trials: int, nonlinearity="elu", noise=False, *, deviation=1.0) -> tuple:
    """The decoder of all lags, and the first signal with its estimate in trials that it has not met."""
    signal = deviation * np.random.default_rng(0).standard_normal((trials + 150, net.size))
    final = lm.simulate(net, signal, rng=1, nonlinearity=nonlinearity, noise=noise).final
    fitted = lm.fit_decoder(final[:trials], signal[:trials, ::-1], penalties=(1e-10, 1e-8, 1e-6, 1e-4, 1e-2))
    return fitted, signal[trials:, 0], fitted.decode(final[trials:])[:, -1]


def bent(gain: float, deviation: float, size: int) -> np.ndarray:
    """r^2 in a chain of elu units: of s and f(g f(g ... f(s))), which is all that the network keeps of it."""
    s = np.linspace(-9, 9, 3601)
    h = [deviation * s / gain]
    for _ in range(size):
        h.append(np.where(h[-1] > 0, gain * h[-1], np.expm1(np.minimum(gain * h[-1], 0))))
    C = np.cov([s, *h[1:]], aweights=np.exp(-(s**2) / 2))
    return C[0, 1:] ** 2 / (C[0, 0] * np.diag(C)[1:])


def compute(settings: Settings) -> SimpleNamespace:
    """r^2 with noise by gain and of elu units by deviation; decoders, with their theory; what is printed."""
    n, sds, T = settings.size, settings.deviations, settings.trials
    found = SimpleNamespace(noise=1 / settings.snr, linear={}, elu={}, decoders={}, theory={}, values=[])
    turns = [lm.random_orthogonal(n, gain=1, rng=seed).recurrent for seed in range(settings.draws)]
    for name, gains, W in zip(("chain", "orthogonal"), settings.gains, ([lm.chain(n).recurrent], turns), strict=True):
        nets = lm.LinearNetwork(np.multiply.outer(gains, W), np.eye(n)[0], found.noise)
        net, r2 = nets.member(1, 0), lm.memory_function(nets, n, snr=settings.snr, horizon=n).values
        elu = [bent(gains[1], sd, n) if name == "chain" else decode(net, T, deviation=sd)[0].adjusted for sd in sds]
        found.linear |= {f"{name}, gain {gain:g}": line for gain, line in zip(gains, r2.mean(axis=1), strict=True)}
        found.elu |= {f"{name}, s.d. {sd:g}": line for sd, line in zip(sds, elu, strict=True)}
        found.decoders |= {(name, way): decode(net, T, *options) for way, options in WAYS.items()}
        found.theory |= zip(((name, way) for way in WAYS), (np.ones(n), r2[1, 0], elu[1]), strict=True)
        found.values += [r2[1, :, -1].mean(), r2[1].mean(axis=0).sum(), elu[1][-1]]
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    x, n, (*chain, _, turn, _) = settings.snr, settings.size, found.linear.values()
    J = np.array([1 / np.cumsum(gain ** (-2.0 * np.arange(n))) for gain in settings.gains[0]])
    yield at_most("error of r^2, chain, against x J / (1 + x J)", abs(chain - x * J / (1 + x * J)).max(), 1e-9)
    yield at_most("r^2, orthogonal, over x / (N + x)", turn.max() * (n + x) / x, 1)
    for key, (fitted, *_) in found.decoders.items():
        apart = abs(fitted.adjusted - found.theory[key]) / np.maximum(fitted.adjusted_standard_error, 1e-6)
        yield at_most(f"decoders from theory, standard errors; {', '.join(key)}", apart.max(), 5)
    yield from map(rounds_to, 2 * ("r^2, noise", "sum, noise", "r^2, elu"), found.values, settings.printed)


def draw(settings: Settings, found):
    """a to c: what is decoded; d, e: r^2 against the lag."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.7)
    *points, linear, elu = figure.subplot_mosaic("aabbcc;dddeee", height_ratios=(1, 1.1)).values()
    for ax, lines in ((linear, found.linear), (elu, found.elu)):
        for (name, r2), line in zip(lines.items(), ("C0-", "C0--", "C0:", "C1-", "C1--", "C1:"), strict=True):
            ax.plot(r2, line, linewidth=1.5 if line.startswith("C0") else 0.8, label=name)
        ax.set(xlabel="Lag $k$ (steps)", xlim=(0, settings.size), ylim=(0, 1.03), ylabel="Memory function $m(k)$")
        ax.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    for ax, way in zip(points, WAYS, strict=True):
        ax.plot((-4, 4), (-4, 4), color="0.4", linewidth=0.5, linestyle="-")
        ax.set(title=way, aspect=1, xlabel="Signal $s_1$", ylabel=r"Estimate $\hat{s}_1$")
    panels, marks = 2 * list(zip(points, (linear, linear, elu), strict=True)), 3 * ["C0o"] + 3 * ["C1^"]
    for ((name, _), (fitted, *pair)), (ax, curves), mark in zip(found.decoders.items(), panels, marks, strict=True):
        ax.plot(*pair, mark, markersize=2.2, markerfacecolor="none", markeredgewidth=0.5, label=name)
        curves.plot(fitted.adjusted, mark, markerfacecolor="white", markevery=(4, 10))
    points[0].legend(handlelength=1)
    plotting.letter_panels(*points, linear, elu)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"m, {name}": r2 for name, r2 in (found.linear | found.elu).items()}
    numbers |= {f"s and s^, {', '.join(key)}": pair for key, (_, *pair) in found.decoders.items()}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
