"""Sources of networks as text: the path of a file, or a builder with arguments, as in `chain:n=100,gain=1.02`.

Contents
--------
BUILDERS
    The module of every builder that can be called from text.
Builder, builder
    A builder with its arguments, as the command line lists it.
network_from_source
    The network that a text describes.
"""

from __future__ import annotations

import inspect
from ast import literal_eval
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from linmem.errors import ArgumentError, FileError
from linmem.files.choose import load_network
from linmem.files.opening import READERS, is_file_name
from linmem.network import Network
from linmem.validation import near_miss, text

BUILDERS = {
    "chain": "chains",
    "inhomogeneous_chain": "chains",
    "feedback_chain": "chains",
    "fan_out_tree": "chains",
    "identity": "normal",
    "random_orthogonal": "normal",
    "ring": "normal",
    "lattice": "normal",
    "random_normal": "normal",
    "jordan": "triangular",
    "toeplitz_band": "triangular",
    "grcar": "triangular",
    "from_schur": "triangular",
    "random_upper_triangular": "triangular",
    "ginibre": "ensembles",
    "symmetric_wigner": "ensembles",
    "sparse_random": "ensembles",
    "low_rank": "ensembles",
    "echo_state": "reservoirs",
    "dale_balanced": "biological",
    "balanced_amplification": "biological",
    "leaky_chain": "state_space",
    "lmu": "state_space",
    "hippo_legt": "state_space",
    "hippo_legs": "state_space",
    "s4d_lin": "diagonal_layers",
    "s4d_inv": "diagonal_layers",
    "s4d_legs": "diagonal_layers",
    "s5_legs": "diagonal_layers",
    "lru": "diagonal_layers",
    "mamba_channel": "diagonal_layers",
    "rg_lru": "diagonal_layers",
    "connectome": "connectomes",
}


@dataclass(frozen=True)
class Builder:
    """A builder with its name, its arguments and what it builds."""

    name: str
    build: Callable[..., Network]

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """The parameters of the builder, in their order."""
        return list(inspect.signature(self.build).parameters.values())

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return (inspect.getdoc(self.build) or "").partition("\n")[0]

    @property
    def arguments(self) -> str:
        """Its arguments with their defaults: "n, gain=1.0"."""
        listed = []
        for parameter in self.parameters:
            default = "" if _is_required(parameter) else f"={parameter.default!r}"
            listed.append(f"{parameter.name}{default}")
        return ", ".join(listed)


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is inspect.Parameter.empty


def builder(name: str) -> Builder:
    """The builder with the given name.

    Raises
    ------
    ArgumentError
        If there is no builder of that name.
    """
    if name not in BUILDERS:
        hint = near_miss(name, [*BUILDERS, "in_random_basis"]) or f"; the builders are {', '.join(BUILDERS)}"
        raise ArgumentError(f"source names the builder {name!r}, which does not exist{hint}")
    module = import_module(f"linmem.connectivity.{BUILDERS[name]}")
    return Builder(name, getattr(module, name))


def network_from_source(source: str) -> Network:
    """The network that a text describes: the path of a file, or a builder with arguments.

    `name:argument=value,...` calls the builder of that name. Values are Python literals, and other text is a string
    without quotes. A first value without a name is the builder's first argument, as in `connectome:celegans-cook`.
    `in_random_basis:rng=0:SOURCE` rotates the axes of another source.

    Raises
    ------
    ArgumentError
        If the source is no text, there is no such builder, or it does not take the arguments.
    FileError
        If the text is the path of a file that does not exist or cannot be read.

    Examples
    --------
    >>> network_from_source("chain:n=5,gain=1.1").name
    'chain, n = 5, gain 1.1'
    >>> network_from_source("in_random_basis:rng=0:chain:n=5").name
    'chain, n = 5, gain 1, in a random basis'
    """
    if is_file_name(text("source", source)):
        return load_network(source)
    if Path(source).is_dir():
        raise FileError(
            f"source is the folder {source!r}; name a file in it, or sweep all of them: linmem sweep MEASURES {source}"
        )
    name, _, arguments = source.partition(":")
    if name == "in_random_basis":
        return _in_random_basis(source, arguments)
    if not arguments and Path(source).suffix:
        raise FileError(
            f"source is {source!r}, which is neither a file of type {', '.join(READERS)} nor a builder"
            f"{_nearest_file(Path(source))}"
        )
    chosen = builder(name)
    return chosen.build(**_arguments(chosen, arguments))


def _in_random_basis(source: str, text: str) -> Network:
    """The network of a source inside another: `text` is "rng=SEED:SOURCE"."""
    from linmem.connectivity.ensembles import in_random_basis

    seed, _, inner = text.partition(":")
    if not (seed.startswith("rng=") and inner):
        raise ArgumentError(
            f"source is {source!r}; write in_random_basis:rng=SEED:SOURCE, e.g. in_random_basis:rng=0:chain:n=50"
        )
    return in_random_basis(network_from_source(inner), rng=_value(seed.removeprefix("rng=")))


def _arguments(chosen: Builder, text: str) -> dict[str, Any]:
    """The arguments of a builder by name, from "argument=value,..."."""
    known = [parameter.name for parameter in chosen.parameters]
    arguments: dict[str, Any] = {}
    for position, (name, value) in enumerate(_pairs(text)):
        if name is None and position == 0:
            name = known[0]
        if name not in known:
            raise ArgumentError(
                f"source gives {chosen.name} the argument {name or value!r}, which does not exist; it takes: "
                f"{chosen.arguments}"
            )
        if name in arguments:
            raise ArgumentError(f"source gives {chosen.name} the argument {name} twice")
        arguments[name] = _value(value)
    for parameter in chosen.parameters:
        if _is_required(parameter) and parameter.name not in arguments:
            raise ArgumentError(
                f"source gives {chosen.name} no {parameter.name}; it takes: {chosen.arguments}, "
                f"e.g. {chosen.name}:{parameter.name}=..."
            )
    return arguments


def _nearest_file(path: Path) -> str:
    """What the path may be meant to be: a file in the same folder, or else a builder."""
    neighbours = path.parent.iterdir() if path.parent.is_dir() else iter(())
    names = [file.name for file in neighbours if is_file_name(file.name)]
    return near_miss(path.name, names) or "; linmem networks lists the builders"


def _pairs(text: str) -> list[tuple[str | None, str]]:
    """Name and value of each part of a text; None for a part without a name."""
    pairs: list[tuple[str | None, str]] = []
    for part in _parts(text):
        name, equals, value = part.partition("=")
        if equals:
            pairs.append((name.strip(), value.strip()))
        elif part.strip():
            pairs.append((None, part.strip()))
    return pairs


def _parts(text: str) -> list[str]:
    """The text between commas outside brackets: 'weights=[1,2],sparse=True' has two parts."""
    parts = [""]
    depth = 0
    for character in text:
        if character in "[(":
            depth += 1
        elif character in "])":
            depth -= 1
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _value(text: str) -> Any:
    """A Python literal, or else the text itself."""
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
