"""How much a network remembers.

Contents
--------
fisher
    The Fisher memory curve, matrix and total.
inputs
    The spatial Fisher memory matrix and the optimal input.
"""
