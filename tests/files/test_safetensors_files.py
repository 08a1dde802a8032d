"""SafeTensors of every type, and models in several shards."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import linmem as lm
from linmem.errors import FileError
from tests.files.test_files import SAMPLES, W, pattern

ONES = {  # the bytes of 1; tests.files.test_number_types has every pattern
    "F8_E4M3": b"\x38",
    "F8_E5M2": b"\x3c",
    "F8_E4M3FNUZ": b"\x40",
    "F8_E5M2FNUZ": b"\x40",
    "F8_E8M0": b"\x7f",
    "BF16": b"\x80\x3f",
    "C64": b"\x00\x00\x80\x3f" + 4 * b"\x00",
    "U16": b"\x01\x00",
}


def written(path, kind, content, shape=(3, 3)):
    entry = {"dtype": kind, "shape": list(shape), "data_offsets": [0, len(content)]}
    header = json.dumps({"weight_hh_l0": entry}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + content)
    return path


@pytest.mark.parametrize("kind", ONES)
def test_types_that_numpy_does_not_have_are_read(kind, tmp_path):
    path = written(tmp_path / "a.safetensors", kind, 9 * ONES[kind])
    assert np.array_equal(lm.load_network(path).recurrent, np.ones((3, 3)))


def test_a_type_that_is_not_read_is_named_and_the_others_are_read(tmp_path):
    header = {"W": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}
    header["x"] = {"dtype": "F4", "shape": [4, 2], "data_offsets": [4, 8]}
    text = json.dumps(header).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + np.float32(0.5).tobytes() + bytes(4))
    assert lm.load_network(path).recurrent.tolist() == [[0.5]]
    assert {array.name: array.unreadable for array in lm.describe_file(path).arrays} == {
        "W": "",
        "x": "is of type F4, which is not read; save tensor.float()",
    }


def index(folder, places, name="model.safetensors.index.json"):
    (folder / name).write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder / name


def test_the_tensors_of_all_shards_are_opened_by_their_index(tmp_path):
    save_file({"rnn.weight_hh_l0": W, "unlisted": W}, tmp_path / "model-00001-of-00002.safetensors")
    save_file({"rnn.weight_ih_l0": W[:, :1].copy()}, tmp_path / "model-00002-of-00002.safetensors")
    places = {f"rnn.weight_{kind}_l0": f"model-0000{i}-of-00002.safetensors" for i, kind in ((1, "hh"), (2, "ih"))}
    path = index(tmp_path, places)
    net = lm.load_network(path)
    assert np.array_equal(net.recurrent, W) and np.array_equal(net.feedforward, W[:, 0])
    assert net.name.startswith("model.safetensors, ")
    assert np.array_equal(
        lm.load_network(tmp_path / "model-00001-of-00002.safetensors", recurrent="unlisted").dense(), W
    )
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    told = {array.name: array.unreadable for array in lm.describe_file(path).arrays}
    assert (
        told["rnn.weight_hh_l0"] == ""
        and "'model-00002-of-00002.safetensors', which is not" in told["rnn.weight_ih_l0"]
    )
    (tmp_path / "model-00001-of-00002.safetensors").unlink()
    with pytest.raises(FileError, match="none of its tensors is in its shards, model-00001-of-00002"):
        lm.load_network(path)


def test_shards_of_torch_and_tensors_that_the_shard_does_not_have(tmp_path):
    (tmp_path / "pytorch_model-00001-of-00001.bin").write_bytes((SAMPLES / "rnn.pt").read_bytes())
    shard = "pytorch_model-00001-of-00001.bin"
    path = index(tmp_path, {"rnn.weight_hh_l0": shard, "lost": shard}, "pytorch_model.bin.index.json")
    assert np.array_equal(lm.load_network(path).recurrent, pattern((5, 5), start=1))
    assert "is not in the shard" in lm.describe_file(path).arrays[1].unreadable


@pytest.mark.parametrize("shard", ["../secret.safetensors", "/etc/passwd", "a/b.safetensors", "model.npz", 5, ""])
def test_an_index_does_not_lead_out_of_its_folder(shard, tmp_path):
    save_file({"W": W}, tmp_path / "secret.safetensors")
    (tmp_path / "model").mkdir()
    with pytest.raises(FileError, match="which is not the name of a shard beside it"):
        lm.describe_file(index(tmp_path / "model", {"W": shard}))


@pytest.mark.parametrize("content", ["[]", "{}", '{"weight_map": {}}', "not JSON", '{"weight_map": []}'])
def test_what_is_no_index_is_refused(content, tmp_path):
    path = tmp_path / "model.index.json"
    path.write_text(content)
    with pytest.raises(FileError, match=r"cannot be read as \.index\.json"):
        lm.describe_file(path)
