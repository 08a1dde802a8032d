"""SOURCE: a file or a builder with its arguments, how a network is read from it, and how a shell completes it."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem


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
    return click.argument("source", shell_complete=complete_source)(how_to_read(command))


def read_source(source, in_file) -> Any:
    """The network; what is said about how to read a file is said of a file."""
    from linmem.files.choose import load_network
    from linmem.files.sources import network_from_source

    return load_network(source, **in_file) if any(in_file.values()) else network_from_source(source)


def complete_source(context, parameter, incomplete: str) -> list[CompletionItem]:
    """Builders, arguments of a builder, and files."""
    from linmem.files.sources import BUILDERS, builder

    name, colon, given = incomplete.partition(":")
    if not colon:
        built = [CompletionItem(f"{one}:") for one in BUILDERS if one.startswith(incomplete)]
        return [*built, CompletionItem(incomplete, type="file")]
    if name not in BUILDERS:
        return []
    before, _, word = given.rpartition(",")
    start = f"{name}:{before},"[: -1 if not before else None]
    names = [f"{one.split('=')[0]}=" for one in builder(name).arguments.split(", ")]
    if name == "connectome" and not before:  # the one builder whose first argument is a word of a list
        from linmem.connectivity.connectomes import CONNECTOMES

        names = [*CONNECTOMES, *names]
    return [CompletionItem(start + one) for one in names if one.startswith(word)]


def complete_claim(context, parameter, incomplete: str) -> list[CompletionItem]:
    """Claims by id and by name."""
    from linmem.claims.checking import every_claim

    known = [(word, one.id) for one in every_claim() for word in (one.id, one.name)]
    return [CompletionItem(word, help=said) for word, said in known if word.startswith(incomplete)]


def complete_proof(context, parameter, incomplete: str) -> list[CompletionItem]:
    """Claims that have a proof, by name."""
    from linmem.symbolic.proofs import proofs

    return [CompletionItem(word.split()[0]) for word in proofs() if word.startswith(incomplete)]
