"""Matrix Market files of SciPy are read as SciPy reads them; those that would end its process are refused."""

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sparse

import linmem as lm

A = np.random.default_rng(0).standard_normal((6, 6))
B = A + 1j * np.random.default_rng(1).standard_normal((6, 6))
WRITTEN = {
    "general": A,
    "symmetric": A + A.T,
    "skew-symmetric": A - A.T,
    "integer": np.round(5 * A).astype(int),
    "complex": B,
    "complex symmetric": B + B.T,
    "hermitian": B + B.conj().T,
}


@pytest.mark.parametrize(
    "form", [np.asarray, lambda W: sparse.coo_array(np.where(abs(W) > 1, W, 0))], ids=["array", "coo"]
)
@pytest.mark.parametrize("name", WRITTEN)
def test_what_scipy_writes_is_read_as_scipy_reads_it(name, form, tmp_path):
    path, W = tmp_path / "net.mtx", form(WRITTEN[name])
    scipy.io.mmwrite(path, W)
    found, expected = lm.load_matrix(path), scipy.io.mmread(path)
    assert sparse.issparse(found) == sparse.issparse(W)
    if sparse.issparse(W):
        found, expected = found.toarray(), expected.toarray()
    assert (found == expected).all()


def written(folder, text):
    path = folder / "net.mtx"
    path.write_text(text)
    return path


def test_patterns_are_ones_and_entries_that_come_twice_add_up(tmp_path):
    text = "%%MatrixMarket matrix coordinate pattern general\n% a comment\n\n3 3 3\n2 1\n\n3 2\n2 1\n"
    assert lm.load_matrix(written(tmp_path, text)).toarray().tolist() == [[0, 0, 0], [2, 0, 0], [0, 1, 0]]


def test_numbers_of_many_digits_are_read(tmp_path):
    """SciPy's reader would end the process."""
    text = "%%MatrixMarket matrix array real general\n1 1\n0.1234567890123456789012345678901234567890\n"
    assert lm.load_matrix(written(tmp_path, text))[0, 0] == 0.1234567890123456789012345678901234567890


@pytest.mark.parametrize("entries", ["2 1 3\n3 3 5\n", "1 2 3\n3 3 5\n"])
def test_a_symmetric_matrix_is_given_by_either_triangle(entries, tmp_path):
    text = f"%%MatrixMarket matrix coordinate real symmetric\n3 3 2\n{entries}"
    assert lm.load_matrix(written(tmp_path, text)).toarray().tolist() == [[0, 3, 0], [3, 0, 0], [0, 0, 5]]


GENERAL = "%%MatrixMarket matrix coordinate real general\n"
BAD = {
    "a claim of many entries": (GENERAL + "2 2 1000000000000\n1 1 1\n", "claims 1000000000000 entries"),
    "a claim of many units": (GENERAL + "1000000000000 1000000000000 1\n1 1 1\n", "do not hold"),
    "a claim of a large array": (
        "%%MatrixMarket matrix array real general\n9999 9999\n1\n",
        "claims 99980001 entries",
    ),
    "an entry outside": (GENERAL + "2 2 1\n3 1 1\n", "an entry is at 3, but there are 2"),
    "a fraction": (GENERAL + "2 2 1\n1.5 1 1\n", "an entry is at 1.5"),
    "no number": (GENERAL + "2 2 1\n1 1 x\n", "could not convert string 'x'"),
    "too many numbers": (GENERAL + "2 2 1\n1 1 1 1\n", "1 entries of 3 numbers"),
    "no size": (GENERAL, "no line that gives its size"),
    "a bad size": (GENERAL + "2 2\n", "its size is given as '2 2'"),
    "no banner": ("2 2 1\n1 1 1\n", "its first line is not"),
    "an unknown kind": ("%%MatrixMarket matrix coordinate quaternion general\n1 1 1\n1 1 1\n", "quaternion"),
    "both triangles": (
        "%%MatrixMarket matrix coordinate real symmetric\n3 3 3\n1 2 1\n3 3 5\n3 1 2\n",
        r"both sides of the diagonal, as at \(1, 2\)",
    ),
    "a skew diagonal": ("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 2 1\n", "on the diagonal"),
    "a symmetric oblong": ("%%MatrixMarket matrix array real symmetric\n2 3\n1\n", r"symmetric, but of shape \(2, 3\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_damaged_files_are_refused(case, tmp_path):
    text, message = BAD[case]
    with pytest.raises(lm.FileError, match=message):
        lm.load_network(written(tmp_path, text))
