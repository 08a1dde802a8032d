"""Proofs for claims A8 and A9: how Fisher memory depends on the coordinates of the state."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.fisher_memory import MEMORY, NOISE, C, P, S, W, Ws
from linmem.symbolic.proofs import Steps, equation, given, proof, shown_of_words
from linmem.symbolic.words import N, Tr, letter, letters

ONE_SOLUTION = "The Stein equations of a stable matrix have one solution."


@proof("A8", note=ONE_SOLUTION)
def rotations_change_nothing() -> Steps:
    """W -> R W R', v -> R v with R R' = 1 leaves J_kl as it is, and rotates J^s."""
    R, Rs = letters("R")
    v, vs = letters("v")
    rules = {R * Rs: sp.S.One, Rs * R: sp.S.One, **NOISE, **MEMORY}
    rotated, adjoint = R * W * Rs, R * Ws * Rs
    yield given("The rotated network has these weights.", equation(letter("W_R"), rotated))
    yield shown_of_words(
        "R C R' is its noise covariance, because it solves the Stein equation.",
        rotated * R * C * Rs * adjoint + 1,
        R * C * Rs,
        rules,
    )
    yield shown_of_words(
        "R C^-1 R' is the inverse.",
        R * C * Rs * R * P * Rs,
        sp.S.One,
        rules,
    )
    yield shown_of_words(
        "R J^s R' is its spatial memory matrix.",
        adjoint * R * S * Rs * rotated + R * P * Rs,
        R * S * Rs,
        rules,
    )
    yield shown_of_words(
        "J_kl is the same, written for k = 2, l = 3. Between any two powers R' R = 1.",
        vs * Rs * adjoint**2 * R * P * Rs * rotated**3 * R * v,
        vs * Ws**2 * P * W**3 * v,
        rules,
    )
    yield shown_of_words(
        "The Frobenius norm is the same, and with it the departure from normality.",
        Tr(rotated * adjoint),
        Tr(W * Ws),
        rules,
    )


@proof("A9", note=ONE_SOLUTION)
def coloured_noise_is_white_in_other_coordinates() -> Steps:
    """Noise of covariance Q = L L' is white noise in the coordinates L^-1 h, and tr Q J^s = N."""
    yield from _whitened()
    yield from _normal_relative_to_the_noise()


def _whitened() -> Steps:
    L, Ls, Q = *letters("L"), letter("Q")
    white, adjoint = L**-1 * W * L, Ls * Ws * Ls**-1
    noise = {W * C * Ws: C - Q}
    yield given("The covariance of coloured noise solves this equation.", equation(C, W * C * Ws + Q))
    yield given("The noise covariance of one step has a square root.", equation(Q, L * Ls))
    whitened = L**-1 * C * Ls**-1
    yield shown_of_words(
        "L^-1 C L'^-1 is the covariance of white noise in the network L^-1 W L.",
        white * whitened * adjoint + 1,
        whitened,
        {**noise, Q: L * Ls},
    )
    yield shown_of_words(
        "L' J^s L is the spatial memory matrix of that network.",
        adjoint * Ls * S * L * white + Ls * P * L,
        Ls * S * L,
        MEMORY,
    )
    yield shown_of_words(
        "The trace that is N is that of Q J^s. By the first equation Q is C - W C W'.",
        Tr(Q * S),
        Tr((C - W * C * Ws) * S),
        noise,
    )
    yield shown_of_words(
        "The trace is cyclic, so that the powers pass from C to J^s.",
        Tr((C - W * C * Ws) * S),
        Tr(C * (S - Ws * S * W)),
    )
    yield shown_of_words(
        "The product is C C^-1.",
        Tr(C * (S - Ws * S * W)),
        N,
        MEMORY,
    )


def _normal_relative_to_the_noise() -> Steps:
    X, Xs = letters("X")
    D, Ds = letters("Lambda")
    E = letter("E")
    yield given(
        "Let W = X Lambda X^-1 with noise X X', and E = (1 - Lambda Lambda')^-1, which is diagonal.",
        X * D * X**-1,
    )
    covariance = X * E * Xs
    yield shown_of_words(
        "The covariance is X E X'.",
        X * D * X**-1 * covariance * Xs**-1 * Ds * Xs + X * Xs,
        covariance,
        {D * E * Ds: E - 1},
    )
    inverse = Xs**-1 * X**-1
    yield shown_of_words(
        "J^s is the inverse of X X', as if W were normal.",
        Xs**-1 * Ds * Xs * inverse * X * D * X**-1 + Xs**-1 * E**-1 * X**-1,
        inverse,
        {E**-1: 1 - Ds * D},
    )
