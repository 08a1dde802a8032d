"""Contents of a report: sections of numbers and pictures, each made by itself, so that one that fails says why.

Contents
--------
Row, Picture, Section
    What a page is made of.
Subject
    The network, with whatever several sections need of it, measured once.
sections
    Everything there is to say of a network, one section after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

import linmem as lm
from linmem.errors import InvalidNetworkError, LinmemError
from linmem.network import LinearNetwork

SNR = 20.0
GRID = {100: 80, 300: 50, 10**9: 30}  # points on a side of a pseudospectrum, up to so many units
KREISS_RTOL = {200: 1e-3, 10**9: 3e-2}


@dataclass(frozen=True)
class Row:
    """A number: its name, its value (or why there is none), what it is compared with, how far to trust it."""

    name: str
    value: Any
    others: tuple[Any, ...] = ()
    trust: str = ""


@dataclass(frozen=True)
class Picture:
    """Something to draw on axes, and what to say of it to those who do not see it."""

    title: str
    text: str
    draw: Callable


@dataclass(frozen=True)
class Section:
    """A heading, a sentence or two, a table and pictures."""

    title: str
    text: str
    rows: tuple[Row, ...] = ()
    pictures: tuple[Picture, ...] = ()
    lines: tuple[tuple[str, ...], ...] = field(default=())  # of a table of words


class Subject:
    """A network with an input, the networks that stand beside it, and what is asked of them; memory is stationary, or
    of the last `horizon` steps.
    """

    def __init__(self, network: LinearNetwork, others: tuple[LinearNetwork, ...], snr: float, horizon: int | None):
        self.network, self.others, self.snr, self.horizon = network, others, snr, horizon

    @property
    def everyone(self) -> tuple[LinearNetwork, ...]:
        return (self.network, *self.others)

    @cached_property
    def best(self) -> LinearNetwork:
        """The network with its optimal input."""
        return replace(
            self.network, feedforward=lm.optimal_input(self.network, horizon=self.horizon), name="best input"
        )

    @cached_property
    def given(self) -> LinearNetwork:
        """With the first of its own inputs, of norm one; with the best where it has none."""
        if self.network.feedforward is None:
            return self.best
        v = self.network.columns()[:, 0]
        return replace(self.network, feedforward=v / np.linalg.norm(v), name="given input, norm 1")

    def curve(self, network: LinearNetwork) -> Any:
        """Fisher memory, with its total; or why there is none."""
        return self._once(lm.fisher_memory_curve, network, horizon=self.horizon)

    def decoded(self, network: LinearNetwork) -> Any:
        """What a readout decodes, with capacity and information; or why it does not."""
        return self._once(lm.memory_function, network, snr=self.snr, horizon=self.horizon)

    def spatial(self, network: LinearNetwork) -> Any:
        """J^s in units of 1 / eps; or why there is none."""
        found = self._once(lm.spatial_fisher_memory, network, horizon=self.horizon)
        return found if isinstance(found, str) else network.noise_variance * found

    @cache  # noqa: B019  a subject lives as long as its page
    def _once(self, measure: Callable, network: LinearNetwork, **keywords) -> Any:
        return tried(measure, network, **keywords)


def sections(subject: Subject, *, certified: bool) -> Iterator[tuple[str, Callable[[], Section]]]:
    """Titles, and functions that make the sections."""
    yield "The network", lambda: _network(subject, certified)
    yield "Memory", lambda: _memory(subject)
    yield "Decoding", lambda: _decoding(subject)
    yield "Structure", lambda: _structure(subject)
    yield "Non-normality", lambda: _nonnormality(subject)
    yield "Transient growth", lambda: _growth(subject)
    yield "Claims of the theory", lambda: _claims(subject)


def beside(network: LinearNetwork, names: tuple[str, ...]) -> tuple[LinearNetwork, ...]:
    """Networks of the same size and spectral radius, by name; a chain, whose radius is 0, of the same mean square."""
    n, radius = network.size, min(network.radius.value, 0.99)
    per_unit = float(np.sqrt(np.sum(np.abs(network.dense()) ** 2) / n))
    made: dict[str, Callable[[], LinearNetwork]] = {
        "orthogonal": lambda: lm.random_orthogonal(n, gain=radius, rng=0),
        "chain": lambda: lm.chain(n, gain=min(per_unit, 1.05)),
        "gaussian": lambda: lm.ginibre(n, gain=radius, rng=0),
        "symmetric": lambda: lm.symmetric_wigner(n, gain=radius, rng=0),
    }
    for name in names:
        if name not in made:
            raise InvalidNetworkError(f"against holds {name!r}; it must name some of {', '.join(made)}")
    return tuple(replace(made[name](), name=name) for name in names)


def tried(measure: Callable, *arguments, **keywords) -> Any:
    """The measure, or the sentence that says why there is none."""
    try:
        return measure(*arguments, **keywords)
    except LinmemError as error:
        return f"none: {error}"


def part(found: Any, name: str) -> Any:
    """A number of a result, or why there is none."""
    return found if isinstance(found, str) else getattr(found, name)


def _of_everyone(subject: Subject, name: str, measure: Callable, trust: str = "") -> Row:
    values = [tried(measure, network) for network in subject.everyone]
    return Row(name, values[0], tuple(values[1:]), trust)


def _network(subject, certified) -> Section:
    net = subject.network
    W = net.dense()
    radius = net.radius
    stable = {True: "stable", False: "unstable", None: "not decided"}[radius.stable]
    rows = [
        Row("units", net.size, tuple(one.size for one in subject.others)),
        Row("inputs", 0 if net.feedforward is None else net.n_inputs),
        _of_everyone(subject, "density of W", lambda one: float(np.mean(one.dense() != 0))),
        _of_everyone(subject, "Frobenius norm of W", lambda one: float(np.linalg.norm(one.dense()))),
        _of_everyone(subject, "spectral radius", lambda one: one.radius.value,
                     f"between {radius.lower:.6g} and {radius.upper:.6g}: {stable}"),
        _of_everyone(subject, "spectral norm", lambda one: float(np.linalg.norm(one.dense(), 2))),
        Row("noise variance", net.noise_variance),
    ]  # fmt: skip
    if certified:
        proved = tried(lm.certify, net)
        said = proved if isinstance(proved, str) else f"between {proved.lower:.17g} and {proved.upper:.17g}"
        rows.append(Row("spectral radius, proved", "" if isinstance(proved, str) else float(proved.value), (), said))
    pictures = [Picture("Weights", f"The matrix W of {net.size} units as colours about zero.",
                        lambda ax: _plotting().plot_matrix(W.real, ax))]  # fmt: skip
    return Section("The network", net.name or "A network without a name.", tuple(rows), tuple(pictures))


def _memory(subject) -> Section:
    n, spatial = subject.network.size, subject.spatial(subject.network)
    if isinstance(spatial, str):
        return Section("Memory", f"There is no memory to speak of ({spatial}).")
    best, given = subject.curve(subject.best), subject.curve(subject.given)
    others = [subject.spatial(one) for one in subject.others]
    bests = tuple(one if isinstance(one, str) else float(np.linalg.eigvalsh(one)[-1]) for one in others)
    shares = tuple(one if isinstance(one, str) else one / n for one in bests)
    rows = [
        Row("total, given input", given.total, tuple(part(subject.curve(one), "total") for one in subject.others),
            _trust(given)),
        Row("total, best input", best.total, bests, _trust(best)),
        Row("total, mean over inputs", float(np.trace(spatial).real / n), (), "1 for every network"),
        Row("share of the bound N", best.total / n, shares),
        Row("lag by which half of it is reached", _half(given)),
        Row("largest amplification of the given input", float(lm.transient_amplification(subject.given).max())),
    ]  # fmt: skip
    mean = _mean_curve(subject, len(best.values))

    def curves(ax):
        plotting = _plotting()
        plotting.plot_fisher_memory_curve([best, given], ax, labels=["best input", "given input"])
        ax.plot(np.arange(len(mean)), np.maximum(mean, 1e-300), color="0.5", linestyle=":", label="mean over inputs")
        ax.legend()

    def compared(ax):
        plotting = _plotting()
        found = {"this network": given} | {one.name: subject.curve(one) for one in subject.others}
        found = {name: curve for name, curve in found.items() if not isinstance(curve, str)}
        plotting.plot_fisher_memory_curve(list(found.values()), ax, labels=list(found))

    values = np.linalg.eigvalsh(spatial)[::-1]

    def directions(ax):
        ax.bar(np.arange(1, n + 1), values, width=1.0)
        ax.axhline(1, color="0.4", linewidth=0.7)
        ax.set_xlabel("Direction of input, best first")
        ax.set_ylabel("Total memory (noise units)")

    def inputs(ax):
        ax.stem(np.arange(1, n + 1), np.real(subject.best.feedforward), basefmt=" ", markerfmt=".")
        ax.set_xlabel("Unit $i$")
        ax.set_ylabel("Weight of the best input (no unit)")

    pictures = [
        Picture("Fisher memory", f"J(k) for the best, the given and the mean input: totals {best.total:.4g}, "
                f"{given.total:.4g} and 1.", curves),
        Picture("Memory of every direction", f"Eigenvalues of the spatial memory matrix, from {values[0]:.4g} to "
                f"{values[-1]:.4g}; their mean is 1.", directions),
        Picture("Best input", "The unit vector of input that is remembered best, unit by unit.", inputs),
        Picture("Amplification", "The norm of W^k v against k, for the given input.",
                lambda ax: _plotting().plot_amplification(subject.given, ax=ax)),
    ]  # fmt: skip
    if subject.others:
        pictures.append(
            Picture("Memory beside others", "J(k) of this network and of those of its size beside it.", compared)
        )
    text = (
        f"A normal network holds 1 unit of memory in all, and none holds more than N = {n}. For the best input this "
        f"one holds {best.total:.4g}{_of_the_last(subject)}."
    )
    return Section("Memory", text, tuple(rows), tuple(pictures))


def _mean_curve(subject, lags) -> np.ndarray:
    """The mean over unit inputs: trace(W*^k C^-1 W^k) / N."""
    n, W = subject.network.size, subject.network.dense()
    C = lm.noise_covariance(subject.network, horizon=subject.horizon)
    factor = np.linalg.cholesky(C / subject.network.noise_variance)
    powers, found = np.eye(n, dtype=W.dtype), []
    for _ in range(min(lags, 200)):
        found.append(np.sum(np.abs(np.linalg.solve(factor, powers)) ** 2) / n)
        powers = W @ powers
    return np.array(found)


def _of_the_last(subject) -> str:
    if subject.horizon is None:
        return ""
    return (
        f": of the last {subject.horizon} steps, signal and noise, which have a memory whatever the spectral radius is"
    )


def _half(curve) -> Any:
    reached = np.flatnonzero(np.cumsum(curve.values) >= curve.total / 2)
    return int(reached[0]) if len(reached) else f"not within {len(curve.lags)} lags"


def _trust(found) -> str:
    return f"relative error at most {found.relative_error:.1e}, by the method {found.method}"


def _decoding(subject) -> Section:
    found = subject.decoded(subject.given)
    if isinstance(found, str):
        return Section("Decoding", f"Nothing can be said of readouts ({found}).")
    others = [subject.decoded(one) for one in subject.others]
    rows = [
        Row(f"capacity at SNR {subject.snr:g}", found.capacity, tuple(part(one, "capacity") for one in others),
            _trust(found)),
        Row("capacity without noise", tried(lm.memory_capacity, subject.given),
            tuple(tried(lm.memory_capacity, one) for one in subject.others), "steps; at most N"),
        Row("information about the past, nats", found.information, tuple(part(one, "information") for one in others)),
    ]  # fmt: skip

    def draw(ax):
        functions = {"this network": found} | {one.network.name: one for one in others if not isinstance(one, str)}
        _plotting().plot_memory_function(list(functions.values()), ax, labels=list(functions))

    text = f"What a linear readout recovers of a white signal of {subject.snr:g} times the variance of the noise"
    text += f"{_of_the_last(subject)}."
    return Section("Decoding", text, tuple(rows), (Picture("Memory function", f"m(k) at SNR {subject.snr:g}.", draw),))


def _structure(subject) -> Section:
    profile = tried(lm.link_profile, subject.given, rng=0)
    form = lm.schur_form(subject.network)
    pictures = [Picture("Schur form", "Sizes of the entries of the Schur form in the order of the flow of signals.",
                        lambda ax: _plotting().plot_schur(form.signal_flow(), ax))]  # fmt: skip
    rows = []
    if not isinstance(profile, str):
        rows = [
            Row("asymmetry of links along the response", profile.asymmetry, (), f"p = {profile.p_value:.2g} by chance")
        ]
        pictures.append(Picture("Link profile", "Mean weight against distance along the order in which units respond, "
                                "with the band of networks without a chain.",
                                lambda ax: _plotting().plot_link_profile(profile, ax)))  # fmt: skip
    return Section(
        "Structure",
        "Whether signals flow one way, and whether units form a hidden chain.",
        tuple(rows),
        tuple(pictures),
    )


def _by_size(table: dict[int, Any], n: int) -> Any:
    return next(value for largest, value in table.items() if n <= largest)


def _nonnormality(subject) -> Section:
    net, n = subject.network, subject.network.size
    kreiss = tried(lm.kreiss_constant, net, rtol=_by_size(KREISS_RTOL, n))
    found = lm.pseudospectrum(net, points=_by_size(GRID, n))
    boundary = lm.numerical_range(net).boundary
    rows = [
        _of_everyone(subject, "Henrici's departure, relative", lambda one: lm.henrici_departure(one, relative=True)),
        _of_everyone(subject, "norm of the commutator", lm.commutator_norm),
        _of_everyone(subject, "condition of the eigenvectors", lm.eigenvector_condition),
        _of_everyone(subject, "numerical radius", lm.numerical_radius),
        Row("Kreiss constant", kreiss if isinstance(kreiss, str) else kreiss.value, (),
            "" if isinstance(kreiss, str) else f"between {kreiss.lower:.6g} and {kreiss.upper:.6g}"),
    ]  # fmt: skip
    picture = Picture("Pseudospectra", "Level lines of the smallest singular value of z - W, with eigenvalues, "
                      "numerical range and unit circle.",
                      lambda ax: _plotting().plot_pseudospectrum(found, ax, numerical_range=boundary))  # fmt: skip
    return Section(
        "Non-normality",
        "How far W is from normal, and how far its eigenvalues can be trusted.",
        tuple(rows),
        (picture,),
    )


def _growth(subject) -> Section:
    growth = lm.transient_growth(subject.network)
    others = [tried(lm.transient_growth, one) for one in subject.others]
    rows = [
        Row("largest growth", growth.peak, tuple(one if isinstance(one, str) else one.peak for one in others),
            f"relative error at most {growth.relative_error:.1e}"),
        Row("after", int(growth.times[growth.peak_step]),
            tuple(one if isinstance(one, str) else int(one.times[one.peak_step]) for one in others), "steps"),
    ]  # fmt: skip
    picture = Picture("Transient growth", f"The norm of W^k against k; its peak is {growth.peak:.4g}.",
                      lambda ax: _plotting().plot_transient_growth(growth, ax))  # fmt: skip
    return Section("Transient growth", "How much the largest state grows before it fades.", tuple(rows), (picture,))


def _claims(subject) -> Section:
    from linmem.claims.checking import every_claim

    words = {True: "holds", False: "fails", None: "open"}
    lines = []
    for claim in every_claim():
        if not claim.lacks(subject.given) and subject.network.size <= 150:
            verdict = tried(claim.ask, [subject.given], controls=False)
            said = verdict if isinstance(verdict, str) else f"{words[verdict.holds]} (margin {verdict.margin:.2g})"
            lines.append((claim.id, claim.statement, said))
    text = "Statements of the theory whose hypotheses this network meets, asked of it."
    if subject.network.size > 150:
        text = "Asked of networks of up to 150 units: linmem check --network."
    return Section("Claims of the theory", text, lines=tuple(lines))


def _plotting():
    from linmem import plotting

    return plotting
