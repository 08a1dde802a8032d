"""The page on performance from `scaling.json`: `python -m benchmarks.performance` writes it, and its picture."""

import json

import numpy as np

from analysis.labels import name_ends
from benchmarks.scaling import FILE, LAGS, RTOL
from linmem.plotting.appearance import TWO_COLUMNS, letter_panels, new_figure, style

DOCS = FILE.parent.parent / "docs"
FITTED = 200  # units and more: the exponent is fitted there
STEADY = 0.010  # seconds a network that many processes share
PRODUCT = "matrix product"
OF_MEMORY = (
    PRODUCT,
    "fisher_memory_curve, 2 N lags",
    "spatial_fisher_memory",
    "memory_function, 2 N lags",
    "memory_capacity",
    "certified curve, 2 N lags",
)
OF_NONNORMALITY = (
    PRODUCT,
    "schur_form",
    "henrici_departure",
    "numerical_radius",
    "kreiss_constant",
    "transient_growth, 100 steps",
    "pseudospectrum, 2500 points",
)
LOOKS = (
    {"color": "C0", "linestyle": "-", "marker": "o"},
    {"color": "C1", "linestyle": "--", "marker": "s"},
    {"color": "C2", "linestyle": "-.", "marker": "^"},
    {"color": "C3", "linestyle": ":", "marker": "D"},
    {"color": "k", "linestyle": "-", "marker": "x"},
    {"color": "C4", "linestyle": (0, (6, 1, 1, 1)), "marker": "v"},
)
PAGE = """# How long it takes

Made by `python -m benchmarks.scaling` and `python -m benchmarks.performance`, on {cores} cores that belong to a shared
machine; every figure is the shortest of a few runs. Peers, timed beside linmem in the same run, are in the
[table of benchmarks](https://github.com/linmem/linmem/blob/main/benchmarks/README.md).

![Cost against size](performance.png)

## One network

Seconds for a Gaussian network of gain 0.9. The exponent is fitted from N = {fitted} on; a matrix product, N^3, is the
least that anything here could take that looks at all of W more than once.

{measures}

A dense curve holds at most 6 N^2 doubles beside the network. N = {large[n]}, 400 lags: {large[seconds]:.0f} s and
{large[matrices]:.1f} N^2 doubles. Planned, from the same count of some 20 matrix products: N = 10,000 takes
{planned:.0f} s where a product runs at the same speed, and {gigabytes:.0f} GB.

## Long horizons

Milliseconds of CPU for a curve over a horizon of 10^6 steps. The lags asked for are followed one by one. The noise, and
the memory of all other lags, are sums: twice as many terms take three products more, and none where the powers of W
have vanished. So 10^9 steps take at most half as long again as 10^6.

| network | before | now |
| --- | --- | --- |
| ring of 5 units | 61 | 1.2 |
| orthogonal, 5 units | 3.3 | 3.0 |
| Gaussian, 50 units, radius 0.95 | 10.8 | 4.7 |
| Gaussian, 50 units, radius 1 | 10.3 | 7.8 |

"Before" is the build in which the ring took one step at a time; for 10^9 steps it gave no answer in 150 s, and takes
2 ms now.

## Threads

Below 700 units BLAS gets one thread: a second one gains a sixth at best on idle cores, and loses far more where a core
is busy, as it spins while it waits. From there on the BLAS of SciPy gets all threads, and that of NumPy one: the idle
threads of one library spin beside those of the other. In milliseconds, a curve with two threads allowed, on two cores
that ten other processes share (`python benchmarks/threads.py`):

| N | threads from | on the clock | CPU | on the clock, one busy process more | CPU |
| --- | --- | --- | --- | --- | --- |
| 200 | 192 units on | 2090 | 654 | 1530 | 308 |
| 200 | 700 units on | 141 | 22 | 196 | 25 |
| 300 | 192 units on | 1830 | 422 | 2130 | 329 |
| 300 | 700 units on | 404 | 69 | 507 | 90 |
| 500 | 192 units on | 3990 | 858 | 6710 | 946 |
| 500 | 700 units on | 1630 | 216 | 2070 | 279 |

## Stacks

Microseconds a network, curves of 100 lags. Eight networks at a time share the vector registers, so that small matrices
run at the speed of large ones. The loop over scipy (Stein solver, inverse, products) has one thread of its BLAS, with
which it is fastest; with two it takes five times as long at N = 100.

{stacks}

## Large sparse networks

Curves of {lags} lags to a relative error of {rtol:g}, radius 0.9, random places. Nothing of N^2 numbers is ever held.

{sparse}

## Sweeps

{networks} networks of 200 units, {each:.1f} ms each in a bare loop. A sweep in the same process takes {begin:.1f} s to
begin, where it tries some networks to plan its batches, and {more:.2f} ms more for each network, {serial:.1f} % of the
work. Two processes run {speedup:.2f} times as fast as one. More were not measured. The one process which writes to
the disk was measured to spend {driver:.3f} ms a network, so that it could serve {most:.0f} processes that take
{steady:.0f} ms a network, in batches of a second.
"""


