"""The trainings in `analysis/trained`, which `analysis.collect_trained` puts there, as the figures read them.

Contents
--------
collected, networks
    The runs of a group; W and V before and after one of them.
by_task
    Runs by task and start.
said, listed
    In words: what was run, and something of each task and start.
memory, by_inverse
    The Fisher memory curve by which they are compared, and the same from the inverse of the covariance.
associations, association
    Whether a measure of W after training tells the loss.
draw_profiles
    Link profiles of the runs from one start, beside networks without a chain.
TASKS, STARTS
    Names and looks, by task and by start.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.stats import rankdata

import linmem as lm
from linmem.learning.trained import TrainingSettings

TRAINED = Path(__file__).with_name("trained")
HORIZON = 200
TASKS = {"copy": "copy", "addition": "addition", "digits": "permuted digits", "characters": "characters"}
STARTS = {
    "chain": ("chain", "C0", "-", "o"),
    "feedback_chain": ("chain with feedback", "C2", "-.", "^"),
    "orthogonal": ("orthogonal", "C1", "--", "s"),
    "identity": ("identity", "C3", ":", "D"),
    "plain": ("plain", "C4", "-.", "v"),  # of LSTMs
    "mixed": ("mixed", "C5", ":", "P"),
}


def collected(group: str, tasks=tuple(TASKS)) -> list[SimpleNamespace]:
    """The runs of "full", "grid" or "text".

    `lowest` is the lowest validation loss over that without input, 10 for a run that ends in its first epoch; and
    `measures`, of plain cells, are those of W after training: the departure over N^1/2, and the total of `memory`.
    """
    runs = [SimpleNamespace(**run) for run in json.loads((TRAINED / "runs.json").read_text(encoding="utf-8"))]
    for run in runs:
        run.settings, run.weights = TrainingSettings(**run.settings), TRAINED / f"{run.name}.npz"
        run.task, run.start, run.seed = run.settings.task, run.settings.start, run.settings.seed
        run.lowest = min(run.validation_loss, default=10 * run.baseline) / run.baseline
        if hasattr(run, "departure"):
            run.measures = {"departure": run.departure[1] / run.settings.units**0.5, "memory": run.memory[1]}
    order = list(TASKS), list(STARTS)
    chosen = [run for run in runs if run.group == group and run.task in tasks]
    return sorted(chosen, key=lambda run: (order[0].index(run.task), order[1].index(run.start), run.name))


def by_task(runs) -> dict[str, dict[str, list]]:
    """Runs by task, then by start."""
    found: dict[str, dict[str, list]] = {}
    for run in runs:
        found.setdefault(run.task, {}).setdefault(run.start, []).append(run)
    return found


def said(tasks: dict[str, dict[str, list]]) -> str:
    """Of runs by task: sizes, how many, seeds, epochs, hours."""
    parts = []
    for task, starts in tasks.items():
        runs = [run for runs in starts.values() for run in runs]
        sizes = sorted({steps for run in runs if (steps := run.settings.options.get("length"))})
        size = f" of {' and '.join(map(str, sizes))} steps" if sizes else ""
        seeds = ", ".join(map(str, sorted({run.seed for run in runs})))
        epochs, hours = max(run.settings.epochs for run in runs), sum(run.hours for run in runs)
        parts.append(
            f"{TASKS[task]}{size}, {len(runs)} runs of up to {epochs} epochs (seeds {seeds}; {hours:.1f} hours)"
        )
    return "; ".join(parts)


def listed(tasks: dict[str, dict[str, list]], number, *, mean: bool = False) -> str:
    """A number of every run, or its mean over the seeds, by task and start."""
    parts = []
    for task, starts in tasks.items():
        numbers = {start: [number(run) for run in runs] for start, runs in starts.items()}
        numbers = {start: [np.mean(each)] if mean else each for start, each in numbers.items()}
        texts = (f"{STARTS[start][0]} " + ", ".join(f"{one:.2f}" for one in each) for start, each in numbers.items())
        parts.append(f"{TASKS[task]}, " + ", ".join(texts))
    return "; ".join(parts)


def networks(run) -> list[lm.LinearNetwork]:
    """A plain cell before and after training."""
    with np.load(run.weights) as stored:
        pairs = [(stored[f"{state}recurrent"], stored[f"{state}feedforward"]) for state in ("initial_", "")]
    return [lm.LinearNetwork(W, V if V.shape[1] > 1 else V[:, 0], name=run.name) for W, V in pairs]


def memory(network, horizon: int = HORIZON) -> np.ndarray:
    """J(k) of inputs of unit norm, tr J(k) / tr V'V, over a horizon, which radii of 1 and more ask for."""
    values = lm.fisher_memory_curve(network, horizon, horizon=horizon, rtol=1e-6).values
    return np.einsum("kii->k", values.reshape(horizon, *[network.n_inputs] * 2)) / (network.columns() ** 2).sum()


