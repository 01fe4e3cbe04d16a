"""The columns with which DuckDB reads raw parts, derived from the record form itself.

`thingiverse.records` is the one definition of a raw record. DuckDB must be told every column and
type (its own guess changes with the data), so the types are read off the structs.
"""

import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from thingistat_pipeline.thingiverse.records import Record, Thing
from thingistat_pipeline.warehouse.schema import literal, quoted

TIMES = frozenset({"observed_at", "added", "modified"})
_SCALARS = {int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN", float: "DOUBLE"}


def columns_of(struct: type[Struct]) -> dict[str, str]:
    """Return the DuckDB type of every field of a record struct; times become TIMESTAMP (UTC)."""
    return {
        name: "TIMESTAMP" if name in TIMES else _duckdb_type(hint)
        for name, hint in get_type_hints(struct).items()
        if not name.startswith("__")
    }


def staging_columns() -> dict[str, str]:
    """Return the columns of ``staging.records``: a record with its thing laid out flat."""
    record = columns_of(Record)
    thing = columns_of(Thing)
    del record["thing"], thing["id"]
    return {"load": "VARCHAR", **record, **thing}


def read_json_columns() -> str:
    """Return the ``columns`` argument of ``read_json`` for a raw part."""
    pairs = (f"{literal(name)}: {literal(type_)}" for name, type_ in columns_of(Record).items())
    return "{" + ", ".join(pairs) + "}"


def _duckdb_type(hint: Any) -> str:  # noqa: ANN401  a type hint can be anything
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "VARCHAR"
    if origin in (Union, types.UnionType):
        (known,) = (argument for argument in arguments if argument is not type(None))
        return _duckdb_type(known)
    if origin is list:
        return f"{_duckdb_type(arguments[0])}[]"
    if origin is dict:
        return f"MAP({_duckdb_type(arguments[0])}, {_duckdb_type(arguments[1])})"
    if isinstance(hint, type) and issubclass(hint, Struct):
        fields = (f"{quoted(name)} {type_}" for name, type_ in columns_of(hint).items())
        return f"STRUCT({', '.join(fields)})"
    return _SCALARS[hint]
