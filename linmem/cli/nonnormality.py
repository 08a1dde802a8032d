"""`linmem nonnormality`: every measure of non-normality, and its pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem import __version__
from linmem.cli.inputs import asked, options_of_preparation
from linmem.cli.output import draw_picture, print_json, print_rows, require_writable
from linmem.cli.sources import takes_a_source
from linmem.errors import FileError, LinmemError
from linmem.remembering import computed_once, remembering

if TYPE_CHECKING:
    from linmem.network import Network
    from linmem.plotting.appearance import Axes

NAME_WIDTH = 24  # letters, of the first column


@click.command()
@takes_a_source
@options_of_preparation
@click.option("--steps", type=int, default=200, show_default=True, help="Number of steps of transient growth.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the pictures into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def nonnormality(source: str, steps: int, out: Path | None, as_json: bool, **options: Any) -> None:
    """How far SOURCE is from normal: departure, numerical range (field of values), Kreiss constant, transient growth.

    A measure that cannot be computed says why in its row. The pictures are the pseudospectrum, the Schur form, the
    transient growth and the link profile.

    Example: linmem nonnormality grcar:n=50 --out pictures
    """
    if out is not None and not out.is_dir():
        require_writable(out)
    subject = asked(source, options)
    network = subject.network
    with remembering():
        measures = _measures(network, steps)
        pictures = [] if out is None else _draw_pictures(network, steps, out)
    if as_json:
        print_json({"source": source, **subject.record, **measures, "version": __version__})
        return
    print_rows(subject.rows(), NAME_WIDTH)
    print_rows(((name, _as_text(value)) for name, value in measures.items()), NAME_WIDTH)
    print_rows((("written", path) for path in pictures), NAME_WIDTH)


def _measures(network: Network, steps: int) -> dict[str, Any]:
    """Every measure of non-normality by name: a number, two bounds, or the reason why there is none."""
    import linmem as lm

    growth = _value_or_reason(lambda: computed_once(lm.transient_growth, network, steps))
    growth_failed = isinstance(growth, str)
    return {
        "departure": _value_or_reason(lambda: lm.henrici_departure(network)),
        "departure, relative": _value_or_reason(lambda: lm.henrici_departure(network, relative=True)),
        "departure, bounds": _value_or_reason(lambda: list(lm.departure_bounds(network)[:2])),
        "commutator norm": _value_or_reason(lambda: lm.commutator_norm(network)),
        "distance to normal": _value_or_reason(lambda: list(lm.normal_distance(network))),
        "eigenvector condition": _value_or_reason(lambda: lm.eigenvector_condition(network)),
        "numerical radius": _value_or_reason(lambda: lm.numerical_radius(network)),
        "numerical abscissa": _value_or_reason(lambda: lm.numerical_abscissa(network)),
        "Kreiss constant": _value_or_reason(lambda: _kreiss_bounds(network)),
        "largest growth": growth if growth_failed else growth.peak,
        "at": growth if growth_failed else growth.times[growth.peak_step].item(),
    }


def _kreiss_bounds(network: Network) -> float | list[float]:
    from linmem.nonnormality.kreiss import kreiss_constant

    kreiss = kreiss_constant(network)
    if kreiss.value == float("inf"):
        return kreiss.value
    return [kreiss.lower, kreiss.upper]


def _value_or_reason(measure: Callable[[], Any]) -> Any:
    try:
        return measure()
    except LinmemError as error:
        return f"none: {error}"


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        lower, upper = value
        bounds_agree = upper - lower <= 1e-6 * abs(upper)
        return f"{lower:.8g}" if bounds_agree else f"{lower:.6g} to {upper:.6g}"
    if value == float("inf"):
        return "infinite"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _draw_pictures(network: Network, steps: int, folder: Path) -> list[Path]:
    """Write the pictures into the folder, and return their paths; a picture that cannot be drawn is left out."""
    import linmem as lm
    from linmem import plotting

    def pseudospectrum(ax: Axes) -> None:
        boundary = lm.numerical_range(network).boundary
        plotting.plot_pseudospectrum(lm.pseudospectrum(network), ax, numerical_range=boundary)

    plots: dict[str, Callable[[Axes], object]] = {
        "pseudospectrum.pdf": pseudospectrum,
        "schur_form.pdf": lambda ax: plotting.plot_schur(lm.schur_form(network).signal_flow(), ax),
        "transient_growth.pdf": lambda ax: plotting.plot_transient_growth(
            computed_once(lm.transient_growth, network, steps), ax
        ),
        "link_profile.pdf": lambda ax: plotting.plot_link_profile(lm.link_profile(network, rng=0), ax),
    }
    folder.mkdir(exist_ok=True)
    written = []
    for name, plot in plots.items():
        try:
            draw_picture(folder / name, plot)
        except FileError:
            raise
        except LinmemError:  # the table says why
            continue
        written.append(folder / name)
    return written
