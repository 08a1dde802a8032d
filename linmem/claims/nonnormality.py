"""Claims G: measures of non-normality, and transient growth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim, measured
from linmem.claims.conditions import DISCRETE, NETWORK, ONE_INPUT, SINGLE, Condition, chain_weights
from linmem.claims.evidence import at_least, at_most, equal

MATRIX = (SINGLE, DISCRETE)


DIRECTED = Condition("directed", lambda net: "symmetric" if sl.issymmetric(net.dense(), rtol=1e-9) else None)


def matrices():
    """Of every kind, stable or not."""
    yield from families.stable()
    yield from families.unstable()
    yield lm.grcar(12, gain=1.0)


def of_moderate_condition():
    """Whose eigenvalues double precision knows."""
    return [net for net in matrices() if lm.eigenvector_condition(net) < 1e6]


def norm(net):
    """||W||_F."""
    return np.linalg.norm(net.dense())


@claim(
    "G1",
    source="Henrici (1962); OP, section 2.4",
    conditions=MATRIX,
    family=of_moderate_condition,
    figures=("same_eigenvalues",),
)
def departure_is_the_feedforward_part_of_every_schur_form(net):
    """Henrici's departure from normality is the size of the feedforward part of the Schur form, in whatever order.

    d(W) = sqrt(||W||_F^2 - sum |lambda_i|^2) = ||T - diag T||_F

    In a real Schur form the 2 x 2 blocks on the diagonal are not feedforward: what is above the diagonal is too much,
    or too little.
    """
    d = measured(lm.henrici_departure, net)
    for order in (None, "modulus", lambda values: np.angle(values)):
        T = lm.schur_form(net, order=order).T
        yield equal("||T - diag T||_F", np.linalg.norm(T - np.diag(np.diagonal(T))), d, tolerance=1e-7, scale=norm(net))


@departure_is_the_feedforward_part_of_every_schur_form.control(
    "what is above the diagonal of a real form", lambda: [lm.ginibre(n, gain=0.9, rng=n) for n in (5, 20)]
)
def _(net):
    T = sl.schur(net.dense(), output="real")[0]
    yield equal(
        "||triu(T, 1)||_F", np.linalg.norm(np.triu(T, 1)), lm.henrici_departure(net), tolerance=1e-3, scale=norm(net)
    )


def _commutator(W):
    return np.linalg.norm(W @ W.conj().T - W.conj().T @ W)


@claim("G2", source="Henrici (1962)", conditions=MATRIX, family=matrices, inequality=True)
def departure_is_at_most_the_root_of_the_commutator(net):
    """A matrix that nearly commutes with its adjoint is nearly normal.

    d(W)^2 <= sqrt((N^3 - N) / 12) ||W W* - W* W||_F
    """
    n, W = net.size, net.dense()
    d = measured(lm.henrici_departure, net)
    yield at_most("d^2", d**2, np.sqrt((n**3 - n) / 12) * _commutator(W) + 1e-12 * norm(net) ** 2)


@departure_is_at_most_the_root_of_the_commutator.control("without the factor of N", families.amplifying)
def _(net):
    yield at_most("d^2", lm.henrici_departure(net) ** 2, _commutator(net.dense()))


@claim("G3", source="Kress, de Vries & Wegmann (1974)", conditions=MATRIX, family=matrices, inequality=True)
def departure_is_at_least_what_the_commutator_shows(net):
    """A matrix that is far from commuting with its adjoint is far from normal.

    d^2 >= f^2 - sqrt(f^4 - c^2 / 2) >= c^2 / (4 f^2), c = ||W W* - W* W||_F, f = ||W||_F

    Equality for nilpotent 2 x 2 matrices, not for all of two units.
    """
    d2, f2, c2 = measured(lm.henrici_departure, net) ** 2, norm(net) ** 2, _commutator(net.dense()) ** 2
    bound = f2 - np.sqrt(max(f2**2 - c2 / 2, 0.0))
    yield at_least("d^2", d2 + 1e-12 * f2, bound)
    yield at_least("the bound", bound + 1e-12 * f2, c2 / (4 * f2))


@departure_is_at_least_what_the_commutator_shows.control(
    "without the 1/2", lambda: [lm.LinearNetwork([[a, 0.5], [0, -a]]) for a in (0.6, 0.8)]
)
def _(net):
    d2, f2, c2 = lm.henrici_departure(net) ** 2, norm(net) ** 2, _commutator(net.dense()) ** 2
    yield at_least("d^2", d2, f2 - np.sqrt(max(f2**2 - c2, 0.0)))


@claim(
    "G4", source="Lee (1995); the formula re-derived", conditions=MATRIX, family=of_moderate_condition, inequality=True
)
def departure_is_at_most_what_two_traces_show(net):
    """Two traces bound the departure, exactly so where the eigenvalues lie on a line.

    d^2 <= ||B||_F^2 - |tr B^2|, B = W - (tr W / N) I; equality if and only if the eigenvalues are collinear
    """
    W, n = net.dense(), net.size
    B = W - np.trace(W) / n * np.eye(n)
    bound = np.linalg.norm(B) ** 2 - abs(np.trace(B @ B))
    d2, f2 = measured(lm.henrici_departure, net) ** 2, norm(net) ** 2
    yield at_most("d^2", d2, bound + 1e-12 * f2)
    if np.ptp(sl.eigvals(W).imag) < 1e-12:
        yield equal("equality for real eigenvalues", d2, bound, tolerance=1e-7, scale=f2)


@departure_is_at_most_what_two_traces_show.control(
    "equality for eigenvalues in a plane", lambda: [lm.ginibre(n, gain=0.9, rng=n) for n in (5, 20)]
)
def _(net):
    W, n = net.dense(), net.size
    B = W - np.trace(W) / n * np.eye(n)
    bound = np.linalg.norm(B) ** 2 - abs(np.trace(B @ B))
    yield equal("equality", lm.henrici_departure(net) ** 2, bound, tolerance=1e-3, scale=norm(net) ** 2)


def _uniform_chain(net):
    weights = chain_weights(net)
    alike = weights is not None and weights[0] * weights[1] >= 0
    return None if alike else "not a uniform chain, with or without feedback"


def chains():
    """With and without feedback, of every length."""
    for n in (2, 5, 40):
        yield lm.chain(n, gain=1.1)
        yield lm.feedback_chain(n, feedforward=0.9, feedback=0.2)
    yield lm.feedback_chain(100, feedforward=0.95, feedback=0.2)
    yield lm.feedback_chain(7, feedforward=0.4, feedback=0.4)


@claim(
    "G5",
    source="re-derived",
    conditions=(*MATRIX, Condition("uniform chain", _uniform_chain)),
    family=chains,
    figures=("hidden_chain",),
)
def departure_of_a_chain_grows_with_its_length(net):
    """The departure of a chain grows with its length, and the norm of its commutator does not.

    d = sqrt(N - 1) |a - b|, ||W W' - W' W||_F = sqrt(2) |a^2 - b^2|
    """
    a, b = chain_weights(net)
    yield equal("departure", measured(lm.henrici_departure, net), np.sqrt(net.size - 1) * abs(a - b), scale=norm(net))
    yield equal("commutator", lm.commutator_norm(net), np.sqrt(2) * abs(a**2 - b**2), scale=norm(net) ** 2)


@departure_of_a_chain_grows_with_its_length.control(
    "of eigenvalues in double precision", lambda: [lm.feedback_chain(100, feedforward=0.95, feedback=0.2)]
)
def _(net):
    values = sl.eigvals(net.dense())
    d = np.sqrt(max(norm(net) ** 2 - np.sum(np.abs(values) ** 2), 0))
    yield equal("departure", d, np.sqrt(net.size - 1) * 0.75, tolerance=1e-3, scale=norm(net))


@claim("G6", source="Trefethen & Embree (2005), ch. 17", conditions=(SINGLE,), family=families.continuous)
def growth_begins_with_the_numerical_abscissa(net):
    """How fast the largest state grows at first is the numerical abscissa.

    d/dt ||e^(At)|| at t = 0 is lambda_max((A + A*) / 2)

    In discrete time the first step has ||W||_2, which the numerical radius does not give.
    """
    A = net.dense()
    t = 1e-5 / np.linalg.norm(A, 2)
    slope = (np.linalg.norm(sl.expm(t * A), 2) - 1) / t  # off by t ||A||^2 / 2
    abscissa = measured(lm.numerical_abscissa, net)
    yield equal("the slope", slope, abscissa, tolerance=1e-4, scale=np.linalg.norm(A, 2))


@growth_begins_with_the_numerical_abscissa.control(
    "the abscissa of the eigenvalues is taken", lambda: [lm.leaky_chain(8, weight=2.0), lm.balanced_amplification()]
)
def _(net):
    A = net.drift
    t = 1e-5 / np.linalg.norm(A, 2)
    slope = (np.linalg.norm(sl.expm(t * A), 2) - 1) / t
    yield equal("the slope", slope, net.abscissa.value, tolerance=1e-2, scale=np.linalg.norm(A, 2))


@claim("G7", source="Berger (1965); Pearcy (1966)", conditions=MATRIX, family=matrices, inequality=True)
def powers_are_at_most_twice_those_of_the_numerical_radius(net):
    """Powers of a matrix grow no faster than those of its numerical radius, but for a factor of two.

    ||W^k|| <= 2 r(W)^k
    """
    r = measured(lm.numerical_radius, net)
    steps = np.arange(1, 13)
    growth = measured(lm.transient_growth, net, len(steps))[1:]
    yield at_most("the norm of powers", growth / r**steps, 2.0)


@powers_are_at_most_twice_those_of_the_numerical_radius.control("without the factor", families.amplifying)
def _(net):
    growth = lm.transient_growth(net, 12).norms
    yield at_most("the norm of powers", growth, lm.numerical_radius(net) ** np.arange(13.0))


@claim(
    "G8",
    source="Kreiss (1962); Spijker (1991) for the constant",
    conditions=NETWORK,
    inequality=True,
    family=lambda: [net for net in families.stable() if net.size <= 30],
    figures=("pseudospectra_gallery",),
)
def kreiss_constant_bounds_growth_on_both_sides(net):
    """The largest growth lies between the Kreiss constant and e N times it; normal networks have the constant one.

    K = sup_{|z| > 1} (|z| - 1) ||(z - W)^-1||: K <= sup_k ||W^k|| <= e N K
    """
    kreiss, growth = lm.kreiss_constant(net), lm.transient_growth(net, 200).peak
    yield at_most("K", kreiss.lower, growth)
    yield at_most("the growth", growth, np.e * net.size * kreiss.upper)
    if lm.normality_test(net).normal:
        yield equal("K of a normal network", kreiss.value, 1.0, tolerance=1e-4)


@kreiss_constant_bounds_growth_on_both_sides.control(
    "without the factor of N", lambda: [lm.chain(n, gain=1.5) for n in (30, 60)]
)
def _(net):
    yield at_most("the growth", lm.transient_growth(net).peak, np.e * lm.kreiss_constant(net, rtol=1e-2).upper)


def _resolvent_points(W, count=12):
    """Points beyond the circle, near and far."""
    rng = np.random.default_rng(0)
    z = (1 + np.geomspace(0.02, 3, count)) * np.exp(2j * np.pi * rng.random(count))
    return z, np.array([1 / sl.svdvals(one * np.eye(len(W)) - W)[-1] for one in z])


@claim(
    "G9",
    source="Trefethen & Embree (2005), chs 14-16; re-derived",
    conditions=NETWORK,
    inequality=True,
    family=lambda: [net for net in families.stable() if net.size <= 30],
)
def the_resolvent_shows_growth_that_must_come(net):
    """A large resolvent beyond the unit circle tells of growth that must come, and by when.

    max_{0 < k <= tau} ||W^k|| >= r^tau / (1 + (r^tau - 1) / kappa), r = |z| > 1, with
    kappa = r (r - 1) ||(z - W)^-1|| - r + 1 > 0
    """
    yield from _grown(net, lambda r, size: r * (r - 1) * size - r + 1)


def _grown(net, kappa_of):
    W, growth = net.dense(), measured(lm.transient_growth, net, 20)
    z, sizes = _resolvent_points(W)
    for tau in (1, 4, 20):
        largest = growth[1 : tau + 1].max()
        for one, size in zip(np.abs(z), sizes, strict=True):
            kappa = kappa_of(one, size)
            if kappa > 0:
                yield at_least("growth within tau steps", largest, one**tau / (1 + (one**tau - 1) / kappa))


@the_resolvent_shows_growth_that_must_come.control(
    "the product of the Kreiss constant stands for kappa", lambda: [lm.LinearNetwork([[0.0]]), lm.identity(4, gain=0.1)]
)
def _(net):
    yield from _grown(net, lambda r, size: (r - 1) * size)


@claim(
    "G10",
    source="Trefethen & Embree (2005), ch. 14",
    conditions=NETWORK,
    family=lambda: [lm.chain(5, gain=1.3), lm.ginibre(8, gain=0.9, rng=8), lm.jordan(4, eigenvalue=0.5)],
    figures=("pseudospectra_gallery",),
)
def kreiss_constant_is_how_far_pseudospectra_protrude(net):
    """The Kreiss constant is how far pseudospectra protrude beyond the unit circle, relative to their epsilon.

    K = sup_eps (rho_eps - 1) / eps
    """
    kreiss = lm.kreiss_constant(net)
    eps = _levels(net, kreiss)
    protruding = np.array([(lm.pseudospectral_radius(net, one) - 1) / one for one in eps])
    yield at_most("no epsilon protrudes farther", protruding, kreiss.upper)
    yield equal("one of them attains it", max(protruding.max(), 1.0), kreiss.value, tolerance=5e-3)


@kreiss_constant_is_how_far_pseudospectra_protrude.control("of the spectrum alone: no epsilon")
def _(net):
    kreiss, values = lm.kreiss_constant(net), sl.eigvals(net.dense())
    eps = _levels(net, kreiss)
    protruding = (np.abs(values).max() + eps - 1) / eps
    yield equal("one of them attains it", max(protruding.max(), 1.0), kreiss.value, tolerance=5e-3)


def _levels(net, kreiss) -> np.ndarray:
    """Some epsilons, and that of the point at which the Kreiss constant is said to be attained."""
    eps = np.geomspace(1e-4, 1e4, 9 if net.size <= 20 else 5)
    if not np.isfinite(kreiss.point):
        return eps
    return np.append(eps, sl.svdvals(kreiss.point * np.eye(net.size) - net.dense())[-1])


@claim(
    "G11",
    source="GHS, Fig. 3; Kerg et al. (2019)",
    conditions=(*NETWORK, ONE_INPUT),
    family=families.stable,
    figures=("gaussian_networks",),
)
def memory_is_that_of_the_schur_form(net):
    """A network has the memory of its Schur form, in which signals flow one way, from the last unit to the first.

    W = Z T Z*: J of (W, v) is J of (T, Z* v)

    LAPACK's form is upper triangular: its last coordinate is the source, where the optimal input is largest.
    """
    form = lm.schur_form(net)
    seen = lm.LinearNetwork(form.T, form.Z.conj().T @ net.feedforward, net.noise)
    if net.noise_is_matrix:
        seen = replace(seen, noise=form.Z.conj().T @ net.noise @ form.Z)
    yield equal(
        "the curve", measured(lm.fisher_memory_curve, seen), measured(lm.fisher_memory_curve, net), tolerance=1e-6
    )


@memory_is_that_of_the_schur_form.control("the flow is taken the other way", families.amplifying)
def _(net):
    form = lm.schur_form(net)
    seen = lm.LinearNetwork(form.T.conj().T, form.Z.conj().T @ net.feedforward)
    yield equal("the curve", lm.fisher_memory_curve(seen).values, lm.fisher_memory_curve(net).values, tolerance=1e-3)


@claim(
    "G12",
    source="re-derived",
    conditions=(*NETWORK, ONE_INPUT, DIRECTED),
    family=lambda: [lm.chain(12, gain=1.2), lm.ginibre(3, gain=0.9, rng=3), lm.ginibre(6, gain=0.9, rng=6)],
)
def no_measure_of_non_normality_determines_memory(net):
    """A matrix and its transpose agree in every measure of non-normality, and differ in memory.

    d, ||W^k||, K, numerical range and pseudospectra of W and W' agree; J_tot does not
    """
    twin = lm.LinearNetwork(net.recurrent.T, net.feedforward)
    for measure in (lm.henrici_departure, lm.commutator_norm, lm.numerical_radius):
        yield equal(f"{measure.__name__} agrees", measure(twin), measure(net), tolerance=1e-6, scale=norm(net) ** 2)
    growth = [measured(lm.transient_growth, one, 30) for one in (twin, net)]
    yield equal("growth agrees", *growth, tolerance=1e-6)
    yield equal("Kreiss constants agree", *(lm.kreiss_constant(one).value for one in (twin, net)), tolerance=2e-3)
    ratio = measured(lm.total_fisher_memory, net) / measured(lm.total_fisher_memory, twin)
    yield at_least("memory differs by a fifth", abs(np.log(ratio)), np.log(1.2))


no_measure_of_non_normality_determines_memory.without("a direction", families.symmetric)
