"""Pictures of non-normality: in the axes given, named with units, and of the numbers themselves."""

from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.linalg as sl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

import linmem as lm
from linmem import plotting
from linmem.errors import ArgumentError
from linmem.nonnormality.hidden_chains import link_profile
from linmem.nonnormality.transients import transient_growth
from linmem.plotting.complex_plane import plot_pseudomode, plot_pseudospectrum
from linmem.plotting.nonnormality import plot_link_profile, plot_schur, plot_transient_growth

CHAIN, FLOW = lm.chain(8, gain=1.2), lm.ContinuousNetwork([[-1.0, 5], [0, -1]])
PAIR = [transient_growth(net, 12) for net in (CHAIN, lm.feedback_chain(8))]
PROFILE = link_profile(CHAIN, samples=9, rng=0)


def pseudospectrum(net):
    """By an SVD at every point."""
    A, x, y = net.dense(), np.linspace(-2, 2, 30), np.linspace(-1.5, 1.5, 20)
    sigma = [[np.linalg.svd((a + 1j * b) * np.eye(len(A)) - A, compute_uv=False)[-1] for a in x] for b in y]
    return SimpleNamespace(x=x, y=y, sigma_min=np.array(sigma), eigenvalues=np.linalg.eigvals(A), network=net)


def schur(net):
    return SimpleNamespace(T=sl.schur(net.dense(), output="complex")[0], network=net)


PICTURES = {
    "pseudospectrum": lambda ax: plot_pseudospectrum(pseudospectrum(CHAIN), ax),
    "pseudospectrum of a flow": lambda ax: plot_pseudospectrum(pseudospectrum(FLOW), ax),
    "pseudospectrum in lines": lambda ax: plot_pseudospectrum(pseudospectrum(CHAIN), ax, filled=False),
    "pseudospectrum without a scale": lambda ax: plot_pseudospectrum(pseudospectrum(CHAIN), ax, colour_bar=False),
    "pseudomode": lambda ax: plot_pseudomode(lm.pseudomode(CHAIN, 0.5), ax),
    "pseudomode at a complex number": lambda ax: plot_pseudomode(lm.pseudomode(CHAIN, 0.5 + 0.1j), ax),
    "growth between Kreiss bounds": lambda ax: plot_transient_growth(PAIR[0], ax, kreiss=lm.kreiss_constant(CHAIN)),
    "growth": lambda ax: plot_transient_growth(PAIR[0], ax, lower_bound=1.5, upper_bound=60),
    "growths": lambda ax: plot_transient_growth(PAIR, ax),
    "growth of a flow": lambda ax: plot_transient_growth(transient_growth(FLOW, 20), ax),
    "Schur form": lambda ax: plot_schur(schur(lm.ginibre(8, rng=0)), ax),
    "link profile": lambda ax: plot_link_profile(PROFILE, ax),
}


@pytest.fixture(autouse=True)
def no_figure_left_open():
    yield
    plt.close("all")


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.mark.parametrize("picture", PICTURES)
def test_it_draws_in_the_axes_given_with_names_and_units(picture, ax):
    assert PICTURES[picture](ax) is ax
    assert not plt.get_fignums()
    assert ax.get_xlabel() and ax.get_ylabel()
    ax.figure.canvas.draw()


@pytest.mark.parametrize("picture", PICTURES)
def test_it_makes_axes_where_none_are_given_and_leaves_the_settings_alone(picture):
    before = dict(matplotlib.rcParams)
    assert isinstance(PICTURES[picture](None), Axes)
    with plotting.style():
        PICTURES[picture](None).figure.canvas.draw()
    assert dict(matplotlib.rcParams) == before


# --- what is drawn ---


def level_exponents(ax):
    """log10 eps of the lines; there is an area inside each, the first of which begins below all values."""
    lines = ax.collections[-1].levels
    if len(ax.collections) == 2:
        assert np.array_equal(ax.collections[0].levels[1:], lines)
    return lines


def test_level_lines_are_whole_powers_of_ten(ax):
    found = pseudospectrum(CHAIN)
    levels = level_exponents(plot_pseudospectrum(found, ax))
    assert (levels == np.round(levels)).all()
    assert 1 <= len(levels) <= 8
    assert np.log10(found.sigma_min.min()) < levels[0] <= levels[-1] <= np.log10(found.sigma_min.max())


def test_level_lines_are_those_asked_for_in_any_order(ax):
    levels = level_exponents(plot_pseudospectrum(pseudospectrum(CHAIN), ax, levels=[0.5, 1e-2]))
    np.testing.assert_allclose(levels, [-2, np.log10(0.5)])


