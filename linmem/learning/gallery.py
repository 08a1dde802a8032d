"""Trained networks that the package contains.

Contents
--------
LEARNED
    The names of the networks.
learned, learned_training
    W and V of one of them; all of its training.
"""

from __future__ import annotations

from pathlib import Path

from linmem.learning.trained import TrainedNetwork, read_trained
from linmem.network import LinearNetwork
from linmem.validation import option

FOLDER = Path(__file__).with_name("data") / "trained"
LEARNED = tuple(sorted(path.stem for path in FOLDER.glob("*.npz")))


def learned(name: str) -> LinearNetwork:
    """W and V of a network that was trained on a task; `learned_training` has the rest of its training.

    Parameters
    ----------
    name
        One of `LEARNED`: the task, and the start of a plain cell.

    Raises
    ------
    ArgumentError
        For another name.

    Examples
    --------
    >>> net = learned("copy-chain")
    >>> net.size, net.n_inputs
    (100, 10)
    """
    return learned_training(name).network


def learned_training(name: str) -> TrainedNetwork:
    """A trained network with its settings, history and readout.

    Raises
    ------
    ArgumentError
        For a name that is not one of `LEARNED`.

    Examples
    --------
    >>> trained = learned_training("copy-chain")
    >>> trained.settings.start, trained.epochs, round(trained.baseline, 4)
    ('chain', 8, 0.0416)
    """
    return read_trained(FOLDER / f"{option('name', name, LEARNED)}.npz")
