"""Exchange: results and networks in the forms of other libraries, each loaded only where it is asked for.

Arrays of other libraries need nothing from here: whatever has `__array__` can be passed wherever a matrix can.

Contents
--------
results
    Results as `xarray.Dataset`, `pandas.DataFrame` and JSON.
systems
    Networks to and from python-control.
graphs
    Networks from networkx.
extras
    What to install where a library is not there.
"""
