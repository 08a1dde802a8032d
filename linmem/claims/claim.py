"""Claims of the theory as code: a statement, its hypotheses, a check, and controls in which the check must fail.

Contents
--------
Claim, claim
    A statement that can be checked on networks; the decorator that turns a check into one.
Control
    A case in which the check must fail.
Verdict
    The result of a check.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np

from linmem.claims.conditions import Condition, lacking
from linmem.claims.evidence import Evidence, Findings, unanswered
from linmem.claims.measures import enclosing
from linmem.errors import InvalidNetworkError, UnstableNetworkError
from linmem.network import Network
from linmem.reasons import Reason, value_or_reason

Check = Callable[..., Findings]
Family = Callable[[], Iterable[Any]]  # of networks: with constant weights, or of steps

NEIGHBOURS = (1 - 2.0**-50, 1 + 2.0**-50)  # of the weights: a chain stays a chain, a normal network normal
CLAIMS: dict[str, Claim] = {}  # by name, in the order in which the sections are read


@dataclass(frozen=True)
class Control:
    """The check with a hypothesis dropped, or with the statement falsified: it must fail on the whole family.

    Without a family, the check is called without a network.
    """

    dropped: str
    check: Check
    family: Family | None = None


@dataclass(frozen=True)
class Verdict:
    """The result of checking a claim and its controls.

    Attributes
    ----------
    claim
        The claim that was checked.
    holds
        True or False; None (open) where the claim is an open question, or where some evidence could not be had with the
        accuracy that a verdict needs, and nothing speaks against the claim.
    margin
        The smallest margin of all evidence that has one; nan where there is none.
    worst
        The network with the worst evidence; empty where the claim is not about one network.
    evidence
        The worst evidence for each sentence.
    control
        The evidence of the control that came nearest to holding, which it must not; None where none were checked.
    certified
        Whether measures were enclosed, and all of them.
    seconds
        The time that all of it took.
    networks
        How many networks were checked.
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
        return self.control is not None and self.control.holds is False

    @property
    def passed(self) -> bool:
        """Whether neither the claim nor its controls speak against it."""
        return self.holds is not False and (self.control is None or self.control_fails)