def test_a_level_line_of_a_normal_matrix_is_a_circle_about_its_eigenvalue(ax):
    plot_pseudospectrum(pseudospectrum(lm.LinearNetwork([[0.25]])), ax, levels=[0.5])
    points = ax.collections[-1].get_paths()[0].vertices
    np.testing.assert_allclose(np.hypot(points[:, 0] - 0.25, points[:, 1]), 0.5, atol=0.02)  # of a grid of 0.15
    np.testing.assert_array_equal(ax.get_lines()[0].get_xydata(), [[0.25, 0]])


def test_levels_are_nearer_where_the_grid_spans_few_decades(ax):
    """The distance to 0.25 is from 10^-1.1 to 10^0.43 on the grid: two whole powers, four halves, six quarters."""
    levels = level_exponents(plot_pseudospectrum(pseudospectrum(lm.LinearNetwork([[0.25]])), ax))
    np.testing.assert_allclose(levels, np.arange(-1, 0.3, 0.25))


def test_colours_and_scale_are_those_of_the_levels(ax):
    """A point inside a line has the colour of that area; the scale has a tick at each level. Without it: labels."""
    found = pseudospectrum(CHAIN)
    areas, lines = plot_pseudospectrum(found, ax).collections
    exponents = lines.levels
    assert len(areas.get_facecolor()) == len(exponents)
    inside = areas.get_paths()[0].contains_point((0, 0))
    assert inside and np.log10(found.sigma_min[10, 15]) < exponents[0]
    (scale,) = ax.child_axes
    assert [float(text.get_text().replace("\N{MINUS SIGN}", "-")) for text in scale.get_yticklabels()] == list(
        exponents
    )
    assert "varepsilon" in scale.get_ylabel()
    other = Figure().subplots()
    plot_pseudospectrum(found, other, filled=False)
    assert not other.child_axes and len(other.collections) == 1
    assert {float(text.get_text().replace("\N{MINUS SIGN}", "-")) for text in other.texts[:-1]} <= set(exponents)


def test_a_pseudomode_is_drawn_unit_by_unit(ax):
    mode = lm.pseudomode(CHAIN, 0.5 + 0.1j)
    line = plot_pseudomode(mode, ax).get_lines()[1]
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack([np.arange(1, 9), mode.vector.real]))
    envelope = ax.collections[0].get_paths()[0].vertices
    assert np.abs(envelope[:, 1]).max() == np.abs(mode.vector).max()
    assert "0.5+0.1" in ax.get_title()


def test_a_grid_within_one_decade_still_has_a_line(ax):
    found = SimpleNamespace(
        x=np.linspace(3, 3.1, 5), y=np.linspace(0, 0.1, 4), sigma_min=np.linspace(2, 3, 20).reshape(4, 5),
        eigenvalues=np.array([0.5]), network=CHAIN,
    )  # fmt: skip
    assert len(level_exponents(plot_pseudospectrum(found, ax))) == 1


def test_a_grid_point_on_an_eigenvalue_is_drawn(ax):
    found = pseudospectrum(CHAIN)
    found.sigma_min[3, 4] = 0
    assert len(level_exponents(plot_pseudospectrum(found, ax))) == 8
    ax.figure.canvas.draw()


def test_the_edge_of_stability_is_the_circle_or_the_axis(ax):
    (circle,) = plot_pseudospectrum(pseudospectrum(CHAIN), ax).patches
    assert isinstance(circle, Circle) and circle.get_radius() == 1
    other = plot_pseudospectrum(pseudospectrum(FLOW))
    assert not other.patches
    assert list(other.get_lines()[-1].get_xdata()) == [0, 0]


def test_the_numerical_range_is_closed(ax):
    plot_pseudospectrum(pseudospectrum(CHAIN), ax, numerical_range=np.array([1, 1j, -1, -1j]))
    np.testing.assert_array_equal(ax.get_lines()[1].get_xdata(), [1, 0, -1, 0, 1])


def test_growth_is_drawn_with_its_peak_and_its_bounds(ax):
    plot_transient_growth(PAIR[0], ax, lower_bound=1.5, upper_bound=60)
    line, peak, lower, upper = ax.get_lines()
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack([PAIR[0].times, PAIR[0].norms]))
    np.testing.assert_array_equal(peak.get_xydata(), [[7, PAIR[0].peak]])
    assert (lower.get_ydata()[0], upper.get_ydata()[0]) == (1.5, 60)
    low, high = ax.get_ylim()
    assert low < 1.5 < 60 < high
    assert {text.get_text() for text in ax.texts} == {"lower bound", "upper bound"}


