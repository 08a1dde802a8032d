"""Samples of MATLAB's and Octave's files: scipy 1.17.1, hdf5storage 0.2.2, h5py 3.16.0, and Octave 7.3.0 itself.

There is no MATLAB here: scipy and hdf5storage write its formats 4, 5 and 7.3 for it, and h5py the sparse matrices of
7.3 (`data`, `ir`, `jc`, attribute `MATLAB_sparse`). Octave reads each of its own files back and multiplies.
"""

import subprocess
import tempfile

import h5py
import hdf5storage
import numpy as np
import scipy
import scipy.io
import scipy.sparse as sparse
from truth import FOLDER, Record

SCIPY, HDF5 = ("scipy.io.savemat", scipy.__version__), ("hdf5storage", hdf5storage.__version__)
OCTAVE = ("Octave", "7.3.0")
HERE = FOLDER / "matlab"
HERE.mkdir(exist_ok=True)
for old in HERE.glob("*_73.*"):  # hdf5storage would add to them
    old.unlink()
N, M = 4, 2
record = Record(__file__, 9)
W, V = (record.draw(*shape).astype(float) for shape in ((N, N), (N, M)))
OTHER = record.draw(N, N).astype(float)
THIN = np.where(np.abs(W) > 0.5, W, 0)


def cells(*matrices):
    array = np.empty((1, len(matrices)), object)
    array[0, :] = matrices
    return array


net = {"W": W, "Win": V, "tau": 0.1, "name": "reservoir", "labels": cells("a", "b", "c", "d")}
for name, tree, kind in (
    ("struct", {"net": net}, "5"),
    ("nested_struct", {"model": {"net": net, "seed": 3.0}}, "5"),
    ("cell", {"nets": cells(W, OTHER)}, "5"),
    ("sparse", {"W": sparse.csc_array(THIN), "Win": V}, "5"),
    ("version4", {"W": W, "Win": V}, "4"),
    (
        "text_beside",
        {"W": W, "Win": V, "names": ["a", "b"], "note": "text", "flag": True, "none": np.zeros((0, 0))},
        "5",
    ),
    ("two", {"W1": W, "W2": OTHER}, "5"),
):
    scipy.io.savemat(HERE / f"{name}.mat", tree, format=kind, do_compression=name == "text_beside")
pair = np.zeros((1, 2), [("W", object)])
pair["W"][0] = [W, OTHER]
scipy.io.savemat(HERE / "struct_array.mat", {"nets": pair})
record.row(
    "matlab/struct.mat", SCIPY, "right", W, V, "a field of a structure", recurrent="net.W", feedforward="net.Win"
)
record.row("matlab/struct.mat", SCIPY, "right", W, V, "the only array called W")
record.row("matlab/nested_struct.mat", SCIPY, "right", W, note="a field of a field", recurrent="model.net.W")
record.row("matlab/cell.mat", SCIPY, "question", note="a cell of two matrices")
record.row("matlab/struct_array.mat", SCIPY, "question", note="an array of two structures")
record.row("matlab/sparse.mat", SCIPY, "right", THIN, V)
record.row("matlab/version4.mat", SCIPY, "right", W, V, "format 4")
record.row("matlab/text_beside.mat", SCIPY, "right", W, V, "texts, a logical and an empty array beside; compressed")
record.row("matlab/two.mat", SCIPY, "question", note="two matrices, neither called W")
record.row("matlab/two.mat", SCIPY, "right", OTHER, note="chosen by name", recurrent="W2")

for name, tree in (("struct_73", {"net": net}), ("cell_73", {"nets": cells(W, OTHER)})):
    hdf5storage.savemat(str(HERE / f"{name}.mat"), tree, format="7.3", matlab_compatible=True)
record.row(
    "matlab/struct_73.mat", HDF5, "right", W, V, "a field of a structure", recurrent="net.W", feedforward="net.Win"
)
record.row("matlab/struct_73.mat", HDF5, "right", W, V, "the only array called W")
record.row("matlab/cell_73.mat", HDF5, "question", note="a cell of two matrices: references into #refs#")
hdf5storage.savemat(
    str(HERE / "plain_73.h5"), {"W": W, "Win": V}, appendmat=False, format="7.3", matlab_compatible=True
)
record.row("matlab/plain_73.h5", HDF5, "right", W, V, "axes reversed, as the attribute MATLAB_class says; ending .h5")
thin = sparse.csc_array(THIN)
with h5py.File(HERE / "sparse_73.mat", "w", userblock_size=512) as file:
    group = file.create_group("W")
    group.attrs["MATLAB_class"], group.attrs["MATLAB_sparse"] = np.bytes_("double"), np.uint64(N)
    group["data"], group["ir"], group["jc"] = thin.data, thin.indices.astype("u8"), thin.indptr.astype("u8")
