"""Trained networks along the paths that they run: their cells, the inputs of their tasks, and what is measured there.

Memory of symbols, one-hot inputs, is that of contrasts: what the state knows about one symbol rather than another, in
the mean over orthonormal contrasts. Noise of variance 1 enters every number of the state, unless something else is
said.

Contents
--------
PathRun, collected_paths, HEAT_MAP
    What `analysis.collect_paths` stored of a run, by name; the file of the memory at all ends of one sequence.
cell_of, sequences_of
    The cell of a run before or after training; inputs of its task that it was not trained on.
contrasts
    Orthonormal contrasts of some of the inputs.
path_memory, linear_memory, memory_at_all_ends, wanted_memory
    J(k) of contrasts: along a path after one step, of W alone, along a path after every step; J of what has to be
    remembered.
unexplained
    The share of what has to be remembered that the state does not explain, with all inputs in each other's way.
memory_of_lstm
    J(k) of (h, c), and of h alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import linmem as lm
from analysis.trainings import TRAINED, Run
from linmem.cells.cell import Cell
from linmem.learning.parameters import ParameterLayout
from linmem.learning.tasks import build
from linmem.learning.trained import starting_parameters

PATHS = TRAINED / "paths.json"
HEAT_MAP = TRAINED / "all_ends.npz"
STATES = ("before", "after")
SEED_OF_INPUTS = 2026
DEVIATION = 1e-4  # of the noise: within the limits of linear theory along the paths of all runs
SEQUENCES = {"copy": 2, "addition": 6, "digits": 6}  # of each run
OUTSIDE_COPY = 2  # symbols of the copying task that are never copied: the blank, and the cue
INPUTS = {"copy": 10, "addition": 2, "digits": 1, "characters": 62}
OUTPUTS = {"copy": 9, "addition": 1, "digits": 10, "characters": 62}
LAGS_OF_LSTM = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 140)
LENGTH_OF_TEXT, ENDS_OF_TEXT = 300, (179, 239, 299)
ENDS_OF_COPY = (0, 4, 9)  # symbols, each of which is asked for at a step of its own


@dataclass(frozen=True, eq=False)
class PathRun:
    """What was measured along the paths of one run.

    Attributes
    ----------
    name
        That of the run.
    unexplained, memory
        The unexplained share of each sequence, and `wanted_memory` of the first one, after training.
    mean_square
        The mean of h^2 after training.
    noise_limit
        The standard deviation of the noise up to which the linear theory of the path holds, after training.
    curves
        J(k) by "path, before", "linear, after" and the like, of copying with seed 1; of LSTMs, by "(h, c), before", "h,
        after" and the like, at `LAGS_OF_LSTM`; inf for an infinite memory.
    """

    name: str
    unexplained: list[float] = field(default_factory=list)
    memory: float = 0.0
    mean_square: float = 0.0
    noise_limit: float | None = None
    curves: dict[str, np.ndarray] = field(default_factory=dict)


def collected_paths() -> dict[str, PathRun]:
    """What is stored of all runs, by name."""
    runs = {}
    for line in json.loads(PATHS.read_text(encoding="utf-8"))["runs"]:
        curves = {name: np.array(curve, float) for name, curve in line.pop("curves").items()}
        for curve in curves.values():
            curve[np.isnan(curve)] = np.inf  # JSON has no infinity: null stands for it
        runs[line["name"]] = PathRun(**line, curves=curves)
    return runs


def layout_of(run: Run) -> ParameterLayout:
    """The layout of the parameters of a run."""
    settings = run.settings
    return ParameterLayout(settings.cell, settings.units, INPUTS[run.task], OUTPUTS[run.task])


def cell_of(run: Run, state: str = "after") -> Cell:
    """The cell before training, computed anew from the seed, or after it, as it is stored."""
    layout = layout_of(run)
    if state == "before":
        return layout.cell(layout.views(starting_parameters(run.settings, layout)))
    with np.load(run.weights) as stored:
        return layout.cell({name: stored[name] for name in ("recurrent", "feedforward", "bias")})


def sequences_of(run: Run, count: int) -> np.ndarray:
    """Inputs that were not used in training, (count, T, inputs): symbols are one-hot."""
    if run.task == "digits":
        return build("digits", run.settings.options, rng=None).validation.inputs[:count].astype(float)
    if run.task == "characters":
        symbols = build("characters", rng=None).validation.inputs
        streams = [np.concatenate(symbols[i::16])[:LENGTH_OF_TEXT] for i in range(count)]  # 16 pieces, side by side
        return np.eye(INPUTS["characters"])[np.array(streams)]
    few = {"sequences": 1, "validation": count}
    task = build(run.task, run.settings.options | few, rng=SEED_OF_INPUTS)
    inputs = task.validation.inputs
    return np.eye(INPUTS["copy"])[inputs] if run.task == "copy" else inputs.astype(float)


def contrasts(inputs: int, varying: Sequence[int]) -> np.ndarray:
    """Orthonormal contrasts of the inputs that vary, (inputs, varying - 1)."""
    columns = np.eye(inputs)[:, list(varying)]
    centred = np.eye(len(varying)) - 1 / len(varying)
    axes = np.linalg.svd(centred)[0][:, :-1]
    return columns @ axes


def seen_by(run: Run) -> np.ndarray:
    """The directions of the input that are to be remembered, (inputs, d): of symbols, contrasts."""
    n = INPUTS[run.task]
    if run.task == "copy":
        return contrasts(n, range(1, n - OUTSIDE_COPY + 1))
    if run.task == "characters":
        return contrasts(n, range(n))
    return np.eye(n)[:, -1:]  # the number to add; the pixel


def along(path: Any, directions: np.ndarray, noise: float = 1.0, until: int | None = None) -> lm.TimeVaryingNetwork:
    """The path as a network whose inputs are along the directions, and are 0 from step `until` on."""
    steps = path.steps

    def chunk(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        A, B = path.jacobians(start, stop)
        B = B @ directions
        if until is not None:
            B[max(until - start, 0) :] = 0
        return A, B

    return lm.TimeVaryingNetwork(chunk, noise=noise, steps=steps)


def mean_memory(values: np.ndarray) -> np.ndarray:
    """tr J / d over the last two axes."""
    return np.einsum("...aa->...", values).real / values.shape[-1]


def path_memory(run: Run, state: str, sequence: np.ndarray, at: int = -1) -> np.ndarray:
    """J(k) after one step, back to the first input."""
    path = lm.trajectory(cell_of(run, state), sequence)
    return mean_memory(lm.fisher_memory_curve(along(path, seen_by(run)), at=at).values)


def wanted_memory(run: Run, path: Any) -> float:
    """J of what has to be remembered: the first symbol when it is asked for, the numbers to add, the mean pixel."""
    network = along(path, seen_by(run))
    if run.task == "copy":
        lag = path.steps - 10
        return float(mean_memory(lm.fisher_memory_curve(network, at=lag).values)[lag])
    J = mean_memory(lm.fisher_memory_curve(network).values)[::-1]
    return float(J[path.inputs[:, 0] == 1].mean() if run.task == "addition" else J.mean())


def linear_memory(run: Run, state: str, steps: int) -> np.ndarray:
    """J(k) of W alone over a horizon of so many steps."""
    parts = cell_of(run, state)
    network = lm.LinearNetwork(parts.weight_hh, parts.weight_ih @ seen_by(run))
    return mean_memory(lm.fisher_memory_curve(network, steps, horizon=steps, rtol=1e-6).values)


def memory_at_all_ends(run: Run, sequence: np.ndarray) -> np.ndarray:
    """J_T(k) after every step, (T, T), nan for lags before the first step."""
    network = along(lm.trajectory(cell_of(run), sequence), seen_by(run))
    return mean_memory(lm.fisher_memory_curve(network, len(sequence), at="all").values)


def unexplained(run: Run, path: Any, deviation: float) -> float:
    """1 - m, of what has to be remembered, with noise of this standard deviation and all varying inputs in the way.

    That is each symbol to copy at the step at which it is asked for, the two steps with a number to add, all pixels.
    """
    variance = deviation**2
    if run.task == "copy":
        return _unexplained_symbols(run, path, variance)
    S = covariance_of_inputs(run, path.steps)
    of_steps = np.diag(S).reshape(path.steps, -1).sum(axis=1)
    if run.task == "addition":
        of_steps *= path.inputs[:, 0]  # the marks
    network = lm.linearise(path, noise=variance)
    function = lm.memory_function(network, snr=np.diag(S).mean() / variance, input_covariance=S, rtol=1e-6)
    return 1 - float(function.values[::-1] @ of_steps / of_steps.sum())


def _unexplained_symbols(run: Run, path: Any, variance: float) -> float:
    """In the mean over three symbols, each at the step at which it is asked for."""
    symbols = INPUTS["copy"] - OUTSIDE_COPY
    directions = seen_by(run) / np.sqrt(symbols)  # the covariance of a random symbol is that of contrasts over 8
    lag = path.steps - 10
    network = along(path, directions, variance, until=10)
    shares = []
    for symbol in ENDS_OF_COPY:
        function = lm.memory_function(network, lag + 1, snr=1 / variance, at=lag + symbol, rtol=1e-6)
        shares.append(function.values[lag])
    return 1 - float(np.mean(shares))


def covariance_of_inputs(run: Run, steps: int) -> np.ndarray:
    """The covariance of the inputs of all steps of adding, or of the digits on which a network was trained."""
    if run.task == "digits":
        pixels = build("digits", run.settings.options, rng=None).training.inputs[:, :, 0]
        return np.cov(pixels.T.astype(float))
    S = np.zeros((steps, 2, steps, 2))
    S[np.arange(steps), 1, np.arange(steps), 1] = 1 / 12  # numbers uniform between 0 and 1
    half = steps // 2
    for part in (slice(0, half), slice(half, steps)):
        n = len(range(steps)[part])
        S[part, 0, part, 0] = np.eye(n) / n - 1 / n**2  # one of n is marked
    return S.reshape(2 * steps, 2 * steps)


def memory_of_lstm(run: Run, state: str, text: np.ndarray) -> dict[str, np.ndarray]:
    """J(k) of (h, c) and of h at `LAGS_OF_LSTM`, the geometric mean over three ends."""
    network = along(lm.trajectory(cell_of(run, state), text), seen_by(run))
    hidden = tuple(range(run.settings.units))
    curves = {}
    for name, observe in (("(h, c)", None), ("h", hidden)):
        logarithms = []
        for end in ENDS_OF_TEXT:
            J = lm.fisher_memory_curve(network, LAGS_OF_LSTM[-1] + 1, at=end, observe=observe, rtol=1e-6)
            with np.errstate(divide="ignore"):
                logarithms.append(np.log(mean_memory(J.values)[list(LAGS_OF_LSTM)]))
        curves[f"{name}, {state}"] = np.exp(np.mean(logarithms, axis=0))
    return curves
