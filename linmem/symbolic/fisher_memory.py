"""Proofs for claims A: what holds of the Fisher memory of every stable network, whatever its size."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.exact import small_gain_series
from linmem.symbolic.proofs import equation, given, positive, proof, shown, shown_of_words
from linmem.symbolic.words import N, Tr, letter, letters, reduced

W, Ws = letters("W")
V, Vs = letters("V")
C, S = letter("C"), letter("J^s")
P = C**-1
NOISE = {W * C * Ws: C - 1}  # C = W C W' + 1
MEMORY = {Ws * S * W: S - P}  # J^s = W' J^s W + C^-1

EIGENVALUES = sp.symbols("mu_1:5", positive=True)  # of J^s, of four units
SHARES = sp.symbols("p_1:5", nonnegative=True)  # |u_i' v|^2, which add to one


def stein_equations():
    """What C and J^s are."""
    yield given(
        "The noise covariance sums W^k W'^k over all k: it solves a Stein equation.", equation(C, W * C * Ws + 1)
    )
    yield given("The spatial memory matrix sums W'^k C^-1 W^k: so does it.", equation(S, Ws * S * W + P))


def total_in_eigenvectors():
    """v' J^s v in the eigenvectors of J^s, whose eigenvalues are positive and add to N."""
    total = sum(mu * p for mu, p in zip(EIGENVALUES, SHARES, strict=True))
    return total, sum(EIGENVALUES), sum(SHARES)


@proof("A1")
def fisher_memory_is_the_information_about_the_past():
    """The divergence between the states of two signals is a quadratic form of the Fisher memory matrix, exactly."""
    L, Ls = letters("L")
    xi, xis = letters("xi")
    m, ms = letters("mu")
    v, vs = letters("v")
    d = sp.symbols("d_:3", real=True)
    mean, adjoint = sum(d[k] * W**k * v for k in range(3)), sum(d[k] * vs * Ws**k for k in range(3))
    yield given(
        "The state is Gaussian of covariance C = L L'; about its mean it is L xi, xi white.", equation(C, L * Ls)
    )
    yield given("A change d of the signal moves its mean, and nothing else; here of three lags.", equation(m, mean))
    ratio = ((xis * Ls + ms) * P * (L * xi + m) - xis * Ls * P * L * xi) / 2
    linear = (xis * Ls * P * m + ms * P * L * xi) / 2
    yield shown_of_words(
        "The logarithm of the ratio of the two densities is affine in xi.", ratio, linear + ms * P * m / 2
    )
    divergence = reduced(ratio).subs({xi: 0, xis: 0})
    yield shown_of_words(
        "Its mean, the divergence, is what xi leaves, since xi has mean 0.", divergence, ms * P * m / 2
    )
    J = sum(d[k] * d[j] * vs * Ws**k * P * W**j * v for k in range(3) for j in range(3))
    yield shown_of_words(
        "It is the quadratic form of J_kl = v' W'^k C^-1 W^l v.", divergence.subs({m: mean, ms: adjoint}), J / 2
    )


@proof("A2")
def trace_of_spatial_memory_is_n():
    """The spatial Fisher memory matrix of every stable network has trace N."""
    yield from stein_equations()
    yield shown_of_words("By the first equation the identity is C - W C W'.", Tr(S), Tr(S * (C - W * C * Ws)), NOISE)
    yield shown_of_words(
        "Under the trace the powers pass from C to J^s.", Tr(S * (C - W * C * Ws)), Tr((S - Ws * S * W) * C)
    )
    yield shown_of_words("There the second equation leaves C^-1 C.", Tr((S - Ws * S * W) * C), N, MEMORY)


@proof("A3", scope="any W; the sums written out for N = 4")
def total_memory_is_at_most_n():
    """The total memory of a unit input is positive and, of more than one unit, less than N."""
    yield from stein_equations()
    yield given("J^s is C^-1, positive definite, and more: its eigenvalues are positive.", equation(S - P, Ws * S * W))
    total, trace, one = total_in_eigenvectors()
    yield given("In its eigenvectors a unit v has shares p_i, which add to one.", equation(one, 1))
    rest = sum(EIGENVALUES[i] * SHARES[j] for i in range(4) for j in range(4) if i != j)
    yield shown(
        "The trace, which is N, exceeds the total by what the shares leave out.", (trace * one - total).expand(), rest
    )
    yield positive("That is not negative.", rest)
    some = rest.subs(SHARES[0], sp.Symbol("p_1", positive=True))
    yield positive("Some share is positive, the first, say: then so is the rest.", some, strict=True)


