"""The trainings in `analysis/trained`, where `analysis.collect_trained` puts them, as the figures read them.

Contents
--------
Run, collected, networks
    A training that has ended; the runs of a group; W and V before and after one of them.
by_task
    Runs by task and start.
said, listed
    In words: which runs there are, and a number of each run.
memory, enclosed_memory
    The Fisher memory curve by which runs are compared, and the same by ball arithmetic.
stored_curves, stored_lines, hash_of_weights, CURVES
    The curves that `analysis.measure_trained` has stored, with the weights that they belong to.
associations, association
    Whether a measure of W after training predicts the loss.
draw_profile, draw_shares
    The link profile of the runs from one start, beside networks without a chain; p of all runs.
TASKS; Look, look, STARTS
    The names of the tasks; the names and looks of the starts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import rankdata

import linmem as lm
from linmem import plotting
from linmem.errors import FileError
from linmem.learning.trained import TrainingSettings

TRAINED = Path(__file__).with_name("trained")
CURVES = TRAINED / "curves.json"
HORIZON = 200
WITHOUT_AN_EPOCH = 10.0  # the lowest loss, over that without input, of a run that diverged in its first epoch
TASKS = {"copy": "copy", "addition": "addition", "digits": "permuted digits", "characters": "characters"}


class Look(NamedTuple):
    """The name of a start, the colour and dash of its lines as keywords of `ax.plot`, and its marker."""

    name: str
    style: dict[str, Any]
    marker: str


def look(name: str, kind: str) -> Look:
    """The look of a start, which is that of a kind of network."""
    return Look(name, plotting.kind_style(kind), plotting.kind_marker(kind))


STARTS = {
    "chain": look("chain", "chain"),
    "feedback_chain": look("chain with feedback", "chain with feedback"),
    "orthogonal": look("orthogonal", "orthogonal"),
    "identity": look("identity", "identity"),
    "plain": look("plain", "Gaussian"),  # of LSTMs: independent weights in all gates
    "mixed": look("mixed", "other"),
}


@dataclass(frozen=True, eq=False)
class Run:
    """A training that has ended, as `runs.json` holds it.

    Attributes
    ----------
    name, group, settings, baseline, stopped
        Name of its file; "full", "grid" or "text"; settings; loss without input; the reason why it ended.
    training_loss, validation_loss
        One value for each epoch.
    hours
        The time that it took.
    departure, memory
        Departure from normality of W, and the total of `memory`, before and after training; None for LSTMs.
    """

    name: str
    group: str
    settings: TrainingSettings
    baseline: float
    stopped: str
    training_loss: list[float]
    validation_loss: list[float]
    hours: float
    departure: list[float] | None = None
    memory: list[float] | None = None

    @property
    def task(self) -> str:
        return self.settings.task

    @property
    def start(self) -> str:
        return self.settings.start

    @property
    def seed(self) -> int:
        return self.settings.seed

    @property
    def weights(self) -> Path:
        """The file of the weights."""
        return TRAINED / f"{self.name}.npz"

    @property
    def lowest(self) -> float:
        """The lowest validation loss over the loss without input."""
        if not self.validation_loss:
            return WITHOUT_AN_EPOCH
        return min(self.validation_loss) / self.baseline

    @property
    def measures(self) -> dict[str, float]:
        """Of W after training: departure from normality over N^1/2, and the total of `memory`; none for LSTMs."""
        if self.departure is None or self.memory is None:
            return {}
        return {"departure": self.departure[1] / self.settings.units**0.5, "memory": self.memory[1]}


def collected(group: str, tasks: Iterable[str] = tuple(TASKS)) -> list[Run]:
    """The runs of the group "full", "grid" or "text", by task, start, seed and name."""
    records = json.loads((TRAINED / "runs.json").read_text(encoding="utf-8"))
    task_order, start_order = list(TASKS), list(STARTS)
    runs = []
    for record in records:
        run = Run(**record | {"settings": TrainingSettings(**record["settings"])})
        if run.group == group and run.task in tasks:
            runs.append(run)

    def place(run: Run) -> tuple[int, int, int, str]:
        return task_order.index(run.task), start_order.index(run.start), run.seed, run.name

    return sorted(runs, key=place)


Tasks = Mapping[str, Mapping[str, Sequence[Run]]]  # runs by task, then by start


def by_task(runs: Iterable[Run]) -> dict[str, dict[str, list[Run]]]:
    """Runs by task, then by start."""
    tasks: dict[str, dict[str, list[Run]]] = {}
    for run in runs:
        starts = tasks.setdefault(run.task, {})
        starts.setdefault(run.start, []).append(run)
    return tasks


def said(tasks: Tasks) -> str:
    """In words, for each task: lengths, and the numbers of runs, epochs, seeds and hours."""
    parts = []
    for task, starts in tasks.items():
        runs = [run for runs_of_start in starts.values() for run in runs_of_start]
        lengths = {run.settings.options.get("length") for run in runs} - {None}
        in_words = " and ".join(map(str, sorted(lengths)))
        steps = f" of {in_words} steps" if lengths else ""
        epochs = max(run.settings.epochs for run in runs)
        seeds = sorted({run.seed for run in runs})
        seed_list = ", ".join(map(str, seeds))
        hours = sum(run.hours for run in runs)
        parts.append(
            f"{TASKS[task]}{steps}, {len(runs)} runs of up to {epochs} epochs (seeds {seed_list}; {hours:.1f} hours)"
        )
    return "; ".join(parts)


def listed(tasks: Tasks, number: Callable[[Run], float], *, mean: bool = False) -> str:
    """In words, by task and start: a number of every run, or its mean over the runs."""
    parts = []
    for task, starts in tasks.items():
        texts = []
        for start, runs in starts.items():
            numbers = [number(run) for run in runs]
            if mean:
                numbers = [np.mean(numbers)]
            texts.append(f"{STARTS[start].name} " + ", ".join(f"{value:.2f}" for value in numbers))
        parts.append(f"{TASKS[task]}, " + ", ".join(texts))
    return "; ".join(parts)


def networks(run: Run) -> list[lm.LinearNetwork]:
    """W and V of a plain cell, before and after training."""
    pair = []
    with np.load(run.weights) as stored:
        for prefix in ("initial_", ""):
            W, V = stored[f"{prefix}recurrent"], stored[f"{prefix}feedforward"]
            pair.append(lm.LinearNetwork(W, V if V.shape[1] > 1 else V[:, 0], name=run.name))
    return pair


def memory(network: lm.LinearNetwork, horizon: int = HORIZON) -> np.ndarray:
    """J(k) of inputs of unit norm, tr J(k) / tr V'V, (horizon,): over the last steps only, as radii may be above 1."""
    return _of_unit_inputs(network, _curve(network, horizon).values)


