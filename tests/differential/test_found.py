"""What the harness has found: the simplest case of each kind, which must be right or refused."""

import pytest

from tests.differential.networks import Case
from tests.differential.running import FOREIGN, MEASURES, WRONG, Examined

HUGE, TINY = 1e150, 1e-149
FOUND = [
    # results beyond the largest double, and below the smallest
    (Case(n=1, radius=0.3, input_scale=HUGE, noise_scale=TINY, lags=1),
     ["total_fisher_memory", "nuisance_information"]),
    (Case(n=1, radius=0.3, input_scale=TINY, noise_scale=HUGE, lags=1), ["certify (total_fisher_memory)"]),
    (Case(seed=358280662, family="chain", n=4, strength=30.0, stack=3, noise="diagonal", weight_scale=HUGE,
          noise_scale=TINY), ["noise_covariance"]),
    (Case(seed=1152126631, family="connectome", n=8, radius=0.9999999, weight_scale=TINY, noise_scale=HUGE,
          units="decades"), ["noise_covariance (continuous time)"]),
    (Case(seed=718384407, family="connectome", n=4, radius=0.99, weight_scale=HUGE, units="decades"),
     ["kreiss_constant", "growth_upper_bound"]),
    # a bound so wide that its ratio to the smallest double overflows, before the precision rises
    (Case(seed=1528401677, family="graded", n=4, radius=0.9, strength=1.5, is_complex=True, horizon=1000,
          units="powers of two", lags=1), ["certify (total_fisher_memory)"]),
    # an unstable flow whose W is known to less than 1e-12; weights so alike that their deviation is rounding
    (Case(seed=442655555, family="hidden", n=6, radius=1.2, strength=30.0, stack=2, inputs=1, lags=2),
     ["ContinuousNetwork.discretised (zero-order hold)"]),
    (Case(seed=640644247, family="grcar", n=2, radius=0.3, units="decades", lags=2), ["link_profile"]),
    # products of tiny weights along a line, of a huge input; sums and ratios beyond the largest double
    (Case(seed=242686306, family="connectome", n=4, radius=0.99, strength=1.5, inputs=2, noise="diagonal",
          weight_scale=1e-149, input_scale=HUGE, noise_scale=1e-149, lags=4), ["snr_curve", "transient_amplification"]),
    (Case(seed=1563614812, family="chain", n=6, radius=0.9999999, is_complex=True, weight_scale=1e-149,
          input_scale=HUGE, lags=6), ["transient_amplification"]),
    (Case(seed=466459790, family="graded", n=3, radius=0.9999999, strength=1.5, horizon=1000, noise_scale=1e-149,
          lags=2), ["certify (memory_capacity)"]),
    (Case(seed=1784579444, family="companion", n=4, radius=1.2, strength=30.0, stack=2, noise="variance", horizon=1000,
          noise_scale=HUGE, lags=2), ["certify (total_fisher_memory)"]),
    # a nearly normal matrix, whose departure is the rounding of its Schur form
    (Case(seed=1393504168, family="connectome", n=2, radius=0.3, is_complex=True, inputs=3, input_scale=HUGE,
          noise_scale=HUGE, lags=4), ["normal_distance", "henrici_departure"]),
    # memory of exactly 0 although there is an input
    (Case(n=1, radius=0.3, inputs=2, horizon=1000, weight_scale=HUGE, lags=1),
     ["memory_function", "mutual_information"]),
    (Case(seed=948556416, family="connectome", n=5, radius=0.9999, is_complex=True, noise="variance", horizon=1000,
          weight_scale=HUGE, lags=1), ["memory_function (readout noise)"]),
    (Case(seed=643867220, family="graded", n=4, is_complex=True, noise="diagonal", horizon=1000, lags=4),
     ["fisher_memory_curve", "memory_function"]),
    (Case(seed=981856344, family="graded", n=5, radius=0.9999, inputs=1, noise="hermitian", horizon=1000, lags=2),
     ["fisher_memory_matrix"]),
    (Case(seed=438304974, family="dale", n=4, radius=1.2, strength=30.0, weight_scale=TINY, input_scale=HUGE,
          units="decades", lags=4), ["nuisance_information"]),
    # a ring of one unit over a horizon shorter than the network is large
    (Case(seed=1591173279, family="diagonal", n=2, radius=0.99, horizon="n", lags=4),
     ["memory_capacity", "mutual_information"]),
    # 1 - |lambda|^2 near the circle
    (Case(seed=163802809, family="orthogonal", n=6, radius=1 - 1e-12, strength=1.5, noise="diagonal",
          units="powers of two", lags=2), ["memory_function (no noise)"]),
    (Case(seed=610850577, family="rank_one", n=1, radius=0.9999, stack=2, units="decades", lags=1),
     ["memory_function (no noise)"]),
    # errors that were too small, and other units of time
    (Case(seed=1237080919, family="jordan", n=5, strength=1.5, inputs=1, weight_scale=HUGE, units="decades", lags=2),
     ["fisher_memory_curve (continuous time)", "noise_covariance"]),
    (Case(seed=2050540003, family="connectome", n=3, strength=1.5, noise="diagonal", weight_scale=HUGE,
          noise_scale=HUGE, lags=1), ["fisher_memory_curve (continuous time)"]),
    (Case(seed=1109555168, family="nilpotent", n=3, weight_scale=HUGE, units="powers of two"),
     ["pseudospectral_abscissa"]),
    (Case(seed=1419356336, family="nilpotent", n=2, weight_scale=HUGE, lags=2), ["pseudospectral_radius"]),
    (Case(seed=1051439164, family="nilpotent", n=6, strength=1.5, is_complex=True), ["pseudospectral_radius"]),
    # the rounding of singular values where rows have different units
    (Case(seed=1109212133, family="ginibre", n=5, radius=0.9999, units="powers of two"),
     ["kreiss_constant (continuous time)"]),
    (Case(seed=1307588719, family="stochastic", n=5, radius=0.9999, is_complex=True, units="powers of two"),
     ["kreiss_constant"]),
    # non-linear units
    (Case(n=1, radius=0.3, noise_scale=TINY, lags=1), ["mean_field"]),
    (Case(seed=1040648547, family="nilpotent", n=1, strength=30.0, inputs=3, noise="variance", input_scale=HUGE,
          noise_scale=HUGE), ["mean_field"]),
    (Case(seed=1139449132, family="ginibre", n=3, radius=1 - 1e-12, strength=1.5, inputs=2, units="powers of two"),
     ["mean_field"]),
    # nearly no recurrence, over a long horizon: the error of a trivial sum
    (Case(seed=1563877066, family="rank_one", n=5, radius=1.2, strength=1.5, horizon=1000, weight_scale=TINY, lags=2),
     ["memory_function", "mutual_information"]),
    # many factorisations of rows that have vanished, and a bend that is narrow beside the fluctuations
    (Case(seed=931965477, family="hidden", n=6, radius=0.9999999, horizon=1000, weight_scale=TINY, input_scale=TINY,
          units="powers of two", lags=6), ["memory_function (readout noise)"]),
    (Case(seed=1184391156, family="trained", n=5, radius=0.3, strength=1.5, noise="diagonal", units="decades", lags=5),
     ["mean_field"]),
    # a sum that ended early where one unit has far less noise than the others; a stack of members that overflow
    (Case(seed=1697625597, family="dale", n=6, radius=0.9, strength=30.0, stack=2, inputs=2, noise="diagonal",
          units="decades", lags=2), ["total_fisher_memory"]),
    (Case(seed=1793594040, family="grcar", n=4, radius=0.9, strength=1.5, stack=3, inputs=2, weight_scale=HUGE, lags=4),
     ["fisher_memory_curve"]),
    (Case(seed=1328014693, family="hidden", n=3, radius=0.9999999, strength=1.5, is_complex=True, inputs=3,
          noise="hermitian", input_scale=1e-149, lags=2), ["memory_function"]),
    # directions whose noise is rounding beside that of others, which no perturbed network shows
    (Case(seed=2050258889, family="triangular", n=4, radius=1.2, noise="hermitian", horizon=1000, lags=2),
     ["snr_curve (readout noise)", "fisher_memory_curve"]),
    (Case(seed=1064295951, family="hidden", n=6, radius=0.9999, strength=1.5, is_complex=True, inputs=2, horizon="n",
          lags=2), ["fisher_memory_curve", "memory_function (readout noise)", "mutual_information"]),
    (Case(seed=1570604371, family="jordan", n=3, radius=0.3, stack=2, noise="variance", weight_scale=HUGE,
          input_scale=HUGE, lags=3), ["rounding_sensitivity"]),
    # a discretised network whose memory two random roundings do not move as far as the one that is stored
    (Case(seed=2009913136, family="rank_one", n=4, radius=0.9999, noise="variance", horizon="n", input_scale=HUGE,
          noise_scale=TINY, units="powers of two", lags=1), ["ContinuousNetwork.discretised (zero-order hold)"]),
    # a stack of complex networks of which one overflows
    (Case(seed=828056490, family="hidden", n=2, radius=1.2, strength=0.1, is_complex=True, stack=2, input_scale=HUGE,
          lags=1), ["total_fisher_memory"]),
    (Case(seed=1018840405, family="stochastic", n=3, radius=0.3, weight_scale=1e-149, units="decades", lags=2),
     ["LinearNetwork.radius"]),
    # rows of very different sizes, of which every order loses other digits
    (Case(seed=994836302, family="graded", n=2, radius=0.99, strength=30.0, stack=3, inputs=2, horizon="n",
          weight_scale=1e150, lags=1), ["memory_capacity", "mutual_information", "snr_curve"]),
    (Case(seed=1761560488, family="hidden", n=8, radius=0.3, strength=30.0, noise_scale=1e150, lags=16),
     ["transient_amplification", "kreiss_constant"]),
    (Case(seed=1409308225, family="stochastic", n=3, radius=0.99, strength=0.1, lags=2), ["henrici_departure"]),
]  # fmt: skip


EACH = [pytest.param(case, names, id=f"{place} {names[0]}") for place, (case, names) in enumerate(FOUND)]


@pytest.mark.parametrize(("case", "names"), EACH)
def test_what_was_found_is_right_or_refused(case, names):
    for measure in MEASURES:
        if measure.name in names:
            outcome = Examined(case).outcome(measure)
            assert outcome.outcome not in (WRONG, FOREIGN), outcome
