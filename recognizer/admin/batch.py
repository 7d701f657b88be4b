"""Batches with their figures, without anybody's pictures."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, pgettext_lazy

from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.models import Batch
from recognizer.selectors_batches import batch_state, batches_counted

STATES = {
    "open": gettext_lazy("open"),
    "reading": gettext_lazy("reading"),
    "finished": gettext_lazy("finished"),
    "cancelled": pgettext_lazy("state of a batch", "cancelled"),
}


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin[Batch]):
    """Who gave how much, and how far it is. A batch is its owner's matter: nothing can be done with it here."""

    list_display = ("id", "owner", "created_at", "source", "keep", "state", "pictures", "waiting", "failed")
    list_filter = ("source", "keep", "created_at")
    search_fields = ("id", "owner__email")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = (
        ("id", "owner"),
        ("created_at", "source", "keep", "expect"),
        ("closed_at", "cancelled_at", "finished_at", "heartbeat_at"),
        ("state", "pictures", "waiting", "failed"),
    )
    readonly_fields = ("id", "state", "pictures", "waiting", "failed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return batches_counted(super().get_queryset(request))

    @admin.display(description=gettext_lazy("State"))
    def state(self, batch: Batch) -> str:
        return str(STATES[batch_state(batch)])

    @admin.display(description=gettext_lazy("Pictures"))
    def pictures(self, batch: Any) -> int:
        return int(batch.pictures)

    @admin.display(description=gettext_lazy("Still to be read"))
    def waiting(self, batch: Any) -> int:
        return int(batch.waiting)

    @admin.display(description=gettext_lazy("Failed"))
    def failed(self, batch: Any) -> int:
        return int(batch.failed)
