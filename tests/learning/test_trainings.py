"""Trainings as the figures read them: collected, compared, and the order of their gates."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

import linmem as lm
from analysis import collect_trained, gates, measure_trained, memory_after_training, train_networks, trainings
from linmem.errors import FileError
from linmem.learning.trained import TrainingSettings, read_trained
from linmem.learning.training import train

TINY = TrainingSettings("copy", {"length": 8, "symbols": 2, "sequences": 320, "validation": 16}, units=8, epochs=2)
LSTM = replace(TINY, cell="lstm", start="chain")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A plain cell and an LSTM that have ended, and one that has not."""
    source = tmp_path / "trained"
    source.mkdir()
    for settings in (TINY, LSTM):
        train(settings, source / train_networks.name_of(settings))

    def stop(trained):
        raise KeyboardInterrupt

    unfinished = replace(TINY, seed=1)
    with pytest.raises(KeyboardInterrupt):
        train(unfinished, source / train_networks.name_of(unfinished), progress=stop)
    for module in (collect_trained, trainings):
        monkeypatch.setattr(module, "TRAINED", tmp_path / "collected")
    result = CliRunner().invoke(collect_trained.command, [str(source)])
    assert result.exit_code == 0, result.output
    return source


def test_what_has_ended_is_collected_with_its_weights_before_and_after(folder):
    lstm, plain = trainings.collected("full")
    assert (plain.settings, lstm.settings) == (TINY, LSTM)
    trained = train(TINY, folder / train_networks.name_of(TINY))
    before, after = trainings.networks(plain)
    assert np.array_equal(after.recurrent, trained.network.recurrent)
    assert np.array_equal(before.feedforward, trained.initial_network.feedforward)
    np.testing.assert_allclose(plain.validation_loss, trained.history["validation_loss"], rtol=1e-5)  # six digits
    assert plain.lowest == min(plain.validation_loss) / trained.baseline
    assert plain.measures["memory"] == pytest.approx(trainings.memory(after).sum(), abs=1e-6)
    assert lstm.measures == {}


def test_what_is_collected_keeps_its_readout_and_says_which_cell_it_is(folder):
    for run, kind in zip(trainings.collected("full"), ("lstm", "rnn"), strict=True):
        trained = read_trained(folder / run.weights.name)
        with np.load(run.weights) as stored:
            assert np.array_equal(stored["readout"], trained.parameters["readout"])
            assert np.array_equal(stored["readout_bias"], trained.parameters["readout_bias"])
        weights = lm.load_cell(run.weights)
        assert (weights.kind, weights.nonlinearity) == (kind, "elu" if kind == "rnn" else None)
        path = lm.trajectory(weights.cell(), np.eye(trained.cell.n_inputs)[[3, 1, 2]])
        again = lm.trajectory(trained.cell, path.inputs)
        assert np.array_equal(path.states, again.states)


def test_the_gates_of_what_was_collected_are_those_of_the_kernel(folder):
    lstm, _ = trainings.collected("full")
    analysed = gates.analyse(lstm, steps=9, samples=4, width=3, seed=0)
    W, V, b = analysed.weights
    states = gates.states(W[None], V, b, 9)[0, :, 0]
    np.testing.assert_allclose(states, gates.by_kernel(analysed, 9), atol=1e-5)  # the kernel is in single precision
    assert len(analysed.profiles["modulus"]) == len(analysed.p["signed"]) == 4


def test_a_chain_in_shuffled_gates_is_found():
    n, draw = 12, np.random.default_rng(0)
    W, V, b = np.zeros((4, n, n)), np.zeros((4 * n, 1)), np.zeros(4 * n)
    W[2], V[2 * n] = 3 * np.eye(n, k=-1), 4
    b[: 2 * n], b[3 * n :] = 4, 4  # gates that are open, but for a forget gate that is shut
    b[n : 2 * n] = -40
    order = draw.permutation(n)
    shuffled = W[:, order][:, :, order].reshape(1, 4 * n, n)
    V, b = (part.reshape(4, n, -1)[:, order].reshape(4 * n, -1) for part in (V, b))
    means, peaks = gates.profiles(shuffled, V, b[:, 0], 2 * n, draw)
    for each in means.values():
        assert np.array_equal(each[0, 2], 3.0 * (np.arange(1 - n, n) == 1))
        assert not each[0, [0, 1, 3]].any()
    assert sorted(peaks) == list(range(n))


