"""Pictures of sweeps: mean and spread of the numbers that the dataset holds."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import linmem as lm
from linmem import plotting
from linmem.cli import main
from linmem.plotting.sweeps import BAND

pytest.importorskip("xarray")
FAMILY = lm.grid(lm.ginibre, n=[6], gain=[0.5, 0.7, 0.9], rng=range(5))


@pytest.fixture(autouse=True)
def no_figure_left_open():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def totals():
    return lm.sweep([lm.total_fisher_memory, lm.henrici_departure], FAMILY, executor="serial")


def test_the_line_is_the_mean_over_repetitions(totals):
    values = totals.total_fisher_memory.squeeze("n").values  # gain by rng
    ax = plotting.plot_sweep(totals.squeeze("n"), measure="total_fisher_memory")
    line, points = ax.lines
    np.testing.assert_allclose(line.get_xdata(), [0.5, 0.7, 0.9])
    np.testing.assert_allclose(line.get_ydata(), values.mean(axis=1), rtol=1e-14)  # of five numbers
    np.testing.assert_array_equal(np.sort(points.get_ydata()), np.sort(values.ravel()))
    top = ax.collections[0].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx((values.mean(axis=1) + values.std(axis=1)).max(), rel=1e-12)
    assert ax.get_xlabel() == "gain" and ax.get_ylabel() == "Total Fisher memory\n(1 / variance of the noise)"
    legend = ax.get_legend()
    assert [legend.get_title().get_text(), *(text.get_text() for text in legend.get_texts())].count(BAND) == 1


def test_another_measure_and_another_axis_can_be_chosen(totals):
    ax = plotting.plot_sweep(totals, measure="henrici_departure", over="n")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["gain 0.5", "gain 0.7", "gain 0.9"]
    assert "as the weights" in ax.get_ylabel()
    assert ax.get_legend().get_title().get_text() == BAND


def test_curves_are_drawn_against_the_lag():
    curves = lm.sweep(lm.memory_function, lm.grid(lm.ginibre, n=[5], rng=range(4)), executor="serial", lags=7, snr=2.0)
    ax = plotting.plot_sweep(curves.squeeze("n"))
    exact = [lm.memory_function(lm.ginibre(5, rng=seed), 7, snr=2.0).values for seed in range(4)]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.mean(exact, axis=0), rtol=1e-12)
    assert ax.get_xlabel() == "Lag $k$ (steps)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "total_fisher_memry"}, "did you mean 'total_fisher_memory'"),
        ({"over": "gian"}, "did you mean 'gain'"),
    ],
)
def test_wrong_names_are_refused(options, message, totals):
    with pytest.raises(lm.ArgumentError, match=message):
        plotting.plot_sweep(totals, **options)


def test_more_lines_than_can_be_told_apart_are_refused():
    many = lm.sweep(lm.total_fisher_memory, lm.grid(lm.chain, n=[2, 3], gain=np.arange(1, 10) / 10), executor="serial")
    with pytest.raises(lm.ArgumentError, match="9 combinations of gain"):
        plotting.plot_sweep(many, over="n")


def test_the_command_draws(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = "sweep total_fisher_memory echo_state:n=8,connectivity=0.5 --over rng=0..3 --over radius=0.5,0.9"
    assert main([*words.split(), "--workers", "0", "--plot", "a.svg"]) == 0
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert main([*words.split(), "--plot", "a.bmp"]) == 2
    assert "plot is 'a.bmp'; its type must be one of .png, .svg, .pdf" in capsys.readouterr().err


def test_options_go_to_the_measures_that_have_them():
    family = lm.grid(lm.chain, n=[3])
    both = lm.sweep([lm.memory_function, lm.total_fisher_memory], family, executor="serial", lags=2, snr=3.0)
    np.testing.assert_allclose(both.memory_function.values[0], lm.memory_function(lm.chain(3), 2, snr=3.0).values)
    assert lm.sweeps.sweeping.plan(lm.fisher_memory_curve, family, lags=2).networks == 1
    with pytest.raises(lm.ArgumentError, match=r"lagz is 2, but no measure of fisher_memory_curve .* mean 'lags'"):
        lm.sweep(lm.fisher_memory_curve, family, lagz=2)


def test_measures_that_are_listed_can_be_swept(capsys):
    from linmem.sweeps.sweeping import UNITS

    assert main(["measures"]) == 0
    out = capsys.readouterr().out
    for name, unit in UNITS.items():
        assert f"{name}(" in out and f"[{unit}]" in out
        options = {"eps": 0.1} if "pseudospectral" in name else {}
        family = lm.grid(lm.ginibre, n=[4], gain=[0.5], rng=[0])
        dataset = lm.sweep(getattr(lm, name), family, executor="serial", **options)
        assert not dataset["error"].values.any(), name
