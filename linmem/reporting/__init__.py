"""One network, one page: every measure that applies, in numbers and pictures, and how far each can be trusted.

Contents
--------
contents
    What is measured and drawn.
page
    HTML that needs nothing beside it.
reports
    `report`.
"""
