"""Every figure script runs, writes the same bytes twice, and draws nothing when what it says is not so."""

import inspect
import io
import json
import pickle
import re
import subprocess
import sys
from dataclasses import asdict, replace
from functools import wraps
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg as sl
from click.testing import CliRunner
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from scipy.optimize import isotonic_regression

import linmem as lm
from analysis import __main__ as command
from analysis import (
    calibration,
    claims,
    collect_paths,
    connectome_development,
    connectome_memory,
    delay_lines,
    drawing,
    effective_noise,
    emerging_chain,
    fan_out_memory,
    fan_out_trace,
    feedforward_integrator,
    fluid_memory,
    gates_of_lstms,
    gaussian_networks,
    hidden_chain,
    labels,
    learned_connectivity,
    learning_curves,
    legendre_memory,
    loss_and_unexplained,
    memory_after_training,
    memory_along_paths,
    memory_at_all_ends,
    memory_is_not_gradients,
    memory_of_four_networks,
    memory_of_lstms,
    normal_memory,
    outcomes,
    output,
    paths,
    pseudospectra_gallery,
    same_eigenvalues,
    shift_register,
    signal_to_noise,
    state_space_layers,
    trained_fixed_points,
    trainings,
    where_doubles_fail,
    where_doubles_fail_along_steps,
)
from analysis.__main__ import figures
from analysis.drawing import draw_figure
from benchmarks import readability
from linmem import plotting
from linmem.linalg.blas import one_blas_thread
from tests import legibility

ROOT = Path(__file__).parent.parent

SCRIPTS = outcomes.scripts()
SMALL_SIZE, SMALL_LAGS = 12, 20


def feedback_by_lyapunov():
    """J and J_tot of the small chain with feedback, by scipy: twelve units are well conditioned."""
    W = np.diag(np.full(SMALL_SIZE - 1, 0.99), -1) + np.diag(np.full(SMALL_SIZE - 1, 0.04), 1)
    v = np.eye(SMALL_SIZE)[0]
    precision = np.linalg.inv(sl.solve_discrete_lyapunov(W, np.eye(SMALL_SIZE)))
    states = [np.linalg.matrix_power(W, k) @ v for k in range(SMALL_LAGS)]
    memory = [state @ precision @ state for state in states]
    return memory, sl.solve_discrete_lyapunov(W.T, precision)[0, 0], [state @ state for state in states]


