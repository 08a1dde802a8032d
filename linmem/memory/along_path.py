"""What a network whose weights change from step to step gives for itself: each measure is a method of the network.

The public functions, `fisher_memory_curve` and others, hand such a network's arguments on to its method.

Contents
--------
MeasuredAlongPath
    The interface.
require_stationary_arguments, require_no_horizon
    Refuse arguments that only such a network has, and those that it does not have.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from linmem.errors import ArgumentError


class MeasuredAlongPath(ABC):
    """A network of T steps, each with its own weights, whose measures are taken after a step, `at`."""

    steps: int | None
    NOT_AN_ARRAY: ClassVar[str] = (
        "whose weights change from step to step; this measure is one of constant weights. Along steps there are "
        "fisher_memory_curve, fisher_memory_matrix, spatial_fisher_memory, memory_function, transient_growth, "
        "gradient_norms and lyapunov_exponents"
    )

    @abstractmethod
    def fisher_memory_curve(
        self, lags: int | None, *, at: int | str, observe: Any, readout_noise: float, rtol: float
    ) -> Any:
        """J_t(k) after step `at`, or after every step."""

    @abstractmethod
    def fisher_memory_matrix(
        self, lags: int | None, *, at: int, observe: Any, readout_noise: float, rtol: float
    ) -> Any:
        """J_kl after step `at`."""

    @abstractmethod
    def memory_function(
        self,
        lags: int | None,
        *,
        snr: float,
        at: int,
        observe: Any,
        readout_noise: float,
        input_covariance: Any,
        rtol: float,
    ) -> Any:
        """m(k) after step `at`."""

    @abstractmethod
    def spatial_fisher_memory(self, *, at: int, observe: Any, readout_noise: float, rtol: float) -> Any:
        """sum_k Phi_k* C^-1 Phi_k after step `at`."""

    @abstractmethod
    def growth(self, steps: int) -> tuple[Any, Any, Any]:
        """||A_t ... A_1|| for t = 0, ..., steps, the errors, and the unit state that grows to the largest."""


def require_stationary_arguments(**arguments: Any) -> None:
    """Raise where an argument is given, not None, that belongs to a network whose weights change."""
    for argument, value in arguments.items():
        if value is not None:
            raise ArgumentError(
                f"{argument} is {value!r:.60}, but the network has the same weights at every step; {argument} is for a "
                "TimeVaryingNetwork"
            )


def require_no_horizon(**arguments: Any) -> None:
    """Raise where an argument is given, not None, that a network of T steps does not have."""
    for argument, value in arguments.items():
        if value is not None:
            raise ArgumentError(
                f"{argument} is {value!r:.60}, but the network has steps of its own; leave {argument} out, and choose "
                "the end: at=step"
            )
