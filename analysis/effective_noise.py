"""A non-linearity acts like noise: where that is so, and where it is not.

{s.size} units f(u), gain {s.gain}, a white Gaussian signal into one of them. Units have no noise, and yet memory is
lost. Mean-field theory puts a linear unit for each, with the mean slope of f for its gain, and noise for what f leaves
over. Memory function m(k), the share r^2 of the signal k steps before that a linear decoder explains, in theory (lines)
and in {f.steps} simulated steps (symbols; standard errors below {f.error:.3f}), by the variance of the signal: (a, d)
random orthogonal network, (b, e) chain. (c, f) The largest error of theory over lags. It holds for weak signals in
orthogonal networks, and, where units have noise of a tenth of the signal's variance, for any. Without, memory in random
networks is longer than theory has it, since what f leaves over is no fresh noise but made of the same signals. In the
chain one signal meets f again and again, distortions add up, and theory promises too much until signals are strong.
With elu, bent at 0, it fails sooner than with tanh.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_least, at_most, require, rounds_to
from analysis.output import FIGURES, save
from analysis.signal_to_noise import chain_of_elu
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """`sums`: of m(k) in theory, orthogonal network with tanh and with elu, for the variances that are shown."""

    size: int = 40
    gain: float = 0.9
    variances: tuple = (0.01, 0.04, 0.16, 0.63, 2.5, 10.0)
    shown: tuple = (0, 2, 4)  # places of variances
    snr: float = 10.0  # where there is noise
    steps: int = 10_000  # in each of four trials
    sums: tuple = (("38.1", "35.2", "23.1"), ("34.6", "25.2", "14.4"))


SETTINGS = Settings()
FUNCTIONS, NAMES = ("tanh", "elu"), ("orthogonal", "chain", "Gaussian", "with noise")


def compute(settings: Settings) -> SimpleNamespace:
    """m(k), variances x lags, in theory and simulated, with standard errors, by function and network."""
    n, gain = settings.size, settings.gain
    orthogonal = lm.random_orthogonal(n, gain=gain, rng=1)
    nets = orthogonal, lm.chain(n, gain=gain), lm.ginibre(n, gain=gain, rng=1), orthogonal
    found = SimpleNamespace(theory={}, simulated={}, errors={}, steps=4 * settings.steps)
    found.error = found.steps**-0.5
    for key, net in (((function, name), net) for function in FUNCTIONS for name, net in zip(NAMES, nets, strict=True)):
        noisy, rows = key[1] == "with noise", []
        for variance in settings.variances:
            snr = settings.snr if noisy else 1.0
            net = replace(net, noise=variance / snr)
            theory = lm.mean_field(net, key[0], snr=snr, noise=noisy).memory_function(n).values
            options = {"nonlinearity": key[0], "noise": noisy, "steps": settings.steps, "batch": 4}
            one = lm.decode_curve(net, n, snr=snr, rng=0, penalties=1e-8, folds=3, **options)  # of no use to `adjusted`
            rows.append((theory, one.adjusted, one.adjusted_standard_error))
        found.theory[key], found.simulated[key], found.errors[key] = np.moveaxis(rows, 1, 0)
    found.apart = {key: theory - found.simulated[key] for key, theory in found.theory.items()}
    found.worst = {key: abs(apart).max(axis=1) for key, apart in found.apart.items()}
    return found


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    chain, worst, error = ("elu", "chain"), found.worst, found.error
    exact = np.array([chain_of_elu(settings.gain, variance**0.5, settings.size) for variance in settings.variances])
    apart = abs(found.simulated[chain] - exact) / found.errors[chain]
    yield at_most("simulated from exact m(k), chain, elu, standard errors", apart.max(), 5)
    yield at_most("error of theory, chain, elu, lag 0", abs(found.theory[chain] - exact)[:, 0].max(), 1e-9)
    yield at_most("largest standard error", max(errors.max() for errors in found.errors.values()), error)
    for function, sums in zip(FUNCTIONS, settings.sums, strict=True):
        for place, printed in zip(settings.shown, sums, strict=True):
            total = found.theory[function, "orthogonal"][place].sum()
            yield rounds_to(f"sum of m, orthogonal, {function}, variance {settings.variances[place]}", total, printed)
        yield at_most(f"error of theory with noise, {function}", worst[function, "with noise"].max(), 3 * error)
        between = found.apart[function, "chain"][settings.shown[1]].mean()
        yield at_least(f"theory over simulation, mean over lags, chain, {function}, middle signal", between, 0.02)
        for name in ("orthogonal", "Gaussian"):
            yield at_most(f"the same, {name}, strongest signal", found.apart[function, name][-1].mean(), -0.015)
    yield at_most("error of theory, orthogonal, tanh, weakest signal", worst["tanh", "orthogonal"][0], 2 * error)


def draw(settings: Settings, found):
    """a, d: orthogonal; b, e: chain; c, f: the error of theory."""
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 4.2)
    panels = figure.subplots(2, 3, sharex="col", sharey="col")
    for row, function in zip(panels, FUNCTIONS, strict=True):
        for ax, name, lowest in zip(row, NAMES, (0, 0.7), strict=False):
            for place, line, mark in zip(settings.shown, ("C0-", "C1--", "C2:"), ("C0o", "C1^", "C2s"), strict=True):
                label = f"variance {settings.variances[place]:g}"
                ax.plot(found.theory[function, name][place], line)
                ax.plot(found.simulated[function, name][place], mark, markerfacecolor="white", markevery=3, label=label)
            ax.set(title=f"{name}, {function}", ylabel="Memory function $m(k)$", ylim=(lowest, 1.02 - lowest / 100))
        for name, line in zip(NAMES, ("C3^--", "C4s-.", "C5o-", "kD:"), strict=True):
            row[2].loglog(settings.variances, found.worst[function, name], line, markerfacecolor="white", label=name)
        row[2].set(title=function, ylabel="Largest error of $m(k)$", ylim=(2e-4, 0.4))
    for ax, label in zip(panels[1], ("Lag $k$ (steps)", "Lag $k$ (steps)", "Variance of the signal"), strict=True):
        ax.set_xlabel(label)
    panels[0, 0].legend()
    panels[1, 2].legend(ncols=2)
    plotting.letter_panels(*panels.flat)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"m, {', '.join(key)}, theory": m for key, m in found.theory.items()}
    numbers |= {f"m, {', '.join(key)}, simulated": m for key, m in found.simulated.items()}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, f=found))
    return held
