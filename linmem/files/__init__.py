"""Networks from files, and to a network from the text of a command.

Contents
--------
choose
    `load_network`, `load_matrix`, `describe_file`: which array of a file is meant, and which way round it is.
layouts
    How frameworks store recurrent weights.
readers
    One file format each.
sources
    The builders by name: `chain:n=100,gain=1.02`; and files as sources.
"""