def small_settings():
    memory, total, squares = feedback_by_lyapunov()
    chain_total = sum(1.0404**k * 0.0404 / (1.0404 ** (k + 1) - 1) for k in range(SMALL_SIZE))
    return {
        "memory_of_four_networks": replace(
            memory_of_four_networks.SETTINGS,
            size=SMALL_SIZE,
            lags=SMALL_LAGS,
            memory=(((1, "0.510"), (10, "0.110")), tuple((k, f"{memory[k]:.6f}") for k in (0, 1, 10))),
            totals=(f"{chain_total:.6f}", f"{total:.6f}"),
            peaks=((11, f"{1.0404**11:.6f}"), (int(np.argmax(squares)), f"{max(squares):.6f}")),
        ),
        "connectome_memory": replace(connectome_memory.SETTINGS, lags=5, named=3),
        "connectome_development": replace(connectome_development.SETTINGS, lags=5, shuffles=2, exceeding=(1, 2, 7)),
        "delay_lines": delay_lines.SETTINGS,
        "feedforward_integrator": replace(
            feedforward_integrator.SETTINGS, stages=12, until=30.0, points=61, sizes=(1, 5, 10, 20), weights=(0.5, 1, 2)
        ),
        "state_space_layers": replace(state_space_layers.SETTINGS, lags=6000),
        "normal_memory": replace(normal_memory.SETTINGS, size=200, draws=3, early=0.2, late=0.3, apart=0.3),
        "gaussian_networks": replace(
            gaussian_networks.SETTINGS, size=40, draws=10, best=("2.9", 2.0, 4.0), ends=("0.22", "0.07"), stable="0.20"
        ),
        "legendre_memory": replace(legendre_memory.SETTINGS, sizes=(1, 6, 24)),
        "fan_out_memory": replace(fan_out_memory.SETTINGS, small=10, size=60, draws=2),
        "fluid_memory": replace(
            fluid_memory.SETTINGS, inverse=(2, 5, 10), line=("1.333", "1.695", "2.343"), boxed=("1.36", "1.62", "1.84")
        ),
        "pseudospectra_gallery": replace(
            pseudospectra_gallery.SETTINGS,
            networks=(
                ("Grcar", "grcar:n=12,gain=0.4", "1.28", "0.47"),
                ("Jordan block", "jordan:n=12,eigenvalue=0.5,weight=0.6", "1.34", "0.75"),
                ("chain", "chain:n=12,gain=1.02", "1.00", "1.00"),
                ("chain with feedback", "feedback_chain:n=12,feedforward=0.99,feedback=0.04", "1.00", "0.96"),
                ("orthogonal", "random_orthogonal:n=12,gain=0.95,rng=0", "1.00", "0.00"),
                ("Gaussian", "ginibre:n=12,gain=0.95,rng=0", "9.34", "0.74"),
                ("symmetric", "symmetric_wigner:n=12,gain=0.95,rng=0", "1.00", "0.00"),
            ),
            points=31,
        ),
        "same_eigenvalues": replace(
            same_eigenvalues.SETTINGS,
            size=SMALL_SIZE,
            lags=SMALL_LAGS,
            weights=(0.3, 0.99),
            memory=tuple((k, f"{memory[k]:.6f}") for k in (0, 1, 10)),
            total=f"{total:.6f}",
            reversed="0.090776",
            kreiss="1.00",
        ),
        "hidden_chain": replace(hidden_chain.SETTINGS, samples=50, trials=2, gains=(0.07, 0.3, 2), bump="0.02"),
        "fan_out_trace": replace(
            fan_out_trace.SETTINGS, layers=20, steps=2000, linear="0.921", ends=(0.905, 0.84, 0.53)
        ),
        "emerging_chain": emerging_chain.SETTINGS,
        "effective_noise": replace(
            effective_noise.SETTINGS,
            size=20,
            variances=(0.01, 0.16, 10.0),
            shown=(0, 1, 2),
            steps=1600,
            sums=(("17.7", "17.6", "11.3"), ("17.6", "15.2", "7.6")),
        ),
        "signal_to_noise": replace(
            signal_to_noise.SETTINGS,
            size=20,
            draws=2,
            trials=2000,
            printed=("0.877", "18.5", "0.759", "0.559", "12.7", "0.12"),
        ),
        "calibration": replace(calibration.SETTINGS, largest=8, draws=3, within=0.8),
        "where_doubles_fail": replace(
            where_doubles_fail.SETTINGS,
            lengths=(20, 30),
            expected=(("feedback", "4.965147", 0), ("hidden", "10.571314", 0)),
        ),
        "learning_curves": learning_curves.SETTINGS,
        "learned_connectivity": replace(learned_connectivity.SETTINGS, samples=19),
        "memory_after_training": replace(memory_after_training.SETTINGS, points=31, shuffles=99),
        "gates_of_lstms": replace(gates_of_lstms.SETTINGS, steps=20, samples=3),
        "memory_along_paths": memory_along_paths.SETTINGS,
        "memory_at_all_ends": memory_at_all_ends.SETTINGS,
        "trained_fixed_points": trained_fixed_points.SETTINGS,
        "memory_is_not_gradients": replace(memory_is_not_gradients.SETTINGS, size=60, steps=200, exponent="0.108"),
        "loss_and_unexplained": replace(loss_and_unexplained.SETTINGS, shuffles=99),
        "memory_of_lstms": memory_of_lstms.SETTINGS,
        "where_doubles_fail_along_steps": replace(
            where_doubles_fail_along_steps.SETTINGS, gains=(1.0, 2.0, 3.5), lengths=(4, 20, 44, 48)
        ),
        "shift_register": replace(shift_register.SETTINGS, gains=(0.9, 0.97, 0.98, 0.995), sizes=(10, 10000), dense=1),
    }


