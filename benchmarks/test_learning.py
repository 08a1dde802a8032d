"""A step of training against the same in numpy: 16 sequences of the copy task, forwards and back through time.

Run and tabulated as `test_fisher_memory.py`. Nothing here passes or fails by its time.
"""

import resource
import subprocess
import sys

import numpy as np
import pytest
from test_fisher_memory import timed

from linmem.learning import tasks
from linmem.learning.initial import initial_parameters
from linmem.learning.parameters import ParameterLayout
from linmem.learning.unrolled import Unrolled
from linmem.linalg.blas import one_blas_thread

UNITS, BATCH, LENGTH = 100, 16, 500
TRAINING = """
from linmem.learning.trained import TrainingSettings
from linmem.learning.training import train
train(TrainingSettings("copy", {"sequences": 19_200}, start="chain", rate=5e-5, epochs=1))
"""


def copying(kind):
    """A cell at its start, and a batch."""
    task = tasks.copy(LENGTH, sequences=BATCH, validation=1, rng=0)
    cell = ParameterLayout(kind, UNITS, task.n_inputs, task.n_outputs)
    return cell, initial_parameters(cell, "chain", gain=1.02, rng=0).astype(np.float32), task.training


def by_linmem(cell, flat, batch):
    unrolled, weight = Unrolled(cell, LENGTH, LENGTH), 1 / batch.targets.size

    def step():
        unrolled.load(flat)
        unrolled.start()
        unrolled.clear()
        loss, _ = unrolled.run(batch, weight, learn=True)
        return loss, unrolled.gradient()

    return step


def by_numpy(cell, flat, batch):
    """What can be done for all steps in one product is; the rest is a loop of products and elementwise functions."""
    part = cell.views(flat)
    W, V, b, U, c = (np.ascontiguousarray(part[name]) for name in cell.shapes)
    W_transposed = np.ascontiguousarray(W.T)
    inputs = np.eye(cell.n_inputs, dtype=np.float32)[batch.inputs.T]
    labels = batch.targets.T
    steps, sequences = np.ogrid[:LENGTH, :BATCH]
    h = np.zeros((LENGTH + 1, BATCH, UNITS), np.float32)
    g = np.empty((LENGTH, BATCH, UNITS), np.float32)

    def step():
        drive = inputs @ V.T + b
        for t in range(LENGTH):
            u = np.dot(h[t], W_transposed)
            u += drive[t]
            h[t + 1] = np.where(u > 0, u, np.expm1(np.minimum(u, 0)))
        y = h[1:] @ U.T + c
        y -= y.max(2, keepdims=True)
        p = np.exp(y)
        total = p.sum(2)
        weight = np.float32(1 / labels.size)
        loss = weight * (np.log(total) - y[steps, sequences, labels]).sum(dtype=float)
        p /= total[:, :, None]
        p[steps, sequences, labels] -= 1
        p *= weight
        from_readout, slope = p @ U, np.where(h[1:] > 0, np.float32(1), h[1:] + 1)
        back = np.zeros((BATCH, UNITS), np.float32)
        for t in range(LENGTH - 1, -1, -1):
            back += from_readout[t]
            np.multiply(back, slope[t], out=g[t])
            np.dot(g[t], W, out=back)
        flat_g, flat_p = g.reshape(-1, UNITS), p.reshape(-1, cell.n_outputs)
        gradients = (
            flat_g.T @ h[:-1].reshape(-1, UNITS), flat_g.T @ inputs.reshape(-1, cell.n_inputs), flat_g.sum(0),
            flat_p.T @ h[1:].reshape(-1, UNITS), flat_p.sum(0),
        )  # fmt: skip
        return loss, np.concatenate([one.ravel() for one in gradients])

    return step


@pytest.mark.parametrize("peer", ["linmem", "numpy"])
def test_one_step(benchmark, peer):
    arguments = copying("elu")
    with one_blas_thread():
        step, other = by_linmem(*arguments), by_numpy(*arguments)
        (loss, gradient), (same_loss, same_gradient) = step(), other()
        assert abs(loss / same_loss - 1) < 1e-4
        assert np.linalg.norm(gradient - same_gradient) < 1e-3 * np.linalg.norm(gradient)
        group = f"training, elu, N = {UNITS}, T = {LENGTH}, {BATCH} sequences"
        timed(benchmark, group, {"linmem": step, "numpy": other}[peer], rounds=50)


def test_one_step_of_an_lstm(benchmark):
    step = by_linmem(*copying("lstm"))
    timed(benchmark, f"training, LSTM, N = {UNITS}, T = {LENGTH}, {BATCH} sequences", step, rounds=30)


@pytest.mark.parametrize("peer", ["linmem", "two at a time"])
def test_trainings_side_by_side(benchmark, peer):
    """A whole training, with the start of Python, alone on a processor and beside another on the next."""
    run = [sys.executable, "-c", TRAINING]

    def at_once():
        processes = [subprocess.Popen(run) for _ in range(1 if peer == "linmem" else 2)]
        assert not any(process.wait() for process in processes)

    timed(benchmark, "trainings of 1200 batches side by side", at_once, rounds=3)
    benchmark.extra_info["peak_megabytes"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
