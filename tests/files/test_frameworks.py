"""Files that the frameworks themselves wrote: the matrix and the step of each are those that the framework computed.

`frameworks/` holds the files, with the matrices and steps that came out when the framework ran (frameworks/README.md).
The numbers of truth are in single precision or less, as the files are, so that they are compared to 1e-5 of the
largest; a wrong gate, a transposed or a stored instead of an effective matrix differs by a tenth and more.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import linmem as lm
from linmem.files.layouts import LAYOUTS
from tests.files import layout_table

FOLDER = Path(__file__).parent / "frameworks"
ROWS = json.loads((FOLDER / "truth.json").read_text())
STEPS = json.loads((FOLDER / "cells.json").read_text())
FUNCTIONS = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "linear": lambda a: a,
    "identity": lambda a: a,
    "softsign": lambda a: a / (1 + np.abs(a)),
    "elu": lambda a: np.where(a > 0, a, np.expm1(a)),
    "selu": lambda a: 1.0507009873554805 * np.where(a > 0, a, 1.6732632423543772 * np.expm1(a)),
    "softplus": lambda a: np.log1p(np.exp(a)),
    "hard_sigmoid": lambda a: np.clip(a / 6 + 0.5, 0, 1),
}


def labelled(rows):
    return [f"{place} {row['file']} {row['options'] or ''}" for place, row in enumerate(rows)]


def close(found, right, tolerance=1e-5):
    right = np.asarray(right)
    size = max(1, np.abs(right).max())
    return found.shape == right.shape and np.allclose(found, right, rtol=0, atol=tolerance * size)


@pytest.mark.parametrize("row", ROWS, ids=labelled(ROWS))
def test_the_matrix_is_that_of_the_framework_or_there_is_a_question(row):
    net, said = None, ""
    try:
        net = lm.load_network(FOLDER / row["file"], **row["options"])
    except lm.LinmemError as error:
        said = str(error)
    if net is None:
        assert row["must"] != "right", said
        assert "\n" not in said
        assert row["must"] != "question" or "choose" in said or "pass " in said, said
        return
    assert row["must"] in ("right", "right or question"), net.name
    right = np.array(row["matrix"])
    if row["matrix_imag"] is not None:
        right = right + 1j * np.array(row["matrix_imag"])
    assert close(net.dense(), right), net.name
    if row["inputs"] is not None:
        inputs = np.array(row["inputs"])
        assert net.feedforward is not None, net.name
        assert close(net.feedforward.reshape(len(inputs), -1), inputs), net.name


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def one_step(cell, x, h, c, f):
    """The next h and c, by the equations in the documentation of `CellWeights`."""
    N = cell.n
    a = cell.weight_ih @ x + cell.bias_ih
    if cell.kind == "rnn":
        return f(a + cell.weight_hh @ h + cell.bias_hh), None
    U, b = cell.weight_hh, cell.bias_hh
    if cell.kind == "gru":
        r = sigmoid(a[:N] + U[:N] @ h + b[:N])
        z = sigmoid(a[N : 2 * N] + U[N : 2 * N] @ h + b[N : 2 * N])
        last = r * (U[2 * N :] @ h + b[2 * N :]) if cell.reset == "after" else U[2 * N :] @ (r * h) + b[2 * N :]
        n = f(a[2 * N :] + last)
        return (1 - z) * n + z * h if cell.update == "keeps" else (1 - z) * h + z * n, None
    s = a + U @ h + b
    if cell.peepholes is not None:
        s[: 2 * N] += cell.peepholes[: 2 * N] * np.tile(c, 2)
    c_next = sigmoid(s[N : 2 * N]) * c + sigmoid(s[:N]) * f(s[2 * N : 3 * N])
    if cell.peepholes is not None:
        s[3 * N :] += cell.peepholes[2 * N :] * c_next
    h_next = sigmoid(s[3 * N :]) * f(c_next)
    return (h_next if cell.weight_hr is None else cell.weight_hr @ h_next), c_next


@pytest.mark.parametrize("row", STEPS, ids=labelled(STEPS))
def test_one_step_of_the_cell_is_that_of_the_framework(row):
    cell = lm.load_cell(FOLDER / row["file"], **row["options"])
    assert cell.kind == row["kind"]
    for setting in row["said_by_file"]:
        assert getattr(cell, setting) == row[setting]
    x, h, c = (None if row[key] is None else np.array(row[key]) for key in ("x", "h0", "c0"))
    # where neither file nor framework tells the nonlinearity, one of those that the framework has must give the step
    names = [cell.nonlinearity] if cell.nonlinearity else ["tanh", "relu"]
    functions = [FUNCTIONS[name] for name in names]
    if cell.kind == "gru" and cell.reset is None:
        pytest.fail("the file or its framework tells where the reset is")
    found = [one_step(cell, x, h, c, f) for f in functions]
    assert any(close(h_next, row["h1"], 3e-5) for h_next, _ in found)
    if row["c1"] is not None:
        assert any(close(c_next, row["c1"], 3e-5) for _, c_next in found)


def test_the_table_of_frameworks_in_the_guide_is_that_of_the_package():
    assert layout_table.PAGE.read_text() == layout_table.page()


def test_every_row_of_the_table_is_met_by_a_file_of_its_framework():
    met = set()
    for row in [*ROWS, *STEPS]:
        try:
            description = lm.describe_file(FOLDER / row["file"])
        except lm.LinmemError:
            continue
        met |= {cell.layout.cells for cell in description.cells}
    own = {"trained networks and saved networks of this package", "names that no framework gives"}
    assert {layout.cells for layout in LAYOUTS} - met <= own
