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
matrix_charts
    A matrix of weights as colours; of a complex one modulus and phase.
pseudospectrum_chart
    Levels, eigenvalues, numerical range and the edge of stability.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import linmem as lm
from linmem.charts.records import Chart, Line, LineChart, MatrixChart, PlaneChart
from linmem.measured import shown
from linmem.network import Network
from linmem.reasons import Reason, derived, value_or_reason
from linmem.remembering import computed_once, measure_of_matrix
from linmem.reporting.memory_sections import first_lags
from linmem.reporting.parts import Row, Section
from linmem.reporting.subject import Subject

if TYPE_CHECKING:
    from linmem.claims.claim import Verdict
    from linmem.nonnormality.hidden_chains import LinkProfile
    from linmem.nonnormality.pseudospectra import Pseudospectrum

GRID_POINTS = {100: 80, 300: 50}  # largest number of units -> points on a side of a pseudospectrum
COARSEST_GRID = 30
KREISS_RTOL_OF_LARGE = 3e-2
LARGEST_FINE_KREISS = 200  # units
LISTED = 6  # units, of all that have labels
SECONDS_FOR_CLAIMS = 60  # what is not known by then is open
EQUALITY = 1e-12  # a margin that is at most this is one of rounding
MANY_POWERS = 1e3  # a growth beyond it is drawn on a logarithmic scale


def _row_of_all(subject: Subject, name: str, measure: Callable[[Network], Any], trust: str = "") -> Row:
    """A measure of the network and of those beside it."""
    value = value_or_reason(measure, subject.network)
    others = [value_or_reason(measure, other) for other in subject.others]
    return Row(name, value, tuple(others), trust)


def network_section(subject: Subject, *, certified: bool) -> Section:
    """Size, norms, spectral radius (with `certified` also proved) and weights."""
    network, W = subject.network, subject.matrix_name
    stability = network.stability
    of_eigenvalues = "spectral abscissa" if subject.is_continuous else "spectral radius"
    verdict = {True: "stable", False: "unstable", None: "not decided"}[stability.stable]
    bounds = f"between {stability.lower:.6g} and {stability.upper:.6g}: {verdict}"
    rows = [
        Row("units", network.size, tuple(other.size for other in subject.others)),
        Row("inputs", 0 if network.feedforward is None else network.n_inputs),
        _row_of_all(subject, f"density of {W}", lambda network: float(np.mean(network.dense() != 0))),
        _row_of_all(subject, f"Frobenius norm of {W}", lambda network: float(np.linalg.norm(network.dense()))),
        _row_of_all(subject, of_eigenvalues, lambda network: network.stability.value, bounds),
        _row_of_all(subject, f"spectral norm of {W}", lambda network: float(np.linalg.norm(network.dense(), 2))),
        Row("noise variance", subject.given.noise_variance, (), "as given; memory is in units of 1 / noise variance"),
    ]
    if certified:
        rows.append(_proved_stability(network, of_eigenvalues))
    said = [f"{other.name}: {other.said or other.network}" for other in subject.beside]
    beside = f" The networks beside it have its size and noise. {'. '.join(said)}." if said else ""
    text = f"{network.name or 'A network without a name'}.{beside}"
    return Section("The network", text, tuple(rows), matrix_charts(subject))


def _proved_stability(network: Network, name: str) -> Row:
    enclosure = value_or_reason(lm.certify, network)
    if isinstance(enclosure, Reason):
        return Row(f"{name}, proved", "", (), enclosure)
    bounds = f"between {enclosure.lower:.17g} and {enclosure.upper:.17g}"
    return Row(f"{name}, proved", float(enclosure.value), (), bounds)


def matrix_charts(subject: Subject) -> tuple[Chart, ...]:
    """The matrix of weights as colours; of a complex one modulus and phase."""
    weights, labels, W = subject.network.dense(), subject.network.labels, subject.matrix_name
    unit = "1 / time" if subject.is_continuous else "no unit"

    def chart(key: str, title: str, text: str, values: np.ndarray, label: str, scale: str) -> MatrixChart:
        return MatrixChart(key, title, text, "from unit", "to unit", values, label, labels, labels, scale)

    what = f"The matrix {W} of {subject.network.size} units"
    if not np.iscomplexobj(weights):
        drawn = chart("weights", "Weights", "", weights, f"weight ({unit})", "signed")
        text = f"{what} as colours about 0, which are deepest from ±{drawn.limit:.3g} on."
        return (replace(drawn, text=text),)
    text = f"{what} is complex; this is the"
    return (
        chart("weights", "Weights, modulus", f"{text} modulus.", np.abs(weights), f"modulus ({unit})", "log"),
        chart("weights-phase", "Weights, phase", f"{text} phase.", np.angle(weights), "phase (radians)", "phase"),
    )