head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan 01 00:00:00 2024 HDF5 schema 1.00 ."
with open(HERE / "sparse_73.mat", "r+b") as file:
    file.write(head.ljust(116) + bytes(8) + b"\x00\x02IM")
record.row("matlab/sparse_73.mat", ("h5py", h5py.__version__), "right", THIN, note="sparse matrix of format 7.3")


def octave(code, folder=None):
    numbers = "; ".join(f"{name} = {matrix(value)}" for name, value in (("W", W), ("V", V), ("T", THIN), ("O", OTHER)))
    # the usual header names the user and the computer
    header = "save_header_format_string('# Created by Octave 7.3.0, Mon Jan 01 00:00:00 2024 UTC <user@host>')"
    numbers = f"{header}; {numbers}"
    done = subprocess.run(["octave-cli", "-q", "--eval", f"{numbers}; {code}"], cwd=folder or HERE, capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return done.stdout.decode()


def matrix(value):
    return "[" + ";".join(",".join(repr(float(one)) for one in row) for row in value) + "]"


NET = "net = struct('W', W, 'Win', V, 'tau', 0.1"
STRUCT = NET + ", 'name', 'reservoir', 'f', @tanh, 'labels', {{'a', 'b'}});"
OTHERS = "flag = true; n = int32(3); r = 1:4; s = 'text'; e = []; W = single(W);"
for name, code, names in (
    ("octave_default.mat", "v = V; save octave_default.mat W v", "W"),
    ("octave_struct.mat", f"{NET}, 'name', 'reservoir'); save octave_struct.mat net", "net.W"),
    ("octave_handle.mat", f"{STRUCT} save octave_handle.mat net", "net.W"),
    ("octave_text.txt", f"{STRUCT} save -text octave_text.txt net", "net.W"),
    ("octave_cell.mat", "nets = {W, O}; save -text octave_cell.mat nets", None),
    ("octave_sparse.mat", "W = sparse(T); v = V; save -text octave_sparse.mat W v", "W"),
    ("octave_complex.mat", "W = W + 1i * O; save -text octave_complex.mat W", "W"),
    ("octave_types.mat", f"{OTHERS} save -text octave_types.mat flag n r s e W", "W"),
    ("octave_hdf5.h5", "v = V; save -hdf5 octave_hdf5.h5 W v", "W"),
    ("octave_hdf5_struct.mat", f"{NET}); save -hdf5 octave_hdf5_struct.mat net", "net.W"),
    ("octave_hdf5_sparse.mat", "W = sparse(T); save -hdf5 octave_hdf5_sparse.mat W", "W"),
    ("octave_v7.mat", f"{NET}, 'name', 'reservoir'); save -v7 octave_v7.mat net", "net.W"),
    ("octave_v6_sparse.mat", "W = sparse(T); save -v6 octave_v6_sparse.mat W", "W"),
    ("octave_packed.mat.gz", "save -text -zip octave_packed.mat.gz W", "W"),
):
    octave(code)
    file, note = f"matlab/{name}", code[code.index("save") :]
    if names is None:
        record.row(file, OCTAVE, "question", note=note)
        continue
    with tempfile.TemporaryDirectory() as folder:  # Octave reads its file back and multiplies
        h = record.draw(N).astype(float)
        product = f"clear W; load('{HERE / name}'); y = full({names}) * {matrix(h[:, None])};"
        out = octave(product + " printf('%.17g %.17g\\n', [real(y), imag(y)]')", folder)
    right = {"octave_complex.mat": W + 1j * OTHER}.get(name, THIN if "sparse" in name else W)
    found = np.loadtxt(out.splitlines()) @ [1, 1j]
    np.testing.assert_allclose(found, right @ h, atol=1e-6)
    inputs = V if "net" in code or " v" in code.split("save")[1] else None
    # .txt is no ending of Octave's own; a function handle in the structure ought to be skipped
    must = "right or question" if name.endswith(".txt") or "handle" in name else "right"
    record.row(file, OCTAVE, must, right, inputs, note)
    if "." in names:
        record.row(file, OCTAVE, must, right, note=note, recurrent=names)
record.write()