SMALL = small_settings()


@pytest.fixture(autouse=True)
def as_the_command_does():
    with one_blas_thread():
        yield


# --- measures that several tests of a script ask for ---

MEASURES = {name: getattr(lm, name) for name in lm.__all__ if inspect.isfunction(getattr(lm, name))}
COMPUTED = {}  # what they returned, by name and arguments
PROVED = {}  # what ball arithmetic said of a trained network, by its weights


class Key(pickle.Pickler):
    """The bytes of arguments. A random generator has none: a call moves it on, and must not be left out."""

    def reducer_override(self, argument):
        if isinstance(argument, np.random.Generator):
            raise pickle.PicklingError
        return NotImplemented


def computed_once(name, measure):
    """The measure, which remembers what it returned for the same arguments."""

    @wraps(measure)
    def remembering(*arguments, **keywords):
        # `certify` takes measures themselves
        arguments = [getattr(each, "__wrapped__", each) if inspect.isfunction(each) else each for each in arguments]
        key = io.BytesIO()
        try:
            Key(key).dump((name, arguments, keywords))
        except (pickle.PicklingError, AttributeError):  # a random generator, or a function without a name of its own
            return measure(*arguments, **keywords)
        if key.getvalue() not in COMPUTED:
            COMPUTED[key.getvalue()] = measure(*arguments, **keywords)
        return COMPUTED[key.getvalue()]

    return remembering


@pytest.fixture(autouse=True)
def measures_are_computed_once(monkeypatch):
    """The tests of one figure ask for the same measures of the same networks, which take seconds."""
    for name, measure in MEASURES.items():
        monkeypatch.setattr(lm, name, computed_once(name, measure))

    def enclosed_memory(network, horizon):
        key = network.dense().tobytes(), network.columns().tobytes(), horizon
        if key not in PROVED:
            PROVED[key] = trainings.enclosed_memory(network, horizon)
        return PROVED[key]

    monkeypatch.setattr(memory_after_training, "enclosed_memory", enclosed_memory)


def test_a_call_is_remembered_by_all_its_arguments_and_one_with_a_generator_is_not():
    measured = []
    measure = computed_once("measure", lambda *arguments, **keywords: measured.append(arguments) or len(measured))
    net = lm.chain(3)
    assert [measure(net), measure(net), measure(net, 2), measure(net, lags=2), measure(lm.chain(3, gain=2.0))] == [
        *(1, 1, 2, 3, 4)
    ]
    rng = np.random.default_rng(0)
    assert [measure(net, rng=rng), measure(net, rng=rng)] == [5, 6]
    assert lm.certify(lm.total_fisher_memory, net).value == lm.certify(MEASURES["total_fisher_memory"], net).value


def test_every_script_is_tested():
    assert set(SMALL) == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_can_be_read(name):
    """At most 15 nodes of the syntax tree a line, functions of at most 40 lines: see benchmarks/readability.py."""
    text = (ROOT / "analysis" / f"{name}.py").read_text()
    assert readability.density(text) <= readability.MOST_DENSE
    long = [function for function, *_, length in readability.functions(text) if length > readability.LONGEST_BODY]
    assert long == []


def test_a_dense_or_long_function_is_noticed():
    """Negative control."""
    dense = "def f(x):\n    return [a * b + c for a, b, c in zip(x, x, x) if a > b > c and (a, b) != (c, a)]\n"
    long = "def f(x):\n" + 41 * "    x += 1\n" + "    return x\n"
    assert readability.density(dense) > readability.MOST_DENSE
    assert readability.functions(long)[0][3] > readability.LONGEST_BODY


LIGHTER = 0.15  # of luminance, 0 to 1: what is told apart beside each other in print
SIGNED = {"RdBu_r"}  # from one sign to the other, the same grey on both sides


def grey(colour):
    return np.dot([0.2126, 0.7152, 0.0722], to_rgb(colour))


