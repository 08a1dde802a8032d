"""The promises of the functions of a matrix: eigenvalues, non-normality, pseudospectra, the numerical range, growth."""

import numpy as np
from flint import acb, arb
from scipy.optimize import linear_sum_assignment

import linmem as lm
from tests.differential import balls
from tests.differential.balls import Threshold, UndecidedError, exact, frobenius, identity, star
from tests.differential.memory_promises import all_of, scaled_times
from tests.differential.promises import AtLeast, AtMost, Measure, Promise
from tests.differential.truth_of_matrices import weight_of_path

STEPS = 6
DURATION = 3.0
ANGLES = 4


def size_of(case, drift=False):
    W = (case.continuous() if drift else case.alone()).matrix
    return float(np.abs(W).max()) or 1.0


def eps_of(case):
    """The norm of a perturbation, from a thousandth of a millionth of the matrix to all of it."""
    return size_of(case) * (1e-9, 1e-4, 1e-2, 1.0)[case.seed % 4]


def of_matrix(name, drift=False):
    return lambda case, truths, answer: {"": getattr(truths.drift() if drift else truths.matrix(), name)}


def norm_of(case, truths):
    """||W||_F."""
    return truths.matrix().frobenius


def departure_truth(case, truths, answer):
    parts = np.array([acb(truths.matrix(m).departure) for m in case.members])
    return {"": parts if case.stack else parts[0]}


def relative_departure_truth(case, truths, answer):
    M = truths.matrix()
    return {"": acb(M.departure / M.frobenius) if M.doubles.any() else acb(0)}


def commutator_truth(case, truths, answer):
    parts = np.array([acb(truths.matrix(m).commutator) for m in case.members])
    return {"": parts if case.stack else parts[0]}


def bounds_truth(case, truths, answer):
    """The bounds hold, and are not looser than their formulas by more than rounding."""
    M = truths.matrix()
    d = M.departure
    lower, commutator_upper, trace_upper = M.departure_formulas()
    slack = M.frobenius * arb(1e-6)  # the root of a difference that rounding leaves
    return {
        "lower": AtMost(d),
        "upper": AtLeast(d),
        "commutator_upper": AtLeast(d),
        "trace_upper": AtLeast(d),
        "tight": all_of(
            [
                is_near(answer.lower, lower, slack),
                is_near(answer.commutator_upper, commutator_upper, slack),
                is_near(answer.trace_upper, trace_upper, slack),
            ]
        ),
    }


def is_near(value, true, slack):
    """Whether a value is as near to its formula as that; True where the balls leave it open."""
    return not abs(arb(float(value)) - true) > slack


def distance_truth(case, truths, answer):
    """The lower bound is below the distance to a normal matrix, the upper one above a proved lower one."""
    M = truths.matrix()
    lower, upper = M.normal_distance_formulas()
    slack = M.frobenius * arb(1e-8)
    unitary = arb(M.unitary_distance())
    tight = [is_near(answer[0], lower.min(upper), slack), is_near(answer[1], upper.min(unitary), slack)]
    return {
        "lower": AtMost(upper.min(unitary + slack * arb(1e-4))),
        "upper": AtLeast(lower),
        "tight": all_of(tight),
    }


def normality_truth(case, truths, answer):
    is_normal = balls.is_exactly_normal(truths.matrix().doubles)
    return {"verdict": answer.verdict in (("normal", "undecided") if is_normal else ("not normal", "undecided"))}


def matched(case, truths, values, roots):
    """For each computed eigenvalue the index of the true one beside it, multiplicities counted."""
    repeated = [i for i, (_, count, *_) in enumerate(roots) for _ in range(count)]
    size = size_of(case)
    near = np.array([complex(roots[i][0] / size) for i in repeated])
    cost = np.abs(np.asarray(values)[:, None] / size - near)
    _, columns = linear_sum_assignment(cost)
    return [repeated[j] for j in columns]


def conditions_truth(case, truths, answer):
    M = truths.matrix()
    values, _ = answer
    roots = M.eigenvalues
    places = matched(case, truths, values, roots)
    known = [M.condition(i) for i in places]
    if any(condition is None for condition in known):
        return {"eigenvalues": np.array([roots[i][0] for i in places])}
    return {
        "eigenvalues": np.array([roots[i][0] for i in places]),
        "conditions": np.array([acb(condition) for condition in known]),
    }


