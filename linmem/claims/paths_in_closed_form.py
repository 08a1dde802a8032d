"""Claims H7 to H9: memory along steps in closed form, and where it is infinite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import linmem as lm
from linmem.cells.trajectory import Trajectory
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import CHAIN_OF_STEPS, NOT_REACHED, STEPS
from linmem.claims.evidence import Findings, equal
from linmem.claims.measures import measured
from linmem.running.linearised_path import Noise, linearise
from linmem.running.time_varying_network import TimeVaryingNetwork


@claim(
    "H7",
    source="re-derived; GHS, eq. 10, for links that do not change",
    conditions=(STEPS, CHAIN_OF_STEPS),
    family=families.chains_of_steps,
    figures=("memory_is_not_gradients",),
)
def chain_of_changing_links_in_closed_form(net: TimeVaryingNetwork) -> Findings:
    """The memory of a chain whose links change from step to step is that of the links which the input has passed.

    J_T(k) = 1 / sum_{m <= k} 1 / P_m, P_m the squared product of the first m links passed; 1 / (k + 1) for links of 1

    The product of all links is the gradient. Links of 1/2 followed by links of 2 have the gradient 1 and hardly any
    memory; in the other order they have the same gradient, and more memory than links of 1.
    """
    yield equal(
        "the curve",
        measured(lm.fisher_memory_curve, net),
        _of_passed_links(net),
    )


def _of_passed_links(net: TimeVaryingNetwork) -> np.ndarray:
    """J(k) after the last step, (T,): of the inputs that are still in the chain, and 0 of those that have left it."""
    steps, n = net.recurrent.shape[:2]
    J = np.zeros(steps)
    for k in range(min(steps, n)):
        entered = steps - 1 - k
        links = [net.recurrent[entered + m, m, m - 1] for m in range(1, k + 1)]
        J[k] = 1 / np.sum(1 / np.cumprod([1.0, *np.square(links)]))
    return J


@chain_of_changing_links_in_closed_form.control("with feedback")
def _(net: TimeVaryingNetwork) -> Findings:
    with_feedback = replace(net, recurrent=net.recurrent + 0.3 * np.eye(net.size, k=1))
    yield equal("the curve", measured(lm.fisher_memory_curve, with_feedback), _of_passed_links(net), tolerance=1e-3)


GATES = ((0.9, 0.7), (0.995, 0.5), (0.99, 1e-4), (0.3, 0.9))  # forget and output gates
INPUT_GATE, INPUT_WEIGHT, OF_HIDDEN, OF_CELL, STEPS_OF_LSTM = 0.6, 1.5, 0.2, 0.05, 40


@claim("H8", source="re-derived", figures=("memory_is_not_gradients", "memory_of_lstms"))
def lstm_of_one_unit_in_closed_form() -> Findings:
    """A long short-term memory of one unit with constant gates, at rest, keeps in c what its h need not show.

    J(k) = b^2 f^(2k) / (S + 1 / (1/q_c + o^2/q_h)), of h alone b^2 f^(2k) / (S + q_h/o^2), with
    S = q_c (f^2 + f^4 + ... + f^(2T-2)), b = i w

    i, f and o are the gates, w the weight of the input; h has noise of variance q_h, and c has noise of variance q_c
    after h is read. As o goes to 0 the gradient of h and what h knows vanish, and the memory of (h, c) stays.
    """
    for forget, output in GATES:
        yield from _of_lstm(forget, output, "after")


def _of_lstm(forget: float, output: float, where: str) -> Findings:
    path = linearise(_at_rest(forget, output), noise=Noise(hidden=OF_HIDDEN, cell=OF_CELL, where=where))
    squares = (INPUT_GATE * INPUT_WEIGHT) ** 2 * forget ** (2.0 * np.arange(STEPS_OF_LSTM))
    S = OF_CELL * np.sum(forget ** (2.0 * np.arange(1, STEPS_OF_LSTM)))
    yield equal(
        "what h and c know",
        measured(lm.fisher_memory_curve, path),
        squares / (S + 1 / (1 / OF_CELL + output**2 / OF_HIDDEN)),
    )
    yield equal(
        "what h knows alone",
        measured(lm.fisher_memory_curve, path, observe=(0,)),
        squares / (S + OF_HIDDEN / output**2),
    )


def _at_rest(forget: float, output: float) -> Trajectory:
    """The path without input of a cell whose gates do not depend on anything."""
    gates = np.array([INPUT_GATE, forget, 0.5, output])
    bias = np.log(gates / (1 - gates))  # of the third, the tanh of the input, it is 0
    cell = lm.LSTMCell(np.zeros((4, 1)), [[0.0], [0.0], [INPUT_WEIGHT], [0.0]], bias)
    return lm.trajectory(cell, np.zeros(STEPS_OF_LSTM))


@lstm_of_one_unit_in_closed_form.control("the noise of c enters before h is read")
def _() -> Findings:
    for forget, output in GATES:
        yield from _of_lstm(forget, output, "before")


@claim(
    "H9",
    source="re-derived",
    conditions=(STEPS, NOT_REACHED),
    family=families.with_a_unit_without_noise,
)
def memory_without_noise_is_infinite(net: TimeVaryingNetwork) -> Findings:
    """An input to a unit that no noise reaches is known exactly: its memory is infinite, and is said to be.

    J_T(0) = infinity if B_T has a part outside the range of C_T; with noise of variance e there, e J_T(0) -> |part|^2
    as e -> 0

    A pseudo-inverse gives a finite number, of the other part.
    """
    J = measured(lm.fisher_memory_curve, net, 1)
    yield equal("the reciprocal of the memory is 0", 1 / np.asarray(J), 0)
    silent = ~net.path.units_with_noise(len(net.recurrent))
    part = float(np.sum(np.abs(net.feedforward[-1][silent]) ** 2))
    for e in (1e-6, 1e-8):
        J = measured(lm.fisher_memory_curve, _with_little_noise(net, silent, e), 1)
        yield equal("a little noise leaves the part over its variance", e * np.asarray(J), part, tolerance=1e3 * e)


def _with_little_noise(net: TimeVaryingNetwork, silent: np.ndarray, e: float) -> TimeVaryingNetwork:
    return replace(net, noise=net.noise + e * np.diag(silent.astype(float)))


@memory_without_noise_is_infinite.control("a little noise reaches the unit")
def _(net: TimeVaryingNetwork) -> Findings:
    silent = ~net.path.units_with_noise(len(net.recurrent))
    J = measured(lm.fisher_memory_curve, _with_little_noise(net, silent, 1e-2), 1)
    yield equal("the reciprocal of the memory is 0", 1 / np.asarray(J), 0)
