"""`linmem nonnormality`: every measure of the room, and its pictures."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from linmem import __version__
from linmem.cli.output import draw
from linmem.cli.sources import of_a_source, read_source
from linmem.errors import InvalidNetworkError, LinmemError
from linmem.writing import write_whole


@click.command()
@of_a_source
@click.option("--steps", type=int, default=200, show_default=True, help="Of transient growth.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the pictures into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def nonnormality(source, steps, out, as_json, **in_file) -> None:
    """How far SOURCE is from normal, and what follows from it: departure, numerical range, resolvent, growth.

    Example: linmem nonnormality grcar:n=50 --out pictures
    """
    if out is not None and not (out.is_dir() or out.parent.is_dir()):
        raise InvalidNetworkError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")
    network = read_source(source, in_file)
    network.require_single("nonnormality")
    record = {"source": source, "name": network.name, "units": network.size, **_measured(network, steps)}
    written = [] if out is None else _pictures(network, steps, out)
    if as_json:
        click.echo(json.dumps(record | {"version": __version__}))
        return
    for name, value in record.items():
        if name != "source":
            click.echo(f"{name:<24}{_shown(value)}")
    for path in written:
        click.echo(f"{'written':<24}{path}")


def _measured(network, steps) -> dict[str, Any]:
    """Every measure of non-normality by name: a number, two bounds, or why there is none."""
    import linmem as lm

    growth = _or_why(lambda: lm.transient_growth(network, steps))
    kreiss = _or_why(lambda: lm.kreiss_constant(network))
    bounds = kreiss if isinstance(kreiss, str) else _or_why(lambda: kreiss.lower)
    refused = isinstance(growth, str)
    return {
        "departure": _or_why(lambda: lm.henrici_departure(network)),
        "departure, relative": _or_why(lambda: lm.henrici_departure(network, relative=True)),
        "departure, bounds": _or_why(lambda: list(lm.departure_bounds(network)[:2])),
        "commutator norm": _or_why(lambda: lm.commutator_norm(network)),
        "distance to normal": _or_why(lambda: list(lm.normal_distance(network))),
        "eigenvector condition": _or_why(lambda: lm.eigenvector_condition(network)),
        "numerical radius": _or_why(lambda: lm.numerical_radius(network)),
        "numerical abscissa": _or_why(lambda: lm.numerical_abscissa(network)),
        "Kreiss constant": bounds if isinstance(bounds, str) else [kreiss.lower, kreiss.upper],
        "largest growth": growth if refused else growth.peak,
        "at": growth if refused else growth.times[growth.peak_step].item(),
    }


def _or_why(measure) -> Any:
    try:
        value = measure()
        return "infinite" if value == float("inf") else value
    except LinmemError as error:
        return f"none: {error}"


def _shown(value) -> str:
    if isinstance(value, list):
        lower, upper = value
        return f"{lower:.8g}" if upper - lower <= 1e-6 * abs(upper) else f"{lower:.6g} to {upper:.6g}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _pictures(network, steps, folder: Path) -> list[Path]:
    """What can be drawn of a network, each a file; what cannot is left out, as the table says why."""
    import linmem as lm
    from linmem import plotting

    def pseudospectrum(ax):
        boundary = lm.numerical_range(network).boundary
        plotting.plot_pseudospectrum(lm.pseudospectrum(network), ax, numerical_range=boundary)

    drawn = {
        "pseudospectrum.pdf": pseudospectrum,
        "schur_form.pdf": lambda ax: plotting.plot_schur(lm.schur_form(network).signal_flow(), ax),
        "transient_growth.pdf": lambda ax: plotting.plot_transient_growth(lm.transient_growth(network, steps), ax),
        "link_profile.pdf": lambda ax: plotting.plot_link_profile(lm.link_profile(network, rng=0), ax),
    }
    folder.mkdir(exist_ok=True)
    written = []
    for file, plot in drawn.items():
        try:
            write_whole(folder / file, partial(draw, plot=plot))
        except LinmemError:
            continue
        written.append(folder / file)
    return written
