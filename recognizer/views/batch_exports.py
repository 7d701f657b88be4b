"""One batch as a file."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from recognizer.domain.errors import BadRequest
from recognizer.selectors_history import batch_to_filter_by
from recognizer.services.batch_exports import BATCH_FORMATS, batch_export
from recognizer.views.access import signed_in
from recognizer.views.downloads import download


@login_required
@require_safe
def export(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    """All of one's own batch in one of ``BATCH_FORMATS``, sent while it is made; 400 for another format."""
    batch = batch_to_filter_by(owner=signed_in(request), batch_id=batch_id)
    kind = request.GET.get("format", "")
    if kind not in BATCH_FORMATS:
        raise BadRequest(_("A batch is exported as csv, json, xlsx, page-xml or overlays."))
    file = batch_export(batch=batch, kind=kind)
    return download(file.pieces, content_type=file.content_type, suffix=file.suffix)
