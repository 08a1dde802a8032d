"""What the commands `curve` and `memory` print and write in common: each answers with a quantity at many lags.

Contents
--------
record_of
    Network, lags, values and trust of a result, in the types of JSON.
rows_of
    The same as rows of text.
traces
    Values of several inputs as their traces.
stability_record, stability_row
    The spectral radius or abscissa with its bounds, in the types of JSON and as a row of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from linmem import __version__

if TYPE_CHECKING:
    import numpy as np

    from linmem.cli.inputs import Asked
    from linmem.memory.decoding import MemoryFunction
    from linmem.memory.fisher import FisherMemoryCurve
    from linmem.network import Stability


def traces(values: np.ndarray, network: Any) -> np.ndarray:
    """The values at each lag, (K,): those of the one input, or the traces over several inputs, from (K, d, d)."""
    import numpy as np

    if not network.feedforward_is_matrix:
        return values
    return np.trace(values, axis1=1, axis2=2).real


def record_of(
    result: FisherMemoryCurve | MemoryFunction, *, source: str, subject: Asked, quantities: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that was asked and answered; `quantities` are those that only one of the commands has."""
    network = result.network
    return {
        "source": source,
        **subject.record,
        "horizon": result.horizon,
        **quantities,
        "relative_error": result.relative_error,
        "method": result.method,
        "lags": result.lags.tolist(),
        "values": traces(result.values, network).tolist(),
        "errors": traces(result.error, network).tolist(),
        "version": __version__,
    }


def rows_of(
    record: Mapping[str, Any],
    subject: Asked,
    *,
    network: Iterable[tuple[str, str]] = (),
    quantities: Iterable[tuple[str, str]],
) -> Iterator[tuple[str, Any]]:
    """The header, the rows about the network, and the quantities that only one command has."""
    yield from subject.rows()
    yield from network
    if record["horizon"]:
        yield "horizon", f"{record['horizon']} steps"
    yield from quantities
    yield "relative error", f"{record['relative_error']:.1e} (method: {record['method']})"


def stability_record(stability: Stability, is_continuous: bool) -> dict[str, Any]:
    """The spectral radius, or in continuous time the spectral abscissa, its bounds, and whether it is stable."""
    measure = "abscissa" if is_continuous else "radius"
    return {
        measure: stability.value,
        f"{measure}_lower": stability.lower,
        f"{measure}_upper": stability.upper,
        "stable": stability.stable,
    }


def stability_row(record: Mapping[str, Any]) -> tuple[str, str]:
    """What `stability_record` says, in words."""
    measure = "radius" if "radius" in record else "abscissa"
    value, lower, upper = record[measure], record[f"{measure}_lower"], record[f"{measure}_upper"]
    if lower == 0 < upper:
        known = f"at most {upper:.4f}"
    elif upper - lower <= 1e-6 * max(upper, 1):
        known = f"{value:.6g}"
    elif f"{lower:.4f}" == f"{upper:.4f}":
        known = f"{value:.6g} (error at most {max(upper - value, value - lower):.1e})"
    else:
        known = f"between {lower:.4f} and {upper:.4f}"
    verdict = {True: "stable", False: "unstable", None: "stability undecided"}[record["stable"]]
    return f"spectral {measure}", f"{known} ({verdict})"
