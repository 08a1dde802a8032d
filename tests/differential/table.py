"""The table of promises in docs/accuracy.md: python -m tests.differential.table writes it, a test compares it."""

from pathlib import Path

from tests.differential.running import MEASURES

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
BEGIN, END = "<!-- table of promises: begin -->", "<!-- table of promises: end -->"

TRUTH = {
    "fisher_memory_curve": "W\\*^k C^-1 W^k between inputs; C and the total by doubling of their series",
    "total_fisher_memory": "v\\* J^s v, J^s by doubling of its series",
    "fisher_memory_matrix": "w_k\\* C^-1 w_l",
    "spatial_fisher_memory": "sum of W\\*^k C^-1 W^k by doubling",
    "optimal_input": "J^s: no direction holds more",
    "noise_covariance": "sum of W^k Q W\\*^k by doubling, with a bound of the tail",
    "noise_covariance_factor": "Cholesky's factor of C",
    "memory_function": "x c_k\\* (C + x P)^-1 c_k, log det(1 + x C^-1 P) / 2; without noise P^-1 in a Krylov basis",
    "memory_capacity": "trace (C + x P)^-1 x P; without noise the exact rank of v, W v, ...",
    "mutual_information": "log det(1 + x C^-1 P) / 2",
    "snr_curve": "x trace w_k\\* (C + r)^-1 w_k",
    "nuisance_information": "Schur complement beside the other lags; 0 by exact rank",
    "transient_amplification": "\\|\\|W^k v\\|\\|",
    "rounding_sensitivity": "sum of \\|G_ij W_ij\\| by adjoint equations",
    "certify": "the truth of the measure",
    "ContinuousNetwork.discretised": "exponential of Van Loan's matrix; solves",
    "henrici_departure": "roots of the exact characteristic polynomial",
    "commutator_norm": "\\|\\|W W\\* - W\\* W\\|\\|_F",
    "departure_bounds": "the exact departure lies between them",
    "normal_distance": "matrices that are normal, and theorems, on either side",
    "normality_test": "W W\\* = W\\* W in integers",
    "eigenvalue_conditions": "adj(z - W) / p'(z) at exact roots; the minimal polynomial",
    "eigenvector_condition": "columns of adj(z - W) at exact roots",
    "numerical_radius": "y - H(t) > 0 for all t, or not: cyclic reduction",
    "numerical_abscissa": "y - (W + W\\*) / 2 > 0, or not",
    "crawford_number": "a supporting line, and the hull of points x\\* W x",
    "numerical_range": "y - H(t) > 0, or not, at some angles",
    "pseudomode": "(z - W)\\*(z - W) > y^2, or not",
    "pseudospectrum": "(z - W)\\*(z - W) > y^2, or not",
    "pseudospectral_radius": "sigma_min > eps on the whole circle, or not: cyclic reduction",
    "pseudospectral_abscissa": "sigma_min > eps on the whole line, or not: cyclic reduction",
    "kreiss_constant": "its value at the point; a search for a larger one",
    "transient_growth": "y^2 - W\\*^k W^k > 0, or not",
    "growth_lower_bound": "the formula with the exact resolvent is not exceeded",
    "growth_upper_bound": "no power exceeds it",
    "schur_form": "residual, unitarity, shape",
    "chain_order": "all permutations, up to 6 units",
    "link_profile": "means along the order that it gives",
    "LinearNetwork.radius": "roots of the exact characteristic polynomial",
    "ContinuousNetwork.abscissa": "roots of the exact characteristic polynomial",
    "LinearNetwork.rescaled": "roots of the exact characteristic polynomial",
    "mean_field": "Gaussian integrals of erf in closed form",
    "optimal_network": "J_tot of the network",
    "optimal_chain": "the best of all shorter and neighbouring chains",
}

HEAD = [
    "| function | part | error | at most | the truth that it is held to |",
    "|---|---|---|---|---|",
]


def tolerance(promise):
    """What the error is at most."""
    if promise.error == "exact":
        return "0"
    if promise.error == "bound":
        return "holds"
    if promise.rtol is None:
        return "as stated"
    return f"{promise.rtol:.0e} of {promise.relative_to}".replace("e-0", "e-").replace("|", "\\|")


def lines():
    """The rows of the table: one for each function, and each kind of promise of it."""
    for measure in MEASURES:
        name = f"`{measure.function}`" + (f", {measure.variant}" if measure.variant else "")
        for promise in dict.fromkeys(measure.parts.values()):
            parts = ", ".join(part or "value" for part, other in measure.parts.items() if other == promise)
            yield f"| {name} | {parts} | {promise.error} | {tolerance(promise)} | {TRUTH[measure.function]} |"


def section():
    """The table as it stands between the marks of the page."""
    return "\n".join([BEGIN, "", *HEAD, *lines(), "", END])


def written(text):
    """The page with the table of today."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return before + section() + after


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
