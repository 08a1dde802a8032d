"""`linmem nonnormality`: every measure of non-normality, and its pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem import __version__
from linmem.cli.answers import stability_record, stability_row
from linmem.cli.inputs import asked, options_of_preparation
from linmem.cli.output import (
    SUFFIXES_OF_A_PICTURE,
    draw_picture,
    print_json,
    print_rows,
    progress_on_terminal,
    require_writable,
)
from linmem.cli.sources import Command, takes_a_source, with_options
from linmem.errors import ArgumentError, FileError, LinmemError, errors_of_other_libraries
from linmem.progress import running
from linmem.remembering import computed_once, measure_of_matrix, remembering

if TYPE_CHECKING:
    from linmem.network import Network
    from linmem.nonnormality.kreiss import KreissConstant
    from linmem.nonnormality.transients import TransientGrowth
    from linmem.plotting.appearance import Axes

NAME_WIDTH = 24  # letters, of the first column
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What is asked for about one network.

    Attributes
    ----------
    network
        The network, in continuous time where W is to be its drift.
    steps, duration
        Of transient growth; in continuous time there are `steps` times up to `duration`.
    box, points, levels
        Of the pseudospectrum, as the function of this name and its picture take them.
    z
        The point of the pseudomode; None for none.
    """

    network: Network
    steps: int
    duration: float | None
    box: tuple[float, ...] | None
    points: int | tuple[int, ...]
    levels: tuple[float, ...] | None
    z: complex | None

    def growth(self) -> TransientGrowth:
        """||W^k|| or ||e^{At}||, computed once."""
        import linmem as lm

        return computed_once(lm.transient_growth, self.network, self.steps, duration=self.duration)

    def kreiss(self) -> KreissConstant:
        """The Kreiss constant, computed once."""
        import linmem as lm

        return measure_of_matrix(lm.kreiss_constant, self.network)


def options_of_pictures(command: Command) -> Command:
    """Give the command the options of the pseudospectrum, the pseudomode and transient growth, and of their files."""
    options = (
        click.option("--continuous", is_flag=True, help="Take W as the drift A of dx = A x dt: e^{At}, abscissa."),
        click.option("--steps", type=int, default=200, show_default=True, help="Number of steps of transient growth."),
        click.option("--duration", type=float, help="Last time of transient growth.  [default: ten decay times]"),
        click.option(
            "--box", metavar="X0,X1,Y0,Y1", help="Part of the complex plane.  [default: around the numerical range]"
        ),
        click.option(
            "--points", default="100", show_default=True, metavar="N", help="Points of the grid on a side, or NX,NY."
        ),
        click.option("--levels", metavar="EPS,...", help="Levels of the pseudospectrum, such as 1e-3,1e-2,0.1."),
        click.option("--pseudomode", metavar="Z", help="Point of a pseudomode, such as 0.9 or 0.5+0.3i."),
        click.option(
            "-o",
            "--out",
            type=click.Path(path_type=Path),
            help="Write the pictures into this folder; or the pseudospectrum alone into a file: "
            f"{', '.join(SUFFIXES_OF_A_PICTURE)}.",
        ),
        click.option(
            "--format",
            "suffix",
            type=click.Choice([suffix[1:] for suffix in SUFFIXES_OF_A_PICTURE]),
            default="pdf",
            show_default=True,
            help="Type of the pictures in a folder.",
        ),
    )
    return with_options(command, options)


