"""Programs in Python that draw the charts of a report again, for publications.

Contents
--------
programs
    A program for each chart that a function of `linmem.plotting` draws, by key.
"""

from __future__ import annotations

from collections.abc import Iterable

from linmem.charts.records import Chart
from linmem.reporting.subject import Subject

PROGRAM = '''"""{title}"""

import numpy as np

import linmem as lm
from linmem import plotting

{network}
{given}
with plotting.style():
    figure = plotting.new_figure(plotting.ONE_COLUMN, 2.6)
    ax = figure.subplots()
    {drawn}
    figure.savefig("{key}.pdf")
'''

# in units of 1 / noise variance and for an input of norm 1, as on the page
GIVEN = """v = network.columns()[:, {place}]
network = lm.{kind}(network.{matrix}, v / np.linalg.norm(v), network.noise / network.noise_variance)
"""
BEST = """v = lm.optimal_input(network{horizon})
network = lm.{kind}(network.{matrix}, v, network.noise / network.noise_variance)
"""

CALLS = {
    "weights": "plotting.plot_matrix(network, ax)",
    "fisher-memory": "plotting.plot_fisher_memory_curve(lm.fisher_memory_curve(network{horizon}), ax)",
    "directions": "plotting.plot_spatial_fisher_memory(network, ax)",
    "amplification": "plotting.plot_amplification(network, ax=ax)",
    "memory-function": "plotting.plot_memory_function(lm.memory_function(network, snr={snr!r}{horizon}), ax)",
    "schur-form": "plotting.plot_schur(lm.schur_form(network), ax)",
    "link-profile": "plotting.plot_link_profile(lm.link_profile(network, rng=0), ax)",
    "pseudospectrum": "plotting.plot_pseudospectrum(lm.pseudospectrum(network, points=100), ax, "
    "numerical_range=lm.numerical_range(network).boundary)",
    "transient-growth": "plotting.plot_transient_growth(lm.transient_growth(network), ax)",
}


def programs(charts: Iterable[Chart], subject: Subject, statements: str | None) -> dict[str, str]:
    """A program for each of the charts, by key; `statements` set `network`, and without them there are none."""
    if statements is None:
        return {}
    horizon = "" if subject.horizon is None else f", horizon={subject.horizon}"
    kind, matrix = ("ContinuousNetwork", "drift") if subject.is_continuous else ("LinearNetwork", "recurrent")
    place = 0
    if len(subject.inputs) > 1:
        place = int(subject.strongest_input.removeprefix("input "))
    template = GIVEN if subject.inputs else BEST
    given = template.format(kind=kind, matrix=matrix, place=place, horizon=horizon)
    return {
        chart.key: PROGRAM.format(
            title=f"{chart.title} of {subject.network.name or 'a network'}.".replace('"', "'").replace("\\", "/"),
            network=statements,
            given=given,
            drawn=CALLS[chart.key].format(horizon=horizon, snr=subject.snr),
            key=chart.key,
        )
        for chart in charts
        if chart.key in CALLS
    }
