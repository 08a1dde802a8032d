"""The grids of Orhan & Pitkow (2020), and the script that trains them."""

import pytest
from click.testing import CliRunner

from analysis import train_grids, train_networks
from linmem.learning.initial import initial_parameters
from linmem.learning.parameters import ParameterLayout
from linmem.learning.trained import read_trained

pytest.importorskip("xarray")
COUNTS = {"chain": 462, "feedback_chain": 462, "orthogonal": 594, "identity": 594}  # of the paper, for every task
TINY = {"options": {"length": 8, "symbols": 2, "sequences": 320, "validation": 16}, "units": 8, "epochs": 2}


def every(task):
    families = [train_grids.family(task, start) for start in train_grids.GRIDS["starts"]]
    return [one.network(number) for one in families for number in range(one.size)]


@pytest.mark.parametrize("task", ["copy", "addition", "digits"])
def test_the_grids_have_the_runs_of_the_paper(task):
    assert {start: train_grids.family(task, start).size for start in train_grids.GRIDS["starts"]} == COUNTS
    settings = every(task)
    assert len({train_networks.name_of(one) for one in settings}) == len(settings) == sum(COUNTS.values())
    for one in settings[::7]:
        initial_parameters(ParameterLayout(one.cell, 12, 10, 9), one.start, gain=one.gain, feedback=one.feedback, rng=0)
        assert (one.batch, one.clip, one.epochs, one.optimiser) == (16, 10, 100, "rmsprop")


def test_what_the_figures_call_the_best_is_a_point_of_the_grids_or_near_one():
    rates = train_grids.GRIDS["rates"]
    assert {one.rate for one in train_networks.GROUPS["full"] if one.task != "addition"} <= set(rates)
    assert len(rates) == len(set(rates)) == 11


def test_the_list_says_what_there_is_to_do():
    result = CliRunner().invoke(train_grids.command, ["nowhere", "--list", "--task", "copy"])
    assert result.exit_code == 0, result.output
    assert [line.split()[2] for line in result.output.splitlines()] == ["462", "462", "594", "594"]


def test_a_grid_is_trained_once_and_what_diverges_is_measured_too(tmp_path, monkeypatch):
    tiny = {
        "rates": [1e-3, 1e30],
        "seeds": [1, 2],
        "tasks": {"copy": TINY},
        "starts": {"chain": {"gain": [1.02], "feedback": [0.0]}},
    }
    monkeypatch.setattr(train_grids, "GRIDS", tiny)
    asked = [str(tmp_path), "--task", "copy", "--start", "chain", "--workers", "0"]
    result = CliRunner().invoke(train_grids.command, asked)
    assert result.exit_code == 0, (result.output, result.exception)
    assert "of 4 runs" in result.output
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "copy-chain").glob("*.npz")}
    assert len(files) == 4
    assert sum("diverged" in read_trained(path).stopped for path in files) == 2
    again = CliRunner().invoke(train_grids.command, asked)
    assert again.output == result.output
    assert {path: path.stat().st_mtime_ns for path in files} == files