def by_inverse(net, horizon: int) -> np.ndarray:
    """`memory` over a short horizon: the covariance summed up and inverted."""
    W, states = net.dense(), [net.columns()]
    powers = [np.eye(len(W))]
    for _ in range(horizon - 1):
        powers.append(W @ powers[-1])
        states.append(W @ states[-1])
    precision = np.linalg.inv(sum(power @ power.T for power in powers))
    return np.array([np.trace(state.T @ precision @ state) for state in states]) / (states[0] ** 2).sum()


def associations(runs, shuffles: int) -> dict[str, str]:
    """Of each measure, within tasks ("departure") and within tasks and starts ("departure_alone")."""
    ways = {"": ("group", "task"), "_alone": ("group", "task", "start")}
    each = product(runs[0].measures, ways.items())
    return {name + way: association(runs, name, parts, shuffles) for name, (way, parts) in each}


def association(runs, measure: str, parts: tuple[str, ...], shuffles: int) -> str:
    """Rank correlation of a measure with the lowest loss, both within runs alike in `parts`, and its p by shuffles.

    Runs that end in their first epoch have the weights they began with, and are left out.
    """
    groups: dict[tuple, list] = {}
    for run in runs:
        if run.validation_loss:
            groups.setdefault(tuple(getattr(run, part) for part in parts), []).append(
                (run.measures[measure], run.lowest)
            )
    ranks = [rankdata(pairs, axis=0).T - (len(pairs) + 1) / 2 for pairs in groups.values() if len(pairs) > 2]
    if not ranks:
        return "not told by so few runs"
    norm = np.prod([sum((both[i] ** 2).sum() for both in ranks) for i in (0, 1)]) ** 0.5
    draw, found = np.random.default_rng(0), sum(x @ y for x, y in ranks) / norm
    others = np.array([sum(x @ draw.permutation(y) for x, y in ranks) for _ in range(shuffles)]) / norm
    p = (1 + np.count_nonzero(np.abs(others) >= abs(found) - 1e-12)) / (1 + shuffles)
    return f"{found:.2f} (p = {p:.2g}, {sum(both.shape[1] for both in ranks)} runs)"


def draw_profiles(ax, profiles: dict[str, list], untrained, reach: int) -> None:
    """Means over seeds, by `order`; the band is of as many networks without a chain, two standard deviations wide."""
    for (order, found), look, name in zip(profiles.items(), ("C0-", "C1--"), ("by $|h|$", "by $h$"), strict=True):
        k, mean = found[0].distance, np.mean([one.mean for one in found], axis=0)
        middle = np.mean([one.null_mean for one in found], axis=0)
        spread = 2 * np.sum([one.null_standard_deviation**2 for one in found], axis=0) ** 0.5 / len(found)
        if order == "modulus":
            ax.fill_between(k, middle - spread, middle + spread, color="0.88", linewidth=0, label="no chain")
            ax.plot(
                k, np.mean([one.mean for one in untrained], axis=0), "-", color="0.5", linewidth=0.5, label="untrained"
            )
        else:
            ax.plot(k, np.transpose([middle - spread, middle + spread]), f"{look[:2]}:", linewidth=0.6)
        ax.plot(k, mean, look, label=name)
    ax.set_yscale("symlog", linthresh=0.05, linscale=1.5)
    ax.set(xlim=(-reach, reach), ylim=(-0.12, 1.6))
    ax.set_yticks((-0.05, 0, 0.05, 1), ("\u22120.05", "0", "0.05", "1"))