def eigenvector_truth(case, truths, answer):
    condition = truths.matrix().eigenvector_condition
    return {} if condition is None else {"": acb(condition)}


def range_truth(case, truths, answer):
    """The support at some angles, and whether corners of the inner polygon lie in these half planes."""
    M = truths.matrix()
    chosen = np.linspace(0, len(answer.angles) - 1, ANGLES).astype(int)
    support = [M.support(answer.angles[i]) for i in chosen]
    return {"support": np.array(support, object), "gap": inside(M, answer, chosen)}


def inside(M, answer, chosen):
    """No corner of the inner polygon lies outside of F(W): h(t) >= Re e^{-it} z, but for rounding."""
    verdicts = []
    slack = M.frobenius * arb(1e-13)
    for i in chosen:
        direction = acb(0, -arb(float(answer.angles[i]))).exp()
        furthest = max(((direction * acb(complex(z))).real for z in answer.boundary), key=lambda x: float(x.mid()))
        below = M.support(answer.angles[i]).is_below(furthest - slack)
        verdicts.append(None if below is None else not below)
    return all_of(verdicts)


def read_range(answer, part):
    if part != "support":
        return getattr(answer, part)
    chosen = np.linspace(0, len(answer.angles) - 1, ANGLES).astype(int)
    return answer.support[chosen]


def pseudospectrum_truth(case, truths, answer):
    M = truths.matrix()
    z = [complex(x, y) for y in answer.y for x in answer.x]
    return {"sigma_min": np.array([M.smallest_singular_value(point) for point in z], object)}


def box_of(case):
    size = size_of(case)
    return (-size, 0.5 * size, -0.75 * size, 0.5 * size)


def kreiss_truth(continuous):
    """The value is attained at the point, to its error; no point of a search exceeds the upper bound."""

    def truth(case, truths, answer):
        M = truths.drift() if continuous else truths.matrix()
        if not np.isfinite(answer.upper):
            extreme = M.abscissa if continuous else M.radius
            limit = 0 if continuous else 1
            return {"upper": True if extreme > limit else (False if extreme < limit else None)}
        attained = arb(1)
        if np.isfinite(answer.point):
            attained = attained.max(value_at(M, answer.point, continuous))
        largest = largest_found(M, answer, continuous).max(attained)
        return {
            "value": AtMost(attained + arb(max(1e-6 * float(answer.value), answer.value.error))),
            "lower": AtMost(largest * arb(1.001)),
            "upper": AtLeast(largest.lower()),
        }

    return truth


def value_at(M, z, continuous):
    """(|z| - 1) ||(z - W)^-1||, or Re z ||(z - A)^-1||."""
    z = acb(complex(z))
    margin = z.real if continuous else abs(z) - 1
    sigma = balls.norm(balls.inverse(M.one * z - M.W)).enclosure(60)
    return margin * sigma


def largest_found(M, answer, continuous):
    """The largest value that a search in doubles finds, evaluated in balls; at least 1."""
    W = M.doubles
    size = np.abs(W).max()

    def value(z):
        margin = z.real if continuous else abs(z) - 1
        if not margin > 0:
            return 0.0
        return margin / max(np.linalg.svd(z * np.eye(len(W)) - W, compute_uv=False)[-1], 1e-300)

    grid = candidates(W, size, continuous)
    best = max(grid, key=value)
    width = 0.3
    for _ in range(40):
        trials = [best + width * step * (abs(best) if continuous else abs(best) - 1) for step in
                  np.exp(2j * np.pi * np.arange(8) / 8)]  # fmt: skip
        better = max(trials, key=value)
        if value(better) > value(best):
            best = better
        else:
            width /= 2
    return arb(1).max(value_at(M, best, continuous).lower())


def candidates(W, size, continuous):
    if continuous:
        return [size * 10.0**e * np.exp(1j * t) for e in np.arange(-6, 2.0) for t in np.linspace(-1.5, 1.5, 13)]
    return [(1 + 10.0**e) * np.exp(1j * t) for e in np.arange(-6, 2.0) for t in np.linspace(0, 2 * np.pi, 24)]


