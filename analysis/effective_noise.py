"""Memory of non-linear networks against the mean-field theory in which the non-linearity acts like noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, rounds_to
from analysis.layout import Layout, arrange
from analysis.signal_to_noise import chain_of_elu
from linmem import plotting

CAPTION = """
A non-linearity acts like noise: where that is so, and where it is not.

{size} units f(u), gain {gain}, with a white Gaussian signal into one of them. The units have no noise, and yet memory
is lost. Mean-field theory replaces each unit by a linear one whose gain is the mean slope of f, with noise of the
variance that the linear unit does not explain. Memory function m(k), the share r^2 of the signal k steps before that a
linear decoder explains, in theory (lines) and in {all_steps} simulated steps (symbols; standard errors below
{standard_error:.3f}), by the variance of the signal: (a, d) random orthogonal network, (b, e) chain. (c, f) The largest
error of theory over lags. Theory holds for weak signals in orthogonal networks and, where units have noise of a tenth
of the variance of the signal, for all signals. Without noise, memory in random networks is longer than in theory, since
the unexplained part is no fresh noise but depends on the same signals. In the chain one signal passes through f again
and again, the distortions add up, and the theoretical m(k) is too large until signals are strong. With elu, which has a
bend at 0, theory fails sooner than with tanh.
"""


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


@dataclass(frozen=True)
class Results:
    """m(k), variances x lags, by function and network."""

    theory: dict[tuple[str, str], np.ndarray]
    simulated: dict[tuple[str, str], np.ndarray]
    standard_errors: dict[tuple[str, str], np.ndarray]

    def difference(self, function: str, network: str) -> np.ndarray:
        """Theory less simulation, variances x lags."""
        return self.theory[function, network] - self.simulated[function, network]

    def largest_error(self, function: str, network: str) -> np.ndarray:
        """The largest error of theory over lags, by variance."""
        return abs(self.difference(function, network)).max(axis=1)


SETTINGS = Settings()
LAYOUT = Layout(one="ad\nbe\ncf", two="abc\ndef", heights=(5.8, 4.4))
FUNCTIONS, NETWORKS = ("tanh", "elu"), ("orthogonal", "chain", "Gaussian", "with noise")
TRIALS = 4


def all_steps(settings: Settings) -> int:
    """Simulated steps in all trials together."""
    return TRIALS * settings.steps


def networks(settings: Settings) -> dict[str, lm.LinearNetwork]:
    """The networks by name; "with noise" is the orthogonal one."""
    size, gain = settings.size, settings.gain
    orthogonal = lm.random_orthogonal(size, gain=gain, rng=1)
    gaussian = lm.ginibre(size, gain=gain, rng=1)
    return dict(zip(NETWORKS, (orthogonal, lm.chain(size, gain=gain), gaussian, orthogonal), strict=True))


def compute(settings: Settings) -> Results:
    """m(k) in theory and simulated, with standard errors."""
    results = Results({}, {}, {})
    for function in FUNCTIONS:
        for name, net in networks(settings).items():
            noisy = name == "with noise"
            rows = [memory(settings, net, function, variance, noisy) for variance in settings.variances]
            theory, simulated, errors = np.moveaxis(rows, 1, 0)
            results.theory[function, name] = theory
            results.simulated[function, name] = simulated
            results.standard_errors[function, name] = errors
    return results


def memory(settings: Settings, net: lm.LinearNetwork, function: str, variance: float, noisy: bool) -> tuple:
    """m(k) in theory and simulated, with its standard error, for one variance of the signal."""
    size, snr = settings.size, settings.snr if noisy else 1.0
    net = replace(net, noise=variance / snr)
    theory = lm.mean_field(net, function, snr=snr, noise=noisy).memory_function(size)
    simulated = lm.decode_curve(
        net,
        size,
        snr=snr,
        rng=0,
        nonlinearity=function,
        noise=noisy,
        steps=settings.steps,
        batch=TRIALS,
        penalties=1e-8,
        folds=3,  # of no use to `adjusted`
    )
    return theory.values, simulated.adjusted, simulated.adjusted_standard_error


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says: the exact chain of elu units, then where theory holds and where it does not."""
    deviations = np.sqrt(settings.variances)
    exact = np.array([chain_of_elu(settings.gain, deviation, settings.size) for deviation in deviations])
    chain = ("elu", "chain")
    distance = abs(results.simulated[chain] - exact) / results.standard_errors[chain]
    yield at_most("simulated from exact m(k), chain, elu, standard errors", distance.max(), 5)
    error = abs(results.theory[chain] - exact)
    yield at_most("error of theory, chain, elu, lag 0", error[:, 0].max(), 1e-9)
    bound = all_steps(settings) ** -0.5
    largest = max(errors.max() for errors in results.standard_errors.values())
    yield at_most("largest standard error", largest, bound)
    for function, sums in zip(FUNCTIONS, settings.sums, strict=True):
        yield from printed_claims(settings, results, function, sums)
        with_noise = results.largest_error(function, "with noise")
        yield at_most(f"error of theory with noise, {function}", with_noise.max(), 3 * bound)
        middle = results.difference(function, "chain")[settings.shown[1]].mean()
        yield at_least(f"theory over simulation, mean over lags, chain, {function}, middle signal", middle, 0.02)
        for name in ("orthogonal", "Gaussian"):
            strongest = results.difference(function, name)[-1].mean()
            yield at_most(f"the same, {name}, strongest signal", strongest, -0.015)
    weakest = results.largest_error("tanh", "orthogonal")[0]
    yield at_most("error of theory, orthogonal, tanh, weakest signal", weakest, 2 * bound)


