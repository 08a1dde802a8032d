"""Every public function against the truth, on networks that are chosen to be hard."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import linmem as lm
from tests.differential import networks, table
from tests.differential.networks import Case
from tests.differential.promises import Measure, Promise, checks
from tests.differential.running import FOREIGN, MEASURES, WRONG, Examined, examined

QUICK = [1000, 1002, 1003, 1004, 1005, 1010, 1011, 1012, 1013, 1015, 1016, 1017, 1018, 1019, 1020, 1028, 1029]
MANY = range(2000, 2600)

WITHOUT_A_LINE = {
    "networks, taken as stored": "LinearNetwork ContinuousNetwork as_network chain inhomogeneous_chain feedback_chain "
    "fan_out_tree identity random_orthogonal ring lattice random_normal jordan toeplitz_band grcar from_schur "
    "random_upper_triangular echo_state ginibre symmetric_wigner sparse_random low_rank in_random_basis dale_balanced "
    "balanced_amplification leaky_chain lmu hippo_legt hippo_legs connectome shuffled learned learned_training",
    "builders of diagonal networks": "s4d_lin s4d_inv s4d_legs s5_legs lru mamba_channel rg_lru",
    "files and other libraries": "load_network load_matrix load_cell load_state_space describe_file prepared "
    "network_from_source read_trained to_xarray to_pandas to_json to_python_control from_python_control from_networkx "
    "report explore",
    "cells along a path, tested in tests/running": "trajectory linearise lyapunov_exponents fixed_points "
    "gradient_norms",
    "sums of what has a line, tested in tests/memory": "memory_of_groups",
    "of networks whose weights change, held to 600 bits in tests/running": "TimeVaryingNetwork gradient_norms",
    "of diagonal networks, held to 300 digits in tests/gramian": "DiagonalNetwork StateSpaceLayer memory_of_layer",
    "random: p-values are tested in tests/connectivity": "compare_with_shuffles",
    "random: standard errors are tested in tests/simulation": "simulate simulate_moments fit_decoder decode_curve "
    "empirical_fisher_memory",
    "training, and what asks functions that have a line": "train TrainingSettings TrainedNetwork sweep grid "
    "family_of_files Family check prove Proof",
}


def functions():
    """Public functions and the classes of results aside, what has no line must say why."""
    for name in lm.__all__:
        value = getattr(lm, name)
        if inspect.isfunction(value):
            yield name


def test_no_function_is_forgotten():
    excepted = {name for names in WITHOUT_A_LINE.values() for name in names.split()}
    lines = {measure.function for measure in MEASURES}
    assert set(functions()) - lines == excepted & set(functions())
    assert excepted <= set(lm.__all__), "an exception for what does not exist"


@pytest.mark.parametrize("seed", QUICK)
def test_promises_are_kept(seed):
    case = Case.of_seed(seed, beyond=8)
    broken = [outcome for outcome in examined(case, share=0.4) if outcome.outcome in (WRONG, FOREIGN)]
    assert not broken, (case, broken)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_promises_are_kept_on_many_networks(seed):
    case = Case.of_seed(seed)
    broken = [outcome for outcome in examined(case, share=0.5) if outcome.outcome in (WRONG, FOREIGN)]
    assert not broken, (case, broken)


# a case by its ingredients, the simplest first, so that one that fails is shrunk
CASES = st.builds(
    Case,
    n=st.integers(1, 5),
    family=st.sampled_from(list(networks.FAMILIES)),
    seed=st.integers(0, 2**16),
    radius=st.sampled_from(networks.RADII),
    strength=st.sampled_from([1.0, 0.1, 1.5, 30.0]),
    is_complex=st.booleans(),
    stack=st.sampled_from([0, 2]),
    inputs=st.sampled_from(networks.INPUTS),
    noise=st.sampled_from(networks.NOISES),
    horizon=st.sampled_from([None, 1, "n", 1000]),  # a failure at 10^6 would take minutes to shrink
    weight_scale=st.sampled_from([1.0, 1e-149, 1e150]),
    input_scale=st.sampled_from([1.0, 1e-149, 1e150]),
    noise_scale=st.sampled_from([1.0, 1e-149, 1e150]),
    units=st.sampled_from(networks.UNITS),
    lags=st.integers(1, 6),
)


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
@settings(max_examples=40, deadline=None, derandomize=True, database=None, phases=(Phase.generate, Phase.shrink),
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(case=CASES)
def test_what_fails_is_shrunk(measure, case):
    if measure.applies(case):
        outcome = Examined(case).outcome(measure)
        assert outcome.outcome not in (WRONG, FOREIGN), outcome


# negative controls: the judge must notice what is wrong


def spoiled(answer, factor):
    return np.asarray(answer) * factor


@pytest.mark.parametrize("factor", [1 + 1e-7, 1 - 1e-7, np.nan])
def test_a_wrong_number_is_noticed(factor):
    total = next(measure for measure in MEASURES if measure.name == "total_fisher_memory")
    wrong = Measure("wrong", lambda case, net: spoiled(total.ask(case, net), factor), total.truth, total.parts)
    assert Examined(Case(n=3)).outcome(wrong).outcome == WRONG
    assert Examined(Case(n=3)).outcome(total).outcome == "right"


def test_an_error_that_is_too_small_is_noticed():
    """0.1 + 1e-9 with an error of 1e-10, although within the tolerance."""

    class Stated(float):
        error = 1e-10

    measure = Measure("wrong", None, lambda case, truths, answer: {"": 0.1}, {"": Promise(1e-8)})
    (check,) = checks(measure, Case(), None, Stated(0.1 + 1e-9))
    assert check.kept is False and check.ratio > 9
    (check,) = checks(measure, Case(), None, Stated(0.1 + 1e-11))
    assert check.kept is True


def test_another_librarys_error_is_noticed():
    def broken(case, net):
        raise np.linalg.LinAlgError("singular")

    assert Examined(Case()).outcome(Measure("wrong", broken, None, {})).outcome == FOREIGN


def test_stability_that_is_not_there_is_noticed():
    """A network that is unstable, and a number; one that is stable, and UnstableNetworkError."""
    total = next(measure for measure in MEASURES if measure.name == "total_fisher_memory")
    number = Measure("wrong", lambda case, net: 1.0, total.truth, total.parts)
    assert Examined(Case(n=3, radius=1.2)).outcome(number).outcome == WRONG

    def unstable(case, net):
        raise lm.UnstableNetworkError(1.1)

    refused = Measure("wrong", unstable, total.truth, total.parts)
    assert Examined(Case(n=3)).outcome(refused).outcome == WRONG
    assert Examined(Case(n=3, radius=1.2)).outcome(refused).outcome == "right"


def test_a_case_is_made_from_its_seed_and_its_line():
    case = Case.of_seed(5)
    again = eval(repr(case))
    assert again == case and np.array_equal(again.network().recurrent, case.network().recurrent)


# the table in the documentation


def test_the_table_of_promises_is_up_to_date():
    """`python -m tests.differential.table` writes it."""
    text = table.PAGE.read_text()
    assert table.written(text) == text


def test_every_promise_is_in_words():
    assert {measure.function for measure in MEASURES} <= set(table.TRUTH)
    assert {promise.error for measure in MEASURES for promise in measure.parts.values()} <= {
        "proved", "estimated", "exact", "bound", "stated"
    }  # fmt: skip


PROPERTIES = {"memory", "tight", "gap", "verdict", "stable"}  # parts that are verdicts, and no numbers
VERDICTS = {
    "optimal_input",
    "optimal_chain",
    "chain_order",
    "schur_form",
    "growth_upper_bound",
    "growth_lower_bound",
    "LinearNetwork.rescaled",
}
PLAIN = Case(seed=3, family="hidden", n=3, strength=1.5, noise="diagonal")


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_every_part_is_looked_at(measure):
    """Negative control of each line: a part that is twice too large, or far beyond for a bound, is WRONG."""
    if measure.function in VERDICTS:
        return
    for part, promise in measure.parts.items():
        if part in PROPERTIES:
            continue

        def read(answer, name, part=part, promise=promise):
            value = measure.read(answer, name)
            if name != part:
                return value
            if promise.error in ("bound", "proved") and np.ndim(value) == 0 and part != "value":
                far = 0.9 * abs(value) if "upper" in part else -9 * abs(value) - 1
                return float(value) - far
            return 2 * np.asarray(value) if np.any(value) else np.asarray(value) + 1

        outcome = Examined(PLAIN).outcome(replace(measure, read=read))
        assert outcome.outcome == WRONG, (part, outcome)