def growth_truth(case, truths, answer):
    """The norms of powers, and the first state that grows to the peak: ||W^k x|| = peak ||x||."""
    norms = [truths.matrix(m).growth(STEPS) for m in case.members]
    shaped = np.empty((len(norms), STEPS + 1), object)
    for i, row in enumerate(norms):
        shaped[i] = row
    return {"norms": shaped if case.stack else shaped[0]}


def continuous_growth_truth(case, truths, answer):
    return {"norms": np.array(truths.drift().continuous_growth(answer.times), object)}


def lower_bound_truth(continuous):
    """It is at most the largest norm within tau steps; in continuous time at most the formula, but for a rounding."""

    def truth(case, truths, answer):
        M = truths.drift() if continuous else truths.matrix()
        z = point_of(case, continuous)
        sigma = balls.norm(balls.inverse(M.one * z - M.W)).enclosure(60)
        if continuous:
            kappa = z.real * sigma
            decay = (-z.real * arb(tau_of(case, True))).exp()
        else:
            r = abs(z)
            kappa, decay = r * (r - 1) * sigma - r + 1, r ** (-tau_of(case, False))
        formula = (1 / ((1 - decay) / kappa + decay) if kappa > 0 else arb(0)) * arb(1 + 1e-13)
        if continuous:
            return {"": AtMost(formula) if formula > 0 else True}
        near = bool(arb(float(answer)) <= formula) if formula > 0 else True
        some_norm_is_above = [norm.is_below(arb(float(answer))) for norm in M.growth(tau_of(case, False))[1:]]
        return {"": near and (True if False in some_norm_is_above else (None if None in some_norm_is_above else False))}

    return truth


def point_of(case, continuous):
    if continuous:
        return acb(size_of(case, drift=True) * 0.3, size_of(case, drift=True) * 0.1)
    return acb(1.1, 0.2)


def tau_of(case, continuous):
    return 5.0 / size_of(case, drift=True) if continuous else 5


def upper_bound_truth(case, truths, answer):
    """No norm of a power exceeds it."""
    if answer == np.inf:
        return {"": True}
    below = [norm.is_below(arb(float(answer) * (1 + 1e-15))) for norm in truths.matrix().growth(STEPS)]
    return {"": all_of(below)}


def schur_truth(output):
    """W = Z T Z* to the stated backward error, Z unitary, T triangular, and eigenvalues as near as stated."""

    def truth(case, truths, answer):
        M = truths.matrix()
        T, Z = exact(answer.T), exact(answer.Z)
        backward, slant = (arb(float(np.max(array.error))) for array in (answer.T, answer.Z))
        of_unitarity = slant * 2 * M.frobenius * arb(M.n).sqrt()
        residual = frobenius(Z * T * star(Z) - M.W) <= backward + of_unitarity + M.frobenius * arb(1e-40)
        unitary = frobenius(star(Z) * Z - identity(M.n)) <= 2 * slant * arb(M.n).sqrt() + arb(1e-40)
        below = np.tril(answer.T, -1 if output == "complex" else -2)
        found = {"T": bool(residual) and not below.any(), "Z": bool(unitary)}
        try:
            roots = M.eigenvalues
        except UndecidedError:  # multiple ones of a complex matrix
            return found
        places = matched(case, truths, answer.eigenvalues, roots)
        return found | {"eigenvalues": np.array([roots[i][0] for i in places])}

    return truth


def radius_truth(continuous=False):
    def truth(case, truths, answer):
        M = truths.drift() if continuous else truths.matrix()
        extreme = M.abscissa if continuous else M.radius
        limit = 0 if continuous else 1
        known = {True: extreme < limit, False: extreme >= limit, None: True}[answer.stable]
        room = abs(extreme) * arb(2.0**-52)
        return {"lower": AtMost(extreme + room), "upper": AtLeast(extreme - room), "stable": bool(known) or None}

    return truth


def rescaled_truth(case, truths, answer):
    from tests.differential.truth_of_matrices import Matrix

    radius = Matrix(answer.recurrent).radius
    return {"recurrent": bool(abs(radius - arb(0.7)) < arb(1e-6)) or None if not radius.rad() < 1e-9 else
            bool(abs(radius - arb(0.7)) < arb(1e-6))}  # fmt: skip


def order_truth(case, truths, answer):
    """A permutation; within 40 % of the heaviest path among all orders."""
    M = truths.matrix()
    order = np.asarray(answer)
    if sorted(order.tolist()) != list(range(M.n)):
        return {"": False}
    squares = np.abs(M.doubles / (np.abs(M.doubles).max() or 1)) ** 2
    return {"": weight_of_path(squares, order) >= 0.6 * M.heaviest_path() - 1e-12}


