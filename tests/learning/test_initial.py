"""Where training starts: matrices against their definitions."""

import numpy as np
import pytest

from linmem.errors import ArgumentError, LinmemError
from linmem.learning.initial import GATED_STARTS, STARTS, initial_parameters
from linmem.learning.parameters import ParameterLayout

CELL, LSTM = ParameterLayout("elu", 50, 6, 3), ParameterLayout("lstm", 50, 6, 3)


def parts(cell, start, **options):
    return cell.views(initial_parameters(cell, start, **{"rng": 0, **options}))


def test_the_starts_are_what_they_are_called():
    one = {start: parts(CELL, start, gain=1.1, feedback=0.07)["recurrent"] for start in STARTS}
    np.testing.assert_array_equal(one["identity"], 1.1 * np.eye(50))
    np.testing.assert_allclose(one["orthogonal"] @ one["orthogonal"].T, 1.21 * np.eye(50), atol=1e-13)
    np.testing.assert_array_equal(one["chain"], np.diag(np.full(49, 1.1), -1))
    np.testing.assert_array_equal(one["feedback_chain"], one["chain"] + np.diag(np.full(49, 0.07), 1))
    assert one["plain"].std() == pytest.approx(1.1 / np.sqrt(50), rel=0.05)  # 2500 draws: a standard error of 1.4 %


def test_chains_take_their_inputs_into_their_first_units():
    for start in ("chain", "feedback_chain"):
        np.testing.assert_array_equal(parts(CELL, start)["feedforward"], 0.9 * np.eye(50, 6))
    wide = ParameterLayout("elu", 400, 50, 3)
    for start in ("identity", "orthogonal", "plain"):
        V = parts(wide, start)["feedforward"]
        assert V.std() == pytest.approx(0.9 / np.sqrt(400), rel=0.03) and abs(V.mean()) < 0.002


def test_readouts_are_small_and_biases_zero_but_for_the_forget_gate():
    limit = np.sqrt(6 / 53)
    for cell in (CELL, LSTM):
        part = parts(cell, "chain")
        assert 0.9 * limit < np.abs(part["readout"]).max() <= limit and not part["readout_bias"].any()
        gates = part["bias"].reshape(-1, 50)
        assert (gates == ([[0], [1], [0], [0]] if cell.gated else [[0]])).all()


def test_the_mixed_start_has_ramps_in_the_sigmoid_gates_and_a_chain_in_the_other():
    gates = parts(LSTM, "mixed", gain=0.8)["recurrent"].reshape(4, 50, 50)
    np.testing.assert_array_equal(gates[2], np.diag(np.full(49, 0.8), -1))
    for gate in gates[[0, 1, 3]]:
        assert gate[49, 0] == pytest.approx(0.01) and gate[0, 49] == -gate[49, 0] and not np.diag(gate).any()
        for lag in range(-48, 50):
            np.testing.assert_allclose(np.diag(gate, -lag), 0.01 * lag / 49, rtol=1e-12)


@pytest.mark.parametrize("start", GATED_STARTS)
def test_gates_are_drawn_one_by_one(start):
    gates = parts(LSTM, start)["recurrent"].reshape(4, 50, 50)
    alike = (gates[0] == gates[1]).all()
    assert alike == (start in ("chain", "feedback_chain", "mixed"))


def test_the_same_seed_gives_the_same_start():
    one, same, other = (initial_parameters(CELL, "orthogonal", rng=seed) for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()


@pytest.mark.parametrize(
    ("cell", "start", "options", "message"),
    [
        (CELL, "mixed", {}, "start is 'mixed'; of elu it must be one of identity, orthogonal, chain, feedback_chain"),
        (LSTM, "identity", {}, "start is 'identity'; of lstm it must be one of orthogonal, chain, feedback_chain"),
        (CELL, "chain", {"gain": np.nan}, "gain is nan; it must be a finite number"),
        (CELL, "feedback_chain", {"feedback": "much"}, "feedback is 'much'; it must be a finite number"),
        (CELL, "plain", {"rng": None}, "rng is None; it must be a seed"),
    ],
)
def test_impossible_starts_are_refused(cell, start, options, message):
    with pytest.raises(LinmemError) as caught:
        parts(cell, start, **options)
    assert caught.type is ArgumentError and message in str(caught.value)
