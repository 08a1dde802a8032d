"""Claims G6 to G10: transient growth, the numerical range and pseudospectra."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import (
    MATRIX,
    NETWORK,
    SINGLE,
)
from linmem.claims.evidence import Evidence, Findings, at_least, at_most, equal, unanswered
from linmem.claims.measures import measured
from linmem.claims.nonnormality import matrices, norm
from linmem.linalg.stein import ULP
from linmem.network import ContinuousNetwork, LinearNetwork, Network
from linmem.nonnormality.kreiss import KreissConstant
from linmem.remembering import measure_of_matrix


def small() -> Iterator[LinearNetwork]:
    """Stable networks of up to 30 units."""
    for net in families.stable():
        if net.size <= 30:
            yield net


def _initial_slope(A: np.ndarray) -> float:
    """d/dt ||e^(At)|| at t = 0, by a difference that is off by t ||A||^2 / 2."""
    t = 1e-5 / np.linalg.norm(A, 2)
    return float((np.linalg.norm(sl.expm(t * A), 2) - 1) / t)


@claim("G6", source="Trefethen & Embree (2005), ch. 17", conditions=(SINGLE,), family=families.continuous)
def growth_begins_with_the_numerical_abscissa(net: Network) -> Findings:
    """The initial growth rate of the largest state is the numerical abscissa.

    d/dt ||e^(At)|| at t = 0 is lambda_max((A + A*) / 2)

    In discrete time the first step has the norm ||W||_2, which the numerical radius does not give.
    """
    A = net.dense()
    abscissa = measured(lm.numerical_abscissa, net)
    slope = _initial_slope(A) if A.any() else 0.0
    yield equal(
        "the slope is the numerical abscissa",
        slope,
        abscissa,
        tolerance=1e-4,
        scale=np.linalg.norm(A, 2),
    )


@growth_begins_with_the_numerical_abscissa.control(
    "the abscissa of the eigenvalues is taken", lambda: [lm.leaky_chain(8, weight=2.0), lm.balanced_amplification()]
)
def _(net: ContinuousNetwork) -> Findings:
    slope, abscissa = _initial_slope(net.drift), net.abscissa.value
    yield equal(
        "the slope is the abscissa",
        slope,
        abscissa,
        tolerance=1e-2,
        scale=np.linalg.norm(net.drift, 2),
    )


@claim("G7", source="Berger (1965); Pearcy (1966)", conditions=MATRIX, family=matrices, inequality=True)
def powers_are_at_most_twice_those_of_the_numerical_radius(net: LinearNetwork) -> Findings:
    """The powers of a matrix grow no faster than those of its numerical radius, except for a factor of two.

    ||W^k|| <= 2 r(W)^k, r(W) <= ||W||, with equality for normal matrices
    """
    r = measured(lm.numerical_radius, net)
    steps = np.arange(1, 13)
    growth = measured(lm.transient_growth, net, len(steps))[1:]
    yield at_most(
        "the numerical radius is at most the norm",
        r,
        growth[0],
    )
    unit = r**steps if r > 0 else 1.0  # only W = 0 has the radius 0
    yield at_most(
        "the norm of powers is at most twice those",
        growth / unit,
        2.0,
    )


@powers_are_at_most_twice_those_of_the_numerical_radius.control("without the factor", families.amplifying)
def _(net: LinearNetwork) -> Findings:
    growth = lm.transient_growth(net, 12).norms
    yield at_most(
        "the norm of powers is at most those",
        growth,
        lm.numerical_radius(net) ** np.arange(13.0),
    )


@claim(
    "G8",
    source="Kreiss (1962); Spijker (1991) for the constant",
    conditions=NETWORK,
    inequality=True,
    family=small,
    figures=("pseudospectra_gallery",),
)
def kreiss_constant_bounds_growth_on_both_sides(net: LinearNetwork) -> Findings:
    """The largest growth lies between the Kreiss constant and e N times it; normal networks have the constant 1.

    K = sup_{|z| > 1} (|z| - 1) ||(z - W)^-1||: K <= sup_k ||W^k|| <= e N K; of a normal network ||W^k|| = rho^k
    """
    kreiss, norms = measure_of_matrix(lm.kreiss_constant, net), measured(lm.transient_growth, net, 200)
    growth = norms.max()
    yield at_most(
        "K is at most the largest growth",
        kreiss.lower,
        growth,
    )
    yield at_most(
        "the largest growth is at most e N K",
        growth,
        math.e * net.size * kreiss.upper,
    )
    if lm.normality_test(net).normal:
        yield equal(
            "K of a normal network is 1",
            kreiss.value,
            1.0,
            tolerance=1e-4,
        )
        yield equal(
            "its powers have the norm of those of its radius",
            norms,
            net.radius.value ** np.arange(len(norms)),
        )


@kreiss_constant_bounds_growth_on_both_sides.control(
    "without the factor of N", lambda: [lm.chain(n, gain=1.5) for n in (30, 60)]
)
def _(net: LinearNetwork) -> Findings:
    bound = np.e * lm.kreiss_constant(net, rtol=1e-2).upper
    yield at_most(
        "the largest growth is at most e K",
        lm.transient_growth(net).peak,
        bound,
    )


def _resolvent_norms(W: np.ndarray) -> Iterator[tuple[float, float]]:
    """|z| and ||(z - W)^-1|| at twelve points outside the unit circle, near and far."""
    rng = np.random.default_rng(0)
    radii = 1 + np.geomspace(0.02, 3, 12)
    angles = 2 * np.pi * rng.random(12)
    for z in radii * np.exp(1j * angles):
        smallest = sl.svdvals(z * np.eye(len(W)) - W)[-1]
        yield abs(z), 1 / max(smallest, np.finfo(float).tiny)


@claim(
    "G9",
    source="Trefethen & Embree (2005), chs 14-16; re-derived",
    conditions=NETWORK,
    inequality=True,
    family=small,
)
def the_resolvent_shows_growth_that_must_come(net: LinearNetwork) -> Findings:
    """A large resolvent outside the unit circle implies growth, within a number of steps that it gives.

    max_{0 < k <= tau} ||W^k|| >= r^tau / (1 + (r^tau - 1) / kappa), r = |z| > 1, with
    kappa = r (r - 1) ||(z - W)^-1|| - r + 1 > 0
    """
    yield from _growth_that_must_come(net, lambda r, resolvent: r * (r - 1) * resolvent - r + 1)


def _growth_that_must_come(net: LinearNetwork, kappa_of: Callable[[float, float], float]) -> Findings:
    growth = measured(lm.transient_growth, net, 20)
    sentence = "the growth within tau steps is at least its bound"
    yield at_least(sentence, growth[1:], 0.0)
    for r, resolvent in _resolvent_norms(net.dense()):
        kappa = kappa_of(r, resolvent)
        if kappa <= 1e-9:  # rounding of 0, for which there is no bound
            continue
        # the singular value is off by an ulp or so of ||z - W||
        rounding = 4 * net.size * ULP * (r + norm(net)) * resolvent
        for tau in (1, 4, 20):
            bound = r**tau / (1 + (r**tau - 1) / kappa)
            largest = growth[1 : tau + 1].max()
            yield at_least(
                sentence,
                largest,
                bound,
                error=rounding * bound,
            )


@the_resolvent_shows_growth_that_must_come.control(
    "the product of the Kreiss constant stands for kappa", lambda: [lm.LinearNetwork([[0.0]]), lm.identity(4, gain=0.1)]
)
def _(net: LinearNetwork) -> Findings:
    yield from _growth_that_must_come(net, lambda r, resolvent: (r - 1) * resolvent)


@claim(
    "G10",
    source="Trefethen & Embree (2005), ch. 14",
    conditions=NETWORK,
    family=lambda: [lm.chain(5, gain=1.3), lm.ginibre(8, gain=0.9, rng=8), lm.jordan(4, eigenvalue=0.5)],
    figures=("pseudospectra_gallery",),
)
def kreiss_constant_is_how_far_pseudospectra_protrude(net: LinearNetwork) -> Findings:
    """The Kreiss constant is the largest distance by which a pseudospectrum exceeds the unit circle, over its epsilon.

    K = sup_eps (rho_eps - 1) / eps
    """
    kreiss = measure_of_matrix(lm.kreiss_constant, net)
    attained = _level_of(net, kreiss)
    radii = {eps: lm.pseudospectral_radius(net, eps) for eps in _levels(net, attained)}
    distances = np.array([(radius - 1) / eps for eps, radius in radii.items()])
    errors = np.array([radius.error / eps for eps, radius in radii.items()])
    yield at_most(
        "no epsilon exceeds it",
        distances,
        kreiss.upper,
        error=errors,
    )
    yield _attained(net, max([*distances, 1.0]), kreiss, attained)


LEVELS = {20: np.geomspace(1e-4, 1e4, 9), 50: np.geomspace(1e-4, 1e4, 5)}  # largest number of units -> levels
FEWEST_LEVELS = np.geomspace(1e-4, 1e4, 3)


def _levels(net: LinearNetwork, attained: float | None) -> np.ndarray:
    """The epsilons at which the distances are compared, with the one at which the constant is attained."""
    levels = next((levels for largest, levels in LEVELS.items() if net.size <= largest), FEWEST_LEVELS)
    return levels if attained is None else np.append(levels, attained)


def _level_of(net: LinearNetwork, kreiss: KreissConstant) -> float | None:
    """The epsilon of the point at which the Kreiss constant is attained; None where that point is infinite."""
    if not np.isfinite(kreiss.point):
        return None
    return float(sl.svdvals(kreiss.point * np.eye(net.size) - net.dense())[-1])


def _attained(net: LinearNetwork, largest: float, kreiss: KreissConstant, level: float | None) -> Evidence:
    sentence = "one epsilon attains it"
    # a singular value this small is rounding
    if level is not None and level < 1e3 * net.size * ULP * (1 + norm(net)):
        return unanswered(sentence, f"the epsilon that attains it, {level:.1e}, is rounding in double precision")
    return equal(
        sentence,
        largest,
        kreiss.value,
        tolerance=5e-3,
    )


@kreiss_constant_is_how_far_pseudospectra_protrude.control("of the spectrum alone: no epsilon")
def _(net: LinearNetwork) -> Findings:
    kreiss = lm.kreiss_constant(net)
    radius = np.abs(sl.eigvals(net.dense())).max()
    eps = _levels(net, _level_of(net, kreiss) or 1.0)
    distances = (radius + eps - 1) / eps
    yield equal(
        "one epsilon attains it",
        max(distances.max(), 1.0),
        kreiss.value,
        tolerance=5e-3,
    )
