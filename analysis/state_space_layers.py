"""What state-space layers remember as they are initialised, when their input or their state is noisy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to
from analysis.layout import Layout, arrange, key_above, label_left

CAPTION = """
What state-space layers remember as they are initialised, when their input or their state is noisy. Layers are as
published, {size} numbers in the state, Mamba {channel} (one channel, with a step that does not change); the zero-order
hold. LRU: {seed} is the seed.

(a-d) Fisher memory J(k) for noise of variance 1 in the input, against the lag, which is counted from 1: S4D and Mamba
by the step dt, LRU by the ring and the largest phase. Every J is between 0 and 1, and the total is the number of
different modes: a layer chooses which inputs it keeps, not how many. Marks: half of the total. (e) The lag by which
half is reached, against dt; grey: half of the number of modes. At small steps it is inversely proportional to dt. For
S4D at dt = 0.1 modes turn by more than half a circle in a step and look like slower ones ({aliased} of {lin} modes of
S4D-Lin, of which those 20 apart differ by rounding alone: their memory is that of the stored numbers). (f) The same lag
for independent noise of equal variance in every number of the state. The marks are those of the steps dt; of LRU, those
of the lines in d. There a layer is a normal network, whose total is |b|^2 whatever its eigenvalues, and inputs are
forgotten sooner: half by lag {lru_state} in place of {lru_input} for an LRU in the ring from 0.9 to 0.999. No package
that is known to us ships a trained layer of these kinds in a file small enough to stand here, so that all are as they
start.
"""


@dataclass(frozen=True)
class Settings:
    """Sizes, steps and seeds; `half` are lags of half the memory, which two decimals of the steps do not change."""

    size: int = 64
    channel: int = 16
    steps: tuple[float, ...] = (0.001, 0.01, 0.1)
    many_steps: int = 25
    lags: int = 20000
    seed: int = 0
    half: tuple[tuple[str, int], ...] = (
        ("S4D-Lin, 0.001", 1136),
        ("S4D-Inv, 0.01", 146),
        ("S4D-LegS, 0.01", 128),
        ("Mamba, 0.01", 64),
        ("LRU, 0.9 to 0.999", 35),
    )


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: its name, J(k) with noise in the input, and the lags of half its memory with noise in either place."""

    name: str
    network: lm.DiagonalNetwork
    memory: np.ndarray
    half_input: int
    half_state: int


@dataclass(frozen=True, eq=False)
class Results:
    """The layers; the lags of half the memory at many steps, by family; the steps."""

    layers: list[Layer]
    steps: np.ndarray
    half_by_step: dict[str, np.ndarray]


SETTINGS = Settings()
LAYOUT = Layout(one="ab\ncd\nee\nff", two="aabbccdd\neeeeffff", heights=(6.8, 4.4))
FAMILIES = {"S4D-Lin": "s4d_lin", "S4D-Inv": "s4d_inv", "S4D-LegS": "s4d_legs", "Mamba": "mamba_channel"}
COLOURS = {"S4D-Lin": "C0", "S4D-Inv": "C1", "S4D-LegS": "C2", "Mamba": "C3", "LRU": "C4"}
DASHES = {"S4D-Lin": "-", "S4D-Inv": "--", "S4D-LegS": "-.", "Mamba": ":", "LRU": (0, (5, 1, 1, 1, 1, 1))}
WIDTHS = (0.6, 1.1, 1.7)  # of LRU, in their order
MARKS = ("o", "s", "^")  # of steps, and of LRU
HOLD = "zero-order hold"


def built(settings: Settings, family: str, step: float, noise_enters: str) -> lm.DiagonalNetwork:
    """A layer of a family at a step."""
    builder = getattr(lm, FAMILIES[family])
    if family == "Mamba":
        return builder(settings.channel, step=step, noise_enters=noise_enters)
    return builder(settings.size, step=step, discretisation=HOLD, noise_enters=noise_enters)


