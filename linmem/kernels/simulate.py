"""State trajectories of many trials: up to TRIALS trials a thread, side by side, so that one product with W serves all.

Noise is a function of (key, trial, step, unit), by the counter-based generator Threefry-2x64-20 (Salmon et al. 2011,
SC'11) and the transform of Box & Muller: any number of threads and any division into calls gives the same bits. The
elementary functions are polynomials without branches: the compiler turns loops over them into vector instructions, but
not loops over calls of the C library.

Contents
--------
trajectories
    The simulation.
side_by_side
    How many trials a thread takes at a time.
activate, compiled_with
    A nonlinearity on a row of numbers; the same kernels for another function.
threefry, normals
    Random bits, and normal numbers made of them.
logarithm, exponential, exponential_less_one, error_function
    Elementary functions in double precision.
"""

import numpy as np
from numba import get_num_threads, njit, prange

from linmem.kernels.compiling import compiled
from linmem.kernels.tiles import MEMBERS, multiply_rows

TRIALS = 8  # trials that share one reading of W
LARGEST = 1e300  # states beyond it count as diverged
BUILT_IN = ("identity", "tanh", "relu", "elu", "softplus", "erf")
IDENTITY, TANH, RELU, ELU, SOFTPLUS, ERROR_FUNCTION = range(6)
CUSTOM = -1  # the number of a function that is not built in

# constants of Threefry-2x64, from Random123
ROTATIONS = (16, 42, 12, 31, 16, 32, 24, 21)
PARITY = np.uint64(0x1BD11BDAA9FC1A22)
NETWORK_NOISE, READOUT_NOISE = np.uint64(0), np.uint64(1)  # streams of one key

SHIFT = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to a whole number, which the low bits then hold
# bits of doubles: of SHIFT, of 1, and of sqrt(1/2)
SHIFT_BITS = np.int64(0x4338000000000000)
ONE_BITS = np.int64(0x3FF0000000000000)
SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # k * LN2_HIGH is exact for |k| < 2^20


@compiled(nogil=True, error_model="numpy")
def threefry(key0, key1, counter0, counter1):
    """Two words of 64 random bits: Threefry-2x64 of 20 rounds, the key added after every four of them."""
    keys = (key0, key1, key0 ^ key1 ^ PARITY)
    x, y = counter0 + key0, counter1 + key1
    for block in range(5):
        for turn in range(4):
            rotation = np.uint64(ROTATIONS[(4 * block + turn) % 8])
            x += y
            y = ((y << rotation) | (y >> (np.uint64(64) - rotation))) ^ x
        x += keys[(block + 1) % 3]
        y += keys[(block + 2) % 3] + np.uint64(block + 1)
    return x, y


@compiled(nogil=True, error_model="numpy")
def _double(bits):
    """The double of these bits."""
    return np.int64(bits).view(np.float64)


@compiled(nogil=True, error_model="numpy")
def _bits(x):
    """The bits of a double."""
    return np.float64(x).view(np.int64)


@compiled(nogil=True, error_model="numpy")
def _uniform(word):
    """A uniform number inside (0, 1), never 0 or 1, from the upper 52 bits."""
    # as the mantissa of a number in [1, 2), less 1, plus half of the spacing 2^-52
    bits = np.int64(word >> np.uint64(12)) | ONE_BITS
    return _double(bits) - (1 - 2.0**-53)


@compiled(nogil=True, error_model="numpy")
def logarithm(x):
    """log x of a normal x > 0: e log 2 + 2 artanh s, s = (m - 1) / (m + 1), x = 2^e m, m in [sqrt(1/2), sqrt(2))."""
    bits = _bits(x)
    # the shift rounds down, so that m lies on either side of 1
    exponent = (bits - SQRT_HALF_BITS) >> 52
    m = _double(bits - (exponent << 52))
    e = _double(exponent + SHIFT_BITS) - SHIFT
    s = (m - 1) / (m + 1)
    q = s * s
    # artanh s = s + s^3 / 3 + s^5 / 5 + ...
    tail = 1 / 13 + q * (1 / 15 + q * (1 / 17 + q * (1 / 19 + q * (1 / 21 + q / 23))))
    tail = q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * tail)))))
    return e * LN2_HIGH + (2 * s + (2 * s * tail + e * LN2_LOW))