def test_bounds_of_the_kreiss_constant_enclose_the_peak(ax):
    kreiss = lm.kreiss_constant(CHAIN)
    _, peak, lower, upper = plot_transient_growth(PAIR[0], ax, kreiss=kreiss).get_lines()
    assert lower.get_ydata()[0] == kreiss.lower < peak.get_ydata()[0] < upper.get_ydata()[0]
    assert upper.get_ydata()[0] == pytest.approx(lm.growth_upper_bound(CHAIN), rel=1e-12)
    unstable = lm.LinearNetwork([[1.5]])
    other = Figure().subplots()
    plot_transient_growth(transient_growth(unstable, 5), other, kreiss=lm.kreiss_constant(unstable))
    assert len(other.get_lines()) == 2  # the bounds are infinite


def test_two_growths_have_a_legend_of_two(ax):
    plot_transient_growth(PAIR, ax, labels=["one", "two"])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "two"]


def test_a_second_call_marks_its_own_lines(ax):
    plot_transient_growth(PAIR[0], ax)
    plot_transient_growth(PAIR[1], ax)
    first, first_peak, second, second_peak = ax.get_lines()
    assert first.get_color() == first_peak.get_color() != second.get_color() == second_peak.get_color()


def test_the_schur_form_is_drawn_by_its_moduli(ax):
    form = SimpleNamespace(T=np.array([[2, 1j], [0, -1e-9]]), network=CHAIN)
    image = plot_schur(form, ax).images[0]
    np.testing.assert_array_equal(image.get_array().filled(0), [[2, 1], [0, 0]])
    assert image.norm.vmax == 2 and image.norm.vmin == pytest.approx(2e-6)


@pytest.mark.parametrize("output", ["complex", "real"])
def test_the_picture_of_a_schur_form_is_an_upper_triangle_whichever_way_it_is_given(output):
    form = lm.schur_form(lm.ginibre(7, rng=0), output)
    upper, lower = (plot_schur(one, Figure().subplots()).images[0].get_array() for one in (form, form.signal_flow()))
    np.testing.assert_array_equal(upper.filled(0), lower.filled(0))
    assert np.abs(np.tril(upper.filled(0), -2)).max() == 0 < np.triu(upper.filled(0), 2).max()


def test_a_schur_form_of_zeros_can_be_drawn(ax):
    plot_schur(SimpleNamespace(T=np.zeros((3, 3)), network=FLOW), ax)
    ax.figure.canvas.draw()
    assert "1 / time" in ax.figure.axes[1].get_ylabel()


def test_the_link_profile_is_drawn_with_its_band(ax):
    plot_link_profile(PROFILE, ax)
    _, line = ax.get_lines()
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack([PROFILE.distance, PROFILE.mean]))
    low, high = ax.get_ylim()
    assert low < 0 and high > 1.2
    band = ax.collections[0].get_paths()[0].vertices
    top = (PROFILE.null_mean + 2 * PROFILE.null_standard_deviation)[7]
    assert top in band[band[:, 0] == 0][:, 1]
    assert plot_link_profile(PROFILE, reach=7).get_xlim() == (-7, 7)


def test_a_profile_of_one_unit_can_be_drawn(ax):
    plot_link_profile(link_profile(lm.LinearNetwork([[0.5]], [1.0]), samples=2, rng=0), ax)
    ax.figure.canvas.draw()


# --- what is refused ---

STACK = transient_growth(np.zeros((2, 3, 3)), 4)


@pytest.mark.parametrize(
    ("kind", "draw", "message"),
    [
        (ArgumentError, lambda ax: plot_transient_growth(STACK, ax, quantiles=(1, 0)), r"quantiles is \(1, 0\)"),
        (
            ArgumentError,
            lambda ax: plot_transient_growth(PAIR, ax, labels=["one"]),
            "labels holds 1 names; there are 2",
        ),
        (
            ArgumentError,
            lambda ax: plot_transient_growth([PAIR[0], transient_growth(FLOW, 3)], ax),
            "some in discrete and some in",
        ),
        (ArgumentError, lambda ax: plot_transient_growth(PAIR, ax, upper_bound=-1), "upper_bound is -1"),
        (ArgumentError, lambda ax: plot_pseudospectrum(pseudospectrum(CHAIN), ax, levels=[1, 0]), "levels is 0"),
        (ArgumentError, lambda ax: plot_link_profile(PROFILE, ax, reach=0), "reach is 0"),
    ],
)
def test_what_cannot_be_drawn_is_named(kind, draw, message, ax):
    with pytest.raises(kind, match=message) as error:
        draw(ax)
    assert error.type is kind
