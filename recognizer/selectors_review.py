"""What a person's review queue holds: all of their own predictions that are doubted, the least sure first."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.domain.phrases import phrase
from recognizer.models import Correction, DigitResult, Prediction, Upload
from recognizer.selectors_review_parts import EVERYTHING, Part


def doubted(*, owner: User, part: Part = EVERYTHING) -> QuerySet[Prediction]:
    """This owner's predictions in a part that wait for a person, in no order; none of the trash.

    An upload with a doubted number is doubted itself: that spares looking at all that the owner ever gave.
    """
    theirs = {"upload__owner": owner, "upload__deleted_at": None, "upload__state": Upload.State.NEEDS_REVIEW}
    return Prediction.objects.filter(part.holds, state=Prediction.State.NEEDS_REVIEW, **theirs)


def doubted_count(*, owner: User, part: Part = EVERYTHING, most: int | None = None) -> int:
    """How many wait; with ``most``, counting stops there."""
    rows = doubted(owner=owner, part=part).order_by()
    return rows.count() if most is None else rows[:most].count()


def doubted_counts(*, owner: User, part: Part) -> tuple[int, int]:
    """How many wait in a part, and in all, in one query."""
    counts = doubted(owner=owner).aggregate(part=Count("pk", filter=part.holds), everything=Count("pk"))
    return counts["part"], counts["everything"]


def free(now: dt.datetime) -> Q:
    """No window holds it."""
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)


def free_ids(*, owner: User, now: dt.datetime, after: str = "", most: int, part: Part = EVERYTHING) -> list[UUID]:
    """The least sure that no window holds, behind the place ``after``. Raises BadRequest for a place that is none."""
    rows = doubted(owner=owner, part=part).filter(free(now)).order_by("confidence", "id")
    if after:
        confidence, prediction_id = _place_parse(after)
        # The first condition lets the index begin there, the second leaves out what was seen among equals.
        rows = rows.filter(confidence__gte=confidence).filter(Q(confidence__gt=confidence) | Q(id__gt=prediction_id))
    return list(rows.values_list("id", flat=True)[:most])


def place(prediction: Prediction) -> str:
    """Where a prediction stands in the queue, for ``free_ids`` to go on behind it."""
    return f"{prediction.confidence!r}_{prediction.id.hex}"


def _place_parse(text: str) -> tuple[float, UUID]:
    confidence, _, prediction_id = text.partition("_")
    try:
        number = float(confidence)
        if not 0 <= number <= 1:
            raise ValueError(text)
        return number, UUID(hex=prediction_id)
    except ValueError as error:
        raise BadRequest(phrase("This place in the queue does not exist. Go back to its beginning.")) from error


def review_items(*, owner: User, ids: list[UUID]) -> list[Prediction]:
    """Predictions of this owner in the order of ``ids``, with digits, models, uploads and fields, in two queries."""
    rows = Prediction.objects.filter(upload__owner=owner, upload__deleted_at=None, id__in=ids)
    rows = rows.select_related("upload", "model_version", "number_model", "form_field__template")
    by_id = {row.id: row for row in rows.prefetch_related(Prefetch("digits", DigitResult.objects.order_by("order")))}
    return [by_id[found] for found in ids if found in by_id]


def review_item(*, owner: User, prediction_id: UUID) -> Prediction:
    """One of them. Raises Http404 where there is none, or it is somebody else's."""
    found = review_items(owner=owner, ids=[prediction_id])
    if not found:
        raise Http404("There is no such page.")
    return found[0]


def correction_by(*, author: User, correction_id: int) -> Correction:
    """A correction that this person made on one of their own uploads. Raises Http404."""
    rows = Correction.objects.filter(
        author=author, prediction__upload__owner=author, prediction__upload__deleted_at=None, id=correction_id
    )
    found = rows.select_related("prediction").first()
    if found is None:
        raise Http404("There is no such page.")
    return found