@compiled(nogil=True, error_model="numpy")
def _reduced(x):
    """2^k and e^r - 1 with x = k log 2 + r, |r| <= log(2) / 2, for x <= 0; below -700 as at -700."""
    x = -700.0 if x < -700.0 else x
    shifted = x * (1 / np.log(2.0)) + SHIFT
    k = shifted - SHIFT
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    # e^r - 1 = r + r^2 (1 / 2! + r / 3! + ... + r^11 / 13!)
    p = 1 / 40320 + r * (1 / 362880 + r * (1 / 3628800 + r * (1 / 39916800 + r * (1 / 479001600 + r / 6227020800))))
    p = 1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * p)))))
    return _double((_bits(shifted) << 52) + ONE_BITS), r + r * r * p


@compiled(nogil=True, error_model="numpy")
def exponential(x):
    """e^x for x <= 0."""
    scale, p = _reduced(x)
    return scale + scale * p


@compiled(nogil=True, error_model="numpy")
def exponential_less_one(x):
    """e^x - 1 for x <= 0."""
    scale, p = _reduced(x)
    return scale * p + (scale - 1)


@compiled(nogil=True, error_model="numpy", inline="always")
def error_function(x):
    """erf x, to a few units in the last place."""
    a = abs(x)
    # |x| < 1: the Taylor series, in powers of x^2
    inner = a if a < 1.0 else 1.0
    q = inner * inner
    p = 1 / 690452066304000 + q * (-1 / 12449059983360000 + q / 236887827111936000)
    p = -1 / 168129561600 + q * (1 / 2528170444800 + q * (-1 / 40537905408000 + q * p))
    p = 1 / 76204800 + q * (-1 / 918086400 + q * (1 / 11975040000 + q * p))
    p = -1 / 75600 + q * (1 / 685440 + q * (-1 / 6894720 + q * p))
    p = 1 / 216 + q * (-1 / 1320 + q * (1 / 9360 + q * p))
    near = 1 + q * (-1 / 3 + q * (1 / 10 + q * (-1 / 42 + q * p)))
    # 1 <= |x| <= 6: e^(x^2) erfc(x), interpolated at the Chebyshev nodes of y; beyond 6 erf is 1 to double precision
    outer = a if a < 6.0 else 6.0
    y = 12 / 5 * ((outer - 2) / (outer + 2) - 1 / 12)
    p = -2.634243021000666e-10 + y * (7.29050853516539e-11 + y * 1.862098980681514e-11)
    p = 7.005170205475368e-08 + y * (-5.926361315281834e-10 + y * (-2.6223500325142763e-09 + y * p))
    p = -7.340518284999866e-06 + y * (-1.979561158209263e-06 + y * (1.6350102372087973e-07 + y * p))
    p = -0.005588816281825877 + y * (0.00019713917776008883 + y * (8.079220411804124e-05 + y * p))
    p = 0.2214295402299318 + y * (-0.16189356804102534 + y * (0.03856057042518156 + y * p))
    far = 1 - exponential(-outer * outer) * p
    result = a * near * (2 / np.sqrt(np.pi)) if a < 1.0 else far
    result = -result if x < 0 else result
    return result if x == x else x  # nan stays nan


@compiled(nogil=True, error_model="numpy")
def _cosine_and_sine(word):
    """Cosine and sine of a random angle, by the Taylor series about the nearest quarter turn."""
    turn = 4 * _uniform(word)
    shifted = turn + SHIFT
    quarter = _bits(shifted)
    a = (turn - (shifted - SHIFT)) * (np.pi / 2)
    q = a * a
    s = -1 / 39916800 + q * (1 / 6227020800 + q * (-1 / 1307674368000 + q / 355687428096000))
    s = a + a * q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 + q * s))))
    c = -1 / 3628800 + q * (1 / 479001600 + q * (-1 / 87178291200 + q / 20922789888000))
    c = 1 + q * (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320 + q * c))))
    # each quarter turn exchanges the two and changes a sign
    cosine = s if quarter & 1 else c
    sine = c if quarter & 1 else s
    return -cosine if (quarter + 1) & 2 else cosine, -sine if quarter & 2 else sine


