"""The report: right numbers, a page that needs nothing beside it, and that fits every screen."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import linmem as lm
from linmem.charts import figures
from linmem.claims.checking import find_claims
from linmem.cli import main
from linmem.errors import AccuracyError
from linmem.reasons import Reason, sentence_of
from linmem.reporting.subject import Subject

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "report.html"
    net = lm.feedback_chain(24, feedforward=0.95, feedback=0.1)
    return net, out, lm.report(net, out, certified=True)


def test_numbers_are_those_of_the_library(written):
    net, out, numbers = written
    memory = numbers["Memory"]
    assert memory["total, given input"] == lm.total_fisher_memory(net)
    assert memory["total, best input"] == pytest.approx(np.linalg.eigvalsh(lm.spatial_fisher_memory(net))[-1], rel=1e-8)
    assert memory["total, mean over inputs"] == pytest.approx(1, rel=1e-8)
    assert numbers["Non-normality"]["Henrici's departure, relative"] == lm.henrici_departure(net, relative=True)
    assert numbers["Decoding"]["capacity without noise"] == pytest.approx(24, rel=1e-8)
    read = json.loads(out.with_suffix(".json").read_text())
    assert read["linmem"] == lm.__version__
    assert {key: read[key] for key in numbers} == numbers


def test_the_page_asks_for_nothing_from_elsewhere(written):
    text = written[1].read_text()
    assert "default-src 'none'" in text  # whatever the scripts would load, the browser refuses
    assert "@import" not in text
    assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", text)


class Elements(HTMLParser):
    """What a page is made of; whatever is opened is closed."""

    VOID = ("meta", "br", "img", "link", "input")

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.labels, self.figures = [], [], [], 0

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in self.VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        self.figures += tag == "figure"
        if given.get("role") == "img":
            self.labels.append(given.get("aria-label", ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_every_picture_has_a_text_and_every_name_is_there_once(written):
    elements = Elements()
    elements.feed(written[1].read_text())
    assert elements.open == []
    assert elements.figures == len(elements.labels) >= 10
    assert all(len(label) > 20 for label in elements.labels)
    assert len(set(elements.ids)) == len(elements.ids)


def test_claims_that_apply_are_asked(written):
    text = written[1].read_text()
    assert "The spatial Fisher memory matrix has trace N" in text
    assert "fails (margin" not in text


def test_bounds_of_the_radius_are_proved(written):
    numbers = written[2]
    exact = 2 * np.sqrt(0.95 * 0.1) * np.cos(np.pi / 25)
    assert numbers["The network"]["spectral radius, proved"] == pytest.approx(exact, rel=1e-12)


def test_a_report_is_written_as_a_pdf(tmp_path):
    lm.report(lm.chain(6), tmp_path / "a.pdf", against=())
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_an_unstable_network_is_told_by_its_last_steps(tmp_path):
    """Trained weights are often unstable. A normal network holds one unit over any horizon."""
    unstable = lm.random_orthogonal(6, gain=1.2, rng=0)
    numbers = lm.report(unstable, tmp_path / "a.html", against=("gaussian",))
    assert "of the last 12 steps" in (tmp_path / "a.html").read_text()
    assert numbers["Memory"]["total, given input"] == pytest.approx(1, rel=1e-9)
    capacity = lm.memory_function(unstable, snr=1.0, horizon=12).capacity
    assert numbers["Decoding"]["capacity at SNR 1"] == pytest.approx(capacity)
    assert "spectral radius 1.2" in numbers["Decoding"]["capacity without noise"]
    assert numbers["Non-normality"]["numerical radius"] == pytest.approx(1.2, rel=1e-8)
    assert numbers["Non-normality"]["Kreiss constant"] == "Infinity"
    json.loads((tmp_path / "a.json").read_text(), parse_constant=pytest.fail)


def test_the_file_has_the_numbers_of_the_networks_beside_it(tmp_path):
    numbers = lm.report(lm.chain(6), tmp_path / "a.html", against=("orthogonal", "chain"))
    record = json.loads((tmp_path / "a.json").read_text())
    assert {name: record[name] for name in numbers} == numbers
    assert record["beside"]["orthogonal"]["Memory"]["total, best input"] == pytest.approx(1, rel=1e-9)
    assert record["beside"]["chain"]["The network"]["units"] == 6


def test_a_horizon_can_be_asked_for(tmp_path):
    numbers = lm.report(lm.chain(6), tmp_path / "a.html", against=(), horizon=3)
    assert numbers["Memory"]["total, given input"] == pytest.approx(1 + 1 / 2 + 1 / 3)


# --- networks on which something fails ---


@pytest.mark.parametrize("source", ["jordan:n=40", "ginibre:n=30,gain=1.5,rng=0", "chain:n=40,gain=1.5"])
def test_a_page_about_a_hard_network_is_written(source, tmp_path, monkeypatch, capsys):
    """The covariance of the first two is numerically singular: its smallest eigenvalue in doubles is below zero."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("linmem.reporting.network_sections.SECONDS_FOR_CLAIMS", 1)
    assert main(["report", source, "--against", "none", "--json"]) == 0
    out, err = capsys.readouterr()
    numbers = json.loads(out)
    assert err == ""
    assert numbers["Memory"]["total, mean over inputs"] == pytest.approx(1, rel=1e-7)
    assert numbers["Memory"]["total, best input"] > 1
    assert "Traceback" not in (tmp_path / "report.html").read_text()


