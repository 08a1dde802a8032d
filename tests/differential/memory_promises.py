"""The promises of the functions of a network: memory, decoding, covariances, sensitivity, optimal inputs."""

from dataclasses import replace

import numpy as np
from flint import acb, arb

import linmem as lm
from tests.differential.balls import UnstableError, exact, frobenius, identity, is_positive, star
from tests.differential.promises import Measure, Promise
from tests.differential.truth import Memory

SNR = 2.0
READOUT = 0.5
BUDGET = 1.5
AUTOCOVARIANCE = (1.0, 0.5, 0.25)
TIMES = (0.0, 0.4, 2.0)


def of_members(case, member_truth):
    """The truths of all members of the stack as one array, or the truth of the only one."""
    parts = [np.asarray(member_truth(member), object) for member in case.members]
    return np.stack(parts) if case.stack else parts[0]


def without_axes(case, array):
    """One input given as a vector has no axes of its own."""
    return array[..., 0, 0] if case.inputs == "vector" else array


def curve_truth(case, truths, answer):
    lags = case.asked_lags
    return {
        "values": of_members(case, lambda m: without_axes(case, truths.memory(m).curve(lags))),
        "total": total_truth(case, truths, answer)[""],
    }


def total_truth(case, truths, answer):
    return {"": of_members(case, lambda m: without_axes(case, truths.memory(m).total()))}


def matrix_truth(case, truths, answer):
    return {"": of_members(case, lambda m: without_axes(case, truths.memory(m).matrix(case.asked_lags)))}


def of_memory(name):
    """The truth of a method of `Memory` without arguments."""
    return lambda case, truths, answer: {"": of_members(case, lambda m: getattr(truths.memory(m), name)())}


def optimal_input_truth(case, truths, answer):
    """It is a unit vector, and v* J^s v is the largest eigenvalue."""
    vectors, errors = (np.reshape(array, (-1, case.n)) for array in (answer, answer.error))
    return {"": all_of(_is_optimal(truths.memory(m), vectors[m], errors[m]) for m in case.members)}


def _is_optimal(memory, v, error):
    x = arb(1) / arb(10) ** 8
    v = exact(v)
    J = memory.spatial_balls
    attained = (star(v) * J * v)[0, 0].real
    is_unit = abs(frobenius(v) - 1) < 1e-12
    return all_of(
        [bool(is_unit), is_positive(identity(memory.n) * (attained * (1 + x)) - J), _is_near(memory, v, error)]
    )


def _is_near(memory, v, error):
    """Whether the vector is, but for its phase, as near to the exact one as its errors say."""
    best = memory.best_input()
    room = float(np.linalg.norm(error))
    if best is None or room > 1:
        return True
    overlap = abs((star(best) * v)[0, 0])
    length = frobenius(v)
    return bool((length * length + 1 - 2 * overlap).mid() <= arb(room * room) + arb(1e-30))


def all_of(verdicts):
    """False where one is, None where one is open, else True."""
    verdicts = list(verdicts)
    return False if False in verdicts else (None if None in verdicts else True)


def function_truth(**options):
    """Of `memory_function` and of its parts alone."""

    def truth(case, truths, answer):
        stationary = "autocovariance" in options
        whole = [truths.memory(m, stationary).memory_function(case.asked_lags if not stationary else case.lags, SNR,
                                                              **options) for m in case.members]  # fmt: skip
        values, capacity, information = (np.stack([part[i] for part in whole]) for i in range(3))
        parts = {"values": without_axes(case, values), "capacity": capacity, "information": information}
        return parts if case.stack else {name: part[0] for name, part in parts.items()}

    return truth


def one_of(truth, part):
    return lambda case, truths, answer: {"": truth(case, truths, answer)[part]}


def noiseless_truth(case, truths, answer):
    whole = [truths.memory(m, stationary=True).noiseless(case.lags) for m in case.members]
    values, capacity = (np.stack([part[i] for part in whole]) for i in range(2))
    return {"values": values, "capacity": capacity} if case.stack else {"values": values[0], "capacity": capacity[0]}


