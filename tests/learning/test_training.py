"""Training: that it learns, that it goes on where it was killed, that it says where it failed."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import linmem as lm
from linmem.cli import main
from linmem.errors import ArgumentError, DivergenceError, FileError, InvalidNetworkError
from linmem.learning import tasks
from linmem.learning.initial import initial_parameters
from linmem.learning.optimisers import Adam, RMSProp, clip
from linmem.learning.parameters import ParameterLayout
from linmem.learning.tasks import Sequences
from linmem.learning.trained import DATA, WEIGHTS, TrainingSettings, read_trained
from linmem.learning.training import train
from linmem.learning.unrolled import Unrolled

WORDS = ("memory", "chain", "state", "noise", "signal")
COPY = {"length": 12, "symbols": 2, "alphabet": 4, "sequences": 3000, "validation": 160}
SMALL = TrainingSettings("copy", COPY | {"sequences": 320}, units=8, start="chain", epochs=3, seed=1)


@pytest.fixture
def text(tmp_path):
    choose = random.Random(0)
    path = tmp_path / "text.txt"
    path.write_text(" ".join(choose.choice(WORDS) for _ in range(4000)))
    return str(path)


@pytest.mark.parametrize(
    "settings",
    [
        TrainingSettings("copy", COPY, units=16, start="chain", epochs=4),
        TrainingSettings("copy", COPY, cell="lstm", units=16, start="chain", optimiser="adam", rate=3e-3, epochs=5),
        TrainingSettings("addition", {"length": 8, "sequences": 4000, "validation": 160}, cell="relu", units=16,
                         start="identity", epochs=4),
        TrainingSettings("digits", units=25, start="chain", epochs=12),
        TrainingSettings("characters", {"length": 20}, cell="tanh", units=24, rate=3e-3, epochs=2),
    ],
    ids=lambda one: f"{one.task}-{one.cell}",
)  # fmt: skip
def test_a_small_instance_is_learned_to_half_of_its_baseline(settings, text):
    if settings.task == "characters":
        settings = replace(settings, options=settings.options | {"text": text})
    trained = train(settings)
    losses = trained.history["validation_loss"]
    assert losses[-1] < 0.5 * trained.baseline < losses[0] + 0.5 * trained.baseline
    assert trained.epochs == settings.epochs and trained.stopped == "all epochs done"


def test_the_history_is_that_of_the_weights():
    """The last validation loss, computed again in double precision from what is returned."""
    trained = train(SMALL)
    task = tasks.build("copy", SMALL.options, rng=SMALL.generator(DATA))
    flat = np.concatenate([part.ravel() for part in trained.parameters.values()]).astype(float)
    unrolled = Unrolled(trained.layout, task.steps, task.scored, dtype=np.float64)
    unrolled.load(flat)
    unrolled.start()
    weight, total, right = 1 / task.validation.targets.size, 0.0, 0
    for start in range(0, 160, 16):
        rows = slice(start, start + 16)
        part = Sequences(task.validation.inputs[rows], task.validation.targets[rows])
        loss, hits = unrolled.run(part, weight, learn=False)
        total, right = total + loss, right + hits
    assert trained.history["validation_loss"][-1] == pytest.approx(total, rel=1e-5)
    assert trained.history["accuracy"][-1] == pytest.approx(right / task.validation.targets.size, abs=1e-3)


@pytest.mark.parametrize("batch", [5, 16, 40])
def test_a_batch_of_any_size_is_one_step(batch):
    """One epoch of one batch: a step of RMSProp from the mean gradient, by hand."""
    settings = replace(SMALL, batch=batch, options=SMALL.options | {"sequences": batch}, epochs=1, clip=None)
    trained = train(settings)
    task = tasks.build("copy", settings.options, rng=settings.generator(DATA))
    cell = ParameterLayout("elu", 8, task.n_inputs, task.n_outputs)
    start = initial_parameters(cell, "chain", gain=1.0, rng=settings.generator(WEIGHTS))
    gradient = np.zeros(cell.size)
    for one in range(batch):
        unrolled = Unrolled(cell, task.steps, task.scored, dtype=np.float64)
        unrolled.load(start)
        unrolled.start()
        part = Sequences(task.training.inputs[one : one + 1], task.training.targets[one : one + 1])
        unrolled.run(part, 1 / task.scored, learn=True)
        gradient += unrolled.gradient() / batch
    expected = start - settings.rate * gradient / (np.sqrt(0.1 * gradient**2) + 1e-7)
    found = np.concatenate([part.ravel() for part in trained.parameters.values()])
    visible = np.abs(gradient) > 1e-5  # the step is rate * sign: where the gradient is rounding, so is its sign
    assert visible.mean() > 0.4
    np.testing.assert_allclose(found[visible], expected[visible], atol=2e-6)


def test_killed_at_any_moment_it_ends_in_the_same_bits(tmp_path):
    """SIGKILL, again and again, at moments that have nothing to do with the epochs."""
    settings = replace(SMALL, options=COPY | {"sequences": 16_000}, units=40, epochs=12)
    whole = train(settings, tmp_path / "whole.npz")
    script = (
        "from linmem.learning.training import *; import sys\n"
        f"train({settings!r}, sys.argv[1], progress=lambda so_far: print(so_far.epochs, flush=True))"
    )
    out, kills, moments = tmp_path / "killed.npz", 0, random.Random(3)
    while True:
        process = subprocess.Popen([sys.executable, "-c", script, str(out)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(moments.uniform(0, 6) * whole.history["seconds"].mean())
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        process.stdout.close()
        if out.exists() and read_trained(out).stopped:
            break
    killed = read_trained(out)
    assert kills >= 2
    for name, part in whole.parameters.items():
        assert part.tobytes() == killed.parameters[name].tobytes()
    for name in ("training_loss", "validation_loss", "accuracy"):
        assert whole.history[name].tobytes() == killed.history[name].tobytes()


@pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
@pytest.mark.parametrize("task", ["copy", "characters"])
def test_an_interrupted_training_resumes(tmp_path, task, optimiser, text):
    options = SMALL.options if task == "copy" else {"text": text, "length": 50}
    settings = replace(SMALL, task=task, options=options, optimiser=optimiser, cell="lstm", epochs=4)
    whole = train(settings)

    def stop_after_two(so_far):
        if so_far.epochs == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(settings, tmp_path / "a.npz", progress=stop_after_two)
    assert read_trained(tmp_path / "a.npz").stopped == ""
    resumed = train(settings, tmp_path / "a.npz")
    assert all((resumed.parameters[name] == part).all() for name, part in whole.parameters.items())
    assert (resumed.history["training_loss"] == whole.history["training_loss"]).all()
    with np.load(tmp_path / "a.npz") as stored:
        assert "optimiser_state" not in stored.files


def test_an_ended_training_is_returned_and_not_done_again(tmp_path):
    first = train(SMALL, tmp_path / "a.npz")
    before, calls = (tmp_path / "a.npz").read_bytes(), []
    again = train(SMALL, tmp_path / "a.npz", progress=calls.append)
    assert (tmp_path / "a.npz").read_bytes() == before and not calls
    assert (again.parameters["recurrent"] == first.parameters["recurrent"]).all()


def test_a_file_of_another_training_is_left_alone(tmp_path):
    train(SMALL, tmp_path / "a.npz")
    before = (tmp_path / "a.npz").read_bytes()
    with pytest.raises(ArgumentError, match=r"another training: rate 0.001 instead of 0.002, seed 1 instead of"):
        train(replace(SMALL, rate=2e-3, seed=2), tmp_path / "a.npz")
    assert (tmp_path / "a.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_training_stops_when_it_no_longer_improves():
    """At a rate of nothing the first epoch is the best."""
    trained = train(replace(SMALL, rate=1e-30, epochs=50, patience=2))
    assert trained.epochs == 3 and trained.stopped == "no lower validation loss in 2 epochs"


def test_training_stops_when_it_is_good_enough():
    trained = train(replace(SMALL, epochs=50, enough=0.9 * train(SMALL).history["validation_loss"][-1]))
    losses = trained.history["validation_loss"]
    assert trained.epochs < 50 and losses[-1] < trained.settings.enough <= losses[:-1].min()
    assert trained.stopped.startswith("validation loss below ")


def test_divergence_is_told_with_its_batch_and_the_file_keeps_the_epochs_before(tmp_path):
    settings = replace(SMALL, cell="relu", start="identity", gain=1e9, epochs=3)
    with pytest.raises(DivergenceError, match=r"diverged in epoch 1 at batch 1 of 20: .* lower the rate, 0.001"):
        train(settings, tmp_path / "a.npz")
    with pytest.raises(DivergenceError, match="diverged in epoch 1 at batch 1 of 20"):
        train(settings, tmp_path / "a.npz")
    assert read_trained(tmp_path / "a.npz").epochs == 0
    assert read_trained(tmp_path / "a.npz").stopped.startswith("training diverged in epoch 1")


def test_where_it_diverges_later_the_weights_are_those_of_the_last_whole_epoch(tmp_path, monkeypatch):
    one = train(replace(SMALL, epochs=1))
    run, calls = Unrolled.run, []

    def failing(self, batch, weight, *, learn):
        calls.append(learn)
        loss, hits = run(self, batch, weight, learn=learn)
        return (np.nan if sum(calls) == 27 else loss), hits

    monkeypatch.setattr(Unrolled, "run", failing)
    with pytest.raises(DivergenceError, match="diverged in epoch 2 at batch 7 of 20"):
        train(SMALL, tmp_path / "a.npz")
    kept = read_trained(tmp_path / "a.npz")
    assert kept.epochs == 1 and kept.history["training_loss"] == one.history["training_loss"]
    assert all((kept.parameters[name] == part).all() for name, part in one.parameters.items())


def test_a_divergence_in_the_validation_is_told(monkeypatch):
    run = Unrolled.run

    def failing(self, batch, weight, *, learn):
        return run(self, batch, weight if learn else np.nan, learn=learn)

    monkeypatch.setattr(Unrolled, "run", failing)
    with pytest.raises(DivergenceError, match="diverged in the validation after epoch 1: "):
        train(SMALL)


@pytest.mark.parametrize("task", ["copy", "characters"])
def test_the_file_is_a_network(tmp_path, task, text):
    options = SMALL.options if task == "copy" else {"text": text, "length": 50}
    trained = train(replace(SMALL, task=task, options=options, epochs=1), tmp_path / "a.npz")
    net = lm.load_network(tmp_path / "a.npz")
    np.testing.assert_array_equal(net.recurrent, trained.parameters["recurrent"])
    np.testing.assert_array_equal(net.feedforward, trained.parameters["feedforward"])
    np.testing.assert_array_equal(trained.network.recurrent, net.recurrent)
    assert trained.settings == read_trained(tmp_path / "a.npz").settings
    assert set(trained.versions) == {"linmem", "numpy", "numba"}
    assert "seed 1, 1 epochs" in trained.network.name


@pytest.mark.parametrize("kind", ["elu", "lstm"])
def test_the_file_is_a_cell_whose_kind_it_says(tmp_path, kind):
    """What is read as a cell runs through the states of the training, and the readout of them is what was scored."""
    trained = train(replace(SMALL, cell=kind, start="orthogonal"), tmp_path / "a.npz")
    task = tasks.build("copy", SMALL.options, rng=SMALL.generator(DATA))
    inputs = np.eye(task.n_inputs)[task.validation.inputs]
    path = lm.trajectory(lm.load_cell(tmp_path / "a.npz").cell(), inputs)
    assert np.array_equal(path.states, lm.trajectory(trained.cell, inputs).states)
    again = read_trained(tmp_path / "a.npz")
    scores = path.hidden_states @ again.parameters["readout"].T + again.parameters["readout_bias"]
    logarithms = scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)
    loss = -np.take_along_axis(logarithms, task.validation.targets[..., None].astype(int), axis=-1).mean()
    assert loss == pytest.approx(trained.history["validation_loss"][-1], rel=1e-5)  # of single precision


def test_a_file_without_a_readout_is_read_and_not_resumed(tmp_path):
    train(SMALL, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as stored:
        np.savez(tmp_path / "b.npz", **{name: stored[name] for name in stored.files if "readout" not in name})
        np.savez(tmp_path / "c.npz", **{name: stored[name] for name in stored.files if name != "recurrent"})
    older = read_trained(tmp_path / "b.npz")
    assert older.parameters["readout"] is older.parameters["readout_bias"] is None
    assert older.cell.state_size == 8
    with pytest.raises(FileError, match="lacks readout, readout_bias"):
        train(SMALL, tmp_path / "b.npz")
    with pytest.raises(FileError, match="lacks recurrent"):
        read_trained(tmp_path / "c.npz")


def test_the_file_of_an_lstm_has_gates(tmp_path):
    trained = train(replace(SMALL, cell="lstm", epochs=1), tmp_path / "a.npz")
    for index, gate in enumerate(("input", "forget", "cell", "output")):
        net = lm.load_network(tmp_path / "a.npz", gate=gate)
        np.testing.assert_array_equal(net.recurrent, trained.parameters["recurrent"].reshape(4, 8, 8)[index])
    with pytest.raises(InvalidNetworkError, match="four W; read one"):
        trained.network  # noqa: B018


@pytest.mark.parametrize("start", ["chain", "orthogonal"])
def test_the_start_is_known_afterwards(start, tmp_path):
    """A training that changes nothing but zeros, and these by less than 1e-25, ends where it started."""
    train(replace(SMALL, start=start, rate=1e-30, epochs=1), tmp_path / "a.npz")
    trained = read_trained(tmp_path / "a.npz")
    for name, part in trained.parameters.items():
        np.testing.assert_allclose(trained.initial[name], part, rtol=0, atol=1e-25)
    np.testing.assert_array_equal(trained.initial_network.recurrent, trained.initial["recurrent"])
    assert trained.initial_network.name.endswith("untrained")


def test_one_input_is_a_vector():
    assert train(TrainingSettings("digits", units=6, epochs=1)).network.feedforward.shape == (6,)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 0}, "units is 0; it must be a whole number >= 1"),
        ({"epochs": 1.5}, "epochs is 1.5; it must be a whole number >= 1"),
        ({"rate": 0}, "rate is 0; it must be a finite number > 0"),
        ({"enough": 0}, "enough is 0; it must be a finite number > 0"),
        ({"clip": -1}, "clip is -1; it must be a finite number > 0"),
        ({"patience": 0}, "patience is 0; it must be a whole number >= 1"),
        ({"seed": -1}, "seed is -1; it must be a whole number >= 0"),
        ({"optimiser": "sgd"}, "optimiser is 'sgd'; it must be one of 'rmsprop', 'adam'"),
        ({"cell": "gru"}, "cell is 'gru'; it must be one of"),
        ({"start": "mixed"}, "start is 'mixed'; of elu it must be one of"),
        ({"task": "juggling"}, "task is 'juggling'; it must be one of"),
        ({"options": {"size": 3}}, "size is no option of copy"),
        ({"task": "characters", "options": {}, "batch": 8}, "batch is 8, but the task has 16 streams"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ArgumentError) as caught:
        train(replace(SMALL, **changes))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [("copy", {"foo": 1}, "foo is no option of copy"), ("jugling", {}, "task is 'jugling'; it must be one of")],
)
def test_options_are_checked_when_they_are_given(task, options, message):
    with pytest.raises(ArgumentError, match=message):
        TrainingSettings(task, options)


def test_files_that_cannot_be_written_or_read_are_told(tmp_path):
    for out, message in (("a.npy", "its type must be .npz"), ("no/a.npz", "but there is no folder")):
        with pytest.raises(FileError, match=message):
            train(SMALL, tmp_path / out)
    with pytest.raises(FileError, match="there is no such file"):
        read_trained(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", W=np.eye(2))
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04")
    for name in ("other.npz", "torn.npz"):
        with pytest.raises(FileError, match="holds no training"):
            read_trained(tmp_path / name)
        with pytest.raises(FileError, match="holds no training"):
            train(SMALL, tmp_path / name)


def test_rmsprop_is_its_equation():
    p, optimiser = np.array([1.0, 2.0]), RMSProp(2, 0.1, float)
    square = np.zeros(2)
    expected = p.copy()
    for g in (np.array([1.0, -2.0]), np.array([0.5, 4.0])):
        optimiser.step(p, g)
        square = 0.9 * square + 0.1 * g**2
        expected -= 0.1 * g / (np.sqrt(square) + 1e-7)
    np.testing.assert_allclose(p, expected, rtol=1e-14)


def test_adam_is_its_equation():
    """The first step is the rate times the sign; the second by Kingma & Ba's algorithm 1."""
    p, optimiser, (g1, g2) = np.array([1.0, 2.0]), Adam(2, 0.1, float), np.array([[1.0, -2.0], [0.5, 4.0]])
    optimiser.step(p, g1)
    np.testing.assert_allclose(p, [0.9, 2.1], rtol=1e-7)
    optimiser.step(p, g2)
    m, v = 0.9 * 0.1 * g1 + 0.1 * g2, 0.999 * 0.001 * g1**2 + 0.001 * g2**2
    second = 0.1 * (m / (1 - 0.81)) / (np.sqrt(v / (1 - 0.999**2)) + 1e-8)
    np.testing.assert_allclose(p, np.array([0.9, 2.1]) - second, rtol=1e-7)


