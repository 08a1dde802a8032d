"""The gates of LSTMs that learned a text, and how well they learned it. After Orhan & Pitkow (2020), Fig 6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.claims import Claim, at_most, close_to
from analysis.gates import ORDERS, Gates, analyse, by_kernel, states
from analysis.trainings import STARTS, Run, by_task, collected, draw_profiles, listed, said
from linmem import plotting
from linmem.learning.tasks import characters

CAPTION = """
The gates of LSTMs that learned a text, and how well they learned it. After Orhan & Pitkow (2020), Fig 6, Tables 1
and 3.

All rows but the last: mean weight from unit j to unit i against i - j, gate by gate; running mean over {width}
distances, mean over seeds. The units are in the order of the step at which |h|, or h, is largest in the {steps} steps
after a pulse of all inputs; h without the pulse is subtracted, and ties are ordered by chance. Grey line: untrained
networks, by |h|. Band: two standard deviations about the mean of networks in which the weights of each gate are in
random places ({samples} for each run), by |h|; dotted lines: the same by h. The scale is linear within 0.05, then
logarithmic. The paper shows a ramp in the sigmoid gates and a bump in the update. Here {networks} networks were
trained; the number of them for which at most 5 % of the shuffled networks are as asymmetric is, by |h|, {modulus}; by
h, {signed}. Half of the units respond most in the first {peak:.0f} steps, so that this order says little. Last row:
bits a character on held-out text after each epoch. The lowest value, seed by seed: plain cells, {plain}; LSTMs,
{gated}. The paper (Penn Treebank) has: identity and orthogonal 1.312, chain 1.308, chain with feedback 1.307, LSTM
1.175. Here the text is five books of the King James Version, and there are {units} units. The runs: {runs}.
"""


@dataclass(frozen=True)
class Settings:
    """`samples` networks with shuffled weights for each run."""

    steps: int = 100
    samples: int = 99
    reach: int = 50
    width: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Results:
    """The gates of the LSTMs; the runs of plain cells, and of LSTMs."""

    gates: list[Gates]
    plain: list[Run]
    lstms: list[Run]


SETTINGS = Settings()
GATES = ("input gate", "forget gate", "update", "output gate")
BITS = 1 / np.log(2)  # bits in a nat


def compute(settings: Settings) -> Results:
    """The runs of all cells, and the profiles of the LSTMs."""
    runs = collected("text")
    lstms = [run for run in runs if run.settings.cell == "lstm"]
    plain = [run for run in runs if run.settings.cell != "lstm"]
    gates = []
    for run in lstms:
        gates.append(analyse(run, settings.steps, settings.samples, settings.width, settings.seed))
    return Results(gates, plain, lstms)


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one claim after the other."""
    for gates in results.gates:
        W, V, b = gates.weights
        pulsed, _ = states(W[None], V, b, settings.steps)
        error = pulsed[:, 0] - by_kernel(gates, settings.steps)
        yield at_most(f"h, {gates.run.name}: against the kernel", np.abs(error).max(), 1e-3)
        yield at_most("sums of the weights of a profile, against those of its gate", error_of_sums(gates), 1e-9)
    yield close_to("loss without input", results.lstms[0].baseline, characters().baseline, 1e-12)

    plain = [run.lowest for run in results.plain]
    lstms = [run.lowest for run in results.lstms]
    yield at_most("lowest loss over that, the worst of all", max(lstms + plain), 1)
    yield at_most("the worst LSTM over the best plain cell", max(lstms) / min(plain), 1)


def error_of_sums(gates: Gates) -> float:
    """Largest difference between the sum of the weights of a gate and that of its mean weights times their numbers."""
    n = gates.layout.units
    pairs_at_distance = n - np.abs(np.arange(1 - n, n))
    sums = gates.weights[0].reshape(4, -1).sum(axis=1)
    errors = []
    for profiles in gates.profiles.values():
        for profile, expected in zip(profiles, sums, strict=True):
            errors.append(abs(profile.raw @ pairs_at_distance - expected))
    return max(errors)


def draw(settings: Settings, results: Results) -> Figure:
    """A row for each start, a column for each gate; below: bits a character."""
    starts: dict[str, list[Gates]] = {}
    for gates in results.gates:
        starts.setdefault(gates.run.start, []).append(gates)
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 1.2 * len(starts) + 2)
    grid = figure.add_gridspec(len(starts) + 1, len(GATES), height_ratios=[1] * len(starts) + [1.4])
    panels = []
    for row, (start, runs) in enumerate(starts.items()):
        for gate, name in enumerate(GATES):
            ax = figure.add_subplot(grid[row, gate])
            draw_gate(settings, runs, gate, ax)
            ax.set_title(f"{STARTS[start].name}, {name}", loc="right")
            panels.append(ax)
        panels[-len(GATES)].set_ylabel("Mean weight (no unit)")
    panels[5].legend(loc="upper right", ncols=2, columnspacing=1, handlelength=1.6)
    for ax in panels[-len(GATES) :]:
        ax.set_xlabel("Distance $i - j$ (units)")
    plain = figure.add_subplot(grid[-1, :2])
    lstms = figure.add_subplot(grid[-1, 2:])
    draw_losses(results.plain, "plain cells", plain)
    draw_losses(results.lstms, "LSTMs", lstms)
    plotting.letter_panels(*panels, plain, lstms)
    return figure


def draw_gate(settings: Settings, runs: list[Gates], gate: int, ax: Axes) -> None:
    """The profiles of one gate in the networks from one start."""
    profiles = {}
    for order in ORDERS:
        profiles[order] = [gates.profiles[order][gate] for gates in runs]
    untrained = [gates.untrained[gate] for gates in runs]
    draw_profiles(ax, profiles, untrained, settings.reach)


def draw_losses(runs: list[Run], title: str, ax: Axes) -> None:
    """Bits a character after each epoch: a line for each run."""
    for start, of_start in by_task(runs)["characters"].items():
        look = STARTS[start]
        for i, run in enumerate(of_start):
            bits = BITS * np.array(run.validation_loss)
            epochs = np.arange(1, 1 + len(bits))
            label = look.name if i == 0 else None
            ax.plot(epochs, bits, **look.style, linewidth=0.8, label=label)
    ax.set(title=title, xlabel="Epoch", ylabel="Bits a character")
    ax.legend(ncols=2)


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """Bits a character of every run, and the profile of every gate by the order of the units."""
    rows = {}
    for run in results.plain + results.lstms:
        rows[f"bits a character, {run.name}"] = BITS * np.array(run.validation_loss)
    for order in ORDERS:
        for gates in results.gates:
            for name, profile in zip(GATES, gates.profiles[order], strict=True):
                rows[f"{gates.run.name}, {name}, {order}"] = profile.raw
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names; the runs and their lowest losses in words; how many networks are asymmetric."""
    fields = vars(settings) | {
        "networks": len(results.gates),
        "units": results.lstms[0].settings.units,
        "peak": np.median([gates.peaks for gates in results.gates]),
        "runs": said(by_task(results.plain + results.lstms)),
        "plain": listed(by_task(results.plain), lowest_bits),
        "gated": listed(by_task(results.lstms), lowest_bits),
    }
    for order in ORDERS:
        asymmetric = np.sum([gates.p[order] <= 0.05 for gates in results.gates], axis=0)
        fields[order] = ", ".join(f"{name} {number}" for name, number in zip(GATES, asymmetric, strict=True))
    return fields


def lowest_bits(run: Run) -> float:
    """Lowest validation loss of a run, in bits a character."""
    return run.lowest * run.baseline * BITS
