"""A network is prepared in the order that is promised, says what was done, and takes its input by one word."""

import json

import numpy as np
import pytest
import scipy.sparse as sparse
from click.testing import CliRunner

import linmem as lm
from linmem import cli
from linmem.preparation import default_input, network_facts, with_input

LABELS = ("a", "b", "c", "d")
RNG = np.random.default_rng(0)
W = RNG.normal(size=(4, 4))
V = RNG.normal(size=(4, 3))
NET = lm.LinearNetwork(W, V, name="four", labels=LABELS)


def test_steps_come_in_one_order_and_stand_in_the_name():
    net = lm.prepared(NET, subset=["d", "a", "b"], drop_self=True, symmetrise=True, radius=0.9, noise=2.0, input=1)
    units = [0, 1, 3]
    kept = W[np.ix_(units, units)]
    kept = kept - np.diag(np.diag(kept))
    kept = (kept + kept.T) / 2
    radius = np.abs(np.linalg.eigvalsh(kept)).max()
    assert np.allclose(net.dense(), kept * 0.9 / radius, rtol=1e-12)  # eigenvalues of symmetric W are known to ulps
    assert np.array_equal(net.feedforward, V[units, 1])
    assert net.labels == ("a", "b", "d")
    assert net.noise == 2.0
    assert net.name == f"four, 3 units, without self-loops, symmetrised, radius {radius:.4g} scaled to 0.9"


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize(
    ("normalise", "right"),
    [
        ("radius", lambda A: A / np.abs(np.linalg.eigvals(A)).max()),
        ("nctpy", lambda A: A / (1 + np.abs(np.linalg.eigvals(A)).max())),
        ("rows", lambda A: A / np.abs(A).sum(axis=1, keepdims=True)),
    ],
)
def test_normalisations_are_their_formulas(normalise, right, as_sparse):
    net = lm.LinearNetwork(sparse.csr_array(W) if as_sparse else W)
    assert np.allclose(lm.prepared(net, normalise=normalise).dense(), right(W), rtol=1e-12)


def test_a_network_of_radius_zero_is_divided_by_one():
    assert np.array_equal(lm.prepared(lm.chain(3), normalise="nctpy").dense(), lm.chain(3).dense())


def test_sums_whose_inverse_is_infinite_are_refused():
    with pytest.raises(lm.InvalidNetworkError, match="finite"):
        lm.prepared([[0.0, 5e-324], [3.0, 1.0]], normalise="rows")


def test_a_row_of_zeros_stays():
    net = lm.prepared([[0.0, 0.0], [3.0, 1.0]], normalise="rows")
    assert np.array_equal(net.dense(), [[0, 0], [0.75, 0.25]])


def test_nctpy_of_a_symmetric_matrix_is_the_formula_of_its_documentation():
    A = W + W.T
    largest = np.abs(np.linalg.eigh(A)[0]).max()
    assert np.allclose(lm.prepared(A, normalise="nctpy").dense(), A / (1 + largest), rtol=1e-12)


def test_noise_of_units_goes_with_them():
    full = lm.LinearNetwork(W, V, np.diag([1.0, 2.0, 3.0, 4.0]) + 0.1, labels=LABELS)
    assert np.allclose(lm.prepared(full, subset=["b", "d"]).noise, [[2.1, 0.1], [0.1, 4.1]])


