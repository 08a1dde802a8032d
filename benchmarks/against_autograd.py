"""Memory along the path of a cell against what its users write with PyTorch: `python -m benchmarks.against_autograd`.

It needs an environment of its own with linmem and torch, which is no dependency of the package. One thread each, double
precision; the fastest of a few runs, in CPU time; both sides give the whole answer for one end, J_T(k) at all lags,
from the weights and the inputs: states, Jacobians, covariance, memory. The peers take the Jacobians by `jacrev` of
torch.nn's own cells, step by step or mapped over all steps, and the memory by the inverse of the covariance. That both
sides agree is checked first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.func import jacrev, vmap

import linmem as lm
from benchmarks.time_varying import shortest
from linmem.linalg.blas import one_blas_thread

N, M, T = 100, 3, 500
VARIANCE = 0.01


def cells() -> dict[str, tuple[torch.nn.Module, lm.cells.Cell]]:
    """torch.nn's cells, and the same of the package."""
    torch.manual_seed(0)
    plain, gru, lstm = torch.nn.RNNCell(M, N), torch.nn.GRUCell(M, N), torch.nn.LSTMCell(M, N)
    of_torch = [cell.double().requires_grad_(False) for cell in (plain, gru, lstm)]
    arrays = [{name: value.numpy() for name, value in cell.named_parameters()} for cell in of_torch]
    bias = arrays[0].pop("bias_ih") + arrays[0].pop("bias_hh")
    own = [lm.RNNCell(**arrays[0], bias=bias), lm.GRUCell(**arrays[1], reset="after"), lm.LSTMCell(**arrays[2])]
    return dict(zip(("vanilla", "GRU", "LSTM"), zip(of_torch, own, strict=True), strict=True))


def step_of(cell: torch.nn.Module) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The step of the whole state."""
    if not isinstance(cell, torch.nn.LSTMCell):
        return lambda x, s: cell(s[None], x[None])[0]

    def step(x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        h, c = cell(s[None], (x[None, :N], x[None, N:]))
        return torch.cat([h[0], c[0]])

    return step


def states_of(step: Callable, inputs: torch.Tensor, size: int) -> torch.Tensor:
    """x_0, ..., x_{T-1}."""
    states = [torch.zeros(size, dtype=torch.double)]
    for s in inputs[:-1]:
        states.append(step(states[-1], s))
    return torch.stack(states)


def jacobians(step: Callable, inputs: torch.Tensor, size: int, mapped: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """A and B of all steps."""
    both = jacrev(step, argnums=(0, 1))
    states = states_of(step, inputs, size)
    if mapped:
        return vmap(both)(states, inputs)
    pairs = [both(x, s) for x, s in zip(states, inputs, strict=True)]
    return torch.stack([A for A, _ in pairs]), torch.stack([B for _, B in pairs])


def curve_by_inverse(A: torch.Tensor, B: torch.Tensor) -> torch.Tensor:
    """J_T(k), (T, M, M)."""
    size = A.shape[-1]
    C = torch.zeros(size, size, dtype=torch.double)
    noise = VARIANCE * torch.eye(size, dtype=torch.double)
    for step in A:
        C = step @ C @ step.T + noise
    precision, values = torch.linalg.inv(C), []
    for step, given in zip(A.flip(0), B.flip(0), strict=True):
        values.append(given.T @ precision @ given)
        precision = step.T @ precision @ step
    return torch.stack(values)


def row(name: str, of_torch: torch.nn.Module, own: lm.cells.Cell, inputs: np.ndarray) -> str:
    """A row of the table, after both sides have been found to agree."""
    step, size, given = step_of(of_torch), own.state_size, torch.from_numpy(inputs)

    def answer() -> np.ndarray:
        return lm.fisher_memory_curve(lm.linearise(lm.trajectory(own, inputs), noise=VARIANCE), T).values

    def peer(mapped: bool) -> np.ndarray:
        return curve_by_inverse(*jacobians(step, given, size, mapped)).numpy()

    right = peer(False)
    assert np.abs(answer() - right).max() < 1e-9 * np.abs(right).max()
    pairs = zip(lm.trajectory(own, inputs).jacobians(), jacobians(step, given, size, False), strict=True)
    error = max(np.abs(mine - theirs.numpy()).max() for mine, theirs in pairs)
    assert error < 1e-12
    ours, alone = shortest(answer, 5), shortest(lambda: lm.trajectory(own, inputs).jacobians(), 5)
    cells = []
    for mapped in (False, True):
        taken = shortest(lambda mapped=mapped: peer(mapped), 2)
        of_jacobians = shortest(lambda mapped=mapped: jacobians(step, given, size, mapped), 2)
        cells += [f"{taken:.2f}", f"{taken / ours:.1f}", f"{of_jacobians / alone:.0f}"]
    return f"| {name} | {ours:.3f} | {' | '.join(cells)} | {error:.0e} |"


def main() -> None:
    """The table, in Markdown."""
    inputs = np.random.default_rng(0).standard_normal((T, M))
    torch.set_num_threads(1)
    print(f"N = {N}, T = {T}, {M} inputs, all {T} lags at one end; torch {torch.__version__}\n")
    print("| cell | linmem, s | jacrev in a loop, s | x | Jacobians x | vmap of jacrev, s | x | Jacobians x | error |")
    print("|---|---|---|---|---|---|---|---|---|")
    with one_blas_thread():
        for name, (of_torch, own) in cells().items():
            print(row(name, of_torch, own, inputs), flush=True)


if __name__ == "__main__":
    main()
