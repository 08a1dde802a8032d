"""How frameworks store recurrent weights: one row for each way.

Conventions
-----------
Names decide. A name is compared with `/` written as `.`, and whatever stands before the last parts that a row describes
is the place of the cell in its model. "column" is said of arrays that multiply columns, W h, as in this package and in
PyTorch; "row" of those that multiply rows, h W, as in Keras and Flax. The versions are those that were run: one step of
the cell, made by hand from its arrays, was the step of the framework.

Contents
--------
Layout
    One row: names, orientation, order of gates, biases.
LAYOUTS
    The rows, of which the first that matches is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LSTM = ("input", "forget", "cell", "output")
GRU = ("reset", "update", "new")


@dataclass(frozen=True)
class Layout:
    """One way to store the weights of a cell.

    Attributes
    ----------
    framework, version, cells
        What writes files so: "" for names that no framework gives.
    names
        The names of W as a reader of the documentation knows them.
    recurrent
        A regular expression for the last parts of the name of W. Its groups `stem` and `gate` stand in the other names.
    partners
        The names of the other arrays by their role, the most common first: "feedforward" for V; "bias" and
        "hidden_bias", which belong to the input and to the state; "projection"; "new_bias", of the new gate alone.
    convention
        "column" or "row"; "" where the names do not tell it.
    gates
        The gates in the order of their blocks in one array, by the number of blocks.
    named_gates
        The gates of arrays that hold one gate each, by the part of their name.
    beside
        A regular expression, one of the names beside W must match it; "" where nothing else need be there.
    declared
        Whether the format itself must name the framework.
    concatenated
        Whether the array of W also holds V: it multiplies the input and the state, one after the other.
    reset
        Where a GRU resets the state: "after" its product with W, or "before"; "" where the names do not tell it.
    update
        "keeps" for h' = (1 - z) n + z h; "replaces" for h' = (1 - z) h + z n.
    forget_bias
        What the code of the framework adds to the bias of the forget gate.
    nonlinearity
        That of a plain cell, where its framework has only one.
    note
        What a reader of the numbers must know.
    refusal
        Why no network is read, in words that continue "the array"; "" for all others.
    """

    framework: str
    version: str
    cells: str
    names: str
    recurrent: str
    partners: dict[str, tuple[str, ...]]
    convention: str
    gates: dict[int, tuple[str, ...]] = field(default_factory=dict)
    named_gates: dict[str, str] = field(default_factory=dict)
    beside: str = ""
    declared: bool = False
    concatenated: bool = False
    reset: str = ""
    update: str = "keeps"
    forget_bias: float = 0.0
    nonlinearity: str = ""
    note: str = ""
    refusal: str = ""


PYTORCH = {
    "feedforward": ("weight_ih{stem}",),
    "bias": ("bias_ih{stem}", "bias{stem}"),
    "hidden_bias": ("bias_hh{stem}",),
    "projection": ("weight_hr{stem}",),
}
KERAS_GATES = {4: LSTM, 3: ("update", "reset", "new")}
FLAX_LSTM = {"i": "input", "f": "forget", "g": "cell", "o": "output"}
FLAX_GRU = {"r": "reset", "z": "update", "n": "new"}
FLAX_GATE = {
    "feedforward": ("i{gate}.kernel{stem}", "i{gate}_.kernel{stem}"),
    "bias": ("i{gate}.bias{stem}", "i{gate}_.bias{stem}"),
    "hidden_bias": ("h{gate}.bias{stem}",),
}
VALUE = r"(?P<stem>(\.(raw_)?value)?)"  # which some ways of saving a module of nnx write after the name
HAND_WRITTEN = r"(?P<stem>h2h|hh|h_to_h|hidden_to_hidden|hidden2hidden|recurrent|rec|W_?hh|W_?rec|w_?hh|w_?rec)"
INPUTS_BY_HAND = ("i2h", "in2h", "input2h", "x2h", "ih", "input", "inp", "W_in", "W_ih", "w_in", "w_ih", "Win", "Wih")

LAYOUTS = (
    # --- trained networks ---
    Layout(
        "equinox",
        "0.13.8",
        "LSTMCell, GRUCell",
        "weight_hh, beside one bias",
        r"weight_hh(?P<stem>)",
        {"feedforward": ("weight_ih",), "bias": ("bias",), "new_bias": ("bias_n",)},
        "column",
        {4: LSTM, 3: GRU},
        beside=r"bias(_n)?",
        reset="after",
    ),
    Layout(
        "PyTorch",
        "2.13.0",
        "nn.RNN, nn.LSTM, nn.GRU and their cells",
        "weight_hh_l0, weight_hh_l0_reverse, weight_hh",
        r"weight_hh(?P<stem>(_l\d+)?(_reverse)?)",
        PYTORCH,
        "column",
        {4: LSTM, 3: GRU},
        reset="after",
    ),
    Layout(
        "Keras",
        "3.15.1",
        "SimpleRNN, LSTM, GRU in .h5 files with names",
        "recurrent_kernel",
        r"recurrent_kernel(?P<stem>(:\d+)?)",
        {"feedforward": ("kernel{stem}",), "bias": ("bias{stem}",)},
        "row",
        KERAS_GATES,
    ),
    Layout(
        "Keras",
        "3.15.1",
        "SimpleRNN, LSTM, GRU in .keras and .weights.h5",
        "gru/cell/vars/1, simple_rnn_cell/vars/1, forward_layer/cell/vars/1",
        r"(?P<stem>((simple_rnn|gru|lstm)(_cell)?(_\d+)?|forward_layer|backward_layer)(\.cell)?)\.vars\.1",
        {"feedforward": ("{stem}.vars.0",), "bias": ("{stem}.vars.2",)},
        "row",
        KERAS_GATES,
    ),
    Layout(
        "Keras",
        "3.15.1",
        "SimpleRNN, LSTM, GRU in .keras, whose configuration names the class",
        "cell/vars/1",
        r"(?P<stem>\w*cell\w*)\.vars\.1",
        {"feedforward": ("{stem}.vars.0",), "bias": ("{stem}.vars.2",)},
        "row",
        KERAS_GATES,
        declared=True,
    ),
    Layout(
        "Flax",
        "0.12.8",
        "linen and nnx LSTMCell, linen OptimizedLSTMCell",
        "hi/kernel, hf/kernel, hg/kernel, ho/kernel",
        rf"h(?P<gate>[ifgo])\.kernel{VALUE}",
        FLAX_GATE,
        "row",
        named_gates=FLAX_LSTM,
    ),
    Layout(
        "Flax",
        "0.12.8",
        "linen GRUCell",
        "hr/kernel, hz/kernel, hn/kernel",
        rf"h(?P<gate>[rzn])\.kernel{VALUE}",
        FLAX_GATE,
        "row",
        named_gates=FLAX_GRU,
        reset="after",
    ),
    Layout(
        "Flax",
        "0.12.8",
        "linen SimpleCell",
        "h/kernel",
        rf"h\.kernel{VALUE}",
        {"feedforward": ("i.kernel{stem}",), "bias": ("i.bias{stem}",), "hidden_bias": ("h.bias{stem}",)},
        "row",
        beside=r"i\.kernel.*",
    ),
    Layout(
        "Flax",
        "0.12.8",
        "nnx OptimizedLSTMCell, GRUCell, SimpleCell",
        "dense_h/kernel",
        rf"dense_h\.kernel{VALUE}",
        {
            "feedforward": ("dense_i.kernel{stem}",),
            "bias": ("dense_i.bias{stem}",),
            "hidden_bias": ("dense_h.bias{stem}",),
        },
        "row",
        {4: LSTM, 3: GRU},
        reset="after",
    ),
    Layout(
        "Haiku",
        "0.0.17",
        "LSTM",
        "lstm/linear/w, of input and state",
        r"(?P<stem>lstm(_\d+)?)\.linear\.w",
        {"bias": ("{stem}.linear.b",)},
        "row",
        {4: ("input", "cell", "forget", "output")},
        concatenated=True,
        forget_bias=1.0,
        note="1 is added to the bias of the forget gate in the code, not in the file",
    ),
    Layout(
        "Haiku",
        "0.0.17",
        "GRU",
        "gru/w_h",
        r"(?P<stem>gru(_\d+)?)\.w_h",
        {"feedforward": ("{stem}.w_i",), "bias": ("{stem}.b",)},
        "row",
        {3: ("update", "reset", "new")},
        reset="before",
        update="replaces",
    ),
    Layout(
        "Haiku",
        "0.0.17",
        "VanillaRNN",
        "vanilla_rnn/linear_1/w",
        r"(?P<stem>vanilla_rnn(_\d+)?)\.linear_1\.w",
        {"feedforward": ("{stem}.linear.w",), "bias": ("{stem}.linear.b",), "hidden_bias": ("{stem}.linear_1.b",)},
        "row",
        nonlinearity="relu",
    ),
    Layout(
        "ONNX",
        "1.23.2",
        "RNN, LSTM, GRU operators",
        "the input R of the operator",
        r"(?P<stem>forward|backward)\.R",
        {
            "feedforward": ("{stem}.W",),
            "bias": ("{stem}.Wb",),
            "hidden_bias": ("{stem}.Rb",),
            "peepholes": ("{stem}.P",),
        },
        "column",
        {4: ("input", "output", "forget", "cell"), 3: ("update", "reset", "new")},
        declared=True,
    ),
    Layout(
        "MLX",
        "0.32.4",
        "nn.GRU",
        "Wh, beside bhn",
        r"Wh",
        {"feedforward": ("Wx",), "bias": ("b",), "new_bias": ("bhn",)},
        "column",
        {3: GRU},
        beside=r"bhn",
        reset="after",
    ),
    # --- spiking networks and reservoirs ---
    Layout(
        "snnTorch",
        "1.0.0",
        "RLeaky, RSynaptic with all-to-all recurrence",
        "recurrent.weight, beside a threshold",
        r"recurrent\.weight(?P<stem>)",
        {"hidden_bias": ("recurrent.bias",)},
        "column",
        beside=r"threshold|reset_mechanism_val",
        note="spiking: W multiplies spikes, and the leak beta is not in W",
    ),
    Layout(
        "norse",
        "1.1.0",
        "recurrent cells",
        "recurrent_weights",
        r"recurrent_weights",
        {"feedforward": ("input_weights",)},
        "column",
        note="spiking: W enters times dt tau_syn_inv, and the leak is not in W",
    ),
    Layout(
        "ncps",
        "1.0.1",
        "LTC",
        "w, beside erev",
        r"w",
        {},
        "row",
        beside=r"erev",
        refusal="holds conductances of an LTC cell of ncps, whose sign is in erev and whose effect depends on the "
        "state, so that there is no W; choose another array by name, recurrent=..., or linearise the running cell",
    ),
    Layout(
        "ncps",
        "1.0.1",
        "the LSTM of CfC and LTC with mixed memory",
        "recurrent_map.weight",
        r"recurrent_map\.weight",
        {"feedforward": ("input_map.weight",), "bias": ("input_map.bias",)},
        "column",
        {4: ("cell", "input", "forget", "output")},
        beside=r"input_map\.weight",
        forget_bias=1.0,
        note="1 is added to the bias of the forget gate in the code, not in the file",
    ),
    Layout(
        "PsychRNN",
        "1.0.0",
        "LSTM",
        "W_rec, beside W_f",
        r"W_rec",
        {},
        "row",
        beside=r"W_f",
        refusal="is not used by the LSTM of PsychRNN, whose gates are W_f, W_i, W_c and W_o of state and input, one "
        'after the other; choose one by name, recurrent=..., and pass convention="row"',
    ),
    Layout(
        "PsychRNN",
        "1.0.0",
        "Basic",
        "W_rec, beside rec_connectivity",
        r"W_rec",
        {"feedforward": ("W_in",), "bias": ("b_rec",)},
        "column",
        beside=r"rec_connectivity|dale_ratio|output_connectivity",
        note="W multiplies rates; the step is (1 - alpha) s + alpha W f(s), and alpha is not in the file",
    ),
    Layout(
        "linmem",
        "",
        "trained networks and saved networks of this package",
        "recurrent, beside feedforward",
        r"recurrent",
        {"feedforward": ("feedforward",), "bias": ("bias",)},
        "column",
        {4: LSTM},
        beside=r"feedforward",
    ),
    # --- names that no framework gives ---
    Layout(
        "PyTorch",
        "2.13.0",
        "nn.Linear in cells that are written by hand",
        "h2h.weight, W_hh.weight, recurrent.weight, ...",
        rf"{HAND_WRITTEN}\.weight",
        {
            "feedforward": tuple(f"{name}.weight" for name in INPUTS_BY_HAND),
            "bias": tuple(f"{name}.bias" for name in INPUTS_BY_HAND),
            "hidden_bias": ("{stem}.bias",),
        },
        "column",
    ),
    Layout(
        "",
        "",
        "names that no framework gives",
        "W, weights, connectivity, W_rec, w_hh, recurrent",
        # "weight" alone is the name of every layer inside a model
        r"(W|(?<!\.)weights?|connectivity|recurrent|[Ww]_?(rec|hh))",
        {
            "feedforward": ("feedforward", "V", "v", "W_in", "Win", "w_in", "win", "W_ih", "w_ih", "Wih"),
            "bias": ("bias", "b", "b_in", "b_ih", "bias_ih"),
            "hidden_bias": ("b_rec", "b_hh", "bias_rec", "bias_hh", "bh", "b_h"),
        },
        "",
    ),
)
