"""What a table is: one small description from which DDL, comments and order of rows follow.

`warehouse.tables` lists the tables and views themselves.
"""

from dataclasses import dataclass

import duckdb

from thingistat_pipeline.warehouse.statements import statement


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type and a sentence on what it holds."""

    name: str
    type: str
    comment: str

    @property
    def ddl(self) -> str:
        """The column's part of CREATE TABLE."""
        return column_ddl(self.name, self.type)


@dataclass(frozen=True)
class Table:
    """A table, its columns, and the columns by which published rows are sorted (its key)."""

    schema: str
    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def path(self) -> str:
        """Schema and name, as SQL writes them."""
        return f"{self.schema}.{quoted(self.name)}"

    @property
    def ddl(self) -> str:
        """Statement that makes the table."""
        columns = ", ".join(column.ddl for column in self.columns)
        return f"CREATE TABLE {self.path} ({columns})"

    @property
    def order(self) -> str:
        """Columns of the ORDER BY that makes the order of rows the same in every build."""
        return ", ".join(quoted(name) for name in self.key)


@dataclass(frozen=True)
class View:
    """A view over the tables; its query lies in ``sql/views/<schema>_<name>.sql``."""

    schema: str
    name: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def path(self) -> str:
        """Schema and name, as SQL writes them."""
        return f"{self.schema}.{quoted(self.name)}"

    @property
    def ddl(self) -> str:
        """Statement that makes the view."""
        names = ", ".join(quoted(column.name) for column in self.columns)
        return f"CREATE VIEW {self.path} AS SELECT {names} FROM (\n{self.query}\n)"

    @property
    def query(self) -> str:
        """The view's SELECT."""
        return statement(f"views/{self.schema}_{self.name}")


# Left to itself DuckDB stores long texts all but bare and spends much time on addresses, but zstd
# on every column makes the short ones larger.
ZSTD_COLUMNS = frozenset(
    {
        "description",
        "instructions",
        "details",
        "thumbnail",
        "default_image_url",
        "public_url",
        "absolute_url",
        "url",
        "text",
    }
)


def column_ddl(name: str, type_: str) -> str:
    """Return a column's part of CREATE TABLE, long texts and addresses compressed with zstd."""
    compression = " USING COMPRESSION zstd" if name in ZSTD_COLUMNS else ""
    return f"{quoted(name)} {type_}{compression}"


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def comments_of(relation: Table | View) -> list[str]:
    """Return the statements that put the comments on a table or view and on its columns."""
    kind = "TABLE" if isinstance(relation, Table) else "VIEW"
    return [
        f"COMMENT ON {kind} {relation.path} IS {literal(relation.comment)}",
        *(
            f"COMMENT ON COLUMN {relation.path}.{quoted(column.name)} IS {literal(column.comment)}"
            for column in relation.columns
        ),
    ]


def create(con: duckdb.DuckDBPyConnection, relations: tuple[Table | View, ...]) -> None:
    """Make tables or views with their comments (and their schemas) in the current database."""
    for relation in relations:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {relation.schema}")
        con.execute("; ".join((relation.ddl, *comments_of(relation))))
