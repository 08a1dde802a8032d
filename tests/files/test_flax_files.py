"""The trees of flax in MessagePack: as flax 0.12.8 wrote them (frameworks), and written here in its format."""

from pathlib import Path

import msgpack
import numpy as np
import pytest

import linmem as lm
from linmem.errors import FileError
from tests.files.test_files import W

FLAX = Path(__file__).parent / "frameworks" / "flax"


def extension(array, code=1, dtype=None):
    parts = array.shape, (dtype or array.dtype.name).encode(), array.tobytes()
    return msgpack.ExtType(code, msgpack.packb(parts, use_bin_type=True))


def written(path, tree):
    path.write_bytes(msgpack.packb(tree, strict_types=True))
    return path


def entries(path):
    return {entry.name: entry for entry in lm.describe_file(path).arrays}


@pytest.mark.parametrize("name", ["linen_simple", "linen_lstm", "linen_gru", "linen_bfloat16", "linen_model"])
def test_the_arrays_are_those_that_flax_also_saved_as_safetensors(name):
    """Samples of one model in both formats; nested names are joined by dots or slashes there."""
    safe = min(FLAX.glob(f"{name}*.safetensors"))
    expected = {key.replace("/", "."): entry for key, entry in entries(safe).items()}
    found = entries(FLAX / f"{name}.msgpack")
    if not set(found) <= set(expected):  # the other file has the parameters alone
        found = {key.removeprefix("params."): entry for key, entry in found.items()}
    assert set(found) == set(expected)
    for key, entry in found.items():
        assert entry.shape == expected[key].shape and entry.dtype == expected[key].dtype
        assert np.array_equal(entry.read(), expected[key].read())


def test_numbers_beside_arrays_and_every_kind_of_tree(tmp_path):
    tree = {
        "params": {"h": {"kernel": extension(W)}, "list": [extension(W[0]), extension(W[1])]},
        "step": extension(np.float32(2.5), code=3),
        "phase": msgpack.ExtType(2, msgpack.packb((1.0, 2.0))),
        "epoch": 3,
        "none": None,
        "text": "a",
        7: extension(W[2]),
    }
    found = entries(written(tmp_path / "a.msgpack", tree))
    assert list(found) == ["params.h.kernel", "params.list.0", "params.list.1", "step", "7"]
    assert np.array_equal(found["params.h.kernel"].read(), W)
    assert found["params.list.1"].read().tolist() == W[1].tolist()
    assert found["step"].read() == 2.5
    assert entries(written(tmp_path / "b.msgpack", extension(W)))["recurrent"].read().tolist() == W.tolist()


def test_chunks_are_joined(tmp_path):
    chunks = {str(i): extension(part) for i, part in enumerate(np.split(W.ravel(), [4, 8]))}
    tree = {"W": {"__msgpack_chunked_array__": True, "shape": {"0": 3, "1": 3}, "chunks": chunks}}
    found = entries(written(tmp_path / "a.msgpack", tree))["W"]
    assert found.shape == (3, 3) and np.array_equal(found.read(), W)
    tree["W"]["shape"]["0"] = 4
    assert "do not add up" in entries(written(tmp_path / "b.msgpack", tree))["W"].unreadable
    tree["W"]["chunks"] = {"0": 1}
    assert "not of chunks" in entries(written(tmp_path / "c.msgpack", tree))["W"].unreadable


def test_what_is_not_read_is_named_and_the_rest_is_read(tmp_path):
    tree = {
        "W": extension(W),
        "packed": extension(W.astype("i1"), dtype="int4"),
        "eighth": extension(W.astype("i1"), dtype="float8_unknown"),
        "text": extension(np.array(["a"])),
        "short": msgpack.ExtType(1, msgpack.packb(([9, 9], b"float64", b"1234"), use_bin_type=True)),
        "other": msgpack.ExtType(5, b"x"),
    }
    found = entries(written(tmp_path / "a.msgpack", tree))
    assert [name for name, entry in found.items() if not entry.unreadable] == ["W"]
    assert "int4" in found["packed"].unreadable and "kind 5" in found["other"].unreadable
    assert "has 4 bytes, but its shape (9, 9)" in found["short"].unreadable


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x81\xa1W",
        b"\xdf\xff\xff\xff\xff",
        b"\x91" * 5000,
        msgpack.packb({"W": msgpack.ExtType(1, b"x")}),
        msgpack.packb({"W": msgpack.ExtType(1, msgpack.packb([[-1], b"float32", b""], use_bin_type=True))}),
        msgpack.packb(1) + b"more",
    ],
)
def test_damaged_trees_are_refused(content, tmp_path):
    path = tmp_path / "a.msgpack"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"cannot be read as \.msgpack"):
        lm.describe_file(path)