@click.command()
@takes_a_source
@options_of_preparation
@options_of_pictures
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def nonnormality(source: str, out: Path | None, suffix: str, as_json: bool, continuous: bool, **options: Any) -> None:
    """How far SOURCE is from normal: departure, numerical range (field of values), Kreiss constant, transient growth.

    A measure that cannot be computed says why in its row. The pictures are the pseudospectrum, the Schur form, the
    transient growth between its Kreiss bounds, the link profile, and the pseudomode that is asked for. A terminal shows
    what is being computed.

    Example: linmem nonnormality grcar:n=50 --box 0,2,-1,1 --levels 1e-6,1e-4,1e-2 --out grcar.png
    """
    if out is not None and not out.is_dir():
        require_writable(out, SUFFIXES_OF_A_PICTURE if out.suffix else ())
    request = _request(options)
    with progress_on_terminal():
        subject = asked(source, options)
        if continuous:
            subject = replace(subject, network=_as_drift(subject.network))
        wanted = Wanted(subject.network, **request)
        with remembering():
            values = _values(wanted)
            written = [] if out is None else _draw_pictures(wanted, out, suffix)
    if as_json:
        print_json({"source": source, **subject.record, **values, "version": __version__})
        return
    print_rows(subject.rows(), NAME_WIDTH)
    print_rows(_rows(values, subject.network.is_continuous), NAME_WIDTH)
    print_rows((("written", path) for path in written), NAME_WIDTH)


def _request(options: dict[str, Any]) -> dict[str, Any]:
    """What is asked for besides the network, taken out of the options; texts become numbers."""
    box, points, levels = (options.pop(name) for name in ("box", "points", "levels"))
    sides = _numbers("points", points, int)
    z = options.pop("pseudomode")
    return {
        "steps": options.pop("steps"),
        "duration": options.pop("duration"),
        "box": None if box is None else _numbers("box", box, float),
        "points": sides[0] if len(sides) == 1 else sides,
        "levels": None if levels is None else _numbers("levels", levels, float),
        "z": None if z is None else _numbers("pseudomode", z.replace(" ", "").replace("i", "j"), complex)[0],
    }


def _numbers(name: str, text: str, kind: type[Any]) -> tuple[Any, ...]:
    words = {int: "whole numbers", float: "numbers"}.get(kind)
    rule = f"{words}, with commas in between" if words else "a complex number, such as 0.5+0.3i"
    with errors_of_other_libraries(ArgumentError, f"{name} is {text!r}; it must be {rule}", caught=(ValueError,)):
        return tuple(kind(part) for part in text.split(","))


def _as_drift(network: Network) -> Network:
    """The network in continuous time whose drift is W."""
    from linmem.network import ContinuousNetwork

    if network.is_continuous:
        return network
    name = f"{network.name}, W as a drift" if network.name else ""
    return ContinuousNetwork(network.matrix, network.feedforward, network.noise, name=name, labels=network.labels)


def _values(wanted: Wanted) -> dict[str, Any]:
    """Stability and every measure by name: a number, two bounds, or the reason why there is none."""
    network = wanted.network
    stability = _value_or_reason(lambda: network.stability)
    values: dict[str, Any] = {"abscissa" if network.is_continuous else "radius": stability}
    if not isinstance(stability, str):
        values = stability_record(stability, network.is_continuous)
    measures = _measures(wanted)
    for place, (name, measure) in enumerate(measures.items(), 1):
        LOGGER.info("%s, measure %d of %d", name, place, len(measures))
        with running(name):
            values[name] = _value_or_reason(measure)
    return values


def _measures(wanted: Wanted) -> dict[str, Callable[[], Any]]:
    """What computes each measure."""
    import linmem as lm

    network, z = wanted.network, wanted.z
    measures: dict[str, Callable[[], Any]] = {
        "departure": lambda: lm.henrici_departure(network),
        "departure, relative": lambda: lm.henrici_departure(network, relative=True),
        "departure, bounds": lambda: list(lm.departure_bounds(network)[:2]),
        "commutator norm": lambda: lm.commutator_norm(network),
        "distance to normal": lambda: list(lm.normal_distance(network)),
        "eigenvector condition": lambda: lm.eigenvector_condition(network),
        "numerical radius": lambda: lm.numerical_radius(network),
        "numerical abscissa": lambda: lm.numerical_abscissa(network),
        "Kreiss constant": lambda: _kreiss_bounds(wanted),
        "largest growth": lambda: wanted.growth().peak,
        "reached at": lambda: wanted.growth().times[wanted.growth().peak_step].item(),
    }
    if z is not None:
        measures["pseudomode"] = lambda: lm.pseudomode(network, z).sigma_min
    return measures