def networks(settings: Settings) -> Iterator[tuple[str, lm.DiagonalNetwork]]:
    """All published initialisations, with noise in the input."""
    for family in FAMILIES:
        for step in settings.steps:
            yield f"{family}, {step:g}", built(settings, family, step, "input")
    drawn = {"noise_enters": "input", "rng": settings.seed}
    yield "LRU, 0.9 to 0.999", lm.lru(settings.size, ring=(0.9, 0.999), **drawn)
    yield "LRU, 0.9 to 0.999, pi/10", lm.lru(settings.size, ring=(0.9, 0.999), phase=np.pi / 10, **drawn)
    yield "LRU, 0 to 1", lm.lru(settings.size, **drawn)


def half_lag(network: lm.DiagonalNetwork, lags: int) -> int:
    """The lag by which half of the memory is reached."""
    lag = lm.fisher_memory_curve(network, lags).lag_of_share(0.5)
    if lag is None:
        raise ValueError(f"{network.name} has not reached half of its memory within {lags} lags")
    return lag


def compute(settings: Settings) -> Results:
    """All layers, and half-lags at many steps."""
    layers = []
    for name, network in networks(settings):
        curve = lm.fisher_memory_curve(network, settings.lags)
        in_state = half_lag(replace(network, noise_enters="state"), settings.lags)
        layers.append(Layer(name, network, curve.values, int(curve.lag_of_share(0.5)), in_state))
    steps = np.geomspace(min(settings.steps), max(settings.steps), settings.many_steps)
    by_step = {
        family: np.array([half_lag(built(settings, family, step, "input"), settings.lags) for step in steps])
        for family in FAMILIES
    }
    return Results(layers, steps, by_step)


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """Totals, bounds, J(0), half-lags, and the law of the step."""
    for layer in results.layers:
        modes, pairs = layer.network.eigenvalues, layer.network.modes.imaginary
        product = np.prod(np.abs(modes)) * np.prod(np.abs(modes[pairs]))
        yield close_to(f"{layer.name}: J(0) against 1 - prod |l|^2", layer.memory[0], 1 - product**2, 1e-12)
        yield at_most(f"{layer.name}: largest J", layer.memory.max(), 1 + 1e-12)
        yield at_most(f"{layer.name}: largest rise of J", np.diff(layer.memory).max(), 1e-12)
        late = layer.network.size - layer.memory.sum()
        # memory that is left after the last lag decays at least as slowly as the slowest mode
        yield at_least(f"{layer.name}: N - sum of J(k) up to the last lag", late, -1e-9)
        yield at_most(f"{layer.name}: half-lag, noise in the state over input", layer.half_state / layer.half_input, 1)
    known = {layer.name: layer.half_input for layer in results.layers}
    for name, lag in settings.half:
        yield close_to(f"{name}: half of J by lag", known[name], lag, 0)
    for family, lags in results.half_by_step.items():
        slope = np.log(lags[2] / lags[0]) / np.log(results.steps[2] / results.steps[0])
        yield close_to(f"{family}: exponent of the half-lag in dt, at small steps", slope, -1, 0.05)


def draw(settings: Settings, results: Results) -> Figure:
    """Curves by step, and of LRU; half-lags by step, and by the place of the noise."""
    figure, (*curves, by_step, places) = arrange(LAYOUT)
    layers = {layer.name: layer for layer in results.layers}
    for ax, mark, step in zip(curves, MARKS, settings.steps, strict=False):
        for family in FAMILIES:
            draw_curve(layers[f"{family}, {step:g}"], mark, 1.2, ax)
        ax.set_title(f"step $dt = {step:g}$")
        ax.set_ylim(bottom=0)
    of_lru = [layer for layer in results.layers if family_of(layer) == "LRU"]
    for layer, mark, width in zip(of_lru, MARKS, WIDTHS, strict=True):
        draw_curve(layer, mark, width, curves[-1])
    curves[-1].set_title("LRU")
    curves[-1].legend(loc="upper right", handlelength=1.5)
    curves[-1].set(ylim=(0, 1.45), yticks=(0, 0.5, 1))  # room for the legend
    label_left(curves, "$J(k)$, noise in the input")
    draw_half_lags(settings, results, by_step)
    draw_places(settings, results, places)
    handles = []
    for family in COLOURS:
        handles += by_step.plot([], [], color=COLOURS[family], linestyle=DASHES[family], label=family)
    key_above(figure, handles)
    return figure


