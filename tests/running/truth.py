"""Time-varying memory in arithmetic of 600 bits, apart from the package: C by its recursion, J by products.

Midpoints of balls are taken after each step, as balls themselves grow without bound along a chaotic path. That 900 bits
give the same is a test.
"""

import flint
import numpy as np

BITS = 600


def _ball(array):
    """A matrix of balls of the stored doubles, which are exact; real and imaginary parts where it is complex."""
    if np.iscomplexobj(array):
        return flint.acb_mat([[flint.acb(float(x.real), float(x.imag)) for x in row] for row in array])
    return flint.arb_mat([[float(x) for x in row] for row in array])


def _midpoints(matrix):
    return matrix.mid() if hasattr(matrix, "mid") else type(matrix)([[x.mid() for x in row] for row in matrix.table()])


def _adjoint(matrix):
    return matrix.transpose() if isinstance(matrix, flint.arb_mat) else matrix.conjugate().transpose()


def _float(x):
    return complex(float(x.real.mid()), float(x.imag.mid())) if isinstance(x, flint.acb) else float(x.mid())


def memory(A, B, Q, initial=None, observe=None, readout=None, bits=BITS):
    """J_t(k), (t, d, d), k = 0, ..., t - 1, after all t steps; Q is (N, N) or (t, N, N), `readout` the covariance R."""
    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        return _memory(A, B, Q, initial, observe, readout)
    finally:
        flint.ctx.prec = before


def _memory(A, B, Q, initial, observe, readout):
    steps, size = len(A), A.shape[-1]
    B = B[..., None] if B.ndim == 2 else B
    kind = complex if any(np.iscomplexobj(x) for x in (A, B, Q, observe) if x is not None) else float
    ball = lambda array: _ball(np.asarray(array).astype(kind))  # noqa: E731
    C = ball(np.zeros((size, size)) if initial is None else initial)
    for t in range(steps):
        step = ball(A[t])
        C = _midpoints(step * C * _adjoint(step) + ball(Q if Q.ndim == 2 else Q[t]))
    O = ball(np.eye(size) if observe is None else observe)  # noqa: E741
    covariance = O * C * _adjoint(O)
    if readout is not None:
        covariance = covariance + ball(readout)
    inverse = _midpoints(_midpoints(covariance).inv())
    ahead, values = O, []
    for t in reversed(range(steps)):
        pulse = ahead * ball(B[t])
        J = _adjoint(pulse) * inverse * pulse
        values.append([[_float(J[i, j]) for j in range(J.ncols())] for i in range(J.nrows())])
        ahead = _midpoints(ahead * ball(A[t]))
    return np.array(values)


def chaotic(size, steps, gain=2.0, seed=0):
    """Jacobians along a path of h = tanh(W h + v s), of gain g > 1: (A, B), (T, N, N) and (T, N)."""
    rng = np.random.default_rng(seed)
    W = gain * rng.standard_normal((size, size)) / np.sqrt(size)
    v = rng.standard_normal(size)
    state = rng.standard_normal(size)
    for _ in range(50):  # a transient
        state = np.tanh(W @ state)
    A, B = [], []
    for s in rng.standard_normal(steps):
        state = np.tanh(W @ state + 0.1 * v * s)
        slope = 1 - state**2
        A.append(slope[:, None] * W)
        B.append(slope * v)
    return np.array(A), np.array(B)


def turned_chain(size, gain, steps, seed=0):
    """A chain of that gain in a random basis: (A, B)."""
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))
    W = basis @ np.diag(np.full(size - 1, gain), -1) @ basis.T
    return np.repeat(W[None], steps, axis=0), np.repeat(basis[:, :1].T, steps, axis=0)


def amplified(size, factor, seed=0):
    """Four steps that amplify by `factor`, then four that contract by it, in random directions: (A, B)."""
    rng = np.random.default_rng(seed)
    A = []
    for scale in [factor] * 4 + [1 / factor] * 4:
        left, right = (np.linalg.qr(rng.standard_normal((size, size)))[0] for _ in range(2))
        A.append(left @ np.diag(np.geomspace(scale, 1, size)) @ right)
    return np.array(A), rng.standard_normal((8, size))


def memory_function(A, B, Q, snr, observe=None, bits=BITS):
    """m(k), (t,), after all t steps, and the information, of inputs white in time, each of variance snr eps."""
    before, flint.ctx.prec = flint.ctx.prec, bits
    try:
        B = B[..., None] if B.ndim == 2 else B
        steps, size, inputs = B.shape
        C, P = _ball(np.zeros((size, size))), None
        for t in range(steps):
            step = _ball(A[t])
            C = _midpoints(step * C * _adjoint(step) + _ball(Q))
            entered = _ball(B[t])
            columns = [] if P is None else _midpoints(step * P).transpose().tolist()
            P = flint.arb_mat(columns + entered.transpose().tolist()).transpose()
        O = _ball(np.eye(size) if observe is None else observe)  # noqa: E741
        P = O * P
        x = flint.arb(float(snr)) * flint.arb(float(np.trace(Q))) / size
        signal = P * P.transpose() * x
        noise = O * C * O.transpose()
        explained = P.transpose() * _midpoints(_midpoints(noise + signal).inv()) * P * x
        values = [float(explained[i, i].mid()) for i in range(steps * inputs)]
        information = _midpoints(_midpoints(noise + signal)).det().log() - _midpoints(noise).det().log()
        by_step = np.reshape(values, (steps, inputs)).mean(axis=1)
        return by_step[::-1], float(information.mid()) / 2
    finally:
        flint.ctx.prec = before
