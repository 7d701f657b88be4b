"""What was deleted: into the trash, out of it, and gone for good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.domain.history import TRASH_DAYS
from recognizer.selectors import upload_for
from recognizer.selectors_history import trash_page
from recognizer.selectors_history_actions import trashed_at_count
from recognizer.services.history_actions import AT_ONCE, history_action_undo
from recognizer.services.retention import upload_delete
from recognizer.services.uploads_trash import (
    trash_empty,
    uploads_delete_for_good,
    uploads_restore,
    uploads_trash,
)
from recognizer.views.access import signed_in
from recognizer.views.chosen import chosen_ids, pictures
from recognizer.views.history import upload_row
from recognizer.views.history_all import going_on


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Ask, then put an upload into the trash, or delete it for good at once."""
    owner = signed_in(request)
    found = upload_for(owner=owner, upload_id=upload_id)
    if request.method != "POST":
        context = {"upload": found, "trash_days": TRASH_DAYS}
        return render(request, "recognizer/upload_confirm_delete.html", context)
    if "for_good" in request.POST:
        upload_delete(upload=found)
        messages.success(request, "The upload was deleted for good, with its picture and its reading.")
    else:
        trash_chosen(request, owner=owner, ids=[upload_id])
    return redirect("recognizer:history")


def trash_chosen(request: HttpRequest, *, owner: User, ids: Collection[UUID]) -> None:
    """Put uploads into the trash; the history's next page offers to undo it. Raises Http404 where none is there."""
    count, moment = uploads_trash(owner=owner, ids=ids)
    if not count:
        raise Http404("There is no such page.")
    words = f"{pictures(count)} {'is' if count == 1 else 'are'} in the trash for {TRASH_DAYS} days."
    request.session["undo"] = {"moment": moment.isoformat(), "words": words}


@login_required
@require_safe
def trash(request: HttpRequest) -> HttpResponse:
    """What can still be brought back, deleted last first."""
    page = trash_page(owner=signed_in(request), before=request.GET.get("before"))
    uploads = [
        {**upload_row(upload), "goes_at": upload.deleted_at + dt.timedelta(days=TRASH_DAYS)}
        for upload in page.uploads
        if upload.deleted_at is not None
    ]
    context = {"uploads": uploads, "next_cursor": page.next_cursor, "trash_days": TRASH_DAYS}
    return render(request, "recognizer/trash.html", context)


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Bring back all that was deleted at one moment."""
    try:
        moment = dt.datetime.fromisoformat(request.POST.get("moment", ""))
        if moment.tzinfo is None:
            raise ValueError
    except ValueError as error:
        raise BadRequest("There is nothing to undo here. Look into the trash.") from error
    owner = signed_in(request)
    if trashed_at_count(owner=owner, moment=moment) > AT_ONCE:
        return going_on(request, history_action_undo(owner=owner, moment=moment))
    _say_what_is_back(request, uploads_restore(owner=owner, deleted_at=moment))
    return redirect("recognizer:history")


@login_required
@require_POST
def selected(request: HttpRequest) -> HttpResponse:
    """Bring back, or delete for good, what was ticked in the trash."""
    owner, ids = signed_in(request), chosen_ids(request)
    action = request.POST.get("action", "")
    if action not in ("restore", "delete"):
        raise BadRequest("What is in the trash can be brought back or deleted for good.")
    if not ids:
        messages.error(request, "Nothing is ticked. Tick the pictures first, then say what to do with them.")
    elif action == "restore":
        _say_what_is_back(request, uploads_restore(owner=owner, ids=ids))
    else:
        _say_what_is_gone(request, uploads_delete_for_good(owner=owner, ids=ids))
    return redirect("recognizer:trash")


@login_required
@require_POST
def empty(request: HttpRequest) -> HttpResponse:
    """Delete all of one's trash for good."""
    _say_what_is_gone(request, trash_empty(owner=signed_in(request)))
    return redirect("recognizer:trash")


def _say_what_is_back(request: HttpRequest, count: int) -> None:
    if count:
        messages.success(request, f"{pictures(count)} {'is' if count == 1 else 'are'} back in your history.")
    else:
        messages.error(request, "There is nothing to bring back: it is back already, or gone for good.")


def _say_what_is_gone(request: HttpRequest, count: int) -> None:
    if count:
        messages.success(request, f"{pictures(count)} {'is' if count == 1 else 'are'} gone for good.")
    else:
        messages.error(request, "None of that is in the trash any more.")
