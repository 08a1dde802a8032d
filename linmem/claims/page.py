"""The page of claims: each with its formula, source, hypotheses, check, control, proof and figure, in Markdown.

Contents
--------
written
    The page, with every claim checked and every proof carried out anew.
overview
    A table of the sections: how many claims there are, hold, are open, are proved.
page
    All claims, written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linmem.claims.checking import SECTIONS, every_claim
from linmem.claims.claim import Claim, Verdict
from linmem.symbolic.proofs import Proof, proofs, prove

INTRODUCTION = """# Claims

Statements of the theory of memory in linear recurrent networks, from Ganguli, Huh & Sompolinsky (2008; GHS), Orhan &
Pitkow (2020; OP) and others. Each has the hypotheses on the network, a check, and controls: the same check with a
hypothesis dropped, or with the statement falsified, which must fail. This page is written by `linmem check --page`.

`linmem check A2` checks one claim, `linmem check --network weights.npz` checks all claims that apply to a network of
your own, `linmem check --attack` searches for networks that break an inequality.
"""
TABLE_HEAD = [
    "| | claims | hold | open | control fails | proved symbolically |",
    "|---|---|---|---|---|---|",
]
SENTENCES = {True: "It holds.", False: "It fails.", None: "It is open."}


def written() -> str:
    """The page, with every claim checked and every proof carried out anew: half a minute."""
    verdicts = [claim.ask() for claim in every_claim()]
    return page(verdicts, {name: prove(name) for name in proofs()})


def overview(verdicts: Iterable[Verdict], proved: Mapping[str, Proof]) -> str:
    """A table in Markdown, with a line for each section and one for all of them."""
    verdicts = list(verdicts)
    lines = list(TABLE_HEAD)
    for letter, title in SECTIONS.items():
        lines.append(_table_line(f"{letter}. {title}", _of_section(verdicts, letter), proved))
    lines.append(_table_line("all", verdicts, proved))
    return "\n".join(lines)


def _of_section(verdicts: list[Verdict], letter: str) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.claim.section == letter]


def _table_line(title: str, verdicts: list[Verdict], proved: Mapping[str, Proof]) -> str:
    counts = (
        len(verdicts),
        sum(verdict.holds is True for verdict in verdicts),
        sum(verdict.holds is None for verdict in verdicts),
        sum(verdict.control_fails for verdict in verdicts),
        sum(_is_proved(verdict.claim, proved) for verdict in verdicts),
    )
    return f"| {title} | {' | '.join(map(str, counts))} |"


def _is_proved(claim: Claim, proved: Mapping[str, Proof]) -> bool:
    proof = proved.get(claim.name)
    return proof is not None and proof.proved


def page(verdicts: Iterable[Verdict], proved: Mapping[str, Proof]) -> str:
    """The whole page in Markdown."""
    verdicts = list(verdicts)
    parts = [INTRODUCTION, overview(verdicts, proved)]
    for letter, title in SECTIONS.items():
        parts.append(f"\n## {letter}. {title}")
        for verdict in _of_section(verdicts, letter):
            parts.append(entry(verdict, proved.get(verdict.claim.name)))
    return "\n".join(parts) + "\n"


def entry(verdict: Verdict, proof: Proof | None = None) -> str:
    """One claim in Markdown: statement, formula, notes, and a list of what speaks for it."""
    claim = verdict.claim
    lines = [f"\n### {claim.id}. {claim.name}\n", f"{claim.statement}\n", f"    {claim.formula}\n"]
    if claim.notes:
        lines.append(f"{claim.notes}\n")
    lines.append(f"- *Source*: {_sentence(claim.source)}")
    if claim.conditions:
        lines.append(f"- *Hypotheses*: {', '.join(map(str, claim.conditions))}.")
    lines.append(_check_line(verdict))
    controls = "; ".join(control.dropped for control in claim.controls)
    lines.append(f"- *Controls*, which fail: {controls}.")
    if claim.open:
        lines.append(f"- *Open*: {_sentence(claim.open)}")
    if proof is not None:
        lines.append(_proof_line(proof))
    if claim.figures:
        links = ", ".join(f"[{stem}](../figures/{stem}.png)" for stem in claim.figures)
        lines.append(f"- *Figure*: {links}.")
    return "\n".join(lines)


def _check_line(verdict: Verdict) -> str:
    count = f", on {verdict.networks} networks" if verdict.networks else ""
    sentences = "; ".join(evidence.sentence for evidence in verdict.evidence)
    return f"- *Check*{count}: {sentences}. {SENTENCES[verdict.holds]}"


def _proof_line(proof: Proof) -> str:
    state = "proved" if proof.proved else "not proved"
    return f"- *Proof*: `prove({proof.name!r})`, {len(proof.steps)} steps: {state}, for {proof.scope}."


def _sentence(text: str) -> str:
    """The text with one full stop at its end."""
    return f"{text.rstrip('.')}."