@compiled(nogil=True, error_model="numpy")
def normals(key, stream, trial, step, words, z):
    """Fill z, of even length, with the normal numbers of one trial and step; `words` (2, half) is working memory.

    The counter of a pair of units is (step, trial in the upper 32 bits and the number of the pair in the lower ones).
    """
    key0, key1, counter0, counter1 = key[0], key[1] ^ stream, np.uint64(step), np.uint64(trial) << np.uint64(32)
    first, second, half = words[0], words[1], words.shape[1]
    for n in range(half):
        first[n], second[n] = threefry(key0, key1, counter0, counter1 | np.uint64(n))
    cosines, sines = z[:half], z[half:]
    # Box & Muller, in two loops: of a single one the compiler makes no vector instructions
    for n in range(half):
        cosines[n] = np.sqrt(-2 * logarithm(_uniform(first[n])))
    for n in range(half):
        radius = cosines[n]
        cosine, sine = _cosine_and_sine(second[n])
        cosines[n], sines[n] = radius * cosine, radius * sine


@compiled(nogil=True, error_model="numpy")
def activate(kind, u):
    """Replace a row of numbers u by f(u); nan stays nan."""
    if kind == TANH:
        # tanh |u| = (1 - e^(-2|u|)) / (1 + e^(-2|u|)), without cancellation near 0
        for n in range(len(u)):
            e = exponential_less_one(-2 * abs(u[n]))
            y = (0 - e) / (2 + e)
            u[n] = -y if u[n] < 0 else y
    elif kind == RELU:
        for n in range(len(u)):
            u[n] = 0.0 if u[n] < 0 else u[n]
    elif kind == ELU:
        for n in range(len(u)):
            e = exponential_less_one(-abs(u[n]))
            u[n] = e if u[n] < 0 else u[n]
    elif kind == SOFTPLUS:
        # max(u, 0) + log(1 + e^-|u|); the second term of the sum is what rounding took from 1 + e
        for n in range(len(u)):
            e = exponential(-abs(u[n]))
            total = 1 + e
            above = u[n] if u[n] > 0 else 0 * u[n]
            u[n] = above + (logarithm(total) + (e - (total - 1)) / total)
    elif kind == ERROR_FUNCTION:
        for n in range(len(u)):
            u[n] = error_function(u[n])


@compiled(nogil=True, error_model="numpy")
def _sparse_product(indptr, indices, weights, h, u):
    """u_i = sum_j M_ij h_j for each trial, M by rows."""
    for b in range(len(u)):
        for i in range(len(indptr) - 1):
            total = 0.0
            for entry in range(indptr[i], indptr[i + 1]):
                total += weights[entry] * h[b, indices[entry]]
            u[b, i] = total


@compiled(nogil=True, error_model="numpy")
def _add(u, factor, z):
    """u <- u + factor z."""
    for n in range(len(u)):
        u[n] += factor * z[n]


@compiled(nogil=True, error_model="numpy")
def _all_below(u, bound):
    """Whether all |u| are at most the bound; nan is not. A loop without an exit becomes vector instructions."""
    count = 0
    for n in range(len(u)):
        count += abs(u[n]) <= bound
    return count == len(u)