def runs_of(*pairs, task="copy"):
    return [
        SimpleNamespace(task=task, measures={"it": number}, lowest=loss, validation_loss=[loss])
        for number, loss in pairs
    ]


def test_association_is_a_rank_correlation_within_groups():
    rising = runs_of(*((i, i**3) for i in range(8)))
    assert trainings.association(rising, "it", ("task",), 999).startswith("1.00 (p = 0.001, 8 runs)")
    both = rising + runs_of(*((i + 100, i - 1000) for i in range(8)), task="digits")  # apart, but alike within
    assert trainings.association(both, "it", ("task",), 99).startswith("1.00 (p = 0.01, 16 runs)")
    level = runs_of((1, 1), (1, 2), (2, 1), (2, 2))
    assert trainings.association(level, "it", ("task",), 99).startswith("0.00 (p = 1, 4 runs)")


def test_association_of_few_runs_is_not_told():
    assert trainings.association(runs_of((1, 1), (2, 2)), "it", ("task",), 9) == "too few runs to tell"


def test_what_was_run_is_told_in_words():
    runs = [
        SimpleNamespace(settings=replace(TINY, seed=seed), seed=seed, hours=0.25, task="copy", start="chain")
        for seed in (1, 2)
    ]
    told = trainings.said(trainings.by_task(runs))
    assert told == "copy of 8 steps, 2 runs of up to 2 epochs (seeds 1, 2; 0.5 hours)"
    assert trainings.listed(trainings.by_task(runs), lambda run: run.seed) == "copy, chain 1.00, 2.00"
    assert trainings.listed(trainings.by_task(runs), lambda run: run.seed, mean=True) == "copy, chain 1.50"


def test_stored_curves_are_those_of_the_weights():
    """A network that takes balls, and one that doubles resolve: computed anew, to the tolerance of the curves."""
    shown = {run.name: run for run in trainings.collected("full") if run.seed == memory_after_training.SETTINGS.seed}
    assert set(trainings.stored_lines()) == set(shown)
    for run in shown.values():
        stored = trainings.stored_curves(run)
        if run.task == "digits" and run.start in ("orthogonal", "feedback_chain"):
            for network, curve in zip(trainings.networks(run), stored, strict=True):
                np.testing.assert_allclose(trainings.memory(network), curve, rtol=0, atol=2e-6 * curve.max())


def test_curves_are_measured_once_and_not_taken_for_those_of_other_weights(folder, tmp_path, monkeypatch):
    for module in (measure_trained, trainings):
        monkeypatch.setattr(module, "CURVES", tmp_path / "curves.json")
    plain = next(run for run in trainings.collected("full") if run.settings == TINY)
    monkeypatch.setattr(measure_trained, "collected", lambda group: [replace(plain, settings=replace(TINY, seed=1))])
    with pytest.raises(FileError, match="python -m analysis"):
        trainings.stored_curves(plain)
    measured = []
    monkeypatch.setattr(measure_trained, "memory", lambda net: measured.append(net) or trainings.memory(net))
    for expected in (2, 2):
        assert CliRunner().invoke(measure_trained.command).exit_code == 0
        assert len(measured) == expected
    assert CliRunner().invoke(measure_trained.command, ["--anew"]).exit_code == 0
    assert len(measured) == 4
    _, after = trainings.stored_curves(plain)
    np.testing.assert_allclose(after, trainings.memory(trainings.networks(plain)[1]), rtol=1e-9)
    assert plain.measures["memory"] == pytest.approx(after.sum(), abs=1e-6)
    plain.weights.write_bytes(plain.weights.read_bytes() + b"another")
    with pytest.raises(FileError, match="no curves of the weights"):
        trainings.stored_curves(plain)