@pytest.mark.parametrize(
    ("choice", "right"),
    [
        (1, V[:, 1]),
        ("2", V[:, 2]),
        ("mean", V.mean(axis=1)),
        ("all", V),
        ("given", V),
        ("first", [1, 0, 0, 0]),
        ("c", [0, 0, 1, 0]),
        ("uniform", [0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_the_input_is_what_its_word_says(choice, right):
    net, words = with_input(NET, choice)
    assert np.allclose(net.feedforward, right, rtol=1e-15)
    assert words


def test_the_optimal_input_is_that_of_the_horizon():
    net, _ = with_input(NET, "optimal", horizon=5)
    assert np.allclose(net.feedforward, lm.optimal_input(NET, horizon=5))
    assert default_input(NET) == "given"
    assert default_input(lm.LinearNetwork(W)) == "optimal"
    assert default_input(lm.LinearNetwork(sparse.eye_array(10_000).tocsr() * 0.5)) == "uniform"


BAD = [
    ({"subset": ["a", "e"]}, lm.ArgumentError, "subset names the unit 'e'"),
    ({"subset": []}, lm.ArgumentError, "names no unit"),
    ({"normalise": "columns"}, lm.ArgumentError, "'rows'"),
    ({"radius": 0}, lm.ArgumentError, "radius is 0"),
    ({"noise": -1}, lm.ArgumentError, "noise is -1"),
    ({"input": 3}, lm.ArgumentError, "columns 0 to 2"),
    ({"input": "e"}, lm.ArgumentError, "input is 'e'"),
    ({"input": np.ones(4)}, lm.ArgumentError, "input is array"),
    ({"input": True}, lm.ArgumentError, "input is True"),
]


@pytest.mark.parametrize(("options", "kind", "words"), BAD)
def test_bad_options_say_what_to_do(options, kind, words):
    with pytest.raises(kind, match=words):
        lm.prepared(NET, **options)


def test_a_radius_that_is_not_known_is_no_divisor():
    """A rotated Jordan block: its eigenvalues are lost in doubles, and balls do not settle 230 units."""
    with pytest.raises(lm.AccuracyError):
        lm.prepared(lm.in_random_basis(lm.chain(230, gain=2.0), rng=0), radius=0.9)


def test_weights_of_the_flow_are_not_normalised():
    flow = lm.ContinuousNetwork([[-1.0]], [1.0])
    assert lm.prepared(flow, noise=3.0).noise == 3.0
    with pytest.raises(lm.ArgumentError, match="continuous time"):
        lm.prepared(flow, radius=0.9)


@pytest.mark.parametrize("as_sparse", [False, True])
def test_facts_are_their_definitions(as_sparse):
    A = np.zeros((5, 5))
    A[1, 0], A[2, 2], A[3, 1] = 2.0, 1.0, 1e100
    net = lm.LinearNetwork(sparse.csr_array(A) if as_sparse else A, [3e-100, 4e-100, 0, 0, 0])
    facts = network_facts(net)
    assert facts["self_loops"] == 1
    assert facts["parts"] == [3, 1, 1]
    assert facts["isolated"] == 1  # the last unit; unit 2 has a link to itself
    assert facts["input_length"] == [pytest.approx(5e-100, rel=1e-15)]
    # one huge link on one side: |W - W'| is the root of 2 times |W|, up to 1e-100
    assert facts["asymmetry"] == pytest.approx(np.sqrt(2) / 2, rel=1e-15)


def run(*arguments):
    return CliRunner().invoke(cli.commands, [str(one) for one in arguments])


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, weight_hh_l0=W, weight_ih_l0=V * 1e-3)
    return path


@pytest.mark.parametrize("command", ["curve", "memory", "nonnormality"])
def test_one_option_means_the_same_in_every_command(command, weights):
    options = ("--input", "2", "--radius", "0.8", "--noise", "4", "--drop-self", "--json")
    record = json.loads(run(command, weights, *options).output)
    right = lm.prepared(lm.load_network(weights), drop_self=True, radius=0.8, noise=4.0, input=2)
    assert record["input"] == "column 2 of 3"
    assert record["noise"] == 4
    assert record["self_loops"] == 0
    assert record["input_length"] == [pytest.approx(np.linalg.norm(right.feedforward), rel=1e-14)]
    assert record["name"] == right.name
    if command == "curve":
        assert record["total"] == pytest.approx(lm.total_fisher_memory(right), rel=1e-10)


def test_the_header_says_what_was_read_and_that_a_weak_input_is_weak(weights):
    lines = run("curve", weights, "--input", "0", "--radius", "0.9").output.splitlines()
    shown = {line[:18].strip(): line[18:] for line in lines}
    assert "weight_hh_l0 (columns, PyTorch)" in shown["network"]
    assert "scaled to 0.9" in shown["network"]
    assert "|v| = 0.00" in shown["input"]
    assert "4 self-loops" in shown["links"]
    assert "a weak input" in shown["J_tot/|v|^2"]
    total, per_power = float(shown["J_tot"]), float(shown["J_tot/|v|^2"].split()[0])
    assert total / per_power == pytest.approx(np.sum(V[:, 0] ** 2) * 1e-6, rel=1e-9)


def test_a_check_of_a_network_has_the_header_too(weights):
    output = run("check", "A3", "--network", weights, "--radius", "0.5", "--input", "0").output
    assert "scaled to 0.5" in output
    assert "column 0 of 3" in output
