"""The command line: each command parses, makes one call of the library, and prints.

Conventions
-----------
Results go to the standard output, errors as one line to the standard error. Exit code 0 for an answer, 2 for a request
that cannot be answered, 130 for an interrupt. Nothing heavy is imported until a command needs it.
"""

from __future__ import annotations

import json
import sys
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import click

from linmem import __version__
from linmem.errors import InvalidNetworkError, LinmemError

SUFFIXES = (".csv", ".json", ".pdf", ".png")
INPUTS = ("given", "optimal", "uniform", "first")
IN_OPTIONS = {  # what the library calls its arguments -> how they are given here
    "pass rtol=": "pass --rtol ",
    " (the result is .result of the error)": "",
    "horizon=n": "--horizon n",
    "recurrent=...": "--recurrent NAME",
    "choose one: gate=": "choose one: --gate ",
}


class Commands(click.Group):
    """A group that knows which command was meant."""

    def resolve_command(self, ctx, args):
        if args and args[0] not in self.commands:
            nearest = get_close_matches(args[0], self.commands, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"the commands are {', '.join(self.commands)}"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="linmem")
def commands() -> None:
    """Memory in noisy linear recurrent networks.

    SOURCE is a file (.npz, .csv, .pt, .mat, ...) or a builder with its arguments: chain:n=100,gain=1.02

    Example: linmem curve chain:n=100,gain=1.02
    """


def of_a_source(command):
    """SOURCE, and how to read it where it is a file: what `load_network` takes by name."""
    for option in (
        click.option("--gate", metavar="NAME", help="The gate whose weights are wanted, of an LSTM or GRU."),
        click.option("--convention", type=click.Choice(["column", "row"]), help="W h, or h W as Keras has it."),
        click.option("--feedforward", metavar="NAME", help="The array in a file that holds V."),
        click.option("--recurrent", metavar="NAME", help="The array in a file that holds W."),
        click.argument("source"),
    ):
        command = option(command)
    return command


