"""The only place that builds read queries and checks ownership."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar
from uuid import UUID

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, When
from django.db.models.expressions import RawSQL
from django.http import Http404

from accounts.models import User
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
from recognizer.models.upload import NOT_DELETED
from recognizer.selectors_history import Page as Page
from recognizer.selectors_history import history_of
from recognizer.selectors_history import history_page as history_page

Row = TypeVar("Row")
NOT_FROM_THE_TRASH = Q(digit_result__prediction__upload__deleted_at__isnull=True)
"""Fulfilled as well by samples that came from no upload."""
UNFINISHED = RawSQL("recognizer_upload.state IN ('queued', 'reading')", (), output_field=BooleanField())
"""Without parameters: of those, SQLite can't tell that they are the index's own."""


def upload_for(*, owner: User, upload_id: UUID) -> Upload:
    """An upload of this owner that is not in the trash, bare. Raises Http404, for somebody else's as well."""
    return _or_404(history_of(owner).filter(id=upload_id).first())


def newest_upload_of_hash(*, owner: User, sha256: str) -> Upload | None:
    """The newest upload of this owner for which bytes of this hash were sent, or None."""
    return history_of(owner).filter(sha256=sha256).order_by("-created_at", "-id").first()


def upload_with_results(*, owner: User, upload_id: UUID) -> Upload:
    """An upload of this owner with its predictions, their digits, corrections and models, in four queries."""
    digits = DigitResult.objects.order_by("order")
    predictions = Prediction.objects.select_related("model_version", "number_model", "form_field").order_by("order")
    predictions = predictions.prefetch_related(Prefetch("digits", digits), "corrections")
    uploads = history_of(owner).filter(id=upload_id).select_related("form", "form_page")
    return _or_404(uploads.prefetch_related(Prefetch("predictions", predictions)).first())


def uploads_unfinished(*, before: dt.datetime) -> QuerySet[Upload]:
    """Uploads that wait for their reading, or were left in the middle of it, since before a moment; whoever was silent
    for longest first. As the index of them is written and ordered: SQLite looks through all uploads otherwise.
    """
    silent = Q(heartbeat_at__lt=before) | Q(heartbeat_at=None, created_at__lt=before)
    return Upload.objects.filter(UNFINISHED, NOT_DELETED).filter(silent).order_by("heartbeat_at")


def prediction_for(*, owner: User, prediction_id: UUID) -> Prediction:
    """A prediction on one of this owner's uploads. Raises Http404."""
    return _or_404(Prediction.objects.filter(upload__owner=owner, upload__deleted_at=None, id=prediction_id).first())


def digit_for(*, owner: User, prediction_id: UUID, order: int) -> DigitResult:
    """A digit of a prediction on one of this owner's uploads, with its prediction, models, corrections and the other
    digits, in three queries. Raises Http404.
    """
    rows = DigitResult.objects.filter(
        prediction__upload__owner=owner,
        prediction__upload__deleted_at=None,
        prediction_id=prediction_id,
        order=order,
    )
    related = ("prediction__upload", "prediction__model_version", "prediction__number_model")
    digits = Prefetch("prediction__digits", DigitResult.objects.order_by("order"))
    return _or_404(rows.select_related(*related).prefetch_related("prediction__corrections", digits).first())


def models_to_ask() -> list[ModelVersion]:
    """The models that may be asked for a second opinion: all that were not archived, newest of each kind first."""
    archived = ModelVersion.State.ARCHIVED
    return list(ModelVersion.objects.exclude(state=archived).order_by("kind", "-version"))


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


def samples_usable() -> QuerySet[Sample]:
    """Samples in use of people who agree to it now, without those from uploads in the trash."""
    return Sample.objects.filter(NOT_FROM_THE_TRASH, state=Sample.State.USED, contributor__training_consent=True)


def sample_counts(*, contributor: User) -> dict[str, int]:
    """How many samples of theirs there are, by state, without those from uploads in the trash."""
    counts = (
        Sample.objects.filter(NOT_FROM_THE_TRASH, contributor=contributor)
        .order_by()
        .values("state")
        .annotate(count=Count("id"))
    )
    return dict(counts.values_list("state", "count"))


def uploads_nobody_spoke_of() -> QuerySet[Upload]:
    """Kept pictures that were read, and of which nobody corrected or confirmed anything."""
    settled = (Upload.State.READ, Upload.State.NEEDS_REVIEW, Upload.State.REJECTED)
    said = Prediction.objects.filter(
        upload=OuterRef("pk"), state__in=[Prediction.State.CORRECTED, Prediction.State.CONFIRMED]
    )
    corrected = Correction.objects.filter(prediction__upload=OuterRef("pk"))
    rows = Upload.objects.filter(NOT_DELETED, state__in=settled).exclude(image="")
    return rows.filter(~Exists(said), ~Exists(corrected))


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