def draw_half_lags(settings: Settings, results: Results, ax: Axes) -> None:
    """The lag of half the memory against the step, with half of the number of modes."""
    for family, lags in results.half_by_step.items():
        ax.plot(results.steps, lags, color=COLOURS[family], linestyle=DASHES[family])
    half = settings.size / 2
    ax.axhline(half, color="0.6", linewidth=0.5)
    ax.text(settings.steps[0], 0.9 * half, f"half of {settings.size} modes", va="top", color="0.4")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("Step $dt$")
    ax.set_ylabel("Half of the memory by lag")


def draw_curve(layer: Layer, mark: str, width: float, ax: Axes) -> None:
    """J(k) of a layer, with a mark at half of the total."""
    family, _, name = layer.name.partition(", ")
    look = {"color": COLOURS[family], "linestyle": DASHES[family], "linewidth": width}
    ax.plot(np.arange(1, len(layer.memory) + 1), layer.memory, **look, label=name.replace("pi", "$\\pi$"))
    ax.plot(layer.half_input + 1, layer.memory[layer.half_input], mark, color=look["color"], markersize=4)
    ax.set(xscale="log", xlim=(1, 2e4), xlabel="Lag $k + 1$ (steps)")


def draw_places(settings: Settings, results: Results, ax: Axes) -> None:
    """Half-lags with noise in the input against those with noise in the state; a mark for each step or ring."""
    hollow = {"markersize": 4, "fillstyle": "none"}
    counted: dict[str, int] = {}
    for layer in results.layers:
        family = family_of(layer)
        number = counted.get(family, 0)
        counted[family] = number + 1
        # a lag of 0 is drawn as 1, as in the first panels
        place = layer.half_state + 1, layer.half_input + 1
        ax.plot(*place, MARKS[number], color=COLOURS[family], **hollow)
    for mark, step in zip(MARKS, settings.steps, strict=True):
        ax.plot([], [], mark, color="0.3", label=f"$dt = {step:g}$", **hollow)
    longest = 1.3 * max(layer.half_input for layer in results.layers)
    ax.plot([1, longest], [1, longest], color="0.6", linewidth=0.5)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("Half-lag + 1, noise in the state")
    ax.set_ylabel("Half-lag + 1, noise in the input")
    ax.legend(loc="lower right")


def family_of(layer: Layer) -> str:
    """The name before the comma."""
    return layer.name.split(",")[0]


def numbers(settings: Settings, results: Results) -> dict[str, object]:
    """J(k) at lags that are equally spaced on a logarithmic axis, and the lags of half the memory."""
    last = len(results.layers[0].memory) - 1
    shown = np.unique(np.round(np.geomspace(1, last + 1, 60)).astype(int)) - 1
    rows: dict[str, object] = {"lags": shown.tolist()}
    for layer in results.layers:
        rows[f"J, {layer.name}"] = [float(f"{value:.6g}") for value in layer.memory[shown]]
        rows[f"half by lag, {layer.name}, noise in input and state"] = [layer.half_input, layer.half_state]
    for family, lags in results.half_by_step.items():
        rows[f"half by lag, {family}, by step"] = lags.tolist()
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names, and the numbers of the text."""
    layers = {layer.name: layer for layer in results.layers}
    lru, last = layers["LRU, 0.9 to 0.999"], f"S4D-Lin, {settings.steps[-1]:g}"
    name = layers[last].network.name
    aliased = name.rpartition(", ")[2].split()[0] if "aliased" in name else "none"
    return vars(settings) | {
        "aliased": aliased,
        "lin": layers[last].network.size,
        "lru_state": lru.half_state,
        "lru_input": lru.half_input,
    }
