"""Types of numbers that numpy does not have: every pattern of their bits, against the library ml_dtypes."""

import ml_dtypes
import numpy as np
import pytest

import linmem as lm
from linmem.files.readers.number_types import FLOAT8, array_of_records, itemsize, numbers, retyped


@pytest.mark.parametrize("dtype", ["bfloat16", *FLOAT8])
def test_every_pattern_is_the_number_of_ml_dtypes(dtype):
    patterns = np.arange(256 if dtype in FLOAT8 else 65536).astype("u1" if dtype in FLOAT8 else "<u2")
    found = numbers(patterns.tobytes(), dtype)
    with np.errstate(invalid="ignore"):
        known = patterns.view(getattr(ml_dtypes, dtype)).astype(np.float32)
    assert found.dtype == np.float32
    assert np.array_equal(found, known, equal_nan=True)
    assert np.array_equal(np.signbit(found[known == 0]), np.signbit(known[known == 0]))
    assert np.unique(found).size > 100  # of different numbers


def test_wide_numbers_may_be_big_endian():
    one = np.array([1.0, -2.5], dtype=np.float32)
    assert numbers(one.astype(">f4").tobytes()[:2] + b"\xc0\x20", "bfloat16", ">").tolist() == [1.0, -2.5]
    assert numbers(one.astype(">f8").tobytes(), "float64", ">").tolist() == [1.0, -2.5]
    assert numbers(one.astype(">f2").tobytes(), "complex32", ">").tolist() == [1 - 2.5j]
    assert [itemsize(dtype) for dtype in ("bfloat16", "complex32", "float8_e5m2", "int64")] == [2, 4, 1, 8]


def test_records_without_a_type_are_read_once_the_user_says_what_they_are():
    stored = np.array([[1.0, -2.0], [0.5, 3.0]]).astype(ml_dtypes.bfloat16).view("V2")
    entry = array_of_records("W", stored.shape, 2, lambda: stored)
    assert 'pass dtype="bfloat16"' in entry.unreadable
    found = retyped(entry, "bfloat16")
    assert (found.unreadable, found.dtype) == ("", "bfloat16")
    assert found.read().tolist() == [[1.0, -2.0], [0.5, 3.0]]
    byte = array_of_records("W", (2,), 1, lambda: np.array([1.0, -2.0]).astype(ml_dtypes.float8_e5m2).view("V1"))
    assert 'pass dtype="float8_e4m3fn" or dtype="float8_e5m2"' in byte.unreadable
    assert retyped(byte, "float8_e5m2").read().tolist() == [1.0, -2.0]


def test_a_type_of_another_width_is_refused():
    entry = array_of_records("W", (2,), 2, lambda: None)
    with pytest.raises(ValueError, match=r"dtype is 'float8_e5m2', but W is of type \|V2; it may be: 'bfloat16'"):
        retyped(entry, "float8_e5m2")
    assert "only their writer knows" in array_of_records("W", (2,), 3, lambda: None).unreadable
    plain = array_of_records("W", (2,), 2, lambda: None).__class__("W", (2,), "float64", lambda: None)
    with pytest.raises(ValueError, match="says already"):
        retyped(plain, "bfloat16")


@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_files_of_numpy_with_bfloat16_are_a_question_that_the_user_can_answer(ending, tmp_path):
    """numpy.save writes bfloat16 as records without a type, and says nothing."""
    path = tmp_path / f"a{ending}"
    array = np.array([[1.0, -2.0], [0.5, 3.0]]).astype(ml_dtypes.bfloat16)
    np.save(path, array) if ending == ".npy" else np.savez(path, recurrent=array)
    (entry,) = lm.describe_file(path).arrays
    assert (entry.shape, entry.dtype) == ((2, 2), "|V2") and 'pass dtype="bfloat16"' in entry.unreadable
    assert retyped(entry, "bfloat16").read().tolist() == array.astype(float).tolist()
    with pytest.raises(lm.FileError):
        lm.load_matrix(path, "recurrent")