def snr_truth(**options):
    return lambda case, truths, answer: {
        "": of_members(case, lambda m: truths.memory(m).snr_curve(case.asked_lags, SNR, **options))
    }


def nuisance_truth(case, truths, answer):
    def of_member(m):
        information = truths.memory(m).nuisance_information(case.asked_lags)
        return information[:, 0] if case.inputs == "vector" else information

    return {"": of_members(case, of_member)}


def largest_memory(case, truths):
    members = range(case.stack or 1)
    return max(abs(acb(J)).abs_upper() for m in members for J in truths.memory(m).curve(case.asked_lags).ravel())


def amplification_truth(case, truths, answer):
    def of_member(m):
        norms = truths.memory(m, stationary=True).amplification(case.lags)
        return norms[:, 0] if case.inputs == "vector" else norms

    return {"": of_members(case, of_member)}


def sensitivity_truth(case, truths, answer):
    total, values = truths.memory(0, stationary=True).rounding_sensitivity(min(case.lags, 3))
    return {"total": total, "values": values}


def enclosed_truth(truth_of):
    """An enclosure: the truth lies between its bounds."""

    def truth(case, truths, answer):
        return {"value": truth_of(case, truths)}

    return truth


def network_truth(case, truths, answer):
    net = answer.network
    return {"total": Memory(net.recurrent, net.feedforward, net.covariance).total()[0, 0]}


def chain_truth(case, truths, answer):
    """No uniform chain of the same budget, and none with a little weight moved, holds more."""
    budget, n = BUDGET, case.n
    weights = np.diag(answer.recurrent, -1)
    others = [np.r_[np.full(m, budget / np.sqrt(m)), np.zeros(n - 1 - m)] for m in range(1, n)]
    for i, j in np.argwhere(~np.eye(n - 1, dtype=bool)):
        moved = weights.copy()
        moved[i] = np.sqrt(moved[i] ** 2 + 1e-3 * moved[j] ** 2)
        moved[j] *= np.sqrt(1 - 1e-3)
        others.append(moved)
    held = memory_of_chain(weights, n)
    within = np.linalg.norm(answer.recurrent) <= budget * (1 + 1e-14)
    return {"": all_of([bool(within), *(bool(memory_of_chain(w, n) <= held * (1 + arb(1e-9))) for w in others)])}


def memory_of_chain(weights, n):
    return Memory(np.diag(weights, -1) if n > 1 else np.zeros((1, 1)), np.eye(n)[0], np.eye(n)).total()[0, 0].real


def continuous_truth(case, truths, answer):
    memory = truths.continuous()
    return {
        "values": without_axes(case, memory.curve(scaled_times(case))),
        "total": without_axes(case, memory.total()),
    }


def scaled_times(case):
    """Times of the size of the decay times, which the scale of the weights alone changes."""
    size, size_of_one = (np.abs(net.drift).max() for net in (case.continuous(), plain(case).continuous()))
    rate = float(size / size_of_one) if size else 1.0
    return [t / rate for t in TIMES]


def plain(case):
    return replace(case, weight_scale=1.0)


def is_within(difference, room):
    distance = abs(difference)
    return True if distance <= room else (False if distance > room else None)


def discretised_truth(method):
    """W, and memory at rest: J(k dt) of the network in continuous time, which the stored network holds to 1e-8.

    The covariance of its noise is not the exact one: it makes good for the rounding of W.
    """
    lags = 3 if method == "zero-order hold" else 1

    def truth(case, truths, answer):
        dt, continuous = scaled_times(case)[1], truths.continuous()
        W, _ = continuous.discretised(dt, method)
        try:
            seen = continuous.curve([k * dt for k in range(lags)])
        except UnstableError:
            return {"recurrent": W}
        try:
            own = Memory(answer.recurrent, answer.feedforward, answer.covariance).curve(lags)
        except UnstableError:
            return {"recurrent": W, "memory": False}
        room = arb(1e-8) * max(abs(x).upper() for x in seen.ravel())
        pairs = zip(own.ravel(), seen.ravel(), strict=True)
        return {"recurrent": W, "memory": all_of(is_within(a - b, room) for a, b in pairs)}

    return truth


