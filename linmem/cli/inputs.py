"""The input of a network that is asked about: the source's own, or one that is chosen for it."""

from __future__ import annotations

from typing import Any

import click

INPUTS = ("given", "optimal", "uniform", "first")
WHICH = "Which input.  [default: given, else optimal]"


def of_an_input(command):
    """--noise and --input, which change what the source says."""
    command = click.option("--input", "direction", type=click.Choice(INPUTS), help=WHICH)(command)
    return click.option("--noise", type=float, help="Variance of the noise, instead of the source's.")(command)


def with_input(network, noise=None, direction=None, horizon=None) -> tuple[Any, str]:
    """The network with the noise and the input that were asked for, and what that input is called."""
    from dataclasses import replace

    import numpy as np

    from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
    from linmem.memory.spatial import optimal_input

    network.require_single("a command")
    if noise is not None:
        network = replace(network, noise=noise)
    affordable = not network.is_sparse or network.size <= LARGEST_DENSE
    given = network.feedforward is not None
    chosen = direction or ("given" if given else "optimal" if affordable else "uniform")
    if chosen == "given":
        network.require_feedforward()
        return network, "given by the source"
    if chosen == "optimal":
        why = "" if direction else ", as the source gives none"
        return replace(network, feedforward=optimal_input(network, horizon=horizon)), f"the optimal one{why}"
    v = np.full(network.size, network.size**-0.5) if chosen == "uniform" else np.eye(1, network.size)[0]
    why = "" if direction else ", as the source gives none and the optimal one needs a dense matrix"
    return replace(network, feedforward=v), f"all units alike{why}" if chosen == "uniform" else "the first unit"
