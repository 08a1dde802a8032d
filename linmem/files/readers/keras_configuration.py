"""What the configuration in a file of Keras says about the recurrent layers whose weights are in the file.

Conventions
-----------
In .keras and .weights.h5 a group has the name of the class of its layer, numbered anew, and its variables are numbered
in the order of their creation. The name that the user gave to the layer is an attribute of its group `vars`, and leads
to the configuration. In .h5 files of the older kind the names of the layers are parts of the paths. Only the cells of
Keras itself are known to create W as their second variable.

Contents
--------
described
    The arrays of a file, with what the configuration says about their layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from linmem.files.readers.hdf5_texts import Texts
from linmem.files.readers.stored import StoredArray

KINDS = {"SimpleRNN": "rnn", "GRU": "gru", "LSTM": "lstm"}
KINDS |= {f"{layer}Cell": kind for layer, kind in KINDS.items()}
MODULES = ("keras", "tf_keras")  # the classes of Keras itself are in these


def described(entries: list[StoredArray], file: Any, texts: Texts, configuration: Any) -> list[StoredArray]:
    """The arrays of an open HDF5 file, with framework and settings where the layer is known to be recurrent.

    `texts` are those of the file. `configuration` is the content of config.json or of the attribute `model_config`;
    None if there is none.
    """
    layers = _layers(configuration)
    found = []
    for entry in entries:
        settings = _by_group(entry.name, file, texts, layers) or _by_path(entry.name, layers)
        framework = "Keras" if "cell" in settings else ""
        found.append(replace(entry, framework=framework, settings=settings) if settings else entry)
    return found


def _layers(configuration: Any) -> dict[str, dict[str, Any]]:
    """The layers by the names that the user gave; without those whose name several layers of a model have."""
    layers: dict[str, list[dict[str, Any]]] = {}
    waiting = [configuration]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            name = _options(value).get("name")
            if isinstance(name, str) and isinstance(value.get("class_name"), str):
                layers.setdefault(name, []).append(value)
        if isinstance(value, (dict, list)):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return {name: same[0] for name, same in layers.items() if all(layer == same[0] for layer in same)}


def _options(layer: Any) -> dict[str, Any]:
    """The options of a layer or cell."""
    options = layer.get("config") if isinstance(layer, dict) else None
    return options if isinstance(options, dict) else {}


def _by_group(name: str, file: Any, texts: Texts, layers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Settings of a variable in .keras and .weights.h5; empty for those of layers of Keras that are not recurrent."""
    group, numbered, _ = name.rpartition("/vars/")
    place, stacked, _ = group.rpartition("/cell/cells/")
    if not numbered:
        return {}
    if not (stacked or group.endswith("/cell")):
        layer = layers.get(_name(file, texts, group), {})
        return _own(layer) if layer and not _is_of_keras(layer) else {}
    given = _name(file, texts, place if stacked else group.removesuffix("/cell"))
    settings = {"layer": given} if given else {}
    if given in layers:
        settings |= _settings(layers[given], _name(file, texts, group) if stacked else "")
    return settings


def _name(file: Any, texts: Texts, group: str) -> str:
    """The name that the user gave to the layer of a group."""
    variables = file.get(f"{group}/vars")
    return "" if variables is None else texts.of(variables, "name")


def _by_path(name: str, layers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Settings of a variable whose path has the name of its layer, as in .h5 files of the older kind."""
    parts = name.split("/")
    if parts[0] != "model_weights":
        return {}
    for part in reversed(parts):
        layer = layers.get(part, {})
        if layer.get("class_name") in KINDS or "cell" in _options(layer):
            return _settings(layer, next((inner for inner in reversed(parts) if inner in layers), ""))
    return {}


def _settings(layer: dict[str, Any], name: str) -> dict[str, Any]:
    """What the configuration says about the cell of a recurrent layer; `name` is that of one of several cells."""
    described_cell = next((cell for cell in _cells(layer) if not name or _options(cell).get("name") == name), layer)
    kind = described_cell.get("class_name")
    if kind not in KINDS or not _is_of_keras(described_cell):
        return _own(described_cell)
    options = _options(described_cell)
    settings = {"cell": KINDS[str(kind)]}
    for option, meaning in (("activation", "nonlinearity"), ("recurrent_activation", "recurrent_activation")):
        if option in options:
            settings[meaning] = _function(options[option])
    if settings["cell"] == "gru" and isinstance(options.get("reset_after"), bool):
        settings["reset"] = "after" if options["reset_after"] else "before"
    if _options(layer).get("go_backwards") is True:
        settings["direction"] = "backward"
    return settings


def _is_of_keras(layer: dict[str, Any]) -> bool:
    """Whether a class is one of Keras itself. Files of the older kind do not say the module of a class."""
    return "module" not in layer or str(layer["module"]).split(".")[0] in MODULES


def _own(layer: dict[str, Any]) -> dict[str, Any]:
    """The settings of a cell whose class is not one of Keras, or not one that is known."""
    return {"cell": f"own: {str(layer.get('class_name'))[:100]}"}


def _cells(layer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cells that a layer of the class RNN was given."""
    given = _options(layer).get("cell")
    stacked = _options(given).get("cells")
    for cell in stacked if isinstance(stacked, list) else [given]:
        if isinstance(cell, dict):
            yield cell


def _function(function: Any) -> str:
    """The name of an activation, which may be a function of the user's own."""
    if isinstance(function, str):
        return function
    own = function.get("config") if isinstance(function, dict) else function
    return f"own: {own if isinstance(own, str) else (function or {}).get('class_name')}"
