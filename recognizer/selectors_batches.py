"""The read queries of batches: whose they are, how far they are, and what became of each picture."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast
from uuid import UUID

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone
from django_stubs_ext import WithAnnotations

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.domain.phrases import phrase
from recognizer.models import Batch, BatchFile, BatchItem, FormTemplate, Upload
from recognizer.models.batch import FINAL_ERRORS
from recognizer.selectors_forms import form_with_fields
from recognizer.vision.kinds import PAGED

State = BatchItem.State
TO_BE_READ = (State.WAITING, State.READING)
COUNTED = ("total", "read", "doubtful", "rejected", "failed", "cancelled", "waiting", "unopened", "retryable")
PAGE_SIZE = 50
BATCHES_PAGE_SIZE = 24
CHANGES_AT_ONCE = 200
PACE_OF = dt.timedelta(minutes=2)
"""How far back the pace is measured, from so many pictures and so many seconds on."""
PACE_FROM, PACE_SECONDS = 5, 3.0
OVERLAP = dt.timedelta(seconds=5)
"""What is written down later than it ended is told all the same: changes of so long ago are told again."""


class Numbered(TypedDict):
    """The place in the batch, from 1 on."""

    number: int


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is. ``read`` holds the doubtful and the rejected as well; with ``failed``, ``cancelled``,
    ``deleted`` and ``waiting`` it makes ``total``. ``unopened`` of those that wait may yet turn out to be many;
    ``retryable`` of those that failed can be tried again.
    ``seconds_left`` is None where nobody can tell.
    """

    state: str
    total: int = 0
    read: int = 0
    doubtful: int = 0
    rejected: int = 0
    failed: int = 0
    cancelled: int = 0
    deleted: int = 0
    waiting: int = 0
    unopened: int = 0
    retryable: int = 0
    seconds_left: int | None = None


@dataclass(frozen=True, slots=True)
class Batches:
    """A keyset page of an owner's batches, newest first, each with its progress."""

    batches: list[tuple[Batch, BatchProgress]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Items:
    """A keyset page of a batch's pictures, with their uploads; each has its ``number``, from 1 on, in the batch."""

    items: Sequence[WithAnnotations[BatchItem, Numbered]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """The pictures that ended since a cursor, some of them perhaps told before, and the next cursor."""

    items: Sequence[WithAnnotations[BatchItem, Numbered]]
    cursor: str


def batch_for(*, owner: User, batch_id: UUID) -> Batch:
    """A batch of this owner. Raises Http404, for somebody else's as well."""
    batch = Batch.objects.select_related("owner").filter(owner=owner, id=batch_id).first()
    if batch is None:
        raise Http404("There is no such page.")
    return batch


def batch_form(*, owner: User, form_id: UUID | None) -> FormTemplate | None:
    """The form as which a batch is to be read, if one is named. Raises Http404 for one that is not this owner's, and
    BadForm for one that has no fields as yet.
    """
    return None if form_id is None else form_with_fields(owner=owner, form_id=form_id)


def batch_files_known(*, batch: Batch) -> list[BatchFile]:
    """All files that were given so far, in their order."""
    return list(BatchFile.objects.filter(batch=batch).order_by("order"))


def batches_of(*, owner: User, before: str | None = None, size: int = BATCHES_PAGE_SIZE) -> Batches:
    """One page of an owner's batches, in four queries. Raises BadRequest for a foreign cursor."""
    rows = Batch.objects.filter(owner=owner).order_by("-created_at", "-id")
    if before:
        moment, last = _parsed(before)
        try:
            batch_id = UUID(hex=last)
        except ValueError as error:
            raise _no_such_page() from error
        rows = rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=batch_id))
    found = list(rows[: size + 1])
    batches = found[:size]
    progress = _progress_of(batches)
    last_one = batches[-1] if len(found) > size else None
    cursor = None if last_one is None else f"{_text(last_one.created_at)}_{last_one.id.hex}"
    return Batches([(batch, progress[batch.id]) for batch in batches], cursor)


