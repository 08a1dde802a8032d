"""Proofs for claims B8 to B12: how the spectrum of a large normal network decides its memory curve."""

from __future__ import annotations

import sympy as sp

from linmem.symbolic.expressions import ClosedForm
from linmem.symbolic.formulas import closed_form
from linmem.symbolic.proofs import Steps, given, positive, proof, shown

k = sp.Symbol("k", integer=True, nonnegative=True)
x = sp.Symbol("x", positive=True)
HALF = sp.Rational(1, 2)


def ratio_of(curve: sp.Expr, lag: sp.Symbol) -> sp.Expr:
    """J(k+1) / J(k), a rational function."""
    smooth = sp.Symbol("k", positive=True)  # sympy simplifies gamma functions of a variable that need not be whole
    gammas = curve.rewrite(sp.gamma).subs(lag, smooth)
    ratio = as_fraction(gammas.subs(smooth, smooth + 1) / gammas)
    return ratio.subs(smooth, lag)


def as_fraction(gammas: sp.Expr) -> sp.Expr:
    """A ratio of gamma functions as a rational function."""
    simplified = sp.gammasimp(sp.powsimp(sp.expand(gammas)))
    return sp.cancel(sp.expand_func(simplified))


def power_of(curve: sp.Expr, lag: sp.Symbol) -> sp.Expr:
    """The exponent of k: the limit of k (J(k+1) / J(k) - 1)."""
    slope = sp.cancel(lag * (ratio_of(curve, lag) - 1))
    return sp.limit(slope, lag, sp.oo)


def prefactor_of(curve: sp.Expr, lag: sp.Symbol, exponent: sp.Expr, walks: int) -> sp.Expr:
    """The limit of k^exponent J(k), where J(k) is a rational function times c_k^walks, c_k = binomial(2k, k) / 4^k."""
    smooth = sp.Symbol("k", positive=True)
    # Wallis: sqrt(pi k) c_k tends to 1
    logarithm = sp.loggamma(smooth + HALF) - sp.loggamma(smooth + 1) + sp.log(smooth) / 2
    wallis = sp.limit(sp.exp(logarithm), smooth, sp.oo)
    middle = sp.gamma(smooth + HALF) / (sp.sqrt(sp.pi) * sp.gamma(smooth + 1))
    rational = as_fraction(curve.rewrite(sp.gamma).subs(lag, smooth) / middle**walks)
    leading = sp.limit(smooth ** (exponent - walks * HALF) * rational, smooth, sp.oo)
    return leading * (wallis / sp.sqrt(sp.pi)) ** walks


@proof(
    "B8", note="A ratio J(k+1) / J(k) that is rational in k and goes as 1 - p/k means a power law k^-p (Gauss's test)."
)
def edge_of_the_spectrum_sets_the_power_law() -> Steps:
    """Eigenvalue moduli of density (nu + 1) (1 - s)^nu give J(k) ~ k^-(nu + 2)."""
    form = closed_form("edge_curve")
    nu, lag = form.parameters
    s = sp.Symbol("s", positive=True)
    density = (nu + 1) * (1 - s) ** nu
    yield given("J(k) is the mean of s^(2k) (1 - s^2), s = |lambda| (B1), over this density.", density)
    primitive = -((1 - s) ** (nu + 1))
    yield shown(
        "The density has this primitive, so that its integral is 1.",
        sp.diff(primitive, s),
        density,
    )
    moment = (nu + 1) * sp.beta(2 * lag + 1, nu + 1)
    yield given("Its moments are beta functions. The mean of s^(2k) is this one.", moment)
    yield shown(
        "The curve is the difference of two moments.",
        moment - moment.subs(lag, lag + 1),
        form.expression,
    )
    yield shown(
        "The difference is one beta function times a fraction.",
        form.expression.rewrite(sp.gamma),
        form.stable.rewrite(sp.gamma),
    )
    yield shown(
        "k (J(k+1) / J(k) - 1) tends to the exponent.",
        power_of(form.stable, lag),
        -(nu + 2),
    )


