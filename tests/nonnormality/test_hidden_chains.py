"""Link profiles and chain orders: chains are found, and where there is none, none is."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import linmem as lm
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.nonnormality import hidden_chains
from linmem.nonnormality.hidden_chains import NULLS, ORDERS, chain_order, link_profile


def generator(seed):
    return np.random.default_rng(seed)


def permuted(net, seed):
    """The network with its units renamed, and the order in which its first, second, ... unit are found."""
    order = generator(seed).permutation(net.size)
    place = np.argsort(order)
    return replace(net, recurrent=net.recurrent[np.ix_(place, place)], feedforward=net.feedforward[place]), order


def at(profile, distance):
    return profile.mean[profile.distance == distance].item()


# --- chains are found ---


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("gain", [0.7, 1.0, 1.02])
def test_a_permuted_chain_is_recovered_exactly(order, gain):
    net, units = permuted(lm.chain(100, gain=gain), 1)
    profile = link_profile(net, order=order, rng=0)
    np.testing.assert_array_equal(profile.order, units)
    assert at(profile, 1) == pytest.approx(gain, rel=1e-14)
    assert np.count_nonzero(profile.mean) == 1
    assert profile.asymmetry == pytest.approx(gain / 20, rel=1e-14)
    assert profile.p_value == 0.01


def test_a_permuted_feedback_chain_has_two_peaks():
    net, units = permuted(lm.feedback_chain(50, feedforward=0.95, feedback=0.1), 2)
    profile = link_profile(net, rng=0)
    np.testing.assert_array_equal(profile.order, units)
    assert at(profile, 1) == pytest.approx(0.95, rel=1e-14)
    assert at(profile, -1) == pytest.approx(0.1, rel=1e-14)
    assert np.count_nonzero(profile.mean) == 2


def test_a_chain_among_weaker_weights_leaves_the_band():
    net, _ = permuted(lm.chain(60), 3)
    noisy = replace(net, recurrent=net.recurrent + 0.01 * generator(4).standard_normal((60, 60)), known_radius=None)
    profile = link_profile(noisy, rng=0)
    one = profile.distance == 1
    assert at(profile, 1) > 0.9
    assert profile.mean[one] > profile.null_mean[one] + 10 * profile.null_standard_deviation[one]
    assert profile.p_value == 0.01


@pytest.mark.parametrize("null", NULLS)
def test_neither_null_holds_the_chain(null):
    profile = link_profile(lm.chain(30), null=null, samples=39, rng=1)
    assert profile.null_mean[profile.distance == 1].item() < 0.4
    assert profile.null_asymmetry.max() < profile.asymmetry
    assert profile.p_value == 1 / 40


def test_units_that_the_response_does_not_reach_come_last():
    net, units = permuted(lm.chain(12), 5)
    profile = link_profile(net, steps=7, rng=0)
    np.testing.assert_array_equal(profile.order[:7], units[:7])
    assert set(profile.order[7:]) == set(units[7:])


# --- and where there is none, none ---


def untrained(order, networks=40):
    """claims H: Haar matrices times .99, 100 units, 100 steps: at i - j = 1, and over 1-20 forwards and backwards."""
    found = []
    for seed in range(networks):
        net = lm.random_orthogonal(100, gain=0.99, rng=seed)
        profile = link_profile(net, order=order, samples=1, rng=seed)
        near = profile.mean[(profile.distance > 0) & (profile.distance <= 20)].mean()
        back = profile.mean[(profile.distance < 0) & (profile.distance >= -20)].mean()
        found.append((at(profile, 1), near, back))
    return np.array(found)


def test_the_signed_peak_makes_a_bump_out_of_an_orthogonal_network():
    """Published beside it: .0166 at 1, .0053 +- .0004 forwards, -.0006 backwards; other draws, hence three errors."""
    first, forward, backward = untrained("signed").T
    assert first.mean() == pytest.approx(0.0166, abs=3 * np.hypot(1, 1) * first.std() / np.sqrt(40))
    assert forward.mean() == pytest.approx(0.0053, abs=3 * np.sqrt(2) * 0.0004)
    assert backward.mean() == pytest.approx(-0.0006, abs=3 * np.sqrt(2) * 0.0004)
    assert forward.mean() - backward.mean() > 5 * np.sqrt(2) * 0.0004


def test_the_modulus_does_not():
    _, forward, backward = untrained("modulus").T
    assert abs(forward.mean()) < 4 * 0.0004
    assert abs(backward.mean()) < 4 * 0.0004


@pytest.mark.parametrize("order", ORDERS)
def test_the_p_value_of_an_orthogonal_network_is_uniform(order):
    """Its null is its own law: the mean of 60 p-values is 1/2 within four errors, the signed bump included."""
    values = [
        link_profile(lm.random_orthogonal(20, rng=seed), order=order, samples=19, rng=seed).p_value
        for seed in range(60)
    ]
    assert np.mean(values) == pytest.approx(0.525, abs=4 * np.sqrt(1 / 12 / 60))
    assert min(values) < 0.2
    assert max(values) > 0.8


# --- what the numbers are ---


def brute_profile(W):
    n = len(W)
    return [[W[i, j] for i in range(n) for j in range(n) if i - j == d] for d in range(1 - n, n)]


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("order", ORDERS)
def test_means_and_errors_by_hand(order, null):
    net = lm.ginibre(11, rng=0)
    profile = link_profile(net, steps=30, order=order, null=null, samples=5, rng=1)
    response = np.array([np.linalg.matrix_power(net.recurrent, t) @ net.feedforward for t in range(30)])
    peak = np.argmax(np.abs(response) if order == "modulus" else response, axis=0)
    assert (np.diff(peak[profile.order]) >= 0).all()
    weights = brute_profile(net.recurrent[np.ix_(profile.order, profile.order)])
    np.testing.assert_allclose(profile.mean, [np.mean(w) for w in weights], atol=1e-15)
    errors = [np.std(w, ddof=1) / np.sqrt(len(w)) if len(w) > 1 else np.inf for w in weights]
    np.testing.assert_allclose(profile.standard_error, errors, rtol=1e-12)
    forwards, backwards = profile.mean[11:13].mean(), profile.mean[8:10].mean()  # distances 1, 2 and -2, -1
    assert profile.asymmetry == pytest.approx(forwards - backwards, rel=1e-12)
    assert profile.p_value == (1 + (profile.null_asymmetry >= profile.asymmetry).sum()) / 6


def test_the_null_keeps_the_norm():
    """Both nulls have the weights' mean square; the permuted one each weight, so that the means add up to the same."""
    net = lm.ginibre(15, rng=3)
    count = 15 - np.abs(np.arange(-14, 15))
    profile = link_profile(net, null="permuted", samples=7, rng=1)
    assert profile.null_mean @ count == pytest.approx(profile.mean @ count, rel=1e-10)
    assert at(profile, 0) == pytest.approx(profile.null_mean[14], rel=1e-10), "the diagonal stays where it is"
    spread = link_profile(net, samples=300, rng=1).null_standard_deviation[5:24]
    expected = np.linalg.norm(net.recurrent) / 15 / np.sqrt(count[5:24])
    np.testing.assert_allclose(spread, expected, rtol=0.25)  # of 300 samples, four errors are 16 %


