r"""State-space layers: many channels, each with an input of its own and a diagonal recurrence.

Contents
--------
StateSpaceLayer
    Eigenvalues, input weights and readout of all channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from linmem import validation as checks
from linmem.diagonal_network import DiagonalNetwork, require_conjugates
from linmem.errors import ArgumentError, InvalidNetworkError


@dataclass(frozen=True, eq=False, repr=False)
class StateSpaceLayer:
    r"""x_t = diag(l) x_{t-1} + B s_t, y_t = Re(C x_t), of each channel, or of all channels together; discrete time.

    Parameters
    ----------
    eigenvalues
        l, (H, n): each of H channels has n modes of its own and one input, as in S4D, and in Mamba with a step that
        does not change. Or (n,): all channels share n modes, as in S5 and LRU layers.
    feedforward
        B, (H, n), or (n, M) where the modes are shared.
    readout
        C, (H, n), or (P, n) where the modes are shared, as it multiplies the stored modes; None where it is not known,
        or depends on the input.
    conjugates
        "implied" or "listed", as of `DiagonalNetwork`; needed only where a number is complex.
    name
        What figures and tables call the layer.

    Raises
    ------
    InvalidNetworkError
        If the shapes do not go together, or a number is not finite.
    ArgumentError
        For complex numbers without `conjugates`.

    Examples
    --------
    >>> layer = StateSpaceLayer([[0.9, 0.5], [0.99, 0.7]], [[1.0, 1.0], [1.0, 2.0]])
    >>> layer.channels, layer.network(1, noise_enters="input").eigenvalues
    (2, array([0.99, 0.7 ]))
    """

    eigenvalues: Any
    feedforward: Any
    readout: Any = None
    conjugates: str | None = None
    name: str = ""
    NOT_AN_ARRAY: ClassVar[str] = (
        "with many channels; pass linmem.memory_of_layer the layer, or take one: layer.network(0, noise_enters=...)"
    )

    def __post_init__(self) -> None:
        own, B = (checks.array(name, getattr(self, name)) for name in ("eigenvalues", "feedforward"))
        if own.ndim not in (1, 2) or not own.size:
            raise InvalidNetworkError(
                f"eigenvalues has shape {own.shape}; it must be (H, n), n of each channel, or (n,), shared by all"
            )
        fits = B.shape == own.shape if own.ndim == 2 else B.ndim == 2 and B.shape[0] == len(own) and B.size > 0
        if not fits:
            wanted = f"{own.shape}" if own.ndim == 2 else f"({len(own)}, M), M inputs"
            raise InvalidNetworkError(f"feedforward has shape {B.shape}; beside these eigenvalues it must be {wanted}")
        arrays = {"eigenvalues": own, "feedforward": B}
        if self.readout is not None:
            arrays["readout"] = C = checks.array("readout", self.readout)
            if C.shape != own.shape if own.ndim == 2 else C.ndim != 2 or C.shape[1] != len(own) or not C.size:
                wanted = f"{own.shape}" if own.ndim == 2 else f"(P, {len(own)}), P outputs"
                raise InvalidNetworkError(f"readout has shape {C.shape}; beside these eigenvalues it must be {wanted}")
        for name, array in arrays.items():
            checks.finite(name, array)
            object.__setattr__(self, name, array)
        checks.text("name", self.name)
        is_complex = own.imag != 0
        is_complex = is_complex | ((B.imag != 0).any(axis=1) if own.ndim == 1 else B.imag != 0)
        require_conjugates(self.conjugates, is_complex, own)

    @property
    def is_shared(self) -> bool:
        """Whether all channels share the modes."""
        return bool(self.eigenvalues.ndim == 1)

    @property
    def channels(self) -> int:
        """The number of channels, H, or of inputs, M."""
        return int(self.feedforward.shape[1 if self.is_shared else 0])

    def network(self, channel: int | None = None, noise: Any = 1.0, *, noise_enters: str) -> DiagonalNetwork:
        """The network of one channel, from 0, with its input; None for all inputs, where the modes are shared.

        Raises
        ------
        ArgumentError
            If there is no such channel.
        """
        channels = self.channels
        is_number = isinstance(channel, (int, np.integer)) and not isinstance(channel, bool)
        is_one = is_number and -channels <= channel < channels  # type: ignore[operator]
        if not is_one and not (channel is None and self.is_shared):
            every = ", or None for all inputs" if self.is_shared else ""
            raise ArgumentError(f"channel is {channel!r}; it must be one of 0 to {channels - 1}{every}")
        own, B = self.eigenvalues, self.feedforward
        if not self.is_shared:
            own, B = own[channel], B[channel]
        elif channel is not None:
            B = B[:, channel]
        name = self.name if channel is None else f"{self.name or 'layer'}, channel {int(channel)}"
        return DiagonalNetwork(own, B, noise, noise_enters=noise_enters, conjugates=self.conjugates, name=name)

    def __repr__(self) -> str:
        modes = "shared" if self.is_shared else "each"
        return (
            f"<StateSpaceLayer {self.name or 'unnamed'}: {self.channels} channels, {self.eigenvalues.shape[-1]} modes "
            f"{modes}>"
        )
