"""Echo state networks: the weights near the state 0 of a leaky network of tanh units."""

import numpy as np
import pytest

import linmem as lm


def test_it_is_the_jacobian_of_the_leaky_network_at_rest():
    """Differences of (1 - a) h + a tanh(W_res h + w_in s) at 0; W_res and w_in are the same draw without a leak."""
    a, n = 0.3, 12
    net = lm.echo_state(n, radius=0.8, leak=a, connectivity=0.5, rng=1)
    without_leak = lm.echo_state(n, radius=0.8, connectivity=0.5, rng=1)
    reservoir, w_in = without_leak.recurrent, without_leak.feedforward
    step, small = lambda h, s: (1 - a) * h + a * np.tanh(reservoir @ h + w_in * s), 1e-6
    columns = [(step(small * e, 0) - step(-small * e, 0)) / (2 * small) for e in np.eye(n)]
    np.testing.assert_allclose(np.transpose(columns), net.recurrent, atol=1e-9)  # tanh x = x + O(x^3)
    np.testing.assert_allclose(
        (step(0 * w_in, small) - step(0 * w_in, -small)) / (2 * small), net.feedforward, atol=1e-9
    )


def test_the_radius_is_that_of_the_reservoir():
    same = lm.echo_state(30, radius=0.7, rng=0)
    assert same.radius.value == pytest.approx(0.7, rel=1e-9)
    leaky = lm.echo_state(30, radius=0.7, leak=0.25, rng=0)
    own = np.linalg.eigvals(same.recurrent)
    np.testing.assert_allclose(
        np.sort_complex(np.linalg.eigvals(leaky.recurrent)), np.sort_complex(0.75 + 0.25 * own), atol=1e-9
    )


def test_weights_and_inputs_are_drawn_as_stated():
    net = lm.echo_state(400, connectivity=0.05, input_scaling=2.0, rng=3)
    share = np.mean(net.recurrent != 0)
    assert abs(share - 0.05) < 5 * np.sqrt(0.05 * 0.95 / 400**2)  # five standard errors
    assert 1.9 < np.abs(net.feedforward).max() <= 2.0
    assert abs(net.feedforward.mean()) < 5 * 2 / np.sqrt(3 * 400)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"leak": 0}, "leak is 0"),
        ({"leak": 1.5}, "leak is 1.5; it must be at most 1"),
        ({"connectivity": 2}, "connectivity is 2"),
        ({"radius": -1}, "radius is -1"),
        ({"input_scaling": 0}, "input_scaling is 0"),
        ({"connectivity": 1e-9}, "form no loop"),
    ],
)
def test_what_is_no_reservoir_is_refused(arguments, message):
    with pytest.raises(lm.ArgumentError, match=message):
        lm.echo_state(5, rng=0, **arguments)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("leak", [0.1, 0.5, 1.0])
def test_one_unit_in_closed_form(leak, seed):
    """W = 1 - l +- 0.8 l and J(k) = v^2 W^2k (1 - W^2), to the error that the result states and the rounding of W."""
    net = lm.echo_state(1, radius=0.8, leak=leak, connectivity=1.0, rng=seed)
    (w,), (v,) = net.recurrent[0], net.feedforward
    assert abs((w - (1 - leak)) / leak) == pytest.approx(0.8, rel=64 * 2.0**-53)
    curve = lm.fisher_memory_curve(net, 6)
    assert np.all(
        np.abs(curve.values - v**2 * w ** (2 * np.arange(6)) * (1 - w**2)) <= curve.error + 64 * 2.0**-53 * v**2
    )


def test_it_is_a_source():
    net = lm.network_from_source("echo_state:n=30,radius=0.8,leak=0.5,connectivity=0.2,input_scaling=2,rng=4")
    same = lm.echo_state(30, radius=0.8, leak=0.5, connectivity=0.2, input_scaling=2, rng=4)
    assert np.array_equal(net.recurrent, same.recurrent)
    assert np.array_equal(net.feedforward, same.feedforward)
