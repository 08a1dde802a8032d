"""`explore`: the page of a network, served on this machine and computed while it is read.

Contents
--------
explore
    Serve the page, and compute what the reader asks until it is interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from linmem.charts import embedding
from linmem.errors import ArgumentError, MissingLibraryError
from linmem.exploring.settings import Choice, Settings, subject_of
from linmem.network import NetworkOrMatrix, as_network
from linmem.validation import SNR, number, whole_number

LARGEST_PORT = 65535


def explore(
    network: NetworkOrMatrix | Choice,
    *,
    snr: float = SNR,
    horizon: int | None = None,
    against: tuple[str, ...] = ("orthogonal", "chain"),
    port: int = 0,
    origin: Mapping[str, str] | None = None,
    opened: Callable[[str], None] = print,
) -> None:
    """Serve the page of a network on 127.0.0.1, and compute what its reader asks, until it is interrupted.

    The page is that of `report`. A zoom of the pseudospectrum computes its levels anew in the box, a click on it the
    pseudomode of the point; sliders change the spectral radius, the noise, the signal-to-noise ratio, the horizon, and
    the gain of the chain that the network is compared with. Every chart has a program that draws it again.

    Whoever has the address has the page; it carries a signature of this run, and another site or another user of the
    machine cannot make one. Needs Bokeh, from the extra `explore`.

    Parameters
    ----------
    network
        A network in discrete or in continuous time, or a matrix; not a stack. A `Choice` for a source of several.
    snr, horizon, against
        What the page begins with, as for `report`.
    port
        The port; 0 for a free one.
    origin
        What the network comes from, by name.
    opened
        Called with the address, once the page can be opened.

    Raises
    ------
    ArgumentError
        An argument breaks its rule, or the port cannot be opened.
    MissingLibraryError
        Bokeh is not installed.
    InvalidNetworkError
        The network is a stack, or sparse and too large to be made dense.
    """
    if not embedding.is_installed():
        raise MissingLibraryError("explore needs Bokeh, which is not installed: pip install 'linmem[explore]'")
    from linmem.charts.server import serve
    from linmem.exploring.explorers import Explorer, page_of

    snr = number("snr", snr, above=0)
    horizon = None if horizon is None else whole_number("horizon", horizon)
    if not 0 <= whole_number("port", port, at_least=0) <= LARGEST_PORT:
        raise ArgumentError(f"port is {port}; it must be at most {LARGEST_PORT}, or 0 for a free one")
    choice = network if isinstance(network, Choice) else _choice_of(network)
    settings = Settings(choice.words[0] if choice.words else "", snr=snr, horizon=horizon, against=tuple(against))
    subject_of(settings, choice)  # a request that cannot be answered is refused before anything is served
    explorer = Explorer(choice, settings, origin or {})
    served = serve(lambda port: page_of(explorer, port), port)
    try:
        opened(served.address)
        explorer.run()
    finally:
        explorer.stop()
        served.stop()


def _choice_of(network: NetworkOrMatrix) -> Choice:
    known = as_network(network)
    known.require_single("an explorer")
    return Choice(lambda word: known)
