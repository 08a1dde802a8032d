"""Trained networks that the package has.

Contents
--------
LEARNED
    The names there are.
learned
    One of them.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from linmem.errors import InvalidNetworkError
from linmem.learning.trained import TrainedNetwork, read_trained
from linmem.network import LinearNetwork

FOLDER = Path(__file__).with_name("data") / "trained"
LEARNED = tuple(sorted(path.stem for path in FOLDER.glob("*.npz")))


def learned(name: str) -> LinearNetwork:
    """W and V of a network that was trained on a task; `learned_training` tells how.

    Parameters
    ----------
    name
        One of `LEARNED`: task and start of a plain cell.

    Raises
    ------
    InvalidNetworkError
        For a name that there is not.

    Examples
    --------
    >>> net = learned("copy-chain")
    >>> net.size, net.n_inputs
    (100, 10)
    """
    return learned_training(name).network


def learned_training(name: str) -> TrainedNetwork:
    """All of a trained network: settings, history, readout.

    Examples
    --------
    >>> trained = learned_training("copy-chain")
    >>> trained.settings.start, trained.epochs, round(trained.baseline, 4)
    ('chain', 8, 0.0416)
    """
    if name not in LEARNED:
        nearest = get_close_matches(str(name), LEARNED, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise InvalidNetworkError(f"name is {name!r}; it must be one of {', '.join(LEARNED)}{hint}")
    return read_trained(FOLDER / f"{name}.npz")