def twins(figure):
    """Lines with different names that print alike without colours: same dash, marker and width, and nearly one grey."""
    found = []
    for ax in figure.axes:
        lines = [line for line in ax.lines if not line.get_label().startswith("_") and line.get_visible()]
        for one, other in combinations(lines, 2):
            looks = [
                (
                    line._dash_pattern,
                    line.get_marker(),
                    line.get_fillstyle(),
                    line.get_linewidth(),
                    str(line.get_markerfacecolor()),
                )
                for line in (one, other)
            ]
            alike = looks[0] == looks[1] and abs(grey(one.get_color()) - grey(other.get_color())) < LIGHTER
            if alike and one.get_label() != other.get_label():
                found.append((ax.get_title(), one.get_label(), other.get_label()))
    return found


def folded(figure):
    """Colour maps in which one grey stands for two values."""
    shown = [artist for ax in figure.axes for artist in (*ax.images, *ax.collections) if artist.get_array() is not None]
    found = []
    for colours in {artist.get_cmap().name: artist.get_cmap() for artist in shown}.values():
        steps = np.diff([grey(colour) for colour in colours(np.linspace(0, 1, 64))[:, :3]])
        if colours.name not in SIGNED and np.any(steps < 0) and np.any(steps > 0):
            found.append(colours.name)
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_writes_its_four_files(name, tmp_path, monkeypatch):
    drawn, save = [], output.save
    what_is_drawn, draw = [], SCRIPTS[name].draw
    monkeypatch.setattr(SCRIPTS[name], "draw", lambda *results: what_is_drawn.append(results) or draw(*results))
    monkeypatch.setattr(drawing, "save", lambda figure, *rest: drawn.append(figure) or save(figure, *rest))
    held = draw_figure(SCRIPTS[name], SMALL[name], tmp_path)
    assert len(held) > 5
    assert all(claim.holds for claim in held)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.{kind}" for kind in ("pdf", "png", "json", "txt")}
    record = json.loads((tmp_path / f"{name}.json").read_text())
    assert record["figure"] == name
    assert record["linmem"] == lm.__version__
    assert record["settings"] == json.loads(json.dumps(asdict(SMALL[name])))
    caption = (tmp_path / f"{name}.txt").read_text()
    assert "{" not in caption
    assert output.sticking_out(drawn[0]) <= output.SLACK
    assert not twins(drawn[0])
    assert not folded(drawn[0])
    width, height = drawn[0].get_size_inches()
    # 300 dots per inch; matplotlib rounds what the height has beyond a whole dot either way
    assert np.abs(np.array(imread(tmp_path / f"{name}.png").shape[:2]) - 300 * np.array([height, width])).max() <= 1
    assert b"/FontFile2" in (tmp_path / f"{name}.pdf").read_bytes()  # TrueType, embedded
    if hasattr(SCRIPTS[name], "LAYOUT"):
        for columns in (1, 2):
            with plotting.for_journal("pnas", columns), plotting.style():
                assert_legible(draw(*what_is_drawn[0]), columns)


def assert_legible(figure, columns):
    """At the width of so many columns of PNAS, nothing is too small, covered, or beyond the page."""
    figure.draw_without_rendering()
    assert figure.get_figwidth() * 25.4 == pytest.approx({1: 87, 2: 178}[columns], rel=1e-12)
    assert figure.get_figheight() * 25.4 < 225  # the height of its page
    assert output.sticking_out(figure) <= output.SLACK
    assert not legibility.small_texts(figure)
    assert not legibility.overlaps(figure)
    assert not legibility.small_panels(figure)


@pytest.mark.parametrize("seed", range(5))
def test_names_at_the_ends_of_lines_are_moved_apart_and_no_more_than_that(seed):
    heights = np.sort(np.random.default_rng(seed).random(8))
    places = labels.apart(heights, 0.1)
    assert np.diff(places).min() >= 0.1 - 1e-12  # rounding of sums of a few numbers near 1
    # least squares under these bounds, by another method
    shifts = 0.1 * np.arange(8)
    assert places - shifts == pytest.approx(isotonic_regression(heights - shifts).x, abs=1e-12)
    assert labels.apart(places, 0.05) == pytest.approx(places, abs=1e-12)


