r"""What the arrays of state-space layers mean: eigenvalues, input weights and readout in discrete time.

Conventions
-----------
Each kind is one function of the stored arrays by role, of which `linmem.files.state_space_layouts` has the names. A
shape that does not fit is a ValueError, which the caller turns into an error about the file.

Contents
--------
Answers
    What the file does not say.
Weights
    Eigenvalues, input weights and readout.
WEIGHTS
    The function of each kind with a fixed step.
SELECTIVE
    What the selective cells take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from linmem.cells.nonlinearities import NONLINEARITIES
from linmem.errors import ArgumentError
from linmem.linalg.discretisation import is_aliased, modes_in_steps

LARGEST_CLIPPED = -1e-4  # of the real part, in S5 with clip_eigs
softplus = NONLINEARITIES["softplus"].function
TRANSFORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "softplus": softplus,
    "sigmoid": expit,
    "none": np.asarray,
}


@dataclass(frozen=True)
class Answers:
    """The arguments of `StoredStateSpace.layer`, which has checked them; empty where they are not asked."""

    discretisation: str
    step: Any
    conj_sym: bool
    transforms: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Weights:
    """l, B and C of y = Re(C x), as `StateSpaceLayer` takes them, and what else its name says."""

    eigenvalues: np.ndarray
    feedforward: np.ndarray
    readout: np.ndarray | None
    said: tuple[str, ...] = ()


def _s4d(arrays: dict[str, np.ndarray], answers: Answers) -> Weights:
    """S4D: a system for each channel; A, B of fewer channels than C are those of every so many."""
    C = _complex(arrays["C"])
    if C.ndim == 3:
        if len(C) != 1:
            raise ArgumentError(
                f"C holds {len(C)} outputs of each channel, as of a layer that meets the sequence from both ends; "
                "no layer of it is read"
            )
        C = C[0]
    H, n = C.shape
    if "B" not in arrays:  # s4d.py, where b is 1
        a, b = -np.exp(arrays["A_real"]) + 1j * arrays["A_imag"], np.ones((1, n))
    else:
        real, imaginary = (TRANSFORMS[word] for word in answers.transforms)
        # the files that hold inv_dt keep -Im(a)
        sign = -1 if answers.step is not None else 1
        a = -real(arrays["A_real"]) + sign * 1j * imaginary(arrays["A_imag"])
        b = _complex(arrays["B"]).reshape(-1, n)
    a, b = (np.tile(_of_shape(part, (len(part), n)), (H // len(part), 1)) for part in (a, b))
    dt = _steps_of_s4d(arrays["step"], answers.step, H, n)
    return _discretised(a, b, dt, 2 * _of_shape(C, a.shape), answers)


def _steps_of_s4d(stored: np.ndarray, step: Any, H: int, n: int) -> np.ndarray:
    """dt, (H, 1) or (H, n): of log_dt, or as the user says what inv_dt means."""
    if step is None or isinstance(step, str):
        words = ("exp", "softplus")
        if step is not None and step not in words:
            raise ArgumentError(f"step is {step!r}; it must be 'exp' or 'softplus', or the steps themselves")
        dt = TRANSFORMS[step or "exp"](stored)
    else:
        dt = _positive_steps(step, H)
    dt = dt.reshape(len(dt), -1)
    if dt.shape not in ((H, 1), (H, n)):
        raise ValueError("the steps are not one of each channel")
    return dt


def _s5(arrays: dict[str, np.ndarray], answers: Answers) -> Weights:
    """S5: one system for all channels."""
    a = arrays["Lambda"] if "Lambda" in arrays else arrays["Lambda_re"] + 1j * arrays["Lambda_im"]
    if a.ndim != 1:
        raise ValueError("the eigenvalues have several axes")
    if "Lambda_re" in arrays and (a.real > LARGEST_CLIPPED).any():
        raise ArgumentError(
            f"Lambda_re holds {a.real.max():g}, and the file does not say whether the model clips it (clip_eigs), "
            f"which makes {LARGEST_CLIPPED:g} of all above it; clip the array, or make a StateSpaceLayer of .arrays"
        )
    b, C = _complex(arrays["B"]), arrays["C"]
    C = C if np.iscomplexobj(C) else _complex(C)
    if C.ndim == 2 and C.shape[1] == 2 * len(a):
        raise ArgumentError(
            "C has two columns for each mode, as of a layer that meets the sequence from both ends, of which no layer "
            "is read"
        )
    dt = np.exp(arrays["step"]).reshape(-1)
    if len(dt) not in (1, len(a)) or b.ndim != 2 or b.shape[0] != len(a) or C.ndim != 2 or C.shape[1] != len(a):
        raise ValueError("there is not one of each mode")
    weights = _discretised(a[:, None], b, dt[:, None], (2 if answers.conj_sym else 1) * C, answers)
    return Weights(weights.eigenvalues[:, 0], weights.feedforward, weights.readout, weights.said)


def _lru(arrays: dict[str, np.ndarray], _: Answers) -> Weights:
    """LRU: one system for all channels, in discrete time."""
    nu = arrays["nu_log"]
    own = np.exp(-np.exp(nu) + 1j * np.exp(_of_shape(arrays["theta_log"], nu.shape)))
    B, C = arrays["B"].astype(complex), arrays["C"].astype(complex)
    gamma = np.exp(_of_shape(arrays["gamma_log"], own.shape))
    if own.ndim != 1 or B.ndim != 2 or len(B) != len(own) or C.ndim != 2 or C.shape[1] != len(own):
        raise ValueError("there is not one of each mode")
    return Weights(own, gamma[:, None] * B, C)


def _mamba(arrays: dict[str, np.ndarray], answers: Answers) -> Weights:
    """Mamba, and Mamba-2 with one mode for each head, at a step that does not change."""
    a = -np.exp(arrays["A_log"])
    a = a.reshape(len(a), -1)
    of_bias = isinstance(answers.step, str)
    if of_bias:
        if answers.step != "bias":
            raise ArgumentError(f"step is {answers.step!r}; it must be numbers, or 'bias'")
        dt = softplus(_of_shape(arrays["dt_bias"], a.shape[:1]))
    else:
        dt = _positive_steps(answers.step, len(a))
    said = "step softplus(dt_bias)" if of_bias else "step given"
    return Weights(np.exp(dt[:, None] * a), np.broadcast_to(dt[:, None], a.shape), None, (said, "b = 1"))


def _discretised(a: np.ndarray, b: np.ndarray, dt: np.ndarray, C: np.ndarray, answers: Answers) -> Weights:
    """l and B of modes in continuous time."""
    eigenvalues, feedforward = modes_in_steps(a, b, dt, answers.discretisation)
    aliased = int(np.sum(is_aliased(a, dt, answers.discretisation)))
    said = (f"{aliased} of {eigenvalues.size} modes aliased",) if aliased else ()
    return Weights(eigenvalues, feedforward, C, said)


def _selective_ssm(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """A, the weights of dt and of b, and the bias of dt: x_proj holds dt, b and c, one after the other."""
    A, x_proj, weight = -np.exp(arrays["A_log"]), arrays["x_proj"], arrays["dt_weight"]
    if A.ndim != 2 or weight.ndim != 2 or x_proj.shape != (weight.shape[1] + 2 * A.shape[1], len(A)):
        raise ValueError("x_proj does not hold dt, b and c")
    if len(weight) != len(A):
        raise ValueError("dt is not one of each channel")
    rank, n = weight.shape[1], A.shape[1]
    return A, weight @ x_proj[:rank], x_proj[rank : rank + n], _of_shape(arrays["dt_bias"], A.shape[:1])


def _rg_lru(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """What `RGLRUCell` takes, in its order."""
    L, blocks = arrays["recurrent_param"], arrays["recurrent_gate_weight"]
    if (
        L.ndim != 1
        or blocks.ndim != 3
        or blocks.shape[1] != blocks.shape[2]
        or blocks.shape[0] * blocks.shape[1] != len(L)
    ):
        raise ValueError("the gates are not blocks")
    biases = (_of_shape(arrays[name], blocks.shape[:2]) for name in ("recurrent_gate_bias", "input_gate_bias"))
    return L, blocks, _of_shape(arrays["input_gate_weight"], blocks.shape), *biases


def _complex(pairs: np.ndarray) -> np.ndarray:
    """Complex numbers of an array whose last axis is their real and imaginary part."""
    if np.iscomplexobj(pairs) or pairs.ndim < 2 or pairs.shape[-1] != 2:
        raise ValueError("the last axis is not that of real and imaginary parts")
    return np.asarray(pairs[..., 0] + 1j * pairs[..., 1])


def _of_shape(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if array.shape != shape:
        raise ValueError(f"an array is {array.shape} and not {shape}")
    return array


def _positive_steps(step: Any, channels: int) -> np.ndarray:
    """The steps that the user gives, one of each channel."""
    try:
        dt = np.broadcast_to(np.asarray(step, float), (channels,))
    except (TypeError, ValueError):
        raise ArgumentError(f"step is {step!r:.60}; it must be a number, or {channels} numbers") from None
    if not (np.isfinite(dt) & (dt > 0)).all() or isinstance(step, (bool, np.bool_)):
        raise ArgumentError(f"step is {step!r:.60}; every step must be a finite number above 0")
    return dt


WEIGHTS: dict[str, Callable[[dict[str, np.ndarray], Answers], Weights]] = {
    "S4D": _s4d,
    "S5": _s5,
    "LRU": _lru,
    "Mamba": _mamba,
    "Mamba-2": _mamba,
}
SELECTIVE: dict[str, Callable[[dict[str, np.ndarray]], tuple[np.ndarray, ...]]] = {
    "Mamba": _selective_ssm,
    "RG-LRU": _rg_lru,
}