@pytest.mark.parametrize("scale", [1e-120, 1e120])
def test_profiles_scale_with_the_weights_and_nothing_overflows(scale):
    """A common factor g changes the times of the peaks; an orthogonal network grows or falls alike in all units."""
    net = lm.random_orthogonal(10, gain=scale, rng=0)
    profile = link_profile(net, steps=100, samples=3, rng=2)
    for array in (profile.mean, profile.null_mean, profile.null_standard_deviation):
        assert np.isfinite(array).all()
        assert 0 < np.abs(array).max() <= scale
    chain, units = permuted(lm.chain(10, gain=scale), 1)
    np.testing.assert_array_equal(link_profile(chain, samples=1, rng=0).order, units)


def test_several_inputs_are_pulsed_at_once():
    W = lm.ginibre(8, rng=1).recurrent
    V = generator(0).standard_normal((8, 3))
    several = link_profile(lm.LinearNetwork(W, V), samples=2, rng=0)
    one = link_profile(lm.LinearNetwork(W, V.sum(axis=1)), samples=2, rng=0)
    np.testing.assert_array_equal(several.order, one.order)


def test_a_seed_repeats_everything_and_another_breaks_ties_otherwise():
    net = lm.identity(9)  # all units respond at once: their order is chance
    first, again, other = (link_profile(net, samples=4, rng=seed) for seed in (1, 1, 2))
    for name in ("order", "mean", "null_mean", "null_standard_deviation", "null_asymmetry"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert (first.order != other.order).any()
    given = link_profile(net, samples=4, rng=generator(1))
    np.testing.assert_array_equal(first.order, given.order)


@pytest.mark.parametrize("null", NULLS)
def test_one_unit_and_no_weights(null):
    profile = link_profile(lm.LinearNetwork([[0.5]], [1.0]), null=null, samples=3, rng=0)
    assert (profile.distance.tolist(), profile.mean.tolist(), profile.asymmetry) == ([0], [0.5], 0)
    assert profile.p_value == 1
    silent = link_profile(lm.LinearNetwork(np.zeros((4, 4)), np.zeros(4)), null=null, samples=3, rng=0)
    assert not silent.mean.any() and silent.p_value == 1


def test_sparse_networks_give_the_same():
    dense, sparse = (link_profile(lm.chain(20, sparse=flag), samples=2, rng=0) for flag in (False, True))
    np.testing.assert_array_equal(dense.mean, sparse.mean)


# --- the order of a chain ---


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "net",
    [
        lm.chain(40, gain=1.02),
        lm.chain(40, gain=1e-100),
        lm.feedback_chain(40),
        lm.inhomogeneous_chain([-1.0, 0.5, 2.0, -0.3, 1.5]),
        lm.inhomogeneous_chain([1j, 0.5, -2.0]),
    ],
    ids=["chain", "faint chain", "feedback chain", "signed", "complex"],
)
def test_the_order_of_a_permuted_chain_is_exact(net, seed):
    hidden, units = permuted(net, seed)
    np.testing.assert_array_equal(chain_order(hidden), units)
    noise = 0.05 * np.abs(net.recurrent).max() * generator(seed).standard_normal(hidden.recurrent.shape)
    if "faint" not in net.name and net.size == 40:
        np.testing.assert_array_equal(chain_order(hidden.recurrent + noise), units)


