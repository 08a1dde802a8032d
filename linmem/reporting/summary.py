"""The first screen of a report: a verdict in three sentences, four numbers with what they compare with, and the origin.

Contents
--------
Summary, KeyNumber
    What stands above the sections.
summary_of
    The summary of a network.
origin_of
    What was analysed with what, as names and values.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy

import linmem as lm
from linmem import __version__
from linmem.measured import Measured, shown
from linmem.reasons import Reason, derived
from linmem.reporting.subject import Subject
from linmem.validation import RTOL

NEARLY_NORMAL = 1.1  # times what a normal network has
LITTLE = 0.25  # of the memory of the best input


@dataclass(frozen=True)
class KeyNumber:
    """A number with its error in words, and what it compares with."""

    name: str
    value: Any
    error: str
    reference: str


@dataclass(frozen=True)
class Summary:
    """What stands above the sections of a page.

    Attributes
    ----------
    tags
        A few words each: stability, size, kind of time.
    verdict
        Sentences.
    numbers
        The numbers that matter most.
    origin
        What was analysed with what, by name.
    """

    tags: tuple[str, ...] = ()
    verdict: tuple[str, ...] = ()
    numbers: tuple[KeyNumber, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)


def summary_of(subject: Subject, origin: Mapping[str, str]) -> Summary:
    """Verdict, numbers and origin of a network."""
    return Summary(_tags(subject), _verdict(subject), _numbers(subject), {**origin, **origin_of(subject)})


def _tags(subject: Subject) -> tuple[str, ...]:
    stability = subject.network.stability
    word = {True: "stable", False: "unstable", None: "stability not decided"}[stability.stable]
    of = "abscissa" if subject.is_continuous else "radius"
    d = len(subject.inputs)
    inputs = "no input given" if not d else f"{d} input{'s' * (d > 1)}"
    time = "continuous time" if subject.is_continuous else "discrete time"
    return f"{word}, {of} {shown(stability.value, 4)}", f"{subject.network.size} units", inputs, time


# --- verdict ---


def _verdict(subject: Subject) -> tuple[str, ...]:
    return _of_memory(subject), _of_normality(subject), _of_trust(subject)


def _of_memory(subject: Subject) -> str:
    best, given = _total(subject, subject.with_best_input), _total(subject, subject.with_given_input)
    if isinstance(best, Reason):
        return f"How much it remembers is not known ({best})."
    n = subject.network.size
    compared = "" if subject.is_continuous else f"; every normal network holds 1, and none holds more than {n}"
    steps = "" if subject.horizon is None else f" (of the last {subject.horizon} steps)"
    text = f"For its best input this network holds {shown(float(best), 3)} units of memory{steps}{compared}."
    if not subject.inputs or isinstance(given, Reason):
        return f"{text} No input is given."
    whose = "the given input" if len(subject.inputs) == 1 else f"{subject.strongest_input}, the best of those given,"
    share = float(given) / float(best)
    where = ", since it enters where little is kept" if share < LITTLE else ""
    return f"{text[:-1]}. For {whose} it holds {shown(float(given), 3)}, {share:.0%} of that{where}."


def _of_normality(subject: Subject) -> str:
    best, growth = _total(subject, subject.with_best_input), subject.growth
    henrici = lm.henrici_departure(subject.network, relative=True)
    departure = f"Henrici's departure is {shown(float(henrici), 2)} on a scale from 0 (normal) to 1"
    if isinstance(best, Reason) or isinstance(growth, Reason):
        return f"{departure}; whether that makes memory is not known."
    peak = f"a state grows at most {shown(float(growth.peak), 3)}-fold"
    if subject.network.stability.stable is not True:
        peak = f"a state grows {shown(float(growth.peak), 3)}-fold by {_time(subject)}, and goes on growing"
    elif growth.peak_step:
        peak += f", after {_time(subject)}"
    if henrici == 0:
        return f"The network is normal: {departure}, and {peak}."
    if subject.is_continuous:
        return f"{departure}, and {peak}."
    if float(best) < NEARLY_NORMAL:
        return f"It is not non-normal in the way that makes memory: {departure}, but {peak}, and memory is near 1."
    return f"It is non-normal in the way that makes memory: {departure}, and {peak}."


def _time(subject: Subject) -> str:
    time = subject.growth.times[subject.growth.peak_step]
    return f"a time of {time:.3g}" if subject.is_continuous else f"step {time}"


def _of_trust(subject: Subject) -> str:
    """The largest relative error of the memory, and the digits that the rounding of the weights leaves."""
    known = _known_curves(subject)
    if not known:
        return "No number on memory can be trusted; the sections say why."
    error, method = max((float(curve.relative_error), curve.method) for curve in known)
    text = f"The memory is right to a relative error of {error:.0e} for the weights as stored (method: {method})"
    return f"{text}; what the noise, the nonlinearity and the input of the real network are is an assumption."


def _known_curves(subject: Subject) -> list[Any]:
    curves = subject.curve(subject.with_best_input), subject.curve(subject.with_given_input)
    return [curve for curve in curves if not isinstance(curve, Reason)]


def _total(subject: Subject, network: Any) -> Any:
    return derived(subject.curve(network), lambda curve: curve.total)


# --- numbers ---


def _numbers(subject: Subject) -> tuple[KeyNumber, ...]:
    n = subject.network.size
    best, given = _total(subject, subject.with_best_input), _total(subject, subject.with_given_input)
    capacity = derived(subject.decoded(subject.with_all_inputs), lambda decoded: decoded.capacity)
    peak = derived(subject.growth, lambda growth: growth.peak)
    of_normal = "" if subject.is_continuous else f"1 of a normal network, at most N = {n}"
    whose = subject.strongest_input if len(subject.inputs) > 1 else "given input"
    numbers = [
        _number("Memory, best input", best, of_normal or "units of 1 / noise variance"),
        _number(f"Memory, {whose}", given, "" if subject.is_continuous else "1 in the mean over unit inputs"),
        _number(f"Capacity at SNR {subject.snr:g}", capacity, f"signals recovered, at most N = {n}"),
        _number("Largest growth", peak, "1 of a normal stable network"),
    ]
    return tuple(number for number in numbers if not (subject.is_continuous and number.name.startswith("Capacity")))


def _number(name: str, value: Any, reference: str) -> KeyNumber:
    if isinstance(value, Reason):
        return KeyNumber(name, value, "", reference)
    error = value.error if isinstance(value, Measured) else None
    return KeyNumber(name, float(value), "" if not error else f"± {error:.0e}", reference)


# --- origin ---


def origin_of(subject: Subject) -> dict[str, str]:
    """The hash of the weights as they are analysed, tolerance and versions."""
    W = np.ascontiguousarray(subject.given.dense())
    kind = f"{W.shape[0]} × {W.shape[1]} {W.dtype}"
    methods = {curve.method for curve in _known_curves(subject)}
    return {
        f"{subject.matrix_name} as analysed": f"{kind}, SHA-256 {hashlib.sha256(W.tobytes()).hexdigest()[:16]}",
        "noise": f"variance {subject.given.noise_variance:.6g}",
        "tolerance": f"rtol {RTOL:g}, method {', '.join(sorted(methods)) or 'none'}",
        "versions": f"linmem {__version__}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"Python {sys.version.split()[0]}",
    }
