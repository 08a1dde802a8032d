"""What the commands `curve` and `memory` print and write in common: each answers with a quantity at many lags.

Contents
--------
record_of
    Network, lags, values and trust of a result, in the types of JSON.
rows_of
    The same as rows of text.
traces
    Values of several inputs as their traces.
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
