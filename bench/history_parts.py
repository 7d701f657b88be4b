"""What ``bench.history`` makes beside the uploads: a batch, a form, and the number read from each picture."""

from __future__ import annotations

from typing import Any

IN_BATCH = 10_000
"""The most that one batch takes by default; of a small history, a twentieth."""


def parts_make(count: int, owner: Any, model: Any) -> None:
    """The newest pictures in one batch, twice as many as a form of one field, and a prediction for each number."""
    from django.db import connection
    from django.utils import timezone

    from recognizer.models import Batch, BatchFile, FormField, FormTemplate, Upload

    some, now = min(IN_BATCH, count // 20), timezone.now()
    form = FormTemplate.objects.create(owner=owner, created_at=now, changed_at=now, name="Form", width=1, height=1)
    field = FormField.objects.create(template=form, order=1, name="Number", box_x=0, box_y=0, box_width=1, box_height=1)
    batch = Batch.objects.create(
        owner=owner, created_at=now, name="Many", source="file", keep="text", form=form, closed_at=now, finished_at=now
    )
    file = BatchFile.objects.create(batch=batch, order=0, key="1", name="many.zip", size=1, sha256="0" * 64)
    newest = list(Upload.objects.order_by("-created_at", "-id").values_list("id", flat=True)[: 2 * some])
    for at in range(0, len(newest), 500):
        Upload.objects.filter(id__in=newest[at : at + 500]).update(form=form)
    for at in range(0, some, 500):
        Upload.objects.filter(id__in=newest[at : min(at + 500, some)]).update(batch=batch)
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [_id(batch), _id(file), now, _id(batch)])
        cursor.execute(PREDICTIONS, [_id(model), _id(field), _id(form)])


def parts_pages(owner: Any) -> dict[str, str]:
    """Their pages, by name."""
    from recognizer.models import Batch, FormTemplate

    batch, form = Batch.objects.get(owner=owner), FormTemplate.objects.get(owner=owner)
    return {
        "of a batch, as given": f"/history/?batch={batch.id}",
        "of a batch, least sure, not sure": f"/history/?batch={batch.id}&sort=least-sure&state=needs_review",
        "of a form": f"/history/?form={form.id}",
        "of a form, text 401": f"/history/?form={form.id}&q=401",
        "the table of a form": f"/forms/{form.id}/table/",
        "the table of a form, one batch": f"/forms/{form.id}/table/?batch={batch.id}",
        "the batches": "/batches/",
        "a batch": f"/batches/{batch.id}/",
        "a batch, its end": f"/batches/{batch.id}/?after={IN_BATCH - 100}",
        "a batch, not sure": f"/batches/{batch.id}/?show=doubtful",
        "a batch, how far it is": f"/batches/{batch.id}/progress/",
        "a batch, as a column": f"/batches/{batch.id}/column/",
        "what waits for review": "/review/",
        "of a batch, what waits": f"/review/?batch={batch.id}",
        "of a form, what waits": f"/review/?form={form.id}",
        "of a field, what waits": f"/review/?form_field={form.fields.get().id}",
    }


def _id(row: Any) -> Any:
    from django.db import connection

    return row.pk if connection.features.has_native_uuid_field else row.pk.hex


ITEMS = """
INSERT INTO recognizer_batchitem (batch_id, file_id, "order", name, kind, state, error_code, error_message, attempts,
  finished_at, upload_id)
SELECT %s, %s, ROW_NUMBER() OVER (ORDER BY created_at, id), name, 'JPEG',
  CASE WHEN state = 'failed' THEN 'failed' ELSE 'done' END, '', '', 1, %s, id
FROM recognizer_upload WHERE batch_id = %s
"""
PREDICTIONS = """
INSERT INTO recognizer_prediction (id, upload_id, model_version_id, "order", line, text, formatted, confidence, state,
  box_x, box_y, box_width, box_height, form_field_id, doubt)
SELECT id, id, %s, 0, 0, text, text, confidence, CASE WHEN state = 'needs_review' THEN state ELSE 'accepted' END,
  0, 0, 1, 1, CASE WHEN form_id IS NULL THEN NULL ELSE %s END, ''
FROM recognizer_upload WHERE text <> '' AND (form_id IS NULL OR form_id = %s) ORDER BY id
"""
