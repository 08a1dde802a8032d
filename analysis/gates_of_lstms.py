"""The gates of LSTMs that learned a text, and how well. After Orhan & Pitkow (2020), Fig 6, Tables 1 and 3.

Rows but the last: mean weight from unit j to unit i against i - j, gate by gate, over {s.width} distances and seeds.
Units are in the order of their largest |h|, or h, in the {s.steps} steps after a pulse of all inputs, less h without
it; ties by chance. Grey line: untrained, by |h|. Band: two standard deviations about the mean of networks with each
gate's weights in random places ({s.samples} a run), by |h|; dots: by h. Linear within 0.05, then logarithmic. The paper
has a ramp in sigmoid gates and a bump in the update. Here, of {runs} networks, those of whose shuffled ones at most 5 %
are as asymmetric: by |h|, {modulus}; by h, {signed}. Half of the units respond most in the first {peak:.0f} steps: such
an order tells little. Last row: bits a character on held-out text, after each epoch; lowest, seed by seed: plain cells,
{plain}; LSTMs, {gated}. The paper (Penn Treebank): identity and orthogonal 1.312, chain 1.308, with feedback 1.307,
LSTM 1.175. Here: five books of the King James Version, {units} units. Run: {run}.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from analysis.claims import Claim, at_most, close_to, require
from analysis.gates import ORDERS, analyse, by_kernel, states
from analysis.output import FIGURES, save
from analysis.trainings import STARTS, by_task, collected, draw_profiles, listed, said
from linmem import plotting
from linmem.learning.tasks import characters


@dataclass(frozen=True)
class Settings:
    """`samples` networks with shuffled weights for each run."""

    steps: int = 100
    samples: int = 99
    reach: int = 50
    width: int = 5
    seed: int = 0


SETTINGS = Settings()
GATES = ("input gate", "forget gate", "update", "output gate")
BITS = 1 / np.log(2)


def compute(settings: Settings) -> SimpleNamespace:
    """Losses of all cells; profiles of the LSTMs, gate by gate, and how many shuffled ones are as asymmetric."""
    runs = collected("text")
    gated, plain = ([run for run in runs if (run.settings.cell == "lstm") is lstm] for lstm in (True, False))
    for run in gated:
        analyse(run, settings.steps, settings.samples, settings.width, settings.seed)
    return SimpleNamespace(gated=gated, plain=plain)


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    for run in found.gated:
        W, V, b = run.parts
        error = states(W[None], V, b, settings.steps)[0, :, 0] - by_kernel(run, settings.steps)
        yield at_most(f"h, {run.name}: against the kernel", np.abs(error).max(), 1e-3)
        count = run.cell.units - np.abs(np.arange(1 - run.cell.units, run.cell.units))
        sums = [[(one.raw * count).sum() for one in each] for each in run.profiles.values()]
        error = np.subtract(sums, W.reshape(4, -1).sum(axis=1))
        yield at_most("sums of the weights of a profile, against those of its gate", np.abs(error).max(), 1e-9)
    yield close_to("loss without input", found.gated[0].baseline, characters().baseline, 1e-12)
    worst, best = max(run.lowest for run in found.gated), min(run.lowest for run in found.plain)
    yield at_most("lowest loss over that, the worst of all", max(run.lowest for run in found.gated + found.plain), 1)
    yield at_most("the worst LSTM over the best plain cell", worst / best, 1)


def draw(settings: Settings, found):
    """A row for each start, a column for each gate; below: bits a character."""
    tasks = by_task(found.gated)["characters"]
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 1.2 * len(tasks) + 2)
    grid, panels = figure.add_gridspec(len(tasks) + 1, 4, height_ratios=[1] * len(tasks) + [1.4]), []
    for row, (start, runs) in enumerate(tasks.items()):
        for gate, name in enumerate(GATES):
            panels.append(ax := figure.add_subplot(grid[row, gate]))
            profiles = {order: [run.profiles[order][gate] for run in runs] for order in ORDERS}
            draw_profiles(ax, profiles, [run.untrained[gate] for run in runs], settings.reach)
            ax.set_title(f"{STARTS[start][0]}, {name}")
        panels[-4].set_ylabel("Mean weight (no unit)")
    panels[7].legend(loc="upper right", ncols=2)
    for ax in panels[-4:]:
        ax.set_xlabel("Distance $i - j$ (units)")
    for side, runs, title in ((0, found.plain, "plain cells"), (1, found.gated, "LSTMs")):
        panels.append(ax := figure.add_subplot(grid[-1, 2 * side : 2 * side + 2]))
        for start, each in by_task(runs)["characters"].items():
            name, colour, line, _ = STARTS[start]
            for i, run in enumerate(each):
                bits = BITS * np.array(run.validation_loss)
                ax.plot(np.arange(1, 1 + len(bits)), bits, line, color=colour, linewidth=0.8, label=None if i else name)
        ax.set(title=title, xlabel="Epoch", ylabel="Bits a character")
        ax.legend(ncols=2)
    plotting.letter_panels(*panels)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {
        f"bits a character, {run.name}": BITS * np.array(run.validation_loss) for run in found.plain + found.gated
    }
    texts = {"run": said(by_task(found.plain + found.gated)), "peak": np.median([run.peaks for run in found.gated])}
    for order in ORDERS:
        for run in found.gated:
            numbers |= {
                f"{run.name}, {name}, {order}": one.raw for name, one in zip(GATES, run.profiles[order], strict=True)
            }
        few = np.sum([run.p[order] <= 0.05 for run in found.gated], axis=0)
        texts[order] = ", ".join(f"{name} {count}" for name, count in zip(GATES, few, strict=True))
    for kind in ("plain", "gated"):
        texts[kind] = listed(by_task(getattr(found, kind)), lambda run: run.lowest * run.baseline * BITS)
    texts |= {"runs": len(found.gated), "units": found.gated[0].settings.units}
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, **texts))
    return held
