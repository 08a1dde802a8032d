"""Profiles of the gates of LSTMs: mean weights along the order in which units respond to a pulse.

Contents
--------
states, by_kernel
    The states of LSTMs after a pulse, by their equations, and by the kernels that trained them.
profiles
    The mean weight at each distance along that order, gate by gate.
Profile, described
    A profile with the mean and the spread of those of shuffled networks.
Gates, analyse
    The profiles of a trained network, of its start, and of networks with the same weights in random places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from analysis.trainings import Run
from linmem.learning.parameters import ParameterLayout
from linmem.learning.tasks import Sequences
from linmem.learning.trained import starting_parameters
from linmem.learning.unrolled import Unrolled

ORDERS = ("modulus", "signed")
AT_ONCE = 4  # networks: their weights are as large as the cache of a core


@dataclass(frozen=True, eq=False)
class Profile:
    """Mean weight at each distance i - j, (2 N - 1,) each.

    Attributes
    ----------
    distance
        1 - N, ..., N - 1.
    mean, raw
        Running mean over some distances, and the profile itself.
    null_mean, null_standard_deviation
        Mean and spread of the running means of shuffled networks.
    """

    distance: np.ndarray
    mean: np.ndarray
    raw: np.ndarray
    null_mean: np.ndarray
    null_standard_deviation: np.ndarray


@dataclass(frozen=True, eq=False)
class Gates:
    """The gates of a trained LSTM, in PyTorch's order: input, forget, cell (the update), output.

    Attributes
    ----------
    run, layout, weights
        The run, the layout of its parameters, and W, V, b after training.
    peaks
        The step in which |h| of each unit is largest after the pulse, (N,).
    untrained
        Running means of the profile of each gate before training, by |h|, (4, 2 N - 1).
    profiles
        By order of the units, the profile of each gate.
    p
        By order, and for each gate, the share of networks with shuffled weights that are at least as asymmetric.
    """

    run: Run
    layout: ParameterLayout
    weights: tuple[np.ndarray, np.ndarray, np.ndarray]
    peaks: np.ndarray
    untrained: np.ndarray
    profiles: dict[str, list[Profile]]
    p: dict[str, np.ndarray]


def states(W: np.ndarray, V: np.ndarray, b: np.ndarray, steps: int) -> np.ndarray:
    """h of a stack of LSTMs, W (S, 4 N, N), after a pulse of all inputs, and after none: (2, steps, S, N)."""
    # a few networks at a time, whose weights stay in the cache of a core from step to step
    parts = [_states_of_few(W[first : first + AT_ONCE], V, b, steps) for first in range(0, len(W), AT_ONCE)]
    return np.concatenate(parts, axis=2)


def _states_of_few(W: np.ndarray, V: np.ndarray, b: np.ndarray, steps: int) -> np.ndarray:
    stack, _, n = W.shape
    # the states with and without the pulse as columns by themselves: BLAS is slow at products with two columns
    h, c = np.zeros((2, stack, n)), np.zeros((2, stack, n))
    trajectory = []
    for t in range(steps):
        u = (W @ h[..., None])[..., 0] + b
        if t == 0:
            u[0] += V.sum(axis=1)
        i, f, g, o = np.moveaxis(u.reshape(2, stack, 4, n), 2, 0)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        trajectory.append(h)
    return np.stack(trajectory, axis=1)


def by_kernel(gates: Gates, steps: int) -> np.ndarray:
    """h after the pulse, (steps, N), by the kernel that trained the network."""
    layout = gates.layout
    flat = np.zeros(layout.size, np.float32)
    # the readout, which is the rest of the flat array, does not move the states
    for part, value in zip(layout.views(flat).values(), gates.weights, strict=False):
        part[:] = value
    unrolled = Unrolled(layout, steps, 1)
    unrolled.load(flat)
    unrolled.start()
    pulse = np.zeros((1, steps, layout.n_inputs), np.float32)
    pulse[:, 0] = 1
    unrolled.run(Sequences(pulse, np.zeros((1, 1), np.uint8)), 1.0, learn=False)
    return unrolled.states[:, :, 0]


def profiles(
    W: np.ndarray, V: np.ndarray, b: np.ndarray, steps: int, draw: np.random.Generator
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """By order, the mean weight at each distance, (S, 4, 2 N - 1); and the step at which |h| of each unit peaks."""
    pulsed, silent = states(W, V, b, steps)
    stack, _, n = W.shape
    units = np.arange(n)
    distance = np.subtract.outer(units, units).ravel() + n - 1
    pairs_at_distance = np.bincount(distance)
    means = {}
    for name, response in (("signed", pulsed - silent), ("modulus", np.abs(pulsed - silent))):
        peaks = response.argmax(axis=0)
        # by the step of the peak; ties by chance
        orders = np.lexsort((draw.random(peaks.shape), peaks))
        sums = []
        for weights, order in zip(W, orders, strict=True):
            for gate in weights.reshape(4, n, n):
                sums.append(np.bincount(distance, gate[np.ix_(order, order)].ravel()))
        means[name] = np.reshape(sums, (stack, 4, -1)) / pairs_at_distance
    return means, peaks[0]


def described(means: np.ndarray, width: int) -> Profile:
    """The first profile of (S, 2 N - 1), with mean and spread of the others; running means over `width` distances."""
    n = (means.shape[1] + 1) // 2
    smoothed = uniform_filter1d(means, width, axis=1)
    shuffled = smoothed[1:]
    return Profile(
        distance=np.arange(1 - n, n),
        mean=smoothed[0],
        raw=means[0],
        null_mean=shuffled.mean(axis=0),
        null_standard_deviation=shuffled.std(axis=0),
    )


def analyse(run: Run, steps: int, samples: int, width: int, seed: int) -> Gates:
    """The gates of a run of an LSTM, beside `samples` networks whose gates have the same weights in random places."""
    draw = np.random.default_rng(seed)
    with np.load(run.weights) as stored:
        W, V, b = (stored[key].astype(float) for key in ("recurrent", "feedforward", "bias"))
    n_inputs = V.shape[1]
    layout = ParameterLayout("lstm", run.settings.units, n_inputs, n_inputs)
    stack = [W]
    for _ in range(samples):
        shuffled = draw.permuted(W.reshape(4, -1), axis=1)
        stack.append(shuffled.reshape(W.shape))
    means, peaks = profiles(np.array(stack), V, b, steps, draw)
    return Gates(
        run=run,
        layout=layout,
        weights=(W, V, b),
        peaks=peaks,
        untrained=_untrained_profiles(run, layout, steps, width, draw),
        profiles={order: _gate_by_gate(weights, width) for order, weights in means.items()},
        p={order: _share_as_asymmetric(weights) for order, weights in means.items()},
    )


def _gate_by_gate(weights: np.ndarray, width: int) -> list[Profile]:
    """The profile of each gate, of profiles (S, 4, 2 N - 1) of which the first are those of the network."""
    return [described(weights[:, gate], width) for gate in range(4)]


def _untrained_profiles(
    run: Run, layout: ParameterLayout, steps: int, width: int, draw: np.random.Generator
) -> np.ndarray:
    """The profile by |h| of each gate before training, (4, 2 N - 1)."""
    flat = starting_parameters(run.settings, layout)
    start = layout.views(flat.astype(float))
    W = start["recurrent"][None]
    means, _ = profiles(W, start["feedforward"], start["bias"], steps, draw)
    return uniform_filter1d(means["modulus"][0], width)


def _share_as_asymmetric(weights: np.ndarray) -> np.ndarray:
    """For each gate, (4,), the share of the profiles (S, 4, 2 N - 1) that are at least as asymmetric as the first.

    The asymmetry is the mean weight over distances 1 to N / 5 less that over -1 to -N / 5.
    """
    n = (weights.shape[-1] + 1) // 2
    near = np.arange(1, 1 + n // 5)
    forwards, backwards = weights[..., n - 1 + near], weights[..., n - 1 - near]
    asymmetry = (forwards - backwards).mean(axis=-1)
    # the trained network, which is the first, counts as one of the shuffled ones
    as_asymmetric = asymmetry[1:] >= asymmetry[0]
    return (1 + as_asymmetric.sum(axis=0)) / len(weights)
