"""Checking: all claims in order, and their verdicts by id, by name, by section, or of all of them.

Contents
--------
SECTIONS
    The letters of the sections, with their titles.
MODULES
    The modules of this folder that hold the claims.
every_claim
    All claims, in order.
find_claims
    The claims of an id, a name or a section.
check
    Their verdicts.
verdicts_on
    Their verdicts on one network, within a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from time import process_time
from typing import Any

import numpy as np

from linmem.claims.claim import CLAIMS, Claim, Verdict
from linmem.claims.time_limit import OutOfTime, time_limit
from linmem.errors import ArgumentError
from linmem.memory.along_path import MeasuredAlongPath
from linmem.network import as_network
from linmem.remembering import remembering
from linmem.validation import near_miss

SECTIONS = {
    "A": "Fisher memory of every stable network",
    "B": "Normal networks",
    "C": "Chains, and how much transient amplification can hold",
    "D": "Chains with feedback",
    "E": "Decoders, memory functions, capacity",
    "F": "Continuous time",
    "G": "Non-normality and transient growth",
    "H": "Steps with weights of their own, and paths of cells",
    "I": "Diagonal networks: the recurrence of state-space layers",
}
MODULES = (
    "fisher_memory",
    "coordinates",
    "limiting_cases",
    "normal_networks",
    "spectral_laws",
    "chains",
    "amplification_bounds",
    "feedback_chains",
    "decoding",
    "correlations",
    "information",
    "capacity",
    "continuous_time",
    "integrators",
    "nonnormality",
    "transient_growth",
    "along_paths",
    "paths_in_closed_form",
    "diagonal_networks",
)


@cache
def every_claim() -> tuple[Claim, ...]:
    """All claims, A1 first."""
    for module in MODULES:
        import_module(f"linmem.claims.{module}")
    return tuple(sorted(CLAIMS.values(), key=lambda claim: (claim.section, int(claim.id[1:]))))


def find_claims(which: str | None = None) -> tuple[Claim, ...]:
    """The claims of an id ("A2"), a name, or a section ("A"); all of them for None."""
    claims = every_claim()
    if which is None:
        return claims
    matching = tuple(claim for claim in claims if which in (claim.id, claim.name, claim.section))
    if not matching:
        words = [claim.name for claim in claims] + [claim.id for claim in claims]
        hint = near_miss(which, words) or f"; ids run from {claims[0].id} to {claims[-1].id}"
        raise ArgumentError(f"there is no claim {which!r}{hint}")
    return matching


def check(
    which: str | None = None, network: Any = None, *, certified: bool = False, quick: bool = False
) -> Verdict | tuple[Verdict, ...]:
    r"""The verdict on a claim of the theory, for a given network or for the networks of the claim.

    Parameters
    ----------
    which
        The id or the name of one claim, whose verdict is returned; or the letter of a section, or None for all claims,
        whose verdicts are returned as a tuple.
    network
        The network to check, with constant weights or a `TimeVaryingNetwork` of arrays. Of several claims, those are
        checked whose hypotheses it meets; one claim alone must apply to it.
    certified
        Take every measure from its proved enclosure: slower, and free of doubt about rounding.
    quick
        Leave out the claims that take more than a second or two.

    Returns
    -------
    Verdict or tuple of Verdict
        `.holds` is True, False, or None where the claim is open: an open question, or a network on which the evidence
        could not be had with the accuracy that a verdict needs.

    Raises
    ------
    ArgumentError
        An unknown claim; the message names the nearest one.
    InvalidNetworkError
        A network that lacks a hypothesis of the one claim that is checked; the message says what it lacks.

    Examples
    --------
    >>> import linmem as lm
    >>> verdict = lm.check("trace_of_spatial_memory_is_n")
    >>> verdict.holds, verdict.control_fails
    (True, True)
    >>> lm.check("B2", lm.chain(5)).holds
    Traceback (most recent call last):
    linmem.errors.InvalidNetworkError: claim B2 does not apply to chain, n = 5, gain 1: it is not normal
    """
    claims = find_claims(which)
    if network is not None:
        network = network if isinstance(network, MeasuredAlongPath) else as_network(network)
    if len(claims) == 1:
        return claims[0].ask(None if network is None else [network], certified=certified)
    selected = [claim for claim in claims if not (quick and claim.slow)]
    if network is None:
        return tuple(claim.ask(certified=certified) for claim in selected)
    answers = [answer for _, answer in verdicts_on(network, selected, certified=certified)]
    return tuple(answer for answer in answers if isinstance(answer, Verdict))


def verdicts_on(
    network: Any, claims: Iterable[Claim], *, certified: bool = False, seconds: float = np.inf
) -> Iterator[tuple[Claim, Verdict | tuple[str, ...]]]:
    """Each claim with its verdict on the network, or with what the network lacks; all of them in so many seconds.

    First every claim has an equal share of half the time. Those that need more come last: each may take a quarter of
    the time that is left, and is open after that.
    """
    claims = list(claims)
    end = process_time() + seconds
    late = []
    with remembering():
        for claim in claims:
            answer = _answer(claim, network, certified, seconds / (2 * len(claims)))
            if answer is None:
                late.append(claim)
            else:
                yield claim, answer
        for claim in late:
            share = max(end - process_time(), 0.0) / 4
            answer = _answer(claim, network, certified, share)
            yield claim, answer or claim.undecided(f"no answer after {share:.2g} seconds of the processor")


def _answer(claim: Claim, network: Any, certified: bool, limit: float) -> Verdict | tuple[str, ...] | None:
    """The verdict, or what the network lacks; None after so many seconds."""
    try:
        with time_limit(limit):
            return claim.lacks(network) or claim.ask([network], certified=certified, controls=False)
    except OutOfTime:
        return None
