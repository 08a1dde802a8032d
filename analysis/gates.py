"""Profiles of the gates of LSTMs: mean weights along the order in which units respond to a pulse.

Contents
--------
states, by_kernel
    The states of LSTMs after a pulse, by their equations, and by the kernels that trained them.
profiles
    The mean weight at each distance along that order, gate by gate.
analyse
    Those of a trained network, of its start and of networks with the same weights in random places.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from scipy.ndimage import uniform_filter1d

from linmem.learning.cells import Cell, Unrolled
from linmem.learning.tasks import Sequences
from linmem.learning.trained import starting_parameters

ORDERS = ("modulus", "signed")


def states(W, V, b, steps: int) -> np.ndarray:
    """h of a stack of LSTMs, W (S, 4 N, N), after a pulse of all inputs, and after none: (2, steps, S, N)."""
    h, c, found = np.zeros((len(W), W.shape[2], 2)), 0, []
    for t in range(steps):
        u = W @ h + b[:, None] + (t == 0) * np.outer(V.sum(axis=1), (1, 0))
        i, f, g, o = u.reshape(len(W), 4, -1, 2).swapaxes(0, 1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        found.append(h)
    return np.moveaxis(found, 3, 0)


def by_kernel(run, steps: int) -> np.ndarray:
    """h after the pulse, by the kernel that trained the network."""
    flat = np.zeros(run.cell.size, np.float32)
    for part, value in zip(run.cell.views(flat).values(), run.parts, strict=False):
        part[:] = value
    unrolled = Unrolled(run.cell, steps, 1)
    unrolled.load(flat)
    unrolled.start()
    pulse = np.zeros((1, steps, run.cell.n_inputs), np.float32)
    pulse[:, 0] = 1
    unrolled.run(Sequences(pulse, np.zeros((1, 1), np.uint8)), 1.0, learn=False)
    return unrolled.states[:, :, 0]


def profiles(W, V, b, steps: int, draw) -> tuple[dict, np.ndarray]:
    """By order, the mean weight at each distance, (S, 4, 2 N - 1); and when each |h| of the first is largest."""
    pulsed, silent = states(W, V, b, steps)
    n, means = W.shape[2], {}
    distance = np.subtract.outer(np.arange(n), np.arange(n)).ravel() + n - 1
    for name, response in (("signed", pulsed - silent), ("modulus", np.abs(pulsed - silent))):
        peaks = response.argmax(axis=0)
        orders = np.lexsort((draw.random(peaks.shape), peaks))
        gates = [W[s].reshape(4, n, n)[:, order][:, :, order] for s, order in enumerate(orders)]
        sums = [np.bincount(distance, gate.ravel()) for four in gates for gate in four]
        means[name] = np.reshape(sums, (len(W), 4, -1)) / np.bincount(distance)
    return means, peaks[0]


def described(means, width: int) -> SimpleNamespace:
    """A profile, the first of its row, with mean and spread of the others; running means over `width` distances."""
    n, null = (means.shape[1] + 1) // 2, uniform_filter1d(means, width, axis=1)[1:]
    spread = {"null_mean": null.mean(axis=0), "null_standard_deviation": null.std(axis=0)}
    return SimpleNamespace(distance=np.arange(1 - n, n), mean=uniform_filter1d(means[0], width), raw=means[0], **spread)


def analyse(run, steps: int, samples: int, width: int, seed: int) -> None:
    """Adds to a run: cell, parts, peaks, untrained and, by order, profiles and p, gate by gate.

    `p` is the share of networks with shuffled weights that are at least as asymmetric, within a fifth of the units.
    """
    draw, n = np.random.default_rng(seed), run.settings.units
    with np.load(run.weights) as stored:
        run.parts = [stored[key].astype(float) for key in ("recurrent", "feedforward", "bias")]
    W, V, b = run.parts
    run.cell = Cell("lstm", n, V.shape[1], V.shape[1])
    shuffled = [draw.permuted(W.reshape(4, -1), axis=1).reshape(W.shape) for _ in range(samples)]
    means, run.peaks = profiles(np.array([W, *shuffled]), V, b, steps, draw)
    start = run.cell.views(starting_parameters(run.settings, run.cell).astype(float))
    start = start["recurrent"][None], start["feedforward"], start["bias"]
    untrained = profiles(*start, steps, draw)[0]["modulus"][0]
    run.untrained = [SimpleNamespace(mean=one) for one in uniform_filter1d(untrained, width)]
    near = np.arange(1, 1 + n // 5)
    run.p, run.profiles = {}, {}
    for order, each in means.items():
        asymmetry = (each[..., n - 1 + near] - each[..., n - 1 - near]).mean(axis=-1)
        run.p[order] = (1 + (asymmetry[1:] >= asymmetry[0]).sum(axis=0)) / len(each)
        run.profiles[order] = [described(each[:, gate], width) for gate in range(4)]
