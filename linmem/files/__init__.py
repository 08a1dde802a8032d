"""Networks from files, and from the text of a command.

Contents
--------
choose
    `load_network`, `load_matrix`, `describe_file`: which arrays of a file are meant.
opening
    The reader for the type of a file.
conversion
    From an array as a framework stores it to W[i, j], from unit j to unit i, in double precision.
layouts
    How frameworks store recurrent weights.
readers
    The file formats, one in each module.
sources
    Networks by the text of a command: a file, or a builder as in `chain:n=100,gain=1.02`.
"""