@proof("A4")
def random_inputs_hold_one_unit():
    """Over random unit inputs the total memory has mean 1, and variance 2 (tr (J^s)^2 - N) / (N (N + 2))."""
    n = sp.Symbol("N", integer=True, positive=True)
    x = sp.Symbol("x", positive=True)
    half, rest = sp.Rational(1, 2), (n - 1) / 2
    yield given(
        "The square of one coordinate of a random unit vector has a beta density.",
        x ** (half - 1) * (1 - x) ** (rest - 1) * sp.gamma(n / 2) / (sp.gamma(half) * sp.gamma(rest)),
    )
    moments = [
        sp.gamma(half + power) * sp.gamma(n / 2) / (sp.gamma(half) * sp.gamma(n / 2 + power)) for power in (1, 2)
    ]
    second, fourth = 1 / n, 3 / (n * (n + 2))
    yield shown("Its mean is 1 / N.", moments[0], second)
    yield shown("Its second moment follows from the same integral.", moments[1], fourth)
    mixed = 1 / (n * (n + 2))
    yield shown("The squares add to one, which gives the mixed moment.", fourth + (n - 1) * mixed, second)
    squares = sp.Symbol("s_2", positive=True)  # tr (J^s)^2
    mean = second * n
    yield shown("J_tot = sum mu_i v_i^2, sum mu_i = N: its mean is", mean, 1)
    square = fourth * squares + mixed * (n**2 - squares)
    variance = 2 * (squares - n) / (n * (n + 2))
    yield shown("With s_2 = sum mu_i^2 = tr (J^s)^2 its variance is", square - mean**2, variance)


@proof("A5", scope="any W; the sums written out for N = 4")
def best_input_is_the_top_eigenvector():
    """No unit input is remembered better than the top eigenvector of J^s, whose total lies between 1 and N."""
    gaps = sp.symbols("d_2:5", nonnegative=True)
    least = sp.Symbol("mu_4", positive=True)
    mu = [least + sum(gaps[i:]) for i in range(3)] + [least]
    yield given("The eigenvalues in order, the largest first: each gap is at least 0.", sp.Tuple(*mu))
    one = sum(SHARES)
    total = sum(value * share for value, share in zip(mu, SHARES, strict=True))
    lost = sum((mu[0] - mu[i]) * SHARES[i] for i in range(1, 4))
    yield shown("What an input of shares p_i, which add to 1, loses to the top one.", mu[0] * one - total, lost)
    yield positive("It loses something, or nothing.", lost.expand())
    yield positive("The largest is at least the mean, which is N / N = 1.", sp.expand(mu[0] - sum(mu) / 4))
    yield positive("It is less than the sum, which is N.", sp.expand(sum(mu) - mu[0]), strict=True)


@proof("A6", note="J(k) <= 1 / sum_{l <= k} 1 / A_l is amplification_bounds_memory.")
def memory_is_at_most_the_amplification():
    """J(k) is at most 1, and at most the amplification A_k = ||W^k v||^2."""
    A, others = sp.symbols("A_k", positive=True), sp.Symbol("r", nonnegative=True)
    bound = 1 / (1 + 1 / A + others)
    yield given("The bound by the amplification: A_0 = 1, and r sums 1 / A_l over 0 < l < k.", bound)
    yield positive("It is less than 1.", sp.together(1 - bound), strict=True)
    yield positive("It is less than A_k.", sp.together(A - bound), strict=True)


@proof("A7")
def memory_never_increases_with_the_lag():
    """J(k) never increases: J(k) - J(k + 1) is a quadratic form of a positive definite matrix."""
    yield from stein_equations()
    yield given("J(k) - J(k + 1) is the form of this matrix at W^k v.", P - Ws * P * W)
    yield shown_of_words(
        "It is the inverse of C + (W C)' (W C), which is positive definite.",
        (P - Ws * P * W) * (C + C * Ws * W * C),
        sp.S.One,
        NOISE,
    )
    yield shown_of_words("From the other side as well.", (C + C * Ws * W * C) * (P - Ws * P * W), sp.S.One, NOISE)


