"""Checking: all claims in order, asked by name, by section, or all of them.

Contents
--------
SECTIONS
    The letters, and what each is about.
every_claim
    All claims, in order.
find_claims
    Those that a word means.
check
    Their verdicts.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any

from linmem.claims.claim import CLAIMS, Claim, Verdict
from linmem.errors import InvalidNetworkError
from linmem.network import as_network

SECTIONS = {
    "A": ("fisher_memory", "Fisher memory of every stable network"),
    "B": ("normal_networks", "Normal networks"),
    "C": ("chains", "Chains, and how much transient amplification can hold"),
    "D": ("feedback_chains", "Chains with feedback"),
    "E": ("decoding", "Decoders, memory functions, capacity"),
    "F": ("continuous_time", "Continuous time"),
    "G": ("nonnormality", "Non-normality and transient growth"),
}


@cache
def every_claim() -> tuple[Claim, ...]:
    """All claims, A1 first."""
    for module, _ in SECTIONS.values():
        import_module(f"linmem.claims.{module}")
    return tuple(sorted(CLAIMS.values(), key=lambda one: (one.section, int(one.id[1:]))))


def find_claims(which: str | None = None) -> tuple[Claim, ...]:
    """The claims of an id ("A2"), a name, a section ("A"); all where None."""
    claims = every_claim()
    if which is None:
        return claims
    found = tuple(one for one in claims if which in (one.id, one.name, one.section))
    if not found:
        words = [one.name for one in claims] + [one.id for one in claims]
        nearest = get_close_matches(str(which), words, n=1, cutoff=0.5)
        hint = f"did you mean {nearest[0]!r}?" if nearest else f"ids run from {claims[0].id} to {claims[-1].id}"
        raise InvalidNetworkError(f"there is no claim {which!r}; {hint}")
    return found


def check(
    which: str | None = None, network: Any = None, *, certified: bool = False, quick: bool = False
) -> Verdict | tuple[Verdict, ...]:
    r"""Ask a claim of the theory of a network, or of the families that are its own.

    Parameters
    ----------
    which
        The id or the name of one claim, whose verdict is returned; or the letter of a section, or None for all, whose
        verdicts are returned as a tuple.
    network
        To ask it of. Of several claims those are asked whose hypotheses it meets; one alone must apply.
    certified
        Take every measure from its enclosure: slower, and beyond doubt about rounding.
    quick
        Leave out the claims that take more than a second or two.

    Raises
    ------
    InvalidNetworkError
        An unknown claim; a network that lacks a hypothesis of the one that is asked, with what it lacks.

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
        network = as_network(network)
    if len(claims) == 1:
        return claims[0].ask(None if network is None else [network], certified=certified)
    asked = [one for one in claims if not (quick and one.slow)]
    if network is None:
        return tuple(one.ask(certified=certified) for one in asked)
    return tuple(one.ask([network], certified=certified, controls=False) for one in asked if not one.lacks(network))
