"""Matrices scaled to a spectral radius, which is divided by only where it is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from linmem.balls.decisions import narrowed
from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.linalg.eigenvalue_bounds import Stability


def scaled_to_radius(W: Any, bounds: Stability, radius: float, rtol: float) -> Any:
    """W times the factor that gives it the spectral radius, to `rtol`; `bounds` are those of the radius of W.

    Bounds in doubles hold for all matrices within rounding of W, and so for the scaled one. Where they are too wide,
    ball arithmetic encloses the radius of W, and that of the scaled matrix, whose weights are rounded.

    Raises InvalidNetworkError for a nilpotent W, and AccuracyError where the radius is not known, or is moved.
    """
    known = narrowed(bounds, W, rtol)
    if known.upper == 0:
        raise InvalidNetworkError(
            f"recurrent has spectral radius 0, so no scaling gives it {radius:g}; scale its weights directly"
        )
    _require(_width(known), rtol, f"the radius of recurrent is between {known.lower:.6g} and {known.upper:.6g}")
    scaled = W * (radius / known.value)
    if known is not bounds or known.proved is not None:
        reached = narrowed(Stability(radius, 0.0, np.inf), scaled, rtol)
        distance = max(reached.upper - radius, radius - reached.lower) / radius
        _require(distance, rtol, f"the scaled weights are rounded, which gives them a radius of {reached.value:.6g}")
    return scaled


def _width(bounds: Stability) -> float:
    return (bounds.upper - bounds.lower) / bounds.value if bounds.value else np.inf


def _require(error: float, rtol: float, reason: str) -> None:
    if not error <= rtol:
        raise AccuracyError(error, rtol, reason=f"{reason}; scale the weights directly, by a power of two")
