r"""Words: identities that hold for matrices of every size.

Conventions
-----------
A matrix of unknown size is a letter, a symbol that does not commute. Its adjoint is a letter of its own, W' beside W
(the conjugate transpose; LaTeX shows W^*). A sum of products of letters is an expression of sympy. A rule states a
property of the letters: a word and what it equals, {W*C*Ws: C - 1} for the Stein equation C = W C W' + 1. An expression
that the rules reduce to zero is zero for matrices of every size, real or complex.

Contents
--------
letter, letters
    A matrix; a matrix and its adjoint.
reduced
    An expression after its rules.
Tr, traced
    The trace of an expression; an expression with its traces after the rules, equal for words that are rotations of
    each other.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

Rules = dict[sp.Expr, sp.Expr]
Word = tuple[sp.Expr, ...]  # the letters of a product, one by one
Known = dict[Word, sp.Expr]  # rules, by the letters of their words
N = sp.Symbol("N", integer=True, positive=True)


def letter(name: str) -> sp.Symbol:
    """A matrix that is its own adjoint, or whose adjoint is not needed."""
    return sp.Symbol(name, commutative=False)


def letters(name: str) -> tuple[sp.Symbol, sp.Symbol]:
    """A matrix and its adjoint."""
    return letter(name), letter(f"{name}'")


def reduced(expression: sp.Expr, rules: Rules | None = None) -> sp.Expr:
    """The expression, expanded, with every word that a rule knows replaced, until none remains.

    >>> W, Ws = letters("W")
    >>> reduced(W * (1 + Ws * W) * Ws, {W * Ws: sp.S.One})      # a co-isometry
    2
    """
    known = _by_letters(rules)
    pending, done = sp.expand(expression), sp.S.Zero
    while pending != 0:
        changed = []
        for term in sp.Add.make_args(pending):
            replacement = _replaced(term, known)
            if replacement is None:
                done += term
            else:
                changed.append(replacement)
        pending = sp.expand(sp.Add(*changed))
    return sp.expand(done)


class Tr(sp.Function):
    """The trace of an expression, which is a number."""

    is_commutative = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        inside = rf"\operatorname{{tr}}\left({printer._print(self.args[0])}\right)"
        return inside if exp is None else rf"{inside}^{{{exp}}}"


def traced(expression: sp.Expr, rules: Rules | None = None) -> sp.Expr:
    """The expression with every trace reduced: tr(A B) = tr(B A), tr(1) = N.

    >>> W, Ws = letters("W")
    >>> traced(Tr(W * Ws - Ws * W + 1))
    N
    """
    known = _by_letters(rules)

    def of_sum(inside: sp.Expr) -> sp.Expr:
        return _trace_of_sum(reduced(inside, rules), known)

    return sp.expand(expression.replace(Tr, of_sum))


def _by_letters(rules: Rules | None) -> Known:
    return {_letters_of(word): value for word, value in (rules or {}).items()}


def _split(term: sp.Expr) -> tuple[sp.Expr, Word]:
    """The scalar of a term, and its letters one by one."""
    commuting, factors = term.args_cnc()
    spelled: list[sp.Expr] = []
    for factor in factors:
        base, power = factor.as_base_exp()
        if power.is_Integer:
            spelled += [base ** sp.sign(power)] * abs(int(power))
        else:
            spelled.append(factor)
    return sp.Mul(*commuting), tuple(spelled)


def _letters_of(word: sp.Expr) -> Word:
    return _split(word)[1]


def _replaced(term: sp.Expr, known: Known) -> sp.Expr | None:
    """The term with the first word that a rule knows replaced; None where there is none."""
    coefficient, spelled = _split(term)
    for word, value in known.items():
        for start in range(len(spelled) - len(word) + 1):
            end = start + len(word)
            if spelled[start:end] == word:
                before, after = sp.Mul(*spelled[:start]), sp.Mul(*spelled[end:])
                return coefficient * before * value * after
    return None


def _trace_of_sum(expression: sp.Expr, known: Known) -> sp.Expr:
    traces = []
    for term in sp.Add.make_args(expression):
        coefficient, word = _split(term)
        traces.append(coefficient * _trace_of(word, known))
    return sp.Add(*traces)


def _trace_of(word: Word, known: Known) -> sp.Expr:
    """One trace for all rotations of a word, in which the letters at its two ends may cancel, or meet a rule."""
    if not word:
        return N
    rotations = [sp.Mul(*word[i:], *word[:i]) for i in range(len(word))]
    for rotation in rotations:
        replacement = _replaced(rotation, known)
        if replacement is not None:
            return _trace_of_sum(sp.expand(replacement), known)
        if len(_letters_of(rotation)) < len(word):
            return _trace_of(_letters_of(rotation), known)
    return Tr(min(rotations, key=str))
