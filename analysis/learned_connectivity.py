"""The chain in the weights of trained networks. After Orhan & Pitkow (2020), Fig 5 and Table 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from analysis.claims import Claim, at_least, at_most, close_to
from analysis.labels import beyond
from analysis.layout import Layout, arrange, key_above, label_left
from analysis.trainings import (
    STARTS,
    TASKS,
    Look,
    Run,
    by_task,
    collected,
    draw_profile,
    draw_shares,
    listed,
    networks,
    said,
)

CAPTION = """
The chain in the weights of trained networks. After Orhan & Pitkow (2020), Fig 5 and Table 2.

(a-c) Mean weight from unit j to unit i against i - j, after training from the chain and from the chain with feedback,
mean over seeds. The units are in the order of the step at which |h| is largest in the {steps} steps after a pulse of
all inputs to the linear network W. Band: two standard deviations about the mean of networks without a chain (orthogonal
matrices of the same norm, {samples} for each run). Arrows: values at distance 1 that are above the axes, before
training and, in c, after it. (d) The share of those networks that are at least as asymmetric as the trained one, each
run; units ordered by |h| or, as in the paper, by h; {least} is the least that so many networks can give. Seed by seed,
by |h|: {modulus}. By h: {signed}. Chains stay where they began: in the order of their start the mean weight of their
links is {link:.2f} or more. But trained networks have radii of up to {radius:.2f}; their responses grow, and the order
of the responses hides the links. (e) Departure from normality (Henrici) before and after training, mean and range of
the seeds; mean after training: {means}. The paper's Table 2 has, for normal starts and for chains, 2.33 and 2.74
(addition) and 1.01 and 2.72 (digits). The departure of chains falls to these values because small weights back close
loops, whose eigenvalues are near the unit circle. The runs: {runs}. Figure learning_curves shows their losses.
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
LAYOUT = Layout(one="ab\ncc\ndd\nee", two="aabbcc\nddddee", heights=(6.8, 4.0))
ORDERS = ("modulus", "signed")
CHAINS, NORMAL = ("chain", "feedback_chain"), ("orthogonal", "identity")
BEFORE, AFTER = 0, 1
PROFILE_AXIS = (-0.07, 0.13)
LOOKS = [STARTS[start] for start in CHAINS + NORMAL]


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
    """Profiles from chains, a panel for each task; p of all runs; departures of all runs."""
    figure, (*profiles, shares, departures) = arrange(LAYOUT)
    for ax, task in zip(profiles, settings.tasks, strict=True):
        for row, start in enumerate(CHAINS):
            draw_start(settings, results.of(task, start), row, ax)
        ax.set(title=TASKS[task], xlabel="Distance $i - j$ (units)", ylim=PROFILE_AXIS)
    label_left(profiles, "Mean $W_{ij}$ (no unit)")
    draw_shares(shares, {TASKS[task]: p_of_task(results, task) for task in settings.tasks})
    shares.set_title("order by $|h|$ (filled), by $h$ (open)")
    shares.set_ylabel("Share of networks without\na chain as asymmetric, $p$")
    draw_departures(settings, results, departures)
    handles = [departures.plot([], [], **look.style, marker=look.marker, label=look.name)[0] for look in LOOKS]
    key_above(figure, handles)
    return figure


def draw_start(settings: Settings, runs: list[Connectivity], row: int, ax: Axes) -> None:
    """The link profiles of the runs of one task from one start, by |h|; values above the axis are in this row."""
    look = STARTS[runs[0].run.start]
    draw_profile(ax, [each.profiles["modulus"] for each in runs], look, settings.reach)
    links = np.mean([(each.untrained.mean[each.after.size], at_one(each)) for each in runs], axis=0)
    before, after = links
    is_above = after > PROFILE_AXIS[1]
    value = f"{before:.2f} \N{RIGHTWARDS ARROW} {after:.2f}" if is_above else f"{before:.2f} before"
    side = "left" if is_above else "right"  # a line that leaves the axes is right of its arrow
    beyond(ax, 1, value, look.style["color"], side=side, row=row)


def at_one(each: Connectivity) -> float:
    """Mean weight after training at distance 1 along the order by |h|; the profile begins at distance 1 - N."""
    return float(each.profiles["modulus"].mean[each.after.size])


def p_of_task(results: Results, task: str) -> list[tuple[Look, list[float], list[float]]]:
    """The look of each start, and p of its runs by |h| and by h."""
    rows = []
    for start in CHAINS + NORMAL:
        runs = results.of(task, start)
        by_modulus, by_signed = ([each.profiles[order].p_value for each in runs] for order in ORDERS)
        rows.append((STARTS[start], by_modulus, by_signed))
    return rows


def draw_departures(settings: Settings, results: Results, ax: Axes) -> None:
    """Departure from normality before (open) and after training (filled: mean and range), by task and start."""
    for i, task in enumerate(settings.tasks):
        for j, start in enumerate(CHAINS + NORMAL):
            x, look = 5.5 * i + j, STARTS[start]
            before, after = np.transpose([each.departures for each in results.of(task, start)])
            marks = {"color": look.style["color"], "marker": look.marker, "markersize": 4, "linestyle": ""}
            ax.plot((x, x), (before.mean(), after.mean()), **look.style, linewidth=0.6)
            ax.plot(x, before.mean(), **marks, markerfacecolor="white")
            ax.plot(x, after.mean(), **marks)
            ax.plot((x, x), (after.min(), after.max()), "-", color="k", linewidth=0.8)
    ax.set(ylabel="Departure (no unit)", title="before (open), after (filled)")
    ax.set_xticks([5.5 * i + 1.5 for i in range(len(settings.tasks))], settings.tasks)
    ax.tick_params(axis="x", length=0)


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
        "least": 1 / (1 + settings.samples),
        "means": listed(tasks, lambda run: by_run[run.name].departures[AFTER], mean=True),
        "link": min(each.link for each in results.runs if each.run.start in CHAINS),
        "radius": max(each.moduli.max() for each in results.runs),
    }
    for order in ORDERS:
        fields[order] = listed(tasks, lambda run, order=order: by_run[run.name].profiles[order].p_value)
    return fields
