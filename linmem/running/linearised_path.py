r"""Cells along their path as time-varying linear networks: what small noise and small signals do.

Conventions
-----------
x_t = F(x_{t-1}, s_t) + z_t, and to first order in the noise and in a change of the inputs the state moves from its path
as the time-varying network with A_t = dF/dx and B_t = dF/ds at (x_{t-1}, s_t). Fisher memory at noise variance e is
J / e to leading order as e goes to 0; J here is that of the variances that are given.

Contents
--------
Noise
    The variances of what enters a step, and where it enters.
LinearisedPath, DiagonalPath, LinearisedPaths, linearise
    The network of a path, that of a selective cell, and those of many paths.
combinations_of_inputs
    What the measured inputs are of those of a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from scipy.linalg import helmert

from linmem.cells.cell import DiagonalCell, require_jacobians
from linmem.cells.lstm import LSTMCell
from linmem.cells.plain import RNNCell
from linmem.cells.trajectory import Trajectory
from linmem.errors import AccuracyError, ArgumentError
from linmem.gramian.diagonal_paths import DiagonalSteps, curve_of_diagonals, curves_of_diagonals
from linmem.gramian.many_paths import LARGEST, Paths, curves_at
from linmem.gramian.methods import BestAnswer
from linmem.gramian.time_varying import Readout
from linmem.linalg.structure import binary_exponent
from linmem.memory.along_path import MeasuredAlongPath
from linmem.running.results import CurvesAlongPaths, in_units_of_network
from linmem.running.steps import finite_steps
from linmem.running.time_varying_network import TimeVaryingNetwork
from linmem.running.validity import LimitsOfLinearity, limits_of_linearity
from linmem.validation import RTOL, number, option

PLACES = ("after", "before")


@dataclass(frozen=True)
class Noise:
    """Independent Gaussian noise in every unit of every step.

    Attributes
    ----------
    hidden
        The variance in h (of a cell in current form, in u).
    cell
        The variance in c of an LSTM; 0 for all other cells.
    where
        "after": added to the new state, h after its nonlinearity, c after h is read from it. "before": of a plain cell
        in rate form, to the preactivation, so that h gets f' times the noise; of an LSTM, to c before h is read from
        it, so that h carries it too.

    Raises
    ------
    ArgumentError
        If a variance is negative or not finite, both are 0, or there is no such place.

    Examples
    --------
    >>> Noise(hidden=0.01)
    Noise(hidden=0.01, cell=0.0, where='after')
    """

    hidden: float = 0.0
    cell: float = 0.0
    where: str = "after"

    def __post_init__(self) -> None:
        for name in ("hidden", "cell"):
            object.__setattr__(self, name, number(name, getattr(self, name), at_least=0))
        option("where", self.where, PLACES)
        if self.hidden == 0 and self.cell == 0:
            raise ArgumentError("hidden and cell are 0; memory is measured against some noise: give a variance")


@dataclass(frozen=True, eq=False, repr=False)
class LinearisedPath(TimeVaryingNetwork):
    """The time-varying network of a path, as `linearise` returns it.

    It knows what it is made of: the `trajectory`, the `given_noise`, a `Noise` or a variance, and the `input`.
    """

    trajectory: Any = None
    given_noise: Any = None
    input: int | str | None = None

    @property
    def full_columns(self) -> int | None:
        """As of the cell: `recurrent_columns`."""
        return cast(Trajectory, self.trajectory).cell.recurrent_columns

    @cached_property
    def combinations(self) -> np.ndarray | None:
        """What the measured inputs are of those of the cell: see `combinations_of_inputs`."""
        return combinations_of_inputs(self.input, cast(Trajectory, self.trajectory).cell.n_inputs)

    @property
    def measured_inputs(self) -> int:
        """The number of inputs, or of combinations of them, that are measured."""
        X = self.combinations
        return self.trajectory.cell.n_inputs if X is None else X.reshape(len(X), -1).shape[1]

    def limits_of_linearity(self, at: int | str = -1) -> LimitsOfLinearity:
        """How large the noise may be for the measures after step `at` ("all": after any)."""
        stop, _ = self.steps_until(-1 if isinstance(at, str) else at, None)
        return limits_of_linearity(self.trajectory, self.path, stop, self.noise_variance)


@dataclass(frozen=True, eq=False, repr=False)
class DiagonalPath(LinearisedPath):
    """The network of a path of a selective state-space cell, whose A_t are diagonal.

    Its curve is a closed form where all of the state is read; other measures form matrices of n x n numbers.
    """

    def _of_function(self) -> dict[str, Any]:
        size, X = self.trajectory.cell.state_size, self.combinations
        return {"steps": self.trajectory.steps, "size": size, "feedforward_is_matrix": X is None or X.ndim == 2}

    @cached_property
    def input_exponent(self) -> int:
        """As of `TimeVaryingNetwork`."""
        return binary_exponent(self._diagonals(0, 1)[1])

    def _diagonals(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """The diagonals of A, (k, n), and B, (k, n, d)."""
        path, X = self.trajectory, self.combinations
        X = None if X is None else X.reshape(len(X), -1)
        with np.errstate(all="ignore"):
            return path.cell.diagonal_jacobian(path.states[start:stop], path.inputs[start:stop], X)

    def _given_step(self, start: int, stop: int) -> tuple[np.ndarray, ...]:
        """Matrices, or an error where they are too large."""
        require_jacobians(stop - start, self.size, self.size)
        A, B = self._diagonals(start, stop)
        return A[..., None] * np.eye(self.size), B if self.feedforward_is_matrix else B[..., 0]

    @cached_property
    def _steps(self) -> DiagonalSteps:
        def scaled(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
            A, B = self._diagonals(start, stop)
            finite_steps("A", A, start)
            finite_steps("B", B, start)
            return A, np.ldexp(B, -self.input_exponent)

        return DiagonalSteps(scaled, self.trajectory.steps, self.size, self.measured_inputs)

    def _answer_at(self, stop: int, lags: int, readout: Readout, rtol: float) -> BestAnswer:
        if not readout.is_whole_state:
            return super()._answer_at(stop, lags, readout, rtol)
        return curve_of_diagonals(self._steps, stop, lags, rtol)

    def _answer_at_all_ends(self, lags: int, readout: Readout, rtol: float) -> BestAnswer:
        if not readout.is_whole_state:
            return super()._answer_at_all_ends(lags, readout, rtol)
        return curves_of_diagonals(self._steps, lags, rtol)


@dataclass(frozen=True, eq=False)
class LinearisedPaths(MeasuredAlongPath):
    """The networks of many paths of one cell, as `linearise` returns them; `networks[i]` is that of one path.

    Attributes
    ----------
    trajectory, noise, input
        As of `linearise`.
    """

    trajectory: Trajectory
    noise: Noise | float
    input: int | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", self.trajectory.steps)

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the trajectory."""
        return self.trajectory.states.shape[:-2]

    def __getitem__(self, place: int | tuple[int, ...]) -> LinearisedPath | LinearisedPaths:
        return linearise(self.trajectory[place], noise=self.noise, input=self.input)

    def fisher_memory_curve(
        self,
        lags: int | None = None,
        *,
        at: int | str = -1,
        observe: Any = None,
        readout_noise: float = 0.0,
        rtol: float = RTOL,
    ) -> CurvesAlongPaths:
        """J(k) of each path after step `at`: small cells side by side, others one after the other."""
        if isinstance(at, str):
            raise ArgumentError("at is a word, but there are several paths; take one of them: networks[0]")
        first = self._flat(0)
        stop, count = first.steps_until(at, lags)
        paths = int(np.prod(self.shape))
        d = first.measured_inputs
        values, error = np.empty((2, paths, count, d, d))
        relative, method = np.full(paths, np.inf), np.full(paths, "products", "U11")
        side_by_side = first.size <= LARGEST and observe is None and not readout_noise
        if side_by_side and _deviations(first.trajectory, self.noise, 0, 1) is not None:
            exponent = first.input_exponent
            together = Paths(lambda *which: self._chunk(exponent, *which), paths, first.size, d)
            values, error, relative = curves_at(together, stop, count)
            variance = 1.0 if isinstance(self.noise, Noise) else self.noise
            values, error = in_units_of_network(values, error, exponent, variance)
        for i in np.flatnonzero(~(relative <= rtol)):
            try:
                curve = self._flat(int(i)).fisher_memory_curve(
                    count, at=at, observe=observe, readout_noise=readout_noise, rtol=rtol
                )
            except AccuracyError as failure:
                curve = failure.result
            relative[i] = np.inf if curve is None else curve.relative_error
            method[i] = "none" if curve is None else curve.method
            values[i], error[i] = (
                (np.nan, np.inf)
                if curve is None
                else (array.reshape(count, d, d) for array in (curve.values, curve.error))
            )
        axes = (*self.shape, count, *((d, d) if first.feedforward_is_matrix else ()))
        arrays = values.reshape(axes), error.reshape(axes), relative.reshape(self.shape), method.reshape(self.shape)
        curves = CurvesAlongPaths(self, np.arange(count), *arrays, stop - 1)
        if not relative.max() <= rtol:
            worst = int(np.argmax(relative))
            raise AccuracyError(float(relative[worst]), rtol, curves, reason=f"path {worst} of {paths} is known least")
        return curves

    def _flat(self, number: int) -> LinearisedPath:
        return cast(LinearisedPath, self[tuple(map(int, np.unravel_index(number, self.shape)))])

    def _chunk(self, exponent: int, first: int, last: int, start: int, stop: int) -> tuple[Any, ...]:
        """A, B and the deviations of the noise of some paths, the leading axes as one, and some of their steps."""
        path = self.trajectory
        inputs, states = (array.reshape(-1, *array.shape[-2:])[first:last] for array in (path.inputs, path.states))
        some = Trajectory(path.cell, inputs, states)
        A, B = some.jacobians(start, stop)
        M = path.cell.n_inputs
        columns = combinations_of_inputs(self.input, M)
        B = B if columns is None else B @ columns.reshape(M, -1)
        deviations = _deviations(some, self.noise, start, stop) if isinstance(self.noise, Noise) else None
        return A, np.ascontiguousarray(np.ldexp(B, -exponent)), deviations

    def fisher_memory_matrix(self, *_: Any, **__: Any) -> Any:
        """Of one path: networks[i]."""
        raise _of_one_path("fisher_memory_matrix")

    def spatial_fisher_memory(self, **_: Any) -> Any:
        """Of one path: networks[i]."""
        raise _of_one_path("spatial_fisher_memory")

    def memory_function(self, *_: Any, **__: Any) -> Any:
        """Of one path: networks[i]."""
        raise _of_one_path("memory_function")

    def growth(self, steps: int) -> Any:
        """Of one path: networks[i]."""
        raise _of_one_path("transient_growth")


