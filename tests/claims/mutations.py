"""Mutations: every sentence of every claim with a wrong constant, and every measure a thousandth too large.

`python -m tests.claims.mutations` writes docs/mutations.md. What it finds it keeps in a file beside temporary ones, so
that it goes on where it was stopped; a change of the package begins anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from functools import cache, wraps
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import linmem as lm
from linmem.claims import evidence as made
from linmem.claims.checking import MODULES, every_claim
from linmem.claims.claim import Claim
from linmem.claims.evidence import Evidence
from linmem.measured import Measured, MeasuredArray, measured_array

PAGE = Path(__file__).parents[2] / "docs" / "mutations.md"
SIZES = (*(10.0**-k for k in range(5, 0, -1)), 0.2, 0.5, 0.9)  # of a mutation, relative
OF_A_MEASURE = 1e-3
NOTICED = 1e-3  # a mutation of this size is noticed, unless the sentence is among those below
MODULES_OF_CLAIMS = tuple(import_module(f"linmem.claims.{name}") for name in MODULES)


SAMPLED = "a sample, within 4.5 standard errors"
IN_WORDS = "its constant only puts a word into a number"
NEXT = "the sentence after it has the value that attains it"
LIMIT = "a limit, at finite size"
COARSE = "the measure is computed to this accuracy"
LOOSE = {
    ("A4", "the variance follows from the spatial matrix"): SAMPLED,
    ("A12", "each halving leaves a sixteenth"): LIMIT,
    ("A12", "the remainder is of fourth order"): IN_WORDS,
    ("B3", "the spatial matrix of another network is not"): IN_WORDS,
    ("B5", "it is not the identity"): IN_WORDS,
    ("B8", "the exponent"): LIMIT,
    ("B9", "one draw of 160 units"): LIMIT,
    ("B13", "it is at most the squared radius"): NEXT,
    ("C3", "they fall from source to sink"): IN_WORDS,
    ("C7", "the total as a share of N falls"): IN_WORDS,
    ("D2", "a longer chain remembers more"): IN_WORDS,
    ("D2", "a still longer one adds about as much"): IN_WORDS,
    ("D2", "the total is bounded at every length"): "not sharp",
    ("D4", "it is a share of the total"): IN_WORDS,
    ("D5", "the textbook is wrong by one percent"): IN_WORDS,
    ("E2", "the capacity is at most the rank"): "attained without noise",
    ("E2", "the capacity is at most the total"): "attained by weak signals",
    ("E5", "the mean is N / (T - 1)"): SAMPLED,
    ("E5", "the adjusted memory is not too large"): SAMPLED,
    ("E5", "the memory on held-out data is not too large"): SAMPLED,
    ("E5", "the naive capacity exceeds the number of units"): IN_WORDS,
    ("E9", "nothing else is processed"): SAMPLED,
    ("E9", "the sum is at most the number of units"): SAMPLED,
    ("F4", "a halving leaves an eighth"): LIMIT,
    ("F6", "for weight 1/2 the total saturates at 1.067"): "stated to four digits",
    ("F6", "the totals for weight 2"): "stated to four digits",
    ("F6", "for weight 2 the growth does not slow down"): IN_WORDS,
    ("F9", "LegT is dissipative"): "a sign, up to rounding",
    ("F9", "the largest total"): "stated to three digits",
    ("G8", "the largest growth is at most e N K"): "not sharp",
    ("G10", "one epsilon attains it"): COARSE,
    ("G12", "the Kreiss constants agree"): COARSE,
    ("G12", "the total memory differs by a fifth"): IN_WORDS,
}
UNNOTICED = {  # measures, and why no claim notices
    "eigenvector_condition": "it only decides which evidence is asked for",
}


# --- sentences with a wrong constant ---


@contextmanager
def evidence_seen_by(see: Callable[..., None]) -> Iterator[None]:
    """Inside the block, `see(kind, sentence, measured, expected, keywords)` is called for all evidence that is made."""
    before = []
    for kind in ("equal", "at_most", "at_least"):
        make = getattr(made, kind)

        def seen(
            sentence: str, measured: Any, expected: Any, make: Any = make, kind: str = kind, **keywords: Any
        ) -> Any:
            see(kind, sentence, measured, expected, keywords)
            return make(sentence, measured, expected, **keywords)

        for module in MODULES_OF_CLAIMS:
            if getattr(module, kind, None) is make:
                before.append((module, kind, make))
                setattr(module, kind, seen)
    try:
        yield
    finally:
        for module, kind, make in before:
            setattr(module, kind, make)


def mutated(kind: str, sentence: str, measured: Any, expected: Any, size: float, **keywords: Any) -> Evidence:
    """The evidence for an identity whose constant is too large, or for a bound that is too tight, by a share `size`.

    A bound of 0 has no constant: it is taken the other way round.
    """
    expected = np.asarray(expected)
    if kind == "equal":
        other = expected * (1 + size) if expected.any() else expected + size * np.asarray(keywords.get("scale") or 1.0)
        return made.equal(sentence, measured, other, **keywords)
    opposite = {"at_most": made.at_least, "at_least": made.at_most}[kind]
    if not expected.any():
        return opposite(sentence, np.asarray(measured) - np.finfo(float).tiny, expected, **keywords)
    tighter = expected + (-1 if kind == "at_most" else 1) * size * np.abs(expected)
    return getattr(made, kind)(sentence, measured, tighter, **keywords)


def sentences(claim: Claim) -> dict[str, list[Any]]:
    """Kind and smallest mutation that is noticed, for every sentence of a claim: 0 for a sign, None where none is."""
    found: dict[str, list[Any]] = {}

    def see(kind: str, sentence: str, measured: Any, expected: Any, keywords: dict[str, Any]) -> None:
        sizes = SIZES if kind == "equal" or np.any(expected) else (0.0,)
        _, smallest = found.setdefault(sentence, [kind, None])
        for size in sizes:
            if smallest is not None and size >= smallest:
                break
            if mutated(kind, sentence, measured, expected, size, **keywords).holds is not True:
                found[sentence][1] = size
                break

    with evidence_seen_by(see):
        claim.ask(controls=False)
    return found


# --- measures that are wrong ---

MEASURES = (
    "fisher_memory_curve", "total_fisher_memory", "spatial_fisher_memory", "fisher_memory_matrix", "optimal_input",
    "nuisance_information", "noise_covariance", "memory_function", "memory_capacity", "mutual_information",
    "transient_amplification", "transient_growth", "henrici_departure", "commutator_norm", "schur_form",
    "eigenvector_condition", "numerical_radius", "numerical_abscissa", "pseudospectral_radius", "kreiss_constant",
    "fit_decoder",
)  # fmt: skip
FIELDS = {"values", "norms", "value", "lower", "upper", "T", "adjusted", "r2"}  # of a result: its numbers


def too_large(value: Any) -> Any:
    """The result with its numbers a thousandth too large; their errors stay."""
    factor = 1 + OF_A_MEASURE
    if isinstance(value, Measured):
        return Measured(value * factor, value.error, value.method, value.point)
    if isinstance(value, MeasuredArray):
        return measured_array(value * factor, value.error, value.method)
    if isinstance(value, (float, np.ndarray)):
        return value * factor
    if isinstance(value, tuple):
        return type(value)(*map(too_large, value))
    wrong = {part.name: too_large(getattr(value, part.name)) for part in fields(value) if part.name in FIELDS}
    return replace(value, **wrong)


@contextmanager
def taken_through(change: Callable[[Any], Any], measure: str) -> Iterator[list[int]]:
    """Inside the block, claims take the measure through `change`; it gives a list that grows with every call."""
    right, calls = getattr(lm, measure), []

    @wraps(right)
    def changed(*arguments: Any, **keywords: Any) -> Any:
        calls.append(1)
        return change(right(*arguments, **keywords))

    setattr(lm, measure, changed)
    try:
        yield calls
    finally:
        setattr(lm, measure, right)


def measures_of(claim: Claim) -> list[str]:
    """The measures that the check of a claim takes."""
    with ExitStack() as stack:
        calls = {measure: stack.enter_context(taken_through(lambda value: value, measure)) for measure in MEASURES}
        claim.ask(controls=False)
    return [measure for measure in MEASURES if calls[measure]]


def notices(claim: Claim, measure: str) -> bool:
    """Whether the claim does not hold where the measure is wrong; an open question fails."""
    with taken_through(too_large, measure):
        holds = claim.ask(controls=False).holds
    return holds is False if claim.open else holds is not True


# --- the page ---


@cache
def digest() -> str:
    """A word that changes with every file of the package."""
    files = sorted(Path(lm.__file__).parent.rglob("*.py"))
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


class Findings:
    """What was found, in a file that grows with every answer."""

    def __init__(self, path: Path):
        self.path = path
        self.known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, key: str, compute: Callable[[], Any]) -> Any:
        if key not in self.known:
            self.known[key] = compute()
            self.path.write_text(json.dumps(self.known))
            print(key, flush=True)
        return self.known[key]


INTRODUCTION = """# Mutations of the claims

