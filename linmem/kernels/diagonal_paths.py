"""Paths whose weights are diagonal: the variances of the noise, and what pulses leave."""

from linmem.kernels.compiling import compiled


@compiled(nogil=True, error_model="numpy")
def add_noise(A, variance):
    """c <- a^2 c + 1 over the steps of A, (n, N)."""
    for t in range(len(A)):
        for i in range(len(variance)):
            variance[i] = A[t, i] * A[t, i] * variance[i] + 1.0


@compiled(nogil=True, error_model="numpy")
def memory_backwards(A, B, ahead, variance, memory, lag):
    """memory[k] = sum_i (phi_i B_i) (phi_i B_i)' / c_i of the steps of A, (n, N), and B, (n, N, d), the last first.

    `ahead` is phi, the product of the weights of all later steps; k counts on from `lag`.
    """
    steps, size, d = B.shape
    for t in range(steps - 1, -1, -1):
        if lag < len(memory):
            for i in range(size):
                weight = ahead[i] * ahead[i] / variance[i]
                for p in range(d):
                    for q in range(d):
                        memory[lag, p, q] += weight * B[t, i, p] * B[t, i, q]
        for i in range(size):
            ahead[i] *= A[t, i]
        lag += 1


@compiled(nogil=True, error_model="numpy")
def memory_at_all_ends(A, B, variance, pulses, memory, first):
    """memory[t, k] of all steps of A, (n, N), and B, (n, N, d), which are steps `first`, `first` + 1, ... of the path.

    `pulses`, (K, N, d), hold what the last K inputs have left, that of step t in place t modulo K.
    """
    steps, size, d = B.shape
    lags = len(pulses)
    for t in range(steps):
        now = first + t
        for i in range(size):
            variance[i] = A[t, i] * A[t, i] * variance[i] + 1.0
        for k in range(min(now, lags - 1), -1, -1):
            place = (now - k) % lags
            for i in range(size):
                a = A[t, i] if k > 0 else 1.0
                for p in range(d):
                    pulses[place, i, p] = pulses[place, i, p] * a if k > 0 else B[t, i, p]
                for p in range(d):
                    for q in range(d):
                        memory[now, k, p, q] += pulses[place, i, p] * pulses[place, i, q] / variance[i]
