"""Readouts: against least squares, against the linear theory within standard errors, and without bias."""

from dataclasses import replace

import numpy as np
import pytest

import linmem as lm
from linmem import decode_curve, empirical_fisher_memory, fit_decoder, simulate

GAUSSIAN = lm.ginibre(15, gain=0.9, rng=1)


def chi(z):
    return np.sqrt(np.mean(np.square(z)))


def rows(steps, units, targets, seed):
    """States, and targets that depend on them with the given share of noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((steps, units)) @ rng.standard_normal((units, units)) + 3
    return X, X @ rng.standard_normal((units, targets)) + 5 * rng.standard_normal((steps, targets)) - 2


def by_least_squares(X, Y, penalty):
    """Ridge with an intercept, as one stacked least-squares problem: no Gram matrix, no eigenvectors."""
    x, y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    ridge = np.sqrt(penalty * np.mean(x.var(axis=0)) * len(X)) * np.eye(X.shape[1])
    weights = np.linalg.lstsq(np.vstack([x, ridge]), np.vstack([y, np.zeros((X.shape[1], Y.shape[1]))]))[0]
    return weights, Y.mean(axis=0) - X.mean(axis=0) @ weights


@pytest.mark.parametrize("penalty", [0.0, 0.01, 3.0])
def test_weights_are_those_of_stacked_least_squares(penalty):
    X, Y = rows(300, 6, 4, seed=0)
    fitted = fit_decoder(X, Y, penalties=[penalty])
    weights, intercept = by_least_squares(X, Y, penalty)
    # the Gram matrix squares a condition of about 1e2
    assert np.abs(fitted.weights - weights).max() < 1e-10 and np.abs(fitted.intercept - intercept).max() < 1e-10
    assert np.abs(fitted.decode(X) - (X @ weights + intercept)).max() < 1e-9
    assert np.all(fitted.penalty == penalty) and fitted.steps == 300


def test_held_out_r2_is_that_of_decoders_which_have_not_seen_the_fold():
    """By hand, with a nested choice of the penalty and without what lies between the folds."""
    X, Y = rows(404, 5, 3, seed=1)
    lags, penalties, folds = 1, (1e-3, 1.0, 30.0), 4
    edges = np.linspace(0, 404, folds + 1).astype(int)
    pieces = [np.arange(edges[f] + (lags if f else 0), edges[f + 1]) for f in range(folds)]

    def loss(train, test, penalty):
        train = np.concatenate([pieces[f] for f in train])
        weights, intercept = by_least_squares(X[train], Y[train], penalty)
        return np.square(Y[pieces[test]] - X[pieces[test]] @ weights - intercept).sum(axis=0)

    left, used = np.zeros(3), np.concatenate(pieces)
    for f in range(folds):
        others = [g for g in range(folds) if g != f]
        inner = [sum(loss([k for k in others if k != g], g, penalty) for g in others) for penalty in penalties]
        best = np.argmin(inner, axis=0)
        left += [loss(others, f, penalties[best[target]])[target] for target in range(3)]
    middle = Y.mean(axis=0)
    expected = 1 - left / np.square(Y[used] - middle).sum(axis=0)
    found = fit_decoder(X[None], Y[None, :, 0], lags=lags, penalties=penalties, folds=folds)
    assert found.r2 == pytest.approx(expected[:1], abs=1e-12)


@pytest.mark.parametrize("net", [GAUSSIAN, lm.chain(12, gain=1.05)], ids=["gaussian", "chain"])
def test_the_memory_function_is_found_within_its_standard_error(net):
    found = decode_curve(net, 25, snr=3.0, rng=2, steps=8000)
    z = (found.adjusted - found.theory) / found.adjusted_standard_error
    assert np.abs(z).max() < 4 and 0.3 < chi(z) < 1.7
    assert np.abs(found.theory - lm.memory_function(net, 25, snr=3.0).values).max() < 1e-12
    # held out a decoder is worth less than m, by its N weights at most
    shortfall = found.theory - found.values
    assert np.all(shortfall < 4 * found.standard_error + 3 * net.size / found.decoder.steps)
    assert np.all(found.values - found.theory < 4 * found.standard_error + 1e-12)


def test_readout_noise_and_several_inputs_are_those_of_the_theory():
    two = replace(GAUSSIAN, feedforward=np.eye(15)[:, :2], noise=0.3)
    found = decode_curve(two, 8, snr=5.0, rng=3, readout_noise=0.7, steps=5000)
    assert found.values.shape == found.theory.shape == (8, 2) and found.decoder.weights.shape == (15, 8, 2)
    assert chi((found.adjusted - found.theory) / found.adjusted_standard_error) < 1.7


def test_without_noise_a_linear_network_remembers_as_many_steps_as_it_has_units():
    found = decode_curve(lm.chain(6), 9, snr=1.0, rng=4, noise=False, steps=2000)
    assert found.theory.round(12).tolist() == [1] * 6 + [0] * 3
    assert np.all(found.values[:6] > 1 - 1e-12)
    assert np.abs(found.adjusted[6:]).max() < 4 * found.adjusted_standard_error[6:].max()


def test_standard_errors_are_those_of_repeated_runs():
    """Sixty runs: the mean agrees with the theory, and the spread with the errors that each run states."""
    found = [decode_curve(GAUSSIAN, 6, snr=2.0, rng=seed, steps=500, batch=4, burn_in=50) for seed in range(60)]
    adjusted, held_out = (np.array([getattr(one, name) for one in found]) for name in ("adjusted", "values"))
    for values, name in ((adjusted, "adjusted_standard_error"), (held_out, "standard_error")):
        stated = chi([getattr(one, name) for one in found])
        assert 0.75 < values.std(axis=0, ddof=1).mean() / stated < 1.3  # 60 runs know a spread to a tenth
    theory = found[0].theory
    assert np.abs((adjusted.mean(axis=0) - theory) / (adjusted.std(axis=0, ddof=1) / np.sqrt(60))).max() < 4


def test_targets_of_noise_are_decoded_by_nobody():
    """E r^2 = N / (T - 1) of a fit where there is nothing to explain; adjusted and held out there is none of it."""
    net, steps, targets = GAUSSIAN, 400, 600
    states = simulate(net, steps=steps, rng=5, burn_in=100).states
    Y = np.random.default_rng(6).standard_normal((steps, targets))
    fitted = fit_decoder(states, Y)
    centred = states - states.mean(axis=0)
    basis = np.linalg.qr(centred)[0]
    y = Y - Y.mean(axis=0)
    in_sample = np.square(basis.T @ y).sum(axis=0) / np.square(y).sum(axis=0)
    expected = net.size / (steps - 1)
    error = np.sqrt(2 * net.size) / steps / np.sqrt(targets)  # T r^2 is chi squared of N degrees of freedom
    assert abs(in_sample.mean() - expected) < 4 * error
    assert in_sample.mean() > 40 * error, "the bias that is corrected is far above the error"
    assert abs(fitted.adjusted.mean()) < 4 * error
    held_out = fitted.r2.mean(), fitted.r2.std() / np.sqrt(targets)
    assert -expected / 2 < held_out[0] < 4 * held_out[1]  # below 0, if anything
    plain = fit_decoder(states, Y, penalties=[0.0])
    # without a penalty a decoder of noise costs what it has learnt of it: N / (4/5 T), and a little for the intercept
    assert plain.r2.mean() == pytest.approx(-net.size / (0.8 * steps - net.size), rel=0.25)


def test_choosing_a_penalty_on_the_test_data_would_show():
    """Negative control: the best of the penalties, chosen by the data that it is judged by, looks better."""
    states = simulate(GAUSSIAN, steps=200, rng=7, burn_in=100).states
    Y = np.random.default_rng(8).standard_normal((200, 400))
    single = [fit_decoder(states, Y, penalties=[penalty]).r2 for penalty in (1e-3, 1e-1, 1.0, 10.0, 100.0)]
    cheating = np.max(single, axis=0)
    honest = fit_decoder(states, Y, penalties=(1e-3, 1e-1, 1.0, 10.0, 100.0)).r2
    gained = cheating - honest
    assert honest.mean() < 0 and gained.mean() > 5 * gained.std() / np.sqrt(400)


def test_lags_do_not_reach_into_another_trial():
    states = simulate(lm.chain(3), np.random.default_rng(0).standard_normal((2, 24)), rng=0, noise=False)
    from_simulation = fit_decoder(states, None, lags=2, folds=3, penalties=[1e-10])
    assert from_simulation.steps == 46 - 2 * 2  # 23 of each trial, and twice 2 between folds
    assert np.all(from_simulation.r2 > 1 - 1e-9)


def test_a_shared_signal_serves_all_trials():
    signal = np.random.default_rng(0).standard_normal(200)
    states = simulate(GAUSSIAN, signal, rng=0, batch=4)
    found = fit_decoder(states, None, lags=3)
    assert np.array_equal(found.r2, fit_decoder(states.states, np.tile(signal, (4, 1)), lags=3).r2)


def test_a_signal_of_as_many_steps_as_trials_and_inputs_is_that_of_all_trials():
    """Every axis has 40: the axes alone do not say which of them is that of the trials."""
    net = lm.LinearNetwork(np.zeros((40, 40)), np.eye(40))
    signal = np.random.default_rng(0).standard_normal((40, 40))
    fitted = fit_decoder(simulate(net, signal, rng=0, batch=40, noise=False), None)
    assert fitted.r2.shape == (40,) and fitted.r2.min() > 1 - 1e-9 and fitted.steps == 1600


@pytest.mark.parametrize(
    "net",
    [GAUSSIAN, lm.chain(10), replace(GAUSSIAN, noise=np.diag(np.linspace(0.2, 3, 15)))],
    ids=["gaussian", "chain", "coloured"],
)
def test_the_fisher_memory_of_trials_is_that_of_the_theory(net):
    found = empirical_fisher_memory(net, 12, rng=9, trials=2000)
    z = (found.values - found.theory)[found.theory > 0] / found.standard_error[found.theory > 0]
    assert np.abs(z).max() < 4 and 0.3 < chi(z) < 1.9
    assert np.abs(found.values[found.theory == 0]).max(initial=0) < 1e-12
    # after 500 steps of burn-in the horizon is as good as none
    assert found.theory == pytest.approx(lm.fisher_memory_curve(net, 12).values, rel=1e-9, abs=1e-15)


def test_the_fisher_memory_of_few_trials_is_not_biased():
    """45 trials for 15 units: without the correction J would be (n - 1) / (n - N - 2) = 1.6 times too large."""
    values = np.array(
        [empirical_fisher_memory(GAUSSIAN, 3, rng=seed, trials=45, burn_in=100).values for seed in range(100)]
    )
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    theory = lm.fisher_memory_curve(GAUSSIAN, 3).values
    assert np.all(np.abs(values.mean(axis=0) - theory) < 4 * error)
    assert np.all(0.6 * theory > 4 * error), "the bias that is corrected would be seen"
    assert values.std(axis=0) / values.mean(axis=0) == pytest.approx(np.sqrt(2 / (45 - 15 - 4)), rel=0.25)


def test_linear_memory_does_not_depend_on_the_signal_and_that_of_tanh_does():
    silence, loud = np.zeros(20), np.full(20, 2.0)
    options = {"rng": 10, "trials": 1500}
    quiet, driven = (empirical_fisher_memory(GAUSSIAN, 4, signal=s, **options) for s in (silence, loud))
    assert driven.values == pytest.approx(quiet.values, rel=1e-6)  # the same noise; a pulse of 1e-3 leaves 1e-10 digits
    quiet, driven = (
        empirical_fisher_memory(GAUSSIAN, 4, signal=s, nonlinearity="tanh", **options) for s in (silence, loud)
    )
    assert quiet.theory is None
    difference = np.abs(quiet.values - driven.values) / np.hypot(quiet.standard_error, driven.standard_error)
    assert difference.max() > 6 and np.all(driven.values[:2] < quiet.values[:2])


def test_tanh_of_one_unit_has_the_memory_of_its_slope():
    """J = E[f'(z)]^2 / Var f(z), by quadrature."""
    x, weight = np.polynomial.hermite_e.hermegauss(200)
    weight = weight / weight.sum()
    f = np.tanh(x)
    expected = (weight @ (1 - f**2)) ** 2 / (weight @ f**2)
    found = empirical_fisher_memory(lm.LinearNetwork([[0.0]], [1.0]), 1, rng=11, trials=20000, nonlinearity="tanh")
    assert abs(found.values[0] - expected) < 4 * found.standard_error[0] + 1e-3 * expected  # and O(size)


X, Y = rows(200, 5, 2, seed=3)
BAD = {
    "too few steps": (lambda: fit_decoder(X[:8], Y[:8]), r"states holds 8 steps of 5 units.*simulate longer"),
    "too many lags": (lambda: fit_decoder(X, Y[:, 0], lags=100), "with 100 left out between two"),
    "more lags than steps": (lambda: fit_decoder(X, Y[:, 0], lags=201), "lags=201, but states holds 200"),
    "too many units": (lambda: fit_decoder(np.ones((100, 60)), Y[:100]), "at least 122 in all"),
    "constant target": (lambda: fit_decoder(X, np.ones(200)), "do not vary"),
    "constant states": (lambda: fit_decoder(np.ones((200, 3)), Y), "do not vary"),
    "singular": (
        lambda: fit_decoder(np.c_[X, X[:, :1]], Y, penalties=[0.0]),
        r"Gram matrix .* singular \(rank 5 of 6\)",
    ),
    "negative penalty": (lambda: fit_decoder(X, Y, penalties=[-1.0]), "penalties is -1.0"),
    "no penalty": (lambda: fit_decoder(X, Y, penalties=[]), "penalties is empty"),
    "folds": (lambda: fit_decoder(X, Y, folds=2), "folds is 2"),
    "shapes": (lambda: fit_decoder(X, Y[:50]), r"targets has shape \(50, 2\), but states has \(200, 5\)"),
    "state shape": (lambda: fit_decoder(X[0], Y[0]), "states has shape"),
    "nan": (lambda: fit_decoder(X * np.nan, Y), "states holds values that are not finite"),
    "words": (lambda: fit_decoder(X, "signal"), "targets is 'signal'"),
    "no signal": (
        lambda: fit_decoder(simulate(GAUSSIAN, steps=99, rng=0), None, lags=2),
        "targets is None; give the targets, or a simulation with a signal",
    ),
    "snr": (lambda: decode_curve(GAUSSIAN, 3, snr=-1, rng=0), "snr is -1"),
    "no input": (lambda: decode_curve([[0.5]], 3, snr=1, rng=0, nonlinearity="tanh"), "feedforward is None"),
    "rng": (lambda: decode_curve(GAUSSIAN, 3, snr=1, rng=None), "rng is None"),
    "few trials": (lambda: empirical_fisher_memory(GAUSSIAN, 3, rng=0, trials=20), "trials is 20"),
    "size": (lambda: empirical_fisher_memory(GAUSSIAN, 3, rng=0, size=0), "size is 0"),
    "short signal": (lambda: empirical_fisher_memory(GAUSSIAN, 3, rng=0, signal=[1.0]), "at least 3 steps"),
    "two inputs": (
        lambda: empirical_fisher_memory(replace(GAUSSIAN, feedforward=np.eye(15)[:, :2]), 3, rng=0),
        "feedforward has several columns",
    ),
    "silent unit": (
        lambda: empirical_fisher_memory(
            lm.LinearNetwork(np.diag([-3.0, 0.5]), [1, 1]), 2, rng=0, nonlinearity="relu", signal=np.full(9, -50.0)
        ),
        "not positive definite",
    ),
}


OF_THE_NETWORK = ("no input", "two inputs", "silent unit")


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_sentence(case):
    call, message = BAD[case]
    kind = lm.InvalidNetworkError if case in OF_THE_NETWORK else lm.ArgumentError
    with pytest.raises(lm.LinmemError, match=message) as caught:
        call()
    assert caught.type is kind and "\n" not in str(caught.value)


def test_unstable_networks_have_no_stationary_memory():
    with pytest.raises(lm.UnstableNetworkError):
        decode_curve(lm.LinearNetwork([[1.2]], [1.0]), 3, snr=1.0, rng=0)


@pytest.mark.parametrize(("nonlinearity", "share"), [("identity", (0, 0.02)), ("tanh", (0.5, 3))])
def test_information_processing_capacity_is_at_most_n_and_all_linear_for_a_linear_network(nonlinearity, share):
    """Dambre et al. (2012): capacities of Legendre products of a uniform signal, orthogonal targets, add up to <= N.

    Each of the 105 others has a standard error of about N / steps = 1.5e-4; the slack of .02 is ten times their sum's.
    """
    signal = np.random.default_rng(5).uniform(-1, 1, 40_000)
    net = lm.ginibre(6, gain=0.7, rng=2)
    states = simulate(net, 6 * signal, rng=0, nonlinearity=nonlinearity, noise=False).states
    lagged = np.stack([np.roll(signal, k) for k in range(14)], axis=1)[100:]
    pairs = [lagged[:, i] * lagged[:, j] for i in range(14) for j in range(i)]
    cubes = [lagged[:, k] ** 3 - 0.6 * lagged[:, k] for k in range(14)]
    linear = fit_decoder(states[100:], lagged).adjusted.sum()
    other = fit_decoder(states[100:], np.stack(pairs + cubes, axis=1)).adjusted.sum()
    assert share[0] <= abs(other) <= share[1]
    assert linear + other < net.size * 1.01
    if nonlinearity == "identity":
        assert linear == pytest.approx(net.size, rel=0.02)
