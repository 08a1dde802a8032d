"""Pictures: in the axes given, named with units, and without a trace in matplotlib's settings."""

import subprocess
import sys
from dataclasses import replace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.sparse
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import linmem as lm
from linmem import plotting
from linmem.errors import ArgumentError, InvalidNetworkError

CHAIN = lm.chain(8, gain=1.1)
PAIR = [CHAIN, lm.ring(8, gain=0.9)]
PICTURES = {
    "curve": lambda ax: plotting.plot_fisher_memory_curve(lm.fisher_memory_curve(CHAIN), ax),
    "curves": lambda ax: plotting.plot_fisher_memory_curve([lm.fisher_memory_curve(net) for net in PAIR], ax),
    "memory function": lambda ax: plotting.plot_memory_function(lm.memory_function(CHAIN, 12, snr=2.0), ax),
    "amplification": lambda ax: plotting.plot_amplification(CHAIN, 12, ax),
    "amplifications": lambda ax: plotting.plot_amplification(PAIR, ax=ax),
    "matrix": lambda ax: plotting.plot_matrix(CHAIN, ax),
    "spatial": lambda ax: plotting.plot_spatial_fisher_memory(PAIR, ax),
    "schematic": lambda ax: plotting.plot_network_schematic(CHAIN, ax, layout="line"),
}


@pytest.fixture(autouse=True)
def no_figure_left_open():
    yield
    plt.close("all")


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.mark.parametrize("picture", PICTURES)
def test_it_draws_in_the_axes_given_and_returns_them(picture, ax):
    assert PICTURES[picture](ax) is ax
    assert not plt.get_fignums()


@pytest.mark.parametrize("picture", PICTURES)
def test_it_makes_axes_where_none_are_given(picture):
    assert isinstance(PICTURES[picture](None), Axes)


@pytest.mark.parametrize("picture", [name for name in PICTURES if name != "schematic"])
def test_axes_are_named(picture, ax):
    PICTURES[picture](ax)
    assert ax.get_xlabel()
    assert ax.get_ylabel()


@pytest.mark.parametrize("picture", PICTURES)
def test_the_settings_of_matplotlib_are_left_alone(picture):
    before = dict(matplotlib.rcParams)
    PICTURES[picture](None)
    with plotting.style():
        PICTURES[picture](None)
    assert dict(matplotlib.rcParams) == before


def test_the_style_does_not_depend_on_the_users_settings():
    with plotting.style():
        plain = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"lines.linewidth": 9, "axes.facecolor": "pink", "font.size": 30}), plotting.style():
        assert dict(matplotlib.rcParams) == plain


def test_lines_of_the_style_differ_in_colour_and_in_dash():
    with plotting.style():
        cycle = list(matplotlib.rcParams["axes.prop_cycle"])
    assert len({entry["color"] for entry in cycle}) == 7
    assert len({str(entry["linestyle"]) for entry in cycle[:5]}) == 5


def test_importing_linmem_does_not_import_matplotlib():
    code = "import sys, linmem; linmem.fisher_memory_curve(linmem.chain(3)); print('matplotlib' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


# --- what is drawn ---


def test_lines_are_the_numbers_themselves(ax):
    curves = [lm.fisher_memory_curve(net, 12) for net in PAIR]
    plotting.plot_fisher_memory_curve(curves, ax, labels=("one", "two"))
    for line, curve in zip(ax.get_lines(), curves, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), curve.lags)
        np.testing.assert_array_equal(line.get_ydata(), curve.values)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]


def test_four_decades_are_shown_however_far_the_curve_falls(ax):
    plotting.plot_fisher_memory_curve(lm.fisher_memory_curve(lm.identity(2, gain=0.1), 60), ax)
    low, high = ax.get_ylim()
    assert 1e4 < high / low < 1e5


def test_a_memory_of_zero_can_be_drawn(ax):
    silent = lm.fisher_memory_curve(lm.LinearNetwork(np.zeros((2, 2)), [0, 0]), 3)
    assert plotting.plot_fisher_memory_curve(silent, ax) is ax
    ax.figure.canvas.draw()


def test_in_continuous_time_the_axis_is_time(ax):
    curve = lm.fisher_memory_curve(lm.ContinuousNetwork([[-1.0]], [1.0], name="leaky"))
    plotting.plot_fisher_memory_curve([curve, curve], ax)
    np.testing.assert_array_equal(ax.get_lines()[0].get_xdata(), curve.lags)
    assert "time" in ax.get_xlabel()
    assert "J(t)" in ax.get_ylabel()
    with pytest.raises(ArgumentError, match="some in discrete and some in continuous time"):
        plotting.plot_fisher_memory_curve([curve, lm.fisher_memory_curve(CHAIN)], ax)


def test_the_other_pictures_in_continuous_time(ax):
    net = lm.ContinuousNetwork([[-1.0, 0], [2, -1]], [1.0, 0])
    plotting.plot_matrix(net, ax)
    assert "A_{ij}" in ax.figure.axes[1].get_ylabel()
    plotting.plot_spatial_fisher_memory(net, Figure().subplots())
    plotting.plot_network_schematic(net, Figure().subplots())


