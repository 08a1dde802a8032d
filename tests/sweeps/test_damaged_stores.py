"""What was written to a store is compared when it is read: what is lost or damaged is computed again, and said."""

import logging
import shutil
from functools import partial

import numpy as np
import pytest

import linmem as lm
from linmem.cli import main
from linmem.sweeps import sweeping
from linmem.sweeps.records import CHECKSUMS, DESCRIPTION
from tests.sweeps import families_for_tests as made

xarray = pytest.importorskip("xarray")
pytest.importorskip("zarr")

MEASURES = {"curve": partial(lm.fisher_memory_curve, lags=3), "size": made.size}
FAMILY = lm.grid(lm.random_orthogonal, n=[3], gain=[0.5, 1.0], rng=[0, 1])  # of gain 1: unstable, with an error
DAMAGES = {
    "deleted": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3]),
    "first bit": lambda path: flipped(path, 0),
    "middle bit": lambda path: flipped(path, path.stat().st_size // 2),
    "last bit": lambda path: flipped(path, path.stat().st_size - 1),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
}


def flipped(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << (place % 7)
    path.write_bytes(data)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished sweep of two batches: its store and its numbers."""
    store = tmp_path_factory.mktemp("whole") / "s.zarr"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeping, "_batch_size", lambda seconds, size: 2)
        found = lm.sweep(MEASURES, FAMILY, executor="serial", store=store)
    return store, found


def files_of(store):
    return sorted(str(path.relative_to(store)) for path in store.rglob("*") if path.is_file())


def opened(store):
    """The numbers of a store as anyone can open them, in the order of the family."""
    with xarray.open_zarr(store) as found:
        return {name: found[name].values for name in ("curve", "curve_relative_error", "size", "error")}


def require_equal(store, found, expected):
    assert found.identical(expected)
    for name, values in opened(store).items():
        assert np.array_equal(
            values.reshape(expected[name].shape).astype(object), expected[name].values.astype(object)
        ) or (np.allclose(values.reshape(expected[name].shape), expected[name].values, rtol=0, atol=0, equal_nan=True))


def test_anyone_opens_a_store(whole):
    """Without a warning of xarray, which the tests make an error; nan where a network has no numbers."""
    store, expected = whole
    require_equal(store, expected, expected)
    assert np.isnan(opened(store)["curve"]).any()
    assert len(list((store / CHECKSUMS / "c").iterdir())) == 2


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_file_may_be_damaged(damage, whole, tmp_path, caplog):
    """Each file of a store, one at a time. The numbers are the same bits, and the store is whole again."""
    original, expected = whole
    unnoticed = []
    for number, name in enumerate(files_of(original)):
        store = tmp_path / f"{number}.zarr"
        shutil.copytree(original, store)
        DAMAGES[damage](store / name)
        caplog.clear()
        found = lm.sweep(MEASURES, FAMILY, executor="serial", store=store)
        require_equal(store, found, expected)
        said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert all(str(store) in line for line in said)
        unnoticed += [] if said else [name]
        caplog.clear()
        assert lm.sweep(MEASURES, FAMILY, executor="serial", store=store).identical(expected)
        assert not caplog.records  # it was repaired
    # a bit of a compressed file that is in no number may turn, and NaN and "" are what is read where there is no file
    assert not unnoticed or "bit" in damage or damage == "deleted", unnoticed
    assert len(unnoticed) <= 4


def test_a_lost_folder_is_written_again(whole, tmp_path, caplog):
    original, expected = whole
    for name in ("curve", "error", CHECKSUMS):
        store = tmp_path / f"{name}.zarr"
        shutil.copytree(original, store)
        shutil.rmtree(store / name)
        require_equal(store, lm.sweep(MEASURES, FAMILY, executor="serial", store=store), expected)
    assert "2 of 2 batches are damaged" in caplog.text


def test_only_what_is_damaged_is_computed_again(whole, tmp_path, monkeypatch):
    original, expected = whole
    shutil.copytree(original, tmp_path / "s.zarr")
    flipped(tmp_path / "s.zarr" / "size" / "c" / "1", 5)
    computed = []
    build = type(FAMILY).network
    monkeypatch.setattr(
        type(FAMILY), "network", lambda family, number: computed.append(number) or build(family, number)
    )
    found = lm.sweep(MEASURES, FAMILY, executor="serial", store=tmp_path / "s.zarr")
    assert found.identical(expected)
    assert computed == [2, 3]


def test_numbers_of_another_batch_are_no_numbers_of_this_one(whole, tmp_path, caplog):
    """A file that is whole but stands in the wrong place."""
    original, expected = whole
    store = tmp_path / "s.zarr"
    shutil.copytree(original, store)
    shutil.copy(store / "curve" / "c" / "0" / "0", store / "curve" / "c" / "1" / "0")
    require_equal(store, lm.sweep(MEASURES, FAMILY, executor="serial", store=store), expected)
    assert "1 of 2 batches" in caplog.text


def test_both_descriptions_of_the_sweep_lost_is_an_error_that_removes_nothing(whole, tmp_path):
    shutil.copytree(whole[0], tmp_path / "s.zarr")
    for name in (DESCRIPTION, f"{CHECKSUMS}/{DESCRIPTION}"):
        flipped(tmp_path / "s.zarr" / name, 40)
    before = files_of(tmp_path / "s.zarr")
    with pytest.raises(lm.FileError, match="holds no sweep; name another, or remove it"):
        lm.sweep(MEASURES, FAMILY, executor="serial", store=tmp_path / "s.zarr")
    assert files_of(tmp_path / "s.zarr") == before


def test_another_group_of_zarr_stays(tmp_path):
    """Somebody else's data are not taken for a sweep whose creation was interrupted."""
    xarray.Dataset({"x": ("t", [1.0, 2.0])}).to_zarr(tmp_path / "theirs.zarr", consolidated=False)
    with pytest.raises(lm.FileError, match="holds no sweep"):
        lm.sweep(made.size, FAMILY, executor="serial", store=tmp_path / "theirs.zarr")
    assert xarray.open_zarr(tmp_path / "theirs.zarr", consolidated=False).x.values.tolist() == [1, 2]


def test_the_command_says_what_it_computes_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = "sweep total_fisher_memory chain --over n=2,3 --workers 0 --store s.zarr"
    assert main(words.split()) == 0
    before = capsys.readouterr()
    (tmp_path / "s.zarr" / "total_fisher_memory" / "c" / "0").write_bytes(b"half")
    assert main(words.split()) == 0
    after = capsys.readouterr()
    assert after.out == before.out
    assert after.err == "linmem: store 's.zarr': 1 of 1 batches are damaged or not whole, and are computed again\n"