def table(head, rows) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def exponent(seconds: dict) -> float:
    """The slope of log t against log N, where there are at least two sizes to fit it from."""
    sizes = np.array([int(n) for n in seconds if int(n) >= FITTED])
    if len(sizes) < 2:
        return np.nan
    return np.polyfit(np.log(sizes), np.log([seconds[str(n)] for n in sizes]), 1)[0]


def of_measures(measures) -> str:
    sizes = sorted({int(n) for seconds in measures.values() for n in seconds})
    rows = []
    for name, seconds in measures.items():
        slope = exponent(seconds)
        shown = [f"{seconds[str(n)]:.2g}" if str(n) in seconds else "" for n in sizes]
        rows.append([f"`{name}`", *shown, "" if np.isnan(slope) else f"{slope:.1f}"])
    return table(["", *sizes, "exponent"], rows)


def of_stacks(stacks) -> str:
    rows = []
    for n, one in stacks.items():
        two, single, peer = (one[key] * 1e6 for key in ("2 threads", "1 threads", "scipy"))
        rows.append([n, f"{two:.3g}", f"{single:.3g}", f"{peer:.3g}", f"{peer / two:.0f}", f"{single / two / 2:.0%}"])
    return table(["N", "two threads", "one thread", "loop over scipy", "ratio", "efficiency of two"], rows)


def of_sparse(sparse) -> str:
    rows = [
        [one["n"], one["weights"], f"{one['seconds']:.3g}", f"{one['error']:.0e}", f"{one['gb']:.2f}"] for one in sparse
    ]
    return table(["N", "weights", "seconds", "relative error", "memory of the process (GB)"], rows)


def draw(found) -> None:
    """Cost of memory and of non-normality against N; stacks, sparse networks and sweeps."""
    figure = new_figure(TWO_COLUMNS, 5.0)
    top, below = figure.subfigures(2, 1, height_ratios=(1.3, 1))
    costs = top.subplots(1, 2)
    for ax, names in zip(costs, (OF_MEMORY, OF_NONNORMALITY), strict=True):
        draw_costs({name: found["measures"][name] for name in names}, ax)
    costs[0].set_ylabel("Time of one network (s)")
    stack, sparse, sweep = below.subplots(1, 3)
    draw_stacks(found["stacks"], stack)
    draw_sparse(found["sparse"], sparse)
    draw_sweeps(of_sweeps(found["sweeps"]), sweep)
    letter_panels(*costs, stack, sparse, sweep)
    figure.savefig(DOCS / "performance.png", dpi=200, metadata={"Software": None})