def test_a_chain_that_runs_backwards_is_turned():
    np.testing.assert_array_equal(chain_order(lm.chain(6).recurrent.T), np.arange(6)[::-1])


def test_the_order_of_a_flow_is_that_of_its_links():
    np.testing.assert_array_equal(chain_order(lm.leaky_chain(7, weight=2)), np.arange(7))


def weight_along(W, order):
    order = list(order)
    return (np.abs(W[order[1:], order[:-1]]) ** 2).sum()


def test_the_order_is_the_best_or_nearly():
    """Against all 720 orders. Where loops are joined it may miss the best: on ten of these sixty, by 13 % at most."""
    orders = np.array(list(itertools.permutations(range(6))))
    share = []
    for seed in range(60):
        W = generator(seed).standard_normal((6, 6))
        found = chain_order(W)
        assert sorted(found) == list(range(6))
        every = (W[orders[:, 1:], orders[:, :-1]] ** 2).sum(axis=1)
        assert every[0] < every.max(), "negative control: the units as they come are not in the best order"
        share.append(weight_along(W, found) / every.max())
    assert np.isclose(share, 1).sum() >= 50
    assert 0.87 < min(share) <= max(share) < 1 + 1e-12


def test_one_strong_link_counts_more_than_two_that_add_up_to_more():
    """Weights enter by their squares: 3^2 > 2^2 + 2^2, and 0 -> 1 excludes 2 -> 1 and 0 -> 3."""
    W = np.zeros((4, 4))
    W[1, 0], W[1, 2], W[3, 0] = 3, 2, 2
    order = chain_order(W).tolist()
    assert order.index(1) == order.index(0) + 1


def test_two_chains_are_joined_end_to_end():
    W = np.zeros((6, 6))
    W[[1, 2], [0, 1]] = W[[4, 5], [3, 4]] = 1
    order = list(chain_order(W))
    assert weight_along(W, order) == 4
    assert sorted(order) == list(range(6))


def test_one_loop_is_cut_at_its_weakest_link():
    W = lm.ring(5).recurrent.copy()
    W[2, 1] = 0.1
    np.testing.assert_array_equal(chain_order(W), [2, 3, 4, 0, 1])


def test_orders_of_one_unit_and_of_no_weights():
    assert chain_order([[0.3]]).tolist() == [0]
    assert sorted(chain_order(np.zeros((4, 4)))) == [0, 1, 2, 3]


# --- what is refused ---