@commands.command()
@of_a_source
@click.option("--lags", type=int, help="How many lags from 0 on; of times, in continuous time.  [default: 2 N, 200]")
@click.option("--horizon", type=int, help="Count the last HORIZON steps only: any spectral radius.")
@click.option("--rtol", type=float, default=1e-8, show_default=True, help="The largest relative error to accept.")
@click.option("--noise", type=float, help="Variance of the noise, instead of the source's.")
@click.option("--input", "direction", type=click.Choice(INPUTS), help="Which input.  [default: given, else optimal]")
@click.option("--out", type=click.Path(path_type=Path), help=f"Write the curve: {', '.join(SUFFIXES)}.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def curve(source, lags, horizon, rtol, noise, direction, out, as_json, **in_file) -> None:
    """Fisher memory curve of SOURCE: how much of the input k steps ago the state still tells.

    Example: linmem curve feedback_chain:n=100,feedforward=0.9,feedback=0.2 --out curve.pdf
    """
    if out is not None and out.suffix.lower() not in SUFFIXES:
        raise InvalidNetworkError(f"out is {str(out)!r}; its type must be one of {', '.join(SUFFIXES)}")
    if out is not None and not out.parent.is_dir():
        raise InvalidNetworkError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")
    from linmem.memory.fisher import fisher_memory_curve

    network, chosen = _network(source, in_file, noise, direction, horizon)
    found = fisher_memory_curve(network, lags, horizon=horizon, rtol=rtol)
    record = _record(source, chosen, found, rtol)
    if out is not None:
        _write(out, lambda name: _write_curve(out.suffix.lower(), name, found, record))
    if as_json:
        click.echo(json.dumps(record))
        return
    for name, value in _summary(record, out):
        click.echo(f"{name:<18}{value}")


@commands.command()
@of_a_source
@click.option("--steps", type=int, default=200, show_default=True, help="Of transient growth.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the pictures into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def nonnormality(source, steps, out, as_json, **in_file) -> None:
    """How far SOURCE is from normal, and what follows from it: departure, numerical range, resolvent, growth.

    Example: linmem nonnormality grcar:n=50 --out pictures
    """
    if out is not None and not (out.is_dir() or out.parent.is_dir()):
        raise InvalidNetworkError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")
    network = _read(source, in_file)
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


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def networks(as_json) -> None:
    """The builders there are, with their arguments.

    Example: linmem networks
    """
    from linmem.connectivity.catalogue import BUILDERS, builder

    built = [builder(name) for name in BUILDERS]
    if as_json:
        rows = [{"name": one.name, "arguments": one.arguments, "summary": one.summary} for one in built]
        click.echo(json.dumps(rows))
        return
    for one in built:
        click.echo(f"{click.style(one.name, bold=True)}({one.arguments})\n    {one.summary}")
    click.echo(
        "\nA SOURCE is a name, a colon, and arguments: ring:n=50,gain=0.9. Any source can be seen through a random\n"
        "rotation: hidden:rng=0:ring:n=50,gain=0.9. Files are given by their path."
    )


def main(argv: list[str] | None = None) -> int:
    """Run the command line on `argv`, the program's own arguments where None, and return the exit code."""
    try:
        code = commands.main(args=argv, prog_name="linmem", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except click.ClickException as error:
        return _failed(error.format_message())
    except LinmemError as error:
        message = str(error)
        for argument, option in IN_OPTIONS.items():
            message = message.replace(argument, option)
        return _failed(message)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 0


def _failed(message: str) -> int:
    click.echo(f"linmem: {' '.join(message.split())}", err=True)
    return 2


def _read(source, in_file) -> Any:
    from linmem.connectivity.catalogue import network_from_source
    from linmem.connectivity.files import load_network

    return load_network(source, **in_file) if any(in_file.values()) else network_from_source(source)


def _network(source, in_file, noise, direction, horizon):
    """The network of SOURCE with the input that was asked for, and what that input is called."""
    from dataclasses import replace

    import numpy as np

    from linmem.memory.inputs import optimal_input

    network = _read(source, in_file)
    network.require_single("curve")
    if noise is not None:
        network = replace(network, noise=noise)
    given = network.feedforward is not None
    chosen = direction or ("given" if given else "optimal")
    if chosen == "given":
        network.require_feedforward()
        return network, "given by the source"
    if chosen == "optimal":
        why = "" if direction else ", as the source gives none"
        return replace(network, feedforward=optimal_input(network, horizon=horizon)), f"the optimal one{why}"
    v = np.full(network.size, network.size**-0.5) if chosen == "uniform" else np.eye(1, network.size)[0]
    return replace(network, feedforward=v), "all units alike" if chosen == "uniform" else "the first unit"


def _record(source: str, chosen: str, found, rtol: float) -> dict[str, Any]:
    """Everything that was asked and answered, in plain Python. Several inputs are told by the trace over them."""
    import numpy as np

    network = found.network
    several = network.inputs is not None
    values = np.trace(found.values, axis1=1, axis2=2).real if several else found.values
    total = float(np.trace(found.total).real) if several else found.total
    continuous = hasattr(network, "abscissa")
    reached = np.flatnonzero(np.cumsum(values) >= total / 2)
    bound, measure = network.bound, "abscissa" if continuous else "radius"
    return {
        "source": source,
        "name": network.name,
        "units": network.size,
        "inputs": network.inputs or 1,
        "input": chosen,
        measure: bound.value,
        f"{measure}_lower": bound.lower,
        f"{measure}_upper": bound.upper,
        "stable": bound.stable,
        "noise": network.noise_variance,
        "horizon": found.horizon,
        "rtol": rtol,
        "total": total,
        "half_lag": int(reached[0]) if len(reached) and not continuous else None,
        "relative_error": found.relative_error,
        "path": found.path,
        "lags": found.lags.tolist(),
        "values": values.tolist(),
        "version": __version__,
    }


def _summary(record, out):
    """The lines of the answer."""
    measure = "abscissa" if "abscissa" in record else "radius"
    value, lower, upper = (record[measure + part] for part in ("", "_lower", "_upper"))
    known = f"{value:.6g}" if upper - lower <= 1e-6 * max(upper, 1) else f"between {lower:.4f} and {upper:.4f}"
    stable = {True: "stable", False: "unstable", None: "stability undecided"}[record["stable"]]
    half = record["half_lag"]
    yield "network", record["name"] or record["source"]
    yield "units", record["units"]
    yield f"spectral {measure}", f"{known} ({stable})"
    yield "input", record["input"] + (f", {record['inputs']} inputs: traces" if record["inputs"] > 1 else "")
    if record["horizon"]:
        yield "horizon", f"{record['horizon']} steps"
    yield "J_tot", f"{record['total']:.12g}"
    yield "J(0)", f"{record['values'][0]:.12g}"
    if measure == "radius":
        yield "half of J_tot", f"by lag {half}" if half is not None else f"not within {len(record['lags'])} lags"
    yield "relative error", f"{record['relative_error']:.1e} ({record['path']} path)"
    if out is not None:
        yield "written", out


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
            _write(folder / file, partial(_draw, plot=plot))
        except LinmemError:
            continue
        written.append(folder / file)
    return written


def _write(out: Path, write) -> None:
    """The file whole, or no file: `write` gets another name, which is then changed."""
    import os
    import tempfile

    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=".linmem-", suffix=out.suffix.lower())
        os.close(handle)
    except OSError as error:
        raise InvalidNetworkError(f"out is {str(out)!r}, which cannot be written: {error.strerror}") from None
    try:
        write(name)
        os.chmod(name, 0o644)
        os.replace(name, out)
    except OSError as error:
        raise InvalidNetworkError(f"out is {str(out)!r}, which cannot be written: {error.strerror}") from None
    finally:
        Path(name).unlink(missing_ok=True)


def _write_curve(suffix, name, found, record) -> None:
    if suffix == ".csv":
        lines = [
            "time,J" if "abscissa" in record else "lag,J",
            *(f"{lag},{value!r}" for lag, value in zip(record["lags"], record["values"], strict=True)),
        ]
        Path(name).write_text("\n".join(lines) + "\n")
    elif suffix == ".json":
        Path(name).write_text(json.dumps(record, indent=1) + "\n")
    else:
        from linmem.plotting import plot_fisher_memory_curve

        _draw(name, lambda ax: plot_fisher_memory_curve(found, ax=ax))


def _draw(name, plot) -> None:
    """One picture, a column wide."""
    from linmem.plotting import ONE_COLUMN, UNDATED, new_figure, style

    with style():
        figure = new_figure(ONE_COLUMN, 0.75 * ONE_COLUMN)
        plot(figure.subplots())
        figure.savefig(name, metadata=UNDATED[Path(name).suffix[1:]])
