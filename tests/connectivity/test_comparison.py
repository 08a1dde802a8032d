"""Comparisons with shuffled networks: p-values that are right, and never too small for what is not known."""

import numpy as np
import pytest
from scipy import stats

import linmem as lm
from linmem.connectivity.comparison import Comparison
from linmem.measured import Measured

FALSE_ALARM = 1e-6


def feedforward_layers(layers=5, width=6, seed=0):
    """Links from each layer to the next one only: no cycle, which shuffles that keep degrees do have."""
    rng = np.random.default_rng(seed)
    n = layers * width
    W = np.zeros((n, n))
    for layer in range(layers - 1):
        block = rng.random((width, width)) * (rng.random((width, width)) < 0.6)
        W[(layer + 1) * width : (layer + 2) * width, layer * width : (layer + 1) * width] = block
    return W / 2


def test_a_chain_is_told_from_its_shuffles():
    """Of the placements of 19 links, few lead far from the first unit; a horizon, as some are unstable."""
    found = lm.compare_with_shuffles(lm.total_fisher_memory, lm.chain(20), keep="weights", horizon=20, rng=0)
    assert found.p_greater == 1 / 100 and found.p_value == 2 / 100
    assert found.p_less == 1 and found.unanswered == 0
    assert found.value == lm.total_fisher_memory(lm.chain(20), horizon=20)


@pytest.mark.parametrize("keep", ["degrees", "strengths"])
def test_a_network_without_cycles_is_told_from_its_shuffles(keep):
    found = lm.compare_with_shuffles(lm.henrici_departure, feedforward_layers(), keep=keep, samples=39, rng=0)
    assert found.p_greater == 1 / 40
    assert f"{keep} kept" in repr(found) and not found.unanswered


def test_p_values_of_shuffled_networks_are_uniform():
    """Negative control: a network that is itself a shuffle. The rank of its value among 20 is uniform, as chi-square
    tests it with a chance of a false alarm of 10^-6."""
    rng = np.random.default_rng(1)
    W = feedforward_layers(4, 4)
    ranks = []
    for _ in range(100):
        network = lm.shuffled(W, "degrees", rng=rng)
        found = lm.compare_with_shuffles(_reach, network, keep="degrees", samples=19, rng=rng)
        ranks.append(round(20 * found.p_greater))
    assert stats.chisquare(np.bincount(ranks, minlength=21)[1:]).pvalue > FALSE_ALARM


def _reach(network):
    """A number without ties: the weight of all walks of two and three steps from the units of one side."""
    W = network.recurrent
    return float((W @ W @ np.arange(1.0, 1 + len(W)) + W @ W @ W @ np.ones(len(W))).sum())


def test_what_is_not_known_counts_as_at_least_as_extreme():
    values = np.array([1.0, 2.0, np.nan, 3.5])
    found = Comparison(3.0, values, np.zeros(4), "degrees", ("why",))
    assert (found.p_greater, found.p_less, found.p_value) == (3 / 5, 4 / 5, 1.0)
    uncertain = Comparison(Measured(3.0, 0.5, "x"), values, np.array([0.0, 0.5, 0.0, 0.0]), "degrees", ("why",))
    assert (uncertain.p_greater, uncertain.p_less) == (4 / 5, 1.0)
    assert "1 of them without an answer" in repr(found)


def test_unstable_shuffles_are_counted_and_their_reasons_kept():
    """A line of which a shuffle makes cycles of gain 1, which have no stationary memory."""
    chain = lm.chain(12)
    found = lm.compare_with_shuffles(lm.total_fisher_memory, chain, keep="degrees", samples=20, rng=0)
    assert 0 < found.unanswered < 20 and found.unanswered == np.isnan(found.null_values).sum()
    assert all("spectral radius" in reason for reason in found.reasons)
    assert found.p_greater >= (1 + found.unanswered) / 21


def test_the_radius_can_be_kept():
    network = lm.sparse_random(20, density=0.2, gain=0.9, rng=0)
    seen = []

    def measure(net, factor):
        seen.append(net.radius.value)
        return factor * net.radius.value

    found = lm.compare_with_shuffles(measure, network, keep="degrees", samples=5, same_radius=True, rng=0, factor=2)
    assert np.allclose(seen, 0.9, rtol=1e-9) and len(seen) == 6 and found.value == pytest.approx(1.8)
    assert found.p_value == 1  # the same to rounding


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measure": lm.fisher_memory_curve}, "returns FisherMemoryCurve; it must return one real number"),
        ({"measure": "henrici_departure"}, "it must be a function of a network"),
        ({"measure": lambda net: np.nan}, "NaN for the network itself"),
        ({"samples": 0}, "samples is 0"),
        ({"keep": "all"}, "keep is 'all'"),
        ({"same_radius": 1}, "same_radius is 1"),
        ({"same_radius": True}, "the network has the spectral radius 0"),
        ({"rng": None}, "rng is None"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    asked = {
        "measure": lm.henrici_departure,
        "network": lm.chain(5),
        "keep": "weights",
        "samples": 3,
        "rng": 0,
    } | change
    with pytest.raises(lm.ArgumentError, match=message):
        lm.compare_with_shuffles(asked.pop("measure"), asked.pop("network"), **asked)
