"""What the search for a text in the history stands on, in each database's own language. Migrations make it.

SQLite: a full-text table of trigrams beside the uploads, kept by triggers. Its rows are found by the first sixty bits
of the upload's id, since SQLite renumbers the hidden row numbers of the uploads themselves when it likes. A later
migration that makes SQLite build the table of uploads anew drops the triggers: end it with ``search_make`` again.
PostgreSQL: an index of trigrams (the extension ``pg_trgm``).
"""

from __future__ import annotations

from typing import Any

HEX_DIGITS = 15


def _key(row: str) -> str:
    """SQL for the first sixty bits of an id, 32 hexadecimal characters, as an integer."""
    places = range(1, HEX_DIGITS + 1)
    digit = "((instr('0123456789abcdef', substr({row}.id, {at}, 1)) - 1) << {shift})"
    return " + ".join(digit.format(row=row, at=at, shift=4 * (HEX_DIGITS - at)) for at in places)


def _put(row: str) -> str:
    return (
        "INSERT OR REPLACE INTO recognizer_uploadsearch (rowid, final_text, upload_id)"
        f" SELECT {_key(row)}, {row}.final_text, {row}.id"
    )


_TAKE_OLD = f"DELETE FROM recognizer_uploadsearch WHERE rowid = {_key('old')};"  # noqa: S608 - nobody's input
_PUT_NEW = f"{_put('new')} WHERE new.final_text <> '';"

_ON_UPDATE = (
    "CREATE TRIGGER upload_search_update AFTER UPDATE OF final_text ON recognizer_upload"
    f" WHEN old.final_text <> new.final_text BEGIN {_TAKE_OLD} {_PUT_NEW} END"
)

SQLITE_MAKE = (
    "CREATE VIRTUAL TABLE recognizer_uploadsearch USING fts5 (final_text, upload_id UNINDEXED, tokenize = 'trigram')",
    f"{_put('upload')} FROM recognizer_upload AS upload WHERE upload.final_text <> ''",
    f"CREATE TRIGGER upload_search_insert AFTER INSERT ON recognizer_upload BEGIN {_PUT_NEW} END",
    f"CREATE TRIGGER upload_search_delete AFTER DELETE ON recognizer_upload BEGIN {_TAKE_OLD} END",
    _ON_UPDATE,
)
SQLITE_UNMAKE = (
    "DROP TRIGGER IF EXISTS upload_search_insert",
    "DROP TRIGGER IF EXISTS upload_search_delete",
    "DROP TRIGGER IF EXISTS upload_search_update",
    "DROP TABLE IF EXISTS recognizer_uploadsearch",
)
POSTGRESQL_MAKE = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX upload_search ON recognizer_upload USING gin (final_text gin_trgm_ops)",
)
# The extension stays: others may use it.
POSTGRESQL_UNMAKE = ("DROP INDEX IF EXISTS upload_search",)

MAKE = {"sqlite": SQLITE_MAKE, "postgresql": POSTGRESQL_MAKE}
UNMAKE = {"sqlite": SQLITE_UNMAKE, "postgresql": POSTGRESQL_UNMAKE}


def search_make(apps: Any, schema_editor: Any) -> None:
    """Make the structures anew, out of all uploads."""
    search_unmake(apps, schema_editor)
    for statement in MAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def search_unmake(apps: Any, schema_editor: Any) -> None:
    for statement in UNMAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)
