"""Looks of lines: a kind of network has the same colour and dash in every figure.

Contents
--------
show_kinds
    Give the lines of some axes the looks of the kinds of their networks.
"""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from linmem.plotting import kind_style


def show_kinds(ax: Axes, kinds: Mapping[str, str]) -> None:
    """Give lines the colour and dash of a kind of network, by label; marks of the same colour get the new colour too.

    The kinds are those of `linmem.plotting.KINDS`. A legend that the axes have is drawn again.
    """
    looks = {}
    for line in ax.lines:
        if line.get_label() in kinds:
            looks[line.get_color()] = kind_style(kinds[line.get_label()])
            line.set_linestyle(looks[line.get_color()]["linestyle"])
    for line in ax.lines:
        if line.get_color() in looks:
            line.set_color(looks[line.get_color()]["color"])
    if ax.get_legend() is not None:
        ax.legend()
