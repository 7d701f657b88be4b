"""The read queries of the history and of the trash: one owner's uploads by keyset, filtered and in five orders.

docs/history.md says which index serves what, and how fast that is with a million uploads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import F, Field, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.domain.history import TRASH_DAYS, HistoryQuery, Sort
from recognizer.domain.phrases import phrase
from recognizer.history_plan import Checked, Condition, steered, text_condition
from recognizer.models import Batch, BatchItem, Upload
from recognizer.models.upload import DELETED, NOT_DELETED

PAGE_SIZE = 24
EXPORT_CHUNK = 500
EVERYTHING = HistoryQuery()
Row = TypeVar("Row")

COLUMNS = {
    Sort.NEWEST: ("created_at", True),
    Sort.OLDEST: ("created_at", False),
    Sort.LEAST_SURE: ("confidence", False),
    Sort.SMALLEST: ("value", False),
    Sort.LARGEST: ("value", True),
    Sort.GIVEN: ("given", False),
}
"""The column of each order, and whether it goes downwards."""

READ_ONLY = {Sort.LEAST_SURE: "gt", Sort.SMALLEST: "gte", Sort.LARGEST: "gte"}
"""Without a number there is no place in these orders."""


@dataclass(frozen=True, slots=True)
class Page:
    """A keyset page of a history, and the cursor of the next one."""

    uploads: list[Upload]
    next_cursor: str | None


def history_page(
    *, owner: User, query: HistoryQuery = EVERYTHING, before: str | None = None, size: int = PAGE_SIZE
) -> Page:
    """One page of a user's own uploads that are not in the trash, after the cursor ``before``.

    Raises BadRequest for a cursor that is none of ours.
    """
    column, down = COLUMNS[_sort(query)]
    if column == "given":
        assert query.batch is not None
        return _page(_of_batch(owner, query.batch, query), column, down, before, size)
    nearby = _from(_with_place(history_of(owner), query, column), column, down, before, column)
    plan = steered(owner, _conditions(query), by_time=column == "created_at", nearby=nearby)
    rows, place = plan.rows, column
    if plan.sorts:
        place = "place"
        field = Upload._meta.get_field(column)
        assert isinstance(field, Field)
        rows = rows.alias(place=Checked(F(column), output_field=field))
    return _page(_with_place(rows, query, place), column, down, before, size, place=place)


def history_each(*, owner: User, query: HistoryQuery, size: int | None = None) -> Iterator[list[Upload]]:
    """All that a query finds, in its order, a few hundred at a time, for exports: memory stays as it is."""
    cursor: str | None = None
    while True:
        page = history_page(owner=owner, query=query, before=cursor, size=size or EXPORT_CHUNK)
        yield page.uploads
        cursor = page.next_cursor
        if cursor is None:
            return


def history_count(*, owner: User, query: HistoryQuery, most: int) -> int:
    """How many a query finds; counting stops at ``most``."""
    rows = steered(owner, _conditions(query), by_time=False).rows.order_by()
    rows = _with_place(rows, query, COLUMNS[query.sort][0])
    return rows.values("pk")[:most].count()


def history_of(owner: User) -> QuerySet[Upload]:
    """An owner's uploads, without those in the trash."""
    return Upload.objects.filter(NOT_DELETED, owner=owner)


def trash_of(owner: User) -> QuerySet[Upload]:
    """An owner's uploads in the trash; those whose time is up only wait for the sweep, and are none of them."""
    return Upload.objects.filter(DELETED, owner=owner, deleted_at__gte=trash_ends())


def trash_ends() -> dt.datetime:
    """What was deleted before this moment goes for good."""
    return timezone.now() - dt.timedelta(days=TRASH_DAYS)


def trash_page(*, owner: User, before: str | None = None, size: int = PAGE_SIZE) -> Page:
    """One page of what is in a user's trash, what was deleted last first. Raises BadRequest for a foreign cursor."""
    return _page(trash_of(owner), "deleted_at", True, before, size)


def batch_to_filter_by(*, owner: User, batch_id: UUID) -> Batch:
    """A batch of this owner. Raises Http404, for somebody else's as well."""
    return _or_404(Batch.objects.filter(owner=owner, id=batch_id).first())


def items_without_picture(batch: Batch) -> Iterator[BatchItem]:
    """What of a batch could not be read, or was not, as it was given."""
    states = (BatchItem.State.FAILED, BatchItem.State.CANCELLED, BatchItem.State.WAITING, BatchItem.State.READING)
    return batch.items.filter(upload=None, state__in=states).order_by("order").iterator(chunk_size=EXPORT_CHUNK)


def _or_404(row: Row | None) -> Row:
    if row is None:
        raise Http404("There is no such page.")
    return row