A check that also accepts a wrong statement shows nothing. Here every sentence of every [claim](claims.md) is made
wrong, and every measure that claims take is made a thousandth too large. This page is written by
`python -m tests.claims.mutations`.

## Wrong constants

In an identity the expected value is too large by a share; a bound is too tight by a share; a bound of 0 is taken the
other way round ("sign"). The last column is the smallest share, of 1e-5, 1e-4, ..., .1, .2, .5, .9, that is noticed on
the networks of the claim. Where it is above 1e-3, the reason stands beside it.

| claim | sentence | | noticed from |
|---|---|---|---|
"""
MEASURES_HEAD = """
## Wrong measures

Every measure that claims take, a thousandth too large.

| measure | noticed by | not noticed by |
|---|---|---|
"""
SIGNS = {"equal": "=", "at_most": "≤", "at_least": "≥"}


def page(found: Findings) -> str:
    """The page, from what is found or computed now."""
    lines = []
    for claim in every_claim():
        for sentence, (kind, size) in found.get(claim.id, lambda claim=claim: sentences(claim)).items():
            reason = LOOSE.get((claim.id, sentence), "")
            share = "sign" if size == 0 else "never" if size is None else f"{size:.0e}" if size < 0.1 else f"{size:g}"
            lines.append(f"| {claim.id} | {sentence} | {SIGNS[kind]} | {share}{': ' if reason else ''}{reason} |")
    taken = {one.id: found.get(f"of {one.id}", lambda one=one: measures_of(one)) for one in every_claim()}
    rows = []
    for measure in MEASURES:
        noticing, silent = [], []
        for claim in every_claim():
            if measure in taken[claim.id]:
                noticed = found.get(f"{measure} {claim.id}", lambda claim=claim, name=measure: notices(claim, name))
                (noticing if noticed else silent).append(claim.id)
        rows.append(
            f"| `{measure}` | {', '.join(noticing) or UNNOTICED.get(measure, 'nothing')} | {', '.join(silent)} |"
        )
    return INTRODUCTION + "\n".join(lines) + "\n" + MEASURES_HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    where = (
        Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()) / f"linmem-mutations-{digest()}.json"
    )
    PAGE.write_text(page(Findings(where)))
