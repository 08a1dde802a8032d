"""Where the network of a command comes from: its file with its hash, the command line, and the same steps in Python.

Contents
--------
origin_of
    File, arrays and command, as names and values.
statements_of
    The statements of Python that give the network of a command.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.inputs import PREPARATION
from linmem.cli.sources import given_options

if TYPE_CHECKING:
    from linmem.network import Network


def origin_of(source: str, network: Network) -> dict[str, str]:
    """The file with its SHA-256 (or the builder), how it was read, and the command line."""
    from linmem.files.opening import is_file_name

    command = click.get_current_context().find_root().obj or []
    origin = {}
    if is_file_name(source):
        path = Path(source)
        with path.open("rb") as file:
            origin["file"] = f"{path.name}, SHA-256 {hashlib.file_digest(file, 'sha256').hexdigest()}"
    else:
        origin["source"] = source
    return origin | {"read as": network.name, "command": shlex.join(["linmem", *command])}


def statements_of(source: str, options: Mapping[str, Any]) -> str:
    """Statements that set `network` to what SOURCE and the options of preparation mean."""
    options = dict(options)
    steps = {name: options.pop(name) for name in PREPARATION} | {"input": options.pop("direction")}
    if steps["subset"] is not None:
        steps["subset"] = [label.strip() for label in steps["subset"].split(",")]
    of_file = given_options(options)
    read = "load_network" if of_file else "network_from_source"
    lines = [f"network = lm.{read}({_arguments(source, of_file)})"]
    steps = {name: value for name, value in steps.items() if value is not None and value is not False}
    if steps:
        lines.append(f"network = lm.prepared(network, {_arguments(None, steps)})")
    return "\n".join(lines)


def _arguments(first: str | None, keywords: Mapping[str, Any]) -> str:
    words = [] if first is None else [repr(first)]
    return ", ".join([*words, *(f"{name}={value!r}" for name, value in keywords.items())])
