"""A hint to the processor, for compiled loops: this row of a matrix will be needed soon.

Rows that are asked for at random mostly lie in main memory, and a loop that asks for a row when it
needs it waits for it. The hint changes no result.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LINE = 64
"""Bytes that come from memory at once, on today's processors."""
_READ, _KEEP, _DATA = 0, 3, 1
"""Arguments of LLVM's instruction: to read it, to keep it in all caches, as data."""


def _ask(_typing: Any, matrix: Any, row: Any, column: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """Return type and code of `prefetch`."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ANN401
        of_matrix, *of_places = signature.args
        places = [
            context.cast(builder, value, given, types.intp)
            for value, given in zip(values[1:], of_places, strict=True)
        ]
        array = context.make_array(of_matrix)(context, builder, values[0])
        address = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            context, builder, of_matrix, array, places, wraparound=False
        )
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        hint = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, number, number, number]),
            "llvm.prefetch.p0",
        )
        kinds = [number(kind) for kind in (_READ, _KEEP, _DATA)]
        builder.call(hint, [builder.bitcast(address, byte), *kinds])
        return context.get_dummy_value()

    return types.void(matrix, row, column), generate


prefetch: Any = intrinsic(_ask)
"""``prefetch(matrix, row, column)``, in compiled functions only: ask for the line of memory in
which a number of a matrix lies. It is not looked at whether there is such a number."""
