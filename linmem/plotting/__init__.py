r"""Pictures of networks and of their memory, one function for each picture.

Conventions
-----------
Every function takes `ax`, the axes to draw in (new ones where None), and returns them. It does not change the settings
of matplotlib: draw inside `with style():` for the look of the package. Every axis has a name and a unit; a lag is
counted in steps of the network.

Contents
--------
style, ONE_COLUMN, TWO_COLUMNS
    The look of the package, and the widths of figures of one and two columns in inches.
for_journal, JOURNALS
    A block in which figures follow a journal's widths and fonts.
new_figure, UNDATED
    An empty figure, and the metadata with which it is saved to the same bytes.
kind_style, kind_marker, KINDS
    Colour, dash and marker of a kind of network (chain, orthogonal, Gaussian, ...), the same in every figure.
plot_fisher_memory_curve
    Fisher memory curves J(k) against the lag k.
plot_memory_function
    Memory functions m(k), the r^2 of the best linear readout, against the lag k.
plot_amplification
    The amplification ||W^k v|| of an input against the lag k.
plot_spatial_fisher_memory
    The total memory of the principal inputs.
plot_pseudospectrum
    Pseudospectra, with eigenvalues and numerical range (field of values).
plot_pseudomode
    A pseudomode, unit by unit.
plot_transient_growth
    Transient growth ||W^k|| or ||e^{At}||, with bounds.
plot_schur
    The moduli of the entries of a Schur form, as an upper triangle.
plot_memory_along_path, plot_fixed_points, plot_lyapunov_exponents
    Memory along the path of a cell, after one step or after all; eigenvalues where a cell rests; its exponents.
plot_layer_memory
    Memory of every channel of a state-space layer.
plot_sweep
    A measure of many networks: mean, spread and points.
plot_link_profile
    Mean weights along the order of the response, beside those of networks without a chain.
plot_matrix
    The weights as colours, white at zero.
plot_network_schematic
    A small network as circles and arrows.
letter_panels
    The letters a, b, c, ... at the corners of panels.
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
from linmem.plotting.complex_plane import plot_pseudomode, plot_pseudospectrum
from linmem.plotting.curves import plot_amplification, plot_fisher_memory_curve, plot_memory_function
from linmem.plotting.directions import plot_spatial_fisher_memory
from linmem.plotting.layers import plot_layer_memory
from linmem.plotting.matrices import plot_matrix
from linmem.plotting.nonnormality import plot_link_profile, plot_schur, plot_transient_growth
from linmem.plotting.paths import plot_fixed_points, plot_lyapunov_exponents, plot_memory_along_path
from linmem.plotting.schematics import plot_network_schematic
from linmem.plotting.sweeps import plot_sweep

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
    "plot_fixed_points",
    "plot_layer_memory",
    "plot_link_profile",
    "plot_lyapunov_exponents",
    "plot_matrix",
    "plot_memory_along_path",
    "plot_memory_function",
    "plot_network_schematic",
    "plot_pseudomode",
    "plot_pseudospectrum",
    "plot_schur",
    "plot_spatial_fisher_memory",
    "plot_sweep",
    "plot_transient_growth",
    "style",
]