@proof("B9", note="J(k) is a mean over the spectrum because a random input drives all modes equally (B1).")
def semicircle_memory_is_of_catalan_numbers() -> Steps:
    """For the semicircle law of edge g, J(k) = g^(2k) Cat_k / 4^k - g^(2k+2) Cat_(k+1) / 4^(k+1); at g = 1 it falls as
    k^(-5/2)."""
    form = closed_form("semicircle_curve")
    g, lag = form.parameters
    moment = g ** (2 * lag) * sp.catalan(lag) / 4**lag
    yield from _moments_of_semicircle(g, lag, moment)
    yield shown(
        "J(k) is the mean of y^(2k) (1 - y^2).",
        moment - moment.subs(lag, lag + 1),
        form.expression,
        of="J(k)",
    )
    critical = form.expression.subs(g, 1)
    exponent = sp.Rational(5, 2)
    yield shown(
        "This is its exponent at g = 1.",
        power_of(critical, lag),
        -exponent,
        of="p",
    )
    yield shown(
        "This is its prefactor at g = 1.",
        prefactor_of(critical, lag, exponent, 1),
        3 / (2 * sp.sqrt(sp.pi)),
    )


def _moments_of_semicircle(g: sp.Symbol, lag: sp.Symbol, moment: sp.Expr) -> Steps:
    y = sp.Symbol("y", real=True)
    root = sp.sqrt(g**2 - y**2)
    density = 2 / (sp.pi * g**2) * root
    yield given("This is the density of the eigenvalues, on [-g, g].", density)
    yield given("The moment m_k of order 2k is to be this number.", moment)
    primitive = (y * root + g**2 * sp.asin(y / g)) / (sp.pi * g**2)
    yield shown(
        "For order 0, this is a primitive of the density.",
        sp.diff(primitive, y) - density,
        0,
        display=primitive,
    )
    rise = primitive.subs(y, g) - primitive.subs(y, -g)
    yield shown(
        "The primitive rises by 1 between the edges.",
        rise,
        moment.subs(lag, 0),
    )
    vanishing_at_edges = y ** (2 * lag + 1) * (g**2 - y**2) ** sp.Rational(3, 2)
    of_moments = (2 * lag + 1) * g**2 * y ** (2 * lag) - (2 * lag + 4) * y ** (2 * lag + 2)
    yield shown(
        "A function that vanishes at both edges has a derivative with integral 0: (2k+1) g^2 m_k = (2k+4) m_(k+1).",
        sp.diff(vanishing_at_edges, y) / root,
        of_moments,
    )
    yield shown(
        "The Catalan numbers have the same recurrence.",
        ratio_of(moment, lag),
        (2 * lag + 1) * g**2 / (2 * lag + 4),
    )


@proof("B10", note="J(k) is a mean over the spectrum, whose moments are the return probabilities (B1).")
def lattice_memory_is_of_return_probabilities() -> Steps:
    """On lattices of 1 and 2 dimensions J(k) = g^(2k) c_k^d - g^(2k+2) c_(k+1)^d, c_k = binomial(2k, k) / 4^k."""
    line, square = closed_form("lattice_curve"), closed_form("lattice_curve", dimension=2)
    g, lag = line.parameters
    returned = sp.binomial(2 * lag, lag) / 4**lag
    yield from _walks_on_a_line(line, returned)
    yield from _walks_on_a_plane(square, returned)
    cases = (
        (line, 1, sp.Rational(3, 2), 1 / (2 * sp.sqrt(sp.pi))),
        (square, 2, sp.Integer(2), 1 / sp.pi),
    )
    for form, walks, exponent, prefactor in cases:
        critical = form.expression.subs(g, 1)
        yield shown(
            "This is the exponent at g = 1.",
            power_of(critical, lag),
            -exponent,
            of="p",
        )
        yield shown(
            "This is the prefactor at g = 1.",
            prefactor_of(critical, lag, exponent, walks),
            prefactor,
        )


