"""Ball arithmetic: numbers that come with a proof.

The stored doubles of a network are exact dyadic rationals. Here they are carried as such, every rounding is bounded,
and what comes out is an interval that contains the true value. This is the only room that imports python-flint, and
it is itself imported late: nothing pays for it that does not ask for it.

Contents
--------
bounded
    An exact matrix with one scalar bound on its error; products, sums, and the geometric sum that solves the Stein
    equation.
fisher
    The Fisher memory curve and its total, enclosed.
"""