def profile_truth(case, truths, answer):
    """Mean and standard error at each distance along the order that the answer gives."""
    W = truths.matrix().doubles[np.ix_(answer.order, answer.order)]
    n = len(W)
    means, errors = [], []
    for distance in range(1 - n, n):
        weights = [arb(float(x)) for x in np.diagonal(W, -distance)]
        mean = sum(weights, arb(0)) / len(weights)
        spread = sum(((w - mean) * (w - mean) for w in weights), arb(0)) / max(len(weights) - 1, 1) / len(weights)
        means.append(acb(mean))
        errors.append(acb(spread.nonnegative_part().sqrt()) if len(weights) > 1 else acb(arb("inf")))
    return {"mean": np.array(means), "standard_error": np.array(errors)}


RARE = 0.2  # of the networks: it takes seconds
BOUND = Promise(None, "bound")
BACKWARD = Promise(None, "estimated", "W, backwards")
OF_NORM = {"scale": norm_of, "takes_stacks": False}

MEASURES = [
    Measure("henrici_departure", lambda case, net: lm.henrici_departure(net), departure_truth,
            {"": Promise(1e-9, relative_to="||W||_F")}, "matrix", scale=norm_of),
    Measure("henrici_departure", lambda case, net: lm.henrici_departure(net, relative=True), relative_departure_truth,
            {"": Promise(1e-9, relative_to="1")}, "matrix", variant="relative", takes_stacks=False,
            scale=lambda case, truths: arb(1)),
    Measure("commutator_norm", lambda case, net: lm.commutator_norm(net), commutator_truth,
            {"": Promise(1e-13, "proved", "||W||_F^2")}, "matrix",
            scale=lambda case, truths: norm_of(case, truths) * norm_of(case, truths)),
    Measure("departure_bounds", lambda case, net: lm.departure_bounds(net), bounds_truth,
            {"lower": BOUND, "upper": BOUND, "commutator_upper": BOUND, "trace_upper": BOUND, "tight": BOUND},
            "matrix", takes_stacks=False),
    Measure("normal_distance", lambda case, net: lm.normal_distance(net), distance_truth,
            {"lower": BOUND, "upper": BOUND, "tight": BOUND}, "matrix", takes_stacks=False,
            read=lambda answer, part: answer[part == "upper"]),
    Measure("normality_test", lambda case, net: lm.normality_test(net), normality_truth,
            {"verdict": Promise(None, "proved")}, "matrix", takes_stacks=False),
    Measure("eigenvalue_conditions", lambda case, net: lm.eigenvalue_conditions(net), conditions_truth,
            {"eigenvalues": Promise(), "conditions": Promise()}, "matrix", takes_stacks=False,
            read=lambda answer, part: answer[part == "conditions"]),
    Measure("eigenvector_condition", lambda case, net: lm.eigenvector_condition(net), eigenvector_truth,
            {"": Promise()}, "matrix", takes_stacks=False),
    Measure("numerical_radius", lambda case, net: lm.numerical_radius(net), of_matrix("numerical_radius"),
            {"": Promise(1e-13)}, "matrix", takes_stacks=False),
    Measure("numerical_abscissa", lambda case, net: lm.numerical_abscissa(net), of_matrix("numerical_abscissa"),
            {"": Promise(1e-13, relative_to="||W||_F")}, "matrix", **OF_NORM),
    Measure("crawford_number", lambda case, net: lm.crawford_number(net),
            lambda case, truths, answer: {"": acb(truths.matrix().crawford)},
            {"": Promise(2e-14, relative_to="||W||_F")}, "matrix", **OF_NORM),
    Measure("numerical_range", lambda case, net: lm.numerical_range(net, points=24), range_truth,
            {"support": Promise(1e-13, relative_to="||W||_F"), "gap": BOUND}, "matrix", read=read_range, **OF_NORM),
    Measure("pseudospectrum", lambda case, net: lm.pseudospectrum(net, box_of(case), 3), pseudospectrum_truth,
            {"sigma_min": Promise(1e-6)}, "matrix", takes_stacks=False),
    Measure("pseudomode", lambda case, net: lm.pseudomode(net, complex(*box_of(case)[1:3])),
            lambda case, truths, answer: {"sigma_min": truths.matrix().smallest_singular_value(answer.z)},
            {"sigma_min": Promise(1e-6)}, "matrix", takes_stacks=False),
    Measure("pseudospectral_radius", lambda case, net: lm.pseudospectral_radius(net, eps_of(case)),
            lambda case, truths, answer: {"": truths.matrix().pseudospectral_radius(eps_of(case))},
            {"": Promise(1e-8)}, "matrix", takes_stacks=False),
    Measure("pseudospectral_abscissa", lambda case, net: lm.pseudospectral_abscissa(net, eps_of(case)),
            lambda case, truths, answer: {"": truths.matrix().pseudospectral_abscissa(eps_of(case))},
            {"": Promise(1e-8)}, "matrix", takes_stacks=False),
    Measure("kreiss_constant", lambda case, net: lm.kreiss_constant(net, rtol=1e-2), kreiss_truth(False),
            {"value": BOUND, "lower": BOUND, "upper": BOUND}, "matrix", takes_stacks=False, share=RARE),
    Measure("kreiss_constant", lambda case, net: lm.kreiss_constant(net, rtol=1e-2), kreiss_truth(True),
            {"value": BOUND, "lower": BOUND, "upper": BOUND}, "continuous", variant="continuous time", share=RARE),
    Measure("transient_growth", lambda case, net: lm.transient_growth(net, STEPS), growth_truth,
            {"norms": Promise(1e-6)}, "matrix"),
    Measure("transient_growth", lambda case, net: lm.transient_growth(net, STEPS, duration=scaled_times(case)[-1]),
            continuous_growth_truth, {"norms": Promise(1e-6)}, "continuous", variant="continuous time"),
    Measure("growth_lower_bound", lambda case, net: lm.growth_lower_bound(net, 1.1 + 0.2j, 5),
            lower_bound_truth(False), {"": BOUND}, "matrix", takes_stacks=False),
    Measure("growth_lower_bound",
            lambda case, net: lm.growth_lower_bound(net, complex(point_of(case, True)), tau_of(case, True)),
            lower_bound_truth(True), {"": BOUND}, "continuous", variant="continuous time"),
    Measure("growth_upper_bound", lambda case, net: lm.growth_upper_bound(net), upper_bound_truth, {"": BOUND},
            "matrix", takes_stacks=False, share=RARE),
    Measure("schur_form", lambda case, net: lm.schur_form(net), schur_truth("complex"),
            {"T": BACKWARD, "Z": BACKWARD, "eigenvalues": Promise()}, "matrix",
            takes_stacks=False),
    Measure("schur_form", lambda case, net: lm.schur_form(net, "real"), schur_truth("real"),
            {"T": BACKWARD, "Z": BACKWARD, "eigenvalues": Promise()}, "matrix",
            variant="real", takes_stacks=False, applies=lambda case: not case.is_complex),
    Measure("chain_order", lambda case, net: lm.chain_order(net), order_truth, {"": Promise(None, "stated")},
            "matrix", takes_stacks=False, applies=lambda case: case.n <= 6),
    Measure("link_profile", lambda case, net: lm.link_profile(net, 8, samples=3, rng=0), profile_truth,
            {"mean": Promise(1e-13, relative_to="||W||_F"), "standard_error": Promise(1e-13, relative_to="||W||_F")},
            "matrix", scale=norm_of, takes_stacks=False, applies=lambda case: not case.is_complex),
    Measure("LinearNetwork.radius", lambda case, net: net.radius, radius_truth(),
            {"lower": Promise(None, "proved"), "upper": Promise(None, "proved"), "stable": Promise(None, "proved")},
            "matrix", takes_stacks=False),
    Measure("ContinuousNetwork.abscissa", lambda case, net: net.abscissa, radius_truth(True),
            {"lower": Promise(None, "proved"), "upper": Promise(None, "proved"), "stable": Promise(None, "proved")},
            "continuous"),
    Measure("LinearNetwork.rescaled", lambda case, net: net.rescaled(0.7), rescaled_truth,
            {"recurrent": Promise(1e-6, "stated")}, "matrix", takes_stacks=False),
]  # fmt: skip

__all__ = ["MEASURES", "Threshold", "UndecidedError"]
