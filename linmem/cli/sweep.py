"""`linmem sweep`: measures of many networks."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linmem.cli.output import draw_picture, print_json, print_rows, require_writable
from linmem.cli.sources import complete_argument, complete_measure, complete_source
from linmem.errors import ArgumentError

if TYPE_CHECKING:
    from linmem.sweeps.families import Family

SUFFIXES = (".csv", ".nc")
PICTURES = (".png", ".svg", ".pdf")


@click.command()
@click.argument("measures", shell_complete=complete_measure)
@click.argument("networks", shell_complete=complete_source)
@click.option(
    "--over",
    multiple=True,
    metavar="NAME=VALUES",
    shell_complete=complete_argument,
    help="An argument of the builder and its values: gain=0.9,1.0 or rng=0..99. May be given several times.",
)
@click.option("--lags", type=int, help="Number of lags, for measures that take one.")
@click.option("--snr", type=float, help="Signal-to-noise ratio, for measures that take one.")
@click.option("--store", type=click.Path(path_type=Path), help="Folder in which an interrupted sweep is continued.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help=f"Write the numbers: {', '.join(SUFFIXES)}.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    help=f"Draw the first measure against the first axis of numbers, mean and spread: {', '.join(PICTURES)}.",
)
@click.option("--workers", type=int, help="Number of processes; 0: only this one.  [default: one for each core]")
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler that runs the sweep: tcp://host:8786.")
@click.option("--dry-run", is_flag=True, help="Print how many networks there are and what the sweep costs; then stop.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each network.")
def sweep(
    measures: str,
    networks: str,
    over: tuple[str, ...],
    lags: int | None,
    snr: float | None,
    store: Path | None,
    out: Path | None,
    plot: Path | None,
    workers: int | None,
    scheduler: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Compute MEASURES for many NETWORKS.

    MEASURES are functions of linmem, separated by commas. NETWORKS is a builder, whose arguments --over varies, or a
    folder of weight files.

    Example: linmem sweep total_fisher_memory ginibre --over n=10,100 --over rng=0..99 --store s.zarr
    """
    require_writable(out, SUFFIXES)
    require_writable(plot, PICTURES, "plot")
    from linmem.sweeps import sweeping

    functions = [_measure(name) for name in measures.split(",")]
    options: dict[str, Any] = {name: value for name, value in {"lags": lags, "snr": snr}.items() if value is not None}
    family = _family(networks, over)
    if dry_run:
        _print_plan(sweeping.plan(functions, family, workers=workers or None, **options))
        return
    with _executor(workers, scheduler) as executor:
        dataset = sweeping.sweep(functions, family, executor=executor, store=store, **options)
    if as_json:
        for record in _records(dataset):
            print_json(record)
    else:
        print_rows(_summary(dataset))
    if out is not None:
        _write(dataset, out)
    if plot is not None:
        from linmem.plotting import plot_sweep

        draw_picture(plot, lambda ax: plot_sweep(dataset, ax, measure=measures.partition(",")[0]))
    if not as_json:
        print_rows(("written", path) for path in (store, out, plot) if path is not None)


def _measure(name: str) -> Callable[..., Any]:
    """The function of linmem of that name."""
    import linmem as lm
    from linmem.validation import near_miss

    function = getattr(lm, name, None)
    if not callable(function) or isinstance(function, type):
        hint = near_miss(name, lm.__all__) or "; for example total_fisher_memory: linmem measures lists all"
        raise ArgumentError(f"there is no measure {name!r}{hint}")
    return function


def _family(networks: str, over: tuple[str, ...]) -> Family:
    """The networks of a folder, or of a builder over the product of all axes."""
    from linmem.files.sources import builder
    from linmem.sweeps.families import family_of_files, grid

    if Path(networks).is_dir():
        return family_of_files(networks)
    name, _, arguments = networks.partition(":")
    parameters: dict[str, Any] = {}
    for word in arguments.split(","):
        if word:
            key, value = _assignment(word)
            parameters[key] = _value(value)
    for word in over:
        key, values = _assignment(word)
        parameters[key] = _values(values)
    return grid(builder(name).build, **parameters)


def _assignment(word: str) -> tuple[str, str]:
    name, equals, text = word.partition("=")
    if not (equals and name and text):
        raise ArgumentError(f"{word!r} is not of the form NAME=VALUES, for example gain=0.9,1.0")
    return name.strip(), text


def _values(text: str) -> list[Any]:
    """The values of an axis: "0..3" are 0, 1, 2, 3; else a list with commas."""
    first_text, dots, last_text = text.partition("..")
    if not dots:
        return [_value(word) for word in text.split(",")]
    first, last = _value(first_text), _value(last_text)
    if not (isinstance(first, int) and isinstance(last, int)):
        raise ArgumentError(f"{text!r} is not a range of whole numbers, for example 0..99")
    return list(range(first, last + 1))


def _value(text: str) -> Any:
    """A Python literal, or the text itself."""
    try:
        return literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _executor(workers: int | None, scheduler: str | None) -> AbstractContextManager[Any]:
    """What runs the sweep: this process, so many processes, or a Dask cluster."""
    if scheduler is None:
        return nullcontext("serial" if workers == 0 else workers)
    from linmem.sweeps.execution import connected

    return connected(scheduler)


def _print_plan(plan: Any) -> None:
    print_rows(
        [
            ("networks", plan.networks),
            ("time for each", _duration(plan.seconds_each)),
            ("time in all", f"{_duration(plan.seconds)} on {plan.workers} workers"),
            ("size", f"{plan.bytes / 1e6:.3g} MB"),
        ]
    )


def _summary(dataset: Any) -> Iterator[tuple[str, str]]:
    errors = dataset["error"]
    failed = int((errors != "").sum())
    yield "networks", f"{errors.size}, of which {failed} failed" if failed else f"{errors.size}"
    for name, values in dataset.data_vars.items():
        if name != "error":
            lowest, highest, mean = float(values.min()), float(values.max()), float(values.mean())
            yield f"{name}  " if len(name) > 16 else name, f"{lowest:.6g} to {highest:.6g}, mean {mean:.6g}"
    if failed:
        yield "first error", next(message for message in errors.values.ravel() if message)


def _records(dataset: Any) -> Iterator[dict[str, Any]]:
    """The numbers of one network after the other; None where a network has none."""
    import numpy as np

    axes = list(dataset["error"].dims)
    names = [*axes, *dataset.data_vars]
    for place in np.ndindex(*dataset["error"].shape):
        network = dataset.isel(dict(zip(axes, place, strict=True)))
        record = {name: network[name].values.tolist() for name in names}
        is_nan = {name: value != value for name, value in record.items()}
        yield {name: None if is_nan[name] else value for name, value in record.items()}


def _write(dataset: Any, out: Path) -> None:
    from linmem.writing import write_whole

    if out.suffix.lower() == ".csv":
        write_whole(out, dataset.to_dataframe().to_csv)
    else:
        write_whole(out, partial(dataset.to_netcdf, engine="scipy"))


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{1e3 * seconds:.3g} ms"
