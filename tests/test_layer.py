"""The command `linmem layer`: what it prints is what the library computes."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import linmem as lm
from linmem.cli import main

FILES = Path(__file__).parent / "files" / "frameworks" / "state_space"
S4D = [str(FILES / "s4d.pt"), "--discretisation", "zero-order hold", "--noise-enters", "input"]


def test_numbers_are_those_of_the_library(capsys):
    assert main(["layer", *S4D, "--lags", "600", "--noise", "2", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    read = lm.load_state_space(FILES / "s4d.pt").layer(discretisation="zero-order hold")
    memory = lm.memory_of_layer(read, 600, noise_enters="input", noise=2.0)
    assert record["by_lag"] == memory.by_lag.tolist()
    assert record["total"] == memory.total.tolist()
    assert record["lag_of_share"]["0.5"] == memory.lag_of_share(0.5).tolist()
    assert record["seen"] == memory.seen.sum(axis=1).tolist()
    assert record["kind"] == "S4D"


def test_rows_of_text(capsys):
    assert main(["layer", *S4D]) == 0
    rows = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines() if not line.startswith("seen"))
    assert rows["J_tot"] == "8"
    assert rows["50%"].startswith("by lag")


def test_lags_that_are_not_reached_are_said(capsys):
    assert main(["layer", *S4D, "--lags", "100"]) == 0
    assert "later; 3 channels not within 100 lags" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["csv", "json", "png"])
def test_files(kind, tmp_path, capsys):
    out = tmp_path / f"layer.{kind}"
    assert main(["layer", *S4D, "--lags", "50", "-o", str(out)]) == 0
    if kind == "png":
        assert imread(out).ndim == 3
    elif kind == "csv":
        table = np.genfromtxt(out, delimiter=",", names=True)
        assert table.dtype.names == ("lag", "J", "seen") and len(table) == 50
    else:
        assert len(json.loads(out.read_text())["by_lag"]) == 50


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([str(FILES / "s4d.pt"), "--noise-enters", "input"], "discretisation is None, and the file does not say it"),
        ([str(FILES / "lru.pt"), "--noise-enters", "input"], "pass --readout-noise 1"),
        ([str(FILES / "mamba.safetensors"), "--noise-enters", "input"], "choose one, --layer 0 to --layer 1"),
        ([*S4D, "--transforms", "exp"], "write two names with a comma"),
    ],
)
def test_what_is_refused(words, message, capsys):
    assert main(["layer", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_step_is_a_number_or_a_word(capsys):
    words = [str(FILES / "mamba.safetensors"), "--layer", "1", "--noise-enters", "state", "--json", "--step"]
    assert main(["layer", *words, "0.01"]) == 0
    held = json.loads(capsys.readouterr().out)
    read = lm.load_state_space(FILES / "mamba.safetensors", layer=1).layer(step=0.01)
    assert held["total"] == lm.memory_of_layer(read, 1000, noise_enters="state").total.tolist()
    assert main(["layer", *words, "bias"]) == 0
