"""The gates of LSTMs that learned a text, and how well they learned it. After Orhan & Pitkow (2020), Fig 6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.claims import Claim, at_most, close_to
from analysis.gates import ORDERS, Gates, analyse, by_kernel, states
from analysis.layout import Layout, arrange, key_above, label_left
from analysis.trainings import STARTS, Look, Run, by_task, collected, draw_profile, draw_shares, listed, said
from linmem.learning.tasks import characters

CAPTION = """
The gates of LSTMs that learned a text, and how well they learned it. After Orhan & Pitkow (2020), Fig 6, Tables 1 and
3.

(a, b) Mean weight from unit j to unit i against i - j, in two of the gates after training from the chain (thin: before
training); running mean over {width} distances, mean over seeds. The units are in the order of the step at which |h| is
largest in the {steps} steps after a pulse of all inputs; h without the pulse is subtracted, and ties are ordered by
chance. Band: two standard deviations about the mean of networks in which the weights of each gate are in random places
({samples} for each run). The paper shows a ramp in the sigmoid gates and a bump in the update. (c) The share of those
networks that are at least as asymmetric as the trained one, gate by gate, each run; units ordered by |h| (filled) or,
as in the paper, by h (open). It is at most 5 % in so many of {networks} networks: by |h|, {modulus}; by h, {signed}.
Half of the units respond most in the first {peak:.0f} steps, so that this order says little. (d) Bits a character on
held-out text after each epoch, mean of the seeds, of plain cells and of LSTMs. (e) The lowest value of each run; seed
by seed: plain cells, {plain}; LSTMs, {gated}. The paper (Penn Treebank) has: identity and orthogonal 1.312, chain
1.308, chain with feedback 1.307, LSTM 1.175. Here the text is five books of the King James Version, and there are
{units} units. The runs: {runs}.
"""


@dataclass(frozen=True)
class Settings:
    """`samples` networks with shuffled weights for each run; the start and the gates whose profiles are shown."""

    steps: int = 100
    samples: int = 99
    reach: int = 50
    width: int = 5
    seed: int = 0
    start: str = "chain"
    shown: tuple = (1, 2)


@dataclass(frozen=True)
class Results:
    """The gates of the LSTMs; the runs of plain cells, and of LSTMs."""

    gates: list[Gates]
    plain: list[Run]
    lstms: list[Run]


SETTINGS = Settings()
LAYOUT = Layout(one="ab\ncc\ndd\nee", two="aabbccc\nddddeee", heights=(6.8, 4.0))
GATES = ("input gate", "forget gate", "update", "output gate")
SHORT_GATES = ("input", "forget", "update", "output")
PROFILE_AXIS = (-0.03, 0.075)
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
    """Profiles of two gates, p of all gates, and bits a character by epoch and at their lowest."""
    figure, (*profiles, shares, by_epoch, lowest) = arrange(LAYOUT)
    of_start = [gates for gates in results.gates if gates.run.start == settings.start]
    for ax, gate in zip(profiles, settings.shown, strict=True):
        draw_gate(settings, of_start, gate, ax)
    label_left(profiles, "Mean weight (no unit)")
    draw_shares(shares, p_by_gate(results))
    shares.set_title("order by $|h|$ (filled), by $h$ (open)")
    shares.set_ylabel("Share of shuffled networks\nas asymmetric, $p$")
    draw_losses(results, by_epoch)
    draw_lowest(results, lowest)
    starts = dict.fromkeys(run.start for run in results.plain + results.lstms)
    looks = [STARTS[start] for start in sorted(starts, key=list(STARTS).index)]
    handles = [by_epoch.plot([], [], **look.style, marker=look.marker, label=look.name)[0] for look in looks]
    key_above(figure, handles)
    return figure


def draw_gate(settings: Settings, of_start: list[Gates], gate: int, ax: Axes) -> None:
    """The profile of one gate, by |h|, in the networks from one start."""
    profiles = [gates.profiles["modulus"][gate] for gates in of_start]
    untrained = [gates.untrained[gate] for gates in of_start]
    look = STARTS[settings.start]
    draw_profile(ax, profiles, look, settings.reach)
    ax.plot(profiles[0].distance, np.mean(untrained, axis=0), **look.style, linewidth=0.5)
    ax.set(title=f"{GATES[gate]}, {look.name}", xlabel="Distance $i - j$ (units)", ylim=PROFILE_AXIS)


def p_by_gate(results: Results) -> dict[str, list[tuple[Look, list[float], list[float]]]]:
    """By gate, the look of each start, and p of its runs by |h| and by h."""
    starts: dict[str, list[Gates]] = {}
    for gates in results.gates:
        starts.setdefault(gates.run.start, []).append(gates)
    rows: dict[str, list[tuple[Look, list[float], list[float]]]] = {}
    for i, name in enumerate(SHORT_GATES):
        for start, of_start in starts.items():
            by_modulus, by_signed = ([float(gates.p[order][i]) for gates in of_start] for order in ORDERS)
            rows.setdefault(name, []).append((STARTS[start], by_modulus, by_signed))
    return rows


def draw_losses(results: Results, ax: Axes) -> None:
    """Bits a character after each epoch: mean of the seeds, with their range."""
    for runs in (results.plain, results.lstms):
        for start, of_start in by_task(runs)["characters"].items():
            bits = BITS * np.array([run.validation_loss for run in of_start])
            epochs = np.arange(1, 1 + bits.shape[1])
            style = STARTS[start].style
            ax.fill_between(epochs, bits.min(axis=0), bits.max(axis=0), color=style["color"], alpha=0.2, linewidth=0)
            ax.plot(epochs, bits.mean(axis=0), **style)
        last = bits.mean(axis=0)[-1]
        name = "plain cells" if runs is results.plain else "LSTMs"
        shift = 9 if runs is results.plain else -9
        ax.annotate(name, (epochs[-1], last), (0, shift), textcoords="offset points", ha="right", va="center")
    ax.set(
        xlabel="Epoch", ylabel="Bits a character", xlim=(0.5, epochs[-1]), ylim=(1.4, None), xticks=(1, 5, 10, 15, 20)
    )


def draw_lowest(results: Results, ax: Axes) -> None:
    """The lowest bits a character of each run, by kind of cell and start."""
    x = 0
    centres = []
    for runs in (results.plain, results.lstms):
        starts = by_task(runs)["characters"]
        centres.append(x + (len(starts) - 1) / 2)
        for start, of_start in starts.items():
            look = STARTS[start]
            lowest = [lowest_bits(run) for run in of_start]
            ax.plot([x] * len(lowest), lowest, look.marker, color=look.style["color"], fillstyle="none")
            x += 1
        x += 1
    ax.set(ylabel="Lowest bits a character", xlim=(-1, x - 1))
    ax.set_xticks(centres, ("plain cells", "LSTMs"))
    ax.tick_params(axis="x", length=0)


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
