"""Which index a search of the history goes by.

SQLite keeps no statistics of its own: with several filters it may go by the one that nearly everything fulfils. So each
filter is asked how much it would find, up to a limit. The rarest leads, if it is rare; else the page's own order does,
and a page is soon full. All other filters are only checked. PostgreSQL's planner knows this by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Lookup

from recognizer.domain.history import expansions
from recognizer.models import Upload

RARE = 20_000
"""So many rows are fetched and sorted in some 50 ms; twice as many pages' worth are found as quickly by walking."""

MATCHES = "SELECT upload_id FROM recognizer_uploadsearch WHERE recognizer_uploadsearch MATCH %s"
SHORTEST_INDEXED = 3
"""A trigram."""


class Checked(Func):
    """A column that is compared, and that no index is looked up for."""

    template = "+%(expressions)s"
    arity = 1


class Has(Lookup[Any]):
    """Whether a text has a pattern somewhere; ``?`` in it is any one digit."""

    lookup_name = "has"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, params = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            return f"{left} GLOB %s", (*params, f"*{self.rhs.replace('?', '[0-9]')}*")
        return f"{left} ~ %s", (*params, self.rhs.replace("?", "[0-9]"))


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter on one column: its lookups ("" for equality) and their values; for a text, ``indexed`` and ``plain``."""

    field: str
    bounds: Mapping[str, Any]
    indexed: Q | None = None
    plain: Any = None

    def leading(self) -> Q | None:
        """As an index can serve it; None where none can."""
        if self.field == "text":
            return self.indexed
        return Q(**{f"{self.field}{lookup}": bound for lookup, bound in self.bounds.items()})

    def only_checked(self, rows: QuerySet[Upload]) -> QuerySet[Upload]:
        if self.field == "text":
            return rows.filter(self.plain)
        name = f"checked_{self.field}"
        field = Upload._meta.get_field(self.field.removesuffix("_id"))
        output: Any = getattr(field, "target_field", field)
        rows = rows.alias(**{name: Checked(F(self.field), output_field=output)})
        return rows.filter(**{f"{name}{lookup}": bound for lookup, bound in self.bounds.items()})


def text_condition(pattern: str) -> Condition:
    """Uploads whose text, with corrections, has ``pattern`` somewhere; ``?`` in it stands for any one digit."""
    texts = expansions(pattern) if len(pattern) >= SHORTEST_INDEXED else None
    plain = Has(F("final_text"), pattern)
    if connection.vendor != "sqlite":
        anywhere = Q()
        for text in texts or []:
            anywhere |= Q(final_text__contains=text)
        return Condition("text", {}, anywhere if texts else Q(plain), plain)
    if texts is None:
        return Condition("text", {}, None, plain)
    phrases = " OR ".join(f'"{text}"' for text in texts)
    matching = RawSQL(MATCHES, [phrases])  # noqa: S611 - the phrases are a parameter
    return Condition("text", {"match": phrases}, Q(id__in=matching), plain)


def steered(rows: QuerySet[Upload], conditions: Sequence[Condition]) -> QuerySet[Upload]:
    """``rows`` that fulfil all conditions, by the quickest way."""
    if connection.vendor != "sqlite":
        for condition in conditions:
            rows = rows.filter(condition.leading() or condition.plain)
        return rows
    leader = _rarest(rows, conditions)
    for condition in conditions:
        if condition is not leader:
            rows = condition.only_checked(rows)
    if leader is None:
        return rows
    ids = rows.filter(leader.leading()).order_by().values("id")
    return Upload.objects.filter(id__in=ids)


def _rarest(rows: QuerySet[Upload], conditions: Sequence[Condition]) -> Condition | None:
    """The condition that the fewest uploads fulfil, if these are few; all are counted in one query."""
    leaders = [condition for condition in conditions if condition.leading() is not None]
    if not leaders:
        return None
    statements, params = [], []
    for condition in leaders:
        sql, some = _counting(rows, condition)
        statements.append(f"(SELECT COUNT(*) FROM ({sql}))")  # noqa: S608 - Django's own SQL
        params += some
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(statements)}", params)
        counts = cursor.fetchone()
    fewest = min(range(len(leaders)), key=counts.__getitem__)
    return leaders[fewest] if counts[fewest] < RARE else None


def _counting(rows: QuerySet[Upload], condition: Condition) -> tuple[str, list[Any]]:
    if condition.field == "text":
        return f"{MATCHES} LIMIT {RARE}", [condition.bounds["match"]]
    some = rows.filter(condition.leading()).order_by().values(condition.field)[:RARE]
    sql, params = some.query.sql_with_params()
    return sql, list(params)
