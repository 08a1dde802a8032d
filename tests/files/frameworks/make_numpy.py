"""Samples of numpy 2.4.6 with ml_dtypes 0.6.0: what people save by hand, and what numpy makes of it."""

import pickle

import ml_dtypes
import numpy as np
from truth import FOLDER, Record

NUMPY, BFLOAT = ("numpy", np.__version__), ("numpy, ml_dtypes", f"{np.__version__}, {ml_dtypes.__version__}")
HERE = FOLDER / "numpy"
HERE.mkdir(exist_ok=True)
N, M = 4, 2
record = Record(__file__, 12)
W, V = record.draw(N, N), record.draw(N, M)
for name, array, note in (
    ("fortran", np.asfortranarray(W), "fortran_order in the header"),
    ("big_endian", W.astype(">f8"), ""),
    ("float16", W.astype(np.float16), ""),
    ("sliced", np.repeat(W, 2, 0)[::2], "saved from a view"),
):
    np.save(HERE / f"{name}.npy", array)
    back = np.load(HERE / f"{name}.npy")
    record.row(f"numpy/{name}.npy", NUMPY, "right", back.astype(float), note=note)
small = W.astype(ml_dtypes.bfloat16)
np.save(HERE / "bfloat16.npy", small)
record.row(
    "numpy/bfloat16.npy",
    BFLOAT,
    "right or question",
    small.astype(float),
    note="numpy writes the type V2, without a name",
)
np.savez(HERE / "bfloat16.npz", **{"rnn.weight_hh_l0": small, "rnn.weight_ih_l0": V.astype(ml_dtypes.bfloat16)})
record.row("numpy/bfloat16.npz", BFLOAT, "right or question", small.astype(float), note="the type V2")
record.rows[-1]["inputs"] = V.astype(ml_dtypes.bfloat16).astype(float).tolist()
np.savez(HERE / "nested.npz", **{"rnn/W_rec": W, "rnn/W_in": V, "readout/W": record.draw(N, N), "loss": 0.5})
record.row(
    "numpy/nested.npz", NUMPY, "right", W, V, "W_rec, beside a readout called W; columns assumed", recurrent="rnn/W_rec"
)
np.savez(HERE / "positional.npz", W, V)
record.row("numpy/positional.npz", NUMPY, "right or question", W, note="arr_0, arr_1: names that say nothing")
np.savez(HERE / "transitions.npz", A=W, B=V, C=record.draw(3, N), P=W @ W.T)
record.row("numpy/transitions.npz", NUMPY, "question", note="A, B, C of a state-space model and a square P")
record.row("numpy/transitions.npz", NUMPY, "right", W, note="chosen by name", recurrent="A")
np.save(HERE / "parameters.npy", {"W": W, "V": V}, allow_pickle=True)
record.row("numpy/parameters.npy", NUMPY, "refused", note="a pickled dictionary")
with open(HERE / "parameters.pkl", "wb") as file:
    pickle.dump({"W": W, "V": V}, file, protocol=4)
record.row("numpy/parameters.pkl", NUMPY, "refused", note="a pickle")
record.write()
