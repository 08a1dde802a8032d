"""How frameworks store state-space layers: one row for each way.

Conventions
-----------
Names decide, with `/` written as `.`: a row fits where all of its names stand in one place of the model. The versions
are those that were run: the kernel of the layer, made from its arrays as a row says, was the kernel of the framework.

Contents
--------
StateSpaceLayout
    One row: names, what the file does not say, what most people guess wrong.
STATE_SPACE_LAYOUTS
    The rows, of which the first that fits is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StateSpaceLayout:
    """One way to store the weights of a state-space layer.

    Attributes
    ----------
    kind
        "S4D", "S5", "LRU", "Mamba", "Mamba-2" or "RG-LRU".
    framework, version
        What writes files so, and the version that was run.
    arrays
        The names of the arrays by their role, as in `StoredStateSpace.arrays`; the first is what the row is known by.
    beside
        Names that must stand beside them, and are not read.
    optional
        Names by role of arrays that may be there.
    asks
        The arguments of `StoredStateSpace.layer` that the file does not answer.
    why
        The others that it has: why they are refused.
    note
        What a reader of the numbers must know.
    refusal
        Why no layer is read, in words that continue "its arrays"; "" for all others.
    """

    kind: str
    framework: str
    version: str
    arrays: dict[str, str]
    beside: tuple[str, ...] = ()
    optional: dict[str, str] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    why: str = ""
    note: str = ""
    refusal: str = ""


GATES = {
    "recurrent_gate_weight": "recurrent_gate_weight",
    "recurrent_gate_bias": "recurrent_gate_bias",
    "input_gate_weight": "input_gate_weight",
    "input_gate_bias": "input_gate_bias",
}
OWN_STEP = "the step is in the file"

STATE_SPACE_LAYOUTS = (
    StateSpaceLayout(
        "S4D",
        "state-spaces/s4, s4d.py",
        "2ed46fc",
        {"A_real": "log_A_real", "A_imag": "A_imag", "step": "log_dt", "C": "C"},
        asks=("discretisation",),
        why=OWN_STEP,
        note="a = -exp(log_A_real) + i A_imag, dt = exp(log_dt), b = 1; C holds real and imaginary parts, without "
        "the factor 2 of y = 2 Re(C x); the code runs the zero-order hold",
    ),
    StateSpaceLayout(
        "S4D",
        "state-spaces/s4 of 2022, ESPnet",
        "202511",
        {"A_real": "inv_A_real", "A_imag": "A_imag", "step": "log_dt", "B": "B", "C": "C"},
        asks=("discretisation", "transforms"),
        why=OWN_STEP,
        note="a = -f(inv_A_real) + i A_imag; the array A beside them is not used, and its real part stays as it was "
        "before training; y = 2 Re(C x)",
    ),
    StateSpaceLayout(
        "S4",
        "state-spaces/s4",
        "",
        {"A_real": "A_real", "P": "P", "step": "inv_dt"},
        refusal="are those of S4, a diagonal matrix and a term of low rank, P, so that its modes are not A; no layer "
        "of it is read",
    ),
    StateSpaceLayout(
        "S4D",
        "state-spaces/s4, lrnnx",
        "1.0.0.post1",
        {"A_real": "A_real", "A_imag": "A_imag", "step": "inv_dt", "B": "B", "C": "C"},
        asks=("discretisation", "step", "transforms"),
        note="a = -f(A_real) - i g(A_imag), the other sign than in s4d.py; dt is exp or softplus of inv_dt; "
        "y = 2 Re(C x)",
    ),
    StateSpaceLayout(
        "S5",
        "s5-pytorch",
        "0.2.1",
        {"Lambda": "Lambda", "B": "B", "C": "C", "step": "log_step"},
        asks=("discretisation",),
        why=OWN_STEP,
        note="y = Re(C x) without a factor 2; Lambda starts as conjugate pairs, but each mode has a step of its own, "
        "so that the modes in discrete time are no pairs: conjugates are implied of all of them",
    ),
    StateSpaceLayout(
        "S5",
        "lindermanlab/S5",
        "",
        {"Lambda_re": "Lambda_re", "C1": "C1", "C2": "C2"},
        refusal="are those of an S5 layer that meets the sequence from both ends, C1 and C2; no layer of it is read",
    ),
    StateSpaceLayout(
        "S5",
        "lindermanlab/S5",
        "52fbd83",
        {"Lambda_re": "Lambda_re", "Lambda_im": "Lambda_im", "B": "B", "C": "C", "step": "log_step"},
        asks=("discretisation", "conj_sym"),
        why=OWN_STEP,
        note="y = 2 Re(C x) where conj_sym, the default, and Re(C x) where not: the file is the same",
    ),
    StateSpaceLayout(
        "LRU",
        "lru-pytorch",
        "0.1.3",
        {"nu_log": "nu_log", "theta_log": "theta_log", "gamma_log": "gamma_log", "B": "B", "C": "C"},
        why="an LRU is in discrete time",
        note="l = exp(-exp(nu_log) + i exp(theta_log)), exp(gamma_log) multiplies B, and y = Re(C x), without a factor "
        "2; gamma is trained, and no longer sqrt(1 - |l|^2) then",
    ),
    StateSpaceLayout(
        "Mamba",
        "transformers",
        "5.24.0",
        {"A_log": "A_log", "x_proj": "x_proj.weight", "dt_weight": "dt_proj.weight", "dt_bias": "dt_proj.bias"},
        optional={"norm": "dt_layernorm.weight"},
        asks=("step",),
        why="Mamba holds A over the step, and not b",
        note="a = -exp(A_log); the input makes dt, b and c at every step. x_proj holds dt, b and c, one after the "
        "other. FalconMamba has the same names and shapes, but its code normalises dt, b and c; those of "
        "state-spaces/mamba have the same names too",
    ),
    StateSpaceLayout(
        "Mamba-2",
        "transformers",
        "5.24.0",
        {"A_log": "A_log", "dt_bias": "dt_bias"},
        beside=("in_proj.weight", "conv1d.weight", "D"),
        asks=("step",),
        why="Mamba-2 holds A over the step, and not b",
        note="one a = -exp(A_log) for each head, whose numbers all decay alike; a limit of the steps, time_step_limit, "
        "is in config.json; files of state-spaces/mamba have the same names",
    ),
    StateSpaceLayout(
        "RG-LRU",
        "transformers RecurrentGemma",
        "5.24.0",
        {"recurrent_param": "recurrent_param", **GATES},
        why="the input sets its gate at every step",
        note="blocks are (heads, input, output), the other way round than nn.Linear; at the first position of a text "
        "the input is not multiplied by sqrt(1 - a^2): `RGLRUCell.first_state`",
    ),
)