def test_the_mean_over_inputs_is_the_mean_of_their_curves():
    net = lm.feedback_chain(30, feedforward=0.95, feedback=0.2)
    one_by_one = [lm.fisher_memory_curve(replace(net, feedforward=v), 60).values for v in np.eye(30)]
    mean = Subject(net, (), 20.0, None).mean_curve
    np.testing.assert_allclose(mean, np.mean(one_by_one, axis=0), rtol=1e-3, atol=1e-3 * mean[0])


def test_the_mean_over_inputs_is_right_where_no_cholesky_factor_exists():
    """The covariance has condition 1e20. The first three numbers are from ball arithmetic; J never increases."""
    net = lm.feedback_chain(100, feedforward=0.95, feedback=0.2)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky(lm.noise_covariance(net))
    mean = Subject(net, (), 20.0, None).mean_curve
    assert mean[:3] == pytest.approx([0.15567706, 0.09910665, 0.06621226], rel=1e-6)
    assert np.diff(mean).max() < 1e-6
    assert 0.9 < mean.sum() < 1  # all lags have the sum 1


def test_the_mean_over_inputs_is_left_out_where_it_takes_minutes(monkeypatch):
    """Which network needs balls depends on rounding, so that a curve that came from balls is handed in."""
    monkeypatch.setattr("linmem.reporting.subject.LARGEST_MEAN_BY_BALLS", 39)
    assert not isinstance(Subject(lm.chain(50), (), 20.0, None).mean_curve, Reason)

    def from_balls(self, network, lags):
        return replace(lm.fisher_memory_curve(network, lags), method="balls")

    monkeypatch.setattr(Subject, "_coarse_curve", from_balls)
    mean = Subject(lm.jordan(60), (), 20.0, None).mean_curve
    assert isinstance(mean, Reason)
    assert "ball arithmetic for 60 inputs takes minutes" in mean


@pytest.mark.parametrize("suffix", [".html", ".pdf"])
@pytest.mark.parametrize("error", [AccuracyError(0.5, 1e-8), np.linalg.LinAlgError("did not converge"), TypeError()])
def test_measures_and_pictures_that_fail_are_told_and_the_others_are_there(error, suffix, tmp_path, monkeypatch):
    def fail(*arguments, **keywords):
        raise error

    for measure in ("optimal_input", "spatial_fisher_memory", "kreiss_constant", "pseudospectrum", "schur_form"):
        monkeypatch.setattr(lm, measure, fail)
    monkeypatch.setitem(figures.DRAWN, "lines", fail)
    monkeypatch.setattr("linmem.reporting.drawing._lines", fail)
    numbers = lm.report(lm.chain(5), tmp_path / f"a{suffix}")
    assert numbers["Memory"]["total, given input"] == lm.total_fisher_memory(lm.chain(5))
    assert numbers["Memory"]["total, best input"] == f"none: {sentence_of(error)}"
    assert numbers["Non-normality"]["Kreiss constant"] == f"none: {sentence_of(error)}"
    assert numbers["Transient growth"]["reached after"] == 0
    if suffix == ".html":
        text = (tmp_path / "a.html").read_text()
        assert "It cannot be drawn" in text
        assert text.count("<figure ") >= 5


