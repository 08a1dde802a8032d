"""`linmem sweep` on the command line."""

import csv
import os

import pytest

import linmem as lm
from linmem.cli import main

pytest.importorskip("zarr")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_sweep_is_written_and_goes_on(capsys):
    words = "sweep total_fisher_memory ginibre:recipe=rescaled --over n=3,5 --over rng=0..3 --store s.zarr --out a.csv"
    for _ in range(2):
        assert main([*words.split(), "--workers", "0"]) == 0
    with open("a.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    for row in rows:
        net = lm.ginibre(int(row["n"]), rng=int(row["rng"]))
        assert float(row["total_fisher_memory"]) == pytest.approx(lm.total_fisher_memory(net), rel=1e-12)
    assert "networks          8" in capsys.readouterr().out


def test_options_reach_the_measures_that_take_them(capsys):
    words = (
        "sweep fisher_memory_curve,memory_capacity chain:gain=1.1 --over n=3,5 --lags 4 --snr 2 --workers 0 --out a.csv"
    )
    assert main(words.split()) == 0
    with open("a.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 4  # a row for each lag
    assert float(rows[0]["memory_capacity"]) == pytest.approx(
        lm.memory_capacity(lm.chain(3, gain=1.1), snr=2), rel=1e-9
    )


def test_a_dry_run_measures_nothing_but_its_cost(capsys):
    assert main(["sweep", "total_fisher_memory", "chain", "--over", "n=1..100", "--store", "s.zarr", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "networks          100" in out
    assert "0.0016 MB" in out  # a total and its error for each
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("sweep total_fisher_memor chain --over n=3", "did you mean 'total_fisher_memory'?"),
        ("sweep total_fisher_memory chian --over n=3", "did you mean 'chain'?"),
        ("sweep total_fisher_memory chain", "no argument of chain is a list"),
        ("sweep total_fisher_memory chain --over n", "'n' is not of the form NAME=VALUES"),
        ("sweep total_fisher_memory chain --over n=0.5..3", "'0.5..3' is not a range"),
        ("sweep total_fisher_memory chain --over n=3 --out a.pdf", "its type must be one of .csv, .nc"),
        ("sweep total_fisher_memory chain --over m=3", "m is no argument of chain"),
    ],
)
def test_what_cannot_be_swept_is_one_line(words, message, capsys):
    assert main(words.split()) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
