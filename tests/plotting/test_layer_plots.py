"""Pictures of state-space layers: what is drawn is what was computed."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import linmem as lm
from linmem.plotting import plot_layer_memory

LAYER = lm.StateSpaceLayer([[0.99, 0.7], [0.5, 0.2], [0.9, 0.5]], np.ones((3, 2)), np.ones((3, 2)))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_channels_stand_in_the_order_of_their_half_lags():
    memory = lm.memory_of_layer(LAYER, 50, noise_enters="input")
    ax = plot_layer_memory(memory)
    drawn = np.asarray(ax.collections[0].get_array()).reshape(3, 50)
    order = np.argsort(memory.lag_of_share(0.5))
    assert order.tolist() == [1, 2, 0]
    assert np.array_equal(drawn, np.log10(memory.values[order]))
    assert ax.lines[0].get_xdata() == pytest.approx(memory.lag_of_share(0.5)[order] + 1)
    assert ax.get_xscale() == "log"


def test_what_the_readout_shows():
    memory = lm.memory_of_layer(LAYER, 20, noise_enters="state")
    ax = plot_layer_memory(memory, seen=True)
    drawn = np.sort(np.asarray(ax.collections[0].get_array()).ravel())
    assert np.array_equal(drawn, np.sort(np.log10(memory.seen).ravel()))
    bare = lm.StateSpaceLayer(LAYER.eigenvalues, LAYER.feedforward)
    with pytest.raises(lm.ArgumentError, match="no readout"):
        plot_layer_memory(lm.memory_of_layer(bare, 5, noise_enters="state"), seen=True)
    with pytest.raises(lm.ArgumentError, match="memory is a list"):
        plot_layer_memory([])
