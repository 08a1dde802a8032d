#!/usr/bin/env bash
# Bokeh 3.9.2: `model.on_event(event, callback)` on a model that already belongs to a document is accepted, is listed in
# `model.subscribed_events`, and the browser sends the event; but the callback is never called, and nothing says so. The document
# asks only those models for their callbacks that had one when they were attached. `on_change`, its sibling for properties, works
# before and after. A live page that builds a figure, puts it into a layout and then adds a handler has a dead handler.
# Seen: of two figures of one layout, the handler added before attaching is called and the one added after is not.
# Exits with an error if Bokeh no longer does this.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q bokeh==3.9.2
cat >"$folder/events.py" <<'PYTHON'
import sys

from bokeh.document import Document
from bokeh.events import Tap
from bokeh.models import Column
from bokeh.plotting import figure

called = []
document, layout = Document(), Column()
document.add_root(layout)
early, late = figure(), figure()
early.on_event(Tap, lambda event: called.append("before"))
layout.children = [early, late]
late.on_event(Tap, lambda event: called.append("after"))
for each in (early, late):  # as a message of the browser does
    document.callbacks.trigger_event(Tap(each, sx=0, sy=0, x=0, y=0))
renamed = []
late.on_change("name", lambda name, old, new: renamed.append(new))
late.name = "late"
print(f"handlers called: {called}; the late figure lists {list(late.subscribed_events)}; late on_change: {renamed}")
sys.exit(not (called == ["before"] and "tap" in late.subscribed_events and renamed == ["late"]))
PYTHON
"$folder/venv/bin/python" "$folder/events.py" || { echo "the behaviour has changed" >&2; exit 1; }
