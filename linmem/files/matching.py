"""Names of arrays against the table of frameworks.

Contents
--------
Match, layout_of
    A name of W with its row of the table, and the parts of the name.
dotted
    A name with `.` between its parts.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from linmem.files.layouts import LAYOUTS, Layout
from linmem.files.readers.stored import StoredArray

PATTERNS = [(layout, re.compile(rf"(?P<place>(?:.*\.)?){layout.recurrent}")) for layout in LAYOUTS]
# the last parts of all names of W, in one expression: most arrays of a large file are none
LAST = "|".join(re.sub(r"[?]P<[a-z]+>", "?:", layout.recurrent) for layout in LAYOUTS)
ANY = re.compile(rf"(?:^|\.)(?:{LAST})$")


@dataclass(frozen=True)
class Match:
    """A name of W: its row, the place of the cell in its model, and the parts of the name."""

    layout: Layout
    place: str
    stem: str
    gate: str

    def names_of(self, role: str) -> list[str]:
        """The names that the array of a role may have, with `.` between their parts."""
        templates = self.layout.partners.get(role, ())
        return [self.place + template.format(stem=self.stem, gate=self.gate) for template in templates]


def layout_of(array: StoredArray, names: Collection[str]) -> Match | None:
    """The row in which an array is W; None if there is none. `names` are all those of the file, with `.` for `/`."""
    if str(array.settings.get("cell", "")).startswith("own"):
        return None  # the user's own class of cells numbers its variables in an order of its own
    name = dotted(array.name)
    if not ANY.search(name):
        return None
    for layout, pattern in PATTERNS:
        found = pattern.fullmatch(name)
        if found is None or (layout.declared and array.framework != layout.framework):
            continue
        groups = {"stem": "", "gate": "", **{key: value or "" for key, value in found.groupdict().items()}}
        match = Match(layout, groups["place"], groups["stem"], groups["gate"])
        if not layout.beside or _has_beside(match, names):
            return match
    return None


def _has_beside(match: Match, names: Collection[str]) -> bool:
    """Whether a name in the same place of the model matches what the row requires beside W."""
    start = len(match.place)
    return any(name.startswith(match.place) and re.fullmatch(match.layout.beside, name[start:]) for name in names)


def dotted(name: str) -> str:
    """A name with `.` between its parts, whatever the format writes."""
    return name.replace("/", ".")
