"""The page of a network, computed while it is read: sliders, zooms and clicks ask for other numbers.

Contents
--------
serving
    `explore`, which serves the page until it is interrupted.
explorers
    What is computed for one source, and for whom.
settings
    What a reader can choose: radius, noise, signal-to-noise ratio, horizon, input.
requests
    The newest of many requests, which cancels the older ones.
live_page
    The page with empty cards, and its document with the figures that fill them.
"""