def batch_progress(*, batch: Batch) -> BatchProgress:
    """How far a batch is, in three queries."""
    return _progress_of([batch])[batch.id]


def batch_items_page(*, batch: Batch, outcome: str = "all", after: str | None = None, size: int = PAGE_SIZE) -> Items:
    """One page of a batch's pictures in their order, after the cursor ``after``, in two queries.

    ``outcome`` is "all", "doubtful", "failed" or "rejected". Raises BadRequest for another one, or a foreign cursor.
    """
    items = BatchItem.objects.filter(batch=batch).filter(_outcome(outcome)).select_related("upload")
    if after:
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            raise _no_such_page()
        items = items.filter(order__gt=int(after))
    found = _numbered(batch, items.order_by("order")[: size + 1])
    return Items(found[:size], str(found[size - 1].order) if len(found) > size else None)


def batch_changes(*, batch: Batch, since: str | None = None, size: int = CHANGES_AT_ONCE) -> Changes:
    """The pictures that ended since the cursor ``since``, from the first one without it. Raises BadRequest."""
    now = timezone.now()
    items = BatchItem.objects.filter(batch=batch, finished_at__isnull=False).select_related("upload")
    if since:
        moment, last = _parsed(since)
        if not (last.isascii() and last.isdigit() and len(last) <= 18):
            raise _no_such_page()
        items = items.filter(Q(finished_at__gt=moment) | Q(finished_at=moment, id__gt=int(last)))
    found = _numbered(batch, items.order_by("finished_at", "id")[:size])
    newest = found[-1].finished_at if found else None
    if len(found) == size and newest is not None:
        return Changes(found, f"{_text(newest)}_{found[-1].id}")
    return Changes(found, f"{_text(now - OVERLAP)}_0")


def item_state(item: BatchItem) -> str:
    """What became of a picture, in one word; its upload is at hand."""
    if item.state == State.DONE:
        upload: Upload | None = item.upload
        if upload is None or upload.deleted_at is not None:
            return "deleted"
        return "doubtful" if upload.state == Upload.State.NEEDS_REVIEW else str(upload.state)
    return str(item.state)


def batches_counted(rows: QuerySet[Batch]) -> QuerySet[Batch]:
    """Batches with the counts of their pictures: ``pictures`` in all, ``waiting``, ``failed``."""

    def count(**which: Any) -> Coalesce:
        items = BatchItem.objects.filter(batch=OuterRef("pk"), **which).order_by()
        return Coalesce(Subquery(items.values("batch").annotate(count=Count("id")).values("count")), 0)

    counts = {"pictures": count(), "waiting": count(state__in=TO_BE_READ), "failed": count(state=State.FAILED)}
    return rows.annotate(**counts)


def batch_state(batch: Batch) -> str:
    """How far it is, in one word: "open" for more files, "reading", "finished" or "cancelled"."""
    if batch.cancelled_at is not None:
        return "cancelled"
    if batch.finished_at is not None:
        return "finished"
    return "open" if batch.closed_at is None else "reading"


def _outcome(outcome: str) -> Q:
    read = Q(state=State.DONE, upload__deleted_at=None)
    outcomes = {
        "all": Q(),
        "doubtful": read & Q(upload__state=Upload.State.NEEDS_REVIEW),
        "rejected": read & Q(upload__state=Upload.State.REJECTED),
        "failed": Q(state=State.FAILED),
    }
    if outcome not in outcomes:
        raise BadRequest(phrase("Pictures of a batch are shown by: all, doubtful, failed, rejected."))
    return outcomes[outcome]


def _numbered(batch: Batch, items: QuerySet[BatchItem]) -> list[WithAnnotations[BatchItem, Numbered]]:
    """With their numbers; all places up to the last one are fetched once, rather than counted for each."""
    found = cast("list[WithAnnotations[BatchItem, Numbered]]", list(items))
    last = max((item.order for item in found), default=0)
    earlier = BatchItem.objects.filter(batch=batch, order__lte=last).order_by("order").values_list("order", flat=True)
    places = list(earlier) if found else []
    for item in found:
        item.number = bisect_right(places, item.order)
    return found


