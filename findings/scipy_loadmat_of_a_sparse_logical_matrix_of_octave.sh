#!/usr/bin/env bash
# Octave 7.3.0 writes a sparse matrix of truth values, `W = sparse([1 1; 1 1]) > 0; save -v6 sl.mat W`, with the class of a
# full array of bytes, followed by the parts of a sparse one: row indices, beginnings of columns, values. scipy.io.loadmat
# (SciPy 1.17.1) takes the row indices for the values of a full array. Where no entry of the matrix is 0 their number fits,
# and another matrix comes out without an error or a warning: all four entries are true, and two of them are read as 0. (A
# matrix with zeros raises an error about its shape.) Below is the file that Octave wrote, without the date in its header.
# Exits with an error if SciPy no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.3.5 scipy==1.17.1
base64 -d >"$folder/sl.mat" <<'FILE'
TUFUTEFCIDUuMCBNQVQtZmlsZSwgd3JpdHRlbiBieSBPY3RhdmUgNy4zLjAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg
ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAABSU0OAAAAgAAAAAYAAAAIAAAACQIAAAQA
AAAFAAAACAAAAAIAAAACAAAAAQABAFcAAAAFAAAAEAAAAAAAAAABAAAAAAAAAAEAAAAFAAAADAAAAAAAAAACAAAABAAAAAAAAAAJ
AAAAIAAAAAAAAAAAAPA/AAAAAAAA8D8AAAAAAADwPwAAAAAAAPA/
FILE
"$folder/venv/bin/python" - "$folder/sl.mat" <<'PYTHON'
import sys
import warnings

import scipy
import scipy.io

warnings.simplefilter("error")
W = scipy.io.loadmat(sys.argv[1])["W"]
print(f"SciPy {scipy.__version__}: a sparse matrix of four true entries is read as {type(W).__name__} {W.tolist()}")
raise SystemExit(0 if W.tolist() == [[0, 0], [1, 1]] else "the behaviour has changed")
PYTHON
