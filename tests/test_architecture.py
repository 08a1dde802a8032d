"""How the rooms of the package may lean on each other: data flows forwards, imports point backwards."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import linmem
from benchmarks import readability

PACKAGE = Path(linmem.__file__).parent
ORDER = [
    "errors",
    "reasons",
    "measured",
    "plotted",
    "remembering",
    "progress",
    "enclosure",
    "writing",
    "kernels",
    "linalg",
    "balls",
    "validation",
    "network",
    "diagonal_network",
    "state_space_layer",
    "connectivity",
    "cells",
    "files",
    "gramian",
    "memory",
    "preparation",
    "running",
    "simulation",
    "nonnormality",
    "exchange",
    "certification",
    "symbolic",
    "learning",
    "claims",
    "plotting",
    "charts",
    "reporting",
    "exploring",
    "sweeps",
    "cli",
    "__main__",
]
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "data" not in path.relative_to(PACKAGE).parts)
HEAVY = ["bokeh", "matplotlib", "sympy", "flint", "dask", "xarray", "numba", "scipy"]
OWNERS = {
    "flint": "balls",
    "bokeh": "charts",
    "matplotlib": "plotting",
    "numba": "kernels",
    "sympy": "symbolic",
    "zarr": "sweeps",
    "xarray": "exchange",
    "pandas": "exchange",
    "control": "exchange",
    "distributed": "sweeps",
}


def name_of(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def room_of(name):
    """The room of `linmem.gramian.methods` is gramian; the package itself has none."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else None


def imported(source):
    """All that a module imports, at its head or in a function: `from linmem import validation` is linmem.validation."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "linmem":
                yield from (f"linmem.{alias.name}" for alias in node.names if not alias.name.startswith("__version"))
            else:
                yield node.module


def forward_imports(name, source, order=ORDER):
    """The rooms of the package that a module imports although they come after its own."""
    own = room_of(name)
    rooms = {room_of(target) for target in imported(source) if target.split(".")[0] == "linmem"} - {None, own}
    return sorted(room for room in rooms if own is not None and order.index(room) > order.index(own))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_backwards(path):
    if room_of(name_of(path)):
        assert room_of(name_of(path)) in ORDER, "a new room: give it its place in ORDER"
    assert forward_imports(name_of(path), path.read_text()) == []


def test_forward_imports_are_seen():
    """Negative control, at the head of a module and inside a function."""
    assert forward_imports("linmem.network", "from linmem.memory.fisher import total_fisher_memory") == ["memory"]
    assert forward_imports("linmem.linalg.stein", "def f():\n    from linmem import cli, errors") == ["cli"]
    assert forward_imports("linmem.memory.fisher", "import linmem.gramian.methods, linmem.memory.stacks") == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_foreign_libraries_have_one_room_each(path):
    for target in imported(path.read_text()):
        owner = OWNERS.get(target.split(".")[0])
        assert owner in (None, room_of(name_of(path))), f"{target} belongs to {owner}"


def test_every_owner_uses_its_library():
    """Negative control: the rule above is not empty."""
    found = {
        (target.split(".")[0], room_of(name_of(path))) for path in MODULES for target in imported(path.read_text())
    }
    assert set(OWNERS.items()) <= found


@pytest.mark.parametrize("path", sorted((PACKAGE / "kernels").glob("*.py")), ids=name_of)
def test_kernels_import_numpy_and_numba_and_raise_nothing(path):
    tree = ast.parse(path.read_text())
    foreign = {name.split(".")[0] for name in imported(path.read_text()) if not name.startswith("linmem.kernels.")}
    assert foreign - sys.stdlib_module_names <= {"numpy", "numba", "llvmlite"}
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.Raise, ast.Assert))]
    assert "fastmath" not in path.read_text()


# Calls that factorise, invert or solve with a covariance, or set a rank by a threshold. Rooms that may do so own the
# error of what comes out; everything else asks `linmem.gramian` for a quantity whose error is known.
SOLVERS = {
    "cholesky",
    "cho_factor",
    "cho_solve",
    "inv",
    "solve",
    "solve_triangular",
    "solve_discrete_lyapunov",
    "solve_continuous_lyapunov",
    "matrix_rank",
    "pinv",
    "lstsq",
}
SOLVER_ROOMS = {"linalg", "gramian", "balls", "kernels"}
EXCEPTIONS = {  # files: the calls in them, and why they are no second route to a covariance of noise
    "linmem/nonnormality/*.py": ({"solve", "solve_triangular"}, "resolvents, and pencils of the field of values"),
    "linmem/simulation/*.py": ({"cholesky", "solve_triangular"}, "drawing coloured noise; covariances of trials"),
    "linmem/symbolic/*.py": ({"inv"}, "exact arithmetic of symbols"),
    "linmem/running/fixed_points.py": ({"solve"}, "Jacobians of the step of a cell, which are no covariances"),
    "linmem/claims/feedback_chains.py": (
        {"inv", "solve_discrete_lyapunov"},
        "claim D5 is about the textbook formula, which it shows fail",
    ),
    "linmem/claims/capacity.py": (
        {"lstsq", "solve_discrete_lyapunov"},
        "a control of claim E4: the Gram matrix solved as it stands, which must fail",
    ),
    "analysis/where_doubles_fail_along_steps.py": (
        {"inv", "cholesky", "solve_triangular"},
        "two routes of users, which it shows fail, and the inverse in arithmetic of many bits",
    ),
    "analysis/where_doubles_fail.py": ({"inv", "solve_discrete_lyapunov"}, "the textbook formula, which it shows fail"),
}


def solver_calls(source):
    """The names of solvers that a module calls, as a function or as a method."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
    return names & SOLVERS


