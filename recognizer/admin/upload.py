"""Uploads and predictions as rows, without anybody's pictures."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin_deletion import DeletesWhatHangsOnIt
from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.models import Prediction, Upload
from recognizer.services.retention import upload_delete


@admin.register(Upload)
class UploadAdmin(DeletesWhatHangsOnIt, ReadOnlyAdmin[Upload]):
    """Staff may delete an upload (a person may ask for it), with its files, but not look at the picture."""

    list_display = ("id", "owner", "created_at", "source", "keep", "state", "final_text", "confidence")
    list_filter = ("state", "source", "keep", "created_at")
    search_fields = ("id", "owner__email", "final_text")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = (
        ("id", "owner"),
        ("created_at", "source", "keep", "expect"),
        ("width", "height", "ms"),
        ("state", "reason", "attempts"),
        ("text", "formatted", "final_text", "confidence"),
    )
    readonly_fields = ("id",)

    def has_delete_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        return request.user.has_perm("recognizer.delete_upload")

    def delete_model(self, request: HttpRequest, obj: Upload) -> None:
        upload_delete(upload=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        for upload in queryset:
            upload_delete(upload=upload)


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin[Prediction]):
    list_display = ("text", "corrected", "state", "confidence", "model_version", "owner", "created_at")
    list_filter = ("state", "model_version", "upload__created_at")
    search_fields = ("id", "text", "upload__owner__email", "upload__id")
    list_select_related = ("model_version", "number_model", "upload__owner")
    show_full_result_count = False
    fields = (
        ("upload", "model_version", "number_model"),
        ("text", "formatted", "corrected", "confidence", "state"),
        ("line", "order"),
        ("box_x", "box_y", "box_width", "box_height"),
        ("claimed_by", "claimed_until"),
    )
    readonly_fields = ("corrected",)
    ordering = ("-upload__created_at", "order")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).prefetch_related("corrections")

    @admin.display(description=gettext_lazy("Corrected to"))
    def corrected(self, prediction: Prediction) -> str:
        newest = next(iter(prediction.corrections.all()), None)
        return newest.text if newest else "–"

    @admin.display(description=gettext_lazy("Owner"))
    def owner(self, prediction: Prediction) -> str:
        return str(prediction.upload.owner)

    @admin.display(description=gettext_lazy("Created"), ordering="upload__created_at")
    def created_at(self, prediction: Prediction) -> object:
        return prediction.upload.created_at
