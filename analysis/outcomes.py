"""What becomes of a figure that is asked for: it is drawn, or why it is not.

Processes that draw side by side import this module: they cannot import the command, which is `__main__`.

Contents
--------
scripts
    The modules of this package that draw a figure, by name.
Outcome
    What became of one figure.
draw
    One figure, drawn or not.
"""

from __future__ import annotations

import pkgutil
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from types import ModuleType

import analysis
from analysis.claims import Claim, ClaimError
from analysis.drawing import draw_figure
from linmem.errors import LinmemError
from linmem.kernels.threads import hold_threads
from linmem.linalg.blas import one_blas_thread
from linmem.plotting import for_journal


def scripts() -> dict[str, ModuleType]:
    """The modules of this package that draw a figure, by name."""
    names = [module.name for module in pkgutil.iter_modules(analysis.__path__) if not module.name.startswith("_")]
    modules = {name: import_module(f"analysis.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "SETTINGS")}


@dataclass(frozen=True)
class Outcome:
    """What became of one figure.

    Attributes
    ----------
    name, seconds
        Of the figure, and how long it took.
    held, broken
        The claims that hold, where all of them do, or else those that do not.
    refusal
        The error of linmem that kept the figure from being drawn, or "".
    remarks
        What is to be looked at in the figure.
    """

    name: str
    seconds: float
    held: tuple[Claim, ...] = ()
    broken: tuple[Claim, ...] = ()
    refusal: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def drawn(self) -> bool:
        """Whether the figure was drawn: all its claims hold."""
        return not self.broken and not self.refusal


def draw(name: str, folder: Path, journal: str | None, columns: int | None) -> Outcome:
    """One figure, drawn into a folder if its claims hold."""
    start = perf_counter()
    appearance = for_journal(journal, columns) if journal else nullcontext()
    # figures are drawn side by side; and one thread adds in the same order on any number of cores: the same bytes
    threads = hold_threads(1)
    try:
        with appearance, one_blas_thread(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            held = draw_figure(scripts()[name], folder=folder)
    except ClaimError as error:
        return Outcome(name, perf_counter() - start, broken=error.broken)
    except LinmemError as error:
        return Outcome(name, perf_counter() - start, refusal=f"{type(error).__name__}: {error}")
    finally:
        hold_threads(threads)
    remarks = tuple(str(warning.message) for warning in caught)
    return Outcome(name, perf_counter() - start, held=held, remarks=remarks)
