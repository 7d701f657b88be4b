"""The pages of batches: the list, one batch, its readings as a column, and the question before it is deleted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from recognizer.domain.history import TRASH_DAYS
from recognizer.models import Batch
from recognizer.selectors_batch_texts import batch_texts
from recognizer.selectors_batches import BatchProgress, batch_for, batch_items_page, batch_progress, batches_of
from recognizer.views import batch_actions, batch_api
from recognizer.views.access import signed_in
from recognizer.views.batch_presenters import batch_line, item_line

View = Callable[..., HttpResponseBase]
OUTCOMES = ("all", "doubtful", "failed", "rejected")


def or_posted(posted: View) -> Callable[[View], View]:
    """A page to look at whose address also takes what is posted to it: that goes to ``posted``."""

    def decorate(page: View) -> View:
        looked_at = login_required(page)

        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(page)
        def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            return (posted if request.method == "POST" else looked_at)(request, **parts)

        return view

    return decorate


@or_posted(batch_api.opened)
def batches(request: HttpRequest) -> HttpResponse:
    """Own batches, newest first, a keyset page at a time."""
    page = batches_of(owner=signed_in(request), before=request.GET.get("before"))
    lines = [batch_line(batch, progress) for batch, progress in page.batches]
    return render(request, "recognizer/batches.html", {"batches": lines, "next_cursor": page.next_cursor})


@login_required
@require_safe
def batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """How far a batch is, what was read of it, and what can be done with it."""
    found = batch_for(owner=signed_in(request), batch_id=batch_id)
    line = batch_line(found, batch_progress(batch=found))
    outcome = request.GET.get("show", "all")
    outcome = outcome if outcome in OUTCOMES else "all"
    page = batch_items_page(batch=found, outcome=outcome, after=request.GET.get("after"))
    context = {
        "batch": line,
        "figures": line.figures,
        "tabs": _tabs(line.figures.progress),
        "outcome": outcome,
        "items": [item_line(item) for item in page.items],
        "next_cursor": page.next_cursor,
        "exports": _exports(found),
        "form_id": found.form_id,
    }
    response = render(request, "recognizer/batch.html", context)
    response["Cache-Control"] = "no-store"  # going back shows how far it is now
    return response


def _tabs(progress: BatchProgress) -> list[dict[str, Any]]:
    """What can be shown of a batch, and how many of each there are."""
    tabs = (
        ("all", pgettext("all pictures", "All"), progress.total),
        ("doubtful", _("Not sure"), progress.doubtful),
        ("rejected", _("No number"), progress.rejected),
        ("failed", _("Failed"), progress.failed),
    )
    return [{"outcome": outcome, "label": label, "count": count} for outcome, label, count in tabs]


def _exports(found: Batch) -> list[dict[str, str]]:
    """The forms in which a batch's readings can be taken away."""
    kinds = {"csv": "CSV", "xlsx": "Excel (XLSX)", "json": _("JSON, one a line")}
    address = reverse("recognizer:history_export")
    exports = [
        {"url": f"{address}?{urlencode({'batch': found.id, 'format': kind})}", "label": label}
        for kind, label in kinds.items()
    ]
    try:
        more = reverse("recognizer:batch_export", args=[found.id])
    except NoReverseMatch:
        return exports
    whole = {"page-xml": "PAGE-XML", "overlays": _("Pictures with boxes (ZIP)")}
    return exports + [{"url": f"{more}?format={kind}", "label": label} for kind, label in whole.items()]


@login_required
@require_safe
def column(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What was read, one picture a line in the order in which they were given, to be copied into a spreadsheet."""
    found = batch_for(owner=signed_in(request), batch_id=batch_id)
    text = "\n".join(" ".join(line.split()) for line in batch_texts(batch=found))
    response = render(request, "recognizer/batch_column.html", {"batch": found, "title": str(found), "column": text})
    response["Cache-Control"] = "no-store"
    return response


@or_posted(batch_actions.delete)
def delete(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Ask before a batch goes to the trash."""
    found = batch_for(owner=signed_in(request), batch_id=batch_id)
    line = batch_line(found, batch_progress(batch=found))
    context = {"batch": line, "figures": line.figures, "trash_days": TRASH_DAYS}
    return render(request, "recognizer/batch_confirm_delete.html", context)
