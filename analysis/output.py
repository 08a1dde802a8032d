"""The files of a figure: <name>.pdf, <name>.png, <name>.json with the numbers drawn, <name>.txt with the caption.

The same figure gives the same bytes, so that version control shows a change only where a result has changed. For this
reason there are no dates in the files, and numbers have ten digits, since the digits after these are rounding.

Contents
--------
save
    Write the files of a figure.
sticking_out
    By how much what is drawn is larger than the figure.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

import linmem as lm
from linmem.plotting import UNDATED, style

FIGURES = Path(__file__).resolve().parent.parent / "figures"
DIGITS = 10
SLACK = 0.06  # inches by which the boxes of lines and letters are larger than their ink


def save(
    figure: Figure, script: str, folder: Path, settings: Any, numbers: Mapping[str, Any], caption: str
) -> tuple[Path, ...]:
    """Write the four files of a figure, named after its script, all of them or none; their paths.

    A warning says by how much what is drawn is larger than the page.
    """
    folder, name = Path(folder), Path(script).stem
    folder.mkdir(parents=True, exist_ok=True)
    record = {"figure": name, "linmem": lm.__version__, "settings": asdict(settings), "numbers": numbers}
    paragraphs = [fill(paragraph, 100) for paragraph in caption.split("\n\n")]
    texts = {"json": _json(record), "txt": "\n\n".join(paragraphs) + "\n"}
    # files are written beside their places first, so that an error leaves what was there
    parts = {kind: folder / f".{name}.{kind}.part" for kind in ("pdf", "png", *texts)}
    try:
        with style():  # matplotlib reads fonts and resolution from its settings when it writes
            excess = _print(figure, parts)
        for kind, text in texts.items():
            parts[kind].write_text(text, encoding="utf-8")
        for kind, part in parts.items():
            os.replace(part, folder / f"{name}.{kind}")
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    if excess > SLACK:
        warnings.warn(f"{excess * 25.4:.0f} mm stick out of {name}; take more columns", stacklevel=2)
    return tuple(folder / f"{name}.{kind}" for kind in parts)


def _print(figure: Figure, parts: Mapping[str, Path]) -> float:
    """Write PNG and PDF of one layout, and return by how much it sticks out: `Figure.savefig` lays out and draws twice
    for each.
    """
    resolution = rcParams["savefig.dpi"]
    figure.set_dpi(resolution)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    excess = sticking_out(figure)
    FigureCanvasPdf(figure).print_pdf(parts["pdf"], metadata=UNDATED["pdf"])
    figure.set_dpi(resolution)  # a PDF is drawn at 72 dots per inch, and leaves the figure so
    FigureCanvasAgg(figure).print_png(parts["png"], metadata=UNDATED["png"])
    return excess


def sticking_out(figure: Figure) -> float:
    """By how many inches what is drawn is wider or higher than the figure; 0 where it fits."""
    box = figure.get_tightbbox(figure.canvas.get_renderer())
    width, height = figure.get_size_inches()
    return max(-box.x0, -box.y0, box.x1 - width, box.y1 - height, 0.0)


def _json(record: Mapping[str, Any]) -> str:
    """JSON with a line for each setting and each row of numbers, so that version control shows what has changed."""
    parts = []
    for key, value in record.items():
        if isinstance(value, dict):
            rows = ",\n".join(f"  {json.dumps(inner)}: {_text(row)}" for inner, row in value.items())
            parts.append(f" {json.dumps(key)}: {{\n{rows}\n }}")
        else:
            parts.append(f" {json.dumps(key)}: {_text(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _text(value: Any) -> str:
    return json.dumps(_plain(value), allow_nan=False, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """The value with lists for arrays and tuples, and with DIGITS digits of every number."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.{DIGITS}g}")
    return value.item() if isinstance(value, np.generic) else value
