"""The network that a command is about: what SOURCE names, prepared as the options say, and its header in the answer.

Contents
--------
Asked
    The network, its input in words, and the facts about it that stand above every answer.
options_of_preparation
    --input, --noise, --radius, --normalise, --symmetrise, --drop-self, --subset.
options_of_a_quantity
    --horizon and --rtol.
option_of_groups, groups_asked
    --group, and the groups of units that it means.
asked
    The network of SOURCE with all of these options.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.sources import Command, read_source, with_options
from linmem.errors import FileError, errors_of_other_libraries

if TYPE_CHECKING:
    from linmem.network import Network

PREPARATION = ("subset", "drop_self", "symmetrise", "normalise", "radius", "noise")
LOOKS_MEMORYLESS = 0.1  # |v|^2 over noise, below which J, which is at most that in a normal network, looks like nothing


@dataclass(frozen=True)
class Asked:
    """The network that a command is about.

    Attributes
    ----------
    network
        The network as it was prepared.
    input_name
        Its input in words; "none" where it has none.
    facts
        As `linmem.preparation.network_facts` gives them.
    """

    network: Network
    input_name: str
    facts: Mapping[str, Any]

    @property
    def input_power(self) -> float | None:
        """|v|^2 over the variance of the noise, which is at most that in a normal network; None without one input."""
        network = self.network
        lengths = self.facts["input_length"]
        if lengths is None or len(lengths) != 1 or not isinstance(network.noise, float):
            return None
        return lengths[0] * lengths[0] / network.noise

    @property
    def record(self) -> dict[str, Any]:
        """The header in the types of JSON."""
        network = self.network
        return {
            "name": network.name,
            "units": network.size,
            "inputs": 0 if network.feedforward is None else network.n_inputs,
            "input": self.input_name,
            "noise": network.noise_variance,
            **self.facts,
        }

    def rows(self) -> Iterator[tuple[str, Any]]:
        """The header in rows of text: what was read, its input and noise, and its links."""
        record = self.record
        yield "network", record["name"] or "without a name"
        yield "units", record["units"]
        lengths = record["input_length"]
        traces = f", {len(lengths)} inputs: traces" if lengths and len(lengths) > 1 else ""
        length = f", |v| = {lengths[0]:.4g}" if lengths and len(lengths) == 1 else ""
        yield "input", f"{record['input']}{length}{traces}"
        if length and self.network.labels:
            from linmem.preparation import largest_units

            yield "largest weights", largest_units(self.network.columns()[:, 0], self.network.labels)
        in_units = "in each unit" if isinstance(self.network.noise, float) else "on average, with a covariance"
        yield "noise", f"{record['noise']:.4g} {in_units}"
        yield "links", self._links()
        if "biases left out" in record["name"]:
            yield "left out", "biases and nonlinearity, which a linear network does not have (linmem run has them)"

    def _links(self) -> str:
        facts = self.facts
        parts = facts["parts"]
        words = [f"{facts['self_loops']} self-loops", f"asymmetry {facts['asymmetry']:.3g}"]
        if len(parts) > 1:
            words.append(f"{len(parts)} disconnected parts, the largest of {parts[0]} units")
        if facts["isolated"]:
            words.append(f"{facts['isolated']} units without links")
        return ", ".join(words)


def options_of_preparation(command: Command) -> Command:
    """Give a command the options about units, weights, noise and input, with one meaning in every command."""
    options = (
        click.option(
            "--input",
            "direction",
            metavar="WHICH",
            help="Input: NUMBER of a column of V from 0, LABEL of a unit, given, all (columns), mean (of the columns), "
            "optimal (remembered best), uniform (all units alike), first (unit).  [default: given if there is one, "
            "else optimal]",
        ),
        click.option("--noise", type=float, help="Variance of the noise, instead of that of SOURCE."),
        click.option("--radius", type=float, help="Scale W to this spectral radius."),
        click.option(
            "--normalise",
            type=click.Choice(["radius", "rows", "nctpy"]),
            help="Divide W by its spectral radius r, each row by its sum of magnitudes, or W by 1 + r as nctpy does.",
        ),
        click.option("--symmetrise", is_flag=True, help="Take (W + W') / 2."),
        click.option("--drop-self", is_flag=True, help="Set the links of units to themselves to 0."),
        click.option("--subset", metavar="LABELS", help="Keep only these units: labels, separated by commas."),
    )
    return with_options(command, options)


def options_of_a_quantity(command: Command) -> Command:
    """Give a command the options --horizon and --rtol."""
    options = (
        click.option("--horizon", type=int, help="Count only the last HORIZON steps; works at any spectral radius."),
        click.option("--rtol", type=float, default=1e-8, show_default=True, help="Largest relative error to accept."),
    )
    return with_options(command, options)


def option_of_groups(command: Command) -> Command:
    """Give a command the option --group."""
    return click.option(
        "--group",
        "groups",
        metavar="GROUPS",
        help="Which group of units holds the memory: hemispheres; a FILE with LABEL,GROUP in each line; or the "
        "beginnings of labels, separated by commas.",
    )(command)


def groups_asked(groups: str | None, network: Network) -> Any:
    """What --group means for the function `memory_of_groups`; None without it."""
    from linmem.memory.groups import HEMISPHERES, groups_by_prefix

    if groups is None or groups == HEMISPHERES:
        return groups
    file = Path(groups)
    if file.is_file():
        return _groups_of_file(file)
    if file.suffix.lower() in (".csv", ".tsv", ".txt"):
        raise FileError(f"group is {groups!r}, but there is no such file")
    return groups_by_prefix(network.labels, [prefix.strip() for prefix in groups.split(",") if prefix.strip()])


def _groups_of_file(file: Path) -> dict[str, str]:
    """The group of every label that a file names, LABEL,GROUP or LABEL<tab>GROUP in each line."""
    with errors_of_other_libraries(FileError, f"{file} cannot be read", (OSError, UnicodeError, csv.Error)):
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        delimiter = "\t" if any("\t" in line for line in lines) else ","
        rows = [[word.strip() for word in row] for row in csv.reader(lines, delimiter=delimiter) if any(row)]
    groups: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        if len(row) != 2 or groups.get(row[0], row[1]) != row[1]:
            raise FileError(
                f"{file} has {row!r:.60} as row {number}; each row must be LABEL,GROUP, with one group a label"
            )
        groups[row[0]] = row[1]
    return groups


def asked(source: str, options: Mapping[str, Any], *, needs_input: bool = False, horizon: int | None = None) -> Asked:
    """The network of SOURCE with the options of preparation and those about files.

    A command that needs an input takes, where none is chosen, that of the source, and else the optimal one.
    """
    from linmem.preparation import default_input, network_facts, prepared, with_input

    options = dict(options)
    steps = {name: options.pop(name) for name in PREPARATION}
    direction = options.pop("direction")
    network = read_source(source, options)
    network.require_single("a command")
    if steps["subset"] is not None:
        steps["subset"] = [label.strip() for label in steps["subset"].split(",")]
    if any(step is not None and step is not False for step in steps.values()):
        network = prepared(network, **steps)
    input_name = "given by the source" if network.feedforward is not None else "none"
    if direction is not None or needs_input:
        choice = direction or default_input(network)
        network, input_name = with_input(network, choice, horizon)
        reasons = {"optimal": "", "uniform": " and the optimal one needs a dense matrix"}
        if direction is None and choice in reasons:
            input_name += f", as the source gives none{reasons[choice]}"
    return Asked(network, input_name, network_facts(network))