def _of_one_path(measure: str) -> ArgumentError:
    return ArgumentError(f"network has several paths; {measure} is of one of them: pass networks[0], networks[1], ...")


def linearise(trajectory: Trajectory, *, noise: Noise | float, input: int | str | None = None) -> Any:
    r"""The time-varying linear network of a path, on which the measures of memory are taken: a `LinearisedPath`, or
    `LinearisedPaths` of several sequences.

    Nothing of size T n^2 is kept: the Jacobians are built again when they are needed.

    Parameters
    ----------
    trajectory
        One path of a cell of this package, or several: then the curve is that of each.
    noise
        A `Noise`, or the variance in every number of the state. Without a default: memory is in units of the noise,
        and for gated cells it depends on where the noise enters.
    input
        The number of one input, from 0; None for all of them. "contrasts": M - 1 combinations of unit length that keep
        the sum of the inputs, orthogonal to each other. Of one-hot inputs no other changes can happen: one of them
        cannot change alone.

    Raises
    ------
    ArgumentError
        If there is no such input, or the noise is one that the cell does not have.

    Examples
    --------
    >>> import numpy as np
    >>> import linmem as lm
    >>> cell = lm.RNNCell(np.diag([1.0, 1.0], -1), np.eye(3)[:, :1], nonlinearity="linear")
    >>> path = lm.trajectory(cell, np.zeros(6))
    >>> (1 / lm.fisher_memory_curve(lm.linearise(path, noise=1.0), 3).values).round(12)     # a delay line
    array([1., 2., 3.])
    """
    if not isinstance(trajectory, Trajectory):
        raise ArgumentError(f"trajectory is a {type(trajectory).__name__}; it must come from linmem.trajectory")
    columns = combinations_of_inputs(input, trajectory.cell.n_inputs)
    given = noise if isinstance(noise, Noise) else None
    if given is not None:
        _require_possible(trajectory, given)
    checked: Any = given if given is not None else number("noise", noise, above=0)
    if trajectory.states.ndim != 2:
        return LinearisedPaths(trajectory, checked, input)

    def steps(start: int, stop: int) -> tuple[np.ndarray, ...]:
        A, B = trajectory.jacobians(start, stop)
        B = B if columns is None else np.ascontiguousarray(B @ columns)
        return (A, B) if given is None else (A, B, _factors(trajectory, given, start, stop))

    name = f"path of {trajectory.steps} steps of {type(trajectory.cell).__name__}"
    variance = 1.0 if given is not None else checked  # of a `Noise` the steps return the factors
    kind = LinearisedPath
    if isinstance(trajectory.cell, DiagonalCell):
        kind, variance = DiagonalPath, variance if given is None else given.hidden
    return kind(
        steps,
        noise=variance,
        steps=trajectory.steps,
        name=name,
        trajectory=trajectory,
        given_noise=checked,
        input=input,
    )


