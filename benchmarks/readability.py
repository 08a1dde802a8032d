"""How readable the package is, in numbers: density, lengths, comments, names, and the way of one curve.

    python benchmarks/readability.py                     the whole package, and the way of one curve
    python benchmarks/readability.py linmem/balls        one folder or file, with the functions that are out of bounds

Density is the number of nodes of the syntax tree of a function over its lines, its docstring, its annotations and blank
lines left out: annotations say what a name is, and code without them would seem lighter.
The body of a function begins after its docstring, and its lines of code are counted. A comment counts where it stands
on a line of its own or behind code. The way of a curve is traced: the functions of the package that run between the
call of `fisher_memory_curve` and its result, the files that they stand in, and how often the next function entered
stands in another file than the one before.
"""

from __future__ import annotations

import argparse
import ast
import io
import statistics
import sys
import tokenize
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_DENSE, LONGEST_BODY, LONGEST_FILE = 15, 40, 400
# names that say nothing of the thing they stand for
VAGUE = {"one", "found", "left", "seen", "heard", "told", "moved", "shown", "asked", "wanted", "kept", "made", "given"}


def sources(place: Path) -> list[Path]:
    """The Python files below a folder, data folders left out; or the file itself."""
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return [file for file in files if "data" not in file.parts]


def comment_lines(text: str) -> set[int]:
    """The numbers of the lines that hold a comment, directives to tools left out."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    directives = ("# type:", "# noqa", "# pragma")
    return {
        token.start[0] for token in tokens if token.type == tokenize.COMMENT and not token.string.startswith(directives)
    }


def code_lines(text: str) -> set[int]:
    """The numbers of the lines that hold code: comments, blank lines and docstrings left out."""
    skipped = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node, clean=False):
            lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return lines


def without_annotations(function: ast.FunctionDef) -> ast.FunctionDef:
    """The function with the annotations of its arguments and results taken off."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return function


def functions(text: str) -> list[tuple[str, int, float, int]]:
    """Name, first line, density, and lines of body of every function; those inside another count for themselves too."""
    code, lines, measured = code_lines(text), text.splitlines(), []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef):
            continue
        docstring = ast.get_docstring(node, clean=False) is not None
        body = node.body[1:] if docstring else node.body
        if not body:
            continue
        last = node.end_lineno or node.lineno
        written = set(range(node.lineno, last + 1))
        if docstring:
            written -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
        nodes = sum(1 for _ in ast.walk(without_annotations(node))) - 2 * docstring
        filled = sum(bool(lines[number - 1].strip()) for number in written)
        length = len(code & set(range(body[0].lineno, last + 1)))
        measured.append((node.name, node.lineno, nodes / filled, length))
    return measured


def density(text: str) -> float:
    """The mean density of the functions of a file, each weighed by its lines."""
    measured = functions(text)
    lines = sum(length for *_, length in measured)
    return sum(dense * length for *_, dense, length in measured) / max(lines, 1)


def bound_names(text: str) -> list[str]:
    """Every name that is bound: assigned, a loop variable, or an argument."""
    names = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.arg):
            names.append(node.arg)
    return names


def way_of_a_curve() -> tuple[int, int, int]:
    """Files, functions, and moves between files, from a network to its Fisher memory curve by the method "fast"."""
    import linmem as lm

    network = lm.ginibre(20, gain=0.9, rng=0)
    lm.fisher_memory_curve(lm.ginibre(20, gain=0.9, rng=1), lags=5)  # imports and compilation are not counted
    package, entered = str(ROOT / "linmem"), []

    def trace(frame, event, argument):
        code = frame.f_code
        comprehension = code.co_name.startswith("<") and code.co_name != "<lambda>"
        if event == "call" and code.co_filename.startswith(package) and not comprehension:
            entered.append((code.co_filename, code.co_qualname))

    sys.setprofile(trace)
    try:
        lm.fisher_memory_curve(network, lags=5)
    finally:
        sys.setprofile(None)
    files = [file for file, _ in entered]
    return len(set(files)), len(set(entered)), sum(a != b for a, b in pairwise(files))


def measure(place: Path) -> None:
    """Print the table of a place."""
    texts = {file: file.read_text(encoding="utf-8") for file in sources(place)}
    every = [(file, *function) for file, text in texts.items() for function in functions(text)]
    total = {file: len(text.splitlines()) for file, text in texts.items()}
    code = sum(len(code_lines(text)) for text in texts.values())
    comments = sum(len(comment_lines(text)) for text in texts.values())
    names = [name for text in texts.values() for name in bound_names(text)]
    vague = sum(name in VAGUE for name in names)
    print(f"{place.relative_to(ROOT)}: {sum(total.values())} lines, {len(texts)} files, {len(every)} functions")
    if not every:
        return
    print(f"  nodes a line, median of functions   {statistics.median(density for *_, density, _ in every):.1f}")
    print(f"  comments, share of lines with code  {100 * comments / code:.1f} %")
    print(f"  vague names, share of bound names   {100 * vague / len(names):.1f} %")
    print(f"  functions with more than {LONGEST_BODY} lines of body   {sum(long > LONGEST_BODY for *_, long in every)}")
    print(f"  files of more than {LONGEST_FILE} lines   {sum(lines > LONGEST_FILE for lines in total.values())}")


def outliers(place: Path) -> None:
    """Print the functions and files that are out of bounds."""
    for file in sources(place):
        text = file.read_text(encoding="utf-8")
        name = file.relative_to(ROOT)
        if len(text.splitlines()) > LONGEST_FILE:
            print(f"  {name}: {len(text.splitlines())} lines")
        for function, line, density, length in functions(text):
            if length > LONGEST_BODY or density > MOST_DENSE:
                print(f"  {name}:{line} {function}: {length} lines of body, {density:.1f} nodes a line")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in VAGUE:
                print(f"  {name}:{node.lineno} the name {node.id!r}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="*", help="folders or files; the whole package where none is given")
    chosen = parser.parse_args().places
    if chosen:
        for place in map(Path, chosen):
            measure(place.resolve())
            outliers(place.resolve())
        return
    package = ROOT / "linmem"
    for place in [package, *sorted(path for path in package.iterdir() if path.is_dir()), ROOT / "analysis"]:
        if place.name != "__pycache__":
            measure(place)
    sys.path.insert(0, str(ROOT))
    files, routes, moves = way_of_a_curve()
    print(f"the way of one curve: {files} files, {routes} functions, {moves} moves between files")


if __name__ == "__main__":
    main()
