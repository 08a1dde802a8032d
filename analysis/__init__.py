"""Figures of the repository: one script for each, and what the scripts share.

A script is `analysis/<figure>.py`. It holds `SETTINGS`, a frozen dataclass of all numbers that are chosen, and the
functions `compute`, `claims`, `draw`, `numbers` and `caption_fields`; `analysis/drawing.py` says what each of them
returns, and draws every figure from them. A figure whose claims do not hold is not drawn: `ClaimError` says which.
`python -m analysis` draws all figures.
"""
