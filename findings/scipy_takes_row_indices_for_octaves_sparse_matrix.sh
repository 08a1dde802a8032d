#!/usr/bin/env bash
# A sparse logical matrix that Octave 7.3.0 saves with `save -v6` or `-v7` has the class of full bytes (9) where the
# class of sparse matrices (5) belongs; row indices, beginnings of columns and values follow as usual. scipy.io.loadmat
# (SciPy 1.17.1) takes the first of these, the row indices, for the values. Where all entries are there, as many as the
# matrix has places, it returns the row indices as the matrix, of type int32, without an error or a warning; otherwise it
# ends in "cannot reshape array". The file below is sparse([1 1; 1 1]) > 0 as Octave wrote it, all true; two of its four
# entries come back as 0. Exits with an error if SciPy no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.3.5 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import base64
import io
import warnings

import scipy
import scipy.io

warnings.simplefilter("error")
written = base64.b64decode(
    "TUFUTEFCIDUuMCBNQVQtZmlsZSwgd3JpdHRlbiBieSBPY3RhdmUgNy4zLjAsIDIwMjYtMTEtMzAgMjM6MTM6MDUgVVRDICAgICAgICAg"
    "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAABSU0OAAAAgAAAAAYAAAAIAAAACQIAAAQAAAAFAAAACAAAAAIAAAACAAAAAQAB"
    "AFcAAAAFAAAAEAAAAAAAAAABAAAAAAAAAAEAAAAFAAAADAAAAAAAAAACAAAABAAAAAAAAAAJAAAAIAAAAAAAAAAAAPA/AAAAAAAA8D8A"
    "AAAAAADwPwAAAAAAAPA/"
)
W = scipy.io.loadmat(io.BytesIO(written))["W"]
print(f"SciPy {scipy.__version__} reads Octave's sparse([1 1; 1 1]) > 0 as {W.tolist()}, of type {W.dtype}")
raise SystemExit(0 if W.tolist() == [[0, 0], [1, 1]] else "the behaviour has changed")
PYTHON