@dataclass(frozen=True, eq=False)
class Claim:
    """A statement about networks.

    Attributes
    ----------
    id, name
        As "A2" and "trace_of_spatial_memory_is_n".
    statement, formula, notes
        A sentence; the formula; remarks: the parts of the docstring of the check.
    source
        Where it is stated, with the number of the equation.
    conditions
        The hypotheses.
    family
        The networks that are checked where none are given; None where the claim is not about one network.
    check
        A function of a network (or of nothing) that yields evidence.
    controls
        The cases in which the check must fail.
    open
        Why it is an open question; empty where it is not one.
    inequality
        Whether an adversary may look for a network that breaks it.
    slow
        Whether it takes more than a second or two.
    figures
        The figures that show it.
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
        """The hypotheses that a network does not meet, in words."""
        if self.family is None:
            return ("not about one network",)
        return lacking(network, self.conditions)

    def without(self, hypothesis: str, family: Family) -> None:
        """Register a control: the same check on networks that lack a hypothesis."""
        self.controls.append(Control(f"without {hypothesis}", self.check, family))

    def control(self, falsified: str, family: Family | None = None) -> Callable[[Check], Check]:
        """Register the decorated check, of a falsified statement, as a control; of the same networks by default."""

        def register(check: Check) -> Check:
            self.controls.append(Control(falsified, check, family or self.family))
            return check

        return register

    def ask(
        self, networks: Iterable[Network] | None = None, *, certified: bool = False, controls: bool = True
    ) -> Verdict:
        """The verdict on networks that meet the conditions, or on the claim's own family.

        A network on which the claim seems to fail is asked again with its weights changed by a few units in the last
        place: what this moves is within rounding, and open.
        """
        start = perf_counter()
        chosen = self._networks(networks)
        with enclosing(certified) as log:
            pairs = [(evidence, network) for network in chosen for evidence in self._evidence(network)]
        _, where = min(pairs, key=lambda pair: pair[0].rank)
        verdicts = {evidence.holds for evidence, _ in pairs}
        margins = [evidence.margin for evidence, _ in pairs if not evidence.reason]
        return Verdict(
            claim=self,
            holds=self._summary(verdicts),
            margin=_smallest(margins),
            worst="" if where is None else where.name or f"a network of {where.size} units",
            evidence=_worst_of_each_sentence([evidence for evidence, _ in pairs]),
            control=self._nearest_control() if controls else None,
            certified=log.complete,
            seconds=perf_counter() - start,
            networks=0 if chosen == [None] else len(chosen),
        )

    def _networks(self, networks: Iterable[Network] | None) -> list[Any]:
        """The networks to check; [None] stands for a claim that is not about one network."""
        if networks is None:
            return [None] if self.family is None else list(self.family())
        chosen = list(networks)
        for network in chosen:
            if lacks := self.lacks(network):
                name = network.name or "the network"
                raise InvalidNetworkError(f"claim {self.id} does not apply to {name}: it is {', '.join(lacks)}")
        return chosen

    def undecided(self, reason: str) -> Verdict:
        """The open verdict on one network for which there is no evidence, with the reason."""
        evidence = (unanswered("there is an answer", reason),)
        return Verdict(self, None, np.nan, "", evidence, None, certified=False, seconds=0.0, networks=1)

    def _evidence(self, network: Network | None) -> list[Evidence]:
        """All evidence of the check; where a measure has no answer that can be trusted, the last one is open."""
        collected: list[Evidence] = []
        self._collect(network, collected)
        if network is not None and any(evidence.holds is False for evidence in collected):
            collected = self._with_doubt_of_rounding(network, collected)
        return collected or [unanswered("nothing is compared", "the check yields no evidence for this network")]

    def _collect(self, network: Network | None, collected: list[Evidence]) -> None:
        """Append the evidence of the check, and the reason where it ends with an error."""
        reason = value_or_reason(lambda: collected.extend(evidence_of(self.check, network)))
        if isinstance(reason, Reason):
            collected.append(unanswered("a measure has no answer", reason))

    def _with_doubt_of_rounding(self, network: Network, collected: list[Evidence]) -> list[Evidence]:
        """The evidence that fails, with a doubt of ten times its change for networks within rounding."""
        doubts = np.zeros(len(collected))
        for factor in NEIGHBOURS:
            again: list[Evidence] = []
            self._collect(_scaled(network, factor), again)
            if [item.sentence for item in again] != [item.sentence for item in collected]:
                doubts[:] = np.inf
                break
            changes = [item.change(other) for item, other in zip(collected, again, strict=True)]
            doubts = np.maximum(doubts, 10 * np.array(changes))
        return [
            replace(item, doubt=item.doubt + doubt) if item.holds is False else item
            for item, doubt in zip(collected, doubts.tolist(), strict=True)
        ]

    def _summary(self, verdicts: set[bool | None]) -> bool | None:
        if False in verdicts:
            return False
        return None if self.open or None in verdicts else True

    def _nearest_control(self) -> Evidence:
        """The evidence of the control that comes nearest to holding."""
        weakest = []
        for control in self.controls:
            for network in [None] if control.family is None else control.family():
                try:
                    weakest.append(min(evidence_of(control.check, network), key=lambda evidence: evidence.rank))
                except UnstableNetworkError as error:
                    weakest.append(Evidence(f"{control.dropped}: refused", error.radius, 1.0, -np.inf))
        return max(weakest, key=lambda evidence: evidence.rank)


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
        statement, formula, *notes = (" ".join(paragraph.split()) for paragraph in [*paragraphs, ""])
        registered = Claim(
            id=id,
            name=check.__name__,
            statement=statement,
            formula=formula,
            notes="\n\n".join(filter(None, notes)),
            source=source,
            conditions=tuple(conditions),
            family=family,
            check=check,
            **more,
        )
        CLAIMS[registered.name] = registered
        return registered

    return register


def evidence_of(check: Check, network: Network | None) -> Findings:
    """The evidence that a check yields of a network, or of nothing."""
    return check() if network is None else check(network)


def _scaled(network: Any, factor: float) -> Network:
    """The network with all weights of W, or A, times the factor."""
    return replace(network, **{network.MATRIX: getattr(network, network.MATRIX) * factor})


def _worst_of_each_sentence(evidence: list[Evidence]) -> tuple[Evidence, ...]:
    worst: dict[str, Evidence] = {}
    for item in evidence:
        if item.sentence not in worst or item.rank < worst[item.sentence].rank:
            worst[item.sentence] = item
    return tuple(worst.values())


def _smallest(margins: list[float]) -> float:
    """The smallest margin; nan where there is none, or one is nan."""
    return float(np.min(margins)) if margins else np.nan
