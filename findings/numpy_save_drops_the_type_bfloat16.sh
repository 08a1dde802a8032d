#!/usr/bin/env bash
# numpy.save of the types of ml_dtypes 0.5.4, which are those of JAX, under numpy 2.3.5, without any warning:
# bfloat16 and float8_e4m3fn get a header '<V2' or '<V1', and numpy.load returns raw records, even where ml_dtypes is
# imported, of which astype(float) fails; float8_e5m2 gets '<f1', which numpy.load itself refuses ("descr is not a valid
# dtype descriptor"). The bytes are whole, the type is lost. So save float32, or keep the name of the type beside it.
# Exits with an error if a type is kept, a warning is given, or the headers are others.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.3.5 ml_dtypes==0.5.4
cd "$folder"
"$folder/venv/bin/python" -W error - <<'PYTHON'
import ml_dtypes
import numpy as np

print(f"numpy {np.__version__}, ml_dtypes {ml_dtypes.__version__}")
found = []
for kind in (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2):
    array = np.array([1.0, -2.5, 0.5]).astype(kind)
    np.save("a.npy", array)
    with open("a.npy", "rb") as stream:
        header = stream.readline().decode("latin1")
    descr = header[header.index("'descr'") :].split(",")[0].split(": ")[1]
    try:
        loaded = str(np.load("a.npy").dtype)
    except ValueError as error:
        loaded = f"ValueError: {error}"
    print(f"  {array.dtype}: the header says {descr}; numpy.load: {loaded}")
    found.append((descr, loaded.split(":")[0]))
expected = [("'<V2'", "|V2"), ("'<V1'", "|V1"), ("'<f1'", "ValueError")]
raise SystemExit(0 if found == expected else "the behaviour has changed")
PYTHON
