"""Bad input never yields a number: every refusal names the argument, the value met, and the rule."""

import re
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sparse

import linmem as lm

NAN, INF = float("nan"), float("inf")
CHAIN, RANDOM = lm.chain(4), lm.ginibre(4, gain=0.9, rng=0)
STACK = lm.LinearNetwork(0.1 * np.ones((2, 3, 3)), [1, 0, 0])
BARE = lm.LinearNetwork(0.5 * np.eye(3))
MASKED = np.ma.masked_array([[0.1, 0.2], [0.3, 0.4]], mask=[[False, True], [False, False]])
ARGUMENT, INVALID, UNSTABLE = lm.ArgumentError, lm.InvalidNetworkError, lm.UnstableNetworkError
LinearNetwork = lm.LinearNetwork

CURVES = (lm.fisher_memory_curve, lm.fisher_memory_matrix)
STATIONARY = (*CURVES, lm.total_fisher_memory, lm.spatial_fisher_memory, lm.optimal_input, lm.noise_covariance)

# what is called, the error, words of its message
CASES = [
    # W
    (lambda: LinearNetwork(np.zeros((3, 4))), INVALID, ["recurrent", "(3, 4)", "square"]),
    (lambda: LinearNetwork(np.zeros((2, 3, 4))), INVALID, ["recurrent", "(2, 3, 4)", "square"]),
    (lambda: LinearNetwork([1.0, 2.0]), INVALID, ["recurrent", "(2,)", "square"]),
    (lambda: LinearNetwork(0.5), INVALID, ["recurrent", "()", "square"]),
    (lambda: LinearNetwork(np.zeros((0, 0))), INVALID, ["recurrent", "(0, 0)", "at least one unit"]),
    (lambda: LinearNetwork(np.zeros((0, 3, 3))), INVALID, ["recurrent", "(0, 3, 3)", "at least one"]),
    (lambda: LinearNetwork([]), INVALID, ["recurrent", "(0,)", "square"]),
    (lambda: LinearNetwork([[1, 2], [3]]), INVALID, ["recurrent", "rectangular", "equal length"]),
    (lambda: LinearNetwork([["a", "b"], ["c", "d"]]), INVALID, ["recurrent", "'a'", "numbers"]),
    (lambda: LinearNetwork("chain"), INVALID, ["recurrent", "chain", "numbers"]),
    (lambda: LinearNetwork(None), INVALID, ["recurrent", "None", "numbers"]),
    (lambda: LinearNetwork({"W": [[0.5]]}), INVALID, ["recurrent", "'W'", "numbers"]),
    (lambda: LinearNetwork(np.array([[0.5, None], [0, 0]])), INVALID, ["recurrent", "object", "numbers"]),
    (lambda: LinearNetwork(np.array([[0.5]], dtype=object)), INVALID, ["recurrent", "object", "numbers"]),
    (lambda: LinearNetwork(np.array([["2020-01-01"]], "M8[D]")), INVALID, ["recurrent", "datetime64", "numbers"]),
    (lambda: LinearNetwork(np.array([[5]], "m8[s]")), INVALID, ["recurrent", "timedelta64", "numbers"]),
    (lambda: LinearNetwork([[True, False], [False, True]]), INVALID, ["recurrent", "bool", "numbers"]),
    (lambda: LinearNetwork([[NAN, 0], [0, 0]]), INVALID, ["recurrent", "nan at (0, 0)", "finite"]),
    (lambda: LinearNetwork([[0, 0], [-INF, INF]]), INVALID, ["recurrent", "2 values", "-inf at (1, 0)", "finite"]),
    (lambda: LinearNetwork([[0, complex(0, NAN)], [0, 0]]), INVALID, ["recurrent", "(0, 1)", "finite"]),
    (lambda: LinearNetwork([[1e200, 0], [0, 0]]), INVALID, ["recurrent", "1e+200", "overflow"]),
    (lambda: LinearNetwork(MASKED), INVALID, ["recurrent", "masked", "1 masked", ".filled(0)"]),
    (lambda: LinearNetwork(sparse.csr_array([[NAN, 0], [0, 1.0]])), INVALID, ["recurrent", "nan", "finite"]),
    (lambda: LinearNetwork(sparse.csr_array(np.ones((2, 3)))), INVALID, ["recurrent", "(2, 3)", "square"]),
    (lambda: LinearNetwork(sparse.csr_array((0, 0))), INVALID, ["recurrent", "(0, 0)", "at least one"]),
    (lambda: LinearNetwork(sparse.csr_array([[True]])), INVALID, ["recurrent", "bool", "numbers"]),
    (lambda: LinearNetwork(sparse.csr_array([[1e160]])), INVALID, ["recurrent", "1e+160", "overflow"]),
    (lambda: LinearNetwork(sparse.coo_array([0.5, 0.5])), INVALID, ["recurrent", "(2,)", "square"]),
    # V
    (lambda: replace(CHAIN, feedforward=[1, 0]), INVALID, ["feedforward", "(2,)", "(4, 4)", "(4,) for one input"]),
    (lambda: replace(CHAIN, feedforward=np.ones((4, 0))), INVALID, ["feedforward", "(4, 0)", "at least one input"]),
    (lambda: replace(CHAIN, feedforward=1.0), INVALID, ["feedforward", "()", "(4,)"]),
    (lambda: replace(CHAIN, feedforward="left"), INVALID, ["feedforward", "left", "numbers"]),
    (lambda: replace(CHAIN, feedforward=[1, NAN, 0, 0]), INVALID, ["feedforward", "nan at (1,)", "finite"]),
    (lambda: replace(CHAIN, feedforward=[1, INF, 0, 0]), INVALID, ["feedforward", "inf at (1,)", "finite"]),
    (lambda: replace(CHAIN, feedforward=[1e200, 0, 0, 0]), INVALID, ["feedforward", "1e+200", "overflow"]),
    (lambda: replace(CHAIN, feedforward=[[1], [2], [3, 4], [5]]), INVALID, ["feedforward", "rectangular"]),
    (lambda: replace(STACK, feedforward=np.ones((3, 3))), INVALID, ["feedforward", "(3, 3)", "(2, 3)", "shared"]),
    (lambda: replace(STACK, feedforward=np.ma.masked_all(3)), INVALID, ["feedforward", "3 masked", ".filled(0)"]),
    # Q
    (lambda: replace(CHAIN, noise=0), INVALID, ["noise", "0", "> 0"]),
    (lambda: replace(CHAIN, noise=-1.0), INVALID, ["noise", "-1.0", "> 0"]),
    (lambda: replace(CHAIN, noise=NAN), INVALID, ["noise", "nan", "finite"]),
    (lambda: replace(CHAIN, noise=INF), INVALID, ["noise", "inf", "finite"]),
    (lambda: replace(CHAIN, noise="white"), INVALID, ["noise", "'white'", "> 0"]),
    (lambda: replace(CHAIN, noise=None), INVALID, ["noise", "None", "> 0"]),
    (lambda: replace(CHAIN, noise=True), INVALID, ["noise", "True", "> 0"]),
    (lambda: replace(CHAIN, noise=1j), INVALID, ["noise", "1j", "> 0"]),
    (lambda: replace(CHAIN, noise=[1, 1, 1, 1]), INVALID, ["noise", "(4,)", "(4, 4)", "numpy.diag(variances)"]),
    (lambda: replace(CHAIN, noise=np.eye(3)), INVALID, ["noise", "(3, 3)", "(4, 4)"]),
    (lambda: replace(CHAIN, noise=np.eye(4) + np.eye(4, k=1)), INVALID, ["noise", "transpose by 1", "symmetric"]),
    (lambda: replace(CHAIN, noise=np.diag([1, 1, 1, -2.0])), INVALID, ["noise", "eigenvalue -2", "positive definite"]),
    (lambda: replace(CHAIN, noise=np.diag([1, 1, 1, 0.0])), INVALID, ["noise", "eigenvalue 0", "positive definite"]),
    (lambda: replace(CHAIN, noise=np.ones((4, 4))), INVALID, ["noise", "eigenvalue", "positive definite"]),
    (lambda: replace(CHAIN, noise=NAN * np.eye(4)), INVALID, ["noise", "nan", "finite"]),
    (lambda: replace(CHAIN, noise=np.eye(4) * (1 + 1j)), INVALID, ["noise", "(conjugate) transpose", "symmetric"]),
    # the rest of a network
    (lambda: replace(CHAIN, name=3), ARGUMENT, ["name", "3", "string"]),
    (lambda: replace(CHAIN, labels=["a", "b"]), INVALID, ["labels", "2 entries", "4 strings"]),
    (lambda: replace(CHAIN, labels=[1, 2, 3, 4]), INVALID, ["labels", "4 strings"]),
    (lambda: replace(CHAIN, known_radius=-0.1), INVALID, ["known_radius", "-0.1", ">= 0"]),
    (lambda: replace(CHAIN, known_radius=NAN), INVALID, ["known_radius", "nan"]),
    (lambda: RANDOM.rescaled(radius=0), ARGUMENT, ["radius", "0", "> 0"]),
    (lambda: RANDOM.rescaled(radius=INF), ARGUMENT, ["radius", "inf", "> 0"]),
    (lambda: CHAIN.rescaled(radius=0.9), INVALID, ["radius 0", "0.9"]),
    (lambda: STACK.rescaled(radius=0.9), INVALID, ["recurrent", "stack", "(2, 3, 3)", "member(0)"]),
    # builders
    (lambda: lm.chain(0), ARGUMENT, ["n is 0", ">= 1"]),
    (lambda: lm.chain(-3), ARGUMENT, ["n is -3", ">= 1"]),
    (lambda: lm.chain(2.5), ARGUMENT, ["n is 2.5", "whole number"]),
    (lambda: lm.chain(True), ARGUMENT, ["n is True", "whole number"]),
    (lambda: lm.chain("ten"), ARGUMENT, ["n is 'ten'", "whole number"]),
    (lambda: lm.chain(5, gain=NAN), ARGUMENT, ["gain is nan", "finite"]),
    (lambda: lm.chain(5, gain="big"), ARGUMENT, ["gain is 'big'", "finite"]),
    (lambda: lm.chain(5, gain=[1, 2]), ARGUMENT, ["gain is [1, 2]", "finite"]),
    (lambda: lm.chain(5, gain=1j), ARGUMENT, ["gain is 1j", "finite"]),
    (lambda: lm.chain(5, gain=1e200), INVALID, ["recurrent", "1e+200", "overflow"]),
    (lambda: lm.LinearNetwork([[0.5]], [1], noise=1e-309), INVALID, ["noise is 1e-309", "overflows"]),
    (lambda: lm.inhomogeneous_chain("abc"), ARGUMENT, ["weights is 'abc'", "numbers"]),
    (lambda: lm.inhomogeneous_chain([[1, 2], [3, 4]]), ARGUMENT, ["weights", "(2, 2)", "one-dimensional"]),
    (lambda: lm.inhomogeneous_chain([1, None]), ARGUMENT, ["weights is [1, None]", "finite"]),
    (lambda: lm.inhomogeneous_chain([1, NAN]), ARGUMENT, ["weights is [1, nan]", "finite"]),
    (lambda: lm.feedback_chain(5, feedforward=INF), ARGUMENT, ["feedforward is inf", "finite"]),
    (lambda: lm.feedback_chain(5, feedback=None), ARGUMENT, ["feedback is None", "finite"]),
    (lambda: lm.fan_out_tree(0), ARGUMENT, ["layers is 0", ">= 1"]),
    (lambda: lm.identity(0), ARGUMENT, ["n is 0", ">= 1"]),
    (lambda: lm.prove("nothing"), ARGUMENT, ["no proof 'nothing'", "nearest", "'rotations_change_nothing'"]),
    (lambda: lm.prove("chain_curv"), ARGUMENT, ["no proof 'chain_curv'", "did you mean 'chain_curve'"]),
    (lambda: lm.ring(5, gain=-INF), ARGUMENT, ["gain is -inf", "finite"]),
    (lambda: lm.random_orthogonal(5, rng=None), ARGUMENT, ["rng is None", "seed"]),
    (lambda: lm.random_orthogonal(5, rng="0"), ARGUMENT, ["rng is '0'", "seed"]),
    (lambda: lm.ginibre(5, rng=-1), ARGUMENT, ["rng is -1", "seed"]),
    (lambda: lm.ginibre(5, rng=1.5), ARGUMENT, ["rng is 1.5", "seed"]),
    (lambda: lm.ginibre(5, rng=np.random.RandomState(0)), ARGUMENT, ["rng is RandomState", "numpy.random.Generator"]),
    (lambda: lm.ginibre(5, gain=-0.5, rng=0), ARGUMENT, ["gain is -0.5", ">= 0"]),
    (lambda: lm.ginibre(5, recipe="scaled", rng=0), ARGUMENT, ["recipe is 'scaled'", "'rescaled', 'as drawn'"]),
    (lambda: lm.in_random_basis(STACK, rng=0), INVALID, ["network", "stack", "(2,)", "member(0)"]),
    (lambda: lm.in_random_basis(CHAIN, rng=True), ARGUMENT, ["rng is True", "seed"]),
    (lambda: lm.connectome("worm"), ARGUMENT, ["name is 'worm'", "celegans-cook"]),
    (lambda: lm.connectome("celegans-cok"), ARGUMENT, ["'celegans-cok'", "did you mean 'celegans-cook'"]),
    (lambda: lm.connectome(3), ARGUMENT, ["name is 3", "celegans-cook"]),
    (lambda: lm.connectome("celegans-cook", radius=0), ARGUMENT, ["radius is 0", "> 0"]),
    # requests
    *((lambda ask=ask: ask(CHAIN, lags=0), ARGUMENT, ["lags is 0", ">= 1"]) for ask in CURVES),
    *((lambda ask=ask: ask(CHAIN, lags=-1), ARGUMENT, ["lags is -1", ">= 1"]) for ask in CURVES),
    *((lambda ask=ask: ask(CHAIN, lags=2.5), ARGUMENT, ["lags is 2.5", "whole number"]) for ask in CURVES),
    *((lambda ask=ask: ask(CHAIN, lags=True), ARGUMENT, ["lags is True", "whole number"]) for ask in CURVES),
    *((lambda ask=ask: ask(CHAIN, lags=NAN), ARGUMENT, ["lags is nan", "whole number"]) for ask in CURVES),
    *((lambda ask=ask: ask(CHAIN, lags=5, horizon=4), ARGUMENT, ["lags=5", "horizon=4"]) for ask in CURVES),
    *((lambda ask=ask: ask(BARE), INVALID, ["feedforward is None", "LinearNetwork(W, v)"]) for ask in CURVES),
    (lambda: lm.total_fisher_memory(BARE), INVALID, ["feedforward is None"]),
    (lambda: lm.transient_amplification(BARE), INVALID, ["feedforward is None"]),
    (lambda: lm.transient_amplification(CHAIN, lags=0), ARGUMENT, ["lags is 0", ">= 1"]),
    (lambda: lm.transient_amplification(CHAIN, lags="all"), ARGUMENT, ["lags is 'all'", "whole number"]),
    (lambda: lm.transient_amplification(lm.ring(3, gain=1e9), lags=99), INVALID, ["lags=99", "k = 35", "lags <= 35"]),
    (lambda: lm.fisher_memory_curve([[0.5, 0.1]]), INVALID, ["recurrent", "(1, 2)", "square"]),
    (lambda: lm.fisher_memory_curve("chain"), INVALID, ["recurrent", "chain", "numbers"]),
    *((lambda ask=ask: ask(RANDOM, horizon=0), ARGUMENT, ["horizon is 0", ">= 1"]) for ask in STATIONARY),
    *((lambda ask=ask: ask(RANDOM, horizon=1.0), ARGUMENT, ["horizon is 1.0", "whole number"]) for ask in STATIONARY),
    *((lambda ask=ask: ask(RANDOM, horizon=False), ARGUMENT, ["horizon is False", "whole"]) for ask in STATIONARY),
    *((lambda ask=ask: ask(RANDOM, rtol=0), ARGUMENT, ["rtol is 0", "> 0"]) for ask in STATIONARY),
    *((lambda ask=ask: ask(RANDOM, rtol=NAN), ARGUMENT, ["rtol is nan", "> 0"]) for ask in STATIONARY),
    *((lambda ask=ask: ask(RANDOM, rtol="x"), ARGUMENT, ["rtol is 'x'", "> 0"]) for ask in STATIONARY),
    *((lambda ask=ask: ask(RANDOM, rtol=None), ARGUMENT, ["rtol is None", "> 0"]) for ask in STATIONARY),
    *((lambda ask=ask: ask(STACK, rtol=-1), ARGUMENT, ["rtol is -1", "> 0"]) for ask in STATIONARY),
    *(
        (lambda ask=ask: ask(RANDOM.rescaled(radius=1.25)), UNSTABLE, ["recurrent", "radius 1.2500", "pass horizon=n"])
        for ask in STATIONARY
    ),
    *(
        (lambda ask=ask: ask(lm.identity(3, gain=1)), UNSTABLE, ["recurrent", "radius 1,", "below 1"])
        for ask in STATIONARY
    ),
    (lambda: lm.load_network(3), ARGUMENT, ["path is 3", "must be the path of a file"]),
    (lambda: lm.load_matrix(None), ARGUMENT, ["path is None", "must be the path of a file"]),
    (lambda: lm.describe_file(3), ARGUMENT, ["path is 3", "must be the path of a file"]),
    (lambda: lm.read_trained(3), ARGUMENT, ["path is 3", "must be the path of a file"]),
    (lambda: lm.report(np.eye(2) / 2, 3), ARGUMENT, ["out is 3", "must be the path of a file"]),
    (lambda: lm.network_from_source(3), ARGUMENT, ["source is 3", "must be a string"]),
    (lambda: lm.family_of_files(3), ARGUMENT, ["paths is 3", "must be a folder"]),
    (lambda: lm.train(3), ARGUMENT, ["settings is 3", "must be TrainingSettings"]),
    (lambda: lm.LinearNetwork(np.eye(2), labels=3), INVALID, ["labels is 3", "2 strings"]),
    (lambda: lm.rounding_sensitivity(lm.LinearNetwork(np.eye(2) / 2, [0, 0])), INVALID, ["feedforward is 0"]),
    (
        lambda: lm.fisher_memory_curve(lm.LinearNetwork(np.eye(2) / 2, np.eye(2))).lag_of_share(),
        ARGUMENT,
        ["of several inputs", "take an input"],
    ),
    (
        lambda: lm.simulate_moments(lm.LinearNetwork([[1.5]], [1]), 2, steps=50, snr=1.0, rng=0),
        INVALID,
        ["the simulation diverges", "spectral radius 1.5", "scale it down"],
    ),
]


def missing_words(words, message):
    """What a message of one line should say and does not."""
    assert "\n" not in message
    return [word for word in words if word not in message]


@pytest.mark.parametrize(("call", "error", "words"), CASES, ids=range(len(CASES)))
def test_refusals_name_argument_value_and_rule(call, error, words):
    with pytest.raises(error, match=re.escape(words[0])) as caught:
        call()
    assert not missing_words(words, str(caught.value))


def test_invalid_input_is_a_value_error():
    assert issubclass(INVALID, ValueError)
    assert all(issubclass(kind, lm.LinmemError) for kind in (INVALID, UNSTABLE, lm.AccuracyError))


def test_generators_and_seeds_are_accepted():
    """Negative control for the refusals of rng."""
    for rng in (0, np.int64(3), np.random.default_rng(1), np.random.PCG64(2), np.random.SeedSequence(3)):
        assert lm.random_orthogonal(3, rng=rng).size == 3
