"""Noise and memory along delay lines and rings, in O(N).

Unit i receives from unit `source[i]` (-1: from no unit) with a weight of modulus `weight[i]` = exp(`logarithm[i]`), so
that each unit has at most one source. The covariance of such a network is diagonal.

A standard deviation grows like the product of the weights, beyond any double on a long chain of gain above one. It is
represented by its inverse, mantissa * STEP**-shift with a mantissa in [1/STEP, 1], so that growing and shrinking again
loses no digit.
"""

import math

import numpy as np

from linmem.kernels.compiling import compiled

STEP = 2.0**400


@compiled(nogil=True)
def rings(source, weight, logarithm):
    """The spectral radius, and the worst cancellation of the logarithms of the weights around a ring.

    The radius is the largest geometric mean of the weights around a ring, 0 where there is none. The cancellation is
    sum |log w| / |sum log w|, 1 where the weights are alike: rounding of the sum is enlarged by it.
    """
    visit = np.zeros(len(source), np.int64)  # the walk on which a unit was met first, from 1 on
    radius, cancellation = 0.0, 1.0
    for start in range(len(source)):
        unit = start
        while unit >= 0 and visit[unit] == 0:
            visit[unit] = start + 1
            unit = source[unit]
        # a unit that is met twice on one walk is on a ring
        if unit >= 0 and visit[unit] == start + 1:
            total, size, length, member = 0.0, 0.0, 0, unit
            while True:
                total += logarithm[member]
                size += abs(logarithm[member])
                length += 1
                member = source[member]
                if member == unit:
                    break
            radius = max(radius, weight[unit] if length == 1 else np.exp(total / length))
            cancellation = max(cancellation, size / abs(total) if total != 0 else np.inf)
    return radius, cancellation


@compiled(nogil=True)
def ring_length(source, start):
    """The number of units of the ring through a unit, 0 where it is on none."""
    unit, length = source[start], 1
    while unit >= 0 and unit != start:
        unit = source[unit]
        length += 1
    return length if unit == start else 0


@compiled(nogil=True)
def follow(source, target):
    """Fill target[j] with the unit that receives from unit j, -1 where there is none."""
    target[:] = -1
    for unit in range(len(source)):
        if source[unit] >= 0:
            target[source[unit]] = unit


@compiled(nogil=True)
def stationary(source, target, weight, logarithm, noise, inverse, shift, passed):
    """Fill 1/deviation = inverse * STEP**-shift of the stationary noise in every unit, and passed[i], the share of the
    deviation of unit i that comes from its source.

    `noise` holds the standard deviations of the noise that enters each step. Lines are walked from their heads.
    """
    done = np.zeros(len(source), np.bool_)
    for head in range(len(source)):
        if source[head] < 0:
            inverse[head], shift[head], passed[head] = 1.0 / noise[head], 0, 0.0
            done[head] = True
            _walk(head, target, weight, noise, inverse, shift, passed, done)
    for entry in range(len(source)):
        if not done[entry]:
            around, unit = 0.0, entry
            while True:
                around += logarithm[unit]
                unit = source[unit]
                if unit == entry:
                    break
            # fresh noise that one round brings to the entry: walk back from it
            fresh, product, unit = 0.0, 1.0, entry
            while True:
                fresh = np.hypot(fresh, product * noise[unit])
                product *= weight[unit]
                unit = source[unit]
                if unit == entry:
                    break
            # sigma^2 (1 - p) = fresh^2, p the product of the squared weights; 1 - p without cancellation for p near 1
            deviation = fresh / np.sqrt(-np.expm1(2.0 * around))
            inverse[entry], shift[entry] = 1.0 / deviation, 0
            done[entry] = True
            _walk(entry, target, weight, noise, inverse, shift, passed, done)
            back = source[entry]
            passed[entry] = weight[entry] * (inverse[entry] / inverse[back])