def excepted(place, exceptions):
    """The solvers that a file may call."""
    return {call for pattern, (calls, _) in exceptions.items() if Path(place).match(pattern) for call in calls}


SCRIPTS = sorted((PACKAGE.parent / "analysis").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES + SCRIPTS, ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_covariances_are_solved_in_the_rooms_that_know_the_error(path):
    place = str(path.relative_to(PACKAGE.parent))
    if path in MODULES and room_of(name_of(path)) in SOLVER_ROOMS:
        return
    allowed = excepted(place, EXCEPTIONS)
    assert solver_calls(path.read_text()) <= allowed, "ask linmem.gramian, by a public measure, or state the exception"


@pytest.mark.parametrize("pattern", EXCEPTIONS)
def test_exceptions_are_needed(pattern):
    """An exception that no file makes use of is removed from the list."""
    calls, _ = EXCEPTIONS[pattern]
    assert calls == set().union(*(solver_calls(path.read_text()) for path in PACKAGE.parent.glob(pattern)))


def test_second_routes_are_seen():
    """Negative control: functions, methods, and what is imported under its own name."""
    source = "from scipy.linalg import inv\nL = np.linalg.cholesky(C)\nX = inv(C)\nr = factor.solve(b)\nresolve(x)"
    assert solver_calls(source) == {"cholesky", "inv", "solve"}
    assert excepted("linmem/reporting/contents.py", EXCEPTIONS) == set()


def test_modules_are_named_after_what_they_are():
    stems = {part.removesuffix(".py") for path in MODULES for part in path.relative_to(PACKAGE).parts}
    assert not stems & {"utils", "util", "helpers", "helper", "common", "misc", "tools"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_their_public_names_are_documented(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            if any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list):
                continue  # the function itself follows
            assert ast.get_docstring(node) or "kernels" in path.parts, node.name


# Words at the beginning of a line of a "Contents" section are names, separated by commas.
CONTENTS = re.compile(r"^Contents\n-+\n(.*?)(?=^\S+\n-+\n|\Z)", re.MULTILINE | re.DOTALL)


def contents_of(docstring):
    """The names that the Contents section of a docstring lists."""
    section = CONTENTS.search(docstring or "")
    lines = section[1].splitlines() if section else []
    return {
        name.strip() for line in lines if line and not line[0].isspace() for name in line.split(",") if name.strip()
    }


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_the_contents_of_a_room_are_its_modules(path):
    tree = ast.parse(path.read_text())
    own = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    own |= {name.id for node in tree.body if isinstance(node, ast.Assign) for name in node.targets}
    listed = contents_of(ast.get_docstring(tree)) - own
    modules = {other.stem for other in path.parent.glob("*.py")} - {"__init__"}
    modules |= {folder.name for folder in path.parent.iterdir() if (folder / "__init__.py").exists()}
    if listed & modules:  # rooms whose words are functions list those instead
        assert listed == modules


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__init__.py"], ids=name_of)
def test_the_contents_of_a_module_exist(path):
    tree = ast.parse(path.read_text())
    bound = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        bound |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    assert contents_of(ast.get_docstring(tree)) <= bound


def test_contents_are_found():
    """Negative control."""
    assert contents_of("Title.\n\nContents\n--------\na, b\n    What they are.\nc\n    More.\n") == {"a", "b", "c"}


def cycle_in(imports):
    """Modules that import each other in a circle, or none; `imports` maps a module to those that it imports."""
    done: set[str] = set()

    def visit(module, way):
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        done.add(module)
        return next(filter(None, (visit(target, [*way, module]) for target in imports.get(module, ()))), [])

    return next(filter(None, (visit(module, []) for module in imports)), [])


def test_no_modules_import_each_other_in_a_circle():
    """At the heads of modules; what a function imports is loaded later."""
    imports = {}
    for path in MODULES:
        heads = [node for node in ast.parse(path.read_text()).body if isinstance(node, (ast.Import, ast.ImportFrom))]
        targets = set(imported("\n".join(map(ast.unparse, heads))))
        imports[name_of(path)] = {target for target in targets if target.startswith("linmem.")}
    assert cycle_in(imports) == []


def test_a_circle_is_noticed():
    """Negative control."""
    assert cycle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert cycle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_are_short(path):
    text = path.read_text()
    assert len(text.splitlines()) <= readability.LONGEST_FILE
    if "kernels" not in path.parts:
        long = [name for name, *_, length in readability.functions(text) if length > readability.LONGEST_BODY]
        assert long == []


def test_the_vocabulary_does_not_grow_unnoticed():
    assert len(linmem.__all__) <= 161


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_bare_asserts(path):
    """Asserts vanish under -O: what goes wrong is raised."""
    assert not [node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Assert)]


def loaded_after(statements):
    """Which modules a fresh interpreter holds after the statements."""
    script = f"{statements}\nimport sys\nprint('\\n'.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_import_is_light():
    loaded = loaded_after("import linmem")
    assert "linmem" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("linmem.LinearNetwork([[0.5]], [1])", ["matplotlib", "sympy", "flint"]),
        ("linmem.fisher_memory_curve(linmem.ginibre(5, rng=0))", ["matplotlib", "sympy", "flint"]),
        ("from linmem import cli", ["matplotlib", "sympy", "flint", "numba"]),
    ],
)
def test_what_is_not_used_is_not_loaded(statement, absent):
    assert not loaded_after(f"import linmem\n{statement}") & set(absent)


