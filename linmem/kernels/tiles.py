"""Products of matrices in vector registers: with sequences that run side by side, and of many small matrices.

An array `z` (..., K, LANES) holds one sequence a lane, an array (K, K, MEMBERS) one matrix a lane. Every operation is
the same in all lanes, and a row of lanes is one or a few vector registers. numba has no vectors of its own, hence a few
small tiles are written in the language of the compiler (LLVM). Their sums stay in registers, which neither a loop in
numba nor, at these shapes, a BLAS achieves. The order of summation is fixed, so that the result depends neither on a
BLAS nor on its threads.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from linmem.kernels.compiling import compiled

LANES = 16  # float32: one register of 512 bits
MEMBERS = 8  # float64: the same
ROWS = 8  # rows of a product at a time: as many sums as hide the latency of an addition
SIDE = 4  # rows and columns of a tile of sums over lanes
STEPS = 32  # steps of time for which the columns of a tile stay in the nearer caches


def padded(rows, multiple=ROWS):
    """The number of rows that the kernels need: the next multiple of `multiple`."""
    return -(-rows // multiple) * multiple


def aligned(*shape, dtype):
    """An array of zeros that begins on a boundary of 64 bytes, as a row of lanes that crosses one is read twice."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


def _alike(*arrays):
    """Whether all arrays are in C order and of one precision; others are refused when the kernel is compiled."""
    return all(array.layout == "C" and array.dtype == arrays[0].dtype for array in arrays)


def _unpacked(context, builder, array_type, value):
    """The address of the first element and the shape of an array in C order."""
    array = context.make_array(array_type)(context, builder, value)
    return array.data, cgutils.unpack_tuple(builder, array.shape)


def _lanes_at(builder, data, offset, item, lanes=LANES):
    """The address of the row of lanes that begins at an element."""
    vector = ir.VectorType(item, lanes)
    return builder.bitcast(builder.gep(data, [offset]), vector.as_pointer())


def _multiply_add(builder, a, b, c):
    """a b + c, fused where the machine can."""
    name = f"llvm.fmuladd.v{a.type.count}{a.type.element.intrinsic_name}"
    kind = ir.FunctionType(a.type, [a.type] * 3)
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def _splat(builder, scalar, lanes=LANES):
    """A vector with one number in every lane."""
    vector = ir.VectorType(scalar.type, lanes)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _sum_of_lanes(builder, vector):
    """The horizontal sum of a vector, by pairwise halving."""
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
        starts = [builder.mul(number, columns) for number in rows]
        targets = [_lanes_at(builder, us, builder.mul(number, lanes), item) for number in rows]
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
        for total in (entry for entries in sums for entry in entries):
            builder.store(ir.Constant(vector, [0.0] * LANES), total)
        with cgutils.for_range(builder, steps) as loop:

            def lanes_of(data, rows, first, offset):
                index = builder.add(builder.mul(loop.index, rows), builder.add(first, ir.Constant(row.type, offset)))
                return builder.load(_lanes_at(builder, data, builder.mul(index, lanes), item), align=align)

            of_g = [lanes_of(gs, g_rows, row, r) for r in range(SIDE)]
            of_z = [lanes_of(zs, z_rows, column, s) for s in range(SIDE)]
            for r in range(SIDE):
                for s in range(SIDE):
                    more = _multiply_add(builder, of_g[r], of_z[s], builder.load(sums[r][s]))
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


def _tile_of_rows(rows, vectors):
    """The tile of a product that has as many rows, and as many vectors of MEMBERS columns."""

    @intrinsic
    def tile(typingctx, a, row, b, column, out):
        """out[row + r, column + c] = sum_k a[row + r, k] b[k, column + c], in the order of k."""

        def generate(context, builder, signature, arguments):
            a_type, _, b_type, _, out_type = signature.args
            item = context.get_data_type(a_type.dtype)
            a_data, (_, a_columns) = _unpacked(context, builder, a_type, arguments[0])
            b_data, (depth, b_columns) = _unpacked(context, builder, b_type, arguments[2])
            target, (_, columns) = _unpacked(context, builder, out_type, arguments[4])
            row, column = arguments[1], arguments[3]
            align = a_type.dtype.bitwidth // 8
            vector = ir.VectorType(item, MEMBERS)
            lines = [builder.add(row, ir.Constant(row.type, r)) for r in range(rows)]
            places = [builder.add(column, ir.Constant(row.type, MEMBERS * s)) for s in range(vectors)]
            a_starts = [builder.mul(line, a_columns) for line in lines]
            sums = [[cgutils.alloca_once(builder, vector) for _ in places] for _ in lines]
            for total in (entry for entries in sums for entry in entries):
                builder.store(ir.Constant(vector, [0.0] * MEMBERS), total)
            with cgutils.for_range(builder, depth) as loop:
                start = builder.mul(loop.index, b_columns)
                rights = [
                    builder.load(_lanes_at(builder, b_data, builder.add(start, place), item, MEMBERS), align=align)
                    for place in places
                ]
                for line, a_start in zip(sums, a_starts, strict=True):
                    scalar = builder.load(builder.gep(a_data, [builder.add(a_start, loop.index)]))
                    weight = _splat(builder, scalar, MEMBERS)
                    for total, value in zip(line, rights, strict=True):
                        builder.store(_multiply_add(builder, weight, value, builder.load(total)), total)
            for r, line in enumerate(lines):
                for s, place in enumerate(places):
                    offset = builder.add(builder.mul(line, columns), place)
                    address = _lanes_at(builder, target, offset, item, MEMBERS)
                    builder.store(builder.load(sums[r][s]), address, align=align)
            return context.get_dummy_value()

        if not _alike(a, b, out):
            return None
        return types.void(a, types.intp, b, types.intp, out), generate

    return tile


