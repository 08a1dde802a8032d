"""`linmem sweep`: measures of many networks."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from linmem.errors import InvalidNetworkError
from linmem.writing import write_whole

OUTPUTS = (".csv", ".nc")


@click.command()
@click.argument("measures")
@click.argument("networks")
@click.option("--over", multiple=True, metavar="NAME=VALUES", help="An axis: gain=0.9,1.0 or rng=0..99.")
@click.option("--lags", type=int, help="Of measures that are curves.")
@click.option("--snr", type=float, help="Of measures that take one.")
@click.option("--store", type=click.Path(path_type=Path), help="A folder in which the sweep grows, and goes on.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help=f"Write the numbers: {', '.join(OUTPUTS)}.")
@click.option("--workers", type=int, help="Processes; 0 for none beside this one.  [default: one for each core]")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler: tcp://host:8786.")
@click.option("--dry-run", is_flag=True, help="Say how many networks there are, how long it takes, how large it is.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each network.")
def sweep(measures, networks, over, lags, snr, store, out, workers, scheduler, dry_run, as_json) -> None:
    """MEASURES (names, with commas between) of NETWORKS: a builder, or a folder of weight files.

    Example: linmem sweep total_fisher_memory ginibre --over n=10,100 --over rng=0..99 --store s.zarr
    """
    if out is not None and out.suffix.lower() not in OUTPUTS:
        raise InvalidNetworkError(f"out is {str(out)!r}; its type must be one of {', '.join(OUTPUTS)}")
    from linmem.sweeps import sweeping

    asked = [_measure(name, lags, snr) for name in measures.split(",")]
    family = _family(networks, over)
    if dry_run:
        found = sweeping.plan(asked, family, workers=workers or None)
        click.echo(f"{'networks':<18}{found.networks}")
        click.echo(f"{'time for each':<18}{_duration(found.seconds_each)}")
        click.echo(f"{'time in all':<18}{_duration(found.seconds)} on {found.workers} workers")
        click.echo(f"{'size':<18}{found.bytes / 1e6:.3g} MB")
        return
    with _executor(workers, scheduler) as executor:
        dataset = sweeping.sweep(asked, family, executor=executor, store=store)
    for line in _records(dataset) if as_json else _summary(dataset):
        click.echo(line)
    if out is not None:
        write_whole(out, lambda name: _write(dataset, out.suffix.lower(), name))
    if as_json:
        return
    for path in filter(None, (store, out)):
        click.echo(f"{'written':<18}{path}")


def _measure(name: str, lags, snr):
    """A measure of the package, with those of the options that it takes."""
    import inspect

    import linmem as lm

    measure = getattr(lm, name, None)
    if not callable(measure) or isinstance(measure, type):
        from difflib import get_close_matches

        nearest = get_close_matches(name, lm.__all__, n=1)
        hint = f"did you mean {nearest[0]!r}?" if nearest else "for example total_fisher_memory"
        raise InvalidNetworkError(f"there is no measure {name!r}; {hint}")
    known = inspect.signature(measure).parameters
    given = {key: value for key, value in {"lags": lags, "snr": snr}.items() if value is not None and key in known}
    return partial(measure, **given) if given else measure


def _family(networks: str, over):
    from linmem.files.sources import builder
    from linmem.sweeps.families import family_of_files, grid

    if Path(networks).is_dir():
        return family_of_files(networks)
    name, _, fixed = networks.partition(":")
    arguments = dict(_assignment(word) for word in filter(None, fixed.split(",")))
    return grid(builder(name).build, **{key: _value(text) for key, text in arguments.items()}, **_axes(over))


def _axes(over) -> dict[str, list]:
    return {name: _values(text) for name, text in map(_assignment, over)}


def _assignment(word: str) -> tuple[str, str]:
    name, equals, text = word.partition("=")
    if not (equals and name and text):
        raise InvalidNetworkError(f"{word!r} is no NAME=VALUES, as in gain=0.9,1.0")
    return name.strip(), text


def _values(text: str) -> list:
    first, dots, last = text.partition("..")
    if dots:
        ends = _value(first), _value(last)
        if not all(isinstance(end, int) for end in ends):
            raise InvalidNetworkError(f"{text!r} is no range of whole numbers, as in 0..99")
        return list(range(ends[0], ends[1] + 1))
    return [_value(word) for word in text.split(",")]


def _value(text: str) -> Any:
    from ast import literal_eval

    try:
        return literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _executor(workers, scheduler):
    from contextlib import nullcontext

    if scheduler is None:
        return nullcontext("serial" if workers == 0 else workers)
    from linmem.sweeps.execution import connected

    return connected(scheduler)


def _summary(dataset):
    failed = int((dataset["error"] != "").sum())
    yield f"{'networks':<18}{dataset['error'].size}" + (f", of which {failed} failed" if failed else "")
    for name, values in dataset.data_vars.items():
        if name != "error":
            yield f"{name:<18}  {float(values.min()):.6g} to {float(values.max()):.6g}, mean {float(values.mean()):.6g}"
    if failed:
        first = next(text for text in dataset["error"].values.ravel() if text)
        yield f"{'first error':<18}{first}"


def _records(dataset):
    """The numbers of one network after the other; null where there is none."""
    import numpy as np

    axes = list(dataset["error"].dims)
    for place in np.ndindex(*dataset["error"].shape):
        one = dataset.isel(dict(zip(axes, place, strict=True)))
        record = {name: one[name].values.tolist() for name in (*axes, *dataset.data_vars)}
        yield json.dumps({name: None if value != value else value for name, value in record.items()})


def _write(dataset, suffix, name) -> None:
    if suffix == ".csv":
        dataset.to_dataframe().to_csv(name)
    else:
        dataset.to_netcdf(name, engine="scipy")


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{1e3 * seconds:.3g} ms"
