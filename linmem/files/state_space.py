r"""State-space layers from files: eigenvalues, input weights and readout, as the framework makes them of its arrays.

Contents
--------
StoredStateSpace
    The arrays of a layer, and the layer or the cell that they make.
load_state_space
    A layer of a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from linmem import validation as checks
from linmem.cells.cell import Cell
from linmem.cells.selective import RGLRUCell, SelectiveSSM
from linmem.errors import ArgumentError, FileError, errors_of_other_libraries
from linmem.files.choose import PathLike, arrays_of, listed
from linmem.files.conversion import numbers_of
from linmem.files.matching import dotted
from linmem.files.readers.stored import StoredArray
from linmem.files.state_space_layers import FoundLayer, layer_names, layers_in, unfinished
from linmem.files.state_space_layouts import StateSpaceLayout
from linmem.files.state_space_weights import SELECTIVE, TRANSFORMS, WEIGHTS, Answers
from linmem.linalg.discretisation import METHODS
from linmem.state_space_layer import StateSpaceLayer
from linmem.validation import file_path, option, truth

QUESTIONS = {  # what to pass for what the file does not say
    "discretisation": "'zero-order hold' or 'bilinear'",
    "conj_sym": "True, the default of S5, or False",
    "transforms": f"two of {', '.join(map(repr, TRANSFORMS))}, that of the real and that of the imaginary part, as "
    "('exp', 'none'), the default of S4D",
}
STEPS = {
    "S4D": "'exp' or 'softplus', the function that makes dt of the array in the file, or the steps themselves",
    "Mamba": "a number, one of each channel, or 'bias', softplus(dt_bias), the step where the input of dt is 0",
    "Mamba-2": "a number, one of each head, or 'bias', softplus(dt_bias), the step where the input of dt is 0",
}


@dataclass(frozen=True, eq=False, repr=False)
class StoredStateSpace:
    """A state-space layer as a file holds it.

    Attributes
    ----------
    kind
        "S4D", "S5", "LRU", "Mamba", "Mamba-2" or "RG-LRU".
    framework
        What writes layers under these names.
    name
        The file, and the layer in it.
    arrays
        The numbers of the file by role, in double precision and as they are stored: "A_log", "B", ...
    """

    kind: str
    framework: str
    name: str
    arrays: dict[str, np.ndarray]
    layout: StateSpaceLayout

    def layer(
        self,
        *,
        discretisation: str | None = None,
        step: Any = None,
        conj_sym: bool | None = None,
        transforms: tuple[str, str] | None = None,
    ) -> StateSpaceLayer:
        r"""The layer in discrete time, x_t = l x_{t-1} + B s_t and y = Re(C x): its kernel is that of the framework.

        What the file does not say is asked, and an argument that it answers is refused. The skip connection D is no
        part of the recurrence. conjugates are "implied" of all kinds: the state is the real and the imaginary part of
        every stored mode, and the factor 2 of S4D and S5 is in C.

        Parameters
        ----------
        discretisation
            "zero-order hold" or "bilinear", of S4D and S5. It is in the code of a model, not in its file.
        step
            Of Mamba and Mamba-2, whose input makes the step: a number, or one of each channel or head; "bias" for
            softplus(dt_bias). B is dt then, of b = 1, as b depends on the input too, and there is no readout. Mamba-2
            is one mode for each head, in which all numbers of the head decay alike. Of S4D with the array `inv_dt`:
            "exp" or "softplus", or the steps themselves.
        conj_sym
            Of S5 in JAX: whether y is 2 Re(C x).
        transforms
            The functions of the real and of the imaginary part of the eigenvalues of S4D, `real_transform` and
            `imag_transform` of the library: "exp", "softplus", "sigmoid" or "none".

        Raises
        ------
        ArgumentError
            If something is missing that the file does not say, or is given where the file says it; for a kind whose
            gate is set by the input, which `cell` reads.
        FileError
            If shapes in the file do not fit together.
        InvalidNetworkError
            If a number is not finite.

        Examples
        --------
        >>> import numpy, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "lru.npz"
        >>> numpy.savez(path, nu_log=[0.0], theta_log=[0.0], gamma_log=[0.0], B=[[2.0]], C=[[1.0]])
        >>> load_state_space(path).layer().feedforward
        array([[2.+0.j]])
        """
        if self.kind not in WEIGHTS:
            raise ArgumentError(f"the layer is of type {self.kind}, in which {self.layout.why}; read it with .cell()")
        given = {"discretisation": discretisation, "step": step, "conj_sym": conj_sym, "transforms": transforms}
        for argument, value in given.items():
            self._check(argument, value)
        answers = Answers(discretisation or "", step, bool(conj_sym), tuple(transforms or ()))
        weights = self._made(WEIGHTS[self.kind], self.arrays, answers)
        parts = [self.name, *([discretisation] if discretisation else []), *weights.said]
        return StateSpaceLayer(
            weights.eigenvalues,
            weights.feedforward,
            weights.readout,
            conjugates="implied" if np.iscomplexobj(weights.eigenvalues) else None,
            name=", ".join(parts),
        )

    def cell(self, *, normalised: bool | None = None) -> Cell:
        r"""The selective cell, `SelectiveSSM` of Mamba or `RGLRUCell` of RecurrentGemma, whose input moves A_t.

        Its input is what leaves the convolution of the block (and, of Mamba, the SiLU after it). RecurrentGemma does
        not multiply the input by sqrt(1 - a^2) at the first position of a text: `RGLRUCell.first_state`.

        Parameters
        ----------
        normalised
            Of Mamba: whether the code of the model normalises dt, b and c, as that of FalconMamba does. The files of
            both have the same names and shapes. Only False gives a cell.

        Raises
        ------
        ArgumentError
            For layers that are no such cells, and as said of `normalised`.
        FileError
            If shapes in the file do not fit together.
        """
        if self.kind not in SELECTIVE:
            other = "its heads and their norm are no SelectiveSSM" if self.kind == "Mamba-2" else "it is not selective"
            raise ArgumentError(f"the layer is of type {self.kind}: {other}; read it with .layer(...)")
        if self.kind == "RG-LRU":
            if normalised is not None:
                raise ArgumentError(f"normalised is {normalised!r}; it is asked of Mamba only: leave it out")
            made = self._made(SELECTIVE[self.kind], self.arrays)
            return RGLRUCell(
                *made[:3], recurrent_gate_bias=made[3], input_gate_bias=made[4], block_axes="input, output"
            )
        if "norm" in self.arrays:
            raise ArgumentError("the layer holds dt_layernorm: dt, b and c are normalised, and no SelectiveSSM")
        if normalised is None:
            raise ArgumentError(
                "normalised is None, and the file does not say it; pass False for Mamba, or True where the code of the "
                "model normalises dt, b and c, as that of FalconMamba does"
            )
        if truth("normalised", normalised):
            raise ArgumentError("normalised is True: with dt, b and c normalised the layer is no SelectiveSSM")
        A, weight_dt, weight_b, bias_dt = self._made(SELECTIVE[self.kind], self.arrays)
        return SelectiveSSM(A, weight_dt, weight_b, bias_dt=bias_dt)

    def __repr__(self) -> str:
        arrays = ", ".join(f"{role} {array.shape}" for role, array in self.arrays.items())
        return f"<StoredStateSpace {self.name} ({self.framework}): {arrays}>"

    def _check(self, argument: str, value: Any) -> None:
        """Raise unless the argument is given where it is asked, and only there, with a value that it may have."""
        if argument not in self.layout.asks:
            if value is not None:
                why = self.layout.why or "the file says it"
                raise ArgumentError(
                    f"{argument} is {value!r:.60}, but the layer is of type {self.kind}: {why}; leave it out"
                )
            return
        if value is None:
            choices = STEPS[self.kind] if argument == "step" else QUESTIONS[argument]
            raise ArgumentError(f"{argument} is None, and the file does not say it; pass {choices}")
        if argument == "discretisation":
            option(argument, value, METHODS)
        elif argument == "conj_sym":
            truth(argument, value)
        elif argument == "transforms":
            if not isinstance(value, (tuple, list)) or len(value) != 2:
                raise ArgumentError(f"transforms is {value!r}; it must be {QUESTIONS['transforms']}")
            for word in value:
                option("transforms", word, TRANSFORMS)

    def _made(self, make: Callable[..., Any], *given: Any) -> Any:
        """What is made of the arrays, with the file named where they do not fit together."""
        shapes = ", ".join(f"{self.layout.arrays.get(role, role)} {array.shape}" for role, array in self.arrays.items())
        message = f"{self.name} holds arrays whose shapes do not fit together: {shapes}"
        with errors_of_other_libraries(FileError, message), np.errstate(all="ignore"):
            return make(*given)


def load_state_space(path: PathLike, *, layer: int | str | None = None) -> StoredStateSpace:
    r"""A state-space layer of a file: S4D, S5, LRU, Mamba, Mamba-2, or the RG-LRU of RecurrentGemma.

    Layers are known by the names of their arrays, not by shapes; `docs/guide/weights.md` lists them.

    Parameters
    ----------
    path
        The file, of any type that `load_network` opens.
    layer
        The number of the layer among the state-space layers of the file, from 0 on, or the beginning of the names of
        its arrays. None where there is one.

    Raises
    ------
    FileError
        If the file cannot be read, holds no such layer, or several where `layer` is None.
    ArgumentError
        If there is no such layer.
    MissingLibraryError
        If the type of file needs a library that is not installed.

    Examples
    --------
    >>> import numpy, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "lru.npz"
    >>> numpy.savez(path, nu_log=[0.0], theta_log=[0.0], gamma_log=[0.0], B=[[1j]], C=[[1j]])
    >>> load_state_space(path).kind
    'LRU'
    """
    path = file_path("path", path)
    stored = arrays_of(path)
    layers = layers_in(stored)
    if not layers:
        raise FileError(_none(path, stored))
    chosen = layers[0] if layer is None and len(layers) == 1 else _chosen(path, layers, layer)
    if chosen.layout.refusal:
        raise FileError(
            f"path is {str(path)!r}, but the layer {chosen} is not read: its arrays {chosen.layout.refusal}"
        )
    arrays = {role: numbers_of(path, array, role) for role, array in chosen.arrays.items()}
    for role, array in chosen.arrays.items():
        checks.finite(f"{array.name} in {path.name}", np.asarray(arrays[role]))
    name = ", ".join(filter(None, [path.name, chosen.place.rstrip("."), chosen.layout.kind]))
    return StoredStateSpace(chosen.layout.kind, chosen.layout.framework, name, arrays, chosen.layout)


def _none(path: Path, stored: dict[str, StoredArray]) -> str:
    """The error of a file without a layer."""
    begun = unfinished([dotted(name) for name in stored])
    what = (
        f"{begun}, a name of state-space layers, but not the others that stand beside it in one"
        if begun
        else "no state-space layer that is known by the names of its arrays"
    )
    return f"path is {str(path)!r}, which holds {what}; it holds: {listed(stored.values())}"


def _chosen(path: Path, layers: list[FoundLayer], layer: Any) -> FoundLayer:
    """The layer of a number or of a place."""
    if layer is None:
        raise FileError(
            f"layer is None, but {path.name} holds {len(layers)} state-space layers; choose one, layer=0 to "
            f"layer={len(layers) - 1}: {layer_names(layers)}"
        )
    if isinstance(layer, str):
        place = dotted(layer).rstrip(".")
        found = [own for own in layers if own.place.rstrip(".") == place]
    else:
        number = checks.whole_number("layer", layer, at_least=0)
        found = layers[number : number + 1]
    if len(found) != 1:
        raise ArgumentError(f"layer is {layer!r}, but {path.name} holds {len(layers)} layers: {layer_names(layers)}")
    return found[0]