_tile_4x4, _tile_4x1, _tile_1x8, _tile_1x1 = (_tile_of_rows(*shape) for shape in ((4, 4), (4, 1), (1, 8), (1, 1)))


@compiled(nogil=True, error_model="numpy")
def multiply_rows(a, b, out):
    """out = a b, (m, k), (k, n) and (m, n), n a multiple of MEMBERS: every sum in the order of k, whatever m and n."""
    rows, columns = out.shape
    row = 0
    while row < rows:
        column = 0
        if row + 4 <= rows:
            while column + 4 * MEMBERS <= columns:
                _tile_4x4(a, row, b, column, out)
                column += 4 * MEMBERS
            while column < columns:
                _tile_4x1(a, row, b, column, out)
                column += MEMBERS
            row += 4
        else:
            while column + 8 * MEMBERS <= columns:
                _tile_1x8(a, row, b, column, out)
                column += 8 * MEMBERS
            while column < columns:
                _tile_1x1(a, row, b, column, out)
                column += MEMBERS
            row += 1


def _tile_of_members(side):
    """The tile of a product, matrix by matrix, that has `side` rows and columns."""

    @intrinsic
    def tile(typingctx, a, row, b, column, b_is_transposed, depth, out):
        """out[row + r, column + s] = sum_{k < depth} a[row + r, k] b[k, column + s], for r, s < side, lane by lane; or
        with b[column + s, k].
        """

        def generate(context, builder, signature, arguments):
            a_type, _, b_type, _, _, _, out_type = signature.args
            item = context.get_data_type(a_type.dtype)
            a_data, (_, a_columns, _) = _unpacked(context, builder, a_type, arguments[0])
            b_data, (_, b_columns, _) = _unpacked(context, builder, b_type, arguments[2])
            target, (_, columns, _) = _unpacked(context, builder, out_type, arguments[6])
            row, column, transposed, depth = arguments[1], arguments[3], arguments[4], arguments[5]
            lanes, unit = ir.Constant(row.type, MEMBERS), ir.Constant(row.type, 1)
            align = a_type.dtype.bitwidth // 8
            vector = ir.VectorType(item, MEMBERS)

            def starts(first, stride):
                return [builder.mul(builder.add(first, ir.Constant(row.type, r)), stride) for r in range(side)]

            def at(data, index):
                return _lanes_at(builder, data, builder.mul(index, lanes), item, MEMBERS)

            # b[k, s], or b[s, k], is k `along` and s `across` from its beginning
            along = builder.select(transposed, unit, b_columns)
            across = builder.select(transposed, b_columns, unit)
            a_starts, b_starts, out_starts = starts(row, a_columns), starts(column, across), starts(row, columns)
            sums = [[cgutils.alloca_once(builder, vector) for _ in range(side)] for _ in range(side)]
            for total in (entry for entries in sums for entry in entries):
                builder.store(ir.Constant(vector, [0.0] * MEMBERS), total)
            with cgutils.for_range(builder, depth) as loop:
                step = builder.mul(loop.index, along)
                lefts = [builder.load(at(a_data, builder.add(start, loop.index)), align=align) for start in a_starts]
                rights = [builder.load(at(b_data, builder.add(start, step)), align=align) for start in b_starts]
                for r in range(side):
                    for s in range(side):
                        more = _multiply_add(builder, lefts[r], rights[s], builder.load(sums[r][s]))
                        builder.store(more, sums[r][s])
            for r in range(side):
                for s in range(side):
                    place = builder.add(builder.add(out_starts[r], column), ir.Constant(row.type, s))
                    builder.store(builder.load(sums[r][s]), at(target, place), align=align)
            return context.get_dummy_value()

        if not _alike(a, b, out):
            return None
        return types.void(a, types.intp, b, types.intp, types.boolean, types.intp, out), generate

    return tile


_member_tile, dot_of_members = _tile_of_members(SIDE), _tile_of_members(1)


@compiled(nogil=True, error_model="numpy")
def multiply_members(a, b, b_is_transposed, out):
    """out = a b, or a b^T, matrix by matrix: arrays (rows, columns, MEMBERS), rows and columns of `out` multiples of
    SIDE.
    """
    for row in range(0, out.shape[0], SIDE):
        for column in range(0, out.shape[1], SIDE):
            _member_tile(a, row, b, column, b_is_transposed, a.shape[1], out)


@compiled(nogil=True, error_model="numpy")
def symmetric_members(a, b, out):
    """out = a b^T, matrix by matrix, where that is symmetric."""
    for row in range(0, out.shape[0], SIDE):
        for column in range(0, row + SIDE, SIDE):
            _member_tile(a, row, b, column, True, a.shape[1], out)
    for row in range(out.shape[0]):
        for column in range(row):
            for member in range(MEMBERS):
                out[column, row, member] = out[row, column, member]


@compiled(nogil=True, error_model="numpy")
def product(M, z, depth, add, u):
    """u = M z, or u += M z, of the first `depth` columns of M, whose rows are a multiple of ROWS; u (rows, LANES)."""
    for row in range(0, M.shape[0], ROWS):
        _product_tile(M, row, z, depth, add, u)  # type: ignore[call-arg]


@compiled(nogil=True, error_model="numpy")
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
