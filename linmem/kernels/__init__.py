"""Compiled loops: arrays in, arrays filled. No checks, no errors, nothing imported but numpy and numba.

Contents
--------
lines
    Walks along delay lines and rings, O(N).
stacks
    Fisher memory curves of many small networks in one parallel pass.
"""