def _kreiss_bounds(wanted: Wanted) -> float | list[float]:
    kreiss = wanted.kreiss()
    if kreiss.value == float("inf"):
        return kreiss.value
    return [kreiss.lower, kreiss.upper]


def _value_or_reason(measure: Callable[[], Any]) -> Any:
    try:
        return measure()
    except LinmemError as error:
        return f"none: {error}"


def _rows(values: Mapping[str, Any], is_continuous: bool) -> Iterator[tuple[str, str]]:
    """Names and values as text: the stability, then the measures in their order."""
    measure = "abscissa" if is_continuous else "radius"
    yield (f"spectral {measure}", values[measure]) if "stable" not in values else stability_row(values)
    for name, value in values.items():
        if name == "stable" or name.startswith(measure):
            continue
        if name == "reached at" and not isinstance(value, str):
            yield name, f"t = {value:.6g}" if is_continuous else f"step {value}"
        elif name == "pseudomode" and not isinstance(value, str):
            z = value.point if value.point.imag else value.point.real
            yield name, f"sigma_min = {value:.6g} at z = {z:.6g} (error at most {value.error:.1e})"
        else:
            yield name, _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        lower, upper = value
        bounds_agree = upper - lower <= 1e-6 * abs(upper)
        return f"{lower:.8g}" if bounds_agree else f"{lower:.6g} to {upper:.6g}"
    if value == float("inf"):
        return "infinite"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _plots(wanted: Wanted) -> dict[str, Callable[[Axes], object]]:
    """What draws each picture."""
    import linmem as lm
    from linmem import plotting

    network, z = wanted.network, wanted.z

    def pseudospectrum(ax: Axes) -> None:
        boundary = lm.numerical_range(network).boundary
        grid = lm.pseudospectrum(network, wanted.box, wanted.points)
        plotting.plot_pseudospectrum(grid, ax, levels=wanted.levels, numerical_range=boundary)
        if z is not None:
            ax.plot(z.real, z.imag, "X", color="C1", markeredgecolor="white", markersize=6)

    def growth(ax: Axes) -> None:
        kreiss = _value_or_reason(wanted.kreiss)
        plotting.plot_transient_growth(wanted.growth(), ax, kreiss=None if isinstance(kreiss, str) else kreiss)

    plots: dict[str, Callable[[Axes], object]] = {
        "pseudospectrum": pseudospectrum,
        "schur_form": lambda ax: plotting.plot_schur(lm.schur_form(network), ax),
        "transient_growth": growth,
        "link_profile": lambda ax: plotting.plot_link_profile(lm.link_profile(network, rng=0), ax),
    }
    if z is not None:
        plots["pseudomode"] = lambda ax: plotting.plot_pseudomode(lm.pseudomode(network, z), ax)
    return plots


def _draw_pictures(wanted: Wanted, out: Path, suffix: str) -> list[Path]:
    """Write the pictures into a folder, and return their paths; a picture that cannot be drawn is left out.

    A file gets the pseudospectrum alone, or the error that keeps it from being drawn.
    """
    plots = _plots(wanted)
    if out.suffix and not out.is_dir():
        draw_picture(out, plots["pseudospectrum"])
        return [out]
    out.mkdir(exist_ok=True)
    written = []
    for name, plot in plots.items():
        path = out / f"{name}.{suffix}"
        LOGGER.info("picture: %s", path.name)
        try:
            with running(path.name):
                draw_picture(path, plot)
        except (FileError, ArgumentError):  # a folder that cannot be written, and a box that is none
            raise
        except LinmemError:  # the table says why
            continue
        written.append(path)
    return written
