"""Reports: one page about one network, with every measure that applies to it and how far each can be trusted.

Contents
--------
reports
    `report`, which computes and writes the page.
contents
    The sections of a page, in order.
memory_sections, network_sections, comparison_sections
    The sections on memory and decoding; those on the network, its structure, its non-normality and the claims; those
    on groups of units and on shuffled networks.
subject
    The network with those beside it, and what several sections need of them.
parts
    Sections, rows and pictures, and the reason that stands where a number is missing.
page
    HTML, one file that is complete in itself.
sheets
    PDF.
"""
