"""The tables in docs/guide/weights.md: python -m tests.files.layout_table writes them, and a test compares."""

from pathlib import Path

from linmem.files.layouts import LAYOUTS
from linmem.files.state_space_layouts import STATE_SPACE_LAYOUTS

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "weights.md"
ORIENTATIONS = {"column": "columns", "row": "rows, transposed", "": "columns are assumed, and that is said"}
UPDATES = {"keeps": "h' = (1 - z) n + z h", "replaces": "h' = (1 - z) h + z n"}


def marks(subject):
    """What stands before and after a table on the page."""
    return f"<!-- table of {subject}: begin -->", f"<!-- table of {subject}: end -->"


def rows():
    yield "| framework | cells | names of W | orientation | order of gates | what else |"
    yield "|---|---|---|---|---|---|"
    for layout in LAYOUTS:
        framework = " ".join(filter(None, [layout.framework, layout.version])) or "any"
        gates = [" ".join(order) for order in layout.gates.values()]
        if layout.named_gates:
            gates = ["one array each"]
        cells = (framework, layout.cells, f"`{layout.names}`", ORIENTATIONS[layout.convention], "; ".join(gates))
        yield f"| {' | '.join(cells)} | {remarks(layout)} |"


def remarks(layout):
    """What the last column says."""
    said = []
    has_gru = "update" in {gate for order in layout.gates.values() for gate in order} | set(layout.named_gates.values())
    if has_gru:
        said.append(f"GRU: {UPDATES[layout.update]}")
    if has_gru and layout.reset:
        said.append(f"reset {layout.reset} the product with W")
    if layout.concatenated:
        said.append("the array multiplies the input and the state, one after the other")
    if layout.note:
        said.append(layout.note)
    if layout.refusal:
        said.append(f"refused: the array {layout.refusal}")
    return "; ".join(said)


def rows_of_state_space():
    yield "| layer | framework | names | asked, as no file says it | what most people guess wrong |"
    yield "|---|---|---|---|---|"
    for layout in STATE_SPACE_LAYOUTS:
        framework = " ".join(filter(None, [layout.framework, layout.version]))
        names = ", ".join(f"`{name}`" for name in (*layout.arrays.values(), *layout.beside))
        asked = ", ".join(f"`{argument}`" for argument in layout.asks)
        said = f"refused: its arrays {layout.refusal}" if layout.refusal else layout.note
        yield f"| {layout.kind} | {framework} | {names} | {asked} | {said} |"


def page():
    """The page with the tables of today."""
    text = PAGE.read_text()
    for subject, lines in (("frameworks", rows()), ("state-space layers", rows_of_state_space())):
        begin, end = marks(subject)
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = "\n".join([f"{before}{begin}", *lines, f"{end}{after}"])
    return text


if __name__ == "__main__":
    PAGE.write_text(page())
