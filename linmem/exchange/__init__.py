"""Exchange: results and networks in the forms of other libraries, each of which is imported only when it is needed.

Arrays of other libraries need no conversion: whatever has `__array__` can be passed wherever a matrix can.

Contents
--------
content
    What a result consists of: its numbers, texts and network.
results
    Results as `xarray.Dataset` and `pandas.DataFrame`.
json_text
    Results and records as JSON.
systems
    Networks to and from python-control.
graphs
    Networks from networkx.
extras
    The import of a library that may not be installed.
"""
