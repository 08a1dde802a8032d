"""Drawing of one figure from its script: compute, check the claims, draw, save.

A script is a module with

    Settings, SETTINGS   every number that is chosen, as a frozen dataclass, and its values in the repository
    Results              every number that is drawn or claimed, as a frozen dataclass
    compute              Settings -> Results
    claims               Settings, Results -> the claims of the figure
    draw                 Settings, Results -> the figure
    numbers              Settings, Results -> the rows of the JSON file beside the figure
    CAPTION              the caption, in which {name} stands for a field
    caption_fields       Settings, Results -> the values of these fields
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

from analysis.claims import Claim, require
from analysis.output import FIGURES, save
from linmem import plotting
from linmem.remembering import remembering


def draw_figure(script: ModuleType, settings: Any = None, folder: Path = FIGURES) -> tuple[Claim, ...]:
    """The claims of the script, all of which hold; the figure is drawn into the folder.

    `settings` are those of the script where None. Raises ClaimError, and draws nothing, where a claim does not hold.
    """
    settings = script.SETTINGS if settings is None else settings
    with remembering():
        results = script.compute(settings)
    held = require(*script.claims(settings, results))
    with plotting.style():
        figure = script.draw(settings, results)
    numbers = script.numbers(settings, results)
    caption = script.CAPTION.strip().format(**script.caption_fields(settings, results))
    save(figure, script.__name__.rpartition(".")[2], folder, settings, numbers, caption)
    return held
