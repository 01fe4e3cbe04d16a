"""What runs told Dagster about single things: struck from its history.

Dagster keeps every event of every run as JSON in SQLite files, the metadata of assets included:
previews of tables, plots, pictures, examples. Texts that come from data go, and errors and logged
messages, which may name a thing; numbers, times, versions and what happened stay, so that figures
over time can still be plotted.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

STRUCK = "(removed when something was forgotten)"

_STRUCK_FIELDS: dict[str, dict[str, Any]] = {
    "MarkdownMetadataEntryData": {"md_str": STRUCK},
    "JsonMetadataEntryData": {"data": {}},
    "SerializableErrorInfo": {"message": STRUCK, "stack": [], "cause": None, "context": None},
    "AssetCheckEvaluation": {"description": STRUCK},
}
_KEPT_LABEL = "provenance"
_ENTRY, _TABLE_ENTRY, _LOGGED = "EventMetadataEntry", "TableMetadataEntryData", "EventLogEntry"


def strike_texts(dagster_home: Path) -> int:
    """Strike the texts from all databases below Dagster's home; return how many events had any.

    Called twice, it strikes nothing the second time. No Dagster process may be at work.
    """
    struck = sum(_strike_in(path) for path in sorted((dagster_home / "history").rglob("*.db")))
    for folder in (dagster_home / "storage", dagster_home / "logs"):
        shutil.rmtree(folder, ignore_errors=True)
    return struck


def _strike_in(path: Path) -> int:
    struck = 0
    with closing(sqlite3.connect(path)) as db:
        for (table,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            for _, column, kind, *_ in db.execute(f'PRAGMA table_info("{table}")').fetchall():
                if kind == "TEXT":
                    struck += _strike_column(db, table, column)
        db.commit()
        db.execute("VACUUM")  # what was struck would stay in the file's free pages
    return struck


def _strike_column(db: sqlite3.Connection, table: str, column: str) -> int:
    struck = 0
    query = f'SELECT rowid, "{column}" FROM "{table}" WHERE "{column}" LIKE \'%"__class__"%\''
    for row, text in db.execute(query).fetchall():
        try:
            event = json.loads(text)
        except ValueError:
            continue
        if (without := _without_texts(event)) != event:
            changed = (json.dumps(without), row)
            db.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', changed)
            struck += 1
    return struck


def _without_texts(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return [_without_texts(each) for each in value if not _is_table(each)]
    if not isinstance(value, dict):
        return value
    kind = value.get("__class__")
    if kind == _ENTRY and value.get("label") == _KEPT_LABEL:
        return value
    kept = {name: _without_texts(each) for name, each in value.items()}
    if kind == _LOGGED and value.get("dagster_event") is None:
        kept["user_message"] = STRUCK
    for field, struck in _STRUCK_FIELDS.get(str(kind), {}).items():
        if kept.get(field):
            kept[field] = struck
    return kept


def _is_table(value: object) -> bool:
    """Whether a metadata entry is a table of records, which goes as a whole."""
    if not isinstance(value, dict) or value.get("__class__") != _ENTRY:
        return False
    held = value.get("entry_data")
    return isinstance(held, dict) and held.get("__class__") == _TABLE_ENTRY
