"""Which index a search of the history goes by.

A database that goes by the wrong one of several takes seconds: SQLite keeps no statistics of its own, and PostgreSQL's
know nothing of how columns hang together. So each filter is asked how much it would find, up to a limit. The rarest
leads, if it is rare: what it finds is sorted. Else one whose index goes by time as the page does, or the page's own
order: a page is soon full. All other filters are only checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, DateTimeField, F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Lookup

from accounts.models import User
from recognizer.domain.history import expansions
from recognizer.models import Upload
from recognizer.models.upload import NOT_DELETED

RARE = 20_000
"""So many ids are fetched and sorted in less than a tenth of a second; of a million, more are soon met by walking."""

IN_TIME = ("state", "source", "digit_count", "read_by_id", "batch_id", "form_id")
"""Their indexes go on by time."""
OF_ONE_OWNER = ("batch_id", "form_id")
"""Their indexes have nothing of the owner in them."""

NEARBY = 4_000
"""So many texts are looked at, from where a page begins, before many are searched for at once."""
MANY_TEXTS = 20
"""From so many on, the full-text index takes longer than to look at those nearby."""
PAGE_FULL = 25

MATCHES = "SELECT upload_id FROM recognizer_uploadsearch WHERE recognizer_uploadsearch MATCH %s"
SHORTEST_INDEXED = 3
"""A trigram."""


class Checked(Func):
    """A column that is compared, and that no index is looked up for."""

    template = "+%(expressions)s"
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        nothing = "interval '0'" if isinstance(self.output_field, DateTimeField) else "0"
        return self.as_sql(compiler, connection, template=f"(%(expressions)s + {nothing})", **extra)


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
    """A filter on one column: its lookups ("" for equality) and their values; for a text, ``indexed`` and ``plain``,
    how many ``texts`` it stands for, and the ``pattern``.
    """

    field: str
    bounds: Mapping[str, Any]
    indexed: Q | None = None
    plain: Any = None
    texts: int = 0
    pattern: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether its index has nothing of the owner in it."""
        return "match" in self.bounds or self.field in OF_ONE_OWNER

    def leading(self) -> Q | None:
        """As an index can serve it; None where none can."""
        if self.field == "text":
            return self.indexed
        return Q(**{f"{self.field}{lookup}": bound for lookup, bound in self.bounds.items()})

    def only_checked(self, rows: QuerySet[Upload]) -> QuerySet[Upload]:
        if self.field == "text":
            # The count of digits stands in the index of the numbers: most rows needn't be fetched to be passed over.
            digits = Checked(F("digit_count"), output_field=BigIntegerField())
            least = len(self.pattern.replace(" ", ""))
            return rows.alias(least_digits=digits).filter(self.plain, least_digits__gte=least)
        if connection.vendor != "sqlite":  # which knows by its statistics what not to go by
            return rows.filter(self.leading())
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
        return Condition("text", {}, anywhere if texts else None, plain, len(texts or []), pattern)
    if texts is None:
        return Condition("text", {}, None, plain, pattern=pattern)
    phrases = " OR ".join(f'"{text}"' for text in texts)
    matching = RawSQL(MATCHES, [phrases])  # noqa: S611 - the phrases are a parameter
    return Condition("text", {"match": phrases}, Q(id__in=matching), plain, len(texts), pattern)


@dataclass(frozen=True, slots=True)
class Plan:
    """``rows`` that fulfil all conditions; ``sorts``: they come by another index than their order's, and are few."""

    rows: QuerySet[Upload]
    sorts: bool = False


def steered(
    owner: User, conditions: Sequence[Condition], *, by_time: bool, nearby: QuerySet[Upload] | None = None
) -> Plan:
    """The quickest way to an owner's uploads that fulfil all conditions, without those in the trash; ``by_time``: the
    order is that of time. ``nearby``: all uploads in the page's order, from where it begins.
    """
    rows = Upload.objects.filter(NOT_DELETED, owner=owner)
    if nearby is not None and len(conditions) == 1 and _is_common(conditions[0], nearby):
        return Plan(conditions[0].only_checked(rows))
    leader, sorts = _leader(owner, conditions, by_time=by_time)
    if leader is not None and leader.is_narrow:
        rows = _owner_checked(owner)
    for condition in conditions:
        rows = rows.filter(condition.leading()) if condition is leader else condition.only_checked(rows)
    return Plan(rows, sorts)


def _owner_checked(owner: User) -> QuerySet[Upload]:
    """Their uploads, gone to by something else: by the owner, all of them would be looked at."""
    of_owner = Checked(F("owner_id"), output_field=BigIntegerField())
    return Upload.objects.filter(NOT_DELETED).alias(of_owner=of_owner).filter(of_owner=owner.pk)


def _is_common(condition: Condition, nearby: QuerySet[Upload]) -> bool:
    """Whether a pattern that stands for many texts is found so often nearby that a page is soon full."""
    if condition.texts < MANY_TEXTS:
        return False
    pattern = re.compile(condition.pattern.replace("?", "[0-9]"))
    found = 0
    for text in nearby.values_list("final_text", flat=True)[:NEARBY].iterator():
        found += pattern.search(text) is not None
        if found == PAGE_FULL:
            return True
    return False


def _leader(owner: User, conditions: Sequence[Condition], *, by_time: bool) -> tuple[Condition | None, bool]:
    """The condition to go by, if any, and whether what it finds has to be sorted. All are counted in one query."""
    counts = _counts(owner, [condition for condition in conditions if condition.leading() is not None])
    fewest = min(counts, key=itemgetter(1), default=None)
    if fewest is not None and fewest[1] < RARE:
        return fewest[0], True
    in_time = (condition for condition, _ in counts if by_time and condition.field in IN_TIME)
    return next(in_time, None), False


def _counts(owner: User, leaders: Sequence[Condition]) -> list[tuple[Condition, int]]:
    """How many uploads each condition finds, up to a limit."""
    if not leaders:
        return []
    statements, params = [], []
    for condition in leaders:
        sql, some = _counting(owner, condition)
        statements.append(f"(SELECT COUNT(*) FROM ({sql}) AS found)")  # noqa: S608 - Django's own SQL
        params += some
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(statements)}", params)
        return list(zip(leaders, cursor.fetchone(), strict=True))


def _counting(owner: User, condition: Condition) -> tuple[str, list[Any]]:
    if "match" in condition.bounds:
        return f"{MATCHES} LIMIT {RARE}", [condition.bounds["match"]]
    rows = _owner_checked(owner) if condition.is_narrow else Upload.objects.filter(NOT_DELETED, owner=owner)
    some = rows.filter(condition.leading()).order_by().values("owner_id")[:RARE]
    sql, params = some.query.sql_with_params()
    return sql, list(params)
