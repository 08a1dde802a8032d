"""Libraries that only an exchange with them needs.

Contents
--------
extra
    A context in which such a library is imported.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from linmem.errors import MissingLibraryError, errors_of_other_libraries


def extra(library: str) -> AbstractContextManager[None]:
    """A context for the import of `library`; it raises MissingLibraryError if the library is not installed."""
    return errors_of_other_libraries(
        MissingLibraryError, f"this needs {library}: pip install 'linmem[exchange]'", (ImportError,)
    )