def test_gradients_are_clipped_by_their_whole_norm():
    g = np.array([3.0, 4.0])
    assert clip(g, 10) == 5 and (g == [3, 4]).all()
    assert clip(g, None) == 5 and (g == [3, 4]).all()
    assert clip(g, 1) == 5
    np.testing.assert_allclose(g, [0.6, 0.8], rtol=1e-15)
    assert np.isnan(clip(np.array([np.nan, 1.0]), 1.0))


COMMAND = "train copy --start chain --gain 1.0 --length 30 --units 32 --rate 1e-3 --seed 1 --epochs 3 --out a.npz"


def test_the_command_trains_and_writes_a_network(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(COMMAND.split()) == 0
    out = capsys.readouterr().out
    assert out.count("epoch ") == 3 and "baseline 0.693147" in out and "written: a.npz" in out
    trained = read_trained("a.npz")
    assert trained.history["validation_loss"][-1] < 0.1 * trained.baseline
    assert (trained.settings.units, trained.settings.rate, trained.settings.options) == (32, 1e-3, {"length": 30})
    assert lm.load_network("a.npz").size == 32
    assert main(COMMAND.split()) == 0  # it has ended: nothing to do
    assert capsys.readouterr().out == "all epochs done (3); written: a.npz\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train copie --out a.npz", "task is 'copie'; it must be one of 'copy', 'addition', 'digits', 'characters'"),
        ("train copy --out a.npz --length 3", "length is 3; it must be a whole number >= 21"),
        ("train digits --length 3 --out a.npz", "length is no option of digits; it has images, permutation"),
        ("train copy --out a.pdf", "out is 'a.pdf'; its type must be .npz"),
        ("train copy --cell gru --out a.npz", "cell is 'gru'"),
        ("train copy", "Missing option '-o' / '--out'"),
        ("train copy --sequences 32 --cell relu --start identity --gain 1e9 --out a.npz", "at batch 1 of 2"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and captured.out == ""


def test_the_command_prints_json(tmp_path, monkeypatch, capsys):
    import json

    monkeypatch.chdir(tmp_path)
    sizes = "--length 6 --sequences 64 --validation 16 --units 8 --epochs 2 --out a.npz"
    assert main(f"train addition {sizes} --json".split()) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2] and rows[0]["accuracy"] is None
    assert rows[1]["validation_loss"] == read_trained("a.npz").history["validation_loss"][1]
