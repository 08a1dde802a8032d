"""The builders by name: `chain:n=100,gain=1.02` is `chain(n=100, gain=1.02)`.

Contents
--------
BUILDERS
    Name and room of every builder that can be called from text.
Builder, builder
    A builder with its arguments, as the command line lists it.
network_from_source
    A network from a file's path, or from a builder's name and arguments.
"""

from __future__ import annotations

import inspect
from ast import literal_eval
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

from linmem.errors import InvalidNetworkError
from linmem.files.choose import READERS, is_file_name, load_network
from linmem.network import Network

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
    "dale_balanced": "biological",
    "balanced_amplification": "biological",
    "leaky_chain": "state_space",
    "lmu": "state_space",
    "hippo_legt": "state_space",
    "hippo_legs": "state_space",
    "connectome": "connectomes",
}


@dataclass(frozen=True)
class Builder:
    """A builder, and how it is called."""

    name: str
    build: Callable[..., Network]

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.build) or "").partition("\n")[0]

    @property
    def arguments(self) -> str:
        shown = []
        for parameter in inspect.signature(self.build).parameters.values():
            default = "" if parameter.default is inspect.Parameter.empty else f"={parameter.default!r}"
            shown.append(f"{parameter.name}{default}")
        return ", ".join(shown)


def builder(name: str) -> Builder:
    """The builder of that name."""
    if name not in BUILDERS:
        nearest = get_close_matches(name, [*BUILDERS, "in_random_basis"], n=1)
        hint = f"did you mean {nearest[0]!r}? " if nearest else ""
        raise InvalidNetworkError(
            f"source names the builder {name!r}, which there is not; {hint}the builders are {', '.join(BUILDERS)}"
        )
    return Builder(name, getattr(import_module(f"linmem.connectivity.{BUILDERS[name]}"), name))


def network_from_source(source: str) -> Network:
    """A network from text: a file's path, `name:argument=value,...`, or `in_random_basis:rng=0:chain:n=50`.

    Values are Python literals; text needs no quotes, and a first value without a name is the builder's first
    argument, `connectome:celegans-cook`.
    """
    if is_file_name(source):
        return load_network(source)
    name, _, text = source.partition(":")
    if name == "in_random_basis":
        from linmem.connectivity.ensembles import in_random_basis

        seed, _, inner = text.partition(":")
        if not (seed.startswith("rng=") and inner):
            raise InvalidNetworkError(
                f"source is {source!r}; write in_random_basis:rng=SEED:SOURCE, e.g. in_random_basis:rng=0:chain:n=50"
            )
        return in_random_basis(network_from_source(inner), rng=_value(seed[4:]))
    if not text and Path(source).suffix:
        raise InvalidNetworkError(
            f"source is {source!r}, which is neither a file of type {', '.join(READERS)} nor a builder; "
            f"{_nearest_file(Path(source))}"
        )
    chosen = builder(name)
    known = list(inspect.signature(chosen.build).parameters)
    arguments = {}
    for position, (key, value) in enumerate(_pairs(text)):
        if key is None and position == 0:
            key = known[0]
        if key not in known:
            raise InvalidNetworkError(
                f"source gives {name} the argument {key or value!r}, which it has not; it takes: {chosen.arguments}"
            )
        if key in arguments:
            raise InvalidNetworkError(f"source gives {name} the argument {key} twice")
        arguments[key] = _value(value)
    missing = [
        parameter.name
        for parameter in inspect.signature(chosen.build).parameters.values()
        if parameter.default is inspect.Parameter.empty and parameter.name not in arguments
    ]
    if missing:
        raise InvalidNetworkError(
            f"source gives {name} no {missing[0]}; it takes: {chosen.arguments}, e.g. {name}:{missing[0]}=..."
        )
    return chosen.build(**arguments)


def _nearest_file(path: Path) -> str:
    """What may have been meant: a file beside it, or a builder."""
    beside = [file.name for file in path.parent.iterdir() if is_file_name(file.name)] if path.parent.is_dir() else []
    nearest = get_close_matches(path.name, beside, n=1)
    return f"did you mean {str(path.with_name(nearest[0]))!r}?" if nearest else "linmem networks lists the builders"


def _pairs(text):
    """Split at commas outside brackets: 'weights=[1,2],sparse=True' has two parts."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[(") - (character in "])")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    for part in parts:
        if part.strip():
            key, equals, value = part.partition("=")
            yield (key.strip(), value.strip()) if equals else (None, part.strip())


def _value(text):
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
