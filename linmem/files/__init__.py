"""Networks from files, and from the text of a command.

Contents
--------
choose
    `load_network`, `load_matrix`: which arrays of a file are meant.
describe
    `describe_file`: what a file holds, as a tree of its cells.
cell_weights
    `load_cell`: a whole cell, with all its gates and biases; layers that run one on top of the other.
layers
    The cells of a file as layers.
sequences
    Sequences of inputs, one step a row.
state_space
    `load_state_space`: a state-space layer.
state_space_layers
    The state-space layers of a file, by the names of its arrays.
state_space_layouts
    How frameworks store state-space layers.
state_space_weights
    What the arrays of state-space layers mean.
layouts
    How frameworks store recurrent weights: names, orientation, order of gates.
matching
    Names of arrays against that table.
cells
    The cells of a file, by the names of its arrays.
effective
    The matrix in use where a file stores what it is computed from.
conversion
    From an array as a framework stores it to W[i, j], from unit j to unit i, in double precision.
opening
    The reader for the type of a file.
readers
    The file formats, one in each module.
sources
    Networks by the text of a command: a file, or a builder as in `chain:n=100,gain=1.02`.
"""