@pytest.mark.parametrize("section", ["network_section", "memory_section", "claims_section"])
def test_a_section_that_fails_as_a_whole_says_why(section, tmp_path, monkeypatch):
    def fail(*arguments, **keywords):
        raise AccuracyError(0.5, 1e-8)

    monkeypatch.setattr(f"linmem.reporting.contents.{section}", fail)
    lm.report(lm.chain(5), tmp_path / "a.html", against=())
    text = (tmp_path / "a.html").read_text()
    assert "This section could not be computed (none: the relative error is estimated at 5.0e-01" in text
    assert text.count("<section ") == 7


def test_a_claim_that_fails_to_be_tested_is_told(tmp_path, monkeypatch):
    """As LAPACK's generalized eigenvalues, which do not always converge for a chain of 100 units with gain 1.5."""

    def fail(*arguments, **keywords):
        raise np.linalg.LinAlgError("did not converge")

    claim = replace(find_claims("A2")[0], id="X1", statement="It converges", check=fail)
    monkeypatch.setattr("linmem.claims.checking.every_claim", lambda: [claim])
    lm.report(lm.chain(4), tmp_path / "a.html", against=())
    told = "<td>X1</td><td>It converges</td><td>open (none: LinAlgError: did not converge)</td>"
    assert told in (tmp_path / "a.html").read_text()


def test_memory_is_in_units_of_the_noise_everywhere(tmp_path):
    """With noise of variance 4 a normal network has the total 1 in units of 1 / noise variance, as every other has."""
    noisy = replace(lm.chain(6), noise=4.0)
    numbers = lm.report(noisy, tmp_path / "a.html", against=("orthogonal", "chain"))
    beside = json.loads((tmp_path / "a.json").read_text())["beside"]
    assert beside["orthogonal"]["Memory"]["total, best input"] == pytest.approx(1, rel=1e-9)
    share = numbers["Memory"]["share of the bound N"]
    assert share == pytest.approx(lm.fisher_memory_curve(lm.chain(6)).total / 6, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "chain:n=3", "-o", "a.doc"], "its type must be one of .html, .pdf"),
        (["report", "chain:n=3", "-o", "nowhere/a.html"], "there is no folder"),
        (["report", "chain:n=3", "--against", "ring"], "against is 'ring'"),
        (["report", "leaky_chain:n=3", "--horizon", "3"], "continuous time"),
        (["report", "chain:n=3", "--snr", "0"], "snr is 0"),
    ],
)
def test_what_cannot_be_reported_is_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_the_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["report", "chain:n=4", "--against", "none", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["Memory"]["total, given input"] == pytest.approx(25 / 12)
    assert (tmp_path / "report.html").exists()


MEASURE = """<script>addEventListener("load", () => { const wide = [...document.querySelectorAll("body *")].filter(
e => !e.closest("svg") && !e.closest(".wide") && e.getBoundingClientRect().right > innerWidth + 1);
const flat = [...document.querySelectorAll("figure svg")].filter(e => e.getBoundingClientRect().height < 50);
document.title = `wide ${wide.length} flat ${flat.length} page ${document.documentElement.scrollWidth <= innerWidth}`;
}); addEventListener("error", () => { document.title = "error"; });</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
@pytest.mark.parametrize("width", [500, 1280])
def test_in_a_browser_nothing_overflows_and_every_picture_has_a_size(written, width, tmp_path):
    measured = tmp_path / "measured.html"
    measured.write_text(written[1].read_text().replace("</body>", f"{MEASURE}</body>"))
    run = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom",
         measured.as_uri()],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "<title>wide 0 flat 0 page true</title>" in run.stdout, re.search("<title>.*</title>", run.stdout)
    assert "CONSOLE" not in run.stderr
