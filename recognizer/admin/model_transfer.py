"""Models in and out of the admin: the archive to download, the form that takes one in."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.domain.errors import NumeralError, TooLarge
from recognizer.domain.phrases import phrase
from recognizer.forms import ModelImportForm
from recognizer.models import ModelVersion
from recognizer.services.model_archives import Imported, model_export, model_import
from recognizer.wording import said


class TransfersModels(ReadOnlyAdmin[ModelVersion]):
    """The two pages, and who may open them: whoever may look may export, whoever may add may import."""

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        own = [
            path("import/", site.admin_view(self.import_view), name="recognizer_modelversion_import"),
            path("<uuid:model_id>/export/", site.admin_view(self.export_view), name="recognizer_modelversion_export"),
        ]
        return own + super().get_urls()

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Asked for here, since nobody adds a model by filling in its fields."""
        return request.user.has_perm("recognizer.add_modelversion")

    @method_decorator(require_safe)
    def export_view(self, request: HttpRequest, model_id: UUID) -> HttpResponseBase:
        """One model's archive."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        model = get_object_or_404(ModelVersion, id=model_id)
        stream = BytesIO()
        try:
            model_export(model=model, stream=stream)
        except NumeralError as error:
            self.message_user(request, said(error), messages.ERROR)
            return redirect("admin:recognizer_modelversion_change", model.pk)
        stream.seek(0)
        return FileResponse(stream, as_attachment=True, filename=f"{model.name}.zip", content_type="application/zip")

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def import_view(self, request: HttpRequest) -> HttpResponse:
        """The form; what it brings is registered as a candidate."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = ModelImportForm(request.POST, request.FILES) if request.method == "POST" else ModelImportForm()
        status = 200
        if form.is_valid():
            try:
                imported = _take_in(form.cleaned_data["archive"], form.cleaned_data["name"])
            except NumeralError as error:
                form.add_error("archive", said(error))
                status = error.status
            else:
                self.log_addition(request, imported.model, _("Imported."))
                self.message_user(request, imported.sentence, messages.SUCCESS)
                return redirect("admin:recognizer_modelversion_change", imported.model.pk)
        context = {"title": _("Import a model"), "form": form, "opts": self.opts, "submit": _("Check and import")}
        return render(
            request,
            "admin/recognizer/modelversion/import.html",
            admin.site.each_context(request) | context,
            status=status,
        )


def _take_in(file: UploadedFile[Any], name: str) -> Imported:
    """Raises TooLarge where the upload handler kept only the file's size, and BadModel."""
    if (file.size or 0) > settings.MAX_UPLOAD_MEGABYTES * 2**20:
        raise TooLarge(
            phrase(
                "This file is too large; {max_upload_megabytes} MB can be uploaded. On the server, manage.py"
                " models import takes larger ones.",
                max_upload_megabytes=settings.MAX_UPLOAD_MEGABYTES,
            )
        )
    return model_import(source=BytesIO(file.read()), name=name)