def enclosed_memory(network: lm.LinearNetwork, horizon: int) -> np.ndarray:
    """`memory` by ball arithmetic: the enclosure proves more than twelve digits. It takes seconds for 100 units."""
    return _of_unit_inputs(network, lm.certify(_curve(network, horizon)).value)


def stored_curves(run: Run) -> list[np.ndarray]:
    """`memory` of the network before and after training, as stored. An error where they are not of these weights."""
    line = stored_lines().get(run.name)
    if line is None or line["weights"] != hash_of_weights(run) or line["horizon"] != HORIZON:
        raise FileError(f"{CURVES} has no curves of the weights in {run.weights}: python -m analysis.measure_trained")
    return [np.array(line[state]) for state in ("before", "after")]


def stored_lines() -> dict[str, dict[str, Any]]:
    """The lines of `CURVES` by the name of the run; none where there is no file."""
    if not CURVES.exists():
        return {}
    return {line["name"]: line for line in json.loads(CURVES.read_text(encoding="utf-8"))}


def hash_of_weights(run: Run) -> str:
    """The SHA-256 of the file of the weights."""
    return sha256(run.weights.read_bytes()).hexdigest()


def _curve(network: lm.LinearNetwork, horizon: int) -> lm.FisherMemoryCurve:
    return lm.fisher_memory_curve(network, horizon, horizon=horizon, rtol=1e-6)


def _of_unit_inputs(network: lm.LinearNetwork, values: np.ndarray) -> np.ndarray:
    """tr J(k) / tr V'V of the values of a curve, which are numbers J(k) for one input, and matrices for several."""
    matrices = values.reshape(len(values), network.n_inputs, network.n_inputs)
    return np.einsum("kii->k", matrices) / (network.columns() ** 2).sum()


