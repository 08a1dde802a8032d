"""Reports and checks of the hardest networks: an answer or one line that says why not, and never a traceback.

`HARD` holds 60 networks: those of the zoo on which something is treacherous, and others that once ended a command.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

import linmem as lm
from linmem.cli import main
from tests.conftest import COLOURED, ZOO

EASY = {
    "one unit",
    "chain",
    "weak chain",
    "identity",
    "orthogonal",
    "ring",
    "symmetric",
    "Ginibre .3",
    "one unit, variance 4",
    "Ginibre, variance .01",
}
ENDED_A_COMMAND = {
    source: lambda source=source: lm.network_from_source(source)
    for source in (
        "jordan:n=8,eigenvalue=0.9",
        "jordan:n=100",
        "feedback_chain:n=100,feedforward=0.95,feedback=0.2",
        "ginibre:n=40,gain=1.5,rng=0",
        "chain:n=100,gain=1.5",
    )
}
OTHERS = {
    "huge weights": lambda: replace(lm.chain(6), recurrent=1e140 * lm.chain(6).recurrent),
    "tiny weights": lambda: lm.LinearNetwork(1e-140 * np.ones((4, 4)), np.ones(4)),
    "tiny noise": lambda: replace(lm.ginibre(8, gain=0.9, rng=0), noise=1e-140),
    "on the circle": lambda: lm.random_orthogonal(8, gain=1.0, rng=0),
    "just inside": lambda: lm.random_orthogonal(8, gain=1 - 1e-12, rng=0),
    "a bomb": lambda: lm.LinearNetwork([[0.5, 1e140], [0, 0.5]], [0, 1]),
    "no input reaches it": lambda: lm.LinearNetwork(np.diag([0.5, 0.9]), [1.0, 0.0]),
    "zero input": lambda: lm.LinearNetwork(lm.jordan(5).recurrent, np.zeros(5)),
    "three inputs": lambda: lm.LinearNetwork(lm.ginibre(12, gain=0.9, rng=1).recurrent, np.eye(12)[:, :3]),
    "nothing at all": lambda: lm.LinearNetwork(np.zeros((3, 3)), np.eye(3)[0]),
    "nearly singular noise": lambda: replace(lm.chain(6), noise=np.diag([1, 1, 1, 1, 1, 1e-60])),
}
HARD = {name: build for name, build in {**ZOO, **COLOURED}.items() if name not in EASY} | ENDED_A_COMMAND | OTHERS
QUICK = (
    "two units, strong",
    "rank one",
    "complex ring",
    "huge weights",
    "on the circle",
    "jordan:n=8,eigenvalue=0.9",
)


def test_there_are_sixty():
    assert len(HARD) == 60
    assert set(QUICK) < set(HARD)


def run(arguments, capsys):
    """The exit code, the answer in JSON where there is one, and the lines on the standard error."""
    code = main([*arguments, "--json"])
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert code in (0, 2)
    assert "Traceback" not in out + err
    assert len(lines) == (code == 2), "an error is one line, and there are no warnings"
    return code, json.loads(out) if code == 0 else None


def report_and_check(name, seconds, tmp_path, monkeypatch, capsys):
    network = HARD[name]()
    monkeypatch.setattr("linmem.cli.inputs.read_source", lambda *arguments: network)
    monkeypatch.setattr("linmem.reporting.network_sections.SECONDS_FOR_CLAIMS", seconds)
    page = tmp_path / "page.html"
    code, _ = run(["report", name, "-o", str(page), "--against", "none"], capsys)
    if code == 0:
        text = page.read_text()
        assert text.count("<section ") == 7
        assert "fails (margin" not in text
    code, rows = run(["check", "--network", name, "--budget", str(seconds)], capsys)
    if code == 0:
        assert [row["name"] for row in rows if row.get("holds") is False] == []


@pytest.mark.parametrize("name", QUICK)
def test_a_hard_network_has_a_report_and_a_check(name, tmp_path, monkeypatch, capsys):
    report_and_check(name, 1.0, tmp_path, monkeypatch, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", HARD)
def test_each_of_the_hardest_has_a_report_and_a_check(name, tmp_path, monkeypatch, capsys):
    report_and_check(name, 10.0, tmp_path, monkeypatch, capsys)
