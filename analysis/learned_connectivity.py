"""The chain in weights that were learned. After Orhan & Pitkow (2020), Fig 5 and Table 2.

All rows but the last: mean weight from unit j to unit i against i - j, units in the order of their largest |h| or, as
in the paper, h in the {s.steps} steps after a pulse of all inputs, W alone; mean over seeds. Grey line: untrained, by
|h|. Band: two standard deviations about the mean of networks without a chain (orthogonal, same norm; {s.samples} a
run), by |h|; dots: by h. Linear within 0.05, then logarithmic. The share of those networks that are at least as
asymmetric, seed by seed, by |h|: {modulus}. By h: {signed}. Chains stay where they began: in the order of their start
the mean weight of their links is {link:.2f} or more. But trained radii are up to {radius:.2f}: responses grow, and
their order hides links. Last row: departure from normality (Henrici), before and after, a line for each run; mean
after: {means}. The paper's Table 2, normal starts and chains: addition 2.33 and 2.74, digits 1.01 and 2.72. Chains come
down to it: small weights back close loops, whose eigenvalues are near the unit circle. Run: {run}; figure
learning_curves tells what they learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to, require
from analysis.output import FIGURES, save
from analysis.trainings import STARTS, TASKS, by_task, collected, draw_profiles, listed, networks, said
from linmem import plotting


@dataclass(frozen=True)
class Settings:
    """`samples` networks without a chain a run; distances up to `reach` are drawn; `p_values` at most, by task."""

    tasks: tuple = ("copy", "addition", "digits")
    steps: int = 100
    samples: int = 99
    reach: int = 12
    p_values: tuple = (("digits", 0.05),)
    seed: int = 0


SETTINGS = Settings()
ORDERS = ("modulus", "signed")
CHAINS, NORMAL = ("chain", "feedback_chain"), ("orthogonal", "identity")


def compute(settings: Settings) -> SimpleNamespace:
    """Profiles, departures and eigenvalues of each run, and the runs by task and start."""
    runs, asked = collected("full", settings.tasks), {"steps": settings.steps, "rng": settings.seed}
    for run in runs:
        run.nets = before, after = networks(run)
        ask = asked | {"samples": settings.samples}
        run.profiles = {order: lm.link_profile(after, order=order, **ask) for order in ORDERS}
        run.untrained = lm.link_profile(before, samples=1, **asked)
        run.found = [lm.henrici_departure(net) for net in run.nets]
        run.moduli, run.link = np.abs(np.linalg.eigvals(after.dense())), np.diag(after.dense(), -1).mean()
    return SimpleNamespace(runs=runs, tasks=by_task(runs))


def claims(settings: Settings, found):
    """What the figure says, one claim after the other."""
    wrong, off = [], []
    for run in found.runs:
        for profile in (run.untrained, *run.profiles.values()):
            W = profile.network.dense()[np.ix_(profile.order, profile.order)]
            wrong += [abs(np.diag(W, -k).mean() - profile.mean[k + len(W) - 1]) for k in range(-9, 10)]
        off.append(abs(run.found[1] - (np.linalg.norm(W) ** 2 - (run.moduli**2).sum()) ** 0.5))
    yield at_most("profiles, against means of diagonals", max(wrong), 1e-12)
    yield at_most("departures after training, against eigenvalues", max(off), 0.01)
    for task, limit in settings.p_values:
        p = np.median([run.profiles["modulus"].p_value for run in found.tasks[task]["chain"]])
        yield at_most(f"{task}: p of the trained chain, median of seeds", p, limit)
    for task in [task for task in ("copy", "digits") if task in found.tasks]:
        starts = found.tasks[task]
        chains, normal = ([run for start in kind for run in starts.get(start, ())] for kind in (CHAINS, NORMAL))
        run = starts["chain"][0]
        link, share = run.untrained.mean[run.nets[0].size], max(run.found[1] / run.found[0] for run in chains)
        yield close_to(f"{task}: mean weight at 1 of the untrained chain", link, run.settings.gain, 1e-6)
        yield at_least(f"{task}: mean link of trained chains, as they began", min(run.link for run in chains), 0.5)
        yield at_most(f"{task}: departure of chains, after over before", share, 1)
        yield at_least(f"{task}: departure from normal starts, after", min(run.found[1] for run in normal), 0.1)


def draw(settings: Settings, found):
    """A column for each task, a row for each start; the last row: departures."""
    names = list(dict.fromkeys(run.start for run in found.runs))
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 1.2 * len(names) + 1.9)
    rows = figure.subplots(len(names) + 1, len(found.tasks), squeeze=False, height_ratios=[1] * len(names) + [1.4])
    for column, (task, starts) in zip(rows.T, found.tasks.items(), strict=True):
        for ax, start in zip(column, names, strict=False):
            name, colour, line, mark = STARTS[start]
            ax.set_title(f"{task}, {name}")
            if runs := starts.get(start):
                profiles = {order: [run.profiles[order] for run in runs] for order in ORDERS}
                draw_profiles(ax, profiles, [run.untrained for run in runs], settings.reach)
                pairs = np.transpose([run.found for run in runs])
                lines = column[-1].plot((0, 1), pairs, color=colour, linestyle=line, marker=mark, markersize=4)
                lines[0].set_label(name)
        column[-1].set(xlim=(-0.3, 1.3), xticks=(0, 1), xticklabels=("before", "after"), title=TASKS[task])
        column[-2].set_xlabel("Distance $i - j$ along the order (units)")
    for ax, name in zip(rows[:, 0], ["Mean $W_{ij}$ (no unit)"] * len(names) + ["Departure (no unit)"], strict=True):
        ax.set_ylabel(name)
    rows[-3, 0].legend(loc="upper right", ncols=2)
    rows[-1, 0].legend(loc="upper right")
    plotting.letter_panels(*rows.flat)
    return figure


def main(settings: Settings = SETTINGS, folder=FIGURES) -> tuple[Claim, ...]:
    """Compute, claim, draw, save."""
    found = compute(settings)
    held = require(*claims(settings, found))
    with plotting.style():
        figure = draw(settings, found)
    numbers = {f"profile by {order}, {run.name}": run.profiles[order].mean for run in found.runs for order in ORDERS}
    numbers |= {f"departure, {run.name}": np.round(run.found, 6) for run in found.runs}
    texts = {"run": said(found.tasks), "means": listed(found.tasks, lambda run: run.found[1], mean=True)}
    texts |= {o: listed(found.tasks, lambda run, o=o: run.profiles[o].p_value) for o in ORDERS}
    link, radius = min(r.link for r in found.runs if r.start in CHAINS), max(r.moduli.max() for r in found.runs)
    save(figure, __file__, folder, settings, numbers, __doc__.format(s=settings, link=link, radius=radius, **texts))
    return held
