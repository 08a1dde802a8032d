"""Proofs for claims B8 to B12: normal networks with many eigenvalues, and what none of them can do."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import given, positive, proof, shown

k = sp.Symbol("k", integer=True, nonnegative=True)
x = sp.Symbol("x", positive=True)
r = sp.Symbol("r", positive=True)


def ratio_of(curve, lag):
    """J(k+1) / J(k), a rational function."""
    smooth = sp.Symbol("k", positive=True)  # gamma functions of a variable that is not taken to be whole
    gammas = curve.rewrite(sp.gamma).subs(lag, smooth)
    return as_fraction(gammas.subs(smooth, smooth + 1) / gammas).subs(smooth, lag)


def as_fraction(gammas):
    """A ratio of gamma functions as a rational function."""
    return sp.cancel(sp.expand_func(sp.gammasimp(sp.powsimp(sp.expand(gammas)))))


def power_of(curve, lag):
    """The exponent of k: the limit of k (J(k+1) / J(k) - 1)."""
    return sp.limit(sp.cancel(lag * (ratio_of(curve, lag) - 1)), lag, sp.oo)


def prefactor_of(curve, lag, exponent, walks):
    """The limit of k^exponent J(k), where J(k) is rational but for c_k^walks, c_k = binomial(2k, k) / 4^k."""
    smooth = sp.Symbol("k", positive=True)
    half = sp.Rational(1, 2)
    wallis = sp.exp(sp.loggamma(smooth + half) - sp.loggamma(smooth + 1) + sp.log(smooth) / 2)  # sqrt(pi k) c_k
    middle = sp.gamma(smooth + half) / (sp.sqrt(sp.pi) * sp.gamma(smooth + 1))
    rational = as_fraction(curve.rewrite(sp.gamma).subs(lag, smooth) / middle**walks)
    leading = sp.limit(smooth ** (exponent - walks * half) * rational, smooth, sp.oo)
    return leading * (sp.limit(wallis, smooth, sp.oo) / sp.sqrt(sp.pi)) ** walks


@proof(
    "B8", note="A ratio J(k+1) / J(k) that is rational in k and goes as 1 - p/k means a power law k^-p (Gauss's test)."
)
def edge_of_the_spectrum_sets_the_power_law():
    """Eigenvalue moduli of density (nu + 1) (1 - s)^nu give J(k) ~ k^-(nu + 2)."""
    form = closed_form("edge_curve")
    nu, lag = form.parameters
    s = sp.Symbol("s", positive=True)
    density = (nu + 1) * (1 - s) ** nu
    yield given("J(k) is the mean of s^(2k) (1 - s^2), s = |lambda| (B1), over the density", density)
    primitive = -((1 - s) ** (nu + 1))
    yield shown("whose integral is 1:", sp.diff(primitive, s), density)
    moment = (nu + 1) * sp.beta(2 * lag + 1, nu + 1)
    yield given("Its moments are beta functions: the mean of s^(2k) is", moment)
    yield shown("The curve is the difference of two of them,", moment - moment.subs(lag, lag + 1), form.expression)
    yield shown("one of which comes out.", form.expression.rewrite(sp.gamma), form.stable.rewrite(sp.gamma))
    yield shown("k (J(k+1) / J(k) - 1) tends to the exponent.", power_of(form.stable, lag), -(nu + 2))


@proof("B9", note="J(k) is a mean over the spectrum since a random input drives all modes equally (B1).")
def semicircle_memory_is_of_catalan_numbers():
    """Of the semicircle law of edge g, J(k) = g^(2k) Cat_k / 4^k - g^(2k+2) Cat_(k+1) / 4^(k+1); at g = 1 it falls as
    k^(-5/2)."""
    form = closed_form("semicircle_curve")
    g, lag = form.parameters
    y = sp.Symbol("y", real=True)
    density = 2 / (sp.pi * g**2) * sp.sqrt(g**2 - y**2)
    yield given("The density of the eigenvalues, on [-g, g]", density)
    moment = g ** (2 * lag) * sp.catalan(lag) / 4**lag
    yield given("The moment m_k of order 2k should be", moment)
    primitive = (y * sp.sqrt(g**2 - y**2) + g**2 * sp.asin(y / g)) / (sp.pi * g**2)
    yield shown("Order 0: a primitive of the density", sp.diff(primitive, y) - density, 0, display=primitive)
    yield shown("rises by 1 between the edges.", primitive.subs(y, g) - primitive.subs(y, -g), moment.subs(lag, 0))
    boundary = y ** (2 * lag + 1) * (g**2 - y**2) ** sp.Rational(3, 2)
    derivative = ((2 * lag + 1) * g**2 * y ** (2 * lag) - (2 * lag + 4) * y ** (2 * lag + 2)) * sp.sqrt(g**2 - y**2)
    yield shown(
        "The derivative of what vanishes at both edges has integral 0: (2k+1) g^2 m_k = (2k+4) m_(k+1).",
        sp.diff(boundary, y) / sp.sqrt(g**2 - y**2),
        derivative / sp.sqrt(g**2 - y**2),
    )
    yield shown(
        "The Catalan numbers obey that recurrence.", ratio_of(moment, lag), (2 * lag + 1) * g**2 / (2 * lag + 4)
    )
    yield shown("J(k) is the mean of y^(2k) (1 - y^2).", moment - moment.subs(lag, lag + 1), form.expression, of="J(k)")
    critical = form.expression.subs(g, 1)
    yield shown("At g = 1 its exponent is", power_of(critical, lag), -sp.Rational(5, 2), of="p")
    found = prefactor_of(critical, lag, sp.Rational(5, 2), 1)
    yield shown("and its prefactor.", found, 3 / (2 * sp.sqrt(sp.pi)))


@proof("B10", note="J(k) is a mean over the spectrum, of which the return probabilities are the moments (B1).")
def lattice_memory_is_of_return_probabilities():
    """On lattices of 1 and 2 dimensions J(k) = g^(2k) c_k^d - g^(2k+2) c_(k+1)^d, c_k = binomial(2k, k) / 4^k."""
    u, v = sp.symbols("u v", positive=True)
    line = closed_form("lattice_curve")
    g, lag = line.parameters
    returned = sp.binomial(2 * lag, lag) / 4**lag
    j = sp.Symbol("j", integer=True, nonnegative=True)
    term = sp.binomial(2 * lag, j) * u ** (2 * lag - 2 * j) / 4**lag
    yield given("A walk of 2k steps: ((u + 1/u) / 2)^(2k) is the sum over j of", term)
    yield shown("The walks that return are the term without u, j = k.", term.subs(j, lag), returned)
    yield shown(
        "One dimension: J(k) is the difference of two moments.",
        line.expression,
        g ** (2 * lag) * returned - (g ** (2 * lag) * returned).subs(lag, lag + 1),
    )
    s, t = u * v, u / v
    yield shown(
        "Two dimensions: the steps factorise along the diagonals,",
        (s + 1 / s + t + 1 / t) / 4,
        (u + 1 / u) / 2 * (v + 1 / v) / 2,
    )
    square = closed_form("lattice_curve", dimension=2)
    both = g ** (2 * lag) * returned**2
    yield shown("so that the walks return with probability c_k^2.", square.expression, both - both.subs(lag, lag + 1))
    for form, walks, exponent, prefactor in (
        (line, 1, sp.Rational(3, 2), 1 / (2 * sp.sqrt(sp.pi))),
        (square, 2, sp.Integer(2), 1 / sp.pi),
    ):
        critical = form.expression.subs(g, 1)
        yield shown("At g = 1 the exponent is", power_of(critical, lag), -exponent, of="p")
        yield shown("and the prefactor", prefactor_of(critical, lag, exponent, walks), prefactor)


@proof("B11")
def normal_discs_forget_as_the_square():
    """Eigenvalues that fill the unit disc evenly give J(k) = 1 / ((k + 1) (k + 2))."""
    form = closed_form("disc_curve")
    (lag,) = form.parameters
    yield given("x = |lambda|^2 is uniform on [0, 1]; J(k) is the mean of", x**lag * (1 - x))
    primitive = x ** (lag + 1) / (lag + 1) - x ** (lag + 2) / (lag + 2)
    yield shown("A primitive", sp.diff(primitive, x), x**lag * (1 - x))
    yield shown("between 0 and 1", primitive.subs(x, 1) - 0, form.expression)
    partial = 1 - 1 / (lag + 2)
    yield shown("The lags sum to 1: the first", partial.subs(lag, 0), form.expression.subs(lag, 0))
    yield shown("and each next one.", partial.subs(lag, lag + 1) - partial, form.expression.subs(lag, lag + 1))


@proof("B12")
def normal_networks_stay_below_an_envelope():
    """No normal network has J(k) above k^k / (k + 1)^(k + 1), nor any that is not completely monotone."""
    form = closed_form("normal_envelope")
    lag = sp.Symbol("k", integer=True, positive=True)
    best = lag / (lag + 1)
    memory = x**lag * (1 - x)
    yield given("J(k) is a mean of x^k (1 - x) over the modes, x = |lambda|^2 (B1): at most its maximum.", memory)
    yield shown(
        "Its slope changes sign once, at x = k / (k + 1):", sp.diff(memory, x), (lag + 1) * x ** (lag - 1) * (best - x)
    )
    yield shown("there it is the envelope.", memory.subs(x, best), form.general.subs(form.parameters[0], lag))
    yield shown(
        "The envelope goes as 1 / (e k).",
        sp.limit(lag * form.general.subs(form.parameters[0], lag), lag, sp.oo),
        sp.exp(-1),
    )
    order = sp.Symbol("n", integer=True, nonnegative=True)
    difference = x**k * (1 - x) ** (order + 1)
    yield shown(
        "The n-th difference of the curve, up to sign, is a mean of x^k (1 - x)^(n+1): n = 0",
        difference.subs(order, 0),
        x**k * (1 - x),
    )
    yield shown(
        "and n + 1 from n. None is negative.", difference - difference.subs(k, k + 1), difference.subs(order, order + 1)
    )
    yield positive(
        "A chain of gain 1, J(k) = 1 / (k + 1), is above the envelope at lag 1.",
        closed_form("chain_curve").at(a=1, k=1) - form.at(k=1),
        strict=True,
    )