def _walks_on_a_line(form: ClosedForm, returned: sp.Expr) -> Steps:
    g, lag = form.parameters
    u = sp.Symbol("u", positive=True)
    j = sp.Symbol("j", integer=True, nonnegative=True)
    term = sp.binomial(2 * lag, j) * u ** (2 * lag - 2 * j) / 4**lag
    moment = g ** (2 * lag) * returned
    yield given("A walk of 2k steps is ((u + 1/u) / 2)^(2k), the sum of these terms over j.", term)
    yield shown(
        "The walks that return are the term without u, j = k.",
        term.subs(j, lag),
        returned,
    )
    yield shown(
        "In one dimension J(k) is the difference of two moments.",
        form.expression,
        moment - moment.subs(lag, lag + 1),
    )


def _walks_on_a_plane(form: ClosedForm, returned: sp.Expr) -> Steps:
    g, lag = form.parameters
    u, v = sp.symbols("u v", positive=True)
    s, t = u * v, u / v
    moment = g ** (2 * lag) * returned**2
    yield shown(
        "In two dimensions the steps factorise along the diagonals.",
        (s + 1 / s + t + 1 / t) / 4,
        (u + 1 / u) / 2 * (v + 1 / v) / 2,
    )
    yield shown(
        "So the walks return with probability c_k^2.",
        form.expression,
        moment - moment.subs(lag, lag + 1),
    )


@proof("B11")
def normal_discs_forget_as_the_square() -> Steps:
    """Eigenvalues that fill the unit disc evenly give J(k) = 1 / ((k + 1) (k + 2))."""
    form = closed_form("disc_curve")
    (lag,) = form.parameters
    integrand = x**lag * (1 - x)
    yield given("x = |lambda|^2 is uniform on [0, 1], and J(k) is the mean of this function.", integrand)
    primitive = x ** (lag + 1) / (lag + 1) - x ** (lag + 2) / (lag + 2)
    yield shown(
        "The function has this primitive.",
        sp.diff(primitive, x),
        integrand,
    )
    yield shown(
        "The primitive rises by J(k) between 0 and 1.",
        primitive.subs(x, 1) - 0,
        form.expression,
    )
    partial = 1 - 1 / (lag + 2)
    yield shown(
        "The sum of the lags up to k is 1 - 1 / (k + 2), which tends to 1. It begins with J(0).",
        partial.subs(lag, 0),
        form.expression.subs(lag, 0),
    )
    yield shown(
        "Each further lag adds its memory to the sum.",
        partial.subs(lag, lag + 1) - partial,
        form.expression.subs(lag, lag + 1),
    )


@proof("B12")
def normal_networks_stay_below_an_envelope() -> Steps:
    """No normal network has J(k) above k^k / (k + 1)^(k + 1), and every curve is completely monotone."""
    form = closed_form("normal_envelope")
    yield from _maximum_over_modes(form)
    yield from _complete_monotonicity()
    yield positive(
        "A chain of gain 1, J(k) = 1 / (k + 1), exceeds the envelope at lag 1.",
        closed_form("chain_curve").at(a=1, k=1) - form.at(k=1),
        strict=True,
    )


def _maximum_over_modes(form: ClosedForm) -> Steps:
    lag = sp.Symbol("k", integer=True, positive=True)
    envelope = form.general.subs(form.parameters[0], lag)
    best = lag / (lag + 1)
    memory = x**lag * (1 - x)
    yield given("J(k) is a mean of x^k (1 - x) over the modes, x = |lambda|^2 (B1): at most its maximum.", memory)
    yield shown(
        "Its slope changes sign once, at x = k / (k + 1).",
        sp.diff(memory, x),
        (lag + 1) * x ** (lag - 1) * (best - x),
    )
    yield shown(
        "The maximum is the envelope.",
        memory.subs(x, best),
        envelope,
    )
    yield shown(
        "The envelope falls as 1 / (e k).",
        sp.limit(lag * envelope, lag, sp.oo),
        sp.exp(-1),
    )


def _complete_monotonicity() -> Steps:
    order = sp.Symbol("n", integer=True, nonnegative=True)
    difference = x**k * (1 - x) ** (order + 1)
    yield shown(
        "The n-th difference of the curve, up to sign, is a mean of x^k (1 - x)^(n+1). It begins with n = 0.",
        difference.subs(order, 0),
        x**k * (1 - x),
    )
    yield shown(
        "The difference n + 1 follows from n. No difference is negative.",
        difference - difference.subs(k, k + 1),
        difference.subs(order, order + 1),
    )
