"""One script a figure: settings, compute, claim, draw, save. `python -m analysis` builds them all.

A script is `analysis/<figure>.py`. It has `SETTINGS`, a frozen dataclass, and `main(settings, folder)`, which returns
the claims that it checked, and raises `ClaimError` before it draws when one of them does not hold.
"""
