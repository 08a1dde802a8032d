"""The interface of Gramians: which form knows which quantity, and how the best answer is chosen."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.sparse as sparse

import linmem as lm
from linmem.gramian.continuous import gramian_of_flow
from linmem.gramian.delay_lines import DelayLineGramian
from linmem.gramian.doubling import gramian_by_doubling
from linmem.gramian.enclosure import EnclosedGramian
from linmem.gramian.matrix_free import MatrixFreeGramian
from linmem.gramian.methods import SAFETY, best, gramians
from linmem.gramian.quantities import Answer, Gramian
from linmem.gramian.request import Request
from linmem.gramian.square_root import gramian_by_square_root

QUANTITIES = [
    name
    for name, member in vars(Gramian).items()
    if "Answer" in getattr(member, "__annotations__", {}).get("return", "")
]
OF_A_FACTOR = set(QUANTITIES)
OF_A_FLOW = {
    "fisher_memory_curve",
    "fisher_memory_matrix",
    "spatial_fisher_memory",
    "noise_covariance",
    "noise_covariance_factor",
}
LINES = lm.chain(5)
SPARSE = lm.LinearNetwork(sparse.csr_array(lm.feedback_chain(5).dense()), np.eye(5)[0])
DENSE = lm.ginibre(5, gain=0.8, rng=0)
FLOW = lm.ContinuousNetwork(DENSE.recurrent - 1.5 * np.eye(5), np.eye(5)[0])
KNOWN = {
    "delay lines": (
        lambda request: DelayLineGramian(LINES.lines, LINES.noise_deviation, None),
        LINES,
        {"fisher_memory_curve", "memory_function", "spatial_fisher_memory"}
        | {"noise_covariance", "noise_covariance_factor"},
    ),
    "matrix-free": (MatrixFreeGramian.of, SPARSE, {"fisher_memory_curve"}),
    "doubling": (lambda request: gramian_by_doubling(DENSE.recurrent, None, None), DENSE, OF_A_FACTOR),
    "square root": (lambda request: gramian_by_square_root(DENSE.recurrent, None, None), DENSE, OF_A_FACTOR),
    "balls": (lambda request: EnclosedGramian(), DENSE, OF_A_FACTOR - {"noise_covariance_factor"}),
    "flow, doubling": (lambda request: gramian_of_flow(gramian_by_doubling, FLOW.drift, None, None), FLOW, OF_A_FLOW),
    "flow, square root": (
        lambda request: gramian_of_flow(gramian_by_square_root, FLOW.drift, None, None),
        FLOW,
        OF_A_FLOW,
    ),
}
RESULTS = {  # the public functions, which ask for quantities of the same name
    "fisher_memory_curve": lambda net: lm.fisher_memory_curve(net, 4).values,
    "fisher_memory_matrix": lambda net: lm.fisher_memory_matrix(net, 4),
    "spatial_fisher_memory": lm.spatial_fisher_memory,
    "noise_covariance": lm.noise_covariance,
    "noise_covariance_factor": lm.noise_covariance_factor,
    "memory_function": lambda net: lm.memory_function(net, 4, snr=2.0).values,
    "snr_curve": lambda net: lm.snr_curve(net, 4, snr=1.0, readout_noise=0.3),
    "nuisance_information": lambda net: lm.nuisance_information(net, 4),
    "rounding_sensitivity": lambda net: lm.rounding_sensitivity(net, 4).values,
}


def request_of(net, **options):
    lags = np.array([0.0, 0.5, 2.0]) if net.is_continuous else 4
    return Request(net, net.columns(), lags, snr=2.0, **options)


@pytest.mark.parametrize("name", KNOWN)
def test_every_gramian_answers_what_it_knows_and_nothing_else(name):
    build, net, known = KNOWN[name]
    request = request_of(net)
    gramian = build(request)
    for quantity in QUANTITIES:
        answer = getattr(gramian, quantity)(request)
        if quantity not in known:
            assert answer is None, quantity
            continue
        assert answer.method == gramian.method
        assert 0 <= answer.relative_error < 1e-6, quantity
        assert all(np.isfinite(array).all() for array in answer.numbers)


def test_the_base_class_knows_nothing():
    assert set(QUANTITIES) == set(RESULTS)
    for quantity in QUANTITIES:
        assert getattr(Gramian(), quantity)(request_of(DENSE)) is None


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_public_function_asks_for_the_quantity_of_its_name(quantity, monkeypatch):
    """With one Gramian that knows that quantity alone."""
    asked = []

    class Listening(Gramian):
        method = "fast"

    def note(self, request):
        asked.append(quantity)
        return getattr(gramian_by_doubling(DENSE.recurrent, None, None), quantity)(request)

    setattr(Listening, quantity, note)
    monkeypatch.setattr("linmem.gramian.methods.gramians", lambda request: iter([Listening()]))
    RESULTS[quantity](DENSE)
    assert asked == [quantity]


@dataclass(frozen=True, eq=False)
class Stated(Gramian):
    """A Gramian that answers with a given number and error."""

    value: float
    error: float
    method: str = "stated"
    perturbed: tuple = ()

    def noise_covariance(self, request):
        value = np.array([[self.value]])
        return Answer.within(self.error, self.method, (value, value))


def best_of(monkeypatch, *forms, rtol=1e-8):
    monkeypatch.setattr("linmem.gramian.methods.gramians", lambda request: iter(forms))
    request = Request(lm.LinearNetwork([[0.5]]), rtol=rtol)
    return best(request, lambda gramian: gramian.noise_covariance(request))


def test_perturbed_networks_add_their_change_to_the_error(monkeypatch):
    neighbours = Stated(2.0, 0.0), Stated(2.0 + 4e-3, 0.0)
    answer = best_of(monkeypatch, Stated(2.0, 1e-5, perturbed=neighbours))
    assert answer.relative_error == pytest.approx(1e-5 + SAFETY * 2e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_perturbed_network_without_a_finite_answer_makes_the_error_infinite(value, monkeypatch):
    answer = best_of(monkeypatch, Stated(2.0, 0.0, perturbed=(Stated(value, 0.0),)))
    assert answer.relative_error == np.inf


def test_the_dense_methods_over_a_horizon_are_perturbed():
    """Stationary, the fast and the extended method prove their errors, and are not."""
    forms = list(gramians(request_of(DENSE, horizon=8)))
    assert [len(form.perturbed) for form in forms] == [2, 2, 0]
    forms = list(gramians(request_of(DENSE)))
    perturbed = [(form.method, len(form.perturbed)) for form in forms]
    assert perturbed == [("fast", 0), ("extended", 0), ("square-root", 2), ("balls", 0)]


def test_the_first_answer_within_the_tolerance_is_taken_and_the_best_one_without(monkeypatch):
    forms = Stated(1.0, 1e-3, "rough"), Stated(1.0, 1e-9, "fine"), Stated(1.0, 1e-15, "exact")
    assert best_of(monkeypatch, *forms).method == "fine"
    assert best_of(monkeypatch, *forms, rtol=1e-2).method == "rough"
    assert best_of(monkeypatch, *forms, rtol=1e-20).method == "exact"
    assert best_of(monkeypatch, Stated(np.nan, 0.0), *forms).method == "fine"  # what is not finite is no answer


def test_an_answer_that_is_not_accurate_enough_is_carried_by_the_error(monkeypatch):
    answer = best_of(monkeypatch, Stated(1.0, 1e-3, "rough"))
    with pytest.raises(lm.AccuracyError, match="the best method was 'rough'") as error:
        answer.accept("the result")
    assert (error.value.result, error.value.relative_error, error.value.rtol) == ("the result", 1e-3, 1e-8)
    assert best_of(monkeypatch, Stated(1.0, 1e-9)).accept("the result") == "the result"


def test_where_no_gramian_knows_the_quantity_the_error_says_so(monkeypatch):
    with pytest.raises(lm.AccuracyError, match="no method") as error:
        best_of(monkeypatch, Gramian())
    assert error.value.result is None


@pytest.mark.parametrize("net", [lm.chain(7000, sparse=True), SPARSE], ids=["delay line", "feedback chain"])
def test_a_quantity_that_large_sparse_networks_have_not_is_refused_with_the_limit(net, monkeypatch):
    monkeypatch.setattr("linmem.gramian.methods.LARGEST_DENSE", 4)
    monkeypatch.setattr("linmem.network.LARGEST_DENSE", 4)
    with pytest.raises(lm.InvalidNetworkError, match=r"sparse with \d+ units; up to 4"):
        lm.fisher_memory_matrix(net, 3)


@pytest.mark.parametrize("name", ["feedback chain", "hidden chain", "complex", "coloured", "delay line", "flow"])
def test_the_factor_solves_the_stein_equation_and_is_triangular(name):
    nets = {
        "feedback chain": lm.feedback_chain(60, feedforward=0.95, feedback=0.2),
        "hidden chain": lm.in_random_basis(lm.chain(20, gain=1.5), rng=0),
        "complex": lm.LinearNetwork(np.exp(0.3j) * DENSE.recurrent),
        "coloured": replace(DENSE, noise=np.diag(np.arange(1.0, 6.0))),
        "delay line": lm.chain(6, gain=3.0),
        "flow": FLOW,
    }
    net = nets[name]
    S, A = lm.noise_covariance_factor(net), net.dense()
    assert np.array_equal(S, np.triu(S))
    diagonal = np.diag(S)
    assert np.all(diagonal.real > 0) and np.abs(diagonal.imag).max() <= 1e-15 * np.abs(diagonal).max()
    C = S.conj().T @ S
    if net.is_continuous:
        residual, scale = A @ C + C @ A.conj().T + net.covariance, np.linalg.norm(A, 2) * np.linalg.norm(C)
    else:
        residual, scale = C - A @ C @ A.conj().T - net.covariance, np.linalg.norm(C)
    assert np.linalg.norm(residual) <= 1e-13 * scale


def test_the_factor_keeps_the_precision_where_the_covariance_has_lost_it():
    """J(0) by a solve with S, against the curve; the condition of C is beyond a double, and its inverse is noise."""
    net = lm.feedback_chain(100, feedforward=0.95, feedback=0.2)
    S, v = lm.noise_covariance_factor(net), net.feedforward
    whitened = np.linalg.solve(S.T, v)
    expected = lm.fisher_memory_curve(net, 1).values[0]
    assert whitened @ whitened == pytest.approx(expected, rel=1e-8)
