"""Pictures that were given as a form and are none, until their owner says what they are."""

from __future__ import annotations

from django.db import transaction

from recognizer.models import FormPage, Prediction, Upload
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
    FormPage.objects.filter(upload=row).delete()
    row.form = None
    doubted = row.predictions.filter(state=Prediction.State.NEEDS_REVIEW).exists()
    if row.state == Upload.State.NEEDS_REVIEW and not doubted:
        row.state = Upload.State.READ
    row.save(update_fields=["form", "state"])
    figures_changed(owner_id=row.owner_id, moments=[row.created_at])
