"""Forms as rows, without anybody's samples."""

from __future__ import annotations

from django.contrib import admin

from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.models import FormTemplate


@admin.register(FormTemplate)
class FormTemplateAdmin(ReadOnlyAdmin[FormTemplate]):
    """To look at only; the sample is its owner's alone."""

    list_display = ("name", "owner", "created_at", "changed_at", "width", "height")
    list_filter = ("created_at",)
    search_fields = ("id", "name", "owner__email")
    list_select_related = ("owner",)
    fields = (("name", "owner"), ("created_at", "changed_at"), ("width", "height"))