def printed_claims(settings: Settings, results: Results, function: str, sums: tuple) -> Iterator[Claim]:
    """Sums of m(k) in theory, as they are printed."""
    theory = results.theory[function, "orthogonal"]
    for place, printed in zip(settings.shown, sums, strict=True):
        name = f"sum of m, orthogonal, {function}, variance {settings.variances[place]}"
        yield rounds_to(name, theory[place].sum(), printed)


def draw(settings: Settings, results: Results) -> Figure:
    """a, d: orthogonal; b, e: chain; c, f: the error of theory."""
    figure, drawn = arrange(LAYOUT)
    panels = np.reshape(np.array(drawn, dtype=object), (2, 3))
    for (orthogonal, chain, error), function in zip(panels, FUNCTIONS, strict=True):
        draw_memory(settings, results, function, "orthogonal", orthogonal)
        draw_memory(settings, results, function, "chain", chain)
        orthogonal.set_ylim(0, 1.02)
        chain.set_ylim(0.7, 1.013)
        draw_errors(settings, results, function, error)
    for row in panels:
        for ax, label in zip(row, ("Lag $k$ (steps)", "Lag $k$ (steps)", "Variance of the signal"), strict=True):
            ax.set_xlabel(label)
    panels[0, 0].legend()
    panels[1, 2].legend()
    return figure


def draw_memory(settings: Settings, results: Results, function: str, name: str, ax: Axes) -> None:
    """m(k) in theory (lines) and simulated (symbols), by variance of the signal."""
    theory, simulated = results.theory[function, name], results.simulated[function, name]
    for place, line, mark in zip(settings.shown, ("C0-", "C1--", "C2:"), ("C0o", "C1^", "C2s"), strict=True):
        ax.plot(theory[place], line)
        label = f"variance {settings.variances[place]:g}"
        ax.plot(simulated[place], mark, markerfacecolor="white", markevery=3, label=label)
    ax.set(title=f"{name}, {function}", ylabel="Memory function $m(k)$")


def draw_errors(settings: Settings, results: Results, function: str, ax: Axes) -> None:
    """The largest error of theory against the variance of the signal, by network."""
    for name in NETWORKS:
        error = results.largest_error(function, name)
        ax.loglog(settings.variances, error, **look_of(name), markerfacecolor="white", label=name)
    ax.set(title=function, ylabel="Largest error of $m(k)$", ylim=(2e-4, 0.4))


def look_of(name: str) -> dict[str, object]:
    """Colour, dash and marker of a kind of network; of orthogonal networks with noise, black."""
    if name == "with noise":
        return {"color": "black", "linestyle": ":", "marker": "D"}
    return plotting.kind_style(name) | {"marker": plotting.kind_marker(name)}


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """m(k) in theory and simulated."""
    rows = {}
    for key, values in results.theory.items():
        rows[f"m, {', '.join(key)}, theory"] = values
    for key, values in results.simulated.items():
        rows[f"m, {', '.join(key)}, simulated"] = values
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, the simulated steps, and the bound on standard errors."""
    steps = all_steps(settings)
    return vars(settings) | {"all_steps": steps, "standard_error": steps**-0.5}
