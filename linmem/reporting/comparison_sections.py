"""Sections of a report that are written when asked for: groups of units, and shuffled networks.

Contents
--------
groups_section
    Shares of memory of groups of units, and the strengths within and between them.
shuffles_section
    Measures beside those of shuffled networks, with p-values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

import linmem as lm
from linmem.charts.records import BarChart, Chart, Line, LineChart
from linmem.connectivity.comparison import Comparison
from linmem.measured import Measured, shown
from linmem.network import Network
from linmem.reasons import Reason, value_or_reason
from linmem.reporting.parts import Row, Section
from linmem.reporting.subject import Subject

SAMPLES = 99
LARGEST_WITH_ALL_SAMPLES, FEWER_SAMPLES = 150, 39  # units beyond which fewer networks are drawn


def groups_section(subject: Subject) -> Section:
    """Shares of memory of groups of units, and the strengths within and between them."""
    found = lm.memory_of_groups(subject.network, subject.groups, horizon=subject.horizon)
    rows = []
    for place, name in enumerate(found.groups):
        share = found.units[place] / subject.network.size
        rows.append(Row(f"{name}: share of the memory", found.memory[place], (), f"of the units: {share:.4g}"))
        rows.append(Row(f"{name}: share of the best input", found.optimal_input[place]))
    total = found.strengths.sum() or 1.0
    for target, into in enumerate(found.groups):
        for source, out in enumerate(found.groups):
            strength = float(found.strengths[target, source])
            said = f"{strength / total:.2%} of all"
            rows.append(Row(f"strength from {out} to {into}", strength, (), said))

    text = (
        "The memory of a group is that of inputs to its units, summed over them, as a share of that of all units; a "
        "group with a larger share than its share of units is remembered better than the mean. A strength is the sum "
        "of |W_ij|."
    )
    shares = {
        "units": np.asarray(found.units) / subject.network.size,
        "memory": np.asarray(found.memory),
        "best input": np.asarray(found.optimal_input),
    }
    said = "Shares of units, of memory and of the best input of each group."
    names = list(found.groups)
    chart = BarChart("groups", "Shares of groups", said, "Group of units", "Share (no unit)", names, shares)
    return Section("Groups", text, tuple(rows), (chart,))


def shuffles_section(subject: Subject) -> Section:
    """Measures beside those of shuffled networks, with p-values."""
    network = subject.with_given_input
    if isinstance(network, Reason):
        return Section("Beside shuffled networks", f"No input is known to compare the memory of ({network}).")
    keep = subject.keep
    samples = SAMPLES if network.size <= LARGEST_WITH_ALL_SAMPLES else FEWER_SAMPLES
    same_radius = network.radius.value > 0
    rows: list[Row] = []
    charts: list[Chart] = []
    reasons: list[str] = []
    for name, measure in _measures(subject).items():
        found = value_or_reason(
            lm.compare_with_shuffles, measure, network, keep=keep, samples=samples, same_radius=same_radius, rng=0
        )
        if isinstance(found, Reason):
            reasons.append(f"{name}: not compared ({found}).")
            continue
        rows += _rows(name, found)
        if found.unanswered < samples:
            charts.append(_null_chart(name, found))
    radius = " and with its spectral radius" if same_radius else ""
    text = (
        f"{samples} networks with the links of this one at random, {keep} kept{radius}, have each measure too. p is "
        f"(1 + c) / {samples + 1}, with c the number of networks that are at least as extreme. A network without "
        "an answer, and one that differs by less than the errors, count as extreme."
    )
    return Section("Beside shuffled networks", " ".join([text, *reasons]), tuple(rows), tuple(charts))


def _measures(subject: Subject) -> dict[str, Callable[[Network], Any]]:
    """The measures that are compared, by name."""
    horizon = subject.horizon

    def of_best_input(network: Network) -> Measured:
        spatial = lm.spatial_fisher_memory(network, horizon=horizon)
        error = float(np.linalg.norm(spatial.error))  # no eigenvalue moves by more than the norm of the error
        return Measured(float(np.linalg.eigvalsh(np.asarray(spatial))[-1]), error, spatial.method)

    return {
        "total memory, given input": lambda network: lm.total_fisher_memory(network, horizon=horizon),
        "total memory, best input": of_best_input,
        f"capacity at SNR {subject.snr:g}": lambda network: (
            lm.memory_function(network, snr=subject.snr, horizon=horizon).capacity
        ),
        "Henrici's departure, relative": lambda network: lm.henrici_departure(network, relative=True),
    }


def _rows(name: str, found: Comparison) -> tuple[Row, Row]:
    known = found.null_values[~np.isnan(found.null_values)]
    null = f"median of shuffled networks {shown(float(np.median(known)))}" if len(known) else "no shuffled network"
    missing = f"; {found.unanswered} of them without an answer" if found.unanswered else ""
    one_sided = f"{_p_value(found)}; one-sided: {found.p_greater:.3g} as large, {found.p_less:.3g} as small"
    return Row(name, found.value, (), f"{null}{missing}"), Row(f"{name}: p, two-sided", found.p_value, (), one_sided)


def _null_chart(name: str, found: Comparison) -> Chart:
    known = np.sort(found.null_values[np.isfinite(found.null_values)])
    shares = np.arange(1, len(known) + 1) / len(known)
    key = "shuffled-" + "-".join(re.findall("[a-z]+", name.lower()))
    text = f"Share of the shuffled networks whose value is at most x; {_p_value(found)}, two-sided."
    return LineChart(
        key, f"Shuffled: {name}", text, f"{name[0].upper()}{name[1:]}", "Share of networks",
        (Line("shuffled networks", known, shares, style="steps"),), verticals={"this network": float(found.value)},
    )  # fmt: skip


def _p_value(found: Comparison) -> str:
    """The p-value, and whether it could have been smaller."""
    samples = len(found.null_values)
    least = f", the least that {samples} shuffles can give" if found.p_value <= 2 / (samples + 1) else ""
    return f"p = {found.p_value:.3g}{least}"
