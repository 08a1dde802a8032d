"""What the samples hold: cells stepped beside the framework's own, and the rows of truth.json and cells.json.

The matrices of a cell were put into the formulas of `Cell.step`, and 24 random steps of it agreed with the steps of the
framework that wrote the file, before a row was written. The numbers are the ones that the file stores (or, for weights
that are computed, the ones that the framework uses), to nine digits.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
LSTM = ("input", "forget", "cell", "output")
GRU = ("reset", "update", "new")
NONLINEARITIES = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "linear": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softsign": lambda x: x / (1 + abs(x)),
}
sigmoid = NONLINEARITIES["sigmoid"]


@dataclass
class Cell:
    """One layer in one direction: W, U, b of each gate in columns; a plain cell has the one gate "new".

    `reset` and `update` are those of a GRU: "after" or "before" the product with W, "keeps" for h' = (1 - z) n + z h,
    "replaces" for h' = (1 - z) h + z n. `hidden_bias` is added to W h in the new gate, before a reset "after".
    """

    kind: str
    W: dict
    U: dict
    b: dict = field(default_factory=dict)
    hidden_bias: np.ndarray | float = 0.0
    nonlinearity: str = "tanh"
    reset: str | None = None
    update: str | None = None
    projection: np.ndarray | None = None
    leak: float | None = None  # h' = (1 - leak) h + leak f(...)

    @property
    def units(self):
        return len(next(iter(self.U.values())))

    def step(self, x, h, c=None):
        a = {gate: self.U[gate] @ x + self.b.get(gate, 0.0) for gate in self.U}
        f = NONLINEARITIES[self.nonlinearity]
        if self.kind == "rnn":
            new = f(a["new"] + self.W["new"] @ h + self.hidden_bias)
            return (new if self.leak is None else (1 - self.leak) * h + self.leak * new), None
        if self.kind == "gru":
            r, z = (sigmoid(a[gate] + self.W[gate] @ h) for gate in ("reset", "update"))
            product = r * (self.W["new"] @ h + self.hidden_bias)
            if self.reset == "before":
                product = self.W["new"] @ (r * h)
            n = f(a["new"] + product)
            return ((1 - z) * n + z * h if self.update == "keeps" else (1 - z) * h + z * n), None
        a = {gate: a[gate] + self.W[gate] @ h for gate in a}
        c = sigmoid(a["forget"]) * c + sigmoid(a["input"]) * f(a["cell"])
        h = sigmoid(a["output"]) * f(c)
        return (h if self.projection is None else self.projection @ h), c


def blocks(array, gates):
    """The gates of an array (gates N, ...) by name."""
    return dict(zip(gates, np.split(np.asarray(array, float), len(gates)), strict=True))


class Record:
    """The rows of one script; `write` puts them in the place of those that earlier runs left."""

    def __init__(self, script, seed):
        self.script = Path(script).stem
        self.rows, self.cells = [], []
        self.rng = np.random.default_rng(seed)

    def draw(self, *shape):
        """Weights without symmetry, exact in float32."""
        return (self.rng.standard_normal(shape) * 0.6).astype(np.float32)

    def row(self, file, framework, must, matrix=None, inputs=None, note="", **options):
        if "right" in must and matrix is None:
            raise ValueError(f"{file}: no matrix")
        size = (FOLDER / file).stat().st_size if (FOLDER / file).is_file() else 0
        if not (FOLDER / file).exists() or size > 60_000:
            raise ValueError(f"{file}: missing, or {size} bytes")
        matrix = None if matrix is None else np.asarray(matrix)
        name, version = framework
        self.rows.append(
            {
                "script": self.script,
                "file": file,
                "framework": name,
                "version": version,
                "options": options,
                "must": must,
                "matrix": None if matrix is None else digits(matrix.real),
                "matrix_imag": digits(matrix.imag) if np.iscomplexobj(matrix) else None,
                "inputs": None if inputs is None else digits(inputs),
                "note": note,
            }
        )

    def cell(
        self,
        file,
        framework,
        cell,
        step,
        *,
        said=(),
        layer=0,
        direction="forward",
        note="",
        tolerance=3e-6,
        listed=True,
    ):
        """Compares steps of the cell and of the framework, `step(x, h, c) -> (h, c)`; records one if `listed`."""
        sample = None
        outputs = cell.units if cell.projection is None else len(cell.projection)
        for _ in range(24):
            x, h = self.draw(next(iter(cell.U.values())).shape[1]), self.draw(outputs)
            c = self.draw(cell.units) if cell.kind == "lstm" else None
            mine, theirs = cell.step(x, h, c), step(x, h, c)
            theirs = theirs if isinstance(theirs, tuple) else (theirs, None)
            for expected, found in zip(mine, theirs, strict=True):
                if expected is not None:
                    np.testing.assert_allclose(np.asarray(found, float), expected, rtol=0, atol=tolerance, err_msg=file)
            sample = (x, h, c, *theirs)
        if not listed:
            return
        x, h0, c0, h1, c1 = (None if one is None else digits(one) for one in sample)
        self.cells.append(
            {
                "script": self.script,
                "file": file,
                "framework": framework[0],
                "version": framework[1],
                "options": {"layer": layer, "direction": direction},
                "kind": cell.kind,
                "nonlinearity": cell.nonlinearity if "nonlinearity" in said else None,
                "x": x,
                "h0": h0,
                "c0": c0,
                "h1": h1,
                "c1": c1,
                "reset": cell.reset,
                "update": cell.update,
                "said_by_file": list(said),
                "note": note or (f"the nonlinearity is {cell.nonlinearity}" if "nonlinearity" not in said else ""),
            }
        )

    def gates(self, file, framework, cell, *, only=None, note="", must="right", **options):
        """A row for each gate of a cell whose steps were compared, or one for a plain cell."""
        for gate in only or cell.W:
            chosen = options if cell.kind == "rnn" else {**options, "gate": gate}
            matrix = cell.W[gate] if cell.projection is None else cell.W[gate] @ cell.projection
            self.row(file, framework, must, matrix, cell.U[gate], note, **chosen)

    def write(self):
        for name, new in (("truth.json", self.rows), ("cells.json", self.cells)):
            path = FOLDER / name
            old = json.loads(path.read_text()) if path.exists() else []
            rows = [row for row in old if row["script"] != self.script] + new
            rows.sort(key=lambda row: row["script"])
            path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
        print(f"{self.script}: {len(self.rows)} rows, {len(self.cells)} cells")


def digits(array):
    """Nested lists, to nine digits: enough for float32."""
    array = np.asarray(array, float)
    return [digits(one) for one in array] if array.ndim else float(f"{array:.9g}")
