"""The table of frameworks in docs/guide/weights.md: python -m tests.files.layout_table writes it; a test compares."""

from pathlib import Path

from linmem.files.layouts import LAYOUTS

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "weights.md"
BEGIN, END = "<!-- table of frameworks: begin -->", "<!-- table of frameworks: end -->"
ORIENTATIONS = {"column": "columns", "row": "rows, transposed", "": "columns are assumed, and that is said"}
UPDATES = {"keeps": "h' = (1 - z) n + z h", "replaces": "h' = (1 - z) h + z n"}


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


def table():
    return "\n".join(rows())


def page():
    """The page with the table of today."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page())
