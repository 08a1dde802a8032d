"""The trained networks that the package has."""

import numpy as np
import pytest

import linmem as lm
from linmem.errors import ArgumentError, FileError
from linmem.learning.gallery import LEARNED, learned, learned_training
from linmem.learning.trained import read_trained


def test_the_gallery_has_the_network_of_the_copy_task():
    net = learned("copy-chain")
    assert net.size == 100 and net.n_inputs == 10 and net.stack_shape == ()
    assert not np.allclose(np.triu(net.recurrent), 0)  # it is no longer a chain


@pytest.mark.parametrize("name", LEARNED)
def test_each_has_learned_something(name):
    trained = learned_training(name)
    assert name.startswith(trained.settings.task) and trained.stopped
    assert trained.history["validation_loss"][-1] < trained.baseline
    assert lm.henrici_departure(trained.network) > 0


def test_other_names_are_refused():
    with pytest.raises(ArgumentError, match="did you mean 'copy-chain'"):
        learned("copy-chian")


def test_a_name_is_a_file_like_any_other(tmp_path):
    with pytest.raises(FileError, match="there is no such file"):
        read_trained(tmp_path / "copy-chain.npz")
