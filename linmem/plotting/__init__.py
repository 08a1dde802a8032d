r"""Pictures of networks and of their memory, one function a picture.

Conventions
-----------
Every function takes `ax`, the axes to draw in (new ones where None), and returns them. It leaves the settings of
matplotlib as they are: draw inside `with style():` for the look of the package. Axes say what they show and in what
unit; a lag is counted in steps of the network.

Contents
--------
style, ONE_COLUMN, TWO_COLUMNS
    The look, and the widths of a journal's page in inches.
for_journal, JOURNALS
    A block in which figures follow a journal's widths and fonts.
new_figure, UNDATED
    An empty figure, and the metadata with which it is saved to the same bytes.
kind_style, kind_marker, KINDS
    Colour, dash and marker of a kind of network (chain, orthogonal, Gaussian, ...), the same in every figure.
plot_fisher_memory_curve
    J(k) against the lag, of one network or several.
plot_memory_function
    The r^2 of the best linear readout against the lag, of one network or several.
plot_amplification
    ||W^k v|| against the lag, of one network or several.
plot_spatial_fisher_memory
    Total memory of the principal inputs, of one network or several.
plot_pseudospectrum
    Contours of the resolvent, with eigenvalues and numerical range.
plot_transient_growth
    ||W^k|| or ||e^{At}||, with bounds.
plot_schur
    The sizes of a Schur form's entries.
plot_link_profile
    Mean weights along the order of the response, beside networks without a chain.
plot_matrix
    The weights, as colours about zero.
plot_network_schematic
    Units and arrows, of a small network.
letter_panels
    a, b, c, ... at the corners of the panels.
"""

from linmem.plotting.appearance import (
    JOURNALS,
    KINDS,
    ONE_COLUMN,
    TWO_COLUMNS,
    UNDATED,
    for_journal,
    kind_marker,
    kind_style,
    letter_panels,
    new_figure,
    style,
)
from linmem.plotting.curves import plot_amplification, plot_fisher_memory_curve, plot_memory_function
from linmem.plotting.directions import plot_spatial_fisher_memory
from linmem.plotting.matrices import plot_matrix
from linmem.plotting.nonnormality import plot_link_profile, plot_pseudospectrum, plot_schur, plot_transient_growth
from linmem.plotting.schematics import plot_network_schematic

__all__ = [
    "JOURNALS",
    "KINDS",
    "ONE_COLUMN",
    "TWO_COLUMNS",
    "UNDATED",
    "for_journal",
    "kind_marker",
    "kind_style",
    "letter_panels",
    "new_figure",
    "plot_amplification",
    "plot_fisher_memory_curve",
    "plot_link_profile",
    "plot_matrix",
    "plot_memory_function",
    "plot_network_schematic",
    "plot_pseudospectrum",
    "plot_schur",
    "plot_spatial_fisher_memory",
    "plot_transient_growth",
    "style",
]