NET = lm.chain(4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: link_profile(NET, 0, rng=0), "steps is 0; it must be a whole number >= 1"),
        (lambda: link_profile(NET, samples=0, rng=0), "samples is 0"),
        (lambda: link_profile(NET, order="abs", rng=0), "order is 'abs'; it must be one of 'modulus', 'signed'"),
        (lambda: link_profile(NET, null="none", rng=0), "null is 'none'; it must be one of 'orthogonal', 'permuted'"),
        (lambda: link_profile(NET, rng=None), "rng is None; it must be a seed"),
        (lambda: link_profile(NET, order="modulu", rng=0), "did you mean 'modulus'"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: link_profile(NET.recurrent, rng=0), "feedforward is None"),
        (lambda: link_profile(lm.leaky_chain(4), rng=0), "network is one in continuous time"),
        (lambda: link_profile(lm.LinearNetwork([[1j]], [1]), rng=0), "network is complex"),
        (lambda: link_profile(lm.LinearNetwork([[1.0]], [1j]), rng=0), "network is complex"),
        (lambda: link_profile(lm.LinearNetwork(np.zeros((2, 3, 3)), [1, 0, 0]), rng=0), "link_profile is of one"),
        (lambda: chain_order(np.zeros((2, 3, 3))), "chain_order is of one network"),
        (lambda: chain_order(np.zeros((2, 3))), r"recurrent has shape \(2, 3\)"),
        (lambda: chain_order([[np.nan]]), "not finite"),
    ],
)
def test_wrong_networks_are_named(call, message):
    with pytest.raises(InvalidNetworkError, match=message) as caught:
        call()
    assert type(caught.value) is InvalidNetworkError


def test_every_number_has_an_error_that_holds_for_sums_of_fractions():
    rng = np.random.default_rng(4)
    net = lm.LinearNetwork(rng.standard_normal((12, 12)) / 4, rng.standard_normal(12))
    profile = link_profile(net, samples=5, rng=0)
    W = net.recurrent[np.ix_(profile.order, profile.order)]
    for distance, mean, error in zip(profile.distance, profile.mean, profile.mean.error, strict=True):
        diagonal = [Fraction(float(w)) for w in np.diag(W, -distance)]
        assert abs(Fraction(float(mean)) - sum(diagonal) / len(diagonal)) <= Fraction(float(error))
    assert 0 < profile.asymmetry.error < 1e-13
    assert profile.p_value.error == 0 or profile.p_value.error >= 1 / 6
    assert profile.order.error.max() == 0


def test_an_order_says_whether_it_is_the_best():
    assert chain_order(lm.chain(7)).method == "assignment, the best"
    rings = np.kron(np.eye(2), np.roll(np.eye(4), 1, axis=0) + 0.0)
    assert chain_order(rings + 1e-3).method.startswith(("assignment", "loops joined, at least 0."))
    order = chain_order(lm.chain(3))
    assert [type(unit) for unit in order] == [np.int64] * 3


@pytest.mark.parametrize(("weight", "steps"), [(0.9, 60), (1.3, 60), (1e-40, 60), (1e40, 60), (1e40, 1)])
def test_a_response_within_the_range_of_doubles_needs_no_scaling(weight, steps):
    """Powers of two lose nothing: the response is the same to the last bit in any scale."""
    net = lm.random_orthogonal(20, gain=weight, rng=0)
    pulse = np.random.default_rng(1).standard_normal(20)
    plain = hidden_chains._response(net.recurrent, pulse, steps)
    scaled = hidden_chains._scaled_response(net.recurrent, pulse, steps)
    assert np.array_equal(plain.argmax(axis=0), scaled.argmax(axis=0))
    near_the_peak = np.abs(scaled) > 1e-200  # smaller numbers are no doubles in the scale of their unit
    assert np.array_equal(np.frexp(plain)[0][near_the_peak], np.frexp(scaled)[0][near_the_peak])


def test_a_response_that_leaves_the_range_of_doubles_is_scaled():
    """A chain of weights 1e-40 reaches unit 19 with 1e-760, and one of 1e40 with 1e760."""
    for weight in (1e-40, 1e40):
        net = lm.chain(20, gain=weight)
        response = hidden_chains._response(net.recurrent, net.feedforward, 30)
        assert np.array_equal(response.any(axis=0), np.ones(20, bool))
        assert np.array_equal(response.argmax(axis=0), np.arange(20))
