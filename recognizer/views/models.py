"""The cards of the models that serve."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from recognizer.domain.errors import BadModel
from recognizer.model_figures import figures_of, recalls_of
from recognizer.models import ModelVersion
from recognizer.selectors import serving_models
from recognizer.services.serving import network_file


@login_required
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """What reads here, what it was trained on, and how good it is."""
    return render(request, "recognizer/models.html", {"models": [_card(row) for row in serving_models()]})


@login_required
@require_safe
def network(request: HttpRequest, name: str) -> FileResponse:
    """A serving model's LiteRT file, for those who would run it elsewhere: on a phone, say."""
    row = next((row for row in serving_models() if row.name == name), None)
    try:
        file = network_file(row).open("rb") if row else None
    except (OSError, BadModel):
        file = None
    if file is None:
        raise Http404
    return FileResponse(file, as_attachment=True, filename=f"{name}.tflite", content_type="application/octet-stream")


def _card(row: ModelVersion) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "version": row.version,
        "architecture": row.architecture,
        "state": row.state,
        "threshold": row.threshold,
        "card": row.card,
        "metrics": figures_of(row),
        "per_digit": [(digit, 100 * share) for digit, share in recalls_of(row)],
    }
