"""Sections of a report on the network itself: its weights, its structure, its non-normality, and the claims of the
theory.

Contents
--------
network_section
    Size, norms, spectral radius and weights.
structure_section
    Schur form and link profile.
nonnormality_section
    Departure from normality, numerical range, pseudospectra, Kreiss constant.
growth_section
    Transient growth.
claims_section
    Claims of the theory whose hypotheses the network meets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import linmem as lm
from linmem.network import LinearNetwork
from linmem.reasons import Reason, derived, value_or_reason
from linmem.remembering import measure_of_matrix
from linmem.reporting.parts import Picture, Row, Section
from linmem.reporting.subject import Subject

if TYPE_CHECKING:
    from linmem.claims.claim import Verdict
    from linmem.plotting.appearance import Axes

GRID_POINTS = {100: 80, 300: 50}  # largest number of units -> points on a side of a pseudospectrum
COARSEST_GRID = 30
KREISS_RTOL_OF_LARGE = 3e-2
LARGEST_FINE_KREISS = 200  # units
LISTED = 6  # units, of all that have labels
SECONDS_FOR_CLAIMS = 60  # what is not known by then is open


def _row_of_all(subject: Subject, name: str, measure: Callable[[LinearNetwork], Any], trust: str = "") -> Row:
    """A measure of the network and of those beside it."""
    value = value_or_reason(measure, subject.network)
    others = [value_or_reason(measure, other) for other in subject.others]
    return Row(name, value, tuple(others), trust)


def network_section(subject: Subject, *, certified: bool) -> Section:
    """Size, norms, spectral radius (with `certified` also proved) and weights."""
    network = subject.network
    radius = network.radius
    verdict = {True: "stable", False: "unstable", None: "not decided"}[radius.stable]
    bounds = f"between {radius.lower:.6g} and {radius.upper:.6g}: {verdict}"
    rows = [
        Row("units", network.size, tuple(other.size for other in subject.others)),
        Row("inputs", 0 if network.feedforward is None else network.n_inputs),
        _row_of_all(subject, "density of W", lambda network: float(np.mean(network.dense() != 0))),
        _row_of_all(subject, "Frobenius norm of W", lambda network: float(np.linalg.norm(network.dense()))),
        _row_of_all(subject, "spectral radius", lambda network: network.radius.value, bounds),
        _row_of_all(subject, "spectral norm", lambda network: float(np.linalg.norm(network.dense(), 2))),
        Row("noise variance", network.noise_variance),
    ]
    if certified:
        rows.append(_proved_radius(network))
    weights = network.dense()
    drawn = weights.real if np.iscomplexobj(weights) else network  # a network, whose labels are drawn as well

    def draw(ax: Axes) -> None:
        from linmem.plotting import plot_matrix

        plot_matrix(drawn, ax)

    picture = Picture("Weights", f"The matrix W of {network.size} units as colours about zero.", draw)
    return Section("The network", network.name or "A network without a name.", tuple(rows), (picture,))


def _proved_radius(network: LinearNetwork) -> Row:
    enclosure = value_or_reason(lm.certify, network)
    if isinstance(enclosure, Reason):
        return Row("spectral radius, proved", "", (), enclosure)
    bounds = f"between {enclosure.lower:.17g} and {enclosure.upper:.17g}"
    return Row("spectral radius, proved", float(enclosure.value), (), bounds)


def structure_section(subject: Subject) -> Section:
    """Schur form in the order in which signals flow, and link profile along the order of the response."""
    form = value_or_reason(lambda: lm.schur_form(subject.network).signal_flow())
    profile = derived(subject.with_given_input, lambda network: value_or_reason(lm.link_profile, network, rng=0))

    def draw_form(ax: Axes) -> None:
        from linmem.plotting import plot_schur

        plot_schur(form, ax)

    def draw_profile(ax: Axes) -> None:
        from linmem.plotting import plot_link_profile

        plot_link_profile(profile, ax)

    rows, pictures = [], []
    if not isinstance(form, Reason):
        text = "Sizes of the entries of the Schur form in the order of the flow of signals."
        pictures.append(Picture("Schur form", text, draw_form))
    if not isinstance(profile, Reason):
        chance = f"p = {profile.p_value:.2g} by chance"
        rows.append(Row("asymmetry of links along the response", profile.asymmetry, (), chance))
        if subject.network.labels:
            first = ", ".join(subject.network.labels[unit] for unit in profile.order[:LISTED])
            rows.append(Row("first units to respond", first))
        text = (
            "Mean weight against distance along the order in which units respond, with the band of networks without "
            "a chain."
        )
        pictures.append(Picture("Link profile", text, draw_profile))
    sentences = ["Whether signals flow one way, and whether units form a hidden chain."]
    sentences += [f"Not computed ({part})." for part in (form, profile) if isinstance(part, Reason)]
    return Section("Structure", " ".join(sentences), tuple(rows), tuple(pictures))


def nonnormality_section(subject: Subject) -> Section:
    """Departure from normality, eigenvector condition, numerical range, pseudospectra and Kreiss constant."""
    network, n = subject.network, subject.network.size
    coarser = {} if n <= LARGEST_FINE_KREISS else {"rtol": KREISS_RTOL_OF_LARGE}
    points = next((points for largest, points in GRID_POINTS.items() if n <= largest), COARSEST_GRID)
    kreiss = value_or_reason(measure_of_matrix, lm.kreiss_constant, network, **coarser)
    pseudospectrum = value_or_reason(lm.pseudospectrum, network, points=points)
    boundary = value_or_reason(lambda: lm.numerical_range(network).boundary)
    kreiss_bounds = derived(kreiss, lambda kreiss: f"between {kreiss.lower:.6g} and {kreiss.upper:.6g}")
    rows = (
        _row_of_all(subject, "Henrici's departure, relative", partial(lm.henrici_departure, relative=True)),
        _row_of_all(subject, "norm of the commutator", lm.commutator_norm),
        _row_of_all(subject, "condition of the eigenvectors", lm.eigenvector_condition),
        _row_of_all(subject, "numerical radius", lm.numerical_radius),
        Row(
            "Kreiss constant",
            derived(kreiss, lambda kreiss: kreiss.value),
            (),
            "" if isinstance(kreiss, Reason) else kreiss_bounds,
        ),
    )

    def draw(ax: Axes) -> None:
        from linmem.plotting import plot_pseudospectrum

        known_boundary = None if isinstance(boundary, Reason) else boundary
        plot_pseudospectrum(pseudospectrum, ax, numerical_range=known_boundary)

    text = "How far W is from normal, and how far its eigenvalues can be trusted."
    if isinstance(pseudospectrum, Reason):
        return Section("Non-normality", f"{text} The pseudospectra are not drawn ({pseudospectrum}).", rows)
    caption = "Level lines of the smallest singular value of z - W, with eigenvalues, numerical range and unit circle."
    return Section("Non-normality", text, rows, (Picture("Pseudospectra", caption, draw),))


def growth_section(subject: Subject) -> Section:
    """The norm of W^k, its largest value, and the step at which it is reached."""
    growth = value_or_reason(lm.transient_growth, subject.network)
    if isinstance(growth, Reason):
        return Section("Transient growth", f"The growth of the state is not known ({growth}).")
    others = [value_or_reason(lm.transient_growth, other) for other in subject.others]

    def step_of_peak(growth: Any) -> int:
        return int(growth.times[growth.peak_step])

    rows = (
        Row(
            "largest growth",
            growth.peak,
            tuple(derived(other, lambda other: other.peak) for other in others),
            f"relative error at most {growth.relative_error:.1e}",
        ),
        Row("after", step_of_peak(growth), tuple(derived(other, step_of_peak) for other in others), "steps"),
    )

    def draw(ax: Axes) -> None:
        from linmem.plotting import plot_transient_growth

        plot_transient_growth(growth, ax)

    picture = Picture("Transient growth", f"The norm of W^k against k; its peak is {growth.peak:.4g}.", draw)
    text = "The largest factor by which a state grows before it decays."
    return Section("Transient growth", text, rows, (picture,))


def claims_section(subject: Subject) -> Section:
    """Claims of the theory whose hypotheses the network meets, each with its verdict."""
    title = "Claims of the theory"
    network = subject.with_given_input
    if isinstance(network, Reason):
        return Section(title, f"The claims are about a network with an input, which this one has not ({network}).")
    from linmem.claims.checking import every_claim, verdicts_on

    word_rows = []
    for claim, answer in verdicts_on(network, every_claim(), seconds=SECONDS_FOR_CLAIMS):
        if not isinstance(answer, tuple):  # the hypotheses that the network does not meet
            word_rows.append((claim.id, claim.statement, _verdict_in_words(answer)))
    text = "Statements of the theory whose hypotheses this network meets, tested on it."
    return Section(title, text, word_rows=tuple(word_rows))


def _verdict_in_words(verdict: Verdict) -> str:
    if reasons := [evidence.reason for evidence in verdict.evidence if evidence.reason]:
        return f"open ({'; '.join(reasons)})"
    word = {True: "holds", False: "fails", None: "open"}[verdict.holds]
    return f"{word} (margin {verdict.margin:.2g})"