def structure_section(subject: Subject) -> Section:
    """Schur form, and link profile along the order of the response."""
    form = value_or_reason(computed_once, lm.schur_form, subject.network)
    profile = derived(subject.with_given_input, lambda network: value_or_reason(lm.link_profile, network, rng=0))
    rows: list[Row] = []
    charts: list[Chart] = []
    if not isinstance(form, Reason):
        charts.append(_schur_chart(form.T))
    if not isinstance(profile, Reason):
        rows.append(Row("asymmetry of links along the response", profile.asymmetry, (), _chance(profile)))
        if subject.network.labels:
            first = ", ".join(subject.network.labels[unit] for unit in profile.order[:LISTED])
            rows.append(Row("first units to respond", first))
        charts.append(_profile_chart(profile))
    whose = f" to {subject.strongest_input}" if len(subject.inputs) > 1 else ""
    sentences = [f"Whether signals flow one way, and whether units form a hidden chain in their response{whose}."]
    sentences += [f"Not computed ({part})." for part in (form, profile) if isinstance(part, Reason)]
    return Section("Structure", " ".join(sentences), tuple(rows), tuple(charts))


def _chance(profile: LinkProfile) -> str:
    """The p-value, and whether it could have been smaller."""
    samples = len(profile.null_asymmetry)
    least = f", the least that {samples} networks without a chain can give" if profile.p_value <= 1 / samples else ""
    return f"p = {profile.p_value:.2g}{least}"


def _schur_chart(T: np.ndarray) -> Chart:
    text = (
        "Moduli of the entries of the Schur form: eigenvalues on the diagonal, and above it the links between modes, "
        "by which signals flow from later to earlier ones."
    )
    modulus = np.abs(T)
    return MatrixChart("schur-form", "Schur form", text, "from mode", "to mode", modulus, "modulus", scale="log")


