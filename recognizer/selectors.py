"""The only place that builds read queries and checks ownership."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, When
from django.http import Http404

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.domain.types import ModelKind
from recognizer.models import (
    Correction,
    DataSet,
    DigitResult,
    ModelVersion,
    Prediction,
    Reread,
    RereadChange,
    Sample,
    Sheet,
    Upload,
)

PAGE_SIZE = 24
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page:
    """A keyset page of a history, newest first, and the cursor of the next one."""

    uploads: list[Upload]
    next_cursor: str | None


def history_page(*, owner: User, before: str | None = None, size: int = PAGE_SIZE) -> Page:
    """One page of a user's own uploads. Raises BadRequest for a cursor that is none of ours."""
    rows: QuerySet[Upload] = Upload.objects.filter(owner=owner).order_by("-created_at", "-id")
    if before:
        created_at, upload_id = _cursor_parse(before)
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=upload_id))
    uploads = list(rows[: size + 1])
    more = len(uploads) > size
    uploads = uploads[:size]
    return Page(uploads=uploads, next_cursor=_cursor(uploads[-1]) if more else None)


def _cursor(upload: Upload) -> str:
    return f"{upload.created_at.timestamp():.6f}_{upload.id.hex}"


def _cursor_parse(text: str) -> tuple[dt.datetime, UUID]:
    seconds, _, upload_id = text.partition("_")
    try:
        whole, _, micro = seconds.partition(".")
        moment = dt.datetime.fromtimestamp(int(whole), tz=dt.UTC).replace(microsecond=int(micro))
        return moment, UUID(hex=upload_id)
    except (ValueError, OverflowError, OSError) as error:
        raise BadRequest("This page of the history does not exist. Go back to its beginning.") from error


def upload_for(*, owner: User, upload_id: UUID) -> Upload:
    """An upload of this owner, bare. Raises Http404 where there is none, or it is somebody else's."""
    return _or_404(Upload.objects.filter(owner=owner, id=upload_id).first())


def newest_upload_of_hash(*, owner: User, sha256: str) -> Upload | None:
    """The newest upload of this owner for which bytes of this hash were sent, or None."""
    return Upload.objects.filter(owner=owner, sha256=sha256).order_by("-created_at", "-id").first()


def upload_with_results(*, owner: User, upload_id: UUID) -> Upload:
    """An upload of this owner with its predictions, their digits, corrections and models, in four queries."""
    digits = DigitResult.objects.order_by("order")
    predictions = Prediction.objects.select_related("model_version", "number_model").order_by("order")
    predictions = predictions.prefetch_related(Prefetch("digits", digits), "corrections")
    uploads = Upload.objects.filter(owner=owner, id=upload_id)
    return _or_404(uploads.prefetch_related(Prefetch("predictions", predictions)).first())


def prediction_for(*, owner: User, prediction_id: UUID) -> Prediction:
    """A prediction on one of this owner's uploads. Raises Http404."""
    return _or_404(Prediction.objects.filter(upload__owner=owner, id=prediction_id).first())


def is_first_correction(*, author: User) -> bool:
    """Whether a person has corrected or confirmed exactly once so far."""
    return Correction.objects.filter(author=author)[:2].count() == 1


def sheet_for(*, owner: User, sheet_id: UUID) -> Sheet:
    """A teaching sheet of this owner. Raises Http404 where there is none, or it is somebody else's."""
    return _or_404(Sheet.objects.filter(owner=owner, id=sheet_id).first())


def sheets_waiting(*, owner: User) -> list[Sheet]:
    """The sheets that this owner has neither confirmed nor thrown away, newest first, without their crops."""
    return list(Sheet.objects.filter(owner=owner, state=Sheet.State.FOUND).defer("crops"))


def serving_models() -> list[ModelVersion]:
    """The active model of each kind."""
    return list(ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE).order_by("kind"))


def model_by_name(name: str) -> ModelVersion | None:
    """A registered model, or None."""
    return ModelVersion.objects.filter(name=name).first()


def models_all() -> list[ModelVersion]:
    """Every registered model, newest of each kind first."""
    return list(ModelVersion.objects.order_by("kind", "-version"))


def dataset_by_name(name: str) -> DataSet | None:
    """A registered data set, or None."""
    return DataSet.objects.filter(name=name).first()


def datasets_all() -> list[DataSet]:
    """Every registered data set, by name."""
    return list(DataSet.objects.order_by("name"))


def sets_to_measure(*, kind: str) -> list[DataSet]:
    """The sets on which a model of this kind can be measured, those that are for it first."""
    rows = DataSet.objects.all() if kind == ModelKind.NUMBER else DataSet.objects.filter(format=DataSet.Format.NPZ)
    return sorted(rows, key=lambda row: (row.role != DataSet.Role.EVALUATE, row.role != DataSet.Role.TRAIN, row.name))


def sets_to_freeze() -> list[DataSet]:
    """The sets to train on of which the gate's samples may be made, the largest first."""
    rows = DataSet.objects.filter(role=DataSet.Role.TRAIN, format=DataSet.Format.NPZ)
    return list(rows.order_by("-count", "name"))


def sample_counts(*, contributor: User) -> dict[str, int]:
    """How many samples of theirs there are, by state."""
    counts = Sample.objects.filter(contributor=contributor).order_by().values("state").annotate(count=Count("id"))
    return dict(counts.values_list("state", "count"))


def uploads_nobody_spoke_of() -> QuerySet[Upload]:
    """Kept pictures that were read, and of which nobody corrected or confirmed anything."""
    settled = (Upload.State.READ, Upload.State.NEEDS_REVIEW, Upload.State.REJECTED)
    said = Prediction.objects.filter(
        upload=OuterRef("pk"), state__in=[Prediction.State.CORRECTED, Prediction.State.CONFIRMED]
    )
    corrected = Correction.objects.filter(prediction__upload=OuterRef("pk"))
    return Upload.objects.filter(state__in=settled).exclude(image="").filter(~Exists(said), ~Exists(corrected))


def reread_counts(reread: Reread) -> dict[str, int]:
    """Of the uploads that would be read otherwise: all, with another text, now sure, now unsure, left as they were."""
    sure, unsure = Upload.State.READ, Upload.State.NEEDS_REVIEW
    counts: dict[str, int] = reread.changes.aggregate(
        changed=Count("id"),
        text=Count("id", filter=~Q(old_text=F("new_text"))),
        now_sure=Count("id", filter=~Q(old_state=sure) & Q(new_state=sure)),
        now_unsure=Count("id", filter=Q(old_state=sure, new_state=unsure)),
        kept=Count("id", filter=Q(applied=RereadChange.Applied.KEPT)),
    )
    return counts


def reread_changes(reread: Reread, size: int = 100) -> list[RereadChange]:
    """The first of them, those with another text before those with another certainty only."""
    same_text = Case(When(old_text=F("new_text"), then=1), default=0)
    return list(reread.changes.order_by(same_text, "id")[:size])


def _or_404(row: Row | None) -> Row:
    if row is None:
        raise Http404("There is no such page.")
    return row