@compiled(nogil=True)
def _walk(start, target, weight, noise, inverse, shift, passed, done):
    """Fill what follows `start` down its line: sigma_after^2 = noise^2 + (weight sigma)^2, divided by sigma^2."""
    unit = start
    while target[unit] >= 0 and not done[target[unit]]:
        after = target[unit]
        own = noise[after] * inverse[unit]
        if shift[unit] == 1:
            own /= STEP
        elif shift[unit] > 1:
            own = 0.0  # its square is below any double's last bit of the sum
        total = np.hypot(own, weight[after])
        passed[after] = weight[after] / total
        inverse[after], shift[after] = inverse[unit] / total, shift[unit]
        if inverse[after] < 1.0 / STEP:
            inverse[after] *= STEP
            shift[after] += 1
        elif shift[after] > 0 and inverse[after] > 1.0:
            inverse[after] /= STEP
            shift[after] -= 1
        done[after] = True
        unit = after


@compiled(nogil=True)
def curve(starts, weights, target, passed, amplitude, out):
    """out[k, :] += weights[m, :] times the memory of what entered at starts[m], of which each step keeps passed**2.

    amplitude[i] is the inverse deviation of unit i, the root of the memory at lag 0. Over a horizon it may grow from
    where its square is below the smallest double.
    """
    for m in range(len(starts)):
        largest = np.abs(weights[m]).max()
        if largest == 0:
            continue
        # of large weights the root of the memory at lag 0 is followed: a square alone may fall below the doubles
        half = math.frexp(largest)[1] // 2
        power, shrunk = math.ldexp(1.0, half), math.ldexp(1.0, -half)
        unit, root = starts[m], amplitude[starts[m]] * power
        for k in range(out.shape[0]):
            for a in range(out.shape[1]):
                out[k, a] += weights[m, a] * shrunk * shrunk * (root * root)
            unit = target[unit]
            if unit < 0:
                break
            root *= passed[unit]


@compiled(nogil=True)
def amplification(starts, modulus, target, weight, out):
    """Fill out[k, a] with ||W^k v_a||, where v_a has entries of modulus[m, a] at starts[m]; signals never meet."""
    out[:] = 0
    for m in range(len(starts)):
        for a in range(out.shape[1]):
            # the entry itself is followed: a product of the weights alone may leave the doubles
            unit, entry = starts[m], modulus[m, a]
            for k in range(out.shape[0]):
                out[k, a] = np.hypot(out[k, a], entry)
                unit = target[unit]
                if unit < 0:
                    break
                entry *= weight[unit]


@compiled(nogil=True)
def whole(source, target, logarithm, passed, share):
    """Fill share[i] with sum_k prod passed**2 along the walk from i: the total memory of unit i over that at lag 0."""
    done = np.zeros(len(source), np.bool_)
    for tail in range(len(source)):
        if target[tail] < 0:
            unit, ahead = tail, 0.0
            while unit >= 0:
                share[unit] = 1.0 + ahead
                done[unit] = True
                ahead = passed[unit] * passed[unit] * share[unit]
                unit = source[unit]
    for entry in range(len(source)):
        if not done[entry]:
            around, unit = 0.0, entry
            while True:
                around += logarithm[unit]
                unit = target[unit]
                if unit == entry:
                    break
            partial, product, unit = 0.0, 1.0, entry
            while True:
                partial += product
                unit = target[unit]
                product *= passed[unit] * passed[unit]
                if unit == entry:
                    break
            # once around a ring the deviations cancel, and prod passed = prod weight: 1 - p^2 from the logarithms
            share[entry] = partial / -np.expm1(2.0 * around)
            done[entry] = True
            unit = source[entry]
            ahead = passed[entry] * passed[entry] * share[entry]
            while unit != entry:
                share[unit] = 1.0 + ahead
                done[unit] = True
                ahead = passed[unit] * passed[unit] * share[unit]
                unit = source[unit]
