"""Libraries that only an exchange with them needs.

Contents
--------
extra
    A context in which they are imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from linmem.errors import InvalidNetworkError


@contextmanager
def extra(library: str) -> Iterator[None]:
    """An import that may fail, with what to do then."""
    try:
        yield
    except ImportError:
        raise InvalidNetworkError(f"this needs {library}: pip install 'linmem[exchange]'") from None