@compiled(nogil=True, error_model="numpy")
def _group(
    M, indptr, indices, weights, noise_factor, noise_deviation, readout_deviation, kind, key, first, steps, signal,
    states, out, diverged, start, stop,
):  # fmt: skip
    """Run the trials from `start` to `stop` side by side; arguments as for `trajectories`."""
    lanes, size, records = stop - start, out.shape[2], out.shape[1] > 0
    inputs = signal.shape[2]
    words, columns = np.empty((2, (size + 1) // 2), np.uint64), -(-size // MEMBERS) * MEMBERS
    z, coloured = np.zeros((lanes, columns)), np.empty((lanes, columns))
    # rows [h_{t-1}, s_t] of each trial, which [W V]' multiplies
    h, u = np.zeros((lanes, size + inputs)), np.zeros((lanes, columns))
    h[:, :size] = states[start:stop]
    for t in range(steps):
        if signal.shape[1]:
            for b in range(lanes):
                h[b, size : size + inputs] = signal[start + b if len(signal) > 1 else 0, t]
        if len(indptr):
            _sparse_product(indptr, indices, weights, h, u)
        else:
            multiply_rows(h, M, u)
        if noise_deviation > 0:
            for b in range(lanes):
                normals(key, NETWORK_NOISE, start + b, first + t, words, z[b, : 2 * words.shape[1]])
            if len(noise_factor):
                multiply_rows(z, noise_factor, coloured)
            for b in range(lanes):
                _add(u[b, :size], noise_deviation, coloured[b] if len(noise_factor) else z[b])
        activate(kind, u.ravel())
        for b in range(lanes):
            # the readout noise is added to what is recorded, and not to the state that goes on
            h[b, :size] = u[b, :size]
            if diverged[start + b] < 0 and not _all_below(u[b, :size], LARGEST):
                diverged[start + b] = t
            if readout_deviation > 0 and records:
                normals(key, READOUT_NOISE, start + b, first + t, words, z[b, : 2 * words.shape[1]])
                _add(u[b, :size], readout_deviation, z[b])
            if records:
                out[start + b, t] = u[b, :size]
    states[start:stop] = h[:, :size]


@compiled(nogil=True, parallel=True, error_model="numpy")
def trajectories(
    M,
    indptr,
    indices,
    weights,
    noise_factor,
    noise_deviation,
    readout_deviation,
    kind,
    key,
    first,
    steps,
    signal,
    states,
    out,
    diverged,
    width,
):
    """Fill out (batch, steps, N) with h_t + readout noise, t = first, first + 1, ..., and leave the last h in `states`.

    M is [W V] transposed, padded with columns of zeros to a multiple of MEMBERS; or it is empty, and indptr, indices
    and weights hold [W V] by rows. The noise of the network is noise_deviation * z noise_factor, with the factor padded
    in the same way, or empty for the identity. `signal` is (1 or batch, steps, d), of no steps where there is none. An
    `out` (batch, 0, N) is left as it is. `diverged` (batch,) is -1 on entry, and becomes the number of steps after
    which a state is first not a number below LARGEST. `width` trials run side by side.
    """
    batch = len(states)
    for group in prange((batch + width - 1) // width):
        _group(
            M, indptr, indices, weights, noise_factor, noise_deviation, readout_deviation, kind, key, first, steps,
            signal, states, out, diverged, group * width, min(batch, group * width + width),
        )  # fmt: skip


def side_by_side(batch):
    """How many trials a thread takes at a time: TRIALS, or fewer where other threads would have none."""
    return max(1, min(TRIALS, -(-batch // get_num_threads())))


def compiled_with(function):
    """`activate` and `trajectories` for a compiled function of one number.

    They are compiled in this process and not kept on disk: a file of compiled code would outlive the function.
    """

    @njit(nogil=True, error_model="numpy")
    def applied(kind, u):
        for n in range(len(u)):
            u[n] = function(u[n])

    group = _rebound(_group, activate=applied)
    return applied, _rebound(trajectories, parallel=True, _group=group)


def _rebound(kernel, parallel=False, **names):
    """The kernel compiled anew, with other functions in place of those that it calls by these names."""
    source = kernel.py_func
    rebound = type(source)(source.__code__, {**globals(), **names}, source.__name__)
    return njit(nogil=True, parallel=parallel, error_model="numpy")(rebound)