def test_amplification_is_that_of_the_network(ax):
    plotting.plot_amplification(CHAIN, 12, ax)
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), lm.transient_amplification(CHAIN, 12))


def test_colours_are_centred_at_zero_and_rows_listen(ax):
    W = np.array([[0, 0.0], [-2, 0]])
    image = plotting.plot_matrix(W, ax).images[0]
    np.testing.assert_array_equal(image.get_array(), W)
    assert image.get_clim() == (-2, 2)
    blue, white = image.to_rgba(W)[1, 0], image.to_rgba(W)[0, 0]
    assert blue[2] > blue[0]
    assert min(white[:3]) > 0.95


def test_an_exponent_below_one_shows_small_weights(ax):
    W = np.array([[0.01, 1.0], [0, 0]])
    plain, bent = (plotting.plot_matrix(W, ax, exponent=e, colour_bar=False).images[-1] for e in (1, 0.5))
    assert plain.norm(0.01) == pytest.approx(0.505)
    assert bent.norm(0.01) == pytest.approx(0.55)


def test_sparse_and_zero_matrices(ax):
    plotting.plot_matrix(scipy.sparse.eye_array(3), ax)
    plotting.plot_matrix(np.zeros((3, 3)), ax)
    ax.figure.canvas.draw()


def test_principal_totals_are_the_eigenvalues_of_the_spatial_matrix(ax):
    plotting.plot_spatial_fisher_memory(lm.chain(6), ax)
    expected = np.linalg.eigvalsh(lm.spatial_fisher_memory(lm.chain(6)))[::-1]
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), expected, rtol=1e-12)
    assert set(ax.get_lines()[1].get_ydata()) == {1.0}


@pytest.mark.parametrize("layout", ["line", "ring"])
def test_a_schematic_has_a_circle_a_unit_and_an_arrow_a_weight(layout, ax):
    net = lm.LinearNetwork([[0.5, 0, -1], [0, 0, 0], [1, 1, 0]], [1, 0, 1])
    plotting.plot_network_schematic(net, ax, layout=layout)
    circles = [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.Circle)]
    assert len(circles) == 3
    assert len(ax.patches) == 3 + 4 + 2
    ax.figure.canvas.draw()


def test_panels_are_lettered(ax):
    first, second = Figure().subplots(1, 2)
    plotting.letter_panels(first, second)
    assert [panel.get_title(loc="left") for panel in (first, second)] == ["a", "b"]


# --- what is refused ---

STACK = lm.LinearNetwork(np.zeros((2, 3, 3)), np.ones(3))
INPUTS = lm.LinearNetwork(np.zeros((3, 3)), np.eye(3)[:, :2])


@pytest.mark.parametrize(
    ("kind", "draw", "message"),
    [
        (
            InvalidNetworkError,
            lambda ax: plotting.plot_fisher_memory_curve(lm.fisher_memory_curve(INPUTS), ax),
            r"curves holds .* \(6, 2, 2\), of several inputs",
        ),
        (InvalidNetworkError, lambda ax: plotting.plot_amplification(INPUTS, 4, ax), r"networks holds .* \(4, 2\)"),
        (ArgumentError, lambda ax: plotting.plot_amplification(STACK, 4, ax, quantiles=(0.9, 0.1)), "quantiles is"),
        (
            ArgumentError,
            lambda ax: plotting.plot_amplification(PAIR, 4, ax, labels=["one"]),
            "labels holds 1 names; there are 2",
        ),
        (InvalidNetworkError, lambda ax: plotting.plot_matrix(STACK, ax), r"W has shape \(2, 3, 3\)"),
        (InvalidNetworkError, lambda ax: plotting.plot_matrix([[1j]], ax), "complex128"),
        (ArgumentError, lambda ax: plotting.plot_matrix([[1.0]], ax, limit=0), "limit is 0"),
        (ArgumentError, lambda ax: plotting.plot_matrix([[1.0]], ax, exponent=-1), "exponent is -1"),
        (InvalidNetworkError, lambda ax: plotting.plot_network_schematic(lm.chain(30), ax), "at most 24 units"),
        (ArgumentError, lambda ax: plotting.plot_network_schematic(CHAIN, ax, layout="star"), "layout is 'star'"),
    ],
)
def test_what_cannot_be_drawn_is_named(kind, draw, message, ax):
    with pytest.raises(kind, match=message) as error:
        draw(ax)
    assert error.type is kind


