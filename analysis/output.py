"""Figures on disk: <name>.pdf, <name>.png, the numbers drawn as <name>.json, the caption as <name>.txt.

The same figure gives the same bytes, so that a change in a folder under version control is a change in a result:
there are no dates in the files, and numbers are kept to ten digits, since the last ones are rounding.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import asdict
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

import linmem as lm
from linmem.plotting import UNDATED, style

FIGURES = Path(__file__).resolve().parent.parent / "figures"
DIGITS = 10
SLACK = 0.06  # inches that boxes are wider than what is seen of lines and letters


def save(figure: Figure, script: str, folder: Path, settings, numbers: dict, caption: str) -> tuple[Path, ...]:
    """Write the four files of a figure, named after its script; all of them or none."""
    folder, name = Path(folder), Path(script).stem
    folder.mkdir(parents=True, exist_ok=True)
    record = {"figure": name, "linmem": lm.__version__, "settings": asdict(settings), "numbers": numbers}
    texts = {"json": _json(record), "txt": "\n\n".join(fill(part, 100) for part in caption.split("\n\n")) + "\n"}
    written = {folder / f"{name}.{kind}": folder / f".{name}.{kind}.part" for kind in (*UNDATED, *texts)}
    try:
        with style():  # fonts and resolution are settings of the moment of writing
            for kind, metadata in UNDATED.items():
                figure.savefig(written[folder / f"{name}.{kind}"], format=kind, metadata=metadata)
        for kind, text in texts.items():
            written[folder / f"{name}.{kind}"].write_text(text, encoding="utf-8")
        for final, part in written.items():
            os.replace(part, final)
    finally:
        for part in written.values():
            part.unlink(missing_ok=True)
    if (over := sticking_out(figure)) > SLACK:
        warnings.warn(f"{over * 25.4:.0f} mm stick out of {name}; take more columns", stacklevel=2)
    return tuple(written)


def sticking_out(figure: Figure) -> float:
    """By how many inches what is drawn is wider or higher than the figure."""
    box, (width, height) = figure.get_tightbbox(figure.canvas.get_renderer()), figure.get_size_inches()
    return max(-box.x0, -box.y0, box.x1 - width, box.y1 - height, 0.0)


def _json(record) -> str:
    """A line for each setting and each row of numbers: a change shows where it is."""
    parts = []
    for key, value in record.items():
        if isinstance(value, dict):
            rows = ",\n".join(f"  {json.dumps(inner)}: {_text(row)}" for inner, row in value.items())
            parts.append(f" {json.dumps(key)}: {{\n{rows}\n }}")
        else:
            parts.append(f" {json.dumps(key)}: {_text(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _text(value) -> str:
    return json.dumps(_plain(value), allow_nan=False, ensure_ascii=False)


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.{DIGITS}g}")
    return value.item() if isinstance(value, np.generic) else value
