"""Claims of the theory as code: a statement, its hypotheses, a check, and controls in which it must fail.

Contents
--------
Claim, claim
    A statement that can be asked of networks; the decorator that makes one of a check.
Control
    A case in which the check must fail.
Verdict
    What came of asking.
measured
    How a check takes a measure: in double precision, or enclosed where that is asked for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from linmem.certification import certify
from linmem.claims.conditions import Condition, lacking
from linmem.claims.evidence import Evidence
from linmem.errors import InvalidNetworkError, UnstableNetworkError
from linmem.network import Network

Check = Callable[..., Iterator[Evidence]]
Family = Callable[[], Iterable[Network]]

ALONG_LAGS = {"fisher_memory_curve": "values", "memory_function": "values", "transient_growth": "norms"}
CLAIMS: dict[str, Claim] = {}  # by name, in the order in which the sections are read


@dataclass(frozen=True)
class Control:
    """The check with a hypothesis dropped, or falsified: it must fail on every network of the family.

    Where there is no family, the check is asked without a network.
    """

    dropped: str
    check: Check
    family: Family | None = None


@dataclass(frozen=True)
class Verdict:
    """What a claim and its controls came to.

    Attributes
    ----------
    claim
        What was asked.
    holds
        True or False; None for an open question, whatever the evidence.
    margin
        The smallest of all evidence.
    worst
        The network that it was found on; empty where the claim is about no single network.
    evidence
        The worst of each sentence.
    control
        The largest margin in the controls, which must not hold; None where they were not asked.
    certified
        Whether measures were enclosed, and all of them.
    seconds
        For all of it.
    networks
        How many were asked.
    """

    claim: Claim
    holds: bool | None
    margin: float
    worst: str
    evidence: tuple[Evidence, ...]
    control: Evidence | None
    certified: bool
    seconds: float
    networks: int

    @property
    def control_fails(self) -> bool:
        """Whether the check failed in every control, as it must."""
        return self.control is not None and not self.control.holds

    @property
    def passed(self) -> bool:
        """Neither the claim nor its controls speak against it."""
        return self.holds is not False and (self.control is None or self.control_fails)


@dataclass(frozen=True, eq=False)
class Claim:
    """A statement about networks.

    Attributes
    ----------
    id, name
        As "A2" and "trace_of_spatial_memory_is_n".
    statement, formula, notes
        A sentence; the formula; what else there is to say: the parts of the check's docstring.
    source
        Where it is stated, with the number of the equation.
    conditions
        The hypotheses.
    family
        The networks that are asked where none are given; None where the claim is about no single network.
    check
        From a network (or from nothing) to its evidence.
    controls
        Where it must fail.
    open
        Why it is a question still; empty where it is not one.
    inequality
        Whether an adversary may look for a network that breaks it.
    slow
        Whether it takes more than a second or two.
    figures
        Those that show it.
    """

    id: str
    name: str
    statement: str
    formula: str
    notes: str
    source: str
    conditions: tuple[Condition, ...]
    family: Family | None
    check: Check
    controls: list[Control] = field(default_factory=list)
    open: str = ""
    inequality: bool = False
    slow: bool = False
    figures: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        return self.id[0]

    def lacks(self, network: Network) -> tuple[str, ...]:
        """Which hypotheses a network does not meet, in words."""
        if self.family is None:
            return ("not about one network",)
        return lacking(network, self.conditions)

    def without(self, hypothesis: str, family: Family) -> None:
        """A control: the same check of networks without a hypothesis."""
        self.controls.append(Control(f"without {hypothesis}", self.check, family))

    def control(self, falsified: str, family: Family | None = None) -> Callable[[Check], Check]:
        """A control: the decorated check, which falsifies the statement; of the same networks where none are given."""

        def register(check: Check) -> Check:
            self.controls.append(Control(falsified, check, family or self.family))
            return check

        return register

    def ask(self, networks: Iterable[Network] | None = None, *, certified=False, controls=True) -> Verdict:
        """The verdict on networks that meet the conditions, or on the claim's own family."""
        start, given = perf_counter(), list[Any]()
        if networks is None:
            given = [None] if self.family is None else list(self.family())
        else:
            given = list(networks)
            for network in given:
                self._require(network)
        with enclosing(certified) as (doubts, enclosed):
            found = [(item, network) for network in given for item in _evidence(self.check, network)]
        worst, where = min(found, key=lambda pair: _order(pair[0]))
        sentences: dict[str, Evidence] = {}
        for item, _ in found:
            if item.sentence not in sentences or _order(item) < _order(sentences[item.sentence]):
                sentences[item.sentence] = item
        holds = all(item.holds for item, _ in found)
        return Verdict(
            claim=self,
            holds=None if self.open and holds else holds,
            margin=worst.margin,
            worst="" if where is None else where.name or f"a network of {where.size} units",
            evidence=tuple(sentences.values()),
            control=self._control() if controls else None,
            certified=bool(enclosed) and not doubts,
            seconds=perf_counter() - start,
            networks=0 if given == [None] else len(given),
        )

    def _require(self, network: Network) -> None:
        if lacks := self.lacks(network):
            raise InvalidNetworkError(
                f"claim {self.id} does not apply to {network.name or 'the network'}: it is {', '.join(lacks)}"
            )

    def _control(self) -> Evidence:
        """The evidence of the control that comes nearest to holding."""
        nearest = []
        for control in self.controls:
            for network in [None] if control.family is None else control.family():
                try:
                    nearest.append(min(_evidence(control.check, network), key=_order))
                except UnstableNetworkError as error:
                    nearest.append(Evidence(f"{control.dropped}: refused", error.radius, 1.0, -np.inf))
        return max(nearest, key=lambda item: item.margin + item.slack)