def combinations_of_inputs(input: int | str | None, M: int) -> np.ndarray | None:
    """What the measured inputs are of those of a cell: (M,) for one, (M, d) for d combinations, None for all.

    Raises
    ------
    ArgumentError
        If there is no such input.
    """
    if isinstance(input, str) and input == "contrasts" and M > 1:
        return helmert(M).T
    if input is None and M > 1:
        return None
    which = 0 if input is None else input
    if isinstance(which, (bool, str)) or not (isinstance(which, (int, np.integer)) and 0 <= which < M):
        contrasts = ", 'contrasts'" if M > 1 else ""
        raise ArgumentError(f"input is {input!r}; it must be None{contrasts} or one of 0 to {M - 1}")
    return np.eye(M)[which]


def _require_possible(trajectory: Trajectory, noise: Noise) -> None:
    cell = trajectory.cell
    if noise.cell and not isinstance(cell, LSTMCell):
        raise ArgumentError(f"noise has a variance of c, {noise.cell:g}, but {type(cell).__name__} has no c")
    in_rates = isinstance(cell, RNNCell) and cell.form == "rate"
    if noise.where == "before" and not in_rates and not isinstance(cell, LSTMCell):
        raise ArgumentError(
            f"noise enters before, but {type(cell).__name__} has no such place; take where='after', or a variance of "
            "the whole state"
        )