def test_balls_load_flint():
    """Negative control for the test before: what is used is loaded."""
    assert "flint" in loaded_after("import linmem.balls.fisher")


@pytest.mark.parametrize("name", linmem.__all__)
def test_the_vocabulary_can_be_imported(name):
    assert getattr(linmem, name) is not None
    assert name in dir(linmem)


def test_no_word_is_also_a_room():
    """Importing a submodule binds its name: it would stand where the function should."""
    assert not set(linmem.__all__) & {path.stem for path in PACKAGE.iterdir()}


def test_unknown_words_are_refused():
    with pytest.raises(AttributeError, match="has no attribute 'fisher_memory_curv'"):
        linmem.fisher_memory_curv  # noqa: B018


# --- the tests themselves ---

TESTS = Path(__file__).parent
TEST_MODULES = sorted(
    path for path in TESTS.rglob("*.py") if not {"samples", "frameworks"} & set(path.relative_to(TESTS).parts)
)


@pytest.mark.parametrize("path", TEST_MODULES, ids=lambda path: str(path.relative_to(TESTS)))
def test_tests_are_a_package_and_import_each_other_by_their_whole_names(path):
    """Other libraries install a `tests` of their own: without these packages theirs is found."""
    assert (path.parent / "__init__.py").exists()
    tops = {target.split(".")[0] for target in imported(path.read_text())}
    assert not tops & {other.stem for other in TEST_MODULES if other.stem != "__init__"}
