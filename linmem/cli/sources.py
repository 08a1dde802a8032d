"""SOURCE: a file or a builder with its arguments, and how a network is read from it."""

from __future__ import annotations

from typing import Any

import click


def how_to_read(command):
    """What `load_network` takes by name, where the source is a file."""
    for option in (
        click.option("--gate", metavar="NAME", help="The gate whose weights are wanted, of an LSTM or GRU."),
        click.option("--convention", type=click.Choice(["column", "row"]), help="W h, or h W as Keras has it."),
        click.option("--feedforward", metavar="NAME", help="The array in a file that holds V."),
        click.option("--recurrent", metavar="NAME", help="The array in a file that holds W."),
    ):
        command = option(command)
    return command


def of_a_source(command):
    """SOURCE, and how to read it where it is a file."""
    return click.argument("source")(how_to_read(command))


def read_source(source, in_file) -> Any:
    """The network; what is said about how to read a file is said of a file."""
    from linmem.connectivity.catalogue import network_from_source
    from linmem.connectivity.files import load_network

    return load_network(source, **in_file) if any(in_file.values()) else network_from_source(source)