def _deviations(trajectory: Trajectory, noise: Noise | float, start: int, stop: int) -> np.ndarray | None:
    """The standard deviations of independent noise in the numbers of the state, (..., k, n); None where it is not."""
    cell = trajectory.cell
    states, inputs = trajectory.states[..., start:stop, :], trajectory.inputs[..., start:stop, :]
    if not isinstance(noise, Noise):
        return np.full(states.shape, np.sqrt(noise))
    if isinstance(cell, LSTMCell):
        if noise.where == "before" and noise.cell:
            return None
        of_state = np.repeat(np.sqrt([noise.hidden, noise.cell]), [cell.outputs, cell.n])
        return np.broadcast_to(of_state, states.shape).copy()
    if noise.where == "before" and isinstance(cell, RNNCell):
        return np.sqrt(noise.hidden) * cell.leak * np.abs(cell.slopes(states, inputs))
    return np.full(states.shape, np.sqrt(noise.hidden))


def _factors(trajectory: Trajectory, noise: Noise, start: int, stop: int) -> np.ndarray:
    """G of the steps, (k, n, n), with Q = G G'."""
    deviations = _deviations(trajectory, noise, start, stop)
    if deviations is not None:
        return deviations[..., None] * np.eye(deviations.shape[-1])
    cell = cast(LSTMCell, trajectory.cell)  # of all cells it alone has noise that several units share
    states, inputs = trajectory.states[start:stop], trajectory.inputs[start:stop]
    P = cell.outputs
    of_hidden, of_cell = np.sqrt([noise.hidden, noise.cell])
    G = np.repeat(np.diag(np.repeat([of_hidden, of_cell], [P, cell.n]))[None], stop - start, axis=0)
    G[:, :P, P:] = of_cell * cell.hidden_by_cell(states, inputs)
    return G
