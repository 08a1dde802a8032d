"""Numbers by which compiled loops know a nonlinearity: no compiler is imported with them.

Contents
--------
TANH, RELU, ELU
    Nonlinearities of plain cells.
"""

TANH, RELU, ELU = range(3)
