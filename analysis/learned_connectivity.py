"""The chain in the weights of trained networks. After Orhan & Pitkow (2020), Fig 5 and Table 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to
from analysis.trainings import STARTS, TASKS, Run, by_task, collected, draw_profiles, listed, networks, said
from linmem import plotting

CAPTION = """
The chain in the weights of trained networks. After Orhan & Pitkow (2020), Fig 5 and Table 2.

All rows but the last: mean weight from unit j to unit i against i - j, mean over seeds. The units are in the order of
the step at which |h| is largest or, as in the paper, h is largest, in the {steps} steps after a pulse of all inputs
to the linear network W. Grey line: untrained networks, by |h|. Band: two standard deviations about the mean of networks
without a chain (orthogonal matrices of the same norm, {samples} for each run), by |h|; dotted lines: the same by h. The
scale is linear within 0.05, then logarithmic. The share of those networks that are at least as asymmetric as the
trained one, seed by seed, by |h|: {modulus}. By h: {signed}. Chains stay where they began: in the order of their start
the mean weight of their links is {link:.2f} or more. But trained networks have radii of up to {radius:.2f}; their
responses grow, and the order of the responses hides the links. Last row: departure from normality (Henrici), before and
after training, one line for each run; mean after training: {means}. The paper's Table 2 has, for normal starts and for
chains, 2.33 and 2.74 (addition) and 1.01 and 2.72 (digits). The departure of chains falls to these values because small
weights back close loops, whose eigenvalues are near the unit circle. The runs: {runs}. Figure learning_curves shows
their losses.
"""


@dataclass(frozen=True)
class Settings:
    """`samples` networks without a chain a run; distances up to `reach` are drawn; `p_values` at most, by task."""

    tasks: tuple = ("copy", "addition", "digits")
    steps: int = 100
    samples: int = 99
    reach: int = 12
    p_values: tuple = (("digits", 0.05),)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Connectivity:
    """The weights of one run.

    Attributes
    ----------
    run, after
        The run, and its network after training.
    profiles
        Link profiles after training, by the order of the units.
    untrained
        Link profile before training, by |h|.
    departures
        Departures from normality, before and after training.
    moduli
        |eigenvalues| after training.
    link
        Mean weight after training of the links that a chain has at the start.
    """

    run: Run
    after: lm.LinearNetwork
    profiles: dict[str, lm.LinkProfile]
    untrained: lm.LinkProfile
    departures: tuple[float, float]
    moduli: np.ndarray
    link: float


@dataclass(frozen=True)
class Results:
    """The weights of every run."""

    runs: list[Connectivity]

    def of(self, task: str, *starts: str) -> list[Connectivity]:
        """The runs of a task from these starts."""
        of_task = [each for each in self.runs if each.run.task == task]
        return [each for each in of_task if each.run.start in starts]


SETTINGS = Settings()
ORDERS = ("modulus", "signed")
CHAINS, NORMAL = ("chain", "feedback_chain"), ("orthogonal", "identity")
BEFORE, AFTER = 0, 1


def connectivity(settings: Settings, run: Run) -> Connectivity:
    """Profiles, departures and eigenvalues of a run."""
    before, after = networks(run)
    response = {"steps": settings.steps, "rng": settings.seed}
    W = after.dense()
    profiles = {}
    for order in ORDERS:
        profiles[order] = lm.link_profile(after, order=order, samples=settings.samples, **response)
    return Connectivity(
        run=run,
        after=after,
        profiles=profiles,
        untrained=lm.link_profile(before, samples=1, **response),
        departures=(lm.henrici_departure(before), lm.henrici_departure(after)),
        moduli=np.abs(np.linalg.eigvals(W)),
        link=np.diag(W, -1).mean(),
    )


def compute(settings: Settings) -> Results:
    """The weights of every run of the tasks."""
    return Results([connectivity(settings, run) for run in collected("full", settings.tasks)])


def claims(settings: Settings, results: Results) -> Iterator[Claim]:
    """What the figure says, one claim after the other."""
    yield at_most("profiles, against means of diagonals", max(map(profile_error, results.runs)), 1e-12)
    yield at_most("departures after training, against eigenvalues", max(map(departure_error, results.runs)), 0.01)
    for task, limit in settings.p_values:
        p = [each.profiles["modulus"].p_value for each in results.of(task, "chain")]
        yield at_most(f"{task}: p of the trained chain, median of seeds", np.median(p), limit)
    for task in ("copy", "digits"):
        if task in settings.tasks:
            yield from start_claims(task, results)


def profile_error(each: Connectivity) -> float:
    """Largest difference between the profiles of a run and the means of the diagonals of its ordered W."""
    errors = []
    for profile in (each.untrained, *each.profiles.values()):
        W = profile.network.dense()[np.ix_(profile.order, profile.order)]
        for distance in range(-9, 10):
            mean = profile.mean[distance + len(W) - 1]
            errors.append(abs(np.diag(W, -distance).mean() - mean))
    return max(errors)


def departure_error(each: Connectivity) -> float:
    """Difference between the departure after training and (||W||_F^2 - sum of |eigenvalues|^2)^1/2, its definition."""
    norm = np.linalg.norm(each.after.dense())
    squares = norm**2 - (each.moduli**2).sum()
    return abs(each.departures[AFTER] - squares**0.5)


def start_claims(task: str, results: Results) -> Iterator[Claim]:
    """What training leaves of the starts: the links of chains, and the departures from normality."""
    first = results.of(task, "chain")[0]
    link = first.untrained.mean[first.after.size]  # the profile begins at distance 1 - N
    yield close_to(f"{task}: mean weight at 1 of the untrained chain", link, first.run.settings.gain, 1e-6)

    chains = results.of(task, *CHAINS)
    links = [each.link for each in chains]
    yield at_least(f"{task}: mean link of trained chains, as they began", min(links), 0.5)
    shares = [each.departures[AFTER] / each.departures[BEFORE] for each in chains]
    yield at_most(f"{task}: departure of chains, after over before", max(shares), 1)

    departures = [each.departures[AFTER] for each in results.of(task, *NORMAL)]
    yield at_least(f"{task}: departure from normal starts, after", min(departures), 0.1)


def draw(settings: Settings, results: Results) -> Figure:
    """A column for each task, a row for each start; the last row: departures."""
    starts = list(dict.fromkeys(each.run.start for each in results.runs))
    tasks = list(dict.fromkeys(each.run.task for each in results.runs))
    figure = plotting.new_figure(plotting.TWO_COLUMNS, 1.2 * len(starts) + 1.9)
    heights = [1] * len(starts) + [1.4]
    rows = figure.subplots(len(starts) + 1, len(tasks), squeeze=False, height_ratios=heights)
    for column, task in zip(rows.T, tasks, strict=True):
        for ax, start in zip(column, starts, strict=False):
            ax.set_title(f"{task}, {STARTS[start].name}")
            draw_start(settings, results.of(task, start), ax)
        column[-2].set_xlabel("Distance $i - j$ along the order (units)")
        departures = column[-1]
        departures.set_title(TASKS[task])
        draw_departures({start: results.of(task, start) for start in starts}, departures)
    for ax in rows[:-1, 0]:
        ax.set_ylabel("Mean $W_{ij}$ (no unit)")
    rows[-1, 0].set_ylabel("Departure (no unit)")
    rows[-3, 0].legend(loc="upper right", ncols=2)
    _, highest = rows[-1, 0].get_ylim()
    rows[-1, 0].set_ylim(top=1.35 * highest)  # room for the legend above the lines
    rows[-1, 0].legend(loc="upper right")
    plotting.letter_panels(*rows.flat)
    return figure


def draw_start(settings: Settings, runs: list[Connectivity], ax: Axes) -> None:
    """The link profiles of the runs of one task from one start."""
    if runs:
        untrained = [each.untrained.mean for each in runs]
        profiles = {order: [each.profiles[order] for each in runs] for order in ORDERS}
        draw_profiles(ax, profiles, untrained, settings.reach)


def draw_departures(starts: dict[str, list[Connectivity]], ax: Axes) -> None:
    """Departure from normality before and after training: a line for each run."""
    for start, runs in starts.items():
        look = STARTS[start]
        for i, each in enumerate(runs):
            label = look.name if i == 0 else None
            points = {"marker": look.marker, "markersize": 4}
            ax.plot((BEFORE, AFTER), each.departures, **look.style, **points, label=label)
    ax.set_xlim(-0.3, 1.3)
    ax.set_xticks((BEFORE, AFTER), ("before", "after"))


def numbers(settings: Settings, results: Results) -> dict[str, np.ndarray]:
    """The profiles of every run, by the order of the units, and its departures before and after."""
    rows = {}
    for each in results.runs:
        for order in ORDERS:
            rows[f"profile by {order}, {each.run.name}"] = each.profiles[order].mean
    for each in results.runs:
        rows[f"departure, {each.run.name}"] = np.round(each.departures, 6)
    return rows


def caption_fields(settings: Settings, results: Results) -> dict[str, object]:
    """The settings by their names; the runs, their p and their departures in words."""
    by_run = {each.run.name: each for each in results.runs}
    tasks = by_task(each.run for each in results.runs)
    fields = vars(settings) | {
        "runs": said(tasks),
        "means": listed(tasks, lambda run: by_run[run.name].departures[AFTER], mean=True),
        "link": min(each.link for each in results.runs if each.run.start in CHAINS),
        "radius": max(each.moduli.max() for each in results.runs),
    }
    for order in ORDERS:
        fields[order] = listed(tasks, lambda run, order=order: by_run[run.name].profiles[order].p_value)
    return fields
