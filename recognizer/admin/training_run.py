"""Training runs as rows."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.domain.errors import CannotCancel
from recognizer.models import TrainingRun
from recognizer.services.training_runs import training_run_cancel


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin[TrainingRun]):
    list_display = ("architecture", "kind", "state", "created_at", "finished_at", "model_version", "started_by")
    list_filter = ("state", "kind", "architecture")
    search_fields = ("architecture", "model_version__name", "error")
    list_select_related = ("model_version", "started_by")
    actions = ("cancel",)
    fields = (
        ("architecture", "kind", "state"),
        ("created_at", "heartbeat_at", "finished_at"),
        "parameters",
        "progress",
        "error",
        "log",
        ("model_version", "started_by"),
    )

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Asked by Django for ``permissions=["cancel"]``: cancelling a run is changing it."""
        return request.user.has_perm("recognizer.change_trainingrun")

    @admin.action(description="Cancel the selected runs", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[TrainingRun]) -> None:
        for run in queryset:
            try:
                training_run_cancel(run=run)
            except CannotCancel as error:
                self.message_user(request, f"{run}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{run} is cancelled; its process ends within seconds.", messages.SUCCESS)
