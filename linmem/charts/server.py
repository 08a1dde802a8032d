"""A page of Bokeh figures that is computed while it is read, for the one reader who started it.

Conventions
-----------
The server listens on 127.0.0.1 alone, and answers only requests for its own page that carry the signed address it has
printed, from a browser that was sent to it by that name: a page of another site, or another user of the machine who
does not know the address, gets nothing.

Contents
--------
serve
    Serve one page until it is interrupted.
"""
