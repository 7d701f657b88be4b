"""What would be read with the fields as they are in the editor: as its page, or, for a script, as a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from recognizer.domain.errors import BadRequest, NumeralError, SignedOut
from recognizer.domain.form_fields import value_shown
from recognizer.form_forms import FieldFormSet
from recognizer.models import FormTemplate
from recognizer.selectors_forms import form_for
from recognizer.services.form_trial import TriedField, form_try
from recognizer.services.ingest import file_bytes
from recognizer.services.throttle import throttle
from recognizer.views.access import signed_in
from recognizer.views.errors import wants_json
from recognizer.views.form_views import NOTHING, doubt_words
from recognizer.views.forms import editor, posted
from recognizer.wording import said


@dataclass(frozen=True, slots=True)
class RowView:
    name: str
    shown: str
    confidence: float | None
    doubted: bool
    doubt: str


@dataclass(frozen=True, slots=True)
class TrialView:
    problem: str
    rows: list[RowView]


@require_POST
def attempt(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """Read a picture, or the sample itself, as the form as it is drawn now; nothing is stored."""
    if not wants_json(request):
        return _page(request, form_id)
    if not isinstance(request.user, User):
        raise SignedOut
    form = form_for(owner=request.user, form_id=form_id)
    _name, fields = posted(request, form)
    context = {"trial": _trial(request, request.user, form, fields)}
    return JsonResponse({"html": render_to_string("recognizer/form_trial.html", context, request)})


@login_required
def _page(request: HttpRequest, form_id: UUID) -> HttpResponse:
    user = signed_in(request)
    form = form_for(owner=user, form_id=form_id)
    name, fields = posted(request, form)
    try:
        trial = _trial(request, user, form, fields)
    except NumeralError as error:
        return editor(request, form, name, fields, status=error.status, trial_problem=said(error))
    return editor(request, form, name, fields, trial=trial)


def _trial(request: HttpRequest, user: User, form: FormTemplate, fields: FieldFormSet) -> TrialView:
    """Raises BadRequest where the fields are wrong, TooMany, ModelUnavailable and the errors of decoding."""
    throttle(action="box", who=str(user.pk), limit=settings.LIVE_READS_PER_MINUTE)
    if not fields.is_valid():
        raise BadRequest(_("Something is wrong with the fields. Save the form to see what, then try it."))
    file = request.FILES.get("trial")
    data = file_bytes(file) if file is not None else None
    found = form_try(form=form, drafts=fields.drafts(), data=data)
    return TrialView(said(found.problem), [_row(field) for field in found.fields])


def _row(field: TriedField) -> RowView:
    number, decimals = field.number, field.draft.rule.decimals
    return RowView(
        name=field.draft.name,
        shown=value_shown(number.text, decimals) or NOTHING,
        confidence=number.confidence if number.text else None,
        doubted=field.doubted,
        doubt=doubt_words(field.doubt),
    )