def claim(
    id: str,
    *,
    source: str,
    family: Family | None = None,
    conditions: tuple[Condition, ...] = (),
    **more: Any,
) -> Callable[[Check], Claim]:
    """Make a claim of a check, named after it; its docstring holds statement, formula and notes, as paragraphs."""

    def register(check: Check) -> Claim:
        paragraphs = inspect.cleandoc(check.__doc__ or "").split("\n\n")
        statement, formula, *notes = (" ".join(one.split()) for one in [*paragraphs, ""])
        made = Claim(
            id, check.__name__, statement, formula, "\n\n".join(filter(None, notes)), source, tuple(conditions), family,
            check, **more,
        )  # fmt: skip
        CLAIMS[made.name] = made
        return made

    return register


_enclosed: ContextVar[tuple[list, list] | None] = ContextVar("enclosed", default=None)


@contextmanager
def enclosing(wanted: bool) -> Iterator[tuple[list, list]]:
    """Within it, measures are enclosed where that is wanted; it gives those that could not be, and those that were."""
    found: tuple[list, list] = [], []
    token = _enclosed.set(found if wanted else None)
    try:
        yield found
    finally:
        _enclosed.reset(token)


def measured(measure: Callable, network: Any, *arguments, **keywords):
    """measure(network, ...), or the middle of its enclosure, of relative width 1e-12, where enclosures are wanted.

    Of a curve, a memory function or a growth it is the numbers along the lags.
    """
    log = _enclosed.get()
    if log is not None:
        try:
            value = _middle(measure, network, arguments, keywords)
            log[1].append(measure.__name__)
            return value
        except InvalidNetworkError:
            log[0].append(measure.__name__)
    found = measure(network, *arguments, **keywords)
    return getattr(found, ALONG_LAGS[measure.__name__]) if measure.__name__ in ALONG_LAGS else found


def _middle(measure, network, arguments, keywords):
    if measure.__name__ in ALONG_LAGS:
        return certify(measure(network, *arguments, **keywords)).value
    named = dict(zip(list(inspect.signature(measure).parameters)[1:], arguments, strict=False))
    return certify(measure, network, **named, **keywords).value


def _evidence(check: Check, network: Network | None) -> list[Evidence]:
    return list(check() if network is None else check(network))


def _order(item: Evidence) -> float:
    """The smallest first; a nan before all."""
    distance = item.margin + item.slack
    return -np.inf if np.isnan(distance) else distance
