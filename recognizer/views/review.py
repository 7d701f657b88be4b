"""Say what a number really is."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from recognizer.domain.errors import BadRequest, BreaksRule
from recognizer.forms import CorrectionForm
from recognizer.models import Correction, Prediction
from recognizer.selectors import is_first_correction, prediction_for, upload_with_results
from recognizer.services.form_corrections import field_text, field_text_check
from recognizer.services.review import correction_clean, prediction_correct
from recognizer.views.access import signed_in
from recognizer.views.presenters import result_of_upload
from recognizer.wording import said


@login_required
@require_POST
def correct(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Keep a correction (or a confirmation) of one's own reading; 422 with the form where it is no number."""
    user = signed_in(request)
    prediction = prediction_for(owner=user, prediction_id=prediction_id)
    form = CorrectionForm(request.POST, auto_id=f"{prediction.id}-%s")
    if form.is_valid():
        try:
            correction = _corrected(user, prediction, form)
        except BreaksRule as error:
            words = Prediction.Doubt(error.doubt).label
            form.add_error("text", _("%(doubt)s. Save it again to keep it.") % {"doubt": words})
            form.asks_again = True
        except BadRequest as error:
            form.add_error("text", said(error))
        else:
            same = correction.text == prediction.text
            messages.success(
                request, _("Thank you: the reading is confirmed.") if same else _("Your correction is kept.")
            )
            if not user.training_consent and is_first_correction(author=user):
                messages.info(request, _invitation())
            return redirect("recognizer:upload", prediction.upload_id)
    found = upload_with_results(owner=user, upload_id=prediction.upload_id)
    result = result_of_upload(found, forms={prediction.id: form})
    return render(request, "recognizer/result.html", {"result": result}, status=422)


def _corrected(user: User, prediction: Prediction, form: CorrectionForm) -> Correction:
    """Keep what was typed. Raises BadRequest where it is no number, BreaksRule where its field's rule speaks against
    it for the first time.
    """
    typed = form.cleaned_data["text"]
    text = field_text(prediction=prediction, text=typed)
    digits = correction_clean(text)
    insisted = digits if form.cleaned_data["insisted"] == typed else ""
    field_text_check(prediction=prediction, text=digits, insisted=insisted)
    return prediction_correct(prediction=prediction, author=user, text=text)


def _invitation() -> str:
    """Shown once, after a person's first correction."""
    words = _('The models here can learn from what you correct, if you want: <a href="{}">see what that means</a>.')
    return format_html(words, reverse("recognizer:samples"))
