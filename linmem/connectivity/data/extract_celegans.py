"""Write celegans.npz, the wiring diagrams that `linmem.connectivity.connectomes` reads, from the C. elegans Connectome
Toolbox.

    pip install cect==0.3.5
    python -m linmem.connectivity.data.extract_celegans

Conventions
-----------
cect has the presynaptic cell in the row; here a connection is stored as (post, pre, weight), so that W[post, pre] =
weight is the weight from unit pre to unit post. Cells are in alphabetical order in every data set. The same versions
of cect, numpy and zlib give the same bytes.

Contents
--------
DATASETS
    The ten data sets and the caches of cect that hold them.
wiring
    One data set as arrays.
main
    All of them, into one file.
"""

from __future__ import annotations

import contextlib
import io
from importlib.metadata import version
from pathlib import Path

import numpy as np

SHIPPED = Path(__file__).with_name("celegans.npz")
CECT = "0.3.5"  # its caches are the source: another version may hold other counts

DATASETS = {
    "celegans-varshney": "VarshneyDataReader",
    "celegans-cook": "Cook2019HermReader",
    **{f"celegans-witvliet-{age}": f"WitvlietDataReader{age}" for age in range(1, 9)},
}


def wiring(reader: str) -> dict[str, np.ndarray]:
    """Cells, which of them are sensory neurons, and the chemical synapses as triplets post, pre, weight.

    Kept are the neurons of the hermaphrodite, and BWM, the one cell for which Varshney et al. let all body wall
    muscles stand. Other muscles, glia and end organs are left out.
    """
    with contextlib.redirect_stdout(io.StringIO()):  # cect reports to stdout from its first import on
        import cect
        from cect.Cells import PREFERRED_HERM_NEURON_NAMES, SENSORY_NEURONS_COOK, UNSPECIFIED_BODY_WALL_MUSCLE
        from cect.ConnectomeDataset import load_connectome_dataset_file

        source = load_connectome_dataset_file(str(Path(cect.__file__).with_name("cache") / f"{reader}.json"))
    cells = [
        cell for cell in (*sorted(PREFERRED_HERM_NEURON_NAMES), UNSPECIFIED_BODY_WALL_MUSCLE) if cell in source.nodes
    ]
    kept = [source.nodes.index(cell) for cell in cells]
    weight = source.connections["Generic_CS"].T[np.ix_(kept, kept)]
    post, pre = np.nonzero(weight)
    return {
        "cells": np.array(cells),
        "sensory": np.isin(cells, SENSORY_NEURONS_COOK),
        "post": post.astype(np.uint16),
        "pre": pre.astype(np.uint16),
        "weight": _exactly(weight[post, pre], np.uint8),
    }


def main(path: Path = SHIPPED) -> None:
    """Write every data set into one file, under the keys `<name>/<array>`."""
    if version("cect") != CECT:
        raise SystemExit(f"cect is version {version('cect')}; the data are those of {CECT}: pip install cect=={CECT}")
    arrays = {f"{name}/{key}": array for name, reader in DATASETS.items() for key, array in wiring(reader).items()}
    np.savez_compressed(path, **arrays)


def _exactly(values: np.ndarray, dtype) -> np.ndarray:
    stored = values.astype(dtype)
    if not np.array_equal(stored, values):
        raise SystemExit(f"weights up to {values.max():g} do not fit into {np.dtype(dtype)}; choose a wider type")
    return stored


if __name__ == "__main__":
    main()
