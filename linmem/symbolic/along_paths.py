"""Proofs for claims H1 to H6: memory along steps whose weights and noise change, for any number of units."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.proofs import Steps, equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.words import N, Tr, letter, letters

A, As = letters("A")
W, Ws = letters("W")
C, Q, R, D, K = (letter(name) for name in "CQRDK")
P = C**-1
STEP = {A * C * As: D - Q}  # D, the covariance after a step, is A C A' + Q
READ = letter("O") * C * letter("O'")
READOUT = {READ: K - R}  # K, the covariance of what is read, is O C O' + R


@proof("H1", scope="any N; written out for T = 3")
def trace_of_all_memory_along_steps_is_n() -> Steps:
    """The memory of all noise and of the start, in units of their covariance, has the trace N."""
    steps = [letters(f"A_{t}") for t in (1, 2, 3)]
    noise = [letter(f"Q_{t}") for t in (1, 2, 3)]
    start, last = letter("C_0"), letter("C_3")
    covariance, by_recursion = sp.S.Zero, start
    terms, ahead, adjoint = [], sp.S.One, sp.S.One
    for (step, its_adjoint), its_noise in zip(reversed(steps), reversed(noise), strict=True):
        terms.append((ahead, its_noise, adjoint))
        ahead, adjoint = ahead * step, its_adjoint * adjoint
    terms.append((ahead, start, adjoint))
    for phi, its_noise, phis in terms:
        covariance += phi * its_noise * phis
    for (step, its_adjoint), its_noise in zip(steps, noise, strict=True):
        by_recursion = step * by_recursion * its_adjoint + its_noise
    yield shown_of_words(
        "The covariance after three steps is the sum of all noise and of the start, each as it arrives.",
        by_recursion,
        covariance,
    )
    yield given("It is called C_3.", equation(last, covariance))
    memory = sum(Tr(its_noise * phis * last**-1 * phi) for phi, its_noise, phis in terms)
    yield shown_of_words(
        "The traces are cyclic: together they are that of C_3^-1 C_3.",
        memory,
        N,
        {ahead * start * adjoint: last - (covariance - ahead * start * adjoint)},
    )


@proof("H2", note="Q is regular; a singular Q is a limit of regular ones.")
def a_step_adds_nothing_to_memory() -> Steps:
    """J_T(k) - J_(T+1)(k+1) is the form of a positive definite matrix at Phi_k B."""
    decrease = P - As * D**-1 * A
    inverse = C + C * As * Q**-1 * A * C
    yield given("After one more step the covariance is this.", equation(D, A * C * As + Q))
    yield given("What the step takes away is the form of this matrix.", decrease)
    yield shown_of_words(
        "It is the inverse of C + (A C)' Q^-1 (A C), which is positive definite.",
        decrease * inverse,
        sp.S.One,
        STEP,
    )
    yield shown_of_words(
        "It is the inverse from the other side as well.",
        inverse * decrease,
        sp.S.One,
        STEP,
    )


@proof("H3", scope="any N; the last step, and any before it by induction")
def coordinates_of_each_step_change_nothing() -> Steps:
    """x~_t = R_t x_t has the covariance R_t C_t R_t', and the same memory."""
    (R, Rs), (before, befores), (B, Bs) = letters("R_t"), letters("R_t-1"), letters("B")
    step, adjoint = R * A * before**-1, befores**-1 * As * Rs
    yield given("The step in other coordinates has these weights.", step)
    yield shown_of_words(
        "R_t C_t R_t' is its covariance, if R_{t-1} C_{t-1} R_{t-1}' is that before it.",
        step * before * C * befores * adjoint + R * Q * Rs,
        R * D * Rs,
        STEP,
    )
    yield shown_of_words(
        "The memory of an input of the step before is the same.",
        Bs * befores * adjoint * (R * D * Rs) ** -1 * step * before * B,
        Bs * As * (A * C * As + Q) ** -1 * A * B,
        {**STEP, (R * D * Rs) ** -1: Rs**-1 * D**-1 * R**-1, (A * C * As + Q) ** -1: D**-1},
    )


@proof("H4")
def steps_with_constant_weights_are_a_horizon() -> Steps:
    """The recursion of C with constant weights adds W^T Q W'^T in step T + 1: the sum over a horizon."""
    after, power, next_power = letter("C_T+1"), letter("D_T"), letter("D_T+1")
    rules = {W * C * Ws: after - Q, W * power * Ws: next_power}
    yield given("After T steps the covariance is C_T, and W^T Q W'^T is called D_T.", equation(power, W * Q * Ws))
    yield given("The recursion gives the next one.", equation(after, W * C * Ws + Q))
    yield given("Suppose that it adds D_T: C_{T+1} = C_T + D_T.", equation(after, C + power))
    yield shown_of_words(
        "Then the step after it adds D_{T+1} = W D_T W'.",
        W * (C + power) * Ws + Q,
        after + next_power,
        rules,
    )
    yield shown_of_words(
        "The first two steps from a known start: C_1 = Q, and C_2 = Q + W Q W'.",
        W * (W * 0 * Ws + Q) * Ws + Q,
        Q + W * Q * Ws,
    )


@proof("H5")
def part_of_the_state_knows_less_than_all_of_it() -> Steps:
    """C^-1 - O' (O C O' + R)^-1 O is the sum of two matrices that are not negative."""
    O, Os = letters("O")  # noqa: E741
    hidden = P - Os * K**-1 * O
    yield given("What is read has this covariance.", equation(K, READ + R))
    yield given("What it does not know is the form of this matrix.", hidden)
    yield shown_of_words(
        "It is E C E + (K^-1 O)' R (K^-1 O), with E for the matrix itself, which is symmetric.",
        hidden * C * hidden + Os * K**-1 * R * K**-1 * O,
        hidden,
        READOUT,
    )


@proof("H6", scope="any N; the last inequality written out for N = 4")
def gradients_bound_memory() -> Steps:
    """C^-1 <= Q^-1 <= 1 / lambda_min(Q)."""
    before, squares = letter("A C A'"), sp.symbols("x_1:5", real=True)
    least, *more = sp.symbols("q_1 d_2:5", positive=True)
    yield given("The covariance after the last step is this.", equation(C, before + Q))
    yield shown_of_words(
        "Q^-1 exceeds C^-1 by this matrix, which is not negative.",
        P * (before + before * Q**-1 * before) * P,
        Q**-1 - P,
        {before: C - Q},
    )
    variances = [least, *(least + extra for extra in more)]
    excess = sum(x**2 / least - x**2 / q for x, q in zip(squares, variances, strict=True))
    rest = sp.Add(*(x**2 * d / (least * (least + d)) for x, d in zip(squares[1:], more, strict=True)))
    yield shown(
        "In the eigenvectors of Q, of eigenvalues q_1 and q_1 + d_i, |x|^2 / q_1 exceeds x' Q^-1 x by this sum.",
        excess,
        rest,
    )
    yield positive("It is not negative.", rest)
