"""Training runs as rows."""

from __future__ import annotations

from django.contrib import admin

from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.models import TrainingRun


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin[TrainingRun]):
    list_display = ("architecture", "kind", "state", "created_at", "finished_at", "model_version", "started_by")
    list_filter = ("state", "kind", "architecture")
    search_fields = ("architecture", "model_version__name", "error")
    list_select_related = ("model_version", "started_by")
    fields = (
        ("architecture", "kind", "state"),
        ("created_at", "heartbeat_at", "finished_at"),
        "parameters",
        "progress",
        "error",
        ("model_version", "started_by"),
    )
