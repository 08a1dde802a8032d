"""Sweeps give the numbers of a loop, with labels; and the same numbers if processes are killed."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import linmem as lm
from linmem.sweeps import sweeping
from tests.sweeps import families_for_tests as made

pytest.importorskip("zarr")
pytest.importorskip("xarray")
ROOT = Path(__file__).parent.parent.parent


def test_numbers_are_those_of_a_loop():
    family = lm.grid(lm.ginibre, n=[3, 7], gain=[0.5, 0.9], rng=range(4))
    found = lm.sweep([lm.total_fisher_memory, partial(lm.fisher_memory_curve, lags=6)], family, executor="serial")
    assert found.sizes == {"n": 2, "gain": 2, "rng": 4, "lag": 6}
    for n in (3, 7):
        for seed in range(4):
            net = lm.ginibre(n, gain=0.9, rng=seed)
            here = found.sel(n=n, gain=0.9, rng=seed)
            assert here.total_fisher_memory == lm.total_fisher_memory(net)
            assert (here.fisher_memory_curve == lm.fisher_memory_curve(net, 6).values).all()
    assert (found.error == "").all()
    assert (found.fisher_memory_curve_relative_error < 1e-8).all()
    assert found.total_fisher_memory.attrs["units"] == "1 / variance of the noise"
    assert found.attrs["linmem"] == lm.__version__


def test_processes_give_the_same_bits():
    family = lm.grid(lm.ginibre, n=[5, 20], rng=range(10))
    here, beside = (lm.sweep(lm.total_fisher_memory, family, executor=executor) for executor in ("serial", 2))
    assert (here.total_fisher_memory == beside.total_fisher_memory).all()


def test_curves_of_different_lengths_have_axes_of_their_own():
    measures = {"long": partial(lm.fisher_memory_curve, lags=5), "short": partial(lm.fisher_memory_curve, lags=3)}
    found = lm.sweep(measures, lm.grid(lm.chain, n=[6, 7]), executor="serial")
    assert found.long.dims == ("n", "lag")
    assert found.short.dims == ("n", "short_lag")
    assert (found.short.values == found.long.values[:, :3]).all()


def test_one_bad_network_has_an_error_and_the_others_numbers():
    family = lm.grid(lm.random_orthogonal, n=[4], gain=[0.9, 1.0], rng=[0])
    found = lm.sweep({"total": lm.total_fisher_memory, "size": made.size}, family)
    good, bad = found.sel(gain=0.9).squeeze(), found.sel(gain=1.0).squeeze()
    assert float(good.total) == pytest.approx(1, rel=1e-10)
    assert np.isnan(bad.total)
    assert bad["size"] == 4  # what could be measured is there
    assert str(bad.error.values).startswith("total: UnstableNetworkError: ")


def test_a_folder_of_files_is_a_family(tmp_path):
    for name in "ab":
        np.savez(tmp_path / f"{name}.npz", recurrent=0.5 * np.eye(3), feedforward=np.eye(3)[0])
    (tmp_path / "notes.docx").write_text("no network")
    (tmp_path / "about.json").write_text('{"author": "nobody"}')  # which is no network
    found = lm.sweep(lm.total_fisher_memory, lm.family_of_files(tmp_path))
    assert found.file.values.tolist() == [str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]
    assert found.total_fisher_memory.values == pytest.approx(1, rel=1e-8)


def test_a_sweep_that_is_done_is_not_done_again(tmp_path):
    (tmp_path / "log").mkdir()
    family = lm.grid(made.counted_chain, n=[2, 3], gain=[0.5, 1.0], folder=str(tmp_path / "log"))
    first, second = (lm.sweep(lm.total_fisher_memory, family, store=tmp_path / "s.zarr") for _ in range(2))
    assert first.identical(second)
    # once for the sweep, and some once or twice to learn what it costs
    assert max(path.stat().st_size for path in (tmp_path / "log").iterdir()) <= 3


def test_another_sweep_does_not_go_into_the_same_store(tmp_path):
    lm.sweep(lm.total_fisher_memory, lm.grid(lm.chain, n=[2, 3]), store=tmp_path / "s.zarr")
    with pytest.raises(lm.FileError, match="holds another sweep: it differs in networks"):
        lm.sweep(lm.total_fisher_memory, lm.grid(lm.chain, n=[2, 4]), store=tmp_path / "s.zarr")
    with pytest.raises(lm.FileError, match="differs in measures"):
        lm.sweep(made.size, lm.grid(lm.chain, n=[2, 3]), store=tmp_path / "s.zarr")
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "thesis.txt").write_text("years of work")
    with pytest.raises(lm.FileError, match="holds no sweep"):
        lm.sweep(made.size, lm.grid(lm.chain, n=[2, 3]), store=tmp_path / "t")
    assert (tmp_path / "t" / "thesis.txt").exists()


def test_a_plan_counts_networks_bytes_and_time():
    plan = sweeping.plan(
        partial(lm.fisher_memory_curve, lags=10), lm.grid(lm.chain, n=[5, 10], gain=[0.5, 1.0]), workers=2
    )
    assert plan.networks == 4
    assert plan.bytes == 4 * 8 * 11  # ten lags and an error
    assert plan.seconds == pytest.approx(plan.seconds_each * 4 / 2)


# --- killed on the way ---

DRIVER = """
import linmem as lm
from linmem.sweeps import sweeping
from tests.sweeps import families_for_tests as made
if __name__ == "__main__":
    family = lm.grid(made.counted_chain, n=list(range(2, 42)), gain=[0.9, 1.0], folder={log!r}, pause=0.06)
    lm.sweep(lm.total_fisher_memory, family, store={store!r}, executor={executor!r})
