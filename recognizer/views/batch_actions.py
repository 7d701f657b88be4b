"""What is done with a whole batch at the press of a button: cancel it, try again what failed, delete it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import User
from recognizer.domain.errors import NumeralError
from recognizer.domain.history import TRASH_DAYS
from recognizer.models import Batch
from recognizer.selectors_batches import batch_for
from recognizer.services.batches import batch_cancel, batch_delete, batch_retry
from recognizer.services.throttle import throttle
from recognizer.tasks import read_batch_soon
from recognizer.views.access import signed_in
from recognizer.views.batch_api import answers_json, batch_address
from recognizer.views.errors import wants_json
from recognizer.wording import figures, said

Act = Callable[[HttpRequest, Batch], str]
"""Does it; returns the sentence that says so."""


@require_POST
def cancel(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Read nothing more of it; what was read stays."""
    return _answer(request, batch_id, _cancel)


@require_POST
def retry(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Have what failed read once more."""
    return _answer(request, batch_id, _retry)


@require_POST
def delete(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Delete it; what was read of it goes into the trash."""
    return _answer(request, batch_id, _delete, stays=False)


def _cancel(request: HttpRequest, batch: Batch) -> str:
    left = batch_cancel(batch=batch)
    words = ngettext(
        "Cancelled: %(count)s picture was left unread. What was read before stays.",
        "Cancelled: %(count)s pictures were left unread. What was read before stays.",
        left,
    )
    return words % {"count": figures(f"{left:,}")}


def _retry(request: HttpRequest, batch: Batch) -> str:
    count = batch_retry(batch=batch)
    read_batch_soon(batch.id)
    words = ngettext("%(count)s file is being tried again.", "%(count)s files are being tried again.", count)
    return words % {"count": figures(f"{count:,}")}


def _delete(request: HttpRequest, batch: Batch) -> str:
    count, moment = batch_delete(batch=batch)
    if not count:
        return _("The batch was deleted.")
    words = ngettext(
        "The batch was deleted; %(count)s picture of it is in the trash for %(days)s days.",
        "The batch was deleted; %(count)s pictures of it are in the trash for %(days)s days.",
        count,
    ) % {"count": figures(f"{count:,}"), "days": TRASH_DAYS}
    request.session["undo"] = {"moment": moment.isoformat(), "words": words}
    return words


def _answer(request: HttpRequest, batch_id: UUID, act: Act, *, stays: bool = True) -> HttpResponse:
    view = _as_json if wants_json(request) else _as_page
    return view(request, batch_id, act, stays)


@answers_json
def _as_json(request: HttpRequest, user: User, batch_id: UUID, act: Act, stays: bool) -> HttpResponse:
    throttle(action="batch", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
    batch = batch_for(owner=user, batch_id=batch_id)
    told = {"message": act(request, batch)}
    return JsonResponse({**told, "url": batch_address(batch) if stays else reverse("recognizer:batches")})


@login_required
def _as_page(request: HttpRequest, batch_id: UUID, act: Act, stays: bool) -> HttpResponse:
    user = signed_in(request)
    throttle(action="batch", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
    batch = batch_for(owner=user, batch_id=batch_id)
    try:
        messages.success(request, act(request, batch))
    except NumeralError as error:
        messages.error(request, said(error))
    return redirect(batch_address(batch) if stays else reverse("recognizer:batches"))
