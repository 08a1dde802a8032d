"""The page of claims: each with its formula, source, hypotheses, check, control, proof and figure, in Markdown.

Contents
--------
written
    The page, everything asked and proved anew.
overview
    A table of the sections: how many claims there are, hold, are open, are proved.
page
    All of them, written out.
"""

from __future__ import annotations

from collections.abc import Iterable

from linmem.claims.checking import SECTIONS, every_claim
from linmem.claims.claim import Claim, Verdict
from linmem.symbolic.proofs import Proof, proofs, prove

INTRODUCTION = """# Claims

Statements of the theory of memory in linear recurrent networks, from Ganguli, Huh & Sompolinsky (2008; GHS), Orhan &
Pitkow (2020; OP) and others, each with what it asks of a network, a check, and a control: the same check with a
hypothesis dropped, or the statement falsified, which must fail. This page is written by `linmem check --page`.

`linmem check A2` asks one, `linmem check --network weights.npz` asks all that apply of a network of one's own, `linmem
check --attack` searches for networks that break an inequality.
"""


def written() -> str:
    """The page, everything asked and proved anew: half a minute."""
    return page([one.ask() for one in every_claim()], {name: prove(name) for name in proofs()})


def overview(verdicts: Iterable[Verdict], proved: dict[str, Proof]) -> str:
    """A table in Markdown, a line for each section."""
    found = list(verdicts)
    lines = ["| | claims | hold | open | control fails | proved symbolically |", "|---|---|---|---|---|---|"]
    for letter, (_, title) in SECTIONS.items():
        lines.append(_line(f"{letter}. {title}", [one for one in found if one.claim.section == letter], proved))
    lines.append(_line("all", found, proved))
    return "\n".join(lines)


def _line(title: str, verdicts: list[Verdict], proved: dict[str, Proof]) -> str:
    hold = sum(one.holds is True for one in verdicts)
    still_open = sum(one.holds is None for one in verdicts)
    controls = sum(one.control_fails for one in verdicts)
    derived = sum(_proved(one.claim, proved) for one in verdicts)
    return f"| {title} | {len(verdicts)} | {hold} | {still_open} | {controls} | {derived} |"


def _proved(claim: Claim, proved: dict[str, Proof]) -> bool:
    return claim.name in proved and proved[claim.name].proved


def page(verdicts: Iterable[Verdict], proved: dict[str, Proof]) -> str:
    """The whole page."""
    found = list(verdicts)
    parts = [INTRODUCTION, overview(found, proved)]
    for letter, (_, title) in SECTIONS.items():
        parts.append(f"\n## {letter}. {title}")
        parts += [_entry(one, proved) for one in found if one.claim.section == letter]
    return "\n".join(parts) + "\n"


def _entry(verdict: Verdict, proved: dict[str, Proof]) -> str:
    claim = verdict.claim
    status = {True: "holds", False: "fails", None: "open"}[verdict.holds]
    lines = [f"\n### {claim.id}. {claim.name}\n", f"{claim.statement}\n", f"    {claim.formula}\n"]
    if claim.notes:
        lines.append(f"{claim.notes}\n")
    asked = f"of {verdict.networks} networks" if verdict.networks else "of no single network"
    lines.append(f"- *Source*: {claim.source}.")
    if claim.conditions:
        lines.append(f"- *Of a network that is, or has*: {', '.join(map(str, claim.conditions))}.")
    lines.append(f"- *Check*, {asked}: " + "; ".join(item.sentence for item in verdict.evidence) + f". It {status}.")
    lines.append("- *Controls*, which fail: " + "; ".join(one.dropped for one in claim.controls) + ".")
    if claim.open:
        lines.append(f"- *Open*: {claim.open}.")
    if claim.name in proved:
        lines.append(_proof(proved[claim.name]))
    if claim.figures:
        shown = ", ".join(f"[{stem}](../figures/{stem}.png)" for stem in claim.figures)
        lines.append(f"- *Figure*: {shown}.")
    return "\n".join(lines)


def _proof(found: Proof) -> str:
    state = "proved" if found.proved else "not proved"
    return f"- *Proof*: `prove({found.name!r})`, {len(found.steps)} steps: {state}, for {found.scope}."
