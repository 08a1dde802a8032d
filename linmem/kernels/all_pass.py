"""Cascades of normalised all-pass sections, which hold a signal in orthonormal coordinates; and sums of powers.

A section has two numbers x1, x2 and passes u on: v = w x1 - t x2, x2 <- t x1 + w x2, x1 <- r v + g u, u <- conj(r) u -
g v, which is unitary where w^2 + t^2 = 1 and |r|^2 + g^2 = 1.
"""

import numpy as np

from linmem.kernels.compiling import compiled

BLOCK = 256  # sections whose squares are added before they are added to the others: long sums lose more


@compiled(nogil=True, error_model="numpy")
def pulse_in_cascades(turn, sine, inner, outer, states, kept, energy, moved):
    """Let a pulse of 1 run through each cascade: energy[c, k] = |states|^2 of cascade c after k + 1 steps.

    turn, sine, outer, (cascades, n), are w, t and g; `inner`, of that shape, r, real or complex. `states`,
    (cascades, n, 2), is 0; kept, (lags, n, 2) or (0, n, 2), gets those of a single cascade. moved[c, k] is the sum of
    the lengths |(x1, x2, u)| of all sections and steps until then, which rounding is relative to.
    """
    cascades, sections = turn.shape
    for c in range(cascades):
        total = 0.0
        for k in range(energy.shape[1]):
            u = inner[c, 0] * 0.0
            if k == 0:
                u = u + 1.0
            summed = 0.0
            for start in range(0, sections, BLOCK):
                part = 0.0
                for n in range(start, min(start + BLOCK, sections)):
                    x1, x2 = states[c, n, 0], states[c, n, 1]
                    v = turn[c, n] * x1 - sine[c, n] * x2
                    y = sine[c, n] * x1 + turn[c, n] * x2
                    passed = np.conj(inner[c, n]) * u - outer[c, n] * v
                    x1 = inner[c, n] * v + outer[c, n] * u
                    states[c, n, 0], states[c, n, 1] = x1, y
                    square = (x1 * np.conj(x1)).real + (y * np.conj(y)).real
                    part += square
                    total += np.sqrt(square + (passed * np.conj(passed)).real)
                    u = passed
                summed += part
            energy[c, k] = summed
            moved[c, k] = total
            if len(kept) > 0:
                kept[k] = states[c]


@compiled(nogil=True, error_model="numpy")
def sums_of_powers(terms, factors, sums):
    """sums[c, k] = sum_n terms[c, n] factors[c, n]^k, of terms and factors >= 0; `terms` is used up."""
    channels, modes = terms.shape
    whole = modes - modes % 4
    for c in range(channels):
        for k in range(sums.shape[1]):
            a, b, x, y = 0.0, 0.0, 0.0, 0.0  # four sums side by side: each addition waits for the one before
            for n in range(0, whole, 4):
                a += terms[c, n]
                b += terms[c, n + 1]
                x += terms[c, n + 2]
                y += terms[c, n + 3]
            for n in range(whole, modes):
                a += terms[c, n]
            for n in range(modes):
                terms[c, n] *= factors[c, n]
            sums[c, k] = (a + b) + (x + y)