def _progress_of(batches: list[Batch]) -> dict[UUID, BatchProgress]:
    ids = [batch.id for batch in batches]
    done = Q(state=State.DONE, upload__isnull=False, upload__deleted_at=None)
    waiting = Q(state__in=TO_BE_READ)
    stored = ~Q(file__file="") | Q(upload__isnull=False)
    again = Q(state=State.FAILED, batch__cancelled_at=None) & ~Q(error_code__in=FINAL_ERRORS) & stored
    counts = (
        BatchItem.objects.filter(batch__in=ids)
        .order_by()
        .values("batch")
        .annotate(
            total=Count("id"),
            read=Count("id", filter=done),
            doubtful=Count("id", filter=done & Q(upload__state=Upload.State.NEEDS_REVIEW)),
            rejected=Count("id", filter=done & Q(upload__state=Upload.State.REJECTED)),
            failed=Count("id", filter=Q(state=State.FAILED)),
            retryable=Count("id", filter=again),
            cancelled=Count("id", filter=Q(state=State.CANCELLED)),
            waiting=Count("id", filter=waiting),
            unopened=Count("id", filter=waiting & Q(kind__in=PAGED, page=None, upload=None)),
        )
    )
    rows: dict[UUID, Any] = {row["batch"]: row for row in counts}
    archives = BatchFile.objects.filter(batch__in=ids, state=BatchFile.State.WAITING).order_by()
    unopened = dict(archives.values("batch").annotate(count=Count("id")).values_list("batch", "count"))
    pace = _pace_of([batch.id for batch in batches if batch.finished_at is None])
    return {
        batch.id: _progress(batch, rows.get(batch.id, {}), unopened.get(batch.id, 0), pace.get(batch.id))
        for batch in batches
    }


def _progress(batch: Batch, counts: Mapping[str, int], archives: int, pace: float | None) -> BatchProgress:
    row = {name: counts.get(name, 0) for name in COUNTED}
    for name in ("total", "waiting", "unopened"):
        row[name] += archives
    accounted = sum(row[name] for name in ("read", "failed", "cancelled", "waiting"))
    known = pace is not None and not row["unopened"] and row["waiting"] and batch.cancelled_at is None
    return BatchProgress(
        state=batch_state(batch),
        **row,
        deleted=row["total"] - accounted,
        seconds_left=max(1, round(row["waiting"] / pace)) if known and pace else None,
    )


def _pace_of(ids: list[UUID]) -> dict[UUID, float]:
    """Pictures a second, of those batches of which enough has been read lately to tell. None is too old to be true."""
    now = timezone.now()
    lately: QuerySet[BatchItem] = BatchItem.objects.filter(batch__in=ids, finished_at__gte=now - PACE_OF).order_by()
    rows: Iterable[tuple[UUID, int, dt.datetime]] = (
        lately.filter(state=State.DONE)
        .values("batch")
        .annotate(count=Count("id"), first=Min("finished_at"))
        .values_list("batch", "count", "first")
    )
    paces = {}
    for batch_id, count, first in rows:
        seconds = (now - first).total_seconds()
        if count >= PACE_FROM and seconds >= PACE_SECONDS:
            paces[batch_id] = count / seconds
    return paces


def _text(moment: dt.datetime) -> str:
    return f"{moment.timestamp():.6f}"


def _parsed(cursor: str) -> tuple[dt.datetime, str]:
    place, _sign, last = cursor.partition("_")
    whole, _dot, micro = place.partition(".")
    try:
        moment = dt.datetime.fromtimestamp(int(whole), tz=dt.UTC).replace(microsecond=int(micro))
    except (ValueError, OverflowError, OSError) as error:
        raise _no_such_page() from error
    return moment, last


def _no_such_page() -> BadRequest:
    return BadRequest(phrase("This page of the batch does not exist. Go back to its beginning."))
