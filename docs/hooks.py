"""Pages that are made when the site is built, from what they are about: the gallery from the figures, the reference
from the names of the package. What is made cannot be out of date.
"""

import re
from pathlib import Path

from mkdocs.structure.files import File

import linmem as lm

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "figures"
SOURCE = "https://github.com/linmem/linmem/blob/main"
FULL_STOP = r"(?<!\b[A-Z])(?<!et al)\. "
ROOMS = {
    "network": "Networks",
    "connectivity": "Builders",
    "cells": "Cells",
    "files": "Files",
    "memory": "Memory",
    "running": "Networks as they run",
    "simulation": "Simulation",
    "nonnormality": "Non-normality",
    "certification": "Certificates, claims, proofs",
    "learning": "Learning",
    "sweeps": "Sweeps, reports",
    "exchange": "Exchange with other libraries",
    "errors": "Errors",
}
WITH = {
    "linalg": "network",
    "enclosure": "certification",
    "preparation": "network",
    "diagonal_network": "network",
    "state_space_layer": "network",
    "claims": "certification",
    "symbolic": "certification",
    "reporting": "sweeps",
    "exploring": "sweeps",
}


def on_config(config):
    """The nav, with a page of the reference for each room."""
    pages = [{title: f"reference/{room}.md"} for room, title in reference().items()]
    config.nav = [{"Reference": pages} if item == {"Reference": "reference/"} else item for item in config.nav]
    return config


def on_files(files, config):
    """The pages that are made, and the pictures that they show."""
    files.append(File.generated(config, "gallery.md", content=gallery()))
    for picture in sorted(FIGURES.glob("*.png")):
        files.append(File.generated(config, f"figures/{picture.name}", abs_src_path=str(picture)))
    for room, title in reference().items():
        files.append(File.generated(config, f"reference/{room}.md", content=page(room, title)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links out of docs/ lead to the site's copy of a picture, and to the repository's of all else."""
    if "/" in page.file.src_uri:
        return markdown
    markdown = re.sub(r"\]\(\.\./(figures/\w+\.png)\)", r"](\1)", markdown)
    return re.sub(r"\]\(\.\./", f"]({SOURCE}/", markdown)


def gallery() -> str:
    """Every figure with its caption."""
    parts = [
        "# Gallery",
        "",
        "Every figure is drawn by a script that computes what it shows, and checks what it claims; "
        "`python -m analysis` draws them all, `python -m analysis --journal pnas` in the widths of a journal. "
        f"[What each one checks]({SOURCE}/figures/README.md).",
    ]
    for caption in sorted(FIGURES.glob("*.txt")):
        name = caption.stem
        title, _, text = caption.read_text(encoding="utf-8").partition("\n\n")
        said = " ".join(title.split())
        heading, *after = re.split(FULL_STOP, said, maxsplit=1)
        parts += ["", f"## {heading.rstrip('.')}", "", f"[![{said}](figures/{name}.png)](figures/{name}.png)", ""]
        parts += [" ".join([*after, *text.split()]), ""]
        parts += [f"[Script]({SOURCE}/analysis/{name}.py), [PDF]({SOURCE}/figures/{name}.pdf)"]
    return "\n".join(parts) + "\n"


def reference() -> dict[str, str]:
    """Rooms and their titles, in the order in which they are read."""
    return ROOMS | {"plotting": "Plotting"}


def page(room: str, title: str) -> str:
    """Every public name of a room."""
    parts = [f"# {title}", ""]
    for name, path in names(room):
        parts += [f"::: {path}.{name}", ""]
    return "\n".join(parts)


def names(room: str) -> list[tuple[str, str]]:
    """Public names of a room, and the module in which each is documented."""
    if room == "plotting":
        from linmem import plotting

        return [(name, "linmem.plotting") for name in plotting.__all__ if callable(getattr(plotting, name))]
    found = []
    for name, path in lm._ROOMS.items():
        top = path.partition(".")[0]
        if WITH.get(top, top) == room:
            found.append((name, f"linmem.{path}"))
    return found
