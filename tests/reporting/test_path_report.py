"""Pages about cells: that of a path, and the section on the whole cell in the report of a network."""

import json
import subprocess

import numpy as np
import pytest

import linmem as lm
from linmem.cli import main
from linmem.errors import ArgumentError
from linmem.reasons import Reason
from linmem.reporting.cell_section import LARGEST, CellOfFile, cell_section
from linmem.reporting.path_reports import report_path
from linmem.reporting.path_subject import PathSubject
from tests.reporting.test_report import CHROMIUM, MEASURE, Elements

RNG = np.random.default_rng(3)
N, M, T = 6, 2, 40
CELL = lm.LSTMCell(RNG.normal(size=(4 * N, N)), RNG.normal(size=(4 * N, M)), RNG.normal(size=4 * N))
PATH = lm.trajectory(CELL, RNG.normal(size=(T, M)))


def subject(**options):
    return PathSubject(PATH, Reason("none: it has four"), lm.Noise(1.0, 1.0), **options)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run.html"
    return out, *report_path(subject(), out, title="A path")


def test_the_page_has_every_section_and_a_text_for_every_picture(written):
    out, sections, record = written
    elements = Elements()
    elements.feed(out.read_text())
    assert elements.open == []
    assert elements.figures == len(elements.labels) == sum(len(section.charts) for section in sections) == 7
    assert "cannot be drawn" not in out.read_text()
    read = json.loads(out.with_suffix(".json").read_text())
    assert read == record | {"charts": read["charts"], "linmem": lm.__version__}
    assert read["charts"]["memory"]["along the path"] == record["at every lag"]["along the path"]
    assert [section.title for section in sections if section.rows] == [key for key in record if key != "at every lag"]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_in_a_browser_nothing_overflows(written, tmp_path):
    measured = tmp_path / "measured.html"
    measured.write_text(written[0].read_text().replace("</body>", f"{MEASURE}</body>"))
    run = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}", "--window-size=500,900", "--dump-dom",
         measured.as_uri()],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "<title>wide 0 flat 0 page true</title>" in run.stdout


def test_a_part_that_fails_is_told_and_the_others_are_there(tmp_path, monkeypatch):
    def fail(*arguments, **keywords):
        raise np.linalg.LinAlgError("did not converge")

    for measure in ("memory_function", "gradient_norms", "lyapunov_exponents", "fixed_points"):
        monkeypatch.setattr(lm, measure, fail)
    sections, record = report_path(subject(), tmp_path / "run.pdf")
    told = [section.title for section in sections if "did not converge" in section.text]
    assert told == ["Memory function", "Gradients", "Lyapunov exponents", "Fixed points"]
    assert len(record["at every lag"]["along the path"]) == T
    assert (tmp_path / "run.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"observe": "cell"}, "observe is 'cell'"),
        ({"rest": "first"}, "rest is 'first'"),
        ({"input": 2}, "input is 2"),
        ({"at": T}, f"at is {T}"),
        ({"snr": 0}, "snr is 0"),
    ],
)
def test_impossible_requests_are_refused(options, message):
    with pytest.raises(ArgumentError, match=message):
        report_path(subject(**options))


def test_memory_after_an_end_is_that_of_the_shorter_path():
    """What comes after the end changes nothing."""
    early = report_path(subject(at=9))[1]["at every lag"]
    shorter = PathSubject(lm.trajectory(CELL, PATH.inputs[:10]), Reason("none"), lm.Noise(1.0, 1.0))
    right = report_path(shorter)[1]["at every lag"]
    for name in ("along the path", "h alone", "memory function", "logarithm of the gradient"):
        np.testing.assert_allclose(early[name], right[name], rtol=1e-12)


# --- the section in the report of a network ---


def test_the_report_of_a_network_whose_file_is_a_cell_says_where_it_rests(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.savez("cell.npz", weight_hh=np.diag([0.5, 0.5]), weight_ih=np.ones((2, 1)), bias_ih=[1.0, 0.0])
    options = ["--against", "none", "--json"]
    assert main(["report", "cell.npz", *options]) == 0
    assert "The cell as it runs" not in json.loads(capsys.readouterr().out)
    text = (tmp_path / "report.html").read_text()
    assert "linmem run cell.npz --inputs x.npy --nonlinearity ..." in text
    assert "the file does not say its nonlinearity" in text
    np.savez("gru.npz", recurrent_kernel=np.zeros((2, 6)), kernel=np.ones((1, 6)), bias=np.zeros((2, 6)))
    assert main(["report", "gru.npz", "--gate", "new", *options]) == 0
    found = json.loads(capsys.readouterr().out)["The cell as it runs"]
    # z = 1/2 and n = 0, so that h' = h / 2 without an input: one point, at 0
    assert found["cell"] == "GRUCell"
    assert found["point 1: radius"] == pytest.approx(0.5, rel=1e-12)
    assert "point 2: radius" not in found


def test_the_memory_at_a_point_is_that_of_its_network():
    cell = lm.RNNCell([[0.5]], [[1.0]])
    section = cell_section(CellOfFile(cell))
    values = {row.name: row.value for row in section.rows}
    net = lm.LinearNetwork([[0.5]], [1.0])
    assert values["point 1: memory over all steps"] == pytest.approx(lm.total_fisher_memory(net), rel=1e-12)
    horizon = lm.fisher_memory_curve(net, 2, horizon=2)  # 2 N steps, by the solver of constant weights
    assert values["point 1: memory"] == pytest.approx(horizon.total, rel=1e-12)
    assert "linmem run WEIGHTS --inputs x.npy" in section.text


def test_an_unstable_point_has_memory_of_its_last_steps_alone():
    """h' = 2 h moves away from 0, the only zero of h' - h; over two steps one link of weight 2 loses nothing."""
    section = cell_section(CellOfFile(lm.RNNCell([[2.0]], [[1.0]], nonlinearity="linear")))
    values = {row.name: row.value for row in section.rows}
    assert values["point 1: radius"] == 2.0
    assert values["point 1: memory"] == pytest.approx((1 + 4) / 5, rel=1e-9)  # J(0) + J(1), C = 1 + 4
    assert "the spectral radius is 2, and noise adds up" in values["point 1: memory over all steps"]


def test_a_search_that_would_take_minutes_is_not_begun():
    n = LARGEST + 1
    section = cell_section(CellOfFile(lm.RNNCell(np.eye(n), np.ones((n, 1)))))
    assert "the search takes minutes" in section.text and section.rows == ()


def test_networks_without_a_cell_have_no_such_section(tmp_path):
    lm.report(lm.chain(4), tmp_path / "a.html", against=())
    assert "The cell as it runs" not in (tmp_path / "a.html").read_text()
    numbers = lm.report(lm.chain(4), tmp_path / "b.html", against=(), cell=lm.RNNCell([[0.5]], [[1.0]]))
    assert numbers["The cell as it runs"]["cell"] == "RNNCell"
    with pytest.raises(ArgumentError, match="cell is a list"):
        lm.report(lm.chain(4), tmp_path / "b.html", cell=[1])
