r"""Time-varying linear networks: the weights, the input weights and the noise of each step are their own.

Conventions
-----------
x_t = A_t x_{t-1} + B_t s_t + z_t, t = 0, ..., T - 1; z_t is Gaussian with covariance Q_t, independent from step to
step, and the state before step 0 is known, or has covariance C_0. `recurrent[t, i, j]` is the weight from unit j to
unit i. `at` = t is the state *after* step t. Fisher memory is information for that noise, exact at any size of it.

Contents
--------
TimeVaryingNetwork
    The network, from arrays or from a function that gives the steps a chunk at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from linmem import validation as checks
from linmem.errors import ArgumentError, InvalidNetworkError
from linmem.gramian.methods import BestAnswer
from linmem.gramian.products import growth
from linmem.gramian.pulses import curve_at, curve_at_all_ends, matrix_at, memory_function_at, spatial_at
from linmem.gramian.time_varying import Path, Readout
from linmem.linalg.structure import binary_exponent, times_power_of_two
from linmem.measured import Measured, MeasuredArray, measured_array
from linmem.memory.along_path import MeasuredAlongPath
from linmem.running.noise_of_steps import StepNoise, factor_of, is_positive_definite, rounding_of_factor, step_noise
from linmem.running.results import CurveAlongPath, MemoryFunctionAlongPath, in_units_of_network
from linmem.running.steps import arrays_of_steps, chunk_of_function, first_of_function, observed, signal_factor
from linmem.validation import RTOL, number, whole_number

LARGEST_SPATIAL = 2**27  # numbers of all pulses of all units, 1 GB


@dataclass(frozen=True, eq=False, repr=False)
class TimeVaryingNetwork(MeasuredAlongPath):
    r"""x_t = A_t x_{t-1} + B_t s_t + z_t, a linear network whose weights and noise change from step to step.

    Parameters
    ----------
    recurrent
        A_t, (T, N, N), real or complex; or a function `recurrent(start, stop)` that returns A (n, N, N) and B (n, N)
        or (n, N, d) of the steps start, ..., stop - 1, and may return a factor G (n, N, r) of their noise, Q = G G*,
        as the third: 10^4 steps of 256 units then take no 5 GB. It must give the same numbers each time.
    feedforward
        B_t, (T, N) for one input, or (T, N, d) for d of them. With a function: None.
    noise
        A variance, a covariance (N, N), or one for each step, (T, N, N). A covariance may be singular: what moves
        units that have no noise at all has infinite memory.
    initial_covariance
        C_0, (N, N), of the state before the first step; None where that is known.
    steps
        T, with a function.
    name, labels
        As of `LinearNetwork`.

    Raises
    ------
    InvalidNetworkError
        For anything that is not such a network: the message names the step.

    Examples
    --------
    >>> import numpy as np
    >>> import linmem as lm
    >>> A = np.repeat(lm.chain(4).recurrent[None], 6, axis=0)         # the same weights at every step
    >>> net = lm.TimeVaryingNetwork(A, np.eye(4)[[0] * 6])
    >>> (1 / lm.fisher_memory_curve(net, 4).values).round(12)
    array([1., 2., 3., 4.])
    """

    recurrent: Any
    feedforward: Any = None
    noise: Any = 1.0
    initial_covariance: Any = None
    steps: int | None = None
    name: str = ""
    labels: tuple[str, ...] = ()
    MATRIX: ClassVar[str] = "recurrent"
    step_noise: StepNoise = field(init=False)
    size: int = field(init=False)
    feedforward_is_matrix: bool = field(init=False)
    _first: tuple[np.ndarray, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        values = self._of_function() if callable(self.recurrent) else self._of_arrays()
        size = values["size"]
        step = step_noise(self.noise, values["steps"], size)
        values |= {"step_noise": step, "noise": step.variance if step.covariance is None else step.covariance}
        if step.covariance is not None:
            values["noise"] = step.covariance * step.variance
        if self.initial_covariance is not None:
            values["initial_covariance"] = self._initial(size)
        values["name"] = checks.text("name", self.name)
        values["labels"] = checks.labels(self.labels, size)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _of_arrays(self) -> dict[str, Any]:
        A, B = arrays_of_steps(self.recurrent, self.feedforward)
        if self.steps is not None and self.steps != len(A):
            raise InvalidNetworkError(f"steps is {self.steps!r}, but recurrent has {len(A)}; leave steps out")
        of_shape = {"steps": len(A), "size": A.shape[1], "feedforward_is_matrix": B.ndim == 3}
        return {"recurrent": A, "feedforward": B, **of_shape}

    def _of_function(self) -> dict[str, Any]:
        if self.feedforward is not None:
            raise InvalidNetworkError(
                "feedforward is given, but recurrent is a function, which returns it: leave it out"
            )
        if self.steps is None:
            raise InvalidNetworkError("steps is None, but recurrent is a function; say how many steps it has")
        steps = whole_number("steps", self.steps)
        first = A, B, *given = first_of_function(self.recurrent)
        if given and (np.ndim(self.noise) or self.noise != 1):
            raise InvalidNetworkError("noise is given, but recurrent is a function that returns it: leave noise out")
        of_shape = {"size": A.shape[1], "feedforward_is_matrix": B.ndim == 3, "_first": first}
        return {"steps": steps, **of_shape}

    def _initial(self, size: int) -> np.ndarray:
        C = checks.array("initial_covariance", self.initial_covariance)
        if C.shape != (size, size):
            raise InvalidNetworkError(f"initial_covariance has shape {C.shape}; it must be {(size, size)}")
        checks.finite("initial_covariance", C)
        is_positive_definite("initial_covariance", C)
        return C

    def __repr__(self) -> str:
        return f"<TimeVaryingNetwork {self.name or 'unnamed'}: {self.steps} steps, {self.size} units>"

    @property
    def full_columns(self) -> int | None:
        """As of `linmem.gramian.time_varying.Path`."""
        return None

    @property
    def noise_variance(self) -> float:
        """eps, the mean variance of the noise of all units and steps."""
        return self.step_noise.variance

    @cached_property
    def path(self) -> Path:
        """The steps as the solver takes them, with noise of mean variance 1."""
        A, B, G = self._chunk(0, 1)
        initial = self.initial_covariance
        parts = [np.dtype(float), *(array.dtype for array in (A, B, G, initial) if array is not None)]
        return Path(
            self._chunk,
            self.steps or 0,
            self.size,
            B.shape[-1],
            np.result_type(*parts),
            None if initial is None else factor_of(initial / self.noise_variance),
            is_regular=self.step_noise.is_regular and len(self._first) < 3,
            full_columns=self.full_columns,
            rounding=max(self.step_noise.rounding, 0.0 if initial is None else rounding_of_factor(initial)),
        )

    @cached_property
    def input_exponent(self) -> int:
        """The exponent of the power of two that the inputs are divided by, so that no square of them vanishes."""
        return binary_exponent(self._given_step(0, 1)[1])

    def _given_step(self, start: int, stop: int) -> tuple[np.ndarray, ...]:
        if not callable(self.recurrent):
            return self.recurrent[start:stop], self.feedforward[start:stop]
        return chunk_of_function(self.recurrent, start, stop, self._first)

    def _chunk(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        A, B, *given = self._given_step(start, stop)
        B = times_power_of_two(B if B.ndim == 3 else B[..., None], -self.input_exponent)
        G = given[0] / np.sqrt(self.noise_variance) if given else self.step_noise.factors(start, stop)
        return A, B, G

    def _memory(self, values: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Memory of the scaled inputs and noise, and its errors, as those of the network."""
        return in_units_of_network(values, errors, self.input_exponent, self.noise_variance)

    def _stop(self, at: Any) -> int:
        """The number of steps until the end `at`."""
        length = self.steps or 0
        if isinstance(at, (bool, np.bool_)) or not isinstance(at, (int, np.integer)) or not -length <= at < length:
            raise ArgumentError(
                f"at is {at!r}; it must be a step, from {-length} to {length - 1}, of the {length} there are"
            )
        return int(at) % length + 1

    def steps_until(self, at: Any, lags: Any) -> tuple[int, int]:
        """The number of steps until the end `at`, and of lags, all where None."""
        stop = self._stop(at)
        return stop, self._lags(lags, stop, stop)

    def _lags(self, lags: Any, most: int, default: int) -> int:
        lags = whole_number("lags", default if lags is None else lags)
        if lags > most:
            raise ArgumentError(f"lags={lags} is more than the {most} steps until then: pass lags <= {most}")
        return lags

    def readout(self, observe: Any, readout_noise: Any = 0.0) -> Readout:
        """What is read of the state, checked."""
        readout_noise = number("readout_noise", readout_noise, at_least=0)
        O = None if observe is None else observed(observe, self.size)  # noqa: E741
        rows = self.size if O is None else len(O)
        return Readout(O, np.sqrt(readout_noise) * np.eye(rows) if readout_noise else None)

    def fisher_memory_curve(
        self,
        lags: int | None = None,
        *,
        at: int | str = -1,
        observe: Any = None,
        readout_noise: float = 0.0,
        rtol: float = RTOL,
    ) -> CurveAlongPath:
        """J_t(k) = B* Phi_k* O* (O C O* + R)^-1 O Phi_k B after step `at`: see `linmem.fisher_memory_curve`."""
        rtol = number("rtol", rtol, above=0)
        readout = self.readout(observe, readout_noise)
        if isinstance(at, str) and at == "all":
            return self._curve_at_all_ends(lags, readout, rtol)
        stop, count = self.steps_until(at, lags)
        answer = self._answer_at(stop, count, readout, rtol)
        values, error = self._memory(answer.numbers[0], answer.errors[0])
        total: Any = None
        if count == stop:
            sums, of_sum = values.sum(axis=0), error.sum(axis=0)
            total = measured_array(sums, of_sum, answer.method)
            if not self.feedforward_is_matrix:
                total = Measured(float(sums[0, 0].real), float(of_sum[0, 0]), answer.method)
        values, error = self._without_input_axes(values), self._without_input_axes(error)
        curve = CurveAlongPath(
            self, np.arange(count), values, error, total, answer.relative_error, answer.method, stop - 1
        )
        return answer.accept(curve)

    def _curve_at_all_ends(self, lags: Any, readout: Readout, rtol: float) -> CurveAlongPath:
        length = self.steps or 0
        count = self._lags(lags, length, min(length, 2 * self.size))
        answer = self._answer_at_all_ends(count, readout, rtol)
        d = answer.numbers[0].shape[-1]
        values = np.full((length, count, d, d), np.nan, answer.numbers[0].dtype)
        error = np.full(values.shape, np.nan)
        for t, (of_end, its_error) in enumerate(zip(answer.numbers, answer.errors, strict=True)):
            values[t, : len(of_end)], error[t, : len(of_end)] = of_end, its_error
        values, error = self._memory(values, error)
        values, error = self._without_input_axes(values), self._without_input_axes(error)
        curve = CurveAlongPath(self, np.arange(count), values, error, None, answer.relative_error, answer.method, "all")
        return answer.accept(curve)

    def _answer_at(self, stop: int, lags: int, readout: Readout, rtol: float) -> BestAnswer:
        """J(k), (K, d, d), of the scaled inputs and noise."""
        return curve_at(self.path, stop, lags, readout, rtol)

    def _answer_at_all_ends(self, lags: int, readout: Readout, rtol: float) -> BestAnswer:
        """The same after every step, one array for each."""
        return curve_at_all_ends(self.path, lags, readout, rtol)

    def _without_input_axes(self, array: np.ndarray) -> np.ndarray:
        array = array if self.feedforward_is_matrix else np.ascontiguousarray(array[..., 0, 0].real)
        array.flags.writeable = False
        return array

    def fisher_memory_matrix(
        self,
        lags: int | None = None,
        *,
        at: int = -1,
        observe: Any = None,
        readout_noise: float = 0.0,
        rtol: float = RTOL,
    ) -> MeasuredArray:
        """J_kl after step `at`, (K, K), or (K, K, d, d): see `linmem.fisher_memory_matrix`."""
        stop = self._stop(at)
        count = self._lags(lags, stop, min(stop, 2 * self.size))
        readout = self.readout(observe, readout_noise)
        answer = matrix_at(self.path, stop, count, readout, number("rtol", rtol, above=0))
        matrix, error = self._memory(answer.numbers[0], answer.errors[0])
        if not self.feedforward_is_matrix:
            matrix, error = matrix[..., 0, 0], error[..., 0, 0]
        return answer.accept(measured_array(matrix, error, answer.method))

    def spatial_fisher_memory(
        self, *, at: int = -1, observe: Any = None, readout_noise: float = 0.0, rtol: float = RTOL
    ) -> MeasuredArray:
        """sum_k Phi_k* O* (O C O* + R)^-1 O Phi_k after step `at`: see `linmem.spatial_fisher_memory`."""
        stop = self._stop(at)
        if stop * self.size**2 > LARGEST_SPATIAL:
            raise ArgumentError(
                f"at is {at}: the spatial memory of {stop} steps of {self.size} units needs more than "
                f"{LARGEST_SPATIAL:.1e} numbers at once; take an earlier step"
            )
        answer = spatial_at(self.path, stop, self.readout(observe, readout_noise), number("rtol", rtol, above=0))
        matrix, error = in_units_of_network(answer.numbers[0], answer.errors[0], 0, self.noise_variance)
        return answer.accept(measured_array(matrix, error, answer.method))

    def growth(self, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Norms of the products of the first steps, their errors, and the state that grows most."""
        length = self.steps or 0
        if steps > length:
            raise ArgumentError(f"steps={steps} is more than the {length} steps of the network")
        return growth(self.path, steps)

    def memory_function(
        self,
        lags: int | None = None,
        *,
        snr: float,
        at: int = -1,
        observe: Any = None,
        readout_noise: float = 0.0,
        input_covariance: Any = None,
        rtol: float = RTOL,
    ) -> MemoryFunctionAlongPath:
        """m(k) after step `at`, with the inputs of all other steps in the way: see `linmem.memory_function`."""
        stop, count = self.steps_until(at, lags)
        snr = number("snr", snr, above=0)
        readout = self.readout(observe, readout_noise)
        factor = signal_factor(input_covariance, self.path.inputs, stop)
        amplitude = float(np.ldexp(np.sqrt(snr), self.input_exponent))
        answer = memory_function_at(self.path, stop, count, readout, number("rtol", rtol, above=0), factor, amplitude)
        (values, information), (error, of_information) = answer.numbers, answer.errors
        function = MemoryFunctionAlongPath(
            self,
            np.arange(count),
            values,
            error,
            Measured(float(information), float(of_information), answer.method),
            snr,
            answer.relative_error,
            answer.method,
            stop - 1,
        )
        return answer.accept(function)
