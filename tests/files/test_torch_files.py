"""Checkpoints of PyTorch with more than tensors in them, under every name that they have.

The pickles are as torch 2.13.0 writes them; the writers of tests.files.test_files need no PyTorch.
"""

import numpy as np
import pytest

import linmem as lm
from linmem.errors import FileError
from tests.files.test_files import NUMBERS, SAMPLES, Call, Stored, W, archive, named, pattern, tensor

REBUILD = "torch._utils._rebuild_"
C64 = (W + 1j * W.T).astype("<c8")


class Built(Call):
    """An object that is called, and then given a state."""

    def __init__(self, function, arguments, state):
        super().__init__(function, *arguments)
        self.state = state

    def __reduce__(self):
        return (*super().__reduce__(), self.state)


def entry(path, name):
    return {array.name: array for array in lm.describe_file(path).arrays}[name]


def number_type(code, order="<"):
    return Built("numpy.dtype", (code, False, True), (3, order, None, None, None, -1, -1, 0))


def untyped(dtype, count):
    """A tensor of 3 by 3 of a type that has no storage of its own."""
    storage = Stored("storage.UntypedStorage", count=count)
    return Call(f"{REBUILD}tensor_v3", storage, 0, (3, 3), (3, 1), False, {}, named(f"torch.{dtype}"))


# --- objects beside tensors ---