@proof("A8", note="The Stein equations of a stable matrix have one solution.")
def rotations_change_nothing():
    """W -> R W R', v -> R v with R R' = 1 leaves J_kl as it is, and turns J^s."""
    R, Rs = letters("R")
    v, vs = letters("v")
    rules = {R * Rs: sp.S.One, Rs * R: sp.S.One, **NOISE, **MEMORY}
    yield given("Of the rotated network", equation(letter("W_R"), R * W * Rs))
    turned, adjoint = R * W * Rs, R * Ws * Rs
    yield shown_of_words(
        "R C R' is the noise covariance: it solves the Stein equation.",
        turned * R * C * Rs * adjoint + 1,
        R * C * Rs,
        rules,
    )
    yield shown_of_words("R C^-1 R' is its inverse.", R * C * Rs * R * P * Rs, sp.S.One, rules)
    yield shown_of_words(
        "R J^s R' is the spatial memory matrix.", adjoint * R * S * Rs * turned + R * P * Rs, R * S * Rs, rules
    )
    yield shown_of_words(
        "J_kl is the same, here for k = 2, l = 3; R' R = 1 stands between any two powers.",
        vs * Rs * adjoint**2 * R * P * Rs * turned**3 * R * v,
        vs * Ws**2 * P * W**3 * v,
        rules,
    )
    yield shown_of_words(
        "So is the Frobenius norm, hence the departure from normality.", Tr(turned * adjoint), Tr(W * Ws), rules
    )


@proof("A9", note="The Stein equations of a stable matrix have one solution.")
def coloured_noise_is_white_in_other_coordinates():
    """Noise of covariance Q = L L' is white noise in the coordinates L^-1 h, and tr Q J^s = N."""
    L, Ls, Q = *letters("L"), letter("Q")
    white, adjoint = L**-1 * W * L, Ls * Ws * Ls**-1
    noise = {W * C * Ws: C - Q}
    square = {Q: L * Ls}
    yield given("The covariance of coloured noise", equation(C, W * C * Ws + Q))
    yield given("The noise has a square root.", equation(Q, L * Ls))
    whitened = L**-1 * C * Ls**-1
    yield shown_of_words(
        "L^-1 C L'^-1 is the covariance of white noise in L^-1 W L.",
        white * whitened * adjoint + 1,
        whitened,
        {**noise, **square},
    )
    yield shown_of_words(
        "L' J^s L is its memory matrix.", adjoint * Ls * S * L * white + Ls * P * L, Ls * S * L, MEMORY
    )
    yield shown_of_words("The trace that is N is that of Q J^s:", Tr(Q * S), Tr((C - W * C * Ws) * S), noise)
    yield shown_of_words("Under it the powers pass from C to J^s,", Tr((C - W * C * Ws) * S), Tr(C * (S - Ws * S * W)))
    yield shown_of_words("and leave C C^-1.", Tr(C * (S - Ws * S * W)), N, MEMORY)
    X, Xs, D, Ds, E = *letters("X"), *letters("Lambda"), letter("E")
    yield given("Take W = X Lambda X^-1, noise X X', and E = (1 - Lambda Lambda')^-1, diagonal.", X * D * X**-1)
    yield shown_of_words(
        "The covariance is X E X':",
        X * D * X**-1 * X * E * Xs * Xs**-1 * Ds * Xs + X * Xs,
        X * E * Xs,
        {D * E * Ds: E - 1},
    )
    inverse = Xs**-1 * X**-1
    yield shown_of_words(
        "and J^s is the inverse of X X', as if W were normal.",
        Xs**-1 * Ds * Xs * inverse * X * D * X**-1 + Xs**-1 * E**-1 * X**-1,
        inverse,
        {E**-1: 1 - Ds * D},
    )


