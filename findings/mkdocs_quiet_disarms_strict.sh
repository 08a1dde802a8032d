#!/usr/bin/env bash
# mkdocs build --strict (MkDocs 1.6.1) ends with an error where a page has a broken link, but with --quiet beside it the same
# build ends with exit code 0: --quiet raises the level of the logger, the warnings never reach the counter that --strict
# reads, and the broken site is built. A job that is silenced to shorten its log checks nothing any more.
# Exits with an error if MkDocs no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q mkdocs==1.6.1
mkdir "$folder/docs"
printf 'site_name: site\n' >"$folder/mkdocs.yml"
printf '# Page\n\nA link to [a page that does not exist](gone.md).\n' >"$folder/docs/index.md"
cd "$folder"
strict=0 quiet=0
venv/bin/mkdocs build --strict --site-dir "$folder/one" >/dev/null 2>&1 || strict=$?
venv/bin/mkdocs build --strict --quiet --site-dir "$folder/two" >/dev/null 2>&1 || quiet=$?
echo "MkDocs 1.6.1, a page with a broken link: --strict ends with $strict, --strict --quiet with $quiet"
[ "$strict" -ne 0 ] && [ "$quiet" -eq 0 ] || { echo "the behaviour has changed" >&2; exit 1; }