FOREIGN = {
    "namespace": (Built("argparse.Namespace", (), {"lr": 0.1}), r"argparse\.Namespace"),
    "path": (Call("pathlib.PosixPath", "a", "b"), r"pathlib\.PosixPath"),
    "date": (Call("datetime.datetime", b"\x07\xe4\x01\x01\x00\x00\x00\x00\x00\x00"), r"datetime\.datetime"),
    "partial": (Built("functools.partial", (named("builtins.print"),), (1,)), r"functools\.partial"),
    "config": (
        Built(
            "copyreg._reconstructor", (named("omegaconf.dictconfig.DictConfig"), named("builtins.dict"), {}), {"a": 1}
        ),
        r"omegaconf\.dictconfig\.DictConfig",
    ),
    "class": (named("torch.nn.modules.rnn.RNN"), r"torch\.nn\.modules\.rnn\.RNN"),
    "program": (Call("posix.system", "false"), r"posix\.system"),
    "sparse": (
        Call(f"{REBUILD}sparse_tensor", Call("torch.serialization._get_layout", "torch.sparse_coo"), ()),
        "sparse",
    ),
    "quantised": (Call(f"{REBUILD}qtensor", Stored("QInt8Storage"), 0, (3, 3)), r"quantised.*dequantize\(\)"),
    "nested": (Call(f"{REBUILD}nested_tensor", 0, ()), r"nested.*unbind\(\)"),
    "meta": (Call(f"{REBUILD}meta_tensor_no_storage", named("torch.float32"), (3, 3), (3, 1), False), "no numbers"),
    "subclass": (
        Call("torch._tensor._rebuild_from_type_v2", named(f"{REBUILD}tensor_v2"), named("a.B"), (), {}),
        r"a\.B",
    ),
    "storage": (Stored(), "without a shape"),
    "array of objects": (Call("numpy._core.multiarray.scalar", number_type("O8"), b"x"), "Python objects"),
    "short array": (Call("numpy._core.multiarray.scalar", number_type("f8"), b"x"), "as many as its shape needs"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_an_object_beside_the_tensors_is_named_and_the_tensors_are_read(case, tmp_path):
    value, words = FOREIGN[case]
    path = archive(tmp_path / "a.pt", {"weight_hh_l0": tensor(), "x": value, "last": tensor((2, 2), (3, 1))})
    assert [array.name for array in lm.describe_file(path).arrays] == ["weight_hh_l0", "x", "last"]
    assert np.array_equal(lm.load_network(path, recurrent="weight_hh_l0").recurrent, W)
    with pytest.raises(Exception, match=words):
        entry(path, "x").read()
    assert entry(path, "x").unreadable


def test_numbers_of_numpy_are_read(tmp_path):
    array = Built(
        "numpy.core.multiarray._reconstruct",
        (named("numpy.ndarray"), (0,), b"b"),
        (1, (2, 3), number_type("f8", ">"), True, np.arange(6, dtype=">f8").tobytes()),
    )
    buffer = Call("numpy._core.numeric._frombuffer", np.arange(3, dtype="<i4").tobytes(), number_type("i4"), (3,), "C")
    loss = Call("numpy._core.multiarray.scalar", number_type("f8"), np.float64(0.25).tobytes())
    path = archive(tmp_path / "a.pt", {"weight_hh_l0": tensor(), "array": array, "buffer": buffer, "loss": loss})
    assert entry(path, "array").read().tolist() == np.arange(6.0).reshape(2, 3, order="F").tolist()
    assert (entry(path, "array").shape, entry(path, "array").dtype) == ((2, 3), ">f8")
    assert entry(path, "buffer").read().tolist() == [0, 1, 2]
    assert entry(path, "loss").read() == 0.25


def test_what_says_nothing_about_weights_is_left_out(tmp_path):
    others = {
        "device": Call("torch.device", "cpu"),
        "type": named("torch.float32"),
        "size": Call("torch.Size", (3, 3)),
        "set": Call("builtins.set", [1, 2]),
        "default": Call("collections.defaultdict", named("builtins.list")),
    }
    path = archive(tmp_path / "a.pt", {"weight_hh_l0": tensor(), **others})
    assert [array.name for array in lm.describe_file(path).arrays] == ["weight_hh_l0"]


def test_keys_that_are_no_text_keep_their_tensors_apart(tmp_path):
    path = archive(tmp_path / "a.pt", {("a", 1): tensor(), ("b", 2): tensor(), None: tensor(), b"c": 1})
    assert [array.name for array in lm.describe_file(path).arrays] == ["(tuple 0)", "(tuple 1)", "None"]


def test_parameters_and_buffers_with_attributes_are_tensors(tmp_path):
    parameter = Call(f"{REBUILD}parameter_with_state", tensor(), True, {}, {"tag": 1})
    arguments = (Stored(), 0, (3, 3), (3, 1), False, {})
    rebuilt = named(f"{REBUILD}tensor_v2")
    buffer = Call(
        "torch._tensor._rebuild_from_type_v2", rebuilt, named("torch.Tensor"), arguments, {"persistent": True}
    )
    path = archive(tmp_path / "a.pt", {"parameter": parameter, "buffer": buffer})
    assert entry(path, "parameter").read().tolist() == entry(path, "buffer").read().tolist() == W.tolist()


# --- the numbers of a tensor ---


def test_lazy_views_are_applied(tmp_path):
    storage = Stored("ComplexFloatStorage")
    view = Call(f"{REBUILD}tensor_v2", storage, 0, (3, 3), (3, 1), False, {}, {"conj": True})
    path = archive(tmp_path / "a.pt", {"W": view}, C64.tobytes())
    assert np.array_equal(lm.load_matrix(path), C64.conj())
    view = Call(f"{REBUILD}tensor_v2", Stored(), 0, (3, 3), (3, 1), False, {}, {"neg": True})
    assert np.array_equal(lm.load_matrix(archive(tmp_path / "b.pt", {"W": view})), -W)


def test_expanded_tensors_repeat_their_numbers(tmp_path):
    path = archive(tmp_path / "a.pt", {"W": tensor((2, 3, 3), (0, 3, 1)), "row": tensor((9, 9), (0, 1))})
    assert entry(path, "W").read().tolist() == [W.tolist(), W.tolist()]
    assert entry(path, "row").read().tolist() == [W.ravel().tolist()] * 9


@pytest.mark.parametrize(
    ("dtype", "ones"),
    [
        ("float8_e4m3fn", b"\x38"),
        ("float8_e5m2", b"\x3c"),
        ("float8_e4m3fnuz", b"\x40"),
        ("float8_e5m2fnuz", b"\x40"),
        ("uint16", b"\x01\x00"),
        ("uint32", b"\x01\x00\x00\x00"),
        ("uint64", b"\x01" + 7 * b"\x00"),
        ("complex32", b"\x00\x3c\x00\x00"),
    ],
)
def test_types_without_a_storage_of_their_own_are_read(dtype, ones, tmp_path):
    """The bytes of 1 in each type; tests.files.test_number_types has every pattern."""
    path = archive(tmp_path / "a.pt", {"W": untyped(dtype, 9 * len(ones))}, 9 * ones)
    assert entry(path, "W").dtype == dtype
    assert np.array_equal(lm.load_matrix(path), np.ones((3, 3)))
    with pytest.raises(FileError, match="does not fit into its 8 numbers"):
        lm.load_matrix(archive(tmp_path / "b.pt", {"W": untyped(dtype, 9 * len(ones) - 1)}, 9 * ones))


# --- names of files ---


@pytest.mark.parametrize("ending", [".pt", ".pth", ".pth.tar", ".ckpt", ".bin", ".pkl"])
@pytest.mark.parametrize("file", ["rnn.pt", "rnn_legacy.pth"])
def test_a_checkpoint_is_known_by_its_content_under_every_name(ending, file, tmp_path):
    path = tmp_path / f"net{ending}"
    path.write_bytes((SAMPLES / file).read_bytes())
    assert np.array_equal(lm.load_network(path).recurrent, pattern((5, 5), start=1))
    assert lm.load_network(path).name.startswith("net, ")


OTHERS = {
    "a.ckpt": (b"\x00\x01", r"is not an archive of torch.save.*tf\.train\.load_checkpoint\('a\.ckpt'\)"),
    "a.bin": (b"\x00\x01", "is not an archive of torch.save, .*may be anything"),
    "a.pkl": (b"\x80\x04K\x01.", r"is a pickle, which is a program.*numpy\.savez"),
    "a.pickle": (b"\x80\x04K\x01.", r"is a pickle, which is a program.*numpy\.savez"),
    "a.joblib": (b"\x80\x04K\x01.", r"joblib\.load\('a\.joblib'\)"),
    "a.eqx": (b"", r"without their names; .*model\.cell\.weight_hh"),
    "a.rpy": (b"", r"pickle of reservoirpy.*scipy\.sparse\.save_npz"),
    "a.pt2": (b"PK\x03\x04", r"torch\.export\.load\('a\.pt2'\)"),
    "a.tflite": (b"", r"model\.save\('weights\.keras'\)"),
    "saved_model.pb": (b"", r"tf\.train\.load_checkpoint\('variables/variables'\)"),
    "a.ckpt.index": (b"", r"tf\.train\.load_checkpoint\('a\.ckpt'\)"),
    "a.ckpt.data-00000-of-00001": (b"", r"tf\.train\.load_checkpoint\('a\.ckpt'\)"),
}


@pytest.mark.parametrize("file", OTHERS)
def test_files_that_are_not_read_say_what_makes_them_readable(file, tmp_path):
    content, words = OTHERS[file]
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(FileError, match=words) as caught:
        lm.load_network(path)
    assert "\n" not in str(caught.value) and "PATH" not in str(caught.value)


@pytest.mark.parametrize(
    ("member", "words"), [("constants.pkl", r"torch\.jit\.load\('a\.pt'\)"), ("archive_format", "export")]
)
def test_programs_of_torch_say_what_makes_them_readable(member, words, tmp_path):
    path = archive(tmp_path / "a.pt", {"W": tensor()}, NUMBERS, **{member: b""})
    with pytest.raises(FileError, match=words):
        lm.load_network(path)


def test_a_folder_of_orbax_says_what_makes_it_readable(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "_METADATA").write_text("{}")
    with pytest.raises(
        FileError, match=r"folder of Orbax; .*restore\(os\.path\.abspath\('run'\)\); .*flax\.serialization\.to_bytes"
    ):
        lm.load_network(tmp_path / "run")
