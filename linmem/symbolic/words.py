r"""Words: identities that hold of matrices of every size.

Conventions
-----------
A matrix of unknown size is a letter, a symbol that does not commute; its adjoint is a letter of its own, W' beside W
(the conjugate transpose; LaTeX shows W^*). A sum of products of letters is an expression of sympy. What is known of
the letters is a rule: a word and what it equals, {W*C*Ws: C - 1} for the Stein equation C = W C W' + 1. An expression
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

import sympy as sp

Rules = dict[sp.Expr, sp.Expr]
N = sp.Symbol("N", integer=True, positive=True)


def letter(name: str) -> sp.Symbol:
    """A matrix that is its own adjoint, or whose adjoint is not needed."""
    return sp.Symbol(name, commutative=False)


def letters(name: str) -> tuple[sp.Symbol, sp.Symbol]:
    """A matrix and its adjoint."""
    return letter(name), letter(f"{name}'")


def reduced(expression: sp.Expr, rules: Rules | None = None) -> sp.Expr:
    """Expand, and replace every word that a rule knows, until none is left.

    >>> W, Ws = letters("W")
    >>> reduced(W * (1 + Ws * W) * Ws, {W * Ws: sp.S.One})      # a co-isometry
    2
    """
    known = {_letters_of(word): value for word, value in (rules or {}).items()}
    pending, done = sp.expand(expression), sp.S.Zero
    while pending != 0:
        replaced = []
        for term in sp.Add.make_args(pending):
            once = _replaced(term, known)
            if once is None:
                done += term
            else:
                replaced.append(once)
        pending = sp.expand(sp.Add(*replaced))
    return sp.expand(done)


class Tr(sp.Function):
    """The trace of an expression: a number."""

    is_commutative = True

    def _latex(self, printer, exp=None):
        inside = rf"\operatorname{{tr}}\left({printer._print(self.args[0])}\right)"
        return inside if exp is None else rf"{inside}^{{{exp}}}"


def traced(expression: sp.Expr, rules: Rules | None = None) -> sp.Expr:
    """Every trace in an expression reduced: tr(A B) = tr(B A), tr(1) = N.

    >>> W, Ws = letters("W")
    >>> traced(Tr(W * Ws - Ws * W + 1))
    N
    """
    return sp.expand(expression.replace(Tr, lambda inside: _trace_of_sum(inside, rules)))


def _trace_of_sum(expression: sp.Expr, rules: Rules | None) -> sp.Expr:
    known = {_letters_of(word): value for word, value in (rules or {}).items()}
    split = [_split(term) for term in sp.Add.make_args(reduced(expression, rules))]
    return sp.Add(*(coefficient * _trace_of(word, known) for coefficient, word in split))


def _split(term: sp.Expr) -> tuple[sp.Expr, tuple[sp.Expr, ...]]:
    """The scalar of a term, and its letters one by one."""
    commuting, rest = term.args_cnc()
    spelled: list[sp.Expr] = []
    for factor in rest:
        base, power = factor.as_base_exp()
        whole = power.is_Integer
        spelled += [base ** sp.sign(power)] * abs(int(power)) if whole else [factor]
    return sp.Mul(*commuting), tuple(spelled)


def _letters_of(word: sp.Expr) -> tuple[sp.Expr, ...]:
    return _split(word)[1]


def _replaced(term: sp.Expr, known: dict[tuple, sp.Expr]) -> sp.Expr | None:
    """The term with the first word that a rule knows replaced; None where there is none."""
    coefficient, spelled = _split(term)
    for word, value in known.items():
        for start in range(len(spelled) - len(word) + 1):
            if spelled[start : start + len(word)] == word:
                return coefficient * sp.Mul(*spelled[:start]) * value * sp.Mul(*spelled[start + len(word) :])
    return None


def _trace_of(word: tuple[sp.Expr, ...], known: dict[tuple, sp.Expr]) -> sp.Expr:
    """One trace for all rotations of a word, in which what stands at its two ends may cancel, or meet a rule."""
    if not word:
        return N
    rotations = [sp.Mul(*word[i:], *word[:i]) for i in range(len(word))]
    for one in rotations:
        replaced = _replaced(one, known)
        if replaced is not None:
            return sp.Add(*(c * _trace_of(w, known) for c, w in map(_split, sp.Add.make_args(sp.expand(replaced)))))
        if len(_letters_of(one)) < len(word):
            return _trace_of(_letters_of(one), known)
    return Tr(min(rotations, key=str))