def test_what_cannot_be_read_is_noticed():
    """Negative control."""
    with plotting.style():
        figure = plotting.new_figure(0.8, 0.8)
        ax = figure.subplots()
        plotting.letter_panels(ax)
        ax.set_ylim(1, 1e9)
        ax.set_yscale("log")
        ax.text(0.5, 1e4, "one", fontsize=4)
        ax.text(0.5, 1e4, "other")
        figure.draw_without_rendering()
    assert legibility.small_texts(figure) == ["one"]
    assert legibility.overlaps(figure) == [("one", "other")]
    assert [letter for letter, _ in legibility.small_panels(figure)] == ["a"]


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_writes_the_same_bytes_twice(name, tmp_path):
    """On one machine: another BLAS rounds otherwise."""
    for folder in ("once", "twice"):
        COMPUTED.clear()
        PROVED.clear()
        draw_figure(SCRIPTS[name], SMALL[name], tmp_path / folder)
    for file in (tmp_path / "once").iterdir():
        assert file.read_bytes() == (tmp_path / "twice" / file.name).read_bytes(), file.name


BROKEN = [
    ("memory_of_four_networks", "fisher_memory_curve"),
    ("memory_of_four_networks", "transient_amplification"),
    ("connectome_memory", "fisher_memory_curve"),
    ("connectome_memory", "spatial_fisher_memory"),
    ("connectome_memory", "optimal_input"),
    ("connectome_development", "fisher_memory_curve"),
    ("connectome_development", "spatial_fisher_memory"),
    ("connectome_development", "total_fisher_memory"),
    ("delay_lines", "fisher_memory_curve"),
    ("delay_lines", "transient_amplification"),
    ("feedforward_integrator", "total_fisher_memory"),
    ("normal_memory", "fisher_memory_curve"),
    ("gaussian_networks", "spatial_fisher_memory"),
    ("gaussian_networks", "total_fisher_memory"),
    ("gaussian_networks", "optimal_input"),
    ("legendre_memory", "fisher_memory_curve"),
    ("legendre_memory", "spatial_fisher_memory"),
    ("legendre_memory", "total_fisher_memory"),
    ("fan_out_memory", "fisher_memory_curve"),
    ("fan_out_memory", "memory_function"),
    ("fan_out_trace", "memory_function"),
    ("fluid_memory", "spatial_fisher_memory"),
    ("fluid_memory", "optimal_input"),
    ("fluid_memory", "total_fisher_memory"),
    ("pseudospectra_gallery", "pseudospectrum"),
    ("pseudospectra_gallery", "numerical_range"),
    ("pseudospectra_gallery", "kreiss_constant"),
    ("pseudospectra_gallery", "henrici_departure"),
    ("emerging_chain", "total_fisher_memory"),
    ("emerging_chain", "fisher_memory_curve"),
    ("emerging_chain", "henrici_departure"),
    ("same_eigenvalues", "pseudospectrum"),
    ("same_eigenvalues", "numerical_range"),
    ("same_eigenvalues", "transient_growth"),
    ("same_eigenvalues", "fisher_memory_curve"),
    ("same_eigenvalues", "spatial_fisher_memory"),
    ("same_eigenvalues", "total_fisher_memory"),
    ("same_eigenvalues", "kreiss_constant"),
    ("hidden_chain", "link_profile"),
    ("signal_to_noise", "memory_function"),
    ("signal_to_noise", "fit_decoder"),
    ("effective_noise", "decode_curve"),
    ("effective_noise", "mean_field"),
    ("shift_register", "memory_function"),
    ("calibration", "fisher_memory_curve"),
    ("calibration", "memory_function"),
    ("where_doubles_fail", "fisher_memory_curve"),
    ("where_doubles_fail", "spatial_fisher_memory"),
    ("shift_register", "memory_capacity"),
    ("learned_connectivity", "link_profile"),
    ("learned_connectivity", "henrici_departure"),
    ("memory_along_paths", "fisher_memory_curve"),
    ("memory_at_all_ends", "fisher_memory_curve"),
    ("memory_of_lstms", "fisher_memory_curve"),
    ("memory_is_not_gradients", "fisher_memory_curve"),
    ("memory_is_not_gradients", "gradient_norms"),
    ("loss_and_unexplained", "memory_function"),
    ("where_doubles_fail_along_steps", "fisher_memory_curve"),
    ("memory_after_training", "fisher_memory_curve"),
    ("memory_after_training", "henrici_departure"),
    ("memory_after_training", "pseudospectrum"),
]


