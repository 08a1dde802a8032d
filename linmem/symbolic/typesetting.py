r"""Typesetting of proofs: as plain text, and as LaTeX that compiles with amsmath.

Contents
--------
in_text
    A formula on one line.
formula
    A formula in LaTeX.
in_latex
    A proof as a paragraph and a list of steps.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

SIGNS = {sp.Eq: "=", sp.GreaterThan: ">=", sp.StrictGreaterThan: ">"}
SPECIAL = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{sign: f"${sign}$" for sign in "<>|"},
}


def in_text(expression: sp.Basic) -> str:
    """left = right, or left > 0."""
    sign = next((text for kind, text in SIGNS.items() if isinstance(expression, kind)), None)
    return f"{expression.lhs} {sign} {expression.rhs}" if sign else str(expression)


def formula(expression: sp.Basic) -> str:
    """LaTeX, adjoints with a star."""
    primed = {symbol: f"{sp.latex(sp.Symbol(symbol.name[:-1]))}^{{*}}" for symbol in _symbols(expression)}
    return sp.latex(expression, symbol_names=primed)


def _symbols(expression):
    return [symbol for symbol in expression.atoms(sp.Symbol) if symbol.name.endswith("'")]


def in_latex(proof: Any) -> str:
    """The statement, the steps, and the verdict."""
    lines = [rf"\paragraph{{{escaped(proof.name)} ({proof.claim}; {escaped(proof.scope)})}} {escaped(proof.statement)}"]
    lines.append(r"\begin{enumerate}")
    for step in proof.steps:
        lines.append(rf"\item {escaped(step.sentence)} \[ {formula(step.expression)} \]")
        if not step.holds:
            lines.append(rf"Residual: \[ {formula(step.residual)} \]")
    lines.append(r"\end{enumerate}")
    if proof.note:
        lines.append(rf"Note: {escaped(proof.note)}")
    lines.append(r"$\square$" if proof.proved else "Not proved.")
    return "\n".join(lines)


def escaped(sentence: str) -> str:
    """A sentence whose characters mean themselves."""
    return "".join(SPECIAL.get(character, character) for character in sentence)