def test_a_line_ends_where_its_error_exceeds_its_value_and_the_rest_is_hatched():
    curve = lm.fisher_memory_curve(lm.chain(5, gain=0.3), lags=5)
    unsure = replace(curve, error=np.full(5, curve.values[2] / 2))
    drawn = plotting.plot_fisher_memory_curve(unsure)
    assert np.isnan(drawn.lines[0].get_ydata()).tolist() == [False, False, False, True, True]
    (hatched,) = drawn.collections
    assert hatched.get_hatch()
    assert hatched.get_paths()[0].vertices[:, 0].min() == 3
    sure = plotting.plot_fisher_memory_curve(curve)
    assert not np.isnan(sure.lines[0].get_ydata()).any()
    assert not sure.collections


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_in_documents_show_all_that_is_drawn(name, monkeypatch):
    """Nothing that belongs to the axes lies outside of the picture, and the picture is filled."""
    from linmem.plotting import documents

    figures = []
    new_figure = documents.new_figure
    monkeypatch.setattr(documents, "new_figure", lambda *size: figures.append(new_figure(*size)) or figures[-1])
    text = documents.svg_element(PICTURES[name], "a", "label")
    assert text.startswith("<svg")
    (figure,) = figures
    extents = figure.get_tightbbox().extents
    width, height = figure.get_size_inches()
    # half of the margin: labels of ticks may be others once the axes have moved
    assert (extents[:2] >= documents.PAD / 2).all()
    assert (extents[2:] <= np.array([width, height]) - documents.PAD / 2).all()
    filled = (extents[2:] - extents[:2]) / (width, height)
    assert filled.max() > 0.95  # axes of a fixed aspect leave room on two sides


def test_exponents_in_documents_are_letters():
    """As mathtext writes them: the same digits, raised."""
    from linmem.plotting.documents import _RaisedExponents

    def labels(values):
        fig = Figure()
        axis = fig.subplots().yaxis
        axis.axes.set_yscale("log")
        axis.axes.set_ylim(1e-12, 1e3)
        formatter = _RaisedExponents()
        formatter.set_axis(axis)
        return [formatter(value) for value in values]

    assert labels([1e-3, 1.0, 1e2, 1e-12]) == ["10⁻³", "10⁰", "10²", "10⁻¹²"]
    assert not any("$" in label or "{" in label for label in labels(np.geomspace(1e-9, 1e3, 40)))


# --- stacks ---

MANY = lm.LinearNetwork(np.stack([lm.ginibre(6, gain=0.8, rng=seed).dense() for seed in range(9)]), np.eye(6)[0])
OF_STACKS = {
    "curve": (lambda ax, **o: lm.fisher_memory_curve(MANY, 8).plot(ax, **o), lm.fisher_memory_curve(MANY, 8).values),
    "function": (lambda ax, **o: lm.memory_function(MANY, 8).plot(ax, **o), lm.memory_function(MANY, 8).values),
    "amplification": (
        lambda ax, **o: plotting.plot_amplification(MANY, 8, ax, **o),
        lm.transient_amplification(MANY, 8),
    ),
    "growth": (
        lambda ax, **o: lm.transient_growth(MANY, steps=8).plot(ax, **o),
        lm.transient_growth(MANY, steps=8).norms,
    ),
}


@pytest.mark.parametrize("kind", OF_STACKS)
def test_of_a_stack_the_median_is_drawn_with_a_band(kind, ax):
    draw, values = OF_STACKS[kind]
    draw(ax)
    (line,), (band,) = ax.lines, ax.collections
    middle = np.sort(values, axis=0)[4]  # of nine
    np.testing.assert_array_equal(line.get_ydata(), middle)
    edges = band.get_paths()[0].vertices
    for step, of_step in enumerate(np.sort(values, axis=0).T):
        # of nine sorted numbers the tenth and the ninetieth percentile are at places .8 and 7.2
        low, high = 0.2 * of_step[0] + 0.8 * of_step[1], 0.8 * of_step[7] + 0.2 * of_step[8]
        drawn = edges[edges[:, 0] == step, 1]
        assert drawn.min() == pytest.approx(low, rel=1e-12) and drawn.max() == pytest.approx(high, rel=1e-12)
    (label,) = ax.get_legend().get_texts()
    assert label.get_text() == line.get_label() and "median and quantiles 0.1–0.9" in label.get_text()


def test_of_a_stack_each_rank_has_its_median_of_spatial_memory(ax):
    """Members one after the other: eigenvalues of J^s are known to about 1e-13 of the largest."""
    plotting.plot_spatial_fisher_memory(MANY, ax)
    members = [np.linalg.eigvalsh(lm.spatial_fisher_memory(MANY.member(i)))[::-1] for i in range(9)]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(members, axis=0), rtol=1e-9)
    assert "median and quantiles 0.1–0.9" in ax.get_legend().get_texts()[0].get_text()


@pytest.mark.parametrize("kind", OF_STACKS)
def test_the_quantiles_of_a_band_can_be_chosen(kind, ax):
    draw, values = OF_STACKS[kind]
    draw(ax, quantiles=(0, 1))
    edges = ax.collections[0].get_paths()[0].vertices
    assert edges[:, 1].max() == values.max()
    assert "median and quantiles 0–1" in ax.get_legend().get_texts()[0].get_text()
