"""Every result that has a picture draws it by its own method."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import linmem as lm
from linmem import plotting
from linmem.plotted import Plotted

NET = lm.feedback_chain(6, feedforward=0.9, feedback=0.1)
CELL = lm.RNNCell(0.5 * np.eye(3), np.ones((3, 1)))
PATH = lm.trajectory(CELL, np.random.default_rng(0).normal(size=(40, 1)))
RESULTS = {
    "FisherMemoryCurve": lambda: lm.fisher_memory_curve(NET),
    "MemoryFunction": lambda: lm.memory_function(NET),
    "LayerMemory": lambda: lm.memory_of_layer(lm.StateSpaceLayer([[0.5, 0.9]], [[1.0, 1.0]]), 20, noise_enters="state"),
    "Pseudospectrum": lambda: lm.pseudospectrum(NET, points=10),
    "Pseudomode": lambda: lm.pseudomode(NET, 0.5),
    "TransientGrowth": lambda: lm.transient_growth(NET, steps=8),
    "SchurForm": lambda: lm.schur_form(NET),
    "LinkProfile": lambda: lm.link_profile(NET, rng=0),
    "LyapunovExponents": lambda: lm.lyapunov_exponents(PATH),
    "FixedPoints": lambda: lm.fixed_points(CELL),
}


@pytest.fixture(autouse=True)
def no_figure_left_open():
    yield
    plt.close("all")


def every_subclass(kind):
    return {kind, *(deeper for below in kind.__subclasses__() for deeper in every_subclass(below))}


def test_every_result_with_a_picture_is_tried():
    for result in RESULTS.values():
        result()
    assert {kind.__name__ for kind in every_subclass(Plotted)} - {"Plotted"} == set(RESULTS)


@pytest.mark.parametrize("kind", RESULTS)
def test_a_result_draws_itself_as_the_function_does(kind):
    result = RESULTS[kind]()
    assert type(result).__name__ == kind
    own = result.plot()
    asked = getattr(plotting, type(result).PICTURE)(result, ax=plt.subplots()[1])
    assert own.get_ylabel() == asked.get_ylabel() and len(own.lines) == len(asked.lines)
    for mine, other in zip(own.lines, asked.lines, strict=True):
        np.testing.assert_array_equal(mine.get_xydata(), other.get_xydata())
