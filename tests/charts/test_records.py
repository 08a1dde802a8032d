"""Charts as numbers: what their tables hold, where their axes end, and what a large matrix looks like."""

import numpy as np
import pytest

pytest.importorskip("bokeh")
from linmem.charts.frames import tick_name
from linmem.charts.images import _in_few_bits, _largest_of_blocks
from linmem.charts.records import (
    LARGEST_TABLE,
    LOOKS,
    MOST_CELLS,
    BarChart,
    Line,
    LineChart,
    MatrixChart,
    PlaneChart,
    look_of,
)
from linmem.plotting import kind_style

X = np.arange(4.0)


def chart(*lines, **options):
    return LineChart("key", "Title", "Text.", "Lag k", "J(k)", lines, **options)


def test_lines_of_one_axis_share_its_column():
    table = chart(Line("a", X, X**2, 1e-9 * X), Line("b", X[:2], X[:2], style="band", upper=X[:2] + 1)).table()
    assert list(table) == ["Lag k", "a", "a, error", "b, lower", "b, upper"]
    assert len(table["b, upper"]) == 2


def test_lines_of_several_axes_have_a_column_each():
    assert list(chart(Line("a", X, X), Line("b", X + 0.5, X)).table()) == ["a: Lag k", "a", "b: Lag k", "b"]


def test_a_logarithmic_axis_ends_where_something_is_above_zero():
    low, high = chart(Line("a", X, np.array([1.0, 1e-3, 0.0, 0.0])), scale="either").log_range
    assert low < 1e-3 < 1 < high and low > 1e-4
    assert not chart(Line("a", X, 0 * X), scale="either").has_log_scale
    low, _ = chart(Line("a", X, np.array([1.0, 1e-3, 1e-30, 1e-200])), scale="log").log_range
    assert 1e-25 < low < 1e-23  # what no axis shows is left out


def test_an_axis_holds_the_errors_and_what_is_shown_first():
    low, high = chart(Line("a", X, X, 2 + 0 * X, "points")).linear_range
    assert low < -2 and high > 5
    _, high = chart(Line("a", X, X), first=(-0.5, 1.5)).linear_range
    assert high < 2


def test_the_table_of_a_matrix_has_its_entries():
    values = np.array([[0.0, 2.0], [-1.0, 0.0]])
    made = MatrixChart("w", "W", "", "from", "to", values, "weight", ["x", "y"], ["x", "y"])
    assert {name: list(column) for name, column in made.table().items()} == {
        "to": ["x", "y"], "from": ["y", "x"], "weight": [2.0, -1.0],
    }  # fmt: skip
    unnamed = MatrixChart("w", "W", "", "from", "to", values, "weight")
    assert list(unnamed.table()["to"]) == [1, 2]
    side = int(np.sqrt(LARGEST_TABLE)) + 1
    assert MatrixChart("w", "W", "", "from", "to", np.ones((side, side)), "weight").table() == {}


def test_other_tables():
    assert BarChart("b", "B", "", "unit", "w", ["x"], {"w": np.ones(1)}).table()["unit"] == ["x"]
    plane = PlaneChart(
        "p", "P", "", "re", "im", {"e": np.array([1j])}, {}, (X[:2], X[:3], np.arange(6.0).reshape(3, 2))
    )
    assert plane.table()["Im z"].tolist() == [0, 0, 1, 1, 2, 2]
    assert plane.table()["sigma_min(z - W)"].tolist() == [0, 1, 2, 3, 4, 5]
    assert PlaneChart("p", "P", "", "re", "im", {"e": np.array([1j, 2])}).table()["which"] == ["e", "e"]


def test_of_every_block_the_largest_entry_is_drawn():
    values = np.arange(-12, 13.0).reshape(5, 5)
    assert _largest_of_blocks(values, 2).tolist() == [[-12, -10, -8], [4, 6, 7], [9, 11, 12]]
    assert MatrixChart("w", "W", "", "", "", np.zeros((MOST_CELLS, 2))).block == 1
    assert MatrixChart("w", "W", "", "", "", np.zeros((3, MOST_CELLS + 1))).block == 2


def test_four_digits_are_kept():
    values = np.random.default_rng(0).normal(size=1000)
    np.testing.assert_allclose(_in_few_bits(values), values, rtol=2.0**-16)  # of 23 bits 7 are left out


def test_names_beside_an_axis_are_short_and_no_tex():
    assert tick_name("ctx-lh-superiorfrontal_L") == "ctx-lh…ontal_L"
    assert "$$" not in tick_name("$$x$$") and "\\(" not in tick_name("\\(x\\)")


def test_kinds_of_networks_have_the_colours_of_the_figures():
    for name, kind in {
        "chain": "chain",
        "orthogonal": "orthogonal",
        "gaussian": "Gaussian",
        "symmetric": "other",
    }.items():
        assert LOOKS[name][0] == kind_style(kind)["color"]
    assert look_of("nobody", 0) != look_of("nobody", 1)
