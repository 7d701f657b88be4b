"""What a person says of a reading."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadRequest, CannotUndo
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Expect, join_numbers
from recognizer.models import Correction, Prediction, Upload
from recognizer.services.daily_figures import figures_changed
from recognizer.services.form_pages import is_another_form
from recognizer.services.readings import FIGURES, upload_figures_set
from recognizer.services.sample_collection import prediction_samples_restore, prediction_samples_update


def correction_clean(text: str) -> str:
    """The digits of a typed correction, spaces dropped. Raises BadRequest with a sentence for anything else."""
    digits = "".join(text.split())
    if not digits:
        raise BadRequest(phrase("Type the number that is written there."))
    if not (digits.isascii() and digits.isdigit()):
        raise BadRequest(phrase("A correction has digits only, 0 to 9."))
    if len(digits) > Expect.MAX_DIGITS:
        raise BadRequest(phrase("A number has at most {max_digits} digits here.", max_digits=Expect.MAX_DIGITS))
    return digits


@transaction.atomic
def prediction_correct(*, prediction: Prediction, author: User, text: str, no_number: bool = False) -> Correction:
    """Keep what a person says beside what was predicted: the same text confirms it, another corrects it, and
    ``no_number`` says that there is none, whatever the text.
    Where the upload's owner agrees to it, its digits become samples.

    The prediction's own text never changes. Raises BadRequest where the text is no number.
    """
    digits = "" if no_number else correction_clean(text)
    upload = Upload.objects.select_for_update().get(id=prediction.upload_id)
    if not upload.predictions.filter(id=prediction.id).exists():
        raise BadRequest(phrase("This number was read anew just now. Look at it again, then correct it."))
    correction = Correction.objects.create(prediction=prediction, author=author, text=digits, created_at=timezone.now())
    prediction.state = Prediction.State.CONFIRMED if digits == prediction.text else Prediction.State.CORRECTED
    prediction.claimed_by = prediction.claimed_until = None
    prediction.save(update_fields=["state", "claimed_by", "claimed_until"])
    upload_refresh(upload)
    prediction_samples_update(prediction=prediction, text=digits)
    return correction


@transaction.atomic
def correction_undo(*, correction: Correction, state: Prediction.State) -> Prediction:
    """Take a correction back as if it had never been said: the prediction is in ``state`` again, as before it, and so
    are its upload and the samples.

    Raises CannotUndo where somebody has corrected it again since, or the correction is gone.
    """
    upload = Upload.objects.select_for_update(of=("self",)).filter(predictions__corrections=correction).first()
    said = list(Correction.objects.filter(prediction_id=correction.prediction_id)[:2])
    if upload is None or said[0] != correction:
        raise CannotUndo
    prediction = upload.predictions.get(id=correction.prediction_id)
    correction.delete()
    prediction.state = state
    prediction.save(update_fields=["state"])
    upload_refresh(upload)
    prediction_samples_restore(prediction=prediction, text=said[1].text if len(said) > 1 else "")
    return prediction


def upload_refresh(upload: Upload) -> None:
    """Bring the upload's shown text and state in line with its predictions and their newest corrections."""
    texts, states = [], set()
    for prediction in upload.predictions.prefetch_related("corrections"):
        newest = next(iter(prediction.corrections.all()), None)
        if text := prediction.text if newest is None else newest.text:  # empty: there is no number
            texts.append((prediction.line, text))
        states.add(prediction.state)
    upload.final_text = join_numbers(texts)
    doubted = Prediction.State.NEEDS_REVIEW in states or is_another_form(upload)
    upload.state = Upload.State.NEEDS_REVIEW if doubted else Upload.State.READ
    upload_figures_set(upload=upload)
    upload.save(update_fields=["final_text", "state", *FIGURES])
    figures_changed(owner_id=upload.owner_id, moments=[upload.created_at])
