"""Samples of reservoirpy 0.4.2 (scipy 1.17.1, numpy 2.4.6), and what they hold."""

import numpy as np
import reservoirpy
import scipy.sparse as sparse
from reservoirpy.nodes import Reservoir
from truth import FOLDER, Cell, Record

RESERVOIRPY = ("reservoirpy", reservoirpy.__version__)
HERE = FOLDER / "reservoirpy"
HERE.mkdir(exist_ok=True)
N, M = 5, 2
record = Record(__file__, 8)
plain = Reservoir(units=N, sr=0.9, rc_connectivity=0.6, seed=1)
leaky = Reservoir(units=N, sr=0.9, lr=0.3, rc_connectivity=0.6, seed=2)
cells = []
for node in (plain, leaky):
    node.run(record.draw(3, M))
    W, V = (np.asarray(one.toarray(), float) for one in (node.W, node.Win))
    cell = Cell("rnn", {"new": W}, {"new": V}, leak=None if node is plain else 0.3)

    def step(x, h, c=None, node=node):
        node.state = {"out": h.astype(float)}
        return node.step(x.astype(float))

    record.cell("reservoirpy", RESERVOIRPY, cell, step, listed=False)
    cells.append(cell)
W, V = cells[0].W["new"], cells[0].U["new"]
for form in ("csr", "csc", "coo", "bsr", "dia"):
    sparse.save_npz(HERE / f"W_{form}.npz", plain.W.asformat(form))
    record.row(f"reservoirpy/W_{form}.npz", RESERVOIRPY, "right", W, note=f"scipy.sparse.save_npz, {form}; lr = 1")
np.savez(HERE / "dense.npz", W=plain.W.toarray(), Win=plain.Win.toarray(), bias=np.zeros(N))
record.row("reservoirpy/dense.npz", RESERVOIRPY, "right", W, V, "W, Win, bias as dense arrays")
W, V = cells[1].W["new"], cells[1].U["new"]
np.savez(HERE / "leaky.npz", W=leaky.W.toarray(), Win=leaky.Win.toarray(), lr=leaky.lr, sr=leaky.sr)
note = "W beside its leak lr = 0.3: the step is (1 - lr) h + lr tanh(W h + Win x)"
record.row("reservoirpy/leaky.npz", RESERVOIRPY, "right or question", W, V, note)
np.savez_compressed(HERE / "pickled.npz", W=leaky.W, Win=leaky.Win)
record.row("reservoirpy/pickled.npz", RESERVOIRPY, "refused", note="numpy.savez of sparse matrices pickles them")
reservoirpy.save(leaky, HERE / "node.rpy")
record.row("reservoirpy/node.rpy", RESERVOIRPY, "refused", note="a pickle")
record.write()
