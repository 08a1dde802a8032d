"""The script that trains the networks of the figures."""

from dataclasses import replace

from click.testing import CliRunner

from analysis import train_networks
from linmem.learning.initial import initial_parameters
from linmem.learning.parameters import ParameterLayout
from linmem.learning.trained import TrainingSettings, read_trained

ALL = [settings for group in train_networks.GROUPS.values() for settings in group]
TINY = TrainingSettings("copy", {"length": 8, "symbols": 2, "sequences": 320, "validation": 16}, units=8, epochs=2)


def test_each_training_has_a_file_of_its_own_and_a_start_that_there_is():
    assert len({train_networks.name_of(settings) for settings in ALL}) == len(ALL)
    for settings in ALL:
        cell = ParameterLayout(settings.cell, 12, 10, 9)
        initial_parameters(cell, settings.start, gain=settings.gain, feedback=settings.feedback, rng=0)


def test_shares_are_the_whole():
    def listed(*options):
        result = CliRunner().invoke(train_networks.command, ["nowhere", "--list", "--only", "copy*", *options])
        assert result.exit_code == 0
        return [line.split()[0] for line in result.output.splitlines()]

    whole, first, second = listed(), listed("--share", "1/2"), listed("--share", "2/2")
    assert first == whole[::2] and second == whole[1::2]
    assert 0 < len(listed("--group", "full")) < len(whole)


def test_trainings_are_done_one_after_the_other_and_a_divergence_ends_only_its_own(tmp_path, monkeypatch):
    diverging = replace(TINY, cell="relu", start="identity", gain=1e9)
    monkeypatch.setattr(train_networks, "GROUPS", {"full": [TINY, diverging, replace(TINY, seed=1)]})
    monkeypatch.setattr(train_networks, "NICENESS", 0)
    result = CliRunner().invoke(train_networks.command, [str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    assert "2/3" in result.output and "diverged in epoch 1" in result.output
    for settings in train_networks.GROUPS["full"]:
        trained = read_trained(tmp_path / "new" / train_networks.name_of(settings))
        assert trained.settings == settings and trained.stopped
    again = CliRunner().invoke(train_networks.command, [str(tmp_path / "new")])
    assert again.output.count("all epochs done") == 2 and "epoch 1," not in again.output
