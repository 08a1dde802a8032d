"""The options about input, noise and horizon of a network, which the commands `curve` and `memory` share.

Contents
--------
options_of_a_quantity
    --horizon, --rtol, --noise and --input.
with_input
    The network with its noise and input as the options say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from linmem.network import Network

INPUTS = ("given", "optimal", "uniform", "first")


def options_of_a_quantity(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options --horizon, --rtol, --noise and --input."""
    options = (
        click.option("--horizon", type=int, help="Count only the last HORIZON steps; works at any spectral radius."),
        click.option("--rtol", type=float, default=1e-8, show_default=True, help="Largest relative error to accept."),
        click.option("--noise", type=float, help="Variance of the noise, instead of that of SOURCE."),
        click.option(
            "--input",
            "direction",
            type=click.Choice(INPUTS),
            help="Input vector: that of SOURCE, the one remembered best, all units alike, the first unit.  "
            "[default: given if there is one, else optimal]",
        ),
    )
    for option in reversed(options):  # click lists the option first that is added last
        command = option(command)
    return command


def with_input(
    network: Any, noise: float | None = None, direction: str | None = None, horizon: int | None = None
) -> tuple[Network, str]:
    """The network with the noise and the input that were asked for, and a description of that input."""
    from dataclasses import replace

    import numpy as np

    from linmem.memory.spatial import optimal_input

    network.require_single("a command")
    if noise is not None:
        network = replace(network, noise=noise)
    choice = direction or _default_direction(network)
    if choice == "given":
        network.require_feedforward()
        return network, "given by the source"
    if choice == "optimal":
        feedforward: np.ndarray = optimal_input(network, horizon=horizon)
        description = "the optimal one"
        reason = ", as the source gives none"
    elif choice == "uniform":
        feedforward = np.full(network.size, network.size**-0.5)
        description = "all units alike"
        reason = ", as the source gives none and the optimal one needs a dense matrix"
    else:
        feedforward = np.eye(1, network.size)[0]
        description = "the first unit"
        reason = ""
    was_chosen_here = direction is None
    return replace(network, feedforward=feedforward), description + (reason if was_chosen_here else "")


def _default_direction(network: Network) -> str:
    """The input of the source; where it gives none the optimal one, or the uniform one if that is too expensive."""
    from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE

    if network.feedforward is not None:
        return "given"
    becomes_dense = not network.is_sparse or network.size <= LARGEST_DENSE
    return "optimal" if becomes_dense else "uniform"