@proof("A10", scope="any N; the bound written out for N = 5, 2 inputs")
def several_inputs_share_the_largest_eigenvalues():
    """The totals of p orthonormal inputs add to at most the p largest eigenvalues of J^s; of N inputs to N."""
    yield from stein_equations()
    yield given("The sum over k of V' W'^k C^-1 W^k V", Vs * S * V)
    all_inputs = {V * Vs: sp.S.One}
    yield shown_of_words(
        "With N orthonormal inputs, V V' = 1, its trace is that of J^s, which is N (A2).",
        Tr(Vs * S * V),
        Tr(S),
        all_inputs,
    )
    normal = {S: sp.S.One, Vs * V: letter("1_p")}
    yield shown_of_words(
        "Of a normal W, where J^s = 1, it is the number of inputs.", Tr(Vs * S * V), Tr(letter("1_p")), normal
    )
    mu = sp.symbols("mu_1:6", positive=True)
    gaps = sp.symbols("d_1:5", nonnegative=True)
    ordered = {mu[i]: mu[4] + sum(gaps[i:]) for i in range(4)}
    t = sp.symbols("t_1:6", nonnegative=True)  # t_i = (u_i' V V' u_i), between 0 and 1
    u = sp.symbols("r_1:3", nonnegative=True)
    yield given(
        "In the eigenvectors each has a share 0 <= t_i <= 1 of the inputs, and these add to p = 2.", equation(sum(t), 2)
    )
    lost = mu[0] + mu[1] - sum(m * s for m, s in zip(mu, t, strict=True))
    pairs = sum((mu[i] - mu[1]) * (1 - t[i]) for i in range(2)) + sum((mu[1] - mu[i]) * t[i] for i in range(2, 5))
    constraint = mu[1] * (2 - sum(t))
    yield shown("What they lose to the two largest eigenvalues", lost, pairs + constraint)
    signs = pairs.subs({1 - t[0]: u[0], 1 - t[1]: u[1]}).subs(ordered)
    yield positive("is not negative, the eigenvalues being in order, r_i = 1 - t_i.", sp.expand(signs))


@proof("A12")
def small_gain_memory_is_the_commutator():
    """Of W = g M the spatial memory matrix is 1 + g^2 (M' M - M M') up to terms of order g^4."""
    g = sp.Symbol("g", positive=True)
    M, Ms = letters("M")
    v, vs = letters("v")
    guess = 1 + g**2 * (Ms * M - M * Ms)
    noise, precision = 1 + g**2 * M * Ms, 1 - g**2 * M * Ms
    yield given("The noise covariance up to g^3:", noise)
    yield shown_of_words(
        "it solves its equation but for order g^4,", noise - g**2 * M * noise * Ms - 1, -(g**4) * M**2 * Ms**2
    )
    yield shown_of_words("and this is its inverse but for g^4.", noise * precision - 1, -(g**4) * M * Ms * M * Ms)
    yield shown_of_words(
        "The commutator solves the equation of J^s but for g^4.",
        guess - g**2 * Ms * guess * M - precision,
        -(g**4) * Ms * (Ms * M - M * Ms) * M,
    )
    yield shown_of_words("The series, computed term by term, agrees.", small_gain_series(3), guess)
    yield shown_of_words(
        "A unit input holds 1 + ||W v||^2 - ||W' v||^2.",
        vs * guess * v,
        1 + g**2 * (vs * Ms * M * v - vs * M * Ms * v),
        {vs * v: sp.S.One},
    )


@proof("A14", note="J(k) <= A_k is memory_is_at_most_the_amplification.")
def contractions_hold_little():
    """Where ||W|| = g < 1 no input is remembered for more than 1 / (1 - g^2), however many units there are."""
    g = 1 / (1 + sp.Symbol("c", positive=True))
    k = sp.Symbol("k", integer=True, nonnegative=True)
    K = sp.Symbol("K", integer=True, nonnegative=True)
    partial = (1 - g ** (2 * K + 2)) / (1 - g**2)
    yield given("J(k) <= A_k <= g^(2k); write g = 1 / (1 + c).", g ** (2 * k))
    yield shown("The sum of one term", partial.subs(K, 0), 1)
    yield shown("and each next one: induction.", partial.subs(K, K + 1) - partial, g ** (2 * K + 2))
    yield positive("The bound is larger than every partial sum, by", sp.simplify(1 / (1 - g**2) - partial), strict=True)