def associations(runs: Sequence[Run], shuffles: int) -> dict[str, str]:
    """The association of each measure, within tasks ("departure"), and within tasks and starts ("departure_alone")."""
    texts = {}
    for measure in runs[0].measures:
        texts[measure] = association(runs, measure, ("group", "task"), shuffles)
        texts[f"{measure}_alone"] = association(runs, measure, ("group", "task", "start"), shuffles)
    return texts


def association(runs: Sequence[Run], measure: str, parts: tuple[str, ...], shuffles: int) -> str:
    """Rank correlation of a measure with the lowest loss, both within runs alike in `parts`, and its p by shuffles.

    Runs that end in their first epoch have the weights with which they began, and are left out.
    """
    groups: dict[tuple[Any, ...], list[tuple[float, float]]] = {}
    for run in runs:
        if run.validation_loss:
            alike = tuple(getattr(run, part) for part in parts)
            groups.setdefault(alike, []).append((run.measures[measure], run.lowest))
    # ranks about their mean within each group of at least three: (2, runs)
    ranks = []
    for pairs in groups.values():
        if len(pairs) > 2:
            mean_rank = (len(pairs) + 1) / 2
            ranks.append(rankdata(pairs, axis=0).T - mean_rank)
    if not ranks:
        return "too few runs to tell"
    squares = [sum((pair[i] ** 2).sum() for pair in ranks) for i in (0, 1)]
    norm = np.prod(squares) ** 0.5
    correlation = sum(x @ y for x, y in ranks) / norm
    draw = np.random.default_rng(0)
    products = np.zeros(shuffles)
    for x, y in ranks:
        products += draw.permuted(np.tile(y, (shuffles, 1)), axis=1) @ x
    shuffled = np.abs(products) / norm
    # the runs as they are count as one of the shuffles, and rounding must not make a tie smaller
    as_large = np.count_nonzero(shuffled >= abs(correlation) - 1e-12)
    p = (1 + as_large) / (1 + shuffles)
    n_runs = sum(pair.shape[1] for pair in ranks)
    return f"{correlation:.2f} (p = {p:.2g}, {n_runs} runs)"


def draw_profile(ax: Axes, profiles: Sequence[Any], look: Look, reach: int) -> None:
    """Mean link profile of the runs from one start.

    The band is two standard deviations about the mean of as many networks without a chain.
    """
    distance = profiles[0].distance
    middle = np.mean([profile.null_mean for profile in profiles], axis=0)
    variance_of_sum = np.sum([profile.null_standard_deviation**2 for profile in profiles], axis=0)
    band = 2 * variance_of_sum**0.5 / len(profiles)
    ax.fill_between(distance, middle - band, middle + band, color="0.8", alpha=0.6, linewidth=0)
    ax.plot(distance, np.mean([profile.mean for profile in profiles], axis=0), **look.style, label=look.name)
    ax.set_xlim(-reach, reach)


def draw_shares(ax: Axes, shares: Mapping[str, Sequence[tuple[Look, Sequence[float], Sequence[float]]]]) -> None:
    """Shares p of networks without a chain that are as asymmetric, by group and start: by |h| (filled), by h (open)."""
    centres = []
    x = 0.0
    for starts in shares.values():
        first = x
        for look, by_modulus, by_signed in starts:
            for values, fill in ((by_modulus, "full"), (by_signed, "none")):
                style = {"color": look.style["color"], "fillstyle": fill, "markersize": 3, "linestyle": ""}
                beside = 0.3 * (np.arange(len(values)) - (len(values) - 1) / 2)  # equal values stay apart
                ax.plot(x + beside, values, marker=look.marker, **style)
                x += 1.2
            x += 0.6
        centres.append((first + x - 1.8) / 2)
        x += 1.5
    ax.axhline(0.05, color="0.6", linewidth=0.8, zorder=0)
    ax.set(yscale="log", ylim=(0.007, 1.4), xlim=(-1.5, x - 2))
    ax.set_yticks((0.01, 0.05, 0.1, 1), ("0.01", "0.05", "0.1", "1"))
    ax.set_xticks(centres, list(shares), minor=False)
    ax.tick_params(axis="x", length=0)
