"""Data sets: upload one, look at one, remove one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from recognizer.admin.data_set_look import look_of
from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.domain.errors import NumeralError, TooLarge
from recognizer.domain.phrases import phrase
from recognizer.forms import DataSetForm
from recognizer.models import DataSet
from recognizer.services.dataset_looks import dataset_sprite
from recognizer.services.datasets import dataset_add_upload, dataset_in_use, dataset_remove
from recognizer.wording import said, say


@admin.register(DataSet)
class DataSetAdmin(ReadOnlyAdmin[DataSet]):
    list_display = ("name", "role", "format", "count", "source", "licence", "added_by", "created_at")
    list_filter = ("role", "format")
    search_fields = ("name", "source", "sha256")
    list_select_related = ("added_by",)
    fields = (
        ("name", "role", "format"),
        "count",
        ("source", "licence"),
        "path",
        "sha256",
        "content_sha256",
        ("added_by", "created_at"),
    )

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        sprite = "<uuid:set_id>/pictures/<str:which>.png"
        own = [
            path("upload/", site.admin_view(self.upload_view), name="recognizer_dataset_upload"),
            path(sprite, site.admin_view(self.sprite_view), name="recognizer_dataset_sprite"),
        ]
        return own + super().get_urls()

    def has_upload_permission(self, request: HttpRequest) -> bool:
        """Asked for here, since nobody adds a set by filling in its fields."""
        return request.user.has_perm("recognizer.add_dataset")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recognizer.delete_dataset") and not (obj is not None and dataset_in_use(obj))

    def delete_model(self, request: HttpRequest, obj: DataSet) -> None:
        dataset_remove(row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[DataSet]) -> None:
        for row in queryset:
            dataset_remove(row=row)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {**(extra_context or {}), "may_upload": self.has_upload_permission(request)}
        return super().changelist_view(request, more)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of one set, with a look at it. Django has asked by now whether the person may see it."""
        row = kwargs.get("obj")
        if isinstance(row, DataSet):
            context |= {"look": look_of(row, with_suspects="suspects" in request.GET)}
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_safe)
    def sprite_view(self, request: HttpRequest, set_id: UUID, which: str) -> HttpResponse:
        """A hundred samples of one digit, or the mean picture, as PNG."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(DataSet, id=set_id)
        try:
            png = dataset_sprite(row, which)
        except (KeyError, NumeralError) as error:
            raise Http404(_("There is no such picture.")) from error
        return HttpResponse(png, content_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """The form; what it brings is checked, stored and registered."""
        if not self.has_upload_permission(request):
            raise PermissionDenied
        form = DataSetForm(request.POST, request.FILES) if request.method == "POST" else DataSetForm()
        status = 200
        if form.is_valid():
            try:
                row = _take_in(request, dict(form.cleaned_data))
            except NumeralError as error:
                form.add_error("arrays", said(error))
                status = error.status
            else:
                self.log_addition(request, row, _("Uploaded."))
                self.message_user(
                    request,
                    say("The data set {row} is registered: {count:,} samples.", row=row, count=row.count),
                    messages.SUCCESS,
                )
                return redirect("admin:recognizer_dataset_changelist")
        context = {"title": _("Upload a data set"), "form": form, "opts": self.opts, "submit": _("Check and register")}
        return render(
            request, "admin/recognizer/dataset/upload.html", admin.site.each_context(request) | context, status=status
        )


def _take_in(request: HttpRequest, given: dict[str, Any]) -> DataSet:
    """Raises TooLarge where the upload handler kept only the file's size, and as the service."""
    file: UploadedFile[Any] = given.pop("arrays")
    if (file.size or 0) > settings.MAX_UPLOAD_MEGABYTES * 2**20:
        raise TooLarge(
            phrase(
                "This file is too large; {max_upload_megabytes} MB can be uploaded. On the server, manage.py"
                " datasets add takes larger ones.",
                max_upload_megabytes=settings.MAX_UPLOAD_MEGABYTES,
            )
        )
    assert isinstance(request.user, User)
    return dataset_add_upload(data=file.read(), added_by=request.user, **given)
