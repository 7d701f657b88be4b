"""Pictures that were given as a form and are none, until their owner says what they are."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from recognizer.models import FormPage, FormTemplate, Prediction, Upload
from recognizer.services.daily_figures import figures_changed


def is_another_form(upload: Upload) -> bool:
    """Whether a picture was given as a form and could not be read as it: somebody has to look at that."""
    if upload.form_id is None:
        return False
    return FormPage.objects.filter(upload_id=upload.id).exclude(problem="").exists()


@transaction.atomic
def upload_form_drop(*, upload: Upload) -> None:
    """Keep a picture, and what was found on it, as one that has nothing to do with the form it was given as.

    Nothing happens where it was read as that form, or is in no need of it any more.
    """
    row = Upload.objects.select_for_update(of=("self",)).filter(id=upload.id).first()
    if row is None or not is_another_form(row):
        return
    _settle(Upload.objects.filter(id=row.id))
    FormPage.objects.filter(upload=row).delete()
    Upload.objects.filter(id=row.id).update(form=None)


@transaction.atomic
def form_pages_release(*, form: FormTemplate) -> None:
    """Settle the pictures that wait only because they are not this form, before it is deleted: then nobody could."""
    _settle(Upload.objects.filter(form=form))


def _settle(uploads: QuerySet[Upload]) -> None:
    """Those that wait for nothing else are read."""
    doubted = Prediction.objects.filter(upload=OuterRef("pk"), state=Prediction.State.NEEDS_REVIEW)
    waiting = uploads.filter(~Exists(doubted), state=Upload.State.NEEDS_REVIEW).exclude(form_page__problem="")
    rows = list(waiting.filter(form_page__isnull=False).values_list("id", "owner_id", "created_at"))
    Upload.objects.filter(id__in=[row[0] for row in rows]).update(state=Upload.State.READ)
    for owner_id in {row[1] for row in rows}:
        figures_changed(owner_id=owner_id, moments=[row[2] for row in rows if row[1] == owner_id])