NUMBERS = {  # of measures whose result is not a bare number or array
    "fisher_memory_curve": ("values", "total"),
    "memory_function": ("values", "capacity"),
    "fit_decoder": ("r2", "adjusted"),
    "decode_curve": ("values", "adjusted"),
    "mean_field": ("snr",),
    "gradient_norms": ("values",),
    "pseudospectrum": ("sigma_min",),
    "numerical_range": ("boundary",),
    "transient_growth": ("norms", "peak"),
    "link_profile": ("mean", "null_mean"),
    "kreiss_constant": ("value", "lower", "upper"),
}


@pytest.mark.parametrize(("name", "measure"), BROKEN)
def test_a_script_draws_nothing_when_a_measure_is_five_percent_off(name, measure, tmp_path, monkeypatch):
    right = getattr(lm, measure)

    def wrong(*arguments, **keywords):
        found = right(*arguments, **keywords)
        if measure in NUMBERS:
            known = [name for name in NUMBERS[measure] if getattr(found, name, None) is not None]
            return replace(found, **{name: getattr(found, name) * 1.05 for name in known})
        return found * 1.05

    monkeypatch.setattr(lm, measure, wrong)
    with pytest.raises(claims.ClaimError, match="measured"):
        draw_figure(SCRIPTS[name], SMALL[name], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_figure_in_the_repository_is_of_these_settings(name):
    record = json.loads((ROOT / "figures" / f"{name}.json").read_text())
    assert record["settings"] == json.loads(json.dumps(asdict(SCRIPTS[name].SETTINGS)))
    assert f"({name}.pdf)" in (ROOT / "figures" / "README.md").read_text()


# Rows that are nothing but rounding: errors, estimates of them, and what SciPy's solver returns where it fails. Another
# BLAS gives other ones, and more or fewer of them, as an estimate decides which method returns a number. Overlaps are
# with Schur vectors in the order in which LAPACK finds them, and rounding decides that too.
OF_ROUNDING = {
    "calibration": lambda key: True,
    "gaussian_networks": lambda key: "overlap" in key,
    "where_doubles_fail": lambda key: "certified" not in key,
    "where_doubles_fail_along_steps": lambda key: True,
    "memory_is_not_gradients": lambda key: "chaotic" in key,  # a chaotic path enlarges the rounding of its steps
}
# the tolerance that a script asks of a measure, where it is not the usual one
ASKED = {"memory_after_training": 1e-6, "fluid_memory": fluid_memory.DRAWN}


@pytest.mark.slow
def test_what_is_stored_of_a_path_is_what_is_measured():
    """One run anew, of those of which `analysis.collect_paths` stores something; figures look at others."""
    run = next(run for run in trainings.collected("full", ["addition"]) if (run.start, run.seed) == ("chain", 1))
    stored, again = paths.collected_paths()[run.name], collect_paths.measured(run)
    np.testing.assert_allclose(again["unexplained"], stored.unexplained, rtol=1e-4)
    np.testing.assert_allclose([again["memory"], again["mean_square"]], [stored.memory, stored.mean_square], rtol=1e-4)


def test_every_run_has_its_path_stored_and_how_it_was_measured():
    runs = trainings.collected("full") + [run for run in trainings.collected("text") if run.settings.cell == "lstm"]
    assert sorted(paths.collected_paths()) == sorted(run.name for run in runs)
    made = json.loads(paths.PATHS.read_text())["made"]
    assert made.keys() == collect_paths.provenance().keys()
    settings = {key: value for key, value in made.items() if key != "versions"}
    assert settings == {key: value for key, value in collect_paths.provenance().items() if key != "versions"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_figure_in_the_repository_shows_what_its_script_finds(name, tmp_path):
    draw_figure(SCRIPTS[name], folder=tmp_path)
    then, now = (
        json.loads((folder / f"{name}.json").read_text())["numbers"] for folder in (ROOT / "figures", tmp_path)
    )
    assert then.keys() == now.keys()
    for key, numbers in then.items():
        if OF_ROUNDING.get(name, lambda key: False)(key):
            continue
        if isinstance(numbers, list) and isinstance(numbers[0], str):
            assert now[key] == numbers
        else:  # The committed numbers come from another BLAS: a measure promises a share of the largest in a row.
            promised = ASKED.get(name, 1e-8)
            pair = [np.array(one, dtype=float) for one in (now[key], numbers)]  # nan where there is no number
            np.testing.assert_allclose(*pair, rtol=0, atol=promised * np.nanmax(np.abs(pair[1])) + 1e-12, err_msg=key)


# --- claims ---


@pytest.mark.parametrize(("measured", "holds"), [(0.5096, True), (0.5104, True), (0.5094, False), (0.5106, False)])
def test_a_printed_number_stands_for_half_a_unit_of_its_last_digit(measured, holds):
    assert claims.rounds_to("J", measured, "0.510").holds is holds


def test_nan_holds_of_nothing():
    assert not claims.at_most("x", np.nan, 1).holds
    assert not claims.at_least("x", np.nan, 1).holds
    assert not claims.close_to("x", np.nan, 1, 1).holds


def test_the_error_names_every_broken_claim_with_its_number():
    good, bad, worse = claims.at_most("a", 1, 2), claims.at_most("b", 3, 2), claims.at_least("c", 0, 1)
    assert claims.require(good) == (good,)
    with pytest.raises(claims.ClaimError, match=r"b: measured 3, not in \[-inf, 2\]; c: measured 0") as caught:
        claims.require(good, bad, worse)
    assert caught.value.broken == (bad, worse)


# --- output ---


def test_a_failed_save_leaves_what_was_there(tmp_path):
    (tmp_path / "picture.pdf").write_text("old")
    figure = plotting.new_figure(1, 1)
    with pytest.raises(ValueError, match="JSON"):
        output.save(figure, "picture.py", tmp_path, memory_of_four_networks.SETTINGS, {"J": np.nan}, "caption")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("picture.pdf", "old")]


# --- python -m analysis ---


@pytest.fixture
def two_figures(monkeypatch):
    drawn = []

    def draw_figure(script, folder):
        if script == "wrong":
            claims.require(claims.at_most("the moon is a cheese", 1, 0))
        drawn.append(folder)
        return (claims.at_most("it holds", 0.25, 1),)

    for module in (command, outcomes):
        monkeypatch.setattr(module, "scripts", lambda: {"right": "right", "wrong": "wrong"})
    monkeypatch.setattr(outcomes, "draw_figure", draw_figure)
    return drawn


def test_a_broken_claim_gives_exit_code_one_and_the_others_are_drawn(two_figures, tmp_path):
    answer = CliRunner().invoke(figures, ["--out", str(tmp_path), "--processes", "1", "wrong", "right"])
    assert answer.exit_code == 1
    assert two_figures == [tmp_path]
    assert "broken  the moon is a cheese: measured 1, not in [-inf, 0]" in answer.output
    assert "holds  it holds: measured 0.25" in answer.output


def test_a_journal_has_a_folder_of_its_own(two_figures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(figures, ["right", "--journal", "pnas", "--columns", "1"]).exit_code == 0
    assert two_figures == [Path("figures-pnas")]
    answer = CliRunner().invoke(figures, ["right", "--columns", "1"])
    assert answer.exit_code == 2
    assert "add --journal" in answer.output
    (journal,) = (option for option in figures.params if option.name == "journal")
    assert tuple(journal.type.choices) == tuple(plotting.JOURNALS)


def test_columns_that_a_journal_has_not_are_refused_without_a_traceback(two_figures):
    answer = CliRunner().invoke(figures, ["right", "--journal", "neurips", "--columns", "2"])
    assert answer.exit_code == 2
    assert "columns is 2; figures of neurips have 1" in answer.output
    assert two_figures == []


@pytest.mark.parametrize(
    ("journal", "columns", "width"), [("pnas", 1, 87), ("nature", None, 183), ("neurips", 1, 139.7)]
)
def test_a_figure_has_the_width_and_the_letters_of_its_journal(journal, columns, width, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(drawing, "save", lambda figure, *rest: drawn.append(figure))
    with plotting.for_journal(journal, columns):
        draw_figure(delay_lines, SMALL["delay_lines"], tmp_path)
    assert drawn[0].get_figwidth() * 25.4 == pytest.approx(width, rel=1e-12)
    fonts = {text.get_fontname() for ax in drawn[0].axes for text in (ax.xaxis.label, ax.yaxis.label)}
    assert len(fonts) == 1
    assert fonts <= set(plotting.JOURNALS[journal].fonts)


def test_what_does_not_fit_is_said(tmp_path, monkeypatch):
    """Four panels beside each other in one column."""
    monkeypatch.setattr(delay_lines, "LAYOUT", replace(delay_lines.LAYOUT, one="abcd"))
    with (
        plotting.for_journal("pnas", 1),
        pytest.warns(UserWarning, match="mm stick out of delay_lines; take more columns"),
    ):
        draw_figure(delay_lines, SMALL["delay_lines"], tmp_path)


def test_the_list_of_figures_is_that_of_the_scripts():
    """In another process, which has not met them."""
    listed = subprocess.run([sys.executable, "-m", "analysis", "--list"], cwd=ROOT, capture_output=True, text=True)
    assert [line.split()[0] for line in listed.stdout.splitlines()] == list(SCRIPTS)


def test_the_package_needs_no_script_of_the_repository():
    """What is installed has no folder `analysis`: no module of the package imports it, and no command draws figures."""
    imports = re.compile(r"^\s*(?:from|import) analysis\b|import_module\(.analysis", re.MULTILINE)
    assert imports.search("    from analysis.output import save")
    assert [path for path in (ROOT / "linmem").rglob("*.py") if imports.search(path.read_text())] == []
    answer = subprocess.run([sys.executable, "-m", "linmem", "figures"], cwd=ROOT, capture_output=True, text=True)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "there is no command 'figures'" in answer.stderr


def test_figures_by_name(two_figures):
    assert CliRunner().invoke(figures, ["right"]).exit_code == 0
    assert CliRunner().invoke(figures, ["--processes", "1"]).exit_code == 1
    answer = CliRunner().invoke(figures, ["rigth"])
    assert answer.exit_code == 2
    assert "there is no figure 'rigth'; did you mean 'right'?" in answer.output


def test_figures_are_drawn_side_by_side_with_the_same_bytes(tmp_path):
    """Two processes; what they wrote is what one writes."""
    names = ["delay_lines", "feedforward_integrator"]
    words = [sys.executable, "-m", "analysis", *names, "--processes", "2", "--out", str(tmp_path / "two")]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert [answer.stdout.count(f"{name} (") for name in names] == [1, 1]
    draw_figure(delay_lines, folder=tmp_path / "one")
    written = [path.name for path in (tmp_path / "two").iterdir()]
    assert sorted(written) == sorted(f"{name}.{kind}" for name in names for kind in ("pdf", "png", "json", "txt"))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_long_figures_are_drawn_first_and_are_figures():
    assert set(command.SLOWEST) <= set(SCRIPTS)
    names = [*SCRIPTS]
    drawn = [*command._outcomes(names, lambda name: name, processes=1)]
    assert drawn[: len(command.SLOWEST)] == list(command.SLOWEST)
    assert sorted(drawn) == sorted(names)


def test_a_process_that_is_killed_is_said_in_one_line(tmp_path, monkeypatch):
    def killed(*arguments):
        raise command.BrokenProcessPool

    monkeypatch.setattr(command, "build", killed)
    answer = CliRunner().invoke(figures, ["delay_lines"])
    assert answer.exit_code == 1
    assert "--processes 1" in answer.output
    assert "Traceback" not in answer.output
