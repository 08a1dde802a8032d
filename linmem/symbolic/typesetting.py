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
from sympy.printing.str import StrPrinter

SIGNS = {sp.Eq: "=", sp.GreaterThan: ">=", sp.StrictGreaterThan: ">"}
SPECIAL = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{sign: f"${sign}$" for sign in "<>|"},
}


class _OnOneLine(StrPrinter):
    """Formulas as people write them on one line: powers as a^2, diagonal matrices as diag(1, 2), others by rows."""

    def _print_MatrixBase(self, matrix: sp.MatrixBase) -> str:
        if matrix.rows == matrix.cols > 1 and matrix.is_diagonal():
            return f"diag({', '.join(self._print(entry) for entry in matrix.diagonal())})"
        rows = [", ".join(self._print(entry) for entry in matrix.row(i)) for i in range(matrix.rows)]
        return f"[{'; '.join(rows)}]"

    def _print_Equality(self, equality: sp.Eq) -> str:
        return f"{self._print(equality.lhs)} = {self._print(equality.rhs)}"

    def _print_Pow(self, power: sp.Pow, rational: bool = False) -> str:
        return super()._print_Pow(power, rational).replace("**", "^")


def in_text(expression: sp.Basic) -> str:
    """An equation as left = right, an inequality as left > 0, with powers as a^2."""
    text = _OnOneLine().doprint
    for kind, sign in SIGNS.items():
        if isinstance(expression, kind):
            return f"{text(expression.lhs)} {sign} {text(expression.rhs)}"
    return text(expression)


def formula(expression: sp.Basic) -> str:
    """The expression in LaTeX, with a star for adjoints."""
    starred = {symbol: _starred(symbol) for symbol in expression.atoms(sp.Symbol) if symbol.name.endswith("'")}
    return sp.latex(expression, symbol_names=starred)


def _starred(symbol: sp.Symbol) -> str:
    unprimed = sp.Symbol(symbol.name[:-1])
    return f"{sp.latex(unprimed)}^{{*}}"


def in_latex(proof: Any) -> str:
    """The statement, the steps and the verdict in LaTeX."""
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
    """A sentence in LaTeX whose characters are printed as they are."""
    return "".join(SPECIAL.get(character, character) for character in sentence)