def draw_costs(measures, ax) -> None:
    """Seconds against N, a line for each measure with its name at its end."""
    lines = {}
    for i, (name, seconds) in enumerate(measures.items()):
        look = {"color": "0.55", "lw": 2.5} if name == PRODUCT else {**LOOKS[i - 1], "ms": 3}
        (lines[name],) = ax.loglog([int(n) for n in seconds], list(seconds.values()), **look)
    ax.set(xlabel="Units $N$", ylim=(1e-6, 1000))
    name_ends(ax, lines)


def draw_stacks(stacks, ax) -> None:
    """Networks a second of stacks, against N."""
    sizes = [int(n) for n in stacks]
    lines = {}
    for who, name, look in (
        ("2 threads", "two threads", "C0o-"),
        ("1 threads", "one thread", "C0s--"),
        ("scipy", "loop over scipy", "C1^:"),
    ):
        (lines[name],) = ax.loglog(sizes, [1 / one[who] for one in stacks.values()], look, ms=3, label=name)
    ax.set(xlabel="Units $N$ of each", ylabel="Networks a second")
    ax.legend(loc="lower left")


def draw_sparse(sparse, ax) -> None:
    """Seconds against the number of weights: of 10,000 units with more weights, and of more units."""
    for name, look, of_line in (
        ("10,000 units", "C0o-", [one for one in sparse if one["n"] == 10_000]),
        ("10 weights a unit", "C1s--", [one for one in sparse if round(one["weights"] / one["n"]) == 10]),
    ):
        ax.loglog([one["weights"] for one in of_line], [one["seconds"] for one in of_line], look, ms=3, label=name)
    ax.set(xlabel="Weights that are not zero", ylabel=f"Time of {LAGS} lags (s)")
    ax.legend(loc="upper left")


def draw_sweeps(each, ax) -> None:
    """Milliseconds a network of 200 units: a bare loop, and sweeps by one and by two processes."""
    bars = {"loop": each["loop"], "one\nprocess": each["one"], "two\nprocesses": each["two"]}
    values = [1e3 * value for value in bars.values()]
    ax.bar_label(ax.bar(list(bars), values, color=("0.7", "C0", "C0"), width=0.6), fmt="%.1f", fontsize=6)
    ax.set(xlabel="Sweep of networks of 200 units", ylabel="Time of one network (ms)", ylim=(0, 1.15 * max(values)))


def of_sweeps(sweeps) -> dict[str, float]:
    """Seconds a network: of the loop, and what a sweep adds; by one process and two; to write it; and to begin."""
    half = sweeps["networks"] / 2
    each = {who: (found["all"] - found["half"]) / half for who, found in sweeps.items() if isinstance(found, dict)}
    looped = min(sweeps[who]["all"] for who in ("a loop", "a loop, again")) / sweeps["networks"]
    begin = max(sweeps["serial"]["half"] - half * each["serial"], 0)
    more, driver = max(each["serial"] - looped, 0), sweeps["written"]
    return {"loop": looped, "more": more, "one": each["1"], "two": each["2"], "driver": driver, "begin": begin}


def main() -> None:
    found = json.loads(FILE.read_text())
    each, large = of_sweeps(found["sweeps"]), found["dense"]
    page = PAGE.format(
        cores=found["machine"]["cores"],
        fitted=FITTED,
        measures=of_measures(found["measures"]),
        large=large,
        planned=large["seconds"] * (10_000 / large["n"]) ** 3,
        gigabytes=8 * 6 * 1e8 / 1e9,
        stacks=of_stacks(found["stacks"]),
        sparse=of_sparse(found["sparse"]),
        lags=LAGS,
        rtol=RTOL,
        networks=found["sweeps"]["networks"],
        each=1e3 * each["loop"],
        begin=each["begin"],
        more=1e3 * each["more"],
        serial=100 * each["more"] / each["loop"],
        speedup=each["one"] / each["two"],
        driver=1e3 * each["driver"],
        steady=1e3 * STEADY,
        most=STEADY / each["driver"],
    )
    (DOCS / "performance.md").write_text(page)
    with style():
        draw(found)


if __name__ == "__main__":
    main()
