"""SOURCE, the argument that names a network: how it is read, and how a shell completes it and names of claims.

Contents
--------
takes_a_source, how_to_read, how_to_read_a_cell
    The argument SOURCE with the options about files; these options alone; those that a whole cell needs.
with_options
    A command with several options.
read_source, given_options
    The network that SOURCE names; the options about files that are given.
complete_source, complete_argument, complete_claim, complete_measure, complete_proof, complete_task
    What a shell offers in the place of a word that is being typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from linmem.network import Network

Command = Callable[..., None]


FILE_OPTIONS = {
    "recurrent": click.option("--recurrent", metavar="NAME", help="Array in the file that holds W."),
    "feedforward": click.option("--feedforward", metavar="NAME", help="Array in the file that holds V."),
    "convention": click.option(
        "--convention",
        type=click.Choice(["column", "row"]),
        help="How the file multiplies: column for W h, row for h W as in Keras.  [default: that of its framework]",
    ),
    "gate": click.option("--gate", metavar="NAME", help="Gate of an LSTM or GRU whose weights are W and V."),
    "gates": click.option("--gates", metavar="NAMES", help="Gates in the order of their blocks: reset,update,new."),
    "dtype": click.option("--dtype", metavar="TYPE", help="Type of numbers in records without a name: bfloat16."),
    "subject": click.option(
        "--subject", type=int, metavar="NUMBER", help="Which matrix of an array (N, N, S), from 0."
    ),
}
OF_A_CELL = ("recurrent", "convention", "gates", "dtype")  # which a whole cell needs


def how_to_read(command: Command) -> Command:
    """Give a command the options about files: which arrays, which way round, which gate."""
    return with_options(command, tuple(FILE_OPTIONS.values()))


def how_to_read_a_cell(command: Command) -> Command:
    """Give a command those of the options about files that a whole cell needs."""
    return with_options(command, [FILE_OPTIONS[name] for name in OF_A_CELL])


def with_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """A command with options, which its help lists in their order."""
    for option in reversed(options):  # click lists the option first that is added last
        command = option(command)
    return command


def takes_a_source(command: Command) -> Command:
    """Give a command the argument SOURCE, and the options about files."""
    return click.argument("source", shell_complete=complete_source)(how_to_read(command))


def read_source(source: str, file_options: Mapping[str, Any]) -> Network:
    """The network that SOURCE names; options about files require that SOURCE is a file."""
    from linmem.files.choose import load_network
    from linmem.files.sources import network_from_source

    given = given_options(file_options)
    if given:
        return load_network(source, **given)
    return network_from_source(source)


def given_options(file_options: Mapping[str, Any]) -> dict[str, Any]:
    """The options about files that are given, as the functions that read files take them."""
    given = {name: value for name, value in file_options.items() if value is not None}
    if "gates" in given:
        given["gates"] = [gate.strip() for gate in given["gates"].split(",")]
    return given


def complete_source(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Builders; after the colon their arguments; and files, which the shell lists itself."""
    from linmem.files.sources import BUILDERS

    name, colon, arguments = incomplete.partition(":")
    if not colon:
        builders = [CompletionItem(f"{known}:") for known in BUILDERS if known.startswith(incomplete)]
        return [*builders, CompletionItem(incomplete, type="file")]
    if name not in BUILDERS:
        return []
    complete_arguments, comma, last = arguments.rpartition(",")
    offered = _argument_names(name)
    if name == "connectome" and not complete_arguments:  # the one builder whose first argument is a word of a list
        from linmem.connectivity.connectomes import CONNECTOMES

        offered = [*CONNECTOMES, *offered]
    start = f"{name}:{complete_arguments}{comma}"
    return [CompletionItem(start + word) for word in offered if word.startswith(last)]


def _argument_names(name: str) -> list[str]:
    """The arguments of a builder, each with an equals sign."""
    from linmem.files.sources import builder

    return [argument.partition("=")[0] + "=" for argument in builder(name).arguments.split(", ")]


def complete_claim(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Claims, by id and by name."""
    from linmem.claims.checking import every_claim

    offered = []
    for claim in every_claim():
        for word in (claim.id, claim.name):
            if word.startswith(incomplete):
                offered.append(CompletionItem(word, help=claim.id))
    return offered


def complete_measure(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Measures that can be swept; after a comma the next one."""
    from linmem.sweeps.sweeping import UNITS

    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{name}") for name in UNITS if name.startswith(last)]


def complete_proof(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Claims that have a proof, by name and by id."""
    from linmem.symbolic.proofs import claim_of, proofs

    names = proofs()
    words = [*names, *dict.fromkeys(claim_of(name) for name in names)]
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def complete_argument(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Arguments of the builder that is among the words of the command, each with an equals sign."""
    from linmem.files.sources import BUILDERS

    # click does not parse a line that ends in an option without its value: the words are all in `args` then
    words = [*context.args, context.params.get("networks") or ""]
    names = [word.partition(":")[0] for word in words]
    offered = next((_argument_names(name) for name in names if name in BUILDERS), [])
    return [CompletionItem(word) for word in offered if word.startswith(incomplete)]


def complete_task(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Tasks on which networks are trained."""
    from linmem.learning.tasks import TASKS

    return [CompletionItem(name) for name in TASKS if name.startswith(incomplete)]
