"""Reports: one page about one network, with every measure that applies to it and how far each can be trusted.

Contents
--------
reports
    `report`, which computes and writes the page.
contents
    The sections of a page, in order.
path_reports, path_sections, motion_sections, path_subject
    `report_path`; its sections on memory, and on how the path moves; the path of a cell with what they need of it.
cell_section
    The section on the whole cell to which a network belongs.
memory_sections, network_sections, comparison_sections
    The sections on memory and decoding; those on the network, its structure, its non-normality and the claims; those
    on groups of units and on shuffled networks.
subject, beside
    The network, and what several sections need of it; the networks beside it.
parts
    Sections and rows, and the reason that stands where a number is missing.
summary
    Verdict, numbers and origin, which stand above the sections.
documents
    The page and its numbers as files.
page
    HTML, one file that is complete in itself.
drawing, programs
    Charts on axes of matplotlib; programs in Python that draw them again.
sheets
    PDF.
"""