def _profile_chart(profile: LinkProfile) -> Chart:
    half = 2 * profile.null_standard_deviation
    reach = max(1, profile.network.size // 2)
    seen = np.abs(profile.distance) <= reach  # beyond, a mean is over few weights
    distance = profile.distance[seen]
    band = Line("no chain", distance, (profile.null_mean - half)[seen], None, "band", (profile.null_mean + half)[seen])
    text = (
        "Mean weight against distance along the order in which units respond; the band is that of networks without a "
        "chain, their mean and two standard deviations."
    )
    return LineChart(
        "link-profile", "Link profile", text, "Distance i − j along the order (units)", "Mean weight (no unit)",
        (band, Line("this network", distance, profile.mean[seen])), {"0": 0.0},
    )  # fmt: skip


def nonnormality_section(subject: Subject) -> Section:
    """Departure from normality, eigenvector condition, numerical range, pseudospectra and Kreiss constant."""
    network, n = subject.network, subject.network.size
    points = next((points for largest, points in GRID_POINTS.items() if n <= largest), COARSEST_GRID)
    pseudospectrum = value_or_reason(lm.pseudospectrum, network, points=points)
    boundary = value_or_reason(lambda: lm.numerical_range(network).boundary)
    kreiss = kreiss_of(subject)
    bounds = "" if isinstance(kreiss, Reason) else f"between {kreiss.lower:.6g} and {kreiss.upper:.6g}"
    rows = (
        _row_of_all(subject, "Henrici's departure, relative", partial(lm.henrici_departure, relative=True)),
        _row_of_all(subject, "norm of the commutator", lm.commutator_norm),
        _row_of_all(subject, "condition of the eigenvectors", lm.eigenvector_condition),
        _row_of_all(subject, "numerical radius", lm.numerical_radius),
        Row("Kreiss constant", derived(kreiss, lambda kreiss: kreiss.value), (), bounds),
    )
    W = subject.matrix_name
    text = f"How far {W} is from normal, and how far its eigenvalues can be trusted."
    if isinstance(pseudospectrum, Reason):
        return Section("Non-normality", f"{text} The pseudospectra are not drawn ({pseudospectrum}).", rows)
    outline = {} if isinstance(boundary, Reason) else {"numerical range": boundary}
    return Section("Non-normality", text, rows, (pseudospectrum_chart(subject, pseudospectrum, outline),))


def kreiss_of(subject: Subject) -> Any:
    """The Kreiss constant, of a large network within a few per cent; or the reason why it is not known."""
    coarser = {} if subject.network.size <= LARGEST_FINE_KREISS else {"rtol": KREISS_RTOL_OF_LARGE}
    return value_or_reason(measure_of_matrix, lm.kreiss_constant, subject.network, **coarser)


def pseudospectrum_chart(subject: Subject, found: Pseudospectrum, outlines: dict[str, np.ndarray]) -> Chart:
    """Levels of the smallest singular value of z - W with eigenvalues and numerical range."""
    W, unit = subject.matrix_name, "1 / time" if subject.is_continuous else "no unit"
    text = (
        f"The smallest singular value of z − {W}: within the level of ε lie the eigenvalues of all {W} + E with "
        f"‖E‖ < ε. The edge of stability is the {'imaginary axis' if subject.is_continuous else 'unit circle'}."
    )
    return PlaneChart(
        "pseudospectrum", "Pseudospectra", text, f"Re z ({unit})", f"Im z ({unit})",
        {"eigenvalues": np.asarray(found.eigenvalues)}, outlines, (found.x, found.y, np.asarray(found.sigma_min)),
        "axis" if subject.is_continuous else "circle",
    )  # fmt: skip


def growth_section(subject: Subject) -> Section:
    """The norm of W^k, its largest value, and the step at which it is reached."""
    growth = subject.growth
    if isinstance(growth, Reason):
        return Section("Transient growth", f"The growth of the state is not known ({growth}).")
    others = [value_or_reason(lm.transient_growth, other) for other in subject.others]
    peaks = tuple(derived(other, lambda other: other.peak) for other in others)
    times = tuple(derived(other, _time_of_peak) for other in others)
    reached = "of time" if subject.is_continuous else "steps"
    rows = (
        Row("largest growth", growth.peak, peaks, f"relative error at most {growth.relative_error:.1e}"),
        Row("reached after", _time_of_peak(growth), times, f"{reached}; {_end_of_growth(subject)}"),
    )
    text = "The largest factor by which a state grows before it decays."
    return Section("Transient growth", text, rows, (_growth_chart(subject, others),))


def _time_of_peak(growth: Any) -> Any:
    time = growth.times[growth.peak_step]
    return float(time) if growth.network.is_continuous else int(time)


def _end_of_growth(subject: Subject) -> str:
    growth = subject.growth
    if growth.peak_step == len(growth.times) - 1:
        return f"the last of those computed, to {growth.times[-1]:g}: the growth goes on"
    return f"of those to {growth.times[-1]:g}"


def _growth_chart(subject: Subject, others: list[Any]) -> Chart:
    growth, kreiss = subject.growth, kreiss_of(subject)
    named = {"this network": growth} | dict(zip([net.name for net in subject.others], others, strict=True))
    lines = [
        Line(name, each.times, each.norms, each.error)
        for name, each in named.items()
        if not isinstance(each, Reason) and np.isfinite(each.norms).all()
    ]
    W = "e^{tA}" if subject.is_continuous else "Wᵏ"
    levels = {"1": 1.0}
    largest = max((float(np.max(line.y)) for line in lines), default=1.0)
    if not isinstance(kreiss, Reason) and np.isfinite(kreiss.upper):
        levels["peak at least"] = float(kreiss.lower)
        at_most = float(math.e * subject.network.size * kreiss.upper)
        bounds = f" By the Kreiss constant it is at least {kreiss.lower:.4g} and at most {at_most:.4g} (e N K)."
    else:
        bounds = ""
    text = f"The norm of {W}; its peak is {shown(float(growth.peak), 4)}.{bounds}"
    first = None if subject.is_continuous else first_lags(*(line.y for line in lines))
    grows = largest > MANY_POWERS or subject.network.stability.stable is not True
    x_label = "Time t (units of time)" if subject.is_continuous else "Step k"
    return LineChart(
        "transient-growth", "Transient growth", text, x_label, f"‖{W}‖ (no unit)", tuple(lines), levels,
        scale="either" if grows else "linear", first=first,
    )  # fmt: skip


def claims_section(subject: Subject) -> Section:
    """Claims of the theory whose hypotheses the network meets, each with its verdict."""
    title = "Claims of the theory"
    network = subject.with_given_input
    if subject.is_continuous:
        return Section(title, "The claims are tested on networks in discrete time; linmem check has those on others.")
    if isinstance(network, Reason):
        return Section(title, f"The claims are about a network with an input, which this one has not ({network}).")
    from linmem.claims.checking import every_claim, verdicts_on

    word_rows = []
    for claim, answer in verdicts_on(network, every_claim(), seconds=SECONDS_FOR_CLAIMS):
        if not isinstance(answer, tuple):  # the hypotheses that the network does not meet
            word_rows.append((claim.id, claim.statement, _verdict_in_words(answer)))
    whose = f" with {subject.strongest_input}" if len(subject.inputs) > 1 else ""
    text = f"Statements of the theory whose hypotheses this network{whose} meets, tested on it."
    return Section(title, text, word_rows=tuple(word_rows))


def _verdict_in_words(verdict: Verdict) -> str:
    if reasons := [evidence.reason for evidence in verdict.evidence if evidence.reason]:
        return f"open ({'; '.join(reasons)})"
    if verdict.holds is not True:
        return {False: f"fails (margin {verdict.margin:.2g})", None: "open"}[verdict.holds]
    # an equality holds up to rounding, so that its margin is what rounding leaves
    return "holds (equality)" if verdict.margin <= EQUALITY else f"holds (margin {verdict.margin:.2g})"