def _with_place(rows: QuerySet[Upload], query: HistoryQuery, place: str) -> QuerySet[Upload]:
    """Those that have a place in the order; ``place`` is what it goes by."""
    return rows.filter(**{f"{place}__{READ_ONLY[query.sort]}": 0}) if query.sort in READ_ONLY else rows


def _sort(query: HistoryQuery) -> Sort:
    """As given, only the pictures of a batch have an order."""
    return Sort.NEWEST if query.sort == Sort.GIVEN and query.batch is None else query.sort


def _of_batch(owner: User, batch_id: UUID, query: HistoryQuery) -> QuerySet[Upload]:
    """The uploads of one batch, each with its place in it: the batch leads, all else is only checked."""
    rows: QuerySet[Upload] = history_of(owner).filter(batch_item__batch_id=batch_id)
    rows = rows.annotate(given=F("batch_item__order"))
    for condition in _conditions(query):
        rows = condition.only_checked(rows)
    return rows


def _conditions(query: HistoryQuery) -> list[Condition]:
    simple = {
        "state": query.state,
        "source": query.source,
        "digit_count": query.digits,
        "read_by_id": query.model,
        "batch_id": query.batch,
        "form_id": query.form,
    }
    found = [Condition(field, {"": value}) for field, value in simple.items() if value not in ("", None)]
    days = {"__gte": _midnight(query.since), "__lt": _midnight(query.until, days=1), "__lte": query.as_of}
    for field, bounds in (
        ("created_at", days),
        ("value", {"__gte": query.low, "__lte": query.high}),
        ("confidence", {"__gte": query.sure_from, "__lte": query.sure_to}),
    ):
        given: dict[str, Any] = {lookup: bound for lookup, bound in bounds.items() if bound is not None}
        if given:
            found.append(Condition(field, given))
    if query.text:
        found.append(text_condition(query.text))
    return found


def _midnight(day: dt.date | None, *, days: int = 0) -> dt.datetime | None:
    if day is None:
        return None
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=days), dt.time()))


def _page(
    rows: QuerySet[Upload], column: str, down: bool, before: str | None, size: int, *, place: str | None = None
) -> Page:
    """``place``: an alias to order by in place of the column: then only ids are sorted, and their rows fetched."""
    ordered = _from(rows, column, down, before, place or column)[: size + 1]
    if place in (None, column):
        uploads = list(ordered)
    else:
        few = Upload.objects.filter(id__in=ordered.values("id")).order_by()
        uploads = sorted(few, key=attrgetter(column, "id"), reverse=down)
    more = len(uploads) > size
    uploads = uploads[:size]
    return Page(uploads=uploads, next_cursor=_cursor(uploads[-1], column) if more else None)


def _from(rows: QuerySet[Upload], column: str, down: bool, before: str | None, place: str) -> QuerySet[Upload]:
    """``rows`` in their order, those only that come after the cursor."""
    if before:
        rows = rows.filter(_after(place, down, _cursor_parse(before, column)))
    sign = "-" if down else ""
    return rows.order_by(f"{sign}{place}", f"{sign}id")


def _after(column: str, down: bool, cursor: tuple[dt.datetime | float | int, UUID]) -> Q:
    """The second part alone says as much, but only the first lets an index begin at the right place."""
    place, upload_id = cursor
    to, beyond = ("lte", "lt") if down else ("gte", "gt")
    return Q(**{f"{column}__{to}": place}) & (Q(**{f"{column}__{beyond}": place}) | Q(**{f"id__{beyond}": upload_id}))


def _cursor(upload: Upload, column: str) -> str:
    place: Any = getattr(upload, column)
    text = f"{place.timestamp():.6f}" if isinstance(place, dt.datetime) else repr(place)
    return f"{text}_{upload.id.hex}"


def _cursor_parse(text: str, column: str) -> tuple[dt.datetime | float | int, UUID]:
    place, _, upload_id = text.partition("_")
    try:
        return PLACES[column](place), UUID(hex=upload_id)
    except (ValueError, OverflowError, OSError) as error:
        raise BadRequest(phrase("This page of the history does not exist. Go back to its beginning.")) from error


def _moment(text: str) -> dt.datetime:
    whole, _, micro = text.partition(".")
    return dt.datetime.fromtimestamp(int(whole), tz=dt.UTC).replace(microsecond=int(micro))


def _probability(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError
    return number


def _value(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError
    return int(text)


PLACES: dict[str, Callable[[str], dt.datetime | float | int]] = {
    "created_at": _moment,
    "deleted_at": _moment,
    "confidence": _probability,
    "value": _value,
    "given": _value,
}
