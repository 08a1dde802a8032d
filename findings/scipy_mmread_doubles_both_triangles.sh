#!/usr/bin/env bash
# A symmetric Matrix Market file has the entries of one triangle. One that lists both, as programs do that write "symmetric"
# above all entries of a symmetric matrix, is read by scipy.io.mmread (SciPy 1.17.1) without an error or a warning, with
# each entry off the diagonal twice its value, and those on the diagonal right.
# Exits with an error if SciPy no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.3.5 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import io
import warnings

import scipy
import scipy.io

warnings.simplefilter("error")
text = "%%MatrixMarket matrix coordinate real symmetric\n2 2 3\n1 1 3\n1 2 0.5\n2 1 0.5\n"
W = scipy.io.mmread(io.BytesIO(text.encode())).toarray()
print(f"SciPy {scipy.__version__}: entries 3 at (1, 1), 0.5 at (1, 2) and 0.5 at (2, 1) are read as {W.tolist()}")
raise SystemExit(0 if W.tolist() == [[3, 1], [1, 0]] else "the behaviour has changed")
PYTHON
