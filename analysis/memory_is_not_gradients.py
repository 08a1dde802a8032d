"""Memory is not gradients: networks in which one of the two is gone and the other is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, rounds_to
from analysis.layout import Layout, arrange, key_above, label_left
from linmem.cells.trajectory import Trajectory
from linmem.running.linearised_path import Noise, linearise

CAPTION = """
Memory is not gradients: networks in which one of the two is gone and the other is not. Thick: Fisher memory J(k) for
noise of variance 1 in every unit and step; thin: the squared norm of the gradient, ||dh_T / ds_(T-k)||^2.

(a) Chains of {units} units with links of 1/2 and then 2, of 2 and then 1/2, and of 1. All three have a gradient of 1 at
lag {lag}; J is {half_first}, {double_first} and {ones}. What counts is where the signal was amplified: before the noise
came, or with it. (b) A long short-term memory of one unit whose output gate is shut (bias {shut:g}): h has lost the
gradient, {gate_gradient}, and knows as little, but c keeps the input: J of (h, c) is {gate_memory} at lag {lag}. A
chain of tanh units that are saturated (slope {slope:.2g}), {stages} units long: the gradient is {saturated_gradient} at
lag {reach}; with noise before the non-linearity, which shrinks it as well, J is {saturated_memory} = 1 / {stages}, with
noise after it {after_memory}. (c) A chaotic network of {size} tanh units (gain {gain}), {steps} steps: the gradient
explodes, and J is lowest at lags in the middle. The oldest inputs are kept, since they were amplified before the noise
came; this holds only for noise far below exp(-lambda T), here with lambda = {exponent} below {smallest:.0e}: it is a
limit, and no memory that could be used. Where all units have noise, J(k) is never above the squared gradient (claim
H6).
"""


@dataclass(frozen=True)
class Settings:
    """Sizes, gains and biases; `exponent` is the largest Lyapunov exponent."""

    units: int = 41
    shut: float = -12.0
    stages: int = 21
    bias: float = 4.0
    size: int = 100
    steps: int = 300
    gain: float = 2.0
    seed: int = 0
    exponent: str = "0.14"


@dataclass(frozen=True, eq=False)
class Pair:
    """J(k) and squared gradients of one network, along the lags."""

    memory: np.ndarray
    gradients: np.ndarray


@dataclass(frozen=True, eq=False)
class Results:
    """What is drawn in the three panels, by name; the slope of the saturated units; the largest exponent."""

    chains: dict[str, Pair]
    hidden: dict[str, Pair]
    chaotic: Pair
    slope: float
    exponent: float


SETTINGS = Settings()
LAYOUT = Layout(one="a\nb\nc", two="abc", heights=(6.0, 2.6))
LINKS = {"1/2, then 2": (0.5, 2.0), "2, then 1/2": (2.0, 0.5), "1": (1.0, 1.0)}
GATE_BOTH, GATE_HIDDEN = "LSTM, $(h, c)$", "LSTM, $h$"
BEFORE, AFTER = "saturated, noise before", "saturated, noise after"


def pair_of(network: lm.TimeVaryingNetwork, **readout: object) -> Pair:
    """Both measures of one network, or of a part of its state."""
    curve = lm.fisher_memory_curve(network, rtol=1e-5, **readout)
    return Pair(curve.values, lm.gradient_norms(network, **readout).values ** 2)


def compute(settings: Settings) -> Results:
    """All pairs."""
    gated = gate(settings)
    saturated = saturated_path(settings)
    path = chaotic_path(settings)
    slopes = saturated.cell.slopes(saturated.states[0], saturated.inputs[0])
    return Results(
        chains={name: pair_of(chain_of(settings.units, *links)) for name, links in LINKS.items()},
        hidden={
            GATE_BOTH: pair_of(gated),
            GATE_HIDDEN: pair_of(gated, observe=[0]),
            BEFORE: pair_of(linearise(saturated, noise=Noise(hidden=1.0, where="before"))),
            AFTER: pair_of(linearise(saturated, noise=1.0)),
        },
        chaotic=pair_of(lm.linearise(path, noise=1.0)),
        slope=float(slopes[0]),
        exponent=float(lm.lyapunov_exponents(path, 1, burn_in=50).values[0]),
    )


def chain_of(units: int, first: float, second: float) -> lm.TimeVaryingNetwork:
    """A chain whose links are `first` in its first half and `second` in the other."""
    half = (units - 1) // 2
    W = np.diag([first] * half + [second] * half, -1)
    return lm.TimeVaryingNetwork(np.repeat(W[None], units, axis=0), np.tile(np.eye(units)[0], (units, 1)))


def gate(settings: Settings) -> lm.TimeVaryingNetwork:
    """An LSTM of one unit that is at rest: i is nearly open, f as well, o is shut."""
    cell = lm.LSTMCell(np.zeros((4, 1)), [[0.0], [0.0], [1.0], [0.0]], [8.0, 8.0, 0.0, settings.shut])
    return lm.linearise(lm.trajectory(cell, np.zeros(settings.units)), noise=1.0)


def saturated_path(settings: Settings) -> Trajectory:
    """A chain of tanh units, which their biases push to where the slope is small; the links make up for the slope."""
    n = settings.stages
    rest = np.tanh(settings.bias)
    link = 1 / (1 - rest**2)
    bias = np.full(n, settings.bias)
    bias[1:] -= link * rest
    cell = lm.RNNCell(np.diag(np.full(n - 1, link), -1), np.eye(n)[:, :1], bias)
    return lm.trajectory(cell, np.zeros(n), initial_state=np.full(n, rest))


def chaotic_path(settings: Settings) -> Trajectory:
    """A Gaussian network of tanh units with a weak random input, after a transient."""
    rng = np.random.default_rng(settings.seed)
    n, transient = settings.size, 50
    W = settings.gain * rng.standard_normal((n, n)) / np.sqrt(n)
    cell = lm.RNNCell(W, rng.standard_normal((n, 1)) / np.sqrt(n))
    start = lm.trajectory(cell, np.zeros(transient), initial_state=rng.standard_normal(n)).states[-1]
    return lm.trajectory(cell, 0.1 * rng.standard_normal(settings.steps), initial_state=start)


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one panel after the other."""
    lag = settings.units - 1
    for name, (first, second) in LINKS.items():
        pair = results.chains[name]
        squares = np.cumprod(np.repeat([1, first, second], [1, lag // 2, lag // 2]) ** 2.0)
        error = np.abs(pair.memory * np.cumsum(1 / squares) - 1).max()
        yield at_most(f"chain, links of {name}: J(k), against its closed form, relative", error, 1e-9)
        yield close_to(f"chain, links of {name}: squared gradient at lag {lag}", pair.gradients[lag], 1, 1e-9)
    shown = results.hidden
    for name, pair in shown.items():
        within = pair.memory / pair.gradients
        if name in (GATE_BOTH, AFTER):
            yield at_most(f"{name}: J(k) over the squared gradient", within.max(), 1 + 1e-9)
    ratio = shown[GATE_HIDDEN].gradients[lag] / shown[GATE_BOTH].memory[lag]
    yield at_most(f"gradient of h over what (h, c) keeps, lag {lag}", ratio, 1e-6)
    reach = settings.stages - 1
    yield close_to("saturated, noise before: J at its end", shown[BEFORE].memory[reach], 1 / settings.stages, 1e-9)
    ratio = shown[AFTER].memory[reach] / (results.slope**2 / settings.stages)
    yield close_to("saturated, noise after: J at its end over slope^2 / stages", ratio, 1, 1e-6)
    yield from chaotic_claims(settings, results)


def chaotic_claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """That the gradient explodes, and that the middle lags are forgotten."""
    memory, gradients = results.chaotic.memory, results.chaotic.gradients
    last = settings.steps - 10
    yield at_least(f"chaotic: squared gradient at lag {last}", gradients[last], 1e15)
    yield at_least("chaotic: J at that lag over the smallest J", memory[last] / memory.min(), 10)
    yield at_most("chaotic: largest J over the squared gradient", (memory / gradients).max(), 1)
    yield rounds_to("chaotic: largest exponent", results.exponent, settings.exponent)


def draw(settings: Settings, results: Results) -> Figure:
    """Three panels."""
    figure, panels = arrange(LAYOUT)
    draw_pairs(results.chains, panels[0])
    draw_pairs(results.hidden, panels[1])
    draw_pairs({"chaotic": results.chaotic}, panels[2])
    label_left(panels, "$J(k)$ and squared gradient")
    for ax in panels:
        ax.set_xlabel("Lag $k$ (steps)")
    for ax, title in zip(
        panels, ("chains, by their links", "hidden from the output", "a chaotic network"), strict=True
    ):
        ax.set_title(title)
    for ax, limits in zip(panels, ((1e-13, 1e22), (1e-11, 1e8)), strict=False):
        ax.set_ylim(limits)  # room for the legend
        ax.legend(loc="upper right")
    key = [panels[0].plot([], [], "k-", linewidth=width, label=name)[0] for name, width in WIDTHS.items()]
    key_above(figure, key)
    return figure


WIDTHS = {"Fisher memory $J(k)$": 1.5, "squared gradient": 0.5}
LOOKS = (("C0", "-"), ("C1", "--"), ("C2", "-."), ("C3", ":"))


def draw_pairs(pairs: dict[str, Pair], ax: Axes) -> None:
    """Memory thick, squared gradients thin."""
    for (name, pair), (colour, dash) in zip(pairs.items(), LOOKS, strict=False):
        lags = np.arange(len(pair.memory))
        ax.plot(lags, pair.memory, color=colour, linestyle=dash, linewidth=1.5, label=name)
        ax.plot(lags, pair.gradients, color=colour, linestyle=dash, linewidth=0.5)
    ax.set_yscale("log")


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """Both measures of every network."""
    rows: dict[str, object] = {}
    for name, pair in {**results.chains, **results.hidden, "chaotic": results.chaotic}.items():
        rows[f"J, {name}"] = [float(f"{value:.6g}") for value in pair.memory]
        rows[f"squared gradient, {name}"] = [float(f"{value:.6g}") for value in pair.gradients]
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and the numbers of the text."""
    lag, reach = settings.units - 1, settings.stages - 1
    half_first, double_first, ones = (f"{results.chains[name].memory[lag]:.3g}" for name in LINKS)
    hidden = results.hidden
    return vars(settings) | {
        "lag": lag,
        "reach": reach,
        "half_first": half_first,
        "double_first": double_first,
        "ones": ones,
        "slope": results.slope,
        "gate_gradient": f"{hidden[GATE_HIDDEN].gradients[lag]:.2g}",
        "gate_memory": f"{hidden[GATE_BOTH].memory[lag]:.3f}",
        "saturated_gradient": f"{hidden[AFTER].gradients[reach]:.2g}",
        "saturated_memory": f"{hidden[BEFORE].memory[reach]:.4f}",
        "after_memory": f"{hidden[AFTER].memory[reach]:.2g}",
        "smallest": np.exp(-results.exponent * settings.steps),
    }
