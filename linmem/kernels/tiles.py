"""Products of matrices with sequences that run side by side, in vector registers.

An array `z` (..., K, LANES) holds one sequence a lane; every operation is the same in all lanes, and a row of lanes is
one or a few vector registers. numba has no vectors of its own, so that two small tiles are written in the compiler's
language: their sums stay in registers, which neither a loop in numba nor, at these shapes, a BLAS achieves. The order
of summation is fixed: the result does not depend on a BLAS or on its threads.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16  # float32: one register of 512 bits
ROWS = 8  # of a product at a time: enough sums under way to hide the latency of an addition
SIDE = 4  # of a tile of sums over lanes
STEPS = 32  # of time, for which the columns of a tile stay in the nearer caches


def padded(rows, multiple=ROWS):
    """The number of rows that the kernels want: the next multiple."""
    return -(-rows // multiple) * multiple


def aligned(*shape, dtype):
    """Zeros that begin on a boundary of 64 bytes: rows of lanes that cross one are read twice."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


def _alike(*arrays):
    """Whether all are in C order and of one precision: anything else is refused when it is compiled."""
    return all(one.layout == "C" and one.dtype == arrays[0].dtype for one in arrays)


def _unpacked(context, builder, array_type, value):
    """The address of the first element and the shape of an array in C order."""
    array = context.make_array(array_type)(context, builder, value)
    return array.data, cgutils.unpack_tuple(builder, array.shape)


def _lanes_at(builder, data, offset, item):
    """The address of the row of lanes that begins at an element."""
    vector = ir.VectorType(item, LANES)
    return builder.bitcast(builder.gep(data, [offset]), vector.as_pointer())


def _multiply_add(builder, a, b, c):
    name = f"llvm.fmuladd.v{LANES}{a.type.element.intrinsic_name}"
    kind = ir.FunctionType(a.type, [a.type] * 3)
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def _splat(builder, scalar):
    vector = ir.VectorType(scalar.type, LANES)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _sum_of_lanes(builder, vector):
    """Halves added to halves."""
    width = LANES
    while width > 1:
        width //= 2
        masks = [
            ir.Constant(ir.VectorType(ir.IntType(32), width), list(range(start, start + width))) for start in (0, width)
        ]
        low, high = (builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask) for mask in masks)
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))


@intrinsic
def _product_tile(typingctx, matrix, row, z, depth, add, u):
    """u[row + r] = (add u[row + r]) + sum_{j < depth} matrix[row + r, j] z[j], for r < ROWS."""

    def generate(context, builder, signature, arguments):
        matrix_type, _, z_type, _, _, u_type = signature.args
        item = context.get_data_type(matrix_type.dtype)
        m, (_, columns) = _unpacked(context, builder, matrix_type, arguments[0])
        zs, _ = _unpacked(context, builder, z_type, arguments[2])
        us, _ = _unpacked(context, builder, u_type, arguments[5])
        row, depth, add = arguments[1], arguments[3], arguments[4]
        lanes = ir.Constant(row.type, LANES)
        align = matrix_type.dtype.bitwidth // 8
        vector = ir.VectorType(item, LANES)
        rows = [builder.add(row, ir.Constant(row.type, r)) for r in range(ROWS)]
        starts = [builder.mul(one, columns) for one in rows]
        targets = [_lanes_at(builder, us, builder.mul(one, lanes), item) for one in rows]
        sums = [cgutils.alloca_once(builder, vector) for _ in rows]
        for total, target in zip(sums, targets, strict=True):
            zero = ir.Constant(vector, [0.0] * LANES)
            builder.store(builder.select(add, builder.load(target, align=align), zero), total)
        with cgutils.for_range(builder, depth) as loop:
            column = builder.load(_lanes_at(builder, zs, builder.mul(loop.index, lanes), item), align=align)
            for total, start in zip(sums, starts, strict=True):
                weight = _splat(builder, builder.load(builder.gep(m, [builder.add(start, loop.index)])))
                builder.store(_multiply_add(builder, weight, column, builder.load(total)), total)
        for total, target in zip(sums, targets, strict=True):
            builder.store(builder.load(total), target, align=align)
        return context.get_dummy_value()

    if not _alike(matrix, z, u):
        return None
    return types.void(matrix, types.intp, z, types.intp, types.boolean, u), generate


@intrinsic
def _outer_tile(typingctx, g, row, z, column, steps, total):
    """total[row + r, column + s] += sum_{t < steps} sum_lanes g[t, row + r] z[t, column + s], for r, s < SIDE."""

    def generate(context, builder, signature, arguments):
        g_type, _, z_type, _, _, total_type = signature.args
        item = context.get_data_type(g_type.dtype)
        gs, (_, g_rows, _) = _unpacked(context, builder, g_type, arguments[0])
        zs, (_, z_rows, _) = _unpacked(context, builder, z_type, arguments[2])
        out, (_, columns) = _unpacked(context, builder, total_type, arguments[5])
        row, column, steps = arguments[1], arguments[3], arguments[4]
        lanes = ir.Constant(row.type, LANES)
        align = g_type.dtype.bitwidth // 8
        vector = ir.VectorType(item, LANES)
        sums = [[cgutils.alloca_once(builder, vector) for _ in range(SIDE)] for _ in range(SIDE)]
        for total in (one for line in sums for one in line):
            builder.store(ir.Constant(vector, [0.0] * LANES), total)
        with cgutils.for_range(builder, steps) as loop:

            def lanes_of(data, rows, first, offset):
                index = builder.add(builder.mul(loop.index, rows), builder.add(first, ir.Constant(row.type, offset)))
                return builder.load(_lanes_at(builder, data, builder.mul(index, lanes), item), align=align)

            left = [lanes_of(gs, g_rows, row, r) for r in range(SIDE)]
            right = [lanes_of(zs, z_rows, column, s) for s in range(SIDE)]
            for r in range(SIDE):
                for s in range(SIDE):
                    more = _multiply_add(builder, left[r], right[s], builder.load(sums[r][s]))
                    builder.store(more, sums[r][s])
        for r in range(SIDE):
            for s in range(SIDE):
                place = builder.add(builder.mul(builder.add(row, ir.Constant(row.type, r)), columns), column)
                place = builder.gep(out, [builder.add(place, ir.Constant(row.type, s))])
                more = _sum_of_lanes(builder, builder.load(sums[r][s]))
                builder.store(builder.fadd(builder.load(place), more), place)
        return context.get_dummy_value()

    if not _alike(g, z, total):
        return None
    return types.void(g, types.intp, z, types.intp, types.intp, total), generate


@njit(cache=True, nogil=True, error_model="numpy")
def product(M, z, depth, add, u):
    """u = M z, or u += M z, of the first `depth` columns of M, whose rows are a multiple of ROWS; u (rows, LANES)."""
    for row in range(0, M.shape[0], ROWS):
        _product_tile(M, row, z, depth, add, u)  # type: ignore[call-arg]


@njit(cache=True, nogil=True, error_model="numpy")
def add_outer(g, z, total):
    """total += sum_t g[t] z[t]^T over lanes too: g (T, rows, LANES), z (T, K, LANES), total (rows, columns <= K), both
    of a multiple of SIDE.
    """
    for start in range(0, len(g), STEPS):
        steps = min(STEPS, len(g) - start)
        gs, zs = g[start : start + steps], z[start : start + steps]
        for row in range(0, total.shape[0], SIDE):
            for column in range(0, total.shape[1], SIDE):
                _outer_tile(gs, row, zs, column, steps, total)  # type: ignore[call-arg]
