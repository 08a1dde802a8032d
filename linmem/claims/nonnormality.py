"""Claims G1 to G5, G11 and G12: measures of non-normality, and what they say about memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import (
    ANY_INPUT,
    MATRIX,
    Condition,
    chain_weights,
    eigenvalues_are_known,
    lacking,
)
from linmem.claims.evidence import Findings, at_least, at_most, equal, unanswered
from linmem.claims.measures import commutator, curve_and_its_rounding, measured
from linmem.errors import LinmemError
from linmem.network import LinearNetwork, Network
from linmem.remembering import measure_of_matrix

UNKNOWN_EIGENVALUES = "the eigenvalues that double precision finds are those of another matrix"


def matrices() -> Iterator[LinearNetwork]:
    """Matrices of every kind, stable or not."""
    yield from families.stable()
    yield from families.unstable()
    yield lm.grcar(12, gain=1.0)


def of_moderate_condition() -> Iterator[LinearNetwork]:
    """Those whose eigenvalues double precision knows."""
    for net in matrices():
        if eigenvalues_are_known(net):
            yield net


def norm(net: Network) -> float:
    """||W||_F."""
    return float(np.linalg.norm(net.dense()))


@claim(
    "G1",
    source="Henrici (1962); OP, section 2.4",
    conditions=MATRIX,
    family=of_moderate_condition,
    figures=("same_eigenvalues",),
)
def departure_is_the_feedforward_part_of_every_schur_form(net: LinearNetwork) -> Findings:
    """Henrici's departure from normality is the norm of the feedforward part of the Schur form, in every order.

    d(W) = sqrt(||W||_F^2 - sum |lambda_i|^2) = ||T - diag T||_F

    In a real Schur form the 2 x 2 blocks on the diagonal are not feedforward: the part above the diagonal is too large,
    or too small.
    """
    d = measured(lm.henrici_departure, net)
    sentence = "||T - diag T||_F is the departure"
    if not eigenvalues_are_known(net):
        yield unanswered(sentence, UNKNOWN_EIGENVALUES)
        return
    for order in (None, "modulus", lambda values: np.angle(values)):
        T = lm.schur_form(net, order=order).T
        feedforward = np.linalg.norm(T - np.diag(np.diagonal(T)))
        yield equal(
            sentence,
            feedforward,
            d,
            tolerance=1e-7,
            scale=norm(net),
        )


@departure_is_the_feedforward_part_of_every_schur_form.control(
    "the part above the diagonal of a real form", lambda: [lm.ginibre(n, gain=0.9, rng=n) for n in (5, 20)]
)
def _(net: LinearNetwork) -> Findings:
    T = sl.schur(net.dense(), output="real")[0]
    above = np.linalg.norm(np.triu(T, 1))
    yield equal(
        "||triu(T, 1)||_F",
        above,
        lm.henrici_departure(net),
        tolerance=1e-3,
        scale=norm(net),
    )


@claim("G2", source="Henrici (1962)", conditions=MATRIX, family=matrices, inequality=True)
def departure_is_at_most_the_root_of_the_commutator(net: LinearNetwork) -> Findings:
    """A matrix that nearly commutes with its adjoint is nearly normal.

    d(W)^2 <= sqrt((N^3 - N) / 12) ||W W* - W* W||_F
    """
    n = net.size
    d = measured(lm.henrici_departure, net)
    bound = np.sqrt((n**3 - n) / 12) * commutator(net.dense())
    yield at_most(
        "d^2 is at most its bound",
        d**2,
        bound + 1e-12 * norm(net) ** 2,
    )


@departure_is_at_most_the_root_of_the_commutator.control("without the factor of N", families.amplifying)
def _(net: LinearNetwork) -> Findings:
    yield at_most(
        "d^2 is at most its bound",
        lm.henrici_departure(net) ** 2,
        commutator(net.dense()),
    )


def _lower_bound(f2: float, c2: float) -> float:
    """f^2 - sqrt(f^4 - c^2)."""
    return f2 - float(np.sqrt(max(f2**2 - c2, 0.0)))


@claim("G3", source="Kress, de Vries & Wegmann (1974)", conditions=MATRIX, family=matrices, inequality=True)
def departure_is_at_least_what_the_commutator_shows(net: LinearNetwork) -> Findings:
    """A matrix that is far from commuting with its adjoint is far from normal.

    d^2 >= f^2 - sqrt(f^4 - c^2 / 2) >= c^2 / (4 f^2), c = ||W W* - W* W||_F, f = ||W||_F

    Equality holds for nilpotent 2 x 2 matrices, and not for all matrices of two units.
    """
    # in units of the norm: squares of squares of small weights would vanish
    f = norm(net) or 1.0
    d2 = (measured(lm.henrici_departure, net) / f) ** 2
    c2 = commutator(net.dense() / f) ** 2
    f2 = 1.0 if norm(net) else 0.0
    bound = _lower_bound(f2, c2 / 2)
    rounding = 1e-12 * f2
    yield at_least(
        "d^2 is at least its bound",
        d2 + rounding,
        bound,
    )
    yield at_least(
        "the bound is at least the simpler one",
        bound + rounding,
        c2 / 4,
    )


@departure_is_at_least_what_the_commutator_shows.control(
    "without the 1/2", lambda: [lm.LinearNetwork([[a, 0.5], [0, -a]]) for a in (0.6, 0.8)]
)
def _(net: LinearNetwork) -> Findings:
    bound = _lower_bound(norm(net) ** 2, commutator(net.dense()) ** 2)
    yield at_least(
        "d^2 is at least its bound",
        lm.henrici_departure(net) ** 2,
        bound,
    )


def _bound_by_traces(W: np.ndarray) -> float:
    """||B||_F^2 - |tr B^2|, B = W - (tr W / N) I."""
    n = len(W)
    B = W - np.trace(W) / n * np.eye(n)
    return float(np.linalg.norm(B) ** 2 - abs(np.trace(B @ B)))


@claim(
    "G4", source="Lee (1995); the formula re-derived", conditions=MATRIX, family=of_moderate_condition, inequality=True
)
def departure_is_at_most_what_two_traces_show(net: LinearNetwork) -> Findings:
    """Two traces bound the departure from above, with equality where the eigenvalues lie on a line.

    d^2 <= ||B||_F^2 - |tr B^2|, B = W - (tr W / N) I; equality if and only if the eigenvalues are collinear
    """
    bound = _bound_by_traces(net.dense())
    d2, f2 = measured(lm.henrici_departure, net) ** 2, norm(net) ** 2
    yield at_most(
        "d^2 is at most its bound",
        d2,
        bound + 1e-12 * f2,
    )
    are_real = np.ptp(sl.eigvals(net.dense()).imag) < 1e-12
    if are_real and eigenvalues_are_known(net):
        yield equal(
            "it is equal for real eigenvalues",
            d2,
            bound,
            tolerance=1e-7,
            scale=f2,
        )


@departure_is_at_most_what_two_traces_show.control(
    "equality for eigenvalues in a plane", lambda: [lm.ginibre(n, gain=0.9, rng=n) for n in (5, 20)]
)
def _(net: LinearNetwork) -> Findings:
    d2, bound = lm.henrici_departure(net) ** 2, _bound_by_traces(net.dense())
    yield equal(
        "it is equal",
        d2,
        bound,
        tolerance=1e-3,
        scale=norm(net) ** 2,
    )


def _uniform_chain(net: Network) -> str | None:
    weights = chain_weights(net)
    if weights is not None and weights[0] * weights[1] >= 0:
        return None
    return "not a uniform chain, with or without feedback"


def chains() -> Iterator[LinearNetwork]:
    """Chains with and without feedback, of many lengths."""
    for n in (2, 5, 40):
        yield lm.chain(n, gain=1.1)
        yield lm.feedback_chain(n, feedforward=0.9, feedback=0.2)
    yield lm.feedback_chain(100, feedforward=0.95, feedback=0.2)
    yield lm.feedback_chain(7, feedforward=0.4, feedback=0.4)


def _departure_of_chain(net: Network) -> float:
    a, b = chain_weights(net) or (0.0, 0.0)
    return float(np.sqrt(net.size - 1) * abs(a - b))


@claim(
    "G5",
    source="re-derived",
    conditions=(*MATRIX, Condition("uniform chain", _uniform_chain)),
    family=chains,
    figures=("hidden_chain",),
)
def departure_of_a_chain_grows_with_its_length(net: LinearNetwork) -> Findings:
    """The departure of a chain grows with its length, and the norm of its commutator does not.

    d = sqrt(N - 1) |a - b|, ||W W' - W' W||_F = sqrt(2) |a^2 - b^2|
    """
    a, b = chain_weights(net) or (0.0, 0.0)
    d = measured(lm.henrici_departure, net)
    yield equal(
        "the departure",
        d,
        _departure_of_chain(net),
        scale=norm(net),
    )
    ends = np.sqrt(2) * abs(a**2 - b**2)
    yield equal(
        "the norm of the commutator",
        lm.commutator_norm(net),
        ends,
        scale=norm(net) ** 2,
    )


@departure_of_a_chain_grows_with_its_length.control(
    "from eigenvalues in double precision", lambda: [lm.feedback_chain(100, feedforward=0.95, feedback=0.2)]
)
def _(net: LinearNetwork) -> Findings:
    squares = np.sum(np.abs(sl.eigvals(net.dense())) ** 2)
    d = np.sqrt(max(norm(net) ** 2 - squares, 0))
    yield equal(
        "the departure",
        d,
        _departure_of_chain(net),
        tolerance=1e-3,
        scale=norm(net),
    )


@claim(
    "G11",
    source="GHS, Fig. 3; Kerg et al. (2019)",
    conditions=ANY_INPUT,
    family=families.stable,
    figures=("gaussian_networks",),
)
def memory_is_that_of_the_schur_form(net: LinearNetwork) -> Findings:
    """A network has the memory of its Schur form, in which signals flow one way, from the last unit to the first.

    W = Z T Z*: J of (W, v) is J of (T, Z* v)

    LAPACK's form is upper triangular: its last coordinate is the source, where the optimal input is largest.
    """
    form = lm.schur_form(net)
    adjoint = form.Z.conj().T
    noise = adjoint @ net.noise @ form.Z if net.noise_is_matrix else net.noise
    in_schur_basis = lm.LinearNetwork(form.T, adjoint @ net.feedforward, noise)
    J, rounding = curve_and_its_rounding(in_schur_basis)
    yield equal(
        "the curve stays",
        J,
        measured(lm.fisher_memory_curve, net),
        tolerance=1e-6,
        error=rounding,
    )


@memory_is_that_of_the_schur_form.control("the flow is taken the other way", families.amplifying)
def _(net: LinearNetwork) -> Findings:
    form = lm.schur_form(net)
    backwards = lm.LinearNetwork(form.T.conj().T, form.Z.conj().T @ net.feedforward)
    curves = [lm.fisher_memory_curve(network).values for network in (backwards, net)]
    yield equal(
        "the curve stays",
        *curves,
        tolerance=1e-3,
    )


def _transposed(net: LinearNetwork) -> LinearNetwork:
    return lm.LinearNetwork(net.recurrent.T, net.feedforward, net.noise)


def _ratio_of_totals(net: LinearNetwork) -> float:
    """|log| of J_tot over that of the transpose."""
    ratio = measured(lm.total_fisher_memory, net) / measured(lm.total_fisher_memory, _transposed(net))
    return float(abs(np.log(ratio)))


def _directed(net: LinearNetwork) -> str | None:
    if lacking(net, ANY_INPUT):
        return None  # these conditions report that themselves
    try:
        directed = _ratio_of_totals(net) >= np.log(1.2)
    except LinmemError:
        return "not known to have another memory than its transpose"
    return None if directed else "with about the memory of its transpose"


@claim(
    "G12",
    source="re-derived",
    conditions=(*ANY_INPUT, Condition("directed", _directed)),
    family=lambda: [lm.chain(12, gain=1.2), lm.ginibre(3, gain=0.9, rng=3), lm.ginibre(6, gain=0.9, rng=6)],
)
def no_measure_of_non_normality_determines_memory(net: LinearNetwork) -> Findings:
    """A matrix and its transpose agree in every measure of non-normality, and differ in memory.

    d, ||W^k||, K, numerical range and pseudospectra of W and W' agree; J_tot does not
    """
    transposed = _transposed(net)
    for measure in (lm.henrici_departure, lm.commutator_norm, lm.numerical_radius):
        sentence = f"{measure.__name__} agrees"
        yield equal(
            sentence,
            measure(transposed),
            measure(net),
            tolerance=1e-6,
            scale=norm(net) ** 2,
        )
    growths = [measured(lm.transient_growth, network, 30) for network in (transposed, net)]
    yield equal(
        "the transient growth agrees",
        *growths,
        tolerance=1e-6,
    )
    constants = [measure_of_matrix(lm.kreiss_constant, network).value for network in (transposed, net)]
    yield equal(
        "the Kreiss constants agree",
        *constants,
        tolerance=2e-3,
    )
    yield at_least(
        "the total memory differs by a fifth",
        _ratio_of_totals(net),
        np.log(1.2),
    )


no_measure_of_non_normality_determines_memory.without("a direction", families.symmetric)
