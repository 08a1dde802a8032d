"""Charts: numbers with their names and units, as records, and as figures that a reader can zoom.

Contents
--------
records
    What the pictures of a report show, whatever library draws them.
frames, figures, images
    Charts as figures of Bokeh: what all have, lines and bars, matrices and the complex plane.
embedding
    These figures in a page that is complete in itself.
live
    The figures and the controls of a page that is computed while it is read.
server
    These figures in a page that is computed while it is read.
"""
