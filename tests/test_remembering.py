"""What is computed once inside a block: results and errors, by network or by the numbers of a matrix."""

from dataclasses import replace

import numpy as np
import pytest

import linmem as lm
from linmem import remembering as remembering_module
from linmem.balls import fisher
from linmem.errors import ArgumentError
from linmem.gramian import methods
from linmem.remembering import computed_once, latest, measure_of_matrix, remembering


def counting(answer):
    """A measure, and the list of the networks for which it was computed."""
    asked = []

    def measure(network, *arguments, **keywords):
        asked.append(network)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return measure, asked


def test_a_measure_is_computed_once_for_each_network_and_argument():
    measure, asked = counting(1.0)
    first, second = lm.chain(3), lm.chain(3)
    with remembering():
        for _ in range(3):
            assert computed_once(measure, first, 5) == 1.0
        computed_once(measure, first, 6)
        with remembering():  # a report that checks claims
            computed_once(measure, first, steps=5)
            computed_once(measure, second, 5)
        computed_once(measure, second, 5)
    assert asked == [first, first, first, second]
    computed_once(measure, first, 5)
    computed_once(measure, first, 5)
    assert len(asked) == 6  # nothing is kept outside of the block


def test_networks_that_share_a_matrix_share_its_measures():
    measure, asked = counting(1.0)
    network = lm.chain(3)
    other_weights = replace(network, recurrent=network.recurrent * (1 + 2**-52))
    with remembering():
        measure_of_matrix(measure, network)
        measure_of_matrix(measure, replace(network, feedforward=np.ones(3), name="another input"))
        assert asked == [network]
        measure_of_matrix(measure, other_weights)
        measure_of_matrix(measure, lm.ContinuousNetwork(network.recurrent))
    assert len(asked) == 3


@pytest.mark.parametrize(("error", "times"), [(ArgumentError("no"), 1), (ZeroDivisionError(), 2)])
def test_an_error_of_the_package_is_kept_and_another_is_not(error, times):
    measure, asked = counting(error)
    network = lm.chain(3)
    with remembering():
        for _ in range(2):
            with pytest.raises(type(error)):
                computed_once(measure, network)
    assert len(asked) == times


def test_arguments_without_a_hash_are_computed_each_time():
    measure, asked = counting(1.0)
    network = lm.chain(3)
    with remembering():
        computed_once(measure, network, [1.0])
        computed_once(measure, network, [1.0])
    assert asked == [network, network]


def test_a_report_computes_the_kreiss_constant_once(tmp_path, monkeypatch):
    from linmem.nonnormality import kreiss

    asked = []
    search = kreiss._Search.bounds
    monkeypatch.setattr(kreiss._Search, "bounds", lambda self, rtol: asked.append(self.W) or search(self, rtol))
    network = lm.ginibre(6, gain=0.9, rng=0)
    lm.report(network, tmp_path / "page.html", against=())
    assert len([W for W in asked if np.array_equal(W, network.recurrent)]) == 1


def test_the_latest_are_kept_until_there_are_too_many(monkeypatch):
    monkeypatch.setattr(remembering_module, "MOST", 2)
    computed = []

    def of(array, subject="form"):
        return latest(subject, (array, None), lambda: computed.append(1) or len(computed))

    one, two, three = np.eye(2), np.ones((2, 2)), np.zeros((2, 2))
    assert [of(one), of(one)] == [1, 2]  # outside a block nothing is kept
    with remembering():
        assert [of(one), of(one.copy()), of(one, "another"), of(one)] == [3, 3, 4, 3]
        assert [of(two), of(one), of(two)] == [5, 3, 5]
        assert [of(three), of(two), of(one)] == [6, 5, 7]
        monkeypatch.setattr(remembering_module, "BYTES", 8)
        assert [of(three), of(three), of(two), of(three)] == [8, 8, 9, 10]
    assert of(one) == 11


def test_a_certificate_and_the_last_method_share_an_enclosure(monkeypatch):
    proofs = []
    enclose = fisher.enclose_fisher_memory_curve
    monkeypatch.setattr(fisher, "enclose_fisher_memory_curve", lambda *a, **k: proofs.append(1) or enclose(*a, **k))
    fisher.enclose_fisher_memory_curve.__name__ = "enclose_fisher_memory_curve"
    net = lm.feedback_chain(12, feedforward=0.95, feedback=0.2)
    with remembering():
        proof = lm.certify(lm.fisher_memory_curve(net, 5), rtol=2e-15)
        curve = lm.fisher_memory_curve(net, 5, rtol=2e-15)
        assert (curve.method, len(proofs)) == ("balls", 1)
        assert np.array_equal(curve.values, proof.value)
        lm.fisher_memory_curve(net, 6, rtol=2e-15)
        assert len(proofs) == 2


@pytest.mark.parametrize("horizon", [None, 30])
def test_quantities_of_one_network_share_the_form_of_its_gramian(horizon, monkeypatch):
    """The same numbers to the last bit, with one form instead of three."""
    built = []
    build = methods.gramian_by_doubling
    monkeypatch.setattr(methods, "gramian_by_doubling", lambda *matrices: built.append(1) or build(*matrices))
    net = lm.ginibre(12, gain=0.9, rng=0)

    def measured():
        curve = lm.fisher_memory_curve(net, horizon=horizon)
        function = lm.memory_function(net, snr=2.0, horizon=horizon)
        return [curve.values, function.values, lm.spatial_fisher_memory(net, horizon=horizon)]

    alone = measured()
    forms, built[:] = len(built), []
    with remembering():
        together = measured()
    assert forms == 3 * len(built)
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))
    # another network is not taken for this one
    with remembering():
        lm.fisher_memory_curve(lm.ginibre(12, gain=0.9, rng=1), horizon=horizon)
        assert np.array_equal(lm.fisher_memory_curve(net, horizon=horizon).values, alone[0])
