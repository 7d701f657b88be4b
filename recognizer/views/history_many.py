"""Many uploads at once: exports of all that the filters leave, and what is done with the chosen ones."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from recognizer.domain.errors import BadRequest
from recognizer.domain.phrases import phrase
from recognizer.services.exports import CONTENT_TYPES, FORMATS, history_export, uploads_export
from recognizer.services.uploads_reread import uploads_rereadable
from recognizer.tasks import read_again_soon
from recognizer.views.access import signed_in
from recognizer.views.chosen import chosen_ids
from recognizer.views.downloads import download
from recognizer.views.history_filters import filters_of
from recognizer.views.trash import trash_chosen
from recognizer.wording import say_n


@login_required
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything that the filters in the address leave, as a file that is sent while it is made."""
    owner, form = signed_in(request), filters_of(request)
    if not form.is_valid():
        raise BadRequest(next(str(errors[0]) for errors in form.errors.values()))
    kind = _kind(request.GET.get("format", ""))
    pieces = history_export(owner=owner, query=form.query(), kind=kind)
    return download(pieces, content_type=CONTENT_TYPES[kind], suffix=kind)


@login_required
@require_POST
def selected(request: HttpRequest) -> HttpResponseBase:
    """Delete, read again or export the uploads that were ticked."""
    owner, ids, action = signed_in(request), chosen_ids(request), request.POST.get("action", "")
    back = _back(request)
    if not ids:
        messages.error(request, _("Nothing is ticked. Tick the pictures first, then say what to do with them."))
        return back
    if action == "delete":
        trash_chosen(request, owner=owner, ids=ids)
        return back
    if action == "reread":
        again = uploads_rereadable(owner=owner, ids=ids)
        read_again_soon([str(upload_id) for upload_id in again])
        _say_what_is_read_again(request, len(again), len(ids))
        return back
    kind = _kind(action)
    pieces = uploads_export(owner=owner, ids=ids, kind=kind)
    return download(pieces, content_type=CONTENT_TYPES[kind], suffix=kind)


def _say_what_is_read_again(request: HttpRequest, again: int, ticked: int) -> None:
    if again:
        words = say_n(
            "{n:,} picture is being read again. Look again in a moment.",
            "{n:,} pictures are being read again. Look again in a moment.",
            again,
        )
        messages.success(request, words)
    if again < ticked:
        left = say_n(
            "{n:,} picture can't be read again: not kept, or corrected or confirmed by you.",
            "{n:,} pictures can't be read again: not kept, or corrected or confirmed by you.",
            ticked - again,
        )
        messages.info(request, left)


def _kind(name: str) -> str:
    if name not in FORMATS:
        raise BadRequest(phrase("Exports are made as csv, json or xlsx."))
    return name


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page that they were ticked on: nothing but the history's own query is taken from the request."""
    query = request.POST.get("address", "")
    return redirect(reverse("recognizer:history") + (f"?{query}" if query else ""))