"""


def driver(tmp_path, executor):
    (tmp_path / "log").mkdir(exist_ok=True)
    script = DRIVER.format(log=str(tmp_path / "log"), store=str(tmp_path / "s.zarr"), executor=executor)
    (tmp_path / "driver.py").write_text(script)
    return subprocess.Popen(
        [sys.executable, str(tmp_path / "driver.py")], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )  # fmt: skip


def batches_done(tmp_path):
    return len(list((tmp_path / "s.zarr" / "checksum" / "c").glob("*")))


def expected():
    family = lm.grid(lm.chain, n=list(range(2, 42)), gain=[0.9, 1.0])
    return lm.sweep(lm.total_fisher_memory, family, executor="serial").total_fisher_memory.values


@pytest.mark.parametrize("executor", ["serial", 2])
def test_a_driver_that_is_killed_three_times_ends_in_the_same_numbers(executor, tmp_path):
    """The driver and its processes are killed (kill -9) three times, each time one or two batches later."""
    for kill in range(3):
        process, seen = driver(tmp_path, executor), batches_done(tmp_path)
        deadline = time.monotonic() + 60
        while batches_done(tmp_path) <= seen and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if kill == 0:
            assert process.poll() is None  # it was killed at work
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert driver(tmp_path, executor).wait() == 0
    family = lm.grid(
        made.counted_chain, n=list(range(2, 42)), gain=[0.9, 1.0], folder=str(tmp_path / "log"), pause=0.06
    )
    found = lm.sweep(lm.total_fisher_memory, family, store=tmp_path / "s.zarr")
    assert (found.total_fisher_memory.values == expected()).all()
    built = sum(path.stat().st_size for path in (tmp_path / "log").iterdir())
    workers = 1 if executor == "serial" else executor
    # each once; a batch of a second for each worker at each of three kills, and 18 that were tried for what they cost
    assert built <= 80 + 3 * workers * round(1 / 0.06) + 18


def test_a_process_that_is_killed_has_its_work_done_by_another(tmp_path):
    family = lm.grid(made.dies_once, n=range(2, 12), folder=str(tmp_path))
    (tmp_path / "died-5").touch()  # not while the cost is found out, in this very process
    records_of = sweeping.plan(made.size, family)
    (tmp_path / "died-5").unlink()
    assert records_of.networks == 10
    from linmem.sweeps.execution import Task, measured

    task = Task({"size": made.size}, family)
    rows = dict(measured(task, {i: range(i, i + 1) for i in range(10)}, 2))
    assert [rows[i][0][0]["size"] for i in range(10)] == list(range(2, 12))
    assert (tmp_path / "died-5").exists()


def test_a_network_that_kills_every_process_has_an_error_of_its_own():
    from linmem.sweeps.execution import Task, measured

    task = Task({"size": made.size}, lm.grid(made.deadly_chain, n=range(2, 8), fatal=4))
    rows = dict(measured(task, {i: range(i, i + 1) for i in range(6)}, 2))
    assert rows[2] == [({}, "the process that measured it died, 3 times")]
    assert [rows[i][0][0]["size"] for i in (0, 1, 3, 4, 5)] == [2, 3, 5, 6, 7]


BAD = {
    "no family": (lambda: lm.sweep(lm.total_fisher_memory, [lm.chain(3)]), "make it by grid"),
    "no measure": (lambda: lm.sweep(3, lm.grid(lm.chain, n=[1])), "measure is 3"),
    "no axis": (lambda: lm.grid(lm.chain, n=3), "no argument of chain is a list"),
    "no such argument": (lambda: lm.grid(lm.chain, m=[3]), "m is no argument of chain; it has n, gain, sparse"),
    "no such single argument": (lambda: lm.grid(lm.chain, n=[3], gian=2), "gian is no argument.*did you mean .gain."),
    "empty axis": (lambda: lm.grid(lm.chain, n=[]), "n is empty"),
    "a value twice": (lambda: lm.grid(lm.chain, n=[2, 2]), "n holds a value twice"),
    "no name": (lambda: lm.grid(lambda n: lm.chain(n), n=[2]), "a function with a name"),
    "words": (lambda: lm.sweep(made.words, lm.grid(lm.chain, n=[2])), "no measure succeeds.*gives str"),
    "refused": (lambda: lm.sweep(made.refused, lm.grid(lm.chain, n=[2])), "net is refused"),
    "workers": (lambda: sweeping.plan(made.size, lm.grid(lm.chain, n=[2]), workers=-1), "workers is -1"),
    "executor": (lambda: lm.sweep(made.size, lm.grid(lm.chain, n=[2]), executor="gpu"), "executor is 'gpu'"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests_are_refused_in_one_sentence(case):
    call, message = BAD[case]
    with pytest.raises(lm.ArgumentError, match=message):
        call()


@pytest.mark.slow
def test_a_hundred_thousand_networks_survive_three_kills(tmp_path):
    script = DRIVER.replace(
        "made.counted_chain, n=list(range(2, 42)), gain=[0.9, 1.0], folder={log!r}, pause=0.06",
        "lm.ginibre, n=[50], gain=[0.5, 0.9], rng=range(50_000)",
    )
    (tmp_path / "driver.py").write_text(script.format(log="", store=str(tmp_path / "s.zarr"), executor=2))
    for kill in range(4):
        process = subprocess.Popen([sys.executable, str(tmp_path / "driver.py")], cwd=tmp_path,
                                   env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True)  # fmt: skip
        if kill < 3:
            seen = batches_done(tmp_path)
            while batches_done(tmp_path) < seen + 5:
                time.sleep(0.1)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    found = lm.sweep(
        lm.total_fisher_memory,
        lm.grid(lm.ginibre, n=[50], gain=[0.5, 0.9], rng=range(50_000)),
        store=tmp_path / "s.zarr",
    )
    assert (found.error == "").all()
    for seed in (0, 17, 49_999):
        assert found.total_fisher_memory.sel(n=50, gain=0.9, rng=seed) == lm.total_fisher_memory(
            lm.ginibre(50, gain=0.9, rng=seed)
        )
