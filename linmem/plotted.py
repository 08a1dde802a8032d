"""Results that have a picture.

Contents
--------
Plotted
    A result with a method `plot`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar


class Plotted:
    """A result that a function of `linmem.plotting` draws; PICTURE is the name of that function."""

    PICTURE: ClassVar[str]

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the result on axes, new ones where None, and return them; options are those of PICTURE.

        For the look of the package, call it inside `with linmem.plotting.style():`.
        """
        # matplotlib takes longer to import than most results to compute: only a picture asks for it
        plotting = import_module("linmem.plotting")
        return getattr(plotting, self.PICTURE)(self, ax=ax, **options)
