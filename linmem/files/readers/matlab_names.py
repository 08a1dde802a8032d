"""Names of values inside of structs and cells, as MATLAB and Octave write them.

Contents
--------
NUMERIC
    The classes of numbers, and their types in numpy.
TEXT
    The types of text, of MATLAB and of Octave.
MOST_ENTRIES, DEEPEST
    How many values of structs and cells are listed, and how far inside.
element_name
    The name of an element of a cell, `C{2}`, or of a struct array, `s(2)`.
require_modest
    Refuse structs and cells without an end.
"""

from __future__ import annotations

from collections.abc import Sequence

from linmem.files.readers.stored import DamagedFileError

NUMERIC = {
    "double": "float64",
    "single": "float32",
    "logical": "bool",
    "sparse": "sparse",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
TEXT = ("string", "sq_string", "char", "null_string", "null_sq_string")
MOST_ENTRIES = 10_000
DEEPEST = 16


def element_name(label: str, place: int, shape: Sequence[int], brackets: str = "{}") -> str:
    """The name of an element, by its place from 0 with rows counted first.

    Examples
    --------
    >>> element_name("C", 1, (1, 3)), element_name("C", 2, (2, 2)), element_name("s", 0, (1, 2), "()")
    ('C{2}', 'C{1,2}', 's(1)')
    """
    long = [length for length in shape if length != 1]
    if len(long) <= 1:
        return f"{label}{brackets[0]}{place + 1}{brackets[1]}"
    numbers = []
    for length in shape:
        place, number = divmod(place, length)
        numbers.append(str(number + 1))
    return f"{label}{brackets[0]}{','.join(numbers)}{brackets[1]}"


def require_modest(depth: int, count: int) -> None:
    """Refuse values that are nested too deeply, or are too many.

    Raises
    ------
    DamagedFileError
        If there are more than any file of weights has.
    """
    if depth > DEEPEST or count > MOST_ENTRIES:
        raise DamagedFileError(
            f"it has more than {MOST_ENTRIES} values in structs and cells, or more than {DEEPEST} levels"
        )
