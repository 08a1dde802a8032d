"""The paper: every number stands in a file of the repository or is computed here; every citation leads somewhere."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg as sl

import linmem as lm

ROOT = Path(__file__).parent.parent
WHOLE = (ROOT / "paper" / "paper.md").read_text(encoding="utf-8")
TEXT = WHOLE.split("---", 2)[2]
LINE = " ".join(TEXT.split())
ENTRIES = (ROOT / "paper" / "paper.bib").read_text(encoding="utf-8")
BENCHMARKS = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
MOST_WORDS = 1200


def test_it_is_short_and_has_the_parts_that_the_journal_asks_for():
    assert len(re.findall(r"\b[A-Za-z][A-Za-z'-]+\b", TEXT)) < MOST_WORDS
    for heading in ("Summary", "Statement of need", "State of the field", "References"):
        assert f"\n# {heading}\n" in TEXT
    for field in ("title", "tags", "authors", "affiliations", "date", "bibliography"):
        assert re.search(rf"^{field}:", WHOLE, re.MULTILINE)


def test_citations_and_entries_are_each_other():
    cited = set(re.findall(r"@(\w+)", TEXT))
    entries = dict(re.findall(r"@\w+\{(\w+),(.*?)\n\}", ENTRIES, re.DOTALL))
    assert cited == set(entries)
    assert all("doi = " in entry or "url = " in entry for entry in entries.values())
    for picture in re.findall(r"\]\((\.\./[^)]+)\)", TEXT):
        assert (ROOT / "paper" / picture).exists()


def textbook_total(net):
    """The lines that are written today."""
    W, v = net.dense(), net.feedforward
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inverse = np.linalg.inv(sl.solve_discrete_lyapunov(W, np.eye(len(W))))
        return v @ sl.solve_discrete_lyapunov(W.T, inverse) @ v


def test_the_totals_are_those_that_are_computed():
    line = lm.chain(50, gain=5.0)
    # J(k) of a delay line is 1 / sum_m g^-2m, m = 0 ... k
    exact = sum(1 / sum(25.0**-m for m in range(k + 1)) for k in range(50))
    assert f"the true total is {exact:.2f}" in LINE
    assert lm.total_fisher_memory(line) == pytest.approx(exact, rel=1e-12)
    assert abs(textbook_total(line) / exact - 1) > 0.5  # not one correct digit
    chain = lm.feedback_chain(100, feedforward=0.95, feedback=0.2)
    enclosed = lm.certify(lm.total_fisher_memory, chain)
    assert f"the true total is {float(enclosed.value):.2f}" in LINE
    assert abs(textbook_total(chain) / float(enclosed.value) - 1) > 0.5
    assert np.linalg.cond(lm.noise_covariance(chain)) > 1e20 / 1e2 and "beyond $10^{20}$" in LINE


def test_eigenvalues_in_doubles_are_wrong():
    """Those of the chain with feedback are real, 2 (a b)^1/2 cos(j pi / (N + 1))."""
    chain = lm.feedback_chain(100, feedforward=0.95, feedback=0.2)
    exact = 2 * np.sqrt(0.95 * 0.2) * np.cos(np.arange(1, 101) * np.pi / 101)
    computed = np.linalg.eigvals(lm.in_random_basis(chain, rng=0).dense())
    furthest = max(np.abs(exact - z).min() for z in computed)
    assert furthest > 0.1 and "wrong by more than 0.1" in LINE


def test_numbers_of_claims_are_those_of_the_readme():
    row = re.search(r"\| all \| (\d+) \| \d+ \| \d+ \| \d+ \| (\d+) \|", (ROOT / "README.md").read_text())
    assert f"The {row[1]} claims" in LINE and f"{row[2]} of them are also proved" in LINE


def test_counts_of_networks_are_those_of_the_documentation():
    figures = (ROOT / "figures" / "README.md").read_text()
    assert "On 240 networks" in LINE and "240 networks of 2 to 32 units" in figures
    assert "21 families" in LINE and "21 families" in (ROOT / "docs" / "accuracy.md").read_text()
    assert "from some 80 units on" in LINE and "more than 1 % from some 80 units" in figures


def test_limits_are_those_of_the_package():
    from linmem.balls.decisions import LARGEST
    from linmem.validation import RTOL

    assert RTOL == 1e-8 and "tolerance, $10^{-8}$ by default" in LINE
    assert f"stop at {LARGEST} units" in LINE
    assert "of a hundred thousand units" in LINE and "| sparse, N = 100000," in BENCHMARKS


ROWS = {  # of the table: the benchmark, and the peer
    "one curve, $N$ = 1000, 400 lags | 0.42 | SciPy": ("one curve, N = 1000, 400 lags", "scipy"),
    "one curve, $N$ = 1000, 400 lags | 0.42 | python-control, slycot": (
        "one curve, N = 1000, 400 lags",
        "python-control, slycot",
    ),
    "a stack of networks, $N$ = 16, each | 3.6e-06 | SciPy": ("a stack, N = 16, 100 lags, per network", "scipy"),
    "a pseudospectrum, $N$ = 200, each point | 2.1e-05 | singular values by NumPy": (
        "pseudospectrum, N = 200, 50 x 50 points, per point",
        "numpy.linalg.svd a point",
    ),
    "training, $N$ = 100, 500 steps | 0.0032 | NumPy": ("training, elu, N = 100, T = 500, 16 sequences", "numpy"),
}


@pytest.mark.parametrize("row", ROWS)
def test_speeds_are_those_of_the_table_of_benchmarks(row):
    work, peer = ROWS[row]
    (ratio,) = re.findall(rf"\| {re.escape(row)} \| (\S+) \|", TEXT)
    own = float(re.search(rf"\| {re.escape(work)} \| linmem \| (\S+) \|", BENCHMARKS)[1])
    other = float(re.search(rf"\| {re.escape(work)} \| {re.escape(peer)} \| \S+ \| \S+ \| (\S+) \|", BENCHMARKS)[1])
    assert float(row.split(" | ")[1]) == pytest.approx(own, rel=0.03)  # two digits are printed
    assert float(ratio) == pytest.approx(other, rel=0.02)
    assert len(re.findall(r"^\| (?:one|a|training)[^\n]*\|$", TEXT, re.MULTILINE)) == len(ROWS)