MEMORY = Promise(1e-8)
SENSITIVITY = Promise(1e-2, relative_to="itself, or 2^-53", floor=2.0**-53)
STATIONARY_ONLY = {"applies": lambda case: case.horizon is None}

MEASURES = [
    Measure(
        "fisher_memory_curve",
        lambda case, net: lm.fisher_memory_curve(net, case.asked_lags, horizon=case.steps),
        curve_truth,
        {"values": MEMORY, "total": MEMORY},
    ),
    Measure(
        "total_fisher_memory",
        lambda case, net: lm.total_fisher_memory(net, horizon=case.steps),
        total_truth,
        {"": MEMORY},
    ),
    Measure(
        "fisher_memory_matrix",
        lambda case, net: lm.fisher_memory_matrix(net, case.asked_lags, horizon=case.steps),
        matrix_truth,
        {"": MEMORY},
    ),
    Measure(
        "spatial_fisher_memory",
        lambda case, net: lm.spatial_fisher_memory(net, horizon=case.steps),
        of_memory("spatial"),
        {"": MEMORY},
    ),
    Measure(
        "optimal_input",
        lambda case, net: lm.optimal_input(net, horizon=case.steps),
        optimal_input_truth,
        {"": Promise(1e-8, "stated", "the memory that it attains")},
    ),
    Measure(
        "noise_covariance",
        lambda case, net: lm.noise_covariance(net, horizon=case.steps),
        of_memory("covariance"),
        {"": MEMORY},
    ),
    Measure(
        "noise_covariance_factor",
        lambda case, net: lm.noise_covariance_factor(net, horizon=case.steps),
        of_memory("factor"),
        {"": MEMORY},
    ),
    Measure(
        "memory_function",
        lambda case, net: lm.memory_function(net, case.asked_lags, snr=SNR, horizon=case.steps),
        function_truth(),
        {"values": MEMORY, "capacity": MEMORY, "information": MEMORY},
    ),
    Measure(
        "memory_function",
        lambda case, net: lm.memory_function(net, case.asked_lags, snr=SNR, horizon=case.steps, readout_noise=READOUT),
        function_truth(readout_noise=READOUT),
        {"values": MEMORY, "capacity": MEMORY, "information": MEMORY},
        variant="readout noise",
    ),
    Measure(
        "memory_function",
        lambda case, net: lm.memory_function(net, case.lags, snr=SNR, autocovariance=AUTOCOVARIANCE),
        function_truth(autocovariance=AUTOCOVARIANCE),
        {"values": MEMORY, "capacity": MEMORY, "information": MEMORY},
        variant="correlated signal",
        **STATIONARY_ONLY,
    ),
    Measure(
        "memory_function",
        lambda case, net: lm.memory_function(net, case.lags, snr=np.inf),
        noiseless_truth,
        {"values": MEMORY, "capacity": Promise(None, "exact")},
        variant="no noise",
        applies=lambda case: case.horizon is None and case.inputs == "vector",
    ),
    Measure(
        "memory_capacity",
        lambda case, net: lm.memory_capacity(net, SNR, horizon=case.steps),
        one_of(function_truth(), "capacity"),
        {"": MEMORY},
    ),
    Measure(
        "memory_capacity",
        lambda case, net: lm.memory_capacity(net),
        one_of(noiseless_truth, "capacity"),
        {"": Promise(None, "exact")},
        variant="no noise",
        applies=lambda case: case.horizon is None and case.inputs == "vector",
    ),
    Measure(
        "mutual_information",
        lambda case, net: lm.mutual_information(net, SNR, horizon=case.steps),
        one_of(function_truth(), "information"),
        {"": MEMORY},
    ),
    Measure(
        "snr_curve",
        lambda case, net: lm.snr_curve(net, case.asked_lags, snr=SNR, horizon=case.steps),
        snr_truth(),
        {"": MEMORY},
    ),
    Measure(
        "snr_curve",
        lambda case, net: lm.snr_curve(net, case.asked_lags, snr=SNR, horizon=case.steps, readout_noise=READOUT),
        snr_truth(readout_noise=READOUT),
        {"": MEMORY},
        variant="readout noise",
    ),
    Measure(
        "nuisance_information",
        lambda case, net: lm.nuisance_information(net, case.asked_lags, horizon=case.steps),
        nuisance_truth,
        {"": Promise(1e-8, relative_to="the largest J(k)")},
        scale=largest_memory,
    ),
    Measure(
        "transient_amplification",
        lambda case, net: lm.transient_amplification(net, case.lags),
        amplification_truth,
        {"": Promise()},
    ),
    Measure(
        "rounding_sensitivity",
        lambda case, net: lm.rounding_sensitivity(net, min(case.lags, 3)),
        sensitivity_truth,
        {"total": SENSITIVITY, "values": SENSITIVITY},
        takes_stacks=False,
        **STATIONARY_ONLY,
    ),
    Measure(
        "mean_field",
        lambda case, net: lm.mean_field(net, "erf", snr=SNR),
        lambda case, truths, answer: truths.memory(0, stationary=True).mean_field_of_erf(SNR),
        dict.fromkeys(("gains", "means", "variances", "residual", "snr"), Promise(None)),
        takes_stacks=False,
        applies=lambda case: not case.is_complex and case.noise != "hermitian" and case.horizon is None,
    ),
    Measure(
        "optimal_network",
        lambda case, net: lm.optimal_network(min(case.n, 4), BUDGET, iterations=15, rng=case.seed),
        network_truth,
        {"total": MEMORY},
        takes_stacks=False,
        share=0.3,
    ),
    Measure(
        "optimal_chain",
        lambda case, net: lm.optimal_chain(case.n, BUDGET),
        chain_truth,
        {"": Promise(1e-9, "stated", "the memory of neighbouring chains")},
        takes_stacks=False,
        share=0.3,
    ),
    Measure(
        "certify",
        lambda case, net: lm.certify(net),
        enclosed_truth(lambda case, truths: acb(truths.matrix().radius)),
        {"value": Promise(None, "proved")},
        variant="spectral radius",
        takes_stacks=False,
    ),
    Measure(
        "certify",
        lambda case, net: lm.certify(lm.total_fisher_memory, net, horizon=case.steps),
        enclosed_truth(lambda case, truths: without_axes(case, truths.memory().total())),
        {"value": Promise(None, "proved")},
        variant="total_fisher_memory",
        share=0.3,
        takes_stacks=False,
    ),
    Measure(
        "certify",
        lambda case, net: lm.certify(lm.memory_capacity, net, snr=SNR, horizon=case.steps),
        enclosed_truth(lambda case, truths: truths.memory().memory_function(1, SNR)[1]),
        {"value": Promise(None, "proved")},
        variant="memory_capacity",
        share=0.3,
        takes_stacks=False,
    ),
    Measure(
        "fisher_memory_curve",
        lambda case, net: lm.fisher_memory_curve(net, scaled_times(case)),
        continuous_truth,
        {"values": MEMORY, "total": MEMORY},
        of="continuous",
        variant="continuous time",
    ),
    Measure(
        "noise_covariance",
        lambda case, net: lm.noise_covariance(net),
        lambda case, truths, answer: {"": truths.continuous().covariance()},
        {"": MEMORY},
        of="continuous",
        variant="continuous time",
    ),
    Measure(
        "spatial_fisher_memory",
        lambda case, net: lm.spatial_fisher_memory(net),
        lambda case, truths, answer: {"": truths.continuous().spatial()},
        {"": MEMORY},
        of="continuous",
        variant="continuous time",
    ),
    Measure(
        "rounding_sensitivity",
        lambda case, net: lm.rounding_sensitivity(net),
        lambda case, truths, answer: {"total": truths.continuous().rounding_sensitivity()},
        {"total": SENSITIVITY},
        of="continuous",
        variant="continuous time",
    ),
    *(
        Measure(
            "ContinuousNetwork.discretised",
            lambda case, net, method=method: net.discretised(scaled_times(case)[1], method),
            discretised_truth(method),
            {"recurrent": Promise(1e-8, "stated"), "memory": Promise(1e-8, "stated", "J(0)")},
            of="continuous",
            variant=method,
        )
        for method in ("zero-order hold", "bilinear")
    ),
]
